//! Asking for memory before it is needed.

/// Of a cache line, on most processors.
pub const LINE_BYTES: usize = 64;
pub const LINE_WORDS: usize = LINE_BYTES / 8;

/// Has the processor fetch the line at this address, which may be any, if there is an instruction
/// for it that stable Rust has.
#[inline(always)]
pub fn prefetch<T>(from: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a prefetch reads nothing that the program could see, faults on nothing, and every
    // processor of this architecture has it.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(from.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = from;
}
