// The table of ranges as the host writes and reads it: module slackwater$ranges
// (hdl/src/range_table.rs; registers RANGE_* of hdl/regs/src/bar2.rs).
//
// Proven for any one range, chosen freely, and every sequence of writes, reads and lookups:
// - I1: the range is what the host wrote, as a whole: while it is enabled its base, length, first
//   word and page shift do not change, and a write to CONFIG can only disable it; it is enabled
//   only with a page shift that the log can use. No write to another range touches it.
// - I4: a read gives what was written, in the clock of the read; it changes nothing.
// What a lookup does with the table is in ranges.sv.
//
// There are no assumptions: all inputs are free. The registers of the lookups are replaced by ones
// that hold anything at any time, so lookups of any kind are under way all the time.
//
// @prove: 1
// @cover: 8
// @replaces: slackwater$ranges$asked slackwater$ranges$matched slackwater$ranges$found
module slackwater$ranges$asked(input clock, input [65:0] d, output [65:0] q);
  (* anyseq *) reg [65:0] any;
  assign q = any;
endmodule

module slackwater$ranges$matched(input clock, input [66:0] d, output [66:0] q);
  (* anyseq *) reg [66:0] any;
  assign q = any;
endmodule

module slackwater$ranges$found(input clock, input [22:0] d, output [22:0] q);
  (* anyseq *) reg [22:0] any;
  assign q = any;
endmodule

module ranges_table_properties(input clock);
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

  // The registers of the table. Range i has bits 129 i and up.
  (* hierconn *) wire [128:0] \dut.entry0$q , \dut.entry1$q , \dut.entry2$q , \dut.entry3$q ;
  (* hierconn *) wire [128:0] \dut.entry4$q , \dut.entry5$q , \dut.entry6$q , \dut.entry7$q ;
  wire [8*129-1:0] entries = {\dut.entry7$q , \dut.entry6$q , \dut.entry5$q , \dut.entry4$q ,
    \dut.entry3$q , \dut.entry2$q , \dut.entry1$q , \dut.entry0$q };

  // One range, chosen freely, as the host wrote it.
  (* anyconst *) reg [2:0] chosen_range;
  reg [128:0] entry;
  integer j;
  always @(*) begin
    entry = 0;
    for (j = 0; j < 8; j = j + 1) if (chosen_range == j) entry = entries[129*j +: 129];
  end
  reg [51:0] base = 0;
  reg [31:0] units = 0;
  reg [14:0] first_word = 0;
  reg [4:0] shift = 0;
  reg enabled = 0;
  wire [4:0] new_shift = write_data[28:24];
  always @(posedge clock) if (write && index == chosen_range) begin
    if (field == 3) begin
      if (!enabled) begin
        first_word <= write_data[14:0];
        shift <= new_shift;
        enabled <= write_data[31] && new_shift >= 12 && new_shift <= 30;
      end else if (!write_data[31]) enabled <= 0;
    end else if (!enabled) case (field)
      0: base[19:0] <= write_data[31:12];
      1: base[51:20] <= write_data;
      2: units <= write_data;
    endcase
  end
  // What the host reads of it.
  wire [31:0] as_read = field == 0 ? {base[19:0], 12'd0} : field == 1 ? base[51:20]
    : field == 2 ? units : {enabled, 2'd0, shift, 9'd0, first_word};

  wire reads = read && index == chosen_range;
  wire was_written = write && index == chosen_range;
  always @(*) begin
    I1_table_as_written: assert (entry == {enabled, shift, first_word, units, 12'd0, base, 12'd0});
    I1_enabled_shift_is_legal: assert (!enabled || (shift >= 12 && shift <= 30));
    I4_reads_back: assert (!reads || read_data == as_read);
  end
  reg past = 0, tried = 0, enabled_before = 0, write_before = 0;
  reg [127:0] before = 0;
  always @(*) I1_enabled_stays_whole: assert (!enabled_before || entry[127:0] == before);
  always @(posedge clock) begin
    past <= 1;
    before <= entry[127:0];
    enabled_before <= entry[128];
    write_before <= was_written && field == 3 && write_data[14:0] != first_word;
    // A write that an enabled range does not take.
    tried <= tried || (was_written && enabled && field != 3 && write_data != as_read);
    I1_table_as_written_reached: cover (enabled && tried && base != 0 && units != 0 && first_word != 0);
    I1_enabled_shift_is_legal_reached: cover (past && !enabled && $past(was_written && field == 3
      && write_data[31] && !enabled) && shift == 31);
    I4_reads_back_reached: cover (reads && write && field == 3 && enabled && tried
      && index == 5 && read_data[14:0] != 0);
    I1_enabled_stays_whole_reached: cover (enabled_before && write_before && !enabled);
  end
endmodule
