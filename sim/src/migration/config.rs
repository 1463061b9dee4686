//! What is migrated, and how.

use super::MigrationError;
use super::guest::{GuestProfile, MIN_MEMORY_PAGES, Place};
use crate::backend::Backend;
use crate::firmware_kind::FirmwareConfig;
use crate::memory::PAGE_BYTES;
use crate::root_complex::{Layout, RootComplexConfig};
use crate::seed::Seed;
use slackwater_hdl::config::LOG_PAGES_LOG2;
use slackwater_host::flow::{DmaMapping, SaveOptions};
use slackwater_regs::accelerator;
use std::path::PathBuf;

/// Most bytes of guest memory that the dirty log covers page by page.
pub const MAX_MEMORY_BYTES: u64 = PAGE_BYTES << LOG_PAGES_LOG2;
/// Least bytes of guest memory: the guest's rings and some pages to work on.
pub const MIN_MEMORY_BYTES: u64 = MIN_MEMORY_PAGES * PAGE_BYTES;

/// First IOVA of the lower half of guest memory: requests with 3-DW headers.
const LOW_IOVA: u64 = 0x4000_0000;
/// First IOVA of the upper half of guest memory: requests with 4-DW headers.
const HIGH_IOVA: u64 = 0x5_8000_0000;
/// Most memory that VCPUs dirty: more than any machine can.
const MAX_DIRTY_BYTES_PER_S: u64 = 1_000_000_000_000;
/// Most cards of a machine.
const MAX_CARDS: usize = 64;
/// First IOVA of BARs that are mapped for peers.
const PEER_IOVA: u64 = 0x7_0000_0000;
/// Pages of one word of the log; a range begins at a word.
const WORD_PAGES: u64 = 32;
/// Where BARs go if guest memory reaches up to where they are by default.
const HIGH_BAR_BASE: u64 = 1 << 40;

/// What is migrated, and how. The two machines are alike.
#[derive(Clone, Debug)]
pub struct MigrationConfig {
    /// All randomness comes from here.
    pub seed: Seed,
    /// What clocks the cards that are not given.
    pub backend: Backend,
    /// Size of guest memory in bytes.
    pub memory_bytes: u64,
    /// Guest memory starts as this file; without, as noise and empty pages.
    pub image: Option<PathBuf>,
    /// Cards of each machine. Each has a driver and an equal part of memory for it.
    pub cards: usize,
    /// Each card can reach the BAR0 of the others; their drivers use it as their mix of jobs says.
    pub peer_dma: bool,
    /// Root complex and link of both machines.
    pub root_complex: RootComplexConfig,
    /// What the guest does.
    pub guest: GuestProfile,
    /// Options of the save flow; its mappings are set by the scenario.
    pub save: SaveOptions,
    /// The cards' firmware, and its patience.
    pub firmware: FirmwareConfig,
    /// Jobs that the guest completes before the migration begins.
    pub jobs_before: u64,
    /// Jobs that the guest starts on the destination after the interrupted ones.
    pub jobs_after: u64,
}

impl Default for MigrationConfig {
    /// 256 MiB behind a gen2x1 link, 100 Gbit/s between the machines.
    fn default() -> Self {
        Self {
            seed: Seed(1),
            backend: Backend::default(),
            memory_bytes: 256 << 20,
            image: None,
            cards: 1,
            peer_dma: false,
            root_complex: RootComplexConfig::default(),
            guest: GuestProfile::default(),
            save: SaveOptions::default(),
            firmware: FirmwareConfig::default(),
            jobs_before: 32,
            jobs_after: 32,
        }
    }
}

impl MigrationConfig {
    /// 1 MiB with a guest that dirties enough for several rounds: over within a second.
    pub fn small(seed: Seed) -> Self {
        Self {
            seed,
            memory_bytes: 1 << 20,
            save: SaveOptions {
                downtime_limit_ns: 10_000,
                max_rounds: 3,
                ..SaveOptions::default()
            },
            jobs_before: 8,
            jobs_after: 16,
            ..Self::default()
        }
    }

    /// Refuses a memory size that cannot be migrated.
    ///
    /// # Errors
    /// [`MigrationError::MemorySize`] with the size.
    pub fn check_memory_bytes(bytes: u64) -> Result<(), MigrationError> {
        let refuse = |expected| Err(MigrationError::MemorySize { bytes, expected });
        if bytes == 0 || !bytes.is_multiple_of(PAGE_BYTES) {
            return refuse(format!(
                "it must be a positive multiple of the page size of {PAGE_BYTES} bytes"
            ));
        }
        if bytes > MAX_MEMORY_BYTES {
            return refuse(format!(
                "the dirty log covers at most {MAX_MEMORY_BYTES} bytes ({} pages)",
                MAX_MEMORY_BYTES / PAGE_BYTES
            ));
        }
        if bytes < MIN_MEMORY_BYTES {
            return refuse(format!(
                "the guest needs at least {MIN_MEMORY_BYTES} bytes for its rings and its work"
            ));
        }
        Ok(())
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// The option with its value.
    pub fn check(&self) -> Result<(), MigrationError> {
        Self::check_memory_bytes(self.memory_bytes)?;
        let refuse = |option, value, expected| {
            Err(MigrationError::Option {
                option,
                value,
                expected,
            })
        };
        if !(1..=MAX_CARDS).contains(&self.cards) {
            return refuse("the number of cards", self.cards as u64, "1 to 64");
        }
        let pages = self.memory_bytes / PAGE_BYTES / self.cards as u64;
        if pages < MIN_MEMORY_PAGES {
            return refuse(
                "each card's part of memory in pages",
                pages,
                "at least 16: take more memory or fewer cards",
            );
        }
        if self.root_complex.clock_hz == 0 {
            return refuse("clock_hz", 0, "a clock of more than 0 Hz");
        }
        if self.save.network_bytes_per_s == 0 {
            return refuse("network_bytes_per_s", 0, "more than 0 bytes per second");
        }
        if self.guest.dirty_bytes_per_s > MAX_DIRTY_BYTES_PER_S {
            return refuse(
                "the rate at which VCPUs dirty memory",
                self.guest.dirty_bytes_per_s,
                "at most 1000000000000 bytes a second",
            );
        }
        let most = u64::from(*self.guest.job_bytes.end());
        let part_bytes = pages * PAGE_BYTES;
        if most < 4 || most > part_bytes / 4 || self.guest.sweep && most > 4096 {
            return refuse(
                "the longest job in bytes",
                most,
                "at least 4, at most a quarter of memory, and in a sweep a page",
            );
        }
        Ok(())
    }

    /// The DMA mappings: two halves, neither at its guest-physical address, one below and one above 4 GiB.
    pub fn mappings(&self) -> Vec<DmaMapping> {
        let pages = self.memory_bytes / PAGE_BYTES;
        let low_bytes = (pages / 2).next_multiple_of(WORD_PAGES).min(pages) * PAGE_BYTES;
        let halves = [
            (LOW_IOVA, 0, low_bytes),
            (HIGH_IOVA, low_bytes, self.memory_bytes - low_bytes),
        ];
        halves
            .into_iter()
            .filter(|half| half.2 > 0)
            .map(|(iova, address, bytes)| DmaMapping {
                iova,
                address,
                bytes,
                page_shift: 12,
            })
            .collect()
    }

    /// IOVA of a card's BAR0, where its peers can reach it.
    pub fn peer_iova(card: usize) -> u64 {
        PEER_IOVA + card as u64 * u64::from(accelerator::BAR_BYTES)
    }

    /// What the driver of a card has.
    pub(super) fn place(&self, card: usize) -> Place {
        let pages = self.memory_bytes / PAGE_BYTES;
        let part = |card: usize| card as u64 * (pages / self.cards.max(1) as u64);
        let end = if card + 1 == self.cards {
            pages
        } else {
            part(card + 1)
        };
        let peers = (0..self.cards).filter(|peer| self.peer_dma && *peer != card);
        Place {
            card,
            pages: part(card)..end,
            peers: peers.map(Self::peer_iova).collect(),
        }
    }

    /// The root complex, with BARs where no guest memory is.
    pub(super) fn placed_root_complex(&self) -> RootComplexConfig {
        let mut config = self.root_complex;
        if self.memory_bytes > config.layout.base {
            config.layout = Layout {
                base: HIGH_BAR_BASE,
                ..config.layout
            };
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_sizes_are_named() {
        for bytes in [0, 1, 4095, 4097, 4096, (4 << 30) + 4096, u64::MAX] {
            let error = MigrationConfig::check_memory_bytes(bytes).unwrap_err();
            assert!(error.to_string().contains(&bytes.to_string()), "{error}");
        }
        for bytes in [MIN_MEMORY_BYTES, 16 << 20, 4 << 30] {
            MigrationConfig::check_memory_bytes(bytes).unwrap();
        }
    }

    #[test]
    fn mappings_cover_memory_once_and_fit_the_log() {
        for pages in [MIN_MEMORY_PAGES, 33, 63, 64, 65, 4097, 1 << 20] {
            let config = MigrationConfig {
                memory_bytes: pages * PAGE_BYTES,
                ..MigrationConfig::default()
            };
            let mappings = config.mappings();
            let mut next = 0;
            for mapping in &mappings {
                assert_eq!(mapping.address, next);
                assert!(mapping.bytes > 0 && mapping.iova != mapping.address);
                next += mapping.bytes;
            }
            assert_eq!(next, config.memory_bytes);
            let words: u64 = mappings
                .iter()
                .map(|mapping| (mapping.bytes / PAGE_BYTES).div_ceil(WORD_PAGES))
                .sum();
            assert!(words <= (1 << LOG_PAGES_LOG2) / WORD_PAGES);
        }
    }
}
