//! From an IOVA to a bit of the log: the range table.
//!
//! ```text
//!  lookup, lookup_lo[32], lookup_hi[32], lookup_bytes[13] ──▶ ┌────────────┐ ──▶ mark, mark_word[15], mark_bit[5]
//!                                                             │ RangeTable │ ──▶ outside, incomplete
//!  write, write_field[2], index[3], write_data ──▶            └────────────┘ ──▶ read_data[32]
//! ```
//! Contract: one lookup a clock; the answer comes three clocks later, as just one
//! of `mark`, `outside` (in no range: counted) or `incomplete` (the log cannot
//! hold it, or the access crosses a 4 KiB boundary, which PCIe forbids: I12).
//! Ranges are byte ranges with their own page shift; the lowest range that
//! contains the address counts. `busy` is 1 while a lookup is inside.
//! Fields of a range: `slackwater_regs::bar2::RANGE_*`. All but CONFIG are read-only
//! while the range is enabled, so an entry never changes while it is in use.

use crate::config::LOG_PAGES_LOG2;
use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::bar2::range_config;
use slackwater_regs::{MAX_PAGE_SHIFT, MIN_PAGE_SHIFT};

/// One range. The length is kept in bytes, as two words.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RangeEntry {
    base_lo: Bits<32>,
    base_hi: Bits<32>,
    bytes_lo: Bits<32>,
    bytes_hi: Bits<12>,
    offset: Bits<15>,
    shift: Bits<5>,
    enable: Bit,
}

/// A lookup on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Lookup {
    valid: Bit,
    lo: Bits<32>,
    hi: Bits<32>,
    crosses: Bit,
}

/// What the table said.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Match {
    valid: Bit,
    hit: Bit,
    crosses: Bit,
    rel_lo: Bits<32>,
    rel_hi: Bits<12>,
    offset: Bits<15>,
    shift: Bits<5>,
}

/// A bit of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LogBit {
    mark: Bit,
    outside: Bit,
    incomplete: Bit,
    word: Bits<15>,
    bit_index: Bits<5>,
}

/// Eight ranges.
#[derive(SettledBlock)]
pub struct RangeTable {
    pub clock: Signal<In, Clock>,
    pub lookup: Signal<In, Bit>,
    pub lookup_lo: Signal<In, Bits<32>>,
    pub lookup_hi: Signal<In, Bits<32>>,
    pub lookup_bytes: Signal<In, Bits<13>>,
    pub mark: Signal<Out, Bit>,
    pub mark_word: Signal<Out, Bits<15>>,
    pub mark_bit: Signal<Out, Bits<5>>,
    pub outside: Signal<Out, Bit>,
    pub incomplete: Signal<Out, Bit>,
    pub busy: Signal<Out, Bit>,
    pub write: Signal<In, Bit>,
    pub read: Signal<In, Bit>,
    pub index: Signal<In, Bits<3>>,
    pub field: Signal<In, Bits<2>>,
    pub write_data: Signal<In, Bits<32>>,
    pub read_data: Signal<Out, Bits<32>>,
    entry0: Register<RangeEntry>,
    entry1: Register<RangeEntry>,
    entry2: Register<RangeEntry>,
    entry3: Register<RangeEntry>,
    entry4: Register<RangeEntry>,
    entry5: Register<RangeEntry>,
    entry6: Register<RangeEntry>,
    entry7: Register<RangeEntry>,
    asked: Register<Lookup>,
    matched: Register<Match>,
    found: Register<LogBit>,
    end_in_page: Signal<Local, Bits<14>>,
    lo0: Signal<Local, Bits<32>>,
    hi0: Signal<Local, Bits<32>>,
    lo1: Signal<Local, Bits<32>>,
    hi1: Signal<Local, Bits<32>>,
    lo2: Signal<Local, Bits<32>>,
    hi2: Signal<Local, Bits<32>>,
    lo3: Signal<Local, Bits<32>>,
    hi3: Signal<Local, Bits<32>>,
    lo4: Signal<Local, Bits<32>>,
    hi4: Signal<Local, Bits<32>>,
    lo5: Signal<Local, Bits<32>>,
    hi5: Signal<Local, Bits<32>>,
    lo6: Signal<Local, Bits<32>>,
    hi6: Signal<Local, Bits<32>>,
    lo7: Signal<Local, Bits<32>>,
    hi7: Signal<Local, Bits<32>>,
    hit: Signal<Local, Bit>,
    page_index: Signal<Local, Bits<32>>,
    back_shift: Signal<Local, Bits<6>>,
    word: Signal<Local, Bits<32>>,
    data: Signal<Local, Bits<32>>,
    new_shift: Signal<Local, Bits<5>>,
    #[value(0xffff_f000)]
    page_mask: Constant<Bits<32>>,
    #[value(range_config::ENABLE)]
    enable_bit: Constant<Bits<32>>,
    #[value(MIN_PAGE_SHIFT)]
    min_shift: Constant<Bits<5>>,
    #[value(MAX_PAGE_SHIFT)]
    max_shift: Constant<Bits<5>>,
    #[value(0)]
    field_lo: Constant<Bits<2>>,
    #[value(1)]
    field_hi: Constant<Bits<2>>,
    #[value(2)]
    field_units: Constant<Bits<2>>,
    #[value(32)]
    width: Constant<Bits<6>>,
    #[value(1u64 << (LOG_PAGES_LOG2 - 5))]
    log_words: Constant<Bits<32>>,
}

/// RustHDL's loops cannot reach into structs, so the eight entries are unrolled here.
macro_rules! range_table_logic {
    ($(($entry:ident, $lo:ident, $hi:ident, $id:tt)),*) => {
impl Logic for RangeTable {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, asked, matched, found);

        // Clock 1: take the address.
        self.asked.d.next.valid = self.lookup.val();
        self.end_in_page.next = 0.into();
        if self.lookup.val() {
            self.asked.d.next.lo = self.lookup_lo.val() & self.page_mask.val();
            self.asked.d.next.hi = self.lookup_hi.val();
            self.end_in_page.next = bit_cast::<14, 32>(self.lookup_lo.val() & 0xffc)
                + bit_cast::<14, 13>(self.lookup_bytes.val());
            self.asked.d.next.crosses = (self.end_in_page.val()) > 0x1000;
        }

        // Clock 2: compare with every range. rel = address - base as 64 bits.
        self.matched.d.next.valid = self.asked.q.val().valid;
        self.matched.d.next.hit = false;
        self.hit.next = false;
        self.matched.d.next.crosses = self.asked.q.val().crosses;
        $(
            self.$entry.clock.next = self.clock.val();
            self.$entry.d.next = self.$entry.q.val();
            self.$lo.next = 0.into();
            self.$hi.next = 0.into();
        )*
        if self.asked.q.val().valid {
            $(
                self.$lo.next = self.asked.q.val().lo - self.$entry.q.val().base_lo;
                self.$hi.next = self.asked.q.val().hi - self.$entry.q.val().base_hi;
                if self.asked.q.val().lo < self.$entry.q.val().base_lo {
                    self.$hi.next = (self.asked.q.val().hi
                        - self.$entry.q.val().base_hi)
                        - 1;
                }
                if !self.hit.val()
                    & self.$entry.q.val().enable
                    & ((self.$hi.val()
                        < bit_cast::<32, 12>(self.$entry.q.val().bytes_hi))
                        | ((self.$hi.val()
                            == bit_cast::<32, 12>(self.$entry.q.val().bytes_hi))
                            & (self.$lo.val() < self.$entry.q.val().bytes_lo)))
                {
                    self.hit.next = true;
                    self.matched.d.next.hit = true;
                    self.matched.d.next.rel_lo = self.$lo.val();
                    self.matched.d.next.rel_hi = bit_cast::<12, 32>(self.$hi.val());
                    self.matched.d.next.offset = self.$entry.q.val().offset;
                    self.matched.d.next.shift = self.$entry.q.val().shift;
                }
            )*
        }

        // Clock 3: page index in the range, then word and bit of the log.
        self.found.d.next.mark = false;
        self.found.d.next.outside = false;
        self.found.d.next.incomplete = false;
        self.page_index.next = 0.into();
        self.back_shift.next = 0.into();
        self.word.next = 0.into();
        if self.matched.q.val().valid {
            self.back_shift.next =
                self.width.val() - bit_cast::<6, 5>(self.matched.q.val().shift);
            self.page_index.next = (self.matched.q.val().rel_lo >> self.matched.q.val().shift)
                | (bit_cast::<32, 12>(self.matched.q.val().rel_hi) << self.back_shift.val());
            self.word.next = (self.page_index.val() >> 5)
                + bit_cast::<32, 15>(self.matched.q.val().offset);
            self.found.d.next.word = self.word.val().get_bits::<15>(0);
            self.found.d.next.bit_index = self.page_index.val().get_bits::<5>(0);
            if self.matched.q.val().crosses {
                self.found.d.next.incomplete = true;
            } else if !self.matched.q.val().hit {
                self.found.d.next.outside = true;
            } else if self.word.val() >= self.log_words.val() {
                self.found.d.next.incomplete = true;
            } else {
                self.found.d.next.mark = true;
            }
        }
        self.mark.next = self.found.q.val().mark;
        self.mark_word.next = self.found.q.val().word;
        self.mark_bit.next = self.found.q.val().bit_index;
        self.outside.next = self.found.q.val().outside;
        self.incomplete.next = self.found.q.val().incomplete;
        self.busy.next =
            self.asked.q.val().valid | self.matched.q.val().valid | self.found.q.val().mark;

        // The registers of the ranges.
        self.new_shift.next = 0.into();
        self.data.next = 0.into();
        if self.write.val() {
            self.data.next = self.write_data.val();
            self.new_shift.next = self.data.val().get_bits::<5>(24);
            $(
                if self.index.val() == $id {
                    if self.field.val() == self.field_lo.val() {
                        if !self.$entry.q.val().enable {
                            self.$entry.d.next.base_lo = self.data.val() & self.page_mask.val();
                        }
                    } else if self.field.val() == self.field_hi.val() {
                        if !self.$entry.q.val().enable {
                            self.$entry.d.next.base_hi = self.data.val();
                        }
                    } else if self.field.val() == self.field_units.val() {
                        if !self.$entry.q.val().enable {
                            self.$entry.d.next.bytes_lo = self.data.val() << 12;
                            self.$entry.d.next.bytes_hi = self.data.val().get_bits::<12>(20);
                        }
                    } else if self.$entry.q.val().enable {
                        // An enabled range can only be disabled.
                        self.$entry.d.next.enable = self.data.val().get_bit(31);
                    } else {
                        self.$entry.d.next.offset = self.data.val().get_bits::<15>(0);
                        self.$entry.d.next.shift = self.new_shift.val();
                        self.$entry.d.next.enable = self.data.val().get_bit(31)
                            & (self.new_shift.val() >= self.min_shift.val())
                            & (self.new_shift.val() <= self.max_shift.val());
                    }
                }
            )*
        }
        self.read_data.next = 0.into();
        if self.read.val() {
            $(
                if self.index.val() == $id {
                    if self.field.val() == self.field_lo.val() {
                        self.read_data.next = self.$entry.q.val().base_lo;
                    } else if self.field.val() == self.field_hi.val() {
                        self.read_data.next = self.$entry.q.val().base_hi;
                    } else if self.field.val() == self.field_units.val() {
                        self.read_data.next = (self.$entry.q.val().bytes_lo >> 12)
                            | (bit_cast::<32, 12>(self.$entry.q.val().bytes_hi) << 20);
                    } else {
                        self.read_data.next = bit_cast::<32, 15>(self.$entry.q.val().offset)
                            | (bit_cast::<32, 5>(self.$entry.q.val().shift) << 24);
                        if self.$entry.q.val().enable {
                            self.read_data.next = bit_cast::<32, 15>(self.$entry.q.val().offset)
                                | (bit_cast::<32, 5>(self.$entry.q.val().shift) << 24)
                                | self.enable_bit.val();
                        }
                    }
                }
            )*
        }
    }
}
    };
}

range_table_logic!(
    (entry0, lo0, hi0, 0),
    (entry1, lo1, hi1, 1),
    (entry2, lo2, hi2, 2),
    (entry3, lo3, hi3, 3),
    (entry4, lo4, hi4, 4),
    (entry5, lo5, hi5, 5),
    (entry6, lo6, hi6, 6),
    (entry7, lo7, hi7, 7)
);
