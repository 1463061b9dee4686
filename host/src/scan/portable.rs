//! Plain Rust: the queue without branches, and few of them in the decoding.

use super::byte_table;
use super::cursor::{
    BLOCK_WORDS, Block, Cursor, GROUP, Queued, Room, Scratch, Stages, edges, no_edge,
};
use super::source::Source;

/// Words that are looked at together first.
const LINE_WORDS: usize = 8;

/// The words of a line.
#[inline(always)]
fn words(line: &[u8; 8 * LINE_WORDS]) -> impl DoubleEndedIterator<Item = u64> + Clone {
    let (words, _) = line.as_chunks();
    words.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

/// No instruction set in particular.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Portable {
    // Once, not in every loop that scans.
    #[inline(never)]
    pub fn advance<B: Source, const EDGES: bool>(
        self,
        cursor: &mut Cursor<B>,
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
        before: u64,
        first: u32,
        mut room: Room<'_>,
    ) -> usize {
        let mut previous = before;
        let (lines, _) = block.as_chunks::<{ 8 * LINE_WORDS }>();
        // The lines that have something, without a branch on any of them.
        let mut live_lines = [0; BLOCK_WORDS / LINE_WORDS];
        let mut live = 0;
        for (number, line) in lines.iter().enumerate() {
            let line = words(line);
            let same = no_edge::<EDGES>(previous);
            let any = line.clone().fold(0, |any, word| any | (word ^ same));
            live_lines[live % live_lines.len()] = number;
            live += usize::from(any != 0);
            if EDGES {
                previous = line.clone().next_back().unwrap_or(0);
            }
        }
        let mut count = 0;
        for number in live_lines.iter().take(live) {
            let Some(line) = lines.get(*number) else {
                break;
            };
            let before = match number.checked_sub(1) {
                Some(number) if EDGES => words(&lines[number]).next_back().unwrap_or(0),
                _ => before,
            };
            let first = first + (64 * LINE_WORDS * number) as u32;
            count += queue_line::<EDGES>(line, before, first, &mut room, count);
        }
        count
    }

    #[inline(always)]
    fn decode(self, queued: Queued<'_>, out: &mut [u32]) -> (usize, usize) {
        decode_queued(queued, out)
    }
}

/// [`Stages::queue`] for a line, without a branch on any word; `count` are queued.
#[inline(always)]
pub fn queue_line<const EDGES: bool>(
    line: &[u8; 8 * LINE_WORDS],
    mut before: u64,
    first: u32,
    room: &mut Room<'_>,
    count: usize,
) -> usize {
    let mut end = count;
    for (first, word) in (first..).step_by(64).zip(words(line)) {
        let wanted = if EDGES { edges(word, before) } else { word };
        before = word;
        room.words[end % BLOCK_WORDS] = wanted;
        room.starts[end % BLOCK_WORDS] = first;
        end += usize::from(wanted != 0);
    }
    end - count
}

/// [`Stages::decode`] a word at a time.
#[inline(always)]
pub fn decode_queued(queued: Queued<'_>, out: &mut [u32]) -> (usize, usize) {
    let (mut taken, mut written) = (0, 0);
    for (word, start) in queued.words.iter().zip(queued.starts) {
        let room = out.get_mut(written..).and_then(<[u32]>::first_chunk_mut);
        let Some(room) = room else {
            break;
        };
        written += decode(*word, *start, room);
        taken += 1;
    }
    (taken, written)
}

/// Bits of a word up to which they are taken off one after the other.
const FEW: usize = 10;

/// Writes the positions of the bits of a word that is not zero; how many.
#[inline(always)]
fn decode(word: u64, start: u32, room: &mut [u32; GROUP]) -> usize {
    // Two whatever they are: the second one is written over if it is none.
    let others = word & word.wrapping_sub(1);
    room[0] = start.wrapping_add(word.trailing_zeros());
    room[1] = start.wrapping_add(others.trailing_zeros());
    if others & others.wrapping_sub(1) == 0 {
        return 1 + usize::from(others != 0);
    }
    let ones = word.count_ones() as usize;
    if ones > FEW {
        return byte_table::decode(word, start, room);
    }
    let mut rest = others & others.wrapping_sub(1);
    for to in &mut room[2..FEW] {
        *to = start.wrapping_add(rest.trailing_zeros());
        rest &= rest.wrapping_sub(1);
    }
    ones
}
