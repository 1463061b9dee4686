//! The timeline of a migration: it changes nothing, and says what the report says.

use slackwater_hdl::inject::{GATE_LEAK, STALL_TX};
use slackwater_host::flow::Phase;
use slackwater_host::flow::pipeline::Message;
use slackwater_regs::state;
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::FirmwareConfig;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::timeline::{Aftermath, MAX_INTERVALS, Part, Shown, Track, What};
use slackwater_sim::migration::{
    Event, Migration, MigrationConfig, MigrationReport, Observer, Recorder, Side, Timeline,
};
use slackwater_sim::seed::Seed;

fn small(seed: u64) -> MigrationConfig {
    MigrationConfig {
        backend: Backend::from_environment().unwrap(),
        firmware: FirmwareConfig::from_environment().unwrap(),
        ..MigrationConfig::small(Seed(seed))
    }
}

fn record(migration: Migration) -> (MigrationReport, Timeline) {
    let recorder = Recorder::before(&());
    let report = migration.run(&recorder).unwrap().report;
    (report, recorder.into_timeline())
}

fn recorded(config: MigrationConfig) -> (MigrationReport, Timeline) {
    record(Migration::new(config).unwrap())
}

fn text(mut report: MigrationReport) -> String {
    // The one figure that is of the wall clock.
    report.cycles_per_second = 0;
    format!("{report:?}")
}

#[test]
fn a_run_has_the_same_cycles_with_and_without_it() {
    for seed in [1, 2] {
        let plain = Migration::new(small(seed))
            .unwrap()
            .run(&())
            .unwrap()
            .report;
        let (report, timeline) = recorded(small(seed));
        assert_eq!(text(plain), text(report), "seed {seed}");
        assert_eq!(timeline, recorded(small(seed)).1, "seed {seed}");
    }
}

#[test]
fn quiesce_and_downtime_are_those_of_the_report() {
    for seed in [1, 2] {
        for synthesize_clear in [false, true] {
            let mut config = small(seed);
            config.save.synthesize_clear = synthesize_clear;
            let (report, timeline) = recorded(config);
            assert!(report.is_success(), "seed {seed}: {report:#?}");
            let stop = timeline.stop().unwrap();
            assert_eq!(stop.quiesce_cycles(), report.quiesce_cycles, "seed {seed}");
            assert_eq!(
                stop.downtime_cycles(),
                report.downtime_cycles,
                "seed {seed}"
            );
            let side = |side| {
                let of_side = stop.downtime.iter().filter(|cost| cost.part.side() == side);
                of_side.map(|cost| cost.cycles).sum::<u64>()
            };
            assert_eq!(side(Side::Source), report.stop_cycles, "seed {seed}");
            assert_eq!(side(Side::Destination), report.resume_cycles, "seed {seed}");
            let parts: Vec<Part> = stop
                .quiesce
                .iter()
                .chain(&stop.downtime)
                .map(|c| c.part)
                .collect();
            use Part::*;
            let all = [
                Request,
                GateCloses,
                Quiesces,
                StateChanges,
                HostSees,
                LastLook,
                DeviceStops,
                StateStream,
                LastPages,
                Halt,
                Load,
                ResumeGrace,
                Resume,
            ];
            assert_eq!(parts, all, "seed {seed}: no part was missed or out of turn");
        }
    }
}

/// Spans of cycles in which something was shown.
fn spans(track: &Track, holds: impl FnMut(&Shown) -> bool) -> Vec<(u64, u64)> {
    track.changes.spans(track.end_cycle, holds)
}

#[test]
fn the_levels_are_those_of_the_flows() {
    let (report, timeline) = recorded(small(4));
    let Timeline {
        source,
        destination,
        ..
    } = &timeline;
    // The source's last event comes when its clock has stopped, the destination's long before.
    assert_eq!(source.end_cycle, report.source_cycles + 1);
    assert_eq!(destination.end_cycle, report.destination_cycles);
    let paused = source.phase_cycle(Phase::PeerGrace).unwrap();
    let halted = source.phase_cycle(Phase::Halted).unwrap();
    assert_eq!(spans(source, |shown| shown.vcpus_running), [(0, paused)]);
    let resumed = destination.phase_cycle(Phase::Running).unwrap();
    let running = spans(destination, |shown| shown.vcpus_running);
    assert_eq!(running, [(resumed, destination.end_cycle)]);
    // The bits of device_state walk as the seed has them: 1, 3, 11, 2, 0 and 1, 4, 0, 9, 1.
    let walk = |track: &Track| {
        let mut states: Vec<u32> = track
            .changes
            .iter()
            .map(|c| c.shown.card.unwrap().device_state)
            .collect();
        states.dedup();
        states
    };
    assert_eq!(walk(source), [1, 3, 11, 2, 0]);
    assert_eq!(walk(destination), [1, 4, 0, 9, 1]);
    // I6 and I8: quiesced only behind the gate, frozen only if not RUNNING or about to be.
    for track in [source, destination] {
        assert_eq!(track.changes.dropped(), 0);
        for change in track.changes.iter() {
            let card = change.shown.card.unwrap();
            assert!(!card.quiesced || card.gate_closed, "{change:?}");
            assert!(!card.frozen || card.quiesced, "{change:?}");
            let stopped = card.device_state & (state::RUNNING | state::NDMA) != state::RUNNING;
            assert!(!stopped || card.gate_closed && card.quiesced, "{change:?}");
        }
    }
    let logged = spans(source, |shown| shown.card.unwrap().tracking);
    assert_eq!(logged.len(), 1);
    assert!(logged[0].0 < paused && logged[0].1 <= halted);
}

#[test]
fn rounds_and_estimates_are_those_of_the_report() {
    let (report, timeline) = recorded(small(5));
    let (mut dirty, mut last_ns) = (Vec::new(), None);
    for moment in &timeline.source.moments {
        match moment.what {
            What::Round { dirty_pages, .. } => dirty.push(dirty_pages),
            What::Remaining { ns } => last_ns = Some(ns),
            _ => {}
        }
    }
    assert_eq!(dirty, report.dirty_pages_per_round);
    assert_eq!(
        last_ns.unwrap() <= report.downtime_limit_ns,
        report.converged
    );
}

#[test]
fn the_link_carries_no_more_than_it_can() {
    let (report, timeline) = recorded(small(6));
    for track in [&timeline.source, &timeline.destination] {
        let traffic = &track.traffic;
        assert!(traffic.intervals.len() < MAX_INTERVALS);
        assert!(traffic.end_cycle() <= track.end_cycle);
        assert!(traffic.end_cycle() + traffic.interval_cycles > track.end_cycle - 1);
        let full = traffic.link_bytes_per_s * traffic.interval_cycles / report.clock_hz + 1;
        for interval in &traffic.intervals {
            assert!(
                interval.to_host_bytes <= full && interval.to_card_bytes <= full,
                "{interval:?}"
            );
        }
        assert!(
            traffic
                .intervals
                .iter()
                .any(|interval| interval.to_host_bytes > full / 4)
        );
    }
    let writes: u64 = timeline
        .source
        .traffic
        .intervals
        .iter()
        .map(|i| i.dma_writes)
        .sum();
    let all = report.device_writes + report.device_atomics;
    assert!(
        writes > 0 && writes <= all && writes + 20 > all,
        "{writes} of {all}"
    );
    // A closed gate: no DMA write lands on a source whose device stands still.
    let stopped = timeline.source.phase_cycle(Phase::StopCopy).unwrap();
    let traffic = &timeline.source.traffic;
    let first = stopped.div_ceil(traffic.interval_cycles) as usize;
    assert!(first < traffic.intervals.len());
    assert!(
        traffic.intervals[first..]
            .iter()
            .all(|interval| interval.dma_writes == 0)
    );
}

#[test]
fn a_failed_migration_ends_where_the_source_runs_again() {
    let mut migration = Migration::new(small(7)).unwrap();
    let mut seen = 0;
    migration.set_tap(Box::new(move |message| {
        if let Message::State { bytes, .. } = message {
            seen += bytes.len();
            if seen > 9000 {
                bytes.iter_mut().for_each(|byte| *byte ^= 0x10);
            }
        }
    }));
    let (report, timeline) = record(migration);
    assert!(report.failure.is_some(), "{report:#?}");
    assert_eq!(timeline.stop(), None);
    let Aftermath::RanAgain(back) = timeline.source.aftermath() else {
        panic!("{:?}", timeline.source.aftermath());
    };
    let (last, _) = timeline.source.phases().last().unwrap();
    let completing = timeline
        .source
        .first(|what| *what == What::Completing)
        .unwrap();
    assert!((last..=completing).contains(&back), "{back}");
    // Just before, it was not so: in SAVING still, or the VCPUs paused.
    let states = timeline.source.changes.iter().rev();
    let mut before = states.map(|change| (change.cycle, change.shown));
    let (_, before) = before.find(|(cycle, _)| *cycle < back).unwrap();
    let state = before.card.unwrap().device_state;
    assert!(
        state != state::RUNNING || !before.vcpus_running,
        "{before:?}"
    );
}

/// The registers that the compiled card is asked for say what RustHDL says, also when the
/// destination's device is reset; the first difference is a panic.
#[test]
fn both_simulations_tell_the_same_levels() {
    for spoiled in [false, true] {
        let mut config = small(8);
        config.backend = Backend::LockStep;
        config.memory_bytes = 16 << 12;
        config.guest.job_bytes = 4..=64;
        config.save.max_rounds = 0;
        config.save.synthesize_clear = true;
        (config.jobs_before, config.jobs_after) = (1, 1);
        let mut migration = Migration::new(config).unwrap();
        migration.set_tap(Box::new(move |message| {
            if let (Message::State { bytes, .. }, true) = (message, spoiled) {
                bytes.iter_mut().for_each(|byte| *byte ^= 0x10);
            }
        }));
        let (report, timeline) = record(migration);
        assert_eq!(report.is_success(), !spoiled, "{report:#?}");
        assert!(timeline.source.changes.card_told());
        assert!(timeline.destination.changes.card_told());
        assert_eq!(timeline.stop().is_some(), !spoiled);
    }
}

/// Sets faults of the source's card when it is to stop, until the flow is over.
struct Leak;

impl Observer for Leak {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        match (side, event) {
            (Side::Source, Event::Phase(Phase::StopCopy)) => {
                machine.slots[0].inject = GATE_LEAK | STALL_TX;
            }
            (Side::Source, Event::Completing) => machine.slots[0].inject = 0,
            _ => {}
        }
    }
}

/// What [`the_levels_are_those_of_the_flows`] and the link's test hold can fail.
#[test]
fn a_gate_that_leaks_is_seen() {
    let mut config = small(9);
    config.firmware.limits.quiesce_polls = 2000;
    let recorder = Recorder::before(&Leak);
    let report = Migration::new(config)
        .unwrap()
        .run(&recorder)
        .unwrap()
        .report;
    let timeline = recorder.into_timeline();
    assert!(report.failure.is_some(), "{report:#?}");
    let source = &timeline.source;
    let stopping = source.phase_cycle(Phase::StopCopy).unwrap();
    let over = source.first(|what| *what == What::Completing).unwrap();
    let inside = |spans: Vec<(u64, u64)>| {
        let inside = spans
            .into_iter()
            .filter(|span| span.0 > stopping && span.0 < over);
        inside.count()
    };
    let card = |shown: &Shown| shown.card.unwrap();
    // QUIESCED falls though NDMA is set, and the device is never frozen.
    assert!(inside(spans(source, |shown| !card(shown).quiesced)) > 0);
    assert_eq!(inside(spans(source, |shown| card(shown).frozen)), 0);
    assert!(matches!(source.aftermath(), Aftermath::RanAgain(cycle) if cycle > stopping));
}
