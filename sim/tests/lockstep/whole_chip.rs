//! Core and workload in a short live migration, both cards in lock-step.

use crate::planted::with_fault;
use slackwater_hdl::chip::Chip;
use slackwater_host::flow::SaveOptions;
use slackwater_sim::backend::{Alarm, Backend, LockStep, LockStepCard};
use slackwater_sim::migration::{GuestProfile, Migration, MigrationConfig};
use slackwater_sim::ports::Card;
use slackwater_sim::seed::Seed;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

const SEED: u64 = 7;

fn alarm(side: &str) -> Alarm {
    Alarm::panic(format!("seed {SEED}, {side}"), env!("CARGO_TARGET_TMPDIR"))
}

fn migration(source: LockStep<Chip>) -> Migration {
    let config = MigrationConfig {
        seed: Seed(SEED),
        backend: Backend::LockStep,
        memory_bytes: 64 << 10,
        guest: GuestProfile {
            job_bytes: 4..=256,
            ..GuestProfile::default()
        },
        save: SaveOptions {
            downtime_limit_ns: 10_000,
            max_rounds: 1,
            ..SaveOptions::default()
        },
        jobs_before: 1,
        jobs_after: 1,
        ..MigrationConfig::default()
    };
    let source = LockStepCard::of(source, alarm("source")).expect("all signals");
    let destination = LockStepCard::new(alarm("destination")).expect("the chip's Verilog");
    let cards: [Box<dyn Card>; 2] = [Box::new(source), Box::new(destination)];
    let [source, destination] = cards;
    Migration::with_cards(config, source, destination).expect("a migration")
}

/// At the switch-over the two machines are compared; that reads the words of state
/// of both cards, and so compares those of both simulations as well.
#[test]
fn a_migration_is_the_same_in_both_simulations() {
    let source = LockStep::new(Chip::default()).expect("the chip's Verilog");
    let outcome = migration(source).run(&());
    let report = outcome.expect("a run").report;
    assert!(report.is_success(), "seed {SEED}: {report:#?}");
    assert!(report.device_writes > 0 && report.compared_state_words > 0);
    println!("seed {SEED}: {} cycles", report.simulated_cycles);
}

/// A fault that shows when the host reads what a snapshot has found: both flows are
/// at work then, on two threads. Neither waits for the other for ever.
#[test]
fn a_difference_ends_a_migration() {
    let (right, wrong) = ("lines_lo$q | (one", "lines_lo$q & (one");
    let migration = migration(with_fault(Chip::default, right, wrong));
    let ended = catch_unwind(AssertUnwindSafe(|| migration.run(&())));
    let panic = ended.expect_err("the difference is a panic");
    let text = panic.downcast_ref::<String>().expect("a text");
    let expected = ["seed 7, source, cycle ", ": link_tx_beat is 0x", ".vcd"];
    for part in expected {
        assert!(text.contains(part), "seed {SEED}: {text}");
    }
    let (_, path) = text.split_once(" are in ").expect("the path of the waves");
    fs::remove_file(path).expect("the waves are a file");
}
