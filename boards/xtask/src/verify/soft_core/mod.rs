//! The soft core of a card: PicoRV32 with the firmware's image, through a whole migration.
//!
//! ```text
//!  machine ◀─▶ compiled chip ◀─ control bus ─▶ PicoRV32 under Verilator, clock by clock
//!     │             │ every input and output of every cycle
//!     └──────▶ chip and soft core as one design under Verilator: the same outputs in every cycle
//! ```
//! The machines of both sides run a migration with PicoRV32 as the firmware of their cards. What goes
//! in at the ports of each card is given to a second program of Verilator's, which has the chip
//! and the soft core in one: it has to do the same at every port in every cycle, control bus
//! included. So the whole chain has done the migration, state and all, under Verilator.

mod chain;
mod changes;
mod images;
mod program;

use super::verilator::VerilatorError;
use crate::project::project;
use crate::tools::{Tools, at};
use chain::{Chain, Verdict};
use changes::{Change, Changes};
use program::{PicoFirmware, Program};
use slackwater_hdl::netlist::chip_verilog;
use slackwater_sim::backend::{BackendError, CompiledCard};
use slackwater_sim::firmware_kind::{FirmwareConfig, FirmwareKind};
use slackwater_sim::migration::{Event, Migration, MigrationConfig, Observer, Side};
use slackwater_sim::seed::Seed;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use thiserror::Error;

/// The soft core, from the project's folder on.
const SOFT_CORE: &str = "hdl/soft_core/slackwater_soft_core.v";
/// The polynomial of its checksum unit, and another one.
const PLANTED: [&str; 2] = ["32'h82f6_3b78", "32'h82f6_3b79"];

/// Why the check failed.
#[derive(Debug, Error)]
pub enum SoftCoreError {
    /// There is no program.
    #[error(transparent)]
    Build(#[from] VerilatorError),
    /// The design cannot be compiled.
    #[error(transparent)]
    Design(#[from] BackendError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Tool(#[from] crate::tools::ToolError),
    /// A program cannot be started.
    #[error("{path}: {error}")]
    Program {
        /// The program.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The migration could not be begun.
    #[error("with {firmware}: {error}")]
    Migration {
        /// Which firmware.
        firmware: &'static str,
        /// Why.
        error: slackwater_sim::migration::MigrationError,
    },
    /// Something was lost.
    #[error("with {firmware} the migration failed: {report}")]
    Lost {
        /// Which firmware.
        firmware: &'static str,
        /// What is known of it.
        report: String,
    },
    /// The whole chain does something else.
    #[error("the {side} card, cycle {}: {} is {:#x} in the machine and {:#x} in the whole chain",
        verdict.cycles, verdict.port, verdict.values[0], verdict.values[1])]
    Differs {
        /// Which card.
        side: Side,
        /// Where it differs.
        verdict: chain::Difference,
    },
    /// The instruction-set simulator counts other clocks.
    #[error("{change} takes other clocks in the simulator than on PicoRV32: {cycles:?}")]
    Clocks {
        /// The change of device_state.
        change: String,
        /// By firmware.
        cycles: BTreeMap<&'static str, u64>,
    },
    /// An image other than the project's does something else.
    #[error("{image}: {found}")]
    Image {
        /// Which one.
        image: String,
        /// What was found.
        found: String,
    },
    /// A fault that was put into the soft core was not noticed.
    #[error("a wrong checksum unit was not noticed in {cycles} cycles")]
    Unnoticed {
        /// How long the run was.
        cycles: u64,
    },
}

/// Clocks of the changes of device_state.
pub type Table = BTreeMap<String, BTreeMap<&'static str, u64>>;

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// Cycles that the whole chain did alike, both cards together.
    pub cycles: u64,
    /// Cycle in which a planted fault was noticed.
    pub noticed: u64,
    /// Images that failed as they should, and updates that took the same clocks.
    pub images: [usize; 2],
    /// By change and firmware, the most clocks from request to answer.
    pub table: Table,
}

/// Nobody looks on.
struct Nobody;

impl Observer for Nobody {
    fn event(&self, _: Side, _: Event, _: &mut slackwater_sim::machine::Machine) {}
}

fn config(seed: u64, kind: FirmwareKind) -> MigrationConfig {
    MigrationConfig {
        firmware: FirmwareConfig {
            kind,
            ..FirmwareConfig::default()
        },
        ..MigrationConfig::small(Seed(seed))
    }
}

/// Migrates, and says how long each change of device_state took.
fn migrate(migration: Migration, firmware: &'static str) -> Result<Vec<Change>, SoftCoreError> {
    let changes = Changes::default();
    for side in [Side::Source, Side::Destination] {
        let machine = migration.machine(side);
        let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
        machine.probe = Some(Box::new(changes.clone()));
    }
    let outcome = migration
        .run(&Nobody)
        .map_err(|error| SoftCoreError::Migration { firmware, error })?;
    if !outcome.report.is_success() {
        let report = format!("{:#?}", outcome.report);
        return Err(SoftCoreError::Lost { firmware, report });
    }
    Ok(changes.all())
}

/// Two cards whose firmware PicoRV32 runs, each beside its whole chain.
fn with_picorv32(
    seed: u64,
    core: &Path,
    chain: &Path,
) -> Result<(Vec<Change>, [Verdict; 2]), SoftCoreError> {
    let start = |path: &Path| {
        Program::start(path).map_err(|error| SoftCoreError::Program {
            path: path.into(),
            error,
        })
    };
    let mut cards = Vec::new();
    let mut verdicts = Vec::new();
    for _ in 0..2 {
        let (card, verdict) = Chain::new(CompiledCard::new()?, start(chain)?)?;
        cards.push(Box::new(card));
        verdicts.push(verdict);
    }
    let firmware = "PicoRV32";
    let (destination, source) = (cards.remove(1), cards.remove(0));
    let config = config(seed, FirmwareKind::Hosted);
    let migration = Migration::with_cards(config, source, destination)
        .map_err(|error| SoftCoreError::Migration { firmware, error })?;
    for side in [Side::Source, Side::Destination] {
        let machine = migration.machine(side);
        let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
        machine.slots[0].firmware = Some(Box::new(PicoFirmware::new(start(core)?)));
    }
    let changes = migrate(migration, firmware)?;
    // The cards are gone, so that their last cycles have been compared too.
    Ok((changes, [verdicts.remove(0), verdicts.remove(0)]))
}

/// Runs the check.
///
/// # Errors
/// A migration fails, the whole chain differs, or a tool is missing.
pub fn run(tools: &Tools, folder: &Path, seed: u64) -> Result<Found, SoftCoreError> {
    let read = |path: &Path| fs::read_to_string(path).map_err(at(path));
    let core = read(&project().join(SOFT_CORE))?;
    let cpu = read(&tools.picorv32())?;
    let chip = chip_verilog();
    fs::create_dir_all(folder).map_err(at(folder))?;
    let design = |name: &str, text: &str| -> Result<PathBuf, SoftCoreError> {
        let path = folder.join(format!("{name}.v"));
        fs::write(&path, text).map_err(at(&path))?;
        Ok(path)
    };
    let soft_core = program::build_soft_core(
        tools,
        &design("core", &[cpu.as_str(), &core].concat())?,
        &folder.join("core"),
    )?;
    let whole = |name: &str, core: &str| {
        let text = [chip.as_str(), chain::TOP, &cpu, core].concat();
        program::build_chain(tools, &design(name, &text)?, &folder.join(name))
    };
    let chain = whole("chain", &core)?;

    let images = images::run(&soft_core, folder)?;
    let mut table = Table::new();
    let mut note = |firmware, changes: Vec<Change>| {
        for change in changes {
            let row = table.entry(change.name()).or_default();
            let cycles = row.entry(firmware).or_default();
            *cycles = change.cycles.max(*cycles);
        }
    };
    for (kind, name) in [
        (FirmwareKind::Hosted, "hosted"),
        (FirmwareKind::Image, "image"),
    ] {
        let migration =
            Migration::new(config(seed, kind)).map_err(|error| SoftCoreError::Migration {
                firmware: name,
                error,
            })?;
        note(name, migrate(migration, name)?);
    }
    let (changes, verdicts) = with_picorv32(seed, &soft_core, &chain)?;
    note("PicoRV32", changes);
    let mut cycles = 0;
    for (side, verdict) in [Side::Source, Side::Destination].into_iter().zip(verdicts) {
        match verdict.take() {
            Ok(agreed) => cycles += agreed,
            Err(verdict) => return Err(SoftCoreError::Differs { side, verdict }),
        }
    }

    // The simulator's model of the core's clocks is PicoRV32's README; here it meets the core.
    for (change, cycles) in &table {
        if cycles.get("image") != cycles.get("PicoRV32") {
            return Err(SoftCoreError::Clocks {
                change: change.clone(),
                cycles: cycles.clone(),
            });
        }
    }

    let planted = whole("planted", &core.replace(PLANTED[0], PLANTED[1]))?;
    let (_, [source, _]) = with_picorv32(seed, &soft_core, &planted)?;
    let noticed = match source.take() {
        Ok(cycles) => return Err(SoftCoreError::Unnoticed { cycles }),
        Err(difference) => difference.cycles,
    };
    Ok(Found {
        cycles,
        noticed,
        images,
        table,
    })
}
