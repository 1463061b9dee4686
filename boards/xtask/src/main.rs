//! `cargo xtask`: emitted Verilog, the firmware's image, and hardware checks.

mod emit;
mod firmware;
mod guest;
mod project;
mod report_check;
mod tools;
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
    /// Makes the firmware's image for the soft core.
    Firmware(firmware::FirmwareOptions),
    /// Runs the simulated card under a real Linux kernel in QEMU, and the host driver in it.
    Guest(guest::GuestOptions),
    /// Looks at pages of `slackwater --report` in headless Chromium.
    ReportCheck(report_check::ReportCheckOptions),
    /// Holds the Verilog against foreign tools, and proves the invariants.
    Verify(verify::VerifyOptions),
}

fn main() -> ExitCode {
    let result: Result<bool, Box<dyn Error>> = match Cli::parse().command {
        Command::Emit(options) => emit::run(&options).map(|()| true),
        Command::Firmware(options) => firmware::run(&options),
        Command::Guest(options) => guest::run(&options),
        Command::ReportCheck(options) => report_check::run(&options),
        Command::Verify(options) => verify::run(&options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
