// Core and soft core: all that stands between a device and its PCIe core. No board is named here.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//              ┌──────────────── slackwater_top ────────────────┐
//   PCIe core ◀┼▶ slackwater_core ◀── control bus ─▶ soft core  │
//              │        ▲                                       │
//              └────────┼───────────────────────────────────────┘
//                       ▼
//                    device
//
// slackwater_core: hdl/verilog/slackwater_core.v; its ports mean what they mean there.
// slackwater_soft_core: hdl/soft_core/slackwater_soft_core.v, with PicoRV32.
module slackwater_top #(
    // The firmware's image as words of 32 bits for $readmemh.
    parameter IMAGE = "slackwater.hex"
) (
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
    input  wire [7:0]  dirty_block
);
    wire ctl_valid, ctl_write, ctl_ready, firmware_event, firmware_reset;
    wire [19:0] ctl_address;
    wire [31:0] ctl_write_data, ctl_read_data;

    slackwater_core core (
        .user_clk(user_clk), .s_axis_tx_tdata(s_axis_tx_tdata), .s_axis_tx_tkeep(s_axis_tx_tkeep),
        .s_axis_tx_tlast(s_axis_tx_tlast), .s_axis_tx_tvalid(s_axis_tx_tvalid),
        .s_axis_tx_tready(s_axis_tx_tready), .s_axis_tx_tuser(s_axis_tx_tuser),
        .m_axis_rx_tdata(m_axis_rx_tdata), .m_axis_rx_tkeep(m_axis_rx_tkeep),
        .m_axis_rx_tlast(m_axis_rx_tlast), .m_axis_rx_tvalid(m_axis_rx_tvalid),
        .m_axis_rx_tready(m_axis_rx_tready), .m_axis_rx_tuser(m_axis_rx_tuser),
        .cfg_bus_number(cfg_bus_number), .cfg_device_number(cfg_device_number),
        .cfg_function_number(cfg_function_number), .cfg_interrupt(cfg_interrupt),
        .cfg_interrupt_di(cfg_interrupt_di), .cfg_interrupt_rdy(cfg_interrupt_rdy),
        .cfg_received_func_lvl_rst(cfg_received_func_lvl_rst),
        .func_lvl_rst_done(func_lvl_rst_done), .dev_s_axis_tx_tdata(dev_s_axis_tx_tdata),
        .dev_s_axis_tx_tkeep(dev_s_axis_tx_tkeep), .dev_s_axis_tx_tlast(dev_s_axis_tx_tlast),
        .dev_s_axis_tx_tvalid(dev_s_axis_tx_tvalid), .dev_s_axis_tx_tready(dev_s_axis_tx_tready),
        .dev_m_axis_rx_tdata(dev_m_axis_rx_tdata), .dev_m_axis_rx_tkeep(dev_m_axis_rx_tkeep),
        .dev_m_axis_rx_tlast(dev_m_axis_rx_tlast), .dev_m_axis_rx_tvalid(dev_m_axis_rx_tvalid),
        .dev_m_axis_rx_tready(dev_m_axis_rx_tready), .dev_m_axis_rx_tuser(dev_m_axis_rx_tuser),
        .dev_cfg_interrupt(dev_cfg_interrupt), .dev_cfg_interrupt_di(dev_cfg_interrupt_di),
        .dev_cfg_interrupt_rdy(dev_cfg_interrupt_rdy), .dev_gated(dev_gated),
        .dev_freeze(dev_freeze), .dev_reset(dev_reset), .state_index(state_index),
        .state_read_data(state_read_data), .state_write_data(state_write_data),
        .state_write(state_write), .dirty_valid(dirty_valid), .dirty_block(dirty_block),
        .ctl_valid(ctl_valid), .ctl_write(ctl_write), .ctl_address(ctl_address),
        .ctl_write_data(ctl_write_data), .ctl_ready(ctl_ready), .ctl_read_data(ctl_read_data),
        .firmware_event(firmware_event), .firmware_reset(firmware_reset)
    );

    slackwater_soft_core #(.IMAGE(IMAGE)) soft_core (
        .clock(user_clk), .firmware_reset(firmware_reset), .firmware_event(firmware_event),
        .ctl_valid(ctl_valid), .ctl_write(ctl_write), .ctl_address(ctl_address),
        .ctl_write_data(ctl_write_data), .ctl_ready(ctl_ready), .ctl_read_data(ctl_read_data),
        .asleep()
    );
endmodule
