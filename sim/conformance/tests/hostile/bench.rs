//! A card that is at work, and a peer that attacks it.

use slackwater_conformance::card::card_with;
use slackwater_hdl::config::CoreConfig;
use slackwater_host::{Device, DeviceState};
use slackwater_regs::window::EndOfStream;
use slackwater_sim::function::CardFunction;
use slackwater_sim::machine::Machine;
use slackwater_sim::migration::{Migration, MigrationConfig, Side};
use slackwater_sim::root_complex::{MmioError, Report};
use slackwater_sim::seed::{Seed, Stream};
use slackwater_sim::tlp::{AtomicOp, Body, CompletionStatus, Tlp};
use std::sync::{Arc, Mutex, MutexGuard};

/// Requester ID of a peer that is no card of the machine.
pub const PEER: u16 = 0x7700;
/// Requests and garbage that a peer sends in each state.
const REQUESTS: u64 = 60;

/// A machine in which the guest has its engine at work.
pub struct Victim {
    pub machine: Arc<Mutex<Machine>>,
    pub device: Device<CardFunction>,
    /// Keeps the guest.
    _migration: Migration,
}

impl Victim {
    fn new(seed: u64) -> Self {
        let config = MigrationConfig {
            seed: Seed(seed),
            memory_bytes: 1 << 18,
            ..MigrationConfig::default()
        };
        let card = || card_with(&CoreConfig::default()).unwrap();
        let migration = Migration::with_cards(config, card(), card()).unwrap();
        let machine = migration.machine(Side::Source).clone();
        {
            let mut machine = machine.lock().unwrap();
            for agent in migration.team().agents() {
                machine.add_agent(agent);
            }
            machine.vcpus_running = true;
            machine.run(20_000);
            machine.vcpus_running = false;
            // All jobs in the ring come to their end.
            machine.run(100_000);
        }
        Self {
            device: Device::open(CardFunction::new(machine.clone(), 0)).unwrap(),
            machine,
            _migration: migration,
        }
    }

    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap()
    }

    pub fn report(&self) -> Report {
        self.machine().root_complex.report(0).unwrap().clone()
    }

    pub fn words(&self) -> Vec<u32> {
        self.machine().slots[0].card.state_words()
    }

    /// Takes the rest of the stream.
    pub fn stream(&mut self) -> Vec<u8> {
        let (mut all, mut part) = (Vec::new(), [0; 4096]);
        loop {
            let mut window = self.device.stream_window();
            match window.read_bytes(&mut part).unwrap() {
                0 if window.end_of_stream() == EndOfStream::Final => return all,
                0 => {}
                bytes => all.extend_from_slice(&part[..bytes]),
            }
        }
    }

    /// Sends something to the card, whenever there is room for it.
    pub fn send(&self, dws: &[u32], bar_hit: u8) {
        let mut machine = self.machine();
        while let Err(MmioError::Busy { .. }) =
            machine.root_complex.inject_dws(0, dws.to_vec(), bar_hit)
        {
            machine.step();
        }
    }

    /// A peer's requests to a BAR: legal ones, cut ones, and garbage.
    pub fn attack(&self, bar: u8, random: &mut Stream) {
        let (base, bytes) = {
            let machine = self.machine();
            let layout = machine.root_complex.config().layout;
            (
                layout.bar_address(0, bar).unwrap(),
                layout.bar_bytes(bar).unwrap(),
            )
        };
        for tag in 0..REQUESTS {
            let address = base + 4 * random.below(bytes / 4);
            let word = (random.bits() as u32).to_le_bytes();
            let tlp = match random.below(6) {
                0 | 1 => Tlp::memory_write(PEER, 0, address, &word).unwrap(),
                2 | 3 => Tlp::memory_read(PEER, tag as u8, address, 4).unwrap(),
                4 => Tlp::atomic(
                    PEER,
                    tag as u8,
                    address,
                    AtomicOp::Swap,
                    &[random.bits() as u32],
                )
                .unwrap(),
                _ => {
                    let mut poisoned = Tlp::memory_write(PEER, 0, address, &word).unwrap();
                    poisoned.poisoned = true;
                    poisoned
                }
            };
            let mut dws = tlp.to_dws();
            match random.below(8) {
                0 => dws.truncate(1 + random.index(dws.len())),
                1 => {
                    dws[0] = random.bits() as u32 & 0xff00_000f;
                    // No answer that the card could wait for.
                    dws[1] = dws[1] & 0xffff | u32::from(PEER) << 16;
                    if dws[0] >> 24 & 0x1f == 0x0a {
                        dws[0] |= 0x1500_0000;
                    }
                }
                _ => {}
            }
            self.send(&dws, 1 << bar);
        }
        self.machine().run(4_000);
    }

    /// All that the peer was answered was a success; all-ones if `ones`.
    pub fn check_answers(&self, ones: bool, what: &str) {
        let strays = self.machine().root_complex.take_strays();
        assert!(!strays.is_empty(), "{what}: reads were answered");
        for (_, tlp) in strays {
            let Body::Completion {
                completion,
                payload,
            } = &tlp.body
            else {
                panic!("{what}: {tlp:?}");
            };
            assert_eq!(
                completion.status,
                CompletionStatus::Successful,
                "{what}: {tlp:?}"
            );
            assert!(!tlp.poisoned, "{what}: {tlp:?}");
            assert!(
                !ones || payload.iter().all(|byte| *byte == 0xff),
                "{what}: {tlp:?}"
            );
        }
        let report = self.report();
        assert!(
            report.malformed == 0 && report.cpu_timeouts == 0,
            "{what}: {report:?}"
        );
    }
}

/// Every state, by a way that leads there.
pub const WAYS: [&[u32]; 8] = [&[], &[9], &[3], &[11], &[2], &[0], &[4], &[4, 0]];

pub fn in_state(seed: u64, way: &[u32]) -> Victim {
    let mut victim = Victim::new(seed);
    for bits in way {
        // Out of RESUMING without a stream: ERROR.
        let _ = victim.device.set_state(DeviceState::from_bits(*bits));
    }
    victim
}
