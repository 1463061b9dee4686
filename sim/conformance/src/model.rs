//! The device of the seed, as data and one function: to be read beside it.
//!
//! Time does not pass here. DMA that the gate holds waits in the device, and is done when the gate
//! opens; what it waits for is part of the internal state and moves with it.

use crate::act::{Abilities, Act, Amount, End, Load, PAGES, Seen, Subject, WORDS};
use slackwater_regs::state::{self, ERROR, NDMA, Outcome, RESUMING, RUNNING, SAVING};
use std::collections::{BTreeSet, VecDeque};

/// The device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it can do.
    pub can: Abilities,
    /// device_state.
    pub state: u32,
    /// What migration moves.
    pub internal: Internal,
    /// The data window.
    pub window: Window,
    /// DIRTY_TRACKING.
    pub tracking: bool,
    /// The dirty log.
    pub dirty: BTreeSet<u64>,
}

/// What migration moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Internal {
    /// Words of state.
    pub words: [u32; WORDS],
    /// Work that waits for the gate.
    pub held: VecDeque<Act>,
}

/// The data window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// Neither SAVING nor RESUMING.
    Closed,
    /// SAVING.
    Out {
        /// What is left to be taken now.
        left: Amount,
        /// What changed since the last end was not yet taken when it changed: it may come twice.
        logged: bool,
        /// There was the final end of stream.
        ended: bool,
    },
    /// RESUMING.
    In(Received),
}

impl Window {
    /// A stream that begins, or goes on.
    const fn out(left: Amount) -> Self {
        Self::Out {
            left,
            logged: false,
            ended: false,
        }
    }
}

/// What was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Nothing yet.
    Nothing,
    /// A whole stream and nothing else.
    Whole(Internal),
    /// Anything else.
    Invalid,
}

/// How DMA and changes stand: no new DMA (rules C1, C3, C8).
pub const fn gated(bits: u32) -> bool {
    bits & NDMA != 0 || bits & RUNNING == 0 || bits & ERROR == ERROR
}

const fn precopy(bits: u32) -> bool {
    bits & (SAVING | RUNNING) == SAVING | RUNNING
}

impl Device {
    /// A fresh device (rules R1, X3).
    pub fn new(can: Abilities) -> Self {
        Self {
            can,
            state: RUNNING,
            internal: Internal::default(),
            window: Window::Closed,
            tracking: false,
            dirty: BTreeSet::new(),
        }
    }

    /// The device after a request for these bits, and how the request ended (rules G4, G5, P1).
    pub fn request(&self, bits: u32) -> (Self, Outcome) {
        let (from, bits) = (self.state, bits & state::MASK);
        let mut next = self.clone();
        if from == ERROR {
            return (next, Outcome::Error); // C7: left by a reset only
        }
        if bits == from {
            return (next, Outcome::Succeeded); // G5: no bit differs, no action
        }
        if !state::is_valid(bits) || (bits & NDMA != 0 && !self.can.ndma) {
            return (next, Outcome::Kept); // O2
        }
        // In the order of P1. NDMA and !RUNNING: the gate has closed, and nothing changes now.
        next.state = bits;
        let begins = bits & SAVING != 0 && (from & SAVING == 0 || precopy(bits) && !precopy(from));
        if begins {
            // E1: from here to the end of stream. E3: without a log nothing, while it runs.
            next.window = match precopy(bits) && !self.can.internal_log {
                true => Window::out(Amount::Nothing),
                false => Window::out(Amount::Some),
            };
        } else if precopy(from) && bits & SAVING != 0 && !precopy(bits) {
            // E5, E8: carried forward; the rest, at least the end of the stream, is to come.
            next.window = Window::out(Amount::Some);
        } else if bits & RESUMING != 0 && from & RESUMING == 0 {
            next.window = Window::In(Received::Nothing); // E11, E12
        }
        if let (Window::In(pushed), true) = (&self.window, bits & RESUMING == 0) {
            match pushed {
                Received::Whole(internal) => next.internal = internal.clone(), // E13
                _ => {
                    next.state = ERROR; // E15
                    next.window = Window::Closed;
                    return (next, Outcome::Error);
                }
            }
        }
        if bits & (SAVING | RESUMING) == 0 {
            next.window = Window::Closed;
        }
        next.go_on(); // RUNNING, then !NDMA: what was held is done
        (next, Outcome::Succeeded)
    }

    /// Work that waits is done unless the gate is closed.
    fn go_on(&mut self) {
        while !gated(self.state)
            && let Some(act) = self.internal.held.pop_front()
        {
            match act {
                Act::Write(page) if self.tracking => {
                    self.dirty.insert(page);
                }
                Act::Change(word, value) => {
                    self.internal.words[word % WORDS] = value;
                    // C6, E6: pre-copy shows what was logged.
                    if let (Window::Out { left, logged, .. }, true) =
                        (&mut self.window, self.can.internal_log)
                    {
                        *logged = *left == Amount::Some;
                        *left = Amount::Some;
                    }
                }
                _ => {}
            }
        }
    }

    /// The device after an act, and what is seen; `taken` is what the VMM has of the stream.
    pub fn after(&self, act: Act, taken: &mut Option<Internal>) -> (Self, Seen) {
        let mut next = self.clone();
        let seen = match act {
            Act::Request(bits) => {
                let (next, outcome) = self.request(bits);
                let state = next.state;
                return (next, Seen::Outcome(outcome, state));
            }
            // X1, X2. The log belongs to DIRTY_TRACKING and stays.
            Act::Reset => {
                next = Self {
                    dirty: next.dirty,
                    tracking: next.tracking,
                    ..Self::new(self.can)
                };
                Seen::Done
            }
            // V1: the guest's CPUs stand still when the device does.
            Act::Write(_) | Act::Change(..) if self.state & RUNNING == 0 => Seen::Nothing,
            Act::Write(_) | Act::Change(..) => {
                next.internal.held.push_back(act);
                next.go_on();
                Seen::Dma(next.internal.held.is_empty())
            }
            Act::Disturb(_) => Seen::Done,
            Act::Touch => Seen::Answered(self.state & RUNNING != 0), // C5, Q1
            Act::Track(on) => {
                if on {
                    next.dirty.clear(); // V2
                }
                next.tracking = on; // V5: off, it is frozen and can be read
                Seen::Done
            }
            Act::Clear => Seen::Pages(std::mem::take(&mut next.dirty)), // V3
            Act::Stream => match &mut next.window {
                Window::Out {
                    left,
                    logged,
                    ended,
                } => {
                    let stopped = self.state & RUNNING == 0;
                    if stopped && !*ended {
                        *taken = Some(self.internal.clone()); // E9
                    }
                    *ended |= stopped;
                    let then = match std::mem::take(logged) && !stopped {
                        true => Amount::Any,
                        false => Amount::Nothing,
                    };
                    let end = if stopped { End::Final } else { End::Temporary };
                    Seen::Streamed(std::mem::replace(left, then), end)
                }
                _ => Seen::WrongState,
            },
            Act::Push(load) => match (&mut next.window, &taken) {
                (Window::In(received), Some(internal)) => {
                    let whole = load == Load::Whole && *received == Received::Nothing;
                    *received = match whole {
                        true => Received::Whole(internal.clone()),
                        false => Received::Invalid,
                    };
                    Seen::Done
                }
                (Window::In(_), None) => Seen::Nothing,
                _ => Seen::WrongState,
            },
        };
        (next, seen)
    }
}

/// The model and its VMM.
#[derive(Clone, Debug)]
pub struct Model {
    /// The device.
    pub device: Device,
    /// What the VMM has of the stream.
    pub taken: Option<Internal>,
}

impl Model {
    /// A fresh device.
    pub fn new(can: Abilities) -> Self {
        Self {
            device: Device::new(can),
            taken: None,
        }
    }
}

impl Subject for Model {
    fn abilities(&self) -> Abilities {
        self.device.can
    }

    fn act(&mut self, act: Act) -> Seen {
        debug_assert!(!matches!(act, Act::Write(page) if page >= PAGES));
        let (device, seen) = self.device.after(act, &mut self.taken);
        self.device = device;
        seen
    }

    fn internal(&mut self) -> [u32; WORDS] {
        self.device.internal.words
    }
}
