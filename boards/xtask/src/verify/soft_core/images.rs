//! Other images than the project's own: those that fail, and those that replace one another.
//!
//! The same is done with PicoRV32 and with the instruction-set simulator: the same must become of
//! it. The same clocks too, until the first image fails: how long the core takes to notice that an
//! instruction is none is not modelled, and what comes after it meets the machine at another time.

use super::SoftCoreError;
use super::program::{PicoFirmware, Program};
use slackwater_host::{Device, DeviceState, FirmwareIdentity, StateError, UpdateError};
use slackwater_sim::backend::CompiledCard;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::{Firmware, Machine, MachineConfig};
use slackwater_sim::soft_core::program::{AWAIT, Broken, HANG, broken, image, with_version};
use slackwater_sim::soft_core::{Image, ImageFirmware, image::built};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Clocks in which an image starts, or fails.
const START_CYCLES: u64 = 5000;
/// Most clocks from a request to ERROR once firmware has failed: no watchdog is waited for.
const FAILED_CYCLES: u64 = 2000;

/// A card with this firmware.
struct Card {
    machine: Arc<Mutex<Machine>>,
    device: Device<CardFunction>,
}

impl Card {
    fn new(firmware: Box<dyn Firmware>) -> Result<Self, SoftCoreError> {
        let config = MachineConfig {
            memory_bytes: 1 << 16,
            ..MachineConfig::default()
        };
        let card = Box::new(CompiledCard::new()?);
        let mut machine =
            Machine::new(&config, vec![card]).map_err(|error| wrong("a machine", &error))?;
        machine.slots[0].firmware = Some(firmware);
        machine.run(START_CYCLES);
        let machine = Arc::new(Mutex::new(machine));
        let device = Device::open(CardFunction::new(machine.clone(), 0))
            .map_err(|error| wrong("a card", &error))?;
        Ok(Self { machine, device })
    }

    fn now_cycles(&self) -> u64 {
        self.machine
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .now_cycles()
    }

    fn identity(&mut self) -> Result<FirmwareIdentity, SoftCoreError> {
        self.device
            .firmware()
            .map_err(|error| wrong("the firmware's registers", &error))
    }
}

fn wrong(what: &str, found: &dyn std::fmt::Debug) -> SoftCoreError {
    SoftCoreError::Image {
        image: what.into(),
        found: format!("{found:?}"),
    }
}

/// PicoRV32 with an image that it was powered up with.
fn picorv32(core: &Path, image: &Image, folder: &Path) -> Result<Box<dyn Firmware>, SoftCoreError> {
    let program =
        Program::start_with(core, image, folder).map_err(|error| SoftCoreError::Program {
            path: core.into(),
            error,
        })?;
    Ok(Box::new(PicoFirmware::new(program)))
}

/// A card that was powered up with an image that fails: a code, and ERROR at once.
fn fails(core: &Path, broken: &Broken, folder: &Path) -> Result<(), SoftCoreError> {
    let mut card = Card::new(picorv32(core, &image(&broken.instructions), folder)?)?;
    let found = card.identity()?.fault.map_or(0, |fault| fault.0);
    if found != broken.word(0, false) {
        return Err(wrong(broken.name, &card.identity()?));
    }
    let before = card.now_cycles();
    let asked = card.device.set_state(DeviceState::from_bits(9));
    let taken = card.now_cycles() - before;
    match asked {
        Err(StateError::Error { .. }) if taken < FAILED_CYCLES => Ok(()),
        other => Err(wrong(broken.name, &(other, taken))),
    }
}

/// What became of an update, and when, as long as all images were good.
type Step = (Result<FirmwareIdentity, UpdateError>, Option<u64>);

/// Images one after the other on one card: good ones and, between them, all that fail on trial.
fn updates(firmware: Box<dyn Firmware>) -> Result<Vec<Step>, SoftCoreError> {
    let mut card = Card::new(firmware)?;
    let mut images = vec![with_version(&built(), 0x0203_0004), built()];
    images.extend(broken().iter().map(|broken| image(&broken.instructions)));
    images.push(image(&[HANG]));
    images.push(built());
    // The last one fails after its trial, so that it stays and its code is told.
    let after = [AWAIT.as_slice(), &[HANG, 0][1..]].concat();
    images.push(image(&after));
    let mut steps = Vec::new();
    let mut all_good = true;
    for image in &images {
        let found = card.device.update_firmware(image, |_| ());
        all_good &= found.is_ok();
        steps.push((found, all_good.then(|| card.now_cycles())));
    }
    Ok(steps)
}

/// The program counter of an illegal instruction, which PicoRV32 does not tell.
fn without_detail(step: Step) -> Step {
    match step {
        (Err(UpdateError::Failed(fault)), clocks) => {
            let fault = slackwater_host::FirmwareFault(fault.0 & 0xff);
            (Err(UpdateError::Failed(fault)), clocks)
        }
        step => step,
    }
}

/// Runs all of them; how many failed as they should, and how many updates were the same.
///
/// # Errors
/// One has another end, or takes other clocks.
pub fn run(core: &Path, folder: &Path) -> Result<[usize; 2], SoftCoreError> {
    let list = broken();
    for broken in &list {
        fails(core, broken, &folder.join("broken"))?;
    }
    let expected = updates(Box::new(ImageFirmware::new(built())))?;
    let found = updates(picorv32(core, &built(), &folder.join("updates"))?)?;
    for (at, (expected, found)) in expected.iter().zip(&found).enumerate() {
        if without_detail(expected.clone()) != without_detail(found.clone()) {
            let both = format!("PicoRV32 {found:?}, the simulator {expected:?}");
            return Err(wrong(&format!("update {at}"), &both));
        }
    }
    Ok([list.len(), found.len()])
}
