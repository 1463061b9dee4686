//! Clocks of an instruction: PicoRV32, with a dual-port register file, a barrel shifter and memory
//! that answers within a clock.
//!
//! Source: the table "Cycles per Instruction Performance" in PicoRV32's README. An access to the
//! control bus takes what a load or store takes, with the clocks of the bus in the place of the one
//! of the memory.

/// Lowest seven bits of an instruction (RISC-V Unprivileged ISA, table "RISC-V base opcode map").
mod opcode {
    pub const LOAD: u32 = 0x03;
    pub const STORE: u32 = 0x23;
    pub const BRANCH: u32 = 0x63;
    pub const JALR: u32 = 0x67;
}

/// Extension M, which the simulator has and the core has not: OP with MULDIV in 31:25.
pub(super) const fn is_multiplication(instruction: u32) -> bool {
    instruction & 0xfe00_007f == 0x0200_0033
}

/// Clocks of a load or store before memory is asked.
pub(super) const BEFORE_ACCESS: u32 = 3;
/// Clocks of a load or store after memory has answered.
pub(super) const AFTER_ACCESS: u32 = 1;

/// Clocks of an instruction of memory only; `jumped` if the program does not go on behind it.
pub(super) const fn cycles(instruction: u32, jumped: bool) -> u32 {
    match instruction & 0x7f {
        opcode::LOAD | opcode::STORE => BEFORE_ACCESS + 1 + AFTER_ACCESS,
        opcode::BRANCH if jumped => 5,
        opcode::JALR => 6,
        _ => 3,
    }
}
