//! Random designs, reproducible from a seed.

use fastrand::Rng;
use slackwater_verilog::words::evaluate::ones;
use slackwater_verilog::words::{
    Cell, CellId, Memory, MemoryId, Node, Op, Update, Word, Words, Write,
};

/// Widths around which values change their type, and small ones.
pub fn width(rng: &mut Rng) -> u8 {
    match rng.u8(0..4) {
        0 => 1,
        1 => rng.u8(2..=8),
        2 => [15, 16, 17, 31, 32, 33, 63, 64][rng.usize(0..8)],
        _ => rng.u8(1..=64),
    }
}

/// Values that are interesting: small, all ones, single bits, anything.
pub fn value(rng: &mut Rng, width: u8) -> u64 {
    let value = match rng.u8(0..5) {
        0 => rng.u64(0..4),
        1 => u64::MAX,
        2 => 1 << rng.u8(0..width),
        _ => rng.u64(..),
    };
    value & ones(width)
}

/// Makes designs node by node.
pub struct Builder {
    pub words: Words,
    by_width: Vec<Vec<Word>>,
}

impl Builder {
    pub fn new(clocks: u8) -> Self {
        Self {
            words: Words {
                clocks,
                ..Words::default()
            },
            by_width: vec![Vec::new(); 65],
        }
    }

    pub fn node(&mut self, op: Op, width: u8) -> Word {
        let word = Word(self.words.nodes.len() as u32);
        self.words.nodes.push(Node { op, width });
        self.by_width[usize::from(width)].push(word);
        word
    }

    pub fn width(&self, word: Word) -> u8 {
        self.words.nodes[word.0 as usize].width
    }

    pub fn cell(&mut self, width: u8, initial: u64) -> CellId {
        let cell = CellId(self.words.cells.len() as u32);
        self.words.cells.push(Cell { width, initial });
        cell
    }

    pub fn memory(&mut self, rng: &mut Rng) -> MemoryId {
        let memory = MemoryId(self.words.memories.len() as u32);
        let width = width(rng);
        let words = [1, 2, 5, 16, 33][rng.usize(0..5)];
        let initial = (0..rng.u32(0..=words)).map(|_| value(rng, width)).collect();
        self.words.memories.push(Memory {
            width,
            words,
            initial,
        });
        memory
    }

    /// Any value that exists.
    pub fn any(&self, rng: &mut Rng) -> Word {
        // Young values more often: that makes deep designs.
        let all = self.words.nodes.len() as u32;
        let first = if rng.bool() {
            all.saturating_sub(20)
        } else {
            0
        };
        Word(rng.u32(first..all))
    }

    /// A value of that width: one that exists, or made from one.
    pub fn of(&mut self, rng: &mut Rng, width: u8) -> Word {
        let list = &self.by_width[usize::from(width)];
        if !list.is_empty() && rng.u8(0..8) != 0 {
            let recent = list
                .len()
                .saturating_sub(if rng.bool() { 4 } else { list.len() });
            return list[rng.usize(recent..list.len())];
        }
        if rng.u8(0..4) == 0 {
            let value = value(rng, width);
            return self.node(Op::Constant(value), width);
        }
        let from = self.any(rng);
        let own = self.width(from);
        match own.cmp(&width) {
            std::cmp::Ordering::Less if rng.bool() => self.node(Op::SignExtend(from), width),
            std::cmp::Ordering::Less => self.node(Op::ZeroExtend(from), width),
            std::cmp::Ordering::Equal => from,
            std::cmp::Ordering::Greater => {
                self.node(Op::Slice(from, rng.u8(0..=own - width)), width)
            }
        }
    }

    /// One more value.
    pub fn grow(&mut self, rng: &mut Rng) -> Word {
        let a = self.any(rng);
        let width = self.width(a);
        let same = |builder: &mut Self, rng: &mut Rng| builder.of(rng, width);
        let (op, own) = match rng.u8(0..28) {
            0 => (Op::Not(a), width),
            1 | 2 => (Op::And(a, same(self, rng)), width),
            3 => (Op::Or(a, same(self, rng)), width),
            4 => (Op::Xor(a, same(self, rng)), width),
            5 => (Op::Add(a, same(self, rng)), width),
            6 => (Op::Sub(a, same(self, rng)), width),
            7 => (Op::Mul(a, same(self, rng)), width),
            8..=10 => (Op::Equal(a, same(self, rng)), 1),
            11 => {
                let few = rng.u64(0..5) & ones(width);
                (Op::Equal(a, self.node(Op::Constant(few), width)), 1)
            }
            12 => (Op::Less(a, same(self, rng)), 1),
            13 => (Op::SignedLess(a, same(self, rng)), 1),
            14 => (Op::ShiftLeft(a, self.amount(rng, width)), width),
            15 => (Op::ShiftRight(a, self.amount(rng, width)), width),
            16 => (Op::ShiftRightSigned(a, self.amount(rng, width)), width),
            17..=21 => {
                let condition = self.of(rng, 1);
                (Op::Select(condition, a, same(self, rng)), width)
            }
            22 => {
                let part = rng.u8(1..=width);
                (Op::Slice(a, rng.u8(0..=width - part)), part)
            }
            23 => {
                let b = self.any(rng);
                let sum = width + self.width(b);
                if sum > 64 {
                    return self.grow(rng);
                }
                (Op::Join(a, b), sum)
            }
            24 if width < 64 => (Op::ZeroExtend(a), rng.u8(width + 1..=64)),
            25 if width < 64 => (Op::SignExtend(a), rng.u8(width + 1..=64)),
            26 => (Op::Parity(a), 1),
            27 => (Op::CountOnes(a), rng.u8(1..=8)),
            _ => (Op::Not(a), width),
        };
        self.node(op, own)
    }

    fn amount(&mut self, rng: &mut Rng, width: u8) -> Word {
        match rng.u8(0..3) {
            0 => {
                let by = rng.u64(0..=u64::from(width) + 1) & 127;
                self.node(Op::Constant(by), 7)
            }
            1 => {
                let bits = rng.u8(1..=7);
                self.of(rng, bits)
            }
            _ => self.any(rng),
        }
    }
}

/// A design, and its inputs.
pub struct Design {
    pub words: Words,
    pub inputs: Vec<CellId>,
}

/// A random design of about so many values.
pub fn design(rng: &mut Rng, size: usize) -> Design {
    let clocks = if rng.u8(0..4) == 0 { rng.u8(1..=3) } else { 1 };
    let mut builder = Builder::new(clocks);
    let mut inputs = Vec::new();
    let mut registers = Vec::new();
    for _ in 0..rng.usize(1..=6) {
        let width = width(rng);
        let cell = builder.cell(width, 0);
        builder.node(Op::Cell(cell), width);
        inputs.push(cell);
    }
    for _ in 0..rng.usize(1..=size / 8 + 1) {
        let width = width(rng);
        let initial = value(rng, width);
        let cell = builder.cell(width, initial);
        builder.node(Op::Cell(cell), width);
        registers.push(cell);
    }
    let memories: Vec<_> = (0..rng.usize(0..=3)).map(|_| builder.memory(rng)).collect();
    for _ in 0..size {
        if !memories.is_empty() && rng.u8(0..16) == 0 {
            let memory = memories[rng.usize(0..memories.len())];
            let width = builder.words.memories[memory.0 as usize].width;
            let address = match rng.bool() {
                true => builder.any(rng),
                false => {
                    let bits = rng.u8(1..=6);
                    builder.of(rng, bits)
                }
            };
            builder.node(Op::Read(memory, address), width);
        } else {
            builder.grow(rng);
        }
    }
    for cell in registers {
        let width = builder.words.cells[cell.0 as usize].width;
        let value = builder.of(rng, width);
        // Often with an enable, as registers are.
        let value = match rng.bool() {
            true => {
                let enable = builder.of(rng, 1);
                let own = builder.node(Op::Cell(cell), width);
                builder.node(Op::Select(enable, value, own), width)
            }
            false => value,
        };
        // Overrides: what was decided before stays, but for some cases.
        let mut value = value;
        while rng.u8(0..3) != 0 {
            let mut other = builder.of(rng, width);
            for _ in 0..rng.u8(0..4) {
                let condition = builder.of(rng, 1);
                other = match rng.bool() {
                    true => builder.node(Op::Select(condition, other, value), width),
                    false => builder.node(Op::Select(condition, value, other), width),
                };
            }
            let condition = builder.of(rng, 1);
            value = match rng.bool() {
                true => builder.node(Op::Select(condition, other, value), width),
                false => builder.node(Op::Select(condition, value, other), width),
            };
        }
        let clock = rng.u8(0..clocks);
        builder.words.registers.push(Update { cell, value, clock });
    }
    for net in [false, true] {
        for _ in 0..rng.usize(1..=5) {
            let value = builder.any(rng);
            let cell = builder.cell(builder.width(value), 0);
            let update = Update {
                cell,
                value,
                clock: 0,
            };
            match net {
                true => builder.words.nets.push(update),
                false => builder.words.outputs.push(update),
            }
        }
    }
    for memory in memories {
        for _ in 0..rng.usize(0..=2) {
            let width = builder.words.memories[memory.0 as usize].width;
            let enable = builder.of(rng, 1);
            let mask = match rng.bool() {
                true => builder.node(Op::Constant(ones(width)), width),
                false => builder.of(rng, width),
            };
            let bits = rng.u8(1..=6);
            let address = builder.of(rng, bits);
            let data = builder.of(rng, width);
            let clock = rng.u8(0..clocks);
            builder.words.writes.push(Write {
                memory,
                enable,
                address,
                mask,
                data,
                clock,
            });
        }
    }
    Design {
        words: builder.words,
        inputs,
    }
}
