//! A D flip-flop bank: RustHDL's `DFF`, but cheap to simulate.
//!
//! ```text
//!  d[T] ──▶ Register ──▶ q[T]     q in clock t+1 = d in clock t; powers up as zero
//! ```
//! Ports, behaviour and Verilog are those of `DFF`, so `dff_setup!` works on it.
//! `DFF` compares and copies both ports in every pass of a settling block; this
//! one looks at them only when the clock rises. By then `d` has settled, and the
//! kernel that reads `q` runs only after all registers beside this one have taken
//! over, so the outcome is the same: no data overtake a clock.

use rust_hdl::prelude::*;

/// See the module's page.
#[derive(Clone, Debug)]
pub struct Register<T: Synth> {
    /// What is stored at the next rising clock.
    pub d: Signal<In, T>,
    /// What is stored.
    pub q: Signal<Out, T>,
    /// The clock.
    pub clock: Signal<In, Clock>,
}

impl<T: Synth> Default for Register<T> {
    fn default() -> Self {
        Self {
            d: Signal::default(),
            q: Signal::default(),
            clock: Signal::default(),
        }
    }
}

impl<T: Synth> Logic for Register<T> {
    fn update(&mut self) {
        self.q.next = self.d.val();
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "initial q = {:x};\nalways @(posedge clock) q <= d;\n",
            T::default().verilog()
        ))
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "register".into(),
            clock: "clock".into(),
            inputs: vec!["d".into()],
            outputs: vec!["q".into()],
        }]
    }
}

/// Implements `Block` for a leaf that acts only when its clock rises: its other
/// ports are looked at in that pass alone. The leaf has a field `clock`, and its
/// `update` computes the outputs for a rising clock.
macro_rules! clocked_block {
    ([$($generics:tt)*] $block:ty, in: [$($input:ident),*], out: [$($output:ident),*]) => {
        impl<$($generics)*> Block for $block {
            fn connect_all(&mut self) {
                self.connect();
            }
            fn update_all(&mut self) {
                self.clock.update_all();
                if self.clock.pos_edge() {
                    $(self.$input.update_all();)*
                    self.update();
                    $(self.$output.update_all();)*
                } else {
                    $(self.$output.changed = false;)*
                }
            }
            fn has_changed(&self) -> bool {
                false $(|| self.$output.changed)*
            }
            fn accept(&self, name: &str, probe: &mut dyn Probe) {
                probe.visit_start_scope(name, self);
                self.clock.accept("clock", probe);
                // Inputs are taken over at the edge alone: what is shown is what waits.
                $({
                    let mut shown = self.$input.clone();
                    shown.update_all();
                    shown.accept(stringify!($input), probe);
                })*
                $(self.$output.accept(stringify!($output), probe);)*
                probe.visit_end_scope(name, self);
            }
        }
    };
}
pub(crate) use clocked_block;

clocked_block!([T: Synth] Register<T>, in: [d], out: [q]);
