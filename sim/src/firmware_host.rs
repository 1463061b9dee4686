//! Firmware hosted in the simulator, in lock-step with the clock.
//!
//! ```text
//!             ┌──────────────────── HostedFirmware ────────────────────┐
//!  outputs ──▶│ Port ◀──▶ HostedBus ◀──▶ slackwater_firmware::run_with │──▶ control request
//!             └────────────────────────────────────────────────────────┘
//! ```
//! The firmware is one future. Each access of its bus puts a request into the
//! port and is pending until the card has answered it, so it costs the clocks
//! that the bus takes and nothing else: the next request is on the bus in the
//! clock after `control_ready`. The program itself takes no time, as if the soft
//! core were infinitely fast.
//!
//! While `firmware_reset` is high there is no firmware; when it falls, it starts
//! anew, also if it had been stalled.

use crate::machine::Firmware;
use crate::ports::{CardOutputs, ControlRequest};
use slackwater_firmware::stream::SoftwareChecksums;
use slackwater_firmware::{ControlBus, Limits, run_with};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What the firmware waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Waiting {
    /// Nothing: it may go on.
    #[default]
    Nothing,
    /// The card's answer to this request.
    Access(ControlRequest),
    /// The event line.
    Event,
}

/// What the firmware's future and its host hand each other.
#[derive(Debug, Default)]
struct Port {
    waiting: Waiting,
    /// Data of the access that is done.
    data: u32,
}

/// The firmware's side of the port.
struct HostedBus(Arc<Mutex<Port>>);

/// The port; a panic elsewhere leaves it as it was, so a poisoned lock is no harm.
fn lock(port: &Mutex<Port>) -> MutexGuard<'_, Port> {
    port.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HostedBus {
    /// Waits, and hands back the data of the access.
    async fn wait(&self, waiting: Waiting) -> u32 {
        lock(&self.0).waiting = waiting;
        std::future::poll_fn(|_| {
            let port = lock(&self.0);
            match port.waiting {
                Waiting::Nothing => Poll::Ready(port.data),
                _ => Poll::Pending,
            }
        })
        .await
    }
}

impl ControlBus for HostedBus {
    type Checksums = SoftwareChecksums;

    async fn read(&mut self, address: u32) -> u32 {
        let request = ControlRequest {
            address,
            write: None,
        };
        self.wait(Waiting::Access(request)).await
    }

    async fn write(&mut self, address: u32, data: u32) {
        let request = ControlRequest {
            address,
            write: Some(data),
        };
        self.wait(Waiting::Access(request)).await;
    }

    async fn wait_for_event(&mut self) {
        self.wait(Waiting::Event).await;
    }
}

/// The firmware that runs now.
struct Running {
    port: Arc<Mutex<Port>>,
    /// As in the port, but at hand: most clocks answer nothing, and those lock nothing.
    waiting: Waiting,
    /// What is on the control bus: the access of `waiting`.
    request: Option<ControlRequest>,
    /// Data of the access that is done.
    data: u32,
    /// Never ready.
    program: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Running {
    fn start(limits: Limits) -> Self {
        let port = Arc::new(Mutex::new(Port::default()));
        let bus = HostedBus(Arc::clone(&port));
        Self {
            port,
            waiting: Waiting::Nothing,
            request: None,
            data: 0,
            program: Box::pin(async move {
                run_with(bus, limits).await;
            }),
        }
    }

    /// Takes in what the card answers in this clock.
    fn capture(&mut self, outputs: &CardOutputs) {
        match self.waiting {
            Waiting::Access(_) if outputs.control_ready => {
                self.data = outputs.control_data;
                self.waiting = Waiting::Nothing;
                self.request = None;
            }
            Waiting::Event if outputs.event => self.waiting = Waiting::Nothing,
            _ => {}
        }
    }

    /// Lets the program run up to its next wait.
    #[inline(never)]
    fn advance(&mut self) {
        *lock(&self.port) = Port {
            waiting: Waiting::Nothing,
            data: self.data,
        };
        let mut context = Context::from_waker(Waker::noop());
        let _never_ready = self.program.as_mut().poll(&mut context);
        self.waiting = lock(&self.port).waiting;
        self.request = match self.waiting {
            Waiting::Access(request) => Some(request),
            _ => None,
        };
    }
}

/// Fault: stalls a hosted firmware.
#[derive(Clone, Debug, Default)]
pub struct StallHandle(Arc<AtomicU64>);

impl StallHandle {
    /// The firmware does nothing for so many clocks (`u64::MAX`: until a reset). A
    /// request that is on the bus stays there until it is answered.
    pub fn stall(&self, cycles: u64) {
        self.0.store(cycles, Ordering::Relaxed);
    }

    /// True if the firmware is stalled in this clock.
    fn count_down(&self) -> bool {
        match self.0.load(Ordering::Relaxed) {
            0 => return false,
            u64::MAX => {}
            cycles => self.0.store(cycles - 1, Ordering::Relaxed),
        }
        true
    }
}

/// The firmware of one card; see the module's page.
pub struct HostedFirmware {
    limits: Limits,
    /// `None` while the soft core is held in reset.
    running: Option<Running>,
    stall: StallHandle,
}

impl HostedFirmware {
    /// Firmware that starts with the first clock.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            running: None,
            stall: StallHandle::default(),
        }
    }

    /// A handle on the fault "firmware stall", for use once the machine owns the firmware.
    pub fn stall_handle(&self) -> StallHandle {
        self.stall.clone()
    }
}

impl Default for HostedFirmware {
    fn default() -> Self {
        Self::new()
    }
}

impl Firmware for HostedFirmware {
    fn cycle(&mut self, outputs: &CardOutputs) -> Option<ControlRequest> {
        if outputs.firmware_reset {
            self.running = None;
            self.stall.stall(0);
            return None;
        }
        let limits = self.limits;
        let running = self.running.get_or_insert_with(|| Running::start(limits));
        running.capture(outputs);
        if !self.stall.count_down() && running.waiting == Waiting::Nothing {
            running.advance();
        }
        running.request
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slackwater_regs::bar2::status;
    use slackwater_regs::control::{self, event};
    use slackwater_regs::state::{self, RUNNING};

    /// A card that has registers only: a write takes 2 clocks, a read 4.
    #[derive(Default)]
    struct RegisterCard {
        present: u32,
        requested: Option<u32>,
        hold: u32,
        clocks: u32,
        outputs: CardOutputs,
        accesses: Vec<ControlRequest>,
        answers: Vec<u32>,
    }

    impl RegisterCard {
        fn new() -> Self {
            Self {
                present: RUNNING,
                ..Self::default()
            }
        }

        fn cycle(&mut self, control: Option<ControlRequest>) -> CardOutputs {
            self.outputs.control_ready = false;
            if let Some(request) = control {
                self.clocks += 1;
                let last = if request.write.is_some() { 2 } else { 4 };
                if self.clocks == last {
                    self.clocks = 0;
                    self.outputs.control_ready = true;
                    self.outputs.control_data = self.access(request);
                    self.accesses.push(request);
                }
            }
            self.outputs.event = self.requested.is_some();
            self.outputs
        }

        fn access(&mut self, request: ControlRequest) -> u32 {
            match (request.address, request.write) {
                (control::HOLD, Some(data)) => self.hold = data,
                (control::STATE_ANSWER, Some(data)) => {
                    self.present = data & state::MASK;
                    self.requested = None;
                    self.answers.push(data);
                }
                (control::EVENT, None) if self.requested.is_some() => return event::STATE,
                (control::STATE_REQUEST, None) => {
                    return self.requested.unwrap_or(0) | self.present << 4;
                }
                (control::STATUS, None) => return status::QUIESCED | status::FROZEN,
                (control::STATE_WORDS, None) => return 100,
                _ => {}
            }
            0
        }
    }

    /// Runs for some clocks.
    fn run(card: &mut RegisterCard, firmware: &mut HostedFirmware, clocks: u32) {
        let mut control = firmware
            .running
            .as_ref()
            .and_then(|running| running.request);
        for _ in 0..clocks {
            let outputs = card.cycle(control);
            let next = firmware.cycle(&outputs);
            if !outputs.control_ready && control.is_some() {
                assert_eq!(next, control, "a request left before it was answered");
            }
            control = next;
        }
    }

    #[test]
    fn an_access_costs_its_bus_clocks_and_a_request_is_answered_once() {
        let mut card = RegisterCard::new();
        let mut firmware = HostedFirmware::new();
        // One clock until the first request, then four reads of four clocks without a gap.
        run(&mut card, &mut firmware, 16);
        assert_eq!(card.accesses.len(), 3);
        run(&mut card, &mut firmware, 1);
        assert_eq!(card.accesses.len(), 4);
        card.requested = Some(0);
        run(&mut card, &mut firmware, 200);
        assert_eq!(card.answers, [1 << state::answer::OUTCOME_SHIFT]);
        assert_eq!(card.hold, 0);
    }

    #[test]
    fn a_stall_keeps_the_request_and_repeats_none() {
        let mut whole = RegisterCard::new();
        whole.requested = Some(0);
        run(&mut whole, &mut HostedFirmware::new(), 400);
        for at in 0..60 {
            let mut card = RegisterCard::new();
            card.requested = Some(0);
            let mut firmware = HostedFirmware::new();
            run(&mut card, &mut firmware, at);
            let before = card.accesses.len();
            firmware.stall_handle().stall(100);
            run(&mut card, &mut firmware, 100);
            assert!(card.accesses.len() <= before + 1, "stalled at {at}");
            run(&mut card, &mut firmware, 400);
            assert_eq!(card.accesses, whole.accesses, "stalled at {at}");
        }
    }

    #[test]
    fn a_reset_starts_anew_and_ends_a_stall() {
        let mut card = RegisterCard::new();
        let mut firmware = HostedFirmware::new();
        run(&mut card, &mut firmware, 20);
        firmware.stall_handle().stall(u64::MAX);
        card.requested = Some(0);
        run(&mut card, &mut firmware, 500);
        assert!(card.answers.is_empty());
        let reset = CardOutputs {
            firmware_reset: true,
            ..CardOutputs::default()
        };
        for _ in 0..3 {
            assert_eq!(firmware.cycle(&reset), None);
        }
        card.accesses.clear();
        run(&mut card, &mut firmware, 500);
        assert_eq!(card.accesses[0].address, control::DEVICE_TYPE);
        assert_eq!(card.answers.len(), 1);
    }
}
