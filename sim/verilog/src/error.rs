//! What can be wrong with a source, and what to do about it.

use crate::source::Location;
use thiserror::Error;

/// A source that is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is not Verilog, as far as this crate reads it.
    #[error("{at}: expected {expected}, found {found}")]
    Syntax {
        /// Where.
        at: Location,
        /// What could stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Verilog, but not of the subset.
    #[error("{at}: {what} is outside the subset; {instead}")]
    Unsupported {
        /// Where.
        at: Location,
        /// The construct, with the name of the signal if it has one.
        what: String,
        /// What to write instead.
        instead: String,
    },
    /// A name that nothing declares.
    #[error("{at}: {name} is not declared: no {what} of that name is in {scope}")]
    Unknown {
        /// Where it is used.
        at: Location,
        /// The name.
        name: String,
        /// What was looked for.
        what: &'static str,
        /// Where it was looked for.
        scope: String,
    },
    /// Something that must be known when the design is loaded is not.
    #[error("{at}: {what} must be a constant")]
    NotConstant {
        /// Where.
        at: Location,
        /// What.
        what: String,
    },
    /// A declaration or a use that cannot be right.
    #[error("{at}: {name}: {problem}")]
    Invalid {
        /// Where.
        at: Location,
        /// Of what.
        name: String,
        /// What is wrong, with the values.
        problem: String,
    },
    /// More than this crate is ready to hold.
    #[error("{at}: {what} exceeds the limit of {limit}")]
    Limit {
        /// Where.
        at: Location,
        /// What, with its size.
        what: String,
        /// What is allowed.
        limit: u64,
    },
    /// The module to simulate cannot be told.
    #[error("no top module: {problem}")]
    Top {
        /// Why.
        problem: String,
    },
    /// A combinational block leaves a variable unassigned on some path.
    #[error(
        "{at}: latch: {signal} keeps its old value on some path through the block; assign it a default first"
    )]
    Latch {
        /// The block.
        at: Location,
        /// The variable.
        signal: String,
    },
    /// A combinational block reads a variable above its assignment.
    #[error(
        "{at}: {signal} is read before the block assigns it, so simulators may see a stale value; move the assignment up"
    )]
    ReadBeforeWrite {
        /// The read.
        at: Location,
        /// The variable.
        signal: String,
    },
    /// A value that depends on itself without a register between.
    #[error("{at}: combinational loop: {}; break it with a register", path.join(" <- "))]
    Loop {
        /// What drives the first net of the loop.
        at: Location,
        /// The nets, each read by the one before it; the last is the first.
        path: Vec<String>,
    },
    /// Two drivers for the same bits.
    #[error("{second}: multiple drivers: {signal} is driven at {first} already; remove one")]
    MultipleDrivers {
        /// The net, with the bits.
        signal: String,
        /// One driver.
        first: Location,
        /// The other one.
        second: Location,
    },
    /// A net that is read and that nothing drives.
    #[error("{at}: {signal} is read but never driven; assign it, or connect the port")]
    Undriven {
        /// Its declaration.
        at: Location,
        /// The net, with the bits.
        signal: String,
    },
    /// A clock that is not an input of the top module.
    #[error(
        "{at}: the clock {signal} is {problem}; clock registers by an input of the top module, through ports and plain assignments alone"
    )]
    Clock {
        /// The block.
        at: Location,
        /// The clock.
        signal: String,
        /// What it is instead.
        problem: String,
    },
    /// Machine code cannot be made.
    #[error("cannot compile the design: {0}")]
    Code(String),
}

/// Something that is legal, and perhaps not what was meant.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// An assignment drops bits of a sum, a difference, a product or a left shift.
    #[error(
        "{at}: {signal} has {width} bits and drops the upper ones of arithmetic on {operand_width} bits; widen it, or mask the value"
    )]
    Truncated {
        /// The assignment.
        at: Location,
        /// What is assigned.
        signal: String,
        /// Its width.
        width: u32,
        /// Width of the widest operand.
        operand_width: u32,
    },
    /// A sum or difference is used wider than its operands, so its carry or borrow counts.
    #[error(
        "{at}: {operation} of {operand_width} bits is used with {width} bits, so its carry counts; assign it to a net of {operand_width} bits first if it should wrap"
    )]
    CarryKept {
        /// The operation.
        at: Location,
        /// Its name.
        operation: &'static str,
        /// Width of the widest operand.
        operand_width: u32,
        /// Width that it is used with.
        width: u32,
    },
    /// A constant index outside the declared range: reads give 0, writes are lost.
    #[error("{at}: {signal} has no bit or word {index}")]
    OutOfRange {
        /// Where.
        at: Location,
        /// What is indexed.
        signal: String,
        /// With what.
        index: String,
    },
    /// A net that nothing drives and nothing reads.
    #[error("{at}: {signal} is neither driven nor read")]
    Unused {
        /// Its declaration.
        at: Location,
        /// The net.
        signal: String,
    },
}
