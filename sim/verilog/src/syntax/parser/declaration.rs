//! Ports, nets, variables and memories, in the header of a module or in it.
//!
//! Standard: IEEE 1364-2005, clauses 4 and 12.3, A.2.

use super::Parser;
use crate::error::Error;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Declaration, Direction, Expression, Item, Name, NetKind, Range};

/// What all names of one declaration share.
struct Shared {
    direction: Option<Direction>,
    kind: NetKind,
    signed: bool,
    range: Option<Range>,
    /// Tokens of the range.
    size: u64,
}

impl Parser<'_> {
    /// `wire signed [3:0] a = 1, b;` and its kin.
    pub(super) fn declarations(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        let shared = self.shared()?;
        loop {
            let declaration = self.declared(&shared)?;
            items.push(Item::Declaration(declaration));
            if !self.list_goes_on(";")? {
                return Ok(());
            }
            self.repeat(shared.size)?;
        }
    }

    /// Declarations in the header, up to its `)`; gives the names.
    pub(super) fn header_declarations(
        &mut self,
        items: &mut Vec<Item>,
    ) -> Result<Vec<Name>, Error> {
        let mut ports = Vec::new();
        let mut shared = self.shared()?;
        loop {
            let declaration = self.declared(&shared)?;
            ports.push(declaration.name.clone());
            items.push(Item::Declaration(declaration));
            if !self.list_goes_on(")")? {
                return Ok(ports);
            }
            if let TokenKind::Keyword("input" | "output" | "inout") = self.token.kind {
                shared = self.shared()?;
            } else {
                self.repeat(shared.size)?;
            }
        }
    }

    /// What stands before the first name.
    fn shared(&mut self) -> Result<Shared, Error> {
        let direction = match self.token.kind {
            TokenKind::Keyword("input") => Some(Direction::Input),
            TokenKind::Keyword("output") => Some(Direction::Output),
            TokenKind::Keyword("inout") => Some(Direction::Inout),
            _ => None,
        };
        if direction.is_some() {
            self.advance()?;
        }
        let variable = matches!(direction, None | Some(Direction::Output));
        let kind = match self.token.kind {
            TokenKind::Keyword("reg") if variable => NetKind::Reg,
            TokenKind::Keyword("integer") if variable => NetKind::Integer,
            TokenKind::Keyword("reg" | "integer") => {
                return Err(self.syntax("`wire`, a range or a name: an input is no variable"));
            }
            _ => NetKind::Wire,
        };
        if let TokenKind::Keyword("wire" | "reg" | "integer") = self.token.kind {
            self.advance()?;
        }
        if self.at_symbol("(") {
            return Err(self.unsupported("a drive strength", "remove it"));
        }
        let signed = kind != NetKind::Integer && self.eat_keyword("signed")?;
        let before = self.tokens;
        let range = if kind == NetKind::Integer {
            None
        } else {
            self.maybe_range()?
        };
        if let TokenKind::Keyword(_) = self.token.kind {
            return Err(self.unexpected("the name of a signal"));
        }
        Ok(Shared {
            direction,
            kind,
            signed,
            range,
            size: self.tokens - before,
        })
    }

    /// One name, with a memory's range or a value behind it.
    fn declared(&mut self, shared: &Shared) -> Result<Declaration, Error> {
        let name = self.name("the name of a signal")?;
        let memory = if shared.direction.is_none() {
            self.maybe_range()?
        } else {
            None
        };
        if memory.is_some() && self.at_symbol("[") {
            let what = format!("the second dimension of the memory `{}`", name.text);
            return Err(self.unsupported(what, "declare one dimension, and compute its index"));
        }
        let valued = matches!(shared.direction, None | Some(Direction::Output));
        let value = if memory.is_none() && valued && self.eat_symbol("=")? {
            Some(self.expression()?)
        } else {
            None
        };
        Ok(Declaration {
            direction: shared.direction,
            kind: shared.kind,
            signed: shared.signed,
            range: shared.range.clone(),
            name,
            memory,
            value,
        })
    }

    /// `[msb:lsb]` if it stands here.
    pub(super) fn maybe_range(&mut self) -> Result<Option<Range>, Error> {
        if !self.eat_symbol("[")? {
            return Ok(None);
        }
        let msb = self.bound()?;
        self.expect_symbol(":")?;
        let lsb = self.bound()?;
        self.expect_symbol("]")?;
        Ok(Some(Range { msb, lsb }))
    }

    /// One side of a range.
    fn bound(&mut self) -> Result<Expression, Error> {
        if self.at_symbol("-") {
            return Err(self.unsupported("a negative bound of a range", "count from 0 upwards"));
        }
        self.expression()
    }
}
