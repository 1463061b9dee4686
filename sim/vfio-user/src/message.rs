//! Messages: a header of 16 bytes, a payload, and file descriptors beside it.

use std::os::fd::OwnedFd;

/// Bytes of a header.
pub(crate) const HEADER_BYTES: usize = 16;
/// Type in the flags of a header.
const TYPE_MASK: u32 = 0xf;
/// Type of a reply.
const TYPE_REPLY: u32 = 1;
/// Flag of a command that wants no reply.
const NO_REPLY: u32 = 1 << 4;
/// Flag of a reply that is an error.
const ERROR: u32 = 1 << 5;

/// An errno, as a reply carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(
    /// Its number on Linux.
    pub u32,
);

impl Errno {
    /// No such thing.
    pub const ENOENT: Self = Self(2);
    /// The device did not do it.
    pub const EIO: Self = Self(5);
    /// More than there is room for.
    pub const E2BIG: Self = Self(7);
    /// It is there already.
    pub const EEXIST: Self = Self(17);
    /// It makes no sense.
    pub const EINVAL: Self = Self(22);
    /// More than fits.
    pub const ENOSPC: Self = Self(28);
    /// A message that is too long.
    pub const EMSGSIZE: Self = Self(90);
    /// This server cannot do it.
    pub const EOPNOTSUPP: Self = Self(95);
}

/// Why a command was refused: what the client is told, and what the log says.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub errno: Errno,
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(errno: Errno, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { errno, reason }
    }

    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::new(Errno::EINVAL, reason)
    }
}

/// Commands, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// VFIO_USER_VERSION.
    Version,
    /// VFIO_USER_DMA_MAP.
    DmaMap,
    /// VFIO_USER_DMA_UNMAP.
    DmaUnmap,
    /// VFIO_USER_DEVICE_GET_INFO.
    GetInfo,
    /// VFIO_USER_DEVICE_GET_REGION_INFO.
    GetRegionInfo,
    /// VFIO_USER_DEVICE_GET_IRQ_INFO.
    GetIrqInfo,
    /// VFIO_USER_DEVICE_SET_IRQS.
    SetIrqs,
    /// VFIO_USER_REGION_READ.
    RegionRead,
    /// VFIO_USER_REGION_WRITE.
    RegionWrite,
    /// VFIO_USER_DMA_READ, of the server.
    DmaRead,
    /// VFIO_USER_DMA_WRITE, of the server.
    DmaWrite,
    /// VFIO_USER_DEVICE_RESET.
    Reset,
    /// VFIO_USER_REGION_WRITE_MULTI.
    RegionWriteMulti,
    /// VFIO_USER_DEVICE_FEATURE.
    Feature,
    /// VFIO_USER_MIG_DATA_READ.
    MigDataRead,
    /// VFIO_USER_MIG_DATA_WRITE.
    MigDataWrite,
    /// One that this server does not know.
    Unknown(u16),
}

impl Command {
    const NUMBERED: [(u16, Self); 16] = [
        (1, Self::Version),
        (2, Self::DmaMap),
        (3, Self::DmaUnmap),
        (4, Self::GetInfo),
        (5, Self::GetRegionInfo),
        (7, Self::GetIrqInfo),
        (8, Self::SetIrqs),
        (9, Self::RegionRead),
        (10, Self::RegionWrite),
        (11, Self::DmaRead),
        (12, Self::DmaWrite),
        (13, Self::Reset),
        (15, Self::RegionWriteMulti),
        (16, Self::Feature),
        (17, Self::MigDataRead),
        (18, Self::MigDataWrite),
    ];

    /// The command with this number.
    pub fn from_number(number: u16) -> Self {
        let mut known = Self::NUMBERED.into_iter();
        known
            .find(|(known, _)| *known == number)
            .map_or(Self::Unknown(number), |(_, command)| command)
    }

    /// Its number.
    pub fn number(self) -> u16 {
        let mut known = Self::NUMBERED.into_iter();
        match self {
            Self::Unknown(number) => number,
            other => known
                .find(|(_, command)| *command == other)
                .map_or(0, |(number, _)| number),
        }
    }
}

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub id: u16,
    pub command: u16,
    /// Of the whole message.
    pub bytes: u32,
    flags: u32,
    errno: u32,
}

impl Header {
    pub(crate) fn parse(bytes: &[u8; HEADER_BYTES]) -> Self {
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        Self {
            id: u16::from_le_bytes([bytes[0], bytes[1]]),
            command: u16::from_le_bytes([bytes[2], bytes[3]]),
            bytes: word(4),
            flags: word(8),
            errno: word(12),
        }
    }

    fn encode(self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len());
        bytes.extend_from_slice(&self.id.to_le_bytes());
        bytes.extend_from_slice(&self.command.to_le_bytes());
        let length = (HEADER_BYTES + payload.len()) as u32;
        for word in [length, self.flags, self.errno] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(payload);
        bytes
    }
}

/// A message that came.
#[derive(Debug)]
pub struct Message {
    pub(crate) header: Header,
    /// What follows the header.
    pub payload: Vec<u8>,
    /// Descriptors that came with it.
    pub fds: Vec<OwnedFd>,
    /// More descriptors came than may come.
    pub fds_cut: bool,
}

impl Message {
    /// What it asks for.
    pub fn command(&self) -> Command {
        Command::from_number(self.header.command)
    }

    /// It answers a command of the server.
    pub const fn is_reply(&self) -> bool {
        self.header.flags & TYPE_MASK == TYPE_REPLY
    }

    /// It is neither a command nor a reply.
    pub const fn has_unknown_type(&self) -> bool {
        self.header.flags & TYPE_MASK > TYPE_REPLY
    }

    /// Its sender waits for no reply.
    pub const fn wants_no_reply(&self) -> bool {
        self.header.flags & NO_REPLY != 0
    }

    /// Of a reply: the errno, if it is an error.
    pub const fn error(&self) -> Option<Errno> {
        if self.header.flags & ERROR == 0 {
            return None;
        }
        Some(Errno(self.header.errno))
    }

    /// The reply to it.
    pub(crate) fn reply(&self, payload: &[u8]) -> Vec<u8> {
        let header = Header {
            flags: TYPE_REPLY,
            errno: 0,
            ..self.header
        };
        header.encode(payload)
    }

    /// The reply that it was refused: a header alone.
    pub(crate) fn refusal(&self, errno: Errno) -> Vec<u8> {
        let header = Header {
            flags: TYPE_REPLY | ERROR,
            errno: errno.0,
            ..self.header
        };
        header.encode(&[])
    }
}

/// A command of the server.
pub(crate) fn command(id: u16, command: Command, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        id,
        command: command.number(),
        bytes: 0,
        flags: 0,
        errno: 0,
    };
    header.encode(payload)
}

/// A payload that is being read. Numbers are little endian.
pub(crate) struct Cursor<'p> {
    rest: &'p [u8],
    bytes: usize,
}

impl<'p> Cursor<'p> {
    pub(crate) const fn new(payload: &'p [u8]) -> Self {
        Self {
            rest: payload,
            bytes: payload.len(),
        }
    }

    pub(crate) fn take(&mut self, bytes: usize, what: &str) -> Result<&'p [u8], Refusal> {
        let Some((taken, rest)) = self.rest.split_at_checked(bytes) else {
            let all = self.bytes;
            return Err(Refusal::invalid(format!(
                "{what} is not all there: the payload has {all} bytes"
            )));
        };
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u16(&mut self, what: &str) -> Result<u16, Refusal> {
        let bytes = self.take(2, what)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn u32(&mut self, what: &str) -> Result<u32, Refusal> {
        let bytes = self.take(4, what)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(crate) fn u64(&mut self, what: &str) -> Result<u64, Refusal> {
        let low = self.u32(what)?;
        Ok(u64::from(low) | u64::from(self.u32(what)?) << 32)
    }

    pub(crate) const fn rest(&self) -> &'p [u8] {
        self.rest
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), Refusal> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(Refusal::invalid(format!(
            "{} bytes too many in a payload of {}",
            self.rest.len(),
            self.bytes
        )))
    }
}

/// A payload that is being made.
#[derive(Default)]
pub(crate) struct Builder(pub Vec<u8>);

impl Builder {
    pub(crate) fn u32s(mut self, words: &[u32]) -> Self {
        for word in words {
            self.0.extend_from_slice(&word.to_le_bytes());
        }
        self
    }

    pub(crate) fn u64s(mut self, words: &[u64]) -> Self {
        for word in words {
            self.0.extend_from_slice(&word.to_le_bytes());
        }
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_numbers_come_back() {
        let bytes = command(0x1234, Command::DmaRead, &[1, 2, 3]);
        assert_eq!(bytes.len(), 19);
        let mut header = [0; HEADER_BYTES];
        header.copy_from_slice(&bytes[..16]);
        let header = Header::parse(&header);
        assert_eq!((header.id, header.command, header.bytes), (0x1234, 11, 19));
        for number in 0..40 {
            assert_eq!(Command::from_number(number).number(), number);
        }
        // Gaps of the specification.
        for number in [0, 6, 14, 19] {
            assert_eq!(Command::from_number(number), Command::Unknown(number));
        }
    }
}
