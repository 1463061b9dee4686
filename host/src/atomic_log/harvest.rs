//! Reading and clearing a log while others mark.

use super::{AtomicDirtyLog, Cell, GROUP_WORDS};
use crate::scan::cursor::{CHUNK_WORDS, Scratch};
use crate::scan::path::Chosen;
use crate::scan::{Batch, Bitmap, Path};
use std::sync::atomic::Ordering;

/// Groups that are scanned together.
const CHUNK_GROUPS: usize = CHUNK_WORDS / GROUP_WORDS;
/// From this many groups in a chunk on, the chunk is scanned as a whole.
const DENSE_GROUPS: u32 = 8;

impl<C: Cell> AtomicDirtyLog<C> {
    /// Takes the marks out and lists their pages in ascending order, a batch at a time, by
    /// the [best](Path::best) path. A page is to be copied when or after it is listed.
    ///
    /// What is marked meanwhile is listed by this harvest or by the next one. Several threads may
    /// harvest: each page goes to one of them.
    pub fn harvest(&self, each: impl FnMut(Batch<'_>)) {
        self.harvest_by(Path::best(), each);
    }

    /// As [`harvest`](Self::harvest), by this path.
    pub fn harvest_by(&self, path: Path, mut each: impl FnMut(Batch<'_>)) {
        let mut chunk = Chunk {
            words: Vec::new(),
            scratch: Scratch::default(),
            chosen: path.chosen(),
        };
        for (index, summary) in self.summary.iter().enumerate() {
            if summary.load(Ordering::Relaxed) == 0 {
                continue;
            }
            // h1 and h2.
            let groups = summary.swap(0, Ordering::AcqRel);
            C::fence();
            chunk.words.resize(CHUNK_WORDS, [0; 8]);
            for part in 0..64 / CHUNK_GROUPS {
                let groups = groups >> (part * CHUNK_GROUPS) & (u64::MAX >> (64 - CHUNK_GROUPS));
                let first = (index * 64 + part * CHUNK_GROUPS) * GROUP_WORDS;
                if groups != 0 {
                    self.harvest_chunk(first, groups, &mut chunk, &mut each);
                }
            }
        }
    }

    /// Some groups of a chunk, whose first word has this number.
    fn harvest_chunk(
        &self,
        first_word: usize,
        groups: u64,
        chunk: &mut Chunk,
        each: &mut impl FnMut(Batch<'_>),
    ) {
        let dense = groups.count_ones() >= DENSE_GROUPS;
        if dense {
            chunk.words.fill([0; 8]);
        }
        // h3 and h4.
        for group in set_bits(groups) {
            let range = group * GROUP_WORDS..(group + 1) * GROUP_WORDS;
            let cells = self
                .words
                .get(first_word + range.start..)
                .unwrap_or_default();
            let into = &mut chunk.words[range];
            into.fill([0; 8]);
            for (into, cell) in into.iter_mut().zip(cells) {
                // A swap costs several times what a load does, and writes the line.
                if cell.load(Ordering::Relaxed) != 0 {
                    *into = cell.swap(0, Ordering::AcqRel).to_le_bytes();
                }
            }
        }
        C::fence();
        if dense {
            return chunk.list(0..CHUNK_WORDS, first_word, each);
        }
        for group in set_bits(groups) {
            chunk.list(
                group * GROUP_WORDS..(group + 1) * GROUP_WORDS,
                first_word,
                each,
            );
        }
    }
}

/// What was taken out, and what a scan of it needs.
struct Chunk {
    /// None until there is something to take out.
    words: Vec<[u8; 8]>,
    scratch: Scratch,
    chosen: Chosen,
}

impl Chunk {
    fn list(
        &mut self,
        words: std::ops::Range<usize>,
        first_word: usize,
        each: &mut impl FnMut(Batch<'_>),
    ) {
        let first_page = (first_word + words.start) as u64 * 64;
        let bitmap = Bitmap::whole(self.words[words].as_flattened());
        self.chosen
            .for_each_batch(bitmap, first_page, &mut self.scratch, each);
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
