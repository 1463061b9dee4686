//! The client's memory: mapped, and taken away.

use crate::backend::{Backend, BackendError};
use crate::client_memory::{ClientMemory, FileMemory, MessageMemory};
use crate::message::{Builder, Cursor, Errno, Refusal};
use crate::server::{Answer, Server, Session};
use slackwater_host::function::Permissions;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// `readable` and `writeable`.
const READ: u32 = 1;
const WRITE: u32 = 2;
/// `VFIO_DMA_UNMAP_FLAG_ALL`.
const UNMAP_ALL: u32 = 2;

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        let errno = match &error {
            BackendError::Exists(_) => Errno::EEXIST,
            BackendError::Invalid(_) | BackendError::NoBar(_) => Errno::EINVAL,
            BackendError::Device(_) => Errno::EIO,
        };
        Self::new(errno, error.to_string())
    }
}

impl<B: Backend> Server<B> {
    pub(crate) fn dma_map(
        &mut self,
        session: &Session,
        payload: &[u8],
        fds: Vec<OwnedFd>,
    ) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        cursor.u32("argsz")?;
        let flags = cursor.u32("the flags")?;
        let offset = cursor.u64("the offset")?;
        let iova = cursor.u64("the address")?;
        let bytes = cursor.u64("the size")?;
        cursor.end()?;
        if flags & !(READ | WRITE) != 0 || flags == 0 {
            return Err(Refusal::invalid(format!(
                "flags {flags:#x}: 1 is readable, 2 is writeable"
            )));
        }
        let mut fds = fds.into_iter();
        let (memory, how) = match (fds.next(), fds.len()) {
            (None, _) => {
                let connection = Arc::clone(&session.connection);
                let memory = MessageMemory { connection, iova };
                (ClientMemory::Messages(memory), "by messages")
            }
            (Some(fd), 0) => {
                let memory = file_memory(fd, offset, bytes)?;
                (ClientMemory::File(memory), "by its file")
            }
            (Some(_), more) => {
                let count = more + 1;
                return Err(Refusal::invalid(format!(
                    "{count} file descriptors for one mapping"
                )));
            }
        };
        let permissions = Permissions {
            read: flags & READ != 0,
            write: flags & WRITE != 0,
        };
        self.backend.map(iova, bytes, permissions, memory)?;
        let what = format!("{bytes:#x} bytes at IOVA {iova:#x}, {how}");
        Ok(Answer::new(Vec::new(), what))
    }

    pub(crate) fn dma_unmap(&mut self, payload: &[u8]) -> Result<Answer, Refusal> {
        let mut cursor = Cursor::new(payload);
        cursor.u32("argsz")?;
        let flags = cursor.u32("the flags")?;
        let iova = cursor.u64("the address")?;
        let bytes = cursor.u64("the size")?;
        let what = match flags {
            // Clients with an IOMMU of their own take away all that may be there, and do not know
            // whether anything is: none is as good as some, as it is for the kernel.
            0 => {
                let count = self.backend.unmap(iova, bytes)?;
                format!("{bytes:#x} bytes at IOVA {iova:#x}, {count} mappings")
            }
            UNMAP_ALL if iova == 0 && bytes == 0 => {
                self.backend.unmap_all();
                "everything".to_owned()
            }
            _ => {
                return Err(Refusal::invalid(format!(
                    "flags {flags:#x} with {bytes:#x} bytes at IOVA {iova:#x}"
                )));
            }
        };
        let reply = Builder::default().u32s(&[24, flags]).u64s(&[iova, bytes]);
        Ok(Answer::new(reply.0, what))
    }
}

/// A part of a file that is there now. If the client makes the file shorter, what is gone is for
/// the device as if it were not mapped.
fn file_memory(fd: OwnedFd, offset: u64, bytes: u64) -> Result<FileMemory, Refusal> {
    let file = File::from(fd);
    let metadata = file
        .metadata()
        .map_err(|error| Refusal::invalid(format!("the file descriptor: {error}")))?;
    let file_bytes = metadata.len();
    let fits = offset
        .checked_add(bytes)
        .is_some_and(|end| end <= file_bytes);
    if !metadata.is_file() || !fits {
        return Err(Refusal::invalid(format!(
            "{bytes:#x} bytes at offset {offset:#x} of a file of {file_bytes:#x} bytes"
        )));
    }
    Ok(FileMemory { file, offset })
}
