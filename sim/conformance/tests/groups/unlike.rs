//! Cards that fail, and cards that can less than the others.

use crate::bench::{SAVE, Seen, assert_moved, config, group, overtaking};
use slackwater_host::flow::{Fault, Phase};
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Event, MigrationConfig, Observer, Side};
use std::sync::{Arc, Mutex};

/// Stops the firmware of one card of the source when a step begins.
struct Break {
    card: usize,
    at: Phase,
}

impl Observer for Break {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        if side == Side::Source && event == Event::Phase(self.at) {
            let slot = &mut machine.slots[self.card];
            slot.stall_firmware = true;
        }
    }
}

#[test]
fn conformance_m1_s3_a_card_that_stalls_takes_the_group_back() {
    for (at, previous) in [
        (Phase::Memory, "RUNNING"),
        (Phase::IommuGrace, "SAVING|RUNNING"),
        (Phase::StopCopy, "SAVING|NDMA|RUNNING"),
    ] {
        let mut group = group(config(3, 4), |_| true);
        let fault = Break { card: 1, at };
        let outcome = group.migration.migrate(&fault).unwrap();
        let error = outcome.save.as_ref().unwrap_err();
        let Fault::InDevice { device: 1, fault } = &error.fault else {
            panic!("{error}");
        };
        assert!(fault.to_string().contains(previous), "{error}");
        // The two others run on, the one that stalled is named.
        let states = group.source.lock().unwrap().states.clone();
        assert_eq!((states[0], states[2]), (1, 1), "{error}");
        assert!(error.to_string().contains("device 1"), "{error}");
        assert!(
            !group
                .migration
                .machine(Side::Destination)
                .lock()
                .unwrap()
                .vcpus_running
        );
        let drivers = group.migration.team().drivers();
        for card in [0, 2] {
            let report = drivers[card].report();
            let others: Vec<_> = report.failure_texts.iter().collect();
            assert!(report.completed > 0, "{others:?}");
        }
    }
}

#[test]
fn conformance_o2_t2_o3_a_card_without_ndma() {
    // With peer-to-peer DMA it is refused, before anything is touched.
    let mut mixed = group(config(3, 5), |card| card != 2);
    let outcome = mixed.migration.migrate(&()).unwrap();
    let error = outcome.save.unwrap_err().to_string();
    assert!(error.contains("device 2 has no NDMA"), "{error}");
    assert!(error.contains("peer-to-peer"), "{error}");
    assert!(error.contains("not touched"), "{error}");
    assert!(
        outcome.report.guest_failures.is_empty(),
        "{:?}",
        outcome.report
    );
    assert!(mixed.source.lock().unwrap().history.is_empty());
    // Without, NDMA's states are pushed down to the next step for that card, and kept for the others.
    let alone = MigrationConfig {
        peer_dma: false,
        ..config(3, 5)
    };
    let mut mixed = group(alone, |card| card != 2);
    assert_moved(&mixed.migration.migrate(&()).unwrap());
    let of = |seen: &Arc<Mutex<Seen>>, card: usize| {
        let mut states: Vec<u32> = seen
            .lock()
            .unwrap()
            .history
            .iter()
            .map(|all| all[card])
            .collect();
        states.dedup();
        states
    };
    assert_eq!(of(&mixed.source, 0), [3, 11, 2, 0]);
    assert_eq!(of(&mixed.source, 2), [1, 3, 2, 0]);
    assert_eq!(of(&mixed.destination, 0), [4, 0, 9, 1]);
    assert_eq!(of(&mixed.destination, 2), [1, 4, 0, 1]);
    assert_eq!(overtaking(&SAVE, 11, &only(&mixed.source, [0, 1])), None);
}

/// The history of some cards.
fn only(seen: &Arc<Mutex<Seen>>, cards: [usize; 2]) -> Vec<Vec<u32>> {
    let seen = seen.lock().unwrap();
    let some = |states: &Vec<u32>| cards.iter().map(|card| states[*card]).collect();
    seen.history.iter().map(some).collect()
}
