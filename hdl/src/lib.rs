//! The Slackwater core in RustHDL, and a device to put behind it.
//!
//! | module | what it is |
//! |---|---|
//! | [`core`] | the core: begin here |
//! | [`chip`] | the core with the workload device |
//! | [`tx_path`] | gate, header look-ahead, arbiter |
//! | [`outstanding`], [`range_table`] | from a TLP that starts, or comes back, to a bit of the log |
//! | [`page_requests`] | page requests that the host has not answered |
//! | [`bitmap`], [`bitmap_ram`], [`popcount`] | the log itself: one mark a clock, a mover, an exact count |
//! | [`snapshot`] | commands of the log, snapshot window, summaries |
//! | [`rx_demux`], [`completer`], [`word_ring`] | the way in, and the answers |
//! | [`registers`] | BAR2 |
//! | [`device_control`] | device_state, watchdog, freezing, resets, interrupts |
//! | [`control_bus`] | the firmware's side: data window, state port, internal log |
//! | [`workload`] | a descriptor-ring DMA engine, migratable |
//! | [`config`] | what an integrator chooses |
//! | [`inject`] | faults for verification |
//! | [`beat`], [`ram`], [`register`], [`byte_swap`] | building blocks |
//! | [`netlist`] | the Verilog file of the core |
//! | [`drive`] | runs a block clock by clock |
//!
//! Kernels are written for what RustHDL emits, not only for what it simulates:
//! sums, differences and negations land in sized locals, defaults come first, and
//! no word has more than 32 bits. No signal has a name that SystemVerilog reserves.

// Ports are described in the table at the head of each module.
#![allow(missing_docs)]
// RustHDL's macros expand to these.
#![allow(clippy::identity_op, clippy::let_and_return, clippy::from_over_into)]

pub mod beat;
pub mod bitmap;
pub mod bitmap_ram;
pub mod byte_swap;
pub mod chip;
pub mod completer;
pub mod completer_state;
pub mod config;
pub mod control_bus;
pub mod core;
pub mod device_control;
pub mod drive;
pub mod firmware_status;
pub mod inject;
pub mod netlist;
pub mod outstanding;
pub mod page_requests;
pub mod popcount;
pub mod ram;
pub mod range_table;
pub mod register;
pub mod registers;
pub mod rx_demux;
pub mod snapshot;
pub mod tx_path;
pub mod word_ring;
pub mod workload;
