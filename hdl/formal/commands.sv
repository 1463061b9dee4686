// The commands of the dirty log: module slackwater$snapshot (hdl/src/snapshot.rs).
//
// Proven, for any sequence of commands, reads and marks:
// - I4: a command with the number of the last one, a command while another is worked on, and any
//   read of the window change nothing: a twin of the block that never sees them does the same in
//   every clock. A command that acts is shown with its number, and its outcome is what the
//   registers' reference says.
// - I2: nothing is taken from the log while a snapshot is held, and a snapshot is held until
//   ACKNOWLEDGE, the end of RESTORE, or START; SNAPSHOT ends with it held.
// - I12: LOG_INCOMPLETE stays until START; tracking ends by START or STOP only.
// - I10: a command is done 1028 clocks after it came, START 1027 clocks a chunk after it came.
// There are no assumptions on the environment: all inputs are free.
//
// The window's memory is left out and gives anything for each read. The twin's window is written
// with the same words in the same clocks and is read by the walk at the same address (asserted
// here), so both give the walk the same word. The walk is replaced by one that may skip words and
// chunks, the same for both twins: not to skip at all is among the solver's choices, so every run
// of the real walk is covered, and a skip only makes it shorter, which covers need.
// inject is tied to zero, as an integrator ties it.
//
// @prove: 3
// @cover: 14
// @replaces: slackwater$snapshot$window slackwater$snapshot$state
module slackwater$snapshot$window(input clock, input [9:0] write_address, input [31:0] write_data,
  input write_enable, input [9:0] read_address, input [9:0] peek_address,
  output [31:0] read_data, output [31:0] peek_data);
  (* anyseq *) reg [31:0] some_read, some_peek;
  assign read_data = some_read;
  assign peek_data = some_peek;
endmodule

module slackwater$snapshot$state(input clock, input [114:0] d, output reg [114:0] q);
  (* anyseq *) reg [10:0] skip_word;
  (* anyseq *) reg [4:0] skip_chunk;
  (* anyseq *) reg skips_words, skips_chunks;
  initial q = 0;
  always @(posedge clock) begin
    q <= d;
    if (skips_words) q[92:82] <= skip_word;
    if (skips_chunks) q[40:36] <= skip_chunk;
  end
endmodule

module commands_properties(input clock);
  (* anyseq *) reg command_write, mark, incomplete;
  (* anyseq *) reg [31:0] command_data, old, noise;
  (* anyseq *) reg [14:0] mark_word;
  (* anyseq *) reg [9:0] window_word, twin_window_word;
  wire [1:0] op, twin_op;
  wire [14:0] op_word, twin_op_word;
  wire [31:0] op_data, command, status, chunk_summary, line_lo, line_hi, window_data;
  wire [31:0] twin_op_data, twin_command, twin_status, twin_chunk_summary, twin_line_lo;
  wire [31:0] twin_line_hi, twin_window_data;
  wire tracking, twin_tracking;

  wire busy = status[4];
  wire held = status[6];
  wire acts = command_write && !busy && command_data[31:24] != status[31:24];
  wire [3:0] operation = command_data[3:0];
  slackwater$snapshot dut(.clock(clock), .command_write(command_write),
    .command_data(command_data), .mark(mark), .mark_word(mark_word), .incomplete(incomplete),
    .op(op), .op_word(op_word), .op_data(op_data), .old(old), .tracking(tracking),
    .command(command), .status(status), .chunk_summary(chunk_summary), .line_lo(line_lo),
    .line_hi(line_hi), .window_word(window_word), .window_data(window_data), .inject(6'd0));
  slackwater$snapshot twin(.clock(clock), .command_write(acts),
    .command_data(acts ? command_data : noise), .mark(mark), .mark_word(mark_word),
    .incomplete(incomplete), .op(twin_op), .op_word(twin_op_word), .op_data(twin_op_data),
    .old(old), .tracking(twin_tracking), .command(twin_command), .status(twin_status),
    .chunk_summary(twin_chunk_summary), .line_lo(twin_line_lo), .line_hi(twin_line_hi),
    .window_word(twin_window_word), .window_data(twin_window_data), .inject(6'd0));

  (* hierconn *) wire [31:0] \dut.window.some_peek ;
  (* hierconn *) wire [31:0] \twin.window.some_peek ;
  (* hierconn *) wire \dut.window$write_enable ;
  (* hierconn *) wire \twin.window$write_enable ;
  (* hierconn *) wire [31:0] \dut.window$write_data ;
  (* hierconn *) wire [31:0] \twin.window$write_data ;
  (* hierconn *) wire [9:0] \dut.window$write_address ;
  (* hierconn *) wire [9:0] \twin.window$write_address ;
  (* hierconn *) wire [9:0] \dut.window$peek_address ;
  (* hierconn *) wire [9:0] \twin.window$peek_address ;
  (* hierconn *) wire [2:0] \dut.walk$q ;
  (* hierconn *) wire [2:0] \twin.walk$q ;
  (* hierconn *) wire [114:0] \dut.state$q ;
  (* hierconn *) wire [114:0] \twin.state$q ;
  (* hierconn *) wire [114:0] \dut.state$d ;
  (* hierconn *) wire [10:0] \dut.state.skip_word ;
  (* hierconn *) wire [4:0] \dut.state.skip_chunk ;
  (* hierconn *) wire \dut.state.skips_words ;
  (* hierconn *) wire \dut.state.skips_chunks ;
  (* hierconn *) wire [10:0] \twin.state.skip_word ;
  (* hierconn *) wire [4:0] \twin.state.skip_chunk ;
  (* hierconn *) wire \twin.state.skips_words ;
  (* hierconn *) wire \twin.state.skips_chunks ;
  wire [2:0] walk = \dut.walk$q ;
  wire [114:0] state = \dut.state$q , next = \dut.state$d ;
  wire [4:0] chunk = state[40:36];
  wire [10:0] word = state[92:82];
  wire moving = state[93];
  always @(*) begin
    assume (\dut.window.some_peek == \twin.window.some_peek );
    assume (\dut.state.skip_word == \twin.state.skip_word
      && \dut.state.skip_chunk == \twin.state.skip_chunk
      && \dut.state.skips_words == \twin.state.skips_words
      && \dut.state.skips_chunks == \twin.state.skips_chunks );
    // Skips forward only, and not over the last chunk.
    assume (!\dut.state.skips_words || (busy && next[92:82] == word + 1
      && \dut.state.skip_word > next[92:82] && \dut.state.skip_word <= 1024));
    assume (!\dut.state.skips_chunks || (walk == 1 && chunk != 31 && next[40:36] == chunk + 1
      && \dut.state.skip_chunk > next[40:36]));
  end

  localparam [3:0] START = 1, STOP = 2, SNAPSHOT = 3, PEEK = 4, RESTORE = 5, ACKNOWLEDGE = 6;
  localparam [3:0] OK = 0, UNKNOWN = 1, HELD = 2, NOT_HELD = 3;
  reg past = 0, ignored_busy = 0, ignored_number = 0;
  reg [3:0] at_work = 0;
  // Clocks since the command that is at work came.
  reg [15:0] age = 0;
  always @(posedge clock) begin
    past <= 1;
    age <= acts ? 1 : age + (busy && age != 16'hffff);
    if (acts) at_work <= operation;
    ignored_busy <= ignored_busy || (command_write && busy && operation == SNAPSHOT
      && command_data[31:24] != status[31:24]);
    ignored_number <= ignored_number || (command_write && !busy && !acts && held
      && operation == ACKNOWLEDGE);
  end

  always @(*) begin
    H_walk: assert (walk <= 4 && (walk == 0 || walk == (at_work == START ? 1
      : at_work == SNAPSHOT ? 2 : at_work == PEEK ? 3 : at_work == RESTORE ? 4 : 0)) && (walk != 1 || !tracking));
    H_word: assert (word <= 1024 && (walk != 0 || !moving));
    H_shown: assert (state[53:46] == 0 && state[77:59] == 0);
    H_age: assert (walk < 2 || age <= word + 1 + (word == 1024 && !moving));
    H_age_start: assert (walk != 1 || age <= chunk * 1026 + word + 1 + (word == 1024 && !moving));
  end

  // I4.
  always @(*) begin
    I4_only_new_commands_act: assert (op == twin_op && op_word == twin_op_word
      && op_data == twin_op_data && tracking == twin_tracking && command == twin_command
      && status == twin_status && chunk_summary == twin_chunk_summary
      && line_lo == twin_line_lo && line_hi == twin_line_hi
      && \dut.walk$q == \twin.walk$q && \dut.state$q == \twin.state$q );
    I4_only_new_commands_act_reached: cover (ignored_busy && ignored_number && !busy && held
      && line_lo != 0);
    I4_window_written_alike: assert (\dut.window$write_enable == \twin.window$write_enable
      && \dut.window$write_data == \twin.window$write_data
      && \dut.window$write_address == \twin.window$write_address
      && \dut.window$peek_address == \twin.window$peek_address );
    I4_window_written_alike_reached: cover (\dut.window$write_enable && ignored_number
      && window_word != twin_window_word);
  end
  always @(posedge clock) if (past) begin
    I4_command_is_shown: assert (!$past(acts) || (command == $past(command_data)
      && status[31:24] == command[31:24]));
    I4_command_is_shown_reached: cover ($past(acts) && ignored_busy);
    I4_command_stays_shown: assert ($past(acts) || (command == $past(command)
      && status[31:24] == $past(status[31:24]) && status[3:0] == $past(status[3:0])));
    I4_command_stays_shown_reached: cover (ignored_number && status[3:0] == HELD);
    I4_outcome: assert (!$past(acts) || status[3:0] ==
      ($past(operation == START || operation == STOP) ? OK
      : $past(operation == SNAPSHOT || operation == PEEK) ? ($past(held) ? HELD : OK)
      : $past(operation == RESTORE || operation == ACKNOWLEDGE) ? ($past(held) ? OK : NOT_HELD)
      : UNKNOWN));
    I4_outcome_reached: cover ($past(acts) && status[3:0] == NOT_HELD && ignored_number);
    I4_work_starts_by_command: assert (busy == ($past(busy) ? busy : $past(acts)
      && ($past(operation == START) || ($past(operation == SNAPSHOT || operation == PEEK)
      && !$past(held)) || ($past(operation == RESTORE) && $past(held)))));
    I4_work_starts_by_command_reached: cover (busy && !$past(busy) && at_work == RESTORE);
  end

  // I2 and I12.
  always @(posedge clock) begin
    I2_held_and_work: assert ((walk == 0 || walk == 4 || !held) && (walk != 4 || held));
    I2_held_and_work_reached: cover (busy && held && op == 3);
    I2_nothing_taken_while_held: assert (!held || (op != 1 && !\dut.window$write_enable ));
    I2_nothing_taken_while_held_reached: cover (held && op == 3);
    if (past) begin
      I2_held_until_acknowledged: assert (!$past(held) || held
        || ($past(acts) && $past(operation == ACKNOWLEDGE || operation == START))
        || ($past(busy) && !busy && at_work == RESTORE));
      I2_held_until_acknowledged_reached: cover ($past(held) && !held && at_work == ACKNOWLEDGE);
      I2_snapshot_ends_held: assert (!($past(busy) && !busy)
        || held == (at_work == SNAPSHOT));
      I2_snapshot_ends_held_reached: cover ($past(busy) && !busy && held);
      I12_incomplete_sticks: assert (!$past(status[7] || incomplete) || status[7]
        || ($past(acts) && $past(operation == START)));
      I12_incomplete_sticks_reached: cover (status[7] && $past(status[7]) && !busy
        && at_work == SNAPSHOT && $past(busy));
      I12_start_forgets_incomplete: assert (!($past(acts) && $past(operation == START))
        || (!status[7] && !tracking));
      I12_start_forgets_incomplete_reached: cover ($past(acts) && at_work == START
        && $past(status[7] && tracking));
      I12_tracking_ends_by_command: assert (!$past(tracking) || tracking
        || ($past(acts) && $past(operation == START || operation == STOP)));
      I12_tracking_ends_by_command_reached: cover ($past(tracking) && !tracking
        && at_work == STOP);
      I12_stop_ends_tracking: assert (!($past(acts) && $past(operation == STOP)) || !tracking);
      I12_stop_ends_tracking_reached: cover ($past(acts && tracking) && at_work == STOP);
      I12_start_ends_tracking: assert (!($past(busy) && !busy && at_work == START) || tracking);
      I12_start_ends_tracking_reached: cover ($past(busy) && !busy && tracking && status[7]);
    end
  end

  // I10: no command hangs.
  always @(*) begin
    I10_command_ends: assert (!busy || at_work == START || age < 1028);
    I10_command_ends_reached: cover (busy && at_work == SNAPSHOT && word == 1024 && !moving);
    I10_start_ends: assert (!busy || at_work != START || age < 32 * 1027);
    I10_start_ends_reached: cover (busy && at_work == START && chunk == 31 && word == 1024);
  end
endmodule
