//! Waves: the values of named signals over time, as a file for a viewer.
//!
//! A [`Wave`] is a VCD file (IEEE 1364-2005, clause 18) or an FST file (the
//! format of GTKWave), as its name says: `.vcd` or `.fst`. A [`Recorder`]
//! chooses the cycles to write: a window, or what surrounds a [`Condition`].
//! Neither knows the simulator: the caller gives the values.
//!
//! What a cycle looks like: cycle `n` is drawn from `n × length` to
//! `(n + 1) × length`. Its values are those just before the rising edge that
//! ends it, so a register shows at cycle `n + 1` what was at its input at cycle
//! `n`. A [`Kind::Clock`] is not drawn as a level: a value of 1 says that it
//! rose at the start of the cycle, and then it is high for the first half. The
//! clock of a design with one clock is 1 in every sample.
//!
//! Times are absolute, in picoseconds. Signals are unknown (`x`) where nothing
//! was recorded, as between two windows. The same values give the same file.

mod file;
mod fst;
mod signal;
mod trigger;
mod vcd;
mod window;

pub use file::Wave;
pub use signal::{Kind, Signal};
pub use trigger::{Condition, Event};
pub use window::{Capture, Recorded, Recorder};

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a wave cannot be written, or not as asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WaveError {
    /// The name of the file tells no format.
    #[error("{}: no wave format {}; use .vcd or .fst", path.display(), match extension {
        Some(extension) => format!("is named .{extension}"),
        None => "can be told, the name has no extension".into(),
    })]
    Format {
        /// The file.
        path: PathBuf,
        /// Its extension.
        extension: Option<String>,
    },
    /// The system refuses: no permission, no space.
    #[error("{}: cannot write the wave: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A signal that a file cannot hold.
    #[error("signal {signal:?} cannot be written: {problem}")]
    Signal {
        /// The path with dots.
        signal: String,
        /// What is wrong with it.
        problem: String,
    },
    /// More than this crate is ready to hold.
    #[error("{what} exceeds the limit of {limit}; {instead}")]
    Limit {
        /// What, with its size.
        what: String,
        /// What is allowed.
        limit: u64,
        /// What to do.
        instead: String,
    },
    /// A cycle without any length, or one that has no middle.
    #[error("a cycle of {picoseconds} ps has no two edges; it needs 2 ps at least")]
    CycleLength {
        /// The length.
        picoseconds: u64,
    },
    /// Cycles are not sampled in order.
    #[error("cycle {cycle} is sampled after cycle {last}; cycles must rise")]
    Order {
        /// The cycle.
        cycle: u64,
        /// The one before.
        last: u64,
    },
    /// A cycle whose time has more than 64 bits.
    #[error("cycle {cycle} of {picoseconds} ps each lies beyond 2^64 ps")]
    Time {
        /// The cycle.
        cycle: u64,
        /// Length of a cycle.
        picoseconds: u64,
    },
    /// A number of words that is not that of the signals.
    #[error("a sample of {found} words was given, the signals have {expected}")]
    Sample {
        /// Words of all signals.
        expected: usize,
        /// Words given.
        found: usize,
    },
    /// The text of a trigger cannot be read.
    #[error(
        "trigger {text:?}: {problem}; write NAME==VALUE (or != < <= > >=), rise:NAME, fall:NAME or change:NAME"
    )]
    Condition {
        /// The text.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A trigger on a signal that is not in the wave.
    #[error("trigger on {name}: no such signal; {near}")]
    UnknownSignal {
        /// The name.
        name: String,
        /// Names that are like it.
        near: String,
    },
    /// A trigger on a value that the signal cannot have.
    #[error("trigger on {name}: {value} does not fit its {width} bits, so it never has this value")]
    Value {
        /// The signal.
        name: String,
        /// The value.
        value: String,
        /// Bits of the signal.
        width: u32,
    },
}
