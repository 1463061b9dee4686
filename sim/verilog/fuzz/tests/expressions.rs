//! The interpreter's expressions against values worked out by hand from
//! IEEE 1364-2005, clause 5.

use num_bigint::BigUint;
use slackwater_verilog::syntax::parse;
use slackwater_verilog_fuzz::interpreter::Interpreter;
use slackwater_verilog_fuzz::simulator::Simulator;

/// Variables that the expressions are about.
const DECLARATIONS: &str = "
    localparam P = 8'ha5;
    localparam signed [7:0] N = -3;
    localparam [15:0] CARRY = 8'hff + 8'h01;
    reg [7:0] a = 8'hff;
    reg [7:0] b = 8'h01;
    reg [7:0] f = 8'h0f;
    reg [0:0] c = 1;
    reg signed [3:0] s = 4'b1000;
    reg signed [3:0] m = 4'b1111;
    reg signed [7:0] t = 8'd5;
    reg [3:0] u = 4'd2;
    reg [0:7] up = 8'h12;
    reg [11:4] off = 8'h96;
    reg signed [2:0] minus2 = 3'b110;
    reg [99:0] wide = 100'h8000000000000000000000001;
    reg signed [7:0] words [3:6];
    integer i;
    initial begin
        i = -2;
        words[3] = 8'h80; words[4] = 8'h7f; words[5] = -1; words[6] = 6;
    end
";

fn value(width: u32, expression: &str) -> BigUint {
    let text = format!(
        "module top(output wire [{}:0] y);{DECLARATIONS} assign y = {expression}; endmodule",
        width - 1
    );
    let modules = parse("test.v", &text).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let mut top =
        Interpreter::new(&modules, "top").unwrap_or_else(|error| panic!("{expression}: {error}"));
    top.read("y").ok().flatten().unwrap_or_default()
}

fn check(cases: &[(u32, &str, u64)]) {
    for &(width, expression, expected) in cases {
        assert_eq!(
            value(width, expression),
            BigUint::from(expected),
            "{expression} as {width} bits"
        );
    }
}

#[test]
fn the_context_gives_operands_their_width() {
    check(&[
        (8, "a + b", 0),
        (9, "a + b", 0x100),
        (16, "a * a", 0xfe01),
        (8, "(a + b) >> 1", 0),
        // 5.4.2: an operand of 32 bits makes room for the carry.
        (8, "(a + b + 0) >> 1", 0x80),
        (9, "(a + b) & 9'h1ff", 0x100),
        (16, "(a + b) & 9'h1ff", 0x100),
        (16, "~f & 8'hff", 0xf0),
        (16, "~f", 0xfff0),
        (16, "-b", 0xffff),
        (16, "~f ^ 4'h1", 0xfff1),
        (16, "a ~^ b", 0xff01),
        (9, "c ? a + b : 0", 0x100),
        (64, "1 << 40", 1 << 40),
        (32, "1 << 40", 0),
        (64, "b << 40", 1 << 40),
        (16, "a << 4", 0xff0),
        (16, "{a + b}", 0),
        (16, "{a + 9'd1}", 0x100),
        (16, "CARRY", 0x100),
        (4, "8'hff", 0xf),
    ]);
}

#[test]
fn operands_that_stand_for_themselves_keep_their_width() {
    check(&[
        (1, "a + b == 8'd0", 1),
        (1, "a + b == 0", 0),
        (1, "a + b == 9'h100", 1),
        (1, "a + b == 9'h0", 0),
        (1, "a + b > 0", 1),
        (1, "!(a + b)", 1),
        (1, "|(a + b)", 0),
        (1, "(a + b) && 1", 0),
        (16, "b << (a + b)", 1),
        (16, "(a + b) ? 3 : 4", 4),
        (16, "{2{a + b}}", 0),
        (16, "$unsigned(a + b)", 0),
        (16, "$signed(a)", 0xffff),
        (1, "&a", 1),
        (1, "&(a + 16'd0)", 0),
        (1, "~a == 8'd0", 1),
        (1, "~a == 0", 0),
        (1, "~a == 16'hff00", 1),
    ]);
}

#[test]
fn precedence_is_that_of_table_5_4() {
    check(&[
        (8, "a & b == 0", 0),
        (8, "(a & f) == 15", 1),
        (8, "f | a & b ^ f", 0x0f),
        (8, "b + b << 1", 4),
        (8, "b << 1 + b", 4),
        (8, "u - b - b", 0),
        (8, "u * u + b", 5),
        (8, "!u == 0", 1),
        (8, "~u & f", 0x0d),
        (8, "c ? 1 : c ? 2 : 3", 1),
        (8, "b || u && 0", 1),
    ]);
}

#[test]
fn one_unsigned_operand_makes_everything_unsigned() {
    check(&[
        (8, "s", 0xf8),
        (8, "s + t", 0xfd),
        (8, "s + u", 0x0a),
        (8, "s + 4'sd1", 0xf9),
        (8, "s + 4'd1", 0x09),
        (8, "s + 1", 0xf9),
        (8, "s * m", 8),
        (8, "s * u", 0x10),
        (8, "c ? s : t", 0xf8),
        (8, "c ? s : u", 0x08),
        (8, "$signed(u) + s", 0xfa),
        (8, "$unsigned(s)", 0x08),
        (8, "{s}", 0x08),
        (8, "{2{s}}", 0x88),
        (8, "s[3:0]", 0x08),
        (8, "s | 4'b0", 0x08),
        (8, "-s", 0x08),
        (8, "-(s + 8'd0)", 0xf8),
        (8, "+s", 0xf8),
        (8, "~s", 0x07),
        (8, "s & m", 0xf8),
        (8, "$signed(4'hc)", 0xfc),
        (8, "$signed({1'b1, u[2:0]})", 0xfa),
        (8, "N", 0xfd),
        (16, "N", 0xfffd),
        (16, "P", 0xa5),
    ]);
}

#[test]
fn comparisons_are_signed_if_both_sides_are() {
    check(&[
        (1, "s < t", 1),
        (1, "s < u", 0),
        (1, "s < 1", 1),
        (1, "s < 4'd1", 0),
        (1, "s >= -8", 1),
        (1, "s == 8'hf8", 0),
        (1, "s == 8'sb11111000", 1),
        (1, "s == 8", 0),
        (1, "s == 4'd8", 1),
        (1, "m > t", 0),
        (1, "m <= s", 0),
        (1, "m != -1", 0),
        (1, "{m} > t", 1),
        // The result is unsigned, whatever was compared.
        (8, "m == m", 1),
        (8, "(m == m) + m", 0x10),
    ]);
}

#[test]
fn shifts_fill_by_the_sign_of_the_expression() {
    check(&[
        (32, "-1 >>> 1", 0xffff_ffff),
        (32, "-1 >> 1", 0x7fff_ffff),
        (8, "s >>> 1", 0xfc),
        (4, "s >>> 1", 0xc),
        (4, "s >> 1", 0x4),
        (8, "s >> 1", 0x7c),
        (8, "(s >>> 1) + 8'd0", 0x04),
        (8, "s >>> 9", 0xff),
        (8, "u >>> 1", 0x01),
        (8, "s <<< 1", 0xf0),
        // The amount is unsigned, and does not change the sign of the result.
        (8, "t >> m", 0),
        (8, "s >>> u", 0xfe),
        (8, "s >>> m", 0xff),
        (8, "b << 8", 0),
        (8, "b << 100'h10000000000000000", 0),
    ]);
}

#[test]
fn division_is_that_of_5_1_3_and_5_1_5() {
    check(&[
        (32, "-12 / 3", 0xffff_fffc),
        (32, "-'d12 / 3", 1_431_655_761),
        (32, "-'sd12 / 3", 0xffff_fffc),
        (32, "-4'sd12 / 3", 1),
        (32, "10 % 3", 1),
        (32, "-10 % 3", 0xffff_ffff),
        (32, "11 % -3", 2),
        (32, "-4'd12 % 3", 1),
    ]);
}

#[test]
fn selects_follow_the_declared_range() {
    check(&[
        (8, "up[3]", 1),
        (8, "up[4]", 0),
        (8, "up[6]", 1),
        (8, "up[0:3]", 1),
        (8, "up[4:7]", 2),
        (8, "up[0 +: 4]", 1),
        (8, "up[3 -: 4]", 1),
        (8, "up[4 +: 4]", 2),
        (8, "off[4]", 0),
        (8, "off[5]", 1),
        (8, "off[7:4]", 6),
        (8, "off[4 +: 4]", 6),
        (8, "off[7 -: 4]", 6),
        (8, "off[11:4]", 0x96),
        (8, "P[7:4]", 0xa),
        (8, "P[b]", 0),
        (8, "P[u]", 1),
        (8, "i[31]", 1),
        (8, "wide[99]", 1),
        (8, "wide[99 -: 8]", 0x80),
        (8, "c[0]", 1),
    ]);
}

#[test]
fn what_is_out_of_range_is_zero() {
    check(&[
        (8, "off[3]", 0),
        (8, "off[12]", 0),
        (8, "off[2 +: 4]", 0x8),
        (8, "off[3 +: 4]", 0xc),
        (8, "off[10 +: 4]", 0x2),
        (8, "up[6 +: 4]", 0x8),
        (8, "up[1 -: 4]", 0x0),
        (8, "up[4 -: 8]", 0x02),
        (8, "a[minus2 +: 4]", 0xc),
        (8, "a[i +: 4]", 0xc),
        (8, "a[$unsigned(minus2) +: 4]", 0x3),
        (8, "a[100'h10000000000000000]", 0),
        (8, "words[2]", 0),
        (8, "words[7]", 0),
        (8, "words[i]", 0),
    ]);
}

#[test]
fn words_of_a_memory_are_signed_as_declared() {
    check(&[
        (16, "words[3]", 0xff80),
        (16, "words[4]", 0x7f),
        (16, "words[5]", 0xffff),
        (16, "words[5][7:0]", 0xff),
        (16, "words[5][3]", 1),
        (16, "words[u + 4][2:1]", 3),
        (1, "words[3] < words[4]", 1),
        (1, "words[3] < 8'd1", 0),
    ]);
}

#[test]
fn reductions_see_all_bits_and_no_more() {
    check(&[
        (1, "^wide", 0),
        (1, "~^wide", 1),
        (1, "^wide[98:0]", 1),
        (1, "|wide[98:1]", 0),
        (1, "~|wide[98:1]", 1),
        (1, "&{a, a, 64'hffffffffffffffff}", 1),
        (1, "~&{a, f}", 1),
        (8, "-&a", 0xff),
    ]);
}
