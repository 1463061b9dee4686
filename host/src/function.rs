//! What the driver needs from a PCIe function, simulated or real.
//!
//! The crate `pci-driver` has such traits too, but they are sealed: a simulator
//! cannot implement them. The VFIO backend wraps `pci-driver` behind these.

use thiserror::Error;

/// An access to a function that did not work.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum AccessError {
    /// The function has no such BAR.
    #[error("the function has no BAR{index}")]
    NoBar {
        /// Index that was asked for.
        index: u8,
    },
    /// The access lies outside the BAR or is not aligned.
    #[error(
        "access of {bytes} bytes at offset {offset:#x} is misaligned or outside BAR{bar} of {size_bytes:#x} bytes"
    )]
    OutOfRange {
        /// BAR that was accessed.
        bar: u8,
        /// Offset of the access in bytes.
        offset: u64,
        /// Size of the access in bytes.
        bytes: u64,
        /// Size of the BAR in bytes.
        size_bytes: u64,
    },
    /// The function did not answer.
    #[error("no answer to an access at offset {offset:#x} of BAR{bar} within {waited_ns} ns")]
    Timeout {
        /// BAR that was accessed.
        bar: u8,
        /// Offset of the access in bytes.
        offset: u64,
        /// How long the access waited.
        waited_ns: u64,
    },
    /// A DMA mapping was refused.
    #[error("cannot map IOVA {iova:#x} with {bytes:#x} bytes: {reason}")]
    Map {
        /// IOVA of the mapping.
        iova: u64,
        /// Size of the mapping in bytes.
        bytes: u64,
        /// Why it was refused.
        reason: String,
    },
    /// The backend failed in its own way.
    #[error("{0}")]
    Backend(String),
}

/// What a handle has read over the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusReads {
    /// Read requests, each answered or not.
    pub requests: u64,
    /// Bytes that they asked for.
    pub bytes: u64,
}

impl BusReads {
    /// Counts one read request.
    pub const fn add(&mut self, bytes: u64) {
        self.requests += 1;
        self.bytes += bytes;
    }
}

impl std::ops::Sub for BusReads {
    type Output = Self;

    /// What came after `earlier`.
    fn sub(self, earlier: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(earlier.requests),
            bytes: self.bytes.saturating_sub(earlier.bytes),
        }
    }
}

/// One BAR of a function. Offsets are in bytes; words are little endian.
pub trait Bar {
    /// Size in bytes.
    fn size_bytes(&self) -> u64;
    /// What this handle has read so far, as the bus saw it.
    fn reads(&self) -> BusReads;
    /// Reads an aligned 32-bit word.
    fn read_u32(&mut self, offset: u32) -> Result<u32, AccessError>;
    /// Writes an aligned 32-bit word. Posted: it may arrive later, but before any later access.
    fn write_u32(&mut self, offset: u32, value: u32) -> Result<(), AccessError>;
    /// Reads an aligned 64-bit word.
    fn read_u64(&mut self, offset: u32) -> Result<u64, AccessError> {
        let mut words = [0; 2];
        self.read_block(offset, &mut words)?;
        Ok(u64::from(words[0]) | u64::from(words[1]) << 32)
    }
    /// Writes an aligned 64-bit word.
    fn write_u64(&mut self, offset: u32, value: u64) -> Result<(), AccessError> {
        self.write_block(offset, &[value as u32, (value >> 32) as u32])
    }
    /// Reads consecutive words, in as large transactions as the backend can.
    fn read_block(&mut self, offset: u32, words: &mut [u32]) -> Result<(), AccessError> {
        for (i, word) in words.iter_mut().enumerate() {
            *word = self.read_u32(offset + 4 * i as u32)?;
        }
        Ok(())
    }
    /// Writes consecutive words, in as large transactions as the backend can.
    fn write_block(&mut self, offset: u32, words: &[u32]) -> Result<(), AccessError> {
        for (i, word) in words.iter().enumerate() {
            self.write_u32(offset + 4 * i as u32, *word)?;
        }
        Ok(())
    }
}

/// What a DMA mapping allows the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// The device may read.
    pub read: bool,
    /// The device may write.
    pub write: bool,
}

/// A PCIe function.
pub trait Function {
    /// The type of its BARs.
    type Bar: Bar;
    /// A handle on a BAR.
    fn bar(&self, index: u8) -> Result<Self::Bar, AccessError>;
    /// Makes `bytes` of guest memory from guest-physical `address` on visible to the device at `iova`.
    fn map_dma(
        &mut self,
        iova: u64,
        address: u64,
        bytes: u64,
        permissions: Permissions,
    ) -> Result<(), AccessError>;
    /// Takes a mapping away.
    fn unmap_dma(&mut self, iova: u64, bytes: u64) -> Result<(), AccessError>;
    /// Number of interrupts of a vector that came since the last call.
    fn take_interrupts(&mut self, vector: u16) -> Result<u64, AccessError>;
    /// Function level reset: the guest's reset, which does not touch a migration in progress.
    fn function_level_reset(&mut self) -> Result<(), AccessError>;
    /// Lets time pass while the caller waits for something; a real backend spins or sleeps.
    fn wait(&mut self, ns: u64);
}
