//! A design with inputs and expected outputs as files, so that any simulator can
//! be held to the same: `design.v`, `testbench.v`, and for each cycle a line in
//! `stimuli.hex` and in `expected.hex`, which the testbench reads.

use crate::compare::Case;
use crate::generate::{Port, TOP};
use crate::simulator::Failure;
use crate::text::identifier;
use num_bigint::BigUint;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why files were not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EmitError {
    /// A file.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The interpreter does not run the design.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Writes the files of a case into a folder, which is made if need be.
///
/// # Errors
/// If a file cannot be written, or if the interpreter does not run the design.
pub fn emit(case: &Case, folder: &Path) -> Result<(), EmitError> {
    let (stimuli, expected) = vectors(case)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| EmitError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let files = [
        ("design.v", case.design.text()),
        ("testbench.v", testbench(case)),
        ("stimuli.hex", stimuli),
        ("expected.hex", expected),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    Ok(())
}

/// One line for each cycle: clocks and inputs; outputs before the clocks rise.
fn vectors(case: &Case) -> Result<(String, String), EmitError> {
    let design = &case.design;
    let (mut stimuli, mut expected) = (String::new(), String::new());
    for (cycle, outputs) in case.stimulus.iter().zip(case.expected()?) {
        let mut line = BigUint::ZERO;
        for clock in &design.clocks {
            line = (line << 1) | BigUint::from(u8::from(cycle.clocks.contains(clock)));
        }
        for ((_, value), port) in cycle.inputs.iter().zip(&design.inputs) {
            line = (line << port.width) | value;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(stimuli, "{line:x}");
        let mut line = BigUint::ZERO;
        for (port, value) in design.outputs.iter().zip(outputs) {
            line = (line << port.width) | value;
        }
        let _ = writeln!(expected, "{line:x}");
    }
    Ok((stimuli, expected))
}

fn total(ports: &[Port]) -> u32 {
    ports.iter().map(|port| port.width).sum()
}

/// A module that does what the comparison does, and says `AGREED` or `DIFFERENT`.
fn testbench(case: &Case) -> String {
    let design = &case.design;
    let cycles = case.stimulus.len();
    let inputs = total(&design.inputs);
    let clocks = design.clocks.len();
    let outputs = total(&design.outputs).max(1);
    let names = |names: Vec<&str>| {
        let names: Vec<String> = names.into_iter().map(identifier).collect();
        format!("{{{}}}", names.join(", "))
    };
    let input_names = names(design.inputs.iter().map(|port| &*port.name).collect());
    let clock_names = names(design.clocks.iter().map(|name| &**name).collect());
    let mut text = String::from("`timescale 1ns/1ns\nmodule testbench;\n");
    for clock in &design.clocks {
        let _ = writeln!(text, "  reg {} = 0;", identifier(clock));
    }
    for (kind, ports) in [("reg", &design.inputs), ("wire", &design.outputs)] {
        for port in ports {
            let name = identifier(&port.name);
            let _ = writeln!(text, "  {kind} [{}:0] {name};", port.width - 1);
        }
    }
    let _ = writeln!(text, "  {TOP} dut(");
    let all: Vec<String> = design
        .clocks
        .iter()
        .chain(design.inputs.iter().map(|port| &port.name))
        .chain(design.outputs.iter().map(|port| &port.name))
        .map(|name| format!("    .{0}({0})", identifier(name)))
        .collect();
    let _ = writeln!(text, "{});", all.join(",\n"));
    let last = cycles.saturating_sub(1);
    let _ = write!(
        text,
        "  reg [{}:0] stimuli [0:{last}];
  reg [{}:0] expected [0:{last}];
  reg [{}:0] now;
  integer cycle, differences;
  initial begin
    differences = 0;
    $readmemh(\"stimuli.hex\", stimuli);
    $readmemh(\"expected.hex\", expected);
    #1 {input_names} = 0;
    #1 {input_names} = ~{inputs}'d0;
    #1;
    for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin
      {input_names} = stimuli[cycle];
      now = expected[cycle];
      #1;
",
        (inputs as usize + clocks).saturating_sub(1),
        outputs - 1,
        outputs - 1,
    );
    let mut low = total(&design.outputs);
    for port in &design.outputs {
        low -= port.width;
        let _ = write!(
            text,
            "      if ({0} !== now[{low} +: {1}]) begin
        $display(\"DIFFERENT cycle %0d {2}: expected %h found %h\", cycle, now[{low} +: {1}], {0});
        differences = differences + 1;
      end\n",
            identifier(&port.name),
            port.width,
            port.name,
        );
    }
    if clocks > 0 {
        let _ = write!(
            text,
            "      {clock_names} = stimuli[cycle] >> {inputs};\n      #1;\n      {clock_names} = 0;\n      #1;\n"
        );
    }
    let _ = write!(
        text,
        "    end
    if (differences == 0) $display(\"AGREED %0d cycles\", cycle);
    $finish;
  end
endmodule
"
    );
    text
}
