//! The VMM's reference flows of the seed, for one device or a group of them.
//!
//! ```text
//!  source machine                     pipeline                       destination machine
//!  save() ─▶ pages, device state ─▶ checksums (rayon) ─▶ bounded channel ─▶ resume()
//!     ▲                                                                      │
//!     └──────────────────── Accepted, Loaded, Running or Failed ◀────────────┘
//! ```
//! The two sides run on two threads and share nothing but [`pipeline`]; neither
//! reads the other's clock. The source gives its machine up only after the
//! destination has loaded everything and verified it: until the destination was
//! told to run, any failure takes the source back to RUNNING.

mod group;
pub mod options;
mod page_faults;
pub mod pipeline;
pub mod report;
mod resume;
mod save;
pub mod wire;

pub use options::{DmaMapping, ResumeOptions, SaveOptions};
pub use pipeline::{DestinationEnd, LinkError, SourceEnd, transport, transport_with};
pub use report::{Phase, Progress, ResumeReport, Rollback, Round, SaveReport};
pub use resume::resume;
pub use save::save;

use crate::device::StateError;
use crate::device_state::DeviceState;
use crate::dirty_log::LogError;
use crate::platform::MemoryError;
use crate::registers::RegisterError;
use crate::stream_window::WindowError;
use thiserror::Error;

/// What went wrong in a flow.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The registers did not work.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A change of device_state failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The dirty log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The data window failed.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// Guest memory could not be accessed.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The other side is gone, silent, or gave up.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The device is not in the state that the flow starts from (rules S1, R1).
    #[error("the device is in {found}, the flow starts from {expected}")]
    StartState {
        /// State that the flow needs.
        expected: DeviceState,
        /// State of the device.
        found: DeviceState,
    },
    /// What the VCPUs know is none that this machine can take.
    #[error("the state of the VCPUs: {reason}")]
    Vcpus {
        /// Why.
        reason: String,
    },
    /// The destination does not hold what the source holds.
    #[error(
        "{pages} pages and the state of {devices} devices differ from the source{}{}",
        first_text("page", .first_page),
        first_text("device", .first_device)
    )]
    Differs {
        /// How many pages.
        pages: u64,
        /// The first of them.
        first_page: Option<u64>,
        /// How many devices.
        devices: u64,
        /// The first of them, from 0.
        first_device: Option<u64>,
    },
    /// One device of several.
    #[error("device {device}: {fault}")]
    InDevice {
        /// Its place in the group, from 0.
        device: usize,
        /// What went wrong with it.
        fault: Box<Fault>,
    },
    /// A device lacks NDMA, and what is in use needs it (rules T2, F3, O3).
    #[error(
        "device {device} has no NDMA, without which a machine cannot be migrated that uses {what}"
    )]
    NeedsNdma {
        /// Its place in the group, from 0.
        device: usize,
        /// What is in use.
        what: &'static str,
    },
    /// An option makes no sense for this machine.
    #[error("{option} is {value}: {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: u64,
        /// What it must be.
        expected: String,
    },
    /// Page requests are outstanding when the VCPUs are to be paused (rules S4, F2).
    #[error("{} within {limit_ns} ns with the VCPUs running", page_requests_text(.outstanding))]
    PageRequests {
        /// Page request groups; `None` if the device has lost count.
        outstanding: Option<u32>,
        /// How long the guest had to answer them.
        limit_ns: u64,
    },
    /// The device raises page requests, but has no NDMA (rules F3, O3).
    #[error(
        "the device has no NDMA, but {}: its faults cannot be completed before the VCPUs are paused",
        page_requests_text(.outstanding)
    )]
    PageRequestsWithoutNdma {
        /// Page request groups; `None` if the device has lost count.
        outstanding: Option<u32>,
    },
    /// The device's stream is longer than its state can explain.
    #[error("the device's stream has gone on for {bytes} bytes; its state has {state_bytes}")]
    EndlessStream {
        /// Bytes so far.
        bytes: u64,
        /// Bytes of device state.
        state_bytes: u64,
    },
    /// The other machine is not like this one.
    #[error("{what} is {found:#x} on the source and {expected:#x} on the destination")]
    Mismatch {
        /// What was compared.
        what: &'static str,
        /// Value of the destination.
        expected: u64,
        /// Value of the source.
        found: u64,
    },
    /// A page was changed on its way.
    #[error("page {page}: the checksum is {found:#010x}, the source announced {expected:#010x}")]
    PageChecksum {
        /// The page.
        page: u64,
        /// Checksum that came with the page.
        expected: u32,
        /// Checksum of what arrived.
        found: u32,
    },
    /// A message came where it must not.
    #[error("{found} came where {expected} was expected")]
    Message {
        /// What was expected.
        expected: &'static str,
        /// What came.
        found: &'static str,
    },
}

/// A save flow that failed.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("saving failed in the step \"{phase}\": {fault}; {rollback}")]
pub struct SaveError {
    /// The step.
    pub phase: Phase,
    /// What went wrong.
    pub fault: Fault,
    /// Where the source is now.
    pub rollback: Rollback,
}

/// A resume flow that failed. VCPUs of the destination are paused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("resuming failed in the step \"{phase}\": {fault}{}", reset_text(.reset))]
pub struct ResumeError {
    /// The step.
    pub phase: Phase,
    /// What went wrong.
    pub fault: Fault,
    /// Why a device could not be reset, if it could not.
    pub reset: Option<Box<Fault>>,
}

fn first_text(what: &str, first: &Option<u64>) -> String {
    first.map_or_else(String::new, |first| {
        format!("; the first {what} is {first}")
    })
}

fn page_requests_text(outstanding: &Option<u32>) -> String {
    outstanding.map_or_else(
        || "an unknown number of page requests were not answered".to_owned(),
        |count| format!("{count} page requests were not answered"),
    )
}

fn reset_text(reset: &Option<Box<Fault>>) -> String {
    reset.as_ref().map_or_else(String::new, |error| {
        format!("; the device reset failed: {error}")
    })
}
