//! `cargo xtask emit`: the core as a Verilog file.

use crate::project::{CORE_VERILOG, project};
use clap::Args;
use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::netlist::core_verilog;
use std::error::Error;
use std::path::PathBuf;

/// Writes the core's Verilog: without options the committed file.
#[derive(Debug, Args)]
pub struct EmitOptions {
    /// Where to write it [default: hdl/verilog/slackwater_core.v].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Type of the device, compared by the migration stream.
    #[arg(long, requires = "output", value_parser = word)]
    device_type: Option<u32>,
    /// Words of 32 bits behind the state port.
    #[arg(long, requires = "output", value_name = "WORDS")]
    state_words: Option<u32>,
    /// Clock in Hz, told to the host.
    #[arg(long, requires = "output", value_name = "HZ")]
    clock: Option<u32>,
    /// The device cannot stop its DMA while it runs.
    #[arg(long, requires = "output")]
    no_ndma: bool,
    /// The device has no dirty line.
    #[arg(long, requires = "output")]
    no_dirty_line: bool,
    /// The device raises no page requests; without NDMA it never may.
    #[arg(long, requires = "output")]
    no_page_requests: bool,
}

/// A word, decimal or with 0x.
fn word(text: &str) -> Result<u32, std::num::ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    }
}

/// Runs the command.
///
/// # Errors
/// The configuration is refused, or the file cannot be written.
pub fn run(options: &EmitOptions) -> Result<(), Box<dyn Error>> {
    let default = CoreConfig::default();
    let config = CoreConfig {
        device_type: options.device_type.unwrap_or(default.device_type),
        state_words: options.state_words.unwrap_or(default.state_words),
        clock_hz: options.clock.unwrap_or(default.clock_hz),
        ndma: !options.no_ndma,
        internal_log: !options.no_dirty_line,
        page_requests: !options.no_page_requests,
        ..default
    }
    .checked()?;
    let path = match &options.output {
        Some(path) => path.clone(),
        None => project().join(CORE_VERILOG),
    };
    let text = core_verilog(&config);
    std::fs::write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{}: {} lines", path.display(), text.lines().count());
    Ok(())
}
