//! The data window: the migration stream as `std::io::Read` and `std::io::Write`.
//!
//! While SAVING, reading asks the device for the next part of the stream whenever
//! the last one is used up. `Ok(0)` means end of stream; [`StreamWindow::end_of_stream`]
//! tells a temporary end (more may come while the device is SAVING) from the final
//! one (rule E4). While RESUMING, what is written goes to the device 4 KiB at a
//! time; [`std::io::Write::flush`] pushes the rest, and [`StreamWindow::finish`]
//! also refuses a last word that is not complete.

use crate::device::{Device, FailureReason};
use crate::device_state::DeviceState;
use crate::function::{AccessError, Bar, Function};
use crate::registers::{self, Begun, Command, RegisterError};
use slackwater_regs::bar2::{self, WINDOW_BYTES};
use slackwater_regs::window::{EndOfStream, Operation, Outcome, command, status};
use std::io;
use thiserror::Error;

/// Times that the device may say "more is ready" and then give nothing.
const EMPTY_ANSWERS: u32 = 16;

/// A request to the data window that did not work.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum WindowError {
    /// The registers did not work.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The device refused a command.
    #[error("the data window answered {operation:?} with {}", outcome_text(*code))]
    Refused {
        /// The command.
        operation: Operation,
        /// Code of the [`Outcome`].
        code: u32,
    },
    /// The bytes are no valid stream; the device goes to ERROR when it leaves RESUMING (rule E15).
    #[error("the device refuses the stream at byte {offset_bytes}: {reason}")]
    InvalidData {
        /// Bytes that were pushed before the part that was refused.
        offset_bytes: u64,
        /// Why, if the device has said so yet.
        reason: FailureReason,
    },
    /// The device's answer makes no sense.
    #[error("the data window's status {status:#010x} has an impossible length or end of stream")]
    Answer {
        /// What WINDOW_STATUS reads.
        status: u32,
    },
    /// The device keeps saying that more is ready, and gives nothing.
    #[error("the device announced more data {answers} times and gave none")]
    NothingComes {
        /// How often.
        answers: u32,
    },
    /// The stream is made of 32-bit words, and the last one is not complete.
    #[error("the stream of {stream_bytes} bytes ends within a 32-bit word")]
    PartialWord {
        /// Bytes of the stream.
        stream_bytes: u64,
    },
}

impl From<AccessError> for WindowError {
    fn from(error: AccessError) -> Self {
        Self::Register(error.into())
    }
}

impl From<WindowError> for io::Error {
    fn from(error: WindowError) -> Self {
        let kind = match &error {
            WindowError::InvalidData { .. } | WindowError::PartialWord { .. } => {
                io::ErrorKind::InvalidData
            }
            WindowError::Register(RegisterError::DeviceTimeout { .. })
            | WindowError::NothingComes { .. } => io::ErrorKind::TimedOut,
            WindowError::Refused { .. } => io::ErrorKind::InvalidInput,
            WindowError::Register(_) | WindowError::Answer { .. } => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

fn outcome_text(code: u32) -> String {
    Outcome::from_code(code).map_or_else(|| format!("unknown outcome {code}"), |o| format!("{o:?}"))
}

/// What the driver remembers of the window between two calls.
#[derive(Clone, Debug)]
pub(crate) struct WindowContext {
    pub(crate) sequence: u8,
    /// Bytes read from the device and not yet given out, or written and not yet pushed.
    buffer: Vec<u8>,
    /// Bytes of the buffer that were given out.
    given_bytes: usize,
    /// The buffer is of a stream into the device.
    inwards: bool,
    /// What follows the buffer.
    end: EndOfStream,
    /// A temporary end was told to the reader; the next read asks the device again.
    told: bool,
    /// The next part was asked for and not yet taken.
    asked: Option<Begun>,
    /// So many bytes were pushed, and the device has not yet taken them.
    pushing: Option<(Begun, usize)>,
    pushed_bytes: u64,
}

impl Default for WindowContext {
    fn default() -> Self {
        Self {
            sequence: 0,
            buffer: Vec::new(),
            given_bytes: 0,
            inwards: false,
            end: EndOfStream::No,
            told: false,
            asked: None,
            pushing: None,
            pushed_bytes: 0,
        }
    }
}

impl WindowContext {
    /// Bytes that were written and not yet pushed.
    pub(crate) const fn unpushed_bytes(&self) -> usize {
        if self.inwards { self.buffer.len() } else { 0 }
    }

    /// The device clears its window where SAVING or RESUMING begins; within SAVING the stream goes on (rule E5).
    pub(crate) fn state_changed(&mut self, from: DeviceState, to: DeviceState) {
        let begins = to.is_saving() && !from.is_saving() || to.is_resuming() && !from.is_resuming();
        let again = !from.is_running() && to.is_saving() && to.is_running();
        if begins || again {
            *self = Self {
                sequence: self.sequence,
                inwards: to.is_resuming(),
                ..Self::default()
            };
        } else if self.end == EndOfStream::Temporary {
            self.end = EndOfStream::No;
        }
    }
}

/// Estimates of what pre-copy still has to stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreCopyEstimate {
    /// Bytes of the first pass that are still to come.
    pub initial_bytes: u32,
    /// Bytes that were dirtied since they were streamed.
    pub dirty_bytes: u32,
}

/// The data window of an open device.
pub struct StreamWindow<'d, F: Function> {
    device: &'d mut Device<F>,
}

impl<F: Function> Device<F> {
    /// The data window.
    pub const fn stream_window(&mut self) -> StreamWindow<'_, F> {
        StreamWindow { device: self }
    }
}

impl<F: Function> StreamWindow<'_, F> {
    /// What follows what was read so far: `No` as long as the driver holds bytes that were not read.
    pub fn end_of_stream(&self) -> EndOfStream {
        let window = &self.device.window;
        if window.given_bytes < window.buffer.len() {
            EndOfStream::No
        } else {
            window.end
        }
    }

    /// The device's estimates.
    pub fn estimate(&mut self) -> Result<PreCopyEstimate, WindowError> {
        let mut words = [0; 2];
        registers::read_block(&mut self.device.bar, bar2::INITIAL_BYTES, &mut words)?;
        Ok(PreCopyEstimate {
            initial_bytes: words[0],
            dirty_bytes: words[1],
        })
    }

    /// Bytes that were pushed into the device since RESUMING began.
    pub const fn pushed_bytes(&self) -> u64 {
        self.device.window.pushed_bytes
    }

    /// Reads from the stream. 0 is an end of stream, see [`StreamWindow::end_of_stream`].
    pub fn read_bytes(&mut self, into: &mut [u8]) -> Result<usize, WindowError> {
        if into.is_empty() {
            return Ok(0);
        }
        for _ in 0..EMPTY_ANSWERS {
            let window = &mut self.device.window;
            let rest = &window.buffer[window.given_bytes..];
            if !rest.is_empty() {
                let bytes = rest.len().min(into.len());
                into[..bytes].copy_from_slice(&rest[..bytes]);
                window.given_bytes += bytes;
                return Ok(bytes);
            }
            match window.end {
                EndOfStream::Final => return Ok(0),
                EndOfStream::Temporary if !window.told => {
                    window.told = true;
                    return Ok(0);
                }
                EndOfStream::Temporary | EndOfStream::No => self.next()?,
            }
        }
        Err(WindowError::NothingComes {
            answers: EMPTY_ANSWERS,
        })
    }

    /// Asks for the next part of the stream if all of this one was read and it is not the last: the device
    /// makes it while the reader is busy elsewhere. The next read waits for it.
    pub fn ask_ahead(&mut self) -> Result<(), WindowError> {
        let window = &self.device.window;
        let is_read = window.given_bytes == window.buffer.len();
        if is_read && !window.inwards && window.end == EndOfStream::No && window.asked.is_none() {
            self.device.window.asked = Some(self.begin(Operation::Next, 0)?);
        }
        Ok(())
    }

    /// Takes the next part of the stream from the device.
    fn next(&mut self) -> Result<(), WindowError> {
        let begun = match self.device.window.asked.take() {
            Some(begun) => begun,
            None => self.begin(Operation::Next, 0)?,
        };
        let word = self.finish_command(Operation::Next, begun)?;
        let bytes = word >> status::BYTES_SHIFT & status::BYTES_MASK;
        let end = EndOfStream::from_code(word >> status::END_SHIFT & status::END_MASK);
        let (Some(end), 0, 0..=WINDOW_BYTES) = (end, bytes % 4, bytes) else {
            return Err(WindowError::Answer { status: word });
        };
        let mut words = vec![0; bytes as usize / 4];
        registers::read_block(&mut self.device.bar, bar2::DATA_WINDOW, &mut words)?;
        let window = &mut self.device.window;
        window.buffer.clear();
        window
            .buffer
            .extend(words.iter().flat_map(|word| word.to_le_bytes()));
        window.given_bytes = 0;
        window.inwards = false;
        window.end = end;
        window.told = false;
        Ok(())
    }

    /// Writes to the stream; whole windows go to the device at once. The device takes one in while the writer is
    /// busy elsewhere, so that what is wrong with it is told by the next call.
    pub fn write_bytes(&mut self, mut from: &[u8]) -> Result<(), WindowError> {
        let window_bytes = WINDOW_BYTES as usize;
        if !self.device.window.inwards {
            self.device.window.buffer.clear();
            self.device.window.inwards = true;
        }
        while !from.is_empty() {
            let room = window_bytes - self.device.window.buffer.len();
            let (now, later) = from.split_at(room.min(from.len()));
            self.device.window.buffer.extend_from_slice(now);
            from = later;
            if self.device.window.buffer.len() == window_bytes {
                self.push()?;
            }
        }
        Ok(())
    }

    /// Pushes every whole word that is buffered, and does not wait until the device has taken them.
    pub fn push(&mut self) -> Result<(), WindowError> {
        self.settle_push()?;
        let buffer = &self.device.window.buffer;
        if !self.device.window.inwards || buffer.len() < 4 {
            return Ok(());
        }
        let chunks = buffer.chunks_exact(4);
        let words: Vec<u32> = chunks
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        let bytes = 4 * words.len();
        self.device.bar.write_block(bar2::DATA_WINDOW, &words)?;
        let begun = self.begin(Operation::Push, bytes as u32)?;
        // Refused or not, the device has seen these bytes: pushing them again would repeat them.
        self.device.window.buffer.drain(..bytes);
        self.device.window.pushing = Some((begun, bytes));
        Ok(())
    }

    /// Waits until the device has taken what was pushed.
    fn settle_push(&mut self) -> Result<(), WindowError> {
        let Some((begun, bytes)) = self.device.window.pushing.take() else {
            return Ok(());
        };
        let taken = self.finish_command(Operation::Push, begun);
        let window = &mut self.device.window;
        match &taken {
            Ok(_) => window.pushed_bytes += bytes as u64,
            // What comes behind invalid data is of no use.
            Err(WindowError::InvalidData { .. }) => window.buffer.clear(),
            Err(_) => {}
        }
        taken.map(drop)
    }

    /// Pushes what is left, and waits until the device has it; the stream must end with a whole word.
    pub fn finish(&mut self) -> Result<(), WindowError> {
        self.push()?;
        self.settle_push()?;
        match self.device.window.unpushed_bytes() {
            0 => Ok(()),
            rest => {
                let stream_bytes = self.device.window.pushed_bytes + rest as u64;
                Err(WindowError::PartialWord { stream_bytes })
            }
        }
    }

    fn command(&self) -> Command {
        Command {
            name: "data window",
            command_offset: bar2::WINDOW_COMMAND,
            status_offset: bar2::WINDOW_STATUS,
            busy: status::BUSY,
            deadline_ns: self.device.deadlines().command_ns,
        }
    }

    pub(crate) fn begin(&mut self, operation: Operation, bytes: u32) -> Result<Begun, WindowError> {
        let command = self.command();
        let fields = operation as u32 | bytes << command::BYTES_SHIFT;
        let Device { bar, window, .. } = &mut *self.device;
        let begun = registers::begin(bar, &command, &mut window.sequence, fields)?;
        Ok(begun)
    }

    pub(crate) fn finish_command(
        &mut self,
        operation: Operation,
        begun: Begun,
    ) -> Result<u32, WindowError> {
        let command = self.command();
        let Device { function, bar, .. } = &mut *self.device;
        let word = registers::finish(function, bar, &command, begun)?;
        let code = word & status::OUTCOME_MASK;
        match Outcome::from_code(code) {
            Some(Outcome::Ok) => Ok(word),
            Some(Outcome::InvalidData) => Err(WindowError::InvalidData {
                offset_bytes: self.device.window.pushed_bytes,
                reason: self.device.failure_reason()?,
            }),
            _ => Err(WindowError::Refused { operation, code }),
        }
    }
}

impl<F: Function> io::Read for StreamWindow<'_, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_bytes(into)?)
    }
}

impl<F: Function> io::Write for StreamWindow<'_, F> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.write_bytes(from)?;
        Ok(from.len())
    }

    /// Pushes whole words; up to three bytes may stay behind, see [`StreamWindow::finish`].
    fn flush(&mut self) -> io::Result<()> {
        self.push()?;
        Ok(self.settle_push()?)
    }
}
