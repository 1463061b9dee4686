//! Window commands that do not fit the state, the window or anything.

use crate::model::{Random, Rig, SeedOnPanic, WindowAnswer};
use slackwater_regs::state::{NDMA, Outcome as StateOutcome, RESUMING, RUNNING, Reason, SAVING};
use slackwater_regs::window::{EndOfStream, Operation, Outcome, command};

fn push(bytes: u32) -> u32 {
    Operation::Push as u32 | bytes << command::BYTES_SHIFT
}

fn failed(outcome: Outcome) -> WindowAnswer {
    WindowAnswer {
        outcome,
        bytes: 0,
        end: EndOfStream::No,
    }
}

#[test]
fn commands_in_the_wrong_state_are_refused() {
    for bits in [RUNNING, RUNNING | NDMA, 0, NDMA, RESUMING] {
        let mut rig = Rig::new(100, 1);
        rig.reach(bits);
        let answer = rig.command(Operation::Next as u32);
        assert_eq!(answer, failed(Outcome::WrongState), "Next in {bits:#x}");
    }
    for bits in [RUNNING, RUNNING | NDMA, 0, NDMA, SAVING, SAVING | RUNNING] {
        let mut rig = Rig::new(100, 1);
        rig.reach(bits);
        assert_eq!(
            rig.command(push(4)),
            failed(Outcome::WrongState),
            "Push in {bits:#x}"
        );
    }
    let mut rig = Rig::new(100, 1);
    rig.reach(RESUMING);
    assert_eq!(rig.request(RUNNING).outcome, StateOutcome::Error);
    assert_eq!(rig.command(push(4)), failed(Outcome::WrongState));
    assert_eq!(
        rig.command(Operation::Next as u32),
        failed(Outcome::WrongState)
    );
}

#[test]
fn bad_lengths_and_operations_are_refused_and_harm_nothing() {
    let mut rig = Rig::new(100, 1);
    let stream = rig.save();
    rig.reach(RESUMING);
    assert_eq!(rig.push(&stream[..20]), Outcome::Ok);
    for bytes in [1, 2, 3, 4095, 4097, 4100, 8191] {
        assert_eq!(
            rig.command(push(bytes)),
            failed(Outcome::BadLength),
            "{bytes} bytes"
        );
    }
    for operation in (0..16).filter(|operation| ![1, 2].contains(operation)) {
        assert_eq!(rig.command(operation), failed(Outcome::UnknownOperation));
    }
    assert_eq!(rig.command(push(0)).outcome, Outcome::Ok);
    assert_eq!(rig.push(&stream[20..]), Outcome::Ok);
    rig.reach(RUNNING);
}

/// A bad push is refused at once and ever after, with the first fault as the reason.
#[test]
fn the_first_fault_sticks() {
    let mut rig = Rig::new(100, 1);
    let stream = rig.save();
    let mut bad = stream.clone();
    bad[1] ^= 1;
    rig.reach(RESUMING);
    assert_eq!(rig.push(&bad), Outcome::InvalidData);
    assert_eq!(rig.reason(), Some(Reason::StreamVersion));
    assert_eq!(rig.push(&stream), Outcome::InvalidData);
    // RESUMING|NDMA is still RESUMING: the fault stays.
    rig.reach(RESUMING | NDMA);
    assert_eq!(rig.push(&stream), Outcome::InvalidData);
    let answer = rig.request(RUNNING);
    assert_eq!(answer.outcome, StateOutcome::Error);
    assert_eq!(answer.reason, Some(Reason::StreamVersion));
}

/// Whatever the host does in whatever order: one answer each, no panic, the three outcomes only.
#[test]
fn prop_a_host_without_manners() {
    for seed in 0..200 {
        let _seed = SeedOnPanic(seed);
        let mut random = Random(seed);
        let mut rig = Rig::new(200, seed);
        let stream = rig.save();
        rig.card.borrow_mut().change_every = 5;
        for _ in 0..100 {
            match random.below(8) {
                0..3 => {
                    let before = rig.card.borrow().present;
                    let requested = random.below(16);
                    let answer = rig.request(requested);
                    let allowed = match answer.outcome {
                        StateOutcome::Succeeded => answer.state == requested,
                        StateOutcome::Kept => answer.state == before,
                        StateOutcome::Error => answer.state == SAVING | RESUMING,
                        StateOutcome::None => false,
                    };
                    assert!(allowed, "{before:#x} to {requested:#x}: {answer:?}");
                }
                3 => {
                    rig.push(&stream);
                }
                4 => {
                    let shift = random.below(24);
                    rig.command(random.word() >> shift);
                }
                5 => {
                    let words: [u32; 1024] = std::array::from_fn(|_| random.word());
                    rig.card.borrow_mut().window = words;
                }
                6 => {
                    rig.card.borrow_mut().quiesce_polls = random.below(30);
                    rig.card.borrow_mut().freeze_polls = random.below(15);
                }
                _ if random.below(4) == 0 => rig.reset(),
                _ => {
                    rig.command(Operation::Next as u32);
                }
            }
        }
    }
}

/// All that the firmware keeps between two clocks, its stack of futures included.
#[test]
fn the_firmware_needs_less_than_a_kilobyte() {
    let bytes = Rig::program_bytes();
    assert!(bytes < 1024, "{bytes} bytes");
}
