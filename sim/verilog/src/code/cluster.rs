//! One cluster: a graph of its own, and its steps.
//!
//! What it reads from other clusters are cells here, as if they were registers.

use super::graph::{Graph, NodeHasher, operands, with_operands};
use super::layout::{Layout, Slot};
use super::partition::{Cluster, Source};
use super::plan::{self, Guarded, Straight};
use super::schedule::{self, Body, Sink, Step, Told};
use super::select::Selectors;
use super::stores::Root;
use super::{Options, worth};
use crate::words::{CellId, Op, Word};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Plans that are made to find out which branches are worth it.
const PASSES: usize = 3;

/// Values that clusters compute for others.
pub(super) struct Exports {
    /// Number of each.
    numbers: HashMap<Word, u32, BuildHasherDefault<NodeHasher>>,
    /// Cells before the first one.
    cells: u32,
    /// First byte of the first one; 8 bytes each.
    at: u32,
}

impl Exports {
    /// Gives them numbers in the order of the clusters.
    pub fn new(clusters: &[Cluster], cells: u32, at: u32) -> Self {
        let all = clusters
            .iter()
            .flat_map(|cluster| cluster.exports.iter().copied());
        let numbers = all.zip(0..).collect();
        Self { numbers, cells, at }
    }

    /// Number of a value.
    pub fn number(&self, word: Word) -> Option<u32> {
        self.numbers.get(&word).copied()
    }

    /// First byte of a value.
    pub fn at(&self, number: u32) -> u32 {
        self.at + 8 * number
    }

    /// Places of cells, and behind them those of the values.
    pub fn slots(&self, layout: &Layout, graph: &Graph, words: &[Word]) -> Vec<Slot> {
        let mut slots = layout.cells.clone();
        slots.extend((0..).zip(words).map(|(number, word)| {
            let width = graph.width(*word);
            let bytes = super::emit::type_of(width).bytes() as u8;
            Slot {
                at: self.at(number),
                bytes,
                width,
                next: None,
                is_input: false,
            }
        }));
        slots
    }

    fn cell(&self, word: Word) -> Option<CellId> {
        self.number(word).map(|number| CellId(self.cells + number))
    }

    /// What a cell of a cluster is.
    fn source(&self, cell: CellId, words: &[Word]) -> Source {
        match cell.0.checked_sub(self.cells) {
            None => Source::Cell(cell.0),
            Some(number) => Source::Value(words[number as usize]),
        }
    }

    /// The values, by number.
    pub fn words(&self) -> Vec<Word> {
        let mut words: Vec<_> = self
            .numbers
            .iter()
            .map(|(word, number)| (*number, *word))
            .collect();
        words.sort_unstable();
        words.into_iter().map(|(_, word)| word).collect()
    }
}

/// A cluster as code can be made of it.
pub(super) struct Local {
    /// Its values.
    pub graph: Graph,
    /// See [`schedule::cost_again`].
    pub again: Vec<Option<u8>>,
    /// What is done.
    pub body: Body,
    /// What its steps read, in order, each once.
    pub reads: Vec<Source>,
    /// Cells that take over what it stores.
    pub takes_over: Vec<(CellId, Option<u8>)>,
}

impl Local {
    /// Orders the steps of a cluster. `words` are the exports by number.
    pub fn new(
        graph: &Graph,
        cluster: &Cluster,
        roots: &[Root],
        exports: &Exports,
        words: &[Word],
        options: Options,
    ) -> Self {
        let mut builder = Builder {
            old: graph,
            graph: Graph::new(0),
            map: HashMap::default(),
            exports,
        };
        for word in &cluster.values {
            builder.copy(*word);
        }
        let mut always = Vec::new();
        let mut stores = Vec::new();
        let mut takes_over = Vec::new();
        for root in cluster.roots.iter().map(|root| &roots[*root as usize]) {
            takes_over.extend(root.takes_over);
            always.extend(root.always.iter().map(|sink| builder.sink(sink)));
            if let Some(Guarded { condition, sinks }) = &root.guarded {
                let condition = condition.map(|word| builder.word(word));
                let sinks = sinks.iter().map(|sink| builder.sink(sink)).collect();
                stores.push(Guarded { condition, sinks });
            }
        }
        for word in &cluster.exports {
            let value = builder.word(*word);
            let number = exports.number(*word);
            let at = number.map_or(0, |number| exports.at(number));
            let bytes = super::emit::type_of(graph.width(*word)).bytes() as u8;
            always.push(Sink {
                at,
                bytes,
                value,
                holds: None,
                told: number.map(Told::Value),
            });
        }
        stores.push(Guarded {
            condition: None,
            sinks: always,
        });
        let mut graph = builder.graph;
        let bits = [graph.constant(0, 1), graph.constant(1, 1)];
        let again = schedule::cost_again(&graph);
        let body = order(&graph, &again, bits, &stores, options);
        let reads = reads(&graph, &again, &body, exports, words);
        Self {
            graph,
            again,
            body,
            reads,
            takes_over,
        }
    }
}

struct Builder<'a> {
    old: &'a Graph,
    graph: Graph,
    map: HashMap<Word, Word, BuildHasherDefault<NodeHasher>>,
    exports: &'a Exports,
}

impl Builder<'_> {
    /// Takes over a value of the cluster.
    fn copy(&mut self, word: Word) {
        let op = with_operands(self.old.op(word), |operand| self.word(operand));
        let new = self
            .graph
            .like(op, self.old.width(word), self.old.known(word));
        self.map.insert(word, new);
    }

    /// The value here: of this cluster, or from another one.
    fn word(&mut self, word: Word) -> Word {
        if let Some(word) = self.map.get(&word) {
            return *word;
        }
        let op = match (self.old.op(word), self.exports.cell(word)) {
            // Cells and constants can be had everywhere.
            (op @ (Op::Cell(_) | Op::Constant(_)), _) => op,
            (_, Some(cell)) => Op::Cell(cell),
            (op, None) => with_operands(op, |operand| self.word(operand)),
        };
        let new = self
            .graph
            .like(op, self.old.width(word), self.old.known(word));
        self.map.insert(word, new);
        new
    }

    fn sink(&mut self, sink: &Sink) -> Sink {
        let value = self.word(sink.value);
        Sink {
            value,
            holds: sink.holds.map(|word| self.word(word)),
            ..*sink
        }
    }
}

/// Orders everything, with branches where they are worth it.
fn order(
    graph: &Graph,
    again: &[Option<u8>],
    bits: [Word; 2],
    stores: &[Guarded],
    options: Options,
) -> Body {
    let conditions = stores.iter().filter_map(|guarded| guarded.condition);
    let selectors = Selectors::new(graph, conditions);
    let mut straight = Straight {
        selects: vec![false; graph.len()],
        writes: vec![false; stores.len()],
    };
    let plan = |straight: &Straight| {
        plan::plan(graph, again, &selectors, straight, options.copies, stores)
    };
    for _ in 0..PASSES {
        if !worth::mark_straight(&plan(&straight), options.margin, &mut straight) {
            break;
        }
    }
    let limit = graph.len() * 4 + 1000;
    let body = schedule::order(graph, again, &selectors, &plan(&straight), bits, limit);
    body.unwrap_or_else(|| {
        // Too many copies: no branches then.
        straight.selects.fill(true);
        straight.writes.fill(true);
        let plan = plan(&straight);
        schedule::order(graph, again, &selectors, &plan, bits, usize::MAX).unwrap_or_default()
    })
}

/// What steps read. A register that only holds its value is not read.
fn reads(
    graph: &Graph,
    again: &[Option<u8>],
    body: &Body,
    exports: &Exports,
    words: &[Word],
) -> Vec<Source> {
    let mut reads = Vec::new();
    let mut seen = vec![false; graph.len()];
    let mut visit = |word: Word| {
        let mut stack = vec![word];
        while let Some(word) = stack.pop() {
            if again[word.0 as usize].is_none()
                || std::mem::replace(&mut seen[word.0 as usize], true)
            {
                continue;
            }
            match graph.op(word) {
                Op::Cell(cell) => reads.push(exports.source(cell, words)),
                op => stack.extend(operands(op)),
            }
        }
    };
    body.steps
        .iter()
        .for_each(|step: &Step| step.each_use(&mut visit));
    let mut memory = |memory: crate::words::MemoryId| reads.push(Source::Memory(memory.0));
    body.steps
        .iter()
        .for_each(|step| step.each_memory(&mut memory));
    reads.sort_unstable();
    reads.dedup();
    reads
}
