//! The comparison of two machines that stand still, and the report of a migration.

use super::MigrationConfig;
use super::fault::FaultReport;
use super::guest::GuestReport;
use super::observer::Side;
use crate::backend::Backend;
use crate::firmware_kind::FirmwareKind;
use crate::machine::Machine;
use serde::Serialize;
use slackwater_host::flow::{ResumeReport, SaveReport};
use std::time::Instant;

/// Numbers of lost pages and differing words that a report lists.
pub const LISTED: usize = 64;

/// Every page and every word of device state of two machines, compared from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Pages that were compared.
    pub pages: u64,
    /// Pages that differ.
    pub lost_pages: Vec<u64>,
    /// Words of device state that were compared.
    pub state_words: u64,
    /// Indexes of words that differ.
    pub differing_words: Vec<u64>,
    /// The machines have the same amount of memory and of device state.
    pub same_size: bool,
}

impl Comparison {
    /// Looks into both machines.
    pub fn of(source: &Machine, destination: &Machine) -> Self {
        let pages = source.memory.pages();
        let lost = |page: &u64| match (source.memory.page(*page), destination.memory.page(*page)) {
            (Ok(left), Ok(right)) => left != right,
            _ => true,
        };
        let (mut words, mut same_count) = (0, source.slots.len() == destination.slots.len());
        let mut differing_words = Vec::new();
        for (left, right) in source.slots.iter().zip(&destination.slots) {
            let (left, right) = (left.card.state_words(), right.card.state_words());
            same_count &= left.len() == right.len();
            differing_words.extend(
                (words..)
                    .zip(left.iter().zip(&right))
                    .filter_map(|(index, (left, right))| (left != right).then_some(index)),
            );
            words += left.len() as u64;
        }
        Self {
            pages,
            lost_pages: (0..pages).filter(lost).collect(),
            state_words: words,
            differing_words,
            same_size: same_count && pages == destination.memory.pages(),
        }
    }

    /// No page is lost.
    pub fn memory_identical(&self) -> bool {
        self.same_size && self.pages > 0 && self.lost_pages.is_empty()
    }

    /// No word of device state differs.
    pub fn state_identical(&self) -> bool {
        self.same_size && self.state_words > 0 && self.differing_words.is_empty()
    }
}

/// Figures of a migration. The first fourteen are stable names; times are in cycles of the card's clock.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MigrationReport {
    /// At the switch-over all pages of both memories were the same.
    pub memory_identical: bool,
    /// At the switch-over all words of device state were the same.
    pub state_identical: bool,
    /// All jobs came back with the right checksums and left the right memory, the interrupted ones
    /// too; `null` if the guest went to another process.
    pub ring_completed: Option<bool>,
    /// Pages that differed at the switch-over; `null` if it was not reached.
    pub lost_pages: Option<u64>,
    /// Rounds of pre-copy, the one of all memory included.
    pub precopy_rounds: u64,
    /// Pages that were dirty at the end of each round.
    pub dirty_pages_per_round: Vec<u64>,
    /// From the pause of the VCPUs on the source until they run on the destination.
    pub downtime_cycles: u64,
    /// How long the device took to stop its DMA.
    pub quiesce_cycles: u64,
    /// Bytes of the device's migration stream.
    pub stream_bytes: u64,
    /// Bytes of guest memory that were sent, with page headers.
    pub memory_bytes_sent: u64,
    /// Cycles of both machines.
    pub simulated_cycles: u64,
    /// Simulated cycles in a second of real time.
    pub cycles_per_second: u64,
    /// Clock of the cards.
    pub clock_hz: u64,
    /// Seed of the run.
    pub seed: u64,

    /// The side that tells, where the other one is another process; `null` if both were here.
    pub side: Option<Side>,
    /// What clocked the cards.
    pub backend: Backend,
    /// What ran the cards' firmware.
    pub firmware: FirmwareKind,
    /// Cards of each machine; figures of cards are sums over all of them.
    pub cards: u64,
    /// Size of guest memory in bytes.
    pub memory_bytes: u64,
    /// The link of the cards.
    pub link: String,
    /// Rate of the network between the machines in bytes a second.
    pub network_bytes_per_s: u64,
    /// Time for which the guest may be stopped while data is sent.
    pub downtime_limit_ns: u64,
    /// Pages sent in each round of pre-copy.
    pub sent_pages_per_round: Vec<u64>,
    /// Pages sent while the machine was stopped.
    pub final_pages: u64,
    /// Pages that came in, each time counted; only where the source is another process.
    pub received_pages: u64,
    /// What was dirty at the end fitted the downtime limit.
    pub converged: bool,
    /// The log was cleared under NDMA instead of atomically.
    pub synthesized_clear: bool,
    /// Bytes of the device's stream that were sent while the machine was running.
    pub precopy_stream_bytes: u64,
    /// The part of the downtime that the source took.
    pub stop_cycles: u64,
    /// The part of the downtime that the destination took.
    pub resume_cycles: u64,
    /// Cycles of the source machine.
    pub source_cycles: u64,
    /// Cycles of the destination machine.
    pub destination_cycles: u64,
    /// Pages that were compared.
    pub compared_pages: u64,
    /// Words of device state that were compared.
    pub compared_state_words: u64,
    /// The first of the lost pages.
    pub lost_page_numbers: Vec<u64>,
    /// The first of the words of device state that differed.
    pub differing_state_words: Vec<u64>,
    /// Jobs that were given to the accelerator.
    pub jobs_submitted: u64,
    /// Jobs that came back as they must.
    pub jobs_completed: u64,
    /// Jobs that were in the ring at the switch-over.
    pub jobs_interrupted: u64,
    /// Interrupts that jobs must have raised and that never came.
    pub lost_interrupts: u64,
    /// Pages that the VCPUs wrote, each time counted.
    pub vcpu_writes: u64,
    /// Memory writes of the source's card that reached memory.
    pub device_writes: u64,
    /// AtomicOps of the source's card that were executed.
    pub device_atomics: u64,
    /// DMA writes to no range of the log.
    pub outside_writes: u64,
    /// Jobs that came back with an error because a fault was injected.
    pub job_errors: u64,
    /// Jobs that were in the ring when the device was reset by a fault.
    pub jobs_abandoned: u64,
    /// Faults that were injected, and where they struck.
    pub faults: Vec<FaultReport>,
    /// Why the migration failed, if it did; the guest runs on on the source then.
    pub failure: Option<String>,
    /// What the guest noticed, at most the first few.
    pub guest_failures: Vec<String>,
}

impl MigrationReport {
    /// The machine was migrated, and nothing was lost.
    pub fn is_success(&self) -> bool {
        self.failure.is_none()
            && self.memory_identical
            && self.state_identical
            && self.ring_completed != Some(false)
            && self.lost_interrupts == 0
    }

    /// Every job and every interrupt came back as they must.
    pub fn guest_is_whole(&self) -> bool {
        self.ring_completed == Some(true) && self.lost_interrupts == 0
    }

    /// Of a migration that is still to come.
    pub(super) fn of(config: &MigrationConfig) -> Self {
        Self {
            clock_hz: config.root_complex.clock_hz,
            seed: config.seed.0,
            backend: config.backend,
            firmware: config.firmware.kind,
            cards: config.cards as u64,
            memory_bytes: config.memory_bytes,
            link: config.root_complex.link.speed.to_string(),
            network_bytes_per_s: config.save.network_bytes_per_s,
            downtime_limit_ns: config.save.downtime_limit_ns,
            ..Self::default()
        }
    }

    pub(super) fn add_source(&mut self, source: &Machine) {
        self.source_cycles = source.now_cycles();
        self.simulated_cycles += self.source_cycles;
        for card in 0..source.slots.len() {
            if let Some(port) = source.root_complex.report(card) {
                self.device_writes += port.memory_writes;
                self.device_atomics += port.atomics;
            }
        }
    }

    pub(super) fn add_destination(&mut self, destination: &Machine) {
        self.destination_cycles = destination.now_cycles();
        self.simulated_cycles += self.destination_cycles;
    }

    /// Sets how fast the simulation was.
    pub(super) fn add_rate(&mut self, begun: Instant) {
        let ns = begun.elapsed().as_nanos().max(1);
        let rate = u128::from(self.simulated_cycles) * 1_000_000_000 / ns;
        self.cycles_per_second = u64::try_from(rate).unwrap_or(u64::MAX);
    }

    /// Pages and devices whose digests were the same on both sides; none if they could not tell.
    pub(super) fn add_digest(&mut self, compared_pages: u64, state_words: u64) {
        if compared_pages > 0 {
            self.memory_identical = true;
            self.state_identical = true;
            self.lost_pages = Some(0);
            self.compared_pages = compared_pages;
            self.compared_state_words = state_words;
        }
    }

    pub(super) fn add_save(&mut self, save: &SaveReport) {
        let cycles = |ns| cycles(ns, self.clock_hz);
        self.precopy_rounds = save.rounds.len() as u64;
        self.dirty_pages_per_round = save.rounds.iter().map(|round| round.dirty_pages).collect();
        self.sent_pages_per_round = save.rounds.iter().map(|round| round.sent_pages).collect();
        self.final_pages = save.final_pages;
        self.converged = save.converged;
        self.synthesized_clear = save.synthesized_clear;
        self.quiesce_cycles = cycles(save.quiesce_ns);
        self.stop_cycles = cycles(save.downtime_ns);
        self.stream_bytes = save.stream_bytes;
        self.precopy_stream_bytes = save.precopy_stream_bytes;
        self.memory_bytes_sent = save.memory_bytes_sent;
        self.outside_writes = u64::from(save.outside_writes);
        self.downtime_cycles = self.stop_cycles + self.resume_cycles;
    }

    pub(super) fn add_resume(&mut self, resume: &ResumeReport) {
        self.resume_cycles = cycles(resume.resume_ns, self.clock_hz);
        self.downtime_cycles = self.stop_cycles + self.resume_cycles;
    }

    pub(super) fn add_comparison(&mut self, comparison: &Comparison) {
        self.memory_identical = comparison.memory_identical();
        self.state_identical = comparison.state_identical();
        self.lost_pages = Some(comparison.lost_pages.len() as u64);
        self.compared_pages = comparison.pages;
        self.compared_state_words = comparison.state_words;
        let first = |numbers: &[u64]| numbers.iter().copied().take(LISTED).collect();
        self.lost_page_numbers = first(&comparison.lost_pages);
        self.differing_state_words = first(&comparison.differing_words);
    }

    pub(super) fn add_guest(&mut self, guest: &GuestReport, done: bool) {
        self.jobs_submitted = guest.submitted;
        self.jobs_completed = guest.completed;
        self.jobs_interrupted = guest.interrupted;
        self.lost_interrupts = guest.expected_interrupts.saturating_sub(guest.interrupts);
        self.vcpu_writes = guest.vcpu_writes;
        let whole = done
            && guest.failures == 0
            && guest.completed + guest.errors + guest.abandoned == guest.submitted
            && guest.interrupted_completed + guest.interrupted_errors == guest.interrupted;
        self.ring_completed = Some(whole);
        self.job_errors = guest.errors;
        self.jobs_abandoned = guest.abandoned;
        self.guest_failures = guest.failure_texts.clone();
    }
}

/// Times of the flows are whole nanoseconds; a clock of 125 MHz loses nothing by that.
fn cycles(ns: u64, clock_hz: u64) -> u64 {
    let cycles = (u128::from(ns) * u128::from(clock_hz)).div_ceil(1_000_000_000);
    u64::try_from(cycles).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MachineConfig;

    fn machine(memory_bytes: u64) -> Machine {
        let config = MachineConfig {
            memory_bytes,
            ..MachineConfig::default()
        };
        Machine::new(&config, Vec::new()).unwrap()
    }

    #[test]
    fn one_bit_is_found() {
        let (source, mut destination) = (machine(1 << 16), machine(1 << 16));
        assert!(Comparison::of(&source, &destination).memory_identical());
        destination.memory.page_mut(9).unwrap()[4095] = 0x80;
        let comparison = Comparison::of(&source, &destination);
        assert_eq!(comparison.lost_pages, [9]);
        assert!(!comparison.memory_identical());
    }

    #[test]
    fn machines_of_two_sizes_are_not_identical() {
        let (source, destination) = (machine(1 << 16), machine(1 << 17));
        assert!(!Comparison::of(&source, &destination).memory_identical());
        assert!(!Comparison::of(&destination, &source).memory_identical());
    }

    #[test]
    fn no_state_is_not_identical_state() {
        let comparison = Comparison::of(&machine(1 << 16), &machine(1 << 16));
        assert!(!comparison.state_identical());
    }
}
