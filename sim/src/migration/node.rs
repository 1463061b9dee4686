//! One machine of a migration: its cards and their firmware, its mappings, and the guest on it.

use super::guest::Team;
use super::observer::{Event, Observer, Reporter, Side};
use super::{MigrationConfig, MigrationError};
use crate::function::CardFunction;
use crate::machine::{Machine, MachineConfig};
use crate::ports::Card;
use crate::seed::Stream;
use slackwater_host::Device;
use slackwater_regs::accelerator;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cycles that a job may take at most, in the mean over those waited for.
const CYCLES_PER_JOB: u64 = 200_000;
/// Cycles that the guest has for its driver's start and its interrupts.
const SETTLE_CYCLES: u64 = 1_000_000;
/// Of this many pages one stays empty at first.
const EMPTY_SHARE: u64 = 4;

pub(super) fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One side of a migration: what it is made like, the machine, and the guest where it is.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub side: Side,
    pub config: &'a MigrationConfig,
    pub machine: &'a Arc<Mutex<Machine>>,
    pub team: &'a Team,
}

impl<'a> Node<'a> {
    pub(super) fn reporter(self, observer: &'a dyn Observer) -> Reporter<'a> {
        Reporter {
            side: self.side,
            machine: self.machine,
            observer,
        }
    }

    /// The guest starts, and keeps the accelerator busy.
    pub(super) fn warm_up(self, observer: &dyn Observer) -> Result<(), MigrationError> {
        self.reporter(observer).event(Event::WarmUp);
        let jobs = self.config.jobs_before;
        let team = self.team;
        let mut machine = lock(self.machine);
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
    fn cycles_for(self, jobs: u64) -> u64 {
        let cards = self.config.cards as u64;
        jobs.saturating_mul(CYCLES_PER_JOB).saturating_mul(cards)
    }

    /// The host driver's handles on the cards.
    pub(super) fn open(self) -> Result<Vec<Device<CardFunction>>, MigrationError> {
        let (machine, side) = (self.machine, self.side);
        (0..self.config.cards)
            .map(|card| {
                Device::open(CardFunction::new(Arc::clone(machine), card))
                    .map_err(|error| MigrationError::Open { side, error })
            })
            .collect()
    }

    /// Lets the guest bring its ring to an end. True if it got there. A device that has failed is
    /// reset before, and the guest is told.
    pub(super) fn complete_ring(self, failed: bool, observer: &dyn Observer) -> bool {
        self.reporter(observer).event(Event::Completing);
        if failed {
            let reset = self.open().map(|devices| {
                let mut devices = devices.into_iter();
                devices.all(|mut device| device.reset().is_ok())
            });
            if !matches!(reset, Ok(true)) {
                return false;
            }
            self.team.devices_were_reset();
        }
        let team = self.team;
        team.allow(self.config.jobs_after);
        let jobs = team.in_flight() + self.config.jobs_after;
        let limit = SETTLE_CYCLES.saturating_add(self.cycles_for(jobs));
        let mut machine = lock(self.machine);
        if !machine.vcpus_running {
            // A guest that stands still completes nothing.
            return false;
        }
        machine.run_until(limit, |_| team.has_ended()) && team.is_done()
    }
}

/// A machine with its cards, their firmware, and their mappings. On the source memory starts as the
/// configuration says; on the destination it is empty.
pub(super) fn machine(
    config: &MigrationConfig,
    side: Side,
    cards: Vec<Box<dyn Card>>,
) -> Result<Arc<Mutex<Machine>>, MigrationError> {
    if cards.len() != config.cards {
        return Err(MigrationError::Option {
            option: "number of cards given",
            value: cards.len() as u64,
            expected: "as many as the configuration says",
        });
    }
    let is_source = side == Side::Source;
    let root_complex = config.placed_root_complex();
    let machine_config = MachineConfig {
        seed: config.seed.named(&side.to_string()),
        memory_bytes: config.memory_bytes,
        image: config.image.clone().filter(|_| is_source),
        root_complex,
    };
    let mut machine = Machine::new(&machine_config, cards)?;
    for card in 0..config.cards {
        machine.slots[card].firmware = Some(config.firmware.start());
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
    if is_source && config.image.is_none() {
        fill(&mut machine, config.seed.named("memory").stream());
    }
    Ok(Arc::new(Mutex::new(machine)))
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
