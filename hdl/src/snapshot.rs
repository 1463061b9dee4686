//! The dirty log's commands: start, stop, snapshot, peek, restore, acknowledge.
//!
//! ```text
//!  command_write, command_data[32] ──▶ ┌──────────┐ ──▶ op, op_word, op_data   to the bitmap's mover
//!  old[32]       from the bitmap   ──▶ │ Snapshot │ ──▶ tracking, status[32], chunk/line summaries
//!  mark, mark_word                 ──▶ └──────────┘ ──▶ window_data[32]
//! ```
//! A snapshot walks the 1024 words of a chunk, one a clock: address the window
//! (for a restore), move the word in the bitmap, store what was there into the
//! window. Marks go on at full rate; one that meets the mover stays live.
//!
//! Contract: a command whose sequence number is that of the last one does
//! nothing (I4); one that comes while another is worked on is ignored, number
//! included. 1024 + 4 clocks from command to done. `chunk_summary` is exact
//! whenever no command is at work: a mark counts as left over only if it hits a
//! word that the walk has already passed. START first clears every chunk that
//! has marks, then turns tracking on (rule V2).
//! Register layout: `slackwater_regs::log`.

use crate::bitmap::op;
use crate::inject;
use crate::ram::Ram;
use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::log::{Operation, Outcome, command, status};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum Walk {
    Idle,
    Clear,
    Take,
    Peek,
    Put,
}

/// The command registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SnapshotState {
    last: Bits<32>,
    outcome: Bits<4>,
    chunk: Bits<5>,
    held_chunk: Bits<5>,
    /// The window's chunk where the status word has it.
    shown: Bits<32>,
    held: Bit,
    tracking: Bit,
    incomplete: Bit,
    /// A mark hit a word that the walk has passed.
    left_over: Bit,
    /// The walk's next word; 1024 means that all were issued.
    word: Bits<11>,
    /// The word in the mover now, and whether there is one.
    moving: Bit,
    moving_word: Bits<10>,
    /// The word whose old value comes back now.
    stored: Bit,
    stored_word: Bits<10>,
}

/// Command sequencer and snapshot window of a 2^15-word bitmap.
#[derive(SettledBlock)]
pub struct Snapshot {
    pub clock: Signal<In, Clock>,
    pub command_write: Signal<In, Bit>,
    pub command_data: Signal<In, Bits<32>>,
    /// The mark that the bitmap takes in this clock.
    pub mark: Signal<In, Bit>,
    pub mark_word: Signal<In, Bits<15>>,
    pub incomplete: Signal<In, Bit>,
    pub op: Signal<Out, Bits<2>>,
    pub op_word: Signal<Out, Bits<15>>,
    pub op_data: Signal<Out, Bits<32>>,
    pub old: Signal<In, Bits<32>>,
    pub tracking: Signal<Out, Bit>,
    pub command: Signal<Out, Bits<32>>,
    pub status: Signal<Out, Bits<32>>,
    pub chunk_summary: Signal<Out, Bits<32>>,
    pub line_lo: Signal<Out, Bits<32>>,
    pub line_hi: Signal<Out, Bits<32>>,
    /// Word of the snapshot window that the host reads; the data come one clock later.
    pub window_word: Signal<In, Bits<10>>,
    pub window_data: Signal<Out, Bits<32>>,
    pub inject: Signal<In, Bits<6>>,
    walk: Register<Walk>,
    state: Register<SnapshotState>,
    chunks: Register<Bits<32>>,
    lines_lo: Register<Bits<32>>,
    lines_hi: Register<Bits<32>>,
    window: Ram<10>,
    data: Signal<Local, Bits<32>>,
    operation: Signal<Local, Bits<4>>,
    number: Signal<Local, Bits<8>>,
    last_number: Signal<Local, Bits<8>>,
    last: Signal<Local, Bits<32>>,
    accepted: Signal<Local, Bit>,
    finish: Signal<Local, Bit>,
    mark_chunk: Signal<Local, Bits<5>>,
    chunk_mask: Signal<Local, Bits<32>>,
    chunk_kept: Signal<Local, Bits<32>>,
    marks_mask: Signal<Local, Bits<32>>,
    left_over_now: Signal<Local, Bit>,
    line: Signal<Local, Bits<6>>,
    present: Signal<Local, Bits<32>>,
    flags: Signal<Local, Bits<32>>,
    #[value(1)]
    one: Constant<Bits<32>>,
    #[value(0xffff_fffe)]
    inverted_one: Constant<Bits<32>>,
    #[value(slackwater_regs::bar2::CHUNK_WORDS)]
    chunk_words: Constant<Bits<11>>,
    #[value(op::TAKE)]
    op_take: Constant<Bits<2>>,
    #[value(op::PEEK)]
    op_peek: Constant<Bits<2>>,
    #[value(op::PUT)]
    op_put: Constant<Bits<2>>,
    #[value(Operation::Start)]
    do_start: Constant<Bits<4>>,
    #[value(Operation::Stop)]
    do_stop: Constant<Bits<4>>,
    #[value(Operation::Snapshot)]
    do_snapshot: Constant<Bits<4>>,
    #[value(Operation::Peek)]
    do_peek: Constant<Bits<4>>,
    #[value(Operation::Restore)]
    do_restore: Constant<Bits<4>>,
    #[value(Operation::Acknowledge)]
    do_acknowledge: Constant<Bits<4>>,
    #[value(Outcome::Ok)]
    ok: Constant<Bits<4>>,
    #[value(Outcome::UnknownOperation)]
    unknown: Constant<Bits<4>>,
    #[value(Outcome::Held)]
    is_held: Constant<Bits<4>>,
    #[value(Outcome::NotHeld)]
    not_held: Constant<Bits<4>>,
    #[value(inject::CLEAR_EXTRA)]
    clear_extra_bit: Constant<Bits<6>>,
    #[value(status::BUSY)]
    busy_bit: Constant<Bits<32>>,
    #[value(status::TRACKING)]
    tracking_bit: Constant<Bits<32>>,
    #[value(status::HELD)]
    held_bit: Constant<Bits<32>>,
    #[value(status::INCOMPLETE)]
    incomplete_bit: Constant<Bits<32>>,
    #[value(0xff_u32 << status::SEQUENCE_SHIFT)]
    sequence_mask: Constant<Bits<32>>,
    #[value(command::CHUNK_MASK << command::CHUNK_SHIFT)]
    chunk_field: Constant<Bits<32>>,
}

impl Logic for Snapshot {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, walk, state, chunks, lines_lo, lines_hi);
        self.window.clock.next = self.clock.val();

        // Marks set their chunk's bit; those behind the walk are left over.
        self.mark_chunk.next = 0.into();
        self.marks_mask.next = 0.into();
        self.left_over_now.next = self.state.q.val().left_over;
        if self.mark.val() {
            self.mark_chunk.next = self.mark_word.val().get_bits::<5>(10);
            self.marks_mask.next = self.one.val() << self.mark_chunk.val();
            if (self.mark_chunk.val() == self.state.q.val().chunk)
                & ((self.state.q.val().word == self.chunk_words.val())
                    | (self.state.q.val().moving
                        & (bit_cast::<10, 15>(self.mark_word.val())
                            <= self.state.q.val().moving_word)))
            {
                self.left_over_now.next = true;
            }
        }
        self.chunks.d.next = self.chunks.q.val() | self.marks_mask.val();
        self.state.d.next.left_over = self.left_over_now.val();
        if self.incomplete.val() {
            self.state.d.next.incomplete = true;
        }

        // The walk: address the window, move the word, store what was there.
        self.state.d.next.moving = false;
        self.state.d.next.moving_word = bit_cast::<10, 11>(self.state.q.val().word);
        self.state.d.next.stored = self.state.q.val().moving;
        self.state.d.next.stored_word = self.state.q.val().moving_word;
        self.op.next = 0.into();
        self.op_word.next = 0.into();
        self.op_data.next = self.window.peek_data.val();
        self.finish.next = false;
        self.line.next = 0.into();
        self.window.peek_address.next = bit_cast::<10, 11>(self.state.q.val().word);
        self.window.read_address.next = self.window_word.val();
        self.window_data.next = self.window.read_data.val();
        self.window.write_address.next = self.state.q.val().stored_word;
        self.window.write_data.next = self.old.val();
        self.window.write_enable.next = false;
        self.chunk_mask.next = 0.into();
        self.chunk_kept.next = 0.into();
        if self.walk.q.val() != Walk::Idle {
            if self.state.q.val().word != self.chunk_words.val() {
                self.state.d.next.word = self.state.q.val().word + 1;
                self.state.d.next.moving = true;
            }
            if self.state.q.val().moving {
                self.op_word.next = (bit_cast::<15, 5>(self.state.q.val().chunk) << 10)
                    | bit_cast::<15, 10>(self.state.q.val().moving_word);
                match self.walk.q.val() {
                    Walk::Clear => {
                        self.op.next = self.op_take.val();
                    }
                    Walk::Take => {
                        self.op.next = self.op_take.val();
                    }
                    Walk::Peek => {
                        self.op.next = self.op_peek.val();
                    }
                    Walk::Put => {
                        self.op.next = self.op_put.val();
                    }
                    _ => {
                        self.op.next = 0.into();
                    }
                }
            }
            if self.state.q.val().stored
                & ((self.walk.q.val() == Walk::Take) | (self.walk.q.val() == Walk::Peek))
            {
                self.window.write_enable.next = true;
                if (self.inject.val() & self.clear_extra_bit.val()).any()
                    & (self.walk.q.val() == Walk::Take)
                {
                    self.window.write_data.next = self.old.val() & self.inverted_one.val();
                }
                if self.old.val().any() {
                    // Line l is the words 16 l to 16 l + 15.
                    self.line.next = bit_cast::<6, 10>(self.state.q.val().stored_word >> 4);
                    if self.line.val().get_bit(5) {
                        self.lines_hi.d.next = self.lines_hi.q.val()
                            | (self.one.val() << bit_cast::<5, 6>(self.line.val()));
                    } else {
                        self.lines_lo.d.next = self.lines_lo.q.val()
                            | (self.one.val() << bit_cast::<5, 6>(self.line.val()));
                    }
                }
            }
            self.finish.next =
                (self.state.q.val().word == self.chunk_words.val()) & !self.state.q.val().moving;
        }
        if self.finish.val() {
            self.chunk_mask.next = self.one.val() << self.state.q.val().chunk;
            self.chunk_kept.next = !self.chunk_mask.val();
            self.walk.d.next = Walk::Idle;
            if (self.walk.q.val() == Walk::Take) | (self.walk.q.val() == Walk::Clear) {
                self.chunks.d.next =
                    (self.chunks.q.val() & self.chunk_kept.val()) | self.marks_mask.val();
                if self.left_over_now.val() {
                    self.chunks.d.next = self.chunks.q.val() | self.marks_mask.val();
                }
            }
            match self.walk.q.val() {
                Walk::Clear => {
                    // The next chunk, until all 32 are done.
                    self.state.d.next.chunk = self.state.q.val().chunk + 1;
                    self.state.d.next.word = 0.into();
                    self.state.d.next.left_over = false;
                    if self.state.q.val().chunk == 31 {
                        self.state.d.next.tracking = true;
                    } else {
                        self.walk.d.next = Walk::Clear;
                    }
                }
                Walk::Take => {
                    self.state.d.next.held = true;
                    self.state.d.next.held_chunk = self.state.q.val().chunk;
                }
                Walk::Peek => {
                    self.state.d.next.held_chunk = self.state.q.val().chunk;
                }
                Walk::Put => {
                    self.state.d.next.held = false;
                    if self.lines_lo.q.val().any() | self.lines_hi.q.val().any() {
                        self.chunks.d.next =
                            self.chunks.q.val() | self.marks_mask.val() | self.chunk_mask.val();
                    }
                }
                _ => {
                    self.walk.d.next = Walk::Idle;
                }
            }
        }
        // A chunk without marks needs no clearing.
        self.present.next = self.chunks.q.val() | self.marks_mask.val();
        if (self.walk.q.val() == Walk::Clear)
            & (self.state.q.val().word == 0)
            & !self.present.val().get_bit(self.state.q.val().chunk.index())
        {
            self.state.d.next.word = self.chunk_words.val();
            self.state.d.next.moving = false;
        }

        // Commands.
        self.data.next = 0.into();
        self.operation.next = 0.into();
        self.number.next = 0.into();
        self.last_number.next = 0.into();
        self.last.next = self.state.q.val().last;
        self.accepted.next = false;
        if self.command_write.val() & (self.walk.q.val() == Walk::Idle) {
            self.data.next = self.command_data.val();
            self.operation.next = self.data.val().get_bits::<4>(0);
            self.number.next = self.data.val().get_bits::<8>(24);
            self.last_number.next = self.last.val().get_bits::<8>(24);
            if self.number.val() != self.last_number.val() {
                self.accepted.next = true;
                self.state.d.next.last = self.data.val();
                self.state.d.next.outcome = self.ok.val();
            }
        }
        if self.accepted.val() {
            if self.operation.val() == self.do_start.val() {
                self.state.d.next.tracking = false;
                self.state.d.next.incomplete = false;
                self.state.d.next.held = false;
                self.state.d.next.chunk = 0.into();
                self.walk.d.next = Walk::Clear;
            } else if self.operation.val() == self.do_stop.val() {
                self.state.d.next.tracking = false;
            } else if (self.operation.val() == self.do_snapshot.val())
                | (self.operation.val() == self.do_peek.val())
            {
                if self.state.q.val().held {
                    self.state.d.next.outcome = self.is_held.val();
                } else {
                    self.state.d.next.chunk = self.data.val().get_bits::<5>(8);
                    self.state.d.next.shown = self.data.val() & self.chunk_field.val();
                    self.lines_lo.d.next = 0.into();
                    self.lines_hi.d.next = 0.into();
                    self.walk.d.next = Walk::Take;
                    if self.operation.val() == self.do_peek.val() {
                        self.walk.d.next = Walk::Peek;
                    }
                }
            } else if self.operation.val() == self.do_restore.val() {
                if self.state.q.val().held {
                    self.state.d.next.chunk = self.state.q.val().held_chunk;
                    self.walk.d.next = Walk::Put;
                } else {
                    self.state.d.next.outcome = self.not_held.val();
                }
            } else if self.operation.val() == self.do_acknowledge.val() {
                self.state.d.next.held = false;
                if !self.state.q.val().held {
                    self.state.d.next.outcome = self.not_held.val();
                }
            } else {
                self.state.d.next.outcome = self.unknown.val();
            }
            self.state.d.next.word = 0.into();
            self.state.d.next.left_over = false;
        }

        self.tracking.next = self.state.q.val().tracking;
        self.command.next = self.state.q.val().last;
        self.chunk_summary.next = self.chunks.q.val();
        self.line_lo.next = self.lines_lo.q.val();
        self.line_hi.next = self.lines_hi.q.val();
        self.flags.next = self.last.val() & self.sequence_mask.val();
        if self.walk.q.val() != Walk::Idle {
            self.flags.next = self.flags.val() | self.busy_bit.val();
        }
        if self.state.q.val().tracking {
            self.flags.next = self.flags.val() | self.tracking_bit.val();
        }
        if self.state.q.val().held {
            self.flags.next = self.flags.val() | self.held_bit.val();
        }
        if self.state.q.val().incomplete {
            self.flags.next = self.flags.val() | self.incomplete_bit.val();
        }
        self.status.next = self.flags.val()
            | bit_cast::<32, 4>(self.state.q.val().outcome)
            | self.state.q.val().shown;
    }
}
