//! The typed handle on a device behind the Slackwater core.
//!
//! ```text
//!              ┌──────────────── Device ────────────────┐
//!  Function ──▶│ identity │ device_state │ reset │ counters │
//!              │   dirty_log()     │   stream_window()  │
//!              └────────────────────────────────────────┘
//! ```
//! The handle remembers the sequence number of the last command of each kind, the
//! ranges of the dirty log, and the bytes of the stream that are on their way.

use crate::counter::Counter;
use crate::device_state::DeviceState;
use crate::dirty_log::LogContext;
use crate::function::{AccessError, Bar, Function};
use crate::registers::{self, Begun, Command, RegisterError, sequence_of};
use crate::stream_window::WindowContext;
use slackwater_regs::bar2::{self, capabilities, page_requests};
use slackwater_regs::state::{self, Outcome, Reason, answer};
use std::fmt;
use thiserror::Error;

/// What a device says about itself. It does not change while the device is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Version of the register map, major in 31:16.
    pub version: u32,
    /// Type of the device behind the core.
    pub device_type: u32,
    /// Hash of everything that must be equal for a stream to be loadable.
    pub config_hash: u32,
    /// NDMA can be set.
    pub ndma: bool,
    /// The dirty log is read and cleared atomically.
    pub atomic_clear: bool,
    /// Changes of the internal state are logged: pre-copy streams something.
    pub internal_log: bool,
    /// The device can raise page requests (PRI).
    pub page_requests: bool,
    /// Number of ranges of the dirty log.
    pub range_count: u32,
    /// Pages that the dirty log can hold.
    pub log_pages: u32,
    /// 32-bit words of device state.
    pub state_words: u32,
    /// Clock of the core in Hz.
    pub clock_hz: u32,
}

/// Why a device was not opened.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The registers could not be accessed.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// There is something else behind the BAR.
    #[error("no Slackwater core: MAGIC reads {found:#010x}, expected {expected:#010x}")]
    Magic {
        /// The value of a Slackwater core.
        expected: u32,
        /// The value found.
        found: u32,
    },
    /// The register map is of another major version, or older than this driver's.
    #[error(
        "the register map is version {}.{}, this driver needs {}.{} or a later {}.x",
        found >> 16, found & 0xffff, expected >> 16, expected & 0xffff, expected >> 16
    )]
    Version {
        /// Version that this driver was made for.
        expected: u32,
        /// Version of the device.
        found: u32,
    },
    /// A register that describes the device holds an impossible value.
    #[error("{register} reads {found:#x}, expected {expected}")]
    Description {
        /// The register.
        register: &'static str,
        /// The value found.
        found: u32,
        /// What was expected.
        expected: String,
    },
}

impl From<AccessError> for OpenError {
    fn from(error: AccessError) -> Self {
        Self::Register(error.into())
    }
}

/// The device's word on why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureReason(
    /// Code as read from STATE_REASON.
    pub u32,
);

impl FailureReason {
    /// The reason, if the code is known.
    pub fn known(self) -> Option<Reason> {
        Reason::from_code(self.0)
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(reason) => write!(f, "{} (reason {})", reason.text(), self.0),
            None => write!(f, "unknown reason {}", self.0),
        }
    }
}

/// Why a change of device_state failed (rule G4: kept, or ERROR).
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum StateError {
    /// The registers did not work.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The device kept its state.
    #[error("{present} -> {requested} was refused, the device stays as it was: {reason}")]
    Kept {
        /// State that was asked for.
        requested: DeviceState,
        /// State of the device.
        present: DeviceState,
        /// Why.
        reason: FailureReason,
    },
    /// The device is in ERROR.
    #[error("{previous} -> {requested} failed, the device is in ERROR: {reason}")]
    Error {
        /// State that was asked for.
        requested: DeviceState,
        /// State before.
        previous: DeviceState,
        /// Why.
        reason: FailureReason,
    },
    /// The device's answer is none of the three that rule G4 allows.
    #[error(
        "the answer {status:#010x} to {previous} -> {requested} is none of kept, ERROR, succeeded"
    )]
    Answer {
        /// State that was asked for.
        requested: DeviceState,
        /// State before.
        previous: DeviceState,
        /// What the STATE register reads.
        status: u32,
    },
    /// The device is not in the state that it was left in: it was reset behind the driver's back (rule G4).
    #[error("the device was left in {expected} and is in {found}: it was reset by somebody else")]
    Changed {
        /// State in which the driver left it.
        expected: DeviceState,
        /// State of the device.
        found: DeviceState,
    },
    /// Bytes written to the stream window were not pushed; leaving RESUMING would lose them.
    #[error("{bytes} bytes written to the stream window were not flushed to the device")]
    Unpushed {
        /// How many.
        bytes: usize,
    },
}

impl From<AccessError> for StateError {
    fn from(error: AccessError) -> Self {
        Self::Register(error.into())
    }
}

/// A device_state that was requested, and whose answer has not been looked for.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct StateRequest {
    previous: DeviceState,
    requested: DeviceState,
    begun: Begun,
}

/// How long the device may take, in nanoseconds. Read from its own limits when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// A change of device_state.
    pub state_ns: u64,
    /// A device reset.
    pub reset_ns: u64,
    /// A command of the dirty log or of the data window.
    pub command_ns: u64,
}

/// A handle on an open device.
pub struct Device<F: Function> {
    pub(crate) function: F,
    pub(crate) bar: F::Bar,
    pub(crate) log: LogContext,
    pub(crate) window: WindowContext,
    identity: Identity,
    deadlines: Deadlines,
    state_sequence: u8,
    reset_sequence: u8,
    /// State after the last change by this driver, if it knows.
    left_in: Option<DeviceState>,
}

impl<F: Function> Device<F> {
    /// Opens the device behind `function`: checks what it is, and picks up where its last driver stopped.
    pub fn open(function: F) -> Result<Self, OpenError> {
        let mut bar = function.bar(bar2::BAR)?;
        let magic = registers::read(&mut bar, bar2::MAGIC)?;
        if magic != bar2::MAGIC_VALUE {
            return Err(OpenError::Magic {
                expected: bar2::MAGIC_VALUE,
                found: magic,
            });
        }
        let version = registers::read(&mut bar, bar2::VERSION)?;
        if !is_compatible(version, bar2::VERSION_VALUE) {
            return Err(OpenError::Version {
                expected: bar2::VERSION_VALUE,
                found: version,
            });
        }
        let identity = describe(&mut bar, version)?;
        let deadlines = deadlines(&mut bar, &identity)?;
        let mut device = Self {
            log: LogContext::read(&mut bar, &identity)?,
            window: WindowContext::default(),
            identity,
            deadlines,
            state_sequence: 0,
            reset_sequence: 0,
            left_in: None,
            bar,
            function,
        };
        device.read_sequences()?;
        Ok(device)
    }

    /// What the device is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// How long the driver waits for the device.
    pub const fn deadlines(&self) -> Deadlines {
        self.deadlines
    }

    /// The function, for what is not about migration: DMA maps, interrupts, other BARs.
    pub const fn function_mut(&mut self) -> &mut F {
        &mut self.function
    }

    /// Gives the function back.
    pub fn into_function(self) -> F {
        self.function
    }

    /// Sets after how many cycles a state change that firmware does not answer ends in ERROR.
    pub fn set_watchdog_cycles(&mut self, cycles: u32) -> Result<(), RegisterError> {
        self.bar.write_u32(bar2::WATCHDOG_CYCLES, cycles)?;
        self.deadlines = deadlines(&mut self.bar, &self.identity)?;
        Ok(())
    }

    /// The present device_state.
    pub fn state(&mut self) -> Result<DeviceState, RegisterError> {
        let status = registers::read_status(&mut self.bar, bar2::STATE)?;
        Ok(DeviceState::from_bits(status & answer::STATE_MASK))
    }

    /// Page request groups of the device that the host has not answered.
    ///
    /// `None` if the device has lost count: a group index was out of its reach.
    pub fn page_requests(&mut self) -> Result<Option<u32>, RegisterError> {
        let word = registers::read_status(&mut self.bar, bar2::PAGE_REQUESTS)?;
        let count = word & page_requests::COUNT_MASK;
        Ok((word & page_requests::UNTRACKED == 0).then_some(count))
    }

    /// The STATUS register: bits of [`slackwater_regs::bar2::status`].
    pub fn status(&mut self) -> Result<u32, RegisterError> {
        registers::read_status(&mut self.bar, bar2::STATUS)
    }

    /// Requests a device_state and waits for the answer.
    ///
    /// device_state changes by requests only (rule G4). So a device that is found in another state
    /// than its last request left it in has been reset, and whatever it was to remember is gone:
    /// that is an error, once, and nothing is requested.
    pub fn set_state(&mut self, requested: DeviceState) -> Result<(), StateError> {
        let request = self.request_state(requested)?;
        self.await_state(request)
    }

    fn state_command(&self) -> Command {
        Command {
            name: "device_state",
            command_offset: bar2::STATE_REQUEST,
            status_offset: bar2::STATE,
            busy: answer::PENDING,
            deadline_ns: self.deadlines.state_ns,
        }
    }

    /// Requests a device_state. The device sets out for it while others are asked for theirs.
    pub fn request_state(&mut self, requested: DeviceState) -> Result<StateRequest, StateError> {
        let previous = self.state()?;
        if let Some(expected) = self.left_in.replace(previous)
            && expected != previous
        {
            self.window = WindowContext::default();
            return Err(StateError::Changed {
                expected,
                found: previous,
            });
        }
        if previous.is_resuming() && !requested.is_resuming() && self.window.unpushed_bytes() > 0 {
            return Err(StateError::Unpushed {
                bytes: self.window.unpushed_bytes(),
            });
        }
        let command = self.state_command();
        // Unknown while the request is on its way.
        self.left_in = None;
        let sequence = &mut self.state_sequence;
        Ok(StateRequest {
            previous,
            requested,
            begun: registers::begin(&mut self.bar, &command, sequence, requested.bits())?,
        })
    }

    /// Waits for the answer to a request.
    pub fn await_state(&mut self, request: StateRequest) -> Result<(), StateError> {
        let StateRequest {
            previous,
            requested,
            begun,
        } = request;
        let command = self.state_command();
        let status = registers::finish(&mut self.function, &mut self.bar, &command, begun)?;
        let present = DeviceState::from_bits(status & answer::STATE_MASK);
        self.left_in = Some(present);
        match Outcome::from_bits(status >> answer::OUTCOME_SHIFT & answer::OUTCOME_MASK) {
            Outcome::Succeeded if present == requested => {
                self.window.state_changed(previous, requested);
                Ok(())
            }
            Outcome::Kept if present == previous => Err(StateError::Kept {
                requested,
                present,
                reason: self.failure_reason()?,
            }),
            Outcome::Error if present.is_error() => Err(StateError::Error {
                requested,
                previous,
                reason: self.failure_reason()?,
            }),
            _ => Err(StateError::Answer {
                requested,
                previous,
                status,
            }),
        }
    }

    /// Why the last change of state failed.
    pub fn failure_reason(&mut self) -> Result<FailureReason, RegisterError> {
        Ok(FailureReason(registers::read(
            &mut self.bar,
            bar2::STATE_REASON,
        )?))
    }

    /// VFIO_DEVICE_RESET: discards the stream and sets RUNNING with a clean device, also from ERROR (rules X1, X2).
    pub fn reset(&mut self) -> Result<(), StateError> {
        let command = Command {
            name: "device reset",
            command_offset: bar2::DEVICE_RESET,
            status_offset: bar2::DEVICE_RESET,
            busy: bar2::reset::BUSY,
            deadline_ns: self.deadlines.reset_ns,
        };
        let Self {
            function,
            bar,
            reset_sequence,
            ..
        } = self;
        self.left_in = None;
        registers::execute(function, bar, &command, reset_sequence, 0)?;
        self.window = WindowContext::default();
        self.log.started = false;
        self.read_sequences()?;
        let status = registers::read_status(&mut self.bar, bar2::STATE)?;
        if status & answer::STATE_MASK != state::RUNNING {
            let previous = DeviceState::from_bits(status);
            return Err(StateError::Answer {
                requested: DeviceState::RUNNING,
                previous,
                status,
            });
        }
        Ok(())
    }

    /// One counter. Counters wrap, and count since power-up.
    pub fn counter(&mut self, counter: Counter) -> Result<u32, RegisterError> {
        Ok(registers::read(&mut self.bar, counter.offset())?)
    }

    /// All counters, in the order of [`Counter::ALL`].
    pub fn counters(&mut self) -> Result<[(Counter, u32); Counter::ALL.len()], RegisterError> {
        let mut words = [0; Counter::ALL.len()];
        registers::read_block(&mut self.bar, bar2::COUNTER_BASE, &mut words)?;
        Ok(std::array::from_fn(|i| (Counter::ALL[i], words[i])))
    }

    /// Takes over the numbers of the last commands, whoever gave them.
    fn read_sequences(&mut self) -> Result<(), RegisterError> {
        let bar = &mut self.bar;
        self.state_sequence = sequence_of(registers::read_status(bar, bar2::STATE)?);
        self.reset_sequence = sequence_of(registers::read_status(bar, bar2::DEVICE_RESET)?);
        self.log.sequence = sequence_of(registers::read_status(bar, bar2::LOG_STATUS)?);
        self.window.sequence = sequence_of(registers::read_status(bar, bar2::WINDOW_STATUS)?);
        Ok(())
    }
}

/// True if a driver made for version `needed` can drive a register map of version `found`.
const fn is_compatible(found: u32, needed: u32) -> bool {
    found >> 16 == needed >> 16 && found & 0xffff >= needed & 0xffff
}

/// Reads what the device says about itself, and refuses what cannot be.
fn describe<B: Bar>(bar: &mut B, version: u32) -> Result<Identity, OpenError> {
    let caps = registers::read(bar, bar2::CAPABILITIES)?;
    let identity = Identity {
        version,
        device_type: registers::read(bar, bar2::DEVICE_TYPE)?,
        config_hash: registers::read(bar, bar2::CONFIG_HASH)?,
        ndma: caps & capabilities::NDMA != 0,
        atomic_clear: caps & capabilities::ATOMIC_CLEAR != 0,
        internal_log: caps & capabilities::INTERNAL_LOG != 0,
        page_requests: caps & capabilities::PAGE_REQUESTS != 0,
        range_count: caps >> capabilities::RANGES_SHIFT & 0xff,
        log_pages: registers::read(bar, bar2::LOG_PAGES)?,
        state_words: registers::read(bar, bar2::STATE_WORDS)?,
        clock_hz: registers::read(bar, bar2::CLOCK_HZ)?,
    };
    let wrong = |register, found, expected: &str| {
        Err(OpenError::Description {
            register,
            found,
            expected: expected.to_owned(),
        })
    };
    let log2 = caps >> capabilities::LOG_PAGES_SHIFT & 0xff;
    // The chunk summary has one bit for each of 32 chunks.
    let most_pages = 32 * bar2::CHUNK_PAGES;
    if identity.log_pages == 0
        || identity.log_pages > most_pages
        || !identity.log_pages.is_multiple_of(bar2::CHUNK_PAGES)
        || 1u32.checked_shl(log2) != Some(identity.log_pages)
    {
        let expected = format!("2^{log2} pages as CAPABILITIES says, at most {most_pages}");
        return wrong("LOG_PAGES", identity.log_pages, &expected);
    }
    if identity.page_requests && !identity.ndma {
        // Nobody could have the last of them answered before the VCPUs stop.
        let expected = "no page requests without NDMA (rules F3, O3)";
        return wrong("CAPABILITIES (page requests)", caps, expected);
    }
    if !(1..=bar2::RANGE_COUNT).contains(&identity.range_count) {
        let expected = format!("1 to {}", bar2::RANGE_COUNT);
        return wrong("CAPABILITIES (ranges)", identity.range_count, &expected);
    }
    if !(1..=slackwater_regs::control::MAX_STATE_WORDS).contains(&identity.state_words) {
        let expected = format!("1 to {}", slackwater_regs::control::MAX_STATE_WORDS);
        return wrong("STATE_WORDS", identity.state_words, &expected);
    }
    if !(1_000_000..=4_000_000_000).contains(&identity.clock_hz) {
        return wrong("CLOCK_HZ", identity.clock_hz, "1 MHz to 4 GHz");
    }
    Ok(identity)
}

/// What the device allows itself, with as much again for the link and the answer.
fn deadlines<B: Bar>(bar: &mut B, identity: &Identity) -> Result<Deadlines, AccessError> {
    let ns = |cycles: u32| u64::from(cycles) * 1_000_000_000 / u64::from(identity.clock_hz);
    let watchdog_ns = ns(registers::read(bar, bar2::WATCHDOG_CYCLES)?);
    let completion_ns = ns(registers::read(bar, bar2::COMPLETION_TIMEOUT_CYCLES)?);
    Ok(Deadlines {
        state_ns: 2 * watchdog_ns + 4 * completion_ns + 1_000_000,
        reset_ns: 10 * completion_ns + 1_000_000,
        command_ns: watchdog_ns + 5_000_000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_minor_version_is_compatible_and_nothing_else() {
        assert!(is_compatible(0x0001_0000, 0x0001_0000));
        assert!(is_compatible(0x0001_0003, 0x0001_0002));
        assert!(!is_compatible(0x0001_0001, 0x0001_0002));
        assert!(!is_compatible(0x0002_0000, 0x0001_0000));
        assert!(!is_compatible(0x0000_ffff, 0x0001_0000));
    }
}
