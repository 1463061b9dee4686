//! Gate, quiescence, freezing: I5, I6, I7, I8.

use crate::bench::{BAR0_ADDRESS, Bench, DEVICE_ID, HOST_ID};
use crate::traffic::{Traffic, set_ranges};
use slackwater_hdl::inject;
use slackwater_regs::bar2::{self, status};
use slackwater_regs::control::{self, hold};
use slackwater_regs::log::Operation;
use slackwater_regs::state::{self, NDMA, Outcome, RESUMING, RUNNING, SAVING, answer};
use slackwater_sim::tlp::{Body, Completion, CompletionStatus, Tlp};

fn write_at(address: u64) -> Tlp {
    Tlp::memory_write(DEVICE_ID, 0, address, &[1, 2, 3, 4]).expect("a legal write")
}

/// Brings the core to a state as firmware would.
fn go_to(bench: &mut Bench, bits: u32) {
    bench.request_state(bits);
    let mut held = 0;
    if bits & RUNNING == 0 {
        held = hold::GATE | hold::FREEZE;
    }
    bench.control_write(control::HOLD, held);
    let wanted = match (bits & NDMA, bits & RUNNING) {
        (_, 0) => status::FROZEN,
        (0, _) => 0,
        _ => status::QUIESCED,
    };
    while bench.control_read(control::STATUS) & wanted != wanted {}
    bench.answer_state(Outcome::Succeeded);
    bench.control_write(control::HOLD, 0);
    assert_eq!(bench.device_state(), bits);
}

fn requests(bench: &Bench) -> usize {
    bench
        .sent
        .iter()
        .filter(|sent| sent.dws[0] >> 24 & 0x1f != 0x0a)
        .count()
}

#[test]
fn i5_a_closed_gate_passes_completions_and_no_request() {
    for leak in [false, true] {
        let mut bench = Bench::new(1);
        bench.control_write(control::HOLD, hold::GATE);
        if leak {
            bench.inject = inject::GATE_LEAK;
        }
        for i in 0..4 {
            bench.device_sends(&write_at(i * 4096));
        }
        let completion = Completion {
            completer_id: DEVICE_ID,
            status: CompletionStatus::Successful,
            byte_count: 4,
            requester_id: HOST_ID,
            tag: 77,
            lower_address: 0,
        };
        bench.device_sends(&Tlp::completion(completion, vec![1, 2, 3, 4]));
        bench.run(100);
        assert_eq!(bench.take_answers(77).len(), 1, "completions always pass");
        assert_eq!(requests(&bench) > 0, leak);
        bench.inject = 0;
        bench.control_write(control::HOLD, 0);
        bench.drain();
        assert_eq!(requests(&bench), 4);
    }
}

#[test]
fn i5_a_started_tlp_finishes_and_the_next_stays_out() {
    for ready in [1_000_000, 400_000] {
        for wait in 0..40 {
            let mut bench = Bench::new(wait);
            bench.link_ready = ready;
            for i in 0..8 {
                let tlp = Tlp::memory_write(DEVICE_ID, 0, i * 4096, &[i as u8; 64]).expect("legal");
                bench.device_sends(&tlp);
            }
            bench.run(wait);
            bench.control_write(control::HOLD, hold::GATE);
            bench.until("a closed gate", |bench| bench.outputs.dev_gated);
            let mut closed_at = None;
            for _ in 0..300 {
                bench.step();
                if closed_at.is_none()
                    && bench.control_read(control::STATUS) & status::GATE_CLOSED != 0
                {
                    closed_at = Some(bench.cycle);
                    bench.sent.clear();
                }
            }
            assert!(closed_at.is_some(), "wait {wait}");
            assert_eq!(
                requests(&bench),
                0,
                "wait {wait}: a request started behind a closed gate"
            );
            bench.control_write(control::HOLD, 0);
            bench.drain();
            // Nothing was lost or sent twice: every TLP of 64 bytes came whole.
            assert!(
                bench
                    .sent
                    .iter()
                    .all(|sent| sent.tlp().payload().len() == 64)
            );
        }
    }
}

/// Runs random traffic, closes the gate, and checks what QUIESCED promises.
fn quiesce(seed: u64, leak: bool) -> Result<(), String> {
    let mut bench = Bench::new(seed);
    set_ranges(&mut bench);
    bench.log(Operation::Start, 0);
    bench.link_ready = [1_000_000, 500_000][bench.below(2) as usize];
    let mut traffic = Traffic::default();
    for _ in 0..150 {
        traffic.request(&mut bench);
        let pause = bench.below(10);
        bench.run(pause);
        let answer = bench.below(4) == 0;
        traffic.follow(&mut bench, answer);
    }
    bench.control_write(control::HOLD, hold::GATE);
    if leak {
        bench.inject = inject::GATE_LEAK;
    }
    let mut quiesced = false;
    for step in 0..400 {
        if step % 40 == 0 {
            traffic.request(&mut bench);
        }
        let seen = bench.control_read(control::STATUS) & status::QUIESCED != 0;
        let before = bench.live_pages();
        traffic.follow(&mut bench, false);
        let outstanding = bench.control_read(control::STATUS) >> status::OUTSTANDING_SHIFT
            & status::OUTSTANDING_MASK;
        if seen {
            quiesced = true;
            if outstanding != 0 {
                return Err(format!("QUIESCED with {outstanding} requests outstanding"));
            }
            if traffic.written.iter().any(|page| !before.contains(page)) {
                return Err("QUIESCED before every mark had landed".into());
            }
        } else if quiesced {
            return Err("QUIESCED fell although the gate is closed".into());
        }
        bench.run(5);
        traffic.follow(&mut bench, true);
    }
    let starts = requests(&bench);
    if !quiesced || starts > 0 {
        return Err(format!("quiesced {quiesced}, {starts} requests behind it"));
    }
    Ok(())
}

#[test]
fn i6_quiesced_is_true_and_stays() {
    for seed in 0..8 {
        quiesce(seed, false).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}

#[test]
fn i6_the_check_sees_a_leaking_gate() {
    assert!((0..4).any(|seed| quiesce(seed, true).is_err()));
}

#[test]
fn i6_a_tag_that_cannot_be_followed_never_quiesces() {
    let mut bench = Bench::new(3);
    bench.device_sends(&Tlp::memory_read(DEVICE_ID, 99, 0x1000, 64).expect("legal"));
    bench.drain();
    bench.control_write(control::HOLD, hold::GATE);
    bench.run(500);
    assert_eq!(bench.control_read(control::STATUS) & status::QUIESCED, 0);
}

#[test]
fn i7_error_closes_the_gate_in_the_same_clock() {
    // The watchdog: firmware never answers.
    let mut bench = Bench::new(4);
    bench.write(bar2::WATCHDOG_CYCLES, 300);
    for i in 0..2000 {
        bench.device_sends(&write_at(i * 4096));
    }
    bench.request_state(SAVING | RUNNING);
    bench.until("ERROR", |bench| bench.device_state() == state::ERROR);
    // device_state is looked at behind the clock edge: the gate is closed in the first cycle that shows it.
    bench.step();
    assert!(bench.outputs.dev_gated);
    bench.run(4);
    bench.sent.clear();
    bench.run(500);
    assert_eq!(requests(&bench), 0);
    assert_eq!(
        bench.read(bar2::STATE_REASON),
        state::Reason::Watchdog as u32
    );
    let word = bench.read(bar2::STATE);
    assert_eq!(word & answer::STATE_MASK, state::ERROR);
    assert_eq!(
        word >> answer::OUTCOME_SHIFT & answer::OUTCOME_MASK,
        Outcome::Error as u32
    );
    // Only a reset leaves it, and the device goes on.
    bench.request_state(RUNNING);
    assert_eq!(bench.device_state(), state::ERROR);
    assert_eq!(
        bench.read(bar2::STATE_REASON),
        state::Reason::InError as u32
    );
    bench.write(bar2::DEVICE_RESET, 1 << bar2::reset::SEQUENCE_SHIFT);
    bench.until("RUNNING", |bench| bench.device_state() == RUNNING);
    bench.drain();
    assert!(requests(&bench) > 0);
}

#[test]
fn i7_firmware_cannot_commit_what_is_not_so() {
    // "Succeeded" for NDMA or !RUNNING while a read is outstanding is ERROR.
    for bits in [RUNNING | NDMA, SAVING, 0, RESUMING] {
        let mut bench = Bench::new(5);
        bench.device_sends(&Tlp::memory_read(DEVICE_ID, 3, 0x1000, 64).expect("legal"));
        bench.drain();
        bench.request_state(bits);
        bench.answer_state(Outcome::Succeeded);
        assert_eq!(bench.device_state(), state::ERROR, "to {bits:#x}");
    }
    // Invalid states cannot be committed either.
    for bits in [SAVING | RESUMING, RESUMING | RUNNING, 0xf] {
        let mut bench = Bench::new(5);
        bench.control_write(control::HOLD, hold::GATE | hold::FREEZE);
        bench.run(20);
        bench.request_state(bits);
        bench.answer_state(Outcome::Succeeded);
        assert_eq!(bench.device_state(), state::ERROR, "to {bits:#x}");
    }
}

#[test]
fn i8_frozen_means_frozen() {
    let mut bench = Bench::new(6);
    go_to(&mut bench, SAVING);
    assert!(bench.outputs.dev_freeze);
    assert_eq!(bench.read(bar2::STATUS) & status::FROZEN, status::FROZEN);
    // BARs of the device: reads all-ones with Successful Completion, writes discarded.
    assert_eq!(bench.read_bytes(BAR0_ADDRESS + 4, 0, 8), [0xff; 8]);
    let write = Tlp::memory_write(HOST_ID, 0, BAR0_ADDRESS, &[1; 4]).expect("legal");
    bench.link_sends(&write, 1);
    bench.drain();
    assert!(bench.taken.is_empty());
    assert_eq!(bench.read(bar2::COUNT_FROZEN_READS), 1);
    assert_eq!(bench.read(bar2::COUNT_FROZEN_WRITES), 1);
    // No DMA, no interrupt.
    bench.msi = Some(3);
    bench.device_sends(&write_at(0x1000));
    bench.run(200);
    assert_eq!((requests(&bench), bench.interrupts), (0, 0));
    go_to(&mut bench, RUNNING);
    bench.drain();
    assert_eq!((requests(&bench), bench.interrupts), (1, 1));
    let read = bench.start_read(BAR0_ADDRESS, 0, 4);
    bench.drain();
    assert_eq!(bench.taken.len(), 1, "the device answers its BAR again");
    assert!(bench.take_answers(read).is_empty());
}

#[test]
fn i8_a_read_that_the_device_has_taken_is_answered_before_it_freezes() {
    let mut bench = Bench::new(7);
    let tag = bench.start_read(BAR0_ADDRESS, 0, 4);
    bench.drain();
    bench.control_write(control::HOLD, hold::GATE | hold::FREEZE);
    bench.run(100);
    assert!(!bench.outputs.dev_freeze, "it owes an answer");
    let completion = Completion {
        completer_id: DEVICE_ID,
        status: CompletionStatus::Successful,
        byte_count: 4,
        requester_id: HOST_ID,
        tag,
        lower_address: 0,
    };
    bench.device_sends(&Tlp::completion(completion, vec![9; 4]));
    bench.drain();
    bench.run(10);
    assert!(bench.outputs.dev_freeze);
    let answers = bench.take_answers(tag);
    assert!(
        matches!(&answers[0].tlp().body, Body::Completion { payload, .. } if payload == &[9; 4])
    );
}

#[test]
fn i8_state_port_writes_reach_a_frozen_device_only() {
    let mut bench = Bench::new(8);
    let address = control::STATE_PORT + 4 * 17;
    bench.control_write(address, 5);
    assert_eq!(bench.outputs.state_write, None);
    bench.control_write(control::HOLD, hold::GATE | hold::FREEZE);
    bench.run(20);
    let mut seen = None;
    bench.post(bar2::OWNER, 0);
    bench.control_write_watched(address, 0x1234, |outputs| {
        if let Some(data) = outputs.state_write {
            seen = Some((outputs.state_index, data));
        }
    });
    assert_eq!(seen, Some((17, 0x1234)));
}

#[test]
fn i8_a_function_level_reset_leaves_the_migration_alone() {
    let mut bench = Bench::new(9);
    set_ranges(&mut bench);
    bench.log(Operation::Start, 0);
    go_to(&mut bench, SAVING | RUNNING);
    bench.device_sends(&Tlp::memory_read(DEVICE_ID, 3, 0x1000, 64).expect("legal"));
    bench.drain();
    bench.flr = true;
    bench.run(200);
    assert!(!bench.outputs.dev_reset, "it waits for what is outstanding");
    bench.complete(3, &[0; 64]);
    bench.until("the reset", |bench| bench.outputs.dev_reset);
    bench.until("flr_done", |bench| bench.outputs.card.flr_done);
    bench.flr = false;
    bench.run(20);
    assert_eq!(bench.device_state(), SAVING | RUNNING);
    assert!(!bench.outputs.dev_gated);
    assert_ne!(
        bench.read(bar2::LOG_STATUS) & slackwater_regs::log::status::TRACKING,
        0
    );
}
