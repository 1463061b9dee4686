//! Logic as decisions, so that what depends on them can be left out.
//!
//! `a & b` needs `b` only if `a` is set. If `b` takes much work this is written
//! as a selection, and a selection on it as two selections, one in the other:
//!
//! ```text
//! a & b                → a ? b : 0
//! (a ? b : 0) ? x : y  → a ? (b ? x : y) : y
//! ```

use super::graph::{Graph, with_operands};
use crate::words::{Op, Word};

/// Work that is worth a decision.
const MUCH: u16 = 4;

/// The graph with decisions, and where its values are.
pub(super) fn with_decisions(old: &Graph) -> (Graph, Vec<Word>) {
    let mut graph = Graph::new(old.len() * 4 + 1000);
    let mut map: Vec<Word> = Vec::with_capacity(old.len());
    for index in 0..old.len() as u32 {
        let (op, width) = (old.op(Word(index)), old.width(Word(index)));
        let op = with_operands(op, |word| map[word.0 as usize]);
        let word = match op {
            Op::And(a, b) if width == 1 => {
                let (light, heavy) = by_weight(&graph, a, b);
                if graph.weight(heavy) >= MUCH {
                    let zero = graph.constant(0, 1);
                    graph.node(Op::Select(light, heavy, zero), 1)
                } else {
                    graph.node(op, 1)
                }
            }
            Op::Or(a, b) if width == 1 => {
                let (light, heavy) = by_weight(&graph, a, b);
                if graph.weight(heavy) >= MUCH {
                    let one = graph.constant(1, 1);
                    graph.node(Op::Select(light, one, heavy), 1)
                } else {
                    graph.node(op, 1)
                }
            }
            Op::Select(condition, a, b) => nested(&mut graph, condition, a, b, width),
            _ => graph.node(op, width),
        };
        map.push(word);
    }
    (graph, map)
}

fn by_weight(graph: &Graph, a: Word, b: Word) -> (Word, Word) {
    if graph.weight(a) <= graph.weight(b) {
        (a, b)
    } else {
        (b, a)
    }
}

/// A selection on a decision.
fn nested(graph: &mut Graph, condition: Word, a: Word, b: Word, width: u8) -> Word {
    let mut chain = Vec::new();
    let mut condition = condition;
    // Only as long as nothing but a light value is needed twice.
    while let Op::Select(first, yes, no) = graph.op(condition)
        && chain.len() < 8
    {
        if graph.value(no) == Some(0) && graph.weight(b) <= 1 {
            chain.push((first, true));
            condition = yes;
        } else if graph.value(yes) == Some(1) && graph.weight(a) <= 1 {
            chain.push((first, false));
            condition = no;
        } else {
            break;
        }
    }
    let mut word = graph.node(Op::Select(condition, a, b), width);
    for (first, both) in chain.into_iter().rev() {
        word = match both {
            true => graph.node(Op::Select(first, word, b), width),
            false => graph.node(Op::Select(first, a, word), width),
        };
    }
    word
}
