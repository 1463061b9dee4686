//! Random signals, the reader, and what differs between the two.

use slackwater_verilog::wave::{Capture, Kind, Recorded, Recorder, Signal, Wave};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Picoseconds of a cycle.
pub const CYCLE: u64 = 8_000;
pub const FORMATS: [&str; 2] = ["vcd", "fst"];
pub const WIDTHS: [u32; 7] = [1, 5, 32, 33, 64, 65, 200];

/// A file of its own for each test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let name = format!("slackwater-wave-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

pub fn signal(name: &str, width: u32, kind: Kind) -> Signal {
    Signal {
        path: name.split('.').map(String::from).collect(),
        width,
        kind,
    }
}

/// What is in a file.
pub struct Reading {
    /// The changes of every signal: times and values as binary digits.
    pub changes: HashMap<String, Vec<(u64, String)>>,
    /// The last time, where a viewer stops drawing.
    end: u64,
}

impl Reading {
    pub fn of(path: &Path) -> Self {
        let mut wave = wellen::simple::read(path).expect("a wave that can be read");
        let variables: Vec<_> = wave
            .hierarchy()
            .all_vars()
            .map(|var| {
                let var = &wave.hierarchy()[var];
                (var.full_name(wave.hierarchy()), var.signal_ref())
            })
            .collect();
        wave.load_signals(&variables.iter().map(|(_, id)| *id).collect::<Vec<_>>());
        let times = wave.time_table().to_vec();
        let changes = |id| {
            wave.get_signal(id)
                .into_iter()
                .flat_map(|signal| signal.iter_changes())
                .map(|(time, value)| (times[time as usize], value.to_string()))
                .collect()
        };
        Self {
            changes: variables
                .into_iter()
                .map(|(name, id)| (name, changes(id)))
                .collect(),
            end: times.last().copied().unwrap_or(0),
        }
    }

    /// The value at a time; `None` is unknown.
    pub fn at(&self, name: &str, time: u64) -> Option<&str> {
        if time >= self.end {
            return None;
        }
        let changes = &self.changes[name];
        let behind = changes.partition_point(|(from, _)| *from <= time);
        let (_, value) = changes.get(behind.checked_sub(1)?)?;
        (!value.contains('x')).then_some(value)
    }

    /// The recorded cycles, by a signal that is never unknown in them.
    pub fn cycles(&self, name: &str, cycles: u64) -> Vec<u64> {
        (0..cycles)
            .filter(|cycle| self.at(name, cycle * CYCLE).is_some())
            .collect()
    }
}

pub fn digits(words: &[u64], width: u32) -> String {
    (0..width)
        .rev()
        .map(|bit| char::from(b'0' + (words[bit as usize / 64] >> (bit % 64) & 1) as u8))
        .collect()
}

/// Signals of all widths in nested scopes, in no order, and samples of them.
pub struct Random {
    pub signals: Vec<Signal>,
    /// By cycle, then by signal.
    pub samples: Vec<Vec<Vec<u64>>>,
}

impl Random {
    pub fn new(seed: u64, cycles: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let scopes = ["top", "top.core", "top.core.tx$1", "top.link", "other"];
        let kinds = [Kind::Wire, Kind::Register, Kind::Input, Kind::Output];
        let mut signals = vec![
            signal("top.clock", 1, Kind::Clock),
            signal("top.core.gated", 1, Kind::Clock),
        ];
        for index in 0..40 {
            let scope = random.choice(scopes).expect("a scope");
            let width = WIDTHS[index % WIDTHS.len()];
            let kind = random.choice(kinds).expect("a kind");
            signals.push(signal(&format!("{scope}.s{index}$q"), width, kind));
        }
        random.shuffle(&mut signals);
        let mut now: Vec<Vec<u64>> = signals
            .iter()
            .map(|signal| vec![0; signal.width.div_ceil(64) as usize])
            .collect();
        let samples = (0..cycles)
            .map(|_| {
                for (signal, words) in signals.iter().zip(&mut now) {
                    if signal.path[1] == "clock" {
                        words[0] = 1;
                    } else if random.u8(..4) == 0 {
                        // One word at a time, so that wide signals change in part.
                        let word = random.usize(..words.len());
                        words[word] = random.u64(..) >> random.u32(..64);
                        let top = words.len() - 1;
                        words[top] &= u64::MAX >> (64 * words.len() as u32 - signal.width);
                    }
                }
                now.clone()
            })
            .collect();
        Self { signals, samples }
    }

    pub fn record(&self, path: &Path, capture: Capture) -> Recorded {
        let wave = Wave::create(path, &self.signals, CYCLE).expect("a wave");
        let mut recorder = Recorder::new(wave, capture).expect("a recorder");
        for (cycle, sample) in self.samples.iter().enumerate() {
            recorder.sample(cycle as u64, |signal, words| {
                words.copy_from_slice(&sample[signal]);
            });
        }
        recorder.finish().expect("no error")
    }

    /// Where a file differs from the samples, if `recorded` cycles are in it.
    pub fn differences(&self, reading: &Reading, recorded: impl Fn(u64) -> bool) -> Vec<String> {
        let mut differences = Vec::new();
        for (cycle, sample) in self.samples.iter().enumerate() {
            let start = cycle as u64 * CYCLE;
            for (signal, words) in self.signals.iter().zip(sample) {
                let name = signal.name();
                let value = digits(words, signal.width);
                let second_half = match signal.kind {
                    Kind::Clock => "0",
                    _ => &*value,
                };
                let known = recorded(cycle as u64);
                for (time, value) in [
                    (start, &*value),
                    (start + CYCLE / 2 - 1, &value),
                    (start + CYCLE / 2, second_half),
                    (start + CYCLE - 1, second_half),
                ] {
                    let expected = known.then_some(value);
                    let found = reading.at(&name, time);
                    if found != expected {
                        differences.push(format!(
                            "{name} at {time} ps, cycle {cycle}: expected {expected:?}, found {found:?}"
                        ));
                    }
                }
            }
        }
        differences.truncate(20);
        differences
    }
}

pub fn seeds() -> impl Iterator<Item = u64> {
    let first = fastrand::u64(..1 << 32);
    (first..first + 4).inspect(|seed| println!("seed {seed}"))
}

pub const ALL: Capture = Capture::Window {
    first: 0,
    cycles: u64::MAX,
};
