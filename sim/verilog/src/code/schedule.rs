//! In which order values are computed, and in which function.

use super::graph::{Graph, operands};
use crate::words::{Op, Word};

/// A value is stored in the buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sink {
    /// First byte.
    pub at: u32,
    /// Bytes: 1, 2, 4 or 8.
    pub bytes: u8,
    /// What is stored.
    pub value: Word,
}

/// What code does, in order.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Computes a value.
    Compute(Word),
    /// Stores one.
    Store(Sink),
}

/// The steps of one function.
pub(super) type Part = Vec<Step>;

/// The steps of all functions, to be run one after the other.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    pub parts: Vec<Part>,
    /// Place in the scratch buffer for values that a later function uses, by value.
    pub crossing: Vec<Option<u32>>,
    /// Number of words in the scratch buffer.
    pub scratch: u32,
}

/// Cost of computing a value anew instead of keeping it, in instructions.
/// `None`: it is kept.
pub(super) fn cost_again(graph: &Graph) -> Vec<Option<u8>> {
    const LIMIT: u8 = 3;
    let mut costs = Vec::with_capacity(graph.len());
    for index in 0..graph.len() as u32 {
        let op = graph.op(Word(index));
        let operand = |word: Word| -> Option<u8> { costs[word.0 as usize] };
        let cost = match op {
            Op::Constant(_) => Some(0),
            Op::Cell(_) => Some(1),
            Op::Slice(a, _) | Op::Not(a) | Op::ZeroExtend(a) => operand(a).map(|cost| cost + 1),
            Op::Equal(a, b) => match (operand(a), operand(b)) {
                (Some(a), Some(b)) => Some(a + b + 1),
                _ => None,
            },
            _ => None,
        };
        costs.push(cost.filter(|cost| *cost <= LIMIT));
    }
    costs
}

/// Orders what the sinks need, in functions of about `size` values.
pub(super) fn schedule(
    graph: &Graph,
    again: &[Option<u8>],
    sinks: &[Sink],
    size: usize,
) -> Schedule {
    let mut home: Vec<Option<u32>> = vec![None; graph.len()];
    let mut schedule = Schedule {
        parts: vec![Vec::new()],
        crossing: vec![None; graph.len()],
        scratch: 0,
    };
    let mut stack = Vec::new();
    for sink in sinks {
        stack.push((sink.value, false));
        while let Some((word, ready)) = stack.pop() {
            let index = word.0 as usize;
            let part = schedule.parts.len() as u32 - 1;
            if ready {
                if home[index].is_none() {
                    home[index] = Some(part);
                    schedule.parts[part as usize].push(Step::Compute(word));
                }
                continue;
            }
            match home[index] {
                _ if again[index].is_some() => {}
                Some(there) => {
                    if there != part && schedule.crossing[index].is_none() {
                        schedule.crossing[index] = Some(schedule.scratch);
                        schedule.scratch += 1;
                    }
                }
                None => {
                    stack.push((word, true));
                    stack.extend(operands(graph.op(word)).map(|word| (word, false)));
                }
            }
        }
        let part = schedule.parts.len() - 1;
        schedule.parts[part].push(Step::Store(*sink));
        if schedule.parts[part].len() >= size {
            schedule.parts.push(Vec::new());
        }
    }
    schedule
}
