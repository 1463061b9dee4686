//! The scenario: two machines, a guest on the first, and the two flows on two threads.

use super::guest::Team;
use super::node::{self, Node, lock};
use super::observer::{Observer, Reporter, Side};
use super::platform::SimPlatform;
use super::verdict::{Comparison, MigrationReport};
use super::{MigrationConfig, MigrationError};
use crate::machine::Machine;
use crate::ports::Card;
use slackwater_host::flow::pipeline::Message;
use slackwater_host::flow::{
    Fault, LinkError, Phase, Progress, ResumeError, ResumeOptions, ResumeReport, Rollback,
    SaveError, SaveOptions, SaveReport, resume, save, transport_with,
};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// Messages on their way between the two flows.
const TRANSPORT_DEPTH: usize = 8;
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
        let team = Team::of(&config)?;
        let source = node::machine(&config, Side::Source, source)?;
        let destination = node::machine(&config, Side::Destination, destination)?;
        Ok(Self {
            config,
            source,
            destination,
            team,
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
        for mut device in self.node(Side::Destination).open()? {
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
        self.node(Side::Source).warm_up(observer)?;
        let (save, resume, comparison) = self.flows(observer)?;
        let moved = save.is_ok() && resume.is_ok();
        let failed =
            matches!(&save, Err(error) if matches!(error.rollback, Rollback::DeviceFailed(_)));
        let side = if moved {
            Side::Destination
        } else {
            Side::Source
        };
        let done = self.node(side).complete_ring(failed, observer);
        observer.completed(Side::Source, &mut lock(&self.source));
        observer.completed(Side::Destination, &mut lock(&self.destination));
        let mut report = self.report(&save, &resume);
        if let Some(comparison) = &comparison {
            report.add_comparison(comparison);
        }
        report.add_guest(&self.team.report(), done);
        report.add_rate(begun);
        Ok(Outcome {
            report,
            save,
            resume,
            comparison,
        })
    }

    fn node(&self, side: Side) -> Node<'_> {
        Node {
            side,
            config: &self.config,
            machine: self.machine(side),
            team: &self.team,
        }
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
        let mut source = self.node(Side::Source).open()?;
        let mut destination = self.node(Side::Destination).open()?;
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
        let mut reporter = this.node(Side::Source).reporter(observer);
        let mut watcher = Watcher {
            reporter: this.node(Side::Destination).reporter(observer),
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

    fn report(
        &self,
        save: &Result<SaveReport, SaveError>,
        resume: &Result<ResumeReport, ResumeError>,
    ) -> MigrationReport {
        let (source, destination) = (lock(&self.source), lock(&self.destination));
        let mut report = MigrationReport::of(&self.config);
        report.add_source(&source);
        report.add_destination(&destination);
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
