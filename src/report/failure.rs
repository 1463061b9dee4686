//! A migration that failed: in which step, and how the source came back.

use super::lanes::{Lanes, Row};
use super::markup::Markup;
use super::overview::{Signal, steps};
use super::scale::{count, ns, time};
use slackwater_host::DeviceState;
use slackwater_sim::migration::MigrationReport;
use slackwater_sim::migration::timeline::{Aftermath, Change, Timeline, Track, What};

/// Changes that the table lists at most.
const LISTED: usize = 40;

/// Writes where the flows stood, and what the source showed from its last step on.
pub fn write(page: &mut Markup, report: &MigrationReport, timeline: &Timeline) {
    let clock_hz = timeline.clock_hz;
    let source = &timeline.source;
    if let Some(reason) = &report.failure {
        page.element("p", &[("class", &"reason")], reason);
    }
    let last = |track: &Track| {
        let name = track.phases().last().map(|(_, phase)| phase.name());
        name.unwrap_or("none").to_owned()
    };
    page.open("dl", &[("class", &"facts")]);
    let now = match source.aftermath() {
        Aftermath::NeverLeft => "was in RUNNING with its virtual CPUs all the time".to_owned(),
        Aftermath::RanAgain(cycle) => format!(
            "in RUNNING with its virtual CPUs again at {} (cycle {})",
            time(ns(cycle, clock_hz)),
            count(cycle)
        ),
        Aftermath::Unknown => "its card does not tell".to_owned(),
        Aftermath::NotRunning => "is not in RUNNING with its virtual CPUs".to_owned(),
    };
    let facts = [
        ("last step of the source", last(source)),
        ("last step of the destination", last(&timeline.destination)),
        ("the source", now),
    ];
    for (name, value) in facts {
        page.open("div", &[])
            .element("dt", &[], name)
            .element("dd", &[], value)
            .close();
    }
    page.close().line();
    let Some((start, _)) = source.phases().last() else {
        return;
    };
    page.open("figure", &[]);
    page.element("figcaption", &[], "The source from its last step on");
    from_last_step(source, start, clock_hz).write(page);
    page.close().line();
    changes(page, source, start, clock_hz);
}

fn from_last_step(source: &Track, start: u64, clock_hz: u64) -> Lanes {
    let completing = source.first(|what| *what == What::Completing);
    let end = completing.unwrap_or(source.end_cycle).max(start + 1);
    let mut rows = vec![Row::Bands(steps(source))];
    rows.extend(Signal::ALL.map(|signal| signal.row(source)));
    Lanes::around(start, end, clock_hz, rows)
}

/// What the table of changes has of one.
fn row(change: &Change) -> [String; 4] {
    let vcpus = if change.shown.vcpus_running {
        "run"
    } else {
        "paused"
    }
    .to_owned();
    let Some(card) = change.shown.card else {
        return [
            "not told".into(),
            "not told".into(),
            vcpus,
            "not told".into(),
        ];
    };
    let gate = match (card.frozen, card.quiesced, card.gate_closed) {
        (true, ..) => "frozen",
        (_, true, _) => "QUIESCED",
        (.., true) => "closed",
        _ => "open",
    };
    let log = if card.tracking { "on" } else { "off" };
    let state = DeviceState::from_bits(card.device_state).to_string();
    [state, gate.to_owned(), vcpus, log.to_owned()]
}

/// What the source showed from a cycle on.
fn changes(page: &mut Markup, source: &Track, start: u64, clock_hz: u64) {
    page.open("table", &[("class", &"costs")]);
    page.element("caption", &[], "What the source showed, change by change");
    page.open("thead", &[]).open("tr", &[]);
    for (name, class) in [
        ("time", "number"),
        ("device_state", "text"),
        ("gate", "text"),
        ("VCPUs", "text"),
        ("dirty log", "text"),
    ] {
        page.element("th", &[("scope", &"col"), ("class", &class)], name);
    }
    page.close().close().line().open("tbody", &[]);
    let kept: Vec<_> = source.changes.iter().collect();
    let first = kept
        .partition_point(|change| change.cycle <= start)
        .saturating_sub(1);
    let mut rows: Vec<(u64, [String; 4])> = kept[first.min(kept.len())..]
        .iter()
        .map(|change| (change.cycle, row(change)))
        .collect();
    rows.dedup_by(|later, earlier| later.1 == earlier.1);
    for (cycle, [state, gate, vcpus, log]) in rows.iter().take(LISTED) {
        page.open("tr", &[]);
        page.element("td", &[("class", &"number")], time(ns(*cycle, clock_hz)));
        page.element("th", &[("scope", &"row")], state);
        page.element("td", &[], gate)
            .element("td", &[], vcpus)
            .element("td", &[], log);
        page.close().line();
    }
    page.close().close().line();
    if rows.len() > LISTED {
        let more = rows.len() - LISTED;
        page.element(
            "p",
            &[("class", &"note")],
            format!("{more} later changes are left out."),
        );
    }
}
