//! A simulated machine as the host driver's [`Platform`].

use super::MigrationConfig;
use super::guest::Team;
use crate::machine::Machine;
use crate::ports::Card;
use slackwater_host::flow::pipeline::Digest;
use slackwater_host::platform::{MemoryError, PAGE_BYTES, Platform};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const NS_PER_S: u128 = 1_000_000_000;
/// Longest time in one go until the guest has answered all page requests.
const SETTLE_CYCLES: u64 = 1_000;
static EMPTY_PAGE: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// One machine, as the flow on its side sees it. Time is the machine's own.
pub struct SimPlatform {
    machine: Arc<Mutex<Machine>>,
    /// Cycles times 1e9 that were asked for and are not yet a whole cycle.
    owed: u128,
    guest: Whereabouts,
    peer_dma: bool,
}

/// The guest, as far as it moves.
enum Whereabouts {
    /// It is where it is.
    Here,
    /// It comes with the VCPUs from a machine of this process.
    On(Arc<Mutex<Machine>>, Team),
    /// It leaves for another process.
    Leaving(Team),
    /// It comes with the VCPUs from another process, to a machine like this.
    Awaited(Box<MigrationConfig>),
    /// It has come from there.
    Arrived(Team),
}

fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SimPlatform {
    /// The platform of a machine that has its guest.
    pub fn new(machine: Arc<Mutex<Machine>>) -> Self {
        Self {
            machine,
            owed: 0,
            guest: Whereabouts::Here,
            peer_dma: false,
        }
    }

    /// The platform of a machine that gets the guest of another one when its VCPUs are resumed.
    ///
    /// With the guest come the interrupts that it has not yet taken.
    pub fn receiving(machine: Arc<Mutex<Machine>>, from: Arc<Mutex<Machine>>, guest: Team) -> Self {
        Self {
            guest: Whereabouts::On(from, guest),
            ..Self::new(machine)
        }
    }

    /// The platform of a machine whose guest goes to another process.
    pub fn leaving(machine: Arc<Mutex<Machine>>, guest: Team) -> Self {
        Self {
            guest: Whereabouts::Leaving(guest),
            ..Self::new(machine)
        }
    }

    /// The platform of a machine like this that gets the guest of another process.
    pub fn awaiting(machine: Arc<Mutex<Machine>>, config: MigrationConfig) -> Self {
        Self {
            guest: Whereabouts::Awaited(Box::new(config)),
            ..Self::new(machine)
        }
    }

    /// The guest that came from another process.
    pub fn into_guest(self) -> Option<Team> {
        match self.guest {
            Whereabouts::Arrived(team) => Some(team),
            _ => None,
        }
    }

    /// Says that BARs of its cards are mapped for the DMA of others.
    #[must_use]
    pub fn with_peer_dma(mut self, mapped: bool) -> Self {
        self.peer_dma = mapped;
        self
    }

    fn refused(machine: &Machine, page: u64) -> MemoryError {
        MemoryError {
            address: page.saturating_mul(PAGE_BYTES as u64),
            bytes: PAGE_BYTES as u64,
            memory_bytes: machine.memory.size_bytes(),
        }
    }
}

impl Platform for SimPlatform {
    fn now_ns(&self) -> u64 {
        let machine = lock(&self.machine);
        let ns =
            u128::from(machine.now_cycles()) * NS_PER_S / u128::from(machine.clock_hz().max(1));
        u64::try_from(ns).unwrap_or(u64::MAX)
    }

    fn elapse_ns(&mut self, ns: u64) {
        let mut machine = lock(&self.machine);
        self.owed += u128::from(ns) * u128::from(machine.clock_hz());
        let cycles = u64::try_from(self.owed / NS_PER_S).unwrap_or(u64::MAX);
        self.owed %= NS_PER_S;
        machine.run(cycles);
    }

    fn pause_vcpus(&mut self) {
        lock(&self.machine).vcpus_running = false;
    }

    fn resume_vcpus(&mut self) {
        let agents = match &self.guest {
            Whereabouts::Here | Whereabouts::Leaving(_) | Whereabouts::Awaited(_) => Vec::new(),
            Whereabouts::On(from, guest) => {
                let mut from = lock(from);
                guest.leave(&mut from);
                from.take_agents()
            }
            Whereabouts::Arrived(guest) => guest.agents(),
        };
        if matches!(self.guest, Whereabouts::On(..)) {
            self.guest = Whereabouts::Here;
        }
        for agent in agents {
            lock(&self.machine).add_agent(agent);
        }
        lock(&self.machine).vcpus_running = true;
    }

    fn peer_dma_is_mapped(&self) -> bool {
        self.peer_dma
    }

    fn vcpu_state(&mut self) -> Vec<u8> {
        match &self.guest {
            Whereabouts::Leaving(guest) => guest.to_bytes(&lock(&self.machine)),
            _ => Vec::new(),
        }
    }

    fn load_vcpu_state(&mut self, state: &[u8]) -> Result<(), String> {
        let Whereabouts::Awaited(config) = &self.guest else {
            return Err(format!("{} bytes that nobody waits for", state.len()));
        };
        self.guest = Whereabouts::Arrived(Team::from_bytes(state, config)?);
        Ok(())
    }

    /// Within one process the machines are compared themselves.
    fn digest(&mut self) -> Option<Digest> {
        if let Whereabouts::Here | Whereabouts::On(..) = self.guest {
            return None;
        }
        let machine = lock(&self.machine);
        let pages = 0..machine.memory.pages();
        let page = |page| machine.memory.page(page).map_or(0, crc32c::crc32c);
        let slots = machine.slots.iter();
        let state = |card: &dyn Card| {
            let bytes = card.state_words().into_iter().flat_map(u32::to_le_bytes);
            crc32c::crc32c(&bytes.collect::<Vec<u8>>())
        };
        Some(Digest {
            pages: pages.map(page).collect(),
            devices: slots.map(|slot| state(slot.card.as_ref())).collect(),
        })
    }

    fn settle_io_page_faults(&mut self) {
        let mut machine = lock(&self.machine);
        let cards = machine.slots.len();
        // Without VCPUs nobody answers; with them the flow looks again, and has a limit.
        if machine.vcpus_running {
            machine.run_until(SETTLE_CYCLES, |machine| {
                (0..cards).all(|card| machine.root_complex.open_page_requests(card) == 0)
            });
        }
    }

    fn memory_bytes(&self) -> u64 {
        lock(&self.machine).memory.size_bytes()
    }

    fn read_page(&mut self, page: u64, into: &mut [u8; PAGE_BYTES]) -> Result<(), MemoryError> {
        let machine = lock(&self.machine);
        let bytes = machine.memory.page(page);
        into.copy_from_slice(bytes.map_err(|_| Self::refused(&machine, page))?);
        Ok(())
    }

    fn write_page(&mut self, page: u64, from: &[u8; PAGE_BYTES]) -> Result<(), MemoryError> {
        let mut machine = lock(&self.machine);
        let present = machine.memory.page(page);
        let present = present.map_err(|_| Self::refused(&machine, page))?;
        // An empty page onto an empty page is left alone: large empty memories stay untouched.
        // Only then is the present page read: to read it first would cost a second page fault.
        if *from == EMPTY_PAGE && present == from {
            return Ok(());
        }
        match machine.memory.page_mut(page) {
            Ok(bytes) => bytes.copy_from_slice(from),
            Err(_) => return Err(Self::refused(&machine, page)),
        }
        Ok(())
    }

    fn start_cpu_log(&mut self) {
        lock(&self.machine).cpu_dirty.start();
    }

    fn stop_cpu_log(&mut self) {
        lock(&self.machine).cpu_dirty.stop();
    }

    fn take_cpu_dirty(&mut self, pages: &mut Vec<u64>) {
        for (index, mut word) in (0..).zip(lock(&self.machine).cpu_dirty.take()) {
            while word != 0 {
                pages.push(64 * index + u64::from(word.trailing_zeros()));
                word &= word - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MachineConfig;

    fn platform() -> SimPlatform {
        let config = MachineConfig {
            memory_bytes: 1 << 20,
            ..MachineConfig::default()
        };
        SimPlatform::new(Arc::new(Mutex::new(
            Machine::new(&config, Vec::new()).unwrap(),
        )))
    }

    #[test]
    fn time_is_paid_to_the_cycle() {
        let mut platform = platform();
        for _ in 0..1000 {
            platform.elapse_ns(3);
        }
        assert_eq!(platform.now_ns(), 3000);
        assert_eq!(lock(&platform.machine).now_cycles(), 375);
    }

    #[test]
    fn pages_and_the_log_of_the_cpus() {
        let mut platform = platform();
        let mut page = [7; PAGE_BYTES];
        platform.write_page(255, &page).unwrap();
        platform.read_page(255, &mut page).unwrap();
        assert_eq!(page, [7; PAGE_BYTES]);
        platform.write_page(255, &EMPTY_PAGE).unwrap();
        platform.read_page(255, &mut page).unwrap();
        assert_eq!(page, EMPTY_PAGE, "an empty page onto one that is not");
        let error = platform.write_page(256, &page).unwrap_err();
        assert_eq!(error.address, 256 * 4096);
        assert!(platform.read_page(u64::MAX, &mut page).is_err());
        platform.start_cpu_log();
        lock(&platform.machine).cpu_dirty.mark(70 * 4096, 5000);
        let mut pages = Vec::new();
        platform.take_cpu_dirty(&mut pages);
        platform.take_cpu_dirty(&mut pages);
        assert_eq!(pages, [70, 71]);
    }
}
