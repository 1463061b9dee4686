//! A root port, its link, and the PCIe core of the card behind it.
//!
//! ```text
//! card ─▶ link_tx ─▶ transmit buffer ─▶ wire ─▶ inbound (ordering) ─▶ memory, peers, CPU
//! card ◀─ link_rx ◀─ receive buffer ◀─ wire ◀─ outbound (ordering) ◀─ memory, peers, CPU
//! ```
//! Interrupts of the side port enter the transmit buffer as posted writes: they push
//! the memory writes before them, as MSI does.

use super::RootComplexConfig;
use super::cpu::{CpuRequester, ROOT_ID};
use super::pages::PageQueue;
use super::report::{Chance, Fate, Faults, Report};
use crate::iommu::Iommu;
use crate::link::{Load, Wire};
use crate::ordering::{Class, OrderKey, OrderingConfig, OrderingQueue};
use crate::ports::{CardInputs, CardOutputs};
use crate::seed::{Seed, Stream};
use crate::tlp::{Attributes, Body, Tlp};
use crate::tlp_stream::{Reassembler, beat};
use std::collections::VecDeque;

/// Vectors of interrupts.
pub(super) const VECTORS: usize = 256;
/// Header and payload of the write that an MSI is, in bytes.
const MSI_TLP_BYTES: usize = 16;

/// A packet of the card.
#[derive(Clone, Debug)]
pub(super) struct UpPacket {
    pub content: UpContent,
    pub key: OrderKey,
    pub load: Load,
}

#[derive(Clone, Debug)]
pub(super) enum UpContent {
    Tlp(Tlp),
    Interrupt(u8),
}

/// A packet to the card.
#[derive(Clone, Debug)]
pub(super) struct DownPacket {
    pub dws: Vec<u32>,
    pub bar_hit: u8,
    pub load: Load,
}

/// A memory read of the card that is being answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingRead {
    pub requester_id: u16,
    pub tag: u8,
    pub traffic_class: u8,
    pub attributes: Attributes,
    /// IOVA of the next byte.
    pub iova: u64,
    pub remaining_bytes: usize,
    pub ready: u64,
    pub load: Load,
}

#[derive(Debug)]
pub(super) struct Port {
    pub requester_id: u16,
    pub iommu: Iommu,
    pub pages: PageQueue,
    pub cpu: CpuRequester,
    pub faults: Faults,
    pub report: Report,
    pub random: Stream,
    pub reads: Vec<PendingRead>,
    /// A posted write to a peer whose queue is full.
    pub stalled: Option<UpPacket>,
    pub inbound: OrderingQueue<UpPacket>,
    pub outbound: OrderingQueue<DownPacket>,
    /// Completions in `outbound`.
    pub queued_completions: usize,
    pub interrupts: [u64; VECTORS],
    up: Wire<UpPacket>,
    down: Wire<DownPacket>,
    transmit: OrderingQueue<UpPacket>,
    transmit_bytes: usize,
    reassembler: Reassembler,
    receive: VecDeque<DownPacket>,
    /// First DW of the next beat of the first packet in `receive`.
    receive_dw: usize,
    /// The next beat was offered and must stay.
    offered: bool,
}

impl Port {
    pub(super) fn new(config: &RootComplexConfig, seed: Seed, requester_id: u16) -> Self {
        let link = &config.link;
        let queue = |name| seed.named(name).stream();
        Self {
            requester_id,
            iommu: Iommu::new(),
            pages: PageQueue::default(),
            cpu: CpuRequester::new(config.cpu_timeout_cycles),
            faults: Faults::default(),
            report: Report::default(),
            random: queue("port"),
            reads: Vec::new(),
            stalled: None,
            inbound: OrderingQueue::new(config.ordering, queue("inbound")),
            outbound: OrderingQueue::new(config.ordering, queue("outbound")),
            queued_completions: 0,
            interrupts: [0; VECTORS],
            up: Wire::new(link, &link.root_credits, config.clock_hz),
            down: Wire::new(link, &link.card_credits, config.clock_hz),
            transmit: OrderingQueue::new(OrderingConfig::STRAIGHT, queue("transmit")),
            transmit_bytes: 0,
            reassembler: Reassembler::new(),
            receive: VecDeque::new(),
            receive_dw: 0,
            offered: false,
        }
    }

    /// The link goes down and comes up: what was under way is lost. Reads of the CPU time out.
    pub(super) fn hot_reset(&mut self, config: &RootComplexConfig) {
        let link = &config.link;
        self.up = Wire::new(link, &link.root_credits, config.clock_hz);
        self.down = Wire::new(link, &link.card_credits, config.clock_hz);
        for queue in [&mut self.inbound, &mut self.transmit] {
            queue.clear();
        }
        self.outbound.clear();
        self.queued_completions = 0;
        self.transmit_bytes = 0;
        self.reads.clear();
        self.stalled = None;
        self.receive.clear();
        self.receive_dw = 0;
        self.offered = false;
        self.reassembler = Reassembler::new();
    }

    /// Sets the card's inputs for this cycle.
    pub(super) fn drive(&mut self, config: &RootComplexConfig, inputs: &mut CardInputs) {
        let random = &mut self.random;
        let room = self.transmit_bytes < config.link.tx_buffer_bytes;
        // A TLP that has begun always finds room.
        inputs.link_tx_ready =
            (room || self.reassembler.is_inside()) && !self.faults.tx_back_pressure.strikes(random);
        inputs.msi_ready = room && !self.faults.msi_back_pressure.strikes(random);
        inputs.requester_id = self.requester_id;
        inputs.link_rx = None;
        inputs.link_rx_bar = 0;
        if let Some(packet) = self.receive.front()
            && (self.offered || !self.faults.rx_gap.strikes(random))
        {
            self.offered = true;
            inputs.link_rx = beat(&packet.dws, self.receive_dw);
            inputs.link_rx_bar = packet.bar_hit;
        }
    }

    /// Takes what the card did in this cycle.
    #[inline]
    pub(super) fn observe(
        &mut self,
        config: &RootComplexConfig,
        now: u64,
        inputs: &CardInputs,
        outputs: &CardOutputs,
    ) {
        if outputs.link_tx.is_some() || inputs.link_rx.is_some() || outputs.msi.is_some() {
            self.take_transfers(config, now, inputs, outputs);
        }
    }

    /// Takes the beats and the interrupt that card and PCIe core have agreed on.
    fn take_transfers(
        &mut self,
        config: &RootComplexConfig,
        now: u64,
        inputs: &CardInputs,
        outputs: &CardOutputs,
    ) {
        if let Some(beat) = &outputs.link_tx
            && inputs.link_tx_ready
            && let Some(end) = self.reassembler.push(beat)
        {
            match end {
                Ok(dws) => self.accept(config, now, &dws),
                Err(error) => self.report.malformed(&error),
            }
        }
        if let Some(beat) = &inputs.link_rx
            && outputs.link_rx_ready
        {
            self.offered = false;
            self.receive_dw += beat.dw.len();
            if beat.last {
                self.receive_dw = 0;
                if let Some(packet) = self.receive.pop_front() {
                    self.down.release(now, packet.load);
                }
            }
        }
        if let Some(vector) = outputs.msi
            && inputs.msi_ready
        {
            let packet = UpPacket {
                content: UpContent::Interrupt(vector),
                key: OrderKey::strict(self.requester_id),
                load: Load::new(Class::Posted, MSI_TLP_BYTES, 4),
            };
            self.transmit_bytes += MSI_TLP_BYTES;
            self.transmit.push(now, packet.key, packet, 0);
        }
    }

    /// Checks a TLP of the card and puts it into the transmit buffer.
    fn accept(&mut self, config: &RootComplexConfig, now: u64, dws: &[u32]) {
        let tlp = match Tlp::from_dws(dws) {
            Ok(tlp) => tlp,
            Err(error) => return self.report.malformed(&error),
        };
        let payload_bytes = tlp.payload().len();
        if payload_bytes > config.max_payload_bytes {
            let limit = config.max_payload_bytes;
            let reason =
                format!("a payload of {payload_bytes} bytes is above MPS of {limit} bytes");
            return self.report.malformed(&reason);
        }
        let key = OrderKey::of(&tlp);
        if key.sender_id != self.requester_id {
            let (found, expected) = (key.sender_id, self.requester_id);
            let reason = format!("a TLP carries the ID {found:#06x}, the card has {expected:#06x}");
            return self.report.malformed(&reason);
        }
        if let Body::MemoryRead(request) = &tlp.body
            && request.span_bytes() > config.max_read_bytes
        {
            let (found, limit) = (request.span_bytes(), config.max_read_bytes);
            let reason = format!("a read of {found} bytes is above MRRS of {limit} bytes");
            return self.report.malformed(&reason);
        }
        let load = Load::new(key.class, 4 * dws.len(), payload_bytes);
        self.transmit_bytes += load.tlp_bytes as usize;
        let packet = UpPacket {
            content: UpContent::Tlp(tlp),
            key,
            load,
        };
        self.transmit.push(now, key, packet, 0);
    }

    /// Whether [`Self::move_links`] has anything to do; asked in every cycle.
    #[inline]
    pub(super) fn links_are_due(&self, now: u64) -> bool {
        self.up.is_due(now)
            || self.down.is_due(now)
            || self.transmit.is_awake(now) && self.up.is_free(now)
            || self.outbound.is_awake(now) && self.down.is_free(now)
            || self.faults.link_stall != Chance::NEVER
    }

    /// Whether a request or a read waits for the root complex; asked in every cycle.
    #[inline]
    pub(super) fn has_requests(&self, now: u64) -> bool {
        self.inbound.is_awake(now) || !self.reads.is_empty() || self.stalled.is_some()
    }

    /// Moves packets along both wires.
    #[inline(never)]
    pub(super) fn move_links(&mut self, config: &RootComplexConfig, now: u64) {
        if self.faults.link_stall != Chance::NEVER
            && self.faults.link_stall.strikes(&mut self.random)
        {
            self.up.stall(now, self.faults.link_stall_cycles);
            self.down.stall(now, self.faults.link_stall_cycles);
        }
        self.up.settle(now);
        while !self.transmit.is_empty() && self.up.is_free(now) {
            let up = &self.up;
            let Some(packet) = self.transmit.pop(now, |packet| up.has_credits(packet.load)) else {
                break;
            };
            self.transmit_bytes -= packet.load.tlp_bytes as usize;
            self.up.send(now, packet.load, packet);
        }
        while let Some(packet) = self.up.receive(now) {
            self.arrive(config, now, packet);
        }
        self.down.settle(now);
        while !self.outbound.is_empty() && self.down.is_free(now) {
            let down = &self.down;
            let Some(packet) = self
                .outbound
                .pop(now, |packet| down.has_credits(packet.load))
            else {
                break;
            };
            if packet.load.class == Class::Completion {
                self.queued_completions -= 1;
            }
            self.down.send(now, packet.load, packet);
        }
        while let Some(packet) = self.down.receive(now) {
            self.receive.push_back(packet);
        }
    }

    /// Puts a packet that has crossed the link into the inbound queue, late if the IOMMU has to walk.
    fn arrive(&mut self, config: &RootComplexConfig, now: u64, mut packet: UpPacket) {
        let mut extra_cycles = 0;
        match &mut packet.content {
            UpContent::Tlp(Tlp {
                body: Body::Completion { completion, .. },
                poisoned,
                ..
            }) if completion.requester_id == ROOT_ID => {
                match self.faults.to_cpu.fate(&mut self.random, true) {
                    Fate::Deliver => {}
                    Fate::Drop => {
                        self.report.injected(now);
                        return self.release(now, packet.load);
                    }
                    Fate::Late => {
                        self.report.injected(now);
                        extra_cycles = self.faults.late_cycles;
                    }
                    Fate::Duplicate => {
                        self.report.injected(now);
                        // The buffer of the second one is given free when it is served.
                        self.up.borrow(packet.load);
                        self.inbound.push(now, packet.key, packet.clone(), 0);
                    }
                    Fate::Poison => {
                        self.report.injected(now);
                        *poisoned = true;
                    }
                }
            }
            UpContent::Tlp(Tlp {
                body: Body::Completion { .. },
                ..
            })
            | UpContent::Interrupt(_) => {}
            UpContent::Tlp(_) => {
                if self.random.chance(config.iommu_walk_per_million) {
                    extra_cycles = self.random.below(config.iommu_walk_cycles + 1);
                }
            }
        }
        self.inbound.push(now, packet.key, packet, extra_cycles);
    }

    /// Gives the receive buffer of a packet of the card free.
    pub(super) fn release(&mut self, now: u64, load: Load) {
        self.up.release(now, load);
    }

    /// Queues a TLP to the card.
    pub(super) fn send(&mut self, now: u64, tlp: &Tlp, bar_hit: u8, extra_cycles: u64) {
        self.send_dws(
            now,
            OrderKey::of(tlp),
            tlp.to_dws(),
            tlp.payload().len(),
            bar_hit,
            extra_cycles,
        );
    }

    /// Queues DWs to the card, whatever they are.
    pub(super) fn send_dws(
        &mut self,
        now: u64,
        key: OrderKey,
        dws: Vec<u32>,
        payload_bytes: usize,
        bar_hit: u8,
        extra_cycles: u64,
    ) {
        if key.class == Class::Completion {
            self.queued_completions += 1;
        }
        let load = Load::new(key.class, 4 * dws.len(), payload_bytes);
        let packet = DownPacket { dws, bar_hit, load };
        self.outbound.push(now, key, packet, extra_cycles);
    }

    /// Queues a completion of memory or of the root complex to the card, unless a fault takes it.
    pub(super) fn send_completion(&mut self, now: u64, mut tlp: Tlp) {
        let mut extra_cycles = 0;
        let ends = match &tlp.body {
            Body::Completion {
                completion,
                payload,
            } => payload.is_empty() || usize::from(completion.byte_count) <= payload.len(),
            _ => true,
        };
        let fate = self.faults.to_card.fate(&mut self.random, ends);
        if fate != Fate::Deliver {
            self.report.injected(now);
        }
        match fate {
            Fate::Deliver => {}
            Fate::Duplicate => self.send(now, &tlp, 0, 0),
            Fate::Drop => return,
            Fate::Late => extra_cycles = self.faults.late_cycles,
            Fate::Poison => tlp.poisoned = true,
        }
        self.send(now, &tlp, 0, extra_cycles);
    }

    /// Bytes that the link has carried so far, with framing: towards the host, towards the card.
    pub(super) fn carried_bytes(&self, now: u64) -> (u64, u64) {
        (self.up.carried_bytes(now), self.down.carried_bytes(now))
    }

    /// Whether nothing is under way in either direction.
    pub(super) fn is_idle(&self) -> bool {
        self.stalled.is_none()
            && self.reads.is_empty()
            && self.inbound.is_empty()
            && self.outbound.is_empty()
            && self.transmit.is_empty()
            && self.up.is_empty()
            && self.down.is_empty()
            && self.receive.is_empty()
            && !self.reassembler.is_inside()
    }
}
