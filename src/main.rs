//! `slackwater`: migrates a simulated machine, and shows that nothing was lost.

mod address;
mod json;
mod migrate;
mod options;
mod output;
mod progress;
mod real;
mod remote;
mod serve;
mod summary;
mod units;

use clap::Parser;
use options::{Cli, Command};
use slackwater_sim::migration::fault::Ending;
use std::process::ExitCode;

/// Exit status for wrong input; clap uses the same.
const WRONG_INPUT: u8 = 2;
/// Exit status if the migration failed and nothing was lost.
const STAYED: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ending = match cli.command {
        Some(Command::Migrate(options)) => migrate::run(&options),
        Some(Command::Receive(options)) => remote::receive(&options),
        Some(Command::Serve(options)) => serve::run(&options),
        Some(Command::Probe(options)) => real::probe(&options),
        Some(Command::Update(options)) => real::update(&options),
        Some(Command::Save(options)) => real::save(&options),
        Some(Command::Restore(options)) => real::restore(&options),
        Some(Command::Log(options)) => real::log(&options),
        Some(Command::Exercise(options)) => real::exercise(&options),
        None => migrate::run(&cli.migrate),
    };
    match ending {
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
