//! The core: everything between a device's DMA engine and its PCIe core.
//!
//! ```text
//!                ┌──────────────────────────── Core ────────────────────────────┐
//!  dev_tx_*  ──▶ │ TxPath: gate, look-ahead ─────────────────▶ arbiter          │ ──▶ link_tx_*
//!                │    │ start      ▲ close           completions ▲              │
//!                │    ▼            │                             │              │
//!                │ Outstanding   DeviceControl   Completer ──────┘              │
//!                │    │ lookup      ▲  │           ▲  │ local bus               │
//!                │    ▼             │  │ freeze    │  ▼                         │
//!                │ RangeTable       │  │           │ Registers                  │
//!                │    │ mark        │  │           │                            │
//!                │    ▼             │  ▼           │                            │
//!  dev_rx_*  ◀── │ Bitmap ◀▶ Snapshot     RxDemux ─┘ ◀──────────────────────────│ ◀── link_rx_*
//!  state_*   ◀─▶ │ ControlBus, FirmwareStatus, internal Bitmap                  │ ◀─▶ ctl_*
//!                └──────────────────────────────────────────────────────────────┘
//! ```
//! Ports towards the PCIe core: `link_tx_*`, `link_rx_*` (7-series AXIS: raw TLP,
//! 64 bits), `requester_id`, `msi_*`, `flr`. Towards the device: `dev_tx_*`,
//! `dev_rx_*`, `dev_msi_*`, the state port, and `dev_gated`, `dev_freeze`,
//! `dev_reset`. Towards the soft core: `ctl_*`, `firmware_event`, `firmware_reset`.
//!
//! Contract with the device:
//! - it takes what comes on `dev_rx` within bounded time, also while gated;
//! - while `dev_gated` is 1 it offers completions before requests;
//! - tags 0 to 31, each used once at a time; page request group indexes 0 to 31;
//! - while `dev_freeze` is 1 nothing in it changes but by `state_write`;
//! - `state_read_data` follows `state_index` by two clocks;
//! - `dirty_valid` comes at most two clocks after the word changed.
//!
//! Invariants I1 to I13 of the design are tested in `sim/tests/`, by their numbers.

use crate::beat::Beat;
use crate::bitmap::Bitmap;
use crate::completer::Completer;
use crate::config::CoreConfig;
use crate::control_bus::ControlBus;
use crate::device_control::DeviceControl;
use crate::firmware_status::FirmwareStatus;
use crate::inject;
use crate::outstanding::Outstanding;
use crate::page_requests::PageRequests;
use crate::range_table::RangeTable;
use crate::registers::Registers;
use crate::rx_demux::RxDemux;
use crate::snapshot::Snapshot;
use crate::tx_path::TxPath;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// See the module's page.
#[derive(SettledBlock)]
#[config(CoreConfig)]
pub struct Core {
    pub clock: Signal<In, Clock>,
    pub link_tx_beat: Signal<Out, Beat>,
    pub link_tx_valid: Signal<Out, Bit>,
    pub link_tx_ready: Signal<In, Bit>,
    pub link_rx_beat: Signal<In, Beat>,
    pub link_rx_valid: Signal<In, Bit>,
    pub link_rx_bar: Signal<In, Bits<8>>,
    pub link_rx_ready: Signal<Out, Bit>,
    pub requester_id: Signal<In, Bits<16>>,
    pub msi_valid: Signal<Out, Bit>,
    pub msi_vector: Signal<Out, Bits<5>>,
    pub msi_ready: Signal<In, Bit>,
    pub flr: Signal<In, Bit>,
    pub flr_done: Signal<Out, Bit>,
    pub dev_tx_beat: Signal<In, Beat>,
    pub dev_tx_valid: Signal<In, Bit>,
    pub dev_tx_ready: Signal<Out, Bit>,
    pub dev_rx_beat: Signal<Out, Beat>,
    pub dev_rx_valid: Signal<Out, Bit>,
    pub dev_rx_bar: Signal<Out, Bits<8>>,
    pub dev_rx_ready: Signal<In, Bit>,
    pub dev_gated: Signal<Out, Bit>,
    pub dev_freeze: Signal<Out, Bit>,
    pub dev_reset: Signal<Out, Bit>,
    pub dev_msi_valid: Signal<In, Bit>,
    pub dev_msi_vector: Signal<In, Bits<5>>,
    pub dev_msi_ready: Signal<Out, Bit>,
    pub state_index: Signal<Out, Bits<16>>,
    pub state_read_data: Signal<In, Bits<32>>,
    pub state_write_data: Signal<Out, Bits<32>>,
    pub state_write: Signal<Out, Bit>,
    pub dirty_valid: Signal<In, Bit>,
    pub dirty_block: Signal<In, Bits<8>>,
    pub ctl_valid: Signal<In, Bit>,
    pub ctl_write: Signal<In, Bit>,
    pub ctl_address: Signal<In, Bits<20>>,
    pub ctl_write_data: Signal<In, Bits<32>>,
    pub ctl_ready: Signal<Out, Bit>,
    pub ctl_read_data: Signal<Out, Bits<32>>,
    pub firmware_event: Signal<Out, Bit>,
    pub firmware_reset: Signal<Out, Bit>,
    pub inject: Signal<In, Bits<6>>,
    tx: TxPath,
    rx: RxDemux,
    completer: Completer,
    outstanding: Outstanding,
    pages: PageRequests,
    ranges: RangeTable,
    log: Bitmap<15>,
    snapshot: Snapshot,
    internal: Bitmap<3>,
    device: DeviceControl,
    #[value(ControlBus::new(config))]
    control: ControlBus,
    firmware: FirmwareStatus,
    #[value(Registers::new(config))]
    registers: Registers,
    log_mark: Signal<Local, Bit>,
    #[value(inject::DROP_MARK)]
    drop_bit: Constant<Bits<6>>,
    #[value(inject::GATE_LEAK)]
    leak_bit: Constant<Bits<6>>,
}

impl Core {
    /// The live log, seen from outside.
    pub fn live_log(&self) -> &[u32] {
        self.log.words()
    }

    /// STATE as the host would read it, seen from outside.
    pub fn state(&self) -> u32 {
        self.device.state.val().to_u32()
    }

    /// STATUS as the host would read it, seen from outside.
    pub fn status(&self) -> u32 {
        self.device.status.val().to_u32()
    }

    /// Whether the dirty log takes marks, seen from outside.
    pub fn is_tracking(&self) -> bool {
        self.snapshot.tracking.val()
    }

    /// The present device_state, seen from outside.
    pub fn device_state(&self) -> u32 {
        self.device.present.val().to_u32()
    }
}

impl Logic for Core {
    #[hdl_gen]
    fn update(&mut self) {
        self.tx.clock.next = self.clock.val();
        self.rx.clock.next = self.clock.val();
        self.completer.clock.next = self.clock.val();
        self.outstanding.clock.next = self.clock.val();
        self.pages.clock.next = self.clock.val();
        self.ranges.clock.next = self.clock.val();
        self.log.clock.next = self.clock.val();
        self.snapshot.clock.next = self.clock.val();
        self.internal.clock.next = self.clock.val();
        self.device.clock.next = self.clock.val();
        self.control.clock.next = self.clock.val();
        self.firmware.clock.next = self.clock.val();
        self.registers.clock.next = self.clock.val();

        // The way out.
        self.tx.dev_beat.next = self.dev_tx_beat.val();
        self.tx.dev_valid.next = self.dev_tx_valid.val();
        self.dev_tx_ready.next = self.tx.dev_ready.val();
        self.tx.cpl_beat.next = self.completer.tx_beat.val();
        self.tx.cpl_valid.next = self.completer.tx_valid.val();
        self.completer.tx_ready.next = self.tx.cpl_ready.val();
        self.link_tx_beat.next = self.tx.link_beat.val();
        self.link_tx_valid.next = self.tx.link_valid.val();
        self.tx.link_ready.next = self.link_tx_ready.val();
        self.tx.close.next = self.device.close.val();
        self.tx.tracking.next = self.snapshot.tracking.val();
        self.tx.inject.next = self.inject.val();

        // The way in.
        self.rx.rx_beat.next = self.link_rx_beat.val();
        self.rx.rx_valid.next = self.link_rx_valid.val();
        self.rx.rx_bar.next = self.link_rx_bar.val();
        self.link_rx_ready.next = self.rx.rx_ready.val();
        self.dev_rx_beat.next = self.rx.dev_beat.val();
        self.dev_rx_valid.next = self.rx.dev_valid.val();
        self.dev_rx_bar.next = self.rx.dev_bar.val();
        self.rx.dev_ready.next = self.dev_rx_ready.val();
        self.rx.route_frozen.next = self.device.route_frozen.val();
        self.rx.outstanding.next = self.outstanding.outstanding.val();
        self.rx.page_groups.next = self.pages.groups.val();
        self.completer.job_beat.next = self.rx.job_beat.val();
        self.completer.job_valid.next = self.rx.job_valid.val();
        self.completer.job_first.next = self.rx.job_first.val();
        self.completer.job_frozen.next = self.rx.job_frozen.val();
        self.rx.job_ready.next = self.completer.job_ready.val();
        self.completer.owner.next = self.registers.owner.val();
        self.completer.completer_id.next = self.requester_id.val();
        self.registers.bus_address.next = self.completer.bus_address.val();
        self.registers.bus_read.next = self.completer.bus_read.val();
        self.registers.bus_write.next = self.completer.bus_write.val();
        self.registers.bus_write_data.next = self.completer.bus_write_data.val();
        self.completer.bus_read_data.next = self.registers.bus_read_data.val();

        // From a TLP that starts to a mark in the log.
        self.outstanding.start.next = self.tx.start.val();
        self.outstanding.header.next = self.tx.header.val();
        self.outstanding.done.next = self.rx.completion.val();
        self.outstanding.done_tag.next = self.rx.completion_tag.val();
        self.outstanding.done_last.next = self.rx.completion_last.val();
        self.outstanding.tracking.next = self.snapshot.tracking.val();
        self.outstanding.timeout.next = self.registers.timeout.val();
        self.outstanding.clear.next = self.device.clear.val();
        self.outstanding.inject.next = self.inject.val();

        // Page requests. A device that takes in another's state waits for nothing any more (E12).
        self.pages.start.next = self.tx.start.val();
        self.pages.header.next = self.tx.header.val();
        self.pages.done.next = self.rx.page_response.val();
        self.pages.done_group.next = self.rx.completion_tag.val();
        self.pages.clear.next = self.device.clear.val()
            | (self.device.present.val().get_bit(2) & !self.device.present.val().get_bit(1));
        self.registers.page_requests.next = self.pages.word.val();
        self.control.page_requests.next = self.pages.word.val();

        self.ranges.lookup.next = self.outstanding.lookup.val();
        self.ranges.lookup_lo.next = self.outstanding.lookup_lo.val();
        self.ranges.lookup_hi.next = self.outstanding.lookup_hi.val();
        self.ranges.lookup_bytes.next = self.outstanding.lookup_bytes.val();
        self.log_mark.next =
            self.ranges.mark.val() & !((self.inject.val() & self.drop_bit.val()).any());
        self.log.mark.next = self.log_mark.val();
        self.log.mark_word.next = self.ranges.mark_word.val();
        self.log.mark_bit.next = self.ranges.mark_bit.val();
        self.log.op.next = self.snapshot.op.val();
        self.log.op_word.next = self.snapshot.op_word.val();
        self.log.op_data.next = self.snapshot.op_data.val();
        self.snapshot.mark.next = self.log_mark.val();
        self.snapshot.mark_word.next = self.ranges.mark_word.val();
        self.snapshot.incomplete.next =
            self.ranges.incomplete.val() | self.outstanding.incomplete.val();
        self.snapshot.old.next = self.log.old.val();
        self.snapshot.command_write.next = self.registers.log_command_write.val();
        self.snapshot.command_data.next = self.completer.bus_write_data.val();
        self.snapshot.window_word.next = self.registers.window_word.val();
        self.snapshot.inject.next = self.inject.val();

        // Ranges, registers, counters.
        self.ranges.write.next = self.registers.range_write.val();
        self.ranges.read.next = self.registers.range_read.val();
        self.ranges.index.next = self.registers.range_index.val();
        self.ranges.field.next = self.registers.range_field.val();
        self.ranges.write_data.next = self.completer.bus_write_data.val();
        self.registers.range_data.next = self.ranges.read_data.val();
        self.registers.snapshot_data.next = self.snapshot.window_data.val();
        self.registers.window_data.next = self.control.window_data.val();
        self.registers.state_request.next = self.device.state_request.val();
        self.registers.state.next = self.device.state.val();
        self.registers.reason.next = self.device.reason.val();
        self.registers.status.next = self.device.status.val();
        self.registers.reset_register.next = self.device.reset_register.val();
        self.registers.log_command.next = self.snapshot.command.val();
        self.registers.log_status.next = self.snapshot.status.val();
        self.registers.dirty_count.next = self.log.count.val();
        self.registers.chunk_summary.next = self.snapshot.chunk_summary.val();
        self.registers.line_lo.next = self.snapshot.line_lo.val();
        self.registers.line_hi.next = self.snapshot.line_hi.val();
        self.registers.window_command.next = self.control.window_command.val();
        self.registers.window_status.next = self.control.window_status.val();
        self.registers.initial_bytes.next = self.control.initial_bytes.val();
        self.registers.dirty_bytes.next = self.control.dirty_bytes.val();
        self.registers.marked.next = self.log_mark.val();
        self.registers.outside.next = self.ranges.outside.val();
        self.registers.frozen_read.next = self.completer.frozen_read.val();
        self.registers.frozen_write.next = self.completer.frozen_write.val();
        self.registers.not_owner.next = self.completer.not_owner.val();
        self.registers.malformed_rx.next = self.rx.malformed.val();
        self.registers.malformed_request.next = self.completer.malformed.val();
        self.registers.unexpected.next = self.rx.unexpected.val();
        self.registers.timed_out.next = self.outstanding.timed_out.val();
        self.registers.dma_write.next = self.tx.start.val() & self.tx.header.val().write;
        self.registers.dma_read.next = self.tx.start.val() & self.tx.header.val().non_posted;
        self.registers.interrupt.next = self.device.msi_sent.val();

        // device_state, resets, interrupts.
        self.device.state_request_write.next = self.registers.state_request_write.val();
        self.device.reset_write.next = self.registers.reset_write.val();
        self.device.host_data.next = self.completer.bus_write_data.val();
        self.device.watchdog.next = self.firmware.limit.val();
        self.device.timeout.next = self.registers.timeout.val();
        self.device.answer_write.next = self.control.answer_write.val();
        self.device.reason_write.next = self.control.reason_write.val();
        self.device.hold_write.next = self.control.hold_write.val();
        self.device.firmware_data.next = self.ctl_write_data.val();
        self.device.tx_closed.next = self.tx.closed.val();
        self.device.outstanding.next = self.outstanding.count.val();
        self.device.lost_track.next = self.outstanding.lost_track.val();
        self.device.marks_pending.next = self.outstanding.pending.val() | self.ranges.busy.val();
        self.device.device_rx_busy.next = self.rx.dev_busy.val();
        self.device.np_to_device.next = self.rx.np_to_device.val();
        self.device.device_completed.next = self.tx.completion_out.val();
        self.device.flr.next = self.flr.val();
        self.flr_done.next = self.device.flr_done.val();
        self.device.msi_valid.next = self.dev_msi_valid.val();
        self.dev_msi_ready.next = self.device.msi_ready.val();
        self.msi_valid.next = self.device.msi_out_valid.val();
        self.msi_vector.next = self.dev_msi_vector.val();
        self.device.msi_out_ready.next = self.msi_ready.val();
        // A gate that leaks does not hold the device back either.
        self.dev_gated.next =
            self.device.close.val() & !((self.inject.val() & self.leak_bit.val()).any());
        self.dev_freeze.next = self.device.freeze.val();
        self.dev_reset.next = self.device.device_reset.val();
        self.firmware_reset.next = self.device.firmware_reset.val();

        // Firmware, data window, state port, internal log.
        self.control.valid.next = self.ctl_valid.val();
        self.control.write.next = self.ctl_write.val();
        self.control.address.next = self.ctl_address.val();
        self.control.data.next = self.ctl_write_data.val();
        self.ctl_ready.next = self.control.ready.val();
        self.ctl_read_data.next = self.control.read_data.val();
        self.firmware_event.next = self.control.attention.val();
        self.control.request_pending.next = self.device.request_pending.val();
        self.control.requested.next = self.device.requested.val();
        self.control.present.next = self.device.present.val();
        self.control.reason.next = self.device.reason.val();
        self.control.hold.next = self.device.hold.val();
        self.control.status.next = self.device.status.val();
        self.control.watchdog.next = self.firmware.limit.val();
        self.firmware.watchdog.next = self.registers.watchdog.val();
        self.firmware.valid.next = self.ctl_valid.val();
        self.firmware.write.next = self.ctl_write.val();
        self.firmware.address.next = self.ctl_address.val();
        self.firmware.data.next = self.ctl_write_data.val();
        self.firmware.ready.next = self.control.ready.val();
        self.firmware.reset.next = self.device.firmware_reset.val();
        self.registers.firmware_fault.next = self.firmware.fault.val();
        self.registers.firmware_version.next = self.firmware.version.val();
        self.registers.firmware_crc.next = self.firmware.crc.val();
        self.control.window_reset.next = self.device.firmware_reset.val();
        self.control.window_command_write.next = self.registers.window_command_write.val();
        self.control.host_data.next = self.completer.bus_write_data.val();
        self.control.host_window_write.next = self.registers.window_write.val();
        self.control.host_window_word.next = self.registers.window_word.val();
        self.control.state_read_data.next = self.state_read_data.val();
        self.state_index.next = self.control.state_index.val();
        self.state_write.next = self.control.state_write.val() & self.device.freeze.val();
        self.state_write_data.next = self.ctl_write_data.val();
        self.control.old.next = self.internal.old.val();
        self.control.internal_count.next = self.internal.count.val();
        self.internal.op.next = self.control.op.val();
        self.internal.op_word.next = self.control.op_word.val();
        self.internal.op_data.next = 0.into();
        self.internal.mark.next = self.dirty_valid.val() & self.device.hold.val().get_bit(2);
        self.internal.mark_word.next = 0.into();
        self.internal.mark_bit.next = 0.into();
        if self.dirty_valid.val() {
            self.internal.mark_word.next = self.dirty_block.val().get_bits::<3>(5);
            self.internal.mark_bit.next = bit_cast::<5, 8>(self.dirty_block.val());
        }
    }
}
