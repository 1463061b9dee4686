//! Host driver of the Slackwater core.
//!
//! | module | what it is |
//! |---|---|
//! | [`function`] | what the driver needs of a PCIe function; simulator and real backends implement it |
//! | [`platform`] | what a flow needs of the machine around the device; and a guest's memory |
//! | [`counter`] | the names of the core's counters |
//! | [`device`] | the typed device handle: identity, device_state, resets, counters |
//! | [`device_state`] | the encoding of device_state, and the names of Linux VFIO v2 |
//! | [`dirty_log`] | the dirty log of DMA: ranges, start and stop, harvest |
//! | [`firmware`] | which firmware the device runs, whether it has failed, and its update |
//! | [`registers`] | numbered commands, and what goes wrong with registers |
//! | [`scan`] | bitmaps to pages and ranges: the fast paths |
//! | [`stream_window`] | the data window as `std::io::Read` and `std::io::Write` |
//! | [`atomic_log`] | a dirty log for threads of the VMM: many mark, one harvests |
//! | [`page_set`] | a set of guest pages |
//! | [`flow`] | the VMM's save and resume flows for the devices of a machine, and the pipeline between the two machines |
//! | [`v2`] | the device as Linux VFIO v2 shows it: states by arcs, two ends of stream, DMA logging |
//! | [`workload`] | the guest's driver for the descriptor-ring engine |
//!
//! Errors are enums that carry values. Nothing here panics, waits for ever or
//! allocates without bound on what a device, a stream or a peer says.

pub mod atomic_log;
pub mod counter;
pub mod device;
pub mod device_state;
pub mod dirty_log;
pub mod firmware;
pub mod flow;
pub mod function;
pub mod page_set;
pub mod platform;
pub mod registers;
pub mod scan;
pub mod stream_window;
pub mod v2;
pub mod workload;

pub use counter::Counter;
pub use device::{Device, OpenError, StateError};
pub use device_state::{DeviceState, V2State};
pub use dirty_log::{DirtyLog, LogError};
pub use firmware::{FirmwareFault, FirmwareIdentity, FirmwareImage, UpdateError};
pub use function::{AccessError, Bar, Function, Permissions};
pub use platform::{GuestMemory, MemoryError, Platform};
pub use registers::RegisterError;
pub use stream_window::{StreamWindow, WindowError};
