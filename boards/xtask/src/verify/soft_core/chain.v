
// The chip with its soft core: the ports of the chip, so that both take the same records. The
// control bus is inside; what comes in at its ports is not connected.
module chip_with_soft_core (
    input  wire        clock,
    output wire [66:0] link_tx_beat,
    output wire        link_tx_valid,
    input  wire        link_tx_ready,
    input  wire [66:0] link_rx_beat,
    input  wire        link_rx_valid,
    input  wire [7:0]  link_rx_bar,
    output wire        link_rx_ready,
    input  wire [15:0] requester_id,
    output wire        msi_valid,
    output wire [4:0]  msi_vector,
    input  wire        msi_ready,
    input  wire        flr,
    output wire        flr_done,
    input  wire        ctl_valid,
    input  wire        ctl_write,
    input  wire [19:0] ctl_address,
    input  wire [31:0] ctl_write_data,
    output wire        ctl_ready,
    output wire [31:0] ctl_read_data,
    output wire        firmware_event,
    output wire        firmware_reset,
    input  wire [5:0]  inject
);
    wire [66:0] beat;
    wire [4:0] vector;
    wire valid, write;
    wire [19:0] address;
    wire [31:0] data;
    // Lanes of no beat, and the vector of no interrupt, mean nothing.
    assign link_tx_beat = link_tx_valid ? beat : 67'd0;
    assign msi_vector = msi_valid ? vector : 5'd0;
    chip chip (
        .clock(clock), .link_tx_beat(beat), .link_tx_valid(link_tx_valid),
        .link_tx_ready(link_tx_ready), .link_rx_beat(link_rx_beat), .link_rx_valid(link_rx_valid),
        .link_rx_bar(link_rx_bar), .link_rx_ready(link_rx_ready), .requester_id(requester_id),
        .msi_valid(msi_valid), .msi_vector(vector), .msi_ready(msi_ready), .flr(flr),
        .flr_done(flr_done), .ctl_valid(valid), .ctl_write(write), .ctl_address(address),
        .ctl_write_data(data), .ctl_ready(ctl_ready), .ctl_read_data(ctl_read_data),
        .firmware_event(firmware_event), .firmware_reset(firmware_reset), .inject(inject)
    );
    slackwater_soft_core soft_core (
        .clock(clock), .firmware_reset(firmware_reset), .firmware_event(firmware_event),
        .ctl_valid(valid), .ctl_write(write), .ctl_address(address), .ctl_write_data(data),
        .ctl_ready(ctl_ready), .ctl_read_data(ctl_read_data), .asleep()
    );
endmodule
