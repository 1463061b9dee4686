//! The figures of a migration as tables.

use super::markup::Markup;
use super::overview::steps;
use super::scale::{bytes, count, network, ns, time};
use slackwater_sim::migration::MigrationReport;
use slackwater_sim::migration::timeline::Track;

/// Figures that a migration has only when both flows have come to their ends.
const OF_A_WHOLE_MIGRATION: [&str; 13] = [
    "downtime",
    "of it on the source",
    "of it on the destination",
    "quiesce",
    "memory sent",
    "rounds of pre-copy",
    "what was left fitted the limit",
    "pages sent in the stop",
    "device stream",
    "of it before the stop",
    "log cleared under NDMA",
    "DMA writes to no range of the log",
    "jobs in the ring at the switch-over",
];

/// Writes all figures that do not depend on the machine that simulates.
pub fn write(page: &mut Markup, report: &MigrationReport) {
    let clock_hz = report.clock_hz;
    let cycles = |cycles: u64| format!("{} ({} cycles)", time(ns(cycles, clock_hz)), count(cycles));
    let sized = |value: u64| format!("{} ({} bytes)", bytes(value), count(value));
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let groups: [(&str, Vec<(&str, String)>); 4] = [
        (
            "Time",
            vec![
                ("downtime", cycles(report.downtime_cycles)),
                ("of it on the source", cycles(report.stop_cycles)),
                ("of it on the destination", cycles(report.resume_cycles)),
                (
                    "limit for what is sent in it",
                    time(report.downtime_limit_ns as f64),
                ),
                ("quiesce", cycles(report.quiesce_cycles)),
                ("source, all of the run", cycles(report.source_cycles)),
                (
                    "destination, all of the run",
                    cycles(report.destination_cycles),
                ),
            ],
        ),
        (
            "Memory and device state",
            vec![
                ("memory sent", sized(report.memory_bytes_sent)),
                ("rounds of pre-copy", count(report.precopy_rounds)),
                ("what was left fitted the limit", yes(report.converged)),
                ("pages sent in the stop", count(report.final_pages)),
                ("device stream", sized(report.stream_bytes)),
                ("of it before the stop", sized(report.precopy_stream_bytes)),
                ("log cleared under NDMA", yes(report.synthesized_clear)),
                (
                    "DMA writes to no range of the log",
                    count(report.outside_writes),
                ),
            ],
        ),
        (
            "Guest",
            vec![
                (
                    "jobs given to the accelerator",
                    count(report.jobs_submitted),
                ),
                ("jobs that came back right", count(report.jobs_completed)),
                (
                    "jobs in the ring at the switch-over",
                    count(report.jobs_interrupted),
                ),
                ("DMA writes on the source", count(report.device_writes)),
                ("AtomicOps on the source", count(report.device_atomics)),
                ("pages written by virtual CPUs", count(report.vcpu_writes)),
            ],
        ),
        (
            "Run",
            vec![
                ("seed", report.seed.to_string()),
                ("backend", report.backend.to_string()),
                ("clock", format!("{} MHz", clock_hz as f64 / 1e6)),
                ("link of the cards", report.link.clone()),
                ("memory of each machine", bytes(report.memory_bytes)),
                (
                    "network between the machines",
                    network(report.network_bytes_per_s),
                ),
                (
                    "simulated",
                    format!("{} cycles", count(report.simulated_cycles)),
                ),
            ],
        ),
    ];
    page.open("div", &[("class", &"columns")]).line();
    for (caption, mut rows) in groups {
        if report.failure.is_some() {
            rows.retain(|(name, _)| !OF_A_WHOLE_MIGRATION.contains(name));
        }
        if rows.is_empty() {
            continue;
        }
        page.open("table", &[("class", &"figures")]);
        page.element("caption", &[], caption).open("tbody", &[]);
        for (name, value) in rows {
            page.open("tr", &[]);
            page.element("th", &[("scope", &"row")], name);
            page.element("td", &[("class", &"number")], value);
            page.close();
        }
        page.close().close().line();
    }
    page.close().line();
}

/// Writes the steps of a machine's flow, with the numbers that the bands have.
pub fn steps_table(page: &mut Markup, track: &Track, side: &str, clock_hz: u64) {
    page.open("table", &[("class", &"steps")]);
    page.element("caption", &[], format!("Steps of the {side}"));
    page.open("thead", &[]).open("tr", &[]);
    for (name, class) in [
        ("no.", "number"),
        ("step", "text"),
        ("from cycle", "number"),
        ("took", "number"),
    ] {
        page.element("th", &[("scope", &"col"), ("class", &class)], name);
    }
    page.close().close().line().open("tbody", &[]);
    let steps = steps(track);
    for band in &steps {
        page.open("tr", &[]);
        page.element("td", &[("class", &"number")], band.number);
        page.element("th", &[("scope", &"row")], &band.name);
        page.element("td", &[("class", &"number")], count(band.start));
        let took = if band.number == steps.len() {
            "to the end".to_owned()
        } else {
            time(ns(band.end - band.start, clock_hz))
        };
        page.element("td", &[("class", &"number")], took);
        page.close().line();
    }
    page.close().close().line();
}
