//! The atomic log of a VMM for 1 TiB of guest: a harvest at several densities, and what a mark costs
//! while another thread harvests.
//!
//! A harvest clears the log, so it is marked again before each one, untimed.

mod huge_pages;

use criterion::{BenchmarkId, Criterion};
use slackwater_host::atomic_log::AtomicDirtyLog;
use slackwater_sim::seed::{Seed, Stream};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Pages of 1 TiB.
const PAGES: u64 = 1 << 28;
const SEED: Seed = Seed(0x51ac);
const DENSITIES: [f64; 4] = [0.0, 1e-5, 1e-4, 1e-3];

fn random(name: &str) -> Stream {
    SEED.named(name).stream()
}

fn harvest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("atomic log, harvest of 1 TiB");
    let log = AtomicDirtyLog::new(PAGES);
    for density in DENSITIES {
        let mut random = random("harvest");
        let marks = (PAGES as f64 * density) as u64;
        group.bench_function(BenchmarkId::from_parameter(density), |bencher| {
            bencher.iter_custom(|iterations| {
                let mut spent = Duration::ZERO;
                for _ in 0..iterations {
                    for _ in 0..marks {
                        assert!(log.mark(random.below(PAGES)), "within the log");
                    }
                    let start = Instant::now();
                    let mut found = 0;
                    log.harvest(|batch| found += batch.offsets().len() as u64);
                    spent += start.elapsed();
                    assert!(
                        found <= marks && found + marks / 100 >= marks,
                        "{found} of {marks}"
                    );
                }
                spent
            });
        });
    }
    group.finish();
}

/// Marks of one thread: random pages, the same page, and ranges of 64.
fn marking(criterion: &mut Criterion) {
    for harvested in [false, true] {
        let name = match harvested {
            false => "atomic log, a mark",
            true => "atomic log, a mark while another thread harvests",
        };
        let mut group = criterion.benchmark_group(name);
        let log = AtomicDirtyLog::new(PAGES);
        let done = AtomicBool::new(!harvested);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    log.harvest(|batch| {
                        black_box(batch.first());
                    });
                }
            });
            let mut random = random("marking");
            group.bench_function("random page", |bencher| {
                bencher.iter(|| log.mark(random.below(PAGES)));
            });
            group.bench_function("same page", |bencher| {
                bencher.iter(|| log.mark(black_box(77)));
            });
            group.bench_function("64 pages", |bencher| {
                bencher.iter(|| {
                    let first = random.below(PAGES - 64);
                    log.mark_range(first..first + 64)
                });
            });
            done.store(true, Ordering::Relaxed);
        });
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    harvest(&mut criterion);
    marking(&mut criterion);
    criterion.final_summary();
}
