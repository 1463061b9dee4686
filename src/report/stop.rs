//! The stop, looked at closely: quiesce, downtime on the source, downtime on the destination.

use super::lanes::{Band, Lanes, Row};
use super::markup::Markup;
use super::overview::Signal;
use super::scale::{count, ns, percent, time};
use slackwater_sim::migration::timeline::{Cost, StopCosts, Timeline, Track};
use slackwater_sim::migration::{MigrationReport, Side};

/// Writes where the time went: a bar and a table, then each stretch by itself.
pub fn write(page: &mut Markup, report: &MigrationReport, timeline: &Timeline, costs: &StopCosts) {
    let clock_hz = timeline.clock_hz;
    let downtime = time(ns(costs.downtime_cycles(), clock_hz));
    page.open("p", &[]);
    page.text(format!(
        "DMA comes to rest in {} while the virtual CPUs run. Then no virtual CPU runs for {downtime}: {} on the \
         source and {} on the destination, which goes on where the source has ended. The limit of {} is for \
         sending what is left.",
        time(ns(costs.quiesce_cycles(), clock_hz)),
        time(ns(report.stop_cycles, clock_hz)),
        time(ns(report.resume_cycles, clock_hz)),
        time(report.downtime_limit_ns as f64),
    ));
    page.close().line();
    bar(page, costs, clock_hz);
    table(page, costs, clock_hz);
    let [quiesce, source, destination] = stretches(costs);
    use Signal::{
        Error, Frozen, Gate, Ndma, Quiesced, Request, Resuming, Running, Saving, Tracking, Vcpus,
    };
    let figures: [(&str, &Track, Vec<_>, &[Signal]); 3] = [
        (
            "Quiesce, on the source",
            &timeline.source,
            quiesce,
            &[Vcpus, Request, Gate, Quiesced, Ndma],
        ),
        (
            "Stop, on the source",
            &timeline.source,
            source,
            &[Vcpus, Tracking, Running, Saving, Ndma, Gate, Frozen, Error],
        ),
        (
            "Resume, on the destination",
            &timeline.destination,
            destination,
            &[Vcpus, Running, Resuming, Ndma, Gate, Frozen, Error],
        ),
    ];
    for (title, track, costs, signals) in figures {
        page.open("figure", &[]);
        page.element("figcaption", &[], title);
        stretch(track, &costs, signals, clock_hz).write(page);
        page.close().line();
    }
}

/// All parts with the numbers that bar, table and bands share.
fn numbered(costs: &StopCosts) -> impl Iterator<Item = Numbered<'_>> {
    (1..).zip(costs.quiesce.iter().chain(&costs.downtime))
}

/// The downtime as one bar.
fn bar(page: &mut Markup, costs: &StopCosts, clock_hz: u64) {
    let total = costs.downtime_cycles().max(1) as f64;
    page.open("figure", &[("class", &"downtime")]);
    page.element("figcaption", &[], "Downtime, end to end");
    page.open(
        "svg",
        &[("class", &"stack"), ("height", &30), ("role", &"img")],
    );
    page.element("title", &[], "Downtime by its parts");
    let share = |cost: &Cost| cost.cycles as f64 * 100.0 / total;
    let parts = || numbered(costs).skip(costs.quiesce.len());
    let listed: Vec<String> = parts()
        .map(|(number, cost)| format!("{number}. {}: {:.1} %", cost.part.name(), share(cost)))
        .collect();
    page.element("desc", &[], listed.join("; "));
    let mut start = 0.0;
    for (number, cost) in parts() {
        let width = share(cost);
        let class = match (cost.part.side(), number.is_multiple_of(2)) {
            (Side::Source, true) => "source even",
            (Side::Source, false) => "source odd",
            (Side::Destination, true) => "destination even",
            (Side::Destination, false) => "destination odd",
        };
        page.open("g", &[]);
        let took = time(ns(cost.cycles, clock_hz));
        page.element(
            "title",
            &[],
            format!("{number}. {}, {took}", cost.part.name()),
        );
        page.leaf(
            "rect",
            &[
                ("class", &class),
                ("x", &percent(start)),
                ("width", &percent(width)),
                ("height", &30),
            ],
        );
        // A number of two digits has room in a twelfth of the narrowest page.
        if width > 8.0 {
            page.element(
                "text",
                &[
                    ("class", &"name"),
                    ("x", &percent(start + width / 2.0)),
                    ("y", &20),
                ],
                number,
            );
        }
        page.close();
        start += width;
    }
    page.close();
    page.open("p", &[("class", &"key")]);
    page.element("span", &[("class", &"swatch source")], "")
        .text(" source ");
    page.element("span", &[("class", &"swatch destination")], "")
        .text(" destination. Numbers as in the table.");
    page.close().close().line();
}

fn table(page: &mut Markup, costs: &StopCosts, clock_hz: u64) {
    page.open("table", &[("class", &"costs")]);
    page.element("caption", &[], "What each part of the stop cost");
    page.open("thead", &[]).open("tr", &[]);
    for (name, class) in [
        ("no.", "number"),
        ("part", "text"),
        ("cycles", "number"),
        ("time", "number"),
    ] {
        page.element("th", &[("scope", &"col"), ("class", &class)], name);
    }
    page.close().close().line();
    let [quiesce, source, destination] = stretches(costs);
    group(page, "Quiesce: the virtual CPUs run", &quiesce, clock_hz);
    sum(page, "sum", "quiesce", costs.quiesce_cycles(), clock_hz);
    group(page, "Stop, on the source", &source, clock_hz);
    sum(page, "part", "on the source", total(&source), clock_hz);
    group(page, "Resume, on the destination", &destination, clock_hz);
    sum(
        page,
        "part",
        "on the destination",
        total(&destination),
        clock_hz,
    );
    sum(page, "sum", "downtime", costs.downtime_cycles(), clock_hz);
    page.close().close().line();
}

/// A part with its number.
type Numbered<'a> = (usize, &'a Cost);

/// The parts of the quiesce, of the stop on the source, and of that on the destination.
fn stretches(costs: &StopCosts) -> [Vec<Numbered<'_>>; 3] {
    let (source, destination) = numbered(costs)
        .skip(costs.quiesce.len())
        .partition(|(_, cost)| cost.part.side() == Side::Source);
    let quiesce = numbered(costs).take(costs.quiesce.len());
    [quiesce.collect(), source, destination]
}

fn total(costs: &[Numbered<'_>]) -> u64 {
    costs.iter().map(|(_, cost)| cost.cycles).sum()
}

/// Rows of a stretch; the body of the table is left open for their sum.
fn group(page: &mut Markup, name: &str, costs: &[Numbered<'_>], clock_hz: u64) {
    if costs.first().is_some_and(|(number, _)| *number > 1) {
        page.close().line();
    }
    page.open("tbody", &[]).open("tr", &[("class", &"group")]);
    page.element("th", &[("scope", &"rowgroup"), ("colspan", &4)], name)
        .close()
        .line();
    for (number, cost) in costs {
        page.open("tr", &[]);
        page.element("td", &[("class", &"number")], number);
        page.element("th", &[("scope", &"row")], cost.part.name());
        figures(page, cost.cycles, clock_hz);
        page.close().line();
    }
}

fn sum(page: &mut Markup, class: &str, name: &str, cycles: u64, clock_hz: u64) {
    page.open("tr", &[("class", &class)]);
    page.element("td", &[], "")
        .element("th", &[("scope", &"row")], name);
    figures(page, cycles, clock_hz);
    page.close().line();
}

fn figures(page: &mut Markup, cycles: u64, clock_hz: u64) {
    page.element("td", &[("class", &"number")], count(cycles));
    page.element("td", &[("class", &"number")], time(ns(cycles, clock_hz)));
}

/// Some parts that follow each other, with a little before and behind them.
fn stretch(track: &Track, costs: &[Numbered<'_>], signals: &[Signal], clock_hz: u64) -> Lanes {
    let start = costs.first().map_or(0, |(_, cost)| cost.from_cycle);
    let end = costs
        .last()
        .map_or(start, |(_, cost)| cost.from_cycle + cost.cycles);
    let bands = costs.iter().map(|&(number, cost)| Band {
        number,
        name: cost.part.name().to_owned(),
        start: cost.from_cycle,
        end: cost.from_cycle + cost.cycles,
    });
    let mut rows = vec![Row::Bands(bands.collect())];
    rows.extend(signals.iter().map(|signal| signal.row(track)));
    Lanes::around(start, end, clock_hz, rows)
}
