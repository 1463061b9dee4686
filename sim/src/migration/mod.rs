//! A live migration from one simulated machine to another, seen from outside.
//!
//! ```text
//!   source machine                                     destination machine
//!  ┌────────────────────┐   host::flow::save           ┌────────────────────┐
//!  │ guest ─▶ memory    │ ═══════ pages, ═════════════▶│ memory             │
//!  │   │        ▲ IOMMU │         device state         │        ▲ IOMMU     │
//!  │   └─▶ card ┘       │          host::flow::resume  │  card ─┘           │
//!  └────────────────────┘                              └────────────────────┘
//!            └──────────────── verdict ────────────────────────┘
//! ```
//! [`Migration`] builds both machines, lets the [`guest`] keep the accelerator busy,
//! runs the two flows of the host driver on two threads, and moves the guest with its
//! machine. When everything is loaded and both machines stand still, [`verdict`] compares
//! every page and every word of device state: it looks into the machines, not into the
//! dirty log. After that the guest must complete the ring that was interrupted.
//!
//! Two processes do the same over any connection, each with its machine ([`remote`]); there
//! digests of memory and devices are compared, and the guest goes along as bytes.
//!
//! Neither flow reads the other machine's clock, so one seed gives the same cycles each time.

pub mod config;
pub mod fault;
pub mod guest;
mod node;
pub mod observer;
pub mod platform;
pub mod remote;
pub mod scenario;
pub mod timeline;
pub mod traced;
pub mod verdict;

pub use config::MigrationConfig;
pub use guest::{Guest, GuestProfile, GuestReport, Mix, Place, Team};
pub use observer::{Event, Observer, Side};
pub use platform::SimPlatform;
pub use remote::{Departing, Departure, Received, receive};
pub use scenario::{Migration, Outcome, Tap};
pub use timeline::{Recorder, Timeline};
pub use traced::{TracePlan, TraceStart, TracedCard};
pub use verdict::{Comparison, MigrationReport};

use crate::backend::BackendError;
use crate::iommu::IommuError;
use crate::machine::MachineError;
use slackwater_host::flow::LinkError;
use slackwater_host::function::AccessError;
use slackwater_host::workload::RingError;
use slackwater_host::{OpenError, RegisterError, StateError};
use std::io;
use thiserror::Error;

/// A migration that cannot be begun.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The memory size is 0, no multiple of the page size, too small, or larger than the log covers.
    #[error("a memory size of {bytes} bytes cannot be migrated: {expected}")]
    MemorySize {
        /// Size that was asked for.
        bytes: u64,
        /// What it must be.
        expected: String,
    },
    /// An option of the scenario makes no sense.
    #[error("{option} is {value}: {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: u64,
        /// What it must be.
        expected: &'static str,
    },
    /// The design cannot be simulated.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A machine cannot be made.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The guest's rings cannot be made.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// A DMA mapping or a BAR was refused.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A mapping of the cards' IOMMUs was refused.
    #[error(transparent)]
    Iommu(#[from] IommuError),
    /// A device could not be reset.
    #[error(transparent)]
    Reset(#[from] StateError),
    /// A register could not be read.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A card is not what the driver needs.
    #[error("the {side} device cannot be opened: {error}")]
    Open {
        /// Which machine.
        side: Side,
        /// Why.
        error: OpenError,
    },
    /// The guest did not get going.
    #[error(
        "the guest has completed {completed} of {wanted} jobs after {cycles} cycles: {failure}"
    )]
    WarmUp {
        /// Jobs that were completed.
        completed: u64,
        /// Jobs that were to be completed before the migration begins.
        wanted: u64,
        /// Cycles that this took.
        cycles: u64,
        /// First failure that the guest noticed.
        failure: String,
    },
    /// The source does not begin as a source does.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}
