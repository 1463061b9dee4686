//! The workload device: a descriptor-ring DMA engine with 16 KiB of scratch memory.
//!
//! The guest's driver puts descriptors into a ring in its memory and writes the
//! producer index to the doorbell. The engine fetches each descriptor, does its
//! work, writes a completion entry into the completion ring, and raises MSI
//! vector 0 if the descriptor asks for it. Indexes run freely modulo 2^16; the
//! slot is the index modulo the number of entries.

/// The BAR that carries the engine's registers.
pub const BAR: u8 = 0;
/// Size of the BAR in bytes.
pub const BAR_BYTES: u32 = 0x1000;

/// RO: reads [`ID_VALUE`].
pub const ID: u32 = 0x00;
/// RW: see [`control`].
pub const CONTROL: u32 = 0x04;
/// RW: IOVA of the descriptor ring, 31:0; aligned to 32 bytes.
pub const RING_LO: u32 = 0x08;
/// RW: IOVA of the descriptor ring, 63:32.
pub const RING_HI: u32 = 0x0c;
/// RW: entries of both rings, a power of two from 2 to 1024.
pub const RING_ENTRIES: u32 = 0x10;
/// RW: producer index of the descriptor ring, in 15:0.
pub const DOORBELL: u32 = 0x14;
/// RO: index of the next descriptor to complete, in 15:0.
pub const HEAD: u32 = 0x18;
/// RW: IOVA of the completion ring, 31:0; aligned to 16 bytes.
pub const COMPLETIONS_LO: u32 = 0x1c;
/// RW: IOVA of the completion ring, 63:32.
pub const COMPLETIONS_HI: u32 = 0x20;
/// RO: see [`status`].
pub const STATUS: u32 = 0x24;

/// "SLAC" as ASCII, first letter in the most significant byte.
pub const ID_VALUE: u32 = 0x534c_4143;
/// Device type of this workload in the migration stream.
pub const DEVICE_TYPE: u32 = 0x0001_0001;

/// Bits of [`CONTROL`].
pub mod control {
    /// The engine works on descriptors.
    pub const ENABLE: u32 = 1 << 0;
    /// PRI: descriptors may ask for their pages ([`super::descriptor::FLAG_PAGE_REQUEST`]). Cannot
    /// be set on a device without the capability, which goes with NDMA (rules F3, O3).
    pub const PAGE_REQUESTS: u32 = 1 << 1;
}

/// Bits of [`STATUS`].
pub mod status {
    /// A descriptor is being worked on.
    pub const BUSY: u32 = 1 << 0;
    /// An interrupt waits to be sent.
    pub const INTERRUPT_PENDING: u32 = 1 << 1;
    /// The descriptor waits for a PRG Response.
    pub const PAGE_WAIT: u32 = 1 << 2;
}

/// Bytes of a descriptor.
pub const DESCRIPTOR_BYTES: u32 = 32;
/// Words of a descriptor.
pub const DESCRIPTOR_WORDS: u32 = 8;
/// Word indexes in a descriptor.
pub mod descriptor {
    /// Opcode in 7:0, flags in 15:8.
    pub const OPCODE: usize = 0;
    /// Bytes to work on; a multiple of 4.
    pub const BYTES: usize = 1;
    /// Source IOVA 31:0, aligned to 4 bytes.
    pub const SOURCE_LO: usize = 2;
    /// Source IOVA 63:32.
    pub const SOURCE_HI: usize = 3;
    /// Destination IOVA 31:0, aligned to 4 bytes.
    pub const DESTINATION_LO: usize = 4;
    /// Destination IOVA 63:32.
    pub const DESTINATION_HI: usize = 5;
    /// FILL: first word. FETCH_ADD: addend. LOAD, STORE: first scratch word.
    pub const OPERAND: usize = 6;
    /// Handed back in the completion entry.
    pub const COOKIE: usize = 7;
    /// Flag in the opcode word: raise MSI vector 0 on completion.
    pub const FLAG_INTERRUPT: u32 = 1 << 8;
    /// Flag in the opcode word: raise a page request for each page of source and destination
    /// before it is touched. Without CONTROL.PAGE_REQUESTS it counts for nothing.
    pub const FLAG_PAGE_REQUEST: u32 = 1 << 9;
}

/// Opcodes.
pub mod opcode {
    /// Write `operand`, `operand + 1`, ... to the destination.
    pub const FILL: u32 = 1;
    /// Copy source to destination through the scratch memory.
    pub const COPY: u32 = 2;
    /// Read the source and report its checksum.
    pub const CHECKSUM: u32 = 3;
    /// PCIe FetchAdd of `operand` on the 32-bit word at the destination; reports the old value.
    pub const FETCH_ADD: u32 = 4;
    /// Read the source into the scratch memory from word `operand` on (wraps).
    pub const LOAD: u32 = 5;
    /// Write scratch memory from word `operand` on (wraps) to the destination.
    pub const STORE: u32 = 6;
}

/// Bytes of a completion entry.
pub const COMPLETION_BYTES: u32 = 16;
/// Words of a completion entry.
pub const COMPLETION_WORDS: u32 = 4;
/// Word indexes in a completion entry.
pub mod completion {
    /// The descriptor's cookie.
    pub const COOKIE: usize = 0;
    /// See [`super::result`], in 7:0; the completed index in 31:16.
    pub const RESULT: usize = 1;
    /// Sum of the words seen, modulo 2^32 (FETCH_ADD: the old value).
    pub const SUM_A: usize = 2;
    /// Sum of the running values of SUM_A, modulo 2^32.
    pub const SUM_B: usize = 3;
}

/// Results of a descriptor. Zero is not used, so that a fresh slot can be told from a filled one.
pub mod result {
    /// Done.
    pub const OK: u32 = 1;
    /// Unknown opcode, or a length that is no multiple of 4.
    pub const BAD_DESCRIPTOR: u32 = 2;
    /// A read or FetchAdd came back with an error status.
    pub const READ_ERROR: u32 = 3;
    /// A page request was answered with something else than Success.
    pub const PAGE_ERROR: u32 = 4;
}

/// Words of the scratch memory: state words 0 to 4095.
pub const SCRATCH_WORDS: u32 = 4096;
/// First state word that holds a register of the engine.
pub const REGISTER_WORD: u32 = SCRATCH_WORDS;
/// State words that hold registers; those in use are listed in the hardware's source.
pub const REGISTER_WORDS: u32 = 64;
/// All state words.
pub const STATE_WORDS: u32 = SCRATCH_WORDS + REGISTER_WORDS;
/// Largest payload of a TLP that the engine sends or asks for, in bytes. Chunks never cross such a boundary.
pub const CHUNK_BYTES: u32 = 128;
/// Cycles after which a read without an answer is a [`result::READ_ERROR`]: a power of two. Longer
/// than the core's own completion timeout takes at most (two times 125,000): a tag that the device used
/// again while the core still waits for it would be lost track of, and the device never come to rest.
pub const COMPLETION_TIMEOUT_CYCLES: u32 = 1 << 18;
/// State words that hold registers and are in use; the rest read 0.
pub const REGISTER_WORDS_USED: u32 = 62;
