//! What nets and memories hold, and what has changed.

use super::value::{cut, ones};
use num_bigint::BigUint;
use std::collections::HashSet;

/// Index of a net or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetId(pub usize);

/// Bounds of a vector or memory as they were declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Left of the colon.
    pub left: i64,
    /// Right of the colon: index of bit 0 of a vector.
    pub right: i64,
}

impl Bounds {
    /// Number of elements.
    pub fn count(self) -> u64 {
        self.left.abs_diff(self.right).saturating_add(1)
    }

    /// Distance of an index from the right bound, towards the left one.
    pub fn offset(self, index: i64) -> i64 {
        if self.left >= self.right {
            index.saturating_sub(self.right)
        } else {
            self.right.saturating_sub(index)
        }
    }
}

/// Bits that get a new value.
#[derive(Clone, Debug)]
pub struct Write {
    /// Net or memory.
    pub net: NetId,
    /// Element of a memory, counted from its right bound; `None` if out of range.
    pub word: Option<usize>,
    /// Lowest bit; what lies outside of the net is not written.
    pub low: i64,
    /// Number of bits.
    pub width: u32,
    /// Their value.
    pub value: BigUint,
}

#[derive(Clone, Debug)]
struct Contents {
    width: u32,
    words: Vec<BigUint>,
}

/// All values of a design.
#[derive(Clone, Debug, Default)]
pub struct State {
    nets: Vec<Contents>,
    /// Net, word, and the value before a write that changed it.
    log: Vec<(NetId, usize, BigUint)>,
}

impl State {
    /// Makes room for a net of `width` bits, or a memory of more than one word; all zero.
    pub fn add(&mut self, width: u32, words: usize) -> NetId {
        self.nets.push(Contents {
            width,
            words: vec![BigUint::ZERO; words],
        });
        NetId(self.nets.len() - 1)
    }

    /// Makes every bit one.
    pub fn fill_with_ones(&mut self) {
        for contents in &mut self.nets {
            let width = contents.width;
            contents
                .words
                .iter_mut()
                .for_each(|word| *word = ones(width));
        }
    }

    /// The whole of a net.
    pub fn whole(&self, net: NetId) -> &BigUint {
        &self.nets[net.0].words[0]
    }

    /// A word of a memory; zero if it is out of range.
    pub fn word(&self, net: NetId, word: Option<usize>) -> BigUint {
        word.and_then(|word| self.nets[net.0].words.get(word))
            .cloned()
            .unwrap_or_default()
    }

    /// Carries a write out.
    pub fn write(&mut self, write: Write) {
        let contents = &mut self.nets[write.net.0];
        let Some(old) = write.word.and_then(|word| contents.words.get_mut(word)) else {
            return;
        };
        let Some((mask, bits)) = place(&write.value, write.low, write.width, contents.width) else {
            return;
        };
        let new = (&*old - (&*old & &mask)) | bits;
        if new != *old {
            let old = std::mem::replace(old, new);
            self.log
                .push((write.net, write.word.unwrap_or_default(), old));
        }
    }

    /// Nets that differ from what they were at the last call.
    pub fn changes(&mut self) -> Vec<NetId> {
        let mut seen = HashSet::new();
        let mut nets = Vec::new();
        for (net, word, before) in self.log.drain(..) {
            // The first entry of a word tells what it was at the last call.
            if seen.insert((net, word)) && self.nets[net.0].words[word] != before {
                nets.push(net);
            }
        }
        nets.sort_unstable();
        nets.dedup();
        nets
    }
}

/// Bits `low …` of a word, zero outside of it.
pub fn take(word: &BigUint, low: i64, width: u32) -> BigUint {
    match u64::try_from(low) {
        Ok(low) => cut(word >> low.min(word.bits()), width),
        Err(_) => {
            let below = low.unsigned_abs();
            if below >= u64::from(width) {
                BigUint::ZERO
            } else {
                cut(word << below, width)
            }
        }
    }
}

/// Mask and bits of a write of `width` bits at `low` into a net of `net` bits;
/// `None` if it misses the net.
fn place(value: &BigUint, low: i64, width: u32, net: u32) -> Option<(BigUint, BigUint)> {
    let (mask, bits) = match u64::try_from(low) {
        Ok(low) if low >= u64::from(net) => return None,
        Ok(low) => (ones(width) << low, value << low),
        Err(_) => {
            let below = low.unsigned_abs();
            if below >= u64::from(width) {
                return None;
            }
            (ones(width) >> below, value >> below)
        }
    };
    Some((cut(mask, net), cut(bits, net)))
}
