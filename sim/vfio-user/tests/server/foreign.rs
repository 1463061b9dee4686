//! A client that others wrote: the crate `vfio_user`.

use crate::bench::{Bench, Memory};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use slackwater_host::platform::GuestMemory;
use slackwater_host::workload::{Job, JobResult, Ring, RingLayout};
use slackwater_regs::accelerator;
use slackwater_sim::backend::Backend as Simulation;
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use slackwater_vfio_user::{Listener, Server, SimulatedCard};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// First IOVA of the client's memory.
const IOVA: u64 = 0x1_0000_0000;
const MEMORY_BYTES: u64 = 1 << 20;

fn socket(name: &str) -> std::path::PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
fn a_foreign_client_attaches_works_and_is_interrupted() {
    let path = socket("foreign.socket");
    let listener = Listener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let card = Simulation::default().card().unwrap();
        let card = SimulatedCard::new(card, RootComplexConfig::default(), Seed(3)).unwrap();
        let mut server = Server::new(card, (2, 1), Box::new(|_| {}));
        server.serve(listener.accept().unwrap());
    });
    let mut client = vfio_user::Client::new(&path).unwrap();
    assert_eq!(client.region(0).unwrap().size, 0x1000);
    assert_eq!(client.region(2).unwrap().size, 0x1_0000);
    assert_eq!(client.region(7).unwrap().size, 4096);
    let mut word = [0; 4];
    client.region_read(7, 0, &mut word).unwrap();
    assert_eq!(u32::from_le_bytes(word), 0x7021_10ee);
    let msix = client.get_irq_info(2).unwrap();
    assert_eq!((msix.count, msix.flags), (1, 9));

    let memory = Memory::new(MEMORY_BYTES);
    client
        .dma_map(0, IOVA, MEMORY_BYTES, memory.file.as_raw_fd())
        .unwrap();
    let interrupt = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    // Eventfds, triggered.
    let fds = [interrupt.as_raw_fd()];
    client.set_irqs(2, 0x24, 0, 1, &fds).unwrap();

    let layout = RingLayout {
        descriptors: 0x1000,
        descriptors_iova: IOVA + 0x1000,
        completions: 0x2000,
        completions_iova: IOVA + 0x2000,
        entries: 16,
    };
    let mut ring = Ring::new(layout).unwrap();
    for (offset, value) in ring.register_writes() {
        let value = value.to_le_bytes();
        client.region_write(0, offset.into(), &value).unwrap();
    }
    let job = Job::Fill {
        destination: IOVA + 0x3004,
        bytes: 5000,
        first: 7,
    };
    let doorbell = ring.submit(&mut &memory, &job, 0xc00c, true).unwrap();
    let value = doorbell.0.to_le_bytes();
    client
        .region_write(0, accelerator::DOORBELL.into(), &value)
        .unwrap();
    let mut fds = [PollFd::new(&interrupt, PollFlags::IN)];
    let wait = Duration::from_secs(20).try_into().unwrap();
    assert_eq!(poll(&mut fds, Some(&wait)).unwrap(), 1, "no interrupt came");
    let done = ring.poll(&mut &memory).unwrap().expect("a completion");
    assert_eq!((done.result, done.cookie), (JobResult::Ok, 0xc00c));
    let mut filled = [0; 8];
    (&memory).read(0x3004, &mut filled).unwrap();
    assert_eq!(filled, [7, 0, 0, 0, 8, 0, 0, 0]);

    client.reset().unwrap();
    client
        .region_read(0, accelerator::CONTROL.into(), &mut word)
        .unwrap();
    assert_eq!(word, [0; 4], "the reset has reached the engine");
    client.dma_unmap(IOVA, MEMORY_BYTES).unwrap();
    client.shutdown().unwrap();
    server.join().unwrap();
    assert!(!path.exists());
}

/// A socket that nobody listens on is replaced; one that is in use, or no socket, is not.
#[test]
fn a_path_is_taken_over_only_if_it_is_free() {
    let path = socket("stale.socket");
    let held = Listener::bind(&path).unwrap();
    let error = Listener::bind(&path).unwrap_err().to_string();
    assert!(error.contains("another server"), "{error}");
    drop(held);
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    drop(Listener::bind(&path).unwrap());
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    let error = Listener::bind(&path).unwrap_err().to_string();
    assert!(error.contains("no socket") && path.exists(), "{error}");
}

/// Nobody asks, nothing moves: the server sleeps, and the device's clock stands still.
#[test]
fn an_idle_server_does_not_run() {
    let mut bench = Bench::new(4);
    let machine = bench.machine.clone();
    bench.with_client(|client| {
        client.read_u32(2, 0);
        let cycles = || machine.lock().unwrap().now_cycles();
        let begun = Instant::now();
        let mut last = cycles();
        // It comes to rest, whenever that is.
        loop {
            std::thread::sleep(Duration::from_millis(50));
            let now = cycles();
            if now == last {
                break;
            }
            last = now;
            assert!(begun.elapsed() < Duration::from_secs(30), "it never rests");
        }
        client.read_u32(2, 0);
        assert!(cycles() > last);
    });
}
