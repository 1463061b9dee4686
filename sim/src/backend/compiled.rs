//! The emitted Verilog, compiled.

use super::port_words::{
    CARD_INPUTS, CARD_OUTPUTS, CORE_INPUTS, CORE_OUTPUTS, card_inputs, card_outputs, core_inputs,
    core_outputs,
};
use super::view::{ChipView, CoreView};
use super::{BackendError, Ported};
use crate::ports::{BareCore, Card, CardInputs, CardOutputs, CoreInputs, CoreOutputs, Levels};
use crate::trace::{CYCLE_PICOSECONDS, Recorded, TraceError, TraceRequest};
use crate::traffic::Inside;
use rust_hdl::prelude::{Block, generate_verilog};
use slackwater_hdl::chip::Chip;
use slackwater_hdl::config::CoreConfig;
use slackwater_hdl::core::Core;
use slackwater_verilog::{
    Clocks, Input, Model, Output, Program, Recording, RecordingError, UnknownName,
};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Programs that were compiled in this process, by their Verilog.
static PROGRAMS: Mutex<Option<HashMap<String, Program>>> = Mutex::new(None);

/// The program of a block, which is connected here.
///
/// # Errors
/// Its Verilog is refused.
pub fn program_of<B: Block>(block: &mut B) -> Result<Program, BackendError> {
    block.connect_all();
    let text = generate_verilog(block);
    let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    let programs = programs.get_or_insert_default();
    if let Some(program) = programs.get(&text) {
        return Ok(program.clone());
    }
    let program = Program::compile("top.v", &text)?;
    programs.insert(text, program.clone());
    Ok(program)
}

/// What is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Design {
    Chip(CoreConfig),
    Core(CoreConfig),
}

/// Programs of chips and cores: to emit one takes as long as to compile it.
static DESIGNS: Mutex<Vec<(Design, Program)>> = Mutex::new(Vec::new());

fn program_for(design: Design) -> Result<Program, BackendError> {
    let mut designs = DESIGNS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, program)) = designs.iter().find(|(known, _)| *known == design) {
        return Ok(program.clone());
    }
    let program = match &design {
        Design::Chip(config) => program_of(&mut *Box::new(Chip::new(config)))?,
        Design::Core(config) => program_of(&mut *Box::new(Core::new(config)))?,
    };
    designs.push((design, program.clone()));
    Ok(program)
}

/// A compiled design with its ports in a fixed order.
#[derive(Clone)]
pub struct Compiled {
    /// The model, to be looked at between two cycles.
    pub model: Model,
    clock: Clocks,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

impl Compiled {
    /// A design that was just powered up; its clock is called `clock`.
    ///
    /// # Errors
    /// The program lacks a port.
    pub fn new(program: &Program, inputs: &[&str], outputs: &[&str]) -> Result<Self, UnknownName> {
        Ok(Self {
            model: Model::new(program),
            clock: program.clock("clock")?,
            inputs: inputs
                .iter()
                .map(|name| program.input(name))
                .collect::<Result<_, _>>()?,
            outputs: outputs
                .iter()
                .map(|name| program.output(name))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Compiled {
    /// Sets the inputs of a cycle.
    pub fn set(&mut self, inputs: &[u128]) {
        for (input, &word) in self.inputs.iter().zip(inputs) {
            self.model.set_u128(*input, word);
        }
    }

    /// Lets the clock rise.
    pub fn rise(&mut self) {
        self.model.cycle(self.clock);
    }

    /// Reads the outputs of the last cycle.
    pub fn read(&self, outputs: &mut [u128]) {
        for (output, word) in self.outputs.iter().zip(outputs) {
            *word = self.model.get_u128(*output);
        }
    }
}

impl Ported for Compiled {
    fn exchange(&mut self, inputs: &[u128], outputs: &mut [u128]) {
        self.set(inputs);
        self.rise();
        self.read(outputs);
    }
}

/// A chip (core and workload), compiled.
pub struct CompiledCard {
    design: Compiled,
    recording: Option<Recording>,
    view: ChipView,
}

impl CompiledCard {
    /// A chip that was just powered up.
    ///
    /// # Errors
    /// Its Verilog is refused.
    pub fn new() -> Result<Self, BackendError> {
        Self::with(&CoreConfig::default())
    }

    /// The same, with another core.
    ///
    /// # Errors
    /// Its Verilog is refused.
    pub fn with(config: &CoreConfig) -> Result<Self, BackendError> {
        let program = program_for(Design::Chip(*config))?;
        Ok(Self {
            design: Compiled::new(&program, CARD_INPUTS, CARD_OUTPUTS)?,
            recording: None,
            view: ChipView::new(&program)?,
        })
    }

    /// The compiled design.
    pub fn model(&self) -> &Model {
        &self.design.model
    }
}

impl Card for CompiledCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut outputs = [0; CARD_OUTPUTS.len()];
        self.design.set(&card_inputs(inputs));
        if let Some(recording) = &mut self.recording {
            recording.sample(&mut self.design.model);
        }
        self.design.rise();
        self.design.read(&mut outputs);
        card_outputs(&outputs)
    }

    fn state_words(&self) -> Vec<u32> {
        self.view.state_words(&self.design.model)
    }

    fn device_state(&self) -> u32 {
        self.view.core.device_state(&self.design.model)
    }

    fn live_marks(&self) -> Vec<u32> {
        self.view.core.live_marks(&self.design.model)
    }

    fn levels(&self) -> Option<Levels> {
        Some(self.view.core.levels(&self.design.model))
    }

    fn trace(&mut self, request: &TraceRequest) -> Result<(), TraceError> {
        let program = self.design.model.program();
        let (path, capture) = (&request.path, request.capture.clone());
        let recording = Recording::new(program, path, capture, CYCLE_PICOSECONDS)?;
        self.recording = Some(recording);
        Ok(())
    }

    fn finish_trace(&mut self) -> Result<Recorded, TraceError> {
        match self.recording.take() {
            None => Ok(Recorded::default()),
            Some(recording) => Ok(recording.finish().map_err(RecordingError::from)?),
        }
    }
}

/// A core without device, compiled.
#[derive(Clone)]
pub struct CompiledCore {
    design: Compiled,
    view: CoreView,
}

impl CompiledCore {
    /// A core that was just powered up.
    ///
    /// # Errors
    /// Its Verilog is refused.
    pub fn new(config: &CoreConfig) -> Result<Self, BackendError> {
        let program = program_for(Design::Core(*config))?;
        Ok(Self {
            design: Compiled::new(&program, CORE_INPUTS, CORE_OUTPUTS)?,
            view: CoreView::new(&program, "top")?,
        })
    }

    /// What [`crate::traffic::Traffic`] follows.
    pub fn inside(&self) -> Inside {
        self.view.inside(&self.design.model)
    }

    /// The compiled design.
    pub fn model(&self) -> &Model {
        &self.design.model
    }
}

impl Ported for CompiledCore {
    fn exchange(&mut self, inputs: &[u128], outputs: &mut [u128]) {
        self.design.exchange(inputs, outputs);
    }
}

impl BareCore for CompiledCore {
    fn cycle(&mut self, inputs: &CoreInputs) -> CoreOutputs {
        let mut outputs = [0; CORE_OUTPUTS.len()];
        self.design.exchange(&core_inputs(inputs), &mut outputs);
        core_outputs(&outputs)
    }

    fn device_state(&self) -> u32 {
        self.view.device_state(&self.design.model)
    }

    fn live_marks(&self) -> Vec<u32> {
        self.view.live_marks(&self.design.model)
    }
}
