//! What is known of the firmware: that it has failed, and which one it is.
//!
//! ```text
//!  control bus: valid, write, address[20], data, ready ──▶ ┌────────────────┐ ──▶ fault, version, crc
//!  reset                                               ──▶ │ FirmwareStatus │ ──▶ limit: watchdog of the others
//!  watchdog                                            ──▶ └────────────────┘
//! ```
//! | port | width | meaning |
//! |---|---|---|
//! | `valid` … `ready` | | the control bus, as an onlooker: a write counts in the clock of its `ready` |
//! | `reset` | 1 | the soft core is held in reset: no fault is known, nor which firmware it is |
//! | `watchdog` | 32 | clocks that the host grants firmware for an answer |
//! | `fault` | 32 | the first word that was written to FAULT and is not 0, see `soft_core::Fault` |
//! | `version`, `crc` | 32 | what firmware says of itself |
//! | `limit` | 32 | `watchdog`, and 0 from the clock after a fault on |
//!
//! Firmware that has failed answers nothing more, so nothing waits for it: with a limit of 0 a
//! pending device_state request ends in ERROR and a window command as Aborted, as if the watchdog had
//! expired, and so does every later one, one clock after it came. The state does not change before
//! there is a request (rule G4): a guest that is not being migrated needs no firmware.
//! Addresses: `slackwater_regs::control`.

use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::control;

/// See the module's page.
#[derive(SettledBlock)]
pub struct FirmwareStatus {
    pub clock: Signal<In, Clock>,
    pub valid: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub address: Signal<In, Bits<20>>,
    pub data: Signal<In, Bits<32>>,
    pub ready: Signal<In, Bit>,
    pub reset: Signal<In, Bit>,
    pub watchdog: Signal<In, Bits<32>>,
    pub fault: Signal<Out, Bits<32>>,
    pub version: Signal<Out, Bits<32>>,
    pub crc: Signal<Out, Bits<32>>,
    pub limit: Signal<Out, Bits<32>>,
    first_fault: Register<Bits<32>>,
    told_version: Register<Bits<32>>,
    told_crc: Register<Bits<32>>,
    #[value(control::FAULT)]
    at_fault: Constant<Bits<20>>,
    #[value(control::FIRMWARE_VERSION)]
    at_version: Constant<Bits<20>>,
    #[value(control::FIRMWARE_CRC)]
    at_crc: Constant<Bits<20>>,
}

impl Logic for FirmwareStatus {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, first_fault, told_version, told_crc);
        if self.valid.val() & self.write.val() & self.ready.val() {
            if self.address.val() == self.at_fault.val() {
                if !self.first_fault.q.val().any() {
                    self.first_fault.d.next = self.data.val();
                }
            } else if self.address.val() == self.at_version.val() {
                self.told_version.d.next = self.data.val();
            } else if self.address.val() == self.at_crc.val() {
                self.told_crc.d.next = self.data.val();
            }
        }
        if self.reset.val() {
            self.first_fault.d.next = 0.into();
            self.told_version.d.next = 0.into();
            self.told_crc.d.next = 0.into();
        }
        self.fault.next = self.first_fault.q.val();
        self.version.next = self.told_version.q.val();
        self.crc.next = self.told_crc.q.val();
        self.limit.next = self.watchdog.val();
        if self.first_fault.q.val().any() {
            self.limit.next = 0.into();
        }
    }
}
