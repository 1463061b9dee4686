//! Assignments: into variables, parts of variables, and memories.

use super::part::Offset;
use super::process::{Kind, Process};
use super::size::Named;
use crate::design::ArrayWrite;
use crate::error::Error;
use crate::graph::{ArrayId, Graph, NetId, Value};
use crate::source::Location;
use crate::syntax::tree::{Expression, Name, Select, Target};
use num_bigint::BigUint;

/// A write into a memory while its block is read.
///
/// Writes of single bits to one address, as a loop over a mask makes them, become one.
pub(super) struct PendingWrite {
    pub(super) array: ArrayId,
    address: Value,
    /// Lowest first: bits, and with what they are written under which condition.
    pieces: Vec<Piece>,
}

struct Piece {
    low: u32,
    width: u32,
    /// One bit for all of the piece, or one for each of its bits.
    enable: Value,
    data: Value,
}

impl PendingWrite {
    /// Puts a part over what is there; `enable` is one bit.
    fn cover(&mut self, graph: &mut Graph, low: u32, part: Value, enable: Value) {
        let end = low + graph.width(part);
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
        for piece in self.pieces.drain(..) {
            let mut cut = |graph: &mut Graph, from: u32, to: u32, over: bool| {
                if from >= to {
                    return;
                }
                let data = graph.slice(piece.data, from - piece.low, to - from);
                let (enable, data) = if over {
                    let new = graph.slice(part, from - low, to - from);
                    let covered = graph.or(piece.enable, enable);
                    // Nothing was to be written yet: there is nothing to choose from.
                    if covered == enable {
                        (enable, new)
                    } else {
                        (covered, graph.select(enable, new, data))
                    }
                } else {
                    (piece.enable, data)
                };
                pieces.push(Piece {
                    low: from,
                    width: to - from,
                    enable,
                    data,
                });
            };
            let piece_end = piece.low + piece.width;
            let (from, to) = (piece.low.max(low), piece_end.min(end));
            if from < to {
                cut(graph, piece.low, from, false);
                cut(graph, from, to, true);
                cut(graph, to, piece_end, false);
            } else {
                cut(graph, piece.low, piece_end, false);
            }
        }
        self.pieces = pieces;
    }

    /// The write as the design has it.
    pub(super) fn finish(self, graph: &mut Graph, clock: NetId, at: &Location) -> ArrayWrite {
        let mut masks = Vec::with_capacity(self.pieces.len());
        let mut data = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            if graph.width(piece.enable) == piece.width {
                masks.push(piece.enable);
            } else {
                masks.push(graph.sign_extend(piece.enable, piece.width));
            }
            data.push(piece.data);
        }
        let enables = self
            .pieces
            .iter()
            .map(|piece| piece.enable)
            .collect::<Vec<_>>();
        // The same condition for all bits is the condition of the write.
        let (enable, mask) = if let Some((&first, rest)) = enables.split_first()
            && rest.iter().all(|&enable| enable == first)
            && graph.width(first) == 1
        {
            let width = self.pieces.iter().map(|piece| piece.width).sum();
            let zero = graph.zero(width);
            (first, graph.not(zero))
        } else {
            let mask = one_hot(graph, &masks).unwrap_or_else(|| graph.concat(&masks));
            (graph.any(mask), mask)
        };
        ArrayWrite {
            clock,
            enable,
            address: self.address,
            mask,
            data: graph.concat(&data),
            at: at.clone(),
        }
    }
}

/// Bits of the form `condition & (index == i)`, i = 0, 1, …: a decoder, which is one shift.
fn one_hot(graph: &mut Graph, bits: &[Value]) -> Option<Value> {
    use crate::graph::{Op, Shift};
    let decoded = |graph: &Graph, bit: Value| -> Option<(Option<Value>, Value, BigUint)> {
        let equal = |value: Value| match graph.op(value) {
            Op::Equal(index, constant) => Some((*index, graph.constant(*constant)?.clone())),
            _ => None,
        };
        match graph.op(bit) {
            Op::And(a, b) => {
                if let Some((index, constant)) = equal(*b) {
                    Some((Some(*a), index, constant))
                } else {
                    let (index, constant) = equal(*a)?;
                    Some((Some(*b), index, constant))
                }
            }
            _ => equal(bit).map(|(index, constant)| (None, index, constant)),
        }
    };
    let width = bits.len() as u32;
    let (condition, index, _) = decoded(graph, *bits.first()?)?;
    if width < 4 || graph.width(index) > 32 {
        return None;
    }
    for (i, &bit) in bits.iter().enumerate() {
        let found = decoded(graph, bit)?;
        if graph.width(bit) != 1 || found != (condition, index, BigUint::from(i)) {
            return None;
        }
    }
    let one = graph.number(1, width);
    let decoder = graph.shift(Shift::Left, one, index);
    let zero = graph.zero(width);
    Some(match condition {
        Some(condition) => graph.select(condition, decoder, zero),
        None => decoder,
    })
}

impl Process<'_, '_, '_> {
    /// `target = value` or `target <= value`.
    pub(super) fn assign(
        &mut self,
        target: &Target,
        value: &Expression,
        lint: bool,
    ) -> Result<(), Error> {
        if lint {
            self.lint_assignment(target, value)?;
        }
        let width = self.target_width(target)?;
        let value = self.assigned_value(value, width)?;
        self.assign_value(target, value)
    }

    /// Gives a target a value of its width.
    pub(super) fn assign_value(&mut self, target: &Target, value: Value) -> Result<(), Error> {
        match target {
            Target::Concat(parts) => {
                let mut low = 0;
                for part in parts.iter().rev() {
                    let width = self.target_width(part)?;
                    let bits = self.elaborator.design.graph.slice(value, low, width);
                    self.assign_value(part, bits)?;
                    low += width;
                }
                Ok(())
            }
            Target::Part { name, selects } => match self.named(name)? {
                Named::Net(net) => self.assign_net(net, name, selects, value),
                Named::Array(array) => self.assign_word(array, name, selects, value),
                Named::Constant(_) => Err(Error::Invalid {
                    at: name.at.clone(),
                    name: name.text.to_string(),
                    problem: "a parameter cannot be assigned".into(),
                }),
            },
        }
    }

    fn assign_net(
        &mut self,
        net: NetId,
        name: &Name,
        selects: &[Select],
        value: Value,
    ) -> Result<(), Error> {
        if self.loops.contains_key(&net) {
            return Err(Error::Unsupported {
                at: name.at.clone(),
                what: format!("an assignment to the loop variable {}", name.text),
                instead: "let the loop alone change it".into(),
            });
        }
        let (width, bounds) = {
            let net = self.elaborator.design.net(net);
            (net.width, net.bounds)
        };
        let Some(select) = selects.first() else {
            self.store(net, value, 0, width);
            return Ok(());
        };
        let part_width = self.elaborator.design.graph.width(value);
        let offset = self.offset(&name.text, bounds, select, part_width)?;
        let old = self.present(net);
        let (value, low, changed) = self.overlay(old, offset, value);
        if changed > 0 {
            if matches!(offset, Offset::Constant(_)) {
                let cuts = &mut self.elaborator.design.nets[net.0 as usize].cuts;
                cuts.extend([low, low + changed]);
            }
            self.store(net, value, low, changed);
        }
        Ok(())
    }

    /// `old` with a part over it, and the range of bits that this can change.
    fn overlay(&mut self, old: Value, offset: Offset, part: Value) -> (Value, u32, u32) {
        let graph = &mut self.elaborator.design.graph;
        let whole = graph.width(old);
        if let Offset::Constant(offset) = offset {
            let part_width = graph.width(part);
            let end = offset.saturating_add(i64::from(part_width));
            if offset >= i64::from(whole) || end <= 0 {
                return (old, 0, 0);
            }
            let below = offset.min(0).unsigned_abs() as u32;
            let low = offset.max(0) as u32;
            let width = (part_width - below).min(whole - low);
            let part = graph.slice(part, below, width);
            return (graph.insert(old, low, part), low, width);
        }
        let (data, mask) = self.place(part, offset, whole);
        let graph = &mut self.elaborator.design.graph;
        let keep = graph.not(mask);
        let kept = graph.and(old, keep);
        let new = graph.and(data, mask);
        (graph.or(kept, new), 0, whole)
    }

    fn assign_word(
        &mut self,
        array: ArrayId,
        name: &Name,
        selects: &[Select],
        value: Value,
    ) -> Result<(), Error> {
        let (address, in_range) = self.address(array, name, selects)?;
        let (width, bounds) = {
            let array = self.elaborator.design.array(array);
            (array.width, array.bounds)
        };
        let offset = match selects.get(1) {
            None => Offset::Constant(0),
            Some(select) => {
                let part_width = self.elaborator.design.graph.width(value);
                self.offset(&name.text, bounds, select, part_width)?
            }
        };
        if self.kind == Kind::Initial {
            return self.fill_word(array, name, address, in_range, offset, value);
        }
        let graph = &mut self.elaborator.design.graph;
        let enable = graph.and(self.reached, in_range);
        if graph.constant(enable).is_some_and(|c| *c == BigUint::ZERO) {
            return Ok(());
        }
        if let Offset::Constant(_) = offset {
            let blank = graph.zero(width);
            let (data, low, changed) = self.overlay(blank, offset, value);
            if changed == 0 {
                return Ok(());
            }
            let graph = &mut self.elaborator.design.graph;
            let part = graph.slice(data, low, changed);
            // Only the last write is open: one to another memory or address in
            // between could be the same word.
            let single_bits = |graph: &Graph, write: &PendingWrite| {
                let mut enables = write.pieces.iter().map(|piece| piece.enable);
                enables.all(|enable| graph.width(enable) == 1)
            };
            let open = self.writes.last().is_some_and(|write| {
                write.array == array && write.address == address && single_bits(graph, write)
            });
            if !open {
                let never = graph.bit(false);
                self.writes.push(PendingWrite {
                    array,
                    address,
                    pieces: vec![Piece {
                        low: 0,
                        width,
                        enable: never,
                        data: blank,
                    }],
                });
            }
            let last = self.writes.last_mut().expect("one was pushed");
            last.cover(graph, low, part, enable);
            return Ok(());
        }
        let (data, mask) = self.place(value, offset, width);
        let graph = &mut self.elaborator.design.graph;
        let zero = graph.zero(width);
        let mask = graph.select(enable, mask, zero);
        self.writes.push(PendingWrite {
            array,
            address,
            pieces: vec![Piece {
                low: 0,
                width,
                enable: mask,
                data,
            }],
        });
        Ok(())
    }
}
