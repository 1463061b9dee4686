//! Hardware checks: what the emitted Verilog does under tools that others wrote.

pub mod fuzz;
pub mod lockstep;
mod record;
mod verilator;

use crate::emit::{COMMITTED, project};
use clap::Args;
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// Holds the core's Verilog against Verilator.
#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// The Verilog [default: the committed file].
    #[arg(long, value_name = "FILE")]
    verilog: Option<PathBuf>,
    /// Where to build [default: target/verify].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Random modules instead; a fifth of them under Verilator.
    #[arg(long)]
    modules: Option<u64>,
    /// Cycles of each run.
    #[arg(long, default_value_t = 1_000_000)]
    cycles: u64,
    /// Seeds of the runs.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 3])]
    seeds: Vec<u64>,
}

/// Runs the command.
///
/// # Errors
/// A check fails or cannot be done.
pub fn run(options: &VerifyOptions) -> Result<(), Box<dyn Error>> {
    let folder = options.folder.clone();
    let folder = folder.unwrap_or_else(|| project().join("target/verify"));
    let verilator = std::env::var("VERILATOR").unwrap_or_else(|_| "verilator".into());
    if let Some(modules) = options.modules {
        for seed in &options.seeds {
            let (make, folder) = (|| Command::new(&verilator), folder.join("fuzz"));
            let found = fuzz::verilator(&make, &folder, modules / 5, *seed, &|_| {})?;
            println!("{}", serde_json::to_string(&found)?);
            let found = fuzz::icarus(Default::default(), modules, *seed, &|_| {})?;
            println!("{}", serde_json::to_string(&found)?);
        }
        return Ok(());
    }
    let committed = project().join(COMMITTED);
    let verilog = options.verilog.as_deref().unwrap_or(&committed);
    let found = lockstep::run(
        &|| Command::new(&verilator),
        (verilog, lockstep::CORE_MODULE),
        &folder.join("lockstep"),
        options.cycles,
        &options.seeds,
        &|_| {},
    )?;
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}
