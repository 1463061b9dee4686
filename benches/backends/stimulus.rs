//! Inputs of a chip, recorded in a migration.

use slackwater_sim::backend::Backend;
use slackwater_sim::backend::port_words::{CardInputWords, card_inputs};
use slackwater_sim::migration::{Migration, MigrationConfig};
use slackwater_sim::ports::{Card, CardInputs, CardOutputs};
use slackwater_sim::seed::Seed;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// Inputs, one entry a cycle.
pub struct Stimulus(Vec<CardInputWords>);

/// A card whose inputs are kept.
struct Tapped {
    inner: Box<dyn Card>,
    inputs: Arc<Mutex<Vec<CardInputWords>>>,
}

impl Card for Tapped {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut kept = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(card_inputs(inputs));
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
        let inputs = Arc::default();
        let config = MigrationConfig {
            seed: Seed(seed),
            memory_bytes: 16 << 20,
            ..MigrationConfig::default()
        };
        let source = Tapped {
            inner: Backend::Compiled.card()?,
            inputs: Arc::clone(&inputs),
        };
        let destination = Backend::Compiled.card()?;
        Migration::with_cards(config, Box::new(source), destination)?.run(&())?;
        let inputs = std::mem::take(&mut *inputs.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Self(inputs))
    }

    /// Cycles that were recorded.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The cycles, over and over.
    pub fn cycles(&self) -> impl Iterator<Item = &CardInputWords> {
        self.0.iter().cycle()
    }
}

/// Tells sequences of outputs apart: FNV-1a by words of 64 bits.
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(Self::START)
    }
}

impl Digest {
    /// Value of no words.
    pub const START: u64 = 0xcbf2_9ce4_8422_2325;
    /// Factor of each step.
    pub const FACTOR: u64 = 0x0100_0000_01b3;

    /// Adds both halves of a port's word.
    pub fn add(&mut self, word: u128) {
        for half in [word as u64, (word >> 64) as u64] {
            self.0 = (self.0 ^ half).wrapping_mul(Self::FACTOR);
        }
    }

    /// The digest.
    pub fn value(&self) -> u64 {
        self.0
    }
}
