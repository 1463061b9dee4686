//! The card exercise on simulated cards: it passes on a good one, and notices what is wrong with others.

use slackwater::exercise::{self, ExerciseError, MEMORY_BYTES, Rig, Saved};
use slackwater_host::platform::{GuestMemory, MemoryError};
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::FirmwareKind;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::{Machine, MachineConfig};
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use slackwater_vfio_user::{Listener, Server, SimulatedCard, VfioUserFunction};
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
    machine.slots[0].firmware = Some(FirmwareKind::from_environment().unwrap().start());
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

/// Through a vfio-user server and our own client: saved on one, completed on another, with a second
/// client after the first.
#[test]
fn cards_behind_vfio_user_do_the_same() {
    let path = |name: &str| std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let serve = |name: &str, seed: u64| {
        let listener = Listener::bind(&path(name)).unwrap();
        let card = Backend::default().card().unwrap();
        let card = SimulatedCard::new(card, RootComplexConfig::default(), Seed(seed)).unwrap();
        std::thread::spawn(move || {
            let mut server = Server::new(card, (2, 1), Box::new(|_| {}));
            for _ in 0..2 {
                server.serve(listener.accept().unwrap());
            }
        })
    };
    let rig = |name: &str| {
        let function = VfioUserFunction::connect(&path(name), MEMORY_BYTES).unwrap();
        let memory = function.memory();
        Rig::new(function, memory).unwrap()
    };
    let servers = [
        serve("exercise-source", 31),
        serve("exercise-destination", 32),
    ];
    let (saved, done) = exercise::run(&mut rig("exercise-source")).unwrap();
    assert_eq!(done.jobs, 48);
    assert!((1..=16).contains(&done.interrupts), "{done:?}");
    let done = exercise::restore(&mut rig("exercise-destination"), &saved).unwrap();
    assert_eq!(done.jobs, u64::from(saved.in_flight) + 12);
    // The device is as it was left, and the next client finds it there: stopped.
    for name in ["exercise-source", "exercise-destination"] {
        let mut rig = rig(name);
        rig.device().reset().unwrap();
        exercise::run(&mut rig).unwrap();
    }
    for server in servers {
        server.join().unwrap();
    }
    let error = VfioUserFunction::connect(&path("nobody"), 4096)
        .err()
        .unwrap();
    assert!(error.to_string().contains("nobody"), "{error}");
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
