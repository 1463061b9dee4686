//! The JSON report: whole or not at all.

use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A file that cannot be written.
#[derive(Debug, Error)]
#[error("cannot write {path}")]
pub struct WriteError {
    path: String,
    source: io::Error,
}

impl WriteError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        |source| Self { path, source }
    }
}

/// Where the report goes. A file gets its name when it is complete.
pub struct ReportFile {
    target: Option<(PathBuf, PathBuf, File)>,
}

impl ReportFile {
    /// Opens the file beside its final place; `-` is standard output.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        if path == Path::new("-") {
            return Ok(Self { target: None });
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(WriteError::at(path))?;
        Ok(Self {
            target: Some((path.to_owned(), partial, file)),
        })
    }

    /// Whether it goes to standard output.
    pub fn is_stdout(&self) -> bool {
        self.target.is_none()
    }

    /// Writes the report and gives the file its name.
    pub fn write(mut self, report: &impl Serialize) -> Result<(), WriteError> {
        let mut text = serde_json::to_string_pretty(report)
            .map_err(|error| WriteError::at(Path::new("the report"))(error.into()))?;
        text.push('\n');
        match self.target.take() {
            None => io::stdout()
                .write_all(text.as_bytes())
                .map_err(WriteError::at(Path::new("standard output"))),
            Some((path, partial, mut file)) => file
                .write_all(text.as_bytes())
                .and_then(|()| fs::rename(&partial, &path))
                .map_err(WriteError::at(&path)),
        }
    }
}

impl Drop for ReportFile {
    /// A run that failed leaves nothing behind.
    fn drop(&mut self) {
        if let Some((_, partial, _)) = &self.target {
            let _ = fs::remove_file(partial);
        }
    }
}

/// Tries whether a file can be created, and leaves none that was not there.
pub fn check_writable(path: &Path) -> Result<(), WriteError> {
    let existed = path.exists();
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(WriteError::at(path))?;
    if !existed {
        let _ = fs::remove_file(path);
    }
    Ok(())
}
