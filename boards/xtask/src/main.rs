//! `cargo xtask`: emitted Verilog and hardware checks.

mod emit;

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
}

fn main() -> ExitCode {
    let result: Result<(), Box<dyn Error>> = match Cli::parse().command {
        Command::Emit(options) => emit::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
