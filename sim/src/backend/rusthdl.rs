//! RustHDL's own simulation of a block, driven without threads.

use super::Ported;
use super::port_words::{
    CARD_INPUTS, CARD_OUTPUTS, CORE_INPUTS, CORE_OUTPUTS, card_inputs, card_outputs, core_inputs,
    core_outputs,
};
use crate::ports::{BareCore, Card, CardInputs, CardOutputs, CoreInputs, CoreOutputs, Levels};
use crate::trace::{Recorded, Trace, TraceError, TraceRequest};
use rust_hdl::prelude::{Bits, Block, Clock, In, Signal, bits};
use slackwater_hdl::beat::Beat;
use slackwater_hdl::chip::Chip;
use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::core::Core;
use slackwater_hdl::drive::settle;
use slackwater_regs::state::answer;

/// A block whose ports can be named and given as words.
pub trait PortWords: Block + Send {
    /// Names of the inputs but the clock, in the order of `drive`.
    const INPUTS: &'static [&'static str];
    /// Names of the outputs, in the order of `sample`.
    const OUTPUTS: &'static [&'static str];
    /// The clock.
    fn clock(&mut self) -> &mut Signal<In, Clock>;
    /// Sets the inputs.
    fn drive(&mut self, words: &[u128]);
    /// Reads the outputs.
    fn sample(&self, words: &mut [u128]);
}

/// A type of a port; bits above its width are dropped.
pub trait Word {
    /// From a word.
    fn from_word(word: u128) -> Self;
    /// As a word.
    fn to_word(self) -> u128;
}

impl Word for bool {
    fn from_word(word: u128) -> Self {
        word & 1 != 0
    }
    fn to_word(self) -> u128 {
        self.into()
    }
}

impl<const N: usize> Word for Bits<N> {
    fn from_word(word: u128) -> Self {
        // Words of the design have at most 32 bits.
        bits(word as u64 & (u64::MAX >> (u64::BITS as usize - N.min(u64::BITS as usize))))
    }
    fn to_word(self) -> u128 {
        self.to_u128()
    }
}

impl Word for Beat {
    fn from_word(word: u128) -> Self {
        Self {
            lo: Word::from_word(word),
            hi: Word::from_word(word >> 32),
            keep: Word::from_word(word >> 64),
            last: Word::from_word(word >> 66),
        }
    }
    fn to_word(self) -> u128 {
        let data = u64::from(self.lo.to_u32()) | u64::from(self.hi.to_u32()) << 32;
        u128::from(data) | u128::from(self.keep.to_u32()) << 64 | u128::from(self.last) << 66
    }
}

/// Implements [`PortWords`] for a block with a field `clock`.
#[macro_export]
macro_rules! port_words {
    ($block:ty, in: [$($input:ident),* $(,)?], out: [$($output:ident),* $(,)?]) => {
        impl $crate::backend::PortWords for $block {
            const INPUTS: &'static [&'static str] = &[$(stringify!($input)),*];
            const OUTPUTS: &'static [&'static str] = &[$(stringify!($output)),*];
            fn clock(&mut self) -> &mut rust_hdl::prelude::Signal<rust_hdl::prelude::In, rust_hdl::prelude::Clock> {
                &mut self.clock
            }
            fn drive(&mut self, words: &[u128]) {
                let mut words = words.iter();
                $(self.$input.next = $crate::backend::Word::from_word(
                    words.next().copied().unwrap_or(0),
                );)*
            }
            fn sample(&self, words: &mut [u128]) {
                let mut words = words.iter_mut();
                $(if let Some(word) = words.next() {
                    *word = $crate::backend::Word::to_word(self.$output.val());
                })*
            }
        }
    };
}

port_words!(Chip,
    in: [link_tx_ready, link_rx_beat, link_rx_valid, link_rx_bar, requester_id, msi_ready, flr,
        ctl_valid, ctl_write, ctl_address, ctl_write_data, inject],
    out: [link_tx_beat, link_tx_valid, link_rx_ready, msi_valid, msi_vector, flr_done, ctl_ready,
        ctl_read_data, firmware_event, firmware_reset]);
port_words!(Core,
    in: [link_tx_ready, link_rx_beat, link_rx_valid, link_rx_bar, requester_id, msi_ready, flr,
        ctl_valid, ctl_write, ctl_address, ctl_write_data, inject,
        dev_tx_beat, dev_tx_valid, dev_rx_ready, dev_msi_valid, dev_msi_vector, state_read_data,
        dirty_valid, dirty_block],
    out: [link_tx_beat, link_tx_valid, link_rx_ready, msi_valid, msi_vector, flr_done, ctl_ready,
        ctl_read_data, firmware_event, firmware_reset,
        dev_tx_ready, dev_rx_beat, dev_rx_valid, dev_rx_bar, dev_msi_ready, dev_gated,
        dev_freeze, dev_reset, state_index, state_write_data, state_write]);

/// A block under RustHDL's simulation.
pub struct RustHdl<B: PortWords> {
    /// The block, to be looked at between two cycles.
    pub block: Box<B>,
    trace: Option<Trace>,
    cycles: u64,
}

impl<B: PortWords> RustHdl<B> {
    /// A block that was just powered up.
    pub fn new(block: B) -> Self {
        let mut block = Box::new(block);
        block.connect_all();
        Self {
            block,
            trace: None,
            cycles: 0,
        }
    }
}

impl<B: PortWords> Ported for RustHdl<B> {
    fn exchange(&mut self, inputs: &[u128], outputs: &mut [u128]) {
        let block = &mut *self.block;
        block.clock().next = false.into();
        block.drive(inputs);
        settle(block);
        block.sample(outputs);
        if let Some(trace) = &mut self.trace {
            trace.sample(block, self.cycles);
        }
        block.clock().next = true.into();
        settle(block);
        self.cycles += 1;
    }
}

/// A chip (core and workload) on RustHDL's own simulation.
pub struct RustHdlCard(RustHdl<Chip>);

impl RustHdlCard {
    /// A chip that was just powered up.
    pub fn new() -> Self {
        Self::with(&CoreConfig::default())
    }

    /// The same, with another core.
    pub fn with(config: &CoreConfig) -> Self {
        Self(RustHdl::new(Chip::new(config)))
    }
}

impl Default for RustHdlCard {
    fn default() -> Self {
        Self::new()
    }
}

impl Card for RustHdlCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut outputs = [0; CARD_OUTPUTS.len()];
        const { assert!(CARD_INPUTS.len() == Chip::INPUTS.len()) };
        self.0.exchange(&card_inputs(inputs), &mut outputs);
        card_outputs(&outputs)
    }

    fn state_words(&self) -> Vec<u32> {
        self.0.block.workload.state_words()
    }

    fn device_state(&self) -> u32 {
        self.0.block.core.device_state()
    }

    fn live_marks(&self) -> Vec<u32> {
        self.0.block.core.live_log().to_vec()
    }

    fn levels(&self) -> Option<Levels> {
        Some(levels(&self.0.block.core))
    }

    fn trace(&mut self, request: &TraceRequest) -> Result<(), TraceError> {
        self.0.trace = Some(Trace::create(request, &*self.0.block)?);
        Ok(())
    }

    fn finish_trace(&mut self) -> Result<Recorded, TraceError> {
        let trace = self.0.trace.take();
        trace.map_or_else(|| Ok(Recorded::default()), Trace::finish)
    }
}

/// What a core shows of itself to the host, and whether its log takes marks.
pub(super) fn levels(core: &Core) -> Levels {
    let state = core.state();
    Levels {
        device_state: state & answer::STATE_MASK,
        request_pending: state & answer::PENDING != 0,
        tracking: core.is_tracking(),
        ..Levels::of_status(core.status())
    }
}

/// A core without device on RustHDL's own simulation.
pub struct RustHdlCore(RustHdl<Core>);

impl RustHdlCore {
    /// A core that was just powered up.
    pub fn new(config: &CoreConfig) -> Self {
        Self(RustHdl::new(Core::new(config)))
    }
}

impl BareCore for RustHdlCore {
    fn cycle(&mut self, inputs: &CoreInputs) -> CoreOutputs {
        let mut outputs = [0; CORE_OUTPUTS.len()];
        const { assert!(CORE_INPUTS.len() == Core::INPUTS.len()) };
        self.0.exchange(&core_inputs(inputs), &mut outputs);
        core_outputs(&outputs)
    }

    fn device_state(&self) -> u32 {
        self.0.block.device_state()
    }

    fn live_marks(&self) -> Vec<u32> {
        self.0.block.live_log().to_vec()
    }
}
