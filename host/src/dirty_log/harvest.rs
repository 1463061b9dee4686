//! Taking what is dirty out of the log.

use super::{DirtyLog, LogError, LogStatus};
use crate::function::{Bar, BusReads, Function};
use crate::registers;
use crate::scan::{Bitmap, Path};
use slackwater_regs::bar2::{self, CHUNK_PAGES, CHUNK_WORDS, LINE_WORDS};
use slackwater_regs::log::Operation;

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
        /// What the bus carried for it.
        reads: BusReads,
    },
    /// The log is not complete: every page of the guest must be taken as dirty.
    Everything {
        /// Why it is not.
        why: Incomplete,
        /// What the bus carried.
        reads: BusReads,
    },
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
    /// The log had more marks than were found in its snapshots.
    MissingMarks {
        /// DIRTY_COUNT before the first snapshot.
        counted: u32,
        /// Marks in all snapshots.
        found: u64,
    },
}

/// LOG_STATUS, DIRTY_COUNT and CHUNK_SUMMARY, which are neighbours.
const LOOK_WORDS: usize = 3;

/// What they say.
struct Look {
    status: LogStatus,
    count: u32,
    summary: u32,
}

/// The words of the snapshot window, as they come over the bus.
type Window = [[u8; 4]; CHUNK_WORDS as usize];

impl<F: Function> DirtyLog<'_, F> {
    /// Takes what is dirty out of the log: `each` is called for every run of dirty pages.
    ///
    /// If this fails, or says [`Harvest::Everything`], what `each` was told is still true, but not all.
    pub fn harvest(&mut self, mut each: impl FnMut(DirtyRange)) -> Result<Harvest, LogError> {
        let before = self.device.bar.reads();
        let mut state = self.look()?;
        if state.status.held {
            self.restore()?;
            state = self.look()?;
        }
        let mut summary = state.summary;
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
        let LogStatus {
            incomplete,
            tracking,
            ..
        } = self.status()?;
        if self.device.log.started && !tracking {
            return Err(LogError::Lost);
        }
        let reads = self.device.bar.reads() - before;
        let found = pages + unknown;
        let why = if incomplete {
            Incomplete::Device
        } else if unknown > 0 {
            Incomplete::UnknownMarks { pages: unknown }
        } else if found < u64::from(state.count) {
            // Marks only come while they are not taken, and what is taken is found.
            Incomplete::MissingMarks {
                counted: state.count,
                found,
            }
        } else {
            return Ok(Harvest::Pages {
                pages,
                chunks,
                reads,
            });
        };
        Ok(Harvest::Everything { why, reads })
    }

    /// Like [`DirtyLog::harvest`], as one value to iterate over.
    pub fn take(&mut self) -> Result<Dirty, LogError> {
        let mut ranges = Vec::new();
        Ok(match self.harvest(|range| ranges.push(range))? {
            Harvest::Pages { .. } => Dirty::Pages(ranges),
            Harvest::Everything { why, .. } => Dirty::Everything(why),
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

    /// Status, count and chunk summary, in one read.
    fn look(&mut self) -> Result<Look, LogError> {
        let mut words = [0; LOOK_WORDS];
        registers::read_status_block(&mut self.device.bar, bar2::LOG_STATUS, &mut words)?;
        let [status, count, summary] = words;
        Ok(Look {
            status: LogStatus::from_word(status),
            count,
            summary,
        })
    }

    /// The snapshot window, of which only the lines that are not zero are read.
    fn read_window(&mut self) -> Result<Window, LogError> {
        let bar = &mut self.device.bar;
        let mut window = [[0; 4]; CHUNK_WORDS as usize];
        let mut summary = [0; 2];
        registers::read_block(bar, bar2::LINE_SUMMARY_LO, &mut summary)?;
        let summary = summary.map(u32::to_le_bytes);
        for lines in Bitmap::whole(summary.as_flattened()).ranges() {
            let first = lines.start as usize * LINE_WORDS as usize;
            let part = &mut window[first..lines.end as usize * LINE_WORDS as usize];
            let mut words = vec![0; part.len()];
            registers::read_block(bar, bar2::SNAPSHOT_WINDOW + 4 * first as u32, &mut words)?;
            for (bytes, word) in part.iter_mut().zip(words) {
                *bytes = word.to_le_bytes();
            }
        }
        Ok(window)
    }

    /// From the bits of a chunk to IOVAs. Returns the pages in ranges, and those in none.
    fn decode(&self, chunk: u32, window: &Window, each: &mut impl FnMut(DirtyRange)) -> (u64, u64) {
        let chunk_first = u64::from(chunk) * u64::from(CHUNK_PAGES);
        let (mut pages, mut claimed) = (0, 0);
        Bitmap::whole(window.as_flattened()).for_each_range(Path::best(), |run| {
            pages += run.end - run.start;
            let (first, end) = (chunk_first + run.start, chunk_first + run.end);
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
        });
        (claimed, pages - claimed.min(pages))
    }
}
