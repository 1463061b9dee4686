//! Designs that are refused.

use crate::{load, refused};
use slackwater_verilog::{Error, Program};

const IO: &str = "input wire clock, input wire [3:0] a, input wire c, output reg [3:0] q";

/// The error is of the kind and its text has all of the parts.
macro_rules! assert_refused {
    ($kind:pat, $ports:expr, $items:expr, $($part:expr),+) => {{
        let error = refused($ports, $items);
        assert!(matches!(error, $kind), "{error:?}");
        let text = error.to_string();
        $(assert!(text.contains($part), "{:?} is not in {text}", $part);)+
    }};
}

#[test]
fn a_latch_is_named() {
    let kind = "always @(*) if (c) q = a;";
    assert_refused!(Error::Latch { .. }, IO, kind, "m.v:2:1", "m.q", "default");
    // One bit of a vector is enough, and it is named.
    let bits = "always @(*) begin q[1:0] = a[1:0]; if (c) q[3:2] = 0; else q[3] = 1; end";
    assert_refused!(Error::Latch { .. }, IO, bits, "m.q");
    // A case that leaves a value out.
    let case = "always @(*) case (a[1:0]) 0: q = 1; 1: q = 2; 2: q = 3; endcase";
    assert_refused!(Error::Latch { .. }, IO, case, "m.q");
}

#[test]
fn many_bits_that_are_assigned_one_by_one_are_soon_refused() {
    let bits: String = (0..300)
        .map(|bit| format!("if (a[{bit}]) q[{bit}] = 1;\n"))
        .collect();
    let ports = "input wire [299:0] a, output reg [299:0] q";
    let items = format!("always @(*) begin {bits} end");
    assert_refused!(Error::Latch { .. }, ports, &items, "m.q");
}

#[test]
fn what_is_no_latch_is_not_refused() {
    for items in [
        "always @(*) begin q = 0; if (c) q = a; end",
        "always @(*) if (c) q = a; else q = 0;",
        "always @(*) case (a[1:0]) 0: q = 1; 1: q = 2; 2: q = 3; 3: q = 4; endcase",
        "always @(*) case (a) 0: q = 1; default: q = 2; endcase",
        "always @(*) begin if (c) q[1:0] = 1; else q[1:0] = 2; q[3:2] = q[1:0]; end",
        "always @(posedge clock) if (c) q <= a;",
    ] {
        load(IO, items).unwrap_or_else(|error| panic!("{items}: {error}"));
    }
}

#[test]
fn a_loop_is_shown_with_its_path() {
    let items =
        "wire [3:0] x; wire [3:0] y;\nassign x = y + 1; assign y = x & a;\nalways @(*) q = x;";
    let error = refused(IO, items);
    let Error::Loop { at, path } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(at.line, 3);
    assert_eq!(path.first(), path.last());
    assert_eq!(path.len(), 3, "{path:?}");
    assert!(path.contains(&"m.x".into()) && path.contains(&"m.y".into()));
    assert!(error.to_string().contains("m.x <- m.y") || error.to_string().contains("m.y <- m.x"));
}

#[test]
fn a_loop_through_instances_is_found() {
    let text = "module inv(input wire i, output wire o); assign o = ~i; endmodule\n\
        module m(output wire q); wire a; inv first(.i(q), .o(a)); inv second(.i(a), .o(q)); endmodule";
    let error = Program::compile("m.v", text).unwrap_err();
    let Error::Loop { path, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(path.iter().any(|net| net == "m.first.o"), "{path:?}");
}

#[test]
fn bits_that_depend_on_other_bits_of_the_same_net_are_no_loop() {
    let items = "wire [3:0] x;\nassign x[0] = c; assign x[1] = x[0]; assign x[3:2] = x[1:0];\nalways @(*) q = x;";
    load(IO, items).unwrap();
    let itself =
        "wire [3:0] x;\nassign x[1:0] = x[3:2]; assign x[3:2] = x[1:0];\nalways @(*) q = x;";
    assert_refused!(Error::Loop { .. }, IO, itself, "m.x[");
}

#[test]
fn a_chain_through_all_bits_of_a_net_is_no_loop() {
    let links: String = (0..300)
        .map(|bit| format!("assign c[{}] = c[{bit}] & a[{bit}];\n", bit + 1))
        .collect();
    let ports = "input wire [299:0] a, input wire i, output wire [300:0] c";
    load(ports, &format!("assign c[0] = i;\n{links}")).unwrap();
}

#[test]
fn two_drivers_are_named_with_their_bits() {
    let items = "wire [7:0] x;\nassign x[4:0] = a;\nassign x[7:4] = a;\nalways @(*) q = x;";
    let kind = refused(IO, items);
    assert!(matches!(kind, Error::MultipleDrivers { .. }), "{kind:?}");
    let text = kind.to_string();
    assert!(
        text.contains("m.x[7:4]") && text.contains("m.v:3:") && text.contains("m.v:4:"),
        "{text}"
    );
    let blocks = "always @(*) q = a;\nalways @(posedge clock) q <= a;";
    assert_refused!(Error::MultipleDrivers { .. }, IO, blocks, "m.q");
    assert_refused!(
        Error::MultipleDrivers { .. },
        IO,
        "assign a = 1; always @(*) q = a;",
        "m.a"
    );
    // Each half by its own driver is one driver for each bit.
    load(
        IO,
        "always @(*) q[1:0] = a; always @(posedge clock) q[3:2] <= a;",
    )
    .unwrap();
}

#[test]
fn an_undriven_net_that_is_read_is_named() {
    let whole = "wire [3:0] x;\nalways @(*) q = x;";
    assert_refused!(Error::Undriven { .. }, IO, whole, "m.v:2:", "m.x");
    let part = "wire [3:0] x;\nassign x[2:0] = a;\nalways @(*) q = x;";
    assert_refused!(Error::Undriven { .. }, IO, part, "m.x[3]");
    let text = "module sub(input wire i, output wire o); assign o = i; endmodule\n\
        module m(output wire q); sub s(.o(q)); endmodule";
    let error = Program::compile("m.v", text).unwrap_err();
    assert!(matches!(error, Error::Undriven { .. }), "{error:?}");
    assert!(error.to_string().contains("m.s.i"), "{error}");
    assert_refused!(Error::Undriven { .. }, IO, "", "m.q");
}

#[test]
fn a_read_before_the_assignment_is_named() {
    let items = "reg [3:0] t;\nalways @(*) begin\nq = t;\nt = a;\nend";
    assert_refused!(Error::ReadBeforeWrite { .. }, IO, items, "m.v:4:5", "m.t");
    let bits = "reg [3:0] t;\nalways @(*) begin t[1:0] = a; q = t; t[3:2] = 0; end";
    assert_refused!(Error::ReadBeforeWrite { .. }, IO, bits, "m.t");
    // The bits that are read were assigned.
    let fine = "reg [3:0] t;\nalways @(*) begin t[1:0] = a; q = t[1:0]; t[3:2] = 0; end";
    load(IO, fine).unwrap();
}

#[test]
fn clocks_come_from_inputs() {
    let derived = "wire gated; assign gated = clock & c;\nalways @(posedge gated) q <= a;";
    assert_refused!(Error::Clock { .. }, IO, derived, "m.gated", "logic");
    let divided =
        "reg half; always @(posedge clock) half <= ~half;\nalways @(posedge half) q <= a;";
    assert_refused!(Error::Clock { .. }, IO, divided, "m.half", "register");
    assert_refused!(
        Error::Clock { .. },
        IO,
        "always @(posedge a) q <= a;",
        "m.a",
        "4 bits"
    );
    assert_refused!(
        Error::Unsupported { .. },
        IO,
        "always @(negedge clock) q <= a;",
        "negedge clock"
    );
    let reset = "always @(posedge clock or posedge c) q <= a;";
    assert_refused!(Error::Unsupported { .. }, IO, reset, "asynchronous reset");
    let renamed = "wire k; assign k = clock;\nalways @(posedge k) q <= a;";
    let program = load(IO, renamed).unwrap();
    assert_eq!(program.clocks().collect::<Vec<_>>(), ["clock"]);
}

#[test]
fn assignments_of_the_wrong_sort() {
    assert_refused!(
        Error::Unsupported { .. },
        IO,
        "always @(*) q <= a;",
        "q <= "
    );
    let mixed = "always @(posedge clock) begin q = a; q <= 1; end";
    assert_refused!(Error::Unsupported { .. }, IO, mixed, "both = and <=");
    let memory = "reg [3:0] w [0:3];\nalways @(*) begin w[0] = a; q = 0; end";
    assert_refused!(Error::Unsupported { .. }, IO, memory, "memory w");
    let whole = "reg [3:0] w [0:3];\nalways @(*) q = w;";
    assert_refused!(Error::Invalid { .. }, IO, whole, "m.w", "address");
    assert_refused!(
        Error::Invalid { .. },
        IO,
        "localparam P = 3; always @(*) P = a;",
        "P",
        "parameter"
    );
}

#[test]
fn names_that_are_not_there() {
    assert_refused!(
        Error::Unknown { .. },
        IO,
        "always @(*) q = nothing;",
        "m.v:2:17",
        "nothing"
    );
    assert_refused!(
        Error::Unknown { .. },
        IO,
        "sub s(.i(a)); always @(*) q = a;",
        "sub",
        "black box"
    );
    let text =
        "module sub(input wire i); endmodule\nmodule m(input wire a); sub s(.j(a)); endmodule";
    let error = Program::compile("m.v", text).unwrap_err().to_string();
    assert!(error.contains("m.v:2:") && error.contains('j'), "{error}");
    let twice = "wire x; wire x; always @(*) q = a;";
    assert_refused!(Error::Invalid { .. }, IO, twice, "x", "declared");
    assert_refused!(
        Error::Invalid { .. },
        "input wire a, output wire b",
        "assign b = a; output c;",
        "list of ports"
    );
}

#[test]
fn top_modules() {
    let none = Program::compile("m.v", "").unwrap_err().to_string();
    assert!(none.contains("no top module"), "{none}");
    let two = "module a(input wire x); endmodule module b(input wire x); endmodule";
    let error = Program::compile("m.v", two).unwrap_err().to_string();
    assert!(error.contains('a') && error.contains('b'), "{error}");
    let itself = "module m(input wire x); m inner(.x(x)); endmodule";
    assert!(matches!(
        Program::compile("m.v", itself),
        Err(Error::Top { .. })
    ));
    let pair = "module a(input wire x); b i(.x(x)); endmodule module b(input wire x); a i(.x(x)); endmodule\n\
        module m(input wire x); a i(.x(x)); endmodule";
    let error = Program::compile("m.v", pair).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
}

#[test]
fn sizes_have_limits() {
    assert_refused!(
        Error::Limit { .. },
        "input wire [99999:0] a",
        "",
        "99999",
        "65536"
    );
    let memory = "reg [31:0] w [0:999999999];";
    assert_refused!(Error::Limit { .. }, "input wire a", memory, "1000000000");
    let endless = "integer i; always @(*) begin q = 0; for (i = 0; i < 4; i = i) q = a; end";
    assert_refused!(Error::Limit { .. }, IO, endless, "i", "turns");
    assert_refused!(
        Error::Limit { .. },
        IO,
        "always @(*) q = {1000000{a}};",
        "4000000"
    );
    assert_refused!(
        Error::Limit { .. },
        "input wire [4095:0] a, output wire [4095:0] q",
        "assign q = a * a;",
        "4096",
        "2048"
    );
    let dynamic = "integer i; always @(*) begin q = 0; for (i = 0; i < a; i = i + 1) q = a; end";
    assert_refused!(Error::NotConstant { .. }, IO, dynamic, "loop");
    assert_refused!(
        Error::Unsupported { .. },
        IO,
        "always @(*) q = a / 3;",
        "division"
    );
    assert_refused!(
        Error::Invalid { .. },
        IO,
        "localparam P = 1 / 0; always @(*) q = P;",
        "divided by 0"
    );
    assert_refused!(
        Error::Invalid { .. },
        IO,
        "always @(*) q = a[0:3];",
        "reversed"
    );
    assert_refused!(
        Error::Invalid { .. },
        IO,
        "always @(*) q = {0{a}};",
        "count is 0"
    );
    assert_refused!(Error::Unsupported { .. }, "inout wire a", "", "inout");
}
