//! Compiled cycle simulation of a Verilog subset.

pub mod code;
mod design;
mod elaborate;
pub mod error;
mod graph;
mod model;
mod peek;
mod program;
mod recording;
mod resolve;
pub mod source;
pub mod syntax;
pub mod wave;
pub mod words;

pub use error::{Error, Warning};
pub use model::{Model, State, StateError};
pub use program::{
    Clocks, Input, LoadTimes, MemoryHandle, MemoryInfo, Output, Program, Signal, SignalInfo,
    Source, UnknownName,
};
pub use recording::{Recording, RecordingError};
