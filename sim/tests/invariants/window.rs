//! The data window: I9. The test is the firmware; its stream is a row of numbers.

use crate::bench::{BAR2_ADDRESS, Bench};
use slackwater_regs::bar2;
use slackwater_regs::control;
use slackwater_regs::window::{EndOfStream, Operation, Outcome, command, status};

fn give(bench: &mut Bench, operation: Operation, bytes: u32, sequence: u32) {
    let word =
        operation as u32 | bytes << command::BYTES_SHIFT | sequence << command::SEQUENCE_SHIFT;
    bench.write(bar2::WINDOW_COMMAND, word);
}

/// Serves one command as firmware: `words` numbers from `next` on, then how the stream goes on.
fn serve(bench: &mut Bench, next: &mut u32, words: u32, end: EndOfStream) {
    assert_ne!(
        bench.control_read(control::EVENT) & control::event::WINDOW,
        0
    );
    for i in 0..words {
        bench.control_write(control::DATA_WINDOW + 4 * i, *next);
        *next += 1;
    }
    let answer =
        Outcome::Ok as u32 | (end as u32) << status::END_SHIFT | (4 * words) << status::BYTES_SHIFT;
    bench.control_write(control::WINDOW_ANSWER, answer);
}

#[test]
fn i9_bytes_leave_in_order_once_and_the_end_is_told() {
    for seed in 0..4 {
        let mut bench = Bench::new(seed);
        bench.link_ready = 600_000;
        let (mut next, mut expected) = (0u32, 0u32);
        let mut ends = Vec::new();
        for turn in 1..=12 {
            let end = match turn {
                4 => EndOfStream::Temporary,
                12 => EndOfStream::Final,
                _ => EndOfStream::No,
            };
            let words = if turn % 5 == 0 {
                1024
            } else {
                bench.below(60) as u32
            };
            give(&mut bench, Operation::Next, 0, turn);
            // The host loses patience and asks again, before and after the answer.
            give(&mut bench, Operation::Next, 0, turn);
            assert_ne!(bench.read(bar2::WINDOW_STATUS) & status::BUSY, 0);
            serve(&mut bench, &mut next, words, end);
            give(&mut bench, Operation::Next, 0, turn);
            assert_eq!(
                bench.control_read(control::EVENT),
                0,
                "a repeated command acts once"
            );
            let word = bench.read(bar2::WINDOW_STATUS);
            assert_eq!(word >> status::SEQUENCE_SHIFT, turn);
            assert_eq!(word >> status::BYTES_SHIFT & status::BYTES_MASK, 4 * words);
            ends.push(EndOfStream::from_code(
                word >> status::END_SHIFT & status::END_MASK,
            ));
            // Reads have no effect: twice the same.
            for again in [true, false] {
                let mut number = expected;
                for offset in (0..u64::from(4 * words)).step_by(64) {
                    let bytes = 64.min(4 * words as usize - offset as usize);
                    let at = BAR2_ADDRESS + u64::from(bar2::DATA_WINDOW) + offset;
                    for dw in bench.read_bytes(at, 2, bytes).chunks(4) {
                        assert_eq!(dw, number.to_le_bytes(), "seed {seed}, turn {turn}");
                        number += 1;
                    }
                }
                if !again {
                    expected = number;
                }
            }
        }
        assert_eq!(expected, next, "every word came");
        assert_eq!(ends[3], Some(EndOfStream::Temporary));
        assert_eq!(ends[11], Some(EndOfStream::Final));
        assert_eq!(
            ends.iter()
                .filter(|end| **end == Some(EndOfStream::No))
                .count(),
            10
        );
    }
}

#[test]
fn i9_pushed_bytes_arrive_once_and_in_order() {
    let mut bench = Bench::new(9);
    bench.offer = 700_000;
    let mut number = 0u32;
    for turn in 1..=6 {
        let first = number;
        for word in 0..32 {
            bench.post(bar2::DATA_WINDOW + 4 * word, number);
            number += 1;
        }
        give(&mut bench, Operation::Push, 128, turn);
        give(&mut bench, Operation::Push, 128, turn);
        let request = bench.control_read(control::WINDOW_REQUEST);
        assert_eq!(request >> command::BYTES_SHIFT & command::BYTES_MASK, 128);
        for word in 0..32 {
            let data = bench.control_read(control::DATA_WINDOW + 4 * word);
            assert_eq!(data, first + word);
        }
        bench.control_write(control::WINDOW_ANSWER, Outcome::Ok as u32);
        give(&mut bench, Operation::Push, 128, turn);
        assert_eq!(bench.control_read(control::EVENT), 0);
    }
}

#[test]
fn i9_a_command_that_firmware_does_not_answer_is_aborted() {
    let mut bench = Bench::new(10);
    bench.write(bar2::WATCHDOG_CYCLES, 200);
    give(&mut bench, Operation::Next, 0, 1);
    bench.run(300);
    let word = bench.read(bar2::WINDOW_STATUS);
    assert_eq!(word & status::BUSY, 0);
    assert_eq!(word & status::OUTCOME_MASK, Outcome::Aborted as u32);
    assert_eq!(
        bench.device_state(),
        1,
        "device_state never changes by itself"
    );
    // A late answer changes nothing.
    bench.control_write(control::WINDOW_ANSWER, 64 << status::BYTES_SHIFT);
    assert_eq!(bench.read(bar2::WINDOW_STATUS), word);
}
