// Which non-posted requests are out: module slackwater$outstanding (hdl/src/outstanding.rs).
//
// Proven, for every sequence of requests, completions and time-outs:
// - I6: the count that QUIESCED looks at starts at 0 with no tag out, and goes up by one with
//   each tag that goes out and down by one with each that comes back, at most one each in a
//   clock (or both are 0 at once, by `clear`): so it is the number of tags that are out, by
//   adding up, whatever the number of tags; a tag is out from its request until its last completion or its time-out; a
//   completion whose request has already expired takes nothing back.
// - I12: a request that cannot be followed (tag above 31, or in use) is told as lost track and,
//   while the log is on, as incomplete; it does not change what is out.
//
// There are no assumptions: completions may come for any tag at any time, also twice.
//
// @prove: 2
// @cover: 12
// @replaces: slackwater$outstanding$address_lo slackwater$outstanding$address_hi
module slackwater$outstanding$address_lo(input clock, input [4:0] write_address,
  input [31:0] write_data, input write_enable, input [4:0] read_address, input [4:0] peek_address,
  output [31:0] read_data, output [31:0] peek_data);
  // Addresses do not matter here: anything is read.
  (* anyseq *) reg [31:0] any_read, any_peek;
  assign read_data = any_read;
  assign peek_data = any_peek;
endmodule

module slackwater$outstanding$address_hi(input clock, input [4:0] write_address,
  input [31:0] write_data, input write_enable, input [4:0] read_address, input [4:0] peek_address,
  output [31:0] read_data, output [31:0] peek_data);
  (* anyseq *) reg [31:0] any_read, any_peek;
  assign read_data = any_read;
  assign peek_data = any_peek;
endmodule

module outstanding_count_properties(input clock);
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
  wire [7:0] tag = header[71:64];
  wire non_posted = header[83];
  wire requests = start && non_posted;
  wire followed = requests && tag < 32 && !outstanding[tag[4:0]];
  wire returns = done && done_last;

  // One tag, chosen freely.
  (* anyconst *) reg [4:0] chosen;
  wire chosen_out = outstanding[chosen];
  wire chosen_starts = followed && tag[4:0] == chosen;
  wire chosen_returns = returns && done_tag == chosen;

  // Only what is out can expire.
  (* hierconn *) wire [31:0] \dut.expired$q ;
  always @(*) H_expired_is_out: assert ((\dut.expired$q & ~outstanding) == 0);

  // What was set and cleared by the clock before.
  reg past = 0;
  reg [31:0] before = 0;
  reg [5:0] count_before = 0;
  always @(posedge clock) begin
    before <= outstanding;
    count_before <= count;
  end
  wire [31:0] set = outstanding & ~before;
  wire [31:0] cleared = before & ~outstanding;
  wire [5:0] expected = (count_before + {5'd0, set != 0}) - {5'd0, cleared != 0};

  always @(*) begin
    I6_count_follows: assert (!past || (outstanding == 0 && count == 0) || (count == expected
      && (set & (set - 32'd1)) == 0 && (cleared & (cleared - 32'd1)) == 0));
    I12_untracked_is_incomplete: assert (!(requests && !followed && tracking) || incomplete);
  end

  reg was_late = 0;
  always @(posedge clock) begin
    past <= 1;
    was_late <= was_late || (returns && !outstanding[done_tag] && count == 1);
    I6_count_follows_reached: cover (past && count == 3 && was_late && set != 0 && cleared != 0);
    I12_untracked_is_incomplete_reached: cover (requests && tag[4:0] == chosen && tag < 32
      && chosen_out && incomplete);
    if (past) begin
      I6_out_from_its_request: assert (!$past(chosen_starts && !clear) || chosen_out);
      I6_out_from_its_request_reached: cover ($past(chosen_starts && returns && !clear) && count == 2);
      I6_back_only_by_completion_or_timeout: assert (!$past(chosen_out) || chosen_out
        || $past(chosen_returns || timed_out || clear));
      I6_back_only_by_completion_or_timeout_reached: cover ($past(chosen_out && timed_out)
        && !chosen_out && count != 0);
      I6_late_completion_takes_nothing: assert ($past(clear) || !$past(chosen_returns && !chosen_out)
        || $past(chosen_starts) || $past(timed_out) || cleared == 0);
      I6_late_completion_takes_nothing_reached: cover ($past(chosen_returns && !chosen_out)
        && count == 2 && $past(count) == 2);
      I12_lost_track_stays: assert (!$past((requests && !followed) || lost_track) || lost_track
        || $past(clear));
      I12_lost_track_stays_reached: cover (lost_track && $past(lost_track) && count == 2);
    end
  end
endmodule
