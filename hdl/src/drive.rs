//! Runs a block clock by clock without threads.
//!
//! A cycle is: the clock falls, inputs change, the block settles, outputs are
//! sampled, the clock rises, the block settles again. RustHDL's own `Simulation`
//! runs every testbench in a thread and is several times slower.

use rust_hdl::core::check_error::CheckError;
use rust_hdl::prelude::*;

/// Passes over the tree after which a block that still changes is a loop.
const MAX_PASSES: usize = 100;

/// Whether blocks follow RustHDL's own derive, not this project's faster one.
pub const EVERY_PASS: bool = cfg!(feature = "every-pass");

/// Updates the block until nothing changes.
///
/// # Panics
/// If the block has a combinational loop, which is a fault of the design and
/// not of what it is fed with.
pub fn settle<B: Block>(block: &mut B) {
    for _ in 0..MAX_PASSES {
        block.update_all();
        if !block.has_changed() {
            return;
        }
    }
    panic!("combinational loop: still changing after {MAX_PASSES} passes");
}

/// A block with its clock, run one cycle at a time.
pub struct Driver<B: Block> {
    /// The block, for looking at it between two cycles.
    pub block: Box<B>,
    clock: fn(&mut B) -> &mut Signal<In, Clock>,
    cycles: u64,
}

impl<B: Block> Driver<B> {
    /// Connects and checks a block; `clock` names its clock input.
    ///
    /// # Errors
    /// What RustHDL's own checks find wrong with the block.
    pub fn new(block: B, clock: fn(&mut B) -> &mut Signal<In, Clock>) -> Result<Self, CheckError> {
        let mut block = Box::new(block);
        block.connect_all();
        check_all(&*block)?;
        Ok(Self {
            block,
            clock,
            cycles: 0,
        })
    }

    /// Runs one cycle: `inputs` sets the input signals, `sample` reads the settled outputs.
    pub fn cycle<T>(&mut self, inputs: impl FnOnce(&mut B), sample: impl FnOnce(&B) -> T) -> T {
        (self.clock)(&mut self.block).next = false.into();
        inputs(&mut self.block);
        settle(&mut *self.block);
        let sampled = sample(&self.block);
        (self.clock)(&mut self.block).next = true.into();
        settle(&mut *self.block);
        self.cycles += 1;
        sampled
    }

    /// Cycles run since the block was made.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }
}
