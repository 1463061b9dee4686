//! Axes: from cycles to places, sensible ticks, and quantities as text.

use std::ops::Range;

/// Cycles that are shown from the left edge to the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The cycles.
    pub window: Range<u64>,
    /// The cycle that the ticks call zero.
    pub zero: u64,
    /// Clock in Hz.
    pub clock_hz: u64,
}

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Place in percent of the width.
    pub percent: f64,
    /// What stands there.
    pub label: String,
}

/// Ticks that an axis has at most, but for one.
const TICKS: u64 = 6;

impl Axis {
    /// Place of a cycle in percent of the width, within the axis.
    pub fn percent(&self, cycle: u64) -> f64 {
        let Range { start, end } = self.window;
        let cycles = end.saturating_sub(start).max(1);
        let inside = cycle.clamp(start, end.max(start)) - start;
        inside as f64 * 100.0 / cycles as f64
    }

    /// A number of cycles in nanoseconds.
    pub fn ns(&self, cycles: u64) -> f64 {
        ns(cycles, self.clock_hz)
    }

    /// The unit in which the ticks count.
    pub fn unit(&self) -> (&'static str, f64) {
        let span = self.ns(self.window.end.saturating_sub(self.window.start));
        unit_of(span)
    }

    /// Ticks at round times, from the zero on.
    pub fn ticks(&self) -> Vec<Tick> {
        let Range { start, end } = self.window;
        let span_ns = self.ns(end.saturating_sub(start));
        if span_ns <= 0.0 {
            return Vec::new();
        }
        let step_ns = round_step(span_ns / TICKS as f64);
        let at_ns = |cycle: u64| {
            let ns = self.ns(cycle.abs_diff(self.zero));
            if cycle < self.zero { -ns } else { ns }
        };
        let (first_ns, last_ns) = (at_ns(start), at_ns(end));
        let (_, unit_ns) = self.unit();
        let first = (first_ns / step_ns - 1e-9).ceil() as i64;
        let last = (last_ns / step_ns + 1e-9).floor() as i64;
        (first..=last)
            .map(|index| {
                let ns = index as f64 * step_ns;
                Tick {
                    percent: (ns - first_ns) * 100.0 / span_ns,
                    label: decimal(ns / unit_ns, step_ns / unit_ns),
                }
            })
            .collect()
    }
}

/// Cycles in nanoseconds.
pub fn ns(cycles: u64, clock_hz: u64) -> f64 {
    cycles as f64 * 1e9 / clock_hz.max(1) as f64
}

/// 1, 2 or 5 times a power of ten, not below `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let mantissa = least / power;
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|step| mantissa <= step * (1.0 + 1e-9));
    round.unwrap_or(10.0) * power
}

/// A number with as many decimals as its step needs.
fn decimal(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    // A value that rounds to zero has no sign.
    let value = if value.abs() < step / 2.0 { 0.0 } else { value };
    format!("{value:.decimals$}").replace('-', "\u{2212}")
}

fn unit_of(ns: f64) -> (&'static str, f64) {
    match ns {
        _ if ns < 1e3 => ("ns", 1.0),
        _ if ns < 1e6 => ("\u{b5}s", 1e3),
        _ if ns < 1e9 => ("ms", 1e6),
        _ => ("s", 1e9),
    }
}

/// A time with its unit, three significant digits or more.
pub fn time(ns: f64) -> String {
    let (unit, unit_ns) = unit_of(ns);
    let value = ns / unit_ns;
    let decimals = match value {
        _ if unit == "ns" => 0,
        _ if value < 10.0 => 2,
        _ if value < 1000.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}\u{a0}{unit}")
}

/// A whole number in groups of three digits.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the largest unit that leaves a number of at least 1, powers of 1024.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value.fract() > 0.0);
    format!("{value:.decimals$}\u{a0}{}", UNITS[unit])
}

/// Bytes a second, powers of 1000.
pub fn rate(bytes_per_s: u64) -> String {
    let value = bytes_per_s as f64;
    match value {
        _ if value >= 1e9 => format!("{:.2}\u{a0}GB/s", value / 1e9),
        _ if value >= 1e6 => format!("{:.0}\u{a0}MB/s", value / 1e6),
        _ => format!("{:.0}\u{a0}kB/s", value / 1e3),
    }
}

/// The same of a network, in bits a second.
pub fn network(bytes_per_s: u64) -> String {
    let gigabits = bytes_per_s as f64 * 8.0 / 1e9;
    let decimals = if gigabits.fract() == 0.0 { 0 } else { 2 };
    format!("{gigabits:.decimals$}\u{a0}Gbit/s")
}

/// A place or length in percent, short.
pub fn percent(value: f64) -> String {
    let text = format!("{value:.3}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(window: Range<u64>, zero: u64) -> Axis {
        Axis {
            window,
            zero,
            clock_hz: 125_000_000,
        }
    }

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        // 20 ms.
        assert_eq!(labels(&axis(0..2_500_000, 0)), ["0", "5", "10", "15", "20"]);
        // 2.4 us, from 0.4 us before the zero.
        let zoom = axis(950..1250, 1000);
        assert_eq!(labels(&zoom), ["0.0", "0.5", "1.0", "1.5", "2.0"]);
        let ticks = zoom.ticks();
        assert!((ticks[0].percent - zoom.percent(1000)).abs() < 1e-9);
        for cycles in 1..3000 {
            let ticks = axis(7..7 + cycles * cycles, 7).ticks();
            assert!(
                (2..=TICKS as usize + 1).contains(&ticks.len()),
                "{cycles}: {ticks:?}"
            );
            assert!(
                ticks
                    .iter()
                    .all(|tick| (-0.001..=100.001).contains(&tick.percent))
            );
            let mut labels: Vec<_> = ticks.iter().map(|tick| &tick.label).collect();
            labels.dedup();
            assert_eq!(labels.len(), ticks.len(), "{cycles}: {ticks:?}");
        }
    }

    #[test]
    fn an_axis_of_nothing_has_no_ticks() {
        assert!(axis(5..5, 5).ticks().is_empty());
        assert_eq!(axis(5..5, 5).percent(5), 0.0);
        assert_eq!(axis(5..15, 5).percent(99), 100.0);
    }

    #[test]
    fn quantities_have_units() {
        assert_eq!(time(8.0), "8\u{a0}ns");
        assert_eq!(time(2224.0), "2.22\u{a0}\u{b5}s");
        assert_eq!(time(256_736.0), "256.7\u{a0}\u{b5}s");
        assert_eq!(time(19.5e6), "19.5\u{a0}ms");
        assert_eq!(count(65_536), "65\u{202f}536");
        assert_eq!(count(12), "12");
        assert_eq!(bytes(256 << 20), "256\u{a0}MiB");
        assert_eq!(bytes(1536), "1.5\u{a0}KiB");
        assert_eq!(rate(500_000_000), "500\u{a0}MB/s");
        assert_eq!(network(12_500_000_000), "100\u{a0}Gbit/s");
        assert_eq!(network(156_250_000), "1.25\u{a0}Gbit/s");
        assert_eq!(percent(12.5), "12.5%");
        assert_eq!(percent(0.0), "0%");
    }
}
