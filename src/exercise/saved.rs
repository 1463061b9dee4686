//! A saved device, its memory and its ring as a file: a line of JSON, then memory, then the stream.

use super::MEMORY_BYTES;
use serde::{Deserialize, Serialize};
use slackwater_host::workload::Checksum;
use thiserror::Error;

/// Most bytes of a stream.
const MAX_STREAM_BYTES: usize = 64 << 20;
/// Most bytes of the first line.
const MAX_HEAD_BYTES: usize = 1 << 20;

/// What is no saved device.
#[derive(Debug, Error)]
pub enum SavedError {
    /// The first line.
    #[error("no saved device: its first line {0}")]
    Head(String),
    /// The file ends too early, or goes on.
    #[error("a saved device of {found} bytes behind its first line, which says {expected}")]
    Length {
        /// Bytes that are there.
        found: usize,
        /// Bytes that must be there.
        expected: usize,
    },
    /// Something in it changed.
    #[error("a saved device with CRC {found:#010x}, its first line says {expected:#010x}")]
    Checksum {
        /// As it was.
        expected: u32,
        /// As it is.
        found: u32,
    },
    /// It is of another rig.
    #[error(
        "{memory_bytes:#x} bytes of memory and {jobs} jobs with {in_flight} in the ring: {MEMORY_BYTES:#x} bytes, and as many jobs, are expected"
    )]
    Contents {
        /// Its memory.
        memory_bytes: u64,
        /// Its jobs.
        jobs: usize,
        /// Jobs in its ring.
        in_flight: u16,
    },
}

/// A job in the ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedJob {
    /// Its cookie.
    pub cookie: u32,
    /// What its completion must report.
    pub checksum: Checksum,
    /// Where it writes, how many bytes, and their checksum then.
    pub written: Option<(u64, usize, Checksum)>,
}

/// A device that was saved with jobs in its ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The jobs.
    pub jobs: Vec<SavedJob>,
    /// Index of the ring's next job.
    pub next_index: u16,
    /// Jobs in the ring.
    pub in_flight: u16,
    /// Cookie of the next job.
    pub next_cookie: u32,
    /// All memory.
    pub memory: Vec<u8>,
    /// The device's stream.
    pub stream: Vec<u8>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    jobs: Vec<SavedJob>,
    next_index: u16,
    in_flight: u16,
    next_cookie: u32,
    stream_bytes: usize,
    /// CRC-32C of memory and stream.
    crc: u32,
}

impl Saved {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let crc = crc32c::crc32c_append(crc32c::crc32c(&self.memory), &self.stream);
        let head = Head {
            jobs: self.jobs.clone(),
            next_index: self.next_index,
            in_flight: self.in_flight,
            next_cookie: self.next_cookie,
            stream_bytes: self.stream.len(),
            crc,
        };
        // Plain data with names for keys: nothing in it can be refused.
        let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.memory);
        bytes.extend_from_slice(&self.stream);
        bytes
    }

    /// What a file holds.
    ///
    /// # Errors
    /// It is none, or was changed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SavedError> {
        let end = bytes
            .iter()
            .take(MAX_HEAD_BYTES)
            .position(|byte| *byte == b'\n');
        let (head, rest) = end
            .and_then(|end| bytes.split_at_checked(end + 1))
            .ok_or_else(|| SavedError::Head("is missing".to_owned()))?;
        let head: Head =
            serde_json::from_slice(head).map_err(|error| SavedError::Head(error.to_string()))?;
        let expected = MEMORY_BYTES as usize + head.stream_bytes.min(MAX_STREAM_BYTES);
        let found = rest.len();
        if found != expected || head.stream_bytes > MAX_STREAM_BYTES {
            return Err(SavedError::Length { found, expected });
        }
        let (memory, stream) = rest.split_at(MEMORY_BYTES as usize);
        let found = crc32c::crc32c(rest);
        if found != head.crc {
            let expected = head.crc;
            return Err(SavedError::Checksum { expected, found });
        }
        Ok(Self {
            jobs: head.jobs,
            next_index: head.next_index,
            in_flight: head.in_flight,
            next_cookie: head.next_cookie,
            memory: memory.to_vec(),
            stream: stream.to_vec(),
        })
    }
}
