//! From a mask of live words to their numbers, for instruction sets that cannot compress.

use super::cursor::BLOCK_WORDS;

/// Numbers of the set bits of four, as 16-bit words, the first one lowest.
const NUMBERS: [u64; 16] = {
    let mut table = [0; 16];
    let mut mask = 0;
    while mask < 16 {
        let (mut bit, mut at) = (0, 0);
        while bit < 4 {
            if mask >> bit & 1 == 1 {
                table[mask] |= bit << (16 * at);
                at += 1;
            }
            bit += 1;
        }
        mask += 1;
    }
    table
};

/// Writes the numbers of the set bits plus `first`, without a branch on any; how many.
#[inline(always)]
pub fn expand(live: u64, first: u16, room: &mut [u16; BLOCK_WORDS]) -> usize {
    if live == 0 {
        return 0;
    }
    let mut count = 0;
    for quarter in 0..BLOCK_WORDS / 4 {
        let four = live >> (4 * quarter) & 0xf;
        let numbers = NUMBERS[four as usize];
        let from = u64::from(first) + 4 * quarter as u64;
        // Numbers are below 2^16, so no word carries into the next one.
        let numbers = numbers + from * 0x0001_0001_0001_0001;
        // The quarters before have written four at most each: there is room for four.
        if let Some(to) = room
            .get_mut(count..)
            .and_then(<[u16]>::first_chunk_mut::<4>)
        {
            for (index, number) in to.iter_mut().enumerate() {
                *number = (numbers >> (16 * index)) as u16;
            }
        }
        count += four.count_ones() as usize;
    }
    count
}
