//! Interrupts: eventfds of the client, the MSI-X table, and what waits for either.

use crate::config_space::{MSIX_BAR_BYTES, PBA_OFFSET};
use crate::message::Refusal;
use std::os::fd::OwnedFd;

/// Bytes of an entry of the MSI-X table.
const ENTRY_BYTES: usize = 16;
/// `VFIO_PCI_MSIX_IRQ_INDEX`.
pub(crate) const MSIX_INDEX: u32 = 2;
/// `VFIO_PCI_ERR_IRQ_INDEX` and `VFIO_PCI_REQ_IRQ_INDEX`: the host's, which this device never needs.
pub(crate) const HOST_INDEXES: [u32; 2] = [3, 4];

/// What the client wants of its interrupts.
#[derive(Debug)]
pub(crate) struct Interrupts {
    triggers: Vec<Option<OwnedFd>>,
    /// Interrupts that came while there was no eventfd for them.
    pending: Vec<bool>,
    /// Eventfds for what the host may have to say.
    host: [Option<OwnedFd>; 2],
    table: Vec<u8>,
}

impl Interrupts {
    pub(crate) fn new(vectors: u16) -> Self {
        let vectors = usize::from(vectors);
        let mut table = vec![0; vectors * ENTRY_BYTES];
        for entry in table.chunks_exact_mut(ENTRY_BYTES) {
            // Masked.
            entry[12] = 1;
        }
        Self {
            triggers: (0..vectors).map(|_| None).collect(),
            pending: vec![false; vectors],
            host: [None, None],
            table,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.triggers.len()
    }

    /// Vectors from `start` on; refused by name if there are not so many.
    fn range(&self, start: u32, count: u32) -> Result<std::ops::Range<usize>, Refusal> {
        let end = u64::from(start) + u64::from(count);
        let most = self.count();
        if end > most as u64 {
            return Err(Refusal::invalid(format!(
                "vectors {start} to {end}, the function has {most}"
            )));
        }
        Ok(start as usize..end as usize)
    }

    /// Takes eventfds for vectors; without any, takes those away that are there.
    pub(crate) fn assign(
        &mut self,
        start: u32,
        count: u32,
        fds: Vec<OwnedFd>,
    ) -> Result<(), Refusal> {
        let range = self.range(start, count)?;
        if fds.is_empty() {
            for vector in range {
                self.triggers[vector] = None;
            }
            return Ok(());
        }
        if fds.len() != range.len() {
            return Err(Refusal::invalid(format!(
                "{} eventfds for {count} vectors",
                fds.len()
            )));
        }
        for (vector, fd) in range.zip(fds) {
            self.triggers[vector] = Some(fd);
            if std::mem::take(&mut self.pending[vector]) {
                self.raise(vector, 1);
            }
        }
        Ok(())
    }

    /// Takes an eventfd, or none, for what the host may have to say.
    pub(crate) fn assign_host(
        &mut self,
        index: usize,
        mut fds: Vec<OwnedFd>,
    ) -> Result<(), Refusal> {
        if fds.len() > 1 {
            let count = fds.len();
            return Err(Refusal::invalid(format!(
                "{count} eventfds for one interrupt"
            )));
        }
        self.host[index] = fds.pop();
        Ok(())
    }

    /// Takes all eventfds of vectors away.
    pub(crate) fn release(&mut self) {
        self.triggers.iter_mut().for_each(|fd| *fd = None);
    }

    /// Takes all eventfds away: the client has gone.
    pub(crate) fn release_all(&mut self) {
        self.release();
        self.host = [None, None];
    }

    /// All as after a reset.
    pub(crate) fn reset(&mut self) {
        let host = std::mem::take(&mut self.host);
        *self = Self {
            host,
            ..Self::new(self.count() as u16)
        };
    }

    /// Raises those vectors for which `wanted` is true, as the client asks.
    pub(crate) fn trigger(
        &mut self,
        start: u32,
        count: u32,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<(), Refusal> {
        for (index, vector) in self.range(start, count)?.enumerate() {
            if wanted(index) {
                self.raise(vector, 1);
            }
        }
        Ok(())
    }

    /// Raises a vector so many times.
    pub(crate) fn raise(&mut self, vector: usize, times: u64) {
        let raised = match self.triggers.get(vector) {
            // Its counter is full only if the client has not looked for 2^64 interrupts.
            Some(Some(fd)) => rustix::io::write(fd, &times.to_ne_bytes()).is_ok(),
            _ => false,
        };
        if let Some(pending) = self.pending.get_mut(vector) {
            *pending |= !raised;
        }
    }

    /// Reads the BAR with table and pending bits.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) {
        for (at, byte) in (offset..).zip(into) {
            *byte = if at >= PBA_OFFSET {
                let first = 8 * (at - PBA_OFFSET) as usize;
                let bits = self.pending.iter().skip(first).take(8);
                bits.enumerate()
                    .fold(0, |byte, (bit, set)| byte | u8::from(*set) << bit)
            } else {
                self.table.get(at as usize).copied().unwrap_or(0)
            };
        }
    }

    /// Writes the table; the pending bits cannot be written.
    pub(crate) fn write(&mut self, offset: u64, from: &[u8]) {
        debug_assert!(offset < MSIX_BAR_BYTES);
        for (at, byte) in (offset as usize..).zip(from) {
            if let Some(target) = self.table.get_mut(at) {
                *target = *byte;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};

    fn count(fd: &OwnedFd) -> u64 {
        let mut bytes = [0; 8];
        rustix::io::read(fd, &mut bytes).map_or(0, |_| u64::from_ne_bytes(bytes))
    }

    #[test]
    fn what_comes_before_its_eventfd_waits_and_shows() {
        let mut interrupts = Interrupts::new(9);
        interrupts.raise(8, 1);
        let mut pending = [0; 2];
        interrupts.read(PBA_OFFSET, &mut pending);
        assert_eq!(pending, [0, 1]);
        let fd = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
        let ours = fd.try_clone().unwrap();
        interrupts.assign(8, 1, vec![fd]).unwrap();
        assert_eq!(count(&ours), 1);
        interrupts.raise(8, 1);
        interrupts.trigger(8, 1, |_| true).unwrap();
        assert_eq!(count(&ours), 2);
        interrupts.assign(8, 1, vec![]).unwrap();
        interrupts.raise(8, 1);
        assert_eq!(count(&ours), 0);
        assert!(interrupts.assign(8, 2, vec![]).is_err());
        assert!(interrupts.trigger(u32::MAX, u32::MAX, |_| true).is_err());
    }
}
