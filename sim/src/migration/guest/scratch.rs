//! The accelerator's scratch memory, as its contract says that it behaves.

use serde::{Deserialize, Serialize};
use slackwater_host::workload::Checksum;
use slackwater_regs::accelerator::SCRATCH_WORDS;

/// A software copy of the scratch memory. Jobs are applied in the order of the ring.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scratch {
    words: Vec<u32>,
    /// Where the next COPY puts its first word.
    roll: usize,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            words: vec![0; SCRATCH_WORDS as usize],
            roll: 0,
        }
    }
}

impl Scratch {
    fn put(&mut self, first: usize, words: &[u32]) {
        let count = self.words.len();
        for (i, word) in words.iter().enumerate() {
            self.words[(first + i) % count] = *word;
        }
    }

    /// Refuses one of another size.
    pub(super) fn check(&self) -> Result<(), String> {
        let (found, size) = (self.words.len(), SCRATCH_WORDS as usize);
        if found != size || self.roll >= size {
            let roll = self.roll;
            return Err(format!(
                "a scratch memory of {found} words, the next copy to word {roll}, expected {size} words"
            ));
        }
        Ok(())
    }

    /// LOAD.
    pub(super) fn load(&mut self, first: u32, words: &[u32]) {
        self.put(first as usize, words);
    }

    /// COPY: what is copied goes through the memory.
    pub(super) fn copy(&mut self, words: &[u32]) {
        self.put(self.roll, words);
        self.roll = (self.roll + words.len()) % self.words.len();
    }

    /// STORE: the checksum of what is written.
    pub(super) fn store(&self, first: u32, count: u32) -> Checksum {
        let size = self.words.len();
        Checksum::of_words((0..count).map(|i| self.words[(first as usize + i as usize) % size]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_wrap_and_copies_roll() {
        let mut scratch = Scratch::default();
        scratch.load(SCRATCH_WORDS - 1, &[5, 6]);
        assert_eq!(
            scratch.store(SCRATCH_WORDS - 1, 2),
            Checksum::of_words([5, 6])
        );
        scratch.copy(&[7, 8, 9]);
        scratch.copy(&[10]);
        assert_eq!(scratch.store(0, 4), Checksum::of_words([7, 8, 9, 10]));
    }
}
