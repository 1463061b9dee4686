//! The dirty log: what is marked comes out, once, as IOVAs.

use crate::model::{Handle, Seed};
use slackwater_host::device::Device;
use slackwater_host::dirty_log::{Dirty, DirtyRange, Harvest, Incomplete, LogError, Range};
use std::collections::BTreeSet;

fn open(handle: &Handle) -> Device<Handle> {
    Device::open(handle.clone()).unwrap()
}

fn range(iova: u64, bytes: u64, page_shift: u8, offset_words: u32) -> Range {
    Range {
        iova,
        bytes,
        page_shift,
        offset_words,
    }
}

/// Three ranges: an ordinary one, a large-paged one whose last page is cut short, and one
/// that crosses from chunk 0 to chunk 1 of the log.
fn ranges() -> [Range; 3] {
    [
        range(0x1000, 0x40_0000, 12, 0),
        range(0x10_0000_0000, 0x123_4000, 21, 40),
        range(0x8000_0000, 0x1000_0000, 13, 800),
    ]
}

fn with_ranges(handle: &Handle) -> Device<Handle> {
    let mut device = open(handle);
    for (index, range) in ranges().into_iter().enumerate() {
        device.dirty_log().set_range(2 * index, range).unwrap();
    }
    device.dirty_log().start().unwrap();
    device
}

#[test]
fn wrong_ranges_are_refused() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    let mut log = device.dirty_log();
    let ok = range(0x4000_0000, 0x1000, 12, 2000);
    let mut refused = |index, range| log.set_range(index, range).unwrap_err();
    assert_eq!(refused(8, ok), LogError::NoRange { index: 8, count: 8 });
    for page_shift in [0, 11, 31, 255] {
        assert_eq!(
            refused(1, Range { page_shift, ..ok }),
            LogError::PageShift { page_shift }
        );
    }
    for (iova, bytes) in [
        (0x800, 0x1000),
        (0x1000, 0x1800),
        (0x1000, 0),
        (u64::MAX - 0xfff, 0x2000),
    ] {
        assert_eq!(
            refused(1, Range { iova, bytes, ..ok }),
            LogError::Shape { iova, bytes }
        );
    }
    let error = refused(
        1,
        Range {
            bytes: 0x1000 * 32 * 49,
            ..ok
        },
    );
    let expected = LogError::TooLarge {
        offset_words: 2000,
        end_words: 2049,
        log_words: 2048,
    };
    assert_eq!(error, expected);
    let error = refused(
        1,
        Range {
            iova: 0,
            bytes: 0x2000,
            ..ok
        },
    );
    assert_eq!(
        error,
        LogError::Overlap {
            iova: 0,
            offset_words: 2000,
            other: 0
        }
    );
    let error = refused(
        1,
        Range {
            offset_words: 31,
            ..ok
        },
    );
    assert_eq!(
        error,
        LogError::Overlap {
            iova: ok.iova,
            offset_words: 31,
            other: 0
        }
    );
    log.set_range(1, ok).unwrap();
    log.set_range(
        1,
        Range {
            bytes: 0x2000,
            ..ok
        },
    )
    .unwrap();
    // Ranges are kept by the device: another driver finds them.
    drop(device);
    assert_eq!(open(&handle).dirty_log().ranges().count(), 4);
}

#[test]
fn prop_a_harvest_is_what_was_marked() {
    for seed in 0..40 {
        let handle = Handle::new(1, seed);
        let mut device = with_ranges(&handle);
        let mut random = Seed(seed);
        for round in 0..3 {
            let mut expected = BTreeSet::new();
            for _ in 0..random.below(400) {
                let Range {
                    iova,
                    bytes,
                    page_shift,
                    ..
                } = ranges()[random.below(3) as usize];
                let offset = random.below(bytes);
                // Now and then a run of neighbours.
                for step in 0..1 + random.below(2) * random.below(70) {
                    let offset = (offset + (step << page_shift)).min(bytes - 1);
                    handle.lock().mark(iova + offset);
                    expected.insert(iova + (offset >> page_shift << page_shift));
                }
            }
            let live = device.dirty_log().dirty_count().unwrap();
            assert_eq!(live as usize, expected.len(), "seed {seed}, round {round}");
            let mut found = BTreeSet::new();
            let harvest = device
                .dirty_log()
                .harvest(
                    |DirtyRange {
                         iova,
                         bytes,
                         range_index,
                     }| {
                        let range = ranges()[range_index / 2];
                        assert!(iova + bytes <= range.iova + range.bytes, "seed {seed}");
                        let pages = (iova..iova + bytes).step_by(1 << range.page_shift);
                        pages.for_each(|page| assert!(found.insert(page), "seed {seed}: twice"));
                    },
                )
                .unwrap();
            assert_eq!(found, expected, "seed {seed}, round {round}");
            let Harvest::Pages { pages, .. } = harvest else {
                panic!("seed {seed}: {harvest:?}")
            };
            assert_eq!(pages as usize, expected.len(), "seed {seed}");
            assert_eq!(device.dirty_log().dirty_count().unwrap(), 0);
        }
    }
}

#[test]
fn the_last_page_of_a_range_is_cut_short() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    handle.lock().mark(0x10_0123_3fff);
    let expected = DirtyRange {
        iova: 0x10_0120_0000,
        bytes: 0x3_4000,
        range_index: 2,
    };
    assert_eq!(
        device.dirty_log().take().unwrap(),
        Dirty::Pages(vec![expected])
    );
}

#[test]
fn only_lines_with_marks_are_read() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    handle.lock().mark(0x1000);
    handle.lock().mark(0x1000 + 600 * 4096);
    handle.lock().mark(0x8000_0000 + 10_000 * 8192);
    let _ = device.dirty_log().take().unwrap();
    assert_eq!(handle.lock().card.window_reads, 3 * 16);
    let _ = device.dirty_log().take().unwrap();
    assert_eq!(
        handle.lock().card.window_reads,
        3 * 16,
        "an idle log costs no window read"
    );
}

#[test]
fn i4_a_lost_command_takes_no_page_twice() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    handle.lock().mark(0x5000);
    let before = handle.lock().card.commands;
    handle.lock().faults.lost_commands = 2;
    let expected = DirtyRange {
        iova: 0x5000,
        bytes: 4096,
        range_index: 0,
    };
    assert_eq!(
        device.dirty_log().take().unwrap(),
        Dirty::Pages(vec![expected])
    );
    assert_eq!(
        handle.lock().card.commands - before,
        2,
        "one snapshot, one acknowledge"
    );
}

#[test]
fn i2_a_snapshot_that_was_not_acknowledged_comes_back() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    handle.lock().mark(0x5000);
    handle.lock().faults.lost_window_reads = 3;
    let mut log = device.dirty_log();
    let error = log.take().unwrap_err();
    assert!(matches!(error, LogError::Register(_)), "{error}");
    assert!(log.status().unwrap().held);
    assert_eq!(log.dirty_count().unwrap(), 0);
    handle.lock().mark(0x7000);
    let Dirty::Pages(found) = log.take().unwrap() else {
        panic!("the log is complete")
    };
    let iovas: Vec<u64> = found.iter().map(|range| range.iova).collect();
    assert_eq!(iovas, [0x5000, 0x7000]);
    assert!(!log.status().unwrap().held);
}

#[test]
fn i12_an_incomplete_log_is_never_clean() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    let next = handle.lock().card.marks + 1;
    handle.lock().faults.incomplete_at_mark = Some(next);
    handle.lock().mark(0x5000);
    for _ in 0..2 {
        let dirty = device.dirty_log().take().unwrap();
        assert_eq!(dirty, Dirty::Everything(Incomplete::Device), "it is sticky");
    }
    device.dirty_log().start().unwrap();
    assert_eq!(device.dirty_log().take().unwrap(), Dirty::Pages(vec![]));
}

#[test]
fn i12_marks_of_no_range_are_never_clean() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    handle.lock().mark(0x5000);
    handle.lock().mark(0x6000);
    device.dirty_log().clear_range(0).unwrap();
    let unknown = Incomplete::UnknownMarks { pages: 2 };
    assert_eq!(
        device.dirty_log().take().unwrap(),
        Dirty::Everything(unknown)
    );
}

#[test]
fn i12_a_harvest_with_fewer_marks_than_were_counted_is_never_clean() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    handle.lock().mark(0x5000);
    handle.lock().mark(0x9000);
    handle.lock().faults.hidden_lines = true;
    let missing = Incomplete::MissingMarks {
        counted: 2,
        found: 0,
    };
    assert_eq!(
        device.dirty_log().take().unwrap(),
        Dirty::Everything(missing)
    );
}

#[test]
fn peek_clears_nothing_and_stop_keeps_the_log() {
    let handle = Handle::new(1, 0);
    let mut device = with_ranges(&handle);
    handle.lock().mark(0x5000);
    let mut log = device.dirty_log();
    let expected = vec![DirtyRange {
        iova: 0x5000,
        bytes: 4096,
        range_index: 0,
    }];
    assert_eq!(log.peek(0).unwrap(), expected);
    assert_eq!(log.peek(1).unwrap(), []);
    assert_eq!(log.peek(2), Err(LogError::NoChunk { chunk: 2, count: 2 }));
    log.stop().unwrap();
    handle.lock().mark(0x6000);
    assert!(!log.status().unwrap().tracking);
    assert_eq!(log.take().unwrap(), Dirty::Pages(expected));
    let refused = log.restore().unwrap_err();
    assert!(refused.to_string().contains("NotHeld"), "{refused}");
}
