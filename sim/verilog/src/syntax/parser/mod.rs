//! From tokens to tree: recursive descent with one token of lookahead.
//!
//! Contract: every call ends, on any text. Recursion is limited to [`DEPTH`]
//! levels, the height of an expression's tree to the same, and what a list of
//! names repeats (`wire [range] a, b, c;` gives the range three times) to
//! [`COPIES`] tokens; so the tree is not larger than the text by more than a
//! constant factor, and whoever walks it may recurse.
//!
//! Standard: IEEE 1364-2005, annex A.

mod declaration;
mod expression;
mod instance;
mod item;
mod parameter;
mod refusal;
mod statement;

use super::lexer::Lexer;
use super::token::{Token, TokenKind};
use super::tree::{Module, Name};
use crate::error::Error;
use crate::source::Location;
use std::collections::HashMap;
use std::sync::Arc;

/// Deepest nesting of statements and brackets, and highest tree of an expression.
const DEPTH: u32 = 200;

/// Most tokens that are repeated for further names of declarations and instances.
const COPIES: u64 = 1_000_000;

/// What is left of a source.
pub(super) struct Parser<'a> {
    file: Arc<str>,
    lexer: Lexer<'a>,
    /// The token that is looked at.
    token: Token<'a>,
    /// Tokens that are done with.
    tokens: u64,
    /// Tokens that were repeated.
    copies: u64,
    /// Levels that are open.
    depth: u32,
    /// One copy of each name.
    names: HashMap<&'a str, Arc<str>>,
}

impl<'a> Parser<'a> {
    /// At the start of a text of less than 2^32 bytes.
    pub(super) fn new(file: Arc<str>, text: &'a str) -> Result<Self, Error> {
        let mut lexer = Lexer::new(Arc::clone(&file), text);
        let token = lexer.token()?;
        let names = HashMap::new();
        Ok(Parser {
            file,
            lexer,
            token,
            tokens: 0,
            copies: 0,
            depth: 0,
            names,
        })
    }

    /// The whole source.
    pub(super) fn source(mut self) -> Result<Vec<Module>, Error> {
        let mut modules = Vec::new();
        while self.token.kind != TokenKind::End {
            if !self.at_keyword("module") {
                return Err(self.unexpected("`module`"));
            }
            if self.token.blackbox {
                self.skip_module()?;
            } else {
                modules.push(self.module()?);
            }
        }
        Ok(modules)
    }

    /// Passes a module without looking into it.
    fn skip_module(&mut self) -> Result<(), Error> {
        while !self.eat_keyword("endmodule")? {
            if self.token.kind == TokenKind::End {
                return Err(self.syntax("`endmodule`"));
            }
            self.advance()?;
        }
        Ok(())
    }

    /// Goes on by one token.
    fn advance(&mut self) -> Result<(), Error> {
        self.tokens += 1;
        self.token = self.lexer.token()?;
        Ok(())
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.token.kind, TokenKind::Symbol(found) if found == symbol)
    }

    fn at_keyword(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Keyword(word)
    }

    /// Passes the symbol if it stands here.
    fn eat_symbol(&mut self, symbol: &str) -> Result<bool, Error> {
        let found = self.at_symbol(symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Passes the keyword if it stands here.
    fn eat_keyword(&mut self, word: &str) -> Result<bool, Error> {
        let found = self.at_keyword(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), Error> {
        if self.eat_symbol(symbol)? {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{symbol}`")))
        }
    }

    /// Passes `,` if the list goes on, or `close` if it ends.
    fn list_goes_on(&mut self, close: &str) -> Result<bool, Error> {
        if self.eat_symbol(",")? {
            return Ok(true);
        }
        if self.eat_symbol(close)? {
            return Ok(false);
        }
        Err(self.unexpected(&format!("`,` or `{close}`")))
    }

    /// A name: `what` says of what.
    fn name(&mut self, what: &str) -> Result<Name, Error> {
        match self.token.kind {
            TokenKind::Name(text) => {
                let at = self.here();
                self.advance()?;
                let text = Arc::clone(self.names.entry(text).or_insert_with(|| text.into()));
                Ok(Name { text, at })
            }
            TokenKind::Keyword(_) => Err(self.syntax(what)),
            _ => Err(self.unexpected(what)),
        }
    }

    /// Where the token stands that is looked at.
    fn here(&self) -> Location {
        let Token { line, column, .. } = self.token;
        Location {
            file: Arc::clone(&self.file),
            line,
            column,
        }
    }

    /// Does `inner` one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == DEPTH {
            return Err(Error::Limit {
                at: self.here(),
                what: "the nesting of statements and brackets".into(),
                limit: DEPTH.into(),
            });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Notes that so many tokens are repeated in the tree.
    fn repeat(&mut self, tokens: u64) -> Result<(), Error> {
        self.copies += tokens;
        if self.copies <= COPIES {
            return Ok(());
        }
        Err(Error::Limit {
            at: self.here(),
            what: "the size of all ranges and parameters that lists of names share".into(),
            limit: COPIES,
        })
    }

    /// The token that is looked at is wrong.
    fn syntax(&self, expected: &str) -> Error {
        let found = self.token.to_string();
        Error::Syntax {
            at: self.here(),
            expected: expected.into(),
            found,
        }
    }

    /// The token that is looked at is wrong, or Verilog outside the subset.
    fn unexpected(&self, expected: &str) -> Error {
        match refusal::of(&self.token) {
            Some((what, instead)) => self.unsupported(what, instead),
            None => self.syntax(expected),
        }
    }

    /// What begins at the token that is looked at is outside the subset.
    fn unsupported(&self, what: impl Into<String>, instead: &str) -> Error {
        Error::Unsupported {
            at: self.here(),
            what: what.into(),
            instead: instead.into(),
        }
    }
}
