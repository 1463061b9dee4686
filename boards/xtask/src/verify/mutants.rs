//! Deliberate faults in the emitted Verilog: each must be noticed by the property it names.
//!
//! `hdl/formal/mutants/*.json` lists them: a text of one module, what stands in its place,
//! and the property that must fail within some steps.

use super::formal::{self, FormalError, Mode, PropertyFile};
use crate::project::project;
use crate::tools::{Tools, at};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// One fault, as its file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Name of the mutant.
    pub name: String,
    /// What is wrong in it.
    pub fault: String,
    /// Module of the core that it is in.
    pub module: String,
    /// Text of the module; it is there once.
    pub find: String,
    /// What stands in its place.
    pub replace: String,
    /// Property file that is run.
    pub file: String,
    /// Property that is to fail.
    pub property: String,
    /// Steps within which it must.
    pub depth: u32,
}

/// A list of mutants that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MutantError {
    /// A run gave no verdict.
    #[error(transparent)]
    Formal(#[from] FormalError),
    /// A list cannot be read.
    #[error("{path}: {error}")]
    List {
        /// The file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// The text is not there, or more than once.
    #[error("mutant {name}: {module} has its text {count} times, not once")]
    Text {
        /// The mutant.
        name: String,
        /// The module.
        module: String,
        /// How often the text is there.
        count: usize,
    },
    /// It names a property that does not exist.
    #[error("mutant {name}: no property {property} in hdl/formal/{file}.sv")]
    Property {
        /// The mutant.
        name: String,
        /// The property.
        property: String,
        /// The file.
        file: String,
    },
    /// Two mutants have one name.
    #[error("two mutants are called {0}")]
    Twice(String),
}

/// All mutants of the project, in the order of their files.
///
/// # Errors
/// A list cannot be read, or a name is there twice.
pub fn all() -> Result<Vec<Fault>, MutantError> {
    let folder = project().join("hdl/formal/mutants");
    let found = fs::read_dir(&folder)
        .map_err(at(&folder))
        .map_err(FormalError::from)?;
    let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).map(|e| e.path()).collect();
    paths.sort();
    let mut faults: Vec<Fault> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path)
            .map_err(at(&path))
            .map_err(FormalError::from)?;
        let list: Vec<Fault> =
            serde_json::from_str(&text).map_err(|error| MutantError::List { path, error })?;
        for fault in list {
            if faults.iter().any(|known| known.name == fault.name) {
                return Err(MutantError::Twice(fault.name));
            }
            faults.push(fault);
        }
    }
    Ok(faults)
}

impl Fault {
    /// The core with the fault in it.
    ///
    /// # Errors
    /// The text is not there just once.
    pub fn applied(&self, core: &str) -> Result<String, MutantError> {
        let wrong = |count| MutantError::Text {
            name: self.name.clone(),
            module: self.module.clone(),
            count,
        };
        let head = format!("\nmodule {}(", self.module);
        let start = core.find(&head).ok_or_else(|| wrong(0))?;
        let end = core[start..]
            .find("\nendmodule")
            .map_or(core.len(), |length| start + length);
        let module = &core[start..end];
        match module.matches(&self.find).count() {
            1 => Ok([
                &core[..start],
                &module.replacen(&self.find, &self.replace, 1),
                &core[end..],
            ]
            .concat()),
            count => Err(wrong(count)),
        }
    }

    /// Runs the mutant; the property that fails, `None` if it survives.
    ///
    /// # Errors
    /// It cannot be applied, or gives no verdict.
    pub fn killer(
        &self,
        tools: &Tools,
        files: &[PropertyFile],
        core: &str,
        folder: &Path,
    ) -> Result<Option<String>, MutantError> {
        let file = files
            .iter()
            .find(|file| file.name == self.file)
            .filter(|file| file.labels(file.mode).contains(&self.property))
            .ok_or_else(|| MutantError::Property {
                name: self.name.clone(),
                property: self.property.clone(),
                file: self.file.clone(),
            })?;
        let mutant = self.applied(core)?;
        let mode = (Mode::Bounded, self.depth);
        let verdict = formal::run(tools, &file.without_helpers(), &mutant, mode, folder)?;
        // Several can fail in one step: the one that is named, if it is among them.
        let killer = verdict
            .named
            .iter()
            .find(|label| **label == self.property)
            .or_else(|| verdict.named.iter().find(|label| label.starts_with('I')));
        Ok(killer.map(|label| format!("{}.{label}", self.file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_can_be_applied_and_names_a_property() -> Result<(), MutantError> {
        let core = formal::core_text().map_err(FormalError::from)?;
        let files = PropertyFile::all()?;
        for fault in all()? {
            assert_ne!(
                fault.applied(&core)?,
                core,
                "{} changes nothing",
                fault.name
            );
            assert!(
                files.iter().any(|file| file.name == fault.file
                    && file.labels(file.mode).contains(&fault.property)),
                "{}: no property {} in {}",
                fault.name,
                fault.property,
                fault.file
            );
        }
        Ok(())
    }
}
