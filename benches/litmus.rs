//! Litmus test of marking while another thread harvests: how many writes the copy lacks.
//!
//! Every page is marked. Then, at once, a writer writes each page and marks it again, and a
//! harvester takes the marks out and copies what they name. When both are done, a last harvest is
//! made, and every page whose copy is not its last write is lost. The log with its fences must
//! lose none. The same log without them tests a mark before it makes it, and the processor may
//! do that test before the write is there for others to see: then the mark is taken for one
//! that covers the write, while the harvester has taken it out and copies what was there before.

use clap::Parser;
use crossbeam::utils::{Backoff, CachePadded};
use slackwater_host::atomic_log::{AtomicDirtyLog, Cell};
use std::hint::spin_loop;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Pages of a round, each a cache line of data; one word of the log.
const PAGES: u64 = 16;
/// The harvester starts after 0 to so many pauses, in turn, to meet the writer at every place.
const DELAYS: u64 = 48;

/// Counts lost writes of a dirty log that is marked and harvested at once.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench litmus --")]
struct Options {
    /// Rounds of a write to each of 16 pages, for each log.
    #[arg(long, default_value_t = 2_000_000)]
    rounds: u64,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// An atomic word of a log that has no fences.
#[derive(Default)]
struct Unfenced(AtomicU64);

impl Cell for Unfenced {
    fn load(&self, order: Ordering) -> u64 {
        self.0.load(order)
    }

    fn swap(&self, value: u64, order: Ordering) -> u64 {
        self.0.swap(value, order)
    }

    fn fetch_or(&self, value: u64, order: Ordering) -> u64 {
        self.0.fetch_or(value, order)
    }

    fn fence() {}
}

/// What both threads share.
struct Shared<C: Cell> {
    log: AtomicDirtyLog<C>,
    data: Vec<CachePadded<AtomicU64>>,
    arrived: CachePadded<AtomicU64>,
}

impl<C: Cell> Shared<C> {
    /// Waits for the other thread, awake: one that sleeps would start microseconds late.
    fn meet(&self) {
        let meeting = self.arrived.fetch_add(1, Ordering::AcqRel) / 2;
        let backoff = Backoff::new();
        while self.arrived.load(Ordering::Acquire) / 2 == meeting {
            backoff.snooze();
        }
    }

    fn mark_all(&self) {
        assert!(self.log.mark_range(0..PAGES), "the log has the pages");
    }

    /// Takes the marks out and copies what they name.
    fn copy(&self, into: &mut [u64]) {
        self.log.harvest(|batch| {
            for page in batch.pages() {
                into[page as usize] = self.data[page as usize].load(Ordering::Relaxed);
            }
        });
    }
}

/// Writes lost in so many rounds.
fn lost<C: Cell + Send + Sync + 'static>(rounds: u64) -> u64 {
    let shared = Shared::<C> {
        log: AtomicDirtyLog::with_cells(PAGES),
        data: (0..PAGES).map(|_| CachePadded::default()).collect(),
        arrived: CachePadded::default(),
    };
    let write = || {
        for round in 1..=rounds {
            shared.mark_all();
            shared.meet();
            for (data, page) in shared.data.iter().zip(0..) {
                data.store(round, Ordering::Relaxed);
                assert!(shared.log.mark(page), "the log has the page");
            }
            shared.meet();
            shared.meet();
        }
    };
    let harvest = || {
        let mut copy = vec![0; PAGES as usize];
        let mut lost = 0;
        for round in 1..=rounds {
            shared.meet();
            (0..round % DELAYS).for_each(|_| spin_loop());
            shared.copy(&mut copy);
            shared.meet();
            shared.copy(&mut copy);
            lost += copy.iter().filter(|value| **value != round).count() as u64;
            shared.meet();
        }
        lost
    };
    thread::scope(|scope| {
        scope.spawn(write);
        harvest()
    })
}

fn main() -> ExitCode {
    let Options { rounds, .. } = Options::parse();
    let writes = rounds * PAGES;
    let fenced = lost::<AtomicU64>(rounds);
    println!("with fences      {fenced} of {writes} writes lost");
    let unfenced = lost::<Unfenced>(rounds);
    println!("without fences   {unfenced} of {writes} writes lost");
    if unfenced == 0 {
        println!(
            "This run did not meet the order that loses one: more --rounds may, and loom does."
        );
    }
    match fenced {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
