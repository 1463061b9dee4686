//! The compiler as the simulator that is compared.

use crate::generate::TOP;
use crate::simulator::{Failure, Simulator};
use num_bigint::BigUint;
use slackwater_verilog::{Clocks, Model, Output, Program, Source};

/// A compiled design.
#[derive(Debug)]
pub struct Compiled {
    model: Model,
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
        Ok(Compiled {
            model: Model::new(&program),
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
        let program = self.model.program();
        if let Ok(output) = program.output(name) {
            return Ok(Some(self.output(output)));
        }
        let signal = program.signal(&format!("{TOP}.{name}"));
        Ok(signal.ok().map(|signal| self.model.peek(signal)))
    }
}
