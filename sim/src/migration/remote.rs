//! One side of a migration whose other side is another process.
//!
//! ```text
//!  Departing ─▶ save ─▶ SourceEnd ═══ connection ═══▶ DestinationEnd ─▶ receive ─▶ resume
//!     └ machine, guest                                                     └ machine made to measure
//! ```
//! The destination makes its machine as large as the source says, with as many cards. Nobody can
//! look into both machines: each makes digests of its pages and devices, which the destination
//! compares before it says that it has loaded them. The guest goes along as bytes, with all that its
//! drivers know, and completes its ring where it then is.

use super::fault::Ending;
use super::guest::Team;
use super::node::{self, Node, lock};
use super::observer::{Observer, Side};
use super::verdict::MigrationReport;
use super::{MigrationConfig, MigrationError, SimPlatform};
use crate::machine::Machine;
use crate::ports::Card;
use slackwater_host::flow::pipeline::Hello;
use slackwater_host::flow::{
    DestinationEnd, ResumeError, ResumeOptions, ResumeReport, Rollback, SaveError, SaveOptions,
    SaveReport, SourceEnd, resume, save,
};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A machine with its guest, ready to leave.
pub struct Departing {
    config: MigrationConfig,
    machine: Arc<Mutex<Machine>>,
    team: Team,
}

/// How the source of a migration fared.
#[derive(Debug)]
pub struct Departure {
    /// The figures, as far as the source knows them.
    pub report: MigrationReport,
    /// The save flow.
    pub save: Result<SaveReport, SaveError>,
    /// Where the machine is.
    pub ending: Ending,
}

impl Departing {
    /// A machine with these cards.
    ///
    /// # Errors
    /// The configuration makes no sense, or the image cannot be read; nothing has been simulated.
    pub fn new(config: MigrationConfig, cards: Vec<Box<dyn Card>>) -> Result<Self, MigrationError> {
        config.check()?;
        Ok(Self {
            machine: node::machine(&config, Side::Source, cards)?,
            team: Team::of(&config)?,
            config,
        })
    }

    /// Migrates to whoever is at the other end. A flow that fails is a result and no error; the guest
    /// then completes its ring here.
    ///
    /// # Errors
    /// The migration could not be begun.
    pub fn run(
        self,
        link: SourceEnd,
        observer: &dyn Observer,
    ) -> Result<Departure, MigrationError> {
        let begun = Instant::now();
        let node = Node {
            side: Side::Source,
            config: &self.config,
            machine: &self.machine,
            team: &self.team,
        };
        node.warm_up(observer)?;
        let options = SaveOptions {
            mappings: self.config.mappings(),
            ..self.config.save.clone()
        };
        let mut platform = SimPlatform::leaving(Arc::clone(&self.machine), self.team.clone())
            .with_peer_dma(self.config.peer_dma);
        let mut devices = node.open()?;
        let mut reporter = node.reporter(observer);
        let saved = save(&mut devices, &mut platform, link, &options, &mut reporter);
        let mut report = MigrationReport::of(&self.config);
        report.side = Some(Side::Source);
        let ending = match &saved {
            Ok(saved) => {
                report.add_save(saved);
                report.add_digest(saved.compared_pages, state_words(&lock(&self.machine)));
                if report.is_success() {
                    Ending::Migrated
                } else {
                    Ending::Lost
                }
            }
            Err(error) => {
                report.failure = Some(error.to_string());
                self.stay(node, &error.rollback, &mut report, observer)
            }
        };
        observer.completed(Side::Source, &mut lock(&self.machine));
        report.add_source(&lock(&self.machine));
        report.add_rate(begun);
        Ok(Departure {
            report,
            save: saved,
            ending,
        })
    }

    /// The guest completes its ring where it was, unless nobody may know where it is.
    fn stay(
        &self,
        node: Node<'_>,
        rollback: &Rollback,
        report: &mut MigrationReport,
        observer: &dyn Observer,
    ) -> Ending {
        if *rollback == Rollback::InDoubt {
            return Ending::Doubt;
        }
        let failed = matches!(rollback, Rollback::DeviceFailed(_));
        let done = node.complete_ring(failed, observer);
        report.add_guest(&self.team.report(), done);
        match (report.guest_is_whole(), failed) {
            (false, _) => Ending::Lost,
            (true, true) => Ending::Reset,
            (true, false) => Ending::Back,
        }
    }
}

/// How the destination of a migration fared.
#[derive(Debug)]
pub struct Received {
    /// The figures, as far as the destination knows them.
    pub report: MigrationReport,
    /// The resume flow.
    pub resume: Result<ResumeReport, ResumeError>,
    /// Where the machine is: [`Ending::Back`] if it is not here.
    pub ending: Ending,
}

/// Takes a machine in. Size and number of cards are the source's; all else is as `config` says.
///
/// # Errors
/// The machine could not be made, or the source did not begin. The source hears the reason.
pub fn receive(
    config: MigrationConfig,
    mut link: DestinationEnd,
    observer: &dyn Observer,
) -> Result<Received, MigrationError> {
    let begun = Instant::now();
    let made = link
        .hello()
        .map_err(MigrationError::from)
        .and_then(|hello| made_to_measure(config, &hello));
    let (config, machine, team) = match made {
        Ok(made) => made,
        Err(error) => {
            link.refuse(error.to_string());
            return Err(error);
        }
    };
    let node = Node {
        side: Side::Destination,
        config: &config,
        machine: &machine,
        team: &team,
    };
    let mut devices = match node.open() {
        Ok(devices) => devices,
        Err(error) => {
            link.refuse(error.to_string());
            return Err(error);
        }
    };
    let mut platform =
        SimPlatform::awaiting(Arc::clone(&machine), config.clone()).with_peer_dma(config.peer_dma);
    let options = ResumeOptions {
        halt_when_loaded: true,
    };
    let mut reporter = node.reporter(observer);
    let resumed = resume(&mut devices, &mut platform, link, &options, &mut reporter);
    let mut report = MigrationReport::of(&config);
    report.side = Some(Side::Destination);
    match (&resumed, platform.into_guest()) {
        (Ok(resumed), Some(guest)) => {
            report.add_resume(resumed);
            report.stream_bytes = resumed.stream_bytes;
            report.received_pages = resumed.pages;
            report.add_digest(resumed.compared_pages, state_words(&lock(&machine)));
            let done = Node {
                team: &guest,
                ..node
            }
            .complete_ring(false, observer);
            report.add_guest(&guest.report(), done);
        }
        (Ok(_), None) => {
            report.failure = Some("the machine came without its guest".to_owned());
        }
        (Err(error), _) => report.failure = Some(error.to_string()),
    }
    let ending = match &resumed {
        Err(_) => Ending::Back,
        Ok(_) if report.is_success() => Ending::Migrated,
        Ok(_) => Ending::Lost,
    };
    observer.completed(Side::Destination, &mut lock(&machine));
    report.add_destination(&lock(&machine));
    report.add_rate(begun);
    Ok(Received {
        report,
        resume: resumed,
        ending,
    })
}

type Made = (MigrationConfig, Arc<Mutex<Machine>>, Team);

/// A machine as large as the source says that its own is.
fn made_to_measure(config: MigrationConfig, hello: &Hello) -> Result<Made, MigrationError> {
    let cards = hello.devices.len();
    let config = MigrationConfig {
        memory_bytes: hello.memory_bytes,
        cards,
        peer_dma: cards > 1,
        image: None,
        ..config
    };
    config.check()?;
    let cards = (0..cards).map(|_| config.backend.card());
    let machine = node::machine(&config, Side::Destination, cards.collect::<Result<_, _>>()?)?;
    let team = Team::of(&config)?;
    Ok((config, machine, team))
}

/// Words of device state of all cards.
fn state_words(machine: &Machine) -> u64 {
    let cards = machine.slots.iter().map(|slot| slot.card.state_words());
    cards.map(|words| words.len() as u64).sum()
}
