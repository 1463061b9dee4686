//! What a simulator must be able to do to be compared with another.

use num_bigint::BigUint;
use thiserror::Error;

/// A simulator of one design.
///
/// Clocks are 1-bit inputs of the top module. Nothing but [`rise`](Self::rise)
/// moves them; between calls they are low.
pub trait Simulator {
    /// Sets an input of the top module; a value that is too wide is cut.
    ///
    /// # Errors
    /// If there is no such input.
    fn set(&mut self, port: &str, value: &BigUint) -> Result<(), Failure>;

    /// Brings everything combinational up to date.
    ///
    /// # Errors
    /// If the design does not come to rest.
    fn settle(&mut self) -> Result<(), Failure>;

    /// Lets the named clocks rise at once, and fall again. Inputs and registers
    /// are seen as they were before; [`settle`](Self::settle) comes before and after.
    ///
    /// # Errors
    /// If there is no such clock, or if the design does not come to rest.
    fn rise(&mut self, clocks: &[&str]) -> Result<(), Failure>;

    /// Value of a net by its name from the top module on (`instance.net`).
    /// `None` for a net that this simulator cannot show; it must show the ports
    /// of the top module.
    ///
    /// # Errors
    /// If the simulator is broken.
    fn read(&mut self, name: &str) -> Result<Option<BigUint>, Failure>;
}

/// Why a simulator did not do what it was told.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Failure(pub String);
