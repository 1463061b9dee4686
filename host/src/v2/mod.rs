//! The device as Linux VFIO migration v2 shows it: eight states, one stream, two kinds of end.
//!
//! | v2 | device_state |
//! |---|---|
//! | a step of [`path()`] | one request |
//! | `VFIO_PRECOPY_INFO` | the estimates of the data window |
//! | a read that ends with ENOMSG | [`Piece::NoMessage`], the temporary end of stream |
//! | a read of 0 | [`Piece::End`], the final one |

mod logging;
mod path;

pub use logging::{DmaLogging, LoggingError};
pub use path::path;

use crate::device::{Device, StateError};
use crate::device_state::V2State;
use crate::function::Function;
use crate::registers::RegisterError;
use crate::stream_window::{PreCopyEstimate, WindowError};
use slackwater_regs::window::EndOfStream;
use thiserror::Error;

/// Why something was not done.
#[derive(Debug, Error)]
pub enum V2Error {
    /// The registers could not be accessed.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// No arcs lead there (EINVAL).
    #[error("{from} -> {to} is blocked: no arcs lead there")]
    Blocked {
        /// Present state.
        from: V2State,
        /// State that was asked for.
        to: V2State,
    },
    /// device_state holds bits that are no v2 state.
    #[error("device_state {bits:#x} is no state of v2")]
    NoState {
        /// The bits.
        bits: u32,
    },
    /// A step failed; the device is in the state before it, or in ERROR.
    #[error(transparent)]
    Step(#[from] StateError),
    /// The stream.
    #[error(transparent)]
    Stream(#[from] WindowError),
    /// Not in this state (EINVAL).
    #[error("{what} in {state}: only in {needed}")]
    WrongState {
        /// What was asked for.
        what: &'static str,
        /// Present state.
        state: V2State,
        /// States in which it can be done.
        needed: &'static str,
    },
}

/// What a read of the stream gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes.
    Bytes(usize),
    /// Nothing now, more may come (ENOMSG).
    NoMessage,
    /// Nothing more (a read of 0).
    End,
}

/// The v2 face of a device.
pub struct V2<'d, F: Function> {
    device: &'d mut Device<F>,
}

impl<F: Function> Device<F> {
    /// The device as v2 shows it.
    pub const fn v2(&mut self) -> V2<'_, F> {
        V2 { device: self }
    }
}

impl<F: Function> V2<'_, F> {
    /// The present state.
    pub fn state(&mut self) -> Result<V2State, V2Error> {
        let state = self.device.state()?;
        state.v2().ok_or(V2Error::NoState { bits: state.bits() })
    }

    /// Goes to a state by the arcs that lead there. If a step fails, the device stays where the
    /// steps before it led, or is in ERROR.
    pub fn set_state(&mut self, to: V2State) -> Result<(), V2Error> {
        let from = self.state()?;
        let p2p = self.device.identity().ndma;
        let way = path(from, to, p2p).ok_or(V2Error::Blocked { from, to })?;
        if from == V2State::Resuming && !way.is_empty() {
            match self.device.stream_window().finish() {
                // The device has seen them and ends in ERROR with the first step.
                Ok(()) | Err(WindowError::InvalidData { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for step in way {
            self.device.set_state(step.into())?;
        }
        Ok(())
    }

    /// VFIO_DEVICE_RESET.
    pub fn reset(&mut self) -> Result<(), V2Error> {
        Ok(self.device.reset()?)
    }

    /// What pre-copy still has to stream (VFIO_MIG_GET_PRECOPY_INFO).
    pub fn precopy_info(&mut self) -> Result<PreCopyEstimate, V2Error> {
        match self.state()? {
            V2State::PreCopy | V2State::PreCopyP2p => Ok(self.device.stream_window().estimate()?),
            state => Err(V2Error::WrongState {
                what: "pre-copy info",
                state,
                needed: "PRE_COPY and PRE_COPY_P2P",
            }),
        }
    }

    /// Reads the stream.
    pub fn read(&mut self, into: &mut [u8]) -> Result<Piece, V2Error> {
        let state = self.state()?;
        if !matches!(
            state,
            V2State::PreCopy | V2State::PreCopyP2p | V2State::StopCopy
        ) {
            return Err(V2Error::WrongState {
                what: "reading the stream",
                state,
                needed: "PRE_COPY, PRE_COPY_P2P and STOP_COPY",
            });
        }
        let mut window = self.device.stream_window();
        Ok(match window.read_bytes(into)? {
            0 if into.is_empty() => Piece::Bytes(0),
            0 => match window.end_of_stream() {
                EndOfStream::Final => Piece::End,
                _ => Piece::NoMessage,
            },
            bytes => Piece::Bytes(bytes),
        })
    }

    /// Writes to the stream.
    pub fn write(&mut self, from: &[u8]) -> Result<(), V2Error> {
        match self.state()? {
            V2State::Resuming => Ok(self.device.stream_window().write_bytes(from)?),
            state => Err(V2Error::WrongState {
                what: "writing the stream",
                state,
                needed: "RESUMING",
            }),
        }
    }
}
