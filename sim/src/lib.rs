//! The Slackwater simulator: the core in a PCIe machine that orders adversarially.
//!
//! The card is behind [`ports::Card`], clocked by a [`backend`]; everything around it is a model in plain
//! Rust: [`link`], [`root_complex`] with [`memory`], [`iommu`] and [`ordering`],
//! and the [`machine`] that clocks it all. [`function`] gives a card to the host driver.
//! [`traffic`] feeds a bare core without a machine.

pub mod backend;
pub mod firmware_host;
pub mod firmware_kind;
pub mod function;
pub mod fuzz;
pub mod iommu;
pub mod link;
pub mod machine;
pub mod memory;
pub mod migration;
pub mod ordering;
pub mod ports;
pub mod root_complex;
pub mod seed;
pub mod soft_core;
pub mod tlp;
mod tlp_codec;
pub mod tlp_message;
pub mod tlp_stream;
pub mod trace;
pub mod traffic;

#[cfg(test)]
mod model_card;
