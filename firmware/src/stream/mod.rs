//! The migration stream; format in `slackwater_regs::stream`.
//!
//! Both ends go through it word by word with constant memory: a record may be
//! split across two windows, and a `Next` or `Push` leaves off at any word.
//!
//! The stream's checksum leaves the checksums of header and records out. A CRC
//! over data that end in their own CRC is a constant, so with them the trailer
//! would match whatever valid record was put in the place of another.

mod blocks;
mod crc;
mod reader;
mod writer;

pub use blocks::Blocks;
pub use crc::{Checksums, Crc32c, SoftwareChecksums};
pub use reader::Reader;
pub use writer::Writer;

use crate::Identity;
use slackwater_regs::stream::{HEADER_WORDS, MAGIC, VERSION};

/// Words of the header before its checksum.
const HEADER_FIELDS: usize = HEADER_WORDS as usize - 1;

/// The header of a device's stream, without its checksum.
const fn header(identity: &Identity) -> [u32; HEADER_FIELDS] {
    [
        MAGIC,
        VERSION,
        identity.device_type,
        identity.config_hash,
        identity.state_words,
    ]
}
