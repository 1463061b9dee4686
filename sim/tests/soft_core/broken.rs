//! Images that fail on purpose, on the whole card.

use crate::program::{BUS, HANG, ILLEGAL, SP, T0, T1, ZERO, addi, back, image, jalr, lui, lw, sw};
use slackwater_host::{Device, DeviceState, StateError, WindowError};
use slackwater_regs::bar2::status;
use slackwater_regs::control;
use slackwater_regs::soft_core::{Fault, STACK_BOTTOM, STACK_TOP, WAIT};
use slackwater_regs::state::Reason;
use slackwater_regs::window::{Operation, Outcome};
use slackwater_sim::backend::Backend;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::{Firmware, Machine, MachineConfig};
use slackwater_sim::soft_core::{Image, ImageFirmware};
use std::sync::{Arc, Mutex};

/// A machine whose card runs an image.
fn card(image: Image) -> (Arc<Mutex<Machine>>, Device<CardFunction>) {
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
fn assert_fails(instructions: &[u32], fault: Fault, detail: u32) {
    let (machine, mut device) = card(image(instructions));
    let found = device.firmware().unwrap().fault.expect("a fault");
    assert_eq!(found.0, fault.word(detail), "{found}");
    assert_eq!(device.state().unwrap(), DeviceState::RUNNING, "rule G4");

    let before = machine.lock().unwrap().now_cycles();
    let wanted = DeviceState::from_bits(9);
    let error = device.set_state(wanted).unwrap_err();
    let StateError::Error { reason, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(reason.known(), Some(Reason::Watchdog));
    let taken = machine.lock().unwrap().now_cycles() - before;
    assert!(taken < 2000, "it took {taken} cycles");
    let closed = status::GATE_CLOSED | status::QUIESCED;
    assert_eq!(device.status().unwrap() & closed, closed);

    device.reset().unwrap();
    assert_eq!(device.state().unwrap(), DeviceState::RUNNING);
    machine.lock().unwrap().run(5000);
    let again = device.firmware().unwrap().fault;
    assert_eq!(again, Some(found), "it was started anew and fails again");
}

#[test]
fn an_illegal_instruction() {
    assert_fails(&[ILLEGAL], Fault::IllegalInstruction, 0x1c);
    assert_fails(&[0], Fault::IllegalInstruction, 0x1c);
    // EBREAK, ECALL and CSRs are not part of the core.
    assert_fails(&[0x0010_0073], Fault::IllegalInstruction, 0x1c);
    assert_fails(&[0xc000_2573], Fault::IllegalInstruction, 0x1c);
    // MUL neither.
    assert_fails(&[0x0220_8033], Fault::IllegalInstruction, 0x1c);
}

#[test]
fn a_misaligned_address() {
    assert_fails(&[lw(T0, ZERO, 2)], Fault::IllegalInstruction, 0x1c);
    let stack = [lui(SP, STACK_BOTTOM), sw(ZERO, SP, 1)];
    assert_fails(&stack, Fault::IllegalInstruction, 0x20);
    assert_fails(&[jalr(ZERO, 0x1e)], Fault::IllegalInstruction, 0x1e);
}

#[test]
fn a_bus_error() {
    // Behind memory, behind the control bus, and a byte of it.
    assert_fails(&[lui(T0, 0x4000), lw(T0, T0, 0)], Fault::BusError, 0x4000);
    let behind = [lui(T0, 0x4010_0000), sw(ZERO, T0, 0)];
    assert_fails(&behind, Fault::BusError, 0x10_0000);
    let byte = sw(T0, T0, 0x21) & !(7 << 12);
    assert_fails(&[BUS, byte], Fault::BusError, 0x20);
    assert_fails(&[lui(T0, WAIT), sw(ZERO, T0, 0)], Fault::BusError, 0);
    // A jump out of the code, into the stack.
    assert_fails(&[lui(T0, 0x3000), jalr(T0, 0)], Fault::BusError, 0x3000);
    assert_fails(&[lui(T0, 0x9000_0000), jalr(T0, 4)], Fault::BusError, 4);
}

#[test]
fn a_stack_overflow() {
    // It pushes for ever, and goes down to the guard and not a word further.
    let top = [lui(SP, STACK_TOP + 0x400), addi(SP, SP, -0x400)];
    let push = [addi(SP, SP, -16), sw(ZERO, SP, 0), back(2)];
    let program = [top.as_slice(), &push].concat();
    assert_fails(&program, Fault::StackOverflow, STACK_BOTTOM - 16);
}

#[test]
fn a_store_into_code() {
    assert_fails(&[sw(ZERO, ZERO, 0x1c)], Fault::WriteProtected, 0x1c);
    assert_fails(
        &[lui(T0, 0x2000), sw(ZERO, T0, 0)],
        Fault::WriteProtected,
        0x2000,
    );
}

#[test]
fn a_panic_is_told_by_firmware_itself_and_the_first_word_stays() {
    let first = Fault::Panic.word(7);
    let tell = [
        BUS,
        addi(T1, ZERO, first as i32),
        sw(T1, T0, control::FAULT as i32),
        ILLEGAL,
    ];
    assert_fails(&tell, Fault::Panic, 7);
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
    let (_machine, mut device) = card(Image::built());
    let told = device.firmware().unwrap();
    let built = Image::built();
    assert_eq!(told.crc, built.crc());
    assert_eq!(told.version, (0, 1, 0));
    assert_eq!(told.fault, None);
}
