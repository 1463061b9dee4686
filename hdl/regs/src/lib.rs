//! The one place for every number that hardware, firmware and host share.
//!
//! | module | what it fixes |
//! |---|---|
//! | [`bar2`] | the migration registers that the host sees in BAR2 |
//! | [`control`] | the same core seen from the firmware's control bus |
//! | [`state`] | the encoding of device_state, its outcomes and reasons |
//! | [`log`] | commands and results of the dirty log |
//! | [`window`] | commands, results and end-of-stream codes of the data window |
//! | [`soft_core`] | the memory map of the firmware's core, the layout of an image, faults |
//! | [`stream`] | the layout of the migration stream |
//! | [`accelerator`] | BAR0, descriptors and state words of the workload device |
//! | [`table`] | all registers as data; the Markdown reference is made from it |
//!
//! Offsets are in bytes. All registers are 32 bits wide and little endian, and
//! are accessed as aligned 32-bit words: a partial write is ignored and counted
//! as malformed. No read has a side effect (invariant I4).
#![no_std]

pub mod accelerator;
pub mod bar2;
pub mod control;
pub mod log;
pub mod soft_core;
pub mod state;
pub mod stream;
pub mod table;
pub mod window;

/// Bytes of a page of the dirty log at the smallest page shift.
pub const PAGE_BYTES: u32 = 1 << MIN_PAGE_SHIFT;
/// Smallest page shift a range may have: 4 KiB pages.
pub const MIN_PAGE_SHIFT: u32 = 12;
/// Largest page shift a range may have: 1 GiB pages.
pub const MAX_PAGE_SHIFT: u32 = 30;
