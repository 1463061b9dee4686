//! AVX-512: the numbers of live words, and the positions of their bits, by compression.

use super::cursor::{BLOCK_WORDS, Block, Chunk, Cursor, GROUP, Scratch, Stages};
use std::arch::x86_64::*;

/// Proof that this processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx512 {
    /// `None` if the processor has not got one of them.
    pub fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi2");
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
}

#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi2,popcnt,bmi2")]
fn advance<const EDGES: bool>(
    stages: Avx512,
    cursor: &mut Cursor<'_>,
    scratch: &mut Scratch,
) -> (u64, usize) {
    cursor.advance::<_, EDGES>(stages, scratch)
}

impl Stages for Avx512 {
    #[inline(always)]
    fn queue<const EDGES: bool>(
        self,
        block: &Block,
        previous: u64,
        first: u16,
        queue: &mut [u16],
        queued: usize,
    ) -> usize {
        let Some(room) = queue.get_mut(queued..).and_then(<[u16]>::first_chunk_mut) else {
            return queued;
        };
        // SAFETY: self is the proof that the processor has the instructions.
        queued + unsafe { live_words::<EDGES>(block, previous, first, room) }
    }

    #[inline(always)]
    fn decode<const EDGES: bool>(
        self,
        chunk: Chunk<'_>,
        queue: &[u16],
        base: u32,
        out: &mut [u32],
    ) -> (usize, usize) {
        let (mut taken, mut written) = (0, 0);
        while taken < queue.len() {
            let Some(room) = out.get_mut(written..).and_then(<[u32]>::first_chunk_mut) else {
                break;
            };
            let group = &queue[taken..queue.len().min(taken + 8)];
            // SAFETY: self is the proof that the processor has the instructions.
            written += unsafe { decode_group::<EDGES>(chunk, group, base, room) };
            taken += group.len();
        }
        (taken, written)
    }
}

/// 0, 1, 2, ...
const COUNT_UP: [u8; 64] = {
    let mut bytes = [0; 64];
    let mut index = 0;
    while index < 64 {
        bytes[index] = index as u8;
        index += 1;
    }
    bytes
};

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are there, and the instruction wants no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The numbers of the words that are not zero; how many.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
#[inline]
fn live_words<const EDGES: bool>(
    block: &Block,
    previous: u64,
    first: u16,
    room: &mut [u16; BLOCK_WORDS],
) -> usize {
    let (lines, _) = block.as_chunks::<64>();
    let mut before = _mm512_set1_epi64(previous as i64);
    let mut live: u64 = 0;
    for (number, line) in lines.iter().enumerate() {
        let words = load(line);
        let wanted = if EDGES {
            // Each word's neighbour below, and from that its top bit.
            let below = _mm512_alignr_epi64::<7>(words, before);
            before = words;
            _mm512_xor_si512(words, _mm512_shldi_epi64::<1>(words, below))
        } else {
            words
        };
        live |= u64::from(_mm512_test_epi64_mask(wanted, wanted)) << (8 * number);
    }
    let numbers = _mm512_maskz_compress_epi8(live, load(&COUNT_UP));
    let first = _mm512_set1_epi16(first as i16);
    let low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(numbers));
    let high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64::<1>(numbers));
    let to: *mut __m512i = room.as_mut_ptr().cast();
    // SAFETY: there is room for 64 numbers, 32 in each store, which want no alignment.
    unsafe {
        _mm512_storeu_si512(to, _mm512_add_epi16(low, first));
        _mm512_storeu_si512(to.add(1), _mm512_add_epi16(high, first));
    }
    live.count_ones() as usize
}

/// The positions of the bits of up to eight words; how many.
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi2,popcnt")]
#[inline]
fn decode_group<const EDGES: bool>(
    chunk: Chunk<'_>,
    group: &[u16],
    base: u32,
    room: &mut [u32; GROUP],
) -> usize {
    let lanes = ((1_u32 << group.len().min(8)) - 1) as u8;
    debug_assert!(
        group
            .iter()
            .all(|index| usize::from(*index) < chunk.bytes.len() / 8)
    );
    let from: *const i64 = chunk.bytes.as_ptr().cast();
    // SAFETY: only the lanes of the group are read: numbers of the group, and words that
    // they are the numbers of, which stage 1 took from this chunk.
    let (numbers, words) = unsafe {
        let numbers = _mm_maskz_loadu_epi16(lanes, group.as_ptr().cast());
        let numbers = _mm512_cvtepu16_epi64(numbers);
        let zero = _mm512_setzero_si512();
        let words = _mm512_mask_i64gather_epi64::<8>(zero, lanes, numbers, from);
        if EDGES {
            let has_below = _mm512_mask_test_epi64_mask(lanes, numbers, numbers);
            let below = _mm512_mask_i64gather_epi64::<8>(
                _mm512_set1_epi64(chunk.previous as i64),
                has_below,
                _mm512_sub_epi64(numbers, _mm512_set1_epi64(1)),
                from,
            );
            let shifted = _mm512_shldi_epi64::<1>(words, below);
            (numbers, _mm512_xor_si512(words, shifted))
        } else {
            (numbers, words)
        }
    };
    let starts = _mm512_slli_epi64::<6>(numbers);
    let starts = _mm512_add_epi64(starts, _mm512_set1_epi64(i64::from(base)));
    let without_lowest = _mm512_sub_epi64(words, _mm512_set1_epi64(1));
    if _mm512_mask_test_epi64_mask(lanes, words, without_lowest) == 0 {
        // One bit in each.
        let zeros_above = _mm512_lzcnt_epi64(words);
        let bit = _mm512_sub_epi64(_mm512_set1_epi64(63), zeros_above);
        let positions = _mm512_cvtepi64_epi32(_mm512_add_epi64(starts, bit));
        // SAFETY: there is room for 512 positions, and the store wants no alignment.
        unsafe { _mm256_storeu_si256(room.as_mut_ptr().cast(), positions) };
        return group.len();
    }
    let mut each = [0_u64; 8];
    let mut first = [0_u32; 8];
    // SAFETY: these are as large as what is stored, and the stores want no alignment.
    unsafe {
        _mm512_storeu_si512(each.as_mut_ptr().cast(), words);
        _mm256_storeu_si256(first.as_mut_ptr().cast(), _mm512_cvtepi64_epi32(starts));
    }
    let mut written = 0;
    for (word, first) in each.iter().zip(first).take(group.len()) {
        let bits = _mm512_maskz_compress_epi8(*word, load(&COUNT_UP));
        let first = _mm512_set1_epi32(first as i32);
        let ones = word.count_ones() as usize;
        debug_assert!(written + 64 <= GROUP);
        // SAFETY: the words before have written 64 positions each at most, so there is room
        // for 64 more; the stores want no alignment.
        unsafe {
            let to = room.as_mut_ptr().add(written);
            let store = |at: usize, bits: __m128i| {
                let positions = _mm512_add_epi32(_mm512_cvtepu8_epi32(bits), first);
                _mm512_storeu_si512(to.add(at).cast(), positions);
            };
            store(0, _mm512_castsi512_si128(bits));
            if ones > 16 {
                store(16, _mm512_extracti32x4_epi32::<1>(bits));
                if ones > 32 {
                    store(32, _mm512_extracti32x4_epi32::<2>(bits));
                    store(48, _mm512_extracti32x4_epi32::<3>(bits));
                }
            }
        }
        written += ones;
    }
    written
}
