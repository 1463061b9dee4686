//! The dirty log: commands and results.

/// Fields of [`crate::bar2::LOG_COMMAND`].
pub mod command {
    /// [`super::Operation`], in 3:0.
    pub const OPERATION_MASK: u32 = 0xf;
    /// Chunk, in 12:8.
    pub const CHUNK_SHIFT: u32 = 8;
    /// Mask of the chunk, after the shift.
    pub const CHUNK_MASK: u32 = 0x1f;
    /// Sequence number, in 31:24. The same number again is the same command and acts once.
    pub const SEQUENCE_SHIFT: u32 = 24;
}

/// Fields of [`crate::bar2::LOG_STATUS`].
pub mod status {
    /// [`super::Outcome`] of the last command, in 3:0.
    pub const OUTCOME_MASK: u32 = 0xf;
    /// The last command is still being worked on.
    pub const BUSY: u32 = 1 << 4;
    /// DIRTY_TRACKING is on.
    pub const TRACKING: u32 = 1 << 5;
    /// The snapshot window holds marks that are not yet acknowledged.
    pub const HELD: u32 = 1 << 6;
    /// A tracked write could not be logged: every page must be taken as dirty (invariant I12).
    pub const INCOMPLETE: u32 = 1 << 7;
    /// Chunk that the snapshot window shows, in 12:8.
    pub const CHUNK_SHIFT: u32 = 8;
    /// Sequence number of the last command, in 31:24.
    pub const SEQUENCE_SHIFT: u32 = 24;
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Operation {
    /// DIRTY_TRACKING on: clear the log, then log (rule V2). Drops a held snapshot.
    Start = 1,
    /// DIRTY_TRACKING off: the log is frozen and stays readable (rule V5).
    Stop = 2,
    /// Move a chunk into the snapshot window and clear exactly what was moved.
    Snapshot = 3,
    /// Copy a chunk into the snapshot window, clear nothing.
    Peek = 4,
    /// Put a held snapshot back into the log (OR).
    Restore = 5,
    /// The host has taken the held snapshot.
    Acknowledge = 6,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Outcome {
    /// It did what it says.
    Ok = 0,
    /// There is no such operation.
    UnknownOperation = 1,
    /// A held snapshot must be acknowledged or restored first.
    Held = 2,
    /// There is no held snapshot.
    NotHeld = 3,
}

impl Outcome {
    /// The outcome with this code, if there is one.
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Ok,
            1 => Self::UnknownOperation,
            2 => Self::Held,
            3 => Self::NotHeld,
            _ => return None,
        })
    }
}
