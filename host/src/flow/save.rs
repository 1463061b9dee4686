//! The save flow of the seed, S1 to S7, for one device.

use super::options::{DmaMapping, SaveOptions};
use super::pipeline::{
    Hello, Message, PAGE_HEADER_BYTES, PageBatch, PageRecord, Reply, SourceEnd, Totals,
};
use super::report::{Phase, Progress, Rollback, Round, SaveReport};
use super::{Fault, SaveError};
use crate::counter::Counter;
use crate::device::Device;
use crate::device_state::DeviceState;
use crate::dirty_log::{DirtyRange, Harvest, Range};
use crate::function::Function;
use crate::page_set::PageSet;
use crate::platform::{PAGE_BYTES, Platform};
use slackwater_regs::bar2::WINDOW_BYTES;
use slackwater_regs::window::EndOfStream;

/// Times that a stopped device may report a temporary end of stream before its final one.
const MAX_PAUSES: u32 = 64;

/// Saves the machine: from RUNNING on the source to halted, with the destination running.
///
/// If this fails, the source is back in RUNNING with its VCPUs, unless the error says otherwise.
pub fn save<F: Function, P: Platform>(
    device: &mut Device<F>,
    platform: &mut P,
    link: SourceEnd,
    options: &SaveOptions,
    progress: &mut dyn Progress,
) -> Result<SaveReport, SaveError> {
    let pending = PageSet::new(platform.memory_bytes() / PAGE_BYTES as u64);
    let mut save = Save {
        device,
        platform,
        link,
        options,
        progress,
        pending,
        mappings: Vec::new(),
        report: SaveReport::default(),
        totals: Totals::default(),
        phase: Phase::Check,
        touched: false,
        paused: false,
        committed: false,
        outside_at_start: 0,
        unpaid: 0,
        state_ns: 0,
    };
    match save.run() {
        Ok(()) => Ok(save.report),
        Err(fault) => {
            let rollback = save.roll_back(&fault);
            Err(SaveError {
                phase: save.phase,
                fault,
                rollback,
            })
        }
    }
}

struct Save<'a, F: Function, P> {
    device: &'a mut Device<F>,
    platform: &'a mut P,
    link: SourceEnd,
    options: &'a SaveOptions,
    progress: &'a mut dyn Progress,
    /// Pages that must still be sent.
    pending: PageSet,
    mappings: Vec<DmaMapping>,
    report: SaveReport,
    totals: Totals,
    phase: Phase,
    /// Something must be undone if the flow fails.
    touched: bool,
    paused: bool,
    /// The destination was told to run.
    committed: bool,
    outside_at_start: u32,
    /// Network time that was not yet waited for, in ns times bytes per second.
    unpaid: u128,
    /// Time that device state took in pre-copy, window and network together.
    state_ns: u64,
}

impl<F: Function, P: Platform> Save<'_, F, P> {
    fn run(&mut self) -> Result<(), Fault> {
        self.enter(Phase::Check);
        self.check()?;
        self.enter(Phase::StartTracking);
        self.start_tracking()?;
        self.enter(Phase::Memory);
        self.pending.insert_all();
        let sent_pages = self.send_pending()?;
        self.enter(Phase::PreCopy);
        self.pre_copy(sent_pages)?;
        let stopped_at_ns = self.stop()?;
        self.enter(Phase::Handover);
        self.link.send(Message::Done(self.totals))?;
        self.expect(Reply::Loaded)?;
        // V6: all DMA is suspended and the log was used up; only now may tracking stop.
        self.stop_tracking()?;
        self.device.set_state(DeviceState::STOP)?;
        self.report.downtime_ns = self.platform.now_ns() - stopped_at_ns;
        self.link.send(Message::Commit)?;
        self.committed = true;
        self.expect(Reply::Running)?;
        self.enter(Phase::Halted);
        Ok(())
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.progress.phase(phase);
    }

    fn expect(&mut self, expected: Reply) -> Result<(), Fault> {
        let found = self.link.receive()?;
        if found == expected {
            return Ok(());
        }
        let name = |reply: &Reply| match reply {
            Reply::Loaded => "Loaded",
            Reply::Running => "Running",
            Reply::Failed { .. } => "Failed",
        };
        Err(Fault::Message {
            expected: name(&expected),
            found: name(&found),
        })
    }

    fn check(&mut self) -> Result<(), Fault> {
        let memory_bytes = self.platform.memory_bytes();
        self.mappings = self.options.checked_mappings(memory_bytes)?;
        let found = self.device.state()?;
        if found != DeviceState::RUNNING {
            return Err(Fault::StartState {
                expected: DeviceState::RUNNING,
                found,
            });
        }
        let identity = self.device.identity();
        self.link.send(Message::Hello(Hello {
            memory_bytes,
            device_type: identity.device_type,
            config_hash: identity.config_hash,
            state_words: identity.state_words,
        }))?;
        Ok(())
    }

    /// S2: ranges, then the device's log, then the VCPUs'.
    fn start_tracking(&mut self) -> Result<(), Fault> {
        self.touched = true;
        self.clear_ranges()?;
        let mut offset_words = 0;
        for (index, mapping) in self.mappings.iter().enumerate() {
            let DmaMapping {
                iova,
                bytes,
                page_shift,
                ..
            } = *mapping;
            let range = Range {
                iova,
                bytes,
                page_shift,
                offset_words,
            };
            self.device.dirty_log().set_range(index, range)?;
            // It was accepted, so it ends within the log.
            offset_words += range.words() as u32;
        }
        self.outside_at_start = self.device.counter(Counter::Outside)?;
        self.device.dirty_log().start()?;
        self.platform.start_cpu_log();
        Ok(())
    }

    fn clear_ranges(&mut self) -> Result<(), Fault> {
        for index in 0..self.device.identity().range_count as usize {
            self.device.dirty_log().clear_range(index)?;
        }
        Ok(())
    }

    fn stop_tracking(&mut self) -> Result<(), Fault> {
        self.device.dirty_log().stop()?;
        self.platform.stop_cpu_log();
        let outside = self.device.counter(Counter::Outside)?;
        self.report.outside_writes = outside.wrapping_sub(self.outside_at_start);
        self.clear_ranges()
    }

    /// S3: rounds until what is dirty fits the downtime limit.
    fn pre_copy(&mut self, mut sent_pages: u64) -> Result<(), Fault> {
        let identity = *self.device.identity();
        self.device.set_state(DeviceState::PRE_COPY)?;
        let synthesize = self.options.synthesize_clear || !identity.atomic_clear;
        if synthesize && !identity.ndma {
            // The log cannot be cleared while the device runs: all that is dirty is found in SAVING.
            self.stream_state(false)?;
            self.report.rounds.push(Round {
                sent_pages,
                ..Round::default()
            });
            return Ok(());
        }
        self.report.synthesized_clear = synthesize;
        for round in 0.. {
            let before_ns = self.platform.now_ns();
            self.stream_state(false)?;
            self.state_ns += self.platform.now_ns() - before_ns;
            if synthesize {
                self.device.set_state(DeviceState::PRE_COPY_NDMA)?;
            }
            let everything = self.collect_dirty()?;
            if everything {
                // All pages are pending, so the log may start anew, complete again.
                self.device.dirty_log().start()?;
            }
            if synthesize {
                self.device.set_state(DeviceState::PRE_COPY)?;
            }
            let dirty_pages = self.pending.count();
            self.report.rounds.push(Round {
                sent_pages,
                dirty_pages,
                everything,
            });
            self.progress.round(round, dirty_pages);
            self.link.send(Message::RoundEnd { round })?;
            self.report.converged = self.remaining_ns()? <= self.options.downtime_limit_ns;
            if self.report.converged || round >= self.options.max_rounds {
                break;
            }
            sent_pages = self.send_pending()?;
        }
        Ok(())
    }

    /// S4 to S6: grace states, final snapshot, final data. Returns when the VCPUs were paused.
    fn stop(&mut self) -> Result<u64, Fault> {
        let ndma = self.device.identity().ndma;
        // Without NDMA its states are pushed down to the next step (rule O2).
        self.enter(Phase::IommuGrace);
        if ndma {
            self.set_state_timed(DeviceState::PRE_COPY_NDMA)?;
        }
        self.platform.settle_io_page_faults();
        self.enter(Phase::PeerGrace);
        let stopped_at_ns = self.platform.now_ns();
        self.paused = true;
        self.platform.pause_vcpus();
        if ndma {
            self.collect_dirty()?;
        }
        self.enter(Phase::StopCopy);
        if ndma {
            self.device.set_state(DeviceState::SAVING)?;
        } else {
            self.set_state_timed(DeviceState::SAVING)?;
        }
        // The device cannot dirty anything from here on. With NDMA nothing can have come
        // since the snapshot; looking once more costs two reads.
        let log = self.device.dirty_log().status()?;
        if !ndma || log.incomplete || self.device.dirty_log().dirty_count()? != 0 {
            self.collect_dirty()?;
        }
        self.stream_state(true)?;
        self.report.final_pages = self.send_pending()?;
        Ok(stopped_at_ns)
    }

    fn set_state_timed(&mut self, state: DeviceState) -> Result<(), Fault> {
        let before_ns = self.platform.now_ns();
        self.device.set_state(state)?;
        self.report.quiesce_ns = self.platform.now_ns() - before_ns;
        Ok(())
    }

    /// Moves what is dirty from both logs into `pending`. True if the log was not complete.
    fn collect_dirty(&mut self) -> Result<bool, Fault> {
        let Self {
            device,
            pending,
            mappings,
            ..
        } = self;
        let mut strange = false;
        let harvest = device.dirty_log().harvest(|range| {
            strange |= !insert_range(pending, mappings, &range);
        })?;
        let everything = strange || matches!(harvest, Harvest::Everything { .. });
        let mut pages = Vec::new();
        self.platform.take_cpu_dirty(&mut pages);
        for page in pages {
            let address = page.saturating_mul(PAGE_BYTES as u64);
            if !self.pending.insert(page) {
                let memory_bytes = self.platform.memory_bytes();
                let bytes = PAGE_BYTES as u64;
                return Err(crate::MemoryError {
                    address,
                    bytes,
                    memory_bytes,
                }
                .into());
            }
        }
        if everything {
            self.pending.insert_all();
        }
        Ok(everything)
    }

    /// Estimate of the time that what is left would take: pages at the network's rate,
    /// device state at the rate that it has had so far, for its window is slower.
    fn remaining_ns(&mut self) -> Result<u64, Fault> {
        let identity = *self.device.identity();
        let state_bytes = if identity.internal_log {
            let estimate = self.device.stream_window().estimate()?;
            u64::from(estimate.initial_bytes) + u64::from(estimate.dirty_bytes)
        } else {
            u64::from(identity.state_words) * 4
        };
        let page_bytes = PAGE_BYTES as u64 + PAGE_HEADER_BYTES;
        let pages_bytes = self.pending.count().saturating_mul(page_bytes);
        let on_network = |bytes: u64| {
            u128::from(bytes) * 1_000_000_000 / u128::from(self.options.network_bytes_per_s)
        };
        let state_ns = match self.report.precopy_stream_bytes {
            0 => on_network(state_bytes),
            streamed => u128::from(state_bytes) * u128::from(self.state_ns) / u128::from(streamed),
        };
        Ok(u64::try_from(on_network(pages_bytes) + state_ns).unwrap_or(u64::MAX))
    }

    /// Streams device state: all there is now, or all up to the final end.
    fn stream_state(&mut self, to_the_end: bool) -> Result<(), Fault> {
        let state_bytes = u64::from(self.device.identity().state_words) * 4;
        // A device whose state changes faster than it streams must not hold pre-copy up for
        // ever; and no state is streamed many times over once it is stopped.
        let most_bytes = if to_the_end {
            8 * state_bytes + 0x10_0000
        } else {
            2 * state_bytes
        };
        let mut part = [0; WINDOW_BYTES as usize];
        let (mut streamed_bytes, mut pauses) = (0, 0);
        loop {
            let bytes = self.device.stream_window().read_bytes(&mut part)?;
            if bytes == 0 {
                match (to_the_end, self.device.stream_window().end_of_stream()) {
                    (true, EndOfStream::Final) | (false, _) => return Ok(()),
                    // Not final though the device is stopped: it has more to say.
                    (true, _) => pauses += 1,
                }
            } else {
                self.link.send(Message::State(part[..bytes].to_vec()))?;
                streamed_bytes += bytes as u64;
                self.totals.stream_bytes += bytes as u64;
                self.report.stream_bytes += bytes as u64;
                if !to_the_end {
                    self.report.precopy_stream_bytes += bytes as u64;
                }
                self.pay(bytes as u64);
            }
            if streamed_bytes > most_bytes || pauses > MAX_PAUSES {
                if to_the_end {
                    return Err(Fault::EndlessStream {
                        bytes: streamed_bytes,
                        state_bytes,
                    });
                }
                return Ok(());
            }
        }
    }

    /// Sends the pending pages, and returns how many.
    fn send_pending(&mut self) -> Result<u64, Fault> {
        let pages = self.pending.take();
        let total = pages.count();
        let mut done = 0;
        let mut batch = PageBatch::default();
        let mut bytes = [0; PAGE_BYTES];
        self.progress.pages(0, total);
        for page in pages.iter() {
            self.platform.read_page(page, &mut bytes)?;
            batch.pages.push(PageRecord::new(page, &bytes));
            done += 1;
            if batch.pages.len() == self.options.batch_pages || done == total {
                let wire = batch
                    .pages
                    .iter()
                    .map(|p| p.content.wire_bytes() + PAGE_HEADER_BYTES);
                let wire_bytes = wire.sum();
                self.totals.pages += batch.pages.len() as u64;
                self.report.memory_bytes_sent += wire_bytes;
                self.link.send(Message::Pages(std::mem::take(&mut batch)))?;
                self.pay(wire_bytes);
                self.progress.pages(done, total);
            }
        }
        Ok(total)
    }

    /// Lets the time pass that so many bytes take on the network.
    fn pay(&mut self, bytes: u64) {
        let rate = u128::from(self.options.network_bytes_per_s);
        self.unpaid += u128::from(bytes) * 1_000_000_000;
        let ns = self.unpaid / rate;
        self.unpaid %= rate;
        if ns > 0 {
            self.platform
                .elapse_ns(u64::try_from(ns).unwrap_or(u64::MAX));
        }
    }

    /// Back to RUNNING on the source. Everything is tried, whatever fails.
    fn roll_back(&mut self, fault: &Fault) -> Rollback {
        if self.committed && !matches!(fault, Fault::Link(super::LinkError::GaveUp { .. })) {
            return Rollback::InDoubt;
        }
        // The destination may be gone already; then it needs no telling.
        let _ = self.link.send(Message::Abort {
            reason: fault.to_string(),
        });
        if !self.touched {
            return Rollback::Untouched;
        }
        let state = self
            .device
            .set_state(DeviceState::RUNNING)
            .map_err(Fault::from);
        if self.paused {
            self.platform.resume_vcpus();
        }
        let tracking = self.stop_tracking();
        match state {
            Err(fault) => Rollback::DeviceFailed(Box::new(fault)),
            // A log that runs on does no harm: the next START clears it.
            Ok(()) => {
                let _ = tracking;
                Rollback::Running
            }
        }
    }
}

/// Adds the guest pages behind some dirty IOVAs. False if there are none behind them.
fn insert_range(pending: &mut PageSet, mappings: &[DmaMapping], dirty: &DirtyRange) -> bool {
    let Some(mapping) = mappings.get(dirty.range_index) else {
        return false;
    };
    let page_bytes = PAGE_BYTES as u64;
    let first = dirty
        .iova
        .wrapping_sub(mapping.iova)
        .wrapping_add(mapping.address)
        / page_bytes;
    let mut fits = true;
    for page in first..first.saturating_add(dirty.bytes.div_ceil(page_bytes)) {
        fits &= pending.insert(page);
    }
    fits
}
