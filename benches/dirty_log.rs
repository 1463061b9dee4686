//! Decoding the words of the dirty log into ranges of pages.
//!
//! The inputs are bitmaps of 128 KiB (the whole log of a default core, 2^20 pages)
//! and 2 MiB, with 0, 1e-4, 1e-2 and half of the bits set. Eight of each rotate, so
//! that no run of the decoder learns its branches from the run before. A decoder
//! is timed only after it has given what a loop over the bits gives, and that
//! loop is timed beside it.

use criterion::{BenchmarkId, Criterion, Throughput};
use slackwater_host::bitmap::runs;
use slackwater_sim::seed::Seed;
use std::hint::black_box;
use std::time::Duration;

/// Inputs that rotate.
const INPUTS: usize = 8;
const SEED: Seed = Seed(0x51ac);

/// What a decoder found; equal sums mean equal ranges but for chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Found {
    ranges: usize,
    pages: usize,
    /// Sum over the ranges of first page times length, modulo 2^64.
    moment: usize,
}

impl Found {
    fn add(self, (first, pages): (usize, usize)) -> Self {
        Self {
            ranges: self.ranges + 1,
            pages: self.pages + pages,
            moment: self.moment.wrapping_add(first.wrapping_mul(pages)),
        }
    }
}

/// One decoder under test.
type Decoder = fn(&[u32]) -> Found;

const DECODERS: [(&str, Decoder); 2] = [("runs", by_runs), ("bit_loop", by_bit_loop)];

fn by_runs(words: &[u32]) -> Found {
    runs(words).fold(Found::default(), Found::add)
}

fn by_bit_loop(words: &[u32]) -> Found {
    let mut found = Found::default();
    let mut first = None;
    for bit in 0..words.len() * 32 {
        let marked = words[bit / 32] >> (bit % 32) & 1 == 1;
        match first {
            None if marked => first = Some(bit),
            Some(start) if !marked => {
                found = found.add((start, bit - start));
                first = None;
            }
            _ => {}
        }
    }
    match first {
        Some(start) => found.add((start, words.len() * 32 - start)),
        None => found,
    }
}

/// Bitmaps with about `density` of their bits set, at random places.
fn bitmaps(bytes: usize, density: f64) -> Vec<Vec<u32>> {
    let name = format!("{bytes} bytes, density {density}");
    let bits = bytes * 8;
    (0..INPUTS)
        .map(|index| {
            let mut random = SEED.numbered(&name, index).stream();
            if density >= 0.5 {
                return (0..bytes / 4).map(|_| random.bits() as u32).collect();
            }
            let mut words = vec![0_u32; bytes / 4];
            for _ in 0..(bits as f64 * density) as usize {
                let bit = random.below(bits as u64) as usize;
                words[bit / 32] |= 1 << (bit % 32);
            }
            words
        })
        .collect()
}

fn decode(criterion: &mut Criterion) {
    for (size, bytes) in [("128KiB", 128 << 10), ("2MiB", 2 << 20)] {
        let mut group = criterion.benchmark_group(format!("dirty_log/{size}"));
        group.throughput(Throughput::Bytes(bytes as u64));
        for density in [0.0, 1e-4, 1e-2, 0.5] {
            let inputs = bitmaps(bytes, density);
            for (name, decoder) in DECODERS {
                for (index, words) in inputs.iter().enumerate() {
                    let pages: usize = words.iter().map(|word| word.count_ones() as usize).sum();
                    let expected = by_bit_loop(words);
                    assert_eq!(expected.pages, pages, "bit loop, input {index}, {SEED}");
                    assert_eq!(decoder(words), expected, "{name}, input {index}, {SEED}");
                }
                let mut next = 0;
                group.bench_function(BenchmarkId::new(name, density), |bencher| {
                    bencher.iter(|| {
                        next = (next + 1) % INPUTS;
                        decoder(black_box(&inputs[next]))
                    });
                });
            }
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    decode(&mut criterion);
    criterion.final_summary();
}
