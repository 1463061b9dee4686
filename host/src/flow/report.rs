//! What a flow tells: its steps while it runs, and figures at the end.

use super::Fault;
use std::fmt;

/// A step of a flow, with the rule that it carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// S1: the options are checked, nothing is touched.
    Check,
    /// S2: DIRTY_TRACKING on.
    StartTracking,
    /// S2: all memory is streamed.
    Memory,
    /// S3: SAVING|RUNNING, rounds of device state and dirty memory.
    PreCopy,
    /// S4: SAVING|NDMA|RUNNING with VCPUs, the devices stop their DMA.
    IommuGrace,
    /// S4, F2: all devices are there, and I/O page faults are completed.
    PageFaults,
    /// S5: SAVING|NDMA|RUNNING without VCPUs, final snapshot of the log.
    PeerGrace,
    /// S6: SAVING, the final device state and dirty memory are streamed.
    StopCopy,
    /// The source waits until the destination has loaded everything.
    Handover,
    /// S7: no bit is set, the source is halted.
    Halted,
    /// R1: the destination's device is fresh and like the source's.
    Fresh,
    /// R2: RESUMING, memory and device state come in.
    Resuming,
    /// R2: all has come in, the device checks its state and takes it over.
    Loading,
    /// The state is loaded and the device halted; only if the options ask for it.
    Loaded,
    /// R3: NDMA|RUNNING.
    ResumeGrace,
    /// R4: RUNNING with VCPUs.
    Running,
}

impl Phase {
    /// What a person should read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::StartTracking => "start dirty tracking",
            Self::Memory => "all memory",
            Self::PreCopy => "pre-copy",
            Self::IommuGrace => "vIOMMU grace",
            Self::PageFaults => "page faults",
            Self::PeerGrace => "peer-to-peer grace",
            Self::StopCopy => "stop-copy",
            Self::Handover => "handover",
            Self::Halted => "halted",
            Self::Fresh => "fresh device",
            Self::Resuming => "resuming",
            Self::Loading => "loading",
            Self::Loaded => "loaded",
            Self::ResumeGrace => "peer-to-peer grace of the resume",
            Self::Running => "running",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Gets to know how far a flow is. The flow holds nothing while it calls.
pub trait Progress {
    /// A step begins. For [`Phase::Halted`], [`Phase::Loaded`] and [`Phase::Running`]: it was reached.
    fn phase(&mut self, phase: Phase) {
        let _ = phase;
    }
    /// So many pages of the present step are done.
    fn pages(&mut self, done: u64, total: u64) {
        let _ = (done, total);
    }
    /// A round of pre-copy has ended with so many pages dirty.
    fn round(&mut self, round: u32, dirty_pages: u64) {
        let _ = (round, dirty_pages);
    }
    /// What is left after a round would take so long to send; within the downtime limit, the machine is stopped.
    fn remaining(&mut self, ns: u64) {
        let _ = ns;
    }
}

impl Progress for () {}

/// One round of pre-copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Pages sent since the last round ended; in round 0 all memory.
    pub sent_pages: u64,
    /// Pages that were found dirty when it ended.
    pub dirty_pages: u64,
    /// The log was not complete: every page was taken as dirty.
    pub everything: bool,
}

/// Figures of a save flow. Times are the source machine's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveReport {
    /// Rounds of pre-copy, the first being that of all memory.
    pub rounds: Vec<Round>,
    /// Pages sent while the machine was stopped.
    pub final_pages: u64,
    /// Bytes of memory sent, with the page headers; a page of zeros is its header only.
    pub memory_bytes_sent: u64,
    /// Bytes of the device's migration stream.
    pub stream_bytes: u64,
    /// Of these, bytes sent while the machine was still running.
    pub precopy_stream_bytes: u64,
    /// From the pause of the VCPUs until the source was halted.
    pub downtime_ns: u64,
    /// How long the device took to stop its DMA (NDMA; without it, SAVING).
    pub quiesce_ns: u64,
    /// How long the guest took, with NDMA set and VCPUs running, to answer the device's page requests.
    pub page_faults_ns: u64,
    /// What was dirty at the end fitted the downtime limit; if not, the rounds ran out.
    pub converged: bool,
    /// The log was cleared under NDMA instead of atomically (rule O1).
    pub synthesized_clear: bool,
    /// DMA writes to no range of the log, from the start of logging to its end.
    pub outside_writes: u32,
    /// Pages that the destination has compared with what the source holds; 0 if it could not.
    pub compared_pages: u64,
}

/// Figures of a resume flow. Times are the destination machine's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResumeReport {
    /// Pages that came in, each time counted.
    pub pages: u64,
    /// Bytes of the migration stream that were pushed into the device.
    pub stream_bytes: u64,
    /// Pages that were compared with what the source holds; 0 if either side has no digest.
    pub compared_pages: u64,
    /// From the last byte of the stream until RUNNING.
    pub resume_ns: u64,
}

/// Where the source is after a save flow has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rollback {
    /// The flow had not touched anything.
    Untouched,
    /// The device is in RUNNING and the VCPUs run: nothing was lost.
    Running,
    /// The device could not be brought back to RUNNING. VCPUs run; if it is in ERROR, only a reset helps.
    DeviceFailed(Box<Fault>),
    /// The destination was told to run and has not said whether it does. The
    /// source stays halted: two running copies would be worse than none.
    InDoubt,
}

impl fmt::Display for Rollback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untouched => f.write_str("the source was not touched"),
            Self::Running => f.write_str("the source runs on"),
            Self::DeviceFailed(fault) => {
                write!(f, "the source's device could not be brought back to RUNNING: {fault}")
            }
            Self::InDoubt => f.write_str(
                "the source stays halted, as the destination may be running: find out before resuming either",
            ),
        }
    }
}
