//! Wave files are read back with a reader that is not ours, and every value of
//! every cycle is compared.

mod files;
mod reading;
mod triggers;
