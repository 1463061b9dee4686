//! Which firmware a card runs: the image on its soft core, or the same code hosted in the simulator.

use crate::firmware_host::HostedFirmware;
use crate::machine::Firmware;
use crate::soft_core::ImageFirmware;
use slackwater_firmware::Limits;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Variable that names the firmware of tests.
pub const FIRMWARE_VARIABLE: &str = "SLACKWATER_FIRMWARE";

/// What runs the firmware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FirmwareKind {
    /// The committed image on an instruction-set simulator, see [`crate::soft_core`].
    #[default]
    Image,
    /// The firmware's crate as part of the simulator: its program takes no time, only its accesses
    /// do, see [`crate::firmware_host`].
    Hosted,
}

/// Not the name of a kind of firmware.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0} is no firmware; there are image and hosted")]
pub struct UnknownFirmware(pub String);

impl FromStr for FirmwareKind {
    type Err = UnknownFirmware;
    fn from_str(name: &str) -> Result<Self, UnknownFirmware> {
        match name {
            "image" => Ok(Self::Image),
            "hosted" => Ok(Self::Hosted),
            _ => Err(UnknownFirmware(name.into())),
        }
    }
}

impl fmt::Display for FirmwareKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Image => "image",
            Self::Hosted => "hosted",
        })
    }
}

impl FirmwareKind {
    /// The firmware that [`FIRMWARE_VARIABLE`] names, else the default one: for tests, which all
    /// run with either.
    ///
    /// # Errors
    /// The variable names none.
    pub fn from_environment() -> Result<Self, UnknownFirmware> {
        match std::env::var(FIRMWARE_VARIABLE) {
            Ok(name) => name.parse(),
            Err(_) => Ok(Self::default()),
        }
    }

    /// Firmware that starts with the first clock.
    pub fn start(self) -> Box<dyn Firmware> {
        self.start_with(Limits::default())
    }

    /// The same with other limits.
    pub fn start_with(self, limits: Limits) -> Box<dyn Firmware> {
        match self {
            Self::Image => Box::new(ImageFirmware::with_limits(limits)),
            Self::Hosted => Box::new(HostedFirmware::with_limits(limits)),
        }
    }
}

/// The firmware of a card, and its patience.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirmwareConfig {
    /// What runs it.
    pub kind: FirmwareKind,
    /// How long it waits for hardware.
    pub limits: Limits,
}

impl FirmwareConfig {
    /// As [`FirmwareKind::from_environment`], with the default limits.
    ///
    /// # Errors
    /// The variable names none.
    pub fn from_environment() -> Result<Self, UnknownFirmware> {
        Ok(Self {
            kind: FirmwareKind::from_environment()?,
            ..Self::default()
        })
    }

    /// Firmware that starts with the first clock.
    pub fn start(self) -> Box<dyn Firmware> {
        self.kind.start_with(self.limits)
    }
}
