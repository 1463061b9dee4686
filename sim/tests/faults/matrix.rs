//! The matrix: kinds of faults by steps of the flows.

use slackwater_firmware::Limits;
use slackwater_host::flow::SaveOptions;
use slackwater_regs::bar2;
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::{FirmwareConfig, FirmwareKind};
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::fault::kind::KINDS;
use slackwater_sim::migration::fault::plan::PHASES;
use slackwater_sim::migration::fault::{self, Ending, FaultPlan, Kind, Promise, Verdict, When};
use slackwater_sim::migration::{
    Event, GuestProfile, Migration, MigrationConfig, Observer, Outcome, Side,
};
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// Limits of the cards in cycles, less than the reset values, which saves time: a request that
/// firmware has not answered, a read that nobody has.
const LIMITS: [(u32, u32); 2] = [
    (bar2::WATCHDOG_CYCLES, 250_000),
    (bar2::COMPLETION_TIMEOUT_CYCLES, 40_000),
];

/// A small machine, and a CPU that does not wait long.
pub fn config() -> MigrationConfig {
    MigrationConfig {
        seed: Seed(0xfa),
        backend: Backend::from_environment().unwrap(),
        memory_bytes: 512 << 10,
        root_complex: RootComplexConfig {
            cpu_timeout_cycles: 20_000,
            ..RootComplexConfig::default()
        },
        guest: GuestProfile {
            dirty_bytes_per_s: 100_000_000,
            ..GuestProfile::default()
        },
        save: SaveOptions {
            max_rounds: 2,
            downtime_limit_ns: 0,
            ..SaveOptions::default()
        },
        firmware: FirmwareConfig {
            kind: FirmwareKind::from_environment().unwrap(),
            limits: Limits {
                quiesce_polls: 20_000,
                freeze_polls: 10_000,
            },
        },
        jobs_before: 8,
        jobs_after: 8,
        ..MigrationConfig::default()
    }
}

/// Sets the limits of the source's card before anybody uses it.
struct Short;

impl Observer for Short {
    fn event(&self, _side: Side, event: Event, machine: &mut Machine) {
        if event == Event::WarmUp {
            for (offset, cycles) in LIMITS {
                let root_complex = &mut machine.root_complex;
                let bytes = cycles.to_le_bytes();
                root_complex
                    .mmio_write(0, bar2::BAR, offset.into(), &bytes)
                    .unwrap();
            }
        }
    }
}

pub fn migrate(config: MigrationConfig, plans: &[FaultPlan]) -> Outcome {
    fault::run(Migration::new(config).unwrap(), plans, &Short).unwrap()
}

/// One fault in one step, and what came of it.
pub struct Cell {
    pub plan: FaultPlan,
    pub verdict: Verdict,
    /// What the flows and the guest said.
    pub words: String,
}

impl Cell {
    /// What is wrong with it, if something is.
    pub fn broken(&self) -> Option<String> {
        let promise = Promise::of(&self.plan);
        (!promise.is_kept_by(&self.verdict)).then(|| {
            let Self {
                plan,
                verdict,
                words,
            } = self;
            format!("{plan}: promised is \"{promise}\", it ended as \"{verdict}\": {words}")
        })
    }

    /// A letter for the ending, and one for each cost.
    fn letters(&self) -> String {
        let mut text = String::from(match self.verdict.ending {
            _ if !self.verdict.struck && self.verdict.ending == Ending::Migrated => "·",
            Ending::Migrated => "M",
            Ending::Back => "B",
            Ending::Reset => "R",
            Ending::Doubt => "?",
            Ending::Died => "D",
            Ending::Lost => "LOST",
        });
        for (is, letter) in [
            (self.verdict.job_errors, 'e'),
            (self.verdict.restarted, 'r'),
        ] {
            if is {
                text.push(letter);
            }
        }
        text
    }
}

/// Every kind in every step that it can strike.
pub fn cells() -> Vec<FaultPlan> {
    let mut plans = Vec::new();
    for name in KINDS {
        if name.kind.is_of_the_way() {
            plans.push(name.text.parse().unwrap());
            continue;
        }
        for (phase, _, side) in PHASES {
            if name.kind != Kind::Vanish || *side == Side::Destination {
                plans.push(format!("{}@{phase}", name.text).parse().unwrap());
            }
        }
    }
    plans
}

fn run(plan: &FaultPlan) -> Cell {
    let outcome = migrate(config(), &[*plan]);
    let report = &outcome.report;
    let words = format!(
        "{:?}; guest {:?}; {:?} pages lost; state identical: {}; ring completed: {:?}; {} interrupts lost",
        report.failure,
        report.guest_failures,
        report.lost_pages,
        report.state_identical,
        report.ring_completed,
        report.lost_interrupts
    );
    Cell {
        plan: *plan,
        verdict: Verdict::of(&outcome),
        words,
    }
}

/// All of them, on as many threads as there are cores.
pub fn run_all(plans: &[FaultPlan]) -> Vec<Cell> {
    let next = AtomicUsize::new(0);
    let cells = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(plan) = plans.get(next.fetch_add(1, Relaxed)) {
                    let cell = run(plan);
                    cells.lock().unwrap().push(cell);
                }
            });
        }
    });
    let mut cells = cells.into_inner().unwrap();
    let place = |cell: &Cell| plans.iter().position(|plan| *plan == cell.plan);
    cells.sort_by_key(place);
    cells
}

/// The table of all cells.
pub fn table(cells: &[Cell]) -> String {
    let mut text = String::from(
        "# What came of each fault, by the step that it struck\n\n\
         Generated by `sim/tests/faults`. The promises are in `sim/src/migration/fault`.\n\n\
         | letter | meaning |\n|---|---|\n\
         | M | migrated, and nothing was lost |\n\
         | B | the migration failed with a named error; the source runs on, and nothing was lost |\n\
         | R | the same, but the source's device had to be reset by the VMM |\n\
         | D | the destination's VMM died after the machine ran there |\n\
         | · | migrated; in this step there was nothing that the fault could strike |\n\
         | e | a job came back with an error, and the guest was told |\n\
         | r | the guest started its driver anew |\n\
         | | no such fault: only the destination can vanish |\n\n",
    );
    text += "| fault |";
    for (phase, ..) in PHASES {
        text += &format!(" {phase} |");
    }
    text += &format!("\n|---|{}\n", "---|".repeat(PHASES.len()));
    for name in KINDS.iter().filter(|name| !name.kind.is_of_the_way()) {
        text += &format!("| {} |", name.text);
        for (_, phase, _) in PHASES {
            let cell = cells
                .iter()
                .find(|cell| cell.plan.kind == name.kind && cell.plan.when == When::Phase(*phase));
            text += &format!(" {} |", cell.map_or_else(String::new, Cell::letters));
        }
        text += "\n";
    }
    text += "\n| fault of a message, whenever that comes | |\n|---|---|\n";
    for cell in cells.iter().filter(|cell| cell.plan.when == When::Message) {
        text += &format!("| {} | {} |\n", cell.plan, cell.letters());
    }
    text
}
