//! Where cells and memories lie in the buffer of a model.
//!
//! One buffer of `u64` holds everything a model knows. A cell or a word of a
//! memory takes 1, 2, 4 or 8 bytes, in the byte order of a little-endian host.
//! In front lies what every cycle touches:
//!
//! ```text
//! inputs | outputs | registers, by clock | staged writes | next, as registers | nets | memories
//! ```
//!
//! *next*: while a cycle is computed the registers keep their old values, and
//! code writes new ones into a second slot. At the end all of them are taken
//! over by one copy. So a register that holds its value costs nothing: between
//! two cycles both slots have the same content.

use super::CodeError;
use super::check::check;
use crate::words::evaluate::ones;
use crate::words::{CellId, MemoryId, Words};

/// Largest buffer: offsets are signed 32-bit numbers in machine code.
const LIMIT: u64 = 1 << 31;

/// Place of a cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    /// First byte.
    pub at: u32,
    /// Bytes: 1, 2, 4 or 8.
    pub bytes: u8,
    /// Bits of the value.
    pub width: u8,
    /// First byte of the slot for the next value, if there is one.
    pub next: Option<u32>,
}

/// Place of a memory. Behind the last word lies one more that stays zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Array {
    /// First byte of the first word.
    pub at: u32,
    /// Bytes of a word: 1, 2, 4 or 8.
    pub bytes: u8,
    /// Bits of a word.
    pub width: u8,
    /// Number of words.
    pub words: u32,
}

/// Place of the operands of a memory write, from where they are known until the
/// end of the cycle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Staged {
    /// Byte: 1 if there is something to write.
    pub enable: u32,
    /// 8 bytes each.
    pub address: u32,
    pub mask: u32,
    pub data: u32,
}

/// Neighbouring cells that take over their next values together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takeover {
    /// The clock that must rise; `None`: in every cycle.
    pub clock: Option<u8>,
    /// First byte of the values.
    pub now: u32,
    /// First byte of the next values.
    pub next: u32,
    /// Bytes.
    pub bytes: u32,
}

/// Places of everything in the buffer of a model. See the module's page.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) cells: Vec<Slot>,
    pub(super) arrays: Vec<Array>,
    pub(super) staged: Vec<Staged>,
    pub(super) takeovers: Vec<Takeover>,
    len: usize,
}

impl Layout {
    /// Places for the cells and memories of a design.
    pub fn new(words: &Words) -> Result<Self, CodeError> {
        check(words)?;
        let mut end = End(0);
        let mut layout = Self {
            cells: (words.cells.iter())
                .map(|cell| Slot {
                    bytes: bytes(cell.width),
                    width: cell.width,
                    ..Slot::default()
                })
                .collect(),
            arrays: Vec::new(),
            staged: Vec::new(),
            takeovers: Vec::new(),
            len: 0,
        };
        let groups = Groups::new(words);
        layout.place(&groups.inputs, &mut end);
        layout.place(&groups.outputs, &mut end);
        let mut takeovers = Vec::new();
        for (clock, cells) in &groups.taken_over {
            end.align(64);
            let now = end.0;
            layout.place(cells, &mut end);
            end.align(8);
            takeovers.push((*clock, now, end.0 - now, cells));
        }
        for _ in &words.writes {
            layout.staged.push(Staged {
                enable: end.take(1, 1),
                address: end.take(8, 8),
                mask: end.take(8, 8),
                data: end.take(8, 8),
            });
        }
        for (clock, now, bytes, cells) in takeovers {
            end.align(64);
            let next = end.0;
            end.take(bytes, 1);
            layout.takeovers.push(Takeover {
                clock,
                now: now as u32,
                next: next as u32,
                bytes: bytes as u32,
            });
            for cell in cells {
                let slot = &mut layout.cells[cell.0 as usize];
                slot.next = Some((u64::from(slot.at) - now + next) as u32);
            }
        }
        layout.place(&groups.nets, &mut end);
        for memory in &words.memories {
            let bytes = bytes(memory.width);
            let at = end.take((u64::from(memory.words) + 1) * u64::from(bytes), 64);
            layout.arrays.push(Array {
                at,
                bytes,
                width: memory.width,
                words: memory.words,
            });
        }
        end.align(8);
        if end.0 > LIMIT {
            return Err(CodeError::TooLarge {
                bytes: end.0,
                limit: LIMIT,
            });
        }
        layout.len = (end.0 / 8) as usize;
        Ok(layout)
    }

    /// Gives the cells places one behind the other, large ones first so that
    /// there is nothing between them.
    fn place(&mut self, cells: &[CellId], end: &mut End) {
        for bytes in [8, 4, 2, 1] {
            for cell in cells {
                let slot = &mut self.cells[cell.0 as usize];
                if slot.bytes == bytes {
                    slot.at = end.take(u64::from(bytes), u64::from(bytes));
                }
            }
        }
    }

    /// Refuses a design that this is not the layout of.
    pub(super) fn check(&self, words: &Words) -> Result<(), CodeError> {
        let cells = (self.cells.iter().map(|slot| slot.width))
            .eq(words.cells.iter().map(|cell| cell.width));
        let memories = (self.arrays.iter().map(|array| (array.width, array.words))).eq(words
            .memories
            .iter()
            .map(|memory| (memory.width, memory.words)));
        if cells && memories && self.staged.len() == words.writes.len() {
            return Ok(());
        }
        Err(CodeError::Malformed {
            what: "the layout belongs to another design".into(),
        })
    }

    /// Length of the buffer in words of 64 bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The buffer of a new model.
    pub fn initial(&self, words: &Words) -> Box<[u64]> {
        let mut state = vec![0; self.len].into_boxed_slice();
        for (index, cell) in (0..).zip(&words.cells) {
            self.write(&mut state, CellId(index), cell.initial);
        }
        for (index, memory) in (0..).zip(&words.memories) {
            for (address, value) in (0..memory.words).zip(&memory.initial) {
                self.write_memory(&mut state, MemoryId(index), address, *value);
            }
        }
        state
    }

    /// Value of a cell.
    ///
    /// # Panics
    /// If there is no such cell, or the buffer is shorter than [`Self::len`].
    pub fn read(&self, state: &[u64], cell: CellId) -> u64 {
        let slot = &self.cells[cell.0 as usize];
        load(state, slot.at, slot.bytes) & ones(slot.width)
    }

    /// Sets a cell; bits above its width are dropped.
    ///
    /// # Panics
    /// As [`Self::read`].
    pub fn write(&self, state: &mut [u64], cell: CellId, value: u64) {
        let slot = &self.cells[cell.0 as usize];
        store(state, slot.at, slot.bytes, value & ones(slot.width));
        if let Some(next) = slot.next {
            store(state, next, slot.bytes, value & ones(slot.width));
        }
    }

    /// A word of a memory; zero behind its end.
    ///
    /// # Panics
    /// If there is no such memory, or the buffer is shorter than [`Self::len`].
    pub fn read_memory(&self, state: &[u64], memory: MemoryId, address: u32) -> u64 {
        let array = &self.arrays[memory.0 as usize];
        if address >= array.words {
            return 0;
        }
        let at = array.at + address * u32::from(array.bytes);
        load(state, at, array.bytes) & ones(array.width)
    }

    /// Sets a word of a memory; nothing behind its end.
    ///
    /// # Panics
    /// As [`Self::read_memory`].
    pub fn write_memory(&self, state: &mut [u64], memory: MemoryId, address: u32, value: u64) {
        let array = &self.arrays[memory.0 as usize];
        if address < array.words {
            let at = array.at + address * u32::from(array.bytes);
            store(state, at, array.bytes, value & ones(array.width));
        }
    }
}

/// The cells by what becomes of them, each in one list.
struct Groups {
    inputs: Vec<CellId>,
    outputs: Vec<CellId>,
    taken_over: Vec<(Option<u8>, Vec<CellId>)>,
    nets: Vec<CellId>,
}

impl Groups {
    fn new(words: &Words) -> Self {
        let mut read = vec![false; words.cells.len()];
        for node in &words.nodes {
            if let crate::words::Op::Cell(cell) = node.op {
                read[cell.0 as usize] = true;
            }
        }
        let mut placed = vec![false; words.cells.len()];
        let mut groups = Self {
            inputs: Vec::new(),
            outputs: Vec::new(),
            taken_over: Vec::new(),
            nets: Vec::new(),
        };
        for clock in 0..words.clocks {
            let registers = words.registers.iter().filter(|r| r.clock == clock);
            let cells: Vec<_> = registers.map(|r| r.cell).collect();
            if !cells.is_empty() {
                cells.iter().for_each(|cell| placed[cell.0 as usize] = true);
                groups.taken_over.push((Some(clock), cells));
            }
        }
        // A cell that shows a value and is read as well shows the value of the
        // cycle before to its readers.
        let mut both = Vec::new();
        for (list, updates) in [
            (&mut groups.outputs, &words.outputs),
            (&mut groups.nets, &words.nets),
        ] {
            for update in updates {
                let index = update.cell.0 as usize;
                if !std::mem::replace(&mut placed[index], true) {
                    let list = if read[index] { &mut both } else { &mut *list };
                    list.push(update.cell);
                }
            }
        }
        if !both.is_empty() {
            groups.taken_over.push((None, both));
        }
        let cells = (0..).zip(&placed);
        groups.inputs = (cells.filter(|(_, placed)| !**placed))
            .map(|(index, _)| CellId(index))
            .collect();
        groups
    }
}

/// End of what is placed so far, in bytes.
struct End(u64);

impl End {
    fn align(&mut self, to: u64) {
        self.0 = self.0.next_multiple_of(to);
    }

    /// Place for so many bytes. What lies behind the limit is refused later.
    fn take(&mut self, bytes: u64, align: u64) -> u32 {
        self.align(align);
        let at = self.0;
        self.0 += bytes;
        at as u32
    }
}

/// Size of a value in the buffer.
fn bytes(width: u8) -> u8 {
    width.div_ceil(8).next_power_of_two()
}

fn load(state: &[u64], at: u32, bytes: u8) -> u64 {
    let word = state[at as usize / 8] >> (at % 8 * 8);
    word & ones(bytes * 8)
}

fn store(state: &mut [u64], at: u32, bytes: u8, value: u64) {
    let shift = at % 8 * 8;
    let word = &mut state[at as usize / 8];
    *word = *word & !(ones(bytes * 8) << shift) | value << shift;
}
