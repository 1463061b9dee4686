//! The scenario: two machines, a guest on the first, and the two flows on two threads.

use super::guest::Guest;
use super::observer::{Event, Observer, Reporter, Side};
use super::platform::SimPlatform;
use super::verdict::{Comparison, MigrationReport};
use super::{MigrationConfig, MigrationError};
use crate::firmware_host::HostedFirmware;
use crate::function::CardFunction;
use crate::machine::{Machine, MachineConfig};
use crate::ports::Card;
use crate::seed::Stream;
use slackwater_host::Device;
use slackwater_host::flow::pipeline::Message;
use slackwater_host::flow::{
    Phase, Progress, ResumeError, ResumeOptions, ResumeReport, SaveError, SaveOptions, SaveReport,
    resume, save, transport_with,
};
use slackwater_host::function::{Function, Permissions};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// Messages on their way between the two flows.
const TRANSPORT_DEPTH: usize = 8;
/// Cycles that a job may take at most, in the mean over those waited for.
const CYCLES_PER_JOB: u64 = 200_000;
/// Cycles that the guest has for its driver's start and its interrupts.
const SETTLE_CYCLES: u64 = 1_000_000;
/// Of this many pages one stays empty at first.
const EMPTY_SHARE: u64 = 4;

/// Sees every message between the flows, and may change it.
pub type Tap = Box<dyn FnMut(&mut Message) + Send>;

/// Two machines, ready to be migrated from one to the other.
pub struct Migration {
    config: MigrationConfig,
    source: Arc<Mutex<Machine>>,
    destination: Arc<Mutex<Machine>>,
    guest: Guest,
    tap: Option<Tap>,
}

/// How a migration went.
#[derive(Debug)]
pub struct Outcome {
    /// The figures.
    pub report: MigrationReport,
    /// The save flow.
    pub save: Result<SaveReport, SaveError>,
    /// The resume flow.
    pub resume: Result<ResumeReport, ResumeError>,
    /// What the simulator saw when everything was loaded.
    pub comparison: Option<Comparison>,
}

fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Noise in most pages; a page that is lost must show.
fn fill(machine: &mut Machine, mut random: Stream) {
    for page in 0..machine.memory.pages() {
        if random.below(EMPTY_SHARE) > 0
            && let Ok(bytes) = machine.memory.page_mut(page)
        {
            random.fill(bytes);
        }
    }
}

impl Migration {
    /// Two machines with the design itself on the backend of the configuration.
    ///
    /// # Errors
    /// The configuration makes no sense, or the image cannot be read; nothing has been simulated.
    pub fn new(config: MigrationConfig) -> Result<Self, MigrationError> {
        let (source, destination) = (config.backend.card()?, config.backend.card()?);
        Self::with_cards(config, source, destination)
    }

    /// The same with other cards, such as traced ones.
    ///
    /// # Errors
    /// As [`Migration::new`].
    pub fn with_cards(
        config: MigrationConfig,
        source: Box<dyn Card>,
        destination: Box<dyn Card>,
    ) -> Result<Self, MigrationError> {
        MigrationConfig::check_memory_bytes(config.memory_bytes)?;
        check_guest(&config)?;
        let mappings = config.mappings();
        let clock_hz = config.root_complex.clock_hz;
        let seed = config.seed.named("guest");
        let guest = Guest::new(
            config.guest.clone(),
            &mappings,
            config.memory_bytes,
            clock_hz,
            seed,
        )?;
        let machine = |name, card, image| -> Result<_, MigrationError> {
            let machine_config = MachineConfig {
                seed: config.seed.named(name),
                memory_bytes: config.memory_bytes,
                image,
                root_complex: config.placed_root_complex(),
            };
            let mut machine = Machine::new(&machine_config, vec![card])?;
            machine.slots[0].firmware =
                Some(Box::new(HostedFirmware::with_limits(config.firmware)));
            let machine = Arc::new(Mutex::new(machine));
            let mut function = CardFunction::new(Arc::clone(&machine), 0);
            let permissions = Permissions {
                read: true,
                write: true,
            };
            for mapping in &mappings {
                function.map_dma(mapping.iova, mapping.address, mapping.bytes, permissions)?;
            }
            Ok(machine)
        };
        let source = machine("source", source, config.image.clone())?;
        let destination = machine("destination", destination, None)?;
        if config.image.is_none() {
            fill(&mut lock(&source), config.seed.named("memory").stream());
        }
        Ok(Self {
            config,
            source,
            destination,
            guest,
            tap: None,
        })
    }

    /// Lets `tap` see, and change, every message between the flows.
    pub fn set_tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// The guest.
    pub fn guest(&self) -> &Guest {
        &self.guest
    }

    /// Migrates. A flow that fails is a result and no error; the guest then completes its ring on the source.
    ///
    /// # Errors
    /// The migration could not be begun.
    pub fn run(mut self, observer: &dyn Observer) -> Result<Outcome, MigrationError> {
        let begun = Instant::now();
        self.warm_up(observer)?;
        let (save, resume, comparison) = self.flows(observer)?;
        let moved = save.is_ok() && resume.is_ok();
        let done = self.complete_ring(moved, observer);
        let mut report = self.report(&save, &resume);
        if let Some(comparison) = &comparison {
            report.add_comparison(comparison);
        }
        report.add_guest(&self.guest.report(), done);
        let ns = begun.elapsed().as_nanos().max(1);
        let rate = u128::from(report.simulated_cycles) * 1_000_000_000 / ns;
        report.cycles_per_second = u64::try_from(rate).unwrap_or(u64::MAX);
        Ok(Outcome {
            report,
            save,
            resume,
            comparison,
        })
    }

    fn reporter<'a>(&'a self, side: Side, observer: &'a dyn Observer) -> Reporter<'a> {
        let machine = match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        };
        Reporter {
            side,
            machine,
            observer,
        }
    }

    /// The guest starts, and keeps the accelerator busy.
    fn warm_up(&self, observer: &dyn Observer) -> Result<(), MigrationError> {
        self.reporter(Side::Source, observer).event(Event::WarmUp);
        let wanted = self.config.jobs_before;
        let guest = &self.guest;
        let mut machine = lock(&self.source);
        machine.add_agent(guest.agent());
        machine.vcpus_running = true;
        let cycles = SETTLE_CYCLES.saturating_add(wanted.saturating_mul(CYCLES_PER_JOB));
        machine.run_until(cycles, |_| guest.has_completed(wanted));
        if guest.failures() == 0 && guest.completed() >= wanted {
            return Ok(());
        }
        let failure = guest.report().failure_texts.into_iter().next();
        Err(MigrationError::WarmUp {
            completed: guest.completed(),
            wanted,
            cycles: machine.now_cycles(),
            failure: failure.unwrap_or_else(|| "no failure was noticed".to_owned()),
        })
    }

    fn open(&self, side: Side) -> Result<Device<CardFunction>, MigrationError> {
        let machine = match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        };
        Device::open(CardFunction::new(Arc::clone(machine), 0))
            .map_err(|error| MigrationError::Open { side, error })
    }

    /// Both flows, on two threads, until both have ended.
    #[expect(
        clippy::type_complexity,
        reason = "the results of the two flows, used once"
    )]
    fn flows(
        &mut self,
        observer: &dyn Observer,
    ) -> Result<
        (
            Result<SaveReport, SaveError>,
            Result<ResumeReport, ResumeError>,
            Option<Comparison>,
        ),
        MigrationError,
    > {
        let mut source = self.open(Side::Source)?;
        let mut destination = self.open(Side::Destination)?;
        let tap = self.tap.take().unwrap_or_else(|| Box::new(|_| {}));
        let (source_end, destination_end) = transport_with(TRANSPORT_DEPTH, tap)?;
        let save_options = SaveOptions {
            mappings: self.config.mappings(),
            ..self.config.save.clone()
        };
        let resume_options = ResumeOptions {
            halt_when_loaded: true,
        };
        let this = &*self;
        let mut leaving = SimPlatform::new(Arc::clone(&this.source));
        let mut entering = SimPlatform::receiving(
            Arc::clone(&this.destination),
            Arc::clone(&this.source),
            this.guest.clone(),
        );
        let mut reporter = this.reporter(Side::Source, observer);
        let mut watcher = Watcher {
            reporter: this.reporter(Side::Destination, observer),
            source: &this.source,
            comparison: None,
        };
        let (saved, resumed) = thread::scope(|scope| {
            let thread =
                thread::Builder::new()
                    .name("save".into())
                    .spawn_scoped(scope, move || {
                        save(
                            &mut source,
                            &mut leaving,
                            source_end,
                            &save_options,
                            &mut reporter,
                        )
                    })?;
            let resumed = resume(
                &mut destination,
                &mut entering,
                destination_end,
                &resume_options,
                &mut watcher,
            );
            let saved = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok::<_, MigrationError>((saved, resumed))
        })?;
        Ok((saved, resumed, watcher.comparison))
    }

    /// Lets the guest bring its ring to an end. True if it got there.
    fn complete_ring(&self, moved: bool, observer: &dyn Observer) -> bool {
        let side = if moved {
            Side::Destination
        } else {
            Side::Source
        };
        let reporter = self.reporter(side, observer);
        reporter.event(Event::Completing);
        let guest = &self.guest;
        guest.allow(self.config.jobs_after);
        let jobs = guest.in_flight() + self.config.jobs_after;
        let limit = SETTLE_CYCLES.saturating_add(jobs.saturating_mul(CYCLES_PER_JOB));
        let mut machine = lock(reporter.machine);
        machine.run_until(limit, |_| guest.has_ended()) && guest.is_done()
    }

    fn report(
        &self,
        save: &Result<SaveReport, SaveError>,
        resume: &Result<ResumeReport, ResumeError>,
    ) -> MigrationReport {
        let (source, destination) = (lock(&self.source), lock(&self.destination));
        let config = &self.config;
        let mut report = MigrationReport {
            clock_hz: source.clock_hz(),
            seed: config.seed.0,
            backend: config.backend,
            memory_bytes: config.memory_bytes,
            link: config.root_complex.link.speed.to_string(),
            network_bytes_per_s: config.save.network_bytes_per_s,
            downtime_limit_ns: config.save.downtime_limit_ns,
            source_cycles: source.now_cycles(),
            destination_cycles: destination.now_cycles(),
            simulated_cycles: source.now_cycles() + destination.now_cycles(),
            ..MigrationReport::default()
        };
        if let Some(port) = source.root_complex.report(0) {
            report.device_writes = port.memory_writes;
            report.device_atomics = port.atomics;
        }
        match save {
            Ok(save) => report.add_save(save),
            Err(error) => report.failure = Some(error.to_string()),
        }
        match resume {
            Ok(resume) => report.add_resume(resume),
            // The source hears the destination's reason, and tells more: where it is itself.
            Err(error) if report.failure.is_none() => report.failure = Some(error.to_string()),
            Err(_) => {}
        }
        report
    }
}

fn check_guest(config: &MigrationConfig) -> Result<(), MigrationError> {
    let refuse = |option, value, expected| {
        Err(MigrationError::Option {
            option,
            value,
            expected,
        })
    };
    if config.root_complex.clock_hz == 0 {
        return refuse("clock_hz", 0, "a clock of more than 0 Hz");
    }
    if config.save.network_bytes_per_s == 0 {
        return refuse("network_bytes_per_s", 0, "more than 0 bytes per second");
    }
    let most = u64::from(*config.guest.job_bytes.end());
    if most < 4 || most > config.memory_bytes / 4 || config.guest.sweep && most > 4096 {
        return refuse(
            "the longest job in bytes",
            most,
            "at least 4, at most a quarter of memory, and in a sweep a page",
        );
    }
    Ok(())
}

/// The destination's progress; it compares the machines when both stand still.
struct Watcher<'a> {
    reporter: Reporter<'a>,
    source: &'a Arc<Mutex<Machine>>,
    comparison: Option<Comparison>,
}

impl Progress for Watcher<'_> {
    fn phase(&mut self, phase: Phase) {
        self.reporter.phase(phase);
        if phase == Phase::Loaded {
            // The source has sent everything and waits for the answer to it: its clock stands still.
            let source = lock(self.source);
            self.comparison = Some(Comparison::of(&source, &lock(self.reporter.machine)));
        }
    }

    fn pages(&mut self, done: u64, total: u64) {
        self.reporter.pages(done, total);
    }

    fn round(&mut self, round: u32, dirty_pages: u64) {
        self.reporter.round(round, dirty_pages);
    }
}
