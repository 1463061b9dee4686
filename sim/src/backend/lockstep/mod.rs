//! Both simulations side by side: every output, every cycle.
//!
//! RustHDL can simulate one thing and emit another. [`LockStep`] feeds a block and
//! the Verilog that it emits with the same inputs and compares all outputs, those
//! too that mean nothing while their valid is 0. It keeps the first difference and
//! can show the cycles before it as waves: all signals of the compiled model,
//! worked out again from a saved state. [`LockStepCore`] and [`LockStepCard`] make
//! of it what any caller can drive, and sound an [`Alarm`] at the difference.

mod alarm;
mod card;

pub use alarm::{Alarm, Disagreement};
pub use card::{LockStepCard, LockStepCore};

use super::compiled::{Compiled, program_of};
use super::rusthdl::{PortWords, RustHdl};
use super::{BackendError, Ported};
use crate::trace::{CYCLE_PICOSECONDS, Capture};
use rust_hdl::core::check_error::check_all;
use slackwater_verilog::{Program, Recording, RecordingError, State};
use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

/// Cycles before a difference that can be shown.
pub const SHOWN_CYCLES: usize = 200;

/// A signal that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Cycle, from 0; for a word of state, the cycle that comes next.
    pub cycle: u64,
    /// Name of the output, or of the word of state.
    pub signal: String,
    /// What RustHDL simulates.
    pub rusthdl: u128,
    /// What the emitted Verilog gives.
    pub compiled: u128,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "cycle {}: {} is {:#x} in RustHDL's simulation and {:#x} in the emitted Verilog",
            self.cycle, self.signal, self.rusthdl, self.compiled
        )
    }
}

/// A block and its Verilog, clocked together.
pub struct LockStep<B: PortWords> {
    /// The block.
    pub rusthdl: RustHdl<B>,
    /// Its Verilog.
    pub compiled: Compiled,
    other: Vec<u128>,
    cycles: u64,
    mismatch: OnceLock<Mismatch>,
    /// States to go back to, the older one first, and all inputs since then.
    saved: [State; 2],
    inputs: VecDeque<Box<[u128]>>,
}

impl<B: PortWords> LockStep<B> {
    /// A block that was just powered up.
    ///
    /// # Errors
    /// RustHDL refuses the block; its Verilog is refused, or lacks a port.
    pub fn new(mut block: B) -> Result<Self, BackendError> {
        block.connect_all();
        check_all(&block).map_err(|error| BackendError::Design(format!("{error:?}")))?;
        let program = program_of(&mut block)?;
        Self::with_program(block, &program)
    }

    /// The same with other Verilog than the block emits now, such as an older one.
    ///
    /// # Errors
    /// It lacks a port.
    pub fn with_program(block: B, program: &Program) -> Result<Self, BackendError> {
        let compiled = Compiled::new(program, B::INPUTS, B::OUTPUTS)?;
        let start = compiled.model.save();
        Ok(Self {
            rusthdl: RustHdl::new(block),
            compiled,
            other: vec![0; B::OUTPUTS.len()],
            cycles: 0,
            mismatch: OnceLock::new(),
            saved: [start.clone(), start],
            inputs: VecDeque::new(),
        })
    }

    /// Cycles so far.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// The first difference.
    pub fn mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.get()
    }

    /// Compares words of state that were read from outside, such as those of a memory.
    /// True if they differ and it is the first difference.
    pub fn compare_words(&self, name: &str, rusthdl: &[u32], compiled: &[u32]) -> bool {
        let differs = |signal, rusthdl: u128, compiled: u128| {
            self.note(Mismatch {
                cycle: self.cycles,
                signal,
                rusthdl,
                compiled,
            })
        };
        if rusthdl.len() != compiled.len() {
            let counts = (rusthdl.len() as u128, compiled.len() as u128);
            return differs(format!("number of words of {name}"), counts.0, counts.1);
        }
        let mut pairs = rusthdl.iter().zip(compiled).enumerate();
        match pairs.find(|(_, (rusthdl, compiled))| rusthdl != compiled) {
            None => false,
            Some((index, (&rusthdl, &compiled))) => {
                differs(format!("{name}[{index}]"), rusthdl.into(), compiled.into())
            }
        }
    }

    /// Writes the cycles before and at the difference as waves, all signals of the
    /// emitted Verilog: at least [`SHOWN_CYCLES`], if there were so many.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_waves(&self, path: &Path) -> Result<(), RecordingError> {
        let mut compiled = self.compiled.clone();
        let program = compiled.model.program().clone();
        let all = Capture::Window {
            first: 0,
            cycles: u64::MAX,
        };
        let mut recording = Recording::new(&program, path, all, CYCLE_PICOSECONDS)?;
        // It was saved from this very model.
        if compiled.model.restore(&self.saved[0]).is_ok() {
            for inputs in &self.inputs {
                compiled.set(inputs);
                recording.sample(&mut compiled.model);
                compiled.rise();
            }
        }
        recording.finish()?;
        Ok(())
    }

    /// True if it is the first difference.
    fn note(&self, mismatch: Mismatch) -> bool {
        self.mismatch.set(mismatch).is_ok()
    }

    fn remember(&mut self, inputs: &[u128]) {
        if self.cycles.is_multiple_of(SHOWN_CYCLES as u64) {
            self.saved.swap(0, 1);
            self.saved[1] = self.compiled.model.save();
            let before = self.inputs.len().saturating_sub(SHOWN_CYCLES);
            self.inputs.drain(..before);
        }
        self.inputs.push_back(inputs.into());
    }
}

impl<B: PortWords> Ported for LockStep<B> {
    /// Gives what RustHDL simulates.
    fn exchange(&mut self, inputs: &[u128], outputs: &mut [u128]) {
        if self.mismatch().is_none() {
            self.remember(inputs);
        }
        self.rusthdl.exchange(inputs, outputs);
        self.compiled.exchange(inputs, &mut self.other);
        if self.mismatch().is_none() {
            let mut ports = B::OUTPUTS.iter().zip(outputs.iter().zip(&self.other));
            let differing = ports.find(|(_, (rusthdl, compiled))| rusthdl != compiled);
            if let Some((&signal, (&rusthdl, &compiled))) = differing {
                self.note(Mismatch {
                    cycle: self.cycles,
                    signal: signal.into(),
                    rusthdl,
                    compiled,
                });
            }
        }
        self.cycles += 1;
    }
}
