//! Guest memory, and the log of what the guest's CPUs wrote into it.

use memmap2::MmapMut;
use slackwater_host::platform;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Size of a page in bytes.
pub const PAGE_BYTES: u64 = 4096;

/// Guest memory that cannot be made or accessed.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// The size is zero or no multiple of the page size.
    #[error(
        "a memory size of {bytes} bytes is no positive multiple of the page size of {PAGE_BYTES} bytes"
    )]
    Size {
        /// Size that was asked for.
        bytes: u64,
    },
    /// The operating system gave no memory.
    #[error("cannot map {bytes} bytes of guest memory: {source}")]
    Map {
        /// Size that was asked for.
        bytes: u64,
        /// Why.
        source: io::Error,
    },
    /// The image cannot be read.
    #[error("cannot read the memory image {}: {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The image has more bytes than the memory.
    #[error("the memory image {} has {image_bytes} bytes, but the guest's memory only {memory_bytes}", path.display())]
    ImageSize {
        /// The file.
        path: PathBuf,
        /// Its size.
        image_bytes: u64,
        /// Size of the memory.
        memory_bytes: u64,
    },
    /// The access lies outside the memory.
    #[error(
        "{bytes} bytes at guest-physical address {address:#x} are outside a memory of {memory_bytes:#x} bytes"
    )]
    OutOfRange {
        /// First address.
        address: u64,
        /// Bytes of the access.
        bytes: u64,
        /// Size of the memory.
        memory_bytes: u64,
    },
}

/// Memory that is somebody else's, such as that of a client in another process. What fails there is
/// for the device an access to nowhere.
pub trait ForeignMemory: Send {
    /// Reads bytes.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
    /// Writes bytes.
    ///
    /// # Errors
    /// Whatever keeps it from being written.
    fn write(&self, offset: u64, from: &[u8]) -> io::Result<()>;
}

/// Guest-physical addresses from here on are foreign memory.
pub const FOREIGN_BASE: u64 = 1 << 48;

/// Foreign memory at an address.
struct Foreign {
    bytes: u64,
    memory: Box<dyn ForeignMemory>,
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x} bytes of foreign memory", self.bytes)
    }
}

/// The memory of a guest, from guest-physical address 0 on, and whatever foreign memory is attached.
#[derive(Debug)]
pub struct GuestMemory {
    map: MmapMut,
    foreign: BTreeMap<u64, Foreign>,
    next_foreign: u64,
}

/// The memory as the guest's drivers see it, without a log.
impl platform::GuestMemory for GuestMemory {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), platform::MemoryError> {
        let outside = self.outside(address, into.len());
        Self::read(self, address, into).map_err(|_| outside)
    }

    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), platform::MemoryError> {
        let outside = self.outside(address, from.len());
        Self::write(self, address, from).map_err(|_| outside)
    }
}

impl GuestMemory {
    /// The error of an access that lies outside.
    fn outside(&self, address: u64, bytes: usize) -> platform::MemoryError {
        platform::MemoryError {
            address,
            bytes: bytes as u64,
            memory_bytes: self.size_bytes(),
        }
    }

    /// Zeroed memory.
    pub fn new(bytes: u64) -> Result<Self, MemoryError> {
        if bytes == 0 || !bytes.is_multiple_of(PAGE_BYTES) {
            return Err(MemoryError::Size { bytes });
        }
        let size = usize::try_from(bytes).map_err(|_| MemoryError::Size { bytes })?;
        let map = MmapMut::map_anon(size).map_err(|source| MemoryError::Map { bytes, source })?;
        Ok(Self {
            map,
            foreign: BTreeMap::new(),
            next_foreign: FOREIGN_BASE,
        })
    }

    /// Attaches foreign memory; gives its guest-physical address, which no other gets again. `None`
    /// if it is empty or there are no addresses left.
    pub fn attach(&mut self, bytes: u64, memory: Box<dyn ForeignMemory>) -> Option<u64> {
        let address = self.next_foreign;
        let end = bytes.checked_next_multiple_of(PAGE_BYTES)?;
        // A page between two keeps what crosses an end from reaching the next one.
        let next = address.checked_add(end)?.checked_add(PAGE_BYTES)?;
        if bytes == 0 {
            return None;
        }
        self.next_foreign = next;
        self.foreign.insert(address, Foreign { bytes, memory });
        Some(address)
    }

    /// Takes foreign memory away; whether it was there.
    pub fn detach(&mut self, address: u64) -> bool {
        self.foreign.remove(&address).is_some()
    }

    /// How many pieces of foreign memory are attached.
    pub fn foreign_count(&self) -> usize {
        self.foreign.len()
    }

    fn foreign(&self, address: u64, bytes: usize) -> Option<(&dyn ForeignMemory, u64)> {
        let (start, foreign) = self.foreign.range(..=address).next_back()?;
        let offset = address - start;
        let end = offset.checked_add(bytes as u64)?;
        (end <= foreign.bytes).then_some((foreign.memory.as_ref(), offset))
    }

    /// Whether there is memory for a DMA of so many bytes.
    pub fn has(&self, address: u64, bytes: usize) -> bool {
        self.span(address, bytes).is_ok() || self.foreign(address, bytes).is_some()
    }

    /// What a DMA reads; `None` if it cannot be read.
    pub fn dma_read(&self, address: u64, bytes: usize) -> Option<Vec<u8>> {
        if let Ok(span) = self.span(address, bytes) {
            return Some(self.map[span].to_vec());
        }
        let (memory, offset) = self.foreign(address, bytes)?;
        let mut data = vec![0; bytes];
        memory.read(offset, &mut data).ok().map(|()| data)
    }

    /// Writes the enabled bytes of a DMA; whether memory took them. No other byte is touched.
    pub fn dma_write(
        &mut self,
        address: u64,
        data: &[u8],
        enabled: impl Fn(usize) -> bool,
    ) -> bool {
        if let Ok(span) = self.span(address, data.len()) {
            let target = self.map[span].iter_mut().zip(data).enumerate();
            for (_, (target, byte)) in target.filter(|(i, _)| enabled(*i)) {
                *target = *byte;
            }
            return true;
        }
        let Some((memory, offset)) = self.foreign(address, data.len()) else {
            return false;
        };
        let mut start = 0;
        while start < data.len() {
            let run = (start..data.len()).take_while(|i| enabled(*i)).count();
            let part = &data[start..start + run];
            if run > 0 && memory.write(offset + start as u64, part).is_err() {
                return false;
            }
            start += run.max(1);
        }
        true
    }

    /// Memory that starts as a file, padded with zeros.
    pub fn from_image(bytes: u64, path: &Path) -> Result<Self, MemoryError> {
        let mut memory = Self::new(bytes)?;
        let failed = |source| MemoryError::Image {
            path: path.to_path_buf(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        let image_bytes = file.metadata().map_err(failed)?.len();
        if image_bytes > bytes {
            return Err(MemoryError::ImageSize {
                path: path.to_path_buf(),
                image_bytes,
                memory_bytes: bytes,
            });
        }
        file.read_exact(&mut memory.map[..image_bytes as usize])
            .map_err(failed)?;
        Ok(memory)
    }

    /// Size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.map.len() as u64
    }

    /// Number of pages.
    pub fn pages(&self) -> u64 {
        self.size_bytes() / PAGE_BYTES
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    fn span(&self, address: u64, bytes: usize) -> Result<std::ops::Range<usize>, MemoryError> {
        match address.checked_add(bytes as u64) {
            Some(end) if end <= self.size_bytes() => Ok(address as usize..end as usize),
            _ => Err(MemoryError::OutOfRange {
                address,
                bytes: bytes as u64,
                memory_bytes: self.size_bytes(),
            }),
        }
    }

    /// Bytes at a guest-physical address.
    pub fn slice(&self, address: u64, bytes: usize) -> Result<&[u8], MemoryError> {
        Ok(&self.map[self.span(address, bytes)?])
    }

    /// Bytes at a guest-physical address, to be changed.
    pub fn slice_mut(&mut self, address: u64, bytes: usize) -> Result<&mut [u8], MemoryError> {
        let span = self.span(address, bytes)?;
        Ok(&mut self.map[span])
    }

    /// A page by its number.
    pub fn page(&self, index: u64) -> Result<&[u8], MemoryError> {
        self.slice(index.saturating_mul(PAGE_BYTES), PAGE_BYTES as usize)
    }

    /// A page by its number, to be changed.
    pub fn page_mut(&mut self, index: u64) -> Result<&mut [u8], MemoryError> {
        self.slice_mut(index.saturating_mul(PAGE_BYTES), PAGE_BYTES as usize)
    }

    /// Copies out of the memory.
    pub fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), MemoryError> {
        buffer.copy_from_slice(self.slice(address, buffer.len())?);
        Ok(())
    }

    /// Copies into the memory.
    pub fn write(&mut self, address: u64, data: &[u8]) -> Result<(), MemoryError> {
        self.slice_mut(address, data.len())?.copy_from_slice(data);
        Ok(())
    }

    /// Reads a little-endian 32-bit word.
    pub fn read_u32(&self, address: u64) -> Result<u32, MemoryError> {
        let mut word = [0; 4];
        self.read(address, &mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    /// Writes a little-endian 32-bit word.
    pub fn write_u32(&mut self, address: u64, word: u32) -> Result<(), MemoryError> {
        self.write(address, &word.to_le_bytes())
    }
}

/// What the hypervisor's own page tables log: pages written by the guest's CPUs.
///
/// It knows nothing of DMA; that is what the device's dirty log is for.
#[derive(Clone, Debug)]
pub struct CpuDirtyLog {
    bits: Vec<u64>,
    pages: u64,
    logging: bool,
}

impl CpuDirtyLog {
    /// An empty log that is off.
    pub fn new(pages: u64) -> Self {
        Self {
            bits: vec![0; pages.div_ceil(64) as usize],
            pages,
            logging: false,
        }
    }

    /// Clears the log and turns it on.
    pub fn start(&mut self) {
        self.bits.fill(0);
        self.logging = true;
    }

    /// Turns it off; what was logged stays.
    pub fn stop(&mut self) {
        self.logging = false;
    }

    /// Whether it is on.
    pub fn is_logging(&self) -> bool {
        self.logging
    }

    /// Marks the pages of a write.
    pub fn mark(&mut self, address: u64, bytes: usize) {
        if !self.logging || bytes == 0 {
            return;
        }
        let last = address.saturating_add(bytes as u64 - 1) / PAGE_BYTES;
        for page in address / PAGE_BYTES..=last.min(self.pages.saturating_sub(1)) {
            self.bits[(page / 64) as usize] |= 1 << (page % 64);
        }
    }

    /// Number of marked pages.
    pub fn count(&self) -> u64 {
        self.bits
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// Reads and clears: bit b of word w is page `64 w + b`.
    pub fn take(&mut self) -> Vec<u64> {
        let fresh = vec![0; self.bits.len()];
        std::mem::replace(&mut self.bits, fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_are_bounded() {
        let mut memory = GuestMemory::new(8192).unwrap();
        assert_eq!(memory.pages(), 2);
        memory.write(8188, &[1, 2, 3, 4]).unwrap();
        assert_eq!(memory.read_u32(8188).unwrap(), 0x0403_0201);
        assert_eq!(memory.page(1).unwrap()[4092..], [1, 2, 3, 4]);
        for address in [8189, 8192, u64::MAX - 1, u64::MAX] {
            assert!(memory.write(address, &[0; 4]).is_err(), "{address:#x}");
            assert!(memory.read_u32(address).is_err(), "{address:#x}");
        }
        assert!(memory.page(2).is_err());
        assert!(memory.page_mut(u64::MAX).is_err());
        for bytes in [0, 1, 4095, 5000] {
            let error = GuestMemory::new(bytes).unwrap_err();
            assert!(error.to_string().contains(&bytes.to_string()), "{error}");
        }
    }

    #[test]
    fn images_are_padded_and_too_long_ones_refused() {
        let path = std::env::temp_dir().join(format!("slackwater-image-{}", std::process::id()));
        std::fs::write(&path, [7; 5000]).unwrap();
        let memory = GuestMemory::from_image(8192, &path).unwrap();
        assert_eq!(memory.bytes()[..5000], [7; 5000]);
        assert!(memory.bytes()[5000..].iter().all(|&byte| byte == 0));
        let error = GuestMemory::from_image(4096, &path)
            .unwrap_err()
            .to_string();
        assert!(error.contains("5000") && error.contains("4096"), "{error}");
        std::fs::remove_file(&path).unwrap();
        let error = GuestMemory::from_image(4096, &path).unwrap_err();
        assert!(matches!(error, MemoryError::Image { .. }), "{error}");
    }

    #[test]
    fn the_cpu_log_marks_every_touched_page_once() {
        let mut log = CpuDirtyLog::new(100);
        log.mark(0, 4096);
        assert_eq!(log.count(), 0);
        log.start();
        log.mark(4095, 2);
        log.mark(99 * 4096, 8192);
        log.mark(70 * 4096, 0);
        log.mark(u64::MAX, 4);
        assert_eq!(log.count(), 3);
        assert_eq!(log.take(), [0b11, 1 << 35]);
        assert_eq!(log.count(), 0);
        log.mark(0, 1);
        log.stop();
        log.mark(4096, 1);
        assert_eq!(log.take(), [1, 0]);
    }
}
