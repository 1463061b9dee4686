//! `cargo xtask verify`: the emitted Verilog held against tools that others wrote, and proven.
//!
//! | check | file |
//! |---|---|
//! | synthesis | [`synthesis`]: no latch, no second driver, memories inferred, size |
//! | lock-step | [`lockstep`]: Verilator against the compiled model, every output |
//! | fuzz | [`fuzz`]: the compiled simulator's random modules under Verilator and Icarus |
//! | root complex | [`root_complex`]: cocotbext-pcie drives the chip |
//! | properties | [`formal`]: I1 to I13 by induction, with covers |
//! | mutants | [`mutants`]: deliberate faults, each noticed by a property |

mod formal;
mod fuzz;
mod lockstep;
mod mutants;

mod record;
mod report;
mod results;
mod root_complex;
mod soft_core;
mod synthesis;
mod verilator;

use crate::project::{CORE_VERILOG, project};
use crate::tools::{Tools, at};
use clap::{Args, ValueEnum};
use formal::{Mode, PropertyFile};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use report::{Check, Mutant, Report};
use slackwater_verilog_fuzz::icarus;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use synthesis::Target;

/// Verilator gets one random module in so many: it takes long to build them.
const VERILATOR_SHARE: u64 = 5;

type Failure = Box<dyn Error + Send + Sync>;

/// Holds the core's Verilog against foreign tools, and proves its invariants.
///
/// The tools are installed into `tools/` at the first run. Everything that is
/// written lies in `target/verify/`. The exit status is 0 only if all checks pass.
#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// Writes the findings as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only these checks.
    #[arg(long, value_enum, value_name = "CHECK")]
    only: Vec<Kind>,
    /// Cycles of the lock-step with Verilator, for each seed.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    cycles: u64,
    /// Seeds of the lock-step.
    #[arg(long, value_name = "SEED", value_delimiter = ',', default_values_t = [1, 2, 3])]
    seeds: Vec<u64>,
    /// Random modules under Icarus; a fifth of them under Verilator.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    modules: u64,
    /// Property files and mutants that are run; all without it.
    #[arg(long, value_name = "NAME")]
    file: Vec<String>,
    /// Runs of external tools at once.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Writes what was found as the record: hdl/verilog/cells.json, hdl/formal/RESULTS.md.
    #[arg(long)]
    record: bool,
}

/// A check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// yosys.
    Synthesis,
    /// Verilator.
    LockStep,
    /// Random modules.
    Fuzz,
    /// cocotbext-pcie.
    RootComplex,
    /// PicoRV32 under Verilator.
    SoftCore,
    /// sby.
    Properties,
    /// Deliberate faults.
    Mutants,
}

/// A run of all checks.
struct Run<'a> {
    options: &'a VerifyOptions,
    tools: Tools,
    folder: PathBuf,
    bar: ProgressBar,
    report: Report,
}

/// Runs the command; `false` if a check fails.
///
/// # Errors
/// The tools cannot be set up, or the JSON cannot be written.
pub fn run(options: &VerifyOptions) -> Result<bool, Box<dyn Error>> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(
        "{spinner} {elapsed_precise} {prefix} {wide_msg}",
    )?);
    bar.enable_steady_tick(Duration::from_millis(200));
    let tools = Tools::set_up(&|what| say(&bar, "tools", what))?;
    let mut run = Run {
        options,
        tools,
        folder: project().join("target/verify"),
        bar,
        report: Report::default(),
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.jobs.max(1))
        .build_global()?;
    run.check(Kind::Synthesis, "synthesis", Run::synthesis);
    run.check(Kind::LockStep, "lock-step with Verilator", Run::lock_step);
    run.check(Kind::Fuzz, "random modules", Run::fuzz);
    run.check(Kind::RootComplex, "foreign root complex", Run::root_complex);
    run.check(Kind::SoftCore, "firmware on PicoRV32", Run::soft_core);
    run.check(Kind::Properties, "properties", Run::properties);
    run.check(Kind::Mutants, "mutants", Run::mutants);
    run.bar.finish_and_clear();
    // Half a record would look like a whole one.
    let whole = !run.report.properties.is_empty() && !run.report.mutants.is_empty();
    if options.record && whole && options.file.is_empty() && run.report.passed() {
        results::write(&run.report)?;
    }
    println!("{}", run.report);
    if let Some(path) = &options.json {
        fs::write(path, serde_json::to_string_pretty(&run.report)?).map_err(at(path))?;
    }
    Ok(run.report.passed())
}

/// Shows what is being done, also where there is no terminal.
fn say(bar: &ProgressBar, check: &str, what: &str) {
    bar.set_prefix(check.to_string());
    bar.set_message(what.to_string());
    if bar.is_hidden() {
        println!("{check}: {what}");
    }
}

impl Run<'_> {
    /// Runs one check and notes how it ended.
    fn check(&mut self, kind: Kind, name: &str, work: fn(&mut Self) -> Result<String, Failure>) {
        if !self.options.only.is_empty() && !self.options.only.contains(&kind) {
            return;
        }
        say(&self.bar, name, "");
        let start = Instant::now();
        let (passed, found) = match work(self) {
            Ok(found) => (true, found),
            Err(error) => (false, error.to_string()),
        };
        let seconds = start.elapsed().as_secs_f64();
        if self.bar.is_hidden() {
            println!("{name}: {seconds:.0} s: {found}");
        }
        self.report.checks.push(Check {
            name: name.into(),
            passed,
            seconds,
            found,
        });
    }

    fn synthesis(&mut self) -> Result<String, Failure> {
        let folder = self.folder.join("synthesis");
        synthesis::refuses_planted(&self.tools, &folder)?;
        let results: Vec<_> = Target::ALL
            .into_par_iter()
            .map(|target| {
                let cells = synthesis::run(&self.tools, target, &folder.join(target.name()))?;
                say(&self.bar, "synthesis", target.name());
                Ok::<_, synthesis::SynthesisError>((target, cells))
            })
            .collect::<Result<_, _>>()?;
        for (target, cells) in &results {
            if *target != Target::Check {
                let name = target.name().to_string();
                self.report.cells.insert(name, cells.clone());
            }
        }
        if self.options.record {
            synthesis::record(&self.report.cells)?;
        }
        for (target, cells) in &results {
            if *target != Target::Check {
                synthesis::compare(*target, cells)?;
            }
        }
        Ok("no latch, one driver a net, memories inferred, size as recorded".into())
    }

    fn lock_step(&mut self) -> Result<String, Failure> {
        let verilog = project().join(CORE_VERILOG);
        let all = self
            .options
            .cycles
            .saturating_mul(self.options.seeds.len() as u64);
        let found = lockstep::run(
            &|| self.tools.verilator(),
            (&verilog, lockstep::CORE_MODULE),
            &self.folder.join("lockstep"),
            self.options.cycles,
            &self.options.seeds,
            &|done| self.count("lock-step", done, all),
        )?;
        let control = lockstep::control(
            &|| self.tools.verilator(),
            (&verilog, lockstep::CORE_MODULE),
            &self.folder.join("control"),
        )?;
        say(
            &self.bar,
            "lock-step",
            &format!("a planted fault is found: {control}"),
        );
        self.report.lock_step_cycles = found.cycles;
        self.report.lock_step_identical = found.identical == found.cycles;
        let seeds: Vec<String> = found.seeds.iter().map(u64::to_string).collect();
        Ok(format!(
            "{} cycles identical, seeds {}, {:.0} cycles/s",
            found.identical,
            seeds.join(", "),
            found.cycles as f64 / found.seconds
        ))
    }

    fn fuzz(&mut self) -> Result<String, Failure> {
        let (modules, seed) = (self.options.modules, self.options.seeds.first());
        let seed = seed.copied().unwrap_or(1);
        let few = modules.div_ceil(VERILATOR_SHARE);
        let icarus = fuzz::icarus(
            icarus::Tools {
                iverilog: &|| self.tools.iverilog(),
                vvp: &|| self.tools.vvp(),
            },
            modules,
            seed,
            &|done| self.count("Icarus", done, modules),
        )?;
        let verilator = fuzz::verilator(
            &|| self.tools.verilator(),
            &self.folder.join("fuzz"),
            few,
            seed,
            &|done| self.count("Verilator", done, few),
        )?;
        let mut texts = Vec::new();
        for found in [&icarus, &verilator] {
            let name = found.simulator.to_string();
            let values = found.values;
            let run = found.modules - found.unsupported;
            let left = found.unsupported;
            // A few modules that a simulator cannot run are its own matter; many of them
            // would be a check that looks at nothing.
            if left * 10 > found.modules {
                return Err(format!(
                    "{left} of {} modules not supported by {name}",
                    found.modules
                )
                .into());
            }
            texts.push(format!(
                "{run} under {name} ({values} values, {left} not supported by it)"
            ));
            self.report.fuzz_modules.insert(name, run);
        }
        Ok(format!("{}, seed {seed}", texts.join(", ")))
    }

    /// Shows how far a check is.
    fn count(&self, what: &str, done: u64, all: u64) {
        self.bar.set_prefix(what.to_string());
        self.bar.set_message(format!("{done} of {all}"));
    }

    fn root_complex(&mut self) -> Result<String, Failure> {
        let found = root_complex::run(&self.tools, &self.folder.join("root_complex"))?;
        let tests = &found.tests;
        self.report.root_complex.clone_from(tests);
        let failed: Vec<&str> = tests
            .iter()
            .filter(|(_, passed)| !**passed)
            .map(|(name, _)| name.as_str())
            .collect();
        if !failed.is_empty() || tests.is_empty() {
            return Err(format!("{} tests, failed: {}", tests.len(), failed.join(", ")).into());
        }
        Ok(format!(
            "{} tests, {} cycles the same in the compiled model",
            tests.len(),
            found.replayed
        ))
    }

    fn soft_core(&mut self) -> Result<String, Failure> {
        let seed = self.options.seeds.first().copied().unwrap_or(1);
        let found = soft_core::run(&self.tools, &self.folder.join("soft_core"), seed)?;
        self.report.state_changes = found.table;
        Ok(format!(
            "a migration of seed {seed}: {} cycles of chip and soft core identical, a planted fault \
             is found in cycle {}; {} broken images fail as they should, {} updates take the same clocks",
            found.cycles, found.noticed, found.images[0], found.images[1]
        ))
    }

    /// Property files that were asked for.
    fn files(&self) -> Result<Vec<PropertyFile>, Failure> {
        let wanted = &self.options.file;
        let mut files = PropertyFile::all()?;
        files.retain(|file| wanted.is_empty() || wanted.contains(&file.name));
        if files.is_empty() {
            return Err(format!("no property file is called {}", wanted.join(", ")).into());
        }
        Ok(files)
    }

    fn properties(&mut self) -> Result<String, Failure> {
        let files = self.files()?;
        let core = formal::core_text()?;
        let folder = self.folder.join("properties");
        let runs: Vec<(&PropertyFile, Mode)> = files
            .iter()
            .flat_map(|file| [(file, file.mode), (file, Mode::Cover)])
            .collect();
        let verdicts: Vec<_> = runs
            .into_par_iter()
            .map(|(file, mode)| {
                let run = format!("{}_{}", file.name, mode.kind());
                let steps = (mode, file.depth(mode));
                let verdict = formal::run(&self.tools, file, &core, steps, &folder.join(&run))?;
                let word = if verdict.passed { "ok" } else { "FAIL" };
                say(&self.bar, "properties", &format!("{run} {word}"));
                Ok::<_, formal::FormalError>((file, mode, verdict))
            })
            .collect::<Result<_, _>>()?;
        let mut failed = Vec::new();
        for (file, mode, verdict) in &verdicts {
            let rows = formal::rows(file, *mode, verdict);
            self.report.properties.extend(rows);
            if !verdict.passed {
                let named = verdict.named.join(", ");
                failed.push(format!("{} ({}): {named}", file.name, mode.kind()));
            }
        }
        if !failed.is_empty() {
            return Err(failed.join("; ").into());
        }
        let count = |kind: &str| {
            let rows = self.report.properties.iter();
            rows.filter(|property| property.kind == kind).count()
        };
        Ok(format!(
            "{} proven, {} bounded, {} covers reached",
            count("proven"),
            count("bounded"),
            count("cover")
        ))
    }

    fn mutants(&mut self) -> Result<String, Failure> {
        let files = self.files()?;
        let mut faults = mutants::all()?;
        faults.retain(|fault| files.iter().any(|file| file.name == fault.file));
        let core = formal::core_text()?;
        let folder = self.folder.join("mutants");
        let results: Vec<Mutant> = faults
            .par_iter()
            .map(|fault| {
                let folder = folder.join(&fault.name);
                let killer = fault.killer(&self.tools, &files, &core, &folder)?;
                let word = killer.as_deref().unwrap_or("SURVIVES");
                say(&self.bar, "mutants", &format!("{} {word}", fault.name));
                Ok::<_, mutants::MutantError>(Mutant {
                    name: fault.name.clone(),
                    fault: fault.fault.clone(),
                    killer,
                })
            })
            .collect::<Result<_, _>>()?;
        self.report.mutants.clone_from(&results);
        let alive: Vec<&str> = results
            .iter()
            .filter(|mutant| mutant.killer.is_none())
            .map(|mutant| mutant.name.as_str())
            .collect();
        if !alive.is_empty() {
            return Err(format!("survivors: {}", alive.join(", ")).into());
        }
        Ok(format!("{} killed", results.len()))
    }
}
