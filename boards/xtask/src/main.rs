//! `cargo xtask`: emitted Verilog and hardware checks.

mod emit;
mod verify;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::process::ExitCode;

/// Commands for the hardware side of Slackwater.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes the core's Verilog.
    Emit(emit::EmitOptions),
    /// Holds the core's Verilog against Verilator.
    Verify(verify::VerifyOptions),
}

fn main() -> ExitCode {
    let result: Result<(), Box<dyn Error>> = match Cli::parse().command {
        Command::Emit(options) => emit::run(&options),
        Command::Verify(options) => verify::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
