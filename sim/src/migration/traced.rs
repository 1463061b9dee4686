//! A card whose VCD trace begins later.

use crate::ports::{Card, CardInputs, CardOutputs};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// When the trace begins, and how that went.
#[derive(Clone, Debug)]
pub struct TraceStart {
    cycle: Arc<AtomicU64>,
    outcome: Arc<Mutex<Option<io::Result<()>>>>,
}

impl TraceStart {
    /// At this cycle of the card; `u64::MAX` for not yet.
    pub fn at(cycle: u64) -> Self {
        Self {
            cycle: Arc::new(AtomicU64::new(cycle)),
            outcome: Arc::default(),
        }
    }

    /// With the next cycle, unless it has begun or its cycle was set before.
    pub fn now(&self) {
        let _ = self
            .cycle
            .compare_exchange(u64::MAX, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the trace has begun, or why it could not.
    pub fn outcome(&self) -> Option<io::Result<()>> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.take()
    }
}

/// A card with a trace that begins when its [`TraceStart`] says so.
pub struct TracedCard {
    inner: Box<dyn Card>,
    start: TraceStart,
    path: PathBuf,
    trace_cycles: u64,
    begun: bool,
    cycle: u64,
}

impl TracedCard {
    /// Wraps a card; so many cycles go into the file at `path`.
    pub fn new(inner: Box<dyn Card>, start: TraceStart, path: PathBuf, trace_cycles: u64) -> Self {
        Self {
            inner,
            start,
            path,
            trace_cycles,
            begun: false,
            cycle: 0,
        }
    }
}

impl Card for TracedCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        if !self.begun && self.start.cycle.load(Ordering::Relaxed) <= self.cycle {
            self.begun = true;
            let outcome = self.inner.trace(&self.path, self.trace_cycles);
            let mut slot = self
                .start
                .outcome
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *slot = Some(outcome);
        }
        self.cycle += 1;
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

    fn trace(&mut self, path: &Path, cycles: u64) -> io::Result<()> {
        self.inner.trace(path, cycles)
    }
}
