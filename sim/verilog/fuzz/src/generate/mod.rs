//! Random modules of the subset.
//!
//! A design is given by a seed and a number. It is legal, has no combinational
//! loop, no latch, one driver for each bit, and clocks come from outside.

mod block;
mod expression;
mod instance;
mod kernel;
mod module;
mod parts;
mod signal;
mod statement;

use crate::text::{self, Style};
use fastrand::Rng;
use module::Interface;
pub use signal::random;
use slackwater_verilog::syntax::tree::{Item, Module, Name};

/// Name of the top module.
pub const TOP: &str = "top";

/// What the modules may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Widest net.
    pub widest: u32,
    /// Selects and addresses may be out of range.
    pub out_of_range: bool,
    /// Legal Verilog that the compiler refuses or does not know: parameters with
    /// ranges that do not end in `:0`, inputs that are left open, concatenations
    /// at outputs of instances, registers that nothing but `initial` assigns.
    pub beyond_subset: bool,
    /// Nothing that a four-state simulator shows as x: every register has an
    /// initial value, every input is connected, and every combinational block
    /// depends on an input, so that it is woken. Wants `out_of_range` off.
    pub four_state: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            widest: 200,
            out_of_range: true,
            beyond_subset: false,
            four_state: false,
        }
    }
}

/// A port of the top module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Bits.
    pub width: u32,
    /// Declared signed.
    pub signed: bool,
}

/// A design to be simulated.
#[derive(Clone, Debug)]
pub struct Design {
    /// Its modules; the one to simulate is called [`TOP`].
    pub modules: Vec<Module>,
    /// Clocks of the top module.
    pub clocks: Vec<String>,
    /// Other inputs of the top module.
    pub inputs: Vec<Port>,
    /// Outputs of the top module.
    pub outputs: Vec<Port>,
    /// How it is written.
    pub style: Style,
}

impl Design {
    /// The text.
    pub fn text(&self) -> String {
        text::design(&self.modules, self.style)
    }

    /// The text with a prefix to the names of all modules, so that several designs
    /// can stand in one file.
    pub fn text_with_prefix(&self, prefix: &str) -> String {
        let rename = |name: &mut Name| name.text = format!("{prefix}{}", name.text).into();
        let mut modules = self.modules.clone();
        for module in &mut modules {
            rename(&mut module.name);
            for item in &mut module.items {
                if let Item::Instance(instance) = item {
                    rename(&mut instance.module);
                }
            }
        }
        text::design(&modules, self.style)
    }
}

/// The generator of the design `index` of a seed.
pub fn rng(seed: u64, index: u64) -> Rng {
    // The seeds of neighbouring designs have nothing in common.
    let mixed = seed ^ index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Rng::with_seed(mixed)
}

/// The design `index` of a seed.
pub fn design(seed: u64, index: u64, options: &Options) -> Design {
    let mut rng = rng(seed, index);
    let mut modules = Vec::new();
    let mut library: Vec<Interface> = Vec::new();
    let children = [0, 0, 1, 1, 2, 3][rng.usize(0..6)];
    for child in 0..children {
        let name = format!("part{child}");
        let made = module::module(&mut rng, options, &name, &library);
        let interface = made.interface.clone();
        modules.extend(made.modules);
        library.push(interface);
    }
    let top = module::module(&mut rng, options, TOP, &library);
    modules.extend(top.modules);
    // The order of modules means nothing.
    if rng.bool() {
        modules.reverse();
    }
    Design {
        modules,
        clocks: top.interface.clocks,
        inputs: top.interface.inputs,
        outputs: top.interface.outputs,
        style: Style {
            parentheses: rng.u8(0..4) == 0,
            ansi: rng.bool(),
        },
    }
}
