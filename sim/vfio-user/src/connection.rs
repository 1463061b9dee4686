//! One client's socket: whole messages with their descriptors, in both directions.

use crate::message::{self, Command, HEADER_BYTES, Header, Message};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use thiserror::Error;

/// Most bytes of data in a message, in both directions.
pub const MAX_TRANSFER_BYTES: usize = 1 << 20;
/// Most bytes of a message: data, and what says where it goes.
const MAX_MESSAGE_BYTES: usize = MAX_TRANSFER_BYTES + 4096;
/// A message that is too long but not longer than this is read to its end and refused.
const MAX_SKIPPED_BYTES: usize = 16 << 20;
/// Most descriptors with a message.
pub(crate) const MAX_FDS: usize = 16;
/// Most messages that wait while the server waits for a reply.
const MAX_WAITING: usize = 256;
/// How long a client may take from the first to the last byte of a message, or to take one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a connection cannot go on.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// The socket.
    #[error("the socket failed: {0}")]
    Io(#[from] io::Error),
    /// The client has gone in the middle of a message.
    #[error("the client has gone after {bytes} of {expected} bytes of a message")]
    Cut {
        /// Bytes that came.
        bytes: usize,
        /// Bytes that it was to have.
        expected: usize,
    },
    /// The client has stopped in the middle of a message, or does not take one.
    #[error("the client has stalled for {} s after {bytes} of {expected} bytes of a message", PATIENCE.as_secs())]
    Stalled {
        /// Bytes that came.
        bytes: usize,
        /// Bytes that it was to have.
        expected: usize,
    },
    /// A length that no message has: where the next one begins is not known.
    #[error(
        "a message says that it has {bytes} bytes: {HEADER_BYTES} to {MAX_SKIPPED_BYTES} are possible"
    )]
    Length {
        /// What it says.
        bytes: u32,
    },
    /// The client has not answered a command of the server.
    #[error("the client has not answered {command:?} within {} s", PATIENCE.as_secs())]
    Unanswered {
        /// The command.
        command: Command,
    },
    /// The client sends commands instead of the answer that is waited for.
    #[error("the client has sent {MAX_WAITING} commands instead of answering {command:?}")]
    Flooded {
        /// The command.
        command: Command,
    },
}

/// What came.
#[derive(Debug)]
pub enum Received {
    /// A message.
    Message(Message),
    /// A message that was too long, as far as its header; the rest was thrown away.
    TooLong(Message),
    /// Nothing, for as long as was to be waited.
    Nothing,
    /// The client has closed its end.
    Closed,
}

/// One client's socket.
#[derive(Debug)]
pub struct Connection {
    socket: UnixStream,
    /// Commands that came while a reply was waited for.
    waiting: VecDeque<Message>,
    next_id: u16,
}

impl Connection {
    /// Takes a socket over.
    ///
    /// # Errors
    /// It takes no time limits.
    pub fn new(socket: UnixStream) -> io::Result<Self> {
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            socket,
            waiting: VecDeque::new(),
            next_id: 0,
        })
    }

    /// The next message; waits for its first byte as long as this, without a limit if `None`. There
    /// is nothing as soon as one of the others can be read from.
    ///
    /// # Errors
    /// The connection cannot go on.
    pub fn receive(
        &mut self,
        patience: Option<Duration>,
        others: &[BorrowedFd<'_>],
    ) -> Result<Received, ConnectionError> {
        if let Some(message) = self.waiting.pop_front() {
            return Ok(Received::Message(message));
        }
        self.receive_next(patience, others)
    }

    fn receive_next(
        &mut self,
        patience: Option<Duration>,
        others: &[BorrowedFd<'_>],
    ) -> Result<Received, ConnectionError> {
        if !self.is_readable(patience, others)? {
            return Ok(Received::Nothing);
        }
        let deadline = Instant::now() + PATIENCE;
        let mut fds = Fds::default();
        let mut header = [0; HEADER_BYTES];
        if self.fill(&mut header, &mut fds, deadline, 0, HEADER_BYTES)? == 0 {
            return Ok(Received::Closed);
        }
        let header = Header::parse(&header);
        let length = header.bytes as usize;
        if !(HEADER_BYTES..=MAX_SKIPPED_BYTES).contains(&length) {
            return Err(ConnectionError::Length {
                bytes: header.bytes,
            });
        }
        let too_long = length > MAX_MESSAGE_BYTES;
        let mut payload = Vec::new();
        let mut done = HEADER_BYTES;
        while done < length {
            // What is announced is not believed before it comes.
            let part = (length - done).min(1 << 16);
            let start = if too_long { 0 } else { payload.len() };
            payload.resize(start + part, 0);
            let read = self.fill(&mut payload[start..], &mut fds, deadline, done, length)?;
            if read < part {
                let bytes = done + read;
                return Err(ConnectionError::Cut {
                    bytes,
                    expected: length,
                });
            }
            done += part;
        }
        let message = Message {
            header,
            payload: if too_long { Vec::new() } else { payload },
            fds: fds.fds,
            fds_cut: fds.cut,
        };
        Ok(if too_long {
            Received::TooLong(message)
        } else {
            Received::Message(message)
        })
    }

    fn is_readable(
        &self,
        patience: Option<Duration>,
        others: &[BorrowedFd<'_>],
    ) -> Result<bool, ConnectionError> {
        let timeout = patience.map(|patience| Timespec {
            tv_sec: patience.as_secs() as i64,
            tv_nsec: patience.subsec_nanos().into(),
        });
        let mut fds = vec![PollFd::new(&self.socket, PollFlags::IN)];
        fds.extend(others.iter().map(|fd| PollFd::new(fd, PollFlags::IN)));
        loop {
            match poll(&mut fds, timeout.as_ref()) {
                // Hanging up shows here too.
                Ok(_) => return Ok(!fds[0].revents().is_empty()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
    }

    /// Reads until the buffer is full or the client has gone; gives how many bytes came.
    fn fill(
        &self,
        buffer: &mut [u8],
        fds: &mut Fds,
        deadline: Instant,
        before: usize,
        expected: usize,
    ) -> Result<usize, ConnectionError> {
        let mut done = 0;
        while done < buffer.len() {
            let stalled = ConnectionError::Stalled {
                bytes: before + done,
                expected,
            };
            match receive_some(&self.socket, &mut buffer[done..], fds) {
                Ok(0) if done == 0 && before == 0 => return Ok(0),
                Ok(0) => {
                    let bytes = before + done;
                    return Err(ConnectionError::Cut { bytes, expected });
                }
                Ok(bytes) => done += bytes,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(stalled),
                Err(error) => return Err(io::Error::from(error).into()),
            }
            // Also a client that sends a byte now and then comes to an end.
            if done < buffer.len() && Instant::now() > deadline {
                return Err(stalled);
            }
        }
        Ok(done)
    }

    /// Sends a whole message.
    ///
    /// # Errors
    /// The client does not take it.
    pub(crate) fn send(&mut self, message: &[u8]) -> Result<(), ConnectionError> {
        match self.socket.write_all(message) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(ConnectionError::Stalled {
                    bytes: 0,
                    expected: message.len(),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends as much of a message as goes with its descriptors; all, or nothing, if there are none.
    fn send_fds(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Result<usize, ConnectionError> {
        if fds.is_empty() {
            return Ok(0);
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
        }
        let buffers = [IoSlice::new(bytes)];
        let sent = sendmsg(&self.socket, &buffers, &mut ancillary, SendFlags::NOSIGNAL);
        sent.map_err(|error| io::Error::from(error).into())
    }

    /// Sends a command of this side, and waits for the reply. Commands that come meanwhile wait.
    ///
    /// # Errors
    /// The connection cannot go on.
    pub(crate) fn ask(
        &mut self,
        command: Command,
        payload: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> Result<Message, ConnectionError> {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        let bytes = message::command(id, command, payload);
        let sent = self.send_fds(&bytes, fds)?;
        self.send(&bytes[sent..])?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.receive_next(Some(left), &[])? {
                Received::Nothing => return Err(ConnectionError::Unanswered { command }),
                Received::Closed => {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
                Received::Message(message) if message.is_reply() && message.header.id == id => {
                    return Ok(message);
                }
                // Nobody waits for it.
                Received::Message(message) if message.is_reply() => drop(message),
                Received::Message(message) | Received::TooLong(message) => {
                    if self.waiting.len() == MAX_WAITING {
                        return Err(ConnectionError::Flooded { command });
                    }
                    self.waiting.push_back(message);
                }
            }
        }
    }
}

/// Descriptors of one message.
#[derive(Default)]
struct Fds {
    fds: Vec<OwnedFd>,
    cut: bool,
}

/// One read of the socket, with the descriptors that come with it.
fn receive_some(socket: &UnixStream, into: &mut [u8], fds: &mut Fds) -> Result<usize, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut buffers = [IoSliceMut::new(into)];
    let received = recvmsg(
        socket,
        &mut buffers,
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            for fd in rights {
                if fds.fds.len() < MAX_FDS {
                    fds.fds.push(fd);
                } else {
                    fds.cut = true;
                }
            }
        }
    }
    fds.cut |= received.flags.contains(ReturnFlags::CTRUNC);
    Ok(received.bytes)
}
