//! Compiled cycle simulation of a Verilog subset, in process.
//!
//! A design, such as RustHDL emits it, goes in as text; machine code comes out,
//! and a [`Model`] runs it clock by clock. No tool is called and no file is
//! written. What is simulated is the text that synthesis sees.
//!
//! ```
//! use slackwater_verilog::{Model, Program};
//!
//! let program = Program::compile("accumulator.v", "
//!     module accumulator(input wire clock, input wire [7:0] a, output reg [15:0] sum);
//!         initial sum = 0;
//!         always @(posedge clock) sum <= sum + a;
//!     endmodule")?;
//! let (a, sum) = (program.input("a")?, program.output("sum")?);
//! let clock = program.clock("clock")?;
//! let mut model = Model::new(&program);
//! model.set(a, 7);
//! model.cycle(clock);
//! model.cycle(clock);
//! assert_eq!(model.get(sum), 7); // as it was just before the second edge
//! assert_eq!(model.peek_u64(program.signal("accumulator.sum")?), 14); // as it is now
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A RustHDL design comes in as `generate_verilog(&block)`, after `connect_all`.
//!
//! # What happens to a design
//!
//! | step | module | finds |
//! |---|---|---|
//! | text to tree | [`syntax`] | what is no Verilog of the subset |
//! | instances and blocks to one value per net | `elaborate` | latches, multiple drivers, reads before writes, lost and kept carries |
//! | values of any width to [`words`] of up to 64 bits | `resolve` | combinational loops, undriven nets, derived clocks |
//! | words to machine code | [`code`] | |
//!
//! Faults are an [`Error`] with file, line and signal; what is legal and perhaps
//! not meant is a [`Warning`] in [`Program::warnings`].
//!
//! # The subset (IEEE 1364-2005)
//!
//! - Modules with named ports and parameters; `wire`, `reg`, `integer`, `signed`, vectors up to 65,536 bits in
//!   either direction, memories; `parameter`, `localparam`; `assign`; `always @(*)`, `always @(posedge clock)`,
//!   `initial`; `begin`, `if`, `case`, `for` with constant bounds; `=` and `<=`; all selects; all operators but `**`,
//!   division by constants alone, products of up to 2,048 bits; `$signed`, `$unsigned`; attributes are skipped.
//! - Two states: there is no x and no z. Registers and memories without initial value start at 0; what is read
//!   outside a range is 0, and what is written there is lost.
//! - A clock is an input of the top module. All that is clocked takes over at once: values and memory words are read
//!   as they were before the clock, and non-blocking writes happen after all reads.
//! - Left out: `inout`, asynchronous resets and negative edges, derived clocks, functions and tasks, `generate`,
//!   `casez`, delays, strings, positional connections. Each is refused with its name.
//!
//! # Waves
//!
//! [`Recording`] writes all named signals as VCD or FST, in a window of cycles or
//! around a condition; see [`wave`].

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
