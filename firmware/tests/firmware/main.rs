//! The firmware against a model of its hardware.
//!
//! ```text
//!  test ──▶ Rig ──▶ Card (model: device_state, gate, freeze, window, state, internal log)
//!            └────▶ slackwater_firmware::run, accesses ready at once
//! ```

mod conformance;
mod corruption;
mod model;
mod streams;
mod window;
