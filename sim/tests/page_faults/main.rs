//! Page requests (PRI) of the simulated card: rules S4, F1 to F3 and O3.

mod bench;
mod migration;

use bench::{ABSENT, Bench, TARGET};
use slackwater_hdl::config::CoreConfig;
use slackwater_host::workload::{Job, JobResult};
use slackwater_host::{Bar, Counter, DeviceState, Function, StateError};
use slackwater_regs::accelerator::{self, control};
use slackwater_regs::state::Reason;
use slackwater_sim::tlp::{Body, Tlp};
use slackwater_sim::tlp_message::PageResponseCode::{Failure, InvalidRequest, Success};
use slackwater_sim::tlp_message::{Message, PageResponse, PageResponseCode};

const JOB_CYCLES: u64 = 100_000;

fn bench() -> Bench {
    Bench::new(&CoreConfig::default(), 21)
}

/// Sends a PRG Response to the card that the IOMMU knows nothing of.
fn inject(bench: &Bench, group: u16, code: PageResponseCode) {
    let response = PageResponse {
        requester_id: 0,
        destination_id: 0x0100,
        code,
        group,
    };
    let tlp = Tlp::new(Body::Message(Message::PageResponse(response)));
    let mut machine = bench.machine();
    machine.root_complex.inject(0, &tlp).unwrap();
    machine.run(1_000);
}

#[test]
fn a_page_that_the_guest_brings_is_copied() {
    let mut bench = bench();
    bench.serve(true, Success);
    bench.submit_faulting_copy();
    assert_eq!(bench.device.page_requests().unwrap(), Some(1));
    let done = bench.poll(JOB_CYCLES).expect("the job ends");
    assert_eq!(done.result, JobResult::Ok);
    bench.assert_copied();
    assert_eq!(bench.device.page_requests().unwrap(), Some(0));
    let machine = bench.machine();
    let report = machine.root_complex.report(0).unwrap();
    // One for the page that was not there, one for the target; no DMA met a page that was not there.
    assert_eq!((report.page_requests, report.iommu_faults), (2, 0));
    assert_eq!(report.refused_page_requests, 0);
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn a_refused_page_ends_the_job_and_nothing_else() {
    for code in [InvalidRequest, Failure] {
        let mut bench = bench();
        bench.serve(true, code);
        bench.submit_faulting_copy();
        let done = bench.poll(JOB_CYCLES).expect("the job ends");
        assert_eq!(done.result, JobResult::PageError);
        assert_eq!(bench.device.page_requests().unwrap(), Some(0));
        bench.submit(Job::Fill {
            destination: TARGET,
            bytes: 64,
            first: 1,
        });
        let done = bench.poll(JOB_CYCLES).expect("the next job ends");
        assert_eq!(done.result, JobResult::Ok);
    }
}

/// A host that does not do PRI for the card, and an address that is not mapped: refused at once.
#[test]
fn what_the_iommu_refuses_never_reaches_the_guest() {
    let mut bench = bench();
    bench.submit(Job::Fill {
        destination: 1 << 40,
        bytes: 64,
        first: 1,
    });
    assert_eq!(bench.poll(JOB_CYCLES).unwrap().result, JobResult::PageError);
    bench.machine().root_complex.enable_page_requests(0, false);
    bench.submit(Job::Fill {
        destination: ABSENT,
        bytes: 64,
        first: 1,
    });
    assert_eq!(bench.poll(JOB_CYCLES).unwrap().result, JobResult::PageError);
    let machine = bench.machine();
    let report = machine.root_complex.report(0).unwrap();
    assert_eq!((report.refused_page_requests, report.iommu_faults), (2, 0));
}

/// Responses for groups that are not outstanding, repeated ones, and one for the frozen device.
#[test]
fn stray_responses_are_dropped_and_counted() {
    let mut bench = bench();
    bench.submit_faulting_copy();
    let before = bench.device.counter(Counter::Unexpected).unwrap();
    for group in [0, 31, 32, 511] {
        inject(&bench, group, Failure);
    }
    assert_eq!(bench.device.page_requests().unwrap(), Some(1));
    let counted = bench.device.counter(Counter::Unexpected).unwrap() - before;
    assert_eq!(counted, 4, "the copy's own group is 1");
    bench.serve(true, Success);
    assert_eq!(bench.poll(JOB_CYCLES).unwrap().result, JobResult::Ok);
    bench.assert_copied();
    // Again, and while the device stands still.
    inject(&bench, 1, Success);
    bench.device.set_state(DeviceState::STOP).unwrap();
    inject(&bench, 1, Success);
    assert_eq!(bench.device.page_requests().unwrap(), Some(0));
    let counted = bench.device.counter(Counter::Unexpected).unwrap() - before;
    assert_eq!(counted, 6);
    bench.device.set_state(DeviceState::RUNNING).unwrap();
    bench.submit(Job::Fill {
        destination: ABSENT,
        bytes: 64,
        first: 1,
    });
    assert_eq!(bench.poll(JOB_CYCLES).unwrap().result, JobResult::Ok);
}

/// F1: the device may assume that nothing is outstanding when it is stopped; it refuses otherwise.
#[test]
fn conformance_f1_g4_a_device_that_waits_for_a_page_is_not_stopped() {
    let mut bench = bench();
    bench.submit_faulting_copy();
    for state in [DeviceState::SAVING, DeviceState::STOP] {
        let error = bench.device.set_state(state).unwrap_err();
        let StateError::Kept { reason, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(reason.known(), Some(Reason::PageRequests));
        assert_eq!(bench.device.state().unwrap(), DeviceState::RUNNING);
    }
    // Nothing is lost: under NDMA the answer is taken, and then the device stops.
    bench.device.set_state(DeviceState::PRE_COPY_NDMA).unwrap();
    assert_eq!(bench.device.page_requests().unwrap(), Some(1));
    bench.serve(true, Success);
    bench.machine().run(5_000);
    assert_eq!(bench.device.page_requests().unwrap(), Some(0));
    bench.device.set_state(DeviceState::SAVING).unwrap();
    bench.device.set_state(DeviceState::RUNNING).unwrap();
    assert_eq!(bench.poll(JOB_CYCLES).unwrap().result, JobResult::Ok);
    bench.assert_copied();
}

/// E12: RESUMING gives up what waits; its late answer finds nobody.
#[test]
fn conformance_e12_f1_resuming_is_entered_with_a_page_request_outstanding() {
    let mut bench = bench();
    bench.submit_faulting_copy();
    let before = bench.device.counter(Counter::Unexpected).unwrap();
    bench.device.set_state(DeviceState::RESUMING).unwrap();
    assert_eq!(bench.device.page_requests().unwrap(), Some(0));
    bench.serve(true, Success);
    bench.machine().run(5_000);
    let counted = bench.device.counter(Counter::Unexpected).unwrap() - before;
    assert_eq!(counted, 1);
}

/// A function level reset and VFIO_DEVICE_RESET forget what is outstanding.
#[test]
fn conformance_x1_resets_clear_the_outstanding_page_requests() {
    for vmm in [false, true] {
        let mut bench = bench();
        bench.submit_faulting_copy();
        let before = bench.device.counter(Counter::Unexpected).unwrap();
        if vmm {
            bench.device.reset().unwrap();
        } else {
            let function = bench.device.function_mut();
            function.function_level_reset().unwrap();
        }
        assert_eq!(bench.device.page_requests().unwrap(), Some(0));
        bench.serve(true, Success);
        bench.machine().run(5_000);
        assert_eq!(bench.device.page_requests().unwrap(), Some(0));
        let counted = bench.device.counter(Counter::Unexpected).unwrap() - before;
        assert_eq!(counted, 1);
    }
}

/// F3, O3: without NDMA the capability is not there and cannot be enabled; a page that is not there
/// is an ordinary IOMMU fault.
#[test]
fn conformance_f3_o3_without_ndma_there_are_no_page_requests() {
    let config = CoreConfig {
        ndma: false,
        ..CoreConfig::default()
    };
    let mut bench = Bench::new(&config, 22);
    let identity = bench.device.identity();
    assert!(!identity.ndma && !identity.page_requests);
    let mut bar = bench.bar0();
    bar.write_u32(
        accelerator::CONTROL,
        control::ENABLE | control::PAGE_REQUESTS,
    )
    .unwrap();
    assert_eq!(bar.read_u32(accelerator::CONTROL).unwrap(), control::ENABLE);
    bench.submit(Job::Checksum {
        source: ABSENT,
        bytes: 64,
    });
    assert_eq!(bench.poll(JOB_CYCLES).unwrap().result, JobResult::ReadError);
    let machine = bench.machine();
    let report = machine.root_complex.report(0).unwrap();
    assert_eq!((report.page_requests, report.iommu_faults), (0, 1));
}
