//! `cargo xtask guest`: the card under a real Linux kernel and its VFIO, without hardware.
//!
//! ```text
//!  slackwater serve ─ vfio-user ─ QEMU (software emulation, intel-iommu) ─ Linux ─ vfio-pci
//!        │                                                                          │
//!        └── card's DMA ──▶ the guest's memory ◀── slackwater probe, exercise, … ───┘
//! ```
//! The first guest works, logs and saves with jobs in the ring; what it saved goes to a second guest
//! with another card, which completes them. Everything that others wrote is as they ship it.

mod debian;
mod image;
mod machine;

use crate::project::project;
use crate::tools::{ToolError, at};
use clap::Args;
use debian::Debian;
use indicatif::{ProgressBar, ProgressStyle};
use machine::{Guest, Left};
use std::error::Error;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

/// Options of the command.
#[derive(Debug, Args)]
pub struct GuestOptions {
    /// How many times the whole is done.
    #[arg(long, default_value_t = 1)]
    times: u32,
}

/// Lines of a log that are shown if something failed.
const SHOWN: usize = 60;

/// What must be true of a guest.
struct Check {
    text: &'static str,
    good: bool,
}

/// Runs both guests; whether all was as it must be.
///
/// # Errors
/// Something could not be set up, or a guest did not end.
pub fn run(options: &GuestOptions) -> Result<bool, Box<dyn Error>> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}")?);
    bar.enable_steady_tick(Duration::from_millis(100));
    let say = |text: &str| {
        bar.set_message(text.to_owned());
        if bar.is_hidden() {
            eprintln!("guest: {text}");
        }
    };
    let debian = Debian::set_up(&say)?;
    say("building the program");
    let program = build()?;
    let folder = project().join("target/guest");
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let image = image::make(&debian, &program, &folder)?;
    let mut good = true;
    for _ in 0..options.times {
        let guest = |task, image| Guest {
            debian: &debian,
            program: &program,
            image,
            task,
            folder: &folder,
        };
        let begun = Instant::now();
        say("a guest works, logs and saves");
        let saved = guest("save", &image).run()?;
        good &= bar.suspend(|| report("first guest", &saved_checks(&saved), &saved, begun));
        let begun = Instant::now();
        say("another guest restores and completes");
        let whole = image::with_file(&debian, &image, "state", &saved.data)?;
        let restored = guest("restore", &whole).run()?;
        good &= bar.suspend(|| {
            report(
                "second guest",
                &restored_checks(&restored),
                &restored,
                begun,
            )
        });
    }
    bar.finish_and_clear();
    Ok(good)
}

/// The program, built for speed.
fn build() -> Result<std::path::PathBuf, ToolError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--release", "--quiet", "-p", "slackwater"])
        .current_dir(project());
    crate::tools::step(&mut command, "it builds the guest's program")?;
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| project().join("target"), Into::into);
    Ok(target.join("release/slackwater"))
}

impl Left {
    /// A step of the guest ended with this status.
    fn ended(&self, step: &str, status: u32) -> bool {
        let line = format!("guest: {step} {status}");
        self.console.lines().any(|text| text.trim() == line)
    }

    fn shows(&self, text: &str) -> bool {
        self.console.contains(text)
    }

    fn common_checks(&self) -> Vec<Check> {
        let check = |text, good| Check { text, good };
        vec![
            check(
                "a function without vfio-pci is named, with what to do",
                self.ended("probe-unbound", 2) && self.shows("driver_override"),
            ),
            check(
                "lspci shows PCI Express with function level reset, MSI-X, BARs, vfio-pci",
                self.ended("lspci", 0)
                    && [
                        "Express (v2)",
                        "FLReset+",
                        "MSI-X: Enable",
                        "Region 0: Memory",
                        "Region 2: Memory",
                        "Kernel driver in use: vfio-pci",
                    ]
                    .iter()
                    .all(|text| self.shows(text)),
            ),
            check("probe finds the core", self.ended("probe", 0)),
            check(
                "nothing that QEMU asked was refused",
                !self.server.contains("refused") && !self.server.contains("lost"),
            ),
        ]
    }
}

fn saved_checks(left: &Left) -> Vec<Check> {
    let mut checks = left.common_checks();
    let mut check = |text, good| checks.push(Check { text, good });
    check(
        "jobs with interrupts; the log has every page that changed",
        left.ended("exercise", 0),
    );
    check(
        "the device was saved with jobs in its ring",
        left.ended("state", 0),
    );
    check(
        "save, restore and log of the bare device",
        left.ended("save", 0) && left.ended("restore", 0) && left.ended("log", 0),
    );
    check(
        "the same through a vfio-user server in the guest, in front of the function",
        left.ended("served", 0),
    );
    checks
}

fn restored_checks(left: &Left) -> Vec<Check> {
    let mut checks = left.common_checks();
    checks.push(Check {
        text: "the device was restored, and completed the jobs in its ring",
        good: left.ended("completed", 0),
    });
    checks
}

/// Shows the checks; whether all are good.
fn report(name: &str, checks: &[Check], left: &Left, begun: Instant) -> bool {
    println!("{name}, {} s", begun.elapsed().as_secs());
    for Check { text, good } in checks {
        println!(" {} {text}", if *good { "ok  " } else { "FAIL" });
    }
    let told = left
        .console
        .lines()
        .filter(|line| line.contains("came back as they must"));
    for line in told {
        println!("     {}", line.trim());
    }
    let good = checks.iter().all(|check| check.good);
    if !good {
        // Whoever has only this output needs more than where the logs are.
        for (log, text) in left.logs.iter().zip([&left.console, &left.server]) {
            let lines: Vec<&str> = text.lines().collect();
            println!(" the end of {}:", log.display());
            for line in &lines[lines.len().saturating_sub(SHOWN)..] {
                println!("   {}", line.trim_end());
            }
        }
    }
    good
}
