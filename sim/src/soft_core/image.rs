//! The image of this project, and an image for other limits.

use slackwater_firmware::Limits;
pub use slackwater_host::firmware::image::{FirmwareImage as Image, ImageError, crc};

/// The image that is made from `firmware/image` by `cargo xtask firmware`.
pub const BUILT: &[u8] = include_bytes!("../../../firmware/image/slackwater.bin");

/// Clocks of a read of STATUS by hosted firmware: what [`Limits`] are counted in.
const HOSTED_POLL_CYCLES: u32 = 5;
/// Clocks of the same by the image: the loop around the read, and the core's own time.
pub const POLL_CYCLES: u64 = 53;

/// The image of this project.
///
/// # Panics
/// It was broken when it was committed; a test sees to it that it was not.
pub fn built() -> Image {
    Image::new(BUILT).expect("the committed image is whole")
}

/// An image with the patience of `limits`, which are counted in reads by hosted firmware:
/// a read takes longer here, so there are fewer of them in as many clocks.
pub fn with_limits(image: Image, limits: Limits) -> Image {
    let scaled = |polls: u32| {
        let cycles = u64::from(polls) * u64::from(HOSTED_POLL_CYCLES);
        u32::try_from(cycles.div_ceil(POLL_CYCLES)).unwrap_or(u32::MAX)
    };
    image.with_polls(scaled(limits.quiesce_polls), scaled(limits.freeze_polls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use slackwater_regs::soft_core::image::QUIESCE_POLLS;

    #[test]
    fn limits_are_kept_in_clocks() {
        let limits = Limits {
            quiesce_polls: 26_000,
            freeze_polls: u32::MAX,
        };
        assert_eq!(built().bytes(), BUILT);
        let image = with_limits(built(), limits);
        assert_eq!(
            image.word(QUIESCE_POLLS),
            (5_u64 * 26_000).div_ceil(POLL_CYCLES) as u32
        );
        assert_eq!(Image::new(image.bytes()), Ok(image));
    }
}
