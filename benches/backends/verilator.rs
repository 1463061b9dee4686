//! The emitted Verilog under Verilator: a program that reads the stimulus from a file.

use super::stimulus::{Digest, Stimulus};
use rust_hdl::prelude::{Block, generate_verilog};
use slackwater_hdl::chip::Chip;
use slackwater_verilog::Program;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that Verilator made.
pub struct Verilator {
    program: PathBuf,
    stimulus: PathBuf,
    cycles: usize,
}

/// Words of 64 bits in the file for each port.
const PORT_WORDS: usize = 2;

impl Verilator {
    /// Builds the program in cargo's folder for such things; `None` without Verilator.
    ///
    /// # Errors
    /// Verilator is there and fails.
    pub fn build(
        program: &Program,
        stimulus: &Stimulus,
        cycles: usize,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let verilator = std::env::var("VERILATOR").unwrap_or_else(|_| "verilator".into());
        if Command::new(&verilator).arg("--version").output().is_err() {
            return Ok(None);
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("backends");
        fs::create_dir_all(&folder)?;
        let mut chip = Box::new(Chip::default());
        chip.connect_all();
        fs::write(folder.join("top.v"), generate_verilog(&*chip))?;
        fs::write(folder.join("main.cpp"), main_cpp(program))?;
        let stimulus_path = folder.join("stimulus");
        let mut bytes = Vec::new();
        for inputs in stimulus.cycles().take(stimulus.len().min(cycles)) {
            for word in inputs {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        fs::write(&stimulus_path, bytes)?;
        println!("building the chip with {verilator} (a minute or two) …");
        let output = Command::new(&verilator)
            .current_dir(&folder)
            .args([
                "--cc",
                "--exe",
                "--build",
                "-O3",
                "-Wno-WIDTH",
                "-Wno-fatal",
            ])
            .args(["--top-module", "top", "--Mdir", "obj", "-CFLAGS", "-O3"])
            // Precompiled headers are not understood by every compiler.
            .args(["-MAKEFLAGS", "VK_PCH_I_FAST= VK_PCH_I_SLOW="])
            .args(["main.cpp", "top.v"])
            .output()?;
        if !output.status.success() {
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{verilator} failed: {log}").into());
        }
        Ok(Some(Self {
            program: folder.join("obj/Vtop"),
            stimulus: stimulus_path,
            cycles,
        }))
    }

    /// Cycles of a turn.
    pub fn cycles(&self) -> usize {
        self.cycles
    }

    /// One turn: seconds and digest of the outputs.
    ///
    /// # Errors
    /// The program fails.
    pub fn run(&self) -> Result<(f64, u64), Box<dyn Error>> {
        let output = Command::new(&self.program)
            .arg(&self.stimulus)
            .arg(self.cycles.to_string())
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let mut fields = text.split_whitespace();
        match (fields.next(), fields.next()) {
            (Some(seconds), Some(digest)) if output.status.success() => {
                Ok((seconds.parse()?, digest.parse()?))
            }
            _ => Err(format!("{} printed {text:?}", self.program.display()).into()),
        }
    }
}

/// The same loop as `timed` in C++.
fn main_cpp(program: &Program) -> String {
    let mut set = String::new();
    let mut add = String::new();
    // Writing to a String cannot fail.
    for (index, name) in slackwater_sim::backend::port_words::CARD_INPUTS
        .iter()
        .enumerate()
    {
        let _ = writeln!(set, "    set(top.{name}, in + {});", PORT_WORDS * index);
    }
    for name in slackwater_sim::backend::port_words::CARD_OUTPUTS {
        let _ = writeln!(add, "    add(digest, top.{name});");
    }
    let words = PORT_WORDS * program.inputs().count();
    format!(
        r#"#include "Vtop.h"
#include "verilated.h"
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>
template <class T> static void set(T& port, const uint64_t* in) {{ port = static_cast<T>(in[0]); }}
template <std::size_t N> static void set(VlWide<N>& port, const uint64_t* in) {{
    for (std::size_t i = 0; i < N; i++) port[i] = static_cast<uint32_t>(in[i / 2] >> (32 * (i % 2)));
}}
static void half(uint64_t& digest, uint64_t word) {{ digest = (digest ^ word) * {factor}ull; }}
template <class T> static void add(uint64_t& digest, const T& port) {{ half(digest, port); half(digest, 0); }}
template <std::size_t N> static void add(uint64_t& digest, const VlWide<N>& port) {{
    for (std::size_t i = 0; i < 4; i += 2) {{
        uint64_t low = i < N ? port[i] : 0, high = i + 1 < N ? port[i + 1] : 0;
        half(digest, low | high << 32);
    }}
}}
int main(int, char** arguments) {{
    std::vector<uint64_t> stimulus;
    std::FILE* file = std::fopen(arguments[1], "rb");
    if (!file) return 1;
    uint64_t word;
    while (std::fread(&word, 8, 1, file) == 1) stimulus.push_back(word);
    long cycles = std::atol(arguments[2]);
    Vtop top;
    uint64_t digest = {start}ull;
    const uint64_t *first = stimulus.data(), *end = first + stimulus.size(), *in = first;
    top.clock = 0;
    top.eval();
    auto start = std::chrono::steady_clock::now();
    for (long cycle = 0; cycle < cycles; cycle++) {{
    top.clock = 0;
{set}    top.eval();
{add}    top.clock = 1;
    top.eval();
    in += {words};
    if (in == end) in = first;
    }}
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%.6f %llu\n", seconds, static_cast<unsigned long long>(digest));
}}
"#,
        factor = Digest::FACTOR,
        start = Digest::START,
    )
}
