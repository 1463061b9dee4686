//! The root complex: one root port a card, memory behind an IOMMU, and the CPU's MMIO.
//!
//! Posted writes of a card become visible late: after the link, a queue that orders
//! adversarially, and a random IOMMU walk. Completions of the card that come behind
//! them push them, as PCIe demands; everything else may overtake. Reads are answered
//! in random pieces of 64 bytes and more, several reads mixed. AtomicOps are executed
//! in the moment they leave the queue.
//!
//! Requests between cards are routed when an IOMMU maps them to a BAR.
//! Whatever a card does wrong is counted in its [`Report`], and nothing hangs on it.

mod cpu;
mod layout;
mod pages;
mod port;
mod report;
mod target;

pub use cpu::{LINE_BYTES, MAX_MMIO_BYTES, MmioError, ROOT_ID, ReadHandle};
pub use layout::{Layout, card_id};
pub use pages::MAX_PAGE_REQUESTS;
pub use report::{Chance, CompletionFaults, Faults, Report};
pub use target::RCB_BYTES;

use crate::iommu::Iommu;
use crate::link::{LinkConfig, LinkError};
use crate::memory::GuestMemory;
use crate::ordering::{OrderKey, OrderingConfig};
use crate::ports::{CardInputs, CardOutputs};
use crate::seed::Seed;
use crate::tlp::Tlp;
use cpu::lines;
use port::Port;
use std::collections::VecDeque;

/// Packets that the CPU or an injector may have waiting for one card.
const MAX_QUEUED_PACKETS: usize = 256;
/// Completions for unknown requesters that are kept.
const STRAYS: usize = 256;

/// How the root complex and its links behave.
#[derive(Clone, Copy, Debug)]
pub struct RootComplexConfig {
    /// The link of each card.
    pub link: LinkConfig,
    /// Clock of the cards in Hz.
    pub clock_hz: u64,
    /// Ordering and delays, in both directions of each port.
    pub ordering: OrderingConfig,
    /// Longest IOMMU walk in cycles.
    pub iommu_walk_cycles: u64,
    /// How many of a million requests need a walk.
    pub iommu_walk_per_million: u32,
    /// Longest time until memory answers a read, in cycles.
    pub read_delay_cycles: u64,
    /// MPS: largest payload, in both directions.
    pub max_payload_bytes: usize,
    /// MRRS: largest read of a card.
    pub max_read_bytes: usize,
    /// A CPU read without an answer ends after this many cycles.
    pub cpu_timeout_cycles: u64,
    /// Bus addresses.
    pub layout: Layout,
}

impl Default for RootComplexConfig {
    fn default() -> Self {
        Self {
            link: LinkConfig::default(),
            clock_hz: 125_000_000,
            ordering: OrderingConfig::ADVERSARIAL,
            iommu_walk_cycles: 120,
            iommu_walk_per_million: 60_000,
            read_delay_cycles: 60,
            max_payload_bytes: 256,
            max_read_bytes: 512,
            cpu_timeout_cycles: 100_000,
            layout: Layout::default(),
        }
    }
}

impl RootComplexConfig {
    /// A fast, straight root complex, for measurements of the card.
    pub fn straight() -> Self {
        Self {
            ordering: OrderingConfig::STRAIGHT,
            iommu_walk_cycles: 0,
            iommu_walk_per_million: 0,
            read_delay_cycles: 0,
            ..Self::default()
        }
    }
}

/// The root complex with a port for each card.
#[derive(Debug)]
pub struct RootComplex {
    config: RootComplexConfig,
    ports: Vec<Port>,
    strays: VecDeque<(usize, Tlp)>,
    now: u64,
}

impl RootComplex {
    /// A root complex for so many cards.
    pub fn new(config: RootComplexConfig, cards: usize, seed: Seed) -> Result<Self, LinkError> {
        config.link.check(config.max_payload_bytes)?;
        let port = |card| Port::new(&config, seed.numbered("port", card), card_id(card));
        Ok(Self {
            config,
            ports: (0..cards).map(port).collect(),
            strays: VecDeque::new(),
            now: 0,
        })
    }

    /// Its configuration.
    pub fn config(&self) -> &RootComplexConfig {
        &self.config
    }

    /// The link of a card goes down and comes up again; what was under way is lost.
    pub fn hot_reset(&mut self, card: usize) {
        if let Some(port) = self.ports.get_mut(card) {
            port.hot_reset(&self.config);
        }
    }

    /// Sets a card's inputs of this cycle.
    pub fn drive(&mut self, card: usize, inputs: &mut CardInputs) {
        if let Some(port) = self.ports.get_mut(card) {
            port.drive(&self.config, inputs);
        }
    }

    /// Takes what a card did in this cycle.
    pub fn observe(&mut self, card: usize, inputs: &CardInputs, outputs: &CardOutputs) {
        if let Some(port) = self.ports.get_mut(card) {
            port.observe(&self.config, self.now, inputs, outputs);
        }
    }

    /// Ends the cycle: links, queues, memory.
    pub fn advance(&mut self, memory: &mut GuestMemory) {
        let now = self.now;
        for card in 0..self.ports.len() {
            // In most cycles nothing is due; what is skipped would have changed nothing.
            if self.ports[card].cpu.is_due(now) {
                self.serve_cpu(now, card);
            }
            let port = &mut self.ports[card];
            if port.links_are_due(now) {
                port.move_links(&self.config, now);
            }
            if port.has_requests(now) {
                self.serve(now, card, memory);
            }
        }
        self.now += 1;
    }

    /// Cycles since the start.
    pub fn now(&self) -> u64 {
        self.now
    }

    fn port(&mut self, card: usize) -> Result<&mut Port, MmioError> {
        self.ports.get_mut(card).ok_or(MmioError::NoCard { card })
    }

    /// Bus address of an access inside a BAR.
    fn mmio_address(
        &self,
        card: usize,
        bar: u8,
        offset: u64,
        bytes: usize,
    ) -> Result<u64, MmioError> {
        if card >= self.ports.len() {
            return Err(MmioError::NoCard { card });
        }
        let layout = &self.config.layout;
        let no_bar = MmioError::NoBar { card, bar };
        let size_bytes = layout.bar_bytes(bar).ok_or(no_bar.clone())?;
        let fits = offset
            .checked_add(bytes as u64)
            .is_some_and(|end| end <= size_bytes);
        if !fits || bytes == 0 || bytes > MAX_MMIO_BYTES {
            return Err(MmioError::OutOfRange {
                bar,
                offset,
                bytes,
                size_bytes,
            });
        }
        Ok(layout.bar_address(card, bar).ok_or(no_bar)? + offset)
    }

    /// Posts a write of the CPU; it arrives some time, in order. [`MmioError::Busy`] if there is no room now.
    pub fn mmio_write(
        &mut self,
        card: usize,
        bar: u8,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), MmioError> {
        let address = self.mmio_address(card, bar, offset, bytes.len())?;
        let now = self.now;
        let port = self.port(card)?;
        let pending = port.outbound.count();
        if pending + lines(address, bytes.len()).count() > MAX_QUEUED_PACKETS {
            return Err(MmioError::Busy { card, pending });
        }
        for (start, count) in lines(address, bytes.len()) {
            let data = &bytes[start..start + count];
            let tlp = Tlp::memory_write(ROOT_ID, 0, address + start as u64, data)?;
            port.send(now, &tlp, 1 << bar, 0);
        }
        Ok(())
    }

    /// Begins a read of the CPU.
    pub fn mmio_read(
        &mut self,
        card: usize,
        bar: u8,
        offset: u64,
        bytes: usize,
    ) -> Result<ReadHandle, MmioError> {
        let address = self.mmio_address(card, bar, offset, bytes)?;
        let now = self.now;
        let id = self
            .port(card)?
            .cpu
            .begin(now, card, bar, offset, address, bytes)?;
        Ok(ReadHandle { card, id })
    }

    /// The outcome of a read, once; `None` while it is under way.
    pub fn poll(&mut self, handle: ReadHandle) -> Option<Result<Vec<u8>, MmioError>> {
        match self.ports.get_mut(handle.card) {
            Some(port) => port.cpu.poll(handle.id),
            None => Some(Err(MmioError::UnknownHandle)),
        }
    }

    /// Sends DWs to a card, TLP or not, as a hostile peer could.
    pub fn inject_dws(&mut self, card: usize, dws: Vec<u32>, bar_hit: u8) -> Result<(), MmioError> {
        let now = self.now;
        let port = self.port(card)?;
        let pending = port.outbound.count();
        if pending >= MAX_QUEUED_PACKETS || dws.is_empty() {
            return Err(MmioError::Busy { card, pending });
        }
        let (key, payload_bytes) = match Tlp::from_dws(&dws) {
            Ok(tlp) => (OrderKey::of(&tlp), tlp.payload().len()),
            Err(_) => (OrderKey::strict(ROOT_ID), 0),
        };
        port.send_dws(now, key, dws, payload_bytes, bar_hit, 0);
        Ok(())
    }

    /// Sends a TLP of any requester to a card; the BAR hit follows from a request's address.
    pub fn inject(&mut self, card: usize, tlp: &Tlp) -> Result<(), MmioError> {
        let hit = tlp
            .request()
            .and_then(|request| self.decode(request.address));
        let bar_hit = hit.filter(|hit| hit.0 == card).map_or(0, |hit| hit.1);
        self.inject_dws(card, tlp.to_dws(), bar_hit)
    }

    /// The card and the BAR hit of a bus address.
    pub fn decode(&self, address: u64) -> Option<(usize, u8)> {
        self.config
            .layout
            .decode(address)
            .filter(|hit| hit.0 < self.ports.len())
    }

    /// Completions that nobody waited for, with the card they came from: answers to injected requests too.
    pub fn take_strays(&mut self) -> Vec<(usize, Tlp)> {
        self.strays.drain(..).collect()
    }

    /// Number of interrupts of a vector that were not yet taken.
    pub fn interrupts(&self, card: usize, vector: u16) -> u64 {
        let port = self.ports.get(card);
        let interrupts = port.and_then(|port| port.interrupts.get(usize::from(vector)));
        interrupts.copied().unwrap_or(0)
    }

    /// Number of interrupts of a vector since the last call.
    pub fn take_interrupts(&mut self, card: usize, vector: u16) -> u64 {
        let port = self.ports.get_mut(card);
        port.and_then(|port| port.interrupts.get_mut(usize::from(vector)))
            .map_or(0, std::mem::take)
    }

    /// The mappings of a card.
    pub fn iommu(&mut self, card: usize) -> Option<&mut Iommu> {
        self.ports.get_mut(card).map(|port| &mut port.iommu)
    }

    /// The faults of a card's port, to be set.
    pub fn faults(&mut self, card: usize) -> Option<&mut Faults> {
        self.ports.get_mut(card).map(|port| &mut port.faults)
    }

    /// What happened at a card's port.
    pub fn report(&self, card: usize) -> Option<&Report> {
        self.ports.get(card).map(|port| &port.report)
    }

    /// Bytes that a card's link has carried so far, with framing: towards the host, towards the card.
    pub fn carried_bytes(&self, card: usize) -> Option<(u64, u64)> {
        let port = self.ports.get(card)?;
        Some(port.carried_bytes(self.now))
    }

    /// Whether nothing is under way between a card, memory and the CPU.
    pub fn is_idle(&self, card: usize) -> bool {
        self.ports.get(card).is_none_or(Port::is_idle)
    }
}

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod idle_tests;
#[cfg(test)]
mod tests;
