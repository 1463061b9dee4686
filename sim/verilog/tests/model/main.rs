//! What a model does: ports, clocks, looking inside, memories, saved states.

mod inside;
mod semantics;
mod state;

use slackwater_verilog::{Model, Program};

fn program(text: &str) -> Program {
    Program::compile("m.v", text).unwrap_or_else(|error| panic!("{error}"))
}

/// A module without registers: outputs for inputs, by name.
fn settled(text: &str, inputs: &[(&str, u128)], output: &str) -> u128 {
    let program = program(text);
    let mut model = Model::new(&program);
    for &(name, value) in inputs {
        model.set_u128(program.input(name).unwrap(), value);
    }
    model.settle();
    model.get_u128(program.output(output).unwrap())
}
