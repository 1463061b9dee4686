//! Shows how far a migration is: bars on a terminal, a line per phase otherwise.

use indicatif::{ProgressBar, ProgressStyle};
use slackwater_host::flow::Phase;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Event, Observer, Side, TraceStart};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// Watches a migration for a person, and starts the trace.
pub struct Display {
    bar: Option<Mutex<ProgressBar>>,
    /// Starts with the quiesce unless it was told a cycle.
    trace: Option<TraceStart>,
}

impl Display {
    /// Bars if standard error is a terminal.
    pub fn new(trace: Option<TraceStart>) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style =
                ProgressStyle::with_template("{prefix:>11} {msg:<36} {wide_bar} {pos}/{len} pages");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            Mutex::new(bar)
        });
        Self { bar, trace }
    }

    fn step(&self, side: Side, text: &str, cycle: u64) {
        match &self.bar {
            Some(bar) => {
                let bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
                bar.set_prefix(side.to_string());
                bar.set_message(text.to_owned());
                bar.tick();
            }
            None => {
                let side = side.to_string();
                // A reader who has gone stops nothing.
                let _ = writeln!(io::stderr(), "{side:>11}  cycle {cycle:>9}  {text}");
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .finish_and_clear();
        }
    }
}

impl Observer for Display {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        let cycle = machine.now_cycles();
        match event {
            Event::WarmUp => self.step(side, "the guest starts its accelerator", cycle),
            Event::Phase(phase) => {
                if phase == Phase::IommuGrace
                    && let Some(trace) = &self.trace
                {
                    trace.now();
                }
                self.step(side, phase.name(), cycle);
            }
            Event::Pages { done, total } => {
                if let (Some(bar), Side::Source) = (&self.bar, side) {
                    let bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
                    bar.set_length(total);
                    bar.set_position(done);
                }
            }
            Event::Round { round, dirty_pages } if side == Side::Source => {
                self.step(
                    side,
                    &format!("round {round}: {dirty_pages} pages dirty"),
                    cycle,
                );
            }
            Event::Round { .. } | Event::Remaining { .. } => {}
            Event::Completing => {
                self.step(side, "the guest completes its ring", cycle);
            }
        }
    }
}
