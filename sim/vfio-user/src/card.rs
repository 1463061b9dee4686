//! The simulated card as a [`Backend`].

use crate::backend::{Backend, BackendError};
use crate::client_memory::ClientMemory;
use crate::config_space::{DEVICE_ID, VENDOR_ID};
use slackwater_host::function::{Function, Permissions};
use slackwater_host::{Device, OpenError, V2State};
use slackwater_sim::firmware_kind::FirmwareKind;
use slackwater_sim::function::CardFunction;
use slackwater_sim::iommu::IommuError;
use slackwater_sim::machine::{Machine, MachineConfig, MachineError};
use slackwater_sim::memory::PAGE_BYTES;
use slackwater_sim::migration::fault::{FaultPlanError, Kind, strike};
use slackwater_sim::ports::Card;
use slackwater_sim::root_complex::{LINE_BYTES, MmioError, RootComplexConfig};
use slackwater_sim::seed::Seed;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cycles of one go: as long as a client may wait for its message to be looked at.
const SLICE_CYCLES: u64 = 128;
/// The card rests when nothing has moved for so many cycles: longer than firmware takes for a state,
/// and than any answer of the root complex.
const QUIET_CYCLES: u64 = 20_000;
/// Interrupt vectors of the workload.
const VECTORS: u16 = 1;
/// The card's slot.
const SLOT: usize = 0;

/// A card of the simulator, alone in its machine, with the client's memory behind its IOMMU.
pub struct SimulatedCard {
    machine: Arc<Mutex<Machine>>,
    /// Size and guest-physical address, by IOVA.
    mappings: BTreeMap<u64, (u64, u64)>,
    /// Cycles since something moved.
    quiet_cycles: u64,
    /// Faults that are still to strike.
    faults: Vec<StateFault>,
}

/// A fault that strikes when a client asks for a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateFault {
    /// What happens; one that strikes a machine by itself.
    pub kind: Kind,
    /// The state that is asked for.
    pub state: V2State,
}

impl FromStr for StateFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((kind, state)) = text.split_once('@') else {
            return Err("expected KIND[:ARG]@STATE".to_owned());
        };
        let kind: Kind = kind
            .parse()
            .map_err(|error: FaultPlanError| error.to_string())?;
        if !kind.is_of_the_machine() {
            return Err(format!("{kind} strikes a migration, not a card"));
        }
        let name = state.to_uppercase().replace('-', "_");
        let mut states = V2State::ALL.into_iter();
        let state = states.find(|known| known.name() == name);
        let state = state.ok_or_else(|| {
            format!(
                "{text:?} ends with no state of VFIO migration v2, such as pre-copy or stop-copy"
            )
        })?;
        Ok(Self { kind, state })
    }
}

impl SimulatedCard {
    /// A machine with this card.
    ///
    /// # Errors
    /// The machine cannot be made.
    pub fn new(
        card: Box<dyn Card>,
        root_complex: RootComplexConfig,
        seed: Seed,
    ) -> Result<Self, MachineError> {
        let config = MachineConfig {
            seed,
            // Nothing is mapped there: all of the device's memory is the client's.
            memory_bytes: PAGE_BYTES,
            image: None,
            root_complex,
        };
        let mut machine = Machine::new(&config, vec![card])?;
        machine.slots[SLOT].firmware = Some(FirmwareKind::default().start());
        Ok(Self {
            machine: Arc::new(Mutex::new(machine)),
            mappings: BTreeMap::new(),
            quiet_cycles: 0,
            faults: Vec::new(),
        })
    }

    /// Has faults strike, each once, when a client asks for their states.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<StateFault>) -> Self {
        self.faults = faults;
        self
    }

    /// The machine, for whoever wants to look in from outside.
    pub fn machine(&self) -> &Arc<Mutex<Machine>> {
        &self.machine
    }

    /// Takes one mapping away.
    fn forget(&mut self, iova: u64) {
        let Some((bytes, address)) = self.mappings.remove(&iova) else {
            return;
        };
        let mut machine = self.lock();
        if let Some(iommu) = machine.root_complex.iommu(SLOT) {
            // It was made so, and nobody else has taken it away.
            let _ = iommu.unmap(iova, bytes);
        }
        machine.memory.detach(address);
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries again, clock by clock, while the root complex has no room.
fn retry<T>(
    machine: &mut Machine,
    mut attempt: impl FnMut(&mut Machine) -> Result<T, MmioError>,
) -> Result<T, MmioError> {
    let limit_cycles = machine.root_complex.config().cpu_timeout_cycles;
    for _ in 0..limit_cycles {
        match attempt(machine) {
            Err(MmioError::Busy { .. }) => machine.step(),
            other => return other,
        }
    }
    attempt(machine)
}

/// Pieces that do not cross a line: start and length.
fn pieces(offset: u64, bytes: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let into_line = ((offset + start as u64) % LINE_BYTES as u64) as usize;
        let count = (LINE_BYTES - into_line).min(bytes - start);
        let piece = (start, count);
        start += count;
        (count > 0).then_some(piece)
    })
}

fn device(error: MmioError) -> BackendError {
    BackendError::Device(error.to_string())
}

impl Backend for SimulatedCard {
    type Function = CardFunction;

    fn open(&mut self) -> Result<Device<CardFunction>, OpenError> {
        Device::open(CardFunction::new(Arc::clone(&self.machine), SLOT))
    }

    fn bar_bytes(&self, bar: u8) -> Option<u64> {
        self.lock().root_complex.config().layout.bar_bytes(bar)
    }

    fn read(&mut self, bar: u8, offset: u64, into: &mut [u8]) -> Result<(), BackendError> {
        self.quiet_cycles = 0;
        let mut machine = self.lock();
        let machine = &mut *machine;
        for (start, count) in pieces(offset, into.len()) {
            let place = offset + start as u64;
            let handle = retry(machine, |machine| {
                machine.root_complex.mmio_read(SLOT, bar, place, count)
            });
            let handle = handle.map_err(device)?;
            // The CPU's timeout bounds it.
            let data = loop {
                match machine.root_complex.poll(handle) {
                    Some(outcome) => break outcome.map_err(device)?,
                    None => machine.step(),
                }
            };
            into[start..start + count].copy_from_slice(&data);
        }
        Ok(())
    }

    fn write(&mut self, bar: u8, offset: u64, from: &[u8]) -> Result<(), BackendError> {
        self.quiet_cycles = 0;
        let mut machine = self.lock();
        for (start, count) in pieces(offset, from.len()) {
            let place = offset + start as u64;
            let data = &from[start..start + count];
            retry(&mut machine, |machine| {
                machine.root_complex.mmio_write(SLOT, bar, place, data)
            })
            .map_err(device)?;
        }
        Ok(())
    }

    fn map(
        &mut self,
        iova: u64,
        bytes: u64,
        permissions: Permissions,
        memory: ClientMemory,
    ) -> Result<(), BackendError> {
        let mut machine = self.lock();
        let address = machine
            .memory
            .attach(bytes, memory.into_foreign())
            .ok_or_else(|| {
                BackendError::Invalid(format!("a mapping of {bytes:#x} bytes cannot be made"))
            })?;
        let Permissions { read, write } = permissions;
        let mapped = match machine.root_complex.iommu(SLOT) {
            Some(iommu) => iommu.map(iova, address, bytes, read, write),
            None => return Err(BackendError::Device("the card is gone".to_owned())),
        };
        if let Err(error) = mapped {
            machine.memory.detach(address);
            return Err(match error {
                IommuError::Overlap { .. } => BackendError::Exists(error.to_string()),
                _ => BackendError::Invalid(error.to_string()),
            });
        }
        drop(machine);
        self.mappings.insert(iova, (bytes, address));
        Ok(())
    }

    fn unmap(&mut self, iova: u64, bytes: u64) -> Result<u64, BackendError> {
        let Some(last) = iova.checked_add(bytes.saturating_sub(1)) else {
            return Err(BackendError::Invalid(format!(
                "{bytes:#x} bytes at IOVA {iova:#x} wrap around"
            )));
        };
        let touched = self.mappings.range(..=last);
        let ends = touched.map(|(start, (bytes, _))| (*start, start + (bytes - 1)));
        let touched: Vec<_> = ends.filter(|(_, end)| *end >= iova).collect();
        if let Some((start, end)) = touched
            .iter()
            .find(|(start, end)| *start < iova || *end > last)
        {
            return Err(BackendError::Invalid(format!(
                "{bytes:#x} bytes at IOVA {iova:#x} would split the mapping from {start:#x} to {end:#x}"
            )));
        }
        for (start, _) in &touched {
            self.forget(*start);
        }
        Ok(touched.len() as u64)
    }

    fn unmap_all(&mut self) {
        let starts: Vec<u64> = self.mappings.keys().copied().collect();
        for start in starts {
            self.forget(start);
        }
    }

    fn ids(&self) -> (u16, u16) {
        (VENDOR_ID, DEVICE_ID)
    }

    fn vectors(&self) -> u16 {
        VECTORS
    }

    fn take_interrupts(&mut self, vector: u16) -> u64 {
        self.lock().root_complex.take_interrupts(SLOT, vector)
    }

    fn function_level_reset(&mut self) -> Result<(), BackendError> {
        self.quiet_cycles = 0;
        let mut function = CardFunction::new(Arc::clone(&self.machine), SLOT);
        let reset = function.function_level_reset();
        reset.map_err(|error| BackendError::Device(error.to_string()))
    }

    fn before_state(&mut self, state: V2State) {
        let due = |fault: &StateFault| fault.state == state;
        let Some(place) = self.faults.iter().position(due) else {
            return;
        };
        let fault = self.faults.remove(place);
        strike(fault.kind, &mut self.lock());
    }

    fn run(&mut self) -> bool {
        if self.quiet_cycles >= QUIET_CYCLES {
            return false;
        }
        let mut quiet = 0;
        {
            let mut machine = self.lock();
            for _ in 0..SLICE_CYCLES {
                machine.step();
                let slot = &machine.slots[SLOT];
                let outputs = slot.outputs();
                let moves = outputs.link_tx.is_some()
                    || slot.inputs().link_rx.is_some()
                    || outputs.msi.is_some()
                    || outputs.event
                    || slot.flr
                    || !machine.root_complex.is_idle(SLOT);
                quiet = if moves { 0 } else { quiet + 1 };
            }
        }
        self.quiet_cycles = if quiet == SLICE_CYCLES {
            self.quiet_cycles + quiet
        } else {
            quiet
        };
        self.quiet_cycles < QUIET_CYCLES
    }
}
