//! The soft core's control bus: plain loads and stores, which stall the core until the bus has answered.

use slackwater_firmware::ControlBus;
use slackwater_regs::soft_core::{CONTROL_BUS, CONTROL_BUS_BYTES, WAIT};

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

impl ControlBus for Bus {
    async fn read(&mut self, address: u32) -> u32 {
        // SAFETY: as in `store`.
        unsafe { place(address).read_volatile() }
    }

    async fn write(&mut self, address: u32, data: u32) {
        store(address, data);
    }

    async fn wait_for_event(&mut self) {
        // SAFETY: the word is no memory of Rust; the core stands still until it is answered.
        unsafe { (WAIT as *const u32).read_volatile() };
    }
}
