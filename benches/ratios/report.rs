//! Rows: printed, and as JSON and CSV.

use serde::Serialize;
use std::error::Error;
use std::fs;
use std::path::Path;

/// One implementation in one case.
#[derive(Serialize)]
pub struct Row {
    /// Bytes of a bitmap.
    pub size_bytes: usize,
    pub pattern: String,
    /// Part of the bits that is set.
    pub density: f64,
    /// `read`, `pages`, `ranges` or `sync`.
    pub output: String,
    pub implementation: &'static str,
    /// Median over the turns.
    pub ns: f64,
    /// Median over the turns of this time over that of the read limit in the same turn.
    pub ratio_to_read_limit: f64,
    /// The same ratio at the first and third quartile.
    pub ratio_first_quartile: f64,
    pub ratio_third_quartile: f64,
    pub turns: usize,
    /// Set bits of a bitmap, on average.
    pub pages: u64,
}

/// The value below which this part of them is.
pub fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let index = (part * last as f64).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// The processor's name, if the system tells it.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown".into(), |(_, name)| name.trim().to_owned())
}

/// Prints a case.
pub fn print(rows: &[Row]) {
    let Some(first) = rows.first() else {
        return;
    };
    println!(
        "\n{} KiB, {}, density {}, {} pages, {} turns",
        first.size_bytes >> 10,
        first.pattern,
        first.density,
        first.pages,
        first.turns
    );
    for row in rows {
        println!(
            "  {:<7} {:<20} {:>12.3} us  {:>8.2} x the read limit ({:.2} to {:.2})",
            row.output,
            row.implementation,
            row.ns / 1e3,
            row.ratio_to_read_limit,
            row.ratio_first_quartile,
            row.ratio_third_quartile
        );
    }
}

/// All rows, as a JSON array.
pub fn write_json(path: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    Ok(fs::write(path, serde_json::to_string_pretty(rows)? + "\n")?)
}

/// All rows, under a line of names.
pub fn write_csv(path: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let mut text = String::from(
        "size_bytes,pattern,density,output,implementation,ns,ratio_to_read_limit,ratio_first_quartile,ratio_third_quartile,turns,pages\n",
    );
    for row in rows {
        text += &format!(
            "{},{},{},{},{},{:.0},{:.4},{:.4},{:.4},{},{}\n",
            row.size_bytes,
            row.pattern,
            row.density,
            row.output,
            row.implementation,
            row.ns,
            row.ratio_to_read_limit,
            row.ratio_first_quartile,
            row.ratio_third_quartile,
            row.turns,
            row.pages
        );
    }
    Ok(fs::write(path, text)?)
}
