//! `migrate --to` and `receive`: one machine here, the other in another process.

use crate::address::Address;
use crate::json::Outputs;
use crate::migrate::{self, Traced};
use crate::options::{MigrateOptions, ReceiveOptions};
use crate::progress::Display;
use crate::summary;
use slackwater_sim::firmware_kind::FirmwareConfig;
use slackwater_sim::link::LinkConfig;
use slackwater_sim::migration::fault::Ending;
use slackwater_sim::migration::{Departing, MigrationConfig, receive as take_in};
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use std::error::Error;

/// Migrates a machine of this process to another one; says where it is then.
pub fn depart(
    options: &MigrateOptions,
    config: MigrationConfig,
    address: &Address,
) -> Result<Ending, Box<dyn Error>> {
    let outputs = Outputs::open(options.json.as_deref(), *address == Address::Stdio)?;
    let (cards, trace) = migrate::source_cards(options, &config)?;
    let departing = Departing::new(config, cards)?;
    let (link, carrier) = address.connect()?;
    let display = Display::new(trace.as_ref().map(Traced::start));
    let departure = departing.run(link, &display);
    display.finish();
    let departure = departure?;
    let (report, mut ending) = (departure.report, departure.ending);
    let text = summary::of(&report, ending);
    outputs.tell(&text, &report)?;
    if let Some(trace) = trace {
        trace.finish(options, report.source_cycles)?;
    }
    if let Some(Err(reason)) = carrier.map(|carrier| carrier.finish()) {
        eprintln!("slackwater: {reason}");
        if ending == Ending::Migrated {
            // What the machine there has to say comes by its exit status.
            ending = Ending::Lost;
        }
    }
    Ok(ending)
}

/// Takes in a machine of another process; says where it is then.
pub fn receive(options: &ReceiveOptions) -> Result<Ending, Box<dyn Error>> {
    let outputs = Outputs::open(options.json.as_deref(), options.listen == Address::Stdio)?;
    let defaults = MigrationConfig::default();
    let config = MigrationConfig {
        seed: Seed(options.seed),
        backend: options.backend,
        firmware: FirmwareConfig {
            kind: options.firmware,
            ..defaults.firmware
        },
        root_complex: RootComplexConfig {
            link: LinkConfig {
                speed: options.link,
                ..defaults.root_complex.link
            },
            ..defaults.root_complex
        },
        ..defaults
    };
    let link = options
        .listen
        .listen(&|text| eprintln!("slackwater: {text}"))?;
    let display = Display::new(None);
    let received = take_in(config, link, &display);
    display.finish();
    let received = received?;
    let text = summary::of(&received.report, received.ending);
    outputs.tell(&text, &received.report)?;
    Ok(received.ending)
}
