//! Values of any width as a graph: what the text means, before it is cut into words.
//!
//! Nodes are shared: the same operation on the same operands is the same
//! [`Value`]. Constructors (`build.rs`) fold constants and see through slices of
//! concatenations, so that a struct that is written field by field is a
//! concatenation of its fields and nothing else.

mod build;
mod wide;

pub use wide::Shift;

use num_bigint::BigUint;
use std::collections::HashMap;
use std::sync::Arc;

/// Index of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u32);

/// Index of a net of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetId(pub u32);

/// Index of a memory of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(pub u32);

/// Operations, as in [`crate::words::Op`] but of any width.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A constant.
    Constant(BigUint),
    /// A net: what drives it, or what a register holds.
    Net(NetId),
    /// A variable of a combinational block that the block has not assigned yet.
    Unassigned(NetId),
    /// A word of a memory; the address has at most 32 bits, zero if it is out of range.
    Read(ArrayId, Value),
    Not(Value),
    And(Value, Value),
    Or(Value, Value),
    Xor(Value, Value),
    Add(Value, Value),
    Sub(Value, Value),
    /// At most 64 bits.
    Mul(Value, Value),
    Equal(Value, Value),
    Less(Value, Value),
    SignedLess(Value, Value),
    /// The amount has at most 32 bits, as in the other shifts.
    ShiftLeft(Value, Value),
    ShiftRight(Value, Value),
    ShiftRightSigned(Value, Value),
    Select(Value, Value, Value),
    /// Bits from the second on.
    Slice(Value, u32),
    /// The first is the lowest.
    Concat(Arc<[Value]>),
    SignExtend(Value),
    Parity(Value),
}

#[derive(Clone, Debug)]
struct Node {
    op: Op,
    width: u32,
    /// Bits that depend on an [`Op::Unassigned`].
    unassigned: BigUint,
}

/// All values of a design.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    known: HashMap<(Op, u32), Value>,
}

impl Graph {
    /// What gives the value.
    pub fn op(&self, value: Value) -> &Op {
        &self.nodes[value.0 as usize].op
    }

    /// Bits of the value.
    pub fn width(&self, value: Value) -> u32 {
        self.nodes[value.0 as usize].width
    }

    /// Whether a bit of it depends on a variable that was not assigned yet.
    pub fn unassigned(&self, value: Value) -> bool {
        *self.unassigned_bits(value) != BigUint::ZERO
    }

    fn unassigned_bits(&self, value: Value) -> &BigUint {
        &self.nodes[value.0 as usize].unassigned
    }

    /// The constant that the value is.
    pub fn constant(&self, value: Value) -> Option<&BigUint> {
        match self.op(value) {
            Op::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    /// Calls `visit` with every operand of an operation.
    pub fn operands(&self, value: Value, mut visit: impl FnMut(Value)) {
        match self.op(value) {
            Op::Constant(_) | Op::Net(_) | Op::Unassigned(_) => {}
            Op::Read(_, a) | Op::Not(a) | Op::Slice(a, _) | Op::SignExtend(a) | Op::Parity(a) => {
                visit(*a)
            }
            Op::And(a, b)
            | Op::Or(a, b)
            | Op::Xor(a, b)
            | Op::Add(a, b)
            | Op::Sub(a, b)
            | Op::Mul(a, b)
            | Op::Equal(a, b)
            | Op::Less(a, b)
            | Op::SignedLess(a, b)
            | Op::ShiftLeft(a, b)
            | Op::ShiftRight(a, b)
            | Op::ShiftRightSigned(a, b) => {
                visit(*a);
                visit(*b);
            }
            Op::Select(a, b, c) => {
                visit(*a);
                visit(*b);
                visit(*c);
            }
            Op::Concat(parts) => parts.iter().copied().for_each(visit),
        }
    }

    fn add_node(&mut self, op: Op, width: u32) -> Value {
        if let Some(&value) = self.known.get(&(op.clone(), width)) {
            return value;
        }
        let value = Value(u32::try_from(self.nodes.len()).expect("fewer than 2^32 values"));
        self.nodes.push(Node {
            op: op.clone(),
            width,
            unassigned: BigUint::ZERO,
        });
        let mut depends = matches!(op, Op::Unassigned(_));
        self.operands(value, |operand| depends |= self.unassigned(operand));
        if depends {
            self.nodes[value.0 as usize].unassigned = self.depending_bits(&op, width);
        }
        self.known.insert((op, width), value);
        value
    }

    /// Bits of a new value that depend on an unassigned variable: a bit of its own where
    /// the operation goes bit by bit, so that a field may be read before its neighbour is assigned.
    fn depending_bits(&self, op: &Op, width: u32) -> BigUint {
        let bits = |value: &Value| self.unassigned_bits(*value);
        match op {
            Op::Not(a) => bits(a).clone(),
            Op::And(a, b) | Op::Or(a, b) | Op::Xor(a, b) => bits(a) | bits(b),
            Op::Select(condition, a, b) if !self.unassigned(*condition) => bits(a) | bits(b),
            Op::Slice(a, low) => (bits(a) >> *low) & build::ones(width),
            Op::Concat(parts) => {
                let mut all = BigUint::ZERO;
                for part in parts.iter().rev() {
                    all = (all << self.width(*part)) | bits(part);
                }
                all
            }
            _ => build::ones(width),
        }
    }
}
