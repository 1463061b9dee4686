// How far a write is from ranges 4 to 7: module slackwater$ranges (hdl/src/range_table.rs).
//
// Proven for any table and any lookup:
// - I1: in the clock after a lookup the design has the distance of the start of the write from the
//   start of each of these ranges, as a number of 64 bits; ranges.sv says what is made of it. It
//   was cut out of that proof, and is shared by ranges_low.sv and ranges_high.sv, only to keep the proofs short.
//
// There are no assumptions. The registers of the table hold anything, anew in each clock, but for
// their unused bits, which are 0 (ranges_table.sv); the later registers of a lookup do not matter.
//
// @prove: 1
// @cover: 4
// @replaces: slackwater$ranges$entry0 slackwater$ranges$entry1 slackwater$ranges$entry2
// @replaces: slackwater$ranges$entry3 slackwater$ranges$entry4 slackwater$ranges$entry5
// @replaces: slackwater$ranges$entry6 slackwater$ranges$entry7
// @replaces: slackwater$ranges$matched slackwater$ranges$found
module slackwater$ranges$matched(input clock, input [66:0] d, output [66:0] q);
  (* anyseq *) reg [66:0] any;
  assign q = any;
endmodule

module slackwater$ranges$found(input clock, input [22:0] d, output [22:0] q);
  (* anyseq *) reg [22:0] any;
  assign q = any;
endmodule

// A register of the table.
module any_entry(output [128:0] q);
  (* anyseq *) reg [104:0] any;
  wire [4:0] shift = any[4:0] < 12 || any[4:0] > 30 ? 5'd12 : any[4:0];
  assign q = {any[5], shift, any[20:6], any[52:21], 12'd0, any[104:53], 12'd0};
endmodule
module slackwater$ranges$entry0(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule
module slackwater$ranges$entry1(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule
module slackwater$ranges$entry2(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule
module slackwater$ranges$entry3(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule
module slackwater$ranges$entry4(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule
module slackwater$ranges$entry5(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule
module slackwater$ranges$entry6(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule
module slackwater$ranges$entry7(input clock, input [128:0] d, output [128:0] q);
  any_entry entry(.q(q));
endmodule

module ranges_high_properties(input clock);
  (* anyseq *) reg lookup, write, read;
  (* anyseq *) reg [31:0] lookup_lo, lookup_hi, write_data;
  (* anyseq *) reg [12:0] lookup_bytes;
  (* anyseq *) reg [2:0] index;
  (* anyseq *) reg [1:0] field;
  wire mark, outside, incomplete, busy;
  wire [14:0] mark_word;
  wire [4:0] mark_bit;
  wire [31:0] read_data;
  slackwater$ranges dut(.clock(clock), .lookup(lookup), .lookup_lo(lookup_lo),
    .lookup_hi(lookup_hi), .lookup_bytes(lookup_bytes), .mark(mark), .mark_word(mark_word),
    .mark_bit(mark_bit), .outside(outside), .incomplete(incomplete), .busy(busy), .write(write),
    .read(read), .index(index), .field(field), .write_data(write_data), .read_data(read_data));

  // The 4 KiB in which a write starts, a clock after its lookup.
  reg asked = 0;
  reg [51:0] asked_page = 0;
  always @(posedge clock) begin
    asked <= lookup;
    if (lookup) asked_page <= {lookup_hi, lookup_lo[31:12]};
  end

  // How far a page is from the start of a range, the lower 20 bits first, then the borrow.
  function [51:0] from(input [51:0] page, input [51:0] base);
    reg [20:0] low;
    reg [31:0] high;
    begin
      low = {1'b0, page[19:0]} - {1'b0, base[19:0]};
      high = page[51:20] - base[51:20] - {31'd0, low[20]};
      from = {high, low[19:0]};
    end
  endfunction

  (* hierconn *) wire [128:0] \dut.entry4$q ;
  (* hierconn *) wire [31:0] \dut.hi4 , \dut.lo4 ;
  (* hierconn *) wire [128:0] \dut.entry5$q ;
  (* hierconn *) wire [31:0] \dut.hi5 , \dut.lo5 ;
  (* hierconn *) wire [128:0] \dut.entry6$q ;
  (* hierconn *) wire [31:0] \dut.hi6 , \dut.lo6 ;
  (* hierconn *) wire [128:0] \dut.entry7$q ;
  (* hierconn *) wire [31:0] \dut.hi7 , \dut.lo7 ;
  (* hierconn *) wire [65:0] \dut.asked$q ;
  always @(*) begin
    H_asked: assert (\dut.asked$q [0] == asked && (!asked || \dut.asked$q [64:1]
      == {asked_page[51:20], asked_page[19:0], 12'd0}));
    I1_distance_4: assert (!asked || {\dut.hi4 , \dut.lo4 }
      == {from(asked_page, \dut.entry4$q [63:12]), 12'd0});
    I1_distance_5: assert (!asked || {\dut.hi5 , \dut.lo5 }
      == {from(asked_page, \dut.entry5$q [63:12]), 12'd0});
    I1_distance_6: assert (!asked || {\dut.hi6 , \dut.lo6 }
      == {from(asked_page, \dut.entry6$q [63:12]), 12'd0});
    I1_distance_7: assert (!asked || {\dut.hi7 , \dut.lo7 }
      == {from(asked_page, \dut.entry7$q [63:12]), 12'd0});
  end
  always @(posedge clock) begin
    I1_distance_4_reached: cover (asked && asked_page[19:0] == 5 && \dut.entry4$q [31:12] == 6
      && \dut.hi4 == 1);
    I1_distance_5_reached: cover (asked && asked_page[19:0] == 5 && \dut.entry5$q [31:12] == 6
      && \dut.hi5 == 1);
    I1_distance_6_reached: cover (asked && asked_page[19:0] == 5 && \dut.entry6$q [31:12] == 6
      && \dut.hi6 == 1);
    I1_distance_7_reached: cover (asked && asked_page[19:0] == 5 && \dut.entry7$q [31:12] == 6
      && \dut.hi7 == 1);
  end
endmodule
