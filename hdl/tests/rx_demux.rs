//! The demux against a plain list of what has to come out where.

mod tlp;

use rust_hdl::prelude::*;
use slackwater_hdl::beat::Beat;
use slackwater_hdl::drive::Driver;
use slackwater_hdl::rx_demux::RxDemux;
use tlp::*;

/// BAR hits.
const BAR0: u32 = 1;
const BAR2: u32 = 4;

/// What the strobes counted, one clock's worth or a run's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Strobes {
    np: u32,
    malformed: u32,
    unexpected: u32,
    /// Tag and last of each completion.
    completions: Vec<(u64, bool)>,
    /// Group index of each PRG Response.
    responses: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Inputs {
    rx: Option<(Beat, u32)>,
    dev_ready: bool,
    job_ready: bool,
    frozen: bool,
    outstanding: u32,
    page_groups: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Outputs {
    rx_ready: bool,
    dev: Option<(Beat, u64)>,
    job: Option<(Beat, bool, bool)>,
    busy: bool,
    completion: Option<(u64, bool)>,
    response: Option<u64>,
    np: bool,
    malformed: bool,
    unexpected: bool,
}

struct Bench {
    driver: Driver<RxDemux>,
    /// Beats that device and completer took.
    device: Vec<(Beat, u64)>,
    jobs: Vec<(Beat, bool, bool)>,
    strobes: Strobes,
    /// A TLP is partly delivered to the device.
    in_device_tlp: bool,
    before: Option<(Inputs, Outputs)>,
}

impl Bench {
    fn new() -> Self {
        Self {
            driver: Driver::new(RxDemux::default(), |b| &mut b.clock).unwrap(),
            device: Vec::new(),
            jobs: Vec::new(),
            strobes: Strobes::default(),
            in_device_tlp: false,
            before: None,
        }
    }

    fn cycle(&mut self, inputs: Inputs) -> Outputs {
        let out = self.driver.cycle(
            |b| {
                let (beat, bar) = inputs.rx.unwrap_or_default();
                b.rx_beat.next = beat;
                b.rx_bar.next = bits(bar.into());
                b.rx_valid.next = inputs.rx.is_some();
                b.dev_ready.next = inputs.dev_ready;
                b.job_ready.next = inputs.job_ready;
                b.route_frozen.next = inputs.frozen;
                b.outstanding.next = bits(inputs.outstanding.into());
                b.page_groups.next = bits(inputs.page_groups.into());
            },
            |b| Outputs {
                rx_ready: b.rx_ready.val(),
                dev: b
                    .dev_valid
                    .val()
                    .then(|| (b.dev_beat.val(), b.dev_bar.val().to_u64())),
                job: b
                    .job_valid
                    .val()
                    .then(|| (b.job_beat.val(), b.job_first.val(), b.job_frozen.val())),
                busy: b.dev_busy.val(),
                completion: b
                    .completion
                    .val()
                    .then(|| (b.completion_tag.val().to_u64(), b.completion_last.val())),
                response: b
                    .page_response
                    .val()
                    .then(|| b.completion_tag.val().to_u64()),
                np: b.np_to_device.val(),
                malformed: b.malformed.val(),
                unexpected: b.unexpected.val(),
            },
        );
        if let Some((inputs, before)) = self.before {
            assert!(inputs.dev_ready || before.dev.is_none() || out.dev == before.dev);
            assert!(inputs.job_ready || before.job.is_none() || out.job == before.job);
        }
        self.before = Some((inputs, out));
        assert!(
            out.busy || !(out.dev.is_some() || self.in_device_tlp),
            "dev_busy is 0 too early"
        );
        assert!(out.dev.is_none() || out.job.is_none());
        if let Some(beat) = out.dev.filter(|_| inputs.dev_ready) {
            self.device.push(beat);
            self.in_device_tlp = !beat.0.last;
        }
        self.jobs.extend(out.job.filter(|_| inputs.job_ready));
        if let Some(completion) = out.completion {
            assert!(
                out.dev.is_some_and(|(beat, _)| beat.last) && inputs.dev_ready,
                "too early"
            );
            self.strobes.completions.push(completion);
        }
        if let Some(group) = out.response {
            assert!(
                out.dev.is_some_and(|(beat, _)| beat.last) && inputs.dev_ready,
                "too early"
            );
            self.strobes.responses.push(group);
        }
        self.strobes.np += u32::from(out.np);
        self.strobes.malformed += u32::from(out.malformed);
        self.strobes.unexpected += u32::from(out.unexpected);
        out
    }
}

fn ready(rx: Option<(Beat, u32)>) -> Inputs {
    Inputs {
        rx,
        dev_ready: true,
        job_ready: true,
        frozen: false,
        outstanding: !0,
        page_groups: !0,
    }
}

struct Completion {
    code: u32,
    length_dw: u32,
    status: u32,
    byte_count: u32,
    lower: u32,
    tag: u32,
    poisoned: bool,
}

impl Completion {
    fn dws(&self, rng: &mut Rng) -> Vec<u32> {
        let mut out = vec![
            self.code << 24 | u32::from(self.poisoned) << 14 | self.length_dw & 0x3FF,
            0x0010 << 16 | self.status << 13 | self.byte_count & 0xFFF,
            0x0100 << 16 | self.tag << 8 | self.lower,
        ];
        if self.code & 0x40 != 0 {
            out.extend((0..self.length_dw).map(|_| rng.word()));
        }
        out
    }
    /// Nothing follows for this request.
    fn is_last(&self) -> bool {
        self.code & 0x40 == 0
            || self.status != 0
            || i64::from(self.byte_count)
                <= i64::from(4 * self.length_dw) - i64::from(self.lower & 3)
    }
}

fn random_completion(rng: &mut Rng) -> Completion {
    let length_dw = rng.pick(&[1, 1, 2, 16, 32, 1023, 1024]);
    let lower = rng.below(128);
    let span = 4 * length_dw - (lower & 3);
    let byte_count = match rng.below(3) {
        0 => span,
        1 => (span + 1 + rng.below(64)).min(4096),
        _ => span.saturating_sub(rng.below(4)),
    }
    .max(1);
    Completion {
        code: rng.pick(&[0x4A, 0x4A, 0x4A, 0x0A, 0x4B]),
        length_dw,
        status: if rng.chance(80) {
            0
        } else {
            rng.pick(&[1, 2, 4])
        },
        byte_count,
        lower,
        tag: if rng.chance(90) {
            rng.below(32)
        } else {
            rng.below(256)
        },
        poisoned: rng.chance(10),
    }
}

/// A PRG Response Message, bit by bit.
fn page_response(code: u32, index: u32) -> Vec<u32> {
    vec![
        0x3200_0000,
        0x0000_0005,
        0x0100_0000 | code << 12 | index,
        0,
    ]
}

/// A TLP on its way in, and where it has to go.
enum Fate {
    Device,
    Job { frozen: bool },
    Nowhere,
}

#[test]
fn prop_every_tlp_goes_where_it_belongs() {
    for seed in 0..4 {
        let _seed = Seed(seed);
        let mut rng = Rng(seed);
        let (outstanding, page_groups) = (rng.word(), rng.word());
        let stalls = [0, 30, 60, 90][seed as usize];
        let mut bench = Bench::new();
        let mut expected = Strobes::default();
        let (mut device, mut jobs) = (Vec::new(), Vec::new());
        let mut frozen = false;
        for _ in 0..400 {
            let mut bar = rng.pick(&[BAR0, BAR0, BAR2, BAR2, 2, 0x40, 0]);
            let mut words;
            let mut completion = None;
            let mut response = None;
            let mut request = Request::new(
                rng.pick(&[
                    Kind::Read,
                    Kind::ReadLocked,
                    Kind::Write,
                    Kind::IoRead,
                    Kind::IoWrite,
                    Kind::FetchAdd,
                    Kind::Swap,
                    Kind::Cas,
                ]),
                rng.next() & !3,
                1 + rng.below(8),
            );
            request.four_dw =
                rng.chance(50) && !matches!(request.kind, Kind::IoRead | Kind::IoWrite);
            if request.kind as u32 & 0x40 != 0 {
                request.payload = (0..request.length_dw).map(|_| rng.word()).collect();
            }
            words = request.dws();
            let mut drop_early = false;
            match rng.below(12) {
                0..=3 => {
                    let c = random_completion(&mut rng);
                    words = c.dws(&mut rng);
                    bar = 0;
                    completion = Some(c);
                }
                4 => {
                    // Poisoned, or of a type that nobody here takes.
                    if request.kind == Kind::Write {
                        words[0] |= 1 << 14;
                    } else {
                        let code = rng.pick(&[
                            0x03, 0x04, 0x44, 0x30, 0x34, 0x72, 0x22, 0x0C, 0x4F, 0x81, 0xFF, 0x2A,
                        ]);
                        words[0] = words[0] & 0x00FF_FFFF | code << 24;
                    }
                    drop_early = true;
                }
                5 => {
                    words.truncate(1 + rng.below(2) as usize);
                    drop_early = true;
                }
                6 | 7 => {
                    let most = if rng.chance(80) { 32 } else { 512 };
                    let index = rng.below(most);
                    let code = rng.pick(&[0, 0, 1, 15]);
                    words = page_response(code, index);
                    bar = 0;
                    if rng.chance(10) {
                        // Another vendor's message with the same routing.
                        words[1] = words[1] & !0xff | rng.pick(&[0x04, 0x7e, 0x25]);
                        drop_early = true;
                    } else {
                        response = Some(index);
                    }
                }
                _ => {}
            }
            // The decision of each TLP is written down when its first beat is taken.
            for (i, &beat) in beats(&words).iter().enumerate() {
                while rng.chance(stalls / 2) {
                    frozen ^= rng.chance(20);
                    let (dev_ready, job_ready) = (!rng.chance(stalls), !rng.chance(stalls));
                    bench.cycle(Inputs {
                        rx: None,
                        dev_ready,
                        job_ready,
                        frozen,
                        outstanding,
                        page_groups,
                    });
                }
                let mut tries = 0;
                loop {
                    frozen ^= rng.chance(20);
                    let (dev_ready, job_ready) = (!rng.chance(stalls), !rng.chance(stalls));
                    let inputs = Inputs {
                        rx: Some((beat, bar)),
                        dev_ready,
                        job_ready,
                        frozen,
                        outstanding,
                        page_groups,
                    };
                    if bench.cycle(inputs).rx_ready {
                        break;
                    }
                    tries += 1;
                    assert!(tries < 1000, "the demux hangs");
                }
                if i > 0 {
                    continue;
                }
                let fate = if drop_early {
                    expected.malformed += 1;
                    Fate::Nowhere
                } else if let Some(c) = &completion {
                    if c.tag < 32 && outstanding >> c.tag & 1 == 1 {
                        expected.completions.push((c.tag.into(), c.is_last()));
                        Fate::Device
                    } else {
                        expected.unexpected += 1;
                        Fate::Nowhere
                    }
                } else if let Some(index) = response {
                    if !frozen && index < 32 && page_groups >> index & 1 == 1 {
                        expected.responses.push(index.into());
                        Fate::Device
                    } else {
                        expected.unexpected += 1;
                        Fate::Nowhere
                    }
                } else if bar == 0 {
                    expected.malformed += 1;
                    Fate::Nowhere
                } else if bar & BAR2 != 0 {
                    Fate::Job { frozen: false }
                } else if frozen {
                    Fate::Job { frozen: true }
                } else {
                    expected.np += u32::from(request.kind != Kind::Write);
                    Fate::Device
                };
                let all = beats(&words);
                match fate {
                    Fate::Device => device.extend(all.iter().map(|&b| (b, u64::from(bar)))),
                    Fate::Job { frozen } => {
                        jobs.extend(all.iter().enumerate().map(|(i, &b)| (b, i == 0, frozen)));
                    }
                    Fate::Nowhere => {}
                }
            }
        }
        for _ in 0..4 {
            bench.cycle(Inputs {
                outstanding,
                ..ready(None)
            });
        }
        assert!(bench.device == device, "the device got something else");
        assert!(bench.jobs == jobs, "the completer got something else");
        assert_eq!(bench.strobes, expected);
        assert!(!bench.cycle(ready(None)).busy);
    }
}

#[test]
fn one_register_and_one_beat_per_clock() {
    let mut rng = Rng(1);
    let mut bench = Bench::new();
    let mut write = Request::new(Kind::Write, 0x40, 9);
    write.payload = (0..9).collect();
    let completion = Completion {
        code: 0x4A,
        length_dw: 32,
        status: 0,
        byte_count: 128,
        lower: 0,
        tag: 3,
        poisoned: false,
    };
    let stream: Vec<(Beat, u32)> = [
        (write.dws(), BAR0),
        (completion.dws(&mut rng), 0),
        (write.dws(), BAR2),
    ]
    .iter()
    .flat_map(|(words, bar)| beats(words).into_iter().map(|b| (b, *bar)))
    .collect();
    let mut outs: Vec<_> = stream
        .iter()
        .map(|&b| bench.cycle(ready(Some(b))))
        .collect();
    outs.push(bench.cycle(ready(None)));
    assert!(outs.iter().all(|o| o.rx_ready));
    for (i, (beat, _)) in stream.iter().enumerate() {
        let out = outs[i + 1];
        assert_eq!(
            out.dev.map(|d| d.0).or(out.job.map(|j| j.0)),
            Some(*beat),
            "beat {i}"
        );
    }
    assert_eq!(bench.strobes.completions, [(3, true)]);
}

/// The tag may time out while its completion waits for the device: the beat stays.
#[test]
fn a_timeout_does_not_take_back_a_beat() {
    let mut bench = Bench::new();
    let words = [0x4A00_0001, 0x0010_0004, 0x0100_0300, 7];
    let stream = beats(&words);
    let stalled = |beat, outstanding| Inputs {
        rx: Some((beat, 0)),
        dev_ready: false,
        job_ready: true,
        frozen: false,
        outstanding,
        page_groups: 0,
    };
    assert!(bench.cycle(stalled(stream[0], 1 << 3)).rx_ready);
    assert!(bench.cycle(stalled(stream[1], 1 << 3)).dev.is_some());
    assert!(bench.cycle(stalled(stream[1], 0)).dev.is_some());
    let go = |rx| Inputs {
        outstanding: 0,
        ..ready(rx)
    };
    assert!(bench.cycle(go(Some((stream[1], 0)))).rx_ready);
    assert_eq!(bench.cycle(go(None)).completion, Some((3, true)));
    assert_eq!(bench.device.len(), 2);
}

/// The second DW pair of a completion may be cut off in front of the tag.
#[test]
fn a_completion_without_a_tag_is_malformed() {
    let mut bench = Bench::new();
    let mut stream = beats(&[0x0A00_0000, 0x0010_0004, 0x0100_0300]);
    stream[1].keep = bits(0);
    for &beat in &stream {
        assert!(bench.cycle(ready(Some((beat, 0)))).rx_ready);
    }
    bench.cycle(ready(None));
    bench.cycle(ready(None));
    assert_eq!(
        bench.strobes,
        Strobes {
            malformed: 1,
            ..Strobes::default()
        }
    );
    assert!(bench.device.is_empty());
}

/// Nothing may follow the header of a PRG Response, and nothing may be missing from it.
#[test]
fn a_page_response_of_another_length_is_malformed() {
    let words = page_response(0, 3);
    let longer = [&words[..], &[0, 0]].concat();
    for words in [&words[..3], &words[..1], &longer[..5], &longer] {
        let mut bench = Bench::new();
        for &beat in &beats(words) {
            assert!(bench.cycle(ready(Some((beat, 0)))).rx_ready);
        }
        // The next one is taken as if nothing had been.
        for &beat in &beats(&page_response(0, 7)) {
            assert!(bench.cycle(ready(Some((beat, 0)))).rx_ready);
        }
        bench.cycle(ready(None));
        bench.cycle(ready(None));
        let expected = Strobes {
            malformed: 1,
            responses: vec![7],
            ..Strobes::default()
        };
        assert_eq!(bench.strobes, expected, "{words:x?}");
        assert_eq!(bench.device.len(), 2);
    }
}
