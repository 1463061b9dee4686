//! A real card, opened by VFIO, as a [`Backend`].

use crate::backend::{Backend, BackendError};
use crate::client_memory::ClientMemory;
use memmap2::{MmapOptions, MmapRaw};
use slackwater_host::function::{Function, Permissions};
use slackwater_host::{AccessError, Device, OpenError};
use slackwater_vfio::VfioFunction;
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};

/// A real card. Memory of clients is mapped for it, so it must come with a file: a device reaches no
/// memory by messages.
///
/// This program never touches that memory itself. A client that makes its file shorter harms nobody:
/// VFIO keeps the pages that the device may reach.
pub struct RealCard {
    function: VfioFunction,
    mappings: BTreeMap<u64, MmapRaw>,
}

impl RealCard {
    /// A card that was opened.
    pub const fn new(function: VfioFunction) -> Self {
        Self {
            function,
            mappings: BTreeMap::new(),
        }
    }

    fn forget(&mut self, iova: u64) {
        let Some(memory) = self.mappings.remove(&iova) else {
            return;
        };
        // What VFIO does not let go of must stay mapped, for the device still reaches it.
        if self.function.unmap_dma(iova, memory.len() as u64).is_err() {
            std::mem::forget(memory);
        }
    }
}

fn device(error: AccessError) -> BackendError {
    BackendError::Device(error.to_string())
}

impl Backend for RealCard {
    type Function = VfioFunction;

    fn open(&mut self) -> Result<Device<VfioFunction>, OpenError> {
        Device::open(self.function.clone())
    }

    fn bar_bytes(&self, bar: u8) -> Option<u64> {
        self.function.bar_bytes(bar)
    }

    fn read(&mut self, bar: u8, offset: u64, into: &mut [u8]) -> Result<(), BackendError> {
        self.function.read_bar(bar, offset, into).map_err(device)
    }

    fn write(&mut self, bar: u8, offset: u64, from: &[u8]) -> Result<(), BackendError> {
        self.function.write_bar(bar, offset, from).map_err(device)
    }

    fn map(
        &mut self,
        iova: u64,
        bytes: u64,
        permissions: Permissions,
        memory: ClientMemory,
    ) -> Result<(), BackendError> {
        let invalid = |text: String| Err(BackendError::Invalid(text));
        let ClientMemory::File(file) = memory else {
            return invalid("a real card reaches no memory by messages: send its file".to_owned());
        };
        let Some(last) = iova
            .checked_add(bytes.saturating_sub(1))
            .filter(|_| bytes > 0)
        else {
            return invalid(format!("{bytes:#x} bytes at IOVA {iova:#x}"));
        };
        let before = self.mappings.range(..=last).next_back();
        if let Some((start, other)) = before
            && start + (other.len() as u64 - 1) >= iova
        {
            return Err(BackendError::Exists(format!(
                "{bytes:#x} bytes at IOVA {iova:#x} overlap the mapping at IOVA {start:#x}"
            )));
        }
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut options = MmapOptions::new();
        let mapped = options.offset(file.offset).len(length).map_raw(&file.file);
        let memory = mapped.map_err(|error| {
            BackendError::Invalid(format!("{bytes:#x} bytes of the file: {error}"))
        })?;
        // SAFETY: the mapping is kept until `forget` has taken it away from the device, and nobody in
        // this program reads or writes it.
        unsafe { self.function.map_foreign(iova, &memory, permissions) }.map_err(device)?;
        self.mappings.insert(iova, memory);
        Ok(())
    }

    fn unmap(&mut self, iova: u64, bytes: u64) -> Result<u64, BackendError> {
        let last = iova.saturating_add(bytes.saturating_sub(1));
        let touched = self.mappings.range(..=last);
        let ends = touched.map(|(start, memory)| (*start, start + (memory.len() as u64 - 1)));
        let touched: Vec<_> = ends.filter(|(_, end)| *end >= iova).collect();
        if let Some((start, _)) = touched
            .iter()
            .find(|(start, end)| *start < iova || *end > last)
        {
            return Err(BackendError::Invalid(format!(
                "{bytes:#x} bytes at IOVA {iova:#x} would split the mapping at IOVA {start:#x}"
            )));
        }
        for (start, _) in &touched {
            self.forget(*start);
        }
        Ok(touched.len() as u64)
    }

    fn unmap_all(&mut self) {
        let starts: Vec<u64> = self.mappings.keys().copied().collect();
        for start in starts {
            self.forget(start);
        }
    }

    fn ids(&self) -> (u16, u16) {
        // It could be opened, so it answers.
        self.function.ids().unwrap_or_default()
    }

    fn wakers(&self) -> Vec<BorrowedFd<'_>> {
        self.function.eventfds().iter().map(AsFd::as_fd).collect()
    }

    fn vectors(&self) -> u16 {
        u16::try_from(self.function.vector_count()).unwrap_or(u16::MAX)
    }

    fn take_interrupts(&mut self, vector: u16) -> u64 {
        self.function.take_interrupts(vector).unwrap_or(0)
    }

    fn function_level_reset(&mut self) -> Result<(), BackendError> {
        self.function.function_level_reset().map_err(device)
    }

    /// It works by itself.
    fn run(&mut self) -> bool {
        false
    }
}

impl Drop for RealCard {
    fn drop(&mut self) {
        self.unmap_all();
    }
}
