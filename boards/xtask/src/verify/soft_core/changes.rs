//! How long each change of device_state took, as a probe of a machine sees it.

use slackwater_host::DeviceState;
use slackwater_sim::machine::{Machine, Probe};
use std::sync::{Arc, Mutex, PoisonError};

/// A change of device_state.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The state before.
    from: u32,
    /// The state after.
    to: u32,
    /// Clocks in which the request was pending.
    pub cycles: u64,
}

impl Change {
    /// Both states.
    pub fn name(&self) -> String {
        let [from, to] = [self.from, self.to].map(DeviceState::from_bits);
        format!("{from} to {to}")
    }
}

/// All changes of the first cards of some machines.
#[derive(Clone, Default)]
pub struct Changes {
    done: Arc<Mutex<Vec<Change>>>,
    /// Of one machine: the state in which a request came, and the clocks since then.
    pending: Option<(u32, u64)>,
}

impl Changes {
    /// In the order in which they ended.
    pub fn all(&self) -> Vec<Change> {
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Probe for Changes {
    fn look(&mut self, machine: &Machine) {
        let Some(levels) = machine.slots.first().and_then(|slot| slot.card.levels()) else {
            return;
        };
        if levels.request_pending {
            let (_, cycles) = self.pending.get_or_insert((levels.device_state, 0));
            *cycles += 1;
        } else if let Some((from, cycles)) = self.pending.take() {
            self.done
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Change {
                    from,
                    to: levels.device_state,
                    cycles,
                });
        }
    }
}
