//! The dirty log of the device's DMA.
//!
//! ```text
//!  live log ──Snapshot──▶ snapshot window ──read──▶ ranges of dirty pages ──▶ caller
//!     ▲                        │   ▲
//!     └────────Restore─────────┘   └─ Acknowledge gives it up
//! ```
//! One harvest takes every chunk whose summary bit is set, reads only the 64-byte
//! lines that are not zero, hands the dirty pages to the caller, and acknowledges.
//! A snapshot that was never acknowledged (a harvest that failed half way) goes
//! back into the log at the start of the next harvest, so no page is lost (I2).

use crate::bitmap;
use crate::device::{Device, Identity};
use crate::function::{AccessError, Bar, Function};
use crate::registers::{self, Command, RegisterError};
use slackwater_regs::bar2::{self, CHUNK_PAGES, CHUNK_WORDS, LINE_WORDS, range_config};
use slackwater_regs::log::{Operation, Outcome, command, status};
use slackwater_regs::{MAX_PAGE_SHIFT, MIN_PAGE_SHIFT, PAGE_BYTES};
use thiserror::Error;

/// Words of a range's registers.
const RANGE_REGISTERS: usize = (bar2::RANGE_STRIDE / 4) as usize;
/// Most bytes that a range may have: its length register counts 4 KiB units.
const MAX_RANGE_BYTES: u64 = (u32::MAX as u64) * PAGE_BYTES as u64;

/// A range of the dirty log: which IOVAs it watches, and where its bits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First IOVA, a multiple of 4 KiB.
    pub iova: u64,
    /// Length, a multiple of 4 KiB.
    pub bytes: u64,
    /// log2 of the page size, 12 to 30. Pages are counted from `iova`; the last may be cut short.
    pub page_shift: u8,
    /// First 32-bit word of the range in the log's bitmap.
    pub offset_words: u32,
}

impl Range {
    /// Pages of the range.
    pub const fn pages(&self) -> u64 {
        self.bytes.div_ceil(1 << self.page_shift)
    }

    /// Words of the log that it takes.
    pub const fn words(&self) -> u64 {
        self.pages().div_ceil(32)
    }
}

/// Dirty IOVAs next to each other, within one range of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirtyRange {
    /// First IOVA, the start of a page.
    pub iova: u64,
    /// Length: whole pages, but for the end of the range.
    pub bytes: u64,
    /// Index of the range of the log.
    pub range_index: usize,
}

/// What a harvest found. `Everything` must not be taken for "clean" (invariant I12).
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harvest {
    /// The ranges given to the callback are all that is dirty.
    Pages {
        /// Pages of the log that were dirty, of whatever size.
        pages: u64,
        /// Chunks that were read.
        chunks: u32,
    },
    /// The log is not complete: every page of the guest must be taken as dirty.
    Everything(Incomplete),
}

/// What is dirty, as one value.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dirty {
    /// These ranges, in ascending order of the log's bits.
    Pages(Vec<DirtyRange>),
    /// Every page of the guest.
    Everything(Incomplete),
}

/// Why a log is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// The device could not log a write (LOG_INCOMPLETE).
    Device,
    /// The log has marks that belong to no range that the driver knows.
    UnknownMarks {
        /// How many.
        pages: u64,
    },
}

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

/// What the driver remembers of the log between two calls.
#[derive(Clone, Debug)]
pub(crate) struct LogContext {
    pub(crate) sequence: u8,
    ranges: Vec<Option<Range>>,
}

impl LogContext {
    /// Reads the ranges that a former driver left enabled.
    pub(crate) fn read<B: Bar>(bar: &mut B, identity: &Identity) -> Result<Self, AccessError> {
        let mut ranges = Vec::new();
        for index in 0..identity.range_count {
            let mut words = [0; RANGE_REGISTERS];
            let offset = bar2::RANGE_BASE + index * bar2::RANGE_STRIDE;
            registers::read_block(bar, offset, &mut words)?;
            let [base_lo, base_hi, units, config] = words;
            let range = Range {
                iova: u64::from(base_lo) | u64::from(base_hi) << 32,
                bytes: u64::from(units) * u64::from(PAGE_BYTES),
                page_shift: (config >> range_config::PAGE_SHIFT_SHIFT
                    & range_config::PAGE_SHIFT_MASK) as u8,
                offset_words: config & range_config::OFFSET_WORDS_MASK,
            };
            ranges.push((config & range_config::ENABLE != 0).then_some(range));
        }
        Ok(Self {
            sequence: 0,
            ranges,
        })
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
    /// The enabled ranges with their indexes.
    pub fn ranges(&self) -> impl Iterator<Item = (usize, Range)> + '_ {
        let ranges = self.device.log.ranges.iter().enumerate();
        ranges.filter_map(|(index, range)| range.map(|range| (index, range)))
    }

    /// Sets a range. It may be done while logging; a range that was there before is taken away first.
    pub fn set_range(&mut self, index: usize, range: Range) -> Result<(), LogError> {
        self.check_range(index, &range)?;
        self.clear_range(index)?;
        let base = bar2::RANGE_BASE + index as u32 * bar2::RANGE_STRIDE;
        let units = (range.bytes / u64::from(PAGE_BYTES)) as u32;
        let config = range_config::ENABLE
            | u32::from(range.page_shift) << range_config::PAGE_SHIFT_SHIFT
            | range.offset_words;
        let bar = &mut self.device.bar;
        bar.write_u32(base + bar2::RANGE_BASE_LO, range.iova as u32)?;
        bar.write_u32(base + bar2::RANGE_BASE_HI, (range.iova >> 32) as u32)?;
        bar.write_u32(base + bar2::RANGE_UNITS, units)?;
        bar.write_u32(base + bar2::RANGE_CONFIG, config)?;
        let found = registers::read(bar, base + bar2::RANGE_CONFIG)?;
        if found != config {
            return Err(LogError::NotTaken {
                index,
                written: config,
                found,
            });
        }
        self.device.log.ranges[index] = Some(range);
        Ok(())
    }

    /// Takes a range away. Marks that it left in the log then belong to no range: harvest them first.
    pub fn clear_range(&mut self, index: usize) -> Result<(), LogError> {
        let count = self.device.identity().range_count;
        let slot = self.device.log.ranges.get_mut(index);
        let slot = slot.ok_or(LogError::NoRange { index, count })?;
        let base = bar2::RANGE_BASE + index as u32 * bar2::RANGE_STRIDE;
        self.device.bar.write_u32(base + bar2::RANGE_CONFIG, 0)?;
        *slot = None;
        Ok(())
    }

    fn check_range(&self, index: usize, range: &Range) -> Result<(), LogError> {
        let Range {
            iova,
            bytes,
            page_shift,
            offset_words,
        } = *range;
        let count = self.device.identity().range_count;
        if index >= count as usize {
            return Err(LogError::NoRange { index, count });
        }
        if !(MIN_PAGE_SHIFT..=MAX_PAGE_SHIFT).contains(&u32::from(page_shift)) {
            return Err(LogError::PageShift { page_shift });
        }
        let aligned = (iova | bytes) % u64::from(PAGE_BYTES) == 0;
        let last = iova.checked_add(bytes.wrapping_sub(1));
        if !aligned || bytes == 0 || bytes > MAX_RANGE_BYTES || last.is_none() {
            return Err(LogError::Shape { iova, bytes });
        }
        let log_words = self.device.identity().log_pages / 32;
        let end_words = u64::from(offset_words) + range.words();
        if end_words > u64::from(log_words) {
            return Err(LogError::TooLarge {
                offset_words,
                end_words,
                log_words,
            });
        }
        let crosses = |a: u64, a_size: u64, b: u64, b_size: u64| {
            // Sizes are not 0, so ends are inclusive and cannot overflow.
            a <= b.saturating_add(b_size - 1) && b <= a.saturating_add(a_size - 1)
        };
        for (other, taken) in self.ranges().filter(|(other, _)| *other != index) {
            let (offset, taken_offset) = (u64::from(offset_words), u64::from(taken.offset_words));
            if taken.bytes > 0
                && (crosses(iova, bytes, taken.iova, taken.bytes)
                    || crosses(offset, range.words(), taken_offset, taken.words()))
            {
                return Err(LogError::Overlap {
                    iova,
                    offset_words,
                    other,
                });
            }
        }
        Ok(())
    }

    /// DIRTY_TRACKING on: clears the log, then logs (rule V2).
    pub fn start(&mut self) -> Result<(), LogError> {
        self.execute(Operation::Start, 0).map(drop)
    }

    /// DIRTY_TRACKING off: the log is frozen and can still be harvested (rule V5).
    pub fn stop(&mut self) -> Result<(), LogError> {
        self.execute(Operation::Stop, 0).map(drop)
    }

    /// Number of pages marked in the live log (invariant I13).
    pub fn dirty_count(&mut self) -> Result<u32, LogError> {
        Ok(registers::read(&mut self.device.bar, bar2::DIRTY_COUNT)?)
    }

    /// What the log is doing.
    pub fn status(&mut self) -> Result<LogStatus, LogError> {
        let word = registers::read_status(&mut self.device.bar, bar2::LOG_STATUS)?;
        Ok(LogStatus {
            tracking: word & status::TRACKING != 0,
            held: word & status::HELD != 0,
            incomplete: word & status::INCOMPLETE != 0,
        })
    }

    /// Takes what is dirty out of the log: `each` is called for every run of dirty pages.
    ///
    /// If this fails, or says [`Harvest::Everything`], what `each` was told is still true, but not all.
    pub fn harvest(&mut self, mut each: impl FnMut(DirtyRange)) -> Result<Harvest, LogError> {
        if self.status()?.held {
            self.restore()?;
        }
        let mut summary = registers::read(&mut self.device.bar, bar2::CHUNK_SUMMARY)?;
        let (mut pages, mut chunks, mut unknown) = (0, 0, 0);
        while summary != 0 {
            let chunk = summary.trailing_zeros();
            summary &= summary - 1;
            self.check_chunk(chunk)?;
            self.execute(Operation::Snapshot, chunk)?;
            let words = self.read_window()?;
            let (known, strange) = self.decode(chunk, &words, &mut each);
            pages += known;
            unknown += strange;
            chunks += 1;
            self.execute(Operation::Acknowledge, 0)?;
        }
        // Read last: it must cover every write whose mark was looked for above.
        if self.status()?.incomplete {
            return Ok(Harvest::Everything(Incomplete::Device));
        }
        if unknown > 0 {
            return Ok(Harvest::Everything(Incomplete::UnknownMarks {
                pages: unknown,
            }));
        }
        Ok(Harvest::Pages { pages, chunks })
    }

    /// Like [`DirtyLog::harvest`], as one value to iterate over.
    pub fn take(&mut self) -> Result<Dirty, LogError> {
        let mut ranges = Vec::new();
        Ok(match self.harvest(|range| ranges.push(range))? {
            Harvest::Pages { .. } => Dirty::Pages(ranges),
            Harvest::Everything(why) => Dirty::Everything(why),
        })
    }

    /// Looks at one chunk of the log without clearing it. Says nothing about LOG_INCOMPLETE.
    pub fn peek(&mut self, chunk: u32) -> Result<Vec<DirtyRange>, LogError> {
        self.check_chunk(chunk)?;
        self.execute(Operation::Peek, chunk)?;
        let words = self.read_window()?;
        let mut ranges = Vec::new();
        self.decode(chunk, &words, &mut |range| ranges.push(range));
        Ok(ranges)
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

    /// Reads the lines of the snapshot window that are not zero.
    fn read_window(&mut self) -> Result<Vec<u32>, LogError> {
        let bar = &mut self.device.bar;
        let mut words = vec![0; CHUNK_WORDS as usize];
        let lines = [
            registers::read(bar, bar2::LINE_SUMMARY_LO)?,
            registers::read(bar, bar2::LINE_SUMMARY_HI)?,
        ];
        for (first, count) in bitmap::runs(&lines) {
            let start = first * LINE_WORDS as usize;
            let part = &mut words[start..start + count * LINE_WORDS as usize];
            registers::read_block(bar, bar2::SNAPSHOT_WINDOW + 4 * start as u32, part)?;
        }
        Ok(words)
    }

    /// From the bits of a chunk to IOVAs. Returns the pages in ranges, and those in none.
    fn decode(&self, chunk: u32, words: &[u32], each: &mut impl FnMut(DirtyRange)) -> (u64, u64) {
        let chunk_first = u64::from(chunk) * u64::from(CHUNK_PAGES);
        let (mut pages, mut claimed) = (0, 0);
        for (first, bits) in bitmap::runs(words) {
            pages += bits as u64;
            let (first, end) = (
                chunk_first + first as u64,
                chunk_first + (first + bits) as u64,
            );
            for (range_index, range) in self.ranges() {
                let range_first = u64::from(range.offset_words) * 32;
                let from = first.max(range_first);
                let to = end.min(range_first + range.pages());
                if from >= to {
                    continue;
                }
                claimed += to - from;
                let start = (from - range_first) << range.page_shift;
                // The last page of a range may be cut short.
                let stop = ((to - range_first) << range.page_shift).min(range.bytes);
                let iova = range.iova.wrapping_add(start);
                each(DirtyRange {
                    iova,
                    bytes: stop - start,
                    range_index,
                });
            }
        }
        (claimed, pages - claimed.min(pages))
    }
}
