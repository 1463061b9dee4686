//! Sources: headers, comments, directives, attributes, and the shape of what RustHDL emits.

use crate::{modules, notation};
use slackwater_verilog::syntax::parse;

/// One module each of what RustHDL emits: ports by name, stubs, glue, registers, a memory.
pub const RUST_HDL: &str = "

module top(clock,enable,q,address);
    
    // Module arguments
    input wire  clock;
    input wire  enable;
    output reg  [66:0] q;
    input wire  [3:0] address;
    
    // Constant declarations
    localparam  all_ones = 32'hffffffff;
    localparam  State$Idle = 0;
    localparam  State$Run = 1;
    
    // Stub signals
    reg  [66:0] count$d;
    wire  [66:0] count$q;
    reg  count$clock;
    
    // Sub module instances
    top$count count(
        .d(count$d),
        .q(count$q),
        .clock(count$clock)
    );
    
    // Update code
    always @(*) begin
        count$d = count$q;
        count$clock = clock;
        q = count$q;
        if (enable && (count$q[(64'h3)+:(5)] != 5'h1f)) begin
            count$d = count$q + 67'h1;
        end
        else if (!enable) begin
            count$d = {4'h0, count$q[62:0]} & ~(all_ones << address);
        end
        case (count$q[0])
            State$Idle:
                begin
                end
            State$Run:
                begin
                    count$d[(address)] = 1'b1;
                end
            default: ;
        endcase
    end
    
endmodule // top


module top$count(clock,d,q);
    
    // Module arguments
    input wire  clock;
    input wire  [66:0] d;
    output reg  [66:0] q;
    
    // Update code (custom)
    initial q = 67'h0;
    reg [31:0] words [0:15];
    integer i;
    initial begin
       for (i = 0; i <= 15; i = i + 1) words[i] = 32'd0;
    end
    always @(posedge clock) q <= d;
endmodule // top$count
";

#[test]
fn the_shape_of_rust_hdl() {
    assert_eq!(
        modules(RUST_HDL),
        "module top(clock, enable, q, address); \
         input wire clock; input wire enable; output reg [66:0] q; input wire [3:0] address; \
         localparam all_ones = 32'hffffffff; localparam State$Idle = 0; localparam State$Run = 1; \
         reg [66:0] count$d; wire [66:0] count$q; reg count$clock; \
         top$count count(.d(count$d), .q(count$q), .clock(count$clock)); \
         always @(*) begin count$d = count$q; count$clock = clock; q = count$q; \
         if ((enable && (count$q[64'h3 +: 5] != 5'h1f))) begin count$d = (count$q + 67'h1); end \
         else if ((!enable)) begin \
         count$d = ({4'h0, count$q[62:0]} & (~(all_ones << address))); end \
         case (count$q[0]) State$Idle: begin end State$Run: begin count$d[address] = 1'h1; end \
         default: ; endcase end endmodule \
         module top$count(clock, d, q); \
         input wire clock; input wire [66:0] d; output reg [66:0] q; \
         initial q = 67'h0; reg [31:0] words [0:15]; integer i; \
         initial begin for (i = 0; (i <= 15); i = (i + 1)) words[i] = 32'h0; end \
         always @(posedge clock) q <= d; endmodule"
    );
}

#[test]
fn the_notation_of_a_tree_gives_the_tree_again() {
    let once = modules(RUST_HDL);
    assert_eq!(modules(&once), once);
}

#[test]
fn headers() {
    assert_eq!(modules(""), "");
    assert_eq!(modules("module m; endmodule"), "module m(); endmodule");
    assert_eq!(modules("module m(); endmodule"), "module m(); endmodule");
    assert_eq!(
        modules("module m(a, b); endmodule"),
        "module m(a, b); endmodule"
    );
    assert_eq!(
        modules("module m(input wire [3:0] a, output reg q); endmodule"),
        "module m(a, q); input wire [3:0] a; output reg q; endmodule"
    );
    assert_eq!(
        modules(
            "module m(input signed [3:0] a, b, output c, output reg [1:0] q = 0, r); endmodule"
        ),
        "module m(a, b, c, q, r); input wire signed [3:0] a; input wire signed [3:0] b; \
         output wire c; output reg [1:0] q = 0; output reg [1:0] r; endmodule"
    );
    assert_eq!(
        modules(
            "module m #(parameter N = 3, M = N + 1, parameter signed [3:0] K = 1)(a); endmodule"
        ),
        "module m(a); parameter N = 3; parameter M = (N + 1); \
         parameter signed [3:0] K = 1; endmodule"
    );
}

#[test]
fn several_modules_keep_their_order() {
    assert_eq!(
        modules("module b; endmodule\nmodule a; endmodule"),
        "module b(); endmodule module a(); endmodule"
    );
}

#[test]
fn comments_and_directives_are_passed_over() {
    let text = "\u{feff}// first\n`timescale 1ns / 1 ps\n`default_nettype none\n\
                /* x\n `include ** // */ module m; // \"\n`timescale 10 us/1us wire a; //";
    assert_eq!(
        modules(&format!("{text}\nendmodule // m")),
        "module m(); wire a; endmodule"
    );
    assert_eq!(
        modules("`default_nettype wire module m; endmodule"),
        "module m(); endmodule"
    );
}

#[test]
fn a_black_box_is_left_out() {
    let rest = "module m; endmodule";
    for attribute in [
        "(* blackbox *)",
        "(*blackbox=1*)",
        "(* keep, blackbox *)",
        "(* a *)(* blackbox *)",
    ] {
        let text = format!(
            "{attribute} module x(a); inout a; bufif0 #3 b(\"s\", 1.5, 'hx); endmodule {rest}"
        );
        assert_eq!(modules(&text), "module m(); endmodule", "{attribute}");
    }
    // Elsewhere, or switched off, it says nothing.
    for attribute in [
        "(* blackbox = 0 *)",
        "(* a = blackbox *)",
        "(* a = \"blackbox\" *)",
        "(* top *)",
    ] {
        assert_eq!(
            modules(&format!("{attribute} {rest}")),
            "module m(); endmodule",
            "{attribute}"
        );
    }
    let text = format!("module a; (* blackbox *) b c(); endmodule {rest}");
    assert_eq!(
        modules(&text),
        "module a(); b c(); endmodule module m(); endmodule"
    );
}

#[test]
fn a_name_is_kept_once() {
    let text = "module m; wire a; assign b = a; endmodule";
    let parsed = parse("t.v", text).expect("Verilog");
    assert_eq!(
        notation::modules(&parsed),
        "module m(); wire a; assign b = a; endmodule"
    );
    let again = parse("other.v", text).expect("Verilog");
    assert_eq!(again[0].name.at.to_string(), "other.v:1:8");
}
