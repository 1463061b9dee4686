//! Who watches a migration, and may meddle with it.

use crate::machine::Machine;
use serde::Serialize;
use slackwater_host::flow::{Phase, Progress};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One of the two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The machine that is left.
    Source,
    /// The machine that is entered.
    Destination,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Source => "source",
            Self::Destination => "destination",
        })
    }
}

/// What happens in a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The guest gets its accelerator going, before anything is logged.
    WarmUp,
    /// A step of a flow begins.
    Phase(Phase),
    /// So many pages of the present step are done.
    Pages {
        /// Done so far.
        done: u64,
        /// All of them.
        total: u64,
    },
    /// A round of pre-copy has ended.
    Round {
        /// Which one, from 0.
        round: u32,
        /// Pages that were found dirty; 0 on the destination.
        dirty_pages: u64,
    },
    /// What is left after the round would take so long to send.
    Remaining {
        /// Estimate in nanoseconds.
        ns: u64,
    },
    /// The flows are over, the guest completes its ring on this side.
    Completing,
}

/// Watches a migration. It may change the machine, as for fault injection.
///
/// The calls of one side come in order. Those of the two sides come from two threads.
pub trait Observer: Sync {
    /// Something happens on a machine.
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        let _ = (side, event, machine);
    }

    /// The guest has completed its ring, or has not got there: nothing follows on this side.
    fn completed(&self, side: Side, machine: &mut Machine) {
        let _ = (side, machine);
    }

    /// Whether the VMM of this side dies now, without a word. Asked on the destination after each step.
    fn dies(&self, side: Side) -> bool {
        let _ = side;
        false
    }
}

impl Observer for () {}

/// Hands a flow's progress to an observer.
pub(super) struct Reporter<'a> {
    pub side: Side,
    pub machine: &'a Arc<Mutex<Machine>>,
    pub observer: &'a dyn Observer,
}

impl Reporter<'_> {
    pub(super) fn event(&self, event: Event) {
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        self.observer.event(self.side, event, &mut machine);
    }
}

impl Progress for Reporter<'_> {
    fn phase(&mut self, phase: Phase) {
        self.event(Event::Phase(phase));
    }

    fn pages(&mut self, done: u64, total: u64) {
        self.event(Event::Pages { done, total });
    }

    fn round(&mut self, round: u32, dirty_pages: u64) {
        self.event(Event::Round { round, dirty_pages });
    }

    fn remaining(&mut self, ns: u64) {
        self.event(Event::Remaining { ns });
    }
}
