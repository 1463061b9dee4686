//! Bits of any width.
//!
//! A value is a [`BigUint`] whose bits above its width are zero; the width goes
//! beside it. Signed values are two's complement in the same form.

use num_bigint::{BigInt, BigUint};

/// `width` ones.
pub fn ones(width: u32) -> BigUint {
    (BigUint::from(1u8) << width) - 1u8
}

/// The lower `width` bits.
pub fn cut(bits: BigUint, width: u32) -> BigUint {
    if bits.bits() <= u64::from(width) {
        bits
    } else {
        bits & ones(width)
    }
}

/// `from` bits as `to` bits: cut, or filled with zeros or with the sign
/// (IEEE 1364-2005, 5.5.2).
pub fn resize(bits: BigUint, from: u32, to: u32, signed: bool) -> BigUint {
    if to <= from {
        return cut(bits, to);
    }
    if signed && from > 0 && bits.bit(u64::from(from) - 1) {
        let sign = ones(to) ^ ones(from);
        return bits | sign;
    }
    bits
}

/// The number that the bits stand for.
pub fn number(bits: &BigUint, width: u32, signed: bool) -> BigInt {
    let number = BigInt::from(bits.clone());
    if signed && width > 0 && bits.bit(u64::from(width) - 1) {
        number - (BigInt::from(1u8) << width)
    } else {
        number
    }
}

/// A number as `width` bits in two's complement.
pub fn wrap(number: BigInt, width: u32) -> BigUint {
    let modulus = BigInt::from(1u8) << width;
    let rest = ((number % &modulus) + &modulus) % &modulus;
    rest.to_biguint().expect("a rest that was made positive")
}

/// A number of bits to shift by; what does not fit shifts everything out.
pub fn amount(bits: &BigUint) -> u64 {
    u64::try_from(bits).unwrap_or(u64::MAX)
}

/// One bit.
pub fn truth(value: bool) -> BigUint {
    BigUint::from(u8::from(value))
}
