//! Several logs as one source of a scan: a block is merged, and cleared where it was, when the scan
//! asks for it.

use super::cursor::{BLOCK_BYTES, BLOCK_WORDS, Block, Stages};
use super::prefetch::{LINE_WORDS, prefetch};
use super::source::Source;
use super::sync::Log;
use std::sync::atomic::{AtomicU64, Ordering};

/// Blocks that are merged before their pages are listed: 4 KiB, so that there are few pages to
/// list at a time, and several logs' next chunks have room in the L1 cache.
pub const CHUNK_BLOCKS: usize = 8;
pub const CHUNK_WORDS: usize = CHUNK_BLOCKS * BLOCK_WORDS;
/// Cache lines of a block, and all of them as a mask.
const BLOCK_LINES: usize = BLOCK_WORDS / LINE_WORDS;
const ALL_LINES: u64 = (1 << BLOCK_LINES) - 1;
/// Lines of each log that are prefetched for a part that is listed.
const PART_LINES: usize = 4;

/// Logs, and where merging them stands.
#[derive(Debug)]
pub struct Merge<'l, 'a> {
    logs: &'l mut [Log<'a>],
    pages: u64,
    words: usize,
    /// First word of the chunk, and behind its last.
    start: usize,
    end: usize,
    /// Word up to which prefetching has come.
    fetched: usize,
    merged: [Block; CHUNK_BLOCKS],
    /// Lines of each log's chunk that have something and are to be cleared.
    live: Vec<u64>,
}

impl<'l, 'a> Merge<'l, 'a> {
    /// The first pages of these logs.
    pub fn new(logs: &'l mut [Log<'a>], pages: u64) -> Self {
        let longest = logs.iter().map(Log::len).max().unwrap_or(0);
        Self {
            words: pages.div_ceil(64).min(longest as u64) as usize,
            live: vec![0; logs.len()],
            logs,
            pages,
            start: 0,
            end: 0,
            fetched: 0,
            merged: [[0; BLOCK_BYTES]; CHUNK_BLOCKS],
        }
    }

    /// Merges the words from `start` to `end`: a block of each log in turn, since several streams
    /// come faster from memory than one.
    #[inline(always)]
    fn merge<S: Stages>(&mut self, stages: S) {
        for (number, block) in self.merged.iter_mut().enumerate() {
            let first = self.start + number * BLOCK_WORDS;
            block.fill(0);
            for (log, live) in self.logs.iter_mut().zip(&mut self.live) {
                let ahead = first + CHUNK_WORDS..first + CHUNK_WORDS + BLOCK_WORDS;
                for word in ahead.step_by(LINE_WORDS) {
                    if word >= self.fetched {
                        prefetch(log.place(word));
                    }
                }
                let end = self.end.min(first + BLOCK_WORDS).min(log.len());
                let range = first.min(end)..end;
                match log {
                    Log::Copy(words) => or(block, &words[range]),
                    Log::Owned(words) => {
                        let words = &mut words[range];
                        or(block, words);
                        match words.first_chunk().map(|words| stages.live_lines(words)) {
                            Some(lines) if lines != ALL_LINES => {
                                *live |= lines << (BLOCK_LINES * number);
                            }
                            // While they are in the cache.
                            _ => words.fill(0),
                        }
                    }
                    Log::Shared(words) => swap(block, &words[range]),
                }
            }
        }
        // One loop for a chunk's lines: it costs one branch that is not foreseen.
        for (log, live) in self.logs.iter_mut().zip(&mut self.live) {
            while let (Log::Owned(words), 1..) = (&mut *log, *live) {
                let line = self.start + LINE_WORDS * live.trailing_zeros() as usize;
                words[line..line + LINE_WORDS].fill(0);
                *live &= *live - 1;
            }
        }
        self.fetched = self.fetched.max(self.start + 2 * CHUNK_WORDS);
    }
}

impl Source for Merge<'_, '_> {
    const PART: usize = 32;

    #[inline(always)]
    fn next_chunk<S: Stages>(&mut self, stages: S) -> usize {
        self.start = self.end;
        self.end = self.words.min(self.start + CHUNK_WORDS);
        if self.start == self.end {
            return 0;
        }
        self.merge(stages);
        let bits = self.pages - self.start as u64 * 64;
        if bits < CHUNK_WORDS as u64 * 64 {
            cut(self.merged.as_flattened_mut(), bits as usize);
        }
        (self.end - self.start).div_ceil(BLOCK_WORDS)
    }

    #[inline(always)]
    fn block(&mut self, number: usize) -> &Block {
        &self.merged[number]
    }

    #[inline(always)]
    fn fetch(&mut self) {
        let until = self.fetched + PART_LINES * LINE_WORDS;
        let until = until.min(self.start + 3 * CHUNK_WORDS);
        while self.fetched < until {
            for log in self.logs.iter() {
                prefetch(log.place(self.fetched));
            }
            self.fetched += LINE_WORDS;
        }
    }
}

/// Adds words to the block.
#[inline(always)]
fn or(block: &mut Block, words: &[u64]) {
    let (into, _) = block.as_chunks_mut();
    for (into, word) in into.iter_mut().zip(words) {
        *into = (u64::from_le_bytes(*into) | word).to_le_bytes();
    }
}

/// Adds words to the block and clears them, each at once.
#[inline(always)]
fn swap(block: &mut Block, words: &[AtomicU64]) {
    let (into, _) = block.as_chunks_mut();
    for (into, word) in into.iter_mut().zip(words) {
        // A swap costs several times what a load does, and writes the line.
        if word.load(Ordering::Relaxed) != 0 {
            let found = word.swap(0, Ordering::AcqRel);
            *into = (u64::from_le_bytes(*into) | found).to_le_bytes();
        }
    }
}

/// Clears the bits from this one on.
fn cut(chunk: &mut [u8], bits: usize) {
    if let Some([last, beyond @ ..]) = chunk.get_mut(bits / 8..) {
        *last &= (1 << (bits % 8)) - 1;
        beyond.fill(0);
    }
}
