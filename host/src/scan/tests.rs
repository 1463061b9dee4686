//! All paths against a loop over the bits.

use super::*;
use std::ops::Range;

/// A small generator: every failure names its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }
}

fn pages_of(bytes: &[u8], bits: u64) -> Vec<u64> {
    (0..bits)
        .filter(|bit| bytes[(bit / 8) as usize] >> (bit % 8) & 1 == 1)
        .collect()
}

fn ranges_of(pages: &[u64]) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for page in pages {
        match ranges.last_mut() {
            Some(last) if last.end == *page => last.end += 1,
            _ => ranges.push(*page..page + 1),
        }
    }
    ranges
}

/// The paths that this processor has.
fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_available())
}

/// Every form of every path.
fn check(bytes: &[u8], bits: u64, what: &str) {
    let expected = pages_of(bytes, bits);
    let ranges = ranges_of(&expected);
    let bitmap = Bitmap::new(bytes, bits).expect("enough bytes");
    for path in paths() {
        let mut batches = Vec::new();
        bitmap.for_each_batch(path, |batch| batches.extend(batch.pages()));
        assert_eq!(batches, expected, "batches, {path}, {bits} bits, {what}");
        let pages: Vec<u64> = bitmap.pages_by(path).collect();
        assert_eq!(pages, expected, "pages, {path}, {bits} bits, {what}");
        let mut each = Vec::new();
        bitmap.for_each_range(path, |range| each.push(range));
        assert_eq!(each, ranges, "each range, {path}, {bits} bits, {what}");
        let found: Vec<_> = bitmap.ranges_by(path).collect();
        assert_eq!(found, ranges, "ranges, {path}, {bits} bits, {what}");
    }
}

/// Bytes of which about one bit in `one_in` is set; with `run`, in runs of about that length.
fn bytes(random: &mut Random, length: usize, one_in: u64, run: u64) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut bit = 0;
    while one_in > 0 && bit < length as u64 * 8 {
        bit += random.next() % (2 * one_in * run.max(1));
        let end = bit
            + 1
            + if run > 1 {
                random.next() % (2 * run)
            } else {
                0
            };
        for bit in bit..end.min(length as u64 * 8) {
            bytes[(bit / 8) as usize] |= 1 << (bit % 8);
        }
        bit = end;
    }
    bytes
}

#[test]
fn every_length_up_to_4096_bits_at_its_edges() {
    let lengths: Vec<u64> = if cfg!(miri) {
        vec![0, 1, 63, 64, 65, 512, 4095, 4096]
    } else {
        (0..=4096).collect()
    };
    for bits in lengths {
        let mut bytes = vec![0xff; 4096 / 8 + 8];
        check(&bytes, bits, "all ones");
        bytes.fill(0);
        // What follows the last bit is not looked at.
        bytes[(bits / 8) as usize] = !((1 << (bits % 8)) - 1);
        check(&bytes, bits, "zeros, then ones behind the end");
        for bit in [0, bits / 2, bits.saturating_sub(1)] {
            bytes[(bit / 8) as usize] |= 1 << (bit % 8);
        }
        check(&bytes, bits, "first, middle and last");
    }
}

#[test]
fn prop_random_bitmaps_of_any_length_density_and_alignment() {
    let seeds = if cfg!(miri) { 1..4 } else { 1..600 };
    for seed in seeds {
        let mut random = Random(seed);
        let length = (random.next() % if seed % 4 == 0 { 70_000 } else { 5_000 }) as usize;
        let one_in = [0, 1, 2, 3, 10, 100, 1_000, 30_000][(random.next() % 8) as usize];
        let run = [1, 1, 5, 64, 3_000][(random.next() % 5) as usize];
        let bytes = bytes(&mut random, length, one_in, run);
        let skip = (random.next() as usize % 9).min(length);
        let bytes = &bytes[skip..];
        let bits = (bytes.len() as u64 * 8).saturating_sub(random.next() % 70);
        check(
            bytes,
            bits,
            &format!("seed {seed}, one in {one_in}, runs of {run}"),
        );
    }
}

#[test]
fn positions_further_apart_than_32_bits_are_whole() {
    if cfg!(miri) {
        return;
    }
    // 768 MiB of zeros take no memory until they are written.
    let mut bytes = vec![0_u8; 768 << 20];
    let bits = bytes.len() as u64 * 8;
    let marked = [3, (1 << 31) + 5, (1 << 32) + 7, bits - 1];
    for bit in marked {
        bytes[(bit / 8) as usize] |= 1 << (bit % 8);
    }
    let bitmap = Bitmap::whole(&bytes);
    let mut pages = Vec::new();
    bitmap.for_each_batch(Path::best(), |batch| pages.extend(batch.pages()));
    assert_eq!(pages, marked);
    let ranges: Vec<_> = bitmap.ranges().collect();
    assert_eq!(ranges, ranges_of(&marked));
}

#[test]
fn a_bitmap_is_not_longer_than_its_bytes() {
    assert!(Bitmap::new(&[0; 2], 16).is_some());
    assert!(Bitmap::new(&[0; 2], 17).is_none());
    assert!(Bitmap::new(&[], u64::MAX).is_none());
    assert_eq!(Bitmap::whole(&[1; 3]).bits(), 24);
}

#[test]
fn addresses_have_base_and_page_size() {
    let log = Bitmap::whole(&[0b1010]);
    let mut addresses = Vec::new();
    log.for_each_batch(Path::best(), |batch| {
        addresses.extend(batch.addresses(0x1_0000_0000, 12));
    });
    assert_eq!(addresses, [0x1_0000_1000, 0x1_0000_3000]);
}

#[test]
fn the_best_path_is_one_that_the_processor_has() {
    assert!(Path::best().is_available());
    assert!(Path::Portable.is_available());
}
