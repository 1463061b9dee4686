//! Who records: an observer that also puts a probe into both machines.

use super::changes::Shown;
use super::traffic::Traffic;
use super::{Timeline, Track, What};
use crate::machine::{Machine, Probe};
use crate::migration::observer::{Event, Observer, Side};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Shared = Arc<Mutex<Recording>>;

#[derive(Default)]
struct Recording {
    track: Track,
    begun: bool,
    clock_hz: u64,
}

impl Recording {
    /// Begins with the machine's first event.
    fn begin(&mut self, machine: &Machine) {
        self.begun = true;
        self.clock_hz = machine.clock_hz();
        self.track.first_cycle = machine.now_cycles();
        self.track.traffic = Traffic::begin(machine);
    }

    fn look(&mut self, machine: &Machine) {
        let now = machine.now_cycles();
        self.track.end_cycle = now + 1;
        self.track.changes.push(now, Shown::of(machine));
        self.track.traffic.look(machine);
    }
}

fn lock(recording: &Shared) -> MutexGuard<'_, Recording> {
    recording.lock().unwrap_or_else(PoisonError::into_inner)
}

struct TrackProbe(Shared);

impl Probe for TrackProbe {
    fn look(&mut self, machine: &Machine) {
        lock(&self.0).look(machine);
    }
}

/// Records a migration, and hands its events on.
///
/// It only looks: a run has the same cycles with and without it. Recording begins with the
/// first event of each side: on the source before the guest starts, on the destination with its flow.
pub struct Recorder<'a> {
    next: &'a dyn Observer,
    source: Shared,
    destination: Shared,
}

impl<'a> Recorder<'a> {
    /// A recorder before another observer.
    pub fn before(next: &'a dyn Observer) -> Self {
        Self {
            next,
            source: Shared::default(),
            destination: Shared::default(),
        }
    }

    /// What was recorded.
    pub fn into_timeline(self) -> Timeline {
        let take = |recording: &Shared| std::mem::take(&mut *lock(recording));
        let (source, destination) = (take(&self.source), take(&self.destination));
        Timeline {
            clock_hz: source.clock_hz.max(destination.clock_hz),
            source: source.track,
            destination: destination.track,
        }
    }
}

impl Observer for Recorder<'_> {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        let shared = match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        };
        let mut recording = lock(shared);
        if !recording.begun {
            recording.begin(machine);
            machine.probe = Some(Box::new(TrackProbe(Arc::clone(shared))));
        }
        recording.look(machine);
        let what = match event {
            Event::WarmUp => Some(What::WarmUp),
            Event::Phase(phase) => Some(What::Phase(phase)),
            Event::Pages { done: 0, total } => Some(What::Sending { pages: total }),
            Event::Pages { .. } => None,
            // The destination only repeats what the source tells it.
            Event::Round { .. } if side == Side::Destination => None,
            Event::Round { round, dirty_pages } => Some(What::Round { round, dirty_pages }),
            Event::Remaining { ns } => Some(What::Remaining { ns }),
            Event::Completing => Some(What::Completing),
        };
        if let Some(what) = what {
            recording.track.add(machine.now_cycles(), what);
        }
        drop(recording);
        self.next.event(side, event, machine);
    }

    fn completed(&self, side: Side, machine: &mut Machine) {
        self.next.completed(side, machine);
    }

    fn dies(&self, side: Side) -> bool {
        self.next.dies(side)
    }
}
