//! The firmware's side of the core: control bus, data window, state port, internal log.
//!
//! ```text
//!  soft core: valid, write, address[20], data ──▶ ┌────────────┐ ──▶ ready, read_data
//!  host: window_command_write, host_window_*  ──▶ │ ControlBus │ ──▶ window_status, window_data
//!  device: state_read_data                    ◀─▶ │            │ ──▶ state_index, state_write
//!  internal bitmap: old                       ◀─▶ └────────────┘ ──▶ op, op_word
//! ```
//! Contract: a request stays until `ready`, which is 1 for one clock. A write
//! takes 2 clocks, a read 4. The host's write into the data window goes before
//! the firmware's in the same clock. A window command that firmware does not
//! answer within `watchdog` clocks, or that a reset cuts off, ends as `Aborted`.
//! Addresses: `slackwater_regs::control`.

use crate::config::CoreConfig;
use crate::ram::Ram;
use crate::register::Register;
use rust_hdl::prelude::*;
use slackwater_hdl_derive::SettledBlock;
use slackwater_regs::control;
use slackwater_regs::window::{Outcome, status};

/// Registers of the window and of the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct BusRegisters {
    /// Clocks until a read's data are there.
    wait: Bits<2>,
    ready: Bit,
    read_data: Bits<32>,
    initial_bytes: Bits<32>,
    dirty_bytes: Bits<32>,
    taking: Bit,
    taken: Bits<32>,
    window_last: Bits<32>,
    window_answer: Bits<32>,
    window_busy: Bit,
    window_waited: Bits<32>,
}

/// See the module's page.
#[derive(SettledBlock)]
#[config(CoreConfig)]
pub struct ControlBus {
    pub clock: Signal<In, Clock>,
    pub valid: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub address: Signal<In, Bits<20>>,
    pub data: Signal<In, Bits<32>>,
    pub ready: Signal<Out, Bit>,
    pub read_data: Signal<Out, Bits<32>>,
    pub attention: Signal<Out, Bit>,
    pub answer_write: Signal<Out, Bit>,
    pub reason_write: Signal<Out, Bit>,
    pub hold_write: Signal<Out, Bit>,
    pub request_pending: Signal<In, Bit>,
    pub requested: Signal<In, Bits<4>>,
    pub present: Signal<In, Bits<4>>,
    pub reason: Signal<In, Bits<32>>,
    pub hold: Signal<In, Bits<3>>,
    pub status: Signal<In, Bits<32>>,
    pub watchdog: Signal<In, Bits<32>>,
    pub window_reset: Signal<In, Bit>,
    pub window_command_write: Signal<In, Bit>,
    pub host_data: Signal<In, Bits<32>>,
    pub host_window_write: Signal<In, Bit>,
    // Word of the data window that the host addresses; the data come one clock later.
    pub host_window_word: Signal<In, Bits<10>>,
    pub window_data: Signal<Out, Bits<32>>,
    pub window_command: Signal<Out, Bits<32>>,
    pub window_status: Signal<Out, Bits<32>>,
    pub initial_bytes: Signal<Out, Bits<32>>,
    pub dirty_bytes: Signal<Out, Bits<32>>,
    pub state_index: Signal<Out, Bits<16>>,
    pub state_read_data: Signal<In, Bits<32>>,
    pub state_write: Signal<Out, Bit>,
    pub op: Signal<Out, Bits<2>>,
    pub op_word: Signal<Out, Bits<3>>,
    pub old: Signal<In, Bits<32>>,
    pub internal_count: Signal<In, Bits<24>>,
    pub page_requests: Signal<In, Bits<32>>,
    registers: Register<BusRegisters>,
    window: Ram<10>,
    starts: Signal<Local, Bit>,
    is_window: Signal<Local, Bit>,
    is_state: Signal<Local, Bit>,
    last: Signal<Local, Bits<32>>,
    flags: Signal<Local, Bits<32>>,
    #[value(control::DATA_WINDOW)]
    window_base: Constant<Bits<20>>,
    #[value(0xff000)]
    window_mask: Constant<Bits<20>>,
    #[value(control::STATE_PORT)]
    state_base: Constant<Bits<20>>,
    #[value(0xf0000)]
    state_mask: Constant<Bits<20>>,
    #[value(control::EVENT)]
    at_event: Constant<Bits<20>>,
    #[value(control::STATE_REQUEST)]
    at_state_request: Constant<Bits<20>>,
    #[value(control::STATE_ANSWER)]
    at_state_answer: Constant<Bits<20>>,
    #[value(control::REASON)]
    at_reason: Constant<Bits<20>>,
    #[value(control::HOLD)]
    at_hold: Constant<Bits<20>>,
    #[value(control::STATUS)]
    at_status: Constant<Bits<20>>,
    #[value(control::WINDOW_REQUEST)]
    at_window_request: Constant<Bits<20>>,
    #[value(control::WINDOW_ANSWER)]
    at_window_answer: Constant<Bits<20>>,
    #[value(control::INITIAL_BYTES)]
    at_initial_bytes: Constant<Bits<20>>,
    #[value(control::DIRTY_BYTES)]
    at_dirty_bytes: Constant<Bits<20>>,
    #[value(control::DEVICE_TYPE)]
    at_device_type: Constant<Bits<20>>,
    #[value(control::CONFIG_HASH)]
    at_config_hash: Constant<Bits<20>>,
    #[value(control::STATE_WORDS)]
    at_state_words: Constant<Bits<20>>,
    #[value(control::CAPABILITIES)]
    at_capabilities: Constant<Bits<20>>,
    #[value(control::INTERNAL_TAKE)]
    at_internal_take: Constant<Bits<20>>,
    #[value(control::INTERNAL_SNAPSHOT)]
    at_internal_snapshot: Constant<Bits<20>>,
    #[value(control::INTERNAL_COUNT)]
    at_internal_count: Constant<Bits<20>>,
    #[value(control::PAGE_REQUESTS)]
    at_page_requests: Constant<Bits<20>>,
    #[value(config.device_type)]
    device_type: Constant<Bits<32>>,
    #[value(config.config_hash())]
    config_hash: Constant<Bits<32>>,
    #[value(config.state_words)]
    state_words: Constant<Bits<32>>,
    #[value(config.capabilities())]
    capabilities: Constant<Bits<32>>,
    #[value(control::event::WINDOW)]
    window_event: Constant<Bits<32>>,
    #[value(status::BUSY)]
    busy_bit: Constant<Bits<32>>,
    #[value(Outcome::Aborted as u32)]
    aborted: Constant<Bits<32>>,
    #[value(status::OUTCOME_MASK | status::END_MASK << status::END_SHIFT | status::BYTES_MASK << status::BYTES_SHIFT)]
    answer_mask: Constant<Bits<32>>,
    #[value(0xff_u32 << status::SEQUENCE_SHIFT)]
    sequence_mask: Constant<Bits<32>>,
    #[value(crate::bitmap::op::TAKE)]
    take: Constant<Bits<2>>,
}

impl Logic for ControlBus {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, registers);
        self.window.clock.next = self.clock.val();

        // The data window: the host's port and the firmware's.
        self.window.read_address.next = self.host_window_word.val();
        self.window_data.next = self.window.read_data.val();
        self.window.write_enable.next = self.host_window_write.val();
        self.window.write_address.next = self.host_window_word.val();
        self.window.write_data.next = self.host_data.val();
        self.window.peek_address.next = 0.into();

        // One request of the firmware at a time.
        self.answer_write.next = false;
        self.reason_write.next = false;
        self.hold_write.next = false;
        self.state_write.next = false;
        self.state_index.next = 0.into();
        self.op.next = 0.into();
        self.op_word.next = 0.into();
        self.is_window.next = false;
        self.is_state.next = false;
        self.starts.next = false;
        self.registers.d.next.ready = false;
        self.registers.d.next.taking = false;
        if self.registers.q.val().taking {
            self.registers.d.next.taken = self.old.val();
        }
        if self.valid.val() & !self.registers.q.val().ready {
            self.is_window.next =
                (self.address.val() & self.window_mask.val()) == self.window_base.val();
            self.is_state.next =
                (self.address.val() & self.state_mask.val()) == self.state_base.val();
            self.starts.next = !self.registers.q.val().wait.any();
            if self.is_state.val() {
                self.state_index.next = bit_cast::<16, 14>(self.address.val().get_bits::<14>(2));
            }
            if self.is_window.val() {
                self.window.peek_address.next = self.address.val().get_bits::<10>(2);
            }
        }
        if self.starts.val() & !self.write.val() {
            self.registers.d.next.wait = 2.into();
        }
        if self.starts.val()
            & self.write.val()
            & !(self.is_window.val() & self.host_window_write.val())
        {
            self.registers.d.next.ready = true;
            if self.is_window.val() {
                self.window.write_enable.next = true;
                self.window.write_address.next = self.address.val().get_bits::<10>(2);
                self.window.write_data.next = self.data.val();
            } else if self.is_state.val() {
                self.state_write.next = true;
            } else if self.address.val() == self.at_state_answer.val() {
                self.answer_write.next = true;
            } else if self.address.val() == self.at_reason.val() {
                self.reason_write.next = true;
            } else if self.address.val() == self.at_hold.val() {
                self.hold_write.next = true;
            } else if self.address.val() == self.at_window_answer.val() {
                if self.registers.q.val().window_busy {
                    self.registers.d.next.window_answer = self.data.val() & self.answer_mask.val();
                    self.registers.d.next.window_busy = false;
                }
            } else if self.address.val() == self.at_initial_bytes.val() {
                self.registers.d.next.initial_bytes = self.data.val();
            } else if self.address.val() == self.at_dirty_bytes.val() {
                self.registers.d.next.dirty_bytes = self.data.val();
            } else if self.address.val() == self.at_internal_take.val() {
                self.op.next = self.take.val();
                self.op_word.next = bit_cast::<3, 32>(self.data.val());
                self.registers.d.next.taking = true;
            }
        }
        self.last.next = self.registers.q.val().window_last;
        self.flags.next = 0.into();
        if self.registers.q.val().wait.any() {
            self.registers.d.next.wait = self.registers.q.val().wait - 1;
            if self.registers.q.val().wait == 1 {
                self.registers.d.next.ready = true;
                if self.is_window.val() {
                    self.flags.next = self.window.peek_data.val();
                } else if self.is_state.val() {
                    self.flags.next = self.state_read_data.val();
                } else if self.address.val() == self.at_event.val() {
                    if self.request_pending.val() {
                        self.flags.next = 1.into();
                    }
                    if self.registers.q.val().window_busy {
                        self.flags.next = self.flags.val() | self.window_event.val();
                    }
                } else if self.address.val() == self.at_state_request.val() {
                    self.flags.next = bit_cast::<32, 4>(self.requested.val())
                        | (bit_cast::<32, 4>(self.present.val()) << 4);
                } else if self.address.val() == self.at_reason.val() {
                    self.flags.next = self.reason.val();
                } else if self.address.val() == self.at_hold.val() {
                    self.flags.next = bit_cast::<32, 3>(self.hold.val());
                } else if self.address.val() == self.at_status.val() {
                    self.flags.next = self.status.val();
                } else if self.address.val() == self.at_window_request.val() {
                    self.flags.next = self.last.val();
                } else if self.address.val() == self.at_initial_bytes.val() {
                    self.flags.next = self.registers.q.val().initial_bytes;
                } else if self.address.val() == self.at_dirty_bytes.val() {
                    self.flags.next = self.registers.q.val().dirty_bytes;
                } else if self.address.val() == self.at_device_type.val() {
                    self.flags.next = self.device_type.val();
                } else if self.address.val() == self.at_config_hash.val() {
                    self.flags.next = self.config_hash.val();
                } else if self.address.val() == self.at_state_words.val() {
                    self.flags.next = self.state_words.val();
                } else if self.address.val() == self.at_capabilities.val() {
                    self.flags.next = self.capabilities.val();
                } else if self.address.val() == self.at_internal_snapshot.val() {
                    self.flags.next = self.registers.q.val().taken;
                } else if self.address.val() == self.at_internal_count.val() {
                    self.flags.next = bit_cast::<32, 24>(self.internal_count.val());
                } else if self.address.val() == self.at_page_requests.val() {
                    self.flags.next = self.page_requests.val();
                }
                self.registers.d.next.read_data = self.flags.val();
            }
        }

        // The host's window commands.
        if self.registers.q.val().window_busy {
            self.registers.d.next.window_waited = self.registers.q.val().window_waited + 1;
            if self.window_reset.val()
                | (self.registers.q.val().window_waited >= self.watchdog.val())
            {
                self.registers.d.next.window_busy = false;
                self.registers.d.next.window_answer = self.aborted.val();
            }
        } else if self.window_reset.val() {
            self.registers.d.next.window_answer = 0.into();
            self.registers.d.next.initial_bytes = 0.into();
            self.registers.d.next.dirty_bytes = 0.into();
        } else if self.window_command_write.val()
            & ((self.host_data.val() & self.sequence_mask.val())
                != (self.last.val() & self.sequence_mask.val()))
        {
            self.registers.d.next.window_last = self.host_data.val();
            self.registers.d.next.window_busy = true;
            self.registers.d.next.window_waited = 0.into();
        }

        self.ready.next = self.registers.q.val().ready;
        self.read_data.next = self.registers.q.val().read_data;
        self.attention.next = self.request_pending.val() | self.registers.q.val().window_busy;
        self.window_command.next = self.last.val();
        self.flags.next =
            (self.last.val() & self.sequence_mask.val()) | self.registers.q.val().window_answer;
        if self.registers.q.val().window_busy {
            self.flags.next = self.flags.val() | self.busy_bit.val();
        }
        self.window_status.next = self.flags.val();
        self.initial_bytes.next = self.registers.q.val().initial_bytes;
        self.dirty_bytes.next = self.registers.q.val().dirty_bytes;
    }
}
