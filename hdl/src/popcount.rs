//! Population count of a word, registered.
//!
//! ```text
//!  d[32] ──▶ Popcount ──▶ q[6]     q in clock t+1 = number of ones of d in clock t
//! ```
//! A black box: a sum of 32 bits is what synthesis turns into its own compressor tree.

use crate::register::clocked_block;
use rust_hdl::prelude::*;

/// Counts the ones of a word.
#[derive(Default)]
pub struct Popcount {
    pub clock: Signal<In, Clock>,
    pub d: Signal<In, Bits<32>>,
    pub q: Signal<Out, Bits<6>>,
}

impl Logic for Popcount {
    fn update(&mut self) {
        self.q.next = bits(u64::from(self.d.val().to_u32().count_ones()));
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let sum = (0..32).map(|bit| format!("d[{bit}]")).collect::<Vec<_>>();
        Verilog::Custom(format!(
            "initial q = 6'd0;\nalways @(posedge clock) q <= {};\n",
            sum.join(" + ")
        ))
    }
}

clocked_block!([] Popcount, in: [d], out: [q]);
