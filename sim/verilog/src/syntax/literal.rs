//! What a number is worth.
//!
//! Standard: IEEE 1364-2005, 3.5.1: `[size] ' [s] base digits`, or plain
//! decimal digits, which are signed and 32 bits wide at least.

use super::token::shown;
use super::tree::ExpressionKind;
use crate::error::Error;
use crate::source::Location;
use num_bigint::BigUint;

/// Widest literal, in bits.
pub(super) const MAXIMAL_WIDTH: u32 = 65536;

/// Longest run of digits that is taken into a `u128`: 32 hexadecimal ones fill it.
const SHORT: usize = 32;

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number<'a> {
    /// The digits before the base.
    pub size: Option<&'a str>,
    /// The base: 2, 8, 10 or 16.
    pub radix: u8,
    /// A plain decimal number, or a base with `s`.
    pub signed: bool,
    /// The digits, with their underscores.
    pub digits: &'a str,
}

impl Number<'_> {
    /// Width and value.
    pub(super) fn evaluate(&self, at: &Location) -> Result<ExpressionKind, Error> {
        let width = self.size.map(|size| width(size, at)).transpose()?;
        let value = cut(self.value(at)?, width);
        if value.bits() > MAXIMAL_WIDTH.into() {
            return Err(too_wide(format!("a number of {} bits", value.bits()), at));
        }
        Ok(ExpressionKind::Literal {
            width,
            signed: self.signed,
            value,
        })
    }

    /// The value of all digits.
    fn value(&self, at: &Location) -> Result<BigUint, Error> {
        // An underscore may stand between digits, not before the first one.
        let first = self.digits.bytes().next();
        if first.is_none_or(|digit| digit == b'_') {
            return Err(self.malformed(self.digits, at));
        }
        let digits = self.digits.trim_start_matches(['0', '_']);
        if digits.len() > MAXIMAL_WIDTH as usize {
            return Err(too_wide(format!("a number of {} digits", digits.len()), at));
        }
        if digits.len() <= SHORT {
            let mut value = 0_u128;
            for character in digits.chars().filter(|&character| character != '_') {
                let digit = self.digit(character, at)?;
                value = value * u128::from(self.radix) + u128::from(digit);
            }
            return Ok(BigUint::from(value));
        }
        let values = digits
            .chars()
            .filter(|&character| character != '_')
            .map(|character| self.digit(character, at))
            .collect::<Result<Vec<u8>, Error>>()?;
        BigUint::from_radix_be(&values, self.radix.into()).ok_or_else(|| self.malformed(digits, at))
    }

    /// The value of one digit.
    fn digit(&self, character: char, at: &Location) -> Result<u8, Error> {
        match character.to_digit(self.radix.into()) {
            Some(digit) => Ok(digit as u8),
            None if "xXzZ?".contains(character) => Err(Error::Unsupported {
                at: at.clone(),
                what: format!(
                    "the digit `{character}` of the number `{}`",
                    shown(self.digits)
                ),
                instead: match character {
                    '?' => "write 0 or 1, and a blank before the `?` of a condition",
                    _ => "bits are 0 or 1 here: write one of them",
                }
                .into(),
            }),
            None => Err(self.malformed(character.encode_utf8(&mut [0; 4]), at)),
        }
    }

    fn malformed(&self, found: &str, at: &Location) -> Error {
        Error::Syntax {
            at: at.clone(),
            expected: format!("digits of base {}", self.radix),
            found: match found {
                "" => "none".into(),
                found => format!("`{}`", shown(found)),
            },
        }
    }
}

/// The width that stands before a base.
fn width(size: &str, at: &Location) -> Result<u32, Error> {
    let digits: String = size.chars().filter(|&character| character != '_').collect();
    match digits.parse() {
        Ok(0) => Err(Error::Syntax {
            at: at.clone(),
            expected: format!("a width from 1 to {MAXIMAL_WIDTH} bits"),
            found: "0".into(),
        }),
        Ok(width) if width <= MAXIMAL_WIDTH => Ok(width),
        _ => Err(too_wide(
            format!("the width {} of a number", shown(&digits)),
            at,
        )),
    }
}

/// The lowest `width` bits.
fn cut(value: BigUint, width: Option<u32>) -> BigUint {
    match width {
        Some(width) if value.bits() > width.into() => {
            let mask = (BigUint::from(1_u8) << width) - 1_u8;
            value & mask
        }
        _ => value,
    }
}

fn too_wide(what: String, at: &Location) -> Error {
    Error::Limit {
        at: at.clone(),
        what,
        limit: MAXIMAL_WIDTH.into(),
    }
}
