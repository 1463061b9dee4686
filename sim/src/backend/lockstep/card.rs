//! Core and chip in lock-step behind the ports that all backends share.
//!
//! Whatever is read from outside ([`BareCore::device_state`], [`BareCore::live_marks`],
//! [`Card::state_words`]) is read from both simulations and compared as well.

use super::{Alarm, LockStep};
use crate::backend::port_words::{
    CARD_OUTPUTS, CORE_OUTPUTS, card_inputs, card_outputs, core_inputs, core_outputs,
};
use crate::backend::rusthdl::levels;
use crate::backend::view::{ChipView, CoreView};
use crate::backend::{Backend, BackendError, PortWords, Ported};
use crate::ports::{BareCore, Card, CardInputs, CardOutputs, CoreInputs, CoreOutputs, Levels};
use crate::trace::{TraceError, TraceRequest};
use crate::traffic::Inside;
use slackwater_hdl::chip::Chip;
use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::core::Core;

/// A block in lock-step with the alarm at its first difference.
struct Watched<B: PortWords> {
    steps: LockStep<B>,
    alarm: Alarm,
}

impl<B: PortWords> Watched<B> {
    fn exchange(&mut self, inputs: &[u128], outputs: &mut [u128]) {
        let before = self.steps.mismatch().is_some();
        self.steps.exchange(inputs, outputs);
        if !before {
            self.alarm.sound(&self.steps);
        }
    }

    /// Compares words of state; gives those of RustHDL.
    fn compare(&self, name: &str, rusthdl: Vec<u32>, compiled: &[u32]) -> Vec<u32> {
        if self.steps.compare_words(name, &rusthdl, compiled) {
            self.alarm.sound(&self.steps);
        }
        rusthdl
    }

    fn device_state(&self, core: &Core, view: &CoreView) -> u32 {
        let (rusthdl, compiled) = (
            core.device_state(),
            view.device_state(&self.steps.compiled.model),
        );
        self.compare("device_state", vec![rusthdl], &[compiled]);
        rusthdl
    }

    fn levels(&self, core: &Core, view: &CoreView) -> Levels {
        let rusthdl = levels(core);
        let compiled = view.levels(&self.steps.compiled.model);
        let word = |levels: Levels| {
            let flags = [
                levels.request_pending,
                levels.gate_closed,
                levels.quiesced,
                levels.frozen,
                levels.tracking,
            ];
            let bits = flags
                .iter()
                .fold(0, |word, &flag| word << 1 | u32::from(flag));
            bits << 4 | levels.device_state
        };
        self.compare("levels", vec![word(rusthdl)], &[word(compiled)]);
        rusthdl
    }

    fn live_marks(&self, core: &Core, view: &CoreView) -> Vec<u32> {
        let compiled = view.live_marks(&self.steps.compiled.model);
        self.compare("live log", core.live_log().to_vec(), &compiled)
    }
}

/// A chip (core and workload) in lock-step with the Verilog that it emits.
pub struct LockStepCard {
    chip: Watched<Chip>,
    view: ChipView,
}

impl LockStepCard {
    /// A chip that was just powered up.
    ///
    /// # Errors
    /// Its Verilog is refused.
    pub fn new(alarm: Alarm) -> Result<Self, BackendError> {
        Self::of(LockStep::new(Chip::default())?, alarm)
    }

    /// A chip and its Verilog, as they are.
    ///
    /// # Errors
    /// The Verilog lacks a signal that is looked at from outside.
    pub fn of(steps: LockStep<Chip>, alarm: Alarm) -> Result<Self, BackendError> {
        Ok(Self {
            view: ChipView::new(steps.compiled.model.program())?,
            chip: Watched { steps, alarm },
        })
    }

    /// Both simulations.
    pub fn steps(&self) -> &LockStep<Chip> {
        &self.chip.steps
    }

    fn core(&self) -> &Core {
        &self.chip.steps.rusthdl.block.core
    }
}

impl Card for LockStepCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut outputs = [0; CARD_OUTPUTS.len()];
        self.chip.exchange(&card_inputs(inputs), &mut outputs);
        card_outputs(&outputs)
    }

    fn state_words(&self) -> Vec<u32> {
        let steps = &self.chip.steps;
        let compiled = self.view.state_words(&steps.compiled.model);
        let rusthdl = steps.rusthdl.block.workload.state_words();
        self.chip.compare("state word", rusthdl, &compiled)
    }

    fn device_state(&self) -> u32 {
        self.chip.device_state(self.core(), &self.view.core)
    }

    fn live_marks(&self) -> Vec<u32> {
        self.chip.live_marks(self.core(), &self.view.core)
    }

    fn levels(&self) -> Option<Levels> {
        Some(self.chip.levels(self.core(), &self.view.core))
    }

    fn trace(&mut self, _request: &TraceRequest) -> Result<(), TraceError> {
        Err(TraceError::Unsupported {
            backend: Backend::LockStep,
            what: "waves but those of a difference",
        })
    }
}

/// A core without device in lock-step with the Verilog that it emits.
pub struct LockStepCore {
    core: Watched<Core>,
    view: CoreView,
}

impl LockStepCore {
    /// A core that was just powered up.
    ///
    /// # Errors
    /// Its Verilog is refused.
    pub fn new(config: &CoreConfig, alarm: Alarm) -> Result<Self, BackendError> {
        Self::of(LockStep::new(Core::new(config))?, alarm)
    }

    /// A core and its Verilog, as they are.
    ///
    /// # Errors
    /// The Verilog lacks a signal that is looked at from outside.
    pub fn of(steps: LockStep<Core>, alarm: Alarm) -> Result<Self, BackendError> {
        Ok(Self {
            view: CoreView::new(steps.compiled.model.program(), "top")?,
            core: Watched { steps, alarm },
        })
    }

    /// Both simulations.
    pub fn steps(&self) -> &LockStep<Core> {
        &self.core.steps
    }

    /// What [`crate::traffic::Traffic`] follows, as the Verilog has it.
    pub fn inside(&self) -> Inside {
        self.view.inside(&self.core.steps.compiled.model)
    }

    /// One clock with words as they are, illegal ones too.
    pub fn exchange(&mut self, inputs: &[u128], outputs: &mut [u128]) {
        self.core.exchange(inputs, outputs);
    }
}

impl BareCore for LockStepCore {
    fn cycle(&mut self, inputs: &CoreInputs) -> CoreOutputs {
        let mut outputs = [0; CORE_OUTPUTS.len()];
        self.core.exchange(&core_inputs(inputs), &mut outputs);
        core_outputs(&outputs)
    }

    fn device_state(&self) -> u32 {
        let core = &self.core.steps.rusthdl.block;
        self.core.device_state(core, &self.view)
    }

    fn live_marks(&self) -> Vec<u32> {
        let core = &self.core.steps.rusthdl.block;
        self.core.live_marks(core, &self.view)
    }
}
