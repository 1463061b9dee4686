//! What holds the Verilog compiler to the standard.
//!
//! - [`interpreter`]: a slow interpreter of the tree, with rules of its own.
//! - [`generate`]: random modules of the subset, as trees.
//! - [`text`]: trees as text.
//! - [`stimulus`], [`compare`]: two simulators side by side under random inputs.
//! - [`shrink`]: a small module that still shows a difference.
//! - [`fault`]: faults on purpose, which the comparison must find.
//! - [`emit`]: designs with inputs and expected outputs as files, for other simulators.
//! - [`compiled`]: the compiler as a simulator to be compared.
//! - [`icarus`]: Icarus Verilog as a simulator to be compared.
//! - [`subject`]: the simulator that is held to the interpreter.

pub mod compare;
pub mod compiled;
pub mod emit;
pub mod error;
pub mod fault;
pub mod generate;
pub mod icarus;
pub mod interpreter;

pub mod shrink;
pub mod simulator;
pub mod stimulus;
pub mod subject;
pub mod text;
mod walk;
