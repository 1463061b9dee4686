//! The cycle targets of the design: exact, because simulated cycles are.
//!
//! The figures in the README's table are the constants here.

use crate::bench::{BAR2_ADDRESS, Bench, DEVICE_ID};
use crate::traffic::{RANGES, set_ranges};
use slackwater_regs::bar2::{self, status};
use slackwater_regs::control::{self, hold};
use slackwater_regs::log::{Operation, status as log_status};
use slackwater_sim::tlp::Tlp;

/// Cycles that a beat of the device spends in the core; target 2.
const DMA_LATENCY_CYCLES: u64 = 2;
/// First beat of a 1-DW read in, first beat of its completion out; target 12.
const BAR2_READ_CYCLES: u64 = 6;
/// Gate close to the last start of a request, over 60 moments; target: the packet in flight
/// (its longest has 6 beats) plus 2.
const LAST_START_CYCLES: u64 = 1;
/// Last completion in to QUIESCED; target 8.
const QUIESCED_CYCLES: u64 = 2;
/// Snapshot command in to the answer that says done, polls included; targets 1100 and 2200.
const SNAPSHOT_CYCLES: u64 = 1034;
/// The same while the device writes at full rate.
const SNAPSHOT_LOADED_CYCLES: u64 = 1034;

fn write_at(address: u64, bytes: usize) -> Tlp {
    Tlp::memory_write(DEVICE_ID, 0, address, &vec![7; bytes]).expect("a legal write")
}

#[test]
fn target_dma_latency_and_throughput() {
    let mut bench = Bench::new(1);
    bench.device_sends(&write_at(0x1000, 4));
    let offered = bench.cycle;
    bench.drain();
    assert_eq!(bench.sent[0].start - offered, DMA_LATENCY_CYCLES);

    // 200 TLPs of 64 bytes, back to back, with logging on and snapshots running.
    bench.sent.clear();
    set_ranges(&mut bench);
    bench.log(Operation::Start, 0);
    bench.post_log(Operation::Snapshot, 0);
    bench.run(30);
    for i in 0..200 {
        bench.device_sends(&write_at(RANGES[0].iova + i * 4096, 64));
    }
    bench.drain();
    let first = bench.sent[0].start;
    let last = bench.sent[bench.sent.len() - 1].end;
    // 3 header DWs and 16 of payload: 10 beats of 2 DWs each, no cycle without a beat.
    assert_eq!(bench.sent.len(), 200);
    assert_eq!(last - first + 1, 200 * 10);
}

#[test]
fn target_gate_closes_behind_the_packet_in_flight() {
    let mut worst = 0;
    for wait in 0..60 {
        let mut bench = Bench::new(wait);
        for i in 0..20 {
            bench.device_sends(&write_at(i * 4096, 8 * (1 + i as usize % 4)));
        }
        bench.run(10 + wait);
        bench.control_write(control::HOLD, hold::GATE);
        // The first cycle in which the gate was closed is the one before control_ready was seen.
        let closed = bench.cycle - 2;
        bench.run(100);
        let late = bench.sent.iter().filter(|sent| sent.start >= closed);
        let last_start = late.map(|sent| sent.start - closed).max().unwrap_or(0);
        worst = worst.max(last_start);
        bench.control_write(control::HOLD, 0);
        bench.drain();
        assert_eq!(bench.sent.len(), 20);
    }
    assert_eq!(worst, LAST_START_CYCLES);
}

#[test]
fn target_last_completion_to_quiesced() {
    let mut bench = Bench::new(3);
    bench.device_sends(&Tlp::memory_read(DEVICE_ID, 1, 0x1000, 4).expect("legal"));
    bench.drain();
    bench.control_write(control::HOLD, hold::GATE | hold::FREEZE);
    bench.run(20);
    assert_eq!(bench.control_read(control::STATUS) & status::QUIESCED, 0);
    bench.complete(1, &[1; 4]);
    bench.until("the completion in", Bench::link_idle);
    // dev_freeze follows QUIESCED by one clock; `until` returns behind the last beat's cycle.
    let cycles = bench.until("the freeze", |bench| bench.outputs.dev_freeze);
    assert_eq!(cycles - 1, QUIESCED_CYCLES);
}

#[test]
fn target_bar2_read() {
    let mut bench = Bench::new(4);
    let start = bench.cycle;
    let tag = bench.start_read(BAR2_ADDRESS, 2, 4);
    bench.run(40);
    let answer = bench.take_answers(tag).remove(0);
    assert_eq!(answer.start - start, BAR2_READ_CYCLES);
    // The same for a range register and a window word, which lie deeper.
    for offset in [bar2::RANGE_BASE, bar2::SNAPSHOT_WINDOW, bar2::DATA_WINDOW] {
        let start = bench.cycle;
        let tag = bench.start_read(BAR2_ADDRESS + u64::from(offset), 2, 4);
        bench.run(40);
        assert_eq!(
            bench.take_answers(tag).remove(0).start - start,
            BAR2_READ_CYCLES
        );
    }
}

#[test]
fn target_snapshot() {
    for (loaded, target) in [(false, SNAPSHOT_CYCLES), (true, SNAPSHOT_LOADED_CYCLES)] {
        let mut bench = Bench::new(5);
        set_ranges(&mut bench);
        bench.log(Operation::Start, 0);
        for i in 0..if loaded { 1500 } else { 1 } {
            bench.device_sends(&write_at(RANGES[0].iova + i % 4096 * 4096, 4));
        }
        bench.run(20);
        let start = bench.cycle;
        bench.post_log(Operation::Snapshot, 0);
        while bench.read(bar2::LOG_STATUS) & log_status::BUSY != 0 {}
        assert_eq!(bench.cycle - start, target, "loaded: {loaded}");
    }
}
