//! Inputs of a chip, recorded in a migration.

use slackwater_sim::backend::Backend;
use slackwater_sim::backend::port_words::{CardInputWords, card_inputs};
use slackwater_sim::migration::{Migration, MigrationConfig};
use slackwater_sim::ports::{Card, CardInputs, CardOutputs};
use slackwater_sim::seed::Seed;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// Inputs, and for how many cycles they stay: few change in most cycles, and
/// what is read from memory would take longer than the design.
pub struct Stimulus(Vec<Run>);

/// Cycles with the same inputs.
pub struct Run {
    /// The inputs.
    pub inputs: CardInputWords,
    /// Number of cycles.
    pub cycles: usize,
}

impl Run {
    /// Adds a cycle to a recording.
    fn record(runs: &mut Vec<Self>, inputs: CardInputWords) {
        match runs.last_mut() {
            Some(run) if run.inputs == inputs => run.cycles += 1,
            _ => runs.push(Self { inputs, cycles: 1 }),
        }
    }
}

/// A card whose inputs are kept.
struct Tapped {
    inner: Box<dyn Card>,
    runs: Arc<Mutex<Vec<Run>>>,
}

impl Card for Tapped {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        Run::record(&mut runs, card_inputs(inputs));
        self.inner.cycle(inputs)
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

impl Stimulus {
    /// Records the source's card in a migration of 16 MiB.
    pub fn of_migration(seed: u64) -> Result<Self, Box<dyn Error>> {
        let runs = Arc::default();
        let config = MigrationConfig {
            seed: Seed(seed),
            memory_bytes: 16 << 20,
            ..MigrationConfig::default()
        };
        let source = Tapped {
            inner: Backend::Compiled.card()?,
            runs: Arc::clone(&runs),
        };
        let destination = Backend::Compiled.card()?;
        Migration::with_cards(config, Box::new(source), destination)?.run(&())?;
        let runs = std::mem::take(&mut *runs.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Self(runs))
    }

    /// Cycles that were recorded.
    pub fn len(&self) -> usize {
        self.0.iter().map(|run| run.cycles).sum()
    }

    /// What was recorded.
    pub fn runs(&self) -> &[Run] {
        &self.0
    }

    /// So many cycles: the recorded ones, over and over.
    pub fn cycles(&self, count: usize) -> impl Iterator<Item = &CardInputWords> {
        let mut left = count;
        let runs = self.0.iter().cycle().map_while(move |run| {
            let cycles = run.cycles.min(left);
            left -= cycles;
            (cycles > 0).then(|| std::iter::repeat_n(&run.inputs, cycles))
        });
        runs.flatten()
    }
}

/// Tells sequences of outputs apart. The words of a cycle are weighted and added,
/// which can be done side by side; cycles are chained as FNV-1a does.
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(Self::START)
    }
}

impl Digest {
    /// Value of no cycles.
    pub const START: u64 = 0xcbf2_9ce4_8422_2325;
    /// Factor of each cycle.
    pub const FACTOR: u64 = 0x0100_0000_01b3;

    /// The high half of a word is turned left by that before it is mixed with the low one.
    pub const TURN: u32 = 29;

    /// Weight of a port.
    pub const fn weight(port: usize) -> u64 {
        (2 * port as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// Adds the outputs of a cycle.
    #[inline]
    pub fn add(&mut self, words: &[u128]) {
        let mut sum = 0u64;
        for (port, &word) in words.iter().enumerate() {
            let mixed = word as u64 ^ ((word >> 64) as u64).rotate_left(Self::TURN);
            sum = sum.wrapping_add(mixed.wrapping_mul(Self::weight(port)));
        }
        self.0 = (self.0 ^ sum).wrapping_mul(Self::FACTOR);
    }

    /// The digest.
    pub fn value(&self) -> u64 {
        self.0
    }
}
