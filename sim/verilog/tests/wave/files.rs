//! What is in a file, and what happens where none can be written.

use crate::reading::{ALL, CYCLE, FORMATS, Random, Reading, Scratch, seeds, signal};
use slackwater_verilog::wave::{Capture, Kind, Recorder, Signal, Wave, WaveError};

#[test]
fn every_value_of_every_cycle_is_read_back() {
    for seed in seeds() {
        let random = Random::new(seed, 150);
        for format in FORMATS {
            let file = Scratch::new(&format!("all.{format}"));
            let recorded = random.record(&file.0, ALL);
            assert_eq!(recorded.cycles, 150);
            let reading = Reading::of(&file.0);
            assert_eq!(reading.changes.len(), random.signals.len(), "{format}");
            assert_eq!(
                random.differences(&reading, |_| true),
                [""; 0],
                "{format}, seed {seed}"
            );
        }
    }
}

#[test]
fn a_single_wrong_bit_is_seen() {
    for seed in seeds() {
        let mut random = Random::new(seed, 60);
        let wide = random
            .signals
            .iter()
            .position(|signal| signal.width == 200)
            .expect("a signal of 200 bits");
        for format in FORMATS {
            let file = Scratch::new(&format!("fault.{format}"));
            random.record(&file.0, ALL);
            let reading = Reading::of(&file.0);
            random.samples[37][wide][3] ^= 1 << 7;
            let found = random.differences(&reading, |_| true);
            random.samples[37][wide][3] ^= 1 << 7;
            assert_eq!(found.len(), 4, "{format}, seed {seed}: {found:?}");
            assert!(found[0].contains("cycle 37"), "{found:?}");
        }
    }
}

#[test]
fn the_same_values_give_the_same_file() {
    let random = Random::new(1, 50);
    for format in FORMATS {
        let files = [1, 2].map(|index| {
            let file = Scratch::new(&format!("same{index}.{format}"));
            random.record(&file.0, ALL);
            std::fs::read(&file.0).expect("the file")
        });
        assert_eq!(files[0], files[1], "{format}");
    }
}

#[test]
fn a_vcd_file_is_what_the_standard_says() {
    let file = Scratch::new("text.vcd");
    let signals = [
        signal("top.core.busy", 1, Kind::Wire),
        signal("top.clock", 1, Kind::Clock),
        signal("top.core.state", 70, Kind::Register),
        signal("top.zero", 8, Kind::Input),
    ];
    let mut wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
    assert_eq!((wave.sample_words(), wave.words(2)), (5, 2..4));
    let samples = [
        (2, [0, 1, 6, 0, 0]),
        (3, [1, 1, 6, 0x20, 0]),
        (4, [1, 0, 6, 0x20, 0]),
        (9, [0, 1, 0, 0, 0]),
    ];
    for (cycle, sample) in samples {
        wave.write(cycle, &sample).expect("no error");
    }
    wave.finish().expect("no error");
    let text = std::fs::read_to_string(&file.0).expect("the file");
    let (header, changes) = text.split_once("$timescale").expect("a time scale");
    assert!(header.contains("slackwater-verilog"), "{header}");
    let expected = "$timescale 1 ps $end
        $scope module top $end
        $var wire 1 ! clock $end
        $scope module core $end
        $var wire 1 \" busy $end
        $var reg 70 # state $end
        $upscope $end
        $var wire 8 $ zero $end
        $upscope $end
        $enddefinitions $end
        #16000
        $dumpvars
        0\"
        1!
        b110 #
        b0 $
        $end
        #20000
        0!
        #24000
        1!
        1\"
        b1000000000000000000000000000000000000000000000000000000000000000000110 #
        #28000
        0!
        #40000
        $dumpoff
        x\"
        x!
        bx #
        bx $
        $end
        #72000
        $dumpon
        0\"
        1!
        b0 #
        b0 $
        $end
        #76000
        0!
        #80000
        ";
    assert_eq!(
        format!("$timescale{changes}"),
        expected.replace("        ", "")
    );
}

#[test]
fn a_window_holds_its_cycles_and_no_others() {
    let random = Random::new(2, 100);
    for format in FORMATS {
        for (first, cycles) in [(0, 1), (1, 1), (13, 40), (99, 1), (90, 1000), (5, 0)] {
            let file = Scratch::new(&format!("window.{format}"));
            let capture = Capture::Window { first, cycles };
            let recorded = random.record(&file.0, capture);
            assert_eq!(recorded.cycles, cycles.min(100 - first), "{first} {cycles}");
            let reading = Reading::of(&file.0);
            let inside = |cycle| cycle >= first && cycle - first < cycles;
            assert_eq!(
                random.differences(&reading, inside),
                [""; 0],
                "{format}, {first} {cycles}"
            );
        }
    }
}

#[test]
fn a_recorder_that_is_done_has_closed_its_file_and_asks_for_nothing() {
    for format in FORMATS {
        let file = Scratch::new(&format!("done.{format}"));
        let signals = [signal("top.n", 8, Kind::Register)];
        let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
        let capture = Capture::Window {
            first: 3,
            cycles: 2,
        };
        let mut recorder = Recorder::new(wave, capture).expect("a recorder");
        let mut asked = Vec::new();
        for cycle in 0..10 {
            assert_eq!(recorder.done(), cycle > 4, "cycle {cycle}");
            recorder.sample(cycle, |_, words| {
                asked.push(cycle);
                words[0] = cycle;
            });
        }
        assert_eq!(asked, [3, 4]);
        assert_eq!(Reading::of(&file.0).cycles("top.n", 10), [3, 4]);
        let recorded = recorder.finish().expect("no error");
        assert_eq!((recorded.cycles, recorded.triggers), (2, 0));
    }
}

#[test]
fn files_and_signals_that_cannot_be_are_refused() {
    let good = [signal("top.a", 1, Kind::Wire)];
    let refused = |name: &str, signals: &[Signal], length| {
        let file = Scratch::new(name);
        match Wave::create(&file.0, signals, length) {
            Ok(_) => panic!("{name} with {signals:?} is accepted"),
            Err(error) => {
                assert!(!file.0.exists(), "{error}: the file was made anyway");
                error.to_string()
            }
        }
    };
    let error = refused("a.ghw", &good, CYCLE);
    assert!(
        error.ends_with("no wave format is named .ghw; use .vcd or .fst"),
        "{error}"
    );
    let error = refused("a", &good, CYCLE);
    assert!(error.contains("no extension"), "{error}");
    let error = refused("a.vcd", &good, 1);
    assert!(error.contains("1 ps"), "{error}");
    for (name, width, kind, problem) in [
        ("top", 1, Kind::Wire, "no scope"),
        ("top..a", 1, Kind::Wire, "empty"),
        ("top.a b", 1, Kind::Wire, "\"a b\" would end"),
        ("top.$end", 1, Kind::Wire, "would end"),
        ("top.a", 0, Kind::Wire, "0 bits"),
        ("top.a", 65_537, Kind::Wire, "65537 bits"),
        ("top.a", 2, Kind::Clock, "a clock has 1 bit"),
        (&format!("top.{}", "a".repeat(513)), 1, Kind::Wire, "513"),
    ] {
        for format in FORMATS {
            let error = refused(&format!("b.{format}"), &[signal(name, width, kind)], CYCLE);
            assert!(error.contains(problem), "{error}");
            assert!(error.contains(name), "{error}");
        }
    }
    let twice = [good[0].clone(), good[0].clone()];
    assert!(refused("c.fst", &twice, CYCLE).contains("same path"));
    let huge: Vec<Signal> = (0..4097)
        .map(|index| signal(&format!("top.a{index}"), 65_536, Kind::Wire))
        .collect();
    assert!(refused("d.fst", &huge, CYCLE).contains("268435456"));
    let path = std::env::temp_dir().join("slackwater-no-such-folder/a.vcd");
    let error = Wave::create(&path, &good, CYCLE).err().expect("no folder");
    assert!(
        matches!(&error, WaveError::Write { path: p, .. } if *p == path),
        "{error}"
    );
}

#[test]
fn cycles_out_of_order_or_beyond_time_are_errors_and_the_file_stays_good() {
    for format in FORMATS {
        let signals = [signal("top.n", 8, Kind::Wire)];
        for (cycles, message) in [
            ([4, 5, 5], "cycle 5 is sampled after cycle 5"),
            ([4, 5, 2], "cycle 2 is sampled after cycle 5"),
            ([4, 5, u64::MAX / CYCLE], "beyond 2^64 ps"),
            ([4, 5, u64::MAX - 1], "beyond 2^64 ps"),
        ] {
            let file = Scratch::new(&format!("order.{format}"));
            let wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
            let mut recorder = Recorder::new(wave, ALL).expect("a recorder");
            for cycle in cycles {
                assert!(!recorder.done());
                recorder.sample(cycle, |_, words| words[0] = cycle & 0xff);
            }
            assert!(recorder.done());
            let error = recorder.finish().expect_err("an error").to_string();
            assert!(error.contains(message), "{error}");
            assert_eq!(Reading::of(&file.0).cycles("top.n", 9)[..2], [4, 5]);
        }
    }
}

#[test]
fn a_wave_that_is_dropped_can_be_read() {
    for format in FORMATS {
        let file = Scratch::new(&format!("drop.{format}"));
        let signals = [signal("top.n", 33, Kind::Wire)];
        let mut wave = Wave::create(&file.0, &signals, CYCLE).expect("a wave");
        let error = wave.write(0, &[1, 2]).expect_err("two words").to_string();
        assert!(error.contains("2 words"), "{error}");
        for cycle in 0..5 {
            wave.write(cycle, &[cycle]).expect("no error");
        }
        drop(wave);
        assert_eq!(
            Reading::of(&file.0).cycles("top.n", 5),
            [0, 1, 2, 3, 4],
            "{format}"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported() {
    let file = Scratch::new("full.vcd");
    std::os::unix::fs::symlink("/dev/full", &file.0).expect("a link");
    let signals = [signal("top.n", 64, Kind::Wire)];
    let wave = Wave::create(&file.0, &signals, CYCLE).expect("only the buffer is written to");
    let mut recorder = Recorder::new(wave, ALL).expect("a recorder");
    let mut cycle = 0;
    while !recorder.done() && cycle < 100_000 {
        recorder.sample(cycle, |_, words| {
            words[0] = cycle.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        cycle += 1;
    }
    assert!(recorder.done(), "no error in {cycle} cycles");
    let error = recorder.finish().expect_err("no space").to_string();
    assert!(error.contains("full.vcd: cannot write the wave"), "{error}");

    let file = Scratch::new("device.fst");
    std::os::unix::fs::symlink("/dev/null", &file.0).expect("a link");
    let error = Wave::create(&file.0, &signals, CYCLE).err();
    let error = error.expect("FST needs to go back").to_string();
    assert!(error.contains("regular file"), "{error}");
}
