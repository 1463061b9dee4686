// Snapshots of the dirty log: modules slackwater$snapshot and slackwater$log, wired as in
// slackwater (hdl/src/snapshot.rs, hdl/src/bitmap.rs, hdl/src/core.rs).
//
// Proven for every page, with marks at full rate and commands at any time in any order:
// - I2: a mark is in the log until a SNAPSHOT of its chunk, then in the window until ACKNOWLEDGE;
//   a mark that comes during the walk is in one of the two; RESTORE puts it back into the log.
// - I3: a bit leaves the log only by a SNAPSHOT of its chunk or by START; the window then holds
//   every bit that left and none that was not there; RESTORE ORs and adds nothing else; START
//   clears all but the marks that come while it works, and only then is tracking on.
// - I12: a chunk or a line of the window that holds a mark is never summed up as clean.
// There are no assumptions: all inputs are free.
//
// The memories are replaced by ones that hold a single word, at an address that the solver chooses
// once and freely, and give anything at all for the other words; where both ports of the log meet
// in one word, what is read is anything. Every run of the real memories is a run of these, for
// every chosen address, so what holds for the chosen word holds for each, at any size.
// The walk over the 1024 words of a chunk is replaced by one that may skip words other than the
// chosen one, and START may skip chunks other than the chosen one and the last: the registers are
// the same, the skips are left to the solver, and not to skip at all is among its choices, so
// every run of the real walk is covered. The skips only make covers and faults short.
// The count, which nothing here looks at, is left to the solver.
// inject is tied to zero, as an integrator ties it.
//
// @prove: 3
// @cover: 22
// @replaces: slackwater$log$ram slackwater$snapshot$window slackwater$snapshot$state
// @replaces: slackwater$log$ones_before slackwater$log$ones_after slackwater$log$total
module slackwater$log$ram(input clock, input mark, input [14:0] mark_word, input [4:0] mark_bit,
  input [14:0] move_word, input [31:0] move_mask, input [31:0] move_data,
  output mark_old, output reg [31:0] move_old);
  (* anyconst *) reg [14:0] chosen;
  (* anyseq *) reg [31:0] other_mark, other_move;
  reg [31:0] word = 0, mark_read = 0;
  reg [4:0] mark_bit_read = 0;
  initial move_old = 0;
  // Seen from outside by a wire: a register named from outside would lose its initial value.
  wire [31:0] shown = word;
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

module slackwater$snapshot$window(input clock, input [9:0] write_address, input [31:0] write_data,
  input write_enable, input [9:0] read_address, input [9:0] peek_address,
  output reg [31:0] read_data, output reg [31:0] peek_data);
  (* anyconst *) reg [9:0] chosen;
  (* anyseq *) reg [31:0] other_read, other_peek;
  reg [31:0] word = 0;
  wire [31:0] shown = word;
  always @(posedge clock) begin
    read_data <= read_address == chosen ? word : other_read;
    peek_data <= peek_address == chosen ? word : other_peek;
    if (write_enable && write_address == chosen) word <= write_data;
  end
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

module slackwater$log$ones_before(input clock, input [31:0] d, output [5:0] q);
  (* anyseq *) reg [5:0] some;
  assign q = some;
endmodule
module slackwater$log$ones_after(input clock, input [31:0] d, output [5:0] q);
  (* anyseq *) reg [5:0] some;
  assign q = some;
endmodule
module slackwater$log$total(input clock, input [23:0] d, output [23:0] q);
  (* anyseq *) reg [23:0] some;
  assign q = some;
endmodule

module snapshot_properties(input clock);
  (* anyseq *) reg command_write, mark, incomplete;
  (* anyseq *) reg [31:0] command_data;
  (* anyseq *) reg [14:0] mark_word;
  (* anyseq *) reg [4:0] mark_bit;
  (* anyseq *) reg [9:0] window_word;
  wire [1:0] op;
  wire [14:0] op_word;
  wire [31:0] op_data, old, command, status, chunk_summary, line_lo, line_hi, window_data;
  wire [23:0] count;
  wire tracking;
  slackwater$log log(.clock(clock), .mark(mark), .mark_word(mark_word), .mark_bit(mark_bit),
    .op(op), .op_word(op_word), .op_data(op_data), .old(old), .count(count));
  slackwater$snapshot dut(.clock(clock), .command_write(command_write),
    .command_data(command_data), .mark(mark), .mark_word(mark_word), .incomplete(incomplete),
    .op(op), .op_word(op_word), .op_data(op_data), .old(old), .tracking(tracking),
    .command(command), .status(status), .chunk_summary(chunk_summary), .line_lo(line_lo),
    .line_hi(line_hi), .window_word(window_word), .window_data(window_data), .inject(6'd0));

  (* hierconn *) wire [14:0] \log.ram.chosen ;
  (* hierconn *) wire [31:0] \log.ram.shown ;
  (* hierconn *) wire [9:0] \dut.window.chosen ;
  (* hierconn *) wire [31:0] \dut.window.shown ;
  (* hierconn *) wire [2:0] \dut.walk$q ;
  (* hierconn *) wire [114:0] \dut.state$q ;
  (* hierconn *) wire [114:0] \dut.state$d ;
  (* hierconn *) wire [10:0] \dut.state.skip_word ;
  (* hierconn *) wire [4:0] \dut.state.skip_chunk ;
  (* hierconn *) wire \dut.state.skips_words ;
  (* hierconn *) wire \dut.state.skips_chunks ;
  wire [14:0] page_word = \log.ram.chosen ;
  wire [4:0] page_chunk = page_word[14:10];
  wire [9:0] page_in_chunk = page_word[9:0];
  wire [31:0] live = \log.ram.shown ;
  wire [31:0] window = \dut.window.shown ;
  wire [2:0] walk = \dut.walk$q ;
  wire [114:0] state = \dut.state$q ;
  wire [114:0] next = \dut.state$d ;
  wire [4:0] chunk = state[40:36], held_chunk = state[45:41];
  wire [31:0] shown_chunk = state[77:46];
  wire held = state[78], tracking_on = state[79], left_over = state[81];
  wire [10:0] word = state[92:82];
  wire moving = state[93], stored = state[104];
  wire [9:0] moving_word = state[103:94], stored_word = state[114:105];
  localparam [2:0] IDLE = 0, CLEAR = 1, TAKE = 2, PEEK = 3, PUT = 4;

  // Skips forward only, never over the chosen word or chunk, nor over the last chunk.
  always @(*) begin
    assume (\dut.window.chosen == page_in_chunk);
    assume (!\dut.state.skips_words || (walk != IDLE && next[92:82] == word + 1
      && \dut.state.skip_word > next[92:82] && \dut.state.skip_word <= 1024
      && !(next[92:82] <= page_in_chunk && \dut.state.skip_word > page_in_chunk)));
    assume (!\dut.state.skips_chunks || (walk == CLEAR && chunk != 31
      && next[40:36] == chunk + 1 && \dut.state.skip_chunk > next[40:36]
      && !(next[40:36] <= page_chunk && \dut.state.skip_chunk > page_chunk)));
  end
  (* anyconst *) reg [4:0] page_bit;
  localparam [3:0] START = 1, SNAPSHOT = 3, PEEK_OP = 4, RESTORE = 5, ACKNOWLEDGE = 6;

  // The host's view: which command is at work, and on which chunk.
  wire busy = status[4];
  wire is_held = status[6];
  wire acts = command_write && !busy && command_data[31:24] != status[31:24];
  wire [3:0] operation = command_data[3:0];
  reg [3:0] at_work = 0;
  reg [4:0] target = 0;
  wire here = target == page_chunk;
  wire taking = busy && at_work == SNAPSHOT && here;
  wire putting = busy && at_work == RESTORE && here;
  wire clearing = busy && at_work == START;
  wire starts_snapshot = acts && operation == SNAPSHOT && !is_held;
  wire [31:0] marks = mark && mark_word == page_word ? 32'd1 << mark_bit : 32'd0;
  wire chunk_marked = mark && mark_word[14:10] == page_chunk;

  // Where a mark of the page must be, by the contract alone.
  reg must_live = 0, must_snap = 0, must_either = 0, ended = 0;
  wire restored = ended && at_work == RESTORE && here && !busy;
  wire live_due = must_live || (restored && (must_snap || must_either));
  wire snap_due = must_snap && !restored;
  wire either_due = must_either && !restored;
  // What left the log, what was in it, and what was marked, since the last command.
  reg [31:0] was_live = 0, lost = 0, seen = 0, fresh = 0, past_marks = 0;
  reg chunk_marks = 0, past_putting = 0, past_taking = 0, past_clearing = 0;
  wire [31:0] lost_now = lost | (was_live & ~live);
  reg past = 0;
  always @(posedge clock) begin
    past <= 1;
    ended <= busy;
    was_live <= live;
    past_marks <= marks;
    past_putting <= putting;
    past_taking <= taking;
    past_clearing <= clearing;
    must_live <= live_due || (marks[page_bit] && !clearing && !taking);
    must_snap <= snap_due;
    must_either <= either_due || (marks[page_bit] && taking);
    lost <= lost_now;
    seen <= seen | live;
    fresh <= fresh | marks;
    chunk_marks <= chunk_marks | chunk_marked;
    if (acts) begin
      at_work <= operation;
      lost <= 0;
      seen <= 0;
      fresh <= 0;
      chunk_marks <= 0;
      if ((operation == SNAPSHOT || operation == PEEK_OP) && !is_held) target <= command_data[12:8];
      if (starts_snapshot && command_data[12:8] == page_chunk) begin
        must_snap <= live_due || marks[page_bit];
        must_live <= 0;
      end
      if (operation == ACKNOWLEDGE && is_held && here) begin
        must_snap <= 0;
        must_either <= 0;
        if (either_due && !window[page_bit]) must_live <= 1;
      end
      if (operation == START) begin
        must_live <= 0;
        must_snap <= 0;
        must_either <= 0;
      end
    end
  end

  // Where the walk is, seen from the chosen word.
  wire passed = word > page_in_chunk;
  wire in_mover = moving && moving_word == page_in_chunk;
  wire in_store = stored && stored_word == page_in_chunk;
  wire moved = passed && !in_mover;
  wire in_window = moved && !in_store;
  wire [63:0] lines = {line_hi, line_lo};
  wire line = lines[page_in_chunk[9:4]];
  wire written = walk == TAKE || walk == PEEK;
  wire in_transit = in_store ? old[page_bit] : in_window && window[page_bit];
  always @(*) begin
    H_walk: assert (walk <= PUT && (walk == IDLE || (walk == CLEAR && at_work == START)
      || (walk == TAKE && at_work == SNAPSHOT) || (walk == PEEK && at_work == PEEK_OP)
      || (walk == PUT && at_work == RESTORE)));
    H_target: assert ((!written && walk != PUT || chunk == target)
      && (!held || held_chunk == target) && (walk != PUT || held)
      && ((walk != TAKE && walk != PEEK && walk != CLEAR) || !held)
      && shown_chunk[12:8] == target && shown_chunk[7:0] == 0 && shown_chunk[31:13] == 0);
    I3_walk_in_order: assert (word <= 1024 && (walk != IDLE || (!moving && !stored))
      && (!moving || (moving_word < word && (!passed || moving_word >= page_in_chunk)))
      && (!stored || (stored_word < word && (!moved || stored_word >= page_in_chunk)))
      && (!moving || !stored || stored_word < moving_word)
      && (word != 0 || (!moving && !stored)));
    H_put_data: assert (walk != PUT || !in_mover || op_data == window);
    H_old: assert (!in_store || walk == IDLE || chunk != page_chunk || old == was_live);
    H_due: assert ((!must_snap && !must_either) || (here && (taking || held || restored)));
    H_due_live: assert (!must_live || (!taking && !clearing));
    I2_moved_is_in_transit: assert (!must_snap || !taking || !moved || in_transit);
    H_left_over: assert (!left_over || (walk != TAKE || chunk != page_chunk) || chunk_marks);
    I12_late_mark_is_left_over: assert (!((walk == TAKE || walk == CLEAR) && chunk == page_chunk && moved
      && live != 0) || left_over);
    H_lost: assert (!taking || moved || lost_now == 0);
    I3_moved_is_kept: assert (!taking || !moved
      || (lost_now & ~(in_store ? old : window)) == 0);
    H_seen: assert (!taking || !moved || ((in_store ? old : window) & ~seen) == 0);
    H_cleared: assert (!clearing || !(chunk > page_chunk || (chunk == page_chunk && moved))
      || (live & ~fresh) == 0);
    I3_restored_behind_walk: assert (!putting || !moved || (window & ~live) == 0);
    I12_summary_at_every_clock: assert (live == 0 || chunk_summary[page_chunk]
      || (walk == PUT && chunk == page_chunk && window != 0));
    I12_line_at_every_clock: assert (window == 0 || line || (written && !in_window));
    I12_summary_at_every_clock_reached: cover (walk == PUT && chunk == page_chunk && live != 0
      && !chunk_summary[page_chunk]);
    I12_late_mark_is_left_over_reached: cover (taking && moved && live != 0 && lost_now != 0);
    I3_restored_behind_walk_reached: cover (putting && moved && window != 0);
    I12_line_at_every_clock_reached: cover (written && in_window && window != 0);
    I2_moved_is_in_transit_reached: cover (must_snap && taking && in_store && !live[page_bit]);
    I3_moved_is_kept_reached: cover (taking && in_store && lost_now != 0 && live != 0);
    I3_walk_in_order_reached: cover (taking && moving && stored && in_store);
    H_line_pending: assert (!(written && in_store && old != 0) || !in_window);
  end

  // I2.
  always @(*) begin
    I2_mark_stays_in_log: assert (!live_due || live[page_bit]);
    I2_snapshot_holds: assert (!snap_due || busy
      || (is_held && window[page_bit] && status[12:8] == page_chunk));
    I2_walk_drops_nothing: assert (!(snap_due || either_due) || !taking || live[page_bit]
      || in_transit);
    I2_restore_drops_nothing: assert (!(snap_due || either_due) || !putting || live[page_bit]
      || window[page_bit]);
    I2_mark_during_walk: assert (!either_due || busy || live[page_bit]
      || (is_held && window[page_bit]));
  end
  always @(posedge clock) begin
    I2_mark_stays_in_log_reached: cover (restored && live_due && !must_live);
    I2_snapshot_holds_reached: cover (snap_due && !busy && !live[page_bit]);
    I2_walk_drops_nothing_reached: cover (snap_due && taking && in_store && !live[page_bit]);
    I2_restore_drops_nothing_reached: cover (snap_due && putting && !live[page_bit]);
    I2_mark_during_walk_reached: cover (either_due && !busy && !snap_due && live[page_bit]);
  end

  // I3.
  reg held_before = 0;
  reg [31:0] window_before = 0;
  always @(posedge clock) begin
    held_before <= is_held && !busy;
    window_before <= window;
    I3_leaves_by_snapshot_or_start: assert (!past || (was_live & ~live) == 0 || past_taking
      || past_clearing);
    I3_leaves_by_snapshot_or_start_reached: cover (past_taking && (was_live & ~live) != 0
      && live != 0);
    I3_window_holds_what_left: assert (!(is_held && here && !busy && at_work == SNAPSHOT && ended)
      || (lost_now & ~window) == 0);
    I3_window_holds_what_left_reached: cover (is_held && here && !busy && ended && lost != 0
      && live != 0);
    I3_window_holds_nothing_else: assert (!(is_held && here && !busy && at_work == SNAPSHOT
      && ended) || (window & ~seen) == 0);
    I3_window_holds_nothing_else_reached: cover (is_held && here && !busy && ended && window != 0
      && (live & ~window) != 0);
    I3_window_kept_while_held: assert (!held_before || window == window_before);
    I3_window_kept_while_held_reached: cover (held_before && is_held && window != 0
      && past && $past(acts));
    I3_rises_by_mark_or_restore: assert (!past
      || (live & ~was_live & ~past_marks & ~(past_putting ? window : 32'd0)) == 0);
    I3_rises_by_mark_or_restore_reached: cover (past_putting && (live & ~was_live) != 0
      && was_live != 0 && past_marks != 0);
    I3_restore_ors: assert (!restored || (window & ~live) == 0);
    I3_restore_ors_reached: cover (restored && window != 0 && (live & ~window) != 0);
    I3_start_clears: assert (!(ended && !busy && at_work == START)
      || (tracking && (live & ~fresh) == 0));
    I3_start_clears_reached: cover (ended && !busy && at_work == START && lost != 0 && live != 0);
    I3_tracking_after_clear: assert (!past || !tracking || $past(tracking) || past_clearing);
    I3_tracking_after_clear_reached: cover (past && tracking && !$past(tracking) && lost != 0);
  end

  // I12.
  always @(posedge clock) begin
    I12_chunk_never_silently_clean: assert (busy || live == 0 || chunk_summary[page_chunk]);
    I12_chunk_never_silently_clean_reached: cover (!busy && ended && at_work == SNAPSHOT && here
      && live != 0 && lost != 0);
    I12_line_never_silently_clean: assert (busy || window == 0 || line);
    I12_line_never_silently_clean_reached: cover (!busy && window != 0 && page_in_chunk[9:4] == 40
      && line_lo == 0);
    I12_summary_is_exact: assert (!(ended && !busy && at_work == SNAPSHOT && is_held && here)
      || chunk_marks || !chunk_summary[page_chunk]);
    I12_summary_is_exact_reached: cover (ended && !busy && at_work == SNAPSHOT && is_held && here
      && !chunk_marks && window != 0);
  end
endmodule
