//! Reading and clearing a log while others mark.
//!
//! A summary that is read says which lines of words to ask memory for, and they are taken out when
//! the next ones have been asked for: what a sparse log costs is waiting for memory.

use super::{AtomicDirtyLog, Cell, GROUP_PAGES, GROUP_WORDS};
use crate::scan::cursor::{BATCH, Scratch};
use crate::scan::path::Chosen;
use crate::scan::prefetch::prefetch;
use crate::scan::{Batch, Bitmap, Path};
use std::sync::atomic::Ordering;

/// Groups that are asked for before the ones before them are taken out.
const AHEAD_GROUPS: usize = 64;
/// Words of the summary that are found before, at most.
const FOUND: usize = AHEAD_GROUPS + LOOK_WORDS;
/// Groups that are taken out together at most.
const TAKEN_GROUPS: usize = 128;
/// Groups whose pages are offsets of 32 bits.
const SPAN_GROUPS: usize = (1 << 32) / GROUP_PAGES as usize;
/// Words of the summary that are looked at together.
const LOOK_WORDS: usize = 8;

impl<C: Cell> AtomicDirtyLog<C> {
    /// Takes the marks out and lists their pages in ascending order, a batch at a time, by
    /// the [best](Path::best) path. A page is to be copied when or after it is listed.
    ///
    /// What is marked meanwhile is listed by this harvest or by the next one. Several threads may
    /// harvest: each page goes to one of them. If `each` panics, every page counts as dirty.
    pub fn harvest(&self, each: impl FnMut(Batch<'_>)) {
        self.harvest_by(Path::best(), each);
    }

    /// As [`harvest`](Self::harvest), by this path.
    pub fn harvest_by(&self, path: Path, mut each: impl FnMut(Batch<'_>)) {
        let mut looked = 0;
        let (mut now, mut next) = ([0; FOUND], [0; FOUND]);
        let mut count = self.look(&mut looked, &mut now);
        if count == 0 {
            return;
        }
        let mut taken = Taken::new(path.chosen());
        while count > 0 {
            let then = self.look(&mut looked, &mut next);
            for index in &now[..count] {
                let first = *taken.groups.first().unwrap_or(&(index * 64));
                let too_far = index * 64 + 64 - first > SPAN_GROUPS;
                if too_far || taken.groups.len() + 64 > TAKEN_GROUPS {
                    self.take(&mut taken, &mut each);
                }
                // h1.
                let groups = self.summary[*index].swap(0, Ordering::AcqRel);
                taken
                    .groups
                    .extend(set_bits(groups).map(|group| index * 64 + group));
            }
            self.take(&mut taken, &mut each);
            (now, count) = (next, then);
        }
    }

    /// Finds the words of the summary that have something, from this one on, and asks for their
    /// groups. Which words those are and how many is not foreseen: nothing branches on one.
    fn look(&self, from: &mut usize, found: &mut [usize; FOUND]) -> usize {
        let (mut count, mut groups) = (0, 0);
        while groups < AHEAD_GROUPS && count + LOOK_WORDS <= FOUND {
            let Some(words @ [_, ..]) = self.summary.get(*from..) else {
                break;
            };
            let any = |any, word: &C| any | word.load(Ordering::Relaxed);
            let (words, any) = match words.first_chunk::<LOOK_WORDS>() {
                Some(all) => (all.as_slice(), all.iter().fold(0, any)),
                None => (words, words.iter().fold(0, any)),
            };
            if any != 0 {
                let before = count;
                for (index, word) in (*from..).zip(words) {
                    found[count] = index;
                    count += usize::from(word.load(Ordering::Relaxed) != 0);
                }
                for index in &found[before..count] {
                    for group in set_bits(self.summary[*index].load(Ordering::Relaxed)) {
                        let word = (index * 64 + group) * GROUP_WORDS;
                        prefetch(self.words.as_ptr().wrapping_add(word));
                        groups += 1;
                    }
                }
            }
            *from += LOOK_WORDS;
        }
        count
    }

    /// Takes the words of the groups out and lists their pages.
    fn take(&self, taken: &mut Taken, each: &mut impl FnMut(Batch<'_>)) {
        // h2 to h4.
        C::fence();
        for (group, into) in taken.groups.iter().zip(taken.words.iter_mut()) {
            let cells = self.words.get(group * GROUP_WORDS..).unwrap_or_default();
            *into = [[0; 8]; GROUP_WORDS];
            // A swap costs several times what a load does, and writes the line.
            let mut live = 0;
            for (number, cell) in cells.iter().take(GROUP_WORDS).enumerate() {
                live |= u64::from(cell.load(Ordering::Relaxed) != 0) << number;
            }
            for number in set_bits(live) {
                into[number] = cells[number].swap(0, Ordering::AcqRel).to_le_bytes();
            }
        }
        C::fence();
        taken.list(each);
    }
}

/// What is taken out together, and what a scan of it needs.
struct Taken {
    /// Numbers of the groups, in ascending order.
    groups: Vec<usize>,
    /// Their words, one group behind the other.
    words: Box<[[[u8; 8]; GROUP_WORDS]; TAKEN_GROUPS]>,
    /// Pages of a batch, relative to the first group.
    pages: [u32; BATCH],
    scratch: Scratch,
    chosen: Chosen,
}

impl Taken {
    fn new(chosen: Chosen) -> Self {
        Self {
            groups: Vec::with_capacity(TAKEN_GROUPS),
            words: Box::new([[[0; 8]; GROUP_WORDS]; TAKEN_GROUPS]),
            pages: [0; BATCH],
            scratch: Scratch::default(),
            chosen,
        }
    }

    /// Lists the pages and forgets them.
    fn list(&mut self, each: &mut impl FnMut(Batch<'_>)) {
        let Self {
            groups,
            words,
            pages,
            scratch,
            chosen,
        } = self;
        let (Some(first), Some(last)) = (groups.first(), groups.last()) else {
            return;
        };
        let first_page = *first as u64 * GROUP_PAGES;
        let gaps = last - first >= groups.len();
        let bitmap = Bitmap::whole(words[..groups.len()].as_flattened().as_flattened());
        chosen.for_each_batch(bitmap, 0, scratch, &mut |batch: Batch<'_>| {
            if !gaps {
                return each(Batch::new(first_page + batch.first(), batch.offsets()));
            }
            for (page, found) in pages.iter_mut().zip(batch.pages()) {
                let group = groups[(found / GROUP_PAGES) as usize] - first;
                *page = (group as u64 * GROUP_PAGES + found % GROUP_PAGES) as u32;
            }
            each(Batch::new(first_page, &pages[..batch.offsets().len()]));
        });
        groups.clear();
    }
}

/// The numbers of the set bits.
fn set_bits(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        bit
    })
}
