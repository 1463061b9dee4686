//! A firmware that answers as a rule, and does random things beside.

use crate::ports::{CardOutputs, ControlRequest};
use crate::seed::Stream;
use slackwater_regs::control::{self, hold};
use slackwater_regs::{bar2, state, window};
use std::collections::VecDeque;

/// Polls of STATUS after which a request is answered however DMA stands.
const POLLS: u32 = 60;

enum Step {
    Access(ControlRequest),
    Wait(u64),
    /// Read what is requested, and make the device ready for it.
    Prepare,
    /// Wait until STATUS has these bits.
    Poll(u32, u32),
}

/// See the module's page.
#[derive(Default)]
pub(super) struct Firmware {
    script: VecDeque<Step>,
    request: Option<ControlRequest>,
}

fn write(address: u32, data: u32) -> Step {
    Step::Access(ControlRequest {
        address,
        write: Some(data),
    })
}

fn read(address: u32) -> ControlRequest {
    ControlRequest {
        address,
        write: None,
    }
}

impl Firmware {
    /// What it asks for in this cycle.
    pub(super) fn request(&self) -> Option<ControlRequest> {
        self.request
    }

    /// Looks at the outputs of the cycle.
    pub(super) fn observe(&mut self, outputs: &CardOutputs, random: &mut Stream) {
        if outputs.firmware_reset {
            self.script.clear();
            self.request = None;
            return;
        }
        if self.request.is_some() {
            if !outputs.control_ready {
                return;
            }
            self.request = None;
            self.step(outputs.control_data, random);
            return;
        }
        if let Some(Step::Wait(cycles)) = self.script.front_mut() {
            *cycles = cycles.saturating_sub(1);
            if *cycles > 0 {
                return;
            }
            self.script.pop_front();
        }
        if self.script.is_empty() {
            self.think(outputs.event, random);
        }
        self.request = match self.script.front() {
            Some(Step::Access(request)) => Some(*request),
            Some(Step::Prepare) => Some(read(control::STATE_REQUEST)),
            Some(Step::Poll(..)) => Some(read(control::STATUS)),
            Some(Step::Wait(_)) | None => None,
        };
    }

    /// An access was done.
    fn step(&mut self, data: u32, random: &mut Stream) {
        match self.script.pop_front() {
            Some(Step::Prepare) => {
                let (mut held, mut wanted) = (0, 0);
                if data & state::NDMA != 0 {
                    (held, wanted) = (hold::GATE, bar2::status::QUIESCED);
                }
                if data & state::RUNNING == 0 {
                    (held, wanted) = (hold::GATE | hold::FREEZE, bar2::status::FROZEN);
                }
                if data & state::SAVING != 0 {
                    held |= hold::INTERNAL_LOG;
                }
                if !state::is_valid(data & state::MASK) && random.below(4) > 0 {
                    self.refuse();
                }
                self.script.push_front(Step::Poll(wanted, POLLS));
                self.script.push_front(write(control::HOLD, held));
            }
            Some(Step::Poll(bits, left)) if data & bits != bits && left > 0 => {
                self.script.push_front(Step::Poll(bits, left - 1));
                self.script.push_front(Step::Wait(random.below(8)));
            }
            _ => {}
        }
    }

    /// The answer that waits in the script becomes a refusal.
    fn refuse(&mut self) {
        for step in &mut self.script {
            if let Step::Access(request) = step
                && request.address == control::STATE_ANSWER
            {
                request.write = Some((state::Outcome::Kept as u32) << state::answer::OUTCOME_SHIFT);
            }
        }
    }

    fn think(&mut self, event: bool, random: &mut Stream) {
        match random.below(64) {
            // Too late for the watchdog.
            0 if event && random.below(8) == 0 => {
                self.script.push_back(Step::Wait(random.below(3_000)));
            }
            1 if event => self.answer_window(random),
            2..=9 if event => self.answer_state(random),
            10..=12 if event => self.answer_window(random),
            13..=15 => self.script.push_back(any(random)),
            16 => self.take_internal(random),
            17 if !event => self
                .script
                .push_back(write(control::HOLD, hold::INTERNAL_LOG)),
            _ => {}
        }
    }

    /// Takes a word of the internal log and looks at what is left.
    fn take_internal(&mut self, random: &mut Stream) {
        let word = random.below(control::INTERNAL_LOG_WORDS.into()) as u32;
        self.script.push_back(write(control::INTERNAL_TAKE, word));
        for address in [control::INTERNAL_SNAPSHOT, control::INTERNAL_COUNT] {
            self.script.push_back(Step::Access(read(address)));
        }
    }

    fn answer_state(&mut self, random: &mut Stream) {
        let outcome = match random.below(16) {
            0 => state::Outcome::None,
            1 => state::Outcome::Kept,
            2 => state::Outcome::Error,
            _ => state::Outcome::Succeeded,
        };
        if random.below(16) > 0 {
            self.script.push_back(Step::Prepare);
        }
        let reason = state::Reason::ALL[random.index(state::Reason::ALL.len())];
        if outcome != state::Outcome::Succeeded {
            self.script.push_back(write(control::REASON, reason as u32));
        }
        let answer = (outcome as u32) << state::answer::OUTCOME_SHIFT;
        let held = match random.below(4) {
            0 => random.below(8) as u32,
            1 => hold::INTERNAL_LOG,
            _ => 0,
        };
        self.script.push_back(write(control::STATE_ANSWER, answer));
        self.script.push_back(Step::Wait(random.below(8)));
        self.script.push_back(write(control::HOLD, held));
    }

    fn answer_window(&mut self, random: &mut Stream) {
        for _ in 0..random.below(8) {
            let at = control::DATA_WINDOW + random.below(0x400) as u32 * 4;
            self.script.push_back(write(at, random.bits() as u32));
        }
        let answer = random.below(7) as u32
            | (random.below(3) as u32) << window::status::END_SHIFT
            | (random.below(0x1001) as u32 & !3) << window::status::BYTES_SHIFT;
        self.script.push_back(write(control::WINDOW_ANSWER, answer));
    }
}

/// A read or write of any register, of the window, or of the device's state.
fn any(random: &mut Stream) -> Step {
    let address = match random.below(4) {
        0 => control::DATA_WINDOW + random.below(0x400) as u32 * 4,
        1 => control::STATE_PORT + random.below(control::MAX_STATE_WORDS.into()) as u32 * 4,
        2 => control::INTERNAL_TAKE,
        _ => random.below(0x12) as u32 * 4 + u32::from(random.below(16) == 0),
    };
    let harmless = address != control::STATE_ANSWER && address != control::HOLD;
    if harmless && random.below(2) == 0 {
        let data = match address {
            control::INTERNAL_TAKE => random.below(8) as u32,
            _ => random.bits() as u32,
        };
        return write(address, data);
    }
    Step::Access(read(address))
}
