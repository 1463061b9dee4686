//! The sync pass: three logs of 32 MiB (1 TiB of guest each) merged, cleared and listed.
//! What it is compared to is one read of the three, and one that also clears the lines which have
//! something: they go back to memory, whoever clears them.

use crate::forms::{Sink, bytes};
use crate::inputs::{Case, Pattern};
use crate::reader;
use crate::report::Row;
use crate::turns::{rows as to_rows, take_turns};
use slackwater_host::scan::{Bitmap, Log, Path, sync, sync_parallel};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const LOGS: usize = 3;

/// Logs as they are before a pass, and what it works on.
struct Logs {
    marked: Vec<Vec<u64>>,
    work: Vec<Vec<u64>>,
    merged: Vec<u64>,
    /// Lines of each log that have something, by the chunks of the limit.
    live: Vec<Vec<Vec<usize>>>,
    pages: u64,
}

/// Words of a cache line.
const LINE_WORDS: usize = 8;
/// Words that the limit reads before it clears among them.
const CHUNK_WORDS: usize = 2048;

impl Logs {
    fn refill(&mut self) {
        for (work, marked) in self.work.iter_mut().zip(&self.marked) {
            work.copy_from_slice(marked);
        }
    }

    fn logs(&mut self) -> Vec<Log<'_>> {
        self.work.iter_mut().map(|log| Log::Owned(log)).collect()
    }
}

/// Returns how many pages were listed.
type Pass = fn(&mut Logs) -> u64;

const PASSES: [(&str, Pass); 6] = [
    ("read limit", read),
    ("read and clear limit", clear),
    ("slackwater, copies", copies),
    ("slackwater fused", fused),
    ("slackwater, all threads", parallel),
    ("separate passes", separate),
];

fn read(logs: &mut Logs) -> u64 {
    logs.work.iter().for_each(|log| reader::read(bytes(log)));
    0
}

/// It is told which lines have something.
fn clear(logs: &mut Logs) -> u64 {
    for (log, live) in logs.work.iter_mut().zip(&logs.live) {
        for (chunk, live) in log.chunks_mut(CHUNK_WORDS).zip(live) {
            reader::read(bytes(chunk));
            for line in live {
                chunk[line * LINE_WORDS..][..LINE_WORDS].fill(0);
            }
        }
    }
    0
}

fn list(mut logs: Vec<Log<'_>>, pages: u64) -> u64 {
    let mut found = 0;
    sync(&mut logs, pages, Path::best(), |batch| {
        black_box(batch.offsets().as_ptr());
        found += batch.offsets().len() as u64;
    });
    found
}

/// Merged and listed, and not cleared.
fn copies(logs: &mut Logs) -> u64 {
    list(
        logs.work.iter().map(|log| Log::Copy(log)).collect(),
        logs.pages,
    )
}

fn fused(logs: &mut Logs) -> u64 {
    let pages = logs.pages;
    list(logs.logs(), pages)
}

fn parallel(logs: &mut Logs) -> u64 {
    let pages = logs.pages;
    let found = AtomicU64::new(0);
    sync_parallel(logs.logs(), pages, Path::best(), |batch| {
        black_box(batch.offsets().as_ptr());
        found.fetch_add(batch.offsets().len() as u64, Ordering::Relaxed);
    });
    found.into_inner()
}

/// Merges into a log of its own, clears, and lists: a pass over memory for each.
fn separate(logs: &mut Logs) -> u64 {
    logs.merged.fill(0);
    for log in &logs.work {
        for (merged, word) in logs.merged.iter_mut().zip(log) {
            *merged |= word;
        }
    }
    logs.work.iter_mut().for_each(|log| log.fill(0));
    let mut sink = Sink::new(false);
    for (word, index) in logs.merged.iter().zip(0_u64..) {
        let mut word = *word;
        while word != 0 {
            sink.page(index * 64 + u64::from(word.trailing_zeros()));
            word &= word - 1;
        }
    }
    sink.pages
}

fn live_lines(log: &[u64]) -> Vec<Vec<usize>> {
    let live = |chunk: &[u64]| {
        let lines = chunk.chunks(LINE_WORDS).enumerate();
        let live = lines.filter(|(_, line)| line.iter().any(|word| *word != 0));
        live.map(|(number, _)| number).collect()
    };
    log.chunks(CHUNK_WORDS).map(live).collect()
}

/// One density.
pub fn rows(density: f64, budget: Duration) -> Vec<Row> {
    let case = Case {
        bytes: 32 << 20,
        pattern: Pattern::Uniform,
        density,
    };
    let marked = case.inputs()[..LOGS].to_vec();
    let words = marked[0].len();
    let mut logs = Logs {
        work: marked.clone(),
        merged: vec![1; words],
        pages: words as u64 * 64,
        live: marked.iter().map(|log| live_lines(log)).collect(),
        marked,
    };
    let union = |word: usize| logs.marked.iter().fold(0, |all, log| all | log[word]);
    let expected: u64 = (0..words)
        .map(|word| u64::from(union(word).count_ones()))
        .sum();
    for (name, pass) in &PASSES[1..] {
        logs.refill();
        let found = pass(&mut logs);
        let clear = logs.work.iter().flatten().all(|word| *word == 0);
        match *name {
            "read and clear limit" => assert!(clear, "{name}: the logs are cleared"),
            "slackwater, copies" => assert_eq!(found, expected, "{name}: pages"),
            _ => assert!(found == expected && clear, "{name}: {found} of {expected}"),
        }
    }
    let times = take_turns(PASSES.len(), budget, |index, _| {
        logs.refill();
        // The caches hold none of what was just written.
        black_box(Bitmap::whole(bytes(&logs.merged)).bits());
        let start = Instant::now();
        black_box(PASSES[index].1(&mut logs));
        start.elapsed().as_secs_f64() * 1e9
    });
    let names = PASSES.map(|(name, _)| (String::from("sync"), name));
    to_rows(&case, &names, times, expected)
}
