// The exact count of the dirty log: module slackwater$log (hdl/src/bitmap.rs).
//
// Proven, for every sequence of marks and moves, both at full rate:
// - I13: `count` is the population of the memory as it was two clocks before the last, always,
//   so four clocks after the last operation it is the population.
//
// There are no assumptions: all inputs are free.
//
// The memory is replaced by one that holds nothing and gives anything at all for each read. What
// the words were is left to the solver, so every run of a real memory, of any size, is among the
// runs here. The population is followed by what the ports of the memory write: a write to a word
// changes the population of the whole memory by the population of that word after the write less
// the one before, and the two ports never write one word in one clock (I3_ports_apart in
// bitmap.sv), so the sum of these differences, from zero for a memory of zeros, is the population.
// Where both ports meet in one word and one of them writes, the other reads anything.
//
// @prove: 3
// @cover: 10
// @replaces: slackwater$log$ram
module slackwater$log$ram(input clock, input mark, input [14:0] mark_word, input [4:0] mark_bit,
  input [14:0] move_word, input [31:0] move_mask, input [31:0] move_data,
  output mark_old, output reg [31:0] move_old);
  // What the marked word holds, and what the two ports read.
  (* anyseq *) reg [31:0] marked_word, mark_reads, move_reads;
  reg [31:0] mark_read, mask, data;
  reg [4:0] mark_bit_read;
  reg fresh, clash;
  initial begin
    mark_read = 0;
    mark_bit_read = 0;
    move_old = 0;
    mask = 0;
    data = 0;
    fresh = 0;
    clash = 0;
  end
  assign mark_old = mark_read[mark_bit_read];
  always @(posedge clock) begin
    mark_bit_read <= mark_bit;
    mark_read <= mark_word == move_word && move_mask != 0 ? mark_reads : marked_word;
    move_old <= move_reads;
    mask <= move_mask;
    data <= move_data;
    // The mark port turned a 0 into a 1.
    fresh <= mark && !marked_word[mark_bit];
    // The mark port wrote the word that the other port read.
    clash <= mark && mark_word == move_word;
  end
  // Seen from outside by wires: a register named from outside would lose its initial value.
  wire [31:0] shown_mask = mask;
  wire [31:0] shown_data = data;
  wire shown_fresh = fresh;
  wire shown_clash = clash;
endmodule

module count_properties(input clock);
  (* anyseq *) reg mark;
  (* anyseq *) reg [14:0] mark_word, op_word;
  (* anyseq *) reg [4:0] mark_bit;
  (* anyseq *) reg [1:0] op;
  (* anyseq *) reg [31:0] op_data;
  wire [31:0] old;
  wire [23:0] count;
  slackwater$log dut(.clock(clock), .mark(mark), .mark_word(mark_word), .mark_bit(mark_bit),
    .op(op), .op_word(op_word), .op_data(op_data), .old(old), .count(count));

  (* hierconn *) wire [31:0] \dut.ram.shown_mask ;
  (* hierconn *) wire [31:0] \dut.ram.shown_data ;
  (* hierconn *) wire \dut.ram.shown_fresh ;
  (* hierconn *) wire \dut.ram.shown_clash ;
  (* hierconn *) wire [65:0] \dut.previous$q ;
  (* hierconn *) wire [5:0] \dut.ones_after$q ;
  (* hierconn *) wire [5:0] \dut.ones_before$q ;
  (* hierconn *) wire [1:0] \dut.changed$q ;
  wire [31:0] mask = \dut.ram.shown_mask ;
  wire [31:0] data = \dut.ram.shown_data ;
  wire fresh = \dut.ram.shown_fresh ;

  function [5:0] ones(input [31:0] d);
    ones = d[0] + d[1] + d[2] + d[3] + d[4] + d[5] + d[6] + d[7] + d[8] + d[9] + d[10] + d[11]
      + d[12] + d[13] + d[14] + d[15] + d[16] + d[17] + d[18] + d[19] + d[20] + d[21] + d[22]
      + d[23] + d[24] + d[25] + d[26] + d[27] + d[28] + d[29] + d[30] + d[31];
  endfunction

  // The population, two clocks late: `moved` and `was_fresh` are one clock behind the memory's
  // own registers.
  reg moving = 0, moved = 0, was_fresh = 0;
  reg [5:0] after = 0, before = 0;
  reg [23:0] population = 0;
  reg [2:0] quiet = 0;
  reg both = 0, put_seen = 0;
  wire [23:0] next = population + (moved ? {18'd0, after} - {18'd0, before} : 24'd0)
    + {23'd0, was_fresh};
  always @(posedge clock) begin
    moving <= op != 0;
    moved <= moving;
    was_fresh <= fresh;
    after <= ones((old & ~mask) | data);
    before <= ones(old);
    population <= next;
    quiet <= mark || op != 0 ? 0 : quiet + (quiet != 7);
    both <= both | (mark && op == 1);
    put_seen <= put_seen | (op == 3 && |op_data);
  end
  always @(*) begin
    // The three facts that make `next` follow the memory.
    I13_writes_within_mask: assert ((data & ~mask) == 0);
    I13_writes_within_mask_reached: cover (data != 0 && moving && mask != data);
    I13_writes_by_operations: assert (moving || mask == 0);
    I13_writes_by_operations_reached: cover (!moving && fresh && both);
    I13_reads_what_it_writes: assert (mask == 0 || !\dut.ram.shown_clash );
    I13_reads_what_it_writes_reached: cover (mask != 0 && fresh && both);

    H_mask: assert (\dut.previous$q [33:2] == mask && \dut.previous$q [65:34] == data
      && \dut.previous$q [1] == moving);
    // What the block counts in each clock is what its writes changed.
    I13_ones_after: assert (\dut.ones_after$q == after);
    I13_ones_after_reached: cover (moved && after == 9 && before == 4);
    I13_ones_before: assert (\dut.ones_before$q == before);
    I13_ones_before_reached: cover (moved && before == 9 && after == 1);
    I13_new_marks_only: assert (\dut.changed$q == {moved, was_fresh});
    I13_new_marks_only_reached: cover (moved && was_fresh && both && put_seen);

    I13_count_follows: assert (count == population);
    I13_count_follows_reached: cover (both && put_seen && count > 5 && next < count);
    I13_count_when_settled: assert (quiet < 3 || (next == population && !moving && !fresh
      && count == population));
    I13_count_when_settled_reached: cover (quiet == 4 && both && put_seen && count > 5);
  end
endmodule
