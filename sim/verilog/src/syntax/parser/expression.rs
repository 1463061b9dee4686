//! Expressions.
//!
//! Contract: no tree is higher than [`DEPTH`], even of a chain
//! `a + b + c + ...`, which is read in a loop but leans to the left.
//!
//! Standard: IEEE 1364-2005, 5.1.2 with table 5-4 (precedence), A.8.

use super::{DEPTH, Parser};
use crate::error::Error;
use crate::source::Location;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Binary, Expression, ExpressionKind, Name, Range, Select, Unary};

/// An expression and the height of its tree; 1 for a name or a number.
pub(super) struct Tall {
    expression: Expression,
    height: u32,
}

/// Selects behind a name, and the height of the highest tree in them.
type Selects = (Vec<Select>, u32);

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Result<Expression, Error> {
        Ok(self.tall()?.expression)
    }

    /// An expression, with its height.
    fn tall(&mut self) -> Result<Tall, Error> {
        self.nested(Self::conditional)
    }

    /// `condition ? then : otherwise`, or an expression without it.
    fn conditional(&mut self) -> Result<Tall, Error> {
        let condition = self.operators()?;
        if !self.eat_symbol("?")? {
            return Ok(condition);
        }
        let then = self.tall()?;
        self.expect_symbol(":")?;
        let otherwise = self.tall()?;
        let at = condition.expression.at.clone();
        let height = condition.height.max(then.height).max(otherwise.height);
        let [condition, then, otherwise] =
            [condition, then, otherwise].map(|part| Box::new(part.expression));
        grown(
            ExpressionKind::Conditional(condition, then, otherwise),
            at,
            height,
        )
    }

    /// Operands with binary operators between them.
    ///
    /// Operands wait on a stack until an operator follows that does not bind
    /// tighter than the one between them.
    fn operators(&mut self) -> Result<Tall, Error> {
        let mut left = self.operand()?;
        let mut waiting: Vec<(Tall, Binary, u8)> = Vec::new();
        while let Some((operator, precedence)) = self.binary_operator() {
            self.advance()?;
            while let Some(first) = waiting.pop_if(|(_, _, before)| *before >= precedence) {
                left = joined(first, left)?;
            }
            waiting.push((left, operator, precedence));
            left = self.operand()?;
        }
        while let Some(first) = waiting.pop() {
            left = joined(first, left)?;
        }
        Ok(left)
    }

    /// The binary operator that stands here, and how tight it binds.
    fn binary_operator(&self) -> Option<(Binary, u8)> {
        let TokenKind::Symbol(symbol) = self.token.kind else {
            return None;
        };
        Some(match symbol {
            "*" => (Binary::Multiply, 10),
            "/" => (Binary::Divide, 10),
            "%" => (Binary::Modulo, 10),
            "+" => (Binary::Add, 9),
            "-" => (Binary::Subtract, 9),
            "<<" | "<<<" => (Binary::ShiftLeft, 8),
            ">>" => (Binary::ShiftRight, 8),
            ">>>" => (Binary::ShiftRightArithmetic, 8),
            "<" => (Binary::Less, 7),
            "<=" => (Binary::LessEqual, 7),
            ">" => (Binary::Greater, 7),
            ">=" => (Binary::GreaterEqual, 7),
            "==" | "===" => (Binary::Equal, 6),
            "!=" | "!==" => (Binary::NotEqual, 6),
            "&" => (Binary::And, 5),
            "^" => (Binary::Xor, 4),
            "~^" | "^~" => (Binary::Xnor, 4),
            "|" => (Binary::Or, 3),
            "&&" => (Binary::LogicalAnd, 2),
            "||" => (Binary::LogicalOr, 1),
            _ => return None,
        })
    }

    /// A primary with the unary operators in front of it.
    fn operand(&mut self) -> Result<Tall, Error> {
        let mut operators = Vec::new();
        while let Some(operator) = self.unary_operator() {
            operators.push((operator, self.here()));
            self.advance()?;
        }
        let mut operand = self.primary()?;
        while let Some((operator, at)) = operators.pop() {
            let kind = ExpressionKind::Unary(operator, Box::new(operand.expression));
            operand = grown(kind, at, operand.height)?;
        }
        Ok(operand)
    }

    fn unary_operator(&self) -> Option<Unary> {
        let TokenKind::Symbol(symbol) = self.token.kind else {
            return None;
        };
        Some(match symbol {
            "+" => Unary::Plus,
            "-" => Unary::Minus,
            "~" => Unary::Not,
            "!" => Unary::LogicalNot,
            "&" => Unary::ReduceAnd,
            "~&" => Unary::ReduceNand,
            "|" => Unary::ReduceOr,
            "~|" => Unary::ReduceNor,
            "^" => Unary::ReduceXor,
            "~^" | "^~" => Unary::ReduceXnor,
            _ => return None,
        })
    }

    /// A number, a name with selects, or something in brackets.
    fn primary(&mut self) -> Result<Tall, Error> {
        let at = self.here();
        match self.token.kind {
            TokenKind::Number(number) => {
                let kind = number.evaluate(&at)?;
                self.advance()?;
                Ok(Tall {
                    expression: Expression { kind, at },
                    height: 1,
                })
            }
            TokenKind::Name(_) => {
                let name = self.name("a name")?;
                if self.at_symbol("(") {
                    let what = format!("the call of the function `{}`", name.text);
                    let instead = "write the function's expression in its place";
                    return Err(self.unsupported(what, instead));
                }
                let (selects, height) = self.selects(&name)?;
                grown(ExpressionKind::Part { name, selects }, at, height)
            }
            TokenKind::Symbol("(") => {
                self.advance()?;
                let mut inner = self.tall()?;
                self.expect_symbol(")")?;
                inner.expression.at = at;
                Ok(inner)
            }
            TokenKind::Symbol("{") => self.concat(at),
            TokenKind::System("$signed") => self.conversion(at, ExpressionKind::Signed),
            TokenKind::System("$unsigned") => self.conversion(at, ExpressionKind::Unsigned),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// `$signed(...)` or `$unsigned(...)`
    fn conversion(
        &mut self,
        at: Location,
        kind: fn(Box<Expression>) -> ExpressionKind,
    ) -> Result<Tall, Error> {
        self.advance()?;
        self.expect_symbol("(")?;
        let inner = self.tall()?;
        self.expect_symbol(")")?;
        grown(kind(Box::new(inner.expression)), at, inner.height)
    }

    /// `{a, b}` or `{count{a, b}}`
    fn concat(&mut self, at: Location) -> Result<Tall, Error> {
        self.advance()?;
        let first = self.tall()?;
        if !self.eat_symbol("{")? {
            let (parts, height) = self.concat_rest(first)?;
            return grown(ExpressionKind::Concat(parts), at, height);
        }
        let inner = self.tall()?;
        let (parts, height) = self.concat_rest(inner)?;
        self.expect_symbol("}")?;
        let count = Box::new(first.expression);
        grown(
            ExpressionKind::Repeat(count, parts),
            at,
            height.max(first.height),
        )
    }

    /// What follows the first part of a concatenation, up to its `}`.
    fn concat_rest(&mut self, first: Tall) -> Result<(Vec<Expression>, u32), Error> {
        let mut parts = vec![first.expression];
        let mut height = first.height;
        while self.list_goes_on("}")? {
            let part = self.tall()?;
            height = height.max(part.height);
            parts.push(part.expression);
        }
        Ok((parts, height))
    }

    /// The selects behind a name.
    pub(super) fn selects(&mut self, name: &Name) -> Result<Selects, Error> {
        let mut selects = Vec::new();
        let mut height = 0;
        while self.eat_symbol("[")? {
            let first = self.tall()?;
            height = height.max(first.height);
            let first = first.expression;
            let TokenKind::Symbol(symbol) = self.token.kind else {
                return Err(self.unexpected("`]`"));
            };
            if let ":" | "+:" | "-:" = symbol {
                self.advance()?;
                let second = self.tall()?;
                height = height.max(second.height);
                let second = second.expression;
                selects.push(match symbol {
                    ":" => Select::Range(Range {
                        msb: first,
                        lsb: second,
                    }),
                    "+:" => Select::Up {
                        first,
                        width: second,
                    },
                    _ => Select::Down {
                        first,
                        width: second,
                    },
                });
            } else {
                selects.push(Select::Index(first));
            }
            self.expect_symbol("]")?;
        }
        if self.at_symbol(".") {
            let what = format!("the hierarchical reference through `{}`", name.text);
            let instead = "bring the signal out by a port of each module on the way";
            return Err(self.unsupported(what, instead));
        }
        Ok((selects, height))
    }
}

/// A node above trees of at most `height`.
fn grown(kind: ExpressionKind, at: Location, height: u32) -> Result<Tall, Error> {
    if height >= DEPTH {
        return Err(Error::Limit {
            at,
            what: "the number of operators on each other in an expression".into(),
            limit: DEPTH.into(),
        });
    }
    Ok(Tall {
        expression: Expression { kind, at },
        height: height + 1,
    })
}

/// A binary operator with both operands.
fn joined((left, operator, _): (Tall, Binary, u8), right: Tall) -> Result<Tall, Error> {
    let at = left.expression.at.clone();
    let height = left.height.max(right.height);
    let [left, right] = [left, right].map(|part| Box::new(part.expression));
    grown(ExpressionKind::Binary(operator, left, right), at, height)
}
