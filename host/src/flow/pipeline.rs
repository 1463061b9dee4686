//! The way from source to destination: messages, page checksums, bounded channels.
//!
//! ```text
//!  SourceEnd ──[depth]──▶ checksum stage (its own thread, rayon) ──[depth]──▶ DestinationEnd
//!      ▲                                                                           │
//!      └───────────────────────────── replies ─────────────────────────────────────┘
//! ```
//! Messages arrive in the order in which they were sent. A stage ends when either
//! side is dropped; a side that waits for a dropped or silent one gets an error.

use super::Fault;
use crate::device::Identity;
use crate::platform::PAGE_BYTES;
use crossbeam::channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};
use rayon::prelude::*;
use std::io;
use std::time::Duration;
use thiserror::Error;

/// Bytes that a page costs on the wire besides its contents: number and checksum.
pub const PAGE_HEADER_BYTES: u64 = 12;
/// Most pages of one batch.
pub const MAX_BATCH_PAGES: usize = 1024;
/// Most bytes of the device's stream in one message.
pub const MAX_STATE_BYTES: usize = 0x1_0000;
/// Most bytes of VCPU state.
pub const MAX_VCPU_BYTES: usize = 6 << 20;
/// Most pages of one part of a digest.
pub const MAX_DIGEST_PAGES: usize = 1 << 20;
/// Replies of a migration, and an error behind them; who sends more is not listened to.
const MAX_REPLIES: usize = 4;
/// How long a source that cannot send waits for what the destination has left behind.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long the last words of a side may take to get through, once it has nothing to say any more.
pub(super) const LINGER: Duration = Duration::from_secs(2);
/// How long a side waits for the other if it is told nothing else, in wall-clock time.
const PATIENCE: Duration = Duration::from_secs(600);

static ZERO_PAGE: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// A failure of the way between the two sides.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// The other side is gone.
    #[error("the {peer} is gone")]
    Gone {
        /// Which side.
        peer: &'static str,
    },
    /// The connection to the other side does not work any more.
    #[error("the connection to the {peer} broke: {reason}")]
    Broken {
        /// Which side.
        peer: &'static str,
        /// What happened.
        reason: String,
    },
    /// The other side has said nothing for too long.
    #[error("the {peer} was silent for {waited_ms} ms")]
    Silent {
        /// Which side.
        peer: &'static str,
        /// Wall-clock time.
        waited_ms: u128,
    },
    /// The other side gave up.
    #[error("the {peer} gave up: {reason}")]
    GaveUp {
        /// Which side.
        peer: &'static str,
        /// Its reason.
        reason: String,
    },
}

/// What the source says about itself before anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Size of guest memory.
    pub memory_bytes: u64,
    /// Its devices, in the order in which messages number them.
    pub devices: Vec<DeviceHello>,
}

/// What a device of the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceHello {
    /// Type of the device.
    pub device_type: u32,
    /// Hash of the device's configuration.
    pub config_hash: u32,
    /// Words of device state.
    pub state_words: u32,
}

impl From<&Identity> for DeviceHello {
    fn from(identity: &Identity) -> Self {
        Self {
            device_type: identity.device_type,
            config_hash: identity.config_hash,
            state_words: identity.state_words,
        }
    }
}

/// A page's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// All zeros.
    Zero,
    /// As it is.
    Bytes(Box<[u8; PAGE_BYTES]>),
}

impl Content {
    /// The bytes.
    pub fn bytes(&self) -> &[u8; PAGE_BYTES] {
        match self {
            Self::Zero => &ZERO_PAGE,
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Bytes that it takes on the wire.
    pub const fn wire_bytes(&self) -> u64 {
        match self {
            Self::Zero => 0,
            Self::Bytes(_) => PAGE_BYTES as u64,
        }
    }
}

/// A page on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRecord {
    /// Number of the page: guest-physical address / 4096.
    pub page: u64,
    /// CRC-32C over page number and contents; set by the checksum stage.
    pub checksum: u32,
    /// Its contents.
    pub content: Content,
}

impl PageRecord {
    /// A page whose checksum is not yet made.
    pub fn new(page: u64, bytes: &[u8; PAGE_BYTES]) -> Self {
        let content = if *bytes == ZERO_PAGE {
            Content::Zero
        } else {
            Content::Bytes(Box::new(*bytes))
        };
        Self {
            page,
            checksum: 0,
            content,
        }
    }

    /// CRC-32C over page number (little endian) and contents, so that a page that
    /// arrives under another's number is found too.
    pub fn checksum_of_content(&self) -> u32 {
        crc32c::crc32c_append(
            crc32c::crc32c(&self.page.to_le_bytes()),
            self.content.bytes(),
        )
    }
}

/// Some pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageBatch {
    /// The pages.
    pub pages: Vec<PageRecord>,
}

impl PageBatch {
    /// Sets all checksums.
    pub fn seal(&mut self) {
        self.pages
            .par_iter_mut()
            .for_each(|record| record.checksum = record.checksum_of_content());
    }

    /// Compares all checksums; the error names the first page that is wrong.
    pub fn verify(&self) -> Result<(), Fault> {
        let wrong = self.pages.par_iter().find_map_first(|record| {
            let found = record.checksum_of_content();
            (found != record.checksum).then_some((record.page, record.checksum, found))
        });
        wrong.map_or(Ok(()), |(page, expected, found)| {
            Err(Fault::PageChecksum {
                page,
                expected,
                found,
            })
        })
    }
}

/// What the source counted; the destination must have counted the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pages sent, each time counted.
    pub pages: u64,
    /// Bytes of all devices' streams.
    pub stream_bytes: u64,
}

/// What a machine holds, as somebody sees it who looks in from outside and not into a dirty log: a
/// simulator. CRC-32C throughout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Of each page of memory.
    pub pages: Vec<u32>,
    /// Of the state of each device.
    pub devices: Vec<u32>,
}

impl Digest {
    /// The same in parts that fit a message: pages in their order, devices in the last part.
    pub(super) fn parts(self) -> Vec<Self> {
        let parts = self.pages.chunks(MAX_DIGEST_PAGES).map(|pages| Self {
            pages: pages.to_vec(),
            devices: Vec::new(),
        });
        let mut parts: Vec<Self> = parts.collect();
        match parts.last_mut() {
            Some(last) => last.devices = self.devices,
            None => parts.push(self),
        }
        parts
    }

    /// Adds the next part.
    pub(super) fn extend(&mut self, part: Self) {
        self.pages.extend(part.pages);
        self.devices.extend(part.devices);
    }
}

/// What the source sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// First of all.
    Hello(Hello),
    /// Pages of guest memory.
    Pages(PageBatch),
    /// The next bytes of a device's stream.
    State {
        /// Which device, from 0.
        device: usize,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A round of pre-copy ends.
    RoundEnd {
        /// Which one, from 0.
        round: u32,
    },
    /// What the VCPUs and the guest's programs on them know, of a platform that has such a thing.
    Vcpus(Vec<u8>),
    /// A part of what the destination must hold, of a platform that can tell.
    Digest(Digest),
    /// Everything was sent: load it.
    Done(Totals),
    /// The source is halted: run.
    Commit,
    /// The source gave up and runs on.
    Abort {
        /// Why.
        reason: String,
    },
}

impl Message {
    /// Name for error messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "Hello",
            Self::Pages(_) => "Pages",
            Self::State { .. } => "State",
            Self::RoundEnd { .. } => "RoundEnd",
            Self::Vcpus(_) => "Vcpus",
            Self::Digest(_) => "Digest",
            Self::Done(_) => "Done",
            Self::Commit => "Commit",
            Self::Abort { .. } => "Abort",
        }
    }
}

/// What the destination answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The machines are alike: the source may begin.
    Accepted,
    /// Everything was loaded and is valid.
    Loaded {
        /// Pages that were compared with the source's digest; 0 if one side had none.
        compared_pages: u64,
    },
    /// The machine runs.
    Running,
    /// The destination gave up; it will not run.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Reply {
    /// Name for error messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Loaded { .. } => "Loaded",
            Self::Running => "Running",
            Self::Failed { .. } => "Failed",
        }
    }
}

/// Waits, when an end is dropped, until all that it said has got through. A process that exits
/// behind it would take that with it.
#[derive(Debug)]
pub(super) struct Linger(pub Receiver<()>);

impl Drop for Linger {
    fn drop(&mut self) {
        // Nothing is sent here: it ends when all threads of the connection have let go.
        let _ = self.0.recv_timeout(LINGER);
    }
}

/// The source's end.
#[derive(Debug)]
pub struct SourceEnd {
    messages: Sender<Message>,
    replies: ReplyReceiver,
    patience: Duration,
    /// The last field: it is dropped when the channels are.
    linger: Option<Linger>,
}

/// The destination's end.
#[derive(Debug)]
pub struct DestinationEnd {
    messages: Receiver<Result<Message, LinkError>>,
    /// Read ahead, to be received next.
    first: Option<Message>,
    replies: ReplySender,
    patience: Duration,
    /// The last field: it is dropped when the channels are.
    linger: Option<Linger>,
}

/// A way on which `depth` messages may be in each of its two channels.
pub fn transport(depth: usize) -> io::Result<(SourceEnd, DestinationEnd)> {
    transport_with(depth, |_| {})
}

/// A way with a tap behind the checksum stage, which sees every message and may change it:
/// for recording a migration, and for fault injection.
pub fn transport_with(
    depth: usize,
    mut tap: impl FnMut(&mut Message) + Send + 'static,
) -> io::Result<(SourceEnd, DestinationEnd)> {
    let (reply_sender, replies) = reply_channel();
    let (destination, to_destination) = destination_end(depth, reply_sender);
    let source = source_end_with(depth, replies, move |mut message| {
        tap(&mut message);
        to_destination.send(Ok(message)).is_ok()
    })?;
    Ok((source, destination))
}

/// Where replies to a source go.
pub(super) type ReplySender = Sender<Result<Reply, LinkError>>;
/// Where a source gets them.
pub(super) type ReplyReceiver = Receiver<Result<Reply, LinkError>>;
/// Where messages to a destination go.
pub(super) type MessageSender = Sender<Result<Message, LinkError>>;

/// The way of the replies. A destination never sends more than three, and an error is the last one: nobody is
/// ever blocked by one.
pub(super) fn reply_channel() -> (ReplySender, ReplyReceiver) {
    bounded(MAX_REPLIES)
}

/// A source's end. Its messages go through the checksum stage to `out`, which says whether it goes on.
pub(super) fn source_end_with(
    depth: usize,
    replies: ReplyReceiver,
    mut out: impl FnMut(Message) -> bool + Send + 'static,
) -> io::Result<SourceEnd> {
    let (messages, stage_in) = bounded::<Message>(depth);
    std::thread::Builder::new()
        .name("page checksums".into())
        .spawn(move || {
            for mut message in stage_in {
                if let Message::Pages(batch) = &mut message {
                    batch.seal();
                }
                if !out(message) {
                    break;
                }
            }
        })?;
    Ok(SourceEnd {
        messages,
        replies,
        patience: PATIENCE,
        linger: None,
    })
}

/// A destination's end.
pub(super) fn destination_end(
    depth: usize,
    replies: ReplySender,
) -> (DestinationEnd, MessageSender) {
    let (message_sender, messages) = bounded(depth);
    let destination = DestinationEnd {
        messages,
        first: None,
        replies,
        patience: PATIENCE,
        linger: None,
    };
    (destination, message_sender)
}

impl SourceEnd {
    /// Sets how long to wait for the destination, in wall-clock time.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Keeps the process until the threads of its connection are done.
    pub(super) fn linger(&mut self, threads: Receiver<()>) {
        self.linger = Some(Linger(threads));
    }

    /// Sends a message; waits while the way is full. A destination that has given up is heard here.
    pub fn send(&self, message: Message) -> Result<(), LinkError> {
        if !matches!(message, Message::Abort { .. })
            && let Ok(reply) = self.replies.try_recv()
        {
            return Err(failure(reply));
        }
        match self.messages.send_timeout(message, self.patience) {
            Ok(()) => Ok(()),
            Err(SendTimeoutError::Timeout(_)) => Err(silent("destination", self.patience)),
            // The destination leaves its reason behind before it goes.
            Err(SendTimeoutError::Disconnected(_)) => {
                let gone = LinkError::Gone {
                    peer: "destination",
                };
                let left = std::iter::from_fn(|| self.replies.recv_timeout(LAST_WORDS).ok());
                let last = left.take(MAX_REPLIES).map(failure).last();
                Err(last.unwrap_or(gone))
            }
        }
    }

    /// Waits for a reply; a `Failed` is an error.
    pub fn receive(&self) -> Result<Reply, LinkError> {
        match self.replies.recv_timeout(self.patience) {
            Ok(Ok(Reply::Failed { reason })) => Err(LinkError::GaveUp {
                peer: "destination",
                reason,
            }),
            Ok(reply) => reply,
            Err(error) => Err(receive_error(error, "destination", self.patience)),
        }
    }
}

impl DestinationEnd {
    /// Sets how long to wait for the source, in wall-clock time.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Keeps the process until the threads of its connection are done.
    pub(super) fn linger(&mut self, threads: Receiver<()>) {
        self.linger = Some(Linger(threads));
    }

    /// Gives up before a flow has begun.
    pub fn refuse(self, reason: String) {
        // The source may be gone already; then it needs no telling.
        let _ = self.reply(Reply::Failed { reason });
    }

    /// What the source says about itself, before it is received: a machine can be made to its measure.
    pub fn hello(&mut self) -> Result<Hello, LinkError> {
        let message = self.receive()?;
        let Message::Hello(hello) = &message else {
            return Err(LinkError::Broken {
                peer: "source",
                reason: format!("it began with {}, expected Hello", message.name()),
            });
        };
        let hello = hello.clone();
        self.first = Some(message);
        Ok(hello)
    }

    /// Waits for the next message; an `Abort` is an error.
    pub fn receive(&mut self) -> Result<Message, LinkError> {
        if let Some(message) = self.first.take() {
            return Ok(message);
        }
        match self.messages.recv_timeout(self.patience) {
            Ok(Ok(Message::Abort { reason })) => Err(LinkError::GaveUp {
                peer: "source",
                reason,
            }),
            Ok(message) => message,
            Err(error) => Err(receive_error(error, "source", self.patience)),
        }
    }

    /// Answers.
    pub fn reply(&self, reply: Reply) -> Result<(), LinkError> {
        self.replies
            .send_timeout(Ok(reply), self.patience)
            .map_err(|_| LinkError::Gone { peer: "source" })
    }
}

/// What a reply says that nobody waits for.
fn failure(reply: Result<Reply, LinkError>) -> LinkError {
    let peer = "destination";
    match reply {
        Ok(Reply::Failed { reason }) => LinkError::GaveUp { peer, reason },
        Ok(other) => LinkError::Broken {
            peer,
            reason: format!("it answered {} when nothing was asked", other.name()),
        },
        Err(error) => error,
    }
}

const fn silent(peer: &'static str, waited: Duration) -> LinkError {
    LinkError::Silent {
        peer,
        waited_ms: waited.as_millis(),
    }
}

const fn receive_error(error: RecvTimeoutError, peer: &'static str, waited: Duration) -> LinkError {
    match error {
        RecvTimeoutError::Timeout => silent(peer, waited),
        RecvTimeoutError::Disconnected => LinkError::Gone { peer },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_covers_the_contents_and_the_page_number() {
        let mut bytes = [0; PAGE_BYTES];
        bytes[77] = 1;
        let mut batch = PageBatch {
            pages: vec![PageRecord::new(5, &bytes), PageRecord::new(6, &[0; 4096])],
        };
        assert_eq!(batch.pages[1].content, Content::Zero);
        batch.seal();
        assert_eq!(batch.verify(), Ok(()));
        let mut moved = batch.clone();
        moved.pages[1].page = 7;
        assert!(matches!(
            moved.verify(),
            Err(Fault::PageChecksum { page: 7, .. })
        ));
        bytes[77] = 3;
        batch.pages[0].content = Content::Bytes(Box::new(bytes));
        let expected = batch.pages[0].checksum;
        let found = batch.pages[0].checksum_of_content();
        assert_eq!(
            batch.verify(),
            Err(Fault::PageChecksum {
                page: 5,
                expected,
                found
            })
        );
    }

    #[test]
    fn a_dropped_destination_leaves_its_reason() {
        let (source, destination) = transport(1).unwrap();
        destination
            .reply(Reply::Failed {
                reason: "no room".into(),
            })
            .unwrap();
        drop(destination);
        let error = loop {
            match source.send(Message::RoundEnd { round: 0 }) {
                Ok(()) => std::thread::yield_now(),
                Err(error) => break error,
            }
        };
        assert_eq!(
            error,
            LinkError::GaveUp {
                peer: "destination",
                reason: "no room".into()
            }
        );
    }

    #[test]
    fn a_dropped_source_is_found() {
        let (source, mut destination) = transport(1).unwrap();
        drop(source);
        assert_eq!(
            destination.receive(),
            Err(LinkError::Gone { peer: "source" })
        );
    }
}
