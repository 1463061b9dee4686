//! Values of expressions and registers, by hand.

use crate::{program, settled};
use num_bigint::BigUint;
use slackwater_verilog::{Clocks, Model};

/// An expression of a, b (8 bits), s, t (8 bits, signed) and w (100 bits), in 16 bits.
#[track_caller]
fn check(expression: &str, expected: u128) {
    let text = format!(
        "module m(input wire [7:0] a, input wire [7:0] b, input wire signed [7:0] s,
            input wire signed [7:0] t, input wire [99:0] w, output wire [15:0] q);
            assign q = {expression};
        endmodule"
    );
    let inputs = [
        ("a", 0xf0),
        ("b", 0x1c),
        ("s", 0xfe),
        ("t", 0x05),
        ("w", 0x1234_5678_9abc_def0_1122_3344),
    ];
    assert_eq!(settled(&text, &inputs, "q"), expected, "{expression}");
}

#[test]
fn precedence_is_that_of_verilog() {
    check("a & b == 0", 0);
    check("(a & b) == 0", 0);
    check("a & b == 8'h1c", 0);
    check("8'h1 & b == 8'h1c", 1);
    check("a | b ^ b & 8'h04", 0xf0 | (0x1c ^ 0x04));
    check("1 + 2 << 3", 24);
}

#[test]
fn widths_are_those_of_the_context() {
    check("a + b", 0x10c);
    check("{a + b}", 0x0c);
    check("(a + b) & 9'h1ff", 0x10c);
    check("(a + b) >> 4", 0x10);
    check("(a + b) < 9", 0);
    check("~a[0] & 8'hff", 0xff);
    check("-b", 0xffe4);
    check("{4{a[4]}}", 0xf);
    check("a << 8", 0xf000);
    check("a << 16", 0);
    check("a >> 100'd3", 0x1e);
}

#[test]
fn signs_are_those_of_the_operands() {
    check("s", 0xfffe);
    check("s + t", 3);
    check("s + b", 0xfe + 0x1c);
    check("s < t", 1);
    check("s < b", 0);
    check("s >>> 1", 0xffff);
    check("s >> 1", 0x7fff);
    check("$unsigned(s) >>> 1", 0x7f);
    check("$signed(a)", 0xfff0);
    check("$signed(a) < t", 1);
    check("s == -2", 1);
    check("s[7:0]", 0xfe);
    check("1 ? s : b", 0xfe);
    check("1 ? s : t", 0xfffe);
}

#[test]
fn selects_and_reductions() {
    check("a[b]", 0);
    check("a[b[2]*4 +: 4]", 0xf);
    check("a[7 -: 4]", 0xf);
    check("w[99:96]", 0);
    check("w[40 +: 16]", 0xbcde);
    check("w >> 36", 0xcdef);
    check("&a | &8'hff", 1);
    check("^8'h07", 1);
    check("~|8'h00", 1);
    check("!a", 0);
    check("a && !b", 0);
}

#[test]
fn ranges_in_any_direction() {
    let text = "module m(input wire [0:7] up, input wire [11:4] high, input wire [3:0] i,
        output wire [7:0] q);
        assign q = {up[0], up[6:7], high[4], high[i +: 2], up[i -: 2]};
    endmodule";
    // up[0] is the uppermost bit, up[7] the lowest.
    let inputs = [("up", 0b1000_0110), ("high", 0b0000_1101), ("i", 6)];
    // up[0]=1, up[6:7]=10, high[4]=1, high[7:6]=11, up[5:6]=11
    assert_eq!(settled(text, &inputs, "q"), 0b1101_1111);
}

#[test]
fn a_case_compares_in_the_width_of_its_widest_label() {
    // Both have labels for 0 and 1, but -1 and ~1 in three bits are neither.
    let case = |subject: &str| {
        format!(
            "module m(input wire a, output reg [1:0] q);
                always @(*) begin q = 2; case ({subject}) 1'd0: q = 0; 3'd1: q = 1; endcase end
            endmodule"
        )
    };
    assert_eq!(settled(&case("-a"), &[("a", 1)], "q"), 2);
    assert_eq!(settled(&case("~a"), &[("a", 1)], "q"), 2);
    assert_eq!(settled(&case("a"), &[("a", 1)], "q"), 1);
    // Every value of a signed subject has its label, although the labels are wider.
    let signed = "module m(input wire signed [1:0] s, output reg [2:0] q);
        always @(*) case (s) -2: q = 1; -1: q = 2; 0: q = 3; 1: q = 4; endcase
    endmodule";
    assert_eq!(settled(signed, &[("s", 2)], "q"), 1);
    assert_eq!(settled(signed, &[("s", 1)], "q"), 4);
}

#[test]
fn wide_arithmetic_carries_through() {
    let text = "module m(input wire [129:0] a, input wire [129:0] b, output wire [129:0] sum,
        output wire [129:0] difference, output wire less, output wire [129:0] product);
        assign sum = a + b; assign difference = a - b; assign less = a < b;
        assign product = a * b;
    endmodule";
    let inputs = [("a", u128::MAX), ("b", 1)];
    assert_eq!(settled(text, &inputs, "sum"), 0);
    assert_eq!(
        settled(text, &[("a", 0), ("b", 1)], "difference"),
        u128::MAX
    );
    assert_eq!(settled(text, &inputs, "less"), 0);
    assert_eq!(settled(text, &[("a", 1), ("b", u128::MAX)], "less"), 1);
    let inputs = [("a", 0xffff_ffff_ffff), ("b", 0xffff_ffff_ffff_ffff)];
    let product = 0xffff_ffff_ffff * 0xffff_ffff_ffff_ffff;
    assert_eq!(settled(text, &inputs, "product"), product);
}

#[test]
fn wide_products_have_all_their_bits() {
    let text = "module m(input wire [127:0] a, input wire [127:0] b, output wire [127:0] low,
        output wire [127:0] middle, output wire [23:0] high);
        wire [279:0] product = {a, 24'hfedcba} * {b, 8'h77, a};
        assign {high, middle, low} = product;
    endmodule";
    let (a, b) = (u128::MAX - 0x1234_5678, 0xdead_beef_u128 << 96 | 0x77);
    let [wide_a, wide_b] = [a, b].map(BigUint::from);
    let first: BigUint = (&wide_a << 24) + 0xfe_dcba_u32;
    let second: BigUint = (((wide_b << 8) + 0x77_u32) << 128) + wide_a;
    let product = first * second;
    for (output, low, width) in [("low", 0, 128), ("middle", 128, 128), ("high", 256, 24)] {
        let expected = (&product >> low) % (BigUint::from(1u8) << width);
        let found = settled(text, &[("a", a), ("b", b)], output);
        assert_eq!(BigUint::from(found), expected, "{output}");
    }
}

#[test]
fn wide_shifts_move_words_and_bits() {
    let text = "module m(input wire [127:0] a, input wire [127:0] b, input wire [9:0] n,
        input wire [69:0] far, output wire [127:0] left, output wire [127:0] right,
        output wire [127:0] signed_right, output wire [127:0] beyond, output wire [127:0] part);
        wire signed [299:0] w = {a[43:0], b, a};
        wire [299:0] shifted = w << n;
        assign left = shifted[299:172];
        assign right = w >> n;
        assign signed_right = w >>> n;
        assign beyond = w >> far;
        assign part = w[n +: 100];
    endmodule";
    let (a, b) = (
        0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128,
        0xc3a5_u128 << 112 | 0x99,
    );
    let cut = |value: BigUint, width: u32| value % (BigUint::from(1u8) << width);
    for top in [0, 1_u128 << 43] {
        let a = a & !(1 << 43) | top;
        let w: BigUint =
            cut(BigUint::from(a), 44) << 256_u32 | BigUint::from(b) << 128_u32 | BigUint::from(a);
        let ones = (BigUint::from(1u8) << 700_u32) - 1u8;
        let extended = if top == 0 {
            w.clone()
        } else {
            &w | (ones << 300)
        };
        for n in [
            0_u32, 1, 63, 64, 65, 127, 128, 150, 192, 255, 256, 299, 300, 320, 511, 512, 1023,
        ] {
            let far = if n == 0 { 0 } else { 1 << 69 | u128::from(n) };
            let inputs = [("a", a), ("b", b), ("n", u128::from(n)), ("far", far)];
            let expected = [
                ("left", cut(&w << n, 300) >> 172),
                ("right", cut(&w >> n, 128)),
                ("signed_right", cut(&extended >> n.min(300), 128)),
                (
                    "beyond",
                    cut(if n == 0 { w.clone() } else { BigUint::ZERO }, 128),
                ),
                ("part", cut(&w >> n, 100)),
            ];
            for (output, expected) in expected {
                let found = settled(text, &inputs, output);
                assert_eq!(BigUint::from(found), expected, "{output} for n = {n}");
            }
        }
    }
}

#[test]
fn registers_exchange_values_and_memories_read_first() {
    let text =
        "module m(input wire clock, input wire [1:0] at, output reg [7:0] x, output reg [7:0] y,
        output reg [7:0] read);
        reg [7:0] words [0:3];
        initial begin x = 1; y = 2; words[2] = 8'd77; end
        always @(posedge clock) begin x <= y; y <= x; read <= words[at]; words[at] <= x; end
    endmodule";
    let program = program(text);
    let mut model = Model::new(&program);
    let clock = program.clock("clock").unwrap();
    let [x, y, read] = ["x", "y", "read"].map(|name| program.output(name).unwrap());
    model.set(program.input("at").unwrap(), 2);
    let mut seen = Vec::new();
    for _ in 0..4 {
        model.cycle(clock);
        seen.push((model.get(x), model.get(y), model.get(read)));
    }
    assert_eq!(seen, [(1, 2, 0), (2, 1, 77), (1, 2, 1), (2, 1, 2)]);
    let words = program.memory("m.words").unwrap();
    assert_eq!(model.memory_u64(words, 2), 2);
    assert_eq!(model.memory_u64(words, 3), 0);
    assert_eq!(model.memory_u64(words, 4), 0);
}

#[test]
fn several_clocks_rise_alone_and_together() {
    let text = "module m(input wire fast, input wire slow, output reg [7:0] f, output reg [7:0] s);
        initial begin f = 0; s = 100; end
        always @(posedge fast) f <= s + 1;
        always @(posedge slow) s <= f;
    endmodule";
    let program = program(text);
    let mut model = Model::new(&program);
    let [fast, slow] = ["fast", "slow"].map(|name| program.clock(name).unwrap());
    let [f, s] = ["m.f", "m.s"].map(|name| program.signal(name).unwrap());
    let mut step = |clocks: Clocks| {
        model.cycle(clocks);
        (model.peek_u64(f), model.peek_u64(s))
    };
    assert_eq!(step(fast), (101, 100));
    assert_eq!(step(slow), (101, 101));
    assert_eq!(step(fast | slow), (102, 101));
    assert_eq!(step(Clocks::default()), (102, 101));
}

#[test]
fn parameters_instances_and_loops() {
    let text = "module add #(parameter BY = 1) (input wire [7:0] i, output wire [7:0] o);
            localparam TWICE = BY * 2;
            assign o = i + TWICE;
        endmodule
        module m(input wire [7:0] a, output reg [7:0] q, output wire [7:0] r);
            wire [7:0] x;
            add #(.BY(3)) first(.i(a), .o(x));
            add second(.i(x), .o(r));
            integer i;
            always @(*) begin
                q = 0;
                for (i = 0; i < 8; i = i + 1) q[7 - i] = a[i];
            end
        endmodule";
    assert_eq!(settled(text, &[("a", 10)], "r"), 18);
    assert_eq!(settled(text, &[("a", 0b1100_1000)], "q"), 0b0001_0011);
}

#[test]
fn masks_of_a_loop_write_single_bits() {
    let text = "module m(input wire clock, input wire [1:0] at, input wire [7:0] mask, input wire [7:0] data,
        input wire one, input wire [2:0] bit_index, output wire [7:0] q);
        reg [7:0] words [0:3];
        integer i;
        assign q = words[at];
        always @(posedge clock) begin
            for (i = 0; i < 8; i = i + 1) if (mask[i]) words[at][i] <= data[i];
        end
        always @(posedge clock)
            for (i = 0; i < 8; i = i + 1) if (one && bit_index == i) words[3][i] <= 1'b1;
    endmodule";
    let program = program(text);
    let mut model = Model::new(&program);
    let clock = program.clock("clock").unwrap();
    let [at, mask, data, one, bit] =
        ["at", "mask", "data", "one", "bit_index"].map(|name| program.input(name).unwrap());
    let words = program.memory("m.words").unwrap();
    for (input, value) in [(at, 1), (mask, 0x3c), (data, 0xff), (one, 1), (bit, 6)] {
        model.set(input, value);
    }
    model.cycle(clock);
    assert_eq!(
        (model.memory_u64(words, 1), model.memory_u64(words, 3)),
        (0x3c, 0x40)
    );
    model.set(data, 0x08);
    model.set(bit, 0);
    model.cycle(clock);
    assert_eq!(
        (model.memory_u64(words, 1), model.memory_u64(words, 3)),
        (0x08, 0x41)
    );
}
