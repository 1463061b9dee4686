//! RustHDL's simulation and the emitted Verilog side by side: whoever changes the
//! design learns here that the two differ, and at which signal.
//!
//! | module | what is run |
//! |---|---|
//! | [`whole_core`] | the core under random traffic, legal and illegal, with its [`coverage`] |
//! | [`whole_chip`] | core and workload in a live migration, on both sides |
//! | [`traps`] | small designs in which the two do differ, each with its cure |
//! | [`planted`] | the core with one operator of its Verilog changed |
//!
//! `SLACKWATER_LOCKSTEP_CYCLES=1000000` runs the core for longer. Every invariant and
//! migration runs in lock-step too with `SLACKWATER_BACKEND=lockstep`.

mod coverage;
mod planted;
mod traps;
mod whole_chip;
mod whole_core;
