//! The bitmap at one mark a clock, with the mover at work in every clock.

use rust_hdl::prelude::*;
use slackwater_hdl::bitmap::{Bitmap, op};
use slackwater_hdl::drive::Driver;

/// Clocks until the count has followed the last operation.
const COUNT_CYCLES: u32 = 4;

/// A small generator, so that the test needs no other crate.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) as u32) % bound
    }
}

/// The same bitmap in plain Rust.
struct Model {
    words: Vec<u32>,
    /// Answers that are due in the next clock.
    old: Option<u32>,
}

#[test]
fn target_one_mark_a_clock_while_snapshots_run() {
    const WORDS: u32 = 1 << 4;
    for seed in 0..20 {
        let mut random = Random(seed);
        let mut bitmap =
            Driver::new(Bitmap::<4>::default(), |bitmap| &mut bitmap.clock).expect("a sound block");
        let mut model = Model {
            words: vec![0; WORDS as usize],
            old: None,
        };
        // Few words make marks and mover meet often.
        let words = [2, 5, WORDS][random.below(3) as usize];
        for clock in 0..4_000 {
            let mark = (random.below(words), random.below(32));
            let (kind, word, data) = (random.below(4), random.below(words), random.below(u32::MAX));
            let old = bitmap.cycle(
                |bitmap| {
                    bitmap.mark.next = true;
                    bitmap.mark_word.next = bits(u64::from(mark.0));
                    bitmap.mark_bit.next = bits(u64::from(mark.1));
                    bitmap.op.next = bits(u64::from(kind));
                    bitmap.op_word.next = bits(u64::from(word));
                    bitmap.op_data.next = bits(u64::from(data));
                },
                |bitmap| bitmap.old.val().to_u32(),
            );
            if let Some(expected) = model.old.take() {
                assert_eq!(old, expected, "seed {seed}, clock {clock}");
            }
            let target = &mut model.words[word as usize];
            model.old = (kind != op::NONE as u32).then_some(*target);
            match u64::from(kind) {
                op::TAKE => *target = 0,
                op::PUT => *target |= data,
                _ => {}
            }
            // A mark in the same clock counts as behind the mover.
            model.words[mark.0 as usize] |= 1 << mark.1;
            assert_eq!(
                bitmap.block.words(),
                model.words,
                "seed {seed}, clock {clock}"
            );
        }
        let mut count = 0;
        for _ in 0..COUNT_CYCLES {
            count = bitmap.cycle(
                |bitmap| {
                    bitmap.mark.next = false;
                    bitmap.op.next = bits(op::NONE);
                },
                |bitmap| bitmap.count.val().to_u32(),
            );
        }
        let ones: u32 = model.words.iter().map(|word| word.count_ones()).sum();
        assert_eq!(count, ones, "I13, seed {seed}");
    }
}
