//! What is looked at in a compiled design from outside, by its hierarchical names.

use crate::ports::Levels;
use crate::traffic::Inside;
use slackwater_hdl::workload::state_registers;
use slackwater_regs::control::hold;
use slackwater_regs::{accelerator, state};
use slackwater_verilog::{MemoryHandle, Model, Program, Signal, UnknownName};

/// What is looked at in a core.
#[derive(Clone, Copy)]
pub(super) struct CoreView {
    device_state: Signal,
    live_log: MemoryHandle,
    owner: Signal,
    /// Registers of the device control, the device's state first.
    control: Signal,
    request_pending: Signal,
    hold: Signal,
    reset_phase: Signal,
    /// Registers of resets and freezing, the freeze first.
    holds: Signal,
    status: Signal,
    tracking: Signal,
}

impl CoreView {
    /// `path` is that of the core.
    pub(super) fn new(program: &Program, path: &str) -> Result<Self, UnknownName> {
        Ok(Self {
            device_state: program.signal(&format!("{path}.device$present"))?,
            live_log: program.memory(&format!("{path}.log.ram.words"))?,
            owner: program.signal(&format!("{path}.registers.owner_register.q"))?,
            control: program.signal(&format!("{path}.device.registers.q"))?,
            request_pending: program.signal(&format!("{path}.device$request_pending"))?,
            hold: program.signal(&format!("{path}.device$hold"))?,
            reset_phase: program.signal(&format!("{path}.device.phase.q"))?,
            holds: program.signal(&format!("{path}.device.holds.q"))?,
            status: program.signal(&format!("{path}.device$status"))?,
            tracking: program.signal(&format!("{path}.snapshot$tracking"))?,
        })
    }

    pub(super) fn device_state(&self, model: &Model) -> u32 {
        model.peek_u64(self.device_state) as u32
    }

    /// From registers alone: to work out a net such as that of [`Self::device_state`]
    /// takes longer than a cycle. Registers power up as 0 and the state as RUNNING, so
    /// that bit is kept inverted.
    pub(super) fn inside(&self, model: &Model) -> Inside {
        let kept = model.peek_u64(self.control) as u32 & state::MASK;
        Inside {
            owner: model.peek_u64(self.owner) as u16,
            in_error: kept ^ state::RUNNING == state::ERROR,
        }
    }

    /// Here too registers come first: STATUS has to be worked out, so it is only looked at
    /// while something may hold the gate closed or the device frozen.
    pub(super) fn levels(&self, model: &Model) -> Levels {
        let kept = model.peek_u64(self.control) as u32 & state::MASK;
        let device_state = kept ^ state::RUNNING;
        let request_pending = model.peek_u64(self.request_pending) != 0;
        let open = device_state & (state::RUNNING | state::NDMA) == state::RUNNING
            && !request_pending
            && model.peek_u64(self.hold) as u32 & (hold::GATE | hold::FREEZE) == 0
            && model.peek_u64(self.reset_phase) == 0
            && model.peek_u64(self.holds) & 1 == 0;
        let status = if open {
            0
        } else {
            model.peek_u64(self.status) as u32
        };
        Levels {
            device_state,
            request_pending,
            tracking: model.peek_u64(self.tracking) != 0,
            ..Levels::of_status(status)
        }
    }

    pub(super) fn live_marks(&self, model: &Model) -> Vec<u32> {
        memory_words(model, self.live_log)
    }
}

/// What is looked at in a chip.
pub(super) struct ChipView {
    pub(super) core: CoreView,
    scratch: MemoryHandle,
    /// Registers of the workload with the widths of their fields.
    registers: Vec<(Signal, Vec<usize>)>,
}

impl ChipView {
    /// The chip is the top module.
    pub(super) fn new(program: &Program) -> Result<Self, UnknownName> {
        let registers = state_registers().into_iter().map(|(name, widths)| {
            let signal = program.signal(&format!("top.workload.{name}.q"))?;
            Ok((signal, widths))
        });
        Ok(Self {
            registers: registers.collect::<Result<_, _>>()?,
            core: CoreView::new(program, "top.core")?,
            scratch: program.memory("top.workload.scratch.words")?,
        })
    }

    /// Every word of the workload's state.
    pub(super) fn state_words(&self, model: &Model) -> Vec<u32> {
        let mut words = memory_words(model, self.scratch);
        for (signal, widths) in &self.registers {
            let mut rest = model.peek(*signal);
            for &width in widths {
                let digit = rest.iter_u64_digits().next().unwrap_or(0);
                words.push((digit & (u64::MAX >> (u64::BITS as usize - width))) as u32);
                rest >>= width;
            }
        }
        words.resize(accelerator::STATE_WORDS as usize, 0);
        words
    }
}

fn memory_words(model: &Model, memory: MemoryHandle) -> Vec<u32> {
    let words = model.program().memory_info(memory).words;
    (0..words)
        .map(|address| model.memory_u64(memory, address) as u32)
        .collect()
}
