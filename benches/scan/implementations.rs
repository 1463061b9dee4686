//! What is compared: every one writes the pages of a bitmap, or its ranges, into the same small
//! buffer, over and over.

use crate::forms::{Forms, Sink, bytes};
use crate::inputs::Case;
use crate::reader;
use bitvec::prelude::{BitSlice, Lsb0};
use slackwater_host::scan::{Bitmap, Path};
use std::hint::black_box;

/// One implementation.
pub struct Implementation {
    /// As in tables.
    pub name: &'static str,
    /// Whether it has pages or ranges to offer.
    pub output: Output,
    /// The case must be one that it [can](Self::can) do.
    pub run: fn(&Forms, &mut Sink),
}

impl Implementation {
    /// Whether the case is within its limits, and the processor has what it needs.
    pub fn can(&self, case: &Case) -> bool {
        match self.name {
            "slackwater AVX2" => Path::Avx2.is_available(),
            "roaring" => case.fits_roaring(),
            "hibitset" => case.fits_hibitset(),
            VM_MEMORY => case.can_be_refilled(),
            _ => true,
        }
    }

    /// It clears what it reads: [`Forms::refill`] before each run.
    pub fn clears(&self) -> bool {
        self.name == VM_MEMORY
    }
}

const VM_MEMORY: &str = "vm-memory";

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Page numbers.
    Pages,
    /// First page and end.
    Ranges,
    /// Nothing: the bitmap is read and that is all.
    Read,
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pages => "pages",
            Self::Ranges => "ranges",
            Self::Read => "read",
        })
    }
}

macro_rules! implementations {
    ($($output:ident $name:literal => |$forms:ident, $sink:ident| $body:expr;)*) => {
        /// All of them; the first one is the limit of memory.
        pub const IMPLEMENTATIONS: &[Implementation] = &[$(Implementation {
            name: $name,
            output: Output::$output,
            run: |$forms, $sink| { $body; },
        }),*];
    };
}

implementations! {
    Read "read limit" => |forms, _sink| {
        reader::read(bytes(&forms.words))
    };
    Pages "slackwater" => |forms, sink| batches(forms, sink, Path::best());
    Pages "slackwater AVX2" => |forms, sink| batches(forms, sink, Path::Avx2);
    Pages "slackwater portable" => |forms, sink| batches(forms, sink, Path::Portable);
    Pages "slackwater iterator" => |forms, sink| {
        sink.pages(Bitmap::whole(bytes(&forms.words)).pages())
    };
    Pages "find-next-bit" => |forms, sink| find_next_bit(&forms.words, sink);
    Pages "trailing_zeros" => |forms, sink| trailing_zeros(&forms.words, sink);
    Pages "fixedbitset" => |forms, sink| {
        sink.pages(forms.fixed.ones().map(|page| page as u64))
    };
    Pages "roaring" => |forms, sink| {
        sink.pages(forms.roaring.iter().flatten().map(u64::from))
    };
    Pages "hibitset" => |forms, sink| {
        sink.pages(forms.hibitset.iter().flatten().map(u64::from))
    };
    Pages "vm-memory" => |forms, sink| {
        if let Some(bitmap) = &forms.vm_memory {
            // What it offers: all words taken out into a new vector.
            trailing_zeros(&bitmap.get_and_reset(), sink);
        }
    };
    Pages "bitvec" => |forms, sink| {
        let set: &BitSlice<u64, Lsb0> = BitSlice::from_slice(&forms.words);
        sink.pages(set.iter_ones().map(|page| page as u64))
    };
    Ranges "slackwater" => |forms, sink| ranges(forms, sink, Path::best());
    Ranges "slackwater AVX2" => |forms, sink| ranges(forms, sink, Path::Avx2);
    Ranges "slackwater portable" => |forms, sink| ranges(forms, sink, Path::Portable);
    Ranges "slackwater iterator" => |forms, sink| {
        for range in Bitmap::whole(bytes(&forms.words)).ranges() {
            sink.range(range.start, range.end);
        }
    };
    Ranges "find-next-bit" => |forms, sink| find_next_range(&forms.words, sink);
    Ranges "trailing_zeros" => |forms, sink| trailing_zeros_ranges(&forms.words, sink);
    Ranges "bitvec" => |forms, sink| bitvec_ranges(&forms.words, sink);
}

fn batches(forms: &Forms, sink: &mut Sink, path: Path) {
    Bitmap::whole(bytes(&forms.words)).for_each_batch(path, |batch| {
        // They are in a buffer already, as those of the others are in the sink's.
        black_box(batch.offsets().as_ptr());
        if sink.checked {
            batch.pages().for_each(|page| sink.page(page));
        } else {
            sink.pages += batch.offsets().len() as u64;
        }
    });
}

fn ranges(forms: &Forms, sink: &mut Sink, path: Path) {
    Bitmap::whole(bytes(&forms.words)).for_each_range_batch(path, |ranges| {
        black_box(ranges.as_ptr());
        if sink.checked {
            ranges
                .iter()
                .for_each(|range| sink.range(range.start, range.end));
        } else {
            sink.ranges += ranges.len() as u64;
        }
    });
}

/// The first bit from `from` on that is set (or clear, with `flip` all ones): a word at a time, the
/// first one masked. That is what the loops of kernels and VMMs call for each page.
#[inline]
fn next_bit(words: &[u64], from: usize, flip: u64) -> usize {
    let end = words.len() * 64;
    if from >= end {
        return end;
    }
    let mut index = from / 64;
    let mut word = (words[index] ^ flip) & (u64::MAX << (from % 64));
    while word == 0 {
        index += 1;
        if index == words.len() {
            return end;
        }
        word = words[index] ^ flip;
    }
    index * 64 + word.trailing_zeros() as usize
}

fn find_next_bit(words: &[u64], sink: &mut Sink) {
    let end = words.len() * 64;
    let mut bit = next_bit(words, 0, 0);
    while bit < end {
        sink.page(bit as u64);
        bit = next_bit(words, bit + 1, 0);
    }
}

fn find_next_range(words: &[u64], sink: &mut Sink) {
    let end = words.len() * 64;
    let mut bit = next_bit(words, 0, 0);
    while bit < end {
        let stop = next_bit(words, bit + 1, u64::MAX);
        sink.range(bit as u64, stop as u64);
        bit = next_bit(words, stop, 0);
    }
}

fn trailing_zeros(words: &[u64], sink: &mut Sink) {
    for (word, index) in words.iter().zip(0_u64..) {
        let mut word = *word;
        while word != 0 {
            sink.page(index * 64 + u64::from(word.trailing_zeros()));
            word &= word - 1;
        }
    }
}

/// Edges by trailing_zeros.
fn trailing_zeros_ranges(words: &[u64], sink: &mut Sink) {
    let (mut before, mut open) = (0, None);
    for (word, index) in words.iter().zip(0_u64..) {
        let mut edges = word ^ (word << 1 | before >> 63);
        before = *word;
        while edges != 0 {
            let edge = index * 64 + u64::from(edges.trailing_zeros());
            match open.take() {
                Some(first) => sink.range(first, edge),
                None => open = Some(edge),
            }
            edges &= edges - 1;
        }
    }
    if let Some(first) = open {
        sink.range(first, words.len() as u64 * 64);
    }
}

fn bitvec_ranges(words: &[u64], sink: &mut Sink) {
    let set: &BitSlice<u64, Lsb0> = BitSlice::from_slice(words);
    let mut at = 0;
    while let Some(first) = set[at..].first_one() {
        let first = at + first;
        let end = set[first..]
            .first_zero()
            .map_or(set.len(), |end| first + end);
        sink.range(first as u64, end as u64);
        at = end;
    }
}

/// That this implementation finds what the plainest loop does, in its order.
///
/// # Panics
/// If it does not.
pub fn verify(implementation: &Implementation, forms: &[Forms]) {
    let plain = match implementation.output {
        Output::Read => return,
        Output::Pages => trailing_zeros,
        Output::Ranges => find_next_range,
    };
    for (index, forms) in forms.iter().enumerate() {
        let [mut expected, mut found] = [Sink::new(true), Sink::new(true)];
        plain(&forms.words, &mut expected);
        forms.refill();
        (implementation.run)(forms, &mut found);
        assert_eq!(
            (found.pages, found.ranges, found.checksum),
            (expected.pages, expected.ranges, expected.checksum),
            "{} on input {index}: pages, ranges and checksum",
            implementation.name,
        );
    }
}
