//! The migration stream: 32-bit little-endian words.
//!
//! ```text
//! header   magic, version, device type, config hash, state words, CRC-32C of the five words
//! record   kind and flags, sequence, payload words, payload ..., CRC-32C of all of it
//! ...
//! trailer  a record of kind TRAILER: total bytes before it, CRC-32C of all words before it but the CRCs
//! ```
//! The trailer's CRC leaves out the CRCs of header and records: a CRC over data that
//! end in their own CRC is a constant, blind to a record put in the place of another.
//! Sequence numbers start at 0 and count by one over all records, the trailer's included.

/// "SLKS" as ASCII, first letter in the most significant byte.
pub const MAGIC: u32 = 0x534c_4b53;
/// Version of the format.
pub const VERSION: u32 = 1;
/// Words of the header, its checksum included.
pub const HEADER_WORDS: u32 = 6;
/// Words of a record before its payload.
pub const RECORD_HEADER_WORDS: u32 = 3;
/// Words of a record that are not payload: header and checksum.
pub const RECORD_OVERHEAD_WORDS: u32 = RECORD_HEADER_WORDS + 1;
/// Largest payload of any record; a larger one is refused.
pub const MAX_PAYLOAD_WORDS: u32 = 1024;

/// Kind of a record, in 15:0 of its first word.
pub const KIND_MASK: u32 = 0xffff;
/// A reader that does not know the kind skips the record instead of refusing the stream.
pub const OPTIONAL: u32 = 1 << 31;

/// Payload: index of the first state word, then the words: whole blocks of
/// [`crate::control::BLOCK_WORDS`] at their boundaries, the last block of the state may be short.
pub const KIND_STATE: u32 = 1;
/// Payload: bytes of the stream before this record (modulo 2^32), CRC-32C over their words but the CRCs.
pub const KIND_TRAILER: u32 = 2;
/// Payload words of the trailer.
pub const TRAILER_PAYLOAD_WORDS: u32 = 2;
