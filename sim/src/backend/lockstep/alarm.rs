//! What is done at the first difference between the two simulations.

use super::{LockStep, Mismatch, SHOWN_CYCLES};
use crate::backend::PortWords;
use std::error::Error;
use std::fmt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Numbers the files of waves of a process.
static FILES: AtomicU32 = AtomicU32::new(0);

/// A difference with all that helps to find its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The run, by its seed or name.
    pub label: String,
    /// What differs.
    pub mismatch: Mismatch,
    /// The last cycles of the emitted Verilog as VCD, or why there is no such file.
    pub waves: Result<PathBuf, String>,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}; ", self.label, self.mismatch)?;
        match &self.waves {
            Ok(path) => write!(
                formatter,
                "the last {SHOWN_CYCLES} cycles of the Verilog are in {}",
                path.display()
            ),
            Err(error) => write!(formatter, "its waves cannot be written: {error}"),
        }
    }
}

impl Error for Disagreement {}

/// Whom to tell, and where the waves go.
pub struct Alarm {
    label: String,
    folder: PathBuf,
    tell: Box<dyn Fn(&Disagreement) + Send + Sync>,
}

impl Alarm {
    /// Panics: for tests. Whatever is simulated after a difference is worth nothing,
    /// and no wrapper around the card can lose a panic.
    pub fn panic(label: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self::call(label, folder, |disagreement| panic!("{disagreement}"))
    }

    /// Unwinds with the [`Disagreement`] and without a word: for a program that catches
    /// it, clears up and tells its user.
    pub fn unwind(label: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self::call(label, folder, |disagreement| {
            resume_unwind(Box::new(disagreement.clone()))
        })
    }

    /// Tells a caller who has something better to do. If it returns, the run goes on
    /// with what RustHDL simulates, and nothing is told again.
    pub fn call(
        label: impl Into<String>,
        folder: impl Into<PathBuf>,
        tell: impl Fn(&Disagreement) + Send + Sync + 'static,
    ) -> Self {
        Self {
            label: label.into(),
            folder: folder.into(),
            tell: Box::new(tell),
        }
    }

    /// Writes the waves of the difference that was just found, and tells.
    pub(super) fn sound<B: PortWords>(&self, steps: &LockStep<B>) {
        let Some(mismatch) = steps.mismatch() else {
            return;
        };
        let path = file_name(&self.folder, &self.label);
        let waves = steps.write_waves(&path).map(|()| path);
        (self.tell)(&Disagreement {
            label: self.label.clone(),
            mismatch: mismatch.clone(),
            waves: waves.map_err(|error| error.to_string()),
        });
    }
}

/// A file that nobody else writes; of the label, what is safe in a name.
fn file_name(folder: &Path, label: &str) -> PathBuf {
    let safe = label.chars().take(40);
    let label: String = safe
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("lockstep-{label}-{}-{number}.vcd", process::id()))
}
