//! Many random modules in one program of Verilator's.

use super::{CYCLES, Foreign, FuzzError, case};
use crate::verify::record::Port;
use crate::verify::verilator::{
    Clocks, Design, Effort, VerilatorError, build, exchange, last_lines,
};
use num_bigint::BigUint;
use slackwater_verilog_fuzz::compare::{Case, Difference};
use slackwater_verilog_fuzz::generate::TOP;
use slackwater_verilog_fuzz::simulator::Failure;
use slackwater_verilog_fuzz::text::identifier;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

/// The module around them all.
const WRAPPER: &str = "wrapper";

/// Modules that are run side by side, each with ports of its own.
pub struct Batch {
    seed: u64,
    cases: Vec<(u64, Case)>,
}

/// The wrapper's ports.
#[derive(Default)]
struct Wrapper {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    clocks: Vec<String>,
    text: String,
}

impl Batch {
    /// The modules with these numbers.
    pub fn new(seed: u64, modules: Range<u64>) -> Self {
        Self {
            seed,
            cases: modules.map(|module| (module, case(seed, module))).collect(),
        }
    }

    /// Builds and runs them; the values that agree.
    pub fn check(&self, verilator: &dyn Fn() -> Command, folder: &Path) -> Result<u64, FuzzError> {
        let wrapper = self.wrapper();
        let path = folder.with_extension("v");
        fs::write(&path, &wrapper.text).map_err(|error| VerilatorError::File {
            path: path.clone(),
            error,
        })?;
        let design = Design {
            verilog: &path,
            top: WRAPPER,
            inputs: &wrapper.inputs,
            outputs: &wrapper.outputs,
            clocks: Clocks::Chosen(&wrapper.clocks),
        };
        let what = match build(verilator, &design, folder, Effort::Little) {
            Err(VerilatorError::Refused { log, .. }) => log,
            Err(error) => return Err(error.into()),
            Ok(program) => match exchange(&program, CYCLES as u32, &self.stimulus(&wrapper)) {
                Ok((answer, _)) if answer.len() == CYCLES * wrapper.output_bytes() => {
                    return self.compare(&wrapper, &answer);
                }
                Ok((_, log)) => format!("its program ended early: {}", last_lines(&log)),
                Err(error) => format!("its program: {error}"),
            },
        };
        // Which module it is shows when there is one alone.
        match &self.cases[..] {
            [] => Ok(0),
            [(module, _)] => Err(self.failed(*module, what)),
            cases => {
                let mut values = 0;
                for half in [&cases[..cases.len() / 2], &cases[cases.len() / 2..]] {
                    let half = Self {
                        seed: self.seed,
                        cases: half.to_vec(),
                    };
                    values += half.check(verilator, folder)?;
                }
                Ok(values)
            }
        }
    }

    fn failed(&self, module: u64, what: String) -> FuzzError {
        FuzzError::Failed {
            simulator: Foreign::Verilator,
            seed: self.seed,
            module,
            what,
            text: case(self.seed, module).design.text(),
        }
    }

    /// All modules, and one with an instance and ports for each of them.
    fn wrapper(&self) -> Wrapper {
        let mut wrapper = Wrapper::default();
        let (mut ports, mut instances) = (Vec::new(), String::new());
        for (module, case) in &self.cases {
            let (prefix, design) = (format!("m{module}_"), &case.design);
            wrapper.text += &design.text_with_prefix(&prefix);
            let mut connections = Vec::new();
            for (index, clock) in design.clocks.iter().enumerate() {
                let name = format!("{prefix}c{index}");
                ports.push(format!("input {name}"));
                connections.push(format!(".{}({name})", identifier(clock)));
                wrapper.clocks.push(name);
            }
            for (direction, list, known) in [
                ("input", &mut wrapper.inputs, &design.inputs),
                ("output", &mut wrapper.outputs, &design.outputs),
            ] {
                for (index, port) in known.iter().enumerate() {
                    let name = format!("{prefix}{}{index}", &direction[..1]);
                    ports.push(format!("{direction} [{}:0] {name}", port.width - 1));
                    connections.push(format!(".{}({name})", identifier(&port.name)));
                    let bits = port.width;
                    list.push(Port { name, bits });
                }
            }
            // Writing to a string cannot fail.
            let _ = writeln!(
                instances,
                "  {prefix}{TOP} {prefix}instance({});",
                connections.join(", ")
            );
        }
        let _ = write!(
            wrapper.text,
            "module {WRAPPER}({});\n{instances}endmodule\n",
            ports.join(", ")
        );
        wrapper
    }

    /// Records of all cycles.
    fn stimulus(&self, wrapper: &Wrapper) -> Vec<u8> {
        let mut records = Vec::new();
        for cycle in 0..CYCLES {
            let now = self
                .cases
                .iter()
                .map(|(_, case)| (case, &case.stimulus[cycle]));
            let values = now.clone().flat_map(|(_, now)| &now.inputs);
            for ((_, value), port) in values.zip(&wrapper.inputs) {
                let mut bytes = value.to_bytes_le();
                bytes.resize(port.bytes(), 0);
                records.extend(bytes);
            }
            for (case, now) in now {
                let clocks = case.design.clocks.iter();
                records.extend(clocks.map(|clock| u8::from(now.clocks.contains(clock))));
            }
        }
        records
    }

    fn compare(&self, wrapper: &Wrapper, answer: &[u8]) -> Result<u64, FuzzError> {
        let mut values = 0;
        // Where the module's outputs begin in a record.
        let mut first = 0;
        let mut ports = &wrapper.outputs[..];
        for (module, case) in &self.cases {
            let (own, others) = ports.split_at(case.design.outputs.len());
            ports = others;
            let expected = case
                .expected()
                .map_err(|Failure(what)| self.failed(*module, what))?;
            for (cycle, expected) in expected.into_iter().enumerate() {
                let mut at = cycle * wrapper.output_bytes() + first;
                let names = case.design.outputs.iter().map(|port| &port.name);
                for ((port, name), expected) in own.iter().zip(names).zip(expected) {
                    let found = BigUint::from_bytes_le(&answer[at..at + port.bytes()]);
                    if found != expected {
                        return Err(FuzzError::Different {
                            simulator: Foreign::Verilator,
                            seed: self.seed,
                            module: *module,
                            difference: Difference {
                                cycle,
                                signal: name.clone(),
                                expected,
                                found,
                            },
                            text: case.design.text(),
                        });
                    }
                    at += port.bytes();
                    values += 1;
                }
            }
            first += own.iter().map(Port::bytes).sum::<usize>();
        }
        Ok(values)
    }
}

impl Wrapper {
    fn output_bytes(&self) -> usize {
        self.outputs.iter().map(Port::bytes).sum()
    }
}
