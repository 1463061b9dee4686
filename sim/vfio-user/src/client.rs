//! A device behind any vfio-user server as a [`Function`] of the host driver.

use crate::connection::{Connection, ConnectionError};
use crate::message::{Builder, Command, Errno, Message};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, memfd_create};
use slackwater_host::function::{AccessError, Bar, BusReads, Function, Permissions};
use slackwater_host::platform::{GuestMemory, MemoryError};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// Flags of VFIO_USER_DEVICE_SET_IRQS: eventfds, to be triggered.
const EVENTFD_TRIGGER: u32 = 4 | 32;
/// `VFIO_PCI_MSIX_IRQ_INDEX`.
const MSIX_INDEX: u32 = 2;
/// Most words of one read or write.
const MAX_WORDS: usize = 1024;

/// A server that cannot be used.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The socket.
    #[error("cannot connect to {}: {error}", path.display())]
    Connect {
        /// Its path.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The connection.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The server refuses a command.
    #[error("the server refuses {command:?} with errno {}", errno.0)]
    Refused {
        /// The command.
        command: Command,
        /// What it says.
        errno: Errno,
    },
    /// The server's answer is too short.
    #[error("the server's answer to {command:?} has {bytes} bytes, expected {expected}")]
    Short {
        /// The command.
        command: Command,
        /// Bytes of its payload.
        bytes: usize,
        /// Bytes at least.
        expected: usize,
    },
    /// No memory or no eventfd.
    #[error("{what}: {error}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// Why not.
        error: io::Error,
    },
}

/// A device behind a vfio-user server. Clones are handles on the same connection.
#[derive(Clone)]
pub struct VfioUserFunction {
    connection: Arc<Mutex<Connection>>,
    /// Memory that DMA mappings lead to.
    memory: Arc<File>,
    memory_bytes: u64,
    vectors: Arc<[OwnedFd]>,
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn words(payload: &[u8]) -> Vec<u32> {
    let words = payload.chunks_exact(4);
    words
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

fn backend(error: ClientError) -> AccessError {
    AccessError::Backend(error.to_string())
}

impl VfioUserFunction {
    /// Connects to a server, with so many bytes of memory for DMA.
    ///
    /// # Errors
    /// Nobody listens there, or it is no server.
    pub fn connect(path: &Path, memory_bytes: u64) -> Result<Self, ClientError> {
        let failed = |error| ClientError::Connect {
            path: path.to_owned(),
            error,
        };
        let socket = UnixStream::connect(path).map_err(failed)?;
        let connection = Connection::new(socket).map_err(failed)?;
        let system = |what| move |error: io::Error| ClientError::System { what, error };
        let memory = memfd_create("slackwater", MemfdFlags::CLOEXEC);
        let memory = File::from(memory.map_err(|error| system("memory")(error.into()))?);
        memory.set_len(memory_bytes).map_err(system("memory"))?;
        let mut function = Self {
            connection: Arc::new(Mutex::new(connection)),
            memory: Arc::new(memory),
            memory_bytes,
            vectors: Vec::new().into(),
        };
        function.agree()?;
        let new = |_| eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let count = function.vector_count()?;
        let vectors = (0..count).map(new).collect::<Result<Vec<_>, _>>();
        let vectors = vectors.map_err(|error| system("eventfds")(error.into()))?;
        let fds: Vec<_> = vectors.iter().map(AsFd::as_fd).collect();
        let payload = Builder::default().u32s(&[20, EVENTFD_TRIGGER, MSIX_INDEX, 0, count]);
        if count > 0 {
            function.ask(Command::SetIrqs, &payload.0, &fds, 0)?;
        }
        function.vectors = vectors.into();
        Ok(function)
    }

    fn agree(&self) -> Result<(), ClientError> {
        let text = br#"{"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576}}"#;
        let payload = Builder::default()
            .bytes(&[0, 0, 1, 0])
            .bytes(text)
            .bytes(&[0]);
        self.ask(Command::Version, &payload.0, &[], 4).map(drop)
    }

    /// MSI-X vectors, as many as one message has descriptors for.
    fn vector_count(&self) -> Result<u32, ClientError> {
        let payload = Builder::default().u32s(&[16, 0, MSIX_INDEX, 0]);
        let reply = self.ask(Command::GetIrqInfo, &payload.0, &[], 16)?;
        let count = words(&reply.payload)[3];
        Ok(count.min(crate::connection::MAX_FDS as u32))
    }

    /// Asks, and gives a reply with so many bytes at least.
    pub(crate) fn ask(
        &self,
        command: Command,
        payload: &[u8],
        fds: &[BorrowedFd<'_>],
        expected: usize,
    ) -> Result<Message, ClientError> {
        let reply = lock(&self.connection).ask(command, payload, fds)?;
        if let Some(errno) = reply.error() {
            return Err(ClientError::Refused { command, errno });
        }
        let bytes = reply.payload.len();
        if bytes < expected {
            return Err(ClientError::Short {
                command,
                bytes,
                expected,
            });
        }
        Ok(reply)
    }

    /// A handle on the memory that DMA mappings lead to, by addresses from 0 on.
    pub fn memory(&self) -> impl GuestMemory + use<> {
        SharedMemory {
            file: Arc::clone(&self.memory),
            bytes: self.memory_bytes,
        }
    }

    fn region_bytes(&self, region: u8) -> Result<u64, ClientError> {
        let payload = Builder::default().u32s(&[32, 0, region.into(), 0]);
        let payload = payload.u64s(&[0, 0]);
        let reply = self.ask(Command::GetRegionInfo, &payload.0, &[], 32)?;
        let words = words(&reply.payload);
        Ok(u64::from(words[4]) | u64::from(words[5]) << 32)
    }
}

/// Memory that is shared with a server.
struct SharedMemory {
    file: Arc<File>,
    bytes: u64,
}

impl SharedMemory {
    fn check(&self, address: u64, bytes: usize) -> Result<(), MemoryError> {
        let end = address.checked_add(bytes as u64);
        if end.is_some_and(|end| end <= self.bytes) {
            return Ok(());
        }
        Err(self.outside(address, bytes))
    }

    fn outside(&self, address: u64, bytes: usize) -> MemoryError {
        MemoryError {
            address,
            bytes: bytes as u64,
            memory_bytes: self.bytes,
        }
    }
}

impl GuestMemory for SharedMemory {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        self.check(address, into.len())?;
        let read = self.file.read_exact_at(into, address);
        read.map_err(|_| self.outside(address, into.len()))
    }

    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
        self.check(address, from.len())?;
        let written = self.file.write_all_at(from, address);
        written.map_err(|_| self.outside(address, from.len()))
    }
}

impl Function for VfioUserFunction {
    type Bar = VfioUserBar;

    fn bar(&self, index: u8) -> Result<VfioUserBar, AccessError> {
        let size_bytes = self.region_bytes(index).map_err(backend)?;
        if size_bytes == 0 || index > 5 {
            return Err(AccessError::NoBar { index });
        }
        Ok(VfioUserBar {
            function: self.clone(),
            index,
            size_bytes,
            reads: BusReads::default(),
        })
    }

    fn map_dma(
        &mut self,
        iova: u64,
        address: u64,
        bytes: u64,
        permissions: Permissions,
    ) -> Result<(), AccessError> {
        let flags = u32::from(permissions.read) | u32::from(permissions.write) << 1;
        let payload = Builder::default()
            .u32s(&[32, flags])
            .u64s(&[address, iova, bytes]);
        let fds = [self.memory.as_fd()];
        let mapped = self.ask(Command::DmaMap, &payload.0, &fds, 0);
        mapped.map(drop).map_err(|error| AccessError::Map {
            iova,
            bytes,
            reason: error.to_string(),
        })
    }

    fn unmap_dma(&mut self, iova: u64, bytes: u64) -> Result<(), AccessError> {
        let payload = Builder::default().u32s(&[24, 0]).u64s(&[iova, bytes]);
        let unmapped = self.ask(Command::DmaUnmap, &payload.0, &[], 0);
        unmapped.map(drop).map_err(|error| AccessError::Map {
            iova,
            bytes,
            reason: error.to_string(),
        })
    }

    fn take_interrupts(&mut self, vector: u16) -> Result<u64, AccessError> {
        let count = self.vectors.len();
        let fd = self.vectors.get(usize::from(vector));
        let fd =
            fd.ok_or_else(|| AccessError::Backend(format!("no vector {vector} of {count}")))?;
        let mut bytes = [0; 8];
        match rustix::io::read(fd, &mut bytes) {
            Ok(_) => Ok(u64::from_ne_bytes(bytes)),
            Err(rustix::io::Errno::AGAIN) => Ok(0),
            Err(error) => Err(AccessError::Backend(error.to_string())),
        }
    }

    fn function_level_reset(&mut self) -> Result<(), AccessError> {
        self.ask(Command::Reset, &[], &[], 0)
            .map(drop)
            .map_err(backend)
    }

    fn wait(&mut self, ns: u64) {
        std::thread::sleep(Duration::from_nanos(ns));
    }
}

/// A BAR of the device.
pub struct VfioUserBar {
    function: VfioUserFunction,
    index: u8,
    size_bytes: u64,
    reads: BusReads,
}

impl VfioUserBar {
    fn place(&self, offset: u32, words: usize) -> Result<Builder, AccessError> {
        let (offset, bytes) = (u64::from(offset), 4 * words as u64);
        if !offset.is_multiple_of(4) || offset + bytes > self.size_bytes {
            return Err(AccessError::OutOfRange {
                bar: self.index,
                offset,
                bytes,
                size_bytes: self.size_bytes,
            });
        }
        let place = Builder::default().u64s(&[offset]);
        Ok(place.u32s(&[self.index.into(), bytes as u32]))
    }
}

impl Bar for VfioUserBar {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn reads(&self) -> BusReads {
        self.reads
    }

    fn read_u32(&mut self, offset: u32) -> Result<u32, AccessError> {
        let mut word = [0];
        self.read_block(offset, &mut word)?;
        Ok(word[0])
    }

    fn write_u32(&mut self, offset: u32, value: u32) -> Result<(), AccessError> {
        self.write_block(offset, &[value])
    }

    fn read_block(&mut self, offset: u32, words: &mut [u32]) -> Result<(), AccessError> {
        let mut place = offset;
        for part in words.chunks_mut(MAX_WORDS) {
            let payload = self.place(place, part.len())?;
            let bytes = 4 * part.len();
            self.reads.add(bytes as u64);
            let reply = self
                .function
                .ask(Command::RegionRead, &payload.0, &[], 16 + bytes)
                .map_err(backend)?;
            let read = self::words(&reply.payload[16..]);
            for (word, read) in part.iter_mut().zip(read) {
                *word = read;
            }
            place += bytes as u32;
        }
        Ok(())
    }

    fn write_block(&mut self, offset: u32, words: &[u32]) -> Result<(), AccessError> {
        let mut place = offset;
        for part in words.chunks(MAX_WORDS) {
            let payload = self.place(place, part.len())?.u32s(part);
            let written = self.function.ask(Command::RegionWrite, &payload.0, &[], 16);
            written.map_err(backend)?;
            place += 4 * part.len() as u32;
        }
        Ok(())
    }
}
