//! Faults that are planted are found, and made small.

use slackwater_verilog_fuzz::compare::{Case, Outcome};
use slackwater_verilog_fuzz::fault::Fault;
use slackwater_verilog_fuzz::generate::Options;
use slackwater_verilog_fuzz::shrink::shrink;
use std::time::Duration;

const SEED: u64 = 7;
/// Designs within which a fault must be found.
const DESIGNS: u64 = 400;
const CYCLES: usize = 60;

fn find(fault: Fault) -> Option<(u64, Case)> {
    let options = Options::default();
    (0..DESIGNS)
        .map(|index| (index, Case::new(SEED, index, &options, CYCLES)))
        .find(|(_, case)| {
            let outcome = fault.make(|make| case.compare(make));
            matches!(outcome, Outcome::Different(_))
        })
}

#[test]
fn every_fault_is_found() {
    for fault in Fault::ALL {
        let found = find(fault).map(|(index, _)| index);
        assert!(
            found.is_some(),
            "{fault:?} is not found in {DESIGNS} designs of seed {SEED}"
        );
        println!("{fault:?}: design {found:?}");
    }
}

#[test]
fn a_difference_is_made_small() {
    let fault = Fault::ArithmeticShiftLogical;
    let (index, case) = find(fault).expect("a design that shows it");
    let limit = Duration::from_secs(60);
    let (small, outcome) = fault.make(|make| shrink(&case, make, limit));
    let text = small.design.text();
    assert!(
        matches!(outcome, Outcome::Different(_)),
        "seed {SEED}, design {index}: {outcome:?}"
    );
    assert!(text.contains(">>>"), "{text}");
    let lines = text.lines().count();
    assert!(
        lines < 25,
        "seed {SEED}, design {index}: {lines} lines\n{text}"
    );
}
