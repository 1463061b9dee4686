//! device_state: requests and answers, and what hardware holds at every instant.
//!
//! ```text
//!  host:     state_request_write, reset_write, data ──▶ ┌───────────────┐ ──▶ state, reason, status
//!  firmware: answer_write, reason_write, hold_write ──▶ │ DeviceControl │ ──▶ close, route_frozen, freeze
//!  core:     tx_closed, outstanding, marks, ...     ──▶ │               │ ──▶ device_reset, firmware_reset
//!  device:   msi_valid, msi_vector                  ──▶ └───────────────┘ ──▶ msi_out
//! ```
//! Hardware does not trust firmware with what must hold at every instant:
//! - `close` follows device_state, a pending request that demands it, and the
//!   firmware's hold, combinationally: ERROR gates in the same clock (I7).
//! - An answer "succeeded" that would commit NDMA or !RUNNING while DMA is not at
//!   rest, or !RUNNING while the device is not frozen, becomes ERROR.
//! - A request that is not answered within `watchdog` clocks ends in ERROR.
//! - In ERROR every request fails at once; only a device reset leaves it.
//! - The outcome is one of kept + failed, ERROR + failed, new + succeeded, and
//!   device_state changes in no other way (rule G4).
//!
//! Resets close the gate, wait until the device is frozen (at most four
//! completion timeouts), then pulse the device's reset for four clocks. The VMM's
//! (VFIO_DEVICE_RESET) also restarts firmware, empties the data window and sets
//! RUNNING; the guest's (function level reset) leaves the migration alone.
//!
//! Interrupts are DMA too: while the gate is closed none is let through. One that
//! was already offered to the PCIe core is held until it is taken.

use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::bar2::status;
use slackwater_regs::state::{self, Outcome, Reason, answer};

/// Where a reset stands.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ResetPhase {
    Idle,
    Quiet,
    Pulse,
}

/// The registers of device_state.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct StateRegisters {
    /// device_state, NDMA in bit 3 to RUNNING in bit 0.
    bits: Bits<4>,
    requested: Bits<4>,
    pending: Bit,
    /// The last request as it was written.
    request: Bits<32>,
    /// Outcome where the STATE register has it.
    outcome: Bits<32>,
    reason: Bits<32>,
    hold: Bits<3>,
    waited: Bits<32>,
}

/// The registers of resets, freezing and interrupts.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct HoldRegisters {
    frozen: Bit,
    /// BAR requests that the device has not answered. 255 are too many to be counted: it
    /// stays until a reset, and the device does not freeze.
    unanswered: Bits<8>,
    /// The reset is the VMM's.
    vmm: Bit,
    reset_last: Bits<32>,
    reset_waited: Bits<32>,
    pulse: Bits<2>,
    flr_served: Bit,
    msi_offered: Bit,
}

/// See the module's page.
#[derive(SettledBlock)]
pub struct DeviceControl {
    pub clock: Signal<In, Clock>,
    pub state_request_write: Signal<In, Bit>,
    pub reset_write: Signal<In, Bit>,
    pub host_data: Signal<In, Bits<32>>,
    pub watchdog: Signal<In, Bits<32>>,
    pub timeout: Signal<In, Bits<32>>,
    pub answer_write: Signal<In, Bit>,
    pub reason_write: Signal<In, Bit>,
    pub hold_write: Signal<In, Bit>,
    pub firmware_data: Signal<In, Bits<32>>,
    pub tx_closed: Signal<In, Bit>,
    pub outstanding: Signal<In, Bits<6>>,
    pub lost_track: Signal<In, Bit>,
    pub marks_pending: Signal<In, Bit>,
    pub device_rx_busy: Signal<In, Bit>,
    pub np_to_device: Signal<In, Bit>,
    pub device_completed: Signal<In, Bit>,
    pub flr: Signal<In, Bit>,
    pub msi_valid: Signal<In, Bit>,
    pub msi_ready: Signal<Out, Bit>,
    pub msi_out_valid: Signal<Out, Bit>,
    pub msi_out_ready: Signal<In, Bit>,
    pub msi_sent: Signal<Out, Bit>,
    pub state_request: Signal<Out, Bits<32>>,
    pub state: Signal<Out, Bits<32>>,
    pub reason: Signal<Out, Bits<32>>,
    pub status: Signal<Out, Bits<32>>,
    pub reset_register: Signal<Out, Bits<32>>,
    pub hold: Signal<Out, Bits<3>>,
    pub request_pending: Signal<Out, Bit>,
    pub requested: Signal<Out, Bits<4>>,
    pub present: Signal<Out, Bits<4>>,
    pub close: Signal<Out, Bit>,
    pub route_frozen: Signal<Out, Bit>,
    pub freeze: Signal<Out, Bit>,
    pub device_reset: Signal<Out, Bit>,
    pub firmware_reset: Signal<Out, Bit>,
    pub clear: Signal<Out, Bit>,
    pub flr_done: Signal<Out, Bit>,
    registers: Register<StateRegisters>,
    holds: Register<HoldRegisters>,
    phase: Register<ResetPhase>,
    bits: Signal<Local, Bits<4>>,
    request_bits: Signal<Local, Bits<4>>,
    hold_bits: Signal<Local, Bits<3>>,
    data: Signal<Local, Bits<32>>,
    last: Signal<Local, Bits<32>>,
    must_close: Signal<Local, Bit>,
    must_freeze: Signal<Local, Bit>,
    quiesced: Signal<Local, Bit>,
    resetting: Signal<Local, Bit>,
    commit_ok: Signal<Local, Bit>,
    offer: Signal<Local, Bit>,
    flags: Signal<Local, Bits<32>>,
    give_up: Signal<Local, Bits<32>>,
    #[value(0xff00_0000)]
    sequence_mask: Constant<Bits<32>>,
    #[value(state::RUNNING)]
    running: Constant<Bits<4>>,
    #[value(state::ERROR)]
    error: Constant<Bits<4>>,
    #[value(state::RESUMING | state::RUNNING)]
    resuming_running: Constant<Bits<4>>,
    #[value((Outcome::Succeeded as u32) << answer::OUTCOME_SHIFT)]
    outcome_succeeded: Constant<Bits<32>>,
    #[value((Outcome::Kept as u32) << answer::OUTCOME_SHIFT)]
    outcome_kept: Constant<Bits<32>>,
    #[value((Outcome::Error as u32) << answer::OUTCOME_SHIFT)]
    outcome_error: Constant<Bits<32>>,
    #[value(answer::OUTCOME_MASK << answer::OUTCOME_SHIFT)]
    outcome_field: Constant<Bits<32>>,
    #[value(Reason::Watchdog as u32)]
    reason_watchdog: Constant<Bits<32>>,
    #[value(Reason::InError as u32)]
    reason_in_error: Constant<Bits<32>>,
    #[value(Reason::NotQuiesced as u32)]
    reason_not_quiesced: Constant<Bits<32>>,
    #[value(answer::PENDING)]
    pending_bit: Constant<Bits<32>>,
    #[value(status::QUIESCED)]
    quiesced_bit: Constant<Bits<32>>,
    #[value(status::GATE_CLOSED)]
    closed_bit: Constant<Bits<32>>,
    #[value(status::FROZEN)]
    frozen_bit: Constant<Bits<32>>,
    #[value(status::RESETTING)]
    resetting_bit: Constant<Bits<32>>,
    #[value(status::TX_BUSY)]
    busy_bit: Constant<Bits<32>>,
    #[value(status::MARKS_PENDING)]
    marks_bit: Constant<Bits<32>>,
}

impl Logic for DeviceControl {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, registers, holds, phase);

        // What device_state, a pending request, firmware and resets demand.
        self.bits.next = self.registers.q.val().bits ^ self.running.val();
        self.request_bits.next = self.registers.q.val().requested;
        self.hold_bits.next = self.registers.q.val().hold;
        self.resetting.next = self.phase.q.val() != ResetPhase::Idle;
        self.must_freeze.next =
            !self.bits.val().get_bit(0) | self.hold_bits.val().get_bit(1) | self.resetting.val();
        self.must_close.next = self.must_freeze.val()
            | self.bits.val().get_bit(3)
            | self.hold_bits.val().get_bit(0)
            | (self.registers.q.val().pending
                & (self.request_bits.val().get_bit(3) | !self.request_bits.val().get_bit(0)));
        self.close.next = self.must_close.val();
        self.route_frozen.next = self.must_freeze.val();
        self.quiesced.next = self.tx_closed.val()
            & !self.outstanding.val().any()
            & !self.lost_track.val()
            & !self.marks_pending.val()
            & !self.holds.q.val().msi_offered;

        // Freeze once nothing is under way between host and device.
        if self.holds.q.val().unanswered != 255 {
            if self.np_to_device.val() & !self.device_completed.val() {
                self.holds.d.next.unanswered = self.holds.q.val().unanswered + 1;
            }
            if self.device_completed.val()
                & !self.np_to_device.val()
                & self.holds.q.val().unanswered.any()
            {
                self.holds.d.next.unanswered = self.holds.q.val().unanswered - 1;
            }
        }
        self.holds.d.next.frozen = self.must_freeze.val()
            & (self.holds.q.val().frozen
                | (self.quiesced.val()
                    & !self.device_rx_busy.val()
                    & !self.np_to_device.val()
                    & !self.holds.q.val().unanswered.any()));
        self.freeze.next = self.holds.q.val().frozen & (self.phase.q.val() != ResetPhase::Pulse);

        // Interrupts pass an open gate; one that was offered stays.
        self.offer.next =
            self.msi_valid.val() & (!self.must_close.val() | self.holds.q.val().msi_offered);
        self.msi_out_valid.next = self.offer.val();
        self.msi_ready.next = self.offer.val() & self.msi_out_ready.val();
        self.msi_sent.next = self.offer.val() & self.msi_out_ready.val();
        self.holds.d.next.msi_offered = self.offer.val() & !self.msi_out_ready.val();

        // Firmware's writes.
        self.data.next = 0.into();
        self.commit_ok.next = false;
        if self.reason_write.val() {
            self.registers.d.next.reason = self.firmware_data.val();
        }
        if self.hold_write.val() {
            self.registers.d.next.hold = bit_cast::<3, 32>(self.firmware_data.val());
        }
        if self.registers.q.val().pending {
            self.registers.d.next.waited = self.registers.q.val().waited + 1;
            if self.answer_write.val() {
                self.data.next = self.firmware_data.val() & self.outcome_field.val();
                self.commit_ok.next = (((self.request_bits.val() & self.error.val())
                    != self.error.val())
                    & ((self.request_bits.val() & self.resuming_running.val())
                        != self.resuming_running.val()))
                    & ((self.request_bits.val().get_bit(0) & !self.request_bits.val().get_bit(3))
                        | self.quiesced.val())
                    & (self.request_bits.val().get_bit(0)
                        | (self.holds.q.val().frozen & self.must_freeze.val()));
                self.registers.d.next.pending = false;
                self.registers.d.next.outcome = self.data.val();
                if self.data.val() == self.outcome_succeeded.val() {
                    if self.commit_ok.val() {
                        self.registers.d.next.bits =
                            self.registers.q.val().requested ^ self.running.val();
                    } else {
                        self.registers.d.next.bits = self.error.val() ^ self.running.val();
                        self.registers.d.next.outcome = self.outcome_error.val();
                        self.registers.d.next.reason = self.reason_not_quiesced.val();
                    }
                } else if self.data.val() != self.outcome_kept.val() {
                    self.registers.d.next.bits = self.error.val() ^ self.running.val();
                    self.registers.d.next.outcome = self.outcome_error.val();
                }
            } else if self.registers.q.val().waited >= self.watchdog.val() {
                self.registers.d.next.pending = false;
                self.registers.d.next.bits = self.error.val() ^ self.running.val();
                self.registers.d.next.outcome = self.outcome_error.val();
                self.registers.d.next.reason = self.reason_watchdog.val();
            }
        }

        // The host's requests.
        self.last.next = self.registers.q.val().request;
        if self.state_request_write.val()
            & !self.registers.q.val().pending
            & !self.resetting.val()
            & ((self.host_data.val() & self.sequence_mask.val())
                != (self.last.val() & self.sequence_mask.val()))
        {
            self.registers.d.next.request = self.host_data.val();
            self.registers.d.next.requested = bit_cast::<4, 32>(self.host_data.val());
            self.registers.d.next.waited = 0.into();
            if self.bits.val() == self.error.val() {
                self.registers.d.next.outcome = self.outcome_error.val();
                self.registers.d.next.reason = self.reason_in_error.val();
            } else {
                self.registers.d.next.pending = true;
                self.registers.d.next.reason = 0.into();
            }
        }

        // Resets.
        self.device_reset.next = false;
        self.firmware_reset.next = false;
        self.clear.next = false;
        self.flr_done.next = false;
        self.give_up.next = 0.into();
        if !self.flr.val() {
            self.holds.d.next.flr_served = false;
        }
        match self.phase.q.val() {
            ResetPhase::Idle => {
                if self.reset_write.val()
                    & ((self.host_data.val() & self.sequence_mask.val())
                        != self.holds.q.val().reset_last)
                {
                    self.holds.d.next.reset_last = self.host_data.val() & self.sequence_mask.val();
                    self.holds.d.next.vmm = true;
                    self.holds.d.next.reset_waited = 0.into();
                    self.phase.d.next = ResetPhase::Quiet;
                } else if self.flr.val() & !self.holds.q.val().flr_served {
                    self.holds.d.next.vmm = false;
                    self.holds.d.next.reset_waited = 0.into();
                    self.phase.d.next = ResetPhase::Quiet;
                }
            }
            ResetPhase::Quiet => {
                self.give_up.next = self.timeout.val() << 2;
                self.holds.d.next.reset_waited = self.holds.q.val().reset_waited + 1;
                self.holds.d.next.pulse = 0.into();
                if self.holds.q.val().frozen
                    | (self.holds.q.val().reset_waited >= self.give_up.val())
                {
                    self.phase.d.next = ResetPhase::Pulse;
                }
            }
            ResetPhase::Pulse => {
                self.device_reset.next = true;
                self.clear.next = true;
                self.firmware_reset.next = self.holds.q.val().vmm;
                self.holds.d.next.unanswered = 0.into();
                self.holds.d.next.pulse = self.holds.q.val().pulse + 1;
                if self.holds.q.val().pulse == 3 {
                    self.phase.d.next = ResetPhase::Idle;
                    if self.holds.q.val().vmm {
                        self.registers.d.next.bits = 0.into();
                        self.registers.d.next.pending = false;
                        self.registers.d.next.hold = 0.into();
                        self.registers.d.next.outcome = 0.into();
                        self.registers.d.next.reason = 0.into();
                    } else {
                        self.flr_done.next = true;
                        self.holds.d.next.flr_served = true;
                    }
                }
            }
        }

        // What the host and firmware see.
        self.state_request.next = self.last.val();
        self.flags.next = (self.last.val() & self.sequence_mask.val())
            | self.registers.q.val().outcome
            | bit_cast::<32, 4>(self.bits.val());
        if self.registers.q.val().pending {
            self.flags.next = self.flags.val() | self.pending_bit.val();
        }
        self.state.next = self.flags.val();
        self.reason.next = self.registers.q.val().reason;
        self.reset_register.next = self.holds.q.val().reset_last;
        self.flags.next = 0.into();
        if self.quiesced.val() {
            self.flags.next = self.flags.val() | self.quiesced_bit.val();
        }
        if self.tx_closed.val() {
            self.flags.next = self.flags.val() | self.closed_bit.val();
        } else if self.must_close.val() {
            self.flags.next = self.flags.val() | self.busy_bit.val();
        }
        if self.holds.q.val().frozen {
            self.flags.next = self.flags.val() | self.frozen_bit.val();
        }
        if self.resetting.val() {
            self.flags.next = self.flags.val() | self.resetting_bit.val();
            if self.holds.q.val().vmm {
                self.reset_register.next = self.holds.q.val().reset_last | 1;
            }
        }
        if self.marks_pending.val() {
            self.flags.next = self.flags.val() | self.marks_bit.val();
        }
        if self.outstanding.val().any() {
            self.flags.next = self.flags.val() | (bit_cast::<32, 6>(self.outstanding.val()) << 8);
        }
        self.status.next = self.flags.val();
        self.hold.next = self.registers.q.val().hold;
        self.request_pending.next = self.registers.q.val().pending;
        self.requested.next = self.registers.q.val().requested;
        self.present.next = self.bits.val();
    }
}
