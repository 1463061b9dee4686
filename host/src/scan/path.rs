//! The instruction sets.

use super::cursor::{Cursor, Scratch};
use super::portable::Portable;
use super::source::Source;
use std::fmt;

#[cfg(target_arch = "aarch64")]
use super::neon::Neon;

#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// How a bitmap is scanned. All of them give the same pages in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Path {
    /// Plain Rust; on x86-64 with prefetches.
    Portable,
    /// AVX2 and BMI2 (x86-64-v3).
    Avx2,
    /// AVX-512 with BW, VL and VBMI2: Ice Lake, Zen 4 and later.
    Avx512,
    /// NEON (AArch64).
    Neon,
}

impl Path {
    /// Every path, the fastest last of those that a machine may have.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Avx2, Self::Avx512, Self::Neon];

    /// Whether this processor has what it needs.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::new().is_some(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => Neon::new().is_some(),
            _ => false,
        }
    }

    /// The fastest one that this processor has.
    pub fn best() -> Self {
        let mut available = Self::ALL.into_iter().filter(|path| path.is_available());
        available.next_back().unwrap_or(Self::Portable)
    }
}

/// A path that this processor has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chosen {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl Path {
    /// This path, or the portable one if the processor has not got it.
    pub(crate) fn chosen(self) -> Chosen {
        let chosen = match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::new().map(Chosen::Avx2),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::new().map(Chosen::Avx512),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => Neon::new().map(Chosen::Neon),
            _ => None,
        };
        chosen.unwrap_or(Chosen::Portable(Portable))
    }
}

impl Chosen {
    /// See [`Cursor::advance`].
    #[inline]
    pub(super) fn advance<B: Source, const EDGES: bool>(
        self,
        cursor: &mut Cursor<B>,
        scratch: &mut Scratch,
    ) -> (u64, usize) {
        match self {
            Self::Portable(portable) => portable.advance::<B, EDGES>(cursor, scratch),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.advance::<B, EDGES>(cursor, scratch),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => avx512.advance::<B, EDGES>(cursor, scratch),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(neon) => neon.advance::<B, EDGES>(cursor, scratch),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Neon => "NEON",
        })
    }
}
