//! Bits of a net and words of a memory, in expressions and as targets.

use super::process::Process;
use super::size::Named;
use crate::design::Bounds;
use crate::error::{Error, Warning};
use crate::graph::{ArrayId, Shift, Value};
use crate::source::Location;
use crate::syntax::tree::{Expression, Name, Select};
use num_bigint::BigUint;

/// Where bits are, counted from the lowest bit of the whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Offset {
    /// Known now; may be outside.
    Constant(i64),
    /// Known at run time, not negative.
    Unsigned(Value),
    /// Known at run time, two's complement.
    Signed(Value),
}

/// Widest address of a word, after the range is checked.
const ADDRESS_BITS: u32 = 32;
/// Bits that hold every bound of a range and a sign.
const INDEX_BITS: u32 = 66;

impl Process<'_, '_, '_> {
    /// The value of a name with selects.
    pub(super) fn part(&mut self, name: &Name, selects: &[Select]) -> Result<Value, Error> {
        let (whole, bounds, selects) = match self.named(name)? {
            Named::Net(net) => {
                let bounds = self.elaborator.design.net(net).bounds;
                (self.read(net, &name.at)?, bounds, selects)
            }
            Named::Constant(constant) => {
                let graph = &mut self.elaborator.design.graph;
                let value = graph.literal(constant.value, constant.width);
                let msb = i64::from(constant.width) - 1;
                (value, Bounds { msb, lsb: 0 }, selects)
            }
            Named::Array(array) => {
                let (word, rest) = self.word(array, name, selects)?;
                (word, self.elaborator.design.array(array).bounds, rest)
            }
        };
        let value = match selects {
            [] => whole,
            [select] => {
                let width = self.select_width(select)?;
                let offset = self.offset(&name.text, bounds, select, width)?;
                self.extract(whole, offset, width)
            }
            [_, ..] => unreachable!("sizes are checked before values are built"),
        };
        self.check_assigned(value, name)
    }

    /// Refuses a value that depends on a variable above its assignment.
    fn check_assigned(&self, value: Value, name: &Name) -> Result<Value, Error> {
        if self.elaborator.design.graph.unassigned(value) {
            return Err(Error::ReadBeforeWrite {
                at: name.at.clone(),
                signal: format!("{}.{}", self.scope.path, name.text),
            });
        }
        Ok(value)
    }

    /// A word of a memory, and the selects behind its address.
    fn word<'x>(
        &mut self,
        array: ArrayId,
        name: &Name,
        selects: &'x [Select],
    ) -> Result<(Value, &'x [Select]), Error> {
        let (address, in_range) = self.address(array, name, selects)?;
        let width = self.elaborator.design.array(array).width;
        if matches!(
            self.kind,
            super::process::Kind::Initial | super::process::Kind::Constant
        ) {
            return Err(Error::NotConstant {
                at: name.at.clone(),
                what: format!("the word of {} here", name.text),
            });
        }
        let graph = &mut self.elaborator.design.graph;
        let word = graph.read(array, address, width);
        let zero = graph.zero(width);
        Ok((graph.select(in_range, word, zero), &selects[1..]))
    }

    /// Address of a word, from 0 and of at most 32 bits; and whether it is in that range at all.
    pub(super) fn address(
        &mut self,
        array: ArrayId,
        name: &Name,
        selects: &[Select],
    ) -> Result<(Value, Value), Error> {
        let Some(Select::Index(index)) = selects.first() else {
            return Err(Error::Invalid {
                at: name.at.clone(),
                name: name.text.to_string(),
                problem: "a memory needs the address of one word, as in m[a]".into(),
            });
        };
        let (value, width, signed) = self.self_determined(index)?;
        let (first, words) = {
            let array = self.elaborator.design.array(array);
            (array.first, array.words)
        };
        let graph = &mut self.elaborator.design.graph;
        if let Some(constant) = graph.constant(value) {
            let constant = super::expression::signed_number(constant, width, signed);
            let offset = constant.and_then(|constant| constant.checked_sub(first));
            let offset = offset.filter(|offset| (0..i64::from(words)).contains(offset));
            let Some(offset) = offset else {
                self.warn_range(&name.text, &index.at, value);
                let graph = &mut self.elaborator.design.graph;
                return Ok((graph.zero(ADDRESS_BITS), graph.bit(false)));
            };
            let graph = &mut self.elaborator.design.graph;
            return Ok((graph.number(offset as u64, ADDRESS_BITS), graph.bit(true)));
        }
        if first == 0 && !signed && width <= ADDRESS_BITS {
            return Ok((value, graph.bit(true)));
        }
        let wide = width.max(INDEX_BITS);
        let value = graph.resize(value, wide, signed);
        let first = number(graph, first, wide);
        let offset = graph.sub(value, first);
        let high = graph.slice(offset, ADDRESS_BITS, wide - ADDRESS_BITS);
        let beyond = graph.any(high);
        Ok((graph.slice(offset, 0, ADDRESS_BITS), graph.not(beyond)))
    }

    fn warn_range(&mut self, name: &str, at: &Location, index: Value) {
        let design = &mut self.elaborator.design;
        let index = design.graph.constant(index).map(BigUint::to_string);
        design.warn(Warning::OutOfRange {
            at: at.clone(),
            signal: format!("{}.{name}", self.scope.path),
            index: index.unwrap_or_default(),
        });
    }

    /// Where the `width` bits of a select begin.
    pub(super) fn offset(
        &mut self,
        name: &str,
        bounds: Bounds,
        select: &Select,
        width: u32,
    ) -> Result<Offset, Error> {
        let below = i64::from(width) - 1;
        // The index of the lowest bit is the expression plus this.
        let (index, add): (&Expression, i64) = match select {
            Select::Index(index) => (index, 0),
            Select::Up { first, .. } => (first, if bounds.descending() { 0 } else { below }),
            Select::Down { first, .. } => (first, if bounds.descending() { -below } else { 0 }),
            Select::Range(range) => {
                let (msb, lsb) = self.range(range)?;
                if (msb >= lsb) != bounds.descending() && msb != lsb {
                    return Err(Error::Invalid {
                        at: range.msb.at.clone(),
                        name: format!("{}.{name}", self.scope.path),
                        problem: format!(
                            "[{msb}:{lsb}] is reversed: it is declared [{}:{}]",
                            bounds.msb, bounds.lsb
                        ),
                    });
                }
                let offset = if bounds.descending() {
                    lsb.saturating_sub(bounds.lsb)
                } else {
                    bounds.lsb.saturating_sub(lsb)
                };
                return Ok(self.checked(name, &range.msb.at, offset, width, bounds));
            }
        };
        let (value, own, signed) = self.self_determined(index)?;
        if let Some(constant) = self.elaborator.design.graph.constant(value) {
            let constant = super::expression::signed_number(constant, own, signed);
            let lowest = constant.unwrap_or(i64::MAX).saturating_add(add);
            let offset = if bounds.descending() {
                lowest.saturating_sub(bounds.lsb)
            } else {
                bounds.lsb.saturating_sub(lowest)
            };
            return Ok(self.checked(name, &index.at, offset, width, bounds));
        }
        if !signed && bounds.descending() && bounds.lsb == 0 && add == 0 {
            return Ok(Offset::Unsigned(value));
        }
        let graph = &mut self.elaborator.design.graph;
        let wide = (own + 2).max(INDEX_BITS);
        let value = graph.resize(value, wide, signed);
        let add = number(graph, add, wide);
        let lowest = graph.add(value, add);
        let lsb = number(graph, bounds.lsb, wide);
        Ok(Offset::Signed(if bounds.descending() {
            graph.sub(lowest, lsb)
        } else {
            graph.sub(lsb, lowest)
        }))
    }

    fn checked(
        &mut self,
        name: &str,
        at: &Location,
        offset: i64,
        width: u32,
        bounds: Bounds,
    ) -> Offset {
        let end = offset.saturating_add(i64::from(width));
        if offset < 0 || end > bounds.width() as i64 {
            let signal = format!("{}.{name}", self.scope.path);
            self.elaborator.design.warn(Warning::OutOfRange {
                at: at.clone(),
                signal,
                index: format!("at offset {offset}"),
            });
        }
        Offset::Constant(offset)
    }

    /// `width` bits of a value; what is outside of it reads as 0.
    fn extract(&mut self, whole: Value, offset: Offset, width: u32) -> Value {
        let graph = &mut self.elaborator.design.graph;
        let own = graph.width(whole);
        match offset {
            Offset::Constant(offset) if offset >= 0 => {
                let low = u32::try_from(offset).unwrap_or(u32::MAX);
                graph.slice(whole, low, width)
            }
            Offset::Constant(offset) => {
                let missing = u32::try_from(offset.unsigned_abs()).unwrap_or(u32::MAX);
                if missing >= width {
                    return graph.zero(width);
                }
                let zeros = graph.zero(missing);
                let kept = graph.slice(whole, 0, width - missing);
                graph.concat(&[zeros, kept])
            }
            Offset::Unsigned(offset) => {
                let wide = graph.zero_extend(whole, own.max(width));
                let shifted = graph.shift(Shift::Right, wide, offset);
                graph.slice(shifted, 0, width)
            }
            Offset::Signed(offset) => {
                let wide = graph.zero_extend(whole, own.max(width));
                let (negative, back) = split_sign(graph, offset);
                let right = graph.shift(Shift::Right, wide, offset);
                let left = graph.shift(Shift::Left, wide, back);
                let shifted = graph.select(negative, left, right);
                graph.slice(shifted, 0, width)
            }
        }
    }

    /// `part` at its place in a value of `whole` bits, and the mask of the bits it takes.
    pub(super) fn place(&mut self, part: Value, offset: Offset, whole: u32) -> (Value, Value) {
        let graph = &mut self.elaborator.design.graph;
        let width = graph.width(part);
        let wide = whole.max(width);
        let ones = graph.zero(width);
        let ones = graph.not(ones);
        let mut placed = [part, ones];
        for value in &mut placed {
            let extended = graph.zero_extend(*value, wide);
            let shifted = match offset {
                Offset::Constant(offset) => {
                    let amount = graph.number(offset.unsigned_abs(), 64);
                    let shift = if offset < 0 {
                        Shift::Right
                    } else {
                        Shift::Left
                    };
                    graph.shift(shift, extended, amount)
                }
                Offset::Unsigned(offset) => graph.shift(Shift::Left, extended, offset),
                Offset::Signed(offset) => {
                    let (negative, back) = split_sign(graph, offset);
                    let left = graph.shift(Shift::Left, extended, offset);
                    let right = graph.shift(Shift::Right, extended, back);
                    graph.select(negative, right, left)
                }
            };
            *value = graph.slice(shifted, 0, whole);
        }
        let [data, mask] = placed;
        (data, mask)
    }
}

/// A signed number as a constant of the graph.
fn number(graph: &mut crate::graph::Graph, value: i64, width: u32) -> Value {
    let positive = graph.number(value.unsigned_abs(), width);
    if value < 0 {
        let zero = graph.zero(width);
        graph.sub(zero, positive)
    } else {
        positive
    }
}

/// Sign of an offset, and its negation.
fn split_sign(graph: &mut crate::graph::Graph, offset: Value) -> (Value, Value) {
    let width = graph.width(offset);
    let negative = graph.slice(offset, width - 1, 1);
    let zero = graph.zero(width);
    (negative, graph.sub(zero, offset))
}
