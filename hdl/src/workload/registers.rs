//! Registers of the workload, grouped by what they serve, and their state words.
//!
//! Every field is one state word: field i is word `REGISTER_WORD + i`, in the
//! order of [`Workload::state_words`](super::Workload::state_words). Nothing is left out, so a device can be
//! frozen in any clock, not only in a quiet one.

use super::Workload;
use crate::beat::Beat;
use rust_hdl::prelude::*;
use slackwater_regs::accelerator;

/// What the driver set in BAR0, and the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Setup {
    /// CONTROL.ENABLE.
    pub enable: Bit,
    /// RING_ENTRIES.
    pub entries: Bits<11>,
    /// RING_LO.
    pub ring_lo: Bits<32>,
    /// RING_HI.
    pub ring_hi: Bits<32>,
    /// DOORBELL: producer index.
    pub doorbell: Bits<16>,
    /// HEAD: index of the next descriptor to complete.
    pub head: Bits<16>,
    /// COMPLETIONS_LO.
    pub completions_lo: Bits<32>,
    /// COMPLETIONS_HI.
    pub completions_hi: Bits<32>,
}

/// The descriptor in work, as far as it is still to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Job {
    /// Opcode.
    pub opcode: Bits<8>,
    /// Raise the interrupt at the end.
    pub interrupt: Bit,
    /// Bytes still to do.
    pub left_bytes: Bits<32>,
    /// Next source address.
    pub source_lo: Bits<32>,
    /// Next source address.
    pub source_hi: Bits<32>,
    /// Next destination address.
    pub destination_lo: Bits<32>,
    /// Next destination address.
    pub destination_hi: Bits<32>,
    /// Operand; for FILL the next word.
    pub operand: Bits<32>,
    /// Cookie.
    pub cookie: Bits<32>,
    /// Checksum so far.
    pub sum_a: Bits<32>,
    /// Checksum so far.
    pub sum_b: Bits<32>,
    /// Result for the completion entry.
    pub result: Bits<3>,
}

/// Where the engine stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Work {
    /// State of the engine, one of the block's `S_` constants.
    pub state: Bits<4>,
    /// Tag of the request that is outstanding or comes next.
    pub tag: Bits<5>,
    /// Bytes of the present chunk, 4 to 128.
    pub chunk_bytes: Bits<8>,
    /// DWs that the outstanding read still has to bring.
    pub expect_dw: Bits<6>,
    /// Scratch word that is read or written next.
    pub pointer: Bits<12>,
    /// Scratch word where the next chunk of a COPY goes.
    pub roll: Bits<12>,
    /// Cycles that the outstanding read has waited.
    pub wait_cycles: Bits<19>,
}

/// The request that the engine wants to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Request {
    /// First header DW, but for the 4-DW bit.
    pub header: Bits<32>,
    /// Address 31:0.
    pub address_lo: Bits<32>,
    /// Address 63:32.
    pub address_hi: Bits<32>,
    /// DWs of payload.
    pub payload_dw: Bits<6>,
}

/// Where the TLP that is being sent stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Tx {
    /// One of the block's `TX_` constants.
    pub state: Bits<2>,
    /// It is a completion, not a request.
    pub completion: Bit,
    /// Its first beat was not accepted yet.
    pub first: Bit,
    /// It has a header of four DWs.
    pub four: Bit,
    /// Next DW: 0 to 3 header, 4 payload.
    pub index: Bits<3>,
    /// DWs of payload still to come.
    pub left_dw: Bits<6>,
}

/// Where the TLP that is being received stands; then the BAR0 read that waits for its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Rx {
    /// The held beat has a DW that was not looked at.
    pub valid: Bit,
    /// That is its second DW.
    pub second: Bit,
    /// The held beat's TLP hit BAR0.
    pub bar: Bit,
    /// DW: 0 to 3 header, 4 payload.
    pub index: Bits<3>,
    /// No DW of payload came yet.
    pub fresh: Bit,
    /// The payload is of no use.
    pub discard: Bit,
    /// A non-posted request waits for its completion; the header below is its own.
    pub pending: Bit,
    /// The completion says Unsupported Request.
    pub unsupported: Bit,
    /// First header DW.
    pub dw0: Bits<32>,
    /// Second header DW.
    pub dw1: Bits<32>,
    /// Offset in BAR0 of the next DW.
    pub address: Bits<12>,
    /// DWs of payload still to come; of a read, DWs asked for.
    pub left_dw: Bits<11>,
}

/// Page requests: what the driver allows, and where the descriptor in work stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Page {
    /// CONTROL.PAGE_REQUESTS.
    pub enable: Bit,
    /// The descriptor asks for its pages.
    pub wanted: Bit,
    /// The Page Request was sent; its PRG Response is awaited.
    pub asked: Bit,
    /// The page of the next source address was granted.
    pub source: Bit,
    /// The page of the next destination address was granted.
    pub destination: Bit,
}

/// Bits of a type.
fn bits_of(kind: &TypeKind) -> usize {
    match kind {
        TypeKind::Bits(width) | TypeKind::Signed(width) => *width,
        TypeKind::Enum(names) => clog2(names.len()),
        TypeKind::Composite(fields) => fields.iter().map(|f| bits_of(&f.kind.kind)).sum(),
    }
}

/// Widths of the fields of a struct, the lowest first.
fn widths<T: Synth>() -> Vec<usize> {
    match T::descriptor().kind {
        TypeKind::Composite(fields) => fields.iter().map(|f| bits_of(&f.kind.kind)).collect(),
        kind => vec![bits_of(&kind)],
    }
}

/// The registers whose fields are state words, in their order: the name of each in
/// the workload and the widths of its fields, the lowest first. For simulators of
/// the Verilog, which know registers as plain bits.
pub fn state_registers() -> [(&'static str, Vec<usize>); 9] {
    [
        ("setup", widths::<Setup>()),
        ("job", widths::<Job>()),
        ("work", widths::<Work>()),
        ("request", widths::<Request>()),
        ("tx", widths::<Tx>()),
        ("tx_out", widths::<Beat>()),
        ("rx", widths::<Rx>()),
        ("rx_hold", widths::<Beat>()),
        ("page", widths::<Page>()),
    ]
}

impl Workload {
    /// All state words, seen from outside: what the state port would read.
    pub fn state_words(&self) -> Vec<u32> {
        let mut words = self.scratch.words().to_vec();
        words.extend(self.register_words());
        words.resize(accelerator::STATE_WORDS as usize, 0);
        words
    }

    /// The state words that hold registers, those in use.
    fn register_words(&self) -> Vec<u32> {
        let (setup, job, work) = (self.setup.q.val(), self.job.q.val(), self.work.q.val());
        let (request, tx, rx) = (self.request.q.val(), self.tx.q.val(), self.rx.q.val());
        let mut words = vec![
            u32::from(setup.enable),
            setup.entries.to_u32(),
            setup.ring_lo.to_u32(),
            setup.ring_hi.to_u32(),
            setup.doorbell.to_u32(),
            setup.head.to_u32(),
            setup.completions_lo.to_u32(),
            setup.completions_hi.to_u32(),
            job.opcode.to_u32(),
            u32::from(job.interrupt),
            job.left_bytes.to_u32(),
            job.source_lo.to_u32(),
            job.source_hi.to_u32(),
            job.destination_lo.to_u32(),
            job.destination_hi.to_u32(),
            job.operand.to_u32(),
            job.cookie.to_u32(),
            job.sum_a.to_u32(),
            job.sum_b.to_u32(),
            job.result.to_u32(),
            work.state.to_u32(),
            work.tag.to_u32(),
            work.chunk_bytes.to_u32(),
            work.expect_dw.to_u32(),
            work.pointer.to_u32(),
            work.roll.to_u32(),
            work.wait_cycles.to_u32(),
            request.header.to_u32(),
            request.address_lo.to_u32(),
            request.address_hi.to_u32(),
            request.payload_dw.to_u32(),
            tx.state.to_u32(),
            u32::from(tx.completion),
            u32::from(tx.first),
            u32::from(tx.four),
            tx.index.to_u32(),
            tx.left_dw.to_u32(),
        ];
        words.extend(beat_words(self.tx_out.q.val()));
        words.extend([
            u32::from(rx.valid),
            u32::from(rx.second),
            u32::from(rx.bar),
            rx.index.to_u32(),
            u32::from(rx.fresh),
            u32::from(rx.discard),
            u32::from(rx.pending),
            u32::from(rx.unsupported),
            rx.dw0.to_u32(),
            rx.dw1.to_u32(),
            rx.address.to_u32(),
            rx.left_dw.to_u32(),
        ]);
        words.extend(beat_words(self.rx_hold.q.val()));
        let page = self.page.q.val();
        let flags = [
            page.enable,
            page.wanted,
            page.asked,
            page.source,
            page.destination,
        ];
        words.extend(flags.map(u32::from));
        words
    }
}

fn beat_words(beat: Beat) -> [u32; 4] {
    [
        beat.lo.to_u32(),
        beat.hi.to_u32(),
        beat.keep.to_u32(),
        u32::from(beat.last),
    ]
}
