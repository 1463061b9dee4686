//! The save and resume flows between two machines, with every capability there and missing.

use crate::model::{Did, Handle};
use slackwater_host::Device;
use slackwater_host::flow::pipeline::Message;
use slackwater_host::flow::{
    DmaMapping, Phase, Progress, ResumeError, ResumeOptions, ResumeReport, SaveError, SaveOptions,
    SaveReport, resume, save, transport_with,
};
use slackwater_regs::bar2::capabilities;
use slackwater_regs::state::{self, Outcome, Reason};

pub const PAGES: usize = 300;

/// Compares both machines while both stand still.
#[derive(Clone)]
pub struct Compare {
    source: Handle,
    destination: Handle,
    phases: Vec<Phase>,
    lost_pages: Option<usize>,
    state_equal: bool,
}

impl Progress for Compare {
    fn phase(&mut self, phase: Phase) {
        self.phases.push(phase);
        if phase == Phase::Loaded {
            let (source, destination) = (self.source.lock(), self.destination.lock());
            assert_eq!(
                (source.card.state, destination.card.state),
                (state::SAVING, 0)
            );
            let pages = source
                .memory
                .chunks(4096)
                .zip(destination.memory.chunks(4096));
            self.lost_pages = Some(pages.filter(|(a, b)| a != b).count());
            self.state_equal = source.card.words == destination.card.words;
        }
    }
}

pub struct Outcomes {
    pub save: Result<SaveReport, SaveError>,
    pub resume: Result<ResumeReport, ResumeError>,
    pub compare: Compare,
}

pub fn options() -> SaveOptions {
    SaveOptions {
        downtime_limit_ns: 22_000,
        ..SaveOptions::default()
    }
}

pub fn migrate_with(
    source: &Handle,
    destination: &Handle,
    options: &SaveOptions,
    tap: impl FnMut(&mut Message) + Send + 'static,
) -> Outcomes {
    let (source_end, destination_end) = transport_with(4, tap).unwrap();
    let mut compare = Compare {
        source: source.clone(),
        destination: destination.clone(),
        phases: Vec::new(),
        lost_pages: None,
        state_equal: false,
    };
    let (save, resume) = std::thread::scope(|scope| {
        let resuming = scope.spawn(|| {
            let mut device = Device::open(destination.clone()).unwrap();
            let options = ResumeOptions {
                halt_when_loaded: true,
            };
            let mut platform = destination.clone();
            resume(
                std::slice::from_mut(&mut device),
                &mut platform,
                destination_end,
                &options,
                &mut compare,
            )
        });
        let mut device = Device::open(source.clone()).unwrap();
        let save = save(
            std::slice::from_mut(&mut device),
            &mut source.clone(),
            source_end,
            options,
            &mut (),
        );
        (save, resuming.join().unwrap())
    });
    Outcomes {
        save,
        resume,
        compare,
    }
}

pub fn migrate(source: &Handle, destination: &Handle, options: &SaveOptions) -> Outcomes {
    migrate_with(source, destination, options, |_| {})
}

pub fn assert_moved(outcomes: &Outcomes, source: &Handle, destination: &Handle, seed: u64) {
    assert!(outcomes.save.is_ok(), "seed {seed}: {:?}", outcomes.save);
    assert!(
        outcomes.resume.is_ok(),
        "seed {seed}: {:?}",
        outcomes.resume
    );
    assert_eq!(outcomes.compare.lost_pages, Some(0), "seed {seed}");
    assert!(outcomes.compare.state_equal, "seed {seed}");
    let (source, destination) = (source.lock(), destination.lock());
    assert_eq!((source.card.state, source.vcpus), (0, false), "seed {seed}");
    assert_eq!(
        (destination.card.state, destination.vcpus),
        (1, true),
        "seed {seed}"
    );
}

#[test]
fn nothing_is_lost() {
    for seed in 0..12 {
        let (source, destination) = (Handle::busy(PAGES, seed), Handle::new(PAGES, seed));
        let outcomes = migrate(&source, &destination, &options());
        assert_moved(&outcomes, &source, &destination, seed);
        let report = outcomes.save.unwrap();
        assert_eq!(report.rounds[0].sent_pages, PAGES as u64, "seed {seed}");
        assert!(
            report.converged && report.rounds.len() > 1,
            "seed {seed}: {report:?}"
        );
        assert!(
            report.final_pages > 0,
            "seed {seed}: the test must have work to do when stopped"
        );
        assert!(report.downtime_ns > 0 && report.quiesce_ns > 0);
        assert!(report.precopy_stream_bytes > 0);
        assert!(report.stream_bytes > report.precopy_stream_bytes);
        assert_eq!(report.outside_writes, 0);
        let sent = report.rounds.iter().map(|r| r.sent_pages).sum::<u64>() + report.final_pages;
        let resumed = outcomes.resume.unwrap();
        assert_eq!(
            (resumed.pages, resumed.stream_bytes),
            (sent, report.stream_bytes)
        );
    }
}

/// What a machine did, the same only once in a row.
fn journal(handle: &Handle) -> Vec<Did> {
    let mut journal = handle.lock().journal.clone();
    journal.dedup();
    journal
}

#[test]
fn conformance_s1_s2_s3_s4_s5_s6_s7_v1_v2_v4_v6_the_save_flow_step_by_step() {
    use Did::{CpuLog, PageFaults, Snapshot, State, Tracking, Vcpus, Window};
    let (source, destination) = (Handle::busy(PAGES, 1), Handle::new(PAGES, 1));
    let outcomes = migrate(&source, &destination, &options());
    assert_moved(&outcomes, &source, &destination, 1);
    let rounds = outcomes.save.unwrap().rounds.len();
    assert!(rounds > 1);
    // S1 runs with its VCPUs; S2; S3 once a round, with the VCPUs all the time.
    let mut steps = vec![Tracking(true), CpuLog(true), State(3)];
    steps.extend([Window, Snapshot(3)].repeat(rounds));
    // S4 with VCPUs, S5 without, S6 to the end of the stream.
    steps.extend([State(11), PageFaults, Vcpus(false), Snapshot(11)]);
    steps.extend([State(2), Window]);
    // All DMA is suspended; only now tracking stops. S7.
    steps.extend([Tracking(false), CpuLog(false), State(0)]);
    assert_eq!(journal(&source), steps);
}

/// The order that the test above asks for can be missed: a flow that fails in a state goes back.
#[test]
fn the_journal_shows_a_flow_that_went_back() {
    let (source, destination) = (Handle::busy(PAGES, 1), Handle::new(PAGES, 1));
    source.lock().faults.state_answer = Some((2, Outcome::Kept, Reason::NotQuiesced as u32));
    assert!(migrate(&source, &destination, &options()).save.is_err());
    let journal = journal(&source);
    let stopped = journal.iter().position(|did| *did == Did::Vcpus(false));
    let went_on = journal.iter().position(|did| *did == Did::Vcpus(true));
    assert!(stopped.is_some() && stopped < went_on, "{journal:?}");
    assert!(journal.contains(&Did::State(1)));
}

#[test]
fn conformance_r1_r2_r3_r4_p1_the_states_of_the_resume_flow_one_by_one() {
    let (source, destination) = (Handle::busy(PAGES, 1), Handle::new(PAGES, 1));
    let outcomes = migrate(&source, &destination, &options());
    assert_eq!(source.lock().card.requests, [3, 11, 2, 0]);
    assert_eq!(destination.lock().card.requests, [4, 0, 9, 1]);
    assert_eq!(
        journal(&destination),
        [
            Did::Vcpus(false),
            Did::State(4),
            Did::Window,
            Did::State(0),
            Did::State(9),
            Did::State(1),
            Did::Vcpus(true),
        ]
    );
    use Phase::{Fresh, Loaded, Loading, ResumeGrace, Resuming, Running};
    assert_eq!(
        outcomes.compare.phases,
        [Fresh, Resuming, Loading, Loaded, ResumeGrace, Running]
    );
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let run = || {
        let (source, destination) = (Handle::busy(PAGES, 5), Handle::new(PAGES, 6));
        let outcomes = migrate(&source, &destination, &options());
        let times = (source.lock().now_ns, destination.lock().now_ns);
        (outcomes.save.unwrap(), outcomes.resume.unwrap(), times)
    };
    assert_eq!(run(), run());
}

/// The comparison can fail: of many marks lost one at a time, some lose a page.
#[test]
fn a_lost_mark_is_seen_by_the_comparison() {
    let mut caught = 0;
    for seed in 0..30 {
        let (source, destination) = (Handle::busy(PAGES, seed), Handle::new(PAGES, seed));
        {
            // Only DMA makes pages dirty, each page rarely: no later mark hides the lost one.
            let mut machine = source.lock();
            machine.cpu_per_us = 0;
            machine.dma_per_us = 1;
            machine.faults.drop_mark = Some(40 + seed);
        }
        let outcomes = migrate(&source, &destination, &options());
        assert!(outcomes.save.is_ok());
        caught += outcomes.compare.lost_pages.unwrap_or(0);
    }
    assert!(caught > 0, "no lost mark was ever seen");
}

#[test]
fn i12_an_incomplete_log_sends_everything_again() {
    for seed in 0..6 {
        let (source, destination) = (Handle::busy(PAGES, seed), Handle::new(PAGES, seed));
        source.lock().faults.incomplete_at_mark = Some(60 + 20 * seed);
        let outcomes = migrate(&source, &destination, &options());
        assert_moved(&outcomes, &source, &destination, seed);
        let report = outcomes.save.unwrap();
        let everything: Vec<_> = report
            .rounds
            .iter()
            .filter(|round| round.everything)
            .collect();
        assert!(
            !everything.is_empty() || report.final_pages == PAGES as u64,
            "seed {seed}"
        );
        assert!(
            everything
                .iter()
                .all(|round| round.dirty_pages == PAGES as u64)
        );
    }
}

#[test]
fn conformance_o1_without_atomic_clear_ndma_makes_it() {
    for seed in 0..8 {
        let (source, destination) = (Handle::busy(PAGES, seed), Handle::new(PAGES, seed));
        source.lock().card.capabilities &= !capabilities::ATOMIC_CLEAR;
        let outcomes = migrate(&source, &destination, &options());
        assert_moved(&outcomes, &source, &destination, seed);
        let report = outcomes.save.unwrap();
        assert!(report.synthesized_clear);
        let rounds = report.rounds.len();
        let graces = source
            .lock()
            .card
            .requests
            .iter()
            .filter(|state| **state == 11)
            .count();
        assert_eq!(
            graces,
            rounds + 1,
            "seed {seed}: one for each snapshot, one for the grace state"
        );
    }
    // On request it is done the same way with a log that could do without.
    let (source, destination) = (Handle::busy(PAGES, 1), Handle::new(PAGES, 1));
    let forced = SaveOptions {
        synthesize_clear: true,
        ..options()
    };
    let outcomes = migrate(&source, &destination, &forced);
    assert_moved(&outcomes, &source, &destination, 1);
    assert!(outcomes.save.unwrap().synthesized_clear);
}

#[test]
fn conformance_o2_without_ndma_its_states_are_pushed_down() {
    for (seed, atomic) in [(1, true), (2, false)] {
        let (source, destination) = (Handle::busy(PAGES, seed), Handle::new(PAGES, seed));
        for handle in [&source, &destination] {
            let card = &mut handle.lock().card;
            card.capabilities &= !capabilities::NDMA;
            if !atomic {
                card.capabilities &= !capabilities::ATOMIC_CLEAR;
            }
        }
        let outcomes = migrate(&source, &destination, &options());
        assert_moved(&outcomes, &source, &destination, seed);
        assert_eq!(source.lock().card.requests, [3, 2, 0]);
        assert_eq!(destination.lock().card.requests, [4, 0, 1]);
        let report = outcomes.save.unwrap();
        assert_eq!(
            report.rounds.len() > 1,
            atomic,
            "rounds need a log that can be cleared"
        );
    }
}

#[test]
fn conformance_e3_e10_without_internal_log_all_state_comes_at_the_end() {
    let (source, destination) = (Handle::busy(PAGES, 3), Handle::new(PAGES, 3));
    source.lock().card.capabilities &= !capabilities::INTERNAL_LOG;
    let outcomes = migrate(&source, &destination, &options());
    assert_moved(&outcomes, &source, &destination, 3);
    assert_eq!(outcomes.save.unwrap().precopy_stream_bytes, 0);
}

#[test]
fn rounds_end_without_convergence() {
    let (source, destination) = (Handle::busy(PAGES, 4), Handle::new(PAGES, 4));
    let options = SaveOptions {
        downtime_limit_ns: 0,
        max_rounds: 3,
        ..options()
    };
    let outcomes = migrate(&source, &destination, &options);
    assert_moved(&outcomes, &source, &destination, 4);
    let report = outcomes.save.unwrap();
    assert!(!report.converged);
    assert_eq!(report.rounds.len(), 4, "the first pass and three rounds");
}

#[test]
fn iovas_are_translated_through_the_mappings() {
    for seed in 0..6 {
        let (source, destination) = (Handle::busy(PAGES, seed), Handle::new(PAGES, seed));
        let mapping = |iova, address, bytes, page_shift| DmaMapping {
            iova,
            address,
            bytes,
            page_shift,
        };
        let mappings = vec![
            mapping(0x40_0000_0000, 0x10_0000, 0x2_c000, 12),
            mapping(0x10_0000, 0, 0x10_0000, 16),
        ];
        source.lock().mappings = mappings
            .iter()
            .map(|m| (m.iova, m.address, m.bytes))
            .collect();
        let options = SaveOptions {
            mappings,
            ..options()
        };
        let outcomes = migrate(&source, &destination, &options);
        assert_moved(&outcomes, &source, &destination, seed);
        assert_eq!(outcomes.save.unwrap().outside_writes, 0);
    }
}
