//! The firmware's image on a soft core: an instruction-set simulator in lock-step with the clock.
//!
//! ```text
//!             ┌───────────────── ImageFirmware ─────────────────┐
//!  outputs ──▶│ control bus ◀──▶ CoreMemory ◀──▶ RV32I (rrs-lib) │──▶ control request
//!             └─────────────────────────────────────────────────┘
//! ```
//! Each instruction takes the clocks that PicoRV32 takes for it (`timing`), and one that accesses
//! the control bus stands until the bus has answered. Firmware that has nothing to do stands in a
//! read of WAIT until the event line is high, so an idle card costs the simulator next to nothing.
//!
//! What the core or its memory refuses stops the core: hardware writes the fault to the control bus
//! in its place, and nothing more happens until a reset. While `firmware_reset` is high the core
//! stands; when it falls, the image starts anew. An image that was exchanged for another one is on
//! trial at first, see `slackwater_regs::soft_core`.

pub mod image;
mod memory;
pub mod program;
mod timing;

use crate::machine::Firmware;
use crate::ports::{CardOutputs, ControlRequest};
pub use image::{Image, ImageError};
use memory::{CoreMemory, Outside};
use rrs_lib::HartState;
use rrs_lib::instruction_executor::{InstructionException, InstructionExecutor};
use slackwater_firmware::Limits;
use slackwater_regs::control;
use slackwater_regs::soft_core::{Fault, STACK_BOTTOM, STACK_TOP, TRIAL_CLOCKS};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the stack pointer is (RISC-V calling convention).
const SP: usize = 2;

/// What the core is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// An instruction takes so many more clocks, this one included.
    Busy(u32),
    /// The clocks of an instruction before its access, then the access.
    Before(u32, Outside),
    /// A request is on the control bus.
    Bus(ControlRequest),
    /// A read of WAIT.
    Event,
    /// The banks of images are exchanged.
    Exchange,
    /// The core has stopped and hardware tells why.
    Telling(ControlRequest),
    /// The core has stopped.
    Stopped,
}

/// The core from one reset to the next.
struct Core {
    hart: HartState,
    stage: Stage,
}

impl Core {
    fn new() -> Self {
        Self {
            hart: HartState::new(),
            stage: Stage::Busy(1),
        }
    }

    /// One clock; what is on the bus in the next one.
    fn cycle(&mut self, memory: &mut CoreMemory, outputs: &CardOutputs) -> Option<ControlRequest> {
        match self.stage {
            Stage::Busy(2..) | Stage::Before(2.., _) => {
                if let Stage::Busy(clocks) | Stage::Before(clocks, _) = &mut self.stage {
                    *clocks -= 1;
                }
            }
            Stage::Busy(_) => self.execute(memory),
            Stage::Before(_, Outside::Event) => self.stage = Stage::Event,
            Stage::Before(_, Outside::Exchange) => self.stage = Stage::Exchange,
            Stage::Before(_, Outside::Bus(request)) => self.stage = Stage::Bus(request),
            Stage::Before(_, Outside::Refused(fault, detail)) => self.refuse(fault, detail),
            Stage::Bus(_) if outputs.control_ready => self.complete(memory, outputs.control_data),
            Stage::Event if outputs.event => self.complete(memory, 0),
            Stage::Telling(_) if outputs.control_ready => self.stage = Stage::Stopped,
            Stage::Bus(_) | Stage::Event | Stage::Exchange | Stage::Telling(_) | Stage::Stopped => {
            }
        }
        match self.stage {
            Stage::Bus(request) | Stage::Telling(request) => Some(request),
            _ => None,
        }
    }

    /// The access of the present instruction is answered.
    fn complete(&mut self, memory: &mut CoreMemory, data: u32) {
        memory.answer = Some(data);
        self.execute(memory);
        if self.stage != Stage::Stopped {
            self.stage = Stage::Busy(timing::AFTER_ACCESS);
        }
    }

    /// The instruction at the program counter.
    fn execute(&mut self, memory: &mut CoreMemory) {
        let pc = self.hart.pc;
        let Some(instruction) = memory.instruction(pc) else {
            let fault = if pc.is_multiple_of(4) {
                Fault::BusError
            } else {
                Fault::IllegalInstruction
            };
            return self.refuse(fault, pc);
        };
        if timing::is_multiplication(instruction) {
            return self.refuse(Fault::IllegalInstruction, pc);
        }
        let mut executor = InstructionExecutor {
            mem: memory,
            hart_state: &mut self.hart,
        };
        match executor.step() {
            Ok(()) => {
                let jumped = self.hart.pc != pc.wrapping_add(4);
                self.stage = Stage::Busy(timing::cycles(instruction, jumped));
            }
            Err(
                InstructionException::LoadAccessFault(_)
                | InstructionException::StoreAccessFault(_),
            ) => {
                let outside = memory.outside.take();
                let outside = outside.unwrap_or(Outside::Refused(Fault::BusError, pc));
                self.stage = Stage::Before(timing::BEFORE_ACCESS, outside);
            }
            Err(_) => self.refuse(Fault::IllegalInstruction, pc),
        }
    }

    /// Stops; hardware tells why.
    fn refuse(&mut self, fault: Fault, detail: u32) {
        self.stage = Stage::Telling(ControlRequest {
            address: control::FAULT,
            write: Some(fault.word(detail)),
        });
    }
}

/// How deep the stack of an image ever was.
#[derive(Clone, Debug)]
pub struct StackGauge(Arc<AtomicU32>);

impl StackGauge {
    /// Bytes of stack that were in use at most, over all resets.
    pub fn deepest_bytes(&self) -> u32 {
        STACK_TOP - self.0.load(Ordering::Relaxed)
    }
}

/// The image of one card's firmware on its soft core; see the module's page.
pub struct ImageFirmware {
    memory: CoreMemory,
    /// `None` while the soft core is held in reset.
    core: Option<Core>,
    /// Clocks for which the image has been on trial, if it is.
    trial: Option<u32>,
    lowest_stack: u32,
    gauge: StackGauge,
}

impl ImageFirmware {
    /// An image that starts with the first clock.
    pub fn new(image: Image) -> Self {
        Self {
            memory: CoreMemory::new(image.bytes()),
            core: None,
            trial: None,
            lowest_stack: STACK_TOP,
            gauge: StackGauge(Arc::new(AtomicU32::new(STACK_TOP))),
        }
    }

    /// The image of this project with these limits.
    pub fn with_limits(limits: Limits) -> Self {
        Self::new(image::with_limits(image::built(), limits))
    }

    /// The other image starts, in the clock after this one.
    fn exchange(&mut self, trial: Option<u32>) {
        self.memory.exchange();
        self.core = None;
        self.trial = trial;
    }

    /// A gauge for use once the machine owns the firmware.
    pub fn stack_gauge(&self) -> StackGauge {
        self.gauge.clone()
    }
}

impl Firmware for ImageFirmware {
    fn cycle(&mut self, outputs: &CardOutputs) -> Option<ControlRequest> {
        if outputs.firmware_reset {
            self.core = None;
            self.trial = self.trial.map(|_| 0);
            return None;
        }
        let core = self.core.get_or_insert_with(|| {
            self.memory.reset();
            Core::new()
        });
        let request = core.cycle(&mut self.memory, outputs);
        let stack = core.hart.registers[SP];
        if stack < self.lowest_stack && stack >= STACK_BOTTOM {
            self.lowest_stack = stack;
            self.gauge.0.store(stack, Ordering::Relaxed);
        }
        let stage = core.stage;
        if stage == Stage::Exchange {
            self.exchange(Some(0));
            return None;
        }
        let Some(clocks) = &mut self.trial else {
            return request;
        };
        *clocks += 1;
        let has_failed = match stage {
            // Whether hardware or the firmware itself tells of a fault.
            Stage::Telling(_) => true,
            Stage::Bus(request) => request.address == control::FAULT && request.write.is_some(),
            // An access to the bus that has begun is not broken off.
            _ => *clocks >= TRIAL_CLOCKS,
        };
        if stage == Stage::Event {
            self.trial = None;
        } else if has_failed {
            self.exchange(None);
            return None;
        }
        request
    }
}
