//! A card whose waves are written from some moment on.

use crate::ports::{Card, CardInputs, CardOutputs, Levels};
use crate::trace::{Capture, Recorded, TraceError, TraceRequest};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What is written.
#[derive(Clone, Debug)]
pub enum TracePlan {
    /// These cycles.
    Capture(Capture),
    /// So many cycles from the moment that [`TraceStart::now`] is called.
    FromStart {
        /// Cycles.
        cycles: u64,
    },
}

/// Says when waves begin, and learns how that went.
#[derive(Clone, Debug, Default)]
pub struct TraceStart {
    begun: Arc<AtomicBool>,
    outcome: Arc<Mutex<Option<Result<Recorded, TraceError>>>>,
}

impl TraceStart {
    /// With the next cycle, if the plan waits for this.
    pub fn now(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// What was written, once the card is gone; `None` if nothing was begun.
    pub fn outcome(&self) -> Option<Result<Recorded, TraceError>> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.take()
    }

    fn report(&self, result: Result<Recorded, TraceError>) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        *outcome = Some(result);
    }
}

/// A card with waves that begin by a [`TracePlan`].
pub struct TracedCard {
    inner: Box<dyn Card>,
    start: TraceStart,
    path: PathBuf,
    /// `None` once it was carried out.
    plan: Option<TracePlan>,
    begun: bool,
    cycle: u64,
}

impl TracedCard {
    /// Wraps a card.
    pub fn new(inner: Box<dyn Card>, start: TraceStart, path: PathBuf, plan: TracePlan) -> Self {
        Self {
            inner,
            start,
            path,
            plan: Some(plan),
            begun: false,
            cycle: 0,
        }
    }

    fn begin(&mut self) {
        let capture = match self.plan.take() {
            None => return,
            Some(TracePlan::Capture(capture)) => capture,
            Some(TracePlan::FromStart { cycles }) => {
                if !self.start.begun.load(Ordering::Relaxed) {
                    self.plan = Some(TracePlan::FromStart { cycles });
                    return;
                }
                Capture::Window {
                    first: self.cycle,
                    cycles,
                }
            }
        };
        let request = TraceRequest {
            path: self.path.clone(),
            capture,
        };
        match self.inner.trace(&request) {
            Ok(()) => self.begun = true,
            Err(error) => self.start.report(Err(error)),
        }
    }
}

impl Drop for TracedCard {
    fn drop(&mut self) {
        if self.begun {
            self.start.report(self.inner.finish_trace());
        }
    }
}

impl Card for TracedCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        if self.plan.is_some() {
            self.begin();
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

    fn levels(&self) -> Option<Levels> {
        self.inner.levels()
    }

    fn trace(&mut self, request: &TraceRequest) -> Result<(), TraceError> {
        self.inner.trace(request)
    }

    fn finish_trace(&mut self) -> Result<Recorded, TraceError> {
        self.inner.finish_trace()
    }
}
