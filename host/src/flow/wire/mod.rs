//! The way between two processes: the messages of [`super::pipeline`] over any pair of byte streams.
//!
//! ```text
//!  SourceEnd ─▶ checksum stage ─▶ frames ═══ TCP, socket, pipe ═══▶ frames ─▶ DestinationEnd
//!      ▲                                                                        │
//!      └───────── frames ◀═════════════════════════════════════════ frames ◀────┘
//! ```
//! Both sides first send a preamble, magic and version, and check the other's. A frame is a type, a
//! length, that many bytes, and a CRC-32C over all of it; every number is little endian. What is
//! wrong with a frame is told with value and place, and ends the connection: nothing is guessed.
//! A connection that ends is an error of the flow on either side, which rolls back. Each side says
//! when it has nothing more to say, and waits a little for the other to say so too: a program
//! that exits right after a flow takes no last words with it.

mod codec;

pub use codec::{CodecError, Frame, MAX_FRAME_BYTES, MAX_REASON_BYTES};

use super::pipeline::{
    DestinationEnd, LINGER, LinkError, Message, Reply, SourceEnd, destination_end, reply_channel,
    source_end_with,
};
use crossbeam::channel::{Sender, bounded};
use std::io::{self, Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::thread;
use std::time::{Duration, Instant};
use thiserror::Error;

/// First bytes of the preamble.
pub const MAGIC: [u8; 8] = *b"slackwtr";
/// Version of the protocol. Another one is refused.
pub const VERSION: u32 = 1;
/// How long the other side has for its preamble, in wall-clock time.
const GREETING: Duration = Duration::from_secs(30);
/// Messages that wait for the connection.
const DEPTH: usize = 8;

/// Why no connection was made.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The streams.
    #[error("the connection to the {peer} broke before anything was agreed: {error}")]
    Io {
        /// Which side.
        peer: &'static str,
        /// What happened.
        error: io::Error,
    },
    /// Something else speaks there.
    #[error("no Slackwater {peer} answers: it began with {found:02x?}, expected {MAGIC:02x?}")]
    Magic {
        /// Which side.
        peer: &'static str,
        /// What came.
        found: [u8; 8],
    },
    /// Another version.
    #[error(
        "the {peer} speaks version {found} of the protocol, this program version {VERSION}: use the same release on both machines"
    )]
    Version {
        /// Which side.
        peer: &'static str,
        /// What came.
        found: u32,
    },
    /// Nothing came.
    #[error("the {peer} has said nothing for {waited_ms} ms")]
    Silent {
        /// Which side.
        peer: &'static str,
        /// How long, in wall-clock time.
        waited_ms: u128,
    },
    /// No thread for the frames.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// The end of a connection that is written to.
pub trait WriteEnd: Write + Send + 'static {
    /// Lets the other side see the end, if dropping this one does not.
    fn close(&mut self) {}
}

impl WriteEnd for std::net::TcpStream {
    fn close(&mut self) {
        // It may be closed already.
        let _ = self.shutdown(std::net::Shutdown::Write);
    }
}

#[cfg(unix)]
impl WriteEnd for std::os::unix::net::UnixStream {
    fn close(&mut self) {
        let _ = self.shutdown(std::net::Shutdown::Write);
    }
}

impl WriteEnd for ChildStdin {}
impl WriteEnd for io::Stdout {}
impl WriteEnd for io::PipeWriter {}

/// The end of a connection that is read from.
pub trait ReadEnd: Read + Send + 'static {}

impl ReadEnd for std::net::TcpStream {}
#[cfg(unix)]
impl ReadEnd for std::os::unix::net::UnixStream {}
impl ReadEnd for ChildStdout {}
impl ReadEnd for io::Stdin {}
impl ReadEnd for io::PipeReader {}

/// Sends the preamble, and checks the other side's.
fn greet(
    reader: &mut impl Read,
    writer: &mut impl Write,
    peer: &'static str,
) -> Result<(), ConnectError> {
    let broke = |error| ConnectError::Io { peer, error };
    let mut ours = [0; 12];
    ours[..8].copy_from_slice(&MAGIC);
    ours[8..].copy_from_slice(&VERSION.to_le_bytes());
    writer.write_all(&ours).map_err(broke)?;
    writer.flush().map_err(broke)?;
    let mut found = [0; 8];
    reader.read_exact(&mut found).map_err(broke)?;
    if found != MAGIC {
        return Err(ConnectError::Magic { peer, found });
    }
    let mut found = [0; 4];
    reader.read_exact(&mut found).map_err(broke)?;
    match u32::from_le_bytes(found) {
        VERSION => Ok(()),
        found => Err(ConnectError::Version { peer, found }),
    }
}

/// Greets on a thread of its own, which a silent peer may keep as long as the connection lasts.
fn greeted<R: ReadEnd, W: WriteEnd>(
    mut reader: R,
    mut writer: W,
    peer: &'static str,
    patience: Duration,
) -> Result<(R, W), ConnectError> {
    let (done, greeting) = bounded(1);
    spawn("greeting", move || {
        let result = greet(&mut reader, &mut writer, peer);
        // Nobody may wait any more.
        let _ = done.send(result.map(|()| (reader, writer)));
    })?;
    let silent = ConnectError::Silent {
        peer,
        waited_ms: patience.as_millis(),
    };
    greeting.recv_timeout(patience).unwrap_or(Err(silent))
}

/// The source's end of a connection to a destination.
///
/// # Errors
/// The other side is no destination of this version.
pub fn connect(reader: impl ReadEnd, writer: impl WriteEnd) -> Result<SourceEnd, ConnectError> {
    let (reader, writer) = greeted(reader, writer, "destination", GREETING)?;
    let (held, threads) = bounded::<()>(0);
    let mut writer = Closing {
        writer,
        held: held.clone(),
    };
    let (reply_sender, replies) = reply_channel();
    let mut end = source_end_with(DEPTH, replies, move |message| writer.send(&message))
        .map_err(ConnectError::Thread)?;
    spawn("replies in", move || {
        receive_all::<Reply>(reader, &reply_sender, "destination");
        drop(held);
    })?;
    end.linger(threads);
    Ok(end)
}

/// The destination's end of a connection to a source.
///
/// # Errors
/// The other side is no source of this version.
pub fn accept(reader: impl ReadEnd, writer: impl WriteEnd) -> Result<DestinationEnd, ConnectError> {
    let (reader, writer) = greeted(reader, writer, "source", GREETING)?;
    let (reply_sender, replies) = reply_channel();
    let (mut end, messages) = destination_end(DEPTH, reply_sender);
    let (held, threads) = bounded::<()>(0);
    let mut writer = Closing {
        writer,
        held: held.clone(),
    };
    spawn("replies out", move || {
        let _ = replies.iter().flatten().all(|reply| writer.send(&reply));
    })?;
    spawn("messages in", move || {
        receive_all::<Message>(reader, &messages, "source");
        drop(held);
    })?;
    end.linger(threads);
    Ok(end)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), ConnectError> {
    let thread = thread::Builder::new().name(name.into()).spawn(work);
    thread.map(drop).map_err(ConnectError::Thread)
}

/// A writer that says that it has ended, and is closed, when it is dropped.
struct Closing<W: WriteEnd> {
    writer: W,
    /// Whoever waits for the connection to be done waits for this to go.
    #[expect(dead_code, reason = "it is there to be dropped")]
    held: Sender<()>,
}

impl<W: WriteEnd> Closing<W> {
    /// Whether the frame was taken. If not, the other side is gone, and the reading side learns why.
    fn send<T: Frame>(&mut self, item: &T) -> bool {
        self.send_bytes(&item.to_frame())
    }

    fn send_bytes(&mut self, frame: &[u8]) -> bool {
        let sent = self.writer.write_all(frame);
        sent.and_then(|()| self.writer.flush()).is_ok()
    }
}

impl<W: WriteEnd> Drop for Closing<W> {
    fn drop(&mut self) {
        // Whoever is gone needs no telling.
        let _ = self.send_bytes(&codec::end_frame());
        self.writer.close();
    }
}

/// A reader that knows how far it is.
struct Counted<R> {
    reader: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reader.read(into)?;
        self.bytes += bytes as u64;
        Ok(bytes)
    }
}

/// Reads frames until the end of the stream or the first that is wrong, which is handed on as an error.
///
/// When nobody listens any more it reads on for a while: a socket that is closed with something
/// unread in it takes back what was last written to it.
fn receive_all<T: Frame>(
    reader: impl ReadEnd,
    to: &Sender<Result<T, LinkError>>,
    peer: &'static str,
) {
    let mut reader = Counted { reader, bytes: 0 };
    let mut unheard_since = None;
    loop {
        let at_byte = reader.bytes;
        let item = match T::read_frame(&mut reader) {
            Ok(Some(item)) => Ok(item),
            Ok(None) => Err(LinkError::Gone { peer }),
            Err(error) => Err(LinkError::Broken {
                peer,
                reason: format!("{error}, in the frame at byte {at_byte}"),
            }),
        };
        let ends = item.is_err();
        match unheard_since {
            None if to.send(item).is_err() => unheard_since = Some(Instant::now()),
            Some(since) if Instant::elapsed(&since) > LINGER => return,
            _ => {}
        }
        if ends {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_says_nothing_is_given_up() {
        let ((reader, _theirs), (_sink, writer)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let patience = Duration::from_millis(20);
        let error = greeted(reader, writer, "source", patience).err().unwrap();
        assert!(
            matches!(error, ConnectError::Silent { waited_ms: 20, .. }),
            "{error}"
        );
    }

    /// A destination that takes nothing and repeats itself for ever.
    #[test]
    fn a_peer_that_repeats_itself_is_not_listened_to() {
        let ((reader, mut theirs), (mut sink, writer)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let babbler = thread::spawn(move || {
            let mut preamble = MAGIC.to_vec();
            preamble.extend_from_slice(&VERSION.to_le_bytes());
            theirs.write_all(&preamble).unwrap();
            sink.read_exact(&mut preamble).unwrap();
            drop(sink);
            while theirs.write_all(&Reply::Running.to_frame()).is_ok() {}
        });
        let end = connect(reader, writer).unwrap();
        let error = loop {
            match end.send(Message::RoundEnd { round: 0 }) {
                Ok(()) => thread::yield_now(),
                Err(error) => break error,
            }
        };
        assert!(
            error
                .to_string()
                .contains("answered Running when nothing was asked"),
            "{error}"
        );
        drop(end);
        babbler.join().unwrap();
    }
}
