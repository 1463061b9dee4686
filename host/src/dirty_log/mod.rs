//! The dirty log of the device's DMA.
//!
//! ```text
//!  live log ──Snapshot──▶ snapshot window ──read──▶ ranges of dirty pages ──▶ caller
//!     ▲                        │   ▲
//!     └────────Restore─────────┘   └─ Acknowledge gives it up
//! ```
//! One harvest takes every chunk whose summary bit is set, reads only the 64-byte
//! lines that are not zero, hands the dirty pages to the caller, and acknowledges.
//! An idle log costs two reads. The exact count holds the harvest: if fewer marks are found than
//! there were, the log counts as incomplete.
//! A snapshot that was never acknowledged (a harvest that failed half way) goes
//! back into the log at the start of the next harvest, so no page is lost (I2).

mod error;
mod harvest;
mod range;

pub use error::LogError;
pub use harvest::{Dirty, DirtyRange, Harvest, Incomplete};
pub(crate) use range::LogContext;
pub use range::Range;

use crate::device::Device;
use crate::function::Function;
use crate::registers::{self, Command};
use slackwater_regs::bar2::{self, CHUNK_PAGES};
use slackwater_regs::log::{Operation, command, status};

/// What the log is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogStatus {
    /// DIRTY_TRACKING is on.
    pub tracking: bool,
    /// The snapshot window holds marks that are not acknowledged.
    pub held: bool,
    /// A write could not be logged.
    pub incomplete: bool,
}

impl LogStatus {
    const fn from_word(word: u32) -> Self {
        Self {
            tracking: word & status::TRACKING != 0,
            held: word & status::HELD != 0,
            incomplete: word & status::INCOMPLETE != 0,
        }
    }
}

/// The dirty log of an open device.
pub struct DirtyLog<'d, F: Function> {
    device: &'d mut Device<F>,
}

impl<F: Function> Device<F> {
    /// The dirty log.
    pub const fn dirty_log(&mut self) -> DirtyLog<'_, F> {
        DirtyLog { device: self }
    }
}

impl<F: Function> DirtyLog<'_, F> {
    /// DIRTY_TRACKING on: clears the log, then logs (rule V2).
    pub fn start(&mut self) -> Result<(), LogError> {
        self.execute(Operation::Start, 0)?;
        self.device.log.started = true;
        Ok(())
    }

    /// DIRTY_TRACKING off: the log is frozen and can still be harvested (rule V5).
    pub fn stop(&mut self) -> Result<(), LogError> {
        self.device.log.started = false;
        self.execute(Operation::Stop, 0).map(drop)
    }

    /// Number of pages marked in the live log (invariant I13).
    pub fn dirty_count(&mut self) -> Result<u32, LogError> {
        Ok(registers::read(&mut self.device.bar, bar2::DIRTY_COUNT)?)
    }

    /// What the log is doing.
    pub fn status(&mut self) -> Result<LogStatus, LogError> {
        let word = registers::read_status(&mut self.device.bar, bar2::LOG_STATUS)?;
        Ok(LogStatus::from_word(word))
    }

    /// Puts a snapshot that was not acknowledged back into the log.
    pub fn restore(&mut self) -> Result<(), LogError> {
        self.execute(Operation::Restore, 0).map(drop)
    }

    fn check_chunk(&self, chunk: u32) -> Result<(), LogError> {
        let count = self.device.identity().log_pages / CHUNK_PAGES;
        if chunk >= count {
            return Err(LogError::NoChunk { chunk, count });
        }
        Ok(())
    }

    fn execute(&mut self, operation: Operation, chunk: u32) -> Result<u32, LogError> {
        let command = Command {
            name: "dirty log",
            command_offset: bar2::LOG_COMMAND,
            status_offset: bar2::LOG_STATUS,
            busy: status::BUSY,
            deadline_ns: self.device.deadlines().command_ns,
        };
        let fields = operation as u32 | chunk << command::CHUNK_SHIFT;
        let Device {
            function, bar, log, ..
        } = &mut *self.device;
        let word = registers::execute(function, bar, &command, &mut log.sequence, fields)?;
        match word & status::OUTCOME_MASK {
            0 => Ok(word),
            code => Err(LogError::Refused { operation, code }),
        }
    }
}
