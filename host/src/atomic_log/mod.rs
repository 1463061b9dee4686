//! The VMM's side of dirty logging: any number of threads mark pages, one harvests.
//!
//! Two levels: a word has a bit for each of 64 pages, the summary a bit for each of
//! 8 words, a cache line. An idle log of 1 TiB costs the harvester 64 KiB of summary.
//!
//! # Why no mark is lost
//!
//! A *mark* is made after the data was written, and a page is copied after its mark was
//! harvested. What has to hold: when a mark and a harvest are both done, either the
//! harvest (or one before it) listed the page and the copy that follows has the data, or the next
//! harvest lists it.
//!
//! ```text
//!   marker                          harvester
//!   m1  data := new                 h1  summary := 0, and what was in it
//!   m2  fence                       h2  fence
//!   m3  word |= bit, unless it is   h3  word := 0, and what was in it
//!   m4  fence                       h4  fence
//!   m5  summary |= bit, unless ...  h5  copy := data
//! ```
//!
//! A harvest does each of h1 to h5 for several words before it goes on to the next.
//!
//! The fences are [`SeqCst`](Ordering::SeqCst), so they have one order. Both "unless" are loads
//! that save the write of a line that others have; each could go wrong by reading
//! what is about to be cleared:
//!
//! - **m3 reads the bit as set** and writes nothing. If m2 is before h4, the copy of h5 has the
//!   data. Else h4 is before m2, so m3 reads what h3 left or something newer: a bit that was
//!   set after h3, which the next harvest lists. Without m2 the load may pass the store of m1,
//!   which every processor with a store buffer does: the page is then listed and copied too
//!   early, and is lost.
//! - **m5 reads the summary as set** and writes nothing. If m4 is before h2, then h3 reads the bit
//!   of m3. Else h2 is before m4, so m5 reads what h1 left or something newer: a bit that was
//!   set after h1, by which the next harvest finds the word.
//!
//! m5 is done even if m3 wrote nothing: the marker that set the bit may not have come to its own
//! m5. m3 is an acquire load and h3 a release: who sees a bit that came after h3 sees what h1 left.
//!
//! The tests hold this with loom, which tries every order that the C11 memory model has, and
//! show it a lost page if m2 or m4 is left out.

mod cell;
mod harvest;

#[cfg(test)]
mod tests;

pub use cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words for one bit of the summary: a cache line.
const GROUP_WORDS: usize = 8;
/// Pages for one bit of the summary.
const GROUP_PAGES: u64 = GROUP_WORDS as u64 * 64;

/// A log of dirty pages that any thread marks and one harvests; see the module's page.
///
/// ```
/// use slackwater_host::atomic_log::AtomicDirtyLog;
///
/// let log = AtomicDirtyLog::new(1 << 20);
/// assert!(log.mark(7) && log.mark_range(4095..4097));
/// let mut pages = Vec::new();
/// log.harvest(|batch| pages.extend(batch.pages()));
/// assert_eq!(pages, [7, 4095, 4096]);
/// log.harvest(|_| panic!("the log is clear"));
/// ```
#[derive(Debug)]
pub struct AtomicDirtyLog<C: Cell = AtomicU64> {
    words: Box<[C]>,
    summary: Box<[C]>,
    pages: u64,
}

impl AtomicDirtyLog {
    /// A clear log of this many pages. It takes a bit for each.
    pub fn new(pages: u64) -> Self {
        Self::with_cells(pages)
    }
}

impl<C: Cell> AtomicDirtyLog<C> {
    /// A log of other atomics than the standard library's.
    pub fn with_cells(pages: u64) -> Self {
        let words = pages.div_ceil(64) as usize;
        let groups = words.div_ceil(GROUP_WORDS);
        let cells = |count| (0..count).map(|_| C::default()).collect();
        Self {
            words: cells(words),
            summary: cells(groups.div_ceil(64)),
            pages,
        }
    }

    /// Pages that it has bits for.
    pub const fn pages(&self) -> u64 {
        self.pages
    }

    /// Marks a page, after what was written to it. False if it is beyond the log, and
    /// nothing is marked.
    #[must_use]
    pub fn mark(&self, page: u64) -> bool {
        if page >= self.pages {
            return false;
        }
        C::fence();
        let new = set(&self.words[(page / 64) as usize], 1 << (page % 64));
        self.summarise(page / GROUP_PAGES, new);
        true
    }

    /// Marks pages, after what was written to them. False if one is beyond the log, and
    /// nothing is marked.
    #[must_use]
    pub fn mark_range(&self, pages: Range<u64>) -> bool {
        if pages.end > self.pages {
            return false;
        }
        if pages.is_empty() {
            return true;
        }
        C::fence();
        for group in pages.start / GROUP_PAGES..=(pages.end - 1) / GROUP_PAGES {
            let first = pages.start.max(group * GROUP_PAGES);
            let end = pages.end.min((group + 1) * GROUP_PAGES);
            let mut new = false;
            for word in first / 64..=(end - 1) / 64 {
                let from = first.max(word * 64) % 64;
                let below = end.min(word * 64 + 64) - word * 64;
                let bits = (u64::MAX >> (64 - below)) & (u64::MAX << from);
                new |= set(&self.words[word as usize], bits);
            }
            self.summarise(group, new);
        }
        true
    }

    /// m4 and m5. Where nothing was set no fence is needed: nothing was written that a harvest
    /// could miss, and m3 acquires.
    fn summarise(&self, group: u64, new: bool) {
        if new {
            C::fence();
        }
        set(&self.summary[(group / 64) as usize], 1 << (group % 64));
    }
}

/// Sets bits unless they are; whether one was not.
fn set<C: Cell>(cell: &C, bits: u64) -> bool {
    let new = cell.load(Ordering::Acquire) & bits != bits;
    if new {
        cell.fetch_or(bits, Ordering::Release);
    }
    new
}
