//! From one v2 state to another: the arcs that a device has, and the ways over them.
//!
//! Source: `enum vfio_device_mig_state` in `include/uapi/linux/vfio.h`, Linux 7.2. A way is the shortest
//! one that visits no saving state on it, because that would begin or end a stream; between two
//! saving states it stays among them, because the stream goes on.

use crate::device_state::V2State;
use V2State::{PreCopy, PreCopyP2p, Resuming, Running, RunningP2p, Stop, StopCopy};
use std::collections::VecDeque;

/// Arcs of every device.
const ARCS: [(V2State, V2State); 7] = [
    (Stop, StopCopy),
    (StopCopy, Stop),
    (Stop, Resuming),
    (Resuming, Stop),
    (Running, PreCopy),
    (PreCopy, Running),
    // With P2P states the way by PRE_COPY_P2P is taken instead, see below.
    (PreCopy, StopCopy),
];
/// And of one that has no P2P states.
const ARCS_WITHOUT_P2P: [(V2State, V2State); 2] = [(Running, Stop), (Stop, Running)];
/// And of one that has them.
const ARCS_WITH_P2P: [(V2State, V2State); 9] = [
    (Running, RunningP2p),
    (RunningP2p, Running),
    (RunningP2p, Stop),
    (Stop, RunningP2p),
    (PreCopy, PreCopyP2p),
    (PreCopyP2p, PreCopy),
    (PreCopyP2p, RunningP2p),
    (RunningP2p, PreCopyP2p),
    (PreCopyP2p, StopCopy),
];

const fn is_saving(state: V2State) -> bool {
    matches!(state, PreCopy | PreCopyP2p | StopCopy)
}

/// The states to go through, the last one being `to`; empty if that is where the device is. `None`
/// if there is no way, or a device that has no P2P states was asked for one.
pub fn path(from: V2State, to: V2State, p2p: bool) -> Option<Vec<V2State>> {
    let more: &[_] = if p2p {
        &ARCS_WITH_P2P
    } else {
        &ARCS_WITHOUT_P2P
    };
    let arcs = ARCS
        .iter()
        .filter(|arc| !(p2p && **arc == (PreCopy, StopCopy)))
        .chain(more);
    let has = |state| p2p || !matches!(state, RunningP2p | PreCopyP2p);
    if !has(from) || !has(to) || from == V2State::Error || to == V2State::Error {
        return None;
    }
    let within = is_saving(from) && is_saving(to);
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = vec![from];
    while let Some(way) = ways.pop_front() {
        let Some(here) = way.last().copied() else {
            continue;
        };
        if here == to {
            return Some(way[1..].to_vec());
        }
        for (_, next) in arcs.clone().filter(|(start, _)| *start == here) {
            let allowed = *next == to || is_saving(*next) == within;
            if allowed && !seen.contains(next) {
                seen.push(*next);
                ways.push_back(way.iter().copied().chain([*next]).collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(from: V2State, to: V2State, p2p: bool) -> String {
        let names = |way: Vec<V2State>| way.iter().map(|state| state.name()).collect::<Vec<_>>();
        path(from, to, p2p).map_or("blocked".into(), |way| names(way).join(" "))
    }

    #[test]
    fn ways_with_p2p_states() {
        for (from, to, way) in [
            (Running, StopCopy, "RUNNING_P2P STOP STOP_COPY"),
            (Running, PreCopy, "PRE_COPY"),
            (Running, PreCopyP2p, "RUNNING_P2P PRE_COPY_P2P"),
            (Running, Resuming, "RUNNING_P2P STOP RESUMING"),
            (RunningP2p, PreCopy, "RUNNING PRE_COPY"),
            (RunningP2p, PreCopyP2p, "PRE_COPY_P2P"),
            (PreCopy, StopCopy, "PRE_COPY_P2P STOP_COPY"),
            (PreCopy, Stop, "RUNNING RUNNING_P2P STOP"),
            (PreCopy, Resuming, "RUNNING RUNNING_P2P STOP RESUMING"),
            (PreCopy, RunningP2p, "RUNNING RUNNING_P2P"),
            (PreCopyP2p, Running, "RUNNING_P2P RUNNING"),
            (PreCopyP2p, Stop, "RUNNING_P2P STOP"),
            (PreCopyP2p, StopCopy, "STOP_COPY"),
            (StopCopy, Running, "STOP RUNNING_P2P RUNNING"),
            (StopCopy, Resuming, "STOP RESUMING"),
            (StopCopy, PreCopy, "blocked"),
            (StopCopy, PreCopyP2p, "blocked"),
            (Resuming, Running, "STOP RUNNING_P2P RUNNING"),
            (Resuming, StopCopy, "STOP STOP_COPY"),
            (Resuming, PreCopy, "STOP RUNNING_P2P RUNNING PRE_COPY"),
            (Resuming, PreCopyP2p, "STOP RUNNING_P2P PRE_COPY_P2P"),
            (Stop, PreCopy, "RUNNING_P2P RUNNING PRE_COPY"),
        ] {
            assert_eq!(text(from, to, true), way, "{from} to {to}");
        }
    }

    #[test]
    fn ways_without_p2p_states() {
        for (from, to, way) in [
            (Running, StopCopy, "STOP STOP_COPY"),
            (Running, Stop, "STOP"),
            (PreCopy, StopCopy, "STOP_COPY"),
            (PreCopy, Stop, "RUNNING STOP"),
            (Resuming, Running, "STOP RUNNING"),
            (Running, RunningP2p, "blocked"),
            (PreCopyP2p, Running, "blocked"),
        ] {
            assert_eq!(text(from, to, false), way, "{from} to {to}");
        }
    }

    #[test]
    fn error_has_no_ways_and_no_state_needs_one_to_itself() {
        for state in V2State::ALL {
            for p2p in [false, true] {
                assert_eq!(path(V2State::Error, state, p2p), None);
                assert_eq!(path(state, V2State::Error, p2p), None);
            }
            if state != V2State::Error {
                assert_eq!(path(state, state, true), Some(vec![]));
            }
        }
    }
}
