//! Faults that strike a machine by itself: its link, its card, its firmware.

use super::kind::{Effect, Kind, Reader};
use crate::machine::Machine;
use crate::root_complex::{Chance, Faults};

/// The card that is struck: the first.
pub(super) const CARD: usize = 0;

/// What becomes of the next completions, in the port's faults.
pub(super) fn chance(faults: &mut Faults, reader: Reader, effect: Effect) -> &mut Chance {
    let completions = match reader {
        Reader::Card => &mut faults.to_card,
        Reader::Cpu => &mut faults.to_cpu,
    };
    match effect {
        Effect::Lost => &mut completions.drop,
        Effect::Late => &mut completions.late,
        Effect::Duplicated => &mut completions.duplicate,
        Effect::Poisoned => &mut completions.poison,
    }
}

/// Completions that are struck: a late one is one.
pub(super) const fn count(effect: Effect, amount: u32) -> u32 {
    match effect {
        Effect::Late => 1,
        _ => amount,
    }
}

/// Has a fault begin; whether it has struck by that. Completions are struck as they come, and kinds
/// that are none of a machine alone strike nothing.
pub fn strike(kind: Kind, machine: &mut Machine) -> bool {
    let now = machine.now_cycles();
    match kind {
        Kind::Completion {
            reader,
            effect,
            amount,
        } => {
            if let Some(faults) = machine.root_complex.faults(CARD) {
                if effect == Effect::Late {
                    faults.late_cycles = u64::from(amount);
                }
                *chance(faults, reader, effect) = Chance::next(count(effect, amount));
            }
            false
        }
        Kind::LinkStall { cycles } => match machine.root_complex.faults(CARD) {
            Some(faults) => {
                faults.link_stall = Chance::next(1);
                faults.link_stall_cycles = u64::from(cycles);
                true
            }
            None => false,
        },
        Kind::FunctionReset => match machine.slots.get_mut(CARD) {
            Some(slot) => {
                slot.flr = true;
                true
            }
            None => false,
        },
        Kind::FirmwareStall { cycles } => match machine.slots.get_mut(CARD) {
            Some(slot) => {
                slot.stall_firmware = true;
                if cycles > 0 {
                    let end = Box::new(|machine: &mut Machine| {
                        if let Some(slot) = machine.slots.get_mut(CARD) {
                            slot.stall_firmware = false;
                        }
                    });
                    machine.set_alarm(now + u64::from(cycles), end);
                }
                true
            }
            None => false,
        },
        // These need a card in reserve, or strike messages and the VMM.
        Kind::HotReset
        | Kind::OtherType
        | Kind::OtherSize
        | Kind::BadStream { .. }
        | Kind::BadPage { .. }
        | Kind::Vanish => false,
    }
}
