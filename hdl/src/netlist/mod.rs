//! The core as a Verilog file that anybody can take: header, named top, emitted modules.
//!
//! | module | what it is |
//! |---|---|
//! | `slackwater_core` | the top: 7-series AXIS ports |
//! | `slackwater` | [`Core`] with the ports that it has in RustHDL |
//! | `slackwater$...` | its blocks, by their path |
//!
//! `hdl/verilog/slackwater_core.v` is what [`core_verilog`] gives for the default
//! configuration; a test fails if it is stale.

use crate::chip::Chip;
use crate::config::CoreConfig;
use crate::core::Core;
use rust_hdl::prelude::{Block, generate_verilog};
use slackwater_regs::bar2;

/// Ports of the top, and how they meet those of the core.
const TOP: &str = include_str!("slackwater_core.v");

/// A block's Verilog with its top renamed, and its children with it.
fn emitted(block: &mut impl Block, name: &str) -> String {
    block.connect_all();
    let text = generate_verilog(block)
        .replace("module top(", &format!("module {name}("))
        .replace("endmodule // top\n", &format!("endmodule // {name}\n"))
        .replace("top$", &format!("{name}$"));
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let mut written = String::new();
    let mut clears = false;
    for (index, line) in lines.iter().enumerate() {
        let next = lines.get(index + 1).copied().unwrap_or_default();
        if line.starts_with("module ") {
            written.push('\n');
        }
        // Block RAM powers up as zero by itself, and yosys takes minutes to unroll
        // the loop that tells simulators so.
        if line.trim() == "initial begin" && next.trim().starts_with("for (") {
            clears = true;
            written.push_str("`ifndef SYNTHESIS\n");
        }
        written.push_str(line);
        written.push('\n');
        if clears && line.trim() == "end" {
            clears = false;
            written.push_str("`endif\n");
        }
    }
    written
}

fn header(config: &CoreConfig) -> String {
    let flag = |set: bool| if set { "yes" } else { "no" };
    format!(
        "\
// Slackwater core {version}, register map {major}.{minor}.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Makes a PCIe device live-migratable: it gates the device's DMA, logs the pages
// that the device writes, and moves the device's state. It goes between the
// device's DMA engine and its PCIe core. Nothing of it has run on hardware.
//
// Generated from RustHDL: write it again with `cargo xtask emit`, do not edit it.
//
// Built with
//   device type       {device_type:#010x}
//   state words       {state_words}
//   clock             {clock_hz} Hz
//   NDMA              {ndma}
//   dirty line        {internal_log}
//   page requests     {page_requests}
//   configuration     {hash:#010x} (CONFIG_HASH)
// `cargo xtask emit --help` shows how to build it with others.
//
// Top: slackwater_core. All ports are synchronous to user_clk; registers and memories
// power up as zero, there is no reset.
//   s_axis_tx_*, m_axis_rx_*      streams of the PCIe core: 7-series AXIS, 64 bits,
//                                 raw TLPs, DW0 first in the low lane; BAR hits
//                                 in m_axis_rx_tuser[9:2]
//   cfg_*_number                  bus, device and function number
//   cfg_interrupt*                MSI requests that have passed the gate
//   cfg_received_func_lvl_rst     function level reset, held until func_lvl_rst_done
//   dev_s_axis_tx_*, dev_m_axis_rx_*, dev_cfg_interrupt*
//                                 the same for the device, as from a PCIe core
//   dev_gated                     requests are not admitted
//   dev_freeze                    nothing in the device may change
//   dev_reset                     reset of the device
//   state_*                       state port; read data come two clocks after the index
//   dirty_valid, dirty_block      dirty line
//   ctl_*, firmware_*             control bus, event line and reset of the soft core

",
        version = env!("CARGO_PKG_VERSION"),
        major = bar2::VERSION_VALUE >> 16,
        minor = bar2::VERSION_VALUE & 0xffff,
        device_type = config.device_type,
        state_words = config.state_words,
        clock_hz = config.clock_hz,
        ndma = flag(config.ndma),
        internal_log = flag(config.internal_log),
        page_requests = flag(config.has_page_requests()),
        hash = config.config_hash(),
    )
}

/// The core's Verilog for a configuration, from a fresh instance.
pub fn core_verilog(config: &CoreConfig) -> String {
    let core = emitted(&mut *Box::new(Core::new(config)), "slackwater");
    format!("{}{TOP}{core}", header(config))
}

/// The Verilog of the whole chip, core and workload, with the ports of [`Chip`]:
/// module `chip`.
pub fn chip_verilog() -> String {
    emitted(&mut *Box::new(Chip::default()), "chip")
}
