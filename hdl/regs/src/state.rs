//! device_state: encoding, requests, answers.
//!
//! The seed document gives no encoding; this is that of the kvm list
//! (December 2021): RUNNING=1, SAVING=2, RESUMING=4, NDMA=8, and ERROR is the
//! otherwise meaningless SAVING|RESUMING.

/// The device may change its internal state and answers MMIO.
pub const RUNNING: u32 = 1 << 0;
/// The device streams its state out.
pub const SAVING: u32 = 1 << 1;
/// The device takes its state in.
pub const RESUMING: u32 = 1 << 2;
/// The device issues no new DMA.
pub const NDMA: u32 = 1 << 3;
/// Left only by a device reset.
pub const ERROR: u32 = SAVING | RESUMING;
/// All bits of a device_state.
pub const MASK: u32 = 0xf;

/// True if `bits` is a state that may be requested: no unknown bit, not SAVING
/// with RESUMING (that is ERROR), not RESUMING with RUNNING.
pub const fn is_valid(bits: u32) -> bool {
    bits & !MASK == 0
        && bits & ERROR != ERROR
        && bits & (RESUMING | RUNNING) != (RESUMING | RUNNING)
}

/// Fields of [`crate::bar2::STATE_REQUEST`].
pub mod request {
    /// Requested device_state, in 3:0.
    pub const STATE_MASK: u32 = 0xf;
    /// Sequence number, in 31:24. The same number again is the same request.
    pub const SEQUENCE_SHIFT: u32 = 24;
}

/// Fields of [`crate::bar2::STATE`].
pub mod answer {
    /// Present device_state, in 3:0.
    pub const STATE_MASK: u32 = 0xf;
    /// [`super::Outcome`] of the last request, in 5:4.
    pub const OUTCOME_SHIFT: u32 = 4;
    /// Mask of the outcome, after the shift.
    pub const OUTCOME_MASK: u32 = 0x3;
    /// A request is being worked on.
    pub const PENDING: u32 = 1 << 8;
    /// Sequence number of the last request, in 31:24.
    pub const SEQUENCE_SHIFT: u32 = 24;
}

/// How a request ended (rule G4: these three and no other).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Outcome {
    /// No request has been answered yet.
    None = 0,
    /// The new state was reached.
    Succeeded = 1,
    /// The request failed and the state is what it was.
    Kept = 2,
    /// The request failed and the state is ERROR.
    Error = 3,
}

impl Outcome {
    /// The outcome with this code; only the low two bits count.
    pub const fn from_bits(bits: u32) -> Self {
        match bits & 3 {
            0 => Self::None,
            1 => Self::Succeeded,
            2 => Self::Kept,
            _ => Self::Error,
        }
    }
}

/// Why a request failed, in [`crate::bar2::STATE_REASON`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Reason {
    /// It did not fail.
    None = 0,
    /// The requested bits are no state.
    InvalidState = 1,
    /// ERROR is left by a device reset only.
    InError = 2,
    /// DMA did not come to rest in time.
    NotQuiesced = 3,
    /// The device did not stop in time.
    NotFrozen = 4,
    /// Firmware did not answer in time; set by hardware.
    Watchdog = 5,
    /// The device cannot do NDMA.
    NoNdma = 6,
    /// The host has not answered all page requests of the device (rules F1, F2).
    PageRequests = 7,
    /// The stream does not begin with a header of this format.
    StreamHeader = 16,
    /// The stream's format version is unknown.
    StreamVersion = 17,
    /// The stream is of another type of device.
    StreamDeviceType = 18,
    /// The stream is of a device with another configuration.
    StreamConfig = 19,
    /// A record's checksum is wrong.
    StreamChecksum = 20,
    /// A record is repeated, missing or out of order.
    StreamSequence = 21,
    /// A record is of an unknown type and not optional.
    StreamUnknownRecord = 22,
    /// A record's length or target lies outside what its type allows.
    StreamLength = 23,
    /// The stream ended before its trailer.
    StreamTruncated = 24,
    /// The stream went on after its trailer.
    StreamTrailing = 25,
    /// The trailer's byte count or checksum does not match.
    StreamTrailer = 26,
    /// Part of the device's state was never in the stream.
    StreamIncomplete = 27,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 20] = [
        Self::None,
        Self::InvalidState,
        Self::InError,
        Self::NotQuiesced,
        Self::NotFrozen,
        Self::Watchdog,
        Self::NoNdma,
        Self::PageRequests,
        Self::StreamHeader,
        Self::StreamVersion,
        Self::StreamDeviceType,
        Self::StreamConfig,
        Self::StreamChecksum,
        Self::StreamSequence,
        Self::StreamUnknownRecord,
        Self::StreamLength,
        Self::StreamTruncated,
        Self::StreamTrailing,
        Self::StreamTrailer,
        Self::StreamIncomplete,
    ];

    /// The reason with this code, if there is one.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u32 == code)
    }

    /// What a person should read.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "no failure",
            Self::InvalidState => "the requested bits are no valid device_state",
            Self::InError => "the device is in ERROR; only a device reset leaves it",
            Self::NotQuiesced => "DMA did not come to rest in time",
            Self::NotFrozen => "the device did not stop in time",
            Self::Watchdog => "the firmware did not answer in time",
            Self::NoNdma => "the device does not support NDMA",
            Self::PageRequests => "page requests of the device are outstanding",
            Self::StreamHeader => "the data is no migration stream",
            Self::StreamVersion => "the stream has an unknown format version",
            Self::StreamDeviceType => "the stream is of another type of device",
            Self::StreamConfig => "the stream is of a device with another configuration",
            Self::StreamChecksum => "a record of the stream has a wrong checksum",
            Self::StreamSequence => "a record of the stream is repeated, missing or out of order",
            Self::StreamUnknownRecord => "the stream has a mandatory record of unknown type",
            Self::StreamLength => "a record of the stream has an impossible length or target",
            Self::StreamTruncated => "the stream ended before its trailer",
            Self::StreamTrailing => "the stream went on after its trailer",
            Self::StreamTrailer => "the stream's trailer does not match what came before it",
            Self::StreamIncomplete => "the stream does not cover the whole state of the device",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valid_states_are_those_of_the_table() {
        let valid = [
            RUNNING,
            RUNNING | NDMA,
            SAVING | RUNNING,
            SAVING | RUNNING | NDMA,
            SAVING,
            SAVING | NDMA,
            RESUMING,
            RESUMING | NDMA,
            0,
            NDMA,
        ];
        for bits in 0..32 {
            assert_eq!(is_valid(bits), valid.contains(&bits), "state {bits:#x}");
        }
    }

    #[test]
    fn reasons_have_distinct_codes() {
        for (i, a) in Reason::ALL.iter().enumerate() {
            assert_eq!(Reason::from_code(*a as u32), Some(*a));
            assert!(Reason::ALL[i + 1..].iter().all(|b| *b as u32 != *a as u32));
        }
        assert_eq!(Reason::from_code(999), None);
    }
}
