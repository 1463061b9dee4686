//! Ten thousand messages of noise, alone in their process: what it holds can be counted.

#[path = "server/bench.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod bench;

use bench::{Bench, Client, Memory, words};
use slackwater_sim::seed::{Seed, Stream};
use std::os::fd::AsFd;
use std::time::Duration;

/// What this process holds.
struct Held {
    fds: usize,
    resident_kib: u64,
}

fn held() -> Held {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    Held {
        fds: std::fs::read_dir("/proc/self/fd").unwrap().count(),
        resident_kib: line.split_whitespace().nth(1).unwrap().parse().unwrap(),
    }
}

/// The device still answers.
fn assert_alive(client: &mut Client) {
    assert_eq!(client.read_u32(2, 0), slackwater_regs::bar2::MAGIC_VALUE);
}

/// Anything at all, with a seed. Whatever it is, the connection answers, or ends with a reason.
#[test]
fn prop_ten_thousand_messages_of_noise_leave_the_server_whole() {
    let seed = Seed(0xf022);
    let mut random = seed.named("noise").stream();
    let mut bench = Bench::new(26);
    let memory = Memory::new(1 << 16);
    // What a first client leaves for good, such as threads' stacks, is not counted.
    bench.with_client(assert_alive);
    let before = held();
    let mut sent = 0;
    while sent < 10_000 {
        let (socket, thread) = bench.connect();
        let mut client = Client { socket, id: 0 };
        client
            .socket
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        client.agree();
        assert_eq!(client.map(&memory, 0x10_0000).errno, None);
        for _ in 0..500 {
            sent += 1;
            let command = random.below(20) as u16;
            let payload = noise(&mut random);
            let fds = vec![memory.file.as_fd(); random.below(3) as usize];
            let id = client.send(command, &payload, &fds);
            let reply = client.receive();
            assert_eq!(
                (reply.id, reply.command),
                (id, command),
                "seed {seed}, message {sent}"
            );
        }
        drop(client);
        bench.take_back(thread);
    }
    assert_eq!(bench.machine.lock().unwrap().memory.foreign_count(), 0);
    let after = held();
    assert_eq!(after.fds, before.fds, "seed {seed}: file descriptors");
    // Allocators keep a little; 10,000 leaks would be more.
    let grown = after.resident_kib.saturating_sub(before.resident_kib);
    assert!(grown < 4096, "seed {seed}: {grown} KiB more than before");
    bench.with_client(|client| {
        assert_eq!(client.ask(13, &[]).errno, None, "seed {seed}");
        assert_alive(client);
    });
}

/// A payload of small and large numbers, as many as commands have.
fn noise(random: &mut Stream) -> Vec<u8> {
    let count = random.below(12) as usize;
    let word = |random: &mut Stream| match random.below(6) {
        0 => 0,
        1 => random.below(32) as u32,
        2 => 1 << random.below(32),
        3 => 0x1000 * random.below(32) as u32,
        4 => 0x2_0000 | random.below(9) as u32,
        _ => random.bits() as u32,
    };
    let mut bytes = words(&(0..count).map(|_| word(random)).collect::<Vec<_>>());
    bytes.truncate(bytes.len().saturating_sub(random.below(4) as usize));
    bytes
}
