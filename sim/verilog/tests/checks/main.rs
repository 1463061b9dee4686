//! What is refused or warned of when a design is loaded, by name and place.

mod refused;
mod warned;

use slackwater_verilog::{Error, Program};

/// Loads a module with these ports and items.
fn load(ports: &str, items: &str) -> Result<Program, Error> {
    Program::compile("m.v", &format!("module m({ports});\n{items}\nendmodule\n"))
}

/// The error of a module that must be refused.
#[track_caller]
fn refused(ports: &str, items: &str) -> Error {
    match load(ports, items) {
        Ok(_) => panic!("loaded: {items}"),
        Err(error) => error,
    }
}
