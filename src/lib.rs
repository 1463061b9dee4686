//! What the command line does that others can use: a migration as a page ([`report`]), and a card put
//! through its paces ([`exercise`]).

pub mod exercise;
pub mod report;
