//! Images that fail on purpose, on the whole card.

use slackwater_host::{Device, DeviceState, StateError, WindowError};
use slackwater_regs::bar2::status;
use slackwater_regs::soft_core::Fault;
use slackwater_regs::state::Reason;
use slackwater_regs::window::{Operation, Outcome};
use slackwater_sim::backend::Backend;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::{Firmware, Machine, MachineConfig};
use slackwater_sim::soft_core::image::built;
use slackwater_sim::soft_core::program::{
    Broken, Detail, HANG, ILLEGAL, ZERO, broken, image, jalr,
};
use slackwater_sim::soft_core::{Image, ImageFirmware};
use std::sync::{Arc, Mutex};

/// A machine whose card runs an image.
pub fn card(image: Image) -> (Arc<Mutex<Machine>>, Device<CardFunction>) {
    let config = MachineConfig {
        memory_bytes: 1 << 16,
        ..MachineConfig::default()
    };
    let card = Backend::from_environment().unwrap().card().unwrap();
    let mut machine = Machine::new(&config, vec![card]).unwrap();
    let firmware: Box<dyn Firmware> = Box::new(ImageFirmware::new(image));
    machine.slots[0].firmware = Some(firmware);
    machine.run(5000);
    let machine = Arc::new(Mutex::new(machine));
    let device = Device::open(CardFunction::new(machine.clone(), 0)).unwrap();
    (machine, device)
}

/// The image fails with this word: the state stands until there is a request, which ends in ERROR
/// with the gate closed long before the watchdog; a reset brings the device back.
fn assert_fails(broken: &Broken) {
    let name = broken.name;
    let (machine, mut device) = card(image(&broken.instructions));
    let found = device.firmware().unwrap().fault.expect(name);
    assert_eq!(found.0, broken.word(0, true), "{name}: {found}");
    assert_eq!(device.state().unwrap(), DeviceState::RUNNING, "rule G4");

    let before = machine.lock().unwrap().now_cycles();
    let wanted = DeviceState::from_bits(9);
    let error = device.set_state(wanted).unwrap_err();
    let StateError::Error { reason, .. } = error else {
        panic!("{name}: {error}");
    };
    assert_eq!(reason.known(), Some(Reason::Watchdog));
    let taken = machine.lock().unwrap().now_cycles() - before;
    assert!(taken < 2000, "{name}: it took {taken} cycles");
    let closed = status::GATE_CLOSED | status::QUIESCED;
    assert_eq!(device.status().unwrap() & closed, closed);

    device.reset().unwrap();
    assert_eq!(device.state().unwrap(), DeviceState::RUNNING);
    machine.lock().unwrap().run(5000);
    let again = device.firmware().unwrap().fault;
    assert_eq!(again, Some(found), "{name}: started anew, it fails again");
}

#[test]
fn each_way_to_fail_ends_in_error_with_the_gate_closed_and_a_code() {
    for broken in broken() {
        assert_fails(&broken);
    }
}

/// A jump to an address that is none: the program counter is told, as the core stood there.
#[test]
fn a_misaligned_jump() {
    assert_fails(&Broken {
        name: "misaligned jump",
        instructions: vec![jalr(ZERO, 0x1e)],
        fault: Fault::IllegalInstruction,
        detail: Detail::Word(0x1e),
    });
}

#[test]
fn firmware_that_hangs_is_caught_by_the_watchdog() {
    let (machine, mut device) = card(image(&[HANG]));
    device.set_watchdog_cycles(5000).unwrap();
    assert_eq!(device.firmware().unwrap().fault, None);
    let before = machine.lock().unwrap().now_cycles();
    let error = device.set_state(DeviceState::from_bits(9)).unwrap_err();
    assert!(matches!(error, StateError::Error { .. }), "{error}");
    let taken = machine.lock().unwrap().now_cycles() - before;
    assert!((5000..8000).contains(&taken), "{taken} cycles");
    assert_ne!(device.status().unwrap() & status::GATE_CLOSED, 0);
}

#[test]
fn a_window_command_of_failed_firmware_is_aborted_at_once() {
    let (machine, mut device) = card(image(&[ILLEGAL]));
    let before = machine.lock().unwrap().now_cycles();
    let error = device.stream_window().read_bytes(&mut [0; 4]).unwrap_err();
    let aborted = WindowError::Refused {
        operation: Operation::Next,
        code: Outcome::Aborted as u32,
    };
    assert_eq!(error, aborted);
    let taken = machine.lock().unwrap().now_cycles() - before;
    assert!(taken < 2000, "{taken} cycles");
}

#[test]
fn the_host_reads_which_firmware_runs() {
    let (_machine, mut device) = card(built());
    let told = device.firmware().unwrap();
    let built = built();
    assert_eq!(told.crc, built.crc());
    assert_eq!(told.version, (0, 1, 0));
    assert_eq!(told.fault, None);
}
