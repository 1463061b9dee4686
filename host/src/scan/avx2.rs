//! AVX2: live words by a table of what four of them can be, their bits by BMI.

use super::cursor::{Block, Cursor, Queued, Room, Scratch, Stages, no_edge};
use super::portable;
use super::source::Source;
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

    pub fn advance<B: Source, const EDGES: bool>(
        self,
        cursor: &mut Cursor<B>,
        scratch: &mut Scratch,
    ) -> (u64, usize) {
        // SAFETY: self is the proof that the processor has these.
        unsafe { advance::<B, EDGES>(self, cursor, scratch) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn advance<B: Source, const EDGES: bool>(
    stages: Avx2,
    cursor: &mut Cursor<B>,
    scratch: &mut Scratch,
) -> (u64, usize) {
    cursor.advance::<_, EDGES>(stages, scratch)
}

impl Stages for Avx2 {
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
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn live_words<const EDGES: bool>(
    block: &Block,
    previous: u64,
    first: u32,
    room: Room<'_>,
) -> usize {
    let (lines, _) = block.as_chunks::<32>();
    let zero = _mm256_setzero_si256();
    let same = _mm256_set1_epi64x(no_edge::<EDGES>(previous) as i64);
    let mut any = zero;
    for line in lines {
        any = _mm256_or_si256(any, _mm256_xor_si256(load(line), same));
    }
    if _mm256_testz_si256(any, any) == 1 {
        return 0;
    }
    let mut before = _mm256_set1_epi64x(previous as i64);
    let mut count = 0;
    for (number, line) in (0..).zip(lines) {
        let words = load(line);
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
        let live = !_mm256_movemask_pd(dead) as usize & 0xf;
        let Live { halves, starts } = &LIVE[live];
        debug_assert!(count + 4 <= room.words.len());
        // SAFETY: the lines before have four entries each at most, so there is room for four, the
        // table's rows have 32 and 16 bytes, and the instructions want no alignment.
        unsafe {
            let halves = _mm256_loadu_si256(halves.as_ptr().cast());
            let starts = _mm_loadu_si128(starts.as_ptr().cast());
            let first = _mm_set1_epi32((first + 256 * number) as i32);
            _mm256_storeu_si256(
                room.words.as_mut_ptr().add(count).cast(),
                _mm256_permutevar8x32_epi32(wanted, halves),
            );
            _mm_storeu_si128(
                room.starts.as_mut_ptr().add(count).cast(),
                _mm_add_epi32(starts, first),
            );
        }
        count += live.count_ones() as usize;
    }
    count
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are there, and the instruction wants no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// What brings the live words of four to the front.
#[derive(Clone, Copy)]
struct Live {
    /// Of each word, in their order, the numbers of its halves.
    halves: [u32; 8],
    /// And its first bit.
    starts: [u32; 4],
}

static LIVE: [Live; 16] = {
    let none = Live {
        halves: [0; 8],
        starts: [0; 4],
    };
    let mut table = [none; 16];
    let mut mask = 0;
    while mask < 16 {
        let (mut word, mut at) = (0, 0);
        while word < 4 {
            if mask >> word & 1 == 1 {
                table[mask].halves[2 * at] = 2 * word;
                table[mask].halves[2 * at + 1] = 2 * word + 1;
                table[mask].starts[at] = 64 * word;
                at += 1;
            }
            word += 1;
        }
        mask += 1;
    }
    table
};
