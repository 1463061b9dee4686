//! The simulated card, its firmware, a VMM that uses the host driver, and a guest that has the
//! card's engine do one job at a time.

use crate::act::{Abilities, Act, Amount, Disturbance, End, Load, PAGES, Seen, Subject, WORDS};
use slackwater_hdl::config::CoreConfig;
use slackwater_host::device::StateError;
use slackwater_host::dirty_log::{Harvest, Range};
use slackwater_host::function::Function;
use slackwater_host::stream_window::WindowError;
use slackwater_host::workload::{Job, Ring, RingLayout};
use slackwater_host::{Bar, Device, DeviceState, Permissions};
use slackwater_regs::accelerator;
use slackwater_regs::state::Outcome;
use slackwater_regs::window::EndOfStream;
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::FirmwareKind;
use slackwater_sim::function::{CardBar, CardFunction};
use slackwater_sim::machine::{Machine, MachineConfig};
use slackwater_sim::memory::PAGE_BYTES;
use slackwater_sim::ports;
use slackwater_sim::root_complex::{Chance, Faults};
use slackwater_sim::seed::Seed;
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Guest memory: rings and what is loaded in front, then the pages that acts write.
const DESCRIPTORS: u64 = PAGE_BYTES;
const COMPLETIONS: u64 = 2 * PAGE_BYTES;
const SOURCES: u64 = 3 * PAGE_BYTES;
const FIRST_PAGE: u64 = 64;
const ENTRIES: u16 = 64;
/// Words of the engine's memory between two that acts change: they lie in different blocks.
const STRIDE: usize = 128;
/// Cycles in which a job is done unless it is held.
const JOB_CYCLES: u64 = 3_000;

/// The guest looks for completions so often.
const POLL_CYCLES: u64 = 64;

/// See the module's page.
pub struct Card {
    machine: Arc<Mutex<Machine>>,
    device: Device<CardFunction>,
    bar: CardBar,
    guest: Guest,
    can: Abilities,
    /// What was taken since SAVING began.
    taken: Vec<u8>,
    /// The stream that had its end, and the guest as it was then.
    whole: Option<(Vec<u8>, Guest, Vec<u8>)>,
}

/// What the guest's driver knows.
#[derive(Clone)]
struct Guest {
    ring: Ring,
}

impl Guest {
    fn new() -> Self {
        let layout = RingLayout {
            descriptors: DESCRIPTORS,
            descriptors_iova: DESCRIPTORS,
            completions: COMPLETIONS,
            completions_iova: COMPLETIONS,
            entries: ENTRIES,
        };
        Self {
            ring: Ring::new(layout).expect("a ring"),
        }
    }
}

/// A card on the backend that the environment names.
///
/// # Errors
/// The variable names none, or the design is refused.
pub fn card_with(config: &CoreConfig) -> Result<Box<dyn ports::Card>, Box<dyn Error>> {
    Ok(Backend::from_environment()?.card_with(config)?)
}

impl Card {
    /// A card that was just powered up, in a machine of its own.
    ///
    /// # Panics
    /// It does not come up.
    pub fn new(can: Abilities, seed: Seed) -> Self {
        let config = CoreConfig {
            ndma: can.ndma,
            atomic_clear: can.atomic_clear,
            internal_log: can.internal_log,
            ..CoreConfig::default()
        };
        let card = card_with(&config).expect("the chip");
        let machine = MachineConfig {
            seed,
            memory_bytes: (FIRST_PAGE + PAGES) * PAGE_BYTES,
            ..MachineConfig::default()
        };
        let memory_bytes = machine.memory_bytes;
        let mut machine = Machine::new(&machine, vec![card]).expect("a machine");
        let firmware = FirmwareKind::from_environment().expect("a kind of firmware");
        machine.slots[0].firmware = Some(firmware.start());
        let machine = Arc::new(Mutex::new(machine));
        let mut function = CardFunction::new(machine.clone(), 0);
        let all = Permissions {
            read: true,
            write: true,
        };
        function.map_dma(0, 0, memory_bytes, all).expect("a map");
        let bar = function.bar(accelerator::BAR).expect("BAR0");
        let mut device = Device::open(function).expect("the card");
        let range = Range {
            iova: FIRST_PAGE * PAGE_BYTES,
            bytes: PAGES * PAGE_BYTES,
            page_shift: 12,
            offset_words: 0,
        };
        device.dirty_log().set_range(0, range).expect("a range");
        let mut card = Self {
            machine,
            device,
            bar,
            guest: Guest::new(),
            can,
            taken: Vec::new(),
            whole: None,
        };
        card.start_driver();
        card
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guest's driver starts anew. A reset leaves the engine's memory as it is, so the driver
    /// clears what it uses.
    fn start_driver(&mut self) {
        self.guest = Guest::new();
        let mut machine = self.machine();
        let ring = self.guest.ring.clone();
        ring.clear_completions(&mut machine.memory)
            .expect("within memory");
        drop(machine);
        self.guest.ring.init(&mut self.bar).expect("the engine");
        for word in 0..WORDS {
            assert!(self.change(word, 0), "nothing holds the engine");
        }
    }

    /// Has the engine load a word; whether all jobs are done by now.
    fn change(&mut self, word: usize, value: u32) -> bool {
        let source = SOURCES + 4 * u64::from(self.guest.ring.in_flight());
        self.machine()
            .memory
            .write_u32(source, value)
            .expect("within memory");
        self.work(Job::Load {
            source,
            bytes: 4,
            scratch_word: (word % WORDS * STRIDE) as u32,
        })
    }

    /// Has the engine do a job; whether all jobs are done by now.
    fn work(&mut self, job: Job) -> bool {
        let Self { guest, machine, .. } = self;
        let doorbell = {
            let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            guest
                .ring
                .submit(&mut machine.memory, &job, 1, false)
                .expect("room in the ring")
        };
        self.bar
            .write_u32(accelerator::DOORBELL, doorbell.0)
            .expect("the doorbell");
        self.settle()
    }

    /// Lets the engine work; whether all jobs are done.
    fn settle(&mut self) -> bool {
        let Self { guest, machine, .. } = self;
        let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
        let most = JOB_CYCLES * (1 + u64::from(guest.ring.in_flight()));
        for _ in 0..most / POLL_CYCLES {
            machine.run(POLL_CYCLES);
            let mut poll = || guest.ring.poll(&mut machine.memory);
            while poll().expect("a completion").is_some() {}
            if guest.ring.in_flight() == 0 {
                break;
            }
        }
        guest.ring.in_flight() == 0
    }

    fn request(&mut self, bits: u32) -> Seen {
        let from = self.device.state().expect("STATE");
        let requested = DeviceState::from_bits(bits);
        let outcome = match self.device.set_state(requested) {
            Ok(()) => Outcome::Succeeded,
            Err(StateError::Kept { .. }) => Outcome::Kept,
            Err(StateError::Error { .. }) => Outcome::Error,
            Err(error) => panic!("{from} to {requested}: {error}"),
        };
        let state = self.device.state().expect("STATE");
        if outcome == Outcome::Succeeded {
            let restarted = requested.is_running() && !from.is_running();
            if requested.is_saving() && (!from.is_saving() || restarted) {
                self.taken.clear();
            }
            if from.is_resuming() && !requested.is_resuming() {
                self.resume_guest();
            }
            self.settle();
        }
        Seen::Outcome(outcome, state.bits())
    }

    /// The guest goes on as it was when the stream had its end.
    fn resume_guest(&mut self) {
        let Some((_, guest, memory)) = self.whole.clone() else {
            return;
        };
        self.guest = guest;
        let mut machine = self.machine();
        machine.memory.write(0, &memory).expect("within memory");
    }

    fn stream(&mut self) -> Seen {
        if !self.device.state().expect("STATE").is_saving() {
            return Seen::WrongState;
        }
        let mut amount = Amount::Nothing;
        let mut buffer = [0; 4096];
        loop {
            let mut window = self.device.stream_window();
            let read = match window.read_bytes(&mut buffer) {
                Ok(read) => read,
                Err(error) => panic!("reading the stream: {error}"),
            };
            let end = window.end_of_stream();
            self.taken.extend(&buffer[..read]);
            if read > 0 {
                amount = Amount::Some;
                continue;
            }
            match end {
                EndOfStream::No => panic!("no data, and no end of stream"),
                EndOfStream::Temporary => return Seen::Streamed(amount, End::Temporary),
                EndOfStream::Final => {
                    let mut rings = vec![0; (FIRST_PAGE * PAGE_BYTES) as usize];
                    self.machine()
                        .memory
                        .read(0, &mut rings)
                        .expect("within memory");
                    self.whole = Some((self.taken.clone(), self.guest.clone(), rings));
                    return Seen::Streamed(amount, End::Final);
                }
            }
        }
    }

    fn push(&mut self, load: Load) -> Seen {
        if !self.device.state().expect("STATE").is_resuming() {
            return Seen::WrongState;
        }
        let Some((stream, ..)) = &self.whole else {
            return Seen::Nothing;
        };
        let mut stream = stream.clone();
        match load {
            Load::Whole => {}
            Load::Cut => stream.truncate(stream.len() - 4),
            Load::Flipped => {
                let middle = stream.len() / 8 * 4;
                stream[middle] ^= 1;
            }
        }
        let mut window = self.device.stream_window();
        match window.write_bytes(&stream).and_then(|()| window.finish()) {
            Ok(()) | Err(WindowError::InvalidData { .. }) => Seen::Done,
            Err(error) => panic!("pushing {load:?}: {error}"),
        }
    }

    fn clear(&mut self) -> Seen {
        let mut pages = BTreeSet::new();
        let harvest = self.device.dirty_log().harvest(|range| {
            let first = range.iova / PAGE_BYTES - FIRST_PAGE;
            pages.extend(first..first + range.bytes / PAGE_BYTES);
        });
        match harvest.expect("a harvest") {
            Harvest::Pages { .. } => Seen::Pages(pages),
            everything => panic!("{everything:?}"),
        }
    }
}

/// Faults of the card's port.
fn faults(how: Disturbance) -> Faults {
    let next = |next| Chance {
        next,
        ..Chance::NEVER
    };
    let half = Chance {
        per_million: 500_000,
        ..Chance::NEVER
    };
    let mut faults = Faults::default();
    match how {
        Disturbance::Calm => {}
        Disturbance::Stall => {
            faults.link_stall = next(1);
            faults.link_stall_cycles = 2_000;
        }
        Disturbance::Slow => {
            faults.tx_back_pressure = half;
            faults.rx_gap = half;
        }
        Disturbance::Late => {
            faults.to_cpu.late = next(3);
            faults.late_cycles = 5_000;
        }
        Disturbance::Lost => faults.to_cpu.drop = next(1),
    }
    faults
}

impl Subject for Card {
    fn abilities(&self) -> Abilities {
        self.can
    }

    fn act(&mut self, act: Act) -> Seen {
        let runs = self.device.state().expect("STATE").is_running();
        match act {
            Act::Request(bits) => self.request(bits),
            Act::Reset => {
                self.device.reset().expect("a reset");
                self.start_driver();
                Seen::Done
            }
            Act::Write(_) | Act::Change(..) if !runs => Seen::Nothing,
            Act::Write(page) => Seen::Dma(self.work(Job::Fill {
                destination: (FIRST_PAGE + page) * PAGE_BYTES,
                bytes: 4,
                first: 7,
            })),
            Act::Change(word, value) => Seen::Dma(self.change(word, value)),
            Act::Touch => {
                let mut read = || self.bar.read_u32(accelerator::ID);
                // A driver reads again what was lost.
                let id = read().or_else(|_| read()).expect("a read");
                Seen::Answered(id == accelerator::ID_VALUE)
            }
            Act::Track(on) => {
                let mut log = self.device.dirty_log();
                match on {
                    true => log.start().expect("START"),
                    false => log.stop().expect("STOP"),
                }
                Seen::Done
            }
            Act::Clear => self.clear(),
            Act::Stream => self.stream(),
            Act::Push(load) => self.push(load),
            Act::Disturb(how) => {
                let mut machine = self.machine();
                *machine.root_complex.faults(0).expect("the card") = faults(how);
                Seen::Done
            }
        }
    }

    fn internal(&mut self) -> [u32; WORDS] {
        let words = self.machine().slots[0].card.state_words();
        std::array::from_fn(|word| words[word * STRIDE])
    }
}
