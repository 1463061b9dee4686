//! Ranges of pages, each as long as it can be.

use super::cursor::{BATCH, Cursor, Scratch};
use super::path::Chosen;
use super::source::Whole;
use super::{Bitmap, Path};
use std::ops::Range;

/// Ranges of a batch at most.
const RANGES: usize = BATCH / 2 + 1;

impl<'a> Bitmap<'a> {
    /// The runs of set bits as ranges of pages, in ascending order and each as long as it
    /// can be, a batch at a time: the fastest form. Nothing is allocated. A path that this
    /// processor has not got is the portable one.
    pub fn for_each_range_batch(&self, path: Path, mut each: impl FnMut(&[Range<u64>])) {
        let (mut cursor, chosen) = (Cursor::new(*self), path.chosen());
        let mut scratch = Scratch::default();
        let mut ranges = [const { 0..0 }; RANGES];
        // The start of a range whose end is in the next batch.
        let mut open = None;
        loop {
            let (first, count) = chosen.advance::<_, true>(&mut cursor, &mut scratch);
            let page = |offset: u32| first + u64::from(offset);
            let mut edges = &scratch.out[..count];
            let mut written = 0;
            if let Some(start) = open.take() {
                // A run that goes on to the last bit has no end of its own.
                let end = edges.split_off_first().map_or(self.bits, |end| page(*end));
                ranges[0] = start..end;
                written = 1;
            }
            let (pairs, last) = edges.as_chunks::<2>();
            for (range, [start, end]) in ranges[written..].iter_mut().zip(pairs) {
                *range = page(*start)..page(*end);
            }
            written += pairs.len();
            open = last.first().map(|start| page(*start));
            if written > 0 {
                each(&ranges[..written]);
            }
            if count == 0 {
                return;
            }
        }
    }

    /// The runs of set bits as ranges of pages, one at a time.
    pub fn for_each_range(&self, path: Path, mut each: impl FnMut(Range<u64>)) {
        self.for_each_range_batch(path, |ranges| ranges.iter().cloned().for_each(&mut each));
    }

    /// The runs of set bits as ranges of pages, by the [best](Path::best) path.
    pub fn ranges(&self) -> Ranges<'a> {
        self.ranges_by(Path::best())
    }

    /// As [`ranges`](Self::ranges), by this path.
    pub fn ranges_by(&self, path: Path) -> Ranges<'a> {
        Ranges {
            chosen: path.chosen(),
            cursor: Cursor::new(*self),
            bits: self.bits,
            scratch: Scratch::default(),
            first: 0,
            at: 0,
            count: 0,
        }
    }
}

/// Iterator over the ranges of a bitmap; see [`Bitmap::ranges`].
#[derive(Clone, Debug)]
pub struct Ranges<'a> {
    chosen: Chosen,
    cursor: Cursor<Whole<'a>>,
    bits: u64,
    scratch: Scratch,
    first: u64,
    at: usize,
    count: usize,
}

impl Ranges<'_> {
    /// Where the next run begins or ends.
    #[inline]
    fn edge(&mut self) -> Option<u64> {
        if self.at == self.count {
            self.at = 0;
            (self.first, self.count) = self
                .chosen
                .advance::<_, true>(&mut self.cursor, &mut self.scratch);
            if self.count == 0 {
                return None;
            }
        }
        let edge = self.first + u64::from(self.scratch.out[self.at]);
        self.at += 1;
        Some(edge)
    }
}

impl Iterator for Ranges<'_> {
    type Item = Range<u64>;

    #[inline]
    fn next(&mut self) -> Option<Range<u64>> {
        let start = self.edge()?;
        // A run that goes on to the last bit has no end of its own.
        let end = self.edge().unwrap_or(self.bits);
        Some(start..end)
    }
}

impl std::iter::FusedIterator for Ranges<'_> {}
