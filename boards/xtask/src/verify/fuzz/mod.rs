//! The random modules of `sim/verilog/fuzz` under simulators that others wrote.
//!
//! That crate holds the compiled simulator to an interpreter of its own. Here the
//! interpreter is held to Verilator and to Icarus Verilog, so that the two cannot
//! share a misreading of the standard. The modules are of the kind in which a
//! simulator with four states sees no x.

mod batch;

use super::verilator::VerilatorError;
use batch::Batch;
use rayon::prelude::*;
use serde::Serialize;
use slackwater_verilog_fuzz::compare::{Case, Difference, Outcome};
use slackwater_verilog_fuzz::generate::Options;
use slackwater_verilog_fuzz::icarus::{ENDED, Icarus, Tools};
use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use thiserror::Error;

/// Cycles that each module is run for.
const CYCLES: usize = 100;
/// Modules in one program of Verilator's: a build takes as long as all of its runs.
const BATCH: u64 = 100;
/// Modules under Icarus Verilog between two words on how far it is.
const STEP: u64 = 20;

/// A simulator that others wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Foreign {
    /// Verilator.
    Verilator,
    /// Icarus Verilog.
    Icarus,
}

impl fmt::Display for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Verilator => "Verilator",
            Self::Icarus => "Icarus Verilog",
        })
    }
}

/// Modules without a difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fuzz {
    /// The simulator.
    pub simulator: Foreign,
    /// Seed of the modules.
    pub seed: u64,
    /// Modules, from number 0 on.
    pub modules: u64,
    /// Those of them that the simulator says it does not support, or cannot run itself.
    pub unsupported: u64,
    /// Cycles of each.
    pub cycles: usize,
    /// Values of outputs that were compared.
    pub values: u64,
    /// How long it took, builds included.
    pub seconds: f64,
}

/// Why modules were not all the same.
#[derive(Debug, Error)]
pub enum FuzzError {
    /// An output differs.
    #[error("seed {seed}, module {module} under {simulator}: {difference}; {}", again(*seed, *module))]
    Different {
        /// The simulator.
        simulator: Foreign,
        /// The seed.
        seed: u64,
        /// The module's number.
        module: u64,
        /// What differs, the interpreter's value as the expected one.
        difference: Difference,
    },
    /// A simulator refuses a module, or fails.
    #[error("seed {seed}, module {module} under {simulator}: {what}; {}", again(*seed, *module))]
    Failed {
        /// The simulator.
        simulator: Foreign,
        /// The seed.
        seed: u64,
        /// The module's number.
        module: u64,
        /// What it says.
        what: String,
    },
    /// Verilator is missing, or a file cannot be written.
    #[error(transparent)]
    Build(#[from] VerilatorError),
}

/// How to look at a module.
fn again(seed: u64, module: u64) -> String {
    format!(
        "again with slackwater-verilog-fuzz --four-state --seed {seed} --first {module} \
         --modules 1 --emit DIR"
    )
}

/// The case of a module.
fn case(seed: u64, module: u64) -> Case {
    let options = Options {
        out_of_range: false,
        four_state: true,
        ..Options::default()
    };
    Case::new(seed, module, &options, CYCLES)
}

/// Holds the interpreter to Verilator, with many modules in each of its programs.
/// `progress` is told the modules that are done. The folder is emptied first.
///
/// # Errors
/// A module differs, or Verilator refuses it; Verilator is missing.
pub fn verilator(
    verilator: &dyn Fn() -> Command,
    folder: &Path,
    modules: u64,
    seed: u64,
    progress: &dyn Fn(u64),
) -> Result<Fuzz, FuzzError> {
    let start = Instant::now();
    let (mut values, mut unsupported) = (0, 0);
    for first in (0..modules).step_by(BATCH as usize) {
        let mut batch = Batch::new(seed, first..modules.min(first + BATCH));
        values += batch.check(verilator, folder)?;
        unsupported += batch.unsupported();
        progress(modules.min(first + BATCH));
    }
    Ok(Fuzz {
        simulator: Foreign::Verilator,
        seed,
        modules,
        unsupported,
        cycles: CYCLES,
        values,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Holds the interpreter to Icarus Verilog, module by module.
///
/// # Errors
/// A module differs, or Icarus Verilog refuses it or is missing.
pub fn icarus(
    tools: Tools<'_>,
    modules: u64,
    seed: u64,
    progress: &dyn Fn(u64),
) -> Result<Fuzz, FuzzError> {
    let start = Instant::now();
    let (mut values, mut unsupported) = (0, 0);
    for first in (0..modules).step_by(STEP as usize) {
        let end = modules.min(first + STEP);
        let found: Vec<_> = (first..end)
            .into_par_iter()
            .map(|module| icarus_module(tools, seed, module))
            .collect();
        // The first one in order, so that it is the same in every run.
        for agreed in found {
            match agreed? {
                Some(agreed) => values += agreed,
                None => unsupported += 1,
            }
        }
        progress(end);
    }
    Ok(Fuzz {
        simulator: Foreign::Icarus,
        seed,
        modules,
        unsupported,
        cycles: CYCLES,
        values,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// One module; the values that agree, `None` if Icarus Verilog cannot run what it made of it.
fn icarus_module(tools: Tools<'_>, seed: u64, module: u64) -> Result<Option<u64>, FuzzError> {
    let case = case(seed, module);
    let outcome = case.compare(&|design, text| Ok(Box::new(Icarus::new(tools, design, text)?)));
    let simulator = Foreign::Icarus;
    let what = match outcome {
        Outcome::Agreed { values } => return Ok(Some(values)),
        Outcome::Different(difference) => {
            return Err(FuzzError::Different {
                simulator,
                seed,
                module,
                difference,
            });
        }
        Outcome::Failed(failure) if failure.0 == ENDED => return Ok(None),
        Outcome::Failed(failure) => failure.to_string(),
        Outcome::Invalid(error) => error.to_string(),
    };
    Err(FuzzError::Failed {
        simulator,
        seed,
        module,
        what,
    })
}
