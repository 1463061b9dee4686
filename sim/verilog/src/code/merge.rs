//! Which clusters are merged: as long as that is expected to save work. On one
//! side are tests whether there is something to do, and wrong guesses of the
//! processor about that; on the other side is work that need not be done.

use super::graph::Graph;
use super::partition::{Chance, Source, insert};
use crate::words::Word;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Largest cluster that is made by merging.
const LARGE: f32 = 600.0;

/// Chance of a change in a cycle: of a register or input, and of one that counts
/// now and then.
const CELL: f32 = 0.01;
const COUNTER: f32 = 0.05;

/// Chance that a value changes if something it depends on does: one bit, and more.
const BIT: f32 = 0.2;
const WORD: f32 = 0.7;

/// Cost of asking whether a cluster must be computed, in instructions.
const ASK: f32 = 1.5;

/// Cost of a wrong guess of the processor whether it is.
const MISS: f32 = 30.0;

/// Cost of telling a cluster that it must be computed.
const TELL: f32 = 1.5;

/// Cost of keeping a value for other clusters: compare and store.
const KEEP: f32 = 4.0;

/// What is saved for each thing that both of two clusters have read.
const COMMON: f32 = 1.0;

/// Something that more clusters than this read does not bring any two of them
/// together.
const POPULAR: usize = 40;

/// A cluster that may be merged.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Groups of stores, by index.
    pub roots: Vec<u32>,
    /// Values that other clusters read.
    pub exports: Vec<Word>,
    /// What it reads, sorted.
    pub reads: Vec<Source>,
    /// What it costs to compute it, in instructions.
    pub cost: f32,
    /// Was merged into another one.
    gone: bool,
    /// What is expected to be spent on it in a cycle.
    expected: f32,
    /// Counts merges, so that outdated candidates are seen.
    version: u32,
}

/// A pair that may be merged, best first.
struct Candidate {
    gain: f32,
    pair: (u32, u32),
    versions: (u32, u32),
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let pair = other.pair.cmp(&self.pair);
        self.gain.total_cmp(&other.gain).then(pair)
    }
}

/// What is known of a source.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// Chance that it changes in a cycle.
    chance: f32,
    /// Logarithm of the chance that it does not.
    stays: f32,
    /// The cluster that computes it, if one does.
    producer: Option<u32>,
    /// The clusters that read it, sorted.
    readers: Vec<u32>,
}

impl Facts {
    fn set(&mut self, chance: f32) {
        self.chance = chance;
        self.stays = (1.0 - chance).max(1e-6).ln();
    }
}

/// Which clusters each cluster leads to, itself included.
struct Reach {
    row: usize,
    bits: Vec<u64>,
}

impl Reach {
    fn new(size: usize) -> Self {
        let row = size.div_ceil(64);
        let mut reach = Self {
            row,
            bits: vec![0; row * size],
        };
        (0..size as u32).for_each(|index| reach.set(index, index));
        reach
    }

    fn get(&self, from: u32, to: u32) -> bool {
        self.bits[from as usize * self.row + to as usize / 64] >> (to % 64) & 1 == 1
    }

    fn set(&mut self, from: u32, to: u32) {
        self.bits[from as usize * self.row + to as usize / 64] |= 1 << (to % 64);
    }

    /// `from` leads to all that `via` leads to.
    fn add(&mut self, from: u32, via: u32) {
        let (from, via) = (from as usize * self.row, via as usize * self.row);
        for index in 0..self.row {
            self.bits[from + index] |= self.bits[via + index];
        }
    }
}

struct Merger<'a> {
    graph: &'a Graph,
    clusters: &'a mut [Draft],
    sources: Vec<Facts>,
    /// Reads by index in `sources`, sorted.
    reads: Vec<Vec<u32>>,
    /// Index of the value in `sources`, by value.
    values: Vec<u32>,
    reach: Reach,
    heap: BinaryHeap<Candidate>,
    places: Vec<u32>,
}

/// Merges clusters; says where each one went.
pub(super) fn merged(graph: &Graph, chances: &[Chance], clusters: &mut [Draft]) -> Vec<u32> {
    let size = clusters.len();
    let mut merger = Merger {
        graph,
        sources: Vec::new(),
        reads: vec![Vec::new(); size],
        values: vec![u32::MAX; graph.len()],
        reach: Reach::new(size),
        heap: BinaryHeap::new(),
        places: (0..size as u32).collect(),
        clusters,
    };
    merger.collect(chances);
    for cluster in 0..size as u32 {
        merger.find_candidates(cluster, true);
    }
    while let Some(Candidate {
        pair: (a, b),
        versions,
        ..
    }) = merger.heap.pop()
    {
        let (x, y) = (&merger.clusters[a as usize], &merger.clusters[b as usize]);
        if !x.gone && !y.gone && (x.version, y.version) == versions && merger.may_merge(a, b) {
            merger.unite(a, b);
            merger.find_candidates(a, false);
        }
    }
    let mut places = std::mem::take(&mut merger.places);
    for index in 0..size {
        let mut place = places[index];
        while places[place as usize] != place {
            place = places[place as usize];
        }
        places[index] = place;
    }
    places
}

impl Merger<'_> {
    /// Fills in what is known of the sources, and how the clusters lie.
    fn collect(&mut self, chances: &[Chance]) {
        let mut all: Vec<Source> = self
            .clusters
            .iter()
            .flat_map(|cluster| cluster.reads.iter().copied())
            .collect();
        all.sort_unstable();
        all.dedup();
        self.sources = vec![Facts::default(); all.len()];
        for (index, source) in all.iter().enumerate() {
            let facts = &mut self.sources[index];
            match source {
                Source::Cell(cell) => facts.set(match chances[*cell as usize] {
                    Chance::Rare => CELL,
                    Chance::Often => COUNTER,
                    Chance::Always => 1.0,
                }),
                Source::Memory(_) => facts.set(CELL),
                Source::Value(word) => self.values[word.0 as usize] = index as u32,
            }
        }
        for (index, cluster) in self.clusters.iter().enumerate() {
            for source in &cluster.reads {
                if let Ok(source) = all.binary_search(source) {
                    self.reads[index].push(source as u32);
                    self.sources[source].readers.push(index as u32);
                }
            }
            for export in &cluster.exports {
                if let Some(facts) = self
                    .sources
                    .get_mut(self.values[export.0 as usize] as usize)
                {
                    facts.producer = Some(index as u32);
                }
            }
        }
        // Who computes values was labelled after those who use them.
        for index in (0..self.clusters.len()).rev() {
            let stays: f32 = self.reads[index]
                .iter()
                .map(|s| self.sources[*s as usize].stays)
                .sum();
            self.settle(index as u32, 1.0 - stays.exp());
        }
        for index in 0..self.clusters.len() as u32 {
            for export in &self.clusters[index as usize].exports {
                let source = self.values[export.0 as usize];
                for reader in self
                    .sources
                    .get(source as usize)
                    .into_iter()
                    .flat_map(|f| &f.readers)
                {
                    self.reach.add(index, *reader);
                }
            }
        }
    }

    /// A cluster is computed with that chance.
    fn settle(&mut self, cluster: u32, active: f32) {
        let draft = &self.clusters[cluster as usize];
        let reads = self.reads[cluster as usize].iter();
        let told = reads
            .map(|source| self.sources[*source as usize].chance)
            .sum();
        let expected = expected(draft.cost, active, told, draft.exports.len());
        for export in &draft.exports {
            let often = if self.graph.width(*export) == 1 {
                BIT
            } else {
                WORD
            };
            let source = self.values[export.0 as usize];
            if let Some(facts) = self.sources.get_mut(source as usize) {
                facts.set(active * often);
            }
        }
        self.clusters[cluster as usize].expected = expected;
    }

    /// Clusters that read the same, or what this one computes, or compute what it
    /// reads.
    fn find_candidates(&mut self, cluster: u32, later: bool) {
        let mut others: Vec<u32> = Vec::new();
        for source in &self.reads[cluster as usize] {
            let facts = &self.sources[*source as usize];
            if facts.readers.len() <= POPULAR {
                others.extend(&facts.readers);
            }
            others.extend(facts.producer);
        }
        for export in &self.clusters[cluster as usize].exports {
            let source = self.values[export.0 as usize] as usize;
            others.extend(
                self.sources
                    .get(source)
                    .into_iter()
                    .flat_map(|facts| &facts.readers),
            );
        }
        others.retain(|other| *other != cluster && (!later || *other > cluster));
        others.sort_unstable();
        others.dedup();
        for other in others {
            let union = self.union(cluster, other);
            let (this, that) = (
                &self.clusters[cluster as usize],
                &self.clusters[other as usize],
            );
            let gain = this.expected + that.expected - union.expected;
            if gain > 0.0 && union.cost <= LARGE {
                let versions = (this.version, that.version);
                self.heap.push(Candidate {
                    gain,
                    pair: (cluster, other),
                    versions,
                });
            }
        }
    }

    /// What two clusters would be as one.
    fn union(&self, a: u32, b: u32) -> Union {
        let (x, y) = (&self.reads[a as usize], &self.reads[b as usize]);
        let (mut i, mut j) = (0, 0);
        let (mut told, mut stays, mut common) = (0.0, 0.0, 0);
        while i < x.len() || j < y.len() {
            let source = match (x.get(i), y.get(j)) {
                (Some(left), Some(right)) => *left.min(right),
                (Some(one), None) | (None, Some(one)) => *one,
                (None, None) => break,
            };
            let (left, right) = (x.get(i) == Some(&source), y.get(j) == Some(&source));
            i += usize::from(left);
            j += usize::from(right);
            common += usize::from(left && right);
            let facts = &self.sources[source as usize];
            if facts.producer != Some(a) && facts.producer != Some(b) {
                told += facts.chance;
                stays += facts.stays;
            }
        }
        let outside = |export: &&Word| {
            let facts = self.sources.get(self.values[export.0 as usize] as usize);
            facts.is_some_and(|facts| facts.readers.iter().any(|r| *r != a && *r != b))
        };
        let (first, second) = (&self.clusters[a as usize], &self.clusters[b as usize]);
        let exports = first
            .exports
            .iter()
            .chain(&second.exports)
            .filter(outside)
            .count();
        let cost = first.cost + second.cost - COMMON * common as f32;
        let active = 1.0 - f32::exp(stays);
        Union {
            cost,
            active,
            expected: expected(cost, active, told, exports),
        }
    }

    /// No way leads from one to the other through a third.
    fn may_merge(&self, a: u32, b: u32) -> bool {
        let detour = |from: u32, to: u32| {
            let leads = |via: &u32| *via != to && *via != from && self.reach.get(*via, to);
            let exports = &self.clusters[from as usize].exports;
            self.reach.get(from, to)
                && exports.iter().any(|export| {
                    let facts = self.sources.get(self.values[export.0 as usize] as usize);
                    facts.is_some_and(|facts| facts.readers.iter().any(leads))
                })
        };
        !detour(a, b) && !detour(b, a)
    }

    /// Merges the second into the first.
    fn unite(&mut self, a: u32, b: u32) {
        let Union { cost, active, .. } = self.union(a, b);
        let second = std::mem::take(&mut self.clusters[b as usize]);
        self.clusters[b as usize].gone = true;
        self.places[b as usize] = a;
        for export in &second.exports {
            let source = self.values[export.0 as usize] as usize;
            if let Some(facts) = self.sources.get_mut(source) {
                facts.producer = Some(a);
            }
        }
        let first = &mut self.clusters[a as usize];
        first.cost = cost;
        first.version += 1;
        first.roots.extend(second.roots);
        first.exports.extend(second.exports);
        first.reads.extend(second.reads);
        let reads = std::mem::take(&mut self.reads[b as usize]);
        for source in &reads {
            let readers = &mut self.sources[*source as usize].readers;
            readers.retain(|reader| *reader != b);
            insert(readers, a);
        }
        let own = &mut self.reads[a as usize];
        own.extend(reads);
        own.sort_unstable();
        own.dedup();
        let sources = &mut self.sources;
        own.retain(|source| {
            let facts = &mut sources[*source as usize];
            let inside = facts.producer == Some(a);
            if inside {
                facts.readers.retain(|reader| *reader != a);
            }
            !inside
        });
        let (sources, values) = (&self.sources, &self.values);
        self.clusters[a as usize].exports.retain(|export| {
            let facts = sources.get(values[export.0 as usize] as usize);
            facts.is_some_and(|facts| !facts.readers.is_empty())
        });
        self.settle(a, active);
        self.reach.add(a, b);
        for index in 0..self.clusters.len() as u32 {
            if self.reach.get(index, a) || self.reach.get(index, b) {
                self.reach.set(index, a);
                self.reach.add(index, a);
            }
        }
    }
}

/// Two clusters as one.
struct Union {
    cost: f32,
    /// Chance that it must be computed.
    active: f32,
    expected: f32,
}

/// What is expected to be spent on a cluster in a cycle.
fn expected(cost: f32, active: f32, told: f32, exports: usize) -> f32 {
    let missed = active.min(1.0 - active) * MISS;
    active * (cost + KEEP * exports as f32) + told * TELL + ASK + missed
}
