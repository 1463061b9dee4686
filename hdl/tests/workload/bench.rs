//! The block with its clock, its gate, and the ways to move it.

use crate::host::{Host, REQUESTER};
use rust_hdl::prelude::*;
use slackwater_hdl::beat::Beat;
use slackwater_hdl::workload::Workload;
use slackwater_regs::accelerator as regs;

/// First state word that is a register.
pub const REGISTER_WORD: u32 = regs::REGISTER_WORD;
/// Register words that say whether a TLP is half received: valid, second DW, DW index, read pending.
const PARSER_WORDS: [u32; 4] = [41, 42, 44, 47];

/// A workload with its clock.
pub struct Bench {
    pub unit: Box<Workload>,
    pub gated: bool,
    pub freeze: bool,
    pub reset: bool,
    /// The device has the capability.
    pub page_requests: bool,
    /// Chance in percent that a stream is ready in a cycle.
    pub ready: u64,
    /// Chance in percent that the gate moves in a cycle.
    pub gate: u64,
    /// Chance in percent that the host does something of no effect in a cycle.
    pub noise: u64,
    /// What was offered and not taken in the last cycle.
    pub stalled: Option<Beat>,
    /// Words of the dirty blocks, as the marks say.
    pub marked: Vec<bool>,
}

impl Bench {
    pub fn new() -> Self {
        let mut unit = Box::new(Workload::default());
        unit.connect_all();
        check_all(unit.as_ref()).expect("a sound block");
        let mut bench = Self {
            unit,
            gated: false,
            freeze: false,
            reset: true,
            page_requests: true,
            ready: 70,
            gate: 0,
            noise: 1,
            stalled: None,
            marked: vec![false; 64],
        };
        bench.idle();
        bench.idle();
        bench.reset = false;
        bench
    }

    pub fn settle(&mut self) {
        for _ in 0..50 {
            self.unit.update_all();
            if !self.unit.has_changed() {
                return;
            }
        }
        panic!("combinational loop");
    }

    /// First half of a cycle: inputs change, outputs settle.
    pub fn fall(&mut self) {
        self.unit.clock.next = false.into();
        self.unit.requester_id.next = bits(u64::from(REQUESTER));
        self.unit.gated.next = self.gated;
        self.unit.page_requests.next = self.page_requests;
        self.unit.freeze.next = self.freeze;
        self.unit.reset.next = self.reset;
        self.settle();
    }

    pub fn rise(&mut self) {
        self.unit.clock.next = true.into();
        self.settle();
    }

    /// A cycle in which nothing is offered or taken.
    pub fn idle(&mut self) {
        self.unit.rx_valid.next = false;
        self.unit.tx_ready.next = false;
        self.unit.msi_ready.next = false;
        self.fall();
        if self.freeze {
            assert!(!self.unit.tx_valid.val() && !self.unit.msi_valid.val());
            assert!(!self.unit.rx_ready.val() && !self.unit.dirty_valid.val());
        }
        self.rise();
    }

    pub fn cycle(&mut self, host: &mut Host) {
        let beat = host.next_beat();
        if let Some((beat, bar)) = beat {
            self.unit.rx_beat.next = beat;
            self.unit.rx_bar.next = bits(u64::from(bar));
        }
        self.unit.rx_valid.next = beat.is_some();
        self.unit.tx_ready.next = host.seed.percent(self.ready);
        self.unit.msi_ready.next = host.seed.percent(self.ready);
        self.fall();
        let unit = &self.unit;
        let (tx, valid) = (unit.tx_beat.val(), unit.tx_valid.val());
        if valid && self.gated && host.sent.is_empty() {
            assert_eq!(
                tx.lo.to_u32() >> 24 & 0x1f,
                0x0a,
                "a request at a closed gate"
            );
        }
        if let Some(stalled) = self.stalled.take().filter(|_| !self.gated && !self.freeze) {
            assert!(valid && tx == stalled, "an offered beat changed");
        }
        if valid && unit.tx_ready.val() {
            host.beat_sent(tx);
        } else if valid {
            self.stalled = Some(tx);
        }
        if beat.is_some() && unit.rx_ready.val() {
            host.beat_taken();
        }
        if unit.msi_valid.val() && unit.msi_ready.val() {
            assert!(unit.msi_vector.val() == bits::<5>(0));
            host.interrupts += 1;
        }
        if unit.dirty_valid.val() {
            self.marked[unit.dirty_block.val().index()] = true;
        }
        self.rise();
        host.cycle += 1;
    }

    pub fn read_word(&mut self, index: u32) -> u32 {
        self.unit.state_index.next = bits(u64::from(index));
        self.idle();
        // The next index comes at once: reads are pipelined.
        self.unit.state_index.next = bits(u64::from(index ^ 0x3f));
        self.idle();
        self.unit.state_index.next = bits(0);
        self.fall();
        let data = self.unit.state_read_data.val().to_u32();
        self.rise();
        data
    }

    pub fn write_word(&mut self, index: u32, data: u32) {
        self.unit.state_index.next = bits(u64::from(index));
        self.unit.state_write_data.next = bits(u64::from(data));
        self.unit.state_write.next = true;
        self.idle();
        self.unit.state_write.next = false;
    }

    /// Moves the frozen device to a new one by its state port, but for the words left out.
    pub fn migrate(&mut self, leave_out: Option<u32>) -> Self {
        let words = self.unit.state_words();
        let mut other = Self::new();
        other.freeze = true;
        other.gated = self.gated;
        other.ready = self.ready;
        other.gate = self.gate;
        other.noise = self.noise;
        for index in 0..regs::STATE_WORDS {
            if Some(index) != leave_out {
                other.write_word(index, words[index as usize]);
            }
        }
        other.idle();
        other.freeze = false;
        other
    }

    /// A cycle of ordinary life.
    pub fn live(&mut self, host: &mut Host) {
        if host.seed.percent(self.gate) {
            self.gated = host.seed.percent(50);
        }
        if host.seed.percent(self.noise) && host.requests.len() < 4 && host.rung != 0 {
            host.noise();
        }
        host.drive();
        self.cycle(host);
    }

    /// Runs until all descriptors are done and every stream is at rest.
    pub fn run(&mut self, host: &mut Host) {
        for _ in 0..20_000 {
            if host.done() {
                break;
            }
            self.live(host);
        }
        assert!(
            host.done(),
            "{} of {} done",
            host.entries.len(),
            host.descriptors.len()
        );
        self.gated = false;
        for _ in 0..400 {
            self.cycle(host);
        }
        assert!(host.quiet(), "TLPs are left");
    }

    /// Closes the gate and waits until nothing is outstanding or half done, as the core does.
    pub fn quiesce(&mut self, host: &mut Host) {
        self.gated = true;
        for _ in 0..2_000 {
            let words = self.unit.state_words();
            let half = PARSER_WORDS
                .iter()
                .any(|i| words[(REGISTER_WORD + i) as usize] != 0);
            if host.quiet() && !half && self.stalled.is_none() {
                return;
            }
            self.cycle(host);
        }
        panic!("the device does not come to rest");
    }
}
