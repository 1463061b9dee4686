//! Plots of the rows: time over density, both on log axes.

use crate::report::Row;
use plotters::prelude::*;
use std::error::Error;
use std::fs;
use std::path::Path;

/// Size of what is drawn.
const BYTES: usize = 32 << 20;
/// Where a density of 0 is drawn.
const ZERO: f64 = 1e-6;
const SIZE: (u32, u32) = (900, 560);

/// One file for each output and pattern.
pub fn draw(folder: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for output in ["pages", "ranges"] {
        for pattern in ["uniform", "clustered"] {
            let rows: Vec<&Row> = rows
                .iter()
                .filter(|row| row.size_bytes == BYTES && row.pattern == pattern)
                .filter(|row| row.output == output || row.output == "read")
                .collect();
            if rows.iter().any(|row| row.output == output) {
                let path = folder.join(format!("{output}-{pattern}.svg"));
                plot(
                    &path,
                    &format!("one log of 1 TiB of guest to {output}, {pattern}"),
                    &rows,
                )?;
            }
        }
    }
    Ok(())
}

fn plot(path: &Path, title: &str, rows: &[&Row]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let ms = |row: &Row| row.ns / 1e6;
    let least = rows.iter().map(|row| ms(row)).fold(f64::MAX, f64::min);
    let most = rows.iter().map(|row| ms(row)).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (ZERO..1.0).log_scale(),
            (least / 1.5..most * 1.5).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("part of the pages that is dirty (0 at the left edge)")
        .y_desc("ms")
        .x_label_formatter(&|x| {
            if *x <= ZERO {
                "0".into()
            } else {
                format!("{x:.0e}")
            }
        })
        .light_line_style(WHITE)
        .draw()?;
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.implementation) {
            names.push(row.implementation);
        }
    }
    for (index, name) in names.into_iter().enumerate() {
        let own = name.starts_with("slackwater");
        let color = match name {
            "read limit" => BLACK.to_rgba(),
            _ => Palette99::pick(index).to_rgba(),
        };
        let style = color.stroke_width(if own { 3 } else { 1 });
        let points: Vec<(f64, f64)> = rows
            .iter()
            .filter(|row| row.implementation == name)
            .map(|row| (row.density.max(ZERO), ms(row)))
            .collect();
        let dots = points
            .iter()
            .map(|point| Circle::new(*point, 3, color.filled()));
        chart.draw_series(dots)?;
        chart
            .draw_series(LineSeries::new(points.clone(), style))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}
