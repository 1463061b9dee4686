//! What a device says of its firmware: which one it is, and whether it has failed; and its update.

pub mod image;
mod update;

pub use image::{FirmwareImage, ImageError};
pub use update::UpdateError;

use crate::device::Device;
use crate::function::Function;
use crate::registers::{self, RegisterError};
use slackwater_regs::bar2;
use slackwater_regs::soft_core::Fault;
use std::fmt;

/// Why firmware has failed: a word of FIRMWARE_FAULT that is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmwareFault(
    /// The word, see [`Fault`].
    pub u32,
);

impl FirmwareFault {
    /// The code, if it is known.
    pub fn known(self) -> Option<Fault> {
        Fault::from_word(self.0)
    }
}

impl fmt::Display for FirmwareFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = Fault::detail(self.0);
        match self.known() {
            Some(Fault::Panic) => write!(f, "{} ({detail})", Fault::Panic.text()),
            Some(fault) => write!(f, "{} ({detail:#x})", fault.text()),
            None => write!(f, "unknown firmware fault {:#010x}", self.0),
        }
    }
}

/// The firmware of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmwareIdentity {
    /// Major, minor, patch; all 0 until the firmware has said so.
    pub version: (u8, u8, u16),
    /// CRC-32C of its image; 0 if it is none.
    pub crc: u32,
    /// Why it has failed, if it has. It answers nothing more then: every request of the host ends
    /// in ERROR at once, and a reset of the device starts it anew.
    pub fault: Option<FirmwareFault>,
}

impl<F: Function> Device<F> {
    /// Which firmware the device runs, and whether it has failed.
    pub fn firmware(&mut self) -> Result<FirmwareIdentity, RegisterError> {
        let bar = &mut self.bar;
        let version = registers::read(bar, bar2::FIRMWARE_VERSION)?;
        let crc = registers::read(bar, bar2::FIRMWARE_CRC)?;
        let fault = registers::read(bar, bar2::FIRMWARE_FAULT)?;
        Ok(FirmwareIdentity {
            version: ((version >> 24) as u8, (version >> 16) as u8, version as u16),
            crc,
            fault: (fault != 0).then_some(FirmwareFault(fault)),
        })
    }
}
