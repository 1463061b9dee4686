//! A compiled card in a machine, the host driver, and DMA of the descriptor-ring engine.

use slackwater_host::dirty_log::{Harvest, Range};
use slackwater_host::function::{BusReads, Function};
use slackwater_host::workload::{Job, Ring, RingLayout};
use slackwater_host::{Bar, Device, Permissions};
use slackwater_regs::accelerator;
use slackwater_sim::backend::CompiledCard;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::{Machine, MachineConfig};
use std::sync::{Arc, Mutex};

const COMPLETIONS: u64 = 0x1000;

/// A machine whose card logs its DMA to all of memory.
pub struct Bench {
    /// With the card.
    pub machine: Arc<Mutex<Machine>>,
    device: Device<CardFunction>,
    ring: Ring,
}

impl Bench {
    pub fn new(memory_bytes: u64) -> Self {
        let config = MachineConfig {
            memory_bytes,
            ..MachineConfig::default()
        };
        let card = CompiledCard::new().expect("the chip's Verilog");
        let machine = Machine::new(&config, vec![Box::new(card)]).expect("a machine");
        let machine = Arc::new(Mutex::new(machine));
        let mut function = CardFunction::new(machine.clone(), 0);
        let all = Permissions {
            read: true,
            write: true,
        };
        function
            .map_dma(0, 0, memory_bytes, all)
            .expect("a mapping");
        let mut ring = Ring::new(RingLayout::identity(0, COMPLETIONS, 16)).expect("a ring");
        ring.init(&mut function.bar(0).expect("BAR0"))
            .expect("the engine");
        let mut device = Device::open(function).expect("the card");
        let range = Range {
            iova: 0,
            bytes: memory_bytes,
            page_shift: 12,
            offset_words: 0,
        };
        device.dirty_log().set_range(0, range).expect("a range");
        device.dirty_log().start().expect("logging");
        Self {
            machine,
            device,
            ring,
        }
    }

    /// Has the engine write a word of each of these pages; with its completions, page 1 is
    /// written too.
    pub fn write(&mut self, pages: &[u64]) {
        let mut bar = CardFunction::new(self.machine.clone(), 0)
            .bar(0)
            .expect("BAR0");
        for page in pages {
            let job = Job::Fill {
                destination: page * 4096,
                bytes: 4,
                first: 7,
            };
            let doorbell = {
                let mut machine = self.machine.lock().expect("no thread panics");
                self.ring
                    .submit(&mut machine.memory, &job, 1, false)
                    .expect("room in the ring")
            };
            bar.write_u32(accelerator::DOORBELL, doorbell.0)
                .expect("the doorbell");
            let mut machine = self.machine.lock().expect("no thread panics");
            machine.run(2_000);
            let done = self.ring.poll(&mut machine.memory);
            assert!(done.expect("a completion").is_some(), "page {page}");
        }
    }

    /// The pages, how many chunks were read, and what the bus carried.
    pub fn harvest(&mut self) -> (Vec<u64>, u32, BusReads) {
        let mut found = Vec::new();
        let harvest = self.device.dirty_log().harvest(|range| {
            found.extend(
                (range.iova..range.iova + range.bytes)
                    .step_by(4096)
                    .map(|at| at / 4096),
            );
        });
        match harvest.expect("a harvest") {
            Harvest::Pages {
                pages,
                chunks,
                reads,
            } => {
                assert_eq!(pages as usize, found.len());
                (found, chunks, reads)
            }
            everything => panic!("{everything:?}"),
        }
    }
}
