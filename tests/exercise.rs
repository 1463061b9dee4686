//! The card exercise on simulated cards: it passes on a good one, and notices what is wrong with others.

use slackwater::exercise::{self, ExerciseError, MEMORY_BYTES, Rig, Saved};
use slackwater_host::platform::{GuestMemory, MemoryError};
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_host::HostedFirmware;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::{Machine, MachineConfig};
use slackwater_sim::seed::Seed;
use std::sync::{Arc, Mutex};

/// The memory of a simulated machine.
struct Memory(Arc<Mutex<Machine>>);

impl GuestMemory for Memory {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        GuestMemory::read(&mut self.0.lock().unwrap().memory, address, into)
    }

    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
        GuestMemory::write(&mut self.0.lock().unwrap().memory, address, from)
    }
}

fn rig(seed: u64, inject: u32) -> Rig<CardFunction, Memory> {
    let config = MachineConfig {
        seed: Seed(seed),
        memory_bytes: MEMORY_BYTES,
        ..MachineConfig::default()
    };
    let card = Backend::default().card().unwrap();
    let mut machine = Machine::new(&config, vec![card]).unwrap();
    machine.slots[0].firmware = Some(Box::new(HostedFirmware::default()));
    machine.slots[0].inject = inject;
    let machine = Arc::new(Mutex::new(machine));
    let function = CardFunction::new(Arc::clone(&machine), 0);
    Rig::new(function, Memory(machine)).unwrap()
}

#[test]
fn a_good_card_is_saved_with_jobs_in_its_ring_and_another_completes_them() {
    for seed in 1..4 {
        let (saved, done) = exercise::run(&mut rig(seed, 0)).unwrap();
        assert_eq!(done.jobs, 48);
        // No two of them become one here.
        assert_eq!(done.interrupts, 16);
        assert!(done.logged_pages > 40, "{done:?}");
        let bytes = saved.to_bytes();
        let saved = Saved::from_bytes(&bytes).unwrap();
        assert!(saved.in_flight > 0 && !saved.stream.is_empty());
        let done = exercise::restore(&mut rig(seed + 10, 0), &saved).unwrap();
        assert_eq!(done.jobs, u64::from(saved.in_flight) + 12);
    }
}

/// A mark that is lost is a page that changed and is not in the log.
#[test]
fn a_lost_mark_is_noticed() {
    let error = exercise::run(&mut rig(5, slackwater_hdl::inject::DROP_MARK)).unwrap_err();
    assert!(matches!(error, ExerciseError::Log { .. }), "{error}");
}

#[test]
fn a_file_that_was_changed_is_refused_by_what_is_wrong() {
    let (saved, _) = exercise::run(&mut rig(6, 0)).unwrap();
    let bytes = saved.to_bytes();
    let head = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    for (at, text) in [
        (head + 100, "CRC"),
        (bytes.len() - 1, "CRC"),
        (2, "first line"),
    ] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let error = Saved::from_bytes(&changed).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    for cut in [0, head, head + 1, bytes.len() - 1] {
        assert!(Saved::from_bytes(&bytes[..cut]).is_err());
    }
    // A word of the stream: the device itself refuses it.
    let mut saved = saved;
    let middle = saved.stream.len() / 2;
    saved.stream[middle] ^= 0x10;
    let error = exercise::restore(&mut rig(7, 0), &saved).unwrap_err();
    assert!(matches!(error, ExerciseError::State(_)), "{error}");
}
