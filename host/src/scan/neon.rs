//! NEON: live words by comparison and narrowing, their bits by RBIT and CLZ.

use super::cursor::{BLOCK_WORDS, Block, Chunk, Cursor, Scratch, Stages};
use super::sync::{self, Log};
use super::{live_numbers, portable};
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

    pub fn advance<const EDGES: bool>(
        self,
        cursor: &mut Cursor<'_>,
        scratch: &mut Scratch,
    ) -> (u64, usize) {
        // SAFETY: self is the proof that the processor has these.
        unsafe { advance::<EDGES>(self, cursor, scratch) }
    }

    pub fn merge(self, logs: &mut [Log<'_>], at: usize, chunk: &mut [[u8; 8]]) -> bool {
        // SAFETY: as above.
        unsafe { merge(logs, at, chunk) }
    }
}

#[target_feature(enable = "neon")]
fn advance<const EDGES: bool>(
    stages: Neon,
    cursor: &mut Cursor<'_>,
    scratch: &mut Scratch,
) -> (u64, usize) {
    cursor.advance::<_, EDGES>(stages, scratch)
}

#[target_feature(enable = "neon")]
fn merge(logs: &mut [Log<'_>], at: usize, chunk: &mut [[u8; 8]]) -> bool {
    sync::merge(logs, at, chunk)
}

impl Stages for Neon {
    #[inline(always)]
    fn queue<const EDGES: bool>(
        self,
        block: &Block,
        previous: u64,
        first: u32,
        queue: &mut [u32],
        queued: usize,
    ) -> usize {
        let Some(room) = queue.get_mut(queued..).and_then(<[u32]>::first_chunk_mut) else {
            return queued;
        };
        // SAFETY: self is the proof that the processor has the instructions.
        queued + unsafe { live_words::<EDGES>(block, previous, first, room) }
    }

    #[inline(always)]
    fn decode<const EDGES: bool>(
        self,
        chunk: Chunk<'_>,
        queue: &[u32],
        out: &mut [u32],
    ) -> (usize, usize) {
        portable::decode_queue::<EDGES>(chunk, queue, out)
    }
}

/// The first bits of the words that are not zero; how many.
#[target_feature(enable = "neon")]
#[inline]
fn live_words<const EDGES: bool>(
    block: &Block,
    previous: u64,
    first: u32,
    room: &mut [u32; BLOCK_WORDS],
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
    live_numbers::expand(live, first, room)
}
