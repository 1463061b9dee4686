//! AVX-512: the numbers of live words, and the positions of their bits, by compression.

use super::cursor::{BLOCK_WORDS, Block, Cursor, GROUP, Queued, Room, Scratch, Stages, no_edge};
use super::source::Source;
use std::arch::x86_64::*;
use std::hint::black_box;

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
            && is_x86_feature_detected!("avx512vpopcntdq")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
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

#[target_feature(
    enable = "avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi2,avx512vpopcntdq,popcnt,bmi1,bmi2"
)]
fn advance<B: Source, const EDGES: bool>(
    stages: Avx512,
    cursor: &mut Cursor<B>,
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
        first: u32,
        room: Room<'_>,
    ) -> usize {
        // SAFETY: self is the proof that the processor has the instructions.
        unsafe { live_words::<EDGES>(block, previous, first, room) }
    }

    #[inline(always)]
    fn live_lines(self, words: &[u64; BLOCK_WORDS]) -> u64 {
        // SAFETY: self is the proof that the processor has the instructions.
        unsafe { live_lines(words) }
    }

    #[inline(always)]
    fn decode(self, queued: Queued<'_>, out: &mut [u32]) -> (usize, usize) {
        // SAFETY: self is the proof that the processor has the instructions.
        unsafe { decode_queued(queued, out) }
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

/// See [`Stages::queue`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
#[inline]
fn live_words<const EDGES: bool>(
    block: &Block,
    previous: u64,
    first: u32,
    room: Room<'_>,
) -> usize {
    let (lines, _) = block.as_chunks::<64>();
    let same = _mm512_set1_epi64(no_edge::<EDGES>(previous) as i64);
    let mut any = _mm512_setzero_si512();
    for line in lines {
        any = _mm512_or_si512(any, _mm512_xor_si512(load(line), same));
    }
    if _mm512_test_epi64_mask(any, any) == 0 {
        return 0;
    }
    let mut before = _mm512_set1_epi64(previous as i64);
    let mut live: u64 = 0;
    let mut count = 0;
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
        let mask = _mm512_test_epi64_mask(wanted, wanted);
        debug_assert!(count + 8 <= room.words.len());
        // SAFETY: the lines before have eight entries each at most, so there is room for eight.
        unsafe {
            let to = room.words.as_mut_ptr().add(count);
            _mm512_storeu_si512(to.cast(), _mm512_maskz_compress_epi64(mask, wanted));
        }
        count += mask.count_ones() as usize;
        live |= u64::from(mask) << (8 * number);
    }
    let numbers = _mm512_maskz_compress_epi8(live, load(&COUNT_UP));
    let first = _mm512_set1_epi32(first as i32);
    let quarters = [
        _mm512_castsi512_si128(numbers),
        _mm512_extracti32x4_epi32::<1>(numbers),
        _mm512_extracti32x4_epi32::<2>(numbers),
        _mm512_extracti32x4_epi32::<3>(numbers),
    ];
    let (to, _) = room.starts.as_chunks_mut::<16>();
    for (to, quarter) in to.iter_mut().zip(quarters) {
        let bits = _mm512_slli_epi32::<6>(_mm512_cvtepu8_epi32(quarter));
        store(to, _mm512_add_epi32(bits, first));
    }
    count
}

/// See [`Stages::live_lines`].
#[target_feature(enable = "avx512f")]
#[inline]
fn live_lines(words: &[u64; BLOCK_WORDS]) -> u64 {
    let (lines, _) = words.as_chunks::<8>();
    let mut live = 0;
    for (number, line) in lines.iter().enumerate() {
        // SAFETY: 64 bytes are there, and the instruction wants no alignment.
        let words = unsafe { _mm512_loadu_si512(line.as_ptr().cast()) };
        live |= u64::from(_mm512_test_epi64_mask(words, words) != 0) << number;
    }
    live
}

/// Words that are decoded between two looks at how much room there is.
const WORDS: usize = GROUP / 64;

/// See [`Stages::decode`].
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi2,avx512vpopcntdq,popcnt")]
#[inline]
fn decode_queued(queued: Queued<'_>, out: &mut [u32]) -> (usize, usize) {
    let (mut taken, mut written) = (0, 0);
    let (groups, rest) = queued.words.as_chunks::<WORDS>();
    // Starts are broadcast from memory, which costs nothing; from a register it costs what there
    // is least of. The compiler would load them once for all that is done with them.
    let (starts, rest_starts) = black_box(queued.starts).as_chunks::<WORDS>();
    for (group, starts) in groups.iter().zip(starts) {
        if out.len() - written < GROUP {
            return (taken, written);
        }
        // SAFETY: there is room for 64 positions of each.
        written += unsafe { decode_group(group, starts, out, written) };
        taken += WORDS;
    }
    if out.len() - written < GROUP {
        return (taken, written);
    }
    for (word, start) in rest.iter().zip(rest_starts) {
        // SAFETY: as above; the rest is less than a group.
        written += unsafe { decode_word(*word, start, out, written) };
    }
    (taken + rest.len(), written)
}

/// The positions of the bits of some words; how many.
///
/// # Safety
/// `out` has room for a [`GROUP`] of positions from `written` on.
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi2,avx512vpopcntdq,popcnt")]
#[inline]
unsafe fn decode_group(
    group: &[u64; WORDS],
    starts: &[u32; WORDS],
    out: &mut [u32],
    mut written: usize,
) -> usize {
    let before = written;
    // SAFETY: 64 bytes are there, and the instruction wants no alignment.
    let words = unsafe { _mm512_loadu_si512(group.as_ptr().cast()) };
    let ones = _mm512_popcnt_epi64(words);
    if _mm512_cmpgt_epu64_mask(ones, _mm512_set1_epi64(4)) == 0 {
        // SAFETY: there is room for 512 positions, and each of these words has four at most.
        return unsafe { decode_few(words, starts, out, written) };
    }
    // No closures here: what they do would be called, without these instructions.
    for (word, start) in group.iter().zip(starts) {
        // SAFETY: there is room for 64 positions of each.
        written += unsafe { decode_word(*word, start, out, written) };
    }
    written - before
}

/// The positions of the bits of eight words that have four at most; how many.
///
/// # Safety
/// `out` has room for 48 positions from `written` on.
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512vl,avx512vbmi2,avx512vpopcntdq,popcnt")]
#[inline]
unsafe fn decode_few(
    words: __m512i,
    starts: &[u32; WORDS],
    out: &mut [u32],
    written: usize,
) -> usize {
    debug_assert!(written + 48 <= out.len());
    let minus_one = _mm512_set1_epi64(-1);
    // Without the lowest bit, without the next, and so on; and each of these bits as the number of
    // zeros above it, 64 if there is none.
    let second = _mm512_and_si512(words, _mm512_add_epi64(words, minus_one));
    let third = _mm512_and_si512(second, _mm512_add_epi64(second, minus_one));
    let fourth = _mm512_and_si512(third, _mm512_add_epi64(third, minus_one));
    let zeros = [
        _mm512_lzcnt_epi64(_mm512_xor_si512(words, second)),
        _mm512_lzcnt_epi64(_mm512_xor_si512(second, third)),
        _mm512_lzcnt_epi64(_mm512_xor_si512(third, fourth)),
        _mm512_lzcnt_epi64(fourth),
    ];
    // Side by side: first and second, third and fourth; then all four of a word.
    let low = _mm512_or_si512(zeros[0], _mm512_slli_epi64::<32>(zeros[1]));
    let high = _mm512_or_si512(zeros[2], _mm512_slli_epi64::<32>(zeros[3]));
    // SAFETY: 32 bytes are there, and the instruction wants no alignment.
    let starts = unsafe { _mm256_loadu_si256(starts.as_ptr().cast()) };
    let starts = _mm512_castsi256_si512(starts);
    let mut end = written;
    for (pairs, spread) in HALVES {
        // SAFETY: a [u64; 8] and a [u32; 16] are vectors.
        let (pairs, spread) = unsafe {
            (
                _mm512_loadu_si512(pairs.as_ptr().cast()),
                _mm512_loadu_si512(spread.as_ptr().cast()),
            )
        };
        let zeros = _mm512_permutex2var_epi64(low, pairs, high);
        let found = _mm512_cmpneq_epi32_mask(zeros, _mm512_set1_epi32(64));
        let last = _mm512_add_epi32(
            _mm512_permutexvar_epi32(spread, starts),
            _mm512_set1_epi32(63),
        );
        let positions = _mm512_sub_epi32(last, zeros);
        // SAFETY: the half before has 16 positions at most, so there is room for 16.
        let to = unsafe { &mut *out.as_mut_ptr().add(end).cast::<[u32; 16]>() };
        store(to, _mm512_maskz_compress_epi32(found, positions));
        end += found.count_ones() as usize;
    }
    end - written
}

/// For the lower and the upper four of eight words: which pairs of two vectors are theirs, and
/// each of their numbers four times.
const HALVES: [([u64; 8], [u32; 16]); 2] = [
    (
        [0, 8, 1, 9, 2, 10, 3, 11],
        [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
    ),
    (
        [4, 12, 5, 13, 6, 14, 7, 15],
        [4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7],
    ),
];

/// The positions of the bits of a word, `start` being its first bit; how many.
///
/// # Safety
/// `out` has room for 64 positions from `written` on.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
#[inline]
unsafe fn decode_word(word: u64, start: &u32, out: &mut [u32], written: usize) -> usize {
    debug_assert!(written + 64 <= out.len());
    let bits = _mm512_maskz_compress_epi8(word, load(&COUNT_UP));
    let start = _mm512_set1_epi32(*start as i32);
    let ones = word.count_ones() as usize;
    // SAFETY: there is room for 64 positions.
    let to = unsafe { &mut *out.as_mut_ptr().add(written).cast::<[[u32; 16]; 4]>() };
    let low = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bits));
    store(&mut to[0], _mm512_add_epi32(low, start));
    // Whether there are more than 32 is hard to foresee where half of them are set.
    if ones > 16 {
        let middle = [
            _mm512_extracti32x4_epi32::<1>(bits),
            _mm512_extracti32x4_epi32::<2>(bits),
        ];
        for (to, quarter) in to[1..].iter_mut().zip(middle) {
            store(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(quarter), start));
        }
        if ones > 48 {
            let last = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32::<3>(bits));
            store(&mut to[3], _mm512_add_epi32(last, start));
        }
    }
    ones
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(to: &mut [u32; 16], lanes: __m512i) {
    // SAFETY: 64 bytes are there, and the instruction wants no alignment.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), lanes) }
}
