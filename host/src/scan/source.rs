//! What a scan reads, a chunk of blocks at a time: a bitmap as it lies in memory. (The other source
//! is `merge`.)

use super::Bitmap;
use super::cursor::{BLOCK_BYTES, Block, CHUNK_BLOCKS, Stages};
use super::prefetch::{LINE_BYTES, prefetch};

/// Where the blocks come from.
pub trait Source {
    /// Queued words that are decoded between two calls of [`fetch`](Self::fetch).
    const PART: usize;

    /// Goes on to the next chunk: how many blocks it has, [`CHUNK_BLOCKS`] at most. 0 at the end.
    fn next_chunk<S: Stages>(&mut self, stages: S) -> usize;

    /// A block of the chunk. Each is asked for once, in order.
    fn block(&mut self, number: usize) -> &Block;

    /// Prefetches some more of what follows.
    fn fetch(&mut self);
}

/// Bytes that are prefetched for each part that is decoded.
const PART_AHEAD: usize = 1024;
/// How far the first stage prefetches.
const AHEAD: usize = 8192;

/// A bitmap.
#[derive(Clone, Debug)]
pub struct Whole<'a> {
    /// Its whole blocks.
    body: &'a [u8],
    /// The rest of it, and zeros.
    tail: Block,
    has_tail: bool,
    /// Where in `body` the chunk starts and ends; past its end while the tail is the chunk.
    start: usize,
    end: usize,
    /// Where in `body` prefetching stands.
    fetched: usize,
}

impl<'a> Whole<'a> {
    pub fn new(bitmap: Bitmap<'a>) -> Self {
        let whole = bitmap.bytes.len() / BLOCK_BYTES * BLOCK_BYTES;
        let (mut body, rest) = bitmap.bytes.split_at(whole);
        let mut tail = [0; BLOCK_BYTES];
        tail[..rest.len()].copy_from_slice(rest);
        let mut has_tail = !rest.is_empty();
        // Bits behind the last one of the bitmap.
        if let beyond @ 1.. = bitmap.bits % 8 {
            let last = match rest.len().checked_sub(1) {
                Some(last) => last,
                None => {
                    // The last block is cut: it is the tail.
                    let (before, cut) = body.split_at(body.len() - BLOCK_BYTES);
                    body = before;
                    tail.copy_from_slice(cut);
                    has_tail = true;
                    BLOCK_BYTES - 1
                }
            };
            tail[last] &= (1 << beyond) - 1;
        }
        Self {
            body,
            tail,
            has_tail,
            start: 0,
            end: 0,
            fetched: 0,
        }
    }

    #[inline(always)]
    fn fetch_until(&mut self, until: usize) {
        let until = until.min(self.body.len());
        while self.fetched < until {
            prefetch(self.body.as_ptr().wrapping_add(self.fetched));
            self.fetched += LINE_BYTES;
        }
    }
}

impl Source for Whole<'_> {
    const PART: usize = 64;

    #[inline(always)]
    fn next_chunk<S: Stages>(&mut self, _: S) -> usize {
        self.start = self.end;
        let left = self.body.len().saturating_sub(self.start) / BLOCK_BYTES;
        let blocks = match left {
            0 => usize::from(std::mem::take(&mut self.has_tail)),
            _ => left.min(CHUNK_BLOCKS),
        };
        self.end += blocks * BLOCK_BYTES;
        blocks
    }

    #[inline(always)]
    fn block(&mut self, number: usize) -> &Block {
        let at = self.start + number * BLOCK_BYTES;
        self.fetch_until(at + AHEAD);
        let block = self.body.get(at..).and_then(<[u8]>::first_chunk);
        block.unwrap_or(&self.tail)
    }

    #[inline(always)]
    fn fetch(&mut self) {
        let until = self.fetched + PART_AHEAD;
        self.fetch_until(until.min(self.end + CHUNK_BLOCKS * BLOCK_BYTES));
    }
}
