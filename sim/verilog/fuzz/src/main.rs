//! Holds the Verilog compiler to the interpreter with random modules.

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use slackwater_verilog_fuzz::compare::{Case, Make, Outcome};
use slackwater_verilog_fuzz::emit::emit;
use slackwater_verilog_fuzz::generate::Options;
use slackwater_verilog_fuzz::shrink::shrink;
use slackwater_verilog_fuzz::subject;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Compares the compiled Verilog simulator with a slow interpreter of its own, on random
/// modules with random inputs.
///
/// A module depends on the seed and its number alone. One that is simulated differently, is
/// refused, panics or hangs is printed with both, and with the smallest module that still shows
/// the difference. The exit status is 0 if nothing was found.
#[derive(Parser, Debug)]
#[command(version)]
struct Cli {
    /// How many modules.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    modules: u64,
    /// Number of the first module; with `--modules 1` that module alone.
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// Seed of all modules and inputs.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Cycles that each module is run for.
    #[arg(long, value_name = "N", default_value_t = 100)]
    cycles: usize,
    /// Modules that are run at once; one for each core if not given.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Seconds spent at most on making a module smaller that shows a difference.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    shrink: u64,
    /// Seconds after which a module counts as hanging, `--shrink` not counted: the run ends with it.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    limit: u64,
    /// Only modules in which four-state simulators see no x.
    #[arg(long)]
    four_state: bool,
    /// Also Verilog that the compiler refuses, for other simulators.
    #[arg(long)]
    beyond_subset: bool,
    /// What is compared with the interpreter.
    #[arg(long, value_enum, default_value_t = Against::Compiler)]
    against: Against,
    /// Writes modules, inputs and expected outputs into this folder, and compares nothing.
    #[arg(long, value_name = "DIR")]
    emit: Option<PathBuf>,
    /// Goes on to the next module after one that something is wrong with.
    #[arg(long)]
    keep_going: bool,
    /// Says the result as one line of JSON, at the end.
    #[arg(long)]
    json: bool,
}

/// Simulators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    /// The compiler.
    Compiler,
    /// The interpreter itself, from text instead of the tree.
    Parser,
    /// Icarus Verilog, which must be installed; implies `--four-state`.
    Icarus,
}

impl Against {
    fn make(self) -> Make<'static> {
        match self {
            Against::Compiler => &subject::compiled,
            Against::Parser => &subject::parsed,
            Against::Icarus => &subject::icarus,
        }
    }
}

impl Cli {
    fn options(&self) -> Options {
        let four_state = self.four_state || self.against == Against::Icarus;
        Options {
            out_of_range: !four_state,
            four_state,
            beyond_subset: self.beyond_subset,
            ..Options::default()
        }
    }

    fn case(&self, index: u64) -> Case {
        Case::new(self.seed, index, &self.options(), self.cycles)
    }
}

/// A module that something is wrong with.
struct Finding {
    index: u64,
    what: String,
    text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "module {}: {}\n{}",
            self.index, self.what, self.text
        )
    }
}

/// How often it is looked for modules that hang.
const LOOK: Duration = Duration::from_millis(50);

/// What the jobs have in common.
struct Work {
    cli: Cli,
    next: AtomicU64,
    stop: AtomicBool,
    values: AtomicU64,
    findings: Mutex<Vec<Finding>>,
    /// The module that each job is at, and the looks that it was found there.
    running: Vec<Mutex<Option<(u64, u32)>>>,
    bar: ProgressBar,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let started = Instant::now();
    let jobs = cli
        .jobs
        .or_else(|| std::thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    let work = Work {
        next: AtomicU64::new(cli.first),
        stop: AtomicBool::new(false),
        values: AtomicU64::new(0),
        findings: Mutex::new(Vec::new()),
        running: (0..jobs).map(|_| Mutex::new(None)).collect(),
        bar: progress(&cli),
        cli,
    };
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..jobs)
            .map(|job| {
                scope.spawn({
                    let work = &work;
                    move || work.run(job)
                })
            })
            .collect();
        while jobs.iter().any(|job| !job.is_finished()) {
            std::thread::park_timeout(LOOK);
            if let Some(index) = work.hanging() {
                work.add(Finding {
                    index,
                    what: format!(
                        "hangs: not done after {} s",
                        work.cli.limit + work.cli.shrink
                    ),
                    text: work.cli.case(index).design.text(),
                });
                // Its thread cannot be ended but with the process.
                work.report(started.elapsed());
                std::process::exit(1);
            }
        }
    });
    work.report(started.elapsed())
}

impl Work {
    /// Takes one module after the other.
    fn run(&self, job: usize) {
        let end = self.cli.first.saturating_add(self.cli.modules);
        while !self.stop.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= end {
                break;
            }
            self.set_running(job, Some((index, 0)));
            match caught(&self.cli, index) {
                Ok(compared) => {
                    self.values.fetch_add(compared, Ordering::Relaxed);
                }
                Err(finding) => self.add(finding),
            }
            self.set_running(job, None);
            self.bar.inc(1);
        }
    }

    fn set_running(&self, job: usize, what: Option<(u64, u32)>) {
        if let Ok(mut running) = self.running[job].lock() {
            *running = what;
        }
    }

    /// A module that takes too long. Looks are counted instead of seconds, so that a machine
    /// that sleeps for a while makes no module hang.
    fn hanging(&self) -> Option<u64> {
        // A difference is made smaller meanwhile.
        let limit = Duration::from_secs(self.cli.limit.saturating_add(self.cli.shrink));
        self.running.iter().find_map(|running| {
            let mut running = running.lock().ok()?;
            let (index, looks) = running.as_mut()?;
            *looks += 1;
            (LOOK * *looks > limit).then_some(*index)
        })
    }

    fn add(&self, finding: Finding) {
        // One difference is enough to look at, as a rule.
        self.stop.store(!self.cli.keep_going, Ordering::Relaxed);
        if !self.cli.json {
            let seed = self.cli.seed;
            let index = finding.index;
            let again = format!("again with --seed {seed} --first {index} --modules 1");
            self.bar
                .suspend(|| println!("seed {seed}, {finding}\n{again}"));
        }
        if let Ok(mut findings) = self.findings.lock() {
            findings.push(finding);
        }
    }
}

fn progress(cli: &Cli) -> ProgressBar {
    if cli.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} modules, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(cli.modules).with_style(style)
}

/// Runs one module; a panic is a finding like any other.
fn caught(cli: &Cli, index: u64) -> Result<u64, Finding> {
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| one(cli, index)));
    result.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Finding {
            index,
            what: format!("panics: {}", said.unwrap_or("without a message")),
            text: cli.case(index).design.text(),
        })
    })
}

/// Runs one module; how many values were compared.
fn one(cli: &Cli, index: u64) -> Result<u64, Finding> {
    let case = cli.case(index);
    if let Some(folder) = &cli.emit {
        let folder = folder.join(format!("{index:06}"));
        return emit(&case, &folder).map(|()| 0).map_err(|error| Finding {
            index,
            what: error.to_string(),
            text: case.design.text(),
        });
    }
    let make = cli.against.make();
    let what = match case.compare(make) {
        Outcome::Agreed { values } => return Ok(values),
        Outcome::Different(_) => {
            let limit = Duration::from_secs(cli.shrink);
            let (small, outcome) = shrink(&case, make, limit);
            let what = match outcome {
                Outcome::Different(difference) => difference.to_string(),
                other => format!("{other:?}"),
            };
            return Err(Finding {
                index,
                what,
                text: small.design.text(),
            });
        }
        Outcome::Failed(failure) => format!("the simulator fails: {failure}"),
        Outcome::Invalid(error) => format!("the interpreter refuses the module: {error}"),
    };
    Err(Finding {
        index,
        what,
        text: case.design.text(),
    })
}

impl Work {
    fn report(&self, elapsed: Duration) -> ExitCode {
        self.bar.finish_and_clear();
        let Ok(findings) = self.findings.lock() else {
            return ExitCode::FAILURE;
        };
        let seconds = elapsed.as_secs_f64();
        let values = self.values.load(Ordering::Relaxed);
        let cli = &self.cli;
        if cli.json {
            let findings: Vec<_> = findings
                .iter()
                .map(|finding| {
                    serde_json::json!({
                        "module": finding.index,
                        "what": finding.what,
                        "text": finding.text,
                    })
                })
                .collect();
            let all = serde_json::json!({
                "seed": cli.seed,
                "first": cli.first,
                "modules": cli.modules,
                "cycles": cli.cycles,
                "values": values,
                "seconds": seconds,
                "findings": findings,
            });
            println!("{all}");
        } else if findings.is_empty() && cli.emit.is_none() {
            println!(
                "{} modules of seed {}, {} cycles each: {values} values agree ({seconds:.1} s)",
                cli.modules, cli.seed, cli.cycles
            );
        }
        if findings.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
