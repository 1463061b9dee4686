//! Where things are in the project.

use std::path::Path;

/// The committed Verilog of the core, from the project's folder on.
pub const CORE_VERILOG: &str = "hdl/verilog/slackwater_core.v";

/// The folder of the whole project.
pub fn project() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}
