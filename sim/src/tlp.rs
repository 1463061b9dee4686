//! Transaction layer packets: memory requests, AtomicOps, completions and messages.
//!
//! Headers are those of PCI Express Base 3.0, section 2.2. Payloads are kept as
//! bytes in address order; on the wire the byte with the lowest address is in
//! bits 31:24 of its DW.

use crate::tlp_message::Message;
use thiserror::Error;

/// Largest payload of a TLP in DWs (a length field of 0).
pub const MAX_LENGTH_DW: usize = 1024;
/// Largest header in DWs.
pub const MAX_HEADER_DW: usize = 4;
/// No request may cross a boundary of this many bytes.
pub const PAGE_BYTES: u64 = 4096;

/// Why DWs are no TLP that this model knows, or why a request cannot be made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TlpError {
    /// There are fewer DWs than the header has.
    #[error("a TLP of {dws} DWs is shorter than its header of {header} DWs")]
    Short {
        /// DWs that came.
        dws: usize,
        /// DWs of the header.
        header: usize,
    },
    /// Fmt and Type name no request or completion that is known.
    #[error("unknown fmt and type {fmt_type:#04x}")]
    UnknownType {
        /// Fmt in 7:5, Type in 4:0.
        fmt_type: u8,
    },
    /// The payload is longer or shorter than the length field says.
    #[error("the length field says {field} DWs, but the payload has {found}")]
    Length {
        /// DWs by the length field.
        field: usize,
        /// DWs that came.
        found: usize,
    },
    /// The byte enables break the rules of section 2.2.5.
    #[error(
        "byte enables first {first:#x}, last {last:#x} do not suit {length_dw} DWs at {address:#x}"
    )]
    ByteEnables {
        /// First DW byte enables.
        first: u8,
        /// Last DW byte enables.
        last: u8,
        /// Length in DWs.
        length_dw: usize,
        /// Address of the first DW.
        address: u64,
    },
    /// The request crosses a 4 KiB boundary.
    #[error("{length_dw} DWs at {address:#x} cross a 4 KiB boundary")]
    PageCrossing {
        /// Address of the first DW.
        address: u64,
        /// Length in DWs.
        length_dw: usize,
    },
    /// A header of 4 DWs for an address below 4 GiB (section 2.2.4.1 forbids it).
    #[error("a header of 4 DWs carries the address {address:#x} below 4 GiB")]
    AddressFormat {
        /// Address of the request.
        address: u64,
    },
    /// A translated or translation request; this model has no ATS.
    #[error("address type {at} is not supported")]
    AddressType {
        /// The AT field.
        at: u8,
    },
    /// An AtomicOp with an operand size that this model does not know.
    #[error("{length_dw} DWs of operands do not suit the AtomicOp {op:?}")]
    Operands {
        /// The operation.
        op: AtomicOp,
        /// Length in DWs.
        length_dw: usize,
    },
    /// An AtomicOp whose address is not aligned to its operand.
    #[error("the address {address:#x} is not aligned to an operand of {operand_bytes} bytes")]
    Alignment {
        /// Address of the request.
        address: u64,
        /// Size of one operand in bytes.
        operand_bytes: usize,
    },
    /// The TLP has a digest (ECRC), which is not enabled.
    #[error("a TLP digest is not supported")]
    Digest,
}

/// The three attribute bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// RO: may pass posted requests.
    pub relaxed_ordering: bool,
    /// NS: caches need not be snooped.
    pub no_snoop: bool,
    /// IDO: may pass posted requests of other requesters.
    pub id_based_ordering: bool,
}

/// Kind of an AtomicOp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtomicOp {
    /// Adds the operand.
    FetchAdd,
    /// Stores the operand.
    Swap,
    /// Stores the second operand if the first equals the old value.
    CompareAndSwap,
}

/// Status of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionStatus {
    /// SC.
    Successful,
    /// UR.
    UnsupportedRequest,
    /// CRS.
    ConfigurationRetry,
    /// CA.
    CompleterAbort,
}

impl CompletionStatus {
    /// The field's value.
    pub const fn code(self) -> u32 {
        match self {
            Self::Successful => 0,
            Self::UnsupportedRequest => 1,
            Self::ConfigurationRetry => 2,
            Self::CompleterAbort => 4,
        }
    }

    /// The meaning of a value; reserved ones count as UR (section 2.2.9).
    pub const fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Successful,
            2 => Self::ConfigurationRetry,
            4 => Self::CompleterAbort,
            _ => Self::UnsupportedRequest,
        }
    }
}

/// What all requests carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Bus, device and function number of the requester.
    pub requester_id: u16,
    /// Tag of the transaction.
    pub tag: u8,
    /// Address of the first DW in bytes, a multiple of 4.
    pub address: u64,
    /// Length in DWs, 1 to 1024.
    pub length_dw: u16,
    /// First DW byte enables.
    pub first_be: u8,
    /// Last DW byte enables; 0 for a single DW.
    pub last_be: u8,
}

impl Request {
    /// A request for `bytes` consecutive bytes; 0 bytes is the zero-length request of section 2.2.5.
    pub fn new(requester_id: u16, tag: u8, address: u64, bytes: usize) -> Result<Self, TlpError> {
        let lead = (address & 3) as usize;
        let length_dw = (lead + bytes).div_ceil(4).max(1);
        let first = 0xf << lead & 0xf;
        let last = 0xf >> ((4 - (lead + bytes) % 4) % 4);
        let (first_be, last_be) = match (bytes, length_dw) {
            (0, _) => (0, 0),
            (_, 1) => (first & last, 0),
            _ => (first, last),
        };
        let address = address & !3;
        if length_dw > MAX_LENGTH_DW || address % PAGE_BYTES + 4 * length_dw as u64 > PAGE_BYTES {
            return Err(TlpError::PageCrossing { address, length_dw });
        }
        Ok(Self {
            requester_id,
            tag,
            address,
            length_dw: length_dw as u16,
            first_be,
            last_be,
        })
    }

    /// Size of the DWs in bytes, disabled bytes included.
    pub fn span_bytes(&self) -> usize {
        4 * usize::from(self.length_dw)
    }

    /// Whether byte `i` of the DWs is enabled.
    pub fn enables(&self, i: usize) -> bool {
        let dw = i / 4;
        let mask = if dw == 0 {
            self.first_be
        } else if dw + 1 == usize::from(self.length_dw) {
            self.last_be
        } else {
            0xf
        };
        mask >> (i % 4) & 1 == 1
    }

    /// Address of the first enabled byte, and bytes from there to the last enabled one.
    ///
    /// A request without enabled bytes counts as one byte (section 2.3.1.1).
    pub fn enabled_range(&self) -> (u64, usize) {
        if self.first_be == 0 {
            return (self.address, 1);
        }
        let lead = self.first_be.trailing_zeros() as usize;
        let last = if self.length_dw == 1 {
            self.first_be
        } else {
            self.last_be
        };
        let tail = 7_usize.saturating_sub((last & 0xf).leading_zeros() as usize) + 1;
        let bytes = 4 * (usize::from(self.length_dw) - 1) + tail - lead;
        (self.address + lead as u64, bytes)
    }

    /// Refuses what section 2.2.5 and the 4 KiB rule forbid; AtomicOps have no byte enables.
    pub(crate) fn check(&self, atomic: bool) -> Result<(), TlpError> {
        let length_dw = usize::from(self.length_dw);
        if self.address % PAGE_BYTES + self.span_bytes() as u64 > PAGE_BYTES {
            return Err(TlpError::PageCrossing {
                address: self.address,
                length_dw,
            });
        }
        // The byte enables of AtomicOps are reserved.
        let from_low = matches!(self.first_be, 0b1111 | 0b1110 | 0b1100 | 0b1000);
        let to_high = matches!(self.last_be, 0b1111 | 0b0111 | 0b0011 | 0b0001);
        let sound = match length_dw {
            1 => self.last_be == 0,
            2 if self.address.is_multiple_of(8) => self.first_be != 0 && self.last_be != 0,
            _ => from_low && to_high,
        };
        if sound || atomic {
            Ok(())
        } else {
            Err(TlpError::ByteEnables {
                first: self.first_be,
                last: self.last_be,
                length_dw,
                address: self.address,
            })
        }
    }
}

/// The fields of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Bus, device and function number of the completer.
    pub completer_id: u16,
    /// Outcome of the request.
    pub status: CompletionStatus,
    /// Bytes still to come, this completion included; 1 to 4096.
    pub byte_count: u16,
    /// Bus, device and function number of the requester.
    pub requester_id: u16,
    /// Tag of the request.
    pub tag: u8,
    /// Bits 6:0 of the address of the first byte of this completion.
    pub lower_address: u8,
}

/// What a TLP is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// MRd.
    MemoryRead(Request),
    /// MWr; the payload holds the disabled bytes too.
    MemoryWrite {
        /// Address, length, byte enables.
        request: Request,
        /// `4 * length_dw` bytes in address order.
        payload: Vec<u8>,
    },
    /// FetchAdd, Swap or CAS.
    Atomic {
        /// The operation.
        op: AtomicOp,
        /// Address and length.
        request: Request,
        /// One or two operands, little endian.
        operands: Vec<u8>,
    },
    /// Cpl if the payload is empty, CplD otherwise.
    Completion {
        /// The fields.
        completion: Completion,
        /// Whole DWs, in address order.
        payload: Vec<u8>,
    },
    /// Msg: a message without data.
    Message(Message),
}

/// A transaction layer packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tlp {
    /// TC, 0 to 7.
    pub traffic_class: u8,
    /// RO, NS, IDO.
    pub attributes: Attributes,
    /// EP: the payload is known to be wrong.
    pub poisoned: bool,
    /// What it is.
    pub body: Body,
}

impl Tlp {
    /// A TLP of traffic class 0 without attributes.
    pub fn new(body: Body) -> Self {
        Self {
            traffic_class: 0,
            attributes: Attributes::default(),
            poisoned: false,
            body,
        }
    }

    /// A memory read.
    pub fn memory_read(
        requester_id: u16,
        tag: u8,
        address: u64,
        bytes: usize,
    ) -> Result<Self, TlpError> {
        Request::new(requester_id, tag, address, bytes)
            .map(|request| Self::new(Body::MemoryRead(request)))
    }

    /// A memory write of consecutive bytes, at any alignment.
    pub fn memory_write(
        requester_id: u16,
        tag: u8,
        address: u64,
        bytes: &[u8],
    ) -> Result<Self, TlpError> {
        let request = Request::new(requester_id, tag, address, bytes.len())?;
        let mut payload = vec![0; request.span_bytes()];
        let lead = (address & 3) as usize;
        payload[lead..lead + bytes.len()].copy_from_slice(bytes);
        Ok(Self::new(Body::MemoryWrite { request, payload }))
    }

    /// An AtomicOp with 32-bit operands; CAS takes the compare value first.
    pub fn atomic(
        requester_id: u16,
        tag: u8,
        address: u64,
        op: AtomicOp,
        operands: &[u32],
    ) -> Result<Self, TlpError> {
        let operands: Vec<u8> = operands
            .iter()
            .flat_map(|operand| operand.to_le_bytes())
            .collect();
        let request = Request {
            requester_id,
            tag,
            address,
            length_dw: (operands.len() / 4) as u16,
            first_be: 0,
            last_be: 0,
        };
        operand_bytes(op, &request)?;
        Ok(Self::new(Body::Atomic {
            op,
            request,
            operands,
        }))
    }

    /// A completion; the payload must be whole DWs.
    pub fn completion(completion: Completion, payload: Vec<u8>) -> Self {
        Self::new(Body::Completion {
            completion,
            payload,
        })
    }

    /// The payload with its disabled bytes; empty for a read.
    pub fn payload(&self) -> &[u8] {
        match &self.body {
            Body::MemoryRead(_) | Body::Message(_) => &[],
            Body::MemoryWrite { payload, .. } | Body::Completion { payload, .. } => payload,
            Body::Atomic { operands, .. } => operands,
        }
    }

    /// The request's fields, if it is one.
    pub fn request(&self) -> Option<&Request> {
        match &self.body {
            Body::MemoryRead(request)
            | Body::MemoryWrite { request, .. }
            | Body::Atomic { request, .. } => Some(request),
            Body::Completion { .. } | Body::Message(_) => None,
        }
    }

    /// DWs of the header.
    pub fn header_dw(&self) -> usize {
        match &self.body {
            Body::Message(_) => 4,
            _ => self
                .request()
                .map_or(3, |request| if request.address >> 32 == 0 { 3 } else { 4 }),
        }
    }
}

/// Size in bytes of one operand of an AtomicOp: 4 or 8.
pub fn operand_bytes(op: AtomicOp, request: &Request) -> Result<usize, TlpError> {
    let operands = if op == AtomicOp::CompareAndSwap { 2 } else { 1 };
    let length_dw = usize::from(request.length_dw);
    let operand_bytes = match length_dw {
        _ if length_dw == operands => 4,
        _ if length_dw == 2 * operands => 8,
        _ => return Err(TlpError::Operands { op, length_dw }),
    };
    if !request.address.is_multiple_of(operand_bytes as u64) {
        return Err(TlpError::Alignment {
            address: request.address,
            operand_bytes,
        });
    }
    Ok(operand_bytes)
}

#[cfg(test)]
#[path = "tlp_tests.rs"]
mod tests;
