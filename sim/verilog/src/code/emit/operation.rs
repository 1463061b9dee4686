//! Operations on values.

use super::super::layout::{Array, Slot};
use super::{Emitter, bits, type_of};
use crate::words::evaluate::ones;
use crate::words::{Op, Word};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};

impl Emitter<'_, '_> {
    pub(super) fn type_of(&self, word: Word) -> Type {
        type_of(self.graph.width(word))
    }

    pub(super) fn constant(&mut self, of: Type, value: u64) -> Value {
        self.builder
            .ins()
            .iconst(of, (value & ones(bits(of))) as i64)
    }

    /// The value in another type; bits that do not fit are lost.
    pub(super) fn cast(&mut self, value: Value, to: Type) -> Value {
        let from = self.builder.func.dfg.value_type(value);
        match from.bits().cmp(&to.bits()) {
            std::cmp::Ordering::Less => self.builder.ins().uextend(to, value),
            std::cmp::Ordering::Equal => value,
            std::cmp::Ordering::Greater => self.builder.ins().ireduce(to, value),
        }
    }

    /// The low bits, if there may be others.
    fn masked(&mut self, value: Value, width: u8) -> Value {
        let of = self.builder.func.dfg.value_type(value);
        if width >= bits(of) {
            return value;
        }
        let mask = self.constant(of, ones(width));
        self.builder.ins().band(value, mask)
    }

    fn shifted_left(&mut self, value: Value, by: u8) -> Value {
        match by {
            0 => value,
            _ => {
                let by = self.constant(I32, u64::from(by));
                self.builder.ins().ishl(value, by)
            }
        }
    }

    fn shifted_right(&mut self, value: Value, by: u8) -> Value {
        match by {
            0 => value,
            _ => {
                let by = self.constant(I32, u64::from(by));
                self.builder.ins().ushr(value, by)
            }
        }
    }

    /// A value that is not zero if the word of one bit is set.
    pub(super) fn condition(&mut self, word: Word) -> Value {
        if self.values[word.0 as usize].is_none()
            && let Op::Slice(a, low) = self.graph.op(word)
        {
            let a = self.value(a);
            let of = self.builder.func.dfg.value_type(a);
            let mask = self.constant(of, 1 << low);
            return self.builder.ins().band(a, mask);
        }
        self.value(word)
    }

    /// Computes a value.
    pub(super) fn value_of(&mut self, op: Op, width: u8) -> Value {
        let of = type_of(width);
        match op {
            Op::Constant(value) => self.constant(of, value),
            Op::Cell(cell) => {
                let slot = self.frame.slots[cell.0 as usize];
                self.load(slot, 0, slot.bytes, of)
            }
            Op::Read(memory, address) => {
                let array = self.frame.layout.arrays[memory.0 as usize];
                self.read(array, address, of)
            }
            Op::Not(a) => {
                let a = self.value(a);
                let mask = self.constant(of, ones(width));
                self.builder.ins().bxor(a, mask)
            }
            Op::And(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().band(a, b)
            }
            Op::Or(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().bor(a, b)
            }
            Op::Xor(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().bxor(a, b)
            }
            Op::Add(a, b) => {
                let lost = (self.graph.known(a).max())
                    .checked_add(self.graph.known(b).max())
                    .is_none_or(|sum| sum > ones(width));
                let (a, b) = (self.value(a), self.value(b));
                let sum = self.builder.ins().iadd(a, b);
                if lost { self.masked(sum, width) } else { sum }
            }
            Op::Sub(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                let difference = self.builder.ins().isub(a, b);
                self.masked(difference, width)
            }
            Op::Mul(a, b) => {
                let lost = (self.graph.known(a).max())
                    .checked_mul(self.graph.known(b).max())
                    .is_none_or(|product| product > ones(width));
                let (a, b) = (self.value(a), self.value(b));
                let product = self.builder.ins().imul(a, b);
                if lost {
                    self.masked(product, width)
                } else {
                    product
                }
            }
            Op::Equal(a, b) => self.compared(IntCC::Equal, a, b),
            Op::Less(a, b) => self.compared(IntCC::UnsignedLessThan, a, b),
            Op::SignedLess(a, b) => self.signed_less(a, b),
            Op::ShiftLeft(a, by) => self.shift_left(a, by, width),
            Op::ShiftRight(a, by) => self.shift_right(a, by),
            Op::ShiftRightSigned(a, by) => self.shift_right_signed(a, by, width),
            Op::Select(c, a, b) => self.select(c, a, b, of),
            Op::Slice(a, low) => self.slice(a, low, width),
            Op::Join(a, b) => {
                let shift = self.graph.width(a);
                let zero = self.graph.value(a) == Some(0);
                let high = self.value(b);
                let high = self.cast(high, of);
                let high = self.shifted_left(high, shift);
                if zero {
                    return high;
                }
                let low = self.value(a);
                let low = self.cast(low, of);
                self.builder.ins().bor(high, low)
            }
            Op::ZeroExtend(a) => {
                let a = self.value(a);
                self.cast(a, of)
            }
            Op::SignExtend(a) => {
                let from = self.graph.width(a);
                let a = self.value(a);
                let extended = self.sign_extended(a, from, of);
                self.masked(extended, width)
            }
            Op::Parity(a) => {
                let count = self.count_ones(a);
                let count = self.cast(count, I8);
                self.masked(count, 1)
            }
            Op::CountOnes(a) => {
                let most = self.graph.known(a).max().count_ones();
                let count = self.count_ones(a);
                let count = self.cast(count, of);
                if u64::from(most) > ones(width) {
                    self.masked(count, width)
                } else {
                    count
                }
            }
        }
    }

    /// Loads that many bytes of a cell.
    fn load(&mut self, slot: Slot, from: u8, bytes: u8, of: Type) -> Value {
        let (state, flags) = (self.state, MemFlagsData::trusted());
        let at = slot.at as i32 + i32::from(from);
        let ins = self.builder.ins();
        match (bytes, of) {
            (1, I8) => ins.load(I8, flags, state, at),
            (1, _) => ins.uload8(of, flags, state, at),
            (2, _) => ins.uload16(of, flags, state, at),
            (4, I64) => ins.uload32(flags, state, at),
            _ => ins.load(of, flags, state, at),
        }
    }

    /// The address of a word of a memory; of the one behind the end if there is
    /// no such word. Whatever the operand holds, it lies in the memory.
    fn word_address(&mut self, array: Array, address: Word) -> Value {
        let width = self.graph.width(address);
        let address = self.value(address);
        let address = self.masked(address, width);
        let index = self.cast(address, I64);
        let index = if ones(width) <= u64::from(array.words) {
            index
        } else {
            let end = self.constant(I64, u64::from(array.words));
            let inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, index, end);
            self.builder.ins().select(inside, index, end)
        };
        let offset = self.shifted_left(index, array.bytes.trailing_zeros() as u8);
        let state = self.state;
        self.builder.ins().iadd(state, offset)
    }

    fn read(&mut self, array: Array, address: Word, of: Type) -> Value {
        let address = self.word_address(array, address);
        let (flags, at) = (MemFlagsData::trusted(), array.at as i32);
        let ins = self.builder.ins();
        match (array.bytes, of) {
            (1, I8) => ins.load(I8, flags, address, at),
            (1, _) => ins.uload8(of, flags, address, at),
            (2, _) => ins.uload16(of, flags, address, at),
            _ => ins.load(of, flags, address, at),
        }
    }

    fn compared(&mut self, how: IntCC, a: Word, b: Word) -> Value {
        let (a, b) = (self.value(a), self.value(b));
        self.builder.ins().icmp(how, a, b)
    }

    fn signed_less(&mut self, a: Word, b: Word) -> Value {
        let width = self.graph.width(a);
        let of = match width {
            1 => I32,
            _ => type_of(width),
        };
        let [a, b] = [a, b].map(|word| {
            let value = self.value(word);
            let value = self.cast(value, of);
            self.shifted_left(value, bits(of) - width)
        });
        self.builder.ins().icmp(IntCC::SignedLessThan, a, b)
    }

    /// The bits of `from` as a signed number in a type.
    fn sign_extended(&mut self, value: Value, from: u8, of: Type) -> Value {
        let value = self.cast(value, of);
        let unused = bits(of) - from;
        if unused == 0 {
            return value;
        }
        let value = self.shifted_left(value, unused);
        let by = self.constant(I32, u64::from(unused));
        self.builder.ins().sshr(value, by)
    }

    /// The amount of a shift, and whether it may be as large as the type is.
    fn amount(&mut self, by: Word, of: Type) -> (Value, bool) {
        let large = self.graph.known(by).max() >= u64::from(of.bits());
        (self.value(by), large)
    }

    /// One shift, of a type that machines shift. The result is zero if the amount
    /// is too large.
    fn shift(
        &mut self,
        a: Word,
        by: Word,
        shift: impl Fn(&mut Self, Value, Value) -> Value,
    ) -> Value {
        let to = self.type_of(a);
        let of = if to == I8 { I32 } else { to };
        let a = self.value(a);
        let a = self.cast(a, of);
        let (by, large) = self.amount(by, of);
        let mut shifted = shift(self, a, by);
        if large {
            let limit = self.builder.func.dfg.value_type(by);
            let limit = self.constant(limit, u64::from(of.bits()));
            let fits = self.builder.ins().icmp(IntCC::UnsignedLessThan, by, limit);
            let zero = self.constant(of, 0);
            shifted = self.builder.ins().select(fits, shifted, zero);
        }
        self.cast(shifted, to)
    }

    fn shift_left(&mut self, a: Word, by: Word, width: u8) -> Value {
        let shifted = self.shift(a, by, |e, a, by| e.builder.ins().ishl(a, by));
        self.masked(shifted, width)
    }

    fn shift_right(&mut self, a: Word, by: Word) -> Value {
        self.shift(a, by, |e, a, by| e.builder.ins().ushr(a, by))
    }

    fn shift_right_signed(&mut self, a: Word, by: Word, width: u8) -> Value {
        let to = type_of(width);
        let of = if to == I8 { I32 } else { to };
        let a = self.value(a);
        let a = self.sign_extended(a, width, of);
        let (mut by, large) = self.amount(by, of);
        if large {
            let last = self.builder.func.dfg.value_type(by);
            let last = self.constant(last, u64::from(of.bits()) - 1);
            let fits = self.builder.ins().icmp(IntCC::UnsignedLessThan, by, last);
            by = self.builder.ins().select(fits, by, last);
        }
        let shifted = self.builder.ins().sshr(a, by);
        let shifted = self.cast(shifted, to);
        self.masked(shifted, width)
    }

    fn select(&mut self, c: Word, a: Word, b: Word, of: Type) -> Value {
        if of == I8 {
            // One bit: a constant side makes it an operation.
            let (x, y) = (self.graph.value(a), self.graph.value(b));
            let (other, keep, with_and) = match (x, y) {
                (Some(0), _) => (b, false, true),
                (Some(_), _) => (b, true, false),
                (_, Some(0)) => (a, true, true),
                (_, Some(_)) => (a, false, false),
                _ => (a, true, true),
            };
            if x.is_some() || y.is_some() {
                let c = if keep {
                    self.value(c)
                } else {
                    self.inverted(c)
                };
                let other = self.value(other);
                return match with_and {
                    true => self.builder.ins().band(other, c),
                    false => self.builder.ins().bor(other, c),
                };
            }
        }
        let (a, b) = (self.value(a), self.value(b));
        let c = self.condition(c);
        self.builder.ins().select(c, a, b)
    }

    /// The other value of one bit.
    fn inverted(&mut self, word: Word) -> Value {
        if self.values[word.0 as usize].is_none() || self.again[word.0 as usize].is_some() {
            match self.graph.op(word) {
                Op::Not(a) => return self.value(a),
                Op::Equal(a, b) if self.again[word.0 as usize].is_some() => {
                    return self.compared(IntCC::NotEqual, a, b);
                }
                _ => {}
            }
        }
        let value = self.value(word);
        let one = self.constant(I8, 1);
        self.builder.ins().bxor(value, one)
    }

    fn slice(&mut self, a: Word, low: u8, width: u8) -> Value {
        let to = type_of(width);
        // Whole bytes of a cell are loaded as such.
        if let Op::Cell(cell) = self.graph.op(a)
            && low.is_multiple_of(8)
            && matches!(width, 8 | 16 | 32)
            && low.is_multiple_of(width)
        {
            let slot = self.frame.slots[cell.0 as usize];
            return self.load(slot, low / 8, width / 8, to);
        }
        let above = self.graph.known(a).max() >> low > ones(width);
        let a = self.value(a);
        let shifted = self.shifted_right(a, low);
        let part = self.cast(shifted, to);
        if above {
            self.masked(part, width)
        } else {
            part
        }
    }

    fn count_ones(&mut self, a: Word) -> Value {
        let a = self.value(a);
        let of = self.builder.func.dfg.value_type(a);
        let a = if of == I8 { self.cast(a, I32) } else { a };
        self.builder.ins().popcnt(a)
    }
}
