//! A picture of a migration: one HTML page that needs nothing but itself.
//!
//! ```text
//!  MigrationReport ─┐                ┌─ checks, figures      text and tables
//!                   ├─▶ page ────────┼─ overview, rounds     from the beginning to the end
//!  Timeline ────────┘                └─ stop or failure      looked at closely
//! ```
//! The page has no date and no figure of the machine that simulates: one seed gives the same
//! bytes. It has no script. It is well-formed, and text of any origin is text in it.

mod checks;
mod failure;
mod figures;
mod lanes;
mod markup;
mod overview;
mod rounds;
mod scale;
mod stop;

pub use checks::{Check, checks, verdict};

use markup::Markup;
use overview::{Signal, grain, overview};
use scale::{bytes, ns, time};
use slackwater_sim::migration::MigrationReport;
use slackwater_sim::migration::timeline::{MAX_CHANGES, Timeline, Track};

const STYLE: &str = include_str!("style.css");

/// The page of a migration, whether it succeeded or not.
pub fn page(report: &MigrationReport, timeline: &Timeline) -> String {
    let mut page = Markup::default();
    page.verbatim("<!DOCTYPE html>\n");
    page.open("html", &[("lang", &"en")])
        .line()
        .open("head", &[])
        .line();
    page.leaf("meta", &[("charset", &"utf-8")]).line();
    page.leaf(
        "meta",
        &[
            ("name", &"viewport"),
            ("content", &"width=device-width, initial-scale=1"),
        ],
    );
    page.leaf(
        "meta",
        &[("name", &"color-scheme"), ("content", &"light dark")],
    )
    .line();
    page.element(
        "title",
        &[],
        format!("Slackwater: migration, seed {}", report.seed),
    )
    .line();
    page.open("style", &[])
        .line()
        .verbatim(STYLE)
        .close()
        .line();
    page.close().line().open("body", &[]).line();
    header(&mut page, report);
    page.open("main", &[]).line();
    sections(&mut page, report, timeline);
    page.close().line();
    let mut text = page.finish();
    text.push('\n');
    text
}

/// Verdict, checks, and what was migrated.
fn header(page: &mut Markup, report: &MigrationReport) {
    page.open("header", &[]).line();
    page.element(
        "p",
        &[("class", &"kicker")],
        "Slackwater: live migration of a PCIe device, simulated",
    );
    page.element("h1", &[], verdict(report)).line();
    page.open("ul", &[("class", &"checks")]).line();
    for check in checks(report) {
        let (class, mark) = if check.good {
            ("good", "ok")
        } else {
            ("bad", "FAIL")
        };
        page.open("li", &[("class", &class)]);
        page.element("strong", &[], mark)
            .text(" ")
            .element("span", &[], &check.text);
        page.close().line();
    }
    page.close().line();
    if report.failure.is_none() {
        let us = |cycles| time(ns(cycles, report.clock_hz));
        page.open("dl", &[("class", &"key-figures")]).line();
        for (name, value) in [
            ("downtime", us(report.downtime_cycles)),
            ("quiesce", us(report.quiesce_cycles)),
            ("rounds of pre-copy", report.precopy_rounds.to_string()),
            ("memory sent", bytes(report.memory_bytes_sent)),
        ] {
            page.open("div", &[])
                .element("dt", &[], name)
                .element("dd", &[], value);
            page.close().line();
        }
        page.close().line();
    }
    let run = [
        format!("seed {}", report.seed),
        format!("{} backend", report.backend),
        format!("link {}", report.link),
        format!("{} of memory", bytes(report.memory_bytes)),
        format!("network {}", scale::network(report.network_bytes_per_s)),
        format!("clock {} MHz", report.clock_hz as f64 / 1e6),
    ];
    page.element("p", &[("class", &"run")], run.join(" \u{b7} "));
    page.close().line();
}

fn sections(page: &mut Markup, report: &MigrationReport, timeline: &Timeline) {
    let stop = timeline.stop();
    if report.failure.is_some() {
        section(page, "Where it failed", |page| {
            failure::write(page, report, timeline)
        });
    }
    section(page, "The source", |page| {
        let whole = time(ns(timeline.source.end_cycle, timeline.clock_hz));
        page.element(
            "p",
            &[],
            format!("{whole} of its own time, from the guest's start on."),
        );
        machine(page, &timeline.source, "source", timeline.clock_hz);
    });
    section(page, "The destination", |page| {
        page.element(
            "p",
            &[],
            "Its clock is its own: it stands still while the machine waits for the source, so its times cannot \
             be laid beside those above.",
        );
        machine(
            page,
            &timeline.destination,
            "destination",
            timeline.clock_hz,
        );
    });
    section(page, "Rounds of pre-copy", |page| {
        page.element(
            "p",
            &[],
            "Memory is sent while the guest runs, then again what it dirtied meanwhile. The machine is stopped \
             once the rest fits the downtime limit, or when the rounds run out.",
        );
        rounds::write(page, report, &timeline.source);
    });
    if let Some(costs) = &stop {
        section(page, "The stop", |page| {
            stop::write(page, report, timeline, costs)
        });
    }
    section(page, "Figures", |page| figures::write(page, report));
    section(page, "How to read the rows", |page| {
        page.open("dl", &[("class", &"glossary")]).line();
        for signal in Signal::ALL {
            page.open("div", &[]);
            page.element("dt", &[], signal.name())
                .element("dd", &[], signal.meaning());
            page.close().line();
        }
        page.close().line();
    });
}

fn section(page: &mut Markup, title: &str, write: impl FnOnce(&mut Markup)) {
    page.open("section", &[]).element("h2", &[], title).line();
    write(page);
    page.close().line();
}

/// A machine over time, and the steps of its flow.
fn machine(page: &mut Markup, track: &Track, side: &str, clock_hz: u64) {
    if track.end_cycle == 0 {
        page.element("p", &[("class", &"note")], "Nothing was recorded of it.");
        return;
    }
    page.open("figure", &[]);
    overview(track, side, clock_hz).write(page);
    page.open("figcaption", &[("class", &"note")]);
    page.text(format!(
        "A level is a bar where it is set. Rates are counted in steps of {}.",
        grain(track, clock_hz)
    ));
    if !track.changes.card_told() {
        page.text(" The card does not tell its levels: that a row of it is empty means nothing.");
    }
    if track.changes.dropped() > 0 {
        page.text(format!(
            " Of the levels only the last {MAX_CHANGES} changes are shown; {} earlier ones are not.",
            track.changes.dropped()
        ));
    }
    if track.missed_moments > 0 {
        page.text(format!(
            " {} events of the flow are not shown.",
            track.missed_moments
        ));
    }
    page.close().close().line();
    figures::steps_table(page, track, side, clock_hz);
}
