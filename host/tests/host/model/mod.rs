//! A software model of the core's registers, and a small machine around it.
//!
//! Independent of the driver and of the hardware: plain vectors and `if`s. Time
//! passes with accesses, waits and network traffic; while it does, the device
//! writes random memory (and marks it) and changes its state, and so do VCPUs.

mod registers;

use slackwater_host::flow::pipeline::Digest;
use slackwater_host::function::{AccessError, Bar, BusReads, Function, Permissions};
use slackwater_host::platform::{MemoryError, PAGE_BYTES, Platform};
use slackwater_regs::bar2::{self, capabilities, range_config};
use slackwater_regs::log;
use slackwater_regs::state::{self, Outcome};
use std::sync::{Arc, Mutex, MutexGuard};

pub const LOG_PAGES: u32 = 2 * bar2::CHUNK_PAGES;
pub const STATE_WORDS: usize = 3000;
pub const DEVICE_TYPE: u32 = 0xd;
/// One access takes so long.
const ACCESS_NS: u64 = 40;

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Seed(pub u64);

impl Seed {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

/// What goes wrong, and when.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// So many command writes to each of the command registers get lost.
    pub lost_commands: u32,
    /// So many reads time out.
    pub lost_reads: u32,
    /// So many reads of the snapshot window time out.
    pub lost_window_reads: u32,
    /// Reads answer all-ones.
    pub all_ones: bool,
    /// Requests for this state end so.
    pub state_answer: Option<(u32, Outcome, u32)>,
    /// State requests are never answered.
    pub silent: bool,
    /// The answer to state requests is this status, less the sequence number.
    pub raw_state_answer: Option<u32>,
    /// The mark with this number is lost.
    pub drop_mark: Option<u64>,
    /// The summary leaves out the first 32 lines of the snapshot window.
    pub hidden_lines: bool,
    /// LOG_INCOMPLETE comes up when this mark comes.
    pub incomplete_at_mark: Option<u64>,
    /// So many window answers give nothing but say that more is ready.
    pub empty_answers: u32,
    /// The window's status after Next, less the sequence number.
    pub raw_window_answer: Option<u32>,
    /// The stream lacks its trailer.
    pub no_trailer: bool,
}

pub struct Card {
    pub magic: u32,
    pub version: u32,
    pub device_type: u32,
    pub capabilities: u32,
    pub log_pages: u32,
    pub watchdog_cycles: u32,
    pub state: u32,
    pub state_status: u32,
    pub reason: u32,
    pub reset_register: u32,
    pub page_requests: u32,
    pub log_status: u32,
    pub log_busy_until: u64,
    pub live: Vec<u32>,
    pub snapshot: Vec<u32>,
    pub held_chunk: u32,
    pub clear_later: Option<u32>,
    pub ranges: [[u32; 4]; 8],
    pub window_status: u32,
    pub window: Vec<u32>,
    pub words: Vec<u32>,
    pub dirty_words: Vec<bool>,
    pub out: Vec<u32>,
    pub out_sum: u32,
    pub out_done: bool,
    pub into: Vec<u32>,
    pub into_bad: bool,
    pub marks: u64,
    pub outside: u32,
    pub commands: u32,
    pub window_reads: u32,
    pub requests: Vec<u32>,
}

/// What a flow did to a machine, apart from reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// Asked for a device_state.
    State(u32),
    /// Started or stopped the device's log.
    Tracking(bool),
    /// Started or stopped the log of the VCPUs.
    CpuLog(bool),
    /// Let the VCPUs run, or stopped them.
    Vcpus(bool),
    /// Completed all I/O page faults.
    PageFaults,
    /// Took a chunk of the log, while the device was in this state.
    Snapshot(u32),
    /// Took a part of the stream out, or pushed one in.
    Window,
}

pub struct Machine {
    pub now_ns: u64,
    pub journal: Vec<Did>,
    pub memory: Vec<u8>,
    pub card: Card,
    pub faults: Faults,
    pub vcpus: bool,
    pub cpu_log: Option<Vec<u64>>,
    pub dma_per_us: u64,
    pub cpu_per_us: u64,
    /// What the device reaches: (iova, address, bytes).
    pub mappings: Vec<(u64, u64, u64)>,
    /// VCPUs answer one page request after so many ns; 0 is never.
    pub answer_ns: u64,
    /// When they answered last.
    pub answered_ns: u64,
    /// What the VCPUs know.
    pub vcpu_state: Vec<u8>,
    /// Somebody looks in from outside, and tells what is held.
    pub digests: bool,
    seed: Seed,
    owed: u64,
}

#[derive(Clone)]
pub struct Handle(pub Arc<Mutex<Machine>>);

impl Handle {
    /// A machine with idle device and VCPUs.
    pub fn new(pages: usize, seed: u64) -> Self {
        let card = Card {
            magic: bar2::MAGIC_VALUE,
            version: bar2::VERSION_VALUE,
            device_type: DEVICE_TYPE,
            capabilities: capabilities::NDMA
                | capabilities::ATOMIC_CLEAR
                | capabilities::INTERNAL_LOG
                | 8 << capabilities::RANGES_SHIFT
                | LOG_PAGES.ilog2() << capabilities::LOG_PAGES_SHIFT,
            log_pages: LOG_PAGES,
            watchdog_cycles: 10_000,
            state: state::RUNNING,
            state_status: 0xfe << 24,
            reason: 0,
            reset_register: 0x33 << 24,
            page_requests: 0,
            log_status: 0xff << 24,
            log_busy_until: 0,
            live: vec![0; LOG_PAGES as usize / 32],
            snapshot: vec![0; 1024],
            held_chunk: 0,
            clear_later: None,
            ranges: [[0; 4]; 8],
            window_status: 0x80 << 24,
            window: vec![0; 1024],
            words: vec![0; STATE_WORDS],
            dirty_words: vec![false; STATE_WORDS],
            out: Vec::new(),
            out_sum: 0,
            out_done: false,
            into: Vec::new(),
            into_bad: false,
            marks: 0,
            outside: 0,
            commands: 0,
            window_reads: 0,
            requests: Vec::new(),
        };
        Self(Arc::new(Mutex::new(Machine {
            now_ns: 0,
            journal: Vec::new(),
            memory: vec![0; pages * PAGE_BYTES],
            card,
            faults: Faults::default(),
            vcpus: true,
            cpu_log: None,
            dma_per_us: 4,
            cpu_per_us: 1,
            mappings: vec![(0, 0, (pages * PAGE_BYTES) as u64)],
            answer_ns: 0,
            answered_ns: 0,
            vcpu_state: Vec::new(),
            digests: false,
            seed: Seed(seed),
            owed: 0,
        })))
    }

    /// A machine at work: memory half full of random data, the device enabled.
    pub fn busy(pages: usize, seed: u64) -> Self {
        let handle = Self::new(pages, seed);
        {
            let mut machine = handle.lock();
            let Machine {
                memory, seed, card, ..
            } = &mut *machine;
            for page in memory.chunks_exact_mut(PAGE_BYTES) {
                if seed.below(2) == 0 {
                    page.iter_mut().for_each(|byte| *byte = seed.next() as u8);
                }
            }
            card.words
                .iter_mut()
                .for_each(|word| *word = seed.next() as u32);
            card.words[0] = 1;
        }
        handle
    }

    fn did(&self, what: Did) {
        self.lock().journal.push(what);
    }

    pub fn lock(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().unwrap()
    }
}

impl Machine {
    /// The device does DMA: it is enabled, runs, and may.
    fn dma_allowed(&self) -> bool {
        let state = self.card.state;
        self.card.words[0] == 1
            && state & state::RUNNING != 0
            && state & state::NDMA == 0
            && state & state::ERROR != state::ERROR
    }

    pub fn advance(&mut self, ns: u64) {
        self.now_ns += ns;
        self.owed += ns;
        while self.owed >= 1000 {
            self.owed -= 1000;
            if self.dma_allowed() {
                for _ in 0..self.dma_per_us {
                    self.dma_write();
                }
            }
            if self.card.state & state::RUNNING != 0 && self.card.words[0] == 1 {
                let index = 1 + self.seed.below(STATE_WORDS as u64 - 1) as usize;
                self.card.words[index] = self.seed.next() as u32;
                self.card.dirty_words[index] = true;
            }
            let due = self.now_ns >= self.answered_ns + self.answer_ns;
            if self.vcpus && self.answer_ns > 0 && due && self.card.page_requests > 0 {
                self.answered_ns = self.now_ns;
                self.card.page_requests -= 1;
            }
            if self.vcpus {
                for _ in 0..self.cpu_per_us {
                    let page = self.seed.below((self.memory.len() / PAGE_BYTES) as u64 / 4);
                    let byte = self.seed.below(PAGE_BYTES as u64);
                    self.memory[page as usize * PAGE_BYTES + byte as usize] =
                        self.seed.next() as u8;
                    if let Some(log) = &mut self.cpu_log {
                        log.push(page);
                    }
                }
            }
        }
        if self.now_ns >= self.card.log_busy_until {
            self.card.log_status &= !log::status::BUSY;
            if let Some(chunk) = self.card.clear_later.take() {
                self.card.chunk_mut(chunk).fill(0);
            }
        }
    }

    /// The device writes one random byte: memory first, then the mark (I1).
    fn dma_write(&mut self) {
        let which = self.seed.below(self.mappings.len() as u64) as usize;
        let (iova, address, bytes) = self.mappings[which];
        // Most writes go to a few pages, as a working set would.
        let span = if self.seed.below(16) == 0 {
            bytes
        } else {
            bytes / 8
        };
        let offset = self.seed.below(span.max(1));
        self.memory[(address + offset) as usize] = self.seed.next() as u8;
        self.mark(iova + offset);
    }

    pub fn mark(&mut self, iova: u64) {
        if self.card.log_status & log::status::TRACKING == 0 {
            return;
        }
        self.card.marks += 1;
        if self.faults.drop_mark == Some(self.card.marks) {
            return;
        }
        if self.faults.incomplete_at_mark == Some(self.card.marks) {
            self.card.log_status |= log::status::INCOMPLETE;
            return;
        }
        for [lo, hi, units, config] in self.card.ranges {
            let base = u64::from(lo) | u64::from(hi) << 32;
            let bytes = u64::from(units) << 12;
            if config & range_config::ENABLE != 0 && iova >= base && iova - base < bytes {
                let page = (iova - base) >> (config >> 24 & 31);
                let bit = u64::from(config & 0x7fff) * 32 + page;
                self.card.live[bit as usize / 32] |= 1 << (bit % 32);
                return;
            }
        }
        self.card.outside += 1;
    }
}

/// It reads a word at a time.
pub struct ModelBar(Handle, BusReads);

impl Bar for ModelBar {
    fn size_bytes(&self) -> u64 {
        bar2::BAR2_BYTES.into()
    }
    fn reads(&self) -> BusReads {
        self.1
    }
    fn read_u32(&mut self, offset: u32) -> Result<u32, AccessError> {
        self.1.add(4);
        self.0.lock().read(offset)
    }
    fn write_u32(&mut self, offset: u32, value: u32) -> Result<(), AccessError> {
        self.0.lock().write(offset, value);
        Ok(())
    }
}

impl Function for Handle {
    type Bar = ModelBar;
    fn bar(&self, index: u8) -> Result<ModelBar, AccessError> {
        if index == bar2::BAR {
            Ok(ModelBar(self.clone(), BusReads::default()))
        } else {
            Err(AccessError::NoBar { index })
        }
    }
    fn map_dma(&mut self, _: u64, _: u64, _: u64, _: Permissions) -> Result<(), AccessError> {
        Ok(())
    }
    fn unmap_dma(&mut self, _: u64, _: u64) -> Result<(), AccessError> {
        Ok(())
    }
    fn take_interrupts(&mut self, _: u16) -> Result<u64, AccessError> {
        Ok(0)
    }
    fn function_level_reset(&mut self) -> Result<(), AccessError> {
        Ok(())
    }
    fn wait(&mut self, ns: u64) {
        self.lock().advance(ns);
    }
}

impl Platform for Handle {
    fn now_ns(&self) -> u64 {
        self.lock().now_ns
    }
    fn elapse_ns(&mut self, ns: u64) {
        self.lock().advance(ns);
    }
    fn pause_vcpus(&mut self) {
        self.did(Did::Vcpus(false));
        self.lock().vcpus = false;
    }
    fn resume_vcpus(&mut self) {
        self.did(Did::Vcpus(true));
        self.lock().vcpus = true;
    }
    fn memory_bytes(&self) -> u64 {
        self.lock().memory.len() as u64
    }
    fn read_page(&mut self, page: u64, into: &mut [u8; PAGE_BYTES]) -> Result<(), MemoryError> {
        let machine = self.lock();
        let pages = machine.memory.chunks_exact(PAGE_BYTES);
        let mut pages = pages.skip(page as usize);
        into.copy_from_slice(
            pages
                .next()
                .ok_or_else(|| outside(page, machine.memory.len()))?,
        );
        Ok(())
    }
    fn write_page(&mut self, page: u64, from: &[u8; PAGE_BYTES]) -> Result<(), MemoryError> {
        let memory = &mut self.lock().memory;
        let memory_bytes = memory.len();
        let mut pages = memory.chunks_exact_mut(PAGE_BYTES).skip(page as usize);
        pages
            .next()
            .ok_or_else(|| outside(page, memory_bytes))?
            .copy_from_slice(from);
        Ok(())
    }
    fn settle_io_page_faults(&mut self) {
        self.did(Did::PageFaults);
    }
    fn vcpu_state(&mut self) -> Vec<u8> {
        self.lock().vcpu_state.clone()
    }
    fn load_vcpu_state(&mut self, state: &[u8]) -> Result<(), String> {
        if state.starts_with(b"odd") {
            return Err("it is odd".to_owned());
        }
        self.lock().vcpu_state = state.to_vec();
        Ok(())
    }
    fn digest(&mut self) -> Option<Digest> {
        let machine = self.lock();
        let pages = machine.memory.chunks_exact(PAGE_BYTES);
        let words = machine
            .card
            .words
            .iter()
            .flat_map(|word| word.to_le_bytes());
        machine.digests.then(|| Digest {
            pages: pages.map(crc32c::crc32c).collect(),
            devices: vec![crc32c::crc32c(&words.collect::<Vec<u8>>())],
        })
    }
    fn start_cpu_log(&mut self) {
        self.did(Did::CpuLog(true));
        self.lock().cpu_log = Some(Vec::new());
    }
    fn stop_cpu_log(&mut self) {
        self.did(Did::CpuLog(false));
        self.lock().cpu_log = None;
    }
    fn take_cpu_dirty(&mut self, pages: &mut Vec<u64>) {
        if let Some(log) = &mut self.lock().cpu_log {
            pages.append(log);
        }
    }
}

fn outside(page: u64, memory_bytes: usize) -> MemoryError {
    MemoryError {
        address: page * PAGE_BYTES as u64,
        bytes: PAGE_BYTES as u64,
        memory_bytes: memory_bytes as u64,
    }
}
