// What the completions carry, and that they come: module slackwater$completer (hdl/src/completer.rs).
//
// One word of an answer, freely chosen, is followed from its read on the bus to tx. Proven:
// - I10: words leave in the order in which they were read, each once; the n-th read of an answer
//   is at the request's address plus n; a word is what the bus gave two clocks after its address,
//   its bytes in wire order. While tx is not stalled a new beat appears at most five clocks after
//   the request or the beat before it, until the answer is whole; an answer has a bounded number
//   of beats, so no request hangs.
// - I8, I11: every word answered for a frozen device, or to another requester than the owner, is
//   all-ones, whatever the bus gave.
//
// The ring keeps one cell, freely chosen, and returns anything from the others: it can do all
// that the real ring can, and since the cell is any of them, what holds for a word in it holds
// for all words.
//
// Assumptions: a TLP's first beat, and no other, comes with job_first, and an offered beat stays
// (I10_completer_gets_its_own and I10_job_stays of rx.sv).
//
// @replaces: slackwater$completer$ring
// @prove: 2
// @cover: 12
module completer_data_properties(input clock);
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

  (* anyseq *) reg pick;
  (* hierconn *) wire [3:0] \dut.ring.watch ;
  (* hierconn *) wire [31:0] \dut.ring.cell_word ;
  wire [3:0] watch = \dut.ring.watch ;
  wire [31:0] cell_word = \dut.ring.cell_word ;
  wire [3:0] head = answer[111:108], tail = answer[115:112];
  wire read_1 = job[172], read_2 = job[173];
  wire [3:0] stored = tail - head;
  wire [4:0] in_hand = stored + read_1 + read_2;

  // The beats on tx as they appear, and how many words each carries.
  reg stays = 0;
  reg [1:0] part = 0;
  reg no_data = 0;
  wire fresh = tx_valid && !stays;
  wire tx_last = tx_beat[66];
  wire [1:0] words = !fresh || part == 0 || no_data ? 2'd0 : part == 1 ? 2'd1
    : tx_beat[65:64] == 3 ? 2'd2 : 2'd1;
  wire [31:0] word_0 = part == 1 ? tx_beat[63:32] : tx_beat[31:0];
  wire [31:0] word_1 = tx_beat[63:32];
  wire [1:0] part_ahead = !fresh ? part : tx_last ? 2'd0 : part == 0 ? 2'd1 : 2'd2;

  // Words read and not yet on tx; reads of the present answer.
  reg [4:0] pending = 0;
  wire [4:0] pending_ahead = pending - words;
  reg [10:0] reads = 0;
  reg [13:0] from = 0;
  reg for_memory = 0, ones_frozen = 0, ones_foreign = 0, ones_other = 0;
  wire ones = ones_frozen || ones_foreign || ones_other;
  wire accept = complete && !write;
  wire [13:0] here_base = second ? (four_dw ? job_hi[15:2] : job_lo[15:2]) : base;

  // The word that is followed: how many words leave before it, and how long ago it was asked for.
  reg follow = 0;
  reg [4:0] before = 0;
  reg [1:0] age = 0;
  reg [31:0] got = 0;
  wire [4:0] before_ahead = before - words;
  wire appears = follow && before < words;
  wire [31:0] shown = before == 0 ? word_0 : word_1;
  wire chosen = pick && bus_read && !follow && tail + read_1 + read_2 == watch;

  // Clocks without a new beat in which an answer was owed and tx was not stalled.
  wire stalled = tx_valid && !tx_ready;
  reg [2:0] idle = 0;
  wire [2:0] idle_now = fresh ? 3'd0 : idle;

  always @(posedge clock) begin
    stays <= stalled;
    if (fresh) begin
      part <= part_ahead;
      if (part == 0) no_data <= !tx_beat[30];
    end
    pending <= pending_ahead + bus_read;
    if (bus_read) reads <= reads + 1;
    if (accept) begin
      reads <= 0;
      from <= here_base;
      for_memory <= memory;
      ones_frozen <= was_frozen;
      ones_foreign <= bad_id;
      ones_other <= locked || !memory;
    end
    if (follow) begin
      before <= before_ahead;
      if (age != 3) age <= age + 1;
      if (age == 2) got <= {bus_read_data[7:0], bus_read_data[15:8], bus_read_data[23:16], bus_read_data[31:24]};
    end
    if (appears) follow <= 0;
    if (chosen) begin
      follow <= 1;
      before <= pending_ahead;
      age <= 1;
    end
    idle <= stalled || stage == 0 || accept ? 0 : fresh ? 1 : idle + 1;
  end

  wire bare_answer = answer[106];
  wire [10:0] left = answer[74:64], chunk = answer[85:75];
  wire [11:0] owed_words = stage == 0 || bare_answer ? 12'd0 : stage == 1 ? {1'b0, left}
    : {1'b0, left} + chunk;
  wire follows = follow && !appears;
  always @(*) begin
    H_answer_dw: assert (!open || bare || (job[74:64] == answer_dw && answer_dw >= 1 && answer_dw <= 1024));
    H_address: assert (!open || second || write || job[138:125] == base);
    H_template: assert ((!open || job[30]) && (stage == 0 || answer[30] == !bare_answer));
    H_part: assert (part != 3 && part_ahead == (stage == 0 ? 2'd0 : stage - 2'd1));
    H_bare_answer: assert (!(stage > 1) || (fresh && part == 0 ? !tx_beat[30] : no_data) == bare_answer);
    H_bare_payload: assert (!(stage == 3 && bare_answer));
    H_pending: assert (pending_ahead == in_hand && in_hand <= 10);
    H_words: assert (in_hand + read_dw == owed_words);
    H_left: assert (stage == 0 || bare_answer || (left <= 1024 && (stage != 1 || left != 0)));
    H_chunk: assert (stage < 2 || bare_answer || (chunk >= 1 && chunk <= 32));
    H_answer_ones: assert (stage == 0 || bare_answer || answer[107] == ones);
    H_reads: assert ({1'b0, reads} + read_dw <= 1024);
    H_read_address: assert (read_dw == 0 || !for_memory || job[138:125] == from + reads);
    H_watch: assert (!follows || (watch == head + before_ahead[3:0] && before_ahead < in_hand));
    H_age: assert (!follow || age != 0);
    H_age_1: assert (!follow || age != 1 || (read_1 && !appears && before_ahead == stored + read_2));
    H_age_2: assert (!follow || age != 2 || (read_2 && !appears && before_ahead == stored));
    H_age_3: assert (!follows || age != 3 || (before_ahead < stored && cell_word == (ones ? 32'hffff_ffff : got)));
    H_idle_1: assert (idle_now < 1 || read_1 || read_dw == 0);
    H_idle_2: assert (idle_now < 2 || read_2 || (!read_1 && read_dw == 0));
    H_idle_3: assert (idle_now < 3 || stage == 0 || bare_answer || stored >= 1);
    H_idle_4: assert (idle_now < 4 || stage == 0 || bare_answer || stored >= 2 || owed_words == 1);
    I10_word: assert (!appears || (age == 3 && shown == (ones ? 32'hffff_ffff : got)));
    I8_frozen_reads_ones: assert (!(appears && ones_frozen) || shown == 32'hffff_ffff);
    I11_foreign_reads_ones: assert (!(appears && ones_foreign) || shown == 32'hffff_ffff);
    I10_read_address: assert (!(bus_read && for_memory) || bus_address == from + reads);
    I10_progress: assert (idle_now <= 4);
    I10_read_for_answer: assert (!bus_read || stage != 0);
  end
  always @(posedge clock) begin
    I10_word_reached: cover (appears && !ones && before == 1 && got == 32'h1234_5678);
    I8_frozen_reads_ones_reached: cover (appears && ones_frozen && got == 0);
    I11_foreign_reads_ones_reached: cover (appears && ones_foreign && got == 0);
    I10_read_address_reached: cover (bus_read && for_memory && reads == 2 && from == 14'h3ffe);
    I10_progress_reached: cover (idle == 3 && fresh && owed_words == 1);
    I10_read_for_answer_reached: cover (bus_read && stalled && reads == 3);
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

// The ring with one cell.
module slackwater$completer$ring(input clock, input [3:0] write_address, input [31:0] write_data,
    input write_enable, input [3:0] read_address, output [31:0] word, output [31:0] next_word);
  (* anyconst *) reg [3:0] watch;
  (* anyseq *) reg [31:0] any_word, any_next;
  reg [31:0] cell_word = 0;
  wire [3:0] next_address = read_address + 4'd1;
  always @(posedge clock) if (write_enable && write_address == watch) cell_word <= write_data;
  assign word = read_address == watch ? cell_word : any_word;
  assign next_word = next_address == watch ? cell_word : any_next;
endmodule
