//! The rounds of pre-copy: what was sent, what became dirty behind it, and whether it converges.

use super::markup::Markup;
use super::scale::{count, percent, time};
use slackwater_host::flow::Phase;
use slackwater_sim::migration::MigrationReport;
use slackwater_sim::migration::timeline::{Track, What};

/// Rounds that are shown at most: the first half and the last half of so many.
const SHOWN: usize = 40;

/// One round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Which one, from 0.
    pub round: u32,
    /// Pages sent since the last one ended.
    pub sent_pages: u64,
    /// Pages that were dirty when it ended.
    pub dirty_pages: u64,
    /// How long these and the rest of the device's state would take, if it was told.
    pub remaining_ns: Option<u64>,
}

/// The rounds that a machine went through, and pages that it sent behind the last one.
pub fn rounds(source: &Track) -> (Vec<Round>, Option<u64>) {
    let mut rounds: Vec<Round> = Vec::new();
    let mut sent_pages = None;
    for moment in &source.moments {
        match moment.what {
            What::Sending { pages } => sent_pages = Some(sent_pages.unwrap_or(0) + pages),
            What::Round { round, dirty_pages } => rounds.push(Round {
                round,
                sent_pages: sent_pages.take().unwrap_or(0),
                dirty_pages,
                remaining_ns: None,
            }),
            What::Remaining { ns } => {
                if let Some(last) = rounds.last_mut() {
                    last.remaining_ns = Some(ns);
                }
            }
            _ => {}
        }
    }
    (rounds, sent_pages)
}

/// A logarithmic scale from 1.
struct Logarithmic {
    top: f64,
}

impl Logarithmic {
    fn of(values: impl Iterator<Item = u64>) -> Self {
        let most = values.max().unwrap_or(0).max(10) as f64;
        Self { top: most.log10() }
    }

    fn percent(&self, value: u64) -> f64 {
        (value.max(1) as f64).log10() / self.top * 100.0
    }

    fn bar(&self, page: &mut Markup, class: &'static str, value: u64, limit: Option<u64>) {
        page.open(
            "svg",
            &[("class", &"bar"), ("height", &8), ("aria-hidden", &"true")],
        );
        let width = percent(self.percent(value));
        page.leaf(
            "rect",
            &[("class", &"rest"), ("width", &"100%"), ("height", &8)],
        );
        page.leaf(
            "rect",
            &[("class", &class), ("width", &width), ("height", &8)],
        );
        if let Some(limit) = limit {
            let x = percent(self.percent(limit).min(100.0));
            page.leaf(
                "line",
                &[
                    ("class", &"limit"),
                    ("x1", &x),
                    ("x2", &x),
                    ("y1", &0),
                    ("y2", &8),
                ],
            );
        }
        page.close();
    }
}

/// Writes the rounds as a table with bars.
pub fn write(page: &mut Markup, report: &MigrationReport, source: &Track) {
    let (rounds, stopped) = rounds(source);
    if rounds.is_empty() {
        page.element(
            "p",
            &[("class", &"note")],
            "No round of pre-copy came to its end.",
        );
        return;
    }
    let limit_ns = report.downtime_limit_ns;
    let all = rounds.iter();
    let pages = Logarithmic::of(
        all.clone()
            .flat_map(|round| [round.sent_pages, round.dirty_pages])
            .chain(stopped),
    );
    let times = Logarithmic::of(all.filter_map(|round| round.remaining_ns).chain([limit_ns]));
    page.open("table", &[("class", &"rounds")]);
    page.element(
        "caption",
        &[],
        format!(
            "Bars are logarithmic, from 1\u{a0}page and from 1\u{a0}ns. The line in the last column is the downtime \
             limit of {}.",
            time(limit_ns as f64)
        ),
    );
    page.open("thead", &[]).open("tr", &[]);
    for name in [
        "round",
        "pages sent",
        "dirty behind it",
        "time for the rest",
    ] {
        page.element("th", &[("scope", &"col")], name);
    }
    page.close().close().line().open("tbody", &[]);
    let left_out = rounds.len().saturating_sub(SHOWN);
    for (index, round) in rounds.iter().enumerate() {
        if left_out > 0 && (SHOWN / 2..SHOWN / 2 + left_out).contains(&index) {
            if index == SHOWN / 2 {
                page.open("tr", &[]);
                page.element(
                    "td",
                    &[("colspan", &4)],
                    format!("{left_out} rounds are left out"),
                );
                page.close().line();
            }
            continue;
        }
        page.open("tr", &[]);
        page.element("th", &[("scope", &"row")], round.round);
        cell(page, count(round.sent_pages), |page| {
            pages.bar(page, "sent", round.sent_pages, None);
        });
        cell(page, count(round.dirty_pages), |page| {
            pages.bar(page, "dirty", round.dirty_pages, None);
        });
        match round.remaining_ns {
            None => {
                page.element("td", &[], "not told");
            }
            Some(ns) => {
                let fits = if ns <= limit_ns { "fits" } else { "too long" };
                cell(page, format!("{}, {fits}", time(ns as f64)), |page| {
                    times.bar(page, "rest-time", ns, Some(limit_ns));
                });
            }
        }
        page.close().line();
    }
    if let Some(sent) = stopped {
        page.open("tr", &[]);
        let (name, dirty) = match source.phase_cycle(Phase::StopCopy) {
            Some(_) => ("stop", "none: the machine stands still"),
            None => ("not ended", ""),
        };
        page.element("th", &[("scope", &"row")], name);
        cell(page, count(sent), |page| {
            pages.bar(page, "sent", sent, None)
        });
        page.element("td", &[], dirty).element("td", &[], "");
        page.close().line();
    }
    page.close().close().line();
}

fn cell(page: &mut Markup, text: String, bar: impl FnOnce(&mut Markup)) {
    page.open("td", &[]).text(text);
    bar(page);
    page.close();
}

#[cfg(test)]
mod tests {
    use super::*;
    use slackwater_sim::migration::timeline::Moment;

    #[test]
    fn rounds_are_read_from_the_moments() {
        let moments = [
            What::Sending { pages: 100 },
            What::Round {
                round: 0,
                dirty_pages: 7,
            },
            What::Remaining { ns: 900 },
            What::Sending { pages: 7 },
            What::Round {
                round: 1,
                dirty_pages: 2,
            },
            What::Sending { pages: 3 },
        ];
        let track = Track {
            moments: moments.map(|what| Moment { cycle: 0, what }).to_vec(),
            ..Track::default()
        };
        let (found, stopped) = rounds(&track);
        let expected = [(0, 100, 7, Some(900)), (1, 7, 2, None)];
        let expected = expected.map(|(round, sent_pages, dirty_pages, remaining_ns)| Round {
            round,
            sent_pages,
            dirty_pages,
            remaining_ns,
        });
        assert_eq!((found, stopped), (expected.to_vec(), Some(3)));
    }
}
