//! Bitmaps to scan. Several of each rotate, so that no run learns its branches from the
//! one before.

use slackwater_sim::seed::Seed;
use std::fmt;
use std::hint::black_box;

/// Where the set bits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Each by itself.
    Uniform,
    /// In runs of 64 on average, as a guest writes that fills buffers.
    Clustered,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uniform => "uniform",
            Self::Clustered => "clustered",
        })
    }
}

/// Mean length of a run of [`Pattern::Clustered`].
const RUN: u64 = 64;
/// Of all inputs.
pub const SEED: Seed = Seed(0x51ac);
/// Densities of the plots.
pub const DENSITIES: [f64; 8] = [0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.5, 1.0];

/// What is scanned.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Bytes of bitmap.
    pub bytes: usize,
    /// Where the bits are.
    pub pattern: Pattern,
    /// Part of the bits that is set, about.
    pub density: f64,
}

impl Case {
    /// Whether a set of roaring's is made from it: its members have 32 bits, and so has the end of
    /// the bytes in roaring 0.11.
    pub fn fits_roaring(&self) -> bool {
        (self.bytes as u64 * 8) < 1 << 32
    }

    /// Whether a set of hibitset's holds it: 2^24 members.
    pub fn fits_hibitset(&self) -> bool {
        self.bytes * 8 <= 1 << 24
    }

    /// Whether its bits can be marked one by one before each run.
    pub fn can_be_refilled(&self) -> bool {
        self.bytes as f64 * 8.0 * self.density <= (1 << 22) as f64
    }

    /// Bitmaps that rotate: eight, fewer if they would not fit into memory.
    pub fn inputs(&self) -> Vec<Vec<u64>> {
        let count = (1_usize << 30).div_ceil(self.bytes).clamp(2, 8);
        (0..count).map(|index| self.input(index)).collect()
    }

    fn input(&self, index: usize) -> Vec<u64> {
        let name = format!("{} bytes, {}, {}", self.bytes, self.pattern, self.density);
        let mut random = SEED.numbered(&name, index).stream();
        let bits = self.bytes as u64 * 8;
        let mut words = vec![0_u64; self.bytes / 8];
        // Written once, so that all of it is there, and not the system's one page of zeros.
        words.fill(1);
        black_box(&mut words).fill(0);
        if self.density >= 1.0 {
            words.fill(u64::MAX);
        } else if self.density > 0.0 {
            let (mut bit, runs) = (0, self.pattern == Pattern::Clustered);
            let length = if runs { RUN } else { 1 };
            let gap = length as f64 * (1.0 - self.density) / self.density;
            loop {
                // Gaps and runs of exponential length: geometric, but for the rounding.
                let mut exponential = |mean: f64| {
                    let unit = (random.bits() >> 11) as f64 / (1_u64 << 53) as f64;
                    (-mean * (1.0 - unit).ln()) as u64
                };
                bit += exponential(gap) + u64::from(runs);
                let end = bit
                    + if runs {
                        1 + exponential(length as f64 - 1.0)
                    } else {
                        1
                    };
                if bit >= bits {
                    break;
                }
                for bit in bit..end.min(bits) {
                    words[(bit / 64) as usize] |= 1 << (bit % 64);
                }
                bit = end;
            }
        }
        words
    }
}
