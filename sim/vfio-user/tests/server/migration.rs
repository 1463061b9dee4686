//! Migration from one server to another, and the DMA log, as a VMM asks for them.

use crate::bench::{Bench, Client, Memory, longs, words};
use slackwater_host::V2State;
use slackwater_host::workload::{Job, JobResult, Ring, RingLayout};
use slackwater_regs::accelerator;
use slackwater_vfio_user::{Listener, VfioUserFunction};
use std::os::unix::fs::FileExt;

const IOVA: u64 = 0x4000_0000;
const MEMORY_BYTES: u64 = 4 << 20;
const GET: u32 = 1 << 16;
const SET: u32 = 1 << 17;
const PROBE: u32 = 1 << 18;
const STOP: u32 = 1;
const RUNNING: u32 = 2;
const STOP_COPY: u32 = 3;
const RESUMING: u32 = 4;
const PRE_COPY: u32 = 6;
const EINVAL: Option<u32> = Some(22);
const EIO: Option<u32> = Some(5);

fn set_state(client: &mut Client, state: u32) -> Option<u32> {
    client.ask(16, &words(&[16, 2 | SET, state, 0])).errno
}

fn state(client: &mut Client) -> u32 {
    let reply = client.ask(16, &words(&[16, 2 | GET]));
    assert_eq!(reply.errno, None);
    u32::from_le_bytes(reply.payload[8..12].try_into().unwrap())
}

/// Reads the stream until there is no more now.
fn stream(client: &mut Client, part: u32) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let reply = client.ask(17, &words(&[8 + part, part]));
        assert_eq!(reply.errno, None);
        all.extend(&reply.payload[8..]);
        if reply.payload.len() < 8 + part as usize {
            return all;
        }
    }
}

/// Writes the stream, up to where the device refuses it.
fn write_stream(client: &mut Client, data: &[u8]) -> Option<u32> {
    data.chunks(7000).find_map(|part| {
        let head = words(&[8 + part.len() as u32, part.len() as u32]);
        client.ask(18, &[&head[..], part].concat()).errno
    })
}

fn ring(client: &mut Client) -> Ring {
    let ring = Ring::new(RingLayout {
        descriptors: 0,
        descriptors_iova: IOVA,
        completions: 0x2000,
        completions_iova: IOVA + 0x2000,
        entries: 64,
    });
    let ring = ring.unwrap();
    for (offset, value) in ring.register_writes() {
        client.write(0, offset.into(), &value.to_le_bytes());
    }
    ring
}

fn submit(client: &mut Client, ring: &mut Ring, memory: &Memory, jobs: &[Job]) {
    for (job, cookie) in jobs.iter().zip(0..) {
        let doorbell = ring.submit(&mut &*memory, job, cookie, false).unwrap();
        client.write(0, accelerator::DOORBELL.into(), &doorbell.0.to_le_bytes());
    }
}

/// Lets the device work until so many jobs are done.
fn complete(client: &mut Client, ring: &mut Ring, memory: &Memory, count: usize) {
    for _ in 0..count {
        let done = (0..20_000).find_map(|_| {
            client.read_u32(0, accelerator::STATUS);
            ring.poll(&mut &*memory).unwrap()
        });
        assert_eq!(done.expect("the job is done").result, JobResult::Ok);
    }
}

#[test]
fn a_device_moves_from_one_server_to_another_with_jobs_in_its_ring() {
    let [mut source, mut destination] = [Bench::new(11), Bench::new(12)];
    let memory = Memory::new(MEMORY_BYTES);
    let fill = |page: u64, first| Job::Fill {
        destination: IOVA + 0x1000 * page,
        bytes: 4096,
        first,
    };
    let jobs: Vec<Job> = (0..12).map(|i| fill(8 + i, 100 * i as u32)).collect();
    let (data, mut ring) = source.with_client(|client| {
        assert_eq!(client.map(&memory, IOVA).errno, None);
        // Stop-copy, pre-copy and P2P states.
        let reply = client.ask(16, &words(&[16, 1 | GET]));
        assert_eq!(reply.payload[8..], longs(&[7]));
        assert_eq!(
            client.ask(16, &words(&[8, 2 | PROBE | GET | SET])).errno,
            None
        );
        assert_eq!(state(client), RUNNING);
        let mut ring = ring(client);
        submit(client, &mut ring, &memory, &jobs);
        assert_eq!(set_state(client, PRE_COPY), None);
        let mut data = stream(client, 1000);
        assert!(data.len() > 10_000, "{} bytes in pre-copy", data.len());
        assert_eq!(set_state(client, STOP_COPY), None);
        data.extend(stream(client, 1 << 20));
        assert_eq!(state(client), STOP_COPY);
        // Back to pre-copy there is no way.
        assert_eq!(set_state(client, PRE_COPY), EINVAL);
        assert_eq!(set_state(client, STOP), None);
        (data, ring)
    });
    destination.with_client(|client| {
        assert_eq!(client.map(&memory, IOVA).errno, None);
        assert_eq!(set_state(client, RESUMING), None);
        assert_eq!(write_stream(client, &data), None);
        assert_eq!(set_state(client, RUNNING), None);
        complete(client, &mut ring, &memory, jobs.len());
    });
    for i in 0..12_u64 {
        let mut word = [0; 4];
        memory
            .file
            .read_exact_at(&mut word, 0x1000 * (8 + i))
            .unwrap();
        assert_eq!(u32::from_le_bytes(word), 100 * i as u32);
    }
}

/// One bit, and the device ends in ERROR; a reset brings it back.
#[test]
fn a_changed_stream_is_refused_and_a_reset_heals() {
    let [mut source, mut destination] = [Bench::new(13), Bench::new(14)];
    let mut data = source.with_client(|client| {
        assert_eq!(set_state(client, STOP_COPY), None);
        stream(client, 4096)
    });
    let middle = data.len() / 2;
    data[middle] ^= 4;
    destination.with_client(|client| {
        assert_eq!(set_state(client, RESUMING), None);
        assert_eq!(write_stream(client, &data), EIO);
        assert_eq!(set_state(client, RUNNING), EIO);
        assert_eq!(state(client), 0);
        assert_eq!(client.ask(13, &[]).errno, None);
        assert_eq!(state(client), RUNNING);
        // In RUNNING there is no stream.
        assert_eq!(client.ask(17, &words(&[16, 8])).errno, EINVAL);
        assert_eq!(client.ask(18, &words(&[8, 0])).errno, EINVAL);
    });
}

#[test]
fn the_log_reports_what_the_device_wrote_and_nothing_else() {
    let mut bench = Bench::new(15);
    let memory = Memory::new(MEMORY_BYTES);
    let pages = MEMORY_BYTES / 4096;
    let start = |count: u32| [words(&[0, 6 | SET]), longs(&[4096]), words(&[count, 0])].concat();
    let report =
        |bytes: u64, page: u64| [words(&[1 << 20, 8 | GET]), longs(&[IOVA, bytes, page])].concat();
    bench.with_client(|client| {
        assert_eq!(client.map(&memory, IOVA).errno, None);
        let mut ring = ring(client);
        // Not started: nothing to report, which is no clean bitmap.
        assert_eq!(client.ask(16, &report(MEMORY_BYTES, 4096)).errno, EINVAL);
        assert_eq!(client.ask(16, &start(0)).errno, Some(95));
        let one = [start(1), longs(&[IOVA, MEMORY_BYTES])].concat();
        let reply = client.ask(16, &one);
        assert_eq!(reply.errno, None);
        assert_eq!(reply.payload[8..], one[8..]);
        assert_eq!(client.ask(16, &one).errno, Some(17), "started twice");
        let wanted = [20, 21, 300, 999];
        let fill = |page: u64| Job::Fill {
            destination: IOVA + 0x1000 * page + 64,
            bytes: 128,
            first: 1,
        };
        submit(client, &mut ring, &memory, &wanted.map(fill));
        complete(client, &mut ring, &memory, 4);
        let bits = |payload: &[u8]| -> Vec<u64> {
            let bitmap = &payload[32..];
            (0..8 * bitmap.len() as u64)
                .filter(|bit| bitmap[(bit / 8) as usize] >> (bit % 8) & 1 == 1)
                .collect()
        };
        let reply = client.ask(16, &report(MEMORY_BYTES, 4096));
        // The completion ring too.
        assert_eq!(bits(&reply.payload), [2, 20, 21, 300, 999]);
        assert_eq!(reply.payload.len() as u64, 32 + pages / 8);
        let again = client.ask(16, &report(MEMORY_BYTES, 4096));
        assert_eq!(bits(&again.payload), [] as [u64; 0]);
        // What is not logged is no clean page.
        assert_eq!(
            client.ask(16, &report(MEMORY_BYTES + 4096, 4096)).errno,
            EINVAL
        );
        assert_eq!(client.ask(16, &report(MEMORY_BYTES, 3)).errno, EINVAL);
        let stop = words(&[8, 7 | SET]);
        assert_eq!(client.ask(16, &stop).errno, None);
        assert_eq!(client.ask(16, &stop).errno, EINVAL);
    });
}

/// Firmware that stands still for good: the watchdog ends the request, the VMM is told, a reset heals.
#[test]
fn a_fault_strikes_when_its_state_is_asked_for() {
    let fault = "firmware-stall@stop-copy".parse().unwrap();
    let mut bench = Bench::with_faults(16, vec![fault]);
    bench.with_client(|client| {
        assert_eq!(set_state(client, PRE_COPY), None);
        assert!(!stream(client, 4096).is_empty());
        assert_eq!(set_state(client, STOP_COPY), EIO);
        assert_eq!(state(client), 0);
        assert_eq!(client.ask(13, &[]).errno, None);
        assert_eq!(state(client), RUNNING);
        // It strikes once.
        assert_eq!(set_state(client, STOP_COPY), None);
    });
    for (text, named) in [
        ("firmware-stall", "KIND[:ARG]@STATE"),
        ("firmware-stall@tuesday", "tuesday"),
        ("vanish@stop", "vanish"),
        ("moth@stop", "moth"),
    ] {
        let error = text
            .parse::<slackwater_vfio_user::StateFault>()
            .unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}

/// Our own client asks for the same: a VMM in a few lines.
#[test]
fn a_vmm_of_ours_moves_a_device_and_reads_its_log() {
    let serve = |name: &str, seed| {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let listener = Listener::bind(&path).unwrap();
        let mut bench = Bench::new(seed);
        let thread = std::thread::spawn(move || bench.serve(listener.accept().unwrap()));
        (
            VfioUserFunction::connect(&path, MEMORY_BYTES).unwrap(),
            thread,
        )
    };
    let (source, first) = serve("vmm-source", 17);
    let (destination, second) = serve("vmm-destination", 18);
    let halves = [IOVA..IOVA + (1 << 19), IOVA + (1 << 19)..IOVA + (1 << 20)];
    assert_eq!(source.start_log(&halves, 4096).unwrap(), 4096);
    assert_eq!(
        source.report_log(IOVA..IOVA + (1 << 20), 4096).unwrap(),
        [0; 4]
    );
    source.stop_log().unwrap();
    assert!(
        source
            .stop_log()
            .unwrap_err()
            .to_string()
            .contains("errno 22")
    );
    let mut data = Vec::new();
    source.set_state(V2State::PreCopy).unwrap();
    source.read_stream(&mut data).unwrap();
    source.set_state(V2State::StopCopy).unwrap();
    source.read_stream(&mut data).unwrap();
    destination.set_state(V2State::Resuming).unwrap();
    destination.write_stream(&data).unwrap();
    destination.set_state(V2State::Running).unwrap();
    assert!(source.set_state(V2State::Error).is_err());
    drop((source, destination));
    first.join().unwrap();
    second.join().unwrap();
}
