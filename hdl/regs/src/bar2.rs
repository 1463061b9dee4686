//! BAR2: the migration registers, seen by the host.

/// Size of BAR2 in bytes.
pub const BAR2_BYTES: u32 = 0x1_0000;
/// The BAR that carries the migration registers.
pub const BAR: u8 = 2;

/// RO: reads [`MAGIC_VALUE`].
pub const MAGIC: u32 = 0x000;
/// RO: version of this register map, major in 31:16, minor in 15:0.
pub const VERSION: u32 = 0x004;
/// RO: type of the device behind the core, chosen by the integrator.
pub const DEVICE_TYPE: u32 = 0x008;
/// RO: hash of everything that must be equal for a stream to be loadable.
pub const CONFIG_HASH: u32 = 0x00c;
/// RO: see [`capabilities`].
pub const CAPABILITIES: u32 = 0x010;
/// RO: number of 32-bit words behind the state port.
pub const STATE_WORDS: u32 = 0x014;
/// RW: requester ID in 15:0 that may use BAR2; all others read all-ones.
pub const OWNER: u32 = 0x018;
/// RO: clock of the core in Hz.
pub const CLOCK_HZ: u32 = 0x01c;

/// RW: requested device_state, see [`crate::state::request`].
pub const STATE_REQUEST: u32 = 0x020;
/// RO: present device_state and last answer, see [`crate::state::answer`].
pub const STATE: u32 = 0x024;
/// RO: why the last request failed, see [`crate::state::Reason`].
pub const STATE_REASON: u32 = 0x028;
/// RO: what the core is doing, see [`status`].
pub const STATUS: u32 = 0x02c;
/// RW: cycles after which a request that firmware has not answered ends in ERROR.
pub const WATCHDOG_CYCLES: u32 = 0x030;
/// RW: a non-posted request is given up after one to two times this many cycles.
pub const COMPLETION_TIMEOUT_CYCLES: u32 = 0x034;
/// RW: VFIO_DEVICE_RESET, see [`reset`].
pub const DEVICE_RESET: u32 = 0x038;
/// RO: page requests of the device that the host has not answered, see [`page_requests`].
pub const PAGE_REQUESTS: u32 = 0x03c;

/// RW: command of the dirty log, see [`crate::log::command`].
pub const LOG_COMMAND: u32 = 0x040;
/// RO: state of the dirty log, see [`crate::log::status`].
pub const LOG_STATUS: u32 = 0x044;
/// RO: number of pages marked in the live log (invariant I13).
pub const DIRTY_COUNT: u32 = 0x048;
/// RO: bit c is 1 if chunk c of the live log has a mark.
pub const CHUNK_SUMMARY: u32 = 0x04c;
/// RO: bit l is 1 if 64-byte line l of the snapshot window is not zero, lines 0 to 31.
pub const LINE_SUMMARY_LO: u32 = 0x050;
/// RO: the same for lines 32 to 63.
pub const LINE_SUMMARY_HI: u32 = 0x054;
/// RO: number of pages that the log can hold.
pub const LOG_PAGES: u32 = 0x058;

/// RW: command of the data window, see [`crate::window::command`].
pub const WINDOW_COMMAND: u32 = 0x080;
/// RO: state of the data window, see [`crate::window::status`].
pub const WINDOW_STATUS: u32 = 0x084;
/// RO: estimate of the bytes of the first pass of pre-copy that are still to come.
pub const INITIAL_BYTES: u32 = 0x088;
/// RO: estimate of the bytes that were dirtied since they were streamed.
pub const DIRTY_BYTES: u32 = 0x08c;

/// RO: why firmware has failed, 0 while it has not, see [`crate::soft_core::Fault`].
pub const FIRMWARE_FAULT: u32 = 0x0a0;
/// RO: version of the firmware that runs, 0 until it has said so: major in 31:24, minor in 23:16, patch in 15:0.
pub const FIRMWARE_VERSION: u32 = 0x0a4;
/// RO: CRC-32C of the firmware's image, 0 until it has said so.
pub const FIRMWARE_CRC: u32 = 0x0a8;

/// First range of the dirty log; range i is at `RANGE_BASE + i * RANGE_STRIDE`.
pub const RANGE_BASE: u32 = 0x100;
/// Distance between two ranges in bytes.
pub const RANGE_STRIDE: u32 = 0x10;
/// Number of ranges.
pub const RANGE_COUNT: u32 = 8;
/// Offset in a range, RW while the range is disabled: IOVA base 31:0 (bits 11:0 read 0).
pub const RANGE_BASE_LO: u32 = 0x0;
/// Offset in a range, RW while the range is disabled: IOVA base 63:32.
pub const RANGE_BASE_HI: u32 = 0x4;
/// Offset in a range, RW while the range is disabled: length in 4 KiB units, whatever the page shift.
pub const RANGE_UNITS: u32 = 0x8;
/// Offset in a range, RW: see [`range_config`].
pub const RANGE_CONFIG: u32 = 0xc;

/// First counter. All counters are RO, 32 bits, wrap, and count since power-up.
pub const COUNTER_BASE: u32 = 0x180;
/// Marks that reached the log.
pub const COUNT_MARKS: u32 = 0x180;
/// Tracked writes whose address lies in no range.
pub const COUNT_OUTSIDE: u32 = 0x184;
/// Requests to the device's BARs that were read as all-ones because it is frozen.
pub const COUNT_FROZEN_READS: u32 = 0x188;
/// Writes to the device's BARs that were discarded because it is frozen.
pub const COUNT_FROZEN_WRITES: u32 = 0x18c;
/// BAR2 requests of a requester that is not the owner.
pub const COUNT_NOT_OWNER: u32 = 0x190;
/// Received TLPs that were malformed, poisoned or of no use, and dropped.
pub const COUNT_MALFORMED: u32 = 0x194;
/// Completions and PRG Responses that match nothing outstanding, and PRG Responses for a stopped device.
pub const COUNT_UNEXPECTED: u32 = 0x198;
/// Non-posted requests of the device that timed out.
pub const COUNT_TIMEOUTS: u32 = 0x19c;
/// Memory writes of the device that started on link_tx.
pub const COUNT_DMA_WRITES: u32 = 0x1a0;
/// Non-posted requests of the device that started on link_tx.
pub const COUNT_DMA_READS: u32 = 0x1a4;
/// Interrupts that were let through.
pub const COUNT_INTERRUPTS: u32 = 0x1a8;
/// Cycles since power-up.
pub const COUNT_CYCLES: u32 = 0x1ac;

/// Start of the snapshot window (RO): one chunk of the log, word w bit b is page `32 w + b` of it.
pub const SNAPSHOT_WINDOW: u32 = 0x1000;
/// Start of the data window (RW): the present part of the migration stream.
pub const DATA_WINDOW: u32 = 0x2000;
/// Size of each window in bytes.
pub const WINDOW_BYTES: u32 = 0x1000;

/// Pages of one chunk of the log: what one snapshot moves.
pub const CHUNK_PAGES: u32 = WINDOW_BYTES * 8;
/// Words of one chunk.
pub const CHUNK_WORDS: u32 = WINDOW_BYTES / 4;
/// Words of one line of the line summary.
pub const LINE_WORDS: u32 = 16;

/// "SLKW" as ASCII, first letter in the most significant byte.
pub const MAGIC_VALUE: u32 = 0x534c_4b57;
/// Version 1.2 of this register map: 1.2 added the FIRMWARE registers.
pub const VERSION_VALUE: u32 = 0x0001_0002;
/// What a read answers where the core refuses to say more.
pub const ALL_ONES: u32 = 0xffff_ffff;

/// Bits of [`CAPABILITIES`].
pub mod capabilities {
    /// The device can be told to do no DMA (NDMA; a TBD of the seed, decided as a capability bit).
    pub const NDMA: u32 = 1 << 0;
    /// The log can be read and cleared atomically.
    pub const ATOMIC_CLEAR: u32 = 1 << 1;
    /// The device logs changes of its internal state (pre-copy).
    pub const INTERNAL_LOG: u32 = 1 << 2;
    /// The device can raise page requests (PRI). Never set without [`NDMA`] (rules F3, O3).
    pub const PAGE_REQUESTS: u32 = 1 << 3;
    /// Number of ranges, in 15:8.
    pub const RANGES_SHIFT: u32 = 8;
    /// log2 of the number of pages of the log, in 23:16.
    pub const LOG_PAGES_SHIFT: u32 = 16;
}

/// Bits of [`STATUS`] (and of the firmware's copy of it).
pub mod status {
    /// Gate closed, nothing inside the core, nothing outstanding, every mark landed (invariant I6).
    /// Page requests may still wait for their answers: they are no DMA, see [`PAGE_REQUESTS`](super::PAGE_REQUESTS).
    pub const QUIESCED: u32 = 1 << 0;
    /// No device request starts on link_tx (invariant I5).
    pub const GATE_CLOSED: u32 = 1 << 1;
    /// The device is stopped and its BARs are answered by the core (invariant I8).
    pub const FROZEN: u32 = 1 << 2;
    /// A device reset (VMM's or guest's) is in progress.
    pub const RESETTING: u32 = 1 << 3;
    /// A memory request of the device is inside the core.
    pub const TX_BUSY: u32 = 1 << 4;
    /// Marks are on their way into the log.
    pub const MARKS_PENDING: u32 = 1 << 5;
    /// Non-posted requests outstanding, in 13:8.
    pub const OUTSTANDING_SHIFT: u32 = 8;
    /// Mask of the outstanding count, after the shift.
    pub const OUTSTANDING_MASK: u32 = 0x3f;
}

/// Fields of [`PAGE_REQUESTS`]. PCI Express Base Specification 10.4.1.
pub mod page_requests {
    /// Page request groups outstanding, 0 to 32, in 5:0: a group counts from the start of its first
    /// Page Request on link_tx until the device has taken its PRG Response.
    pub const COUNT_MASK: u32 = 0x3f;
    /// A Page Request carried a group index above 31, which the core cannot follow: the count may
    /// be too small until a device reset.
    pub const UNTRACKED: u32 = 1 << 31;
    /// Groups that the core can follow: indexes 0 to 31.
    pub const GROUPS: u32 = 32;
}

/// Fields of [`DEVICE_RESET`].
pub mod reset {
    /// Sequence number in 31:24; a write with another number than the last starts a reset.
    pub const SEQUENCE_SHIFT: u32 = 24;
    /// Reads 1 while the reset is in progress.
    pub const BUSY: u32 = 1 << 0;
}

/// Fields of [`RANGE_CONFIG`].
pub mod range_config {
    /// The range takes part in marking. A write that sets it with a bad shift leaves it 0.
    pub const ENABLE: u32 = 1 << 31;
    /// Page shift in 28:24, 12 (4 KiB) to 30 (1 GiB).
    pub const PAGE_SHIFT_SHIFT: u32 = 24;
    /// Mask of the page shift, after the shift.
    pub const PAGE_SHIFT_MASK: u32 = 0x1f;
    /// First word of the range in the bitmap, in 14:0.
    pub const OFFSET_WORDS_MASK: u32 = 0x7fff;
}
