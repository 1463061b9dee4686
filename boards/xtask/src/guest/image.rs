//! The guest's root file system: an initramfs with the program, its libraries, and a few of Debian's.

use super::debian::{Debian, MODULES};
use crate::tools::{ToolError, at};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const INIT: &str = include_str!("init.sh");
/// Makes it from this program; gives its path.
///
/// # Errors
/// A file that is not there, or cannot be written.
pub fn make(debian: &Debian, program: &Path, folder: &Path) -> Result<PathBuf, ToolError> {
    let root = folder.join("root");
    // What an earlier run has left.
    let _ = fs::remove_dir_all(&root);
    for name in [
        "bin",
        "modules",
        "proc",
        "sys",
        "dev",
        "forky/lib",
        "usr/share/misc",
    ] {
        let path = root.join(name);
        fs::create_dir_all(&path).map_err(at(&path))?;
    }
    let init = root.join("init");
    fs::write(&init, INIT).map_err(at(&init))?;
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).map_err(at(&init))?;
    copy(&debian.busybox(), &root.join("bin/busybox"))?;
    copy(program, &root.join("bin/slackwater"))?;
    for library in libraries(Command::new("ldd").arg(program))? {
        let target = root.join(library.strip_prefix("/").unwrap_or(&library));
        copy(&library, &target)?;
    }
    for library in libraries(&mut debian.loads("usr/bin/lspci"))? {
        let name = library.file_name().unwrap_or_default();
        copy(&library, &root.join("forky/lib").join(name))?;
    }
    let loader = debian.path("usr/lib64/ld-linux-x86-64.so.2");
    copy(&loader, &root.join("forky/ld.so"))?;
    copy(&debian.path("usr/bin/lspci"), &root.join("forky/lspci"))?;
    copy(
        &debian.path("usr/share/misc/pci.ids"),
        &root.join("usr/share/misc/pci.ids"),
    )?;
    modules(debian, &root.join("modules"))?;
    let image = folder.join("initramfs");
    archive(debian, &root, &image)?;
    Ok(image)
}

/// The same image with one more file in it.
///
/// # Errors
/// A file cannot be read or written.
pub fn with_file(
    debian: &Debian,
    image: &Path,
    name: &str,
    file: &Path,
) -> Result<PathBuf, ToolError> {
    let folder = image.with_extension("more");
    let _ = fs::remove_dir_all(&folder);
    copy(file, &folder.join(name))?;
    let more = image.with_extension("part");
    archive(debian, &folder, &more)?;
    // Archives behind each other are unpacked one after the other.
    let whole = image.with_extension("whole");
    let mut bytes = fs::read(image).map_err(at(image))?;
    bytes.extend(fs::read(&more).map_err(at(&more))?);
    fs::write(&whole, bytes).map_err(at(&whole))?;
    Ok(whole)
}

fn copy(from: &Path, to: &Path) -> Result<(), ToolError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    fs::copy(from, to).map(drop).map_err(at(from))
}

/// Libraries that a program loads, and its loader, as this command lists them.
fn libraries(list: &mut Command) -> Result<Vec<PathBuf>, ToolError> {
    let output = list.output().map_err(|error| ToolError::Missing {
        program: list.get_program().to_string_lossy().into_owned(),
        error,
        hint: "it names the libraries of the guest's programs",
    })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let paths = text.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(paths.map(PathBuf::from).collect())
}

fn modules(debian: &Debian, folder: &Path) -> Result<(), ToolError> {
    let kernel = debian.kernel()?;
    for module in MODULES {
        let packed = find(&kernel, &format!("{module}.ko.xz"))?;
        let target = folder.join(format!("{module}.ko"));
        let file = File::create(&target).map_err(at(&target))?;
        run(
            Command::new(debian.busybox())
                .arg("unxz")
                .stdin(File::open(&packed).map_err(at(&packed))?)
                .stdout(file),
            &[],
        )?;
    }
    Ok(())
}

/// A file with this name somewhere in a folder.
fn find(folder: &Path, name: &str) -> Result<PathBuf, ToolError> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries = fs::read_dir(&next).map_err(at(&next))?;
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name() == name {
                return Ok(entry.path());
            }
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Err(at(&folder.join(name))(std::io::ErrorKind::NotFound.into()))
}

/// Packs a folder as the kernel unpacks it.
fn archive(debian: &Debian, folder: &Path, image: &Path) -> Result<(), ToolError> {
    let mut names = String::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(next) = folders.pop() {
        let path = folder.join(&next);
        let entries = fs::read_dir(&path).map_err(at(&path))?;
        for entry in entries.filter_map(Result::ok) {
            let name = next.join(entry.file_name());
            names.push_str(&format!("{}\n", name.display()));
            if entry.path().is_dir() {
                folders.push(name);
            }
        }
    }
    let file = File::create(image).map_err(at(image))?;
    run(
        Command::new(debian.busybox())
            .args(["cpio", "-o", "-H", "newc"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(file),
        names.as_bytes(),
    )
}

/// Runs a command to its end with this on its standard input, if that is a pipe.
fn run(command: &mut Command, input: &[u8]) -> Result<(), ToolError> {
    let failed = |log: String| ToolError::Failed {
        step: "busybox".to_owned(),
        log,
    };
    let child = command.stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(input)
            .map_err(|error| failed(error.to_string()))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}
