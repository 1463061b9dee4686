//! Firmware of the Slackwater core: what happens once.
//!
//! Hardware holds what must be true at every instant (gate, freeze, ERROR gates);
//! firmware does the ordered steps of a device_state change ([`device_state`]),
//! and makes and checks the migration stream ([`stream`], [`window`]).
//!
//! ```text
//!            ┌────────────── Firmware ──────────────┐
//!  event ──▶ │ WINDOW ─▶ window ─▶ Writer / Reader  │ ──▶ data window, state port
//!            │ STATE  ─▶ device_state ─▶ open/close │ ──▶ HOLD, REASON, STATE_ANSWER
//!            └──────────────────────────────────────┘
//! ```
//!
//! The crate is `no_std`, allocates nothing and holds a few hundred bytes. It
//! trusts neither the host nor the stream: nothing that they say makes it panic,
//! loop without bound or write outside the device's state.
//!
//! Where the soft core has a second bank of images, the firmware takes its own successor through the
//! window, checks it and hands over (`update`).
//!
//! A reset of the soft core (VFIO_DEVICE_RESET) starts [`run`] anew; no stream is
//! open then, which is what device_state RUNNING asks for.
#![no_std]

pub mod bus;
pub mod device_state;
pub mod stream;
mod update;
pub mod window;

pub use bus::ControlBus;
use slackwater_regs::control::{self, MAX_STATE_WORDS, event};
use stream::{Reader, Writer};

/// What the stream must agree on, and what the device can do. Constant while the device is powered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Type of the device.
    pub device_type: u32,
    /// Hash of everything that must be equal on both sides.
    pub config_hash: u32,
    /// Words behind the state port, at most `MAX_STATE_WORDS`.
    pub state_words: u32,
    /// Bits of `slackwater_regs::bar2::capabilities`.
    pub capabilities: u32,
}

impl Identity {
    /// True if all of these capability bits are set.
    pub const fn has(&self, capability: u32) -> bool {
        self.capabilities & capability == capability
    }
}

/// How long firmware waits for hardware, counted in reads of STATUS.
///
/// A read costs at least five clocks. Both waits together must end before the
/// watchdog does, and the first must outlast a completion timeout, which is how
/// a request whose completion was lost comes to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Reads of STATUS until DMA must be at rest.
    pub quiesce_polls: u32,
    /// Reads of STATUS, after that, until the device must be frozen.
    pub freeze_polls: u32,
}

impl Default for Limits {
    /// For the reset values of the core: a completion timeout of at most 250,000
    /// clocks and a watchdog of 1,000,000.
    fn default() -> Self {
        Self {
            quiesce_polls: 65_536,
            freeze_polls: 16_384,
        }
    }
}

/// The migration stream that is open.
#[derive(Debug)]
pub(crate) enum Stream<C> {
    /// None: neither SAVING nor RESUMING.
    Closed,
    /// SAVING.
    Out(Writer<C>),
    /// RESUMING.
    In(Reader<C>),
}

/// The firmware of one core.
#[derive(Debug)]
pub struct Firmware<B: ControlBus> {
    bus: B,
    identity: Identity,
    limits: Limits,
    stream: Stream<B::Checksums>,
}

impl<B: ControlBus> Firmware<B> {
    /// Firmware as it is after a reset: the device's identity read, no stream open.
    pub async fn start(mut bus: B, limits: Limits) -> Self {
        let identity = Identity {
            device_type: bus.read(control::DEVICE_TYPE).await,
            config_hash: bus.read(control::CONFIG_HASH).await,
            state_words: bus.read(control::STATE_WORDS).await.min(MAX_STATE_WORDS),
            capabilities: bus.read(control::CAPABILITIES).await,
        };
        Self {
            bus,
            identity,
            limits,
            stream: Stream::Closed,
        }
    }

    /// Waits for an event and serves what is there.
    ///
    /// A window command goes first: bytes that the host pushed before it asked to
    /// leave RESUMING belong to the state that is loaded (rule E13).
    pub async fn serve(&mut self) {
        self.bus.wait_for_event().await;
        let events = self.bus.read(control::EVENT).await;
        if events & event::WINDOW != 0 {
            self.serve_window().await;
        }
        if events & event::STATE != 0 {
            self.change_state().await;
        }
    }
}

/// Runs the firmware with the default limits; never returns.
pub async fn run<B: ControlBus>(bus: B) -> ! {
    run_with(bus, Limits::default()).await
}

/// Runs the firmware; never returns.
pub async fn run_with<B: ControlBus>(bus: B, limits: Limits) -> ! {
    let mut firmware = Firmware::start(bus, limits).await;
    loop {
        firmware.serve().await;
    }
}
