//! What a harvest of the dirty log reads over the bus, as exact numbers.

mod bench;

use bench::Bench;
use slackwater_host::function::BusReads;

const MEMORY_BYTES: u64 = 4 << 20;
/// What an idle log costs: LOG_STATUS, DIRTY_COUNT and CHUNK_SUMMARY in one read, and
/// LOG_STATUS once more.
const IDLE: BusReads = BusReads {
    requests: 2,
    bytes: 16,
};
/// What a chunk costs besides its lines: the line summary, and looks at LOG_STATUS until the
/// snapshot and the acknowledgement are done.
const CHUNK: BusReads = BusReads {
    requests: 1 + 7 + 1,
    bytes: 8 + 8 * 4,
};
/// A line of the snapshot window.
const LINE_BYTES: u64 = 64;

#[test]
fn an_idle_log_costs_two_reads() {
    let mut bench = Bench::new(MEMORY_BYTES);
    for _ in 0..3 {
        assert_eq!(bench.harvest(), (vec![], 0, IDLE));
    }
}

#[test]
fn a_dirty_log_costs_its_lines() {
    let mut bench = Bench::new(MEMORY_BYTES);
    // A line holds 512 pages: pages of the first line only, then of both.
    for (pages, lines) in [(vec![9, 300], 1), (vec![511, 512, 1000], 2)] {
        bench.write(&pages);
        let mut expected = vec![1];
        expected.extend(&pages);
        let reads = BusReads {
            requests: IDLE.requests + CHUNK.requests + lines,
            bytes: IDLE.bytes + CHUNK.bytes + lines * LINE_BYTES,
        };
        assert_eq!(bench.harvest(), (expected, 1, reads));
        assert_eq!(bench.harvest(), (vec![], 0, IDLE));
    }
}
