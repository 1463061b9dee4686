//! Why the interpreter refuses a design or stops.

use crate::simulator::Failure;
use slackwater_verilog::source::Location;
use thiserror::Error;

/// A design that the interpreter does not run.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is refused by the parser.
    #[error(transparent)]
    Parse(#[from] slackwater_verilog::error::Error),
    /// A name that is not declared.
    #[error("{at}: there is no {what} {name:?}; declare it")]
    Unknown {
        /// Where it is used.
        at: Location,
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// No module of the name that was asked for.
    #[error("there is no module {name:?} to simulate")]
    NoTop {
        /// Its name.
        name: String,
    },
    /// Not allowed by the standard, or not interpreted.
    #[error("{at}: {what}")]
    Refused {
        /// Where.
        at: Location,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A combinational loop.
    #[error("{name} still changes after {passes} passes; look for a combinational loop")]
    Restless {
        /// A net that changed last.
        name: String,
        /// Passes over all processes.
        passes: usize,
    },
    /// A loop without end.
    #[error("{at}: the loop has made {turns} turns; give it an end")]
    Endless {
        /// The variable of the loop.
        at: Location,
        /// Turns made.
        turns: u32,
    },
    /// Division by zero, which is x in the standard.
    #[error("{at}: division by zero")]
    DivisionByZero {
        /// The division.
        at: Location,
    },
    /// A clock that a register or a gate makes.
    #[error("{name} rises because a register changed; clocks must come from outside")]
    DerivedClock {
        /// The clock.
        name: String,
    },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure(error.to_string())
    }
}
