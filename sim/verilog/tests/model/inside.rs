//! Looking inside by hierarchical names.

use crate::program;
use slackwater_verilog::Model;

const TEXT: &str = "module counter(input wire clock, input wire [7:0] step, output reg [7:0] count);
        wire [8:0] next;
        assign next = count + step;
        initial count = 5;
        always @(posedge clock) count <= next[7:0];
    endmodule
    module m(input wire clock, input wire [7:0] step, output wire [7:0] count, output wire [99:0] wide);
        counter inner(.clock(clock), .step(step), .count(count));
        assign wide = {100{count[0]}};
    endmodule";

#[test]
fn registers_and_nets_at_any_depth() {
    let program = program(TEXT);
    let mut model = Model::new(&program);
    let [count, next, wide] =
        ["m.inner.count", "m.inner.next", "m.wide"].map(|name| program.signal(name).unwrap());
    assert_eq!(model.peek_u64(count), 5);
    model.set(program.input("step").unwrap(), 250);
    // The net follows the input at once.
    assert_eq!(model.peek_u64(next), 255);
    model.cycle(program.clock("clock").unwrap());
    assert_eq!(model.peek_u64(count), 255);
    assert_eq!(model.peek_u64(next), 505);
    assert_eq!(
        model.peek(wide),
        (num_bigint::BigUint::from(1u8) << 100) - 1u8
    );
    // The output still shows what it was before the clock.
    assert_eq!(model.get(program.output("count").unwrap()), 5);
    model.settle();
    assert_eq!(model.get(program.output("count").unwrap()), 255);
    assert_eq!(model.cycles(), 1);
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    let program = program(TEXT);
    let error = program.signal("m.inner.cuont").unwrap_err().to_string();
    assert!(
        error.contains("m.inner.cuont") && error.contains("m.inner.count"),
        "{error}"
    );
    for error in [
        program.input("clock").unwrap_err(),
        program.output("step").unwrap_err(),
        program.clock("step").unwrap_err(),
        program.memory("m.words").unwrap_err(),
    ] {
        assert!(error.to_string().contains("the design m has no"), "{error}");
    }
}

#[test]
fn ports_are_listed_in_their_order() {
    let program = program(TEXT);
    let inputs: Vec<_> = program
        .inputs()
        .map(|(name, input)| (name, input.width()))
        .collect();
    assert_eq!(inputs, [("step", 8)]);
    let outputs: Vec<_> = program
        .outputs()
        .map(|(name, output)| (name, output.width()))
        .collect();
    assert_eq!(outputs, [("count", 8), ("wide", 100)]);
    assert_eq!(program.clocks().collect::<Vec<_>>(), ["clock"]);
    assert_eq!(program.top(), "m");
}
