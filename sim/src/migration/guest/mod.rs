//! The guest: a driver that keeps the accelerator busy, and VCPUs that write memory.
//!
//! ```text
//!  Mix ─▶ JobSource ─▶ Ring::submit ─▶ doorbell ─▶ card
//!             │ expectation                          │
//!             └──────▶ compare ◀─ Ring::poll ◀───────┘
//! ```
//! The guest knows what each job must report before it submits it, and what memory
//! must hold after it. All that its driver remembers moves with it. It writes to no memory that a
//! job in flight reads or writes, and no two jobs in flight touch the same bytes: payload
//! writes of the accelerator are relaxed-ordered.

mod jobs;
mod moved;
mod scratch;
mod team;

pub use jobs::Mix;
pub use team::Team;

use crate::machine::{Agent, AgentPort, Machine};
use crate::memory::PAGE_BYTES;
use crate::migration::MigrationConfig;
use crate::root_complex::MmioError;
use crate::seed::{Seed, Stream};
use jobs::{JobSource, Planned};
use serde::{Deserialize, Serialize};
use slackwater_host::flow::DmaMapping;
use slackwater_host::platform::{GuestMemory, MemoryError};
use slackwater_host::workload::{Completion, Job, JobResult, Ring, RingError, RingLayout};
use slackwater_regs::accelerator;
use std::collections::VecDeque;
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Least pages of guest memory.
pub const MIN_MEMORY_PAGES: u64 = 16;
/// The accelerator's interrupt.
const VECTOR: u16 = 0;
/// Page of the descriptor ring within a driver's part of memory; page 0 stays empty.
const DESCRIPTORS_PAGE: u64 = 1;
/// Page of the completion ring.
const COMPLETIONS_PAGE: u64 = 2;
/// First page that jobs and VCPUs use.
const FIRST_WORK_PAGE: u64 = 3;
/// Entries of the rings.
const RING_ENTRIES: u16 = 64;
/// The guest looks after its ring every so many cycles.
const POLL_CYCLES: u64 = 16;
/// Bytes that a VCPU writes into a page that it dirties.
const VCPU_WRITE_BYTES: usize = 64;
/// So long after a reset of the device the driver starts anew: what it had under way has landed by then.
const RESET_CYCLES: u64 = 20_000;
/// Failures that are kept as text.
const KEPT_FAILURES: usize = 8;

/// What the guest does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestProfile {
    /// How often each kind of job comes.
    pub mix: Mix,
    /// Lengths of jobs in bytes.
    pub job_bytes: RangeInclusive<u32>,
    /// Jobs that the guest keeps in the ring, at most 64.
    pub queue_depth: u16,
    /// Each job writes to the next page of memory instead of a random one.
    pub sweep: bool,
    /// Memory that the VCPUs dirty, in bytes a second of guest time, by whole pages.
    pub dirty_bytes_per_s: u64,
}

impl Default for GuestProfile {
    fn default() -> Self {
        Self {
            mix: Mix::ALL,
            job_bytes: 4..=2048,
            queue_depth: 16,
            sweep: false,
            dirty_bytes_per_s: 800_000_000,
        }
    }
}

/// What the guest has seen so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestReport {
    /// Jobs that were given to the accelerator.
    pub submitted: u64,
    /// Jobs that came back as they must.
    pub completed: u64,
    /// Jobs that were in the ring when the guest moved.
    pub interrupted: u64,
    /// Of these, the jobs that came back as they must on the destination.
    pub interrupted_completed: u64,
    /// Interrupts that completed jobs must have raised.
    pub expected_interrupts: u64,
    /// Interrupts that came.
    pub interrupts: u64,
    /// Pages that the VCPUs wrote, each time counted.
    pub vcpu_writes: u64,
    /// Jobs that came back with an error, which the guest was told to expect, see [`Guest::expect_errors`].
    pub errors: u64,
    /// Of these, jobs that were in the ring when the guest moved.
    pub interrupted_errors: u64,
    /// Jobs that were in the ring when the device was reset.
    pub abandoned: u64,
    /// Things that went wrong.
    pub failures: u64,
    /// The first of them.
    pub failure_texts: Vec<String>,
}

impl GuestReport {
    /// Adds what another driver has seen.
    fn add(&mut self, other: Self) {
        // By name, so that none is forgotten.
        let Self {
            submitted,
            completed,
            interrupted,
            interrupted_completed,
            expected_interrupts,
            interrupts,
            vcpu_writes,
            errors,
            interrupted_errors,
            abandoned,
            failures,
            failure_texts,
        } = other;
        self.submitted += submitted;
        self.completed += completed;
        self.interrupted += interrupted;
        self.interrupted_completed += interrupted_completed;
        self.expected_interrupts += expected_interrupts;
        self.interrupts += interrupts;
        self.vcpu_writes += vcpu_writes;
        self.errors += errors;
        self.interrupted_errors += interrupted_errors;
        self.abandoned += abandoned;
        self.failures += failures;
        let room = KEPT_FAILURES.saturating_sub(self.failure_texts.len());
        let texts = failure_texts.into_iter().take(room);
        self.failure_texts.extend(texts);
    }
}

/// What a driver has of its machine.
#[derive(Clone, Debug)]
pub struct Place {
    /// The card that it drives.
    pub card: usize,
    /// Its part of guest memory, by pages.
    pub pages: Range<u64>,
    /// IOVAs of other cards' BAR0.
    pub peers: Vec<u64>,
}

/// A handle on a driver of the guest, wherever it runs.
#[derive(Clone)]
pub struct Guest(Arc<Mutex<State>>);

struct State {
    profile: GuestProfile,
    ring: Ring,
    jobs: JobSource,
    vcpu: Stream,
    place: Place,
    clock_hz: u64,
    in_flight: VecDeque<Planned>,
    /// Register writes of the driver's start that are still to come.
    start: VecDeque<(u32, u32)>,
    started: bool,
    /// A doorbell value that the card has not yet been told.
    doorbell: Option<u32>,
    /// Bytes times clock_hz that the VCPUs may dirty.
    dirty_budget: u128,
    /// Jobs that may still be submitted; without a limit while `None`.
    allowance: Option<u64>,
    report: GuestReport,
    /// A job may come back with an error.
    expects_errors: bool,
    /// A job has not done what it was to do with the scratch memory: what a STORE writes is not known.
    scratch_unknown: bool,
    /// The device was reset: the driver starts anew after so many polls.
    restart_polls: u64,
}

impl Guest {
    /// A guest that starts its driver with its first tick.
    ///
    /// # Errors
    /// The rings are none that the engine has.
    pub fn new(
        profile: GuestProfile,
        mappings: &[DmaMapping],
        place: Place,
        clock_hz: u64,
        seed: Seed,
    ) -> Result<Self, RingError> {
        let address = |page| (place.pages.start + page) * PAGE_BYTES;
        let jobs = JobSource::new(
            &profile,
            mappings,
            place.pages.start + FIRST_WORK_PAGE..place.pages.end,
            place.peers.clone(),
            seed.named("jobs").stream(),
        );
        let ring = Ring::new(RingLayout {
            descriptors: address(DESCRIPTORS_PAGE),
            descriptors_iova: jobs.iova(address(DESCRIPTORS_PAGE)),
            completions: address(COMPLETIONS_PAGE),
            completions_iova: jobs.iova(address(COMPLETIONS_PAGE)),
            entries: RING_ENTRIES,
        })?;
        let state = State {
            start: ring.register_writes().into(),
            profile,
            ring,
            jobs,
            vcpu: seed.named("vcpu").stream(),
            place,
            clock_hz,
            in_flight: VecDeque::new(),
            started: false,
            doorbell: None,
            dirty_budget: 0,
            allowance: None,
            report: GuestReport::default(),
            expects_errors: false,
            scratch_unknown: false,
            restart_polls: 0,
        };
        Ok(Self(Arc::new(Mutex::new(state))))
    }

    /// The driver of a card in a machine like this.
    ///
    /// # Errors
    /// As [`Guest::new`].
    pub(super) fn of_card(config: &MigrationConfig, card: usize) -> Result<Self, RingError> {
        // The first card's driver is the one of a machine with one card.
        let seed = config.seed.named("guest");
        let seed = if card == 0 {
            seed
        } else {
            seed.numbered("card", card)
        };
        Self::new(
            config.guest.clone(),
            &config.mappings(),
            config.place(card),
            config.root_complex.clock_hz,
            seed,
        )
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program that runs on a machine's VCPUs.
    pub fn agent(&self) -> Box<dyn Agent> {
        Box::new(GuestAgent {
            guest: self.clone(),
            ticks: 0,
        })
    }

    /// What the guest has seen so far.
    pub fn report(&self) -> GuestReport {
        self.lock().report.clone()
    }

    /// Jobs that were completed so far.
    pub fn completed(&self) -> u64 {
        self.lock().report.completed
    }

    /// From now on a job may come back with an error, as when the answer to its read is lost. The
    /// guest counts it, and goes on; a job that reports success must still have done all of it.
    pub fn expect_errors(&self) {
        self.lock().expects_errors = true;
    }

    /// The device was reset, and the guest is told: it gives up what is in the ring, and starts its driver anew.
    pub fn device_was_reset(&self) {
        let mut state = self.lock();
        let abandoned = std::mem::take(&mut state.in_flight);
        state.report.abandoned += abandoned.len() as u64;
        let moved = abandoned.iter().filter(|planned| planned.interrupted);
        state.report.interrupted = state
            .report
            .interrupted
            .saturating_sub(moved.count() as u64);
        // Jobs that were given up may have raised theirs or not.
        state.report.expected_interrupts = state.report.interrupts;
        state.ring = state.ring.restarted();
        state.start = state.ring.register_writes().into();
        state.started = false;
        state.doorbell = None;
        state.scratch_unknown = true;
        state.restart_polls = RESET_CYCLES / POLL_CYCLES;
    }

    /// Failures so far.
    pub fn failures(&self) -> u64 {
        self.lock().report.failures
    }

    /// IOVA of the completion ring.
    pub fn completions_iova(&self) -> u64 {
        self.lock().ring.layout().completions_iova
    }

    /// From now on only so many more jobs are submitted.
    pub fn allow(&self, jobs: u64) {
        self.lock().allowance = Some(jobs);
    }

    /// Jobs are submitted without a limit again.
    pub(super) fn go_on(&self) {
        self.lock().allowance = None;
    }

    /// Nothing is in the ring, and all interrupts have come.
    pub fn is_done(&self) -> bool {
        self.lock().is_done()
    }

    /// Jobs in the ring.
    pub fn in_flight(&self) -> u64 {
        self.lock().in_flight.len() as u64
    }

    /// Takes the interrupts that wait on a machine.
    pub(super) fn take_interrupts(&self, machine: &mut Machine) -> u64 {
        machine
            .root_complex
            .take_interrupts(self.lock().place.card, VECTOR)
    }

    /// The guest has moved to another machine, with so many interrupts that it has not seen.
    pub(super) fn moved(&self, interrupts: u64) {
        let mut state = self.lock();
        state.report.interrupts += interrupts;
        state.report.interrupted += state.in_flight.len() as u64;
        for planned in &mut state.in_flight {
            planned.interrupted = true;
        }
    }
}

struct GuestAgent {
    guest: Guest,
    ticks: u64,
}

impl Agent for GuestAgent {
    fn tick(&mut self, port: &mut AgentPort<'_>) {
        self.ticks += 1;
        if self.ticks.is_multiple_of(POLL_CYCLES) {
            self.guest.lock().poll(port);
        }
    }
}

/// Guest memory by way of an agent's port.
struct PortMemory<'a, 'b>(&'a mut AgentPort<'b>);

impl PortMemory<'_, '_> {
    fn refused(&self, address: u64, bytes: usize) -> MemoryError {
        MemoryError {
            address,
            bytes: bytes as u64,
            memory_bytes: self.0.memory_bytes(),
        }
    }
}

impl GuestMemory for PortMemory<'_, '_> {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        let bytes = into.len();
        let done = self.0.read(address, into);
        done.map_err(|_| self.refused(address, bytes))
    }

    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
        let done = self.0.write(address, from);
        done.map_err(|_| self.refused(address, from.len()))
    }
}

impl State {
    fn is_done(&self) -> bool {
        self.allowance == Some(0)
            && self.in_flight.is_empty()
            && self.report.interrupts >= self.report.expected_interrupts
    }

    /// What a dirty page costs of the budget.
    fn page_cost(&self) -> u128 {
        u128::from(PAGE_BYTES) * u128::from(self.clock_hz)
    }

    fn fail(&mut self, text: String) {
        self.report.failures += 1;
        if self.report.failure_texts.len() < KEPT_FAILURES {
            self.report.failure_texts.push(text);
        }
    }

    /// The guest looks after its ring and its memory.
    #[inline(never)]
    fn poll(&mut self, port: &mut AgentPort<'_>) {
        if let Err(error) = self.drive(port) {
            self.fail(error.to_string());
        }
        self.write_memory(port);
    }

    /// The driver: takes completions, submits jobs.
    fn drive(&mut self, port: &mut AgentPort<'_>) -> Result<(), RingError> {
        if self.restart_polls > 0 {
            self.restart_polls -= 1;
            return Ok(());
        }
        if !self.started {
            self.ring.clear_completions(&mut PortMemory(port))?;
            self.started = true;
        }
        while let Some(&(offset, value)) = self.start.front() {
            if !self.write_register(port, offset, value) {
                return Ok(());
            }
            self.start.pop_front();
        }
        self.report.interrupts += port.take_interrupts(self.place.card, VECTOR);
        while let Some(completion) = self.ring.poll(&mut PortMemory(port))? {
            self.check(port, completion)?;
        }
        let depth = usize::from(self.profile.queue_depth.min(RING_ENTRIES));
        while self.in_flight.len() < depth && self.allowance != Some(0) {
            let mut memory = PortMemory(port);
            let Some(planned) = self.jobs.next(&mut memory, &self.in_flight)? else {
                break;
            };
            let doorbell =
                self.ring
                    .submit(&mut memory, &planned.job, planned.cookie, planned.interrupt)?;
            self.doorbell = Some(doorbell.0);
            self.in_flight.push_back(planned);
            self.report.submitted += 1;
            if let Some(allowance) = &mut self.allowance {
                *allowance -= 1;
            }
        }
        if let Some(value) = self.doorbell
            && self.write_register(port, accelerator::DOORBELL, value)
        {
            self.doorbell = None;
        }
        Ok(())
    }

    /// Whether the write was taken; if not, it must be tried again.
    fn write_register(&mut self, port: &mut AgentPort<'_>, offset: u32, value: u32) -> bool {
        let bytes = value.to_le_bytes();
        match port.mmio_write(self.place.card, accelerator::BAR, u64::from(offset), &bytes) {
            Ok(()) => true,
            Err(MmioError::Busy { .. }) => false,
            Err(error) => {
                self.fail(error.to_string());
                true
            }
        }
    }

    /// Compares a completion, and the memory that the job wrote, with what they must be.
    fn check(&mut self, port: &mut AgentPort<'_>, found: Completion) -> Result<(), RingError> {
        let Some(planned) = self.in_flight.pop_front() else {
            self.fail(format!("completion {} answers no job", found.index));
            return Ok(());
        };
        let index = found.index;
        let job = planned.job;
        let failures = self.report.failures;
        if self.expects_errors && found.result == JobResult::ReadError {
            self.report.errors += 1;
            self.report.interrupted_errors += u64::from(planned.interrupted);
            self.report.expected_interrupts += u64::from(planned.interrupt);
            self.scratch_unknown = true;
            return Ok(());
        }
        let checked = !(self.scratch_unknown && matches!(job, Job::Store { .. }));
        if found.result != JobResult::Ok {
            self.fail(format!(
                "job {index} ({job:?}) ended with {:?}",
                found.result
            ));
        }
        if found.cookie != planned.cookie {
            let (cookie, expected) = (found.cookie, planned.cookie);
            self.fail(format!(
                "job {index} ({job:?}) has cookie {cookie:#x}, expected {expected:#x}"
            ));
        }
        if checked && found.checksum != planned.checksum {
            let (sum, expected) = (found.checksum, planned.checksum);
            self.fail(format!(
                "job {index} ({job:?}) reports {sum:x?}, expected {expected:x?}"
            ));
        }
        if checked && let Some(reason) = planned.memory_mismatch(&mut PortMemory(port))? {
            self.fail(format!("job {index} ({job:?}): {reason}"));
        }
        self.report.expected_interrupts += u64::from(planned.interrupt);
        if self.report.failures == failures {
            self.report.completed += 1;
            self.report.interrupted_completed += u64::from(planned.interrupted);
        }
        Ok(())
    }

    /// The VCPUs' other work: writes to random pages at the rate of the profile.
    fn write_memory(&mut self, port: &mut AgentPort<'_>) {
        let page_cost = self.page_cost();
        self.dirty_budget += u128::from(self.profile.dirty_bytes_per_s) * u128::from(POLL_CYCLES);
        while self.dirty_budget >= page_cost {
            self.dirty_budget -= page_cost;
            let pages = &self.place.pages;
            let page = self
                .vcpu
                .within(pages.start + FIRST_WORK_PAGE..=pages.end - 1);
            let offset = self.vcpu.below(PAGE_BYTES - VCPU_WRITE_BYTES as u64 + 1);
            let address = page * PAGE_BYTES + offset;
            let mut data = [0; VCPU_WRITE_BYTES];
            self.vcpu.fill(&mut data);
            if jobs::is_free(&self.in_flight, address, VCPU_WRITE_BYTES as u64) {
                match port.write(address, &data) {
                    Ok(()) => self.report.vcpu_writes += 1,
                    Err(error) => self.fail(error.to_string()),
                }
            }
        }
    }
}
