//! The firmware's control bus: byte addresses of 32-bit words.
//!
//! The bus is that of PicoRV32's native interface without byte strobes: valid,
//! write, address, write data, ready, read data.

/// RO: see [`event`]; the event line is the OR of its bits.
pub const EVENT: u32 = 0x00;
/// RO: requested device_state in 3:0, present one in 7:4.
pub const STATE_REQUEST: u32 = 0x04;
/// WO: new device_state in 3:0, [`crate::state::Outcome`] in 5:4; ends the request in one cycle.
pub const STATE_ANSWER: u32 = 0x08;
/// RW: [`crate::state::Reason`] that becomes visible to the host with the answer.
pub const REASON: u32 = 0x0c;
/// RW: see [`hold`].
pub const HOLD: u32 = 0x10;
/// RO: the bits of [`crate::bar2::status`].
pub const STATUS: u32 = 0x14;
/// RO: the host's command, laid out as [`crate::window::command`].
pub const WINDOW_REQUEST: u32 = 0x18;
/// WO: laid out as [`crate::window::status`]; ends the command in one cycle.
pub const WINDOW_ANSWER: u32 = 0x1c;
/// RW: shown to the host as INITIAL_BYTES.
pub const INITIAL_BYTES: u32 = 0x20;
/// RW: shown to the host as DIRTY_BYTES.
pub const DIRTY_BYTES: u32 = 0x24;
/// RO: as in BAR2.
pub const DEVICE_TYPE: u32 = 0x28;
/// RO: as in BAR2.
pub const CONFIG_HASH: u32 = 0x2c;
/// RO: as in BAR2.
pub const STATE_WORDS: u32 = 0x30;
/// RO: as in BAR2.
pub const CAPABILITIES: u32 = 0x34;
/// WO: move word n of the internal log to INTERNAL_SNAPSHOT and clear it there, atomically.
pub const INTERNAL_TAKE: u32 = 0x38;
/// RO: the word that was taken last.
pub const INTERNAL_SNAPSHOT: u32 = 0x3c;
/// RO: number of blocks marked in the live internal log.
pub const INTERNAL_COUNT: u32 = 0x40;
/// RO: as in BAR2.
pub const PAGE_REQUESTS: u32 = 0x44;
/// WO: firmware has failed, see [`crate::soft_core::Fault`]; the first word that is not 0
/// stays until a reset of the soft core, and ends every request of the host.
pub const FAULT: u32 = 0x48;
/// WO: shown to the host as FIRMWARE_VERSION.
pub const FIRMWARE_VERSION: u32 = 0x4c;
/// WO: shown to the host as FIRMWARE_CRC.
pub const FIRMWARE_CRC: u32 = 0x50;

/// Start of the data window: 4 KiB, RW.
pub const DATA_WINDOW: u32 = 0x2000;
/// Start of the state port: word i at `STATE_PORT + 4 i`. Writes count only while frozen.
pub const STATE_PORT: u32 = 0x1_0000;

/// Words of one block of the internal log.
pub const BLOCK_WORDS: u32 = 64;
/// Largest number of words behind the state port.
pub const MAX_STATE_WORDS: u32 = 0x4000;
/// Words of the internal log (32 blocks each).
pub const INTERNAL_LOG_WORDS: u32 = MAX_STATE_WORDS / BLOCK_WORDS / 32;

/// Bits of [`EVENT`].
pub mod event {
    /// A device_state request waits for its answer.
    pub const STATE: u32 = 1 << 0;
    /// A window command waits for its answer.
    pub const WINDOW: u32 = 1 << 1;
}

/// Bits of [`HOLD`]: what firmware holds beyond what device_state demands.
///
/// The gate is closed if device_state demands it, if a pending request will, or
/// if `GATE` is set; likewise the device is frozen. A step of device_state sets
/// the bit first and answers later, so nothing opens in between.
pub mod hold {
    /// Keep the gate closed.
    pub const GATE: u32 = 1 << 0;
    /// Keep the device frozen.
    pub const FREEZE: u32 = 1 << 1;
    /// Log changes of the internal state.
    pub const INTERNAL_LOG: u32 = 1 << 2;
}
