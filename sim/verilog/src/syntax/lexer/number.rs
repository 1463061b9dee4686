//! Numbers, as far as their ends: what they are worth is found where they are used.
//!
//! Standard: IEEE 1364-2005, 2.5.

use super::{Lexer, count, is_decimal, is_word};
use crate::error::Error;
use crate::syntax::literal::Number;
use crate::syntax::token::TokenKind;

impl<'a> Lexer<'a> {
    /// A number: its parts may have blanks between them.
    pub(super) fn number(&mut self) -> Result<TokenKind<'a>, Error> {
        let bytes = self.text.as_bytes();
        let start = self.position;
        let size_end = start + count(&bytes[start..], is_decimal);
        if let Some(end) = self.real_end(size_end) {
            self.position = end;
            return Ok(TokenKind::Real);
        }
        let size = (size_end > start).then(|| &self.text[start..size_end]);
        let Some((base_end, radix, signed)) = self.base(self.after_blanks(size_end)) else {
            let Some(digits) = size else {
                return Err(self.syntax("a base b, o, d or h behind `'`", "none".into()));
            };
            self.position = size_end;
            let number = Number {
                size: None,
                radix: 10,
                signed: true,
                digits,
            };
            return Ok(TokenKind::Number(number));
        };
        let first = self.after_blanks(base_end);
        let end = first
            + match &bytes[first..] {
                // A decimal number is one digit x or z, or decimal digits: any `?`
                // behind these belongs to a condition.
                [b'x' | b'X' | b'z' | b'Z' | b'?', rest @ ..] if radix == 10 => {
                    1 + count(rest, |byte| byte == b'_')
                }
                rest if radix == 10 => count(rest, is_decimal),
                rest => count(rest, is_digit),
            };
        let digits = &self.text[first..end];
        self.pass_to(end);
        Ok(TokenKind::Number(Number {
            size,
            radix,
            signed,
            digits,
        }))
    }

    /// The end of the real number whose first digits end at `at`; `None` if it is
    /// an integer.
    fn real_end(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let real = matches!(
            bytes[at..],
            [b'.' | b'e' | b'E', b'0'..=b'9', ..] | [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..]
        );
        if !real {
            return None;
        }
        let end = at + count(&bytes[at..], |byte| byte == b'.' || is_word(byte));
        Some(match (&bytes[..end], &bytes[end..]) {
            // The sign of the exponent.
            ([.., b'e' | b'E'], [b'+' | b'-', rest @ ..]) => end + 1 + count(rest, is_decimal),
            _ => end,
        })
    }

    /// Where the base at `at` ends, its radix, and whether it says `s`.
    fn base(&self, at: usize) -> Option<(usize, u8, bool)> {
        match self.text.as_bytes()[at..] {
            [b'\'', b's' | b'S', letter, ..] => Some((at + 3, radix(letter)?, true)),
            [b'\'', letter, ..] => Some((at + 2, radix(letter)?, false)),
            _ => None,
        }
    }
}

/// Part of a number with a base; whether the base has that digit is seen later.
fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'?'
}

/// The base that a letter stands for.
fn radix(letter: u8) -> Option<u8> {
    match letter {
        b'b' | b'B' => Some(2),
        b'o' | b'O' => Some(8),
        b'd' | b'D' => Some(10),
        b'h' | b'H' => Some(16),
        _ => None,
    }
}
