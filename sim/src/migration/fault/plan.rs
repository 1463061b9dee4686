//! A fault, where it strikes and when: `[SIDE:]KIND[:ARGUMENT][@WHEN]`.

use super::kind::{Argument, KINDS, Kind, Name};
use crate::migration::Side;
use slackwater_host::flow::Phase;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Steps of the two flows, as they are written, with the machine that takes them.
pub const PHASES: &[(&str, Phase, Side)] = &[
    ("check", Phase::Check, Side::Source),
    ("start-tracking", Phase::StartTracking, Side::Source),
    ("memory", Phase::Memory, Side::Source),
    ("pre-copy", Phase::PreCopy, Side::Source),
    ("iommu-grace", Phase::IommuGrace, Side::Source),
    ("page-faults", Phase::PageFaults, Side::Source),
    ("peer-grace", Phase::PeerGrace, Side::Source),
    ("stop-copy", Phase::StopCopy, Side::Source),
    ("handover", Phase::Handover, Side::Source),
    ("halted", Phase::Halted, Side::Source),
    ("fresh", Phase::Fresh, Side::Destination),
    ("resuming", Phase::Resuming, Side::Destination),
    ("loading", Phase::Loading, Side::Destination),
    ("loaded", Phase::Loaded, Side::Destination),
    ("resume-grace", Phase::ResumeGrace, Side::Destination),
    ("running", Phase::Running, Side::Destination),
];

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// From this cycle of its machine on.
    Cycle(u64),
    /// In this step, and not after it.
    Phase(Phase),
    /// With the message that it changes.
    Message,
}

/// A fault that is to be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FaultPlan {
    /// In which machine.
    pub side: Side,
    /// What is broken.
    pub kind: Kind,
    /// When.
    pub when: When,
}

/// A text that says no fault.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FaultPlanError {
    /// There is no such kind.
    #[error("`{0}` is no kind of fault; there are {list}", list = kinds())]
    Kind(String),
    /// The argument is missing its number, or is none.
    #[error("`{text}` is no argument of {kind}: {expected}")]
    Argument {
        /// What was written.
        text: String,
        /// The kind.
        kind: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// It is neither a cycle nor a step.
    #[error("`{text}` is neither a cycle nor a phase; phases of the {side} are {list}", list = phases(*.side))]
    When {
        /// What was written.
        text: String,
        /// The machine.
        side: Side,
    },
    /// The step is the other machine's.
    #[error("`{text}` is a phase of the {owner}, the fault is to strike the {side}")]
    Side {
        /// The step.
        text: String,
        /// Whose it is.
        owner: Side,
        /// The machine that was named.
        side: Side,
    },
    /// The kind changes a message, whenever that comes.
    #[error("{kind} changes a message on its way: it takes neither a side nor `@{text}`")]
    Message {
        /// The kind.
        kind: &'static str,
        /// What was written.
        text: String,
    },
    /// Only the destination vanishes.
    #[error("{kind} is a fault of the destination, at one of its phases: {list}", list = phases(Side::Destination))]
    DestinationOnly {
        /// The kind.
        kind: &'static str,
    },
}

/// The names of all kinds.
pub fn kinds() -> String {
    KINDS
        .iter()
        .map(|name| name.text)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The names of a machine's steps.
pub fn phases(side: Side) -> String {
    let own = PHASES.iter().filter(|phase| phase.2 == side);
    own.map(|phase| phase.0).collect::<Vec<_>>().join(", ")
}

/// A step as it is written.
pub fn slug(phase: Phase) -> &'static str {
    let found = PHASES.iter().find(|entry| entry.1 == phase);
    // Every step is in the table; a test says so.
    found.map_or("unknown", |entry| entry.0)
}

fn argument(kind: Kind, text: &str) -> Result<Kind, FaultPlanError> {
    let name = kind.name();
    let (least, expected) = match name.argument {
        Argument::None => (u32::MAX, "it has none"),
        Argument::Count => (1, "a number of completions from 1 to 4294967294"),
        Argument::Cycles => (1, "a number of cycles from 1 to 4294967294"),
        Argument::Place => (0, "an index from 0 to 4294967294"),
    };
    match text.parse() {
        Ok(value) if (least..u32::MAX).contains(&value) => Ok(kind.with(value)),
        _ => Err(FaultPlanError::Argument {
            text: text.to_owned(),
            kind: name.text,
            expected,
        }),
    }
}

/// A kind with its argument, as `KIND[:ARG]`.
fn kind(text: &str) -> Result<(&'static Name, Kind), FaultPlanError> {
    let (name, given) = match text.split_once(':') {
        Some((name, given)) => (name, Some(given)),
        None => (text, None),
    };
    let known = KINDS.iter().find(|known| known.text == name);
    let known = known.ok_or_else(|| FaultPlanError::Kind(name.chars().take(40).collect()))?;
    let kind = given.map_or(Ok(known.kind), |given| argument(known.kind, given))?;
    Ok((known, kind))
}

impl FromStr for Kind {
    type Err = FaultPlanError;

    fn from_str(text: &str) -> Result<Self, FaultPlanError> {
        kind(text).map(|(_, kind)| kind)
    }
}

impl FromStr for FaultPlan {
    type Err = FaultPlanError;

    fn from_str(text: &str) -> Result<Self, FaultPlanError> {
        let (what, when) = match text.split_once('@') {
            Some((what, when)) => (what, Some(when)),
            None => (text, None),
        };
        let sides = [
            ("source:", Side::Source),
            ("destination:", Side::Destination),
        ];
        let (named, what) = sides
            .into_iter()
            .find_map(|(prefix, side)| Some((Some(side), what.strip_prefix(prefix)?)))
            .unwrap_or((None, what));
        let (known, kind) = kind(what)?;
        if kind.is_of_the_way() {
            return match (named, when) {
                (None, None) => Ok(Self {
                    side: Side::Destination,
                    kind,
                    when: When::Message,
                }),
                (_, text) => Err(FaultPlanError::Message {
                    kind: known.text,
                    text: text.unwrap_or("").to_owned(),
                }),
            };
        }
        let only = kind == Kind::Vanish;
        if only && named == Some(Side::Source) {
            return Err(FaultPlanError::DestinationOnly { kind: known.text });
        }
        let default = if only {
            Side::Destination
        } else {
            Side::Source
        };
        let Some(when) = when else {
            let side = named.unwrap_or(default);
            let phase = match side {
                Side::Source => Phase::PreCopy,
                Side::Destination => Phase::Resuming,
            };
            return Ok(Self {
                side,
                kind,
                when: When::Phase(phase),
            });
        };
        if let Some(&(_, phase, owner)) = PHASES.iter().find(|entry| entry.0 == when) {
            let side = named.unwrap_or(owner);
            if side != owner || only && owner == Side::Source {
                let (text, side) = (when.to_owned(), if only { Side::Destination } else { side });
                return Err(FaultPlanError::Side { text, owner, side });
            }
            return Ok(Self {
                side,
                kind,
                when: When::Phase(phase),
            });
        }
        let side = named.unwrap_or(default);
        match when.parse() {
            Ok(_) if only => Err(FaultPlanError::DestinationOnly { kind: known.text }),
            Ok(cycle) => Ok(Self {
                side,
                kind,
                when: When::Cycle(cycle),
            }),
            Err(_) => Err(FaultPlanError::When {
                text: when.chars().take(40).collect(),
                side,
            }),
        }
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::Message => write!(f, "{}", self.kind),
            When::Phase(phase) => write!(f, "{}@{}", self.kind, slug(phase)),
            When::Cycle(cycle) => write!(f, "{}:{}@{cycle}", self.side, self.kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_phase_has_a_name_and_is_read_back() {
        for name in KINDS {
            assert_eq!(name.kind.name().text, name.text);
            let plan: FaultPlan = name.text.parse().unwrap();
            assert_eq!(plan.kind, name.kind);
            assert_eq!(plan.to_string().parse(), Ok(plan));
        }
        for &(text, phase, side) in PHASES {
            assert_eq!(slug(phase), text);
            let plan: FaultPlan = format!("link-stall:70@{text}").parse().unwrap();
            let expected = Kind::LinkStall { cycles: 70 };
            assert_eq!(
                (plan.side, plan.kind, plan.when),
                (side, expected, When::Phase(phase))
            );
            assert_eq!(plan.to_string().parse(), Ok(plan));
        }
        let plan: FaultPlan = "destination:firmware-stall:9@5000".parse().unwrap();
        assert_eq!(plan.to_string(), "destination:firmware-stall:9@5000");
        assert_eq!(plan.when, When::Cycle(5000));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (text, parts) in [
            ("lost", vec!["`lost`", "lost-completion", "bad-page"]),
            ("", vec!["``"]),
            ("lost-mmio:0", vec!["`0`", "1 to"]),
            ("lost-mmio:x", vec!["`x`", "lost-mmio"]),
            ("hot-reset:5", vec!["`5`", "none"]),
            ("lost-mmio@later", vec!["`later`", "pre-copy", "handover"]),
            ("destination:lost-mmio@later", vec!["`later`", "resuming"]),
            (
                "destination:lost-mmio@memory",
                vec!["`memory`", "source", "destination"],
            ),
            ("source:vanish@loaded", vec!["vanish", "destination"]),
            ("vanish@memory", vec!["memory", "source"]),
            ("vanish@77", vec!["vanish", "resuming"]),
            ("bad-page@memory", vec!["bad-page", "@memory"]),
            ("lost-mmio@-1", vec!["`-1`"]),
        ] {
            let error = text.parse::<FaultPlan>().unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{text}: {part:?} is not in {error}");
            }
        }
    }
}
