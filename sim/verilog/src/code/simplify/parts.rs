//! Rules for parts of words: shifts, slices, joins and extensions.

use crate::code::graph::Graph;
use crate::words::evaluate::ones;
use crate::words::{Op, Word};

impl Graph {
    /// Both side by side, the first below, if that is something simple: slices of
    /// one word, or the same operation on what is so.
    pub(super) fn merged(&mut self, a: Word, b: Word, depth: u32) -> Option<Word> {
        const DEPTH: u32 = 6;
        let width = self.width(a) + self.width(b);
        if depth > DEPTH || width > 64 || !self.may_grow() {
            return None;
        }
        let two = |graph: &mut Self, x: (Word, Word), y: (Word, Word)| {
            let first = graph.merged(x.0, x.1, depth + 1)?;
            Some((first, graph.merged(y.0, y.1, depth + 1)?))
        };
        let op = match (self.op(a), self.op(b)) {
            (Op::Constant(_), Op::Constant(_)) => Op::Join(a, b),
            (Op::Slice(x, low), Op::Slice(y, next)) => {
                return (x == y && low + self.width(a) == next).then(|| self.slice(x, low, width));
            }
            (Op::Not(x), Op::Not(y)) => Op::Not(self.merged(x, y, depth + 1)?),
            (Op::And(p, q), Op::And(r, s)) => {
                let (x, y) = two(self, (p, r), (q, s)).or_else(|| two(self, (p, s), (q, r)))?;
                Op::And(x, y)
            }
            (Op::Or(p, q), Op::Or(r, s)) => {
                let (x, y) = two(self, (p, r), (q, s)).or_else(|| two(self, (p, s), (q, r)))?;
                Op::Or(x, y)
            }
            (Op::Xor(p, q), Op::Xor(r, s)) => {
                let (x, y) = two(self, (p, r), (q, s)).or_else(|| two(self, (p, s), (q, r)))?;
                Op::Xor(x, y)
            }
            (Op::Select(c, p, q), Op::Select(d, r, s)) if c == d => {
                let (x, y) = two(self, (p, r), (q, s))?;
                Op::Select(c, x, y)
            }
            _ => return None,
        };
        Some(self.node(op, width))
    }

    pub(super) fn rule_shift_left(&mut self, a: Word, by: Word, width: u8) -> Option<Word> {
        match self.value(by) {
            Some(0) => Some(a),
            Some(by) if by >= u64::from(width) => Some(self.constant(0, width)),
            Some(by) => {
                let zeros = self.constant(0, by as u8);
                let rest = self.slice(a, 0, width - by as u8);
                Some(self.node(Op::Join(zeros, rest), width))
            }
            None => match self.op(by) {
                Op::ZeroExtend(by) => Some(self.node(Op::ShiftLeft(a, by), width)),
                _ => None,
            },
        }
    }

    pub(super) fn rule_shift_right(&mut self, a: Word, by: Word, width: u8) -> Option<Word> {
        match self.value(by) {
            Some(0) => Some(a),
            Some(by) if by >= u64::from(width) => Some(self.constant(0, width)),
            Some(by) => {
                let rest = self.slice(a, by as u8, width - by as u8);
                Some(self.extend(rest, width))
            }
            None => match (self.op(a), self.op(by)) {
                (_, Op::ZeroExtend(by)) => Some(self.node(Op::ShiftRight(a, by), width)),
                (Op::ZeroExtend(a), _) => {
                    let narrow = self.node(Op::ShiftRight(a, by), self.width(a));
                    Some(self.extend(narrow, width))
                }
                _ => None,
            },
        }
    }

    pub(super) fn rule_shift_right_signed(&mut self, a: Word, by: Word, width: u8) -> Option<Word> {
        if self.known(a).zeros >> (width - 1) & 1 == 1 {
            return Some(self.node(Op::ShiftRight(a, by), width));
        }
        match self.value(by) {
            Some(0) => Some(a),
            Some(by) => {
                let by = by.min(u64::from(width) - 1) as u8;
                let rest = self.slice(a, by, width - by);
                Some(self.node(Op::SignExtend(rest), width))
            }
            None => match self.op(by) {
                Op::ZeroExtend(by) => Some(self.node(Op::ShiftRightSigned(a, by), width)),
                _ => None,
            },
        }
    }

    pub(super) fn rule_slice(&mut self, a: Word, low: u8, width: u8) -> Option<Word> {
        let whole = self.width(a);
        if width == whole {
            return Some(a);
        }
        let known = self.known(a);
        let bits = ones(width);
        if (known.zeros | known.ones) >> low & bits == bits {
            return Some(self.constant(known.ones >> low, width));
        }
        match self.op(a) {
            Op::Slice(inner, from) => Some(self.slice(inner, from + low, width)),
            Op::Join(x, y) => {
                let boundary = self.width(x);
                if low + width <= boundary {
                    Some(self.slice(x, low, width))
                } else if low >= boundary {
                    Some(self.slice(y, low - boundary, width))
                } else {
                    let below = boundary - low;
                    let x = self.slice(x, low, below);
                    let y = self.slice(y, 0, width - below);
                    Some(self.node(Op::Join(x, y), width))
                }
            }
            Op::ZeroExtend(inner) => {
                let inside = self.width(inner).saturating_sub(low);
                if inside >= width {
                    Some(self.slice(inner, low, width))
                } else {
                    let part = self.slice(inner, low, inside);
                    Some(self.extend(part, width))
                }
            }
            Op::SignExtend(inner) if low + width <= self.width(inner) => {
                Some(self.slice(inner, low, width))
            }
            Op::SignExtend(inner) if low == 0 => Some(self.node(Op::SignExtend(inner), width)),
            Op::Not(inner) if self.may_grow() => {
                let inner = self.slice(inner, low, width);
                Some(self.not(inner))
            }
            Op::And(x, y) if self.opens(x, y) => {
                let (x, y) = (self.slice(x, low, width), self.slice(y, low, width));
                Some(self.node(Op::And(x, y), width))
            }
            Op::Or(x, y) if self.opens(x, y) => {
                let (x, y) = (self.slice(x, low, width), self.slice(y, low, width));
                Some(self.node(Op::Or(x, y), width))
            }
            Op::Xor(x, y) if self.opens(x, y) => {
                let (x, y) = (self.slice(x, low, width), self.slice(y, low, width));
                Some(self.node(Op::Xor(x, y), width))
            }
            Op::Select(c, x, y) if self.opens(x, y) => {
                let (x, y) = (self.slice(x, low, width), self.slice(y, low, width));
                Some(self.node(Op::Select(c, x, y), width))
            }
            Op::Add(x, y) if low == 0 && self.opens(x, y) => {
                let (x, y) = (self.slice(x, 0, width), self.slice(y, 0, width));
                Some(self.node(Op::Add(x, y), width))
            }
            Op::Sub(x, y) if low == 0 && self.opens(x, y) => {
                let (x, y) = (self.slice(x, 0, width), self.slice(y, 0, width));
                Some(self.node(Op::Sub(x, y), width))
            }
            Op::Mul(x, y) if low == 0 && self.opens(x, y) => {
                let (x, y) = (self.slice(x, 0, width), self.slice(y, 0, width));
                Some(self.node(Op::Mul(x, y), width))
            }
            _ => None,
        }
    }

    /// A slice of one of the operands is simpler than the operand.
    pub(super) fn opens(&self, x: Word, y: Word) -> bool {
        let simpler = |word| {
            matches!(
                self.op(word),
                Op::Constant(_) | Op::Join(..) | Op::ZeroExtend(_) | Op::SignExtend(_)
            )
        };
        self.may_grow() && (simpler(x) || simpler(y))
    }

    pub(super) fn rule_join(&mut self, a: Word, b: Word, width: u8) -> Option<Word> {
        if self.value(b) == Some(0) {
            return Some(self.extend(a, width));
        }
        let boundary = self.width(a);
        if let Some(merged) = self.merged(a, b, 0) {
            return Some(merged);
        }
        // (a, (x, y)) where a and x belong together.
        if let Op::Join(x, y) = self.op(b)
            && let Some(low) = self.merged(a, x, 0)
        {
            return Some(self.node(Op::Join(low, y), width));
        }
        if let Op::Join(x, y) = self.op(a)
            && let Some(high) = self.merged(y, b, 0)
        {
            return Some(self.node(Op::Join(x, high), width));
        }
        if let Op::ZeroExtend(inner) = self.op(b) {
            let narrow = boundary + self.width(inner);
            let joined = self.node(Op::Join(a, inner), narrow);
            return Some(self.extend(joined, width));
        }
        None
    }

    pub(super) fn rule_zero_extend(&mut self, a: Word, width: u8) -> Option<Word> {
        if self.width(a) == width {
            return Some(a);
        }
        match self.op(a) {
            Op::ZeroExtend(inner) => Some(self.extend(inner, width)),
            _ => None,
        }
    }

    pub(super) fn rule_sign_extend(&mut self, a: Word, width: u8) -> Option<Word> {
        let own = self.width(a);
        if own == width {
            return Some(a);
        }
        if self.known(a).zeros >> (own - 1) & 1 == 1 {
            return Some(self.extend(a, width));
        }
        match self.op(a) {
            Op::SignExtend(inner) => Some(self.node(Op::SignExtend(inner), width)),
            _ => None,
        }
    }
}
