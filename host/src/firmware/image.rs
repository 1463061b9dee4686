//! A firmware image: read, checked, given its parameters. Layout: `slackwater_regs::soft_core::image`.

use slackwater_regs::soft_core::MAX_IMAGE_BYTES;
use slackwater_regs::soft_core::image::{
    BYTES, CRC, FREEZE_POLLS, HEADER_BYTES, MAGIC, MAGIC_WORD, QUIESCE_POLLS, VERSION,
};
use thiserror::Error;

/// An image that is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// It cannot be one, or does not fit.
    #[error(
        "a firmware image has {HEADER_BYTES} to {MAX_IMAGE_BYTES} bytes in words of 4, not {bytes}"
    )]
    Size {
        /// Its bytes.
        bytes: usize,
    },
    /// It does not begin as one.
    #[error("the magic number of a firmware image is {MAGIC_WORD:#010x}, not {found:#010x}")]
    Magic {
        /// What is there.
        found: u32,
    },
    /// It is not all there.
    #[error("the firmware image says that it has {said} bytes and has {found}")]
    Length {
        /// What its header says.
        said: u32,
        /// What is there.
        found: usize,
    },
    /// It was changed.
    #[error(
        "the firmware image's CRC-32C is {said:#010x} in its header and {found:#010x} by its bytes"
    )]
    Crc {
        /// What its header says.
        said: u32,
        /// What its bytes give.
        found: u32,
    },
}

/// An image that has passed its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmwareImage(Vec<u8>);

impl FirmwareImage {
    /// Checks an image.
    ///
    /// # Errors
    /// What is wrong with it, with both values.
    pub fn new(bytes: &[u8]) -> Result<Self, ImageError> {
        let length = bytes.len();
        if !(HEADER_BYTES as usize..=MAX_IMAGE_BYTES as usize).contains(&length)
            || !length.is_multiple_of(4)
        {
            return Err(ImageError::Size { bytes: length });
        }
        let image = Self(bytes.to_vec());
        if image.word(MAGIC) != MAGIC_WORD {
            let found = image.word(MAGIC);
            return Err(ImageError::Magic { found });
        }
        let said = image.word(BYTES);
        if said as usize != length {
            return Err(ImageError::Length {
                said,
                found: length,
            });
        }
        let (said, found) = (image.word(CRC), crc(bytes));
        if said != found {
            return Err(ImageError::Crc { said, found });
        }
        Ok(image)
    }

    /// The same with these numbers of reads of STATUS until DMA must be at rest and, after that, until the
    /// device must be frozen. The checksum does not cover them.
    #[must_use]
    pub fn with_polls(mut self, quiesce: u32, freeze: u32) -> Self {
        self.set(QUIESCE_POLLS, quiesce);
        self.set(FREEZE_POLLS, freeze);
        self
    }

    /// The version of the firmware, see `slackwater_regs::soft_core::image::VERSION`.
    pub fn version(&self) -> u32 {
        self.word(VERSION)
    }

    /// The checksum in its header.
    pub fn crc(&self) -> u32 {
        self.word(CRC)
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A word of it; 0 behind its end.
    pub fn word(&self, offset: u32) -> u32 {
        word(&self.0, offset)
    }

    fn set(&mut self, offset: u32, word: u32) {
        let at = offset as usize;
        if let Some(bytes) = self.0.get_mut(at..at + 4) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
}

/// A little-endian word; 0 where nothing is.
fn word(bytes: &[u8], offset: u32) -> u32 {
    let at = offset as usize;
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_le_bytes)
}

/// CRC-32C of an image with 0 in the words that are filled in later.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut whole = bytes.to_vec();
    for offset in [CRC, QUIESCE_POLLS, FREEZE_POLLS] {
        let at = offset as usize;
        if let Some(four) = whole.get_mut(at..at + 4) {
            four.fill(0);
        }
    }
    crc32c::crc32c(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image of 64 words.
    fn whole() -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..=255).collect();
        for (offset, word) in [(MAGIC, MAGIC_WORD), (BYTES, 256)] {
            bytes[offset as usize..][..4].copy_from_slice(&word.to_le_bytes());
        }
        let crc = crc(&bytes).to_le_bytes();
        bytes[CRC as usize..][..4].copy_from_slice(&crc);
        bytes
    }

    #[test]
    fn each_damage_is_found() {
        let whole = whole();
        assert_eq!(FirmwareImage::new(&whole).unwrap().bytes(), whole);
        let parameters = QUIESCE_POLLS as usize..HEADER_BYTES as usize;
        for at in 4..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 0x10;
            let is_parameter = parameters.contains(&at);
            assert_eq!(FirmwareImage::new(&bad).is_ok(), is_parameter, "byte {at}");
        }
        for length in [0, 4, 24, 27, 252, 255] {
            FirmwareImage::new(&whole[..length]).unwrap_err();
        }
        FirmwareImage::new(&vec![0; 0x10000]).unwrap_err();
    }
}
