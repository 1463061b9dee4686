// What is known of the firmware: module slackwater$firmware (hdl/src/firmware_status.rs).
//
// Proven, for every traffic on the control bus:
// - The fault is the first word written to FAULT that is not 0, and stays until a reset; a word
//   counts in the clock of its `ready` and at no other address.
// - The limit that the other blocks get is the host's until there is a fault, and 0 from then on.
// - Version and checksum are the words that were written last.
//
// There are no assumptions.
//
// @prove: 2
// @cover: 6
module firmware_status_properties(input clock);
  (* anyseq *) reg valid, write, ready, reset;
  (* anyseq *) reg [19:0] address;
  (* anyseq *) reg [31:0] data, watchdog;
  wire [31:0] fault, version, crc, limit;
  slackwater$firmware dut(.clock(clock), .valid(valid), .write(write), .address(address),
    .data(data), .ready(ready), .reset(reset), .watchdog(watchdog), .fault(fault),
    .version(version), .crc(crc), .limit(limit));

  wire acts = valid && write && ready;
  reg [31:0] first = 0, said_version = 0, said_crc = 0;
  reg past = 0;
  always @(posedge clock) begin
    past <= 1;
    if (acts && address == 20'h48 && first == 0) first <= data;
    if (acts && address == 20'h4c) said_version <= data;
    if (acts && address == 20'h50) said_crc <= data;
    if (reset) begin
      first <= 0;
      said_version <= 0;
      said_crc <= 0;
    end
  end

  always @(*) begin
    I7_fault_stays: assert (fault == first);
    I7_fault_ends_waiting: assert (limit == (first == 0 ? watchdog : 0));
    I7_firmware_told: assert (version == said_version && crc == said_crc);
  end
  always @(posedge clock) begin
    I7_fault_stays_reached: cover (past && fault == 32'h101 && $past(acts && address == 20'h48
      && data == 32'h202));
    I7_fault_ends_waiting_reached: cover (limit == 0 && watchdog == 7);
    I7_firmware_told_reached: cover (version == 3 && crc == 5 && fault == 1);
  end
endmodule
