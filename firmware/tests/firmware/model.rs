//! A model of what the firmware sees of the hardware, and the rig that runs both.

use slackwater_firmware::stream::SoftwareChecksums;
use slackwater_firmware::{ControlBus, Limits, run_with};
use slackwater_regs::bar2::{capabilities, status};
use slackwater_regs::control::{self, BLOCK_WORDS, INTERNAL_LOG_WORDS, event, hold};
use slackwater_regs::state::{self, NDMA, Outcome, RUNNING, Reason};
use slackwater_regs::window::{self, EndOfStream, Operation};
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// SplitMix64.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) as u32
    }

    /// A number from 0 to `end - 1`.
    pub fn below(&mut self, end: u32) -> u32 {
        ((u64::from(self.word()) * u64::from(end)) >> 32) as u32
    }
}

/// Prints the seed if the test fails while this is alive.
pub struct SeedOnPanic(pub u64);

impl Drop for SeedOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {:#x}", self.0);
        }
    }
}

pub const DEVICE_TYPE: u32 = 0x0001_0001;
pub const CONFIG_HASH: u32 = 0x1234_5678;
pub const LIMITS: Limits = Limits {
    quiesce_polls: 20,
    freeze_polls: 10,
};
/// More polls than the limits allow.
pub const NEVER: u32 = u32::MAX;

/// What a device_state request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateAnswer {
    pub outcome: Outcome,
    pub state: u32,
    pub reason: Option<Reason>,
}

/// What a window command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowAnswer {
    pub outcome: window::Outcome,
    pub bytes: u32,
    pub end: EndOfStream,
}

pub struct Card {
    pub state_words: Vec<u32>,
    pub present: u32,
    pub hold: u32,
    pub capabilities: u32,
    pub window: [u32; 1024],
    pub initial_bytes: u32,
    pub dirty_bytes: u32,
    pub device_type: u32,
    pub config_hash: u32,
    /// Reads of STATUS until QUIESCED, after the gate closed.
    pub quiesce_polls: u32,
    /// Reads of STATUS until FROZEN, after that.
    pub freeze_polls: u32,
    /// The PAGE_REQUESTS register.
    pub page_requests: u32,
    /// A running device changes a word at one in so many accesses; 0: never.
    pub change_every: u32,
    /// Fault: so many marks of the internal log are lost.
    pub lost_marks: u32,
    pub random: Random,
    /// (gate closed, device stopped), one entry for each change of either.
    pub trace: Vec<(bool, bool)>,
    /// Every write: address, data.
    pub writes: Vec<(u32, u32)>,
    requested: Option<u32>,
    answers: Vec<StateAnswer>,
    command: Option<u32>,
    window_answers: Vec<u32>,
    reason: u32,
    log: [u32; INTERNAL_LOG_WORDS as usize],
    snapshot: u32,
    quiet_polls: u32,
    stopped_polls: u32,
    quiesced: bool,
    frozen: bool,
}

impl Card {
    fn closed(&self) -> bool {
        let closes = |bits: u32| bits & NDMA != 0 || bits & RUNNING == 0;
        closes(self.present)
            || self.requested.is_some_and(closes)
            || self.hold & (hold::GATE | hold::FREEZE) != 0
    }

    fn stopped(&self) -> bool {
        self.present & RUNNING == 0 || self.hold & hold::FREEZE != 0
    }

    /// One access passes: the device goes on, and what was opened is open.
    fn settle(&mut self) {
        if !self.closed() {
            self.quiesced = false;
            self.quiet_polls = 0;
        }
        if !self.stopped() {
            self.frozen = false;
            self.stopped_polls = 0;
        }
        let now = (self.closed(), self.stopped());
        if self.trace.last() != Some(&now) {
            self.trace.push(now);
        }
        if !self.frozen && self.change_every != 0 && self.random.below(self.change_every) == 0 {
            self.change_a_word();
        }
    }

    /// The device changes a word; words of the last block are not marked.
    fn change_a_word(&mut self) {
        let words = self.state_words.len() as u32;
        let index = self.random.below(words);
        self.state_words[index as usize] = self.random.word();
        let block = index / BLOCK_WORDS;
        if self.hold & hold::INTERNAL_LOG != 0 && block != (words - 1) / BLOCK_WORDS {
            if self.lost_marks > 0 {
                self.lost_marks -= 1;
            } else {
                self.log[(block / 32) as usize] |= 1 << (block % 32);
            }
        }
    }

    fn poll_status(&mut self) -> u32 {
        let mut bits = 0;
        if self.closed() {
            bits |= status::GATE_CLOSED;
            self.quiesced |= self.quiet_polls >= self.quiesce_polls;
            self.quiet_polls += 1;
        }
        if self.quiesced {
            bits |= status::QUIESCED;
            if self.stopped() {
                self.frozen |= self.stopped_polls >= self.freeze_polls;
                self.stopped_polls += 1;
            }
        }
        if self.frozen {
            bits |= status::FROZEN;
        }
        bits
    }

    /// What the hardware does with STATE_ANSWER.
    fn commit(&mut self, data: u32) {
        let requested = self.requested.take().expect("an answer without a request");
        let mut outcome = Outcome::from_bits(data >> state::answer::OUTCOME_SHIFT);
        let at_rest = requested & (RUNNING | NDMA) == RUNNING || self.quiesced;
        let ok = state::is_valid(requested) && at_rest && (requested & RUNNING != 0 || self.frozen);
        match outcome {
            Outcome::Succeeded if ok => self.present = requested,
            Outcome::Kept => {}
            _ => {
                outcome = Outcome::Error;
                self.present = state::ERROR;
            }
        }
        assert_eq!(
            data & state::MASK,
            self.present,
            "the answer names another state"
        );
        self.answers.push(StateAnswer {
            outcome,
            state: self.present,
            reason: Reason::from_code(self.reason),
        });
    }

    fn read(&mut self, address: u32) -> u32 {
        self.settle();
        match address {
            control::EVENT => {
                (if self.requested.is_some() {
                    event::STATE
                } else {
                    0
                }) | (if self.command.is_some() {
                    event::WINDOW
                } else {
                    0
                })
            }
            control::STATE_REQUEST => self.requested.unwrap_or(0xf) | self.present << 4,
            control::HOLD => self.hold,
            control::STATUS => self.poll_status(),
            control::WINDOW_REQUEST => self.command.unwrap_or(0),
            control::DEVICE_TYPE => self.device_type,
            control::CONFIG_HASH => self.config_hash,
            control::STATE_WORDS => self.state_words.len() as u32,
            control::CAPABILITIES => self.capabilities,
            control::PAGE_REQUESTS => self.page_requests,
            control::INTERNAL_SNAPSHOT => self.snapshot,
            control::INTERNAL_COUNT => self.log.iter().map(|word| word.count_ones()).sum(),
            control::DATA_WINDOW..0x3000 => {
                self.window[((address - control::DATA_WINDOW) / 4) as usize]
            }
            control::STATE_PORT.. => {
                self.state_words[((address - control::STATE_PORT) / 4) as usize]
            }
            _ => panic!("read of {address:#x}"),
        }
    }

    fn write(&mut self, address: u32, data: u32) {
        self.settle();
        self.writes.push((address, data));
        match address {
            control::STATE_ANSWER => self.commit(data),
            control::REASON => self.reason = data,
            control::HOLD => self.hold = data,
            control::WINDOW_ANSWER => {
                self.command.take().expect("an answer without a command");
                self.window_answers.push(data);
            }
            control::INITIAL_BYTES => self.initial_bytes = data,
            control::DIRTY_BYTES => self.dirty_bytes = data,
            control::INTERNAL_TAKE => {
                self.snapshot = std::mem::take(&mut self.log[data as usize]);
            }
            control::DATA_WINDOW..0x3000 => {
                self.window[((address - control::DATA_WINDOW) / 4) as usize] = data;
            }
            control::STATE_PORT.. => {
                assert!(self.frozen, "a state word is written while the device runs");
                self.state_words[((address - control::STATE_PORT) / 4) as usize] = data;
            }
            _ => panic!("write of {data:#x} to {address:#x}"),
        }
        self.settle();
    }
}

struct ModelBus(Rc<RefCell<Card>>);

impl ControlBus for ModelBus {
    type Checksums = SoftwareChecksums;

    async fn read(&mut self, address: u32) -> u32 {
        self.0.borrow_mut().read(address)
    }

    async fn write(&mut self, address: u32, data: u32) {
        self.0.borrow_mut().write(address, data);
    }

    async fn wait_for_event(&mut self) {
        let card = Rc::clone(&self.0);
        std::future::poll_fn(move |_| {
            let card = card.borrow();
            if card.requested.is_some() || card.command.is_some() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// A card with its firmware, and the host's registers.
pub struct Rig {
    pub card: Rc<RefCell<Card>>,
    program: Pin<Box<dyn Future<Output = ()>>>,
}

impl Rig {
    /// A device with everything and random state.
    pub fn new(state_words: u32, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut log = [0; INTERNAL_LOG_WORDS as usize];
        for block in (0..state_words.div_ceil(BLOCK_WORDS)).step_by(3) {
            log[(block / 32) as usize] |= 1 << (block % 32);
        }
        let card = Card {
            state_words: (0..state_words).map(|_| random.word()).collect(),
            present: RUNNING,
            hold: 0,
            capabilities: capabilities::NDMA | capabilities::INTERNAL_LOG,
            window: [0; 1024],
            initial_bytes: 0,
            dirty_bytes: 0,
            device_type: DEVICE_TYPE,
            config_hash: CONFIG_HASH,
            quiesce_polls: 3,
            freeze_polls: 2,
            page_requests: 0,
            change_every: 0,
            lost_marks: 0,
            random,
            trace: Vec::new(),
            writes: Vec::new(),
            requested: None,
            answers: Vec::new(),
            command: None,
            window_answers: Vec::new(),
            reason: 0,
            // Marks of an earlier pre-copy: they must do no harm.
            log,
            snapshot: 0,
            quiet_polls: 0,
            stopped_polls: 0,
            quiesced: false,
            frozen: false,
        };
        let card = Rc::new(RefCell::new(card));
        let program = Self::start(&card);
        Self { card, program }
    }

    pub fn without(self, capability: u32) -> Self {
        self.card.borrow_mut().capabilities &= !capability;
        self
    }

    fn start(card: &Rc<RefCell<Card>>) -> Pin<Box<dyn Future<Output = ()>>> {
        let bus = ModelBus(Rc::clone(card));
        Box::pin(async move {
            run_with(bus, LIMITS).await;
        })
    }

    /// Size of the firmware's future, its model bus included.
    pub fn program_bytes() -> usize {
        let rig = Self::new(1, 0);
        size_of_val(&run_with(ModelBus(Rc::clone(&rig.card)), LIMITS))
    }

    /// VFIO_DEVICE_RESET, as far as firmware sees it.
    pub fn reset(&mut self) {
        let mut card = self.card.borrow_mut();
        card.present = RUNNING;
        card.hold = 0;
        card.requested = None;
        card.command = None;
        card.settle();
        drop(card);
        self.program = Self::start(&self.card);
    }

    fn run(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(self.program.as_mut().poll(&mut context).is_pending());
    }

    /// The host asks for a device_state; exactly one answer must come.
    pub fn request(&mut self, bits: u32) -> StateAnswer {
        self.card.borrow_mut().requested = Some(bits);
        self.run();
        let mut card = self.card.borrow_mut();
        assert_eq!(card.answers.len(), 1, "answers to one request");
        card.answers.remove(0)
    }

    /// Goes to a state; it must succeed.
    pub fn reach(&mut self, bits: u32) {
        let answer = self.request(bits);
        assert_eq!(
            answer.outcome,
            Outcome::Succeeded,
            "to {bits:#x}: {answer:?}"
        );
    }

    /// A raw window command; exactly one answer must come.
    pub fn command(&mut self, word: u32) -> WindowAnswer {
        self.card.borrow_mut().command = Some(word);
        self.run();
        let mut card = self.card.borrow_mut();
        assert_eq!(card.window_answers.len(), 1, "answers to one command");
        let word = card.window_answers.remove(0);
        let outcome = window::Outcome::from_code(word & window::status::OUTCOME_MASK);
        let end = word >> window::status::END_SHIFT & window::status::END_MASK;
        WindowAnswer {
            outcome: outcome.expect("an outcome"),
            bytes: word >> window::status::BYTES_SHIFT & window::status::BYTES_MASK,
            end: EndOfStream::from_code(end).expect("an end of stream"),
        }
    }

    /// Both at once: a push, and the request that follows it.
    pub fn push_and_request(&mut self, words: &[u32], bits: u32) -> StateAnswer {
        let mut card = self.card.borrow_mut();
        card.window[..words.len()].copy_from_slice(words);
        card.command =
            Some(Operation::Push as u32 | (4 * words.len() as u32) << window::command::BYTES_SHIFT);
        drop(card);
        let answer = self.request(bits);
        self.card.borrow_mut().window_answers.clear();
        answer
    }

    /// `Next`; the words go to the end of `stream`.
    pub fn next(&mut self, stream: &mut Vec<u32>) -> EndOfStream {
        let answer = self.command(Operation::Next as u32);
        assert_eq!(answer.outcome, window::Outcome::Ok);
        assert!(answer.bytes <= 4096 && answer.bytes.is_multiple_of(4));
        let words = (answer.bytes / 4) as usize;
        stream.extend_from_slice(&self.card.borrow().window[..words]);
        answer.end
    }

    /// `Next` until something else than `No` follows.
    pub fn drain(&mut self, stream: &mut Vec<u32>) -> EndOfStream {
        // More than the largest device can fill in one pass.
        for _ in 0..100 {
            let end = self.next(stream);
            if end != EndOfStream::No {
                return end;
            }
        }
        panic!("the stream does not end");
    }

    /// Saves without pre-copy and goes back to RUNNING.
    pub fn save(&mut self) -> Vec<u32> {
        let mut stream = Vec::new();
        self.reach(state::SAVING);
        assert_eq!(self.drain(&mut stream), EndOfStream::Final);
        self.reach(RUNNING);
        stream
    }

    /// `Push`.
    pub fn push(&mut self, words: &[u32]) -> window::Outcome {
        self.card.borrow_mut().window[..words.len()].copy_from_slice(words);
        let bytes = 4 * words.len() as u32;
        self.command(Operation::Push as u32 | bytes << window::command::BYTES_SHIFT)
            .outcome
    }

    /// STATE_REASON as the host reads it.
    pub fn reason(&self) -> Option<Reason> {
        Reason::from_code(self.card.borrow().reason)
    }

    /// RESUMING, the stream in windows of so many words, RUNNING.
    pub fn load(&mut self, stream: &[u32], window_words: usize) -> StateAnswer {
        self.reach(state::RESUMING);
        let mut bad = false;
        for words in stream.chunks(window_words) {
            match self.push(words) {
                window::Outcome::Ok => assert!(!bad, "a fault was forgotten"),
                window::Outcome::InvalidData => bad = true,
                other => panic!("push ended as {other:?}"),
            }
        }
        let answer = self.request(RUNNING);
        if bad {
            assert_eq!(answer.outcome, Outcome::Error, "invalid data was taken");
        }
        answer
    }
}
