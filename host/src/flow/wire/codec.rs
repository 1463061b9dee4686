//! Messages and replies as frames.
//!
//! | bytes | field |
//! |---|---|
//! | 1 | type |
//! | 4 | length of the payload |
//! | length | payload |
//! | 4 | CRC-32C over all before it |
//!
//! A frame of type 0 without a payload is the last one: its sender has nothing more to say.

use crate::flow::pipeline::{
    Content, DeviceHello, Digest, Hello, MAX_BATCH_PAGES, MAX_DIGEST_PAGES, MAX_STATE_BYTES,
    MAX_VCPU_BYTES, Message, PageBatch, PageRecord, Reply, Totals,
};
use crate::platform::PAGE_BYTES;
use std::io::{self, Read};
use thiserror::Error;

/// Most bytes of a payload.
pub const MAX_FRAME_BYTES: usize = 8 << 20;
/// Most bytes of a reason; longer ones are cut.
pub const MAX_REASON_BYTES: usize = 4096;
/// Most devices of a machine.
const MAX_DEVICES: usize = 4096;
/// Type of the last frame.
const END: u8 = 0;
/// Bytes in front of a payload.
const HEADER_BYTES: usize = 5;
/// Bytes of a payload that are asked for at a time: what is announced is not believed before it comes.
const PIECE_BYTES: usize = 1 << 16;

/// Why bytes are no frame.
#[derive(Debug, Error)]
pub enum CodecError {
    /// The stream broke, or ended within a frame.
    #[error("the connection broke within a frame: {0}")]
    Io(#[from] io::Error),
    /// A frame that is too long.
    #[error("a frame of {bytes} bytes, the most is {MAX_FRAME_BYTES}")]
    TooLong {
        /// Its length.
        bytes: u32,
    },
    /// A frame that was changed on its way.
    #[error("a frame of type {frame_type} with CRC {found:#010x}, its bytes give {expected:#010x}")]
    Checksum {
        /// Its type.
        frame_type: u8,
        /// CRC of the bytes that came.
        expected: u32,
        /// CRC that came.
        found: u32,
    },
    /// A type that there is none of.
    #[error("a frame of unknown type {frame_type}")]
    Type {
        /// Its type.
        frame_type: u8,
    },
    /// A payload that ends too early, or goes on.
    #[error(
        "a frame of type {frame_type} with {bytes} bytes: {what} is not all there, or more follows"
    )]
    Length {
        /// Its type.
        frame_type: u8,
        /// Bytes of its payload.
        bytes: usize,
        /// What was being read.
        what: &'static str,
    },
    /// A value that cannot be.
    #[error("{what} is {found} in a frame of type {frame_type}, the most is {most}")]
    Value {
        /// The frame's type.
        frame_type: u8,
        /// Which value.
        what: &'static str,
        /// Its value.
        found: u64,
        /// The most that it may be.
        most: u64,
    },
}

/// The last frame of a side.
pub(super) fn end_frame() -> Vec<u8> {
    Builder::new(END).finish()
}

/// Something that travels in a frame.
pub trait Frame: Sized + Send + 'static {
    /// The whole frame.
    fn to_frame(&self) -> Vec<u8>;

    /// From type and payload.
    ///
    /// # Errors
    /// The payload is none of this type.
    fn from_payload(frame_type: u8, payload: &[u8]) -> Result<Self, CodecError>;

    /// Reads one frame; `None` if the stream ends before it, or with it.
    ///
    /// # Errors
    /// The stream broke, or holds no frame.
    fn read_frame(reader: &mut impl Read) -> Result<Option<Self>, CodecError> {
        let mut header = [0; HEADER_BYTES];
        loop {
            match reader.read(&mut header[..1]) {
                Ok(0) => return Ok(None),
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        reader.read_exact(&mut header[1..])?;
        let [frame_type, a, b, c, d] = header;
        let bytes = u32::from_le_bytes([a, b, c, d]);
        if bytes as usize > MAX_FRAME_BYTES {
            return Err(CodecError::TooLong { bytes });
        }
        let mut payload = Vec::new();
        while payload.len() < bytes as usize {
            let start = payload.len();
            payload.resize((start + PIECE_BYTES).min(bytes as usize), 0);
            reader.read_exact(&mut payload[start..])?;
        }
        let mut found = [0; 4];
        reader.read_exact(&mut found)?;
        let found = u32::from_le_bytes(found);
        let expected = crc32c::crc32c_append(crc32c::crc32c(&header), &payload);
        if expected != found {
            return Err(CodecError::Checksum {
                frame_type,
                expected,
                found,
            });
        }
        if frame_type == END {
            return Cursor::new(frame_type, &payload).end(None, "the end");
        }
        Self::from_payload(frame_type, &payload).map(Some)
    }
}

/// A frame that is being made.
struct Builder(Vec<u8>);

impl Builder {
    fn new(frame_type: u8) -> Self {
        Self(vec![frame_type, 0, 0, 0, 0])
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A reason, cut at a character if it is too long.
    fn text(self, text: &str) -> Self {
        let most = text.floor_char_boundary(MAX_REASON_BYTES);
        self.bytes(&text.as_bytes()[..most])
    }

    fn crcs(self, crcs: &[u32]) -> Self {
        let start = self.u32(crcs.len() as u32);
        crcs.iter().fold(start, |frame, crc| frame.u32(*crc))
    }

    fn finish(mut self) -> Vec<u8> {
        let bytes = (self.0.len() - HEADER_BYTES) as u32;
        self.0[1..HEADER_BYTES].copy_from_slice(&bytes.to_le_bytes());
        let crc = crc32c::crc32c(&self.0);
        self.u32(crc).0
    }
}

/// A payload that is being read.
struct Cursor<'p> {
    frame_type: u8,
    bytes: usize,
    rest: &'p [u8],
}

impl<'p> Cursor<'p> {
    const fn new(frame_type: u8, payload: &'p [u8]) -> Self {
        Self {
            frame_type,
            bytes: payload.len(),
            rest: payload,
        }
    }

    fn take(&mut self, bytes: usize, what: &'static str) -> Result<&'p [u8], CodecError> {
        let Some((taken, rest)) = self.rest.split_at_checked(bytes) else {
            return Err(self.length(what));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn length(&self, what: &'static str) -> CodecError {
        CodecError::Length {
            frame_type: self.frame_type,
            bytes: self.bytes,
            what,
        }
    }

    fn u8(&mut self, what: &'static str) -> Result<u8, CodecError> {
        Ok(self.take(1, what)?[0])
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, CodecError> {
        let bytes = self.take(4, what)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn u64(&mut self, what: &'static str) -> Result<u64, CodecError> {
        let low = self.u32(what)?;
        Ok(u64::from(low) | u64::from(self.u32(what)?) << 32)
    }

    fn at_most(&mut self, most: usize, what: &'static str) -> Result<usize, CodecError> {
        let found = self.u32(what)?;
        if found as usize > most {
            return Err(CodecError::Value {
                frame_type: self.frame_type,
                what,
                found: found.into(),
                most: most as u64,
            });
        }
        Ok(found as usize)
    }

    /// All that is left, at most so much.
    fn rest(&mut self, most: usize, what: &'static str) -> Result<&'p [u8], CodecError> {
        if self.rest.len() > most {
            return Err(CodecError::Value {
                frame_type: self.frame_type,
                what,
                found: self.rest.len() as u64,
                most: most as u64,
            });
        }
        Ok(std::mem::take(&mut self.rest))
    }

    fn text(&mut self) -> Result<String, CodecError> {
        let bytes = self.rest(MAX_REASON_BYTES, "the length of a reason")?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn crcs(&mut self) -> Result<Vec<u32>, CodecError> {
        let count = self.at_most(MAX_DIGEST_PAGES, "the number of checksums")?;
        // A payload has four bytes for each, or it ends before.
        (0..count).map(|_| self.u32("a checksum")).collect()
    }

    fn end<T>(&self, value: T, what: &'static str) -> Result<T, CodecError> {
        if self.rest.is_empty() {
            return Ok(value);
        }
        Err(self.length(what))
    }
}

impl Frame for Message {
    fn to_frame(&self) -> Vec<u8> {
        match self {
            Self::Hello(Hello {
                memory_bytes,
                devices,
            }) => {
                let start = Builder::new(1).u64(*memory_bytes).u32(devices.len() as u32);
                devices.iter().fold(start, |frame, device| {
                    frame
                        .u32(device.device_type)
                        .u32(device.config_hash)
                        .u32(device.state_words)
                })
            }
            Self::Pages(batch) => {
                let start = Builder::new(2).u32(batch.pages.len() as u32);
                batch.pages.iter().fold(start, |frame, record| {
                    let frame = frame.u64(record.page).u32(record.checksum);
                    match &record.content {
                        Content::Zero => frame.bytes(&[0]),
                        Content::Bytes(bytes) => frame.bytes(&[1]).bytes(&bytes[..]),
                    }
                })
            }
            Self::State { device, bytes } => Builder::new(3).u32(*device as u32).bytes(bytes),
            Self::RoundEnd { round } => Builder::new(4).u32(*round),
            Self::Done(totals) => Builder::new(5).u64(totals.pages).u64(totals.stream_bytes),
            Self::Commit => Builder::new(6),
            Self::Abort { reason } => Builder::new(7).text(reason),
            Self::Vcpus(bytes) => Builder::new(8).bytes(bytes),
            Self::Digest(digest) => Builder::new(9).crcs(&digest.pages).crcs(&digest.devices),
        }
        .finish()
    }

    fn from_payload(frame_type: u8, payload: &[u8]) -> Result<Self, CodecError> {
        let mut cursor = Cursor::new(frame_type, payload);
        let message = match frame_type {
            1 => {
                let memory_bytes = cursor.u64("the memory size")?;
                let count = cursor.at_most(MAX_DEVICES, "the number of devices")?;
                let devices = (0..count).map(|_| {
                    Ok(DeviceHello {
                        device_type: cursor.u32("a device type")?,
                        config_hash: cursor.u32("a configuration hash")?,
                        state_words: cursor.u32("a number of state words")?,
                    })
                });
                let devices = devices.collect::<Result<_, CodecError>>()?;
                Self::Hello(Hello {
                    memory_bytes,
                    devices,
                })
            }
            2 => {
                let count = cursor.at_most(MAX_BATCH_PAGES, "the number of pages")?;
                let pages = (0..count).map(|_| page(&mut cursor));
                let pages = pages.collect::<Result<_, _>>()?;
                Self::Pages(PageBatch { pages })
            }
            3 => Self::State {
                device: cursor.at_most(MAX_DEVICES, "the number of a device")?,
                bytes: cursor
                    .rest(MAX_STATE_BYTES, "the length of a state")?
                    .to_vec(),
            },
            4 => Self::RoundEnd {
                round: cursor.u32("a round")?,
            },
            5 => Self::Done(Totals {
                pages: cursor.u64("a number of pages")?,
                stream_bytes: cursor.u64("a length of the stream")?,
            }),
            6 => Self::Commit,
            7 => Self::Abort {
                reason: cursor.text()?,
            },
            8 => Self::Vcpus(
                cursor
                    .rest(MAX_VCPU_BYTES, "the length of VCPU state")?
                    .to_vec(),
            ),
            9 => Self::Digest(Digest {
                pages: cursor.crcs()?,
                devices: cursor.crcs()?,
            }),
            _ => return Err(CodecError::Type { frame_type }),
        };
        cursor.end(message, "the payload")
    }
}

fn page(cursor: &mut Cursor<'_>) -> Result<PageRecord, CodecError> {
    let page = cursor.u64("the number of a page")?;
    let checksum = cursor.u32("the checksum of a page")?;
    let content = match cursor.u8("the kind of a page")? {
        0 => Content::Zero,
        1 => {
            let mut bytes = Box::new([0; PAGE_BYTES]);
            bytes.copy_from_slice(cursor.take(PAGE_BYTES, "the contents of a page")?);
            Content::Bytes(bytes)
        }
        found => {
            return Err(CodecError::Value {
                frame_type: cursor.frame_type,
                what: "the kind of a page",
                found: found.into(),
                most: 1,
            });
        }
    };
    Ok(PageRecord {
        page,
        checksum,
        content,
    })
}

impl Frame for Reply {
    fn to_frame(&self) -> Vec<u8> {
        match self {
            Self::Accepted => Builder::new(128),
            Self::Loaded { compared_pages } => Builder::new(129).u64(*compared_pages),
            Self::Running => Builder::new(130),
            Self::Failed { reason } => Builder::new(131).text(reason),
        }
        .finish()
    }

    fn from_payload(frame_type: u8, payload: &[u8]) -> Result<Self, CodecError> {
        let mut cursor = Cursor::new(frame_type, payload);
        let reply = match frame_type {
            128 => Self::Accepted,
            129 => Self::Loaded {
                compared_pages: cursor.u64("the number of pages compared")?,
            },
            130 => Self::Running,
            131 => Self::Failed {
                reason: cursor.text()?,
            },
            _ => return Err(CodecError::Type { frame_type }),
        };
        cursor.end(reply, "the payload")
    }
}
