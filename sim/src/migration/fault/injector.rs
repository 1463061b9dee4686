//! Has faults strike: at the steps of the flows, at cycles of the machines, in the messages between them.

use super::kind::{Kind, Reader};
use super::plan::{FaultPlan, When, slug};
use super::strike::{CARD, chance, count, strike};
use crate::machine::{Firmware, Machine};
use crate::migration::guest::Team;
use crate::migration::observer::{Event, Observer, Side};
use crate::migration::scenario::Tap;
use crate::migration::{MigrationConfig, MigrationError};
use crate::ports::Card;
use crate::root_complex::Chance;
use serde::Serialize;
use slackwater_host::flow::Phase;
use slackwater_host::flow::pipeline::{Content, Message};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A fault, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FaultReport {
    /// The fault as it was asked for.
    pub fault: String,
    /// How often it struck: 0 if there was nothing to strike.
    pub struck: u64,
    /// Cycle of its machine in which it struck last; none for a message.
    pub cycle: Option<u64>,
    /// Step of its machine in which it was set.
    pub phase: Option<&'static str>,
}

struct Entry {
    plan: FaultPlan,
    /// A completion fault that has not yet been taken back.
    armed: bool,
    report: FaultReport,
    /// What is put into the slot by a hot reset.
    fresh: Option<Box<dyn Card>>,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    /// The present step of each machine: source, destination.
    phases: [Option<Phase>; 2],
    died: bool,
}

impl State {
    fn phase(&mut self, side: Side) -> &mut Option<Phase> {
        &mut self.phases[usize::from(side == Side::Destination)]
    }
}

/// Injects faults into a migration that it watches, and lets another observer watch too.
pub struct Injector<'a> {
    inner: &'a dyn Observer,
    team: Team,
    config: MigrationConfig,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Entry {
    /// The fault begins.
    fn strike(&mut self, machine: &mut Machine, team: &Team, firmware: Box<dyn Firmware>) {
        let now = machine.now_cycles();
        let told = machine.has_agents();
        let struck = match self.plan.kind {
            // A guest that stands still resets nothing.
            Kind::FunctionReset if !(told && machine.vcpus_running) => false,
            Kind::HotReset => match self.fresh.take() {
                Some(card) => {
                    machine.power_cycle(CARD, card, Some(firmware));
                    if told {
                        team.device_was_reset(CARD);
                    }
                    true
                }
                None => false,
            },
            kind => {
                let struck = strike(kind, machine);
                // Its completions are counted as they come.
                self.armed |= matches!(kind, Kind::Completion { .. });
                if struck && kind == Kind::FunctionReset {
                    team.device_was_reset(CARD);
                }
                struck
            }
        };
        if struck {
            self.report.struck += 1;
            self.report.cycle = Some(now);
        }
    }

    /// Counts the completions that were struck; `end` takes back what has found none.
    fn settle(&mut self, machine: &mut Machine, end: bool) {
        let Kind::Completion {
            reader,
            effect,
            amount,
        } = self.plan.kind
        else {
            return;
        };
        if !self.armed {
            return;
        }
        let port = machine.root_complex.report(CARD);
        let last = port.and_then(|report| report.last_injected_cycle);
        if let Some(faults) = machine.root_complex.faults(CARD) {
            let chance = chance(faults, reader, effect);
            let struck = u64::from(count(effect, amount).saturating_sub(chance.next));
            if struck > self.report.struck {
                self.report.struck = struck;
                self.report.cycle = last;
            }
            if end {
                *chance = Chance::NEVER;
                self.armed = false;
            }
        }
    }
}

impl<'a> Injector<'a> {
    /// Will inject these faults.
    ///
    /// # Errors
    /// A card for a hot reset cannot be made.
    pub fn new(
        plans: &[FaultPlan],
        config: &MigrationConfig,
        team: &Team,
        inner: &'a dyn Observer,
    ) -> Result<Self, MigrationError> {
        let entry = |plan: &FaultPlan| {
            let fresh = match plan.kind {
                Kind::HotReset => Some(config.backend.card()?),
                _ => None,
            };
            let report = FaultReport {
                fault: plan.to_string(),
                ..FaultReport::default()
            };
            Ok(Entry {
                plan: *plan,
                armed: false,
                report,
                fresh,
            })
        };
        let entries = plans
            .iter()
            .map(entry)
            .collect::<Result<_, MigrationError>>()?;
        let failing = |plan: &FaultPlan| {
            matches!(
                plan.kind,
                Kind::Completion {
                    reader: Reader::Card,
                    ..
                }
            )
        };
        if plans.iter().any(failing) {
            team.expect_errors();
        }
        Ok(Self {
            inner,
            team: team.clone(),
            config: config.clone(),
            state: Arc::new(Mutex::new(State {
                entries,
                ..State::default()
            })),
        })
    }

    /// What came of the faults so far.
    pub fn reports(&self) -> Vec<FaultReport> {
        lock(&self.state)
            .entries
            .iter()
            .map(|entry| entry.report.clone())
            .collect()
    }

    /// What strikes the messages between the flows.
    pub fn tap(&self) -> Tap {
        let state = Arc::clone(&self.state);
        let (mut stream_bytes, mut pages) = (0, 0);
        Box::new(move |message| {
            for entry in &mut lock(&state).entries {
                entry.report.struck +=
                    u64::from(entry.plan.kind.change(message, stream_bytes, pages));
            }
            match message {
                Message::State { bytes, .. } => stream_bytes += bytes.len(),
                Message::Pages(batch) => {
                    pages += batch
                        .pages
                        .iter()
                        .filter(|record| record.content != Content::Zero)
                        .count();
                }
                _ => {}
            }
        })
    }

    /// Faults that are set at a cycle of a machine.
    fn set_alarms(&self, side: Side, machine: &mut Machine) {
        let state = lock(&self.state);
        for (index, entry) in state.entries.iter().enumerate() {
            let When::Cycle(cycle) = entry.plan.when else {
                continue;
            };
            if entry.plan.side != side {
                continue;
            }
            let (state, team, firmware) = (
                Arc::clone(&self.state),
                self.team.clone(),
                self.config.firmware,
            );
            let alarm = Box::new(move |machine: &mut Machine| {
                let mut state = lock(&state);
                let phase = *state.phase(side);
                if let Some(entry) = state.entries.get_mut(index) {
                    entry.report.phase = phase.map(slug);
                    entry.strike(machine, &team, firmware.start());
                }
            });
            machine.set_alarm(cycle, alarm);
        }
    }

    /// A step begins: what was to strike the last one is over.
    fn enter(&self, side: Side, phase: Phase, machine: &mut Machine) {
        let mut state = lock(&self.state);
        *state.phase(side) = Some(phase);
        let mut died = false;
        for entry in state
            .entries
            .iter_mut()
            .filter(|entry| entry.plan.side == side)
        {
            entry.settle(machine, matches!(entry.plan.when, When::Phase(_)));
            if entry.plan.when != When::Phase(phase) {
                continue;
            }
            entry.report.phase = Some(slug(phase));
            if entry.plan.kind == Kind::Vanish {
                entry.report.struck += 1;
                entry.report.cycle = Some(machine.now_cycles());
                died = true;
            }
            entry.strike(machine, &self.team, self.config.firmware.start());
        }
        state.died |= died;
    }

    /// The flows are over; only what strikes a machine that has been moved to goes on.
    fn settle(&self, side: Side, machine: &mut Machine, last: bool) {
        for entry in &mut lock(&self.state).entries {
            if entry.plan.side == side {
                entry.settle(
                    machine,
                    last || entry.plan.when != When::Phase(Phase::Running),
                );
            }
        }
    }
}

impl Observer for Injector<'_> {
    fn event(&self, side: Side, event: Event, machine: &mut Machine) {
        self.inner.event(side, event, machine);
        match event {
            Event::WarmUp => self.set_alarms(side, machine),
            Event::Phase(phase) => {
                if phase == Phase::Fresh {
                    self.set_alarms(side, machine);
                }
                self.enter(side, phase, machine);
            }
            Event::Completing => self.settle(side, machine, false),
            Event::Pages { .. } | Event::Round { .. } | Event::Remaining { .. } => {}
        }
    }

    fn completed(&self, side: Side, machine: &mut Machine) {
        self.inner.completed(side, machine);
        self.settle(side, machine, true);
    }

    fn dies(&self, side: Side) -> bool {
        self.inner.dies(side) || side == Side::Destination && lock(&self.state).died
    }
}

impl Kind {
    /// Changes a message; whether it did. So many bytes of the stream, and pages that are not
    /// empty, went before it.
    fn change(self, message: &mut Message, stream_bytes: usize, pages: usize) -> bool {
        match (self, message) {
            (Self::OtherType, Message::Hello(hello)) => {
                if let Some(device) = hello.devices.get_mut(CARD) {
                    device.device_type ^= 1;
                }
            }
            (Self::OtherSize, Message::Hello(hello)) => {
                if let Some(device) = hello.devices.get_mut(CARD) {
                    device.state_words = device.state_words.wrapping_add(1);
                }
            }
            (Self::BadStream { byte }, Message::State { bytes, .. }) => {
                let place = (byte as usize).checked_sub(stream_bytes);
                let Some(byte) = place.and_then(|place| bytes.get_mut(place)) else {
                    return false;
                };
                *byte ^= 0x10;
            }
            (Self::BadPage { index }, Message::Pages(batch)) => {
                let contents =
                    batch
                        .pages
                        .iter_mut()
                        .filter_map(|record| match &mut record.content {
                            Content::Bytes(bytes) => Some(bytes),
                            Content::Zero => None,
                        });
                let place = (index as usize).checked_sub(pages);
                let Some(bytes) = place.and_then(|place| contents.into_iter().nth(place)) else {
                    return false;
                };
                bytes[77] ^= 1;
            }
            _ => return false,
        }
        true
    }
}
