//! Non-posted requests of the device: which are out, and which of them will mark a page.
//!
//! ```text
//!  issue, tag, atomic, address     ──▶ ┌─────────────┐ ──▶ outstanding[32], count[6], lost_track
//!  done, done_tag, done_last       ──▶ │ Outstanding │ ──▶ lookup, lookup_lo, lookup_hi
//!  write_start, address, bytes     ──▶ └─────────────┘ ──▶ timed_out, pending
//! ```
//! Contract: a memory write is looked up in the clock in which it starts. An
//! AtomicOp is non-posted: completions may pass it on its way, so the page that it
//! writes is looked up when its completion comes back, or when it times out (I1).
//! At 64 bits a TLP takes two clocks, so the slot that an AtomicOp waits for comes
//! at the next clock, and completions are two clocks apart; only a time-out may be one clock
//! before a completion. `tracking` is sampled at the lookup.
//!
//! A request times out after one to two times `timeout` clocks. A tag above 31,
//! or one that is used twice, cannot be followed: `lost_track` stays 1 until
//! `clear`, the log is incomplete (I12), and QUIESCED is never claimed (I6).

use crate::inject;
use crate::ram::Ram;
use crate::register::Register;
use crate::tx_path::TxHeader;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// An AtomicOp whose page is to be looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Retired {
    /// The address memory is being read.
    reading: Bit,
    /// The address is known and waits for a slot.
    waiting: Bit,
    lo: Bits<32>,
    hi: Bits<32>,
    /// The tag whose address is read.
    tag: Bits<5>,
}

/// 32 tags.
#[derive(SettledBlock)]
pub struct Outstanding {
    pub clock: Signal<In, Clock>,
    /// A device TLP starts on link_tx.
    pub start: Signal<In, Bit>,
    pub header: Signal<In, TxHeader>,
    pub done: Signal<In, Bit>,
    pub done_tag: Signal<In, Bits<5>>,
    pub done_last: Signal<In, Bit>,
    pub tracking: Signal<In, Bit>,
    pub timeout: Signal<In, Bits<32>>,
    pub clear: Signal<In, Bit>,
    pub inject: Signal<In, Bits<6>>,
    pub outstanding: Signal<Out, Bits<32>>,
    pub count: Signal<Out, Bits<6>>,
    pub lost_track: Signal<Out, Bit>,
    pub timed_out: Signal<Out, Bit>,
    /// A mark is still on its way to the range table.
    pub pending: Signal<Out, Bit>,
    pub lookup: Signal<Out, Bit>,
    pub lookup_lo: Signal<Out, Bits<32>>,
    pub lookup_hi: Signal<Out, Bits<32>>,
    pub lookup_bytes: Signal<Out, Bits<13>>,
    /// A tracked write of unknown kind or with an unknown tag.
    pub incomplete: Signal<Out, Bit>,
    out: Register<Bits<32>>,
    atomic: Register<Bits<32>>,
    /// Outstanding when the present epoch began.
    aged: Register<Bits<32>>,
    expired: Register<Bits<32>>,
    number: Register<Bits<6>>,
    epoch: Register<Bits<32>>,
    scan: Register<Bits<5>>,
    lost: Register<Bit>,
    retired: Register<Retired>,
    address_lo: Ram<5>,
    address_hi: Ram<5>,
    tag: Signal<Local, Bits<8>>,
    tag5: Signal<Local, Bits<5>>,
    free_tag: Signal<Local, Bits<5>>,
    frees: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
    write_slot: Signal<Local, Bit>,
    /// Two AtomicOps wait: the address of the second one is read again.
    again: Signal<Local, Bit>,
    atomic_now: Signal<Local, Bit>,
    taken_mask: Signal<Local, Bits<32>>,
    freed_mask: Signal<Local, Bits<32>>,
    keep_mask: Signal<Local, Bits<32>>,
    /// Ages with the tick of this clock, before a request is taken back.
    aged_now: Signal<Local, Bits<32>>,
    expired_now: Signal<Local, Bits<32>>,
    #[value(1)]
    one: Constant<Bits<32>>,
    #[value(inject::ATOMIC_EARLY)]
    early_bit: Constant<Bits<6>>,
    #[value(4)]
    operand_bytes: Constant<Bits<13>>,
}

impl Logic for Outstanding {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, out, atomic, aged, expired, number, epoch, scan, lost, retired
        );
        self.address_lo.clock.next = self.clock.val();
        self.address_hi.clock.next = self.clock.val();
        self.incomplete.next = false;
        self.timed_out.next = false;

        // A request goes out.
        self.tag.next = 0.into();
        self.tag5.next = 0.into();
        self.takes.next = false;
        self.taken_mask.next = 0.into();
        self.write_slot.next = false;
        self.atomic_now.next = false;
        self.address_lo.write_enable.next = false;
        self.address_hi.write_enable.next = false;
        if self.start.val() {
            self.tag.next = self.header.val().tag;
            self.tag5.next = self.tag.val().get_bits::<5>(0);
            self.write_slot.next = self.header.val().write;
            self.incomplete.next = self.header.val().unknown & self.tracking.val();
            if self.header.val().non_posted {
                if (self.tag.val() >= 32) | self.out.q.val().get_bit(self.tag5.val().index()) {
                    self.lost.d.next = true;
                    self.incomplete.next = self.tracking.val();
                } else {
                    self.takes.next = true;
                    self.taken_mask.next = self.one.val() << self.tag5.val();
                    self.atomic_now.next = self.header.val().atomic;
                    self.address_lo.write_enable.next = true;
                    self.address_hi.write_enable.next = true;
                }
            }
        }
        self.address_lo.write_address.next = self.tag5.val();
        self.address_hi.write_address.next = self.tag5.val();
        self.address_lo.write_data.next = self.header.val().address_lo;
        self.address_hi.write_data.next = self.header.val().address_hi;

        // Time runs: what was out for a whole epoch expires, one tag a clock.
        self.epoch.d.next = self.epoch.q.val() + 1;
        self.scan.d.next = self.scan.q.val() + 1;
        self.aged_now.next = self.aged.q.val();
        self.expired_now.next = self.expired.q.val();
        if self.epoch.q.val() >= self.timeout.val() {
            self.epoch.d.next = 0.into();
            self.expired_now.next = self.expired.q.val() | (self.aged.q.val() & self.out.q.val());
            self.aged_now.next = self.out.q.val();
        }

        // One request comes back, by completion or by expiry. A completion whose request
        // has expired in the meantime takes nothing back.
        self.frees.next = false;
        self.free_tag.next = self.scan.q.val();
        if (self.done.val() & self.done_last.val())
            & self.out.q.val().get_bit(self.done_tag.val().index())
        {
            self.free_tag.next = self.done_tag.val();
            self.frees.next = true;
        } else if self.expired.q.val().get_bit(self.scan.q.val().index())
            & !self.retired.q.val().reading
            & !self.retired.q.val().waiting
        {
            self.frees.next = true;
            self.timed_out.next = true;
        }
        self.freed_mask.next = 0.into();
        if self.frees.val() {
            self.freed_mask.next = self.one.val() << self.free_tag.val();
        }
        self.keep_mask.next = !self.freed_mask.val();
        self.aged.d.next = self.aged_now.val() & self.keep_mask.val();
        self.expired.d.next = self.expired_now.val() & self.keep_mask.val();
        if self.frees.val() | self.takes.val() {
            self.out.d.next = (self.out.q.val() & self.keep_mask.val()) | self.taken_mask.val();
            self.atomic.d.next = self.atomic.q.val() & self.keep_mask.val();
            if self.atomic_now.val() {
                self.atomic.d.next =
                    (self.atomic.q.val() & self.keep_mask.val()) | self.taken_mask.val();
            }
            if self.takes.val() & !self.frees.val() {
                self.number.d.next = self.number.q.val() + 1;
            }
            if self.frees.val() & !self.takes.val() {
                self.number.d.next = self.number.q.val() - 1;
            }
        }

        // Writes first; they come at most every other clock.
        if self.atomic_now.val() & ((self.inject.val() & self.early_bit.val()).any()) {
            self.write_slot.next = true;
        }

        // The page of an AtomicOp that came back. One that waits while a write takes the slot
        // keeps its place: the next one, back in the clock after a time-out, is read again.
        self.again.next =
            self.write_slot.val() & self.retired.q.val().waiting & self.retired.q.val().reading;
        self.address_lo.read_address.next = self.free_tag.val();
        self.address_hi.read_address.next = self.free_tag.val();
        self.address_lo.peek_address.next = 0.into();
        self.address_hi.peek_address.next = 0.into();
        self.retired.d.next.reading = self.frees.val()
            & self.atomic.q.val().get_bit(self.free_tag.val().index())
            & !((self.inject.val() & self.early_bit.val()).any());
        if self.frees.val() {
            self.retired.d.next.tag = self.free_tag.val();
        }
        if self.again.val() {
            self.address_lo.read_address.next = self.retired.q.val().tag;
            self.address_hi.read_address.next = self.retired.q.val().tag;
            self.retired.d.next.reading = true;
        } else if self.retired.q.val().reading {
            self.retired.d.next.waiting = true;
            self.retired.d.next.lo = self.address_lo.read_data.val();
            self.retired.d.next.hi = self.address_hi.read_data.val();
        }

        self.lookup.next = self.write_slot.val() & self.tracking.val();
        self.lookup_lo.next = self.header.val().address_lo;
        self.lookup_hi.next = self.header.val().address_hi;
        self.lookup_bytes.next = 0.into();
        if self.write_slot.val() {
            self.lookup_bytes.next = bit_cast::<13, 10>(self.header.val().length) << 2;
            if !self.header.val().length.any() {
                self.lookup_bytes.next = 4096.into();
            }
        } else if self.retired.q.val().waiting {
            self.lookup.next = self.tracking.val();
            self.lookup_lo.next = self.retired.q.val().lo;
            self.lookup_hi.next = self.retired.q.val().hi;
            self.lookup_bytes.next = self.operand_bytes.val();
            self.retired.d.next.waiting = self.retired.q.val().reading;
        }

        if self.clear.val() {
            self.out.d.next = 0.into();
            self.atomic.d.next = 0.into();
            self.aged.d.next = 0.into();
            self.expired.d.next = 0.into();
            self.number.d.next = 0.into();
            self.lost.d.next = false;
        }
        self.outstanding.next = self.out.q.val();
        self.count.next = self.number.q.val();
        self.lost_track.next = self.lost.q.val();
        self.pending.next = self.retired.q.val().reading | self.retired.q.val().waiting;
    }
}
