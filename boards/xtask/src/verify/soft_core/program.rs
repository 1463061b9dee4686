//! Verilator's programs of the soft core and of the whole chain.

use super::SoftCoreError;
use crate::firmware::{IMAGE_FILE, readmemh};
use crate::tools::{Tools, at};
use crate::verify::record::{Layout, Port};
use crate::verify::verilator::{self, Clocks, Design, Effort, Sampled};
use slackwater_sim::backend::port_words::{CARD_INPUTS, CARD_OUTPUTS};
use slackwater_sim::backend::{BackendError, CompiledCard};
use slackwater_sim::machine::Firmware;
use slackwater_sim::ports::{CardOutputs, ControlRequest};
use slackwater_sim::soft_core::{Image, image::built};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Inputs of the soft core.
const CORE_INPUTS: [(&str, u32); 4] = [
    ("firmware_reset", 1),
    ("firmware_event", 1),
    ("ctl_ready", 1),
    ("ctl_read_data", 32),
];
/// Its outputs.
const CORE_OUTPUTS: [(&str, u32); 5] = [
    ("ctl_valid", 1),
    ("ctl_write", 1),
    ("ctl_address", 20),
    ("ctl_write_data", 32),
    ("asleep", 1),
];

fn ports(list: &[(&str, u32)]) -> Vec<Port> {
    let port = |&(name, bits): &(&str, u32)| Port {
        name: name.into(),
        bits,
    };
    list.iter().map(port).collect()
}

/// Ports of a chip in the order of their records.
pub fn chip_layouts(card: &CompiledCard) -> Result<[Layout; 2], BackendError> {
    let program = card.model().program();
    let mut inputs = Vec::new();
    for name in CARD_INPUTS {
        inputs.push((*name, program.input(name)?.width()));
    }
    let mut outputs = Vec::new();
    for name in CARD_OUTPUTS {
        outputs.push((*name, program.output(name)?.width()));
    }
    Ok([Layout::new(ports(&inputs)), Layout::new(ports(&outputs))])
}

fn build(tools: &Tools, design: &Design<'_>, folder: &Path) -> Result<PathBuf, SoftCoreError> {
    let program = verilator::build(&|| tools.verilator(), design, folder, Effort::Much)?;
    let path = program.with_file_name(IMAGE_FILE);
    fs::write(&path, readmemh(&built())).map_err(at(&path))?;
    Ok(program)
}

/// The soft core alone.
pub fn build_soft_core(
    tools: &Tools,
    verilog: &Path,
    folder: &Path,
) -> Result<PathBuf, SoftCoreError> {
    let design = Design {
        verilog,
        top: "slackwater_soft_core",
        inputs: &ports(&CORE_INPUTS),
        outputs: &ports(&CORE_OUTPUTS),
        clocks: Clocks::Always("clock"),
        sampled: Sampled::After,
    };
    build(tools, &design, folder)
}

/// Chip and soft core.
pub fn build_chain(tools: &Tools, verilog: &Path, folder: &Path) -> Result<PathBuf, SoftCoreError> {
    let [inputs, outputs] = chip_layouts(&CompiledCard::new()?)?;
    let design = Design {
        verilog,
        top: "chip_with_soft_core",
        inputs: inputs.ports(),
        outputs: outputs.ports(),
        clocks: Clocks::Always("clock"),
        sampled: Sampled::Before,
    };
    build(tools, &design, folder)
}

/// A program that runs, and ends with its owner.
#[derive(Debug)]
pub struct Program {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
}

impl Program {
    /// Starts it in its folder, where the project's image is.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(path: &Path) -> io::Result<Self> {
        Self::start_in(path, path.parent().unwrap_or(Path::new(".")))
    }

    /// Starts it with an image of its own, kept in this folder.
    ///
    /// # Errors
    /// The image cannot be written, or the program not started.
    pub fn start_with(path: &Path, image: &Image, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(IMAGE_FILE), readmemh(image))?;
        Self::start_in(path, folder)
    }

    fn start_in(path: &Path, folder: &Path) -> io::Result<Self> {
        let mut child = Command::new(path)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => Ok(Self { child, to, from }),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Gives it the inputs of some cycles and takes the outputs.
    ///
    /// # Errors
    /// It has ended.
    pub fn exchange(&mut self, cycles: u32, inputs: &[u8], outputs: &mut [u8]) -> io::Result<()> {
        let mut batch = cycles.to_le_bytes().to_vec();
        batch.extend_from_slice(inputs);
        self.to.write_all(&batch)?;
        self.to.flush()?;
        self.from.read_exact(outputs)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// PicoRV32 as the firmware of a card.
pub struct PicoFirmware {
    program: Program,
    inputs: Layout,
    outputs: Layout,
    asleep: bool,
}

impl PicoFirmware {
    /// A soft core that was just powered up.
    pub fn new(program: Program) -> Self {
        Self {
            program,
            inputs: Layout::new(ports(&CORE_INPUTS)),
            outputs: Layout::new(ports(&CORE_OUTPUTS)),
            asleep: false,
        }
    }
}

impl Firmware for PicoFirmware {
    fn cycle(&mut self, outputs: &CardOutputs) -> Option<ControlRequest> {
        // Such a clock changes nothing in the soft core; the whole chain sees whether that is so.
        if self.asleep && !outputs.event && !outputs.firmware_reset {
            return None;
        }
        let mut sent = self.inputs.room(1);
        let words = [
            u128::from(outputs.firmware_reset),
            outputs.event.into(),
            outputs.control_ready.into(),
            outputs.control_data.into(),
        ];
        self.inputs.pack(&words, 0, &mut sent);
        let mut room = self.outputs.room(1);
        let length = self.outputs.records(&room, 1).len();
        let sent = self.inputs.records(&sent, 1);
        // A program that has ended asks for nothing more: the watchdog says so.
        if self.program.exchange(1, sent, &mut room[..length]).is_err() {
            return None;
        }
        let word =
            |at: usize| u32::from_le_bytes([room[at], room[at + 1], room[at + 2], room[at + 3]]);
        self.asleep = room[10] != 0;
        (room[0] != 0).then(|| ControlRequest {
            address: word(2),
            write: (room[1] != 0).then(|| word(6)),
        })
    }
}
