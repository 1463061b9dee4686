//! The end-to-end check can fail: each fault is noticed, and without it nothing is lost.
//!
//! | module | faults |
//! |---|---|
//! | [`marks`] | a dropped mark, a bit too many cleared, marks that come too early |
//! | [`gate`] | a packet through a closed gate |
//! | [`stream`] | flipped bits, truncation, another device |
//!
//! The faults are made in the pipeline of the core itself, by the bits of its
//! `inject` port; [`spy`] sets them to the packet.

mod gate;
mod marks;
mod spy;
mod stream;

use slackwater_host::flow::{Rollback, SaveOptions};
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::FirmwareConfig;
use slackwater_sim::migration::{
    GuestProfile, Migration, MigrationConfig, MigrationReport, Mix, Observer, Outcome,
};
use slackwater_sim::ports::Card;
use slackwater_sim::seed::Seed;

/// A card on the backend that the environment names, else the default one.
fn card() -> Box<dyn Card> {
    Backend::from_environment().unwrap().card().unwrap()
}

/// A guest whose jobs each write one word, page after page, so that no later write hides a lost one.
fn sweep(seed: u64, mix: Mix) -> MigrationConfig {
    MigrationConfig {
        seed: Seed(seed),
        backend: Backend::from_environment().unwrap(),
        firmware: FirmwareConfig::from_environment().unwrap(),
        memory_bytes: 4 << 20,
        guest: GuestProfile {
            mix,
            job_bytes: 4..=4,
            sweep: true,
            dirty_bytes_per_s: 0,
            ..GuestProfile::default()
        },
        save: SaveOptions {
            downtime_limit_ns: 0,
            max_rounds: 2,
            ..SaveOptions::default()
        },
        jobs_before: 4,
        jobs_after: 4,
        ..MigrationConfig::default()
    }
}

fn run(config: MigrationConfig, source: Box<dyn Card>, observer: &dyn Observer) -> Outcome {
    Migration::with_cards(config, source, card())
        .unwrap()
        .run(observer)
        .unwrap()
}

/// The flows noticed nothing, but the comparison did.
fn assert_lost(report: &MigrationReport) {
    assert!(
        report.failure.is_none(),
        "seed {}: {report:#?}",
        report.seed
    );
    assert!(
        !report.memory_identical && !report.is_success(),
        "seed {}: {report:#?}",
        report.seed
    );
    assert!(report.lost_pages > Some(0), "seed {}", report.seed);
}

/// The fault was noticed before the guest moved, and the guest goes on where it was.
fn assert_refused(outcome: &Outcome, reason: &str) {
    let report = &outcome.report;
    let failure = report.failure.as_deref().unwrap_or("none");
    assert!(failure.contains(reason), "seed {}: {failure}", report.seed);
    let rollback = outcome.save.as_ref().unwrap_err().rollback.clone();
    assert!(
        matches!(rollback, Rollback::Running | Rollback::Untouched),
        "seed {}: {failure}",
        report.seed
    );
    assert!(!report.is_success(), "seed {}", report.seed);
    assert!(
        report.ring_completed == Some(true),
        "seed {}: {report:#?}",
        report.seed
    );
}
