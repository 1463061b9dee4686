//! Levels, only where one of them changed.

use crate::machine::Machine;
use crate::ports::Levels;
use serde::Serialize;
use std::collections::VecDeque;

/// Changes of a track that are kept: the last ones.
pub const MAX_CHANGES: usize = 4096;

/// What a machine with one card shows in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What the card holds; `None` if it cannot tell.
    pub card: Option<Levels>,
    /// The VCPUs run.
    pub vcpus_running: bool,
    /// Writes of the VCPUs are logged.
    pub cpu_tracking: bool,
}

impl Shown {
    /// A machine as it is, with its first card.
    pub fn of(machine: &Machine) -> Self {
        let slot = machine.slots.first();
        Self {
            card: slot.and_then(|slot| slot.card.levels()),
            vcpus_running: machine.vcpus_running,
            cpu_tracking: machine.cpu_dirty.is_logging(),
        }
    }
}

/// A change of some level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The first cycle in which it was so.
    pub cycle: u64,
    /// What was shown from then on.
    pub shown: Shown,
}

/// The levels of a machine over time.
///
/// The last [`MAX_CHANGES`] changes are kept: the stop, which is looked at most closely,
/// comes late. What was before the first of them is not known any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    kept: VecDeque<Change>,
    /// Earlier changes that were given up.
    dropped: u64,
}

impl Changes {
    /// Takes what is shown in a cycle.
    pub(super) fn push(&mut self, cycle: u64, shown: Shown) {
        if let Some(last) = self.kept.back_mut() {
            if last.shown == shown {
                return;
            }
            if last.cycle == cycle {
                // The flow did something between two clocks: nothing was so for a whole cycle.
                last.shown = shown;
                return;
            }
        }
        if self.kept.len() == MAX_CHANGES {
            self.kept.pop_front();
            self.dropped += 1;
        }
        self.kept.push_back(Change { cycle, shown });
    }

    /// Changes that were given up.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether the card could tell its levels all the time.
    pub fn card_told(&self) -> bool {
        self.kept.iter().all(|change| change.shown.card.is_some())
    }

    /// All that are kept, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.kept.iter()
    }

    /// The first cycle at or behind `from` in which a condition holds.
    pub fn first(&self, from: u64, mut holds: impl FnMut(&Shown) -> bool) -> Option<u64> {
        let after = self.kept.partition_point(|change| change.cycle <= from);
        let present = after.checked_sub(1).and_then(|index| self.kept.get(index));
        if present.is_some_and(|change| holds(&change.shown)) {
            return Some(from);
        }
        let mut later = self.kept.range(after..);
        let found = later.find(|change| holds(&change.shown));
        found.map(|change| change.cycle)
    }

    /// Stretches of cycles, first and one behind the last, in which a condition holds.
    pub fn spans(&self, end: u64, mut holds: impl FnMut(&Shown) -> bool) -> Vec<(u64, u64)> {
        let mut spans = Vec::new();
        let mut since = None;
        for change in &self.kept {
            match (since, holds(&change.shown)) {
                (None, true) => since = Some(change.cycle),
                (Some(start), false) => {
                    spans.push((start, change.cycle));
                    since = None;
                }
                _ => {}
            }
        }
        if let Some(start) = since
            && start < end
        {
            spans.push((start, end));
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(vcpus_running: bool) -> Shown {
        Shown {
            vcpus_running,
            ..Shown::default()
        }
    }

    #[test]
    fn only_changes_are_kept_and_spans_come_back() {
        let mut changes = Changes::default();
        for cycle in 0..100 {
            changes.push(cycle, running((10..20).contains(&cycle) || cycle >= 70));
        }
        assert_eq!(changes.iter().count(), 4);
        let is_running = |shown: &Shown| shown.vcpus_running;
        assert_eq!(changes.spans(100, is_running), [(10, 20), (70, 100)]);
        assert_eq!(changes.first(0, is_running), Some(10));
        assert_eq!(changes.first(15, is_running), Some(15));
        assert_eq!(changes.first(20, is_running), Some(70));
        assert_eq!(changes.first(80, |shown| !shown.vcpus_running), None);
    }

    #[test]
    fn what_held_for_no_cycle_is_not_kept() {
        let mut changes = Changes::default();
        changes.push(5, running(true));
        changes.push(5, running(false));
        assert!(changes.spans(9, |shown| shown.vcpus_running).is_empty());
    }

    #[test]
    fn the_last_changes_are_kept() {
        let mut changes = Changes::default();
        let all = MAX_CHANGES as u64 + 100;
        for cycle in 0..all {
            changes.push(cycle, running(cycle % 2 == 1));
        }
        assert_eq!(changes.dropped(), 100);
        assert_eq!(changes.iter().next().unwrap().cycle, 100);
        assert_eq!(changes.iter().last().unwrap().cycle, all - 1);
    }
}
