//! Random inputs and clocks.

use crate::generate::{Design, random};
use fastrand::Rng;
use num_bigint::BigUint;

/// What happens in one cycle.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Inputs and their values.
    pub inputs: Vec<(String, BigUint)>,
    /// Clocks that rise at once.
    pub clocks: Vec<String>,
}

/// Random inputs and clocks for a design: each input often keeps its value, so
/// that states are reached that depend on several of them.
pub fn stimulus(rng: &mut Rng, design: &Design, cycles: usize) -> Vec<Cycle> {
    let mut current = vec![BigUint::ZERO; design.inputs.len()];
    let mut all = Vec::with_capacity(cycles);
    for _ in 0..cycles {
        for (value, port) in current.iter_mut().zip(&design.inputs) {
            let ones = (BigUint::from(1u8) << port.width) - 1u8;
            *value = match rng.u8(0..16) {
                0..6 => continue,
                6 => BigUint::ZERO,
                7 => ones,
                8 | 9 => BigUint::from(rng.u8(0..8)) & ones,
                10 => &ones - (BigUint::from(rng.u8(0..8)) & &ones),
                _ => random(rng, port.width),
            };
        }
        let inputs = design
            .inputs
            .iter()
            .map(|port| port.name.clone())
            .zip(current.iter().cloned())
            .collect();
        let clocks = design
            .clocks
            .iter()
            .filter(|_| rng.u8(0..8) > 1)
            .cloned()
            .collect();
        all.push(Cycle { inputs, clocks });
    }
    all
}
