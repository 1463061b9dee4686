//! A design that runs: its state, and what one does with it.

use crate::peek::Peek;
use crate::program::{Clocks, Input, MemoryHandle, Output, Program, Signal};
use crate::resolve::Place;
use crate::words::{CellId, MemoryId};
use num_bigint::BigUint;
use thiserror::Error as ThisError;

/// Bits of a word of a port.
const WORD_BITS: u32 = u64::BITS;

/// The bits that the low word of a port of that width has.
#[inline]
fn ones_below(width: u32) -> u64 {
    u64::MAX >> WORD_BITS.saturating_sub(width)
}

/// A running design.
///
/// A cycle: inputs are set, [`Model::cycle`] settles everything, shows the
/// outputs as they are just before the clocks rise, and lets the clocks rise.
/// Registers start with their initial value, or zero; there is no x.
///
/// Handles come from the [`Program`] the model was made of; those of another
/// program name other things.
#[derive(Clone, Debug)]
pub struct Model {
    program: Program,
    state: Box<[u64]>,
    cycles: u64,
}

/// A state that does not fit the model.
#[derive(Clone, Debug, ThisError, PartialEq, Eq)]
pub enum StateError {
    /// Not a saved state at all.
    #[error("not a saved state: it {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
    /// The state of another design.
    #[error(
        "the state belongs to a design with fingerprint {found:016x}, this one has {expected:016x}; load the Verilog that it was saved with"
    )]
    OtherDesign {
        /// Of this design.
        expected: u64,
        /// Of the state.
        found: u64,
    },
}

/// Everything that a model holds at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    fingerprint: u64,
    cycles: u64,
    words: Box<[u64]>,
}

impl State {
    /// First bytes of a saved state.
    const MAGIC: &'static [u8; 8] = b"SWVSTAT1";

    /// For a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = [self.fingerprint, self.cycles];
        let words = head.iter().chain(self.words.iter());
        let mut bytes = Self::MAGIC.to_vec();
        bytes.extend(words.flat_map(|word| word.to_le_bytes()));
        bytes
    }

    /// From a file.
    ///
    /// # Errors
    /// [`StateError::Malformed`]. Whether it fits a model is seen in [`Model::restore`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let malformed = |problem: String| StateError::Malformed { problem };
        let Some(rest) = bytes.strip_prefix(Self::MAGIC) else {
            return Err(malformed("does not begin with SWVSTAT1".into()));
        };
        let (words, left) = rest.as_chunks::<8>();
        let [fingerprint, cycles, state @ ..] = words else {
            return Err(malformed(format!("ends after {} bytes", bytes.len())));
        };
        if !left.is_empty() {
            return Err(malformed(format!("has {} bytes too many", left.len())));
        }
        Ok(Self {
            fingerprint: u64::from_le_bytes(*fingerprint),
            cycles: u64::from_le_bytes(*cycles),
            words: state.iter().map(|word| u64::from_le_bytes(*word)).collect(),
        })
    }
}

impl Model {
    /// The design as it is before the first clock, inputs zero.
    pub fn new(program: &Program) -> Self {
        Self {
            state: program.inner.layout.initial(&program.inner.words),
            program: program.clone(),
            cycles: 0,
        }
    }

    /// The program the model was made of.
    pub fn program(&self) -> &Program {
        &self.program
    }

    pub(crate) fn state(&self) -> &[u64] {
        &self.state
    }

    pub(crate) fn state_mut(&mut self) -> &mut [u64] {
        &mut self.state
    }

    /// Calls of [`Self::cycle`] so far.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Sets an input; bits above its width are dropped, those above bit 63 become zero.
    #[inline]
    pub fn set(&mut self, input: Input, value: u64) {
        self.state[input.word as usize] = value & ones_below(input.width());
        if input.width() > WORD_BITS {
            self.set_above(input, &[]);
        }
    }

    /// Sets an input of up to 128 bits.
    #[inline]
    pub fn set_u128(&mut self, input: Input, value: u128) {
        self.state[input.word as usize] = value as u64 & ones_below(input.width());
        if input.width() > WORD_BITS {
            self.set_above(input, &[(value >> WORD_BITS) as u64]);
        }
    }

    /// Sets an input of any width, lowest word first; missing words are zero.
    pub fn set_words(&mut self, input: Input, words: &[u64]) {
        let (&low, above) = words.split_first().unwrap_or((&0, &[]));
        self.state[input.word as usize] = low & ones_below(input.width());
        self.set_above(input, above);
    }

    /// Sets the bits of an input above bit 63.
    #[inline]
    fn set_above(&mut self, input: Input, words: &[u64]) {
        let mut left = input.width();
        let mut words = words.iter();
        for index in 1..left.div_ceil(WORD_BITS) {
            left -= WORD_BITS;
            let word = words.next().map_or(0, |word| word & ones_below(left));
            self.state[(input.word + index) as usize] = word;
        }
    }

    /// The low 64 bits of an output, as the last cycle or settling left it.
    #[inline]
    pub fn get(&self, output: Output) -> u64 {
        self.state[output.word as usize]
    }

    /// The low 128 bits of an output, likewise.
    #[inline]
    pub fn get_u128(&self, output: Output) -> u128 {
        let low = u128::from(self.get(output));
        if output.width() <= WORD_BITS {
            return low;
        }
        low | u128::from(self.state[output.word as usize + 1]) << WORD_BITS
    }

    /// An output of any width, likewise, lowest word first; what has no room is left out.
    pub fn get_words(&self, output: Output, words: &mut [u64]) {
        let first = output.word as usize;
        let held = &self.state[first..first + output.width().div_ceil(WORD_BITS) as usize];
        words.fill(0);
        for (word, held) in words.iter_mut().zip(held) {
            *word = *held;
        }
    }

    /// One cycle, at whose end these clocks rise.
    pub fn cycle(&mut self, clocks: Clocks) {
        self.program.inner.cycle.run(&mut self.state, clocks.0);
        self.cycles += 1;
    }

    /// Works out the outputs for the present inputs; no clock rises.
    pub fn settle(&mut self) {
        self.program.inner.cycle.run(&mut self.state, 0);
    }

    /// What a net or register holds now, for the present inputs.
    ///
    /// After a cycle a register shows what it took over. Nets that no cell holds
    /// are worked out, which takes time: this is for looking, not for every cycle.
    pub fn peek(&self, signal: Signal) -> BigUint {
        let info = &self.program.inner.signals[signal.0 as usize];
        let mut peek = None;
        let mut value = BigUint::ZERO;
        let mut low = 0;
        for &(place, width) in &info.view.pieces {
            let word = match place {
                Place::Constant(constant) => constant,
                Place::Cell(cell) => self.cell(cell, info.view.computed, &mut peek),
            };
            value |= BigUint::from(word) << low;
            low += width;
        }
        value
    }

    /// The low 64 bits of [`Self::peek`], without an allocation for registers.
    pub fn peek_u64(&self, signal: Signal) -> u64 {
        let info = &self.program.inner.signals[signal.0 as usize];
        let mut peek = None;
        let mut value = 0;
        let mut low = 0;
        for &(place, width) in &info.view.pieces {
            if low >= WORD_BITS {
                break;
            }
            let word = match place {
                Place::Constant(constant) => constant,
                Place::Cell(cell) => self.cell(cell, info.view.computed, &mut peek),
            };
            value |= word << low;
            low += width;
        }
        value
    }

    fn cell<'m>(&'m self, cell: CellId, computed: bool, peek: &mut Option<Peek<'m>>) -> u64 {
        let inner = &self.program.inner;
        match inner.shown[cell.0 as usize].filter(|_| computed) {
            None => inner.layout.read(&self.state, cell),
            Some(value) => peek
                .get_or_insert_with(|| Peek::new(&inner.words, &inner.layout, &self.state))
                .word(value),
        }
    }

    /// A word of a memory; zero behind its end.
    pub fn memory_word(&self, memory: MemoryHandle, address: u32) -> BigUint {
        let inner = &self.program.inner;
        let info = &inner.memories[memory.0 as usize];
        let lanes = info.lanes.iter().rev();
        lanes.fold(BigUint::ZERO, |above, &lane| {
            let word = inner.layout.read_memory(&self.state, lane, address);
            above << WORD_BITS | BigUint::from(word)
        })
    }

    /// The low 64 bits of a word of a memory; zero behind its end.
    pub fn memory_u64(&self, memory: MemoryHandle, address: u32) -> u64 {
        let inner = &self.program.inner;
        let lane = inner.memories[memory.0 as usize].lanes[0];
        inner.layout.read_memory(&self.state, lane, address)
    }

    /// Sets a word of a memory, lowest word first; nothing behind its end.
    pub fn set_memory_word(&mut self, memory: MemoryHandle, address: u32, words: &[u64]) {
        let inner = &self.program.inner;
        for (index, &lane) in inner.memories[memory.0 as usize].lanes.iter().enumerate() {
            let word = words.get(index).copied().unwrap_or(0);
            inner
                .layout
                .write_memory(&mut self.state, lane, address, word);
        }
    }

    /// Everything that the model holds.
    pub fn save(&self) -> State {
        State {
            fingerprint: self.program.inner.fingerprint,
            cycles: self.cycles,
            words: self.state[self.program.inner.layout.own()].into(),
        }
    }

    /// Takes over a saved state; on an error nothing changes.
    ///
    /// # Errors
    /// The state of another design, or of another length.
    pub fn restore(&mut self, state: &State) -> Result<(), StateError> {
        let inner = &self.program.inner;
        if state.fingerprint != inner.fingerprint {
            return Err(StateError::OtherDesign {
                expected: inner.fingerprint,
                found: state.fingerprint,
            });
        }
        let own = inner.layout.own();
        if state.words.len() != own.len() {
            return Err(StateError::Malformed {
                problem: format!(
                    "has {} words, the design has {}",
                    state.words.len(),
                    own.len()
                ),
            });
        }
        self.cycles = state.cycles;
        // Between values all is zero in what this crate saves, not in any file.
        let (layout, now) = (&inner.layout, &mut self.state);
        let mut given = vec![0; now.len()];
        given[own.clone()].copy_from_slice(&state.words);
        now[own].fill(0);
        for index in 0..inner.words.cells.len() as u32 {
            let cell = CellId(index);
            layout.write(now, cell, layout.read(&given, cell));
        }
        for (index, memory) in inner.words.memories.iter().enumerate() {
            let id = MemoryId(index as u32);
            for address in 0..memory.words {
                let value = layout.read_memory(&given, id, address);
                layout.write_memory(now, id, address, value);
            }
        }
        layout.renew(now);
        Ok(())
    }
}
