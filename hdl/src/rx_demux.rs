//! Sends each received TLP to the device, to the completer, or nowhere.
//!
//! ```text
//!                        ┌─────────┐──▶ dev_beat, dev_valid, dev_bar   ◀── dev_ready
//!  rx_beat, rx_valid ──▶ │ RxDemux │
//!  rx_bar, rx_ready  ◀── │  1 reg  │──▶ job_beat, job_valid, job_first,
//!                        └─────────┘    job_frozen                     ◀── job_ready
//! ```
//! | TLP | goes to |
//! |---|---|
//! | completion with an outstanding tag | device, poisoned or not, `dev_bar` 0 |
//! | completion with another tag | nowhere, `unexpected` |
//! | PRG Response with an outstanding group index | device, `dev_bar` 0 |
//! | PRG Response with another index, or while `route_frozen` | nowhere, `unexpected` |
//! | request that hits BAR2 | completer, `job_frozen` 0 |
//! | request that hits another BAR | device; if `route_frozen`, completer with `job_frozen` 1 |
//! | poisoned memory write, other message, no BAR hit, cut short in its header | nowhere, `malformed` |
//!
//! Contract
//! - One register stage, one beat per clock as long as the sink is ready. The
//!   block waits for `dev_ready` and `job_ready` only. Valid, once raised, stays
//!   until ready, with the beat unchanged.
//! - `route_frozen` is sampled when the first beat of a TLP is accepted. From
//!   the next clock until the device has taken the last beat, `dev_busy` is 1.
//! - The tag of a completion is in its second beat, so its first beat is held
//!   until the second is there. `outstanding` is looked at once, in that clock;
//!   likewise `page_groups` for a PRG Response, whose second beat must be its last.
//! - `page_response` is 1 in the clock in which the device takes the last beat of a
//!   PRG Response; `completion_tag` is its group index.
//! - `completion` is 1 in the clock in which the device takes the last beat of a
//!   completion (not earlier: whatever waits for it may rely on the data being
//!   there). `completion_last` says that nothing follows for this request. The
//!   tag may have timed out since its completion began.
//! - `np_to_device`, `malformed` and `unexpected` come one clock after the beat
//!   that decided, once per TLP.
//! - A TLP ends at `last`, whatever its header says.
//!
//! Tests: `tests/rx_demux.rs`. PCI Express Base Specification 2.2.1 (header
//! fields), 2.2.9 (completions), 2.3.2 (byte count), 10.4.2 (PRG Response Message).

// Verilog ranks operators otherwise than Rust: every expression in a kernel has its parentheses.
#![allow(unused_parens)]

use crate::beat::Beat;
use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// The register stage: one beat, and where its TLP goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RxStage {
    beat: Beat,
    bar: Bits<8>,
    valid: Bit,
    first: Bit,
    to_device: Bit,
    frozen: Bit,
    completion: Bit,
    /// The beat is the first of a completion whose tag has not been seen yet.
    checking: Bit,
    tag: Bits<5>,
    completion_last: Bit,
    /// The next beat on rx belongs to the present TLP.
    in_tlp: Bit,
    /// The rest of the present TLP is dropped.
    drop: Bit,
    np: Bit,
    malformed: Bit,
    unexpected: Bit,
    /// A PRG Response, not a completion.
    response: Bit,
}

/// See the module's page.
#[derive(SettledBlock, Default)]
pub struct RxDemux {
    /// Clock of all ports.
    pub clock: Signal<In, Clock>,
    /// Beat from the PCIe core.
    pub rx_beat: Signal<In, Beat>,
    /// A beat is offered.
    pub rx_valid: Signal<In, Bit>,
    /// BARs that the offered beat's TLP hits; 0 for completions.
    pub rx_bar: Signal<In, Bits<8>>,
    /// The offered beat is taken.
    pub rx_ready: Signal<Out, Bit>,
    /// Beat to the device.
    pub dev_beat: Signal<Out, Beat>,
    /// A beat is offered to the device.
    pub dev_valid: Signal<Out, Bit>,
    /// BARs that the TLP hits; 0 for completions.
    pub dev_bar: Signal<Out, Bits<8>>,
    /// The device takes the beat.
    pub dev_ready: Signal<In, Bit>,
    /// Beat to the completer.
    pub job_beat: Signal<Out, Beat>,
    /// A beat is offered to the completer.
    pub job_valid: Signal<Out, Bit>,
    /// First beat of its TLP.
    pub job_first: Signal<Out, Bit>,
    /// The request is for a BAR of the frozen device, not for BAR2.
    pub job_frozen: Signal<Out, Bit>,
    /// The completer takes the beat.
    pub job_ready: Signal<In, Bit>,
    /// New requests for the device's BARs go to the completer.
    pub route_frozen: Signal<In, Bit>,
    /// Bit t: the device has a non-posted request with tag t outstanding.
    pub outstanding: Signal<In, Bits<32>>,
    /// Bit g: the device has page requests of group g outstanding.
    pub page_groups: Signal<In, Bits<32>>,
    /// A TLP for the device is held or partly delivered.
    pub dev_busy: Signal<Out, Bit>,
    /// The device took the last beat of a completion.
    pub completion: Signal<Out, Bit>,
    /// The device took the last beat of a PRG Response.
    pub page_response: Signal<Out, Bit>,
    /// Tag of the completion, or group index of the PRG Response.
    pub completion_tag: Signal<Out, Bits<5>>,
    /// It was the final completion of its request, or has an error status.
    pub completion_last: Signal<Out, Bit>,
    /// A non-posted request was routed to the device.
    pub np_to_device: Signal<Out, Bit>,
    /// A TLP was dropped because it is malformed, poisoned or of no use.
    pub malformed: Signal<Out, Bit>,
    /// A completion or PRG Response was dropped because nothing waits for it.
    pub unexpected: Signal<Out, Bit>,
    stage: Register<RxStage>,
    /// The second beat of a completion or PRG Response has no use.
    bad_second: Signal<Local, Bit>,
    /// It has, but nothing waits for its tag or group index.
    stranger: Signal<Local, Bit>,
    /// The register stage can take a beat at the end of this clock.
    free: Signal<Local, Bit>,
}

impl Logic for RxDemux {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, stage);
        self.stage.d.next.np = false;
        self.stage.d.next.malformed = false;
        self.stage.d.next.unexpected = false;
        self.np_to_device.next = self.stage.q.val().np;
        self.malformed.next = self.stage.q.val().malformed;
        self.unexpected.next = self.stage.q.val().unexpected;
        self.dev_beat.next = self.stage.q.val().beat;
        self.dev_bar.next = self.stage.q.val().bar;
        self.job_beat.next = self.stage.q.val().beat;
        self.job_first.next = self.stage.q.val().first;
        self.job_frozen.next = self.stage.q.val().frozen;
        self.completion_tag.next = self.stage.q.val().tag;
        self.completion_last.next = self.stage.q.val().completion_last;
        self.completion.next = false;
        self.page_response.next = false;
        self.dev_valid.next = false;
        self.job_valid.next = false;
        self.dev_busy.next = self.stage.q.val().to_device
            & (self.stage.q.val().valid | (self.stage.q.val().in_tlp & (!self.stage.q.val().drop)));

        // The second beat of a completion has the tag in 15:8 of its first DW, that of a PRG
        // Response the group index in 8:0 and nothing behind its header.
        self.bad_second.next = ((self.rx_beat.val().keep & 1) == 0);
        self.stranger.next = (((self.rx_beat.val().lo & 0xE000) != 0)
            | (!self
                .outstanding
                .val()
                .get_bit(bit_cast::<5, 32>(self.rx_beat.val().lo >> 8).index())));
        if (self.stage.q.val().response) {
            self.bad_second.next =
                (((self.rx_beat.val().keep & 3) != 3) | (!self.rx_beat.val().last));
            self.stranger.next = (((self.rx_beat.val().lo & 0x1E0) != 0)
                | (!self
                    .page_groups
                    .val()
                    .get_bit(bit_cast::<5, 32>(self.rx_beat.val().lo).index())));
        }

        // The held beat leaves.
        self.free.next = false;
        if (!self.stage.q.val().valid) {
            self.free.next = true;
        } else if (self.stage.q.val().checking) {
            if (self.rx_valid.val()) {
                if (self.bad_second.val()) {
                    self.stage.d.next.valid = false;
                    self.stage.d.next.malformed = true;
                } else if (self.stranger.val()) {
                    self.stage.d.next.valid = false;
                    self.stage.d.next.unexpected = true;
                } else {
                    // From the next clock on this is a beat like any other.
                    self.dev_valid.next = true;
                    self.free.next = self.dev_ready.val();
                    self.stage.d.next.checking = false;
                    self.stage.d.next.tag = bit_cast::<5, 32>(self.rx_beat.val().lo >> 8);
                    if (self.stage.q.val().response) {
                        self.stage.d.next.tag = bit_cast::<5, 32>(self.rx_beat.val().lo);
                    }
                    self.stage.d.next.completion_last = false;
                    if (((self.dev_beat.val().lo & 0x4000_0000) == 0)
                        | ((self.dev_beat.val().hi & 0xE000) != 0))
                    {
                        // No data, or a status other than Successful Completion.
                        self.stage.d.next.completion_last = true;
                    } else if ((self.dev_beat.val().hi & 0xFFF) == 0) {
                        // Byte Count 4096: only 1024 DWs from an aligned byte on are all of it.
                        self.stage.d.next.completion_last = ((self.dev_beat.val().lo & 0x3FF) == 0)
                            & ((self.rx_beat.val().lo & 3) == 0);
                    } else if ((self.dev_beat.val().lo & 0x3FF) == 0) {
                        self.stage.d.next.completion_last = (((self.dev_beat.val().hi & 0xFFF)
                            + (self.rx_beat.val().lo & 3))
                            <= 4096);
                    } else {
                        self.stage.d.next.completion_last = (((self.dev_beat.val().hi & 0xFFF)
                            + (self.rx_beat.val().lo & 3))
                            <= ((self.dev_beat.val().lo & 0x3FF) << 2));
                    }
                }
            }
        } else if (self.stage.q.val().to_device) {
            self.dev_valid.next = true;
            self.free.next = self.dev_ready.val();
            self.completion.next =
                self.dev_ready.val() & self.stage.q.val().completion & self.dev_beat.val().last;
            self.page_response.next =
                self.dev_ready.val() & self.stage.q.val().response & self.dev_beat.val().last;
        } else {
            self.job_valid.next = true;
            self.free.next = self.job_ready.val();
        }

        // The next beat comes in.
        self.rx_ready.next = self.free.val();
        if (self.free.val()) {
            self.stage.d.next.valid = false;
        }
        if (self.stage.q.val().in_tlp & self.stage.q.val().drop) {
            self.rx_ready.next = true;
            if (self.rx_valid.val()) {
                self.stage.d.next.in_tlp = (!self.rx_beat.val().last);
            }
        } else if (self.rx_valid.val()
            & self.stage.q.val().valid
            & self.stage.q.val().checking
            & (!self.dev_valid.val()))
        {
            // The completion or PRG Response is dropped, this beat with it.
            self.rx_ready.next = true;
            self.stage.d.next.in_tlp = (!self.rx_beat.val().last);
            self.stage.d.next.drop = true;
        } else if (self.rx_valid.val() & self.free.val()) {
            self.stage.d.next.beat = self.rx_beat.val();
            self.stage.d.next.first = (!self.stage.q.val().in_tlp);
            self.stage.d.next.in_tlp = (!self.rx_beat.val().last);
            self.stage.d.next.valid = true;
            if (!self.stage.q.val().in_tlp) {
                self.stage.d.next.drop = false;
                self.stage.d.next.bar = self.rx_bar.val();
                self.stage.d.next.frozen = ((self.rx_bar.val() & 4) == 0);
                self.stage.d.next.to_device =
                    (((self.rx_bar.val() & 4) == 0) & (!self.route_frozen.val()));
                self.stage.d.next.completion = false;
                self.stage.d.next.response = false;
                self.stage.d.next.checking = false;
                if (self.rx_beat.val().last) {
                    // No TLP has fewer than three DWs.
                    self.stage.d.next.valid = false;
                    self.stage.d.next.malformed = true;
                } else if ((self.rx_beat.val().lo & 0xBE00_0000_u64) == 0x0A00_0000) {
                    // Cpl, CplD, CplLk, CplDLk.
                    self.stage.d.next.bar = 0.into();
                    self.stage.d.next.to_device = true;
                    self.stage.d.next.completion = true;
                    self.stage.d.next.checking = true;
                } else if (((self.rx_beat.val().lo & 0xFF00_0000_u64) == 0x3200_0000)
                    & ((self.rx_beat.val().hi & 0xFF) == 5))
                {
                    // PRG Response: a stopped device has no use for it.
                    self.stage.d.next.bar = 0.into();
                    if (self.route_frozen.val()) {
                        self.stage.d.next.valid = false;
                        self.stage.d.next.drop = true;
                        self.stage.d.next.unexpected = true;
                    } else {
                        self.stage.d.next.to_device = true;
                        self.stage.d.next.response = true;
                        self.stage.d.next.checking = true;
                    }
                } else if ((self.rx_bar.val() == 0)
                    | ((self.rx_beat.val().lo & 0xDF00_4000_u64) == 0x4000_4000))
                {
                    // Nobody's request, or a poisoned memory write.
                    self.stage.d.next.valid = false;
                    self.stage.d.next.drop = true;
                    self.stage.d.next.malformed = true;
                } else if ((self.rx_beat.val().lo & 0xDF00_0000_u64) == 0x4000_0000) {
                    // MWr: posted.
                    self.stage.d.next.np = false;
                } else if (((self.rx_beat.val().lo & 0xDE00_0000_u64) == 0x0000_0000)
                    | ((self.rx_beat.val().lo & 0xBF00_0000_u64) == 0x0200_0000)
                    | ((self.rx_beat.val().lo & 0xDE00_0000_u64) == 0x4C00_0000)
                    | ((self.rx_beat.val().lo & 0xDF00_0000_u64) == 0x4E00_0000))
                {
                    // MRd and MRdLk; IORd and IOWr; FetchAdd and Swap; CAS.
                    self.stage.d.next.np =
                        (((self.rx_bar.val() & 4) == 0) & (!self.route_frozen.val()));
                } else {
                    self.stage.d.next.valid = false;
                    self.stage.d.next.drop = true;
                    self.stage.d.next.malformed = true;
                }
            }
        }
    }
}
