//! A level: a bar where it is set.

use super::{BAR, Lanes, write_text};
use crate::report::markup::Markup;
use crate::report::scale::percent;

/// A level.
pub struct Level {
    /// Name.
    pub name: &'static str,
    /// What it means, in a few words.
    pub meaning: &'static str,
    /// It begins a group of levels.
    pub first_of_its_kind: bool,
    /// It is bad if it is ever set.
    pub alarming: bool,
    /// Cycles in which it is set, first and one behind the last.
    pub spans: Vec<(u64, u64)>,
}

/// Spans of a level that its title lists.
const LISTED: usize = 6;
/// Spans that are closer than this cannot be told apart, in percent of the width.
const TELL_APART: f64 = 0.03;

impl Lanes {
    pub(super) fn level(&self, page: &mut Markup, level: &Level) {
        let class = match (level.alarming, level.first_of_its_kind) {
            (true, _) => "row level alarming",
            (_, true) => "row level first",
            _ => "row level",
        };
        self.row(page, class, |page| write_text(page, level.name), BAR);
        page.element(
            "title",
            &[],
            format!("{}: {}", level.name, self.spelled(level)),
        );
        page.element("desc", &[], level.meaning);
        self.grid(page, 0.0, BAR);
        page.leaf(
            "line",
            &[
                ("class", &"rest"),
                ("x1", &"0"),
                ("x2", &"100%"),
                ("y1", &(BAR - 2.5)),
                ("y2", &(BAR - 2.5)),
            ],
        );
        for (start, end) in self.joined(level) {
            page.leaf(
                "rect",
                &[
                    ("class", &"set"),
                    ("x", &percent(start)),
                    ("width", &percent(end - start)),
                    ("y", &3),
                    ("height", &(BAR - 5.0)),
                ],
            );
        }
        self.end_row(page);
    }

    /// The spans within the axis as places; those that cannot be told apart as one.
    fn joined(&self, level: &Level) -> Vec<(f64, f64)> {
        let mut joined: Vec<(f64, f64)> = Vec::new();
        let window = &self.axis.window;
        for &(start, end) in &level.spans {
            if end <= window.start || start >= window.end {
                continue;
            }
            let (start, end) = (self.axis.percent(start), self.axis.percent(end));
            match joined.last_mut() {
                Some(last) if start - last.1 < TELL_APART => last.1 = end,
                _ => joined.push((start, end)),
            }
        }
        joined
    }

    fn spelled(&self, level: &Level) -> String {
        let window = &self.axis.window;
        let seen: Vec<&(u64, u64)> = level
            .spans
            .iter()
            .filter(|span| span.1 > window.start && span.0 < window.end)
            .collect();
        let mut parts: Vec<String> = seen
            .iter()
            .take(LISTED)
            .map(|&&(start, end)| {
                let from = if start <= window.start {
                    "before".to_owned()
                } else {
                    self.at(start)
                };
                let to = if end >= window.end {
                    "the end".to_owned()
                } else {
                    self.at(end)
                };
                format!("from {from} to {to}")
            })
            .collect();
        if parts.is_empty() {
            return "never".to_owned();
        }
        if seen.len() > LISTED {
            parts.push(format!("{} more times", seen.len() - LISTED));
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lanes;
    use super::*;

    fn level(spans: Vec<(u64, u64)>) -> Level {
        Level {
            name: "NDMA",
            meaning: "no DMA",
            first_of_its_kind: false,
            alarming: false,
            spans,
        }
    }

    #[test]
    fn spans_are_clipped_to_the_window_and_joined_where_nobody_sees_the_gap() {
        let spans = vec![(0, 50), (150, 160), (200, 300), (300, 301), (900, 2000)];
        let lanes = lanes(100..1100);
        let joined = lanes.joined(&level(spans.clone()));
        assert_eq!(joined, [(5.0, 6.0), (10.0, 20.1), (80.0, 100.0)]);
        let text = lanes.spelled(&level(spans));
        assert!(
            text.starts_with("from 1.20\u{a0}\u{b5}s to 1.28\u{a0}\u{b5}s"),
            "{text}"
        );
        assert!(text.ends_with("to the end"), "{text}");
        assert_eq!(lanes.spelled(&level(Vec::new())), "never");
    }
}
