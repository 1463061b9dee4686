//! Rules that make a value cheaper to compute.
//!
//! Constants are folded; shifts by constants become slices and joins; an
//! operation on words whose upper bits are known becomes narrower; a slice goes
//! through what it is taken from if that makes the operand simpler.

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

    fn rule_not(&mut self, a: Word) -> Option<Word> {
        match self.op(a) {
            Op::Not(inner) => Some(inner),
            _ => None,
        }
    }

    /// Constant to the right; otherwise the older operand to the left.
    fn ordered(&self, a: Word, b: Word) -> (Word, Word) {
        let swap = match (self.value(a), self.value(b)) {
            (Some(_), None) => true,
            (None, Some(_)) => false,
            _ => a > b,
        };
        if swap { (b, a) } else { (a, b) }
    }

    fn rule_and(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
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

    fn rule_or(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
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

    fn rule_xor(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
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
    fn reordered(
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
    fn narrowed(
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

    fn rule_add(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
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

    fn rule_sub(&mut self, a: Word, b: Word, width: u8) -> Option<Word> {
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

    fn rule_mul(&mut self, left: Word, right: Word, width: u8) -> Option<Word> {
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

    fn rule_equal(&mut self, left: Word, right: Word) -> Option<Word> {
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
        if let Some(value) = self.value(b) {
            if let Some(word) = self.rule_equal_constant(a, value) {
                return Some(word);
            }
        }
        let narrow = self.used(a).max(self.used(b));
        if narrow < width && (self.value(b).is_some() || self.is_extended(a, narrow)) {
            let a = self.slice(a, 0, narrow);
            let b = self.slice(b, 0, narrow);
            return Some(self.node(Op::Equal(a, b), 1));
        }
        self.reordered((left, right), (a, b), 1, Op::Equal)
    }

    /// Extended from no more than so many bits.
    fn is_extended(&self, a: Word, from: u8) -> bool {
        match self.op(a) {
            Op::ZeroExtend(inner) => self.width(inner) <= from,
            _ => false,
        }
    }

    fn rule_equal_constant(&mut self, a: Word, value: u64) -> Option<Word> {
        match self.op(a) {
            Op::And(word, mask) => {
                let mask = self.value(mask)?;
                if mask.count_ones() != 1 {
                    return None;
                }
                let bit = self.slice(word, mask.trailing_zeros() as u8, 1);
                Some(if value == 0 { self.not(bit) } else { bit })
            }
            // One bit that is not known decides.
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

    fn rule_less(&mut self, a: Word, b: Word) -> Option<Word> {
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

    fn rule_shift_left(&mut self, a: Word, by: Word, width: u8) -> Option<Word> {
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

    fn rule_shift_right(&mut self, a: Word, by: Word, width: u8) -> Option<Word> {
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

    fn rule_shift_right_signed(&mut self, a: Word, by: Word, width: u8) -> Option<Word> {
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

    fn rule_select(&mut self, c: Word, a: Word, b: Word, width: u8) -> Option<Word> {
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

    fn rule_slice(&mut self, a: Word, low: u8, width: u8) -> Option<Word> {
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
    fn opens(&self, x: Word, y: Word) -> bool {
        let simpler = |word| {
            matches!(
                self.op(word),
                Op::Constant(_) | Op::Join(..) | Op::ZeroExtend(_) | Op::SignExtend(_)
            )
        };
        self.may_grow() && (simpler(x) || simpler(y))
    }

    fn rule_join(&mut self, a: Word, b: Word, width: u8) -> Option<Word> {
        if self.value(b) == Some(0) {
            return Some(self.extend(a, width));
        }
        let boundary = self.width(a);
        let neighbours =
            |graph: &Self, below: Word, above: Word| match (graph.op(below), graph.op(above)) {
                (Op::Slice(x, low), Op::Slice(y, next)) => {
                    (x == y && low + graph.width(below) == next).then_some((x, low))
                }
                _ => None,
            };
        if let Some((word, low)) = neighbours(self, a, b) {
            return Some(self.slice(word, low, width));
        }
        // (a, (x, y)) where a and x belong together.
        if let Op::Join(x, y) = self.op(b) {
            let together = boundary + self.width(x);
            let fits = neighbours(self, a, x).is_some()
                || self.value(a).is_some() && self.value(x).is_some();
            if fits {
                let low = self.node(Op::Join(a, x), together);
                return Some(self.node(Op::Join(low, y), width));
            }
        }
        if let Op::Join(x, y) = self.op(a) {
            let fits = neighbours(self, y, b).is_some()
                || self.value(y).is_some() && self.value(b).is_some();
            if fits {
                let high = self.node(Op::Join(y, b), width - self.width(x));
                return Some(self.node(Op::Join(x, high), width));
            }
        }
        if let Op::ZeroExtend(inner) = self.op(b) {
            let narrow = boundary + self.width(inner);
            let joined = self.node(Op::Join(a, inner), narrow);
            return Some(self.extend(joined, width));
        }
        None
    }

    fn rule_zero_extend(&mut self, a: Word, width: u8) -> Option<Word> {
        if self.width(a) == width {
            return Some(a);
        }
        match self.op(a) {
            Op::ZeroExtend(inner) => Some(self.extend(inner, width)),
            _ => None,
        }
    }

    fn rule_sign_extend(&mut self, a: Word, width: u8) -> Option<Word> {
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
