//! Page requests of the device: which groups the host has not answered.
//!
//! ```text
//!  start, header              ──▶ ┌──────────────┐ ──▶ groups[32]
//!  done, done_group           ──▶ │ PageRequests │ ──▶ word: PAGE_REQUESTS
//!  clear                      ──▶ └──────────────┘
//! ```
//! | port | width | meaning |
//! |---|---|---|
//! | `start`, `header` | 1 | a device TLP starts on link_tx; a Page Request among them counts |
//! | `done`, `done_group` | 1, 5 | the device took the PRG Response of this group; only of an outstanding one |
//! | `clear` | 1 | the device is reset, or its state is being replaced: it waits for nothing |
//! | `groups` | 32 | bit g: group g is outstanding, from the clock after its start |
//! | `word` | 32 | the PAGE_REQUESTS register, in step with `groups` |
//!
//! A group is outstanding from its first Page Request to its PRG Response, which
//! answers all of it; further requests of the group change nothing. A response for a
//! group that is not outstanding changes nothing either, so the count never wraps.
//! An index above 31 cannot be followed and sets UNTRACKED until `clear`.
//!
//! This does not go into QUIESCED (I6): a request that waits for its page does no DMA,
//! and NDMA is asserted just to have these requests answered while VCPUs run (rules
//! S4, F2). Firmware looks at the word before it stops the device.
//!
//! PCI Express Base Specification 10.4.1 (page requests), 10.4.2 (their answers).

use crate::register::Register;
use crate::tx_path::TxHeader;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::bar2::page_requests;

/// 32 groups.
#[derive(SettledBlock)]
pub struct PageRequests {
    pub clock: Signal<In, Clock>,
    pub start: Signal<In, Bit>,
    pub header: Signal<In, TxHeader>,
    pub done: Signal<In, Bit>,
    pub done_group: Signal<In, Bits<5>>,
    pub clear: Signal<In, Bit>,
    pub groups: Signal<Out, Bits<32>>,
    pub word: Signal<Out, Bits<32>>,
    out: Register<Bits<32>>,
    number: Register<Bits<6>>,
    lost: Register<Bit>,
    group: Signal<Local, Bits<9>>,
    address: Signal<Local, Bits<32>>,
    takes: Signal<Local, Bit>,
    frees: Signal<Local, Bit>,
    taken_mask: Signal<Local, Bits<32>>,
    freed_mask: Signal<Local, Bits<32>>,
    keep_mask: Signal<Local, Bits<32>>,
    #[value(1)]
    one: Constant<Bits<32>>,
    #[value(page_requests::UNTRACKED)]
    untracked_bit: Constant<Bits<32>>,
}

impl Logic for PageRequests {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, out, number, lost);
        self.address.next = self.header.val().address_lo;
        self.group.next = self.address.val().get_bits::<9>(3);
        self.freed_mask.next = 0.into();
        self.frees.next = self.done.val() & self.out.q.val().get_bit(self.done_group.val().index());
        if self.frees.val() {
            self.freed_mask.next = self.one.val() << self.done_group.val();
        }
        self.keep_mask.next = !self.freed_mask.val();

        // A group that is answered in this very clock is out again if it starts again.
        self.takes.next = false;
        self.taken_mask.next = 0.into();
        if self.start.val() & self.header.val().page_request {
            if self.group.val() >= 32 {
                self.lost.d.next = true;
            } else {
                self.taken_mask.next = self.one.val() << bit_cast::<5, 9>(self.group.val());
                self.takes.next =
                    !((self.out.q.val() & self.keep_mask.val()) & self.taken_mask.val()).any();
            }
        }
        self.out.d.next = (self.out.q.val() & self.keep_mask.val()) | self.taken_mask.val();
        if self.takes.val() & !self.frees.val() {
            self.number.d.next = self.number.q.val() + 1;
        }
        if self.frees.val() & !self.takes.val() {
            self.number.d.next = self.number.q.val() - 1;
        }
        if self.clear.val() {
            self.out.d.next = 0.into();
            self.number.d.next = 0.into();
            self.lost.d.next = false;
        }

        self.groups.next = self.out.q.val();
        self.word.next = bit_cast::<32, 6>(self.number.q.val());
        if self.lost.q.val() {
            self.word.next = bit_cast::<32, 6>(self.number.q.val()) | self.untracked_bit.val();
        }
    }
}
