//! NEON: lines with live words by comparison and narrowing, their bits by RBIT and CLZ.

use super::cursor::{Block, Cursor, Queued, Room, Scratch, Stages};
use super::portable;
use super::source::Source;
use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Neon(());

impl Neon {
    /// `None` if the processor has not got them.
    pub fn new() -> Option<Self> {
        is_aarch64_feature_detected!("neon").then_some(Self(()))
    }

    pub fn advance<B: Source, const EDGES: bool>(
        self,
        cursor: &mut Cursor<B>,
        scratch: &mut Scratch,
    ) -> (u64, usize) {
        // SAFETY: self is the proof that the processor has these.
        unsafe { advance::<B, EDGES>(self, cursor, scratch) }
    }
}

#[target_feature(enable = "neon")]
fn advance<B: Source, const EDGES: bool>(
    stages: Neon,
    cursor: &mut Cursor<B>,
    scratch: &mut Scratch,
) -> (u64, usize) {
    cursor.advance::<_, EDGES>(stages, scratch)
}

impl Stages for Neon {
    #[inline(always)]
    fn queue<const EDGES: bool>(
        self,
        block: &Block,
        previous: u64,
        first: u32,
        room: Room<'_>,
    ) -> usize {
        // SAFETY: self is the proof that the processor has the instructions.
        unsafe { live_words::<EDGES>(block, previous, first, room) }
    }

    #[inline(always)]
    fn decode(self, queued: Queued<'_>, out: &mut [u32]) -> (usize, usize) {
        portable::decode_queued(queued, out)
    }
}

/// See [`Stages::queue`].
#[target_feature(enable = "neon")]
#[inline]
fn live_words<const EDGES: bool>(
    block: &Block,
    previous: u64,
    first: u32,
    mut room: Room<'_>,
) -> usize {
    let mut before = vdupq_n_u64(previous);
    let mut live: u64 = 0;
    let (lines, _) = block.as_chunks::<64>();
    for (number, line) in lines.iter().enumerate() {
        let (pairs, _) = line.as_chunks::<16>();
        // All ones where a word is not zero.
        let mut masks = [vdupq_n_u64(0); 4];
        for (mask, pair) in masks.iter_mut().zip(pairs) {
            // SAFETY: 16 bytes are there, and the instruction wants no alignment.
            let words = vreinterpretq_u64_u8(unsafe { vld1q_u8(pair.as_ptr()) });
            let wanted = if EDGES {
                let below = vextq_u64::<1>(before, words);
                before = words;
                veorq_u64(words, vsriq_n_u64::<63>(vshlq_n_u64::<1>(words), below))
            } else {
                words
            };
            *mask = vtstq_u64(wanted, wanted);
        }
        // Eight masks of 64 bits become eight of 8, and these a bit each.
        let low = vcombine_u32(vmovn_u64(masks[0]), vmovn_u64(masks[1]));
        let high = vcombine_u32(vmovn_u64(masks[2]), vmovn_u64(masks[3]));
        let narrow = vmovn_u16(vcombine_u16(vmovn_u32(low), vmovn_u32(high)));
        let bits = vand_u8(narrow, vcreate_u8(0x8040_2010_0804_0201));
        live |= u64::from(vaddv_u8(bits)) << (8 * number);
    }
    let mut count = 0;
    while live != 0 {
        let number = live.trailing_zeros() / 8;
        live &= !(0xff << (8 * number));
        let before = match number.checked_sub(1) {
            // The last word of the line before.
            Some(line) => lines[line as usize].last_chunk().copied(),
            None => Some(previous.to_le_bytes()),
        };
        let before = u64::from_le_bytes(before.unwrap_or_default());
        let first = first + 512 * number;
        let line = &lines[number as usize];
        count += portable::queue_line::<EDGES>(line, before, first, &mut room, count);
    }
    count
}
