//! Writes the core's Verilog to standard output.
use rust_hdl::prelude::*;
use slackwater_hdl::{config::CoreConfig, core::Core};

fn main() {
    let mut core = Box::new(Core::new(&CoreConfig::default()));
    core.connect_all();
    print!("{}", generate_verilog(&*core));
}
