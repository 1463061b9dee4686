//! Where cells and memories lie in the buffer of a model.
//!
//! One buffer of `u64` holds everything a model knows. A cell or a word of a
//! memory takes 1, 2, 4 or 8 bytes, in the byte order of a little-endian host.
//! Inputs and outputs have words of their own: the host sets one with one store.
//!
//! ```text
//! owner | inputs | outputs | registers, by clock | nets | memories |
//!     flags | inputs before | values | staged writes | next, as registers | changed lines
//! ```
//!
//! What is in the second line follows from the cells and memories in the first one;
//! code keeps it there.
//!
//! - *owner*: which code that was. Another one computes everything anew; so does
//!   the same one after a change from outside, which makes the owner zero. Only
//!   inputs may change without that: they are compared with *inputs before*.
//! - *flags*: parts of the design that must be computed.
//! - *next*: while a cycle is computed the registers keep their old values, and
//!   code writes new ones that differ into a second slot. Between two cycles both
//!   slots have the same content, so a register that holds its value costs nothing.
//! - *changed lines*: which lines of 8 words of *next* differ from the registers.
//! - *values*: what one part of the design computes for others.

use super::CodeError;
use super::check::check;
use super::groups::Groups;
use super::takeover::{LINE, Takeover};
use crate::words::evaluate::ones;
use crate::words::{CellId, MemoryId, Words};
use std::num::NonZeroU32;
use std::ops::Range;

/// The word of the buffer that says which code keeps things in it.
pub(super) const OWNER: usize = 0;

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
    /// The slot for the next value, if there is one.
    pub next: Option<Next>,
    /// Nothing drives it.
    pub is_input: bool,
}

/// Place of the next value of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// First byte.
    pub at: u32,
    /// First byte of a word of 32 bits with the flag of its line.
    pub flag_at: u32,
    /// The flag.
    pub flag: u32,
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

/// Places of what code keeps for itself, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    /// One bit for each part of the design, in words of 32 bits: it must be computed.
    pub flags: u32,
    /// Likewise: it was computed in this cycle.
    pub computed: u32,
    /// Likewise: it must be computed in the next cycle.
    pub coming: u32,
    /// Number of flags.
    pub flag_count: u32,
    /// Inputs as they were in the cycle before.
    pub inputs: u32,
    /// First byte of the values, 8 bytes each.
    pub values: u32,
    /// Number of values.
    pub value_count: u32,
}

/// Places of everything in the buffer of a model. See the module's page.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) cells: Vec<Slot>,
    pub(super) arrays: Vec<Array>,
    pub(super) staged: Vec<Staged>,
    pub(super) takeovers: Vec<Takeover>,
    /// Words of the buffer with inputs.
    pub(super) inputs: Range<u32>,
    pub(super) kept: Kept,
    access: Vec<Access>,
    own: usize,
    len: usize,
}

/// A cell as the host reads and writes it.
#[derive(Clone, Copy, Debug)]
struct Access {
    /// The value, before it is shifted.
    mask: u64,
    /// Word of the buffer.
    word: u32,
    /// Bits below it in the word.
    shift: u8,
    /// Word with the slot for the next value; the same word if there is none.
    /// `None`: an input.
    next: Option<NonZeroU32>,
}

impl Access {
    fn new(slot: &Slot) -> Self {
        let next = slot.next.map_or(slot.at, |next| next.at) / 8;
        Self {
            mask: ones(slot.width),
            word: slot.at / 8,
            shift: (slot.at % 8 * 8) as u8,
            next: NonZeroU32::new(if slot.is_input { 0 } else { next }),
        }
    }
}

impl Layout {
    /// Places for the cells and memories of a design.
    ///
    /// # Errors
    /// The design is not what [`Words`] says, or too large.
    pub fn new(words: &Words) -> Result<Self, CodeError> {
        check(words)?;
        let mut end = End(0);
        let cell = |cell: &crate::words::Cell| Slot {
            bytes: bytes(cell.width),
            width: cell.width,
            ..Slot::default()
        };
        let mut layout = Self {
            cells: words.cells.iter().map(cell).collect(),
            arrays: Vec::new(),
            staged: Vec::new(),
            takeovers: Vec::new(),
            inputs: 0..0,
            kept: Kept::default(),
            access: Vec::new(),
            own: 0,
            len: 0,
        };
        let groups = Groups::new(words);
        let first = OWNER as u32 + 1;
        end.take(u64::from(first) * 8, 8);
        layout.place_apart(&groups.inputs, &mut end);
        layout.inputs = first..end.word();
        for input in &groups.inputs {
            layout.cells[input.0 as usize].is_input = true;
        }
        layout.place_apart(&groups.outputs, &mut end);
        let mut takeovers = Vec::new();
        for (clock, cells) in &groups.taken_over {
            let now = end.word();
            match clock {
                Some(_) => layout.place(cells, &mut end),
                None => layout.place_apart(cells, &mut end),
            }
            let words = (end.word() - now).next_multiple_of(LINE as u32);
            end.0 = u64::from(now + words) * 8;
            takeovers.push((*clock, now, words, cells));
        }
        layout.place(&groups.nets, &mut end);
        for memory in &words.memories {
            let bytes = bytes(memory.width);
            let at = end.take((u64::from(memory.words) + 1) * u64::from(bytes), 64);
            let (width, words) = (memory.width, memory.words);
            layout.arrays.push(Array {
                at,
                bytes,
                width,
                words,
            });
        }
        end.refuse_large()?;
        layout.own = end.word() as usize;
        layout.place_kept(words, &mut end);
        for (clock, now, words, cells) in takeovers {
            let next = end.word();
            end.take(u64::from(words) * 8, 8);
            let takeover = Takeover {
                clock,
                now,
                next,
                words,
                changed: end.word(),
            };
            end.take(takeover.flags().len() as u64 * 8, 8);
            for cell in cells {
                let slot = &mut layout.cells[cell.0 as usize];
                let from = slot.at.wrapping_sub(now * 8);
                let line = from / (LINE as u32 * 8);
                slot.next = Some(Next {
                    at: next.wrapping_mul(8).wrapping_add(from),
                    flag_at: takeover.changed.wrapping_mul(8) + line / 32 * 4,
                    flag: 1 << (line % 32),
                });
            }
            layout.takeovers.push(takeover);
        }
        end.refuse_large()?;
        layout.len = end.word() as usize;
        layout.access = layout.cells.iter().map(Access::new).collect();
        Ok(layout)
    }

    /// Places for what code keeps. How much that will be is not known here; what
    /// does not fit is kept by no means, which is slower.
    fn place_kept(&mut self, words: &Words, end: &mut End) {
        let roots = words.outputs.len() + words.registers.len() + words.writes.len();
        let values = words.nodes.len() / 4 + 64;
        let flags = ((roots + values) as u64).next_multiple_of(64);
        self.kept = Kept {
            flags: end.take(flags / 8, 8),
            computed: end.take(flags / 8, 8),
            coming: end.take(flags / 8, 8),
            flag_count: flags as u32,
            inputs: end.take(u64::from(self.inputs.end - self.inputs.start) * 8, 8),
            values: end.take(values as u64 * 8, 8),
            value_count: values as u32,
        };
        for _ in &words.writes {
            self.staged.push(Staged {
                enable: end.take(1, 1),
                address: end.take(8, 8),
                mask: end.take(8, 8),
                data: end.take(8, 8),
            });
        }
    }

    /// Gives each cell a word of its own.
    fn place_apart(&mut self, cells: &[CellId], end: &mut End) {
        for cell in cells {
            self.cells[cell.0 as usize].at = end.take(8, 8);
        }
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

    /// Words of the buffer with the cells and memories. The others can be made from
    /// these: see [`Self::renew`].
    pub fn own(&self) -> Range<usize> {
        OWNER + 1..self.own
    }

    /// To be called after the cells and memories were written over as a whole.
    ///
    /// # Panics
    /// If the buffer is shorter than [`Self::len`].
    pub fn renew(&self, state: &mut [u64]) {
        for takeover in &self.takeovers {
            takeover.drop_next(state);
        }
        state[OWNER] = 0;
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

    /// The word of the buffer that holds an input or output, and nothing else; bits
    /// above the width must stay zero. Neighbouring cells have neighbouring words.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn word_of(&self, cell: CellId) -> u32 {
        self.access[cell.0 as usize].word
    }

    /// Value of a cell.
    ///
    /// # Panics
    /// If there is no such cell, or the buffer is shorter than [`Self::len`].
    #[inline]
    pub fn read(&self, state: &[u64], cell: CellId) -> u64 {
        let access = &self.access[cell.0 as usize];
        state[access.word as usize] >> access.shift & access.mask
    }

    /// Sets a cell; bits above its width are dropped.
    ///
    /// # Panics
    /// As [`Self::read`].
    #[inline]
    pub fn write(&self, state: &mut [u64], cell: CellId, value: u64) {
        let access = &self.access[cell.0 as usize];
        let (mask, value) = (
            access.mask << access.shift,
            (value & access.mask) << access.shift,
        );
        let word = &mut state[access.word as usize];
        *word = *word & !mask | value;
        if let Some(next) = access.next {
            let word = &mut state[next.get() as usize];
            *word = *word & !mask | value;
            state[OWNER] = 0;
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
            state[OWNER] = 0;
        }
    }
}

/// End of what is placed so far, in bytes.
struct End(u64);

impl End {
    fn refuse_large(&self) -> Result<(), CodeError> {
        match self.0 > LIMIT {
            true => Err(CodeError::TooLarge {
                bytes: self.0,
                limit: LIMIT,
            }),
            false => Ok(()),
        }
    }

    /// The next word of the buffer.
    fn word(&mut self) -> u32 {
        self.align(8);
        (self.0 / 8) as u32
    }

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
    word & u64::MAX >> (64 - u32::from(bytes) * 8)
}

fn store(state: &mut [u64], at: u32, bytes: u8, value: u64) {
    let shift = at % 8 * 8;
    let mask = u64::MAX >> (64 - u32::from(bytes) * 8);
    let word = &mut state[at as usize / 8];
    *word = *word & !(mask << shift) | (value & mask) << shift;
}
