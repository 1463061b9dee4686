//! Sums, comparisons, shifts and products in words.

use super::{Resolver, WORD_BITS, chunks};
use crate::error::Error;
use crate::graph::{Op, Value};
use crate::words::{self, Word};

/// Fewest single bits whose sum is worth a population count.
const COUNTED_BITS: usize = 8;

impl Resolver<'_> {
    /// Up to 64 bits of an operation whose bits depend on other bits.
    pub(super) fn arithmetic(&mut self, value: Value, low: u32, width: u32) -> Result<Word, Error> {
        let graph = &self.design.graph;
        let own = graph.width(value);
        // Lower bits of a sum or product need no upper ones.
        let end = low + width;
        match graph.op(value) {
            Op::Add(..) | Op::Sub(..) if end > WORD_BITS => self.wide_sum(value, low, width),
            Op::Add(a, b) => {
                if let Some(bits) = self.counted_bits(value)? {
                    let count = self.builder.count_ones(bits, end as u8);
                    return Ok(self.builder.slice(count, low as u8, width as u8));
                }
                let (a, b) = (self.piece(*a, 0, end)?, self.piece(*b, 0, end)?);
                let sum = self.builder.add(a, b);
                Ok(self.builder.slice(sum, low as u8, width as u8))
            }
            Op::Sub(a, b) => {
                let (a, b) = (self.piece(*a, 0, end)?, self.piece(*b, 0, end)?);
                let difference = self.builder.sub(a, b);
                Ok(self.builder.slice(difference, low as u8, width as u8))
            }
            Op::Mul(a, b) => {
                let (a, b) = (self.piece(*a, 0, end)?, self.piece(*b, 0, end)?);
                let product = self.builder.mul(a, b);
                Ok(self.builder.slice(product, low as u8, width as u8))
            }
            Op::Equal(a, b) => {
                let mut equal = self.builder.constant(1, 1);
                for (low, width) in chunks(0, graph.width(*a)) {
                    let (a, b) = (self.piece(*a, low, width)?, self.piece(*b, low, width)?);
                    let same = self.builder.equal(a, b);
                    equal = self.builder.and(equal, same);
                }
                Ok(equal)
            }
            Op::Less(a, b) => self.comparison(*a, *b, false),
            Op::SignedLess(a, b) => self.comparison(*a, *b, true),
            Op::ShiftLeft(..) | Op::ShiftRight(..) | Op::ShiftRightSigned(..)
                if own > WORD_BITS =>
            {
                self.wide_shift(value, low, width)
            }
            Op::ShiftLeft(a, amount) => {
                let a = self.piece(*a, 0, end)?;
                let amount = self.piece(*amount, 0, graph.width(*amount))?;
                let shifted = self.builder.shift(words::Op::ShiftLeft, a, amount);
                Ok(self.builder.slice(shifted, low as u8, width as u8))
            }
            Op::ShiftRight(a, amount) | Op::ShiftRightSigned(a, amount) => {
                let op = match graph.op(value) {
                    Op::ShiftRight(..) => words::Op::ShiftRight,
                    _ => words::Op::ShiftRightSigned,
                };
                let a = self.piece(*a, 0, own)?;
                let amount = self.piece(*amount, 0, graph.width(*amount))?;
                let shifted = self.builder.shift(op, a, amount);
                Ok(self.builder.slice(shifted, low as u8, width as u8))
            }
            other => unreachable!("{other:?} is taken apart bit by bit"),
        }
    }

    /// One bit: whether `a` is less than `b`, from the lowest word up.
    fn comparison(&mut self, a: Value, b: Value, signed: bool) -> Result<Word, Error> {
        let own = self.design.graph.width(a);
        let mut less = self.builder.constant(0, 1);
        for (low, width) in chunks(0, own) {
            let (a, b) = (self.piece(a, low, width)?, self.piece(b, low, width)?);
            let here = if signed && low + width == own {
                self.builder.signed_less(a, b)
            } else {
                self.builder.less(a, b)
            };
            let same = self.builder.equal(a, b);
            let below = self.builder.and(same, less);
            less = self.builder.or(here, below);
        }
        Ok(less)
    }

    /// Bits of a sum or difference beyond the first word.
    fn wide_sum(&mut self, value: Value, low: u32, width: u32) -> Result<Word, Error> {
        let own = self.design.graph.width(value);
        let mut joined: Option<Word> = None;
        for (index, (at, part)) in chunks(0, own).enumerate() {
            let from = low.max(at);
            let to = (low + width).min(at + part);
            if from >= to {
                continue;
            }
            let (sum, _) = self.sum_word(value, index as u32)?;
            let bits = self
                .builder
                .slice(sum, (from - at) as u8, (to - from) as u8);
            joined = Some(match joined {
                Some(below) => self.builder.join(below, bits),
                None => bits,
            });
        }
        Ok(joined.expect("the words of a sum cover its bits"))
    }

    /// A word of a sum or difference, and what it carries or borrows from the next.
    fn sum_word(&mut self, value: Value, index: u32) -> Result<(Word, Word), Error> {
        if let Some(&known) = self.sums.get(&(value, index)) {
            return Ok(known);
        }
        let graph = &self.design.graph;
        let (a, b, subtract) = match graph.op(value) {
            Op::Add(a, b) => (*a, *b, false),
            Op::Sub(a, b) => (*a, *b, true),
            other => unreachable!("{other:?} is no sum"),
        };
        let low = index * WORD_BITS;
        let width = WORD_BITS.min(graph.width(value) - low);
        let carry_in = if index == 0 {
            self.builder.constant(0, 1)
        } else {
            self.sum_word(value, index - 1)?.1
        };
        let (a, b) = (self.piece(a, low, width)?, self.piece(b, low, width)?);
        let builder = &mut self.builder;
        let carried = builder.zero_extend(carry_in, width as u8);
        let result = if subtract {
            let difference = builder.sub(a, b);
            let result = builder.sub(difference, carried);
            let first = builder.less(a, b);
            let second = builder.less(difference, carried);
            (result, builder.or(first, second))
        } else {
            let sum = builder.add(a, b);
            let result = builder.add(sum, carried);
            let first = builder.less(sum, a);
            let second = builder.less(result, carried);
            (result, builder.or(first, second))
        };
        self.sums.insert((value, index), result);
        Ok(result)
    }

    /// The bits whose sum a value is, as one word: `d[0] + d[1] + …` is a population count.
    fn counted_bits(&mut self, value: Value) -> Result<Option<Word>, Error> {
        let graph = &self.design.graph;
        let mut open = vec![value];
        let mut bits = Vec::new();
        while let Some(value) = open.pop() {
            match graph.op(value) {
                Op::Add(a, b) => open.extend([*b, *a]),
                Op::Concat(parts) => {
                    let [bit, zeros] = parts[..] else {
                        return Ok(None);
                    };
                    let padded = graph.constant(zeros).is_some_and(|c| c.bits() == 0);
                    if graph.width(bit) != 1 || !padded {
                        return Ok(None);
                    }
                    bits.push(bit);
                }
                _ => return Ok(None),
            }
            if bits.len() + open.len() > WORD_BITS as usize {
                return Ok(None);
            }
        }
        if bits.len() < COUNTED_BITS {
            return Ok(None);
        }
        let mut joined: Option<Word> = None;
        for bit in bits {
            let bit = self.piece(bit, 0, 1)?;
            joined = Some(match joined {
                Some(below) => self.builder.join(below, bit),
                None => bit,
            });
        }
        // Bits from many places cost as much to collect as to add.
        let joined = joined.expect("there are bits");
        Ok(self.builder.is_gathered(joined).then_some(joined))
    }
}
