//! Steps, one behind the other, with their names where there is room.

use super::{BAR, Lanes, write_text};
use crate::report::markup::Markup;
use crate::report::scale::{percent, time};

/// A step.
pub struct Band {
    /// Number that a table explains.
    pub number: usize,
    /// Name; it is written if there is room.
    pub name: String,
    /// First cycle.
    pub start: u64,
    /// One behind the last.
    pub end: u64,
}

/// Least and usual width of the plot on a narrow and on a wide page.
const NARROW: f64 = 200.0;
const WIDE: f64 = 640.0;
/// Width of a character, and of what is beside a text.
const CHARACTER: f64 = 7.0;
const PADDING: f64 = 10.0;
impl Lanes {
    pub(super) fn bands(&self, page: &mut Markup, bands: &[Band]) {
        let height = BAR + 6.0;
        self.row(page, "row bands", |page| write_text(page, "step"), height);
        let inside = || {
            bands.iter().filter(|band| {
                band.end > self.axis.window.start && band.start < self.axis.window.end
            })
        };
        let listed: Vec<String> = inside()
            .map(|band| {
                format!(
                    "{}: {} to {}",
                    band.name,
                    self.at(band.start),
                    self.at(band.end)
                )
            })
            .collect();
        page.element("title", &[], "Steps");
        page.element("desc", &[], listed.join("; "));
        self.grid(page, 0.0, height);
        for band in inside() {
            let start = self.axis.percent(band.start);
            let width = self.axis.percent(band.end) - start;
            let shade = if band.number.is_multiple_of(2) {
                "band even"
            } else {
                "band odd"
            };
            page.open("g", &[]);
            let took = time(self.axis.ns(band.end - band.start));
            page.element(
                "title",
                &[],
                format!("{}. {}, {took}", band.number, band.name),
            );
            page.leaf(
                "rect",
                &[
                    ("class", &shade),
                    ("x", &percent(start)),
                    ("width", &percent(width)),
                    ("y", &0),
                    ("height", &height),
                ],
            );
            self.band_text(page, band, start, width);
            page.close();
        }
        self.end_row(page);
    }

    /// The name where it fits, else the number where that fits; narrow and wide pages differ.
    fn band_text(&self, page: &mut Markup, band: &Band, start: f64, width: f64) {
        let number = band.number.to_string();
        let whole = format!("{number} {}", band.name);
        let fits = |text: &str, plot: f64| {
            text.chars().count() as f64 * CHARACTER + PADDING <= width / 100.0 * plot
        };
        let best = |plot: f64| [&whole, &number].into_iter().find(|text| fits(text, plot));
        let mut write = |text: &str, class: &'static str| {
            page.element(
                "text",
                &[
                    ("class", &class),
                    ("x", &percent(start)),
                    ("dx", &5),
                    ("y", &15),
                ],
                text,
            );
        };
        match (best(NARROW), best(WIDE)) {
            (Some(narrow), Some(wide)) if narrow == wide => write(narrow, "name"),
            (narrow, wide) => {
                if let Some(text) = narrow {
                    write(text, "name narrow");
                }
                if let Some(text) = wide {
                    write(text, "name wide");
                }
            }
        }
    }
}
