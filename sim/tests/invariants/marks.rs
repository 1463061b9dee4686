//! The dirty log: I1, I2, I3, I12, I13.

use crate::bench::{Bench, DEVICE_ID};
use crate::traffic::{RANGES, Traffic, page_of, set_ranges};
use slackwater_hdl::inject;
use slackwater_regs::bar2;
use slackwater_regs::log::{Operation, Outcome, status};
use slackwater_sim::tlp::{AtomicOp, CompletionStatus, Tlp};
use std::collections::BTreeSet;

/// Clocks from the start of a write on link_tx to its mark in the log.
const MARK_CYCLES: u64 = 3;

fn logging(seed: u64) -> Bench {
    let mut bench = Bench::new(seed);
    set_ranges(&mut bench);
    assert_eq!(bench.log(Operation::Start, 0), Outcome::Ok);
    bench
}

fn write_at(address: u64) -> Tlp {
    Tlp::memory_write(DEVICE_ID, 0, address, &[1, 2, 3, 4]).expect("a legal write")
}

#[test]
fn i1_a_write_is_marked_when_it_starts_on_link_tx_not_before() {
    let mut bench = logging(1);
    bench.link_ready = 0;
    bench.device_sends(&write_at(RANGES[1].iova + 0x5000));
    bench.run(200);
    assert_eq!(
        bench.live_pages(),
        BTreeSet::new(),
        "marked before its first beat was taken"
    );
    // One beat only: the mark must not wait for the rest of the TLP.
    bench.link_ready = 1_000_000;
    bench.step();
    bench.link_ready = 0;
    bench.run(MARK_CYCLES - 1);
    assert!(bench.live_pages().is_empty(), "earlier than stated");
    bench.run(1);
    assert_eq!(bench.live_pages(), BTreeSet::from([1024 * 32 + 5]));
}

#[test]
fn i1_the_check_sees_an_early_mark() {
    let mut bench = logging(1);
    bench.inject = inject::MARK_EARLY;
    bench.link_ready = 0;
    bench.device_sends(&write_at(RANGES[1].iova + 0x5000));
    bench.run(200);
    assert!(!bench.live_pages().is_empty());
}

#[test]
fn i1_an_atomic_is_marked_when_its_completion_comes_back() {
    for early in [false, true] {
        let mut bench = logging(2);
        if early {
            bench.inject = inject::ATOMIC_EARLY;
        }
        let at = RANGES[0].iova + 0x7008;
        let tlp = Tlp::atomic(DEVICE_ID, 9, at, AtomicOp::FetchAdd, &[1]).expect("legal");
        bench.device_sends(&tlp);
        bench.drain();
        bench.run(300);
        assert_eq!(!bench.live_pages().is_empty(), early, "early {early}");
        bench.complete(9, &[0; 4]);
        bench.drain();
        assert_eq!(bench.live_pages(), BTreeSet::from([7]));
    }
}

#[test]
fn i1_an_atomic_that_fails_or_times_out_is_marked_too() {
    let mut bench = logging(3);
    bench.write(bar2::COMPLETION_TIMEOUT_CYCLES, 500);
    let at = RANGES[0].iova;
    for (tag, page) in [(1, 1), (2, 2)] {
        let address = at + page * 4096;
        let tlp = Tlp::atomic(DEVICE_ID, tag, address, AtomicOp::Swap, &[1]).expect("legal");
        bench.device_sends(&tlp);
    }
    bench.drain();
    bench.complete_with(1, CompletionStatus::UnsupportedRequest, &[]);
    bench.drain();
    assert_eq!(bench.live_pages(), BTreeSet::from([1]));
    bench.until("the timeout", |bench| bench.live_pages().len() == 2);
    assert_eq!(bench.live_pages(), BTreeSet::from([1, 2]));
    assert_eq!(bench.read(bar2::COUNT_TIMEOUTS), 1);
}

#[test]
fn i1_ordering_attributes_are_cleared_while_logging_only() {
    let mut bench = Bench::new(4);
    set_ranges(&mut bench);
    let mut write = write_at(RANGES[0].iova);
    write.attributes.relaxed_ordering = true;
    write.attributes.id_based_ordering = true;
    write.attributes.no_snoop = true;
    write.traffic_class = 3;
    bench.device_sends(&write);
    bench.drain();
    assert_eq!(bench.sent.remove(0).tlp(), write, "not logging: unchanged");
    bench.log(Operation::Start, 0);
    bench.device_sends(&write);
    bench.drain();
    let sent = bench.sent.remove(0).tlp();
    assert!(!sent.attributes.relaxed_ordering && !sent.attributes.id_based_ordering);
    assert!(sent.attributes.no_snoop);
    assert_eq!(sent.traffic_class, 0);
    assert_eq!(sent.payload(), write.payload());
}

/// Random traffic under random commands; returns pages written, pages reported,
/// and whether any step found the core at odds with the model.
fn run_random(seed: u64, inject_bits: u32, requests: usize) -> Result<(), String> {
    let mut bench = Bench::new(seed);
    set_ranges(&mut bench);
    bench.log(Operation::Start, 0);
    bench.link_ready = [1_000_000, 700_000, 300_000][bench.below(3) as usize];
    bench.dev_ready = [1_000_000, 500_000][bench.below(2) as usize];
    bench.offer = [1_000_000, 600_000][bench.below(2) as usize];
    bench.inject = inject_bits;
    let mut traffic = Traffic::default();
    let mut reported: BTreeSet<u32> = BTreeSet::new();
    for step in 0..requests {
        traffic.request(&mut bench);
        let pause = bench.below(12);
        bench.run(pause);
        let answer = bench.below(3) == 0;
        traffic.follow(&mut bench, answer);
        if step % 64 != 63 {
            continue;
        }
        // A snapshot of a random chunk while traffic goes on.
        let summary = bench.read(bar2::CHUNK_SUMMARY);
        let chunks: Vec<u32> = (0..32).filter(|c| summary >> c & 1 == 1).collect();
        let Some(&chunk) = chunks.get(bench.below(chunks.len() as u64) as usize) else {
            continue;
        };
        for _ in 0..20 {
            traffic.request(&mut bench);
        }
        let offset = chunk * bar2::CHUNK_PAGES;
        match bench.below(4) {
            0 => {
                assert_eq!(bench.log(Operation::Peek, chunk), Outcome::Ok);
            }
            1 => {
                assert_eq!(bench.log(Operation::Snapshot, chunk), Outcome::Ok);
                assert_eq!(bench.log(Operation::Snapshot, chunk), Outcome::Held);
                assert_eq!(bench.log(Operation::Restore, 0), Outcome::Ok);
                assert_eq!(bench.log(Operation::Restore, 0), Outcome::NotHeld);
            }
            _ => {
                assert_eq!(bench.log(Operation::Snapshot, chunk), Outcome::Ok);
                let pages = bench.window_pages();
                reported.extend(pages.iter().map(|page| page + offset));
                assert_eq!(bench.log(Operation::Acknowledge, 0), Outcome::Ok);
                assert_eq!(bench.log(Operation::Acknowledge, 0), Outcome::NotHeld);
            }
        }
        traffic.follow(&mut bench, false);
    }
    bench.link_ready = 1_000_000;
    bench.drain();
    traffic.follow(&mut bench, false);
    while !traffic.pending.is_empty() {
        traffic.follow(&mut bench, true);
        bench.drain();
    }
    if bench.read(bar2::LOG_STATUS) & status::INCOMPLETE != 0 {
        return Err("I12: LOG_INCOMPLETE without cause".into());
    }
    bench.run(20);
    let live = bench.live_pages();
    let count = bench.read(bar2::DIRTY_COUNT);
    if count as usize != live.len() {
        return Err(format!(
            "I13: DIRTY_COUNT is {count}, {} pages are live",
            live.len()
        ));
    }
    let chunks: BTreeSet<u32> = live.iter().map(|page| page / bar2::CHUNK_PAGES).collect();
    let summary = chunks.iter().fold(0, |word, chunk| word | 1u32 << chunk);
    let shown = bench.read(bar2::CHUNK_SUMMARY);
    if shown != summary {
        return Err(format!(
            "CHUNK_SUMMARY is {shown:#x}, the log has {summary:#x}"
        ));
    }
    if bench.read(bar2::COUNT_OUTSIDE) != traffic.outside {
        return Err("COUNT_OUTSIDE differs".into());
    }
    let known: BTreeSet<u32> = live.union(&reported).copied().collect();
    if let Some(page) = traffic.written.difference(&known).next() {
        return Err(format!(
            "I2: page {page:#x} was written and is nowhere in the log"
        ));
    }
    if let Some(page) = known.difference(&traffic.written).next() {
        return Err(format!(
            "page {page:#x} is in the log and was never written"
        ));
    }
    // What remains is found by walking the chunks, and then nothing remains.
    let mut rest = BTreeSet::new();
    for chunk in chunks {
        bench.log(Operation::Snapshot, chunk);
        let offset = chunk * bar2::CHUNK_PAGES;
        rest.extend(bench.window_pages().iter().map(|page| page + offset));
        bench.log(Operation::Acknowledge, 0);
    }
    if rest != live {
        return Err("I3: the snapshots are not what was live".into());
    }
    if !bench.live_pages().is_empty() || bench.read(bar2::DIRTY_COUNT) != 0 {
        return Err("I3: something is left after all chunks were taken".into());
    }
    Ok(())
}

#[test]
fn i2_i3_i13_no_lost_mark_under_random_traffic() {
    for seed in 0..8 {
        run_random(seed, 0, 800).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}

#[test]
fn i2_the_check_sees_a_dropped_mark() {
    let error = run_random(0, inject::DROP_MARK, 300).expect_err("a dropped mark");
    assert!(error.starts_with("I2"), "{error}");
}

#[test]
fn i3_the_check_sees_a_bit_cleared_too_many() {
    assert!((0..6).any(|seed| run_random(seed, inject::CLEAR_EXTRA, 800).is_err()));
}

#[test]
fn i2_marks_that_meet_the_mover_in_one_word_are_kept() {
    // Full load of marks on the very words that a snapshot walks.
    let mut bench = logging(5);
    let at = |page: u64| RANGES[0].iova + page * 4096;
    let mut written = BTreeSet::new();
    let mut reported = BTreeSet::new();
    for round in 0..4 {
        bench.post_log(Operation::Snapshot, 0);
        // One write every other clock, so one word in two clocks; the walk makes one a clock.
        for i in 0..1100u64 {
            let page = (i * 29 + round) % 16384;
            bench.device_sends(&write_at(at(page)));
            written.insert(page as u32);
        }
        bench.drain();
        while bench.read(bar2::LOG_STATUS) & status::BUSY != 0 {}
        reported.extend(bench.window_pages());
        bench.log(Operation::Acknowledge, 0);
        bench.sent.clear();
    }
    let known: BTreeSet<u32> = bench.live_pages().union(&reported).copied().collect();
    assert_eq!(known, written);
    assert_eq!(
        bench.read(bar2::DIRTY_COUNT) as usize,
        bench.live_pages().len()
    );
}

#[test]
fn i12_what_the_log_cannot_hold_makes_it_incomplete() {
    let incomplete = |bench: &mut Bench| bench.read(bar2::LOG_STATUS) & status::INCOMPLETE != 0;
    let at = RANGES[0].iova;

    // A write across a page boundary, which PCIe forbids.
    let mut bench = logging(6);
    let mut dws = write_at(at).to_dws();
    dws[0] = dws[0] & !0x3ff | 2;
    dws[2] = at as u32 | 0xffc;
    dws.push(0);
    assert!(!incomplete(&mut bench));
    bench.device_sends_dws(&dws);
    bench.drain();
    assert!(incomplete(&mut bench), "a write across a page boundary");
    bench.log(Operation::Stop, 0);
    assert!(incomplete(&mut bench), "it is sticky");
    bench.log(Operation::Start, 0);
    assert!(!incomplete(&mut bench), "START begins anew");

    // A TLP with a prefix, in which a write could hide.
    let mut bench = logging(7);
    bench.device_sends_dws(&[0x9000_0000, 0, at as u32]);
    bench.drain();
    assert!(incomplete(&mut bench), "a TLP of unknown kind");

    // A tag that cannot be followed, and a tag used twice.
    for tags in [[200, 1], [3, 3]] {
        let mut bench = logging(8);
        for tag in tags {
            let tlp = Tlp::atomic(DEVICE_ID, tag, at, AtomicOp::FetchAdd, &[1]).expect("legal");
            bench.device_sends(&tlp);
        }
        bench.drain();
        assert!(incomplete(&mut bench), "tags {tags:?}");
    }

    // A range that reaches past the end of the bitmap.
    let mut bench = Bench::new(9);
    bench.set_range(0, 0, 1 << 30, 12, 32_767);
    bench.log(Operation::Start, 0);
    bench.device_sends(&write_at(31 * 4096));
    bench.drain();
    assert!(!incomplete(&mut bench));
    bench.device_sends(&write_at(32 * 4096));
    bench.drain();
    assert!(incomplete(&mut bench), "behind the end of the bitmap");
}

/// The ranges of this log know no PASID. A write that carries one, in a prefix, is not taken for one of
/// the address space that is watched: the log is no longer complete.
#[test]
fn conformance_b3_a_write_with_a_pasid_is_never_taken_for_another() {
    let mut bench = logging(13);
    // PASID TLP prefix (Fmt 100, Type 1_0001, PASID 5: PCI Express Base 6.20) and the start of a write.
    bench.device_sends_dws(&[0x9100_0005, 0x4000_0001, RANGES[0].iova as u32]);
    bench.drain();
    assert!(bench.read(bar2::LOG_STATUS) & status::INCOMPLETE != 0);
    assert_eq!(bench.live_pages(), BTreeSet::new());
}

#[test]
fn i12_writes_outside_all_ranges_are_counted() {
    let mut bench = logging(10);
    assert_eq!(page_of(0x3000_0000), None);
    bench.device_sends(&write_at(0x3000_0000));
    bench.device_sends(&write_at(RANGES[0].iova - 4));
    bench.device_sends(&write_at(RANGES[0].iova + RANGES[0].bytes));
    bench.device_sends(&write_at(RANGES[0].iova + RANGES[0].bytes - 4));
    bench.drain();
    assert_eq!(bench.read(bar2::COUNT_OUTSIDE), 3);
    assert_eq!(bench.live_pages().len(), 1);
    assert_eq!(bench.read(bar2::COUNT_MARKS), 1);
}

#[test]
fn i2_ranges_come_and_go_while_logging() {
    let mut bench = Bench::new(11);
    bench.set_range(0, 0x10_0000, 1 << 20, 12, 0);
    bench.log(Operation::Start, 0);
    bench.device_sends(&write_at(0x10_0000));
    bench.drain();
    bench.set_range(5, 0x4000_0000, 1 << 20, 12, 64);
    bench.device_sends(&write_at(0x4000_1000));
    bench.drain();
    let config = bar2::RANGE_BASE + bar2::RANGE_CONFIG;
    // An enabled range does not change; then it is removed, and what it marked stays.
    bench.write(bar2::RANGE_BASE + bar2::RANGE_BASE_LO, 0x9999_9000);
    assert_eq!(
        bench.read(bar2::RANGE_BASE + bar2::RANGE_BASE_LO),
        0x10_0000
    );
    bench.write(config, 0);
    bench.device_sends(&write_at(0x10_1000));
    bench.drain();
    assert_eq!(bench.live_pages(), BTreeSet::from([0, 64 * 32 + 1]));
    // A page shift outside 12 to 30 does not enable.
    for shift in [0, 11, 31] {
        bench.write(
            config,
            bar2::range_config::ENABLE | shift << bar2::range_config::PAGE_SHIFT_SHIFT,
        );
        assert_eq!(
            bench.read(config) & bar2::range_config::ENABLE,
            0,
            "shift {shift}"
        );
    }
}

#[test]
fn i2_start_clears_and_stop_freezes() {
    let mut bench = logging(12);
    bench.device_sends(&write_at(RANGES[0].iova));
    bench.device_sends(&write_at(RANGES[3].iova));
    bench.drain();
    assert_eq!(bench.live_pages().len(), 2);
    assert_eq!(bench.log(Operation::Stop, 0), Outcome::Ok);
    bench.device_sends(&write_at(RANGES[0].iova + 4096));
    bench.drain();
    assert_eq!(bench.live_pages().len(), 2, "frozen");
    assert_eq!(
        bench.log(Operation::Snapshot, 31),
        Outcome::Ok,
        "and readable"
    );
    assert_eq!(bench.window_pages().len(), 1);
    assert_eq!(bench.log(Operation::Start, 0), Outcome::Ok);
    assert!(bench.live_pages().is_empty());
    assert_eq!(bench.read(bar2::DIRTY_COUNT), 0);
    assert_eq!(bench.read(bar2::CHUNK_SUMMARY), 0);
    assert_eq!(
        bench.log(Operation::Acknowledge, 0),
        Outcome::NotHeld,
        "START drops a held one"
    );
}
