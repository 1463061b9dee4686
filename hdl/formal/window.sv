// The data window and the firmware's bus: module slackwater$control (hdl/src/control_bus.rs).
//
// Proven:
// - I9: a word of the window reads, on both ports, what was written to it last, by host or
//   firmware, each write acting once; a command acts once for its sequence number, stays until
//   it is answered, and ends with exactly what firmware says of outcome, bytes and end of
//   stream (temporary or final), or as Aborted by the watchdog or a reset; the answer then
//   stays until the next command is answered.
// - I9, I8, I7: the state port, the answers and the holds of device_state are written once for
//   each write on the bus, and by nothing else; a word of the state is read after the index has
//   been stable for two clocks.
// - I10: every request on the bus is answered once, a read after three clocks and a write after
//   one, later only by the clocks in which the host writes into the window.
//
// Assumption: a request of the soft core stays unchanged until it is answered (contract of the
// control bus). Everything else is free.
//
// The RAM of the window is replaced by one that keeps one word, chosen freely, and reads
// anything elsewhere: what is proven of the chosen word is proven of each, and 1024 words need
// not be carried through the proof.
//
// @prove: 4
// @cover: 12
// @replaces: slackwater$control$window
module slackwater$control$window(input clock, input [9:0] write_address, input [31:0] write_data,
    input write_enable, input [9:0] read_address, input [9:0] peek_address,
    output reg [31:0] read_data, output reg [31:0] peek_data);
  (* anyconst *) reg [9:0] chosen;
  (* anyseq *) reg [31:0] other, another;
  reg [31:0] kept = 0;
  wire [31:0] content = kept;
  always @(posedge clock) begin
    read_data <= read_address == chosen ? kept : other;
    peek_data <= peek_address == chosen ? kept : another;
    if (write_enable && write_address == chosen) kept <= write_data;
  end
endmodule

module window_properties(input clock);
  (* anyseq *) reg valid, write, request_pending, window_reset, window_command_write, host_window_write;
  (* anyseq *) reg [19:0] address;
  (* anyseq *) reg [31:0] data, reason, status, watchdog, host_data, state_read_data, old;
  (* anyseq *) reg [3:0] requested, present;
  (* anyseq *) reg [2:0] hold;
  (* anyseq *) reg [9:0] host_window_word;
  (* anyseq *) reg [23:0] internal_count;
  (* anyseq *) reg [31:0] page_requests;
  wire ready, attention, answer_write, reason_write, hold_write, state_write;
  wire [31:0] read_data, window_data, window_command, window_status, initial_bytes, dirty_bytes;
  wire [15:0] state_index;
  wire [1:0] op;
  wire [2:0] op_word;

  slackwater$control dut(.clock(clock), .valid(valid), .write(write), .address(address),
    .data(data), .ready(ready), .read_data(read_data), .attention(attention),
    .answer_write(answer_write), .reason_write(reason_write), .hold_write(hold_write),
    .request_pending(request_pending), .requested(requested), .present(present),
    .reason(reason), .hold(hold), .status(status), .watchdog(watchdog),
    .window_reset(window_reset), .window_command_write(window_command_write),
    .host_data(host_data), .host_window_write(host_window_write),
    .host_window_word(host_window_word), .window_data(window_data),
    .window_command(window_command), .window_status(window_status),
    .initial_bytes(initial_bytes), .dirty_bytes(dirty_bytes), .state_index(state_index),
    .state_read_data(state_read_data), .state_write(state_write), .op(op), .op_word(op_word),
    .old(old), .internal_count(internal_count), .page_requests(page_requests));

  (* hierconn *) wire [9:0] \dut.window.chosen ;
  (* hierconn *) wire [31:0] \dut.window.content ;
  (* hierconn *) wire [228:0] \dut.registers$q ;
  wire [9:0] chosen = \dut.window.chosen ;
  wire [1:0] wait_left = \dut.registers$q [1:0];
  wire [31:0] busy_for = \dut.registers$q [228:197];

  // The request on the bus: how many clocks it has been there, and whether it was written.
  reg [2:0] age = 0;
  reg bus_waits = 0, was_write = 0;
  reg [19:0] was_address = 0;
  reg [31:0] was_data = 0;
  // A write is carried out in its first clock; one into the window in its first clock without
  // a write of the host into the window.
  wire in_window = address[19:12] == 8'h02;
  wire in_state = address[19:16] == 4'h1;
  wire starts = valid && !ready && age == 0;
  wire acts = starts && write && !(in_window && host_window_write);
  always @(posedge clock) begin
    bus_waits <= valid && !ready;
    was_write <= write;
    was_address <= address;
    was_data <= data;
    age <= ready || !valid ? 0 : (age == 0 && write) ? 0 : age + 1;
  end
  always @(*)
    assume (!bus_waits || (valid && write == was_write && address == was_address && data == was_data));

  // What the chosen word holds.
  reg [31:0] word = 0;
  // The command of the window as the host gave it, and how it ended.
  reg busy = 0;
  reg [31:0] command = 0, answer = 0, busy_clocks = 0;
  wire new_command = window_command_write && host_data[31:24] != command[31:24] && !busy && !window_reset;
  wire answered = acts && address == 20'h1c && busy;
  wire cut_off = busy && (window_reset || busy_clocks >= watchdog);
  always @(posedge clock) begin
    if (host_window_write && host_window_word == chosen) word <= host_data;
    if (acts && in_window && address[11:2] == chosen) word <= data;
    busy_clocks <= busy ? busy_clocks + 1 : 0;
    if (answered) begin
      busy <= 0;
      // Outcome, end of stream and bytes; the other bits are not firmware's.
      answer <= {11'b0, data[20:8], data[7:6], 2'b0, data[3:0]};
    end
    if (cut_off) begin
      busy <= 0;
      answer <= 6;
    end else if (window_reset) answer <= 0;
    if (new_command) begin
      busy <= 1;
      command <= host_data;
    end
  end

  always @(*) begin
    H_wait: assert (wait_left == (age == 0 ? 0 : 3 - age));
    H_age: assert (age <= 3 && (age == 0 || (bus_waits && !was_write)) && (age != 3 || ready));
    I9_answer_kept: assert (\dut.registers$q [195:164] == answer && answer[31:21] == 0 && answer[5:4] == 0);
    H_busy_for: assert (!busy || busy_for == busy_clocks);
  end

  reg past = 0;
  always @(posedge clock) past <= 1;
  reg [2:0] running = 0;
  wire three_clocks = running[2];
  always @(posedge clock) running <= {running[1:0], 1'b1};

  // I9: the window.
  always @(*) begin
    I9_written_once: assert (\dut.window.content == word);
    I9_busy_until_answered: assert (window_status[4] == busy);
    I9_command_shown: assert (window_command == command && window_status[31:24] == command[31:24]);
    I9_end_of_stream: assert (window_status[7:6] == answer[7:6]);
    I9_bytes: assert (window_status[20:8] == answer[20:8]);
    I9_outcome: assert (window_status[3:0] == answer[3:0] && window_status[23:21] == 0 && !window_status[5]);
    I9_firmware_told: assert (attention == (request_pending || busy));
  end
  always @(posedge clock) begin
    I9_written_once_reached: cover (past && word == 8'h77 && $past(word) == 8'h66
      && $past(acts && in_window));
    I9_busy_until_answered_reached: cover (past && busy && $past(window_command_write && busy));
    I9_command_shown_reached: cover (past && !busy && command[31:24] == 8'h81 && $past(busy));
    I9_end_of_stream_reached: cover (!busy && window_status[7:6] == 2 && command[31:24] == 2 && second_answer);
    I9_answer_kept_reached: cover (past && busy && answer == 32'h1040 && $past(new_command));
    I9_bytes_reached: cover (!busy && window_status[20:8] == 13'd4096);
    I9_outcome_reached: cover (past && window_status[3:0] == 6 && $past(busy && !window_reset));
    I9_firmware_told_reached: cover (past && attention && !request_pending && $past(answered, 2) && three_clocks);
    if (past) begin
      I9_host_reads: assert (!($past(host_window_word) == chosen) || window_data == $past(word));
      I9_host_reads_reached: cover ($past(host_window_word) == chosen && window_data == 32'h5a
        && $past(acts && in_window, 2) && three_clocks);
      I9_host_write_first: assert (!$past(valid && write && in_window && host_window_write && !ready && age == 0) || !ready);
      I9_host_write_first_reached: cover ($past(starts && write && in_window && host_window_write
        && host_window_word == chosen && address[11:2] == chosen) && acts);
      I9_acts_once: assert (!(busy && !$past(busy)) || ($past(host_data[31:24]) != $past(window_command[31:24])
        && window_command == $past(host_data)));
      I9_acts_once_reached: cover ($past(window_command_write && !busy) && !busy && $past(host_data[31:24]) == 3
        && $past(command[31:24]) == 3);
      I9_stays_answered: assert (!$past(!busy && !window_reset) || busy
        || window_status == $past(window_status));
      I9_stays_answered_reached: cover ($past(!busy && acts && address == 20'h1c) && window_status[20:8] != 0);
      I9_estimates: assert (initial_bytes == ($past(window_reset && !busy) ? 0
          : $past(acts && address == 20'h20) ? $past(data) : $past(initial_bytes))
        && dirty_bytes == ($past(window_reset && !busy) ? 0
          : $past(acts && address == 20'h24) ? $past(data) : $past(dirty_bytes)));
      I9_estimates_reached: cover (initial_bytes == 5 && dirty_bytes == 7);
    end
  end
  reg one_answer = 0, second_answer = 0;
  always @(posedge clock) begin
    if (answered) one_answer <= 1;
    if (answered && one_answer) second_answer <= 1;
  end

  // The bus: each request is answered once, each write acts once.
  always @(posedge clock) if (past) begin
    I10_write_answered: assert (!($past(acts)) || ready);
    I10_write_answered_reached: cover ($past(acts) && $past(host_window_write) && ready);
    I10_read_answered: assert (!($past(starts && !write, 3)) || !three_clocks || ready);
    I10_read_answered_reached: cover (three_clocks && $past(starts && !write, 3) && ready);
    I10_only_asked: assert (!ready || $past(acts) || (three_clocks && $past(starts && !write, 3)));
    I10_only_asked_reached: cover (ready && $past(ready, 2) && $past(valid, 2) && three_clocks);
    I10_ready_one_clock: assert (!(ready && $past(ready)));
    I10_ready_one_clock_reached: cover ($past(ready && valid) && valid && write && acts);
    I9_firmware_reads: assert (!(ready && !$past(write) && $past(in_window) && $past(address[11:2]) == chosen)
      || read_data == $past(word, 2) || !three_clocks);
    I9_firmware_reads_reached: cover (ready && !$past(write) && $past(in_window) && read_data == 32'ha5
      && $past(address[11:2]) == chosen);
    I9_state_read_settled: assert (!(ready && !$past(write) && $past(in_state))
      || (read_data == $past(state_read_data) && $past(state_index) == $past(address[15:2])
          && $past(state_index, 2) == $past(address[15:2]) && $past(state_index, 3) == $past(address[15:2])) || !three_clocks);
    I9_state_read_settled_reached: cover (ready && !$past(write) && $past(address) == 20'h1_4004
      && read_data != $past(state_read_data, 2) && three_clocks);
  end

  always @(*) begin
    I8_state_write_once: assert (state_write == (acts && in_state)
      && (!state_write || state_index == address[15:2]));
    I7_answer_once: assert (answer_write == (acts && address == 20'h08));
    I7_reason_once: assert (reason_write == (acts && address == 20'h0c));
    I7_hold_once: assert (hold_write == (acts && address == 20'h10));
    I9_internal_take_once: assert ((op != 0) == (acts && address == 20'h38)
      && (op == 0 || (op == 1 && op_word == data[2:0])));
  end
  always @(posedge clock) begin
    I8_state_write_once_reached: cover (past && state_write && $past(ready) && host_window_write);
    I7_answer_once_reached: cover (past && answer_write && $past(ready));
    I7_reason_once_reached: cover (past && reason_write && $past(ready));
    I7_hold_once_reached: cover (past && hold_write && $past(ready));
    I9_internal_take_once_reached: cover (past && op == 1 && op_word == 5 && $past(ready));
    if (past) begin
      I9_internal_word_kept: assert (!(ready && !$past(write) && $past(address) == 20'h3c)
        || read_data == taken);
      I9_internal_word_kept_reached: cover (ready && !$past(write) && $past(address) == 20'h3c && read_data == 32'h33);
    end
  end
  // The word that the internal log gave up last: it comes one clock after the command.
  reg takes = 0;
  reg [31:0] taken = 0;
  always @(posedge clock) begin
    takes <= acts && address == 20'h38;
    if (takes) taken <= old;
  end
  always @(*) H_taken: assert (\dut.registers$q [131:100] == taken && \dut.registers$q [99] == takes);
endmodule
