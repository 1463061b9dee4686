//! Random traffic for a bare core: a host, a device, a firmware and a link, in phases.
//!
//! [`Traffic`] gives the inputs of each cycle and follows the outputs, so that what it
//! sends is answered, taken and finished as a real surrounding would. All comes from
//! the seed: the same core gets the same inputs. Whoever compares two simulations of
//! the core lets one of them drive the traffic and feeds the other with the same words.
//!
//! | phase | what comes |
//! |---|---|
//! | calm | legal TLPs and commands, with random back-pressure |
//! | rude | the same, but many TLPs are spoiled |
//! | quiet | no new request; what is under way is completed |
//! | noise | random bits on every input, in the middle of whatever goes on |

mod firmware;
mod lane;
mod packets;

use crate::backend::port_words::{
    CORE_INPUTS, CoreInputWords, CoreOutputWords, core_inputs, core_outputs,
};
use crate::ports::{Beat, CoreInputs, CoreOutputs};
use crate::seed::{Seed, Stream};
use crate::tlp::{Body, Tlp};
use crate::tlp_stream::Reassembler;
use firmware::Firmware;
use lane::Lane;
use packets::{DEVICE_ID, Packet};
use std::collections::VecDeque;

const MILLION: u32 = 1_000_000;
/// Chances per million that a beat is offered or taken in a cycle.
const CHANCES: [u32; 8] = [
    MILLION, MILLION, MILLION, MILLION, 800_000, 500_000, 200_000, 50_000,
];
/// Cycles after which a function level reset is given up.
const FLR_CYCLES: u64 = 5_000;
/// Tags of the device.
const TAGS: u64 = 32;
/// Longer than any completion timeout of these tests, twice.
const ABANDONED_CYCLES: u64 = 700;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Calm,
    Rude,
    Quiet,
    Noise,
}

/// What the traffic follows inside the core, as it is before a cycle. The host could read it, but
/// not as soon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// The requester that may use BAR2.
    pub owner: u16,
    /// The device is in ERROR, where only a reset helps.
    pub in_error: bool,
}

/// See the module's page.
pub struct Traffic {
    random: Stream,
    cycle: u64,
    phase: Phase,
    left: u64,
    link_ready: u32,
    dev_ready: u32,
    msi_ready: u32,
    offer: u32,
    dirty: u32,
    inject: u32,
    flr_left: u64,
    link: Lane,
    requests: Lane,
    completions: Lane,
    /// The beat offered on dev_tx is of `completions`.
    completing: bool,
    msi: Option<u8>,
    firmware: Firmware,
    sent: Reassembler,
    received: Reassembler,
    /// Tags of the device's non-posted requests on the link, with the bytes they ask for.
    pending: Vec<(u8, u16)>,
    /// Bit t: the device uses tag t.
    tags: u32,
    /// Tags that are never answered, and the cycle in which they are used again.
    abandoned: VecDeque<(u8, u64)>,
    gated: bool,
    inputs: CoreInputs,
}

impl Traffic {
    /// Traffic that begins with limits short enough to be reached.
    pub fn new(seed: u64) -> Self {
        let mut random = Seed(seed).named("lock-step").stream();
        let mut link = Lane::default();
        link.waiting.extend(packets::limits(0, &mut random));
        Self {
            random,
            cycle: 0,
            phase: Phase::Calm,
            left: 1_000,
            link_ready: MILLION,
            dev_ready: MILLION,
            msi_ready: MILLION,
            offer: MILLION,
            dirty: 0,
            inject: 0,
            flr_left: 0,
            link,
            requests: Lane::default(),
            completions: Lane::default(),
            completing: false,
            msi: None,
            firmware: Firmware::default(),
            sent: Reassembler::new(),
            received: Reassembler::new(),
            pending: Vec::new(),
            tags: 0,
            abandoned: VecDeque::new(),
            gated: false,
            inputs: CoreInputs::default(),
        }
    }

    fn next_phase(&mut self, owner: u16) {
        let random = &mut self.random;
        let before = self.phase;
        (self.phase, self.left) = match random.below(16) {
            0..=8 => (Phase::Calm, random.within(100..=1_000)),
            9 | 10 => (Phase::Rude, random.within(30..=200)),
            11..=14 => (Phase::Quiet, random.within(50..=500)),
            _ => (Phase::Noise, random.within(1..=40)),
        };
        let mut chance = || CHANCES[random.index(CHANCES.len())];
        self.link_ready = chance();
        self.dev_ready = chance();
        self.msi_ready = chance();
        self.offer = chance();
        self.dirty = chance() / 2;
        self.inject = match random.below(6) {
            0 => random.below(64) as u32,
            _ => 0,
        };
        if before == Phase::Noise {
            // Whatever was under way is no TLP any more.
            self.sent = Reassembler::new();
            self.received = Reassembler::new();
        }
        if matches!(before, Phase::Noise | Phase::Rude) {
            // Who knows which requests were understood.
            let due = self.cycle + ABANDONED_CYCLES;
            let tags = (0..TAGS as u8).filter(|tag| self.tags >> tag & 1 == 1);
            self.abandoned.extend(tags.map(|tag| (tag, due)));
            self.pending.clear();
        }
        if matches!(before, Phase::Noise | Phase::Rude) && random.below(4) > 0 {
            // The core may have lost track.
            self.link
                .waiting
                .extend(packets::device_reset(owner, random));
        }
    }

    /// New packets, and a little of everything else.
    fn generate(&mut self, Inside { owner, in_error }: Inside) {
        let random = &mut self.random;
        let spoil = |packet: Packet, random: &mut Stream| match self.phase {
            Phase::Rude if random.below(2) == 0 => packet.spoiled(random),
            _ => packet,
        };
        let quiet = self.phase == Phase::Quiet;
        if self.link.has_room() && random.chance(if quiet { 5_000 } else { 80_000 }) {
            for packet in packets::host(owner, random).into_iter().flatten() {
                self.link.waiting.push_back(spoil(packet, random));
            }
        }
        if in_error && self.link.has_room() && random.chance(20_000) {
            self.link
                .waiting
                .extend(packets::device_reset(owner, random));
        }
        let tag = random.below(TAGS) as u8;
        if !quiet
            && self.requests.has_room()
            && random.chance(100_000)
            && let Ok(packet) = packets::device(tag, random)
        {
            // A write has a tag and does not use it.
            let uses = u32::from(packet.is_non_posted()) << tag;
            if self.tags & uses == 0 {
                self.tags |= uses;
                self.requests.waiting.push_back(spoil(packet, random));
            }
        }
        if !quiet && self.requests.has_room() && random.chance(10_000) {
            let packet = packets::page_request(random);
            self.requests.waiting.push_back(spoil(packet, random));
        }
        if self.link.has_room() && random.chance(10_000) {
            let packet = packets::page_response(random);
            self.link.waiting.push_back(spoil(packet, random));
        }
        if !self.pending.is_empty() && self.link.has_room() && random.chance(50_000) {
            let (tag, bytes) = self.pending.swap_remove(random.index(self.pending.len()));
            if random.below(16) == 0 {
                self.abandoned
                    .push_back((tag, self.cycle + ABANDONED_CYCLES));
            } else {
                let (packet, left) = packets::completion(DEVICE_ID, tag, bytes, random);
                self.link.waiting.push_back(spoil(packet, random));
                match left {
                    // Spoiled, it may not have been taken for an answer.
                    0 if self.phase == Phase::Rude => {
                        self.abandoned
                            .push_back((tag, self.cycle + ABANDONED_CYCLES));
                    }
                    0 => self.tags &= !(1 << tag),
                    _ => self.pending.push((tag, left)),
                }
            }
        }
        if random.chance(300) {
            let (packet, _) = packets::completion(DEVICE_ID, tag, 4, random);
            self.link.waiting.push_back(packet);
        }
        if self.msi.is_none() && !quiet && random.chance(10_000) {
            self.msi = Some(random.below(32) as u8);
        }
        if self.flr_left == 0 && random.chance(100) {
            self.flr_left = FLR_CYCLES;
        }
    }

    /// Requests give way to completions while the gate is closed, unless one has begun.
    fn device_beat(&mut self) -> Option<Beat> {
        if self.gated && !self.requests.begun {
            self.requests.offered = false;
        }
        self.completing =
            !(self.requests.begun || self.requests.offered || self.completions.is_empty());
        let random = &mut self.random;
        if self.completing {
            return self.completions.offer(self.offer, random);
        }
        if self.gated && !self.requests.begun {
            return None;
        }
        self.requests.offer(self.offer, random)
    }

    /// The inputs of the next cycle.
    pub fn inputs(&mut self, inside: Inside) -> CoreInputWords {
        if self.left == 0 {
            self.next_phase(inside.owner);
        }
        self.left -= 1;
        self.cycle += 1;
        if self.phase == Phase::Noise {
            let mut words = [0; CORE_INPUTS.len()];
            for word in &mut words {
                // More bits than any port has: what is above must not matter.
                *word = u128::from(self.random.bits()) << 64 | u128::from(self.random.bits());
            }
            return words;
        }
        self.generate(inside);
        let mut inputs = CoreInputs {
            dev_tx: self.device_beat(),
            dev_rx_ready: self.random.chance(self.dev_ready),
            dev_msi: self.msi,
            state_read_data: self.random.bits() as u32,
            dirty_block: self
                .random
                .chance(self.dirty)
                .then(|| self.random.bits() as u8),
            ..CoreInputs::default()
        };
        inputs.card.link_tx_ready = self.random.chance(self.link_ready);
        inputs.card.link_rx = self.link.offer(self.offer, &mut self.random);
        inputs.card.link_rx_bar = self.link.bar;
        inputs.card.requester_id = DEVICE_ID;
        inputs.card.msi_ready = self.random.chance(self.msi_ready);
        inputs.card.control = self.firmware.request();
        inputs.card.flr = self.flr_left > 0;
        inputs.card.inject = self.inject;
        self.inputs = inputs;
        core_inputs(&inputs)
    }

    /// Takes note of what the core did with them: to be called in every cycle.
    pub fn observe(&mut self, words: &CoreOutputWords) {
        let outputs = core_outputs(words);
        self.gated = outputs.dev_gated;
        self.forget(outputs.dev_reset);
        if self.phase == Phase::Noise {
            return;
        }
        let inputs = self.inputs;
        if inputs.dev_tx.is_some() && outputs.dev_tx_ready {
            if self.completing {
                self.completions.taken();
            } else {
                self.requests.taken();
            }
        }
        if inputs.card.link_rx.is_some() && outputs.card.link_rx_ready {
            self.link.taken();
        }
        if outputs.dev_msi_ready {
            self.msi = None;
        }
        self.flr_left = match outputs.card.flr_done {
            true => 0,
            false => self.flr_left.saturating_sub(1),
        };
        self.firmware.observe(&outputs.card, &mut self.random);
        self.follow_link(&outputs);
        self.follow_device(&outputs);
    }

    /// Tags become free again.
    fn forget(&mut self, reset: bool) {
        if reset {
            (self.tags, self.pending) = (0, Vec::new());
            self.abandoned.clear();
        }
        while let Some(&(tag, due)) = self.abandoned.front()
            && due <= self.cycle
        {
            self.tags &= !(1 << tag);
            self.abandoned.pop_front();
        }
    }

    /// Notes the device's requests that are on the link.
    fn follow_link(&mut self, outputs: &CoreOutputs) {
        if self.inputs.card.link_tx_ready
            && let Some(beat) = outputs.card.link_tx
            && let Some(Ok(dws)) = self.sent.push(&beat)
            && let Ok(tlp) = Tlp::from_dws(&dws)
            && let Body::MemoryRead(request) | Body::Atomic { request, .. } = tlp.body
            && u64::from(request.tag) < TAGS
            && self.pending.len() < TAGS as usize
        {
            let bytes = request.length_dw.min(32) * 4;
            self.pending.push((request.tag, bytes));
        }
    }

    /// The device answers reads of its BAR.
    fn follow_device(&mut self, outputs: &CoreOutputs) {
        if self.inputs.dev_rx_ready
            && let Some(beat) = outputs.dev_rx
            && let Some(Ok(dws)) = self.received.push(&beat)
            && let Ok(tlp) = Tlp::from_dws(&dws)
            && let Body::MemoryRead(request) = tlp.body
            && self.completions.waiting.len() < 64
        {
            let bytes = request.length_dw.min(32) * 4;
            let (packet, _) =
                packets::completion(request.requester_id, request.tag, bytes, &mut self.random);
            self.completions.waiting.push_back(packet);
        }
    }
}
