//! The simulator that is held to the interpreter.

use crate::compiled::Compiled;
use crate::generate::{Design, TOP};
use crate::icarus::{Icarus, Tools};
use crate::interpreter::Interpreter;
use crate::simulator::{Failure, Simulator};
use slackwater_verilog::syntax;

/// The compiler.
///
/// # Errors
/// If it refuses the text.
pub fn compiled(_: &Design, text: &str) -> Result<Box<dyn Simulator>, Failure> {
    Ok(Box::new(Compiled::new(text)?))
}

/// The interpreter again, but from the text: holds the parser to the printer.
///
/// # Errors
/// If the text is refused.
pub fn parsed(_: &Design, text: &str) -> Result<Box<dyn Simulator>, Failure> {
    let modules = syntax::parse("design.v", text).map_err(|error| Failure(error.to_string()))?;
    Ok(Box::new(Interpreter::new(&modules, TOP)?))
}

/// Icarus Verilog: holds the interpreter to another implementation of the standard.
///
/// # Errors
/// If it is not installed, or refuses the text.
pub fn icarus(design: &Design, text: &str) -> Result<Box<dyn Simulator>, Failure> {
    Ok(Box::new(Icarus::new(Tools::default(), design, text)?))
}
