//! Machine code for a design: [`Words`] in, a function on a buffer out.
//!
//! | step | file |
//! |---|---|
//! | is the design well formed | `check` |
//! | places of cells and memories in a buffer | `layout` |
//! | values once each, simplified | `graph`, `simplify` |
//! | order of the values, in functions of moderate size | `schedule` |
//! | instructions of Cranelift | `emit` |
//! | machine code of this process | `machine` |
//!
//! Code reads registers as they were before the clock and writes their next
//! values beside them; [`Code::run`] takes over all of them at the end, then does
//! the memory writes.

mod check;
mod emit;
mod graph;
mod layout;
mod machine;
mod schedule;
mod simplify;

pub use layout::Layout;

use crate::words::evaluate::ones;
use crate::words::{Op, Update, Words};
use emit::{Emitter, StagedWrite};
use graph::{Graph, with_operands};
use layout::Takeover;
use machine::{Compiler, Machine};
use schedule::Sink;

/// Values in one function: larger ones take longer to compile for each value.
const PART: usize = 700;

/// What code is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Outputs, registers and memories: one cycle.
    Cycle,
    /// Outputs only.
    Outputs,
    /// Outputs and named nets.
    Nets,
}

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// No code can be made on this machine.
    #[error("no machine code on this host: {reason}")]
    UnsupportedHost {
        /// What is missing.
        reason: String,
    },
    /// The code generator refuses. This is a defect of this crate.
    #[error("code generator: {message}")]
    Cranelift {
        /// What it says.
        message: String,
    },
    /// A design that does not hold what [`Words`] promises. This is a defect of
    /// what made it.
    #[error("design: {what}")]
    Malformed {
        /// Where, what was found and what is expected.
        what: String,
    },
    /// More memory than code can address.
    #[error("the design needs {bytes} bytes, at most {limit} are possible: make memories smaller")]
    TooLarge {
        /// Needed.
        bytes: u64,
        /// Possible.
        limit: u64,
    },
}

/// How code is made; the default is what is fast.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Values in one function.
    pub part: usize,
    /// Let Cranelift check what it is given.
    pub verify: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            part: PART,
            verify: cfg!(debug_assertions),
        }
    }
}

/// Code for a design, for any number of models of it.
pub struct Code {
    machine: Machine,
    /// Functions that compute; one more does the memory writes, if there are any.
    parts: usize,
    writes: bool,
    scratch: usize,
    takeovers: Vec<Takeover>,
    len: usize,
}

impl Code {
    /// Makes code for a design whose buffers have that layout.
    pub fn compile(words: &Words, layout: &Layout, kind: Kind) -> Result<Self, CodeError> {
        Self::compile_with(words, layout, kind, Options::default())
    }

    /// Makes code in a certain way.
    pub fn compile_with(
        words: &Words,
        layout: &Layout,
        kind: Kind,
        options: Options,
    ) -> Result<Self, CodeError> {
        check::check(words)?;
        layout.check(words)?;
        let (graph, sinks) = sinks(words, layout, kind);
        let again = schedule::cost_again(&graph);
        let schedule = schedule::schedule(&graph, &again, &sinks, options.part);
        let writes: Vec<_> = match kind {
            Kind::Cycle => staged(words),
            Kind::Outputs | Kind::Nets => Vec::new(),
        };
        let parts = schedule.parts.len();
        let count = parts + usize::from(!writes.is_empty());
        let compiler = Compiler::new(options.verify)?;
        let machine = compiler.compile(count, |index, function, context| {
            let mut builder = machine::builder(function, context);
            if let Some(steps) = schedule.parts.get(index) {
                builder = Emitter::new(&graph, layout, &again, &schedule, builder).finish(steps);
            } else {
                emit::emit_writes(&mut builder, layout, &writes, words.clocks);
            }
            builder.finalize(compiler.frontend_config());
        })?;
        let takeovers = layout.takeovers.iter().filter(|takeover| match kind {
            Kind::Cycle => true,
            Kind::Outputs | Kind::Nets => takeover.clock.is_none(),
        });
        Ok(Self {
            machine,
            parts,
            writes: !writes.is_empty(),
            scratch: schedule.scratch as usize,
            takeovers: takeovers.copied().collect(),
            len: layout.len(),
        })
    }

    /// Bytes of machine code.
    pub fn bytes(&self) -> usize {
        self.machine.bytes()
    }

    /// Computes what the code is for. [`Kind::Cycle`]: the clocks rise whose bits
    /// are set; outputs are computed in any case. Otherwise `clocks` is without
    /// meaning.
    ///
    /// # Panics
    /// If the buffer has another length than the layout says.
    pub fn run(&self, state: &mut [u64], clocks: u64) {
        assert_eq!(
            state.len(),
            self.len,
            "the buffer must have the length of the layout"
        );
        // SAFETY: the code was made for buffers of that length and touches cells,
        // staged values and words of memories only, whose addresses are checked
        // at run time; `scratch` is the number of words it was made for.
        unsafe { self.machine.call(self.parts, state, self.scratch) };
        if self.writes && clocks != 0 {
            // SAFETY: likewise.
            unsafe { self.machine.call_with(self.parts, state, clocks) };
        }
        for takeover in &self.takeovers {
            let (now, next) = (takeover.now as usize / 8, takeover.next as usize / 8);
            let words = takeover.bytes as usize / 8;
            if takeover.clock.is_none_or(|clock| clocks >> clock & 1 == 1) {
                state.copy_within(next..next + words, now);
            } else {
                state.copy_within(now..now + words, next);
            }
        }
    }
}

/// The graph of what is needed, and what is stored.
fn sinks(words: &Words, layout: &Layout, kind: Kind) -> (Graph, Vec<Sink>) {
    let mut graph = Graph::new(words.nodes.len() * 4 + 1000);
    let mut map = Vec::with_capacity(words.nodes.len());
    for node in &words.nodes {
        let op = with_operands(node.op, |word| map[word.0 as usize]);
        map.push(graph.node(op, node.width));
    }
    let mut sinks = Vec::new();
    let mut update = |update: &Update| {
        let slot = layout.cells[update.cell.0 as usize];
        let value = map[update.value.0 as usize];
        if slot.next.is_some() && graph.op(value) == Op::Cell(update.cell) {
            return;
        }
        sinks.push(Sink {
            at: slot.next.unwrap_or(slot.at),
            bytes: slot.bytes,
            value,
        });
    };
    words.outputs.iter().for_each(&mut update);
    match kind {
        Kind::Outputs => {}
        Kind::Nets => words.nets.iter().for_each(&mut update),
        Kind::Cycle => {
            words.registers.iter().for_each(&mut update);
            for (write, staged) in words.writes.iter().zip(&layout.staged) {
                let operands = [
                    (staged.enable, 1, write.enable),
                    (staged.address, 8, write.address),
                    (staged.mask, 8, write.mask),
                    (staged.data, 8, write.data),
                ];
                for (at, bytes, word) in operands {
                    sinks.push(Sink {
                        at,
                        bytes,
                        value: map[word.0 as usize],
                    });
                }
            }
        }
    }
    (graph, sinks)
}

/// The memory writes.
fn staged(words: &Words) -> Vec<StagedWrite> {
    let write = |(index, write): (usize, &crate::words::Write)| {
        let all = ones(words.memories[write.memory.0 as usize].width);
        let mask = words.nodes[write.mask.0 as usize].op;
        StagedWrite {
            index,
            memory: write.memory.0 as usize,
            masked: mask != Op::Constant(all),
            clock: write.clock,
        }
    };
    words.writes.iter().enumerate().map(write).collect()
}
