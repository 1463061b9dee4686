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

/// Every order of two threads that the C11 memory model has.
mod orders {
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicU64 as LoomU64, fence};
    use loom::thread;

    /// loom's atomics, with or without the fences.
    struct LoomCell<const FENCES: bool>(LoomU64);

    impl<const FENCES: bool> Default for LoomCell<FENCES> {
        fn default() -> Self {
            Self(LoomU64::new(0))
        }
    }

    impl<const FENCES: bool> Cell for LoomCell<FENCES> {
        fn load(&self, order: Ordering) -> u64 {
            self.0.load(order)
        }

        fn swap(&self, value: u64, order: Ordering) -> u64 {
            self.0.swap(value, order)
        }

        fn fetch_or(&self, value: u64, order: Ordering) -> u64 {
            self.0.fetch_or(value, order)
        }

        fn fence() {
            if FENCES {
                fence(Ordering::SeqCst);
            }
        }
    }

    /// A page with one datum, its log, and the host's copy.
    struct Page<const FENCES: bool> {
        log: AtomicDirtyLog<LoomCell<FENCES>>,
        data: LoomU64,
    }

    impl<const FENCES: bool> Page<FENCES> {
        fn new() -> Arc<Self> {
            Arc::new(Self {
                log: AtomicDirtyLog::with_cells(2),
                data: LoomU64::new(0),
            })
        }

        fn write(&self, value: u64) {
            self.data.store(value, Ordering::Relaxed);
            assert!(self.log.mark(0));
        }

        /// The page's copy after a harvest.
        fn synced(&self, copy: u64) -> u64 {
            match harvested(&self.log).contains(&0) {
                true => self.data.load(Ordering::Relaxed),
                false => copy,
            }
        }
    }

    /// Bytes of stack for a thread that harvests: loom gives 32 KiB.
    const STACK_BYTES: usize = 256 << 10;

    /// Every order of the threads that this starts.
    fn model(threads: fn()) {
        loom::model(move || {
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            let harvester = builder.spawn(threads).expect("a thread");
            harvester.join().expect("the harvester ends");
        });
    }

    /// A page that is marked already is written again while it is harvested.
    fn write_again<const FENCES: bool>() {
        let page = Page::<FENCES>::new();
        page.write(1);
        let marker = thread::spawn({
            let page = page.clone();
            move || page.write(2)
        });
        let copy = page.synced(0);
        marker.join().expect("the marker ends");
        assert_eq!(page.synced(copy), 2, "a page is lost");
    }

    /// Another page of the word is marked while the first one is harvested.
    fn mark_another<const FENCES: bool>() {
        let page = Page::<FENCES>::new();
        page.write(1);
        let marker = thread::spawn({
            let page = page.clone();
            move || assert!(page.log.mark(1))
        });
        let mut pages = harvested(&page.log);
        marker.join().expect("the marker ends");
        pages.extend(harvested(&page.log));
        pages.sort_unstable();
        assert_eq!(pages, [0, 1], "a mark is lost, or listed twice");
    }

    #[test]
    fn no_write_is_lost_in_any_order() {
        model(write_again::<true>);
    }

    #[test]
    fn no_mark_is_lost_in_any_order() {
        model(mark_another::<true>);
    }

    #[test]
    #[should_panic(expected = "a page is lost")]
    fn a_write_is_lost_without_fences() {
        model(write_again::<false>);
    }

    #[test]
    #[should_panic(expected = "a mark is lost")]
    fn a_mark_is_lost_without_fences() {
        model(mark_another::<false>);
    }

    /// Two threads mark the same page while it is harvested: whoever of them comes back is
    /// found by the next harvest, also if the other one stalls.
    #[test]
    fn a_mark_that_finds_the_bit_set_needs_no_other_thread() {
        model(|| {
            let page = Page::<true>::new();
            let stalls = thread::spawn({
                let page = page.clone();
                move || assert!(page.log.mark(0))
            });
            let marker = thread::spawn({
                let page = page.clone();
                move || page.write(7)
            });
            let copy = page.synced(0);
            marker.join().expect("the marker ends");
            assert_eq!(page.synced(copy), 7, "a page is lost");
            stalls.join().expect("the other marker ends");
        });
    }
}
