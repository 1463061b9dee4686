//! One block that is being read: what its variables hold at the present statement.

use super::{Elaborator, Scope, Symbol};
use crate::design::{ArrayWrite, Source};
use crate::error::Error;
use crate::graph::{ArrayId, NetId, Value};
use crate::source::Location;
use crate::syntax::tree::{Statement, Target};
use num_bigint::BigUint;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What sort of block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A constant expression.
    Constant,
    /// `assign`, a port.
    Continuous,
    /// `always @(*)`
    Combinational,
    /// `always @(posedge clock)`
    Clocked(NetId),
    /// `initial`
    Initial,
}

/// A variable that the block assigns.
struct Variable {
    /// Its value at the present statement; `None` until it is assigned.
    value: Option<Value>,
    /// Assigned by `=`, not by `<=`.
    blocking: bool,
    /// Bits that are assigned somewhere, as sorted ranges `low..end` that do not touch.
    assigned: Vec<(u32, u32)>,
}

/// A block.
pub(super) struct Process<'e, 'a, 's> {
    pub(super) elaborator: &'e mut Elaborator<'a>,
    pub(super) scope: &'s Scope,
    pub(super) kind: Kind,
    variables: HashMap<NetId, Variable>,
    /// What assignments replaced, so that a branch can be taken back.
    pub(super) journal: Vec<(NetId, Option<Value>)>,
    /// Loop variables and their present values.
    pub(super) loops: HashMap<NetId, Value>,
    /// Turns of all loops so far.
    pub(super) turns: u64,
    /// One bit: the present statement is reached.
    pub(super) reached: Value,
    pub(super) writes: Vec<super::target::PendingWrite>,
    /// Contents that an initial block gives.
    pub(super) contents: HashMap<ArrayId, Vec<BigUint>>,
}

impl<'e, 'a, 's> Process<'e, 'a, 's> {
    fn new(elaborator: &'e mut Elaborator<'a>, scope: &'s Scope, kind: Kind) -> Self {
        let reached = elaborator.design.graph.bit(true);
        Self {
            elaborator,
            scope,
            kind,
            variables: HashMap::new(),
            journal: Vec::new(),
            loops: HashMap::new(),
            turns: 0,
            reached,
            writes: Vec::new(),
            contents: HashMap::new(),
        }
    }

    pub(super) fn constant(elaborator: &'e mut Elaborator<'a>, scope: &'s Scope) -> Self {
        Self::new(elaborator, scope, Kind::Constant)
    }

    pub(super) fn continuous(elaborator: &'e mut Elaborator<'a>, scope: &'s Scope) -> Self {
        Self::new(elaborator, scope, Kind::Continuous)
    }

    pub(super) fn initial(elaborator: &'e mut Elaborator<'a>, scope: &'s Scope) -> Self {
        Self::new(elaborator, scope, Kind::Initial)
    }

    pub(super) fn combinational(
        elaborator: &'e mut Elaborator<'a>,
        scope: &'s Scope,
        body: &Statement,
    ) -> Result<Self, Error> {
        let mut process = Self::new(elaborator, scope, Kind::Combinational);
        process.collect(body)?;
        Ok(process)
    }

    pub(super) fn clocked(
        elaborator: &'e mut Elaborator<'a>,
        scope: &'s Scope,
        clock: NetId,
        body: &Statement,
    ) -> Result<Self, Error> {
        let mut process = Self::new(elaborator, scope, Kind::Clocked(clock));
        process.collect(body)?;
        Ok(process)
    }

    /// Notes which variables the block assigns, and how.
    fn collect(&mut self, statement: &Statement) -> Result<(), Error> {
        match statement {
            Statement::Null => Ok(()),
            Statement::Block(statements) => statements.iter().try_for_each(|s| self.collect(s)),
            Statement::If {
                then, otherwise, ..
            } => {
                self.collect(then)?;
                self.collect(otherwise)
            }
            Statement::Case { arms, default, .. } => {
                arms.iter().try_for_each(|(_, arm)| self.collect(arm))?;
                default
                    .as_ref()
                    .map_or(Ok(()), |default| self.collect(default))
            }
            Statement::For { body, .. } => self.collect(body),
            Statement::Assign {
                target, blocking, ..
            } => self.collect_target(target, *blocking),
        }
    }

    fn collect_target(&mut self, target: &Target, blocking: bool) -> Result<(), Error> {
        let name = match target {
            Target::Concat(parts) => {
                return parts
                    .iter()
                    .try_for_each(|part| self.collect_target(part, blocking));
            }
            Target::Part { name, .. } => name,
        };
        let refuse = |what: String, instead: &str| {
            Err(Error::Unsupported {
                at: name.at.clone(),
                what,
                instead: instead.into(),
            })
        };
        if self.kind == Kind::Combinational && !blocking {
            return refuse(
                format!("{} <= … in a combinational block", name.text),
                "write =, or clock the block",
            );
        }
        match self.scope.find(&name.text) {
            Some(&Symbol::Net(net)) => match self.variables.entry(net) {
                Entry::Occupied(known) if known.get().blocking != blocking => refuse(
                    format!("{} assigned by both = and <= in one block", name.text),
                    "use one of them",
                ),
                Entry::Occupied(_) => Ok(()),
                Entry::Vacant(entry) => {
                    entry.insert(Variable {
                        value: None,
                        blocking,
                        assigned: Vec::new(),
                    });
                    Ok(())
                }
            },
            Some(Symbol::Array(_)) if self.kind == Kind::Combinational => refuse(
                format!("a write of the memory {} without a clock", name.text),
                "write memories in a clocked block",
            ),
            Some(Symbol::Array(_)) if blocking => refuse(
                format!("the memory {} written by =", name.text),
                "write memories by <=",
            ),
            _ => Ok(()),
        }
    }

    /// What an expression sees of a net at the present statement.
    pub(super) fn read(&mut self, net: NetId, at: &Location) -> Result<Value, Error> {
        if let Some(&value) = self.loops.get(&net) {
            return Ok(value);
        }
        let width = self.elaborator.design.net(net).width;
        let not_constant = || Error::NotConstant {
            at: at.clone(),
            what: format!("{} here", self.elaborator.design.net(net).path),
        };
        match self.kind {
            Kind::Constant => Err(not_constant()),
            Kind::Initial => self
                .variables
                .get(&net)
                .and_then(|variable| variable.value)
                .ok_or_else(not_constant),
            Kind::Continuous => Ok(self.elaborator.design.graph.net(net, width)),
            Kind::Combinational => match self.variables.get(&net) {
                Some(_) => Ok(self.present(net)),
                None => Ok(self.elaborator.design.graph.net(net, width)),
            },
            Kind::Clocked(_) => match self.variables.get(&net) {
                Some(variable) if variable.blocking => Ok(self.present(net)),
                _ => Ok(self.elaborator.design.graph.net(net, width)),
            },
        }
    }

    /// What a variable of the block holds, or would hold without further assignments.
    pub(super) fn present(&mut self, net: NetId) -> Value {
        if let Some(value) = self.variables.get(&net).and_then(|variable| variable.value) {
            return value;
        }
        let width = self.elaborator.design.net(net).width;
        let graph = &mut self.elaborator.design.graph;
        match self.kind {
            Kind::Combinational | Kind::Continuous => graph.unassigned_variable(net, width),
            Kind::Clocked(_) => graph.net(net, width),
            Kind::Initial | Kind::Constant => graph.zero(width),
        }
    }

    /// Gives a variable a value; `low` and `width` say which bits it may change.
    pub(super) fn store(&mut self, net: NetId, value: Value, low: u32, width: u32) {
        let variable = self.variables.entry(net).or_insert(Variable {
            value: None,
            blocking: true,
            assigned: Vec::new(),
        });
        self.journal.push((net, variable.value));
        variable.value = Some(value);
        add_range(&mut variable.assigned, low, low + width);
    }

    /// Takes back all assignments since the journal had `length` entries; gives the
    /// variables with the values that they had before that.
    pub(super) fn roll_back(&mut self, length: usize) -> HashMap<NetId, Value> {
        let mut changed = HashMap::new();
        while self.journal.len() > length {
            let (net, old) = self.journal.pop().expect("longer than length");
            let variable = self.variables.get_mut(&net).expect("it was assigned");
            let value = variable.value.expect("it was assigned");
            changed.entry(net).or_insert(value);
            variable.value = old;
        }
        changed
    }

    /// Replaces a variable's value, without a new assignment.
    pub(super) fn merge(&mut self, net: NetId, value: Value) {
        let variable = self.variables.get_mut(&net).expect("it was assigned");
        self.journal.push((net, variable.value));
        variable.value = Some(value);
    }

    /// Ends the block: its variables become drivers.
    pub(super) fn finish(mut self, at: &Location) -> Result<(), Error> {
        let mut variables: Vec<_> = std::mem::take(&mut self.variables).into_iter().collect();
        variables.sort_by_key(|(net, _)| *net);
        for (net, variable) in variables {
            let Some(value) = variable.value else {
                continue;
            };
            for (low, end) in variable.assigned {
                let width = end - low;
                let design = &mut self.elaborator.design;
                let value = design.graph.slice(value, low, width);
                let source = match self.kind {
                    Kind::Clocked(clock) => Source::Register { clock, next: value },
                    _ => Source::Combinational(value),
                };
                if design.graph.unassigned(value) {
                    return Err(Error::Latch {
                        at: at.clone(),
                        signal: design.bits_name(net, low, width),
                    });
                }
                self.elaborator.drive(net, low, width, source, at)?;
            }
        }
        if let Kind::Clocked(clock) = self.kind {
            for write in std::mem::take(&mut self.writes) {
                let array = write.array;
                let write: ArrayWrite = write.finish(&mut self.elaborator.design.graph, clock, at);
                self.elaborator.design.arrays[array.0 as usize]
                    .writes
                    .push(write);
            }
        }
        Ok(())
    }

    /// Ends an initial block: its variables become first values.
    pub(super) fn finish_initial(mut self, at: &Location) -> Result<(), Error> {
        for (net, variable) in std::mem::take(&mut self.variables) {
            let Some(value) = variable.value else {
                continue;
            };
            let design = &mut self.elaborator.design;
            let Some(value) = design.graph.constant(value).cloned() else {
                return Err(Error::NotConstant {
                    at: at.clone(),
                    what: format!("the first value of {}", design.net(net).path),
                });
            };
            design.nets[net.0 as usize].initial = Some(value);
        }
        for (array, contents) in std::mem::take(&mut self.contents) {
            self.elaborator.design.arrays[array.0 as usize].initial = contents;
        }
        Ok(())
    }
}

/// Adds `low..end` to sorted ranges; ranges that touch become one.
fn add_range(ranges: &mut Vec<(u32, u32)>, mut low: u32, mut end: u32) {
    if ranges.iter().any(|&(l, e)| l <= low && end <= e) {
        return;
    }
    ranges.retain(|&(l, e)| {
        let apart = e < low || end < l;
        if !apart {
            low = low.min(l);
            end = end.max(e);
        }
        apart
    });
    let position = ranges.partition_point(|&(l, _)| l < low);
    ranges.insert(position, (low, end));
}
