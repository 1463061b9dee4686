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
