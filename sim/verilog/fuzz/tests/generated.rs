//! The generator: what it makes is legal, the same for the same seed, and read
//! back as it was written.

use slackwater_verilog::syntax::parse;
use slackwater_verilog_fuzz::compare::{Case, Outcome};
use slackwater_verilog_fuzz::generate::{self, Options};
use slackwater_verilog_fuzz::subject;
use slackwater_verilog_fuzz::text;

const SEED: u64 = 0x5eed;

#[test]
fn designs_depend_on_the_seed_alone() {
    let text = |seed, index| generate::design(seed, index, &Options::default()).text();
    assert_eq!(text(SEED, 3), text(SEED, 3));
    assert_ne!(text(SEED, 3), text(SEED, 4));
    assert_ne!(text(SEED, 3), text(SEED + 1, 3));
}

#[test]
fn text_is_read_back_as_it_was_written() {
    for index in 0..100 {
        let design = generate::design(SEED, index, &Options::default());
        let text = design.text();
        let modules = parse("design.v", &text)
            .unwrap_or_else(|error| panic!("seed {SEED}, design {index}: {error}\n{text}"));
        let again = text::design(&modules, design.style);
        assert_eq!(text, again, "seed {SEED}, design {index}");
    }
}

#[test]
fn the_interpreter_runs_text_and_tree_alike() {
    for index in 0..60 {
        let case = Case::new(SEED, index, &Options::default(), 40);
        match case.compare(&subject::parsed) {
            Outcome::Agreed { values } => assert!(values > 0 || case.design.outputs.is_empty()),
            other => panic!(
                "seed {SEED}, design {index}: {other:?}\n{}",
                case.design.text()
            ),
        }
    }
}

#[test]
fn every_construct_occurs() {
    let text: String = (0..200)
        .map(|index| generate::design(SEED, index, &Options::default()).text())
        .collect();
    for construct in [
        "+:",
        "-:",
        ">>>",
        "$signed(",
        "$unsigned(",
        "case (",
        "default:",
        "for (",
        "<=",
        "!=",
        "~^",
        "~|",
        "~&",
        "&&",
        "||",
        "? ",
        "{{",
        "'s",
        "'b",
        "'o",
        "'d",
        "'h",
        "localparam",
        "parameter",
        "signed",
        "integer",
        "initial",
        "posedge",
        "always @(*)",
        "assign {",
        "output wire",
        "output reg",
        "#(",
        "\\",
        "/",
        "%",
        "State$S",
    ] {
        assert!(text.contains(construct), "{construct} in 200 designs");
    }
}
