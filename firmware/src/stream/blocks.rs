//! A set of blocks of the device's state.

use slackwater_regs::control::{BLOCK_WORDS, INTERNAL_LOG_WORDS};

/// Blocks by index, one bit each, laid out like the internal log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks([u32; INTERNAL_LOG_WORDS as usize]);

impl Blocks {
    /// No block.
    pub const NONE: Self = Self([0; INTERNAL_LOG_WORDS as usize]);

    /// Every block of a device with this many state words.
    pub fn all(state_words: u32) -> Self {
        let blocks = state_words.div_ceil(BLOCK_WORDS);
        Self(core::array::from_fn(|i| {
            match blocks.saturating_sub(32 * i as u32) {
                left @ 0..32 => (1 << left) - 1,
                _ => u32::MAX,
            }
        }))
    }

    /// Adds a block; one that no device can have is ignored.
    pub fn insert(&mut self, block: u32) {
        if let Some(word) = self.0.get_mut((block / 32) as usize) {
            *word |= 1 << (block % 32);
        }
    }

    /// Adds the blocks of word `index` of an internal log.
    pub fn insert_word(&mut self, index: u32, bits: u32) {
        if let Some(word) = self.0.get_mut(index as usize) {
            *word |= bits;
        }
    }

    /// Takes the lowest block out.
    pub fn take_first(&mut self) -> Option<u32> {
        let index = self.0.iter().position(|word| *word != 0)?;
        let bit = self.0[index].trailing_zeros();
        self.0[index] &= !(1 << bit);
        Some(index as u32 * 32 + bit)
    }

    /// The blocks that are in both.
    pub fn intersection(&self, other: &Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    /// Number of blocks.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::Blocks;

    #[test]
    fn blocks_come_out_in_order_once() {
        let mut blocks = Blocks::NONE;
        for block in [255, 3, 64, 3, 256, u32::MAX] {
            blocks.insert(block);
        }
        blocks.insert_word(1, 0b10);
        blocks.insert_word(8, u32::MAX);
        assert_eq!(blocks.count(), 4);
        for expected in [Some(3), Some(33), Some(64), Some(255), None] {
            assert_eq!(blocks.take_first(), expected);
        }
        assert!(blocks.is_empty());
    }

    #[test]
    fn the_last_block_may_be_short() {
        for words in 0..=0x4000_u32 {
            let mut blocks = Blocks::NONE;
            (0..words.div_ceil(64)).for_each(|block| blocks.insert(block));
            assert_eq!(Blocks::all(words), blocks, "{words}");
        }
        assert_eq!(Blocks::all(u32::MAX).count(), 256);
        assert_eq!(Blocks::all(0).count(), 0);
        assert_eq!(Blocks::all(64).count(), 1);
        assert_eq!(Blocks::all(65).count(), 2);
        assert_eq!(Blocks::all(0x4000).count(), 256);
    }
}
