//! Plain Rust: the queue without branches, and few of them in the decoding.

use super::cursor::{Block, Chunk, Cursor, GROUP, Scratch, Stages, edges};

/// No instruction set in particular.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Portable {
    pub fn advance<const EDGES: bool>(
        self,
        cursor: &mut Cursor<'_>,
        scratch: &mut Scratch,
    ) -> (u64, usize) {
        cursor.advance::<_, EDGES>(self, scratch)
    }
}

impl Stages for Portable {
    #[inline(always)]
    fn queue<const EDGES: bool>(
        self,
        block: &Block,
        mut previous: u64,
        first: u16,
        queue: &mut [u16],
        queued: usize,
    ) -> usize {
        let (words, _) = block.as_chunks::<8>();
        let words = words.iter().map(|bytes| u64::from_le_bytes(*bytes));
        // Most blocks of a sparse bitmap end here; the sum of all is quick with any vectors.
        if words.clone().fold(0, |sum, word| sum | word) == 0 && !(EDGES && previous >> 63 == 1) {
            return queued;
        }
        let Some(room) = queue
            .get_mut(queued..)
            .and_then(<[u16]>::first_chunk_mut::<64>)
        else {
            return queued;
        };
        let mut live = 0;
        for (number, word) in (first..).zip(words) {
            let wanted = if EDGES { edges(word, previous) } else { word };
            previous = word;
            room[live % 64] = number;
            live += usize::from(wanted != 0);
        }
        queued + live
    }

    #[inline(always)]
    fn decode<const EDGES: bool>(
        self,
        chunk: Chunk<'_>,
        queue: &[u16],
        base: u32,
        out: &mut [u32],
    ) -> (usize, usize) {
        decode_queue::<EDGES>(chunk, queue, base, out)
    }
}

/// [`Stages::decode`] a word at a time.
#[inline(always)]
pub fn decode_queue<const EDGES: bool>(
    chunk: Chunk<'_>,
    queue: &[u16],
    base: u32,
    out: &mut [u32],
) -> (usize, usize) {
    let mut written = 0;
    for (taken, index) in queue.iter().enumerate() {
        if out.len() - written < GROUP {
            return (taken, written);
        }
        let word = chunk.wanted::<EDGES>(usize::from(*index));
        written += decode(word, base + u32::from(*index) * 64, &mut out[written..]);
    }
    (queue.len(), written)
}

/// Writes the positions of a word's bits; how many. The slice has room for 64 and more.
#[inline(always)]
fn decode(mut word: u64, base: u32, out: &mut [u32]) -> usize {
    let Some(out) = out.first_chunk_mut::<64>() else {
        return 0;
    };
    // Two at once whatever they are: most words of a sparse bitmap have no more.
    let mut written = 0;
    for _ in 0..2 {
        out[written] = base.wrapping_add(word.trailing_zeros());
        written += usize::from(word != 0);
        word &= word.wrapping_sub(1);
    }
    while word != 0 {
        out[written % 64] = base.wrapping_add(word.trailing_zeros());
        written += 1;
        word &= word - 1;
    }
    written
}
