//! A flattened design: nets, memories and what drives them.

use crate::error::Warning;
use crate::graph::{ArrayId, Graph, NetId, Value};
use crate::source::Location;
use crate::syntax::tree::{Direction, NetKind};
use num_bigint::BigUint;
use std::collections::BTreeSet;

/// The indices of a vector, from its uppermost bit to its lowest: `[msb:lsb]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Index of the uppermost bit.
    pub msb: i64,
    /// Index of the lowest bit.
    pub lsb: i64,
}

impl Bounds {
    /// One bit.
    pub const BIT: Self = Self { msb: 0, lsb: 0 };

    /// Number of bits.
    pub fn width(self) -> u64 {
        self.msb.abs_diff(self.lsb) + 1
    }

    /// Indices fall from the uppermost bit on, as in `[7:0]`.
    pub fn descending(self) -> bool {
        self.msb >= self.lsb
    }
}

/// A net or variable of one instance.
#[derive(Clone, Debug)]
pub struct Net {
    /// Hierarchical name, the parts joined by dots.
    pub path: String,
    /// Bits.
    pub width: u32,
    /// Two's complement.
    pub signed: bool,
    /// Indices of the bits.
    pub bounds: Bounds,
    /// Wire, reg or integer.
    pub kind: NetKind,
    /// Direction, for a port.
    pub direction: Option<Direction>,
    /// Port of the top module.
    pub top: bool,
    /// Value at the start, if an `initial` block or the declaration says so.
    pub initial: Option<BigUint>,
    /// What drives it.
    pub drivers: Vec<Driver>,
    /// Where parts begin or end that are assigned by themselves: the fields of a struct.
    pub cuts: BTreeSet<u32>,
    /// Its declaration.
    pub at: Location,
}

/// What gives bits of a net.
#[derive(Clone, Debug)]
pub struct Driver {
    /// First bit, counted from the lowest one.
    pub low: u32,
    /// Bits.
    pub width: u32,
    /// Their value.
    pub source: Source,
    /// Where that is said.
    pub at: Location,
}

/// How bits of a net get their value.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// At every instant.
    Combinational(Value),
    /// When a clock rises.
    Register {
        /// The clock, as it is called where the register is.
        clock: NetId,
        /// What is taken over.
        next: Value,
    },
}

/// A memory of one instance.
#[derive(Clone, Debug)]
pub struct Array {
    /// Hierarchical name.
    pub path: String,
    /// Bits of a word.
    pub width: u32,
    /// Two's complement.
    pub signed: bool,
    /// Indices of the bits of a word.
    pub bounds: Bounds,
    /// Lowest address.
    pub first: i64,
    /// Number of words.
    pub words: u32,
    /// Values at the start of the first words; the others are zero.
    pub initial: Vec<BigUint>,
    /// Writes, in order.
    pub writes: Vec<ArrayWrite>,
}

/// A write into a memory.
#[derive(Clone, Debug)]
pub struct ArrayWrite {
    /// The clock, as it is called where the memory is.
    pub clock: NetId,
    /// One bit.
    pub enable: Value,
    /// At most 32 bits, from 0.
    pub address: Value,
    /// Bits that are written.
    pub mask: Value,
    /// New bits.
    pub data: Value,
    /// The block.
    pub at: Location,
}

/// A design, from its top module down.
#[derive(Debug, Default)]
pub struct Design {
    /// Values.
    pub graph: Graph,
    /// Nets, those of the top module first.
    pub nets: Vec<Net>,
    /// Memories.
    pub arrays: Vec<Array>,
    /// What may not be meant.
    pub warnings: Vec<Warning>,
    /// The top module.
    pub top: String,
}

impl Design {
    /// Notes a warning, once: a block is looked at again for every instance of its module.
    pub fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The net.
    pub fn net(&self, net: NetId) -> &Net {
        &self.nets[net.0 as usize]
    }

    /// The memory.
    pub fn array(&self, array: ArrayId) -> &Array {
        &self.arrays[array.0 as usize]
    }

    /// Name of some bits of a net, in the indices of its declaration.
    pub fn bits_name(&self, net: NetId, low: u32, width: u32) -> String {
        let net = self.net(net);
        if width == net.width {
            return net.path.clone();
        }
        let index = |bit: u32| {
            let bit = i64::from(bit);
            if net.bounds.descending() {
                net.bounds.lsb + bit
            } else {
                net.bounds.lsb - bit
            }
        };
        if width == 1 {
            format!("{}[{}]", net.path, index(low))
        } else {
            format!("{}[{}:{}]", net.path, index(low + width - 1), index(low))
        }
    }
}
