//! Names of one instance, and what is declared under them.

use super::expression::Expression;
use super::resolve;
use super::state::{Bounds, NetId};
use super::value::cut;
use crate::error::Error;
use num_bigint::BigUint;
use slackwater_verilog::source::Location;
use slackwater_verilog::syntax::tree;
use std::collections::HashMap;
use std::sync::Arc;

/// Widest vector, and most words of a memory.
const LIMIT: u64 = 1 << 24;

/// What a name means.
#[derive(Clone, Debug)]
pub enum Entity {
    /// Net or memory.
    Net {
        /// Which.
        id: NetId,
        /// Bounds of the vector; `None` for a scalar, of which nothing is selected.
        bounds: Option<Bounds>,
        /// Bounds of a memory.
        memory: Option<Bounds>,
        /// Bits of the vector.
        width: u32,
        /// Declared signed.
        signed: bool,
        /// What may assign it.
        kind: tree::NetKind,
        /// Direction of a port.
        direction: Option<tree::Direction>,
    },
    /// A parameter.
    Constant {
        /// Its value.
        bits: BigUint,
        /// Its bounds.
        bounds: Bounds,
        /// Bits.
        width: u32,
        /// Whether it is signed.
        signed: bool,
    },
}

/// Names of one instance.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    names: HashMap<Arc<str>, Entity>,
}

impl Scope {
    /// What a name means.
    pub fn find(&self, name: &tree::Name) -> Result<&Entity, Error> {
        self.names.get(&name.text).ok_or_else(|| Error::Unknown {
            at: name.at.clone(),
            what: "net or parameter",
            name: name.text.to_string(),
        })
    }

    /// Adds a name.
    pub fn declare(&mut self, name: &tree::Name, entity: Entity) -> Result<(), Error> {
        if self.names.insert(name.text.clone(), entity).is_some() {
            return refuse(&name.at, format!("{:?} is declared twice", name.text));
        }
        Ok(())
    }

    /// Value of a constant expression.
    pub fn constant(&self, expression: &tree::Expression) -> Result<(Expression, BigUint), Error> {
        let resolved = resolve::expression(self, expression)?;
        let mut reads = Vec::new();
        resolved.reads(&mut reads);
        if !reads.is_empty() {
            return refuse(&expression.at, "a constant is needed here".into());
        }
        let bits = resolved.alone(&super::State::default())?;
        Ok((resolved, bits))
    }

    /// A constant number.
    pub fn number(&self, expression: &tree::Expression) -> Result<i64, Error> {
        let (resolved, bits) = self.constant(expression)?;
        let number = super::value::number(&bits, resolved.width, resolved.signed);
        match i64::try_from(&number) {
            Ok(number) if number.unsigned_abs() <= u64::from(u32::MAX) => Ok(number),
            _ => refuse(
                &expression.at,
                format!("{number} is too large for a bound, an index or a count"),
            ),
        }
    }

    /// Bounds of a vector or memory.
    pub fn bounds(&self, range: &tree::Range) -> Result<Bounds, Error> {
        let bounds = Bounds {
            left: self.number(&range.msb)?,
            right: self.number(&range.lsb)?,
        };
        if bounds.count() > LIMIT {
            return refuse(
                &range.msb.at,
                format!(
                    "{} bits or words are more than {LIMIT}, the most that is interpreted",
                    bounds.count()
                ),
            );
        }
        Ok(bounds)
    }

    /// Declares a parameter (4.10.1). `given` is what the instance says, resolved
    /// where the instance stands. With a range the value is assigned, so that the
    /// range is the context of the expression.
    pub fn parameter(
        &mut self,
        parameter: &tree::Parameter,
        given: Option<Expression>,
    ) -> Result<(), Error> {
        let value = match given {
            Some(given) => given,
            None => self.constant(&parameter.value)?.0,
        };
        let (bounds, signed) = match &parameter.range {
            Some(range) => (self.bounds(range)?, parameter.signed),
            None => (
                Bounds {
                    left: i64::from(value.width) - 1,
                    right: 0,
                },
                parameter.signed || value.signed,
            ),
        };
        let width = width(bounds);
        let wider = width.max(value.width);
        let bits = value.evaluate(&super::State::default(), wider, value.signed)?;
        self.declare(
            &parameter.name,
            Entity::Constant {
                bits: cut(bits, width),
                bounds,
                width,
                signed,
            },
        )
    }
}

/// Bits of a vector.
pub fn width(bounds: Bounds) -> u32 {
    u32::try_from(bounds.count()).expect("bounds are limited where they are made")
}

/// An error at a place.
pub fn refuse<T>(at: &Location, what: String) -> Result<T, Error> {
    Err(Error::Refused {
        at: at.clone(),
        what,
    })
}
