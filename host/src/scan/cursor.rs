//! Where a scan stands, and the two stages as every instruction set has to do them.

use super::Bitmap;
use super::prefetch::LINE_WORDS;
use super::source::{Source, Whole};
use std::ops::Range;

/// Words of 64 bits that the first stage looks at in one go.
pub const BLOCK_WORDS: usize = 64;
pub const BLOCK_BYTES: usize = BLOCK_WORDS * 8;
/// Blocks between two looks of the second stage, at most: 16 KiB, so that it finds them in the
/// L1 cache.
pub const CHUNK_BLOCKS: usize = 32;
const CHUNK_WORDS: usize = CHUNK_BLOCKS * BLOCK_WORDS;
/// Positions in a batch at most.
pub const BATCH: usize = 2048;
/// What the second stage may write at once, a group of words with every bit set.
pub const GROUP: usize = 8 * 64;
/// A block of words, as bytes of any alignment.
pub type Block = [u8; BLOCK_BYTES];

/// The words that are not zero, of a chunk, and the first bit of each; or, where edges are looked
/// for, those of their edges that are not zero.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Queue {
    pub words: [u64; CHUNK_WORDS],
    pub starts: [u32; CHUNK_WORDS],
}

/// Some entries of a queue, as many words as starts.
#[derive(Clone, Copy, Debug)]
pub struct Queued<'a> {
    pub words: &'a [u64],
    pub starts: &'a [u32],
}

/// Where a block's entries are written, as if all of its words had one.
#[derive(Debug)]
pub struct Room<'a> {
    pub words: &'a mut [u64; BLOCK_WORDS],
    pub starts: &'a mut [u32; BLOCK_WORDS],
}

impl Queue {
    fn entries(&self, range: Range<usize>) -> Queued<'_> {
        Queued {
            words: &self.words[range.clone()],
            starts: &self.starts[range],
        }
    }

    #[inline(always)]
    fn room(&mut self, queued: usize) -> Option<Room<'_>> {
        Some(Room {
            words: self.words.get_mut(queued..)?.first_chunk_mut()?,
            starts: self.starts.get_mut(queued..)?.first_chunk_mut()?,
        })
    }
}

/// The bits of a word that differ from the bit before them.
#[inline(always)]
pub const fn edges(word: u64, previous: u64) -> u64 {
    word ^ (word << 1 | previous >> 63)
}

/// A word that has nothing to queue behind this one: none of its bits is set, or, for edges, none
/// differs from the last bit before them.
#[inline(always)]
pub const fn no_edge<const EDGES: bool>(previous: u64) -> u64 {
    match EDGES {
        true => ((previous as i64) >> 63) as u64,
        false => 0,
    }
}

/// The last word of a block.
#[inline(always)]
fn last_word(block: &Block) -> u64 {
    let bytes = block.last_chunk();
    u64::from_le_bytes(*bytes.expect("a block has eight bytes"))
}

/// Both stages, by one instruction set.
pub trait Stages: Copy {
    /// Queues the block's words that are not zero, `first` being the first bit of the first word.
    /// Returns how many they are. With `EDGES` it queues the edges of the words,
    /// `previous` being the word before the block.
    fn queue<const EDGES: bool>(
        self,
        block: &Block,
        previous: u64,
        first: u32,
        room: Room<'_>,
    ) -> usize;

    /// Which lines of these words have something: bit i is line i.
    #[inline(always)]
    fn live_lines(self, words: &[u64; BLOCK_WORDS]) -> u64 {
        let (lines, _) = words.as_chunks::<LINE_WORDS>();
        let any = |line: &[u64; LINE_WORDS]| line.iter().fold(0, |any, word| any | word) != 0;
        (0_u64..).zip(lines).fold(0, |live, (number, line)| {
            live | u64::from(any(line)) << number
        })
    }

    /// Writes the positions in the chunk of the set bits of the queued words, until there are no
    /// more or `out` has no room for [`GROUP`] more. Returns how many words it took, and how many
    /// positions it wrote.
    fn decode(self, queued: Queued<'_>, out: &mut [u32]) -> (usize, usize);
}

/// What both stages write.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Scratch {
    queue: Queue,
    /// The positions of a batch.
    pub out: [u32; BATCH],
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            queue: Queue {
                words: [0; CHUNK_WORDS],
                starts: [0; CHUNK_WORDS],
            },
            out: [0; BATCH],
        }
    }
}

/// Where a scan stands.
#[derive(Clone, Debug)]
pub struct Cursor<S> {
    source: S,
    /// Number of the chunk's first word.
    first_word: u64,
    /// Words of the chunk.
    words: usize,
    /// The word before what comes next.
    last: u64,
    /// Entries of the queue, and how many are decoded.
    queued: usize,
    taken: usize,
}

impl<'a> Cursor<Whole<'a>> {
    /// At the start of a bitmap.
    pub fn new(bitmap: Bitmap<'a>) -> Self {
        Self::of(Whole::new(bitmap))
    }
}

impl<B: Source> Cursor<B> {
    /// At the start of what is scanned.
    pub const fn of(source: B) -> Self {
        Self {
            source,
            first_word: 0,
            words: 0,
            last: 0,
            queued: 0,
            taken: 0,
        }
    }

    /// The next positions, all of one chunk: how many, and the bit that they are offsets from.
    /// None are left if there are 0. The scratch is that of the calls before: it has the queue.
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
            let part = self.taken..self.queued.min(self.taken + B::PART);
            let (words, positions) = stages.decode(queue.entries(part), &mut out[written..]);
            self.taken += words;
            written += positions;
            // The next chunk comes while this one is decoded.
            self.source.fetch();
        }
        (self.first_word * 64, written)
    }

    /// Goes on to the next chunk that has something; false at the end.
    #[inline(always)]
    fn refill<S: Stages, const EDGES: bool>(&mut self, stages: S, queue: &mut Queue) -> bool {
        loop {
            self.first_word += self.words as u64;
            let blocks = self.source.next_chunk(stages);
            self.words = blocks * BLOCK_WORDS;
            let (mut queued, mut last) = (0, self.last);
            for number in 0..blocks {
                let block = self.source.block(number);
                let first = (number * BLOCK_WORDS * 64) as u32;
                if let Some(room) = queue.room(queued) {
                    queued += stages.queue::<EDGES>(block, last, first, room);
                }
                last = last_word(block);
            }
            self.last = last;
            self.taken = 0;
            self.queued = queued;
            if queued > 0 || blocks == 0 {
                return queued > 0;
            }
        }
    }
}
