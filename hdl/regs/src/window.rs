//! The data window: commands, results, end of stream.
//!
//! *Out* (SAVING): the host writes [`Operation::Next`] with a new sequence
//! number; firmware fills the window and answers with its valid bytes. The host
//! reads the window as often as it likes; the next `Next` gives the window up.
//! *In* (RESUMING): the host fills the window, then writes [`Operation::Push`]
//! with the number of bytes; firmware takes them and answers.
//! The stream is made of 32-bit words: byte counts are multiples of 4.
//!
//! *Firmware update* (RUNNING, no migration): [`Operation::Load`] puts a part of an image beside the
//! one that runs, [`Operation::Start`] checks it and starts it. A bad image is refused and the
//! old one runs on.

/// Fields of [`crate::bar2::WINDOW_COMMAND`].
pub mod command {
    /// [`super::Operation`], in 3:0.
    pub const OPERATION_MASK: u32 = 0xf;
    /// Bytes pushed, in 20:8 (0 to 4096).
    pub const BYTES_SHIFT: u32 = 8;
    /// Mask of the bytes, after the shift.
    pub const BYTES_MASK: u32 = 0x1fff;
    /// Sequence number, in 31:24. The same number again is the same command and acts once.
    pub const SEQUENCE_SHIFT: u32 = 24;
}

/// Fields of [`crate::bar2::WINDOW_STATUS`], and of the firmware's answer
/// ([`crate::control::WINDOW_ANSWER`]), which has all but the sequence number and BUSY.
pub mod status {
    /// [`super::Outcome`] of the last command, in 3:0.
    pub const OUTCOME_MASK: u32 = 0xf;
    /// The last command is still being worked on.
    pub const BUSY: u32 = 1 << 4;
    /// [`super::EndOfStream`], in 7:6.
    pub const END_SHIFT: u32 = 6;
    /// Mask of the end of stream, after the shift.
    pub const END_MASK: u32 = 0x3;
    /// Valid bytes in the window, in 20:8.
    pub const BYTES_SHIFT: u32 = 8;
    /// Mask of the bytes, after the shift.
    pub const BYTES_MASK: u32 = 0x1fff;
    /// Sequence number of the last command, in 31:24.
    pub const SEQUENCE_SHIFT: u32 = 24;
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Operation {
    /// Fill the window with the next bytes of the stream.
    Next = 1,
    /// Take the bytes that the host has put into the window.
    Push = 2,
    /// Take a part of a firmware image: the window's first word is the part's byte offset in the
    /// image, a multiple of 4, and the number of bytes is that of the part and this word.
    Load = 3,
    /// Check the image that was loaded and start it; the answer comes before the new image runs.
    Start = 4,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Outcome {
    /// It did what it says.
    Ok = 0,
    /// There is no such operation.
    UnknownOperation = 1,
    /// `Next` outside SAVING, `Push` outside RESUMING, `Load` or `Start` outside RUNNING.
    WrongState = 2,
    /// The number of bytes is above the window's size or no multiple of 4, or a part of an image ends
    /// behind the largest one.
    BadLength = 3,
    /// The bytes are no valid stream; the device will go to ERROR when it leaves RESUMING.
    InvalidData = 5,
    /// The device went to ERROR or was reset while the command was worked on.
    Aborted = 6,
    /// What was loaded is no whole image: magic number, length or CRC-32C. The old one runs on.
    BadImage = 7,
}

impl Outcome {
    /// The outcome with this code, if there is one.
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Ok,
            1 => Self::UnknownOperation,
            2 => Self::WrongState,
            3 => Self::BadLength,
            5 => Self::InvalidData,
            6 => Self::Aborted,
            7 => Self::BadImage,
            _ => return None,
        })
    }
}

/// What follows the bytes in the window (rule E4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum EndOfStream {
    /// More bytes are ready.
    No = 0,
    /// Nothing more now; more may come while the device is SAVING.
    Temporary = 1,
    /// Nothing more, ever.
    Final = 2,
}

impl EndOfStream {
    /// The code's meaning, if it has one.
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::No,
            1 => Self::Temporary,
            2 => Self::Final,
            _ => return None,
        })
    }
}
