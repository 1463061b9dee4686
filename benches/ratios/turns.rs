//! Turns: all implementations, one after the other, on the same inputs.

use crate::forms::{Forms, Sink};
use crate::implementations::{self, IMPLEMENTATIONS, Implementation, Output};
use crate::inputs::Case;
use crate::report::{Row, quantile};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Turns that every case has at least.
const TURNS: usize = 3;
/// Bytes that an implementation scans before the next one comes, at least: processors change
/// their clock and wake parts of themselves when the instructions change, and a run of a few
/// microseconds would measure that.
const TURN_BYTES: usize = 16 << 20;

/// Times in ns: of each contestant in each turn.
pub fn take_turns(
    contestants: usize,
    budget: Duration,
    mut time: impl FnMut(usize, usize) -> f64,
) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); contestants];
    let start = Instant::now();
    let mut turn = 0;
    while turn < TURNS || start.elapsed() < budget {
        // Another one first in each turn.
        for step in 0..contestants {
            let index = (step + turn) % contestants;
            times[index].push(time(index, turn));
        }
        turn += 1;
    }
    times
}

/// From times to rows: the first contestant is what the others are compared to.
pub fn rows(
    case: &Case,
    names: &[(String, &'static str)],
    times: Vec<Vec<f64>>,
    pages: u64,
) -> Vec<Row> {
    let limit = times[0].clone();
    names
        .iter()
        .zip(times)
        .map(|((output, implementation), mut times)| {
            let ratios = times.iter().zip(&limit).map(|(ns, limit)| ns / limit);
            let mut ratios: Vec<f64> = ratios.collect();
            Row {
                size_bytes: case.bytes,
                pattern: case.pattern.to_string(),
                density: case.density,
                output: output.clone(),
                implementation,
                ns: quantile(&mut times, 0.5),
                ratio_to_read_limit: quantile(&mut ratios, 0.5),
                ratio_first_quartile: quantile(&mut ratios, 0.25),
                ratio_third_quartile: quantile(&mut ratios, 0.75),
                turns: times.len(),
                pages,
            }
        })
        .collect()
}

/// The scans of one case, by the implementations that are named, all of them if none is.
pub fn scan(case: &Case, only: &[String], budget: Duration) -> Vec<Row> {
    let forms = Forms::all(case);
    let all: Vec<&Implementation> = IMPLEMENTATIONS
        .iter()
        .filter(|one| one.can(case))
        .filter(|one| {
            let named = only.iter().any(|name| name == one.name);
            only.is_empty() || named || one.output == Output::Read
        })
        .collect();
    for implementation in &all {
        implementations::verify(implementation, &forms[..1]);
    }
    let runs = TURN_BYTES.div_ceil(case.bytes);
    let times = take_turns(all.len(), budget, |index, turn| {
        let implementation = all[index];
        let run = |forms: &Forms| {
            if implementation.clears() {
                forms.refill();
            }
            let mut sink = Sink::new(false);
            let start = Instant::now();
            (implementation.run)(black_box(forms), &mut sink);
            let ns = start.elapsed().as_secs_f64() * 1e9;
            black_box(sink.pages);
            ns
        };
        if runs > 1 {
            run(&forms[turn % forms.len()]);
        }
        let turn = forms.iter().cycle().skip(turn % forms.len() + 1);
        turn.take(runs).map(run).sum::<f64>() / runs as f64
    });
    let names: Vec<_> = all
        .iter()
        .map(|one| (one.output.to_string(), one.name))
        .collect();
    let ones = |forms: &Forms| -> u64 {
        let each = forms.words.iter().map(|word| u64::from(word.count_ones()));
        each.sum()
    };
    let pages: u64 = forms.iter().map(ones).sum::<u64>() / forms.len() as u64;
    rows(case, &names, times, pages)
}
