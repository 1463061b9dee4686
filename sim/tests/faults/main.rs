//! Every kind of fault in every step of a migration, compared with what is promised for it, and
//! `sim/FAULTS.md`, the table of what came of each: `SLACKWATER_WRITE=1 cargo test -p
//! slackwater-sim --test faults` writes it.

mod matrix;

use matrix::{Cell, cells, config, migrate, run_all, table};
use slackwater_host::flow::Phase;
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::{FirmwareConfig, FirmwareKind};
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::fault::{self, Ending, FaultPlan, Verdict};
use slackwater_sim::migration::{Event, Migration, MigrationConfig, Observer, Outcome, Side};
use slackwater_sim::seed::Seed;
use std::fs;
use std::path::Path;

#[test]
fn every_fault_in_every_step_ends_as_promised() {
    let cells = run_all(&cells());
    let broken: Vec<String> = cells.iter().filter_map(Cell::broken).collect();
    assert!(
        broken.is_empty(),
        "{} of {} promises are broken:\n{}",
        broken.len(),
        cells.len(),
        broken.join("\n")
    );
    // Which steps there is something to strike in depends on how long firmware takes.
    if FirmwareKind::from_environment().unwrap() != FirmwareKind::default() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FAULTS.md");
    let table = table(&cells);
    if std::env::var_os("SLACKWATER_WRITE").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == table,
        "{} is stale: write it with SLACKWATER_WRITE=1\n{table}",
        path.display()
    );
}

#[test]
fn the_same_fault_strikes_in_the_same_cycle() {
    let plans: Vec<FaultPlan> = ["lost-completion@pre-copy", "link-stall:700@60000"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let figures = || {
        let outcome = migrate(config(), &plans);
        let report = outcome.report;
        (
            report.faults,
            report.source_cycles,
            report.destination_cycles,
        )
    };
    let first = figures();
    assert!(first.0.iter().all(|fault| fault.struck == 1), "{first:?}");
    assert_eq!(first.0[1].cycle, Some(60_000));
    assert_eq!(first, figures());
}

/// A job that comes back with an error is one that the fault has struck, and the guest is told of no other.
#[test]
fn a_lost_completion_costs_one_job_at_most() {
    let plan: FaultPlan = "lost-completion:1@memory".parse().unwrap();
    let outcome = migrate(config(), &[plan]);
    assert_eq!(outcome.report.faults[0].struck, 1);
    assert_eq!(outcome.report.job_errors, 1, "{:#?}", outcome.report);
    assert_eq!(Verdict::of(&outcome).to_string(), "migrated, job error");
}

/// The engine waits for a completion longer than the core does: it gives its tag to no other request while
/// the lost one is still waited for, which would lose track of both. Memory is large enough that
/// the job is over long before the core has given up.
#[test]
fn a_lost_completion_is_given_up_by_the_core_before_its_tag_comes_again() {
    let plan: FaultPlan = "lost-completion@memory".parse().unwrap();
    let config = MigrationConfig {
        memory_bytes: 32 << 20,
        seed: Seed(3),
        backend: Backend::from_environment().unwrap(),
        firmware: FirmwareConfig::from_environment().unwrap(),
        ..MigrationConfig::default()
    };
    let outcome = fault::run(Migration::new(config).unwrap(), &[plan], &Nobody).unwrap();
    assert_eq!(outcome.report.faults[0].struck, 1);
    assert_eq!(Verdict::of(&outcome).to_string(), "migrated, job error");
}

/// Nobody looks on: the limits are those after a reset.
struct Nobody;

impl Observer for Nobody {
    fn event(&self, _: Side, _: Event, _: &mut Machine) {}
}

/// A promise that is not true, and a page that is lost without a word, are both found.
#[test]
fn the_checker_can_fail() {
    let plan: FaultPlan = "other-type".parse().unwrap();
    let outcome = migrate(config(), &[plan]);
    let cell = |plan: FaultPlan, outcome: &Outcome| Cell {
        plan,
        verdict: Verdict::of(outcome),
        words: String::new(),
    };
    assert_eq!(cell(plan, &outcome).broken(), None);
    // What stays on the source is no migration, as is promised for a stalled link.
    let wrong = "link-stall@pre-copy".parse().unwrap();
    let text = cell(wrong, &outcome).broken().unwrap();
    assert!(
        text.contains("migrated") && text.contains("source runs on"),
        "{text}"
    );
    // A card that drops marks.
    let mut migration = Migration::new(config()).unwrap();
    migration.set_tap(Box::new(|_| {}));
    let outcome = fault::run(migration, &[wrong], &Dropping).unwrap();
    let verdict = Verdict::of(&outcome);
    assert!(outcome.report.failure.is_none() && outcome.report.lost_pages > Some(0));
    assert_eq!(verdict.ending, Ending::Lost);
    assert!(cell(wrong, &outcome).broken().unwrap().contains("LOST"));
}

/// Marks are dropped from the start of pre-copy on.
struct Dropping;

impl Observer for Dropping {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        if side == Side::Source && event == Event::Phase(Phase::PreCopy) {
            machine.slots[0].inject = slackwater_hdl::inject::DROP_MARK;
        }
    }
}
