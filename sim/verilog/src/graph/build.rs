//! Constructors of values. Operands have one width where nothing else is said.

use super::{ArrayId, Graph, NetId, Op, Value};
use num_bigint::BigUint;

/// `2^width - 1`.
pub(super) fn ones(width: u32) -> BigUint {
    (BigUint::from(1u8) << width) - 1u8
}

impl Graph {
    /// A constant, cut to `width` bits.
    pub fn literal(&mut self, value: BigUint, width: u32) -> Value {
        let value = if value.bits() > u64::from(width) {
            value & ones(width)
        } else {
            value
        };
        self.add_node(Op::Constant(value), width)
    }

    /// A small constant.
    pub fn number(&mut self, value: u64, width: u32) -> Value {
        self.literal(BigUint::from(value), width)
    }

    /// All bits 0.
    pub fn zero(&mut self, width: u32) -> Value {
        self.add_node(Op::Constant(BigUint::ZERO), width)
    }

    /// One bit.
    pub fn bit(&mut self, value: bool) -> Value {
        self.number(u64::from(value), 1)
    }

    /// A net.
    pub fn net(&mut self, net: NetId, width: u32) -> Value {
        self.add_node(Op::Net(net), width)
    }

    /// A variable before its first assignment.
    pub fn unassigned_variable(&mut self, net: NetId, width: u32) -> Value {
        self.add_node(Op::Unassigned(net), width)
    }

    /// A word of a memory; `address` has at most 32 bits.
    pub fn read(&mut self, array: ArrayId, address: Value, width: u32) -> Value {
        self.add_node(Op::Read(array, address), width)
    }

    fn is_zero(&self, value: Value) -> bool {
        self.constant(value).is_some_and(|c| *c == BigUint::ZERO)
    }

    fn is_ones(&self, value: Value) -> bool {
        let width = self.width(value);
        self.constant(value)
            .is_some_and(|c| c.bits() == u64::from(width) && *c == ones(width))
    }

    fn both(&self, a: Value, b: Value) -> Option<(BigUint, BigUint)> {
        Some((self.constant(a)?.clone(), self.constant(b)?.clone()))
    }

    /// All bits inverted.
    pub fn not(&mut self, a: Value) -> Value {
        let width = self.width(a);
        match self.op(a) {
            Op::Constant(c) => {
                let inverted = c ^ ones(width);
                self.literal(inverted, width)
            }
            Op::Not(inner) => *inner,
            _ => self.add_node(Op::Not(a), width),
        }
    }

    /// Bitwise and.
    pub fn and(&mut self, a: Value, b: Value) -> Value {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.literal(x & y, width);
        }
        if a == b || self.is_ones(b) || self.is_zero(a) {
            return a;
        }
        if self.is_ones(a) || self.is_zero(b) {
            return b;
        }
        self.add_node(Op::And(a.min(b), a.max(b)), width)
    }

    /// Bitwise or.
    pub fn or(&mut self, a: Value, b: Value) -> Value {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.literal(x | y, width);
        }
        if a == b || self.is_zero(b) || self.is_ones(a) {
            return a;
        }
        if self.is_zero(a) || self.is_ones(b) {
            return b;
        }
        self.add_node(Op::Or(a.min(b), a.max(b)), width)
    }

    /// Bitwise exclusive or.
    pub fn xor(&mut self, a: Value, b: Value) -> Value {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.literal(x ^ y, width);
        }
        if self.is_zero(b) {
            return a;
        }
        if self.is_zero(a) {
            return b;
        }
        self.add_node(Op::Xor(a.min(b), a.max(b)), width)
    }

    /// Sum modulo 2^width.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.literal(x + y, width);
        }
        if self.is_zero(b) {
            return a;
        }
        if self.is_zero(a) {
            return b;
        }
        self.add_node(Op::Add(a, b), width)
    }

    /// Difference modulo 2^width.
    pub fn sub(&mut self, a: Value, b: Value) -> Value {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.literal(x + (BigUint::from(1u8) << width) - y, width);
        }
        if self.is_zero(b) {
            return a;
        }
        self.add_node(Op::Sub(a, b), width)
    }

    /// 1 if equal.
    pub fn equal(&mut self, a: Value, b: Value) -> Value {
        if a == b {
            return self.bit(true);
        }
        if let Some((x, y)) = self.both(a, b) {
            return self.bit(x == y);
        }
        let (a, b) = if self.constant(a).is_some() {
            (b, a)
        } else {
            (a, b)
        };
        // A zero-extended value against a constant: compared in its own width.
        if let (Op::Concat(parts), Some(constant)) = (self.op(a), self.constant(b)) {
            let (low, high) = (parts[0], &parts[1..]);
            if high.iter().all(|&part| self.is_zero(part)) {
                let constant = constant.clone();
                let low_width = self.width(low);
                if constant.bits() > u64::from(low_width) {
                    return self.bit(false);
                }
                let constant = self.literal(constant, low_width);
                return self.equal(low, constant);
            }
        }
        if self.width(a) == 1 {
            if self.is_ones(b) {
                return a;
            }
            if self.is_zero(b) {
                return self.not(a);
            }
        }
        self.add_node(Op::Equal(a, b), 1)
    }

    /// 1 if the first is less, unsigned.
    pub fn less(&mut self, a: Value, b: Value) -> Value {
        if let Some((x, y)) = self.both(a, b) {
            return self.bit(x < y);
        }
        if a == b || self.is_zero(b) {
            return self.bit(false);
        }
        self.add_node(Op::Less(a, b), 1)
    }

    /// 1 if the first is less, two's complement.
    pub fn signed_less(&mut self, a: Value, b: Value) -> Value {
        if let Some((x, y)) = self.both(a, b) {
            // With the sign bit inverted the order is that of unsigned numbers.
            let sign = BigUint::from(1u8) << (self.width(a) - 1);
            return self.bit((x ^ &sign) < (y ^ &sign));
        }
        self.add_node(Op::SignedLess(a, b), 1)
    }

    /// One bit: whether any bit is set.
    pub fn any(&mut self, a: Value) -> Value {
        let zero = self.zero(self.width(a));
        let none = self.equal(a, zero);
        self.not(none)
    }

    /// Exclusive or of all bits.
    pub fn parity(&mut self, a: Value) -> Value {
        if let Some(c) = self.constant(a) {
            let odd = c.count_ones() % 2 == 1;
            return self.bit(odd);
        }
        if self.width(a) == 1 {
            return a;
        }
        self.add_node(Op::Parity(a), 1)
    }

    /// The second where the first (1 bit) is set, else the third.
    pub fn select(&mut self, condition: Value, then: Value, otherwise: Value) -> Value {
        if then == otherwise {
            return then;
        }
        match self.op(condition) {
            Op::Constant(c) => {
                return if *c == BigUint::ZERO { otherwise } else { then };
            }
            Op::Not(inner) => {
                let inner = *inner;
                return self.select(inner, otherwise, then);
            }
            _ => {}
        }
        let width = self.width(then);
        if width == 1 && self.is_ones(then) && self.is_zero(otherwise) {
            return condition;
        }
        self.add_node(Op::Select(condition, then, otherwise), width)
    }

    /// `width` bits from `low` on; what is beyond the value is 0.
    pub fn slice(&mut self, a: Value, low: u32, width: u32) -> Value {
        let own = self.width(a);
        if low == 0 && width == own {
            return a;
        }
        if low >= own {
            return self.zero(width);
        }
        if width > own - low {
            let part = self.slice(a, low, own - low);
            return self.zero_extend(part, width);
        }
        match self.op(a) {
            Op::Constant(c) => {
                let shifted = c >> low;
                self.literal(shifted, width)
            }
            Op::Slice(inner, below) => {
                let (inner, below) = (*inner, *below);
                self.slice(inner, below + low, width)
            }
            Op::Concat(parts) => {
                let parts = parts.clone();
                let mut taken = Vec::new();
                let mut at = 0;
                for &part in parts.iter() {
                    let end = at + self.width(part);
                    let from = low.max(at);
                    let to = (low + width).min(end);
                    if from < to {
                        taken.push(self.slice(part, from - at, to - from));
                    }
                    at = end;
                }
                self.concat(&taken)
            }
            Op::SignExtend(inner) if low + width <= self.width(*inner) => {
                let inner = *inner;
                self.slice(inner, low, width)
            }
            _ => self.add_node(Op::Slice(a, low), width),
        }
    }

    /// One after the other, the first is the lowest; at least one.
    pub fn concat(&mut self, parts: &[Value]) -> Value {
        let mut flat: Vec<Value> = Vec::with_capacity(parts.len());
        for &part in parts {
            match self.op(part) {
                Op::Concat(inner) => {
                    let inner = inner.clone();
                    inner.iter().for_each(|&part| self.append(&mut flat, part));
                }
                _ => self.append(&mut flat, part),
            }
        }
        if let [only] = flat[..] {
            return only;
        }
        let width = flat.iter().map(|&part| self.width(part)).sum();
        self.add_node(Op::Concat(flat.into()), width)
    }

    /// Adds a part, as one with the last if the two are neighbours in one value.
    fn append(&mut self, flat: &mut Vec<Value>, part: Value) {
        let Some(&last) = flat.last() else {
            flat.push(part);
            return;
        };
        let width = self.width(last) + self.width(part);
        if let Some((low, high)) = self.both(last, part) {
            let joined = low | (high << self.width(last));
            *flat.last_mut().expect("not empty") = self.literal(joined, width);
            return;
        }
        let origin = |value: Value| match self.op(value) {
            Op::Slice(inner, low) => (*inner, *low),
            _ => (value, 0),
        };
        let ((below, low), (above, high)) = (origin(last), origin(part));
        if below == above && low + self.width(last) == high {
            *flat.last_mut().expect("not empty") = self.slice(below, low, width);
            return;
        }
        flat.push(part);
    }

    /// Zeros above.
    pub fn zero_extend(&mut self, a: Value, width: u32) -> Value {
        let own = self.width(a);
        if width <= own {
            return self.slice(a, 0, width);
        }
        let zeros = self.zero(width - own);
        self.concat(&[a, zeros])
    }

    /// Copies of the top bit above.
    pub fn sign_extend(&mut self, a: Value, width: u32) -> Value {
        let own = self.width(a);
        if width <= own {
            return self.slice(a, 0, width);
        }
        if let Some(c) = self.constant(a) {
            let extended = if c.bit(u64::from(own - 1)) {
                c | (ones(width - own) << own)
            } else {
                c.clone()
            };
            return self.literal(extended, width);
        }
        self.add_node(Op::SignExtend(a), width)
    }

    /// To another width: cut, or extended with zeros or with the sign.
    pub fn resize(&mut self, a: Value, width: u32, signed: bool) -> Value {
        if signed {
            self.sign_extend(a, width)
        } else {
            self.zero_extend(a, width)
        }
    }

    /// `a` with the bits from `low` on replaced by `part`; what does not fit is dropped.
    pub fn insert(&mut self, a: Value, low: u32, part: Value) -> Value {
        let width = self.width(a);
        if low >= width {
            return a;
        }
        let part_width = self.width(part).min(width - low);
        let mut parts = Vec::with_capacity(3);
        if low > 0 {
            parts.push(self.slice(a, 0, low));
        }
        parts.push(self.slice(part, 0, part_width));
        let end = low + part_width;
        if end < width {
            parts.push(self.slice(a, end, width - end));
        }
        self.concat(&parts)
    }
}
