//! The sync pass: several logs merged, read and cleared, and turned into pages, in one pass
//! over memory.
//!
//! A chunk of 16 KiB is merged in the L1 cache and scanned there. What is not set is
//! not written: an idle log costs its reads.

use super::cursor::{CHUNK_WORDS, Scratch};
use super::prefetch::prefetch;
use super::{Batch, Bitmap, Path};
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// [`Ordering::Release`].
    Shared(&'a [AtomicU64]),
}

impl Log<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Copy(words) => words.len(),
            Self::Owned(words) => words.len(),
            Self::Shared(words) => words.len(),
        }
    }

    /// Where this word is, or would be.
    fn place(&self, word: usize) -> *const u64 {
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
/// Logs may be shorter than `pages`.
pub fn sync(logs: &mut [Log<'_>], pages: u64, path: Path, mut each: impl FnMut(Batch<'_>)) {
    let words = logs.iter().map(Log::len).max().unwrap_or(0);
    let words = (pages.div_ceil(64)).min(words as u64) as usize;
    segment(logs, 0, words, pages, path, &mut each);
}

/// As [`sync`], by all threads of the [rayon] pool if there is enough to do: then `each` is called
/// from several threads, and pages ascend within a batch only.
pub fn sync_parallel(logs: Vec<Log<'_>>, pages: u64, path: Path, each: impl Fn(Batch<'_>) + Sync) {
    let words = logs.iter().map(Log::len).max().unwrap_or(0);
    let words = (pages.div_ceil(64)).min(words as u64) as usize;
    split(logs, 0, words, pages, path, &each);
}

/// Halves what is large.
fn split(
    mut logs: Vec<Log<'_>>,
    first: usize,
    words: usize,
    pages: u64,
    path: Path,
    each: &(impl Fn(Batch<'_>) + Sync),
) {
    if words < 2 * PARALLEL_WORDS {
        return segment(&mut logs, first, words, pages, path, &mut |batch: Batch<
            '_,
        >| {
            each(batch)
        });
    }
    let half = (words / 2).next_multiple_of(CHUNK_WORDS);
    let (low, high): (Vec<_>, Vec<_>) = logs.into_iter().map(|log| log.split_at(half)).unzip();
    rayon::join(
        || split(low, first, half, pages, path, each),
        || split(high, first + half, words - half, pages, path, each),
    );
}

/// One thread's part: words of the logs, the first of which is word `first` of the whole.
fn segment(
    logs: &mut [Log<'_>],
    first: usize,
    words: usize,
    pages: u64,
    path: Path,
    each: &mut impl FnMut(Batch<'_>),
) {
    let mut merged = [[0_u8; 8]; CHUNK_WORDS];
    let mut scratch = Scratch::default();
    let chosen = path.chosen();
    for at in (0..words).step_by(CHUNK_WORDS) {
        let chunk = &mut merged[..CHUNK_WORDS.min(words - at)];
        if !chosen.merge(logs, at, chunk) {
            continue;
        }
        let first_page = (first + at) as u64 * 64;
        let bits = (pages - first_page).min(chunk.len() as u64 * 64);
        let Some(bitmap) = Bitmap::new(chunk.as_flattened(), bits) else {
            continue;
        };
        chosen.for_each_batch(bitmap, first_page, &mut scratch, each);
    }
}

/// Merges the words from `at` on, and clears them where they were; whether one is not zero.
/// Each path has it compiled for its instructions.
#[inline(always)]
pub fn merge(logs: &mut [Log<'_>], at: usize, chunk: &mut [[u8; 8]]) -> bool {
    chunk.fill([0; 8]);
    let mut any = 0;
    for index in 0..logs.len() {
        // What is merged next comes while this is merged: the next log, or the next chunk.
        let ahead = match logs.get(index + 1) {
            Some(log) => log.place(at),
            None => logs[0].place(at + chunk.len()),
        };
        let log = &mut logs[index];
        let range = at.min(log.len())..(at + chunk.len()).min(log.len());
        any |= match log {
            Log::Copy(words) => or(chunk, &words[range], ahead, |_| ()),
            Log::Owned(words) => {
                let words = &mut words[range];
                let mut live = [0; CHUNK_WORDS / LINE_WORDS + 1];
                let mut lines = 0;
                let any = or(chunk, words, ahead, |line| {
                    live[lines % live.len()] = line.0;
                    lines += usize::from(line.1 != 0);
                });
                for line in live.iter().take(lines) {
                    let line = words.iter_mut().skip(LINE_WORDS * line);
                    line.take(LINE_WORDS).for_each(|word| *word = 0);
                }
                any
            }
            Log::Shared(words) => {
                let mut any = 0;
                for (into, word) in chunk.iter_mut().zip(&words[range]) {
                    // A swap costs several times what a load does, and writes the line.
                    if word.load(Ordering::Relaxed) != 0 {
                        let found = word.swap(0, Ordering::AcqRel);
                        *into = (u64::from_le_bytes(*into) | found).to_le_bytes();
                        any |= found;
                    }
                }
                any
            }
        };
    }
    any != 0
}

/// Words of a cache line.
const LINE_WORDS: usize = 8;

/// Adds words to the chunk; all of them in one. `each` is told the number of every line, and all
/// its words in one.
#[inline(always)]
fn or(
    chunk: &mut [[u8; 8]],
    words: &[u64],
    ahead: *const u64,
    mut each: impl FnMut((usize, u64)),
) -> u64 {
    let mut any = 0;
    let (lines, rest) = chunk.as_chunks_mut::<LINE_WORDS>();
    let (from, rest_from) = words.as_chunks::<LINE_WORDS>();
    for (number, (into, words)) in lines.iter_mut().zip(from).enumerate() {
        prefetch(ahead.wrapping_add(LINE_WORDS * number));
        let line = or_line(into, words);
        any |= line;
        each((number, line));
    }
    // A last line that is cut short, of the chunk or of the log.
    let into = match lines.get_mut(from.len()) {
        Some(line) => line.as_mut_slice(),
        None => rest,
    };
    let line = or_line(into, rest_from);
    each((from.len(), line));
    any | line
}

/// Adds words to a line; all of them in one.
#[inline(always)]
fn or_line(into: &mut [[u8; 8]], words: &[u64]) -> u64 {
    let mut any = 0;
    for (into, word) in into.iter_mut().zip(words) {
        any |= word;
        *into = (u64::from_le_bytes(*into) | word).to_le_bytes();
    }
    any
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
