//! A migration over time: what both cards held, what their links carried, when each step began.
//!
//! ```text
//!  Machine::step ─▶ Probe ─▶ Changes   levels, only where one changed
//!                       └──▶ Traffic   counts per interval, which doubles when there are too many
//!  Observer ─────────────────▶ Moment  steps and rounds of the flows
//! ```
//! Each machine has its own clock, and so has each [`Track`]: cycle k is the one that
//! [`Machine::now_cycles`] names. A level with cycle k held from the beginning of that cycle on.
//! However long a run is, a track stays below a megabyte; what it had to leave out it counts.
//!
//! [`Machine::now_cycles`]: crate::machine::Machine::now_cycles

mod changes;
mod costs;
mod recorder;
mod traffic;

pub use changes::{Change, Changes, MAX_CHANGES, Shown};
pub use costs::{Aftermath, Cost, Part, StopCosts};
pub use recorder::Recorder;
pub use traffic::{Interval, MAX_INTERVALS, Traffic};

use super::observer::Side;
use super::verdict::MigrationReport;
use serde::{Serialize, Serializer};
use slackwater_host::flow::Phase;

/// Moments of a track that are kept; steps are kept in any case.
pub const MAX_MOMENTS: usize = 4096;

/// A migration over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// Clock of both machines in Hz.
    pub clock_hz: u64,
    /// The machine that was left.
    pub source: Track,
    /// The machine that was entered.
    pub destination: Track,
}

impl Timeline {
    /// The track of a machine.
    pub fn track(&self, side: Side) -> &Track {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }

    /// What the stop was made of; `None` if the migration did not get to its end.
    pub fn stop(&self) -> Option<StopCosts> {
        StopCosts::of(self)
    }
}

/// A report with the timeline behind it: what is written as JSON when both are wanted.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WithTimeline<'a> {
    /// The figures, under the names that they have alone.
    #[serde(flatten)]
    pub report: &'a MigrationReport,
    /// The timeline.
    pub timeline: &'a Timeline,
}

/// One machine over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Track {
    /// The first cycle that was looked at.
    pub first_cycle: u64,
    /// The first cycle that was not.
    pub end_cycle: u64,
    /// Steps and rounds of the flow.
    pub moments: Vec<Moment>,
    /// Moments that found no room.
    pub missed_moments: u64,
    /// What the card and the VCPUs showed.
    pub changes: Changes,
    /// What the card's link carried.
    pub traffic: Traffic,
}

impl Track {
    pub(super) fn add(&mut self, cycle: u64, what: What) {
        let is_step = matches!(what, What::WarmUp | What::Phase(_) | What::Completing);
        if is_step || self.moments.len() < MAX_MOMENTS {
            self.moments.push(Moment { cycle, what });
        } else {
            self.missed_moments += 1;
        }
    }

    /// When a step of the flow began, if it did.
    pub fn phase_cycle(&self, phase: Phase) -> Option<u64> {
        self.first(|what| *what == What::Phase(phase))
    }

    /// The steps of the flow, each with the cycle in which it began.
    pub fn phases(&self) -> impl Iterator<Item = (u64, Phase)> {
        self.moments.iter().filter_map(|moment| match moment.what {
            What::Phase(phase) => Some((moment.cycle, phase)),
            _ => None,
        })
    }

    /// When something happened first.
    pub fn first(&self, mut is_it: impl FnMut(&What) -> bool) -> Option<u64> {
        let found = self.moments.iter().find(|moment| is_it(&moment.what));
        found.map(|moment| moment.cycle)
    }
}

/// Something that a flow told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The machine's cycle.
    pub cycle: u64,
    /// What it was.
    pub what: What,
}

/// What a flow told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The guest started its accelerator.
    WarmUp,
    /// A step of the flow began.
    Phase(#[serde(serialize_with = "phase_name")] Phase),
    /// Pages began to be sent.
    Sending {
        /// How many.
        pages: u64,
    },
    /// A round of pre-copy ended.
    Round {
        /// Which one, from 0.
        round: u32,
        /// Pages that were found dirty.
        dirty_pages: u64,
    },
    /// How long what is left would take.
    Remaining {
        /// Nanoseconds.
        ns: u64,
    },
    /// The flows were over, and the guest completed its ring on this side.
    Completing,
}

fn phase_name<S: Serializer>(phase: &Phase, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(phase.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_kept_when_there_is_no_room_for_more() {
        let mut track = Track::default();
        for cycle in 0..MAX_MOMENTS as u64 + 10 {
            track.add(cycle, What::Remaining { ns: cycle });
        }
        track.add(9999, What::Phase(Phase::StopCopy));
        assert_eq!(track.moments.len(), MAX_MOMENTS + 1);
        assert_eq!(track.missed_moments, 10);
        assert_eq!(track.phase_cycle(Phase::StopCopy), Some(9999));
        assert_eq!(track.phase_cycle(Phase::Halted), None);
    }
}
