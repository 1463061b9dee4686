//! What is done to a device, and what is seen of it: the words that tests, the model and
//! the card share.

use slackwater_regs::state::{self, Outcome};
use std::collections::BTreeSet;
use std::fmt;

/// What a device can do beyond the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Abilities {
    /// It can stop its DMA while it runs (rule O2).
    pub ndma: bool,
    /// Its dirty log is read and cleared at once (rule O1).
    pub atomic_clear: bool,
    /// It logs changes of its internal state, and so has something to say in pre-copy (rule E3).
    pub internal_log: bool,
}

impl Abilities {
    /// Every combination.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|bits| Self {
            ndma: bits & 1 != 0,
            atomic_clear: bits & 2 != 0,
            internal_log: bits & 4 != 0,
        })
    }
}

/// Words of internal state that acts change.
pub const WORDS: usize = 8;
/// Pages that acts write.
pub const PAGES: u64 = 64;

/// Something that a VMM, a guest or the device's work does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The VMM writes device_state: any four bits.
    Request(u32),
    /// VFIO_DEVICE_RESET.
    Reset,
    /// The guest has the device write to a page.
    Write(u64),
    /// The guest has the device change a word of its internal state.
    Change(usize, u32),
    /// The guest, or a peer, reads a register of the device.
    Touch,
    /// The VMM sets or clears DIRTY_TRACKING.
    Track(bool),
    /// The VMM reads the dirty log and clears what it read.
    Clear,
    /// The VMM takes migration data until an end of stream.
    Stream,
    /// The VMM pushes migration data: what it has taken, in some form.
    Push(Load),
    /// The link does something that PCIe allows, or that a driver must survive.
    Disturb(Disturbance),
}

/// What a link does. None of it may be seen in what comes of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// Nothing out of the way, from now on.
    Calm,
    /// Both directions stop for a while, once.
    Stall,
    /// Beats come and go in half of the clocks.
    Slow,
    /// Answers to the next reads of the VMM are late.
    Late,
    /// The answer to the next read of the VMM is lost.
    Lost,
}

impl Disturbance {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Calm, Self::Stall, Self::Slow, Self::Late, Self::Lost];
}

/// What is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// All that was taken since SAVING began.
    Whole,
    /// That without its end.
    Cut,
    /// That with a bit flipped.
    Flipped,
}

/// How a stream ends (rule E4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// There may be more while the device runs.
    Temporary,
    /// There is no more.
    Final,
}

/// How much data came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// None.
    Nothing,
    /// Some.
    Some,
    /// Some or none: what was said already may be said again.
    Any,
}

/// What is seen of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// How a request ended, and the device_state after it (rule G4).
    Outcome(Outcome, u32),
    /// It was done.
    Done,
    /// Whether the DMA has been done by now; else it waits for the gate.
    Dma(bool),
    /// Whether the device answered; else all ones.
    Answered(bool),
    /// Dirty pages.
    Pages(BTreeSet<u64>),
    /// How much data there was, and its end.
    Streamed(Amount, End),
    /// Not in this state.
    WrongState,
    /// Nothing has been taken that could be pushed, or the guest's CPUs stand still.
    Nothing,
}

impl Seen {
    /// Whether a device may show this where `self` is expected.
    pub fn allows(&self, seen: &Self) -> bool {
        match (self, seen) {
            (Self::Streamed(Amount::Any, expected), Self::Streamed(_, end)) => expected == end,
            _ => self == seen,
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(bits) => {
                let state = slackwater_host::DeviceState::from_bits(*bits);
                write!(f, "request {state} ({:#x})", bits & state::MASK)
            }
            Self::Reset => f.write_str("reset"),
            Self::Write(page) => write!(f, "write page {page}"),
            Self::Change(word, value) => write!(f, "change word {word} to {value:#x}"),
            Self::Touch => f.write_str("touch"),
            Self::Track(on) => write!(f, "tracking {}", if *on { "on" } else { "off" }),
            Self::Clear => f.write_str("read and clear"),
            Self::Stream => f.write_str("stream"),
            Self::Push(load) => write!(f, "push {load:?}"),
            Self::Disturb(how) => write!(f, "link: {how:?}"),
        }
    }
}

/// A device that acts are done to: the model, a card.
pub trait Subject {
    /// What it can.
    fn abilities(&self) -> Abilities;

    /// Does something, and tells what is seen of it.
    fn act(&mut self, act: Act) -> Seen;

    /// Its internal state, [`WORDS`] words; only looked at when it runs or has been stopped.
    fn internal(&mut self) -> [u32; WORDS];
}
