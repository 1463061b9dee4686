//! QEMU, a kernel and a few programs of a Debian that is newer than the machine's, unpacked into
//! `tools/guest` and installed nowhere. QEMU starts through its own dynamic loader.

use crate::project::project;
use crate::tools::{ToolError, at, step};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release: the first with a QEMU that has a vfio-user client.
const RELEASE: &str = "forky";
/// What is needed, with what it depends on.
const PACKAGES: [&str; 3] = ["qemu-system-x86", "pciutils", "busybox-static"];
/// Modules of the kernel, in the order in which they are loaded.
pub const MODULES: [&str; 5] = [
    "irqbypass",
    "vfio",
    "vfio_iommu_type1",
    "vfio-pci-core",
    "vfio-pci",
];
/// Changes when what is unpacked does.
const STAMP: &str = "1";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const HINT: &str = "it fetches QEMU and a kernel for the guest";

/// The unpacked packages.
pub struct Debian {
    root: PathBuf,
}

impl Debian {
    /// Fetches what is missing.
    ///
    /// # Errors
    /// This is no Debian, or its mirror does not answer.
    pub fn set_up(say: &dyn Fn(&str)) -> Result<Self, ToolError> {
        let folder = project().join("tools/guest");
        let debian = Self {
            root: folder.join("root"),
        };
        let stamp = folder.join("stamp");
        if fs::read_to_string(&stamp).is_ok_and(|known| known == STAMP) {
            return Ok(debian);
        }
        say("QEMU and a kernel from Debian, about 160 MB");
        // What a try has left behind that was cut off.
        let _ = fs::remove_dir_all(&folder);
        for name in [
            "root",
            "archives/partial",
            "lists/partial",
            "state",
            "cache/archives/partial",
        ] {
            let path = folder.join(name);
            fs::create_dir_all(&path).map_err(at(&path))?;
        }
        let apt = Apt::new(&folder)?;
        step(&mut apt.get(&["update"]), HINT)?;
        let mut install = apt.get(&[
            "install",
            "--yes",
            "--download-only",
            "--no-install-recommends",
        ]);
        step(install.args(PACKAGES), HINT)?;
        let kernel = apt.kernel()?;
        let archives = folder.join("archives");
        let mut download = apt.get(&["download"]);
        download.current_dir(&archives);
        for part in ["binary", "modules"] {
            download.arg(format!("linux-{part}-{kernel}"));
        }
        step(&mut download, HINT)?;
        for folder in [folder.join("cache/archives"), archives] {
            debian.unpack(&folder)?;
        }
        for name in ["archives", "cache"] {
            // They are unpacked.
            let _ = fs::remove_dir_all(folder.join(name));
        }
        fs::write(&stamp, STAMP).map_err(at(&stamp))?;
        Ok(debian)
    }

    fn unpack(&self, folder: &Path) -> Result<(), ToolError> {
        let found = fs::read_dir(folder).map_err(at(folder))?;
        for archive in found.filter_map(Result::ok).map(|entry| entry.path()) {
            if archive
                .extension()
                .is_none_or(|extension| extension != "deb")
            {
                continue;
            }
            let name = archive.file_name().unwrap_or_default().to_string_lossy();
            let mut unpack = if name.starts_with("linux-modules") {
                // Five of some thousand.
                let members = MODULES
                    .map(|module| format!("'*/{module}.ko.xz'"))
                    .join(" ");
                let mut shell = Command::new("sh");
                let pipe = format!(
                    "dpkg-deb --fsys-tarfile \"$0\" | tar -x -C \"$1\" --wildcards {members}"
                );
                shell.args(["-c", &pipe]).arg(&archive).arg(&self.root);
                shell
            } else {
                let mut dpkg = Command::new("dpkg-deb");
                dpkg.arg("-x").arg(&archive).arg(&self.root);
                dpkg
            };
            step(&mut unpack, HINT)?;
        }
        Ok(())
    }

    /// A file of the packages.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder of the kernel and its modules.
    ///
    /// # Errors
    /// There is none.
    pub fn kernel(&self) -> Result<PathBuf, ToolError> {
        let modules = self.path("usr/lib/modules");
        let mut found = fs::read_dir(&modules).map_err(at(&modules))?;
        match found.next() {
            Some(Ok(entry)) => Ok(entry.path()),
            _ => Err(at(&modules)(std::io::ErrorKind::NotFound.into())),
        }
    }

    /// A program of the packages, with its own loader and libraries.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.path("usr/lib64/ld-linux-x86-64.so.2"));
        command
            .arg("--library-path")
            .arg(self.path("usr/lib/x86_64-linux-gnu"))
            .arg(self.path(name));
        command
    }

    /// Lists what a program of the packages loads.
    pub fn loads(&self, name: &str) -> Command {
        let mut command = Command::new(self.path("usr/lib64/ld-linux-x86-64.so.2"));
        command
            .arg("--library-path")
            .arg(self.path("usr/lib/x86_64-linux-gnu"))
            .arg("--list")
            .arg(self.path(name));
        command
    }

    /// Busybox, which needs no libraries.
    pub fn busybox(&self) -> PathBuf {
        self.path("usr/bin/busybox")
    }
}

/// Debian's package tools, with another release and folders of their own.
struct Apt {
    config: PathBuf,
}

impl Apt {
    fn new(folder: &Path) -> Result<Self, ToolError> {
        let mirror = mirror()?;
        let sources = folder.join("sources.list");
        let line = format!("deb [signed-by={KEYRING}] {mirror} {RELEASE} main\n");
        fs::write(&sources, line).map_err(at(&sources))?;
        let status = folder.join("state/status");
        fs::write(&status, "").map_err(at(&status))?;
        let shown = folder.display();
        let text = format!(
            "Dir::State \"{shown}/state\";\nDir::State::status \"{shown}/state/status\";\n\
             Dir::State::lists \"{shown}/lists\";\nDir::Cache \"{shown}/cache\";\n\
             Dir::Etc::sourcelist \"{shown}/sources.list\";\nDir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::preferencesparts \"/dev/null\";\nAPT::Architecture \"amd64\";\n\
             APT::Architectures {{ \"amd64\"; }};\nAPT::Sandbox::User \"root\";\n\
             Acquire::Languages \"none\";\nquiet \"2\";\n"
        );
        let config = folder.join("apt.conf");
        fs::write(&config, text).map_err(at(&config))?;
        Ok(Self { config })
    }

    fn get(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("apt-get");
        command.env("APT_CONFIG", &self.config).args(arguments);
        command
    }

    /// The version of the release's kernel, as packages have it in their names.
    fn kernel(&self) -> Result<String, ToolError> {
        let package = "linux-image-amd64";
        let mut command = Command::new("apt-cache");
        command.env("APT_CONFIG", &self.config);
        let text = output(command.args(["depends", package]))?;
        let mut names = text.split_whitespace();
        let version = names.find_map(|name| {
            let version = name.strip_prefix("linux-image-")?;
            version
                .starts_with(|first: char| first.is_ascii_digit())
                .then_some(version)
        });
        version.map(str::to_owned).ok_or_else(|| ToolError::Failed {
            step: format!("apt-cache depends {package}"),
            log: "it depends on no kernel".to_owned(),
        })
    }
}

/// The mirror that this machine uses.
fn mirror() -> Result<String, ToolError> {
    let mut command = Command::new("apt-get");
    command.args([
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
    ]);
    let text = output(&mut command)?;
    let mirror = text
        .lines()
        .find(|line| line.trim_end_matches('/').ends_with("/debian"));
    mirror.map(str::to_owned).ok_or_else(|| ToolError::Failed {
        step: "apt-get indextargets".to_owned(),
        log: "this machine has no Debian mirror among its package sources".to_owned(),
    })
}

fn output(command: &mut Command) -> Result<String, ToolError> {
    let output = command.output().map_err(|error| ToolError::Missing {
        program: command.get_program().to_string_lossy().into_owned(),
        error,
        hint: HINT,
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
