//! The firmware's image on the simulated soft core: it does what the hosted firmware does, and an
//! image that fails ends in ERROR with the gate closed and a code, at once.

mod broken;
mod same;
mod timing;
mod update;
