//! Faults planted into the core's Verilog are caught, and shown as waves.

use rust_hdl::prelude::generate_verilog;
use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::core::Core;
use slackwater_sim::backend::lockstep::SHOWN_CYCLES;
use slackwater_sim::backend::port_words::CORE_OUTPUTS;
use slackwater_sim::backend::{Alarm, Disagreement, LockStep, LockStepCore, PortWords};
use slackwater_sim::ports::{BareCore, CoreInputs};
use slackwater_sim::trace::CYCLE_PICOSECONDS;
use slackwater_sim::traffic::Traffic;
use slackwater_verilog::Program;
use std::fs::{self, File};
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use vcd::{Command, Value};

const SEED: u64 = 5;
const CYCLES: u64 = 60_000;

fn core() -> Core {
    Core::new(&CoreConfig::default())
}

/// A block beside its Verilog with one text in place of another.
pub fn with_fault<B: PortWords>(make: fn() -> B, right: &str, wrong: &str) -> LockStep<B> {
    let mut emitted = Box::new(make());
    emitted.connect_all();
    let text = generate_verilog(&*emitted);
    assert_eq!(text.matches(right).count(), 1, "{right} must be there once");
    let program = Program::compile("top.v", &text.replace(right, wrong));
    let program = program.unwrap_or_else(|error| panic!("{wrong}: {error}"));
    LockStep::with_program(make(), &program).expect("all ports")
}

/// Feeds traffic until the two differ.
fn run(core: &mut LockStepCore) {
    let mut traffic = Traffic::new(SEED);
    let mut outputs = [0; CORE_OUTPUTS.len()];
    while core.steps().mismatch().is_none() && core.steps().cycles() < CYCLES {
        let inputs = traffic.inputs(core.inside());
        core.exchange(&inputs, &mut outputs);
        traffic.observe(&outputs);
    }
}

/// What the alarm told, and the core as it is then.
fn caught(right: &str, wrong: &str) -> (Disagreement, LockStepCore) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&told);
    let alarm = Alarm::call(
        format!("seed {SEED}"),
        env!("CARGO_TARGET_TMPDIR"),
        move |it| {
            list.lock().expect("no panic").push(it.clone());
        },
    );
    let steps = with_fault(core, right, wrong);
    let mut core = LockStepCore::of(steps, alarm).expect("all signals");
    run(&mut core);
    // It goes on, and nothing is told twice.
    for _ in 0..10 {
        core.cycle(&CoreInputs::default());
        core.live_marks();
    }
    let mut told = told.lock().expect("no panic");
    assert_eq!(told.len(), 1, "seed {SEED}: {wrong} for {right}: {told:?}");
    (told.remove(0), core)
}

/// The alarm of a program that catches what unwinds.
#[test]
fn a_disagreement_can_be_caught() {
    let steps = with_fault(core, "(address & state_mask)", "(address | state_mask)");
    let alarm = Alarm::unwind(format!("seed {SEED}"), env!("CARGO_TARGET_TMPDIR"));
    let mut core = LockStepCore::of(steps, alarm).expect("all signals");
    let caught = catch_unwind(AssertUnwindSafe(|| run(&mut core)));
    let payload = caught.expect_err("the fault shows");
    let disagreement = payload.downcast::<Disagreement>().expect("the difference");
    assert_eq!(core.steps().mismatch(), Some(&disagreement.mismatch));
    fs::remove_file(disagreement.waves.expect("waves")).expect("the trace is a file");
}

/// An output's value in the last cycle of a trace, and the number of cycles in it.
fn last_value(path: &Path, name: &str) -> (u128, u64) {
    let mut parser = vcd::Parser::new(BufReader::new(File::open(path).expect("the trace")));
    let header = parser.parse_header().expect("a header");
    let code = header.find_var(&["top", name]).expect("the output").code;
    let (mut value, mut first, mut last) = (0, None, 0);
    for command in parser {
        match command.expect("a command") {
            Command::Timestamp(time) => {
                first.get_or_insert(time);
                last = time;
            }
            Command::ChangeScalar(id, bit) if id == code => value = u128::from(bit == Value::V1),
            Command::ChangeVector(id, bits) if id == code => {
                value = bits
                    .iter()
                    .fold(0, |above, bit| above << 1 | u128::from(*bit == Value::V1));
            }
            _ => {}
        }
    }
    let cycles = (last - first.expect("a cycle")) / CYCLE_PICOSECONDS + 1;
    (value, cycles)
}

#[test]
fn one_operator_in_the_verilog_is_caught_and_shown() {
    let faults = [
        ("(epoch$q >= timeout)", "(epoch$q > timeout)"),
        ("(address & state_mask)", "(address | state_mask)"),
        (
            "registers$q[(64'h6c)+:(32)] >= watchdog",
            "registers$q[(64'h6c)+:(32)] > watchdog",
        ),
    ];
    let mut longest = 0;
    for (right, wrong) in faults {
        let (disagreement, core) = caught(right, wrong);
        let mismatch = &disagreement.mismatch;
        println!("{wrong}: {disagreement}");
        assert_eq!(core.steps().mismatch(), Some(mismatch));
        let text = disagreement.to_string();
        assert!(
            text.contains(&format!("seed {SEED}, cycle {}: ", mismatch.cycle)),
            "{text}"
        );
        let path = disagreement.waves.expect("waves");
        let (value, cycles) = last_value(&path, &mismatch.signal);
        assert_eq!(value, mismatch.compiled, "{text}");
        let expected = (mismatch.cycle + 1).min(SHOWN_CYCLES as u64);
        assert!(cycles >= expected, "{cycles} cycles; {text}");
        longest = longest.max(cycles);
        fs::remove_file(path).expect("the trace is a file");
    }
    assert!(longest >= SHOWN_CYCLES as u64, "no fault came late enough");
}
