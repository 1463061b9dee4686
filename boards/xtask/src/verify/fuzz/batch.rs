//! Many random modules in one program of Verilator's.

use super::{CYCLES, Foreign, FuzzError, case};
use crate::verify::record::Port;
use crate::verify::verilator::{
    Clocks, Design, Effort, Sampled, VerilatorError, build, exchange, last_lines,
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
    unsupported: u64,
}

/// The wrapper's ports.
#[derive(Default)]
struct Wrapper {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    clocks: Vec<String>,
    text: String,
    /// The line behind each module's last one.
    ends: Vec<usize>,
}

impl Batch {
    /// The modules with these numbers.
    pub fn new(seed: u64, modules: Range<u64>) -> Self {
        Self {
            seed,
            cases: modules.map(|module| (module, case(seed, module))).collect(),
            unsupported: 0,
        }
    }

    /// Modules that were left out, since Verilator says that it does not support them.
    pub fn unsupported(&self) -> u64 {
        self.unsupported
    }

    /// Builds and runs them; the values that agree.
    pub fn check(
        &mut self,
        verilator: &dyn Fn() -> Command,
        folder: &Path,
    ) -> Result<u64, FuzzError> {
        let wrapper = self.wrapper();
        // Beside the folder, which is emptied.
        let path = folder.with_extension("v");
        let failed = |error| VerilatorError::File {
            path: path.clone(),
            error,
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        fs::write(&path, &wrapper.text).map_err(failed)?;
        let design = Design {
            verilog: &path,
            top: WRAPPER,
            inputs: &wrapper.inputs,
            outputs: &wrapper.outputs,
            clocks: Clocks::Chosen(&wrapper.clocks),
            sampled: Sampled::Before,
        };
        let what = match build(verilator, &design, folder, Effort::Little) {
            Err(VerilatorError::Refused { log, .. }) => {
                let before = self.cases.len();
                self.leave_out(&wrapper, &log);
                if self.cases.len() < before {
                    return self.check(verilator, folder);
                }
                last_lines(log.as_bytes())
            }
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
                let (mut values, mut unsupported) = (0, 0);
                for half in [&cases[..cases.len() / 2], &cases[cases.len() / 2..]] {
                    let mut half = Self {
                        seed: self.seed,
                        cases: half.to_vec(),
                        unsupported: 0,
                    };
                    values += half.check(verilator, folder)?;
                    unsupported += half.unsupported;
                }
                self.unsupported += unsupported;
                Ok(values)
            }
        }
    }

    /// Leaves out the modules in whose lines Verilator finds what it does not support:
    /// that is no word on what the others mean.
    fn leave_out(&mut self, wrapper: &Wrapper, log: &str) {
        let lines = unsupported_lines(log);
        let mut first = 1;
        let mut ends = wrapper.ends.iter();
        self.cases.retain(|_| {
            let end = ends.next().copied().unwrap_or(first);
            let hit = lines.iter().any(|line| (first..end).contains(line));
            first = end;
            self.unsupported += u64::from(hit);
            !hit
        });
    }

    fn failed(&self, module: u64, what: String) -> FuzzError {
        FuzzError::Failed {
            simulator: Foreign::Verilator,
            seed: self.seed,
            module,
            what,
        }
    }

    /// All modules, and one with an instance and ports for each of them.
    fn wrapper(&self) -> Wrapper {
        let mut wrapper = Wrapper::default();
        let (mut ports, mut instances) = (Vec::new(), String::new());
        for (module, case) in &self.cases {
            let (prefix, design) = (format!("m{module}_"), &case.design);
            wrapper.text += &design.text_with_prefix(&prefix);
            wrapper.text.push('\n');
            // Lines are counted from 1.
            wrapper.ends.push(wrapper.text.lines().count() + 1);
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

/// Lines of `%Error-UNSUPPORTED: design.v:351:17: ...`.
fn unsupported_lines(log: &str) -> Vec<usize> {
    let errors = log
        .lines()
        .filter_map(|line| line.strip_prefix("%Error-UNSUPPORTED: "));
    errors
        .filter_map(|error| error.split(':').nth(1)?.parse().ok())
        .collect()
}

impl Wrapper {
    fn output_bytes(&self) -> usize {
        self.outputs.iter().map(Port::bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_that_are_not_supported_are_left_out_by_their_lines() {
        let mut batch = Batch::new(1, 0..4);
        let wrapper = batch.wrapper();
        assert_eq!(wrapper.ends.len(), 4);
        let lines: Vec<&str> = wrapper.text.lines().collect();
        assert!(lines[wrapper.ends[3] - 1].starts_with("module wrapper("));
        // The first line of module 1 and the last one of module 2.
        let log = format!(
            "%Warning: design.v:1:2: no matter\n\
             %Error-UNSUPPORTED: design.v:{}:17: Unsupported: this\n    x\n\
             %Error-UNSUPPORTED: design.v:{}:1: Unsupported: that\n%Error: Exiting",
            wrapper.ends[0],
            wrapper.ends[2] - 1,
        );
        batch.leave_out(&wrapper, &log);
        let left: Vec<u64> = batch.cases.iter().map(|(module, _)| *module).collect();
        assert_eq!((left, batch.unsupported()), (vec![0, 3], 2));
    }

    #[test]
    fn a_value_that_differs_is_told_with_its_module() {
        let batch = Batch::new(1, 3..5);
        let wrapper = batch.wrapper();
        let mut answer = Vec::new();
        let expected = batch.cases.iter().map(|(_, case)| case.expected());
        let expected: Vec<_> = expected.collect::<Result<_, _>>().expect("legal modules");
        for cycle in 0..CYCLES {
            let values = expected.iter().flat_map(|cycles| &cycles[cycle]);
            for (value, port) in values.zip(&wrapper.outputs) {
                let mut bytes = value.to_bytes_le();
                bytes.resize(port.bytes(), 0);
                answer.extend(bytes);
            }
        }
        let values = CYCLES * wrapper.outputs.len();
        assert_eq!(batch.compare(&wrapper, &answer).ok(), Some(values as u64));
        // The last output of the last module in cycle 6.
        let port = wrapper.outputs.last().expect("an output");
        answer[7 * wrapper.output_bytes() - port.bytes()] ^= 1;
        match batch.compare(&wrapper, &answer) {
            Err(FuzzError::Different {
                module, difference, ..
            }) => assert_eq!((module, difference.cycle), (4, 6)),
            other => panic!("{other:?}"),
        }
    }
}
