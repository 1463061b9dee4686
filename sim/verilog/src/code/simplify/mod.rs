//! Rules that make a value cheaper to compute.
//!
//! Constants are folded; shifts by constants become slices and joins; an
//! operation on words whose upper bits are known becomes narrower; a slice goes
//! through what it is taken from if that makes the operand simpler.

mod arithmetic;
mod logic;
mod parts;

use super::graph::Graph;
use crate::words::evaluate::{apply, ones};
use crate::words::{Node, Op, Word};

/// Depth of rules that ask for simplified nodes. Deeper, nodes stay as they are.
const DEPTH: u32 = 24;

impl Graph {
    /// The value of an operation.
    pub fn node(&mut self, op: Op, width: u8) -> Word {
        let node = Node { op, width };
        if let Some(word) = self.simplified.get(&node) {
            return *word;
        }
        if self.depth >= DEPTH {
            return self.intern(op, width);
        }
        self.depth += 1;
        let word = match self.folded(node) {
            Some(value) => self.constant(value, width),
            None => self
                .rule(op, width)
                .unwrap_or_else(|| self.intern(op, width)),
        };
        self.depth -= 1;
        self.simplified.insert(node, word);
        word
    }

    /// A constant.
    pub fn constant(&mut self, value: u64, width: u8) -> Word {
        self.intern(Op::Constant(value & ones(width)), width)
    }

    /// Value of a node whose operands are constants.
    fn folded(&self, node: Node) -> Option<u64> {
        if matches!(node.op, Op::Cell(_) | Op::Read(..)) {
            return None;
        }
        let constant = std::cell::Cell::new(true);
        let value = apply(&node, |word| {
            let value = self.value(word);
            constant.set(constant.get() && value.is_some());
            (value.unwrap_or(0), self.width(word))
        });
        // An operand that was not looked at (the other side of a selection)
        // does not matter.
        constant.get().then_some(value)
    }

    fn not(&mut self, a: Word) -> Word {
        self.node(Op::Not(a), self.width(a))
    }

    fn slice(&mut self, a: Word, low: u8, width: u8) -> Word {
        self.node(Op::Slice(a, low), width)
    }

    fn extend(&mut self, a: Word, width: u8) -> Word {
        if self.width(a) == width {
            a
        } else {
            self.node(Op::ZeroExtend(a), width)
        }
    }

    /// Number of low bits that may be other than zero, at least 1.
    fn used(&self, a: Word) -> u8 {
        (64 - self.known(a).max().leading_zeros() as u8).max(1)
    }

    /// There may be copies of operands.
    fn may_grow(&self) -> bool {
        self.nodes_left() > 0
    }

    fn nodes_left(&self) -> usize {
        self.limit.saturating_sub(self.len())
    }

    fn rule(&mut self, op: Op, width: u8) -> Option<Word> {
        match op {
            Op::Constant(_) | Op::Cell(_) => None,
            Op::Read(memory, a) => match self.op(a) {
                Op::ZeroExtend(narrow) => Some(self.node(Op::Read(memory, narrow), width)),
                _ => None,
            },
            Op::Not(a) => self.rule_not(a),
            Op::And(a, b) => self.rule_and(a, b, width),
            Op::Or(a, b) => self.rule_or(a, b, width),
            Op::Xor(a, b) => self.rule_xor(a, b, width),
            Op::Add(a, b) => self.rule_add(a, b, width),
            Op::Sub(a, b) => self.rule_sub(a, b, width),
            Op::Mul(a, b) => self.rule_mul(a, b, width),
            Op::Equal(a, b) => self.rule_equal(a, b),
            Op::Less(a, b) => self.rule_less(a, b),
            Op::SignedLess(a, b) => {
                let top = 1 << (self.width(a) - 1);
                let positive = self.known(a).zeros & self.known(b).zeros & top != 0;
                positive.then(|| self.node(Op::Less(a, b), 1))
            }
            Op::ShiftLeft(a, by) => self.rule_shift_left(a, by, width),
            Op::ShiftRight(a, by) => self.rule_shift_right(a, by, width),
            Op::ShiftRightSigned(a, by) => self.rule_shift_right_signed(a, by, width),
            Op::Select(c, a, b) => self.rule_select(c, a, b, width),
            Op::Slice(a, low) => self.rule_slice(a, low, width),
            Op::Join(a, b) => self.rule_join(a, b, width),
            Op::ZeroExtend(a) => self.rule_zero_extend(a, width),
            Op::SignExtend(a) => self.rule_sign_extend(a, width),
            Op::Parity(a) => match self.op(a) {
                _ if self.width(a) == 1 => Some(a),
                Op::ZeroExtend(a) => Some(self.node(Op::Parity(a), 1)),
                _ => None,
            },
            Op::CountOnes(a) => match self.op(a) {
                _ if self.width(a) == 1 => Some(self.extend(a, width)),
                Op::ZeroExtend(a) => Some(self.node(Op::CountOnes(a), width)),
                _ => None,
            },
        }
    }
}
