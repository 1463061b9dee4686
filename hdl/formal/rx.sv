// The way in: module slackwater$rx (hdl/src/rx_demux.rs).
//
// This file keeps its own books: what each received beat is (from the header fields of the PCIe
// Base Specification 2.2.1 and 2.2.9 and the BAR hits) and which beat is owed to whom. Proven:
// - I10: every beat of a legal TLP is handed to its sink, each once, in order, unchanged, under
//   any back-pressure of either sink, and is offered at the next clock; what is malformed goes
//   nowhere and is reported once; the block never stops the link but for a sink that is not
//   ready or for the second beat of a completion.
// - I8: a request that arrives while the routing is frozen goes to the completer, marked as
//   frozen, and not one beat of it to the device; dev_busy is 1 whenever anything is held for
//   the device or half delivered to it, so that !dev_busy, frozen and nothing outstanding
//   together mean that the device gets nothing until one of them changes.
// - I6: completion, its tag and "nothing follows" are reported in the clock in which the device
//   takes the last beat of a completion, and only then.
// - I1: completions are reported two clocks apart at least.
// - Page requests: a PRG Response goes to the device whole if its group is outstanding and the
//   routing is not frozen, and is reported when the device takes its last beat; any other goes
//   nowhere and is reported once.
//
// Assumption: a beat that the PCIe core offers stays, unchanged, until it is taken (AXIS). The
// sinks, route_frozen, outstanding and page_groups are free.
//
// @prove: 2
// @cover: 14
module rx_properties(input clock);
  (* anyseq *) reg [66:0] rx_beat;
  (* anyseq *) reg rx_valid, dev_ready, job_ready, route_frozen;
  (* anyseq *) reg [7:0] rx_bar;
  (* anyseq *) reg [31:0] outstanding, page_groups;
  wire rx_ready, dev_valid, job_valid, job_first, job_frozen, dev_busy, completion;
  wire page_response, completion_last, np_to_device, malformed, unexpected;
  wire [66:0] dev_beat, job_beat;
  wire [7:0] dev_bar;
  wire [4:0] completion_tag;

  slackwater$rx dut(.clock(clock), .rx_beat(rx_beat), .rx_valid(rx_valid), .rx_bar(rx_bar),
    .rx_ready(rx_ready), .dev_beat(dev_beat), .dev_valid(dev_valid), .dev_bar(dev_bar),
    .dev_ready(dev_ready), .job_beat(job_beat), .job_valid(job_valid), .job_first(job_first),
    .job_frozen(job_frozen), .job_ready(job_ready), .route_frozen(route_frozen),
    .outstanding(outstanding), .page_groups(page_groups), .page_response(page_response), .dev_busy(dev_busy), .completion(completion),
    .completion_tag(completion_tag), .completion_last(completion_last),
    .np_to_device(np_to_device), .malformed(malformed), .unexpected(unexpected));

  (* hierconn *) wire [92:0] \dut.stage$q ;
  wire [92:0] stage = \dut.stage$q ;

  // What the first beat of a TLP says: DW0 is in the low lane.
  wire last = rx_beat[66];
  wire [2:0] fmt = rx_beat[31:29];
  wire [4:0] kind_field = rx_beat[28:24];
  wire has_data = fmt[1];
  wire poisoned = rx_beat[14];
  wire known_fmt = !fmt[2];
  wire is_completion = (fmt == 0 || fmt == 2) && (kind_field == 5'b01010 || kind_field == 5'b01011);
  // Message without data, routed by ID, code 0000_0101.
  wire is_response = rx_beat[31:24] == 8'b0011_0010 && rx_beat[39:32] == 8'h05;
  wire is_write = known_fmt && has_data && kind_field == 0;
  wire is_read = known_fmt && !has_data && (kind_field == 0 || kind_field == 1);
  wire is_io = (fmt == 0 || fmt == 2) && kind_field == 5'b00010;
  wire is_atomic = known_fmt && has_data
    && (kind_field == 5'b01100 || kind_field == 5'b01101 || kind_field == 5'b01110);
  wire is_request = is_write || is_read || is_io || is_atomic;
  wire for_core = rx_bar[2];

  // The books. A TLP is on its way to DEVICE, to the completer (JOB), NOWHERE, or is a
  // completion or PRG Response that waits for its second beat (CHECK), where its tag is.
  localparam [1:0] DEVICE = 0, JOB = 1, CHECK = 2, NOWHERE = 3;
  reg in_tlp = 0, is_cpl = 0, is_prg = 0;
  reg [1:0] way = NOWHERE;
  reg owed = 0;
  reg [66:0] owed_beat = 0;
  reg [1:0] owed_way = 0;
  reg owed_first = 0;
  reg [7:0] tlp_bar = 0;
  reg tlp_frozen = 0;
  reg [4:0] tag = 0;
  reg nothing_follows = 0;
  reg expect_malformed = 0, expect_unexpected = 0, expect_np = 0;

  wire accept = rx_valid && rx_ready;
  wire device_takes = dev_valid && dev_ready;
  wire job_takes = job_valid && job_ready;
  wire first_accept = accept && !in_tlp;

  wire decides = owed && owed_way == CHECK && rx_valid;
  // A PRG Response has two whole beats.
  wire no_tag = decides && (is_prg ? rx_beat[66:64] != 3'b111 : !rx_beat[64]);
  wire strange_tag = decides && !no_tag
    && (is_prg ? rx_beat[8:5] != 0 || !page_groups[rx_beat[4:0]]
        : rx_beat[15:13] != 0 || !outstanding[rx_beat[12:8]]);
  wire good_tag = decides && !no_tag && !strange_tag;

  // Byte Count and Length are 0 for 4096 bytes and 1024 DWs. Bytes before the first valid one
  // of the first DW (Lower Address 1:0) do not count.
  wire [12:0] bytes_to_come = owed_beat[43:32] == 0 ? 13'd4096 : {1'b0, owed_beat[43:32]};
  wire [12:0] bytes_carried = (owed_beat[9:0] == 0 ? 13'd4096 : {1'b0, owed_beat[9:0], 2'b0});
  wire is_last = !owed_beat[30] || owed_beat[47:45] != 0
    || {1'b0, bytes_to_come} + rx_beat[1:0] <= bytes_carried;

  wire bad_first = last || (!is_completion && !is_response
    && (rx_bar == 0 || (is_write && poisoned) || !is_request));
  wire late_response = is_response && !last && route_frozen;
  wire [1:0] first_way = bad_first || late_response ? NOWHERE : is_completion || is_response ? CHECK
    : for_core || route_frozen ? JOB : DEVICE;
  wire [1:0] next_way = !in_tlp ? first_way
    : no_tag || strange_tag ? NOWHERE : good_tag ? DEVICE : way;

  reg past = 0;
  always @(posedge clock) begin
    past <= 1;
    expect_malformed <= no_tag || (first_accept && bad_first);
    expect_unexpected <= strange_tag || (first_accept && late_response);
    expect_np <= first_accept && first_way == DEVICE && !is_write;
    if (device_takes || job_takes || no_tag || strange_tag) owed <= 0;
    if (decides) begin
      way <= good_tag ? DEVICE : NOWHERE;
      owed_way <= DEVICE;
      tag <= is_prg ? rx_beat[4:0] : rx_beat[12:8];
      nothing_follows <= is_last;
    end
    if (accept) begin
      in_tlp <= !last;
      way <= next_way;
      if (next_way != NOWHERE) begin
        owed <= 1;
        owed_beat <= rx_beat;
        owed_way <= next_way;
        owed_first <= !in_tlp;
      end
      if (!in_tlp) begin
        tlp_bar <= is_completion || is_response ? 0 : rx_bar;
        tlp_frozen <= !for_core;
        is_cpl <= is_completion;
        is_prg <= is_response;
      end
    end
  end

  reg link_waits = 0;
  reg [66:0] waiting_beat = 0;
  reg [7:0] waiting_bar = 0;
  always @(posedge clock) begin
    link_waits <= rx_valid && !rx_ready;
    waiting_beat <= rx_beat;
    waiting_bar <= rx_bar;
  end
  always @(*)
    assume (!link_waits || (rx_valid && rx_beat == waiting_beat && rx_bar == waiting_bar));

  // Where the block stands, against the books.
  always @(*) begin
    I10_held_is_owed: assert (stage[75] == owed && (!owed || (stage[66:0] == owed_beat && stage[76] == owed_first)));
    H_held_last: assert (!owed || in_tlp == !owed_beat[66]);
    H_in_tlp: assert (stage[87] == in_tlp);
    H_drop: assert (!in_tlp || stage[88] == (way == NOWHERE));
    H_drop_holds_nothing: assert (!(in_tlp && way == NOWHERE) || !owed);
    H_way: assert (!(in_tlp && owed) || way == owed_way);
    H_check: assert (!owed || stage[80] == (owed_way == CHECK));
    H_checked: assert (!(in_tlp && way != NOWHERE) || stage[80] == (way == CHECK));
    H_check_in_tlp: assert (!(owed && owed_way == CHECK) || (in_tlp && (is_cpl || is_prg) && owed_first));
    H_way_check: assert (!(in_tlp && way == CHECK) || owed);
    H_owed_somewhere: assert (!owed || owed_way != NOWHERE);
    H_to_device: assert (!((in_tlp && way != NOWHERE) || owed)
      || (stage[77] == ((owed ? owed_way : way) != JOB) && stage[74:67] == tlp_bar
          && stage[79] == is_cpl && stage[92] == is_prg && (stage[77] || stage[78] == tlp_frozen)));
    H_group_known: assert (!((in_tlp || owed) && is_prg && (owed ? owed_way : way) == DEVICE)
      || stage[85:81] == tag);
    H_one_kind: assert (!(is_cpl && is_prg));
    I6_last_known: assert (!((in_tlp || owed) && is_cpl && (owed ? owed_way : way) == DEVICE)
      || (stage[85:81] == tag && stage[86] == nothing_follows));
  end

  // I10: what leaves is what is owed.
  always @(*) begin
    I10_device_gets_its_own: assert (!dev_valid || (owed && (owed_way == DEVICE || good_tag)
      && dev_beat == owed_beat && dev_bar == tlp_bar));
    I10_completer_gets_its_own: assert (!job_valid || (owed && owed_way == JOB
      && job_beat == owed_beat && job_first == owed_first));
    I10_one_sink: assert (!(dev_valid && job_valid));
    I10_no_beat_lost: assert (!(accept && owed && next_way != NOWHERE) || device_takes || job_takes);
    I10_no_hang: assert (!owed || owed_way == CHECK || (owed_way == DEVICE ? dev_valid : job_valid));
    I10_completion_goes_on: assert (!good_tag || dev_valid);
    I10_link_not_stopped: assert (rx_ready || (owed && !device_takes && !job_takes));
    I10_dropped_at_once: assert (!(no_tag || strange_tag || (in_tlp && way == NOWHERE)) || rx_ready);
    I10_malformed_once: assert (malformed == expect_malformed);
    I10_unexpected_once: assert (unexpected == expect_unexpected);
    I10_np_to_device: assert (np_to_device == expect_np);
  end
  always @(posedge clock) begin
    I10_device_gets_its_own_reached: cover (past && device_takes && !owed_first && $past(dev_valid && !dev_ready) && !is_cpl);
    I10_completer_gets_its_own_reached: cover (past && job_takes && !owed_first && $past(job_valid && !job_ready) && accept);
    I10_held_is_owed_reached: cover (past && !owed && $past(owed && device_takes && !accept) && in_tlp);
    I10_one_sink_reached: cover (past && job_valid && $past(dev_valid) && accept);
    I10_no_beat_lost_reached: cover (past && accept && device_takes && $past(accept && device_takes) && in_tlp);
    I10_no_hang_reached: cover (past && dev_valid && owed_first && $past(job_takes));
    I10_completion_goes_on_reached: cover (good_tag && !dev_ready && tag != rx_beat[12:8]);
    I10_link_not_stopped_reached: cover (past && rx_valid && !rx_ready && $past(rx_valid && !rx_ready) && owed_way == DEVICE);
    I10_dropped_at_once_reached: cover (past && strange_tag && $past(is_cpl) && $past(owed && owed_way == CHECK && !rx_valid));
    I10_malformed_once_reached: cover (past && malformed && $past(malformed) && accept);
    I10_unexpected_once_reached: cover (past && unexpected && in_tlp);
    I10_np_to_device_reached: cover (past && np_to_device && dev_valid && $past(dev_valid));
    if (past) begin
      I10_valid_stays: assert (!$past(dev_valid && !dev_ready)
        || (dev_valid && dev_beat == $past(dev_beat) && dev_bar == $past(dev_bar)));
      I10_valid_stays_reached: cover ($past(dev_valid && !dev_ready, 2) && $past(dev_valid && !dev_ready) && is_cpl
        && owed_first);
      I10_job_stays: assert (!$past(job_valid && !job_ready) || (job_valid && job_beat == $past(job_beat)
        && job_first == $past(job_first) && job_frozen == $past(job_frozen)));
      I10_job_stays_reached: cover ($past(job_valid && !job_ready) && job_frozen && $past(!route_frozen));
    end
  end

  // I8: frozen.
  reg frozen_at_first = 0;
  always @(posedge clock) frozen_at_first <= first_accept ? route_frozen : frozen_at_first;
  always @(*) begin
    // A response that comes while the routing is frozen never gets to the device.
    I8_late_response: assert (!(dev_valid && is_prg) || !frozen_at_first);
    I8_frozen_to_completer: assert (!job_valid || job_frozen == tlp_frozen);
    I8_device_left_alone: assert (!(dev_valid && !is_cpl) || !frozen_at_first);
    H_frozen_way: assert (!(frozen_at_first && !is_cpl)
      || ((!in_tlp || way == JOB || way == NOWHERE) && (!owed || owed_way == JOB)));
    I8_busy_tells: assert (!(dev_valid || completion) || dev_busy);
    I8_busy_in_between: assert (!(in_tlp && way == DEVICE) || dev_busy);
    I8_busy_ends: assert (!dev_busy || (owed && owed_way != JOB) || (in_tlp && way == DEVICE));
  end
  always @(posedge clock) begin
    I8_frozen_to_completer_reached: cover (past && job_takes && job_frozen && !job_first && $past(job_takes));
    I8_device_left_alone_reached: cover (job_takes && job_frozen && frozen_at_first && !route_frozen && !job_first);
    I8_busy_tells_reached: cover (past && device_takes && route_frozen && $past(route_frozen) && !is_cpl && !owed_first);
    I8_busy_in_between_reached: cover (in_tlp && way == DEVICE && !owed && !rx_valid);
    I8_busy_ends_reached: cover (past && !dev_busy && $past(device_takes) && $past(owed_beat[66]));
    if (past) begin
      I8_quiet_stays: assert (!$past(!dev_busy && route_frozen) || !route_frozen || outstanding != 0
        || (!dev_valid && !np_to_device));
      I8_quiet_stays_reached: cover ($past(!dev_busy && route_frozen && rx_valid) && route_frozen
        && outstanding == 0 && strange_tag);
    end
  end

  // I6: what comes back is reported when the device has it, and only once.
  always @(*) begin
    I6_response_when_taken: assert (page_response == (device_takes && is_prg && owed_beat[66]));
    I6_response_group: assert (!page_response || completion_tag == tag);
    I6_completion_when_taken: assert (completion == (device_takes && is_cpl && owed_beat[66]));
    I6_completion_tag: assert (!completion || (completion_tag == tag && completion_last == nothing_follows));
  end
  always @(posedge clock) begin
    I6_response_when_taken_reached: cover (past && page_response && $past(dev_valid && !dev_ready));
    I6_response_group_reached: cover (page_response && completion_tag == 5'd21 && $past(good_tag && !dev_ready, 2));
    I8_late_response_reached: cover (past && unexpected && is_prg && $past(first_accept && late_response));
    I6_completion_when_taken_reached: cover (past && completion && $past(dev_valid && !dev_ready));
    I6_last_known_reached: cover (in_tlp && is_cpl && way == DEVICE && !owed && nothing_follows && tag == 3);
    I1_completions_apart: assert (!past || !($past(completion) && completion));
    I1_completions_apart_reached: cover (past && completion && $past(completion, 2));
    I6_completion_tag_reached: cover (completion && completion_last && completion_tag == 5'd19 && $past(is_cpl && owed_beat[9:0] == 3));
  end
endmodule
