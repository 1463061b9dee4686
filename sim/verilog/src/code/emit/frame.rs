//! Functions around the clusters: which are computed, and what becomes of it.

use super::super::cluster::Local;
use super::super::layout::{Layout, Slot};
use super::super::partition::Source;
use super::super::schedule::Told;
use super::super::stores::StagedWrite;
use super::Emitter;
use crate::words::Word;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::FunctionBuilder;
use std::collections::BTreeMap;
use std::ops::Range;

/// Clusters that are passed over together if none of them must be computed.
const TOGETHER: usize = 8;

/// What all functions of a design know.
pub(in super::super) struct Frame<'a> {
    pub layout: &'a Layout,
    /// Places of cells, and behind them those of values that clusters compute for
    /// others.
    pub slots: Vec<Slot>,
    /// Those values.
    pub exports: &'a [Word],
    /// The clusters, in order.
    pub locals: &'a [Local],
    /// Who reads something: flags of clusters, by word of 32.
    pub readers: BTreeMap<Source, Vec<(u32, u32)>>,
    /// A cluster is computed only if its flag is set.
    pub guarded: bool,
}

/// Flags of the clusters that read something.
pub(in super::super) fn readers(locals: &[Local]) -> BTreeMap<Source, Vec<(u32, u32)>> {
    let mut readers: BTreeMap<Source, Vec<(u32, u32)>> = BTreeMap::new();
    for (index, local) in locals.iter().enumerate() {
        let (word, flag) = (index as u32 / 32, 1 << (index % 32));
        for source in &local.reads {
            let flags = readers.entry(*source).or_default();
            match flags.last_mut() {
                Some(last) if last.0 == word => last.1 |= flag,
                _ => flags.push((word, flag)),
            }
        }
    }
    readers
}

/// Begins a part that is done only if something is not zero, which is rare.
/// Returns what comes after it.
pub(super) fn only_if(builder: &mut FunctionBuilder, condition: Value) -> Block {
    let (inside, after) = (builder.create_block(), builder.create_block());
    builder.set_cold_block(inside);
    builder.ins().brif(condition, inside, &[], after, &[]);
    builder.switch_to_block(inside);
    after
}

/// Ends such a part.
pub(super) fn end_only_if(builder: &mut FunctionBuilder, after: Block) {
    builder.ins().jump(after, &[]);
    builder.switch_to_block(after);
}

fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// Sets flags in a word of 32 bits.
fn set(builder: &mut FunctionBuilder, state: Value, at: u32, flags: u32) {
    let old = builder.ins().load(I32, trusted(), state, at as i32);
    let flags = builder.ins().iconst(I32, i64::from(flags));
    let new = builder.ins().bor(old, flags);
    builder.ins().store(trusted(), new, state, at as i32);
}

/// Sets flags of clusters, by word.
fn set_all(builder: &mut FunctionBuilder, state: Value, first: u32, flags: &[(u32, u32)]) {
    for (word, flags) in flags {
        set(builder, state, first + 4 * word, *flags);
    }
}

/// Begins a function; returns its parameters.
fn begin(builder: &mut FunctionBuilder) -> (Value, Value) {
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    (
        builder.block_params(block)[0],
        builder.block_params(block)[1],
    )
}

fn end(builder: &mut FunctionBuilder) {
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
}

impl Frame<'_> {
    /// Something has changed: who reads it must be computed, still in this cycle.
    fn tell(&self, builder: &mut FunctionBuilder, state: Value, source: Source) {
        if let Some(flags) = self.readers.get(&source) {
            set_all(builder, state, self.layout.kept.flags, flags);
        }
    }

    /// What is stored for others has changed.
    pub(super) fn tell_of(&self, builder: &mut FunctionBuilder, state: Value, told: Told) {
        match told {
            Told::Value(number) => {
                let word = self.exports[number as usize];
                self.tell(builder, state, Source::Value(word));
            }
            Told::Cell(cell) => {
                if let Some(flags) = self.readers.get(&Source::Cell(cell.0)) {
                    set_all(builder, state, self.layout.kept.coming, flags);
                }
                if let Some(next) = self.slots[cell.0 as usize].next {
                    set(builder, state, next.flag_at, next.flag);
                }
            }
        }
    }

    /// Not zero if one of these flags is set.
    fn test(
        &self,
        builder: &mut FunctionBuilder,
        state: Value,
        at: u32,
        clusters: Range<usize>,
    ) -> Value {
        let (word, low) = (clusters.start / 32, clusters.start % 32);
        let mask = (u64::from(u32::MAX) >> (32 - clusters.len())) << low;
        let flags = builder
            .ins()
            .load(I32, trusted(), state, (at + 4 * word as u32) as i32);
        let mask = builder.ins().iconst(I32, mask as i64);
        builder.ins().band(flags, mask)
    }

    /// Computes those clusters whose flags are set.
    fn compute(&self, builder: &mut FunctionBuilder, state: Value, clusters: Range<usize>) {
        let at = self.layout.kept.flags;
        let write = |builder: &mut FunctionBuilder, cluster: usize| {
            let local = &self.locals[cluster];
            Emitter::new(self, local, builder, state).steps(&local.body.steps);
        };
        if !self.guarded {
            clusters.for_each(|cluster| write(builder, cluster));
            return;
        }
        let mut first = clusters.start;
        while first < clusters.end {
            let next = (first / TOGETHER * TOGETHER + TOGETHER).min(clusters.end);
            let after = builder.create_block();
            let skip = |builder: &mut FunctionBuilder, clusters, to| {
                let any = self.test(builder, state, at, clusters);
                let inside = builder.create_block();
                builder.ins().brif(any, inside, &[], to, &[]);
                builder.switch_to_block(inside);
            };
            if next - first > 1 {
                skip(builder, first..next, after);
            }
            for cluster in first..next {
                let behind = builder.create_block();
                skip(builder, cluster..cluster + 1, behind);
                write(builder, cluster);
                builder.ins().jump(behind, &[]);
                builder.switch_to_block(behind);
            }
            builder.ins().jump(after, &[]);
            builder.switch_to_block(after);
            first = next;
        }
    }

    /// Flags the readers of inputs that are not as they were.
    fn compare_inputs(&self, builder: &mut FunctionBuilder, state: Value) {
        for word in self.layout.inputs.clone() {
            let inputs = self.layout.cells.iter().enumerate();
            let mut flags: BTreeMap<u32, u32> = BTreeMap::new();
            for (index, _) in inputs.filter(|(_, slot)| slot.is_input && slot.at / 8 == word) {
                for (word, mask) in self
                    .readers
                    .get(&Source::Cell(index as u32))
                    .into_iter()
                    .flatten()
                {
                    *flags.entry(*word).or_default() |= mask;
                }
            }
            let first = self.layout.inputs.start;
            let before = (self.layout.kept.inputs + 8 * (word - first)) as i32;
            let now = builder.ins().load(I64, trusted(), state, 8 * word as i32);
            let old = builder.ins().load(I64, trusted(), state, before);
            let changed = builder.ins().icmp(IntCC::NotEqual, now, old);
            let after = only_if(builder, changed);
            builder.ins().store(trusted(), now, state, before);
            let flags: Vec<_> = flags.into_iter().collect();
            set_all(builder, state, self.layout.kept.flags, &flags);
            end_only_if(builder, after);
        }
    }
}

/// Writes the function that computes these clusters.
pub(in super::super) fn write_compute(
    frame: &Frame,
    builder: &mut FunctionBuilder,
    clusters: Range<usize>,
) {
    let (state, _) = begin(builder);
    let kept = frame.layout.kept;
    if frame.guarded && clusters.start == 0 {
        frame.compare_inputs(builder, state);
    }
    frame.compute(builder, state, clusters.clone());
    if frame.guarded && clusters.end == frame.locals.len() {
        // What was found for the next cycle becomes what must be computed.
        let zero = builder.ins().iconst(I32, 0);
        for word in 0..frame.locals.len().div_ceil(32) as u32 {
            let at = |first: u32| (first + 4 * word) as i32;
            let (flags, coming) = (at(kept.flags), at(kept.coming));
            let computed = builder.ins().load(I32, trusted(), state, flags);
            let next = builder.ins().load(I32, trusted(), state, coming);
            (builder.ins()).store(trusted(), computed, state, at(kept.computed));
            builder.ins().store(trusted(), next, state, flags);
            builder.ins().store(trusted(), zero, state, coming);
        }
    }
    end(builder);
}

/// Writes the function that does the memory writes of the clocks that rise: its
/// second parameter is the mask of clocks.
pub(in super::super) fn write_memories(
    frame: &Frame,
    builder: &mut FunctionBuilder,
    writes: &[StagedWrite],
    clocks: u8,
) {
    let (state, rising) = begin(builder);
    for write in writes {
        let layout = frame.layout;
        let (staged, array) = (layout.staged[write.index], layout.arrays[write.memory]);
        let mut enable = builder
            .ins()
            .load(I8, trusted(), state, staged.enable as i32);
        if clocks > 1 {
            let bit = builder.ins().iconst(I64, (1u64 << write.clock) as i64);
            let rises = builder.ins().band(rising, bit);
            let zero = builder.ins().iconst(I64, 0);
            let rises = builder.ins().icmp(IntCC::NotEqual, rises, zero);
            enable = builder.ins().band(enable, rises);
        }
        let after = only_if(builder, enable);
        let address = builder
            .ins()
            .load(I64, trusted(), state, staged.address as i32);
        let last = builder.ins().iconst(I64, i64::from(array.words));
        let inside = builder.ins().icmp(IntCC::UnsignedLessThan, address, last);
        let after_all = only_if(builder, inside);
        let shift = builder
            .ins()
            .iconst(I32, i64::from(array.bytes.trailing_zeros()));
        let offset = builder.ins().ishl(address, shift);
        let place = builder.ins().iadd(state, offset);
        let of = Type::int(u16::from(array.bytes) * 8).unwrap_or(I64);
        let at = array.at as i32;
        let old = builder.ins().load(of, trusted(), place, at);
        let mut data = builder.ins().load(of, trusted(), state, staged.data as i32);
        if write.masked {
            let mask = builder.ins().load(of, trusted(), state, staged.mask as i32);
            let changed = builder.ins().bxor(old, data);
            let changed = builder.ins().band(changed, mask);
            data = builder.ins().bxor(old, changed);
        }
        let changed = builder.ins().icmp(IntCC::NotEqual, old, data);
        let after_store = only_if(builder, changed);
        builder.ins().store(trusted(), data, place, at);
        if frame.guarded {
            frame.tell(builder, state, Source::Memory(write.memory as u32));
        }
        end_only_if(builder, after_store);
        end_only_if(builder, after_all);
        end_only_if(builder, after);
    }
    end(builder);
}
