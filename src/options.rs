//! The command line.

use crate::address::Address;
use crate::units;
use clap::{Args, Parser, Subcommand};
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::FirmwareKind;
use slackwater_sim::link::LinkSpeed;
use slackwater_sim::migration::Side;
use slackwater_sim::migration::fault::{FaultPlan, kind::KINDS, plan::phases};
use slackwater_sim::trace::Condition;
use slackwater_vfio::Address as VfioAddress;
use slackwater_vfio_user::StateFault;
use std::path::PathBuf;

/// Live migration of a PCIe device, simulated clock by clock.
///
/// Two machines are simulated, each with guest memory, an IOMMU, a PCIe link that
/// reorders whatever PCIe lets it, and a card: the Slackwater core in RustHDL with
/// a DMA engine behind it, simulated as the very Verilog that it emits. The guest keeps the engine busy while the machine is
/// migrated from one to the other. Then every page and every word of device state
/// is compared. Nothing here runs on hardware.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
        slackwater\n  \
        slackwater migrate --memory-size 64M --dirty-rate 2G --downtime-limit 500us\n  \
        slackwater migrate --link gen1x1 --network 10G --seed 7 --json -\n  \
        slackwater --report migration.html\n  \
        slackwater migrate --trace switch.fst --trace-window 200000:2000\n  \
        slackwater migrate --trace stop.vcd --trace-trigger rise:top.core.dev_freeze\n  \
        slackwater migrate --memory-size 1M --fault lost-completion@pre-copy --fault link-stall:2000@60000\n\n\
        Between two machines:\n  \
        slackwater receive --listen 0.0.0.0:4000      and then, elsewhere:\n  \
        slackwater migrate --to host.example:4000     or, over ssh, in one go:\n  \
        slackwater migrate --to 'exec:ssh host.example slackwater receive --listen -'\n\n\
        Exit status: 0 if the machine was migrated and nothing was lost; 1 if something was lost, or\n\
        if the connection broke when the destination had been told to run: then the source is halted,\n\
        and the destination may be running; 2 if the input is wrong or no connection was made; 3 if\n\
        the migration failed and nothing was lost: the source runs on."
)]
pub struct Cli {
    /// What to do; without a command: migrate.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub migrate: MigrateOptions,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Migrate a simulated machine and compare both sides (the default).
    Migrate(Box<MigrateOptions>),
    /// Wait for a machine that `slackwater migrate --to` sends, and take it over.
    Receive(ReceiveOptions),
    /// Offer the simulated card as a vfio-user device, to QEMU or any other client.
    Serve(ServeOptions),
    /// Tell what a real function is, by VFIO.
    Probe(ProbeOptions),
    /// Replace a real function's firmware by an image, until it is powered up again: the card checks it
    /// before it runs, and keeps the old one if it is broken.
    Update(FileOptions),
    /// Save a real function's device state into a file. Opening a function resets it.
    Save(FileOptions),
    /// Restore a real function's device state from a file.
    Restore(FileOptions),
    /// Log the DMA writes of a real function for a while.
    Log(LogOptions),
    /// Put a real function with the accelerator through its paces: jobs with interrupts, the log
    /// against memory, and a save with jobs in the ring, or a restore that completes them.
    Exercise(ExerciseOptions),
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct ServeOptions {
    /// Unix socket to listen on; a stale one is replaced.
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    /// Serve a real function, bound to vfio-pci, in place of the simulated card.
    #[arg(long, value_name = "BDF", conflicts_with_all = ["fault", "link", "seed", "backend"])]
    pub device: Option<VfioAddress>,
    /// Have a fault strike when the client asks for a state of migration v2 (running, stop, stop-copy,
    /// resuming, pre-copy, ...), each once; may be given several times. Kinds that strike a card: those
    /// of `migrate --fault` with completions, link-stall, function-reset and firmware-stall.
    #[arg(long, value_name = "KIND[:ARG]@STATE")]
    pub fault: Vec<StateFault>,
    /// End when the first client has left.
    #[arg(long)]
    pub once: bool,
    /// Tell of each command, not only of those that were refused.
    #[arg(long)]
    pub verbose: bool,
    /// PCIe link of the card: generation and lanes.
    #[arg(long, value_name = "LINK", default_value = "gen2x1")]
    pub link: LinkSpeed,
    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value = "1", value_parser = units::number)]
    pub seed: u64,
    /// What clocks the card: the Verilog that the design emits, compiled, or RustHDL's own simulation.
    #[arg(long, value_name = "compiled|rusthdl", default_value_t)]
    pub backend: Backend,
}

/// Options of `probe`.
#[derive(Debug, Args)]
pub struct ProbeOptions {
    /// The function: [DOMAIN:]BUS:DEVICE.FUNCTION, bound to vfio-pci.
    #[arg(value_name = "BDF")]
    pub address: VfioAddress,
    /// Write what was found as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Options of `save`, `restore` and `update`.
#[derive(Debug, Args)]
pub struct FileOptions {
    /// The function: [DOMAIN:]BUS:DEVICE.FUNCTION, bound to vfio-pci.
    #[arg(value_name = "BDF")]
    pub address: VfioAddress,
    /// The file: the device's migration stream, or for `update` the image.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Options of `log`.
#[derive(Debug, Args)]
pub struct LogOptions {
    /// The function: [DOMAIN:]BUS:DEVICE.FUNCTION, bound to vfio-pci.
    #[arg(value_name = "BDF")]
    pub address: VfioAddress,
    /// IOVAs to log.
    #[arg(long, value_name = "START:BYTES", default_value = "0:4294967296", value_parser = units::window)]
    pub range: (u64, u64),
    /// Page size; a larger one is taken if the log is too small for it.
    #[arg(long, value_name = "BYTES", default_value = "4K", value_parser = units::bytes)]
    pub page_size: u64,
    /// How long to log.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = units::nanoseconds)]
    pub time: u64,
    /// Write the dirty pages as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Options of `exercise`.
#[derive(Debug, Args)]
pub struct ExerciseOptions {
    /// The function: [DOMAIN:]BUS:DEVICE.FUNCTION, bound to vfio-pci.
    #[arg(value_name = "BDF", required_unless_present = "socket")]
    pub address: Option<VfioAddress>,
    /// A device behind a vfio-user server instead.
    #[arg(long, value_name = "PATH", conflicts_with = "address")]
    pub socket: Option<PathBuf>,
    /// At the end write device, memory and ring into this file, with jobs in the ring.
    #[arg(long, value_name = "FILE", conflicts_with = "restore")]
    pub save: Option<PathBuf>,
    /// Begin with what was saved, and complete its jobs.
    #[arg(long, value_name = "FILE")]
    pub restore: Option<PathBuf>,
}

/// Options of `receive`. Size of memory and number of cards are those of the machine that comes.
#[derive(Debug, Args)]
pub struct ReceiveOptions {
    /// Where to listen: HOST:PORT (port 0 takes any), unix:PATH, or - for standard input and output.
    #[arg(long, value_name = "ADDR")]
    pub listen: Address,
    /// PCIe link of the cards: generation and lanes.
    #[arg(long, value_name = "LINK", default_value = "gen2x1")]
    pub link: LinkSpeed,
    /// Seed of everything random on this machine.
    #[arg(long, value_name = "N", default_value = "1", value_parser = units::number)]
    pub seed: u64,
    /// What clocks the cards: the Verilog that the design emits, compiled, or RustHDL's own simulation.
    #[arg(long, value_name = "compiled|rusthdl", default_value_t)]
    pub backend: Backend,
    /// What runs the cards' firmware: its image on a simulated soft core, or the same code hosted in
    /// the simulator, where its program takes no time.
    #[arg(long, value_name = "image|hosted", default_value_t)]
    pub firmware: FirmwareKind,
    /// Write the report as JSON; `-` is standard output, and all else goes to standard error.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Options of `migrate`.
#[derive(Debug, Args)]
pub struct MigrateOptions {
    /// Guest memory of each machine, in bytes (K, M, G are powers of 1024).
    #[arg(long, value_name = "BYTES", default_value = "256M", value_parser = units::bytes)]
    pub memory_size: u64,
    /// The guest's memory starts as this file, followed by zeroes.
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// Memory that the guest's CPUs dirty, in bytes a second of guest time.
    #[arg(long, value_name = "RATE", default_value = "800M", value_parser = units::bytes_per_second)]
    pub dirty_rate: u64,
    /// The machine is stopped once what is left can be sent in this time [default: 5ms for each card,
    /// 250us with hosted firmware].
    #[arg(long, value_name = "TIME", value_parser = units::nanoseconds)]
    pub downtime_limit: Option<u64>,
    /// PCIe link of the cards: generation and lanes.
    #[arg(long, value_name = "LINK", default_value = "gen2x1")]
    pub link: LinkSpeed,
    /// Network between the machines, in bits a second.
    #[arg(long, value_name = "RATE", default_value = "100G", value_parser = units::network)]
    pub network: u64,
    /// Seed of everything random; the same seed gives the same run, cycle for cycle.
    #[arg(long, value_name = "N", default_value = "1", value_parser = units::number)]
    pub seed: u64,
    /// Cards of each machine, 1 to 64, all migrated as one group. Each has a driver and its part of memory;
    /// several also read each other's registers by peer-to-peer DMA.
    #[arg(long, default_value_t = 1)]
    pub cards: usize,
    /// Clear the dirty log under NDMA, as for a device that cannot do it atomically.
    #[arg(long)]
    pub synthesize_clear: bool,
    /// What clocks the cards: the Verilog that the design emits, compiled, or
    /// RustHDL's own simulation, dozens of times slower.
    #[arg(long, value_name = "compiled|rusthdl", default_value_t)]
    pub backend: Backend,
    /// What runs the cards' firmware: its image on a simulated soft core, or the same code hosted in
    /// the simulator, where its program takes no time.
    #[arg(long, value_name = "image|hosted", default_value_t)]
    pub firmware: FirmwareKind,
    /// Write the source card's signals as waves, VCD or FST by the name;
    /// without a window or trigger: 2000 cycles from the quiesce on.
    #[arg(long, value_name = "FILE.vcd|FILE.fst")]
    pub trace: Option<PathBuf>,
    /// Cycles to trace.
    #[arg(long, value_name = "START:CYCLES", value_parser = units::window, requires = "trace")]
    pub trace_window: Option<(u64, u64)>,
    /// Trace around the first cycle in which SIGNAL==VALUE (!=, <, <=, >, >=),
    /// rise:SIGNAL, fall:SIGNAL or change:SIGNAL is true.
    #[arg(
        long,
        value_name = "CONDITION",
        requires = "trace",
        conflicts_with = "trace_window"
    )]
    pub trace_trigger: Option<Condition>,
    /// Cycles to trace before the trigger and after it.
    #[arg(long, value_name = "BEFORE:AFTER", default_value = "1000:1000", value_parser = units::around, requires = "trace_trigger")]
    pub trace_around: (u64, u64),
    /// Trace around every cycle in which the trigger is true, not the first one alone.
    #[arg(long, requires = "trace_trigger")]
    pub trace_every: bool,
    /// Send the machine to another process, which runs `slackwater receive`: HOST:PORT, unix:PATH,
    /// exec:COMMAND (its standard input and output), or - for this program's own.
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["fault", "report", "timeline"])]
    pub to: Option<Address>,
    /// Inject a fault; may be given several times. WHEN is a cycle or a phase, SIDE is
    /// source or destination; see --help for what there is.
    #[arg(long, value_name = "[SIDE:]KIND[:ARG][@WHEN]", long_help = fault_help())]
    pub fault: Vec<FaultPlan>,
    /// Write a picture of the migration: one HTML page that needs nothing but itself.
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Put the timeline into the JSON too: what both machines showed, cycle by cycle where it changed.
    #[arg(long, requires = "json")]
    pub timeline: bool,
    /// Write the report as JSON; `-` is standard output, and all else goes to standard error.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Kinds of faults and steps that they may strike.
fn fault_help() -> String {
    let mut text = String::from(
        "Inject a fault; may be given several times. WHEN is a cycle of the machine, or a phase: \
         then the fault strikes in it and not after it. Without WHEN it is pre-copy on the source, \
         resuming on the destination. Without SIDE it is the phase's, or source.\n\nKinds:\n",
    );
    for name in KINDS {
        text += &format!("  {:<22} {}\n", name.text, name.meaning);
    }
    text += &format!(
        "ARG is a number of completions, of cycles (late, link-stall, firmware-stall), or a place \
         (bad-stream, bad-page).\n\nPhases of the source:\n  {}\nPhases of the destination:\n  {}",
        phases(Side::Source),
        phases(Side::Destination)
    );
    text
}
