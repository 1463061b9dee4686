//! Rules for sums, products and comparisons.

use crate::code::graph::Graph;
use crate::words::evaluate::ones;
use crate::words::{Op, Word};

impl Graph {
    pub(super) fn rule_add(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
        let (a, b) = self.ordered(left, right);
        if self.value(b) == Some(0) {
            return Some(a);
        }
        if width == 1 {
            return Some(self.node(Op::Xor(a, b), 1));
        }
        if let (Op::Add(inner, first), Some(second)) = (self.op(a), self.value(b))
            && let Some(first) = self.value(first)
        {
            let sum = self.constant(first.wrapping_add(second), width);
            return Some(self.node(Op::Add(inner, sum), width));
        }
        if let Some(sum) = self.sum_of_bits(a, b, width) {
            return Some(sum);
        }
        // No bit may be lost: then one more bit than the operands have is enough.
        let narrow = self.used(a).max(self.used(b)) + 1;
        if width > 32 && narrow <= 32 {
            let a = self.slice(a, 0, narrow);
            let b = self.slice(b, 0, narrow);
            let sum = self.node(Op::Add(a, b), narrow);
            return Some(self.extend(sum, width));
        }
        self.reordered((left, right), (a, b), width, Op::Add)
    }

    /// A sum of single bits that lie side by side.
    pub(super) fn sum_of_bits(&mut self, a: Word, b: Word, width: u8) -> Option<Word> {
        let bits = |graph: &Self, word: Word| match graph.op(word) {
            Op::ZeroExtend(bit) if graph.width(bit) == 1 => Some(bit),
            Op::CountOnes(bits) => Some(bits),
            _ => None,
        };
        let (a, b) = (bits(self, a)?, bits(self, b)?);
        let all = self.merged(a, b, 0).or_else(|| self.merged(b, a, 0))?;
        Some(self.node(Op::CountOnes(all), width))
    }

    pub(super) fn rule_sub(&mut self, a: Word, b: Word, width: u8) -> Option<Word> {
        if a == b {
            return Some(self.constant(0, width));
        }
        if width == 1 {
            return Some(self.node(Op::Xor(a, b), 1));
        }
        let value = self.value(b)?;
        let negative = self.constant(value.wrapping_neg(), width);
        Some(self.node(Op::Add(a, negative), width))
    }

    pub(super) fn rule_mul(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
        let (a, b) = self.ordered(left, right);
        if width == 1 {
            return Some(self.node(Op::And(a, b), 1));
        }
        match self.value(b) {
            Some(0) => Some(b),
            Some(1) => Some(a),
            Some(value) if value.is_power_of_two() => {
                let by = self.constant(u64::from(value.trailing_zeros()), 6);
                Some(self.node(Op::ShiftLeft(a, by), width))
            }
            _ => self.reordered((left, right), (a, b), width, Op::Mul),
        }
    }

    pub(super) fn rule_equal(&mut self, left: Word, right: Word) -> Option<Word> {
        let (a, b) = self.ordered(left, right);
        let (known_a, known_b) = (self.known(a), self.known(b));
        if a == b {
            return Some(self.constant(1, 1));
        }
        if known_a.ones & known_b.zeros | known_a.zeros & known_b.ones != 0 {
            return Some(self.constant(0, 1));
        }
        let width = self.width(a);
        if width == 1 {
            return match self.value(b) {
                Some(1) => Some(a),
                Some(_) => Some(self.not(a)),
                None => {
                    let differ = self.node(Op::Xor(a, b), 1);
                    Some(self.not(differ))
                }
            };
        }
        if let Some(value) = self.value(b)
            && let Some(word) = self.rule_equal_constant(a, value)
        {
            return Some(word);
        }
        let narrow = self.used(a).max(self.used(b));
        if narrow < width && self.is_extended(a, narrow) {
            let a = self.slice(a, 0, narrow);
            let b = self.slice(b, 0, narrow);
            return Some(self.node(Op::Equal(a, b), 1));
        }
        self.reordered((left, right), (a, b), 1, Op::Equal)
    }

    /// Extended from no more than so many bits.
    pub(super) fn is_extended(&self, a: Word, from: u8) -> bool {
        match self.op(a) {
            Op::ZeroExtend(inner) => self.width(inner) <= from,
            _ => false,
        }
    }

    pub(super) fn rule_equal_constant(&mut self, a: Word, value: u64) -> Option<Word> {
        match self.op(a) {
            // Neighbouring bits.
            Op::And(word, mask) => {
                let mask = self.value(mask)?;
                let low = mask.trailing_zeros();
                let width = mask.count_ones();
                if mask == 0 || mask >> low != ones(width as u8) {
                    return None;
                }
                let part = self.slice(word, low as u8, width as u8);
                let value = self.constant(value >> low, width as u8);
                Some(self.node(Op::Equal(part, value), 1))
            }
            Op::Not(inner) => {
                let other = self.constant(!value, self.width(a));
                Some(self.node(Op::Equal(inner, other), 1))
            }
            Op::Join(low, high) if self.value(low).is_some() => {
                let value = self.constant(value >> self.width(low), self.width(high));
                Some(self.node(Op::Equal(high, value), 1))
            }
            Op::Select(condition, x, y) => match (self.value(x), self.value(y)) {
                (Some(x), Some(y)) => {
                    let (x, y) = (x == value, y == value);
                    Some(match (x, y) {
                        (true, true) => self.constant(1, 1),
                        (true, false) => condition,
                        (false, true) => self.not(condition),
                        (false, false) => self.constant(0, 1),
                    })
                }
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn rule_less(&mut self, a: Word, b: Word) -> Option<Word> {
        let (known_a, known_b) = (self.known(a), self.known(b));
        if known_a.max() < known_b.min() {
            return Some(self.constant(1, 1));
        }
        if a == b || known_a.min() >= known_b.max() {
            return Some(self.constant(0, 1));
        }
        let width = self.width(a);
        if width == 1 {
            let not = self.not(a);
            return Some(self.node(Op::And(not, b), 1));
        }
        if self.value(b) == Some(1) {
            let zero = self.constant(0, width);
            return Some(self.node(Op::Equal(a, zero), 1));
        }
        if self.value(a) == Some(0) {
            let equal = self.node(Op::Equal(b, a), 1);
            return Some(self.not(equal));
        }
        let narrow = self.used(a).max(self.used(b));
        if narrow < width && width > 32 && narrow <= 32 {
            let a = self.slice(a, 0, narrow);
            let b = self.slice(b, 0, narrow);
            return Some(self.node(Op::Less(a, b), 1));
        }
        None
    }
}
