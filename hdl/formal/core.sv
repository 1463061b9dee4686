// The whole core: module slackwater (hdl/src/core.rs). Gate, quiescence, ERROR and freezing as
// they are seen at its ports: link_tx, dev_tx, msi, state port, and the STATUS word.
//
// Proven, with the real tx path, receive path, request tracking and device_state:
// - I5: while STATUS says that the gate is closed no request of the device is offered on link_tx,
//   and it says so until the demand to close ends;
//   while dev_gated is 1 none is admitted; a packet that was begun is finished, and completions
//   pass, at a closed gate too, within three clocks in which the link is free.
// - I6: QUIESCED means: gate closed, no request inside the core, none outstanding by its count,
//   no interrupt at the PCIe core, and no mark arrives at the log any more.
// - I7: device_state ERROR raises dev_gated in the same clock, and from there on at most one more
//   request starts on link_tx: the one that had been admitted.
// - I8: state_write only with dev_freeze; !RUNNING or frozen: no request is admitted, no interrupt
//   is raised, none starts on link_tx, and no request of the host reaches the device.
//
// Assumptions: no packet of the device is one beat long (a TLP has three DWs at least, two beats).
// A beat or interrupt that is offered stays (AXIS; dev_msi of the core's contract).
//
// Left out, each by a module whose outputs are free, so that it behaves as the real one and in
// every other way too: registers, snapshot, both bitmaps, control bus, the address memories of the
// request tracking, and the completer. Of the completer one thing is kept: it offers whole TLPs,
// each beat until it is taken, and all of them completions; that is the contract of its page.
// Of the range table the pipeline is kept: a lookup is busy until its mark, if it has one, has
// gone to the log two clocks later at most; which page that is does not matter here.
//
// @prove: 4
// @cover: 20
// @replaces: slackwater$completer slackwater$registers slackwater$snapshot slackwater$internal
// @replaces: slackwater$log slackwater$control slackwater$outstanding$address_lo
// @replaces: slackwater$outstanding$address_hi slackwater$ranges
module slackwater$completer(input clock, input [66:0] job_beat, input job_valid, input job_first,
    input job_frozen, output job_ready, input [15:0] owner,
    input [15:0] completer_id, output [13:0] bus_address,
    output bus_read, output bus_write,
    output [31:0] bus_write_data, input [31:0] bus_read_data,
    output reg [66:0] tx_beat, output reg tx_valid, input tx_ready,
    output not_owner, output malformed,
    output frozen_read, output frozen_write);
  (* anyseq *) reg [52:0] any;
  assign {job_ready, bus_address, bus_read, bus_write, bus_write_data, not_owner, malformed,
    frozen_read, frozen_write} = any;
  (* anyseq *) reg [66:0] any_beat;
  (* anyseq *) reg any_valid;
  reg waits = 0, inside = 0;
  reg [66:0] kept = 0;
  wire is_waiting = waits, is_inside = inside;
  wire kept_completion = kept[28:24] == 5'b01010;
  always @(*) begin
    tx_valid = waits || any_valid;
    tx_beat = waits ? kept : any_beat;
    if (!waits && !inside) tx_beat[28:24] = 5'b01010;
  end
  always @(posedge clock) begin
    waits <= tx_valid && !tx_ready;
    kept <= tx_beat;
    if (tx_valid && tx_ready) inside <= !tx_beat[66];
  end
endmodule

module slackwater$ranges(input clock, input lookup, input [31:0] lookup_lo, input [31:0] lookup_hi,
    input [12:0] lookup_bytes, output mark, output [14:0] mark_word,
    output [4:0] mark_bit, output outside,
    output incomplete, output busy, input write, input read, input [2:0] index,
    input [1:0] field, input [31:0] write_data, output [31:0] read_data);
  (* anyseq *) reg [53:0] any;
  assign {mark_word, mark_bit, outside, incomplete, read_data} = any;
  (* anyseq *) reg hit;
  reg asked = 0, matched = 0, found = 0;
  always @(posedge clock) begin
    asked <= lookup;
    matched <= asked;
    found <= matched && hit;
  end
  assign mark = found;
  assign busy = asked || matched || found;
endmodule

module slackwater$registers(input clock, input [13:0] bus_address, input bus_read, input bus_write,
    input [31:0] bus_write_data, output [31:0] bus_read_data,
    output [15:0] owner, output [31:0] watchdog,
    output [31:0] timeout, output state_request_write,
    output reset_write, output log_command_write,
    output window_command_write, output window_write,
    output [9:0] window_word, output range_write,
    output range_read, output [2:0] range_index,
    output [1:0] range_field, input [31:0] range_data, input [31:0] snapshot_data,
    input [31:0] window_data, input [31:0] state_request, input [31:0] state, input [31:0] reason,
    input [31:0] status, input [31:0] reset_register, input [31:0] page_requests, input [31:0] log_command,
    input [31:0] log_status, input [23:0] dirty_count, input [31:0] chunk_summary,
    input [31:0] line_lo, input [31:0] line_hi, input [31:0] window_command,
    input [31:0] window_status, input [31:0] initial_bytes, input [31:0] dirty_bytes,
    input [31:0] firmware_fault, input [31:0] firmware_version, input [31:0] firmware_crc, input marked,
    input outside, input frozen_read, input frozen_write, input not_owner, input malformed_rx,
    input malformed_request, input unexpected, input timed_out, input dma_write, input dma_read,
    input interrupt);
  (* anyseq *) reg [133:0] any;
  assign {bus_read_data, owner, watchdog, timeout, state_request_write, reset_write,
    log_command_write, window_command_write, window_write, window_word, range_write, range_read,
    range_index, range_field} = any;
endmodule

module slackwater$snapshot(input clock, input command_write, input [31:0] command_data, input mark,
    input [14:0] mark_word, input incomplete, output [1:0] op,
    output [14:0] op_word, output [31:0] op_data,
    input [31:0] old, output tracking, output [31:0] command,
    output [31:0] status, output [31:0] chunk_summary,
    output [31:0] line_lo, output [31:0] line_hi,
    input [9:0] window_word, output [31:0] window_data, input [5:0] inject);
  (* anyseq *) reg [241:0] any;
  assign {op, op_word, op_data, tracking, command, status, chunk_summary, line_lo, line_hi,
    window_data} = any;
endmodule

module slackwater$log(input clock, input mark, input [14:0] mark_word, input [4:0] mark_bit,
    input [1:0] op, input [14:0] op_word, input [31:0] op_data,
    output [31:0] old, output [23:0] count);
  (* anyseq *) reg [55:0] any;
  assign {old, count} = any;
endmodule

module slackwater$internal(input clock, input mark, input [2:0] mark_word, input [4:0] mark_bit,
    input [1:0] op, input [2:0] op_word, input [31:0] op_data,
    output [31:0] old, output [23:0] count);
  (* anyseq *) reg [55:0] any;
  assign {old, count} = any;
endmodule

module slackwater$control(input clock, input valid, input write, input [19:0] address,
    input [31:0] data, output ready, output [31:0] read_data,
    output attention, output answer_write,
    output reason_write, output hold_write,
    input request_pending, input [3:0] requested, input [3:0] present, input [31:0] reason,
    input [2:0] hold, input [31:0] status, input [31:0] watchdog, input window_reset,
    input window_command_write, input [31:0] host_data, input host_window_write,
    input [9:0] host_window_word, output [31:0] window_data,
    output [31:0] window_command, output [31:0] window_status,
    output [31:0] initial_bytes, output [31:0] dirty_bytes,
    output [15:0] state_index, input [31:0] state_read_data,
    output state_write, output [1:0] op,
    output [2:0] op_word, input [31:0] old, input [23:0] internal_count,
    input [31:0] page_requests);
  (* anyseq *) reg [218:0] any;
  assign {ready, read_data, attention, answer_write, reason_write, hold_write, window_data,
    window_command, window_status, initial_bytes, dirty_bytes, state_index, state_write, op,
    op_word} = any;
endmodule

module slackwater$outstanding$address_lo(input clock, input [4:0] write_address,
    input [31:0] write_data, input write_enable, input [4:0] read_address, input [4:0] peek_address,
    output [31:0] read_data, output [31:0] peek_data);
  (* anyseq *) reg [63:0] any;
  assign {read_data, peek_data} = any;
endmodule

module slackwater$outstanding$address_hi(input clock, input [4:0] write_address,
    input [31:0] write_data, input write_enable, input [4:0] read_address, input [4:0] peek_address,
    output [31:0] read_data, output [31:0] peek_data);
  (* anyseq *) reg [63:0] any;
  assign {read_data, peek_data} = any;
endmodule

module core_properties(input clock);
  (* anyseq *) reg [66:0] link_rx_beat, dev_tx_beat;
  (* anyseq *) reg link_tx_ready, link_rx_valid, msi_ready, flr, dev_tx_valid, dev_rx_ready;
  (* anyseq *) reg dev_msi_valid, dirty_valid, ctl_valid, ctl_write;
  (* anyseq *) reg [7:0] link_rx_bar, dirty_block;
  (* anyseq *) reg [15:0] requester_id;
  (* anyseq *) reg [4:0] dev_msi_vector;
  (* anyseq *) reg [31:0] state_read_data, ctl_write_data;
  (* anyseq *) reg [19:0] ctl_address;
  wire [66:0] link_tx_beat, dev_rx_beat;
  wire link_tx_valid, link_rx_ready, msi_valid, flr_done, dev_tx_ready, dev_rx_valid, dev_gated;
  wire dev_freeze, dev_reset, dev_msi_ready, state_write, ctl_ready, firmware_event, firmware_reset;
  wire [7:0] dev_rx_bar;
  wire [4:0] msi_vector;
  wire [15:0] state_index;
  wire [31:0] state_write_data, ctl_read_data;

  slackwater dut(.clock(clock), .link_tx_beat(link_tx_beat), .link_tx_valid(link_tx_valid),
    .link_tx_ready(link_tx_ready), .link_rx_beat(link_rx_beat), .link_rx_valid(link_rx_valid),
    .link_rx_bar(link_rx_bar), .link_rx_ready(link_rx_ready), .requester_id(requester_id),
    .msi_valid(msi_valid), .msi_vector(msi_vector), .msi_ready(msi_ready), .flr(flr),
    .flr_done(flr_done), .dev_tx_beat(dev_tx_beat), .dev_tx_valid(dev_tx_valid),
    .dev_tx_ready(dev_tx_ready), .dev_rx_beat(dev_rx_beat), .dev_rx_valid(dev_rx_valid),
    .dev_rx_bar(dev_rx_bar), .dev_rx_ready(dev_rx_ready), .dev_gated(dev_gated),
    .dev_freeze(dev_freeze), .dev_reset(dev_reset), .dev_msi_valid(dev_msi_valid),
    .dev_msi_vector(dev_msi_vector), .dev_msi_ready(dev_msi_ready), .state_index(state_index),
    .state_read_data(state_read_data), .state_write_data(state_write_data),
    .state_write(state_write), .dirty_valid(dirty_valid), .dirty_block(dirty_block),
    .ctl_valid(ctl_valid), .ctl_write(ctl_write), .ctl_address(ctl_address),
    .ctl_write_data(ctl_write_data), .ctl_ready(ctl_ready), .ctl_read_data(ctl_read_data),
    .firmware_event(firmware_event), .firmware_reset(firmware_reset), .inject(6'd0));

  // What host and firmware see.
  (* hierconn *) wire [31:0] \dut.device$status ;
  (* hierconn *) wire [3:0] \dut.device$present ;
  wire quiesced = \dut.device$status [0];
  wire gate_closed = \dut.device$status [1];
  wire frozen = \dut.device$status [2];
  wire [3:0] present = \dut.device$present ;
  wire running = present[0];
  wire in_error = present == 6;
  // The marks on their way into the log, and the requests that are out.
  (* hierconn *) wire \dut.log$mark ;
  (* hierconn *) wire \dut.outstanding$lookup ;
  (* hierconn *) wire [5:0] \dut.outstanding$count ;
  wire mark = \dut.log$mark ;
  wire [5:0] count = \dut.outstanding$count ;

  // Inside, for the helper invariants only.
  (* hierconn *) wire [69:0] \dut.tx.a$q ;
  (* hierconn *) wire [69:0] \dut.tx.b$q ;
  (* hierconn *) wire [5:0] \dut.tx.flags$q ;
  (* hierconn *) wire \dut.completer.is_waiting ;
  (* hierconn *) wire \dut.completer.is_inside ;
  (* hierconn *) wire \dut.completer.kept_completion ;
  (* hierconn *) wire \dut.completer$tx_valid ;
  (* hierconn *) wire [77:0] \dut.device.holds$q ;
  (* hierconn *) wire [92:0] \dut.rx.stage$q ;
  wire [69:0] a = \dut.tx.a$q , b = \dut.tx.b$q ;
  wire [5:0] flags = \dut.tx.flags$q ;
  wire [92:0] stage = \dut.rx.stage$q ;
  wire completer_waits = \dut.completer.is_waiting , completer_inside = \dut.completer.is_inside ;

  wire completer_busy = \dut.completer$tx_valid || completer_inside;

  // The link, as the PCIe core sees it: a TLP is a request unless its type is that of a completion.
  localparam [4:0] COMPLETION = 5'b01010;
  reg link_mid = 0, link_request = 0, link_device = 0;
  wire link_taken = link_tx_valid && link_tx_ready;
  wire request_offered = link_tx_valid && !link_mid && link_tx_beat[28:24] != COMPLETION;
  wire request_starts = request_offered && link_tx_ready;
  wire request_ends = link_taken && link_tx_beat[66] && (link_mid ? link_request : request_offered);
  // The device's stream.
  reg dev_mid = 0, dev_request = 0;
  wire dev_taken = dev_tx_valid && dev_tx_ready;
  wire dev_offers_request = dev_tx_valid && !dev_mid && dev_tx_beat[28:24] != COMPLETION;
  wire admitted = dev_offers_request && dev_tx_ready;

  reg [1:0] inside = 0;
  reg [1:0] starts_while_gated = 0;
  reg [1:0] free_for = 0;
  reg msi_hangs = 0, past = 0;
  always @(posedge clock) begin
    past <= 1;
    if (link_taken) link_mid <= !link_tx_beat[66];
    if (link_taken && !link_mid) link_request <= request_offered;
    if (dev_taken) dev_mid <= !dev_tx_beat[66];
    if (dev_taken && !dev_mid) dev_request <= admitted;
    inside <= inside + admitted - request_ends;
    starts_while_gated <= !dev_gated ? 0 : starts_while_gated + (request_starts && starts_while_gated != 3);
    // Clocks in a row in which nothing but the core itself stops the device.
    free_for <= !(link_tx_ready && dev_tx_valid && !completer_busy) || dev_taken ? 0
      : free_for == 3 ? 3 : free_for + 1;
    msi_hangs <= msi_valid && !msi_ready;
  end

  always @(*) begin
    assume (!(dev_tx_valid && !dev_mid && dev_tx_beat[66]));
    assume (!msi_hangs || dev_msi_valid);
  end

  // The tx path against the books of this file: of the packets inside, each is last in B, last in
  // A, or not complete yet.
  always @(*) begin
    H_dev_mid: assert (flags[0] == dev_mid && (!dev_mid || flags[1] == dev_request));
    H_inside: assert (inside == (b[67] && b[66] && b[69]) + (a[67] && a[66] && a[69]) + (dev_mid && dev_request));
    H_a: assert (!a[67] || dev_mid == !a[66]);
    H_a_type: assert (!(a[67] && a[68]) || a[69] == (a[28:24] != COMPLETION));
    H_b_type: assert (!(b[67] && b[68]) || b[69] == (b[28:24] != COMPLETION));
    H_a_first: assert (!(a[67] && a[68]) || !a[66]);
    H_b_first: assert (!(b[67] && b[68]) || !b[66]);
    H_request_kept: assert (!dev_mid || a[69] == dev_request);
    H_b_then_a: assert (!(b[67] && !b[66]) || (a[69] == b[69] && (a[67] ? !a[68] : dev_mid)));
    H_b_last: assert (!(b[67] && b[66]) || (a[67] ? a[68] : !dev_mid));
    H_owner: assert (!link_mid || (flags[3] && (flags[4] || completer_inside)));
    H_completer: assert (completer_inside == (link_mid && !flags[4]));
    H_kept: assert (!completer_waits || completer_inside || \dut.completer.kept_completion );
    H_locked: assert (!(flags[3] && !link_mid) || (flags[4] ? b[67] && b[68] : completer_waits));
    H_locked_mid: assert (!(flags[3] && !flags[4] && link_mid) || !link_request);
    H_b_mid: assert (!b[67] || b[68] == !(link_mid && flags[4]));
    H_b_empty: assert (b[67] || (a[67] ? a[68] == !(link_mid && flags[4]) : dev_mid == (link_mid && flags[4])));
    H_b_request: assert (!(link_mid && flags[4]) || (b[67] ? b[69] : a[69]) == link_request);
    H_frozen: assert (!frozen || (inside == 0 && !msi_hangs
      && !(stage[77] && !stage[79] && (stage[75] || (stage[87] && !stage[88])))));
    H_rx_check: assert (!((stage[75] || (stage[87] && !stage[88])) && stage[80])
      || (stage[75] && stage[77] && (stage[79] || stage[92])));
    H_rx_bar: assert (!(stage[77] && stage[79]) || stage[74:67] == 0);
    H_msi: assert (msi_hangs == \dut.device.holds$q [77]);
  end

  // I5.
  always @(*) begin
    I5_closed_nothing_starts: assert (!(gate_closed && request_offered));
    I5_gated_none_admitted: assert (!(dev_gated && admitted));
    I5_closed_is_gated: assert (!gate_closed || (dev_gated && inside == 0));
    I5_packet_finishes: assert (!(dev_mid && dev_tx_valid && free_for == 3) || dev_tx_ready);
    I5_completions_pass: assert (!(dev_tx_valid && !dev_mid && !dev_offers_request && free_for == 3)
      || dev_tx_ready);
    I5_open_gate_passes: assert (!(dev_tx_valid && !dev_gated && free_for == 3) || dev_tx_ready);
  end
  always @(posedge clock) begin
    I5_closed_nothing_starts_reached: cover (past && gate_closed && dev_offers_request && $past(request_ends));
    I5_gated_none_admitted_reached: cover (dev_gated && !gate_closed && dev_offers_request && inside == 1 && link_tx_ready);
    I5_closed_is_gated_reached: cover (past && gate_closed && $past(inside) == 1 && $past(starts_while_gated) == 1);
    I5_packet_finishes_reached: cover (past && dev_gated && $past(dev_gated) && dev_taken && dev_mid && dev_request && !dev_tx_beat[66]);
    I5_completions_pass_reached: cover (gate_closed && link_taken && link_mid && link_tx_beat[66] && flags[4]);
    I5_open_gate_passes_reached: cover (inside == 2 && dev_taken && link_taken);
  end

  always @(posedge clock) if (past) begin
    I5_stays_closed: assert (!$past(gate_closed) || !dev_gated || gate_closed);
    I5_stays_closed_reached: cover ($past(gate_closed && dev_offers_request) && dev_taken && gate_closed);
  end

  // I6.
  reg busy_before = 0;
  always @(posedge clock) busy_before <= (busy_before && dev_gated) || (dev_gated && mark);
  always @(*) begin
    I6_quiesced_is_closed: assert (!quiesced || (gate_closed && dev_gated && !request_offered));
    I6_quiesced_nothing_inside: assert (!quiesced || (inside == 0 && !(link_mid && link_request)));
    I6_quiesced_none_counted: assert (!quiesced || count == 0);
    I6_quiesced_no_mark_comes: assert (!quiesced || !mark);
    I6_quiesced_no_lookup: assert (!quiesced || !\dut.outstanding$lookup );
    I6_quiesced_no_interrupt: assert (!quiesced || !msi_valid);
  end
  always @(posedge clock) begin
    I6_quiesced_is_closed_reached: cover (past && quiesced && dev_offers_request && $past(!quiesced && dev_gated));
    I6_quiesced_nothing_inside_reached: cover (past && quiesced && $past(inside) == 1);
    I6_quiesced_none_counted_reached: cover (past && quiesced && $past(count) == 1 && $past(gate_closed, 2));
    I6_quiesced_no_mark_comes_reached: cover (quiesced && busy_before);
    I6_quiesced_no_lookup_reached: cover (past && gate_closed && count == 0 && \dut.outstanding$lookup
      && $past(gate_closed));
    I6_quiesced_no_interrupt_reached: cover (past && quiesced && dev_msi_valid && $past(msi_hangs));
  end

  // I7.
  always @(*) begin
    I7_error_gates: assert (!in_error || (dev_gated && !admitted));
    I7_one_more_at_most: assert (starts_while_gated <= 1 && !(starts_while_gated == 1 && request_offered));
    I7_stopped_gates: assert (running || dev_gated);
    H_unstarted: assert (!dev_gated || starts_while_gated == 0
      || !((b[67] && b[68] && b[69]) || (a[67] && a[68] && a[69])));
  end
  always @(posedge clock) begin
    I7_error_gates_reached: cover (past && in_error && $past(admitted && running));
    I7_one_more_at_most_reached: cover (in_error && starts_while_gated == 1 && inside == 1 && link_mid);
    I7_stopped_gates_reached: cover (present == 4'd2 && dev_offers_request && quiesced);
  end

  // I8.
  always @(*) begin
    I8_state_write_frozen: assert (!state_write || dev_freeze);
    I8_no_new_interrupt: assert (!(dev_gated && msi_valid) || msi_hangs);
    I8_frozen_no_interrupt: assert (!(frozen && dev_gated) || !msi_valid);
    I8_frozen_nothing_starts: assert (!(frozen && dev_gated) || (!request_offered && inside == 0));
    I8_frozen_no_request_in: assert (!frozen || !(dev_rx_valid && dev_rx_bar != 0));
  end
  always @(posedge clock) begin
    I8_state_write_frozen_reached: cover (past && state_write && $past(dev_freeze));
    I8_no_new_interrupt_reached: cover (dev_gated && dev_msi_valid && !msi_valid && !quiesced);
    I8_frozen_no_interrupt_reached: cover (past && frozen && dev_msi_valid && present == 0 && msi_ready);
    I8_frozen_nothing_starts_reached: cover (frozen && dev_offers_request && $past(link_taken));
    I8_frozen_no_request_in_reached: cover (past && frozen && $past(frozen) && stage[75] && stage[78] && stage[76]);
  end
endmodule
