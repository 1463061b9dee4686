// The bitmap of the dirty log: module slackwater$log (hdl/src/bitmap.rs, hdl/src/bitmap_ram.rs).
// slackwater$internal, the log of the device's own state, is the same source at 8 words.
//
// Proven, for every sequence of marks and moves, both at full rate:
// - I2: a mark is in the memory in the next clock, whatever the mover does in that clock; a bit
//   that is set is lost only by a take of its word, and that take returns it.
// - I3: what an operation returns is the word as it was; a take leaves nothing in the word but
//   the mark that met it; put ORs; peek changes nothing; no operation touches a word that it
//   does not name; the two ports of the memory never write one word in one clock, and what a
//   port read in a clock in which the other port wrote the word is never used.
//
// There are no assumptions: all inputs are free.
//
// The memory is replaced by one that holds a single word, at an address that the solver chooses
// once and freely, and gives anything at all for the other words. Every run of the real memory,
// at any size, is a run of this one for every chosen address, so what holds here for the chosen
// word holds there for each word. Where both ports meet in one word, what is read is anything:
// more than the emitted memory does, and just what its attribute no_rw_check lets synthesis do.
//
// @prove: 3
// @cover: 8
// @replaces: slackwater$log$ram
module slackwater$log$ram(input clock, input mark, input [14:0] mark_word, input [4:0] mark_bit,
  input [14:0] move_word, input [31:0] move_mask, input [31:0] move_data,
  output mark_old, output reg [31:0] move_old);
  (* anyconst *) reg [14:0] chosen;
  (* anyseq *) reg [31:0] other_mark, other_move;
  reg [31:0] word = 0, mark_read = 0;
  // Seen from outside by a wire: a register named from outside would lose its initial value.
  wire [31:0] shown = word;
  reg [4:0] mark_bit_read = 0;
  initial move_old = 0;
  wire moved = move_word == chosen;
  wire marked = mark_word == chosen;
  wire [31:0] mark_mask = mark && marked ? 32'd1 << mark_bit : 32'd0;
  assign mark_old = mark_read[mark_bit_read];
  always @(posedge clock) begin
    mark_bit_read <= mark_bit;
    mark_read <= marked && !(moved && |move_mask) ? word : other_mark;
    move_old <= moved && !(mark && marked) ? word : other_move;
    word <= (moved ? (word & ~move_mask) | (move_data & move_mask) : word) | mark_mask;
  end
endmodule

module bitmap_properties(input clock);
  (* anyseq *) reg mark;
  (* anyseq *) reg [14:0] mark_word, op_word;
  (* anyseq *) reg [4:0] mark_bit;
  (* anyseq *) reg [1:0] op;
  (* anyseq *) reg [31:0] op_data;
  wire [31:0] old;
  wire [23:0] count;
  slackwater$log dut(.clock(clock), .mark(mark), .mark_word(mark_word), .mark_bit(mark_bit),
    .op(op), .op_word(op_word), .op_data(op_data), .old(old), .count(count));

  (* hierconn *) wire [14:0] \dut.ram.chosen ;
  (* hierconn *) wire [31:0] \dut.ram.shown ;
  (* hierconn *) wire \dut.ram$mark ;
  (* hierconn *) wire [14:0] \dut.ram$mark_word ;
  (* hierconn *) wire [31:0] \dut.ram$move_mask ;
  (* hierconn *) wire [14:0] \dut.ram$move_word ;
  wire [14:0] chosen = \dut.ram.chosen ;
  wire [31:0] word = \dut.ram.shown ;
  (* anyconst *) reg [4:0] chosen_bit;

  localparam [1:0] TAKE = 1, PEEK = 2, PUT = 3;
  wire here = op != 0 && op_word == chosen;
  wire marked = mark && mark_word == chosen;
  wire [31:0] marks = marked ? 32'd1 << mark_bit : 32'd0;
  reg past = 0;
  always @(posedge clock) past <= 1;

  // What the clock before did to the chosen word.
  always @(posedge clock) if (past) begin
    I2_mark_lands: assert (!$past(marked && mark_bit == chosen_bit) || word[chosen_bit]);
    I2_mark_lands_reached: cover ($past(marked && mark_bit == chosen_bit) && $past(here)
      && $past(op == TAKE) && $past(word) != 0);
    I2_lost_only_by_take: assert (!$past(word[chosen_bit]) || word[chosen_bit]
      || ($past(here && op == TAKE) && old[chosen_bit]));
    I2_lost_only_by_take_reached: cover ($past(word[chosen_bit]) && !word[chosen_bit]
      && $past(marked));
    I3_returns_what_was_there: assert (!$past(here) || old == $past(word));
    I3_returns_what_was_there_reached: cover ($past(here && op == TAKE) && $past(marked)
      && old != 0 && !old[$past(mark_bit)]);
    I3_take_leaves_only_its_mark: assert (!$past(here && op == TAKE) || word == $past(marks));
    I3_take_leaves_only_its_mark_reached: cover ($past(here && op == TAKE) && word != 0
      && (old & ~word) != 0);
    I3_put_ors: assert (!$past(here && op == PUT)
      || word == ($past(word) | $past(op_data) | $past(marks)));
    I3_put_ors_reached: cover ($past(here && op == PUT) && (old & ~$past(op_data)) != 0
      && ($past(marks) & ~$past(op_data) & ~old) != 0);
    I3_peek_keeps: assert (!$past(here && op == PEEK) || word == ($past(word) | $past(marks)));
    I3_peek_keeps_reached: cover ($past(here && op == PEEK) && old != 0 && word != old);
    I3_neighbour_untouched: assert ($past(here) || word == ($past(word) | $past(marks)));
    I3_neighbour_untouched_reached: cover (word != 0 && !$past(here) && $past(op == TAKE)
      && $past(op_word) == chosen + 1 && $past(mark) && $past(mark_word == op_word));
  end

  // Two moves and a mark in three clocks on one word.
  always @(posedge clock) begin
    I3_ports_apart: assert (!(\dut.ram$mark && \dut.ram$move_mask != 0
      && \dut.ram$mark_word == \dut.ram$move_word ));
    I3_ports_apart_reached: cover (marked && here && op == TAKE && past && $past(marked)
      && $past(here && op == PUT));
  end
endmodule
