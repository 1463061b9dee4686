//! The soft core that runs the firmware's image: memory map, layout of an image, faults.
//!
//! ```text
//! 0x0000_0000  code and constants of the running image: fetch and read
//! 0x0000_2f00  guard: kept empty, a store there is an overflow of the stack
//! 0x0000_3000  stack, growing down
//! 0x0000_3c00  data
//! 0x0000_4000
//! 0x0001_0000  the other bank of images: loads, stores of words, no fetch
//! 0x0001_2f00
//! 0x4000_0000  the control bus (`crate::control`), 1 MiB, stores of words only
//! 0x8000_0000  WAIT, the checksum unit and EXCHANGE, stores of words only
//! ```
//! Whatever else is accessed, fetched from above the guard, or stored below the stack
//! ends in a [`Fault`]. The stack lies under the data and over memory that cannot be
//! written: what overflows it changes nothing.
//!
//! The firmware is updated by filling the other bank and writing [`EXCHANGE_KEY`] to [`EXCHANGE`]: the
//! banks change places and the core starts anew, *on trial* until the new image first reads
//! [`WAIT`]. A fault before that, or [`TRIAL_CLOCKS`] without it, changes the banks back,
//! tells nobody, and starts the image from before. Power-up gives the image of the bitstream.

/// Bytes of the soft core's memory.
pub const MEMORY_BYTES: u32 = 0x4000;
/// Largest image: code, constants and the data that they start with.
pub const MAX_IMAGE_BYTES: u32 = STACK_GUARD;
/// First byte of the guard below the stack; up to here an image may be loaded.
pub const STACK_GUARD: u32 = 0x2f00;
/// Lowest byte of the stack; from here on memory can be written.
pub const STACK_BOTTOM: u32 = 0x3000;
/// Stack pointer after a reset; data begin here.
pub const STACK_TOP: u32 = 0x3c00;
/// Where the control bus begins.
pub const CONTROL_BUS: u32 = 0x4000_0000;
/// Bytes of the control bus.
pub const CONTROL_BUS_BYTES: u32 = 0x10_0000;
/// A read is answered, with 0, once the event line is high: firmware sleeps in it.
pub const WAIT: u32 = 0x8000_0000;
/// WO: checksums of the unit that become that of nothing: bit 0 the part's, bit 1 that of all.
pub const CRC_START: u32 = 0x8000_0010;
/// WO: adds the four bytes of a word to both CRC-32C, the lowest byte first.
pub const CRC_ADD: u32 = 0x8000_0014;
/// RO: CRC-32C of the part.
pub const CRC_PART: u32 = 0x8000_0018;
/// RO: CRC-32C of all.
pub const CRC_ALL: u32 = 0x8000_001c;
/// Where the other bank of images begins; it has [`MAX_IMAGE_BYTES`].
pub const OTHER_BANK: u32 = 0x0001_0000;
/// WO: [`EXCHANGE_KEY`] exchanges the banks and starts the image that was in the other one.
pub const EXCHANGE: u32 = 0x8000_0020;
/// What [`EXCHANGE`] takes ("SWAP" as ASCII); any other word is a bus error.
pub const EXCHANGE_KEY: u32 = 0x5357_4150;
/// Clocks after an exchange within which the new image must have read [`WAIT`].
pub const TRIAL_CLOCKS: u32 = 1 << 16;
/// In [`CRC_START`]: the part.
pub const CRC_START_PART: u32 = 1 << 0;
/// In [`CRC_START`]: all.
pub const CRC_START_ALL: u32 = 1 << 1;

/// Layout of an image: words from its beginning, where the soft core starts too.
pub mod image {
    /// Byte offset of the first instruction, a jump over what follows.
    pub const START: u32 = 0x00;
    /// Byte offset of [`MAGIC_WORD`].
    pub const MAGIC: u32 = 0x04;
    /// Byte offset of the version of the firmware: major in 31:24, minor in 23:16, patch in 15:0.
    pub const VERSION: u32 = 0x08;
    /// Byte offset of the length of the image in bytes, a multiple of 4.
    pub const BYTES: u32 = 0x0c;
    /// Byte offset of the CRC-32C over the whole image with 0 in this word and in the two parameters.
    pub const CRC: u32 = 0x10;
    /// Byte offset of a parameter: reads of STATUS until DMA must be at rest.
    pub const QUIESCE_POLLS: u32 = 0x14;
    /// Byte offset of a parameter: reads of STATUS until the device must be frozen.
    pub const FREEZE_POLLS: u32 = 0x18;
    /// Bytes of the header.
    pub const HEADER_BYTES: u32 = 0x1c;
    /// "SLKF" as ASCII, first letter in the most significant byte.
    pub const MAGIC_WORD: u32 = 0x534c_4b46;
}

/// Why firmware has stopped, in 7:0 of [`crate::control::FAULT`] and
/// [`crate::bar2::FIRMWARE_FAULT`]. Bits 31:8 hold [`Fault::detail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Fault {
    /// It has not.
    None = 0,
    /// It came to a place that it never should. Detail: line of the source.
    Panic = 1,
    /// An instruction that the core does not have, or a misaligned address. Detail: program counter,
    /// 0 if the core does not tell it (PicoRV32).
    IllegalInstruction = 2,
    /// A fetch, load or store where nothing is. Detail: bits 23:2 of the address.
    BusError = 3,
    /// A store into the guard below the stack. Detail: the address.
    StackOverflow = 4,
    /// A store into code or constants. Detail: the address.
    WriteProtected = 5,
}

impl Fault {
    /// All codes.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Panic,
        Self::IllegalInstruction,
        Self::BusError,
        Self::StackOverflow,
        Self::WriteProtected,
    ];

    /// The code in 7:0 of a word, if there is one.
    pub fn from_word(word: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|fault| *fault as u32 == word & 0xff)
    }

    /// The word with this code and the low 24 bits of `detail`.
    pub const fn word(self, detail: u32) -> u32 {
        self as u32 | detail << 8
    }

    /// Bits 31:8 of a word.
    pub const fn detail(word: u32) -> u32 {
        word >> 8
    }

    /// What a person should read.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "the firmware runs",
            Self::Panic => "the firmware panicked at this line of its source",
            Self::IllegalInstruction => "illegal instruction or misaligned address",
            Self::BusError => "access to an address where nothing is",
            Self::StackOverflow => "the firmware's stack overflowed",
            Self::WriteProtected => "the firmware wrote into its own code",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_distinct_codes_and_keep_their_detail() {
        for fault in Fault::ALL {
            let word = fault.word(0x12_3456);
            assert_eq!(Fault::from_word(word), Some(fault));
            assert_eq!(Fault::detail(word), 0x12_3456);
        }
        assert_eq!(Fault::from_word(99), None);
    }
}
