//! Plain evaluation of [`Words`], one node after the other: slow and simple.
//!
//! It says what the operations mean. Machine code is held to it, and constants
//! are folded with it.

use super::{CellId, Node, Op, Word, Words};

/// What cells and memories hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// One value for each cell.
    pub cells: Vec<u64>,
    /// All words of each memory.
    pub memories: Vec<Vec<u64>>,
}

impl Contents {
    /// What a new model holds.
    pub fn initial(words: &Words) -> Self {
        Self {
            cells: (words.cells.iter())
                .map(|cell| cell.initial & ones(cell.width))
                .collect(),
            memories: (words.memories.iter())
                .map(|memory| {
                    let mut content = vec![0; memory.words as usize];
                    for (to, from) in content.iter_mut().zip(&memory.initial) {
                        *to = from & ones(memory.width);
                    }
                    content
                })
                .collect(),
        }
    }

    /// Computes outputs and named nets.
    pub fn settle(&mut self, words: &Words) {
        let values = self.values(words);
        for update in words.outputs.iter().chain(&words.nets) {
            self.cells[update.cell.0 as usize] = values[update.value.0 as usize];
        }
    }

    /// One cycle: computes the outputs, then lets the clocks rise whose bits
    /// are set.
    pub fn cycle(&mut self, words: &Words, clocks: u64) {
        let values = self.values(words);
        let value = |word: Word| values[word.0 as usize];
        let rises = |clock: u8| clocks >> clock & 1 == 1;
        for update in &words.outputs {
            self.cells[update.cell.0 as usize] = value(update.value);
        }
        for update in words.registers.iter().filter(|u| rises(u.clock)) {
            self.cells[update.cell.0 as usize] = value(update.value);
        }
        for write in words.writes.iter().filter(|w| rises(w.clock)) {
            let memory = &mut self.memories[write.memory.0 as usize];
            let address = value(write.address);
            if value(write.enable) == 1 && address < memory.len() as u64 {
                let word = &mut memory[address as usize];
                let mask = value(write.mask);
                *word = *word & !mask | value(write.data) & mask;
            }
        }
    }

    /// Values of all nodes.
    pub fn values(&self, words: &Words) -> Vec<u64> {
        let mut values = Vec::with_capacity(words.nodes.len());
        for node in &words.nodes {
            let value = match node.op {
                Op::Cell(CellId(cell)) => self.cells[cell as usize],
                Op::Read(memory, address) => {
                    let memory = &self.memories[memory.0 as usize];
                    let address = values[address.0 as usize];
                    let word = usize::try_from(address).ok().and_then(|a| memory.get(a));
                    word.copied().unwrap_or(0)
                }
                _ => apply(node, |word: Word| {
                    let index = word.0 as usize;
                    (values[index], words.nodes[index].width)
                }),
            };
            values.push(value);
        }
        values
    }
}

/// A word with that many ones, 1 … 64.
#[inline]
pub fn ones(width: u8) -> u64 {
    u64::MAX >> (64 - width.clamp(1, 64))
}

/// Value of a node that reads no storage, from values and widths of its
/// operands. `Cell` and `Read` give 0.
pub fn apply(node: &Node, operand: impl Fn(Word) -> (u64, u8)) -> u64 {
    let value = |word| operand(word).0;
    let signed = |word| sign_extend(operand(word));
    let bit = u64::from;
    let width = node.width;
    let result = match node.op {
        Op::Constant(value) => value,
        Op::Cell(_) | Op::Read(..) => 0,
        Op::Not(a) => !value(a),
        Op::And(a, b) => value(a) & value(b),
        Op::Or(a, b) => value(a) | value(b),
        Op::Xor(a, b) => value(a) ^ value(b),
        Op::Add(a, b) => value(a).wrapping_add(value(b)),
        Op::Sub(a, b) => value(a).wrapping_sub(value(b)),
        Op::Mul(a, b) => value(a).wrapping_mul(value(b)),
        Op::Equal(a, b) => bit(value(a) == value(b)),
        Op::Less(a, b) => bit(value(a) < value(b)),
        Op::SignedLess(a, b) => bit(signed(a) < signed(b)),
        Op::ShiftLeft(a, by) => shift(value(by), |by| value(a) << by),
        Op::ShiftRight(a, by) => shift(value(by), |by| value(a) >> by),
        Op::ShiftRightSigned(a, by) => (signed(a) >> value(by).min(63)) as u64,
        Op::Select(condition, a, b) => match value(condition) {
            0 => value(b),
            _ => value(a),
        },
        Op::Slice(a, low) => value(a) >> low,
        Op::Join(a, b) => value(a) | value(b) << operand(a).1,
        Op::ZeroExtend(a) => value(a),
        Op::SignExtend(a) => signed(a) as u64,
        Op::Parity(a) => bit(value(a).count_ones() & 1 == 1),
        Op::CountOnes(a) => u64::from(value(a).count_ones()),
    };
    result & ones(width)
}

/// The value of that width as a signed number.
fn sign_extend((value, width): (u64, u8)) -> i64 {
    let unused = 64 - u32::from(width);
    ((value << unused) as i64) >> unused
}

/// Shift by less than 64, or zero.
fn shift(by: u64, shifted: impl Fn(u32) -> u64) -> u64 {
    match by {
        0..64 => shifted(by as u32),
        _ => 0,
    }
}
