//! What a person reads at the end: the rounds, the figures, the verdict.

use slackwater_sim::migration::MigrationReport;
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
pub fn verdict(report: &MigrationReport) -> String {
    let mut text = String::new();
    let mut check = |good: bool, line: String| {
        let _ = writeln!(text, " {} {line}", if good { "ok  " } else { "FAIL" });
    };
    match report.lost_pages {
        Some(lost) => check(
            report.memory_identical,
            format!(
                "memory: {} pages compared, {lost} differ{}",
                report.compared_pages,
                listed(&report.lost_page_numbers)
            ),
        ),
        None => check(false, "memory: the switch-over was not reached".into()),
    }
    check(
        report.state_identical,
        format!(
            "device state: {} words compared, {} differ{}",
            report.compared_state_words,
            report.differing_state_words.len(),
            listed(&report.differing_state_words)
        ),
    );
    check(
        report.ring_completed,
        "descriptor ring: every job came back with the right checksum".into(),
    );
    check(
        report.lost_interrupts == 0,
        format!("interrupts: {} lost", report.lost_interrupts),
    );
    for failure in report.failure.iter().chain(&report.guest_failures) {
        check(false, failure.clone());
    }
    let _ = writeln!(
        text,
        "\n{}",
        if report.is_success() {
            "The machine was migrated and nothing was lost."
        } else {
            "Something was lost or went wrong; the lines marked FAIL say what."
        }
    );
    text
}

fn listed(numbers: &[u64]) -> String {
    const SHOWN: usize = 8;
    if numbers.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(u64::to_string).collect();
    let more = if numbers.len() > SHOWN { ", ..." } else { "" };
    format!(" ({}{more})", shown.join(", "))
}
