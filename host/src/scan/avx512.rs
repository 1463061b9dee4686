//! AVX-512: the numbers of live words, and the positions of their bits, by compression.

use super::cursor::{BLOCK_WORDS, Block, Chunk, Cursor, GROUP, Scratch, Stages, edges};
use super::sync::{self, Log};
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
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
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

    pub fn merge(self, logs: &mut [Log<'_>], at: usize, chunk: &mut [[u8; 8]]) -> bool {
        // SAFETY: as above.
        unsafe { merge(logs, at, chunk) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt,bmi1,bmi2")]
fn advance<const EDGES: bool>(
    stages: Avx512,
    cursor: &mut Cursor<'_>,
    scratch: &mut Scratch,
) -> (u64, usize) {
    cursor.advance::<_, EDGES>(stages, scratch)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt,bmi1,bmi2")]
fn merge(logs: &mut [Log<'_>], at: usize, chunk: &mut [[u8; 8]]) -> bool {
    sync::merge(logs, at, chunk)
}

impl Stages for Avx512 {
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
        // SAFETY: self is the proof that the processor has the instructions.
        unsafe { decode_queue::<EDGES>(chunk, queue, out) }
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

/// The first bits of the words that are not zero; how many.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
#[inline]
fn live_words<const EDGES: bool>(
    block: &Block,
    previous: u64,
    first: u32,
    room: &mut [u32; BLOCK_WORDS],
) -> usize {
    let (lines, _) = block.as_chunks::<64>();
    let mut any = _mm512_setzero_si512();
    for line in lines {
        any = _mm512_or_si512(any, load(line));
    }
    if _mm512_test_epi64_mask(any, any) == 0 && !(EDGES && previous >> 63 == 1) {
        return 0;
    }
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
    let first = _mm512_set1_epi32(first as i32);
    let quarters = [
        _mm512_castsi512_si128(numbers),
        _mm512_extracti32x4_epi32::<1>(numbers),
        _mm512_extracti32x4_epi32::<2>(numbers),
        _mm512_extracti32x4_epi32::<3>(numbers),
    ];
    let (to, _) = room.as_chunks_mut::<16>();
    for (to, quarter) in to.iter_mut().zip(quarters) {
        let bits = _mm512_slli_epi32::<6>(_mm512_cvtepu8_epi32(quarter));
        store(to, _mm512_add_epi32(bits, first));
    }
    live.count_ones() as usize
}

/// Words that are decoded between two looks at how much room there is.
const WORDS: usize = GROUP / 64;

/// See [`Stages::decode`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
#[inline]
fn decode_queue<const EDGES: bool>(
    chunk: Chunk<'_>,
    queue: &[u32],
    out: &mut [u32],
) -> (usize, usize) {
    let (mut taken, mut written) = (0, 0);
    // Two names for the queue: from the one entries are loaded, from the other they are broadcast,
    // which from memory costs nothing, and from a register what there is least of.
    let broadcast = black_box(queue);
    let (groups, rest) = queue.as_chunks::<WORDS>();
    let (starts, rest_starts) = broadcast.as_chunks::<WORDS>();
    for (group, starts) in groups.iter().zip(starts) {
        if out.len() - written < GROUP {
            return (taken, written);
        }
        // No closures here: what they do would be called, without these instructions.
        for (first, start) in group.iter().zip(starts) {
            // SAFETY: the entry is stage 1's, and there is room for 64 positions of each.
            written += unsafe { decode_word::<EDGES>(chunk, *first, start, out, written) };
        }
        taken += WORDS;
    }
    if out.len() - written < GROUP {
        return (taken, written);
    }
    for (first, start) in rest.iter().zip(rest_starts) {
        // SAFETY: as above; the rest is less than a group.
        written += unsafe { decode_word::<EDGES>(chunk, *first, start, out, written) };
    }
    (taken + rest.len(), written)
}

/// The positions of the bits of the word whose first bit this is; how many. `start` is the
/// first bit once more.
///
/// # Safety
/// The word is in the chunk, and `out` has room for 64 positions from `written` on.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
#[inline]
unsafe fn decode_word<const EDGES: bool>(
    chunk: Chunk<'_>,
    first: u32,
    start: &u32,
    out: &mut [u32],
    written: usize,
) -> usize {
    debug_assert!(first as usize / 8 + 8 <= chunk.bytes.len() && written + 64 <= out.len());
    // One load after the other: a gather takes longer on processors that guard it.
    // SAFETY: the word is in the chunk, and so is the one before it if it is not the first one.
    let word = unsafe {
        let from: *const u64 = chunk.bytes.as_ptr().add(first as usize / 8).cast();
        let word = from.read_unaligned();
        match EDGES {
            false => word,
            true if first == 0 => edges(word, chunk.previous),
            true => edges(word, from.sub(1).read_unaligned()),
        }
    };
    let bits = _mm512_maskz_compress_epi8(word, load(&COUNT_UP));
    let start = _mm512_set1_epi32(*start as i32);
    let ones = word.count_ones() as usize;
    // SAFETY: there is room for 64 positions.
    let to = unsafe { &mut *out.as_mut_ptr().add(written).cast::<[[u32; 16]; 4]>() };
    let low = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bits));
    store(&mut to[0], _mm512_add_epi32(low, start));
    if ones > 16 {
        // All of them: whether there are more than 32 is hard to foresee.
        let quarters = [
            _mm512_extracti32x4_epi32::<1>(bits),
            _mm512_extracti32x4_epi32::<2>(bits),
            _mm512_extracti32x4_epi32::<3>(bits),
        ];
        for (to, quarter) in to[1..].iter_mut().zip(quarters) {
            store(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(quarter), start));
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
