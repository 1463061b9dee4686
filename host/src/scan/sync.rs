//! The sync pass: several logs merged, read and cleared, and turned into pages, in one pass
//! over memory.
//!
//! The logs are merged in the L1 cache and scanned there. What is not set is not written: an
//! idle log costs its reads.

use super::cursor::{Cursor, Scratch};
use super::merge::{CHUNK_WORDS, Merge};
use super::{Batch, Path};
use std::sync::atomic::AtomicU64;

/// A log to be merged, as words of 64 bits. Bit i is page i; bits behind the last page
/// are cleared with the rest and listed nowhere.
#[derive(Debug)]
pub enum Log<'a> {
    /// Read only.
    Copy(&'a [u64]),
    /// Read and cleared; nobody else has it.
    Owned(&'a mut [u64]),
    /// Read and cleared, a word at a time and each at once, while others mark.
    /// Whoever reads a page after this sees what was written to it before it was marked with
    /// [`Release`](std::sync::atomic::Ordering::Release).
    Shared(&'a [AtomicU64]),
}

impl Log<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Copy(words) => words.len(),
            Self::Owned(words) => words.len(),
            Self::Shared(words) => words.len(),
        }
    }

    /// Where this word is, or would be.
    #[inline(always)]
    pub(super) fn place(&self, word: usize) -> *const u64 {
        let start = match self {
            Self::Copy(words) => words.as_ptr(),
            Self::Owned(words) => words.as_ptr(),
            Self::Shared(words) => words.as_ptr().cast(),
        };
        start.wrapping_add(word)
    }

    /// The first words and the others.
    fn split_at(self, words: usize) -> (Self, Self) {
        match self {
            Self::Copy(log) => {
                let (first, rest) = log.split_at(words.min(log.len()));
                (Self::Copy(first), Self::Copy(rest))
            }
            Self::Owned(log) => {
                let (first, rest) = log.split_at_mut(words.min(log.len()));
                (Self::Owned(first), Self::Owned(rest))
            }
            Self::Shared(log) => {
                let (first, rest) = log.split_at(words.min(log.len()));
                (Self::Shared(first), Self::Shared(rest))
            }
        }
    }
}

/// Words below which one thread is faster than several: 4 MiB of bitmap, 128 GiB of guest.
const PARALLEL_WORDS: usize = 1 << 19;

/// The pages, up to `pages`, that any of the logs has, in ascending order and a batch at a
/// time. Afterwards the logs that are not [`Log::Copy`] are clear.
///
/// Logs may be shorter than `pages`. A log is cleared before its pages are listed: if `each`
/// panics, every page counts as dirty.
pub fn sync(logs: &mut [Log<'_>], pages: u64, path: Path, mut each: impl FnMut(Batch<'_>)) {
    segment(logs, 0, pages, path, &mut each);
}

/// As [`sync`], by all threads of the [rayon] pool if there is enough to do: then `each` is called
/// from several threads, and pages ascend within a batch only.
pub fn sync_parallel(logs: Vec<Log<'_>>, pages: u64, path: Path, each: impl Fn(Batch<'_>) + Sync) {
    split(logs, 0, pages, path, &each);
}

/// Halves what is large.
fn split(
    mut logs: Vec<Log<'_>>,
    first_page: u64,
    pages: u64,
    path: Path,
    each: &(impl Fn(Batch<'_>) + Sync),
) {
    let longest = logs.iter().map(Log::len).max().unwrap_or(0);
    let words = (pages.div_ceil(64)).min(longest as u64) as usize;
    if words < 2 * PARALLEL_WORDS {
        let mut each = |batch: Batch<'_>| each(batch);
        return segment(&mut logs, first_page, pages, path, &mut each);
    }
    let half = (words / 2).next_multiple_of(CHUNK_WORDS);
    let half_pages = half as u64 * 64;
    let (low, high): (Vec<_>, Vec<_>) = logs.into_iter().map(|log| log.split_at(half)).unzip();
    rayon::join(
        || split(low, first_page, half_pages, path, each),
        || {
            split(
                high,
                first_page + half_pages,
                pages - half_pages,
                path,
                each,
            )
        },
    );
}

/// One thread's part; `first_page` is the first one of these logs.
fn segment(
    logs: &mut [Log<'_>],
    first_page: u64,
    pages: u64,
    path: Path,
    each: &mut impl FnMut(Batch<'_>),
) {
    let mut cursor = Cursor::of(Merge::new(logs, pages));
    let mut scratch = Scratch::default();
    let chosen = path.chosen();
    loop {
        let (first, count) = chosen.advance::<_, false>(&mut cursor, &mut scratch);
        let Some(offsets @ [_, ..]) = scratch.out.get(..count) else {
            return;
        };
        each(Batch::new(first_page + first, offsets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u64, words: usize, sparse: bool) -> Vec<u64> {
        let mut state = seed;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.wrapping_mul(0x2545_f491_4f6c_dd1d)
        };
        (0..words)
            .map(|_| match next() % 64 {
                0 => next() & next() & next(),
                _ if sparse => 0,
                _ => next() & next(),
            })
            .collect()
    }

    fn pages_of(words: &[u64], pages: u64) -> Vec<u64> {
        (0..pages.min(words.len() as u64 * 64))
            .filter(|page| words[(page / 64) as usize] >> (page % 64) & 1 == 1)
            .collect()
    }

    #[test]
    fn prop_three_logs_are_merged_listed_and_cleared() {
        for seed in if cfg!(miri) { 1..4 } else { 1..60 } {
            let words = [5, 300, 2048, 2049, 6000][seed as usize % 5];
            let sparse = seed % 2 == 0;
            let copy = noise(seed, words, sparse);
            let mut owned = noise(seed + 1000, words / 2, sparse);
            let shared = noise(seed + 2000, words, sparse);
            let all: Vec<u64> = (0..words)
                .map(|word| copy[word] | owned.get(word).unwrap_or(&0) | shared[word])
                .collect();
            let shared: Vec<AtomicU64> = shared.into_iter().map(AtomicU64::new).collect();
            let pages = words as u64 * 64 - seed % 64;
            let mut logs = [
                Log::Copy(&copy),
                Log::Owned(&mut owned),
                Log::Shared(&shared),
            ];
            let mut found = Vec::new();
            sync(&mut logs, pages, Path::best(), |batch| {
                found.extend(batch.pages())
            });
            assert_eq!(found, pages_of(&all, pages), "seed {seed}");
            let mut again = Vec::new();
            sync(&mut logs[1..], pages, Path::best(), |batch| {
                again.extend(batch.pages())
            });
            assert_eq!(again, [], "seed {seed}: cleared");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "it takes hours")]
    fn several_threads_find_what_one_does() {
        let words = 5 * PARALLEL_WORDS + 77;
        let mut owned = noise(7, words, true);
        let pages = words as u64 * 64;
        let expected = pages_of(&owned, pages);
        let found = std::sync::Mutex::new(Vec::new());
        sync_parallel(vec![Log::Owned(&mut owned)], pages, Path::best(), |batch| {
            let mut found = found.lock().expect("no thread panics");
            found.extend(batch.pages());
        });
        let mut found = found.into_inner().expect("no thread panics");
        found.sort_unstable();
        assert!(
            found == expected,
            "{} of {} pages",
            found.len(),
            expected.len()
        );
        assert!(owned.iter().all(|word| *word == 0));
    }
}
