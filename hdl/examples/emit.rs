//! Writes the Verilog of the whole chip (core and workload) to standard output.

use rust_hdl::prelude::*;
use slackwater_hdl::chip::Chip;

fn main() {
    let mut chip = Box::new(Chip::default());
    chip.connect_all();
    print!("{}", generate_verilog(&*chip));
}
