//! From a mask of live words to their first bits, for instruction sets that cannot compress.

use super::cursor::BLOCK_WORDS;

/// First bits of the words that are live of four.
const FIRST_BITS: [[u32; 4]; 16] = {
    let mut table = [[0; 4]; 16];
    let mut mask = 0;
    while mask < 16 {
        let (mut word, mut at) = (0, 0);
        while word < 4 {
            if mask >> word & 1 == 1 {
                table[mask][at] = 64 * word;
                at += 1;
            }
            word += 1;
        }
        mask += 1;
    }
    table
};

/// Writes the first bits of the live words, `first` being that of the first word, without
/// a branch on any; how many.
#[inline(always)]
pub fn expand(live: u64, first: u32, room: &mut [u32; BLOCK_WORDS]) -> usize {
    if live == 0 {
        return 0;
    }
    let mut count = 0;
    for quarter in 0..BLOCK_WORDS / 4 {
        let four = live >> (4 * quarter) & 0xf;
        let first = first + 4 * 64 * quarter as u32;
        // The quarters before have written four at most each: there is room for four.
        let to = room
            .get_mut(count..)
            .and_then(<[u32]>::first_chunk_mut::<4>);
        if let Some(to) = to {
            for (to, bit) in to.iter_mut().zip(FIRST_BITS[four as usize]) {
                *to = first + bit;
            }
        }
        count += four.count_ones() as usize;
    }
    count
}
