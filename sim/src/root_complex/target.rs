//! The root complex as a target: memory, peers and the CPU behind the IOMMU.

use super::cpu::{ROOT_ID, Verdict};
use super::port::{PendingRead, UpContent, UpPacket};
use super::{RootComplex, STRAYS};
use crate::iommu::{Access, Fault};
use crate::memory::GuestMemory;
use crate::tlp::{AtomicOp, Body, Completion, CompletionStatus, Request, Tlp, operand_bytes};

/// Read completion boundary in bytes.
pub const RCB_BYTES: u64 = 64;
/// Completions that wait for the link; no more are made beyond.
const MAX_QUEUED_COMPLETIONS: usize = 64;
/// Packets of peers that wait for a card.
const MAX_PEER_PACKETS: usize = 256;
/// Packets and completions that one port handles in a cycle.
const PER_CYCLE: usize = 4;

/// Where an allowed request goes.
enum Place {
    Memory(u64),
    Bar {
        card: usize,
        address: u64,
        bar_hit: u8,
    },
}

impl RootComplex {
    /// Lets a port handle what has reached it, if its `has_requests` says that something has.
    #[inline(never)]
    pub(super) fn serve(&mut self, now: u64, card: usize, memory: &mut GuestMemory) {
        for _ in 0..PER_CYCLE {
            let port = &mut self.ports[card];
            let Some(packet) = port
                .stalled
                .take()
                .or_else(|| port.inbound.pop(now, |_| true))
            else {
                break;
            };
            if let Err(packet) = self.deliver(now, card, packet, memory) {
                self.ports[card].stalled = Some(packet);
                break;
            }
        }
        for _ in 0..PER_CYCLE {
            if !self.answer_read(now, card, memory) {
                break;
            }
        }
    }

    /// Handles a packet of a card; gives it back if it must wait for a peer.
    fn deliver(
        &mut self,
        now: u64,
        card: usize,
        packet: UpPacket,
        memory: &mut GuestMemory,
    ) -> Result<(), UpPacket> {
        let load = packet.load;
        match &packet.content {
            UpContent::Interrupt(vector) => {
                let port = &mut self.ports[card];
                port.interrupts[usize::from(*vector)] += 1;
                port.report.interrupts += 1;
            }
            UpContent::Tlp(tlp) => match &tlp.body {
                Body::Completion {
                    completion,
                    payload,
                } => {
                    self.take_completion(now, card, tlp, completion, payload);
                }
                Body::Message(message) => self.take_message(now, card, message),
                Body::MemoryWrite { request, payload } => {
                    match self.place(card, tlp, request, Access::Write, memory) {
                        Some(Place::Memory(address)) => {
                            let report = &mut self.ports[card].report;
                            if commit(memory, address, request, payload) {
                                report.memory_writes += 1;
                            } else {
                                report.iommu_faults += 1;
                            }
                        }
                        Some(Place::Bar { card: peer, .. }) if self.is_full(peer) => {
                            return Err(packet);
                        }
                        Some(place) => self.forward(now, card, tlp, &place),
                        None => {}
                    }
                }
                Body::MemoryRead(request) => {
                    match self.place(card, tlp, request, Access::Read, memory) {
                        Some(Place::Memory(_)) => {
                            let (iova, remaining_bytes) = request.enabled_range();
                            let port = &mut self.ports[card];
                            port.report.memory_reads += 1;
                            port.reads.push(PendingRead {
                                requester_id: request.requester_id,
                                tag: request.tag,
                                traffic_class: tlp.traffic_class,
                                attributes: tlp.attributes,
                                iova,
                                remaining_bytes,
                                ready: now + port.random.below(self.config.read_delay_cycles + 1),
                                load,
                            });
                            // The request keeps its buffer until it is answered: a card that takes
                            // no completions cannot pile up reads here.
                            return Ok(());
                        }
                        Some(place) => self.forward(now, card, tlp, &place),
                        None => self.refuse(now, card, tlp, request),
                    }
                }
                Body::Atomic {
                    op,
                    request,
                    operands,
                } => match self.place(card, tlp, request, Access::ReadWrite, memory) {
                    Some(Place::Memory(address)) => {
                        match execute(memory, address, *op, request, operands) {
                            Some(old) => {
                                self.ports[card].report.atomics += 1;
                                let completion =
                                    root_completion(tlp, request, CompletionStatus::Successful);
                                self.answer(now, card, tlp, completion, old);
                            }
                            None => self.refuse(now, card, tlp, request),
                        }
                    }
                    Some(place) => self.forward(now, card, tlp, &place),
                    None => self.refuse(now, card, tlp, request),
                },
            },
        }
        self.ports[card].release(now, load);
        Ok(())
    }

    /// Where a request goes; `None`, counted, if it may go nowhere.
    fn place(
        &mut self,
        card: usize,
        tlp: &Tlp,
        request: &Request,
        access: Access,
        memory: &GuestMemory,
    ) -> Option<Place> {
        let port = &mut self.ports[card];
        if tlp.poisoned {
            port.report.poisoned += 1;
            return None;
        }
        // A TLP never crosses 4 KiB, so one granule decides.
        let Ok(address) = port.iommu.translate_in_page(request.address, access) else {
            port.report.iommu_faults += 1;
            return None;
        };
        if memory.has(address, request.span_bytes()) {
            return Some(Place::Memory(address));
        }
        if let Some((card, bar_hit)) = self.decode(address) {
            return Some(Place::Bar {
                card,
                address,
                bar_hit,
            });
        }
        self.ports[card].report.bad_addresses += 1;
        None
    }

    fn is_full(&self, card: usize) -> bool {
        self.ports[card].outbound.count() >= MAX_PEER_PACKETS
    }

    /// Sends a request on to a peer. Non-posted ones are aborted if the peer's queue is full, so that they
    /// never hold up posted ones.
    fn forward(&mut self, now: u64, card: usize, tlp: &Tlp, place: &Place) {
        let &Place::Bar {
            card: peer,
            address,
            bar_hit,
        } = place
        else {
            return;
        };
        let Some(request) = tlp.request() else {
            return;
        };
        self.ports[card].report.peer_requests += 1;
        if self.is_full(peer) {
            let completion = root_completion(tlp, request, CompletionStatus::CompleterAbort);
            return self.answer(now, card, tlp, completion, Vec::new());
        }
        let mut tlp = tlp.clone();
        if let Body::MemoryRead(request)
        | Body::MemoryWrite { request, .. }
        | Body::Atomic { request, .. } = &mut tlp.body
        {
            request.address = address;
        }
        self.ports[peer].send(now, &tlp, bar_hit, 0);
    }

    fn take_completion(
        &mut self,
        now: u64,
        card: usize,
        tlp: &Tlp,
        completion: &Completion,
        payload: &[u8],
    ) {
        if completion.requester_id != ROOT_ID {
            let peer = self
                .ports
                .iter()
                .position(|port| port.requester_id == completion.requester_id);
            match peer {
                Some(peer) => self.ports[peer].send(now, tlp, 0, 0),
                None => self.keep_stray(card, tlp),
            }
            return;
        }
        let port = &mut self.ports[card];
        match port.cpu.complete(completion, payload, tlp.poisoned) {
            Verdict::Expected => {}
            Verdict::Wrong => port.report.wrong_completions += 1,
            Verdict::Unexpected => {
                port.report.unexpected_completions += 1;
                self.keep_stray(card, tlp);
            }
        }
    }

    fn keep_stray(&mut self, card: usize, tlp: &Tlp) {
        if self.strays.len() == STRAYS {
            self.strays.pop_front();
        }
        self.strays.push_back((card, tlp.clone()));
    }

    /// Answers a non-posted request with UR.
    fn refuse(&mut self, now: u64, card: usize, tlp: &Tlp, request: &Request) {
        let completion = root_completion(tlp, request, CompletionStatus::UnsupportedRequest);
        self.answer(now, card, tlp, completion, Vec::new());
    }

    fn answer(
        &mut self,
        now: u64,
        card: usize,
        request: &Tlp,
        completion: Completion,
        payload: Vec<u8>,
    ) {
        let mut tlp = Tlp::completion(completion, payload);
        tlp.traffic_class = request.traffic_class;
        tlp.attributes = request.attributes;
        tlp.attributes.id_based_ordering = false;
        self.ports[card].send_completion(now, tlp);
    }

    /// Makes one completion of one read; false if there is none to make.
    fn answer_read(&mut self, now: u64, card: usize, memory: &GuestMemory) -> bool {
        let adversarial = self.config.ordering.adversarial;
        let max_payload_bytes = self.config.max_payload_bytes as u64;
        let read_delay_cycles = self.config.read_delay_cycles;
        let port = &mut self.ports[card];
        if port.reads.is_empty() || port.queued_completions >= MAX_QUEUED_COMPLETIONS {
            return false;
        }
        // From a random place on, so that the answers of several reads mix.
        let count = port.reads.len();
        let start = if adversarial {
            port.random.index(count)
        } else {
            0
        };
        let Some(index) = (0..count)
            .map(|i| (start + i) % count)
            .find(|&i| port.reads[i].ready <= now)
        else {
            return false;
        };
        let read = port.reads[index];
        let all = read.iova + read.remaining_bytes as u64;
        // Completions end at multiples of RCB, all but the last one.
        let base = read.iova & !(RCB_BYTES - 1);
        let most = max_payload_bytes / RCB_BYTES;
        let lines = if adversarial {
            1 + port.random.below(most)
        } else {
            most
        };
        let end = all.min(base + lines.max(1) * RCB_BYTES);
        let bytes = (end - read.iova) as usize;
        let lead = read.iova & 3;
        let span = (lead as usize + bytes).next_multiple_of(4);
        // Memory is read now, chunk by chunk: later writes may be seen, as on real hosts.
        let data = port
            .iommu
            .translate_in_page(read.iova - lead, Access::Read)
            .and_then(|address| {
                memory.dma_read(address, span).ok_or(Fault {
                    iova: read.iova,
                    access: Access::Read,
                })
            });
        let mut completion = Completion {
            completer_id: ROOT_ID,
            status: CompletionStatus::Successful,
            byte_count: read.remaining_bytes as u16,
            requester_id: read.requester_id,
            tag: read.tag,
            lower_address: (read.iova & 0x7f) as u8,
        };
        // The mapping may have gone since the read was accepted.
        let (payload, finished) = match data {
            Ok(data) => (data, bytes == read.remaining_bytes),
            Err(_) => {
                port.report.iommu_faults += 1;
                completion.status = CompletionStatus::UnsupportedRequest;
                (Vec::new(), true)
            }
        };
        let mut tlp = Tlp::completion(completion, payload);
        tlp.traffic_class = read.traffic_class;
        tlp.attributes = read.attributes;
        tlp.attributes.id_based_ordering = false;
        port.send_completion(now, tlp);
        if finished {
            port.reads.swap_remove(index);
            port.release(now, read.load);
        } else {
            let next = &mut port.reads[index];
            next.iova += bytes as u64;
            next.remaining_bytes -= bytes;
            if adversarial {
                next.ready = now + port.random.below(read_delay_cycles / 4 + 1);
            }
        }
        true
    }

    /// Sends the CPU's reads that have got a tag, and ends those that have waited too long.
    #[inline(never)]
    pub(super) fn serve_cpu(&mut self, now: u64, card: usize) {
        let port = &mut self.ports[card];
        let expired = port.cpu.expire(now);
        port.report.cpu_timeouts += expired;
        while let Some(tlp) = port.cpu.issue() {
            let address = tlp.request().map_or(0, |request| request.address);
            let bar_hit = self
                .config
                .layout
                .decode(address)
                .map_or(0, |(_, bar_hit)| bar_hit);
            port.send(now, &tlp, bar_hit, 0);
        }
    }
}

/// A completion of the root complex for a whole request.
fn root_completion(tlp: &Tlp, request: &Request, status: CompletionStatus) -> Completion {
    // AtomicOps have no byte enables: the count is that of the operand, and the lower address is 0.
    let (address, bytes) = match &tlp.body {
        Body::Atomic { op, .. } => (0, operand_bytes(*op, request).unwrap_or(4)),
        _ => request.enabled_range(),
    };
    Completion {
        completer_id: ROOT_ID,
        status,
        byte_count: bytes as u16,
        requester_id: request.requester_id,
        tag: request.tag,
        lower_address: (address & 0x7f) as u8,
    }
}

/// Writes the enabled bytes; whether memory took them.
fn commit(memory: &mut GuestMemory, address: u64, request: &Request, payload: &[u8]) -> bool {
    let whole = request.first_be == 0xf && (request.length_dw == 1 || request.last_be == 0xf);
    if whole && let Ok(target) = memory.slice_mut(address, payload.len()) {
        target.copy_from_slice(payload);
        return true;
    }
    memory.dma_write(address, payload, |byte| whole || request.enables(byte))
}

/// Executes an AtomicOp and gives the old value; operands are little endian. In foreign memory it is
/// atomic to the devices of this machine alone.
fn execute(
    memory: &mut GuestMemory,
    address: u64,
    op: AtomicOp,
    request: &Request,
    operands: &[u8],
) -> Option<Vec<u8>> {
    let bytes = operand_bytes(op, request).ok()?;
    let value = |slice: &[u8]| {
        slice
            .iter()
            .rev()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let old = memory.dma_read(address, bytes)?;
    let first = value(operands.get(..bytes)?);
    let new = match op {
        AtomicOp::FetchAdd => value(&old).wrapping_add(first),
        AtomicOp::Swap => first,
        AtomicOp::CompareAndSwap if value(&old) == first => value(operands.get(bytes..2 * bytes)?),
        AtomicOp::CompareAndSwap => value(&old),
    };
    let new = &new.to_le_bytes()[..bytes];
    memory.dma_write(address, new, |_| true).then_some(old)
}
