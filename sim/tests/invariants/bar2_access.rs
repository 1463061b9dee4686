//! Access to BAR2: I4, I10, I11.

use crate::bench::{BAR0_ADDRESS, BAR2_ADDRESS, Bench, HOST_ID};
use slackwater_regs::log::{Operation, Outcome};
use slackwater_regs::table::{Access, REGISTERS};
use slackwater_regs::{bar2, log};
use slackwater_sim::tlp::{AtomicOp, Tlp};

/// Registers that change by themselves.
const FREE_RUNNING: [u32; 1] = [bar2::COUNT_CYCLES];

#[test]
fn i4_no_read_has_a_side_effect() {
    let mut bench = Bench::new(1);
    bench.set_range(0, 0x10_0000, 1 << 20, 12, 0);
    bench.log(Operation::Start, 0);
    let all = |bench: &mut Bench| -> Vec<u32> {
        let mut words = Vec::new();
        for offset in (0..0x1b0)
            .step_by(4)
            .filter(|offset| !FREE_RUNNING.contains(offset))
        {
            words.push(bench.read(offset));
        }
        words
    };
    let first = all(&mut bench);
    // Prefetch and write-combined loads: whole BAR, in pieces of every power of two.
    for bytes in [1, 2, 4, 64, 512, 4096] {
        for offset in (0..u64::from(bar2::BAR2_BYTES)).step_by(4096) {
            bench.read_bytes(BAR2_ADDRESS + offset, 2, bytes);
        }
    }
    assert_eq!(all(&mut bench), first);
}

#[test]
fn i4_a_repeated_command_acts_once() {
    let mut bench = Bench::new(2);
    bench.set_range(0, 0x10_0000, 1 << 20, 12, 0);
    bench.log(Operation::Start, 0);
    let write =
        |page: u64| Tlp::memory_write(0x100, 0, 0x10_0000 + page * 4096, &[1; 4]).expect("legal");
    bench.device_sends(&write(3));
    bench.drain();
    assert_eq!(bench.log(Operation::Snapshot, 0), Outcome::Ok);
    let command = bench.read(bar2::LOG_COMMAND);
    assert_eq!(bench.window_pages(), [3].into());
    // The host lost the answer and tries again; meanwhile the device wrote on.
    bench.device_sends(&write(5));
    bench.drain();
    for _ in 0..3 {
        bench.write(bar2::LOG_COMMAND, command);
        bench.run(1100);
        assert_eq!(
            bench.read(bar2::LOG_STATUS) & log::status::OUTCOME_MASK,
            Outcome::Ok as u32
        );
        assert_eq!(bench.window_pages(), [3].into());
    }
    assert_eq!(bench.live_pages(), [5].into());
    // A command while another is at work is ignored, number included.
    assert_eq!(bench.log(Operation::Acknowledge, 0), Outcome::Ok);
    bench.post_log(Operation::Peek, 0);
    let next = (command >> log::command::SEQUENCE_SHIFT) + 9;
    bench.post(
        bar2::LOG_COMMAND,
        Operation::Stop as u32 | next << log::command::SEQUENCE_SHIFT,
    );
    bench.run(40);
    assert_ne!(
        bench.read(bar2::LOG_STATUS) >> log::status::SEQUENCE_SHIFT,
        next
    );
    bench.run(1100);
    assert_ne!(bench.read(bar2::LOG_STATUS) & log::status::TRACKING, 0);
}

#[test]
fn i4_reset_values_and_read_only_registers() {
    let mut bench = Bench::new(3);
    assert_eq!(bench.read(0x000), 0x534c_4b57, "MAGIC");
    assert_eq!(bench.read(0x004), 0x0001_0002, "VERSION");
    assert_eq!(bench.read(bar2::LOG_PAGES), 1 << 20);
    assert_eq!(bench.read(bar2::STATE) & 0xf, 1, "powers up RUNNING");
    for register in REGISTERS
        .iter()
        .filter(|register| register.access == Access::Ro)
    {
        if FREE_RUNNING.contains(&register.offset) {
            continue;
        }
        let before = bench.read(register.offset);
        bench.write(register.offset, !before);
        assert_eq!(
            bench.read(register.offset),
            before,
            "{} is read-only",
            register.name
        );
    }
    for (offset, value) in [
        (bar2::WATCHDOG_CYCLES, 77),
        (bar2::COMPLETION_TIMEOUT_CYCLES, 99),
    ] {
        bench.write(offset, value);
        assert_eq!(bench.read(offset), value);
    }
}

#[test]
fn i10_every_legal_read_is_answered_under_back_pressure() {
    let mut bench = Bench::new(4);
    bench.link_ready = 300_000;
    bench.offer = 500_000;
    for round in 0..60 {
        let bytes = 1 + bench.below(4096);
        let at = bench.below(4096 - bytes + 1) + 4096 * bench.below(4);
        let data = bench.read_bytes(BAR2_ADDRESS + at, 2, bytes as usize);
        assert!(!data.is_empty(), "round {round}: {bytes} bytes at {at:#x}");
    }
}

#[test]
fn i10_garbage_is_dropped_counted_and_never_hangs() {
    let mut bench = Bench::new(5);
    let mut sent = 0;
    for _ in 0..1500 {
        let dws = 1 + bench.below(12) as usize;
        let mut tlp: Vec<u32> = (0..dws).map(|_| bench.below(1 << 32) as u32).collect();
        tlp[0] &= 0xff00_000f;
        // Not an answer that a host of this test would take for its own.
        if let Some(dw) = tlp.get_mut(1) {
            *dw = *dw & 0xffff | 0x7777 << 16;
        }
        let bar = [0, 1, 4, 1 << 6][bench.below(4) as usize];
        bench.link_sends_dws(&tlp, bar);
        sent += 1;
    }
    bench.until("the end of the garbage", Bench::link_idle);
    bench.run(100);
    assert!(bench.read(bar2::COUNT_MALFORMED) > sent / 4);
    assert_eq!(
        bench.read(bar2::MAGIC),
        bar2::MAGIC_VALUE,
        "and the core still answers"
    );
}

#[test]
fn i10_atomics_and_reads_of_one_byte_to_bar2_are_answered_without_an_error() {
    let mut bench = Bench::new(6);
    let before = bench.read(bar2::OWNER);
    let at = BAR2_ADDRESS + u64::from(bar2::OWNER);
    let tlp = Tlp::atomic(HOST_ID, 200, at, AtomicOp::Swap, &[0x55]).expect("legal");
    bench.link_sends(&tlp, 1 << 2);
    bench.drain();
    bench.run(20);
    let answer = bench.take_answers(200).remove(0);
    assert_eq!(answer.tlp().payload(), [0xff; 4]);
    assert_eq!(bench.read(bar2::OWNER), before);
}

#[test]
fn i11_only_the_owner() {
    let mut bench = Bench::new(7);
    bench.host_id = 0x2300;
    assert_eq!(bench.read(bar2::MAGIC), bar2::ALL_ONES);
    bench.write(bar2::OWNER, 0x2300);
    bench.write(bar2::WATCHDOG_CYCLES, 5);
    bench.host_id = HOST_ID;
    assert_eq!(bench.read(bar2::OWNER), 0);
    assert_ne!(bench.read(bar2::WATCHDOG_CYCLES), 5);
    assert_eq!(bench.read(bar2::COUNT_NOT_OWNER), 3);
    // The device's BAR is anybody's, and the owner can hand over.
    bench.host_id = 0x2300;
    bench.start_read(BAR0_ADDRESS, 0, 4);
    bench.drain();
    assert_eq!(bench.taken.len(), 1);
    bench.host_id = HOST_ID;
    bench.write(bar2::OWNER, 0x2300);
    bench.host_id = 0x2300;
    assert_eq!(bench.read(bar2::MAGIC), bar2::MAGIC_VALUE);
}
