//! A new image for the firmware, through the data window.
//!
//! ```text
//!  host: Load … Load, Start ──────────────────▶ Load of nothing ─▶ FIRMWARE_CRC
//!  card:       bank │ check, answer │ exchange, trial │ answer
//! ```
//! The old firmware checks the new image and hands over. The new one is on trial until it first waits
//! for an event: if it fails before, the soft core goes back to the old one. Either way the last
//! command is answered by the firmware that stays, and its CRC tells which one that is.

use super::image::FirmwareImage;
use super::{FirmwareFault, FirmwareIdentity};
use crate::device::Device;
use crate::function::{Bar, Function};
use crate::registers::RegisterError;
use crate::stream_window::WindowError;
use slackwater_regs::bar2::{self, WINDOW_BYTES};
use slackwater_regs::window::{Operation, Outcome};
use thiserror::Error;

/// Bytes of an image that one command takes: the window has its offset too.
const PART_BYTES: usize = WINDOW_BYTES as usize - 4;

/// An update that did not work.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum UpdateError {
    /// The registers did not work.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The device refused a command, or does not answer.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The device is migrating, or has failed.
    #[error("the firmware takes an image while device_state is RUNNING only")]
    NotRunning,
    /// It is a part of the simulator, or a soft core with one bank.
    #[error("this firmware cannot be replaced")]
    NotReplaceable,
    /// The device has checked the image and refuses it; the old one runs on.
    #[error(
        "the device says that the image with CRC-32C {crc:#010x} is not whole; the old one runs on"
    )]
    Refused {
        /// The image's checksum.
        crc: u32,
    },
    /// The image passed the check and failed when it was started; the old one runs again.
    #[error(
        "the image with CRC-32C {wanted:#010x} failed as it started; the one with {runs:#010x} runs again"
    )]
    FellBack {
        /// Checksum of the image that was loaded.
        wanted: u32,
        /// Checksum of the image that runs.
        runs: u32,
    },
    /// The firmware that runs now has failed.
    #[error("the firmware has failed since: {0}")]
    Failed(FirmwareFault),
}

/// What a refusal of a command means.
fn refused<F: Function>(
    device: &mut Device<F>,
    error: WindowError,
    image: &FirmwareImage,
) -> UpdateError {
    let WindowError::Refused { operation, code } = error else {
        return UpdateError::Window(error);
    };
    match (operation, Outcome::from_code(code)) {
        (_, Some(Outcome::Aborted)) => match device.firmware() {
            Ok(FirmwareIdentity {
                fault: Some(fault), ..
            }) => UpdateError::Failed(fault),
            Ok(_) => UpdateError::Window(error),
            Err(error) => UpdateError::Register(error),
        },
        (_, Some(Outcome::WrongState)) => UpdateError::NotRunning,
        (_, Some(Outcome::UnknownOperation)) => UpdateError::NotReplaceable,
        (Operation::Start, Some(Outcome::BadImage)) => UpdateError::Refused { crc: image.crc() },
        _ => UpdateError::Window(error),
    }
}

impl<F: Function> Device<F> {
    /// Replaces the firmware that the device runs until it is powered up again, and says which one runs.
    /// `progress` is told the bytes that the device has.
    ///
    /// # Errors
    /// Whichever it is, the device has firmware: the old one, or with [`UpdateError::Failed`] a new one
    /// that has failed after it was started and that a reset of the device starts again.
    pub fn update_firmware(
        &mut self,
        image: &FirmwareImage,
        mut progress: impl FnMut(usize),
    ) -> Result<FirmwareIdentity, UpdateError> {
        for (part, bytes) in image.bytes().chunks(PART_BYTES).enumerate() {
            self.load_part(part * PART_BYTES, bytes)
                .map_err(|error| refused(self, error, image))?;
            progress(part * PART_BYTES + bytes.len());
        }
        self.window_command(Operation::Start, 0)
            .map_err(|error| refused(self, error, image))?;
        // Who answers this one stays.
        self.load_part(0, &[])
            .map_err(|error| refused(self, error, image))?;
        let identity = self.firmware()?;
        match identity.fault {
            Some(fault) => Err(UpdateError::Failed(fault)),
            None if identity.crc != image.crc() => Err(UpdateError::FellBack {
                wanted: image.crc(),
                runs: identity.crc,
            }),
            None => Ok(identity),
        }
    }

    /// A part of an image, whole words.
    fn load_part(&mut self, offset: usize, bytes: &[u8]) -> Result<(), WindowError> {
        let words: Vec<u32> = std::iter::once(offset as u32)
            .chain(
                bytes
                    .chunks_exact(4)
                    .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])),
            )
            .collect();
        self.bar.write_block(bar2::DATA_WINDOW, &words)?;
        self.window_command(Operation::Load, 4 * words.len() as u32)
    }

    fn window_command(&mut self, operation: Operation, bytes: u32) -> Result<(), WindowError> {
        let mut window = self.stream_window();
        let begun = window.begin(operation, bytes)?;
        window.finish_command(operation, begun).map(drop)
    }
}
