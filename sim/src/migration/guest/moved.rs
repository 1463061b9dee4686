//! A guest as bytes, for a machine in another process.
//!
//! Only what a driver has learned is sent: where its rings, its pages and its peers are follows from
//! the machine's size, and the destination works that out itself. What comes in is checked before it
//! is used, for it is another program's word.

use super::jobs::{JobMemory, Planned};
use super::{
    Guest, GuestProfile, GuestReport, KEPT_FAILURES, POLL_CYCLES, RESET_CYCLES, RING_ENTRIES,
    State, Team,
};
use crate::machine::Machine;
use crate::memory::PAGE_BYTES;
use crate::migration::MigrationConfig;
use crate::seed::Stream;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};

/// Most of anything that a driver counts: sums of two never overflow.
const MAX_COUNT: u64 = 1 << 48;

/// A guest on its way.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MovedTeam {
    drivers: Vec<MovedDriver>,
}

/// What a driver remembers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MovedDriver {
    profile: GuestProfile,
    next_index: u16,
    ring_in_flight: u16,
    page_requests: bool,
    jobs: JobMemory,
    vcpu: Stream,
    in_flight: Vec<Planned>,
    start: Vec<(u32, u32)>,
    started: bool,
    doorbell: Option<u32>,
    dirty_budget: u64,
    report: GuestReport,
    expects_errors: bool,
    scratch_unknown: bool,
    restart_polls: u64,
}

impl Team {
    /// All that the drivers know, with the interrupts that wait for them on their machine. They
    /// stay as they are: the machine may have to run on.
    pub(in super::super) fn to_bytes(&self, machine: &Machine) -> Vec<u8> {
        let drivers = self.drivers().iter();
        let moved = MovedTeam {
            drivers: drivers
                .map(|guest| guest.lock().to_moved(machine))
                .collect(),
        };
        // Plain data with names for keys: nothing in it can be refused.
        serde_json::to_vec(&moved).unwrap_or_default()
    }

    /// The drivers of a machine that came from another process.
    ///
    /// # Errors
    /// What cannot be, with its value.
    pub(in super::super) fn from_bytes(
        bytes: &[u8],
        config: &MigrationConfig,
    ) -> Result<Self, String> {
        let moved: MovedTeam = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let (found, cards) = (moved.drivers.len(), config.cards);
        if found != cards {
            return Err(format!("there are {found} drivers for {cards} cards"));
        }
        let drivers = moved.drivers.into_iter().enumerate().map(|(card, driver)| {
            let guest = driver.into_guest(config, card);
            guest.map_err(|reason| format!("driver {card}: {reason}"))
        });
        drivers.collect::<Result<_, _>>().map(Self::new)
    }
}

impl State {
    fn to_moved(&self, machine: &Machine) -> MovedDriver {
        let mut report = self.report.clone();
        report.interrupts += machine
            .root_complex
            .interrupts(self.place.card, super::VECTOR);
        report.interrupted += self.in_flight.len() as u64;
        let mut in_flight: Vec<Planned> = self.in_flight.iter().cloned().collect();
        for planned in &mut in_flight {
            planned.interrupted = true;
        }
        MovedDriver {
            profile: self.profile.clone(),
            next_index: self.ring.next_index(),
            ring_in_flight: self.ring.in_flight(),
            page_requests: self.ring.page_requests(),
            jobs: self.jobs.memory(),
            vcpu: self.vcpu.clone(),
            in_flight,
            start: self.start.iter().copied().collect(),
            started: self.started,
            doorbell: self.doorbell,
            // Less than a page's worth is left over.
            dirty_budget: u64::try_from(self.dirty_budget).unwrap_or(u64::MAX),
            report,
            expects_errors: self.expects_errors,
            scratch_unknown: self.scratch_unknown,
            restart_polls: self.restart_polls,
        }
    }
}

impl MovedDriver {
    fn into_guest(self, config: &MigrationConfig, card: usize) -> Result<Guest, String> {
        let config = MigrationConfig {
            guest: self.profile.clone(),
            ..config.clone()
        };
        config.check().map_err(|error| error.to_string())?;
        self.check_report()?;
        let guest = Guest::of_card(&config, card).map_err(|error| error.to_string())?;
        let state = guest.lock();
        let mut ring = state
            .ring
            .at(self.next_index, self.ring_in_flight)
            .map_err(|error| error.to_string())?;
        if self.page_requests {
            ring = ring.with_page_requests();
        }
        at_most(
            "number of jobs in flight",
            self.in_flight.len(),
            usize::from(RING_ENTRIES),
        )?;
        let bytes = state.place.pages.start * PAGE_BYTES..state.place.pages.end * PAGE_BYTES;
        for planned in &self.in_flight {
            planned.check(&bytes)?;
        }
        if !state.start.as_slices().0.ends_with(&self.start) {
            return Err(format!(
                "register writes of the driver's start are {:x?}, expected the last of {:x?}",
                self.start, state.start
            ));
        }
        let budget = u64::try_from(state.page_cost()).unwrap_or(u64::MAX);
        at_most("budget of dirty memory", self.dirty_budget, budget)?;
        let polls = RESET_CYCLES / POLL_CYCLES;
        at_most("wait after a reset in polls", self.restart_polls, polls)?;
        let jobs = state.jobs.clone().with_memory(self.jobs)?;
        let state = State {
            profile: self.profile,
            ring,
            jobs,
            vcpu: self.vcpu,
            place: state.place.clone(),
            clock_hz: state.clock_hz,
            in_flight: self.in_flight.into(),
            start: self.start.into(),
            started: self.started,
            doorbell: self.doorbell,
            dirty_budget: self.dirty_budget.into(),
            allowance: None,
            report: self.report,
            expects_errors: self.expects_errors,
            scratch_unknown: self.scratch_unknown,
            restart_polls: self.restart_polls,
        };
        Ok(Guest(Arc::new(Mutex::new(state))))
    }

    fn check_report(&self) -> Result<(), String> {
        let GuestReport {
            submitted,
            completed,
            interrupted,
            interrupted_completed,
            expected_interrupts,
            interrupts,
            vcpu_writes,
            errors,
            interrupted_errors,
            abandoned,
            failures,
            failure_texts,
        } = &self.report;
        for (what, count) in [
            ("submitted", submitted),
            ("completed", completed),
            ("interrupted", interrupted),
            ("interrupted_completed", interrupted_completed),
            ("expected_interrupts", expected_interrupts),
            ("interrupts", interrupts),
            ("vcpu_writes", vcpu_writes),
            ("errors", errors),
            ("interrupted_errors", interrupted_errors),
            ("abandoned", abandoned),
            ("failures", failures),
        ] {
            at_most(what, *count, MAX_COUNT)?;
        }
        at_most(
            "number of failures told",
            failure_texts.len(),
            KEPT_FAILURES,
        )
    }
}

/// Refuses what is more than can be.
pub(super) fn at_most<T: PartialOrd + std::fmt::Display>(
    what: &str,
    found: T,
    most: T,
) -> Result<(), String> {
    if found > most {
        return Err(format!("{what} is {found}, the most is {most}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MachineConfig;
    use crate::seed::Seed;
    use serde_json::{Value, json};

    fn config() -> MigrationConfig {
        MigrationConfig {
            cards: 2,
            peer_dma: true,
            ..MigrationConfig::small(Seed(5))
        }
    }

    fn bytes() -> Vec<u8> {
        let machine = Machine::new(&MachineConfig::default(), Vec::new()).unwrap();
        Team::of(&config()).unwrap().to_bytes(&machine)
    }

    #[test]
    fn a_guest_comes_back_as_it_went() {
        let machine = Machine::new(&MachineConfig::default(), Vec::new()).unwrap();
        let team = Team::from_bytes(&bytes(), &config()).unwrap();
        assert_eq!(team.to_bytes(&machine), bytes());
        assert_eq!(team.drivers().len(), 2);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let span = |address: u64, bytes: u64| json!({"address": address, "bytes": bytes});
        let planned = |source: Value| {
            json!([{
                "job": {"Checksum": {"source": 0, "bytes": 4}}, "cookie": 0, "interrupt": false,
                "checksum": {"sum_a": 0, "sum_b": 0}, "interrupted": false,
                "source": source, "written": null,
            }])
        };
        for (path, value, text) in [
            ("ring_in_flight", json!(65), "65"),
            ("dirty_budget", json!(u64::MAX), "budget of dirty memory"),
            ("restart_polls", json!(1_000_000), "1000000"),
            ("start", json!([[1, 2]]), "register writes"),
            (
                "in_flight",
                planned(span(u64::MAX - 3, 8)),
                "18446744073709551612",
            ),
            ("in_flight", planned(span(0x4000, 1 << 40)), "1099511627776"),
            ("in_flight", planned(span(0x4000, 0)), "0 bytes"),
            ("report/submitted", json!(u64::MAX), "submitted"),
            ("jobs/scratch/words", json!([1, 2]), "scratch"),
            ("jobs/scratch/roll", json!(u32::MAX), "scratch"),
            ("jobs/next_page", json!(u64::MAX), "next page"),
            (
                "profile/job_bytes",
                json!({"start": 4, "end": u32::MAX}),
                "4294967295",
            ),
            ("profile/dirty_bytes_per_s", json!(u64::MAX), "dirty"),
            ("vcpu", json!("x"), "invalid type"),
        ] {
            let mut team: Value = serde_json::from_slice(&bytes()).unwrap();
            *team.pointer_mut(&format!("/drivers/1/{path}")).unwrap() = value;
            let changed = serde_json::to_vec(&team).unwrap();
            let Err(error) = Team::from_bytes(&changed, &config()) else {
                panic!("{path} was taken")
            };
            assert!(error.contains(text), "{path}: {error}");
        }
        let drivers = |count| {
            let config = MigrationConfig {
                cards: count,
                ..config()
            };
            Team::from_bytes(&bytes(), &config).err().unwrap()
        };
        assert!(drivers(1).contains("2 drivers for 1 cards"));
        assert!(
            drivers(3).contains("2 drivers for 3 cards"),
            "{}",
            drivers(3)
        );
        assert!(Team::from_bytes(&[0xff; 9], &config()).is_err());
    }

    /// Changed bytes are refused or taken, and never a panic.
    #[test]
    fn noise_is_refused_or_taken() {
        let mut random = Seed(0x6e01).stream();
        for _ in 0..3000 {
            let mut bytes = bytes();
            for _ in 0..=random.below(3) {
                let at = random.index(bytes.len());
                bytes[at] = b"0123456789-{}[],:\"ntf"[random.index(21)];
            }
            let _ = Team::from_bytes(&bytes, &config());
        }
    }
}
