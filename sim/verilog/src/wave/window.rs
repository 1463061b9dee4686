//! Which cycles are recorded: a window, or what surrounds a condition.

use super::trigger::Watch;
use super::{Condition, Wave, WaveError};
use std::collections::VecDeque;

/// Bytes that may be held for the cycles before a trigger.
const HISTORY_LIMIT: u64 = 1 << 30;

/// The cycles to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// A number of cycles from one on; all are `first: 0, cycles: u64::MAX`.
    Window {
        /// The first cycle.
        first: u64,
        /// How many.
        cycles: u64,
    },
    /// The cycle in which a condition is true, and those around it.
    Trigger {
        /// The condition.
        condition: Condition,
        /// Cycles before it; they are held in memory until it is true.
        before: u64,
        /// Cycles after it.
        after: u64,
        /// Not only the first time, but every time: also in each further cycle
        /// in which the condition stays true. Cycles that would be recorded
        /// twice are recorded once.
        every: bool,
    },
}

/// What a recorder has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Cycles that are in the file.
    pub cycles: u64,
    /// Cycles in which the condition was true and had an effect.
    pub triggers: u64,
}

/// Writes the chosen cycles to a [`Wave`].
///
/// Sample every cycle, in order, until the recorder is done:
///
/// ```
/// # use slackwater_verilog::wave::{Capture, Kind, Recorder, Signal, Wave, WaveError};
/// # fn main() -> Result<(), WaveError> {
/// # let path = std::env::temp_dir().join(format!("wave-example-{}.vcd", std::process::id()));
/// let count = Signal {
///     path: vec!["top".into(), "count".into()],
///     width: 8,
///     kind: Kind::Register,
/// };
/// let wave = Wave::create(&path, &[count], 8_000)?;
/// let capture = Capture::Trigger {
///     condition: "top.count==0x20".parse()?,
///     before: 10,
///     after: 5,
///     every: false,
/// };
/// let mut recorder = Recorder::new(wave, capture)?;
/// for cycle in 0..100 {
///     recorder.sample(cycle, |_signal, words| words[0] = cycle);
///     if recorder.done() {
///         break;
///     }
/// }
/// assert_eq!(recorder.finish()?.cycles, 16);
/// # std::fs::remove_file(path).ok();
/// # Ok(())
/// # }
/// ```
pub struct Recorder {
    /// `None` once all is written, or after an error.
    wave: Option<Wave>,
    error: Option<WaveError>,
    recorded: Recorded,
    choice: Choice,
    sample: Vec<u64>,
    last: Option<u64>,
}

enum Choice {
    Window { first: u64, last: u64 },
    Trigger(Box<Trigger>),
}

struct Trigger {
    watch: Watch,
    before: u64,
    after: u64,
    every: bool,
    /// Recorded up to here.
    until: Option<u64>,
    /// Cycles that are not recorded yet, at most `before`.
    history: VecDeque<(u64, Vec<u64>)>,
    /// Samples to use again.
    free: Vec<Vec<u64>>,
}

impl Recorder {
    /// Records into a wave.
    ///
    /// # Errors
    /// The condition is about no signal of the wave or about a value that it
    /// cannot have; the cycles before the trigger take too much memory.
    pub fn new(wave: Wave, capture: Capture) -> Result<Self, WaveError> {
        let words = wave.sample_words();
        let mut empty = false;
        let choice = match capture {
            Capture::Window { first, cycles } => {
                empty = cycles == 0;
                let last = first.saturating_add(cycles.saturating_sub(1));
                Choice::Window { first, last }
            }
            Capture::Trigger {
                condition,
                before,
                after,
                every,
            } => {
                let bytes = words as u64 * 8 + 64;
                if before > HISTORY_LIMIT / bytes {
                    return Err(WaveError::Limit {
                        what: format!(
                            "the memory for {before} cycles before the trigger, {bytes} bytes each,"
                        ),
                        limit: HISTORY_LIMIT,
                        instead: format!("ask for {} cycles at most", HISTORY_LIMIT / bytes),
                    });
                }
                Choice::Trigger(Box::new(Trigger {
                    watch: Watch::new(condition, wave.signals())?,
                    before,
                    after,
                    every,
                    until: None,
                    history: VecDeque::new(),
                    free: Vec::new(),
                }))
            }
        };
        let mut recorder = Self {
            wave: Some(wave),
            error: None,
            recorded: Recorded::default(),
            choice,
            sample: vec![0; words],
            last: None,
        };
        if empty {
            recorder.close();
        }
        Ok(recorder)
    }

    /// Nothing more will be written: sampling can stop. The file is complete
    /// then, unless there was an error.
    pub fn done(&self) -> bool {
        self.wave.is_none()
    }

    /// Takes the values of a cycle. `value` puts those of one signal into words,
    /// the lowest first; bits above the width must be zero. It is called only
    /// for signals that are needed, and twice for that of a trigger.
    ///
    /// After an error nothing more is written; [`finish`](Self::finish) tells it.
    pub fn sample(&mut self, cycle: u64, value: impl FnMut(usize, &mut [u64])) {
        if self.done() {
            return;
        }
        let taken = match self.last.replace(cycle) {
            Some(last) if cycle <= last => Err(WaveError::Order { cycle, last }),
            _ => self.take(cycle, value),
        };
        match taken {
            Ok(false) => {}
            Ok(true) => self.close(),
            Err(error) => {
                self.error = Some(error);
                self.wave = None;
            }
        }
    }

    /// Returns whether that was the last one.
    fn take(
        &mut self,
        cycle: u64,
        mut value: impl FnMut(usize, &mut [u64]),
    ) -> Result<bool, WaveError> {
        let Some(wave) = &mut self.wave else {
            return Ok(true);
        };
        match &mut self.choice {
            Choice::Window { first, last } => {
                if cycle > *last {
                    return Ok(true);
                }
                if cycle >= *first {
                    wave.fill(&mut self.sample, value);
                    wave.write(cycle, &self.sample)?;
                    self.recorded.cycles += 1;
                }
                Ok(cycle == *last)
            }
            Choice::Trigger(trigger) => {
                if trigger.until.is_some_and(|until| cycle > until) {
                    // The last one may be among cycles that were left out.
                    if !trigger.every {
                        return Ok(true);
                    }
                    trigger.until = None;
                }
                let watched = wave.words(trigger.watch.signal);
                value(trigger.watch.signal, &mut self.sample[watched.clone()]);
                let met = trigger.watch.is_met(&self.sample[watched]);
                let fires = met && (trigger.every || trigger.until.is_none());
                if !fires && trigger.until.is_none() && trigger.before == 0 {
                    return Ok(false);
                }
                wave.fill(&mut self.sample, value);
                if fires {
                    self.recorded.triggers += 1;
                    self.recorded.cycles += trigger.write_history(wave, cycle)?;
                    trigger.until = Some(cycle.saturating_add(trigger.after));
                }
                let Some(until) = trigger.until else {
                    trigger.remember(cycle, &self.sample);
                    return Ok(false);
                };
                wave.write(cycle, &self.sample)?;
                self.recorded.cycles += 1;
                Ok(cycle == until && !trigger.every)
            }
        }
    }

    fn close(&mut self) {
        if let Some(wave) = self.wave.take() {
            self.error = wave.finish().err();
        }
    }

    /// Completes the file and says what is in it.
    ///
    /// # Errors
    /// What went wrong first: the system refused to write, or cycles were not in
    /// order.
    pub fn finish(mut self) -> Result<Recorded, WaveError> {
        self.close();
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.recorded),
        }
    }
}

impl Trigger {
    /// Holds a cycle back until it is known whether it is before a trigger.
    fn remember(&mut self, cycle: u64, sample: &[u64]) {
        if self.history.len() as u64 >= self.before
            && let Some((_, old)) = self.history.pop_front()
        {
            self.free.push(old);
        }
        let mut held = self.free.pop().unwrap_or_default();
        held.clear();
        held.extend_from_slice(sample);
        self.history.push_back((cycle, held));
    }

    /// Writes what was held back and returns the number of cycles.
    fn write_history(&mut self, wave: &mut Wave, cycle: u64) -> Result<u64, WaveError> {
        let mut written = 0;
        for (held_cycle, held) in self.history.drain(..) {
            // Cycles may have been left out by the caller.
            if cycle - held_cycle <= self.before {
                wave.write(held_cycle, &held)?;
                written += 1;
            }
            self.free.push(held);
        }
        Ok(written)
    }
}
