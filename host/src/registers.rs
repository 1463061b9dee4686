//! Registers of BAR2: reads that survive a lost completion, and numbered commands.
//!
//! No read has a side effect and every command carries a sequence number
//! (invariant I4), so both may be repeated: a read whose answer was lost is read
//! again, and a command whose number does not show up is written again.

use crate::function::{AccessError, Bar, Function};
use slackwater_regs::bar2::ALL_ONES;
use thiserror::Error;

/// How often a read is tried in all when the answer does not come.
const READ_ATTEMPTS: u32 = 3;
/// First pause between two looks at a status register; each next one is twice as long.
const FIRST_POLL_NS: u64 = 100;
/// Longest pause between two looks at a status register.
const LONGEST_POLL_NS: u64 = 5_000;
/// A command is written again if its number has not shown up for this long.
const REPEAT_NS: u64 = 20_000;
/// Place of the sequence number in all command and status registers.
const SEQUENCE_SHIFT: u32 = 24;

/// The device's registers did not work as they should.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum RegisterError {
    /// An access failed.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A status register reads all-ones: the device is gone, or this requester is not its owner (I11).
    #[error(
        "the register at {offset:#x} of BAR2 reads all-ones: the device is gone or owned by another requester"
    )]
    AllOnes {
        /// Offset of the register in bytes.
        offset: u32,
    },
    /// The device has not finished a command in time.
    #[error(
        "the device did not finish the {command} command {sequence} within {waited_ns} ns; its status is {status:#010x}"
    )]
    DeviceTimeout {
        /// Which command.
        command: &'static str,
        /// Its sequence number.
        sequence: u8,
        /// How long the driver waited.
        waited_ns: u64,
        /// What the status register read last.
        status: u32,
    },
}

/// One kind of command: where it is written, where its answer is, how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) command_offset: u32,
    pub(crate) status_offset: u32,
    /// Bit of the status that is 1 while the command is worked on.
    pub(crate) busy: u32,
    pub(crate) deadline_ns: u64,
}

/// The number of the last command, as a status register shows it.
pub(crate) const fn sequence_of(status: u32) -> u8 {
    (status >> SEQUENCE_SHIFT) as u8
}

/// Reads a register; tries again if the answer was lost.
pub(crate) fn read<B: Bar>(bar: &mut B, offset: u32) -> Result<u32, AccessError> {
    retried(|| bar.read_u32(offset))
}

/// Reads consecutive registers; tries again if an answer was lost.
pub(crate) fn read_block<B: Bar>(
    bar: &mut B,
    offset: u32,
    words: &mut [u32],
) -> Result<(), AccessError> {
    retried(|| bar.read_block(offset, words))
}

fn retried<T>(mut access: impl FnMut() -> Result<T, AccessError>) -> Result<T, AccessError> {
    let mut attempt = 1;
    loop {
        match access() {
            Err(AccessError::Timeout { .. }) if attempt < READ_ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

/// Reads a status register, in which all-ones is no possible value.
pub(crate) fn read_status<B: Bar>(bar: &mut B, offset: u32) -> Result<u32, RegisterError> {
    let mut status = [0];
    read_status_block(bar, offset, &mut status)?;
    Ok(status[0])
}

/// Reads a status register and the ones behind it.
pub(crate) fn read_status_block<B: Bar>(
    bar: &mut B,
    offset: u32,
    words: &mut [u32],
) -> Result<(), RegisterError> {
    // A host bridge turns a lost completion into all-ones, so one such value is not yet a verdict.
    for _ in 0..READ_ATTEMPTS {
        read_block(bar, offset, words)?;
        if words.first() != Some(&ALL_ONES) {
            return Ok(());
        }
    }
    Err(RegisterError::AllOnes { offset })
}

/// A command that was given, and whose answer has not been looked for.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Begun {
    sequence: u8,
    word: u32,
}

/// Gives a command the number after `last_sequence`.
pub(crate) fn begin<B: Bar>(
    bar: &mut B,
    command: &Command,
    last_sequence: &mut u8,
    fields: u32,
) -> Result<Begun, RegisterError> {
    let sequence = last_sequence.wrapping_add(1);
    // Used up even if the command times out: it may still be acted on later.
    *last_sequence = sequence;
    let word = fields | u32::from(sequence) << SEQUENCE_SHIFT;
    bar.write_u32(command.command_offset, word)?;
    Ok(Begun { sequence, word })
}

/// Waits for the answer to a command and returns its final status.
pub(crate) fn finish<F: Function>(
    function: &mut F,
    bar: &mut F::Bar,
    command: &Command,
    begun: Begun,
) -> Result<u32, RegisterError> {
    let Begun { sequence, word } = begun;
    let (mut waited_ns, mut unseen_ns, mut pause_ns) = (0, 0, FIRST_POLL_NS);
    loop {
        let status = read_status(bar, command.status_offset)?;
        let seen = sequence_of(status) == sequence;
        if seen && status & command.busy == 0 {
            return Ok(status);
        }
        if waited_ns >= command.deadline_ns {
            return Err(RegisterError::DeviceTimeout {
                command: command.name,
                sequence,
                waited_ns,
                status,
            });
        }
        if !seen && unseen_ns >= REPEAT_NS {
            bar.write_u32(command.command_offset, word)?;
            unseen_ns = 0;
        }
        function.wait(pause_ns);
        waited_ns += pause_ns;
        unseen_ns += pause_ns;
        pause_ns = (2 * pause_ns).min(LONGEST_POLL_NS);
    }
}

/// Runs one command and returns its final status.
pub(crate) fn execute<F: Function>(
    function: &mut F,
    bar: &mut F::Bar,
    command: &Command,
    last_sequence: &mut u8,
    fields: u32,
) -> Result<u32, RegisterError> {
    let begun = begin(bar, command, last_sequence, fields)?;
    finish(function, bar, command, begun)
}
