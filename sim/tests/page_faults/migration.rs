//! A live migration in the middle of a fault that only the VCPU can complete.

use crate::bench::{Bench, MEMORY_BYTES};
use slackwater_hdl::config::CoreConfig;
use slackwater_host::flow::{
    DmaMapping, Fault, Phase, Progress, ResumeError, ResumeOptions, ResumeReport, Rollback,
    SaveError, SaveOptions, SaveReport, resume, save, transport_with,
};
use slackwater_host::platform::{MemoryError, PAGE_BYTES};
use slackwater_host::workload::JobResult;
use slackwater_host::{DeviceState, Platform};
use slackwater_sim::migration::SimPlatform;
use slackwater_sim::tlp_message::PageResponseCode::Success;
use std::slice::from_mut;
use std::sync::{Arc, Mutex};

/// The guest begins to answer when the flow reaches the grace state of the vIOMMU.
struct OpensInGrace {
    service: Arc<Mutex<crate::bench::Service>>,
    serves: bool,
}

impl Progress for OpensInGrace {
    fn phase(&mut self, phase: Phase) {
        if phase == Phase::IommuGrace {
            self.service.lock().unwrap().open = self.serves;
        }
    }
}

/// A platform that may have the order wrong: VCPUs are paused before the faults are completed.
struct Ordered {
    inner: SimPlatform,
    pauses_first: bool,
    /// The guest that is paused first is one that would answer.
    service: Arc<Mutex<crate::bench::Service>>,
}

impl Platform for Ordered {
    fn now_ns(&self) -> u64 {
        self.inner.now_ns()
    }
    fn elapse_ns(&mut self, ns: u64) {
        self.inner.elapse_ns(ns);
    }
    fn pause_vcpus(&mut self) {
        self.inner.pause_vcpus();
    }
    fn resume_vcpus(&mut self) {
        self.inner.resume_vcpus();
    }
    fn memory_bytes(&self) -> u64 {
        self.inner.memory_bytes()
    }
    fn read_page(&mut self, page: u64, into: &mut [u8; PAGE_BYTES]) -> Result<(), MemoryError> {
        self.inner.read_page(page, into)
    }
    fn write_page(&mut self, page: u64, from: &[u8; PAGE_BYTES]) -> Result<(), MemoryError> {
        self.inner.write_page(page, from)
    }
    fn start_cpu_log(&mut self) {
        self.inner.start_cpu_log();
    }
    fn stop_cpu_log(&mut self) {
        self.inner.stop_cpu_log();
    }
    fn take_cpu_dirty(&mut self, pages: &mut Vec<u64>) {
        self.inner.take_cpu_dirty(pages);
    }
    fn settle_io_page_faults(&mut self) {
        if self.pauses_first {
            self.inner.pause_vcpus();
            self.service.lock().unwrap().open = true;
        }
        self.inner.settle_io_page_faults();
    }
}

type Ends = (
    Result<SaveReport, SaveError>,
    Result<ResumeReport, ResumeError>,
);

/// Migrates a machine whose accelerator waits for a page from before the migration began.
fn migrate(source: &mut Bench, destination: &mut Bench, serves: bool, pauses_first: bool) -> Ends {
    let (source_end, destination_end) = transport_with(4, |_| {}).unwrap();
    let mut leaving = Ordered {
        inner: SimPlatform::new(source.machine.clone()),
        pauses_first,
        service: source.service.clone(),
    };
    let mut entering = SimPlatform::new(destination.machine.clone());
    let mut progress = OpensInGrace {
        service: source.service.clone(),
        // Firmware takes its time for this state: one that is to be too late begins after that.
        serves: serves && !pauses_first,
    };
    let options = SaveOptions {
        page_request_limit_ns: 100_000,
        mappings: vec![DmaMapping {
            iova: 0,
            address: 0,
            bytes: MEMORY_BYTES,
            page_shift: 12,
        }],
        ..SaveOptions::default()
    };
    let (device, other) = (&mut source.device, &mut destination.device);
    std::thread::scope(|scope| {
        let resuming = scope.spawn(|| {
            let options = ResumeOptions {
                halt_when_loaded: true,
            };
            resume(
                from_mut(other),
                &mut entering,
                destination_end,
                &options,
                &mut (),
            )
        });
        let saved = save(
            from_mut(device),
            &mut leaving,
            source_end,
            &options,
            &mut progress,
        );
        (saved, resuming.join().unwrap())
    })
}

fn pair() -> (Bench, Bench) {
    let config = CoreConfig::default();
    let mut source = Bench::new(&config, 31);
    source.submit_faulting_copy();
    (source, Bench::bare(&config, 32))
}

#[test]
fn conformance_s4_f2_a_fault_that_only_the_vcpu_completes_is_completed_in_the_grace_state() {
    let (mut source, mut destination) = pair();
    let (saved, resumed) = migrate(&mut source, &mut destination, true, false);
    let report = saved.expect("the flow ends");
    resumed.expect("the flow ends");
    assert!(report.page_faults_ns > 0);
    assert_eq!(source.service.lock().unwrap().answered, 1);
    assert_eq!(source.device.page_requests().unwrap(), Some(0));
    assert_eq!(destination.device.state().unwrap(), DeviceState::RUNNING);
    // The page was granted here, under NDMA; it is read and copied there.
    destination.ring = source.ring.clone();
    let done = destination.poll(100_000).expect("the job ends");
    assert_eq!(done.result, JobResult::Ok);
    destination.assert_copied();
}

/// The guest does not answer in time: a clear end, and the machine runs on as if nothing had been.
#[test]
fn conformance_f2_an_unanswered_fault_takes_the_source_back_to_running() {
    let (mut source, mut destination) = pair();
    let (saved, resumed) = migrate(&mut source, &mut destination, false, false);
    assert_given_up(&saved.unwrap_err());
    assert!(resumed.is_err());
    assert_goes_on(&mut source);
}

/// The planted wrong order: with the VCPUs paused the fault stays for ever, and the flow says so.
#[test]
fn conformance_f2_pausing_the_vcpus_before_the_faults_are_completed_is_found() {
    let (mut source, mut destination) = pair();
    let (saved, resumed) = migrate(&mut source, &mut destination, true, true);
    assert_given_up(&saved.unwrap_err());
    assert!(resumed.is_err());
    assert_eq!(source.service.lock().unwrap().answered, 0);
    // With the VCPUs back the guest could answer; it waits until it is asked.
    source.serve(false, Success);
    source.machine().vcpus_running = true;
    assert_goes_on(&mut source);
}

fn assert_given_up(error: &SaveError) {
    let expected = Fault::PageRequests {
        outstanding: Some(1),
        limit_ns: 100_000,
    };
    assert_eq!(error.fault, expected, "{error}");
    assert_eq!(error.phase, Phase::PageFaults);
    assert_eq!(error.rollback, Rollback::Running);
}

/// The source runs, and the job that waits comes to its end.
fn assert_goes_on(source: &mut Bench) {
    assert_eq!(source.device.state().unwrap(), DeviceState::RUNNING);
    assert_eq!(source.device.page_requests().unwrap(), Some(1));
    source.serve(true, Success);
    let done = source.poll(100_000).expect("the job ends");
    assert_eq!(done.result, JobResult::Ok);
    source.assert_copied();
}
