//! Makes nodes: equal ones once, constants folded, needless ones not at all.

use super::{CellId, MemoryId, Node, Op, Word};
use std::collections::HashMap;

/// Bits that a value of a width can have.
pub const fn mask(width: u8) -> u64 {
    u64::MAX >> (64 - width as u32)
}

/// Collects the nodes of a design.
#[derive(Debug, Default)]
pub struct Builder {
    nodes: Vec<Node>,
    known: HashMap<Node, Word>,
}

impl Builder {
    /// All nodes, operands first.
    pub fn finish(self) -> Vec<Node> {
        self.nodes
    }

    /// Width of a value in bits.
    pub fn width(&self, word: Word) -> u8 {
        self.nodes[word.0 as usize].width
    }

    /// The node.
    pub fn node(&self, word: Word) -> Node {
        self.nodes[word.0 as usize]
    }

    /// Whether the bits of a value lie side by side somewhere already.
    pub fn is_gathered(&self, word: Word) -> bool {
        !matches!(self.op(word), Op::Join(..))
    }

    fn op(&self, word: Word) -> Op {
        self.nodes[word.0 as usize].op
    }

    fn add_node(&mut self, op: Op, width: u8) -> Word {
        debug_assert!((1..=64).contains(&width), "width {width}");
        let node = Node { op, width };
        if let Some(&word) = self.known.get(&node) {
            return word;
        }
        let word = Word(u32::try_from(self.nodes.len()).expect("fewer than 2^32 words"));
        self.nodes.push(node);
        self.known.insert(node, word);
        word
    }

    /// The constant that a value is.
    pub fn known_constant(&self, word: Word) -> Option<u64> {
        match self.op(word) {
            Op::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    fn both(&self, a: Word, b: Word) -> Option<(u64, u64)> {
        Some((self.known_constant(a)?, self.known_constant(b)?))
    }

    /// A constant.
    pub fn constant(&mut self, value: u64, width: u8) -> Word {
        self.add_node(Op::Constant(value & mask(width)), width)
    }

    /// What a cell holds.
    pub fn cell(&mut self, cell: CellId, width: u8) -> Word {
        self.add_node(Op::Cell(cell), width)
    }

    /// A word of a memory.
    pub fn read(&mut self, memory: MemoryId, address: Word, width: u8) -> Word {
        self.add_node(Op::Read(memory, address), width)
    }

    /// All bits inverted.
    pub fn not(&mut self, a: Word) -> Word {
        let width = self.width(a);
        match self.op(a) {
            Op::Constant(c) => self.constant(!c, width),
            Op::Not(inner) => inner,
            _ => self.add_node(Op::Not(a), width),
        }
    }

    /// Bitwise and.
    pub fn and(&mut self, a: Word, b: Word) -> Word {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(x & y, width);
        }
        let (a, b) = if self.known_constant(a).is_some() {
            (b, a)
        } else {
            (a, b)
        };
        if a == b {
            return a;
        }
        if let Some(constant) = self.known_constant(b) {
            if constant == mask(width) {
                return a;
            }
            if constant == 0 {
                return b;
            }
            // Low bits alone: a slice, which may vanish.
            if constant & (constant + 1) == 0 {
                let kept = constant.trailing_ones() as u8;
                let low = self.slice(a, 0, kept);
                return self.zero_extend(low, width);
            }
        }
        self.add_node(Op::And(a.min(b), a.max(b)), width)
    }

    /// Bitwise or.
    pub fn or(&mut self, a: Word, b: Word) -> Word {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(x | y, width);
        }
        for (a, b) in [(a, b), (b, a)] {
            match self.known_constant(b) {
                Some(0) => return a,
                Some(constant) if constant == mask(width) => return b,
                _ => {}
            }
        }
        if a == b {
            return a;
        }
        self.add_node(Op::Or(a.min(b), a.max(b)), width)
    }

    /// Bitwise exclusive or.
    pub fn xor(&mut self, a: Word, b: Word) -> Word {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(x ^ y, width);
        }
        for (a, b) in [(a, b), (b, a)] {
            match self.known_constant(b) {
                Some(0) => return a,
                Some(constant) if constant == mask(width) => return self.not(a),
                _ => {}
            }
        }
        if a == b {
            return self.constant(0, width);
        }
        self.add_node(Op::Xor(a.min(b), a.max(b)), width)
    }

    /// Sum modulo 2^width.
    pub fn add(&mut self, a: Word, b: Word) -> Word {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(x.wrapping_add(y), width);
        }
        for (a, b) in [(a, b), (b, a)] {
            if self.known_constant(b) == Some(0) {
                return a;
            }
        }
        if width == 1 {
            return self.xor(a, b);
        }
        self.add_node(Op::Add(a.min(b), a.max(b)), width)
    }

    /// Difference modulo 2^width.
    pub fn sub(&mut self, a: Word, b: Word) -> Word {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(x.wrapping_sub(y), width);
        }
        if self.known_constant(b) == Some(0) {
            return a;
        }
        if a == b {
            return self.constant(0, width);
        }
        if width == 1 {
            return self.xor(a, b);
        }
        self.add_node(Op::Sub(a, b), width)
    }

    /// Product modulo 2^width.
    pub fn mul(&mut self, a: Word, b: Word) -> Word {
        let width = self.width(a);
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(x.wrapping_mul(y), width);
        }
        self.add_node(Op::Mul(a.min(b), a.max(b)), width)
    }

    /// 1 if equal.
    pub fn equal(&mut self, a: Word, b: Word) -> Word {
        if a == b {
            return self.constant(1, 1);
        }
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(u64::from(x == y), 1);
        }
        let (a, b) = if self.known_constant(a).is_some() {
            (b, a)
        } else {
            (a, b)
        };
        if let Some(constant) = self.known_constant(b) {
            if self.width(a) == 1 {
                return if constant == 1 { a } else { self.not(a) };
            }
            if let Op::ZeroExtend(inner) = self.op(a) {
                let width = self.width(inner);
                if constant > mask(width) {
                    return self.constant(0, 1);
                }
                let constant = self.constant(constant, width);
                return self.equal(inner, constant);
            }
        }
        if let (Op::ZeroExtend(x), Op::ZeroExtend(y)) = (self.op(a), self.op(b))
            && self.width(x) == self.width(y)
        {
            return self.equal(x, y);
        }
        self.add_node(Op::Equal(a, b), 1)
    }

    /// 1 if the first is less, unsigned.
    pub fn less(&mut self, a: Word, b: Word) -> Word {
        if let Some((x, y)) = self.both(a, b) {
            return self.constant(u64::from(x < y), 1);
        }
        if a == b || self.known_constant(b) == Some(0) {
            return self.constant(0, 1);
        }
        if let (Op::ZeroExtend(x), Op::ZeroExtend(y)) = (self.op(a), self.op(b))
            && self.width(x) == self.width(y)
        {
            return self.less(x, y);
        }
        self.add_node(Op::Less(a, b), 1)
    }

    /// 1 if the first is less, two's complement.
    pub fn signed_less(&mut self, a: Word, b: Word) -> Word {
        if let Some((x, y)) = self.both(a, b) {
            let sign = 1 << (self.width(a) - 1);
            return self.constant(u64::from(x ^ sign < y ^ sign), 1);
        }
        self.add_node(Op::SignedLess(a, b), 1)
    }

    /// Shifted left; `op` of the constructors of [`Op`] for shifts.
    pub fn shift(&mut self, op: fn(Word, Word) -> Op, a: Word, amount: Word) -> Word {
        let width = self.width(a);
        if self.known_constant(amount) == Some(0) || self.known_constant(a) == Some(0) {
            return a;
        }
        self.add_node(op(a, amount), width)
    }

    /// The second where the first is set, else the third.
    pub fn select(&mut self, condition: Word, then: Word, otherwise: Word) -> Word {
        if then == otherwise {
            return then;
        }
        match self.op(condition) {
            Op::Constant(0) => return otherwise,
            Op::Constant(_) => return then,
            Op::Not(inner) => return self.select(inner, otherwise, then),
            _ => {}
        }
        // Inside its branches the condition is known.
        let then = match self.op(then) {
            Op::Select(again, inner, _) if again == condition => inner,
            _ => then,
        };
        let otherwise = match self.op(otherwise) {
            Op::Select(again, _, inner) if again == condition => inner,
            _ => otherwise,
        };
        if then == otherwise {
            return then;
        }
        let width = self.width(then);
        if width == 1 {
            match (self.known_constant(then), self.known_constant(otherwise)) {
                (Some(1), Some(_)) => return condition,
                (Some(0), Some(_)) => return self.not(condition),
                (Some(1), None) => return self.or(condition, otherwise),
                (None, Some(0)) => return self.and(condition, then),
                _ => {}
            }
            if then == condition {
                return self.or(condition, otherwise);
            }
            if otherwise == condition {
                return self.and(condition, then);
            }
        }
        self.add_node(Op::Select(condition, then, otherwise), width)
    }

    /// `width` bits from `low` on, which the operand must have.
    pub fn slice(&mut self, a: Word, low: u8, width: u8) -> Word {
        let own = self.width(a);
        debug_assert!(low + width <= own);
        if width == own {
            return a;
        }
        match self.op(a) {
            Op::Constant(constant) => self.constant(constant >> low, width),
            Op::Slice(inner, below) => self.slice(inner, below + low, width),
            Op::Join(lower, upper) => {
                let split = self.width(lower);
                if low + width <= split {
                    self.slice(lower, low, width)
                } else if low >= split {
                    self.slice(upper, low - split, width)
                } else {
                    let below = self.slice(lower, low, split - low);
                    let above = self.slice(upper, 0, low + width - split);
                    self.join(below, above)
                }
            }
            Op::ZeroExtend(inner) => {
                let inner_width = self.width(inner);
                if low >= inner_width {
                    self.constant(0, width)
                } else if low + width <= inner_width {
                    self.slice(inner, low, width)
                } else {
                    let kept = self.slice(inner, low, inner_width - low);
                    self.zero_extend(kept, width)
                }
            }
            _ => self.add_node(Op::Slice(a, low), width),
        }
    }

    /// The first below, the second above; at most 64 bits together.
    pub fn join(&mut self, lower: Word, upper: Word) -> Word {
        let (low_width, high_width) = (self.width(lower), self.width(upper));
        let width = low_width + high_width;
        match (self.op(lower), self.op(upper)) {
            (Op::Constant(low), Op::Constant(high)) => {
                return self.constant(low | high << low_width, width);
            }
            (_, Op::Constant(0)) => return self.zero_extend(lower, width),
            (Op::Slice(a, low), Op::Slice(b, high)) if a == b && low + low_width == high => {
                return self.slice(a, low, width);
            }
            _ => {}
        }
        self.add_node(Op::Join(lower, upper), width)
    }

    /// Zeros above.
    pub fn zero_extend(&mut self, a: Word, width: u8) -> Word {
        if width == self.width(a) {
            return a;
        }
        match self.op(a) {
            Op::Constant(constant) => self.constant(constant, width),
            Op::ZeroExtend(inner) => self.zero_extend(inner, width),
            _ => self.add_node(Op::ZeroExtend(a), width),
        }
    }

    /// Copies of the top bit above.
    pub fn sign_extend(&mut self, a: Word, width: u8) -> Word {
        let own = self.width(a);
        if width == own {
            return a;
        }
        if let Op::Constant(constant) = self.op(a) {
            let shift = 64 - u32::from(own);
            let extended = ((constant << shift) as i64) >> shift;
            return self.constant(extended as u64, width);
        }
        self.add_node(Op::SignExtend(a), width)
    }

    /// Exclusive or of all bits.
    pub fn parity(&mut self, a: Word) -> Word {
        if let Some(constant) = self.known_constant(a) {
            return self.constant(u64::from(constant.count_ones() % 2), 1);
        }
        if self.width(a) == 1 {
            return a;
        }
        self.add_node(Op::Parity(a), 1)
    }

    /// Number of ones, modulo 2^width.
    pub fn count_ones(&mut self, a: Word, width: u8) -> Word {
        self.add_node(Op::CountOnes(a), width)
    }
}
