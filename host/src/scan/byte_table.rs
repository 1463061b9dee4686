//! The bits of a word by a table of what a byte can be: no branch, however many they are.

use super::cursor::GROUP;

/// The numbers of the set bits of a byte, the lowest one first.
const BITS: [[u32; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut at) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte][at] = bit;
                at += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// How many they are.
const ONES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).count_ones() as u8;
        byte += 1;
    }
    table
};

/// Writes the positions of a word's bits, the first bit being `start`; how many.
#[inline(always)]
pub fn decode(word: u64, start: u32, room: &mut [u32; GROUP]) -> usize {
    let mut written = 0;
    for (index, byte) in (0..).zip(word.to_le_bytes()) {
        // The bytes before have written 8 at most each, so the mask changes nothing.
        let written_at = written & 63;
        let Some(to) = room[written_at..].first_chunk_mut::<8>() else {
            break;
        };
        let first = start.wrapping_add(8 * index);
        for (to, bit) in to.iter_mut().zip(BITS[usize::from(byte)]) {
            *to = first.wrapping_add(bit);
        }
        written += usize::from(ONES[usize::from(byte)]);
    }
    written
}
