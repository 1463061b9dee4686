//! Rules of the seed document for a device_state change.

use crate::model::{LIMITS, NEVER, Rig, StateAnswer};
use slackwater_regs::bar2::capabilities;
use slackwater_regs::control::{self, hold};
use slackwater_regs::state::{self, NDMA, Outcome, RESUMING, RUNNING, Reason, SAVING};

const VALID: [u32; 10] = [
    RUNNING,
    RUNNING | NDMA,
    SAVING | RUNNING,
    SAVING | RUNNING | NDMA,
    SAVING,
    SAVING | NDMA,
    RESUMING,
    RESUMING | NDMA,
    0,
    NDMA,
];

const fn closes(bits: u32) -> bool {
    bits & NDMA != 0 || bits & RUNNING == 0
}

fn answer(outcome: Outcome, state: u32, reason: Reason) -> StateAnswer {
    StateAnswer {
        outcome,
        state,
        reason: Some(reason),
    }
}

/// A rig in a state; RESUMING with a whole stream loaded if `loaded`.
fn rig_in(present: u32, loaded: bool) -> Rig {
    let mut rig = Rig::new(100, 7);
    let stream = rig.save();
    if present & RESUMING != 0 && loaded {
        rig.reach(RESUMING);
        rig.push(&stream);
    }
    rig.reach(present);
    rig
}

fn expected(present: u32, requested: u32, loaded: bool) -> StateAnswer {
    if !state::is_valid(requested) {
        answer(Outcome::Kept, present, Reason::InvalidState)
    } else if present & RESUMING != 0 && requested & RESUMING == 0 && !loaded {
        answer(Outcome::Error, state::ERROR, Reason::StreamTruncated)
    } else {
        answer(Outcome::Succeeded, requested, Reason::None)
    }
}

/// What HOLD must have when nothing changes.
fn standing_hold(bits: u32) -> u32 {
    if bits & (SAVING | RUNNING) == SAVING | RUNNING {
        hold::INTERNAL_LOG
    } else {
        0
    }
}

#[test]
fn conformance_g4_every_request_from_every_state_has_its_one_outcome() {
    for present in VALID {
        for requested in 0..16 {
            for loaded in [false, true] {
                let mut rig = rig_in(present, loaded);
                let got = rig.request(requested);
                let want = expected(present, requested, loaded);
                assert_eq!(
                    got, want,
                    "{present:#x} to {requested:#x}, loaded: {loaded}"
                );
                let card = rig.card.borrow();
                assert_eq!(card.present, want.state);
                if want.outcome != Outcome::Error {
                    let held = standing_hold(want.state);
                    assert_eq!(card.hold, held, "HOLD, {present:#x} to {requested:#x}");
                }
            }
        }
    }
}

#[test]
fn conformance_g5_the_same_state_again_does_nothing() {
    for present in VALID {
        let mut rig = rig_in(present, false);
        rig.card.borrow_mut().writes.clear();
        let got = rig.request(present);
        assert_eq!(got, answer(Outcome::Succeeded, present, Reason::None));
        let card = rig.card.borrow();
        let addresses: Vec<u32> = card.writes.iter().map(|(address, _)| *address).collect();
        assert_eq!(addresses, [control::REASON, control::STATE_ANSWER]);
    }
}

/// P1: NDMA before !RUNNING, RUNNING before !NDMA. Seen from outside: the device is
/// never told to stop before DMA is at rest, and never let go with the gate opening
/// in the same access.
#[test]
fn conformance_p1_steps_come_in_order_of_priority() {
    for present in VALID {
        for requested in VALID {
            let mut rig = rig_in(present, true);
            rig.card.borrow_mut().trace.clear();
            rig.card.borrow_mut().writes.clear();
            rig.request(requested);
            let card = rig.card.borrow();
            let text = format!("{present:#x} to {requested:#x}: {:?}", card.trace);
            let stops = |bits: u32| bits & RUNNING == 0;
            let mut steps = card.trace.clone();
            // The request itself closes the gate before firmware does anything.
            if closes(requested) && !closes(present) {
                assert_eq!(steps[0], (true, false), "{text}");
            }
            let ends = (closes(present), stops(present)) != (closes(requested), stops(requested));
            if stops(present) && !closes(requested) {
                assert_eq!(
                    steps,
                    [(true, true), (true, false), (false, false)],
                    "{text}"
                );
            }
            steps.dedup();
            assert_eq!(steps, card.trace);
            assert_eq!(
                steps.last(),
                Some(&(closes(requested), stops(requested))),
                "{text}"
            );
            if !ends {
                assert!(steps.iter().all(|step| *step == steps[0]), "{text}");
            }
            // The log is on before the answer, and goes off after it.
            let answered = card
                .writes
                .iter()
                .position(|(address, _)| *address == control::STATE_ANSWER)
                .expect("an answer");
            let mut held = standing_hold(present);
            for (i, (address, data)) in card.writes.iter().enumerate() {
                if *address == control::HOLD {
                    held = *data;
                }
                let demanded = if i < answered {
                    standing_hold(present)
                } else if i == answered {
                    standing_hold(present) | standing_hold(requested)
                } else {
                    standing_hold(requested)
                };
                assert_eq!(held & demanded, demanded, "{text}");
            }
        }
    }
}

#[test]
fn conformance_c2_dma_that_never_rests_keeps_the_state() {
    for (quiesce_polls, freeze_polls) in [(NEVER, 0), (LIMITS.quiesce_polls, 0)] {
        for present in VALID {
            for requested in VALID {
                let mut rig = rig_in(present, true);
                rig.card.borrow_mut().quiesce_polls = quiesce_polls;
                rig.card.borrow_mut().freeze_polls = freeze_polls;
                let got = rig.request(requested);
                let want = if closes(requested) && !closes(present) {
                    answer(Outcome::Kept, present, Reason::NotQuiesced)
                } else {
                    expected(present, requested, true)
                };
                assert_eq!(got, want, "{present:#x} to {requested:#x}");
                assert_eq!(rig.card.borrow().hold, standing_hold(want.state));
            }
        }
    }
}

/// F1: a device with page requests outstanding is not stopped; RESUMING gives them up (E12).
#[test]
fn conformance_f1_g4_outstanding_page_requests_keep_the_state() {
    let untracked = slackwater_regs::bar2::page_requests::UNTRACKED;
    for word in [1, 32, untracked] {
        for present in VALID {
            for requested in VALID {
                let mut rig = rig_in(present, true);
                rig.card.borrow_mut().page_requests = word;
                let got = rig.request(requested);
                let stops = requested & RUNNING == 0 && present & RUNNING != 0;
                let want = if stops && requested & RESUMING == 0 {
                    answer(Outcome::Kept, present, Reason::PageRequests)
                } else {
                    expected(present, requested, true)
                };
                assert_eq!(got, want, "{present:#x} to {requested:#x}");
                assert_eq!(rig.card.borrow().hold, standing_hold(want.state));
            }
        }
    }
}

#[test]
fn conformance_c3_a_device_that_never_stops_keeps_the_state() {
    for present in VALID {
        for requested in VALID {
            let mut rig = rig_in(present, true);
            rig.card.borrow_mut().freeze_polls = LIMITS.freeze_polls;
            let got = rig.request(requested);
            let want = if requested & RUNNING == 0 && present & RUNNING != 0 {
                answer(Outcome::Kept, present, Reason::NotFrozen)
            } else {
                expected(present, requested, true)
            };
            assert_eq!(got, want, "{present:#x} to {requested:#x}");
            assert_eq!(rig.card.borrow().hold, standing_hold(want.state));
        }
    }
}

#[test]
fn conformance_c2_the_last_poll_still_counts() {
    let mut rig = Rig::new(100, 7);
    rig.card.borrow_mut().quiesce_polls = LIMITS.quiesce_polls - 1;
    rig.card.borrow_mut().freeze_polls = LIMITS.freeze_polls - 1;
    rig.reach(0);
}

#[test]
fn conformance_o2_ndma_without_the_capability_is_refused() {
    for requested in VALID {
        let mut rig = Rig::new(100, 7).without(capabilities::NDMA);
        let got = rig.request(requested);
        let want = if requested & NDMA != 0 {
            answer(Outcome::Kept, RUNNING, Reason::NoNdma)
        } else {
            answer(Outcome::Succeeded, requested, Reason::None)
        };
        assert_eq!(got, want);
    }
}

#[test]
fn conformance_c7_error_is_left_by_a_reset_only() {
    for requested in 0..16 {
        let mut rig = Rig::new(100, 7);
        rig.reach(RESUMING);
        assert_eq!(rig.request(RUNNING).state, state::ERROR);
        let got = rig.request(requested);
        assert_eq!(got, answer(Outcome::Error, state::ERROR, Reason::InError));
        rig.reset();
        let stream = rig.save();
        assert_eq!(rig.load(&stream, 1024).outcome, Outcome::Succeeded);
    }
}

#[test]
fn conformance_x1_a_reset_discards_the_stream() {
    let mut rig = Rig::new(100, 7);
    let stream = rig.save();
    rig.reach(RESUMING);
    rig.push(&stream[..50]);
    rig.reset();
    assert_eq!(rig.load(&stream, 1024).outcome, Outcome::Succeeded);
    rig.reach(SAVING);
    rig.next(&mut Vec::new());
    rig.reset();
    assert_eq!(rig.save(), stream);
}

#[test]
fn conformance_e12_resuming_is_entered_from_every_state_with_an_empty_window() {
    let stream = Rig::new(100, 7).save();
    for present in VALID {
        let mut rig = rig_in(present, false);
        if present & RESUMING != 0 {
            rig.push(&stream[..30]);
            rig.reset();
        }
        let got = rig.load(&stream, 40);
        assert_eq!(
            got.outcome,
            Outcome::Succeeded,
            "from {present:#x}: {got:?}"
        );
    }
}

#[test]
fn conformance_e13_a_push_just_before_the_request_is_loaded() {
    let mut rig = Rig::new(100, 7);
    let stream = rig.save();
    let saved = rig.card.borrow().state_words.clone();
    rig.card.borrow_mut().state_words.fill(0);
    rig.reach(RESUMING);
    let got = rig.push_and_request(&stream, RUNNING);
    assert_eq!(got.outcome, Outcome::Succeeded);
    assert_eq!(rig.card.borrow().state_words, saved);
}
