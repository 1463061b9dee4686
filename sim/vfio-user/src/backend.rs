//! What the server needs of a device.

use crate::client_memory::ClientMemory;
use slackwater_host::OpenError;
use slackwater_host::function::{Function, Permissions};
use slackwater_host::{Device, V2State};
use std::os::fd::BorrowedFd;
use thiserror::Error;

/// What a device did not do.
#[derive(Debug, Error)]
pub enum BackendError {
    /// The device has no such BAR.
    #[error("there is no BAR{0}")]
    NoBar(u8),
    /// Some of the mapping is there already (EEXIST).
    #[error("{0}")]
    Exists(String),
    /// A value that cannot be (EINVAL).
    #[error("{0}")]
    Invalid(String),
    /// The device did not answer (EIO).
    #[error("{0}")]
    Device(String),
}

/// A PCIe function with the core in it: simulated, or opened by VFIO.
pub trait Backend {
    /// What the host driver has of it.
    type Function: Function;
    /// A new handle of the host driver, for migration and logging.
    ///
    /// # Errors
    /// It is none that the driver knows.
    fn open(&mut self) -> Result<Device<Self::Function>, OpenError>;
    /// Size of a BAR in bytes; `None` if there is none.
    fn bar_bytes(&self, bar: u8) -> Option<u64>;
    /// Reads a BAR. The place was checked.
    ///
    /// # Errors
    /// The device did not answer.
    fn read(&mut self, bar: u8, offset: u64, into: &mut [u8]) -> Result<(), BackendError>;
    /// Writes a BAR. The place was checked.
    ///
    /// # Errors
    /// The device does not take it.
    fn write(&mut self, bar: u8, offset: u64, from: &[u8]) -> Result<(), BackendError>;
    /// Lets the device reach a client's memory at these IOVAs.
    ///
    /// # Errors
    /// It overlaps another mapping, or is not whole pages.
    fn map(
        &mut self,
        iova: u64,
        bytes: u64,
        permissions: Permissions,
        memory: ClientMemory,
    ) -> Result<(), BackendError>;
    /// Takes away the mappings within these IOVAs, as many as there are; gives how many.
    ///
    /// # Errors
    /// One reaches out.
    fn unmap(&mut self, iova: u64, bytes: u64) -> Result<u64, BackendError>;
    /// Takes all mappings away.
    fn unmap_all(&mut self);
    /// Vendor and device ID.
    fn ids(&self) -> (u16, u16);
    /// What can be read from when an interrupt has come; of a device that works while nobody runs it.
    fn wakers(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
    /// Interrupt vectors of the function.
    fn vectors(&self) -> u16;
    /// Number of interrupts of a vector since the last call.
    fn take_interrupts(&mut self, vector: u16) -> u64;
    /// The guest's reset of the function.
    ///
    /// # Errors
    /// It did not end.
    fn function_level_reset(&mut self) -> Result<(), BackendError>;
    /// A client asks for this state, which is not yet requested of the device.
    fn before_state(&mut self, state: V2State) {
        let _ = state;
    }
    /// Lets some time pass; false if nothing moves until somebody does something.
    fn run(&mut self) -> bool;
}
