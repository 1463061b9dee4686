//! Two simulators of one design, side by side.

use crate::error::Error;
use crate::generate::{self, Design, Options, TOP};
use crate::interpreter::Interpreter;
use crate::simulator::{Failure, Simulator};
use crate::stimulus::{Cycle, stimulus};
use num_bigint::BigUint;
use slackwater_verilog::syntax::tree::Direction;
use std::fmt;

/// Makes the simulator that is held to the interpreter, from a design and its text.
pub type Make<'a> = &'a (dyn Fn(&Design, &str) -> Result<Box<dyn Simulator>, Failure> + Sync);

/// A net that two simulators show differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Cycle, from 0.
    pub cycle: usize,
    /// The net.
    pub signal: String,
    /// What the interpreter says.
    pub expected: BigUint,
    /// What the other one says.
    pub found: BigUint,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            cycle,
            signal,
            expected,
            found,
        } = self;
        write!(
            formatter,
            "cycle {cycle}: {signal} is {found:#x}, expected {expected:#x}"
        )
    }
}

/// What became of a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No difference in so many values that were compared.
    Agreed {
        /// Values.
        values: u64,
    },
    /// A difference.
    Different(Difference),
    /// The simulator refuses the design, or fails.
    Failed(Failure),
    /// The interpreter refuses it: a fault of the generator or the interpreter.
    Invalid(Error),
}

impl Outcome {
    /// Whether nothing is wrong.
    pub fn is_fine(&self) -> bool {
        matches!(self, Outcome::Agreed { .. })
    }
}

/// Nets inside are compared in one of so many cycles: a compiled model works them out
/// anew for every look, and what is wrong in them seldom is so for one cycle only.
const LOOK_EVERY: usize = 4;

/// Whether a net inside is compared in a cycle: not all in the same one.
fn is_looked_at(name: &str, cycle: usize) -> bool {
    let turn: usize = name.bytes().map(usize::from).sum();
    (turn + cycle).is_multiple_of(LOOK_EVERY)
}

fn run(
    reference: &mut Interpreter,
    subject: &mut dyn Simulator,
    stimulus: &[Cycle],
) -> Result<Outcome, Failure> {
    let mut names = Vec::new();
    let mut inputs = Vec::new();
    for net in reference.nets() {
        if net.port == Some(Direction::Input) {
            inputs.push(net.name.clone());
        } else if net.memory.is_none() && !net.integer {
            names.push((net.name.clone(), net.port.is_some()));
        }
    }
    let mut values = 0;
    for (number, cycle) in stimulus.iter().enumerate() {
        for (port, value) in &cycle.inputs {
            // A design that was made smaller may have lost it.
            if inputs.contains(port) {
                reference.set(port, value)?;
                subject.set(port, value)?;
            }
        }
        reference.settle()?;
        subject.settle()?;
        for (name, port) in &names {
            if !port && !is_looked_at(name, number) {
                continue;
            }
            let expected = reference.read(name)?.unwrap_or_default();
            match subject.read(name)? {
                Some(found) if found != expected => {
                    return Ok(Outcome::Different(Difference {
                        cycle: number,
                        signal: name.clone(),
                        expected,
                        found,
                    }));
                }
                Some(_) => values += 1,
                None if *port => {
                    return Err(Failure(format!("output {name:?} is not shown")));
                }
                None => {}
            }
        }
        let clocks: Vec<&str> = cycle
            .clocks
            .iter()
            .filter(|clock| inputs.contains(clock))
            .map(String::as_str)
            .collect();
        reference.rise(&clocks)?;
        subject.rise(&clocks)?;
    }
    Ok(Outcome::Agreed { values })
}

/// A design and its inputs: everything that a comparison needs.
#[derive(Clone, Debug)]
pub struct Case {
    /// The design.
    pub design: Design,
    /// Its inputs.
    pub stimulus: Vec<Cycle>,
}

impl Case {
    /// The case `index` of a seed.
    pub fn new(seed: u64, index: u64, options: &Options, cycles: usize) -> Self {
        let design = generate::design(seed, index, options);
        // Inputs do not depend on how many choices the design took.
        let mut rng = generate::rng(!seed, index);
        let stimulus = stimulus(&mut rng, &design, cycles);
        Case { design, stimulus }
    }

    /// What the interpreter gives: for each cycle the outputs in the order of the
    /// design's ports, before the clocks rise.
    ///
    /// # Errors
    /// If the interpreter does not run the design.
    pub fn expected(&self) -> Result<Vec<Vec<BigUint>>, Failure> {
        let mut interpreter = Interpreter::new(&self.design.modules, TOP)?;
        let cycles = self.stimulus.iter().map(|cycle| {
            for (name, value) in &cycle.inputs {
                interpreter.set(name, value)?;
            }
            interpreter.settle()?;
            let outputs = self.design.outputs.iter();
            let outputs = outputs
                .map(|port| Ok(interpreter.read(&port.name)?.unwrap_or_default()))
                .collect::<Result<Vec<_>, Failure>>()?;
            let clocks: Vec<&str> = cycle.clocks.iter().map(String::as_str).collect();
            interpreter.rise(&clocks)?;
            Ok(outputs)
        });
        cycles.collect()
    }

    /// Compares a simulator with the interpreter.
    pub fn compare(&self, make: Make<'_>) -> Outcome {
        let mut reference = match Interpreter::new(&self.design.modules, TOP) {
            Ok(interpreter) => interpreter,
            Err(error) => return Outcome::Invalid(error),
        };
        let result = make(&self.design, &self.design.text())
            .and_then(|mut subject| run(&mut reference, &mut *subject, &self.stimulus));
        match result {
            Ok(outcome) => outcome,
            Err(failure) => Outcome::Failed(failure),
        }
    }
}
