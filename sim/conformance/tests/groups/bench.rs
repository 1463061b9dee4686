//! A machine with several cards, and what is seen of them.

use slackwater_conformance::card::card_with;
use slackwater_hdl::config::CoreConfig;
use slackwater_host::Device;
use slackwater_host::counter::Counter;
use slackwater_host::flow::SaveOptions;
use slackwater_regs::state;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Migration, MigrationConfig, Mix, Outcome};
use slackwater_sim::ports::{Card, CardInputs, CardOutputs};
use slackwater_sim::seed::Seed;
use std::sync::{Arc, Mutex};

/// States are looked at so often: a request takes longer on the link alone.
const SAMPLE_CYCLES: u64 = 64;

/// What is seen of the cards of one machine, clock by clock.
#[derive(Debug, Default)]
pub struct Seen {
    pub states: Vec<u32>,
    /// States of all cards, whenever one of them changed.
    pub history: Vec<Vec<u32>>,
}

/// A card that tells its state to the others' watcher.
struct Watched {
    inner: Box<dyn Card>,
    cycle: u64,
    index: usize,
    seen: Arc<Mutex<Seen>>,
}

impl Card for Watched {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let outputs = self.inner.cycle(inputs);
        self.cycle += 1;
        if !self.cycle.is_multiple_of(SAMPLE_CYCLES) {
            return outputs;
        }
        let state = self.inner.device_state();
        let mut seen = self.seen.lock().unwrap();
        if seen.states[self.index] != state {
            seen.states[self.index] = state;
            let states = seen.states.clone();
            seen.history.push(states);
        }
        outputs
    }

    fn state_words(&self) -> Vec<u32> {
        self.inner.state_words()
    }

    fn device_state(&self) -> u32 {
        self.inner.device_state()
    }

    fn live_marks(&self) -> Vec<u32> {
        self.inner.live_marks()
    }
}

type Cards = (Vec<Box<dyn Card>>, Arc<Mutex<Seen>>);

/// So many cards; those for which `ndma` is false have none.
fn cards(count: usize, ndma: impl Fn(usize) -> bool) -> Cards {
    let seen = Arc::new(Mutex::new(Seen {
        states: vec![state::RUNNING; count],
        history: Vec::new(),
    }));
    let card = |index| {
        let config = CoreConfig {
            ndma: ndma(index),
            ..CoreConfig::default()
        };
        let inner = card_with(&config).unwrap();
        let seen = seen.clone();
        let cycle = 0;
        let card = Watched {
            inner,
            cycle,
            index,
            seen,
        };
        Box::new(card) as Box<dyn Card>
    };
    ((0..count).map(card).collect(), seen)
}

pub fn config(cards: usize, seed: u64) -> MigrationConfig {
    let defaults = MigrationConfig::default();
    let mut config = MigrationConfig {
        seed: Seed(seed),
        memory_bytes: (cards as u64) << 17,
        cards,
        peer_dma: true,
        save: SaveOptions {
            downtime_limit_ns: 1_000_000,
            max_rounds: 1,
            ..SaveOptions::default()
        },
        jobs_before: 2,
        jobs_after: 2,
        ..defaults
    };
    config.guest.mix = Mix::PEERS;
    config
}

pub struct Group {
    pub migration: Migration,
    pub source: Arc<Mutex<Seen>>,
    pub destination: Arc<Mutex<Seen>>,
}

pub fn group(config: MigrationConfig, ndma: impl Fn(usize) -> bool) -> Group {
    let (source_cards, source) = cards(config.cards, &ndma);
    let (destination_cards, destination) = cards(config.cards, &ndma);
    let migration = Migration::with_groups(config, source_cards, destination_cards).unwrap();
    Group {
        migration,
        source,
        destination,
    }
}

pub fn assert_moved(outcome: &Outcome) {
    let report = &outcome.report;
    assert!(report.is_success(), "{report:#?}");
    assert!(report.jobs_interrupted > 0, "{report:#?}");
}

/// How far a card is on its way through the states of a flow.
fn step(flow: &[u32], state: u32) -> usize {
    let place = flow.iter().position(|known| *known == state);
    place.unwrap_or_else(|| panic!("state {state:#x} is none of the flow's {flow:x?}"))
}

pub const SAVE: [u32; 5] = [1, 3, 11, 2, 0];
/// RUNNING comes twice: fresh, and at the end.
pub const RESUME: [u32; 4] = [4, 0, 9, 1];

/// The first time that a card was past a grace state which another one had not reached.
pub fn overtaking<'h>(flow: &[u32], grace: u32, history: &'h [Vec<u32>]) -> Option<&'h Vec<u32>> {
    let grace = step(flow, grace);
    history.iter().find(|states| {
        let steps = states.iter().map(|state| step(flow, *state));
        let (least, most) = steps.fold((usize::MAX, 0), |(least, most), step| {
            (least.min(step), most.max(step))
        });
        most > grace && least < grace
    })
}

/// From the moment on when all have entered the flow.
pub fn from_first(history: &[Vec<u32>], state: u32) -> &[Vec<u32>] {
    let first = history
        .iter()
        .position(|states| states.iter().all(|found| *found == state));
    &history[first.expect("all were there at a time")..]
}

pub fn frozen_accesses(machine: &Arc<Mutex<Machine>>, cards: usize) -> u32 {
    let count = |card| {
        let mut device = Device::open(CardFunction::new(machine.clone(), card)).unwrap();
        let reads = device.counter(Counter::FrozenReads).unwrap();
        reads + device.counter(Counter::FrozenWrites).unwrap()
    };
    (0..cards).map(count).sum()
}
