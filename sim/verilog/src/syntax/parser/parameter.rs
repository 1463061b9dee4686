//! Parameters, in the header of a module or in it.
//!
//! Standard: IEEE 1364-2005, 4.10 and 12.2, A.2.1.1.

use super::Parser;
use crate::error::Error;
use crate::source::Location;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Expression, ExpressionKind, Item, Parameter, Range};

/// What all names of one `parameter` or `localparam` share.
struct Shared {
    local: bool,
    signed: bool,
    range: Option<Range>,
    /// Tokens of the range.
    size: u64,
}

impl Parser<'_> {
    /// `parameter signed [3:0] A = 1, B = 2;`, also `localparam`
    pub(super) fn parameters(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        let shared = self.shared_by_parameters()?;
        loop {
            let parameter = self.parameter(&shared)?;
            items.push(Item::Parameter(parameter));
            if !self.list_goes_on(";")? {
                return Ok(());
            }
            self.repeat(shared.size)?;
        }
    }

    /// Parameters in the header, up to their `)`.
    pub(super) fn header_parameters(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        if !self.at_keyword("parameter") {
            return Err(self.unexpected("`parameter`"));
        }
        let mut shared = self.shared_by_parameters()?;
        loop {
            let parameter = self.parameter(&shared)?;
            items.push(Item::Parameter(parameter));
            if !self.list_goes_on(")")? {
                return Ok(());
            }
            if self.at_keyword("parameter") {
                shared = self.shared_by_parameters()?;
            } else {
                self.repeat(shared.size)?;
            }
        }
    }

    /// The word `parameter` or `localparam`, and what stands before the first name.
    fn shared_by_parameters(&mut self) -> Result<Shared, Error> {
        let local = self.at_keyword("localparam");
        self.advance()?;
        let before = self.tokens;
        let at = self.here();
        let (signed, range) = if self.eat_keyword("integer")? {
            let [msb, lsb] = [31_u8, 0].map(|bound| number(bound, &at));
            (true, Some(Range { msb, lsb }))
        } else {
            (self.eat_keyword("signed")?, self.maybe_range()?)
        };
        if let TokenKind::Keyword(_) = self.token.kind {
            return Err(self.unexpected("the name of a parameter"));
        }
        Ok(Shared {
            local,
            signed,
            range,
            size: self.tokens - before,
        })
    }

    /// `NAME = value`
    fn parameter(&mut self, shared: &Shared) -> Result<Parameter, Error> {
        let name = self.name("the name of a parameter")?;
        self.expect_symbol("=")?;
        let value = self.expression()?;
        let Shared { local, signed, .. } = *shared;
        Ok(Parameter {
            local,
            signed,
            range: shared.range.clone(),
            name,
            value,
        })
    }
}

/// A number that the source does not spell out.
fn number(value: u8, at: &Location) -> Expression {
    let kind = ExpressionKind::Literal {
        width: None,
        signed: true,
        value: value.into(),
    };
    Expression {
        kind,
        at: at.clone(),
    }
}
