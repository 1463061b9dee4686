// The way out: module slackwater$tx (hdl/src/tx_path.rs).
//
// This file keeps its own books: a queue of the beats that the device has handed over and the
// link has not yet taken, and who owns the link. What a TLP is, it reads from the header fields
// of the PCIe Base Specification 2.2.1. Proven:
// - I5: while the gate is closed no request is admitted; `closed` is 1 just when the gate is closed
//   and nothing of a request is inside, and then no request starts until it opens; what was
//   admitted leaves whole, in order, and no TLP is put into another; completions are taken from
//   the device and from the completer whatever the gate does, and the completer waits for one TLP
//   of the device at most.
// - I1: `start` is just the acceptance of the first beat of a request on the link, and `header` is
//   that of this very TLP; of a write or an AtomicOp that comes while `tracking` is 1 relaxed and
//   ID-based ordering (and a write's traffic class) leave as 0, and nothing else is changed ever.
// - I10: a beat that was offered on the link stays until it is taken; two held beats are always
//   offered, and the device waits for one TLP of the completer at most.
// - I8: `completion_out` comes with the last beat of the last completion of a request, and only
//   then.
//
// Assumption: a beat that the completer offers stays, unchanged, until it is taken
// (I10_beat_stays of completer_headers.sv). The device and the link are free; the device may take
// an offered beat back, and its TLPs may be of one beat, which is malformed.
//
// @prove: 2
// @cover: 14
module tx_properties(input clock);
  (* anyseq *) reg [66:0] dev_beat, cpl_beat;
  (* anyseq *) reg dev_valid, cpl_valid, link_ready, close, tracking;
  wire dev_ready, cpl_ready, link_valid, closed, start, completion_out;
  wire [66:0] link_beat;
  wire [86:0] header;
  slackwater$tx dut(.clock(clock), .dev_beat(dev_beat), .dev_valid(dev_valid),
    .dev_ready(dev_ready), .cpl_beat(cpl_beat), .cpl_valid(cpl_valid), .cpl_ready(cpl_ready),
    .link_beat(link_beat), .link_valid(link_valid), .link_ready(link_ready), .close(close),
    .closed(closed), .tracking(tracking), .start(start), .header(header),
    .completion_out(completion_out), .inject(6'd0));

  (* hierconn *) wire [69:0] \dut.a$q ;
  (* hierconn *) wire [69:0] \dut.b$q ;
  (* hierconn *) wire [86:0] \dut.b_header$q ;
  (* hierconn *) wire [5:0] \dut.flags$q ;
  wire [69:0] a = \dut.a$q ;
  wire [69:0] b = \dut.b$q ;
  wire [5:0] flags = \dut.flags$q ;

  // Handshakes. What the link takes and the completer does not give is the device's.
  wire dev_take = dev_valid && dev_ready;
  wire link_take = link_valid && link_ready;
  wire cpl_take = cpl_valid && cpl_ready;
  wire dev_out = link_take && !cpl_take;
  wire link_last = link_beat[66];
  wire dev_completion = dev_beat[28:24] == 5'b01010;

  // The books: q0 is the oldest beat inside, q1 the next. `all` and `any`: tracking was 1 in all,
  // in any of the clocks after the beat was taken.
  reg [1:0] n = 0;
  reg [66:0] q0 = 0, q1 = 0;
  reg first0 = 0, first1 = 0, request0 = 0, request1 = 0;
  reg all0 = 0, all1 = 0, any0 = 0, any1 = 0;
  // The device is inside a TLP, which is a request.
  reg inside = 0, inside_request = 0;
  // A TLP is partly on the link, the device's or the completer's.
  reg link_inside = 0, link_device = 0;
  wire take_first = !inside;
  wire take_request = inside ? inside_request : !dev_completion;

  always @(posedge clock) begin
    if (dev_take) begin
      inside <= !dev_beat[66];
      inside_request <= take_request;
    end
    if (link_take) begin
      link_inside <= !link_last;
      link_device <= !cpl_take;
    end
    n <= (n + {1'b0, dev_take}) - {1'b0, dev_out};
    if (dev_out) begin
      {q0, first0, request0} <= {q1, first1, request1};
      all0 <= all1 && tracking;
      any0 <= any1 || tracking;
    end else begin
      all0 <= all0 && tracking;
      any0 <= any0 || tracking;
    end
    all1 <= all1 && tracking;
    any1 <= any1 || tracking;
    if (dev_take) begin
      if (n - {1'b0, dev_out} == 0) begin
        {q0, first0, request0, all0, any0} <= {dev_beat, take_first, take_request, 1'b1, 1'b0};
      end else begin
        {q1, first1, request1, all1, any1} <= {dev_beat, take_first, take_request, 1'b1, 1'b0};
      end
    end
  end

  // The TLP whose first beat is q0 and whose second is q1.
  wire [2:0] fmt = q0[31:29];
  wire [4:0] kind = q0[28:24];
  wire write = (fmt == 2 || fmt == 3) && kind == 0;
  wire atomic = fmt[1] && (kind == 5'b01100 || kind == 5'b01101 || kind == 5'b01110);
  wire message = kind[4];
  wire unknown = fmt[2] || q0[66];
  // Page Request Message: fmt 001, type 10000, code 0000_0100 in the last byte of the second DW.
  wire page_request = q0[31:24] == 8'b0011_0000 && q0[39:32] == 8'h04 && !q0[66];
  wire [63:0] address = fmt[0] ? {q1[31:0], q1[63:32]} : {32'd0, q1[31:0]};
  wire has_data = fmt[1];
  // A completion is the last one if what is left of its request is no more than its payload.
  // In both fields 0 is the largest value, 4096 bytes.
  wire [13:0] left = {1'b0, q0[43:32] == 0, q0[43:32]} + {12'd0, q1[1:0]};
  wire ends = !has_data || left <= {1'b0, q0[9:0] == 0, q0[9:0], 2'd0};
  reg out_ends = 0, out_whole = 0;
  always @(posedge clock) if (dev_out && first0) {out_ends, out_whole} <= {ends, !q0[66]};

  // Bits that may leave as 0: relaxed ordering, ID-based ordering, traffic class.
  wire [31:0] may_clear = !first0 ? 0 : write ? 32'h0074_2000 : atomic ? 32'h0004_2000 : 0;

  // Who waits for whom.
  reg completer_waits = 0, device_waits = 0;
  always @(posedge clock) begin
    completer_waits <= (completer_waits || (dev_out && link_last)) && cpl_valid && !cpl_take;
    device_waits <= (device_waits || (cpl_take && link_last && n == 2)) && !dev_out;
  end

  reg past = 0;
  reg [66:0] cpl_before = 0;
  reg cpl_stalled = 0;
  always @(posedge clock) begin
    past <= 1;
    cpl_before <= cpl_beat;
    cpl_stalled <= cpl_valid && !cpl_ready;
  end
  always @(*) completer_stays: assume (!cpl_stalled || (cpl_valid && cpl_beat == cpl_before));

  // What the registers have to do with the books.
  wire a_valid = a[67], b_valid = b[67];
  wire [69:0] entry0 = {request0, first0, 1'b1, q0};
  wire [69:0] entry1 = {request1, first1, 1'b1, q1};
  wire [69:0] b_loose = {38'h3f_ffff_ffff, ~may_clear};
  always @(*) begin
    H_number: assert (n == {1'b0, a_valid} + {1'b0, b_valid});
    H_a: assert (!a_valid || a == (b_valid ? entry1 : entry0));
    H_b: assert (!b_valid || ((b ^ entry0) & b_loose) == 0);
    H_b_clears: assert (!b_valid || (b[31:0] & ~q0[31:0]) == 0);
    H_b_tracked: assert (!b_valid || !all0 || (b[31:0] & may_clear) == 0);
    H_b_untracked: assert (!b_valid || any0 || b[31:0] == q0[31:0]);
    H_inside: assert (flags[0] == inside
      && (!inside || (flags[1] == inside_request && a[69] == inside_request)));
    H_first: assert (n == 0 || first0 == !(link_inside && link_device));
    H_second: assert (n != 2 || first1 == q0[66]);
    H_newest: assert (inside == (n == 2 ? !q1[66] : n == 1 ? !q0[66] : link_inside && link_device));
    H_pair: assert (!(b_valid && first0) || q0[66] || n == 2);
    H_kind0: assert (n == 0 || !first0 || request0 == (kind != 5'b01010));
    H_kind1: assert (n != 2 || request1 == (first1 ? q1[28:24] != 5'b01010 : request0));
    H_kind_inside: assert (!inside || n == 0 || inside_request == (n == 2 ? request1 : request0));
    H_kind_link: assert (!(link_inside && link_device && n == 0) || !inside || inside_request == flags[1]);
    H_link: assert (!link_inside || (flags[3] && flags[4] == link_device));
    H_offered: assert (!flags[3] || link_inside || (flags[4] ? b_valid && first0 : cpl_stalled));
    H_completer_waits: assert (!completer_waits || (cpl_stalled && (flags[3] ? !flags[4] : !flags[5])));
    H_device_waits: assert (!device_waits || (b_valid && (flags[3] ? flags[4] : flags[5])));
    H_header: assert (!(b_valid && first0) || (\dut.b_header$q [81:72] == q0[9:0]
      && \dut.b_header$q [71:64] == q0[47:40] && \dut.b_header$q [82] == write
      && \dut.b_header$q [83] == (request0 && !write && !message)
      && \dut.b_header$q [84] == atomic && \dut.b_header$q [85] == unknown
      && \dut.b_header$q [86] == page_request));
    H_address: assert (!(b_valid && first0 && !q0[66])
      || {\dut.b_header$q [63:32], \dut.b_header$q [31:0]} == address);
    H_final_first: assert (!(b_valid && first0 && !q0[66] && !request0) || flags[2] == ends);
    H_final_rest: assert (!(link_inside && link_device && out_whole && n != 0 && !request0)
      || flags[2] == out_ends);
    H_final_none: assert (!(link_inside && link_device && out_whole && n == 0 && !inside_request)
      || flags[2] == out_ends);
  end

  wire request_inside = (n > 0 && request0) || (n > 1 && request1) || (inside && inside_request);
  always @(*) begin
    // The gate.
    I5_closed_admits_nothing: assert (!(close && dev_take && take_first) || dev_completion);
    I5_closed_starts_nothing: assert (!closed || !start);
    I5_closed_is_empty: assert (closed == (close && !request_inside));
    I5_completion_passes: assert (!(dev_valid && take_first && dev_completion && (n < 2 || dev_out))
      || dev_ready);
    I5_admitted_goes_on: assert (!(dev_valid && inside && (n < 2 || dev_out)) || dev_ready);
    // The link.
    I5_device_in_order: assert (!dev_out || (n != 0 && link_beat[66:32] == q0[66:32]
      && ((link_beat[31:0] ^ q0[31:0]) & ~may_clear) == 0 && (any0 || link_beat[31:0] == q0[31:0])));
    I5_completer_in_order: assert (!cpl_take || (link_take && link_beat == cpl_beat));
    I5_not_interleaved: assert (!(link_inside && link_take) || link_device == dev_out);
    I5_completer_next: assert (!completer_waits || !dev_out);
    I10_device_next: assert (!device_waits || !cpl_take);
    I10_offers: assert (!(n == 2 && (!link_inside || link_device)) || link_valid);
    I10_completer_offered: assert (!(cpl_valid && (link_inside ? !link_device : n == 0)) || link_valid);
    // The mark.
    I1_start_is_acceptance: assert (start == (dev_out && first0 && request0));
    I1_header_is_its_own: assert (!start || (header[81:72] == q0[9:0] && header[71:64] == q0[47:40]
      && header[82] == write && header[83] == (!write && !message) && header[84] == atomic
      && header[85] == unknown && (q0[66] || header[63:0] == address)));
    // A Page Request is a request like any other at the gate; it is no write and waits for no completion.
    I5_page_request_told: assert (!start || (header[86] == page_request
      && (!header[86] || (!header[82] && !header[83] && !header[84] && !header[85]))));
    I5_page_request_gated: assert (!(close && dev_take && take_first) || dev_beat[31:24] != 8'b0011_0000);
    I1_ordering_cleared: assert (!(dev_out && all0 && first0 && (write || atomic))
      || (link_beat[31:0] & may_clear) == 0);
    I8_completion_out: assert (!(dev_out && first0 == 0 && out_whole)
      || completion_out == (link_last && !request0 && out_ends));
    I8_completion_out_only_last: assert (!completion_out || (dev_out && link_last && !request0));
  end
  always @(posedge clock) if (past) begin
    I5_stays_closed: assert (!$past(closed) || !close || closed);
    I10_offer_stays: assert (!$past(link_valid && !link_ready)
      || (link_valid && link_beat == $past(link_beat)));
    // At 64 bits a TLP that is no malformed one takes two clocks.
    I1_starts_apart: assert (!$past(start && !header[85]) || !start);

    I5_stays_closed_reached: cover ($past(closed && dev_valid && take_first && !dev_completion) && closed && n == 2);
    I10_offer_stays_reached: cover ($past(link_valid && !link_ready && dev_out == 0 && cpl_valid && n == 2)
      && dev_out && first0);
    I1_starts_apart_reached: cover ($past(start && !header[85], 2) && start && write);
  end

  reg gate_fell = 0;
  always @(posedge clock) gate_fell <= gate_fell || (close && request_inside);
  always @(*) begin
    I5_page_request_told_reached: cover (start && header[86] && tracking && header[63:32] != 0);
    I5_page_request_gated_reached: cover (close && dev_valid && !dev_ready && take_first
      && dev_beat[31:24] == 8'b0011_0000 && gate_fell && n < 2);
    I5_closed_admits_nothing_reached: cover (close && dev_take && take_first && gate_fell && n == 1);
    I5_closed_starts_nothing_reached: cover (closed && gate_fell && dev_out && first0);
    I5_closed_is_empty_reached: cover (gate_fell && closed && n == 2);
    I5_completion_passes_reached: cover (close && dev_take && take_first && dev_completion && n == 2 && request_inside);
    I5_admitted_goes_on_reached: cover (close && gate_fell && dev_take && inside_request && inside && n == 2);
    I5_device_in_order_reached: cover (dev_out && any0 && link_beat[31:0] != q0[31:0] && n == 2);
    I5_completer_in_order_reached: cover (cpl_take && link_last && link_inside && n == 2);
    I5_not_interleaved_reached: cover (link_inside && link_device && dev_out && cpl_valid && link_last);
    I5_completer_next_reached: cover (completer_waits && cpl_take && n == 2);
    I10_device_next_reached: cover (device_waits && dev_out && cpl_valid);
    I10_offers_reached: cover (n == 2 && link_inside && link_device && cpl_valid && link_take);
    I10_completer_offered_reached: cover (cpl_take && link_inside && past);
    I1_start_is_acceptance_reached: cover (start && close && n == 2);
    I1_header_is_its_own_reached: cover (start && atomic && fmt[0] && header[63:32] == 32'h1234_5678);
    I1_ordering_cleared_reached: cover (start && all0 && write && q0[13] && q0[18] && q0[22:20] == 5);
    I8_completion_out_reached: cover (completion_out && !first0 && out_whole && out_ends && close);
    I8_completion_out_only_last_reached: cover (dev_out && link_last && !request0 && !completion_out);
  end
endmodule
