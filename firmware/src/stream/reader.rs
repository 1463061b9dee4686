//! The stream into the device (RESUMING).
//!
//! The reader is a parser that takes one word at a time and says which state word
//! it is, if it is one. State words go into the device before their record's
//! checksum has come: the internal state is undefined in RESUMING (E14), and the
//! device leaves RESUMING only if the whole stream was right (E15).
//!
//! The first fault sticks. Found are: any flipped bit (header, record and stream
//! checksums), a record that is missing, repeated or moved (sequence), one put in
//! from another stream (stream checksum), a missing end, words after the end, a
//! target outside the state, and state that never came.

use super::{Blocks, Checksums, HEADER_FIELDS, header};
use crate::Identity;
use crate::bus::ControlBus;
use slackwater_regs::control::{self, BLOCK_WORDS};
use slackwater_regs::state::Reason;
use slackwater_regs::stream::{
    KIND_MASK, KIND_STATE, KIND_TRAILER, MAX_PAYLOAD_WORDS, OPTIONAL, RECORD_HEADER_WORDS,
    TRAILER_PAYLOAD_WORDS,
};

/// What the record holds that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    State,
    Trailer,
    /// Optional, of an unknown kind.
    Skipped,
}

/// What the next word is.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// This word of the header.
    Header(u32),
    /// This word of a record before its payload.
    RecordHeader(u32),
    /// This word of a record's payload.
    Payload(u32),
    /// The checksum of a record.
    Checksum,
    /// The trailer has come and was right.
    Complete,
    /// Nothing counts any more.
    Failed(Reason),
}

/// Checks one stream; see the module's page.
#[derive(Debug)]
pub struct Reader<C> {
    identity: Identity,
    place: Place,
    header: [u32; HEADER_FIELDS],
    content: Content,
    payload_words: u32,
    /// First state word of a STATE record.
    index: u32,
    /// Payload of the trailer.
    trailer: [u32; TRAILER_PAYLOAD_WORDS as usize],
    sequence: u32,
    covered: Blocks,
    /// Bytes so far, modulo 2^32.
    bytes: u32,
    sums: C,
    /// Bytes before the present record.
    bytes_before: u32,
    /// Checksum of the fields before the present record.
    crc_before: u32,
}

impl<C: Checksums> Reader<C> {
    /// A reader that has seen nothing.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            place: Place::Header(0),
            header: [0; HEADER_FIELDS],
            content: Content::Skipped,
            payload_words: 0,
            index: 0,
            trailer: [0; TRAILER_PAYLOAD_WORDS as usize],
            sequence: 0,
            covered: Blocks::NONE,
            bytes: 0,
            sums: C::start(),
            bytes_before: 0,
            crc_before: 0,
        }
    }

    /// Takes the next word; `Some(index)` if it is that word of the device's state.
    ///
    /// # Errors
    /// Why this is no valid stream; from then on every word is refused for the same reason.
    pub fn accept(&mut self, word: u32) -> Result<Option<u32>, Reason> {
        let step = self.step(word);
        if let Err(reason) = step {
            self.place = Place::Failed(reason);
        }
        step
    }

    /// Moves as many state words of the present record as come next, `words` at most, from `offset`
    /// of the window into the device; how many. Nearly all words of a stream go this way.
    pub async fn move_state<B: ControlBus<Checksums = C>>(
        &mut self,
        bus: &mut B,
        offset: u32,
        words: u32,
    ) -> u32 {
        let (Place::Payload(position @ 1..), Content::State) = (self.place, self.content) else {
            return 0;
        };
        let words = words.min(self.payload_words - position);
        let from = control::DATA_WINDOW + offset;
        let to = control::STATE_PORT + 4 * (self.index + position - 1);
        bus.move_words(from, to, words, &mut self.sums).await;
        self.bytes = self.bytes.wrapping_add(4 * words);
        self.place = self.after_payload_word(position + words);
        words
    }

    /// The fault that was found, if there is one.
    pub fn failure(&self) -> Option<Reason> {
        match self.place {
            Place::Failed(reason) => Some(reason),
            _ => None,
        }
    }

    /// Says whether the stream was whole.
    ///
    /// # Errors
    /// The fault that was found, or `StreamTruncated`.
    pub fn finish(&self) -> Result<(), Reason> {
        match self.place {
            Place::Complete => Ok(()),
            Place::Failed(reason) => Err(reason),
            _ => Err(Reason::StreamTruncated),
        }
    }

    fn step(&mut self, word: u32) -> Result<Option<u32>, Reason> {
        match self.place {
            Place::Failed(reason) => return Err(reason),
            Place::Complete => return Err(Reason::StreamTrailing),
            Place::RecordHeader(0) => {
                self.bytes_before = self.bytes;
                self.crc_before = self.sums.all();
                self.sums.restart_part();
            }
            _ => {}
        }
        self.bytes = self.bytes.wrapping_add(4);
        match self.place {
            Place::Header(position) => self.header_word(position, word)?,
            Place::RecordHeader(position) => self.record_header_word(position, word)?,
            Place::Payload(position) => return self.payload_word(position, word),
            Place::Checksum => self.end_record(word)?,
            Place::Complete | Place::Failed(_) => {}
        }
        Ok(None)
    }

    /// The magic and the version say whether the rest has a meaning, so they are
    /// judged at once; the other fields after the checksum.
    fn header_word(&mut self, position: u32, word: u32) -> Result<(), Reason> {
        let expected = header(&self.identity);
        self.place = Place::Header(position + 1);
        if let Some(field) = self.header.get_mut(position as usize) {
            *field = word;
            self.sums.add(word);
            return match position {
                0 if word != expected[0] => Err(Reason::StreamHeader),
                1 if word != expected[1] => Err(Reason::StreamVersion),
                _ => Ok(()),
            };
        }
        if word != self.sums.part() {
            return Err(Reason::StreamChecksum);
        }
        if self.header[2] != expected[2] {
            return Err(Reason::StreamDeviceType);
        }
        if self.header != expected {
            return Err(Reason::StreamConfig);
        }
        self.place = Place::RecordHeader(0);
        Ok(())
    }

    fn record_header_word(&mut self, position: u32, word: u32) -> Result<(), Reason> {
        self.sums.add(word);
        self.place = Place::RecordHeader(position + 1);
        match position {
            0 => {
                // Bits without a meaning may change that of the record: not to be skipped.
                let unknown_flags = word & !(OPTIONAL | KIND_MASK) != 0;
                self.content = match word & KIND_MASK {
                    _ if unknown_flags => return Err(Reason::StreamUnknownRecord),
                    KIND_STATE => Content::State,
                    KIND_TRAILER => Content::Trailer,
                    _ if word & OPTIONAL != 0 => Content::Skipped,
                    _ => return Err(Reason::StreamUnknownRecord),
                };
            }
            1 => {
                if word != self.sequence {
                    return Err(Reason::StreamSequence);
                }
                self.sequence = self.sequence.wrapping_add(1);
            }
            _ => {
                let allowed = match self.content {
                    Content::State => 2..=MAX_PAYLOAD_WORDS,
                    Content::Trailer => TRAILER_PAYLOAD_WORDS..=TRAILER_PAYLOAD_WORDS,
                    Content::Skipped => 0..=MAX_PAYLOAD_WORDS,
                };
                if !allowed.contains(&word) {
                    return Err(Reason::StreamLength);
                }
                self.payload_words = word;
                self.place = self.after_payload_word(0);
            }
        }
        Ok(())
    }

    fn payload_word(&mut self, position: u32, word: u32) -> Result<Option<u32>, Reason> {
        self.sums.add(word);
        self.place = self.after_payload_word(position + 1);
        match self.content {
            Content::State if position == 0 => {
                self.index = word;
                if self.target_is_good() {
                    Ok(None)
                } else {
                    Err(Reason::StreamLength)
                }
            }
            Content::State => Ok(Some(self.index + position - 1)),
            Content::Trailer => {
                if let Some(field) = self.trailer.get_mut(position as usize) {
                    *field = word;
                }
                Ok(None)
            }
            Content::Skipped => Ok(None),
        }
    }

    /// What comes when `position` words of the payload have come.
    const fn after_payload_word(&self, position: u32) -> Place {
        if position < self.payload_words {
            Place::Payload(position)
        } else {
            Place::Checksum
        }
    }

    /// A STATE record holds whole blocks of the state; the last may be short.
    fn target_is_good(&self) -> bool {
        self.index.is_multiple_of(BLOCK_WORDS)
            && self
                .index
                .checked_add(self.payload_words - 1)
                .is_some_and(|end| {
                    end <= self.identity.state_words
                        && (end.is_multiple_of(BLOCK_WORDS) || end == self.identity.state_words)
                })
    }

    fn end_record(&mut self, word: u32) -> Result<(), Reason> {
        if word != self.sums.part() {
            return Err(Reason::StreamChecksum);
        }
        self.place = Place::RecordHeader(0);
        match self.content {
            Content::State => {
                let end = self.index + self.payload_words - 1;
                for block in self.index / BLOCK_WORDS..end.div_ceil(BLOCK_WORDS) {
                    self.covered.insert(block);
                }
            }
            Content::Trailer => {
                if self.trailer != [self.bytes_before, self.crc_before] {
                    return Err(Reason::StreamTrailer);
                }
                if self.covered != Blocks::all(self.identity.state_words) {
                    return Err(Reason::StreamIncomplete);
                }
                self.place = Place::Complete;
            }
            Content::Skipped => {}
        }
        Ok(())
    }
}

// `record_header_word` knows these words by their position.
const _: () = assert!(RECORD_HEADER_WORDS == 3);
