//! The save flow of the seed, S1 to S7, for the devices of a machine.

use super::options::{DmaMapping, SaveOptions};
use super::pipeline::{
    DeviceHello, Digest, Hello, Message, PAGE_HEADER_BYTES, PageBatch, PageRecord, Reply,
    SourceEnd, Totals,
};
use super::report::{Phase, Progress, Rollback, Round, SaveReport};
use super::{Fault, SaveError, group, page_faults};
use crate::counter::Counter;
use crate::device::{Device, StateError};
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
    devices: &mut [Device<F>],
    platform: &mut P,
    link: SourceEnd,
    options: &SaveOptions,
    progress: &mut dyn Progress,
) -> Result<SaveReport, SaveError> {
    let pending = PageSet::new(platform.memory_bytes() / PAGE_BYTES as u64);
    let mut save = Save {
        devices,
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
        outside_at_start: Vec::new(),
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
    devices: &'a mut [Device<F>],
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
    /// Of each device.
    outside_at_start: Vec<u32>,
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
        let vcpus = self.platform.vcpu_state();
        if !vcpus.is_empty() {
            self.link.send(Message::Vcpus(vcpus))?;
        }
        let digest = self.platform.digest();
        for part in digest.into_iter().flat_map(Digest::parts) {
            self.link.send(Message::Digest(part))?;
        }
        self.link.send(Message::Done(self.totals))?;
        self.report.compared_pages = self.expect("Loaded", |reply| match reply {
            Reply::Loaded { compared_pages } => Some(*compared_pages),
            _ => None,
        })?;
        // V6: all DMA is suspended and the log was used up; only now may tracking stop.
        self.stop_tracking()?;
        group::set_all(self.devices, DeviceState::STOP)?;
        self.report.downtime_ns = self.platform.now_ns() - stopped_at_ns;
        self.link.send(Message::Commit)?;
        self.committed = true;
        self.expect("Running", |reply| {
            matches!(reply, Reply::Running).then_some(())
        })?;
        self.enter(Phase::Halted);
        Ok(())
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.progress.phase(phase);
    }

    /// The next reply, as what it must be.
    fn expect<T>(
        &mut self,
        expected: &'static str,
        read: impl Fn(&Reply) -> Option<T>,
    ) -> Result<T, Fault> {
        let reply = self.link.receive()?;
        read(&reply).ok_or(Fault::Message {
            expected,
            found: reply.name(),
        })
    }

    fn check(&mut self) -> Result<(), Fault> {
        let memory_bytes = self.platform.memory_bytes();
        self.mappings = self.options.checked_mappings(memory_bytes)?;
        group::check_running(self.devices)?;
        group::check_peers(self.devices, self.platform.peer_dma_is_mapped())?;
        group::each(self.devices, |_, device| page_faults::check(device))?;
        let devices = self.devices.iter();
        let devices = devices.map(|device| DeviceHello::from(device.identity()));
        self.link.send(Message::Hello(Hello {
            memory_bytes,
            devices: devices.collect(),
        }))?;
        // Until the destination has agreed, nothing is touched.
        self.expect("Accepted", |reply| {
            matches!(reply, Reply::Accepted).then_some(())
        })
    }

    /// S2: ranges, then the devices' logs, then the VCPUs'.
    fn start_tracking(&mut self) -> Result<(), Fault> {
        self.touched = true;
        self.clear_ranges()?;
        let Self {
            devices,
            mappings,
            outside_at_start,
            ..
        } = self;
        group::each(devices, |_, device| {
            let mut offset_words = 0;
            for (index, mapping) in mappings.iter().enumerate() {
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
                device.dirty_log().set_range(index, range)?;
                // It was accepted, so it ends within the log.
                offset_words += range.words() as u32;
            }
            outside_at_start.push(device.counter(Counter::Outside)?);
            device.dirty_log().start()?;
            Ok::<_, Fault>(())
        })?;
        self.platform.start_cpu_log();
        Ok(())
    }

    fn clear_ranges(&mut self) -> Result<(), Fault> {
        group::every(self.devices, |_, device| {
            for index in 0..device.identity().range_count as usize {
                device.dirty_log().clear_range(index)?;
            }
            Ok::<_, Fault>(())
        })
    }

    fn stop_tracking(&mut self) -> Result<(), Fault> {
        let Self {
            devices,
            outside_at_start,
            report,
            ..
        } = self;
        let stopped = group::every(devices, |index, device| {
            device.dirty_log().stop()?;
            let outside = device.counter(Counter::Outside)?;
            if let Some(at_start) = outside_at_start.get(index) {
                report.outside_writes += outside.wrapping_sub(*at_start);
            }
            Ok::<_, Fault>(())
        });
        self.platform.stop_cpu_log();
        stopped.and(self.clear_ranges())
    }

    /// S3: rounds until what is dirty fits the downtime limit.
    fn pre_copy(&mut self, mut sent_pages: u64) -> Result<(), Fault> {
        group::set_all(self.devices, DeviceState::PRE_COPY)?;
        let by_itself = self.clearing(Clear::ByItself);
        let under_ndma = self.clearing(Clear::UnderNdma);
        if !by_itself && !under_ndma {
            // No log can be cleared while its device runs: all that is dirty is found in SAVING.
            self.stream_states(false)?;
            self.report.rounds.push(Round {
                sent_pages,
                ..Round::default()
            });
            return Ok(());
        }
        self.report.synthesized_clear = under_ndma;
        let forced = self.options.synthesize_clear;
        for round in 0.. {
            let before_ns = self.platform.now_ns();
            self.stream_states(false)?;
            self.state_ns += self.platform.now_ns() - before_ns;
            self.set_for_clearing(DeviceState::PRE_COPY_NDMA)?;
            let everything =
                self.collect_dirty(|device| Ok(Clear::of(device, forced) != Clear::Never))?;
            if everything {
                // All pages are pending, so the logs may start anew, complete again.
                group::each(self.devices, |_, device| match Clear::of(device, forced) {
                    Clear::Never => Ok(()),
                    _ => device.dirty_log().start(),
                })?;
            }
            self.set_for_clearing(DeviceState::PRE_COPY)?;
            let dirty_pages = self.pending.count();
            self.report.rounds.push(Round {
                sent_pages,
                dirty_pages,
                everything,
            });
            self.progress.round(round, dirty_pages);
            self.link.send(Message::RoundEnd { round })?;
            let remaining_ns = self.remaining_ns()?;
            self.progress.remaining(remaining_ns);
            self.report.converged = remaining_ns <= self.options.downtime_limit_ns;
            if self.report.converged || round >= self.options.max_rounds {
                break;
            }
            sent_pages = self.send_pending()?;
        }
        Ok(())
    }

    /// Whether a device's log is cleared so.
    fn clearing(&self, clear: Clear) -> bool {
        let forced = self.options.synthesize_clear;
        let mut devices = self.devices.iter();
        devices.any(|device| Clear::of(device, forced) == clear)
    }

    /// Takes the devices to a state whose logs are cleared under NDMA.
    fn set_for_clearing(&mut self, state: DeviceState) -> Result<(), Fault> {
        let forced = self.options.synthesize_clear;
        group::set_states(self.devices, state, |device| {
            Clear::of(device, forced) == Clear::UnderNdma
        })
    }

    /// S4 to S6: grace states, final snapshot, final data. Returns when the VCPUs were paused.
    fn stop(&mut self) -> Result<u64, Fault> {
        // Without NDMA its states are pushed down to the next step (rule O2).
        self.enter(Phase::IommuGrace);
        let before_ns = self.platform.now_ns();
        group::set_ndma(self.devices, DeviceState::PRE_COPY_NDMA)?;
        self.report.quiesce_ns = self.platform.now_ns() - before_ns;
        self.enter(Phase::PageFaults);
        let limit_ns = self.options.page_request_limit_ns;
        self.report.page_faults_ns = page_faults::settle(self.devices, self.platform, limit_ns)?;
        self.enter(Phase::PeerGrace);
        let stopped_at_ns = self.platform.now_ns();
        self.paused = true;
        self.platform.pause_vcpus();
        self.collect_dirty(|device| Ok(device.identity().ndma))?;
        self.enter(Phase::StopCopy);
        let before_ns = self.platform.now_ns();
        group::set_all(self.devices, DeviceState::SAVING)?;
        if !group::all_have_ndma(self.devices) {
            self.report.quiesce_ns = self.platform.now_ns() - before_ns;
        }
        // The devices cannot dirty anything from here on. With NDMA nothing can have come
        // since the snapshot; looking once more costs two reads.
        self.collect_dirty(|device| {
            let log = device.dirty_log().status()?;
            let ndma = device.identity().ndma;
            Ok(!ndma || log.incomplete || device.dirty_log().dirty_count()? != 0)
        })?;
        self.stream_states(true)?;
        self.report.final_pages = self.send_pending()?;
        Ok(stopped_at_ns)
    }

    /// Moves what is dirty from the wanted devices' logs, and from the VCPUs', into `pending`.
    /// True if a log was not complete.
    fn collect_dirty(
        &mut self,
        mut wanted: impl FnMut(&mut Device<F>) -> Result<bool, Fault>,
    ) -> Result<bool, Fault> {
        let Self {
            devices,
            pending,
            mappings,
            ..
        } = self;
        let mut everything = false;
        group::each(devices, |_, device| {
            if wanted(device)? {
                let harvest = device.dirty_log().harvest(|range| {
                    everything |= !insert_range(pending, mappings, &range);
                })?;
                everything |= matches!(harvest, Harvest::Everything { .. });
            }
            Ok::<_, Fault>(())
        })?;
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
        let mut state_bytes = 0;
        group::each(self.devices, |_, device| {
            let identity = *device.identity();
            state_bytes += if identity.internal_log {
                let estimate = device.stream_window().estimate()?;
                u64::from(estimate.initial_bytes) + u64::from(estimate.dirty_bytes)
            } else {
                u64::from(identity.state_words) * 4
            };
            Ok::<_, Fault>(())
        })?;
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

    /// Streams the state of all devices: all there is now, or all up to the final end. The devices
    /// take turns, and each makes its next part while the others' are read and sent.
    fn stream_states(&mut self, to_the_end: bool) -> Result<(), Fault> {
        let count = self.devices.len();
        group::each(self.devices, |_, device| device.stream_window().ask_ahead())?;
        let state_bytes = |device: &Device<F>| u64::from(device.identity().state_words) * 4;
        let new = |device| Turn::new(state_bytes(device), to_the_end);
        let mut turns: Vec<Turn> = self.devices.iter().map(new).collect();
        let mut part = [0; WINDOW_BYTES as usize];
        while turns.iter().any(|turn| !turn.ended) {
            for (index, turn) in turns.iter_mut().enumerate().filter(|(_, turn)| !turn.ended) {
                let read = turn.read(&mut self.devices[index], &mut part);
                let bytes = read.map_err(|fault| group::in_device(count, index, fault))?;
                if bytes == 0 {
                    continue;
                }
                self.link.send(Message::State {
                    device: index,
                    bytes: part[..bytes].to_vec(),
                })?;
                self.totals.stream_bytes += bytes as u64;
                self.report.stream_bytes += bytes as u64;
                if !to_the_end {
                    self.report.precopy_stream_bytes += bytes as u64;
                }
                self.pay(bytes as u64);
            }
        }
        Ok(())
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

    /// All devices to RUNNING. None reaches its peers before all answer MMIO again (rule T3).
    fn back_to_running(&mut self) -> Result<(), Fault> {
        if self.devices.len() > 1 {
            // One that fails here is told with the next step.
            let _ = group::set_ndma(self.devices, DeviceState::RUNNING_NDMA);
        }
        let mut state = group::set_all(self.devices, DeviceState::RUNNING);
        if state.as_ref().is_err_and(is_reset) {
            // It was reset, which is known now: there is nothing to be kept.
            state = group::set_all(self.devices, DeviceState::RUNNING);
        }
        state
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
        let state = self.back_to_running();
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

/// How far one device's stream is.
struct Turn {
    to_the_end: bool,
    state_bytes: u64,
    streamed_bytes: u64,
    pauses: u32,
    ended: bool,
}

impl Turn {
    const fn new(state_bytes: u64, to_the_end: bool) -> Self {
        Self {
            to_the_end,
            state_bytes,
            streamed_bytes: 0,
            pauses: 0,
            ended: false,
        }
    }

    /// Reads the next part, and asks for the one after it.
    fn read<F: Function>(
        &mut self,
        device: &mut Device<F>,
        part: &mut [u8],
    ) -> Result<usize, Fault> {
        let mut window = device.stream_window();
        let bytes = window.read_bytes(part)?;
        self.streamed_bytes += bytes as u64;
        if bytes == 0 {
            match (self.to_the_end, window.end_of_stream()) {
                (true, EndOfStream::Final) | (false, _) => self.ended = true,
                // Not final though the device is stopped: it has more to say.
                (true, _) => self.pauses += 1,
            }
        }
        // A device whose state changes faster than it streams must not hold pre-copy up for
        // ever; and no state is streamed many times over once it is stopped.
        let most_bytes = if self.to_the_end {
            8 * self.state_bytes + 0x10_0000
        } else {
            2 * self.state_bytes
        };
        if self.streamed_bytes > most_bytes || self.pauses > MAX_PAUSES {
            if self.to_the_end {
                return Err(Fault::EndlessStream {
                    bytes: self.streamed_bytes,
                    state_bytes: self.state_bytes,
                });
            }
            self.ended = true;
        }
        if !self.ended {
            window.ask_ahead()?;
        }
        Ok(bytes)
    }
}

/// A device was reset behind the driver's back.
fn is_reset(fault: &Fault) -> bool {
    match fault {
        Fault::InDevice { fault, .. } => is_reset(fault),
        Fault::State(error) => matches!(error, StateError::Changed { .. }),
        _ => false,
    }
}

/// How the log of a device can be cleared while its machine runs (rule O1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clear {
    /// The device does it atomically.
    ByItself,
    /// While NDMA keeps it from being written.
    UnderNdma,
    /// Not at all.
    Never,
}

impl Clear {
    fn of<F: Function>(device: &Device<F>, forced: bool) -> Self {
        let identity = device.identity();
        match (identity.atomic_clear && !forced, identity.ndma) {
            (true, _) => Self::ByItself,
            (false, true) => Self::UnderNdma,
            (false, false) => Self::Never,
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
