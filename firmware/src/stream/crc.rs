//! CRC-32C over a stream of words.

use crc::{CRC_32_ISCSI, Crc, Digest};

static CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A running CRC-32C (Castagnoli) over little-endian words.
#[derive(Clone)]
pub struct Crc32c(Digest<'static, u32>);

impl Crc32c {
    /// The checksum of nothing.
    pub fn new() -> Self {
        Self(CRC32C.digest())
    }

    /// Adds the four bytes of a word.
    pub fn add(&mut self, word: u32) {
        self.0.update(&word.to_le_bytes());
    }

    /// The checksum of all words so far.
    pub fn value(&self) -> u32 {
        self.0.clone().finalize()
    }
}

impl Default for Crc32c {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Crc32c {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Crc32c({:#010x})", self.value())
    }
}

/// The two running checksums of a stream. A soft core may have a unit for them: there is one
/// stream at a time, and both take the same words.
pub trait Checksums: core::fmt::Debug {
    /// Both are the checksum of nothing.
    fn start() -> Self;
    /// Adds a field of the stream to both.
    fn add(&mut self, word: u32);
    /// Over the fields of the present header or record.
    fn part(&self) -> u32;
    /// The checksum of the part is that of nothing again.
    fn restart_part(&mut self);
    /// Over all fields of the stream: not over checksums, see [`crate::stream`].
    fn all(&self) -> u32;
}

/// Checksums without a unit for them.
#[derive(Clone, Debug)]
pub struct SoftwareChecksums {
    part: Crc32c,
    all: Crc32c,
}

impl Checksums for SoftwareChecksums {
    fn start() -> Self {
        Self {
            part: Crc32c::new(),
            all: Crc32c::new(),
        }
    }

    fn add(&mut self, word: u32) {
        self.part.add(word);
        self.all.add(word);
    }

    fn part(&self) -> u32 {
        self.part.value()
    }

    fn restart_part(&mut self) {
        self.part = Crc32c::new();
    }

    fn all(&self) -> u32 {
        self.all.value()
    }
}

#[cfg(test)]
mod tests {
    use super::Crc32c;

    /// RFC 3720, appendix B.4: 32 bytes of zeros, of ones, and counting up.
    #[test]
    fn known_values_of_rfc_3720() {
        let crc = |words: [u32; 8]| {
            let mut crc = Crc32c::new();
            words.into_iter().for_each(|word| crc.add(word));
            crc.value()
        };
        assert_eq!(crc([0; 8]), 0x8a91_36aa);
        assert_eq!(crc([u32::MAX; 8]), 0x62a8_ab43);
        let counting = core::array::from_fn(|i| {
            u32::from_le_bytes(core::array::from_fn(|b| (4 * i + b) as u8))
        });
        assert_eq!(crc(counting), 0x46dd_794e);
    }
}
