//! From text to tree.
//!
//! [`parse`] reads one source and gives its modules. Names stay as they are
//! written: whether they are declared, how wide they are and what a constant is
//! worth is found when the design is elaborated.
//!
//! Standard: IEEE 1364-2005, clauses 2 (lexical), 4 to 7, 9 and 12, annex A.
//! What is Verilog but not of the subset is refused with
//! [`Error::Unsupported`], which says what to write instead.

mod lexer;
mod literal;
mod parser;
mod token;
pub mod tree;

use crate::error::Error;
use crate::source::Location;
use std::sync::Arc;

/// Reads the modules of one source, in order. `name` is what errors call it.
///
/// A module with the attribute `(* blackbox *)` is left out.
///
/// # Errors
/// The first thing that is not Verilog, not of the subset, or larger than what
/// this crate reads: nesting is limited to 200 levels, a literal to 65536 bits.
pub fn parse(name: &str, text: &str) -> Result<Vec<tree::Module>, Error> {
    let file: Arc<str> = name.into();
    if u32::try_from(text.len()).is_err() {
        return Err(Error::Limit {
            at: Location {
                file,
                line: 1,
                column: 1,
            },
            what: format!("a source of {} bytes", text.len()),
            limit: u32::MAX.into(),
        });
    }
    parser::Parser::new(file, text)?.source()
}
