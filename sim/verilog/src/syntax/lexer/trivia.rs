//! What stands between tokens: blanks, comments, attributes and directives.
//!
//! All are passed over, but a directive other than `timescale` and
//! `default_nettype` is refused, and the attribute `blackbox` is noted.
//!
//! Standard: IEEE 1364-2005, 2.2, 2.3, 2.8 and clause 19.

use super::{Lexer, count, is_word};
use crate::error::Error;
use crate::syntax::token::shown;

impl Lexer<'_> {
    /// Goes on to the next token; whether `(* blackbox *)` stands before it.
    pub(super) fn pass_trivia(&mut self) -> Result<bool, Error> {
        let mut blackbox = false;
        loop {
            self.pass_to(self.after_blanks(self.position));
            match &self.text.as_bytes()[self.position..] {
                [b'/', b'/', ..] | [b'/', b'*', ..] => {
                    let end = self.comment_end(self.position);
                    self.pass_to(end.ok_or_else(|| self.open("comment", "`*/`"))?);
                }
                [b'(', b'*', ..] if !self.is_any_event() => blackbox |= self.attribute()?,
                [b'`', ..] => self.directive()?,
                _ => return Ok(blackbox),
            }
        }
    }

    /// Whether the `(*` here is the start of `(*)`: all events, no attribute.
    fn is_any_event(&self) -> bool {
        let close = self.after_blanks(self.position + 2);
        self.text.as_bytes().get(close) == Some(&b')')
    }

    /// The end of the comment that begins at `at`; `None` if it has none.
    fn comment_end(&self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        if rest.starts_with("//") {
            return Some(
                rest.find('\n')
                    .map_or(self.text.len(), |length| at + length),
            );
        }
        rest[2..].find("*/").map(|length| at + 2 + length + 2)
    }

    /// Passes `(* name = value, ... *)`; whether one name is `blackbox`.
    fn attribute(&mut self) -> Result<bool, Error> {
        let bytes = self.text.as_bytes();
        let mut blackbox = false;
        let mut at = self.position + 2;
        // Whether a name may stand here: a value is no name.
        let mut name = true;
        loop {
            let next = match &bytes[at..] {
                [] => None,
                [b'*', b')', ..] => break,
                [b'"', ..] => self.string_end(at),
                [b'/', b'/' | b'*', ..] => self.comment_end(at),
                [first, ..] if is_word(*first) => {
                    let end = at + count(&bytes[at..], is_word);
                    blackbox |= name && &self.text[at..end] == "blackbox" && !self.is_off(end);
                    name = false;
                    Some(end)
                }
                [first, ..] => {
                    name |= *first == b',';
                    Some(at + 1)
                }
            };
            at = next.ok_or_else(|| self.open("attribute", "`*)`"))?;
        }
        self.pass_to(at + 2);
        Ok(blackbox)
    }

    /// Whether `= 0` stands at `at`.
    fn is_off(&self, at: usize) -> bool {
        let value = self.text[at..]
            .trim_start()
            .strip_prefix('=')
            .map(str::trim_start);
        value
            .and_then(|value| value.strip_prefix('0'))
            .is_some_and(|rest| {
                !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '\'')
            })
    }

    /// Passes a compiler directive that changes nothing here, and refuses others.
    fn directive(&mut self) -> Result<(), Error> {
        let start = self.position + 1;
        let end = start + count(&self.text.as_bytes()[start..], is_word);
        let instead = match &self.text[start..end] {
            // Every net must be declared: what an undeclared one would be is no matter.
            "default_nettype" => {
                let kind = self.after_blanks(end);
                self.pass_to(kind + count(&self.text.as_bytes()[kind..], is_word));
                return Ok(());
            }
            // There are no delays, so no unit of them.
            "timescale" => {
                let unit = self.after_time(end);
                match self.text.as_bytes().get(unit) {
                    Some(b'/') => self.pass_to(self.after_time(unit + 1)),
                    _ => {
                        return Err(self.syntax("`timescale 1ns / 1ps` or the like", "less".into()));
                    }
                }
                return Ok(());
            }
            "define" | "undef" => "declare a parameter or localparam",
            "ifdef" | "ifndef" | "else" | "elsif" | "endif" => "keep one variant of the text",
            "include" => "hand over the file as a source of its own",
            _ => "expand macros, and remove directives, before the text is parsed",
        };
        Err(Error::Unsupported {
            at: self.here(),
            what: format!(
                "the directive or macro `` `{} ``",
                shown(&self.text[start..end])
            ),
            instead: instead.into(),
        })
    }

    /// What is behind the time at `at`, as `1 ns`.
    fn after_time(&self, at: usize) -> usize {
        let digits = self.after_blanks(at);
        let unit = digits
            + count(&self.text.as_bytes()[digits..], |byte| {
                byte.is_ascii_digit()
            });
        let unit = self.after_blanks(unit);
        let end = unit
            + count(&self.text.as_bytes()[unit..], |byte| {
                byte.is_ascii_alphabetic()
            });
        // The blanks behind it are passed over in any case.
        self.after_blanks(end)
    }
}
