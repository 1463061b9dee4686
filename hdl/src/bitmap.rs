//! A bitmap with one mark a clock, a word mover beside it, and an exact count.
//!
//! ```text
//!  mark, mark_word[A], mark_bit[5] ──▶ ┌────────┐ ──▶ count[A+6]
//!                                      │ Bitmap │
//!  op[3], op_word[A], op_data[32]  ──▶ └────────┘ ──▶ old[32]   one clock later
//! ```
//!
//! | op | what it does to the word | `old` |
//! |---|---|---|
//! | 0 | nothing | |
//! | 1 take | clears it | what was there (a snapshot) |
//! | 2 peek | nothing | what is there |
//! | 3 put | ORs `op_data` in | what was there |
//!
//! Contract: marks are never delayed, nor is the mover. Where both meet in one
//! word, the mover does the mark's work: after a take the word holds just that
//! mark, so it belongs to the live log and not to what was taken (I2, I3).
//! `count` is the population count of the live bitmap four clocks after the last
//! operation (I13). The same module logs guest pages and the device's state blocks.

use crate::bitmap_ram::BitmapRam;
use crate::popcount::Popcount;
use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// What the ports did in the clock before.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct BitmapStep {
    marked: Bit,
    moved: Bit,
    mask: Bits<32>,
    data: Bits<32>,
}

/// 2^A words; see the module's page.
#[derive(SettledBlock)]
pub struct Bitmap<const A: usize> {
    pub clock: Signal<In, Clock>,
    pub mark: Signal<In, Bit>,
    pub mark_word: Signal<In, Bits<A>>,
    pub mark_bit: Signal<In, Bits<5>>,
    pub op: Signal<In, Bits<2>>,
    pub op_word: Signal<In, Bits<A>>,
    pub op_data: Signal<In, Bits<32>>,
    pub old: Signal<Out, Bits<32>>,
    pub count: Signal<Out, Bits<24>>,
    ram: BitmapRam<A>,
    previous: Register<BitmapStep>,
    ones_before: Popcount,
    ones_after: Popcount,
    /// Was the clock before: bit 0 a new mark, bit 1 a move.
    changed: Register<Bits<2>>,
    total: Register<Bits<24>>,
    together: Signal<Local, Bit>,
    mark_mask: Signal<Local, Bits<32>>,
    kept: Signal<Local, Bits<32>>,
    #[value(1)]
    one: Constant<Bits<32>>,
    #[value(0xffff_ffff)]
    all: Constant<Bits<32>>,
    #[value(op::TAKE)]
    take: Constant<Bits<2>>,
    #[value(op::PUT)]
    put: Constant<Bits<2>>,
}

/// Operations of the mover.
pub mod op {
    /// Nothing.
    pub const NONE: u64 = 0;
    /// Read and clear.
    pub const TAKE: u64 = 1;
    /// Read.
    pub const PEEK: u64 = 2;
    /// OR in.
    pub const PUT: u64 = 3;
}

impl<const A: usize> Bitmap<A> {
    /// The bitmap as it is, for simulators that look from outside.
    pub fn words(&self) -> &[u32] {
        self.ram.words()
    }
}

impl<const A: usize> Logic for Bitmap<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, previous, changed, total);
        self.ram.clock.next = self.clock.val();
        self.ones_before.clock.next = self.clock.val();
        self.ones_after.clock.next = self.clock.val();

        self.together.next =
            self.mark.val() & self.op.val().any() & (self.mark_word.val() == self.op_word.val());
        self.ram.mark.next = self.mark.val() & !self.together.val();
        self.ram.mark_word.next = self.mark_word.val();
        self.ram.mark_bit.next = self.mark_bit.val();
        self.mark_mask.next = 0.into();
        if self.together.val() {
            self.mark_mask.next = self.one.val() << self.mark_bit.val();
        }
        self.ram.move_word.next = self.op_word.val();
        self.ram.move_mask.next = self.mark_mask.val();
        self.ram.move_data.next = self.mark_mask.val();
        if self.op.val() == self.take.val() {
            self.ram.move_mask.next = self.all.val();
        }
        if self.op.val() == self.put.val() {
            self.ram.move_mask.next = self.op_data.val() | self.mark_mask.val();
            self.ram.move_data.next = self.op_data.val() | self.mark_mask.val();
        }
        self.old.next = self.ram.move_old.val();

        // The count follows one clock behind: what was new, what a move changed.
        self.previous.d.next.marked = self.mark.val() & !self.together.val();
        self.previous.d.next.moved = self.op.val().any();
        self.previous.d.next.mask = self.mark_mask.val();
        self.previous.d.next.data = self.mark_mask.val();
        if self.op.val() == self.take.val() {
            self.previous.d.next.mask = self.all.val();
        }
        if self.op.val() == self.put.val() {
            self.previous.d.next.mask = self.op_data.val() | self.mark_mask.val();
            self.previous.d.next.data = self.op_data.val() | self.mark_mask.val();
        }
        self.kept.next = !self.previous.q.val().mask;
        self.ones_before.d.next = self.ram.move_old.val();
        self.ones_after.d.next =
            (self.ram.move_old.val() & self.kept.val()) | self.previous.q.val().data;
        self.changed.d.next = 0.into();
        if self.previous.q.val().moved {
            self.changed.d.next = 2.into();
        }
        if self.previous.q.val().marked & !self.ram.mark_old.val() {
            self.changed.d.next = 1.into();
            if self.previous.q.val().moved {
                self.changed.d.next = 3.into();
            }
        }
        if self.changed.q.val().get_bit(1) {
            self.total.d.next = (self.total.q.val() + bit_cast::<24, 6>(self.ones_after.q.val()))
                - bit_cast::<24, 6>(self.ones_before.q.val());
            if self.changed.q.val().get_bit(0) {
                self.total.d.next = ((self.total.q.val()
                    + bit_cast::<24, 6>(self.ones_after.q.val()))
                    - bit_cast::<24, 6>(self.ones_before.q.val()))
                    + 1;
            }
        } else if self.changed.q.val().get_bit(0) {
            self.total.d.next = self.total.q.val() + 1;
        }
        self.count.next = self.total.q.val();
    }
}
