//! Pages: batches of them, and an iterator.

use super::cursor::{Cursor, Scratch};
use super::path::Chosen;
use super::source::Whole;
use super::{Bitmap, Path};

/// Pages that were found together, in ascending order.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    first: u64,
    offsets: &'a [u32],
}

impl<'a> Batch<'a> {
    pub(crate) const fn new(first: u64, offsets: &'a [u32]) -> Self {
        Self { first, offsets }
    }

    /// The page that the offsets are relative to.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The pages, less [`first`](Self::first): the form for a loop that is to be fast.
    pub const fn offsets(&self) -> &'a [u32] {
        self.offsets
    }

    /// The pages.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        let first = self.first;
        self.offsets
            .iter()
            .map(move |page| first + u64::from(*page))
    }

    /// The addresses of the pages, for pages of 2^`page_shift` bytes of which the
    /// first one is at `base`.
    pub fn addresses(
        &self,
        base: u64,
        page_shift: u32,
    ) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        self.pages().map(move |page| base + (page << page_shift))
    }
}

impl Chosen {
    /// The pages of a bitmap whose first one is `first_page`.
    pub(crate) fn for_each_batch(
        self,
        bitmap: Bitmap<'_>,
        first_page: u64,
        scratch: &mut Scratch,
        each: &mut impl FnMut(Batch<'_>),
    ) {
        let mut cursor = Cursor::new(bitmap);
        loop {
            let (first, count) = self.advance::<_, false>(&mut cursor, scratch);
            let Some(offsets @ [_, ..]) = scratch.out.get(..count) else {
                return;
            };
            each(Batch::new(first_page + first, offsets));
        }
    }
}

impl<'a> Bitmap<'a> {
    /// The pages whose bits are set, in ascending order, a batch at a time: the fastest form.
    /// Nothing is allocated. A path that this processor has not got is the portable one.
    pub fn for_each_batch(&self, path: Path, mut each: impl FnMut(Batch<'_>)) {
        path.chosen()
            .for_each_batch(*self, 0, &mut Scratch::default(), &mut each);
    }

    /// The pages whose bits are set, in ascending order, by the [best](Path::best) path.
    pub fn for_each_page(&self, mut each: impl FnMut(u64)) {
        self.for_each_batch(Path::best(), |batch| batch.pages().for_each(&mut each));
    }

    /// The pages whose bits are set, in ascending order, by the [best](Path::best) path.
    pub fn pages(&self) -> Pages<'a> {
        self.pages_by(Path::best())
    }

    /// As [`pages`](Self::pages), by this path.
    pub fn pages_by(&self, path: Path) -> Pages<'a> {
        Pages {
            chosen: path.chosen(),
            cursor: Cursor::new(*self),
            scratch: Scratch::default(),
            first: 0,
            at: 0,
            count: 0,
        }
    }
}

/// Iterator over the pages of a bitmap; see [`Bitmap::pages`].
#[derive(Clone, Debug)]
pub struct Pages<'a> {
    chosen: Chosen,
    cursor: Cursor<Whole<'a>>,
    scratch: Scratch,
    first: u64,
    at: usize,
    count: usize,
}

impl Iterator for Pages<'_> {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        if self.at == self.count {
            self.at = 0;
            (self.first, self.count) = self
                .chosen
                .advance::<_, false>(&mut self.cursor, &mut self.scratch);
            if self.count == 0 {
                return None;
            }
        }
        let page = self.first + u64::from(self.scratch.out[self.at]);
        self.at += 1;
        Some(page)
    }

    /// By batches: `for_each`, `sum` and the like cost what [`Bitmap::for_each_page`] costs.
    #[inline]
    fn fold<B, F: FnMut(B, u64) -> B>(mut self, init: B, mut f: F) -> B {
        let mut all = init;
        loop {
            let offsets = &self.scratch.out[self.at..self.count];
            all = Batch::new(self.first, offsets).pages().fold(all, &mut f);
            self.at = 0;
            (self.first, self.count) = self
                .chosen
                .advance::<_, false>(&mut self.cursor, &mut self.scratch);
            if self.count == 0 {
                return all;
            }
        }
    }
}

impl std::iter::FusedIterator for Pages<'_> {}
