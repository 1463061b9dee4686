//! Memory that a device can reach.

use crate::VfioError;
use memmap2::MmapRaw;
use slackwater_host::platform::{GuestMemory, MemoryError};
use std::ptr;
use std::sync::Arc;

/// Memory of this program for DMA, by addresses from 0 on. Clones are the same memory.
///
/// The device writes it at any time, so it is only ever read and written by copies: nobody holds a
/// reference into it.
#[derive(Clone, Debug)]
pub struct DmaMemory {
    map: Arc<MmapRaw>,
}

impl DmaMemory {
    /// Zeroed memory.
    ///
    /// # Errors
    /// The system has none.
    pub fn new(bytes: usize) -> Result<Self, VfioError> {
        let map = memmap2::MmapMut::map_anon(bytes);
        let map = map.map_err(|error| VfioError::Memory { bytes, error })?;
        Ok(Self {
            map: Arc::new(map.into()),
        })
    }

    /// Size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.map.len() as u64
    }

    /// Where bytes are in this program; `None` if they are not all within.
    pub(crate) fn place(&self, address: u64, bytes: usize) -> Option<*mut u8> {
        let start = usize::try_from(address).ok()?;
        let end = start.checked_add(bytes)?;
        // Within the mapping, so the pointer stays in it.
        (end <= self.map.len()).then(|| self.map.as_mut_ptr().wrapping_add(start))
    }

    fn outside(&self, address: u64, bytes: usize) -> MemoryError {
        MemoryError {
            address,
            bytes: bytes as u64,
            memory_bytes: self.size_bytes(),
        }
    }
}

impl GuestMemory for DmaMemory {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        let place = self.place(address, into.len());
        let place = place.ok_or_else(|| self.outside(address, into.len()))?;
        for (offset, byte) in into.iter_mut().enumerate() {
            // SAFETY: `place` is the start of so many bytes of a mapping that `self` keeps; volatile,
            // because the device may write them.
            *byte = unsafe { ptr::read_volatile(place.add(offset)) };
        }
        Ok(())
    }

    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
        let place = self.place(address, from.len());
        let place = place.ok_or_else(|| self.outside(address, from.len()))?;
        for (offset, byte) in from.iter().enumerate() {
            // SAFETY: as in `read`.
            unsafe { ptr::write_volatile(place.add(offset), *byte) };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_the_end_is_kept() {
        let mut memory = DmaMemory::new(8192).unwrap();
        memory.write(8190, &[7, 9]).unwrap();
        let mut bytes = [0; 2];
        memory.clone().read(8190, &mut bytes).unwrap();
        assert_eq!(bytes, [7, 9]);
        for address in [8191, 8192, u64::MAX] {
            assert_eq!(
                memory.read(address, &mut bytes).unwrap_err().address,
                address
            );
        }
    }
}
