//! `migrate`: both machines in this process.

use crate::json::Outputs;
use crate::options::MigrateOptions;
use crate::output::PendingFile;
use crate::progress::Display;
use crate::{remote, summary};
use serde::Serialize;
use slackwater_host::flow::SaveOptions;
use slackwater_sim::backend::BackendError;
use slackwater_sim::firmware_kind::{FirmwareConfig, FirmwareKind};
use slackwater_sim::migration::fault::{self, Ending, Verdict};
use slackwater_sim::migration::timeline::WithTimeline;
use slackwater_sim::migration::{
    GuestProfile, Migration, MigrationConfig, MigrationReport, Mix, Observer, Recorder, Timeline,
    TracePlan, TraceStart, TracedCard,
};
use slackwater_sim::ports::Card;
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use slackwater_sim::trace::Capture;
use std::error::Error;

/// Cycles of a trace that begins with the quiesce.
const TRACE_CYCLES: u64 = 2_000;

/// Downtime limit for each card whose firmware takes its time: the state of one takes 3 ms.
const IMAGE_DOWNTIME_NS: u64 = 5_000_000;

fn config(options: &MigrateOptions) -> MigrationConfig {
    let defaults = MigrationConfig::default();
    MigrationConfig {
        seed: Seed(options.seed),
        backend: options.backend,
        firmware: FirmwareConfig {
            kind: options.firmware,
            ..defaults.firmware
        },
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
                let card_ns = match options.firmware {
                    FirmwareKind::Image => IMAGE_DOWNTIME_NS,
                    FirmwareKind::Hosted => defaults.save.downtime_limit_ns,
                };
                card_ns.saturating_mul(options.cards as u64)
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

/// A trace of the source's first card that is being made.
pub struct Traced {
    start: TraceStart,
    file: PendingFile,
}

impl Traced {
    /// What begins it.
    pub fn start(&self) -> TraceStart {
        self.start.clone()
    }

    /// Gives the trace its name. The machines are gone, so the file is closed.
    pub fn finish(
        self,
        options: &MigrateOptions,
        source_cycles: u64,
    ) -> Result<(), Box<dyn Error>> {
        let Self { start, file } = self;
        let missed = match (
            start.outcome(),
            options.trace_window,
            &options.trace_trigger,
        ) {
            (Some(Err(error)), ..) => return Err(error.into()),
            (Some(Ok(recorded)), ..) if recorded.cycles > 0 => return Ok(file.complete()?),
            (_, Some((first, _)), _) => {
                format!(
                    "the window begins at cycle {first}, the source ran for {source_cycles} cycles"
                )
            }
            (_, _, Some(condition)) => {
                format!("{condition} was true in none of the source's {source_cycles} cycles")
            }
            _ => "the device was never told to stop its DMA".into(),
        };
        Err(format!("nothing was traced: {missed}").into())
    }
}

type Cards = Vec<Box<dyn Card>>;

/// The source's cards, of which the first is traced if the options say so.
pub fn source_cards(
    options: &MigrateOptions,
    config: &MigrationConfig,
) -> Result<(Cards, Option<Traced>), Box<dyn Error>> {
    let file = options.trace.as_deref().map(PendingFile::create);
    let file = file.transpose()?;
    let mut cards = cards(config)?;
    let Some(file) = file else {
        return Ok((cards, None));
    };
    let start = TraceStart::default();
    let path = file.writing_path().to_owned();
    let card = config.backend.card()?;
    let card = TracedCard::new(card, start.clone(), path, trace_plan(options));
    cards[0] = Box::new(card);
    Ok((cards, Some(Traced { start, file })))
}

fn cards(config: &MigrationConfig) -> Result<Cards, BackendError> {
    (0..config.cards).map(|_| config.backend.card()).collect()
}

/// The report, with its timeline if that is wanted.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Report(&'a MigrationReport),
    Timeline(WithTimeline<'a>),
}

/// Migrates; says where the machine is then.
pub fn run(options: &MigrateOptions) -> Result<Ending, Box<dyn Error>> {
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
    match &options.to {
        Some(address) => remote::depart(options, config, address),
        None => here(options, config),
    }
}

/// From one machine of this process to another.
fn here(options: &MigrateOptions, config: MigrationConfig) -> Result<Ending, Box<dyn Error>> {
    let outputs = Outputs::open(options.json.as_deref(), false)?;
    let page = options.report.as_deref().map(PendingFile::create);
    let page = page.transpose()?;
    let (source, trace) = source_cards(options, &config)?;
    let destination = cards(&config)?;
    let migration = Migration::with_groups(config, source, destination)?;
    let display = Display::new(trace.as_ref().map(Traced::start));
    let recorder = Recorder::before(&display);
    let recorded = page.is_some() || options.timeline;
    let observer: &dyn Observer = if recorded { &recorder } else { &display };
    let outcome = fault::run(migration, &options.fault, observer);
    display.finish();
    let outcome = outcome?;
    let ending = Verdict::of(&outcome).ending;
    let report = outcome.report;
    let timeline: Timeline = recorder.into_timeline();
    let told = if options.timeline {
        Told::Timeline(WithTimeline {
            report: &report,
            timeline: &timeline,
        })
    } else {
        Told::Report(&report)
    };
    outputs.tell(&summary::of(&report, ending), &told)?;
    if let Some(page) = page {
        page.write(&slackwater::report::page(&report, &timeline))?;
    }
    if let Some(trace) = trace {
        trace.finish(options, report.source_cycles)?;
    }
    Ok(ending)
}
