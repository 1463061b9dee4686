//! Images by hand: a header, and RV32I instructions behind it; and images that fail on purpose.
//! For whoever tests a soft core.

use super::image::{self, Image};
use slackwater_regs::control;
use slackwater_regs::soft_core::image::{
    BYTES, CRC, HEADER_BYTES, MAGIC, MAGIC_WORD, START, VERSION,
};
use slackwater_regs::soft_core::{
    CONTROL_BUS, EXCHANGE, Fault, OTHER_BANK, STACK_BOTTOM, STACK_TOP, WAIT,
};

/// x0; registers by their RISC-V names.
pub const ZERO: u32 = 0;
/// The stack pointer.
pub const SP: u32 = 2;
/// x5.
pub const T0: u32 = 5;
/// x6.
pub const T1: u32 = 6;

/// An endless loop.
pub const HANG: u32 = 0x0000_006f;
/// No instruction of the core.
pub const ILLEGAL: u32 = 0xffff_ffff;

/// LUI: the upper 20 bits of `value`.
pub const fn lui(to: u32, value: u32) -> u32 {
    value & 0xffff_f000 | to << 7 | 0x37
}

/// ADDI.
pub const fn addi(to: u32, from: u32, value: i32) -> u32 {
    (value as u32) << 20 | from << 15 | to << 7 | 0x13
}

/// LW.
pub const fn lw(to: u32, base: u32, offset: i32) -> u32 {
    (offset as u32) << 20 | base << 15 | 2 << 12 | to << 7 | 0x03
}

/// SW.
pub const fn sw(from: u32, base: u32, offset: i32) -> u32 {
    let offset = offset as u32;
    (offset >> 5) << 25 | from << 20 | base << 15 | 2 << 12 | (offset & 0x1f) << 7 | 0x23
}

/// JALR without a link.
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
///
/// # Panics
/// There are more than fit.
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
    Image::new(&image).expect("a whole image")
}

/// The same image with another version, whole again.
///
/// # Panics
/// Never: it was whole before.
pub fn with_version(image: &Image, version: u32) -> Image {
    let mut bytes = image.bytes().to_vec();
    bytes[VERSION as usize..][..4].copy_from_slice(&version.to_le_bytes());
    let crc = image::crc(&bytes);
    bytes[CRC as usize..][..4].copy_from_slice(&crc.to_le_bytes());
    Image::new(&bytes).expect("a whole image")
}

/// Instructions that wait for an event.
pub const AWAIT: [u32; 2] = [lui(T0, WAIT), lw(T0, T0, 0)];

/// What an image that fails tells beside its fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The program counter at this instruction of it; 0 from a core that does not tell it.
    At(usize),
    /// A word.
    Word(u32),
}

/// An image that fails.
#[derive(Clone, Debug)]
pub struct Broken {
    /// What it does.
    pub name: &'static str,
    /// Its instructions.
    pub instructions: Vec<u32>,
    /// What becomes of it.
    pub fault: Fault,
    /// What is told of it.
    pub detail: Detail,
}

impl Broken {
    /// The word of FAULT, if the program begins behind `before` instructions and the core tells the
    /// program counter or does not.
    pub fn word(&self, before: usize, tells_pc: bool) -> u32 {
        self.fault.word(match self.detail {
            Detail::Word(word) => word,
            Detail::At(instruction) if tells_pc => HEADER_BYTES + 4 * (before + instruction) as u32,
            Detail::At(_) => 0,
        })
    }
}

/// An image for each way to fail.
pub fn broken() -> Vec<Broken> {
    use Detail::{At, Word};
    use Fault::{BusError, IllegalInstruction, Panic, StackOverflow, WriteProtected};
    let other = |offset: i32| [lui(T0, OTHER_BANK), sw(ZERO, T0, offset)];
    let tell = [
        BUS,
        addi(T1, ZERO, Panic.word(7) as i32),
        sw(T1, T0, control::FAULT as i32),
        ILLEGAL,
    ];
    let list: Vec<(&'static str, Vec<u32>, Fault, Detail)> = vec![
        ("all ones", vec![ILLEGAL], IllegalInstruction, At(0)),
        ("all zeros", vec![0], IllegalInstruction, At(0)),
        // They are not part of the core.
        ("EBREAK", vec![0x0010_0073], IllegalInstruction, At(0)),
        ("CSR", vec![0xc000_2573], IllegalInstruction, At(0)),
        ("MUL", vec![0x0220_8033], IllegalInstruction, At(0)),
        (
            "misaligned load",
            vec![lw(T0, ZERO, 2)],
            IllegalInstruction,
            At(0),
        ),
        (
            "misaligned store",
            vec![lui(SP, STACK_BOTTOM), sw(ZERO, SP, 1)],
            IllegalInstruction,
            At(1),
        ),
        (
            "load behind memory",
            vec![lui(T0, 0x4000), lw(T0, T0, 0)],
            BusError,
            Word(0x4000),
        ),
        (
            "store behind the control bus",
            vec![lui(T0, 0x4010_0000), sw(ZERO, T0, 0)],
            BusError,
            Word(0x10_0000),
        ),
        (
            "byte of the control bus",
            vec![BUS, sw(T0, T0, 0x21) & !(7 << 12)],
            BusError,
            Word(0x20),
        ),
        (
            "store to WAIT",
            vec![lui(T0, WAIT), sw(ZERO, T0, 0)],
            BusError,
            Word(0),
        ),
        (
            "EXCHANGE without its key",
            vec![lui(T0, EXCHANGE), sw(ZERO, T0, 0x20)],
            BusError,
            Word(0x20),
        ),
        (
            "load behind the other bank",
            vec![lui(T0, OTHER_BANK + 0x3000), lw(T0, T0, -0x100)],
            BusError,
            Word(0x1_2f00),
        ),
        (
            "byte of the other bank",
            vec![other(4)[0], other(4)[1] & !(7 << 12)],
            BusError,
            Word(0x1_0004),
        ),
        (
            "jump into the stack",
            vec![lui(T0, 0x3000), jalr(T0, 0)],
            BusError,
            Word(0x3000),
        ),
        (
            "jump into the other bank",
            vec![lui(T0, OTHER_BANK), jalr(T0, 0)],
            BusError,
            Word(0x1_0000),
        ),
        (
            "jump into nothing",
            vec![lui(T0, 0x9000_0000), jalr(T0, 4)],
            BusError,
            Word(4),
        ),
        // It pushes for ever, and goes down to the guard and not a word further.
        (
            "stack overflow",
            vec![
                lui(SP, STACK_TOP + 0x400),
                addi(SP, SP, -0x400),
                addi(SP, SP, -16),
                sw(ZERO, SP, 0),
                back(2),
            ],
            StackOverflow,
            Word(STACK_BOTTOM - 16),
        ),
        (
            "store into its code",
            vec![sw(ZERO, ZERO, 0x1c)],
            WriteProtected,
            Word(0x1c),
        ),
        (
            "store behind its code",
            vec![lui(T0, 0x2000), sw(ZERO, T0, 0)],
            WriteProtected,
            Word(0x2000),
        ),
        // The word of the firmware itself stays.
        ("panic", tell.to_vec(), Panic, Word(7)),
    ];
    list.into_iter()
        .map(|(name, instructions, fault, detail)| Broken {
            name,
            instructions,
            fault,
            detail,
        })
        .collect()
}
