//! The rules of the VFIO migration region (version 3 of its document), as a model to read, as
//! tests that any device can be put to, and as walks of both side by side.
//!
//! | module | what it is |
//! |---|---|
//! | [`act`] | what is done to a device, and what is seen of it |
//! | [`rule`] | the rules, with their ids |
//! | [`model`] | the device of the document: data and one function |
//! | [`card`] | the simulated card, through the host driver |

pub mod act;
pub mod card;
pub mod model;
pub mod rule;
