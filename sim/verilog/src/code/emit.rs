//! Steps as instructions of Cranelift.
//!
//! A value of one bit is an `i8`, up to 32 bits an `i32`, above an `i64`; bits
//! above its width are zero. What is cheap is computed anew where it is used,
//! so that it does not occupy a register in between.

use super::graph::Graph;
use super::layout::{Array, Layout, Slot};
use super::schedule::{Schedule, Sink, Step};
use crate::words::evaluate::ones;
use crate::words::{Op, Word};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::FunctionBuilder;

/// A cheap value is computed anew after so many other steps.
const KEPT: u32 = 24;

/// Writes one function.
pub(super) struct Emitter<'a, 'b> {
    graph: &'a Graph,
    layout: &'a Layout,
    again: &'a [Option<u8>],
    schedule: &'a Schedule,
    builder: FunctionBuilder<'b>,
    /// Address of the buffer of the model.
    state: Value,
    /// Address of the scratch buffer.
    scratch: Value,
    /// Values at hand, and when they were made.
    values: Vec<Option<(Value, u32)>>,
    /// Number of values made so far.
    now: u32,
}

/// Type of values of that width.
pub(super) fn type_of(width: u8) -> Type {
    match width {
        1 => I8,
        2..=32 => I32,
        _ => I64,
    }
}

fn bits(of: Type) -> u8 {
    of.bits() as u8
}

impl<'a, 'b> Emitter<'a, 'b> {
    /// Begins a function with two parameters: the addresses of the buffers.
    pub fn new(
        graph: &'a Graph,
        layout: &'a Layout,
        again: &'a [Option<u8>],
        schedule: &'a Schedule,
        mut builder: FunctionBuilder<'b>,
    ) -> Self {
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        builder.seal_block(block);
        let (state, scratch) = (
            builder.block_params(block)[0],
            builder.block_params(block)[1],
        );
        let values = vec![None; graph.len()];
        Self {
            graph,
            layout,
            again,
            schedule,
            builder,
            state,
            scratch,
            values,
            now: 0,
        }
    }

    /// Writes the steps and ends the function.
    pub fn finish(mut self, steps: &[Step]) -> FunctionBuilder<'b> {
        for step in steps {
            match step {
                Step::Compute(word) => self.compute(*word),
                Step::Store(sink) => self.store(*sink),
            }
        }
        self.builder.ins().return_(&[]);
        self.builder
    }

    fn compute(&mut self, word: Word) {
        let value = self.value_of(word);
        self.keep(word, value);
        if let Some(slot) = self.schedule.crossing[word.0 as usize] {
            let (scratch, flags) = (self.scratch, MemFlagsData::trusted());
            self.builder
                .ins()
                .store(flags, value, scratch, 8 * slot as i32);
        }
    }

    fn keep(&mut self, word: Word, value: Value) {
        self.now += 1;
        self.values[word.0 as usize] = Some((value, self.now));
    }

    fn store(&mut self, sink: Sink) {
        let mut value = self.value(sink.value);
        if sink.bytes == 8 {
            value = self.cast(value, I64);
        }
        let (state, flags, at) = (self.state, MemFlagsData::trusted(), sink.at as i32);
        let from = self.builder.func.dfg.value_type(value);
        let ins = self.builder.ins();
        match (from, sink.bytes) {
            (I32, 1) => ins.istore8(flags, value, state, at),
            (I32, 2) => ins.istore16(flags, value, state, at),
            _ => ins.store(flags, value, state, at),
        };
    }

    /// The value: at hand, in the scratch buffer, or computed anew.
    fn value(&mut self, word: Word) -> Value {
        let index = word.0 as usize;
        let cheap = self.again[index].is_some();
        if let Some((value, made)) = self.values[index]
            && (!cheap || self.now - made < KEPT)
        {
            return value;
        }
        let crossing = self.schedule.crossing[index];
        let value = match crossing {
            Some(slot) if !cheap => {
                let (scratch, flags) = (self.scratch, MemFlagsData::trusted());
                let of = type_of(self.graph.width(word));
                self.builder.ins().load(of, flags, scratch, 8 * slot as i32)
            }
            _ => self.value_of(word),
        };
        if !matches!(self.graph.op(word), Op::Constant(_)) {
            self.keep(word, value);
        }
        value
    }

    fn type_of(&self, word: Word) -> Type {
        type_of(self.graph.width(word))
    }

    fn constant(&mut self, of: Type, value: u64) -> Value {
        self.builder
            .ins()
            .iconst(of, (value & ones(bits(of))) as i64)
    }

    /// The value in another type; bits that do not fit are lost.
    fn cast(&mut self, value: Value, to: Type) -> Value {
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
    fn condition(&mut self, word: Word) -> Value {
        if self.values[word.0 as usize].is_none()
            && let Op::Slice(a, low) = self.graph.op(word)
            && !matches!(self.graph.op(a), Op::Cell(_))
        {
            let a = self.value(a);
            let of = self.builder.func.dfg.value_type(a);
            let mask = self.constant(of, 1 << low);
            return self.builder.ins().band(a, mask);
        }
        self.value(word)
    }

    /// Computes a value.
    fn value_of(&mut self, word: Word) -> Value {
        let width = self.graph.width(word);
        let of = type_of(width);
        match self.graph.op(word) {
            Op::Constant(value) => self.constant(of, value),
            Op::Cell(cell) => {
                let slot = self.layout.cells[cell.0 as usize];
                self.load(slot, 0, slot.bytes, of)
            }
            Op::Read(memory, address) => {
                let array = self.layout.arrays[memory.0 as usize];
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
        let one = of == I8 && self.graph.value(a) == Some(1);
        let zero = of == I8 && self.graph.value(b) == Some(0);
        if one || zero {
            let c = self.value(c);
            let other = self.value(if one { b } else { a });
            return match one {
                true => self.builder.ins().bor(c, other),
                false => self.builder.ins().band(c, other),
            };
        }
        let (a, b) = (self.value(a), self.value(b));
        let c = self.condition(c);
        self.builder.ins().select(c, a, b)
    }

    fn slice(&mut self, a: Word, low: u8, width: u8) -> Value {
        let to = type_of(width);
        // Whole bytes of a cell are loaded as such.
        if let Op::Cell(cell) = self.graph.op(a)
            && low.is_multiple_of(8)
            && matches!(width, 8 | 16 | 32)
            && low.is_multiple_of(width)
        {
            let slot = self.layout.cells[cell.0 as usize];
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

/// Writes the function that does the memory writes of the clocks that rise: its
/// parameters are the address of the buffer and the mask of clocks.
pub(super) fn emit_writes(
    builder: &mut FunctionBuilder,
    layout: &Layout,
    writes: &[StagedWrite],
    clocks: u8,
) {
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let (state, mask) = (
        builder.block_params(block)[0],
        builder.block_params(block)[1],
    );
    let flags = MemFlagsData::trusted();
    for write in writes {
        let (staged, array) = (layout.staged[write.index], layout.arrays[write.memory]);
        let (address_block, data_block) = (builder.create_block(), builder.create_block());
        let after = builder.create_block();
        let mut enable = builder.ins().load(I8, flags, state, staged.enable as i32);
        if clocks > 1 {
            let bit = builder.ins().iconst(I64, (1u64 << write.clock) as i64);
            let rises = builder.ins().band(mask, bit);
            let zero = builder.ins().iconst(I64, 0);
            let rises = builder.ins().icmp(IntCC::NotEqual, rises, zero);
            let low = builder.ins().iconst(I8, 1);
            enable = builder.ins().band(enable, low);
            enable = builder.ins().band(enable, rises);
        }
        builder.ins().brif(enable, address_block, &[], after, &[]);
        builder.switch_to_block(address_block);
        let address = builder.ins().load(I64, flags, state, staged.address as i32);
        let end = builder.ins().iconst(I64, i64::from(array.words));
        let inside = builder.ins().icmp(IntCC::UnsignedLessThan, address, end);
        builder.ins().brif(inside, data_block, &[], after, &[]);
        builder.switch_to_block(data_block);
        let shift = builder
            .ins()
            .iconst(I32, i64::from(array.bytes.trailing_zeros()));
        let offset = builder.ins().ishl(address, shift);
        let place = builder.ins().iadd(state, offset);
        let (of, at) = (
            Type::int(u16::from(array.bytes) * 8).unwrap_or(I64),
            array.at as i32,
        );
        let mut data = builder.ins().load(of, flags, state, staged.data as i32);
        if write.masked {
            let mask = builder.ins().load(of, flags, state, staged.mask as i32);
            let old = builder.ins().load(of, flags, place, at);
            let changed = builder.ins().bxor(old, data);
            let changed = builder.ins().band(changed, mask);
            data = builder.ins().bxor(old, changed);
        }
        builder.ins().store(flags, data, place, at);
        builder.ins().jump(after, &[]);
        builder.switch_to_block(after);
    }
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
}

/// A memory write whose operands are staged.
pub(super) struct StagedWrite {
    /// Index of the write.
    pub index: usize,
    /// Index of the memory.
    pub memory: usize,
    /// Not all bits are written.
    pub masked: bool,
    /// Index of the clock.
    pub clock: u8,
}
