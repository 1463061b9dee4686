//! The workload device: a descriptor-ring DMA engine with 16 KiB of scratch memory.
//!
//! ```text
//!  rx_beat, rx_valid, rx_bar, rx_ready ──▶ parser ──▶ BAR0 registers
//!                                            │  completions
//!                                            ▼
//!  state port ◀──▶ every register,        engine ◀──▶ scratch (16 KiB)
//!                  the scratch memory        │
//!  msi_valid, msi_vector, msi_ready ◀────────┤
//!  tx_beat, tx_valid, tx_ready ◀── sender ◀──┘
//! ```
//!
//! | port | width | meaning |
//! |---|---|---|
//! | `reset` | 1 | clears all registers, not the scratch memory |
//! | `freeze` | 1 | nothing changes but by `state_write`; nothing is offered or taken |
//! | `gated` | 1 | no request is offered; one whose first beat was not taken is withdrawn |
//! | `requester_id` | 16 | ID in the TLPs that are sent |
//! | `page_requests` | 1 | CONTROL.PAGE_REQUESTS can be set; constant |
//! | `tx_*` | beat | requests, and completions of BAR0 reads |
//! | `rx_*` | beat | requests (`rx_bar` has bit 0 set), completions and PRG Responses |
//! | `msi_*` | 5 | interrupt request and its vector, held until ready |
//! | `state_index` | 16 | state word |
//! | `state_read_data` | 32 | word `state_index`, exactly two clocks later |
//! | `state_write`, `state_write_data` | 1, 32 | write word `state_index`; only while frozen |
//! | `dirty_valid`, `dirty_block` | 1, 8 | in the clock in which the engine writes a scratch word of this block |
//!
//! Registers, descriptors and completion entries are in `slackwater_regs::accelerator`. What that leaves open:
//! - Address bits 1:0 of a descriptor, and of the rings what lies below their alignment, count as 0.
//! - A length of zero is OK and does nothing. FETCH_ADD ignores a length that is a multiple of 4.
//! - A descriptor that cannot be read completes with READ_ERROR and cookie 0, and raises the interrupt.
//! - A read without an answer for 2^16 cycles is a READ_ERROR; each read has a new tag, so a late answer does no harm.
//! - A completion whose Byte Count is not what is still to come is a repeated one, and ignored.
//! - Payload writes carry Relaxed Ordering: descriptors with overlapping destinations must not be in the ring
//!   together. Completion entries do not, so an entry never passes its payload.
//!
//! - A descriptor with FLAG_PAGE_REQUEST asks for the page of the first source and destination
//!   address, and again whenever one of them enters a page: one Page Request, a group of its own whose
//!   index is the tag of the next read. Page requests have no timeout: the descriptor waits until the
//!   host answers or resets the function. Rings are never asked for.
//!
//! Contract: one DW a clock in and out, whatever the width of the beat. One read
//! is outstanding at most. The head moves when the completion entry was taken
//! whole, before the interrupt. BAR0 takes reads of 1 to 32 DWs and writes of
//! any length; a DW that is not enabled whole, or is poisoned, is not written.
//! Every other non-posted request is answered with Unsupported Request; what else is
//! malformed or of no use is dropped. Nothing received can stop the engine for
//! longer than the timeout.
//!
//! Migration: every register is a state word, so a device may be frozen in any
//! clock and go on elsewhere. `freeze` must outlast the last `state_write` by one clock.
//!
//! Tests: `hdl/tests/workload.rs`. PCI Express Base Specification 2.2 (TLPs), 6.15 (AtomicOps), 2.8 (timeout), 10.4 (page requests).

mod kernel;
mod registers;

use crate::beat::Beat;
use crate::byte_swap::ByteSwap;
use crate::ram::Ram;
use crate::register::Register;
pub use registers::{Job, Page, Request, Rx, Setup, Tx, Work, state_registers};
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::accelerator as regs;

// First header DWs, without length and 4-DW bit; PCI Express Base Specification 2.2.1.
const MEMORY_READ: u32 = 0x0000_0000;
const MEMORY_WRITE: u32 = 0x4000_0000;
const FETCH_ADD: u32 = 0x4c00_0000;
/// Message without data, routed to the root complex; its header always has four DWs.
const PAGE_REQUEST: u32 = 0x3000_0000;
const RELAXED_ORDERING: u32 = 0x0000_2000;

/// The descriptor-ring DMA engine.
#[derive(SettledBlock)]
pub struct Workload {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub freeze: Signal<In, Bit>,
    pub gated: Signal<In, Bit>,
    pub requester_id: Signal<In, Bits<16>>,
    pub page_requests: Signal<In, Bit>,
    pub tx_beat: Signal<Out, Beat>,
    pub tx_valid: Signal<Out, Bit>,
    pub tx_ready: Signal<In, Bit>,
    pub rx_beat: Signal<In, Beat>,
    pub rx_valid: Signal<In, Bit>,
    pub rx_bar: Signal<In, Bits<8>>,
    pub rx_ready: Signal<Out, Bit>,
    pub msi_valid: Signal<Out, Bit>,
    pub msi_vector: Signal<Out, Bits<5>>,
    pub msi_ready: Signal<In, Bit>,
    pub state_index: Signal<In, Bits<16>>,
    pub state_read_data: Signal<Out, Bits<32>>,
    pub state_write_data: Signal<In, Bits<32>>,
    pub state_write: Signal<In, Bit>,
    pub dirty_valid: Signal<Out, Bit>,
    pub dirty_block: Signal<Out, Bits<8>>,

    scratch: Ram<12>,
    swap_in: ByteSwap,
    swap_out: ByteSwap,
    setup: Register<Setup>,
    job: Register<Job>,
    work: Register<Work>,
    request: Register<Request>,
    tx: Register<Tx>,
    tx_out: Register<Beat>,
    rx: Register<Rx>,
    rx_hold: Register<Beat>,
    page: Register<Page>,
    port_index: Register<Bits<16>>,
    port_data: Register<Bits<32>>,

    /// Neither frozen nor in reset.
    active: Signal<Local, Bit>,
    /// The parser looks at a DW in this clock.
    rx_step: Signal<Local, Bit>,
    rx_dw: Signal<Local, Bits<32>>,
    /// It is the last of its beat.
    rx_tail: Signal<Local, Bit>,
    rx_completion: Signal<Local, Bit>,
    rx_write: Signal<Local, Bit>,
    rx_read: Signal<Local, Bit>,
    rx_posted: Signal<Local, Bit>,
    rx_four: Signal<Local, Bit>,
    rx_tag: Signal<Local, Bits<8>>,
    /// Byte Count of the completion that comes next.
    rx_expected: Signal<Local, Bits<32>>,
    rx_length: Signal<Local, Bits<11>>,
    /// BAR0 register `rx.address` is written in this clock.
    store: Signal<Local, Bit>,
    /// A DW of the awaited completion is in this clock.
    arrived: Signal<Local, Bit>,
    /// The awaited read has failed.
    failed: Signal<Local, Bit>,
    waiting: Signal<Local, Bit>,
    /// The awaited PRG Response is in this clock.
    answered: Signal<Local, Bit>,
    /// It says Success.
    granted: Signal<Local, Bit>,
    /// What the state is: a page has been asked for, or is to be.
    paging: Signal<Local, Bit>,
    /// The page of the source, or of the destination, is to be asked for in this clock.
    ask_source: Signal<Local, Bit>,
    ask_destination: Signal<Local, Bit>,
    sending: Signal<Local, Bit>,
    /// The sender makes a DW in this clock.
    tx_step: Signal<Local, Bit>,
    /// A request was taken whole in this clock.
    tx_done: Signal<Local, Bit>,
    tx_dw: Signal<Local, Bits<32>>,
    tx_last: Signal<Local, Bit>,
    /// Payload DW as a value, before the byte swap.
    tx_value: Signal<Local, Bits<32>>,
    head_skip: Signal<Local, Bits<12>>,
    tail_skip: Signal<Local, Bits<12>>,
    byte_count: Signal<Local, Bits<12>>,
    slot: Signal<Local, Bits<11>>,
    sum: Signal<Local, Bits<32>>,
    sum_word: Signal<Local, Bits<32>>,
    sum_valid: Signal<Local, Bit>,
    chunk: Signal<Local, Bits<8>>,
    room: Signal<Local, Bits<8>>,
    reads: Signal<Local, Bit>,
    writes: Signal<Local, Bit>,
    pointer_next: Signal<Local, Bits<12>>,
    written: Signal<Local, Bits<12>>,
    /// Expected DWs, or payload DWs, as an index of what comes.
    which: Signal<Local, Bits<6>>,
    word: Signal<Local, Bits<6>>,
    field: Signal<Local, Bits<32>>,

    #[value(0)]
    s_idle: Constant<Bits<4>>,
    #[value(1)]
    s_fetch: Constant<Bits<4>>,
    #[value(2)]
    s_fetch_wait: Constant<Bits<4>>,
    #[value(3)]
    s_decode: Constant<Bits<4>>,
    #[value(4)]
    s_chunk: Constant<Bits<4>>,
    #[value(5)]
    s_read: Constant<Bits<4>>,
    #[value(6)]
    s_read_wait: Constant<Bits<4>>,
    #[value(7)]
    s_write_start: Constant<Bits<4>>,
    #[value(8)]
    s_write: Constant<Bits<4>>,
    #[value(9)]
    s_next: Constant<Bits<4>>,
    #[value(10)]
    s_atomic: Constant<Bits<4>>,
    #[value(11)]
    s_atomic_wait: Constant<Bits<4>>,
    #[value(12)]
    s_finish: Constant<Bits<4>>,
    #[value(13)]
    s_entry: Constant<Bits<4>>,
    #[value(14)]
    s_interrupt: Constant<Bits<4>>,
    #[value(15)]
    s_page: Constant<Bits<4>>,
    #[value(0)]
    tx_idle: Constant<Bits<2>>,
    #[value(1)]
    tx_lo: Constant<Bits<2>>,
    #[value(2)]
    tx_hi: Constant<Bits<2>>,
    #[value(3)]
    tx_offer: Constant<Bits<2>>,
    #[value(regs::ID)]
    r_id: Constant<Bits<12>>,
    #[value(regs::CONTROL)]
    r_control: Constant<Bits<12>>,
    #[value(regs::RING_LO)]
    r_ring_lo: Constant<Bits<12>>,
    #[value(regs::RING_HI)]
    r_ring_hi: Constant<Bits<12>>,
    #[value(regs::RING_ENTRIES)]
    r_ring_entries: Constant<Bits<12>>,
    #[value(regs::DOORBELL)]
    r_doorbell: Constant<Bits<12>>,
    #[value(regs::HEAD)]
    r_head: Constant<Bits<12>>,
    #[value(regs::COMPLETIONS_LO)]
    r_completions_lo: Constant<Bits<12>>,
    #[value(regs::COMPLETIONS_HI)]
    r_completions_hi: Constant<Bits<12>>,
    #[value(regs::STATUS)]
    r_status: Constant<Bits<12>>,
    #[value(regs::ID_VALUE)]
    id_value: Constant<Bits<32>>,
    #[value(regs::status::BUSY)]
    status_busy: Constant<Bits<32>>,
    #[value(regs::status::PAGE_WAIT)]
    status_page: Constant<Bits<32>>,
    #[value(regs::control::PAGE_REQUESTS)]
    control_page: Constant<Bits<32>>,
    #[value(regs::status::INTERRUPT_PENDING)]
    status_interrupt: Constant<Bits<32>>,
    #[value(regs::opcode::FILL)]
    op_fill: Constant<Bits<8>>,
    #[value(regs::opcode::COPY)]
    op_copy: Constant<Bits<8>>,
    #[value(regs::opcode::CHECKSUM)]
    op_checksum: Constant<Bits<8>>,
    #[value(regs::opcode::FETCH_ADD)]
    op_fetch_add: Constant<Bits<8>>,
    #[value(regs::opcode::LOAD)]
    op_load: Constant<Bits<8>>,
    #[value(regs::opcode::STORE)]
    op_store: Constant<Bits<8>>,
    #[value(regs::result::OK)]
    result_ok: Constant<Bits<3>>,
    #[value(regs::result::BAD_DESCRIPTOR)]
    result_bad: Constant<Bits<3>>,
    #[value(regs::result::READ_ERROR)]
    result_read_error: Constant<Bits<3>>,
    #[value(regs::result::PAGE_ERROR)]
    result_page_error: Constant<Bits<3>>,
    #[value(MEMORY_READ | regs::DESCRIPTOR_WORDS)]
    h_fetch: Constant<Bits<32>>,
    #[value(MEMORY_READ)]
    h_read: Constant<Bits<32>>,
    #[value(MEMORY_WRITE | RELAXED_ORDERING)]
    h_write: Constant<Bits<32>>,
    #[value(MEMORY_WRITE | regs::COMPLETION_WORDS)]
    h_entry: Constant<Bits<32>>,
    #[value(FETCH_ADD | 1)]
    h_fetch_add: Constant<Bits<32>>,
    #[value(PAGE_REQUEST)]
    h_page: Constant<Bits<32>>,
    #[value(regs::CHUNK_BYTES)]
    chunk_full: Constant<Bits<8>>,
    #[value(regs::CHUNK_BYTES)]
    chunk_limit: Constant<Bits<32>>,
    #[value(regs::CHUNK_BYTES - 1)]
    chunk_mask: Constant<Bits<32>>,
    #[value(regs::COMPLETION_TIMEOUT_CYCLES)]
    timeout: Constant<Bits<19>>,
    #[value(Setup::default())]
    setup_start: Constant<Setup>,
    #[value(Job::default())]
    job_zero: Constant<Job>,
    #[value(Job { interrupt: true, ..Job::default() })]
    job_start: Constant<Job>,
    #[value(Work::default())]
    work_start: Constant<Work>,
    #[value(Request::default())]
    request_start: Constant<Request>,
    #[value(Tx::default())]
    tx_start: Constant<Tx>,
    #[value(Rx::default())]
    rx_start: Constant<Rx>,
    #[value(Page::default())]
    page_start: Constant<Page>,
    #[value(Beat::default())]
    beat_start: Constant<Beat>,
}
