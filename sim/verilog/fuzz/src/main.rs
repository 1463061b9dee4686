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
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Compares the simulator with a slow interpreter on random modules.
#[derive(Parser, Debug)]
#[command(version)]
struct Cli {
    /// Number of modules.
    #[arg(long, default_value_t = 1000)]
    modules: u64,
    /// Number of the first module: to run one again, with `--modules 1`.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Seed of all modules and inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Cycles that each module is run for.
    #[arg(long, default_value_t = 300)]
    cycles: usize,
    /// Modules that are run at once; one for each core if not given.
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Seconds that a difference is made smaller for.
    #[arg(long, default_value_t = 30)]
    shrink: u64,
    /// Only modules in which four-state simulators see no x.
    #[arg(long)]
    four_state: bool,
    /// What is compared with the interpreter.
    #[arg(long, value_enum, default_value_t = Against::Parser)]
    against: Against,
    /// Writes modules, inputs and expected outputs into this folder, and compares nothing.
    #[arg(long, value_name = "DIR")]
    emit: Option<PathBuf>,
    /// Says the result as JSON.
    #[arg(long)]
    json: bool,
}

/// Simulators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    /// The interpreter itself, from text instead of the tree.
    Parser,
    /// Icarus Verilog, which must be installed; implies `--four-state`.
    Icarus,
}

impl Against {
    fn make(self) -> Make<'static> {
        match self {
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
        write!(formatter, "module {}: {}\n{}", self.index, self.what, self.text)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let started = Instant::now();
    let next = AtomicU64::new(cli.first);
    let end = cli.first.saturating_add(cli.modules);
    let stop = AtomicBool::new(false);
    let values = AtomicU64::new(0);
    let findings = Mutex::new(Vec::new());
    let bar = progress(&cli);
    let jobs = cli
        .jobs
        .or_else(|| std::thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= end {
                        break;
                    }
                    match one(&cli, index) {
                        Ok(compared) => {
                            values.fetch_add(compared, Ordering::Relaxed);
                        }
                        Err(finding) => {
                            // One difference is enough to look at.
                            stop.store(true, Ordering::Relaxed);
                            if let Ok(mut findings) = findings.lock() {
                                findings.push(finding);
                            }
                        }
                    }
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let findings = findings.into_inner().unwrap_or_default();
    report(&cli, &findings, values.into_inner(), started.elapsed());
    if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
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

fn report(cli: &Cli, findings: &[Finding], values: u64, elapsed: Duration) {
    let seconds = elapsed.as_secs_f64();
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
        return;
    }
    for finding in findings {
        println!("seed {}, {finding}", cli.seed);
    }
    if findings.is_empty() {
        println!(
            "{} modules of seed {}, {} cycles each: {values} values agree ({seconds:.1} s)",
            cli.modules, cli.seed, cli.cycles
        );
    }
}
