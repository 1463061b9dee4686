//! The RustHDL backend: the design itself, simulated by RustHDL, without threads.

use crate::ports::{BareCore, Beat, Card, CardInputs, CardOutputs, CoreInputs, CoreOutputs};
use crate::trace::Trace;
use rust_hdl::prelude::{Bits, Block, bits};
use slackwater_hdl::beat::Beat as HdlBeat;
use slackwater_hdl::chip::Chip;
use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::core::Core;
use slackwater_hdl::drive::settle;
use std::io;
use std::path::Path;

fn word<const N: usize>(value: u32) -> Bits<N> {
    bits(u64::from(value))
}

fn to_hdl(beat: Option<Beat>) -> HdlBeat {
    beat.map_or_else(HdlBeat::default, |beat| HdlBeat {
        lo: word(beat.dw[0]),
        hi: word(beat.dw[1]),
        keep: word(u32::from(beat.keep)),
        last: beat.last,
    })
}

fn from_hdl(valid: bool, beat: HdlBeat) -> Option<Beat> {
    valid.then(|| Beat {
        dw: [beat.lo.to_u32(), beat.hi.to_u32()],
        keep: beat.keep.to_u8(),
        last: beat.last,
    })
}

/// The ports that [`Chip`] and [`Core`] share, by the same names.
macro_rules! drive_card {
    ($block:expr, $inputs:expr) => {{
        let (block, inputs): (_, &CardInputs) = ($block, $inputs);
        block.link_tx_ready.next = inputs.link_tx_ready;
        block.link_rx_valid.next = inputs.link_rx.is_some();
        block.link_rx_beat.next = to_hdl(inputs.link_rx);
        block.link_rx_bar.next = word(u32::from(inputs.link_rx_bar));
        block.requester_id.next = word(u32::from(inputs.requester_id));
        block.msi_ready.next = inputs.msi_ready;
        block.flr.next = inputs.flr;
        block.inject.next = word(inputs.inject & 0x3f);
        block.ctl_valid.next = inputs.control.is_some();
        let (address, data, write) = match inputs.control {
            Some(request) => (
                request.address,
                request.write.unwrap_or(0),
                request.write.is_some(),
            ),
            None => (0, 0, false),
        };
        block.ctl_address.next = word(address & 0xf_ffff);
        block.ctl_write_data.next = word(data);
        block.ctl_write.next = write;
    }};
}

macro_rules! sample_card {
    ($block:expr) => {{
        let block = $block;
        CardOutputs {
            link_tx: from_hdl(block.link_tx_valid.val(), block.link_tx_beat.val()),
            link_rx_ready: block.link_rx_ready.val(),
            msi: block
                .msi_valid
                .val()
                .then(|| block.msi_vector.val().to_u8()),
            control_ready: block.ctl_ready.val(),
            control_data: block.ctl_read_data.val().to_u32(),
            event: block.firmware_event.val(),
            firmware_reset: block.firmware_reset.val(),
            flr_done: block.flr_done.val(),
        }
    }};
}

/// A chip (core and workload) on RustHDL's own simulation.
pub struct RustHdlCard {
    chip: Box<Chip>,
    trace: Option<Trace>,
    cycles: u64,
}

impl RustHdlCard {
    /// A chip that was just powered up.
    pub fn new() -> Self {
        let mut chip = Box::new(Chip::default());
        chip.connect_all();
        Self {
            chip,
            trace: None,
            cycles: 0,
        }
    }
}

impl Default for RustHdlCard {
    fn default() -> Self {
        Self::new()
    }
}

impl Card for RustHdlCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let chip = &mut *self.chip;
        chip.clock.next = false.into();
        drive_card!(&mut *chip, inputs);
        settle(chip);
        let outputs = sample_card!(&*chip);
        if let Some(trace) = &mut self.trace {
            trace.sample(chip, self.cycles);
        }
        chip.clock.next = true.into();
        settle(chip);
        self.cycles += 1;
        outputs
    }

    fn state_words(&self) -> Vec<u32> {
        self.chip.workload.state_words()
    }

    fn device_state(&self) -> u32 {
        self.chip.core.device_state()
    }

    fn live_marks(&self) -> Vec<u32> {
        self.chip.core.live_log().to_vec()
    }

    fn trace(&mut self, path: &Path, cycles: u64) -> io::Result<()> {
        self.trace = Some(Trace::create(path, &*self.chip, self.cycles, cycles)?);
        Ok(())
    }
}

/// A core without device on RustHDL's own simulation.
pub struct RustHdlCore {
    core: Box<Core>,
}

impl RustHdlCore {
    /// A core that was just powered up.
    pub fn new(config: &CoreConfig) -> Self {
        let mut core = Box::new(Core::new(config));
        core.connect_all();
        Self { core }
    }
}

impl BareCore for RustHdlCore {
    fn cycle(&mut self, inputs: &CoreInputs) -> CoreOutputs {
        let core = &mut *self.core;
        core.clock.next = false.into();
        drive_card!(&mut *core, &inputs.card);
        core.dev_tx_valid.next = inputs.dev_tx.is_some();
        core.dev_tx_beat.next = to_hdl(inputs.dev_tx);
        core.dev_rx_ready.next = inputs.dev_rx_ready;
        core.dev_msi_valid.next = inputs.dev_msi.is_some();
        core.dev_msi_vector.next = word(u32::from(inputs.dev_msi.unwrap_or(0) & 0x1f));
        core.state_read_data.next = word(inputs.state_read_data);
        core.dirty_valid.next = inputs.dirty_block.is_some();
        core.dirty_block.next = word(u32::from(inputs.dirty_block.unwrap_or(0)));
        settle(core);
        let outputs = CoreOutputs {
            card: sample_card!(&*core),
            dev_tx_ready: core.dev_tx_ready.val(),
            dev_rx: from_hdl(core.dev_rx_valid.val(), core.dev_rx_beat.val()),
            dev_rx_bar: core.dev_rx_bar.val().to_u8(),
            dev_msi_ready: core.dev_msi_ready.val(),
            dev_gated: core.dev_gated.val(),
            dev_freeze: core.dev_freeze.val(),
            dev_reset: core.dev_reset.val(),
            state_index: core.state_index.val().to_u16(),
            state_write: core
                .state_write
                .val()
                .then(|| core.state_write_data.val().to_u32()),
        };
        core.clock.next = true.into();
        settle(core);
        outputs
    }

    fn device_state(&self) -> u32 {
        self.core.device_state()
    }

    fn live_marks(&self) -> Vec<u32> {
        self.core.live_log().to_vec()
    }
}
