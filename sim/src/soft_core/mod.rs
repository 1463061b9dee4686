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
//! stands; when it falls, the image is loaded anew and starts.

pub mod image;
mod memory;
mod timing;

use crate::machine::Firmware;
use crate::ports::{CardOutputs, ControlRequest};
pub use image::{Image, ImageError};
use memory::{CoreMemory, Outside};
use rrs_lib::HartState;
use rrs_lib::instruction_executor::{InstructionException, InstructionExecutor};
use slackwater_firmware::Limits;
use slackwater_regs::control;
use slackwater_regs::soft_core::{Fault, STACK_BOTTOM, STACK_TOP};
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
    /// The core has stopped and hardware tells why.
    Telling(ControlRequest),
    /// The core has stopped.
    Stopped,
}

/// The core from one reset to the next.
struct Core {
    hart: HartState,
    memory: CoreMemory,
    stage: Stage,
}

impl Core {
    fn new(image: &Image) -> Self {
        Self {
            hart: HartState::new(),
            memory: CoreMemory::new(image.bytes()),
            stage: Stage::Busy(1),
        }
    }

    /// One clock; what is on the bus in the next one.
    fn cycle(&mut self, outputs: &CardOutputs) -> Option<ControlRequest> {
        match self.stage {
            Stage::Busy(2..) | Stage::Before(2.., _) => {
                if let Stage::Busy(clocks) | Stage::Before(clocks, _) = &mut self.stage {
                    *clocks -= 1;
                }
            }
            Stage::Busy(_) => self.execute(),
            Stage::Before(_, Outside::Event) => self.stage = Stage::Event,
            Stage::Before(_, Outside::Bus(request)) => self.stage = Stage::Bus(request),
            Stage::Before(_, Outside::Refused(fault, detail)) => self.refuse(fault, detail),
            Stage::Bus(_) if outputs.control_ready => self.complete(outputs.control_data),
            Stage::Event if outputs.event => self.complete(0),
            Stage::Telling(_) if outputs.control_ready => self.stage = Stage::Stopped,
            Stage::Bus(_) | Stage::Event | Stage::Telling(_) | Stage::Stopped => {}
        }
        match self.stage {
            Stage::Bus(request) | Stage::Telling(request) => Some(request),
            _ => None,
        }
    }

    /// The access of the present instruction is answered.
    fn complete(&mut self, data: u32) {
        self.memory.answer = Some(data);
        self.execute();
        if self.stage != Stage::Stopped {
            self.stage = Stage::Busy(timing::AFTER_ACCESS);
        }
    }

    /// The instruction at the program counter.
    fn execute(&mut self) {
        let pc = self.hart.pc;
        let Some(instruction) = self.memory.instruction(pc) else {
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
            mem: &mut self.memory,
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
                let outside = self.memory.outside.take();
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
    image: Image,
    /// `None` while the soft core is held in reset.
    core: Option<Core>,
    lowest_stack: u32,
    gauge: StackGauge,
}

impl ImageFirmware {
    /// An image that starts with the first clock.
    pub fn new(image: Image) -> Self {
        Self {
            image,
            core: None,
            lowest_stack: STACK_TOP,
            gauge: StackGauge(Arc::new(AtomicU32::new(STACK_TOP))),
        }
    }

    /// The image of this project with these limits.
    pub fn with_limits(limits: Limits) -> Self {
        Self::new(Image::built().with_limits(limits))
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
            return None;
        }
        let image = &self.image;
        let core = self.core.get_or_insert_with(|| Core::new(image));
        let request = core.cycle(outputs);
        let stack = core.hart.registers[SP];
        if stack < self.lowest_stack && stack >= STACK_BOTTOM {
            self.lowest_stack = stack;
            self.gauge.0.store(stack, Ordering::Relaxed);
        }
        request
    }
}
