//! What the command line makes of a migration that can be looked at: see [`report`].

pub mod report;
