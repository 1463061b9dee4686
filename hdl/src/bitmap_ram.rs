//! The memory under a bitmap: a port that sets single bits, and a port for whole words.
//!
//! ```text
//!  mark_word[A], mark_bit[5], mark ──▶ BitmapRam ──▶ mark_old        one clock later
//!  move_word[A], move_mask[32],                ──▶ move_old[32]      one clock later
//!  move_data[32]
//! ```
//! Both ports are read-first: what they read is the word as it was. Bits are
//! written one by one, so setting a bit needs no read-modify-write loop and
//! neither port ever waits. The two ports must not write the same word in one
//! clock; [`crate::bitmap::Bitmap`] sees to that. Contents start at zero.

use crate::register::clocked_block;
use rust_hdl::prelude::*;

/// 2^A words of 32 bits.
pub struct BitmapRam<const A: usize> {
    pub clock: Signal<In, Clock>,
    pub mark: Signal<In, Bit>,
    pub mark_word: Signal<In, Bits<A>>,
    pub mark_bit: Signal<In, Bits<5>>,
    pub mark_old: Signal<Out, Bit>,
    pub move_word: Signal<In, Bits<A>>,
    pub move_mask: Signal<In, Bits<32>>,
    pub move_data: Signal<In, Bits<32>>,
    pub move_old: Signal<Out, Bits<32>>,
    _words: Vec<u32>,
}

impl<const A: usize> Default for BitmapRam<A> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            mark: Default::default(),
            mark_word: Default::default(),
            mark_bit: Default::default(),
            mark_old: Default::default(),
            move_word: Default::default(),
            move_mask: Default::default(),
            move_data: Default::default(),
            move_old: Default::default(),
            _words: vec![0; 1 << A],
        }
    }
}

impl<const A: usize> BitmapRam<A> {
    /// The bitmap as it is, for simulators that look from outside.
    pub fn words(&self) -> &[u32] {
        &self._words
    }
}

impl<const A: usize> Logic for BitmapRam<A> {
    fn update(&mut self) {
        let marked = self.mark_word.val().index();
        let moved = self.move_word.val().index();
        let bit = 1u32 << self.mark_bit.val().index();
        let mask = self.move_mask.val().to_u32();
        let old = self._words[moved];
        self.mark_old.next = self._words[marked] & bit != 0;
        self.move_old.next = bits(u64::from(old));
        if mask != 0 {
            self._words[moved] = (old & !mask) | (self.move_data.val().to_u32() & mask);
        }
        if self.mark.val() {
            self._words[marked] |= bit;
        }
    }
    fn connect(&mut self) {
        self.mark_old.connect();
        self.move_old.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
(* no_rw_check *) reg [31:0] words [0:{last}];
reg [31:0] mark_read;
reg [4:0] mark_bit_read;
// Each block counts with its own variable: a shared one has several drivers.
integer i;
integer m;
integer w;
initial begin
   for (i = 0; i <= {last}; i = i + 1) words[i] = 32'd0;
end
initial begin
   mark_read = 32'd0;
   mark_bit_read = 5'd0;
   move_old = 32'd0;
end
always @(posedge clock) begin
   mark_read <= words[mark_word];
   mark_bit_read <= mark_bit;
   for (m = 0; m < 32; m = m + 1)
      if (mark && mark_bit == m) words[mark_word][m] <= 1'b1;
end
always @(posedge clock) begin
   move_old <= words[move_word];
   for (w = 0; w < 32; w = w + 1)
      if (move_mask[w]) words[move_word][w] <= move_data[w];
end
always @(*) mark_old = mark_read[mark_bit_read];
",
            last = (1usize << A) - 1
        ))
    }
}

clocked_block!([const A: usize] BitmapRam<A>, in: [mark, mark_word, mark_bit, move_word, move_mask, move_data], out: [mark_old, move_old]);
