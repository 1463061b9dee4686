//! The Slackwater core in RustHDL.
// RustHDL's derive macros make items without documentation and casts that clippy dislikes.
#![allow(missing_docs)]
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
pub mod inject;
pub mod outstanding;
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
