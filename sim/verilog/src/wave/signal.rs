//! The signals of a wave: which ones a file can hold, and the scopes they are in.

use super::WaveError;
use std::collections::HashSet;

/// Bits that a signal may have: as many as every Verilog simulator must allow
/// for a vector (IEEE 1364-2005, 4.3.1).
const WIDTH_LIMIT: u64 = 1 << 16;
/// Bits that all signals may have; two bytes are held for each.
const BITS_LIMIT: u64 = 1 << 28;
/// Bytes of a name, by the FST format.
const NAME_LIMIT: u64 = 512;

/// A signal of a wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Scopes from the top module inwards, then the signal's own name.
    pub path: Vec<String>,
    /// Bits.
    pub width: u32,
    /// What it is.
    pub kind: Kind,
}

impl Signal {
    /// The path with dots: `top.core.tx.valid`.
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

/// What a signal is; a viewer may show it and choose by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A net.
    Wire,
    /// A register.
    Register,
    /// An input of its module.
    Input,
    /// An output of its module.
    Output,
    /// A clock of 1 bit: 1 if it rose at the start of the cycle, see the
    /// [wave](super).
    Clock,
}

/// Refuses signals that one of the formats cannot hold.
pub(super) fn check(signals: &[Signal]) -> Result<(), WaveError> {
    let mut paths = HashSet::new();
    let mut bits = 0;
    for signal in signals {
        let refuse = |problem: String| {
            Err(WaveError::Signal {
                signal: signal.name(),
                problem,
            })
        };
        if signal.path.len() < 2 {
            return refuse("it is in no scope; put a module in front".into());
        }
        for name in &signal.path {
            if name.is_empty() {
                return refuse("a part of the path is empty".into());
            }
            if name.len() as u64 > NAME_LIMIT {
                return refuse(format!(
                    "a name of {} bytes, the limit is {NAME_LIMIT}",
                    name.len()
                ));
            }
            if name == "$end" || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return refuse(format!("{name:?} would end its declaration"));
            }
        }
        let width = u64::from(signal.width);
        if width == 0 || width > WIDTH_LIMIT {
            return refuse(format!("it has {width} bits, not 1 to {WIDTH_LIMIT}"));
        }
        if signal.kind == Kind::Clock && width != 1 {
            return refuse(format!("a clock has 1 bit, not {width}"));
        }
        if !paths.insert(&signal.path) {
            return refuse("another signal has the same path".into());
        }
        bits += width;
        if bits > BITS_LIMIT {
            return Err(WaveError::Limit {
                what: format!("the width of all signals, {bits} bits and more,"),
                limit: BITS_LIMIT,
                instead: "record fewer signals".into(),
            });
        }
    }
    Ok(())
}

/// A step through the hierarchy, for a header.
pub(super) enum Step<'a> {
    /// Into a scope.
    Enter(&'a str),
    /// Out of the innermost scope.
    Leave,
    /// A signal of the scope: index and name.
    Declare(usize, &'a str),
}

/// Walks all signals by scope: every scope is entered once.
pub(super) fn hierarchy<E>(
    signals: &[Signal],
    mut visit: impl FnMut(Step<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut order: Vec<usize> = (0..signals.len()).collect();
    order.sort_by_key(|&signal| &signals[signal].path);
    let mut open: &[String] = &[];
    for index in order {
        let Some((name, scopes)) = signals[index].path.split_last() else {
            continue;
        };
        let shared = open.iter().zip(scopes).take_while(|(a, b)| a == b).count();
        for _ in shared..open.len() {
            visit(Step::Leave)?;
        }
        for scope in &scopes[shared..] {
            visit(Step::Enter(scope))?;
        }
        visit(Step::Declare(index, name))?;
        open = scopes;
    }
    open.iter().try_for_each(|_| visit(Step::Leave))
}
