//! Declarations, assignments, blocks and instances.

use crate::{item, items};
use slackwater_verilog::syntax::tree::Item;

#[test]
fn nets_and_variables() {
    assert_eq!(items("wire a;"), "wire a;");
    assert_eq!(
        items("wire [7:0] a, b = c, d;"),
        "wire [7:0] a; wire [7:0] b = c; wire [7:0] d;"
    );
    assert_eq!(
        items("reg signed [N-1:0] a = 3;"),
        "reg signed [(N - 1):0] a = 3;"
    );
    assert_eq!(items("wire signed a;"), "wire signed a;");
    assert_eq!(items("integer i, j = 2;"), "integer i; integer j = 2;");
    assert_eq!(
        items("reg [31:0] words [0:4095];"),
        "reg [31:0] words [0:4095];"
    );
    assert_eq!(items("reg a, b [3:0], c;"), "reg a; reg b [3:0]; reg c;");
    assert_eq!(items("integer table_ [0:1];"), "integer table_ [0:1];");
    assert_eq!(items("wire core$clock;"), "wire core$clock;");
}

#[test]
fn ports_in_the_module() {
    assert_eq!(items("input wire  clock;"), "input wire clock;");
    assert_eq!(
        items("input [3:0] a, b;"),
        "input wire [3:0] a; input wire [3:0] b;"
    );
    assert_eq!(items("output reg  [66:0] q;"), "output reg [66:0] q;");
    assert_eq!(items("output reg q = 0;"), "output reg q = 0;");
    assert_eq!(items("output q; reg q;"), "output wire q; reg q;");
    assert_eq!(
        items("output signed [3:0] q;"),
        "output wire signed [3:0] q;"
    );
    assert_eq!(items("output integer q;"), "output integer q;");
    assert_eq!(items("inout wire pin;"), "inout wire pin;");
}

#[test]
fn parameters() {
    assert_eq!(items("parameter N = 3;"), "parameter N = 3;");
    assert_eq!(
        items("parameter A = 1, B = A + 1;"),
        "parameter A = 1; parameter B = (A + 1);"
    );
    assert_eq!(
        items("localparam [3:0] A = 4'd1, B = 4'd2;"),
        "localparam [3:0] A = 4'h1; localparam [3:0] B = 4'h2;"
    );
    assert_eq!(
        items("localparam signed A = -1;"),
        "localparam signed A = (-1);"
    );
    assert_eq!(
        items("parameter integer A = 1;"),
        "parameter signed [31:0] A = 1;"
    );
    assert_eq!(
        items("localparam  State$Idle = 2'b0;"),
        "localparam State$Idle = 2'h0;"
    );
}

#[test]
fn continuous_assignments() {
    assert_eq!(
        items("assign a = b, c[1] = d;"),
        "assign a = b; assign c[1] = d;"
    );
    assert_eq!(items("assign {a, b[3:0]} = c;"), "assign {a, b[3:0]} = c;");
}

#[test]
fn always_blocks() {
    for any in ["@(*)", "@*", "@ ( * )", "@(* )", "@( *)"] {
        assert_eq!(
            items(&format!("always {any} a = b;")),
            "always @(*) a = b;",
            "{any}"
        );
    }
    assert_eq!(items("always @(a) b = a;"), "always @(a) b = a;");
    assert_eq!(items("always @a b = a;"), "always @(a) b = a;");
    assert_eq!(
        items("always @(a or b, c) d = a;"),
        "always @(a, b, c) d = a;"
    );
    assert_eq!(
        items("always @(posedge clock) q <= d;"),
        "always @(posedge clock) q <= d;"
    );
    assert_eq!(
        items("always @(posedge clock or negedge reset_n) begin q <= d; end"),
        "always @(posedge clock, negedge reset_n) begin q <= d; end"
    );
    assert_eq!(
        items("always @(posedge a, posedge b) ;"),
        "always @(posedge a, posedge b) ;"
    );
    assert_eq!(items("initial q = 172'h0;"), "initial q = 172'h0;");
}

#[test]
fn instances() {
    assert_eq!(items("fifo u0();"), "fifo u0();");
    assert_eq!(
        items("top$core core(.clock(core$clock), .d(a + b), .open());"),
        "top$core core(.clock(core$clock), .d((a + b)), .open());"
    );
    assert_eq!(
        items("fifo #(.WIDTH(8), .DEPTH(1 << 4), .KEEP()) u0 (.d(d));"),
        "fifo #(.WIDTH(8), .DEPTH((1 << 4))) u0(.d(d));"
    );
    assert_eq!(
        items("fifo #(.N(1)) a(.d(x)), b(.d(y));"),
        "fifo #(.N(1)) a(.d(x)); fifo #(.N(1)) b(.d(y));"
    );
    // Names in Verilog, keywords in SystemVerilog.
    assert_eq!(items("byte u0(.bit(int));"), "byte u0(.bit(int));");
}

#[test]
fn places() {
    let Item::Instance(instance) = item("fifo\n  u0 (.d(x),\n  .\\q+ (y));") else {
        panic!("no instance")
    };
    let (port, value) = &instance.ports[1];
    assert_eq!(instance.module.at.to_string(), "t.v:2:1");
    assert_eq!(instance.name.at.to_string(), "t.v:3:3");
    assert_eq!(
        (&*port.text, port.at.to_string().as_str()),
        ("q+", "t.v:4:4")
    );
    let value = value.as_ref().expect("connected");
    assert_eq!(value.at.to_string(), "t.v:4:9");
    let Item::Always(always) = item("\r\n /* \n */ always @* ;") else {
        panic!("no always")
    };
    assert_eq!(always.at.to_string(), "t.v:4:5");
}
