//! Rules for bitwise operations and selections.

use crate::code::graph::Graph;
use crate::words::evaluate::ones;
use crate::words::{Op, Word};

impl Graph {
    pub(super) fn rule_not(&mut self, a: Word) -> Option<Word> {
        match self.op(a) {
            Op::Not(inner) => Some(inner),
            _ => None,
        }
    }

    /// Constant to the right; otherwise the older operand to the left.
    pub(super) fn ordered(&self, a: Word, b: Word) -> (Word, Word) {
        let swap = match (self.value(a), self.value(b)) {
            (Some(_), None) => true,
            (None, Some(_)) => false,
            _ => a > b,
        };
        if swap { (b, a) } else { (a, b) }
    }

    pub(super) fn rule_and(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
        let (a, b) = self.ordered(left, right);
        if a == b || !(self.known(a).zeros | self.known(b).ones) == 0 {
            return Some(a);
        }
        if !(self.known(b).zeros | self.known(a).ones) == 0 {
            return Some(b);
        }
        if self.op(a) == Op::Not(b) || self.op(b) == Op::Not(a) {
            return Some(self.constant(0, width));
        }
        if let Some(mask) = self.value(b) {
            // Bits that are zero anyway need not be in the mask.
            let mask = mask & self.known(a).max();
            let low = 64 - mask.leading_zeros() as u8;
            if mask == 0 {
                return Some(self.constant(0, width));
            }
            if mask.count_ones() == u32::from(low) {
                let slice = self.slice(a, 0, low);
                return Some(self.extend(slice, width));
            }
            if let Op::And(inner, other) = self.op(a)
                && let Some(other) = self.value(other)
            {
                let mask = self.constant(mask & other, width);
                return Some(self.node(Op::And(inner, mask), width));
            }
            if width > 32 && low <= 32 {
                let slice = self.slice(a, 0, 32);
                let mask = self.constant(mask, 32);
                let narrow = self.node(Op::And(slice, mask), 32);
                return Some(self.extend(narrow, width));
            }
        }
        self.narrowed(a, b, width, Op::And)
            .or_else(|| self.reordered((left, right), (a, b), width, Op::And))
    }

    pub(super) fn rule_or(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
        let (a, b) = self.ordered(left, right);
        if a == b || !(self.known(b).zeros | self.known(a).ones) == 0 {
            return Some(a);
        }
        if !(self.known(a).zeros | self.known(b).ones) == 0 {
            return Some(b);
        }
        if self.op(a) == Op::Not(b) || self.op(b) == Op::Not(a) {
            return Some(self.constant(u64::MAX, width));
        }
        self.narrowed(a, b, width, Op::Or)
            .or_else(|| self.reordered((left, right), (a, b), width, Op::Or))
    }

    pub(super) fn rule_xor(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
        let (a, b) = self.ordered(left, right);
        if a == b {
            return Some(self.constant(0, width));
        }
        match self.value(b) {
            Some(0) => return Some(a),
            Some(value) if value == ones(width) => return Some(self.not(a)),
            _ => {}
        }
        self.narrowed(a, b, width, Op::Xor)
            .or_else(|| self.reordered((left, right), (a, b), width, Op::Xor))
    }

    /// The operation with its operands in order.
    pub(super) fn reordered(
        &mut self,
        before: (Word, Word),
        after: (Word, Word),
        width: u8,
        op: impl Fn(Word, Word) -> Op,
    ) -> Option<Word> {
        (before != after).then(|| self.node(op(after.0, after.1), width))
    }

    /// A bitwise operation, or a sum whose bits are known to stay low, on
    /// narrower operands: only if that goes down to another size of register.
    pub(super) fn narrowed(
        &mut self,
        a: Word,
        b: Word,
        width: u8,
        op: impl Fn(Word, Word) -> Op,
    ) -> Option<Word> {
        let narrow = self.used(a).max(self.used(b));
        let smaller = |from: u8, to: u8| {
            let size = |width: u8| match width {
                1 => 0,
                2..=32 => 1,
                _ => 2,
            };
            size(to) < size(from)
        };
        if !smaller(width, narrow) {
            return None;
        }
        let a = self.slice(a, 0, narrow);
        let b = self.slice(b, 0, narrow);
        let result = self.node(op(a, b), narrow);
        Some(self.extend(result, width))
    }

    pub(super) fn rule_select(&mut self, c: Word, a: Word, b: Word, width: u8) -> Option<Word> {
        match self.value(c) {
            Some(0) => return Some(b),
            Some(_) => return Some(a),
            None if a == b => return Some(a),
            None => {}
        }
        if let Op::Not(inner) = self.op(c) {
            return Some(self.node(Op::Select(inner, b, a), width));
        }
        // The same question again has the same answer.
        if let Op::Select(again, yes, _) = self.op(a)
            && again == c
        {
            return Some(self.node(Op::Select(c, yes, b), width));
        }
        if let Op::Select(again, _, no) = self.op(b)
            && again == c
        {
            return Some(self.node(Op::Select(c, a, no), width));
        }
        if width == 1 {
            let one = |value: Option<u64>| value == Some(1);
            let zero = |value: Option<u64>| value == Some(0);
            let (x, y) = (self.value(a), self.value(b));
            if (one(x) || a == c) && (zero(y) || b == c) {
                return Some(c);
            }
            if zero(x) && one(y) {
                return Some(self.not(c));
            }
            if a == c {
                let one = self.constant(1, 1);
                return Some(self.node(Op::Select(c, one, b), 1));
            }
            if b == c {
                let zero = self.constant(0, 1);
                return Some(self.node(Op::Select(c, a, zero), 1));
            }
        }
        None
    }
}
