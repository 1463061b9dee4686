//! A fault on purpose: a comparison that misses it is worth nothing.

use super::{LockStepError, Mismatch, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use thiserror::Error;

/// An operator of the control bus' address decoder, and what stands in its place.
const FAULT: [&str; 2] = ["(address & state_mask)", "(address | state_mask)"];
/// The traffic reaches it within some hundred cycles.
const CYCLES: u64 = 100_000;
const SEED: u64 = 1;

/// Why a fault was not seen as it should be.
#[derive(Debug, Error)]
pub enum ControlError {
    /// The Verilog cannot be read, or the one with the fault not be written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The fault needs another place.
    #[error("{path} has {places} places with {text}, not one")]
    NoPlace {
        /// The Verilog.
        path: PathBuf,
        /// What is looked for.
        text: &'static str,
        /// How often it is there.
        places: usize,
    },
    /// The comparison is blind.
    #[error("no difference in {cycles} cycles with {fault} in the Verilog, seed {seed}")]
    Missed {
        /// Cycles that were compared.
        cycles: u64,
        /// What was planted.
        fault: &'static str,
        /// The run.
        seed: u64,
    },
    /// It did not come to a comparison.
    #[error(transparent)]
    LockStep(LockStepError),
}

/// Plants a fault into the Verilog and runs the comparison, which must find a difference.
///
/// # Errors
/// It finds none, or cannot be done.
pub fn control(
    verilator: &dyn Fn() -> Command,
    (verilog, top): (&Path, &str),
    folder: &Path,
) -> Result<Mismatch, ControlError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |error| ControlError::File { path, error }
    };
    let text = fs::read_to_string(verilog).map_err(failed(verilog))?;
    let [right, wrong] = FAULT;
    let places = text.matches(right).count();
    if places != 1 {
        return Err(ControlError::NoPlace {
            path: verilog.to_path_buf(),
            text: right,
            places,
        });
    }
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    // Beside the folder, which is emptied.
    let path = folder.with_extension("v");
    fs::write(&path, text.replace(right, wrong)).map_err(failed(&path))?;
    match run(verilator, (&path, top), folder, CYCLES, &[SEED], &|_| {}) {
        Err(LockStepError::Mismatch(mismatch)) => Ok(mismatch),
        Err(error) => Err(ControlError::LockStep(error)),
        Ok(found) => Err(ControlError::Missed {
            cycles: found.identical,
            fault: wrong,
            seed: SEED,
        }),
    }
}
