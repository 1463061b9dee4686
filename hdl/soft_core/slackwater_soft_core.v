// The soft core of a Slackwater card: PicoRV32 with the firmware's memory.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//                    ┌──────────── slackwater_soft_core ────────────┐
//   firmware_event ─▶│ PicoRV32 ◀─▶ decode ◀─▶ 32 KiB of block RAM  │
//   firmware_reset ─▶│                │   ◀─▶ checksum, WAIT, banks  │──▶ ctl_* of slackwater_core
//                    └──────────────────────────────────────────────┘
//
// Memory map and faults: slackwater_regs::soft_core (hdl/regs/src/soft_core.rs). PicoRV32 is no part of
// this file: module `picorv32` of https://github.com/YosysHQ/picorv32 (ISC).
//
// Contract: as a master of the control bus it keeps a request until ctl_ready. What the core or its
// memory refuses stops the core; one write to FAULT says why, and nothing more happens until a reset.
// The image is not changed by what it runs: code lies in memory that cannot be written. The other
// bank can; EXCHANGE starts what is in it, on trial until it first waits for an event.
module slackwater_soft_core #(
    // File for $readmemh: the image in words of 32 bits.
    parameter IMAGE = "slackwater.hex"
) (
    input  wire        clock,
    input  wire        firmware_reset,
    input  wire        firmware_event,
    output wire        ctl_valid,
    output wire        ctl_write,
    output wire [19:0] ctl_address,
    output wire [31:0] ctl_write_data,
    input  wire        ctl_ready,
    input  wire [31:0] ctl_read_data,
    // The core stands in a read of WAIT: a clock without an event changes nothing.
    output wire        asleep
);
    localparam [31:0] EXCHANGE_KEY = 32'h5357_4150;
    localparam [16:0] TRIAL_CLOCKS = 17'h1_0000;
    localparam [31:0] STACK_GUARD = 32'h2f00, STACK_BOTTOM = 32'h3000;
    localparam [7:0] ILLEGAL = 2, BUS_ERROR = 3, STACK_OVERFLOW = 4, WRITE_PROTECTED = 5;
    localparam [19:0] AT_FAULT = 20'h48;

    // A reset of a few clocks at power-up, when all registers are 0.
    reg [3:0] powered = 0;
    always @(posedge clock) if (!(&powered)) powered <= powered + 4'd1;
    // The bank of the image that runs; one clock of reset after an exchange.
    reg bank = 0, restarting = 0;
    wire run = &powered && !firmware_reset && !restarting;

    wire trap, mem_valid, mem_instr, mem_la_read;
    wire [31:0] mem_addr, mem_wdata, mem_la_addr;
    wire [3:0] mem_wstrb;
    wire mem_ready;
    wire [31:0] mem_rdata;

    picorv32 #(
        .ENABLE_COUNTERS(0), .ENABLE_COUNTERS64(0), .BARREL_SHIFTER(1), .REGS_INIT_ZERO(1)
    ) cpu (
        .clk(clock), .resetn(run), .trap(trap),
        .mem_valid(mem_valid), .mem_instr(mem_instr), .mem_ready(mem_ready),
        .mem_addr(mem_addr), .mem_wdata(mem_wdata), .mem_wstrb(mem_wstrb), .mem_rdata(mem_rdata),
        .mem_la_read(mem_la_read), .mem_la_write(), .mem_la_addr(mem_la_addr),
        .mem_la_wdata(), .mem_la_wstrb(),
        .pcpi_valid(), .pcpi_insn(), .pcpi_rs1(), .pcpi_rs2(),
        .pcpi_wr(1'b0), .pcpi_rd(32'd0), .pcpi_wait(1'b0), .pcpi_ready(1'b0),
        .irq(32'd0), .eoi(), .trace_valid(), .trace_data()
    );

    // What is addressed, and what is refused.
    wire stores = |mem_wstrb;
    wire whole = &mem_wstrb;
    wire in_memory = mem_addr[31:14] == 0;
    wire in_control = mem_addr[31:20] == 12'h400;
    wire in_other = mem_addr[31:14] == 18'h4 && mem_addr[13:0] < STACK_GUARD[13:0];
    wire at_exchange = mem_addr == 32'h8000_0020;
    wire at_wait = mem_addr == 32'h8000_0000;
    wire at_crc_start = mem_addr == 32'h8000_0010;
    wire at_crc_add = mem_addr == 32'h8000_0014;
    wire at_crc_part = mem_addr == 32'h8000_0018;
    wire at_crc_all = mem_addr == 32'h8000_001c;
    reg [7:0] refusal;
    always @(*) begin
        refusal = 0;
        if (mem_instr) begin
            if (mem_addr >= STACK_GUARD) refusal = BUS_ERROR;
        end else if (in_memory) begin
            if (stores && mem_addr < STACK_GUARD) refusal = WRITE_PROTECTED;
            else if (stores && mem_addr < STACK_BOTTOM) refusal = STACK_OVERFLOW;
        end else if (in_control) begin
            if (stores && !whole) refusal = BUS_ERROR;
        end else if (stores) begin
            if (!whole) refusal = BUS_ERROR;
            else if (at_exchange) begin
                if (mem_wdata != EXCHANGE_KEY) refusal = BUS_ERROR;
            end else if (!(at_crc_start || at_crc_add || in_other)) refusal = BUS_ERROR;
        end else if (!(at_wait || at_crc_part || at_crc_all || in_other)) refusal = BUS_ERROR;
    end

    // A new image on trial: a fault, told by whomever, or no wait in time starts the old one again. An
    // access to the control bus that has begun is not broken off.
    reg failed = 0, telling = 0;
    reg trial = 0;
    reg [16:0] trial_clocks = 0;
    wire tells = in_control && stores && mem_addr[19:0] == AT_FAULT;
    wire accepted = &powered && mem_valid && refusal == 0 && !failed && !(trial && tells);
    wire trial_over = trial_clocks >= TRIAL_CLOCKS && !(accepted && in_control);
    wire trial_failed = trial && (trap || (mem_valid && (refusal != 0 || tells)) || trial_over);
    always @(posedge clock) begin
        restarting <= 0;
        if (!run) trial_clocks <= 0;
        else if (accepted && stores && at_exchange) begin
            bank <= !bank;
            trial <= 1;
            restarting <= 1;
        end else if (trial_failed) begin
            bank <= !bank;
            trial <= 0;
            restarting <= 1;
        end else if (accepted && at_wait) trial <= 0;
        else if (trial) trial_clocks <= trial_clocks + 17'd1;
    end

    // The first fault, until it has been told.
    reg [31:0] fault = 0;
    always @(posedge clock) begin
        if (!run) begin
            failed <= 0;
            telling <= 0;
        end else if (!failed && !trial) begin
            if (trap) begin
                failed <= 1;
                telling <= 1;
                fault <= {24'd0, ILLEGAL};
            end else if (mem_valid && refusal != 0) begin
                failed <= 1;
                telling <= 1;
                fault <= {mem_addr[23:0], refusal};
            end
        end else if (ctl_ready) telling <= 0;
    end

    assign ctl_valid = telling || (accepted && in_control);
    assign ctl_write = telling || stores;
    assign ctl_address = telling ? AT_FAULT : mem_addr[19:0];
    assign ctl_write_data = telling ? fault : mem_wdata;
    assign asleep = accepted && at_wait;
    assign mem_ready = accepted && (in_control ? ctl_ready : at_wait ? firmware_event : 1'b1);

    // Memory: the address of a read comes a clock ahead. The stack and data lie above both banks.
    reg [31:0] memory [0:8191];
    reg [31:0] word;
    initial $readmemh(IMAGE, memory);
    function [12:0] place(input from_bank, input [31:0] address);
        place = {address[16] ? !from_bank : address[13:12] == 2'd3 ? 1'b0 : from_bank, address[13:2]};
    endfunction
    wire [12:0] at = place(bank, mem_addr);
    wire [12:0] read_at = place(bank, mem_la_addr);
    always @(posedge clock) begin
        if (mem_la_read) word <= memory[read_at];
        if (accepted && (in_memory || in_other)) begin
            if (mem_wstrb[0]) memory[at][7:0] <= mem_wdata[7:0];
            if (mem_wstrb[1]) memory[at][15:8] <= mem_wdata[15:8];
            if (mem_wstrb[2]) memory[at][23:16] <= mem_wdata[23:16];
            if (mem_wstrb[3]) memory[at][31:24] <= mem_wdata[31:24];
        end
    end

    // CRC-32C over the four bytes of a word, the lowest first.
    function [31:0] crc32c(input [31:0] crc, input [31:0] data);
        integer bit_index;
        begin
            crc32c = crc ^ data;
            for (bit_index = 0; bit_index < 32; bit_index = bit_index + 1)
                crc32c = crc32c[0] ? (crc32c >> 1) ^ 32'h82f6_3b78 : crc32c >> 1;
        end
    endfunction
    reg [31:0] part = 32'hffff_ffff, all = 32'hffff_ffff;
    always @(posedge clock) begin
        if (!run) begin
            part <= 32'hffff_ffff;
            all <= 32'hffff_ffff;
        end else if (accepted && stores && at_crc_add) begin
            part <= crc32c(part, mem_wdata);
            all <= crc32c(all, mem_wdata);
        end else if (accepted && stores && at_crc_start) begin
            if (mem_wdata[0]) part <= 32'hffff_ffff;
            if (mem_wdata[1]) all <= 32'hffff_ffff;
        end
    end

    assign mem_rdata = in_memory || in_other ? word
        : in_control ? ctl_read_data
        : at_crc_part ? ~part
        : at_crc_all ? ~all
        : 32'd0;
endmodule
