//! Fault injection: bits of the core's `inject` port.
//!
//! For verification only: an integrator ties the port to zero and synthesis
//! removes the logic. Each bit breaks one promise of the core in the real
//! pipeline, so that a test can show that the break is noticed.

/// Marks are dropped on their way into the log (breaks I2).
pub const DROP_MARK: u32 = 1 << 0;
/// A snapshot clears bit 0 of each word without moving it (breaks I3).
pub const CLEAR_EXTRA: u32 = 1 << 1;
/// A memory write is marked when the core takes it, not when it starts on link_tx (breaks I1).
pub const MARK_EARLY: u32 = 1 << 2;
/// An AtomicOp is marked at its request, not at its completion (breaks I1).
pub const ATOMIC_EARLY: u32 = 1 << 3;
/// The gate admits requests although it is closed (breaks I5).
pub const GATE_LEAK: u32 = 1 << 4;
/// Device TLPs that have not started wait before the arbiter. Legal by itself: it
/// stands for any queue between device and link, and makes early marks visible.
pub const STALL_TX: u32 = 1 << 5;
