//! Images by hand: a header, and RV32I instructions behind it.

use slackwater_regs::soft_core::CONTROL_BUS;
use slackwater_regs::soft_core::image::{
    BYTES, CRC, HEADER_BYTES, MAGIC, MAGIC_WORD, START, VERSION,
};
use slackwater_sim::soft_core::{Image, image};

/// Registers by their RISC-V names.
pub const ZERO: u32 = 0;
pub const SP: u32 = 2;
pub const T0: u32 = 5;
pub const T1: u32 = 6;

/// An endless loop.
pub const HANG: u32 = 0x0000_006f;
/// No instruction of the core.
pub const ILLEGAL: u32 = 0xffff_ffff;

pub const fn lui(to: u32, value: u32) -> u32 {
    value & 0xffff_f000 | to << 7 | 0x37
}

pub const fn addi(to: u32, from: u32, value: i32) -> u32 {
    (value as u32) << 20 | from << 15 | to << 7 | 0x13
}

pub const fn lw(to: u32, base: u32, offset: i32) -> u32 {
    (offset as u32) << 20 | base << 15 | 2 << 12 | to << 7 | 0x03
}

pub const fn sw(from: u32, base: u32, offset: i32) -> u32 {
    let offset = offset as u32;
    (offset >> 5) << 25 | from << 20 | base << 15 | 2 << 12 | (offset & 0x1f) << 7 | 0x23
}

pub const fn jalr(base: u32, offset: i32) -> u32 {
    (offset as u32) << 20 | base << 15 | 0x67
}

/// Back by so many instructions.
pub const fn back(instructions: u32) -> u32 {
    let offset = (4 * instructions).wrapping_neg();
    (offset >> 20 & 1) << 31
        | (offset >> 1 & 0x3ff) << 21
        | (offset >> 11 & 1) << 20
        | (offset >> 12 & 0xff) << 12
        | 0x6f
}

/// The control bus in T0.
pub const BUS: u32 = lui(T0, CONTROL_BUS);

/// An image that passes every check, whatever its instructions are worth.
pub fn image(instructions: &[u32]) -> Image {
    let header = HEADER_BYTES as usize / 4;
    let mut words = vec![0; header];
    words.extend_from_slice(instructions);
    let bytes = 4 * words.len() as u32;
    let at = |offset: u32| offset as usize / 4;
    words[at(START)] = (HEADER_BYTES << 20) | 0x6f;
    words[at(MAGIC)] = MAGIC_WORD;
    words[at(VERSION)] = 0x0102_0003;
    words[at(BYTES)] = bytes;
    let mut image: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let crc = image::crc(&image);
    image[CRC as usize..][..4].copy_from_slice(&crc.to_le_bytes());
    Image::new(&image).unwrap()
}
