//! The chip behind a root complex that others wrote: cocotbext-pcie, in `hdl/cocotb/`.
//!
//! What passed the chip's ports in each test is recorded; the compiled model gets the same
//! inputs and must give the same outputs in every cycle.

use crate::project::project;
use crate::tools::{ToolError, Tools, at};
use serde::Deserialize;
use slackwater_hdl::chip::Chip;
use slackwater_hdl::netlist::chip_verilog;
use slackwater_sim::backend::compiled::{Compiled, program_of};
use slackwater_sim::backend::port_words::{CARD_INPUTS, CARD_OUTPUTS};
use slackwater_sim::backend::{BackendError, Ported};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes of a port in a recording.
const PORT_BYTES: usize = 16;
/// Bytes of a cycle in a recording.
const CYCLE_BYTES: usize = PORT_BYTES * (CARD_INPUTS.len() + CARD_OUTPUTS.len());

/// The tests could not be run, left no report, or gave other bits than the model.
#[derive(Debug, thiserror::Error)]
pub enum RootComplexError {
    /// A tool or file failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The chip cannot be compiled.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// They ended without a report.
    #[error("the tests left no report; their log is {log}")]
    NoReport {
        /// What they printed.
        log: PathBuf,
    },
    /// They left no recording.
    #[error("no recording in {folder}")]
    NoRecording {
        /// Where it should be.
        folder: PathBuf,
    },
    /// The compiled model gives another output.
    #[error(
        "{recording}, cycle {cycle}: {signal} was {recorded:#x}, is {compiled:#x} in the compiled model"
    )]
    Differs {
        /// The recording.
        recording: PathBuf,
        /// Cycle, from 0.
        cycle: u64,
        /// The output.
        signal: &'static str,
        /// As recorded.
        recorded: u128,
        /// As the model has it.
        compiled: u128,
    },
}

/// The report of the tests.
#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<Outcome>,
}

/// One test, on the chip as it is or with a planted fault.
#[derive(Deserialize)]
struct Outcome {
    test: String,
    fault: String,
    ok: bool,
}

/// What the tests have shown.
pub struct RootComplex {
    /// Tests, and whether they ended as they should.
    pub tests: BTreeMap<String, bool>,
    /// Cycles that the compiled model repeated.
    pub replayed: u64,
}

/// Runs the tests and repeats what was recorded.
///
/// # Errors
/// They cannot be run, or the model gives other bits.
pub fn run(tools: &Tools, folder: &Path) -> Result<RootComplex, RootComplexError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(at(folder))?;
    }
    fs::create_dir_all(folder).map_err(at(folder))?;
    let chip = folder.join("chip.v");
    fs::write(&chip, chip_verilog()).map_err(at(&chip))?;
    let (report, recordings) = (folder.join("report.json"), folder.join("record"));
    let output = tools
        .program("python")
        .arg(project().join("hdl/cocotb/run.py"))
        .arg("--chip")
        .arg(&chip)
        .arg("--build")
        .arg(folder.join("build"))
        .arg("--record")
        .arg(&recordings)
        .arg("--json")
        .arg(&report)
        .output()
        .map_err(at(folder))?;
    let log = folder.join("run.log");
    fs::write(&log, [output.stdout, output.stderr].concat()).map_err(at(&log))?;
    let text = fs::read_to_string(&report).unwrap_or_default();
    let found: Outcomes =
        serde_json::from_str(&text).map_err(|_| RootComplexError::NoReport { log })?;
    let name = |outcome: &Outcome| match outcome.fault.as_str() {
        "none" => outcome.test.clone(),
        fault => format!("{} notices the fault {fault}", outcome.test),
    };
    let tests = found.outcomes.iter().map(|o| (name(o), o.ok)).collect();
    let replayed = replay_all(&recordings)?;
    Ok(RootComplex { tests, replayed })
}

/// Repeats all recordings of a folder; the cycles.
fn replay_all(folder: &Path) -> Result<u64, RootComplexError> {
    let mut cycles = 0;
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "rec") {
            let file = File::open(&path).map_err(at(&path))?;
            cycles += replay(&path, &mut BufReader::new(file))?;
        }
    }
    match cycles {
        0 => Err(RootComplexError::NoRecording {
            folder: folder.to_path_buf(),
        }),
        cycles => Ok(cycles),
    }
}

/// Repeats one recording from power-up on.
fn replay(path: &Path, recording: &mut impl Read) -> Result<u64, RootComplexError> {
    let program = program_of(&mut *Box::new(Chip::default()))?;
    let mut chip =
        Compiled::new(&program, CARD_INPUTS, CARD_OUTPUTS).map_err(BackendError::from)?;
    let mut record = [0; CYCLE_BYTES];
    let mut outputs = [0; CARD_OUTPUTS.len()];
    for cycle in 0.. {
        match recording.read_exact(&mut record) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(cycle),
            other => other.map_err(at(path))?,
        }
        let words: Vec<u128> = record
            .chunks_exact(PORT_BYTES)
            .map(|bytes| {
                bytes
                    .iter()
                    .rev()
                    .fold(0, |word, &byte| word << 8 | u128::from(byte))
            })
            .collect();
        let (inputs, recorded) = words.split_at(CARD_INPUTS.len());
        chip.exchange(inputs, &mut outputs);
        for ((&signal, &recorded), &compiled) in CARD_OUTPUTS.iter().zip(recorded).zip(&outputs) {
            if recorded != compiled {
                return Err(RootComplexError::Differs {
                    recording: path.to_path_buf(),
                    cycle,
                    signal,
                    recorded,
                    compiled,
                });
            }
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chip that gets no input, as the model has it.
    fn idle(cycles: usize) -> Result<Vec<u8>, RootComplexError> {
        let program = program_of(&mut *Box::new(Chip::default()))?;
        let mut chip =
            Compiled::new(&program, CARD_INPUTS, CARD_OUTPUTS).map_err(BackendError::from)?;
        let (inputs, mut outputs) = ([0; CARD_INPUTS.len()], [0; CARD_OUTPUTS.len()]);
        let mut bytes = Vec::new();
        for _ in 0..cycles {
            chip.exchange(&inputs, &mut outputs);
            let words = inputs.iter().chain(&outputs);
            bytes.extend(words.flat_map(|word: &u128| word.to_le_bytes()));
        }
        Ok(bytes)
    }

    #[test]
    fn same_bits_pass_and_another_bit_is_named() -> Result<(), RootComplexError> {
        let mut bytes = idle(10)?;
        let path = Path::new("idle.rec");
        assert_eq!(replay(path, &mut bytes.as_slice())?, 10);
        // The valid of link_tx in cycle 7.
        let place = 7 * CYCLE_BYTES + PORT_BYTES * (CARD_INPUTS.len() + 1);
        bytes[place] ^= 1;
        let error = replay(path, &mut bytes.as_slice()).expect_err("another bit");
        assert!(
            error.to_string().contains("cycle 7: link_tx_valid"),
            "{error}"
        );
        Ok(())
    }
}
