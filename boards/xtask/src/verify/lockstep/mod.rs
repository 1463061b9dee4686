//! The core under Verilator beside the compiled model: every output in every cycle.
//!
//! Both get the same random traffic ([`slackwater_sim::traffic`]), which the compiled model
//! drives. The compiled model comes from the design as it is now; what Verilator gets is a
//! file, so that one with a fault in it can be given too.

mod compare;
mod control;
#[cfg(test)]
mod tests;

pub use control::control;

use super::record::{Layout, Port};
use super::verilator::{self, Clocks, Design, Effort, Sampled, VerilatorError};
use compare::{Ended, Layouts, compare};
use serde::Serialize;
use slackwater_hdl::config::CoreConfig;
use slackwater_sim::backend::port_words::{CORE_INPUTS, CORE_OUTPUTS};
use slackwater_sim::backend::{BackendError, CompiledCore};
use slackwater_verilog::UnknownName;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;
use thiserror::Error;

/// The committed core's module with the ports that it has in RustHDL.
pub const CORE_MODULE: &str = "slackwater";
/// The core's clock.
const CLOCK: &str = "clock";
/// From so many cycles on, a minute of optimising is won back.
const LONG_CYCLES: u64 = 10_000_000;

/// Runs without a difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LockStep {
    /// Cycles of all runs.
    pub cycles: u64,
    /// Those of them in which every output was the same.
    pub identical: u64,
    /// The seeds of the runs.
    pub seeds: Vec<u64>,
    /// How long the runs took, the build not counted.
    pub seconds: f64,
}

/// The first difference of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The run.
    pub seed: u64,
    /// Cycle, from 0.
    pub cycle: u64,
    /// The output.
    pub signal: String,
    /// Its value in the compiled model.
    pub compiled: u128,
    /// Its value under Verilator.
    pub verilator: u128,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "seed {}, cycle {}: {} is {:#x} in the compiled model and {:#x} under Verilator",
            self.seed, self.cycle, self.signal, self.compiled, self.verilator
        )
    }
}

/// Why runs were not all the same to their ends.
#[derive(Debug, Error)]
pub enum LockStepError {
    /// There is no program to compare with.
    #[error(transparent)]
    Build(#[from] VerilatorError),
    /// The design cannot be compiled.
    #[error(transparent)]
    Design(#[from] BackendError),
    /// The program cannot be started or waited for.
    #[error("seed {seed}: {error}")]
    Program {
        /// The run.
        seed: u64,
        /// What the system says.
        error: std::io::Error,
    },
    /// The program ended before its time.
    #[error("seed {seed}: Verilator's program ended early ({status}; {error}): {log}")]
    Ended {
        /// The run.
        seed: u64,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What was seen of it.
        error: std::io::Error,
        /// What it said last.
        log: String,
    },
    /// An output differs.
    #[error("{0}")]
    Mismatch(Mismatch),
}

/// Holds a Verilog file, whose `top` has the ports of the core, to the compiled model of the
/// default core: so many cycles with each seed. `progress` is told the cycles that are
/// done, of all runs together. The folder is emptied first.
///
/// # Errors
/// An output differs; Verilator refuses the file, or its program fails.
pub fn run(
    verilator: &dyn Fn() -> Command,
    (verilog, top): (&Path, &str),
    folder: &Path,
    cycles: u64,
    seeds: &[u64],
    progress: &dyn Fn(u64),
) -> Result<LockStep, LockStepError> {
    let core = CompiledCore::new(&CoreConfig::default())?;
    let layouts = layouts(&core).map_err(BackendError::from)?;
    let all = cycles.saturating_mul(seeds.len() as u64);
    let effort = match all {
        0..LONG_CYCLES => Effort::Little,
        _ => Effort::Much,
    };
    let design = Design {
        verilog,
        top,
        inputs: layouts.inputs.ports(),
        outputs: layouts.outputs.ports(),
        clocks: Clocks::Always(CLOCK),
        sampled: Sampled::Before,
    };
    let program = verilator::build(verilator, &design, folder, effort)?;
    let start = Instant::now();
    let runs = Runs {
        program: &program,
        core: &core,
        layouts: &layouts,
        cycles,
        next: Mutex::new(seeds.iter()),
        stop: AtomicBool::new(false),
    };
    let identical = runs.all(progress)?;
    Ok(LockStep {
        cycles: all,
        identical,
        seeds: seeds.to_vec(),
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// The records of a core's ports.
fn layouts(core: &CompiledCore) -> Result<Layouts, UnknownName> {
    let program = core.model().program();
    let port = |name: &str, bits| Port {
        name: name.into(),
        bits,
    };
    let inputs = CORE_INPUTS
        .iter()
        .map(|name| Ok(port(name, program.input(name)?.width())));
    let outputs = CORE_OUTPUTS
        .iter()
        .map(|name| Ok(port(name, program.output(name)?.width())));
    Ok(Layouts {
        inputs: Layout::new(inputs.collect::<Result<_, _>>()?),
        outputs: Layout::new(outputs.collect::<Result<_, _>>()?),
    })
}

/// What all runs have in common.
struct Runs<'a> {
    program: &'a Path,
    core: &'a CompiledCore,
    layouts: &'a Layouts,
    cycles: u64,
    next: Mutex<std::slice::Iter<'a, u64>>,
    stop: AtomicBool,
}

impl Runs<'_> {
    /// One run after the other on each processor; cycles that agree.
    fn all(&self, progress: &dyn Fn(u64)) -> Result<u64, LockStepError> {
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            let (note, noted) = channel();
            let workers: Vec<_> = (0..processors)
                .map(|_| {
                    let note = note.clone();
                    scope.spawn(move || self.some(&note))
                })
                .collect();
            drop(note);
            let mut done = 0;
            for cycles in noted {
                done += cycles;
                progress(done);
            }
            let mut agreed = 0;
            for worker in workers {
                match worker.join() {
                    Ok(cycles) => agreed += cycles?,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(agreed)
        })
    }

    /// Takes seeds until there are no more.
    fn some(&self, note: &Sender<u64>) -> Result<u64, LockStepError> {
        let mut agreed = 0;
        let next = || match self.stop.load(Ordering::Relaxed) {
            true => None,
            false => self.next.lock().ok()?.next().copied(),
        };
        while let Some(seed) = next() {
            let run = self.one(seed, note);
            // One difference is enough to look at.
            self.stop.fetch_or(run.is_err(), Ordering::Relaxed);
            agreed += run?;
        }
        Ok(agreed)
    }

    fn one(&self, seed: u64, note: &Sender<u64>) -> Result<u64, LockStepError> {
        let failed = |error| LockStepError::Program { seed, error };
        let mut child = Running(
            Command::new(self.program)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(failed)?,
        );
        let (Some(to), Some(from)) = (child.0.stdin.take(), child.0.stdout.take()) else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        let note = |cycles| note.send(cycles).is_ok() && !self.stop.load(Ordering::Relaxed);
        let core = self.core.clone();
        match compare(seed, self.cycles, core, self.layouts, (to, from), &note) {
            Ended::Agreed(cycles) => Ok(cycles),
            Ended::Differs(cycle, difference) => {
                let [compiled, verilator] = difference.values;
                Err(LockStepError::Mismatch(Mismatch {
                    seed,
                    cycle,
                    signal: difference.port,
                    compiled,
                    verilator,
                }))
            }
            Ended::Broken(error) => {
                let (status, log) = child.end().map_err(failed)?;
                Err(LockStepError::Ended {
                    seed,
                    status,
                    error,
                    log,
                })
            }
        }
    }
}

/// A process that does not outlive its owner.
struct Running(Child);

impl Running {
    /// Waits for the end of a process whose pipes are closed; what it said last.
    fn end(&mut self) -> std::io::Result<(std::process::ExitStatus, String)> {
        let mut log = Vec::new();
        if let Some(mut errors) = self.0.stderr.take() {
            std::io::Read::read_to_end(&mut errors, &mut log)?;
        }
        Ok((self.0.wait()?, verilator::last_lines(&log)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
