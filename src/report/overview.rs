//! A machine from the beginning to the end of the run: steps, levels, link.

use super::lanes::{Band, Lanes, Level, Rate, Row};
use super::scale::{Axis, count, rate, time};
use slackwater_regs::state;
use slackwater_sim::migration::timeline::{Interval, Shown, Track, What};

/// A level of a machine that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The VCPUs run.
    Vcpus,
    /// The card's dirty log takes marks.
    Tracking,
    /// A request for a device_state is being worked on.
    Request,
    /// A bit of device_state.
    Running,
    /// The same.
    Saving,
    /// The same.
    Resuming,
    /// The same.
    Ndma,
    /// device_state is ERROR.
    Error,
    /// The gate is closed.
    Gate,
    /// DMA has come to rest.
    Quiesced,
    /// The device stands still.
    Frozen,
}

impl Signal {
    /// All of them, as they are drawn.
    pub const ALL: [Self; 11] = [
        Self::Vcpus,
        Self::Tracking,
        Self::Running,
        Self::Saving,
        Self::Resuming,
        Self::Ndma,
        Self::Error,
        Self::Request,
        Self::Gate,
        Self::Quiesced,
        Self::Frozen,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vcpus => "VCPUs",
            Self::Tracking => "dirty log",
            Self::Request => "request",
            Self::Running => "RUNNING",
            Self::Saving => "SAVING",
            Self::Resuming => "RESUMING",
            Self::Ndma => "NDMA",
            Self::Error => "ERROR",
            Self::Gate => "gate closed",
            Self::Quiesced => "QUIESCED",
            Self::Frozen => "frozen",
        }
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Vcpus => "the guest's virtual CPUs run",
            Self::Tracking => "DIRTY_TRACKING: the card logs the pages that it writes",
            Self::Request => "the card works on a request for another device_state",
            Self::Running => "device_state: the device may change its state and answers MMIO",
            Self::Saving => "device_state: the device streams its state out",
            Self::Resuming => "device_state: the device takes its state in",
            Self::Ndma => "device_state: the device issues no new DMA",
            Self::Error => "device_state is SAVING with RESUMING, which only a device reset leaves",
            Self::Gate => "no request of the device starts on the link",
            Self::Quiesced => {
                "no request is inside the core, none is outstanding, every mark has landed"
            }
            Self::Frozen => "nothing in the device changes, the core answers for it",
        }
    }

    fn is_set(self, shown: &Shown) -> bool {
        let Some(card) = &shown.card else {
            return self == Self::Vcpus && shown.vcpus_running;
        };
        let bits = card.device_state;
        let is_error = bits == state::ERROR;
        match self {
            Self::Vcpus => shown.vcpus_running,
            Self::Tracking => card.tracking,
            Self::Request => card.request_pending,
            Self::Running => bits & state::RUNNING != 0,
            Self::Saving => bits & state::SAVING != 0 && !is_error,
            Self::Resuming => bits & state::RESUMING != 0 && !is_error,
            Self::Ndma => bits & state::NDMA != 0,
            Self::Error => is_error,
            Self::Gate => card.gate_closed,
            Self::Quiesced => card.quiesced,
            Self::Frozen => card.frozen,
        }
    }

    /// Its row for a machine.
    pub fn row(self, track: &Track) -> Row {
        Row::Level(Level {
            name: self.name(),
            meaning: self.meaning(),
            first_of_its_kind: matches!(self, Self::Running | Self::Request),
            alarming: self == Self::Error,
            spans: track
                .changes
                .spans(track.end_cycle, |shown| self.is_set(shown)),
        })
    }
}

/// The steps of a machine: its start, its flow, and the guest's end on it.
pub fn steps(track: &Track) -> Vec<Band> {
    let named = track.moments.iter().filter_map(|moment| {
        let name = match moment.what {
            What::WarmUp => "the guest starts",
            What::Phase(phase) => phase.name(),
            What::Completing => "the guest completes its ring",
            _ => return None,
        };
        Some((moment.cycle, name))
    });
    let starts: Vec<_> = named.collect();
    let ends = starts
        .iter()
        .skip(1)
        .map(|next| next.0)
        .chain([track.end_cycle]);
    starts
        .iter()
        .zip(ends)
        .enumerate()
        .map(|(index, (&(start, name), end))| Band {
            number: index + 1,
            name: name.to_owned(),
            start,
            end,
        })
        .collect()
}

/// A machine from its first cycle to its last.
pub fn overview(track: &Track, side: &str, clock_hz: u64) -> Lanes {
    let axis = Axis {
        window: track.first_cycle.min(track.end_cycle)..track.end_cycle,
        zero: 0,
        clock_hz,
    };
    let mut rows = vec![Row::Bands(steps(track))];
    rows.extend(Signal::ALL.map(|signal| signal.row(track)));
    let link = |name, count: fn(&Interval) -> u64| link(track, name, clock_hz, count);
    rows.push(link("link to host", |interval| interval.to_host_bytes));
    rows.push(link("link to card", |interval| interval.to_card_bytes));
    rows.push(dma(track, clock_hz));
    Lanes {
        axis,
        axis_name: format!("{side} time"),
        rows,
    }
}

fn shares(track: &Track, top: f64, value: impl Fn(&Interval) -> u64) -> Vec<f64> {
    let share = |interval| value(interval) as f64 / top.max(f64::MIN_POSITIVE);
    track.traffic.intervals.iter().map(share).collect()
}

/// Use of one direction of the link.
fn link(track: &Track, name: &'static str, clock_hz: u64, value: fn(&Interval) -> u64) -> Row {
    let traffic = &track.traffic;
    let full =
        traffic.link_bytes_per_s as f64 * traffic.interval_cycles as f64 / clock_hz.max(1) as f64;
    let shares = shares(track, full, value);
    let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    let peak = shares.iter().copied().fold(0.0, f64::max);
    Row::Rate(Rate {
        name,
        note: format!(
            "mean {:.0}\u{a0}%, peak {:.0}\u{a0}%",
            mean * 100.0,
            peak * 100.0
        ),
        top: format!("100\u{a0}% = {}", rate(traffic.link_bytes_per_s)),
        start: traffic.first_cycle,
        interval_cycles: traffic.interval_cycles,
        shares,
    })
}

/// Writes and AtomicOps of the card.
fn dma(track: &Track, clock_hz: u64) -> Row {
    let traffic = &track.traffic;
    let per_ms = clock_hz as f64 / 1e3 / traffic.interval_cycles.max(1) as f64;
    let most = traffic
        .intervals
        .iter()
        .map(|interval| interval.dma_writes)
        .max();
    let top = nice_top(most.unwrap_or(0) as f64 * per_ms);
    let total: u64 = traffic
        .intervals
        .iter()
        .map(|interval| interval.dma_writes)
        .sum();
    Row::Rate(Rate {
        name: "DMA writes",
        note: format!("{} in all", count(total)),
        top: format!("{} per ms", count(top as u64)),
        start: traffic.first_cycle,
        interval_cycles: traffic.interval_cycles,
        shares: shares(track, top / per_ms.max(f64::MIN_POSITIVE), |interval| {
            interval.dma_writes
        }),
    })
}

/// A round number that is not below a value.
fn nice_top(value: f64) -> f64 {
    let value = value.max(1.0);
    let power = 10_f64.powf(value.log10().floor());
    let found = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|step| step * power >= value);
    found.unwrap_or(10.0) * power
}

/// In what steps the rates of a machine are counted, as a person should read it.
pub fn grain(track: &Track, clock_hz: u64) -> String {
    let cycles = track.traffic.interval_cycles;
    let ns = super::scale::ns(cycles, clock_hz);
    format!("{} cycles ({})", count(cycles), time(ns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use slackwater_sim::ports::Levels;

    #[test]
    fn error_is_neither_saving_nor_resuming() {
        let shown = Shown {
            card: Some(Levels {
                device_state: state::ERROR,
                ..Levels::default()
            }),
            ..Shown::default()
        };
        let set: Vec<_> = Signal::ALL
            .into_iter()
            .filter(|signal| signal.is_set(&shown))
            .collect();
        assert_eq!(set, [Signal::Error]);
    }

    #[test]
    fn tops_are_round() {
        let tops = [0.0, 1.0, 3.2, 700.0, 1000.0].map(nice_top);
        assert_eq!(tops, [1.0, 1.0, 5.0, 1000.0, 1000.0]);
    }
}
