//! Shifts of more than one word by a variable amount.
//!
//! The amount is a number of whole words and a rest. Whole words move in
//! stages, one for each bit of their number; the rest joins each word with its
//! neighbour. So a shift of n words takes n log n choices of whole words, and
//! asks its operand for whole words only.

use super::{Resolver, WORD_BITS};
use crate::error::Error;
use crate::graph::{Op, Value};
use crate::words::{self, Word};

/// Bits of an amount that move within a word.
const REST_BITS: u32 = WORD_BITS.trailing_zeros();

/// A word of a shift on its way: where it is, and the last stage that it went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Moved {
    shift: Value,
    stage: u32,
    index: u32,
}

/// What the stages of a shift have in common.
#[derive(Clone, Copy)]
struct Shifted {
    shift: Value,
    operand: Value,
    amount: Word,
    left: bool,
    signed: bool,
    /// Words of the operand.
    words: u32,
    /// Bits of a number of words that can move without everything being shifted out.
    stages: u32,
}

impl Resolver<'_> {
    /// Up to 64 bits of a shift of more than 64.
    pub(super) fn wide_shift(&mut self, shift: Value, low: u32, width: u32) -> Result<Word, Error> {
        let graph = &self.design.graph;
        let (Op::ShiftLeft(operand, amount)
        | Op::ShiftRight(operand, amount)
        | Op::ShiftRightSigned(operand, amount)) = *graph.op(shift)
        else {
            unreachable!("{:?} is no shift", graph.op(shift));
        };
        let left = matches!(graph.op(shift), Op::ShiftLeft(..));
        let signed = matches!(graph.op(shift), Op::ShiftRightSigned(..));
        let words = graph.width(shift).div_ceil(WORD_BITS);
        let amount = self.piece(amount, 0, graph.width(amount))?;
        let amount_bits = u32::from(self.builder.width(amount));
        let stages = u32::BITS - (words - 1).leading_zeros();
        let shifted = Shifted {
            shift,
            operand,
            amount,
            left,
            signed,
            words,
            stages: stages.min(amount_bits.saturating_sub(REST_BITS)),
        };
        let (first, last) = (low / WORD_BITS, (low + width - 1) / WORD_BITS);
        let from = low % WORD_BITS;
        let word = self.shifted_word(&shifted, first)?;
        if first == last {
            return Ok(self.builder.slice(word, from as u8, width as u8));
        }
        let above = self.shifted_word(&shifted, last)?;
        let below_width = WORD_BITS - from;
        let below = self.builder.slice(word, from as u8, below_width as u8);
        let above = self.builder.slice(above, 0, (width - below_width) as u8);
        Ok(self.builder.join(below, above))
    }

    /// A word of the result.
    fn shifted_word(&mut self, shifted: &Shifted, index: u32) -> Result<Word, Error> {
        use words::Op::{ShiftLeft, ShiftRight};
        let here = self.moved_word(shifted, 0, Some(index))?;
        let rest_bits = REST_BITS.min(u32::from(self.builder.width(shifted.amount)));
        let rest = self.builder.slice(shifted.amount, 0, rest_bits as u8);
        if self.builder.known_constant(rest) == Some(0) {
            return Ok(here);
        }
        let neighbour = if shifted.left {
            index.checked_sub(1)
        } else {
            Some(index + 1)
        };
        let next = self.moved_word(shifted, 0, neighbour)?;
        let builder = &mut self.builder;
        // 64 for a rest of 0: nothing comes over.
        let all = builder.constant(u64::from(WORD_BITS), REST_BITS as u8 + 1);
        let extended = builder.zero_extend(rest, REST_BITS as u8 + 1);
        let back = builder.sub(all, extended);
        let (forth, over) = if shifted.left {
            (ShiftLeft as fn(Word, Word) -> words::Op, ShiftRight as _)
        } else {
            (ShiftRight as fn(Word, Word) -> words::Op, ShiftLeft as _)
        };
        let here = builder.shift(forth, here, rest);
        let next = builder.shift(over, next, back);
        Ok(builder.or(here, next))
    }

    /// A word after the stages from the last one down to this, each of which moves
    /// by as many words as its bit stands for; `None` is below the lowest word.
    fn moved_word(
        &mut self,
        shifted: &Shifted,
        stage: u32,
        index: Option<u32>,
    ) -> Result<Word, Error> {
        let Some(index) = index.filter(|&index| index < shifted.words) else {
            return self.fill(shifted);
        };
        let key = Moved {
            shift: shifted.shift,
            stage,
            index,
        };
        if let Some(&known) = self.moved.get(&key) {
            return Ok(known);
        }
        let amount_bits = u32::from(self.builder.width(shifted.amount));
        let bit = REST_BITS + stage;
        let word = if stage < shifted.stages {
            let by = 1 << stage;
            let source = if shifted.left {
                index.checked_sub(by)
            } else {
                Some(index + by)
            };
            let moved = self.moved_word(shifted, stage + 1, source)?;
            let kept = self.moved_word(shifted, stage + 1, Some(index))?;
            let condition = self.builder.slice(shifted.amount, bit as u8, 1);
            self.builder.select(condition, moved, kept)
        } else {
            let kept = self.operand_word(shifted, index)?;
            if bit < amount_bits {
                // Bits above the stages shift everything out.
                let fill = self.fill(shifted)?;
                let width = (amount_bits - bit) as u8;
                let high = self.builder.slice(shifted.amount, bit as u8, width);
                let zero = self.builder.constant(0, width);
                let within = self.builder.equal(high, zero);
                self.builder.select(within, kept, fill)
            } else {
                kept
            }
        };
        self.moved.insert(key, word);
        Ok(word)
    }

    /// A word of the operand, extended to a whole one.
    fn operand_word(&mut self, shifted: &Shifted, index: u32) -> Result<Word, Error> {
        let low = index * WORD_BITS;
        let width = WORD_BITS.min(self.design.graph.width(shifted.operand) - low);
        let word = self.piece(shifted.operand, low, width)?;
        Ok(if shifted.signed {
            self.builder.sign_extend(word, WORD_BITS as u8)
        } else {
            self.builder.zero_extend(word, WORD_BITS as u8)
        })
    }

    /// The word that comes in.
    fn fill(&mut self, shifted: &Shifted) -> Result<Word, Error> {
        if !shifted.signed {
            return Ok(self.builder.constant(0, WORD_BITS as u8));
        }
        let top = self.design.graph.width(shifted.operand) - 1;
        let sign = self.piece(shifted.operand, top, 1)?;
        Ok(self.builder.sign_extend(sign, WORD_BITS as u8))
    }
}
