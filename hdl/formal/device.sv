// device_state and what hardware holds at every instant: module slackwater$device
// (hdl/src/device_control.rs).
//
// Proven, for every behaviour of host, firmware, device and the other blocks:
// - I6: QUIESCED reads 1 exactly if the gate is closed, nothing is outstanding or lost track of,
//   no mark is on its way and no interrupt hangs at the PCIe core; it stays 1 while the other
//   blocks stay at rest and the gate stays closed.
// - I7: device_state ERROR closes the gate and freezes the routing in the same clock, however
//   ERROR was entered; a request that firmware does not answer in time ends in ERROR; ERROR is
//   left by a VMM reset only; a state that needs rest (NDMA, !RUNNING) is entered only at rest;
//   device_state changes by an answer, the watchdog or a reset and in no other way.
// - I8: while !RUNNING the gate is closed and BARs are routed to the core; unless in ERROR the
//   device is frozen; it is frozen only when nothing is under way between host and device; no
//   interrupt starts at a closed gate, and one that was offered is not withdrawn by the core.
//
// Assumptions:
// - tx_closed implies close: contract of the port `closed` of slackwater$tx, asserted in core.sv.
// - msi_valid stays until msi_ready: the handshake of the port dev_msi of the core.
// That the other blocks stay at rest while the gate is closed is not assumed here; that the gate
// stays closed and nothing starts is proven over the whole core in core.sv.
//
// @prove: 3
// @cover: 14
module device_properties(input clock);
  (* anyseq *) reg state_request_write, reset_write, answer_write, reason_write, hold_write;
  (* anyseq *) reg [31:0] host_data, firmware_data, watchdog, timeout;
  (* anyseq *) reg tx_closed, lost_track, marks_pending, device_rx_busy, np_to_device;
  (* anyseq *) reg device_completed, flr, msi_valid, msi_out_ready;
  (* anyseq *) reg [5:0] outstanding;
  wire msi_ready, msi_out_valid, msi_sent, request_pending, close, route_frozen, freeze;
  wire device_reset, firmware_reset, clear, flr_done;
  wire [31:0] state_request, state, reason, status, reset_register;
  wire [2:0] hold;
  wire [3:0] requested, present;

  slackwater$device dut(.clock(clock), .state_request_write(state_request_write),
    .reset_write(reset_write), .host_data(host_data), .watchdog(watchdog), .timeout(timeout),
    .answer_write(answer_write), .reason_write(reason_write), .hold_write(hold_write),
    .firmware_data(firmware_data), .tx_closed(tx_closed), .outstanding(outstanding),
    .lost_track(lost_track), .marks_pending(marks_pending), .device_rx_busy(device_rx_busy),
    .np_to_device(np_to_device), .device_completed(device_completed), .flr(flr),
    .msi_valid(msi_valid), .msi_ready(msi_ready), .msi_out_valid(msi_out_valid),
    .msi_out_ready(msi_out_ready), .msi_sent(msi_sent), .state_request(state_request),
    .state(state), .reason(reason), .status(status), .reset_register(reset_register),
    .hold(hold), .request_pending(request_pending), .requested(requested), .present(present),
    .close(close), .route_frozen(route_frozen), .freeze(freeze), .device_reset(device_reset),
    .firmware_reset(firmware_reset), .clear(clear), .flr_done(flr_done));

  (* hierconn *) wire [139:0] \dut.registers$q ;
  (* hierconn *) wire [77:0] \dut.holds$q ;
  (* hierconn *) wire [1:0] \dut.phase$q ;
  wire [31:0] waited = \dut.registers$q [139:108];
  wire [7:0] unanswered = \dut.holds$q [8:1];

  localparam [3:0] RUNNING = 1, ERROR = 6;
  wire quiesced = status[0];
  wire frozen = status[2];
  wire resetting = status[3];
  wire in_error = present == ERROR;

  // Nothing moves: what QUIESCED claims, told by the other blocks and by this file's own view
  // of the interrupt port.
  reg msi_hangs = 0;
  wire at_rest = tx_closed && outstanding == 0 && !lost_track && !marks_pending && !msi_hangs;

  // How many clocks the present request has been pending.
  reg [31:0] age = 0;
  // Requests of the host that the device has taken and not answered, counted apart from the
  // block. There is no number for 255 and more: they stay uncounted until a reset.
  reg [7:0] inside = 0;
  wire uncounted = inside == 255;
  reg past = 0;
  reg watchdog_hit = 0;
  always @(posedge clock) begin
    past <= 1;
    msi_hangs <= msi_out_valid && !msi_out_ready;
    age <= request_pending ? age + 1 : 0;
    watchdog_hit <= request_pending && !answer_write && age >= watchdog;
    if (device_reset) inside <= 0;
    else if (!uncounted) inside <= inside + (np_to_device && !device_completed)
                          - (!np_to_device && device_completed && inside != 0);
  end

  always @(*) begin
    assume (!tx_closed || close);
    assume (!msi_hangs || msi_valid);
    H_age: assert (!request_pending || waited == age);
    H_phase: assert (\dut.phase$q != 3);
  end

  // The counter of the block agrees with that number.
  always @(posedge clock) begin
    I8_unanswered_counted: assert (unanswered == inside);
    I8_unanswered_counted_reached: cover (past && inside == 2 && $past(np_to_device && device_completed)
      && $past(inside) == 2);
  end

  // I6.
  always @(*) begin
    I6_quiesced_is_true: assert (!quiesced || (close && at_rest));
    I6_quiesced_is_claimed: assert (quiesced || !at_rest);
    I6_status_shows_why_not: assert (status[1] == tx_closed && status[5] == marks_pending
      && status[13:8] == outstanding && status[4] == (close && !tx_closed));
  end
  reg was_outstanding = 0, was_marking = 0, was_hanging = 0;
  always @(posedge clock) begin
    was_outstanding <= was_outstanding | (close && outstanding != 0);
    was_marking <= was_marking | (close && marks_pending);
    was_hanging <= was_hanging | (close && msi_hangs);
    I6_quiesced_is_true_reached: cover (quiesced && was_outstanding && was_marking && was_hanging
      && in_error);
    I6_quiesced_is_claimed_reached: cover (past && at_rest && close && $past(msi_hangs && close));
    I6_status_shows_why_not_reached: cover (status[4] && status[5] && status[13:8] == 6'd33);
    if (past) begin
      I6_quiesced_stays: assert (!$past(quiesced) || quiesced || !tx_closed || outstanding != 0
        || lost_track || marks_pending);
      I6_quiesced_stays_reached: cover ($past(quiesced) && quiesced && msi_valid && $past(msi_valid));
    end
  end

  // I7.
  always @(*) begin
    I7_error_gates: assert (!in_error || (close && route_frozen));
    I7_error_idle: assert (!in_error || !request_pending);
    I7_state_shown: assert (state[3:0] == present && state[8] == request_pending);
    I7_states_valid: assert (in_error || ((present & ERROR) != ERROR && (present & 5) != 5));
    I7_ndma_gates: assert (!present[3] || close);
    I7_request_gates: assert (!request_pending || (!requested[3] && requested[0]) || close);
    I7_hold_gates: assert (!(hold[0] || hold[1]) || close);
  end
  always @(posedge clock) begin
    I7_error_gates_reached: cover (past && in_error && watchdog_hit && $past(present == RUNNING && !close));
    I7_error_idle_reached: cover (past && in_error && $past(state_request_write && in_error) && reason == 2);
    I7_state_shown_reached: cover (state[3:0] == 4'd3 && state[8]);
    I7_states_valid_reached: cover (past && present == 4'd10 && $past(present) == 4'd3);
    I7_ndma_gates_reached: cover (present == 4'd9 && close && !request_pending);
    I7_request_gates_reached: cover (request_pending && requested == 4'd2 && present == RUNNING
      && close && !resetting);
    I7_hold_gates_reached: cover (hold == 1 && present == RUNNING && !resetting && !request_pending);
    if (past) begin
      // The watchdog: its last clock ends the request, with the outcome ERROR and the reason.
      I7_watchdog: assert (!watchdog_hit || $past(firmware_reset)
        || (!request_pending && in_error && state[5:4] == 3 && reason == 5));
      I7_watchdog_reached: cover (watchdog_hit && $past(age) == 3 && !$past(resetting) && $past(watchdog) == 3);
      I7_not_before_its_time: assert (!($past(request_pending) && !request_pending) || watchdog_hit
        || $past(answer_write) || $past(firmware_reset));
      I7_not_before_its_time_reached: cover (request_pending && age == 4);
      I7_error_stays: assert (!$past(in_error) || in_error || $past(firmware_reset));
      I7_error_stays_reached: cover ($past(in_error && state_request_write) && state_request[31:24] == 8'h55
        && state_request[3:0] == RUNNING && state[5:4] == 3 && reason == 2);
      I7_vmm_reset_ends_error: assert (!($past(firmware_reset) && !firmware_reset)
        || (present == RUNNING && !request_pending && hold == 0));
      I7_vmm_reset_ends_error_reached: cover ($past(in_error) && present == RUNNING);
      // device_state changes to what was asked for by an answer "succeeded", to ERROR by any
      // answer but "kept" or by the watchdog, and to RUNNING by a VMM reset.
      I7_no_other_change: assert (present == $past(present) || $past(firmware_reset)
        || (in_error && watchdog_hit)
        || ($past(request_pending && answer_write)
            && $past(firmware_data[5:4]) != 2 && (in_error || (present == $past(requested)
            && $past(firmware_data[5:4]) == 1 && state[5:4] == 1))));
      I7_no_other_change_reached: cover (present == 4'd4 && $past(present) == RUNNING);
      I7_kept_is_kept: assert (!$past(request_pending && answer_write && firmware_data[5:4] == 2
          && !firmware_reset)
        || (present == $past(present) && !request_pending && state[5:4] == 2));
      I7_kept_is_kept_reached: cover ($past(request_pending && answer_write) && state[5:4] == 2
        && present == RUNNING);
      // Whatever needs rest is entered only at rest, and !RUNNING only with the device frozen.
      I7_enter_at_rest: assert (present == $past(present) || in_error || $past(firmware_reset)
        || ((!present[3] && present[0]) || $past(quiesced)));
      I7_enter_at_rest_reached: cover (present == 4'd11 && $past(present) == RUNNING);
      // Sequence numbers: the same number again is the same request.
      I7_request_acts_once: assert (!(request_pending && !$past(request_pending))
        || ($past(state_request_write) && $past(host_data[31:24]) != $past(state_request[31:24])
            && state_request == $past(host_data) && requested == $past(host_data[3:0])));
      I7_request_acts_once_reached: cover (request_pending && !$past(request_pending)
        && state_request[31:24] == 8'h02 && $past(state_request[31:24]) == 8'h01);
      I7_request_kept: assert (!($past(request_pending) && request_pending)
        || (requested == $past(requested) && state_request == $past(state_request)));
      I7_request_kept_reached: cover ($past(request_pending && state_request_write) && request_pending
        && $past(host_data[3:0]) != requested && $past(host_data[31:24]) != state_request[31:24]);
      I7_request_is_taken: assert (!$past(state_request_write && !request_pending && !resetting && !in_error
          && host_data[31:24] != state_request[31:24])
        || request_pending);
      I7_request_is_taken_reached: cover (request_pending && $past(state_request[31:24] == 8'h07));
    end
  end

  // I8.
  always @(*) begin
    I8_stopped_is_closed: assert (present[0] || (close && route_frozen));
    I8_stopped_is_frozen: assert (present[0] || in_error || frozen);
    I8_freeze_hold: assert (!hold[1] || (close && route_frozen));
    I8_freeze_line: assert (freeze == (frozen && !device_reset));
    I8_no_interrupt_starts: assert (!(msi_out_valid && close) || msi_hangs);
    I8_interrupt_stays: assert (!msi_hangs || msi_out_valid);
    I8_interrupt_taken_once: assert (msi_ready == (msi_out_valid && msi_out_ready)
      && msi_sent == msi_ready && (!msi_out_valid || msi_valid));
    I8_interrupt_passes: assert (close || !msi_valid || msi_out_valid);
  end
  always @(posedge clock) begin
    I8_stopped_is_closed_reached: cover (past && present == 4'd2 && $past(present) == RUNNING);
    I8_stopped_is_frozen_reached: cover (past && present == 4'd0 && $past(present) == 4'd9);
    I8_freeze_hold_reached: cover (hold[1] && present == RUNNING && frozen && !resetting);
    I8_freeze_line_reached: cover (frozen && device_reset);
    I8_no_interrupt_starts_reached: cover (past && msi_out_valid && close && present == 4'd6 && msi_out_ready);
    I8_interrupt_stays_reached: cover (past && msi_hangs && close && $past(msi_hangs && close));
    I8_interrupt_taken_once_reached: cover (past && msi_ready && $past(msi_valid && !msi_ready && close && !msi_hangs) && !close);
    I8_interrupt_passes_reached: cover (past && msi_sent && $past(close && msi_valid && !msi_out_valid));
    if (past) begin
      // The device is stopped only when nothing is under way between it and the host.
      I8_freezes_at_rest: assert (!(frozen && !$past(frozen)) || ($past(at_rest && route_frozen
        && !device_rx_busy && !np_to_device && inside == 0)));
      I8_freezes_at_rest_reached: cover (frozen && !$past(frozen) && $past(inside) == 0 && $past(inside, 2) == 1);
      // It stays stopped for as long as anything demands it, and goes on one clock after.
      I8_stays_frozen: assert (!$past(frozen && route_frozen) || frozen);
      I8_stays_frozen_reached: cover ($past(frozen && route_frozen) && frozen && resetting && $past(!resetting));
      I8_goes_on: assert (!frozen || $past(route_frozen));
      I8_goes_on_reached: cover ($past(frozen) && !frozen && $past(frozen, 2) && $past(route_frozen, 2));
      // A reset waits for the frozen device, at most four completion timeouts, and its pulse
      // is four clocks with the gate closed.
      I8_reset_waits: assert (!(device_reset && !$past(device_reset)) || $past(frozen)
        || reset_age >= ($past(timeout) << 2));
      I8_reset_waits_reached: cover (device_reset && !$past(frozen) && $past(timeout) == 1);
      I8_flr_keeps_state: assert (!$past(flr_done) || present == $past(present) || watchdog_hit
        || $past(answer_write));
      I8_flr_keeps_state_reached: cover ($past(flr_done) && present == 4'd3);
    end
    I8_reset_gates: assert (!resetting || (close && route_frozen));
    I8_reset_gates_reached: cover (device_reset && firmware_reset && present == RUNNING && frozen);
  end
  // Clocks for which the reset has waited so far.
  reg [31:0] reset_age = 0;
  always @(posedge clock) reset_age <= resetting && !device_reset ? reset_age + 1 : 0;
  wire [31:0] reset_waited = \dut.holds$q [73:42];
  always @(*) begin
    H_reset_age: assert (!resetting || device_reset || reset_waited == reset_age);
  end
endmodule
