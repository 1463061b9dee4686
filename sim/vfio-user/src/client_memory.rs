//! A client's memory, by its file or by messages.
//!
//! A file is read and written, not mapped: a client could make a mapped file shorter, and the server
//! would die of SIGBUS. What cannot be read or written is for the device an access to nowhere.

use crate::connection::Connection;
use crate::message::{Builder, Command, Cursor};
use slackwater_sim::memory::ForeignMemory;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

/// A client's memory, by whichever way it can be reached.
#[derive(Debug)]
pub enum ClientMemory {
    /// By its file.
    File(FileMemory),
    /// By messages.
    Messages(MessageMemory),
}

impl ClientMemory {
    /// For a device of the simulator.
    pub fn into_foreign(self) -> Box<dyn ForeignMemory> {
        match self {
            Self::File(memory) => Box::new(memory),
            Self::Messages(memory) => Box::new(memory),
        }
    }
}

/// Memory that is a part of a file.
#[derive(Debug)]
pub struct FileMemory {
    /// The file.
    pub file: File,
    /// Where the memory begins in it.
    pub offset: u64,
}

impl ForeignMemory for FileMemory {
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, self.offset + offset)
    }

    fn write(&self, offset: u64, from: &[u8]) -> io::Result<()> {
        self.file.write_all_at(from, self.offset + offset)
    }
}

/// Memory that the client reads and writes for the device: VFIO_USER_DMA_READ and DMA_WRITE.
#[derive(Debug)]
pub struct MessageMemory {
    pub(crate) connection: Arc<Mutex<Connection>>,
    /// IOVA at which the memory begins.
    pub(crate) iova: u64,
}

impl MessageMemory {
    /// One message there and back; gives the data of the reply.
    fn ask(&self, command: Command, address: u64, count: u64, data: &[u8]) -> io::Result<Vec<u8>> {
        let payload = Builder::default().u64s(&[address, count]).bytes(data);
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let reply = connection
            .ask(command, &payload.0, &[])
            .map_err(io::Error::other)?;
        if let Some(errno) = reply.error() {
            return Err(io::Error::from_raw_os_error(errno.0 as i32));
        }
        let mut cursor = Cursor::new(&reply.payload);
        let told = cursor
            .u64("the address")
            .and_then(|address| Ok((address, cursor.u64("the count")?)));
        match told {
            Ok(told) if told == (address, count) => Ok(cursor.rest().to_vec()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl ForeignMemory for MessageMemory {
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let count = into.len() as u64;
        let data = self.ask(Command::DmaRead, self.iova + offset, count, &[])?;
        if data.len() != into.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        into.copy_from_slice(&data);
        Ok(())
    }

    fn write(&self, offset: u64, from: &[u8]) -> io::Result<()> {
        let count = from.len() as u64;
        self.ask(Command::DmaWrite, self.iova + offset, count, from)
            .map(drop)
    }
}
