//! The limit of memory: every byte is read, as fast as this processor can, and nothing is made
//! of it.

use std::hint::black_box;

/// Reads every byte.
pub fn read(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has the instructions.
        return unsafe { read_avx512(bytes) };
    }
    let (lines, rest) = bytes.as_chunks::<64>();
    let mut sums = [0_u8; 64];
    for line in lines {
        for (sum, byte) in sums.iter_mut().zip(line) {
            *sum |= byte;
        }
    }
    black_box((sums, rest));
}

/// How far it prefetches: in tries between 512 and 8192 bytes the furthest was the fastest.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 8192;

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn read_avx512(bytes: &[u8]) {
    use std::arch::x86_64::*;
    let (blocks, rest) = bytes.as_chunks::<512>();
    let mut sums = [_mm512_setzero_si512(); 8];
    for block in blocks {
        let (lines, _) = block.as_chunks::<64>();
        for (sum, line) in sums.iter_mut().zip(lines) {
            // SAFETY: 64 bytes are there, the load wants no alignment, and a prefetch reads
            // nothing that the program could see.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_add(AHEAD).cast());
                *sum = _mm512_or_si512(*sum, _mm512_loadu_si512(line.as_ptr().cast()));
            }
        }
    }
    black_box((sums, rest));
}
