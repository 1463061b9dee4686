//! The design in clusters: each is computed only if something that it reads has
//! changed.
//!
//! A cluster has stores of its own, and values that other clusters read. At first
//! each register, output and memory write is a cluster, with everything that
//! nothing else needs; a value that several need is a cluster as well, unless it
//! is cheap: then each computes it. Then clusters are merged (`merge`).
//!
//! After: S. Beamer, D. Donofrio, "Efficiently Exploiting Low Activity Factors to
//! Accelerate RTL Simulation", DAC 2020, which partitions for the same purpose.

use super::graph::{Graph, NodeHasher, operands};
use super::merge::{Draft, merged};
use crate::words::{Op, Word};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Values of that weight are computed by each cluster that needs them.
const CHEAP: u16 = 3;

/// Constants that a word is compared with by different clusters, from which on
/// these are told of the word instead of the results.
const SELECTOR: u32 = 4;

/// Cost of a root, in instructions: compare with what was, store.
const ROOT: f32 = 4.0;

/// More clusters than this are not merged: it would take too long.
const MANY: usize = 3000;

/// How likely a cell changes in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chance {
    /// As most registers.
    Rare,
    /// It counts now and then.
    Often,
    /// It counts in every cycle.
    Always,
}

/// Something that a cluster reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A cell, by index.
    Cell(u32),
    /// A memory, by index.
    Memory(u32),
    /// A value of another cluster.
    Value(Word),
}

/// A part of the design.
#[derive(Clone, Debug, Default)]
pub(super) struct Cluster {
    /// Groups of stores, by index.
    pub roots: Vec<u32>,
    /// Values that other clusters read.
    pub exports: Vec<Word>,
    /// All values that are computed, operands first.
    pub values: Vec<Word>,
}

/// Label of a value that is computed by each cluster that needs it.
const SHARED: u32 = u32::MAX;

struct Partitioner<'a> {
    graph: &'a Graph,
    /// Of each cell.
    chances: &'a [Chance],
    /// Values that are computed by each cluster that needs them.
    cheap: Vec<bool>,
    clusters: Vec<Draft>,
    /// Cluster of each value.
    label: Vec<u32>,
    /// The clusters that use each value.
    users: Vec<Vec<u32>>,
}

/// Cuts a design in clusters, those that read values behind those that compute
/// them. Each root is a group of stores, by what is stored. If there were more
/// clusters or values than `limits`, all is one cluster.
pub(super) fn partition(
    graph: &Graph,
    roots: &[Vec<Word>],
    chances: &[Chance],
    limits: (usize, usize),
) -> Vec<Cluster> {
    let mut partitioner = Partitioner {
        graph,
        chances,
        cheap: cheap(graph, chances),
        clusters: Vec::new(),
        label: vec![SHARED; graph.len()],
        users: vec![Vec::new(); graph.len()],
    };
    partitioner.label_all(roots);
    partitioner.collect_reads();
    let places: Vec<u32> = match partitioner.clusters.len() {
        0..MANY => merged(graph, chances, &mut partitioner.clusters),
        count => (0..count as u32).collect(),
    };
    let clusters = partitioner.finish(&places);
    let exports: usize = clusters.iter().map(|cluster| cluster.exports.len()).sum();
    match clusters.len() <= limits.0 && exports <= limits.1 {
        true => clusters,
        false => vec![whole(&partitioner.users, roots.len())],
    }
}

/// Everything as one cluster.
fn whole(users: &[Vec<u32>], roots: usize) -> Cluster {
    let words = (0..users.len() as u32).map(Word);
    Cluster {
        roots: (0..roots as u32).collect(),
        exports: Vec::new(),
        values: words
            .filter(|word| !users[word.0 as usize].is_empty())
            .collect(),
    }
}

/// Values that are so cheap that each cluster computes them, unless they keep
/// clusters from being computed whenever something counts.
fn cheap(graph: &Graph, chances: &[Chance]) -> Vec<bool> {
    let mut compared: HashMap<Word, u32, BuildHasherDefault<NodeHasher>> = HashMap::default();
    let words = (0..graph.len() as u32).map(Word);
    let comparison = |word: Word| match graph.op(word) {
        Op::Equal(on, constant) if graph.value(constant).is_some() => Some(on),
        _ => None,
    };
    for on in words.clone().filter_map(comparison) {
        *compared.entry(on).or_default() += 1;
    }
    let mut counts = vec![false; graph.len()];
    let mut cheap = Vec::with_capacity(graph.len());
    for word in words {
        let light = graph.weight(word) <= CHEAP;
        counts[word.0 as usize] = match graph.op(word) {
            Op::Cell(cell) => chances[cell.0 as usize] != Chance::Rare,
            op => light && operands(op).any(|operand| counts[operand.0 as usize]),
        };
        let filters = counts[word.0 as usize] && graph.weight(word) > 0;
        let selects = comparison(word).is_some_and(|on| compared[&on] >= SELECTOR);
        cheap.push(light && !filters || selects);
    }
    cheap
}

impl Partitioner<'_> {
    fn new_cluster(&mut self) -> u32 {
        self.clusters.push(Draft::default());
        self.clusters.len() as u32 - 1
    }

    /// Gives each value a cluster.
    fn label_all(&mut self, roots: &[Vec<Word>]) {
        for (index, root) in roots.iter().enumerate() {
            let cluster = self.new_cluster();
            self.clusters[cluster as usize].roots.push(index as u32);
            self.clusters[cluster as usize].cost += ROOT;
            root.iter()
                .for_each(|word| insert(&mut self.users[word.0 as usize], cluster));
        }
        for index in (0..self.graph.len()).rev() {
            let word = Word(index as u32);
            let of = self.users[index].clone();
            let computing = match of[..] {
                [] => continue,
                _ if self.cheap[index] => of,
                [only] if !self.filters(word) => {
                    self.label[index] = only;
                    of
                }
                _ => {
                    let cluster = self.new_cluster();
                    self.label[index] = cluster;
                    self.clusters[cluster as usize].exports.push(word);
                    vec![cluster]
                }
            };
            let op = self.graph.op(word);
            let cost = match op {
                Op::Constant(_) => 0.0,
                Op::Cell(_) => 0.5,
                _ => 1.5,
            };
            for cluster in &computing {
                self.clusters[*cluster as usize].cost += cost;
            }
            for operand in operands(op) {
                for cluster in &computing {
                    insert(&mut self.users[operand.0 as usize], *cluster);
                }
            }
        }
    }

    /// One bit that is made from something that counts, and changes less often.
    fn filters(&self, word: Word) -> bool {
        let counts = |word: Word| match self.graph.op(word) {
            Op::Cell(cell) => self.chances[cell.0 as usize] != Chance::Rare,
            _ => false,
        };
        self.graph.width(word) == 1
            && operands(self.graph.op(word)).any(|word| self.graph.width(word) > 1 && counts(word))
    }

    fn collect_reads(&mut self) {
        for (index, users) in self.users.iter().enumerate() {
            let (word, own) = (Word(index as u32), self.label[index]);
            let mut read = |cluster: u32, source| {
                self.clusters[cluster as usize].reads.push(source);
            };
            let op = self.graph.op(word);
            if let Op::Read(memory, _) = op {
                // Whoever computes it reads the memory.
                let source = Source::Memory(memory.0);
                match own {
                    SHARED => users.iter().for_each(|cluster| read(*cluster, source)),
                    _ => read(own, source),
                }
            }
            let source = match op {
                Op::Cell(cell) => Source::Cell(cell.0),
                _ if own == SHARED => continue,
                _ => Source::Value(word),
            };
            users
                .iter()
                .filter(|user| **user != own)
                .for_each(|user| read(*user, source));
        }
        for cluster in &mut self.clusters {
            cluster.reads.sort_unstable();
            cluster.reads.dedup();
        }
    }

    /// The clusters in order, with what is in them. `places` says where a cluster
    /// went that was merged.
    fn finish(&self, places: &[u32]) -> Vec<Cluster> {
        let mut clusters = vec![Cluster::default(); self.clusters.len()];
        for (cluster, draft) in clusters.iter_mut().zip(&self.clusters) {
            cluster.roots.clone_from(&draft.roots);
            cluster.exports.clone_from(&draft.exports);
        }
        for (index, users) in self.users.iter().enumerate() {
            let word = Word(index as u32);
            if self.label[index] != SHARED {
                let place = places[self.label[index] as usize];
                clusters[place as usize].values.push(word);
                continue;
            }
            let mut computing: Vec<u32> = users.iter().map(|user| places[*user as usize]).collect();
            computing.sort_unstable();
            computing.dedup();
            computing
                .iter()
                .for_each(|place| clusters[*place as usize].values.push(word));
        }
        let order = self.order(places);
        order
            .into_iter()
            .map(|place| std::mem::take(&mut clusters[place as usize]))
            .collect()
    }

    /// A cluster behind all that it reads from, and near to them.
    fn order(&self, places: &[u32]) -> Vec<u32> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.clusters.len()];
        let mut stack: Vec<(u32, bool)> = Vec::new();
        for start in 0..self.clusters.len() as u32 {
            stack.push((places[start as usize], false));
            while let Some((place, ready)) = stack.pop() {
                if ready {
                    order.push(place);
                } else if !std::mem::replace(&mut seen[place as usize], true) {
                    stack.push((place, true));
                    for source in &self.clusters[place as usize].reads {
                        if let Source::Value(word) = source {
                            let from = self.label[word.0 as usize];
                            stack.push((places[from as usize], false));
                        }
                    }
                }
            }
        }
        order
    }
}

/// Adds to a sorted list what is not there.
pub(super) fn insert(list: &mut Vec<u32>, value: u32) {
    if let Err(place) = list.binary_search(&value) {
        list.insert(place, value);
    }
}
