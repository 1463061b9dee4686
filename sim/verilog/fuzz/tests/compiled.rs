//! The compiler against the interpreter on random modules.
//!
//! `SLACKWATER_FUZZ_SEED` is the seed of other modules, `SLACKWATER_FUZZ_MODULES`
//! their number; the program `slackwater-verilog-fuzz` runs many more.

use slackwater_verilog_fuzz::compare::{Case, Outcome};
use slackwater_verilog_fuzz::generate::Options;
use slackwater_verilog_fuzz::subject;
use std::sync::atomic::{AtomicU64, Ordering};

const SEED: u64 = 2005;
const MODULES: u64 = 200;
const CYCLES: usize = 40;

/// Seeds and numbers of modules that took for ever to load, for a reason that no other
/// test has: branches in branches in one cluster of code.
const ONCE_ENDLESS: [(u64, u64); 2] = [(2026, 31085), (2026, 70557)];

fn variable(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|error| panic!("{name}={text}: {error}"))
    })
}

#[test]
fn compiled_modules_do_what_the_interpreter_does() {
    let seed = variable("SLACKWATER_FUZZ_SEED", SEED);
    let modules = variable("SLACKWATER_FUZZ_MODULES", MODULES);
    let next = AtomicU64::new(0);
    let values = AtomicU64::new(0);
    let run = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= modules {
                break;
            }
            let case = Case::new(seed, index, &Options::default(), CYCLES);
            match case.compare(&subject::compiled) {
                Outcome::Agreed { values: agreed } => values.fetch_add(agreed, Ordering::Relaxed),
                other => panic!(
                    "{other:?}; smaller: slackwater-verilog-fuzz --seed {seed} --first {index} \
                     --modules 1 --cycles {CYCLES}\n{}",
                    case.design.text()
                ),
            };
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(run);
        }
    });
    let values = values.into_inner();
    assert!(values > modules * 100, "only {values} values were compared");
}

#[test]
fn branches_in_branches_do_not_take_for_ever() {
    for (seed, index) in ONCE_ENDLESS {
        let case = Case::new(seed, index, &Options::default(), CYCLES);
        let outcome = case.compare(&subject::compiled);
        let agreed = matches!(outcome, Outcome::Agreed { .. });
        assert!(agreed, "module {index} of seed {seed}: {outcome:?}");
    }
}
