//! The migration region as registers: what a driver that is not ours would see.

use slackwater_conformance::card::card_with;
use slackwater_hdl::config::CoreConfig;
use slackwater_host::function::{Bar, Function};
use slackwater_host::{Device, DeviceState};
use slackwater_regs::bar2::{self, capabilities};
use slackwater_regs::state::{self, answer};
use slackwater_regs::window::{Operation, status};
use slackwater_sim::firmware_kind::FirmwareKind;
use slackwater_sim::function::{CardBar, CardFunction};
use slackwater_sim::machine::{Machine, MachineConfig};
use std::sync::{Arc, Mutex};

/// No bit.
const STOP: u32 = 0;

fn card(config: &CoreConfig) -> CardFunction {
    let machine = MachineConfig {
        memory_bytes: 1 << 16,
        ..MachineConfig::default()
    };
    let card = card_with(config).unwrap();
    let mut machine = Machine::new(&machine, vec![card]).unwrap();
    let firmware = FirmwareKind::from_environment().expect("a kind of firmware");
    machine.slots[0].firmware = Some(firmware.start());
    CardFunction::new(Arc::new(Mutex::new(machine)), 0)
}

/// Writes a numbered command and waits until its status is no longer busy.
fn command(bar: &mut CardBar, registers: [u32; 2], busy: u32, number: u32, fields: u32) -> u32 {
    let [command, status] = registers;
    bar.write_u32(command, number << 24 | fields).unwrap();
    for _ in 0..10_000 {
        let word = bar.read_u32(status).unwrap();
        if word >> 24 == number && word & busy == 0 {
            return word;
        }
    }
    panic!("the command {fields:#x} was not done");
}

fn request(bar: &mut CardBar, number: u32, bits: u32) {
    let registers = [bar2::STATE_REQUEST, bar2::STATE];
    let word = command(bar, registers, answer::PENDING, number, bits);
    assert_eq!(word & answer::STATE_MASK, bits);
    assert_eq!(
        bar.read_u32(bar2::STATE).unwrap() & answer::STATE_MASK,
        bits
    );
}

#[test]
fn conformance_g1_device_state_is_a_register_of_the_region() {
    let mut bar = card(&CoreConfig::default()).bar(bar2::BAR).unwrap();
    assert_eq!(
        bar.read_u32(bar2::STATE).unwrap() & answer::STATE_MASK,
        state::RUNNING
    );
    for (number, bits) in [3, 11, 2, 0, 9, 1, 4].into_iter().enumerate() {
        request(&mut bar, 1 + number as u32, bits);
    }
}

/// Takes a whole stream out of one card and pushes it into another, register by register.
#[test]
fn conformance_g2_g3_r2_the_window_streams_out_and_in() {
    let registers = [bar2::WINDOW_COMMAND, bar2::WINDOW_STATUS];
    let function = card(&CoreConfig::default());
    let mut bar = function.bar(bar2::BAR).unwrap();
    request(&mut bar, 1, state::SAVING);
    let mut parts: Vec<Vec<u32>> = Vec::new();
    for number in 1.. {
        let word = command(
            &mut bar,
            registers,
            status::BUSY,
            number,
            Operation::Next as u32,
        );
        let bytes = word >> status::BYTES_SHIFT & status::BYTES_MASK;
        let mut words = vec![0; bytes as usize / 4];
        bar.read_block(bar2::DATA_WINDOW, &mut words).unwrap();
        parts.push(words);
        let end = word >> status::END_SHIFT & status::END_MASK;
        if end == slackwater_regs::window::EndOfStream::Final as u32 {
            break;
        }
    }
    let words: usize = parts.iter().map(Vec::len).sum();
    let state_words = bar.read_u32(bar2::STATE_WORDS).unwrap() as usize;
    assert!(
        words > state_words,
        "{words} words of stream for {state_words} words of state"
    );
    for (kept, loaded) in [(parts.len(), true), (parts.len() - 1, false)] {
        let destination = card(&CoreConfig::default());
        let mut bar = destination.bar(bar2::BAR).unwrap();
        request(&mut bar, 1, state::RESUMING);
        for (number, words) in (1..).zip(&parts[..kept]) {
            bar.write_block(bar2::DATA_WINDOW, words).unwrap();
            let bytes = 4 * words.len() as u32;
            let fields =
                Operation::Push as u32 | bytes << slackwater_regs::window::command::BYTES_SHIFT;
            command(&mut bar, registers, status::BUSY, number, fields);
        }
        let registers = [bar2::STATE_REQUEST, bar2::STATE];
        let word = command(&mut bar, registers, answer::PENDING, 2, STOP);
        let expected = if loaded { STOP } else { state::ERROR };
        assert_eq!(
            word & answer::STATE_MASK,
            expected,
            "{kept} of {} parts",
            parts.len()
        );
        if loaded {
            let states = [&function, &destination].map(|function| {
                function.machine().lock().unwrap().slots[0]
                    .card
                    .state_words()
            });
            assert!(states[0] == states[1]);
        }
    }
}

#[test]
fn conformance_b1_ndma_can_be_discovered() {
    for ndma in [false, true] {
        let config = CoreConfig {
            ndma,
            ..CoreConfig::default()
        };
        let function = card(&config);
        let mut bar = function.bar(bar2::BAR).unwrap();
        let found = bar.read_u32(bar2::CAPABILITIES).unwrap() & capabilities::NDMA != 0;
        assert_eq!(found, ndma);
        let mut device = Device::open(function).unwrap();
        assert_eq!(device.identity().ndma, ndma);
        let set = device.set_state(DeviceState::RUNNING_NDMA);
        assert_eq!(set.is_ok(), ndma, "{set:?}");
    }
}
