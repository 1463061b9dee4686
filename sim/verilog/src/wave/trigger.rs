//! Conditions on a signal that start a recording, and their text.

use super::{Signal, WaveError};
use num_bigint::BigUint;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Characters of a value: more than the binary digits of the widest signal.
const VALUE_LIMIT: usize = 1 << 17;
/// Names that an error suggests.
const SUGGESTIONS: usize = 3;

/// What a recording waits for. It is made from a text:
///
/// | Text | True in a cycle if |
/// |---|---|
/// | `top.core.state==4` | the value is 4; also `!=`, `<`, `<=`, `>`, `>=`, all unsigned |
/// | `rise:top.core.gate` | the value is not zero, and it was zero in the cycle before |
/// | `fall:top.core.gate` | the value is zero, and it was not in the cycle before |
/// | `change:top.core.gate` | the value is not that of the cycle before |
///
/// Values are decimal, `0x…` or `0b…`, and may have `_` between digits. Spaces
/// around names and values are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The path of the signal, with dots.
    pub signal: String,
    /// What it has to do.
    pub event: Event,
}

/// What a signal has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Have this value.
    Equal(BigUint),
    /// Have another value.
    NotEqual(BigUint),
    /// Have a lower value.
    Less(BigUint),
    /// Have this value or a lower one.
    LessOrEqual(BigUint),
    /// Have a higher value.
    Greater(BigUint),
    /// Have this value or a higher one.
    GreaterOrEqual(BigUint),
    /// Become non-zero.
    Rise,
    /// Become zero.
    Fall,
    /// Become another value.
    Change,
}

impl Event {
    fn value(&self) -> Option<&BigUint> {
        match self {
            Self::Equal(value)
            | Self::NotEqual(value)
            | Self::Less(value)
            | Self::LessOrEqual(value)
            | Self::Greater(value)
            | Self::GreaterOrEqual(value) => Some(value),
            Self::Rise | Self::Fall | Self::Change => None,
        }
    }
}

impl FromStr for Condition {
    type Err = WaveError;

    fn from_str(text: &str) -> Result<Self, WaveError> {
        parse(text.trim()).map_err(|problem| WaveError::Condition {
            text: shortened(text),
            problem,
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signal = &self.signal;
        match &self.event {
            Event::Equal(value) => write!(formatter, "{signal}=={value}"),
            Event::NotEqual(value) => write!(formatter, "{signal}!={value}"),
            Event::Less(value) => write!(formatter, "{signal}<{value}"),
            Event::LessOrEqual(value) => write!(formatter, "{signal}<={value}"),
            Event::Greater(value) => write!(formatter, "{signal}>{value}"),
            Event::GreaterOrEqual(value) => write!(formatter, "{signal}>={value}"),
            Event::Rise => write!(formatter, "rise:{signal}"),
            Event::Fall => write!(formatter, "fall:{signal}"),
            Event::Change => write!(formatter, "change:{signal}"),
        }
    }
}

const COMPARISON: [char; 4] = ['=', '!', '<', '>'];

fn parse(text: &str) -> Result<Condition, String> {
    let condition = |signal: &str, event| {
        let signal = signal.trim();
        if signal.is_empty() {
            return Err("it names no signal".into());
        }
        Ok(Condition {
            signal: signal.into(),
            event,
        })
    };
    // The last one, because a value has none of these and a name may have.
    let Some(operator) = text.rfind(COMPARISON) else {
        return match text.split_once(':') {
            Some(("rise", name)) => condition(name, Event::Rise),
            Some(("fall", name)) => condition(name, Event::Fall),
            Some(("change", name)) => condition(name, Event::Change),
            Some((other, _)) => Err(format!("{:?} is no event", shortened(other))),
            None => Err("it has neither a comparison nor an event".into()),
        };
    };
    let (left, value) = text.split_at(operator + 1);
    type Make = fn(BigUint) -> Event;
    const OPERATORS: [(&str, Make); 6] = [
        ("==", Event::Equal),
        ("!=", Event::NotEqual),
        ("<=", Event::LessOrEqual),
        (">=", Event::GreaterOrEqual),
        ("<", Event::Less),
        (">", Event::Greater),
    ];
    let found = OPERATORS
        .iter()
        .find_map(|(text, make)| Some((left.strip_suffix(text)?, make)))
        .filter(|(name, _)| !name.ends_with(COMPARISON));
    let Some((name, make)) = found else {
        let name = left.trim_end_matches(COMPARISON);
        return Err(format!("{:?} is no comparison", &left[name.len()..]));
    };
    condition(name, make(number(value.trim())?))
}

fn number(text: &str) -> Result<BigUint, String> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else {
        (&*lower, 10)
    };
    let written: String = digits.chars().filter(|&c| c != '_').collect();
    let valid = !written.is_empty()
        && written.len() <= VALUE_LIMIT
        && written.chars().all(|c| c.is_digit(radix));
    valid
        .then(|| BigUint::parse_bytes(written.as_bytes(), radix))
        .flatten()
        .ok_or_else(|| {
            format!(
                "{:?} is no value, which is decimal, 0x… or 0b…",
                shortened(text)
            )
        })
}

/// Enough of a text for an error.
fn shortened(text: &str) -> String {
    const CHARACTERS: usize = 80;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// A condition that watches a signal of a wave.
pub(super) struct Watch {
    /// Index of the signal.
    pub(super) signal: usize,
    event: Event,
    /// The value to compare with, as wide as the signal.
    value: Vec<u64>,
    /// The last value.
    previous: Option<Vec<u64>>,
}

impl Watch {
    /// # Errors
    /// The signal is not there, or it cannot have the value.
    pub(super) fn new(condition: Condition, signals: &[Signal]) -> Result<Self, WaveError> {
        let Condition {
            signal: name,
            event,
        } = condition;
        let Some(signal) = signals.iter().position(|signal| signal.name() == name) else {
            return Err(WaveError::UnknownSignal {
                near: suggest(&name, signals),
                name: shortened(&name),
            });
        };
        let width = signals[signal].width;
        let mut value = Vec::new();
        if let Some(constant) = event.value() {
            if constant.bits() > u64::from(width) {
                return Err(WaveError::Value {
                    name,
                    value: shortened(&format!("{constant:#x}")),
                    width,
                });
            }
            value = constant.to_u64_digits();
            value.resize(width.div_ceil(64) as usize, 0);
        }
        Ok(Self {
            signal,
            event,
            value,
            previous: None,
        })
    }

    /// Whether the condition is true in a cycle with this value, the one after
    /// the cycle that was asked for last. In the first one nothing rises, falls
    /// or changes.
    pub(super) fn is_met(&mut self, value: &[u64]) -> bool {
        let order = || value.iter().rev().cmp(self.value.iter().rev());
        let zero = |words: &[u64]| words.iter().all(|&word| word == 0);
        match self.event {
            Event::Equal(_) => value == self.value,
            Event::NotEqual(_) => value != self.value,
            Event::Less(_) => order() == Ordering::Less,
            Event::LessOrEqual(_) => order() != Ordering::Greater,
            Event::Greater(_) => order() == Ordering::Greater,
            Event::GreaterOrEqual(_) => order() != Ordering::Less,
            Event::Rise | Event::Fall | Event::Change => {
                let Some(previous) = &mut self.previous else {
                    self.previous = Some(value.into());
                    return false;
                };
                let met = match self.event {
                    Event::Rise => zero(previous) && !zero(value),
                    Event::Fall => !zero(previous) && zero(value),
                    _ => previous != value,
                };
                previous.copy_from_slice(value);
                met
            }
        }
    }
}

/// Says which signals have the name without its scopes, or which there are.
fn suggest(name: &str, signals: &[Signal]) -> String {
    let own = name.rsplit('.').next().unwrap_or(name);
    let list = |same: bool| {
        let names: Vec<String> = signals
            .iter()
            .filter(|signal| !same || signal.path.last().is_some_and(|last| last == own))
            .map(Signal::name)
            .take(SUGGESTIONS)
            .collect();
        names.join(", ")
    };
    match (list(true), list(false)) {
        (_, any) if any.is_empty() => "the wave has no signals".into(),
        (same, any) if same.is_empty() => format!("names have all scopes, such as {any}"),
        (same, _) => format!("is it {same}?"),
    }
}
