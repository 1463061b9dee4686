//! Ports by name, and their values as words: what both backends exchange with the rest.
//!
//! A port is a word of up to 128 bits. A beat is packed as RustHDL packs the
//! struct: DW 0 in bits 31:0, DW 1 in 63:32, keep in 65:64, last in 66.

use crate::ports::{BEAT_DW, Beat, CardInputs, CardOutputs, CoreInputs, CoreOutputs};

/// Input ports that chip and core share; the clock is no port here.
macro_rules! card_inputs {
    ($($more:literal),*) => {
        &[
            "link_tx_ready", "link_rx_beat", "link_rx_valid", "link_rx_bar", "requester_id",
            "msi_ready", "flr", "ctl_valid", "ctl_write", "ctl_address", "ctl_write_data",
            "inject", $($more),*
        ]
    };
}

/// Output ports that chip and core share.
macro_rules! card_outputs {
    ($($more:literal),*) => {
        &[
            "link_tx_beat", "link_tx_valid", "link_rx_ready", "msi_valid", "msi_vector",
            "flr_done", "ctl_ready", "ctl_read_data", "firmware_event", "firmware_reset",
            $($more),*
        ]
    };
}

/// Input ports of a chip.
pub const CARD_INPUTS: &[&str] = card_inputs!();
/// Output ports of a chip.
pub const CARD_OUTPUTS: &[&str] = card_outputs!();
/// Input ports of a core.
pub const CORE_INPUTS: &[&str] = card_inputs!(
    "dev_tx_beat",
    "dev_tx_valid",
    "dev_rx_ready",
    "dev_msi_valid",
    "dev_msi_vector",
    "state_read_data",
    "dirty_valid",
    "dirty_block"
);
/// Output ports of a core.
pub const CORE_OUTPUTS: &[&str] = card_outputs!(
    "dev_tx_ready",
    "dev_rx_beat",
    "dev_rx_valid",
    "dev_rx_bar",
    "dev_msi_ready",
    "dev_gated",
    "dev_freeze",
    "dev_reset",
    "state_index",
    "state_write_data",
    "state_write"
);

/// Input ports of a chip, as an array.
pub type CardInputWords = [u128; CARD_INPUTS.len()];
/// Output ports of a chip, as an array.
pub type CardOutputWords = [u128; CARD_OUTPUTS.len()];
/// Input ports of a core, as an array.
pub type CoreInputWords = [u128; CORE_INPUTS.len()];
/// Output ports of a core, as an array.
pub type CoreOutputWords = [u128; CORE_OUTPUTS.len()];

const DW_BITS: usize = u32::BITS as usize;
const KEEP_AT: usize = DW_BITS * BEAT_DW;
const LAST_AT: usize = KEEP_AT + BEAT_DW;

fn pack(beat: Option<Beat>) -> u128 {
    let Some(beat) = beat else { return 0 };
    let data = u64::from(beat.dw[0]) | (u64::from(beat.dw[1]) << DW_BITS);
    u128::from(data) | (u128::from(beat.keep) << KEEP_AT) | (u128::from(beat.last) << LAST_AT)
}

fn unpack(valid: u128, word: u128) -> Option<Beat> {
    (valid != 0).then_some(Beat {
        dw: [word as u32, (word >> DW_BITS) as u32],
        keep: ((word >> KEEP_AT) & ((1 << BEAT_DW) - 1)) as u8,
        last: (word >> LAST_AT) & 1 != 0,
    })
}

/// Input ports of a chip.
pub fn card_inputs(inputs: &CardInputs) -> CardInputWords {
    let control = inputs.control;
    let write = control.and_then(|control| control.write);
    [
        inputs.link_tx_ready.into(),
        pack(inputs.link_rx),
        inputs.link_rx.is_some().into(),
        inputs.link_rx_bar.into(),
        inputs.requester_id.into(),
        inputs.msi_ready.into(),
        inputs.flr.into(),
        control.is_some().into(),
        write.is_some().into(),
        control.map_or(0, |control| control.address).into(),
        write.unwrap_or(0).into(),
        inputs.inject.into(),
    ]
}

/// Output ports of a chip, or the first ones of a core.
pub fn card_outputs(words: &[u128]) -> CardOutputs {
    CardOutputs {
        link_tx: unpack(words[1], words[0]),
        link_rx_ready: words[2] != 0,
        msi: (words[3] != 0).then_some(words[4] as u8),
        flr_done: words[5] != 0,
        control_ready: words[6] != 0,
        control_data: words[7] as u32,
        event: words[8] != 0,
        firmware_reset: words[9] != 0,
    }
}

/// Input ports of a core.
pub fn core_inputs(inputs: &CoreInputs) -> CoreInputWords {
    let mut words = [0; CORE_INPUTS.len()];
    let (card, device) = words.split_at_mut(CARD_INPUTS.len());
    card.copy_from_slice(&card_inputs(&inputs.card));
    device.copy_from_slice(&[
        pack(inputs.dev_tx),
        inputs.dev_tx.is_some().into(),
        inputs.dev_rx_ready.into(),
        inputs.dev_msi.is_some().into(),
        inputs.dev_msi.unwrap_or(0).into(),
        inputs.state_read_data.into(),
        inputs.dirty_block.is_some().into(),
        inputs.dirty_block.unwrap_or(0).into(),
    ]);
    words
}

/// Output ports of a core.
pub fn core_outputs(words: &CoreOutputWords) -> CoreOutputs {
    let device = &words[CARD_OUTPUTS.len()..];
    CoreOutputs {
        card: card_outputs(words),
        dev_tx_ready: device[0] != 0,
        dev_rx: unpack(device[2], device[1]),
        dev_rx_bar: device[3] as u8,
        dev_msi_ready: device[4] != 0,
        dev_gated: device[5] != 0,
        dev_freeze: device[6] != 0,
        dev_reset: device[7] != 0,
        state_index: device[8] as u16,
        state_write: (device[10] != 0).then_some(device[9] as u32),
    }
}
