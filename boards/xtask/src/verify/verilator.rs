//! Programs that Verilator makes: they take the inputs of cycles and give the outputs.
//!
//! A program reads batches from its standard input: the number of cycles as 32 bits, and
//! a [record](super::record) of inputs for each. It answers each batch with as many
//! records of outputs, as they have settled with the inputs of the cycle before the
//! clock rises, and ends with its input.

use super::record::Port;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use thiserror::Error;

/// Name of the class that Verilator makes.
const PREFIX: &str = "Vdesign";
/// Lines that are shown of what a tool says before it fails.
const SHOWN_LINES: usize = 12;

/// Why there is no program.
#[derive(Debug, Error)]
pub enum VerilatorError {
    /// A file cannot be written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Verilator cannot be started.
    #[error("Verilator cannot be run: {0}")]
    Missing(io::Error),
    /// It refuses the design, or the C++ compiler what it made of it.
    #[error("Verilator refuses {top}: {}", last_lines(log.as_bytes()))]
    Refused {
        /// The top module.
        top: String,
        /// All that was said.
        log: String,
    },
}

/// Which clocks rise in a cycle.
#[derive(Clone, Copy, Debug)]
pub enum Clocks<'a> {
    /// This one, always.
    Always(&'a str),
    /// Those whose byte behind the inputs is not 0.
    Chosen(&'a [String]),
}

/// What the C++ compiler does for speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// For short runs.
    Little,
    /// For millions of cycles.
    Much,
}

/// A design for Verilator.
#[derive(Clone, Copy, Debug)]
pub struct Design<'a> {
    /// Its file.
    pub verilog: &'a Path,
    /// Its top module.
    pub top: &'a str,
    /// Inputs but the clocks, in the order of their records.
    pub inputs: &'a [Port],
    /// Outputs, in the order of their records.
    pub outputs: &'a [Port],
    /// The clocks.
    pub clocks: Clocks<'a>,
    /// When outputs are read.
    pub sampled: Sampled,
}

/// When a cycle's outputs are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampled {
    /// Before the clock rises, as they have settled with the cycle's inputs.
    Before,
    /// When it has risen: outputs that come from registers alone are those of the next cycle.
    After,
}

/// Builds the program in a folder, in which nothing else is kept.
///
/// # Errors
/// Verilator is missing or refuses the design, or a file cannot be written.
pub fn build(
    verilator: &dyn Fn() -> Command,
    design: &Design<'_>,
    folder: &Path,
    effort: Effort,
) -> Result<PathBuf, VerilatorError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |error| VerilatorError::File { path, error }
    };
    // What an earlier design has left there would be taken for up to date.
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed(folder))?;
    }
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let text = folder.join("design.v");
    fs::copy(design.verilog, &text).map_err(failed(design.verilog))?;
    let main = folder.join("main.cpp");
    fs::write(&main, main_cpp(design)).map_err(failed(&main))?;
    let optimise = match effort {
        Effort::Little => "-O1",
        Effort::Much => "-O3",
    };
    let output = verilator()
        .current_dir(folder)
        .args(["--cc", "--exe", "--build", "-O3", "-Wno-fatal", "-Wno-lint"])
        // What has no initial value begins with a random one, and is noticed.
        .args(["--x-initial", "unique", "--x-assign", "unique"])
        .args(["--top-module", design.top, "--prefix", PREFIX])
        .args(["--Mdir", "obj", "--build-jobs", "2", "-CFLAGS", optimise])
        // Precompiled headers are not understood by every compiler.
        .args(["-MAKEFLAGS", "VK_PCH_I_FAST= VK_PCH_I_SLOW="])
        .args(["main.cpp", "design.v"])
        .output()
        .map_err(VerilatorError::Missing)?;
    if output.status.success() {
        return Ok(folder.join("obj").join(PREFIX));
    }
    let log =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Err(VerilatorError::Refused {
        top: design.top.into(),
        log: log.join("\n").trim().to_string(),
    })
}

/// Runs a program with one batch; what it answers, and what it says beside.
///
/// # Errors
/// It cannot be started or waited for, or ends before it has read the batch.
pub fn exchange(program: &Path, cycles: u32, records: &[u8]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // It answers when it has read all, so that neither waits for the other.
    let sent = child.stdin.take().map_or(Ok(()), |mut stdin| {
        stdin.write_all(&cycles.to_le_bytes())?;
        stdin.write_all(records)
    });
    let output = child.wait_with_output()?;
    sent.map(|()| (output.stdout, output.stderr))
}

/// The end of what a tool has said.
pub fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}

/// The program's own part.
fn main_cpp(design: &Design<'_>) -> String {
    let (mut checks, mut set, mut get) = (String::new(), String::new(), String::new());
    let (mut rise, mut fall) = (String::new(), String::new());
    // Writing to a string cannot fail.
    for (ports, text, call) in [
        (design.inputs, &mut set, "set"),
        (design.outputs, &mut get, "get"),
    ] {
        for port in ports {
            let (name, bytes) = (&port.name, port.bytes());
            let _ = writeln!(
                checks,
                "static_assert(sizeof({PREFIX}::{name}) == {bytes}, \"{name} has another width\");"
            );
            let _ = writeln!(text, "            {call}(design.{name});");
        }
    }
    let mut inputs = bytes(design.inputs);
    match design.clocks {
        Clocks::Always(clock) => {
            let _ = writeln!(rise, "            design.{clock} = 1;");
            let _ = writeln!(fall, "            design.{clock} = 0;");
        }
        Clocks::Chosen(clocks) => {
            inputs += clocks.len();
            for clock in clocks {
                let _ = writeln!(rise, "            set(design.{clock});");
                let _ = writeln!(fall, "            design.{clock} = 0;");
            }
        }
    }
    format!(
        r#"// Written by `cargo xtask verify`.
#include "{PREFIX}.h"
#include "verilated.h"
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

static const std::size_t INPUT_BYTES = {inputs}, OUTPUT_BYTES = {outputs};
static const unsigned char* in;
static unsigned char* out;
template <class T> static inline void set(T& port) {{
    std::memcpy(static_cast<void*>(&port), in, sizeof port);
    in += sizeof port;
}}
template <class T> static inline void get(const T& port) {{
    std::memcpy(out, static_cast<const void*>(&port), sizeof port);
    out += sizeof port;
}}
double sc_time_stamp() {{ return 0; }}

int main() {{
    VerilatedContext context;
    context.randReset(2);
    context.randSeed(1);
    {PREFIX} design{{&context}};
    std::vector<unsigned char> inputs, outputs;
    uint32_t cycles;
    while (std::fread(&cycles, sizeof cycles, 1, stdin) == 1) {{
        inputs.resize(INPUT_BYTES * cycles);
        outputs.resize(OUTPUT_BYTES * cycles);
        if (std::fread(inputs.data(), 1, inputs.size(), stdin) != inputs.size()) return 1;
        in = inputs.data();
        out = outputs.data();
        for (uint32_t cycle = 0; cycle < cycles; cycle++) {{
{fall}{set}            design.eval();
{before}{rise}            design.eval();
{after}        }}
        if (std::fwrite(outputs.data(), 1, outputs.size(), stdout) != outputs.size()) return 1;
        if (std::fflush(stdout) != 0) return 1;
    }}
    return 0;
}}
"#,
        outputs = bytes(design.outputs),
        before = if design.sampled == Sampled::Before {
            &get
        } else {
            ""
        },
        after = if design.sampled == Sampled::After {
            &get
        } else {
            ""
        },
    )
    .replace("int main() {", &format!("{checks}\nint main() {{"))
}

fn bytes(ports: &[Port]) -> usize {
    ports.iter().map(Port::bytes).sum()
}
