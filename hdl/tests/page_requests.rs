//! The groups of page requests against a plain set.

use rust_hdl::prelude::*;
use slackwater_hdl::drive::Driver;
use slackwater_hdl::page_requests::PageRequests;
use slackwater_hdl::tx_path::TxHeader;
use slackwater_regs::bar2::page_requests::UNTRACKED;
use std::collections::BTreeSet;

struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

fn new() -> Driver<PageRequests> {
    Driver::new(PageRequests::default(), |b| &mut b.clock).unwrap()
}

/// One clock: what starts, what is answered, clear; gives groups and register of before.
fn cycle(
    driver: &mut Driver<PageRequests>,
    starts: Option<(u32, bool)>,
    done: Option<u32>,
    clear: bool,
) -> (u32, u32) {
    driver.cycle(
        |b| {
            let (group, is_page_request) = starts.unwrap_or((0, false));
            b.start.next = starts.is_some();
            b.header.next = TxHeader {
                address_lo: bits(u64::from(0xabcd_e000 | group << 3 | 7)),
                page_request: is_page_request,
                ..TxHeader::default()
            };
            b.done.next = done.is_some();
            b.done_group.next = bits(done.unwrap_or(0).into());
            b.clear.next = clear;
        },
        |b| (b.groups.val().to_u32(), b.word.val().to_u32()),
    )
}

#[test]
fn prop_the_count_is_the_number_of_open_groups() {
    for seed in 0..8 {
        let mut rng = Rng(seed);
        let mut driver = new();
        let (mut open, mut lost) = (BTreeSet::<u32>::new(), false);
        for clock in 0..3_000 {
            let starts = (rng.below(2) == 0).then(|| {
                let limit = if rng.below(200) == 0 { 512 } else { 32 };
                (rng.below(limit) as u32, rng.below(4) != 0)
            });
            let done = (rng.below(2) == 0).then(|| rng.below(32) as u32);
            let clear = rng.below(300) == 0;
            let (groups, word) = cycle(&mut driver, starts, done, clear);
            let expected = open
                .iter()
                .fold(0_u32, |word, &group: &u32| word | 1 << group);
            let count = open.len() as u32 | if lost { UNTRACKED } else { 0 };
            assert_eq!(
                (groups, word),
                (expected, count),
                "seed {seed}, clock {clock}"
            );
            if let Some(group) = done {
                open.remove(&group);
            }
            match starts {
                Some((group @ 0..32, true)) => drop(open.insert(group)),
                Some((_, true)) => lost = true,
                _ => {}
            }
            if clear {
                open.clear();
                lost = false;
            }
        }
    }
}

#[test]
fn all_groups_at_once_and_no_wrap_below_zero() {
    let mut driver = new();
    for group in 0..32 {
        assert_eq!(
            cycle(&mut driver, Some((group, true)), None, false).1,
            group
        );
    }
    assert_eq!(cycle(&mut driver, None, None, false), (!0, 32));
    for group in 0..32 {
        cycle(&mut driver, None, Some(group), false);
    }
    // Answers that nobody waits for.
    for group in 0..32 {
        assert_eq!(cycle(&mut driver, None, Some(group), false), (0, 0));
    }
    assert_eq!(cycle(&mut driver, None, None, false), (0, 0));
}
