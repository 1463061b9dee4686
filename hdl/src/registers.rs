//! BAR2: address decode, read multiplexer, plain registers and counters.
//!
//! ```text
//!  bus_address[14], bus_write, bus_write_data ──▶ ┌───────────┐ ──▶ bus_read_data    2 clocks later
//!  words to show, events to count             ──▶ │ Registers │ ──▶ *_write strobes, owner, limits
//!                                                 └───────────┘ ──▶ range and window ports
//! ```
//! Contract: a read answers two clocks after its address and has no side effect
//! (I4). A write is decoded in its clock. Unmapped words read zero. The windows'
//! memories are addressed directly, one clock before the multiplexer.
//! Map: `slackwater_regs::bar2`.

use crate::config::{CoreConfig, LOG_PAGES_LOG2};
use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::bar2;

/// What was asked in the clock before.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct BusRead {
    valid: Bit,
    address: Bits<14>,
}

/// The counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Counters {
    marks: Bits<32>,
    outside: Bits<32>,
    frozen_reads: Bits<32>,
    frozen_writes: Bits<32>,
    not_owner: Bits<32>,
    malformed: Bits<32>,
    unexpected: Bits<32>,
    timeouts: Bits<32>,
    dma_writes: Bits<32>,
    dma_reads: Bits<32>,
    interrupts: Bits<32>,
}

/// Reset values of the limits, in clocks.
pub mod limits {
    /// Watchdog: 8 ms at 125 MHz.
    pub const WATCHDOG_CYCLES: u32 = 1_000_000;
    /// Completion timeout: 1 ms at 125 MHz, one to two times.
    pub const COMPLETION_TIMEOUT_CYCLES: u32 = 125_000;
}

/// See the module's page.
#[derive(SettledBlock)]
#[config(CoreConfig)]
pub struct Registers {
    pub clock: Signal<In, Clock>,
    pub bus_address: Signal<In, Bits<14>>,
    pub bus_read: Signal<In, Bit>,
    pub bus_write: Signal<In, Bit>,
    pub bus_write_data: Signal<In, Bits<32>>,
    pub bus_read_data: Signal<Out, Bits<32>>,
    pub owner: Signal<Out, Bits<16>>,
    pub watchdog: Signal<Out, Bits<32>>,
    pub timeout: Signal<Out, Bits<32>>,
    pub state_request_write: Signal<Out, Bit>,
    pub reset_write: Signal<Out, Bit>,
    pub log_command_write: Signal<Out, Bit>,
    pub window_command_write: Signal<Out, Bit>,
    pub window_write: Signal<Out, Bit>,
    pub window_word: Signal<Out, Bits<10>>,
    pub range_write: Signal<Out, Bit>,
    pub range_read: Signal<Out, Bit>,
    pub range_index: Signal<Out, Bits<3>>,
    pub range_field: Signal<Out, Bits<2>>,
    pub range_data: Signal<In, Bits<32>>,
    pub snapshot_data: Signal<In, Bits<32>>,
    pub window_data: Signal<In, Bits<32>>,
    pub state_request: Signal<In, Bits<32>>,
    pub state: Signal<In, Bits<32>>,
    pub reason: Signal<In, Bits<32>>,
    pub status: Signal<In, Bits<32>>,
    pub reset_register: Signal<In, Bits<32>>,
    pub page_requests: Signal<In, Bits<32>>,
    pub log_command: Signal<In, Bits<32>>,
    pub log_status: Signal<In, Bits<32>>,
    pub dirty_count: Signal<In, Bits<24>>,
    pub chunk_summary: Signal<In, Bits<32>>,
    pub line_lo: Signal<In, Bits<32>>,
    pub line_hi: Signal<In, Bits<32>>,
    pub window_command: Signal<In, Bits<32>>,
    pub window_status: Signal<In, Bits<32>>,
    pub initial_bytes: Signal<In, Bits<32>>,
    pub dirty_bytes: Signal<In, Bits<32>>,
    pub firmware_fault: Signal<In, Bits<32>>,
    pub firmware_version: Signal<In, Bits<32>>,
    pub firmware_crc: Signal<In, Bits<32>>,
    // Events to count, one a clock each.
    pub marked: Signal<In, Bit>,
    pub outside: Signal<In, Bit>,
    pub frozen_read: Signal<In, Bit>,
    pub frozen_write: Signal<In, Bit>,
    pub not_owner: Signal<In, Bit>,
    pub malformed_rx: Signal<In, Bit>,
    pub malformed_request: Signal<In, Bit>,
    pub unexpected: Signal<In, Bit>,
    pub timed_out: Signal<In, Bit>,
    pub dma_write: Signal<In, Bit>,
    pub dma_read: Signal<In, Bit>,
    pub interrupt: Signal<In, Bit>,
    asked: Register<BusRead>,
    answer: Register<Bits<32>>,
    owner_register: Register<Bits<16>>,
    // Kept as the difference to the reset value, so that a register that powers up as zero reads right.
    watchdog_delta: Register<Bits<32>>,
    timeout_delta: Register<Bits<32>>,
    counters: Register<Counters>,
    cycles: Register<Bits<32>>,
    region: Signal<Local, Bits<14>>,
    read_address: Signal<Local, Bits<14>>,
    range_region: Signal<Local, Bit>,
    word: Signal<Local, Bits<32>>,
    #[value(0x3c00)]
    region_mask: Constant<Bits<14>>,
    #[value(0x3fe0)]
    range_mask: Constant<Bits<14>>,
    #[value(bar2::SNAPSHOT_WINDOW / 4)]
    snapshot_region: Constant<Bits<14>>,
    #[value(bar2::DATA_WINDOW / 4)]
    data_region: Constant<Bits<14>>,
    #[value(bar2::RANGE_BASE / 4)]
    range_base: Constant<Bits<14>>,
    #[value(bar2::MAGIC / 4)]
    at_magic: Constant<Bits<14>>,
    #[value(bar2::VERSION / 4)]
    at_version: Constant<Bits<14>>,
    #[value(bar2::DEVICE_TYPE / 4)]
    at_device_type: Constant<Bits<14>>,
    #[value(bar2::CONFIG_HASH / 4)]
    at_config_hash: Constant<Bits<14>>,
    #[value(bar2::CAPABILITIES / 4)]
    at_capabilities: Constant<Bits<14>>,
    #[value(bar2::STATE_WORDS / 4)]
    at_state_words: Constant<Bits<14>>,
    #[value(bar2::OWNER / 4)]
    at_owner: Constant<Bits<14>>,
    #[value(bar2::CLOCK_HZ / 4)]
    at_clock_hz: Constant<Bits<14>>,
    #[value(bar2::STATE_REQUEST / 4)]
    at_state_request: Constant<Bits<14>>,
    #[value(bar2::STATE / 4)]
    at_state: Constant<Bits<14>>,
    #[value(bar2::STATE_REASON / 4)]
    at_state_reason: Constant<Bits<14>>,
    #[value(bar2::STATUS / 4)]
    at_status: Constant<Bits<14>>,
    #[value(bar2::WATCHDOG_CYCLES / 4)]
    at_watchdog: Constant<Bits<14>>,
    #[value(bar2::COMPLETION_TIMEOUT_CYCLES / 4)]
    at_timeout: Constant<Bits<14>>,
    #[value(bar2::DEVICE_RESET / 4)]
    at_device_reset: Constant<Bits<14>>,
    #[value(bar2::PAGE_REQUESTS / 4)]
    at_page_requests: Constant<Bits<14>>,
    #[value(bar2::LOG_COMMAND / 4)]
    at_log_command: Constant<Bits<14>>,
    #[value(bar2::LOG_STATUS / 4)]
    at_log_status: Constant<Bits<14>>,
    #[value(bar2::DIRTY_COUNT / 4)]
    at_dirty_count: Constant<Bits<14>>,
    #[value(bar2::CHUNK_SUMMARY / 4)]
    at_chunk_summary: Constant<Bits<14>>,
    #[value(bar2::LINE_SUMMARY_LO / 4)]
    at_line_lo: Constant<Bits<14>>,
    #[value(bar2::LINE_SUMMARY_HI / 4)]
    at_line_hi: Constant<Bits<14>>,
    #[value(bar2::LOG_PAGES / 4)]
    at_log_pages: Constant<Bits<14>>,
    #[value(bar2::WINDOW_COMMAND / 4)]
    at_window_command: Constant<Bits<14>>,
    #[value(bar2::WINDOW_STATUS / 4)]
    at_window_status: Constant<Bits<14>>,
    #[value(bar2::INITIAL_BYTES / 4)]
    at_initial_bytes: Constant<Bits<14>>,
    #[value(bar2::DIRTY_BYTES / 4)]
    at_dirty_bytes: Constant<Bits<14>>,
    #[value(bar2::FIRMWARE_FAULT / 4)]
    at_firmware_fault: Constant<Bits<14>>,
    #[value(bar2::FIRMWARE_VERSION / 4)]
    at_firmware_version: Constant<Bits<14>>,
    #[value(bar2::FIRMWARE_CRC / 4)]
    at_firmware_crc: Constant<Bits<14>>,
    #[value(bar2::COUNT_MARKS / 4)]
    at_marks: Constant<Bits<14>>,
    #[value(bar2::COUNT_OUTSIDE / 4)]
    at_outside: Constant<Bits<14>>,
    #[value(bar2::COUNT_FROZEN_READS / 4)]
    at_frozen_reads: Constant<Bits<14>>,
    #[value(bar2::COUNT_FROZEN_WRITES / 4)]
    at_frozen_writes: Constant<Bits<14>>,
    #[value(bar2::COUNT_NOT_OWNER / 4)]
    at_not_owner: Constant<Bits<14>>,
    #[value(bar2::COUNT_MALFORMED / 4)]
    at_malformed: Constant<Bits<14>>,
    #[value(bar2::COUNT_UNEXPECTED / 4)]
    at_unexpected: Constant<Bits<14>>,
    #[value(bar2::COUNT_TIMEOUTS / 4)]
    at_timeouts: Constant<Bits<14>>,
    #[value(bar2::COUNT_DMA_WRITES / 4)]
    at_dma_writes: Constant<Bits<14>>,
    #[value(bar2::COUNT_DMA_READS / 4)]
    at_dma_reads: Constant<Bits<14>>,
    #[value(bar2::COUNT_INTERRUPTS / 4)]
    at_interrupts: Constant<Bits<14>>,
    #[value(bar2::COUNT_CYCLES / 4)]
    at_cycles: Constant<Bits<14>>,
    #[value(bar2::MAGIC_VALUE)]
    magic: Constant<Bits<32>>,
    #[value(bar2::VERSION_VALUE)]
    version: Constant<Bits<32>>,
    #[value(config.device_type)]
    device_type: Constant<Bits<32>>,
    #[value(config.config_hash())]
    config_hash: Constant<Bits<32>>,
    #[value(config.capabilities())]
    capabilities: Constant<Bits<32>>,
    #[value(config.state_words)]
    state_words: Constant<Bits<32>>,
    #[value(config.clock_hz)]
    clock_hz: Constant<Bits<32>>,
    #[value(1 << LOG_PAGES_LOG2)]
    log_pages: Constant<Bits<32>>,
    #[value(limits::WATCHDOG_CYCLES)]
    watchdog_reset: Constant<Bits<32>>,
    #[value(limits::COMPLETION_TIMEOUT_CYCLES)]
    timeout_reset: Constant<Bits<32>>,
}

impl Logic for Registers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            asked,
            answer,
            owner_register,
            watchdog_delta,
            timeout_delta,
            counters,
            cycles
        );
        self.cycles.d.next = self.cycles.q.val() + 1;
        self.owner.next = self.owner_register.q.val();
        self.watchdog.next = self.watchdog_delta.q.val() ^ self.watchdog_reset.val();
        self.timeout.next = self.timeout_delta.q.val() ^ self.timeout_reset.val();

        // Writes.
        self.state_request_write.next = false;
        self.reset_write.next = false;
        self.log_command_write.next = false;
        self.window_command_write.next = false;
        self.window_write.next = false;
        self.range_write.next = false;
        self.window_word.next = bit_cast::<10, 14>(self.bus_address.val());
        self.region.next = self.bus_address.val() & self.region_mask.val();
        self.range_region.next = false;
        self.range_index.next = 0.into();
        self.range_field.next = 0.into();
        if self.bus_write.val() {
            self.range_region.next =
                (self.bus_address.val() & self.range_mask.val()) == self.range_base.val();
            self.range_index.next = self.bus_address.val().get_bits::<3>(2);
            self.range_field.next = bit_cast::<2, 14>(self.bus_address.val());
            if self.region.val() == self.data_region.val() {
                self.window_write.next = true;
            } else if self.range_region.val() {
                self.range_write.next = true;
            } else if self.bus_address.val() == self.at_owner.val() {
                self.owner_register.d.next = bit_cast::<16, 32>(self.bus_write_data.val());
            } else if self.bus_address.val() == self.at_state_request.val() {
                self.state_request_write.next = true;
            } else if self.bus_address.val() == self.at_watchdog.val() {
                self.watchdog_delta.d.next = self.bus_write_data.val() ^ self.watchdog_reset.val();
            } else if self.bus_address.val() == self.at_timeout.val() {
                self.timeout_delta.d.next = self.bus_write_data.val() ^ self.timeout_reset.val();
            } else if self.bus_address.val() == self.at_device_reset.val() {
                self.reset_write.next = true;
            } else if self.bus_address.val() == self.at_log_command.val() {
                self.log_command_write.next = true;
            } else if self.bus_address.val() == self.at_window_command.val() {
                self.window_command_write.next = true;
            }
        }

        // Reads: the address now, the word in the next clock, the answer in the one after.
        self.asked.d.next.valid = self.bus_read.val();
        self.asked.d.next.address = self.bus_address.val();
        self.read_address.next = self.asked.q.val().address;
        self.range_read.next = false;
        self.word.next = 0.into();
        if self.asked.q.val().valid {
            if !self.bus_write.val() {
                self.range_index.next = self.read_address.val().get_bits::<3>(2);
                self.range_field.next = bit_cast::<2, 14>(self.read_address.val());
            }
            if (self.read_address.val() & self.region_mask.val()) == self.snapshot_region.val() {
                self.word.next = self.snapshot_data.val();
            } else if (self.read_address.val() & self.region_mask.val()) == self.data_region.val() {
                self.word.next = self.window_data.val();
            } else if (self.read_address.val() & self.range_mask.val()) == self.range_base.val() {
                self.range_read.next = true;
                self.word.next = self.range_data.val();
            } else if self.read_address.val() == self.at_magic.val() {
                self.word.next = self.magic.val();
            } else if self.read_address.val() == self.at_version.val() {
                self.word.next = self.version.val();
            } else if self.read_address.val() == self.at_device_type.val() {
                self.word.next = self.device_type.val();
            } else if self.read_address.val() == self.at_config_hash.val() {
                self.word.next = self.config_hash.val();
            } else if self.read_address.val() == self.at_capabilities.val() {
                self.word.next = self.capabilities.val();
            } else if self.read_address.val() == self.at_state_words.val() {
                self.word.next = self.state_words.val();
            } else if self.read_address.val() == self.at_clock_hz.val() {
                self.word.next = self.clock_hz.val();
            } else if self.read_address.val() == self.at_log_pages.val() {
                self.word.next = self.log_pages.val();
            } else if self.read_address.val() == self.at_owner.val() {
                self.word.next = bit_cast::<32, 16>(self.owner_register.q.val());
            } else if self.read_address.val() == self.at_state_request.val() {
                self.word.next = self.state_request.val();
            } else if self.read_address.val() == self.at_state.val() {
                self.word.next = self.state.val();
            } else if self.read_address.val() == self.at_state_reason.val() {
                self.word.next = self.reason.val();
            } else if self.read_address.val() == self.at_status.val() {
                self.word.next = self.status.val();
            } else if self.read_address.val() == self.at_device_reset.val() {
                self.word.next = self.reset_register.val();
            } else if self.read_address.val() == self.at_page_requests.val() {
                self.word.next = self.page_requests.val();
            } else if self.read_address.val() == self.at_log_command.val() {
                self.word.next = self.log_command.val();
            } else if self.read_address.val() == self.at_log_status.val() {
                self.word.next = self.log_status.val();
            } else if self.read_address.val() == self.at_chunk_summary.val() {
                self.word.next = self.chunk_summary.val();
            } else if self.read_address.val() == self.at_line_lo.val() {
                self.word.next = self.line_lo.val();
            } else if self.read_address.val() == self.at_line_hi.val() {
                self.word.next = self.line_hi.val();
            } else if self.read_address.val() == self.at_window_command.val() {
                self.word.next = self.window_command.val();
            } else if self.read_address.val() == self.at_window_status.val() {
                self.word.next = self.window_status.val();
            } else if self.read_address.val() == self.at_initial_bytes.val() {
                self.word.next = self.initial_bytes.val();
            } else if self.read_address.val() == self.at_dirty_bytes.val() {
                self.word.next = self.dirty_bytes.val();
            } else if self.read_address.val() == self.at_firmware_fault.val() {
                self.word.next = self.firmware_fault.val();
            } else if self.read_address.val() == self.at_firmware_version.val() {
                self.word.next = self.firmware_version.val();
            } else if self.read_address.val() == self.at_firmware_crc.val() {
                self.word.next = self.firmware_crc.val();
            } else if self.read_address.val() == self.at_dirty_count.val() {
                self.word.next = bit_cast::<32, 24>(self.dirty_count.val());
            } else if self.read_address.val() == self.at_watchdog.val() {
                self.word.next = self.watchdog_delta.q.val() ^ self.watchdog_reset.val();
            } else if self.read_address.val() == self.at_timeout.val() {
                self.word.next = self.timeout_delta.q.val() ^ self.timeout_reset.val();
            } else if self.read_address.val() == self.at_marks.val() {
                self.word.next = self.counters.q.val().marks;
            } else if self.read_address.val() == self.at_outside.val() {
                self.word.next = self.counters.q.val().outside;
            } else if self.read_address.val() == self.at_frozen_reads.val() {
                self.word.next = self.counters.q.val().frozen_reads;
            } else if self.read_address.val() == self.at_frozen_writes.val() {
                self.word.next = self.counters.q.val().frozen_writes;
            } else if self.read_address.val() == self.at_not_owner.val() {
                self.word.next = self.counters.q.val().not_owner;
            } else if self.read_address.val() == self.at_malformed.val() {
                self.word.next = self.counters.q.val().malformed;
            } else if self.read_address.val() == self.at_unexpected.val() {
                self.word.next = self.counters.q.val().unexpected;
            } else if self.read_address.val() == self.at_timeouts.val() {
                self.word.next = self.counters.q.val().timeouts;
            } else if self.read_address.val() == self.at_dma_writes.val() {
                self.word.next = self.counters.q.val().dma_writes;
            } else if self.read_address.val() == self.at_dma_reads.val() {
                self.word.next = self.counters.q.val().dma_reads;
            } else if self.read_address.val() == self.at_interrupts.val() {
                self.word.next = self.counters.q.val().interrupts;
            } else if self.read_address.val() == self.at_cycles.val() {
                self.word.next = self.cycles.q.val();
            }
            self.answer.d.next = self.word.val();
        }
        self.bus_read_data.next = self.answer.q.val();

        // Counters.
        if self.marked.val() {
            self.counters.d.next.marks = self.counters.q.val().marks + 1;
        }
        if self.outside.val() {
            self.counters.d.next.outside = self.counters.q.val().outside + 1;
        }
        if self.frozen_read.val() {
            self.counters.d.next.frozen_reads = self.counters.q.val().frozen_reads + 1;
        }
        if self.frozen_write.val() {
            self.counters.d.next.frozen_writes = self.counters.q.val().frozen_writes + 1;
        }
        if self.not_owner.val() {
            self.counters.d.next.not_owner = self.counters.q.val().not_owner + 1;
        }
        if self.unexpected.val() {
            self.counters.d.next.unexpected = self.counters.q.val().unexpected + 1;
        }
        if self.timed_out.val() {
            self.counters.d.next.timeouts = self.counters.q.val().timeouts + 1;
        }
        if self.dma_write.val() {
            self.counters.d.next.dma_writes = self.counters.q.val().dma_writes + 1;
        }
        if self.dma_read.val() {
            self.counters.d.next.dma_reads = self.counters.q.val().dma_reads + 1;
        }
        if self.interrupt.val() {
            self.counters.d.next.interrupts = self.counters.q.val().interrupts + 1;
        }
        if self.malformed_rx.val() | self.malformed_request.val() {
            self.counters.d.next.malformed = self.counters.q.val().malformed + 1;
            if self.malformed_rx.val() & self.malformed_request.val() {
                self.counters.d.next.malformed = self.counters.q.val().malformed + 2;
            }
        }
    }
}
