//! Machine code for a design: [`Words`] in, a function on a buffer out.
//!
//! | step | file |
//! |---|---|
//! | is the design well formed | `check` |
//! | places of everything in a buffer, and when the next values count | `layout`, `groups`, `takeover` |
//! | what is stored, and values once each, simplified | `stores`, `graph`, `simplify`, `structure` |
//! | clusters: computed only if something they read has changed | `partition`, `merge` |
//! | in each cluster: branches, and the order of steps | `cluster`, `select`, `plan`, `region`, `worth`, `schedule` |
//! | instructions of Cranelift | `emit` |
//! | machine code of this process | `machine` |
//!
//! Most of a chip does nothing in most cycles, so most of the time is saved by
//! what is not computed: whole clusters, then the branches that are not taken.
//!
//! Code reads registers as they were before the clock and writes their next
//! values beside them; they are taken over at the end, then memories are written.

mod check;
mod cluster;
mod emit;
mod graph;
mod groups;
mod layout;
mod machine;
mod merge;
mod partition;
mod plan;
mod region;
mod schedule;
mod select;
mod simplify;
mod stores;
mod structure;
mod takeover;
mod threads;
mod worth;

pub use layout::Layout;

use crate::words::Words;
use cluster::{Exports, Local};
use emit::Frame;
use layout::{Kept, OWNER};
use machine::{Compiler, Machine};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use takeover::Takeover;
use threads::in_parallel;

/// Steps in one function: larger ones take longer to compile for each step.
const PART: usize = 1200;

/// A thread is worth it for so many values.
const THREAD: usize = 1000;

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
    /// A branch must save so many instructions.
    pub margin: f32,
    /// Most cases that a value is computed in separately.
    pub copies: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            part: PART,
            verify: cfg!(debug_assertions),
            margin: 0.0,
            copies: 3,
        }
    }
}

/// Code for a design, for any number of models of it.
pub struct Code {
    machine: Machine,
    /// Functions that compute.
    compute: Range<usize>,
    /// The function that writes memories, if there is one.
    memories: Range<usize>,
    takeovers: Vec<Takeover>,
    /// For each of these: flags of the clusters that have such cells.
    takers: Vec<Vec<u64>>,
    inputs: Range<u32>,
    kept: Kept,
    layout: Layout,
    /// Who computes, for [`Kept::owner`]; `None`: code that keeps nothing.
    owner: Option<u64>,
}

/// A function of a design.
enum Part {
    /// Computes these clusters.
    Compute(Range<usize>),
    /// Writes memories.
    Memories,
}

impl Code {
    /// Makes code for a design whose buffers have that layout.
    ///
    /// # Errors
    /// No code can be made on this host; or a defect of this crate.
    pub fn compile(words: &Words, layout: &Layout, kind: Kind) -> Result<Self, CodeError> {
        Self::compile_with(words, layout, kind, Options::default())
    }

    /// Makes code in a certain way.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn compile_with(
        words: &Words,
        layout: &Layout,
        kind: Kind,
        options: Options,
    ) -> Result<Self, CodeError> {
        check::check(words)?;
        layout.check(words)?;
        let (graph, roots) = stores::stores(words, layout, kind);
        let chances = stores::chances(&graph, &roots, words.cells.len());
        let values: Vec<_> = roots.iter().map(stores::Root::values).collect();
        let kept = layout.kept;
        let limits = (kept.flag_count as usize, kept.value_count as usize);
        let clusters = partition::partition(&graph, &values, &chances, limits);
        let exports = Exports::new(&clusters, words.cells.len() as u32, kept.values);
        let exported = exports.words();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(graph.len() / THREAD + 1);
        let locals = in_parallel(
            threads,
            clusters.len(),
            || (),
            |(), index| {
                Local::new(
                    &graph,
                    &clusters[index],
                    &roots,
                    &exports,
                    &exported,
                    options,
                )
            },
        );
        let guarded = kind == Kind::Cycle;
        let frame = Frame {
            layout,
            slots: exports.slots(layout, &graph, &exported),
            exports: &exported,
            locals: &locals,
            readers: emit::readers(&locals),
            guarded,
        };
        let takeovers: Vec<_> = (layout.takeovers.iter().copied())
            .filter(|takeover| guarded || takeover.clock.is_none())
            .collect();
        let writes = if guarded {
            stores::staged_writes(words)
        } else {
            Vec::new()
        };
        let mut parts = cut(&locals, options.part);
        let compute = 0..parts.len();
        parts.extend((!writes.is_empty()).then_some(Part::Memories));
        let memories = compute.end..parts.len();
        let compiler = Compiler::new(options.verify)?;
        let machine =
            compiler.compile(threads, parts.len(), |index, builder| match &parts[index] {
                Part::Compute(clusters) => emit::write_compute(&frame, builder, clusters.clone()),
                Part::Memories => emit::write_memories(&frame, builder, &writes, words.clocks),
            })?;
        Ok(Self {
            machine,
            compute,
            memories,
            takers: takeovers
                .iter()
                .map(|takeover| takers(&locals, takeover.clock))
                .collect(),
            takeovers,
            inputs: layout.inputs.clone(),
            kept,
            layout: layout.clone(),
            owner: guarded.then(new_owner),
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
    /// Code of one kind after another computes everything anew. To have outputs
    /// without a clock now and then, a cycle without a clock is faster.
    ///
    /// # Panics
    /// If the buffer has another length than the layout says.
    pub fn run(&self, state: &mut [u64], clocks: u64) {
        assert_eq!(
            state.len(),
            self.layout.len(),
            "the buffer must have the length of the layout"
        );
        match self.owner {
            Some(own) if own != state[OWNER] => {
                self.layout.renew(state);
                self.restart(state);
                state[OWNER] = own;
            }
            Some(_) => {}
            None => state[OWNER] = 0,
        }
        // SAFETY: the code was made for buffers of that length. It touches cells,
        // what code keeps, and words of memories, whose addresses are checked at
        // run time.
        unsafe { self.machine.call(self.compute.clone(), state, 0) };
        for (index, takeover) in self.takeovers.iter().enumerate() {
            if takeover.clock.is_none_or(|clock| clocks >> clock & 1 == 1) {
                match self.owner {
                    Some(_) => takeover.take_over(state),
                    None => takeover.take_over_all(state),
                }
            } else {
                self.revert(state, takeover, &self.takers[index]);
            }
        }
        if clocks != 0 {
            // SAFETY: as above.
            unsafe { self.machine.call(self.memories.clone(), state, clocks) };
        }
    }

    /// Everything must be computed.
    fn restart(&self, state: &mut [u64]) {
        let inputs = self.inputs.start as usize..self.inputs.end as usize;
        state.copy_within(inputs, self.kept.inputs as usize / 8);
        let words = self.kept.flag_count as usize / 64;
        let (flags, coming) = (self.kept.flags as usize / 8, self.kept.coming as usize / 8);
        state[flags..flags + words].fill(u64::MAX);
        state[coming..coming + words].fill(0);
    }

    /// A clock did not rise: its registers' next values are dropped, and computed
    /// anew next time.
    fn revert(&self, state: &mut [u64], takeover: &Takeover, takers: &[u64]) {
        takeover.drop_next(state);
        let (flags, computed) = (
            self.kept.flags as usize / 8,
            self.kept.computed as usize / 8,
        );
        for (index, takers) in takers.iter().enumerate() {
            state[flags + index] |= state[computed + index] & takers;
        }
    }
}

/// A number that no other code has, in this process or another one.
fn new_owner() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
    hasher.finish().max(1)
}

/// Flags of the clusters with cells of that clock.
fn takers(locals: &[Local], clock: Option<u8>) -> Vec<u64> {
    let mut flags = vec![0; locals.len().div_ceil(64)];
    for (index, local) in locals.iter().enumerate() {
        if local.takes_over.iter().any(|(_, own)| *own == clock) {
            flags[index / 64] |= 1 << (index % 64);
        }
    }
    flags
}

/// Functions of about `size` steps.
fn cut(locals: &[Local], size: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut start, mut filled) = (0, 0);
    for (index, local) in locals.iter().enumerate() {
        let more = local.body.size();
        if filled > 0 && filled + more > size {
            parts.push(Part::Compute(start..index));
            (start, filled) = (index, 0);
        }
        filled += more;
    }
    parts.push(Part::Compute(start..locals.len()));
    parts
}
