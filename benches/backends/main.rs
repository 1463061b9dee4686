//! The whole chip on every backend, same run, same stimulus: cycles a second.
//!
//! A migration is recorded at the ports of the source's card. Each backend then
//! gets these inputs, in turns, and must give the same outputs. Verilator joins
//! in if it is there: `verilator` on the PATH, or what `VERILATOR` names.
//!
//! RustHDL is simulated through the derive of `hdl/derive`, which follows changes
//! only. `--features every-pass` simulates it as its own derive does.
//!
//! `cargo bench --bench backends -- --help` lists the options.

mod stimulus;
mod verilator;

use clap::Parser;
use slackwater_hdl::chip::Chip;
use slackwater_hdl::drive::EVERY_PASS;
use slackwater_sim::backend::compiled::{Compiled, program_of};
use slackwater_sim::backend::port_words::{CARD_INPUTS, CARD_OUTPUTS};
use slackwater_sim::backend::rusthdl::RustHdl;
use slackwater_sim::backend::{Backend, Ported};
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use stimulus::{Digest, Stimulus};
use verilator::Verilator;

/// Cycles a second of each backend, on the recorded inputs of a migration.
#[derive(Debug, Parser)]
struct Options {
    /// Times that each backend takes its turn.
    #[arg(long, default_value_t = 5)]
    turns: usize,
    /// Cycles of a turn [default: those of the recorded migration].
    #[arg(long)]
    cycles: Option<usize>,
    /// Cycles of a turn of RustHDL [default: those of the others].
    #[arg(long)]
    rusthdl_cycles: Option<usize>,
    /// Seed of the migration that is recorded.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the figures as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// What cargo passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// RustHDL's row: with its own derive, or with this project's.
const RUSTHDL: &str = if EVERY_PASS {
    "rusthdl, own derive"
} else {
    "rusthdl"
};

/// Runs of the compiled chip in one turn, each from power-up.
const PASSES: usize = 10;

/// What a backend did in its turns.
struct Row {
    name: &'static str,
    cycles: usize,
    seconds: Vec<f64>,
    digest: Option<u64>,
}

impl Row {
    fn new(name: &'static str, cycles: usize) -> Self {
        Self {
            name,
            cycles,
            seconds: Vec::new(),
            digest: None,
        }
    }

    /// Notes a turn.
    fn note(&mut self, (seconds, digest): (f64, u64)) -> Result<(), Box<dyn Error>> {
        self.agree(digest)?;
        self.seconds.push(seconds);
        Ok(())
    }

    /// A backend that gives other outputs than before is refused.
    fn agree(&mut self, digest: u64) -> Result<(), Box<dyn Error>> {
        if self.digest.is_some_and(|known| known != digest) {
            return Err(format!("{} gives other outputs in another turn", self.name).into());
        }
        self.digest = Some(digest);
        Ok(())
    }

    /// Cycles a second: slowest, median, fastest turn.
    fn rates(&self) -> [f64; 3] {
        let mut seconds = self.seconds.clone();
        seconds.sort_by(f64::total_cmp);
        let rate = |seconds: f64| self.cycles as f64 / seconds;
        let last = seconds.len() - 1;
        [
            rate(seconds[last]),
            rate(seconds[last / 2]),
            rate(seconds[0]),
        ]
    }
}

/// Feeds a design with the first `cycles` inputs, from the start again when they end.
fn timed(design: &mut dyn Ported, stimulus: &Stimulus, cycles: usize) -> (f64, u64) {
    let mut outputs = [0; CARD_OUTPUTS.len()];
    let mut digest = Digest::default();
    let start = Instant::now();
    for inputs in stimulus.cycles(cycles) {
        design.exchange(inputs, &mut outputs);
        digest.add(&outputs);
    }
    (start.elapsed().as_secs_f64(), digest.value())
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let stimulus = Stimulus::of_migration(options.seed)?;
    let program = program_of(&mut *Box::new(Chip::default()))?;
    let times = program.load_times();
    let laps = [times.parse, times.elaborate, times.resolve, times.code];
    let [parse, elaborate, resolve, code] = laps.map(|lap| lap.as_millis());
    println!(
        "recorded {} cycles of a migration; loading the chip takes {} ms: \
         parse {parse}, elaborate {elaborate}, resolve {resolve}, compile {code}",
        stimulus.len(),
        laps.iter().sum::<Duration>().as_millis(),
    );
    let compiled = || Compiled::new(&program, CARD_INPUTS, CARD_OUTPUTS);
    let cycles = options.cycles.unwrap_or(stimulus.len());
    let short = options.rusthdl_cycles.unwrap_or(cycles);
    let mut rows = vec![Row::new("compiled", cycles), Row::new(RUSTHDL, short)];
    // What RustHDL's outputs are compared with.
    let expected = timed(&mut compiled()?, &stimulus, short).1;
    let verilator = Verilator::build(&program, &stimulus, cycles)?;
    match &verilator {
        Some(verilator) => rows.push(Row::new("verilator", verilator.cycles())),
        None => println!("no verilator on the PATH and none named by VERILATOR: left out"),
    }
    for _ in 0..options.turns.max(1) {
        // As often as it takes to last as long as the others, who are slower.
        let mut seconds = 0.0;
        for _ in 0..PASSES {
            let (one, digest) = timed(&mut compiled()?, &stimulus, cycles);
            rows[0].agree(digest)?;
            seconds += one;
        }
        rows[0].seconds.push(seconds / PASSES as f64);
        let mut rusthdl = RustHdl::new(Chip::default());
        rows[1].note(timed(&mut rusthdl, &stimulus, short))?;
        if let Some(verilator) = &verilator {
            rows[2].note(verilator.run()?)?;
        }
    }
    if rows[1].digest != Some(expected) {
        return Err("RustHDL's outputs differ from those of the compiled model".into());
    }
    if rows.get(2).is_some_and(|row| row.digest != rows[0].digest) {
        return Err("Verilator's outputs differ from those of the compiled model".into());
    }
    report(&rows, &options)
}

fn report(rows: &[Row], options: &Options) -> Result<(), Box<dyn Error>> {
    let median = |row: &Row| row.rates()[1];
    println!("\n backend               slowest     median    fastest  cycles/s   compiled is");
    let mut json = Vec::new();
    for row in rows {
        let [slowest, middle, fastest] = row.rates();
        let ratio = median(&rows[0]) / middle;
        println!(
            " {:<19} {slowest:>9.0}  {middle:>9.0}  {fastest:>9.0}             {ratio:>6.2} x",
            row.name
        );
        json.push(serde_json::json!({
            "backend": row.name, "cycles": row.cycles, "turns": row.seconds.len(),
            "slowest": slowest, "median": middle, "fastest": fastest, "compiled_ratio": ratio,
        }));
    }
    println!(
        "\n All gave the same outputs in every cycle. Default: {}.",
        Backend::default()
    );
    if let Some(path) = &options.json {
        std::fs::write(path, serde_json::to_string_pretty(&json)?)?;
    }
    Ok(())
}
