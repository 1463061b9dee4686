//! What the completer remembers: of the request coming in, and of the answer going out.

use rust_hdl::prelude::*;

/// Largest payload of a completion: the smallest value of Max_Payload_Size, which every link supports.
pub const MAX_PAYLOAD_BYTES: u32 = 128;

/// What is known of the request that is coming in, and the bus access of this clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct JobState {
    /// DW0 of the completion but for its length.
    pub template: Bits<32>,
    /// Requester ID and tag, placed as in DW2 of the completion.
    pub requester: Bits<32>,
    /// DWs of the answer's payload.
    pub answer_dw: Bits<11>,
    /// DWs after the header that have not been taken, digest included.
    pub rest_dw: Bits<11>,
    /// DWs of payload that have not been handled.
    pub data_dw: Bits<11>,
    /// DWs whose address is still to be put on the bus.
    pub read_dw: Bits<11>,
    /// Disabled bytes before the first enabled one.
    pub bytes_before: Bits<2>,
    /// Disabled bytes after the last enabled one.
    pub bytes_after: Bits<2>,
    pub first_full: Bit,
    pub last_full: Bit,
    pub write: Bit,
    pub memory: Bit,
    /// The answer has no data.
    pub bare: Bit,
    pub ones: Bit,
    pub foreign: Bit,
    pub frozen: Bit,
    pub four_dw: Bit,
    /// The next beat is the second of the header.
    pub header: Bit,
    pub discard: Bit,
    /// The first DW of the offered beat has been written, the second has not.
    pub upper: Bit,
    pub first_dw: Bit,
    pub address: Bits<14>,
    pub word: Bits<32>,
    pub bus_write: Bit,
    /// A read was on the bus one clock ago.
    pub read_1: Bit,
    /// A read was on the bus two clocks ago: its data is here.
    pub read_2: Bit,
    pub not_owner: Bit,
    pub malformed: Bit,
    pub frozen_read: Bit,
    pub frozen_write: Bit,
}

/// What is known of the answer that is going out.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct AnswerState {
    pub template: Bits<32>,
    pub requester: Bits<32>,
    /// DWs of the request that are in no completion yet.
    pub left_dw: Bits<11>,
    /// DWs of the present completion still to be sent.
    pub chunk_dw: Bits<11>,
    /// Byte Count of the next completion.
    pub bytes: Bits<13>,
    /// Lower Address of the present completion, 6:2 and 1:0.
    pub start_dw: Bits<5>,
    pub start_byte: Bits<2>,
    pub bare: Bit,
    pub ones: Bit,
    /// Ring pointers: next word to send, next word to store.
    pub head: Bits<4>,
    pub tail: Bits<4>,
    pub tx_valid: Bit,
}

/// The next beat of the answer.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum AnswerStage {
    /// No answer to give.
    Idle,
    /// DW0 and DW1 of a completion.
    Header,
    /// DW2 and the first payload DW.
    Second,
    /// One or two payload DWs.
    Payload,
}
