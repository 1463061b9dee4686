//! A small card in plain Rust, for tests of the machine around it.
//!
//! It answers reads of its BARs from memory of its own, sends the TLPs that a test
//! queues, and records what it gets. A test holds a [`Desk`] to talk to it.

use crate::machine::{Machine, MachineConfig};
use crate::ports::{Card, CardInputs, CardOutputs};
use crate::root_complex::{RootComplexConfig, card_id};
use crate::seed::Seed;
use crate::tlp::{Body, Completion, CompletionStatus, Tlp};
use crate::tlp_stream::{Reassembler, beat};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// What test and card share.
#[derive(Default)]
pub struct Inner {
    /// DWs to send, in order.
    pub send: VecDeque<Vec<u32>>,
    /// TLPs that came, with the BAR hit.
    pub received: Vec<(Tlp, u8)>,
    /// Packets that came and were no TLP.
    pub garbage: usize,
    /// Interrupts to raise.
    pub msi: VecDeque<u8>,
    /// Reads are not answered.
    pub mute: bool,
    /// Nothing is taken from link_rx.
    pub deaf: bool,
    /// Cycles in which link_tx was not ready although a beat was offered.
    pub blocked_cycles: u64,
    /// Cycles that a function level reset takes.
    pub flr_cycles: u32,
    bar: Vec<u8>,
}

/// The test's side of a [`ModelCard`].
#[derive(Clone, Default)]
pub struct Desk(Arc<Mutex<Inner>>);

impl Desk {
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub fn send(&self, tlp: &Tlp) {
        self.lock().send.push_back(tlp.to_dws());
    }

    /// Completions that came for a tag, in order.
    pub fn completions(&self, tag: u8) -> Vec<(Completion, Vec<u8>)> {
        let inner = self.lock();
        let of_tag = |(tlp, _): &(Tlp, u8)| match &tlp.body {
            Body::Completion {
                completion,
                payload,
            } if completion.tag == tag => Some((*completion, payload.clone())),
            _ => None,
        };
        inner.received.iter().filter_map(of_tag).collect()
    }

    /// The bytes of a read's completions, if it is complete; checks the split.
    pub fn read_data(&self, tag: u8, address: u64, bytes: usize) -> Option<Vec<u8>> {
        let mut data = Vec::new();
        for (completion, payload) in self.completions(tag) {
            assert_eq!(completion.status, CompletionStatus::Successful);
            let place = address + data.len() as u64;
            let remaining = bytes - data.len();
            assert_eq!(usize::from(completion.byte_count), remaining, "byte count");
            assert_eq!(
                u64::from(completion.lower_address),
                place & 0x7f,
                "lower address"
            );
            let lead = (place & 3) as usize;
            let count = (payload.len() - lead).min(remaining);
            data.extend_from_slice(&payload[lead..lead + count]);
            let end = address + data.len() as u64;
            assert!(
                data.len() == bytes || end.is_multiple_of(64),
                "a completion ends at {end:#x}"
            );
        }
        (data.len() == bytes).then_some(data)
    }
}

pub struct ModelCard {
    desk: Desk,
    reassembler: Reassembler,
    tx: Option<(Vec<u32>, usize)>,
    answers: VecDeque<Vec<u32>>,
    flr_cycles: u32,
    bar_hit: u8,
}

impl ModelCard {
    pub fn new(desk: &Desk) -> Self {
        desk.lock().bar = vec![0; 0x2_0000];
        Self {
            desk: desk.clone(),
            reassembler: Reassembler::new(),
            tx: None,
            answers: VecDeque::new(),
            flr_cycles: 0,
            bar_hit: 0,
        }
    }

    fn take(&mut self, inner: &mut Inner, requester_id: u16, dws: &[u32]) {
        let Ok(tlp) = Tlp::from_dws(dws) else {
            inner.garbage += 1;
            return;
        };
        match &tlp.body {
            Body::MemoryWrite { request, payload } => {
                let start = (request.address & 0x1_ffff) as usize;
                for (i, byte) in payload.iter().enumerate() {
                    if request.enables(i) {
                        inner.bar[start + i] = *byte;
                    }
                }
            }
            Body::MemoryRead(request) if !inner.mute => {
                let (address, bytes) = request.enabled_range();
                let start = (request.address & 0x1_ffff) as usize;
                let completion = Completion {
                    completer_id: requester_id,
                    status: CompletionStatus::Successful,
                    byte_count: bytes as u16,
                    requester_id: request.requester_id,
                    tag: request.tag,
                    lower_address: (address & 0x7f) as u8,
                };
                let payload = inner.bar[start..start + request.span_bytes()].to_vec();
                self.answers
                    .push_back(Tlp::completion(completion, payload).to_dws());
            }
            _ => {}
        }
        inner.received.push((tlp, self.bar_hit));
    }
}

impl Card for ModelCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let desk = self.desk.clone();
        let mut inner = desk.lock();
        let mut outputs = CardOutputs {
            link_rx_ready: !inner.deaf,
            ..CardOutputs::default()
        };
        if inputs.flr {
            self.flr_cycles += 1;
            outputs.flr_done = inner.flr_cycles > 0 && self.flr_cycles > inner.flr_cycles;
        } else {
            self.flr_cycles = 0;
        }
        if let Some(beat) = &inputs.link_rx
            && outputs.link_rx_ready
        {
            self.bar_hit = inputs.link_rx_bar;
            match self.reassembler.push(beat) {
                Some(Ok(dws)) => self.take(&mut inner, inputs.requester_id, &dws),
                Some(Err(_)) => inner.garbage += 1,
                None => {}
            }
        }
        if self.tx.is_none() {
            let next = self.answers.pop_front().or_else(|| inner.send.pop_front());
            self.tx = next.map(|dws| (dws, 0));
        }
        if let Some((dws, first)) = &mut self.tx {
            outputs.link_tx = beat(dws, *first);
            if inputs.link_tx_ready {
                *first += crate::ports::BEAT_DW;
                if *first >= dws.len() {
                    self.tx = None;
                }
            } else {
                inner.blocked_cycles += 1;
            }
        }
        outputs.msi = inner.msi.front().copied();
        if outputs.msi.is_some() && inputs.msi_ready {
            inner.msi.pop_front();
        }
        outputs
    }

    fn state_words(&self) -> Vec<u32> {
        Vec::new()
    }

    fn device_state(&self) -> u32 {
        1
    }

    fn live_marks(&self) -> Vec<u32> {
        Vec::new()
    }
}

/// Requester ID of the first card.
pub const CARD: u16 = 0x0100;

/// A machine with model cards, whose IOMMUs map IOVA 0x1000_0000 to the 1 MiB of memory.
pub fn machine(seed: Seed, root_complex: RootComplexConfig, cards: usize) -> (Machine, Vec<Desk>) {
    assert_eq!(card_id(0), CARD);
    let desks: Vec<Desk> = (0..cards).map(|_| Desk::default()).collect();
    let models = desks
        .iter()
        .map(|desk| Box::new(ModelCard::new(desk)) as Box<dyn Card>);
    let config = MachineConfig {
        seed,
        memory_bytes: 1 << 20,
        image: None,
        root_complex,
    };
    let mut machine = Machine::new(&config, models.collect()).unwrap();
    for card in 0..cards {
        let iommu = machine.root_complex.iommu(card).unwrap();
        iommu.map(IOVA, 0, 1 << 20, true, true).unwrap();
    }
    (machine, desks)
}

/// Where guest memory begins for the cards.
pub const IOVA: u64 = 0x1000_0000;
