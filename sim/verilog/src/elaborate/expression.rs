//! Values of expressions: IEEE 1364-2005, 5.1 to 5.5.

use super::process::Process;
use crate::error::Error;
use crate::graph::Shift;
use crate::graph::Value;
use crate::syntax::tree::{Binary, Expression, ExpressionKind, Unary};
use num_bigint::BigUint;

/// Widest product of what is no constant: its parts grow with the square of its width.
const PRODUCT_LIMIT: u32 = 2048;

/// A constant as a signed number; `None` if it does not fit.
pub(super) fn signed_number(value: &BigUint, width: u32, signed: bool) -> Option<i64> {
    if signed && value.bit(u64::from(width - 1)) {
        let below = (BigUint::from(1u8) << width) - value;
        i64::try_from(below).ok().map(|below| -below)
    } else {
        i64::try_from(value).ok()
    }
}

impl Process<'_, '_, '_> {
    pub(super) fn resize(&mut self, value: Value, width: u32, signed: bool) -> Value {
        self.elaborator.design.graph.resize(value, width, signed)
    }

    /// An expression by itself: value, width, sign.
    pub(super) fn self_determined(
        &mut self,
        expression: &Expression,
    ) -> Result<(Value, u32, bool), Error> {
        let (width, signed) = self.size(expression)?;
        let value = self.build(expression, width, signed)?;
        Ok((value, width, signed))
    }

    /// An expression as the right side of an assignment to `width` bits.
    pub(super) fn assigned_value(
        &mut self,
        expression: &Expression,
        width: u32,
    ) -> Result<Value, Error> {
        let (own, signed) = self.size(expression)?;
        let value = self.build(expression, own.max(width), signed)?;
        Ok(self.resize(value, width, signed))
    }

    /// One bit: whether the expression is not zero.
    pub(super) fn truth(&mut self, expression: &Expression) -> Result<Value, Error> {
        let (value, ..) = self.self_determined(expression)?;
        Ok(self.elaborator.design.graph.any(value))
    }

    /// The expression in a context of `width` bits, at least its own, and of that sign.
    pub(super) fn build(
        &mut self,
        expression: &Expression,
        width: u32,
        signed: bool,
    ) -> Result<Value, Error> {
        match &expression.kind {
            ExpressionKind::Literal { value, .. } => {
                let own = self.size(expression)?.0;
                let value = self.elaborator.design.graph.literal(value.clone(), own);
                Ok(self.resize(value, width, signed))
            }
            ExpressionKind::Part { name, selects } => {
                let value = self.part(name, selects)?;
                Ok(self.resize(value, width, signed))
            }
            ExpressionKind::Unary(unary, operand) => {
                self.build_unary(*unary, operand, width, signed)
            }
            ExpressionKind::Binary(binary, a, b) => {
                self.build_binary(expression, *binary, (a, b), width, signed)
            }
            ExpressionKind::Conditional(condition, then, otherwise) => {
                let condition = self.truth(condition)?;
                let then = self.build(then, width, signed)?;
                let otherwise = self.build(otherwise, width, signed)?;
                Ok(self
                    .elaborator
                    .design
                    .graph
                    .select(condition, then, otherwise))
            }
            ExpressionKind::Concat(parts) => {
                let value = self.concat(parts)?;
                Ok(self.resize(value, width, signed))
            }
            ExpressionKind::Repeat(_, parts) => {
                let own = self.size(expression)?.0;
                let part = self.concat(parts)?;
                let graph = &mut self.elaborator.design.graph;
                let count = own / graph.width(part);
                let value = graph.concat(&vec![part; count as usize]);
                Ok(self.resize(value, width, signed))
            }
            // The operand is by itself; what it is called outside is the outside's affair.
            ExpressionKind::Signed(inner) | ExpressionKind::Unsigned(inner) => {
                let (value, ..) = self.self_determined(inner)?;
                Ok(self.resize(value, width, signed))
            }
        }
    }

    fn concat(&mut self, parts: &[Expression]) -> Result<Value, Error> {
        let mut values = Vec::with_capacity(parts.len());
        for part in parts.iter().rev() {
            values.push(self.self_determined(part)?.0);
        }
        Ok(self.elaborator.design.graph.concat(&values))
    }

    fn build_unary(
        &mut self,
        unary: Unary,
        operand: &Expression,
        width: u32,
        signed: bool,
    ) -> Result<Value, Error> {
        let by_itself = !matches!(unary, Unary::Plus | Unary::Minus | Unary::Not);
        let a = if by_itself {
            self.self_determined(operand)?.0
        } else {
            self.build(operand, width, signed)?
        };
        let graph = &mut self.elaborator.design.graph;
        let value = match unary {
            Unary::Plus => return Ok(a),
            Unary::Minus => {
                let zero = graph.zero(width);
                return Ok(graph.sub(zero, a));
            }
            Unary::Not => return Ok(graph.not(a)),
            Unary::LogicalNot | Unary::ReduceNor => {
                let any = graph.any(a);
                graph.not(any)
            }
            Unary::ReduceOr => graph.any(a),
            Unary::ReduceAnd | Unary::ReduceNand => {
                let inverted = graph.not(a);
                let missing = graph.any(inverted);
                if unary == Unary::ReduceNand {
                    missing
                } else {
                    graph.not(missing)
                }
            }
            Unary::ReduceXor => graph.parity(a),
            Unary::ReduceXnor => {
                let parity = graph.parity(a);
                graph.not(parity)
            }
        };
        // The result is one bit and unsigned, whatever stands around it.
        Ok(self.resize(value, width, false))
    }

    fn build_binary(
        &mut self,
        expression: &Expression,
        binary: Binary,
        (left, right): (&Expression, &Expression),
        width: u32,
        signed: bool,
    ) -> Result<Value, Error> {
        match binary {
            Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftRightArithmetic => {
                let a = self.build(left, width, signed)?;
                let (amount, ..) = self.self_determined(right)?;
                let shift = match binary {
                    Binary::ShiftLeft => Shift::Left,
                    Binary::ShiftRightArithmetic if signed => Shift::RightSigned,
                    _ => Shift::Right,
                };
                Ok(self.elaborator.design.graph.shift(shift, a, amount))
            }
            Binary::LogicalAnd | Binary::LogicalOr => {
                let a = self.truth(left)?;
                let b = self.truth(right)?;
                let graph = &mut self.elaborator.design.graph;
                let value = if binary == Binary::LogicalAnd {
                    graph.and(a, b)
                } else {
                    graph.or(a, b)
                };
                Ok(self.resize(value, width, false))
            }
            Binary::Equal
            | Binary::NotEqual
            | Binary::Less
            | Binary::LessEqual
            | Binary::Greater
            | Binary::GreaterEqual => {
                let value = self.comparison(binary, left, right)?;
                Ok(self.resize(value, width, false))
            }
            Binary::Divide | Binary::Modulo => {
                self.division(expression, binary, (left, right), width, signed)
            }
            _ => {
                let a = self.build(left, width, signed)?;
                let b = self.build(right, width, signed)?;
                let graph = &mut self.elaborator.design.graph;
                let known = graph.constant(a).is_some() && graph.constant(b).is_some();
                if binary == Binary::Multiply && width > PRODUCT_LIMIT && !known {
                    return Err(Error::Limit {
                        at: expression.at.clone(),
                        what: format!("a product of {width} bits"),
                        limit: u64::from(PRODUCT_LIMIT),
                    });
                }
                Ok(match binary {
                    Binary::Add => graph.add(a, b),
                    Binary::Subtract => graph.sub(a, b),
                    Binary::Multiply => graph.mul(a, b),
                    Binary::And => graph.and(a, b),
                    Binary::Or => graph.or(a, b),
                    Binary::Xor => graph.xor(a, b),
                    _ => {
                        let different = graph.xor(a, b);
                        graph.not(different)
                    }
                })
            }
        }
    }

    /// One bit; the operands are sized to each other.
    fn comparison(
        &mut self,
        binary: Binary,
        left: &Expression,
        right: &Expression,
    ) -> Result<Value, Error> {
        let (a, b) = (self.size(left)?, self.size(right)?);
        let (width, signed) = (a.0.max(b.0), a.1 && b.1);
        let a = self.build(left, width, signed)?;
        let b = self.build(right, width, signed)?;
        let graph = &mut self.elaborator.design.graph;
        let (a, b) = match binary {
            Binary::Greater | Binary::LessEqual => (b, a),
            _ => (a, b),
        };
        let value = match binary {
            Binary::Equal | Binary::NotEqual => graph.equal(a, b),
            _ if signed => graph.signed_less(a, b),
            _ => graph.less(a, b),
        };
        Ok(match binary {
            Binary::NotEqual | Binary::LessEqual | Binary::GreaterEqual => graph.not(value),
            _ => value,
        })
    }

    /// Division and remainder of constants, towards zero.
    fn division(
        &mut self,
        expression: &Expression,
        binary: Binary,
        (left, right): (&Expression, &Expression),
        width: u32,
        signed: bool,
    ) -> Result<Value, Error> {
        let a = self.build(left, width, signed)?;
        let b = self.build(right, width, signed)?;
        let graph = &mut self.elaborator.design.graph;
        let (Some(a), Some(b)) = (graph.constant(a).cloned(), graph.constant(b).cloned()) else {
            return Err(Error::Unsupported {
                at: expression.at.clone(),
                what: "a division of what is no constant".into(),
                instead: "shift, or divide in several cycles".into(),
            });
        };
        if b == BigUint::ZERO {
            return Err(Error::Invalid {
                at: expression.at.clone(),
                name: "division".into(),
                problem: format!("{a} is divided by 0"),
            });
        }
        let modulus = BigUint::from(1u8) << width;
        let negative = |x: &BigUint| signed && x.bit(u64::from(width - 1));
        let size = |x: &BigUint| if negative(x) { &modulus - x } else { x.clone() };
        let (magnitude, minus) = match binary {
            Binary::Divide => (size(&a) / size(&b), negative(&a) != negative(&b)),
            _ => (size(&a) % size(&b), negative(&a)),
        };
        let value = if minus {
            &modulus - magnitude
        } else {
            magnitude
        };
        Ok(graph.literal(value, width))
    }
}
