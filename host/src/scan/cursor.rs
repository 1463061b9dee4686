//! Where a scan stands, and the two stages as every instruction set has to do them.

use super::Bitmap;

/// Words of 64 bits that the first stage looks at in one go.
pub const BLOCK_WORDS: usize = 64;
const BLOCK_BYTES: usize = BLOCK_WORDS * 8;
/// Words between two looks of the second stage: 16 KiB, so that it finds them in the L1 cache.
pub const CHUNK_WORDS: usize = 2048;
/// Positions in a batch at most.
pub const BATCH: usize = 2048;
/// What the second stage may write at once, a group of words with every bit set.
pub const GROUP: usize = 8 * 64;
/// Bits that the positions of a batch may be apart: they are offsets of 32 bits.
const SPAN_BITS: u64 = 1 << 31;

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
    fn word(&self, index: usize) -> u64 {
        let bytes = self.bytes[8 * index..].first_chunk();
        u64::from_le_bytes(*bytes.expect("chunks are whole blocks"))
    }

    /// A word of the bitmap, or of its edges: bits that differ from the one before.
    #[inline(always)]
    pub fn wanted<const EDGES: bool>(&self, index: usize) -> u64 {
        let word = self.word(index);
        if !EDGES {
            return word;
        }
        let previous = match index {
            0 => self.previous,
            _ => self.word(index - 1),
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
fn last_word(block: &Block) -> u64 {
    let bytes = block.last_chunk();
    u64::from_le_bytes(*bytes.expect("a block has eight bytes"))
}

/// Both stages, by one instruction set.
pub trait Stages: Copy {
    /// Appends to the queue, which has `queued` entries and room for a block more, the
    /// numbers of the block's words that are not zero, the first one being `first`. Returns
    /// how many entries there are. With `EDGES` it looks at the edges of the words,
    /// `previous` being the word before the block.
    fn queue<const EDGES: bool>(
        self,
        block: &Block,
        previous: u64,
        first: u16,
        queue: &mut [u16],
        queued: usize,
    ) -> usize;

    /// Writes the positions of the set bits of the queued words, plus `base`, until the
    /// queue is empty or `out` has no room for [`GROUP`] more. Returns how many words it took,
    /// and how many positions it wrote.
    fn decode<const EDGES: bool>(
        self,
        chunk: Chunk<'_>,
        queue: &[u16],
        base: u32,
        out: &mut [u32],
    ) -> (usize, usize);
}

/// What both stages write.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// Numbers of the chunk's words that are not zero.
    queue: [u16; CHUNK_WORDS],
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

    /// The next positions: how many, and the bit that they are offsets from. None are left
    /// if there are 0.
    #[inline(always)]
    pub fn advance<S: Stages, const EDGES: bool>(
        &mut self,
        stages: S,
        scratch: &mut Scratch,
    ) -> (u64, usize) {
        let Scratch { queue, out } = scratch;
        let mut first = None;
        let mut written = 0;
        while written + GROUP <= BATCH {
            if self.taken == self.queued && !self.refill::<S, EDGES>(stages, queue) {
                break;
            }
            let chunk_first = self.first_word * 64;
            let first = *first.get_or_insert(chunk_first);
            if chunk_first - first >= SPAN_BITS {
                break;
            }
            let chunk = Chunk {
                bytes: match self.end {
                    end if end <= self.body.len() => &self.body[end - self.length..end],
                    _ => &self.tail,
                },
                previous: self.previous,
            };
            let (words, positions) = stages.decode::<EDGES>(
                chunk,
                &queue[self.taken..self.queued],
                (chunk_first - first) as u32,
                &mut out[written..],
            );
            self.taken += words;
            written += positions;
        }
        (first.unwrap_or(0), written)
    }

    /// Goes on to the next chunk that has something; false at the end.
    #[inline(always)]
    fn refill<S: Stages, const EDGES: bool>(
        &mut self,
        stages: S,
        queue: &mut [u16; CHUNK_WORDS],
    ) -> bool {
        loop {
            self.first_word += (self.length / 8) as u64;
            self.previous = self.last;
            self.taken = 0;
            self.queued = 0;
            let mut queued = 0;
            if self.end < self.body.len() {
                self.length = (self.body.len() - self.end).min(CHUNK_WORDS * 8);
                let chunk = &self.body[self.end..self.end + self.length];
                self.end += self.length;
                let mut last = self.last;
                let (blocks, _) = chunk.as_chunks::<BLOCK_BYTES>();
                for (number, block) in blocks.iter().enumerate() {
                    let first = (number * BLOCK_WORDS) as u16;
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
