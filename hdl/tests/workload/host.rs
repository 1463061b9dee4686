//! The host: root complex that answers TLPs late and in pieces, and the guest's driver.

use crate::model::{DENIED, Descriptor, Entry, Memory, POISONED, Seed};
use rust_hdl::prelude::*;
use slackwater_hdl::beat::Beat;
use slackwater_regs::accelerator as regs;
use std::collections::VecDeque;

/// Requester ID of the device.
pub const REQUESTER: u32 = 0x0305;
const RING: u64 = 0x2_ffff_ffe0;
const COMPLETIONS: u64 = 0x4_ffff_ffb0;
const ENTRIES: u32 = 16;

/// Root complex and guest driver.
pub struct Host {
    pub seed: Seed,
    pub memory: Memory,
    pub cycle: u64,
    /// TLP that the device is sending.
    pub sent: Vec<u32>,
    /// TLPs to the device with the cycle from which they may go: completions, requests.
    pub completions: VecDeque<(u64, Vec<u32>)>,
    pub requests: VecDeque<Vec<u32>>,
    /// TLP that goes to the device, its BAR hit, DWs gone, and whether the beat is offered.
    pub going: Option<(Vec<u32>, u8, usize, bool)>,
    /// Completions that the device sent.
    pub answers: Vec<Vec<u32>>,
    pub interrupts: usize,
    pub descriptors: Vec<Descriptor>,
    pub posted: usize,
    pub rung: usize,
    pub entries: Vec<Entry>,
    pub drop_completions: bool,
    /// Page requests are not answered.
    pub hold_responses: bool,
    pub writes_relaxed: usize,
    pub noises: u32,
    /// Page requests that came: page, and what is asked for.
    pub pages: Vec<(u64, u32)>,
    pub last_page_request: Vec<u32>,
    /// What `answers` must become.
    pub due: Vec<Vec<u32>>,
}

impl Host {
    pub fn new(seed: &mut Seed, descriptors: Vec<Descriptor>) -> Self {
        let mut host = Self {
            memory: Memory::random(seed),
            seed: Seed(seed.next()),
            cycle: 0,
            sent: vec![],
            completions: VecDeque::new(),
            requests: VecDeque::new(),
            going: None,
            answers: vec![],
            interrupts: 0,
            descriptors,
            posted: 0,
            rung: 0,
            entries: vec![],
            drop_completions: false,
            hold_responses: false,
            writes_relaxed: 0,
            noises: 0,
            pages: vec![],
            last_page_request: vec![],
            due: vec![],
        };
        for i in 0..u64::from(ENTRIES) * 4 {
            host.memory.store(COMPLETIONS + 4 * i, 0);
        }
        host
    }

    pub fn write_register(&mut self, offset: u32, value: u32) {
        self.requests
            .push_back(vec![0x4000_0001, 0x0f, offset, value.swap_bytes()]);
    }

    pub fn set_up(&mut self) {
        self.write_register(regs::RING_LO, RING as u32);
        self.write_register(regs::RING_HI, (RING >> 32) as u32);
        self.write_register(regs::RING_ENTRIES, ENTRIES);
        self.write_register(regs::COMPLETIONS_LO, COMPLETIONS as u32);
        self.write_register(regs::COMPLETIONS_HI, (COMPLETIONS >> 32) as u32);
        self.write_register(
            regs::CONTROL,
            regs::control::ENABLE | regs::control::PAGE_REQUESTS,
        );
    }

    /// An access to BAR0 that changes nothing, and what it must answer.
    pub fn noise(&mut self) {
        let id = 0x4200 | (self.noises & 0xff) << 8;
        self.noises += 1;
        let (ring_lo, ring_hi) = (RING as u32, (RING >> 32) as u32);
        let answer = |status_bytes: u32, low: u32| [REQUESTER << 16 | status_bytes, id | low];
        match self.seed.below(7) {
            0 => {
                self.requests
                    .push_back(vec![0x0000_0001, id | 0x0f, regs::ID]);
                let [dw1, dw2] = answer(4, 0);
                self.due
                    .push(vec![0x4a00_0001, dw1, dw2, regs::ID_VALUE.swap_bytes()]);
            }
            1 | 2 => {
                self.requests.push_back(vec![
                    0x2000_0003,
                    id | 0x7c,
                    7,
                    0xf000_0000 | regs::RING_LO,
                ]);
                let [dw1, dw2] = answer(12 - 2 - 1, regs::RING_LO + 2);
                let words = [ring_lo, ring_hi, ENTRIES].map(u32::swap_bytes);
                self.due
                    .push([&[0x4a00_0003, dw1, dw2][..], &words].concat());
            }
            3 => {
                self.requests
                    .push_back(vec![0x0200_0001, id | 0x0f, regs::ID]);
                let [dw1, dw2] = answer(0x2004, 0);
                self.due.push(vec![0x0a00_0000, dw1, dw2]);
            }
            4 => self
                .requests
                .push_back(vec![0x4000_0001, 0x0d, regs::RING_HI, 0]),
            5 => {
                // A completion that nobody waits for.
                let stray = vec![0x4a00_0002, 8, REQUESTER << 16 | 0x5500, 1, 2];
                self.completions.push_front((0, stray));
            }
            _ => {
                let words = [ring_lo, ring_hi, 0].map(u32::swap_bytes);
                let header = [0x4000_0003, 0x7f, regs::RING_LO];
                self.requests.push_back([&header[..], &words].concat());
            }
        }
    }

    pub fn quiet(&self) -> bool {
        self.sent.is_empty()
            && self.completions.is_empty()
            && self.requests.is_empty()
            && self.going.is_none()
    }

    pub fn done(&self) -> bool {
        self.entries.len() == self.descriptors.len()
    }

    /// The guest's driver: takes completion entries, posts descriptors, rings the doorbell.
    pub fn drive(&mut self) {
        while self.entries.len() < self.posted {
            let slot = (self.entries.len() as u32 % ENTRIES) as u64;
            let at = COMPLETIONS + slot * u64::from(regs::COMPLETION_BYTES);
            let entry: Entry = std::array::from_fn(|i| self.memory.load(at + 4 * i as u64));
            if entry[regs::completion::RESULT] == 0 {
                break;
            }
            self.memory.store(at + 4, 0);
            self.entries.push(entry);
        }
        while self.posted < self.descriptors.len()
            && self.posted - self.entries.len() < ENTRIES as usize
        {
            let slot = (self.posted as u32 % ENTRIES) as u64;
            for (i, word) in self.descriptors[self.posted].into_iter().enumerate() {
                let at = RING + slot * u64::from(regs::DESCRIPTOR_BYTES) + 4 * i as u64;
                self.memory.store(at, word);
            }
            self.posted += 1;
        }
        if self.rung != self.posted && self.requests.is_empty() {
            self.rung = self.posted;
            self.write_register(regs::DOORBELL, self.posted as u32);
        }
    }

    pub fn next_beat(&mut self) -> Option<(Beat, u8)> {
        if self.going.is_none() && self.seed.percent(60) {
            let answer = self
                .completions
                .front()
                .is_some_and(|(when, _)| *when <= self.cycle);
            if !self.requests.is_empty() && (!answer || self.seed.percent(50)) {
                self.going = self.requests.pop_front().map(|tlp| (tlp, 1, 0, false));
            } else if answer {
                self.going = self
                    .completions
                    .pop_front()
                    .map(|(_, tlp)| (tlp, 0, 0, false));
            }
        }
        let offer = self.seed.percent(70);
        let (tlp, bar, at, offered) = self.going.as_mut()?;
        *offered |= offer;
        if !*offered {
            return None;
        }
        let both = *at + 1 < tlp.len();
        let beat = Beat {
            lo: bits(u64::from(tlp[*at])),
            hi: bits(if both {
                u64::from(tlp[*at + 1])
            } else {
                0xdead_beef
            }),
            keep: bits(if both { 3 } else { 1 }),
            last: *at + 2 >= tlp.len(),
        };
        Some((beat, *bar))
    }

    pub fn beat_taken(&mut self) {
        let (tlp, _, at, offered) = self.going.as_mut().expect("a beat was offered");
        *at += 2;
        *offered = false;
        if *at >= tlp.len() {
            self.going = None;
        }
    }

    pub fn beat_sent(&mut self, beat: Beat) {
        self.sent.push(beat.lo.to_u32());
        if beat.keep == bits::<2>(3) {
            self.sent.push(beat.hi.to_u32());
        } else {
            assert!(
                beat.keep == bits::<2>(1) && beat.last,
                "keep {:?}",
                beat.keep
            );
        }
        if beat.last {
            let tlp = std::mem::take(&mut self.sent);
            self.tlp_sent(&tlp);
        }
    }

    pub fn tlp_sent(&mut self, tlp: &[u32]) {
        let kind = tlp[0] >> 24;
        let length_dw = (tlp[0] & 0x3ff) as usize;
        if kind & 0x1f == 0x0a {
            assert_eq!(tlp[1] >> 16, REQUESTER);
            self.answers.push(tlp.to_vec());
            return;
        }
        assert_eq!(tlp[1] >> 16, REQUESTER);
        if kind == 0x30 {
            return self.page_request(tlp);
        }
        let long = kind & 0x20 != 0;
        let high = if long { u64::from(tlp[2]) } else { 0 };
        assert!(!long || high != 0, "a long header without need: {tlp:x?}");
        let address = high << 32 | u64::from(tlp[2 + usize::from(long)]);
        let payload = &tlp[3 + usize::from(long)..];
        let enables = if kind & 0x1f == 0x0c {
            0
        } else if length_dw == 1 {
            0x0f
        } else {
            0xff
        };
        assert_eq!(tlp[1] & 0xff, enables, "byte enables of {tlp:x?}");
        assert!((1..=32).contains(&length_dw), "length of {tlp:x?}");
        assert_eq!(
            address / 128,
            (address + 4 * length_dw as u64 - 1) / 128,
            "{tlp:x?}"
        );
        assert_eq!(
            payload.len(),
            if kind & 0x40 != 0 { length_dw } else { 0 },
            "{tlp:x?}"
        );
        match kind & !0x20 {
            0x40 => {
                let entry = (COMPLETIONS..COMPLETIONS + 0x100).contains(&address);
                assert_eq!(tlp[0] & 0x2000 != 0, !entry, "relaxed ordering of {tlp:x?}");
                self.writes_relaxed += usize::from(!entry);
                for (i, word) in payload.iter().enumerate() {
                    self.memory.store(address + 4 * i as u64, word.swap_bytes());
                }
            }
            0x00 => self.answer_read(tlp[1], address, length_dw),
            0x4c => {
                self.answer_read(tlp[1], address, 1);
                let sum = self
                    .memory
                    .load(address)
                    .wrapping_add(payload[0].swap_bytes());
                self.memory.store(address, sum);
            }
            _ => panic!("unknown TLP {tlp:x?}"),
        }
    }

    /// Takes a Page Request Message and answers it after a while.
    fn page_request(&mut self, tlp: &[u32]) {
        assert_eq!(tlp.len(), 4, "{tlp:x?}");
        assert_eq!(tlp[..2], [0x3000_0000, REQUESTER << 16 | 4], "{tlp:x?}");
        let (page, low) = (u64::from(tlp[2]) << 32 | u64::from(tlp[3] & !0xfff), tlp[3]);
        assert!(low & 4 != 0, "not the last of its group: {tlp:x?}");
        self.pages.push((page, low & 3));
        self.last_page_request = tlp.to_vec();
        if self.hold_responses {
            return;
        }
        let (index, code) = (low >> 3 & 0x1ff, u32::from(DENIED.contains(&page)));
        let mut when = self.cycle + self.seed.below(200);
        if let Some((last, _)) = self.completions.back() {
            when = when.max(*last);
        }
        // Answers of other groups, late ones and those for others, change nothing.
        for stray in [index ^ 1, index | 0x100] {
            self.completions.push_back((when, response(15, stray)));
        }
        self.completions.push_back((when, response(code, index)));
        self.completions.push_back((when, response(15, index)));
    }

    /// Answers in order, split at 64 bytes at random.
    pub fn answer_read(&mut self, dw1: u32, mut address: u64, mut left_dw: usize) {
        if self.drop_completions {
            return;
        }
        let mut when = self.cycle + self.seed.below(60);
        if let Some((last, _)) = self.completions.back() {
            when = when.max(*last);
        }
        let id = dw1 & 0xffff_ff00;
        if self.memory.word(address).is_none() {
            let bytes = 4 * left_dw as u32;
            self.completions
                .push_back((when, vec![0x0a00_0000, 0x2000 | bytes, id]));
            return;
        }
        let poison = if POISONED.contains(&address) {
            0x4000
        } else {
            0
        };
        while left_dw != 0 {
            let mut now = left_dw;
            let to_boundary = 16 - (address % 64 / 4) as usize;
            if to_boundary < now && self.seed.percent(50) {
                now = to_boundary;
            }
            let mut tlp = vec![
                0x4a00_0000 | poison | now as u32,
                4 * left_dw as u32,
                id | (address & 0x7f) as u32,
            ];
            for i in 0..now as u64 {
                tlp.push(self.memory.load(address + 4 * i).swap_bytes());
            }
            self.completions.push_back((when, tlp));
            when += self.seed.below(20);
            address += 4 * now as u64;
            left_dw -= now;
        }
    }
}

/// A PRG Response Message.
pub fn response(code: u32, index: u32) -> Vec<u32> {
    vec![
        0x3200_0000,
        0x0000_0005,
        REQUESTER << 16 | code << 12 | index,
        0,
    ]
}
