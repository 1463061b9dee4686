//! A whole chip: the core with the workload device behind it.
//!
//! ```text
//!  link_*, msi_*, flr ◀─▶ Core ◀─▶ Workload
//!  ctl_*              ◀─▶ Core
//! ```
//! The ports are those of [`crate::core::Core`] towards the PCIe core and the soft core.

use crate::beat::Beat;
use crate::config::CoreConfig;
use crate::core::Core;
use crate::workload::Workload;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// See the module's page.
#[derive(SettledBlock)]
#[config(CoreConfig)]
pub struct Chip {
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
    pub ctl_valid: Signal<In, Bit>,
    pub ctl_write: Signal<In, Bit>,
    pub ctl_address: Signal<In, Bits<20>>,
    pub ctl_write_data: Signal<In, Bits<32>>,
    pub ctl_ready: Signal<Out, Bit>,
    pub ctl_read_data: Signal<Out, Bits<32>>,
    pub firmware_event: Signal<Out, Bit>,
    pub firmware_reset: Signal<Out, Bit>,
    pub inject: Signal<In, Bits<6>>,
    #[value(Core::new(config))]
    pub core: Core,
    pub workload: Workload,
    #[value(u32::from(config.has_page_requests()))]
    page_requests: Constant<Bits<1>>,
}

impl Default for Chip {
    fn default() -> Self {
        Self::new(&CoreConfig::default())
    }
}

impl Logic for Chip {
    #[hdl_gen]
    fn update(&mut self) {
        self.core.clock.next = self.clock.val();
        self.workload.clock.next = self.clock.val();
        self.link_tx_beat.next = self.core.link_tx_beat.val();
        self.link_tx_valid.next = self.core.link_tx_valid.val();
        self.core.link_tx_ready.next = self.link_tx_ready.val();
        self.core.link_rx_beat.next = self.link_rx_beat.val();
        self.core.link_rx_valid.next = self.link_rx_valid.val();
        self.core.link_rx_bar.next = self.link_rx_bar.val();
        self.link_rx_ready.next = self.core.link_rx_ready.val();
        self.core.requester_id.next = self.requester_id.val();
        self.workload.requester_id.next = self.requester_id.val();
        self.workload.page_requests.next = self.page_requests.val().any();
        self.msi_valid.next = self.core.msi_valid.val();
        self.msi_vector.next = self.core.msi_vector.val();
        self.core.msi_ready.next = self.msi_ready.val();
        self.core.flr.next = self.flr.val();
        self.flr_done.next = self.core.flr_done.val();
        self.core.ctl_valid.next = self.ctl_valid.val();
        self.core.ctl_write.next = self.ctl_write.val();
        self.core.ctl_address.next = self.ctl_address.val();
        self.core.ctl_write_data.next = self.ctl_write_data.val();
        self.ctl_ready.next = self.core.ctl_ready.val();
        self.ctl_read_data.next = self.core.ctl_read_data.val();
        self.firmware_event.next = self.core.firmware_event.val();
        self.firmware_reset.next = self.core.firmware_reset.val();
        self.core.inject.next = self.inject.val();

        self.core.dev_tx_beat.next = self.workload.tx_beat.val();
        self.core.dev_tx_valid.next = self.workload.tx_valid.val();
        self.workload.tx_ready.next = self.core.dev_tx_ready.val();
        self.workload.rx_beat.next = self.core.dev_rx_beat.val();
        self.workload.rx_valid.next = self.core.dev_rx_valid.val();
        self.workload.rx_bar.next = self.core.dev_rx_bar.val();
        self.core.dev_rx_ready.next = self.workload.rx_ready.val();
        self.workload.gated.next = self.core.dev_gated.val();
        self.workload.freeze.next = self.core.dev_freeze.val();
        self.workload.reset.next = self.core.dev_reset.val();
        self.core.dev_msi_valid.next = self.workload.msi_valid.val();
        self.core.dev_msi_vector.next = self.workload.msi_vector.val();
        self.workload.msi_ready.next = self.core.dev_msi_ready.val();
        self.workload.state_index.next = self.core.state_index.val();
        self.core.state_read_data.next = self.workload.state_read_data.val();
        self.workload.state_write_data.next = self.core.state_write_data.val();
        self.workload.state_write.next = self.core.state_write.val();
        self.core.dirty_valid.next = self.workload.dirty_valid.val();
        self.core.dirty_block.next = self.workload.dirty_block.val();
    }
}
