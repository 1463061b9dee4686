//! Page requests of the device in the save flow: rules S4, F1 to F3.

use crate::flow::{Outcomes, PAGES, assert_moved, migrate, options};
use crate::model::Handle;
use slackwater_host::Device;
use slackwater_host::device::OpenError;
use slackwater_host::flow::{Fault, Phase, Rollback, SaveOptions};
use slackwater_regs::bar2::{capabilities, page_requests};
use slackwater_regs::state;

/// A busy machine whose device has so many page requests outstanding.
fn faulting(outstanding: u32, answer_ns: u64) -> Handle {
    let source = Handle::busy(PAGES, 11);
    {
        let mut machine = source.lock();
        machine.card.capabilities |= capabilities::PAGE_REQUESTS;
        machine.card.page_requests = outstanding;
        machine.answer_ns = answer_ns;
        // The first answer falls into the grace state.
        machine.answered_ns = if answer_ns == 0 { 0 } else { 1_000_000 };
    }
    source
}

fn assert_runs_on(outcomes: &Outcomes, source: &Handle, phase: Phase) {
    let error = outcomes.save.as_ref().unwrap_err();
    assert_eq!(
        (error.phase, error.rollback.clone()),
        (phase, Rollback::Running),
        "{error}"
    );
    assert!(outcomes.resume.is_err());
    let machine = source.lock();
    assert_eq!((machine.card.state, machine.vcpus), (state::RUNNING, true));
}

#[test]
fn conformance_s4_f2_vcpus_run_until_the_last_page_request_is_answered() {
    let source = faulting(3, 50_000);
    let destination = Handle::new(PAGES, 12);
    let outcomes = migrate(&source, &destination, &options());
    assert_moved(&outcomes, &source, &destination, 11);
    let report = outcomes.save.unwrap();
    assert!(
        report.page_faults_ns >= 100_000,
        "{}",
        report.page_faults_ns
    );
    assert_eq!(source.lock().card.page_requests, 0);
}

#[test]
fn conformance_f2_page_requests_that_nobody_answers_end_the_flow_with_their_number() {
    let source = faulting(3, 0);
    let options = SaveOptions {
        page_request_limit_ns: 20_000,
        ..options()
    };
    let outcomes = migrate(&source, &Handle::new(PAGES, 12), &options);
    assert_runs_on(&outcomes, &source, Phase::PageFaults);
    let error = outcomes.save.unwrap_err();
    let expected = Fault::PageRequests {
        outstanding: Some(3),
        limit_ns: 20_000,
    };
    assert_eq!(error.fault, expected);
    let text = error.to_string();
    assert!(
        text.contains("3 page requests were not answered within 20000 ns"),
        "{text}"
    );
}

#[test]
fn conformance_f2_a_device_that_lost_count_is_not_taken_for_quiet() {
    let source = faulting(page_requests::UNTRACKED, 0);
    let outcomes = migrate(&source, &Handle::new(PAGES, 12), &options());
    assert_runs_on(&outcomes, &source, Phase::PageFaults);
    let text = outcomes.save.unwrap_err().to_string();
    assert!(
        text.contains("an unknown number of page requests"),
        "{text}"
    );
}

#[test]
fn conformance_f3_o3_page_requests_without_ndma_are_refused() {
    // The device says that it could: it is not even opened.
    let source = faulting(0, 0);
    source.lock().card.capabilities &= !capabilities::NDMA;
    let error = Device::open(source).err().expect("an error");
    assert!(matches!(error, OpenError::Description { .. }), "{error}");
    assert!(
        error.to_string().contains("no page requests without NDMA"),
        "{error}"
    );
    // It says that it could not, and does: the flow does not begin.
    let source = faulting(2, 0);
    source.lock().card.capabilities &= !(capabilities::NDMA | capabilities::PAGE_REQUESTS);
    let outcomes = migrate(&source, &Handle::new(PAGES, 12), &options());
    let error = outcomes.save.unwrap_err();
    let expected = Fault::PageRequestsWithoutNdma {
        outstanding: Some(2),
    };
    assert_eq!(error.fault, expected);
    assert_eq!(error.rollback, Rollback::Untouched);
}
