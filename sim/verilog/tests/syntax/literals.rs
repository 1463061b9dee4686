//! Numbers: widths, bases, signs and values.

use crate::{error, expression, item};
use slackwater_verilog::syntax::tree::{ExpressionKind, Item};

#[test]
fn bases_and_signs() {
    for (text, expected) in [
        ("0", "0"),
        ("1_000", "1000"),
        ("4294967296", "4294967296"),
        ("8'hfF", "8'hff"),
        ("8'HfF", "8'hff"),
        ("8'sb1111_0000", "8'shf0"),
        ("8'S B1", "!"),
        ("12'o7_7_", "12'h3f"),
        ("16'd65_535", "16'hffff"),
        ("'hff", "'hff"),
        ("'sd12", "12"),
        ("'d 12", "'hc"),
        ("8 'h ff", "8'hff"),
        ("8\n'h\tff", "8'hff"),
        ("1_6'hffff", "16'hffff"),
        ("172'h0", "172'h0"),
        ("64'd18446744073709551615", "64'hffffffffffffffff"),
        ("4'h1f", "4'hf"),
        ("4'd255", "4'hf"),
        ("2'b0000_0101", "2'h1"),
        (
            "128'hffffffffffffffffffffffffffffffff",
            "128'hffffffffffffffffffffffffffffffff",
        ),
        (
            "140'h12345678901234567890_123456789012345",
            "140'h12345678901234567890123456789012345",
        ),
        (
            "136'd340282366920938463463374607431768211456",
            "136'h100000000000000000000000000000000",
        ),
        (
            "3'o777777777777777777777777777777777777777777777777777777",
            "3'h7",
        ),
    ] {
        if expected == "!" {
            error(&format!("module m; assign a = {text}; endmodule"));
        } else {
            assert_eq!(expression(text), expected, "{text}");
        }
    }
}

#[test]
fn a_literal_has_the_width_and_sign_that_are_written() {
    for (text, expected) in [
        ("5", (None, true)),
        ("'d5", (None, false)),
        ("'sd5", (None, true)),
        ("3'd5", (Some(3), false)),
        ("3'sd5", (Some(3), true)),
        ("65536'd1", (Some(65536), false)),
    ] {
        let Item::Assign(assign) = item(&format!("assign a = {text};")) else {
            panic!("no assign")
        };
        let ExpressionKind::Literal { width, signed, .. } = assign.value.kind else {
            panic!("no literal")
        };
        assert_eq!((width, signed), expected, "{text}");
    }
}

#[test]
fn numbers_that_are_refused() {
    for (text, expected) in [
        ("8'b012", "t.v:1:22: expected digits of base 2, found `2`"),
        ("8'o8", "t.v:1:22: expected digits of base 8, found `8`"),
        ("8'hfg", "t.v:1:22: expected digits of base 16, found `g`"),
        ("8'h", "t.v:1:22: expected digits of base 16, found none"),
        ("8'd_1", "t.v:1:22: expected digits of base 10, found `_1`"),
        (
            "0'd1",
            "t.v:1:22: expected a width from 1 to 65536 bits, found 0",
        ),
        (
            "'1",
            "t.v:1:22: expected a base b, o, d or h behind `'`, found none",
        ),
        (
            "8'd12a",
            "t.v:1:27: expected `,` or `;`, found the name `a`",
        ),
        (
            "4'b1x01",
            "t.v:1:22: the digit `x` of the number `1x01` is outside the subset; \
             bits are 0 or 1 here: write one of them",
        ),
        (
            "4'dz",
            "t.v:1:22: the digit `z` of the number `z` is outside the subset; \
             bits are 0 or 1 here: write one of them",
        ),
        (
            "s == 2'b1?a:b",
            "t.v:1:27: the digit `?` of the number `1?a` is outside the subset; \
             write 0 or 1, and a blank before the `?` of a condition",
        ),
        (
            "65537'd1",
            "t.v:1:22: the width 65537 of a number exceeds the limit of 65536",
        ),
        (
            "99999999999999999999'd1",
            "t.v:1:22: the width 99999999999999999999 of a number exceeds the limit of 65536",
        ),
        (
            "1.5",
            "t.v:1:22: the real number `1.5` is outside the subset; write an integer",
        ),
        (
            "1e-3",
            "t.v:1:22: the real number `1e-3` is outside the subset; write an integer",
        ),
        (
            "1.5e+",
            "t.v:1:22: the real number `1.5e+` is outside the subset; write an integer",
        ),
    ] {
        let text = format!("module m; assign a = {text}; endmodule");
        assert_eq!(error(&text).to_string(), expected);
    }
}

#[test]
fn the_width_of_a_number_is_limited() {
    let value = |digits: usize| {
        let text = format!("module m; assign a = 'h{}; endmodule", "f".repeat(digits));
        slackwater_verilog::syntax::parse("t.v", &text).map(|_| ())
    };
    assert_eq!(value(16384), Ok(()));
    let message = value(16385).expect_err("too wide").to_string();
    assert_eq!(
        message,
        "t.v:1:22: a number of 65540 bits exceeds the limit of 65536"
    );
    let message = value(100_000).expect_err("too wide").to_string();
    assert_eq!(
        message,
        "t.v:1:22: a number of 100000 digits exceeds the limit of 65536"
    );
}
