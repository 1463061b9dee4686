//! The values of a design, each of them once, with what is known of their bits.
//!
//! [`Graph::node`] simplifies (see `simplify`) and gives the value that is there
//! already, if there is one.

use crate::words::evaluate::ones;
use crate::words::{Node, Op, Word};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Bits that have one value whatever the design does. Bits above the width are
/// known to be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Bits that are zero.
    pub zeros: u64,
    /// Bits that are one.
    pub ones: u64,
}

impl Known {
    /// Smallest possible value.
    pub fn min(self) -> u64 {
        self.ones
    }

    /// Largest possible value.
    pub fn max(self) -> u64 {
        !self.zeros
    }
}

/// Hash of nodes: they are small and nobody chooses them to collide.
#[derive(Default)]
pub(super) struct NodeHasher(u64);

impl Hasher for NodeHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

type Index = HashMap<Node, Word, BuildHasherDefault<NodeHasher>>;

/// The values. Operands come before the nodes that use them.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    known: Vec<Known>,
    /// Operations in what a value is made of, each counted as often as it is used.
    weights: Vec<u16>,
    /// Nodes by what they are.
    index: Index,
    /// What a node was simplified to.
    pub(super) simplified: Index,
    /// Rules in progress: a rule may ask for simplified nodes itself.
    pub(super) depth: u32,
    /// No rule that makes copies of operands applies when there are so many nodes.
    pub(super) limit: usize,
}

impl Graph {
    /// No values yet; copies of operands are made until there are so many.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What gives the value.
    pub fn op(&self, word: Word) -> Op {
        self.nodes[word.0 as usize].op
    }

    /// Bits of the value.
    pub fn width(&self, word: Word) -> u8 {
        self.nodes[word.0 as usize].width
    }

    /// What is known of its bits.
    pub fn known(&self, word: Word) -> Known {
        self.known[word.0 as usize]
    }

    /// Operations in what it is made of, counted as often as they are used.
    pub fn weight(&self, word: Word) -> u16 {
        self.weights[word.0 as usize]
    }

    /// The value, if it is a constant.
    pub fn value(&self, word: Word) -> Option<u64> {
        match self.op(word) {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Makes the node if there is none like it; more may be known of it.
    pub fn like(&mut self, op: Op, width: u8, known: Known) -> Word {
        let word = self.intern(op, width);
        let own = &mut self.known[word.0 as usize];
        own.zeros |= known.zeros;
        own.ones |= known.ones;
        word
    }

    /// Makes the node if there is none like it.
    pub(super) fn intern(&mut self, op: Op, width: u8) -> Word {
        let node = Node { op, width };
        if let Some(word) = self.index.get(&node) {
            return *word;
        }
        let known = self.known_of(node);
        let all = known.zeros | known.ones;
        if all == u64::MAX && !matches!(op, Op::Constant(_)) {
            let word = self.intern(Op::Constant(known.ones), width);
            self.index.insert(node, word);
            return word;
        }
        let word = Word(self.nodes.len() as u32);
        self.nodes.push(node);
        self.known.push(known);
        let weight = match op {
            Op::Constant(_) | Op::Cell(_) => 0,
            _ => operands(op).fold(1u16, |sum, operand| {
                sum.saturating_add(self.weight(operand))
            }),
        };
        self.weights.push(weight);
        self.index.insert(node, word);
        word
    }

    fn known_of(&self, node: Node) -> Known {
        let unused = !ones(node.width);
        let known = |word: Word| self.known(word);
        let zeros_from = |bound: u64| match bound {
            0 => u64::MAX,
            _ => !(u64::MAX >> bound.leading_zeros()),
        };
        let nothing = Known { zeros: 0, ones: 0 };
        let found = match node.op {
            Op::Constant(value) => Known {
                zeros: !value,
                ones: value,
            },
            Op::Not(a) => Known {
                zeros: known(a).ones,
                ones: known(a).zeros & !unused,
            },
            Op::And(a, b) => {
                let (a, b) = (known(a), known(b));
                Known {
                    zeros: a.zeros | b.zeros,
                    ones: a.ones & b.ones,
                }
            }
            Op::Or(a, b) => {
                let (a, b) = (known(a), known(b));
                Known {
                    zeros: a.zeros & b.zeros,
                    ones: a.ones | b.ones,
                }
            }
            Op::Xor(a, b) => {
                let (a, b) = (known(a), known(b));
                Known {
                    zeros: a.zeros & b.zeros | a.ones & b.ones,
                    ones: a.zeros & b.ones | a.ones & b.zeros,
                }
            }
            Op::Add(a, b) => match known(a).max().checked_add(known(b).max()) {
                Some(sum) if sum & unused == 0 => Known {
                    zeros: zeros_from(sum),
                    ones: 0,
                },
                _ => nothing,
            },
            Op::Mul(a, b) => match known(a).max().checked_mul(known(b).max()) {
                Some(product) if product & unused == 0 => Known {
                    zeros: zeros_from(product),
                    ones: 0,
                },
                _ => nothing,
            },
            Op::Select(_, a, b) => {
                let (a, b) = (known(a), known(b));
                Known {
                    zeros: a.zeros & b.zeros,
                    ones: a.ones & b.ones,
                }
            }
            Op::Slice(a, low) => {
                let a = known(a);
                Known {
                    zeros: a.zeros >> low,
                    ones: a.ones >> low,
                }
            }
            Op::Join(a, b) => {
                let shift = self.width(a);
                let (a, b) = (known(a), known(b));
                let own = ones(shift);
                Known {
                    zeros: a.zeros & own | b.zeros << shift,
                    ones: a.ones | b.ones << shift,
                }
            }
            Op::ZeroExtend(a) => known(a),
            Op::ShiftRight(a, _) => Known {
                zeros: zeros_from(known(a).max()),
                ones: 0,
            },
            Op::CountOnes(a) => {
                let most = known(a).max().count_ones();
                Known {
                    zeros: zeros_from(u64::from(most)),
                    ones: 0,
                }
            }
            _ => nothing,
        };
        let ones = found.ones & !unused;
        Known {
            zeros: (found.zeros | unused) & !ones,
            ones,
        }
    }
}

/// Operands of a node.
pub(super) fn operands(op: Op) -> impl Iterator<Item = Word> {
    let list = match op {
        Op::Constant(_) | Op::Cell(_) => [None; 3],
        Op::Read(_, a)
        | Op::Not(a)
        | Op::Slice(a, _)
        | Op::ZeroExtend(a)
        | Op::SignExtend(a)
        | Op::Parity(a)
        | Op::CountOnes(a) => [Some(a), None, None],
        Op::And(a, b)
        | Op::Or(a, b)
        | Op::Xor(a, b)
        | Op::Add(a, b)
        | Op::Sub(a, b)
        | Op::Mul(a, b)
        | Op::Equal(a, b)
        | Op::Less(a, b)
        | Op::SignedLess(a, b)
        | Op::ShiftLeft(a, b)
        | Op::ShiftRight(a, b)
        | Op::ShiftRightSigned(a, b)
        | Op::Join(a, b) => [Some(a), Some(b), None],
        Op::Select(a, b, c) => [Some(a), Some(b), Some(c)],
    };
    list.into_iter().flatten()
}

/// The operation with other operands.
pub(super) fn with_operands(op: Op, mut change: impl FnMut(Word) -> Word) -> Op {
    match op {
        Op::Constant(_) | Op::Cell(_) => op,
        Op::Read(memory, a) => Op::Read(memory, change(a)),
        Op::Not(a) => Op::Not(change(a)),
        Op::And(a, b) => Op::And(change(a), change(b)),
        Op::Or(a, b) => Op::Or(change(a), change(b)),
        Op::Xor(a, b) => Op::Xor(change(a), change(b)),
        Op::Add(a, b) => Op::Add(change(a), change(b)),
        Op::Sub(a, b) => Op::Sub(change(a), change(b)),
        Op::Mul(a, b) => Op::Mul(change(a), change(b)),
        Op::Equal(a, b) => Op::Equal(change(a), change(b)),
        Op::Less(a, b) => Op::Less(change(a), change(b)),
        Op::SignedLess(a, b) => Op::SignedLess(change(a), change(b)),
        Op::ShiftLeft(a, b) => Op::ShiftLeft(change(a), change(b)),
        Op::ShiftRight(a, b) => Op::ShiftRight(change(a), change(b)),
        Op::ShiftRightSigned(a, b) => Op::ShiftRightSigned(change(a), change(b)),
        Op::Select(a, b, c) => Op::Select(change(a), change(b), change(c)),
        Op::Slice(a, low) => Op::Slice(change(a), low),
        Op::Join(a, b) => Op::Join(change(a), change(b)),
        Op::ZeroExtend(a) => Op::ZeroExtend(change(a)),
        Op::SignExtend(a) => Op::SignExtend(change(a)),
        Op::Parity(a) => Op::Parity(change(a)),
        Op::CountOnes(a) => Op::CountOnes(change(a)),
    }
}
