//! What clocks the design under test: the Verilog that it emits, compiled, RustHDL's own simulation, or both.
//!
//! All stand behind [`Card`] and [`BareCore`] and exchange the same words at the
//! same ports ([`port_words`]), so that [`lockstep`] can run the two side by side.

pub mod compiled;
pub mod lockstep;
pub mod port_words;
pub mod rusthdl;
mod view;

pub use compiled::{CompiledCard, CompiledCore};
pub use lockstep::{Alarm, Disagreement, LockStep, LockStepCard, LockStepCore, Mismatch};
pub use rusthdl::{PortWords, RustHdlCard, RustHdlCore, Word};

use crate::ports::{BareCore, Card};
use slackwater_hdl::chip::Chip;
use slackwater_hdl::config::CoreConfig;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A design whose ports are words, clock by clock.
pub trait Ported: Send {
    /// One clock: inputs in, outputs as they have settled before the clock rises.
    /// Both have the length and order of the design's list of ports.
    fn exchange(&mut self, inputs: &[u128], outputs: &mut [u128]);
}

/// Variable that names the backend of tests and benchmarks.
pub const BACKEND_VARIABLE: &str = "SLACKWATER_BACKEND";

/// What clocks the design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The emitted Verilog, compiled to machine code.
    #[default]
    Compiled,
    /// RustHDL's simulation, some hundred times slower.
    RustHdl,
    /// Both, compared at every output in every cycle; the first difference is a panic.
    /// Who wants it otherwise makes a [`LockStepCard`] with another [`Alarm`].
    LockStep,
}

/// Not the name of a backend.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0} is no backend; there are compiled, rusthdl and lockstep")]
pub struct UnknownBackend(pub String);

impl FromStr for Backend {
    type Err = UnknownBackend;
    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        match name {
            "compiled" => Ok(Self::Compiled),
            "rusthdl" => Ok(Self::RustHdl),
            "lockstep" => Ok(Self::LockStep),
            _ => Err(UnknownBackend(name.into())),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Compiled => "compiled",
            Self::RustHdl => "rusthdl",
            Self::LockStep => "lockstep",
        })
    }
}

/// A design that cannot be simulated: a fault of the design, never of what it is fed with.
#[derive(Clone, Debug, Error)]
pub enum BackendError {
    /// RustHDL's own checks find something wrong with it.
    #[error("RustHDL refuses the design: {0}")]
    Design(String),
    /// Its Verilog is refused.
    #[error("the emitted Verilog: {0}")]
    Verilog(#[from] slackwater_verilog::Error),
    /// The Verilog lacks a port or signal of the design.
    #[error(transparent)]
    Name(#[from] slackwater_verilog::UnknownName),
}

impl Backend {
    /// The backend that [`BACKEND_VARIABLE`] names, else the default one: for tests,
    /// which all run on any.
    ///
    /// # Errors
    /// The variable names no backend.
    pub fn from_environment() -> Result<Self, UnknownBackend> {
        match std::env::var(BACKEND_VARIABLE) {
            Ok(name) => name.parse(),
            Err(_) => Ok(Self::default()),
        }
    }

    /// A chip (core and workload) that was just powered up.
    ///
    /// # Errors
    /// The design's Verilog is refused.
    pub fn card(self) -> Result<Box<dyn Card>, BackendError> {
        self.card_with(&CoreConfig::default())
    }

    /// The same, with another core.
    ///
    /// # Errors
    /// As [`Backend::card`].
    pub fn card_with(self, config: &CoreConfig) -> Result<Box<dyn Card>, BackendError> {
        Ok(match self {
            Self::Compiled => Box::new(CompiledCard::with(config)?),
            Self::RustHdl => Box::new(RustHdlCard::with(config)),
            Self::LockStep => {
                let steps = LockStep::new(Chip::new(config))?;
                Box::new(LockStepCard::of(steps, panics("card"))?)
            }
        })
    }

    /// A core without device that was just powered up.
    ///
    /// # Errors
    /// The design's Verilog is refused.
    pub fn core(self, config: &CoreConfig) -> Result<Box<dyn BareCore>, BackendError> {
        Ok(match self {
            Self::Compiled => Box::new(CompiledCore::new(config)?),
            Self::RustHdl => Box::new(RustHdlCore::new(config)),
            Self::LockStep => Box::new(LockStepCore::new(config, panics("core"))?),
        })
    }
}

fn panics(label: &str) -> Alarm {
    Alarm::panic(label, std::env::temp_dir())
}
