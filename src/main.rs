//! `slackwater`: migrates a simulated machine, and shows that nothing was lost.

mod options;
mod output;
mod progress;
mod summary;
mod units;

use clap::Parser;
use options::{Cli, Command, MigrateOptions};
use output::{PendingFile, WriteError};
use progress::Display;
use slackwater_host::flow::SaveOptions;
use slackwater_sim::migration::fault::{self, Ending, Verdict};
use slackwater_sim::migration::timeline::WithTimeline;
use slackwater_sim::migration::{
    GuestProfile, Migration, MigrationConfig, Mix, Observer, Recorder, TracePlan, TraceStart,
    TracedCard,
};
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use slackwater_sim::trace::Capture;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Exit status for wrong input; clap uses the same.
const WRONG_INPUT: u8 = 2;
/// Exit status if the migration failed and nothing was lost.
const STAYED: u8 = 3;
/// Cycles of a trace that begins with the quiesce.
const TRACE_CYCLES: u64 = 2_000;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let options = match cli.command {
        Some(Command::Migrate(options)) => options,
        None => cli.migrate,
    };
    match migrate(&options) {
        Ok(Ending::Migrated) => ExitCode::SUCCESS,
        Ok(Ending::Back | Ending::Reset) => ExitCode::from(STAYED),
        Ok(Ending::Doubt | Ending::Died | Ending::Lost) => ExitCode::FAILURE,
        Err(error) => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                // Some errors tell their cause themselves.
                if !text.contains(&cause.to_string()) {
                    text.push_str(&format!(": {cause}"));
                }
                source = cause.source();
            }
            eprintln!("slackwater: {text}");
            ExitCode::from(WRONG_INPUT)
        }
    }
}

fn config(options: &MigrateOptions) -> MigrationConfig {
    let defaults = MigrationConfig::default();
    MigrationConfig {
        seed: Seed(options.seed),
        backend: options.backend,
        memory_bytes: options.memory_size,
        image: options.image.clone(),
        root_complex: RootComplexConfig {
            link: slackwater_sim::link::LinkConfig {
                speed: options.link,
                ..defaults.root_complex.link
            },
            ..defaults.root_complex
        },
        cards: options.cards,
        peer_dma: options.cards > 1,
        guest: GuestProfile {
            mix: if options.cards > 1 {
                Mix::PEERS
            } else {
                Mix::ALL
            },
            dirty_bytes_per_s: options.dirty_rate,
            ..defaults.guest
        },
        save: SaveOptions {
            network_bytes_per_s: options.network,
            downtime_limit_ns: options.downtime_limit.unwrap_or_else(|| {
                let cards = options.cards as u64;
                defaults.save.downtime_limit_ns.saturating_mul(cards)
            }),
            synthesize_clear: options.synthesize_clear,
            ..defaults.save
        },
        ..defaults
    }
}

/// What is to be traced.
fn trace_plan(options: &MigrateOptions) -> TracePlan {
    if let Some((first, cycles)) = options.trace_window {
        return TracePlan::Capture(Capture::Window { first, cycles });
    }
    match &options.trace_trigger {
        None => TracePlan::FromStart {
            cycles: TRACE_CYCLES,
        },
        Some(condition) => TracePlan::Capture(Capture::Trigger {
            condition: condition.clone(),
            before: options.trace_around.0,
            after: options.trace_around.1,
            every: options.trace_every,
        }),
    }
}

/// Migrates; says where the machine is then.
fn migrate(options: &MigrateOptions) -> Result<Ending, Box<dyn Error>> {
    let config = config(options);
    // All input is checked, and every output opened, before anything runs.
    config.check()?;
    if let Some(path) = &options.trace
        && !path
            .extension()
            .is_some_and(|name| name == "vcd" || name == "fst")
    {
        return Err(format!(
            "{}: waves are written to .vcd or .fst files",
            path.display()
        )
        .into());
    }
    let json_to_stdout = options.json.as_deref() == Some(Path::new("-"));
    let pending = |path: Option<&Path>| path.map(PendingFile::create).transpose();
    let json = pending(options.json.as_deref().filter(|_| !json_to_stdout))?;
    let trace_file = pending(options.trace.as_deref())?;
    let page = pending(options.report.as_deref())?;
    let (migration, trace) = match &trace_file {
        Some(file) => {
            let start = TraceStart::default();
            let path = file.writing_path().to_owned();
            // Of several cards the first is traced.
            let cards = || (0..config.cards).map(|_| config.backend.card());
            let mut source: Vec<_> = cards().collect::<Result<_, _>>()?;
            let destination = cards().collect::<Result<_, _>>()?;
            let card = config.backend.card()?;
            let card = TracedCard::new(card, start.clone(), path, trace_plan(options));
            source[0] = Box::new(card);
            let migration = Migration::with_groups(config, source, destination)?;
            (migration, Some(start))
        }
        None => (Migration::new(config)?, None),
    };
    let display = Display::new(trace.clone());
    let recorder = Recorder::before(&display);
    let recorded = page.is_some() || options.timeline;
    let observer: &dyn Observer = if recorded { &recorder } else { &display };
    let outcome = fault::run(migration, &options.fault, observer);
    display.finish();
    let outcome = outcome?;
    let ending = Verdict::of(&outcome).ending;
    let report = outcome.report;
    let timeline = recorder.into_timeline();
    let text = format!(
        "{}\n{}",
        summary::figures(&report),
        summary::verdict(&report, ending)
    );
    // A reader who has gone needs no summary; the exit status still tells.
    let _ = if json_to_stdout {
        io::stderr().write_all(text.as_bytes())
    } else {
        io::stdout().write_all(text.as_bytes())
    };
    if options.json.is_some() {
        let (report, timeline) = (&report, &timeline);
        let mut text = if options.timeline {
            serde_json::to_string_pretty(&WithTimeline { report, timeline })?
        } else {
            serde_json::to_string_pretty(report)?
        };
        text.push('\n');
        match json {
            Some(file) => file.write(&text)?,
            None => io::stdout()
                .write_all(text.as_bytes())
                .map_err(WriteError::at(Path::new("standard output")))?,
        }
    }
    if let Some(page) = page {
        page.write(&slackwater::report::page(&report, &timeline))?;
    }
    if let (Some(start), Some(file)) = (trace, trace_file) {
        finish_trace(options, &start, file, report.source_cycles)?;
    }
    Ok(ending)
}

/// Gives the trace its name. The machines are gone, so the file is closed.
fn finish_trace(
    options: &MigrateOptions,
    start: &TraceStart,
    file: PendingFile,
    source_cycles: u64,
) -> Result<(), Box<dyn Error>> {
    let missed = match (
        start.outcome(),
        options.trace_window,
        &options.trace_trigger,
    ) {
        (Some(Err(error)), ..) => return Err(error.into()),
        (Some(Ok(recorded)), ..) if recorded.cycles > 0 => return Ok(file.complete()?),
        (_, Some((first, _)), _) => {
            format!("the window begins at cycle {first}, the source ran for {source_cycles} cycles")
        }
        (_, _, Some(condition)) => {
            format!("{condition} was true in none of the source's {source_cycles} cycles")
        }
        _ => "the device was never told to stop its DMA".into(),
    };
    Err(format!("nothing was traced: {missed}").into())
}
