//! AVX2: live words by a table of what four of them can be, their bits by BMI.

use super::cursor::{BLOCK_WORDS, Block, Chunk, Cursor, Scratch, Stages};
use super::sync::{self, Log};
use super::{live_numbers, portable};
use std::arch::x86_64::*;

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// `None` if the processor has not got one of them.
    pub fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Self(()))
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

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn advance<const EDGES: bool>(
    stages: Avx2,
    cursor: &mut Cursor<'_>,
    scratch: &mut Scratch,
) -> (u64, usize) {
    cursor.advance::<_, EDGES>(stages, scratch)
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn merge(logs: &mut [Log<'_>], at: usize, chunk: &mut [[u8; 8]]) -> bool {
    sync::merge(logs, at, chunk)
}

impl Stages for Avx2 {
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
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn live_words<const EDGES: bool>(
    block: &Block,
    previous: u64,
    first: u32,
    room: &mut [u32; BLOCK_WORDS],
) -> usize {
    let (lines, _) = block.as_chunks::<32>();
    let zero = _mm256_setzero_si256();
    let mut before = _mm256_set1_epi64x(previous as i64);
    let mut live: u64 = 0;
    for (number, line) in lines.iter().enumerate() {
        // SAFETY: 32 bytes are there, and the instruction wants no alignment.
        let words = unsafe { _mm256_loadu_si256(line.as_ptr().cast()) };
        let wanted = if EDGES {
            // Each word's neighbour below: the upper half of `before`, the lower of `words`,
            // and in each 128 bits of them the words one up.
            let middle = _mm256_permute2x128_si256::<0x21>(before, words);
            let below = _mm256_alignr_epi8::<8>(words, middle);
            before = words;
            let shifted = _mm256_or_si256(
                _mm256_slli_epi64::<1>(words),
                _mm256_srli_epi64::<63>(below),
            );
            _mm256_xor_si256(words, shifted)
        } else {
            words
        };
        let dead = _mm256_castsi256_pd(_mm256_cmpeq_epi64(wanted, zero));
        live |= u64::from(!_mm256_movemask_pd(dead) as u32 & 0xf) << (4 * number);
    }
    live_numbers::expand(live, first, room)
}
