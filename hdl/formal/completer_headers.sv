// What comes back: module slackwater$completer (hdl/src/completer.rs), the completions' headers.
//
// The file reads every request from the beats as they are taken (completer_books) and judges each
// beat that appears on tx by the PCIe Base Specification 2.2.9 and 2.3.1.1. Proven:
// - I10: nothing but completions leaves, and only for a request that asks for one; each has the
//   request's requester ID, tag and traffic class, the completer's ID, status Successful, no
//   attributes; type CplD, CplDLk for a locked read, Cpl for an I/O write; the Byte Count is what
//   is still to come from the first to the last enabled byte; Lower Address is that of the first
//   enabled byte in the first completion, and a multiple of 128 afterwards; no completion crosses
//   a 128-byte line (so each is within the smallest Max_Payload_Size and ends at a multiple of
//   the read completion boundary); the lengths add up to the request's; each completion has just
//   as many DWs as its header says, and last in its last beat.
// - I10: a beat on tx stays, unchanged, until it is taken; a request is answered only after the
//   answer before it has left but for its last beat.
//
// Assumptions: a TLP's first beat, and no other, comes with job_first, and an offered beat stays
// (I10_completer_gets_its_own and I10_job_stays of rx.sv). The words of the ring do not matter
// here: in its place is one that returns anything, so that what holds here holds for the real one.
//
// @replaces: slackwater$completer$ring
// @prove: 2
// @cover: 10
module completer_headers_properties(input clock);
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
    H_ones: assert (!open || job[117] == (was_frozen || was_foreign || locked || !memory));
    H_foreign: assert (!open || job[118] == bad_id);
    H_frozen: assert (!open || job[119] == was_frozen);
    H_no_read: assert (!in_tlp || read_dw == 0);
    H_kinds: assert (!open || (!(write && (bare || locked || !memory)) && !(memory && bare)));
    H_length: assert (!open || (length >= 1 && length <= 1024));
  end

  // The answer that is owed: taken over from the books with the request's last beat.
  reg owed = 0, no_data = 0, is_locked = 0, is_memory = 0;
  reg [23:0] to = 0;
  reg [2:0] class = 0;
  reg [10:0] dw_left = 0;
  reg [12:0] bytes_left = 0;
  reg [6:0] at = 0;
  // Where in the completion the next new beat is: its header, DW2 with the first word, the rest.
  reg [1:0] part = 0;
  reg [10:0] chunk = 0;

  // Bytes before the first enabled one, and after the last one; no byte enabled counts as one.
  wire [1:0] skipped = !memory || first_be == 0 || first_be[0] ? 2'd0 : first_be[1] ? 2'd1
    : first_be[2] ? 2'd2 : 2'd3;
  wire [3:0] end_be = length == 1 ? first_be : last_be;
  wire [1:0] unused = !memory || end_be[3] ? 2'd0 : end_be[2] ? 2'd1 : end_be[1] ? 2'd2 : 2'd3;
  wire [13:0] here_base = second ? (four_dw ? job_hi[15:2] : job_lo[15:2]) : base;
  wire accept = complete && !write;

  // The beat that is new on tx in this clock.
  wire fresh = tx_valid && !stays;
  reg stays = 0;
  reg [66:0] stays_beat = 0;
  wire [31:0] lo = tx_beat[31:0], hi = tx_beat[63:32];
  wire tx_last = tx_beat[66];
  wire [1:0] keep = tx_beat[65:64];
  wire [10:0] to_line = 11'd32 - at[6:2];
  wire [10:0] chunk_now = dw_left <= to_line ? dw_left : to_line;
  wire ends = part == 1 ? no_data || chunk == 1 : part == 2 && chunk <= 2;
  wire done = fresh && ends && dw_left == 0;
  reg [15:0] was_completer = 0;

  always @(posedge clock) begin
    was_completer <= completer_id;
    stays <= tx_valid && !tx_ready;
    stays_beat <= tx_beat;
    if (fresh) begin
      part <= ends ? 0 : part == 0 ? 1 : 2;
      if (part == 0) begin
        chunk <= no_data ? 0 : chunk_now;
        dw_left <= no_data ? 0 : dw_left - chunk_now;
        bytes_left <= bytes_left - ({chunk_now, 2'b0} - at[1:0]);
      end
      else begin
        chunk <= chunk - (part == 1 ? 1 : 2);
        // What follows starts at a line of 128 bytes.
        at <= 0;
      end
      if (done) owed <= 0;
    end
    if (accept) begin
      owed <= 1;
      part <= 0;
      no_data <= bare;
      is_locked <= locked;
      is_memory <= memory;
      to <= id;
      class <= traffic;
      dw_left <= bare ? 0 : answer_dw;
      bytes_left <= bare ? 13'd4 : {answer_dw, 2'b0} - skipped - unused;
      at <= memory ? {here_base[4:0], skipped} : 7'd0;
    end
  end

  // The block's registers, against the books. It is one beat ahead of the books: what it has put
  // into the output register in this clock's edge is what is fresh now.
  wire [10:0] left_ahead = fresh && part == 0 ? (no_data ? 11'd0 : dw_left - chunk_now) : dw_left;
  wire owed_ahead = owed && !done;
  wire [1:0] part_ahead = !fresh ? part : ends ? 2'd0 : part == 0 ? 2'd1 : 2'd2;
  wire [10:0] chunk_ahead = fresh && part == 0 ? chunk_now
    : fresh ? chunk - (part == 1 ? 11'd1 : 11'd2) : chunk;
  wire [6:0] at_ahead = fresh && part != 0 ? 7'd0 : at;
  wire [12:0] bytes_ahead = fresh && part == 0 ? bytes_left - ({chunk_now, 2'b0} - at[1:0])
    : bytes_left;
  always @(*) begin
    H_template: assert (!open || job[31:0] == {locked ? 8'h4b : 8'h4a, 1'b0, traffic, 20'b0});
    H_requester: assert (!open || job[63:32] == {id, 8'b0});
    H_answer_dw: assert (!open || (job[74:64] == answer_dw && answer_dw >= 1
      && answer_dw <= 1024));
    H_bytes: assert (!open || write || (job[109:108] == skipped && job[111:110] == unused));
    H_address: assert (!open || second || write || job[138:125] == base);
    H_stage: assert ((stage != 0) == owed_ahead && (stage == 0 || stage == part_ahead + 2'd1));
    H_left: assert (!owed_ahead || (no_data && part_ahead == 0) || answer[74:64] == left_ahead);
    H_left_room: assert (!owed_ahead || (left_ahead <= 1024 && (part_ahead != 0 || no_data || left_ahead != 0)));
    H_chunk: assert (!owed_ahead || no_data || part_ahead == 0 || answer[85:75] == chunk_ahead);
    H_chunk_room: assert (!owed_ahead || no_data || part_ahead == 0
      || (chunk_ahead >= 1 && chunk_ahead <= 32));
    H_at: assert (!owed_ahead || answer[105:99] == {at_ahead[1:0], at_ahead[6:2]});
    H_bare_part: assert (!no_data || part != 2);
    H_bare_request: assert (!open || !bare || (answer_dw == 1 && !locked && !memory));
    H_at_line: assert (part != 2 || at == 0);
    H_bytes_left: assert (!owed_ahead || (part_ahead != 0 && (no_data || left_ahead == 0))
      || answer[98:86] == bytes_ahead);
    H_owed_requester: assert (!owed_ahead || answer[63:32] == {to, 8'b0});
    H_owed_template: assert (!owed_ahead || answer[31:0] == {1'b0, !no_data, 6'b001010, 24'b0}
      + {7'b0, is_locked, 24'b0} + {9'b0, class, 20'b0});
    H_owed_bare: assert (!owed_ahead || answer[106] == no_data);
    H_bare_whole: assert (!(owed && no_data) || (dw_left == 0 && !is_locked));
    H_part: assert (part != 3 && (owed || part == 0));
    H_no_read_bare: assert (!(owed_ahead && no_data) || read_dw == 0);
  end

  // What appears on tx.
  always @(*) begin
    I10_only_what_is_owed: assert (!fresh || owed);
    I10_kind: assert (!(fresh && part == 0) || (lo[31:24] == (no_data ? 8'h0a : is_locked ? 8'h4b : 8'h4a)
      && lo[23] == 0 && lo[22:20] == class && lo[19:10] == 0));
    I10_length: assert (!(fresh && part == 0) || lo[9:0] == (no_data ? 0 : chunk_now));
    I10_inside_a_line: assert (!(fresh && part == 0) || no_data
      || (lo[9:0] != 0 && lo[9:0] + at[6:2] <= 32));
    I10_completer_and_status: assert (!(fresh && part == 0) || (hi[31:16] == was_completer
      && hi[15:12] == 0));
    I10_byte_count: assert (!(fresh && part == 0) || hi[11:0] == bytes_left[11:0]);
    I10_header_beat: assert (!(fresh && part == 0) || (keep == 3 && !tx_last));
    I10_requester_and_tag: assert (!(fresh && part == 1) || lo[31:8] == to);
    I10_lower_address: assert (!(fresh && part == 1) || lo[7:0] == at);
    I10_last: assert (!fresh || tx_last == ends);
    I10_keep: assert (!fresh || part == 0 || keep == (no_data || (part == 2 && chunk == 1) ? 1 : 3));
    I10_one_at_a_time: assert (!accept || !owed_ahead);
    I10_beat_stays: assert (!stays || (tx_valid && tx_beat == stays_beat));
  end
  always @(posedge clock) begin
    I10_only_what_is_owed_reached: cover (done && !no_data && is_memory);
    I10_kind_reached: cover (fresh && part == 0 && is_locked && class == 5);
    I10_length_reached: cover (fresh && part == 0 && dw_left == 1024 && at[6:2] == 5);
    I10_inside_a_line_reached: cover (fresh && part == 0 && at[6:2] == 31 && dw_left == 2);
    I10_completer_and_status_reached: cover (fresh && part == 0 && hi[31:16] == 16'h0123);
    I10_byte_count_reached: cover (fresh && part == 0 && at[1:0] == 1 && hi[11:0] == 6);
    I10_header_beat_reached: cover (fresh && part == 0 && $past(stays) && no_data);
    I10_requester_and_tag_reached: cover (fresh && part == 1 && to == 24'h123456);
    I10_lower_address_reached: cover (fresh && part == 1 && at == 7'h7f);
    I10_last_reached: cover (fresh && part == 2 && ends && chunk == 2);
    I10_keep_reached: cover (fresh && part == 2 && keep == 1);
    I10_one_at_a_time_reached: cover (accept && stays && tx_last);
    I10_beat_stays_reached: cover (stays && part == 2 && tx_ready);
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
