//! Machines with several cards: grace states, peers, one log for all of them.

mod bench;
mod unlike;

use bench::{RESUME, SAVE, assert_moved, config, from_first, frozen_accesses, group, overtaking};
use slackwater_host::flow::Phase;
use slackwater_host::{Device, DeviceState};
use slackwater_regs::log::status as log;
use slackwater_regs::{bar2, state};
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Event, Migration, MigrationConfig, Observer, Side};
use std::sync::Mutex;

#[test]
fn conformance_m1_s4_s5_r3_t1_t3_no_card_passes_a_grace_state_before_all() {
    for seed in [1, 2] {
        let mut group = group(config(3, seed), |_| true);
        assert_moved(&group.migration.migrate(&()).unwrap());
        let source = group.source.lock().unwrap();
        assert_eq!(source.history.last().unwrap(), &[0; 3]);
        assert_eq!(overtaking(&SAVE, 11, &source.history), None);
        let destination = group.destination.lock().unwrap();
        let history = from_first(&destination.history, 4);
        assert_eq!(history.last().unwrap(), &[1; 3]);
        assert_eq!(overtaking(&RESUME, 9, history), None);
        drop((source, destination));
        // Peers read each other's registers all the time, and none while it did not run.
        for side in [Side::Source, Side::Destination] {
            let machine = group.migration.machine(side);
            let requests = |card| {
                let machine = machine.lock().unwrap();
                machine.root_complex.report(card).unwrap().peer_requests
            };
            assert!((0..3).any(|card| requests(card) > 0), "seed {seed}");
            assert_eq!(frozen_accesses(machine, 3), 0, "seed {seed}");
        }
    }
}

/// What the two checks of the test above say of a VMM that takes one card after the other.
#[test]
fn a_vmm_without_grace_states_is_caught() {
    let group = group(config(3, 3), |_| true);
    let machine = group.migration.machine(Side::Source).clone();
    {
        let mut machine = machine.lock().unwrap();
        for agent in group.migration.team().agents() {
            machine.add_agent(agent);
        }
        machine.vcpus_running = true;
        machine.run(60_000);
    }
    assert_eq!(group.migration.team().failures(), 0);
    for card in 0..3 {
        let mut device = Device::open(CardFunction::new(machine.clone(), card)).unwrap();
        for state in [
            DeviceState::PRE_COPY,
            DeviceState::PRE_COPY_NDMA,
            DeviceState::SAVING,
        ] {
            device.set_state(state).unwrap();
        }
        machine.lock().unwrap().run(2_000);
    }
    let seen = group.source.lock().unwrap();
    assert!(overtaking(&SAVE, 11, &seen.history).is_some());
    drop(seen);
    assert!(frozen_accesses(&machine, 3) > 0);
    assert!(
        group.migration.team().failures() > 0,
        "a peer's read came back wrong"
    );
}

#[test]
fn conformance_m1_g3_sixteen_cards_migrate_as_one_group() {
    let mut group = group(config(16, 6), |_| true);
    let outcome = group.migration.migrate(&()).unwrap();
    assert_moved(&outcome);
    assert_eq!(outcome.report.cards, 16);
    assert_eq!(
        outcome.report.compared_state_words,
        16 * u64::from(slackwater_regs::accelerator::STATE_WORDS)
    );
    let source = group.source.lock().unwrap();
    assert_eq!(overtaking(&SAVE, 11, &source.history), None);
}

#[test]
fn conformance_x3_r1_there_and_back_twenty_times() {
    let mut migration = Migration::new(MigrationConfig {
        memory_bytes: 1 << 19,
        cards: 1,
        peer_dma: false,
        ..config(1, 7)
    })
    .unwrap();
    for leg in 0..20 {
        let outcome = migration.migrate(&()).unwrap();
        assert!(
            outcome.report.is_success(),
            "leg {leg}: {:#?}",
            outcome.report
        );
        migration.turn_around().unwrap();
    }
}

/// Reads a register of a card from within an observer.
fn register(machine: &mut Machine, card: usize, offset: u32) -> u32 {
    let read = machine
        .root_complex
        .mmio_read(card, bar2::BAR, offset.into(), 4);
    let read = read.unwrap();
    loop {
        if let Some(answer) = machine.root_complex.poll(read) {
            let bytes = answer.unwrap();
            return u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        machine.step();
    }
}

/// Step, whether each card logged, and the state of each.
type Step = (Phase, Vec<bool>, Vec<u32>);

/// What was seen of all cards of the source when a step began.
#[derive(Default)]
struct Tracking(Mutex<Vec<Step>>);

impl Observer for Tracking {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        let (Side::Source, Event::Phase(phase)) = (side, event) else {
            return;
        };
        let cards = 0..machine.slots.len();
        let tracks = |card| register(machine, card, bar2::LOG_STATUS) & log::TRACKING != 0;
        let tracks = cards.map(tracks).collect();
        let states = machine.slots.iter().map(|slot| slot.card.device_state());
        let states = states.collect();
        self.0.lock().unwrap().push((phase, tracks, states));
    }
}

#[test]
fn conformance_v4_v6_tracking_is_switched_for_all_cards_at_once() {
    let mut group = group(config(3, 8), |_| true);
    let tracking = Tracking::default();
    assert_moved(&group.migration.migrate(&tracking).unwrap());
    let steps = tracking.0.lock().unwrap();
    for (phase, tracks, states) in steps.iter() {
        let wanted = !matches!(phase, Phase::Check | Phase::StartTracking | Phase::Halted);
        assert_eq!(tracks, &[wanted; 3], "{phase}");
        if *phase == Phase::Handover {
            assert_eq!(
                states,
                &[state::SAVING; 3],
                "DMA is suspended while the log is in use"
            );
        }
    }
    assert!(steps.iter().any(|step| step.0 == Phase::Halted));
}
