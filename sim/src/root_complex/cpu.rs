//! The CPU as a requester: MMIO reads, split into lines of 64 bytes, with tags and a timeout.

use crate::tlp::{Completion, CompletionStatus, Tlp, TlpError};
use std::collections::{BTreeMap, VecDeque};
use thiserror::Error;

/// Requester ID of the root complex.
pub const ROOT_ID: u16 = 0x0000;
/// Bytes of a line: no CPU access is larger or crosses a boundary of it.
pub const LINE_BYTES: usize = 64;
/// Most bytes of one MMIO call.
pub const MAX_MMIO_BYTES: usize = 4096;
/// Tags in use at a time.
const TAGS: usize = 32;
/// Reads that were begun and not polled to their end.
const MAX_READS: usize = 256;

/// An MMIO access that did not work.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MmioError {
    /// There is no such card.
    #[error("the machine has no card {card}")]
    NoCard {
        /// Index that was asked for.
        card: usize,
    },
    /// The card has no such BAR.
    #[error("card {card} has no BAR{bar}")]
    NoBar {
        /// The card.
        card: usize,
        /// Index that was asked for.
        bar: u8,
    },
    /// The access is empty, too large, or reaches out of the BAR.
    #[error(
        "{bytes} bytes at offset {offset:#x} are not within BAR{bar} of {size_bytes:#x} bytes, or not 1 to {MAX_MMIO_BYTES}"
    )]
    OutOfRange {
        /// The BAR.
        bar: u8,
        /// Offset in bytes.
        offset: u64,
        /// Bytes of the access.
        bytes: usize,
        /// Size of the BAR in bytes.
        size_bytes: u64,
    },
    /// Too many accesses are under way; let some cycles pass.
    #[error("{pending} accesses to card {card} are under way already")]
    Busy {
        /// The card.
        card: usize,
        /// How many.
        pending: usize,
    },
    /// No completion came.
    #[error("no completion for BAR{bar} offset {offset:#x} within {waited_cycles} cycles")]
    Timeout {
        /// The BAR.
        bar: u8,
        /// Offset in bytes.
        offset: u64,
        /// How long the CPU waited.
        waited_cycles: u64,
    },
    /// The completion has an error status.
    #[error("the completion for BAR{bar} offset {offset:#x} has the status {status:?}")]
    Status {
        /// The BAR.
        bar: u8,
        /// Offset in bytes.
        offset: u64,
        /// The status.
        status: CompletionStatus,
    },
    /// The completion is poisoned.
    #[error("the completion for BAR{bar} offset {offset:#x} is poisoned")]
    Poisoned {
        /// The BAR.
        bar: u8,
        /// Offset in bytes.
        offset: u64,
    },
    /// The completion does not suit the request.
    #[error(
        "a completion for BAR{bar} offset {offset:#x} says {found_bytes} bytes from lower address {found_lower:#x}, expected {expected_bytes} from {expected_lower:#x}"
    )]
    Mismatch {
        /// The BAR.
        bar: u8,
        /// Offset of the read in bytes.
        offset: u64,
        /// Byte count that was due.
        expected_bytes: usize,
        /// Byte count that came.
        found_bytes: usize,
        /// Lower address that was due.
        expected_lower: u8,
        /// Lower address that came.
        found_lower: u8,
    },
    /// The handle is of no read that is under way.
    #[error("the handle is of no read that is under way")]
    UnknownHandle,
    /// The access cannot be a TLP.
    #[error(transparent)]
    Tlp(#[from] TlpError),
}

/// A read that was begun; poll it until it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadHandle {
    pub(super) card: usize,
    pub(super) id: u64,
}

/// One TLP of a read.
#[derive(Clone, Debug)]
struct Piece {
    read: u64,
    /// Place in the read's buffer.
    start: usize,
    bytes: usize,
    received: usize,
    address: u64,
}

#[derive(Clone, Debug)]
struct Read {
    bar: u8,
    offset: u64,
    data: Vec<u8>,
    missing_bytes: usize,
    error: Option<MmioError>,
}

/// What a completion was to the requester.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Expected,
    Unexpected,
    Wrong,
}

/// Reads of the CPU at one card.
#[derive(Clone, Debug)]
pub(super) struct CpuRequester {
    timeout_cycles: u64,
    next_id: u64,
    next_tag: usize,
    tags: [Option<Piece>; TAGS],
    waiting: VecDeque<Piece>,
    reads: BTreeMap<u64, Read>,
    deadlines: VecDeque<(u64, u64)>,
}

/// Splits an access at line boundaries: offset in it, and bytes.
pub(super) fn lines(address: u64, bytes: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        (start < bytes).then(|| {
            let into_line = ((address + start as u64) % LINE_BYTES as u64) as usize;
            let count = (LINE_BYTES - into_line).min(bytes - start);
            let place = start;
            start += count;
            (place, count)
        })
    })
}

impl CpuRequester {
    pub(super) fn new(timeout_cycles: u64) -> Self {
        Self {
            timeout_cycles,
            next_id: 0,
            next_tag: 0,
            tags: [const { None }; TAGS],
            waiting: VecDeque::new(),
            reads: BTreeMap::new(),
            deadlines: VecDeque::new(),
        }
    }

    /// Begins a read of bytes inside a BAR.
    pub(super) fn begin(
        &mut self,
        now: u64,
        card: usize,
        bar: u8,
        offset: u64,
        address: u64,
        bytes: usize,
    ) -> Result<u64, MmioError> {
        if self.reads.len() >= MAX_READS {
            return Err(MmioError::Busy {
                card,
                pending: self.reads.len(),
            });
        }
        let id = self.next_id;
        self.next_id += 1;
        self.waiting
            .extend(lines(address, bytes).map(|(start, count)| Piece {
                read: id,
                start,
                bytes: count,
                received: 0,
                address: address + start as u64,
            }));
        let read = Read {
            bar,
            offset,
            data: vec![0; bytes],
            missing_bytes: bytes,
            error: None,
        };
        self.reads.insert(id, read);
        self.deadlines.push_back((now + self.timeout_cycles, id));
        Ok(id)
    }

    /// Whether a read waits for its tag, or its time may be over.
    #[inline]
    pub(super) fn is_due(&self, now: u64) -> bool {
        let over = |&(deadline, _): &(u64, u64)| deadline <= now;
        !self.waiting.is_empty() || self.deadlines.front().is_some_and(over)
    }

    /// The next read request, if there is one and a tag for it.
    pub(super) fn issue(&mut self) -> Option<Tlp> {
        let piece = self.waiting.front()?;
        let tag = (0..TAGS)
            .map(|i| (self.next_tag + i) % TAGS)
            .find(|&tag| self.tags[tag].is_none())?;
        // A piece lies within a line, so it always is a legal request.
        let tlp = Tlp::memory_read(ROOT_ID, tag as u8, piece.address, piece.bytes).ok()?;
        // Tags go round, so that a late completion does not meet a new request.
        self.next_tag = (tag + 1) % TAGS;
        self.tags[tag] = self.waiting.pop_front();
        Some(tlp)
    }

    /// Ends reads that have waited too long; the number of them.
    pub(super) fn expire(&mut self, now: u64) -> u64 {
        let mut expired = 0;
        while let Some(&(deadline, id)) = self.deadlines.front() {
            if deadline > now {
                break;
            }
            self.deadlines.pop_front();
            let Some(read) = self
                .reads
                .get_mut(&id)
                .filter(|read| read.missing_bytes > 0)
            else {
                continue;
            };
            expired += 1;
            read.missing_bytes = 0;
            read.error.get_or_insert(MmioError::Timeout {
                bar: read.bar,
                offset: read.offset,
                waited_cycles: self.timeout_cycles,
            });
            self.waiting.retain(|piece| piece.read != id);
            for tag in &mut self.tags {
                if tag.as_ref().is_some_and(|piece| piece.read == id) {
                    *tag = None;
                }
            }
        }
        expired
    }

    /// Takes a completion.
    pub(super) fn complete(
        &mut self,
        completion: &Completion,
        payload: &[u8],
        poisoned: bool,
    ) -> Verdict {
        let tag = usize::from(completion.tag);
        let Some(piece) = self.tags.get_mut(tag).and_then(Option::as_mut) else {
            return Verdict::Unexpected;
        };
        let Some(read) = self.reads.get_mut(&piece.read) else {
            self.tags[tag] = None;
            return Verdict::Unexpected;
        };
        let (bar, offset) = (read.bar, read.offset);
        let remaining = piece.bytes - piece.received;
        let address = piece.address + piece.received as u64;
        let (lead, lower) = ((address & 3) as usize, (address & 0x7f) as u8);
        let suits = usize::from(completion.byte_count) == remaining
            && completion.lower_address == lower
            && !payload.is_empty()
            && payload.len() <= (lead + remaining).next_multiple_of(4);
        let error = if completion.status != CompletionStatus::Successful {
            Some(MmioError::Status {
                bar,
                offset,
                status: completion.status,
            })
        } else if !suits {
            Some(MmioError::Mismatch {
                bar,
                offset,
                expected_bytes: remaining,
                found_bytes: usize::from(completion.byte_count),
                expected_lower: lower,
                found_lower: completion.lower_address,
            })
        } else if poisoned {
            Some(MmioError::Poisoned { bar, offset })
        } else {
            None
        };
        let Some(error) = error else {
            let count = (payload.len() - lead).min(remaining);
            let start = piece.start + piece.received;
            read.data[start..start + count].copy_from_slice(&payload[lead..lead + count]);
            read.missing_bytes -= count;
            piece.received += count;
            if piece.received == piece.bytes {
                self.tags[tag] = None;
            }
            return Verdict::Expected;
        };
        let wrong = matches!(error, MmioError::Mismatch { .. });
        read.error.get_or_insert(error);
        read.missing_bytes -= remaining;
        self.tags[tag] = None;
        if wrong {
            Verdict::Wrong
        } else {
            Verdict::Expected
        }
    }

    /// The outcome of a read, once; `None` while it is under way.
    pub(super) fn poll(&mut self, id: u64) -> Option<Result<Vec<u8>, MmioError>> {
        match self.reads.get(&id) {
            None => Some(Err(MmioError::UnknownHandle)),
            Some(read) if read.missing_bytes > 0 => None,
            Some(_) => {
                let read = self.reads.remove(&id)?;
                Some(read.error.map_or(Ok(read.data), Err))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(tag: u8, byte_count: u16, lower_address: u8) -> Completion {
        Completion {
            completer_id: 0x100,
            status: CompletionStatus::Successful,
            byte_count,
            requester_id: ROOT_ID,
            tag,
            lower_address,
        }
    }

    #[test]
    fn accesses_split_at_lines() {
        let split: Vec<_> = lines(0x103e, 70).collect();
        assert_eq!(split, [(0, 2), (2, 64), (66, 4)]);
        assert_eq!(lines(0x1000, 0).count(), 0);
    }

    #[test]
    fn split_completions_are_put_together() {
        let mut cpu = CpuRequester::new(100);
        let id = cpu.begin(0, 0, 2, 4, 0x1004, 8).unwrap();
        let tlp = cpu.issue().unwrap();
        assert_eq!(tlp.to_dws(), [2, 0x0000_00ff, 0x1004]);
        assert!(cpu.issue().is_none());
        assert_eq!(cpu.poll(id), None);
        assert_eq!(
            cpu.complete(&completion(0, 8, 4), &[1, 2, 3, 4], false),
            Verdict::Expected
        );
        assert_eq!(
            cpu.complete(&completion(0, 4, 8), &[5, 6, 7, 8], false),
            Verdict::Expected
        );
        assert_eq!(cpu.poll(id), Some(Ok(vec![1, 2, 3, 4, 5, 6, 7, 8])));
        assert_eq!(cpu.poll(id), Some(Err(MmioError::UnknownHandle)));
        assert_eq!(
            cpu.complete(&completion(0, 4, 8), &[5, 6, 7, 8], false),
            Verdict::Unexpected
        );
        assert_eq!(
            cpu.complete(&completion(255, 4, 8), &[0; 4], false),
            Verdict::Unexpected
        );
    }

    #[test]
    fn wrong_poisoned_and_refused_completions_are_errors() {
        for (byte_count, lower, payload) in [(8, 0, 4), (4, 4, 4), (4, 0, 0), (4, 0, 8)] {
            let mut cpu = CpuRequester::new(100);
            let id = cpu.begin(0, 0, 2, 0, 0x1000, 4).unwrap();
            cpu.issue().unwrap();
            let verdict = cpu.complete(&completion(0, byte_count, lower), &vec![0; payload], false);
            assert_eq!(verdict, Verdict::Wrong);
            assert!(matches!(
                cpu.poll(id),
                Some(Err(MmioError::Mismatch { .. }))
            ));
        }
        let mut cpu = CpuRequester::new(100);
        let id = cpu.begin(0, 0, 2, 0, 0x1000, 4).unwrap();
        cpu.issue().unwrap();
        assert_eq!(
            cpu.complete(&completion(0, 4, 0), &[0; 4], true),
            Verdict::Expected
        );
        assert_eq!(
            cpu.poll(id),
            Some(Err(MmioError::Poisoned { bar: 2, offset: 0 }))
        );
        let id = cpu.begin(0, 0, 2, 0, 0x1000, 4).unwrap();
        cpu.issue().unwrap();
        let mut refused = completion(1, 4, 0);
        refused.status = CompletionStatus::UnsupportedRequest;
        assert_eq!(cpu.complete(&refused, &[], false), Verdict::Expected);
        assert!(matches!(cpu.poll(id), Some(Err(MmioError::Status { .. }))));
    }

    #[test]
    fn reads_time_out_and_their_tags_are_free_again() {
        let mut cpu = CpuRequester::new(100);
        let id = cpu.begin(7, 0, 2, 0, 0x1000, 4096).unwrap();
        while cpu.issue().is_some() {}
        assert_eq!(cpu.expire(106), 0);
        assert_eq!(cpu.expire(107), 1);
        assert_eq!(
            cpu.poll(id),
            Some(Err(MmioError::Timeout {
                bar: 2,
                offset: 0,
                waited_cycles: 100
            }))
        );
        assert_eq!(
            cpu.complete(&completion(0, 64, 0), &[0; 64], false),
            Verdict::Unexpected
        );
        for _ in 0..MAX_READS {
            cpu.begin(200, 0, 2, 0, 0x1000, 4).unwrap();
        }
        assert!(matches!(
            cpu.begin(200, 0, 2, 0, 0x1000, 4),
            Err(MmioError::Busy { .. })
        ));
        assert!(cpu.issue().is_some());
    }
}
