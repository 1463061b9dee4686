//! Block RAM with one write port and two read ports of 32-bit words.
//!
//! ```text
//!  write_enable, write_address[N], write_data[32] ──▶ Ram
//!  read_address[N]  ──▶ Ram ──▶ read_data[32]    one clock later
//!  peek_address[N]  ──▶ Ram ──▶ peek_data[32]    one clock later
//! ```
//! A read in the clock of a write to the same address gives the old word.
//! Synthesis makes two copies of the memory where a block has one read port.
//! The contents start at zero.

use crate::register::clocked_block;
use rust_hdl::prelude::*;

/// A memory of 2^N words.
pub struct Ram<const N: usize> {
    /// Clock of all ports.
    pub clock: Signal<In, Clock>,
    /// Word that is written.
    pub write_address: Signal<In, Bits<N>>,
    /// What is written.
    pub write_data: Signal<In, Bits<32>>,
    /// Write in this clock.
    pub write_enable: Signal<In, Bit>,
    /// Word that the first port reads.
    pub read_address: Signal<In, Bits<N>>,
    /// What the first port read.
    pub read_data: Signal<Out, Bits<32>>,
    /// Word that the second port reads.
    pub peek_address: Signal<In, Bits<N>>,
    /// What the second port read.
    pub peek_data: Signal<Out, Bits<32>>,
    _words: Vec<u32>,
}

impl<const N: usize> Default for Ram<N> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            write_enable: Default::default(),
            read_address: Default::default(),
            read_data: Default::default(),
            peek_address: Default::default(),
            peek_data: Default::default(),
            _words: vec![0; 1 << N],
        }
    }
}

impl<const N: usize> Ram<N> {
    /// The memory as it is, for simulators that look from outside.
    pub fn words(&self) -> &[u32] {
        &self._words
    }
}

impl<const N: usize> Logic for Ram<N> {
    fn update(&mut self) {
        let word = |address: Bits<N>| bits(u64::from(self._words[address.index()]));
        self.read_data.next = word(self.read_address.val());
        self.peek_data.next = word(self.peek_address.val());
        if self.write_enable.val() {
            self._words[self.write_address.val().index()] = self.write_data.val().to_u32();
        }
    }
    fn connect(&mut self) {
        self.read_data.connect();
        self.peek_data.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
reg [31:0] words [0:{last}];
integer i;
initial begin
   for (i = 0; i <= {last}; i = i + 1) words[i] = 32'd0;
end
always @(posedge clock) begin
   read_data <= words[read_address];
   peek_data <= words[peek_address];
   if (write_enable) words[write_address] <= write_data;
end
",
            last = (1usize << N) - 1
        ))
    }
}

clocked_block!([const N: usize] Ram<N>, in: [write_address, write_data, write_enable, read_address, peek_address], out: [read_data, peek_data]);
