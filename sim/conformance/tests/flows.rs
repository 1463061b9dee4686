//! The flows on the card: what the VMM owes the device, and what it does for a card that can less.

use slackwater_conformance::card::card_with;
use slackwater_hdl::config::CoreConfig;
use slackwater_host::Device;
use slackwater_host::counter::Counter;
use slackwater_host::flow::{Phase, SaveOptions};
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Event, Migration, MigrationConfig, Observer, Side, Team};
use slackwater_sim::root_complex::Chance;
use slackwater_sim::seed::Seed;
use std::sync::Mutex;

fn migration(core: &CoreConfig, seed: u64) -> Migration {
    let config = MigrationConfig {
        seed: Seed(seed),
        memory_bytes: 1 << 19,
        save: SaveOptions {
            downtime_limit_ns: 20_000,
            max_rounds: 2,
            ..SaveOptions::default()
        },
        jobs_before: 8,
        jobs_after: 8,
        ..MigrationConfig::default()
    };
    let card = || card_with(core).unwrap();
    Migration::with_cards(config, card(), card()).unwrap()
}

/// What the guest had done when a step of the source began.
struct Work {
    team: Team,
    at: Mutex<Vec<(Phase, bool, [u64; 3])>>,
}

impl Observer for Work {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        if let (Side::Source, Event::Phase(phase)) = (side, event) {
            let report = self.team.report();
            let done = [report.vcpu_writes, report.submitted, report.completed];
            let mut at = self.at.lock().unwrap();
            at.push((phase, machine.vcpus_running, done));
        }
    }
}

#[test]
fn conformance_v1_s1_s3_user_space_works_until_the_vcpus_stand_still_and_not_then() {
    for seed in [1, 2, 3] {
        let mut migration = migration(&CoreConfig::default(), seed);
        let work = Work {
            team: migration.team().clone(),
            at: Mutex::default(),
        };
        assert!(migration.migrate(&work).unwrap().report.is_success());
        let steps = work.at.lock().unwrap();
        let at = |phase| *steps.iter().find(|step| step.0 == phase).unwrap();
        for phase in [
            Phase::Check,
            Phase::Memory,
            Phase::PreCopy,
            Phase::PeerGrace,
        ] {
            assert!(at(phase).1, "seed {seed}: VCPUs run in {phase}");
        }
        let (before, after) = (at(Phase::Check).2, at(Phase::PeerGrace).2);
        assert!(
            (0..3).all(|i| before[i] < after[i]),
            "seed {seed}: the guest works on"
        );
        for phase in [Phase::StopCopy, Phase::Handover, Phase::Halted] {
            assert!(!at(phase).1, "seed {seed}: VCPUs stand still in {phase}");
            assert_eq!(
                at(phase).2,
                at(Phase::StopCopy).2,
                "seed {seed}: no work in {phase}"
            );
        }
        // No access to the guest's registers came while the device was frozen.
        let source = CardFunction::new(migration.machine(Side::Source).clone(), 0);
        let mut device = Device::open(source).unwrap();
        for counter in [Counter::FrozenReads, Counter::FrozenWrites] {
            assert_eq!(
                device.counter(counter).unwrap(),
                0,
                "seed {seed}: {}",
                counter.name()
            );
        }
    }
}

#[test]
fn conformance_o1_ndma_stands_in_for_atomic_read_and_clear() {
    let core = CoreConfig {
        atomic_clear: false,
        ..CoreConfig::default()
    };
    for seed in [4, 5] {
        let report = migration(&core, seed).migrate(&()).unwrap().report;
        assert!(report.is_success(), "seed {seed}: {report:#?}");
        assert!(report.synthesized_clear && report.precopy_rounds > 1);
    }
    // Neither one nor the other: the log is only read when the device is stopped.
    let core = CoreConfig {
        ndma: false,
        ..core
    };
    let report = migration(&core, 6).migrate(&()).unwrap().report;
    assert!(report.is_success(), "{report:#?}");
    assert!(!report.synthesized_clear && report.precopy_rounds == 1);
    assert!(report.final_pages > 0);
}

#[test]
fn conformance_o2_e3_e7_cards_that_can_less_lose_nothing() {
    for (ndma, internal_log) in [(false, true), (true, false), (false, false)] {
        let core = CoreConfig {
            ndma,
            internal_log,
            ..CoreConfig::default()
        };
        let report = migration(&core, 7).migrate(&()).unwrap().report;
        assert!(report.is_success(), "{core:?}: {report:#?}");
        assert_eq!(report.precopy_stream_bytes > 0, internal_log, "{core:?}");
    }
}

/// Interrupts of the source take long from the time on when memory is streamed, so that some wait in the device.
struct SlowInterrupts;

impl Observer for SlowInterrupts {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        if (side, event) == (Side::Source, Event::Phase(Phase::Memory)) {
            let faults = machine.root_complex.faults(0).unwrap();
            faults.msi_back_pressure = Chance {
                per_million: 999_000,
                ..Chance::NEVER
            };
        }
    }
}

/// The stream says that an interrupt waits, not where interrupts go: that is set up anew on the
/// destination, so nothing of it must be translated.
#[test]
fn conformance_b2_an_interrupt_that_waits_is_raised_by_the_destination() {
    for seed in [8, 9] {
        let mut migration = migration(&CoreConfig::default(), seed);
        let outcome = migration.migrate(&SlowInterrupts).unwrap();
        let report = &outcome.report;
        assert!(report.is_success(), "seed {seed}: {report:#?}");
        assert!(
            report.jobs_interrupted > 0 && report.lost_interrupts == 0,
            "seed {seed}"
        );
    }
}
