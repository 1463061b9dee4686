//! The way out: gate, header look-ahead, arbiter, and the event that marks pages.
//!
//! ```text
//!  dev_*  ──▶ gate ──▶ stage A ──▶ stage B ──┐
//!                                            ├─ arbiter ──▶ link_*
//!  cpl_*  ───────────────────────────────────┘     │
//!                                                  └──▶ start, header
//! ```
//!
//! | port | meaning |
//! |---|---|
//! | `dev_beat/valid/ready` | TLPs of the device: requests and its completions |
//! | `cpl_beat/valid/ready` | completions of the core's own completer |
//! | `link_beat/valid/ready` | to the PCIe core |
//! | `close` | admit no request from this very clock on |
//! | `closed` | `close`, and no admitted request is left inside (I5) |
//! | `tracking` | clear relaxed and ID-based ordering of writes and AtomicOps, and the traffic class of writes: a log read has class 0 and must push them |
//! | `start`, `header` | the first beat of a device TLP is being accepted on link_tx in this clock |
//! | `completion_out` | a device completion, the last of its request, was handed over whole |
//!
//! Contract: one beat a clock, two clocks from dev to link. A TLP is never
//! interleaved. Completions pass a closed gate. While `close` is 1 a device that
//! mixes requests and completions in one stream must offer completions first: a
//! request whose first beat was not accepted may be withdrawn. A beat offered on
//! link_tx stays until it is taken.
//!
//! The look-ahead holds a TLP's first beat until the second is there, so the
//! address is known when the TLP starts: the mark can be made at the start
//! (I1), not a stalled beat later. PCIe Base Specification 2.2 (headers), 2.4.1
//! (ordering).

use crate::beat::Beat;
use crate::inject;
use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// What the core must know of a device TLP that starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TxHeader {
    /// Address 31:0 of a request, with its two low bits.
    pub address_lo: Bits<32>,
    /// Address 63:32 of a request.
    pub address_hi: Bits<32>,
    /// Tag.
    pub tag: Bits<8>,
    /// Length field: DWs, 0 means 1024.
    pub length: Bits<10>,
    /// Memory write.
    pub write: Bit,
    /// Non-posted request.
    pub non_posted: Bit,
    /// FetchAdd, Swap or CAS.
    pub atomic: Bit,
    /// Of no known kind: a write could hide in it.
    pub unknown: Bit,
    /// Page Request Message; its page and group index are where a request has its address.
    pub page_request: Bit,
}

/// A beat with what its TLP is.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Stage {
    lo: Bits<32>,
    hi: Bits<32>,
    keep: Bits<2>,
    last: Bit,
    valid: Bit,
    first: Bit,
    request: Bit,
}

/// Where the two streams to the link stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TxFlags {
    /// The next beat of the device is inside a TLP.
    in_tlp: Bit,
    /// That TLP is a request.
    request: Bit,
    /// That TLP is the final completion of its request.
    final_completion: Bit,
    /// A TLP was offered to the link and is not finished.
    locked: Bit,
    /// It is the device's.
    device_owns: Bit,
    /// The completer was served last.
    prefer_device: Bit,
}

/// Gate, look-ahead and arbiter.
#[derive(SettledBlock)]
pub struct TxPath {
    pub clock: Signal<In, Clock>,
    pub dev_beat: Signal<In, Beat>,
    pub dev_valid: Signal<In, Bit>,
    pub dev_ready: Signal<Out, Bit>,
    pub cpl_beat: Signal<In, Beat>,
    pub cpl_valid: Signal<In, Bit>,
    pub cpl_ready: Signal<Out, Bit>,
    pub link_beat: Signal<Out, Beat>,
    pub link_valid: Signal<Out, Bit>,
    pub link_ready: Signal<In, Bit>,
    pub close: Signal<In, Bit>,
    pub closed: Signal<Out, Bit>,
    pub tracking: Signal<In, Bit>,
    pub start: Signal<Out, Bit>,
    pub header: Signal<Out, TxHeader>,
    pub completion_out: Signal<Out, Bit>,
    pub inject: Signal<In, Bits<6>>,
    a: Register<Stage>,
    b: Register<Stage>,
    b_header: Register<TxHeader>,
    flags: Register<TxFlags>,
    next_header: Signal<Local, TxHeader>,
    a_lo: Signal<Local, Bits<32>>,
    a_hi: Signal<Local, Bits<32>>,
    /// Fmt and Type of the first beat that is looked at, in place.
    kind: Signal<Local, Bits<32>>,
    dev_is_completion: Signal<Local, Bit>,
    may_start: Signal<Local, Bit>,
    b_offered: Signal<Local, Bit>,
    pick_device: Signal<Local, Bit>,
    offered: Signal<Local, Bit>,
    offered_last: Signal<Local, Bit>,
    b_leaves: Signal<Local, Bit>,
    a_moves: Signal<Local, Bit>,
    a_free: Signal<Local, Bit>,
    dev_taken: Signal<Local, Bit>,
    holds_request: Signal<Local, Bit>,
    payload_bytes: Signal<Local, Bits<13>>,
    byte_count: Signal<Local, Bits<13>>,
    #[value(0xff00_0000)]
    kind_mask: Constant<Bits<32>>,
    #[value(0x1f00_0000)]
    type_mask: Constant<Bits<32>>,
    #[value(0x4000_0000)]
    write_3dw: Constant<Bits<32>>,
    #[value(0x6000_0000)]
    write_4dw: Constant<Bits<32>>,
    #[value(0x0a00_0000)]
    type_completion: Constant<Bits<32>>,
    #[value(0x0c00_0000)]
    type_fetch_add: Constant<Bits<32>>,
    #[value(0x0d00_0000)]
    type_swap: Constant<Bits<32>>,
    #[value(0x0e00_0000)]
    type_cas: Constant<Bits<32>>,
    #[value(0x3000_0000)]
    page_kind: Constant<Bits<32>>,
    #[value(0x04)]
    page_code: Constant<Bits<32>>,
    #[value(!((1u64 << 13) | (1 << 18)) & 0xffff_ffff)]
    ordered: Constant<Bits<32>>,
    #[value(!((1u64 << 13) | (1 << 18) | (7 << 20)) & 0xffff_ffff)]
    ordered_tc0: Constant<Bits<32>>,
    #[value(inject::GATE_LEAK)]
    leak_bit: Constant<Bits<6>>,
    #[value(inject::MARK_EARLY)]
    early_bit: Constant<Bits<6>>,
    #[value(inject::STALL_TX)]
    stall_bit: Constant<Bits<6>>,
}

impl Logic for TxPath {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, a, b, b_header, flags);

        // Arbiter: a TLP that was offered keeps the link until its last beat.
        self.b_offered.next = self.b.q.val().valid
            & !((self.b.q.val().first)
                & ((self.inject.val() & self.stall_bit.val()).any())
                & !(self.flags.q.val().locked & self.flags.q.val().device_owns));
        self.pick_device.next =
            self.b_offered.val() & (!self.cpl_valid.val() | self.flags.q.val().prefer_device);
        if self.flags.q.val().locked {
            self.pick_device.next = self.flags.q.val().device_owns;
        }
        self.offered.next = self.cpl_valid.val();
        self.offered_last.next = self.cpl_beat.val().last;
        self.link_beat.next = self.cpl_beat.val();
        if self.pick_device.val() {
            self.offered.next = self.b_offered.val();
            self.offered_last.next = self.b.q.val().last;
            self.link_beat.next.lo = self.b.q.val().lo;
            self.link_beat.next.hi = self.b.q.val().hi;
            self.link_beat.next.keep = self.b.q.val().keep;
            self.link_beat.next.last = self.b.q.val().last;
        }
        self.link_valid.next = self.offered.val();
        self.cpl_ready.next = self.link_ready.val() & !self.pick_device.val();
        self.b_leaves.next = self.link_ready.val() & self.pick_device.val() & self.b_offered.val();
        if self.offered.val() {
            self.flags.d.next.locked = !(self.link_ready.val() & self.offered_last.val());
            self.flags.d.next.device_owns = self.pick_device.val();
            self.flags.d.next.prefer_device = !self.pick_device.val();
        }

        // Stage A to stage B. A first beat waits for the second, which has the address.
        self.a_moves.next = self.a.q.val().valid
            & (!self.b.q.val().valid | self.b_leaves.val())
            & (!self.a.q.val().first | self.a.q.val().last | self.dev_valid.val());
        self.a_free.next = !self.a.q.val().valid | self.a_moves.val();

        // The gate: requests are admitted at their first beat or not at all.
        self.dev_is_completion.next =
            (self.dev_beat.val().lo & self.type_mask.val()) == self.type_completion.val();
        self.may_start.next = !self.close.val()
            | self.dev_is_completion.val()
            | ((self.inject.val() & self.leak_bit.val()).any());
        self.dev_ready.next =
            self.a_free.val() & (self.flags.q.val().in_tlp | self.may_start.val());
        self.dev_taken.next = self.dev_valid.val()
            & self.a_free.val()
            & (self.flags.q.val().in_tlp | self.may_start.val());
        self.completion_out.next = false;

        if self.b_leaves.val() {
            self.b.d.next.valid = false;
        }
        self.a_lo.next = self.a.q.val().lo;
        self.a_hi.next = self.a.q.val().hi;
        self.kind.next = self.a_lo.val() & self.kind_mask.val();
        self.next_header.next = self.b_header.q.val();
        self.payload_bytes.next = 0.into();
        self.byte_count.next = 0.into();
        if self.a_moves.val() {
            self.a.d.next.valid = false;
            self.b.d.next = self.a.q.val();
            if self.a.q.val().first {
                self.next_header.next.address_hi = 0.into();
                self.next_header.next.address_lo = self.dev_beat.val().lo;
                if self.kind.val().get_bit(29) {
                    self.next_header.next.address_hi = self.dev_beat.val().lo;
                    self.next_header.next.address_lo = self.dev_beat.val().hi;
                }
                self.next_header.next.tag = self.a_hi.val().get_bits::<8>(8);
                self.next_header.next.length = self.a_lo.val().get_bits::<10>(0);
                self.next_header.next.write = (self.kind.val() == self.write_3dw.val())
                    | (self.kind.val() == self.write_4dw.val());
                self.next_header.next.atomic = self.kind.val().get_bit(30)
                    & (((self.kind.val() & self.type_mask.val()) == self.type_fetch_add.val())
                        | ((self.kind.val() & self.type_mask.val()) == self.type_swap.val())
                        | ((self.kind.val() & self.type_mask.val()) == self.type_cas.val()));
                self.next_header.next.unknown = self.kind.val().get_bit(31) | self.a.q.val().last;
                self.next_header.next.page_request = (self.kind.val() == self.page_kind.val())
                    & ((self.a_hi.val() & 0xff) == self.page_code.val())
                    & !self.a.q.val().last;
                // Posted are memory writes and messages (Type[4]).
                self.next_header.next.non_posted = self.a.q.val().request
                    & !(self.kind.val().get_bit(28)
                        | (self.kind.val() == self.write_3dw.val())
                        | (self.kind.val() == self.write_4dw.val()));
                self.b_header.d.next = self.next_header.val();
                if self.tracking.val()
                    & (self.next_header.val().write | self.next_header.val().atomic)
                {
                    self.b.d.next.lo = self.a_lo.val() & self.ordered.val();
                    if self.next_header.val().write {
                        self.b.d.next.lo = self.a_lo.val() & self.ordered_tc0.val();
                    }
                }
                // Byte Count <= payload - (Lower Address & 3): the last completion of its request.
                // 0 is the most that either field can tell, 4096 bytes.
                self.byte_count.next = bit_cast::<13, 32>(self.a_hi.val() & 0xfff);
                if !(self.a_hi.val() & 0xfff).any() {
                    self.byte_count.next = 4096.into();
                }
                self.payload_bytes.next = bit_cast::<13, 32>(self.a_lo.val() & 0x3ff) << 2;
                if !(self.a_lo.val() & 0x3ff).any() {
                    self.payload_bytes.next = 4096.into();
                }
                self.payload_bytes.next =
                    self.payload_bytes.val() - bit_cast::<13, 32>(self.dev_beat.val().lo & 3);
                self.flags.d.next.final_completion = !self.a.q.val().request
                    & (!self.kind.val().get_bit(30)
                        | ((self.byte_count.val()) <= (self.payload_bytes.val())));
            }
        }
        if self.dev_taken.val() {
            self.a.d.next.lo = self.dev_beat.val().lo;
            self.a.d.next.hi = self.dev_beat.val().hi;
            self.a.d.next.keep = self.dev_beat.val().keep;
            self.a.d.next.last = self.dev_beat.val().last;
            self.a.d.next.valid = true;
            self.a.d.next.first = !self.flags.q.val().in_tlp;
            if !self.flags.q.val().in_tlp {
                self.a.d.next.request = !self.dev_is_completion.val();
                self.flags.d.next.request = !self.dev_is_completion.val();
            }
            self.flags.d.next.in_tlp = !self.dev_beat.val().last;
        }
        if self.b_leaves.val() & self.b.q.val().last & !self.b.q.val().request {
            self.completion_out.next = self.flags.q.val().final_completion;
        }

        self.holds_request.next = (self.a.q.val().valid & self.a.q.val().request)
            | (self.b.q.val().valid & self.b.q.val().request)
            | (self.flags.q.val().in_tlp & self.flags.q.val().request);
        self.closed.next = self.close.val() & !self.holds_request.val();

        self.start.next = self.b_leaves.val() & self.b.q.val().first & self.b.q.val().request;
        self.header.next = self.b_header.q.val();
        if (self.inject.val() & self.early_bit.val()).any() {
            self.start.next = self.a_moves.val() & self.a.q.val().first & self.a.q.val().request;
            self.header.next = self.next_header.val();
        }
    }
}
