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
        for run in stimulus.runs() {
            bytes.extend_from_slice(&(run.cycles as u64).to_le_bytes());
            let words = run.inputs.iter().flat_map(|word| word.to_le_bytes());
            bytes.extend(words);
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
        let _ = writeln!(set, "    set(top.{name}, in + {});", 1 + PORT_WORDS * index);
    }
    for (index, name) in slackwater_sim::backend::port_words::CARD_OUTPUTS
        .iter()
        .enumerate()
    {
        let weight = Digest::weight(index);
        let _ = writeln!(add, "    sum += mixed(top.{name}) * {weight}ull;");
    }
    let words = 1 + PORT_WORDS * program.inputs().count();
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
template <class T> static uint64_t mixed(const T& port) {{ return port; }}
template <std::size_t N> static uint64_t mixed(const VlWide<N>& port) {{
    static_assert(N <= 4, "ports have up to 128 bits");
    uint64_t half[2] = {{0, 0}};
    for (std::size_t i = 0; i < N; i++) half[i / 2] |= static_cast<uint64_t>(port[i]) << (32 * (i % 2));
    return half[0] ^ (half[1] << {turn} | half[1] >> (64 - {turn}));
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
    // A run: the number of its cycles, and the inputs.
    const uint64_t *first = stimulus.data(), *end = first + stimulus.size(), *in = first;
    uint64_t left = *in;
    top.clock = 0;
    top.eval();
    auto start = std::chrono::steady_clock::now();
    for (long cycle = 0; cycle < cycles; cycle++) {{
    top.clock = 0;
{set}    top.eval();
    uint64_t sum = 0;
{add}    digest = (digest ^ sum) * {factor}ull;
    top.clock = 1;
    top.eval();
    if (--left == 0) {{
        in += {words};
        if (in == end) in = first;
        left = *in;
    }}
    }}
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%.6f %llu\n", seconds, static_cast<unsigned long long>(digest));
}}
"#,
        factor = Digest::FACTOR,
        turn = Digest::TURN,
        start = Digest::START,
    )
}
