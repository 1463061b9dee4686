//! The design as operations on words of up to 64 bits: what code is made from.
//!
//! Every value is unsigned and zero-extended: bits above its width are zero.
//! A design here is what one clock does: cells (inputs, registers, outputs and
//! named nets, cut into pieces of up to 64 bits) and memories are read as they
//! were before the clock; [`Update`]s and [`Write`]s say what they become.

pub mod build;
pub mod evaluate;

/// Index into [`Words::nodes`]. A node's operands come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(pub u32);

/// Index into [`Words::cells`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId(pub u32);

/// Index into [`Words::memories`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemoryId(pub u32);

/// A value: an operation and the width of its result in bits, 1 … 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// What gives the value.
    pub op: Op,
    /// Bits of the result.
    pub width: u8,
}

/// Operations. Operands have the width of the result where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A constant.
    Constant(u64),
    /// What a cell held before the clock; same width.
    Cell(CellId),
    /// A word of a memory as it was before the clock; zero if the address
    /// (of any width) is not below the number of words.
    Read(MemoryId, Word),
    /// All bits inverted.
    Not(Word),
    /// Bitwise and.
    And(Word, Word),
    /// Bitwise or.
    Or(Word, Word),
    /// Bitwise exclusive or.
    Xor(Word, Word),
    /// Sum modulo 2^width.
    Add(Word, Word),
    /// Difference modulo 2^width.
    Sub(Word, Word),
    /// Product modulo 2^width.
    Mul(Word, Word),
    /// 1 if equal; operands of one width, result of 1 bit.
    Equal(Word, Word),
    /// 1 if the first is less, unsigned; operands of one width, result of 1 bit.
    Less(Word, Word),
    /// 1 if the first is less, two's complement; operands of one width, result of 1 bit.
    SignedLess(Word, Word),
    /// First shifted left by the second (of any width); zero from `width` on.
    ShiftLeft(Word, Word),
    /// First shifted right by the second (of any width), filled with zeros; zero from `width` on.
    ShiftRight(Word, Word),
    /// First shifted right by the second (of any width), filled with its top bit.
    ShiftRightSigned(Word, Word),
    /// First (1 bit) set: second, else third.
    Select(Word, Word, Word),
    /// Bits `low …` of an operand that has at least `low + width` bits.
    Slice(Word, u8),
    /// First below, second above: width is the sum of both.
    Join(Word, Word),
    /// Zero-extended from a narrower operand.
    ZeroExtend(Word),
    /// Sign-extended from a narrower operand.
    SignExtend(Word),
    /// Parity of an operand of any width; result of 1 bit.
    Parity(Word),
    /// Number of ones of an operand of any width, modulo 2^width.
    CountOnes(Word),
}

impl Op {
    /// Calls `visit` with every operand.
    pub fn operands(self, mut visit: impl FnMut(Word)) {
        match self {
            Self::Constant(_) | Self::Cell(_) => {}
            Self::Read(_, a)
            | Self::Not(a)
            | Self::Slice(a, _)
            | Self::ZeroExtend(a)
            | Self::SignExtend(a)
            | Self::Parity(a)
            | Self::CountOnes(a) => visit(a),
            Self::And(a, b)
            | Self::Or(a, b)
            | Self::Xor(a, b)
            | Self::Add(a, b)
            | Self::Sub(a, b)
            | Self::Mul(a, b)
            | Self::Equal(a, b)
            | Self::Less(a, b)
            | Self::SignedLess(a, b)
            | Self::ShiftLeft(a, b)
            | Self::ShiftRight(a, b)
            | Self::ShiftRightSigned(a, b)
            | Self::Join(a, b) => {
                visit(a);
                visit(b);
            }
            Self::Select(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
        }
    }
}

/// Storage for up to 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Bits, 1 … 64.
    pub width: u8,
    /// Value when a model is made.
    pub initial: u64,
}

/// Storage for many words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bits of a word, 1 … 64.
    pub width: u8,
    /// Number of words.
    pub words: u32,
    /// The first words when a model is made; the others are zero.
    pub initial: Vec<u64>,
}

/// A cell takes over a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// The cell, at most once in the list of its kind.
    pub cell: CellId,
    /// Its new value, same width.
    pub value: Word,
    /// Index of the clock: only if it rises.
    pub clock: u8,
}

/// A memory takes over a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The memory.
    pub memory: MemoryId,
    /// Only if this (1 bit) is set.
    pub enable: Word,
    /// The word, of any width; nothing is written if it is not below the number of words.
    pub address: Word,
    /// Only the bits that are set here.
    pub mask: Word,
    /// New bits.
    pub data: Word,
    /// Index of the clock: only if it rises.
    pub clock: u8,
}

/// A whole design.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Values, operands first.
    pub nodes: Vec<Node>,
    /// Storage.
    pub cells: Vec<Cell>,
    /// Memories.
    pub memories: Vec<Memory>,
    /// Combinational outputs: cells that show a value of this very cycle.
    /// The clock in it is of no meaning.
    pub outputs: Vec<Update>,
    /// Named nets that are shown on request only, likewise.
    pub nets: Vec<Update>,
    /// Registers: cells that take over their next value when a clock rises.
    pub registers: Vec<Update>,
    /// Memory writes, in order: a later one wins over an earlier one.
    pub writes: Vec<Write>,
    /// Number of clocks, at most 64.
    pub clocks: u8,
}
