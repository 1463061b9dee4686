//! The wire format of TLPs: header and payload as DWs, both ways.

use crate::tlp::{
    AtomicOp, Attributes, Body, Completion, CompletionStatus, MAX_HEADER_DW, MAX_LENGTH_DW,
    Request, Tlp, TlpError, operand_bytes,
};
use crate::tlp_message::Message;

impl Tlp {
    /// The DWs of the TLP, first of the header first.
    pub fn to_dws(&self) -> Vec<u32> {
        let payload = self.payload();
        let mut dws = Vec::with_capacity(MAX_HEADER_DW + payload.len() / 4);
        let kind = match &self.body {
            Body::MemoryRead(_) | Body::MemoryWrite { .. } => 0b0_0000,
            Body::Completion { .. } => 0b0_1010,
            Body::Message(message) => message.kind(),
            Body::Atomic { op, .. } => match op {
                AtomicOp::FetchAdd => 0b0_1100,
                AtomicOp::Swap => 0b0_1101,
                AtomicOp::CompareAndSwap => 0b0_1110,
            },
        };
        let length_dw = match &self.body {
            Body::MemoryRead(request) => u32::from(request.length_dw),
            _ => (payload.len() / 4) as u32,
        };
        let fmt = u32::from(self.header_dw() == 4) | u32::from(!payload.is_empty()) << 1;
        dws.push(
            fmt << 29
                | kind << 24
                | u32::from(self.traffic_class & 7) << 20
                | u32::from(self.attributes.id_based_ordering) << 18
                | u32::from(self.poisoned) << 14
                | u32::from(self.attributes.relaxed_ordering) << 13
                | u32::from(self.attributes.no_snoop) << 12
                | length_dw & 0x3ff,
        );
        match &self.body {
            Body::Completion { completion, .. } => {
                dws.push(
                    u32::from(completion.completer_id) << 16
                        | completion.status.code() << 13
                        | u32::from(completion.byte_count) & 0xfff,
                );
                dws.push(
                    u32::from(completion.requester_id) << 16
                        | u32::from(completion.tag) << 8
                        | u32::from(completion.lower_address) & 0x7f,
                );
            }
            Body::Message(message) => dws.extend(message.dws()),
            Body::MemoryRead(request)
            | Body::MemoryWrite { request, .. }
            | Body::Atomic { request, .. } => {
                dws.push(
                    u32::from(request.requester_id) << 16
                        | u32::from(request.tag) << 8
                        | u32::from(request.last_be & 0xf) << 4
                        | u32::from(request.first_be & 0xf),
                );
                if request.address >> 32 != 0 {
                    dws.push((request.address >> 32) as u32);
                }
                dws.push(request.address as u32 & !3);
            }
        }
        dws.extend(
            payload
                .chunks_exact(4)
                .map(|dw| u32::from_be_bytes([dw[0], dw[1], dw[2], dw[3]])),
        );
        dws
    }

    /// Reads a TLP, and refuses what the specification calls malformed.
    pub fn from_dws(dws: &[u32]) -> Result<Self, TlpError> {
        let short = |header| TlpError::Short {
            dws: dws.len(),
            header,
        };
        let &[dw0, dw1, dw2, ..] = dws else {
            return Err(short(3));
        };
        let fmt_type = (dw0 >> 24) as u8;
        let unknown = TlpError::UnknownType { fmt_type };
        if fmt_type >> 7 == 1 {
            return Err(unknown);
        }
        let header = if fmt_type & 0x20 == 0 { 3 } else { 4 };
        if dws.len() < header {
            return Err(short(header));
        }
        if dw0 >> 15 & 1 == 1 {
            return Err(TlpError::Digest);
        }
        let has_data = fmt_type & 0x40 != 0;
        let field = match (dw0 & 0x3ff) as usize {
            0 => MAX_LENGTH_DW,
            length => length,
        };
        let found = dws.len() - header;
        let expected = if has_data { field } else { 0 };
        if found != expected {
            return Err(TlpError::Length {
                field: expected,
                found,
            });
        }
        let payload: Vec<u8> = dws[header..]
            .iter()
            .flat_map(|dw| dw.to_be_bytes())
            .collect();
        let body = if fmt_type & 0x1f == 0b0_1010 {
            if header == 4 {
                return Err(unknown);
            }
            let completion = Completion {
                completer_id: (dw1 >> 16) as u16,
                status: CompletionStatus::from_code(dw1 >> 13 & 7),
                byte_count: match dw1 & 0xfff {
                    0 => 4096,
                    count => count as u16,
                },
                requester_id: (dw2 >> 16) as u16,
                tag: (dw2 >> 8) as u8,
                lower_address: (dw2 & 0x7f) as u8,
            };
            Body::Completion {
                completion,
                payload,
            }
        } else if fmt_type & 0x18 == 0b1_0000 {
            let &[_, dw1, dw2, dw3] = dws else {
                return Err(unknown);
            };
            Body::Message(Message::from_dws(fmt_type, [dw1, dw2, dw3]).ok_or(unknown)?)
        } else {
            let address = if header == 4 {
                u64::from(dw2) << 32 | u64::from(dws[3] & !3)
            } else {
                u64::from(dw2 & !3)
            };
            let request = Request {
                requester_id: (dw1 >> 16) as u16,
                tag: (dw1 >> 8) as u8,
                address,
                length_dw: field as u16,
                first_be: (dw1 & 0xf) as u8,
                last_be: (dw1 >> 4 & 0xf) as u8,
            };
            let body = match (fmt_type & 0x1f, has_data) {
                (0b0_0000, false) => Body::MemoryRead(request),
                (0b0_0000, true) => Body::MemoryWrite { request, payload },
                (kind @ 0b0_1100..=0b0_1110, true) => Body::Atomic {
                    op: match kind {
                        0b0_1100 => AtomicOp::FetchAdd,
                        0b0_1101 => AtomicOp::Swap,
                        _ => AtomicOp::CompareAndSwap,
                    },
                    request,
                    operands: payload,
                },
                _ => return Err(unknown),
            };
            if header == 4 && address >> 32 == 0 {
                return Err(TlpError::AddressFormat { address });
            }
            let at = (dw0 >> 10 & 3) as u8;
            if at != 0 {
                return Err(TlpError::AddressType { at });
            }
            request.check(matches!(body, Body::Atomic { .. }))?;
            if let Body::Atomic { op, request, .. } = &body {
                operand_bytes(*op, request)?;
            }
            body
        };
        Ok(Self {
            traffic_class: (dw0 >> 20 & 7) as u8,
            attributes: Attributes {
                relaxed_ordering: dw0 >> 13 & 1 == 1,
                no_snoop: dw0 >> 12 & 1 == 1,
                id_based_ordering: dw0 >> 18 & 1 == 1,
            },
            poisoned: dw0 >> 14 & 1 == 1,
            body,
        })
    }
}
