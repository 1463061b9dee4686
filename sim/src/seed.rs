//! Deterministic randomness: one seed for a run, a stream of its own for every place that draws.
//!
//! A place derives its stream by name. Adding a draw in one place therefore
//! changes nothing in the others, and a run is replayed by its one number.

use std::fmt;
use std::ops::RangeInclusive;

/// The seed of a run, or of a named part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Seed {
    /// The seed of the part with this name.
    pub fn named(self, name: &str) -> Self {
        // FNV-1a over the name, then the finaliser of SplitMix64: near names give far seeds.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ self.0;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(hash ^ (hash >> 31))
    }

    /// The seed of the numbered part with this name.
    pub fn numbered(self, name: &str, index: usize) -> Self {
        Self(self.named(name).0 ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)).named("#")
    }

    /// The random numbers of this seed.
    pub fn stream(self) -> Stream {
        Stream(fastrand::Rng::with_seed(self.0))
    }
}

/// A stream of random numbers. A clone continues from the same place, and so does its one number.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Stream(fastrand::Rng);

impl From<u64> for Stream {
    fn from(place: u64) -> Self {
        Self(fastrand::Rng::with_seed(place))
    }
}

impl From<Stream> for u64 {
    fn from(stream: Stream) -> Self {
        stream.0.get_seed()
    }
}

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.0.u64(..bound) }
    }

    /// A number in the range; its start if the range is empty.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        if range.is_empty() {
            *range.start()
        } else {
            self.0.u64(range)
        }
    }

    /// True `per_million` times in a million.
    pub fn chance(&mut self, per_million: u32) -> bool {
        per_million > 0 && self.0.u32(..1_000_000) < per_million
    }

    /// An index below `count`; 0 if `count` is 0.
    pub fn index(&mut self, count: usize) -> usize {
        if count == 0 { 0 } else { self.0.usize(..count) }
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_distinct_replayable_streams() {
        let seed = Seed(7);
        assert_eq!(
            seed.named("iommu").stream().bits(),
            seed.named("iommu").stream().bits()
        );
        assert_ne!(seed.named("iommu").0, seed.named("iommv").0);
        assert_ne!(seed.named("iommu").0, Seed(8).named("iommu").0);
        assert_ne!(seed.numbered("card", 0).0, seed.numbered("card", 1).0);
        let mut a = seed.stream();
        a.bits();
        let mut b = a.clone();
        let mut c = Stream::from(u64::from(a.clone()));
        let bits = a.bits();
        assert_eq!([b.bits(), c.bits()], [bits; 2]);
    }

    #[test]
    fn empty_bounds_are_harmless() {
        let mut stream = Seed(1).stream();
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.index(0), 0);
        #[expect(clippy::reversed_empty_ranges)]
        let nothing = 5..=4;
        assert_eq!(stream.within(nothing), 5);
        assert!(!stream.chance(0));
        assert!(stream.chance(1_000_000));
    }
}
