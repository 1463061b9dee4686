//! The messages of page requests: what a function asks of the host, and the answer.
//!
//! Both are messages without data with a header of 4 DWs: PCI Express Base
//! Specification, sections 2.2.8 (messages), 10.4.1 (Page Request Message) and
//! 10.4.2 (PRG Response Message).

/// Fmt and Type of a Page Request: routed to the root complex.
const REQUEST_TYPE: u8 = 0b0011_0000;
/// Fmt and Type of a PRG Response: routed by ID.
const RESPONSE_TYPE: u8 = 0b0011_0010;
/// Message code of a Page Request.
const REQUEST_CODE: u32 = 0x04;
/// Message code of a PRG Response.
const RESPONSE_CODE: u32 = 0x05;

/// A function asks for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Bus, device and function number of the function.
    pub requester_id: u16,
    /// IOVA of the page, a multiple of 4096.
    pub iova: u64,
    /// Page request group index, 0 to 511.
    pub group: u16,
    /// L: no request of this group follows; it is to be answered.
    pub last: bool,
    /// W: the function wants to write.
    pub write: bool,
    /// R: the function wants to read.
    pub read: bool,
}

/// What the host says to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageResponseCode {
    /// All pages of the group are there.
    Success,
    /// A page does not exist or may not be used so.
    InvalidRequest,
    /// The host can answer no request of this function; reserved codes count as this.
    Failure,
}

impl PageResponseCode {
    const fn code(self) -> u32 {
        match self {
            Self::Success => 0,
            Self::InvalidRequest => 1,
            Self::Failure => 15,
        }
    }

    const fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Success,
            1 => Self::InvalidRequest,
            _ => Self::Failure,
        }
    }
}

/// The host answers a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageResponse {
    /// Bus, device and function number of who answers.
    pub requester_id: u16,
    /// Bus, device and function number of the function that asked.
    pub destination_id: u16,
    /// The answer.
    pub code: PageResponseCode,
    /// The group, 0 to 511.
    pub group: u16,
}

/// A message without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Page Request.
    PageRequest(PageRequest),
    /// PRG Response.
    PageResponse(PageResponse),
}

impl Message {
    /// Who sent it.
    pub const fn requester_id(&self) -> u16 {
        match self {
            Self::PageRequest(request) => request.requester_id,
            Self::PageResponse(response) => response.requester_id,
        }
    }

    /// The Type field.
    pub(crate) const fn kind(&self) -> u32 {
        let fmt_type = match self {
            Self::PageRequest(_) => REQUEST_TYPE,
            Self::PageResponse(_) => RESPONSE_TYPE,
        };
        (fmt_type & 0x1f) as u32
    }

    /// The header after its first DW.
    pub(crate) fn dws(&self) -> [u32; 3] {
        let id = u32::from(self.requester_id()) << 16;
        match self {
            Self::PageRequest(request) => [
                id | REQUEST_CODE,
                (request.iova >> 32) as u32,
                request.iova as u32 & !0xfff
                    | u32::from(request.group & 0x1ff) << 3
                    | u32::from(request.last) << 2
                    | u32::from(request.write) << 1
                    | u32::from(request.read),
            ],
            Self::PageResponse(response) => [
                id | RESPONSE_CODE,
                u32::from(response.destination_id) << 16
                    | response.code.code() << 12
                    | u32::from(response.group & 0x1ff),
                0,
            ],
        }
    }

    /// The message of Fmt and Type and the header after its first DW, if it is known.
    pub(crate) fn from_dws(fmt_type: u8, [dw1, dw2, dw3]: [u32; 3]) -> Option<Self> {
        let requester_id = (dw1 >> 16) as u16;
        match (fmt_type, dw1 & 0xff) {
            (REQUEST_TYPE, REQUEST_CODE) => Some(Self::PageRequest(PageRequest {
                requester_id,
                iova: u64::from(dw2) << 32 | u64::from(dw3 & !0xfff),
                group: (dw3 >> 3 & 0x1ff) as u16,
                last: dw3 & 4 != 0,
                write: dw3 & 2 != 0,
                read: dw3 & 1 != 0,
            })),
            (RESPONSE_TYPE, RESPONSE_CODE) => Some(Self::PageResponse(PageResponse {
                requester_id,
                destination_id: (dw2 >> 16) as u16,
                code: PageResponseCode::from_code(dw2 >> 12 & 0xf),
                group: (dw2 & 0x1ff) as u16,
            })),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlp::{Body, Tlp};

    #[test]
    fn literal_messages() {
        let request = PageRequest {
            requester_id: 0x0100,
            iova: 0xabcd_1234_5000,
            group: 9,
            last: true,
            write: true,
            read: false,
        };
        let response = PageResponse {
            requester_id: 0,
            destination_id: 0x0100,
            code: PageResponseCode::Failure,
            group: 0x1ff,
        };
        for (message, dws) in [
            (
                Message::PageRequest(request),
                [0x3000_0000, 0x0100_0004, 0xabcd, 0x1234_504e],
            ),
            (
                Message::PageResponse(response),
                [0x3200_0000, 0x0000_0005, 0x0100_f1ff, 0],
            ),
        ] {
            let tlp = Tlp::new(Body::Message(message));
            assert_eq!(tlp.to_dws(), dws);
            assert_eq!(Tlp::from_dws(&dws), Ok(tlp));
        }
        // Other messages, other routing, data behind them.
        for dws in [
            [0x3000_0000, 0x0100_0005, 0, 0],
            [0x3200_0000, 0x0100_0004, 0, 0],
            [0x3400_0000, 0x0100_0004, 0, 0],
            [0x7000_0000, 0x0100_0004, 0, 0],
            [0x1000_0000, 0x0100_0004, 0, 0],
        ] {
            assert!(Tlp::from_dws(&dws).is_err(), "{dws:x?}");
        }
    }
}
