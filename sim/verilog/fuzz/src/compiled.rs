//! The compiler as the simulator that is compared.

use crate::generate::TOP;
use crate::simulator::{Failure, Simulator};
use num_bigint::BigUint;
use slackwater_verilog::{Clocks, Model, Output, Program, Signal, Source};
use std::collections::HashMap;

/// A compiled design.
#[derive(Debug)]
pub struct Compiled {
    model: Model,
    /// Outputs and other nets, by their names below the top module.
    nets: HashMap<String, Net>,
}

#[derive(Clone, Copy, Debug)]
enum Net {
    Output(Output),
    Inner(Signal),
}

impl Compiled {
    /// Compiles a text.
    ///
    /// # Errors
    /// If the compiler refuses it.
    pub fn new(text: &str) -> Result<Self, Failure> {
        let source = Source {
            name: "design.v",
            text,
        };
        let program = Program::compile_sources(&[source], Some(TOP))
            .map_err(|error| Failure(error.to_string()))?;
        let mut nets = HashMap::new();
        for info in program.signals() {
            if let (Some(name), Ok(signal)) = (
                info.path.strip_prefix(&format!("{TOP}.")),
                program.signal(&info.path),
            ) {
                nets.insert(name.to_owned(), Net::Inner(signal));
            }
        }
        for (name, output) in program.outputs() {
            nets.insert(name.to_owned(), Net::Output(output));
        }
        Ok(Compiled {
            model: Model::new(&program),
            nets,
        })
    }

    fn output(&self, output: Output) -> BigUint {
        let mut words = vec![0; output.width().div_ceil(u64::BITS) as usize];
        self.model.get_words(output, &mut words);
        let halves = words
            .iter()
            .flat_map(|&word| [word as u32, (word >> u32::BITS) as u32]);
        BigUint::new(halves.collect())
    }

    fn outputs(&self) -> Vec<(String, BigUint)> {
        let outputs = self.model.program().outputs();
        outputs
            .map(|(name, output)| (name.to_owned(), self.output(output)))
            .collect()
    }
}

impl Simulator for Compiled {
    fn set(&mut self, port: &str, value: &BigUint) -> Result<(), Failure> {
        let input = self.model.program().input(port);
        let input = input.map_err(|error| Failure(error.to_string()))?;
        self.model.set_words(input, &value.to_u64_digits());
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.model.settle();
        Ok(())
    }

    fn rise(&mut self, clocks: &[&str]) -> Result<(), Failure> {
        let program = self.model.program();
        let mut mask = Clocks::default();
        for clock in clocks {
            // A clock without registers is no clock to the compiler.
            mask = mask | program.clock(clock).unwrap_or_default();
        }
        // Outputs come from other code in a cycle than in settling.
        let settled = self.outputs();
        self.model.cycle(mask);
        let cycled = self.outputs();
        let differs = settled.iter().zip(&cycled).find(|(a, b)| a != b);
        match differs {
            None => Ok(()),
            Some(((name, settled), (_, cycled))) => Err(Failure(format!(
                "output {name} is {settled:#x} when settled, {cycled:#x} after the cycle"
            ))),
        }
    }

    fn read(&mut self, name: &str) -> Result<Option<BigUint>, Failure> {
        Ok(self.nets.get(name).map(|&net| match net {
            Net::Output(output) => self.output(output),
            Net::Inner(signal) => self.model.peek(signal),
        }))
    }
}
