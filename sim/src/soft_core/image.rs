//! A firmware image: read, checked, given its parameters.

use slackwater_firmware::Limits;
use slackwater_regs::soft_core::MAX_IMAGE_BYTES;
use slackwater_regs::soft_core::image::{
    BYTES, CRC, FREEZE_POLLS, HEADER_BYTES, MAGIC, MAGIC_WORD, QUIESCE_POLLS, VERSION,
};
use thiserror::Error;

/// The image that is made from `firmware/image` by `cargo xtask firmware`.
pub const BUILT: &[u8] = include_bytes!("../../../firmware/image/slackwater.bin");

/// Clocks of a read of STATUS by hosted firmware: what [`Limits`] are counted in.
const HOSTED_POLL_CYCLES: u32 = 5;
/// Clocks of the same by the image: the loop around the read, and the core's own time.
pub const POLL_CYCLES: u64 = 50;

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
pub struct Image(Vec<u8>);

impl Image {
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

    /// The image of this project.
    ///
    /// # Panics
    /// It was broken when it was committed; a test sees to it that it was not.
    pub fn built() -> Self {
        Self::new(BUILT).expect("the committed image is whole")
    }

    /// The same with the patience of `limits`, which are counted in reads by hosted firmware:
    /// a read takes longer here, so there are fewer of them in as many clocks.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        let scaled = |polls: u32| {
            let cycles = u64::from(polls) * u64::from(HOSTED_POLL_CYCLES);
            u32::try_from(cycles.div_ceil(POLL_CYCLES)).unwrap_or(u32::MAX)
        };
        self.set(QUIESCE_POLLS, scaled(limits.quiesce_polls));
        self.set(FREEZE_POLLS, scaled(limits.freeze_polls));
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

    fn word(&self, offset: u32) -> u32 {
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

    #[test]
    fn the_built_image_is_whole_and_each_damage_is_found() {
        let image = Image::built();
        assert_eq!(image.bytes(), BUILT);
        for at in 4..BUILT.len() {
            let mut bad = BUILT.to_vec();
            bad[at] ^= 0x10;
            let parameters = QUIESCE_POLLS as usize..HEADER_BYTES as usize;
            assert_eq!(
                Image::new(&bad).is_ok(),
                parameters.contains(&at),
                "byte {at}"
            );
        }
        for length in [0, 4, 24, 27, BUILT.len() - 4, BUILT.len() - 1] {
            Image::new(&BUILT[..length]).unwrap_err();
        }
        Image::new(&vec![0; 0x10000]).unwrap_err();
    }

    #[test]
    fn limits_are_kept_in_clocks() {
        let limits = Limits {
            quiesce_polls: 26_000,
            freeze_polls: u32::MAX,
        };
        let image = Image::built().with_limits(limits);
        assert_eq!(image.word(QUIESCE_POLLS), (5 * 26_000 / POLL_CYCLES) as u32);
        assert_eq!(Image::new(image.bytes()), Ok(image));
    }
}
