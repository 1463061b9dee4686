//! Expressions: their width and sign, and their value.
//!
//! IEEE 1364-2005, 5.4 and 5.5. Every expression has a width and a sign of its
//! own, found from its operands (table 5-22). It is evaluated in a context: a
//! width that is not less than its own, and a sign. Context goes down to the
//! operands; where an operand stands for itself, its own width and sign are the
//! context.

use super::state::{Bounds, NetId, State, take};
use super::value::{amount, cut, number, ones, resize, truth, wrap};
use crate::error::Error;
use num_bigint::BigUint;
use slackwater_verilog::source::Location;
use slackwater_verilog::syntax::tree::{Binary, Unary};

/// An expression with its own width and sign.
#[derive(Clone, Debug)]
pub struct Expression {
    /// Bits, if nothing around it wants more.
    pub width: u32,
    /// Whether it is signed, if nothing around it is unsigned.
    pub signed: bool,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of expressions.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A number, or a parameter.
    Constant(BigUint),
    /// Some bits of a net, memory or constant.
    Place(Place),
    /// Operand that stands for itself, signed or not by the expression:
    /// `$signed`, `$unsigned`.
    Cast(Box<Expression>),
    /// One operand in front.
    Unary(Unary, Box<Expression>),
    /// An operator between.
    Binary(Binary, Box<Expression>, Box<Expression>, Location),
    /// `? :`
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// Uppermost first.
    Concat(Vec<Expression>),
    /// A concatenation, some times.
    Repeat(u32, Box<Expression>),
}

/// What bits are selected from.
#[derive(Clone, Debug)]
pub enum Root {
    /// A net or memory.
    Net(NetId),
    /// A parameter.
    Constant(BigUint),
}

/// Some bits of a net, memory or constant.
#[derive(Clone, Debug)]
pub struct Place {
    /// Of what.
    pub root: Root,
    /// Address in a memory, and the memory's bounds.
    pub address: Option<(Box<Expression>, Bounds)>,
    /// Bounds of the vector.
    pub bounds: Bounds,
    /// Part of the vector.
    pub part: Option<Part>,
    /// Bits that are selected.
    pub width: u32,
}

/// A part of a vector: indices from `first + shift` on upwards.
#[derive(Clone, Debug)]
pub struct Part {
    /// An index.
    pub first: Box<Expression>,
    /// From there to the lowest index.
    pub shift: i64,
}

/// Index that is certainly out of every range.
const NOWHERE: i64 = i64::MAX / 4;

impl Expression {
    /// The value where the expression stands for itself.
    pub fn alone(&self, state: &State) -> Result<BigUint, Error> {
        self.evaluate(state, self.width, self.signed)
    }

    /// Whether it is true: not zero.
    pub fn holds(&self, state: &State) -> Result<bool, Error> {
        Ok(self.alone(state)? != BigUint::ZERO)
    }

    /// The value as an index.
    fn index(&self, state: &State) -> Result<i64, Error> {
        let number = number(&self.alone(state)?, self.width, self.signed);
        Ok(i64::try_from(number)
            .unwrap_or(NOWHERE)
            .clamp(-NOWHERE, NOWHERE))
    }

    /// The value as an operand of an expression of `width` bits and sign `signed`.
    pub fn evaluate(&self, state: &State, width: u32, signed: bool) -> Result<BigUint, Error> {
        let own = match &self.kind {
            Kind::Constant(bits) => bits.clone(),
            Kind::Place(place) => place.read(state)?,
            Kind::Cast(operand) => operand.alone(state)?,
            Kind::Unary(operator, operand) => match operator {
                Unary::Plus => return operand.evaluate(state, width, signed),
                Unary::Not => return Ok(ones(width) ^ operand.evaluate(state, width, signed)?),
                Unary::Minus => {
                    let bits = operand.evaluate(state, width, signed)?;
                    return Ok(cut((ones(width) ^ bits) + 1u8, width));
                }
                _ => truth(reduce(*operator, &operand.alone(state)?, operand.width)),
            },
            Kind::Binary(operator, a, b, at) => match operator {
                Binary::LogicalAnd => truth(a.holds(state)? & b.holds(state)?),
                Binary::LogicalOr => truth(a.holds(state)? | b.holds(state)?),
                Binary::Equal
                | Binary::NotEqual
                | Binary::Less
                | Binary::LessEqual
                | Binary::Greater
                | Binary::GreaterEqual => truth(compare(*operator, a, b, state)?),
                Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftRightArithmetic => {
                    let bits = a.evaluate(state, width, signed)?;
                    let by = amount(&b.alone(state)?);
                    return Ok(shift(*operator, bits, by, width, signed));
                }
                _ => {
                    let a = a.evaluate(state, width, signed)?;
                    let b = b.evaluate(state, width, signed)?;
                    return arithmetic(*operator, a, b, width, signed)
                        .ok_or_else(|| Error::DivisionByZero { at: at.clone() });
                }
            },
            Kind::Conditional(condition, then, otherwise) => {
                let chosen = if condition.holds(state)? {
                    then
                } else {
                    otherwise
                };
                return chosen.evaluate(state, width, signed);
            }
            Kind::Concat(parts) => {
                let mut bits = BigUint::ZERO;
                for part in parts {
                    bits = (bits << part.width) | part.alone(state)?;
                }
                bits
            }
            Kind::Repeat(count, operand) => {
                let once = operand.alone(state)?;
                let mut bits = BigUint::ZERO;
                for _ in 0..*count {
                    bits = (bits << operand.width) | &once;
                }
                bits
            }
        };
        // An operand takes on the width of its context; whether its sign fills
        // it up is a matter of the context too (5.5.2).
        Ok(resize(own, self.width, width, signed))
    }

    /// Nets that the value depends on.
    pub fn reads(&self, nets: &mut Vec<NetId>) {
        match &self.kind {
            Kind::Constant(_) => {}
            Kind::Place(place) => {
                if let Root::Net(net) = place.root {
                    nets.push(net);
                }
                place.reads_of_indices(nets);
            }
            Kind::Cast(a) | Kind::Unary(_, a) | Kind::Repeat(_, a) => a.reads(nets),
            Kind::Binary(_, a, b, _) => {
                a.reads(nets);
                b.reads(nets);
            }
            Kind::Conditional(a, b, c) => {
                a.reads(nets);
                b.reads(nets);
                c.reads(nets);
            }
            Kind::Concat(parts) => parts.iter().for_each(|part| part.reads(nets)),
        }
    }
}

impl Place {
    /// Word of a memory, `None` if it is out of range; 0 for a net.
    pub fn word(&self, state: &State) -> Result<Option<usize>, Error> {
        let Some((address, bounds)) = &self.address else {
            return Ok(Some(0));
        };
        let offset = bounds.offset(address.index(state)?);
        Ok(usize::try_from(offset).ok())
    }

    /// Lowest bit, counted from the right; outside of the vector it may be anything.
    pub fn low(&self, state: &State) -> Result<i64, Error> {
        let Some(part) = &self.part else {
            return Ok(0);
        };
        let lowest = part.first.index(state)? + part.shift;
        let highest = lowest + i64::from(self.width) - 1;
        Ok(if self.bounds.left >= self.bounds.right {
            self.bounds.offset(lowest)
        } else {
            self.bounds.offset(highest)
        })
    }

    fn read(&self, state: &State) -> Result<BigUint, Error> {
        let low = self.low(state)?;
        Ok(match &self.root {
            Root::Constant(bits) => take(bits, low, self.width),
            Root::Net(net) => take(&state.word(*net, self.word(state)?), low, self.width),
        })
    }

    /// Nets that decide which bits are meant.
    pub fn reads_of_indices(&self, nets: &mut Vec<NetId>) {
        if let Some((address, _)) = &self.address {
            address.reads(nets);
        }
        if let Some(part) = &self.part {
            part.first.reads(nets);
        }
    }
}

/// `!` and the reductions.
fn reduce(operator: Unary, bits: &BigUint, width: u32) -> bool {
    let any = *bits != BigUint::ZERO;
    let all = *bits == ones(width);
    let odd = bits.count_ones() % 2 == 1;
    match operator {
        Unary::ReduceAnd => all,
        Unary::ReduceNand => !all,
        Unary::ReduceOr => any,
        Unary::ReduceNor | Unary::LogicalNot => !any,
        Unary::ReduceXor => odd,
        _ => !odd,
    }
}

/// Operands are made as wide as the wider one, signed if both are.
fn compare(operator: Binary, a: &Expression, b: &Expression, state: &State) -> Result<bool, Error> {
    let width = a.width.max(b.width);
    let signed = a.signed && b.signed;
    let a = number(&a.evaluate(state, width, signed)?, width, signed);
    let b = number(&b.evaluate(state, width, signed)?, width, signed);
    Ok(match operator {
        Binary::Equal => a == b,
        Binary::NotEqual => a != b,
        Binary::Less => a < b,
        Binary::LessEqual => a <= b,
        Binary::Greater => a > b,
        _ => a >= b,
    })
}

fn shift(operator: Binary, bits: BigUint, by: u64, width: u32, signed: bool) -> BigUint {
    let beyond = by >= u64::from(width);
    let sign = signed && bits.bit(u64::from(width) - 1);
    match operator {
        Binary::ShiftLeft if beyond => BigUint::ZERO,
        Binary::ShiftLeft => cut(bits << by, width),
        Binary::ShiftRightArithmetic if sign && beyond => ones(width),
        Binary::ShiftRightArithmetic if sign => {
            let vacated = ones(width) ^ (ones(width) >> by);
            (bits >> by) | vacated
        }
        _ if beyond => BigUint::ZERO,
        _ => bits >> by,
    }
}

/// `None` for a division by zero.
fn arithmetic(
    operator: Binary,
    a: BigUint,
    b: BigUint,
    width: u32,
    signed: bool,
) -> Option<BigUint> {
    Some(match operator {
        Binary::Add => cut(a + b, width),
        Binary::Subtract => wrap(number(&a, width, false) - number(&b, width, false), width),
        Binary::Multiply => cut(a * b, width),
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::Xnor => ones(width) ^ (a ^ b),
        _ if b == BigUint::ZERO => return None,
        // Both round towards zero, as the standard does (5.1.5).
        Binary::Divide => wrap(number(&a, width, signed) / number(&b, width, signed), width),
        _ => wrap(number(&a, width, signed) % number(&b, width, signed), width),
    })
}
