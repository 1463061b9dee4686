//! The chip behind a root complex that others wrote: cocotbext-pcie, in `hdl/cocotb/`.

use crate::project::project;
use crate::tools::{ToolError, Tools, at};
use slackwater_hdl::netlist::chip_verilog;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The tests could not be run, or left no report.
#[derive(Debug, thiserror::Error)]
pub enum RootComplexError {
    /// A tool or file failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// They ended without a report.
    #[error("the tests left no report; their log is {log}")]
    NoReport {
        /// What they printed.
        log: PathBuf,
    },
}

/// Tests and whether they passed.
///
/// # Errors
/// They cannot be run.
pub fn run(tools: &Tools, folder: &Path) -> Result<BTreeMap<String, bool>, RootComplexError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let chip = folder.join("chip.v");
    fs::write(&chip, chip_verilog()).map_err(at(&chip))?;
    let report = folder.join("report.json");
    if report.exists() {
        fs::remove_file(&report).map_err(at(&report))?;
    }
    let output = tools
        .program("python")
        .arg(project().join("hdl/cocotb/run.py"))
        .arg("--chip")
        .arg(&chip)
        .arg("--build")
        .arg(folder.join("build"))
        .arg("--json")
        .arg(&report)
        .output()
        .map_err(at(folder))?;
    let log = folder.join("run.log");
    fs::write(&log, [output.stdout, output.stderr].concat()).map_err(at(&log))?;
    let text = fs::read_to_string(&report).unwrap_or_default();
    serde_json::from_str(&text).map_err(|_| RootComplexError::NoReport { log })
}
