//! Bitmaps of pages: runs of ones in the log's words, and a set of pages to send.

/// Iterator over the runs of ones in 32-bit words, bit 0 of word 0 first; see [`runs`].
#[derive(Clone, Debug)]
pub struct Runs<'a> {
    words: &'a [u32],
    bit: usize,
}

/// The runs of ones as (first bit, number of bits), each as long as it can be.
pub const fn runs(words: &[u32]) -> Runs<'_> {
    Runs { words, bit: 0 }
}

impl Runs<'_> {
    /// First bit from `bit` on that is one (`ones`) or zero; the end of the words if there is none.
    fn boundary(&self, mut bit: usize, ones: bool) -> usize {
        while let Some(word) = self.words.get(bit / 32) {
            let word = if ones { *word } else { !*word } >> (bit % 32);
            if word != 0 {
                return bit + word.trailing_zeros() as usize;
            }
            bit = (bit / 32 + 1) * 32;
        }
        self.words.len() * 32
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let first = self.boundary(self.bit, true);
        if first == self.words.len() * 32 {
            self.bit = first;
            return None;
        }
        self.bit = self.boundary(first, false);
        Some((first, self.bit - first))
    }
}

/// A set of guest pages, with its size at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSet {
    words: Vec<u32>,
    pages: u64,
    count: u64,
}

impl PageSet {
    /// The empty set of pages below `pages`.
    pub fn new(pages: u64) -> Self {
        Self {
            words: vec![0; pages.div_ceil(32) as usize],
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
        let word = &mut self.words[(page / 32) as usize];
        let bit = 1 << (page % 32);
        self.count += u64::from(*word & bit == 0);
        *word |= bit;
        true
    }

    /// Adds every page.
    pub fn insert_all(&mut self) {
        self.words.fill(u32::MAX);
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.pages % 32) {
            *last = (1 << rest) - 1;
        }
        self.count = self.pages;
    }

    /// True if the page is in the set.
    pub fn contains(&self, page: u64) -> bool {
        page < self.pages && self.words[(page / 32) as usize] >> (page % 32) & 1 == 1
    }

    /// Takes everything out, leaving the set empty.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.pages))
    }

    /// The pages in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        runs(&self.words).flat_map(|(first, bits)| (first as u64)..(first + bits) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(seed: &mut u64) -> u64 {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }

    #[test]
    fn prop_runs_are_those_of_a_bit_by_bit_scan() {
        for start in 0..200 {
            let mut seed = start;
            let words: Vec<u32> = (0..next(&mut seed) % 9)
                .map(|_| match next(&mut seed) % 4 {
                    0 => 0,
                    1 => u32::MAX,
                    _ => (next(&mut seed) as u32) & !(next(&mut seed) as u32) << 3,
                })
                .collect();
            let mut expected: Vec<(usize, usize)> = Vec::new();
            for bit in (0..words.len() * 32).filter(|bit| words[bit / 32] >> (bit % 32) & 1 == 1) {
                match expected.last_mut() {
                    Some((first, bits)) if *first + *bits == bit => *bits += 1,
                    _ => expected.push((bit, 1)),
                }
            }
            assert_eq!(
                runs(&words).collect::<Vec<_>>(),
                expected,
                "seed {start}: {words:x?}"
            );
        }
    }

    #[test]
    fn a_page_set_counts_each_page_once() {
        let mut set = PageSet::new(70);
        assert!(set.insert(3) && set.insert(3) && set.insert(69));
        assert!(!set.insert(70), "beyond the capacity");
        assert_eq!(
            (set.count(), set.iter().collect::<Vec<_>>()),
            (2, vec![3, 69])
        );
        set.insert_all();
        assert_eq!((set.count(), set.iter().count()), (70, 70));
        assert_eq!(set.take().count(), 70);
        assert_eq!((set.count(), set.contains(3)), (0, false));
    }
}
