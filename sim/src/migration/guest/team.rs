//! The drivers of one guest: one for each card, each with its own part of memory.

use super::{Guest, GuestReport};
use crate::machine::{Agent, Machine};
use crate::migration::MigrationConfig;
use slackwater_host::workload::RingError;

/// All drivers of a guest.
#[derive(Clone)]
pub struct Team(Vec<Guest>);

impl Team {
    /// These drivers.
    pub const fn new(drivers: Vec<Guest>) -> Self {
        Self(drivers)
    }

    /// The drivers of a machine like this, not yet started. They share its VCPUs.
    pub(in super::super) fn of(config: &MigrationConfig) -> Result<Self, RingError> {
        let mut config = config.clone();
        config.guest.dirty_bytes_per_s /= config.cards.max(1) as u64;
        let drivers = (0..config.cards).map(|card| Guest::of_card(&config, card));
        drivers.collect::<Result<_, _>>().map(Self)
    }

    /// The drivers, by card.
    pub fn drivers(&self) -> &[Guest] {
        &self.0
    }

    fn sum(&self, figure: impl Fn(&Guest) -> u64) -> u64 {
        self.0.iter().map(figure).sum()
    }

    /// The programs that run on a machine's VCPUs.
    pub fn agents(&self) -> Vec<Box<dyn Agent>> {
        self.0.iter().map(Guest::agent).collect()
    }

    /// What all have seen so far.
    pub fn report(&self) -> GuestReport {
        let mut all = GuestReport::default();
        for report in self.0.iter().map(Guest::report) {
            all.add(report);
        }
        all
    }

    /// Jobs that were completed so far.
    pub fn completed(&self) -> u64 {
        self.sum(Guest::completed)
    }

    /// Lets each driver go on without a limit; gives what each has completed after so many more jobs.
    pub(in super::super) fn go_on(&self, jobs: u64) -> Vec<u64> {
        let target = |guest: &Guest| {
            guest.go_on();
            guest.completed() + jobs
        };
        self.0.iter().map(target).collect()
    }

    /// Each has completed so many jobs.
    pub(in super::super) fn has_completed(&self, jobs: &[u64]) -> bool {
        let mut drivers = self.0.iter().zip(jobs);
        drivers.all(|(guest, jobs)| guest.completed() >= *jobs)
    }

    /// Each has completed so many jobs, or something went wrong.
    pub(in super::super) fn has_ended_by(&self, jobs: &[u64]) -> bool {
        self.failures() > 0 || self.has_completed(jobs)
    }

    /// Failures so far.
    pub fn failures(&self) -> u64 {
        self.sum(Guest::failures)
    }

    /// From now on jobs may come back with an error, see [`Guest::expect_errors`].
    pub fn expect_errors(&self) {
        for guest in &self.0 {
            guest.expect_errors();
        }
    }

    /// One device was reset, see [`Guest::device_was_reset`].
    pub fn device_was_reset(&self, card: usize) {
        if let Some(guest) = self.0.get(card) {
            guest.device_was_reset();
        }
    }

    /// All devices were reset, see [`Guest::device_was_reset`].
    pub fn devices_were_reset(&self) {
        for guest in &self.0 {
            guest.device_was_reset();
        }
    }

    /// From now on each submits only so many more jobs.
    pub fn allow(&self, jobs: u64) {
        for guest in &self.0 {
            guest.allow(jobs);
        }
    }

    /// All have nothing in their rings, and all interrupts have come.
    pub fn is_done(&self) -> bool {
        self.0.iter().all(Guest::is_done)
    }

    /// All are done, or something went wrong.
    pub(in super::super) fn has_ended(&self) -> bool {
        self.failures() > 0 || self.is_done()
    }

    /// Jobs in the rings.
    pub fn in_flight(&self) -> u64 {
        self.sum(Guest::in_flight)
    }

    /// They move from a machine, with the interrupts that they have not seen.
    pub(in super::super) fn leave(&self, machine: &mut Machine) {
        for guest in &self.0 {
            let interrupts = guest.take_interrupts(machine);
            guest.moved(interrupts);
        }
    }
}
