//! The server: one client after the other, one message after the other.

use crate::backend::Backend;
use crate::config_space::{ConfigSpace, LinkStatus, MSIX_BAR, MSIX_BAR_BYTES};
use crate::connection::{Connection, ConnectionError, Received};
use crate::interrupts::Interrupts;
use crate::message::{Command, Errno, Message, Refusal};
use slackwater_host::Device;
use slackwater_host::v2::DmaLogging;
use std::fmt;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Vectors that the MSI-X table has room for.
const MAX_VECTORS: u16 = 128;

/// What happens, for a log.
#[derive(Debug)]
pub enum Event<'e> {
    /// A client has connected.
    Connected,
    /// A client has asked for something, and got it.
    Done {
        /// What.
        command: Command,
        /// In its own words.
        what: &'e str,
    },
    /// A client has asked for something that was refused.
    Refused {
        /// What.
        command: Command,
        /// What it was told.
        errno: Errno,
        /// Why.
        reason: &'e str,
    },
    /// A client has closed its connection.
    Left,
    /// A client's connection could not go on.
    Lost {
        /// Why.
        reason: &'e str,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("a client has connected"),
            Self::Done { command, what: "" } => write!(f, "{command:?}"),
            Self::Done { command, what } => write!(f, "{command:?}: {what}"),
            Self::Refused {
                command,
                errno,
                reason,
            } => {
                let number = errno.0;
                write!(f, "{command:?} refused with errno {number}: {reason}")
            }
            Self::Left => f.write_str("the client has left"),
            Self::Lost { reason } => write!(f, "the client is lost: {reason}"),
        }
    }
}

/// Where events go.
pub type Log = Box<dyn FnMut(&Event<'_>) + Send>;

/// A device, and what clients have made of it.
pub struct Server<B: Backend> {
    pub(crate) backend: B,
    pub(crate) config: ConfigSpace,
    pub(crate) interrupts: Interrupts,
    /// The host driver's handle, once migration or logging was asked for.
    pub(crate) device: Option<Device<B::Function>>,
    pub(crate) logging: Option<Logging>,
    log: Log,
}

/// DMA logging that was started.
pub(crate) struct Logging {
    pub state: DmaLogging,
    /// What is logged, by IOVA.
    pub spans: Vec<Range<u64>>,
}

/// What one client has agreed on.
pub(crate) struct Session {
    pub connection: Arc<Mutex<Connection>>,
    /// The first message was a version that fits.
    pub agreed: bool,
}

impl Session {
    fn receive(
        &self,
        patience: Option<Duration>,
        others: &[BorrowedFd<'_>],
    ) -> Result<Received, ConnectionError> {
        self.lock().receive(patience, others)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Backend> Server<B> {
    /// A server for a device. `link` is what configuration space tells of it.
    pub fn new(backend: B, link: (u8, u8), log: Log) -> Self {
        let bar_bytes = |bar| {
            if bar == MSIX_BAR {
                Some(MSIX_BAR_BYTES)
            } else {
                backend.bar_bytes(bar)
            }
        };
        let (generation, lanes) = link;
        let link = LinkStatus { generation, lanes };
        let vectors = backend.vectors().min(MAX_VECTORS);
        let config = ConfigSpace::new(backend.ids(), bar_bytes, vectors, link);
        let interrupts = Interrupts::new(vectors);
        Self {
            backend,
            config,
            interrupts,
            device: None,
            logging: None,
            log,
        }
    }

    /// The device.
    pub fn backend(&mut self) -> &mut B {
        &mut self.backend
    }

    fn tell(&mut self, event: &Event<'_>) {
        (self.log)(event);
    }

    /// Serves one client until it leaves or is lost. What it had mapped and its eventfds are gone then;
    /// the device stays as it is.
    pub fn serve(&mut self, socket: UnixStream) {
        self.tell(&Event::Connected);
        let result = Connection::new(socket)
            .map_err(ConnectionError::from)
            .and_then(|connection| self.converse(connection));
        self.backend.unmap_all();
        self.interrupts.release_all();
        match result {
            Ok(()) => self.tell(&Event::Left),
            Err(error) => {
                let reason = error.to_string();
                self.tell(&Event::Lost { reason: &reason });
            }
        }
    }

    fn converse(&mut self, connection: Connection) -> Result<(), ConnectionError> {
        let mut session = Session {
            connection: Arc::new(Mutex::new(connection)),
            agreed: false,
        };
        loop {
            let moves = self.backend.run();
            self.pass_interrupts_on();
            // While nothing moves the server sleeps.
            let patience = moves.then_some(Duration::ZERO);
            match session.receive(patience, &self.backend.wakers())? {
                Received::Nothing => {}
                Received::Closed => return Ok(()),
                Received::TooLong(message) => {
                    let reason = format!("a message of {} bytes", message.header.bytes);
                    let refusal = Refusal::new(Errno::EMSGSIZE, reason);
                    self.answer(&mut session, &message, Err(refusal))?;
                }
                Received::Message(message) if message.is_reply() => {
                    // The server waits for none now.
                    self.tell(&Event::Refused {
                        command: message.command(),
                        errno: Errno::EINVAL,
                        reason: "a reply that nobody waits for",
                    });
                }
                Received::Message(mut message) => {
                    let result = self.handle(&mut session, &mut message);
                    self.answer(&mut session, &message, result)?;
                }
            }
        }
    }

    fn pass_interrupts_on(&mut self) {
        for vector in 0..self.interrupts.count() as u16 {
            let times = self.backend.take_interrupts(vector);
            if times > 0 {
                self.interrupts.raise(vector.into(), times);
            }
        }
    }

    fn answer(
        &mut self,
        session: &mut Session,
        message: &Message,
        result: Result<Answer, Refusal>,
    ) -> Result<(), ConnectionError> {
        let command = message.command();
        let reply = match result {
            Ok(Answer { payload, what }) => {
                self.tell(&Event::Done {
                    command,
                    what: &what,
                });
                message.reply(&payload)
            }
            Err(Refusal { errno, reason }) => {
                self.tell(&Event::Refused {
                    command,
                    errno,
                    reason: &reason,
                });
                message.refusal(errno)
            }
        };
        if message.wants_no_reply() {
            return Ok(());
        }
        session.lock().send(&reply)
    }

    fn handle(&mut self, session: &mut Session, message: &mut Message) -> Result<Answer, Refusal> {
        if message.has_unknown_type() {
            return Err(Refusal::invalid("a message that is no command"));
        }
        if message.fds_cut {
            return Err(Refusal::new(Errno::E2BIG, "too many file descriptors"));
        }
        let command = message.command();
        if !session.agreed && command != Command::Version {
            return Err(Refusal::invalid("no version was agreed on"));
        }
        let takes_fds = matches!(command, Command::DmaMap | Command::SetIrqs);
        let fds = std::mem::take(&mut message.fds);
        if !takes_fds && !fds.is_empty() {
            let count = fds.len();
            return Err(Refusal::invalid(format!("{count} file descriptors")));
        }
        let payload = &message.payload;
        match command {
            Command::Version => self.version(session, payload),
            Command::DmaMap => self.dma_map(session, payload, fds),
            Command::DmaUnmap => self.dma_unmap(payload),
            Command::GetInfo => self.get_info(payload),
            Command::GetRegionInfo => self.get_region_info(payload),
            Command::GetIrqInfo => self.get_irq_info(payload),
            Command::SetIrqs => self.set_irqs(payload, fds),
            Command::RegionRead => self.region_read(payload),
            Command::RegionWrite => self.region_write(payload),
            Command::RegionWriteMulti => self.region_write_multi(payload),
            Command::Reset => self.reset(payload),
            Command::Feature => self.feature(payload),
            Command::MigDataRead => self.mig_data_read(payload),
            Command::MigDataWrite => self.mig_data_write(payload),
            Command::DmaRead | Command::DmaWrite => Err(Refusal::new(
                Errno::EOPNOTSUPP,
                "a command of servers, not of clients",
            )),
            Command::Unknown(number) => Err(Refusal::new(
                Errno::EOPNOTSUPP,
                format!("unknown command {number}"),
            )),
        }
    }
}

/// What a command leads to.
pub(crate) struct Answer {
    pub payload: Vec<u8>,
    /// For the log.
    pub what: String,
}

impl Answer {
    pub(crate) const fn new(payload: Vec<u8>, what: String) -> Self {
        Self { payload, what }
    }
}
