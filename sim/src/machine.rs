//! A machine: memory, root complex, cards with their firmware, and what runs on the CPUs.
//!
//! [`Machine::step`] is one clock of everything: the agents (the guest's programs)
//! act, each card gets its inputs and gives its outputs, firmware answers, and the
//! links and memory move on. The same seed gives the same run, clock for clock.

use crate::link::LinkError;
use crate::memory::{CpuDirtyLog, GuestMemory, MemoryError};
use crate::ports::{Card, CardInputs, CardOutputs, ControlRequest};
use crate::root_complex::{MmioError, ReadHandle, RootComplex, RootComplexConfig};
use crate::seed::Seed;
use crate::tlp_message::{PageRequest, PageResponseCode};
use std::collections::BTreeMap;
use std::path::PathBuf;
use thiserror::Error;

/// A machine that cannot be made.
#[derive(Debug, Error)]
pub enum MachineError {
    /// Guest memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The link.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// What a machine is made of.
#[derive(Clone, Debug)]
pub struct MachineConfig {
    /// All randomness comes from here.
    pub seed: Seed,
    /// Size of guest memory in bytes.
    pub memory_bytes: u64,
    /// Guest memory starts as this file.
    pub image: Option<PathBuf>,
    /// Root complex and links.
    pub root_complex: RootComplexConfig,
}

impl Default for MachineConfig {
    fn default() -> Self {
        Self {
            seed: Seed(1),
            memory_bytes: 16 << 20,
            image: None,
            root_complex: RootComplexConfig::default(),
        }
    }
}

/// The firmware of a card: a soft core, or code hosted in lock-step with the clock.
pub trait Firmware: Send {
    /// Called once a clock with the outputs of that clock.
    ///
    /// What it returns is on the control bus in the next clock. A request must be
    /// returned again, unchanged, until outputs with `control_ready` have come.
    fn cycle(&mut self, outputs: &CardOutputs) -> Option<ControlRequest>;
}

/// Looks at a machine as each clock begins. It can change nothing.
pub trait Probe: Send {
    /// Called before anything moves in cycle [`Machine::now_cycles`].
    fn look(&mut self, machine: &Machine);
}

/// Something that runs on the guest's CPUs: its driver, its load.
pub trait Agent: Send {
    /// Called once a clock while the VCPUs run.
    fn tick(&mut self, port: &mut AgentPort<'_>);
}

/// What an agent can reach.
pub struct AgentPort<'a> {
    cycle: u64,
    memory: &'a mut GuestMemory,
    cpu_dirty: &'a mut CpuDirtyLog,
    root_complex: &'a mut RootComplex,
}

impl AgentPort<'_> {
    /// The present cycle.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// Size of guest memory in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.memory.size_bytes()
    }

    /// Reads guest memory.
    pub fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), MemoryError> {
        self.memory.read(address, buffer)
    }

    /// Reads a little-endian word of guest memory.
    pub fn read_u32(&self, address: u64) -> Result<u32, MemoryError> {
        self.memory.read_u32(address)
    }

    /// Writes guest memory; the hypervisor's log sees it.
    pub fn write(&mut self, address: u64, data: &[u8]) -> Result<(), MemoryError> {
        self.memory.write(address, data)?;
        self.cpu_dirty.mark(address, data.len());
        Ok(())
    }

    /// Writes a little-endian word of guest memory; the hypervisor's log sees it.
    pub fn write_u32(&mut self, address: u64, word: u32) -> Result<(), MemoryError> {
        self.write(address, &word.to_le_bytes())
    }

    /// Posts a write into a BAR; [`MmioError::Busy`] if there is no room now.
    pub fn mmio_write(
        &mut self,
        card: usize,
        bar: u8,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), MmioError> {
        self.root_complex.mmio_write(card, bar, offset, bytes)
    }

    /// Begins a read of a BAR.
    pub fn mmio_read(
        &mut self,
        card: usize,
        bar: u8,
        offset: u64,
        bytes: usize,
    ) -> Result<ReadHandle, MmioError> {
        self.root_complex.mmio_read(card, bar, offset, bytes)
    }

    /// The outcome of a read, once; `None` while it is under way.
    pub fn poll(&mut self, handle: ReadHandle) -> Option<Result<Vec<u8>, MmioError>> {
        self.root_complex.poll(handle)
    }

    /// Number of interrupts of a vector since the last call.
    pub fn take_interrupts(&mut self, card: usize, vector: u16) -> u64 {
        self.root_complex.take_interrupts(card, vector)
    }

    /// The next page request that waits for the guest, once.
    pub fn take_page_request(&mut self, card: usize) -> Option<PageRequest> {
        self.root_complex.take_page_request(card)
    }

    /// Answers a page request that was taken; [`PageResponseCode::Success`] makes the page present.
    pub fn answer_page_request(
        &mut self,
        card: usize,
        request: &PageRequest,
        code: PageResponseCode,
    ) -> Result<(), MmioError> {
        self.root_complex.answer_page_request(card, request, code)
    }
}

/// Something that happens once, in a given cycle: an injected fault, or its end.
pub type Alarm = Box<dyn FnOnce(&mut Machine) + Send>;

/// A card in its slot.
pub struct Slot {
    /// The card.
    pub card: Box<dyn Card>,
    /// Its firmware; without, the control bus stays silent.
    pub firmware: Option<Box<dyn Firmware>>,
    /// Fault injection inside the card, see [`CardInputs::inject`].
    pub inject: u32,
    /// The firmware begins no further access to the control bus; a reset of the soft core ends it.
    pub stall_firmware: bool,
    /// A function level reset is wanted; cleared when it was done.
    pub flr: bool,
    inputs: CardInputs,
    outputs: CardOutputs,
    /// What the firmware asks for next.
    request: Option<ControlRequest>,
}

impl Slot {
    fn new(card: Box<dyn Card>) -> Self {
        Self {
            card,
            firmware: None,
            inject: 0,
            stall_firmware: false,
            flr: false,
            inputs: CardInputs::default(),
            outputs: CardOutputs::default(),
            request: None,
        }
    }

    /// Inputs of the last clock.
    pub fn inputs(&self) -> &CardInputs {
        &self.inputs
    }

    /// Outputs of the last clock.
    pub fn outputs(&self) -> &CardOutputs {
        &self.outputs
    }

    fn step(&mut self, index: usize, root_complex: &mut RootComplex) {
        // A request on the bus stays there until it is done, stalled or not.
        let open = self.inputs.control.is_some() && !self.outputs.control_ready;
        let stalled = self.stall_firmware && !open;
        root_complex.drive(index, &mut self.inputs);
        self.inputs.control = if stalled { None } else { self.request };
        self.inputs.flr = self.flr;
        self.inputs.inject = self.inject;
        self.outputs = self.card.cycle(&self.inputs);
        root_complex.observe(index, &self.inputs, &self.outputs);
        if self.outputs.flr_done {
            self.flr = false;
        }
        // A reset reaches a stalled soft core too, and starts it anew.
        self.stall_firmware &= !self.outputs.firmware_reset;
        if (!stalled || self.outputs.firmware_reset)
            && let Some(firmware) = &mut self.firmware
        {
            self.request = firmware.cycle(&self.outputs);
        }
    }
}

/// A whole machine.
pub struct Machine {
    /// Root ports, IOMMUs, MMIO.
    pub root_complex: RootComplex,
    /// Guest memory. Writes from here are the VMM's own: no log sees them.
    pub memory: GuestMemory,
    /// Pages that the guest's CPUs wrote, when enabled.
    pub cpu_dirty: CpuDirtyLog,
    /// The cards.
    pub slots: Vec<Slot>,
    /// Whether agents are ticked.
    pub vcpus_running: bool,
    /// Who looks on, if anybody does.
    pub probe: Option<Box<dyn Probe>>,
    agents: Vec<Box<dyn Agent>>,
    /// By cycle, and by the order in which they were set.
    alarms: BTreeMap<(u64, u64), Alarm>,
    /// Cycle of the first alarm, at hand: most clocks have none.
    next_alarm: u64,
    alarms_set: u64,
}

impl Machine {
    /// A machine with these cards; VCPUs stand still and there is no firmware yet.
    pub fn new(config: &MachineConfig, cards: Vec<Box<dyn Card>>) -> Result<Self, MachineError> {
        let memory = match &config.image {
            Some(path) => GuestMemory::from_image(config.memory_bytes, path)?,
            None => GuestMemory::new(config.memory_bytes)?,
        };
        let seed = config.seed.named("root complex");
        Ok(Self {
            root_complex: RootComplex::new(config.root_complex, cards.len(), seed)?,
            cpu_dirty: CpuDirtyLog::new(memory.pages()),
            memory,
            slots: cards.into_iter().map(Slot::new).collect(),
            vcpus_running: false,
            probe: None,
            agents: Vec::new(),
            alarms: BTreeMap::new(),
            next_alarm: u64::MAX,
            alarms_set: 0,
        })
    }

    /// Cycles since the start.
    pub fn now_cycles(&self) -> u64 {
        self.root_complex.now()
    }

    /// Clock of the cards in Hz.
    pub fn clock_hz(&self) -> u64 {
        self.root_complex.config().clock_hz
    }

    /// Adds a program to the guest's CPUs.
    pub fn add_agent(&mut self, agent: Box<dyn Agent>) {
        self.agents.push(agent);
    }

    /// Whether the guest is here.
    pub fn has_agents(&self) -> bool {
        !self.agents.is_empty()
    }

    /// Takes all programs away, as when the guest moves to another machine.
    pub fn take_agents(&mut self) -> Vec<Box<dyn Agent>> {
        std::mem::take(&mut self.agents)
    }

    /// Has something happen at the start of a cycle; at once with the next clock if that has passed.
    pub fn set_alarm(&mut self, cycle: u64, alarm: Alarm) {
        self.alarms.insert((cycle, self.alarms_set), alarm);
        self.alarms_set += 1;
        self.next_alarm = self.next_alarm.min(cycle);
    }

    #[inline(never)]
    fn ring_alarms(&mut self) {
        let now = self.now_cycles();
        while let Some(entry) = self.alarms.first_entry()
            && entry.key().0 <= now
        {
            let alarm = entry.remove();
            alarm(self);
        }
        let first = self.alarms.first_key_value();
        self.next_alarm = first.map_or(u64::MAX, |(key, _)| key.0);
    }

    /// A card loses its power and gets it back: `fresh` is the card, `firmware` what it starts with.
    /// All that was under way between it and the root complex is lost.
    pub fn power_cycle(
        &mut self,
        card: usize,
        fresh: Box<dyn Card>,
        firmware: Option<Box<dyn Firmware>>,
    ) {
        let Some(slot) = self.slots.get_mut(card) else {
            return;
        };
        *slot = Slot {
            firmware,
            ..Slot::new(fresh)
        };
        self.root_complex.hot_reset(card);
    }

    /// One clock.
    pub fn step(&mut self) {
        if self.root_complex.now() >= self.next_alarm {
            self.ring_alarms();
        }
        if let Some(mut probe) = self.probe.take() {
            probe.look(self);
            self.probe = Some(probe);
        }
        if self.vcpus_running {
            let mut port = AgentPort {
                cycle: self.root_complex.now(),
                memory: &mut self.memory,
                cpu_dirty: &mut self.cpu_dirty,
                root_complex: &mut self.root_complex,
            };
            for agent in &mut self.agents {
                agent.tick(&mut port);
            }
        }
        for (index, slot) in self.slots.iter_mut().enumerate() {
            slot.step(index, &mut self.root_complex);
        }
        self.root_complex.advance(&mut self.memory);
    }

    /// So many clocks.
    pub fn run(&mut self, cycles: u64) {
        for _ in 0..cycles {
            self.step();
        }
    }

    /// Steps until `done`, at most so many clocks; whether it got there.
    pub fn run_until(
        &mut self,
        limit_cycles: u64,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> bool {
        for _ in 0..limit_cycles {
            if done(self) {
                return true;
            }
            self.step();
        }
        done(self)
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
