// When the page of an AtomicOp is looked up: module slackwater$outstanding (hdl/src/outstanding.rs).
//
// Proven for one tag, chosen freely, and for every sequence of requests, completions, time-outs
// and clears:
// - I1: an AtomicOp that comes back, by its last completion or by its time-out, raises one lookup
//   with the address that the request had when it went out: two clocks later, and a clock later
//   for each memory write that takes its slot.
// - I1: a memory write is looked up in the clock in which it starts, with its own address and
//   length, and AtomicOps never take that slot.
// - I1: whatever is looked up is a memory write that starts, or an AtomicOp that came back.
// - I6: pending is 1 from the clock after an AtomicOp comes back to its lookup, and only then.
// A lookup is given to the range table only if tracking is on in its clock.
//
// Assumptions, both because a TLP takes two clocks at 64 bits:
// - No two requests start in two clocks in a row: slackwater$tx accepts the first beat of a TLP.
//   (I1_starts_apart of tx.sv. A TLP of one beat is malformed: told as unknown, the log is incomplete.)
// - No two completions come in two clocks in a row: slackwater$rx tells one with its last beat, and
//   the header of a completion alone has two (I1_completions_apart of rx.sv).
// - A memory write is posted (I1_header_is_its_own of tx.sv).
//
// The address memories are replaced by ones that hold a single word, that of the chosen tag, and
// give anything at all for the other tags: every run of the real ones is a run of these.
//
// @prove: 1
// @cover: 12
// @replaces: slackwater$outstanding$address_lo slackwater$outstanding$address_hi
module slackwater$outstanding$address_lo(input clock, input [4:0] write_address,
  input [31:0] write_data, input write_enable, input [4:0] read_address, input [4:0] peek_address,
  output reg [31:0] read_data, output [31:0] peek_data);
  (* anyconst *) reg [4:0] chosen;
  (* anyseq *) reg [31:0] other, any_peek;
  assign peek_data = any_peek;
  reg [31:0] word = 0;
  // Seen from outside by a wire: a register named from outside would lose its initial value.
  wire [31:0] shown = word;
  initial read_data = 0;
  always @(posedge clock) begin
    read_data <= read_address == chosen ? word : other;
    if (write_enable && write_address == chosen) word <= write_data;
  end
endmodule

module slackwater$outstanding$address_hi(input clock, input [4:0] write_address,
  input [31:0] write_data, input write_enable, input [4:0] read_address, input [4:0] peek_address,
  output reg [31:0] read_data, output [31:0] peek_data);
  (* anyconst *) reg [4:0] chosen;
  (* anyseq *) reg [31:0] other, any_peek;
  assign peek_data = any_peek;
  reg [31:0] word = 0;
  // Seen from outside by a wire: a register named from outside would lose its initial value.
  wire [31:0] shown = word;
  initial read_data = 0;
  always @(posedge clock) begin
    read_data <= read_address == chosen ? word : other;
    if (write_enable && write_address == chosen) word <= write_data;
  end
endmodule

module outstanding_lookup_properties(input clock);
  (* anyseq *) reg start, done, done_last, tracking, clear;
  (* anyseq *) reg [86:0] header;
  (* anyseq *) reg [4:0] done_tag;
  (* anyseq *) reg [31:0] timeout;
  wire [31:0] outstanding, lookup_lo, lookup_hi;
  wire [5:0] count;
  wire lost_track, timed_out, pending, lookup, incomplete;
  wire [12:0] lookup_bytes;
  slackwater$outstanding dut(.clock(clock), .start(start), .header(header), .done(done),
    .done_tag(done_tag), .done_last(done_last), .tracking(tracking), .timeout(timeout),
    .clear(clear), .inject(6'd0), .outstanding(outstanding), .count(count),
    .lost_track(lost_track), .timed_out(timed_out), .pending(pending), .lookup(lookup),
    .lookup_lo(lookup_lo), .lookup_hi(lookup_hi), .lookup_bytes(lookup_bytes),
    .incomplete(incomplete));

  // Fields of the header: see TxHeader in hdl/src/tx_path.rs.
  wire [63:0] address = header[63:0];
  wire [7:0] tag = header[71:64];
  wire [9:0] length = header[81:72];
  wire write_starts = start && header[82];
  wire followed = start && header[83] && tag < 32 && !outstanding[tag[4:0]];
  wire atomic = header[84];
  wire returns = done && done_last && outstanding[done_tag];
  (* hierconn *) wire [4:0] \dut.scan$q ;
  wire [4:0] back_tag = returns ? done_tag : \dut.scan$q ;
  wire back = returns || timed_out;

  reg started = 0, completed = 0;
  always @(posedge clock) begin
    started <= start;
    completed <= done;
  end
  always @(*) begin
    assume (!(start && started));
    assume (!(done && completed));
    assume (!(header[82] && header[83]));
  end

  // The chosen tag: the address of its request, and whether that is an AtomicOp.
  (* anyconst *) reg [4:0] chosen;
  (* hierconn *) wire [4:0] \dut.address_lo.chosen , \dut.address_hi.chosen ;
  always @(*) assume (\dut.address_lo.chosen == chosen && \dut.address_hi.chosen == chosen);
  reg [63:0] sent = 0;
  reg [31:0] atomics = 0;
  wire [31:0] back_mask = back ? 32'd1 << back_tag : 32'd0;
  wire [31:0] out_mask = followed && atomic ? 32'd1 << tag[4:0] : 32'd0;
  always @(posedge clock) begin
    if (followed && tag[4:0] == chosen) sent <= address;
    atomics <= clear ? 0 : (atomics & ~back_mask) | out_mask;
  end

  // An AtomicOp came back and its address is read, or waits for its slot: any, and that of the
  // chosen tag. Where a write takes the slot while a second one is read, that one is read again.
  wire any_back = back && atomics[back_tag];
  wire chosen_back = any_back && back_tag == chosen;
  reg any_first = 0, any_waits = 0, any_late = 0;
  reg first = 0, waits = 0, late = 0;
  reg [63:0] first_address = 0, owed = 0;
  wire again = any_first && any_waits && write_starts;
  always @(posedge clock) begin
    any_first <= any_back || again;
    any_waits <= any_first || (any_waits && write_starts);
    first <= chosen_back || (first && again);
    if (chosen_back) first_address <= sent;
    waits <= (first && !again) || (waits && write_starts);
    late <= waits && write_starts;
    if (first && !again) owed <= first_address;
    any_late <= any_waits && write_starts;
  end

  (* hierconn *) wire [70:0] \dut.retired$q ;
  (* hierconn *) wire [31:0] \dut.atomic$q , \dut.expired$q ;
  (* hierconn *) wire [31:0] \dut.address_lo.shown , \dut.address_hi.shown ;
  (* hierconn *) wire [31:0] \dut.address_lo$read_data , \dut.address_hi$read_data ;
  always @(*) begin
    H_atomics: assert (\dut.atomic$q == atomics && (\dut.expired$q & ~outstanding) == 0
      && (atomics & ~outstanding) == 0);
    H_word: assert ({\dut.address_hi.shown , \dut.address_lo.shown } == sent);
    I1_own_address_is_read: assert (!first || {\dut.address_hi$read_data , \dut.address_lo$read_data }
      == first_address);
    H_retired: assert (\dut.retired$q [1:0] == {any_waits, any_first}
      && (!first || (any_first && \dut.retired$q [70:66] == chosen && sent == first_address))
      && (!waits || (any_waits && \dut.retired$q [65:2] == owed)));
    H_late: assert ((!late || any_late) && (!any_late || (any_waits && started)));
    H_two: assert (!(any_first && any_waits && !any_late) || completed);
    I1_what_is_back_is_looked_up: assert (!waits || write_starts || (lookup == tracking
      && {lookup_hi, lookup_lo} == owed && lookup_bytes == 4));
    I1_in_the_next_slot: assert (!late || (lookup == tracking && !write_starts));
    I1_write_at_its_start: assert (!write_starts || (lookup == tracking
      && {lookup_hi, lookup_lo} == address
      && lookup_bytes == {length == 0, length, 2'd0}));
    I1_nothing_else: assert (!lookup || write_starts || any_waits);
    I6_pending_to_the_lookup: assert (pending == (any_first || any_waits));
  end

  reg reused = 0, by_timeout = 0;
  always @(posedge clock) begin
    reused <= reused || (chosen_back && followed) || (followed && tag[4:0] == chosen && first);
    by_timeout <= timed_out && any_back;
    I1_own_address_is_read_reached: cover (first && first_address != 0 && any_waits && lookup && followed);
    I1_what_is_back_is_looked_up_reached: cover (waits && !write_starts && lookup && any_first
      && lookup_lo != lookup_hi && outstanding[chosen]);
    I1_in_the_next_slot_reached: cover (late && lookup && any_first && reused);
    I1_write_at_its_start_reached: cover (write_starts && waits && lookup && length == 0);
    I1_nothing_else_reached: cover (lookup && !write_starts && !waits);
    I6_pending_to_the_lookup_reached: cover (by_timeout && pending && count == 2);
  end
endmodule
