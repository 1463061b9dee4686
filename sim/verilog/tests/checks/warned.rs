//! Designs that load, with a warning.

use crate::load;
use slackwater_verilog::Warning;

const IO: &str = "input wire [7:0] a, input wire [7:0] b, input wire c, output wire [7:0] q, output wire [8:0] r";

fn warnings(items: &str) -> Vec<Warning> {
    let program = load(IO, items).unwrap_or_else(|error| panic!("{items}: {error}"));
    program.warnings().to_vec()
}

#[test]
fn a_carry_that_leaks_in_is_told() {
    // A cast to 9 bits of a sum that wraps at 8 bits where it was written.
    let found = warnings("assign q = a; assign r = ((a + b) & 9'h1ff);");
    let [
        warning @ Warning::CarryKept {
            operand_width: 8,
            width: 9,
            ..
        },
    ] = &found[..]
    else {
        panic!("{found:?}");
    };
    assert!(warning.to_string().starts_with("m.v:2:"), "{warning}");
    // A comparison with a literal of 32 bits.
    let found = warnings("assign q = (a + b) < 32'h5; assign r = 0;");
    assert!(
        matches!(found[..], [Warning::CarryKept { width: 32, .. }]),
        "{found:?}"
    );
    let found = warnings("assign q = -a == 32'h5; assign r = 0;");
    assert!(
        matches!(
            found[..],
            [Warning::CarryKept {
                operation: "a negation",
                ..
            }]
        ),
        "{found:?}"
    );
}

#[test]
fn a_carry_that_is_lost_is_told() {
    let found = warnings("wire [9:0] s; assign s = {2'b01, a}; assign q = s + s; assign r = 0;");
    let [
        Warning::Truncated {
            width: 8,
            operand_width: 10,
            signal,
            ..
        },
    ] = &found[..]
    else {
        panic!("{found:?}");
    };
    assert_eq!(signal, "m.q");
}

#[test]
fn what_wraps_as_it_is_written_is_not_told() {
    for items in [
        "assign q = a + b; assign r = 0;",
        "assign q = a + 32'h1; assign r = 0;",
        "wire [7:0] s; assign s = a + b; assign q = s < 32'h5; assign r = s;",
        "assign q = a; assign r = ((a & 9'h1ff) + (b & 9'h1ff));",
        "assign q = a[0] + a[1] + a[2]; assign r = 0;",
    ] {
        assert_eq!(warnings(items), [], "{items}");
    }
}

#[test]
fn an_index_outside_the_range_is_told() {
    let found = warnings("assign q = a[8]; assign r = 0;");
    assert!(
        matches!(found[..], [Warning::OutOfRange { .. }]),
        "{found:?}"
    );
}

#[test]
fn a_net_without_use_is_told() {
    let found = warnings("wire [3:0] lonely; assign q = a; assign r = b;");
    let [Warning::Unused { signal, .. }] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(signal, "m.lonely");
}
