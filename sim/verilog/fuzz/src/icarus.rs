//! Icarus Verilog as the simulator that is compared: it runs beside this program
//! and is told inputs and clocks line by line. Wants `iverilog` and `vvp`.
//!
//! It has four states, so it agrees on designs only that are generated for that
//! ([`crate::generate::Options::four_state`]).

use crate::generate::{Design, Port, TOP};
use crate::interpreter::Interpreter;
use crate::simulator::{Failure, Simulator};
use crate::text::identifier;
use num_bigint::BigUint;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// How the programs of Icarus Verilog are started.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// The compiler.
    pub iverilog: &'a (dyn Fn() -> Command + Sync),
    /// What runs the compiled design.
    pub vvp: &'a (dyn Fn() -> Command + Sync),
}

impl fmt::Debug for Tools<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}, {:?}", (self.iverilog)(), (self.vvp)())
    }
}

impl Default for Tools<'_> {
    /// As they are installed.
    fn default() -> Self {
        Tools {
            iverilog: &|| Command::new("iverilog"),
            vvp: &|| Command::new("vvp"),
        }
    }
}

/// The failure of a program that ends without an answer: Icarus Verilog 11 writes some
/// programs that its own run time then calls a syntax error.
pub const ENDED: &str = "vvp: it ended without an answer";

/// A design in Icarus Verilog.
#[derive(Debug)]
pub struct Icarus {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
    inputs: Vec<(Port, BigUint)>,
    clocks: Vec<String>,
    outputs: Vec<Port>,
    shown: HashMap<String, BigUint>,
    /// The design with what nobody sets at zero, and at one: where they differ,
    /// Icarus Verilog has x.
    zeros: Interpreter,
    ones: Interpreter,
}

impl Icarus {
    /// Compiles a text and starts it. The ports are those of `design`; of those that
    /// the text does not have any more nothing is said.
    ///
    /// # Errors
    /// If Icarus Verilog is not installed, or refuses the text.
    pub fn new(tools: Tools<'_>, design: &Design, text: &str) -> Result<Self, Failure> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = format!("slackwater-icarus-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let zeros = Interpreter::new(&design.modules, TOP)?;
        let ones = Interpreter::with_ones(&design.modules, TOP)?;
        let design = present(design);
        let result = start(tools, &folder, &design, text);
        if result.is_err() {
            // Nothing is left to be looked at but the message.
            let _ = fs::remove_dir_all(&folder);
        }
        let mut process = result?;
        let (Some(commands), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Failure("vvp has no pipes".into()));
        };
        Ok(Icarus {
            process,
            commands,
            answers: BufReader::new(answers),
            folder,
            inputs: design
                .inputs
                .into_iter()
                .map(|port| (port, BigUint::ZERO))
                .collect(),
            clocks: design.clocks,
            outputs: design.outputs,
            shown: HashMap::new(),
            zeros,
            ones,
        })
    }

    /// One line there and one back.
    fn step(&mut self, clocks: &[&str]) -> Result<(), Failure> {
        let mut inputs = BigUint::ZERO;
        for (port, value) in &self.inputs {
            inputs = (inputs << port.width) | value;
        }
        let mut mask = BigUint::ZERO;
        for clock in &self.clocks {
            mask = (mask << 1) | BigUint::from(u8::from(clocks.contains(&&**clock)));
        }
        let failed = |error| Failure(format!("vvp: {error}"));
        writeln!(self.commands, "{inputs:x} {mask:x}").map_err(failed)?;
        self.commands.flush().map_err(failed)?;
        for port in &self.outputs {
            let mut line = String::new();
            if self.answers.read_line(&mut line).map_err(failed)? == 0 {
                return Err(Failure(ENDED.into()));
            }
            let bits = line.trim();
            // Not a difference: the comparison is of values that are known.
            if bits.len() != port.width as usize || bits.contains(['x', 'z']) {
                return Err(Failure(format!("vvp: {} is {bits:?}", port.name)));
            }
            self.shown.insert(port.name.clone(), parse(bits));
        }
        Ok(())
    }
}

impl Drop for Icarus {
    fn drop(&mut self) {
        // It may have ended by itself, and the folder is in a temporary one.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Simulator for Icarus {
    fn set(&mut self, port: &str, value: &BigUint) -> Result<(), Failure> {
        let input = self.inputs.iter_mut().find(|(known, _)| known.name == port);
        let (_, current) = input.ok_or_else(|| Failure(format!("no input {port:?}")))?;
        *current = value.clone();
        self.zeros.set(port, value)?;
        self.ones.set(port, value)
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.zeros.settle()?;
        self.ones.settle()?;
        self.step(&[])
    }

    fn rise(&mut self, clocks: &[&str]) -> Result<(), Failure> {
        self.zeros.rise(clocks)?;
        self.ones.rise(clocks)?;
        self.step(clocks)
    }

    fn read(&mut self, name: &str) -> Result<Option<BigUint>, Failure> {
        let value = self.shown.get(name).cloned();
        if value.is_some()
            && value != self.zeros.read(name)?
            && let Some(net) = self.zeros.first_difference(&self.ones)
        {
            return Err(Failure(format!("{name} differs, but {} is x", net.name)));
        }
        Ok(value)
    }
}

fn parse(bits: &str) -> BigUint {
    bits.bytes().fold(BigUint::ZERO, |value, bit| {
        (value << 1) | BigUint::from(u8::from(bit != b'0'))
    })
}

/// The design without ports that its top module does not have any more.
fn present(design: &Design) -> Design {
    let mut design = design.clone();
    let top = design
        .modules
        .iter()
        .find(|module| &*module.name.text == TOP)
        .map(|module| module.ports.clone())
        .unwrap_or_default();
    let has = |name: &str| top.iter().any(|port| &*port.text == name);
    design.inputs.retain(|port| has(&port.name));
    design.outputs.retain(|port| has(&port.name));
    design.clocks.retain(|clock| has(clock));
    design
}

fn start(tools: Tools<'_>, folder: &Path, design: &Design, text: &str) -> Result<Child, Failure> {
    let failed = |what: &str, error: std::io::Error| Failure(format!("{what}: {error}"));
    fs::create_dir_all(folder).map_err(|error| failed("temporary folder", error))?;
    for (name, text) in [("design.v", text), ("driver.v", &driver(design))] {
        fs::write(folder.join(name), text).map_err(|error| failed(name, error))?;
    }
    let compiled = (tools.iverilog)()
        .args(["-g2005", "-gstrict-expr-width", "-o", "design"])
        .args(["design.v", "driver.v"])
        .current_dir(folder)
        .output()
        .map_err(|error| failed("iverilog", error))?;
    if !compiled.status.success() {
        let errors = String::from_utf8_lossy(&compiled.stderr);
        return Err(Failure(format!("iverilog: {errors}")));
    }
    (tools.vvp)()
        .args(["-n", "design"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed("vvp", error))
}

/// A module that reads a line of inputs and clocks, and writes a line for each output.
fn driver(design: &Design) -> String {
    let list = |names: Vec<&String>| {
        let names: Vec<String> = names.into_iter().map(|name| identifier(name)).collect();
        format!("{{{}}}", names.join(", "))
    };
    let inputs: u32 = design.inputs.iter().map(|port| port.width).sum();
    let mut text = String::from("module driver;\n");
    for clock in &design.clocks {
        let _ = writeln!(text, "  reg {} = 0;", identifier(clock));
    }
    for (kind, ports) in [("reg", &design.inputs), ("wire", &design.outputs)] {
        for port in ports {
            let name = identifier(&port.name);
            let _ = writeln!(text, "  {kind} [{}:0] {name};", port.width - 1);
        }
    }
    let all = design
        .clocks
        .iter()
        .chain(design.inputs.iter().map(|port| &port.name))
        .chain(design.outputs.iter().map(|port| &port.name));
    let connections: Vec<String> = all
        .map(|name| format!(".{0}({0})", identifier(name)))
        .collect();
    let _ = writeln!(text, "  {TOP} dut({});", connections.join(", "));
    let input_names = list(design.inputs.iter().map(|port| &port.name).collect());
    let clock_names = list(design.clocks.iter().collect());
    let set = |names: &str, value: &str, any: bool| {
        if any {
            format!("{names} = {value};")
        } else {
            String::new()
        }
    };
    let (any_input, any_clock) = (!design.inputs.is_empty(), !design.clocks.is_empty());
    let _ = write!(
        text,
        "  reg [{inputs}:0] line;
  reg [63:0] mask;
  integer file, count;
  initial begin
    file = $fopen(\"/dev/stdin\", \"r\");
    #1 {}
    #1 {}
    #1 count = $fscanf(file, \"%h %h\", line, mask);
    while (count == 2) begin
      {}
      #1;\n",
        set(&input_names, "0", any_input),
        set(&input_names, &format!("~{}'d0", inputs.max(1)), any_input),
        set(&input_names, "line", any_input),
    );
    for port in &design.outputs {
        let _ = writeln!(text, "      $display(\"%b\", {});", identifier(&port.name));
    }
    let _ = write!(
        text,
        "      $fflush;
      {}
      #1;
      {}
      #1 count = $fscanf(file, \"%h %h\", line, mask);
    end
    $finish;
  end
endmodule
",
        set(&clock_names, "mask", any_clock),
        set(&clock_names, "0", any_clock),
    );
    text
}
