//! A function behind VFIO as a [`Function`] of the host driver.

use crate::memory::DmaMemory;
use crate::sysfs::{self, Address, Roots, VfioError};
use memmap2::MmapRaw;
use pci_driver::backends::vfio::VfioPciDevice;
use pci_driver::device::PciDevice;
use pci_driver::regions::{OwningPciRegion, PciRegion, Permissions as Access};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use slackwater_host::function::{AccessError, Bar, BusReads, Function, Permissions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shorter waits spin: a sleep takes longer.
const SPIN: Duration = Duration::from_micros(50);

/// A function that was opened.
#[derive(Clone)]
pub struct VfioFunction {
    device: Arc<VfioPciDevice>,
    memory: DmaMemory,
    /// Eventfds of the MSI-X vectors.
    vectors: Arc<[OwnedFd]>,
}

fn backend(error: io::Error) -> AccessError {
    AccessError::Backend(error.to_string())
}

impl VfioFunction {
    /// Opens a function, which resets it. `memory` is what DMA mappings lead to.
    ///
    /// # Errors
    /// Why it cannot be opened, and what to do about it.
    pub fn open(address: &Address, memory: DmaMemory) -> Result<Self, VfioError> {
        let roots = Roots {
            sysfs: Path::new("/sys"),
            vfio: Path::new("/dev/vfio"),
        };
        let folder = sysfs::check(&roots, address)?;
        let failed = |step| {
            let address = address.clone();
            move |error| VfioError::Vfio {
                step,
                address,
                error,
            }
        };
        let device = VfioPciDevice::open(&folder).map_err(failed("opening"))?;
        let count = device.interrupts().msi_x().max();
        let new = |_| eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let vectors = (0..count).map(new).collect::<Result<Vec<_>, _>>();
        let vectors = vectors.map_err(|error| failed("an eventfd")(error.into()))?;
        let fds: Vec<_> = vectors.iter().map(AsRawFd::as_raw_fd).collect();
        if count > 0 {
            let enabled = device.interrupts().msi_x().enable(&fds);
            enabled.map_err(failed("switching on MSI-X"))?;
        }
        // DMA and memory accesses, as far as vfio-pci has not done it.
        let command = device.config().command();
        let on = command
            .bus_master_enable()
            .write(true)
            .and_then(|()| command.memory_space_enable().write(true));
        on.map_err(failed("writing the command register"))?;
        Ok(Self {
            device: Arc::new(device),
            memory,
            vectors: vectors.into(),
        })
    }

    /// The memory that its DMA mappings lead to.
    pub const fn memory(&self) -> &DmaMemory {
        &self.memory
    }

    /// Vendor and device ID.
    ///
    /// # Errors
    /// Configuration space cannot be read.
    pub fn ids(&self) -> Result<(u16, u16), AccessError> {
        let config = self.device.config();
        let vendor = config.vendor_id().read().map_err(backend)?;
        let device = config.device_id().read().map_err(backend)?;
        Ok((vendor, device))
    }

    /// Interrupt vectors.
    pub fn vector_count(&self) -> usize {
        self.vectors.len()
    }

    /// Size of a BAR in bytes; `None` if there is none.
    pub fn bar_bytes(&self, index: u8) -> Option<u64> {
        self.device.bar(index.into()).map(|region| region.len())
    }

    /// Reads any bytes of a BAR.
    ///
    /// # Errors
    /// They are not there, or cannot be read.
    pub fn read_bar(&self, index: u8, offset: u64, into: &mut [u8]) -> Result<(), AccessError> {
        let region = self.device.bar(index.into());
        let region = region.ok_or(AccessError::NoBar { index })?;
        region.read_bytes(offset, into).map_err(backend)
    }

    /// Writes any bytes of a BAR, in pieces that are aligned.
    ///
    /// # Errors
    /// They are not there, or cannot be written.
    pub fn write_bar(&self, index: u8, offset: u64, mut from: &[u8]) -> Result<(), AccessError> {
        let region = self.device.bar(index.into());
        let region = region.ok_or(AccessError::NoBar { index })?;
        let mut place = offset;
        while !from.is_empty() {
            let (count, written) = match from {
                [a, b, c, d, ..] if place.is_multiple_of(4) => {
                    let word = u32::from_le_bytes([*a, *b, *c, *d]);
                    (4, region.write_le_u32(place, word))
                }
                [a, b, ..] if place.is_multiple_of(2) => {
                    (2, region.write_le_u16(place, u16::from_le_bytes([*a, *b])))
                }
                [a, ..] => (1, region.write_u8(place, *a)),
                [] => break,
            };
            written.map_err(backend)?;
            from = &from[count..];
            place += count as u64;
        }
        Ok(())
    }

    /// Lets the device reach this memory, which is not its own, at these IOVAs. The memory must stay
    /// mapped until [`Function::unmap_dma`] has taken it away again.
    ///
    /// # Errors
    /// VFIO refuses it.
    ///
    /// # Safety
    /// The device reads and writes the memory at any time, up to that.
    pub unsafe fn map_foreign(
        &self,
        iova: u64,
        memory: &MmapRaw,
        permissions: Permissions,
    ) -> Result<(), AccessError> {
        let bytes = memory.len() as u64;
        let refused = |reason: String| AccessError::Map {
            iova,
            bytes,
            reason,
        };
        let access = Access::new(permissions.read, permissions.write)
            .ok_or_else(|| refused("neither readable nor writeable".to_owned()))?;
        // SAFETY: the memory is mapped, and the caller keeps it so.
        let mapped = unsafe {
            let place = memory.as_ptr();
            self.device.iommu().map(iova, memory.len(), place, access)
        };
        mapped.map_err(|error| refused(error.to_string()))
    }

    /// Eventfds of the vectors.
    pub fn eventfds(&self) -> &[OwnedFd] {
        &self.vectors
    }

    /// Waits for an interrupt; whether one came, which it leaves to [`Function::take_interrupts`].
    ///
    /// # Errors
    /// There is no such vector, or it cannot be waited for.
    pub fn await_interrupt(&self, vector: u16, most: Duration) -> Result<bool, AccessError> {
        let mut fds = [PollFd::new(self.eventfd(vector)?, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: most.as_secs() as i64,
            tv_nsec: most.subsec_nanos().into(),
        };
        let ready = poll(&mut fds, Some(&timeout)).map_err(|error| backend(error.into()))?;
        Ok(ready > 0)
    }

    fn eventfd(&self, vector: u16) -> Result<&OwnedFd, AccessError> {
        let count = self.vectors.len();
        self.vectors
            .get(usize::from(vector))
            .ok_or_else(|| AccessError::Backend(format!("no vector {vector}, there are {count}")))
    }
}

impl Function for VfioFunction {
    type Bar = VfioBar;

    fn bar(&self, index: u8) -> Result<VfioBar, AccessError> {
        let region = self.device.bar(index.into());
        Ok(VfioBar {
            region: region.ok_or(AccessError::NoBar { index })?,
            index,
            reads: BusReads::default(),
        })
    }

    fn map_dma(
        &mut self,
        iova: u64,
        address: u64,
        bytes: u64,
        permissions: Permissions,
    ) -> Result<(), AccessError> {
        let refused = |reason: String| AccessError::Map {
            iova,
            bytes,
            reason,
        };
        let length = usize::try_from(bytes).map_err(|error| refused(error.to_string()))?;
        let place = self.memory.place(address, length);
        let place = place.ok_or_else(|| {
            let all = self.memory.size_bytes();
            refused(format!(
                "address {address:#x} is outside a memory of {all:#x} bytes"
            ))
        })?;
        let access = Access::new(permissions.read, permissions.write)
            .ok_or_else(|| refused("neither readable nor writeable".to_owned()))?;
        // SAFETY: the memory stays mapped as long as `self`, and so does the container whose
        // mappings end with it; nobody in this program holds a reference into it.
        let mapped = unsafe { self.device.iommu().map(iova, length, place, access) };
        mapped.map_err(|error| refused(error.to_string()))
    }

    fn unmap_dma(&mut self, iova: u64, bytes: u64) -> Result<(), AccessError> {
        let refused = |reason: String| AccessError::Map {
            iova,
            bytes,
            reason,
        };
        let length = usize::try_from(bytes).map_err(|error| refused(error.to_string()))?;
        let unmapped = self.device.iommu().unmap(iova, length);
        unmapped.map_err(|error| refused(error.to_string()))
    }

    fn take_interrupts(&mut self, vector: u16) -> Result<u64, AccessError> {
        let mut count = [0; 8];
        match rustix::io::read(self.eventfd(vector)?, &mut count) {
            Ok(_) => Ok(u64::from_ne_bytes(count)),
            Err(rustix::io::Errno::AGAIN) => Ok(0),
            Err(error) => Err(backend(error.into())),
        }
    }

    fn function_level_reset(&mut self) -> Result<(), AccessError> {
        self.device.reset().map_err(backend)
    }

    fn wait(&mut self, ns: u64) {
        let wait = Duration::from_nanos(ns);
        if wait > SPIN {
            std::thread::sleep(wait);
            return;
        }
        let begun = Instant::now();
        while begun.elapsed() < wait {
            std::hint::spin_loop();
        }
    }
}

/// A BAR of the function.
pub struct VfioBar {
    region: OwningPciRegion,
    index: u8,
    reads: BusReads,
}

impl VfioBar {
    fn check(&self, offset: u32) -> Result<u64, AccessError> {
        let (offset, bytes, size_bytes) = (u64::from(offset), 4, self.region.len());
        if offset.is_multiple_of(bytes) && offset + bytes <= size_bytes {
            return Ok(offset);
        }
        Err(AccessError::OutOfRange {
            bar: self.index,
            offset,
            bytes,
            size_bytes,
        })
    }
}

impl Bar for VfioBar {
    fn size_bytes(&self) -> u64 {
        self.region.len()
    }

    fn reads(&self) -> BusReads {
        self.reads
    }

    fn read_u32(&mut self, offset: u32) -> Result<u32, AccessError> {
        let place = self.check(offset)?;
        self.reads.add(4);
        self.region.read_le_u32(place).map_err(backend)
    }

    fn write_u32(&mut self, offset: u32, value: u32) -> Result<(), AccessError> {
        let place = self.check(offset)?;
        self.region.write_le_u32(place, value).map_err(backend)
    }
}
