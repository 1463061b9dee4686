//! Byte order: TLP payload has the lowest byte in bits 31:24, registers in 7:0.
//!
//! ```text
//!  d[32] ──▶ ByteSwap ──▶ q[32]     combinational, wires only
//! ```
//! A black box because RustHDL's own slices go through a heap big integer.

use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// Reverses the four bytes of a word.
#[derive(SettledBlock, Default)]
pub struct ByteSwap {
    /// Word in.
    pub d: Signal<In, Bits<32>>,
    /// The same bytes in reverse order.
    pub q: Signal<Out, Bits<32>>,
}

impl Logic for ByteSwap {
    fn update(&mut self) {
        self.q.next = bits(u64::from(self.d.val().to_u32().swap_bytes()));
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom("always @(*) q = {d[7:0], d[15:8], d[23:16], d[31:24]};\n".into())
    }
}
