//! Where a scan stands, and the two stages as every instruction set has to do them.

use super::Bitmap;
use super::prefetch::prefetch;

/// Words of 64 bits that the first stage looks at in one go.
pub const BLOCK_WORDS: usize = 64;
const BLOCK_BYTES: usize = BLOCK_WORDS * 8;
/// Words between two looks of the second stage: 16 KiB, so that it finds them in the L1 cache.
pub const CHUNK_WORDS: usize = 2048;
/// Positions in a batch at most.
pub const BATCH: usize = 2048;
/// Queued words that are decoded between two prefetches.
const PART: usize = 64;
/// Bytes that are prefetched for each of these parts.
const PART_AHEAD: usize = 1024;
/// How far the first stage prefetches.
const AHEAD: usize = 8192;
/// Of a cache line.
const LINE: usize = 64;
/// What the second stage may write at once, a group of words with every bit set.
pub const GROUP: usize = 8 * 64;
/// A block of words, as bytes of any alignment.
pub type Block = [u8; BLOCK_BYTES];

/// The words that are decoded, and the one before them.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Whole blocks.
    pub bytes: &'a [u8],
    /// The word before the first one; 0 if there is none.
    pub previous: u64,
}

impl Chunk<'_> {
    #[inline(always)]
    fn word(&self, first: u32) -> u64 {
        let bytes = self.bytes[first as usize / 8..].first_chunk();
        u64::from_le_bytes(*bytes.expect("chunks are whole blocks"))
    }

    /// The word whose first bit this is, or its edges: bits that differ from the one before.
    #[inline(always)]
    pub fn wanted<const EDGES: bool>(&self, first: u32) -> u64 {
        let word = self.word(first);
        if !EDGES {
            return word;
        }
        let previous = match first.checked_sub(64) {
            None => self.previous,
            Some(first) => self.word(first),
        };
        edges(word, previous)
    }
}

/// The bits of a word that differ from the bit before them.
#[inline(always)]
pub const fn edges(word: u64, previous: u64) -> u64 {
    word ^ (word << 1 | previous >> 63)
}

/// The last word of a block.
#[inline(always)]
fn last_word(block: &Block) -> u64 {
    let bytes = block.last_chunk();
    u64::from_le_bytes(*bytes.expect("a block has eight bytes"))
}

/// Both stages, by one instruction set.
pub trait Stages: Copy {
    /// Appends to the queue, which has `queued` entries and room for a block more, the first
    /// bits of the block's words that are not zero, `first` being that of the first word. Returns
    /// how many entries there are. With `EDGES` it looks at the edges of the words,
    /// `previous` being the word before the block.
    fn queue<const EDGES: bool>(
        self,
        block: &Block,
        previous: u64,
        first: u32,
        queue: &mut [u32],
        queued: usize,
    ) -> usize;

    /// Writes the positions in the chunk of the set bits of the queued words, until the queue is
    /// empty or `out` has no room for [`GROUP`] more. Returns how many words it took,
    /// and how many positions it wrote.
    fn decode<const EDGES: bool>(
        self,
        chunk: Chunk<'_>,
        queue: &[u32],
        out: &mut [u32],
    ) -> (usize, usize);
}

/// What both stages write.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Scratch {
    /// First bits of the chunk's words that are not zero.
    queue: [u32; CHUNK_WORDS],
    /// The positions of a batch.
    pub out: [u32; BATCH],
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            queue: [0; CHUNK_WORDS],
            out: [0; BATCH],
        }
    }
}

/// Where a scan stands.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    /// The bitmap's whole blocks.
    body: &'a [u8],
    /// The rest of it, and zeros.
    tail: Block,
    has_tail: bool,
    /// Number of the chunk's first word.
    first_word: u64,
    /// Where in `body` the chunk ends; past its end while the tail is the chunk.
    end: usize,
    /// The chunk's bytes.
    length: usize,
    previous: u64,
    /// The word before what comes next.
    last: u64,
    /// Where in `body` prefetching stands.
    fetched: usize,
    /// Entries of the queue, and how many are decoded.
    queued: usize,
    taken: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bitmap: Bitmap<'a>) -> Self {
        let (body, rest) = bitmap
            .bytes
            .split_at(bitmap.bytes.len() / BLOCK_BYTES * BLOCK_BYTES);
        let mut tail = [0; BLOCK_BYTES];
        tail[..rest.len()].copy_from_slice(rest);
        let mut cursor = Self {
            body,
            tail,
            has_tail: !rest.is_empty(),
            first_word: 0,
            end: 0,
            length: 0,
            previous: 0,
            last: 0,
            fetched: 0,
            queued: 0,
            taken: 0,
        };
        // Bits behind the last one of the bitmap.
        if let beyond @ 1.. = bitmap.bits % 8 {
            match rest.len().checked_sub(1) {
                Some(last) => cursor.tail[last] &= (1 << beyond) - 1,
                None => {
                    // The last block is cut: it is the tail.
                    let (body, last) = body.split_at(body.len() - BLOCK_BYTES);
                    cursor.body = body;
                    cursor.tail.copy_from_slice(last);
                    cursor.tail[BLOCK_BYTES - 1] &= (1 << beyond) - 1;
                    cursor.has_tail = true;
                }
            }
        }
        cursor
    }

    /// The next positions, all of one chunk: how many, and the bit that they are offsets from.
    /// None are left if there are 0.
    #[inline(always)]
    pub fn advance<S: Stages, const EDGES: bool>(
        &mut self,
        stages: S,
        scratch: &mut Scratch,
    ) -> (u64, usize) {
        let Scratch { queue, out } = scratch;
        if self.taken == self.queued && !self.refill::<S, EDGES>(stages, queue) {
            return (0, 0);
        }
        let mut written = 0;
        while written + GROUP <= BATCH && self.taken < self.queued {
            let chunk = Chunk {
                bytes: match self.end {
                    end if end <= self.body.len() => &self.body[end - self.length..end],
                    _ => &self.tail,
                },
                previous: self.previous,
            };
            let part = self.taken..self.queued.min(self.taken + PART);
            let (words, positions) =
                stages.decode::<EDGES>(chunk, &queue[part], &mut out[written..]);
            self.taken += words;
            written += positions;
            // The next chunk comes while this one is decoded.
            let until = (self.fetched + PART_AHEAD).min(self.end + CHUNK_WORDS * 8);
            self.fetch(until);
        }
        (self.first_word * 64, written)
    }

    /// Prefetches up to this place of the body.
    #[inline(always)]
    fn fetch(&mut self, until: usize) {
        let until = until.min(self.body.len());
        while self.fetched < until {
            prefetch(self.body.as_ptr().wrapping_add(self.fetched));
            self.fetched += LINE;
        }
    }

    /// Goes on to the next chunk that has something; false at the end.
    #[inline(always)]
    fn refill<S: Stages, const EDGES: bool>(
        &mut self,
        stages: S,
        queue: &mut [u32; CHUNK_WORDS],
    ) -> bool {
        loop {
            self.first_word += (self.length / 8) as u64;
            self.previous = self.last;
            self.taken = 0;
            self.queued = 0;
            let mut queued = 0;
            if self.end < self.body.len() {
                self.length = (self.body.len() - self.end).min(CHUNK_WORDS * 8);
                let start = self.end;
                self.end += self.length;
                let chunk = &self.body[start..self.end];
                let mut last = self.last;
                let (blocks, _) = chunk.as_chunks::<BLOCK_BYTES>();
                for (number, block) in blocks.iter().enumerate() {
                    self.fetch(start + number * BLOCK_BYTES + AHEAD);
                    let first = (number * BLOCK_WORDS * 64) as u32;
                    queued = stages.queue::<EDGES>(block, last, first, queue, queued);
                    last = last_word(block);
                }
                self.last = last;
            } else if self.has_tail {
                self.has_tail = false;
                self.length = BLOCK_BYTES;
                self.end = self.body.len() + BLOCK_BYTES;
                queued = stages.queue::<EDGES>(&self.tail, self.last, 0, queue, 0);
                self.last = last_word(&self.tail);
            } else {
                self.length = 0;
                return false;
            }
            self.queued = queued;
            if queued > 0 {
                return true;
            }
        }
    }
}
