//! The completer against a plain model of its BAR.
//!
//! ```text
//!  requests ─▶ job ─▶ Completer ─▶ tx ─▶ check_answer ◀─ expected bytes ◀─ model
//!                        │ ▲
//!                bus ────▼─┴──── 64 KiB of words, data two clocks after the address
//! ```

mod completer_bench;
mod tlp;

use completer_bench::*;
use tlp::*;

/// Runs random requests, with `hostile` percent of malformed ones among them.
fn random_run(seed: u64, count: usize, gaps: u32, stalls: u32, hostile: u32) {
    let _seed = Seed(seed);
    let mut rng = Rng(seed);
    let mut memory: Vec<u32> = (0..WORDS).map(|_| rng.word()).collect();
    let mut bench = Bench::new(memory.clone());
    let (mut jobs, mut answers, mut strobes) = (Vec::new(), Vec::new(), Strobes::default());
    for _ in 0..count {
        if rng.chance(hostile) {
            jobs.push(Job {
                beats: malformed(&mut rng),
                frozen: rng.chance(20),
            });
            strobes.malformed += 1;
            continue;
        }
        let request = random_request(&mut rng);
        let frozen = rng.chance(20);
        jobs.push(Job {
            beats: beats(&request.dws()),
            frozen,
        });
        if let Some(bytes) = model(&request, frozen, &mut memory, &mut strobes) {
            answers.push(Answer { request, bytes });
        }
    }
    bench.run(&jobs, &mut rng, gaps, stalls);
    let mut next = 0;
    for (i, answer) in answers.iter().enumerate() {
        match check_answer(answer, COMPLETER, &bench.tlps[next..]) {
            Ok(used) => next += used,
            Err(fault) => panic!("answer {i} to {:x?}: {fault}", answer.request.dws()),
        }
    }
    assert_eq!(next, bench.tlps.len(), "completions that nobody asked for");
    assert_eq!(bench.strobes, strobes);
    let half = UPPER_HALF as usize / 4;
    assert!(
        bench.memory[..half] == memory[..half],
        "the BAR's contents differ"
    );
}

#[test]
fn prop_requests_against_the_model() {
    for (i, (gaps, stalls)) in [(0, 0), (30, 0), (0, 30), (50, 50), (0, 90)]
        .into_iter()
        .enumerate()
    {
        random_run(0x51AC_0000 + i as u64, 250, gaps, stalls, 0);
    }
}

#[test]
fn i10_malformed_requests_are_dropped_and_never_hang() {
    for (i, stalls) in [0, 40].into_iter().enumerate() {
        random_run(0x0BAD_0000 + i as u64, 600, 20, stalls, 50);
    }
}

fn all_ones_bytes(count: usize) -> Vec<u8> {
    vec![0xFF; count]
}

#[test]
fn i11_only_the_owner_reads_and_writes() {
    let mut bench = Bench::new(vec![0x1234_5678; WORDS]);
    let mut write = Request::new(Kind::Write, 0x40, 2);
    write.payload = vec![0xAABB_CCDD, 0];
    write.requester = OWNER + 1;
    let mut read = Request::new(Kind::Read, 0x40, 2);
    read.requester = OWNER + 1;
    let jobs = [&write, &read].map(|r| Job {
        beats: beats(&r.dws()),
        frozen: false,
    });
    bench.run(&jobs, &mut Rng(1), 0, 0);
    let answer = Answer {
        request: read,
        bytes: all_ones_bytes(8),
    };
    assert_eq!(check_answer(&answer, COMPLETER, &bench.tlps), Ok(1));
    assert_eq!(
        bench.strobes,
        Strobes {
            not_owner: 2,
            ..Strobes::default()
        }
    );
    assert!(bench.writes.is_empty());
}

#[test]
fn i8_a_frozen_device_reads_all_ones_and_discards_writes() {
    let mut bench = Bench::new(vec![0; WORDS]);
    let mut write = Request::new(Kind::Write, 0x14, 1);
    write.first_be = 0x3;
    write.payload = vec![5];
    let read = Request::new(Kind::Read, 0x24, 1);
    let jobs = [&write, &read].map(|r| Job {
        beats: beats(&r.dws()),
        frozen: true,
    });
    bench.run(&jobs, &mut Rng(1), 0, 0);
    let answer = Answer {
        request: read,
        bytes: all_ones_bytes(4),
    };
    assert_eq!(check_answer(&answer, COMPLETER, &bench.tlps), Ok(1));
    assert_eq!(
        bench.strobes,
        Strobes {
            frozen_read: 1,
            frozen_write: 1,
            ..Strobes::default()
        }
    );
    assert!(bench.writes.is_empty());
}

/// A shared codec shares its mistakes: one request and its answer as literal words.
#[test]
fn literal_words() {
    let mut memory = vec![0; WORDS];
    memory[9] = 0x0403_0201;
    let mut bench = Bench::new(memory);
    let read = [0x0050_3001, 0x0010_2A0E, 0xFE00_0024];
    bench.run(
        &[Job {
            beats: beats(&read),
            frozen: false,
        }],
        &mut Rng(1),
        0,
        0,
    );
    assert_eq!(
        bench.tlps,
        [vec![0x4A50_0001, 0x0100_0003, 0x0010_2A25, 0x0102_0304]]
    );
}

/// From the clock in which the last beat is taken to the clocks in which the
/// answer's first and last beat are valid; the core's whole budget is 12.
#[test]
fn a_one_dw_read_takes_four_cycles() {
    for four_dw in [false, true] {
        let mut bench = Bench::new(vec![7; WORDS]);
        let mut read = Request::new(Kind::Read, 0x24, 1);
        read.four_dw = four_dw;
        bench.run(
            &[Job {
                beats: beats(&read.dws()),
                frozen: false,
            }],
            &mut Rng(1),
            0,
            0,
        );
        assert_eq!(bench.first_seen[0] - bench.taken[0], 4);
        assert_eq!(bench.last_seen[0] - bench.taken[0], 5);
    }
}

#[test]
fn reads_and_writes_sustain_one_dw_per_clock() {
    let mut bench = Bench::new(vec![7; WORDS]);
    let read = Request::new(Kind::Read, 0x1000, 1024);
    bench.run(
        &[Job {
            beats: beats(&read.dws()),
            frozen: false,
        }],
        &mut Rng(1),
        0,
        0,
    );
    assert_eq!(bench.tlps.len(), 32);
    // One clock a DW, and 4 until the first one has come over the bus.
    assert_eq!(bench.last_seen[31] - bench.taken[0], 1024 + 4);

    let mut write = Request::new(Kind::Write, 0x1000, 1024);
    write.payload = (0..1024).collect();
    let mut bench = Bench::new(vec![7; WORDS]);
    bench.run(
        &[Job {
            beats: beats(&write.dws()),
            frozen: false,
        }],
        &mut Rng(1),
        0,
        0,
    );
    assert_eq!(bench.taken[0], 1024);
    assert_eq!(bench.writes.len(), 1024);
}

/// The data window is read 64 bytes at a time.
#[test]
fn reads_of_64_bytes_follow_each_other_every_20_cycles() {
    let mut bench = Bench::new(vec![7; WORDS]);
    let jobs: Vec<Job> = (0..16)
        .map(|i| Job {
            beats: beats(&Request::new(Kind::Read, 0x2000 + 64 * i, 16).dws()),
            frozen: false,
        })
        .collect();
    bench.run(&jobs, &mut Rng(1), 0, 0);
    assert_eq!(bench.tlps.len(), 16);
    assert!(
        bench.taken.windows(2).all(|t| t[1] - t[0] == 20),
        "{:?}",
        bench.taken
    );
}

/// Plants faults in good completions: the checker finds each of them.
#[test]
fn the_checker_catches_planted_faults() {
    let mut rng = Rng(0xC0FFEE);
    let memory: Vec<u32> = (0..WORDS).map(|_| rng.word()).collect();
    let mut read = Request::new(Kind::Read, 0x1054, 60);
    (read.first_be, read.last_be, read.tag) = (0xC, 0x7, 9);
    let mut bench = Bench::new(memory.clone());
    bench.run(
        &[Job {
            beats: beats(&read.dws()),
            frozen: false,
        }],
        &mut Rng(1),
        0,
        0,
    );
    let bytes = model(&read, false, &mut memory.clone(), &mut Strobes::default()).unwrap();
    let answer = Answer {
        request: read,
        bytes,
    };
    let good = bench.tlps;
    assert_eq!(check_answer(&answer, COMPLETER, &good), Ok(3));
    // One bit at a time in each header and in the payload's first DW inside the span.
    for tlp in 0..good.len() {
        for word in 0..3 {
            for bit in 0..32 {
                let mut bad = good.clone();
                bad[tlp][word] ^= 1 << bit;
                assert!(
                    check_answer(&answer, COMPLETER, &bad).is_err(),
                    "TLP {tlp} word {word} bit {bit}"
                );
            }
        }
        let mut bad = good.clone();
        bad[tlp][4] ^= 1;
        assert!(check_answer(&answer, COMPLETER, &bad).is_err());
    }
    let mut bad = good.clone();
    bad[1][1] += 1;
    let fault = check_answer(&answer, COMPLETER, &bad).unwrap_err();
    assert!(fault.starts_with("byte count"), "{fault}");
    assert!(check_answer(&answer, COMPLETER, &good[..2]).is_err());
}
