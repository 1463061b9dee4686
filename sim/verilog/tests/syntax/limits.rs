//! Bad input ends in an error: never in a panic, a full stack or a full memory.

use crate::{error, modules::RUST_HDL, notation};
use slackwater_verilog::error::Error;
use slackwater_verilog::syntax::parse;

/// Deepest nesting that is taken: with one level for the statement around it.
const DEPTH: usize = 200;

#[test]
fn nesting_is_limited() {
    // Opening and closing text, what stands in the middle, and the levels around it.
    for (open, middle, close, around) in [
        ("(", "b", ")", 1),
        ("{", "b", "}", 1),
        ("{1{", "b", "}}", 1),
        ("$signed(", "b", ")", 1),
        ("b[", "b", "]", 1),
        ("b ? ", "b", " : b", 1),
        ("b ? b : ", "b", "", 1),
    ] {
        let text = |depth: usize| {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            format!("module m; assign a = {open}{middle}{close}; endmodule")
        };
        let taken = DEPTH - around;
        parse("t.v", &text(taken)).unwrap_or_else(|error| panic!("{open}: {error}"));
        for depth in [taken + 1, 100_000] {
            assert!(
                matches!(error(&text(depth)), Error::Limit { limit: 200, .. }),
                "{open}"
            );
        }
    }
    for (open, close) in [("begin ", " end"), ("if (a) ", ""), ("if (a) ; else ", "")] {
        let text = |depth: usize| {
            format!(
                "module m; initial {};{} endmodule",
                open.repeat(depth),
                close.repeat(depth)
            )
        };
        parse("t.v", &text(DEPTH - 2)).unwrap_or_else(|error| panic!("{open}: {error}"));
        for depth in [DEPTH, 100_000] {
            assert!(
                matches!(error(&text(depth)), Error::Limit { limit: 200, .. }),
                "{open}"
            );
        }
    }
    let text = format!("module m; assign {}a = b; endmodule", "{".repeat(100_000));
    assert!(matches!(error(&text), Error::Limit { limit: 200, .. }));
}

#[test]
fn chains_of_operators_are_limited_too() {
    for (first, next) in [("a", " + a"), ("", "~")] {
        let text = |links: usize| {
            let last = if first.is_empty() { "a" } else { "" };
            format!(
                "module m; assign b = {first}{}{last}; endmodule",
                next.repeat(links)
            )
        };
        parse("t.v", &text(DEPTH - 1)).expect("as high as may be");
        for links in [DEPTH, 100_000] {
            let message = error(&text(links)).to_string();
            let expected = "the number of operators on each other in an expression \
                            exceeds the limit of 200";
            assert!(message.ends_with(expected), "{next}: {message}");
        }
    }
    // Neither wide lists nor long texts are limited.
    let text = format!(
        "module m; assign b = {{a{}}}; endmodule",
        ", a".repeat(10_000)
    );
    parse("t.v", &text).expect("wide");
}

#[test]
fn lists_of_names_do_not_multiply_a_range() {
    let wide = format!("{{a{}}}", ", a".repeat(1000));
    let names = format!("x{}", ", x".repeat(1000));
    for text in [
        format!("module m; wire [{wide}:0] {names}; endmodule"),
        format!(
            "module m; parameter [{wide}:0] {}; endmodule",
            names.replace('x', "x = 1")
        ),
        format!(
            "module m; f #(.a({wide})) {}; endmodule",
            names.replace('x', "x()")
        ),
        format!("module m(input [{wide}:0] {names}); endmodule"),
    ] {
        let error = error(&text);
        assert!(
            matches!(
                error,
                Error::Limit {
                    limit: 1_000_000,
                    ..
                }
            ),
            "{error}"
        );
    }
}

/// A random sequence: xorshift.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        println!("seed {seed}");
        // Small seeds differ in few bits: spread them.
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// Pieces that mutations put in.
const PIECES: [&str; 40] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "begin ",
    " end ",
    ";",
    ",",
    ".",
    "#",
    "@",
    "(*",
    "*)",
    "/*",
    "//",
    "\"",
    "\\",
    "`",
    "'",
    "'h",
    "8'",
    "1e+",
    "1.5e",
    "?",
    ":",
    "+:",
    "if (",
    " else ",
    "case (",
    "endmodule ",
    "module ",
    "$",
    "$signed(",
    "\u{e4}",
    "\u{1f980}",
    "\n",
    "0",
    "\0",
];

/// What is said to the text; its notation if it is taken.
fn outcome(text: &str) -> String {
    match parse("t.v", text) {
        Ok(modules) => notation::modules(&modules),
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("t.v:"), "no place: {message}");
            message
        }
    }
}

#[test]
fn mutated_texts_never_panic() {
    let more = "module n #(parameter signed [3:0] N = 3)(input a, output reg [N:0] q = 4'sb1_01);\n\
                `timescale 1ns/1ps\n(* keep = \"x\" *) wire \\e+ = a ? {2{a}} : ~^q[a -: 2];\n\
                always @(a or q, \\e+ ) begin : l {q[1], q[0]} = 'd 12 >>> 1'b1; end\nendmodule";
    let sample = format!("{RUST_HDL}{more}");
    for seed in 1..=20 {
        let mut random = Random::new(seed);
        for _ in 0..100 {
            let mut bytes = sample.clone().into_bytes();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                match random.below(4) {
                    0 => bytes[at] = random.below(256) as u8,
                    1 => drop(bytes.drain(at..(at + 1 + random.below(20)).min(bytes.len()))),
                    2 => bytes.truncate(at + 1),
                    _ => {
                        let piece = PIECES[random.below(PIECES.len())].bytes();
                        drop(bytes.splice(at..at, piece));
                    }
                }
            }
            outcome(&String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn random_pieces_never_panic() {
    for seed in 1..=20 {
        let mut random = Random::new(seed);
        for _ in 0..300 {
            let count = 1 + random.below(30);
            let pieces: String = (0..count)
                .map(|_| PIECES[random.below(PIECES.len())])
                .collect();
            outcome(&pieces);
            outcome(&format!("module m; assign a = {pieces}"));
            outcome(&format!("module m; initial {pieces}"));
        }
    }
}

#[test]
fn each_start_of_a_text_ends_in_an_error_or_a_tree() {
    for (end, _) in RUST_HDL.char_indices() {
        outcome(&RUST_HDL[..end]);
    }
}
