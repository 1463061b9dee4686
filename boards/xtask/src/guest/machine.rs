//! A guest: the simulated card behind a socket, and QEMU with a kernel in front of it.

use super::debian::Debian;
use crate::tools::{ToolError, at};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a guest may take, booting included: software emulation on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);
const LOOK: Duration = Duration::from_millis(50);

/// What a guest is started with.
pub struct Guest<'g> {
    /// QEMU and the kernel.
    pub debian: &'g Debian,
    /// The program, for the server.
    pub program: &'g Path,
    /// Its root file system.
    pub image: &'g Path,
    /// What it is to do: `guest=` on the kernel's command line.
    pub task: &'g str,
    /// Where logs go.
    pub folder: &'g Path,
}

/// What a guest has left behind.
pub struct Left {
    /// What its console showed.
    pub console: String,
    /// What it wrote to its second serial port.
    pub data: PathBuf,
    /// Where both logs are.
    pub logs: [PathBuf; 2],
    /// What the server told.
    pub server: String,
}

/// Ends a process, whatever happens.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(command: &mut Command, log: &Path) -> Result<Ending, ToolError> {
    let file = File::create(log).map_err(at(log))?;
    let errors = file.try_clone().map_err(at(log))?;
    let child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .spawn();
    child.map(Ending).map_err(|error| ToolError::Missing {
        program: command.get_program().to_string_lossy().into_owned(),
        error,
        hint: "it is a part of the guest",
    })
}

impl Guest<'_> {
    /// Runs the guest until it powers off.
    ///
    /// # Errors
    /// It did not, within the limit.
    pub fn run(&self) -> Result<Left, ToolError> {
        let log = |name: &str| self.folder.join(format!("{}-{name}", self.task));
        let logs = [log("console.log"), log("server.log")];
        let data = log("data");
        let socket = log("socket");
        // What an earlier run has left.
        for path in [&data, &socket] {
            let _ = fs::remove_file(path);
        }
        let mut server = Command::new(self.program);
        server
            .args(["serve", "--once", "--verbose", "--socket"])
            .arg(&socket);
        let _server = spawn(&mut server, &logs[1])?;
        let begun = Instant::now();
        let serves = || fs::read_to_string(&logs[1]).is_ok_and(|log| log.contains("serving on"));
        while !serves() && begun.elapsed() < LIMIT {
            thread::sleep(LOOK);
        }
        let mut qemu = spawn(&mut self.qemu(&socket, &data)?, &logs[0])?;
        while begun.elapsed() < LIMIT {
            if let Ok(Some(_)) = qemu.0.try_wait() {
                let read = |path: &Path| {
                    let bytes = fs::read(path).map_err(at(path))?;
                    Ok::<_, ToolError>(String::from_utf8_lossy(&bytes).into_owned())
                };
                return Ok(Left {
                    console: read(&logs[0])?,
                    server: read(&logs[1])?,
                    data,
                    logs,
                });
            }
            thread::sleep(LOOK);
        }
        Err(ToolError::Failed {
            step: format!("the guest that is to {}", self.task),
            log: format!(
                "it did not power off within {} s; see {}",
                LIMIT.as_secs(),
                logs[0].display()
            ),
        })
    }

    fn qemu(&self, socket: &Path, data: &Path) -> Result<Command, ToolError> {
        let debian = self.debian;
        let mut qemu = debian.program("usr/bin/qemu-system-x86_64");
        for folder in ["usr/share/qemu", "usr/share/seabios"] {
            qemu.arg("-L").arg(debian.path(folder));
        }
        qemu.args([
            "-machine",
            "q35,memory-backend=m0",
            "-accel",
            "tcg",
            "-cpu",
            "max",
        ])
        .args(["-m", "512", "-nographic", "-nodefaults", "-no-reboot"])
        .args(["-serial", "stdio", "-serial"])
        .arg(format!("file:{}", data.display()))
        .args(["-object", "memory-backend-memfd,id=m0,size=512M,share=on"])
        .args(["-device", "intel-iommu,caching-mode=on", "-device"])
        .arg(format!(
            r#"{{"driver":"vfio-user-pci","socket":{{"type":"unix","path":"{}"}}}}"#,
            socket.display()
        ))
        .arg("-kernel")
        .arg(debian.kernel()?.join("vmlinuz"))
        .arg("-initrd")
        .arg(self.image)
        .arg("-append")
        // Without the last but one boot may fail under load.
        .arg(format!(
            "console=ttyS0 quiet panic=-1 intel_iommu=on iommu=nopt no_timer_check guest={}",
            self.task
        ));
        Ok(qemu)
    }
}
