//! Registers take over their next values: only what has changed is copied.

use std::ops::Range;

/// Words of a line: next values are taken over line by line.
pub(super) const LINE: usize = 8;

/// Neighbouring cells that take over their next values together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takeover {
    /// The clock that must rise; `None`: in every cycle.
    pub clock: Option<u8>,
    /// The values: words of the buffer from here on.
    pub now: u32,
    /// The next values.
    pub next: u32,
    /// Words: whole lines.
    pub words: u32,
    /// Flags of the lines with next values that differ, in words of the buffer.
    pub changed: u32,
}

impl Takeover {
    /// Words with the flags of the lines.
    pub fn flags(&self) -> Range<usize> {
        let words = (self.words as usize / LINE).div_ceil(u64::BITS as usize);
        self.changed as usize..self.changed as usize + words
    }

    /// The cells take over those next values that differ.
    pub fn take_over(&self, state: &mut [u64]) {
        for (group, at) in self.flags().enumerate() {
            let mut flags = std::mem::take(&mut state[at]);
            while flags != 0 {
                let line = group * u64::BITS as usize + flags.trailing_zeros() as usize;
                flags &= flags - 1;
                let from = line * LINE;
                if from >= self.words as usize {
                    // Only a buffer that others have written to has such a flag.
                    break;
                }
                let next = self.next as usize + from;
                let now = self.now as usize + from;
                let mut words = [0; LINE];
                words.copy_from_slice(&state[next..next + LINE]);
                state[now..now + LINE].copy_from_slice(&words);
            }
        }
    }

    /// The cells take over all next values.
    pub fn take_over_all(&self, state: &mut [u64]) {
        let (now, next) = (self.now as usize, self.next as usize);
        state.copy_within(next..next + self.words as usize, now);
    }

    /// Drops what is different in the next values, or was written there by others.
    pub fn drop_next(&self, state: &mut [u64]) {
        let (now, next) = (self.now as usize, self.next as usize);
        state.copy_within(now..now + self.words as usize, next);
        state[self.flags()].fill(0);
    }
}
