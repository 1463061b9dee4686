//! Answers requests: BAR2 register access over a local bus, and all-ones for a frozen device.
//!
//! ```text
//!  job_beat, job_valid ──▶ ┌───────────┐ ──▶ tx_beat, tx_valid   ◀── tx_ready
//!  job_first, job_frozen   │ Completer │ ──▶ bus_address[14], bus_read
//!  job_ready           ◀── │           │ ──▶ bus_write, bus_write_data[32]
//!  owner, completer_id ──▶ └───────────┘ ◀── bus_read_data[32]
//!                               └──▶ not_owner, malformed, frozen_read, frozen_write
//! ```
//! | request | answer |
//! |---|---|
//! | memory read, 1 to 1024 DW, 3DW or 4DW header | CplD of the enabled bytes' span, split at [`MAX_PAYLOAD_BYTES`] |
//! | memory write | each DW with all its byte enables is one `bus_write`; others are ignored, `malformed` |
//! | locked read | CplDLk, all-ones |
//! | FetchAdd, Swap, CAS | no effect; CplD of one operand, all-ones |
//! | I/O read, I/O write | CplD of 1 DW, all-ones; Cpl |
//! | anything else, payload or header not as long as Length says, byte enables against the rules | dropped, `malformed` |
//!
//! A request from another requester than `owner`, or with `job_frozen`, reads
//! all-ones and writes nothing (invariants I11, I8). Status is always Successful
//! Completion; attributes are zero, so that a completion pushes the writes before
//! it (invariant I1). Reads have no side effect (I4): the bus may be read ahead.
//!
//! Contract
//! - Local bus: the data of the address in clock t is on `bus_read_data` in clock
//!   t + 2. `bus_write` and its data belong to the address of the same clock. A
//!   write is on the bus at least 2 clocks before a later request's first read.
//! - A 1-DW read's first beat is on tx 4 clocks after the clock in which the
//!   request's last beat was taken, the second one clock later. Reads sustain one
//!   DW per clock, writes too. One request is answered at a time; the next one's
//!   last beat is taken when the last beat of the answer before is in the output register.
//! - Valid, once raised, stays until ready with the beat unchanged. `job_ready`
//!   waits for nothing but the progress of tx; a write only until the reads before it
//!   have had their turn on the bus.
//! - The strobes come one clock after the beat that decided, once per TLP. A
//!   malformed TLP gives no other strobe. A write that turns out too long or too
//!   short may have written its first DWs.
//! - Digest (TD) is accepted and skipped, not checked: that is the PCIe core's work.
//!
//! Tests: `tests/completer.rs`. PCI Express Base Specification 2.2.5 (byte
//! enables), 2.2.9 (completions), 2.3.1.1 (read completion boundary, byte count).

// Verilog ranks operators otherwise than Rust: every expression in a kernel has its parentheses.
#![allow(unused_parens)]

use crate::beat::Beat;
use crate::byte_swap::ByteSwap;
use crate::completer_state::{AnswerStage, AnswerState, JobState, MAX_PAYLOAD_BYTES};
use crate::register::Register;
use crate::word_ring::WordRing;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::bar2;

/// See the module's page.
#[derive(SettledBlock)]
pub struct Completer {
    /// Clock of all ports.
    pub clock: Signal<In, Clock>,
    /// Beat of a request.
    pub job_beat: Signal<In, Beat>,
    /// A beat is offered.
    pub job_valid: Signal<In, Bit>,
    /// It is the first of its TLP.
    pub job_first: Signal<In, Bit>,
    /// The request is for a BAR of the frozen device, not for BAR2.
    pub job_frozen: Signal<In, Bit>,
    /// The beat is taken.
    pub job_ready: Signal<Out, Bit>,
    /// Requester ID that may use BAR2.
    pub owner: Signal<In, Bits<16>>,
    /// Bus, device and function number of the card.
    pub completer_id: Signal<In, Bits<16>>,
    /// DW address in BAR2.
    pub bus_address: Signal<Out, Bits<14>>,
    /// The address is that of a read (informational).
    pub bus_read: Signal<Out, Bit>,
    /// Write in this clock.
    pub bus_write: Signal<Out, Bit>,
    /// What is written.
    pub bus_write_data: Signal<Out, Bits<32>>,
    /// Data of the address that was on the bus two clocks ago.
    pub bus_read_data: Signal<In, Bits<32>>,
    /// Beat of a completion.
    pub tx_beat: Signal<Out, Beat>,
    /// A beat is offered.
    pub tx_valid: Signal<Out, Bit>,
    /// The beat is taken.
    pub tx_ready: Signal<In, Bit>,
    /// A BAR2 request came from another requester than the owner.
    pub not_owner: Signal<Out, Bit>,
    /// A TLP was dropped, or a write had partial byte enables.
    pub malformed: Signal<Out, Bit>,
    /// A read, AtomicOp or I/O read of the frozen device was answered.
    pub frozen_read: Signal<Out, Bit>,
    /// A write or I/O write to the frozen device was discarded.
    pub frozen_write: Signal<Out, Bit>,
    job: Register<JobState>,
    answer: Register<AnswerState>,
    stage: Register<AnswerStage>,
    out: Register<Beat>,
    ring: WordRing,
    swap_write: ByteSwap,
    swap_read: ByteSwap,
    /// Payload DWs, digest included, in the offered beat.
    beat_dw: Signal<Local, Bits<11>>,
    /// Words in the ring.
    stored_dw: Signal<Local, Bits<4>>,
    /// DWs from the start of the next completion to where it has to be split.
    room_dw: Signal<Local, Bits<11>>,
    #[value(bar2::ALL_ONES)]
    all_ones: Constant<Bits<32>>,
    #[value(MAX_PAYLOAD_BYTES / 4)]
    max_payload_dw: Constant<Bits<11>>,
}

impl Logic for Completer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, job, answer, stage, out);
        self.ring.clock.next = self.clock.val();
        self.job.d.next.bus_write = false;
        self.job.d.next.not_owner = false;
        self.job.d.next.malformed = false;
        self.job.d.next.frozen_read = false;
        self.job.d.next.frozen_write = false;
        self.not_owner.next = self.job.q.val().not_owner;
        self.malformed.next = self.job.q.val().malformed;
        self.frozen_read.next = self.job.q.val().frozen_read;
        self.frozen_write.next = self.job.q.val().frozen_write;
        self.bus_address.next = self.job.q.val().address;
        self.bus_read.next = false;
        self.bus_write.next = self.job.q.val().bus_write;
        self.swap_write.d.next = self.job.q.val().word;
        self.bus_write_data.next = self.swap_write.q.val();
        self.job_ready.next = false;
        self.beat_dw.next = 0.into();

        // A request comes in.
        if (self.job_valid.val() & (self.job.q.val().read_dw == 0)) {
            if (self.job_first.val()) {
                self.job_ready.next = true;
                self.job.d.next.template = ((self.job_beat.val().lo & 0x0070_0000) | 0x4A00_0000);
                self.job.d.next.requester = (self.job_beat.val().hi & 0xFFFF_FF00_u64);
                self.job.d.next.header = true;
                self.job.d.next.discard = false;
                self.job.d.next.upper = false;
                self.job.d.next.first_dw = true;
                self.job.d.next.write = false;
                self.job.d.next.memory = false;
                self.job.d.next.bare = false;
                self.job.d.next.four_dw = ((self.job_beat.val().lo & 0x2000_0000) != 0);
                self.job.d.next.frozen = self.job_frozen.val();
                self.job.d.next.foreign = ((!self.job_frozen.val())
                    & (bit_cast::<16, 32>(self.job_beat.val().hi >> 16) != self.owner.val()));
                self.job.d.next.ones = (self.job_frozen.val()
                    | (bit_cast::<16, 32>(self.job_beat.val().hi >> 16) != self.owner.val()));
                // Length 0 is 1024; a digest (TD) is one DW more to take.
                self.job.d.next.answer_dw = bit_cast::<11, 32>(self.job_beat.val().lo & 0x3FF);
                self.job.d.next.data_dw = bit_cast::<11, 32>(self.job_beat.val().lo & 0x3FF);
                self.job.d.next.rest_dw = bit_cast::<11, 32>(self.job_beat.val().lo & 0x3FF);
                if ((self.job_beat.val().lo & 0x3FF) == 0) {
                    self.job.d.next.answer_dw = 1024.into();
                    self.job.d.next.data_dw = 1024.into();
                    self.job.d.next.rest_dw = 1024.into();
                }
                if ((self.job_beat.val().lo & 0x4000_0000) == 0) {
                    self.job.d.next.data_dw = 0.into();
                    self.job.d.next.rest_dw = 0.into();
                    if ((self.job_beat.val().lo & 0x8000) != 0) {
                        self.job.d.next.rest_dw = 1.into();
                    }
                } else if ((self.job_beat.val().lo & 0x83FF) == 0x8000) {
                    self.job.d.next.rest_dw = 1025.into();
                } else if ((self.job_beat.val().lo & 0x8000) != 0) {
                    self.job.d.next.rest_dw =
                        (bit_cast::<11, 32>(self.job_beat.val().lo & 0x3FF) + 1);
                }
                self.job.d.next.bytes_before = 0.into();
                self.job.d.next.bytes_after = 0.into();
                self.job.d.next.first_full = ((self.job_beat.val().hi & 0x0F) == 0x0F);
                self.job.d.next.last_full = (((self.job_beat.val().lo & 0x3FF) == 1)
                    | ((self.job_beat.val().hi & 0xF0) == 0xF0));

                if (((self.job_beat.val().lo & 0xDE00_0000_u64) == 0x0000_0000)
                    | ((self.job_beat.val().lo & 0xDF00_0000_u64) == 0x4000_0000))
                {
                    // MRd, MRdLk, MWr.
                    self.job.d.next.memory = true;
                    self.job.d.next.write = ((self.job_beat.val().lo & 0x4000_0000) != 0);
                    if ((self.job_beat.val().lo & 0x0100_0000) != 0) {
                        self.job.d.next.ones = true;
                        self.job.d.next.template =
                            ((self.job_beat.val().lo & 0x0070_0000) | 0x4B00_0000);
                    }
                    if ((self.job_beat.val().hi & 0x0F) == 0) {
                        self.job.d.next.bytes_before = 0.into();
                    } else if ((self.job_beat.val().hi & 0x07) == 0) {
                        self.job.d.next.bytes_before = 3.into();
                    } else if ((self.job_beat.val().hi & 0x03) == 0) {
                        self.job.d.next.bytes_before = 2.into();
                    } else if ((self.job_beat.val().hi & 0x01) == 0) {
                        self.job.d.next.bytes_before = 1.into();
                    }
                    if ((self.job_beat.val().lo & 0x3FF) == 1) {
                        // A zero-length read (no byte enabled) has a Byte Count of 1.
                        if ((self.job_beat.val().hi & 0x0E) == 0) {
                            self.job.d.next.bytes_after = 3.into();
                        } else if ((self.job_beat.val().hi & 0x0C) == 0) {
                            self.job.d.next.bytes_after = 2.into();
                        } else if ((self.job_beat.val().hi & 0x08) == 0) {
                            self.job.d.next.bytes_after = 1.into();
                        }
                        if ((self.job_beat.val().hi & 0xF0) != 0) {
                            self.job.d.next.discard = true;
                            self.job.d.next.malformed = true;
                        }
                    } else {
                        if ((self.job_beat.val().hi & 0xE0) == 0) {
                            self.job.d.next.bytes_after = 3.into();
                        } else if ((self.job_beat.val().hi & 0xC0) == 0) {
                            self.job.d.next.bytes_after = 2.into();
                        } else if ((self.job_beat.val().hi & 0x80) == 0) {
                            self.job.d.next.bytes_after = 1.into();
                        }
                        if (((self.job_beat.val().hi & 0xF0) == 0)
                            | ((self.job_beat.val().hi & 0x0F) == 0))
                        {
                            self.job.d.next.discard = true;
                            self.job.d.next.malformed = true;
                        }
                    }
                } else if ((self.job_beat.val().lo & 0xBF00_03FF_u64) == 0x0200_0001) {
                    // IORd and IOWr of one DW.
                    self.job.d.next.ones = true;
                    self.job.d.next.bare = ((self.job_beat.val().lo & 0x4000_0000) != 0);
                } else if (((self.job_beat.val().lo & 0xDE00_03FF_u64) == 0x4C00_0001)
                    | ((self.job_beat.val().lo & 0xDE00_03FF_u64) == 0x4C00_0002))
                {
                    // FetchAdd and Swap of one or two DWs.
                    self.job.d.next.ones = true;
                } else if (((self.job_beat.val().lo & 0xDF00_03FF_u64) == 0x4E00_0002)
                    | ((self.job_beat.val().lo & 0xDF00_03FF_u64) == 0x4E00_0004))
                {
                    // CAS carries two operands of one or two DWs.
                    self.job.d.next.ones = true;
                    self.job.d.next.answer_dw =
                        (bit_cast::<11, 32>((self.job_beat.val().lo & 0x3FF) >> 1));
                } else {
                    self.job.d.next.discard = true;
                    self.job.d.next.malformed = true;
                }
                if (self.job_beat.val().last) {
                    self.job.d.next.discard = true;
                    self.job.d.next.malformed = true;
                }
            } else if (self.job.q.val().discard) {
                self.job_ready.next = true;
            } else {
                if (self.job.q.val().header) {
                    if ((!self.job.q.val().four_dw) & (self.job_beat.val().keep == 3)) {
                        self.beat_dw.next = 1.into();
                    }
                } else if (self.job_beat.val().keep == 3) {
                    self.beat_dw.next = 2.into();
                } else {
                    self.beat_dw.next = 1.into();
                }
                if (((self.job_beat.val().keep & 1) == 0)
                    | ((self.job_beat.val().keep != 3)
                        & ((!self.job_beat.val().last)
                            | (self.job.q.val().header & self.job.q.val().four_dw)))
                    | (self.job_beat.val().last & (self.beat_dw.val() != self.job.q.val().rest_dw))
                    | ((!self.job_beat.val().last)
                        & (self.beat_dw.val() >= self.job.q.val().rest_dw)))
                {
                    // Not as long as it says.
                    self.job_ready.next = true;
                    self.job.d.next.discard = true;
                    self.job.d.next.malformed = true;
                } else if (self.job.q.val().write
                    | (!self.job_beat.val().last)
                    | (self.stage.q.val() == AnswerStage::Idle))
                {
                    // The address: in the beat, or one DW on.
                    if (self.job.q.val().header) {
                        if (self.job.q.val().four_dw) {
                            self.job.d.next.address =
                                bit_cast::<14, 32>(self.job_beat.val().hi >> 2);
                        } else {
                            self.job.d.next.address =
                                bit_cast::<14, 32>(self.job_beat.val().lo >> 2);
                        }
                    } else if (self.job.q.val().write & (!self.job.q.val().first_dw)) {
                        self.job.d.next.address = (self.job.q.val().address + 1);
                    }
                    if (self.job.q.val().header | self.job.q.val().upper) {
                        self.job.d.next.word = self.job_beat.val().hi;
                    } else {
                        self.job.d.next.word = self.job_beat.val().lo;
                    }
                    if ((self.beat_dw.val() != 0) & (self.job.q.val().data_dw != 0)) {
                        self.job.d.next.data_dw = (self.job.q.val().data_dw - 1);
                        self.job.d.next.first_dw = false;
                        self.job.d.next.bus_write = self.job.q.val().write
                            & (!self.job.q.val().ones)
                            & (self.job.q.val().first_full | (!self.job.q.val().first_dw))
                            & (self.job.q.val().last_full | (self.job.q.val().data_dw != 1));
                    }
                    if (self.job.q.val().write
                        & (self.beat_dw.val() == 2)
                        & (!self.job.q.val().upper))
                    {
                        self.job.d.next.upper = true;
                    } else {
                        self.job_ready.next = true;
                        self.job.d.next.upper = false;
                        self.job.d.next.header = false;
                        self.job.d.next.rest_dw = (self.job.q.val().rest_dw - self.beat_dw.val());
                        if (self.job_beat.val().last) {
                            // The request is complete and well formed.
                            self.job.d.next.not_owner = self.job.q.val().foreign;
                            if (self.job.q.val().write | self.job.q.val().bare) {
                                self.job.d.next.frozen_write = self.job.q.val().frozen;
                            } else {
                                self.job.d.next.frozen_read = self.job.q.val().frozen;
                            }
                            if (self.job.q.val().write) {
                                self.job.d.next.malformed = (!self.job.q.val().ones)
                                    & ((!self.job.q.val().first_full)
                                        | (!self.job.q.val().last_full));
                            } else {
                                self.stage.d.next = AnswerStage::Header;
                                self.answer.d.next.template = self.job.q.val().template;
                                self.answer.d.next.requester = self.job.q.val().requester;
                                self.answer.d.next.bare = self.job.q.val().bare;
                                self.answer.d.next.ones = self.job.q.val().ones;
                                self.answer.d.next.left_dw = self.job.q.val().answer_dw;
                                self.answer.d.next.bytes =
                                    ((bit_cast::<13, 11>(self.job.q.val().answer_dw) << 2)
                                        - bit_cast::<13, 2>(self.job.q.val().bytes_before)
                                        - bit_cast::<13, 2>(self.job.q.val().bytes_after));
                                self.answer.d.next.start_dw = 0.into();
                                self.answer.d.next.start_byte = self.job.q.val().bytes_before;
                                if (self.job.q.val().memory) {
                                    if (!self.job.q.val().header) {
                                        // The digest came in a beat of its own.
                                        self.answer.d.next.start_dw =
                                            bit_cast::<5, 14>(self.job.q.val().address);
                                    } else if (self.job.q.val().four_dw) {
                                        self.answer.d.next.start_dw =
                                            bit_cast::<5, 32>(self.job_beat.val().hi >> 2);
                                    } else {
                                        self.answer.d.next.start_dw =
                                            bit_cast::<5, 32>(self.job_beat.val().lo >> 2);
                                    }
                                }
                                if (self.job.q.val().bare) {
                                    self.answer.d.next.template =
                                        (self.job.q.val().template & 0xBFFF_FFFF_u64);
                                } else {
                                    self.job.d.next.read_dw = self.job.q.val().answer_dw;
                                }
                            }
                        }
                    }
                }
            }
        }

        // Reads go over the bus into the ring. Two more may be under way when it is looked at.
        self.stored_dw.next = (self.answer.q.val().tail - self.answer.q.val().head);
        self.job.d.next.read_1 = false;
        self.job.d.next.read_2 = self.job.q.val().read_1;
        if ((self.job.q.val().read_dw != 0) & (self.stored_dw.val() < 8)) {
            self.bus_read.next = true;
            self.job.d.next.read_1 = true;
            self.job.d.next.address = (self.job.q.val().address + 1);
            self.job.d.next.read_dw = (self.job.q.val().read_dw - 1);
        }
        self.swap_read.d.next = self.bus_read_data.val();
        self.ring.write_enable.next = self.job.q.val().read_2;
        self.ring.write_address.next = self.answer.q.val().tail;
        self.ring.write_data.next = self.swap_read.q.val();
        self.ring.read_address.next = self.answer.q.val().head;
        if (self.job.q.val().read_2) {
            self.answer.d.next.tail = (self.answer.q.val().tail + 1);
            if (self.answer.q.val().ones) {
                self.ring.write_data.next = self.all_ones.val();
            }
        }

        // The answer goes out.
        self.tx_beat.next = self.out.q.val();
        self.tx_valid.next = self.answer.q.val().tx_valid;
        self.room_dw.next = 0.into();
        if (self.tx_ready.val()) {
            self.answer.d.next.tx_valid = false;
        }
        if ((!self.answer.q.val().tx_valid) | self.tx_ready.val()) {
            match self.stage.q.val() {
                AnswerStage::Idle => {}
                AnswerStage::Header => {
                    self.room_dw.next = (self.max_payload_dw.val()
                        - bit_cast::<11, 5>(self.answer.q.val().start_dw));
                    // Early enough that the first word is there in the next clock.
                    if (self.answer.q.val().bare
                        | (self.stored_dw.val() != 0)
                        | self.job.q.val().read_2)
                    {
                        self.stage.d.next = AnswerStage::Second;
                        self.answer.d.next.tx_valid = true;
                        self.out.d.next.keep = 3.into();
                        self.out.d.next.last = false;
                        self.out.d.next.hi = ((bit_cast::<32, 16>(self.completer_id.val()) << 16)
                            | (bit_cast::<32, 13>(self.answer.q.val().bytes) & 0xFFF));
                        if (self.answer.q.val().bare) {
                            self.out.d.next.lo = self.answer.q.val().template;
                            self.answer.d.next.left_dw = 0.into();
                        } else if (self.answer.q.val().left_dw <= self.room_dw.val()) {
                            self.out.d.next.lo = (self.answer.q.val().template
                                | bit_cast::<32, 11>(self.answer.q.val().left_dw));
                            self.answer.d.next.chunk_dw = self.answer.q.val().left_dw;
                            self.answer.d.next.left_dw = 0.into();
                        } else {
                            self.out.d.next.lo = (self.answer.q.val().template
                                | bit_cast::<32, 11>(self.room_dw.val()));
                            self.answer.d.next.chunk_dw = self.room_dw.val();
                            self.answer.d.next.left_dw =
                                (self.answer.q.val().left_dw - self.room_dw.val());
                            self.answer.d.next.bytes = (self.answer.q.val().bytes
                                + bit_cast::<13, 2>(self.answer.q.val().start_byte)
                                - (bit_cast::<13, 11>(self.room_dw.val()) << 2));
                        }
                    }
                }
                AnswerStage::Second => {
                    if (self.answer.q.val().bare | (self.stored_dw.val() != 0)) {
                        self.answer.d.next.tx_valid = true;
                        self.answer.d.next.start_dw = 0.into();
                        self.answer.d.next.start_byte = 0.into();
                        self.out.d.next.lo = (self.answer.q.val().requester
                            | (bit_cast::<32, 5>(self.answer.q.val().start_dw) << 2)
                            | bit_cast::<32, 2>(self.answer.q.val().start_byte));
                        self.out.d.next.last = false;
                        self.stage.d.next = AnswerStage::Payload;
                        if (self.answer.q.val().bare) {
                            self.out.d.next.hi = 0.into();
                            self.out.d.next.keep = 1.into();
                            self.out.d.next.last = true;
                            self.stage.d.next = AnswerStage::Idle;
                        } else {
                            self.out.d.next.hi = self.ring.word.val();
                            self.out.d.next.keep = 3.into();
                            self.answer.d.next.head = (self.answer.q.val().head + 1);
                            self.answer.d.next.chunk_dw = (self.answer.q.val().chunk_dw - 1);
                            if (self.answer.q.val().chunk_dw == 1) {
                                self.out.d.next.last = true;
                                self.stage.d.next = AnswerStage::Header;
                                if (self.answer.q.val().left_dw == 0) {
                                    self.stage.d.next = AnswerStage::Idle;
                                }
                            }
                        }
                    }
                }
                AnswerStage::Payload => {
                    if ((self.stored_dw.val() >= 2)
                        | ((self.stored_dw.val() == 1) & (self.answer.q.val().chunk_dw == 1)))
                    {
                        self.answer.d.next.tx_valid = true;
                        self.out.d.next.lo = self.ring.word.val();
                        self.out.d.next.hi = self.ring.next_word.val();
                        self.out.d.next.keep = 3.into();
                        self.out.d.next.last = false;
                        self.answer.d.next.head = (self.answer.q.val().head + 2);
                        self.answer.d.next.chunk_dw = (self.answer.q.val().chunk_dw - 2);
                        if (self.answer.q.val().chunk_dw == 1) {
                            self.out.d.next.hi = 0.into();
                            self.out.d.next.keep = 1.into();
                            self.answer.d.next.head = (self.answer.q.val().head + 1);
                        }
                        if (self.answer.q.val().chunk_dw <= 2) {
                            self.out.d.next.last = true;
                            self.stage.d.next = AnswerStage::Header;
                            if (self.answer.q.val().left_dw == 0) {
                                self.stage.d.next = AnswerStage::Idle;
                            }
                        }
                    }
                }
                _ => {
                    self.stage.d.next = AnswerStage::Idle;
                }
            }
        }
    }
}
