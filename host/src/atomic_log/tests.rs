//! The log against a set, and its orders under loom.

use super::*;
use std::collections::BTreeSet;

fn harvested<C: Cell>(log: &AtomicDirtyLog<C>) -> Vec<u64> {
    let mut pages = Vec::new();
    log.harvest(|batch| pages.extend(batch.pages()));
    pages
}

#[test]
fn prop_a_harvest_lists_what_was_marked() {
    for seed in 1..200_u64 {
        let mut state = seed;
        let mut below = |limit: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % limit
        };
        let pages = 1 + below(1 << (10 + seed % 12));
        let log = AtomicDirtyLog::new(pages);
        for round in 0..3 {
            let mut expected = BTreeSet::new();
            for _ in 0..below(300) {
                let page = below(pages + 3);
                assert_eq!(log.mark(page), page < pages, "seed {seed}");
                expected.extend((page < pages).then_some(page));
                let first = below(pages);
                let range = first..first + below(if round == 1 { 9_000 } else { 5 });
                let fits = range.end <= pages;
                assert_eq!(
                    log.mark_range(range.clone()),
                    fits,
                    "seed {seed}, {range:?}"
                );
                if fits {
                    expected.extend(range);
                }
            }
            let expected: Vec<u64> = expected.into_iter().collect();
            assert!(harvested(&log) == expected, "seed {seed}, round {round}");
            assert_eq!(harvested(&log), [], "seed {seed}: clear");
        }
    }
}

#[test]
fn a_mark_beyond_the_log_is_refused() {
    let log = AtomicDirtyLog::new(100);
    assert!(!log.mark(100) && !log.mark(u64::MAX));
    assert!(!log.mark_range(99..101) && !log.mark_range(0..u64::MAX));
    assert!(log.mark_range(5..5) && log.mark_range(100..100));
    assert_eq!(harvested(&log), []);
    assert!(!AtomicDirtyLog::new(0).mark(0));
}
