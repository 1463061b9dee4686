// BAR2's registers: module slackwater$registers (hdl/src/registers.rs).
//
// The map is written down here once more, as byte offsets, from the reference of BAR2. Proven:
// - I4: no strobe without a write, and each strobe exactly in the clock of a write to its own
//   address; a clock without a write changes no register; a write that no register owns changes
//   nothing and raises no strobe; a read answers two clocks later with the word that its address
//   showed one clock later, and with zero where nothing is mapped.
// - I11: the owner is what was last written to OWNER, zero before, and nothing else sets it.
// - Counters: each is the exact number of its event pulses (modulo 2^32); two malformed pulses
//   in one clock count as two. They are of the invariants that ask for the count: I2 (marks),
//   I8 (frozen accesses), I10 (malformed, unexpected, timeouts), I11 (not the owner), I12 (marks
//   outside of all ranges).
//
// No assumption is made on any input. That the index of the range table belongs to the read is
// claimed only for clocks without a write; the completer never writes in the clock after a read
// (I4_write_not_after_read of completer_owner.sv).
//
// @prove: 3
// @cover: 8
module registers_properties(input clock);
  (* anyseq *) reg [13:0] bus_address;
  (* anyseq *) reg bus_read, bus_write;
  (* anyseq *) reg [31:0] bus_write_data, range_data, snapshot_data, window_data, state_request;
  (* anyseq *) reg [31:0] state, reason, status, reset_register, log_command, log_status;
  (* anyseq *) reg [31:0] page_requests;
  (* anyseq *) reg [31:0] chunk_summary, line_lo, line_hi, window_command, window_status;
  (* anyseq *) reg [31:0] initial_bytes, dirty_bytes, firmware_fault, firmware_version, firmware_crc;
  (* anyseq *) reg [23:0] dirty_count;
  (* anyseq *) reg marked, outside, frozen_read, frozen_write, not_owner, malformed_rx;
  (* anyseq *) reg malformed_request, unexpected, timed_out, dma_write, dma_read, interrupt;
  wire [31:0] bus_read_data, watchdog, timeout;
  wire [15:0] owner;
  wire state_request_write, reset_write, log_command_write, window_command_write, window_write;
  wire range_write, range_read;
  wire [9:0] window_word;
  wire [2:0] range_index;
  wire [1:0] range_field;

  slackwater$registers dut(.clock(clock), .bus_address(bus_address), .bus_read(bus_read),
    .bus_write(bus_write), .bus_write_data(bus_write_data), .bus_read_data(bus_read_data),
    .owner(owner), .watchdog(watchdog), .timeout(timeout),
    .state_request_write(state_request_write), .reset_write(reset_write),
    .log_command_write(log_command_write), .window_command_write(window_command_write),
    .window_write(window_write), .window_word(window_word), .range_write(range_write),
    .range_read(range_read), .range_index(range_index), .range_field(range_field),
    .range_data(range_data), .snapshot_data(snapshot_data), .window_data(window_data),
    .state_request(state_request), .state(state), .reason(reason), .status(status),
    .reset_register(reset_register), .page_requests(page_requests), .log_command(log_command), .log_status(log_status),
    .dirty_count(dirty_count), .chunk_summary(chunk_summary), .line_lo(line_lo),
    .line_hi(line_hi), .window_command(window_command), .window_status(window_status),
    .initial_bytes(initial_bytes), .dirty_bytes(dirty_bytes),
    .firmware_fault(firmware_fault), .firmware_version(firmware_version),
    .firmware_crc(firmware_crc), .marked(marked),
    .outside(outside), .frozen_read(frozen_read), .frozen_write(frozen_write),
    .not_owner(not_owner), .malformed_rx(malformed_rx), .malformed_request(malformed_request),
    .unexpected(unexpected), .timed_out(timed_out), .dma_write(dma_write),
    .dma_read(dma_read), .interrupt(interrupt));

  (* hierconn *) wire [351:0] \dut.counters$q ;
  (* hierconn *) wire [31:0] \dut.cycles$q ;
  (* hierconn *) wire [14:0] \dut.asked$q ;
  wire [351:0] counters = \dut.counters$q ;
  wire [31:0] cycles = \dut.cycles$q ;
  wire [14:0] asked = \dut.asked$q ;

  // The map, in bytes.
  wire [15:0] offset = {bus_address, 2'b00};
  wire at_data_window = offset >= 16'h2000 && offset < 16'h3000;
  wire at_range = offset >= 16'h0100 && offset < 16'h0180;
  wire writable = at_data_window || at_range || offset == 16'h18 || offset == 16'h20
    || offset == 16'h30 || offset == 16'h34 || offset == 16'h38 || offset == 16'h40
    || offset == 16'h80;

  // The books: what was written last, how many pulses there were, what was asked one and two
  // clocks ago.
  reg past = 0, past2 = 0;
  reg [15:0] written_owner = 0;
  reg [31:0] written_watchdog = 32'd1000000, written_timeout = 32'd125000;
  reg [31:0] marks = 0, outsides = 0, frozen_reads = 0, frozen_writes = 0, foreign = 0, bad = 0;
  reg [31:0] strange = 0, timeouts = 0, writes = 0, reads = 0, interrupts = 0, clocks = 0;
  reg asked_1 = 0, asked_2 = 0;
  reg [15:0] offset_1 = 0;
  reg [31:0] word_2 = 0;
  reg unmapped_2 = 0;

  reg [31:0] shown;
  reg mapped;
  always @(*) begin
    mapped = 1;
    shown = 0;
    if (offset_1 >= 16'h1000 && offset_1 < 16'h2000) shown = snapshot_data;
    else if (offset_1 >= 16'h2000 && offset_1 < 16'h3000) shown = window_data;
    else if (offset_1 >= 16'h100 && offset_1 < 16'h180) shown = range_data;
    else case (offset_1)
      16'h000: shown = "SLKW";
      16'h004: shown = 32'h0001_0002;
      16'h008: shown = 32'h0001_0001;
      16'h00c: shown = 32'h415b_114d;
      16'h010: shown = 32'h0014_080f;
      16'h014: shown = 32'h1040;
      16'h018: shown = {16'b0, written_owner};
      16'h01c: shown = 32'd125000000;
      16'h020: shown = state_request;
      16'h024: shown = state;
      16'h028: shown = reason;
      16'h02c: shown = status;
      16'h030: shown = written_watchdog;
      16'h034: shown = written_timeout;
      16'h038: shown = reset_register;
      16'h03c: shown = page_requests;
      16'h040: shown = log_command;
      16'h044: shown = log_status;
      16'h048: shown = {8'b0, dirty_count};
      16'h04c: shown = chunk_summary;
      16'h050: shown = line_lo;
      16'h054: shown = line_hi;
      16'h058: shown = 32'h0010_0000;
      16'h080: shown = window_command;
      16'h084: shown = window_status;
      16'h088: shown = initial_bytes;
      16'h08c: shown = dirty_bytes;
      16'h0a0: shown = firmware_fault;
      16'h0a4: shown = firmware_version;
      16'h0a8: shown = firmware_crc;
      16'h180: shown = marks;
      16'h184: shown = outsides;
      16'h188: shown = frozen_reads;
      16'h18c: shown = frozen_writes;
      16'h190: shown = foreign;
      16'h194: shown = bad;
      16'h198: shown = strange;
      16'h19c: shown = timeouts;
      16'h1a0: shown = writes;
      16'h1a4: shown = reads;
      16'h1a8: shown = interrupts;
      16'h1ac: shown = clocks;
      default: mapped = 0;
    endcase
  end

  always @(posedge clock) begin
    past <= 1;
    past2 <= past;
    if (bus_write && offset == 16'h18) written_owner <= bus_write_data[15:0];
    if (bus_write && offset == 16'h30) written_watchdog <= bus_write_data;
    if (bus_write && offset == 16'h34) written_timeout <= bus_write_data;
    marks <= marks + marked;
    outsides <= outsides + outside;
    frozen_reads <= frozen_reads + frozen_read;
    frozen_writes <= frozen_writes + frozen_write;
    foreign <= foreign + not_owner;
    bad <= bad + {1'b0, malformed_rx} + {1'b0, malformed_request};
    strange <= strange + unexpected;
    timeouts <= timeouts + timed_out;
    writes <= writes + dma_write;
    reads <= reads + dma_read;
    interrupts <= interrupts + interrupt;
    clocks <= clocks + 1;
    asked_1 <= bus_read;
    offset_1 <= offset;
    asked_2 <= asked_1;
    word_2 <= shown;
    unmapped_2 <= !mapped;
  end

  // Strobes: a write to the own address, in its clock, and nothing else.
  always @(*) begin
    I4_strobe_state_request: assert (state_request_write == (bus_write && offset == 16'h20));
    I4_strobe_reset: assert (reset_write == (bus_write && offset == 16'h38));
    I4_strobe_log_command: assert (log_command_write == (bus_write && offset == 16'h40));
    I4_strobe_window_command: assert (window_command_write == (bus_write && offset == 16'h80));
    I4_strobe_window: assert (window_write == (bus_write && at_data_window));
    I4_strobe_range: assert (range_write == (bus_write && at_range));
    I4_window_word: assert (window_word == offset[11:2]);
    I4_range_word: assert (!range_write || {range_index, range_field} == offset[6:2]);
    I4_range_read_word: assert (!range_read || (asked_1 && offset_1[15:7] == 9'h002
      && (bus_write || {range_index, range_field} == offset_1[6:2])));
    I4_strobe_state_request_reached: cover (state_request_write && past);
    I4_strobe_reset_reached: cover (reset_write && past);
    I4_strobe_log_command_reached: cover (log_command_write && past);
    I4_strobe_window_command_reached: cover (window_command_write && past);
    I4_strobe_window_reached: cover (window_write && window_word == 10'h3ff);
    I4_strobe_range_reached: cover (range_write && range_read);
    I4_window_word_reached: cover (bus_read && offset == 16'h1abc);
    I4_range_word_reached: cover (range_write && range_index == 7 && range_field == 3);
    I4_range_read_word_reached: cover (range_read && !bus_write && range_index == 7);
    H_asked: assert (asked == {offset_1[15:2], asked_1});
  end

  // Reads.
  always @(posedge clock) begin
    if (past2) begin
      I4_read_answer: assert (!asked_2 || bus_read_data == word_2);
      I4_unmapped_reads_zero: assert (!(asked_2 && unmapped_2) || bus_read_data == 0);
      I4_read_answer_reached: cover (asked_2 && bus_read_data == 32'h1234_5678 && $past(offset_1) == 16'h30);
      I4_unmapped_reads_zero_reached: cover (asked_2 && unmapped_2 && $past(bus_read_data) != 0);
    end
    if (past) begin
      I4_read_changes_nothing: assert ($past(bus_write) || (owner == $past(owner)
        && watchdog == $past(watchdog) && timeout == $past(timeout)));
      I4_foreign_write_changes_nothing: assert (!$past(bus_write && !writable)
        || (owner == $past(owner) && watchdog == $past(watchdog) && timeout == $past(timeout)
            && !$past(state_request_write || reset_write || log_command_write
                || window_command_write || window_write || range_write)));
      I4_read_changes_nothing_reached: cover ($past(bus_read && offset == 16'h18) && owner == 16'h1234);
      I4_foreign_write_changes_nothing_reached: cover ($past(bus_write && offset == 16'h58) && owner != 0);
    end
  end

  // Registers of the block itself.
  always @(*) begin
    I11_owner_is_written: assert (owner == written_owner);
    I4_watchdog_is_written: assert (watchdog == written_watchdog);
    I4_timeout_is_written: assert (timeout == written_timeout);
    I11_owner_is_written_reached: cover (owner == 16'h5a01 && past2 && bus_write && offset != 16'h18);
    I4_watchdog_is_written_reached: cover (watchdog == 0);
    I4_timeout_is_written_reached: cover (timeout == 32'hffff_ffff);
  end

  // Counters.
  always @(*) begin
    I2_marks_exact: assert (counters[31:0] == marks);
    I12_outside_exact: assert (counters[63:32] == outsides);
    I8_frozen_reads_exact: assert (counters[95:64] == frozen_reads);
    I8_frozen_writes_exact: assert (counters[127:96] == frozen_writes);
    I11_not_owner_exact: assert (counters[159:128] == foreign);
    I10_malformed_exact: assert (counters[191:160] == bad);
    I10_unexpected_exact: assert (counters[223:192] == strange);
    I10_timeouts_exact: assert (counters[255:224] == timeouts);
    I5_dma_writes_exact: assert (counters[287:256] == writes);
    I5_dma_reads_exact: assert (counters[319:288] == reads);
    I8_interrupts_exact: assert (counters[351:320] == interrupts);
    H_cycles: assert (cycles == clocks);
    I2_marks_exact_reached: cover (counters[31:0] == 3 && outside);
    I12_outside_exact_reached: cover (counters[63:32] == 2 && counters[31:0] == 1);
    I8_frozen_reads_exact_reached: cover (counters[95:64] == 2);
    I8_frozen_writes_exact_reached: cover (counters[127:96] == 2);
    I11_not_owner_exact_reached: cover (counters[159:128] == 2);
    I10_malformed_exact_reached: cover (counters[191:160] == 5 && clocks == 3);
    I10_unexpected_exact_reached: cover (counters[223:192] == 2);
    I10_timeouts_exact_reached: cover (counters[255:224] == 2);
    I5_dma_writes_exact_reached: cover (counters[287:256] == 2);
    I5_dma_reads_exact_reached: cover (counters[319:288] == 2);
    I8_interrupts_exact_reached: cover (counters[351:320] == 2);
  end
endmodule
