//! What is broken: the kinds of faults, their names and arguments.

use std::fmt;

/// Whose completion is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// The card's: memory answers its reads and AtomicOps.
    Card,
    /// The CPU's: the card answers its MMIO reads.
    Cpu,
}

/// What becomes of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It never arrives.
    Lost,
    /// It is held back.
    Late,
    /// It arrives twice.
    Duplicated,
    /// It arrives with EP set.
    Poisoned,
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The next completions of one reader are struck; one that is late is held for `amount`
    /// cycles, of the others `amount` are struck.
    Completion {
        /// Whose.
        reader: Reader,
        /// What becomes of them.
        effect: Effect,
        /// Cycles, or number of completions.
        amount: u32,
    },
    /// Neither direction of the link carries anything.
    LinkStall {
        /// For so long.
        cycles: u32,
    },
    /// The guest resets the function (FLR), and starts its driver anew.
    FunctionReset,
    /// The card loses its power and comes up fresh; the guest is told, and starts its driver anew.
    HotReset,
    /// The firmware does nothing.
    FirmwareStall {
        /// For so long; 0 is until the soft core is reset.
        cycles: u32,
    },
    /// The destination is told of another type of device than its own.
    OtherType,
    /// The destination is told of more device state than it has.
    OtherSize,
    /// A bit of the device's stream is flipped on the way.
    BadStream {
        /// Offset of the byte in the stream.
        byte: u32,
    },
    /// A bit of a page is flipped on the way.
    BadPage {
        /// Index of the page among those sent that are not empty.
        index: u32,
    },
    /// The destination's VMM dies without a word.
    Vanish,
}

/// What the argument of a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// There is none.
    None,
    /// How many completions.
    Count,
    /// How many cycles.
    Cycles,
    /// An offset or index, from 0.
    Place,
}

/// A kind as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// Its name.
    pub text: &'static str,
    /// What its argument is.
    pub argument: Argument,
    /// The kind, with the argument that it has without being told.
    pub kind: Kind,
    /// One line about it.
    pub meaning: &'static str,
}

const fn completion(
    text: &'static str,
    reader: Reader,
    effect: Effect,
    amount: u32,
    meaning: &'static str,
) -> Name {
    Name {
        text,
        argument: match effect {
            Late => Argument::Cycles,
            _ => Argument::Count,
        },
        kind: Kind::Completion {
            reader,
            effect,
            amount,
        },
        meaning,
    }
}

const fn name(text: &'static str, argument: Argument, kind: Kind, meaning: &'static str) -> Name {
    Name {
        text,
        argument,
        kind,
        meaning,
    }
}

use Effect::{Duplicated, Late, Lost, Poisoned};
use Reader::{Card, Cpu};

/// All kinds.
pub const KINDS: &[Name] = &[
    completion(
        "lost-completion",
        Card,
        Lost,
        1,
        "answers to the card's reads are lost",
    ),
    completion(
        "late-completion",
        Card,
        Late,
        5_000,
        "an answer to the card's reads is late",
    ),
    completion(
        "duplicated-completion",
        Card,
        Duplicated,
        1,
        "answers to the card's reads come twice",
    ),
    completion(
        "poisoned-completion",
        Card,
        Poisoned,
        1,
        "answers to the card's reads are poisoned",
    ),
    completion(
        "lost-mmio",
        Cpu,
        Lost,
        1,
        "the card's answers to the CPU are lost",
    ),
    completion(
        "late-mmio",
        Cpu,
        Late,
        5_000,
        "the card's answer to the CPU is late",
    ),
    completion(
        "duplicated-mmio",
        Cpu,
        Duplicated,
        1,
        "the card's answers to the CPU come twice",
    ),
    completion(
        "poisoned-mmio",
        Cpu,
        Poisoned,
        1,
        "the card's answers to the CPU are poisoned",
    ),
    name(
        "link-stall",
        Argument::Cycles,
        Kind::LinkStall { cycles: 5_000 },
        "the link carries nothing",
    ),
    name(
        "function-reset",
        Argument::None,
        Kind::FunctionReset,
        "the guest resets its function (FLR)",
    ),
    name(
        "hot-reset",
        Argument::None,
        Kind::HotReset,
        "the card loses its power and comes up fresh",
    ),
    name(
        "firmware-stall",
        Argument::Cycles,
        Kind::FirmwareStall { cycles: 0 },
        "the firmware stands still, for good without an argument",
    ),
    name(
        "vanish",
        Argument::None,
        Kind::Vanish,
        "the destination's VMM dies without a word",
    ),
    name(
        "other-type",
        Argument::None,
        Kind::OtherType,
        "the destination has another type of device",
    ),
    name(
        "other-size",
        Argument::None,
        Kind::OtherSize,
        "the destination has less device state",
    ),
    name(
        "bad-stream",
        Argument::Place,
        Kind::BadStream { byte: 9_000 },
        "a bit of the device's stream is flipped",
    ),
    name(
        "bad-page",
        Argument::Place,
        Kind::BadPage { index: 40 },
        "a bit of a page is flipped",
    ),
];

impl Kind {
    /// Its name, with the argument that it has without being told.
    pub fn name(self) -> &'static Name {
        let same = |name: &&Name| match (name.kind, self) {
            (
                Self::Completion { reader, effect, .. },
                Self::Completion {
                    reader: r,
                    effect: e,
                    ..
                },
            ) => (reader, effect) == (r, e),
            (left, right) => std::mem::discriminant(&left) == std::mem::discriminant(&right),
        };
        // Every kind is in the table; a test says so.
        KINDS.iter().find(same).unwrap_or(&KINDS[0])
    }

    /// The argument, as a number.
    pub const fn argument(self) -> u32 {
        match self {
            Self::Completion { amount, .. } => amount,
            Self::LinkStall { cycles } | Self::FirmwareStall { cycles } => cycles,
            Self::BadStream { byte } => byte,
            Self::BadPage { index } => index,
            Self::FunctionReset
            | Self::HotReset
            | Self::OtherType
            | Self::OtherSize
            | Self::Vanish => 0,
        }
    }

    /// The same kind with another argument; one without is left as it is.
    #[must_use]
    pub const fn with(mut self, value: u32) -> Self {
        match &mut self {
            Self::Completion { amount, .. } => *amount = value,
            Self::LinkStall { cycles } | Self::FirmwareStall { cycles } => *cycles = value,
            Self::BadStream { byte } => *byte = value,
            Self::BadPage { index } => *index = value,
            Self::FunctionReset
            | Self::HotReset
            | Self::OtherType
            | Self::OtherSize
            | Self::Vanish => {}
        }
        self
    }

    /// It strikes a machine by itself, whatever runs there.
    pub const fn is_of_the_machine(self) -> bool {
        matches!(
            self,
            Self::Completion { .. }
                | Self::LinkStall { .. }
                | Self::FunctionReset
                | Self::FirmwareStall { .. }
        )
    }

    /// It changes a message on its way between the machines: the message says when, and no phase does.
    pub const fn is_of_the_way(self) -> bool {
        matches!(
            self,
            Self::OtherType | Self::OtherSize | Self::BadStream { .. } | Self::BadPage { .. }
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        if self.argument() == name.kind.argument() {
            return f.write_str(name.text);
        }
        write!(f, "{}:{}", name.text, self.argument())
    }
}
