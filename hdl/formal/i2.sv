// No lost mark, end to end: device, log, link, host memory and a host that copies pages.
//
// Proven for a page and a byte in it, chosen freely, while DIRTY_TRACKING is on:
// - I2: if the host's copy of the byte is older than the last write that landed, then the page is
//   marked in the log, or in a snapshot that was not acknowledged, or its mark is on its way: the
//   write started less than four clocks ago, or is an AtomicOp whose completion is not yet back
//   or whose lookup is waiting.
// - I2: when writes have stopped, and one answer showed the core at rest, no snapshot held and
//   the chunk's summary bit 0, the copy holds the last write.
//
// slackwater$log and slackwater$snapshot are the real ones, wired as in slackwater. Around them:
// - Writes start and stop at any clock: gate and device. The mark reaches the log three clocks
//   after the lookup, which is made in the clock in which a memory write starts, if tracking is
//   on then: contracts of slackwater$tx, slackwater$outstanding and slackwater$ranges. Marks of
//   other pages, and marks of this one without a write, come in any clock that is left.
// - A range is not changed under this page while a write to it is under way: the range table
//   changes no enabled range, and a range is drained before it is removed.
// - AtomicOps land at any time. A completion, or the time-out of a tag, comes at any time after
//   landing: an AtomicOp that lands after its own time-out is outside the contract. The lookup
//   waits one to any number of clocks, so the delay in slackwater$outstanding is covered.
// - The link, by PCIe ordering: a completion never passes a memory write that was sent before it
//   (the core clears relaxed ordering); writes pass completions, AtomicOps pass and are passed by
//   everything, at the solver's choice.
// - The host sends any command at any time, may copy the page at any time, may lose or get twice
//   any answer, and may die and forget what it read. It keeps the rules of the driver, and no
//   others: ACKNOWLEDGE is sent only after the window was read while the snapshot was held, that
//   answer came back, and the page was copied afterwards if its bit was 1; no other command is
//   sent between the two. A host that dies sends no ACKNOWLEDGE before it has read again. Commands
//   arrive in the order in which they are sent: posted writes to one function. It relies on the
//   log from its first copy after an answer that showed tracking on, until START or STOP.
// The numbers of writes under way are kept as flags that the solver may leave set, which covers
// any number.
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
// @cover: 20
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

module i2_properties(input clock);
  (* anyseq *) reg command_write, other_mark, incomplete;
  (* anyseq *) reg [31:0] command_data;
  (* anyseq *) reg [14:0] other_word;
  (* anyseq *) reg [4:0] other_bit;
  (* anyseq *) reg [9:0] window_word;
  (* anyconst *) reg [4:0] page_bit;
  wire [1:0] op;
  wire [14:0] op_word;
  wire [31:0] op_data, old, command, status, chunk_summary, line_lo, line_hi, window_data;
  wire [23:0] count;
  wire tracking, mark;
  wire [14:0] mark_word;
  wire [4:0] mark_bit;
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
  localparam [3:0] START = 1, STOP = 2, ACKNOWLEDGE = 6;
  wire busy = status[4];
  wire acts = command_write && !busy && command_data[31:24] != status[31:24];
  wire [3:0] operation = command_data[3:0];

  // Writes of the device to the page: what happens in this clock, at the solver's choice.
  (* anyseq *) reg write_starts, ahead_lands, behind_lands, more_ahead, more_behind;
  (* anyseq *) reg atomic_starts, atomic_lands, atomic_returns, more_flying, more_landed, looks_up;
  (* anyseq *) reg more_waiting;
  // Under way on the link: memory writes sent before the answer below, and those sent after it.
  reg ahead = 0, behind = 0;
  // AtomicOps: sent; landed with the completion under way; completion back, lookup waiting.
  reg flying = 0, landed = 0, waiting = 0;
  // The mark's three clocks.
  reg [2:0] on_its_way = 0;
  wire lookup = (write_starts || (waiting && looks_up)) && tracking;
  assign mark = on_its_way[2] || other_mark;
  assign mark_word = on_its_way[2] ? page_word : other_word;
  assign mark_bit = on_its_way[2] ? page_bit : other_bit;
  wire lands = (ahead && ahead_lands) || (behind && behind_lands) || (flying && atomic_lands);

  // An answer of the core: what it says, and whether it is under way (at any time, again and
  // again) or has come back. A new one may be sent at any time and replaces what is under way.
  (* anyseq *) reg sends, arrives, repeats, copies, dies, acknowledges;
  reg under_way = 0, says_held = 0, says_marked = 0, says_tracking = 0, says_clean = 0;
  reg asked = 0;
  wire arrival = under_way && !ahead && arrives;
  // What the host knows and did, and what it sent.
  reg read_window = 0, copied = 0, knows_tracking = 0, acknowledging = 0;
  // The core was at rest and clean when it said so, and no write has started since.
  reg at_rest = 0;
  // The host relies on the log; its copy is older than the last write that landed.
  reg relies = 0, stale = 0;
  wire idle_and_held = !busy && status[6] && status[12:8] == page_chunk;
  wire quiet = on_its_way == 0 && !waiting && !flying && !landed && !write_starts
    && !atomic_starts;
  wire ends_log = acts && (operation == START || operation == STOP);
  wire ahead_left = ahead && (!ahead_lands || more_ahead);
  wire behind_left = behind && (!behind_lands || more_behind);
  always @(*) begin
    // The rules of the driver.
    assume (!acknowledges || (read_window && copied && !acts));
    assume (!acts || (operation == ACKNOWLEDGE) == acknowledging);
  end
  always @(posedge clock) begin
    // Device and link.
    flying <= (flying && (!atomic_lands || more_flying)) || atomic_starts;
    landed <= (landed && (!atomic_returns || more_landed)) || (flying && atomic_lands);
    waiting <= (waiting && (!looks_up || write_starts || more_waiting))
      || (landed && atomic_returns);
    on_its_way <= {on_its_way[1:0], lookup};
    ahead <= sends ? ahead_left || behind_left : ahead_left;
    behind <= sends ? write_starts : behind_left || write_starts;
    // Answers. The window shows its word one clock after it was asked for.
    asked <= idle_and_held && window_word == page_in_chunk;
    if (arrival && !repeats) under_way <= 0;
    if (!quiet) says_clean <= 0;
    if (sends) begin
      under_way <= 1;
      says_held <= asked && idle_and_held;
      says_marked <= window_data[page_bit];
      says_tracking <= tracking;
      says_clean <= !busy && !status[6] && !chunk_summary[page_chunk] && quiet;
    end
    // Host memory.
    if (copies) stale <= 0;
    if (lands) stale <= 1;
    // The host.
    if (copies && knows_tracking) relies <= 1;
    if (copies && read_window) copied <= 1;
    if (arrival && says_held && !read_window) begin
      read_window <= 1;
      copied <= !says_marked;
    end
    if (arrival && says_tracking) knows_tracking <= 1;
    at_rest <= quiet && (at_rest || (arrival && says_clean));
    if (acknowledges) acknowledging <= 1;
    if (command_write && operation == ACKNOWLEDGE) acknowledging <= acknowledges;
    // What was asked before a command, or by a host that died, counts no more.
    if (acts || dies) begin
      under_way <= 0;
      read_window <= 0;
      copied <= 0;
      at_rest <= 0;
    end
    if (ends_log) begin
      knows_tracking <= 0;
      relies <= 0;
    end
  end

  // Where the walk is, seen from the chosen word.
  wire passed = word > page_in_chunk;
  wire in_mover = moving && moving_word == page_in_chunk;
  wire in_store = stored && stored_word == page_in_chunk;
  wire moved = passed && !in_mover;
  wire in_window = moved && !in_store;
  wire [63:0] lines = {line_hi, line_lo};
  wire written = walk == TAKE || walk == PEEK;
  reg [31:0] was_live = 0;
  always @(posedge clock) was_live <= live;

  // The three places of a mark.
  wire in_log = live[page_bit];
  wire in_snapshot = (held && held_chunk == page_chunk && window[page_bit])
    || (walk == TAKE && chunk == page_chunk
      && (in_store ? old[page_bit] : in_window && window[page_bit]));
  wire coming = on_its_way != 0 || landed || waiting;
  wire sent = ahead || behind;
  wire safe = in_log || on_its_way != 0;
  always @(*) begin
    H_walk: assert (walk <= PUT && (walk != PUT || (held && chunk == held_chunk))
      && (walk == IDLE || walk == PUT || !held));
    H_shown: assert (shown_chunk[7:0] == 0 && shown_chunk[31:13] == 0
      && (!held || shown_chunk[12:8] == held_chunk) && (!written || shown_chunk[12:8] == chunk));
    H_order: assert (word <= 1024 && (walk != IDLE || (!moving && !stored))
      && (!moving || (moving_word < word && (!passed || moving_word >= page_in_chunk)))
      && (!stored || (stored_word < word && (!moved || stored_word >= page_in_chunk)))
      && (!moving || !stored || stored_word < moving_word)
      && (word != 0 || (!moving && !stored)));
    H_put_data: assert (walk != PUT || !in_mover || op_data == window);
    H_old: assert (!in_store || walk == IDLE || chunk != page_chunk || old == was_live);
    H_left_over_kept: assert (!((walk == TAKE || walk == CLEAR) && chunk == page_chunk && moved
      && live != 0) || left_over);
    H_put: assert (!(walk == PUT && chunk == page_chunk && moved) || (window & ~live) == 0);
    H_summary: assert (live == 0 || chunk_summary[page_chunk]
      || (walk == PUT && chunk == page_chunk && window != 0));
    H_line: assert (window == 0 || lines[page_in_chunk[9:4]] || (written && !in_window));

    H_tracking: assert (!(knows_tracking || (under_way && says_tracking))
      || (tracking && walk != CLEAR));
    H_relies: assert (!relies || knows_tracking);
    H_sent: assert (!knows_tracking || !sent || safe || in_snapshot);
    H_behind: assert (!(under_way && says_tracking) || !behind || safe || in_snapshot);
    H_asked: assert (!asked || !idle_and_held || window_data == window);
    H_answer: assert (!(under_way && says_held)
      || (idle_and_held && says_marked == window[page_bit]));
    H_behind_held: assert (!(under_way && says_held && tracking) || !behind || safe);
    H_read: assert (!read_window || (idle_and_held && (copied || window[page_bit])));
    H_read_sent: assert (!(read_window && tracking) || !sent || safe);
    H_copied: assert (!(read_window && copied && relies) || !stale || in_log || coming);
    H_acknowledging: assert (!acknowledging || idle_and_held);
    H_acknowledging_sent: assert (!(acknowledging && tracking) || !sent || safe);
    H_acknowledging_copied: assert (!(acknowledging && relies) || !stale || in_log || coming);
    H_clean: assert (!((under_way && says_clean) || at_rest) || (quiet_before && !behind
      && !(relies && stale) && !(sent && (at_rest || knows_tracking))));
  end
  wire quiet_before = on_its_way == 0 && !waiting && !flying && !landed;

  always @(posedge clock) begin
    I2_no_lost_mark: assert (!relies || !stale || in_log || in_snapshot || coming);
    I2_no_lost_mark_reached: cover (relies && stale && !in_log && !coming && in_snapshot
      && !busy && copied_once);
    I2_tracks_only_when_cleared: assert (walk != CLEAR || !tracking);
    I2_tracks_only_when_cleared_reached: cover (walk == CLEAR && chunk == 31 && mark);
    I2_sent_write_is_marked: assert (!relies || !sent || in_log || in_snapshot
      || on_its_way != 0);
    I2_sent_write_is_marked_reached: cover (relies && sent && !in_log && in_snapshot
      && on_its_way == 0 && under_way && says_held);
    I2_acknowledged_copy_is_fresh: assert (!(relies && acknowledging) || !stale || in_log
      || coming);
    I2_acknowledged_copy_is_fresh_reached: cover (relies && acknowledging && stale
      && window[page_bit] && in_log);
    I2_final_copy_is_last: assert (!relies || !at_rest || !stale);
    I2_final_copy_is_last_reached: cover (relies && at_rest && copied_once && acknowledged
      && landed_once);
  end
  // For the covers: a write landed while it was logged, then was copied, then acknowledged.
  reg landed_once = 0, copied_once = 0, acknowledged = 0;
  always @(posedge clock) begin
    landed_once <= landed_once || (tracking && lands);
    copied_once <= copied_once || (landed_once && copies && !lands);
    acknowledged <= acknowledged || (acts && operation == ACKNOWLEDGE && copied_once
      && window[page_bit]);
  end
endmodule
