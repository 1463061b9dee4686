//! What each rule asks of a device, of the model and of the card alike.

use slackwater_conformance::act::{Abilities, Act, Amount, End, Load, Seen, Subject, WORDS};
use slackwater_conformance::card::Card;
use slackwater_conformance::model::Model;
use slackwater_regs::state::{self, ERROR, NDMA, Outcome, RESUMING, RUNNING, SAVING};
use slackwater_sim::seed::Seed;
use std::collections::BTreeSet;

const ALL: Abilities = Abilities {
    ndma: true,
    atomic_clear: true,
    internal_log: true,
};

/// Runs a test on the model and on the card.
fn each(can: Abilities, test: impl Fn(&mut dyn Subject)) {
    test(&mut Model::new(can));
    test(&mut Card::new(can, Seed(1)));
}

/// What comes of an act must be this.
#[track_caller]
fn sees(device: &mut dyn Subject, act: Act, expected: Seen) {
    let seen = device.act(act);
    assert!(
        expected.allows(&seen),
        "{act}: {expected:?} expected, {seen:?} seen"
    );
}

#[track_caller]
fn reaches(device: &mut dyn Subject, bits: u32) {
    sees(
        device,
        Act::Request(bits),
        Seen::Outcome(Outcome::Succeeded, bits),
    );
}

#[track_caller]
fn streams(device: &mut dyn Subject, amount: Amount, end: End) {
    sees(device, Act::Stream, Seen::Streamed(amount, end));
}

/// Has the device in a state, its stream taken while it was saved.
#[track_caller]
fn saved(device: &mut dyn Subject) {
    reaches(device, SAVING);
    streams(device, Amount::Some, End::Final);
}

fn pages(pages: &[u64]) -> Seen {
    Seen::Pages(BTreeSet::from_iter(pages.iter().copied()))
}

fn valid() -> impl Iterator<Item = u32> {
    (0..16).filter(|bits| state::is_valid(*bits))
}

#[test]
fn conformance_r1_x3_g5_a_fresh_device_runs() {
    each(ALL, |device| {
        reaches(device, RUNNING);
        sees(device, Act::Touch, Seen::Answered(true));
        sees(device, Act::Stream, Seen::WrongState);
    });
}

#[test]
fn conformance_e1_e8_e9_a_stream_has_one_final_end() {
    each(ALL, |device| {
        saved(device);
        streams(device, Amount::Nothing, End::Final);
        reaches(device, SAVING | NDMA);
        streams(device, Amount::Nothing, End::Final);
        reaches(device, SAVING | RUNNING);
        streams(device, Amount::Some, End::Temporary);
    });
}

#[test]
fn conformance_e2_e4_e6_c6_pre_copy_streams_what_changes() {
    each(ALL, |device| {
        reaches(device, SAVING | RUNNING);
        streams(device, Amount::Some, End::Temporary);
        streams(device, Amount::Nothing, End::Temporary);
        sees(device, Act::Change(3, 0x1234), Seen::Dma(true));
        streams(device, Amount::Some, End::Temporary);
        sees(device, Act::Change(4, 0x5678), Seen::Dma(true));
        saved(device);
    });
}

#[test]
fn conformance_e3_e10_without_a_log_all_comes_when_it_is_stopped() {
    let can = Abilities {
        internal_log: false,
        ..ALL
    };
    each(can, |device| {
        sees(device, Act::Change(3, 0x1234), Seen::Dma(true));
        reaches(device, SAVING | RUNNING);
        streams(device, Amount::Nothing, End::Temporary);
        saved(device);
    });
}

#[test]
fn conformance_e5_a_transfer_is_carried_forward() {
    each(ALL, |device| {
        for first in [SAVING | RUNNING, SAVING | NDMA | RUNNING] {
            sees(device, Act::Change(2, first), Seen::Dma(true));
            reaches(device, first);
            saved(device);
            sees(device, Act::Reset, Seen::Done);
            reaches(device, RESUMING);
            sees(device, Act::Push(Load::Whole), Seen::Done);
            reaches(device, RUNNING);
            assert_eq!(device.internal()[2], first);
        }
    });
}

#[test]
fn conformance_e7_dma_is_no_internal_state() {
    each(ALL, |device| {
        sees(device, Act::Track(true), Seen::Done);
        reaches(device, SAVING | RUNNING);
        streams(device, Amount::Some, End::Temporary);
        sees(device, Act::Write(5), Seen::Dma(true));
        streams(device, Amount::Nothing, End::Temporary);
        sees(device, Act::Clear, pages(&[5]));
    });
}

#[test]
fn conformance_e11_e12_e13_resuming_is_entered_from_anywhere_and_loads() {
    each(ALL, |device| {
        for from in valid().filter(|bits| bits & RESUMING == 0) {
            let value = 100 + from;
            sees(device, Act::Change(6, value), Seen::Dma(true));
            saved(device);
            reaches(device, RUNNING);
            sees(device, Act::Change(6, 0), Seen::Dma(true));
            reaches(device, from);
            reaches(device, RESUMING);
            sees(device, Act::Push(Load::Whole), Seen::Done);
            reaches(device, RUNNING);
            assert_eq!(device.internal()[6], value, "from {from:#x}");
        }
    });
}

#[test]
fn conformance_e14_x1_a_reset_leads_out_of_resuming() {
    each(ALL, |device| {
        saved(device);
        reaches(device, RESUMING);
        sees(device, Act::Push(Load::Cut), Seen::Done);
        sees(device, Act::Reset, Seen::Done);
        reaches(device, RUNNING);
        assert_eq!(device.internal(), [0; WORDS]);
        sees(device, Act::Stream, Seen::WrongState);
        sees(device, Act::Change(1, 1), Seen::Dma(true));
    });
}

#[test]
fn conformance_e15_invalid_data_ends_in_error() {
    each(ALL, |device| {
        for load in [None, Some(Load::Cut), Some(Load::Flipped)] {
            saved(device);
            reaches(device, RESUMING);
            if let Some(load) = load {
                sees(device, Act::Push(load), Seen::Done);
            }
            let error = Seen::Outcome(Outcome::Error, ERROR);
            sees(device, Act::Request(RUNNING), error);
            sees(device, Act::Reset, Seen::Done);
        }
        saved(device);
        reaches(device, RESUMING);
        sees(device, Act::Push(Load::Whole), Seen::Done);
        sees(device, Act::Push(Load::Whole), Seen::Done);
        sees(
            device,
            Act::Request(0),
            Seen::Outcome(Outcome::Error, ERROR),
        );
    });
}

#[test]
fn conformance_c1_c2_ndma_holds_dma_until_it_is_gone() {
    each(ALL, |device| {
        sees(device, Act::Track(true), Seen::Done);
        sees(device, Act::Write(1), Seen::Dma(true));
        for bits in [NDMA | RUNNING, SAVING | NDMA | RUNNING] {
            reaches(device, bits);
            sees(device, Act::Clear, pages(&[1]));
            sees(device, Act::Write(2), Seen::Dma(false));
            sees(device, Act::Write(1), Seen::Dma(false));
            sees(device, Act::Clear, pages(&[]));
            reaches(device, RUNNING);
            sees(device, Act::Clear, pages(&[1, 2]));
            sees(device, Act::Write(1), Seen::Dma(true));
        }
    });
}

#[test]
fn conformance_c3_q1_a_stopped_device_stands_still() {
    each(ALL, |device| {
        sees(device, Act::Track(true), Seen::Done);
        sees(device, Act::Change(1, 11), Seen::Dma(true));
        for bits in valid().filter(|bits| bits & (RUNNING | RESUMING) == 0) {
            reaches(device, NDMA | RUNNING);
            sees(device, Act::Change(1, 22), Seen::Dma(false));
            let before = device.internal();
            reaches(device, bits);
            sees(device, Act::Touch, Seen::Answered(false));
            assert_eq!(device.internal(), before, "{bits:#x}");
            sees(device, Act::Clear, pages(&[]));
            reaches(device, RUNNING);
            assert_eq!(device.internal()[1], 22);
            sees(device, Act::Change(1, 11), Seen::Dma(true));
        }
    });
}

#[test]
fn conformance_c5_a_running_device_answers() {
    each(ALL, |device| {
        for bits in valid().filter(|bits| bits & RUNNING != 0) {
            reaches(device, bits);
            sees(device, Act::Touch, Seen::Answered(true));
        }
    });
}

/// Has the device in ERROR, with a write that waits.
fn fail(device: &mut dyn Subject) {
    sees(device, Act::Track(true), Seen::Done);
    reaches(device, NDMA | RUNNING);
    sees(device, Act::Write(9), Seen::Dma(false));
    reaches(device, RESUMING);
    sees(
        device,
        Act::Request(RUNNING),
        Seen::Outcome(Outcome::Error, ERROR),
    );
}

#[test]
fn conformance_c7_x2_error_is_left_by_a_reset_only() {
    each(ALL, |device| {
        fail(device);
        for bits in 0..16 {
            sees(
                device,
                Act::Request(bits),
                Seen::Outcome(Outcome::Error, ERROR),
            );
        }
        sees(device, Act::Reset, Seen::Done);
        reaches(device, RUNNING);
        sees(device, Act::Write(1), Seen::Dma(true));
    });
}

#[test]
fn conformance_c8_error_holds_dma() {
    each(ALL, |device| {
        fail(device);
        sees(device, Act::Clear, pages(&[]));
        sees(device, Act::Reset, Seen::Done);
        sees(device, Act::Clear, pages(&[]));
    });
}

#[test]
fn conformance_v2_v3_v5_the_log_starts_is_cleared_and_stops() {
    each(ALL, |device| {
        sees(device, Act::Write(1), Seen::Dma(true));
        sees(device, Act::Track(true), Seen::Done);
        sees(device, Act::Clear, pages(&[]));
        sees(device, Act::Write(2), Seen::Dma(true));
        sees(device, Act::Write(3), Seen::Dma(true));
        sees(device, Act::Clear, pages(&[2, 3]));
        sees(device, Act::Write(4), Seen::Dma(true));
        sees(device, Act::Track(false), Seen::Done);
        sees(device, Act::Write(5), Seen::Dma(true));
        sees(device, Act::Clear, pages(&[4]));
        sees(device, Act::Track(true), Seen::Done);
        sees(device, Act::Clear, pages(&[]));
    });
}

#[test]
fn conformance_o2_without_ndma_its_states_are_refused() {
    let can = Abilities { ndma: false, ..ALL };
    each(can, |device| {
        for bits in 0..16 {
            let expected = match bits & NDMA != 0 || !state::is_valid(bits) {
                true => Seen::Outcome(Outcome::Kept, RUNNING),
                false => continue,
            };
            sees(device, Act::Request(bits), expected);
        }
    });
}
