//! The stream out of the device (SAVING).
//!
//! The device's state goes out in blocks of `BLOCK_WORDS` words, one STATE record
//! each. A block is *pending* until its record begins; a block is clean if it is
//! neither pending nor marked in the hardware's internal log. Marks are taken out
//! of the log before the block is read, so a change during the read is seen again.
//!
//! *Pre-copy* goes in passes: first all blocks, then what the log has at the
//! pass's beginning. The end of a pass is a temporary end of stream (E4), whatever
//! was marked meanwhile, so a busy device cannot keep the host from going on; the
//! next `Next` begins the next pass. Without an internal log pre-copy is a stream
//! of length 0 (E3) and all state goes out when the device stands (E10).
//!
//! *Stop-copy* sends what is pending or marked, then the trailer: the final end.
//! The last block is always sent in stop-copy: a device need not mark changes of
//! words in it, so that is where registers belong that change with every clock.

use super::{Blocks, Checksums, header};
use crate::Identity;
use crate::bus::ControlBus;
use slackwater_regs::bar2::{WINDOW_BYTES, capabilities};
use slackwater_regs::control::{self, BLOCK_WORDS};
use slackwater_regs::stream::{
    HEADER_WORDS, KIND_STATE, KIND_TRAILER, RECORD_HEADER_WORDS, RECORD_OVERHEAD_WORDS,
    TRAILER_PAYLOAD_WORDS,
};
use slackwater_regs::window::EndOfStream;

/// Bytes of the record of a whole block.
const BLOCK_RECORD_BYTES: u32 = 4 * (RECORD_OVERHEAD_WORDS + 1 + BLOCK_WORDS);

/// The record that is being written.
#[derive(Clone, Copy, Debug)]
enum Record {
    /// STATE with the block of this index.
    Block(u32),
    /// TRAILER.
    Trailer {
        /// Bytes of the stream before it.
        bytes: u32,
        /// Checksum of those bytes but the checksums.
        crc: u32,
    },
}

/// The next word to write.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// This word of the header.
    Header(u32),
    /// A record must be chosen first.
    Between,
    /// This word of a record.
    Record(Record, u32),
    /// The trailer was written.
    Ended,
}

/// Writes one stream; see the module's page.
#[derive(Debug)]
pub struct Writer<C> {
    identity: Identity,
    place: Place,
    pending: Blocks,
    /// The first pass has not been left yet.
    first_pass: bool,
    /// A pass of pre-copy has begun and not ended.
    in_pass: bool,
    sequence: u32,
    /// Bytes so far, modulo 2^32.
    bytes: u32,
    sums: C,
}

impl<C: Checksums> Writer<C> {
    /// Begins a stream. The internal log must be on already if the device runs;
    /// what it holds from before is dropped, as every block will be sent.
    pub async fn open<B: ControlBus>(identity: Identity, bus: &mut B) -> Self {
        let mut writer = Self {
            identity,
            place: Place::Header(0),
            pending: Blocks::all(identity.state_words),
            first_pass: true,
            in_pass: true,
            sequence: 0,
            bytes: 0,
            sums: C::start(),
        };
        writer.take_log(bus).await;
        writer
    }

    /// The device stands still from now on: what must be sent of it is pending.
    pub async fn conclude<B: ControlBus>(&mut self, bus: &mut B) {
        self.take_log(bus).await;
        if let Some(last) = self.identity.state_words.checked_sub(1) {
            self.pending.insert(last / BLOCK_WORDS);
        }
    }

    /// Writes the next words into the data window; `running` means pre-copy.
    /// Returns the bytes, and what follows them.
    pub async fn fill<B: ControlBus<Checksums = C>>(
        &mut self,
        bus: &mut B,
        running: bool,
    ) -> (u32, EndOfStream) {
        if running && !self.identity.has(capabilities::INTERNAL_LOG) {
            return (0, EndOfStream::Temporary);
        }
        if running && !self.in_pass {
            self.take_log(bus).await;
            self.in_pass = true;
            self.first_pass = false;
        }
        let mut bytes = 0;
        while bytes < WINDOW_BYTES {
            let moved = self.move_state(bus, bytes).await;
            bytes += moved;
            if moved > 0 {
                continue;
            }
            let Some(word) = self.next_word(running) else {
                break;
            };
            bus.write(control::DATA_WINDOW + bytes, word).await;
            bytes += 4;
        }
        (bytes, self.end(running))
    }

    /// Moves as many state words of the present record as come next and have room behind `offset`
    /// of the window; their bytes. Nearly all words of a stream go this way.
    async fn move_state<B: ControlBus<Checksums = C>>(&mut self, bus: &mut B, offset: u32) -> u32 {
        const FIRST: u32 = RECORD_HEADER_WORDS + 1;
        let Place::Record(record @ Record::Block(block), position @ FIRST..) = self.place else {
            return 0;
        };
        let index = block * BLOCK_WORDS + (position - FIRST);
        let end = self
            .identity
            .state_words
            .min(block * BLOCK_WORDS + BLOCK_WORDS);
        let words = end
            .saturating_sub(index)
            .min(WINDOW_BYTES.saturating_sub(offset) / 4);
        let from = control::STATE_PORT + 4 * index;
        let to = control::DATA_WINDOW + offset;
        bus.move_words(from, to, words, &mut self.sums).await;
        self.place = Place::Record(record, position + words);
        self.bytes = self.bytes.wrapping_add(4 * words);
        4 * words
    }

    /// Estimates of INITIAL_BYTES and DIRTY_BYTES: bytes of the first pass that are
    /// still to come, and bytes dirtied since they were sent. A device without an
    /// internal log has no first pass: all its state counts as dirty until it stands.
    pub async fn estimate<B: ControlBus>(&self, bus: &mut B, running: bool) -> (u32, u32) {
        let remaining = self.pending.count() * BLOCK_RECORD_BYTES;
        if !running {
            return if self.first_pass {
                (remaining, 0)
            } else {
                (0, remaining)
            };
        }
        if !self.identity.has(capabilities::INTERNAL_LOG) {
            return (0, remaining);
        }
        let marked = bus
            .read(control::INTERNAL_COUNT)
            .await
            .min(Blocks::all(self.identity.state_words).count());
        let marked_bytes = marked * BLOCK_RECORD_BYTES;
        if self.first_pass {
            (remaining, marked_bytes)
        } else {
            (0, remaining + marked_bytes)
        }
    }

    /// Moves every mark of the internal log into `pending`.
    async fn take_log<B: ControlBus>(&mut self, bus: &mut B) {
        if !self.identity.has(capabilities::INTERNAL_LOG) {
            return;
        }
        let blocks = self.identity.state_words.div_ceil(BLOCK_WORDS);
        for index in 0..blocks.div_ceil(32) {
            bus.write(control::INTERNAL_TAKE, index).await;
            let marks = bus.read(control::INTERNAL_SNAPSHOT).await;
            self.pending.insert_word(index, marks);
        }
        // A mark beyond the state has no block behind it.
        self.pending = self
            .pending
            .intersection(&Blocks::all(self.identity.state_words));
    }

    /// What follows the word that was written last.
    fn end(&mut self, running: bool) -> EndOfStream {
        match self.place {
            Place::Ended => EndOfStream::Final,
            Place::Between if running && self.pending.is_empty() => {
                self.in_pass = false;
                EndOfStream::Temporary
            }
            _ => EndOfStream::No,
        }
    }

    /// The next word of the stream, if there is one now.
    fn next_word(&mut self, running: bool) -> Option<u32> {
        if matches!(self.place, Place::Between) {
            self.choose(running);
        }
        match self.place {
            Place::Header(position) => {
                let field = header(&self.identity).get(position as usize).copied();
                let word = self.checked(field);
                self.place = if position + 1 < HEADER_WORDS {
                    Place::Header(position + 1)
                } else {
                    Place::Between
                };
                Some(word)
            }
            Place::Record(record, position) => {
                let field = self.record_word(record, position);
                let word = self.checked(field);
                self.place = match (field, record) {
                    (Some(_), _) => Place::Record(record, position + 1),
                    (None, Record::Block(_)) => Place::Between,
                    (None, Record::Trailer { .. }) => Place::Ended,
                };
                Some(word)
            }
            Place::Between | Place::Ended => None,
        }
    }

    /// Begins the next record, if there is one now.
    fn choose(&mut self, running: bool) {
        let record = if let Some(block) = self.pending.take_first() {
            Record::Block(block)
        } else if running {
            return;
        } else {
            Record::Trailer {
                bytes: self.bytes,
                crc: self.sums.all(),
            }
        };
        self.place = Place::Record(record, 0);
    }

    /// A word of a record; `None` where the checksum belongs.
    fn record_word(&mut self, record: Record, position: u32) -> Option<u32> {
        let (kind, payload_words) = match record {
            Record::Block(block) => {
                let left = self.identity.state_words - block * BLOCK_WORDS;
                (KIND_STATE, 1 + left.min(BLOCK_WORDS))
            }
            Record::Trailer { .. } => (KIND_TRAILER, TRAILER_PAYLOAD_WORDS),
        };
        match position {
            0 => return Some(kind),
            1 => return Some(self.sequence),
            2 => return Some(payload_words),
            _ => {}
        }
        let payload = position - RECORD_HEADER_WORDS;
        if payload == payload_words {
            self.sequence = self.sequence.wrapping_add(1);
            return None;
        }
        Some(match record {
            // The words behind it are moved by `move_state`.
            Record::Block(block) => block * BLOCK_WORDS,
            Record::Trailer { bytes, .. } if payload == 0 => bytes,
            Record::Trailer { crc, .. } => crc,
        })
    }

    /// Counts a word of the stream: a field, or the checksum of the fields before it.
    fn checked(&mut self, field: Option<u32>) -> u32 {
        let word = match field {
            Some(word) => {
                self.sums.add(word);
                word
            }
            None => {
                let crc = self.sums.part();
                self.sums.restart_part();
                crc
            }
        };
        self.bytes = self.bytes.wrapping_add(4);
        word
    }
}
