//! Is a design what [`Words`] says? Everything behind this relies on it.

use super::CodeError;
use crate::words::{MemoryId, Op, Update, Word, Words};

/// Refuses operands that do not exist, widths that do not fit, cells with two
/// drivers, and clocks beyond the number of clocks.
pub(super) fn check(words: &Words) -> Result<(), CodeError> {
    let malformed = |what: String| Err(CodeError::Malformed { what });
    if words.clocks > 64 {
        return malformed(format!("{} clocks, at most 64", words.clocks));
    }
    for (index, cell) in words.cells.iter().enumerate() {
        if !(1..=64).contains(&cell.width) {
            return malformed(format!("cell {index} has {} bits", cell.width));
        }
    }
    for (index, memory) in words.memories.iter().enumerate() {
        if !(1..=64).contains(&memory.width) {
            return malformed(format!("memory {index} has words of {} bits", memory.width));
        }
    }
    for index in 0..words.nodes.len() {
        if let Err(what) = node(words, index) {
            let op = words.nodes[index].op;
            return malformed(format!("node {index}, {op:?}: {what}"));
        }
    }
    let mut driven = vec![0; words.cells.len()];
    let lists = [(&words.registers, 1), (&words.outputs, 2), (&words.nets, 4)];
    for (list, kind) in lists {
        for entry in list {
            update(words, entry).or_else(|what| malformed(format!("{entry:?}: {what}")))?;
            let before = std::mem::replace(&mut driven[entry.cell.0 as usize], kind);
            if before & (kind | 1) != 0 {
                return malformed(format!("{entry:?}: the cell has another driver"));
            }
        }
    }
    let clocks = words.registers.iter().map(|register| register.clock);
    for clock in clocks.chain(words.writes.iter().map(|write| write.clock)) {
        if clock >= words.clocks {
            return malformed(format!("clock {clock} of {} clocks", words.clocks));
        }
    }
    for write in &words.writes {
        write_operands(words, write).or_else(|what| malformed(format!("{write:?}: {what}")))?;
    }
    Ok(())
}

fn update(words: &Words, update: &Update) -> Result<(), String> {
    let cell = words
        .cells
        .get(update.cell.0 as usize)
        .ok_or("no such cell")?;
    width(words, update.value, words.nodes.len(), cell.width)
}

fn write_operands(words: &Words, write: &crate::words::Write) -> Result<(), String> {
    let end = words.nodes.len();
    let memory = words
        .memories
        .get(write.memory.0 as usize)
        .ok_or("no such memory")?;
    width(words, write.enable, end, 1)?;
    width(words, write.mask, end, memory.width)?;
    width(words, write.data, end, memory.width)?;
    any(words, write.address, end).map(|_| ())
}

/// Width of an operand of a node at `end`.
fn any(words: &Words, word: Word, end: usize) -> Result<u8, String> {
    let index = word.0 as usize;
    if index >= end {
        return Err(format!("operand {index} does not come before it"));
    }
    Ok(words.nodes[index].width)
}

fn width(words: &Words, word: Word, end: usize, expected: u8) -> Result<(), String> {
    let found = any(words, word, end)?;
    if found != expected {
        return Err(format!(
            "operand {} has {found} bits, expected {expected}",
            word.0
        ));
    }
    Ok(())
}

fn node(words: &Words, index: usize) -> Result<(), String> {
    let node = &words.nodes[index];
    let own = node.width;
    if !(1..=64).contains(&own) {
        return Err(format!("{own} bits"));
    }
    let any = |word| any(words, word, index);
    let is = |word, expected| width(words, word, index, expected);
    let own_must = |fits: bool, expected: &str| match fits {
        true => Ok(()),
        false => Err(format!("{own} bits, expected {expected}")),
    };
    match node.op {
        Op::Constant(value) => own_must(own == 64 || value >> own == 0, "a constant that fits"),
        Op::Cell(cell) => {
            let cell = words.cells.get(cell.0 as usize).ok_or("no such cell")?;
            own_must(own == cell.width, "the width of the cell")
        }
        Op::Read(MemoryId(memory), address) => {
            let memory = words
                .memories
                .get(memory as usize)
                .ok_or("no such memory")?;
            any(address)?;
            own_must(own == memory.width, "the width of the memory")
        }
        Op::Not(a) => is(a, own),
        Op::And(a, b) | Op::Or(a, b) | Op::Xor(a, b) => is(a, own).and(is(b, own)),
        Op::Add(a, b) | Op::Sub(a, b) | Op::Mul(a, b) => is(a, own).and(is(b, own)),
        Op::Equal(a, b) | Op::Less(a, b) | Op::SignedLess(a, b) => {
            is(b, any(a)?)?;
            own_must(own == 1, "1 bit")
        }
        Op::ShiftLeft(a, by) | Op::ShiftRight(a, by) | Op::ShiftRightSigned(a, by) => {
            any(by)?;
            is(a, own)
        }
        Op::Select(condition, a, b) => is(condition, 1).and(is(a, own)).and(is(b, own)),
        Op::Slice(a, low) => own_must(
            u32::from(low) + u32::from(own) <= u32::from(any(a)?),
            "fewer bits",
        ),
        Op::Join(a, b) => own_must(
            u32::from(own) == u32::from(any(a)?) + u32::from(any(b)?),
            "the sum of the operands' widths",
        ),
        Op::ZeroExtend(a) | Op::SignExtend(a) => {
            own_must(own >= any(a)?, "at least the width of the operand")
        }
        Op::Parity(a) => {
            any(a)?;
            own_must(own == 1, "1 bit")
        }
        Op::CountOnes(a) => any(a).map(|_| ()),
    }
}
