//! What the workload does in a clock: receive, send, engine, state port.

use super::Workload;
use rust_hdl::prelude::*;

impl Logic for Workload {
    #[hdl_gen]
    fn update(&mut self) {
        self.scratch.clock.next = self.clock.val();
        dff_setup!(
            self, clock, setup, job, work, request, tx, tx_out, rx, rx_hold, page, port_index,
            port_data
        );
        self.active.next = (!self.freeze.val()) & (!self.reset.val());
        self.tx_beat.next = self.tx_out.q.val();
        self.tx_valid.next = false;
        self.rx_ready.next = false;
        self.msi_valid.next = false;
        self.msi_vector.next = 0.into();
        self.dirty_valid.next = false;
        self.dirty_block.next = 0.into();
        self.scratch.write_enable.next = false;
        self.scratch.write_address.next = self.work.q.val().pointer;
        self.scratch.write_data.next = self.swap_in.q.val();
        self.swap_in.d.next = self.rx_hold.q.val().lo;
        self.pointer_next.next = self.work.q.val().pointer;

        // Receive: one DW of the held beat a clock. A waiting BAR0 read stops the next TLP.
        self.rx_step.next = false;
        self.rx_dw.next = self.rx_hold.q.val().lo;
        self.rx_tail.next = false;
        self.rx_completion.next = false;
        self.rx_write.next = false;
        self.rx_read.next = false;
        self.rx_posted.next = false;
        self.rx_four.next = false;
        self.rx_tag.next = 0.into();
        self.rx_expected.next = bit_cast::<32, 6>(self.work.q.val().expect_dw) << 2;
        self.rx_length.next = 0.into();
        self.store.next = false;
        self.arrived.next = false;
        self.failed.next = false;
        self.answered.next = false;
        self.granted.next = false;
        // Without the capability there is no such state, whatever a stream says.
        self.paging.next =
            (self.work.q.val().state == self.s_page.val()) & self.page_requests.val();
        self.waiting.next = (self.work.q.val().state == self.s_read_wait.val())
            | (self.work.q.val().state == self.s_fetch_wait.val())
            | (self.work.q.val().state == self.s_atomic_wait.val());
        if self.active.val() {
            self.rx_ready.next = !self.rx.q.val().valid;
            self.rx_step.next =
                self.rx.q.val().valid & ((!self.rx.q.val().pending) | (self.rx.q.val().index != 0));
        }
        if self.rx_step.val() {
            if self.rx.q.val().second {
                self.rx_dw.next = self.rx_hold.q.val().hi;
            }
            self.swap_in.d.next = self.rx_dw.val();
            self.rx_tail.next = self.rx.q.val().second | (self.rx_hold.q.val().keep == 1);
            self.rx.d.next.second = true;
            if self.rx_tail.val() {
                self.rx_ready.next = true;
                self.rx.d.next.valid = false;
                self.rx.d.next.second = false;
            }
            self.rx_completion.next = (self.rx.q.val().dw0 & 0x1e00_0000) == 0x0a00_0000;
            self.rx_write.next = (self.rx.q.val().dw0 & 0xdf00_0000_u64) == 0x4000_0000;
            self.rx_read.next = (self.rx.q.val().dw0 & 0xdf00_0000_u64) == 0;
            // Memory writes, messages, completions; prefixes are of no use here.
            self.rx_posted.next = self.rx_completion.val()
                | self.rx_write.val()
                | ((self.rx.q.val().dw0 & 0x1800_0000) == 0x1000_0000)
                | ((self.rx.q.val().dw0 & 0x8000_0000_u64) != 0);
            self.rx_four.next = (self.rx.q.val().dw0 & 0x2000_0000) != 0;
            if self.rx.q.val().index == 0 {
                self.rx_length.next = bit_cast::<11, 32>(self.rx_dw.val() & 0x3ff);
                if self.rx_length.val() == 0 {
                    self.rx_length.next = 1024.into();
                }
                self.rx.d.next.dw0 = self.rx_dw.val();
                self.rx.d.next.left_dw = self.rx_length.val();
                self.rx.d.next.fresh = true;
                self.rx.d.next.discard = true;
                self.rx.d.next.index = 1.into();
            } else if self.rx.q.val().index == 1 {
                self.rx.d.next.dw1 = self.rx_dw.val();
                self.rx.d.next.index = 2.into();
            } else if self.rx.q.val().index == 2 {
                self.rx.d.next.index = 4.into();
                self.rx.d.next.address = bit_cast::<12, 32>(self.rx_dw.val() & 0xffc);
                if self.rx_completion.val() {
                    self.rx_tag.next = self.rx_dw.val().get_bits::<8>(8);
                    if self.waiting.val()
                        & (self.rx_tag.val() == bit_cast::<8, 5>(self.work.q.val().tag))
                    {
                        self.rx.d.next.discard = false;
                        // Bad status, or poisoned.
                        if ((self.rx.q.val().dw1 & 0xe000) != 0)
                            | ((self.rx.q.val().dw0 & 0x4000) != 0)
                        {
                            self.rx.d.next.discard = true;
                            self.failed.next = true;
                        } else if (self.rx.q.val().dw1 & 0xfff) != self.rx_expected.val() {
                            // Byte Count says how much is still to come: this one came before.
                            self.rx.d.next.discard = true;
                        }
                    }
                } else if self.rx_four.val() {
                    self.rx.d.next.index = 3.into();
                    // PRG Response: the code in 15:12, the group index in 8:0.
                    if ((self.rx.q.val().dw0 & 0xff00_0000_u64) == 0x3200_0000)
                        & ((self.rx.q.val().dw1 & 0xff) == 0x05)
                    {
                        self.answered.next = self.paging.val()
                            & self.page.q.val().asked
                            & ((self.rx_dw.val() & 0x1ff)
                                == bit_cast::<32, 5>(self.work.q.val().tag));
                        self.granted.next =
                            self.answered.val() & ((self.rx_dw.val() & 0xf000) == 0);
                    }
                }
            } else if self.rx.q.val().index == 3 {
                self.rx.d.next.address = bit_cast::<12, 32>(self.rx_dw.val() & 0xffc);
                self.rx.d.next.index = 4.into();
            } else if self.rx.q.val().left_dw != 0 {
                self.rx.d.next.left_dw = self.rx.q.val().left_dw - 1;
                self.rx.d.next.fresh = false;
                if self.rx_completion.val() {
                    // `waiting`, because the read may have been given up in the middle.
                    self.arrived.next = self.waiting.val()
                        & (!self.rx.q.val().discard)
                        & ((self.rx.q.val().dw0 & 0x4000_0000) != 0);
                } else {
                    self.rx.d.next.address = self.rx.q.val().address + 4;
                    self.store.next = self.rx_write.val()
                        & self.rx.q.val().bar
                        & ((self.rx.q.val().dw0 & 0x4000) == 0);
                    if self.rx.q.val().fresh {
                        if (self.rx.q.val().dw1 & 0xf) != 0xf {
                            self.store.next = false;
                        }
                    } else if (self.rx.q.val().left_dw == 1)
                        & ((self.rx.q.val().dw1 & 0xf0) != 0xf0)
                    {
                        self.store.next = false;
                    }
                }
            }
            if self.rx_tail.val() & self.rx_hold.q.val().last {
                self.rx.d.next.index = 0.into();
                // A whole header, and somebody waits for an answer.
                if (!self.rx_posted.val())
                    & ((self.rx.q.val().index > 2)
                        | ((self.rx.q.val().index == 2) & (!self.rx_four.val())))
                {
                    self.rx.d.next.pending = true;
                    self.rx.d.next.unsupported = (!self.rx_read.val())
                        | (!self.rx.q.val().bar)
                        | (self.rx.q.val().left_dw > 32);
                }
            }
        }
        if self.rx_ready.val() & self.rx_valid.val() {
            self.rx_hold.d.next = self.rx_beat.val();
            self.rx.d.next.valid = true;
            self.rx.d.next.second = false;
            self.rx.d.next.bar = self.rx_bar.val().get_bit(0);
        }
        if self.store.val() {
            if self.rx.q.val().address == self.r_control.val() {
                self.setup.d.next.enable = self.swap_in.q.val().get_bit(0);
                self.page.d.next.enable =
                    self.swap_in.q.val().get_bit(1) & self.page_requests.val();
            } else if self.rx.q.val().address == self.r_ring_lo.val() {
                self.setup.d.next.ring_lo = self.swap_in.q.val() & 0xffff_ffe0_u64;
            } else if self.rx.q.val().address == self.r_ring_hi.val() {
                self.setup.d.next.ring_hi = self.swap_in.q.val();
            } else if self.rx.q.val().address == self.r_ring_entries.val() {
                self.setup.d.next.entries = bit_cast::<11, 32>(self.swap_in.q.val());
            } else if self.rx.q.val().address == self.r_doorbell.val() {
                self.setup.d.next.doorbell = bit_cast::<16, 32>(self.swap_in.q.val());
            } else if self.rx.q.val().address == self.r_completions_lo.val() {
                self.setup.d.next.completions_lo = self.swap_in.q.val() & 0xffff_fff0_u64;
            } else if self.rx.q.val().address == self.r_completions_hi.val() {
                self.setup.d.next.completions_hi = self.swap_in.q.val();
            }
        }

        // Send: one DW a clock into the two halves of the offered beat.
        self.sending.next = (self.work.q.val().state == self.s_fetch.val())
            | (self.work.q.val().state == self.s_read.val())
            | (self.work.q.val().state == self.s_write.val())
            | (self.work.q.val().state == self.s_atomic.val())
            | (self.work.q.val().state == self.s_entry.val())
            | (self.paging.val() & (!self.page.q.val().asked));
        self.tx_step.next = false;
        self.tx_done.next = false;
        self.tx_dw.next = 0.into();
        self.tx_last.next = false;
        self.tx_value.next = self.scratch.read_data.val();
        self.head_skip.next = 0.into();
        self.tail_skip.next = 0.into();
        self.byte_count.next = 0.into();
        self.sum.next = 0.into();
        self.sum_word.next = 0.into();
        self.sum_valid.next = false;
        self.which.next = self.tx.q.val().left_dw;
        if self.active.val() {
            if self.tx.q.val().state == self.tx_idle.val() {
                self.tx.d.next.index = 0.into();
                self.tx.d.next.first = true;
                if self.rx.q.val().pending {
                    self.tx.d.next.state = self.tx_lo.val();
                    self.tx.d.next.completion = true;
                    self.tx.d.next.four = false;
                    self.tx.d.next.left_dw = bit_cast::<6, 11>(self.rx.q.val().left_dw);
                    if self.rx.q.val().unsupported {
                        self.tx.d.next.left_dw = 0.into();
                    }
                } else if self.sending.val() & (!self.gated.val()) {
                    self.tx.d.next.state = self.tx_lo.val();
                    self.tx.d.next.completion = false;
                    self.tx.d.next.four =
                        (self.request.q.val().address_hi != 0) | self.paging.val();
                    self.tx.d.next.left_dw = self.request.q.val().payload_dw;
                }
            } else if self.tx.q.val().state == self.tx_offer.val() {
                if self.tx.q.val().first & (!self.tx.q.val().completion) & self.gated.val() {
                    // Withdrawn: the first beat has no payload, so nothing is lost.
                    self.tx.d.next.state = self.tx_idle.val();
                } else {
                    self.tx_valid.next = true;
                    if self.tx_ready.val() {
                        self.tx.d.next.first = false;
                        if self.tx_out.q.val().last {
                            self.tx.d.next.state = self.tx_idle.val();
                            if self.tx.q.val().completion {
                                self.rx.d.next.pending = false;
                            } else {
                                self.tx_done.next = true;
                            }
                        } else {
                            self.tx_step.next = true;
                        }
                    }
                }
            } else {
                self.tx_step.next = true;
            }
        }
        if self.tx.q.val().index == 4 {
            if self.tx.q.val().completion {
                self.tx_value.next = 0.into();
                if self.rx.q.val().address == self.r_id.val() {
                    self.tx_value.next = self.id_value.val();
                } else if self.rx.q.val().address == self.r_control.val() {
                    self.tx_value.next = bit_cast::<32, 1>(self.setup.q.val().enable.into());
                    if self.page.q.val().enable {
                        self.tx_value.next = self.tx_value.val() | self.control_page.val();
                    }
                } else if self.rx.q.val().address == self.r_ring_lo.val() {
                    self.tx_value.next = self.setup.q.val().ring_lo;
                } else if self.rx.q.val().address == self.r_ring_hi.val() {
                    self.tx_value.next = self.setup.q.val().ring_hi;
                } else if self.rx.q.val().address == self.r_ring_entries.val() {
                    self.tx_value.next = bit_cast::<32, 11>(self.setup.q.val().entries);
                } else if self.rx.q.val().address == self.r_doorbell.val() {
                    self.tx_value.next = bit_cast::<32, 16>(self.setup.q.val().doorbell);
                } else if self.rx.q.val().address == self.r_head.val() {
                    self.tx_value.next = bit_cast::<32, 16>(self.setup.q.val().head);
                } else if self.rx.q.val().address == self.r_completions_lo.val() {
                    self.tx_value.next = self.setup.q.val().completions_lo;
                } else if self.rx.q.val().address == self.r_completions_hi.val() {
                    self.tx_value.next = self.setup.q.val().completions_hi;
                } else if self.rx.q.val().address == self.r_status.val() {
                    if self.work.q.val().state == self.s_interrupt.val() {
                        self.tx_value.next = self.status_interrupt.val();
                    }
                    if self.paging.val() {
                        self.tx_value.next = self.status_page.val();
                    }
                    if self.work.q.val().state != self.s_idle.val() {
                        self.tx_value.next = self.tx_value.val() | self.status_busy.val();
                    }
                }
            } else if self.work.q.val().state == self.s_entry.val() {
                match self.which.val().index() {
                    4 => self.tx_value.next = self.job.q.val().cookie,
                    3 => {
                        self.tx_value.next = bit_cast::<32, 3>(self.job.q.val().result)
                            | (bit_cast::<32, 16>(self.setup.q.val().head) << 16);
                    }
                    2 => self.tx_value.next = self.job.q.val().sum_a,
                    _ => self.tx_value.next = self.job.q.val().sum_b,
                }
            } else if (self.job.q.val().opcode == self.op_fill.val())
                | (self.job.q.val().opcode == self.op_fetch_add.val())
            {
                self.tx_value.next = self.job.q.val().operand;
            }
        }
        self.swap_out.d.next = self.tx_value.val();
        if self.tx_step.val() & self.tx.q.val().completion {
            // Bytes from the first enabled one to the last enabled one.
            if (self.rx.q.val().dw1 & 0x1) != 0 {
                self.head_skip.next = 0.into();
            } else if (self.rx.q.val().dw1 & 0x2) != 0 {
                self.head_skip.next = 1.into();
            } else if (self.rx.q.val().dw1 & 0x4) != 0 {
                self.head_skip.next = 2.into();
            } else if (self.rx.q.val().dw1 & 0x8) != 0 {
                self.head_skip.next = 3.into();
            }
        }
        if self.tx_step.val() {
            if self.tx.q.val().index == 0 {
                self.tx.d.next.index = 1.into();
                if self.tx.q.val().completion {
                    // Traffic class and attributes are the request's.
                    self.tx_dw.next = (self.rx.q.val().dw0 & 0x0074_3000) | 0x0a00_0000;
                    if !self.rx.q.val().unsupported {
                        self.tx_dw.next = (self.rx.q.val().dw0 & 0x0074_33ff) | 0x4a00_0000;
                    }
                } else {
                    self.tx_dw.next = self.request.q.val().header;
                    if self.tx.q.val().four {
                        self.tx_dw.next = self.request.q.val().header | 0x2000_0000;
                    }
                }
            } else if self.tx.q.val().index == 1 {
                self.tx.d.next.index = 2.into();
                if self.tx.q.val().completion {
                    self.tx_dw.next = self.rx.q.val().dw1;
                    if self.rx.q.val().left_dw != 1 {
                        self.tx_dw.next = self.rx.q.val().dw1 >> 4;
                    }
                    if (self.tx_dw.val() & 0x8) != 0 {
                        self.tail_skip.next = 0.into();
                    } else if (self.tx_dw.val() & 0x4) != 0 {
                        self.tail_skip.next = 1.into();
                    } else if (self.tx_dw.val() & 0x2) != 0 {
                        self.tail_skip.next = 2.into();
                    } else {
                        self.tail_skip.next = 3.into();
                    }
                    self.byte_count.next = bit_cast::<12, 11>(self.rx.q.val().left_dw) << 2;
                    self.byte_count.next =
                        (self.byte_count.val() - self.head_skip.val()) - self.tail_skip.val();
                    self.tx_dw.next = (bit_cast::<32, 16>(self.requester_id.val()) << 16)
                        | bit_cast::<32, 12>(self.byte_count.val());
                    if self.rx.q.val().unsupported {
                        self.tx_dw.next =
                            (bit_cast::<32, 16>(self.requester_id.val()) << 16) | 0x2004;
                    }
                } else {
                    self.tx_dw.next = (bit_cast::<32, 16>(self.requester_id.val()) << 16)
                        | (bit_cast::<32, 5>(self.work.q.val().tag) << 8);
                    // Byte enables: all; AtomicOps have none, and one DW has no last.
                    if self.paging.val() {
                        // A message has a code there, and no tag.
                        self.tx_dw.next =
                            (bit_cast::<32, 16>(self.requester_id.val()) << 16) | 0x04;
                    } else if self.work.q.val().state != self.s_atomic.val() {
                        self.tx_dw.next = self.tx_dw.val() | 0x0f;
                        if (self.request.q.val().header & 0x3ff) != 1 {
                            self.tx_dw.next = self.tx_dw.val() | 0xf0;
                        }
                    }
                }
            } else if self.tx.q.val().index == 2 {
                self.tx.d.next.index = 4.into();
                self.tx_last.next = self.tx.q.val().left_dw == 0;
                if self.tx.q.val().completion {
                    self.tx_dw.next = (self.rx.q.val().dw1 & 0xffff_ff00_u64)
                        | bit_cast::<32, 12>(self.rx.q.val().address & 0x7c)
                        | bit_cast::<32, 12>(self.head_skip.val());
                    if self.rx.q.val().unsupported {
                        self.tx_dw.next = self.rx.q.val().dw1 & 0xffff_ff00_u64;
                    }
                } else if self.tx.q.val().four {
                    self.tx.d.next.index = 3.into();
                    self.tx_last.next = false;
                    self.tx_dw.next = self.request.q.val().address_hi;
                } else {
                    self.tx_dw.next = self.request.q.val().address_lo;
                }
            } else if self.tx.q.val().index == 3 {
                self.tx.d.next.index = 4.into();
                self.tx_last.next = self.tx.q.val().left_dw == 0;
                self.tx_dw.next = self.request.q.val().address_lo;
            } else {
                self.tx.d.next.left_dw = self.tx.q.val().left_dw - 1;
                self.tx_last.next = self.tx.q.val().left_dw == 1;
                self.tx_dw.next = self.swap_out.q.val();
                if self.tx.q.val().completion {
                    self.rx.d.next.address = self.rx.q.val().address + 4;
                } else if self.work.q.val().state == self.s_write.val() {
                    if self.job.q.val().opcode == self.op_fill.val() {
                        self.job.d.next.operand = self.job.q.val().operand + 1;
                    } else {
                        self.pointer_next.next = self.work.q.val().pointer + 1;
                    }
                    // A COPY has counted its words when it read them.
                    self.sum_valid.next = self.job.q.val().opcode != self.op_copy.val();
                    self.sum_word.next = self.tx_value.val();
                }
            }
            if self.tx.q.val().state == self.tx_hi.val() {
                self.tx_out.d.next.hi = self.tx_dw.val();
                self.tx_out.d.next.keep = 3.into();
                self.tx_out.d.next.last = self.tx_last.val();
                self.tx.d.next.state = self.tx_offer.val();
            } else {
                self.tx_out.d.next.lo = self.tx_dw.val();
                self.tx_out.d.next.keep = 1.into();
                self.tx_out.d.next.last = self.tx_last.val();
                self.tx.d.next.state = self.tx_hi.val();
                if self.tx_last.val() {
                    self.tx.d.next.state = self.tx_offer.val();
                }
            }
        }

        // The engine.
        self.slot.next = 0.into();
        self.written.next = 0.into();
        self.field.next = 0.into();
        self.chunk.next = 0.into();
        self.room.next = 0.into();
        self.reads.next = false;
        self.writes.next = false;
        self.ask_source.next = false;
        self.ask_destination.next = false;
        if self.active.val() {
            if self.waiting.val() {
                self.work.d.next.wait_cycles = self.work.q.val().wait_cycles + 1;
                self.which.next = self.work.q.val().expect_dw;
                if self.arrived.val() {
                    self.work.d.next.expect_dw = self.work.q.val().expect_dw - 1;
                    if self.work.q.val().expect_dw == 1 {
                        self.work.d.next.tag = self.work.q.val().tag + 1;
                    }
                    if self.work.q.val().state == self.s_fetch_wait.val() {
                        match self.which.val().index() {
                            8 => {
                                self.job.d.next.opcode = bit_cast::<8, 32>(self.swap_in.q.val());
                                self.job.d.next.interrupt = self.swap_in.q.val().get_bit(8);
                                self.page.d.next.wanted = self.swap_in.q.val().get_bit(9);
                            }
                            7 => self.job.d.next.left_bytes = self.swap_in.q.val(),
                            6 => self.job.d.next.source_lo = self.swap_in.q.val() & 0xffff_fffc_u64,
                            5 => self.job.d.next.source_hi = self.swap_in.q.val(),
                            4 => {
                                self.job.d.next.destination_lo =
                                    self.swap_in.q.val() & 0xffff_fffc_u64;
                            }
                            3 => self.job.d.next.destination_hi = self.swap_in.q.val(),
                            2 => self.job.d.next.operand = self.swap_in.q.val(),
                            _ => {
                                self.job.d.next.cookie = self.swap_in.q.val();
                                self.work.d.next.state = self.s_decode.val();
                            }
                        }
                    } else {
                        self.sum_valid.next = true;
                        self.sum_word.next = self.swap_in.q.val();
                        if self.work.q.val().state == self.s_atomic_wait.val() {
                            self.job.d.next.result = self.result_ok.val();
                            self.work.d.next.state = self.s_finish.val();
                        } else {
                            if self.job.q.val().opcode != self.op_checksum.val() {
                                self.scratch.write_enable.next = true;
                                self.dirty_valid.next = true;
                                self.pointer_next.next = self.work.q.val().pointer + 1;
                            }
                            if self.work.q.val().expect_dw == 1 {
                                self.work.d.next.state = self.s_next.val();
                                if self.job.q.val().opcode == self.op_copy.val() {
                                    self.work.d.next.state = self.s_write_start.val();
                                    self.pointer_next.next = self.work.q.val().roll;
                                }
                            }
                        }
                    }
                }
                if self.failed.val() | ((self.work.q.val().wait_cycles & self.timeout.val()) != 0) {
                    self.job.d.next.result = self.result_read_error.val();
                    self.work.d.next.tag = self.work.q.val().tag + 1;
                    self.work.d.next.state = self.s_finish.val();
                }
            } else if self.sending.val() {
                if self.tx_done.val() {
                    self.work.d.next.wait_cycles = 0.into();
                    if self.work.q.val().state == self.s_write.val() {
                        self.work.d.next.state = self.s_next.val();
                        if self.job.q.val().opcode == self.op_copy.val() {
                            self.work.d.next.roll = self.work.q.val().pointer;
                        }
                    } else if self.work.q.val().state == self.s_read.val() {
                        self.work.d.next.state = self.s_read_wait.val();
                    } else if self.work.q.val().state == self.s_fetch.val() {
                        self.work.d.next.state = self.s_fetch_wait.val();
                    } else if self.work.q.val().state == self.s_atomic.val() {
                        self.work.d.next.state = self.s_atomic_wait.val();
                    } else if self.paging.val() {
                        self.page.d.next.asked = true;
                    } else {
                        self.setup.d.next.head = self.setup.q.val().head + 1;
                        self.work.d.next.state = self.s_idle.val();
                        if self.job.q.val().interrupt {
                            self.work.d.next.state = self.s_interrupt.val();
                        }
                    }
                }
            } else if self.work.q.val().state == self.s_idle.val() {
                if self.setup.q.val().enable
                    & (self.setup.q.val().head != self.setup.q.val().doorbell)
                {
                    self.slot.next = self.setup.q.val().entries - 1;
                    self.slot.next = self.slot.val() & bit_cast::<11, 16>(self.setup.q.val().head);
                    self.sum.next = bit_cast::<32, 11>(self.slot.val()) << 5;
                    self.sum.next = self.sum.val() + self.setup.q.val().ring_lo;
                    self.request.d.next.header = self.h_fetch.val();
                    self.request.d.next.address_lo = self.sum.val();
                    self.request.d.next.address_hi = self.setup.q.val().ring_hi;
                    if self.sum.val() < self.setup.q.val().ring_lo {
                        self.request.d.next.address_hi = self.setup.q.val().ring_hi + 1;
                    }
                    self.request.d.next.payload_dw = 0.into();
                    self.work.d.next.expect_dw = 8.into();
                    self.work.d.next.state = self.s_fetch.val();
                    self.job.d.next = self.job_start.val();
                    self.page.d.next.wanted = false;
                    self.page.d.next.asked = false;
                    self.page.d.next.source = false;
                    self.page.d.next.destination = false;
                }
            } else if self.paging.val() {
                // What was asked for is in the request: bit 1 is write, so the destination.
                if self.answered.val() {
                    self.page.d.next.asked = false;
                    self.work.d.next.tag = self.work.q.val().tag + 1;
                    if !self.granted.val() {
                        self.job.d.next.result = self.result_page_error.val();
                        self.work.d.next.state = self.s_finish.val();
                    } else {
                        if (self.request.q.val().address_lo & 2) != 0 {
                            self.page.d.next.destination = true;
                        } else {
                            self.page.d.next.source = true;
                        }
                        self.work.d.next.state = self.s_chunk.val();
                        if self.job.q.val().opcode == self.op_fetch_add.val() {
                            self.work.d.next.state = self.s_decode.val();
                        }
                    }
                }
            } else if self.work.q.val().state == self.s_decode.val() {
                self.pointer_next.next = bit_cast::<12, 32>(self.job.q.val().operand);
                if self.job.q.val().opcode == self.op_copy.val() {
                    self.pointer_next.next = self.work.q.val().roll;
                }
                self.request.d.next.header = self.h_fetch_add.val();
                self.request.d.next.address_lo = self.job.q.val().destination_lo;
                self.request.d.next.address_hi = self.job.q.val().destination_hi;
                self.request.d.next.payload_dw = 1.into();
                self.work.d.next.expect_dw = 1.into();
                self.job.d.next.result = self.result_ok.val();
                if (self.job.q.val().opcode == 0)
                    | (self.job.q.val().opcode > self.op_store.val())
                    | ((self.job.q.val().left_bytes & 3) != 0)
                {
                    self.job.d.next.result = self.result_bad.val();
                    self.work.d.next.state = self.s_finish.val();
                } else if self.job.q.val().opcode == self.op_fetch_add.val() {
                    self.work.d.next.state = self.s_atomic.val();
                    self.ask_destination.next = self.page.q.val().enable
                        & self.page.q.val().wanted
                        & (!self.page.q.val().destination);
                } else if self.job.q.val().left_bytes == 0 {
                    self.work.d.next.state = self.s_finish.val();
                } else {
                    self.work.d.next.state = self.s_chunk.val();
                }
            } else if self.work.q.val().state == self.s_chunk.val() {
                self.reads.next = (self.job.q.val().opcode == self.op_copy.val())
                    | (self.job.q.val().opcode == self.op_checksum.val())
                    | (self.job.q.val().opcode == self.op_load.val());
                self.writes.next =
                    (self.job.q.val().opcode == self.op_copy.val()) | (!self.reads.val());
                self.chunk.next = self.chunk_full.val();
                if self.job.q.val().left_bytes < self.chunk_limit.val() {
                    self.chunk.next = bit_cast::<8, 32>(self.job.q.val().left_bytes);
                }
                if self.reads.val() {
                    self.room.next =
                        bit_cast::<8, 32>(self.job.q.val().source_lo & self.chunk_mask.val());
                    self.room.next = self.chunk_full.val() - self.room.val();
                    if self.room.val() < self.chunk.val() {
                        self.chunk.next = self.room.val();
                    }
                }
                if self.writes.val() {
                    self.room.next =
                        bit_cast::<8, 32>(self.job.q.val().destination_lo & self.chunk_mask.val());
                    self.room.next = self.chunk_full.val() - self.room.val();
                    if self.room.val() < self.chunk.val() {
                        self.chunk.next = self.room.val();
                    }
                }
                self.work.d.next.chunk_bytes = self.chunk.val();
                self.which.next = self.chunk.val().get_bits::<6>(2);
                self.request.d.next.header =
                    self.h_read.val() | bit_cast::<32, 6>(self.which.val());
                self.request.d.next.address_lo = self.job.q.val().source_lo;
                self.request.d.next.address_hi = self.job.q.val().source_hi;
                self.request.d.next.payload_dw = 0.into();
                self.work.d.next.expect_dw = self.which.val();
                self.work.d.next.state = self.s_write_start.val();
                if self.reads.val() {
                    self.work.d.next.state = self.s_read.val();
                }
                self.ask_source.next = self.page.q.val().enable
                    & self.page.q.val().wanted
                    & self.reads.val()
                    & (!self.page.q.val().source);
                self.ask_destination.next = self.page.q.val().enable
                    & self.page.q.val().wanted
                    & self.writes.val()
                    & (!self.page.q.val().destination)
                    & (!self.ask_source.val());
            } else if self.work.q.val().state == self.s_write_start.val() {
                self.chunk.next = self.work.q.val().chunk_bytes;
                self.which.next = self.chunk.val().get_bits::<6>(2);
                self.request.d.next.header =
                    self.h_write.val() | bit_cast::<32, 6>(self.which.val());
                self.request.d.next.address_lo = self.job.q.val().destination_lo;
                self.request.d.next.address_hi = self.job.q.val().destination_hi;
                self.request.d.next.payload_dw = self.which.val();
                self.work.d.next.state = self.s_write.val();
            } else if self.work.q.val().state == self.s_next.val() {
                self.field.next = bit_cast::<32, 8>(self.work.q.val().chunk_bytes);
                self.sum.next = self.job.q.val().source_lo + self.field.val();
                self.job.d.next.source_lo = self.sum.val();
                if (self.sum.val() & 0xfff) == 0 {
                    self.page.d.next.source = false;
                }
                if self.sum.val() < self.job.q.val().source_lo {
                    self.job.d.next.source_hi = self.job.q.val().source_hi + 1;
                }
                self.sum.next = self.job.q.val().destination_lo + self.field.val();
                self.job.d.next.destination_lo = self.sum.val();
                if (self.sum.val() & 0xfff) == 0 {
                    self.page.d.next.destination = false;
                }
                if self.sum.val() < self.job.q.val().destination_lo {
                    self.job.d.next.destination_hi = self.job.q.val().destination_hi + 1;
                }
                self.job.d.next.left_bytes = self.job.q.val().left_bytes - self.field.val();
                self.work.d.next.state = self.s_chunk.val();
                if self.job.q.val().left_bytes == self.field.val() {
                    self.work.d.next.state = self.s_finish.val();
                }
            } else if self.work.q.val().state == self.s_finish.val() {
                self.slot.next = self.setup.q.val().entries - 1;
                self.slot.next = self.slot.val() & bit_cast::<11, 16>(self.setup.q.val().head);
                self.sum.next = bit_cast::<32, 11>(self.slot.val()) << 4;
                self.sum.next = self.sum.val() + self.setup.q.val().completions_lo;
                self.request.d.next.header = self.h_entry.val();
                self.request.d.next.address_lo = self.sum.val();
                self.request.d.next.address_hi = self.setup.q.val().completions_hi;
                if self.sum.val() < self.setup.q.val().completions_lo {
                    self.request.d.next.address_hi = self.setup.q.val().completions_hi + 1;
                }
                self.request.d.next.payload_dw = 4.into();
                self.work.d.next.state = self.s_entry.val();
            } else if self.work.q.val().state == self.s_interrupt.val() {
                self.msi_valid.next = true;
                if self.msi_ready.val() {
                    self.work.d.next.state = self.s_idle.val();
                }
            } else {
                // No such state: only a hostile stream can load it.
                self.work.d.next.state = self.s_idle.val();
            }
        }
        // A page request: page, group index, last of its group, write, read.
        if self.ask_source.val() | self.ask_destination.val() {
            self.request.d.next.header = self.h_page.val();
            self.request.d.next.payload_dw = 0.into();
            self.request.d.next.address_hi = self.job.q.val().source_hi;
            self.request.d.next.address_lo = (self.job.q.val().source_lo & 0xffff_f000_u64)
                | (bit_cast::<32, 5>(self.work.q.val().tag) << 3)
                | 0x5;
            if self.ask_destination.val() {
                self.request.d.next.address_hi = self.job.q.val().destination_hi;
                self.request.d.next.address_lo = (self.job.q.val().destination_lo
                    & 0xffff_f000_u64)
                    | (bit_cast::<32, 5>(self.work.q.val().tag) << 3)
                    | 0x6;
                if self.job.q.val().opcode == self.op_fetch_add.val() {
                    self.request.d.next.address_lo = (self.job.q.val().destination_lo
                        & 0xffff_f000_u64)
                        | (bit_cast::<32, 5>(self.work.q.val().tag) << 3)
                        | 0x7;
                }
            }
            self.work.d.next.state = self.s_page.val();
        }
        if self.sum_valid.val() {
            self.sum.next = self.job.q.val().sum_a + self.sum_word.val();
            self.job.d.next.sum_a = self.sum.val();
            self.job.d.next.sum_b = self.job.q.val().sum_b + self.sum.val();
        }
        if self.dirty_valid.val() {
            self.written.next = self.work.q.val().pointer;
            self.dirty_block.next = bit_cast::<8, 6>(self.written.val().get_bits::<6>(6));
        }

        // State port: two clocks, one to read the memory, one to choose.
        self.port_index.d.next = self.state_index.val();
        self.port_data.d.next = self.scratch.peek_data.val();
        self.state_read_data.next = self.port_data.q.val();
        self.scratch.peek_address.next = bit_cast::<12, 16>(self.state_index.val());
        self.word.next = bit_cast::<6, 16>(self.port_index.q.val());
        self.field.next = 0.into();
        if (self.port_index.q.val() & 0xf000) != 0 {
            match self.word.val().index() {
                0 => self.field.next = bit_cast::<32, 1>(self.setup.q.val().enable.into()),
                1 => self.field.next = bit_cast::<32, 11>(self.setup.q.val().entries),
                2 => self.field.next = self.setup.q.val().ring_lo,
                3 => self.field.next = self.setup.q.val().ring_hi,
                4 => self.field.next = bit_cast::<32, 16>(self.setup.q.val().doorbell),
                5 => self.field.next = bit_cast::<32, 16>(self.setup.q.val().head),
                6 => self.field.next = self.setup.q.val().completions_lo,
                7 => self.field.next = self.setup.q.val().completions_hi,
                8 => self.field.next = bit_cast::<32, 8>(self.job.q.val().opcode),
                9 => self.field.next = bit_cast::<32, 1>(self.job.q.val().interrupt.into()),
                10 => self.field.next = self.job.q.val().left_bytes,
                11 => self.field.next = self.job.q.val().source_lo,
                12 => self.field.next = self.job.q.val().source_hi,
                13 => self.field.next = self.job.q.val().destination_lo,
                14 => self.field.next = self.job.q.val().destination_hi,
                15 => self.field.next = self.job.q.val().operand,
                16 => self.field.next = self.job.q.val().cookie,
                17 => self.field.next = self.job.q.val().sum_a,
                18 => self.field.next = self.job.q.val().sum_b,
                19 => self.field.next = bit_cast::<32, 3>(self.job.q.val().result),
                20 => self.field.next = bit_cast::<32, 4>(self.work.q.val().state),
                21 => self.field.next = bit_cast::<32, 5>(self.work.q.val().tag),
                22 => self.field.next = bit_cast::<32, 8>(self.work.q.val().chunk_bytes),
                23 => self.field.next = bit_cast::<32, 6>(self.work.q.val().expect_dw),
                24 => self.field.next = bit_cast::<32, 12>(self.work.q.val().pointer),
                25 => self.field.next = bit_cast::<32, 12>(self.work.q.val().roll),
                26 => self.field.next = bit_cast::<32, 19>(self.work.q.val().wait_cycles),
                27 => self.field.next = self.request.q.val().header,
                28 => self.field.next = self.request.q.val().address_lo,
                29 => self.field.next = self.request.q.val().address_hi,
                30 => self.field.next = bit_cast::<32, 6>(self.request.q.val().payload_dw),
                31 => self.field.next = bit_cast::<32, 2>(self.tx.q.val().state),
                32 => self.field.next = bit_cast::<32, 1>(self.tx.q.val().completion.into()),
                33 => self.field.next = bit_cast::<32, 1>(self.tx.q.val().first.into()),
                34 => self.field.next = bit_cast::<32, 1>(self.tx.q.val().four.into()),
                35 => self.field.next = bit_cast::<32, 3>(self.tx.q.val().index),
                36 => self.field.next = bit_cast::<32, 6>(self.tx.q.val().left_dw),
                37 => self.field.next = self.tx_out.q.val().lo,
                38 => self.field.next = self.tx_out.q.val().hi,
                39 => self.field.next = bit_cast::<32, 2>(self.tx_out.q.val().keep),
                40 => self.field.next = bit_cast::<32, 1>(self.tx_out.q.val().last.into()),
                41 => self.field.next = bit_cast::<32, 1>(self.rx.q.val().valid.into()),
                42 => self.field.next = bit_cast::<32, 1>(self.rx.q.val().second.into()),
                43 => self.field.next = bit_cast::<32, 1>(self.rx.q.val().bar.into()),
                44 => self.field.next = bit_cast::<32, 3>(self.rx.q.val().index),
                45 => self.field.next = bit_cast::<32, 1>(self.rx.q.val().fresh.into()),
                46 => self.field.next = bit_cast::<32, 1>(self.rx.q.val().discard.into()),
                47 => self.field.next = bit_cast::<32, 1>(self.rx.q.val().pending.into()),
                48 => self.field.next = bit_cast::<32, 1>(self.rx.q.val().unsupported.into()),
                49 => self.field.next = self.rx.q.val().dw0,
                50 => self.field.next = self.rx.q.val().dw1,
                51 => self.field.next = bit_cast::<32, 12>(self.rx.q.val().address),
                52 => self.field.next = bit_cast::<32, 11>(self.rx.q.val().left_dw),
                53 => self.field.next = self.rx_hold.q.val().lo,
                54 => self.field.next = self.rx_hold.q.val().hi,
                55 => self.field.next = bit_cast::<32, 2>(self.rx_hold.q.val().keep),
                56 => self.field.next = bit_cast::<32, 1>(self.rx_hold.q.val().last.into()),
                57 => self.field.next = bit_cast::<32, 1>(self.page.q.val().enable.into()),
                58 => self.field.next = bit_cast::<32, 1>(self.page.q.val().wanted.into()),
                59 => self.field.next = bit_cast::<32, 1>(self.page.q.val().asked.into()),
                60 => self.field.next = bit_cast::<32, 1>(self.page.q.val().source.into()),
                61 => self.field.next = bit_cast::<32, 1>(self.page.q.val().destination.into()),
                _ => self.field.next = 0.into(),
            }
            if (self.port_index.q.val() & 0xffc0) != 0x1000 {
                self.field.next = 0.into();
            }
            self.port_data.d.next = self.field.val();
        }
        if self.freeze.val() & self.state_write.val() {
            self.word.next = bit_cast::<6, 16>(self.state_index.val());
            if (self.state_index.val() & 0xf000) == 0 {
                self.scratch.write_enable.next = true;
                self.scratch.write_address.next = bit_cast::<12, 16>(self.state_index.val());
                self.scratch.write_data.next = self.state_write_data.val();
            } else if (self.state_index.val() & 0xffc0) == 0x1000 {
                match self.word.val().index() {
                    0 => self.setup.d.next.enable = self.state_write_data.val().get_bit(0),
                    1 => {
                        self.setup.d.next.entries = bit_cast::<11, 32>(self.state_write_data.val())
                    }
                    2 => self.setup.d.next.ring_lo = self.state_write_data.val(),
                    3 => self.setup.d.next.ring_hi = self.state_write_data.val(),
                    4 => {
                        self.setup.d.next.doorbell = bit_cast::<16, 32>(self.state_write_data.val())
                    }
                    5 => self.setup.d.next.head = bit_cast::<16, 32>(self.state_write_data.val()),
                    6 => self.setup.d.next.completions_lo = self.state_write_data.val(),
                    7 => self.setup.d.next.completions_hi = self.state_write_data.val(),
                    8 => self.job.d.next.opcode = bit_cast::<8, 32>(self.state_write_data.val()),
                    9 => self.job.d.next.interrupt = self.state_write_data.val().get_bit(0),
                    10 => self.job.d.next.left_bytes = self.state_write_data.val(),
                    11 => self.job.d.next.source_lo = self.state_write_data.val(),
                    12 => self.job.d.next.source_hi = self.state_write_data.val(),
                    13 => self.job.d.next.destination_lo = self.state_write_data.val(),
                    14 => self.job.d.next.destination_hi = self.state_write_data.val(),
                    15 => self.job.d.next.operand = self.state_write_data.val(),
                    16 => self.job.d.next.cookie = self.state_write_data.val(),
                    17 => self.job.d.next.sum_a = self.state_write_data.val(),
                    18 => self.job.d.next.sum_b = self.state_write_data.val(),
                    19 => self.job.d.next.result = bit_cast::<3, 32>(self.state_write_data.val()),
                    20 => self.work.d.next.state = bit_cast::<4, 32>(self.state_write_data.val()),
                    21 => self.work.d.next.tag = bit_cast::<5, 32>(self.state_write_data.val()),
                    22 => {
                        self.work.d.next.chunk_bytes =
                            bit_cast::<8, 32>(self.state_write_data.val())
                    }
                    23 => {
                        self.work.d.next.expect_dw = bit_cast::<6, 32>(self.state_write_data.val())
                    }
                    24 => self.pointer_next.next = bit_cast::<12, 32>(self.state_write_data.val()),
                    25 => self.work.d.next.roll = bit_cast::<12, 32>(self.state_write_data.val()),
                    26 => {
                        self.work.d.next.wait_cycles =
                            bit_cast::<19, 32>(self.state_write_data.val())
                    }
                    27 => self.request.d.next.header = self.state_write_data.val(),
                    28 => self.request.d.next.address_lo = self.state_write_data.val(),
                    29 => self.request.d.next.address_hi = self.state_write_data.val(),
                    30 => {
                        self.request.d.next.payload_dw =
                            bit_cast::<6, 32>(self.state_write_data.val())
                    }
                    31 => self.tx.d.next.state = bit_cast::<2, 32>(self.state_write_data.val()),
                    32 => self.tx.d.next.completion = self.state_write_data.val().get_bit(0),
                    33 => self.tx.d.next.first = self.state_write_data.val().get_bit(0),
                    34 => self.tx.d.next.four = self.state_write_data.val().get_bit(0),
                    35 => self.tx.d.next.index = bit_cast::<3, 32>(self.state_write_data.val()),
                    36 => self.tx.d.next.left_dw = bit_cast::<6, 32>(self.state_write_data.val()),
                    37 => self.tx_out.d.next.lo = self.state_write_data.val(),
                    38 => self.tx_out.d.next.hi = self.state_write_data.val(),
                    39 => self.tx_out.d.next.keep = bit_cast::<2, 32>(self.state_write_data.val()),
                    40 => self.tx_out.d.next.last = self.state_write_data.val().get_bit(0),
                    41 => self.rx.d.next.valid = self.state_write_data.val().get_bit(0),
                    42 => self.rx.d.next.second = self.state_write_data.val().get_bit(0),
                    43 => self.rx.d.next.bar = self.state_write_data.val().get_bit(0),
                    44 => self.rx.d.next.index = bit_cast::<3, 32>(self.state_write_data.val()),
                    45 => self.rx.d.next.fresh = self.state_write_data.val().get_bit(0),
                    46 => self.rx.d.next.discard = self.state_write_data.val().get_bit(0),
                    47 => self.rx.d.next.pending = self.state_write_data.val().get_bit(0),
                    48 => self.rx.d.next.unsupported = self.state_write_data.val().get_bit(0),
                    49 => self.rx.d.next.dw0 = self.state_write_data.val(),
                    50 => self.rx.d.next.dw1 = self.state_write_data.val(),
                    51 => self.rx.d.next.address = bit_cast::<12, 32>(self.state_write_data.val()),
                    52 => self.rx.d.next.left_dw = bit_cast::<11, 32>(self.state_write_data.val()),
                    53 => self.rx_hold.d.next.lo = self.state_write_data.val(),
                    54 => self.rx_hold.d.next.hi = self.state_write_data.val(),
                    55 => self.rx_hold.d.next.keep = bit_cast::<2, 32>(self.state_write_data.val()),
                    56 => self.rx_hold.d.next.last = self.state_write_data.val().get_bit(0),
                    57 => {
                        self.page.d.next.enable =
                            self.state_write_data.val().get_bit(0) & self.page_requests.val();
                    }
                    58 => self.page.d.next.wanted = self.state_write_data.val().get_bit(0),
                    59 => self.page.d.next.asked = self.state_write_data.val().get_bit(0),
                    60 => self.page.d.next.source = self.state_write_data.val().get_bit(0),
                    61 => self.page.d.next.destination = self.state_write_data.val().get_bit(0),
                    _ => self.field.next = 0.into(),
                }
            }
        }
        // What was read is always the word that `pointer` names, also right after a migration.
        self.work.d.next.pointer = self.pointer_next.val();
        self.scratch.read_address.next = self.pointer_next.val();
        if self.reset.val() {
            self.setup.d.next = self.setup_start.val();
            self.job.d.next = self.job_zero.val();
            self.work.d.next = self.work_start.val();
            self.request.d.next = self.request_start.val();
            self.tx.d.next = self.tx_start.val();
            self.tx_out.d.next = self.beat_start.val();
            self.rx.d.next = self.rx_start.val();
            self.rx_hold.d.next = self.beat_start.val();
            self.page.d.next = self.page_start.val();
        }
    }
}
