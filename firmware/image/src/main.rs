//! The firmware of the Slackwater core as an image for a RISC-V soft core (RV32I, PicoRV32).
//!
//! | part | what it does |
//! |---|---|
//! | [`start`] | header, stack, cleared statics |
//! | [`bus`] | the control bus as loads and stores |
//! | here | the firmware's one future, and what a panic does |
//!
//! There is no trap handler: the core has no standard one, and code that has gone astray is
//! the wrong judge of itself. What the core or its memory refuses stops it, and hardware writes
//! the fault (`slackwater_regs::soft_core`). A panic does the same by itself.
#![no_std]
#![no_main]

mod bus;
mod start;

use bus::Bus;
use core::panic::PanicInfo;
use core::pin::pin;
use core::task::{Context, Waker};
use slackwater_firmware::{Limits, run_with};
use slackwater_regs::control;
use slackwater_regs::soft_core::{Fault, image};

/// A word of the header of the image that runs.
fn header(offset: u32) -> u32 {
    // SAFETY: the header lies at the beginning of memory and is never written. It is read as
    // volatile because it was filled in after the compiler had seen it.
    unsafe { (offset as *const u32).read_volatile() }
}

/// Comes from the start code, never returns.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    bus::store(control::FIRMWARE_VERSION, header(image::VERSION));
    bus::store(control::FIRMWARE_CRC, header(image::CRC));
    let limits = Limits {
        quiesce_polls: header(image::QUIESCE_POLLS),
        freeze_polls: header(image::FREEZE_POLLS),
    };
    let mut firmware = pin!(run_with(Bus, limits));
    let mut context = Context::from_waker(Waker::noop());
    // No access of this bus is ever pending, so one call is the whole life of the firmware.
    let _never_ready = firmware.as_mut().poll(&mut context);
    stop(Fault::Panic, 0)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    stop(
        Fault::Panic,
        info.location().map_or(0, |place| place.line()),
    )
}

/// Tells hardware, which ends every request from now on, and does nothing more until a reset.
fn stop(fault: Fault, detail: u32) -> ! {
    bus::store(control::FAULT, fault.word(detail));
    loop {
        core::hint::spin_loop();
    }
}
