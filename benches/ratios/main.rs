//! The scans of `--bench scan` in turn: in each turn every implementation runs on the same
//! inputs, so that whatever else the machine does meets all of them. What is compared
//! are ratios within a turn, their median, and how far they spread.

#[path = "../scan/forms.rs"]
mod forms;
#[path = "../huge_pages.rs"]
mod huge_pages;
#[path = "../scan/implementations.rs"]
mod implementations;
#[path = "../scan/inputs.rs"]
mod inputs;
mod plot;
#[path = "../scan/reader.rs"]
mod reader;
mod report;
mod sync;
mod turns;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use inputs::{Case, DENSITIES, Pattern};
use report::Row;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

/// Compares dirty-log scans by ratios within one run.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench ratios --")]
struct Options {
    /// 2 MiB, and 32 MiB uniform; few turns: a few minutes instead of most of an hour.
    #[arg(long)]
    quick: bool,
    /// Seconds for each case; every case has three turns at least.
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Only bitmaps of so many KiB: 128, 2048, 32768 or 524288; without the sync pass.
    #[arg(long, value_name = "KIB")]
    size: Option<usize>,
    /// Only this density.
    #[arg(long, value_name = "D")]
    density: Option<f64>,
    /// Only these implementations, besides the read limit.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Writes the rows as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the rows as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draws the rows of 32 MiB into this folder, as SVG.
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is run: size in bytes, pattern, densities.
fn cases(quick: bool) -> Vec<Case> {
    use Pattern::{Clustered, Uniform};
    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;
    let groups: &[(usize, Pattern, &[f64])] = if quick {
        &[
            (2 * MIB, Uniform, &DENSITIES),
            (2 * MIB, Clustered, &DENSITIES),
            (32 * MIB, Uniform, &DENSITIES),
        ]
    } else {
        &[
            (128 * KIB, Uniform, &DENSITIES),
            (128 * KIB, Clustered, &DENSITIES),
            (2 * MIB, Uniform, &DENSITIES),
            (2 * MIB, Clustered, &DENSITIES),
            (32 * MIB, Uniform, &DENSITIES),
            (32 * MIB, Clustered, &DENSITIES),
            (512 * MIB, Uniform, &[0.0, 1e-4, 1e-2]),
        ]
    };
    let each = |(bytes, pattern, densities): &(usize, Pattern, &'static [f64])| {
        let (bytes, pattern) = (*bytes, *pattern);
        densities.iter().map(move |density| Case {
            bytes,
            pattern,
            density: *density,
        })
    };
    groups.iter().flat_map(each).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let seconds = options
        .seconds
        .unwrap_or(if options.quick { 2 } else { 20 });
    let budget = Duration::from_secs(seconds);
    println!("processor: {}", report::processor());
    let density = |density: f64| options.density.is_none_or(|only| only == density);
    let mut cases = cases(options.quick);
    cases.retain(|case| options.size.is_none_or(|kib| case.bytes == kib << 10));
    cases.retain(|case| density(case.density));
    let mut sync: Vec<f64> = DENSITIES.into_iter().filter(|d| density(*d)).collect();
    if options.size.is_some() {
        sync.clear();
    }
    if cases.is_empty() {
        let sizes = "the sizes are 128, 2048, 32768 and 524288 KiB (2048 and 32768 with --quick)";
        return Err(format!("no such case: {sizes}, the densities {DENSITIES:?}").into());
    }
    let progress = ProgressBar::new((cases.len() + sync.len()) as u64);
    progress.set_style(ProgressStyle::with_template(
        "{bar:40} {pos} of {len} cases, {eta} left",
    )?);
    let mut all: Vec<Row> = Vec::new();
    // Written after each case: a run that is stopped leaves what it has.
    let mut keep = |rows: Vec<Row>| -> Result<(), Box<dyn Error>> {
        progress.suspend(|| report::print(&rows));
        all.extend(rows);
        progress.inc(1);
        if let Some(path) = &options.json {
            report::write_json(path, &all)?;
        }
        if let Some(path) = &options.csv {
            report::write_csv(path, &all)?;
        }
        Ok(())
    };
    for case in &cases {
        keep(turns::scan(case, &options.only, budget))?;
    }
    for density in sync {
        keep(sync::rows(density, budget))?;
    }
    progress.finish_and_clear();
    if let Some(folder) = options.plots {
        plot::draw(&folder, &all)?;
    }
    Ok(())
}
