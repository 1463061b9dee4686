// Which page request groups are out: module slackwater$pages (hdl/src/page_requests.rs).
//
// Proven, for every sequence of page requests and responses:
// - The count starts at 0 with no group out, and follows each change of the groups by one, so it
//   is the number of groups that are out; a group is out from its page request until its
//   response or `clear`, and changes by nothing else; a response for a group that is not out
//   changes nothing, so the count never wraps. (S4, F2: the host waits for this number.)
// - I12: an index above 31 is told by UNTRACKED until `clear`, and changes no group.
//
// There are no assumptions: responses may come for any group at any time, also twice.
//
// @prove: 2
// @cover: 8
module page_requests_properties(input clock);
  (* anyseq *) reg start, done, clear;
  (* anyseq *) reg [86:0] header;
  (* anyseq *) reg [4:0] done_group;
  wire [31:0] groups, word;
  slackwater$pages dut(.clock(clock), .start(start), .header(header), .done(done),
    .done_group(done_group), .clear(clear), .groups(groups), .word(word));

  // Fields of the header: see TxHeader in hdl/src/tx_path.rs. The index is in 11:3 of the last DW.
  wire asks = start && header[86];
  wire [8:0] index = header[11:3];
  wire followed = asks && index < 32;
  wire [5:0] count = word[5:0];
  wire untracked = word[31];

  // One group, chosen freely.
  (* anyconst *) reg [4:0] chosen;
  wire chosen_out = groups[chosen];
  wire chosen_asks = followed && index[4:0] == chosen;
  wire chosen_answered = done && done_group == chosen;

  reg past = 0;
  reg [31:0] before = 0;
  reg [5:0] count_before = 0;
  always @(posedge clock) begin
    past <= 1;
    before <= groups;
    count_before <= count;
  end
  wire [31:0] set = groups & ~before;
  wire [31:0] cleared = before & ~groups;
  wire [5:0] expected = (count_before + {5'd0, set != 0}) - {5'd0, cleared != 0};

  always @(*) begin
    I6_groups_word: assert (word[30:6] == 0);
    I6_groups_count: assert (!past || (groups == 0 && count == 0) || (count == expected
      && (set & (set - 32'd1)) == 0 && (cleared & (cleared - 32'd1)) == 0));
  end
  always @(posedge clock) begin
    I6_groups_word_reached: cover (untracked && count == 2);
    I6_groups_count_reached: cover (past && count == 3 && set != 0 && cleared != 0);
    if (past) begin
      I6_group_out_from_its_request: assert (!$past(chosen_asks && !clear) || chosen_out);
      I6_group_back_only_by_response: assert (!$past(chosen_out) || chosen_out
        || $past(chosen_answered || clear));
      I6_group_back_by_response: assert (!$past(chosen_answered && !chosen_asks) || !chosen_out);
      I6_group_out_only_by_request: assert ($past(chosen_out || chosen_asks) || !chosen_out);
      I12_untracked_stays: assert (!$past((asks && !followed) || untracked) || untracked || $past(clear));
      I12_untracked_only_so: assert (!untracked || $past(untracked || (asks && !followed)));
      I6_group_out_from_its_request_reached: cover ($past(chosen_asks && chosen_answered && chosen_out) && chosen_out);
      I6_group_back_only_by_response_reached: cover ($past(chosen_out) && !chosen_out && count == 2);
      I6_group_back_by_response_reached: cover ($past(chosen_answered && !chosen_out) && count == 1);
      I6_group_out_only_by_request_reached: cover ($past(asks && !followed) && count == 1);
      I12_untracked_stays_reached: cover (untracked && $past(untracked) && count == 1);
      I12_untracked_only_so_reached: cover (!untracked && $past(untracked));
    end
  end
endmodule
