//! What can go wrong with the dirty log.

use super::range::MAX_RANGE_BYTES;
use crate::function::AccessError;
use crate::registers::RegisterError;
use slackwater_regs::log::{Operation, Outcome};
use slackwater_regs::{MAX_PAGE_SHIFT, MIN_PAGE_SHIFT, PAGE_BYTES};
use thiserror::Error;

/// A request to the dirty log that did not work.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum LogError {
    /// The registers did not work.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The device refused a command.
    #[error("the dirty log answered {operation:?} with {}", outcome_text(*code))]
    Refused {
        /// The command.
        operation: Operation,
        /// Code of the [`Outcome`].
        code: u32,
    },
    /// The log was started and does not run: the device was reset, and its marks are gone.
    #[error(
        "the dirty log is off though it was started: the device was reset by somebody else, and what was dirty is not known"
    )]
    Lost,
    /// There is no such range.
    #[error("range {index} does not exist: the device has {count}")]
    NoRange {
        /// The index asked for.
        index: usize,
        /// Number of ranges.
        count: u32,
    },
    /// There is no such chunk.
    #[error("chunk {chunk} does not exist: the log has {count}")]
    NoChunk {
        /// The chunk asked for.
        chunk: u32,
        /// Number of chunks.
        count: u32,
    },
    /// The page size is none that the device has.
    #[error("page shift {page_shift} is not within {MIN_PAGE_SHIFT} to {MAX_PAGE_SHIFT}")]
    PageShift {
        /// The shift asked for.
        page_shift: u8,
    },
    /// Start or length is no multiple of 4 KiB, the length is 0, or the end is beyond 64 bits.
    #[error(
        "IOVA {iova:#x} with {bytes:#x} bytes is no range: both must be multiples of {PAGE_BYTES}, the length 1 page to {MAX_RANGE_BYTES:#x}"
    )]
    Shape {
        /// Start asked for.
        iova: u64,
        /// Length asked for.
        bytes: u64,
    },
    /// The range does not fit the log.
    #[error(
        "the range needs words {offset_words} to {end_words} of the log, which has {log_words}"
    )]
    TooLarge {
        /// First word asked for.
        offset_words: u32,
        /// Word after the last.
        end_words: u64,
        /// Words of the log.
        log_words: u32,
    },
    /// Another range watches some of the same IOVAs, or uses some of the same words.
    #[error("the range (IOVA {iova:#x}, word {offset_words}) overlaps range {other}")]
    Overlap {
        /// Start asked for.
        iova: u64,
        /// First word asked for.
        offset_words: u32,
        /// The range in the way.
        other: usize,
    },
    /// The device did not take the range.
    #[error("range {index} reads {found:#010x} after {written:#010x} was written to its config")]
    NotTaken {
        /// The range.
        index: usize,
        /// Value written.
        written: u32,
        /// Value read back.
        found: u32,
    },
}

impl From<AccessError> for LogError {
    fn from(error: AccessError) -> Self {
        Self::Register(error.into())
    }
}

fn outcome_text(code: u32) -> String {
    Outcome::from_code(code).map_or_else(|| format!("unknown outcome {code}"), |o| format!("{o:?}"))
}
