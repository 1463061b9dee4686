// Who may do what in BAR2: module slackwater$completer (hdl/src/completer.rs), requests and writes.
//
// The file reads every request from the beats as they are taken (completer_books) and says which
// words it may write and which strobes it must give. Proven:
// - I11: a request of another requester than the owner writes nothing and is counted once.
// - I8: a request to the frozen device writes nothing and is counted once, as a read or as a
//   write; nothing else is counted so.
// - I4: bus_write comes from memory writes only: each DW with all its byte enables gives exactly
//   one, at its own address, with its own bytes, in order; a read never raises it; no write falls
//   in the clock of a read on the bus or in the clock after it.
// - I10: what is malformed is reported exactly once and gives no other strobe; a beat of a write,
//   and one of a dropped TLP, is taken after at most two clocks once the reads before it have
//   been on the bus.
//
// Assumptions: a TLP's first beat, and no other, comes with job_first, and an offered beat stays
// (I10_completer_gets_its_own and I10_job_stays of rx.sv). The owner register, completer_id, the
// bus and tx are free; the owner counts as it is when the first beat is taken.
//
// The words of the ring do not matter here; in its place is one that returns anything, so that
// whatever holds here holds for the real one.
//
// @replaces: slackwater$completer$ring
// @prove: 2
// @cover: 8
module completer_owner_properties(input clock);
  (* anyseq *) reg [66:0] job_beat;
  (* anyseq *) reg job_valid, job_first, job_frozen, tx_ready;
  (* anyseq *) reg [15:0] owner, completer_id;
  (* anyseq *) reg [31:0] bus_read_data;
  wire job_ready, bus_read, bus_write, tx_valid, not_owner, malformed, frozen_read, frozen_write;
  wire [13:0] bus_address;
  wire [31:0] bus_write_data;
  wire [66:0] tx_beat;

  slackwater$completer dut(.clock(clock), .job_beat(job_beat), .job_valid(job_valid),
    .job_first(job_first), .job_frozen(job_frozen), .job_ready(job_ready), .owner(owner),
    .completer_id(completer_id), .bus_address(bus_address), .bus_read(bus_read),
    .bus_write(bus_write), .bus_write_data(bus_write_data), .bus_read_data(bus_read_data),
    .tx_beat(tx_beat), .tx_valid(tx_valid), .tx_ready(tx_ready), .not_owner(not_owner),
    .malformed(malformed), .frozen_read(frozen_read), .frozen_write(frozen_write));

  wire in_tlp, second, dropped, write, memory, bare, locked, four_dw, td, was_frozen, was_foreign;
  wire [10:0] length, answer_dw, to_come, handled;
  wire [3:0] first_be, last_be;
  wire [13:0] base;
  wire [23:0] id;
  wire [2:0] traffic;
  wire take, take_first, take_good, complete, drop, beat_good;
  wire [1:0] here;
  completer_books books(.clock(clock), .beat(job_beat), .valid(job_valid), .first(job_first),
    .ready(job_ready), .frozen(job_frozen), .owner(owner), .in_tlp(in_tlp), .second(second),
    .dropped(dropped), .write(write), .memory(memory), .bare(bare), .locked(locked),
    .four_dw(four_dw), .td(td), .was_frozen(was_frozen), .was_foreign(was_foreign),
    .length(length), .answer_dw(answer_dw), .to_come(to_come), .handled(handled),
    .first_be(first_be), .last_be(last_be), .base(base), .id(id), .traffic(traffic),
    .take(take), .take_first(take_first), .take_good(take_good), .complete(complete),
    .drop(drop), .here(here), .beat_good(beat_good));
  wire last = job_beat[66];
  wire [31:0] job_lo = job_beat[31:0], job_hi = job_beat[63:32];
  wire bad_id = was_foreign && !was_frozen;

  (* hierconn *) wire [177:0] \dut.job$q ;
  (* hierconn *) wire [116:0] \dut.answer$q ;
  (* hierconn *) wire [1:0] \dut.stage$q ;
  wire [177:0] job = \dut.job$q ;
  wire [116:0] answer = \dut.answer$q ;
  wire [1:0] stage = \dut.stage$q ;
  wire [10:0] read_dw = job[107:97];

  reg past = 0;
  always @(posedge clock) past <= 1;

  // The block's registers, against the books.
  wire open = in_tlp && !dropped;
  always @(*) begin
    H_discard: assert (!in_tlp || job[122] == dropped);
    H_second: assert (!open || job[121] == second);
    H_four_dw: assert (!open || job[120] == four_dw);
    H_rest: assert (!open || job[85:75] == to_come);
    H_rest_sum: assert (!open || {1'b0, to_come} + handled == (write || bare || job[96:86] != 0
      ? {1'b0, length} + td : {1'b0, handled} + to_come));
    H_write: assert (!open || job[114] == write);
    H_memory: assert (!open || job[115] == memory);
    H_bare: assert (!open || job[116] == bare);
    I11_others_refused: assert (!open || job[117] == (was_frozen || was_foreign || locked || !memory));
    H_foreign: assert (!open || job[118] == bad_id);
    H_frozen: assert (!open || job[119] == was_frozen);
    H_no_read: assert (!in_tlp || read_dw == 0);
    H_kinds: assert (!open || (!(write && (bare || locked || !memory)) && !(memory && bare)));
    H_length: assert (!open || (length >= 1 && length <= 1024));
  end

  // Which DWs of the beat that is being taken are written: the last one is on the bus in the
  // clock after, and the one before it in the clock in which the beat is taken.
  wire is_data = handled < length;
  wire next_is_data = {1'b0, handled} + 1 < length;
  wire may_write = write && !was_frozen && !was_foreign;
  wire full_first = (handled != 0 || first_be == 15)
    && (handled + 1 != length || length == 1 || last_be == 15);
  wire full_next = handled + 2 != length || last_be == 15;
  wire [13:0] here_base = second ? (four_dw ? job_hi[15:2] : job_lo[15:2]) : base;
  wire [13:0] here_address = here_base + handled[10:0];
  wire two = here == 2;
  wire write_now = take_good && two && may_write && is_data && full_first;
  wire write_soon = take_good && may_write
    && (two ? next_is_data && full_next : here == 1 && is_data && full_first);
  wire [31:0] soon_word = two || second ? job_hi : job_lo;
  reg soon = 0;
  reg [13:0] soon_address = 0;
  reg [31:0] soon_data = 0;
  reg count_foreign = 0, count_read = 0, count_write = 0, count_bad = 0;
  wire no_answer_data = write || bare;
  wire partial = first_be != 15 || (length != 1 && last_be != 15);
  always @(posedge clock) begin
    soon <= write_soon;
    soon_address <= two ? here_address + 14'd1 : here_address;
    soon_data <= {soon_word[7:0], soon_word[15:8], soon_word[23:16], soon_word[31:24]};
    count_foreign <= complete && bad_id;
    count_read <= complete && was_frozen && !no_answer_data;
    count_write <= complete && was_frozen && no_answer_data;
    count_bad <= drop || (complete && may_write && partial);
  end
  wire [31:0] now_data = {job_lo[7:0], job_lo[15:8], job_lo[23:16], job_lo[31:24]};

  // How long the offered beat has waited without a reason: no read of an answer before it is
  // still to be put on the bus, and it does not start an answer.
  wire needs_answer = in_tlp && !dropped && beat_good && last && !write;
  reg [1:0] waited = 0;
  always @(posedge clock)
    waited <= job_valid && !job_ready && read_dw == 0 && !needs_answer ? waited + 1 : 0;

  // The half of a two-DW beat that has been handled.
  wire half = job[123];
  always @(*) begin
    H_half: assert (!(open && half) || (write && !second && job_valid && two && beat_good));
    H_half_waits: assert (!half || !in_tlp || dropped || waited == 1);
    H_waited: assert (!(waited != 0) || (half && open && waited == 1));
    H_full: assert (!open || (job[112] == (first_be == 15)
      && job[113] == (length == 1 || last_be == 15)));
    H_first_dw: assert (!(open && write) || job[124] == (handled == 0 && !half));
    H_data: assert (!(open && write) || job[96:86] == (handled + half >= length ? 11'd0
      : length - handled - half));
    H_header_first: assert (!open || !second || handled == 0);
    H_handled: assert (!(open && write) || handled <= length);
    H_handled_td: assert (!(open && write) || {1'b0, handled} + to_come == {1'b0, length} + td);
    H_address: assert (!(open && write && !second) || job[138:125]
      == (handled == 0 && !half ? base : base + handled + half - 14'd1));
  end

  // Writes.
  always @(*) begin
    I4_write_exactly: assert (bus_write == (soon || write_now));
    I4_write_address: assert (!bus_write || bus_address == (soon ? soon_address : here_address));
    I4_write_data: assert (!bus_write || bus_write_data == (soon ? soon_data : now_data));
    I4_each_its_clock: assert (!(soon && write_now));
    I4_read_never_writes: assert (!bus_write || write);
    I11_foreign_writes_nothing: assert (!bus_write || !was_foreign);
    I8_frozen_writes_nothing: assert (!bus_write || !was_frozen);
    I11_counted_once: assert (not_owner == count_foreign);
    I8_read_counted_once: assert (frozen_read == count_read);
    I8_write_counted_once: assert (frozen_write == count_write);
    I10_malformed_once: assert (malformed == count_bad);
    I10_malformed_alone: assert (!malformed || !(not_owner || frozen_read || frozen_write));
    I10_beat_taken: assert (!(job_valid && read_dw == 0 && !needs_answer) || job_ready || waited == 0);
  end
  always @(posedge clock) begin
    I4_write_exactly_reached: cover (past && bus_write && write_now && length == 4 && $past(bus_write));
    I4_write_address_reached: cover (bus_write && write_now && four_dw && bus_address == 14'h2345);
    I4_write_data_reached: cover (bus_write && soon && $past(write_now) && bus_write_data == 32'h11223344);
    I4_each_its_clock_reached: cover (soon && take_first && $past(write_now));
    I4_read_never_writes_reached: cover (bus_read && memory && !write && !was_frozen && !was_foreign && length == 2);
    I11_foreign_writes_nothing_reached: cover (complete && write && bad_id && handled == 2);
    I8_frozen_writes_nothing_reached: cover (complete && write && was_frozen && !was_foreign && handled == 2);
    I11_others_refused_reached: cover (open && bad_id && write && first_be == 15);
    I11_counted_once_reached: cover (not_owner && !$past(not_owner) && write && length == 3);
    I8_read_counted_once_reached: cover (frozen_read && memory && was_foreign);
    I8_write_counted_once_reached: cover (frozen_write && write && length == 3);
    I10_malformed_once_reached: cover (malformed && write && handled == 3 && !in_tlp && !dropped);
    I10_malformed_alone_reached: cover (malformed && dropped && was_foreign && $past(open));
    I10_beat_taken_reached: cover (take && waited == 1 && two);
    if (past) begin
      I4_write_not_after_read: assert (!bus_write || !(bus_read || $past(bus_read)));
      I4_write_not_after_read_reached: cover (bus_write && $past(bus_read, 4));
    end
  end
endmodule

// What the requests are, by the header rules of the PCIe Base Specification 2.2.1 to 2.2.7, read
// from the beats that are taken.
module completer_books(input clock, input [66:0] beat, input valid, first, ready, frozen,
    input [15:0] owner, output reg in_tlp, second, dropped, write, memory, bare, locked, four_dw,
    td, was_frozen, was_foreign, output reg [10:0] length, answer_dw, to_come, handled,
    output reg [3:0] first_be, last_be, output reg [13:0] base, output reg [23:0] id,
    output reg [2:0] traffic, output take, take_first, take_good, complete, drop,
    output [1:0] here, output beat_good);
  initial {in_tlp, second, dropped, write, memory, bare, locked, four_dw, td, was_frozen,
    was_foreign, length, answer_dw, to_come, handled, first_be, last_be, base, id, traffic} = 0;
  wire [31:0] lo = beat[31:0], hi = beat[63:32];
  wire [1:0] keep = beat[65:64];
  wire last = beat[66];
  wire [2:0] fmt = lo[31:29];
  wire [4:0] kind = lo[28:24];
  wire [10:0] dw = lo[9:0] == 0 ? 11'd1024 : {1'b0, lo[9:0]};
  wire data = fmt[1];
  wire is_memory = !fmt[2] && (kind == 0 || (kind == 1 && !data));
  wire is_io = !fmt[2] && !fmt[0] && kind == 5'b00010 && dw == 1;
  wire is_add_or_swap = fmt[2:1] == 2'b01 && (kind == 5'b01100 || kind == 5'b01101)
    && (dw == 1 || dw == 2);
  wire is_cas = fmt[2:1] == 2'b01 && kind == 5'b01110 && (dw == 2 || dw == 4);
  wire enables_good = dw == 1 ? hi[7:4] == 0 : hi[7:4] != 0 && hi[3:0] != 0;
  wire first_good = !last && ((is_memory && enables_good) || is_io || is_add_or_swap || is_cas);

  // DWs after the header in a later beat, and whether the TLP is still as long as it says.
  assign here = second ? (four_dw || keep == 1 ? 2'd0 : 2'd1) : keep == 1 ? 2'd1 : 2'd2;
  wire whole = keep == 3 || (keep == 1 && last && !(second && four_dw));
  assign beat_good = whole && (last ? here == to_come : here < to_come);
  assign take = valid && ready;
  assign take_first = take && !in_tlp;
  assign take_good = take && in_tlp && !dropped && beat_good;
  assign complete = take_good && last;
  assign drop = (take_first && !first_good) || (take && in_tlp && !dropped && !beat_good);

  always @(posedge clock) begin
    if (take) in_tlp <= !last;
    if (take && in_tlp && !dropped) begin
      dropped <= !beat_good;
      second <= 0;
      to_come <= to_come - here;
      handled <= handled + here;
      if (second) base <= four_dw ? hi[15:2] : lo[15:2];
    end
    if (take_first) begin
      dropped <= !first_good;
      second <= 1;
      write <= is_memory && data;
      memory <= is_memory;
      bare <= is_io && data;
      locked <= is_memory && kind == 1;
      four_dw <= fmt[0];
      td <= lo[15];
      was_frozen <= frozen;
      was_foreign <= hi[31:16] != owner;
      length <= dw;
      answer_dw <= is_cas ? dw >> 1 : dw;
      to_come <= (data ? dw : 11'd0) + lo[15];
      handled <= 0;
      first_be <= hi[3:0];
      last_be <= hi[7:4];
      id <= hi[31:8];
      traffic <= lo[22:20];
    end
  end

  // The demultiplexer's promise: the first beat of each TLP is called so, an offered beat stays.
  reg waits = 0, was_first = 0, frozen_flag = 0;
  reg [66:0] was_beat = 0;
  always @(posedge clock) begin
    waits <= valid && !ready;
    was_beat <= beat;
    was_first <= first;
    frozen_flag <= frozen;
  end
  always @(*) begin
    assume (!valid || first == !in_tlp);
    assume (!waits || (valid && beat == was_beat && first == was_first && frozen == frozen_flag));
  end
endmodule

// The words of answers do not matter here: the ring returns anything.
module slackwater$completer$ring(input clock, input [3:0] write_address, input [31:0] write_data,
    input write_enable, input [3:0] read_address, output [31:0] word, output [31:0] next_word);
  (* anyseq *) reg [31:0] any_word, any_next;
  assign word = any_word;
  assign next_word = any_next;
endmodule
