//! The whole core: every output in every cycle, whatever it is fed with.

use crate::coverage::Coverage;
use slackwater_hdl::config::CoreConfig;
use slackwater_regs::state;
use slackwater_sim::backend::lockstep::{Alarm, LockStepCore};
use slackwater_sim::backend::port_words::CORE_OUTPUTS;
use slackwater_sim::ports::BareCore;
use slackwater_sim::traffic::{Inside, Traffic};
use std::{env, panic, thread};

/// Names how many cycles to run instead of [`CYCLES`].
const CYCLES_VARIABLE: &str = "SLACKWATER_LOCKSTEP_CYCLES";
/// Cycles of a run.
const CYCLES: u64 = 60_000;
/// Cycles between two comparisons of what is looked at from outside.
const LOOK_CYCLES: u64 = 4_096;

fn cycles() -> u64 {
    match env::var(CYCLES_VARIABLE) {
        Err(_) => CYCLES,
        Ok(text) => match text.parse() {
            Ok(cycles) => cycles,
            Err(error) => panic!("{CYCLES_VARIABLE} is {text}: {error}"),
        },
    }
}

/// Runs the core, then reads all that can be read of it from outside.
fn run(seed: u64, config: &CoreConfig, cycles: u64) -> Coverage {
    let alarm = Alarm::panic(format!("seed {seed}"), env!("CARGO_TARGET_TMPDIR"));
    let mut core = LockStepCore::new(config, alarm).expect("the core's Verilog");
    let mut traffic = Traffic::new(seed);
    let mut coverage = Coverage::new(core.steps());
    let mut outputs = [0; CORE_OUTPUTS.len()];
    for cycle in 1..=cycles {
        let inside = core.inside();
        let block = &core.steps().rusthdl.block;
        let in_error = block.device_state() == state::ERROR;
        assert_eq!(inside, Inside { in_error, ..inside }, "seed {seed}");
        let inputs = traffic.inputs(inside);
        core.exchange(&inputs, &mut outputs);
        traffic.observe(&outputs);
        coverage.observe(core.steps(), &outputs);
        if cycle % LOOK_CYCLES == 0 || cycle == cycles {
            core.live_marks();
            core.device_state();
        }
    }
    coverage.finish(core.steps());
    println!("seed {seed}: {coverage}");
    coverage
}

/// The default core with two seeds, and one with other constants.
#[test]
fn every_output_in_every_cycle() {
    let small = CoreConfig {
        state_words: 3,
        clock_hz: 250_000_000,
        ndma: false,
        internal_log: false,
        ..CoreConfig::default()
    };
    let runs = [
        (1, CoreConfig::default()),
        (2, CoreConfig::default()),
        (3, small),
    ];
    let cycles = cycles();
    let runs = runs.map(|(seed, config)| thread::spawn(move || run(seed, &config, cycles)));
    let mut coverages = runs.map(|run| match run.join() {
        Ok(coverage) => coverage,
        Err(panic) => panic::resume_unwind(panic),
    });
    let [all, others @ ..] = &mut coverages;
    for other in others {
        all.merge(other);
    }
    println!("{all}");
    all.check();
}
