//! A machine whose accelerator raises page requests, and a guest that answers them.
//!
//! ```text
//!  Ring ─▶ accelerator ─▶ Page Request ─▶ IOMMU ─▶ queue ─▶ Server (on the VCPU)
//!                      ◀─ PRG Response ◀──────────────────── brings the page, then answers
//! ```

use slackwater_hdl::config::CoreConfig;
use slackwater_host::function::Function;
use slackwater_host::workload::{Completion, Job, Ring, RingLayout};
use slackwater_host::{Bar, Device, Permissions};
use slackwater_regs::accelerator;
use slackwater_sim::backend::CompiledCard;
use slackwater_sim::firmware_kind::FirmwareKind;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::{Agent, AgentPort, Machine, MachineConfig};
use slackwater_sim::seed::Seed;
use slackwater_sim::tlp_message::{PageRequest, PageResponseCode};
use std::sync::{Arc, Mutex, MutexGuard};

pub const MEMORY_BYTES: u64 = 64 << 12;
/// The page that is not there at first, and the one that jobs write.
pub const ABSENT: u64 = 40 << 12;
pub const TARGET: u64 = 50 << 12;
const COMPLETIONS: u64 = 0x1000;
/// Time that the guest needs to bring a page.
const SERVICE_CYCLES: u64 = 700;

/// What the guest does with page requests, seen and set from outside.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The guest looks at page requests at all.
    pub open: bool,
    pub code: PageResponseCode,
    pub answered: u64,
}

/// The guest's fault handler: a program on the VCPU.
pub struct Server {
    service: Arc<Mutex<Service>>,
    at_work: Option<(u64, PageRequest)>,
}

impl Agent for Server {
    fn tick(&mut self, port: &mut AgentPort<'_>) {
        let mut service = self.service.lock().unwrap();
        if !service.open {
            return;
        }
        if let Some((due, request)) = self.at_work {
            if port.cycle() < due {
                return;
            }
            for offset in (0..4096).step_by(4) {
                port.write_u32(request.iova + offset, word(offset)).unwrap();
            }
            port.answer_page_request(0, &request, service.code).unwrap();
            service.answered += 1;
            self.at_work = None;
        }
        self.at_work = port
            .take_page_request(0)
            .map(|request| (port.cycle() + SERVICE_CYCLES, request));
    }
}

/// What the guest brings into a page.
pub fn word(offset: u64) -> u32 {
    0x5a00_0000 | offset as u32
}

pub struct Bench {
    pub machine: Arc<Mutex<Machine>>,
    pub device: Device<CardFunction>,
    pub service: Arc<Mutex<Service>>,
    pub ring: Ring,
}

impl Bench {
    /// A machine with its driver, and one page that is not there.
    pub fn new(config: &CoreConfig, seed: u64) -> Self {
        let mut bench = Self::bare(config, seed);
        let mut bar = bench.bar0();
        bench.ring.init(&mut bar).unwrap();
        let server = bench.server();
        let mut machine = bench.machine();
        machine
            .root_complex
            .iommu(0)
            .unwrap()
            .evict(ABSENT)
            .unwrap();
        machine.add_agent(server);
        machine.vcpus_running = true;
        drop(machine);
        bench
    }

    /// A machine without a guest: a destination.
    pub fn bare(config: &CoreConfig, seed: u64) -> Self {
        let card = CompiledCard::with(config).expect("the chip's Verilog");
        let machine = MachineConfig {
            memory_bytes: MEMORY_BYTES,
            seed: Seed(seed),
            ..MachineConfig::default()
        };
        let mut machine = Machine::new(&machine, vec![Box::new(card)]).unwrap();
        machine.root_complex.enable_page_requests(0, true);
        let firmware = FirmwareKind::from_environment().expect("a kind of firmware");
        machine.slots[0].firmware = Some(firmware.start());
        let machine = Arc::new(Mutex::new(machine));
        let mut function = CardFunction::new(machine.clone(), 0);
        let all = Permissions {
            read: true,
            write: true,
        };
        function.map_dma(0, 0, MEMORY_BYTES, all).unwrap();
        let layout = RingLayout::identity(0, COMPLETIONS, 16);
        Self {
            device: Device::open(function).unwrap(),
            machine,
            service: Arc::new(Mutex::new(Service {
                open: false,
                code: PageResponseCode::Success,
                answered: 0,
            })),
            ring: Ring::new(layout).unwrap().with_page_requests(),
        }
    }

    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap()
    }

    pub fn bar0(&self) -> impl Bar + use<> {
        let function = CardFunction::new(self.machine.clone(), 0);
        function.bar(accelerator::BAR).unwrap()
    }

    pub fn server(&self) -> Box<dyn Agent> {
        let service = self.service.clone();
        Box::new(Server {
            service,
            at_work: None,
        })
    }

    /// Opens or closes the guest's fault handler.
    pub fn serve(&self, open: bool, code: PageResponseCode) {
        let mut service = self.service.lock().unwrap();
        (service.open, service.code) = (open, code);
    }

    pub fn submit(&mut self, job: Job) {
        let doorbell = {
            let mut machine = self.machine.lock().unwrap();
            let memory = &mut machine.memory;
            self.ring.submit(memory, &job, 1, false).unwrap()
        };
        let mut bar = self.bar0();
        bar.write_u32(accelerator::DOORBELL, doorbell.0).unwrap();
    }

    /// Copies the page that is not there, and waits until its page request is with the guest.
    pub fn submit_faulting_copy(&mut self) {
        self.submit(Job::Copy {
            source: ABSENT,
            destination: TARGET,
            bytes: 4096,
        });
        let waits = |machine: &mut Machine| machine.root_complex.open_page_requests(0) == 1;
        assert!(self.machine().run_until(5_000, waits), "no page request");
    }

    /// Lets the machine run until a job is done.
    pub fn poll(&mut self, cycles: u64) -> Option<Completion> {
        let mut machine = self.machine.lock().unwrap();
        for _ in 0..cycles / 100 {
            machine.run(100);
            let done = self.ring.poll(&mut machine.memory).unwrap();
            if done.is_some() {
                return done;
            }
        }
        None
    }

    pub fn assert_copied(&self) {
        let machine = self.machine();
        for offset in (0..4096).step_by(4) {
            let found = machine.memory.read_u32(TARGET + offset).unwrap();
            assert_eq!(found, word(offset), "offset {offset:#x}");
        }
    }
}
