//! The bench: a bare core, a device that sends what the test queues, a link with
//! random back-pressure, a host that reads and writes BAR2, and a firmware that
//! does what the test says.
//!
//! ```text
//!   device queue ──▶ dev_tx ┌──────┐ link_tx ──▶ sent, host answers, log model
//!   taken        ◀── dev_rx │ Core │ link_rx ◀── host requests, completions
//!                           └──────┘ control bus ◀── test
//! ```

use slackwater_hdl::config::CoreConfig;
use slackwater_regs::{bar2, control, log, state};
use slackwater_sim::backend::{Alarm, Backend, LockStepCore};
use slackwater_sim::ports::{BareCore, Beat, ControlRequest, CoreInputs, CoreOutputs};
use slackwater_sim::seed::{Seed, Stream};
use slackwater_sim::tlp::{Body, Completion, CompletionStatus, Tlp};
use slackwater_sim::tlp_stream::{Reassembler, beats};
use std::collections::{BTreeSet, VecDeque};

/// Requester ID of the device, and completer ID of the core.
pub const DEVICE_ID: u16 = 0x0100;
/// Requester ID of the host.
pub const HOST_ID: u16 = 0x0000;
/// Address at which the host sees BAR2; only its low 16 bits reach the core.
pub const BAR2_ADDRESS: u64 = 0xf001_0000;
/// Address at which the host sees BAR0.
pub const BAR0_ADDRESS: u64 = 0xf000_0000;
/// Cycles after which a wait of the bench is a hang.
const PATIENCE_CYCLES: u64 = 20_000;

/// A TLP seen on link_tx.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Cycle in which its first beat was taken.
    pub start: u64,
    /// Cycle in which its last beat was taken.
    pub end: u64,
    /// Its DWs.
    pub dws: Vec<u32>,
}

impl Sent {
    /// The TLP.
    pub fn tlp(&self) -> Tlp {
        Tlp::from_dws(&self.dws).unwrap_or_else(|error| panic!("sent {:x?}: {error}", self.dws))
    }
}

/// See the module's page.
pub struct Bench {
    core: Box<dyn BareCore>,
    /// Cycles run.
    pub cycle: u64,
    /// Seed of everything random.
    pub seed: u64,
    rng: Stream,
    /// Chance per million that link_tx is ready in a cycle.
    pub link_ready: u32,
    /// Chance per million that the device takes a beat in a cycle.
    pub dev_ready: u32,
    /// Chance per million that a beat is offered on link_rx or dev_tx in a cycle.
    pub offer: u32,
    /// Fault injection.
    pub inject: u32,
    /// Bus, device and function number of the requester for host accesses.
    pub host_id: u16,
    /// Function level reset line.
    pub flr: bool,
    /// Interrupt that the device offers.
    pub msi: Option<u8>,
    /// The PCIe core takes interrupts.
    pub msi_ready: bool,
    /// Device completions that wait.
    dev_completions: VecDeque<Vec<Beat>>,
    /// Device requests that wait.
    pub dev_requests: VecDeque<Vec<Beat>>,
    dev_current: VecDeque<Beat>,
    dev_is_completion: bool,
    dev_started: bool,
    dev_offered: bool,
    rx_queue: VecDeque<(VecDeque<Beat>, u8)>,
    rx_offered: bool,
    control: Option<ControlRequest>,
    reassembler: Reassembler,
    start: u64,
    /// All TLPs on link_tx that the host has not taken as an answer.
    pub sent: Vec<Sent>,
    dev_reassembler: Reassembler,
    /// TLPs that the device took.
    pub taken: Vec<Vec<u32>>,
    /// Interrupts that went out.
    pub interrupts: u64,
    /// Outputs of the last cycle.
    pub outputs: CoreOutputs,
    next_tag: u8,
    log_sequence: u8,
    state_sequence: u8,
}

impl Bench {
    /// A bench on a core that was just powered up, with full speed on all streams.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, &CoreConfig::default())
    }

    /// The same for a core with another configuration, on the backend that the
    /// environment names.
    pub fn with(seed: u64, config: &CoreConfig) -> Self {
        let backend = Backend::from_environment().expect("a backend");
        let core = match backend {
            Backend::LockStep => {
                let alarm = Alarm::panic(format!("seed {seed}"), env!("CARGO_TARGET_TMPDIR"));
                LockStepCore::new(config, alarm).map(|core| Box::new(core) as Box<dyn BareCore>)
            }
            _ => backend.core(config),
        };
        Self::on(seed, core.expect("the core's Verilog"))
    }

    /// The same on this very core.
    pub fn on(seed: u64, core: Box<dyn BareCore>) -> Self {
        let mut bench = Self {
            core,
            cycle: 0,
            seed,
            rng: Seed(seed).named("bench").stream(),
            link_ready: 1_000_000,
            dev_ready: 1_000_000,
            offer: 1_000_000,
            inject: 0,
            host_id: HOST_ID,
            flr: false,
            msi: None,
            msi_ready: true,
            dev_completions: VecDeque::new(),
            dev_requests: VecDeque::new(),
            dev_current: VecDeque::new(),
            dev_is_completion: false,
            dev_started: false,
            dev_offered: false,
            rx_queue: VecDeque::new(),
            rx_offered: false,
            control: None,
            reassembler: Reassembler::new(),
            start: 0,
            sent: Vec::new(),
            dev_reassembler: Reassembler::new(),
            taken: Vec::new(),
            interrupts: 0,
            outputs: CoreOutputs::default(),
            next_tag: 0,
            log_sequence: 0,
            state_sequence: 0,
        };
        bench.step();
        bench
    }

    /// Queues a TLP of the device.
    pub fn device_sends(&mut self, tlp: &Tlp) {
        let dws = tlp.to_dws();
        self.device_sends_dws(&dws);
    }

    /// Queues raw DWs of the device.
    pub fn device_sends_dws(&mut self, dws: &[u32]) {
        let queue = if dws[0] >> 24 & 0x1f == 0x0a {
            &mut self.dev_completions
        } else {
            &mut self.dev_requests
        };
        queue.push_back(beats(dws).collect());
    }

    /// Queues a TLP from the link.
    pub fn link_sends(&mut self, tlp: &Tlp, bar: u8) {
        let dws = tlp.to_dws();
        self.link_sends_dws(&dws, bar);
    }

    /// Queues raw DWs from the link, with the BAR hit bits.
    pub fn link_sends_dws(&mut self, dws: &[u32], bar: u8) {
        self.rx_queue.push_back((beats(dws).collect(), bar));
    }

    /// Nothing of the device waits or is on its way to link_tx.
    pub fn device_idle(&self) -> bool {
        self.dev_current.is_empty()
            && self.dev_requests.is_empty()
            && self.dev_completions.is_empty()
            && !self.reassembler.is_inside()
    }

    /// Everything from the link was taken.
    pub fn link_idle(&self) -> bool {
        self.rx_queue.is_empty()
    }

    fn offer_device_beat(&mut self) -> Option<Beat> {
        // A request that has not started gives way while the gate is closed.
        if !self.dev_started && !self.dev_is_completion && self.outputs.dev_gated {
            if !self.dev_current.is_empty() {
                let beats = self.dev_current.drain(..).collect();
                self.dev_requests.push_front(beats);
            }
            self.dev_offered = false;
        }
        if self.dev_current.is_empty() {
            let gated =
                self.outputs.dev_gated && self.inject & slackwater_hdl::inject::GATE_LEAK == 0;
            if let Some(beats) = self.dev_completions.pop_front() {
                self.dev_current = beats.into();
                self.dev_is_completion = true;
            } else if !gated && let Some(beats) = self.dev_requests.pop_front() {
                self.dev_current = beats.into();
                self.dev_is_completion = false;
            }
        }
        if !self.dev_offered {
            self.dev_offered = !self.dev_current.is_empty() && self.rng.chance(self.offer);
        }
        self.dev_current
            .front()
            .copied()
            .filter(|_| self.dev_offered)
    }

    /// One cycle.
    pub fn step(&mut self) {
        let mut inputs = CoreInputs::default();
        inputs.card.link_tx_ready = self.rng.chance(self.link_ready);
        inputs.card.requester_id = DEVICE_ID;
        inputs.card.msi_ready = self.msi_ready;
        inputs.card.flr = self.flr;
        inputs.card.inject = self.inject;
        inputs.card.control = self.control;
        inputs.dev_rx_ready = self.rng.chance(self.dev_ready);
        inputs.dev_msi = self.msi;
        inputs.dev_tx = self.offer_device_beat();
        if !self.rx_offered {
            self.rx_offered = !self.rx_queue.is_empty() && self.rng.chance(self.offer);
        }
        if self.rx_offered {
            let (beats, bar) = &self.rx_queue[0];
            inputs.card.link_rx = beats.front().copied();
            inputs.card.link_rx_bar = *bar;
        }
        let outputs = self.core.cycle(&inputs);
        if inputs.dev_tx.is_some() && outputs.dev_tx_ready {
            let beat = self.dev_current.pop_front().expect("it was offered");
            self.dev_started = !beat.last;
            self.dev_offered = false;
        }
        if inputs.card.link_rx.is_some() && outputs.card.link_rx_ready {
            self.rx_queue[0].0.pop_front();
            self.rx_offered = false;
            if self.rx_queue[0].0.is_empty() {
                self.rx_queue.pop_front();
            }
        }
        if inputs.card.link_tx_ready
            && let Some(beat) = outputs.card.link_tx
        {
            if !self.reassembler.is_inside() {
                self.start = self.cycle;
            }
            if let Some(dws) = self.reassembler.push(&beat) {
                let dws =
                    dws.unwrap_or_else(|error| panic!("link_tx, cycle {}: {error}", self.cycle));
                self.sent.push(Sent {
                    start: self.start,
                    end: self.cycle,
                    dws,
                });
            }
        }
        if inputs.dev_rx_ready
            && let Some(beat) = outputs.dev_rx
            && let Some(Ok(dws)) = self.dev_reassembler.push(&beat)
        {
            self.taken.push(dws);
        }
        if outputs.card.msi.is_some() && self.msi_ready {
            self.interrupts += 1;
            self.msi = None;
        }
        self.outputs = outputs;
        self.cycle += 1;
    }

    /// Runs some cycles.
    pub fn run(&mut self, cycles: u64) {
        for _ in 0..cycles {
            self.step();
        }
    }

    /// Runs until the condition holds; returns the cycles it took.
    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) -> u64 {
        let start = self.cycle;
        while !condition(self) {
            assert!(
                self.cycle - start < PATIENCE_CYCLES,
                "seed {}: {what} did not come within {PATIENCE_CYCLES} cycles",
                self.seed
            );
            self.step();
        }
        self.cycle - start
    }

    /// Lets everything that was queued go its way.
    pub fn drain(&mut self) {
        self.until("an idle device", Self::device_idle);
        self.until("an idle link", Self::link_idle);
        self.run(12);
    }

    /// Starts a read of BAR2 and returns its tag.
    pub fn start_read(&mut self, address: u64, bar: u8, bytes: usize) -> u8 {
        let tag = self.next_tag;
        self.next_tag = (self.next_tag + 1) % 128;
        let tlp = Tlp::memory_read(self.host_id, tag, address, bytes).expect("a legal read");
        self.link_sends(&tlp, 1 << bar);
        tag
    }

    /// The completions of a read that have come, in order; they leave `sent`.
    pub fn take_answers(&mut self, tag: u8) -> Vec<Sent> {
        let host_id = self.host_id;
        let answers = |sent: &Sent| {
            sent.dws[0] >> 24 & 0x1f == 0x0a
                && sent.dws[2] >> 16 == u32::from(host_id)
                && sent.dws[2] >> 8 & 0xff == u32::from(tag)
        };
        let found = self
            .sent
            .iter()
            .filter(|sent| answers(sent))
            .cloned()
            .collect();
        self.sent.retain(|sent| !answers(sent));
        found
    }

    /// Reads bytes of a BAR, waiting for the whole answer.
    pub fn read_bytes(&mut self, address: u64, bar: u8, bytes: usize) -> Vec<u8> {
        let tag = self.start_read(address, bar, bytes);
        let mut data = Vec::new();
        let start = self.cycle;
        while data.len() < bytes.max(1).next_multiple_of(4) {
            self.step();
            for answer in self.take_answers(tag) {
                let Body::Completion {
                    completion,
                    payload,
                } = answer.tlp().body
                else {
                    unreachable!("only completions are taken")
                };
                assert_eq!(completion.status, CompletionStatus::Successful);
                data.extend(payload);
            }
            assert!(
                self.cycle - start < PATIENCE_CYCLES,
                "seed {}: no answer to a read at {address:#x}",
                self.seed
            );
        }
        data
    }

    /// Reads a register of BAR2.
    pub fn read(&mut self, offset: u32) -> u32 {
        let bytes = self.read_bytes(BAR2_ADDRESS + u64::from(offset), 2, 4);
        u32::from_le_bytes(bytes[..4].try_into().expect("four bytes"))
    }

    /// Writes a register of BAR2; it has arrived when this returns.
    pub fn write(&mut self, offset: u32, value: u32) {
        self.post(offset, value);
        self.until("an idle link", Self::link_idle);
        self.run(6);
    }

    /// Queues a write of a register of BAR2.
    pub fn post(&mut self, offset: u32, value: u32) {
        let address = BAR2_ADDRESS + u64::from(offset);
        let tlp = Tlp::memory_write(self.host_id, 0, address, &value.to_le_bytes())
            .expect("a legal write");
        self.link_sends(&tlp, 1 << 2);
    }

    /// Posts a command of the dirty log with a new sequence number.
    pub fn post_log(&mut self, operation: log::Operation, chunk: u32) {
        self.log_sequence = self.log_sequence.wrapping_add(1);
        let word = operation as u32
            | chunk << log::command::CHUNK_SHIFT
            | u32::from(self.log_sequence) << log::command::SEQUENCE_SHIFT;
        self.post(bar2::LOG_COMMAND, word);
    }

    /// Gives a command of the dirty log and waits for its end; returns the outcome.
    pub fn log(&mut self, operation: log::Operation, chunk: u32) -> log::Outcome {
        self.post_log(operation, chunk);
        loop {
            let status = self.read(bar2::LOG_STATUS);
            if status & log::status::BUSY == 0 {
                assert_eq!(
                    status >> log::status::SEQUENCE_SHIFT,
                    u32::from(self.log_sequence)
                );
                return log::Outcome::from_code(status & log::status::OUTCOME_MASK)
                    .expect("a known outcome");
            }
        }
    }

    /// Pages in the snapshot window, relative to their chunk.
    pub fn window_pages(&mut self) -> BTreeSet<u32> {
        let address = BAR2_ADDRESS + u64::from(bar2::SNAPSHOT_WINDOW);
        let mut pages = BTreeSet::new();
        let lines = u64::from(self.read(bar2::LINE_SUMMARY_LO))
            | u64::from(self.read(bar2::LINE_SUMMARY_HI)) << 32;
        for line in 0..64 {
            let bytes = self.read_bytes(address + 64 * line, 2, 64);
            let any = bytes.iter().any(|byte| *byte != 0);
            // A window that lost a bit no longer fits its summary; the test looks for the page.
            if self.inject & slackwater_hdl::inject::CLEAR_EXTRA == 0 {
                assert_eq!(any, lines >> line & 1 == 1, "line summary bit {line}");
            }
            for (i, byte) in bytes.iter().enumerate() {
                for bit in 0..8 {
                    if byte >> bit & 1 == 1 {
                        pages.insert((line as u32 * 64 + i as u32) * 8 + bit);
                    }
                }
            }
        }
        pages
    }

    /// Sets up a range of the log and checks that the core took it.
    pub fn set_range(
        &mut self,
        index: u32,
        iova: u64,
        bytes: u64,
        page_shift: u32,
        offset_words: u32,
    ) {
        let base = bar2::RANGE_BASE + index * bar2::RANGE_STRIDE;
        self.write(base + bar2::RANGE_BASE_LO, iova as u32);
        self.write(base + bar2::RANGE_BASE_HI, (iova >> 32) as u32);
        self.write(base + bar2::RANGE_UNITS, (bytes >> 12) as u32);
        let config = bar2::range_config::ENABLE
            | page_shift << bar2::range_config::PAGE_SHIFT_SHIFT
            | offset_words;
        self.write(base + bar2::RANGE_CONFIG, config);
        assert_eq!(self.read(base + bar2::RANGE_CONFIG), config);
        assert_eq!(self.read(base + bar2::RANGE_BASE_LO), iova as u32);
        assert_eq!(self.read(base + bar2::RANGE_UNITS), (bytes >> 12) as u32);
    }

    /// Live pages, seen from outside.
    pub fn live_pages(&self) -> BTreeSet<u32> {
        let mut pages = BTreeSet::new();
        for (word, mut bits) in self.core.live_marks().into_iter().enumerate() {
            while bits != 0 {
                pages.insert(word as u32 * 32 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        pages
    }

    /// device_state, seen from outside.
    pub fn device_state(&self) -> u32 {
        self.core.device_state()
    }

    /// Asks for a device_state with a new sequence number; the test answers as firmware.
    pub fn request_state(&mut self, bits: u32) {
        self.state_sequence = self.state_sequence.wrapping_add(1);
        let word = bits | u32::from(self.state_sequence) << state::request::SEQUENCE_SHIFT;
        self.write(bar2::STATE_REQUEST, word);
    }

    /// Firmware's answer to the pending request.
    pub fn answer_state(&mut self, outcome: state::Outcome) {
        let word = (outcome as u32) << state::answer::OUTCOME_SHIFT;
        self.control_write(control::STATE_ANSWER, word);
        self.run(2);
    }

    /// A write of the firmware.
    pub fn control_write(&mut self, address: u32, data: u32) {
        self.control = Some(ControlRequest {
            address,
            write: Some(data),
        });
        self.until("control_ready", |bench| bench.outputs.card.control_ready);
        self.control = None;
        self.step();
    }

    /// A write of the firmware, with a look at every cycle's outputs.
    pub fn control_write_watched(
        &mut self,
        address: u32,
        data: u32,
        mut watch: impl FnMut(&CoreOutputs),
    ) {
        self.control = Some(ControlRequest {
            address,
            write: Some(data),
        });
        while {
            self.step();
            watch(&self.outputs);
            !self.outputs.card.control_ready
        } {}
        self.control = None;
        self.step();
    }

    /// A read of the firmware.
    pub fn control_read(&mut self, address: u32) -> u32 {
        self.control = Some(ControlRequest {
            address,
            write: None,
        });
        self.until("control_ready", |bench| bench.outputs.card.control_ready);
        let data = self.outputs.card.control_data;
        self.control = None;
        self.step();
        data
    }

    /// A random number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.rng.below(bound)
    }

    /// Answers a non-posted request of the device successfully, in one completion.
    pub fn complete(&mut self, tag: u8, payload: &[u8]) {
        self.complete_with(tag, CompletionStatus::Successful, payload);
    }

    /// Answers a non-posted request of the device.
    pub fn complete_with(&mut self, tag: u8, status: CompletionStatus, payload: &[u8]) {
        let completion = Completion {
            completer_id: HOST_ID,
            status,
            byte_count: payload.len().max(4) as u16,
            requester_id: DEVICE_ID,
            tag,
            lower_address: 0,
        };
        self.link_sends(&Tlp::completion(completion, payload.to_vec()), 0);
    }
}
