//! The completer with a BAR behind it, the model of that BAR, and random requests.

use crate::tlp::*;
use rust_hdl::prelude::*;
use slackwater_hdl::beat::Beat;
use slackwater_hdl::completer::Completer;
use slackwater_hdl::drive::Driver;

pub const OWNER: u16 = 0x0010;
pub const COMPLETER: u16 = 0x0100;
pub const WORDS: usize = 1 << 14;
/// Malformed writes go to the upper half of the BAR, everything else to the lower.
pub const UPPER_HALF: u32 = 0x8000;

/// One TLP on its way in.
pub struct Job {
    pub beats: Vec<Beat>,
    pub frozen: bool,
}

/// What the strobes counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strobes {
    pub not_owner: u32,
    pub malformed: u32,
    pub frozen_read: u32,
    pub frozen_write: u32,
}

pub struct Bench {
    pub driver: Driver<Completer>,
    pub memory: Vec<u32>,
    /// Bus addresses of one and of two clocks ago.
    pub addresses: [usize; 2],
    pub writes: Vec<(usize, u32)>,
    pub tlps: Vec<Vec<u32>>,
    pub beats: Vec<Beat>,
    pub strobes: Strobes,
    /// Clock of each job's last beat taken, of each first and of each last beat seen valid on tx.
    pub taken: Vec<u64>,
    pub first_seen: Vec<u64>,
    pub last_seen: Vec<u64>,
    pub waiting: Option<Beat>,
}

impl Bench {
    pub fn new(memory: Vec<u32>) -> Self {
        Self {
            driver: Driver::new(Completer::default(), |b| &mut b.clock).unwrap(),
            memory,
            addresses: [0; 2],
            writes: Vec::new(),
            tlps: Vec::new(),
            beats: Vec::new(),
            strobes: Strobes::default(),
            taken: Vec::new(),
            first_seen: Vec::new(),
            last_seen: Vec::new(),
            waiting: None,
        }
    }

    /// One clock; true if the offered beat was taken.
    pub fn cycle(&mut self, offer: Option<(Beat, bool, bool)>, tx_ready: bool) -> bool {
        let now = self.driver.cycles();
        let data = self.memory[self.addresses[1]];
        let (job_ready, valid, out, address, write) = self.driver.cycle(
            |b| {
                let (beat, first, frozen) = offer.unwrap_or_default();
                b.job_beat.next = beat;
                b.job_first.next = first;
                b.job_frozen.next = frozen;
                b.job_valid.next = offer.is_some();
                b.tx_ready.next = tx_ready;
                b.owner.next = bits(OWNER.into());
                b.completer_id.next = bits(COMPLETER.into());
                b.bus_read_data.next = bits(data.into());
            },
            |b| {
                self.strobes.not_owner += u32::from(b.not_owner.val());
                self.strobes.malformed += u32::from(b.malformed.val());
                self.strobes.frozen_read += u32::from(b.frozen_read.val());
                self.strobes.frozen_write += u32::from(b.frozen_write.val());
                let write = b.bus_write.val().then(|| b.bus_write_data.val().to_u32());
                let address = b.bus_address.val().index();
                (
                    b.job_ready.val(),
                    b.tx_valid.val(),
                    b.tx_beat.val(),
                    address,
                    write,
                )
            },
        );
        if let Some(word) = write {
            self.writes.push((address, word));
            self.memory[address] = word;
        }
        self.addresses = [address, self.addresses[0]];
        if let Some(beat) = self.waiting {
            assert!(
                valid && out == beat,
                "a beat that waits for ready has changed"
            );
        } else if valid {
            if self.beats.is_empty() {
                self.first_seen.push(now);
            }
            if out.last {
                self.last_seen.push(now);
            }
        }
        self.waiting = (valid && !tx_ready).then_some(out);
        if valid && tx_ready {
            assert!(out.last || out.keep == 3, "hole in a TLP");
            self.beats.push(out);
            if out.last {
                self.tlps.push(dws(&self.beats));
                self.beats.clear();
            }
        }
        job_ready && offer.is_some()
    }

    /// Runs until all jobs were taken and nothing more comes; gaps and stalls in percent.
    pub fn run(&mut self, jobs: &[Job], rng: &mut Rng, gaps: u32, stalls: u32) {
        let work: usize = jobs.iter().map(|j| j.beats.len() * 2 + 1100).sum();
        let limit = self.driver.cycles() + 40 * work as u64;
        for job in jobs {
            for (i, &beat) in job.beats.iter().enumerate() {
                while rng.chance(gaps) {
                    self.cycle(None, !rng.chance(stalls));
                }
                let clock = loop {
                    let clock = self.driver.cycles();
                    assert!(clock < limit, "the completer hangs");
                    if self.cycle(Some((beat, i == 0, job.frozen)), !rng.chance(stalls)) {
                        break clock;
                    }
                };
                if beat.last {
                    self.taken.push(clock);
                }
            }
        }
        let mut quiet = 0;
        while quiet < 60 {
            assert!(
                self.driver.cycles() < limit,
                "the completer does not come to rest"
            );
            let before = self.tlps.len();
            let ready = !rng.chance(stalls);
            self.cycle(None, ready);
            let idle = self.tlps.len() == before && self.beats.is_empty() && self.waiting.is_none();
            quiet = if idle { quiet + 1 } else { 0 };
        }
    }
}

/// The enabled bytes of a request: (DW index, byte in the DW).
pub fn enabled(request: &Request) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    for dw in 0..request.length_dw {
        let be = if dw == 0 {
            request.first_be
        } else if dw + 1 == request.length_dw {
            request.last_be
        } else {
            0xF
        };
        out.extend((0..4).filter(|b| be >> b & 1 == 1).map(|b| (dw, b)));
    }
    out
}

/// What the BAR does: the bytes of the answer, if there is one, and what it changes and counts.
pub fn model(
    request: &Request,
    frozen: bool,
    memory: &mut [u32],
    strobes: &mut Strobes,
) -> Option<Vec<u8>> {
    let foreign = !frozen && request.requester != OWNER;
    let write = matches!(request.kind, Kind::Write | Kind::IoWrite);
    strobes.not_owner += u32::from(foreign);
    strobes.frozen_read += u32::from(frozen && !write);
    strobes.frozen_write += u32::from(frozen && write);
    let word_at = |dw: u32| ((request.address >> 2) as usize + dw as usize) % WORDS;
    match request.kind {
        Kind::IoWrite => Some(Vec::new()),
        Kind::IoRead => Some(vec![0xFF; 4]),
        Kind::FetchAdd | Kind::Swap => Some(vec![0xFF; request.length_dw as usize * 4]),
        Kind::Cas => Some(vec![0xFF; request.length_dw as usize * 2]),
        Kind::Write => {
            if !foreign && !frozen {
                let on = enabled(request);
                let mut partial = false;
                for dw in 0..request.length_dw {
                    if on.iter().filter(|b| b.0 == dw).count() == 4 {
                        memory[word_at(dw)] = request.payload[dw as usize].swap_bytes();
                    } else {
                        partial = true;
                    }
                }
                strobes.malformed += u32::from(partial);
            }
            None
        }
        Kind::Read | Kind::ReadLocked => {
            let on = enabled(request);
            let (first, last) = match (on.first(), on.last()) {
                (Some(first), Some(last)) => (first.0 * 4 + first.1, last.0 * 4 + last.1),
                _ => (0, 0),
            };
            let ones = foreign || frozen || request.kind == Kind::ReadLocked;
            Some(
                (first..=last)
                    .map(|i| match ones {
                        true => 0xFF,
                        false => memory[word_at(i / 4)].to_le_bytes()[i as usize % 4],
                    })
                    .collect(),
            )
        }
    }
}

pub fn random_request(rng: &mut Rng) -> Request {
    let kind = match rng.below(20) {
        0..=9 => Kind::Read,
        10..=15 => Kind::Write,
        16 => rng.pick(&[Kind::FetchAdd, Kind::Swap]),
        17 => Kind::Cas,
        18 => rng.pick(&[Kind::IoRead, Kind::IoWrite]),
        _ => Kind::ReadLocked,
    };
    let length_dw = match kind {
        Kind::IoRead | Kind::IoWrite => 1,
        Kind::FetchAdd | Kind::Swap => 1 + rng.below(2),
        Kind::Cas => 2 + 2 * rng.below(2),
        _ => match rng.below(8) {
            0..=2 => 1,
            3..=5 => 2 + rng.below(40),
            6 => 1 + rng.below(1024),
            _ => rng.pick(&[16, 31, 32, 33, 64, 1023, 1024]),
        },
    };
    // Near the ends of a 4 KiB page as often as anywhere, never across one.
    let span = 4096 - 4 * length_dw;
    let offset = match rng.below(4) {
        0 => 0,
        1 => span,
        2 => span.saturating_sub(4 * rng.below(4)),
        _ => rng.below(span + 1) & !3,
    };
    let mut request = Request::new(kind, u64::from(rng.below(8) << 12 | offset), length_dw);
    request.four_dw = rng.chance(50) && !matches!(kind, Kind::IoRead | Kind::IoWrite);
    if request.four_dw {
        request.address |= rng.next() << 32 | 0xFEDC_0000;
    }
    if rng.chance(60) {
        if length_dw == 1 {
            request.first_be = rng.below(16);
        } else {
            request.first_be = rng.pick(&[0xF, 0xE, 0xC, 0x8, 0x5, 0x1]);
            request.last_be = rng.pick(&[0xF, 0x7, 0x3, 0x1, 0xA, 0x8]);
        }
    }
    if matches!(
        kind,
        Kind::Write | Kind::IoWrite | Kind::FetchAdd | Kind::Swap | Kind::Cas
    ) {
        request.payload = (0..length_dw).map(|_| rng.word()).collect();
    }
    request.requester = if rng.chance(15) {
        rng.word() as u16
    } else {
        OWNER
    };
    request.tag = rng.word() as u8;
    request.traffic_class = rng.below(8);
    request.attributes = rng.below(4);
    request.digest = rng.chance(10).then(|| rng.word());
    request
}

/// A TLP that no rule allows. Writes among them aim at the upper half.
pub fn malformed(rng: &mut Rng) -> Vec<Beat> {
    let mut request = loop {
        let request = random_request(rng);
        if request.digest.is_none() {
            break request;
        }
    };
    request.address |= u64::from(UPPER_HALF);
    let mut words = request.dws();
    match rng.below(6) {
        0 => {
            let cut = 1 + rng.below(words.len() as u32 - 1) as usize;
            words.truncate(words.len() - cut);
        }
        1 => (0..1 + rng.below(6)).for_each(|_| words.push(rng.word())),
        2 => {
            let code = rng.pick(&[
                0x03, 0x04, 0x05, 0x44, 0x10, 0x30, 0x34, 0x74, 0x22, 0x0C, 0x2E, 0x4F, 0x41, 0x80,
                0xFF,
            ]);
            words[0] = words[0] & 0x00FF_FFFF | code << 24;
        }
        3 => {
            words[0] &= 0x20FF_FFFF;
            words.truncate(3 + usize::from(request.four_dw));
            words[0] |= if request.four_dw { 0x2000_0000 } else { 0 };
            words[1] = words[1] & !0xFF
                | if request.length_dw == 1 {
                    0x10 | rng.below(256)
                } else {
                    rng.pick(&[0x0F, 0xF0, 0])
                };
        }
        4 => {
            // I/O of more than one DW, AtomicOps of odd sizes, all as long as they say.
            let (code, length) = rng.pick(&[
                (0x02, 2),
                (0x42, 2),
                (0x4C, 3),
                (0x4D, 0),
                (0x4E, 1),
                (0x4E, 8),
                (0x4E, 3),
            ]);
            words = vec![code << 24 | length, words[1], words[2]];
            if code & 0x40 != 0 {
                words.extend(vec![0; if length == 0 { 1024 } else { length as usize }]);
            }
        }
        _ => {
            let mut out = beats(&words);
            let last = out.len() - 1;
            if rng.chance(50) {
                out[last].keep = bits(u64::from(rng.pick(&[0u32, 2])));
            } else {
                let hole = rng.below(last as u32).max(1) as usize;
                out[hole].keep = bits(u64::from(if hole == last { 2 } else { rng.below(3) }));
            }
            return out;
        }
    }
    beats(&words)
}
