// Slackwater core 0.1.0, register map 1.2.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Makes a PCIe device live-migratable: it gates the device's DMA, logs the pages
// that the device writes, and moves the device's state. It goes between the
// device's DMA engine and its PCIe core. Nothing of it has run on hardware.
//
// Generated from RustHDL: write it again with `cargo xtask emit`, do not edit it.
//
// Built with
//   device type       0x00010001
//   state words       4160
//   clock             125000000 Hz
//   NDMA              yes
//   dirty line        yes
//   page requests     yes
//   configuration     0x415b114d (CONFIG_HASH)
// `cargo xtask emit --help` shows how to build it with others.
//
// Top: slackwater_core. All ports are synchronous to user_clk; registers and memories
// power up as zero, there is no reset.
//   s_axis_tx_*, m_axis_rx_*      streams of the PCIe core: 7-series AXIS, 64 bits,
//                                 raw TLPs, DW0 first in the low lane; BAR hits
//                                 in m_axis_rx_tuser[9:2]
//   cfg_*_number                  bus, device and function number
//   cfg_interrupt*                MSI requests that have passed the gate
//   cfg_received_func_lvl_rst     function level reset, held until func_lvl_rst_done
//   dev_s_axis_tx_*, dev_m_axis_rx_*, dev_cfg_interrupt*
//                                 the same for the device, as from a PCIe core
//   dev_gated                     requests are not admitted
//   dev_freeze                    nothing in the device may change
//   dev_reset                     reset of the device
//   state_*                       state port; read data come two clocks after the index
//   dirty_valid, dirty_block      dirty line
//   ctl_*, firmware_*             control bus, event line and reset of the soft core

module slackwater_core (
    input  wire        user_clk,

    // PCIe core, transmit: what the endpoint sends.
    output wire [63:0] s_axis_tx_tdata,
    output wire [7:0]  s_axis_tx_tkeep,
    output wire        s_axis_tx_tlast,
    output wire        s_axis_tx_tvalid,
    input  wire        s_axis_tx_tready,
    output wire [3:0]  s_axis_tx_tuser,

    // PCIe core, receive: what the endpoint gets.
    input  wire [63:0] m_axis_rx_tdata,
    input  wire [7:0]  m_axis_rx_tkeep,
    input  wire        m_axis_rx_tlast,
    input  wire        m_axis_rx_tvalid,
    output wire        m_axis_rx_tready,
    input  wire [21:0] m_axis_rx_tuser,

    // PCIe core, side ports.
    input  wire [7:0]  cfg_bus_number,
    input  wire [4:0]  cfg_device_number,
    input  wire [2:0]  cfg_function_number,
    output wire        cfg_interrupt,
    output wire [7:0]  cfg_interrupt_di,
    input  wire        cfg_interrupt_rdy,
    input  wire        cfg_received_func_lvl_rst,
    output wire        func_lvl_rst_done,

    // The device: the same streams, as from a PCIe core.
    input  wire [63:0] dev_s_axis_tx_tdata,
    input  wire [7:0]  dev_s_axis_tx_tkeep,
    input  wire        dev_s_axis_tx_tlast,
    input  wire        dev_s_axis_tx_tvalid,
    output wire        dev_s_axis_tx_tready,
    output wire [63:0] dev_m_axis_rx_tdata,
    output wire [7:0]  dev_m_axis_rx_tkeep,
    output wire        dev_m_axis_rx_tlast,
    output wire        dev_m_axis_rx_tvalid,
    input  wire        dev_m_axis_rx_tready,
    output wire [21:0] dev_m_axis_rx_tuser,
    input  wire        dev_cfg_interrupt,
    input  wire [7:0]  dev_cfg_interrupt_di,
    output wire        dev_cfg_interrupt_rdy,

    // The device: gate, freezing, reset, state port, dirty line.
    output wire        dev_gated,
    output wire        dev_freeze,
    output wire        dev_reset,
    output wire [15:0] state_index,
    input  wire [31:0] state_read_data,
    output wire [31:0] state_write_data,
    output wire        state_write,
    input  wire        dirty_valid,
    input  wire [7:0]  dirty_block,

    // The soft core.
    input  wire        ctl_valid,
    input  wire        ctl_write,
    input  wire [19:0] ctl_address,
    input  wire [31:0] ctl_write_data,
    output wire        ctl_ready,
    output wire [31:0] ctl_read_data,
    output wire        firmware_event,
    output wire        firmware_reset
);
    // A beat inside: tlast, one keep bit for each DW, two DWs.
    wire [66:0] link_tx_beat;
    wire [66:0] link_rx_beat;
    wire [66:0] dev_tx_beat;
    wire [66:0] dev_rx_beat;
    wire [7:0]  dev_rx_bar;
    wire [4:0]  msi_vector;

    assign s_axis_tx_tdata = link_tx_beat[63:0];
    assign s_axis_tx_tkeep = {{4{link_tx_beat[65]}}, {4{link_tx_beat[64]}}};
    assign s_axis_tx_tlast = link_tx_beat[66];
    assign s_axis_tx_tuser = 4'd0;
    assign link_rx_beat = {m_axis_rx_tlast, m_axis_rx_tkeep[4], m_axis_rx_tkeep[0], m_axis_rx_tdata};
    assign dev_tx_beat = {dev_s_axis_tx_tlast, dev_s_axis_tx_tkeep[4], dev_s_axis_tx_tkeep[0], dev_s_axis_tx_tdata};
    assign dev_m_axis_rx_tdata = dev_rx_beat[63:0];
    assign dev_m_axis_rx_tkeep = {{4{dev_rx_beat[65]}}, {4{dev_rx_beat[64]}}};
    assign dev_m_axis_rx_tlast = dev_rx_beat[66];
    // BAR hits are bits 9:2 in both directions.
    assign dev_m_axis_rx_tuser = {12'd0, dev_rx_bar, 2'd0};
    assign cfg_interrupt_di = {3'd0, msi_vector};

    slackwater core (
        .clock(user_clk),
        .link_tx_beat(link_tx_beat),
        .link_tx_valid(s_axis_tx_tvalid),
        .link_tx_ready(s_axis_tx_tready),
        .link_rx_beat(link_rx_beat),
        .link_rx_valid(m_axis_rx_tvalid),
        .link_rx_bar(m_axis_rx_tuser[9:2]),
        .link_rx_ready(m_axis_rx_tready),
        .requester_id({cfg_bus_number, cfg_device_number, cfg_function_number}),
        .msi_valid(cfg_interrupt),
        .msi_vector(msi_vector),
        .msi_ready(cfg_interrupt_rdy),
        .flr(cfg_received_func_lvl_rst),
        .flr_done(func_lvl_rst_done),
        .dev_tx_beat(dev_tx_beat),
        .dev_tx_valid(dev_s_axis_tx_tvalid),
        .dev_tx_ready(dev_s_axis_tx_tready),
        .dev_rx_beat(dev_rx_beat),
        .dev_rx_valid(dev_m_axis_rx_tvalid),
        .dev_rx_bar(dev_rx_bar),
        .dev_rx_ready(dev_m_axis_rx_tready),
        .dev_gated(dev_gated),
        .dev_freeze(dev_freeze),
        .dev_reset(dev_reset),
        .dev_msi_valid(dev_cfg_interrupt),
        .dev_msi_vector(dev_cfg_interrupt_di[4:0]),
        .dev_msi_ready(dev_cfg_interrupt_rdy),
        .state_index(state_index),
        .state_read_data(state_read_data),
        .state_write_data(state_write_data),
        .state_write(state_write),
        .dirty_valid(dirty_valid),
        .dirty_block(dirty_block),
        .ctl_valid(ctl_valid),
        .ctl_write(ctl_write),
        .ctl_address(ctl_address),
        .ctl_write_data(ctl_write_data),
        .ctl_ready(ctl_ready),
        .ctl_read_data(ctl_read_data),
        .firmware_event(firmware_event),
        .firmware_reset(firmware_reset),
        .inject(6'd0)
    );
endmodule

module slackwater(clock,link_tx_beat,link_tx_valid,link_tx_ready,link_rx_beat,link_rx_valid,link_rx_bar,link_rx_ready,requester_id,msi_valid,msi_vector,msi_ready,flr,flr_done,dev_tx_beat,dev_tx_valid,dev_tx_ready,dev_rx_beat,dev_rx_valid,dev_rx_bar,dev_rx_ready,dev_gated,dev_freeze,dev_reset,dev_msi_valid,dev_msi_vector,dev_msi_ready,state_index,state_read_data,state_write_data,state_write,dirty_valid,dirty_block,ctl_valid,ctl_write,ctl_address,ctl_write_data,ctl_ready,ctl_read_data,firmware_event,firmware_reset,inject);
    // Module arguments
    input wire  clock;
    output reg  [66:0] link_tx_beat;
    output reg  link_tx_valid;
    input wire  link_tx_ready;
    input wire  [66:0] link_rx_beat;
    input wire  link_rx_valid;
    input wire  [7:0] link_rx_bar;
    output reg  link_rx_ready;
    input wire  [15:0] requester_id;
    output reg  msi_valid;
    output reg  [4:0] msi_vector;
    input wire  msi_ready;
    input wire  flr;
    output reg  flr_done;
    input wire  [66:0] dev_tx_beat;
    input wire  dev_tx_valid;
    output reg  dev_tx_ready;
    output reg  [66:0] dev_rx_beat;
    output reg  dev_rx_valid;
    output reg  [7:0] dev_rx_bar;
    input wire  dev_rx_ready;
    output reg  dev_gated;
    output reg  dev_freeze;
    output reg  dev_reset;
    input wire  dev_msi_valid;
    input wire  [4:0] dev_msi_vector;
    output reg  dev_msi_ready;
    output reg  [15:0] state_index;
    input wire  [31:0] state_read_data;
    output reg  [31:0] state_write_data;
    output reg  state_write;
    input wire  dirty_valid;
    input wire  [7:0] dirty_block;
    input wire  ctl_valid;
    input wire  ctl_write;
    input wire  [19:0] ctl_address;
    input wire  [31:0] ctl_write_data;
    output reg  ctl_ready;
    output reg  [31:0] ctl_read_data;
    output reg  firmware_event;
    output reg  firmware_reset;
    input wire  [5:0] inject;
    // Constant declarations
    localparam  drop_bit = 6'b1;
    localparam  leak_bit = 6'b10000;
    // Stub signals
    reg  tx$clock;
    reg  [66:0] tx$dev_beat;
    reg  tx$dev_valid;
    wire  tx$dev_ready;
    reg  [66:0] tx$cpl_beat;
    reg  tx$cpl_valid;
    wire  tx$cpl_ready;
    wire  [66:0] tx$link_beat;
    wire  tx$link_valid;
    reg  tx$link_ready;
    reg  tx$close;
    wire  tx$closed;
    reg  tx$tracking;
    wire  tx$start;
    wire  [86:0] tx$header;
    wire  tx$completion_out;
    reg  [5:0] tx$inject;
    reg  rx$clock;
    reg  [66:0] rx$rx_beat;
    reg  rx$rx_valid;
    reg  [7:0] rx$rx_bar;
    wire  rx$rx_ready;
    wire  [66:0] rx$dev_beat;
    wire  rx$dev_valid;
    wire  [7:0] rx$dev_bar;
    reg  rx$dev_ready;
    wire  [66:0] rx$job_beat;
    wire  rx$job_valid;
    wire  rx$job_first;
    wire  rx$job_frozen;
    reg  rx$job_ready;
    reg  rx$route_frozen;
    reg  [31:0] rx$outstanding;
    reg  [31:0] rx$page_groups;
    wire  rx$dev_busy;
    wire  rx$completion;
    wire  rx$page_response;
    wire  [4:0] rx$completion_tag;
    wire  rx$completion_last;
    wire  rx$np_to_device;
    wire  rx$malformed;
    wire  rx$unexpected;
    reg  completer$clock;
    reg  [66:0] completer$job_beat;
    reg  completer$job_valid;
    reg  completer$job_first;
    reg  completer$job_frozen;
    wire  completer$job_ready;
    reg  [15:0] completer$owner;
    reg  [15:0] completer$completer_id;
    wire  [13:0] completer$bus_address;
    wire  completer$bus_read;
    wire  completer$bus_write;
    wire  [31:0] completer$bus_write_data;
    reg  [31:0] completer$bus_read_data;
    wire  [66:0] completer$tx_beat;
    wire  completer$tx_valid;
    reg  completer$tx_ready;
    wire  completer$not_owner;
    wire  completer$malformed;
    wire  completer$frozen_read;
    wire  completer$frozen_write;
    reg  outstanding$clock;
    reg  outstanding$start;
    reg  [86:0] outstanding$header;
    reg  outstanding$done;
    reg  [4:0] outstanding$done_tag;
    reg  outstanding$done_last;
    reg  outstanding$tracking;
    reg  [31:0] outstanding$timeout;
    reg  outstanding$clear;
    reg  [5:0] outstanding$inject;
    wire  [31:0] outstanding$outstanding;
    wire  [5:0] outstanding$count;
    wire  outstanding$lost_track;
    wire  outstanding$timed_out;
    wire  outstanding$pending;
    wire  outstanding$lookup;
    wire  [31:0] outstanding$lookup_lo;
    wire  [31:0] outstanding$lookup_hi;
    wire  [12:0] outstanding$lookup_bytes;
    wire  outstanding$incomplete;
    reg  pages$clock;
    reg  pages$start;
    reg  [86:0] pages$header;
    reg  pages$done;
    reg  [4:0] pages$done_group;
    reg  pages$clear;
    wire  [31:0] pages$groups;
    wire  [31:0] pages$word;
    reg  ranges$clock;
    reg  ranges$lookup;
    reg  [31:0] ranges$lookup_lo;
    reg  [31:0] ranges$lookup_hi;
    reg  [12:0] ranges$lookup_bytes;
    wire  ranges$mark;
    wire  [14:0] ranges$mark_word;
    wire  [4:0] ranges$mark_bit;
    wire  ranges$outside;
    wire  ranges$incomplete;
    wire  ranges$busy;
    reg  ranges$write;
    reg  ranges$read;
    reg  [2:0] ranges$index;
    reg  [1:0] ranges$field;
    reg  [31:0] ranges$write_data;
    wire  [31:0] ranges$read_data;
    reg  log$clock;
    reg  log$mark;
    reg  [14:0] log$mark_word;
    reg  [4:0] log$mark_bit;
    reg  [1:0] log$op;
    reg  [14:0] log$op_word;
    reg  [31:0] log$op_data;
    wire  [31:0] log$old;
    wire  [23:0] log$count;
    reg  snapshot$clock;
    reg  snapshot$command_write;
    reg  [31:0] snapshot$command_data;
    reg  snapshot$mark;
    reg  [14:0] snapshot$mark_word;
    reg  snapshot$incomplete;
    wire  [1:0] snapshot$op;
    wire  [14:0] snapshot$op_word;
    wire  [31:0] snapshot$op_data;
    reg  [31:0] snapshot$old;
    wire  snapshot$tracking;
    wire  [31:0] snapshot$command;
    wire  [31:0] snapshot$status;
    wire  [31:0] snapshot$chunk_summary;
    wire  [31:0] snapshot$line_lo;
    wire  [31:0] snapshot$line_hi;
    reg  [9:0] snapshot$window_word;
    wire  [31:0] snapshot$window_data;
    reg  [5:0] snapshot$inject;
    reg  internal$clock;
    reg  internal$mark;
    reg  [2:0] internal$mark_word;
    reg  [4:0] internal$mark_bit;
    reg  [1:0] internal$op;
    reg  [2:0] internal$op_word;
    reg  [31:0] internal$op_data;
    wire  [31:0] internal$old;
    wire  [23:0] internal$count;
    reg  device$clock;
    reg  device$state_request_write;
    reg  device$reset_write;
    reg  [31:0] device$host_data;
    reg  [31:0] device$watchdog;
    reg  [31:0] device$timeout;
    reg  device$answer_write;
    reg  device$reason_write;
    reg  device$hold_write;
    reg  [31:0] device$firmware_data;
    reg  device$tx_closed;
    reg  [5:0] device$outstanding;
    reg  device$lost_track;
    reg  device$marks_pending;
    reg  device$device_rx_busy;
    reg  device$np_to_device;
    reg  device$device_completed;
    reg  device$flr;
    reg  device$msi_valid;
    wire  device$msi_ready;
    wire  device$msi_out_valid;
    reg  device$msi_out_ready;
    wire  device$msi_sent;
    wire  [31:0] device$state_request;
    wire  [31:0] device$state;
    wire  [31:0] device$reason;
    wire  [31:0] device$status;
    wire  [31:0] device$reset_register;
    wire  [2:0] device$hold;
    wire  device$request_pending;
    wire  [3:0] device$requested;
    wire  [3:0] device$present;
    wire  device$close;
    wire  device$route_frozen;
    wire  device$freeze;
    wire  device$device_reset;
    wire  device$firmware_reset;
    wire  device$clear;
    wire  device$flr_done;
    reg  control$clock;
    reg  control$valid;
    reg  control$write;
    reg  [19:0] control$address;
    reg  [31:0] control$data;
    wire  control$ready;
    wire  [31:0] control$read_data;
    wire  control$attention;
    wire  control$answer_write;
    wire  control$reason_write;
    wire  control$hold_write;
    reg  control$request_pending;
    reg  [3:0] control$requested;
    reg  [3:0] control$present;
    reg  [31:0] control$reason;
    reg  [2:0] control$hold;
    reg  [31:0] control$status;
    reg  [31:0] control$watchdog;
    reg  control$window_reset;
    reg  control$window_command_write;
    reg  [31:0] control$host_data;
    reg  control$host_window_write;
    reg  [9:0] control$host_window_word;
    wire  [31:0] control$window_data;
    wire  [31:0] control$window_command;
    wire  [31:0] control$window_status;
    wire  [31:0] control$initial_bytes;
    wire  [31:0] control$dirty_bytes;
    wire  [15:0] control$state_index;
    reg  [31:0] control$state_read_data;
    wire  control$state_write;
    wire  [1:0] control$op;
    wire  [2:0] control$op_word;
    reg  [31:0] control$old;
    reg  [23:0] control$internal_count;
    reg  [31:0] control$page_requests;
    reg  firmware$clock;
    reg  firmware$valid;
    reg  firmware$write;
    reg  [19:0] firmware$address;
    reg  [31:0] firmware$data;
    reg  firmware$ready;
    reg  firmware$reset;
    reg  [31:0] firmware$watchdog;
    wire  [31:0] firmware$fault;
    wire  [31:0] firmware$version;
    wire  [31:0] firmware$crc;
    wire  [31:0] firmware$limit;
    reg  registers$clock;
    reg  [13:0] registers$bus_address;
    reg  registers$bus_read;
    reg  registers$bus_write;
    reg  [31:0] registers$bus_write_data;
    wire  [31:0] registers$bus_read_data;
    wire  [15:0] registers$owner;
    wire  [31:0] registers$watchdog;
    wire  [31:0] registers$timeout;
    wire  registers$state_request_write;
    wire  registers$reset_write;
    wire  registers$log_command_write;
    wire  registers$window_command_write;
    wire  registers$window_write;
    wire  [9:0] registers$window_word;
    wire  registers$range_write;
    wire  registers$range_read;
    wire  [2:0] registers$range_index;
    wire  [1:0] registers$range_field;
    reg  [31:0] registers$range_data;
    reg  [31:0] registers$snapshot_data;
    reg  [31:0] registers$window_data;
    reg  [31:0] registers$state_request;
    reg  [31:0] registers$state;
    reg  [31:0] registers$reason;
    reg  [31:0] registers$status;
    reg  [31:0] registers$reset_register;
    reg  [31:0] registers$page_requests;
    reg  [31:0] registers$log_command;
    reg  [31:0] registers$log_status;
    reg  [23:0] registers$dirty_count;
    reg  [31:0] registers$chunk_summary;
    reg  [31:0] registers$line_lo;
    reg  [31:0] registers$line_hi;
    reg  [31:0] registers$window_command;
    reg  [31:0] registers$window_status;
    reg  [31:0] registers$initial_bytes;
    reg  [31:0] registers$dirty_bytes;
    reg  [31:0] registers$firmware_fault;
    reg  [31:0] registers$firmware_version;
    reg  [31:0] registers$firmware_crc;
    reg  registers$marked;
    reg  registers$outside;
    reg  registers$frozen_read;
    reg  registers$frozen_write;
    reg  registers$not_owner;
    reg  registers$malformed_rx;
    reg  registers$malformed_request;
    reg  registers$unexpected;
    reg  registers$timed_out;
    reg  registers$dma_write;
    reg  registers$dma_read;
    reg  registers$interrupt;
    // Local signals
    reg  log_mark;
    // Sub module instances
    slackwater$tx tx(
        .clock(tx$clock),
        .dev_beat(tx$dev_beat),
        .dev_valid(tx$dev_valid),
        .dev_ready(tx$dev_ready),
        .cpl_beat(tx$cpl_beat),
        .cpl_valid(tx$cpl_valid),
        .cpl_ready(tx$cpl_ready),
        .link_beat(tx$link_beat),
        .link_valid(tx$link_valid),
        .link_ready(tx$link_ready),
        .close(tx$close),
        .closed(tx$closed),
        .tracking(tx$tracking),
        .start(tx$start),
        .header(tx$header),
        .completion_out(tx$completion_out),
        .inject(tx$inject)
    );
    slackwater$rx rx(
        .clock(rx$clock),
        .rx_beat(rx$rx_beat),
        .rx_valid(rx$rx_valid),
        .rx_bar(rx$rx_bar),
        .rx_ready(rx$rx_ready),
        .dev_beat(rx$dev_beat),
        .dev_valid(rx$dev_valid),
        .dev_bar(rx$dev_bar),
        .dev_ready(rx$dev_ready),
        .job_beat(rx$job_beat),
        .job_valid(rx$job_valid),
        .job_first(rx$job_first),
        .job_frozen(rx$job_frozen),
        .job_ready(rx$job_ready),
        .route_frozen(rx$route_frozen),
        .outstanding(rx$outstanding),
        .page_groups(rx$page_groups),
        .dev_busy(rx$dev_busy),
        .completion(rx$completion),
        .page_response(rx$page_response),
        .completion_tag(rx$completion_tag),
        .completion_last(rx$completion_last),
        .np_to_device(rx$np_to_device),
        .malformed(rx$malformed),
        .unexpected(rx$unexpected)
    );
    slackwater$completer completer(
        .clock(completer$clock),
        .job_beat(completer$job_beat),
        .job_valid(completer$job_valid),
        .job_first(completer$job_first),
        .job_frozen(completer$job_frozen),
        .job_ready(completer$job_ready),
        .owner(completer$owner),
        .completer_id(completer$completer_id),
        .bus_address(completer$bus_address),
        .bus_read(completer$bus_read),
        .bus_write(completer$bus_write),
        .bus_write_data(completer$bus_write_data),
        .bus_read_data(completer$bus_read_data),
        .tx_beat(completer$tx_beat),
        .tx_valid(completer$tx_valid),
        .tx_ready(completer$tx_ready),
        .not_owner(completer$not_owner),
        .malformed(completer$malformed),
        .frozen_read(completer$frozen_read),
        .frozen_write(completer$frozen_write)
    );
    slackwater$outstanding outstanding(
        .clock(outstanding$clock),
        .start(outstanding$start),
        .header(outstanding$header),
        .done(outstanding$done),
        .done_tag(outstanding$done_tag),
        .done_last(outstanding$done_last),
        .tracking(outstanding$tracking),
        .timeout(outstanding$timeout),
        .clear(outstanding$clear),
        .inject(outstanding$inject),
        .outstanding(outstanding$outstanding),
        .count(outstanding$count),
        .lost_track(outstanding$lost_track),
        .timed_out(outstanding$timed_out),
        .pending(outstanding$pending),
        .lookup(outstanding$lookup),
        .lookup_lo(outstanding$lookup_lo),
        .lookup_hi(outstanding$lookup_hi),
        .lookup_bytes(outstanding$lookup_bytes),
        .incomplete(outstanding$incomplete)
    );
    slackwater$pages pages(
        .clock(pages$clock),
        .start(pages$start),
        .header(pages$header),
        .done(pages$done),
        .done_group(pages$done_group),
        .clear(pages$clear),
        .groups(pages$groups),
        .word(pages$word)
    );
    slackwater$ranges ranges(
        .clock(ranges$clock),
        .lookup(ranges$lookup),
        .lookup_lo(ranges$lookup_lo),
        .lookup_hi(ranges$lookup_hi),
        .lookup_bytes(ranges$lookup_bytes),
        .mark(ranges$mark),
        .mark_word(ranges$mark_word),
        .mark_bit(ranges$mark_bit),
        .outside(ranges$outside),
        .incomplete(ranges$incomplete),
        .busy(ranges$busy),
        .write(ranges$write),
        .read(ranges$read),
        .index(ranges$index),
        .field(ranges$field),
        .write_data(ranges$write_data),
        .read_data(ranges$read_data)
    );
    slackwater$log log(
        .clock(log$clock),
        .mark(log$mark),
        .mark_word(log$mark_word),
        .mark_bit(log$mark_bit),
        .op(log$op),
        .op_word(log$op_word),
        .op_data(log$op_data),
        .old(log$old),
        .count(log$count)
    );
    slackwater$snapshot snapshot(
        .clock(snapshot$clock),
        .command_write(snapshot$command_write),
        .command_data(snapshot$command_data),
        .mark(snapshot$mark),
        .mark_word(snapshot$mark_word),
        .incomplete(snapshot$incomplete),
        .op(snapshot$op),
        .op_word(snapshot$op_word),
        .op_data(snapshot$op_data),
        .old(snapshot$old),
        .tracking(snapshot$tracking),
        .command(snapshot$command),
        .status(snapshot$status),
        .chunk_summary(snapshot$chunk_summary),
        .line_lo(snapshot$line_lo),
        .line_hi(snapshot$line_hi),
        .window_word(snapshot$window_word),
        .window_data(snapshot$window_data),
        .inject(snapshot$inject)
    );
    slackwater$internal internal(
        .clock(internal$clock),
        .mark(internal$mark),
        .mark_word(internal$mark_word),
        .mark_bit(internal$mark_bit),
        .op(internal$op),
        .op_word(internal$op_word),
        .op_data(internal$op_data),
        .old(internal$old),
        .count(internal$count)
    );
    slackwater$device device(
        .clock(device$clock),
        .state_request_write(device$state_request_write),
        .reset_write(device$reset_write),
        .host_data(device$host_data),
        .watchdog(device$watchdog),
        .timeout(device$timeout),
        .answer_write(device$answer_write),
        .reason_write(device$reason_write),
        .hold_write(device$hold_write),
        .firmware_data(device$firmware_data),
        .tx_closed(device$tx_closed),
        .outstanding(device$outstanding),
        .lost_track(device$lost_track),
        .marks_pending(device$marks_pending),
        .device_rx_busy(device$device_rx_busy),
        .np_to_device(device$np_to_device),
        .device_completed(device$device_completed),
        .flr(device$flr),
        .msi_valid(device$msi_valid),
        .msi_ready(device$msi_ready),
        .msi_out_valid(device$msi_out_valid),
        .msi_out_ready(device$msi_out_ready),
        .msi_sent(device$msi_sent),
        .state_request(device$state_request),
        .state(device$state),
        .reason(device$reason),
        .status(device$status),
        .reset_register(device$reset_register),
        .hold(device$hold),
        .request_pending(device$request_pending),
        .requested(device$requested),
        .present(device$present),
        .close(device$close),
        .route_frozen(device$route_frozen),
        .freeze(device$freeze),
        .device_reset(device$device_reset),
        .firmware_reset(device$firmware_reset),
        .clear(device$clear),
        .flr_done(device$flr_done)
    );
    slackwater$control control(
        .clock(control$clock),
        .valid(control$valid),
        .write(control$write),
        .address(control$address),
        .data(control$data),
        .ready(control$ready),
        .read_data(control$read_data),
        .attention(control$attention),
        .answer_write(control$answer_write),
        .reason_write(control$reason_write),
        .hold_write(control$hold_write),
        .request_pending(control$request_pending),
        .requested(control$requested),
        .present(control$present),
        .reason(control$reason),
        .hold(control$hold),
        .status(control$status),
        .watchdog(control$watchdog),
        .window_reset(control$window_reset),
        .window_command_write(control$window_command_write),
        .host_data(control$host_data),
        .host_window_write(control$host_window_write),
        .host_window_word(control$host_window_word),
        .window_data(control$window_data),
        .window_command(control$window_command),
        .window_status(control$window_status),
        .initial_bytes(control$initial_bytes),
        .dirty_bytes(control$dirty_bytes),
        .state_index(control$state_index),
        .state_read_data(control$state_read_data),
        .state_write(control$state_write),
        .op(control$op),
        .op_word(control$op_word),
        .old(control$old),
        .internal_count(control$internal_count),
        .page_requests(control$page_requests)
    );
    slackwater$firmware firmware(
        .clock(firmware$clock),
        .valid(firmware$valid),
        .write(firmware$write),
        .address(firmware$address),
        .data(firmware$data),
        .ready(firmware$ready),
        .reset(firmware$reset),
        .watchdog(firmware$watchdog),
        .fault(firmware$fault),
        .version(firmware$version),
        .crc(firmware$crc),
        .limit(firmware$limit)
    );
    slackwater$registers registers(
        .clock(registers$clock),
        .bus_address(registers$bus_address),
        .bus_read(registers$bus_read),
        .bus_write(registers$bus_write),
        .bus_write_data(registers$bus_write_data),
        .bus_read_data(registers$bus_read_data),
        .owner(registers$owner),
        .watchdog(registers$watchdog),
        .timeout(registers$timeout),
        .state_request_write(registers$state_request_write),
        .reset_write(registers$reset_write),
        .log_command_write(registers$log_command_write),
        .window_command_write(registers$window_command_write),
        .window_write(registers$window_write),
        .window_word(registers$window_word),
        .range_write(registers$range_write),
        .range_read(registers$range_read),
        .range_index(registers$range_index),
        .range_field(registers$range_field),
        .range_data(registers$range_data),
        .snapshot_data(registers$snapshot_data),
        .window_data(registers$window_data),
        .state_request(registers$state_request),
        .state(registers$state),
        .reason(registers$reason),
        .status(registers$status),
        .reset_register(registers$reset_register),
        .page_requests(registers$page_requests),
        .log_command(registers$log_command),
        .log_status(registers$log_status),
        .dirty_count(registers$dirty_count),
        .chunk_summary(registers$chunk_summary),
        .line_lo(registers$line_lo),
        .line_hi(registers$line_hi),
        .window_command(registers$window_command),
        .window_status(registers$window_status),
        .initial_bytes(registers$initial_bytes),
        .dirty_bytes(registers$dirty_bytes),
        .firmware_fault(registers$firmware_fault),
        .firmware_version(registers$firmware_version),
        .firmware_crc(registers$firmware_crc),
        .marked(registers$marked),
        .outside(registers$outside),
        .frozen_read(registers$frozen_read),
        .frozen_write(registers$frozen_write),
        .not_owner(registers$not_owner),
        .malformed_rx(registers$malformed_rx),
        .malformed_request(registers$malformed_request),
        .unexpected(registers$unexpected),
        .timed_out(registers$timed_out),
        .dma_write(registers$dma_write),
        .dma_read(registers$dma_read),
        .interrupt(registers$interrupt)
    );
    // Update code
    always @(*) begin
        tx$clock = clock;
        rx$clock = clock;
        completer$clock = clock;
        outstanding$clock = clock;
        pages$clock = clock;
        ranges$clock = clock;
        log$clock = clock;
        snapshot$clock = clock;
        internal$clock = clock;
        device$clock = clock;
        control$clock = clock;
        firmware$clock = clock;
        registers$clock = clock;
        tx$dev_beat = dev_tx_beat;
        tx$dev_valid = dev_tx_valid;
        dev_tx_ready = tx$dev_ready;
        tx$cpl_beat = completer$tx_beat;
        tx$cpl_valid = completer$tx_valid;
        completer$tx_ready = tx$cpl_ready;
        link_tx_beat = tx$link_beat;
        link_tx_valid = tx$link_valid;
        tx$link_ready = link_tx_ready;
        tx$close = device$close;
        tx$tracking = snapshot$tracking;
        tx$inject = inject;
        rx$rx_beat = link_rx_beat;
        rx$rx_valid = link_rx_valid;
        rx$rx_bar = link_rx_bar;
        link_rx_ready = rx$rx_ready;
        dev_rx_beat = rx$dev_beat;
        dev_rx_valid = rx$dev_valid;
        dev_rx_bar = rx$dev_bar;
        rx$dev_ready = dev_rx_ready;
        rx$route_frozen = device$route_frozen;
        rx$outstanding = outstanding$outstanding;
        rx$page_groups = pages$groups;
        completer$job_beat = rx$job_beat;
        completer$job_valid = rx$job_valid;
        completer$job_first = rx$job_first;
        completer$job_frozen = rx$job_frozen;
        rx$job_ready = completer$job_ready;
        completer$owner = registers$owner;
        completer$completer_id = requester_id;
        registers$bus_address = completer$bus_address;
        registers$bus_read = completer$bus_read;
        registers$bus_write = completer$bus_write;
        registers$bus_write_data = completer$bus_write_data;
        completer$bus_read_data = registers$bus_read_data;
        outstanding$start = tx$start;
        outstanding$header = tx$header;
        outstanding$done = rx$completion;
        outstanding$done_tag = rx$completion_tag;
        outstanding$done_last = rx$completion_last;
        outstanding$tracking = snapshot$tracking;
        outstanding$timeout = registers$timeout;
        outstanding$clear = device$clear;
        outstanding$inject = inject;
        pages$start = tx$start;
        pages$header = tx$header;
        pages$done = rx$page_response;
        pages$done_group = rx$completion_tag;
        pages$clear = device$clear | (device$present[32'h2] & ~device$present[32'h1]);
        registers$page_requests = pages$word;
        control$page_requests = pages$word;
        ranges$lookup = outstanding$lookup;
        ranges$lookup_lo = outstanding$lookup_lo;
        ranges$lookup_hi = outstanding$lookup_hi;
        ranges$lookup_bytes = outstanding$lookup_bytes;
        log_mark = ranges$mark & ~(|(inject & drop_bit));
        log$mark = log_mark;
        log$mark_word = ranges$mark_word;
        log$mark_bit = ranges$mark_bit;
        log$op = snapshot$op;
        log$op_word = snapshot$op_word;
        log$op_data = snapshot$op_data;
        snapshot$mark = log_mark;
        snapshot$mark_word = ranges$mark_word;
        snapshot$incomplete = ranges$incomplete | outstanding$incomplete;
        snapshot$old = log$old;
        snapshot$command_write = registers$log_command_write;
        snapshot$command_data = completer$bus_write_data;
        snapshot$window_word = registers$window_word;
        snapshot$inject = inject;
        ranges$write = registers$range_write;
        ranges$read = registers$range_read;
        ranges$index = registers$range_index;
        ranges$field = registers$range_field;
        ranges$write_data = completer$bus_write_data;
        registers$range_data = ranges$read_data;
        registers$snapshot_data = snapshot$window_data;
        registers$window_data = control$window_data;
        registers$state_request = device$state_request;
        registers$state = device$state;
        registers$reason = device$reason;
        registers$status = device$status;
        registers$reset_register = device$reset_register;
        registers$log_command = snapshot$command;
        registers$log_status = snapshot$status;
        registers$dirty_count = log$count;
        registers$chunk_summary = snapshot$chunk_summary;
        registers$line_lo = snapshot$line_lo;
        registers$line_hi = snapshot$line_hi;
        registers$window_command = control$window_command;
        registers$window_status = control$window_status;
        registers$initial_bytes = control$initial_bytes;
        registers$dirty_bytes = control$dirty_bytes;
        registers$marked = log_mark;
        registers$outside = ranges$outside;
        registers$frozen_read = completer$frozen_read;
        registers$frozen_write = completer$frozen_write;
        registers$not_owner = completer$not_owner;
        registers$malformed_rx = rx$malformed;
        registers$malformed_request = completer$malformed;
        registers$unexpected = rx$unexpected;
        registers$timed_out = outstanding$timed_out;
        registers$dma_write = tx$start & tx$header[(64'h52)+:(1)];
        registers$dma_read = tx$start & tx$header[(64'h53)+:(1)];
        registers$interrupt = device$msi_sent;
        device$state_request_write = registers$state_request_write;
        device$reset_write = registers$reset_write;
        device$host_data = completer$bus_write_data;
        device$watchdog = firmware$limit;
        device$timeout = registers$timeout;
        device$answer_write = control$answer_write;
        device$reason_write = control$reason_write;
        device$hold_write = control$hold_write;
        device$firmware_data = ctl_write_data;
        device$tx_closed = tx$closed;
        device$outstanding = outstanding$count;
        device$lost_track = outstanding$lost_track;
        device$marks_pending = outstanding$pending | ranges$busy;
        device$device_rx_busy = rx$dev_busy;
        device$np_to_device = rx$np_to_device;
        device$device_completed = tx$completion_out;
        device$flr = flr;
        flr_done = device$flr_done;
        device$msi_valid = dev_msi_valid;
        dev_msi_ready = device$msi_ready;
        msi_valid = device$msi_out_valid;
        msi_vector = dev_msi_vector;
        device$msi_out_ready = msi_ready;
        dev_gated = device$close & ~(|(inject & leak_bit));
        dev_freeze = device$freeze;
        dev_reset = device$device_reset;
        firmware_reset = device$firmware_reset;
        control$valid = ctl_valid;
        control$write = ctl_write;
        control$address = ctl_address;
        control$data = ctl_write_data;
        ctl_ready = control$ready;
        ctl_read_data = control$read_data;
        firmware_event = control$attention;
        control$request_pending = device$request_pending;
        control$requested = device$requested;
        control$present = device$present;
        control$reason = device$reason;
        control$hold = device$hold;
        control$status = device$status;
        control$watchdog = firmware$limit;
        firmware$watchdog = registers$watchdog;
        firmware$valid = ctl_valid;
        firmware$write = ctl_write;
        firmware$address = ctl_address;
        firmware$data = ctl_write_data;
        firmware$ready = control$ready;
        firmware$reset = device$firmware_reset;
        registers$firmware_fault = firmware$fault;
        registers$firmware_version = firmware$version;
        registers$firmware_crc = firmware$crc;
        control$window_reset = device$firmware_reset;
        control$window_command_write = registers$window_command_write;
        control$host_data = completer$bus_write_data;
        control$host_window_write = registers$window_write;
        control$host_window_word = registers$window_word;
        control$state_read_data = state_read_data;
        state_index = control$state_index;
        state_write = control$state_write & device$freeze;
        state_write_data = ctl_write_data;
        control$old = internal$old;
        control$internal_count = internal$count;
        internal$op = control$op;
        internal$op_word = control$op_word;
        internal$op_data = 32'h0;
        internal$mark = dirty_valid & device$hold[32'h2];
        internal$mark_word = 32'h0;
        internal$mark_bit = 32'h0;
        if (dirty_valid) begin
            internal$mark_word = dirty_block[(32'h5)+:(3)];
            internal$mark_bit = ((dirty_block) & 5'h1f);
        end
    end
endmodule // slackwater

module slackwater$completer(clock,job_beat,job_valid,job_first,job_frozen,job_ready,owner,completer_id,bus_address,bus_read,bus_write,bus_write_data,bus_read_data,tx_beat,tx_valid,tx_ready,not_owner,malformed,frozen_read,frozen_write);
    // Module arguments
    input wire  clock;
    input wire  [66:0] job_beat;
    input wire  job_valid;
    input wire  job_first;
    input wire  job_frozen;
    output reg  job_ready;
    input wire  [15:0] owner;
    input wire  [15:0] completer_id;
    output reg  [13:0] bus_address;
    output reg  bus_read;
    output reg  bus_write;
    output reg  [31:0] bus_write_data;
    input wire  [31:0] bus_read_data;
    output reg  [66:0] tx_beat;
    output reg  tx_valid;
    input wire  tx_ready;
    output reg  not_owner;
    output reg  malformed;
    output reg  frozen_read;
    output reg  frozen_write;
    // Constant declarations
    localparam  all_ones = 32'hffffffff;
    localparam  max_payload_dw = 11'b100000;
    // Enums
    localparam AnswerStage$Idle = 0;
    localparam AnswerStage$Header = 1;
    localparam AnswerStage$Second = 2;
    localparam AnswerStage$Payload = 3;
    // Stub signals
    reg  job$clock;
    reg  [177:0] job$d;
    wire  [177:0] job$q;
    reg  answer$clock;
    reg  [116:0] answer$d;
    wire  [116:0] answer$q;
    reg  stage$clock;
    reg  [1:0] stage$d;
    wire  [1:0] stage$q;
    reg  out$clock;
    reg  [66:0] out$d;
    wire  [66:0] out$q;
    reg  ring$clock;
    reg  [3:0] ring$write_address;
    reg  [31:0] ring$write_data;
    reg  ring$write_enable;
    reg  [3:0] ring$read_address;
    wire  [31:0] ring$word;
    wire  [31:0] ring$next_word;
    reg  [31:0] swap_write$d;
    wire  [31:0] swap_write$q;
    reg  [31:0] swap_read$d;
    wire  [31:0] swap_read$q;
    // Local signals
    reg  [10:0] beat_dw;
    reg  [3:0] stored_dw;
    reg  [10:0] room_dw;
    // Sub module instances
    slackwater$completer$job job(
        .clock(job$clock),
        .d(job$d),
        .q(job$q)
    );
    slackwater$completer$answer answer(
        .clock(answer$clock),
        .d(answer$d),
        .q(answer$q)
    );
    slackwater$completer$stage stage(
        .clock(stage$clock),
        .d(stage$d),
        .q(stage$q)
    );
    slackwater$completer$out out(
        .clock(out$clock),
        .d(out$d),
        .q(out$q)
    );
    slackwater$completer$ring ring(
        .clock(ring$clock),
        .write_address(ring$write_address),
        .write_data(ring$write_data),
        .write_enable(ring$write_enable),
        .read_address(ring$read_address),
        .word(ring$word),
        .next_word(ring$next_word)
    );
    slackwater$completer$swap_write swap_write(
        .d(swap_write$d),
        .q(swap_write$q)
    );
    slackwater$completer$swap_read swap_read(
        .d(swap_read$d),
        .q(swap_read$q)
    );
    // Update code
    always @(*) begin
        job$clock = clock;
        answer$clock = clock;
        stage$clock = clock;
        out$clock = clock;
        job$d = job$q;
        answer$d = answer$q;
        stage$d = stage$q;
        out$d = out$q;
        ring$clock = clock;
        job$d[(64'hab)+:(1)] = 1'b0;
        job$d[(64'hae)+:(1)] = 1'b0;
        job$d[(64'haf)+:(1)] = 1'b0;
        job$d[(64'hb0)+:(1)] = 1'b0;
        job$d[(64'hb1)+:(1)] = 1'b0;
        not_owner = job$q[(64'hae)+:(1)];
        malformed = job$q[(64'haf)+:(1)];
        frozen_read = job$q[(64'hb0)+:(1)];
        frozen_write = job$q[(64'hb1)+:(1)];
        bus_address = job$q[(64'h7d)+:(14)];
        bus_read = 1'b0;
        bus_write = job$q[(64'hab)+:(1)];
        swap_write$d = job$q[(64'h8b)+:(32)];
        bus_write_data = swap_write$q;
        job_ready = 1'b0;
        beat_dw = 32'h0;
        if ((job_valid & (job$q[(64'h61)+:(11)] == 32'h0))) begin
            if ((job_first)) begin
                job_ready = 1'b1;
                job$d[(64'h0)+:(32)] = ((job_beat[(64'h0)+:(32)] & 32'h700000) | 32'h4a000000);
                job$d[(64'h20)+:(32)] = (job_beat[(64'h20)+:(32)] & 64'hffffff00);
                job$d[(64'h79)+:(1)] = 1'b1;
                job$d[(64'h7a)+:(1)] = 1'b0;
                job$d[(64'h7b)+:(1)] = 1'b0;
                job$d[(64'h7c)+:(1)] = 1'b1;
                job$d[(64'h72)+:(1)] = 1'b0;
                job$d[(64'h73)+:(1)] = 1'b0;
                job$d[(64'h74)+:(1)] = 1'b0;
                job$d[(64'h78)+:(1)] = ((job_beat[(64'h0)+:(32)] & 32'h20000000) != 32'h0);
                job$d[(64'h77)+:(1)] = job_frozen;
                job$d[(64'h76)+:(1)] = ((~job_frozen) & (((job_beat[(64'h20)+:(32)] >> 32'h10) & 16'hffff) != owner));
                job$d[(64'h75)+:(1)] = (job_frozen | (((job_beat[(64'h20)+:(32)] >> 32'h10) & 16'hffff) != owner));
                job$d[(64'h40)+:(11)] = ((job_beat[(64'h0)+:(32)] & 32'h3ff) & 11'h7ff);
                job$d[(64'h56)+:(11)] = ((job_beat[(64'h0)+:(32)] & 32'h3ff) & 11'h7ff);
                job$d[(64'h4b)+:(11)] = ((job_beat[(64'h0)+:(32)] & 32'h3ff) & 11'h7ff);
                if (((job_beat[(64'h0)+:(32)] & 32'h3ff) == 32'h0)) begin
                    job$d[(64'h40)+:(11)] = 32'h400;
                    job$d[(64'h56)+:(11)] = 32'h400;
                    job$d[(64'h4b)+:(11)] = 32'h400;
                end
                if (((job_beat[(64'h0)+:(32)] & 32'h40000000) == 32'h0)) begin
                    job$d[(64'h56)+:(11)] = 32'h0;
                    job$d[(64'h4b)+:(11)] = 32'h0;
                    if (((job_beat[(64'h0)+:(32)] & 32'h8000) != 32'h0)) begin
                        job$d[(64'h4b)+:(11)] = 32'h1;
                    end
                end
                else if (((job_beat[(64'h0)+:(32)] & 32'h83ff) == 32'h8000)) begin
                    job$d[(64'h4b)+:(11)] = 32'h401;
                end
                else if (((job_beat[(64'h0)+:(32)] & 32'h8000) != 32'h0)) begin
                    job$d[(64'h4b)+:(11)] = (((job_beat[(64'h0)+:(32)] & 32'h3ff) & 11'h7ff) + 32'h1);
                end
                job$d[(64'h6c)+:(2)] = 32'h0;
                job$d[(64'h6e)+:(2)] = 32'h0;
                job$d[(64'h70)+:(1)] = ((job_beat[(64'h20)+:(32)] & 32'hf) == 32'hf);
                job$d[(64'h71)+:(1)] = (((job_beat[(64'h0)+:(32)] & 32'h3ff) == 32'h1) | ((job_beat[(64'h20)+:(32)] & 32'hf0) == 32'hf0));
                if ((((job_beat[(64'h0)+:(32)] & 64'hde000000) == 32'h0) | ((job_beat[(64'h0)+:(32)] & 64'hdf000000) == 32'h40000000))) begin
                    job$d[(64'h73)+:(1)] = 1'b1;
                    job$d[(64'h72)+:(1)] = ((job_beat[(64'h0)+:(32)] & 32'h40000000) != 32'h0);
                    if (((job_beat[(64'h0)+:(32)] & 32'h1000000) != 32'h0)) begin
                        job$d[(64'h75)+:(1)] = 1'b1;
                        job$d[(64'h0)+:(32)] = ((job_beat[(64'h0)+:(32)] & 32'h700000) | 32'h4b000000);
                    end
                    if (((job_beat[(64'h20)+:(32)] & 32'hf) == 32'h0)) begin
                        job$d[(64'h6c)+:(2)] = 32'h0;
                    end
                    else if (((job_beat[(64'h20)+:(32)] & 32'h7) == 32'h0)) begin
                        job$d[(64'h6c)+:(2)] = 32'h3;
                    end
                    else if (((job_beat[(64'h20)+:(32)] & 32'h3) == 32'h0)) begin
                        job$d[(64'h6c)+:(2)] = 32'h2;
                    end
                    else if (((job_beat[(64'h20)+:(32)] & 32'h1) == 32'h0)) begin
                        job$d[(64'h6c)+:(2)] = 32'h1;
                    end
                    if (((job_beat[(64'h0)+:(32)] & 32'h3ff) == 32'h1)) begin
                        if (((job_beat[(64'h20)+:(32)] & 32'he) == 32'h0)) begin
                            job$d[(64'h6e)+:(2)] = 32'h3;
                        end
                        else if (((job_beat[(64'h20)+:(32)] & 32'hc) == 32'h0)) begin
                            job$d[(64'h6e)+:(2)] = 32'h2;
                        end
                        else if (((job_beat[(64'h20)+:(32)] & 32'h8) == 32'h0)) begin
                            job$d[(64'h6e)+:(2)] = 32'h1;
                        end
                        if (((job_beat[(64'h20)+:(32)] & 32'hf0) != 32'h0)) begin
                            job$d[(64'h7a)+:(1)] = 1'b1;
                            job$d[(64'haf)+:(1)] = 1'b1;
                        end
                    end
                    else begin
                        if (((job_beat[(64'h20)+:(32)] & 32'he0) == 32'h0)) begin
                            job$d[(64'h6e)+:(2)] = 32'h3;
                        end
                        else if (((job_beat[(64'h20)+:(32)] & 32'hc0) == 32'h0)) begin
                            job$d[(64'h6e)+:(2)] = 32'h2;
                        end
                        else if (((job_beat[(64'h20)+:(32)] & 32'h80) == 32'h0)) begin
                            job$d[(64'h6e)+:(2)] = 32'h1;
                        end
                        if ((((job_beat[(64'h20)+:(32)] & 32'hf0) == 32'h0) | ((job_beat[(64'h20)+:(32)] & 32'hf) == 32'h0))) begin
                            job$d[(64'h7a)+:(1)] = 1'b1;
                            job$d[(64'haf)+:(1)] = 1'b1;
                        end
                    end
                end
                else if (((job_beat[(64'h0)+:(32)] & 64'hbf0003ff) == 32'h2000001)) begin
                    job$d[(64'h75)+:(1)] = 1'b1;
                    job$d[(64'h74)+:(1)] = ((job_beat[(64'h0)+:(32)] & 32'h40000000) != 32'h0);
                end
                else if ((((job_beat[(64'h0)+:(32)] & 64'hde0003ff) == 32'h4c000001) | ((job_beat[(64'h0)+:(32)] & 64'hde0003ff) == 32'h4c000002))) begin
                    job$d[(64'h75)+:(1)] = 1'b1;
                end
                else if ((((job_beat[(64'h0)+:(32)] & 64'hdf0003ff) == 32'h4e000002) | ((job_beat[(64'h0)+:(32)] & 64'hdf0003ff) == 32'h4e000004))) begin
                    job$d[(64'h75)+:(1)] = 1'b1;
                    job$d[(64'h40)+:(11)] = ((((job_beat[(64'h0)+:(32)] & 32'h3ff) >> 32'h1) & 11'h7ff));
                end
                else begin
                    job$d[(64'h7a)+:(1)] = 1'b1;
                    job$d[(64'haf)+:(1)] = 1'b1;
                end
                if ((job_beat[(64'h42)+:(1)])) begin
                    job$d[(64'h7a)+:(1)] = 1'b1;
                    job$d[(64'haf)+:(1)] = 1'b1;
                end
            end
            else if ((job$q[(64'h7a)+:(1)])) begin
                job_ready = 1'b1;
            end
            else begin
                if ((job$q[(64'h79)+:(1)])) begin
                    if (((~job$q[(64'h78)+:(1)]) & (job_beat[(64'h40)+:(2)] == 32'h3))) begin
                        beat_dw = 32'h1;
                    end
                end
                else if ((job_beat[(64'h40)+:(2)] == 32'h3)) begin
                    beat_dw = 32'h2;
                end
                else begin
                    beat_dw = 32'h1;
                end
                if ((((job_beat[(64'h40)+:(2)] & 32'h1) == 32'h0) | ((job_beat[(64'h40)+:(2)] != 32'h3) & ((~job_beat[(64'h42)+:(1)]) | (job$q[(64'h79)+:(1)] & job$q[(64'h78)+:(1)]))) | (job_beat[(64'h42)+:(1)] & (beat_dw != job$q[(64'h4b)+:(11)])) | ((~job_beat[(64'h42)+:(1)]) & (beat_dw >= job$q[(64'h4b)+:(11)])))) begin
                    job_ready = 1'b1;
                    job$d[(64'h7a)+:(1)] = 1'b1;
                    job$d[(64'haf)+:(1)] = 1'b1;
                end
                else if ((job$q[(64'h72)+:(1)] | (~job_beat[(64'h42)+:(1)]) | (stage$q == AnswerStage$Idle))) begin
                    if ((job$q[(64'h79)+:(1)])) begin
                        if ((job$q[(64'h78)+:(1)])) begin
                            job$d[(64'h7d)+:(14)] = ((job_beat[(64'h20)+:(32)] >> 32'h2) & 14'h3fff);
                        end
                        else begin
                            job$d[(64'h7d)+:(14)] = ((job_beat[(64'h0)+:(32)] >> 32'h2) & 14'h3fff);
                        end
                    end
                    else if ((job$q[(64'h72)+:(1)] & (~job$q[(64'h7c)+:(1)]))) begin
                        job$d[(64'h7d)+:(14)] = (job$q[(64'h7d)+:(14)] + 32'h1);
                    end
                    if ((job$q[(64'h79)+:(1)] | job$q[(64'h7b)+:(1)])) begin
                        job$d[(64'h8b)+:(32)] = job_beat[(64'h20)+:(32)];
                    end
                    else begin
                        job$d[(64'h8b)+:(32)] = job_beat[(64'h0)+:(32)];
                    end
                    if (((beat_dw != 32'h0) & (job$q[(64'h56)+:(11)] != 32'h0))) begin
                        job$d[(64'h56)+:(11)] = (job$q[(64'h56)+:(11)] - 32'h1);
                        job$d[(64'h7c)+:(1)] = 1'b0;
                        job$d[(64'hab)+:(1)] = job$q[(64'h72)+:(1)] & (~job$q[(64'h75)+:(1)]) & (job$q[(64'h70)+:(1)] | (~job$q[(64'h7c)+:(1)])) & (job$q[(64'h71)+:(1)] | (job$q[(64'h56)+:(11)] != 32'h1));
                    end
                    if ((job$q[(64'h72)+:(1)] & (beat_dw == 32'h2) & (~job$q[(64'h7b)+:(1)]))) begin
                        job$d[(64'h7b)+:(1)] = 1'b1;
                    end
                    else begin
                        job_ready = 1'b1;
                        job$d[(64'h7b)+:(1)] = 1'b0;
                        job$d[(64'h79)+:(1)] = 1'b0;
                        job$d[(64'h4b)+:(11)] = (job$q[(64'h4b)+:(11)] - beat_dw);
                        if ((job_beat[(64'h42)+:(1)])) begin
                            job$d[(64'hae)+:(1)] = job$q[(64'h76)+:(1)];
                            if ((job$q[(64'h72)+:(1)] | job$q[(64'h74)+:(1)])) begin
                                job$d[(64'hb1)+:(1)] = job$q[(64'h77)+:(1)];
                            end
                            else begin
                                job$d[(64'hb0)+:(1)] = job$q[(64'h77)+:(1)];
                            end
                            if ((job$q[(64'h72)+:(1)])) begin
                                job$d[(64'haf)+:(1)] = (~job$q[(64'h75)+:(1)]) & ((~job$q[(64'h70)+:(1)]) | (~job$q[(64'h71)+:(1)]));
                            end
                            else begin
                                stage$d = AnswerStage$Header;
                                answer$d[(64'h0)+:(32)] = job$q[(64'h0)+:(32)];
                                answer$d[(64'h20)+:(32)] = job$q[(64'h20)+:(32)];
                                answer$d[(64'h6a)+:(1)] = job$q[(64'h74)+:(1)];
                                answer$d[(64'h6b)+:(1)] = job$q[(64'h75)+:(1)];
                                answer$d[(64'h40)+:(11)] = job$q[(64'h40)+:(11)];
                                answer$d[(64'h56)+:(13)] = ((((job$q[(64'h40)+:(11)]) & 13'h1fff) << 32'h2) - ((job$q[(64'h6c)+:(2)]) & 13'h1fff) - ((job$q[(64'h6e)+:(2)]) & 13'h1fff));
                                answer$d[(64'h63)+:(5)] = 32'h0;
                                answer$d[(64'h68)+:(2)] = job$q[(64'h6c)+:(2)];
                                if ((job$q[(64'h73)+:(1)])) begin
                                    if ((~job$q[(64'h79)+:(1)])) begin
                                        answer$d[(64'h63)+:(5)] = ((job$q[(64'h7d)+:(14)]) & 5'h1f);
                                    end
                                    else if ((job$q[(64'h78)+:(1)])) begin
                                        answer$d[(64'h63)+:(5)] = ((job_beat[(64'h20)+:(32)] >> 32'h2) & 5'h1f);
                                    end
                                    else begin
                                        answer$d[(64'h63)+:(5)] = ((job_beat[(64'h0)+:(32)] >> 32'h2) & 5'h1f);
                                    end
                                end
                                if ((job$q[(64'h74)+:(1)])) begin
                                    answer$d[(64'h0)+:(32)] = (job$q[(64'h0)+:(32)] & 64'hbfffffff);
                                end
                                else begin
                                    job$d[(64'h61)+:(11)] = job$q[(64'h40)+:(11)];
                                end
                            end
                        end
                    end
                end
            end
        end
        stored_dw = (answer$q[(64'h70)+:(4)] - answer$q[(64'h6c)+:(4)]);
        job$d[(64'hac)+:(1)] = 1'b0;
        job$d[(64'had)+:(1)] = job$q[(64'hac)+:(1)];
        if (((job$q[(64'h61)+:(11)] != 32'h0) & (stored_dw < 32'h8))) begin
            bus_read = 1'b1;
            job$d[(64'hac)+:(1)] = 1'b1;
            job$d[(64'h7d)+:(14)] = (job$q[(64'h7d)+:(14)] + 32'h1);
            job$d[(64'h61)+:(11)] = (job$q[(64'h61)+:(11)] - 32'h1);
        end
        swap_read$d = bus_read_data;
        ring$write_enable = job$q[(64'had)+:(1)];
        ring$write_address = answer$q[(64'h70)+:(4)];
        ring$write_data = swap_read$q;
        ring$read_address = answer$q[(64'h6c)+:(4)];
        if ((job$q[(64'had)+:(1)])) begin
            answer$d[(64'h70)+:(4)] = (answer$q[(64'h70)+:(4)] + 32'h1);
            if ((answer$q[(64'h6b)+:(1)])) begin
                ring$write_data = all_ones;
            end
        end
        tx_beat = out$q;
        tx_valid = answer$q[(64'h74)+:(1)];
        room_dw = 32'h0;
        if ((tx_ready)) begin
            answer$d[(64'h74)+:(1)] = 1'b0;
        end
        if (((~answer$q[(64'h74)+:(1)]) | tx_ready)) begin
            case (stage$q)
                AnswerStage$Idle:
                    begin
                    end
                AnswerStage$Header:
                    begin
                        room_dw = (max_payload_dw - ((answer$q[(64'h63)+:(5)]) & 11'h7ff));
                        if ((answer$q[(64'h6a)+:(1)] | (stored_dw != 32'h0) | job$q[(64'had)+:(1)])) begin
                            stage$d = AnswerStage$Second;
                            answer$d[(64'h74)+:(1)] = 1'b1;
                            out$d[(64'h40)+:(2)] = 32'h3;
                            out$d[(64'h42)+:(1)] = 1'b0;
                            out$d[(64'h20)+:(32)] = ((((completer_id) & 32'hffffffff) << 32'h10) | (((answer$q[(64'h56)+:(13)]) & 32'hffffffff) & 32'hfff));
                            if ((answer$q[(64'h6a)+:(1)])) begin
                                out$d[(64'h0)+:(32)] = answer$q[(64'h0)+:(32)];
                                answer$d[(64'h40)+:(11)] = 32'h0;
                            end
                            else if ((answer$q[(64'h40)+:(11)] <= room_dw)) begin
                                out$d[(64'h0)+:(32)] = (answer$q[(64'h0)+:(32)] | ((answer$q[(64'h40)+:(11)]) & 32'hffffffff));
                                answer$d[(64'h4b)+:(11)] = answer$q[(64'h40)+:(11)];
                                answer$d[(64'h40)+:(11)] = 32'h0;
                            end
                            else begin
                                out$d[(64'h0)+:(32)] = (answer$q[(64'h0)+:(32)] | ((room_dw) & 32'hffffffff));
                                answer$d[(64'h4b)+:(11)] = room_dw;
                                answer$d[(64'h40)+:(11)] = (answer$q[(64'h40)+:(11)] - room_dw);
                                answer$d[(64'h56)+:(13)] = (answer$q[(64'h56)+:(13)] + ((answer$q[(64'h68)+:(2)]) & 13'h1fff) - (((room_dw) & 13'h1fff) << 32'h2));
                            end
                        end
                    end
                AnswerStage$Second:
                    begin
                        if ((answer$q[(64'h6a)+:(1)] | (stored_dw != 32'h0))) begin
                            answer$d[(64'h74)+:(1)] = 1'b1;
                            answer$d[(64'h63)+:(5)] = 32'h0;
                            answer$d[(64'h68)+:(2)] = 32'h0;
                            out$d[(64'h0)+:(32)] = (answer$q[(64'h20)+:(32)] | (((answer$q[(64'h63)+:(5)]) & 32'hffffffff) << 32'h2) | ((answer$q[(64'h68)+:(2)]) & 32'hffffffff));
                            out$d[(64'h42)+:(1)] = 1'b0;
                            stage$d = AnswerStage$Payload;
                            if ((answer$q[(64'h6a)+:(1)])) begin
                                out$d[(64'h20)+:(32)] = 32'h0;
                                out$d[(64'h40)+:(2)] = 32'h1;
                                out$d[(64'h42)+:(1)] = 1'b1;
                                stage$d = AnswerStage$Idle;
                            end
                            else begin
                                out$d[(64'h20)+:(32)] = ring$word;
                                out$d[(64'h40)+:(2)] = 32'h3;
                                answer$d[(64'h6c)+:(4)] = (answer$q[(64'h6c)+:(4)] + 32'h1);
                                answer$d[(64'h4b)+:(11)] = (answer$q[(64'h4b)+:(11)] - 32'h1);
                                if ((answer$q[(64'h4b)+:(11)] == 32'h1)) begin
                                    out$d[(64'h42)+:(1)] = 1'b1;
                                    stage$d = AnswerStage$Header;
                                    if ((answer$q[(64'h40)+:(11)] == 32'h0)) begin
                                        stage$d = AnswerStage$Idle;
                                    end
                                end
                            end
                        end
                    end
                AnswerStage$Payload:
                    begin
                        if (((stored_dw >= 32'h2) | ((stored_dw == 32'h1) & (answer$q[(64'h4b)+:(11)] == 32'h1)))) begin
                            answer$d[(64'h74)+:(1)] = 1'b1;
                            out$d[(64'h0)+:(32)] = ring$word;
                            out$d[(64'h20)+:(32)] = ring$next_word;
                            out$d[(64'h40)+:(2)] = 32'h3;
                            out$d[(64'h42)+:(1)] = 1'b0;
                            answer$d[(64'h6c)+:(4)] = (answer$q[(64'h6c)+:(4)] + 32'h2);
                            answer$d[(64'h4b)+:(11)] = (answer$q[(64'h4b)+:(11)] - 32'h2);
                            if ((answer$q[(64'h4b)+:(11)] == 32'h1)) begin
                                out$d[(64'h20)+:(32)] = 32'h0;
                                out$d[(64'h40)+:(2)] = 32'h1;
                                answer$d[(64'h6c)+:(4)] = (answer$q[(64'h6c)+:(4)] + 32'h1);
                            end
                            if ((answer$q[(64'h4b)+:(11)] <= 32'h2)) begin
                                out$d[(64'h42)+:(1)] = 1'b1;
                                stage$d = AnswerStage$Header;
                                if ((answer$q[(64'h40)+:(11)] == 32'h0)) begin
                                    stage$d = AnswerStage$Idle;
                                end
                            end
                        end
                    end
                default:
                    begin
                        stage$d = AnswerStage$Idle;
                    end
            endcase
        end
    end
endmodule // slackwater$completer

module slackwater$completer$answer(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [116:0] d;
    output reg  [116:0] q;
    // Update code (custom)
    initial q = 117'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$completer$answer

module slackwater$completer$job(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [177:0] d;
    output reg  [177:0] q;
    // Update code (custom)
    initial q = 178'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$completer$job

module slackwater$completer$out(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [66:0] d;
    output reg  [66:0] q;
    // Update code (custom)
    initial q = 67'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$completer$out

module slackwater$completer$ring(clock,write_address,write_data,write_enable,read_address,word,next_word);
    // Module arguments
    input wire  clock;
    input wire  [3:0] write_address;
    input wire  [31:0] write_data;
    input wire  write_enable;
    input wire  [3:0] read_address;
    output reg  [31:0] word;
    output reg  [31:0] next_word;
    // Update code (custom)
    reg [31:0] words [0:15];
    wire [3:0] next_address = read_address + 4'd1;
    integer i;
`ifndef SYNTHESIS
    initial begin
       for (i = 0; i <= 15; i = i + 1) words[i] = 32'd0;
    end
`endif
    always @(posedge clock) begin
       if (write_enable) words[write_address] <= write_data;
    end
    always @(*) begin
       word = words[read_address];
       next_word = words[next_address];
    end
endmodule // slackwater$completer$ring

module slackwater$completer$stage(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [1:0] d;
    output reg  [1:0] q;
    // Enums
    localparam AnswerStage$Idle = 0;
    localparam AnswerStage$Header = 1;
    localparam AnswerStage$Second = 2;
    localparam AnswerStage$Payload = 3;
    // Update code (custom)
    initial q = 64'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$completer$stage

module slackwater$completer$swap_read(d,q);
    // Module arguments
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    always @(*) q = {d[7:0], d[15:8], d[23:16], d[31:24]};
endmodule // slackwater$completer$swap_read

module slackwater$completer$swap_write(d,q);
    // Module arguments
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    always @(*) q = {d[7:0], d[15:8], d[23:16], d[31:24]};
endmodule // slackwater$completer$swap_write

module slackwater$control(clock,valid,write,address,data,ready,read_data,attention,answer_write,reason_write,hold_write,request_pending,requested,present,reason,hold,status,watchdog,window_reset,window_command_write,host_data,host_window_write,host_window_word,window_data,window_command,window_status,initial_bytes,dirty_bytes,state_index,state_read_data,state_write,op,op_word,old,internal_count,page_requests);
    // Module arguments
    input wire  clock;
    input wire  valid;
    input wire  write;
    input wire  [19:0] address;
    input wire  [31:0] data;
    output reg  ready;
    output reg  [31:0] read_data;
    output reg  attention;
    output reg  answer_write;
    output reg  reason_write;
    output reg  hold_write;
    input wire  request_pending;
    input wire  [3:0] requested;
    input wire  [3:0] present;
    input wire  [31:0] reason;
    input wire  [2:0] hold;
    input wire  [31:0] status;
    input wire  [31:0] watchdog;
    input wire  window_reset;
    input wire  window_command_write;
    input wire  [31:0] host_data;
    input wire  host_window_write;
    input wire  [9:0] host_window_word;
    output reg  [31:0] window_data;
    output reg  [31:0] window_command;
    output reg  [31:0] window_status;
    output reg  [31:0] initial_bytes;
    output reg  [31:0] dirty_bytes;
    output reg  [15:0] state_index;
    input wire  [31:0] state_read_data;
    output reg  state_write;
    output reg  [1:0] op;
    output reg  [2:0] op_word;
    input wire  [31:0] old;
    input wire  [23:0] internal_count;
    input wire  [31:0] page_requests;
    // Constant declarations
    localparam  window_base = 20'h2000;
    localparam  window_mask = 20'hff000;
    localparam  state_base = 20'h10000;
    localparam  state_mask = 20'hf0000;
    localparam  at_event = 20'h0;
    localparam  at_state_request = 20'h4;
    localparam  at_state_answer = 20'h8;
    localparam  at_reason = 20'hc;
    localparam  at_hold = 20'h10;
    localparam  at_status = 20'h14;
    localparam  at_window_request = 20'h18;
    localparam  at_window_answer = 20'h1c;
    localparam  at_initial_bytes = 20'h20;
    localparam  at_dirty_bytes = 20'h24;
    localparam  at_device_type = 20'h28;
    localparam  at_config_hash = 20'h2c;
    localparam  at_state_words = 20'h30;
    localparam  at_capabilities = 20'h34;
    localparam  at_internal_take = 20'h38;
    localparam  at_internal_snapshot = 20'h3c;
    localparam  at_internal_count = 20'h40;
    localparam  at_page_requests = 20'h44;
    localparam  device_type = 32'h10001;
    localparam  config_hash = 32'h415b114d;
    localparam  state_words = 32'h1040;
    localparam  capabilities = 32'h14080f;
    localparam  window_event = 32'h2;
    localparam  busy_bit = 32'h10;
    localparam  aborted = 32'h6;
    localparam  answer_mask = 32'h1fffcf;
    localparam  sequence_mask = 32'hff000000;
    localparam  take = 2'b1;
    // Stub signals
    reg  registers$clock;
    reg  [228:0] registers$d;
    wire  [228:0] registers$q;
    reg  window$clock;
    reg  [9:0] window$write_address;
    reg  [31:0] window$write_data;
    reg  window$write_enable;
    reg  [9:0] window$read_address;
    reg  [9:0] window$peek_address;
    wire  [31:0] window$read_data;
    wire  [31:0] window$peek_data;
    // Local signals
    reg  starts;
    reg  is_window;
    reg  is_state;
    reg  [31:0] last;
    reg  [31:0] flags;
    // Sub module instances
    slackwater$control$registers registers(
        .clock(registers$clock),
        .d(registers$d),
        .q(registers$q)
    );
    slackwater$control$window window(
        .clock(window$clock),
        .write_address(window$write_address),
        .write_data(window$write_data),
        .write_enable(window$write_enable),
        .read_address(window$read_address),
        .peek_address(window$peek_address),
        .read_data(window$read_data),
        .peek_data(window$peek_data)
    );
    // Update code
    always @(*) begin
        registers$clock = clock;
        registers$d = registers$q;
        window$clock = clock;
        window$read_address = host_window_word;
        window_data = window$read_data;
        window$write_enable = host_window_write;
        window$write_address = host_window_word;
        window$write_data = host_data;
        window$peek_address = 32'h0;
        answer_write = 1'b0;
        reason_write = 1'b0;
        hold_write = 1'b0;
        state_write = 1'b0;
        state_index = 32'h0;
        op = 32'h0;
        op_word = 32'h0;
        is_window = 1'b0;
        is_state = 1'b0;
        starts = 1'b0;
        registers$d[(64'h2)+:(1)] = 1'b0;
        registers$d[(64'h63)+:(1)] = 1'b0;
        if (registers$q[(64'h63)+:(1)]) begin
            registers$d[(64'h64)+:(32)] = old;
        end
        if (valid & ~registers$q[(64'h2)+:(1)]) begin
            is_window = (address & window_mask) == window_base;
            is_state = (address & state_mask) == state_base;
            starts = ~|registers$q[(64'h0)+:(2)];
            if (is_state) begin
                state_index = ((address[(32'h2)+:(14)]) & 16'hffff);
            end
            if (is_window) begin
                window$peek_address = address[(32'h2)+:(10)];
            end
        end
        if (starts & ~write) begin
            registers$d[(64'h0)+:(2)] = 32'h2;
        end
        if (starts & write & ~(is_window & host_window_write)) begin
            registers$d[(64'h2)+:(1)] = 1'b1;
            if (is_window) begin
                window$write_enable = 1'b1;
                window$write_address = address[(32'h2)+:(10)];
                window$write_data = data;
            end
            else if (is_state) begin
                state_write = 1'b1;
            end
            else if (address == at_state_answer) begin
                answer_write = 1'b1;
            end
            else if (address == at_reason) begin
                reason_write = 1'b1;
            end
            else if (address == at_hold) begin
                hold_write = 1'b1;
            end
            else if (address == at_window_answer) begin
                if (registers$q[(64'hc4)+:(1)]) begin
                    registers$d[(64'ha4)+:(32)] = data & answer_mask;
                    registers$d[(64'hc4)+:(1)] = 1'b0;
                end
            end
            else if (address == at_initial_bytes) begin
                registers$d[(64'h23)+:(32)] = data;
            end
            else if (address == at_dirty_bytes) begin
                registers$d[(64'h43)+:(32)] = data;
            end
            else if (address == at_internal_take) begin
                op = take;
                op_word = ((data) & 3'h7);
                registers$d[(64'h63)+:(1)] = 1'b1;
            end
        end
        last = registers$q[(64'h84)+:(32)];
        flags = 32'h0;
        if (|registers$q[(64'h0)+:(2)]) begin
            registers$d[(64'h0)+:(2)] = registers$q[(64'h0)+:(2)] - 32'h1;
            if (registers$q[(64'h0)+:(2)] == 32'h1) begin
                registers$d[(64'h2)+:(1)] = 1'b1;
                if (is_window) begin
                    flags = window$peek_data;
                end
                else if (is_state) begin
                    flags = state_read_data;
                end
                else if (address == at_event) begin
                    if (request_pending) begin
                        flags = 32'h1;
                    end
                    if (registers$q[(64'hc4)+:(1)]) begin
                        flags = flags | window_event;
                    end
                end
                else if (address == at_state_request) begin
                    flags = ((requested) & 32'hffffffff) | (((present) & 32'hffffffff) << 32'h4);
                end
                else if (address == at_reason) begin
                    flags = reason;
                end
                else if (address == at_hold) begin
                    flags = ((hold) & 32'hffffffff);
                end
                else if (address == at_status) begin
                    flags = status;
                end
                else if (address == at_window_request) begin
                    flags = last;
                end
                else if (address == at_initial_bytes) begin
                    flags = registers$q[(64'h23)+:(32)];
                end
                else if (address == at_dirty_bytes) begin
                    flags = registers$q[(64'h43)+:(32)];
                end
                else if (address == at_device_type) begin
                    flags = device_type;
                end
                else if (address == at_config_hash) begin
                    flags = config_hash;
                end
                else if (address == at_state_words) begin
                    flags = state_words;
                end
                else if (address == at_capabilities) begin
                    flags = capabilities;
                end
                else if (address == at_internal_snapshot) begin
                    flags = registers$q[(64'h64)+:(32)];
                end
                else if (address == at_internal_count) begin
                    flags = ((internal_count) & 32'hffffffff);
                end
                else if (address == at_page_requests) begin
                    flags = page_requests;
                end
                registers$d[(64'h3)+:(32)] = flags;
            end
        end
        if (registers$q[(64'hc4)+:(1)]) begin
            registers$d[(64'hc5)+:(32)] = registers$q[(64'hc5)+:(32)] + 32'h1;
            if (window_reset | (registers$q[(64'hc5)+:(32)] >= watchdog)) begin
                registers$d[(64'hc4)+:(1)] = 1'b0;
                registers$d[(64'ha4)+:(32)] = aborted;
            end
        end
        else if (window_reset) begin
            registers$d[(64'ha4)+:(32)] = 32'h0;
            registers$d[(64'h23)+:(32)] = 32'h0;
            registers$d[(64'h43)+:(32)] = 32'h0;
        end
        else if (window_command_write & ((host_data & sequence_mask) != (last & sequence_mask))) begin
            registers$d[(64'h84)+:(32)] = host_data;
            registers$d[(64'hc4)+:(1)] = 1'b1;
            registers$d[(64'hc5)+:(32)] = 32'h0;
        end
        ready = registers$q[(64'h2)+:(1)];
        read_data = registers$q[(64'h3)+:(32)];
        attention = request_pending | registers$q[(64'hc4)+:(1)];
        window_command = last;
        flags = (last & sequence_mask) | registers$q[(64'ha4)+:(32)];
        if (registers$q[(64'hc4)+:(1)]) begin
            flags = flags | busy_bit;
        end
        window_status = flags;
        initial_bytes = registers$q[(64'h23)+:(32)];
        dirty_bytes = registers$q[(64'h43)+:(32)];
    end
endmodule // slackwater$control

module slackwater$control$registers(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [228:0] d;
    output reg  [228:0] q;
    // Update code (custom)
    initial q = 229'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$control$registers

module slackwater$control$window(clock,write_address,write_data,write_enable,read_address,peek_address,read_data,peek_data);
    // Module arguments
    input wire  clock;
    input wire  [9:0] write_address;
    input wire  [31:0] write_data;
    input wire  write_enable;
    input wire  [9:0] read_address;
    input wire  [9:0] peek_address;
    output reg  [31:0] read_data;
    output reg  [31:0] peek_data;
    // Update code (custom)
    reg [31:0] words [0:1023];
    integer i;
`ifndef SYNTHESIS
    initial begin
       for (i = 0; i <= 1023; i = i + 1) words[i] = 32'd0;
    end
`endif
    always @(posedge clock) begin
       read_data <= words[read_address];
       peek_data <= words[peek_address];
       if (write_enable) words[write_address] <= write_data;
    end
endmodule // slackwater$control$window

module slackwater$device(clock,state_request_write,reset_write,host_data,watchdog,timeout,answer_write,reason_write,hold_write,firmware_data,tx_closed,outstanding,lost_track,marks_pending,device_rx_busy,np_to_device,device_completed,flr,msi_valid,msi_ready,msi_out_valid,msi_out_ready,msi_sent,state_request,state,reason,status,reset_register,hold,request_pending,requested,present,close,route_frozen,freeze,device_reset,firmware_reset,clear,flr_done);
    // Module arguments
    input wire  clock;
    input wire  state_request_write;
    input wire  reset_write;
    input wire  [31:0] host_data;
    input wire  [31:0] watchdog;
    input wire  [31:0] timeout;
    input wire  answer_write;
    input wire  reason_write;
    input wire  hold_write;
    input wire  [31:0] firmware_data;
    input wire  tx_closed;
    input wire  [5:0] outstanding;
    input wire  lost_track;
    input wire  marks_pending;
    input wire  device_rx_busy;
    input wire  np_to_device;
    input wire  device_completed;
    input wire  flr;
    input wire  msi_valid;
    output reg  msi_ready;
    output reg  msi_out_valid;
    input wire  msi_out_ready;
    output reg  msi_sent;
    output reg  [31:0] state_request;
    output reg  [31:0] state;
    output reg  [31:0] reason;
    output reg  [31:0] status;
    output reg  [31:0] reset_register;
    output reg  [2:0] hold;
    output reg  request_pending;
    output reg  [3:0] requested;
    output reg  [3:0] present;
    output reg  close;
    output reg  route_frozen;
    output reg  freeze;
    output reg  device_reset;
    output reg  firmware_reset;
    output reg  clear;
    output reg  flr_done;
    // Constant declarations
    localparam  sequence_mask = 32'hff000000;
    localparam  running = 4'h1;
    localparam  error = 4'h6;
    localparam  resuming_running = 4'h5;
    localparam  outcome_succeeded = 32'h10;
    localparam  outcome_kept = 32'h20;
    localparam  outcome_error = 32'h30;
    localparam  outcome_field = 32'h30;
    localparam  reason_watchdog = 32'h5;
    localparam  reason_in_error = 32'h2;
    localparam  reason_not_quiesced = 32'h3;
    localparam  pending_bit = 32'h100;
    localparam  quiesced_bit = 32'h1;
    localparam  closed_bit = 32'h2;
    localparam  frozen_bit = 32'h4;
    localparam  resetting_bit = 32'h8;
    localparam  busy_bit = 32'h10;
    localparam  marks_bit = 32'h20;
    // Enums
    localparam ResetPhase$Idle = 0;
    localparam ResetPhase$Quiet = 1;
    localparam ResetPhase$Pulse = 2;
    // Stub signals
    reg  registers$clock;
    reg  [139:0] registers$d;
    wire  [139:0] registers$q;
    reg  holds$clock;
    reg  [77:0] holds$d;
    wire  [77:0] holds$q;
    reg  phase$clock;
    reg  [1:0] phase$d;
    wire  [1:0] phase$q;
    // Local signals
    reg  [3:0] bits;
    reg  [3:0] request_bits;
    reg  [2:0] hold_bits;
    reg  [31:0] data;
    reg  [31:0] last;
    reg  must_close;
    reg  must_freeze;
    reg  quiesced;
    reg  resetting;
    reg  commit_ok;
    reg  offer;
    reg  [31:0] flags;
    reg  [31:0] give_up;
    // Sub module instances
    slackwater$device$registers registers(
        .clock(registers$clock),
        .d(registers$d),
        .q(registers$q)
    );
    slackwater$device$holds holds(
        .clock(holds$clock),
        .d(holds$d),
        .q(holds$q)
    );
    slackwater$device$phase phase(
        .clock(phase$clock),
        .d(phase$d),
        .q(phase$q)
    );
    // Update code
    always @(*) begin
        registers$clock = clock;
        holds$clock = clock;
        phase$clock = clock;
        registers$d = registers$q;
        holds$d = holds$q;
        phase$d = phase$q;
        bits = registers$q[(64'h0)+:(4)] ^ running;
        request_bits = registers$q[(64'h4)+:(4)];
        hold_bits = registers$q[(64'h69)+:(3)];
        resetting = phase$q != ResetPhase$Idle;
        must_freeze = ~bits[32'h0] | hold_bits[32'h1] | resetting;
        must_close = must_freeze | bits[32'h3] | hold_bits[32'h0] | (registers$q[(64'h8)+:(1)] & (request_bits[32'h3] | ~request_bits[32'h0]));
        close = must_close;
        route_frozen = must_freeze;
        quiesced = tx_closed & ~|outstanding & ~lost_track & ~marks_pending & ~holds$q[(64'h4d)+:(1)];
        if (holds$q[(64'h1)+:(8)] != 32'hff) begin
            if (np_to_device & ~device_completed) begin
                holds$d[(64'h1)+:(8)] = holds$q[(64'h1)+:(8)] + 32'h1;
            end
            if (device_completed & ~np_to_device & |holds$q[(64'h1)+:(8)]) begin
                holds$d[(64'h1)+:(8)] = holds$q[(64'h1)+:(8)] - 32'h1;
            end
        end
        holds$d[(64'h0)+:(1)] = must_freeze & (holds$q[(64'h0)+:(1)] | (quiesced & ~device_rx_busy & ~np_to_device & ~|holds$q[(64'h1)+:(8)]));
        freeze = holds$q[(64'h0)+:(1)] & (phase$q != ResetPhase$Pulse);
        offer = msi_valid & (~must_close | holds$q[(64'h4d)+:(1)]);
        msi_out_valid = offer;
        msi_ready = offer & msi_out_ready;
        msi_sent = offer & msi_out_ready;
        holds$d[(64'h4d)+:(1)] = offer & ~msi_out_ready;
        data = 32'h0;
        commit_ok = 1'b0;
        if (reason_write) begin
            registers$d[(64'h49)+:(32)] = firmware_data;
        end
        if (hold_write) begin
            registers$d[(64'h69)+:(3)] = ((firmware_data) & 3'h7);
        end
        if (registers$q[(64'h8)+:(1)]) begin
            registers$d[(64'h6c)+:(32)] = registers$q[(64'h6c)+:(32)] + 32'h1;
            if (answer_write) begin
                data = firmware_data & outcome_field;
                commit_ok = (((request_bits & error) != error) & ((request_bits & resuming_running) != resuming_running)) & ((request_bits[32'h0] & ~request_bits[32'h3]) | quiesced) & (request_bits[32'h0] | (holds$q[(64'h0)+:(1)] & must_freeze));
                registers$d[(64'h8)+:(1)] = 1'b0;
                registers$d[(64'h29)+:(32)] = data;
                if (data == outcome_succeeded) begin
                    if (commit_ok) begin
                        registers$d[(64'h0)+:(4)] = registers$q[(64'h4)+:(4)] ^ running;
                    end
                    else begin
                        registers$d[(64'h0)+:(4)] = error ^ running;
                        registers$d[(64'h29)+:(32)] = outcome_error;
                        registers$d[(64'h49)+:(32)] = reason_not_quiesced;
                    end
                end
                else if (data != outcome_kept) begin
                    registers$d[(64'h0)+:(4)] = error ^ running;
                    registers$d[(64'h29)+:(32)] = outcome_error;
                end
            end
            else if (registers$q[(64'h6c)+:(32)] >= watchdog) begin
                registers$d[(64'h8)+:(1)] = 1'b0;
                registers$d[(64'h0)+:(4)] = error ^ running;
                registers$d[(64'h29)+:(32)] = outcome_error;
                registers$d[(64'h49)+:(32)] = reason_watchdog;
            end
        end
        last = registers$q[(64'h9)+:(32)];
        if (state_request_write & ~registers$q[(64'h8)+:(1)] & ~resetting & ((host_data & sequence_mask) != (last & sequence_mask))) begin
            registers$d[(64'h9)+:(32)] = host_data;
            registers$d[(64'h4)+:(4)] = ((host_data) & 4'hf);
            registers$d[(64'h6c)+:(32)] = 32'h0;
            if (bits == error) begin
                registers$d[(64'h29)+:(32)] = outcome_error;
                registers$d[(64'h49)+:(32)] = reason_in_error;
            end
            else begin
                registers$d[(64'h8)+:(1)] = 1'b1;
                registers$d[(64'h49)+:(32)] = 32'h0;
            end
        end
        device_reset = 1'b0;
        firmware_reset = 1'b0;
        clear = 1'b0;
        flr_done = 1'b0;
        give_up = 32'h0;
        if (~flr) begin
            holds$d[(64'h4c)+:(1)] = 1'b0;
        end
        case (phase$q)
            ResetPhase$Idle:
                begin
                    if (reset_write & ((host_data & sequence_mask) != holds$q[(64'ha)+:(32)])) begin
                        holds$d[(64'ha)+:(32)] = host_data & sequence_mask;
                        holds$d[(64'h9)+:(1)] = 1'b1;
                        holds$d[(64'h2a)+:(32)] = 32'h0;
                        phase$d = ResetPhase$Quiet;
                    end
                    else if (flr & ~holds$q[(64'h4c)+:(1)]) begin
                        holds$d[(64'h9)+:(1)] = 1'b0;
                        holds$d[(64'h2a)+:(32)] = 32'h0;
                        phase$d = ResetPhase$Quiet;
                    end
                end
            ResetPhase$Quiet:
                begin
                    give_up = timeout << 32'h2;
                    holds$d[(64'h2a)+:(32)] = holds$q[(64'h2a)+:(32)] + 32'h1;
                    holds$d[(64'h4a)+:(2)] = 32'h0;
                    if (holds$q[(64'h0)+:(1)] | (holds$q[(64'h2a)+:(32)] >= give_up)) begin
                        phase$d = ResetPhase$Pulse;
                    end
                end
            ResetPhase$Pulse:
                begin
                    device_reset = 1'b1;
                    clear = 1'b1;
                    firmware_reset = holds$q[(64'h9)+:(1)];
                    holds$d[(64'h1)+:(8)] = 32'h0;
                    holds$d[(64'h4a)+:(2)] = holds$q[(64'h4a)+:(2)] + 32'h1;
                    if (holds$q[(64'h4a)+:(2)] == 32'h3) begin
                        phase$d = ResetPhase$Idle;
                        if (holds$q[(64'h9)+:(1)]) begin
                            registers$d[(64'h0)+:(4)] = 32'h0;
                            registers$d[(64'h8)+:(1)] = 1'b0;
                            registers$d[(64'h69)+:(3)] = 32'h0;
                            registers$d[(64'h29)+:(32)] = 32'h0;
                            registers$d[(64'h49)+:(32)] = 32'h0;
                        end
                        else begin
                            flr_done = 1'b1;
                            holds$d[(64'h4c)+:(1)] = 1'b1;
                        end
                    end
                end
        endcase
        state_request = last;
        flags = (last & sequence_mask) | registers$q[(64'h29)+:(32)] | ((bits) & 32'hffffffff);
        if (registers$q[(64'h8)+:(1)]) begin
            flags = flags | pending_bit;
        end
        state = flags;
        reason = registers$q[(64'h49)+:(32)];
        reset_register = holds$q[(64'ha)+:(32)];
        flags = 32'h0;
        if (quiesced) begin
            flags = flags | quiesced_bit;
        end
        if (tx_closed) begin
            flags = flags | closed_bit;
        end
        else if (must_close) begin
            flags = flags | busy_bit;
        end
        if (holds$q[(64'h0)+:(1)]) begin
            flags = flags | frozen_bit;
        end
        if (resetting) begin
            flags = flags | resetting_bit;
            if (holds$q[(64'h9)+:(1)]) begin
                reset_register = holds$q[(64'ha)+:(32)] | 32'h1;
            end
        end
        if (marks_pending) begin
            flags = flags | marks_bit;
        end
        if (|outstanding) begin
            flags = flags | (((outstanding) & 32'hffffffff) << 32'h8);
        end
        status = flags;
        hold = registers$q[(64'h69)+:(3)];
        request_pending = registers$q[(64'h8)+:(1)];
        requested = registers$q[(64'h4)+:(4)];
        present = bits;
    end
endmodule // slackwater$device

module slackwater$device$holds(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [77:0] d;
    output reg  [77:0] q;
    // Update code (custom)
    initial q = 78'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$device$holds

module slackwater$device$phase(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [1:0] d;
    output reg  [1:0] q;
    // Enums
    localparam ResetPhase$Idle = 0;
    localparam ResetPhase$Quiet = 1;
    localparam ResetPhase$Pulse = 2;
    // Update code (custom)
    initial q = 64'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$device$phase

module slackwater$device$registers(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [139:0] d;
    output reg  [139:0] q;
    // Update code (custom)
    initial q = 140'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$device$registers

module slackwater$firmware(clock,valid,write,address,data,ready,reset,watchdog,fault,version,crc,limit);
    // Module arguments
    input wire  clock;
    input wire  valid;
    input wire  write;
    input wire  [19:0] address;
    input wire  [31:0] data;
    input wire  ready;
    input wire  reset;
    input wire  [31:0] watchdog;
    output reg  [31:0] fault;
    output reg  [31:0] version;
    output reg  [31:0] crc;
    output reg  [31:0] limit;
    // Constant declarations
    localparam  at_fault = 20'h48;
    localparam  at_version = 20'h4c;
    localparam  at_crc = 20'h50;
    // Stub signals
    reg  first_fault$clock;
    reg  [31:0] first_fault$d;
    wire  [31:0] first_fault$q;
    reg  told_version$clock;
    reg  [31:0] told_version$d;
    wire  [31:0] told_version$q;
    reg  told_crc$clock;
    reg  [31:0] told_crc$d;
    wire  [31:0] told_crc$q;
    // Sub module instances
    slackwater$firmware$first_fault first_fault(
        .clock(first_fault$clock),
        .d(first_fault$d),
        .q(first_fault$q)
    );
    slackwater$firmware$told_version told_version(
        .clock(told_version$clock),
        .d(told_version$d),
        .q(told_version$q)
    );
    slackwater$firmware$told_crc told_crc(
        .clock(told_crc$clock),
        .d(told_crc$d),
        .q(told_crc$q)
    );
    // Update code
    always @(*) begin
        first_fault$clock = clock;
        told_version$clock = clock;
        told_crc$clock = clock;
        first_fault$d = first_fault$q;
        told_version$d = told_version$q;
        told_crc$d = told_crc$q;
        if (valid & write & ready) begin
            if (address == at_fault) begin
                if (~|first_fault$q) begin
                    first_fault$d = data;
                end
            end
            else if (address == at_version) begin
                told_version$d = data;
            end
            else if (address == at_crc) begin
                told_crc$d = data;
            end
        end
        if (reset) begin
            first_fault$d = 32'h0;
            told_version$d = 32'h0;
            told_crc$d = 32'h0;
        end
        fault = first_fault$q;
        version = told_version$q;
        crc = told_crc$q;
        limit = watchdog;
        if (|first_fault$q) begin
            limit = 32'h0;
        end
    end
endmodule // slackwater$firmware

module slackwater$firmware$first_fault(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$firmware$first_fault

module slackwater$firmware$told_crc(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$firmware$told_crc

module slackwater$firmware$told_version(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$firmware$told_version

module slackwater$internal(clock,mark,mark_word,mark_bit,op,op_word,op_data,old,count);
    // Module arguments
    input wire  clock;
    input wire  mark;
    input wire  [2:0] mark_word;
    input wire  [4:0] mark_bit;
    input wire  [1:0] op;
    input wire  [2:0] op_word;
    input wire  [31:0] op_data;
    output reg  [31:0] old;
    output reg  [23:0] count;
    // Constant declarations
    localparam  one = 32'h1;
    localparam  all = 32'hffffffff;
    localparam  take = 2'b1;
    localparam  put = 2'b11;
    // Stub signals
    reg  ram$clock;
    reg  ram$mark;
    reg  [2:0] ram$mark_word;
    reg  [4:0] ram$mark_bit;
    reg  [2:0] ram$move_word;
    reg  [31:0] ram$move_mask;
    reg  [31:0] ram$move_data;
    wire  ram$mark_old;
    wire  [31:0] ram$move_old;
    reg  previous$clock;
    reg  [65:0] previous$d;
    wire  [65:0] previous$q;
    reg  ones_before$clock;
    reg  [31:0] ones_before$d;
    wire  [5:0] ones_before$q;
    reg  ones_after$clock;
    reg  [31:0] ones_after$d;
    wire  [5:0] ones_after$q;
    reg  changed$clock;
    reg  [1:0] changed$d;
    wire  [1:0] changed$q;
    reg  total$clock;
    reg  [23:0] total$d;
    wire  [23:0] total$q;
    // Local signals
    reg  together;
    reg  [31:0] mark_mask;
    reg  [31:0] kept;
    // Sub module instances
    slackwater$internal$ram ram(
        .clock(ram$clock),
        .mark(ram$mark),
        .mark_word(ram$mark_word),
        .mark_bit(ram$mark_bit),
        .move_word(ram$move_word),
        .move_mask(ram$move_mask),
        .move_data(ram$move_data),
        .mark_old(ram$mark_old),
        .move_old(ram$move_old)
    );
    slackwater$internal$previous previous(
        .clock(previous$clock),
        .d(previous$d),
        .q(previous$q)
    );
    slackwater$internal$ones_before ones_before(
        .clock(ones_before$clock),
        .d(ones_before$d),
        .q(ones_before$q)
    );
    slackwater$internal$ones_after ones_after(
        .clock(ones_after$clock),
        .d(ones_after$d),
        .q(ones_after$q)
    );
    slackwater$internal$changed changed(
        .clock(changed$clock),
        .d(changed$d),
        .q(changed$q)
    );
    slackwater$internal$total total(
        .clock(total$clock),
        .d(total$d),
        .q(total$q)
    );
    // Update code
    always @(*) begin
        previous$clock = clock;
        changed$clock = clock;
        total$clock = clock;
        previous$d = previous$q;
        changed$d = changed$q;
        total$d = total$q;
        ram$clock = clock;
        ones_before$clock = clock;
        ones_after$clock = clock;
        together = mark & |op & (mark_word == op_word);
        ram$mark = mark & ~together;
        ram$mark_word = mark_word;
        ram$mark_bit = mark_bit;
        mark_mask = 32'h0;
        if (together) begin
            mark_mask = one << mark_bit;
        end
        ram$move_word = op_word;
        ram$move_mask = mark_mask;
        ram$move_data = mark_mask;
        if (op == take) begin
            ram$move_mask = all;
        end
        if (op == put) begin
            ram$move_mask = op_data | mark_mask;
            ram$move_data = op_data | mark_mask;
        end
        old = ram$move_old;
        previous$d[(64'h0)+:(1)] = mark & ~together;
        previous$d[(64'h1)+:(1)] = |op;
        previous$d[(64'h2)+:(32)] = mark_mask;
        previous$d[(64'h22)+:(32)] = mark_mask;
        if (op == take) begin
            previous$d[(64'h2)+:(32)] = all;
        end
        if (op == put) begin
            previous$d[(64'h2)+:(32)] = op_data | mark_mask;
            previous$d[(64'h22)+:(32)] = op_data | mark_mask;
        end
        kept = ~previous$q[(64'h2)+:(32)];
        ones_before$d = ram$move_old;
        ones_after$d = (ram$move_old & kept) | previous$q[(64'h22)+:(32)];
        changed$d = 32'h0;
        if (previous$q[(64'h1)+:(1)]) begin
            changed$d = 32'h2;
        end
        if (previous$q[(64'h0)+:(1)] & ~ram$mark_old) begin
            changed$d = 32'h1;
            if (previous$q[(64'h1)+:(1)]) begin
                changed$d = 32'h3;
            end
        end
        if (changed$q[32'h1]) begin
            total$d = (total$q + ((ones_after$q) & 24'hffffff)) - ((ones_before$q) & 24'hffffff);
            if (changed$q[32'h0]) begin
                total$d = ((total$q + ((ones_after$q) & 24'hffffff)) - ((ones_before$q) & 24'hffffff)) + 32'h1;
            end
        end
        else if (changed$q[32'h0]) begin
            total$d = total$q + 32'h1;
        end
        count = total$q;
    end
endmodule // slackwater$internal

module slackwater$internal$changed(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [1:0] d;
    output reg  [1:0] q;
    // Update code (custom)
    initial q = 2'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$internal$changed

module slackwater$internal$ones_after(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [5:0] q;
    // Update code (custom)
    initial q = 6'd0;
    always @(posedge clock) q <= d[0] + d[1] + d[2] + d[3] + d[4] + d[5] + d[6] + d[7] + d[8] + d[9] + d[10] + d[11] + d[12] + d[13] + d[14] + d[15] + d[16] + d[17] + d[18] + d[19] + d[20] + d[21] + d[22] + d[23] + d[24] + d[25] + d[26] + d[27] + d[28] + d[29] + d[30] + d[31];
endmodule // slackwater$internal$ones_after

module slackwater$internal$ones_before(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [5:0] q;
    // Update code (custom)
    initial q = 6'd0;
    always @(posedge clock) q <= d[0] + d[1] + d[2] + d[3] + d[4] + d[5] + d[6] + d[7] + d[8] + d[9] + d[10] + d[11] + d[12] + d[13] + d[14] + d[15] + d[16] + d[17] + d[18] + d[19] + d[20] + d[21] + d[22] + d[23] + d[24] + d[25] + d[26] + d[27] + d[28] + d[29] + d[30] + d[31];
endmodule // slackwater$internal$ones_before

module slackwater$internal$previous(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [65:0] d;
    output reg  [65:0] q;
    // Update code (custom)
    initial q = 66'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$internal$previous

module slackwater$internal$ram(clock,mark,mark_word,mark_bit,move_word,move_mask,move_data,mark_old,move_old);
    // Module arguments
    input wire  clock;
    input wire  mark;
    input wire  [2:0] mark_word;
    input wire  [4:0] mark_bit;
    input wire  [2:0] move_word;
    input wire  [31:0] move_mask;
    input wire  [31:0] move_data;
    output reg  mark_old;
    output reg  [31:0] move_old;
    // Update code (custom)
    (* no_rw_check *) reg [31:0] words [0:7];
    reg [31:0] mark_read;
    reg [4:0] mark_bit_read;
    // Each block counts with its own variable: a shared one has several drivers.
    integer i;
    integer m;
    integer w;
`ifndef SYNTHESIS
    initial begin
       for (i = 0; i <= 7; i = i + 1) words[i] = 32'd0;
    end
`endif
    initial begin
       mark_read = 32'd0;
       mark_bit_read = 5'd0;
       move_old = 32'd0;
    end
    always @(posedge clock) begin
       mark_read <= words[mark_word];
       mark_bit_read <= mark_bit;
       for (m = 0; m < 32; m = m + 1)
          if (mark && mark_bit == m) words[mark_word][m] <= 1'b1;
    end
    always @(posedge clock) begin
       move_old <= words[move_word];
       for (w = 0; w < 32; w = w + 1)
          if (move_mask[w]) words[move_word][w] <= move_data[w];
    end
    always @(*) mark_old = mark_read[mark_bit_read];
endmodule // slackwater$internal$ram

module slackwater$internal$total(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [23:0] d;
    output reg  [23:0] q;
    // Update code (custom)
    initial q = 24'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$internal$total

module slackwater$log(clock,mark,mark_word,mark_bit,op,op_word,op_data,old,count);
    // Module arguments
    input wire  clock;
    input wire  mark;
    input wire  [14:0] mark_word;
    input wire  [4:0] mark_bit;
    input wire  [1:0] op;
    input wire  [14:0] op_word;
    input wire  [31:0] op_data;
    output reg  [31:0] old;
    output reg  [23:0] count;
    // Constant declarations
    localparam  one = 32'h1;
    localparam  all = 32'hffffffff;
    localparam  take = 2'b1;
    localparam  put = 2'b11;
    // Stub signals
    reg  ram$clock;
    reg  ram$mark;
    reg  [14:0] ram$mark_word;
    reg  [4:0] ram$mark_bit;
    reg  [14:0] ram$move_word;
    reg  [31:0] ram$move_mask;
    reg  [31:0] ram$move_data;
    wire  ram$mark_old;
    wire  [31:0] ram$move_old;
    reg  previous$clock;
    reg  [65:0] previous$d;
    wire  [65:0] previous$q;
    reg  ones_before$clock;
    reg  [31:0] ones_before$d;
    wire  [5:0] ones_before$q;
    reg  ones_after$clock;
    reg  [31:0] ones_after$d;
    wire  [5:0] ones_after$q;
    reg  changed$clock;
    reg  [1:0] changed$d;
    wire  [1:0] changed$q;
    reg  total$clock;
    reg  [23:0] total$d;
    wire  [23:0] total$q;
    // Local signals
    reg  together;
    reg  [31:0] mark_mask;
    reg  [31:0] kept;
    // Sub module instances
    slackwater$log$ram ram(
        .clock(ram$clock),
        .mark(ram$mark),
        .mark_word(ram$mark_word),
        .mark_bit(ram$mark_bit),
        .move_word(ram$move_word),
        .move_mask(ram$move_mask),
        .move_data(ram$move_data),
        .mark_old(ram$mark_old),
        .move_old(ram$move_old)
    );
    slackwater$log$previous previous(
        .clock(previous$clock),
        .d(previous$d),
        .q(previous$q)
    );
    slackwater$log$ones_before ones_before(
        .clock(ones_before$clock),
        .d(ones_before$d),
        .q(ones_before$q)
    );
    slackwater$log$ones_after ones_after(
        .clock(ones_after$clock),
        .d(ones_after$d),
        .q(ones_after$q)
    );
    slackwater$log$changed changed(
        .clock(changed$clock),
        .d(changed$d),
        .q(changed$q)
    );
    slackwater$log$total total(
        .clock(total$clock),
        .d(total$d),
        .q(total$q)
    );
    // Update code
    always @(*) begin
        previous$clock = clock;
        changed$clock = clock;
        total$clock = clock;
        previous$d = previous$q;
        changed$d = changed$q;
        total$d = total$q;
        ram$clock = clock;
        ones_before$clock = clock;
        ones_after$clock = clock;
        together = mark & |op & (mark_word == op_word);
        ram$mark = mark & ~together;
        ram$mark_word = mark_word;
        ram$mark_bit = mark_bit;
        mark_mask = 32'h0;
        if (together) begin
            mark_mask = one << mark_bit;
        end
        ram$move_word = op_word;
        ram$move_mask = mark_mask;
        ram$move_data = mark_mask;
        if (op == take) begin
            ram$move_mask = all;
        end
        if (op == put) begin
            ram$move_mask = op_data | mark_mask;
            ram$move_data = op_data | mark_mask;
        end
        old = ram$move_old;
        previous$d[(64'h0)+:(1)] = mark & ~together;
        previous$d[(64'h1)+:(1)] = |op;
        previous$d[(64'h2)+:(32)] = mark_mask;
        previous$d[(64'h22)+:(32)] = mark_mask;
        if (op == take) begin
            previous$d[(64'h2)+:(32)] = all;
        end
        if (op == put) begin
            previous$d[(64'h2)+:(32)] = op_data | mark_mask;
            previous$d[(64'h22)+:(32)] = op_data | mark_mask;
        end
        kept = ~previous$q[(64'h2)+:(32)];
        ones_before$d = ram$move_old;
        ones_after$d = (ram$move_old & kept) | previous$q[(64'h22)+:(32)];
        changed$d = 32'h0;
        if (previous$q[(64'h1)+:(1)]) begin
            changed$d = 32'h2;
        end
        if (previous$q[(64'h0)+:(1)] & ~ram$mark_old) begin
            changed$d = 32'h1;
            if (previous$q[(64'h1)+:(1)]) begin
                changed$d = 32'h3;
            end
        end
        if (changed$q[32'h1]) begin
            total$d = (total$q + ((ones_after$q) & 24'hffffff)) - ((ones_before$q) & 24'hffffff);
            if (changed$q[32'h0]) begin
                total$d = ((total$q + ((ones_after$q) & 24'hffffff)) - ((ones_before$q) & 24'hffffff)) + 32'h1;
            end
        end
        else if (changed$q[32'h0]) begin
            total$d = total$q + 32'h1;
        end
        count = total$q;
    end
endmodule // slackwater$log

module slackwater$log$changed(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [1:0] d;
    output reg  [1:0] q;
    // Update code (custom)
    initial q = 2'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$log$changed

module slackwater$log$ones_after(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [5:0] q;
    // Update code (custom)
    initial q = 6'd0;
    always @(posedge clock) q <= d[0] + d[1] + d[2] + d[3] + d[4] + d[5] + d[6] + d[7] + d[8] + d[9] + d[10] + d[11] + d[12] + d[13] + d[14] + d[15] + d[16] + d[17] + d[18] + d[19] + d[20] + d[21] + d[22] + d[23] + d[24] + d[25] + d[26] + d[27] + d[28] + d[29] + d[30] + d[31];
endmodule // slackwater$log$ones_after

module slackwater$log$ones_before(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [5:0] q;
    // Update code (custom)
    initial q = 6'd0;
    always @(posedge clock) q <= d[0] + d[1] + d[2] + d[3] + d[4] + d[5] + d[6] + d[7] + d[8] + d[9] + d[10] + d[11] + d[12] + d[13] + d[14] + d[15] + d[16] + d[17] + d[18] + d[19] + d[20] + d[21] + d[22] + d[23] + d[24] + d[25] + d[26] + d[27] + d[28] + d[29] + d[30] + d[31];
endmodule // slackwater$log$ones_before

module slackwater$log$previous(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [65:0] d;
    output reg  [65:0] q;
    // Update code (custom)
    initial q = 66'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$log$previous

module slackwater$log$ram(clock,mark,mark_word,mark_bit,move_word,move_mask,move_data,mark_old,move_old);
    // Module arguments
    input wire  clock;
    input wire  mark;
    input wire  [14:0] mark_word;
    input wire  [4:0] mark_bit;
    input wire  [14:0] move_word;
    input wire  [31:0] move_mask;
    input wire  [31:0] move_data;
    output reg  mark_old;
    output reg  [31:0] move_old;
    // Update code (custom)
    (* no_rw_check *) reg [31:0] words [0:32767];
    reg [31:0] mark_read;
    reg [4:0] mark_bit_read;
    // Each block counts with its own variable: a shared one has several drivers.
    integer i;
    integer m;
    integer w;
`ifndef SYNTHESIS
    initial begin
       for (i = 0; i <= 32767; i = i + 1) words[i] = 32'd0;
    end
`endif
    initial begin
       mark_read = 32'd0;
       mark_bit_read = 5'd0;
       move_old = 32'd0;
    end
    always @(posedge clock) begin
       mark_read <= words[mark_word];
       mark_bit_read <= mark_bit;
       for (m = 0; m < 32; m = m + 1)
          if (mark && mark_bit == m) words[mark_word][m] <= 1'b1;
    end
    always @(posedge clock) begin
       move_old <= words[move_word];
       for (w = 0; w < 32; w = w + 1)
          if (move_mask[w]) words[move_word][w] <= move_data[w];
    end
    always @(*) mark_old = mark_read[mark_bit_read];
endmodule // slackwater$log$ram

module slackwater$log$total(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [23:0] d;
    output reg  [23:0] q;
    // Update code (custom)
    initial q = 24'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$log$total

module slackwater$outstanding(clock,start,header,done,done_tag,done_last,tracking,timeout,clear,inject,outstanding,count,lost_track,timed_out,pending,lookup,lookup_lo,lookup_hi,lookup_bytes,incomplete);
    // Module arguments
    input wire  clock;
    input wire  start;
    input wire  [86:0] header;
    input wire  done;
    input wire  [4:0] done_tag;
    input wire  done_last;
    input wire  tracking;
    input wire  [31:0] timeout;
    input wire  clear;
    input wire  [5:0] inject;
    output reg  [31:0] outstanding;
    output reg  [5:0] count;
    output reg  lost_track;
    output reg  timed_out;
    output reg  pending;
    output reg  lookup;
    output reg  [31:0] lookup_lo;
    output reg  [31:0] lookup_hi;
    output reg  [12:0] lookup_bytes;
    output reg  incomplete;
    // Constant declarations
    localparam  one = 32'h1;
    localparam  early_bit = 6'b1000;
    localparam  operand_bytes = 13'b100;
    // Stub signals
    reg  out$clock;
    reg  [31:0] out$d;
    wire  [31:0] out$q;
    reg  atomic$clock;
    reg  [31:0] atomic$d;
    wire  [31:0] atomic$q;
    reg  aged$clock;
    reg  [31:0] aged$d;
    wire  [31:0] aged$q;
    reg  expired$clock;
    reg  [31:0] expired$d;
    wire  [31:0] expired$q;
    reg  number$clock;
    reg  [5:0] number$d;
    wire  [5:0] number$q;
    reg  epoch$clock;
    reg  [31:0] epoch$d;
    wire  [31:0] epoch$q;
    reg  scan$clock;
    reg  [4:0] scan$d;
    wire  [4:0] scan$q;
    reg  lost$clock;
    reg  lost$d;
    wire  lost$q;
    reg  retired$clock;
    reg  [70:0] retired$d;
    wire  [70:0] retired$q;
    reg  address_lo$clock;
    reg  [4:0] address_lo$write_address;
    reg  [31:0] address_lo$write_data;
    reg  address_lo$write_enable;
    reg  [4:0] address_lo$read_address;
    reg  [4:0] address_lo$peek_address;
    wire  [31:0] address_lo$read_data;
    wire  [31:0] address_lo$peek_data;
    reg  address_hi$clock;
    reg  [4:0] address_hi$write_address;
    reg  [31:0] address_hi$write_data;
    reg  address_hi$write_enable;
    reg  [4:0] address_hi$read_address;
    reg  [4:0] address_hi$peek_address;
    wire  [31:0] address_hi$read_data;
    wire  [31:0] address_hi$peek_data;
    // Local signals
    reg  [7:0] tag;
    reg  [4:0] tag5;
    reg  [4:0] free_tag;
    reg  frees;
    reg  takes;
    reg  write_slot;
    reg  again;
    reg  atomic_now;
    reg  [31:0] taken_mask;
    reg  [31:0] freed_mask;
    reg  [31:0] keep_mask;
    reg  [31:0] aged_now;
    reg  [31:0] expired_now;
    // Sub module instances
    slackwater$outstanding$out out(
        .clock(out$clock),
        .d(out$d),
        .q(out$q)
    );
    slackwater$outstanding$atomic atomic(
        .clock(atomic$clock),
        .d(atomic$d),
        .q(atomic$q)
    );
    slackwater$outstanding$aged aged(
        .clock(aged$clock),
        .d(aged$d),
        .q(aged$q)
    );
    slackwater$outstanding$expired expired(
        .clock(expired$clock),
        .d(expired$d),
        .q(expired$q)
    );
    slackwater$outstanding$number number(
        .clock(number$clock),
        .d(number$d),
        .q(number$q)
    );
    slackwater$outstanding$epoch epoch(
        .clock(epoch$clock),
        .d(epoch$d),
        .q(epoch$q)
    );
    slackwater$outstanding$scan scan(
        .clock(scan$clock),
        .d(scan$d),
        .q(scan$q)
    );
    slackwater$outstanding$lost lost(
        .clock(lost$clock),
        .d(lost$d),
        .q(lost$q)
    );
    slackwater$outstanding$retired retired(
        .clock(retired$clock),
        .d(retired$d),
        .q(retired$q)
    );
    slackwater$outstanding$address_lo address_lo(
        .clock(address_lo$clock),
        .write_address(address_lo$write_address),
        .write_data(address_lo$write_data),
        .write_enable(address_lo$write_enable),
        .read_address(address_lo$read_address),
        .peek_address(address_lo$peek_address),
        .read_data(address_lo$read_data),
        .peek_data(address_lo$peek_data)
    );
    slackwater$outstanding$address_hi address_hi(
        .clock(address_hi$clock),
        .write_address(address_hi$write_address),
        .write_data(address_hi$write_data),
        .write_enable(address_hi$write_enable),
        .read_address(address_hi$read_address),
        .peek_address(address_hi$peek_address),
        .read_data(address_hi$read_data),
        .peek_data(address_hi$peek_data)
    );
    // Update code
    always @(*) begin
        out$clock = clock;
        atomic$clock = clock;
        aged$clock = clock;
        expired$clock = clock;
        number$clock = clock;
        epoch$clock = clock;
        scan$clock = clock;
        lost$clock = clock;
        retired$clock = clock;
        out$d = out$q;
        atomic$d = atomic$q;
        aged$d = aged$q;
        expired$d = expired$q;
        number$d = number$q;
        epoch$d = epoch$q;
        scan$d = scan$q;
        lost$d = lost$q;
        retired$d = retired$q;
        address_lo$clock = clock;
        address_hi$clock = clock;
        incomplete = 1'b0;
        timed_out = 1'b0;
        tag = 32'h0;
        tag5 = 32'h0;
        takes = 1'b0;
        taken_mask = 32'h0;
        write_slot = 1'b0;
        atomic_now = 1'b0;
        address_lo$write_enable = 1'b0;
        address_hi$write_enable = 1'b0;
        if (start) begin
            tag = header[(64'h40)+:(8)];
            tag5 = tag[(32'h0)+:(5)];
            write_slot = header[(64'h52)+:(1)];
            incomplete = header[(64'h55)+:(1)] & tracking;
            if (header[(64'h53)+:(1)]) begin
                if ((tag >= 32'h20) | out$q[tag5]) begin
                    lost$d = 1'b1;
                    incomplete = tracking;
                end
                else begin
                    takes = 1'b1;
                    taken_mask = one << tag5;
                    atomic_now = header[(64'h54)+:(1)];
                    address_lo$write_enable = 1'b1;
                    address_hi$write_enable = 1'b1;
                end
            end
        end
        address_lo$write_address = tag5;
        address_hi$write_address = tag5;
        address_lo$write_data = header[(64'h0)+:(32)];
        address_hi$write_data = header[(64'h20)+:(32)];
        epoch$d = epoch$q + 32'h1;
        scan$d = scan$q + 32'h1;
        aged_now = aged$q;
        expired_now = expired$q;
        if (epoch$q >= timeout) begin
            epoch$d = 32'h0;
            expired_now = expired$q | (aged$q & out$q);
            aged_now = out$q;
        end
        frees = 1'b0;
        free_tag = scan$q;
        if ((done & done_last) & out$q[done_tag]) begin
            free_tag = done_tag;
            frees = 1'b1;
        end
        else if (expired$q[scan$q] & ~retired$q[(64'h0)+:(1)] & ~retired$q[(64'h1)+:(1)]) begin
            frees = 1'b1;
            timed_out = 1'b1;
        end
        freed_mask = 32'h0;
        if (frees) begin
            freed_mask = one << free_tag;
        end
        keep_mask = ~freed_mask;
        aged$d = aged_now & keep_mask;
        expired$d = expired_now & keep_mask;
        if (frees | takes) begin
            out$d = (out$q & keep_mask) | taken_mask;
            atomic$d = atomic$q & keep_mask;
            if (atomic_now) begin
                atomic$d = (atomic$q & keep_mask) | taken_mask;
            end
            if (takes & ~frees) begin
                number$d = number$q + 32'h1;
            end
            if (frees & ~takes) begin
                number$d = number$q - 32'h1;
            end
        end
        if (atomic_now & (|(inject & early_bit))) begin
            write_slot = 1'b1;
        end
        again = write_slot & retired$q[(64'h1)+:(1)] & retired$q[(64'h0)+:(1)];
        address_lo$read_address = free_tag;
        address_hi$read_address = free_tag;
        address_lo$peek_address = 32'h0;
        address_hi$peek_address = 32'h0;
        retired$d[(64'h0)+:(1)] = frees & atomic$q[free_tag] & ~(|(inject & early_bit));
        if (frees) begin
            retired$d[(64'h42)+:(5)] = free_tag;
        end
        if (again) begin
            address_lo$read_address = retired$q[(64'h42)+:(5)];
            address_hi$read_address = retired$q[(64'h42)+:(5)];
            retired$d[(64'h0)+:(1)] = 1'b1;
        end
        else if (retired$q[(64'h0)+:(1)]) begin
            retired$d[(64'h1)+:(1)] = 1'b1;
            retired$d[(64'h2)+:(32)] = address_lo$read_data;
            retired$d[(64'h22)+:(32)] = address_hi$read_data;
        end
        lookup = write_slot & tracking;
        lookup_lo = header[(64'h0)+:(32)];
        lookup_hi = header[(64'h20)+:(32)];
        lookup_bytes = 32'h0;
        if (write_slot) begin
            lookup_bytes = ((header[(64'h48)+:(10)]) & 13'h1fff) << 32'h2;
            if (~|header[(64'h48)+:(10)]) begin
                lookup_bytes = 32'h1000;
            end
        end
        else if (retired$q[(64'h1)+:(1)]) begin
            lookup = tracking;
            lookup_lo = retired$q[(64'h2)+:(32)];
            lookup_hi = retired$q[(64'h22)+:(32)];
            lookup_bytes = operand_bytes;
            retired$d[(64'h1)+:(1)] = retired$q[(64'h0)+:(1)];
        end
        if (clear) begin
            out$d = 32'h0;
            atomic$d = 32'h0;
            aged$d = 32'h0;
            expired$d = 32'h0;
            number$d = 32'h0;
            lost$d = 1'b0;
        end
        outstanding = out$q;
        count = number$q;
        lost_track = lost$q;
        pending = retired$q[(64'h0)+:(1)] | retired$q[(64'h1)+:(1)];
    end
endmodule // slackwater$outstanding

module slackwater$outstanding$address_hi(clock,write_address,write_data,write_enable,read_address,peek_address,read_data,peek_data);
    // Module arguments
    input wire  clock;
    input wire  [4:0] write_address;
    input wire  [31:0] write_data;
    input wire  write_enable;
    input wire  [4:0] read_address;
    input wire  [4:0] peek_address;
    output reg  [31:0] read_data;
    output reg  [31:0] peek_data;
    // Update code (custom)
    reg [31:0] words [0:31];
    integer i;
`ifndef SYNTHESIS
    initial begin
       for (i = 0; i <= 31; i = i + 1) words[i] = 32'd0;
    end
`endif
    always @(posedge clock) begin
       read_data <= words[read_address];
       peek_data <= words[peek_address];
       if (write_enable) words[write_address] <= write_data;
    end
endmodule // slackwater$outstanding$address_hi

module slackwater$outstanding$address_lo(clock,write_address,write_data,write_enable,read_address,peek_address,read_data,peek_data);
    // Module arguments
    input wire  clock;
    input wire  [4:0] write_address;
    input wire  [31:0] write_data;
    input wire  write_enable;
    input wire  [4:0] read_address;
    input wire  [4:0] peek_address;
    output reg  [31:0] read_data;
    output reg  [31:0] peek_data;
    // Update code (custom)
    reg [31:0] words [0:31];
    integer i;
`ifndef SYNTHESIS
    initial begin
       for (i = 0; i <= 31; i = i + 1) words[i] = 32'd0;
    end
`endif
    always @(posedge clock) begin
       read_data <= words[read_address];
       peek_data <= words[peek_address];
       if (write_enable) words[write_address] <= write_data;
    end
endmodule // slackwater$outstanding$address_lo

module slackwater$outstanding$aged(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$aged

module slackwater$outstanding$atomic(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$atomic

module slackwater$outstanding$epoch(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$epoch

module slackwater$outstanding$expired(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$expired

module slackwater$outstanding$lost(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  d;
    output reg  q;
    // Update code (custom)
    initial q = 1'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$lost

module slackwater$outstanding$number(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [5:0] d;
    output reg  [5:0] q;
    // Update code (custom)
    initial q = 6'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$number

module slackwater$outstanding$out(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$out

module slackwater$outstanding$retired(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [70:0] d;
    output reg  [70:0] q;
    // Update code (custom)
    initial q = 71'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$retired

module slackwater$outstanding$scan(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [4:0] d;
    output reg  [4:0] q;
    // Update code (custom)
    initial q = 5'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$outstanding$scan

module slackwater$pages(clock,start,header,done,done_group,clear,groups,word);
    // Module arguments
    input wire  clock;
    input wire  start;
    input wire  [86:0] header;
    input wire  done;
    input wire  [4:0] done_group;
    input wire  clear;
    output reg  [31:0] groups;
    output reg  [31:0] word;
    // Constant declarations
    localparam  one = 32'h1;
    localparam  untracked_bit = 32'h80000000;
    // Stub signals
    reg  out$clock;
    reg  [31:0] out$d;
    wire  [31:0] out$q;
    reg  number$clock;
    reg  [5:0] number$d;
    wire  [5:0] number$q;
    reg  lost$clock;
    reg  lost$d;
    wire  lost$q;
    // Local signals
    reg  [8:0] group;
    reg  [31:0] address;
    reg  takes;
    reg  frees;
    reg  [31:0] taken_mask;
    reg  [31:0] freed_mask;
    reg  [31:0] keep_mask;
    // Sub module instances
    slackwater$pages$out out(
        .clock(out$clock),
        .d(out$d),
        .q(out$q)
    );
    slackwater$pages$number number(
        .clock(number$clock),
        .d(number$d),
        .q(number$q)
    );
    slackwater$pages$lost lost(
        .clock(lost$clock),
        .d(lost$d),
        .q(lost$q)
    );
    // Update code
    always @(*) begin
        out$clock = clock;
        number$clock = clock;
        lost$clock = clock;
        out$d = out$q;
        number$d = number$q;
        lost$d = lost$q;
        address = header[(64'h0)+:(32)];
        group = address[(32'h3)+:(9)];
        freed_mask = 32'h0;
        frees = done & out$q[done_group];
        if (frees) begin
            freed_mask = one << done_group;
        end
        keep_mask = ~freed_mask;
        takes = 1'b0;
        taken_mask = 32'h0;
        if (start & header[(64'h56)+:(1)]) begin
            if (group >= 32'h20) begin
                lost$d = 1'b1;
            end
            else begin
                taken_mask = one << ((group) & 5'h1f);
                takes = ~|((out$q & keep_mask) & taken_mask);
            end
        end
        out$d = (out$q & keep_mask) | taken_mask;
        if (takes & ~frees) begin
            number$d = number$q + 32'h1;
        end
        if (frees & ~takes) begin
            number$d = number$q - 32'h1;
        end
        if (clear) begin
            out$d = 32'h0;
            number$d = 32'h0;
            lost$d = 1'b0;
        end
        groups = out$q;
        word = ((number$q) & 32'hffffffff);
        if (lost$q) begin
            word = ((number$q) & 32'hffffffff) | untracked_bit;
        end
    end
endmodule // slackwater$pages

module slackwater$pages$lost(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  d;
    output reg  q;
    // Update code (custom)
    initial q = 1'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$pages$lost

module slackwater$pages$number(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [5:0] d;
    output reg  [5:0] q;
    // Update code (custom)
    initial q = 6'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$pages$number

module slackwater$pages$out(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$pages$out

module slackwater$ranges(clock,lookup,lookup_lo,lookup_hi,lookup_bytes,mark,mark_word,mark_bit,outside,incomplete,busy,write,read,index,field,write_data,read_data);
    // Module arguments
    input wire  clock;
    input wire  lookup;
    input wire  [31:0] lookup_lo;
    input wire  [31:0] lookup_hi;
    input wire  [12:0] lookup_bytes;
    output reg  mark;
    output reg  [14:0] mark_word;
    output reg  [4:0] mark_bit;
    output reg  outside;
    output reg  incomplete;
    output reg  busy;
    input wire  write;
    input wire  read;
    input wire  [2:0] index;
    input wire  [1:0] field;
    input wire  [31:0] write_data;
    output reg  [31:0] read_data;
    // Constant declarations
    localparam  page_mask = 32'hfffff000;
    localparam  enable_bit = 32'h80000000;
    localparam  min_shift = 5'b1100;
    localparam  max_shift = 5'b11110;
    localparam  field_lo = 2'b0;
    localparam  field_hi = 2'b1;
    localparam  field_units = 2'b10;
    localparam  width = 6'b100000;
    localparam  log_words = 32'h8000;
    // Stub signals
    reg  entry0$clock;
    reg  [128:0] entry0$d;
    wire  [128:0] entry0$q;
    reg  entry1$clock;
    reg  [128:0] entry1$d;
    wire  [128:0] entry1$q;
    reg  entry2$clock;
    reg  [128:0] entry2$d;
    wire  [128:0] entry2$q;
    reg  entry3$clock;
    reg  [128:0] entry3$d;
    wire  [128:0] entry3$q;
    reg  entry4$clock;
    reg  [128:0] entry4$d;
    wire  [128:0] entry4$q;
    reg  entry5$clock;
    reg  [128:0] entry5$d;
    wire  [128:0] entry5$q;
    reg  entry6$clock;
    reg  [128:0] entry6$d;
    wire  [128:0] entry6$q;
    reg  entry7$clock;
    reg  [128:0] entry7$d;
    wire  [128:0] entry7$q;
    reg  asked$clock;
    reg  [65:0] asked$d;
    wire  [65:0] asked$q;
    reg  matched$clock;
    reg  [66:0] matched$d;
    wire  [66:0] matched$q;
    reg  found$clock;
    reg  [22:0] found$d;
    wire  [22:0] found$q;
    // Local signals
    reg  [13:0] end_in_page;
    reg  [31:0] lo0;
    reg  [31:0] hi0;
    reg  [31:0] lo1;
    reg  [31:0] hi1;
    reg  [31:0] lo2;
    reg  [31:0] hi2;
    reg  [31:0] lo3;
    reg  [31:0] hi3;
    reg  [31:0] lo4;
    reg  [31:0] hi4;
    reg  [31:0] lo5;
    reg  [31:0] hi5;
    reg  [31:0] lo6;
    reg  [31:0] hi6;
    reg  [31:0] lo7;
    reg  [31:0] hi7;
    reg  hit;
    reg  [31:0] page_index;
    reg  [5:0] back_shift;
    reg  [31:0] word;
    reg  [31:0] data;
    reg  [4:0] new_shift;
    // Sub module instances
    slackwater$ranges$entry0 entry0(
        .clock(entry0$clock),
        .d(entry0$d),
        .q(entry0$q)
    );
    slackwater$ranges$entry1 entry1(
        .clock(entry1$clock),
        .d(entry1$d),
        .q(entry1$q)
    );
    slackwater$ranges$entry2 entry2(
        .clock(entry2$clock),
        .d(entry2$d),
        .q(entry2$q)
    );
    slackwater$ranges$entry3 entry3(
        .clock(entry3$clock),
        .d(entry3$d),
        .q(entry3$q)
    );
    slackwater$ranges$entry4 entry4(
        .clock(entry4$clock),
        .d(entry4$d),
        .q(entry4$q)
    );
    slackwater$ranges$entry5 entry5(
        .clock(entry5$clock),
        .d(entry5$d),
        .q(entry5$q)
    );
    slackwater$ranges$entry6 entry6(
        .clock(entry6$clock),
        .d(entry6$d),
        .q(entry6$q)
    );
    slackwater$ranges$entry7 entry7(
        .clock(entry7$clock),
        .d(entry7$d),
        .q(entry7$q)
    );
    slackwater$ranges$asked asked(
        .clock(asked$clock),
        .d(asked$d),
        .q(asked$q)
    );
    slackwater$ranges$matched matched(
        .clock(matched$clock),
        .d(matched$d),
        .q(matched$q)
    );
    slackwater$ranges$found found(
        .clock(found$clock),
        .d(found$d),
        .q(found$q)
    );
    // Update code
    always @(*) begin
        asked$clock = clock;
        matched$clock = clock;
        found$clock = clock;
        asked$d = asked$q;
        matched$d = matched$q;
        found$d = found$q;
        asked$d[(64'h0)+:(1)] = lookup;
        end_in_page = 32'h0;
        if (lookup) begin
            asked$d[(64'h1)+:(32)] = lookup_lo & page_mask;
            asked$d[(64'h21)+:(32)] = lookup_hi;
            end_in_page = ((lookup_lo & 32'hffc) & 14'h3fff) + ((lookup_bytes) & 14'h3fff);
            asked$d[(64'h41)+:(1)] = (end_in_page) > 32'h1000;
        end
        matched$d[(64'h0)+:(1)] = asked$q[(64'h0)+:(1)];
        matched$d[(64'h1)+:(1)] = 1'b0;
        hit = 1'b0;
        matched$d[(64'h2)+:(1)] = asked$q[(64'h41)+:(1)];
        entry0$clock = clock;
        entry0$d = entry0$q;
        lo0 = 32'h0;
        hi0 = 32'h0;
        entry1$clock = clock;
        entry1$d = entry1$q;
        lo1 = 32'h0;
        hi1 = 32'h0;
        entry2$clock = clock;
        entry2$d = entry2$q;
        lo2 = 32'h0;
        hi2 = 32'h0;
        entry3$clock = clock;
        entry3$d = entry3$q;
        lo3 = 32'h0;
        hi3 = 32'h0;
        entry4$clock = clock;
        entry4$d = entry4$q;
        lo4 = 32'h0;
        hi4 = 32'h0;
        entry5$clock = clock;
        entry5$d = entry5$q;
        lo5 = 32'h0;
        hi5 = 32'h0;
        entry6$clock = clock;
        entry6$d = entry6$q;
        lo6 = 32'h0;
        hi6 = 32'h0;
        entry7$clock = clock;
        entry7$d = entry7$q;
        lo7 = 32'h0;
        hi7 = 32'h0;
        if (asked$q[(64'h0)+:(1)]) begin
            lo0 = asked$q[(64'h1)+:(32)] - entry0$q[(64'h0)+:(32)];
            hi0 = asked$q[(64'h21)+:(32)] - entry0$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry0$q[(64'h0)+:(32)]) begin
                hi0 = (asked$q[(64'h21)+:(32)] - entry0$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry0$q[(64'h80)+:(1)] & ((hi0 < ((entry0$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi0 == ((entry0$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo0 < entry0$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo0;
                matched$d[(64'h23)+:(12)] = ((hi0) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry0$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry0$q[(64'h7b)+:(5)];
            end
            lo1 = asked$q[(64'h1)+:(32)] - entry1$q[(64'h0)+:(32)];
            hi1 = asked$q[(64'h21)+:(32)] - entry1$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry1$q[(64'h0)+:(32)]) begin
                hi1 = (asked$q[(64'h21)+:(32)] - entry1$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry1$q[(64'h80)+:(1)] & ((hi1 < ((entry1$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi1 == ((entry1$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo1 < entry1$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo1;
                matched$d[(64'h23)+:(12)] = ((hi1) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry1$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry1$q[(64'h7b)+:(5)];
            end
            lo2 = asked$q[(64'h1)+:(32)] - entry2$q[(64'h0)+:(32)];
            hi2 = asked$q[(64'h21)+:(32)] - entry2$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry2$q[(64'h0)+:(32)]) begin
                hi2 = (asked$q[(64'h21)+:(32)] - entry2$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry2$q[(64'h80)+:(1)] & ((hi2 < ((entry2$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi2 == ((entry2$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo2 < entry2$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo2;
                matched$d[(64'h23)+:(12)] = ((hi2) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry2$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry2$q[(64'h7b)+:(5)];
            end
            lo3 = asked$q[(64'h1)+:(32)] - entry3$q[(64'h0)+:(32)];
            hi3 = asked$q[(64'h21)+:(32)] - entry3$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry3$q[(64'h0)+:(32)]) begin
                hi3 = (asked$q[(64'h21)+:(32)] - entry3$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry3$q[(64'h80)+:(1)] & ((hi3 < ((entry3$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi3 == ((entry3$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo3 < entry3$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo3;
                matched$d[(64'h23)+:(12)] = ((hi3) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry3$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry3$q[(64'h7b)+:(5)];
            end
            lo4 = asked$q[(64'h1)+:(32)] - entry4$q[(64'h0)+:(32)];
            hi4 = asked$q[(64'h21)+:(32)] - entry4$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry4$q[(64'h0)+:(32)]) begin
                hi4 = (asked$q[(64'h21)+:(32)] - entry4$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry4$q[(64'h80)+:(1)] & ((hi4 < ((entry4$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi4 == ((entry4$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo4 < entry4$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo4;
                matched$d[(64'h23)+:(12)] = ((hi4) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry4$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry4$q[(64'h7b)+:(5)];
            end
            lo5 = asked$q[(64'h1)+:(32)] - entry5$q[(64'h0)+:(32)];
            hi5 = asked$q[(64'h21)+:(32)] - entry5$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry5$q[(64'h0)+:(32)]) begin
                hi5 = (asked$q[(64'h21)+:(32)] - entry5$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry5$q[(64'h80)+:(1)] & ((hi5 < ((entry5$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi5 == ((entry5$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo5 < entry5$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo5;
                matched$d[(64'h23)+:(12)] = ((hi5) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry5$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry5$q[(64'h7b)+:(5)];
            end
            lo6 = asked$q[(64'h1)+:(32)] - entry6$q[(64'h0)+:(32)];
            hi6 = asked$q[(64'h21)+:(32)] - entry6$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry6$q[(64'h0)+:(32)]) begin
                hi6 = (asked$q[(64'h21)+:(32)] - entry6$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry6$q[(64'h80)+:(1)] & ((hi6 < ((entry6$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi6 == ((entry6$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo6 < entry6$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo6;
                matched$d[(64'h23)+:(12)] = ((hi6) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry6$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry6$q[(64'h7b)+:(5)];
            end
            lo7 = asked$q[(64'h1)+:(32)] - entry7$q[(64'h0)+:(32)];
            hi7 = asked$q[(64'h21)+:(32)] - entry7$q[(64'h20)+:(32)];
            if (asked$q[(64'h1)+:(32)] < entry7$q[(64'h0)+:(32)]) begin
                hi7 = (asked$q[(64'h21)+:(32)] - entry7$q[(64'h20)+:(32)]) - 32'h1;
            end
            if (~hit & entry7$q[(64'h80)+:(1)] & ((hi7 < ((entry7$q[(64'h60)+:(12)]) & 32'hffffffff)) | ((hi7 == ((entry7$q[(64'h60)+:(12)]) & 32'hffffffff)) & (lo7 < entry7$q[(64'h40)+:(32)])))) begin
                hit = 1'b1;
                matched$d[(64'h1)+:(1)] = 1'b1;
                matched$d[(64'h3)+:(32)] = lo7;
                matched$d[(64'h23)+:(12)] = ((hi7) & 12'hfff);
                matched$d[(64'h2f)+:(15)] = entry7$q[(64'h6c)+:(15)];
                matched$d[(64'h3e)+:(5)] = entry7$q[(64'h7b)+:(5)];
            end
        end
        found$d[(64'h0)+:(1)] = 1'b0;
        found$d[(64'h1)+:(1)] = 1'b0;
        found$d[(64'h2)+:(1)] = 1'b0;
        page_index = 32'h0;
        back_shift = 32'h0;
        word = 32'h0;
        if (matched$q[(64'h0)+:(1)]) begin
            back_shift = width - ((matched$q[(64'h3e)+:(5)]) & 6'h3f);
            page_index = (matched$q[(64'h3)+:(32)] >> matched$q[(64'h3e)+:(5)]) | (((matched$q[(64'h23)+:(12)]) & 32'hffffffff) << back_shift);
            word = (page_index >> 32'h5) + ((matched$q[(64'h2f)+:(15)]) & 32'hffffffff);
            found$d[(64'h3)+:(15)] = word[(32'h0)+:(15)];
            found$d[(64'h12)+:(5)] = page_index[(32'h0)+:(5)];
            if (matched$q[(64'h2)+:(1)]) begin
                found$d[(64'h2)+:(1)] = 1'b1;
            end
            else if (~matched$q[(64'h1)+:(1)]) begin
                found$d[(64'h1)+:(1)] = 1'b1;
            end
            else if (word >= log_words) begin
                found$d[(64'h2)+:(1)] = 1'b1;
            end
            else begin
                found$d[(64'h0)+:(1)] = 1'b1;
            end
        end
        mark = found$q[(64'h0)+:(1)];
        mark_word = found$q[(64'h3)+:(15)];
        mark_bit = found$q[(64'h12)+:(5)];
        outside = found$q[(64'h1)+:(1)];
        incomplete = found$q[(64'h2)+:(1)];
        busy = asked$q[(64'h0)+:(1)] | matched$q[(64'h0)+:(1)] | found$q[(64'h0)+:(1)];
        new_shift = 32'h0;
        data = 32'h0;
        if (write) begin
            data = write_data;
            new_shift = data[(32'h18)+:(5)];
            if (index == 32'h0) begin
                if (field == field_lo) begin
                    if (~entry0$q[(64'h80)+:(1)]) begin
                        entry0$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry0$q[(64'h80)+:(1)]) begin
                        entry0$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry0$q[(64'h80)+:(1)]) begin
                        entry0$d[(64'h40)+:(32)] = data << 32'hc;
                        entry0$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry0$q[(64'h80)+:(1)]) begin
                    entry0$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry0$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry0$d[(64'h7b)+:(5)] = new_shift;
                    entry0$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
            if (index == 32'h1) begin
                if (field == field_lo) begin
                    if (~entry1$q[(64'h80)+:(1)]) begin
                        entry1$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry1$q[(64'h80)+:(1)]) begin
                        entry1$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry1$q[(64'h80)+:(1)]) begin
                        entry1$d[(64'h40)+:(32)] = data << 32'hc;
                        entry1$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry1$q[(64'h80)+:(1)]) begin
                    entry1$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry1$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry1$d[(64'h7b)+:(5)] = new_shift;
                    entry1$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
            if (index == 32'h2) begin
                if (field == field_lo) begin
                    if (~entry2$q[(64'h80)+:(1)]) begin
                        entry2$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry2$q[(64'h80)+:(1)]) begin
                        entry2$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry2$q[(64'h80)+:(1)]) begin
                        entry2$d[(64'h40)+:(32)] = data << 32'hc;
                        entry2$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry2$q[(64'h80)+:(1)]) begin
                    entry2$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry2$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry2$d[(64'h7b)+:(5)] = new_shift;
                    entry2$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
            if (index == 32'h3) begin
                if (field == field_lo) begin
                    if (~entry3$q[(64'h80)+:(1)]) begin
                        entry3$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry3$q[(64'h80)+:(1)]) begin
                        entry3$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry3$q[(64'h80)+:(1)]) begin
                        entry3$d[(64'h40)+:(32)] = data << 32'hc;
                        entry3$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry3$q[(64'h80)+:(1)]) begin
                    entry3$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry3$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry3$d[(64'h7b)+:(5)] = new_shift;
                    entry3$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
            if (index == 32'h4) begin
                if (field == field_lo) begin
                    if (~entry4$q[(64'h80)+:(1)]) begin
                        entry4$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry4$q[(64'h80)+:(1)]) begin
                        entry4$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry4$q[(64'h80)+:(1)]) begin
                        entry4$d[(64'h40)+:(32)] = data << 32'hc;
                        entry4$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry4$q[(64'h80)+:(1)]) begin
                    entry4$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry4$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry4$d[(64'h7b)+:(5)] = new_shift;
                    entry4$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
            if (index == 32'h5) begin
                if (field == field_lo) begin
                    if (~entry5$q[(64'h80)+:(1)]) begin
                        entry5$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry5$q[(64'h80)+:(1)]) begin
                        entry5$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry5$q[(64'h80)+:(1)]) begin
                        entry5$d[(64'h40)+:(32)] = data << 32'hc;
                        entry5$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry5$q[(64'h80)+:(1)]) begin
                    entry5$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry5$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry5$d[(64'h7b)+:(5)] = new_shift;
                    entry5$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
            if (index == 32'h6) begin
                if (field == field_lo) begin
                    if (~entry6$q[(64'h80)+:(1)]) begin
                        entry6$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry6$q[(64'h80)+:(1)]) begin
                        entry6$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry6$q[(64'h80)+:(1)]) begin
                        entry6$d[(64'h40)+:(32)] = data << 32'hc;
                        entry6$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry6$q[(64'h80)+:(1)]) begin
                    entry6$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry6$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry6$d[(64'h7b)+:(5)] = new_shift;
                    entry6$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
            if (index == 32'h7) begin
                if (field == field_lo) begin
                    if (~entry7$q[(64'h80)+:(1)]) begin
                        entry7$d[(64'h0)+:(32)] = data & page_mask;
                    end
                end
                else if (field == field_hi) begin
                    if (~entry7$q[(64'h80)+:(1)]) begin
                        entry7$d[(64'h20)+:(32)] = data;
                    end
                end
                else if (field == field_units) begin
                    if (~entry7$q[(64'h80)+:(1)]) begin
                        entry7$d[(64'h40)+:(32)] = data << 32'hc;
                        entry7$d[(64'h60)+:(12)] = data[(32'h14)+:(12)];
                    end
                end
                else if (entry7$q[(64'h80)+:(1)]) begin
                    entry7$d[(64'h80)+:(1)] = data[32'h1f];
                end
                else begin
                    entry7$d[(64'h6c)+:(15)] = data[(32'h0)+:(15)];
                    entry7$d[(64'h7b)+:(5)] = new_shift;
                    entry7$d[(64'h80)+:(1)] = data[32'h1f] & (new_shift >= min_shift) & (new_shift <= max_shift);
                end
            end
        end
        read_data = 32'h0;
        if (read) begin
            if (index == 32'h0) begin
                if (field == field_lo) begin
                    read_data = entry0$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry0$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry0$q[(64'h40)+:(32)] >> 32'hc) | (((entry0$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry0$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry0$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry0$q[(64'h80)+:(1)]) begin
                        read_data = ((entry0$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry0$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
            if (index == 32'h1) begin
                if (field == field_lo) begin
                    read_data = entry1$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry1$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry1$q[(64'h40)+:(32)] >> 32'hc) | (((entry1$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry1$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry1$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry1$q[(64'h80)+:(1)]) begin
                        read_data = ((entry1$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry1$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
            if (index == 32'h2) begin
                if (field == field_lo) begin
                    read_data = entry2$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry2$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry2$q[(64'h40)+:(32)] >> 32'hc) | (((entry2$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry2$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry2$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry2$q[(64'h80)+:(1)]) begin
                        read_data = ((entry2$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry2$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
            if (index == 32'h3) begin
                if (field == field_lo) begin
                    read_data = entry3$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry3$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry3$q[(64'h40)+:(32)] >> 32'hc) | (((entry3$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry3$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry3$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry3$q[(64'h80)+:(1)]) begin
                        read_data = ((entry3$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry3$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
            if (index == 32'h4) begin
                if (field == field_lo) begin
                    read_data = entry4$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry4$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry4$q[(64'h40)+:(32)] >> 32'hc) | (((entry4$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry4$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry4$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry4$q[(64'h80)+:(1)]) begin
                        read_data = ((entry4$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry4$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
            if (index == 32'h5) begin
                if (field == field_lo) begin
                    read_data = entry5$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry5$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry5$q[(64'h40)+:(32)] >> 32'hc) | (((entry5$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry5$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry5$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry5$q[(64'h80)+:(1)]) begin
                        read_data = ((entry5$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry5$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
            if (index == 32'h6) begin
                if (field == field_lo) begin
                    read_data = entry6$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry6$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry6$q[(64'h40)+:(32)] >> 32'hc) | (((entry6$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry6$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry6$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry6$q[(64'h80)+:(1)]) begin
                        read_data = ((entry6$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry6$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
            if (index == 32'h7) begin
                if (field == field_lo) begin
                    read_data = entry7$q[(64'h0)+:(32)];
                end
                else if (field == field_hi) begin
                    read_data = entry7$q[(64'h20)+:(32)];
                end
                else if (field == field_units) begin
                    read_data = (entry7$q[(64'h40)+:(32)] >> 32'hc) | (((entry7$q[(64'h60)+:(12)]) & 32'hffffffff) << 32'h14);
                end
                else begin
                    read_data = ((entry7$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry7$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18);
                    if (entry7$q[(64'h80)+:(1)]) begin
                        read_data = ((entry7$q[(64'h6c)+:(15)]) & 32'hffffffff) | (((entry7$q[(64'h7b)+:(5)]) & 32'hffffffff) << 32'h18) | enable_bit;
                    end
                end
            end
        end
    end
endmodule // slackwater$ranges

module slackwater$ranges$asked(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [65:0] d;
    output reg  [65:0] q;
    // Update code (custom)
    initial q = 66'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$asked

module slackwater$ranges$entry0(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry0

module slackwater$ranges$entry1(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry1

module slackwater$ranges$entry2(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry2

module slackwater$ranges$entry3(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry3

module slackwater$ranges$entry4(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry4

module slackwater$ranges$entry5(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry5

module slackwater$ranges$entry6(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry6

module slackwater$ranges$entry7(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [128:0] d;
    output reg  [128:0] q;
    // Update code (custom)
    initial q = 129'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$entry7

module slackwater$ranges$found(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [22:0] d;
    output reg  [22:0] q;
    // Update code (custom)
    initial q = 23'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$found

module slackwater$ranges$matched(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [66:0] d;
    output reg  [66:0] q;
    // Update code (custom)
    initial q = 67'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$ranges$matched

module slackwater$registers(clock,bus_address,bus_read,bus_write,bus_write_data,bus_read_data,owner,watchdog,timeout,state_request_write,reset_write,log_command_write,window_command_write,window_write,window_word,range_write,range_read,range_index,range_field,range_data,snapshot_data,window_data,state_request,state,reason,status,reset_register,page_requests,log_command,log_status,dirty_count,chunk_summary,line_lo,line_hi,window_command,window_status,initial_bytes,dirty_bytes,firmware_fault,firmware_version,firmware_crc,marked,outside,frozen_read,frozen_write,not_owner,malformed_rx,malformed_request,unexpected,timed_out,dma_write,dma_read,interrupt);
    // Module arguments
    input wire  clock;
    input wire  [13:0] bus_address;
    input wire  bus_read;
    input wire  bus_write;
    input wire  [31:0] bus_write_data;
    output reg  [31:0] bus_read_data;
    output reg  [15:0] owner;
    output reg  [31:0] watchdog;
    output reg  [31:0] timeout;
    output reg  state_request_write;
    output reg  reset_write;
    output reg  log_command_write;
    output reg  window_command_write;
    output reg  window_write;
    output reg  [9:0] window_word;
    output reg  range_write;
    output reg  range_read;
    output reg  [2:0] range_index;
    output reg  [1:0] range_field;
    input wire  [31:0] range_data;
    input wire  [31:0] snapshot_data;
    input wire  [31:0] window_data;
    input wire  [31:0] state_request;
    input wire  [31:0] state;
    input wire  [31:0] reason;
    input wire  [31:0] status;
    input wire  [31:0] reset_register;
    input wire  [31:0] page_requests;
    input wire  [31:0] log_command;
    input wire  [31:0] log_status;
    input wire  [23:0] dirty_count;
    input wire  [31:0] chunk_summary;
    input wire  [31:0] line_lo;
    input wire  [31:0] line_hi;
    input wire  [31:0] window_command;
    input wire  [31:0] window_status;
    input wire  [31:0] initial_bytes;
    input wire  [31:0] dirty_bytes;
    input wire  [31:0] firmware_fault;
    input wire  [31:0] firmware_version;
    input wire  [31:0] firmware_crc;
    input wire  marked;
    input wire  outside;
    input wire  frozen_read;
    input wire  frozen_write;
    input wire  not_owner;
    input wire  malformed_rx;
    input wire  malformed_request;
    input wire  unexpected;
    input wire  timed_out;
    input wire  dma_write;
    input wire  dma_read;
    input wire  interrupt;
    // Constant declarations
    localparam  region_mask = 14'b11110000000000;
    localparam  range_mask = 14'b11111111100000;
    localparam  snapshot_region = 14'b10000000000;
    localparam  data_region = 14'b100000000000;
    localparam  range_base = 14'b1000000;
    localparam  at_magic = 14'b0;
    localparam  at_version = 14'b1;
    localparam  at_device_type = 14'b10;
    localparam  at_config_hash = 14'b11;
    localparam  at_capabilities = 14'b100;
    localparam  at_state_words = 14'b101;
    localparam  at_owner = 14'b110;
    localparam  at_clock_hz = 14'b111;
    localparam  at_state_request = 14'b1000;
    localparam  at_state = 14'b1001;
    localparam  at_state_reason = 14'b1010;
    localparam  at_status = 14'b1011;
    localparam  at_watchdog = 14'b1100;
    localparam  at_timeout = 14'b1101;
    localparam  at_device_reset = 14'b1110;
    localparam  at_page_requests = 14'b1111;
    localparam  at_log_command = 14'b10000;
    localparam  at_log_status = 14'b10001;
    localparam  at_dirty_count = 14'b10010;
    localparam  at_chunk_summary = 14'b10011;
    localparam  at_line_lo = 14'b10100;
    localparam  at_line_hi = 14'b10101;
    localparam  at_log_pages = 14'b10110;
    localparam  at_window_command = 14'b100000;
    localparam  at_window_status = 14'b100001;
    localparam  at_initial_bytes = 14'b100010;
    localparam  at_dirty_bytes = 14'b100011;
    localparam  at_firmware_fault = 14'b101000;
    localparam  at_firmware_version = 14'b101001;
    localparam  at_firmware_crc = 14'b101010;
    localparam  at_marks = 14'b1100000;
    localparam  at_outside = 14'b1100001;
    localparam  at_frozen_reads = 14'b1100010;
    localparam  at_frozen_writes = 14'b1100011;
    localparam  at_not_owner = 14'b1100100;
    localparam  at_malformed = 14'b1100101;
    localparam  at_unexpected = 14'b1100110;
    localparam  at_timeouts = 14'b1100111;
    localparam  at_dma_writes = 14'b1101000;
    localparam  at_dma_reads = 14'b1101001;
    localparam  at_interrupts = 14'b1101010;
    localparam  at_cycles = 14'b1101011;
    localparam  magic = 32'h534c4b57;
    localparam  version = 32'h10002;
    localparam  device_type = 32'h10001;
    localparam  config_hash = 32'h415b114d;
    localparam  capabilities = 32'h14080f;
    localparam  state_words = 32'h1040;
    localparam  clock_hz = 32'h7735940;
    localparam  log_pages = 32'h100000;
    localparam  watchdog_reset = 32'hf4240;
    localparam  timeout_reset = 32'h1e848;
    // Stub signals
    reg  asked$clock;
    reg  [14:0] asked$d;
    wire  [14:0] asked$q;
    reg  answer$clock;
    reg  [31:0] answer$d;
    wire  [31:0] answer$q;
    reg  owner_register$clock;
    reg  [15:0] owner_register$d;
    wire  [15:0] owner_register$q;
    reg  watchdog_delta$clock;
    reg  [31:0] watchdog_delta$d;
    wire  [31:0] watchdog_delta$q;
    reg  timeout_delta$clock;
    reg  [31:0] timeout_delta$d;
    wire  [31:0] timeout_delta$q;
    reg  counters$clock;
    reg  [351:0] counters$d;
    wire  [351:0] counters$q;
    reg  cycles$clock;
    reg  [31:0] cycles$d;
    wire  [31:0] cycles$q;
    // Local signals
    reg  [13:0] region;
    reg  [13:0] read_address;
    reg  range_region;
    reg  [31:0] word;
    // Sub module instances
    slackwater$registers$asked asked(
        .clock(asked$clock),
        .d(asked$d),
        .q(asked$q)
    );
    slackwater$registers$answer answer(
        .clock(answer$clock),
        .d(answer$d),
        .q(answer$q)
    );
    slackwater$registers$owner_register owner_register(
        .clock(owner_register$clock),
        .d(owner_register$d),
        .q(owner_register$q)
    );
    slackwater$registers$watchdog_delta watchdog_delta(
        .clock(watchdog_delta$clock),
        .d(watchdog_delta$d),
        .q(watchdog_delta$q)
    );
    slackwater$registers$timeout_delta timeout_delta(
        .clock(timeout_delta$clock),
        .d(timeout_delta$d),
        .q(timeout_delta$q)
    );
    slackwater$registers$counters counters(
        .clock(counters$clock),
        .d(counters$d),
        .q(counters$q)
    );
    slackwater$registers$cycles cycles(
        .clock(cycles$clock),
        .d(cycles$d),
        .q(cycles$q)
    );
    // Update code
    always @(*) begin
        asked$clock = clock;
        answer$clock = clock;
        owner_register$clock = clock;
        watchdog_delta$clock = clock;
        timeout_delta$clock = clock;
        counters$clock = clock;
        cycles$clock = clock;
        asked$d = asked$q;
        answer$d = answer$q;
        owner_register$d = owner_register$q;
        watchdog_delta$d = watchdog_delta$q;
        timeout_delta$d = timeout_delta$q;
        counters$d = counters$q;
        cycles$d = cycles$q;
        cycles$d = cycles$q + 32'h1;
        owner = owner_register$q;
        watchdog = watchdog_delta$q ^ watchdog_reset;
        timeout = timeout_delta$q ^ timeout_reset;
        state_request_write = 1'b0;
        reset_write = 1'b0;
        log_command_write = 1'b0;
        window_command_write = 1'b0;
        window_write = 1'b0;
        range_write = 1'b0;
        window_word = ((bus_address) & 10'h3ff);
        region = bus_address & region_mask;
        range_region = 1'b0;
        range_index = 32'h0;
        range_field = 32'h0;
        if (bus_write) begin
            range_region = (bus_address & range_mask) == range_base;
            range_index = bus_address[(32'h2)+:(3)];
            range_field = ((bus_address) & 2'h3);
            if (region == data_region) begin
                window_write = 1'b1;
            end
            else if (range_region) begin
                range_write = 1'b1;
            end
            else if (bus_address == at_owner) begin
                owner_register$d = ((bus_write_data) & 16'hffff);
            end
            else if (bus_address == at_state_request) begin
                state_request_write = 1'b1;
            end
            else if (bus_address == at_watchdog) begin
                watchdog_delta$d = bus_write_data ^ watchdog_reset;
            end
            else if (bus_address == at_timeout) begin
                timeout_delta$d = bus_write_data ^ timeout_reset;
            end
            else if (bus_address == at_device_reset) begin
                reset_write = 1'b1;
            end
            else if (bus_address == at_log_command) begin
                log_command_write = 1'b1;
            end
            else if (bus_address == at_window_command) begin
                window_command_write = 1'b1;
            end
        end
        asked$d[(64'h0)+:(1)] = bus_read;
        asked$d[(64'h1)+:(14)] = bus_address;
        read_address = asked$q[(64'h1)+:(14)];
        range_read = 1'b0;
        word = 32'h0;
        if (asked$q[(64'h0)+:(1)]) begin
            if (~bus_write) begin
                range_index = read_address[(32'h2)+:(3)];
                range_field = ((read_address) & 2'h3);
            end
            if ((read_address & region_mask) == snapshot_region) begin
                word = snapshot_data;
            end
            else if ((read_address & region_mask) == data_region) begin
                word = window_data;
            end
            else if ((read_address & range_mask) == range_base) begin
                range_read = 1'b1;
                word = range_data;
            end
            else if (read_address == at_magic) begin
                word = magic;
            end
            else if (read_address == at_version) begin
                word = version;
            end
            else if (read_address == at_device_type) begin
                word = device_type;
            end
            else if (read_address == at_config_hash) begin
                word = config_hash;
            end
            else if (read_address == at_capabilities) begin
                word = capabilities;
            end
            else if (read_address == at_state_words) begin
                word = state_words;
            end
            else if (read_address == at_clock_hz) begin
                word = clock_hz;
            end
            else if (read_address == at_log_pages) begin
                word = log_pages;
            end
            else if (read_address == at_owner) begin
                word = ((owner_register$q) & 32'hffffffff);
            end
            else if (read_address == at_state_request) begin
                word = state_request;
            end
            else if (read_address == at_state) begin
                word = state;
            end
            else if (read_address == at_state_reason) begin
                word = reason;
            end
            else if (read_address == at_status) begin
                word = status;
            end
            else if (read_address == at_device_reset) begin
                word = reset_register;
            end
            else if (read_address == at_page_requests) begin
                word = page_requests;
            end
            else if (read_address == at_log_command) begin
                word = log_command;
            end
            else if (read_address == at_log_status) begin
                word = log_status;
            end
            else if (read_address == at_chunk_summary) begin
                word = chunk_summary;
            end
            else if (read_address == at_line_lo) begin
                word = line_lo;
            end
            else if (read_address == at_line_hi) begin
                word = line_hi;
            end
            else if (read_address == at_window_command) begin
                word = window_command;
            end
            else if (read_address == at_window_status) begin
                word = window_status;
            end
            else if (read_address == at_initial_bytes) begin
                word = initial_bytes;
            end
            else if (read_address == at_dirty_bytes) begin
                word = dirty_bytes;
            end
            else if (read_address == at_firmware_fault) begin
                word = firmware_fault;
            end
            else if (read_address == at_firmware_version) begin
                word = firmware_version;
            end
            else if (read_address == at_firmware_crc) begin
                word = firmware_crc;
            end
            else if (read_address == at_dirty_count) begin
                word = ((dirty_count) & 32'hffffffff);
            end
            else if (read_address == at_watchdog) begin
                word = watchdog_delta$q ^ watchdog_reset;
            end
            else if (read_address == at_timeout) begin
                word = timeout_delta$q ^ timeout_reset;
            end
            else if (read_address == at_marks) begin
                word = counters$q[(64'h0)+:(32)];
            end
            else if (read_address == at_outside) begin
                word = counters$q[(64'h20)+:(32)];
            end
            else if (read_address == at_frozen_reads) begin
                word = counters$q[(64'h40)+:(32)];
            end
            else if (read_address == at_frozen_writes) begin
                word = counters$q[(64'h60)+:(32)];
            end
            else if (read_address == at_not_owner) begin
                word = counters$q[(64'h80)+:(32)];
            end
            else if (read_address == at_malformed) begin
                word = counters$q[(64'ha0)+:(32)];
            end
            else if (read_address == at_unexpected) begin
                word = counters$q[(64'hc0)+:(32)];
            end
            else if (read_address == at_timeouts) begin
                word = counters$q[(64'he0)+:(32)];
            end
            else if (read_address == at_dma_writes) begin
                word = counters$q[(64'h100)+:(32)];
            end
            else if (read_address == at_dma_reads) begin
                word = counters$q[(64'h120)+:(32)];
            end
            else if (read_address == at_interrupts) begin
                word = counters$q[(64'h140)+:(32)];
            end
            else if (read_address == at_cycles) begin
                word = cycles$q;
            end
            answer$d = word;
        end
        bus_read_data = answer$q;
        if (marked) begin
            counters$d[(64'h0)+:(32)] = counters$q[(64'h0)+:(32)] + 32'h1;
        end
        if (outside) begin
            counters$d[(64'h20)+:(32)] = counters$q[(64'h20)+:(32)] + 32'h1;
        end
        if (frozen_read) begin
            counters$d[(64'h40)+:(32)] = counters$q[(64'h40)+:(32)] + 32'h1;
        end
        if (frozen_write) begin
            counters$d[(64'h60)+:(32)] = counters$q[(64'h60)+:(32)] + 32'h1;
        end
        if (not_owner) begin
            counters$d[(64'h80)+:(32)] = counters$q[(64'h80)+:(32)] + 32'h1;
        end
        if (unexpected) begin
            counters$d[(64'hc0)+:(32)] = counters$q[(64'hc0)+:(32)] + 32'h1;
        end
        if (timed_out) begin
            counters$d[(64'he0)+:(32)] = counters$q[(64'he0)+:(32)] + 32'h1;
        end
        if (dma_write) begin
            counters$d[(64'h100)+:(32)] = counters$q[(64'h100)+:(32)] + 32'h1;
        end
        if (dma_read) begin
            counters$d[(64'h120)+:(32)] = counters$q[(64'h120)+:(32)] + 32'h1;
        end
        if (interrupt) begin
            counters$d[(64'h140)+:(32)] = counters$q[(64'h140)+:(32)] + 32'h1;
        end
        if (malformed_rx | malformed_request) begin
            counters$d[(64'ha0)+:(32)] = counters$q[(64'ha0)+:(32)] + 32'h1;
            if (malformed_rx & malformed_request) begin
                counters$d[(64'ha0)+:(32)] = counters$q[(64'ha0)+:(32)] + 32'h2;
            end
        end
    end
endmodule // slackwater$registers

module slackwater$registers$answer(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$registers$answer

module slackwater$registers$asked(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [14:0] d;
    output reg  [14:0] q;
    // Update code (custom)
    initial q = 15'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$registers$asked

module slackwater$registers$counters(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [351:0] d;
    output reg  [351:0] q;
    // Update code (custom)
    initial q = 352'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$registers$counters

module slackwater$registers$cycles(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$registers$cycles

module slackwater$registers$owner_register(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [15:0] d;
    output reg  [15:0] q;
    // Update code (custom)
    initial q = 16'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$registers$owner_register

module slackwater$registers$timeout_delta(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$registers$timeout_delta

module slackwater$registers$watchdog_delta(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$registers$watchdog_delta

module slackwater$rx(clock,rx_beat,rx_valid,rx_bar,rx_ready,dev_beat,dev_valid,dev_bar,dev_ready,job_beat,job_valid,job_first,job_frozen,job_ready,route_frozen,outstanding,page_groups,dev_busy,completion,page_response,completion_tag,completion_last,np_to_device,malformed,unexpected);
    // Module arguments
    input wire  clock;
    input wire  [66:0] rx_beat;
    input wire  rx_valid;
    input wire  [7:0] rx_bar;
    output reg  rx_ready;
    output reg  [66:0] dev_beat;
    output reg  dev_valid;
    output reg  [7:0] dev_bar;
    input wire  dev_ready;
    output reg  [66:0] job_beat;
    output reg  job_valid;
    output reg  job_first;
    output reg  job_frozen;
    input wire  job_ready;
    input wire  route_frozen;
    input wire  [31:0] outstanding;
    input wire  [31:0] page_groups;
    output reg  dev_busy;
    output reg  completion;
    output reg  page_response;
    output reg  [4:0] completion_tag;
    output reg  completion_last;
    output reg  np_to_device;
    output reg  malformed;
    output reg  unexpected;
    // Stub signals
    reg  stage$clock;
    reg  [92:0] stage$d;
    wire  [92:0] stage$q;
    // Local signals
    reg  bad_second;
    reg  stranger;
    reg  free;
    // Sub module instances
    slackwater$rx$stage stage(
        .clock(stage$clock),
        .d(stage$d),
        .q(stage$q)
    );
    // Update code
    always @(*) begin
        stage$clock = clock;
        stage$d = stage$q;
        stage$d[(64'h59)+:(1)] = 1'b0;
        stage$d[(64'h5a)+:(1)] = 1'b0;
        stage$d[(64'h5b)+:(1)] = 1'b0;
        np_to_device = stage$q[(64'h59)+:(1)];
        malformed = stage$q[(64'h5a)+:(1)];
        unexpected = stage$q[(64'h5b)+:(1)];
        dev_beat = stage$q[(64'h0)+:(67)];
        dev_bar = stage$q[(64'h43)+:(8)];
        job_beat = stage$q[(64'h0)+:(67)];
        job_first = stage$q[(64'h4c)+:(1)];
        job_frozen = stage$q[(64'h4e)+:(1)];
        completion_tag = stage$q[(64'h51)+:(5)];
        completion_last = stage$q[(64'h56)+:(1)];
        completion = 1'b0;
        page_response = 1'b0;
        dev_valid = 1'b0;
        job_valid = 1'b0;
        dev_busy = stage$q[(64'h4d)+:(1)] & (stage$q[(64'h4b)+:(1)] | (stage$q[(64'h57)+:(1)] & (~stage$q[(64'h58)+:(1)])));
        bad_second = ((rx_beat[(64'h40)+:(2)] & 32'h1) == 32'h0);
        stranger = (((rx_beat[(64'h0)+:(32)] & 32'he000) != 32'h0) | (~outstanding[((rx_beat[(64'h0)+:(32)] >> 32'h8) & 5'h1f)]));
        if ((stage$q[(64'h5c)+:(1)])) begin
            bad_second = (((rx_beat[(64'h40)+:(2)] & 32'h3) != 32'h3) | (~rx_beat[(64'h42)+:(1)]));
            stranger = (((rx_beat[(64'h0)+:(32)] & 32'h1e0) != 32'h0) | (~page_groups[((rx_beat[(64'h0)+:(32)]) & 5'h1f)]));
        end
        free = 1'b0;
        if ((~stage$q[(64'h4b)+:(1)])) begin
            free = 1'b1;
        end
        else if ((stage$q[(64'h50)+:(1)])) begin
            if ((rx_valid)) begin
                if ((bad_second)) begin
                    stage$d[(64'h4b)+:(1)] = 1'b0;
                    stage$d[(64'h5a)+:(1)] = 1'b1;
                end
                else if ((stranger)) begin
                    stage$d[(64'h4b)+:(1)] = 1'b0;
                    stage$d[(64'h5b)+:(1)] = 1'b1;
                end
                else begin
                    dev_valid = 1'b1;
                    free = dev_ready;
                    stage$d[(64'h50)+:(1)] = 1'b0;
                    stage$d[(64'h51)+:(5)] = ((rx_beat[(64'h0)+:(32)] >> 32'h8) & 5'h1f);
                    if ((stage$q[(64'h5c)+:(1)])) begin
                        stage$d[(64'h51)+:(5)] = ((rx_beat[(64'h0)+:(32)]) & 5'h1f);
                    end
                    stage$d[(64'h56)+:(1)] = 1'b0;
                    if ((((dev_beat[(64'h0)+:(32)] & 32'h40000000) == 32'h0) | ((dev_beat[(64'h20)+:(32)] & 32'he000) != 32'h0))) begin
                        stage$d[(64'h56)+:(1)] = 1'b1;
                    end
                    else if (((dev_beat[(64'h20)+:(32)] & 32'hfff) == 32'h0)) begin
                        stage$d[(64'h56)+:(1)] = ((dev_beat[(64'h0)+:(32)] & 32'h3ff) == 32'h0) & ((rx_beat[(64'h0)+:(32)] & 32'h3) == 32'h0);
                    end
                    else if (((dev_beat[(64'h0)+:(32)] & 32'h3ff) == 32'h0)) begin
                        stage$d[(64'h56)+:(1)] = (((dev_beat[(64'h20)+:(32)] & 32'hfff) + (rx_beat[(64'h0)+:(32)] & 32'h3)) <= 32'h1000);
                    end
                    else begin
                        stage$d[(64'h56)+:(1)] = (((dev_beat[(64'h20)+:(32)] & 32'hfff) + (rx_beat[(64'h0)+:(32)] & 32'h3)) <= ((dev_beat[(64'h0)+:(32)] & 32'h3ff) << 32'h2));
                    end
                end
            end
        end
        else if ((stage$q[(64'h4d)+:(1)])) begin
            dev_valid = 1'b1;
            free = dev_ready;
            completion = dev_ready & stage$q[(64'h4f)+:(1)] & dev_beat[(64'h42)+:(1)];
            page_response = dev_ready & stage$q[(64'h5c)+:(1)] & dev_beat[(64'h42)+:(1)];
        end
        else begin
            job_valid = 1'b1;
            free = job_ready;
        end
        rx_ready = free;
        if ((free)) begin
            stage$d[(64'h4b)+:(1)] = 1'b0;
        end
        if ((stage$q[(64'h57)+:(1)] & stage$q[(64'h58)+:(1)])) begin
            rx_ready = 1'b1;
            if ((rx_valid)) begin
                stage$d[(64'h57)+:(1)] = (~rx_beat[(64'h42)+:(1)]);
            end
        end
        else if ((rx_valid & stage$q[(64'h4b)+:(1)] & stage$q[(64'h50)+:(1)] & (~dev_valid))) begin
            rx_ready = 1'b1;
            stage$d[(64'h57)+:(1)] = (~rx_beat[(64'h42)+:(1)]);
            stage$d[(64'h58)+:(1)] = 1'b1;
        end
        else if ((rx_valid & free)) begin
            stage$d[(64'h0)+:(67)] = rx_beat;
            stage$d[(64'h4c)+:(1)] = (~stage$q[(64'h57)+:(1)]);
            stage$d[(64'h57)+:(1)] = (~rx_beat[(64'h42)+:(1)]);
            stage$d[(64'h4b)+:(1)] = 1'b1;
            if ((~stage$q[(64'h57)+:(1)])) begin
                stage$d[(64'h58)+:(1)] = 1'b0;
                stage$d[(64'h43)+:(8)] = rx_bar;
                stage$d[(64'h4e)+:(1)] = ((rx_bar & 32'h4) == 32'h0);
                stage$d[(64'h4d)+:(1)] = (((rx_bar & 32'h4) == 32'h0) & (~route_frozen));
                stage$d[(64'h4f)+:(1)] = 1'b0;
                stage$d[(64'h5c)+:(1)] = 1'b0;
                stage$d[(64'h50)+:(1)] = 1'b0;
                if ((rx_beat[(64'h42)+:(1)])) begin
                    stage$d[(64'h4b)+:(1)] = 1'b0;
                    stage$d[(64'h5a)+:(1)] = 1'b1;
                end
                else if (((rx_beat[(64'h0)+:(32)] & 64'hbe000000) == 32'ha000000)) begin
                    stage$d[(64'h43)+:(8)] = 32'h0;
                    stage$d[(64'h4d)+:(1)] = 1'b1;
                    stage$d[(64'h4f)+:(1)] = 1'b1;
                    stage$d[(64'h50)+:(1)] = 1'b1;
                end
                else if ((((rx_beat[(64'h0)+:(32)] & 64'hff000000) == 32'h32000000) & ((rx_beat[(64'h20)+:(32)] & 32'hff) == 32'h5))) begin
                    stage$d[(64'h43)+:(8)] = 32'h0;
                    if ((route_frozen)) begin
                        stage$d[(64'h4b)+:(1)] = 1'b0;
                        stage$d[(64'h58)+:(1)] = 1'b1;
                        stage$d[(64'h5b)+:(1)] = 1'b1;
                    end
                    else begin
                        stage$d[(64'h4d)+:(1)] = 1'b1;
                        stage$d[(64'h5c)+:(1)] = 1'b1;
                        stage$d[(64'h50)+:(1)] = 1'b1;
                    end
                end
                else if (((rx_bar == 32'h0) | ((rx_beat[(64'h0)+:(32)] & 64'hdf004000) == 32'h40004000))) begin
                    stage$d[(64'h4b)+:(1)] = 1'b0;
                    stage$d[(64'h58)+:(1)] = 1'b1;
                    stage$d[(64'h5a)+:(1)] = 1'b1;
                end
                else if (((rx_beat[(64'h0)+:(32)] & 64'hdf000000) == 32'h40000000)) begin
                    stage$d[(64'h59)+:(1)] = 1'b0;
                end
                else if ((((rx_beat[(64'h0)+:(32)] & 64'hde000000) == 32'h0) | ((rx_beat[(64'h0)+:(32)] & 64'hbf000000) == 32'h2000000) | ((rx_beat[(64'h0)+:(32)] & 64'hde000000) == 32'h4c000000) | ((rx_beat[(64'h0)+:(32)] & 64'hdf000000) == 32'h4e000000))) begin
                    stage$d[(64'h59)+:(1)] = (((rx_bar & 32'h4) == 32'h0) & (~route_frozen));
                end
                else begin
                    stage$d[(64'h4b)+:(1)] = 1'b0;
                    stage$d[(64'h58)+:(1)] = 1'b1;
                    stage$d[(64'h5a)+:(1)] = 1'b1;
                end
            end
        end
    end
endmodule // slackwater$rx

module slackwater$rx$stage(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [92:0] d;
    output reg  [92:0] q;
    // Update code (custom)
    initial q = 93'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$rx$stage

module slackwater$snapshot(clock,command_write,command_data,mark,mark_word,incomplete,op,op_word,op_data,old,tracking,command,status,chunk_summary,line_lo,line_hi,window_word,window_data,inject);
    // Module arguments
    input wire  clock;
    input wire  command_write;
    input wire  [31:0] command_data;
    input wire  mark;
    input wire  [14:0] mark_word;
    input wire  incomplete;
    output reg  [1:0] op;
    output reg  [14:0] op_word;
    output reg  [31:0] op_data;
    input wire  [31:0] old;
    output reg  tracking;
    output reg  [31:0] command;
    output reg  [31:0] status;
    output reg  [31:0] chunk_summary;
    output reg  [31:0] line_lo;
    output reg  [31:0] line_hi;
    input wire  [9:0] window_word;
    output reg  [31:0] window_data;
    input wire  [5:0] inject;
    // Constant declarations
    localparam  one = 32'h1;
    localparam  inverted_one = 32'hfffffffe;
    localparam  chunk_words = 11'b10000000000;
    localparam  op_take = 2'b1;
    localparam  op_peek = 2'b10;
    localparam  op_put = 2'b11;
    localparam  do_start = 4'h1;
    localparam  do_stop = 4'h2;
    localparam  do_snapshot = 4'h3;
    localparam  do_peek = 4'h4;
    localparam  do_restore = 4'h5;
    localparam  do_acknowledge = 4'h6;
    localparam  ok = 4'h0;
    localparam  unknown = 4'h1;
    localparam  is_held = 4'h2;
    localparam  not_held = 4'h3;
    localparam  clear_extra_bit = 6'b10;
    localparam  busy_bit = 32'h10;
    localparam  tracking_bit = 32'h20;
    localparam  held_bit = 32'h40;
    localparam  incomplete_bit = 32'h80;
    localparam  sequence_mask = 32'hff000000;
    localparam  chunk_field = 32'h1f00;
    // Enums
    localparam Walk$Idle = 0;
    localparam Walk$Clear = 1;
    localparam Walk$Take = 2;
    localparam Walk$Peek = 3;
    localparam Walk$Put = 4;
    // Stub signals
    reg  walk$clock;
    reg  [2:0] walk$d;
    wire  [2:0] walk$q;
    reg  state$clock;
    reg  [114:0] state$d;
    wire  [114:0] state$q;
    reg  chunks$clock;
    reg  [31:0] chunks$d;
    wire  [31:0] chunks$q;
    reg  lines_lo$clock;
    reg  [31:0] lines_lo$d;
    wire  [31:0] lines_lo$q;
    reg  lines_hi$clock;
    reg  [31:0] lines_hi$d;
    wire  [31:0] lines_hi$q;
    reg  window$clock;
    reg  [9:0] window$write_address;
    reg  [31:0] window$write_data;
    reg  window$write_enable;
    reg  [9:0] window$read_address;
    reg  [9:0] window$peek_address;
    wire  [31:0] window$read_data;
    wire  [31:0] window$peek_data;
    // Local signals
    reg  [31:0] data;
    reg  [3:0] operation;
    reg  [7:0] number;
    reg  [7:0] last_number;
    reg  [31:0] last;
    reg  accepted;
    reg  finish;
    reg  [4:0] mark_chunk;
    reg  [31:0] chunk_mask;
    reg  [31:0] chunk_kept;
    reg  [31:0] marks_mask;
    reg  left_over_now;
    reg  [5:0] line;
    reg  [31:0] present;
    reg  [31:0] flags;
    // Sub module instances
    slackwater$snapshot$walk walk(
        .clock(walk$clock),
        .d(walk$d),
        .q(walk$q)
    );
    slackwater$snapshot$state state(
        .clock(state$clock),
        .d(state$d),
        .q(state$q)
    );
    slackwater$snapshot$chunks chunks(
        .clock(chunks$clock),
        .d(chunks$d),
        .q(chunks$q)
    );
    slackwater$snapshot$lines_lo lines_lo(
        .clock(lines_lo$clock),
        .d(lines_lo$d),
        .q(lines_lo$q)
    );
    slackwater$snapshot$lines_hi lines_hi(
        .clock(lines_hi$clock),
        .d(lines_hi$d),
        .q(lines_hi$q)
    );
    slackwater$snapshot$window window(
        .clock(window$clock),
        .write_address(window$write_address),
        .write_data(window$write_data),
        .write_enable(window$write_enable),
        .read_address(window$read_address),
        .peek_address(window$peek_address),
        .read_data(window$read_data),
        .peek_data(window$peek_data)
    );
    // Update code
    always @(*) begin
        walk$clock = clock;
        state$clock = clock;
        chunks$clock = clock;
        lines_lo$clock = clock;
        lines_hi$clock = clock;
        walk$d = walk$q;
        state$d = state$q;
        chunks$d = chunks$q;
        lines_lo$d = lines_lo$q;
        lines_hi$d = lines_hi$q;
        window$clock = clock;
        mark_chunk = 32'h0;
        marks_mask = 32'h0;
        left_over_now = state$q[(64'h51)+:(1)];
        if (mark) begin
            mark_chunk = mark_word[(32'ha)+:(5)];
            marks_mask = one << mark_chunk;
            if ((mark_chunk == state$q[(64'h24)+:(5)]) & ((state$q[(64'h52)+:(11)] == chunk_words) | (state$q[(64'h5d)+:(1)] & (((mark_word) & 10'h3ff) <= state$q[(64'h5e)+:(10)])))) begin
                left_over_now = 1'b1;
            end
        end
        chunks$d = chunks$q | marks_mask;
        state$d[(64'h51)+:(1)] = left_over_now;
        if (incomplete) begin
            state$d[(64'h50)+:(1)] = 1'b1;
        end
        state$d[(64'h5d)+:(1)] = 1'b0;
        state$d[(64'h5e)+:(10)] = ((state$q[(64'h52)+:(11)]) & 10'h3ff);
        state$d[(64'h68)+:(1)] = state$q[(64'h5d)+:(1)];
        state$d[(64'h69)+:(10)] = state$q[(64'h5e)+:(10)];
        op = 32'h0;
        op_word = 32'h0;
        op_data = window$peek_data;
        finish = 1'b0;
        line = 32'h0;
        window$peek_address = ((state$q[(64'h52)+:(11)]) & 10'h3ff);
        window$read_address = window_word;
        window_data = window$read_data;
        window$write_address = state$q[(64'h69)+:(10)];
        window$write_data = old;
        window$write_enable = 1'b0;
        chunk_mask = 32'h0;
        chunk_kept = 32'h0;
        if (walk$q != Walk$Idle) begin
            if (state$q[(64'h52)+:(11)] != chunk_words) begin
                state$d[(64'h52)+:(11)] = state$q[(64'h52)+:(11)] + 32'h1;
                state$d[(64'h5d)+:(1)] = 1'b1;
            end
            if (state$q[(64'h5d)+:(1)]) begin
                op_word = (((state$q[(64'h24)+:(5)]) & 15'h7fff) << 32'ha) | ((state$q[(64'h5e)+:(10)]) & 15'h7fff);
                case (walk$q)
                    Walk$Clear:
                        begin
                            op = op_take;
                        end
                    Walk$Take:
                        begin
                            op = op_take;
                        end
                    Walk$Peek:
                        begin
                            op = op_peek;
                        end
                    Walk$Put:
                        begin
                            op = op_put;
                        end
                    default:
                        begin
                            op = 32'h0;
                        end
                endcase
            end
            if (state$q[(64'h68)+:(1)] & ((walk$q == Walk$Take) | (walk$q == Walk$Peek))) begin
                window$write_enable = 1'b1;
                if (|(inject & clear_extra_bit) & (walk$q == Walk$Take)) begin
                    window$write_data = old & inverted_one;
                end
                if (|old) begin
                    line = ((state$q[(64'h69)+:(10)] >> 32'h4) & 6'h3f);
                    if (line[32'h5]) begin
                        lines_hi$d = lines_hi$q | (one << ((line) & 5'h1f));
                    end
                    else begin
                        lines_lo$d = lines_lo$q | (one << ((line) & 5'h1f));
                    end
                end
            end
            finish = (state$q[(64'h52)+:(11)] == chunk_words) & ~state$q[(64'h5d)+:(1)];
        end
        if (finish) begin
            chunk_mask = one << state$q[(64'h24)+:(5)];
            chunk_kept = ~chunk_mask;
            walk$d = Walk$Idle;
            if ((walk$q == Walk$Take) | (walk$q == Walk$Clear)) begin
                chunks$d = (chunks$q & chunk_kept) | marks_mask;
                if (left_over_now) begin
                    chunks$d = chunks$q | marks_mask;
                end
            end
            case (walk$q)
                Walk$Clear:
                    begin
                        state$d[(64'h24)+:(5)] = state$q[(64'h24)+:(5)] + 32'h1;
                        state$d[(64'h52)+:(11)] = 32'h0;
                        state$d[(64'h51)+:(1)] = 1'b0;
                        if (state$q[(64'h24)+:(5)] == 32'h1f) begin
                            state$d[(64'h4f)+:(1)] = 1'b1;
                        end
                        else begin
                            walk$d = Walk$Clear;
                        end
                    end
                Walk$Take:
                    begin
                        state$d[(64'h4e)+:(1)] = 1'b1;
                        state$d[(64'h29)+:(5)] = state$q[(64'h24)+:(5)];
                    end
                Walk$Peek:
                    begin
                        state$d[(64'h29)+:(5)] = state$q[(64'h24)+:(5)];
                    end
                Walk$Put:
                    begin
                        state$d[(64'h4e)+:(1)] = 1'b0;
                        if (|lines_lo$q | |lines_hi$q) begin
                            chunks$d = chunks$q | marks_mask | chunk_mask;
                        end
                    end
                default:
                    begin
                        walk$d = Walk$Idle;
                    end
            endcase
        end
        present = chunks$q | marks_mask;
        if ((walk$q == Walk$Clear) & (state$q[(64'h52)+:(11)] == 32'h0) & ~present[state$q[(64'h24)+:(5)]]) begin
            state$d[(64'h52)+:(11)] = chunk_words;
            state$d[(64'h5d)+:(1)] = 1'b0;
        end
        data = 32'h0;
        operation = 32'h0;
        number = 32'h0;
        last_number = 32'h0;
        last = state$q[(64'h0)+:(32)];
        accepted = 1'b0;
        if (command_write & (walk$q == Walk$Idle)) begin
            data = command_data;
            operation = data[(32'h0)+:(4)];
            number = data[(32'h18)+:(8)];
            last_number = last[(32'h18)+:(8)];
            if (number != last_number) begin
                accepted = 1'b1;
                state$d[(64'h0)+:(32)] = data;
                state$d[(64'h20)+:(4)] = ok;
            end
        end
        if (accepted) begin
            if (operation == do_start) begin
                state$d[(64'h4f)+:(1)] = 1'b0;
                state$d[(64'h50)+:(1)] = 1'b0;
                state$d[(64'h4e)+:(1)] = 1'b0;
                state$d[(64'h24)+:(5)] = 32'h0;
                walk$d = Walk$Clear;
            end
            else if (operation == do_stop) begin
                state$d[(64'h4f)+:(1)] = 1'b0;
            end
            else if ((operation == do_snapshot) | (operation == do_peek)) begin
                if (state$q[(64'h4e)+:(1)]) begin
                    state$d[(64'h20)+:(4)] = is_held;
                end
                else begin
                    state$d[(64'h24)+:(5)] = data[(32'h8)+:(5)];
                    state$d[(64'h2e)+:(32)] = data & chunk_field;
                    lines_lo$d = 32'h0;
                    lines_hi$d = 32'h0;
                    walk$d = Walk$Take;
                    if (operation == do_peek) begin
                        walk$d = Walk$Peek;
                    end
                end
            end
            else if (operation == do_restore) begin
                if (state$q[(64'h4e)+:(1)]) begin
                    state$d[(64'h24)+:(5)] = state$q[(64'h29)+:(5)];
                    walk$d = Walk$Put;
                end
                else begin
                    state$d[(64'h20)+:(4)] = not_held;
                end
            end
            else if (operation == do_acknowledge) begin
                state$d[(64'h4e)+:(1)] = 1'b0;
                if (~state$q[(64'h4e)+:(1)]) begin
                    state$d[(64'h20)+:(4)] = not_held;
                end
            end
            else begin
                state$d[(64'h20)+:(4)] = unknown;
            end
            state$d[(64'h52)+:(11)] = 32'h0;
            state$d[(64'h51)+:(1)] = 1'b0;
        end
        tracking = state$q[(64'h4f)+:(1)];
        command = state$q[(64'h0)+:(32)];
        chunk_summary = chunks$q;
        line_lo = lines_lo$q;
        line_hi = lines_hi$q;
        flags = last & sequence_mask;
        if (walk$q != Walk$Idle) begin
            flags = flags | busy_bit;
        end
        if (state$q[(64'h4f)+:(1)]) begin
            flags = flags | tracking_bit;
        end
        if (state$q[(64'h4e)+:(1)]) begin
            flags = flags | held_bit;
        end
        if (state$q[(64'h50)+:(1)]) begin
            flags = flags | incomplete_bit;
        end
        status = flags | ((state$q[(64'h20)+:(4)]) & 32'hffffffff) | state$q[(64'h2e)+:(32)];
    end
endmodule // slackwater$snapshot

module slackwater$snapshot$chunks(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$snapshot$chunks

module slackwater$snapshot$lines_hi(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$snapshot$lines_hi

module slackwater$snapshot$lines_lo(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [31:0] d;
    output reg  [31:0] q;
    // Update code (custom)
    initial q = 32'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$snapshot$lines_lo

module slackwater$snapshot$state(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [114:0] d;
    output reg  [114:0] q;
    // Update code (custom)
    initial q = 115'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$snapshot$state

module slackwater$snapshot$walk(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [2:0] d;
    output reg  [2:0] q;
    // Enums
    localparam Walk$Idle = 0;
    localparam Walk$Clear = 1;
    localparam Walk$Take = 2;
    localparam Walk$Peek = 3;
    localparam Walk$Put = 4;
    // Update code (custom)
    initial q = 64'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$snapshot$walk

module slackwater$snapshot$window(clock,write_address,write_data,write_enable,read_address,peek_address,read_data,peek_data);
    // Module arguments
    input wire  clock;
    input wire  [9:0] write_address;
    input wire  [31:0] write_data;
    input wire  write_enable;
    input wire  [9:0] read_address;
    input wire  [9:0] peek_address;
    output reg  [31:0] read_data;
    output reg  [31:0] peek_data;
    // Update code (custom)
    reg [31:0] words [0:1023];
    integer i;
`ifndef SYNTHESIS
    initial begin
       for (i = 0; i <= 1023; i = i + 1) words[i] = 32'd0;
    end
`endif
    always @(posedge clock) begin
       read_data <= words[read_address];
       peek_data <= words[peek_address];
       if (write_enable) words[write_address] <= write_data;
    end
endmodule // slackwater$snapshot$window

module slackwater$tx(clock,dev_beat,dev_valid,dev_ready,cpl_beat,cpl_valid,cpl_ready,link_beat,link_valid,link_ready,close,closed,tracking,start,header,completion_out,inject);
    // Module arguments
    input wire  clock;
    input wire  [66:0] dev_beat;
    input wire  dev_valid;
    output reg  dev_ready;
    input wire  [66:0] cpl_beat;
    input wire  cpl_valid;
    output reg  cpl_ready;
    output reg  [66:0] link_beat;
    output reg  link_valid;
    input wire  link_ready;
    input wire  close;
    output reg  closed;
    input wire  tracking;
    output reg  start;
    output reg  [86:0] header;
    output reg  completion_out;
    input wire  [5:0] inject;
    // Constant declarations
    localparam  kind_mask = 32'hff000000;
    localparam  type_mask = 32'h1f000000;
    localparam  write_3dw = 32'h40000000;
    localparam  write_4dw = 32'h60000000;
    localparam  type_completion = 32'ha000000;
    localparam  type_fetch_add = 32'hc000000;
    localparam  type_swap = 32'hd000000;
    localparam  type_cas = 32'he000000;
    localparam  page_kind = 32'h30000000;
    localparam  page_code = 32'h4;
    localparam  ordered = 32'hfffbdfff;
    localparam  ordered_tc0 = 32'hff8bdfff;
    localparam  leak_bit = 6'b10000;
    localparam  early_bit = 6'b100;
    localparam  stall_bit = 6'b100000;
    // Stub signals
    reg  a$clock;
    reg  [69:0] a$d;
    wire  [69:0] a$q;
    reg  b$clock;
    reg  [69:0] b$d;
    wire  [69:0] b$q;
    reg  b_header$clock;
    reg  [86:0] b_header$d;
    wire  [86:0] b_header$q;
    reg  flags$clock;
    reg  [5:0] flags$d;
    wire  [5:0] flags$q;
    // Local signals
    reg  [86:0] next_header;
    reg  [31:0] a_lo;
    reg  [31:0] a_hi;
    reg  [31:0] kind;
    reg  dev_is_completion;
    reg  may_start;
    reg  b_offered;
    reg  pick_device;
    reg  offered;
    reg  offered_last;
    reg  b_leaves;
    reg  a_moves;
    reg  a_free;
    reg  dev_taken;
    reg  holds_request;
    reg  [12:0] payload_bytes;
    reg  [12:0] byte_count;
    // Sub module instances
    slackwater$tx$a a(
        .clock(a$clock),
        .d(a$d),
        .q(a$q)
    );
    slackwater$tx$b b(
        .clock(b$clock),
        .d(b$d),
        .q(b$q)
    );
    slackwater$tx$b_header b_header(
        .clock(b_header$clock),
        .d(b_header$d),
        .q(b_header$q)
    );
    slackwater$tx$flags flags(
        .clock(flags$clock),
        .d(flags$d),
        .q(flags$q)
    );
    // Update code
    always @(*) begin
        a$clock = clock;
        b$clock = clock;
        b_header$clock = clock;
        flags$clock = clock;
        a$d = a$q;
        b$d = b$q;
        b_header$d = b_header$q;
        flags$d = flags$q;
        b_offered = b$q[(64'h43)+:(1)] & ~((b$q[(64'h44)+:(1)]) & (|(inject & stall_bit)) & ~(flags$q[(64'h3)+:(1)] & flags$q[(64'h4)+:(1)]));
        pick_device = b_offered & (~cpl_valid | flags$q[(64'h5)+:(1)]);
        if (flags$q[(64'h3)+:(1)]) begin
            pick_device = flags$q[(64'h4)+:(1)];
        end
        offered = cpl_valid;
        offered_last = cpl_beat[(64'h42)+:(1)];
        link_beat = cpl_beat;
        if (pick_device) begin
            offered = b_offered;
            offered_last = b$q[(64'h42)+:(1)];
            link_beat[(64'h0)+:(32)] = b$q[(64'h0)+:(32)];
            link_beat[(64'h20)+:(32)] = b$q[(64'h20)+:(32)];
            link_beat[(64'h40)+:(2)] = b$q[(64'h40)+:(2)];
            link_beat[(64'h42)+:(1)] = b$q[(64'h42)+:(1)];
        end
        link_valid = offered;
        cpl_ready = link_ready & ~pick_device;
        b_leaves = link_ready & pick_device & b_offered;
        if (offered) begin
            flags$d[(64'h3)+:(1)] = ~(link_ready & offered_last);
            flags$d[(64'h4)+:(1)] = pick_device;
            flags$d[(64'h5)+:(1)] = ~pick_device;
        end
        a_moves = a$q[(64'h43)+:(1)] & (~b$q[(64'h43)+:(1)] | b_leaves) & (~a$q[(64'h44)+:(1)] | a$q[(64'h42)+:(1)] | dev_valid);
        a_free = ~a$q[(64'h43)+:(1)] | a_moves;
        dev_is_completion = (dev_beat[(64'h0)+:(32)] & type_mask) == type_completion;
        may_start = ~close | dev_is_completion | (|(inject & leak_bit));
        dev_ready = a_free & (flags$q[(64'h0)+:(1)] | may_start);
        dev_taken = dev_valid & a_free & (flags$q[(64'h0)+:(1)] | may_start);
        completion_out = 1'b0;
        if (b_leaves) begin
            b$d[(64'h43)+:(1)] = 1'b0;
        end
        a_lo = a$q[(64'h0)+:(32)];
        a_hi = a$q[(64'h20)+:(32)];
        kind = a_lo & kind_mask;
        next_header = b_header$q;
        payload_bytes = 32'h0;
        byte_count = 32'h0;
        if (a_moves) begin
            a$d[(64'h43)+:(1)] = 1'b0;
            b$d = a$q;
            if (a$q[(64'h44)+:(1)]) begin
                next_header[(64'h20)+:(32)] = 32'h0;
                next_header[(64'h0)+:(32)] = dev_beat[(64'h0)+:(32)];
                if (kind[32'h1d]) begin
                    next_header[(64'h20)+:(32)] = dev_beat[(64'h0)+:(32)];
                    next_header[(64'h0)+:(32)] = dev_beat[(64'h20)+:(32)];
                end
                next_header[(64'h40)+:(8)] = a_hi[(32'h8)+:(8)];
                next_header[(64'h48)+:(10)] = a_lo[(32'h0)+:(10)];
                next_header[(64'h52)+:(1)] = (kind == write_3dw) | (kind == write_4dw);
                next_header[(64'h54)+:(1)] = kind[32'h1e] & (((kind & type_mask) == type_fetch_add) | ((kind & type_mask) == type_swap) | ((kind & type_mask) == type_cas));
                next_header[(64'h55)+:(1)] = kind[32'h1f] | a$q[(64'h42)+:(1)];
                next_header[(64'h56)+:(1)] = (kind == page_kind) & ((a_hi & 32'hff) == page_code) & ~a$q[(64'h42)+:(1)];
                next_header[(64'h53)+:(1)] = a$q[(64'h45)+:(1)] & ~(kind[32'h1c] | (kind == write_3dw) | (kind == write_4dw));
                b_header$d = next_header;
                if (tracking & (next_header[(64'h52)+:(1)] | next_header[(64'h54)+:(1)])) begin
                    b$d[(64'h0)+:(32)] = a_lo & ordered;
                    if (next_header[(64'h52)+:(1)]) begin
                        b$d[(64'h0)+:(32)] = a_lo & ordered_tc0;
                    end
                end
                byte_count = ((a_hi & 32'hfff) & 13'h1fff);
                if (~|(a_hi & 32'hfff)) begin
                    byte_count = 32'h1000;
                end
                payload_bytes = ((a_lo & 32'h3ff) & 13'h1fff) << 32'h2;
                if (~|(a_lo & 32'h3ff)) begin
                    payload_bytes = 32'h1000;
                end
                payload_bytes = payload_bytes - ((dev_beat[(64'h0)+:(32)] & 32'h3) & 13'h1fff);
                flags$d[(64'h2)+:(1)] = ~a$q[(64'h45)+:(1)] & (~kind[32'h1e] | ((byte_count) <= (payload_bytes)));
            end
        end
        if (dev_taken) begin
            a$d[(64'h0)+:(32)] = dev_beat[(64'h0)+:(32)];
            a$d[(64'h20)+:(32)] = dev_beat[(64'h20)+:(32)];
            a$d[(64'h40)+:(2)] = dev_beat[(64'h40)+:(2)];
            a$d[(64'h42)+:(1)] = dev_beat[(64'h42)+:(1)];
            a$d[(64'h43)+:(1)] = 1'b1;
            a$d[(64'h44)+:(1)] = ~flags$q[(64'h0)+:(1)];
            if (~flags$q[(64'h0)+:(1)]) begin
                a$d[(64'h45)+:(1)] = ~dev_is_completion;
                flags$d[(64'h1)+:(1)] = ~dev_is_completion;
            end
            flags$d[(64'h0)+:(1)] = ~dev_beat[(64'h42)+:(1)];
        end
        if (b_leaves & b$q[(64'h42)+:(1)] & ~b$q[(64'h45)+:(1)]) begin
            completion_out = flags$q[(64'h2)+:(1)];
        end
        holds_request = (a$q[(64'h43)+:(1)] & a$q[(64'h45)+:(1)]) | (b$q[(64'h43)+:(1)] & b$q[(64'h45)+:(1)]) | (flags$q[(64'h0)+:(1)] & flags$q[(64'h1)+:(1)]);
        closed = close & ~holds_request;
        start = b_leaves & b$q[(64'h44)+:(1)] & b$q[(64'h45)+:(1)];
        header = b_header$q;
        if (|(inject & early_bit)) begin
            start = a_moves & a$q[(64'h44)+:(1)] & a$q[(64'h45)+:(1)];
            header = next_header;
        end
    end
endmodule // slackwater$tx

module slackwater$tx$a(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [69:0] d;
    output reg  [69:0] q;
    // Update code (custom)
    initial q = 70'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$tx$a

module slackwater$tx$b(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [69:0] d;
    output reg  [69:0] q;
    // Update code (custom)
    initial q = 70'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$tx$b

module slackwater$tx$b_header(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [86:0] d;
    output reg  [86:0] q;
    // Update code (custom)
    initial q = 87'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$tx$b_header

module slackwater$tx$flags(clock,d,q);
    // Module arguments
    input wire  clock;
    input wire  [5:0] d;
    output reg  [5:0] q;
    // Update code (custom)
    initial q = 6'h0;
    always @(posedge clock) q <= d;
endmodule // slackwater$tx$flags
