//! A packet through a closed gate: QUIESCED stays 0, and the device refuses to stop.

use crate::spy::AtSource;
use crate::{assert_refused, card, run, sweep};
use slackwater_hdl::inject::{GATE_LEAK, STALL_TX};
use slackwater_host::flow::Phase;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Event, Mix, Outcome};

/// DMA has come to rest under NDMA; then there are these faults until the flow is over.
fn stop_with(faults: u32) -> Outcome {
    let observer = AtSource(|event, machine: &mut Machine| match event {
        Event::Phase(Phase::StopCopy) => machine.slots[0].inject = faults,
        Event::Completing => machine.slots[0].inject = 0,
        _ => {}
    });
    let mut config = sweep(0x61, Mix::FILLS);
    config.memory_bytes = 1 << 20;
    config.firmware.limits.quiesce_polls = 2000;
    run(config, card(), &observer)
}

#[test]
fn one_packet_through_the_gate_is_refused() {
    assert_refused(
        &stop_with(GATE_LEAK | STALL_TX),
        "DMA did not come to rest in time",
    );
}

#[test]
fn a_closed_gate_needs_no_link() {
    let report = stop_with(STALL_TX).report;
    assert!(report.is_success(), "{report:#?}");
}
