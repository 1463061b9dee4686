//! The soft core's control bus: plain loads and stores, which stall the core until the bus has answered.

use slackwater_firmware::ControlBus;
use slackwater_firmware::stream::Checksums;
use slackwater_regs::soft_core::{
    CONTROL_BUS, CONTROL_BUS_BYTES, CRC_ADD, CRC_ALL, CRC_PART, CRC_START, CRC_START_ALL,
    CRC_START_PART, EXCHANGE, EXCHANGE_KEY, MAX_IMAGE_BYTES, OTHER_BANK, WAIT,
};

/// The one master of the bus.
pub struct Bus;

/// Where a register of the bus lies; never outside of it.
fn place(address: u32) -> *mut u32 {
    (CONTROL_BUS + (address & (CONTROL_BUS_BYTES - 4))) as *mut u32
}

/// Writes a register of the bus.
pub fn store(address: u32, data: u32) {
    // SAFETY: the bus answers every word of its range, and none of them is memory of Rust.
    unsafe { place(address).write_volatile(data) }
}

/// The soft core's checksum unit. There is one stream at a time, so one unit does.
#[derive(Debug)]
pub struct ChecksumUnit(());

impl ChecksumUnit {
    fn read(address: u32) -> u32 {
        // SAFETY: a register of the unit, no memory of Rust.
        unsafe { (address as *const u32).read_volatile() }
    }

    fn write(address: u32, data: u32) {
        // SAFETY: as in `read`.
        unsafe { (address as *mut u32).write_volatile(data) }
    }
}

impl Checksums for ChecksumUnit {
    fn start() -> Self {
        Self::write(CRC_START, CRC_START_PART | CRC_START_ALL);
        Self(())
    }

    fn add(&mut self, word: u32) {
        Self::write(CRC_ADD, word);
    }

    fn part(&self) -> u32 {
        Self::read(CRC_PART)
    }

    fn restart_part(&mut self) {
        Self::write(CRC_START, CRC_START_PART);
    }

    fn all(&self) -> u32 {
        Self::read(CRC_ALL)
    }
}

/// Where a word of the other bank lies; never outside of it.
fn banked(offset: u32) -> *mut u32 {
    (OTHER_BANK + (offset & !3).min(MAX_IMAGE_BYTES - 4)) as *mut u32
}

impl ControlBus for Bus {
    type Checksums = ChecksumUnit;
    const OTHER_BANK_BYTES: u32 = MAX_IMAGE_BYTES;

    async fn read(&mut self, address: u32) -> u32 {
        // SAFETY: as in `store`.
        unsafe { place(address).read_volatile() }
    }

    async fn write(&mut self, address: u32, data: u32) {
        store(address, data);
    }

    async fn move_words(&mut self, from: u32, to: u32, words: u32, sums: &mut ChecksumUnit) {
        let (mut from, mut to) = (place(from), place(to));
        for _ in 0..words {
            // SAFETY: as in `store`; what is called gives only words that lie on the bus.
            unsafe {
                let word = from.read_volatile();
                sums.add(word);
                to.write_volatile(word);
            }
            from = from.wrapping_add(1);
            to = to.wrapping_add(1);
        }
    }

    async fn read_other_bank(&mut self, offset: u32) -> u32 {
        // SAFETY: the bank is no memory of Rust, and every word of it can be read.
        unsafe { banked(offset).read_volatile() }
    }

    async fn write_other_bank(&mut self, offset: u32, data: u32) {
        // SAFETY: as in `read_other_bank`; the running image lies in the other one of the two.
        unsafe { banked(offset).write_volatile(data) }
    }

    async fn exchange_banks(&mut self) {
        // SAFETY: the word is no memory of Rust. The core starts anew behind it.
        unsafe { (EXCHANGE as *mut u32).write_volatile(EXCHANGE_KEY) };
    }

    async fn wait_for_event(&mut self) {
        // SAFETY: the word is no memory of Rust; the core stands still until it is answered.
        unsafe { (WAIT as *const u32).read_volatile() };
    }
}
