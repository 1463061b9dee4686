//! Width and sign of expressions: IEEE 1364-2005, 5.4 and 5.5.

use super::process::Process;
use super::{Constant, Symbol};
use crate::error::Error;
use crate::graph::{ArrayId, NetId};
use crate::syntax::tree::{Binary, Expression, ExpressionKind, Name, Range, Select, Target, Unary};

/// Width of an unsized number, at least.
pub(super) const UNSIZED_BITS: u32 = 32;
/// Widest expression.
const EXPRESSION_LIMIT: u64 = 1 << 20;

/// What a name in an expression is.
pub(super) enum Named {
    Net(NetId),
    Array(ArrayId),
    Constant(Constant),
}

impl Process<'_, '_, '_> {
    pub(super) fn named(&self, name: &Name) -> Result<Named, Error> {
        match self.scope.find(&name.text) {
            Some(Symbol::Net(net)) => Ok(Named::Net(*net)),
            Some(Symbol::Array(array)) => Ok(Named::Array(*array)),
            Some(Symbol::Constant(constant)) => Ok(Named::Constant(constant.clone())),
            None => Err(Error::Unknown {
                at: name.at.clone(),
                name: name.text.to_string(),
                what: "net, memory or parameter",
                scope: self.scope.path.clone(),
            }),
        }
    }

    /// Width of a part-select.
    pub(super) fn select_width(&mut self, select: &Select) -> Result<u32, Error> {
        let (width, at) = match select {
            Select::Index(_) => return Ok(1),
            Select::Range(range) => {
                let (msb, lsb) = self.range(range)?;
                (i128::from(msb.abs_diff(lsb)) + 1, &range.msb.at)
            }
            Select::Up { width, .. } | Select::Down { width, .. } => {
                let number =
                    self.elaborator
                        .integer(self.scope, width, "the width of a part-select")?;
                (i128::from(number), &width.at)
            }
        };
        if width < 1 || width > i128::from(super::WIDTH_LIMIT) {
            return Err(Error::Limit {
                at: at.clone(),
                what: format!("a part-select of {width} bits"),
                limit: super::WIDTH_LIMIT,
            });
        }
        Ok(width as u32)
    }

    pub(super) fn range(&mut self, range: &Range) -> Result<(i64, i64), Error> {
        let what = "the bound of a part-select";
        let msb = self.elaborator.integer(self.scope, &range.msb, what)?;
        let lsb = self.elaborator.integer(self.scope, &range.lsb, what)?;
        Ok((msb, lsb))
    }

    /// Width and sign of an expression by itself.
    pub(super) fn size(&mut self, expression: &Expression) -> Result<(u32, bool), Error> {
        match &expression.kind {
            ExpressionKind::Literal {
                width,
                signed,
                value,
            } => {
                let needed = value.bits() + u64::from(*signed);
                let width = width.unwrap_or_else(|| UNSIZED_BITS.max(needed as u32));
                Ok((width, *signed))
            }
            ExpressionKind::Part { name, selects } => self.part_size(name, selects),
            ExpressionKind::Unary(unary, operand) => match unary {
                Unary::Plus | Unary::Minus | Unary::Not => self.size(operand),
                _ => Ok((1, false)),
            },
            ExpressionKind::Binary(binary, a, b) => match binary {
                Binary::Add
                | Binary::Subtract
                | Binary::Multiply
                | Binary::Divide
                | Binary::Modulo
                | Binary::And
                | Binary::Or
                | Binary::Xor
                | Binary::Xnor => {
                    let (a, b) = (self.size(a)?, self.size(b)?);
                    Ok((a.0.max(b.0), a.1 && b.1))
                }
                Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftRightArithmetic => {
                    self.size(a)
                }
                _ => Ok((1, false)),
            },
            ExpressionKind::Conditional(_, then, otherwise) => {
                let (a, b) = (self.size(then)?, self.size(otherwise)?);
                Ok((a.0.max(b.0), a.1 && b.1))
            }
            ExpressionKind::Concat(parts) => Ok((self.concat_width(expression, parts, 1)?, false)),
            ExpressionKind::Repeat(count, parts) => {
                let number =
                    self.elaborator
                        .integer(self.scope, count, "the count of a replication")?;
                let copies = u64::try_from(number).ok().filter(|&copies| copies > 0);
                let Some(copies) = copies else {
                    return Err(Error::Invalid {
                        at: count.at.clone(),
                        name: "replication".into(),
                        problem: format!("its count is {number}; it must be at least 1"),
                    });
                };
                Ok((self.concat_width(expression, parts, copies)?, false))
            }
            ExpressionKind::Signed(inner) => Ok((self.size(inner)?.0, true)),
            ExpressionKind::Unsigned(inner) => Ok((self.size(inner)?.0, false)),
        }
    }

    fn concat_width(
        &mut self,
        expression: &Expression,
        parts: &[Expression],
        count: u64,
    ) -> Result<u32, Error> {
        let mut width = 0u64;
        for part in parts {
            width += u64::from(self.size(part)?.0);
            if width.saturating_mul(count) > EXPRESSION_LIMIT {
                return Err(Error::Limit {
                    at: expression.at.clone(),
                    what: format!("a concatenation of {} bits", width.saturating_mul(count)),
                    limit: EXPRESSION_LIMIT,
                });
            }
        }
        Ok((width * count) as u32)
    }

    fn part_size(&mut self, name: &Name, selects: &[Select]) -> Result<(u32, bool), Error> {
        let (width, signed, left) = match self.named(name)? {
            Named::Net(net) => {
                let net = self.elaborator.design.net(net);
                (net.width, net.signed, selects)
            }
            Named::Constant(constant) => (constant.width, constant.signed, selects),
            Named::Array(array) => {
                let array = self.elaborator.design.array(array);
                let rest = selects.get(1..).ok_or_else(|| Error::Invalid {
                    at: name.at.clone(),
                    name: array.path.clone(),
                    problem: "a memory is used without an address; read it word by word".into(),
                })?;
                (array.width, array.signed, rest)
            }
        };
        match left {
            [] => Ok((width, signed)),
            [select] => Ok((self.select_width(select)?, false)),
            [_, ..] => Err(Error::Invalid {
                at: name.at.clone(),
                name: name.text.to_string(),
                problem: format!("{} selects where one is possible", left.len()),
            }),
        }
    }

    /// Width of what an assignment changes.
    pub(super) fn target_width(&mut self, target: &Target) -> Result<u32, Error> {
        match target {
            Target::Part { name, selects } => Ok(self.part_size(name, selects)?.0),
            Target::Concat(parts) => {
                let mut width = 0u64;
                for part in parts {
                    width += u64::from(self.target_width(part)?);
                }
                // Each part is bounded, and so is the number of parts in a text.
                Ok(u32::try_from(width).unwrap_or(u32::MAX))
            }
        }
    }
}
