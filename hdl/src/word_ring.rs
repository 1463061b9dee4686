//! Sixteen words, written at a clock edge and read in the same clock they are asked for.
//!
//! ```text
//!  write_enable, write_address[4], write_data[32] ──▶ WordRing
//!  read_address[4] ──▶ WordRing ──▶ word[32], next_word[32]    combinational
//! ```
//! Synthesis makes distributed RAM of it, one copy for each of the two read
//! ports. `next_word` is the word after `word`, modulo 16. A word that is being
//! written is seen from the next clock on. The contents start at zero.

use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;

/// Words in the ring.
pub const RING_WORDS: usize = 16;

/// See the module's page.
#[derive(SettledBlock, Default)]
pub struct WordRing {
    /// Clock of the write port.
    pub clock: Signal<In, Clock>,
    /// Word that is written.
    pub write_address: Signal<In, Bits<4>>,
    /// What is written.
    pub write_data: Signal<In, Bits<32>>,
    /// Write in this clock.
    pub write_enable: Signal<In, Bit>,
    /// Word that is read.
    pub read_address: Signal<In, Bits<4>>,
    /// The word at `read_address`.
    pub word: Signal<Out, Bits<32>>,
    /// The word after it.
    pub next_word: Signal<Out, Bits<32>>,
    _words: [u32; RING_WORDS],
}

impl Logic for WordRing {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.write_enable.val() {
            self._words[self.write_address.val().index()] = self.write_data.val().to_u32();
        }
        let index = self.read_address.val().index();
        self.word.next = bits(u64::from(self._words[index]));
        self.next_word.next = bits(u64::from(self._words[(index + 1) % RING_WORDS]));
    }
    fn connect(&mut self) {
        self.word.connect();
        self.next_word.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            "\
reg [31:0] words [0:15];
wire [3:0] next_address = read_address + 4'd1;
integer i;
initial begin
   for (i = 0; i <= 15; i = i + 1) words[i] = 32'd0;
end
always @(posedge clock) begin
   if (write_enable) words[write_address] <= write_data;
end
always @(*) begin
   word = words[read_address];
   next_word = words[next_address];
end
"
            .into(),
        )
    }
}
