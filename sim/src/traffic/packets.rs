//! Random TLPs: what a host and a device send, and how it is spoiled.

use crate::ports::Beat;
use crate::seed::Stream;
use crate::tlp::{AtomicOp, Body, Completion, CompletionStatus, Tlp, TlpError};
use crate::tlp_message::{Message, PageRequest, PageResponse, PageResponseCode};
use crate::tlp_stream::beats;
use slackwater_regs::bar2::range_config;
use slackwater_regs::{bar2, log, state, window};
use std::collections::VecDeque;

/// Requester ID of the device.
pub(super) const DEVICE_ID: u16 = 0x0100;
/// Requester IDs of hosts; any of them may become the owner.
pub(super) const HOST_IDS: [u16; 2] = [0x0000, 0x0008];
/// Where ranges begin and the device writes.
const BASES: [u64; 4] = [0, 0x1000_0000, 0x7_8000_0000, 0xffff_0000_0000_0000];
const BAR2_ADDRESSES: [u64; 2] = [0xf001_0000, 0x1_f001_0000];
const BAR0_ADDRESS: u64 = 0xf000_0000;
const PAGE_BYTES: u64 = 4096;

/// A packet as the format allows it; what is asked for here is always allowed.
pub(super) type Made = Result<Packet, TlpError>;

/// A TLP on its way.
pub(super) struct Packet {
    /// Its beats.
    pub(super) beats: VecDeque<Beat>,
    /// BARs that it hits, one bit each.
    pub(super) bar: u8,
}

impl Packet {
    /// A TLP as it is.
    pub(super) fn new(tlp: &Tlp, bar: u8) -> Self {
        Self::of(&tlp.to_dws(), bar)
    }

    /// A memory read or an AtomicOp.
    pub(super) fn is_non_posted(&self) -> bool {
        let kind = self.beats.front().map_or(0, |beat| beat.dw[0] >> 24);
        // Reads have no data; the fetching operations are types 0b01100 and above.
        kind & 0x40 == 0 || kind & 0x1f >= 0b0_1100
    }

    fn of(dws: &[u32], bar: u8) -> Self {
        Self {
            beats: beats(dws).collect(),
            bar,
        }
    }

    /// The same packet with something wrong.
    pub(super) fn spoiled(self, random: &mut Stream) -> Self {
        let mut dws: Vec<u32> = self.beats.iter().flat_map(|beat| beat.dw).collect();
        let mut bar = self.bar;
        match random.below(8) {
            // Another kind of TLP, poisoned, with a digest or another length: any bit of the header.
            0..=2 => dws[0] ^= 1 << random.below(32),
            3 => dws[random.index(3)] ^= 1 << random.below(32),
            4 => dws.truncate(1 + random.index(dws.len())),
            5 => dws.extend((0..1 + random.below(4)).map(|_| random.bits() as u32)),
            6 => bar = random.bits() as u8,
            _ => {
                // Messages, I/O, configuration, completions: each format with each type.
                dws[0] = (random.below(8) << 29 | random.below(32) << 24 | random.below(6)) as u32;
            }
        }
        let mut spoiled = Self::of(&dws, bar);
        if random.below(4) == 0 {
            let index = random.index(spoiled.beats.len());
            spoiled.beats[index].keep = random.below(4) as u8;
        }
        spoiled
    }
}

fn register_write(requester: u16, offset: u32, words: &[u32], random: &mut Stream) -> Made {
    let address = BAR2_ADDRESSES[random.index(2)] + u64::from(offset);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let tlp = Tlp::memory_write(requester, random.bits() as u8, address, &bytes)?;
    Ok(Packet::new(&tlp, 1 << bar2::BAR))
}

fn data(random: &mut Stream, words: u64) -> Vec<u32> {
    (0..words).map(|_| random.bits() as u32).collect()
}

/// A reset of the device by the VMM.
pub(super) fn device_reset(requester: u16, random: &mut Stream) -> Made {
    let sequence = random.below(256) as u32;
    let word = sequence << bar2::reset::SEQUENCE_SHIFT;
    register_write(requester, bar2::DEVICE_RESET, &[word], random)
}

/// Limits that let requests time out within a run.
pub(super) fn limits(requester: u16, random: &mut Stream) -> Made {
    let watchdog = [500, 3_000, 20_000][random.index(3)];
    let timeout = [40, 100, 300][random.index(3)];
    register_write(
        requester,
        bar2::WATCHDOG_CYCLES,
        &[watchdog, timeout],
        random,
    )
}

fn log_command(requester: u16, random: &mut Stream) -> Made {
    use log::Operation::{Acknowledge, Peek, Restore, Snapshot, Start, Stop};
    let operation = match random.below(16) {
        0 => Start as u32,
        1 => Stop as u32,
        2..=7 => Snapshot as u32,
        8 => Peek as u32,
        9..=11 => Restore as u32,
        12..=14 => Acknowledge as u32,
        _ => random.below(16) as u32,
    };
    let chunk = random.below(4) as u32 * [1, 1, 1, 10][random.index(4)];
    let word = operation
        | chunk << log::command::CHUNK_SHIFT
        | (random.below(256) as u32) << log::command::SEQUENCE_SHIFT;
    register_write(requester, bar2::LOG_COMMAND, &[word], random)
}

fn state_request(requester: u16, random: &mut Stream) -> Made {
    let mut bits = random.below(16) as u32;
    while !state::is_valid(bits) && random.below(4) > 0 {
        bits = random.below(16) as u32;
    }
    let word = bits | (random.below(256) as u32) << state::request::SEQUENCE_SHIFT;
    register_write(requester, bar2::STATE_REQUEST, &[word], random)
}

fn window_command(requester: u16, random: &mut Stream) -> Made {
    let word = random.below(4) as u32
        | (random.below(0x1400) as u32) << window::command::BYTES_SHIFT
        | (random.below(256) as u32) << window::command::SEQUENCE_SHIFT;
    register_write(requester, bar2::WINDOW_COMMAND, &[word], random)
}

/// A range, disabled, set up and enabled, with pages of 4 KiB as a rule.
fn range(requester: u16, random: &mut Stream) -> Result<Vec<Packet>, TlpError> {
    let index = random.below(bar2::RANGE_COUNT.into()) as u32;
    let at = bar2::RANGE_BASE + index * bar2::RANGE_STRIDE;
    let base = BASES[random.index(BASES.len())];
    let shift = match random.below(4) {
        0 => random.below(32) as u32,
        _ => 12,
    };
    let offset_words = random.below(0x1000) as u32 * [1, 1, 8][random.index(3)];
    let config = range_config::ENABLE | (shift << range_config::PAGE_SHIFT_SHIFT) | offset_words;
    let units = [1, 256, 0x4000, 0x10_0000][random.index(4)];
    let words = [base as u32, (base >> 32) as u32, units, config];
    Ok(vec![
        register_write(requester, at + bar2::RANGE_CONFIG, &[0], random)?,
        register_write(requester, at, &words, random)?,
    ])
}

/// A write of some bytes of any register, which the core ignores unless it is a whole word.
fn any_write(requester: u16, random: &mut Stream) -> Made {
    let address = BAR2_ADDRESSES[0] + random.below(0x200);
    let room = PAGE_BYTES - address % PAGE_BYTES;
    let mut bytes = vec![0; (1 + random.below(8)).min(room) as usize];
    random.fill(&mut bytes);
    let tlp = Tlp::memory_write(requester, 0, address, &bytes)?;
    Ok(Packet::new(&tlp, 1 << bar2::BAR))
}

fn register_read(requester: u16, random: &mut Stream) -> Made {
    let (offset, bytes) = match random.below(12) {
        // All registers, all ranges and counters.
        8..=10 => (
            random.below(2) as u32 * bar2::RANGE_BASE,
            bar2::RANGE_BASE.into(),
        ),
        0 => (bar2::SNAPSHOT_WINDOW + random.below(0xfc0) as u32, 64),
        1 => (
            bar2::DATA_WINDOW + random.below(0xf00) as u32,
            random.below(256),
        ),
        2 => (random.below(0x200) as u32, random.below(9)),
        3 if random.below(8) == 0 => (bar2::SNAPSHOT_WINDOW, PAGE_BYTES),
        4 => (random.below(0x1_0000) as u32 & !0xf, 16),
        _ => (random.below(0x80) as u32 * 4, 4),
    };
    let address = BAR2_ADDRESSES[random.index(2)] + u64::from(offset);
    let tlp = Tlp::memory_read(requester, random.bits() as u8, address, bytes as usize)?;
    Ok(Packet::new(&tlp, 1 << bar2::BAR))
}

/// What the host sends of its own accord, for the owner of BAR2 as a rule.
pub(super) fn host(owner: u16, random: &mut Stream) -> Result<Vec<Packet>, TlpError> {
    let requester = match random.below(8) {
        0 => HOST_IDS[random.index(2)],
        _ => owner,
    };
    let packet = match random.below(24) {
        0..=4 => register_read(requester, random),
        5..=8 => log_command(requester, random),
        9..=11 => state_request(requester, random),
        12 => window_command(requester, random),
        13 => {
            let (offset, words) = (random.below(960) as u32 * 4, 1 + random.below(64));
            let words = data(random, words);
            register_write(requester, bar2::DATA_WINDOW + offset, &words, random)
        }
        14..=16 => return range(requester, random),
        17 => {
            let id = HOST_IDS[random.index(2)];
            register_write(requester, bar2::OWNER, &[id.into()], random)
        }
        18 => limits(requester, random),
        19 if random.below(6) == 0 => device_reset(requester, random),
        19 | 20 => any_write(requester, random),
        21 => {
            let offset = random.below(0x80) as u32 * 4;
            // The owner would be lost for good.
            let word = match offset {
                bar2::OWNER => owner.into(),
                _ => random.bits() as u32,
            };
            return Ok(vec![
                register_write(requester, offset, &[word], random)?,
                limits(requester, random)?,
            ]);
        }
        22 => {
            let at = BAR0_ADDRESS + random.below(0xf00);
            let tlp = Tlp::memory_read(requester, random.bits() as u8, at, 1 + random.index(32));
            Ok(Packet::new(&tlp?, 1))
        }
        _ => {
            let mut bytes = vec![0; 1 + random.index(64)];
            random.fill(&mut bytes);
            let tlp = Tlp::memory_write(requester, 0, BAR0_ADDRESS + random.below(0xf00), &bytes);
            Ok(Packet::new(&tlp?, 1))
        }
    };
    Ok(vec![packet?])
}

/// An address that ranges know as a rule, with room for so many bytes in its page.
fn device_address(random: &mut Stream, bytes: u64) -> u64 {
    let base = match random.below(16) {
        0 => 0x2000_0000,
        _ => BASES[random.index(BASES.len())],
    };
    let pages = [1, 64, 0x4000][random.index(3)];
    let page = random.below(pages) * PAGE_BYTES;
    base + page + (random.below(PAGE_BYTES - bytes + 1) & !7)
}

/// A request of the device.
pub(super) fn device(tag: u8, random: &mut Stream) -> Made {
    let mut tlp = match random.below(10) {
        0..=5 => {
            let most = [16, 16, 256][random.index(3)];
            let mut bytes = vec![0; 1 + random.index(most)];
            random.fill(&mut bytes);
            let at = device_address(random, bytes.len() as u64);
            Tlp::memory_write(DEVICE_ID, tag, at, &bytes)
        }
        6 | 7 => {
            let bytes = 1 + random.below(256);
            Tlp::memory_read(
                DEVICE_ID,
                tag,
                device_address(random, bytes),
                bytes as usize,
            )
        }
        _ => {
            let (op, operands) = [
                (AtomicOp::FetchAdd, 1),
                (AtomicOp::Swap, 1),
                (AtomicOp::CompareAndSwap, 2),
            ][random.index(3)];
            let at = device_address(random, 8);
            Tlp::atomic(DEVICE_ID, tag, at, op, &data(random, operands))
        }
    }?;
    tlp.traffic_class = random.below(8) as u8;
    tlp.attributes.relaxed_ordering = random.below(2) == 1;
    tlp.attributes.id_based_ordering = random.below(2) == 1;
    Ok(Packet::new(&tlp, 0))
}

/// A page request of the device; now and then of a group that the core cannot follow.
pub(super) fn page_request(random: &mut Stream) -> Packet {
    let groups = [32, 32, 32, 512][random.index(4)];
    let access = random.below(4);
    Packet::new(
        &Tlp::new(Body::Message(Message::PageRequest(PageRequest {
            requester_id: DEVICE_ID,
            iova: device_address(random, PAGE_BYTES),
            group: random.below(groups) as u16,
            last: random.below(4) > 0,
            write: access & 2 != 0,
            read: access & 1 != 0,
        }))),
        0,
    )
}

/// An answer of the host to a group, which may be outstanding or not.
pub(super) fn page_response(random: &mut Stream) -> Packet {
    let groups = [32, 32, 32, 512][random.index(4)];
    let codes = [
        PageResponseCode::Success,
        PageResponseCode::InvalidRequest,
        PageResponseCode::Failure,
    ];
    Packet::new(
        &Tlp::new(Body::Message(Message::PageResponse(PageResponse {
            requester_id: HOST_IDS[0],
            destination_id: DEVICE_ID,
            code: codes[random.index(codes.len())],
            group: random.below(groups) as u16,
        }))),
        0,
    )
}

/// A completion of a request for so many bytes, and how many are to come after it.
pub(super) fn completion(
    requester: u16,
    tag: u8,
    bytes: u16,
    random: &mut Stream,
) -> (Packet, u16) {
    let (status, payload_bytes) = match random.below(16) {
        0 => (CompletionStatus::UnsupportedRequest, 0),
        1 if bytes > 4 => (CompletionStatus::Successful, 4),
        _ => (CompletionStatus::Successful, bytes),
    };
    let mut payload = vec![0; usize::from(payload_bytes)];
    random.fill(&mut payload);
    let fields = Completion {
        completer_id: HOST_IDS[0],
        status,
        byte_count: bytes,
        requester_id: requester,
        tag,
        lower_address: 0,
    };
    let left = match payload_bytes {
        0 => 0,
        _ => bytes - payload_bytes,
    };
    let mut tlp = Tlp::completion(fields, payload);
    tlp.poisoned = random.below(16) == 0;
    (Packet::new(&tlp, 0), left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// [`super::super::Traffic`] leaves out what the format does not allow.
    #[test]
    fn everything_is_a_legal_packet() {
        let random = &mut Seed(1).stream();
        for round in 0..20_000 {
            let made = host(HOST_IDS[0], random).map(|packets| packets.len());
            assert!(matches!(made, Ok(1..)), "round {round}: {made:?}");
            for made in [
                device(round as u8, random),
                device_reset(HOST_IDS[1], random),
                limits(HOST_IDS[0], random),
            ] {
                let error = made.err();
                assert_eq!(error, None, "round {round}");
            }
        }
    }
}
