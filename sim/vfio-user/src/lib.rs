//! A vfio-user server: a device that any VMM with a vfio-user client can have, migration and DMA logging
//! included.
//!
//! ```text
//!  client ═══ Unix socket ═══▶ Connection ─▶ Server ─▶ commands ─▶ Backend
//!     ▲          frames, descriptors            │                     │ BARs, DMA, interrupts
//!     │                                         └─▶ host::v2          ▼
//!     └──── eventfds, the client's memory ◀───────────────────── SimulatedCard
//! ```
//! Protocol: `docs/interop/vfio-user.rst` of QEMU 11, which is libvfio-user's. The server knows
//! devices by [`Backend`] alone; [`SimulatedCard`] is the one that runs the design, [`RealCard`] one
//! that VFIO has opened. [`VfioUserFunction`] is the other side: any server's device for the host driver. Time: the card is
//! clocked while it has something to do, and stands still, with the server asleep, when nothing moves.
//!
//! A client is not trusted: each size is bounded, what a message says is checked before it is used, memory
//! is reached by reads and writes of the client's file, never by a mapping that the client could
//! take away, and every descriptor is closed with whatever it was sent for.

mod backend;
mod card;
mod client;
mod client_memory;
mod client_migration;
mod commands;
mod config_space;
mod connection;
mod interrupts;
mod listener;
mod message;
mod real;
mod server;

pub use backend::{Backend, BackendError};
pub use card::{SimulatedCard, StateFault};
pub use client::{ClientError, VfioUserBar, VfioUserFunction};
pub use client_memory::{ClientMemory, FileMemory, MessageMemory};
pub use config_space::ConfigSpace;
pub use connection::{Connection, ConnectionError, MAX_TRANSFER_BYTES};
pub use listener::{ListenError, Listener};
pub use message::{Command, Errno, Message};
pub use real::RealCard;
pub use server::{Event, Log, Server};
