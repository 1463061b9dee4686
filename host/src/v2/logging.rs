//! DMA logging as v2 has it: START with ranges and a page size, REPORT into the caller's bitmap, STOP.
//!
//! A report clears what it reports, but the card's log is taken out by chunks. What was taken out and
//! not asked for waits here. Whatever fails, every page that is logged counts as dirty, and the
//! next report says so.

use super::V2;
use crate::dirty_log::{Harvest, LogError, Range};
use crate::function::Function;
use crate::page_set::PageSet;
use slackwater_regs::{MAX_PAGE_SHIFT, MIN_PAGE_SHIFT};
use std::ops::Range as Span;
use thiserror::Error;

/// Why logging was not started, or nothing reported.
#[derive(Debug, Error)]
pub enum LoggingError {
    /// The card's log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A page size that is none (EINVAL).
    #[error("page size {bytes:#x}: a power of two from 4 KiB to 1 GiB is needed")]
    PageSize {
        /// What was asked for.
        bytes: u64,
    },
    /// No ranges, or more than the card has (EINVAL, E2BIG).
    #[error("{count} ranges: the card has 1 to {most}")]
    Ranges {
        /// What was asked for.
        count: usize,
        /// What the card has.
        most: usize,
    },
    /// Pages of no size make the log hold the ranges.
    #[error(
        "{bytes:#x} bytes in {count} ranges do not fit into the card's log of {pages} pages of 1 GiB"
    )]
    TooLarge {
        /// All ranges together.
        bytes: u128,
        /// How many they are.
        count: usize,
        /// What the log holds.
        pages: u32,
    },
    /// A range that is empty, or not whole pages (EINVAL).
    #[error("range {iova:#x} of {bytes:#x} bytes: whole pages of {page_bytes:#x} bytes are needed")]
    Unaligned {
        /// Its start.
        iova: u64,
        /// Its length.
        bytes: u64,
        /// The page size.
        page_bytes: u64,
    },
    /// The bitmap is too short for the report.
    #[error("a bitmap of {words} words of 64 bits, {needed} are needed")]
    Bitmap {
        /// What was given.
        words: usize,
        /// What is needed.
        needed: u64,
    },
    /// The range is in use, or is none that is logged.
    #[error("no range {iova:#x} of {bytes:#x} bytes is logged")]
    NoRange {
        /// Its start.
        iova: u64,
        /// Its length.
        bytes: u64,
    },
}

/// A range, and what of it waits for a report.
#[derive(Debug)]
struct Logged {
    range: Range,
    pending: PageSet,
}

impl Logged {
    fn new(range: Range) -> Self {
        Self {
            pending: PageSet::new(range.pages()),
            range,
        }
    }
}

/// Logging that was started.
#[derive(Debug)]
pub struct DmaLogging {
    page_shift: u8,
    /// By the index of the card's range.
    logged: Vec<Option<Logged>>,
}

/// A page size as its logarithm.
fn shift_of(page_bytes: u64) -> Result<u32, LoggingError> {
    let shift = page_bytes.trailing_zeros();
    let known = page_bytes.is_power_of_two() && (MIN_PAGE_SHIFT..=MAX_PAGE_SHIFT).contains(&shift);
    known
        .then_some(shift)
        .ok_or(LoggingError::PageSize { bytes: page_bytes })
}

fn length(span: &Span<u64>) -> u64 {
    span.end.saturating_sub(span.start)
}

impl<F: Function> V2<'_, F> {
    /// DMA_LOGGING_START: clears the log and logs these IOVAs, by pages of this size or of a larger
    /// one if the log is too small for it; see [`DmaLogging::page_bytes`].
    pub fn start_logging(
        &mut self,
        spans: &[Span<u64>],
        page_bytes: u64,
    ) -> Result<DmaLogging, LoggingError> {
        let least = shift_of(page_bytes)?;
        let most = self.device.identity().range_count as usize;
        if spans.is_empty() || spans.len() > most {
            let count = spans.len();
            return Err(LoggingError::Ranges { count, most });
        }
        for span in spans {
            let (iova, bytes) = (span.start, length(span));
            if bytes == 0 || (iova | bytes) % page_bytes != 0 {
                return Err(LoggingError::Unaligned {
                    iova,
                    bytes,
                    page_bytes,
                });
            }
        }
        let log_pages = self.device.identity().log_pages;
        let words = |shift: u32| -> u64 {
            let words = spans.iter().map(|span| length(span).div_ceil(32 << shift));
            words.sum()
        };
        let shift =
            (least..=MAX_PAGE_SHIFT).find(|shift| words(*shift) <= u64::from(log_pages / 32));
        let Some(shift) = shift else {
            return Err(LoggingError::TooLarge {
                bytes: spans.iter().map(|span| u128::from(length(span))).sum(),
                count: spans.len(),
                pages: log_pages,
            });
        };
        let mut logging = DmaLogging {
            page_shift: shift as u8,
            logged: (0..most).map(|_| None).collect(),
        };
        let mut log = self.device.dirty_log();
        for index in 0..most {
            log.clear_range(index)?;
        }
        log.start()?;
        for span in spans {
            if let Err(error) = logging.add(self, span.clone()) {
                // All or nothing; the error is told even if the log cannot be stopped.
                let _ = logging.stop(self);
                return Err(error);
            }
        }
        Ok(logging)
    }
}

impl DmaLogging {
    /// The page size by which the card logs, in bytes.
    pub const fn page_bytes(&self) -> u64 {
        1 << self.page_shift
    }

    /// Logs another range, from now on.
    pub fn add<F: Function>(
        &mut self,
        v2: &mut V2<'_, F>,
        span: Span<u64>,
    ) -> Result<(), LoggingError> {
        let (iova, bytes) = (span.start, length(&span));
        let most = self.logged.len();
        let Some(index) = self.logged.iter().position(Option::is_none) else {
            let count = most + 1;
            return Err(LoggingError::Ranges { count, most });
        };
        let mut range = Range {
            iova,
            bytes,
            page_shift: self.page_shift,
            offset_words: 0,
        };
        // The first place behind another one where nothing is.
        let taken = self.logged.iter().flatten().map(|logged| logged.range);
        let taken: Vec<Range> = taken.collect();
        let ends = taken
            .iter()
            .map(|other| u64::from(other.offset_words) + other.words());
        let free = |start: &u64| {
            taken.iter().all(|other| {
                let first = u64::from(other.offset_words);
                *start >= first + other.words() || first >= start + range.words()
            })
        };
        let place = ends.chain([0]).filter(free).min().unwrap_or(0);
        range.offset_words = u32::try_from(place).unwrap_or(u32::MAX);
        v2.device.dirty_log().set_range(index, range)?;
        self.logged[index] = Some(Logged::new(range));
        Ok(())
    }

    /// Logs a range no longer. What was dirty in it is forgotten: report it before.
    pub fn remove<F: Function>(
        &mut self,
        v2: &mut V2<'_, F>,
        span: Span<u64>,
    ) -> Result<(), LoggingError> {
        let (iova, bytes) = (span.start, length(&span));
        let same = |logged: &Option<Logged>| {
            let range = logged.as_ref().map(|logged| logged.range);
            range.is_some_and(|range| (range.iova, range.bytes) == (iova, bytes))
        };
        let index = self.logged.iter().position(same);
        let index = index.ok_or(LoggingError::NoRange { iova, bytes })?;
        // While it is there its marks have a place to go to.
        self.take(v2)?;
        v2.device.dirty_log().clear_range(index)?;
        self.logged[index] = None;
        Ok(())
    }

    /// DMA_LOGGING_REPORT: sets the bits of the dirty pages of `page_bytes` each from this IOVA on,
    /// and forgets that they are dirty. A page of the card's that reaches beyond the report
    /// is reported, and stays dirty.
    ///
    /// # Errors
    /// If the log could not be read, all that is logged is dirty in the next report.
    pub fn report<F: Function>(
        &mut self,
        v2: &mut V2<'_, F>,
        span: Span<u64>,
        page_bytes: u64,
        bitmap: &mut [u64],
    ) -> Result<(), LoggingError> {
        let shift = shift_of(page_bytes)?;
        let needed = length(&span).div_ceil(page_bytes).div_ceil(64);
        if (bitmap.len() as u64) < needed {
            let words = bitmap.len();
            return Err(LoggingError::Bitmap { words, needed });
        }
        self.take(v2)?;
        for logged in self.logged.iter_mut().flatten() {
            let mut done = Vec::new();
            for page in logged.pending.iter() {
                let first = logged.range.iova + (page << self.page_shift);
                let end =
                    (first + (1 << self.page_shift)).min(logged.range.iova + logged.range.bytes);
                let shared = first.max(span.start)..end.min(span.end);
                if shared.is_empty() {
                    continue;
                }
                for bit in (shared.start - span.start) >> shift
                    ..(shared.end - span.start).div_ceil(page_bytes)
                {
                    bitmap[(bit / 64) as usize] |= 1 << (bit % 64);
                }
                if span.start <= first && end <= span.end {
                    done.push(page);
                }
            }
            for page in done {
                logged.pending.remove(page);
            }
        }
        Ok(())
    }

    /// DMA_LOGGING_STOP: nothing is logged any more, and no range is there.
    pub fn stop<F: Function>(self, v2: &mut V2<'_, F>) -> Result<(), LoggingError> {
        let mut log = v2.device.dirty_log();
        log.stop()?;
        for index in 0..self.logged.len() {
            log.clear_range(index)?;
        }
        Ok(())
    }

    /// Takes the card's log out.
    fn take<F: Function>(&mut self, v2: &mut V2<'_, F>) -> Result<(), LoggingError> {
        let Self { page_shift, logged } = self;
        let harvest = v2.device.dirty_log().harvest(|dirty| {
            if let Some(Some(logged)) = logged.get_mut(dirty.range_index) {
                let first = (dirty.iova - logged.range.iova) >> *page_shift;
                let last = (dirty.iova - logged.range.iova + dirty.bytes - 1) >> *page_shift;
                for page in first..=last {
                    // Within the range, as the driver has checked.
                    let _ = logged.pending.insert(page);
                }
            }
        });
        if !matches!(harvest, Ok(Harvest::Pages { .. })) {
            for logged in logged.iter_mut().flatten() {
                logged.pending.insert_all();
            }
        }
        harvest.map(drop).map_err(Into::into)
    }
}
