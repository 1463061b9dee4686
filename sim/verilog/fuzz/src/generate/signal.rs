//! What generated code can read and write, and random widths, bounds and numbers for it.

use fastrand::Rng;
use num_bigint::BigUint;

/// Something with a name.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// Bits.
    pub width: u32,
    /// Declared signed.
    pub signed: bool,
    /// Bounds of the vector; `None` for a scalar.
    pub bounds: Option<(u64, u64)>,
    /// Bounds of a memory.
    pub memory: Option<(u64, u64)>,
    /// A parameter without a width of its own: not allowed in a concatenation.
    pub without_width: bool,
    /// A loop's variable, always below this.
    pub below: Option<u64>,
}

impl Signal {
    /// A net with random bounds for its width.
    pub fn net(rng: &mut Rng, name: String, width: u32, signed: bool) -> Self {
        Signal {
            name,
            width,
            signed,
            bounds: bounds(rng, width),
            memory: None,
            without_width: false,
            below: None,
        }
    }

    /// Lowest index of the vector.
    pub fn lowest(&self) -> u64 {
        self.bounds.map_or(0, |(left, right)| left.min(right))
    }

    /// Indices are given from the uppermost bit down.
    pub fn descending(&self) -> bool {
        self.bounds.is_none_or(|(left, right)| left >= right)
    }
}

/// A width: often 1, often at the limits of machine words, sometimes wide.
pub fn width(rng: &mut Rng, widest: u32) -> u32 {
    let width = match rng.u32(0..100) {
        0..25 => 1,
        25..55 => rng.u32(2..=8),
        55..66 => rng.u32(31..=33),
        66..78 => rng.u32(63..=65),
        78..86 => rng.u32(9..=30),
        86..90 => rng.u32(34..=62),
        90..93 => rng.u32(127..=129),
        _ => rng.u32(66..=200),
    };
    width.min(widest)
}

/// Bounds of a vector.
fn bounds(rng: &mut Rng, width: u32) -> Option<(u64, u64)> {
    let top = u64::from(width) - 1;
    let shift = rng.u64(1..=9);
    if width == 1 && rng.u8(0..10) < 7 {
        return None;
    }
    Some(match rng.u8(0..20) {
        0..14 => (top, 0),
        14..16 => (top + shift, shift),
        16..18 => (0, top),
        _ => (shift, top + shift),
    })
}

/// Bits: often a corner case, else random.
pub fn bits(rng: &mut Rng, width: u32) -> BigUint {
    let one = BigUint::from(1u8);
    let ones = (&one << width) - 1u8;
    match rng.u8(0..12) {
        0 => BigUint::ZERO,
        1 => ones,
        2 => &one << (width - 1),
        3 => (&one << (width - 1)) - 1u8,
        4 => one & ones,
        5 => &one << rng.u32(0..width),
        6 | 7 => BigUint::from(rng.u8(0..16)) & ones,
        8 => &ones - (BigUint::from(rng.u8(0..16)) & &ones),
        _ => random(rng, width),
    }
}

/// Uniformly random bits.
pub fn random(rng: &mut Rng, width: u32) -> BigUint {
    let words = (0..width.div_ceil(32)).map(|_| rng.u32(..)).collect();
    BigUint::new(words) & ((BigUint::from(1u8) << width) - 1u8)
}
