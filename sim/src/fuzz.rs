//! What is fuzzed: bodies of the targets in `sim/fuzz`, and of the tests below, which run each over a
//! small random corpus so that they do not rot.
//!
//! | target | bytes are | must hold for any bytes |
//! |---|---|---|
//! | [`tlp`] | a TLP's DWs, then beats of a stream | nothing panics; what is accepted is written and read back the same; the reassembler gives what is announced |
//! | [`stream`] | a migration stream | nothing panics; no word lands outside the device's state; the first fault sticks |
//! | [`firmware`] | what every read of the control bus answers | nothing panics; firmware writes only its own registers, and always comes back to wait for an event |

use crate::ports::Beat;
use crate::tlp::Tlp;
use crate::tlp_stream::{Reassembler, announced_dw, beats};
use slackwater_firmware::stream::{Reader, SoftwareChecksums};
use slackwater_firmware::{ControlBus, Firmware, Identity, Limits};
use slackwater_regs::control::{self, MAX_STATE_WORDS};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Little-endian words; what is left over counts as zeros.
fn words(data: &[u8]) -> impl Iterator<Item = u32> + '_ {
    data.chunks(4).map(|chunk| {
        let mut bytes = [0; 4];
        bytes[..chunk.len()].copy_from_slice(chunk);
        u32::from_le_bytes(bytes)
    })
}

/// The TLP parser, and the reassembler of the link.
pub fn tlp(data: &[u8]) {
    let dws: Vec<u32> = words(data).collect();
    if let Ok(tlp) = Tlp::from_dws(&dws) {
        let again = tlp.to_dws();
        assert_eq!(Tlp::from_dws(&again).as_ref(), Ok(&tlp), "{dws:x?}");
        let mut reassembler = Reassembler::new();
        let whole = beats(&again)
            .filter_map(|beat| reassembler.push(&beat))
            .last();
        assert_eq!(whole, Some(Ok(again)));
    }
    let mut reassembler = Reassembler::new();
    for chunk in data.chunks_exact(9) {
        let beat = Beat {
            dw: [0, 4].map(|at| {
                u32::from_le_bytes([chunk[at], chunk[at + 1], chunk[at + 2], chunk[at + 3]])
            }),
            keep: chunk[8] & 7,
            last: chunk[8] & 8 != 0,
        };
        match reassembler.push(&beat) {
            Some(Ok(dws)) => assert_eq!(dws.len(), announced_dw(dws[0])),
            Some(Err(_)) => assert!(!reassembler.is_inside()),
            None => assert!(reassembler.is_inside() && !beat.last),
        }
    }
}

/// What the reader of streams is made for: an odd number of words, the last block being short.
pub const IDENTITY: Identity = Identity {
    device_type: 0x0001_0001,
    config_hash: 0x1234_5678,
    state_words: 201,
    capabilities: 0,
};

/// The parser of the migration stream.
pub fn stream(data: &[u8]) {
    let mut reader = Reader::<SoftwareChecksums>::new(IDENTITY);
    let mut failed = None;
    for word in words(data) {
        match reader.accept(word) {
            Ok(index) => {
                assert_eq!(failed, None, "a word after a fault was taken");
                assert!(
                    index.is_none_or(|index| index < IDENTITY.state_words),
                    "{index:?}"
                );
            }
            Err(reason) => {
                assert_eq!(*failed.get_or_insert(reason), reason);
                assert_eq!(
                    (reader.failure(), reader.finish()),
                    (Some(reason), Err(reason))
                );
            }
        }
    }
}

/// A control bus whose every read is answered by the input, and by zeros behind its end.
struct Bus<'a> {
    answers: Box<dyn Iterator<Item = u32> + 'a>,
    state_words: u32,
    accesses: u32,
    events: u32,
}

/// One event makes no more accesses: a window of 1024 words, or two waits of 64 polls, and a few of each block.
const MOST_ACCESSES: u32 = 100_000;
/// Events of one input.
const EVENTS: u32 = 8;

impl Bus<'_> {
    fn count(&mut self) {
        self.accesses += 1;
        assert!(
            self.accesses < MOST_ACCESSES,
            "one event makes {MOST_ACCESSES} accesses"
        );
    }
}

impl ControlBus for Bus<'_> {
    type Checksums = SoftwareChecksums;

    async fn read(&mut self, address: u32) -> u32 {
        self.count();
        let word = self.answers.next().unwrap_or(0);
        if address == control::STATE_WORDS {
            self.state_words = word.min(MAX_STATE_WORDS);
        }
        word
    }

    async fn write(&mut self, address: u32, _data: u32) {
        self.count();
        let into_state = address.checked_sub(control::STATE_PORT);
        if let Some(offset) = into_state.filter(|offset| *offset < 4 * MAX_STATE_WORDS) {
            assert!(
                offset / 4 < self.state_words,
                "word {} of {}",
                offset / 4,
                self.state_words
            );
        }
    }

    async fn wait_for_event(&mut self) {
        self.accesses = 0;
        self.events += 1;
        if self.events > EVENTS {
            // Never ready: that is the end of the input.
            std::future::pending::<()>().await;
        }
    }
}

/// The firmware's handling of requests, on hardware that says anything.
pub fn firmware(data: &[u8]) {
    let bus = Bus {
        answers: Box::new(words(data)),
        state_words: 0,
        accesses: 0,
        events: 0,
    };
    let limits = Limits {
        quiesce_polls: 64,
        freeze_polls: 64,
    };
    let program = pin!(async move {
        let mut firmware = Firmware::start(bus, limits).await;
        loop {
            firmware.serve().await;
        }
    });
    let mut context = Context::from_waker(Waker::noop());
    let ended: Poll<()> = program.poll(&mut context);
    assert!(ended.is_pending());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Seed, Stream};

    /// Random bytes, of which some words are small, and some come again.
    fn input(random: &mut Stream, most_bytes: u64) -> Vec<u8> {
        let mut data = vec![0; random.below(most_bytes) as usize];
        random.fill(&mut data);
        for word in data.chunks_exact_mut(4) {
            match random.below(4) {
                0 => word[1..].fill(0),
                1 => word.copy_from_slice(&(random.bits() as u32 & 0x7400_0fff).to_le_bytes()),
                _ => {}
            }
        }
        data
    }

    fn corpus(name: &str, most_bytes: u64, target: fn(&[u8])) {
        let seed = Seed(0xf022).named(name);
        let mut random = seed.stream();
        for round in 0..4_000 {
            let data = input(&mut random, most_bytes);
            let whole = std::panic::catch_unwind(|| target(&data));
            assert!(
                whole.is_ok(),
                "{name}: seed {seed}, round {round}: {data:x?}"
            );
        }
    }

    #[test]
    fn random_tlps_and_beats() {
        corpus("tlp", 200, tlp);
        let good = Tlp::memory_write(1, 2, 0x1_2345_6000, &[1, 2, 3, 4]).unwrap();
        let bytes: Vec<u8> = good
            .to_dws()
            .iter()
            .flat_map(|dw| dw.to_le_bytes())
            .collect();
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            tlp(&changed);
        }
    }

    #[test]
    fn random_streams() {
        corpus("stream", 2_000, stream);
    }

    #[test]
    fn random_answers_of_the_hardware() {
        corpus("firmware", 400, firmware);
    }

    /// The body of a target can fail: a bus that is asked for ever is noticed.
    #[test]
    #[should_panic(expected = "accesses")]
    fn a_loop_without_end_is_noticed() {
        let mut bus = Bus {
            answers: Box::new(std::iter::empty()),
            state_words: 0,
            accesses: 0,
            events: 0,
        };
        loop {
            bus.count();
        }
    }
}
