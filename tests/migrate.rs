//! Live migrations from end to end: nothing is lost, and a seed replays a run.

use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::{FirmwareConfig, FirmwareKind};
use slackwater_sim::link::LinkSpeed;
use slackwater_sim::migration::{
    GuestProfile, Migration, MigrationConfig, MigrationError, MigrationReport, Mix,
};
use slackwater_sim::seed::Seed;

/// A guest of 1 MiB that dirties enough for several rounds.
fn small(seed: u64) -> MigrationConfig {
    MigrationConfig {
        backend: Backend::from_environment().unwrap(),
        firmware: FirmwareConfig::from_environment().unwrap(),
        ..MigrationConfig::small(Seed(seed))
    }
}

fn migrate(config: MigrationConfig) -> MigrationReport {
    Migration::new(config).unwrap().run(&()).unwrap().report
}

fn assert_success(report: &MigrationReport) {
    assert!(report.is_success(), "seed {}: {report:#?}", report.seed);
    assert_eq!(report.lost_pages, Some(0), "seed {}", report.seed);
    assert_eq!(report.outside_writes, 0, "seed {}", report.seed);
    assert!(
        report.jobs_interrupted > 0,
        "seed {}: no ring was interrupted",
        report.seed
    );
    assert!(
        report.device_writes > 0 && report.vcpu_writes > 0,
        "seed {}",
        report.seed
    );
    assert!(
        report.downtime_cycles > 0 && report.quiesce_cycles > 0,
        "seed {}",
        report.seed
    );
}

#[test]
fn nothing_is_lost_whatever_the_seed() {
    for seed in [1, 2, 0xdead_beef] {
        let report = migrate(small(seed));
        assert_success(&report);
        assert_eq!(
            report.precopy_rounds,
            report.dirty_pages_per_round.len() as u64
        );
        assert!(report.precopy_rounds > 1, "seed {seed}");
        assert_eq!(report.compared_pages, 256);
        assert!(
            report.stream_bytes >= 4 * report.compared_state_words,
            "seed {seed}"
        );
    }
}

#[test]
fn a_seed_replays_a_run_clock_for_clock() {
    let run = || {
        let mut report = migrate(small(9));
        report.cycles_per_second = 0;
        serde_json::to_string(&report).unwrap()
    };
    assert_eq!(run(), run());
    let other = migrate(small(10));
    assert!(!run().contains(&format!("\"simulated_cycles\":{},", other.simulated_cycles)));
}

#[test]
fn nothing_is_lost_without_atomic_clear() {
    let mut config = small(3);
    config.save.synthesize_clear = true;
    let report = migrate(config);
    assert_success(&report);
    assert!(report.synthesized_clear);
}

#[test]
fn nothing_is_lost_on_slow_and_fast_links() {
    for (generation, lanes) in [(1, 1), (4, 4)] {
        let mut config = small(4);
        config.root_complex.link.speed = LinkSpeed::new(generation, lanes).unwrap();
        let report = migrate(config);
        assert_success(&report);
        assert_eq!(report.link, format!("gen{generation}x{lanes}"));
    }
}

#[test]
fn the_smallest_memory_and_one_that_fills_no_word_of_the_log() {
    for pages in [16, 67] {
        let mut config = small(5);
        config.memory_bytes = pages * 4096;
        config.guest.job_bytes = 4..=256;
        let report = migrate(config);
        assert_success(&report);
        assert_eq!(report.compared_pages, pages);
    }
}

#[test]
fn a_guest_that_only_counts_with_atomics() {
    let mut config = small(6);
    config.guest = GuestProfile {
        mix: Mix::ATOMICS,
        ..config.guest
    };
    let report = migrate(config);
    assert_success(&report);
    assert!(report.device_atomics > 0);
}

#[test]
fn an_impossible_guest_is_refused() {
    let mut config = small(7);
    config.guest.job_bytes = 4..=1 << 20;
    let error = Migration::new(config).err().unwrap();
    assert!(
        matches!(
            error,
            MigrationError::Option {
                value: 0x10_0000,
                ..
            }
        ),
        "{error}"
    );
}

/// The committed image on the soft core moves a device as the hosted firmware does, only later.
#[test]
fn the_image_migrates_a_machine() {
    let config = MigrationConfig {
        firmware: FirmwareConfig {
            kind: FirmwareKind::Image,
            ..FirmwareConfig::default()
        },
        ..MigrationConfig::small(Seed(91))
    };
    let outcome = Migration::new(config).unwrap().run(&()).unwrap();
    assert!(outcome.report.is_success(), "{:#?}", outcome.report);
    assert!(outcome.report.jobs_interrupted > 0);
}
