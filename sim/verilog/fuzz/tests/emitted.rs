//! Files for other simulators.

use slackwater_verilog_fuzz::compare::{Case, Outcome};
use slackwater_verilog_fuzz::emit::emit;
use slackwater_verilog_fuzz::generate::Options;
use slackwater_verilog_fuzz::subject;
use std::fs;

const SEED: u64 = 11;
const CYCLES: usize = 20;

fn options() -> Options {
    Options {
        out_of_range: false,
        four_state: true,
        ..Options::default()
    }
}

#[test]
fn there_is_a_line_for_each_cycle() {
    let folder = format!("slackwater-emitted-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    let case = Case::new(SEED, 0, &options(), CYCLES);
    emit(&case, &folder).expect("files are written");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    for name in ["stimuli.hex", "expected.hex"] {
        let text = read(name);
        assert_eq!(text.lines().count(), CYCLES, "{name}");
        assert!(
            text.lines()
                .all(|line| line.bytes().all(|c| c.is_ascii_hexdigit()))
        );
    }
    assert_eq!(read("design.v"), case.design.text());
    let testbench = read("testbench.v");
    for port in case.design.inputs.iter().chain(&case.design.outputs) {
        assert!(testbench.contains(&port.name), "{}", port.name);
    }
    fs::remove_dir_all(&folder).expect("the folder is still there");
}

#[test]
#[ignore = "wants Icarus Verilog"]
fn icarus_verilog_agrees() {
    for index in 0..100 {
        let case = Case::new(SEED, index, &options(), CYCLES);
        let outcome = case.compare(&subject::icarus);
        assert!(
            matches!(outcome, Outcome::Agreed { .. }),
            "seed {SEED}, design {index}: {outcome:?}\n{}",
            case.design.text()
        );
    }
}
