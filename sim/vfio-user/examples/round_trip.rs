//! What the socket costs: MMIO round trips, migration throughput, and CPU time when nobody asks.
//!
//! `cargo run --release -p slackwater-vfio-user --example round_trip`

#[path = "../tests/server/bench.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod bench;

use bench::{Bench, Client, words};
use std::thread;
use std::time::{Duration, Instant};

const READS: u32 = 5_000;
const ROUNDS: u32 = 20;
const IDLE: Duration = Duration::from_secs(3);
/// Clock ticks of /proc/self/stat.
const TICKS_PER_S: f64 = 100.0;

/// CPU time of this process in seconds.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let fields = rest.split_whitespace().skip(11).take(2);
    fields
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS_PER_S
}

fn set_state(client: &mut Client, state: u32) {
    let reply = client.ask(16, &words(&[16, 2 | 1 << 17, state, 0]));
    assert_eq!(reply.errno, None);
}

/// Reads the whole stream.
fn stream(client: &mut Client) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let reply = client.ask(17, &words(&[8 + 0x1_0000, 0x1_0000]));
        all.extend(&reply.payload[8..]);
        if reply.payload.len() < 8 + 0x1_0000 {
            return all;
        }
    }
}

fn main() {
    let mut bench = Bench::new(1);
    bench.with_client(|client| {
        let mut times: Vec<Duration> = (0..READS)
            .map(|_| {
                let begun = Instant::now();
                client.read_u32(2, 0);
                begun.elapsed()
            })
            .collect();
        times.sort();
        let at = |share: f64| times[(f64::from(READS) * share) as usize].as_secs_f64() * 1e6;
        println!(
            "MMIO read over the socket: median {:.1} us, 99 % {:.1} us, {READS} reads",
            at(0.5),
            at(0.99)
        );
        let begun = Instant::now();
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            set_state(client, 3);
            let data = stream(client);
            set_state(client, 4);
            let head = words(&[8 + data.len() as u32, data.len() as u32]);
            assert_eq!(client.ask(18, &[&head[..], &data].concat()).errno, None);
            set_state(client, 2);
            bytes += 2 * data.len();
        }
        let s = begun.elapsed().as_secs_f64();
        println!(
            "device state out and in, states included: {:.0} kB/s, {:.1} ms each way",
            bytes as f64 / s / 1e3,
            s * 1e3 / f64::from(2 * ROUNDS)
        );
        // It comes to rest first.
        thread::sleep(Duration::from_millis(500));
        let before = cpu_s();
        thread::sleep(IDLE);
        println!(
            "CPU time in {} s without a message: {:.2} s",
            IDLE.as_secs(),
            cpu_s() - before
        );
    });
}
