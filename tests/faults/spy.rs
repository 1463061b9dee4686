//! A card that watches the requests of its device, and sets faults to the packet.

use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Event, Observer, Side};
use slackwater_sim::ports::{Card, CardInputs, CardOutputs};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// A request of the device that has started on link_tx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Read,
    /// To this IOVA.
    Write(u64),
    Other,
}

impl Seen {
    /// From the first four DWs of a TLP.
    fn of(header: [u32; 4]) -> Self {
        let four_dw = header[0] >> 29 & 1 == 1;
        let address = if four_dw {
            u64::from(header[2]) << 32 | u64::from(header[3])
        } else {
            u64::from(header[2])
        };
        match header[0] >> 24 & 0x5f {
            0x00 => Self::Read,
            0x40 => Self::Write(address & !3),
            _ => Self::Other,
        }
    }
}

/// What a spy is to do with the next word that a job writes.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Faults from the fetch of the job on, until the write has started.
    faults: Arc<AtomicU32>,
    /// Of these, faults that end when [`Orders::release`] says so.
    held: Arc<AtomicU32>,
    /// IOVA of the write that was hit, plus 1.
    hit: Arc<AtomicU64>,
}

impl Orders {
    /// Hits the next job's write with these faults.
    pub fn hit_next(&self, faults: u32) {
        self.faults.store(faults, Relaxed);
        self.held.store(faults, Relaxed);
    }

    /// Takes some faults away.
    pub fn release(&self, faults: u32) {
        self.held.fetch_and(!faults, Relaxed);
    }

    /// IOVA of the write that was hit.
    pub fn iova(&self) -> Option<u64> {
        self.hit.load(Relaxed).checked_sub(1)
    }
}

/// Clocks from the second beat of a write to the latest moment of its mark; the next write is farther away.
const MARK_CYCLES: u32 = 6;

enum Stage {
    /// Waits for orders, and then for the fetch of a descriptor.
    Fetch,
    /// Waits for the write of the job.
    Write,
    /// Waits until its mark has come or was dropped.
    Mark(u32),
    Over,
}

/// A card with a spy.
pub struct SpyCard {
    inner: Box<dyn Card>,
    orders: Orders,
    stage: Stage,
    first: Option<[u32; 2]>,
    inside: bool,
}

impl SpyCard {
    pub fn new(orders: &Orders) -> Self {
        Self {
            inner: crate::card(),
            orders: orders.clone(),
            stage: Stage::Fetch,
            first: None,
            inside: false,
        }
    }

    /// The request whose header is complete with this beat.
    fn watch(&mut self, inputs: &CardInputs, outputs: &CardOutputs) -> Option<Seen> {
        let beat = outputs.link_tx.filter(|_| inputs.link_tx_ready)?;
        let starts = !std::mem::replace(&mut self.inside, !beat.last);
        if starts {
            self.first = Some(beat.dw);
            return None;
        }
        let [a, b] = self.first.take()?;
        Some(Seen::of([a, b, beat.dw[0], beat.dw[1]]))
    }
}

impl Card for SpyCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut inputs = *inputs;
        if matches!(self.stage, Stage::Write | Stage::Mark(_)) {
            inputs.inject |= self.orders.held.load(Relaxed);
        }
        let outputs = self.inner.cycle(&inputs);
        let seen = self.watch(&inputs, &outputs);
        match (&mut self.stage, seen) {
            (Stage::Fetch, Some(Seen::Read)) if self.orders.faults.load(Relaxed) != 0 => {
                self.stage = Stage::Write;
            }
            (Stage::Write, Some(Seen::Write(iova))) => {
                self.orders.hit.store(iova + 1, Relaxed);
                self.stage = Stage::Mark(MARK_CYCLES);
            }
            (Stage::Mark(0), _) => self.stage = Stage::Over,
            (Stage::Mark(left), _) => *left -= 1,
            _ => {}
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

/// Does something at the source's events.
pub struct AtSource<F>(pub F);

impl<F: Fn(Event, &mut Machine) + Sync> Observer for AtSource<F> {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        if side == Side::Source {
            (self.0)(event, machine);
        }
    }
}
