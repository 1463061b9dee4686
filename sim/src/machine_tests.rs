//! Tests of the machine: determinism, agents, firmware, and the host driver's view.

use super::*;
use crate::function::CardFunction;
use crate::model_card::{CARD, IOVA, machine};
use crate::tlp::Tlp;
use slackwater_host::function::{AccessError, Bar, Function, Permissions};
use std::sync::{Arc, Mutex};

/// The command line runs machines on threads of their own.
#[test]
fn machines_can_be_sent() {
    fn sendable<T: Send>() {}
    sendable::<Machine>();
    sendable::<CardFunction>();
}

/// Writes a word of a random page every 50 cycles and counts into BAR0.
struct Load {
    random: crate::seed::Stream,
    writes: u32,
}

impl Agent for Load {
    fn tick(&mut self, port: &mut AgentPort<'_>) {
        if port.cycle().is_multiple_of(50) {
            let page = self.random.below(port.memory_bytes() / 4096);
            port.write_u32(page * 4096 + 8, self.writes).unwrap();
            self.writes += 1;
            port.mmio_write(0, 0, 0x20, &self.writes.to_le_bytes())
                .unwrap();
        }
    }
}

fn loaded(seed: Seed) -> (Machine, Vec<crate::model_card::Desk>) {
    let (mut machine, desks) = machine(seed, RootComplexConfig::default(), 2);
    let random = seed.named("load").stream();
    machine.add_agent(Box::new(Load { random, writes: 0 }));
    machine.vcpus_running = true;
    machine.cpu_dirty.start();
    for i in 0..200 {
        desks[0].send(&Tlp::memory_write(CARD, 0, IOVA + 300 * i, &[i as u8; 40]).unwrap());
        desks[1].send(&Tlp::memory_read(0x0200, i as u8, IOVA + 4096 * i, 64).unwrap());
    }
    (machine, desks)
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let (mut machine, desks) = loaded(Seed(seed));
        let mut trail = Vec::new();
        for _ in 0..8000 {
            machine.step();
            trail.push((
                machine.slots[0].inputs().link_rx,
                machine.slots[1].outputs().link_tx,
            ));
        }
        let received = desks[1].lock().received.clone();
        (trail, received, machine.memory.bytes().to_vec())
    };
    let first = run(5);
    assert!(first == run(5), "seed 5 gave two runs");
    assert!(first != run(6), "seeds 5 and 6 gave the same run");
}

#[test]
fn the_cpu_log_sees_agents_but_not_dma() {
    let (mut machine, _desks) = loaded(Seed(9));
    machine.run(5000);
    let log = machine.cpu_dirty.take();
    let marked = |page: u64| log[(page / 64) as usize] >> (page % 64) & 1 == 1;
    let mut dma_only = 0;
    for page in 0..machine.memory.pages() {
        let data = machine.memory.page(page).unwrap();
        let by_cpu = data[8..12] != [0; 4];
        let dirty = data.iter().any(|&byte| byte != 0);
        assert!(!by_cpu || marked(page) || page < 16, "page {page}");
        dma_only += u32::from(dirty && !marked(page));
    }
    assert!(dma_only > 0);
    // Standing VCPUs do nothing; a moved agent runs where it is put.
    machine.vcpus_running = false;
    machine.cpu_dirty.start();
    machine.run(1000);
    assert_eq!(machine.cpu_dirty.count(), 0);
    let agents = machine.take_agents();
    machine.vcpus_running = true;
    machine.run(1000);
    assert_eq!(machine.cpu_dirty.count(), 0);
    for agent in agents {
        machine.add_agent(agent);
    }
    machine.run(1000);
    assert!(machine.cpu_dirty.count() > 0);
}

/// A card whose control bus answers every third cycle.
struct ControlCard {
    wait: u32,
    done: Arc<Mutex<Vec<ControlRequest>>>,
}

impl Card for ControlCard {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        let mut outputs = CardOutputs::default();
        match inputs.control {
            Some(request) if self.wait == 2 => {
                self.wait = 0;
                self.done.lock().unwrap().push(request);
                outputs.control_ready = true;
            }
            Some(_) => self.wait += 1,
            None => assert_eq!(self.wait, 0, "a request was withdrawn"),
        }
        outputs
    }

    fn state_words(&self) -> Vec<u32> {
        Vec::new()
    }

    fn device_state(&self) -> u32 {
        1
    }

    fn live_marks(&self) -> Vec<u32> {
        Vec::new()
    }
}

struct Counting(u32);

impl Firmware for Counting {
    fn cycle(&mut self, outputs: &CardOutputs) -> Option<ControlRequest> {
        self.0 += u32::from(outputs.control_ready);
        Some(ControlRequest {
            address: 4 * self.0,
            write: None,
        })
    }
}

#[test]
fn firmware_requests_are_held_done_once_and_can_be_stalled() {
    let done = Arc::new(Mutex::new(Vec::new()));
    let card = ControlCard {
        wait: 0,
        done: done.clone(),
    };
    let config = MachineConfig {
        memory_bytes: 4096,
        ..MachineConfig::default()
    };
    let mut machine = Machine::new(&config, vec![Box::new(card)]).unwrap();
    machine.slots[0].firmware = Some(Box::new(Counting(0)));
    for i in 0..100 {
        machine.slots[0].stall_firmware = i % 3 == 1;
        machine.run(17);
    }
    machine.slots[0].stall_firmware = true;
    machine.run(10);
    let before = done.lock().unwrap().len();
    machine.run(100);
    assert_eq!(done.lock().unwrap().len(), before);
    let addresses: Vec<u32> = done
        .lock()
        .unwrap()
        .iter()
        .map(|request| request.address)
        .collect();
    assert!(before > 300);
    assert!(
        addresses
            .iter()
            .enumerate()
            .all(|(i, address)| *address == 4 * i as u32),
        "{addresses:?}"
    );
}

fn function() -> (CardFunction, Vec<crate::model_card::Desk>) {
    let config = RootComplexConfig {
        cpu_timeout_cycles: 3000,
        ..RootComplexConfig::default()
    };
    let (machine, desks) = machine(Seed(11), config, 1);
    (CardFunction::new(Arc::new(Mutex::new(machine)), 0), desks)
}

#[test]
fn the_host_driver_reads_and_writes_blocks() {
    let (function, _desks) = function();
    let mut bar = function.bar(2).unwrap();
    let words: Vec<u32> = (0..1024_u32).map(|i| i.wrapping_mul(0x0101_0007)).collect();
    bar.write_block(0x2004, &words).unwrap();
    let mut back = vec![0; 1024];
    bar.read_block(0x2004, &mut back).unwrap();
    assert_eq!(back, words);
    bar.write_u64(0x100, 0x1122_3344_5566_7788).unwrap();
    assert_eq!(bar.read_u32(0x100).unwrap(), 0x5566_7788);
    assert_eq!(bar.read_u64(0x100).unwrap(), 0x1122_3344_5566_7788);
    bar.read_block(0x100, &mut []).unwrap();
    assert!(function.bar(1).is_err());
    for (offset, count) in [(2, 1), (0xfffc, 2), (0x1_0000, 1)] {
        let error = bar.read_block(offset, &mut vec![0; count]).unwrap_err();
        assert!(
            matches!(error, AccessError::OutOfRange { bar: 2, .. }),
            "{error}"
        );
    }
}

#[test]
fn the_host_driver_gets_timeouts_and_nothing_stays_behind() {
    let (function, desks) = function();
    let mut bar = function.bar(2).unwrap();
    desks[0].lock().mute = true;
    for _ in 0..40 {
        let error = bar.read_block(0, &mut [0; 256]).unwrap_err();
        assert!(
            matches!(
                error,
                AccessError::Timeout {
                    bar: 2,
                    waited_ns: 24_000,
                    ..
                }
            ),
            "{error}"
        );
    }
    desks[0].lock().deaf = true;
    let error = bar.write_block(0, &vec![0; 0x4000]).unwrap_err();
    assert!(matches!(error, AccessError::Timeout { .. }), "{error}");
}

#[test]
fn the_host_driver_maps_resets_and_waits() {
    let (mut function, desks) = function();
    let both = Permissions {
        read: true,
        write: true,
    };
    function.map_dma(0x9000_0000, 0x2000, 0x1000, both).unwrap();
    assert!(function.map_dma(0x9000_0000, 0, 0x1000, both).is_err());
    assert!(
        function
            .map_dma(0xa000_0000, 1 << 20, 0x1000, both)
            .is_err()
    );
    desks[0].send(&Tlp::memory_write(CARD, 0, 0x9000_0010, &[3; 4]).unwrap());
    desks[0].lock().msi.push_back(0);
    let start = function.now_cycles().unwrap();
    function.wait(8_000);
    assert_eq!(function.now_cycles().unwrap() - start, 1000);
    assert_eq!(
        function
            .machine()
            .lock()
            .unwrap()
            .memory
            .read_u32(0x2010)
            .unwrap(),
        0x0303_0303
    );
    assert_eq!(function.take_interrupts(0).unwrap(), 1);
    assert_eq!(function.take_interrupts(0).unwrap(), 0);
    assert_eq!(function.take_interrupts(9999).unwrap(), 0);
    function.unmap_dma(0x9000_0000, 0x1000).unwrap();
    assert!(function.unmap_dma(0x9000_0000, 0x1000).is_err());
    assert!(function.function_level_reset().is_err());
    desks[0].lock().flr_cycles = 10;
    function.function_level_reset().unwrap();
}

/// Eight reads of 64 bytes in flight fill the link; what is lost is the first round trip.
#[test]
fn block_reads_fill_the_link() {
    let config = RootComplexConfig::straight();
    let (machine, _desks) = machine(Seed(11), config, 1);
    let function = CardFunction::new(Arc::new(Mutex::new(machine)), 0);
    let mut bar = function.bar(2).unwrap();
    bar.read_block(0, &mut [0; 0x4000]).unwrap();
    let cycles = function.now_cycles().unwrap();
    let reached = 65536.0 / cycles as f64;
    let speed = config.link.speed;
    let expected = speed.payload_bytes_per_cycle(config.clock_hz, 12, 64);
    println!("{reached} of {expected} bytes a cycle");
    assert!(
        reached > 0.97 * expected,
        "{reached} of {expected} bytes a cycle"
    );
}

/// What the model costs, without a card: `cargo test -p slackwater-sim -- --ignored --nocapture cost`.
#[test]
#[ignore = "prints a time"]
fn cost_of_a_clock() {
    for busy in [false, true] {
        let (mut machine, desks) = machine(Seed(1), RootComplexConfig::default(), 1);
        if busy {
            for i in 0..20_000 {
                desks[0]
                    .send(&Tlp::memory_write(CARD, 0, IOVA + 64 * (i % 4096), &[1; 64]).unwrap());
                desks[0]
                    .send(&Tlp::memory_read(CARD, i as u8, IOVA + 64 * (i % 4096), 64).unwrap());
            }
        }
        let start = std::time::Instant::now();
        machine.run(500_000);
        println!(
            "busy {busy}: {:.0} ns a clock",
            start.elapsed().as_nanos() as f64 / 500_000.0
        );
    }
}
