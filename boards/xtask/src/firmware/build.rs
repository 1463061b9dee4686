//! Compiles the image.
//!
//! Two compilers do: a rustup toolchain that has the target (`rustup target add
//! riscv32i-unknown-none-elf`), or Debian's `rustc` with the source of the standard library
//! (packages `rustc-web`, `cargo-web`, `rust-web-src`), which builds `core` with it. The linker is
//! the `rust-lld` of this project's toolchain in either case.

use crate::project::project;
use slackwater_regs::soft_core::image::{BYTES, CRC};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "riscv32i-unknown-none-elf";

/// An image that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No compiler has the target.
    #[error(
        "no compiler for {TARGET}: `rustup target add {TARGET}`, or Debian's packages rustc-web, \
         cargo-web and rust-web-src"
    )]
    NoCompiler,
    /// A program cannot be run.
    #[error("{program}: {error}")]
    Program {
        /// Its name.
        program: String,
        /// Why.
        error: std::io::Error,
    },
    /// A program failed.
    #[error("{program} failed:\n{log}")]
    Failed {
        /// Its name.
        program: String,
        /// What it said.
        log: String,
    },
    /// A file cannot be read.
    #[error("{path}: {error}")]
    File {
        /// Its name.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// A compiler for the soft core.
#[derive(Debug)]
pub struct Toolchain {
    rustc: PathBuf,
    cargo: PathBuf,
    sysroot: PathBuf,
    linker: PathBuf,
    /// `core` comes as source only.
    builds_core: bool,
}

/// What a program prints.
fn output(command: &mut Command) -> Result<String, BuildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => Err(BuildError::Failed {
            program,
            log: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
        Err(error) => Err(BuildError::Program { program, error }),
    }
}

fn sysroot(rustc: &Path) -> Result<PathBuf, BuildError> {
    output(Command::new(rustc).args(["--print", "sysroot"])).map(PathBuf::from)
}

impl Toolchain {
    /// The first compiler that has the target.
    ///
    /// # Errors
    /// None has.
    pub fn find() -> Result<Self, BuildError> {
        let own = sysroot(Path::new("rustc"))?;
        let host = output(Command::new("rustc").args(["--print", "host-tuple"]))?;
        let linker = own.join("lib/rustlib").join(host).join("bin/rust-lld");
        if own.join("lib/rustlib").join(TARGET).exists() {
            return Ok(Self {
                rustc: own.join("bin/rustc"),
                cargo: own.join("bin/cargo"),
                sysroot: own,
                linker,
                builds_core: false,
            });
        }
        let debian = PathBuf::from("/usr/bin/rustc");
        let sysroot = sysroot(&debian).map_err(|_| BuildError::NoCompiler)?;
        let core = sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs");
        let cargo = PathBuf::from("/usr/bin/cargo");
        if !core.exists() || !cargo.exists() {
            return Err(BuildError::NoCompiler);
        }
        Ok(Self {
            rustc: debian,
            cargo,
            sysroot,
            linker,
            builds_core: true,
        })
    }

    /// Compiler and linker with their versions: those of another name give other bytes.
    ///
    /// # Errors
    /// One cannot be run.
    pub fn name(&self) -> Result<String, BuildError> {
        let rustc = output(Command::new(&self.rustc).arg("--version"))?;
        let linker = output(Command::new(&self.linker).args(["-flavor", "gnu", "--version"]))?;
        Ok(format!("{rustc}, {linker}"))
    }
}

/// Makes the image.
///
/// # Errors
/// The compiler's or linker's words.
pub fn image(toolchain: &Toolchain) -> Result<Vec<u8>, BuildError> {
    let folder = project().join(super::FOLDER);
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| project().join("target"), PathBuf::from)
        .join("firmware");
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let library = toolchain.sysroot.join("lib/rustlib/src/rust");
    // Where the source lies must not show in the image.
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let flags = [
        format!("-Clinker={}", toolchain.linker.display()),
        format!("-Clink-arg=-T{}", folder.join("link.ld").display()),
        "-Clink-arg=--oformat=binary".to_owned(),
        remap(&home.unwrap_or_default(), "/cargo"),
        remap(&fs::canonicalize(&library).unwrap_or(library), "/rust"),
        remap(project(), "/slackwater"),
    ];
    let mut command = Command::new(&toolchain.cargo);
    command
        .current_dir(&folder)
        .args(["build", "--release", "--locked", "--target", TARGET])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTC", &toolchain.rustc)
        .env_remove("RUSTFLAGS");
    if toolchain.builds_core {
        command.arg("-Zbuild-std=core").env("RUSTC_BOOTSTRAP", "1");
    }
    output(&mut command)?;
    let path = target
        .join(TARGET)
        .join("release/slackwater-firmware-image");
    let mut bytes = fs::read(&path).map_err(|error| BuildError::File { path, error })?;
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let length = bytes.len() as u32;
    put(&mut bytes, BYTES, length);
    let crc = slackwater_sim::soft_core::image::crc(&bytes);
    put(&mut bytes, CRC, crc);
    Ok(bytes)
}

/// Sets a word of an image.
fn put(bytes: &mut [u8], offset: u32, word: u32) {
    let at = offset as usize;
    if let Some(four) = bytes.get_mut(at..at + 4) {
        four.copy_from_slice(&word.to_le_bytes());
    }
}
