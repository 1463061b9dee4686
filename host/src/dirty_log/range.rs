//! Which IOVAs the log watches.

use super::{DirtyLog, LogError};
use crate::device::Identity;
use crate::function::{AccessError, Bar, Function};
use crate::registers;
use slackwater_regs::bar2::{self, range_config};
use slackwater_regs::{MAX_PAGE_SHIFT, MIN_PAGE_SHIFT, PAGE_BYTES};

/// Words of a range's registers.
const RANGE_REGISTERS: usize = (bar2::RANGE_STRIDE / 4) as usize;
/// Most bytes that a range may have: its length register counts 4 KiB units.
pub const MAX_RANGE_BYTES: u64 = (u32::MAX as u64) * PAGE_BYTES as u64;

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

/// What the driver remembers of the log between two calls.
#[derive(Clone, Debug)]
pub(crate) struct LogContext {
    pub(crate) sequence: u8,
    /// This driver has started the log, and neither stopped it nor reset the device.
    pub(crate) started: bool,
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
            started: false,
            ranges,
        })
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
}
