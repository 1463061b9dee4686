//! What the quiesce and the downtime were made of.

use super::{Shown, Timeline, Track, What};
use crate::migration::observer::Side;
use serde::Serialize;
use slackwater_host::flow::Phase;
use slackwater_regs::state;

/// A part of the stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// From the host's request until the card works on it.
    Request,
    /// Until the gate is closed.
    GateCloses,
    /// Until DMA has come to rest.
    Quiesces,
    /// Until the new device_state is there.
    StateChanges,
    /// Until the host has seen it.
    HostSees,
    /// The last look at the dirty logs, with the VCPUs paused.
    LastLook,
    /// Until the device is stopped in SAVING.
    DeviceStops,
    /// The rest of the device's state is read.
    StateStream,
    /// The last dirty pages are sent.
    LastPages,
    /// Logging is ended and the source halted.
    Halt,
    /// The destination's device checks its state and takes it over.
    Load,
    /// Until the destination's device runs without DMA.
    ResumeGrace,
    /// Until it runs and the VCPUs too.
    Resume,
}

impl Part {
    /// What a person should read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "the request reaches the card",
            Self::GateCloses => "the packet in flight ends, the gate is closed",
            Self::Quiesces => "what is outstanding comes home: QUIESCED",
            Self::StateChanges => "firmware answers: NDMA is set",
            Self::HostSees => "the host sees the answer",
            Self::LastLook => "last look at the dirty logs",
            Self::DeviceStops => "SAVING: the device is frozen",
            Self::StateStream => "the rest of the device's state is read",
            Self::LastPages => "the last dirty pages are sent",
            Self::Halt => "logging ends, the source is halted",
            Self::Load => "the device checks its state and takes it over",
            Self::ResumeGrace => "NDMA|RUNNING",
            Self::Resume => "RUNNING, and the VCPUs run",
        }
    }

    /// The machine on whose clock it runs.
    pub const fn side(self) -> Side {
        match self {
            Self::Load | Self::ResumeGrace | Self::Resume => Side::Destination,
            _ => Side::Source,
        }
    }
}

/// What a part cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// The part.
    pub part: Part,
    /// Its first cycle, on the clock of its machine.
    pub from_cycle: u64,
    /// How long it took.
    pub cycles: u64,
}

/// What the quiesce and the downtime were made of, part by part without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StopCosts {
    /// The VCPUs run while the device stops its DMA.
    pub quiesce: Vec<Cost>,
    /// No VCPU runs: on the source, then on the destination.
    pub downtime: Vec<Cost>,
}

impl StopCosts {
    pub(super) fn of(timeline: &Timeline) -> Option<Self> {
        let Timeline {
            source,
            destination,
            ..
        } = timeline;
        let request = source.phase_cycle(Phase::IommuGrace)?;
        let seen = source.phase_cycle(Phase::PageFaults)?;
        let paused = source.phase_cycle(Phase::PeerGrace)?;
        let stop_copy = source.phase_cycle(Phase::StopCopy)?;
        let handover = source.phase_cycle(Phase::Handover)?;
        let halted = source.phase_cycle(Phase::Halted)?;
        let loading = destination.phase_cycle(Phase::Loading)?;
        let grace = destination.phase_cycle(Phase::ResumeGrace)?;
        let running = destination.phase_cycle(Phase::Running)?;
        let quiesce = chain(
            request,
            [
                (Part::Request, source.card(request, |c| c.request_pending)),
                (Part::GateCloses, source.card(request, |c| c.gate_closed)),
                (Part::Quiesces, source.card(request, |c| c.quiesced)),
                (
                    Part::StateChanges,
                    source.card(request, |c| c.device_state & state::NDMA != 0),
                ),
                (Part::HostSees, Some(seen)),
            ],
        );
        let stopped = source.card(stop_copy, |c| c.device_state & state::RUNNING == 0);
        let streamed = source.moments.iter().find(|moment| {
            moment.cycle >= stop_copy && matches!(moment.what, What::Sending { .. })
        });
        let mut downtime = chain(
            paused,
            [
                (Part::LastLook, Some(stop_copy)),
                (Part::DeviceStops, stopped),
                (Part::StateStream, streamed.map(|moment| moment.cycle)),
                (Part::LastPages, Some(handover)),
                (Part::Halt, Some(halted)),
            ],
        );
        let granted = destination.card(grace, |c| c.device_state == state::RUNNING | state::NDMA);
        downtime.extend(chain(
            loading,
            [
                (Part::Load, Some(grace)),
                (Part::ResumeGrace, granted),
                (Part::Resume, Some(running)),
            ],
        ));
        Some(Self { quiesce, downtime })
    }

    /// How long the device took to stop its DMA.
    pub fn quiesce_cycles(&self) -> u64 {
        self.quiesce.iter().map(|cost| cost.cycles).sum()
    }

    /// How long no VCPU ran.
    pub fn downtime_cycles(&self) -> u64 {
        self.downtime.iter().map(|cost| cost.cycles).sum()
    }
}

impl Track {
    /// The first cycle at or behind `from` in which the card shows something.
    fn card(&self, from: u64, shows: impl Fn(&crate::ports::Levels) -> bool) -> Option<u64> {
        let shows = |shown: &Shown| shown.card.is_some_and(|card| shows(&card));
        self.changes.first(from, shows)
    }

    /// Where the machine is after a flow that failed.
    pub fn aftermath(&self) -> Aftermath {
        if !self.changes.card_told() {
            return Aftermath::Unknown;
        }
        let Some((from, _)) = self.phases().last() else {
            return Aftermath::NeverLeft;
        };
        let runs = |shown: &Shown| {
            let state = shown.card.map(|card| card.device_state);
            shown.vcpus_running && state == Some(state::RUNNING)
        };
        let end = self.first(|what| *what == What::Completing);
        let end = end.map_or(self.end_cycle, |end| end + 1);
        match self.changes.spans(end, runs).last() {
            Some(&(start, stop)) if stop < end || start >= end => Aftermath::NotRunning,
            Some(&(start, _)) if start > from => Aftermath::RanAgain(start),
            Some(_) => Aftermath::NeverLeft,
            None => Aftermath::NotRunning,
        }
    }
}

/// Where a machine is after a flow that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// It was in RUNNING with its VCPUs all the time of the last step.
    NeverLeft,
    /// From this cycle on it is in RUNNING with its VCPUs again.
    RanAgain(u64),
    /// It is not.
    NotRunning,
    /// Its card does not tell.
    Unknown,
}

/// Parts from a first cycle on, each to its own end. A part that was not seen to end, or
/// ended out of turn, is in the next one.
fn chain<const N: usize>(mut from: u64, ends: [(Part, Option<u64>); N]) -> Vec<Cost> {
    let mut last_end = ends[N - 1].1.unwrap_or(from);
    last_end = last_end.max(from);
    let mut costs = Vec::new();
    for (part, end) in ends {
        let Some(end) = end.filter(|end| (from..=last_end).contains(end)) else {
            continue;
        };
        costs.push(Cost {
            part,
            from_cycle: from,
            cycles: end - from,
        });
        from = end;
    }
    costs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_without_a_gap_and_what_is_out_of_turn_is_joined() {
        let costs = chain(
            10,
            [
                (Part::Request, Some(12)),
                (Part::GateCloses, None),
                (Part::Quiesces, Some(40)),
                (Part::StateChanges, Some(11)),
                (Part::HostSees, Some(30)),
            ],
        );
        let parts: Vec<_> = costs
            .iter()
            .map(|c| (c.part, c.from_cycle, c.cycles))
            .collect();
        assert_eq!(parts, [(Part::Request, 10, 2), (Part::HostSees, 12, 18)]);
    }
}
