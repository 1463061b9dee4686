//! The image does what hosted firmware does, access for access.

use slackwater_firmware::Limits;
use slackwater_regs::bar2::{WINDOW_BYTES, capabilities, status};
use slackwater_regs::control::{self, event};
use slackwater_regs::state::{self, NDMA, RESUMING, RUNNING, SAVING};
use slackwater_regs::window::{Operation, command};
use slackwater_sim::firmware_host::HostedFirmware;
use slackwater_sim::machine::Firmware;
use slackwater_sim::ports::{CardOutputs, ControlRequest};
use slackwater_sim::seed::Seed;
use slackwater_sim::soft_core::ImageFirmware;
use std::collections::BTreeMap;

/// Words of the device's state: not whole blocks.
const STATE_WORDS: u32 = 1000;
/// Bytes of stack that the image needs at most, of the 3072 that it has.
const STACK_BYTES: u32 = 1024;

/// What the host asks of firmware, one after the other.
#[derive(Clone, Copy, Debug)]
enum Ask {
    State(u32),
    Window(u32),
    /// The host puts this word into the window.
    Fill(u32, u32),
}

/// A control bus with memory behind, on which a write takes 2 clocks and a read 4; each request of
/// the host comes when firmware has answered the one before.
struct Card {
    memory: BTreeMap<u32, u32>,
    asks: Vec<Ask>,
    asked: Option<Ask>,
    present: u32,
    clocks: u32,
    accesses: Vec<ControlRequest>,
}

impl Card {
    fn new(mut asks: Vec<Ask>, random: &mut fastrand::Rng) -> Self {
        asks.reverse();
        let mut memory = BTreeMap::new();
        for index in 0..STATE_WORDS {
            memory.insert(control::STATE_PORT + 4 * index, random.u32(..));
        }
        memory.insert(control::DEVICE_TYPE, 7);
        memory.insert(control::CONFIG_HASH, 9);
        memory.insert(control::STATE_WORDS, STATE_WORDS);
        memory.insert(
            control::CAPABILITIES,
            capabilities::INTERNAL_LOG | capabilities::NDMA,
        );
        memory.insert(control::STATUS, status::QUIESCED | status::FROZEN);
        memory.insert(control::INTERNAL_SNAPSHOT, 0x8421);
        Self {
            memory,
            asks,
            asked: None,
            present: RUNNING,
            clocks: 0,
            accesses: Vec::new(),
        }
    }

    fn access(&mut self, request: ControlRequest) -> u32 {
        match (request.address, request.write) {
            (control::STATE_ANSWER, Some(data)) => {
                self.present = data & state::MASK;
                self.asked = None;
                0
            }
            (control::WINDOW_ANSWER, Some(_)) => {
                self.asked = None;
                0
            }
            (control::EVENT, None) => match self.asked {
                Some(Ask::State(_)) => event::STATE,
                Some(Ask::Window(_)) => event::WINDOW,
                _ => 0,
            },
            (control::STATE_REQUEST, None) => match self.asked {
                Some(Ask::State(bits)) => bits | self.present << 4,
                _ => self.present << 4,
            },
            (control::WINDOW_REQUEST, None) => match self.asked {
                Some(Ask::Window(word)) => word,
                _ => 0,
            },
            (address, None) => self.memory.get(&address).copied().unwrap_or(0),
            (address, Some(data)) => {
                self.memory.insert(address, data);
                0
            }
        }
    }

    /// Runs firmware until it has answered everything; the clocks that it took.
    fn run(&mut self, firmware: &mut dyn Firmware) -> u64 {
        let mut outputs = CardOutputs::default();
        let mut request: Option<ControlRequest> = None;
        for clock in 0..20_000_000 {
            while self.asked.is_none() {
                match self.asks.pop() {
                    Some(Ask::Fill(offset, word)) => {
                        self.memory.insert(control::DATA_WINDOW + offset, word);
                    }
                    Some(ask) => self.asked = Some(ask),
                    None => return clock,
                }
            }
            outputs.control_ready = false;
            if let Some(request) = request {
                self.clocks += 1;
                let last = if request.write.is_some() { 2 } else { 4 };
                if self.clocks == last {
                    self.clocks = 0;
                    outputs.control_ready = true;
                    outputs.control_data = self.access(request);
                    let identity = control::FAULT..=control::FIRMWARE_CRC;
                    if !identity.contains(&request.address) {
                        self.accesses.push(request);
                    }
                }
            }
            outputs.event = self.asked.is_some();
            request = firmware.cycle(&outputs);
        }
        panic!("firmware has not answered {:?}", self.asked);
    }
}

const NEXT: Ask = Ask::Window(Operation::Next as u32);

/// Both run the same requests on the same card.
fn assert_same(asks: &[Ask], seed: Seed) -> [u64; 2] {
    let run = |firmware: &mut dyn Firmware| {
        let mut card = Card::new(asks.to_vec(), &mut fastrand::Rng::with_seed(seed.0));
        let clocks = card.run(firmware);
        (card, clocks)
    };
    let limits = Limits {
        quiesce_polls: 26,
        freeze_polls: 26,
    };
    let (hosted, fast) = run(&mut HostedFirmware::with_limits(limits));
    let mut image = ImageFirmware::with_limits(limits);
    let stack = image.stack_gauge();
    let (image, slow) = run(&mut image);
    assert!(stack.deepest_bytes() <= STACK_BYTES, "{stack:?}");
    for (at, (expected, found)) in hosted.accesses.iter().zip(&image.accesses).enumerate() {
        assert_eq!(found, expected, "access {at}, {seed:?}");
    }
    assert_eq!(hosted.accesses.len(), image.accesses.len(), "{seed:?}");
    assert_eq!(hosted.memory, {
        let mut memory = image.memory;
        memory.retain(|address, _| hosted.memory.contains_key(address));
        memory
    });
    [fast, slow]
}

#[test]
fn a_whole_save_is_the_same_access_for_access() {
    let mut asks = vec![Ask::State(SAVING | RUNNING)];
    asks.extend([NEXT; 3]);
    asks.push(Ask::State(SAVING | RUNNING | NDMA));
    asks.push(NEXT);
    asks.push(Ask::State(SAVING));
    asks.extend([NEXT; 4]);
    asks.push(Ask::State(0));
    asks.push(Ask::State(RUNNING));
    let [hosted, image] = assert_same(&asks, Seed(1));
    println!("hosted {hosted} clocks, image {image}");
}

#[test]
fn random_requests_are_answered_alike() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let asks: Vec<Ask> = (0..30)
            .map(|_| match random.u32(0..4) {
                0 => Ask::State(random.u32(0..16)),
                1 => NEXT,
                2 => {
                    let bytes = random.u32(0..=WINDOW_BYTES + 8);
                    Ask::Window(Operation::Push as u32 | bytes << command::BYTES_SHIFT)
                }
                _ => Ask::State([RUNNING, SAVING, RESUMING, SAVING | RUNNING][random.usize(0..4)]),
            })
            .collect();
        assert_same(&asks, Seed(seed));
    }
}

/// The stream that a device gave goes into another one of its kind.
#[test]
fn a_whole_resume_is_the_same_access_for_access() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut asks = vec![Ask::State(SAVING)];
    asks.extend([NEXT; 2]);
    let mut saved = Card::new(asks, &mut random);
    // One window at a time: what is in it is taken out between the commands.
    let mut firmware = HostedFirmware::new();
    let mut parts: Vec<Vec<u32>> = Vec::new();
    saved.asks = vec![Ask::State(SAVING)];
    saved.run(&mut firmware);
    for _ in 0..2 {
        saved
            .memory
            .retain(|address, _| !(0x2000..0x3000).contains(address));
        saved.asks = vec![NEXT];
        saved.run(&mut firmware);
        let window = saved.memory.range(0x2000..0x3000);
        parts.push(window.map(|(_, word)| *word).collect());
    }
    let mut asks = vec![Ask::State(RESUMING)];
    for part in &parts {
        for (index, word) in part.iter().enumerate() {
            asks.push(Ask::Fill(4 * index as u32, *word));
        }
        let bytes = 4 * part.len() as u32;
        asks.push(Ask::Window(
            Operation::Push as u32 | bytes << command::BYTES_SHIFT,
        ));
    }
    asks.push(Ask::State(RUNNING));
    let [hosted, image] = assert_same(&asks, Seed(4));
    println!("hosted {hosted} clocks, image {image}");
}
