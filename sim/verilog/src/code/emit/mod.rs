//! Steps as instructions of Cranelift.
//!
//! A value of one bit is an `i8`, up to 32 bits an `i32`, above an `i64`; bits
//! above its width are zero. What is cheap is computed anew where it is used,
//! so that it does not occupy a register in between.

mod frame;
mod operation;

pub(super) use frame::{Frame, readers, write_compute, write_memories};

use super::cluster::Local;
use super::graph::Graph;
use super::schedule::{Body, Fork, Sink, Step};
use crate::words::{Op, Word};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::{FunctionBuilder, Switch};

/// A cheap value is computed anew after so many other steps.
const KEPT: u32 = 24;

/// Writes the steps of one cluster.
struct Emitter<'a, 'f> {
    frame: &'a Frame<'a>,
    graph: &'a Graph,
    again: &'a [Option<u8>],
    builder: &'a mut FunctionBuilder<'f>,
    /// Address of the buffer of the model.
    state: Value,
    /// Values at hand, and when they were made.
    values: Vec<Option<(Value, u32)>>,
    /// Number of values made so far.
    now: u32,
    /// Values made in the present arm of a fork, and what was at hand before.
    undo: Vec<(Word, Option<(Value, u32)>)>,
    /// Number of forks around.
    depth: u32,
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

impl<'a, 'f> Emitter<'a, 'f> {
    fn new(
        frame: &'a Frame<'a>,
        local: &'a Local,
        builder: &'a mut FunctionBuilder<'f>,
        state: Value,
    ) -> Self {
        let graph = &local.graph;
        Self {
            frame,
            graph,
            again: &local.again,
            builder,
            state,
            values: vec![None; graph.len()],
            now: 0,
            undo: Vec::new(),
            depth: 0,
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Compute(word, op) => {
                    let value = self.value_of(*op, self.graph.width(*word));
                    self.keep(*word, value);
                }
                Step::Store(sink) => self.store(*sink),
                Step::Fork(fork) => self.fork(fork),
            }
        }
    }

    /// Does one of several things.
    fn fork(&mut self, fork: &Fork) {
        let after = self.builder.create_block();
        for result in &fork.results {
            let of = self.type_of(*result);
            self.builder.append_block_param(after, of);
        }
        let is_empty = |body: &Body| body.steps.is_empty() && body.results.is_empty();
        let block = |emitter: &mut Self, body: &Body| match is_empty(body) {
            true => after,
            false => emitter.builder.create_block(),
        };
        let arms: Vec<_> = fork
            .arms
            .iter()
            .map(|(values, body)| (values, body, block(self, body)))
            .collect();
        let otherwise = block(self, &fork.otherwise);
        match arms[..] {
            [] => {
                self.builder.ins().jump(otherwise, &[]);
            }
            [(values, _, arm)] if values.len() == 1 => {
                let condition = self.is_value(fork.on, values[0]);
                self.builder.ins().brif(condition, arm, &[], otherwise, &[]);
            }
            _ => {
                let mut switch = Switch::new();
                for (values, _, arm) in &arms {
                    for value in *values {
                        switch.set_entry(u128::from(*value), *arm);
                    }
                }
                let on = self.value(fork.on);
                switch.emit(self.builder, on, otherwise);
            }
        }
        let bodies = arms.iter().map(|(_, body, block)| (*body, *block));
        for (body, block) in bodies.chain([(&fork.otherwise, otherwise)]) {
            if block != after {
                self.builder.switch_to_block(block);
                self.arm(body, after);
            }
        }
        self.builder.switch_to_block(after);
        for (index, result) in fork.results.iter().enumerate() {
            let value = self.builder.block_params(after)[index];
            self.keep(*result, value);
        }
    }

    /// One of the things of a fork.
    fn arm(&mut self, body: &Body, after: Block) {
        let mark = self.undo.len();
        self.depth += 1;
        self.steps(&body.steps);
        let results: Vec<BlockArg> = body
            .results
            .iter()
            .map(|word| self.value(*word).into())
            .collect();
        self.builder.ins().jump(after, &results);
        self.depth -= 1;
        while self.undo.len() > mark {
            if let Some((word, before)) = self.undo.pop() {
                self.values[word.0 as usize] = before;
            }
        }
    }

    /// A value that is not zero if the word has that value.
    fn is_value(&mut self, word: Word, value: u64) -> Value {
        if self.graph.width(word) == 1 && value == 1 {
            return self.condition(word);
        }
        let word = self.value(word);
        let of = self.builder.func.dfg.value_type(word);
        let value = self.constant(of, value);
        self.builder.ins().icmp(IntCC::Equal, word, value)
    }

    fn keep(&mut self, word: Word, value: Value) {
        self.now += 1;
        let before = self.values[word.0 as usize].replace((value, self.now));
        if self.depth > 0 {
            self.undo.push((word, before));
        }
    }

    fn store(&mut self, sink: Sink) {
        let mut value = self.value(sink.value);
        if sink.bytes == 8 {
            value = self.cast(value, I64);
        }
        match sink.told {
            Some(told) if self.frame.guarded => {
                let old = self.stored(self.builder.func.dfg.value_type(value), sink);
                let changed = self.builder.ins().icmp(IntCC::NotEqual, value, old);
                let after = frame::only_if(self.builder, changed);
                self.store_value(value, sink);
                self.frame.tell_of(self.builder, self.state, told);
                frame::end_only_if(self.builder, after);
            }
            _ => self.store_value(value, sink),
        }
    }

    /// What was stored before.
    fn stored(&mut self, of: Type, sink: Sink) -> Value {
        let (state, flags, at) = (self.state, MemFlagsData::trusted(), sink.at as i32);
        let ins = self.builder.ins();
        match (of, sink.bytes) {
            (I32, 1) => ins.uload8(of, flags, state, at),
            (I32, 2) => ins.uload16(of, flags, state, at),
            _ => ins.load(of, flags, state, at),
        }
    }

    fn store_value(&mut self, value: Value, sink: Sink) {
        let (state, flags, at) = (self.state, MemFlagsData::trusted(), sink.at as i32);
        let from = self.builder.func.dfg.value_type(value);
        let ins = self.builder.ins();
        match (from, sink.bytes) {
            (I32, 1) => ins.istore8(flags, value, state, at),
            (I32, 2) => ins.istore16(flags, value, state, at),
            _ => ins.store(flags, value, state, at),
        };
    }

    /// The value: at hand, or computed anew.
    fn value(&mut self, word: Word) -> Value {
        let index = word.0 as usize;
        let cheap = self.again[index].is_some();
        if let Some((value, made)) = self.values[index]
            && (!cheap || self.now - made < KEPT)
        {
            return value;
        }
        let value = self.value_of(self.graph.op(word), self.graph.width(word));
        if !matches!(self.graph.op(word), Op::Constant(_)) {
            self.keep(word, value);
        }
        value
    }
}
