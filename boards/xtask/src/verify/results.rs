//! `hdl/formal/RESULTS.md`: what was proven, and which property killed which mutant.

use super::report::{Property, Report};
use crate::project::project;
use crate::tools::{ToolError, at};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Where the record is.
fn path() -> PathBuf {
    project().join("hdl/formal/RESULTS.md")
}

/// Number of the invariant in a property's name, such as 5 of `tx.I5_no_start`.
fn invariant(property: &Property) -> u32 {
    let label = property.name.rsplit('.').next().unwrap_or_default();
    let digits = label.trim_start_matches('I');
    let end = digits
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

/// The record as Markdown.
fn markdown(report: &Report) -> String {
    let mut text = String::from(
        "# What is proven of the core\n\n\
         Written by `cargo xtask verify --record`; the property files beside it say what \
         each property means and assumes.\n\
         *Proven*: by induction, for all times. *Bounded*: for the first cycles after \
         power-up only. Each property has a cover that shows that its case is reached.\n\n\
         | invariant | proven | bounded | covers | files |\n|---|---|---|---|---|\n",
    );
    let mut by_invariant: BTreeMap<u32, Vec<&Property>> = BTreeMap::new();
    for property in &report.properties {
        by_invariant
            .entry(invariant(property))
            .or_default()
            .push(property);
    }
    // Writing to a String cannot fail.
    for (number, properties) in &by_invariant {
        let count = |kind: &str| properties.iter().filter(|p| p.kind == kind).count();
        let mut files: Vec<&str> = properties
            .iter()
            .filter_map(|property| property.name.split('.').next())
            .collect();
        files.sort_unstable();
        files.dedup();
        let _ = writeln!(
            text,
            "| I{number} | {} | {} | {} | {} |",
            count("proven"),
            count("bounded"),
            count("cover"),
            files.join(", ")
        );
    }
    text.push_str("\n## Properties\n\n| property | result | steps |\n|---|---|---|\n");
    for properties in by_invariant.values() {
        for property in properties.iter().filter(|p| p.kind != "cover") {
            let (name, kind, depth) = (&property.name, property.kind, property.depth);
            let _ = writeln!(text, "| {name} | {kind} | {depth} |");
        }
    }
    text.push_str("\n## Mutants\n\n| mutant | fault | killed by |\n|---|---|---|\n");
    for mutant in &report.mutants {
        let killer = mutant.killer.as_deref().unwrap_or("**survives**");
        let fault = mutant.fault.replace('|', "\\|");
        let _ = writeln!(text, "| {} | {fault} | {killer} |", mutant.name);
    }
    text
}

/// Writes the record.
///
/// # Errors
/// It cannot be written.
pub fn write(report: &Report) -> Result<(), ToolError> {
    let path = path();
    fs::write(&path, markdown(report)).map_err(at(&path))
}

#[cfg(test)]
mod tests {
    use super::super::formal::PropertyFile;
    use super::super::mutants;
    use super::*;
    use std::error::Error;

    #[test]
    fn record_names_every_property_and_mutant() -> Result<(), Box<dyn Error>> {
        let text = fs::read_to_string(path())?;
        let mut named: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
            .filter(|name| !["invariant", "property", "mutant"].contains(name))
            .filter(|name| {
                !name
                    .trim_start_matches('I')
                    .chars()
                    .all(|c| c.is_ascii_digit())
            })
            .collect();
        named.sort_unstable();
        let mut expected = Vec::new();
        for file in PropertyFile::all()? {
            let labels = file.labels(file.mode);
            expected.extend(labels.iter().map(|label| format!("{}.{label}", file.name)));
        }
        expected.extend(mutants::all()?.into_iter().map(|fault| fault.name));
        expected.sort_unstable();
        assert_eq!(named, expected, "run `cargo xtask verify --record`");
        Ok(())
    }

    #[test]
    fn invariants_are_numbers_of_labels() {
        let property = |name: &str| Property {
            name: name.into(),
            kind: "proven",
            result: true,
            depth: 1,
        };
        assert_eq!(invariant(&property("tx.I5_a")), 5);
        assert_eq!(invariant(&property("core.I13_b_reached")), 13);
    }
}
