//! Rows over one axis of time: steps as bands, levels as bars, rates as areas.
//!
//! ```text
//!  label │ ▓▓▓ 1 ▓▓▓│▓ 2 ▓│▓▓▓ 3 ▓▓▓   bands
//!  label │    ▇▇▇▇▇▇▇       ▇▇        a level, where it is set
//!  label │ ▁▂▅▇▇▅▂▁▁▁▁▂▂▂▂▁▁          a rate
//!        └─0─────5─────10─────15──
//! ```
//! Places are in percent of the width and text keeps its size, so a page can be of any width.

mod bands;
mod level;
mod rate;

pub use bands::Band;
pub use level::Level;
pub use rate::Rate;

use super::markup::Markup;
use super::scale::{Axis, percent, time};

/// A row over the axis.
pub enum Row {
    /// Steps, one behind the other.
    Bands(Vec<Band>),
    /// A level.
    Level(Level),
    /// A rate per interval.
    Rate(Rate),
}

/// Rows with one axis.
pub struct Lanes {
    /// The axis of all rows.
    pub axis: Axis,
    /// What the axis counts, such as the time of a machine.
    pub axis_name: String,
    /// The rows from above.
    pub rows: Vec<Row>,
}

/// Height of a band or level, in pixels.
const BAR: f64 = 16.0;

impl Lanes {
    /// Rows over a stretch of time, with a little before and behind it.
    pub fn around(start: u64, end: u64, clock_hz: u64, rows: Vec<Row>) -> Self {
        let margin = ((end - start) / 16).max(1);
        Self {
            axis: Axis {
                window: start.saturating_sub(margin)..end + margin,
                zero: start,
                clock_hz,
            },
            axis_name: "time".to_owned(),
            rows,
        }
    }

    /// Writes the rows and the axis.
    pub fn write(&self, page: &mut Markup) {
        page.open("div", &[("class", &"lanes")]).line();
        for row in &self.rows {
            match row {
                Row::Bands(bands) => self.bands(page, bands),
                Row::Level(level) => self.level(page, level),
                Row::Rate(rate) => self.rate(page, rate),
            }
        }
        self.ticks(page);
        page.close().line();
    }

    /// Begins a row; the plot is left open.
    fn row(
        &self,
        page: &mut Markup,
        kind: &'static str,
        label: impl FnOnce(&mut Markup),
        height: f64,
    ) {
        page.open("div", &[("class", &kind)]);
        page.open("div", &[("class", &"label")]);
        label(page);
        page.close();
        page.open(
            "svg",
            &[("class", &"plot"), ("height", &height), ("role", &"img")],
        );
    }

    fn end_row(&self, page: &mut Markup) {
        page.close().close().line();
    }

    fn grid(&self, page: &mut Markup, top: f64, bottom: f64) {
        for tick in self.axis.ticks() {
            let x = percent(tick.percent);
            page.leaf(
                "line",
                &[
                    ("class", &"grid"),
                    ("x1", &x),
                    ("x2", &x),
                    ("y1", &top),
                    ("y2", &bottom),
                ],
            );
        }
    }

    fn at(&self, cycle: u64) -> String {
        let zero = self.axis.zero;
        let text = time(self.axis.ns(cycle.abs_diff(zero)));
        if cycle < zero {
            format!("\u{2212}{text}")
        } else {
            text
        }
    }

    fn ticks(&self, page: &mut Markup) {
        let (unit, _) = self.axis.unit();
        let label = |page: &mut Markup| {
            page.text(format!("{}, {unit}", self.axis_name));
        };
        page.open("div", &[("class", &"row axis")]);
        page.open("div", &[("class", &"label")]);
        label(page);
        page.close();
        page.open(
            "svg",
            &[("class", &"plot"), ("height", &18), ("role", &"img")],
        );
        page.element("title", &[], format!("{} in {unit}", self.axis_name));
        for tick in self.axis.ticks() {
            let anchor = match tick.percent {
                percent if percent < 4.0 => "start",
                percent if percent > 96.0 => "end",
                _ => "middle",
            };
            page.element(
                "text",
                &[
                    ("x", &percent(tick.percent)),
                    ("y", &13),
                    ("text-anchor", &anchor),
                ],
                &tick.label,
            );
        }
        self.end_row(page);
    }
}

fn write_text(page: &mut Markup, text: &str) {
    page.text(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn lanes(window: std::ops::Range<u64>) -> Lanes {
        Lanes {
            axis: Axis {
                window,
                zero: 0,
                clock_hz: 125_000_000,
            },
            axis_name: "time".into(),
            rows: Vec::new(),
        }
    }
}
