//! What a card's link carried, per interval.

use crate::machine::Machine;
use serde::Serialize;

/// Intervals that are kept; with one more, each two become one.
pub const MAX_INTERVALS: usize = 1024;
/// Cycles of an interval at first.
const FIRST_INTERVAL_CYCLES: u64 = 64;

/// What happened in an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Interval {
    /// Bytes on the link towards the host, with framing.
    pub to_host_bytes: u64,
    /// Bytes on the link towards the card, with framing.
    pub to_card_bytes: u64,
    /// Memory writes of the card that reached memory, and AtomicOps that were executed.
    pub dma_writes: u64,
}

impl Interval {
    fn and(self, other: Self) -> Self {
        Self {
            to_host_bytes: self.to_host_bytes + other.to_host_bytes,
            to_card_bytes: self.to_card_bytes + other.to_card_bytes,
            dma_writes: self.dma_writes + other.dma_writes,
        }
    }

    /// All that a machine's first card has done so far.
    fn total(machine: &Machine) -> Self {
        let root_complex = &machine.root_complex;
        let (to_host_bytes, to_card_bytes) = root_complex.carried_bytes(0).unwrap_or_default();
        let writes = |report: &crate::root_complex::Report| report.memory_writes + report.atomics;
        Self {
            to_host_bytes,
            to_card_bytes,
            dma_writes: root_complex.report(0).map_or(0, writes),
        }
    }
}

/// What a card's link carried over time. What fills no interval at the end is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Where the first interval begins.
    pub first_cycle: u64,
    /// Cycles of an interval.
    pub interval_cycles: u64,
    /// Bytes a second that the link carries in one direction, framing counted.
    pub link_bytes_per_s: u64,
    /// The intervals, one behind the other.
    pub intervals: Vec<Interval>,
    /// The counters when the last interval ended.
    #[serde(skip)]
    counted: Interval,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            first_cycle: 0,
            interval_cycles: FIRST_INTERVAL_CYCLES,
            link_bytes_per_s: 0,
            intervals: Vec::new(),
            counted: Interval::default(),
        }
    }
}

impl Traffic {
    /// Begins with a machine as it is.
    pub(super) fn begin(machine: &Machine) -> Self {
        Self {
            first_cycle: machine.now_cycles(),
            link_bytes_per_s: machine.root_complex.config().link.speed.bytes_per_second(),
            counted: Interval::total(machine),
            ..Self::default()
        }
    }

    /// One behind the last cycle of the last interval.
    pub fn end_cycle(&self) -> u64 {
        self.first_cycle + self.interval_cycles * self.intervals.len() as u64
    }

    /// Takes what there is in this cycle, if an interval ends with it.
    #[inline]
    pub(super) fn look(&mut self, machine: &Machine) {
        if machine.now_cycles() >= self.end_cycle() + self.interval_cycles {
            self.close(Interval::total(machine));
        }
    }

    fn close(&mut self, total: Interval) {
        let counted = std::mem::replace(&mut self.counted, total);
        // A counter only falls if it began anew, as with a new port.
        let step = |counted: u64, total: u64| total.checked_sub(counted).unwrap_or(total);
        let interval = Interval {
            to_host_bytes: step(counted.to_host_bytes, total.to_host_bytes),
            to_card_bytes: step(counted.to_card_bytes, total.to_card_bytes),
            dma_writes: step(counted.dma_writes, total.dma_writes),
        };
        self.intervals.push(interval);
        if self.intervals.len() == MAX_INTERVALS {
            let pairs = self.intervals.chunks_exact(2);
            self.intervals = pairs.map(|pair| pair[0].and(pair[1])).collect();
            self.interval_cycles *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_double_and_lose_nothing() {
        let mut traffic = Traffic::default();
        let total = |n: u64| Interval {
            to_host_bytes: 3 * n,
            to_card_bytes: 0,
            dma_writes: n,
        };
        for n in 1..=3 * MAX_INTERVALS as u64 {
            traffic.close(total(n));
        }
        assert!(traffic.intervals.len() < MAX_INTERVALS);
        assert!(traffic.interval_cycles > 2 * FIRST_INTERVAL_CYCLES);
        let sum = traffic
            .intervals
            .iter()
            .fold(Interval::default(), |a, b| a.and(*b));
        assert_eq!(sum, total(3 * MAX_INTERVALS as u64));
    }

    #[test]
    fn a_counter_may_begin_anew() {
        let mut traffic = Traffic::default();
        for to_host_bytes in [100, 160, 30, 50] {
            traffic.close(Interval {
                to_host_bytes,
                ..Interval::default()
            });
        }
        let bytes: Vec<u64> = traffic.intervals.iter().map(|i| i.to_host_bytes).collect();
        assert_eq!(bytes, [100, 60, 30, 20]);
    }
}
