//! Options of the two flows.

use super::Fault;
use super::pipeline::MAX_BATCH_PAGES;
#[cfg(doc)]
use super::report::{Phase, Progress};
use crate::platform::PAGE_BYTES;

/// Guest memory that the device can reach, and so a range of its dirty log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DmaMapping {
    /// First IOVA.
    pub iova: u64,
    /// Guest-physical address behind it.
    pub address: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// log2 of the page size in which the log watches it.
    pub page_shift: u8,
}

/// Options of a save flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveOptions {
    /// Rate of the network; pages and state take their time on it.
    pub network_bytes_per_s: u64,
    /// The machine is stopped when what is left can be sent within this time.
    pub downtime_limit_ns: u64,
    /// Rounds of dirty memory after the first pass; then the machine is stopped anyway.
    pub max_rounds: u32,
    /// Assert NDMA around each snapshot of the log, as if it could not be cleared atomically (rule O1).
    pub synthesize_clear: bool,
    /// What the device can reach; if empty, all memory with IOVA = guest-physical address.
    pub mappings: Vec<DmaMapping>,
    /// How long the guest has, in the grace state of the vIOMMU, to answer the device's page requests.
    pub page_request_limit_ns: u64,
    /// Pages of one batch, 1 to 1024.
    pub batch_pages: usize,
}

impl Default for SaveOptions {
    /// 100 Gbit/s, 250 us of downtime, 30 rounds, 10 ms for page requests.
    fn default() -> Self {
        Self {
            network_bytes_per_s: 12_500_000_000,
            downtime_limit_ns: 250_000,
            max_rounds: 30,
            synthesize_clear: false,
            mappings: Vec::new(),
            page_request_limit_ns: 10_000_000,
            batch_pages: 64,
        }
    }
}

impl SaveOptions {
    /// The mappings to log, if the options make sense for a machine with so much memory.
    pub(super) fn checked_mappings(&self, memory_bytes: u64) -> Result<Vec<DmaMapping>, Fault> {
        let page_bytes = PAGE_BYTES as u64;
        let refuse = |option, value, expected: &str| {
            Err(Fault::Option {
                option,
                value,
                expected: expected.to_owned(),
            })
        };
        if memory_bytes == 0 || !memory_bytes.is_multiple_of(page_bytes) {
            return refuse(
                "memory size",
                memory_bytes,
                "a multiple of the page size 4096, not 0",
            );
        }
        if self.network_bytes_per_s == 0 {
            return refuse("network rate", 0, "more than 0 bytes per second");
        }
        if !(1..=MAX_BATCH_PAGES).contains(&self.batch_pages) {
            let expected = format!("1 to {MAX_BATCH_PAGES} pages");
            return refuse("batch size", self.batch_pages as u64, &expected);
        }
        if self.mappings.is_empty() {
            let (iova, address, page_shift) = (0, 0, 12);
            return Ok(vec![DmaMapping {
                iova,
                address,
                bytes: memory_bytes,
                page_shift,
            }]);
        }
        for mapping in &self.mappings {
            let end = mapping.address.checked_add(mapping.bytes);
            let aligned = mapping.address.is_multiple_of(page_bytes);
            if !aligned || end.is_none_or(|end| end > memory_bytes) {
                let expected = format!("page-aligned and within {memory_bytes:#x} bytes of memory");
                return refuse("address of a DMA mapping", mapping.address, &expected);
            }
        }
        Ok(self.mappings.clone())
    }
}

/// Options of a resume flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResumeOptions {
    /// Walk RESUMING -> halted -> NDMA|RUNNING instead of RESUMING -> NDMA|RUNNING. While
    /// halted, [`Progress::phase`] gets [`Phase::Loaded`]: both machines stand still then,
    /// and can be compared. A device without NDMA is always walked so.
    pub halt_when_loaded: bool,
}
