//! The interpreter's statements, processes and hierarchy.

use num_bigint::BigUint;
use slackwater_verilog::syntax::parse;
use slackwater_verilog_fuzz::error::Error;
use slackwater_verilog_fuzz::interpreter::Interpreter;
use slackwater_verilog_fuzz::simulator::Simulator;

fn load(text: &str) -> Result<Interpreter, Error> {
    Interpreter::new(&parse("test.v", text)?, "top")
}

fn top(text: &str) -> Interpreter {
    load(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn set(top: &mut Interpreter, port: &str, value: u64) {
    top.set(port, &BigUint::from(value)).expect("an input");
    top.settle().expect("no loop");
}

fn rise(top: &mut Interpreter, clocks: &[&str]) {
    top.rise(clocks).expect("clocks");
}

#[track_caller]
fn expect(top: &mut Interpreter, name: &str, expected: u64) {
    let found = top.read(name).expect("it works").expect("a net");
    assert_eq!(found, BigUint::from(expected), "{name}");
}

#[test]
fn registers_exchange_their_values() {
    let mut top = top(
        "module top(input wire clk, output reg [3:0] a, output reg [3:0] b);
        initial begin a = 1; b = 2; end
        always @(posedge clk) a <= b;
        always @(posedge clk) begin b <= a; end
        endmodule",
    );
    rise(&mut top, &["clk"]);
    expect(&mut top, "a", 2);
    expect(&mut top, "b", 1);
}

#[test]
fn the_last_assignment_of_an_edge_counts_bit_by_bit() {
    let mut top = top(
        "module top(input wire clk, input wire [2:0] i, output reg [7:0] q);
        always @(posedge clk) begin
            q <= 8'h00;
            q[i] <= 1;
            q[7:6] <= 2'b10;
            q[i +: 3] <= 3'b101;
        end
        endmodule",
    );
    set(&mut top, "i", 2);
    rise(&mut top, &["clk"]);
    expect(&mut top, "q", 0b1001_0100);
    set(&mut top, "i", 6);
    rise(&mut top, &["clk"]);
    expect(&mut top, "q", 0b0100_0000);
}

#[test]
fn memories_are_read_as_they_were_before_the_edge() {
    let mut top = top(
        "module top(input wire clk, input wire we, input wire [2:0] a,
        input wire [7:0] d, input wire [7:0] m, output reg [7:0] q, output wire [7:0] now);
        reg [7:0] mem [0:5];
        integer i;
        assign now = mem[a];
        always @(posedge clk) begin
            if (we) for (i = 0; i < 8; i = i + 1) if (m[i]) mem[a][i] <= d[i];
            q <= mem[a];
        end
        endmodule",
    );
    for (port, value) in [("we", 1), ("a", 3), ("d", 0xff), ("m", 0x3c)] {
        set(&mut top, port, value);
    }
    rise(&mut top, &["clk"]);
    expect(&mut top, "q", 0);
    expect(&mut top, "now", 0x3c);
    set(&mut top, "d", 0);
    set(&mut top, "m", 0x0f);
    rise(&mut top, &["clk"]);
    expect(&mut top, "q", 0x3c);
    expect(&mut top, "now", 0x30);
    // Behind the end nothing is written, and zero is read.
    set(&mut top, "a", 6);
    set(&mut top, "d", 0xff);
    rise(&mut top, &["clk"]);
    expect(&mut top, "now", 0);
    assert_eq!(top.memory_word("mem", 6), Some(BigUint::ZERO));
}

#[test]
fn two_clocks_that_rise_at_once_see_the_same_state() {
    let text = "module top(input wire c0, input wire c1, output reg [7:0] a, output reg [7:0] b);
        always @(posedge c0) a <= a + 1;
        always @(posedge c1) b <= a;
        endmodule";
    let mut top = top(text);
    rise(&mut top, &["c0"]);
    rise(&mut top, &["c0", "c1"]);
    expect(&mut top, "a", 2);
    expect(&mut top, "b", 1);
    rise(&mut top, &["c1"]);
    expect(&mut top, "a", 2);
    expect(&mut top, "b", 2);
    rise(&mut top, &[]);
    expect(&mut top, "b", 2);
}

#[test]
fn temporaries_of_a_clocked_block_take_effect_at_once() {
    let mut top = top(
        "module top(input wire clk, input wire [3:0] d, output reg [3:0] q);
        reg [3:0] t;
        always @(posedge clk) begin t = d + 1; t = t << 1; q <= t; end
        endmodule",
    );
    set(&mut top, "d", 3);
    rise(&mut top, &["clk"]);
    expect(&mut top, "q", 8);
}

#[test]
fn combinational_blocks_settle_through_instances() {
    // As RustHDL has it: the block assigns the inputs of a submodule and reads
    // its output, and hands the clock on.
    let mut top = top("module top(clock, x, y, q);
        input wire clock; input wire [7:0] x; output reg [7:0] y; output reg [7:0] q;
        reg [7:0] inc$d; wire [7:0] inc$q; reg r$clock; reg [7:0] r$d; wire [7:0] r$q;
        always @(*) begin
            r$clock = clock;
            r$d = r$q;
            inc$d = x;
            y = inc$q;
            q = r$q;
            r$d[(64'h4)+:(4)] = inc$q[(64'h0)+:(4)];
        end
        increment inc(.d(inc$d), .q(inc$q));
        register r(.clock(r$clock), .d(r$d), .q(r$q));
        endmodule
        module increment(input wire [7:0] d, output wire [7:0] q); assign q = d + 1; endmodule
        module register(clock, d, q);
        input wire clock; input wire [7:0] d; output reg [7:0] q;
        initial q = 8'h09;
        always @(posedge clock) q <= d;
        endmodule");
    set(&mut top, "x", 0x41);
    expect(&mut top, "y", 0x42);
    expect(&mut top, "q", 9);
    rise(&mut top, &["clock"]);
    expect(&mut top, "q", 0x29);
    expect(&mut top, "r.q", 0x29);
    expect(&mut top, "inc.q", 0x42);
}

#[test]
fn case_compares_all_labels_in_the_widest_width() {
    let text = |labels: &str| {
        format!(
            "module top(output reg [3:0] y);
            reg signed [3:0] s = -1;
            always @(*) begin y = 0; case (s) {labels} endcase end
            endmodule"
        )
    };
    for (labels, expected) in [
        ("4'd15: y = 1; default: y = 2;", 1),
        ("8'hff: y = 1; 8'h0f: y = 2;", 2),
        ("8'shff: y = 1; 8'sh0f: y = 2;", 1),
        ("8'shff: y = 1; 8'h0f: y = 2;", 2),
        ("-1: y = 1;", 1),
        ("-1: y = 1; 4'd15: y = 2;", 2),
        ("1, 2, 4'hf: y = 1; 4'hf: y = 2;", 1),
        ("4'd3: y = 1;", 0),
    ] {
        let mut top = top(&text(labels));
        assert_eq!(
            top.read("y"),
            Ok(Some(BigUint::from(u64::try_from(expected).unwrap_or(0)))),
            "{labels}"
        );
    }
}

#[test]
fn concatenations_are_assigned_from_the_top() {
    let mut top = top(
        "module top(output wire [3:0] a, output wire [0:3] b, output reg [7:0] c);
        wire [7:0] d;
        assign {a, b, d[1:0], d[7:2]} = 16'h5ac3;
        always @(*) begin c = 0; {c[0], c[7:5]} = 4'b1011; end
        endmodule",
    );
    expect(&mut top, "a", 5);
    expect(&mut top, "b", 0xa);
    expect(&mut top, "d", 0b0000_1111);
    expect(&mut top, "c", 0b0110_0001);
}

#[test]
fn the_sign_of_the_right_side_extends_it() {
    let mut top = top("module top(output reg [7:0] a, output reg signed [7:0] b);
        reg signed [3:0] s = -2;
        reg [3:0] u = 14;
        always @(*) begin a = s; b = u; end
        endmodule");
    expect(&mut top, "a", 0xfe);
    expect(&mut top, "b", 0x0e);
}

#[test]
fn parameters_come_from_the_instance() {
    let mut top = top("module top(output wire [7:0] y, output wire [15:0] z);
        localparam W = 6;
        inner #(.W(W + 2), .N(3)) a(.y(y));
        inner b(.y(z));
        endmodule
        module inner #(parameter W = 4, parameter N = 1)(output wire [W-1:0] y);
        localparam ALL = {W{1'b1}};
        assign y = ALL - N;
        endmodule");
    expect(&mut top, "y", 0xfc);
    expect(&mut top, "z", 0xe);
    expect(&mut top, "a.y", 0xfc);
}

#[test]
fn connections_are_assignments() {
    let mut top = top(
        "module top(input wire [3:0] x, output wire [7:0] y, output wire [7:0] z);
        wire [3:0] h, l;
        inner a(.d(x + 4'd1), .q({h, l}));
        inner b(.d(), .q(z[7:4]));
        assign y = {l, h};
        endmodule
        module inner(input wire signed [7:0] d, output wire signed [7:0] q);
        assign q = d + 1;
        endmodule",
    );
    set(&mut top, "x", 15);
    expect(&mut top, "y", 0x11);
    expect(&mut top, "z", 0x10);
}

#[test]
fn loops_and_endless_things_end_with_an_error() {
    let restless = "module top(output wire a); assign a = ~a; endmodule";
    assert!(matches!(load(restless), Err(Error::Restless { .. })));
    let through_two = "module top(output wire a); wire b; assign b = !a; assign a = b; endmodule";
    assert!(matches!(load(through_two), Err(Error::Restless { .. })));
    let endless = "module top(output reg a); integer i;
        initial for (i = 0; i < 1; i = i * 2) a = 1; endmodule";
    assert!(matches!(load(endless), Err(Error::Endless { .. })));
    let itself = "module top(); top t(); endmodule";
    assert!(matches!(load(itself), Err(Error::Refused { .. })));
    let by_zero = "module top(output wire [3:0] a); assign a = 4 / (3 - 3); endmodule";
    assert!(matches!(load(by_zero), Err(Error::DivisionByZero { .. })));
}

#[test]
fn what_is_not_legal_is_refused() {
    for text in [
        "module top(output wire a); assign b = 1; endmodule",
        "module top(input wire a); assign a = 1; endmodule",
        "module top(output reg a); assign a = 1; endmodule",
        "module top(output wire a); always @(*) a = 1; endmodule",
        "module top(output wire a); assign a = a[0]; endmodule",
        "module top(output wire [3:0] a); assign a[0:1] = 1; endmodule",
        "module top(output wire a); reg m [0:3]; assign a = m; endmodule",
        "module top(output wire a); inner i(.x(a)); endmodule",
        "module top(output wire a); inner i(.x(a)); endmodule module inner(); endmodule",
        "module top(output wire a); localparam N = a; endmodule",
        "module top(input wire c, output reg a); always @(negedge c) a <= 1; endmodule",
        "module top(output wire a); assign a = {0{1'b1}}; endmodule",
        "module top(output reg [99999999:0] a); endmodule",
        "module top(output reg a); reg m [0:99999999]; endmodule",
    ] {
        match load(text) {
            Err(Error::Refused { .. } | Error::Unknown { .. }) => {}
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn clocks_that_registers_make_are_refused() {
    let mut top = top("module top(input wire clk, output reg half, output reg q);
        always @(posedge clk) half <= ~half;
        always @(posedge half) q <= ~q;
        endmodule");
    let failure = top.rise(&["clk"]).expect_err("a derived clock");
    assert!(failure.0.contains("half"), "{failure}");
}
