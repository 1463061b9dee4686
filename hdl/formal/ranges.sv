// From a write to a bit of the dirty log: module slackwater$ranges (hdl/src/range_table.rs).
//
// Proven for any byte of any write, chosen freely, and for every table, also one that is changed
// in every clock:
// - I1: three clocks after its lookup, and only then, a write is answered by just one of mark,
//   outside and incomplete. A mark names the bit of the page in which the byte lies: the first
//   word of the lowest enabled range that holds the byte, and from there the distance of the byte
//   from the start of the range, counted in pages of the range. Nothing else is marked.
// - I12: a write is told as outside only if the byte lies in no enabled range; it is incomplete
//   just if the bitmap has no such bit, or if it goes on behind a 4 KiB boundary, which PCIe
//   forbids: it may end in a range that it does not start in.
// - I6: busy is 1 from the clock after the lookup to the mark.
//
// What counts is the table as it is in the clock after the lookup: a change by the host counts for
// lookups of its own clock and of later ones, as a whole (ranges_table.sv). That no write is under
// way to a range that is removed is the host's part: it drains the range first.
//
// The registers of the table are replaced by ones that hold any table at all, anew in each clock.
// Their unused bits are 0 and the page shift is one that the log can use: proven in ranges_table.sv
// for ranges that are enabled, and no others count. A write of any length may come in every clock.
// The two low bits of an address in a TLP are no address bits. A range that goes past the end of
// the address space goes on at 0.
//
// @prove: 1
// @cover: 8
// @replaces: slackwater$ranges$entry0 slackwater$ranges$entry1 slackwater$ranges$entry2
// @replaces: slackwater$ranges$entry3 slackwater$ranges$entry4 slackwater$ranges$entry5
// @replaces: slackwater$ranges$entry6 slackwater$ranges$entry7
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

module ranges_properties(input clock);
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

  // A byte of the write, chosen freely in each lookup: how far it is from the start.
  (* anyseq *) reg [12:0] distance;
  wire chosen = distance < lookup_bytes;
  wire [13:0] in_page = {lookup_lo[11:2], 2'd0} + distance;
  wire [13:0] behind = {lookup_lo[11:2], 2'd0} + lookup_bytes;

  // The write a clock after its lookup: the 4 KiB in which it starts.
  reg asked = 0, asked_byte = 0, asked_long = 0, asked_same = 0;
  reg [51:0] asked_page = 0;
  always @(posedge clock) begin
    asked <= lookup;
    if (lookup) begin
      asked_byte <= chosen;
      asked_long <= behind > 4096;
      asked_same <= in_page[13:12] == 0;
      asked_page <= {lookup_hi, lookup_lo[31:12]};
    end
  end

  // The table. Range i has bits 129 i and up.
  (* hierconn *) wire [128:0] \dut.entry0$q , \dut.entry1$q , \dut.entry2$q , \dut.entry3$q ;
  (* hierconn *) wire [128:0] \dut.entry4$q , \dut.entry5$q , \dut.entry6$q , \dut.entry7$q ;
  wire [8*129-1:0] entries = {\dut.entry7$q , \dut.entry6$q , \dut.entry5$q , \dut.entry4$q ,
    \dut.entry3$q , \dut.entry2$q , \dut.entry1$q , \dut.entry0$q };

  // How far the start is from each range, as the design computes it, in 4 KiB from bit 12 on.
  // ranges_low.sv and ranges_high.sv prove that these are the right distances.
  (* hierconn *) wire [31:0] \dut.lo0 , \dut.lo1 , \dut.lo2 , \dut.lo3 ;
  (* hierconn *) wire [31:0] \dut.lo4 , \dut.lo5 , \dut.lo6 , \dut.lo7 ;
  (* hierconn *) wire [31:0] \dut.hi0 , \dut.hi1 , \dut.hi2 , \dut.hi3 ;
  (* hierconn *) wire [31:0] \dut.hi4 , \dut.hi5 , \dut.hi6 , \dut.hi7 ;
  wire [8*64-1:0] far = {\dut.hi7 , \dut.lo7 , \dut.hi6 , \dut.lo6 , \dut.hi5 , \dut.lo5 ,
    \dut.hi4 , \dut.lo4 , \dut.hi3 , \dut.lo3 , \dut.hi2 , \dut.lo2 , \dut.hi1 , \dut.lo1 ,
    \dut.hi0 , \dut.lo0 };

  // The lowest enabled range with the page.
  reg hit;
  reg [7:0] holds;
  reg [31:0] hit_page;
  reg [14:0] hit_first;
  reg [4:0] hit_shift;
  integer i;
  always @(*) begin
    hit = 0;
    hit_page = 0;
    hit_first = 0;
    hit_shift = 12;
    for (i = 7; i >= 0; i = i - 1) begin
      holds[i] = entries[129*i + 128] && far[64*i + 12 +: 52] < entries[129*i + 76 +: 32];
      if (holds[i]) begin
        hit = 1;
        hit_page = far[64*i + 12 +: 32];
        hit_first = entries[129*i + 108 +: 15];
        hit_shift = entries[129*i + 123 +: 5];
      end
    end
  end

  reg found = 0, found_byte = 0, found_long = 0, found_same = 0, found_hit = 0;
  reg [31:0] found_page = 0;
  reg [14:0] found_first = 0;
  reg [4:0] found_shift = 12;
  always @(posedge clock) begin
    found <= asked;
    found_byte <= asked_byte;
    found_long <= asked_long;
    found_same <= asked_same;
    found_hit <= hit;
    found_page <= hit_page;
    found_first <= hit_first;
    found_shift <= hit_shift;
  end
  // The number of the bit, if the log were without end.
  reg told = 0, told_byte = 0, told_long = 0, told_same = 0, told_hit = 0;
  reg [32:0] told_number = 0;
  wire [31:0] range_page = found_page >> (found_shift - 5'd12);
  always @(posedge clock) begin
    told <= found;
    told_byte <= found_byte;
    told_long <= found_long;
    told_same <= found_same;
    told_hit <= found_hit;
    told_number <= {13'd0, found_first, 5'd0} + {1'b0, range_page};
  end

  (* hierconn *) wire [65:0] \dut.asked$q ;
  (* hierconn *) wire [66:0] \dut.matched$q ;
  always @(*) begin
    I1_lookup_is_taken: assert (\dut.asked$q [0] == asked && (!asked || \dut.asked$q [65:1]
      == {asked_long, asked_page[51:20], asked_page[19:0], 12'd0}));
    I1_lowest_range_is_found: assert (\dut.matched$q [0] == found && (!found || (\dut.matched$q [2] == found_long
      && \dut.matched$q [1] == found_hit && (!found_hit
      || \dut.matched$q [66:3] == {found_shift, found_first, found_page, 12'd0}))));
    H_found_shift: assert (found_shift >= 12 && found_shift <= 30);
    H_same: assert ((!asked || !asked_byte || asked_same || asked_long)
      && (!found || !found_byte || found_same || found_long)
      && (!told || !told_byte || told_same || told_long));
  end

  localparam [32:0] LOG_BITS = 33'd1 << 20;
  wire byte_told = told && told_byte && told_same;
  always @(*) begin
    I6_busy_to_the_mark: assert (busy == (asked || found || mark));
    I1_one_answer: assert ({1'b0, mark} + {1'b0, outside} + {1'b0, incomplete} == {1'b0, told});
    I1_right_bit: assert (!mark || !told_byte || (told_same && told_hit
      && {13'd0, mark_word, mark_bit} == told_number));
    I1_inside_is_marked: assert (!byte_told || !told_hit || told_long
      || told_number >= LOG_BITS || mark);
    I12_outside_is_in_no_range: assert (!outside || !byte_told || !told_hit);
    I12_long_is_incomplete: assert (!told_long || !told || incomplete);
    I12_past_the_log: assert (!byte_told || !told_hit || told_number < LOG_BITS || incomplete);
    I12_incomplete_has_a_reason: assert (!incomplete || told_long
      || (told_hit && told_number >= LOG_BITS));
  end

  reg [3:0] lookups = 0;
  always @(posedge clock) begin
    lookups <= {lookups, lookup};
    I1_lookup_is_taken_reached: cover (asked && asked_long && asked_page[51:20] == 3);
    I1_lowest_range_is_found_reached: cover (found && found_hit && found_page == 7 && found_shift == 13);
    I6_busy_to_the_mark_reached: cover (mark && !asked && !found);
    I1_one_answer_reached: cover (outside && lookups == 4'b1111);
    I1_right_bit_reached: cover (mark && told_byte && lookups == 4'b1111 && mark_word[14:12] == 5
      && mark_bit != 0);
    I1_inside_is_marked_reached: cover (byte_told && told_hit && told_number == LOG_BITS - 1);
    I12_outside_is_in_no_range_reached: cover (outside && byte_told && lookups == 4'b1111);
    I12_long_is_incomplete_reached: cover (incomplete && told_byte && !told_hit && !told_same);
    I12_past_the_log_reached: cover (byte_told && told_hit && told_number == LOG_BITS);
    I12_incomplete_has_a_reason_reached: cover (incomplete && told_number == LOG_BITS);
  end
endmodule
