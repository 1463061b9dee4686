//! `cargo xtask firmware`: the firmware as an image for the soft core.
//!
//! The image is committed beside its record, so that nothing else needs a RISC-V compiler. Tests see
//! to it that both belong to the sources: the record holds a checksum of them, and where the compiler
//! of the record is installed, the image is made again and compared byte by byte.

mod build;

use crate::project::project;
use build::{Toolchain, image};
use clap::Args;
use serde::{Deserialize, Serialize};
use slackwater_regs::soft_core::{MAX_IMAGE_BYTES, STACK_BOTTOM, STACK_TOP};
use slackwater_sim::soft_core::Image;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The file that the soft core's Verilog reads its image from, in the folder that a tool runs in.
pub const IMAGE_FILE: &str = "slackwater.hex";
/// Folder of the image, from the project's on.
const FOLDER: &str = "firmware/image";
/// What an image is made of, from the project's folder on.
const SOURCES: [&str; 7] = [
    "firmware/Cargo.toml",
    "firmware/src",
    "firmware/image/Cargo.lock",
    "firmware/image/Cargo.toml",
    "firmware/image/link.ld",
    "firmware/image/src",
    "hdl/regs/src",
];

/// The image as `$readmemh` reads it.
pub fn readmemh(image: &Image) -> String {
    let mut text = String::new();
    for word in image.bytes().chunks_exact(4) {
        let word = word
            .iter()
            .rev()
            .fold(0, |above: u32, &byte| above << 8 | u32::from(byte));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{word:08x}");
    }
    text
}

/// Makes the firmware's image and its record.
#[derive(Debug, Args)]
pub struct FirmwareOptions {
    /// Makes it, but only compares it with the committed one.
    #[arg(long)]
    check: bool,
    /// Makes nothing, but writes the committed image as `$readmemh` reads it, for a synthesis.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    hex: Option<PathBuf>,
}

/// What is known of a committed image.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Record {
    /// Compiler and linker.
    compiler: String,
    /// CRC-32C of the sources, see [`sources_crc`].
    sources_crc32c: String,
    /// CRC-32C in the image's header.
    crc32c: String,
    /// Major, minor, patch.
    version: String,
    /// Bytes of code, constants and header.
    image_bytes: usize,
    /// Most that they may be.
    max_image_bytes: u32,
    /// Bytes that the stack may take.
    stack_bytes: u32,
}

impl Record {
    fn new(image: &Image, compiler: String) -> Result<Self, Box<dyn Error>> {
        let version = image.version();
        Ok(Self {
            compiler,
            sources_crc32c: format!("{:#010x}", sources_crc()?),
            crc32c: format!("{:#010x}", image.crc()),
            version: format!(
                "{}.{}.{}",
                version >> 24,
                version >> 16 & 0xff,
                version & 0xffff
            ),
            image_bytes: image.bytes().len(),
            max_image_bytes: MAX_IMAGE_BYTES,
            stack_bytes: STACK_TOP - STACK_BOTTOM,
        })
    }
}

fn image_path() -> PathBuf {
    project().join(FOLDER).join("slackwater.bin")
}

fn record_path() -> PathBuf {
    project().join(FOLDER).join("slackwater.json")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// All files at or below a path, in order.
fn files(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    if path.is_file() {
        found.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
    paths.sort();
    paths.iter().try_for_each(|path| files(path, found))
}

/// CRC-32C over the bytes of all sources, in the order of their names.
fn sources_crc() -> Result<u32, String> {
    let mut found = Vec::new();
    for source in SOURCES {
        files(&project().join(source), &mut found)?;
    }
    found
        .iter()
        .try_fold(0, |crc, path| Ok(crc32c::crc32c_append(crc, &read(path)?)))
}

/// Runs the command; false if `--check` finds a difference.
///
/// # Errors
/// There is no compiler, or the firmware does not build or is too long.
pub fn run(options: &FirmwareOptions) -> Result<bool, Box<dyn Error>> {
    if let Some(path) = &options.hex {
        let committed = Image::new(&read(&image_path())?)?;
        fs::write(path, readmemh(&committed))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(true);
    }
    let toolchain = Toolchain::find()?;
    let bytes = image(&toolchain)?;
    let made = Image::new(&bytes)?;
    let record = Record::new(&made, toolchain.name()?)?;
    if options.check {
        let same = read(&image_path())? == bytes;
        println!("{}", if same { "the same" } else { "it differs" });
        return Ok(same);
    }
    fs::write(image_path(), &bytes)?;
    let mut text = serde_json::to_string_pretty(&record)?;
    text.push('\n');
    fs::write(record_path(), &text)?;
    print!("{text}");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        serde_json::from_slice(&read(&record_path()).unwrap()).unwrap()
    }

    #[test]
    fn the_committed_image_is_that_of_its_record_and_of_the_sources() {
        let image = Image::new(&read(&image_path()).unwrap()).unwrap();
        let known = record();
        let now = Record::new(&image, known.compiler.clone()).unwrap();
        assert_eq!(known, now, "run `cargo xtask firmware`");
    }

    /// Skipped, and says so, where the compiler of the record is not installed.
    #[test]
    fn the_sources_give_the_committed_image() {
        let known = record().compiler;
        let toolchain = match Toolchain::find() {
            Ok(toolchain) => toolchain,
            Err(error) => return println!("skipped: {error}"),
        };
        let name = toolchain.name().unwrap();
        if name != known {
            return println!("skipped: the image was made by {known}, here is {name}");
        }
        let made = image(&toolchain).unwrap();
        let committed = read(&image_path()).unwrap();
        assert!(made == committed, "run `cargo xtask firmware`");
    }
}
