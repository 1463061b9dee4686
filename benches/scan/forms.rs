//! A bitmap in all the forms that are scanned, and the buffer that pages go to.

use crate::inputs::Case;
use fixedbitset::FixedBitSet;
use hibitset::BitSet;
use roaring::RoaringBitmap;
use std::num::NonZeroUsize;
use vm_memory::bitmap::AtomicBitmap;

/// Entries of the buffer.
const BUFFER: usize = 2048;
/// Where pages go: a buffer that stays in the L1 cache.
pub struct Sink {
    buffer: [u32; BUFFER],
    /// Pages.
    pub pages: u64,
    /// Ranges, if there are any.
    pub ranges: u64,
    /// Depends on every page or range and on their order; kept only where it is asked for.
    pub checksum: u64,
    /// With the checksum, which takes time.
    pub checked: bool,
}

impl Sink {
    /// `checked`: with the checksum.
    pub fn new(checked: bool) -> Self {
        Self {
            buffer: [0; BUFFER],
            pages: 0,
            ranges: 0,
            checksum: 0,
            checked,
        }
    }

    /// Adds to the checksum.
    pub fn check(&mut self, value: u64) {
        self.checksum = (self.checksum.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// Takes a page.
    #[inline(always)]
    pub fn page(&mut self, page: u64) {
        self.buffer[self.pages as usize % BUFFER] = page as u32;
        self.pages += 1;
        if self.checked {
            self.check(page);
        }
    }

    /// Takes a range.
    #[inline(always)]
    pub fn range(&mut self, first: u64, end: u64) {
        let at = 2 * self.ranges as usize % BUFFER;
        self.buffer[at] = first as u32;
        self.buffer[at + 1] = end as u32;
        self.ranges += 1;
        if self.checked {
            self.check(first);
            self.check(end);
        }
    }

    /// Takes pages.
    #[inline(always)]
    pub fn pages(&mut self, pages: impl Iterator<Item = u64>) {
        for page in pages {
            self.page(page);
        }
    }
}

/// A bitmap in all the forms that are scanned.
pub struct Forms {
    /// Words of 64 bits.
    pub words: Vec<u64>,
    pub fixed: FixedBitSet,
    /// It has 32-bit members.
    pub roaring: Option<RoaringBitmap>,
    pub hibitset: Option<BitSet>,
    /// It is cleared as it is read, so it is filled again before each run.
    pub vm_memory: Option<AtomicBitmap>,
}

impl Forms {
    /// The forms that this case allows.
    pub fn new(words: Vec<u64>, case: &Case) -> Self {
        let bits = case.bytes * 8;
        Self {
            fixed: FixedBitSet::with_capacity_and_blocks(
                bits,
                words.iter().map(|word| *word as usize),
            ),
            roaring: case
                .fits_roaring()
                .then(|| RoaringBitmap::from_lsb0_bytes(0, bytes(&words))),
            hibitset: case
                .fits_hibitset()
                .then(|| pages(&words).map(|page| page as u32).collect()),
            vm_memory: case
                .can_be_refilled()
                .then(|| AtomicBitmap::new(bits, NonZeroUsize::MIN)),
            words,
        }
    }

    /// Those of all inputs of a case.
    pub fn all(case: &Case) -> Vec<Self> {
        let inputs = case.inputs().into_iter();
        inputs.map(|words| Self::new(words, case)).collect()
    }

    /// Marks everything in the form that is cleared.
    pub fn refill(&self) {
        if let Some(bitmap) = &self.vm_memory {
            pages(&self.words).for_each(|page| bitmap.set_bit(page as usize));
        }
    }
}

/// The words as bytes.
pub fn bytes(words: &[u64]) -> &[u8] {
    // SAFETY: u64 has no padding, every byte is a u8, and the length is that of the words.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

/// The plainest of scans.
fn pages(words: &[u64]) -> impl Iterator<Item = u64> {
    words.iter().zip(0_u64..).flat_map(|(word, index)| {
        let mut word = *word;
        std::iter::from_fn(move || {
            let bit = (word != 0).then(|| u64::from(word.trailing_zeros()));
            word &= word.wrapping_sub(1);
            bit.map(|bit| index * 64 + bit)
        })
    })
}
