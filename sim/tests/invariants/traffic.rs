//! Random device traffic, and a plain model of what it must mark.

use crate::bench::{Bench, DEVICE_ID};
use slackwater_sim::tlp::{AtomicOp, Body, Tlp};
use std::collections::{BTreeMap, BTreeSet};

/// A range of the log as the model sees it.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub iova: u64,
    pub bytes: u64,
    pub page_shift: u32,
    pub offset_words: u32,
}

/// Ranges in both halves of the address space, with several page sizes.
pub const RANGES: [Range; 4] = [
    Range {
        iova: 0x0010_0000,
        bytes: 64 << 20,
        page_shift: 12,
        offset_words: 0,
    },
    Range {
        iova: 0x7_8000_0000,
        bytes: 64 << 20,
        page_shift: 12,
        offset_words: 1024,
    },
    Range {
        iova: 0xffff_0000_0000_0000,
        bytes: 1 << 31,
        page_shift: 21,
        offset_words: 2048,
    },
    Range {
        iova: 0x0800_0000,
        bytes: 0x0050_3000,
        page_shift: 14,
        offset_words: 31 * 1024,
    },
];

/// Programs the ranges.
pub fn set_ranges(bench: &mut Bench) {
    for (index, range) in RANGES.iter().enumerate() {
        bench.set_range(
            index as u32,
            range.iova,
            range.bytes,
            range.page_shift,
            range.offset_words,
        );
    }
}

/// The log page of an address, by plain arithmetic.
pub fn page_of(address: u64) -> Option<u32> {
    RANGES.iter().find_map(|range| {
        let offset = address.checked_sub(range.iova)?;
        (offset < range.bytes)
            .then_some(range.offset_words * 32 + (offset >> range.page_shift) as u32)
    })
}

/// An address in a random range, or now and then outside all; aligned to `align`.
pub fn address(bench: &mut Bench, align: u64) -> u64 {
    if bench.below(16) == 0 {
        return 0x2000_0000 + bench.below(1 << 20) / align * align;
    }
    let range = RANGES[bench.below(RANGES.len() as u64) as usize];
    range.iova + bench.below(range.bytes) / align * align
}

/// Random traffic and what it must have marked.
#[derive(Default)]
pub struct Traffic {
    /// Non-posted requests that wait for their completion, by tag.
    pub pending: BTreeMap<u8, Option<u32>>,
    /// Pages that were written.
    pub written: BTreeSet<u32>,
    /// Tracked writes outside all ranges.
    pub outside: u32,
    /// Tags whose request is on the link.
    ready: Vec<u8>,
}

impl Traffic {
    /// Queues a random request of the device.
    pub fn request(&mut self, bench: &mut Bench) {
        let kind = bench.below(10);
        let mut tlp = if kind < 6 {
            let dws = 1 + bench.below(32);
            let mut at = address(bench, 4);
            // Not across a 4 KiB boundary.
            if at % 4096 + 4 * dws > 4096 {
                at -= 4 * dws;
            }
            let lead = bench.below(4).min(at % 4096 / 4);
            let bytes = (4 * dws - lead) as usize;
            let payload: Vec<u8> = (0..bytes as u8).collect();
            Tlp::memory_write(DEVICE_ID, 0, at + lead, &payload).expect("a legal write")
        } else {
            let Some(tag) = (0..32).find(|tag| !self.pending.contains_key(tag)) else {
                return;
            };
            let at = address(bench, 8);
            if kind < 8 {
                self.pending.insert(tag, None);
                Tlp::memory_read(DEVICE_ID, tag, at, 64.min((4096 - at % 4096) as usize))
                    .expect("a legal read")
            } else {
                self.pending.insert(tag, page_of(at));
                if page_of(at).is_none() {
                    self.outside += 1;
                }
                let op = [AtomicOp::FetchAdd, AtomicOp::Swap][bench.below(2) as usize];
                Tlp::atomic(DEVICE_ID, tag, at, op, &[7]).expect("a legal AtomicOp")
            }
        };
        tlp.attributes.relaxed_ordering = bench.below(2) == 1;
        tlp.attributes.id_based_ordering = bench.below(2) == 1;
        bench.device_sends(&tlp);
    }

    /// Notes the writes that started on link_tx, and answers a random non-posted request.
    pub fn follow(&mut self, bench: &mut Bench, answer: bool) {
        let mut answered = None;
        for sent in bench.sent.drain(..) {
            match sent.tlp().body {
                Body::MemoryWrite { request, .. } => match page_of(request.address) {
                    Some(page) => {
                        self.written.insert(page);
                    }
                    None => self.outside += 1,
                },
                Body::MemoryRead(request) | Body::Atomic { request, .. } => {
                    self.ready.push(request.tag);
                }
                Body::Completion { .. } | Body::Message(_) => {}
            }
        }
        // A tag is free again when the device has its completion.
        for dws in bench.taken.drain(..) {
            self.pending.remove(&((dws[2] >> 8) as u8));
        }
        if answer && !self.ready.is_empty() {
            let index = bench.below(self.ready.len() as u64) as usize;
            answered = Some(self.ready.swap_remove(index));
        }
        if let Some(tag) = answered {
            // A page counts as written from here on: the AtomicOp has been done.
            self.written.extend(self.pending[&tag]);
            bench.complete(tag, &[0; 4]);
        }
    }
}
