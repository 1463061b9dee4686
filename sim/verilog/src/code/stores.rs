//! What a design stores in a cycle, and the graph of what that needs.

use super::graph::{Graph, with_operands};
use super::layout::Layout;
use super::partition::Chance;
use super::plan::Guarded;
use super::schedule::{Sink, Told};
use super::{Kind, structure};
use crate::words::evaluate::ones;
use crate::words::{CellId, Op, Update, Word, Words};

/// Stores that belong together: a register, an output, or the operands of a write.
#[derive(Debug)]
pub(super) struct Root {
    /// Done in any case.
    pub always: Vec<Sink>,
    /// Done only if a condition holds.
    pub guarded: Option<Guarded>,
    /// The cell that takes over its next value, and its clock; `None`: in every cycle.
    pub takes_over: Option<(CellId, Option<u8>)>,
}

impl Root {
    /// What is stored, and the condition.
    pub fn values(&self) -> Vec<Word> {
        let mut values: Vec<Word> = self.always.iter().map(|sink| sink.value).collect();
        if let Some(guarded) = &self.guarded {
            values.extend(guarded.condition);
            values.extend(guarded.sinks.iter().map(|sink| sink.value));
        }
        values
    }
}

/// A memory write whose operands are staged.
#[derive(Debug)]
pub(super) struct StagedWrite {
    /// Index of the write.
    pub index: usize,
    /// Index of the memory.
    pub memory: usize,
    /// Not all bits are written.
    pub masked: bool,
    /// Index of the clock.
    pub clock: u8,
}

/// The graph, and the stores. Memory writes come last, in order.
pub(super) fn stores(words: &Words, layout: &Layout, kind: Kind) -> (Graph, Vec<Root>) {
    let mut graph = Graph::new(words.nodes.len() * 4 + 1000);
    let mut map = Vec::with_capacity(words.nodes.len());
    for node in &words.nodes {
        let op = with_operands(node.op, |word| map[word.0 as usize]);
        map.push(graph.node(op, node.width));
    }
    let (mut graph, places) = structure::with_decisions(&graph);
    map.iter_mut()
        .for_each(|word| *word = places[word.0 as usize]);
    let mut roots = Vec::new();
    let mut update = |update: &Update, clock: Option<u8>| {
        let slot = layout.cells[update.cell.0 as usize];
        let holds = slot
            .next
            .map(|_| graph.node(Op::Cell(update.cell), slot.width));
        let value = map[update.value.0 as usize];
        let at = slot.next.map_or(slot.at, |next| next.at);
        roots.push(Root {
            always: vec![Sink {
                at,
                bytes: slot.bytes,
                value,
                holds,
                told: slot.next.map(|_| Told::Cell(update.cell)),
            }],
            guarded: None,
            takes_over: slot.next.map(|_| (update.cell, clock)),
        });
    };
    words.outputs.iter().for_each(|output| update(output, None));
    match kind {
        Kind::Outputs => {}
        Kind::Nets => words.nets.iter().for_each(|net| update(net, None)),
        Kind::Cycle => {
            words
                .registers
                .iter()
                .for_each(|register| update(register, Some(register.clock)));
            roots.extend(writes(words, layout, &graph, &map));
        }
    }
    (graph, roots)
}

fn writes(words: &Words, layout: &Layout, graph: &Graph, map: &[Word]) -> Vec<Root> {
    let root = |(write, staged): (&crate::words::Write, &super::layout::Staged)| {
        let sink = |at, bytes, word: Word| {
            let value = map[word.0 as usize];
            Sink {
                at,
                bytes,
                value,
                holds: None,
                told: None,
            }
        };
        let enable = sink(staged.enable, 1, write.enable);
        let operands = [
            sink(staged.address, 8, write.address),
            sink(staged.mask, 8, write.mask),
            sink(staged.data, 8, write.data),
        ];
        let condition = graph.value(enable.value).is_none().then_some(enable.value);
        let guarded = Some(Guarded {
            condition,
            sinks: operands.into(),
        });
        Root {
            always: vec![enable],
            guarded,
            takes_over: None,
        }
    };
    words.writes.iter().zip(&layout.staged).map(root).collect()
}

/// The memory writes.
pub(super) fn staged_writes(words: &Words) -> Vec<StagedWrite> {
    let write = |(index, write): (usize, &crate::words::Write)| {
        let all = ones(words.memories[write.memory.0 as usize].width);
        let mask = words.nodes[write.mask.0 as usize].op;
        StagedWrite {
            index,
            memory: write.memory.0 as usize,
            masked: mask != Op::Constant(all),
            clock: write.clock,
        }
    };
    words.writes.iter().enumerate().map(write).collect()
}

/// How likely each cell changes in a cycle: registers that count change often.
pub(super) fn chances(graph: &Graph, roots: &[Root], cells: usize) -> Vec<Chance> {
    let mut chances = vec![Chance::Rare; cells];
    for root in roots {
        if let (Some((cell, Some(_))), [sink]) = (root.takes_over, &root.always[..])
            && let Some(own) = sink.holds
        {
            chances[cell.0 as usize] = chance(graph, sink.value, own);
        }
    }
    chances
}

/// A counter has a sum with the old value among the values that are selected; it
/// counts always if the old value itself is not among them.
fn chance(graph: &Graph, value: Word, own: Word) -> Chance {
    const NEAR: usize = 64;
    let mut stack = vec![value];
    let (mut counts, mut holds) = (false, false);
    for _ in 0..NEAR {
        let Some(word) = stack.pop() else { break };
        match graph.op(word) {
            _ if word == own => holds = true,
            Op::Select(_, a, b) => stack.extend([a, b]),
            Op::Add(a, b) | Op::Sub(a, b) => counts |= a == own || b == own,
            _ => {}
        }
    }
    match (counts, holds || !stack.is_empty()) {
        (true, false) => Chance::Always,
        (true, true) => Chance::Often,
        (false, _) => Chance::Rare,
    }
}
