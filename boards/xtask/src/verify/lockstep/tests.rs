//! The comparison with a peer in this process: another compiled model, with a fault or without.

use super::compare::{Ended, Layouts, compare};
use super::{CORE_MODULE, layouts};
use crate::verify::record::Layout;
use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::netlist::core_verilog;
use slackwater_sim::backend::compiled::Compiled;
use slackwater_sim::backend::port_words::{CORE_INPUTS, CORE_OUTPUTS};
use slackwater_sim::backend::{CompiledCore, Ported};
use slackwater_verilog::{Program, Source};
use std::cell::Cell;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::thread;

const SEED: u64 = 5;
const CYCLES: u64 = 10_000;

/// A peer as Verilator's program is one, which ends after so many batches.
fn peer(
    mut design: Compiled,
    layouts: &Layouts,
    batches: usize,
    (mut from, mut to): (PipeReader, PipeWriter),
) -> io::Result<()> {
    let mut outputs = [0; CORE_OUTPUTS.len()];
    for _ in 0..batches {
        let mut count = [0; 4];
        from.read_exact(&mut count)?;
        let cycles = u32::from_le_bytes(count) as usize;
        let mut inputs = layouts.inputs.room(cycles);
        let mut answer = layouts.outputs.room(cycles);
        let bytes = layouts.inputs.records(&inputs, cycles).len();
        from.read_exact(&mut inputs[..bytes])?;
        for cycle in 0..cycles {
            design.exchange(&unpacked(&layouts.inputs, &inputs, cycle), &mut outputs);
            layouts.outputs.pack(&outputs, cycle, &mut answer);
        }
        to.write_all(layouts.outputs.records(&answer, cycles))?;
    }
    Ok(())
}

fn unpacked(layout: &Layout, records: &[u8], record: usize) -> [u128; CORE_INPUTS.len()] {
    let mut words = [0; CORE_INPUTS.len()];
    let mut at = layout.records(records, record).len();
    for (word, port) in words.iter_mut().zip(layout.ports()) {
        let bytes = records[at..at + port.bytes()].iter().rev();
        *word = bytes.fold(0, |above, &byte| above << 8 | u128::from(byte));
        at += port.bytes();
    }
    words
}

/// The core beside itself with one text in place of another; how it ended, and the
/// cycles that were simulated.
fn run(right: &str, wrong: &str, batches: usize) -> (Ended, u64) {
    let config = CoreConfig::default();
    // The compiled simulator reads no directives; those of the file are for synthesis.
    let text: String = core_verilog(&config)
        .lines()
        .filter(|line| !line.starts_with('`'))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_eq!(text.matches(right).count(), 1, "{right} must be there once");
    let text = text.replace(right, wrong);
    let source = Source {
        name: "core.v",
        text: &text,
    };
    let program = Program::compile_sources(&[source], Some(CORE_MODULE)).expect("legal Verilog");
    let design = Compiled::new(&program, CORE_INPUTS, CORE_OUTPUTS).expect("all ports");
    let core = CompiledCore::new(&config).expect("the core's Verilog");
    let layouts = layouts(&core).expect("all ports");
    let (peer_input, to_peer) = io::pipe().expect("a pipe");
    let (from_peer, peer_output) = io::pipe().expect("a pipe");
    let done = Cell::new(0);
    let note = |cycles| {
        done.set(done.get() + cycles);
        true
    };
    let ended = thread::scope(|scope| {
        // Its pipes break when the comparison ends early.
        let pipes = (peer_input, peer_output);
        let _peer = scope.spawn(|| peer(design, &layouts, batches, pipes));
        compare(SEED, CYCLES, core, &layouts, (to_peer, from_peer), &note)
    });
    (ended, done.get())
}

const RIGHT: &str = "(address & state_mask)";

#[test]
fn the_committed_core_agrees_with_the_design() {
    let (ended, done) = run(RIGHT, RIGHT, usize::MAX);
    assert!(matches!(ended, Ended::Agreed(CYCLES)), "{ended:?}");
    assert_eq!(done, CYCLES);
}

#[test]
fn one_operator_is_noticed_with_cycle_signal_and_values() {
    let (ended, _) = run(RIGHT, "(address | state_mask)", usize::MAX);
    let Ended::Differs(cycle, difference) = ended else {
        panic!("seed {SEED}: {ended:?}");
    };
    assert!(cycle < CYCLES, "cycle {cycle}");
    assert!(CORE_OUTPUTS.contains(&&*difference.port), "{difference:?}");
    let [expected, found] = difference.values;
    assert_ne!(expected, found, "{difference:?}");
}

#[test]
fn a_fault_behind_the_first_batch_has_its_cycle() {
    // The counter of cycles in front of a timeout: nothing differs before it is reached.
    let (ended, _) = run("(epoch$q >= timeout)", "(epoch$q > timeout)", usize::MAX);
    let Ended::Differs(cycle, difference) = ended else {
        panic!("seed {SEED}: {ended:?}");
    };
    println!("cycle {cycle}: {difference:?}");
    assert!((2_048..CYCLES).contains(&cycle), "cycle {cycle}");
}

#[test]
fn a_peer_that_ends_early_is_told_from_one_that_agrees() {
    let (ended, done) = run(RIGHT, RIGHT, 1);
    assert!(matches!(ended, Ended::Broken(_)), "{ended:?}");
    assert!(done > 0);
}
