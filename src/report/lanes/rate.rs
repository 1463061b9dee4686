//! A rate per interval, as an area.

use super::Lanes;
use crate::report::markup::Markup;

/// A rate.
pub struct Rate {
    /// Name.
    pub name: &'static str,
    /// What is said in smaller letters below.
    pub note: String,
    /// What the top of the row stands for.
    pub top: String,
    /// First cycle of the first interval.
    pub start: u64,
    /// Cycles of an interval.
    pub interval_cycles: u64,
    /// Shares of the top, 0 to 1.
    pub shares: Vec<f64>,
}

/// Height of a rate, and of the room above it for what its top stands for.
const AREA: f64 = 44.0;
const HEAD: f64 = 16.0;
impl Lanes {
    pub(super) fn rate(&self, page: &mut Markup, rate: &Rate) {
        let label = |page: &mut Markup| {
            page.text(rate.name).element("small", &[], &rate.note);
        };
        self.row(page, "row rate", label, HEAD + AREA);
        page.element("title", &[], format!("{}: {}", rate.name, rate.note));
        page.element("desc", &[], format!("The top of the row is {}.", rate.top));
        self.grid(page, HEAD, HEAD + AREA);
        for y in [HEAD, HEAD + AREA / 2.0, HEAD + AREA - 0.5] {
            page.leaf(
                "line",
                &[
                    ("class", &"level"),
                    ("x1", &"0"),
                    ("x2", &"100%"),
                    ("y1", &y),
                    ("y2", &y),
                ],
            );
        }
        page.open(
            "svg",
            &[
                ("viewBox", &"0 0 1000 100"),
                ("preserveAspectRatio", &"none"),
                ("width", &"100%"),
                ("y", &HEAD),
                ("height", &AREA),
            ],
        );
        page.leaf("path", &[("class", &"area"), ("d", &self.area(rate))]);
        page.close();
        page.element(
            "text",
            &[("class", &"top"), ("x", &"100%"), ("y", &(HEAD - 5.0))],
            &rate.top,
        );
        self.end_row(page);
    }

    fn area(&self, rate: &Rate) -> String {
        let mut path = String::new();
        let mut last = (f64::NAN, f64::NAN);
        let first_x = self.axis.percent(rate.start) * 10.0;
        path.push_str(&format!("M{first_x:.1} 100"));
        let mut cycle = rate.start;
        let mut end_x = first_x;
        for &share in &rate.shares {
            let y = 100.0 - 100.0 * share.clamp(0.0, 1.0);
            let (from, to) = (cycle, cycle + rate.interval_cycles);
            cycle = to;
            if to <= self.axis.window.start || from >= self.axis.window.end {
                continue;
            }
            let from_x = self.axis.percent(from) * 10.0;
            end_x = self.axis.percent(to) * 10.0;
            // A straight stretch needs no point in it.
            if (last.1 - y).abs() >= 0.05 || last.1.is_nan() {
                path.push_str(&format!("H{from_x:.1}V{y:.1}"));
                last = (from_x, y);
            }
        }
        path.push_str(&format!("H{end_x:.1}V100Z"));
        path
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lanes;
    use super::*;

    #[test]
    fn an_area_has_a_point_per_change() {
        let rate = Rate {
            name: "link",
            note: String::new(),
            top: "100 %".into(),
            start: 0,
            interval_cycles: 10,
            shares: vec![0.5, 0.5, 1.0, 0.0],
        };
        assert_eq!(
            lanes(0..40).area(&rate),
            "M0.0 100H0.0V50.0H500.0V0.0H750.0V100.0H1000.0V100Z"
        );
    }
}
