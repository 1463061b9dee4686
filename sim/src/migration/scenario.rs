//! The scenario: two machines, a guest on the first, and the two flows on two threads.

use super::guest::{Guest, GuestProfile, Team};
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
    Fault, LinkError, Phase, Progress, ResumeError, ResumeOptions, ResumeReport, Rollback,
    SaveError, SaveOptions, SaveReport, resume, save, transport_with,
};
use slackwater_regs::accelerator;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
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
    team: Team,
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
        config.check()?;
        let cards = || (0..config.cards).map(|_| config.backend.card());
        let source = cards().collect::<Result<_, _>>()?;
        let destination = cards().collect::<Result<_, _>>()?;
        Self::with_groups(config, source, destination)
    }

    /// The same with another card in each, such as a traced one.
    ///
    /// # Errors
    /// As [`Migration::new`].
    pub fn with_cards(
        config: MigrationConfig,
        source: Box<dyn Card>,
        destination: Box<dyn Card>,
    ) -> Result<Self, MigrationError> {
        Self::with_groups(config, vec![source], vec![destination])
    }

    /// The same with other cards, as many as the configuration says.
    ///
    /// # Errors
    /// As [`Migration::new`].
    pub fn with_groups(
        config: MigrationConfig,
        source: Vec<Box<dyn Card>>,
        destination: Vec<Box<dyn Card>>,
    ) -> Result<Self, MigrationError> {
        config.check()?;
        for cards in [&source, &destination] {
            if cards.len() != config.cards {
                return Err(MigrationError::Option {
                    option: "number of cards given",
                    value: cards.len() as u64,
                    expected: "as many as the configuration says",
                });
            }
        }
        let mappings = config.mappings();
        let clock_hz = config.root_complex.clock_hz;
        let driver = |card| {
            // The first card's driver is the one of a machine with one card.
            let seed = config.seed.named("guest");
            let seed = if card == 0 {
                seed
            } else {
                seed.numbered("card", card)
            };
            let profile = GuestProfile {
                dirty_bytes_per_s: config.guest.dirty_bytes_per_s / config.cards as u64,
                ..config.guest.clone()
            };
            Guest::new(profile, &mappings, config.place(card), clock_hz, seed)
        };
        let drivers = (0..config.cards).map(driver).collect::<Result<_, _>>()?;
        let source = machine(&config, "source", source, config.image.clone())?;
        let destination = machine(&config, "destination", destination, None)?;
        if config.image.is_none() {
            fill(&mut lock(&source), config.seed.named("memory").stream());
        }
        Ok(Self {
            config,
            source,
            destination,
            team: Team::new(drivers),
            tap: None,
        })
    }

    /// Lets `tap` see, and change, every message between the flows.
    pub fn set_tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// What is migrated, and how.
    pub fn config(&self) -> &MigrationConfig {
        &self.config
    }

    /// The guest's drivers.
    pub fn team(&self) -> &Team {
        &self.team
    }

    /// A machine: [`Side::Source`] is the one that the guest runs on.
    pub fn machine(&self, side: Side) -> &Arc<Mutex<Machine>> {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }

    /// After a migration that has moved the guest: makes ready to move it back. The devices that it left are
    /// reset, as when their files are closed and opened again (rule X3).
    ///
    /// # Errors
    /// A device cannot be reset.
    pub fn turn_around(&mut self) -> Result<(), MigrationError> {
        std::mem::swap(&mut self.source, &mut self.destination);
        for mut device in self.open(Side::Destination)? {
            device.reset()?;
        }
        Ok(())
    }

    /// Migrates once; see [`Migration::migrate`].
    ///
    /// # Errors
    /// The migration could not be begun.
    pub fn run(mut self, observer: &dyn Observer) -> Result<Outcome, MigrationError> {
        self.migrate(observer)
    }

    /// Migrates. A flow that fails is a result and no error; the guest then completes its ring on the source.
    ///
    /// # Errors
    /// The migration could not be begun.
    pub fn migrate(&mut self, observer: &dyn Observer) -> Result<Outcome, MigrationError> {
        let begun = Instant::now();
        self.warm_up(observer)?;
        let (save, resume, comparison) = self.flows(observer)?;
        let moved = save.is_ok() && resume.is_ok();
        let failed =
            matches!(&save, Err(error) if matches!(error.rollback, Rollback::DeviceFailed(_)));
        let done = self.complete_ring(moved, failed, observer);
        observer.completed(Side::Source, &mut lock(&self.source));
        observer.completed(Side::Destination, &mut lock(&self.destination));
        let mut report = self.report(&save, &resume);
        if let Some(comparison) = &comparison {
            report.add_comparison(comparison);
        }
        report.add_guest(&self.team.report(), done);
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
        Reporter {
            side,
            machine: self.machine(side),
            observer,
        }
    }

    /// The guest starts, and keeps the accelerator busy.
    fn warm_up(&self, observer: &dyn Observer) -> Result<(), MigrationError> {
        self.reporter(Side::Source, observer).event(Event::WarmUp);
        let jobs = self.config.jobs_before;
        let team = &self.team;
        let mut machine = lock(&self.source);
        if !machine.vcpus_running {
            for agent in team.agents() {
                machine.add_agent(agent);
            }
            machine.vcpus_running = true;
        }
        let wanted = team.go_on(jobs);
        let cycles = SETTLE_CYCLES.saturating_add(self.cycles_for(jobs));
        machine.run_until(cycles, |_| team.has_ended_by(&wanted));
        if team.failures() == 0 && team.has_completed(&wanted) {
            return Ok(());
        }
        let failure = team.report().failure_texts.into_iter().next();
        Err(MigrationError::WarmUp {
            completed: team.completed(),
            wanted: wanted.iter().sum(),
            cycles: machine.now_cycles(),
            failure: failure.unwrap_or_else(|| "no failure was noticed".to_owned()),
        })
    }

    /// Cycles that so many jobs of each card may take at most.
    fn cycles_for(&self, jobs: u64) -> u64 {
        let cards = self.config.cards as u64;
        jobs.saturating_mul(CYCLES_PER_JOB).saturating_mul(cards)
    }

    fn open(&self, side: Side) -> Result<Vec<Device<CardFunction>>, MigrationError> {
        let machine = self.machine(side);
        (0..self.config.cards)
            .map(|card| {
                Device::open(CardFunction::new(Arc::clone(machine), card))
                    .map_err(|error| MigrationError::Open { side, error })
            })
            .collect()
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
        let peer_dma = this.config.peer_dma;
        let mut leaving = SimPlatform::new(Arc::clone(&this.source)).with_peer_dma(peer_dma);
        let mut entering = SimPlatform::receiving(
            Arc::clone(&this.destination),
            Arc::clone(&this.source),
            this.team.clone(),
        )
        .with_peer_dma(peer_dma);
        let mut reporter = this.reporter(Side::Source, observer);
        let mut watcher = Watcher {
            reporter: this.reporter(Side::Destination, observer),
            source: &this.source,
            comparison: None,
            phase: Phase::Fresh,
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
            let resumed = catch_unwind(AssertUnwindSafe(|| {
                resume(
                    &mut destination,
                    &mut entering,
                    destination_end,
                    &resume_options,
                    &mut watcher,
                )
            }));
            let resumed = resumed.unwrap_or_else(|reason| match reason.downcast::<Died>() {
                Ok(_) => Err(watcher.death()),
                Err(panic) => resume_unwind(panic),
            });
            let saved = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok::<_, MigrationError>((saved, resumed))
        })?;
        Ok((saved, resumed, watcher.comparison))
    }

    /// Lets the guest bring its ring to an end. True if it got there. A device that has failed is
    /// reset before, and the guest is told.
    fn complete_ring(&self, moved: bool, failed: bool, observer: &dyn Observer) -> bool {
        let side = if moved {
            Side::Destination
        } else {
            Side::Source
        };
        let reporter = self.reporter(side, observer);
        reporter.event(Event::Completing);
        if failed {
            let reset = self.open(side).map(|devices| {
                let mut devices = devices.into_iter();
                devices.all(|mut device| device.reset().is_ok())
            });
            if !matches!(reset, Ok(true)) {
                return false;
            }
            self.team.devices_were_reset();
        }
        let team = &self.team;
        team.allow(self.config.jobs_after);
        let jobs = team.in_flight() + self.config.jobs_after;
        let limit = SETTLE_CYCLES.saturating_add(self.cycles_for(jobs));
        let mut machine = lock(reporter.machine);
        if !machine.vcpus_running {
            // A guest that stands still completes nothing.
            return false;
        }
        machine.run_until(limit, |_| team.has_ended()) && team.is_done()
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
        report.cards = config.cards as u64;
        let ports = (0..config.cards).filter_map(|card| source.root_complex.report(card));
        for port in ports {
            report.device_writes += port.memory_writes;
            report.device_atomics += port.atomics;
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

/// A machine with its cards, their firmware, and their mappings.
fn machine(
    config: &MigrationConfig,
    name: &'static str,
    cards: Vec<Box<dyn Card>>,
    image: Option<PathBuf>,
) -> Result<Arc<Mutex<Machine>>, MigrationError> {
    let root_complex = config.placed_root_complex();
    let machine_config = MachineConfig {
        seed: config.seed.named(name),
        memory_bytes: config.memory_bytes,
        image,
        root_complex,
    };
    let mut machine = Machine::new(&machine_config, cards)?;
    for card in 0..config.cards {
        machine.slots[card].firmware = Some(Box::new(HostedFirmware::with_limits(config.firmware)));
        let Some(iommu) = machine.root_complex.iommu(card) else {
            continue;
        };
        for mapping in config.mappings() {
            iommu.map(mapping.iova, mapping.address, mapping.bytes, true, true)?;
        }
        let peers = (0..config.cards).filter(|peer| config.peer_dma && *peer != card);
        for peer in peers {
            let bar = accelerator::BAR;
            let address = root_complex.layout.bar_address(peer, bar);
            let bytes = u64::from(accelerator::BAR_BYTES);
            if let Some(address) = address {
                iommu.map(MigrationConfig::peer_iova(peer), address, bytes, true, true)?;
            }
        }
    }
    Ok(Arc::new(Mutex::new(machine)))
}

/// The destination's progress; it compares the machines when both stand still.
struct Watcher<'a> {
    reporter: Reporter<'a>,
    source: &'a Arc<Mutex<Machine>>,
    comparison: Option<Comparison>,
    phase: Phase,
}

/// Unwinds the destination's flow as if its process had ended: nothing is sent, nothing undone.
struct Died;

impl Watcher<'_> {
    /// What is known of a flow that has ended so.
    const fn death(&self) -> ResumeError {
        ResumeError {
            phase: self.phase,
            fault: Fault::Link(LinkError::Gone {
                peer: "destination",
            }),
            reset: None,
        }
    }
}

impl Progress for Watcher<'_> {
    fn phase(&mut self, phase: Phase) {
        self.phase = phase;
        self.reporter.phase(phase);
        if self.reporter.observer.dies(Side::Destination) {
            resume_unwind(Box::new(Died));
        }
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
