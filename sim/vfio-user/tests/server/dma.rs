//! The client's memory, by its file and by messages.

use crate::bench::{Bench, Client, Memory, Reply, longs, message, words};
use rustix::event::{EventfdFlags, eventfd};
use slackwater_host::workload::{Completion, Job, JobResult, Ring, RingLayout};
use slackwater_regs::accelerator;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

const IOVA: u64 = 0x8000_0000;
const MEMORY_BYTES: u64 = 0x10000;
const EEXIST: Option<u32> = Some(17);
const EINVAL: Option<u32> = Some(22);

fn layout() -> RingLayout {
    RingLayout {
        descriptors: 0,
        descriptors_iova: IOVA,
        completions: 0x1000,
        completions_iova: IOVA + 0x1000,
        entries: 16,
    }
}

/// Starts the engine, and gives it a job.
fn start(client: &mut Client, memory: &Memory, job: &Job) -> Ring {
    let mut ring = Ring::new(layout()).unwrap();
    for (offset, value) in ring.register_writes() {
        client.write(0, offset.into(), &value.to_le_bytes());
    }
    let doorbell = ring.submit(&mut &*memory, job, 1, false).unwrap();
    client.write(0, accelerator::DOORBELL.into(), &doorbell.0.to_le_bytes());
    ring
}

/// Waits until the job is done.
fn wait(client: &mut Client, ring: &mut Ring, memory: &Memory) -> Completion {
    for _ in 0..10_000 {
        // A read lets the device run.
        client.read_u32(0, accelerator::STATUS);
        if let Some(done) = ring.poll(&mut &*memory).unwrap() {
            return done;
        }
    }
    panic!("the job is not done");
}

#[test]
fn mappings_are_made_and_taken_away_and_what_cannot_be_is_named() {
    let mut bench = Bench::new(1);
    bench.with_client(|client| {
        let memory = Memory::new(MEMORY_BYTES);
        assert_eq!(client.map(&memory, IOVA).errno, None);
        assert_eq!(client.map(&memory, IOVA + 0x1000).errno, EEXIST);
        for (iova, bytes) in [
            (IOVA + 0x1000, 0x1000),
            (IOVA, 0x1000),
            (IOVA - 0x1000, 0x2000),
            (IOVA, u64::MAX),
        ] {
            assert_eq!(
                client.unmap(iova, bytes).errno,
                EINVAL,
                "{iova:#x} {bytes:#x}"
            );
        }
        let whole = client.unmap(IOVA, MEMORY_BYTES);
        assert_eq!(
            whole.payload,
            [words(&[24, 0]), longs(&[IOVA, MEMORY_BYTES])].concat()
        );
        // Nothing is there, and nothing is there afterwards: up to the end of the address space too.
        assert_eq!(client.unmap(IOVA, MEMORY_BYTES).errno, None);
        assert_eq!(client.map(&memory, IOVA).errno, None);
        assert_eq!(client.unmap(0x1000, 0_u64.wrapping_sub(0x1000)).errno, None);
        assert_eq!(client.map(&memory, IOVA).errno, None);
        assert_eq!(client.unmap(IOVA, MEMORY_BYTES).errno, None);
        // Beyond the file, beyond the address space, no whole pages, no flags, flags too many.
        let fd = memory.file.as_fd();
        for (flags, offset, iova, size) in [
            (3, 0x1000, IOVA, MEMORY_BYTES),
            (3, u64::MAX - 0xfff, IOVA, MEMORY_BYTES),
            (3, 0, u64::MAX - 0xfff, MEMORY_BYTES),
            (3, 0, IOVA + 1, 0x1000),
            (3, 0, IOVA, 0),
            (0, 0, IOVA, 0x1000),
            (7, 0, IOVA, 0x1000),
        ] {
            let payload = [words(&[32, flags]), longs(&[offset, iova, size])].concat();
            let reply = client.ask_with(2, &payload, &[fd]);
            assert_eq!(
                reply.errno, EINVAL,
                "{flags:#x} {offset:#x} {iova:#x} {size:#x}"
            );
        }
        let payload = [words(&[32, 3]), longs(&[0, IOVA, 0x1000])].concat();
        assert_eq!(client.ask_with(2, &payload, &[fd, fd]).errno, EINVAL);
        let eventfd = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
        assert_eq!(
            client.ask_with(2, &payload, &[eventfd.as_fd()]).errno,
            EINVAL
        );
        // Everything at once.
        assert_eq!(client.map(&memory, IOVA).errno, None);
        assert_eq!(
            client
                .ask(3, &[words(&[24, 2]), longs(&[0, 0])].concat())
                .errno,
            None
        );
        assert_eq!(client.map(&memory, IOVA).errno, None);
    });
    assert!(bench.has_told("0x10000 bytes at IOVA 0x80000000, by its file"));
}

/// A file that is made shorter under the device's feet is for it as if it were not mapped.
#[test]
fn a_client_that_takes_its_file_back_harms_nobody() {
    let mut bench = Bench::new(2);
    bench.with_client(|client| {
        let memory = Memory::new(MEMORY_BYTES);
        assert_eq!(client.map(&memory, IOVA).errno, None);
        let job = Job::Checksum {
            source: IOVA + 0x8000,
            bytes: 64,
        };
        memory.file.set_len(0x4000).unwrap();
        let mut ring = start(client, &memory, &job);
        let done = wait(client, &mut ring, &memory);
        assert_eq!(done.result, JobResult::ReadError);
    });
}

/// A client whose memory can be reached by messages alone.
struct Sluggish<'m> {
    memory: &'m Memory,
    /// Replies to its own commands that came meanwhile.
    replies: BTreeMap<u16, Reply>,
}

impl Sluggish<'_> {
    /// Asks, and answers what the server asks until the reply comes.
    fn ask(&mut self, client: &mut Client, command: u16, payload: &[u8]) -> Reply {
        let id = client.send(command, payload, &[]);
        loop {
            if let Some(reply) = self.replies.remove(&id) {
                return reply;
            }
            self.serve_one(client);
        }
    }

    fn serve_one(&mut self, client: &mut Client) {
        let mut header = [0; 16];
        client.socket.read_exact(&mut header).unwrap();
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let (id, command) = (word(0) as u16, (word(0) >> 16) as u16);
        let mut payload = vec![0; word(4) as usize - 16];
        client.socket.read_exact(&mut payload).unwrap();
        if word(8) & 1 == 1 {
            let errno = (word(8) & 0x20 != 0).then(|| word(12));
            let reply = Reply {
                id,
                command,
                errno,
                payload,
            };
            self.replies.insert(id, reply);
            return;
        }
        let long = |at: usize| u64::from_le_bytes(payload[at..at + 8].try_into().unwrap());
        let (address, count) = (long(0), long(8));
        let mut answer = payload[..16].to_vec();
        match command {
            11 => {
                let mut data = vec![0; count as usize];
                self.memory
                    .file
                    .read_exact_at(&mut data, address - IOVA)
                    .unwrap();
                answer.extend(data);
            }
            12 => self
                .memory
                .file
                .write_all_at(&payload[16..], address - IOVA)
                .unwrap(),
            other => panic!("the server asks for {other}"),
        }
        client
            .socket
            .write_all(&message(id, command, 1, &answer))
            .unwrap();
    }
}

#[test]
fn memory_without_a_file_is_reached_by_messages() {
    let mut bench = Bench::new(3);
    bench.with_client(|client| {
        let memory = &Memory::new(MEMORY_BYTES);
        let mut slug = Sluggish {
            memory,
            replies: BTreeMap::new(),
        };
        let payload = [words(&[32, 3]), longs(&[0, IOVA, MEMORY_BYTES])].concat();
        assert_eq!(slug.ask(client, 2, &payload).errno, None);
        let mut ring = Ring::new(layout()).unwrap();
        let write = |slug: &mut Sluggish<'_>, client: &mut Client, offset: u32, value: u32| {
            let payload = [longs(&[offset.into()]), words(&[0, 4, value])].concat();
            assert_eq!(slug.ask(client, 10, &payload).errno, None);
        };
        for (offset, value) in ring.register_writes() {
            write(&mut slug, client, offset, value);
        }
        let job = Job::Copy {
            source: IOVA + 0x4000,
            destination: IOVA + 0x8000,
            bytes: 512,
        };
        memory.file.write_all_at(&[0x5a; 512], 0x4000).unwrap();
        let doorbell = ring.submit(&mut &*memory, &job, 1, false).unwrap();
        write(&mut slug, client, accelerator::DOORBELL, doorbell.0);
        let status = [longs(&[accelerator::STATUS.into()]), words(&[0, 4])].concat();
        let done = loop {
            slug.ask(client, 9, &status);
            if let Some(done) = ring.poll(&mut &*memory).unwrap() {
                break done;
            }
        };
        assert_eq!(done.result, JobResult::Ok);
        let mut copied = [0; 512];
        memory.file.read_exact_at(&mut copied, 0x8000).unwrap();
        assert_eq!(copied, [0x5a; 512]);
    });
    assert!(bench.has_told("by messages"));
}

/// Afterwards nothing of the client is left: its memory is unmapped, its eventfds are closed.
#[test]
fn a_client_that_leaves_takes_all_with_it() {
    let fds = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut bench = Bench::new(5);
    bench.with_client(|_| {});
    let before = bench.machine.lock().unwrap().memory.foreign_count();
    for _ in 0..3 {
        bench.with_client(|client| {
            let memory = Memory::new(MEMORY_BYTES);
            assert_eq!(client.map(&memory, IOVA).errno, None);
            let interrupt = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
            assert_eq!(client.set_eventfd(interrupt.as_fd()).errno, None);
        });
        assert_eq!(bench.machine.lock().unwrap().memory.foreign_count(), before);
    }
    assert!(fds() > 0);
}
