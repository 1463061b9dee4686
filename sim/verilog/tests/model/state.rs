//! Saved states.

use crate::program;
use slackwater_verilog::{Model, State, StateError};

const TEXT: &str = "module m(input wire clock, input wire [7:0] a, output reg [70:0] sum);
        reg [7:0] words [0:255];
        always @(posedge clock) begin sum <= sum + words[a] + a; words[a] <= sum[7:0]; end
    endmodule";

/// Runs on from here; all outputs on the way.
fn run(model: &mut Model, cycles: u64) -> Vec<u128> {
    let program = model.program().clone();
    let (a, sum) = (program.input("a").unwrap(), program.output("sum").unwrap());
    let clock = program.clock("clock").unwrap();
    (0..cycles)
        .map(|_| {
            model.set(a, model.cycles() * 37 % 251);
            model.cycle(clock);
            model.get_u128(sum)
        })
        .collect()
}

#[test]
fn a_restored_model_goes_on_as_before() {
    let program = program(TEXT);
    let mut model = Model::new(&program);
    run(&mut model, 500);
    let saved = model.save();
    let expected = run(&mut model, 500);
    let mut other = Model::new(&program);
    run(&mut other, 77);
    let state = State::from_bytes(&saved.to_bytes()).unwrap();
    assert_eq!(state, saved);
    other.restore(&state).unwrap();
    assert_eq!(other.cycles(), 500);
    assert_eq!(run(&mut other, 500), expected);
}

#[test]
fn foreign_and_broken_states_are_refused() {
    let (this, other) = (program(TEXT), program(&TEXT.replace("70:0", "71:0")));
    let (mut model, foreign) = (Model::new(&this), Model::new(&other).save());
    let before = model.save();
    let error = model.restore(&foreign).unwrap_err();
    assert!(matches!(error, StateError::OtherDesign { .. }), "{error}");
    let bytes = before.to_bytes();
    for length in [0, 7, 8, 15, 23, bytes.len() - 1] {
        assert!(State::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    let short = State::from_bytes(&bytes[..bytes.len() - 8]).unwrap();
    assert!(matches!(
        model.restore(&short),
        Err(StateError::Malformed { .. })
    ));
    assert_eq!(model.save(), before);
}

#[test]
fn any_bytes_of_the_right_length_are_a_state() {
    let program = program(TEXT);
    let mut bytes = Model::new(&program).save().to_bytes();
    // Behind magic, fingerprint and cycles everything is set.
    bytes[24..].fill(0xff);
    let mut model = Model::new(&program);
    model.restore(&State::from_bytes(&bytes).unwrap()).unwrap();
    let first = run(&mut model, 3);
    assert_eq!(first[0], (1 << 71) - 1);
    assert!(first.iter().all(|sum| sum >> 71 == 0));
}
