//! Model and card side by side.

use slackwater_conformance::act::{Abilities, Act, Disturbance, Load, PAGES, Subject, WORDS};
use slackwater_conformance::card::Card;
use slackwater_conformance::model::Model;
use slackwater_regs::state::{self, NDMA, RESUMING, RUNNING, SAVING};
use slackwater_sim::seed::{Seed, Stream};

/// Does the acts to both; what differs first.
fn compare(can: Abilities, acts: &[Act]) -> Result<(), String> {
    let mut model = Model::new(can);
    let mut card = Card::new(can, Seed(1));
    for (number, act) in acts.iter().enumerate() {
        let (expected, seen) = (model.act(*act), card.act(*act));
        if !expected.allows(&seen) {
            return Err(format!(
                "act {number}, {act}: {expected:?} expected, {seen:?} seen"
            ));
        }
        let state = model.device.state;
        if state & RESUMING == 0 && model.internal() != card.internal() {
            let (expected, seen) = (model.internal(), card.internal());
            return Err(format!(
                "act {number}, {act}: internal state {expected:?}, {seen:?}"
            ));
        }
    }
    Ok(())
}

/// Acts that lead to this state, a stream being in the window where it can be.
fn way_to(bits: u32) -> Vec<Act> {
    let mut acts = vec![
        Act::Change(1, 77),
        Act::Request(SAVING),
        Act::Stream,
        Act::Reset,
    ];
    match bits {
        state::ERROR => acts.extend([RESUMING, RUNNING].map(Act::Request)),
        _ => acts.push(Act::Request(bits)),
    }
    if bits & RESUMING != 0 && bits != state::ERROR {
        acts.push(Act::Push(Load::Whole));
    }
    acts
}

#[test]
fn conformance_g4_g5_p1_every_request_from_every_state() {
    for can in Abilities::all() {
        for from in (0..16).filter(|bits| state::is_valid(*bits) || *bits == state::ERROR) {
            if from & NDMA != 0 && !can.ndma {
                continue;
            }
            for to in 0..16 {
                let mut acts = way_to(from);
                acts.extend([
                    Act::Request(to),
                    Act::Touch,
                    Act::Stream,
                    Act::Request(RUNNING),
                ]);
                if let Err(text) = compare(can, &acts) {
                    panic!("{can:?}, {from:#x} to {to:#x}: {text}\n{acts:?}");
                }
            }
        }
    }
}

fn any_act(random: &mut Stream) -> Act {
    let mut below = |limit: u64| random.below(limit);
    match below(17) {
        0..5 => {
            let usual = [1, 9, 3, 11, 2, 10, 4, 12, 0, 8];
            match below(6) {
                0 => Act::Request(below(16) as u32),
                _ => Act::Request(usual[below(usual.len() as u64) as usize]),
            }
        }
        5 => Act::Reset,
        6..8 => Act::Write(below(PAGES)),
        8..10 => Act::Change(below(WORDS as u64) as usize, below(1 << 32) as u32),
        10 => Act::Touch,
        11 => Act::Track(below(4) > 0),
        12 => Act::Clear,
        13..15 => Act::Stream,
        15 => Act::Disturb(Disturbance::ALL[below(5) as usize]),
        _ => Act::Push([Load::Whole, Load::Whole, Load::Cut, Load::Flipped][below(4) as usize]),
    }
}

/// `SLACKWATER_WALKS=N` walks so many; `SLACKWATER_SEED=N` starts there.
fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

fn walks() -> u64 {
    from_environment("SLACKWATER_WALKS", 100)
}

fn first_seed() -> u64 {
    from_environment("SLACKWATER_SEED", 0)
}

#[test]
fn prop_random_walks_of_model_and_card_are_the_same() {
    for seed in first_seed()..first_seed() + walks() {
        let mut random = Seed(seed).named("walk").stream();
        let can = Abilities::all()
            .nth(random.below(8) as usize)
            .expect("one of eight");
        let mut acts: Vec<Act> = (0..40).map(|_| any_act(&mut random)).collect();
        let Err(mut text) = compare(can, &acts) else {
            continue;
        };
        // Shorter as long as it fails.
        let mut at = 0;
        while at < acts.len() {
            let mut fewer = acts.clone();
            fewer.remove(at);
            match compare(can, &fewer) {
                Err(still) => (acts, text) = (fewer, still),
                Ok(()) => at += 1,
            }
        }
        let acts: Vec<String> = acts.iter().map(Act::to_string).collect();
        panic!("seed {seed}, {can:?}: {text}\n{}", acts.join("\n"));
    }
}

/// The comparison can fail: a model that can more than the card is told from it, in few acts.
#[test]
fn another_device_is_told_from_the_model() {
    let can = Abilities {
        ndma: true,
        atomic_clear: true,
        internal_log: true,
    };
    let without = Abilities { ndma: false, ..can };
    let mut model = Model::new(can);
    let mut card = Card::new(without, Seed(1));
    let acts = [Act::Touch, Act::Request(RUNNING | NDMA)];
    let differ = |act: &Act| !model.act(*act).allows(&card.act(*act));
    assert_eq!(acts.iter().position(differ), Some(1));
}
