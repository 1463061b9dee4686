//! The invariants I1 to I13 of the core and its cycle targets, on the bare core.
//!
//! Every test's name begins with the number of what it holds. Random ones print
//! their seed when they fail.

mod bar2_access;
mod bench;
mod gate;
mod marks;
mod targets;
mod traffic;
mod window;
