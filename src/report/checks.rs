//! What must be true after a migration, line by line.

use slackwater_sim::migration::MigrationReport;

/// One thing that must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// It is.
    pub good: bool,
    /// What was found.
    pub text: String,
}

/// All that must be true, the failures of flows and guest last.
pub fn checks(report: &MigrationReport) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut check = |good: bool, text: String| checks.push(Check { good, text });
    match report.lost_pages {
        Some(lost) => check(
            report.memory_identical,
            format!(
                "memory: {} pages compared, {lost} differ{}",
                report.compared_pages,
                listed(&report.lost_page_numbers)
            ),
        ),
        None => check(false, format!("memory: {}", not_compared(report))),
    }
    match report.compared_state_words {
        0 => check(false, format!("device state: {}", not_compared(report))),
        compared => check(
            report.state_identical,
            format!(
                "device state: {compared} words compared, {} differ{}",
                report.differing_state_words.len(),
                listed(&report.differing_state_words)
            ),
        ),
    }
    if let Some(completed) = report.ring_completed {
        check(
            completed,
            "descriptor ring: every job came back with the right checksum".into(),
        );
        check(
            report.lost_interrupts == 0,
            format!("interrupts: {} lost", report.lost_interrupts),
        );
    }
    for failure in report.failure.iter().chain(&report.guest_failures) {
        check(false, failure.clone());
    }
    checks
}

/// The verdict in a sentence.
pub fn verdict(report: &MigrationReport) -> &'static str {
    match (&report.failure, report.is_success()) {
        (_, true) => "The machine was migrated and nothing was lost.",
        (Some(_), _) => "The machine was not migrated.",
        (None, _) => "The machine was migrated, but something was lost or went wrong.",
    }
}

fn not_compared(report: &MigrationReport) -> &'static str {
    match report.failure {
        None if report.side.is_some() => "not compared, as the other side could not tell",
        _ => "the switch-over was not reached",
    }
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
