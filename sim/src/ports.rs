//! The typed ports of the device under test: one value of inputs, one of outputs a clock.
//!
//! Every backend (see [`crate::backend`]) stands behind [`Card`] and [`BareCore`];
//! nothing else in the simulator knows which one it drives. A cycle is: inputs change with the falling edge, outputs are
//! sampled when they have settled, then the clock rises. A transfer on a stream
//! happens in a cycle in which valid (`Some`) and ready are both true.

use crate::trace::{Recorded, TraceError, TraceRequest};
use slackwater_regs::bar2::status;

/// DWs of a beat on the streams.
pub const BEAT_DW: usize = 2;

/// One beat of a stream: 7-series AXIS, raw TLP, DW0 first in the low lane.
///
/// Header DWs are as the PCIe specification draws them (byte 0 in bits 31:24).
/// Payload DWs likewise: the byte with the lowest address is in bits 31:24.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// The DWs, first of the TLP first.
    pub dw: [u32; BEAT_DW],
    /// Bit i: DW i is valid. All ones but for the last beat.
    pub keep: u8,
    /// Last beat of the TLP.
    pub last: bool,
}

/// A request of the firmware on the control bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRequest {
    /// Byte address, see `slackwater_regs::control`.
    pub address: u32,
    /// `Some(data)` for a write.
    pub write: Option<u32>,
}

/// Inputs of a whole card (core and workload) for one cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct CardInputs {
    /// The PCIe core takes a beat on link_tx.
    pub link_tx_ready: bool,
    /// Beat offered on link_rx; must stay until it was taken.
    pub link_rx: Option<Beat>,
    /// BAR hit of the offered beat's TLP, one bit per BAR; 0 for completions.
    pub link_rx_bar: u8,
    /// Bus, device and function number of the card.
    pub requester_id: u16,
    /// The PCIe core takes an interrupt request.
    pub msi_ready: bool,
    /// Request on the control bus; must stay until control_ready.
    pub control: Option<ControlRequest>,
    /// The guest asks for a function level reset (level, until `flr_done`).
    pub flr: bool,
    /// Fault injection, see `slackwater_hdl::inject`; 0 in any real use.
    pub inject: u32,
}

/// Outputs of a whole card for one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CardOutputs {
    /// Beat offered on link_tx.
    pub link_tx: Option<Beat>,
    /// The card takes a beat on link_rx.
    pub link_rx_ready: bool,
    /// Interrupt request, with its vector.
    pub msi: Option<u8>,
    /// The control request is done; `control_data` is valid for a read.
    pub control_ready: bool,
    /// Data of a control read.
    pub control_data: u32,
    /// Something waits for firmware.
    pub event: bool,
    /// The soft core is held in reset; it starts anew when this falls.
    pub firmware_reset: bool,
    /// The function level reset was done.
    pub flr_done: bool,
}

/// What the core holds at an instant and shows at no port: seen from outside, as the host could read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Levels {
    /// The present device_state.
    pub device_state: u32,
    /// A request for another device_state is being worked on.
    pub request_pending: bool,
    /// No request of the device starts on link_tx (invariant I5).
    pub gate_closed: bool,
    /// DMA has come to rest (invariant I6).
    pub quiesced: bool,
    /// Nothing in the device changes (invariant I8).
    pub frozen: bool,
    /// The dirty log takes marks.
    pub tracking: bool,
}

impl Levels {
    /// Those that are bits of [`slackwater_regs::bar2::STATUS`].
    pub(crate) fn of_status(status: u32) -> Self {
        Self {
            gate_closed: status & status::GATE_CLOSED != 0,
            quiesced: status & status::QUIESCED != 0,
            frozen: status & status::FROZEN != 0,
            ..Self::default()
        }
    }
}

/// A whole card: core, workload device, and the ports to PCIe core and soft core.
pub trait Card: Send {
    /// Runs one clock.
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs;
    /// Every word of the device's state, read from outside without disturbing it.
    fn state_words(&self) -> Vec<u32>;
    /// The present device_state, read from outside.
    fn device_state(&self) -> u32;
    /// The live log as bitmap words, read from outside.
    fn live_marks(&self) -> Vec<u32>;
    /// What the core holds now; `None` if the card cannot tell. Cheap enough for every cycle.
    fn levels(&self) -> Option<Levels> {
        None
    }
    /// Begins to write waves, in place of any that are being written. A card that
    /// is no design has none.
    fn trace(&mut self, _request: &TraceRequest) -> Result<(), TraceError> {
        Err(TraceError::NoSignals)
    }
    /// Closes the file of [`Self::trace`]; says what is in it, nothing if there was none.
    fn finish_trace(&mut self) -> Result<Recorded, TraceError> {
        Ok(Recorded::default())
    }
}

/// Inputs of a core without a device behind it, for one cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoreInputs {
    /// What the PCIe core and the soft core drive.
    pub card: CardInputs,
    /// Beat that the device offers.
    pub dev_tx: Option<Beat>,
    /// The device takes a beat.
    pub dev_rx_ready: bool,
    /// Interrupt that the device offers, with its vector.
    pub dev_msi: Option<u8>,
    /// Word of the state port, two cycles after its index.
    pub state_read_data: u32,
    /// Block of internal state that changed.
    pub dirty_block: Option<u8>,
}

/// Outputs of a core without a device behind it, for one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoreOutputs {
    /// What goes to the PCIe core and the soft core.
    pub card: CardOutputs,
    /// The core takes the device's beat.
    pub dev_tx_ready: bool,
    /// Beat offered to the device.
    pub dev_rx: Option<Beat>,
    /// BAR hit of the beat's TLP, 0 for completions.
    pub dev_rx_bar: u8,
    /// The device's interrupt is taken.
    pub dev_msi_ready: bool,
    /// The gate admits no request.
    pub dev_gated: bool,
    /// Nothing in the device may change.
    pub dev_freeze: bool,
    /// The device is reset.
    pub dev_reset: bool,
    /// Word of the device's state that is addressed.
    pub state_index: u16,
    /// Data for a write of that word.
    pub state_write: Option<u32>,
}

/// A core whose device side is driven by the caller.
pub trait BareCore: Send {
    /// Runs one clock.
    fn cycle(&mut self, inputs: &CoreInputs) -> CoreOutputs;
    /// The present device_state, read from outside.
    fn device_state(&self) -> u32;
    /// The live log as bitmap words, read from outside.
    fn live_marks(&self) -> Vec<u32>;
}
