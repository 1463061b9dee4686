//! The IOMMU: which guest-physical address a device's IOVA means, and what it may do there.

use crate::memory::PAGE_BYTES;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// What a request wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read.
    Read,
    /// Write.
    Write,
    /// Both: an AtomicOp.
    ReadWrite,
}

/// A request that no mapping allows.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no mapping allows {access:?} at IOVA {iova:#x}")]
pub struct Fault {
    /// First IOVA that is not allowed.
    pub iova: u64,
    /// What was wanted.
    pub access: Access,
}

/// A mapping that cannot be made or taken away.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum IommuError {
    /// Not aligned to 4 KiB, empty, or beyond the end of the address space.
    #[error(
        "IOVA {iova:#x}, address {address:#x} and size {bytes:#x} must be multiples of 4 KiB, not empty and not wrap"
    )]
    Granule {
        /// IOVA that was given.
        iova: u64,
        /// Guest-physical address that was given.
        address: u64,
        /// Size in bytes.
        bytes: u64,
    },
    /// Part of the range is mapped already.
    #[error("{bytes:#x} bytes at IOVA {iova:#x} overlap the mapping at IOVA {other:#x}")]
    Overlap {
        /// IOVA that was given.
        iova: u64,
        /// Size in bytes.
        bytes: u64,
        /// Start of a mapping that is there.
        other: u64,
    },
    /// The range does not begin and end with mappings, or holds none.
    #[error("{bytes:#x} bytes at IOVA {iova:#x} would take away no mapping or split one")]
    Partial {
        /// IOVA that was given.
        iova: u64,
        /// Size in bytes.
        bytes: u64,
    },
}

/// Consecutive guest-physical bytes behind a part of an IOVA range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Guest-physical address.
    pub address: u64,
    /// Size in bytes.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Mapping {
    bytes: u64,
    address: u64,
    read: bool,
    write: bool,
}

impl Mapping {
    fn allows(&self, access: Access) -> bool {
        match access {
            Access::Read => self.read,
            Access::Write => self.write,
            Access::ReadWrite => self.read && self.write,
        }
    }
}

/// What a page request finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The access is allowed and would work.
    Present,
    /// The access is allowed, but the page is not there: somebody has to bring it.
    Absent,
    /// No mapping allows the access.
    Unmapped,
}

/// The mappings of one device.
#[derive(Clone, Debug, Default)]
pub struct Iommu {
    mappings: BTreeMap<u64, Mapping>,
    /// IOVAs of mapped pages that are not present.
    absent: BTreeSet<u64>,
}

impl Iommu {
    /// Without any mapping: everything faults.
    pub fn new() -> Self {
        Self::default()
    }

    fn check(iova: u64, address: u64, bytes: u64) -> Result<u64, IommuError> {
        let end = iova.checked_add(bytes);
        match end {
            Some(end)
                if bytes > 0
                    && address.checked_add(bytes).is_some()
                    && (iova | address | bytes).is_multiple_of(PAGE_BYTES) =>
            {
                Ok(end)
            }
            _ => Err(IommuError::Granule {
                iova,
                address,
                bytes,
            }),
        }
    }

    /// Maps `bytes` at `iova` to guest-physical `address`.
    pub fn map(
        &mut self,
        iova: u64,
        address: u64,
        bytes: u64,
        read: bool,
        write: bool,
    ) -> Result<(), IommuError> {
        let end = Self::check(iova, address, bytes)?;
        if let Some((&other, mapping)) = self.mappings.range(..end).next_back()
            && other + mapping.bytes > iova
        {
            return Err(IommuError::Overlap { iova, bytes, other });
        }
        let mapping = Mapping {
            bytes,
            address,
            read,
            write,
        };
        self.mappings.insert(iova, mapping);
        Ok(())
    }

    /// Takes away all mappings in the range; none may reach across its ends.
    pub fn unmap(&mut self, iova: u64, bytes: u64) -> Result<(), IommuError> {
        let end = Self::check(iova, 0, bytes)?;
        let partial = IommuError::Partial { iova, bytes };
        let before = self.mappings.range(..iova).next_back();
        if before.is_some_and(|(&start, mapping)| start + mapping.bytes > iova) {
            return Err(partial);
        }
        let inside: Vec<u64> = self
            .mappings
            .range(iova..end)
            .map(|(&start, _)| start)
            .collect();
        let reaches_out = inside
            .last()
            .is_none_or(|last| last + self.mappings[last].bytes > end);
        if reaches_out {
            return Err(partial);
        }
        for start in inside {
            self.mappings.remove(&start);
        }
        self.absent.retain(|page| !(iova..end).contains(page));
        Ok(())
    }

    /// Takes the page of a mapped IOVA away: accesses fault until it is present again.
    pub fn evict(&mut self, iova: u64) -> Result<(), Fault> {
        let page = iova & !(PAGE_BYTES - 1);
        let mapped = self.mappings.range(..=page).next_back();
        if mapped.is_none_or(|(&start, mapping)| page - start >= mapping.bytes) {
            let access = Access::Read;
            return Err(Fault { iova, access });
        }
        self.absent.insert(page);
        Ok(())
    }

    /// Brings the page of an IOVA back.
    pub fn make_present(&mut self, iova: u64) {
        self.absent.remove(&(iova & !(PAGE_BYTES - 1)));
    }

    /// What a page request for an access to this IOVA finds.
    pub fn presence(&self, iova: u64, access: Access) -> Presence {
        let mapped = self.mappings.range(..=iova).next_back();
        let allowed = mapped
            .is_some_and(|(start, mapping)| iova - start < mapping.bytes && mapping.allows(access));
        if !allowed {
            Presence::Unmapped
        } else if self.absent.contains(&(iova & !(PAGE_BYTES - 1))) {
            Presence::Absent
        } else {
            Presence::Present
        }
    }

    fn piece(&self, iova: u64, bytes: u64, access: Access) -> Result<Piece, Fault> {
        let fault = Fault { iova, access };
        let (&start, mapping) = self.mappings.range(..=iova).next_back().ok_or(fault)?;
        let offset = iova - start;
        if offset >= mapping.bytes || !mapping.allows(access) {
            return Err(fault);
        }
        let mut bytes = bytes.min(mapping.bytes - offset);
        if !self.absent.is_empty() {
            let page = iova & !(PAGE_BYTES - 1);
            if let Some(absent) = self.absent.range(page..).next() {
                bytes = bytes.min(absent.saturating_sub(iova));
            }
            if bytes == 0 {
                return Err(fault);
            }
        }
        Ok(Piece {
            address: mapping.address + offset,
            bytes,
        })
    }

    /// The guest-physical pieces of an IOVA range, in order; the first address that is not allowed faults.
    pub fn translate(&self, iova: u64, bytes: u64, access: Access) -> Result<Vec<Piece>, Fault> {
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < bytes {
            let iova = iova.checked_add(done).ok_or(Fault { iova, access })?;
            let piece = self.piece(iova, bytes - done, access)?;
            done += piece.bytes;
            pieces.push(piece);
        }
        Ok(pieces)
    }

    /// The guest-physical address of an IOVA range inside one 4 KiB granule, as all TLPs are.
    pub fn translate_in_page(&self, iova: u64, access: Access) -> Result<u64, Fault> {
        self.piece(iova, 1, access).map(|piece| piece.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn mappings_overlap_and_permissions() {
        let mut iommu = Iommu::new();
        iommu.map(0x10_0000, 0, 0x4000, true, true).unwrap();
        iommu.map(0x10_4000, 0x8000, 0x1000, true, false).unwrap();
        assert_eq!(
            iommu.map(0xf_f000, 0, 0x2000, true, true),
            Err(IommuError::Overlap {
                iova: 0xf_f000,
                bytes: 0x2000,
                other: 0x10_0000
            })
        );
        assert!(iommu.map(0x10_3000, 0, 0x1000, true, true).is_err());
        assert!(iommu.map(0x800, 0, 0x1000, true, true).is_err());
        assert!(iommu.map(0, 0, 0, true, true).is_err());
        assert!(iommu.map(u64::MAX - 0xfff, 0, 0x1000, true, true).is_err());
        assert_eq!(
            iommu.translate(0x10_3ff0, 0x20, Access::Read).unwrap(),
            [
                Piece {
                    address: 0x3ff0,
                    bytes: 0x10
                },
                Piece {
                    address: 0x8000,
                    bytes: 0x10
                }
            ]
        );
        assert_eq!(
            iommu.translate(0x10_3ff0, 0x20, Access::Write),
            Err(Fault {
                iova: 0x10_4000,
                access: Access::Write
            })
        );
        assert_eq!(
            iommu.translate_in_page(0x10_4000, Access::ReadWrite),
            Err(Fault {
                iova: 0x10_4000,
                access: Access::ReadWrite
            })
        );
        assert!(iommu.translate(0x10_5000, 1, Access::Read).is_err());
        assert!(iommu.translate(u64::MAX, 2, Access::Read).is_err());
        assert!(iommu.unmap(0x10_1000, 0x1000).is_err());
        assert!(iommu.unmap(0x10_0000, 0x1000).is_err());
        assert!(iommu.unmap(0x20_0000, 0x1000).is_err());
        iommu.unmap(0x10_0000, 0x5000).unwrap();
        assert!(iommu.translate_in_page(0x10_0000, Access::Read).is_err());
    }

    #[test]
    fn pages_that_are_not_present_fault_alone() {
        let mut iommu = Iommu::new();
        iommu.map(0x10_0000, 0, 0x4000, true, false).unwrap();
        assert!(iommu.evict(0x10_4000).is_err());
        iommu.evict(0x10_2abc).unwrap();
        let presence = |iommu: &Iommu, iova| iommu.presence(iova, Access::Read);
        assert_eq!(presence(&iommu, 0x10_2fff), Presence::Absent);
        assert_eq!(presence(&iommu, 0x10_3000), Presence::Present);
        assert_eq!(presence(&iommu, 0x10_4000), Presence::Unmapped);
        assert_eq!(iommu.presence(0x10_2000, Access::Write), Presence::Unmapped);
        let fault = iommu.translate(0x10_1ff0, 0x20, Access::Read).unwrap_err();
        assert_eq!(fault.iova, 0x10_2000);
        assert!(iommu.translate_in_page(0x10_1fff, Access::Read).is_ok());
        assert!(iommu.translate_in_page(0x10_2fff, Access::Read).is_err());
        assert!(iommu.translate_in_page(0x10_3000, Access::Read).is_ok());
        iommu.make_present(0x10_2004);
        assert!(iommu.translate(0x10_1ff0, 0x20, Access::Read).is_ok());
        iommu.evict(0x10_2000).unwrap();
        iommu.unmap(0x10_0000, 0x4000).unwrap();
        iommu.map(0x10_0000, 0, 0x4000, true, false).unwrap();
        assert_eq!(presence(&iommu, 0x10_2000), Presence::Present);
    }

    /// Against a flat table of pages.
    #[test]
    fn prop_translations_match_a_page_table() {
        let seed = Seed(0x10);
        let mut random = seed.stream();
        let mut iommu = Iommu::new();
        let mut table: Vec<Option<(u64, bool)>> = vec![None; 64];
        for round in 0..3000 {
            let page = random.below(64);
            let pages = random.within(1..=8).min(64 - page);
            let range = page as usize..(page + pages) as usize;
            if random.below(2) == 0 {
                let (address, write) = (random.below(1 << 20) << 12, random.below(2) == 0);
                let free = table[range.clone()].iter().all(Option::is_none);
                let result = iommu.map(page << 12, address, pages << 12, true, write);
                assert_eq!(result.is_ok(), free, "seed {seed}, round {round}");
                if free {
                    for i in range {
                        table[i] = Some((address + ((i as u64 - page) << 12), write));
                    }
                }
            } else if iommu.unmap(page << 12, pages << 12).is_ok() {
                table[range].fill(None);
            }
            let iova = random.below(64 << 12);
            let entry = table[(iova >> 12) as usize];
            let expected = entry.map(|(address, _)| address + iova % 4096);
            assert_eq!(
                iommu.translate_in_page(iova, Access::Read).ok(),
                expected,
                "seed {seed}, round {round}"
            );
            let expected = entry
                .filter(|entry| entry.1)
                .map(|(address, _)| address + iova % 4096);
            assert_eq!(
                iommu.translate_in_page(iova, Access::Write).ok(),
                expected,
                "seed {seed}, round {round}"
            );
        }
    }
}
