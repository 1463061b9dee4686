//! The firmware is replaced through BAR2: whole images start, others do not, and the old one runs on.

use crate::broken::card;
use slackwater_host::function::{Bar, Function};
use slackwater_host::{Device, DeviceState, FirmwareImage, StateError, UpdateError};
use slackwater_regs::bar2::{self, WINDOW_BYTES};
use slackwater_regs::soft_core::image::{BYTES, CRC, HEADER_BYTES, MAGIC, VERSION};
use slackwater_regs::soft_core::{Fault, MAX_IMAGE_BYTES, TRIAL_CLOCKS};
use slackwater_regs::window::{Operation, Outcome, command, status};
use slackwater_sim::function::CardFunction;
use slackwater_sim::soft_core::image::built;
use slackwater_sim::soft_core::program::{AWAIT, HANG, broken, image, with_version};

/// The project's image with another version.
fn next_version() -> FirmwareImage {
    with_version(&built(), 0x0203_0004)
}

fn set(bytes: &mut [u8], offset: u32, word: u32) {
    bytes[offset as usize..][..4].copy_from_slice(&word.to_le_bytes());
}

fn assert_runs(device: &mut Device<CardFunction>, crc: u32) {
    let identity = device.firmware().unwrap();
    assert_eq!((identity.crc, identity.fault), (crc, None));
    device.set_state(DeviceState::from_bits(9)).unwrap();
    device.set_state(DeviceState::RUNNING).unwrap();
}

/// Commands of the window without the driver, which would not send bad ones.
struct Raw {
    bar: <CardFunction as Function>::Bar,
    sequence: u32,
}

impl Raw {
    fn new(device: Device<CardFunction>) -> Self {
        let mut bar = device.into_function().bar(2).unwrap();
        let last = bar.read_u32(bar2::WINDOW_STATUS).unwrap();
        Self {
            bar,
            sequence: last >> status::SEQUENCE_SHIFT,
        }
    }

    fn command(&mut self, operation: u32, bytes: u32) -> Outcome {
        self.sequence = (self.sequence + 1) & 0xff;
        let word =
            operation | bytes << command::BYTES_SHIFT | self.sequence << command::SEQUENCE_SHIFT;
        self.bar.write_u32(bar2::WINDOW_COMMAND, word).unwrap();
        for _ in 0..100_000 {
            let now = self.bar.read_u32(bar2::WINDOW_STATUS).unwrap();
            if now >> status::SEQUENCE_SHIFT == self.sequence && now & status::BUSY == 0 {
                return Outcome::from_code(now & status::OUTCOME_MASK).unwrap();
            }
        }
        panic!("no answer to {operation}");
    }

    fn load(&mut self, image: &[u8]) {
        for (part, bytes) in image.chunks(512).enumerate() {
            self.bar
                .write_u32(bar2::DATA_WINDOW, 512 * part as u32)
                .unwrap();
            for (index, word) in bytes.chunks(4).enumerate() {
                let word = u32::from_le_bytes(word.try_into().unwrap());
                let at = bar2::DATA_WINDOW + 4 + 4 * index as u32;
                self.bar.write_u32(at, word).unwrap();
            }
            let bytes = 4 + bytes.len() as u32;
            let outcome = self.command(Operation::Load as u32, bytes);
            assert_eq!(outcome, Outcome::Ok);
        }
    }

    fn start(&mut self) -> Outcome {
        self.command(Operation::Start as u32, 0)
    }
}

#[test]
fn a_whole_image_starts_and_stays_through_a_reset_of_the_device() {
    let (machine, mut device) = card(built());
    let next = next_version();
    let mut told = Vec::new();
    let identity = device
        .update_firmware(&next, |bytes| told.push(bytes))
        .unwrap();
    assert_eq!(identity.version, (2, 3, 4));
    assert_eq!(told, [4092, 8184, next.bytes().len()]);
    assert_runs(&mut device, next.crc());
    device.reset().unwrap();
    machine.lock().unwrap().run(5000);
    assert_runs(&mut device, next.crc());
    // And back.
    device.update_firmware(&built(), |_| ()).unwrap();
    assert_runs(&mut device, built().crc());
}

#[test]
fn an_image_that_fails_on_trial_is_exchanged_back_and_nobody_notices() {
    let hang = ("hangs", vec![HANG]);
    let programs = broken().into_iter().map(|b| (b.name, b.instructions));
    let (machine, mut device) = card(built());
    for (name, instructions) in programs.chain([hang]) {
        let bad = image(&instructions);
        let before = machine.lock().unwrap().now_cycles();
        let error = device.update_firmware(&bad, |_| ()).unwrap_err();
        let fell_back = UpdateError::FellBack {
            wanted: bad.crc(),
            runs: built().crc(),
        };
        assert_eq!(error, fell_back, "{name}");
        let taken = machine.lock().unwrap().now_cycles() - before;
        assert!(taken < u64::from(TRIAL_CLOCKS) + 30_000, "{name}: {taken}");
        assert_runs(&mut device, built().crc());
    }
}

#[test]
fn an_image_that_fails_after_its_trial_says_why() {
    for broken in broken() {
        let (_machine, mut device) = card(built());
        let program = [AWAIT.as_slice(), &broken.instructions].concat();
        let error = device
            .update_firmware(&image(&program), |_| ())
            .unwrap_err();
        let UpdateError::Failed(fault) = error else {
            panic!("{}: {error}", broken.name);
        };
        assert_eq!(fault.0, broken.word(AWAIT.len(), true), "{}", broken.name);
        let error = device.set_state(DeviceState::from_bits(9)).unwrap_err();
        assert!(matches!(error, StateError::Error { .. }), "{error}");
    }
}

#[test]
fn a_damaged_image_is_refused_by_the_card_and_the_old_one_runs_on() {
    let (_machine, device) = card(built());
    let mut raw = Raw::new(device);
    assert_eq!(raw.start(), Outcome::BadImage, "nothing was loaded");
    let whole = next_version().bytes().to_vec();
    let mut random = fastrand::Rng::with_seed(8);
    let places = [
        MAGIC,
        VERSION,
        BYTES,
        CRC,
        HEADER_BYTES,
        whole.len() as u32 - 4,
    ];
    let anywhere: Vec<u32> = (0..8)
        .map(|_| random.u32(HEADER_BYTES..whole.len() as u32))
        .collect();
    for at in places.into_iter().chain(anywhere) {
        let mut bad = whole.clone();
        bad[at as usize] ^= 1 << random.u32(0..8);
        raw.load(&bad);
        assert_eq!(raw.start(), Outcome::BadImage, "byte {at}");
    }
    // Lengths that lie, with the magic number right.
    for bytes in [0, 24, 30, MAX_IMAGE_BYTES + 4, u32::MAX, 0x8000_0000] {
        let mut bad = whole.clone();
        set(&mut bad, BYTES, bytes);
        raw.load(&bad);
        assert_eq!(raw.start(), Outcome::BadImage, "{bytes} bytes");
    }
    assert_eq!(raw.bar.read_u32(bar2::FIRMWARE_CRC).unwrap(), built().crc());
    // What was given up is no harm to what comes next.
    raw.load(&whole);
    assert_eq!(raw.start(), Outcome::Ok);
}

#[test]
fn parts_that_lie_nowhere_are_refused() {
    let (_machine, device) = card(built());
    let mut raw = Raw::new(device);
    let load = Operation::Load as u32;
    for (at, bytes, outcome) in [
        (0, 0, Outcome::BadLength),
        (0, 3, Outcome::BadLength),
        (0, 6, Outcome::BadLength),
        (0, WINDOW_BYTES + 4, Outcome::BadLength),
        (0, 0x1ffc, Outcome::BadLength),
        (2, 8, Outcome::BadLength),
        (MAX_IMAGE_BYTES, 8, Outcome::BadLength),
        (MAX_IMAGE_BYTES - 4, 12, Outcome::BadLength),
        (u32::MAX - 3, 8, Outcome::BadLength),
        (u32::MAX - 3, 4, Outcome::BadLength),
        (0x8000_0000, 8, Outcome::BadLength),
        (MAX_IMAGE_BYTES - 4, 8, Outcome::Ok),
        (MAX_IMAGE_BYTES, 4, Outcome::Ok),
        (0, 4, Outcome::Ok),
    ] {
        raw.bar.write_u32(bar2::DATA_WINDOW, at).unwrap();
        assert_eq!(raw.command(load, bytes), outcome, "{bytes} at {at:#x}");
    }
}

#[test]
fn a_device_that_migrates_takes_no_image() {
    let (_machine, mut device) = card(built());
    for bits in [0, 2, 3, 9, 11, 4] {
        device.set_state(DeviceState::from_bits(bits)).unwrap();
        let error = device.update_firmware(&next_version(), |_| ()).unwrap_err();
        assert_eq!(error, UpdateError::NotRunning, "{bits:#x}");
        if bits == 2 {
            device.set_state(DeviceState::from_bits(0)).unwrap();
        }
        if bits != 4 {
            device.set_state(DeviceState::RUNNING).unwrap();
        }
    }
    // RESUMING with nothing resumed leads nowhere else.
    device.reset().unwrap();
    assert_runs(&mut device, built().crc());
}

#[test]
fn an_update_of_failed_firmware_is_aborted() {
    let (_machine, mut device) = card(image(&[0]));
    let error = device.update_firmware(&built(), |_| ()).unwrap_err();
    let UpdateError::Failed(fault) = error else {
        panic!("{error}");
    };
    assert_eq!(fault.known(), Some(Fault::IllegalInstruction));
}
