//! What a person reads at the end: the rounds, the figures, the verdict.

use slackwater::report::checks;
use slackwater_sim::migration::fault::{Ending, FaultReport};
use slackwater_sim::migration::{MigrationReport, Side};
use std::fmt::Write;

fn micros(cycles: u64, clock_hz: u64) -> f64 {
    cycles as f64 * 1e6 / clock_hz.max(1) as f64
}

/// All of it.
pub fn of(report: &MigrationReport, ending: Ending) -> String {
    format!("{}\n{}", figures(report), verdict(report, ending))
}

/// The rounds as a table, and the figures that matter on the side that tells.
fn figures(report: &MigrationReport) -> String {
    let mut text = String::new();
    if report.side != Some(Side::Destination) {
        rounds(&mut text, report);
    }
    // Writing to a String cannot fail.
    if report.cards > 1 {
        let _ = writeln!(
            text,
            "\n cards           {:>9}, migrated as a group, with peer-to-peer DMA",
            report.cards
        );
    }
    text.push('\n');
    match report.side {
        None => {
            stop(&mut text, report);
            sent(&mut text, report);
            jobs(&mut text, report);
        }
        Some(Side::Source) => {
            stop(&mut text, report);
            sent(&mut text, report);
            if report.ring_completed.is_some() {
                jobs(&mut text, report);
            }
        }
        Some(Side::Destination) if report.failure.is_none() => {
            let resume = time(report.resume_cycles, report);
            let _ = writeln!(text, " resume          {resume}");
            let _ = writeln!(
                text,
                " received        {:>9} pages   device stream {} bytes",
                report.received_pages, report.stream_bytes
            );
            jobs(&mut text, report);
        }
        Some(Side::Destination) => {}
    }
    let _ = writeln!(
        text,
        " simulated       {:>9} cycles at {} MHz, {} cycles/s ({}), link {}, seed {}",
        report.simulated_cycles,
        report.clock_hz / 1_000_000,
        report.cycles_per_second,
        report.backend,
        report.link,
        report.seed
    );
    text
}

fn rounds(text: &mut String, report: &MigrationReport) {
    let _ = writeln!(text, "\n round   pages sent   dirty behind it");
    let rounds = report
        .sent_pages_per_round
        .iter()
        .zip(&report.dirty_pages_per_round);
    for (round, (sent, dirty)) in rounds.enumerate() {
        let _ = writeln!(text, " {round:>5}   {sent:>10}   {dirty:>15}");
    }
    let _ = writeln!(text, "  stop   {:>10}", report.final_pages);
}

/// Cycles, and what they are in microseconds.
fn time(cycles: u64, report: &MigrationReport) -> String {
    format!(
        "{cycles:>9} cycles  {:>8.1} us",
        micros(cycles, report.clock_hz)
    )
}

/// How long the machine stood still, as far as this side knows.
fn stop(text: &mut String, report: &MigrationReport) {
    let us = |cycles| micros(cycles, report.clock_hz);
    // The limit is for what is sent while the machine is stopped, not for what the destination does then.
    let stop = format!(
        "stop {:.1} of {:.1} allowed",
        us(report.stop_cycles),
        report.downtime_limit_ns as f64 / 1e3
    );
    let parts = match report.side {
        None => format!("{stop}, resume {:.1}", us(report.resume_cycles)),
        Some(_) => format!("{stop}; the resume is the destination's to tell"),
    };
    let _ = writeln!(
        text,
        " downtime        {}  ({parts})",
        time(report.downtime_cycles, report),
    );
    let _ = writeln!(
        text,
        " quiesce         {}",
        time(report.quiesce_cycles, report)
    );
}

fn sent(text: &mut String, report: &MigrationReport) {
    let _ = writeln!(
        text,
        " memory sent     {:>9} bytes   device stream {} bytes ({} before the stop)",
        report.memory_bytes_sent, report.stream_bytes, report.precopy_stream_bytes
    );
    let _ = writeln!(
        text,
        " traffic         {:>9} DMA writes, {} AtomicOps{}",
        report.device_writes,
        report.device_atomics,
        match report.vcpu_writes {
            0 if report.side.is_some() => String::new(),
            pages => format!(", {pages} pages written by CPUs"),
        }
    );
}

fn jobs(text: &mut String, report: &MigrationReport) {
    let _ = writeln!(
        text,
        " jobs            {:>9} completed of {}, {} were in the ring at the switch-over",
        report.jobs_completed, report.jobs_submitted, report.jobs_interrupted
    );
}

/// One line a check, then the verdict.
fn verdict(report: &MigrationReport, ending: Ending) -> String {
    let mut text = String::new();
    for check in checks(report) {
        let mark = if check.good { "ok  " } else { "FAIL" };
        let _ = writeln!(text, " {mark} {}", check.text);
    }
    for fault in &report.faults {
        let _ = writeln!(text, " --   fault {}", told(fault));
    }
    if report.job_errors > 0 {
        let jobs = report.job_errors;
        let _ = writeln!(
            text,
            " --   {jobs} jobs came back with an error, which the guest was told"
        );
    }
    if report.jobs_abandoned > 0 {
        let jobs = report.jobs_abandoned;
        let _ = writeln!(
            text,
            " --   {jobs} jobs were given up as the device was reset, which the guest was told"
        );
    }
    let _ = writeln!(
        text,
        "\n{}",
        match ending {
            Ending::Back if report.side == Some(Side::Destination) =>
                "The machine is not here: the source runs on, if it does not say otherwise.",
            Ending::Migrated => "The machine was migrated and nothing was lost.",
            Ending::Back => "The migration failed; the source runs on and nothing was lost.",
            Ending::Reset =>
                "The migration failed; the source's device was reset, it runs on and nothing was lost.",
            Ending::Doubt =>
                "The source is halted, as the destination may be running: find out before resuming either.",
            Ending::Died => "The machine was migrated, and died with the destination.",
            Ending::Lost => "Something was lost or went wrong; the lines marked FAIL say what.",
        }
    );
    text
}

/// A fault, and what it struck.
fn told(fault: &FaultReport) -> String {
    let mut text = fault.fault.clone();
    match (fault.struck, fault.phase) {
        (0, _) => text.push_str(": found nothing to strike"),
        (times, Some(phase)) => text.push_str(&format!(": struck {times} times, set in {phase}")),
        (times, None) => text.push_str(&format!(": struck {times} times")),
    }
    if let Some(cycle) = fault.cycle {
        text.push_str(&format!(", last in cycle {cycle}"));
    }
    text
}
