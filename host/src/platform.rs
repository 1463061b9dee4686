//! What a migration flow needs of the machine around the device.
//!
//! A platform and a [`crate::function::Function`] may be two handles on one
//! simulated machine; a flow holds neither across a call of the other.

use crate::flow::pipeline::Digest;
use thiserror::Error;

/// Bytes of a page of guest memory.
pub const PAGE_BYTES: usize = slackwater_regs::PAGE_BYTES as usize;

/// An access to guest memory that lies outside it.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error(
    "access of {bytes} bytes at guest-physical address {address:#x} is outside the memory of {memory_bytes:#x} bytes"
)]
pub struct MemoryError {
    /// Guest-physical address of the access.
    pub address: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Size of the memory in bytes.
    pub memory_bytes: u64,
}

/// The machine as the VMM sees it. Pages are 4 KiB of guest-physical memory.
pub trait Platform {
    /// The machine's time.
    fn now_ns(&self) -> u64;
    /// Lets the machine run for so long.
    fn elapse_ns(&mut self, ns: u64);
    /// Clears VCPU_RUNNING: from here on the VMM and the guest touch neither memory nor the device (rule V1).
    fn pause_vcpus(&mut self);
    /// Sets VCPU_RUNNING.
    fn resume_vcpus(&mut self);
    /// Size of the guest's memory in bytes.
    fn memory_bytes(&self) -> u64;
    /// Reads one page.
    fn read_page(&mut self, page: u64, into: &mut [u8; PAGE_BYTES]) -> Result<(), MemoryError>;
    /// Writes one page.
    fn write_page(&mut self, page: u64, from: &[u8; PAGE_BYTES]) -> Result<(), MemoryError>;
    /// Clears the log of pages written by VCPUs and starts it.
    fn start_cpu_log(&mut self);
    /// Stops that log.
    fn stop_cpu_log(&mut self);
    /// Appends the pages written by VCPUs since the last call, and clears them in the log.
    fn take_cpu_dirty(&mut self, pages: &mut Vec<u64>);
    /// Whether BARs of devices are mapped for the DMA of others.
    ///
    /// With peer-to-peer DMA all devices need NDMA (rules T1, T2).
    fn peer_dma_is_mapped(&self) -> bool {
        false
    }
    /// What the VCPUs, and the guest's programs on them, know. They stand still. Without any, empty.
    fn vcpu_state(&mut self) -> Vec<u8> {
        Vec::new()
    }
    /// Takes that over, before VCPUs are resumed.
    ///
    /// # Errors
    /// Why it is none that this machine can take.
    fn load_vcpu_state(&mut self, state: &[u8]) -> Result<(), String> {
        Err(format!(
            "{} bytes of it, and this machine takes none",
            state.len()
        ))
    }
    /// What memory and devices hold, seen from outside; the machine stands still. Only a simulator can tell.
    fn digest(&mut self) -> Option<Digest> {
        None
    }
    /// Completes all I/O page faults in progress and idles the vIOMMU (rules S4, F2). VCPUs run.
    ///
    /// A machine without user-space handled page faults has nothing to do here.
    fn settle_io_page_faults(&mut self) {}
}

/// A guest's memory as its drivers see it, by guest-physical address.
pub trait GuestMemory {
    /// Reads bytes.
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError>;
    /// Writes bytes.
    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError>;
}
