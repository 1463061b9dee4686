//! From text to tokens.
//!
//! Contract: every call ends, at [`TokenKind::End`] or an error at the latest;
//! lines and columns count characters, whatever stands in comments.
//!
//! Standard: IEEE 1364-2005, clause 2.

mod number;
mod trivia;

use super::token::{LONG_SYMBOLS, Token, TokenKind, is_keyword, short_symbol};
use crate::error::Error;
use crate::source::Location;
use std::sync::Arc;

/// Reads tokens off a text, each time from where the last one ended.
pub(super) struct Lexer<'a> {
    file: Arc<str>,
    text: &'a str,
    /// The next byte.
    position: usize,
    line: u32,
    /// Where the line begins, plus the bytes that continue a character in it:
    /// the distance to here is a count of characters.
    line_start: usize,
}

impl<'a> Lexer<'a> {
    /// At the start of a text of less than 2^32 bytes.
    pub(super) fn new(file: Arc<str>, text: &'a str) -> Self {
        // A byte order mark belongs to the file, not to its first line.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Lexer {
            file,
            text,
            position: 0,
            line: 1,
            line_start: 0,
        }
    }

    /// The next token; [`TokenKind::End`] again and again at the end.
    pub(super) fn token(&mut self) -> Result<Token<'a>, Error> {
        let blackbox = self.pass_trivia()?;
        let (start, line, column) = (self.position, self.line, self.column());
        let rest = &self.text.as_bytes()[start..];
        let kind = match *rest {
            [] => TokenKind::End,
            [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => {
                self.position += count(rest, is_word);
                match &self.text[start..self.position] {
                    word if is_keyword(word) => TokenKind::Keyword(word),
                    word => TokenKind::Name(word),
                }
            }
            [b'\\', ref escaped @ ..] => {
                let length = count(escaped, |byte| byte.is_ascii_graphic());
                if length == 0 {
                    return Err(self.syntax("a name behind `\\`", "none".into()));
                }
                self.position += 1 + length;
                TokenKind::Name(&self.text[start + 1..self.position])
            }
            [b'$', second, ..] if is_word(second) => {
                self.position += count(rest, is_word);
                TokenKind::System(&self.text[start..self.position])
            }
            [b'0'..=b'9' | b'\'', ..] => self.number()?,
            [b'"', ..] => {
                let end = self.string_end(start);
                self.pass_to(end.ok_or_else(|| self.open("string", "`\"`"))?);
                TokenKind::String
            }
            [first, ..] => TokenKind::Symbol(self.symbol(first)?),
        };
        let text = &self.text[start..self.position];
        Ok(Token {
            kind,
            text,
            line,
            column,
            blackbox,
        })
    }

    /// Column of the next byte.
    fn column(&self) -> u32 {
        // The text has less than 2^32 bytes.
        (self.position - self.line_start) as u32 + 1
    }

    /// Goes on to `end`, and keeps count of the lines.
    fn pass_to(&mut self, end: usize) {
        for at in self.position..end {
            match self.text.as_bytes()[at] {
                b'\n' => {
                    self.line += 1;
                    self.line_start = at + 1;
                }
                0x80..=0xbf => self.line_start += 1,
                _ => {}
            }
        }
        self.position = end;
    }

    /// The first byte from `at` on that is not blank.
    fn after_blanks(&self, at: usize) -> usize {
        at + count(&self.text.as_bytes()[at..], |byte| {
            byte.is_ascii_whitespace()
        })
    }

    /// The end of the string that begins at `at`; `None` if it has none in its line.
    fn string_end(&self, at: usize) -> Option<usize> {
        let mut escaped = false;
        for (length, byte) in self.text.as_bytes()[at..].iter().enumerate().skip(1) {
            match byte {
                b'\n' => return None,
                b'"' if !escaped => return Some(at + length + 1),
                _ => escaped = *byte == b'\\' && !escaped,
            }
        }
        None
    }

    /// The symbol that begins with the byte `first`.
    fn symbol(&mut self, first: u8) -> Result<&'static str, Error> {
        let rest = &self.text.as_bytes()[self.position..];
        // Brackets, commas and the like begin no longer symbol.
        let long = match first {
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';' | b'.' => None,
            _ => LONG_SYMBOLS
                .into_iter()
                .find(|symbol| rest.starts_with(symbol.as_bytes())),
        };
        let Some(symbol) = long.or_else(|| short_symbol(first)) else {
            let found = self.text[self.position..]
                .chars()
                .next()
                .unwrap_or_default();
            return Err(self.syntax("Verilog", format!("the character {found:?}")));
        };
        self.position += symbol.len();
        Ok(symbol)
    }

    /// Where the next byte is.
    fn here(&self) -> Location {
        Location {
            file: Arc::clone(&self.file),
            line: self.line,
            column: self.column(),
        }
    }

    fn syntax(&self, expected: &str, found: String) -> Error {
        Error::Syntax {
            at: self.here(),
            expected: expected.into(),
            found,
        }
    }

    /// Something that begins here has no end.
    fn open(&self, what: &str, close: &str) -> Error {
        self.syntax(&format!("{close} at the end of this {what}"), "none".into())
    }
}

/// How many bytes at the start are so.
fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|&byte| !is(byte))
        .unwrap_or(bytes.len())
}

/// Part of a name, behind its first character.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

fn is_decimal(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}
