//! Which cycles a trigger records, and the text of its condition.

use crate::reading::{CYCLE, FORMATS, Reading, Scratch, digits, seeds, signal};
use slackwater_verilog::wave::{Capture, Condition, Kind, Recorded, Recorder, Wave, WaveError};

/// Records with a trigger `top.hit==1` that is true in `hits`; returns the cycles in the file.
fn triggered(
    format: &str,
    hits: &[u64],
    cycles: u64,
    (before, after, every): (u64, u64, bool),
) -> (Vec<u64>, Recorded) {
    let file = Scratch::new(&format!(
        "trigger-{:?}.{format}",
        std::thread::current().id()
    ));
    let signals = [
        signal("top.n", 70, Kind::Register),
        signal("top.hit", 1, Kind::Wire),
    ];
    let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
    let capture = Capture::Trigger {
        condition: "top.hit==1".parse().expect("a condition"),
        before,
        after,
        every,
    };
    let mut recorder = Recorder::new(wave, capture).expect("a recorder");
    for cycle in 0..cycles {
        recorder.sample(cycle, |signal, words| match signal {
            0 => words.copy_from_slice(&[cycle, 0x15]),
            _ => words[0] = hits.contains(&cycle).into(),
        });
    }
    let recorded = recorder.finish().expect("no error");
    let reading = Reading::of(&file.0);
    let found = reading.cycles("top.n", cycles + 2);
    for &cycle in &found {
        let value = digits(&[cycle, 0x15], 70);
        assert_eq!(
            reading.at("top.n", cycle * CYCLE + CYCLE - 1),
            Some(&*value)
        );
        let hit = digits(&[hits.contains(&cycle).into()], 1);
        assert_eq!(reading.at("top.hit", cycle * CYCLE), Some(&*hit));
    }
    (found, recorded)
}

#[test]
fn a_trigger_records_what_is_around_it() {
    for format in FORMATS {
        let check = |hits: &[u64], settings, expected: &[u64], triggers| {
            let (found, recorded) = triggered(format, hits, 60, settings);
            assert_eq!(found, expected, "{format} {hits:?} {settings:?}");
            assert_eq!(recorded.cycles, expected.len() as u64);
            assert_eq!(recorded.triggers, triggers);
        };
        check(&[20, 40], (0, 0, false), &[20], 1);
        check(&[20, 40], (3, 2, false), &[17, 18, 19, 20, 21, 22], 1);
        // There is nothing before cycle 0, and nothing after the last one.
        check(&[1], (5, 1, false), &[0, 1, 2], 1);
        check(&[58], (1, 9, false), &[57, 58, 59], 1);
        check(&[20, 40], (1, 1, true), &[19, 20, 21, 39, 40, 41], 2);
        // Overlapping: 18 … 22 and 21 … 25 are one.
        check(&[20, 23], (2, 2, true), &(18..=25).collect::<Vec<_>>(), 2);
        // Touching, and one cycle between them.
        check(&[20, 25], (2, 2, true), &(18..=27).collect::<Vec<_>>(), 2);
        check(
            &[20, 26],
            (2, 2, true),
            &[18, 19, 20, 21, 22, 24, 25, 26, 27, 28],
            2,
        );
        check(&[], (5, 5, true), &[], 0);
        check(&[], (0, 5, false), &[], 0);
    }
}

#[test]
fn a_cycle_cannot_be_held_back_twice() {
    let file = Scratch::new("twice.vcd");
    let signals = [signal("top.n", 8, Kind::Wire)];
    let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
    let capture = Capture::Trigger {
        condition: "top.n==200".parse().expect("a condition"),
        before: 3,
        after: 0,
        every: true,
    };
    let mut recorder = Recorder::new(wave, capture).expect("a recorder");
    for cycle in [5, 6, 6] {
        recorder.sample(cycle, |_, words| words[0] = cycle);
    }
    let error = recorder.finish().expect_err("an error").to_string();
    assert!(
        error.contains("cycle 6 is sampled after cycle 6"),
        "{error}"
    );
}

#[test]
fn cycles_that_the_caller_leaves_out_count_as_time() {
    for format in FORMATS {
        for (every, expected) in [(false, &[1, 2, 5][..]), (true, &[1, 2, 5, 19, 20])] {
            let file = Scratch::new(&format!("gap.{format}"));
            let signals = [signal("top.n", 8, Kind::Wire)];
            let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
            let capture = Capture::Trigger {
                condition: "change:top.n".parse().expect("a condition"),
                before: 1,
                after: 4,
                every,
            };
            let mut recorder = Recorder::new(wave, capture).expect("a recorder");
            for (cycle, value) in [(1, 0), (2, 7), (5, 7), (19, 7), (20, 8)] {
                recorder.sample(cycle, |_, words| words[0] = value);
            }
            recorder.finish().expect("no error");
            let reading = Reading::of(&file.0);
            assert_eq!(reading.cycles("top.n", 30), expected, "{format} {every}");
        }
    }
}

#[test]
fn random_triggers_record_what_a_plain_search_finds() {
    for seed in seeds() {
        let mut random = fastrand::Rng::with_seed(seed);
        for round in 0..60 {
            let cycles = random.u64(1..80);
            let every = random.bool();
            let hits: Vec<u64> = (0..cycles).filter(|_| random.u8(..12) == 0).collect();
            let (before, after) = (random.u64(..7), random.u64(..7));
            let used = if every { hits.len() } else { 1.min(hits.len()) };
            let expected: Vec<u64> = (0..cycles)
                .filter(|&cycle| {
                    hits[..used]
                        .iter()
                        .any(|&hit| cycle + before >= hit && cycle <= hit + after)
                })
                .collect();
            let format = FORMATS[round % 2];
            let (found, recorded) = triggered(format, &hits, cycles, (before, after, every));
            assert_eq!(
                found, expected,
                "{format} {hits:?} {before} {after} {every}, seed {seed}"
            );
            assert_eq!(recorded.triggers, used as u64);
        }
    }
}

#[test]
fn conditions_are_true_in_the_cycles_they_say() {
    // 70 bits: the upper word counts.
    let values: [[u64; 2]; 8] = [
        [0, 0],
        [7, 0],
        [7, 1],
        [6, 1],
        [0, 0],
        [8, 0],
        [0, 0x3f],
        [0, 0],
    ];
    let cases: [(&str, &[u64]); 12] = [
        ("top.v==7", &[1]),
        ("top.v != 0", &[1, 2, 3, 5, 6]),
        ("top.v<7", &[0, 4, 7]),
        ("top.v <= 0x7", &[0, 1, 4, 7]),
        ("top.v>0x1_0000000000000006", &[2, 6]),
        ("top.v>=18446744073709551622", &[2, 3, 6]),
        ("top.v==0x3f0000000000000000", &[6]),
        ("top.v==0b111", &[1]),
        ("rise:top.v", &[1, 5]),
        ("fall:top.v", &[4, 7]),
        ("change:top.v", &[1, 2, 3, 4, 5, 6, 7]),
        (" rise: top.v ", &[1, 5]),
    ];
    for (text, expected) in cases {
        let file = Scratch::new("condition.vcd");
        let condition: Condition = text.parse().expect("a condition");
        assert_eq!(
            condition.to_string().parse::<Condition>().expect("again"),
            condition
        );
        let signals = [signal("top.v", 70, Kind::Wire)];
        let capture = Capture::Trigger {
            condition,
            before: 0,
            after: 0,
            every: true,
        };
        let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
        let mut recorder = Recorder::new(wave, capture).expect("a recorder");
        for (cycle, value) in values.iter().enumerate() {
            recorder.sample(cycle as u64, |_, words| words.copy_from_slice(value));
        }
        recorder.finish().expect("no error");
        let found = Reading::of(&file.0).cycles("top.v", 8);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_trigger_without_a_past_asks_for_its_own_signal_only() {
    let file = Scratch::new("ask.vcd");
    let signals = [0, 1, 2].map(|index| signal(&format!("top.s{index}"), 8, Kind::Wire));
    let capture = Capture::Trigger {
        condition: "top.s1>=5".parse().expect("a condition"),
        before: 0,
        after: 1,
        every: false,
    };
    let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
    let mut recorder = Recorder::new(wave, capture).expect("a recorder");
    let mut asked = vec![Vec::new(); 8];
    for cycle in 0..8 {
        recorder.sample(cycle, |signal, words| {
            asked[cycle as usize].push(signal);
            words[0] = cycle;
        });
    }
    for signals in &mut asked {
        signals.sort_unstable();
        signals.dedup();
    }
    let all = vec![0, 1, 2];
    let own = vec![1];
    let expected = [&own, &own, &own, &own, &own, &all, &all, &vec![]].map(Vec::clone);
    assert_eq!(asked, expected);
}

#[test]
fn wrong_conditions_say_what_is_wrong() {
    for (text, problem) in [
        ("", "neither"),
        ("top.v", "neither"),
        ("top.v=4", "\"=\" is no comparison"),
        ("top.v===4", "\"===\" is no comparison"),
        ("top.v=!4", "\"=!\" is no comparison"),
        ("top.v=>4", "\"=>\" is no comparison"),
        ("top.v==", "\"\" is no value"),
        ("top.v==-4", "\"-4\" is no value"),
        ("top.v==+4", "\"+4\" is no value"),
        ("top.v==0x", "\"0x\" is no value"),
        ("top.v==0b12", "\"0b12\" is no value"),
        ("top.v==_", "\"_\" is no value"),
        ("top.v==1f", "\"1f\" is no value"),
        ("==4", "names no signal"),
        ("rise:", "names no signal"),
        ("rises:top.v", "\"rises\" is no event"),
    ] {
        let error = text.parse::<Condition>().expect_err(text);
        assert!(matches!(error, WaveError::Condition { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains(problem), "{text}: {error}");
        assert!(error.contains("rise:NAME"), "{error}");
    }
    let long = format!("top.v=={}", "9".repeat(1 << 20));
    let error = long.parse::<Condition>().expect_err("too long").to_string();
    assert!(error.len() < 500, "{} bytes", error.len());

    let file = Scratch::new("wrong.vcd");
    let signals = [
        signal("top.core.v", 3, Kind::Wire),
        signal("top.clock", 1, Kind::Clock),
    ];
    let refused = |text: &str, before| {
        let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
        let capture = Capture::Trigger {
            condition: text.parse().expect("a condition"),
            before,
            after: 0,
            every: false,
        };
        match Recorder::new(wave, capture) {
            Ok(_) => panic!("{text} is accepted"),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(
        refused("v==1", 0),
        "trigger on v: no such signal; is it top.core.v?"
    );
    assert_eq!(
        refused("rise:top.w", 0),
        "trigger on top.w: no such signal; names have all scopes, such as top.core.v, top.clock"
    );
    assert_eq!(
        refused("top.core.v==8", 0),
        "trigger on top.core.v: 0x8 does not fit its 3 bits, so it never has this value"
    );
    let limit = refused("top.core.v==7", u64::MAX);
    assert!(limit.contains("18446744073709551615 cycles"), "{limit}");
    assert!(limit.contains("ask for 13421772 cycles at most"), "{limit}");
}
