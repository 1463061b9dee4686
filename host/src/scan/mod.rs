//! From bitmaps to pages and to ranges of pages: the software hot path of a migration.
//!
//! ```
//! use slackwater_host::scan::{Bitmap, Path};
//!
//! // Bits 1, 64, 65 and 66 of a log of 100 pages.
//! let words = [1_u64 << 1, 0b111];
//! let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
//! let log = Bitmap::new(&bytes, 100).expect("as many bits as the bytes hold");
//! assert_eq!(log.pages().collect::<Vec<_>>(), [1, 64, 65, 66]);
//! assert_eq!(log.ranges().collect::<Vec<_>>(), [1..2, 64..67]);
//!
//! // The fast form: batches of offsets, by the path that is asked for.
//! let mut sum = 0;
//! log.for_each_batch(Path::Portable, |batch| sum += batch.pages().sum::<u64>());
//! assert_eq!(sum, 1 + 64 + 65 + 66);
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`path`] | the instruction sets, chosen at run time |
//! | `cursor` | the common core: where a scan stands, and its two stages |
//! | `portable`, `avx2`, `avx512`, `neon` | both stages for one instruction set each |
//! | `byte_table` | a table for those that cannot compress bytes |
//! | `source`, `merge` | what is scanned: a bitmap, or several logs that are merged on the way |
//! | `prefetch` | asking for memory ahead |
//! | `pages`, `ranges` | what callers see: iterators, batches, addresses |
//! | `sync` | several logs merged, cleared and listed in one pass |
//!
//! # How it works
//!
//! A loop over words that looks at one bit at a time mispredicts a branch for almost every
//! page between densities of 1e-3 and 0.1, and that, not the width of loads, is what
//! it costs. So there are two stages, of 16 KiB each in turn. The first queues the words
//! that are not zero, without a branch on any of them. The second decodes the queued
//! words: with AVX-512 eight at once where none has more than two bits, else by compressing
//! the numbers 0 to 63 with the word as the mask; without it two bits at once, or by a table
//! of bytes where a word has many. While it decodes, the next 16 KiB are fetched.
//!
//! Ranges are the set bits of `x ^ (x << 1 | carry)`, the places where a run begins or
//! ends: they come out as start, end, start, end, and long runs of ones cost what long
//! runs of zeros cost.

mod byte_table;
pub(crate) mod cursor;
mod merge;
mod pages;
pub mod path;
mod portable;
pub(crate) mod prefetch;
mod ranges;
mod source;
mod sync;

#[cfg(target_arch = "aarch64")]
mod neon;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

#[cfg(test)]
mod tests;

pub use pages::{Batch, Pages};
pub use path::Path;
pub use ranges::Ranges;
pub use sync::{Log, sync, sync_parallel};

/// A bitmap of pages: bit i is bit i % 8 of byte i / 8, as in the words of a little-endian
/// machine of any width, in KVM's dirty logs and in VFIO's.
///
/// The bytes may have any alignment.
#[derive(Clone, Copy, Debug)]
pub struct Bitmap<'a> {
    bytes: &'a [u8],
    bits: u64,
}

impl<'a> Bitmap<'a> {
    /// A bitmap of this many bits, the first ones of these bytes; what follows them
    /// is not looked at. `None` if the bytes hold fewer.
    pub fn new(bytes: &'a [u8], bits: u64) -> Option<Self> {
        let bytes = bytes.get(..usize::try_from(bits.div_ceil(8)).ok()?)?;
        Some(Self { bytes, bits })
    }

    /// All bits of these bytes.
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            bits: bytes.len() as u64 * 8,
        }
    }

    /// Number of bits.
    pub const fn bits(&self) -> u64 {
        self.bits
    }
}
