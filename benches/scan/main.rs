//! From one bitmap to pages, and to ranges: this project, its peers, and the limit of memory,
//! side by side.
//!
//! Sizes are 128 KiB (the whole log of a default core; it stays in the L2 cache), 2 MiB
//! and 32 MiB (1 TiB of guest in pages of 4 KiB), and once 512 MiB. Criterion runs one
//! implementation after the other; `cargo bench --bench ratios` takes them in turn and is the
//! one to compare by.

mod forms;
#[path = "../huge_pages.rs"]
mod huge_pages;
mod implementations;
mod inputs;
mod reader;

use criterion::{BenchmarkId, Criterion, Throughput};
use forms::{Forms, Sink};
use implementations::{IMPLEMENTATIONS, Output};
use inputs::{Case, DENSITIES, Pattern};
use std::cell::LazyCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn scan(criterion: &mut Criterion, bytes: usize, size: &str, pattern: Pattern) {
    for output in [Output::Pages, Output::Ranges] {
        let mut group = criterion.benchmark_group(format!("{output}/{size}/{pattern}"));
        group.throughput(Throughput::Bytes(bytes as u64));
        for density in DENSITIES {
            let case = Case {
                bytes,
                pattern,
                density,
            };
            // Made only if one of them is to run.
            let forms = LazyCell::new(|| Forms::all(&case));
            let wanted = IMPLEMENTATIONS
                .iter()
                .filter(|one| [output, Output::Read].contains(&one.output) && one.can(&case));
            for implementation in wanted {
                let id = BenchmarkId::new(implementation.name, density);
                group.bench_function(id, |bencher| {
                    implementations::verify(implementation, &forms);
                    bencher.iter_custom(|iterations| {
                        let mut spent = Duration::ZERO;
                        for forms in forms.iter().cycle().take(iterations as usize) {
                            if implementation.clears() {
                                forms.refill();
                            }
                            let mut sink = Sink::new(false);
                            let start = Instant::now();
                            (implementation.run)(black_box(forms), &mut sink);
                            spent += start.elapsed();
                            black_box(sink.pages);
                        }
                        spent
                    });
                });
            }
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .configure_from_args();
    for pattern in [Pattern::Uniform, Pattern::Clustered] {
        for (size, bytes) in [
            ("128KiB", 128 << 10),
            ("2MiB", 2 << 20),
            ("32MiB", 32 << 20),
        ] {
            scan(&mut criterion, bytes, size, pattern);
        }
    }
    scan(&mut criterion, 512 << 20, "512MiB", Pattern::Uniform);
    criterion.final_summary();
}
