//! A wave file of either format: what changes in a cycle, and when.

use super::fst::Fst;
use super::signal::check;
use super::vcd::Vcd;
use super::{Kind, Signal, WaveError};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Words that are compared at once.
const BLOCK: usize = 16;

/// The part of a file behind its header, in one of the formats.
///
/// Values are words of 64 bits, the lowest first.
pub(super) trait Body {
    /// All that follows happens at this time, in picoseconds. Times never fall.
    fn time(&mut self, time: u64) -> io::Result<()>;
    /// A signal has a new value.
    fn change(&mut self, signal: usize, words: &[u64]) -> io::Result<()>;
    /// Nothing is known of a signal from now on.
    fn unknown(&mut self, signal: usize) -> io::Result<()>;
    /// The values of all signals follow, because of this.
    fn begin(&mut self, list: List) -> io::Result<()>;
    /// All signals have been given.
    fn end(&mut self) -> io::Result<()>;
    /// Completes the file. Nothing may follow.
    fn close(&mut self) -> io::Result<()>;
}

/// Writes the header of a format.
type Open = fn(File, &[Signal]) -> io::Result<Box<dyn Body + Send>>;

/// Why all signals are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// The first values.
    First,
    /// Recording pauses: all are unknown.
    Off,
    /// Recording goes on.
    On,
}

/// A wave file that is being written. Dropping it completes the file.
pub struct Wave {
    path: PathBuf,
    signals: Vec<Signal>,
    /// Where the words of each signal begin; one more for the end.
    offsets: Vec<usize>,
    /// The signal of each word.
    owners: Vec<u32>,
    clocks: Vec<usize>,
    picoseconds: u64,
    last: Vec<u64>,
    /// The cycle behind the last one that was written.
    next: Option<u64>,
    /// `None`: closed, or given up after an error.
    body: Option<Box<dyn Body + Send>>,
}

impl Wave {
    /// Creates the file, in the format of its extension, for cycles of a length.
    ///
    /// # Errors
    /// The format, a signal or the length cannot be; the file cannot be created.
    pub fn create(
        path: &Path,
        signals: &[Signal],
        cycle_picoseconds: u64,
    ) -> Result<Self, WaveError> {
        let extension = path.extension().map(|e| e.to_string_lossy().into_owned());
        let open: Open = match extension.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("vcd") => |file, signals| Ok(Box::new(Vcd::create(file, signals)?)),
            Some("fst") => |file, signals| Ok(Box::new(Fst::create(file, signals)?)),
            _ => {
                let path = path.into();
                return Err(WaveError::Format { path, extension });
            }
        };
        if cycle_picoseconds < 2 {
            return Err(WaveError::CycleLength {
                picoseconds: cycle_picoseconds,
            });
        }
        check(signals)?;
        let mut offsets = vec![0];
        let mut owners = Vec::new();
        for (index, signal) in signals.iter().enumerate() {
            owners.resize(
                owners.len() + signal.width.div_ceil(64) as usize,
                index as u32,
            );
            offsets.push(owners.len());
        }
        let body = File::create(path)
            .and_then(|file| open(file, signals))
            .map_err(|source| WaveError::Write {
                path: path.into(),
                source,
            })?;
        Ok(Self {
            path: path.into(),
            clocks: (0..signals.len())
                .filter(|&signal| signals[signal].kind == Kind::Clock)
                .collect(),
            signals: signals.into(),
            offsets,
            last: vec![0; owners.len()],
            owners,
            picoseconds: cycle_picoseconds,
            next: None,
            body: Some(body),
        })
    }

    /// The signals, in the order they were given in.
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// The words of a signal in a sample: `width / 64` of them, rounded up, the
    /// lowest first; those of the next signal follow.
    ///
    /// # Panics
    /// No signal has this index.
    pub fn words(&self, signal: usize) -> std::ops::Range<usize> {
        self.offsets[signal]..self.offsets[signal + 1]
    }

    /// Asks for the values of all signals.
    pub(super) fn fill(&self, sample: &mut [u64], mut value: impl FnMut(usize, &mut [u64])) {
        for (signal, range) in self.offsets.windows(2).enumerate() {
            value(signal, &mut sample[range[0]..range[1]]);
        }
    }

    /// Number of words of a sample.
    pub fn sample_words(&self) -> usize {
        self.owners.len()
    }

    /// Writes what changed in a cycle. Bits above a signal's width must be zero.
    ///
    /// # Errors
    /// The sample has not the size of the signals, the cycle is not behind the
    /// last one, or the system refuses; then the file is given up and what is
    /// written later is dropped.
    pub fn write(&mut self, cycle: u64, sample: &[u64]) -> Result<(), WaveError> {
        if sample.len() != self.sample_words() {
            return Err(WaveError::Sample {
                expected: self.sample_words(),
                found: sample.len(),
            });
        }
        if let Some(next) = self.next
            && cycle < next
        {
            let last = next - 1;
            return Err(WaveError::Order { cycle, last });
        }
        let after = cycle
            .checked_add(1)
            .filter(|after| after.checked_mul(self.picoseconds).is_some())
            .ok_or(WaveError::Time {
                cycle,
                picoseconds: self.picoseconds,
            })?;
        let Some(mut body) = self.body.take() else {
            return Ok(());
        };
        self.write_cycle(&mut *body, cycle, sample)
            .map_err(|source| self.write_error(source))?;
        self.body = Some(body);
        self.next = Some(after);
        Ok(())
    }

    fn write_cycle(&mut self, body: &mut dyn Body, cycle: u64, sample: &[u64]) -> io::Result<()> {
        let start = cycle * self.picoseconds;
        if self.next == Some(cycle) {
            self.write_changes(body, start, sample)?;
        } else {
            let list = match self.next {
                None => List::First,
                Some(next) => {
                    body.time(next * self.picoseconds)?;
                    body.begin(List::Off)?;
                    (0..self.signals.len()).try_for_each(|signal| body.unknown(signal))?;
                    body.end()?;
                    List::On
                }
            };
            body.time(start)?;
            body.begin(list)?;
            for (signal, range) in self.offsets.windows(2).enumerate() {
                body.change(signal, &sample[range[0]..range[1]])?;
            }
            body.end()?;
            self.last.copy_from_slice(sample);
        }
        for &clock in &self.clocks {
            if sample[self.offsets[clock]] != 0 {
                body.time(start + self.picoseconds / 2)?;
                body.change(clock, &[0])?;
            }
        }
        Ok(())
    }

    fn write_changes(&mut self, body: &mut dyn Body, start: u64, sample: &[u64]) -> io::Result<()> {
        let mut timed = false;
        let mut change = |signal: usize, words: &[u64]| {
            if !std::mem::replace(&mut timed, true) {
                body.time(start)?;
            }
            body.change(signal, words)
        };
        for &clock in &self.clocks {
            let word = self.offsets[clock];
            if sample[word] != 0 {
                change(clock, &[1])?;
            }
            self.last[word] = sample[word];
        }
        // Few words change in a cycle: whole blocks are compared first.
        let mut written = None;
        for first in (0..sample.len()).step_by(BLOCK) {
            let end = sample.len().min(first + BLOCK);
            if self.last[first..end] == sample[first..end] {
                continue;
            }
            for word in first..end {
                let signal = self.owners[word] as usize;
                if self.last[word] != sample[word] && written != Some(signal) {
                    change(
                        signal,
                        &sample[self.offsets[signal]..self.offsets[signal + 1]],
                    )?;
                    // Once, however many of its words change.
                    written = Some(signal);
                }
            }
            self.last[first..end].copy_from_slice(&sample[first..end]);
        }
        Ok(())
    }

    /// Completes the file: the last cycle gets its full length.
    ///
    /// # Errors
    /// The system refuses.
    pub fn finish(mut self) -> Result<(), WaveError> {
        self.close()
    }

    fn close(&mut self) -> Result<(), WaveError> {
        let Some(mut body) = self.body.take() else {
            return Ok(());
        };
        self.next
            .map_or(Ok(()), |next| body.time(next * self.picoseconds))
            .and_then(|()| body.close())
            .map_err(|source| self.write_error(source))
    }

    fn write_error(&self, source: io::Error) -> WaveError {
        WaveError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

impl Drop for Wave {
    fn drop(&mut self) {
        // Whoever wants to know calls `finish`.
        let _ = self.close();
    }
}

/// Appends the binary digits of the lowest `digits` bits, the highest first.
pub(super) fn append_digits(words: &[u64], digits: u32, text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + digits as usize, b'0');
    let (head, bytes) = text[start..].split_at_mut(digits as usize % 8);
    for (index, eight) in bytes.rchunks_exact_mut(8).enumerate() {
        let byte = words[index / 8] >> (8 * (index % 8)) & 0xff;
        // Each byte of a copy keeps its own bit and then turns it into a digit:
        // no bit carries into the next byte, as none is above 0x80.
        let bits = (byte * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
        let ones = (bits + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101;
        eight.copy_from_slice(&(ones | 0x3030_3030_3030_3030).to_be_bytes());
    }
    for (digit, bit) in head.iter_mut().zip((0..digits).rev()) {
        *digit += (words[bit as usize / 64] >> (bit % 64) & 1) as u8;
    }
}
