//! A set of guest pages: what is to be sent.

use crate::scan::{Bitmap, Pages};

/// A set of guest pages, with its size at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSet {
    /// Words of 64 bits, as bytes for the scan.
    words: Vec<[u8; 8]>,
    pages: u64,
    count: u64,
}

impl PageSet {
    /// The empty set of pages below `pages`.
    pub fn new(pages: u64) -> Self {
        Self {
            words: vec![[0; 8]; pages.div_ceil(64) as usize],
            pages,
            count: 0,
        }
    }

    /// Number of pages in the set.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Pages that the set can hold: 0 up to this one.
    pub const fn capacity_pages(&self) -> u64 {
        self.pages
    }

    /// Adds a page; false if it is beyond the capacity.
    #[must_use]
    pub fn insert(&mut self, page: u64) -> bool {
        if page >= self.pages {
            return false;
        }
        let byte = &mut self.words.as_flattened_mut()[(page / 8) as usize];
        let bit = 1 << (page % 8);
        self.count += u64::from(*byte & bit == 0);
        *byte |= bit;
        true
    }

    /// Takes a page out.
    pub fn remove(&mut self, page: u64) {
        if self.contains(page) {
            self.words.as_flattened_mut()[(page / 8) as usize] &= !(1 << (page % 8));
            self.count -= 1;
        }
    }

    /// Adds every page.
    pub fn insert_all(&mut self) {
        self.words.fill([u8::MAX; 8]);
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.pages % 64) {
            *last = ((1_u64 << rest) - 1).to_le_bytes();
        }
        self.count = self.pages;
    }

    /// True if the page is in the set.
    pub fn contains(&self, page: u64) -> bool {
        page < self.pages && self.words.as_flattened()[(page / 8) as usize] >> (page % 8) & 1 == 1
    }

    /// Takes everything out, leaving the set empty.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.pages))
    }

    /// The pages in ascending order.
    pub fn iter(&self) -> Pages<'_> {
        Bitmap::whole(self.words.as_flattened()).pages()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_set_counts_each_page_once() {
        let mut set = PageSet::new(70);
        assert!(set.insert(3) && set.insert(3) && set.insert(69));
        assert!(!set.insert(70), "beyond the capacity");
        assert_eq!(
            (set.count(), set.iter().collect::<Vec<_>>()),
            (2, vec![3, 69])
        );
        set.remove(3);
        set.remove(4);
        set.remove(70);
        assert_eq!(
            (set.count(), set.contains(3), set.contains(69)),
            (1, false, true)
        );
        set.insert_all();
        assert_eq!((set.count(), set.iter().count()), (70, 70));
        assert_eq!(set.take().count(), 70);
        assert_eq!((set.count(), set.contains(3)), (0, false));
    }
}
