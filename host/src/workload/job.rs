//! Jobs of the descriptor-ring engine, and what they must report.

use slackwater_regs::accelerator::{DESCRIPTOR_WORDS, descriptor, opcode, result};

/// Work for the engine. Addresses are IOVAs, aligned to 4 bytes; lengths are multiples of 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Job {
    /// Write `first`, `first + 1`, ... as 32-bit words.
    Fill {
        /// Where to.
        destination: u64,
        /// Bytes to write.
        bytes: u32,
        /// First word.
        first: u32,
    },
    /// Copy through the scratch memory.
    Copy {
        /// Where from.
        source: u64,
        /// Where to.
        destination: u64,
        /// Bytes to copy.
        bytes: u32,
    },
    /// Read, and report the checksum.
    Checksum {
        /// Where from.
        source: u64,
        /// Bytes to read.
        bytes: u32,
    },
    /// Add to one 32-bit word with an AtomicOp, and report its old value.
    FetchAdd {
        /// The word.
        destination: u64,
        /// What to add.
        addend: u32,
    },
    /// Read into the scratch memory.
    Load {
        /// Where from.
        source: u64,
        /// Bytes to read.
        bytes: u32,
        /// First word of the scratch memory; wraps at its end.
        scratch_word: u32,
    },
    /// Write from the scratch memory.
    Store {
        /// Where to.
        destination: u64,
        /// Bytes to write.
        bytes: u32,
        /// First word of the scratch memory; wraps at its end.
        scratch_word: u32,
    },
}

impl Job {
    /// The descriptor in guest memory.
    pub const fn descriptor(
        &self,
        cookie: u32,
        interrupt: bool,
    ) -> [u32; DESCRIPTOR_WORDS as usize] {
        let (code, bytes, source, destination, operand) = match *self {
            Self::Fill {
                destination,
                bytes,
                first,
            } => (opcode::FILL, bytes, 0, destination, first),
            Self::Copy {
                source,
                destination,
                bytes,
            } => (opcode::COPY, bytes, source, destination, 0),
            Self::Checksum { source, bytes } => (opcode::CHECKSUM, bytes, source, 0, 0),
            Self::FetchAdd {
                destination,
                addend,
            } => (opcode::FETCH_ADD, 4, 0, destination, addend),
            Self::Load {
                source,
                bytes,
                scratch_word,
            } => (opcode::LOAD, bytes, source, 0, scratch_word),
            Self::Store {
                destination,
                bytes,
                scratch_word,
            } => (opcode::STORE, bytes, 0, destination, scratch_word),
        };
        let mut words = [0; DESCRIPTOR_WORDS as usize];
        words[descriptor::OPCODE] = code
            | if interrupt {
                descriptor::FLAG_INTERRUPT
            } else {
                0
            };
        words[descriptor::BYTES] = bytes;
        words[descriptor::SOURCE_LO] = source as u32;
        words[descriptor::SOURCE_HI] = (source >> 32) as u32;
        words[descriptor::DESTINATION_LO] = destination as u32;
        words[descriptor::DESTINATION_HI] = (destination >> 32) as u32;
        words[descriptor::OPERAND] = operand;
        words[descriptor::COOKIE] = cookie;
        words
    }

    /// Bytes of guest memory that the job writes, with their IOVA.
    pub const fn written(&self) -> Option<(u64, u32)> {
        match *self {
            Self::Fill {
                destination, bytes, ..
            }
            | Self::Copy {
                destination, bytes, ..
            }
            | Self::Store {
                destination, bytes, ..
            } => Some((destination, bytes)),
            Self::FetchAdd { destination, .. } => Some((destination, 4)),
            Self::Checksum { .. } | Self::Load { .. } => None,
        }
    }
}

/// The engine's checksum over 32-bit words: a sum, and the sum of its running values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Checksum {
    /// Sum of the words modulo 2^32.
    pub sum_a: u32,
    /// Sum of the running values of `sum_a` modulo 2^32.
    pub sum_b: u32,
}

impl Checksum {
    /// Takes one word in.
    pub const fn push(&mut self, word: u32) {
        self.sum_a = self.sum_a.wrapping_add(word);
        self.sum_b = self.sum_b.wrapping_add(self.sum_a);
    }

    /// Over some words.
    pub fn of_words(words: impl IntoIterator<Item = u32>) -> Self {
        let mut sum = Self::default();
        words.into_iter().for_each(|word| sum.push(word));
        sum
    }

    /// Over bytes of guest memory; bytes beyond the last whole word do not count.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let words = bytes.chunks_exact(4);
        Self::of_words(words.map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])))
    }

    /// What a [`Job::Fill`] reports.
    pub fn of_fill(first: u32, bytes: u32) -> Self {
        Self::of_words((0..bytes / 4).map(|i| first.wrapping_add(i)))
    }
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobResult {
    /// Done.
    Ok,
    /// The engine does not know the opcode, or the length is no multiple of 4.
    BadDescriptor,
    /// A read or AtomicOp came back with an error.
    ReadError,
    /// A page request was refused.
    PageError,
    /// A code that the driver does not know.
    Unknown(u8),
}

impl JobResult {
    /// The result with this code.
    pub const fn from_code(code: u32) -> Self {
        match code {
            result::OK => Self::Ok,
            result::BAD_DESCRIPTOR => Self::BadDescriptor,
            result::READ_ERROR => Self::ReadError,
            result::PAGE_ERROR => Self::PageError,
            other => Self::Unknown(other as u8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_is_laid_out_as_the_hardware_reads_it() {
        let job = Job::Copy {
            source: 0x1_2345_6780,
            destination: 0x9abc,
            bytes: 64,
        };
        let words = job.descriptor(0xc00c_1e00, true);
        assert_eq!(
            words,
            [0x102, 64, 0x2345_6780, 1, 0x9abc, 0, 0, 0xc00c_1e00]
        );
        let job = Job::FetchAdd {
            destination: 0x40,
            addend: 7,
        };
        assert_eq!(job.descriptor(1, false), [4, 4, 0, 0, 0x40, 0, 7, 1]);
    }

    #[test]
    fn a_checksum_tells_the_order_of_words() {
        assert_eq!(
            Checksum::of_words([1, 2, 3]),
            Checksum {
                sum_a: 6,
                sum_b: 10
            }
        );
        assert_eq!(
            Checksum::of_words([3, 2, 1]),
            Checksum {
                sum_a: 6,
                sum_b: 14
            }
        );
        assert_eq!(Checksum::of_fill(1, 12), Checksum::of_words([1, 2, 3]));
        assert_eq!(
            Checksum::of_bytes(&[1, 0, 0, 0, 2, 0, 0, 0, 9]),
            Checksum::of_fill(1, 8)
        );
    }
}
