//! Traces are read back with a reader that is not ours.

use slackwater_sim::backend::RustHdlCard;
use slackwater_sim::ports::{Card, CardInputs, ControlRequest};
use slackwater_sim::trace::{Capture, TraceRequest};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use vcd::{Command, IdCode, Parser, ScopeItem};

/// The identifiers of all pairs `path.d...`, `path.q...` below a scope.
fn pairs(path: &str, items: &[ScopeItem], found: &mut HashMap<String, [Option<IdCode>; 2]>) {
    for item in items {
        match item {
            ScopeItem::Scope(scope) => {
                pairs(
                    &format!("{path}.{}", scope.identifier),
                    &scope.children,
                    found,
                );
            }
            ScopeItem::Var(var) => {
                // A struct is written as one variable a field: d$field, q$field.
                let (port, field) = var
                    .reference
                    .split_once('$')
                    .unwrap_or((&var.reference, ""));
                let side = match port {
                    "d" => 0,
                    "q" => 1,
                    _ => continue,
                };
                found.entry(format!("{path}.{field}")).or_default()[side] = Some(var.code);
            }
        }
    }
}

#[test]
fn every_register_of_a_trace_takes_over_what_it_was_given() {
    let path = std::env::temp_dir().join(format!("slackwater-trace-{}.vcd", std::process::id()));
    let mut card = RustHdlCard::new();
    const CYCLES: u64 = 200;
    let window = Capture::Window {
        first: 0,
        cycles: CYCLES,
    };
    let request = TraceRequest {
        path: path.clone(),
        capture: window,
    };
    card.trace(&request)
        .expect("a file in the temporary folder");
    for cycle in 0..CYCLES + 5 {
        // Firmware turns bits of HOLD on and off, so that registers change.
        let control = (cycle % 8 < 3).then_some(ControlRequest {
            address: slackwater_regs::control::HOLD,
            write: Some(cycle as u32 / 8 % 4),
        });
        card.cycle(&CardInputs {
            link_tx_ready: cycle % 3 == 0,
            control,
            ..CardInputs::default()
        });
    }
    let mut parser = Parser::new(BufReader::new(File::open(&path).expect("the trace")));
    let header = parser.parse_header().expect("a VCD header");
    let mut registers = HashMap::new();
    pairs("", &header.items, &mut registers);
    let complete: Vec<_> = registers
        .iter()
        .filter_map(|(name, [d, q])| Some((name, (*d)?, (*q)?)))
        // Byte swaps and population counts have ports of these names too.
        .filter(|(name, ..)| !name.contains("swap") && !name.contains("ones_"))
        .collect();
    assert!(complete.len() > 150, "{} registers", complete.len());
    let mut values: HashMap<IdCode, String> = HashMap::new();
    let mut given: Option<Vec<String>> = None;
    let (mut times, mut changes) = (0, 0);
    let mut step = |values: &HashMap<IdCode, String>| {
        if let Some(given) = &given {
            for ((name, _, q), given) in complete.iter().zip(given) {
                assert_eq!(&values[q], given, "{name} at step {times}");
            }
        }
        let now: Vec<String> = complete.iter().map(|(_, d, _)| values[d].clone()).collect();
        changes += given.as_ref().is_some_and(|given| *given != now) as u32;
        given = Some(now);
        times += 1;
    };
    for command in parser {
        match command.expect("a VCD command") {
            Command::Timestamp(_) if !values.is_empty() => step(&values),
            Command::ChangeScalar(code, value) => {
                values.insert(code, value.to_string());
            }
            Command::ChangeVector(code, value) => {
                values.insert(code, value.iter().map(ToString::to_string).collect());
            }
            Command::ChangeString(code, value) => {
                values.insert(code, value);
            }
            _ => {}
        }
    }
    step(&values);
    assert_eq!(times, CYCLES);
    assert!(changes > 20, "{changes} steps with a change");
    std::fs::remove_file(path).expect("the trace");
}
