//! A harvest of the card's dirty log over the simulated bus: reads, bytes and cycles, all exact.
//!
//! The card is the compiled chip in a machine with 1 GiB of memory, which takes 8 of the log's
//! chunks; its engine writes the pages.

#[path = "../sim/tests/harvest/bench.rs"]
mod bench;

use bench::Bench;
use slackwater_sim::seed::Seed;
use std::collections::BTreeSet;

const MEMORY_BYTES: u64 = 1 << 30;
const SEED: Seed = Seed(0x51ac);

/// How pages are chosen.
const PATTERNS: [(&str, u64); 2] = [("uniform", 1), ("runs of 64", 64)];

fn main() {
    // cargo test runs benches too, to see that they start.
    let counts: &[u64] = match std::env::args().any(|argument| argument == "--bench") {
        true => &[0, 1, 64, 512],
        false => &[0, 1],
    };
    println!("pages  pattern     chunks  reads   bytes   cycles       us");
    for (pattern, run) in PATTERNS {
        for count in counts {
            let mut bench = Bench::new(MEMORY_BYTES);
            let mut random = SEED.named(pattern).stream();
            let mut pages = BTreeSet::new();
            while (pages.len() as u64) < *count {
                let first = 16 + random.below(MEMORY_BYTES / 4096 - 16 - run);
                pages.extend((first..first + run).take(*count as usize - pages.len()));
            }
            bench.write(&pages.into_iter().collect::<Vec<_>>());
            let now = |bench: &Bench| {
                let machine = bench.machine.lock().expect("no thread panics");
                (machine.now_cycles(), machine.clock_hz())
            };
            let (before, clock_hz) = now(&bench);
            let (pages, chunks, reads) = bench.harvest();
            let cycles = now(&bench).0 - before;
            println!(
                "{:>5}  {pattern:<10}  {chunks:>6}  {:>5}  {:>6}  {cycles:>7}  {:>7.1}",
                pages.len(),
                reads.requests,
                reads.bytes,
                cycles as f64 * 1e6 / clock_hz as f64
            );
        }
    }
}
