//! Storage of inputs and registers: which bits go into one cell.
//!
//! A register that holds a struct is copied field by field, so each field gets
//! a cell. Where fields begin is where a part was assigned by itself, in the
//! register's own module or in one that its next value comes through.

use super::{Resolver, Stored, bits_of, chunks};
use crate::design::Source;
use crate::graph::{NetId, Op, Value};
use crate::syntax::tree::Direction;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Passes over all registers that pass fields from one to the next.
const PASSES: usize = 8;

impl Resolver<'_> {
    pub(super) fn store_inputs(&mut self) {
        for (index, net) in self.design.nets.iter().enumerate() {
            if net.top && net.direction == Some(Direction::Input) {
                let id = NetId(index as u32);
                let cells = chunks(0, net.width)
                    .map(|(low, width)| Stored {
                        low,
                        width,
                        cell: self.add_cell(width, 0),
                    })
                    .collect();
                self.stored.insert(id, cells);
            }
        }
    }

    pub(super) fn store_registers(&mut self) {
        let mut cuts: HashMap<NetId, BTreeSet<u32>> = HashMap::new();
        for (index, net) in self.design.nets.iter().enumerate() {
            let registers = net
                .drivers
                .iter()
                .filter(|driver| matches!(driver.source, Source::Register { .. }));
            let mut own = BTreeSet::new();
            for driver in registers {
                own.extend([driver.low, driver.low + driver.width]);
            }
            if !own.is_empty() {
                own.extend(&net.cuts);
                cuts.insert(NetId(index as u32), own);
            }
        }
        for _ in 0..PASSES {
            if !self.spread_cuts(&mut cuts) {
                break;
            }
        }
        let mut nets: Vec<NetId> = cuts.keys().copied().collect();
        nets.sort_unstable();
        for id in nets {
            let net = self.design.net(id);
            let mut cells = Vec::new();
            for driver in &net.drivers {
                if !matches!(driver.source, Source::Register { .. }) {
                    continue;
                }
                let end = driver.low + driver.width;
                let mut inner: Vec<u32> = cuts[&id].range(driver.low..=end).copied().collect();
                inner.dedup();
                for bounds in inner.windows(2) {
                    for (low, width) in chunks(bounds[0], bounds[1] - bounds[0]) {
                        let initial = net
                            .initial
                            .as_ref()
                            .map_or(0, |initial| bits_of(initial, low, width));
                        let cell = self.add_cell(width, initial);
                        cells.push(Stored { low, width, cell });
                    }
                }
            }
            self.stored.insert(id, cells);
        }
    }

    /// Adds the fields of what registers take over; whether there were new ones.
    fn spread_cuts(&self, cuts: &mut HashMap<NetId, BTreeSet<u32>>) -> bool {
        let mut new = false;
        let mut known = HashMap::new();
        let ids: Vec<NetId> = cuts.keys().copied().collect();
        for id in ids {
            for driver in &self.design.net(id).drivers {
                let Source::Register { next, .. } = driver.source else {
                    continue;
                };
                let mut walk = Walk {
                    resolver: self,
                    cuts,
                    known: &mut known,
                    open: HashSet::new(),
                };
                let fields = walk.fields(next);
                let own = cuts.get_mut(&id).expect("its key was taken from the map");
                for at in fields {
                    new |= own.insert(driver.low + at);
                }
            }
        }
        new
    }
}

struct Walk<'w, 'd> {
    resolver: &'w Resolver<'d>,
    cuts: &'w HashMap<NetId, BTreeSet<u32>>,
    known: &'w mut HashMap<Value, BTreeSet<u32>>,
    open: HashSet<NetId>,
}

impl Walk<'_, '_> {
    /// Where fields of a value begin or end, as far as it is a copy.
    fn fields(&mut self, value: Value) -> BTreeSet<u32> {
        if let Some(fields) = self.known.get(&value) {
            return fields.clone();
        }
        let graph = &self.resolver.design.graph;
        let mut fields = BTreeSet::new();
        match graph.op(value) {
            Op::Net(net) => fields = self.net_fields(*net),
            Op::Select(_, then, otherwise) => {
                fields = self.fields(*then);
                fields.extend(self.fields(*otherwise));
            }
            Op::Slice(inner, low) => {
                let end = low + graph.width(value);
                let inner = self.fields(*inner);
                fields.extend(inner.range(*low..=end).map(|at| at - low));
            }
            Op::Concat(parts) => {
                let mut at = 0;
                for &part in parts.iter() {
                    let inner = self.fields(part);
                    let width = graph.width(part);
                    // The parts' own ends are no fields: a swap of bytes has them too.
                    let within = inner.into_iter().filter(|&cut| cut > 0 && cut < width);
                    fields.extend(within.map(|cut| at + cut));
                    at += width;
                }
            }
            _ => {}
        }
        self.known.insert(value, fields.clone());
        fields
    }

    fn net_fields(&mut self, id: NetId) -> BTreeSet<u32> {
        if let Some(cuts) = self.cuts.get(&id) {
            return cuts.clone();
        }
        let net = self.resolver.design.net(id);
        let mut fields = net.cuts.clone();
        if self.open.insert(id) {
            for driver in &net.drivers {
                if let Source::Combinational(value) = driver.source {
                    let inner = self.fields(value);
                    fields.extend(inner.into_iter().map(|at| driver.low + at));
                }
            }
            self.open.remove(&id);
        }
        fields
    }
}
