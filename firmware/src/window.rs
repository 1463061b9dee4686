//! Window commands: [`Operation::Next`] out of the device, [`Operation::Push`] into it; those of a
//! firmware update are in `update`.
//!
//! One command moves at most 4096 bytes and takes some ten clocks for each word;
//! a device_state request that comes meanwhile waits that long.

use crate::bus::ControlBus;
use crate::{Firmware, Stream};
use slackwater_regs::bar2::WINDOW_BYTES;
use slackwater_regs::control;
use slackwater_regs::state::{self, RESUMING, RUNNING, SAVING};
use slackwater_regs::window::{EndOfStream, Operation, Outcome, command, status};

/// What WINDOW_ANSWER gets.
struct Answer {
    outcome: Outcome,
    bytes: u32,
    end: EndOfStream,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            bytes: 0,
            end: EndOfStream::No,
        }
    }
}

impl Answer {
    /// Laid out as WINDOW_STATUS.
    const fn word(&self) -> u32 {
        self.outcome as u32
            | (self.end as u32) << status::END_SHIFT
            | self.bytes << status::BYTES_SHIFT
    }
}

impl<B: ControlBus> Firmware<B> {
    /// Serves the window command that waits.
    pub(crate) async fn serve_window(&mut self) {
        const NEXT: u32 = Operation::Next as u32;
        const PUSH: u32 = Operation::Push as u32;
        const LOAD: u32 = Operation::Load as u32;
        const START: u32 = Operation::Start as u32;
        let word = self.bus.read(control::WINDOW_REQUEST).await;
        let present = self.bus.read(control::STATE_REQUEST).await >> 4 & state::MASK;
        let bytes = word >> command::BYTES_SHIFT & command::BYTES_MASK;
        let answer = match word & command::OPERATION_MASK {
            NEXT => self.next(present).await,
            PUSH => self.push(present, bytes).await,
            LOAD if B::OTHER_BANK_BYTES != 0 => self.load(present, bytes).await.into(),
            START if B::OTHER_BANK_BYTES != 0 => self.check_loaded(present).await.into(),
            _ => Outcome::UnknownOperation.into(),
        };
        self.bus.write(control::WINDOW_ANSWER, answer.word()).await;
        if word & command::OPERATION_MASK == START && answer.outcome == Outcome::Ok {
            self.bus.exchange_banks().await;
        }
    }

    /// Fills the window with the next bytes of the stream.
    async fn next(&mut self, present: u32) -> Answer {
        let Stream::Out(writer) = &mut self.stream else {
            return Outcome::WrongState.into();
        };
        if present & SAVING == 0 || present == state::ERROR {
            return Outcome::WrongState.into();
        }
        let (bytes, end) = writer.fill(&mut self.bus, present & RUNNING != 0).await;
        self.publish_estimates(present).await;
        Answer {
            outcome: Outcome::Ok,
            bytes,
            end,
        }
    }

    /// Takes `bytes` from the window; state words go into the device as they come.
    async fn push(&mut self, present: u32, bytes: u32) -> Answer {
        let Stream::In(reader) = &mut self.stream else {
            return Outcome::WrongState.into();
        };
        if present & RESUMING == 0 || present == state::ERROR {
            return Outcome::WrongState.into();
        }
        if bytes > WINDOW_BYTES || !bytes.is_multiple_of(4) {
            return Outcome::BadLength.into();
        }
        let mut offset = 0;
        while offset < bytes {
            let words = (bytes - offset) / 4;
            let moved = reader.move_state(&mut self.bus, offset, words).await;
            offset += 4 * moved;
            if moved > 0 {
                continue;
            }
            let word = self.bus.read(control::DATA_WINDOW + offset).await;
            match reader.accept(word) {
                Ok(None) => {}
                Ok(Some(index)) => {
                    self.bus.write(control::STATE_PORT + 4 * index, word).await;
                }
                Err(_) => break,
            }
            offset += 4;
        }
        // The reason is told at once, although device_state follows only when RESUMING is left.
        if let Some(reason) = reader.failure() {
            self.bus.write(control::REASON, reason as u32).await;
            return Outcome::InvalidData.into();
        }
        Outcome::Ok.into()
    }

    /// Brings INITIAL_BYTES and DIRTY_BYTES up to date.
    pub(crate) async fn publish_estimates(&mut self, present: u32) {
        let (initial, dirty) = match &self.stream {
            Stream::Out(writer) => writer.estimate(&mut self.bus, present & RUNNING != 0).await,
            _ => (0, 0),
        };
        self.bus.write(control::INITIAL_BYTES, initial).await;
        self.bus.write(control::DIRTY_BYTES, dirty).await;
    }
}
