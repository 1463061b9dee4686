//! The header, and the way from reset to [`main`](crate::main).

use core::arch::global_asm;
use slackwater_regs::soft_core::{STACK_TOP, image};

/// Version of the firmware, as [`image::VERSION`].
pub const VERSION: u32 = 0x0001_0000;

/// Reads of STATUS until DMA must be at rest. One takes 53 clocks here, ten times what it takes
/// hosted: in clocks the limits are alike.
const QUIESCE_POLLS: u32 = 6_183;
/// Reads of STATUS, after that, until the device must be frozen.
const FREEZE_POLLS: u32 = 1_546;

// Words 3 and 4, length and checksum, are filled in when the image is made.
global_asm!(
    ".section .header, \"ax\"",
    ".globl _start",
    "_start:",
    "jal zero, 1f",
    ".word {magic}, {version}, 0, 0, {quiesce}, {freeze}",
    "1:",
    "li sp, {stack}",
    "la t0, _bss_start",
    "la t1, _bss_end",
    "2:",
    "bgeu t0, t1, 3f",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "j 2b",
    "3:",
    "tail main",
    magic = const image::MAGIC_WORD,
    version = const VERSION,
    quiesce = const QUIESCE_POLLS,
    freeze = const FREEZE_POLLS,
    stack = const STACK_TOP,
);
