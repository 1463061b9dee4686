//! What a person reads at the end: the rounds, the figures, the verdict.

use slackwater::report::checks;
use slackwater_sim::migration::MigrationReport;
use slackwater_sim::migration::fault::{Ending, FaultReport};
use std::fmt::Write;

fn micros(cycles: u64, clock_hz: u64) -> f64 {
    cycles as f64 * 1e6 / clock_hz.max(1) as f64
}

/// The rounds as a table, and the figures that matter.
pub fn figures(report: &MigrationReport) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n round   pages sent   dirty behind it");
    let rounds = report
        .sent_pages_per_round
        .iter()
        .zip(&report.dirty_pages_per_round);
    for (round, (sent, dirty)) in rounds.enumerate() {
        let _ = writeln!(text, " {round:>5}   {sent:>10}   {dirty:>15}");
    }
    let _ = writeln!(text, "  stop   {:>10}", report.final_pages);
    let us = |cycles| micros(cycles, report.clock_hz);
    if report.cards > 1 {
        let _ = writeln!(
            text,
            "\n cards           {:>9}, migrated as a group, with peer-to-peer DMA",
            report.cards
        );
    }
    let _ = writeln!(
        text,
        "\n downtime        {:>9} cycles  {:>8.1} us  (stop {:.1}, resume {:.1}; limit {:.1})",
        report.downtime_cycles,
        us(report.downtime_cycles),
        us(report.stop_cycles),
        us(report.resume_cycles),
        report.downtime_limit_ns as f64 / 1e3,
    );
    let _ = writeln!(
        text,
        " quiesce         {:>9} cycles  {:>8.1} us",
        report.quiesce_cycles,
        us(report.quiesce_cycles)
    );
    let _ = writeln!(
        text,
        " memory sent     {:>9} bytes   device stream {} bytes ({} before the stop)",
        report.memory_bytes_sent, report.stream_bytes, report.precopy_stream_bytes
    );
    let _ = writeln!(
        text,
        " traffic         {:>9} DMA writes, {} AtomicOps, {} pages written by CPUs",
        report.device_writes, report.device_atomics, report.vcpu_writes
    );
    let _ = writeln!(
        text,
        " jobs            {:>9} completed of {}, {} were in the ring at the switch-over",
        report.jobs_completed, report.jobs_submitted, report.jobs_interrupted
    );
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

/// One line a check, then the verdict.
pub fn verdict(report: &MigrationReport, ending: Ending) -> String {
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
