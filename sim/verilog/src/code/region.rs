//! Places in code where something is known: the inside of branches.
//!
//! A *region* is a place in the code where certain cases of selectors are known,
//! such as a branch of an `if`. The root region is the code that runs always. A
//! *branch* belongs to a region and has one region for each set of cases that
//! something is needed in.

use super::schedule::Sink;
use super::select::{Cases, Selector};
use crate::words::Word;

/// Index of a region.
pub(super) type RegionId = u32;

/// Index of a branch.
pub(super) type BranchId = u32;

/// The code that runs always.
pub(super) const ROOT: RegionId = 0;

/// Deepest nesting of branches.
pub(super) const DEPTH: u32 = 40;

/// A place in the code.
#[derive(Debug)]
pub(super) struct Region {
    /// The branch it is part of; without meaning for the root.
    pub branch: BranchId,
    /// The cases of it.
    pub cases: Cases,
    /// Number of branches around it.
    pub depth: u32,
    /// Branches directly in it.
    pub branches: Vec<BranchId>,
    /// What is stored in it.
    pub sinks: Vec<Sink>,
    /// Values that are computed in it.
    pub values: u32,
    /// Selections in it that its branch decides.
    pub decided: u32,
}

/// A branch.
#[derive(Debug)]
pub(super) struct Branch {
    /// Where it is.
    pub region: RegionId,
    /// What it asks.
    pub selector: Selector,
    /// Cases that are possible in the region.
    pub cases: Cases,
    /// Number of branches that may come behind it.
    pub time: u32,
    /// Its regions.
    pub regions: Vec<RegionId>,
    /// Selections that it gives the values of.
    pub results: Vec<Word>,
    /// All questions that it answers.
    pub members: Vec<Member>,
    /// Values of its region that are used inside.
    pub needs: Vec<Word>,
    /// Values that must be stored before, if they are stored in its region.
    pub stored: Vec<Word>,
}

/// What a branch is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// A selection.
    Select(Word),
    /// The operands of a memory write: index of the write.
    Write(usize),
}

/// Regions and branches of a design.
#[derive(Debug)]
pub(super) struct Plan {
    pub regions: Vec<Region>,
    pub branches: Vec<Branch>,
}

impl Plan {
    /// The region around a region.
    pub fn parent(&self, region: RegionId) -> RegionId {
        self.branches[self.regions[region as usize].branch as usize].region
    }

    /// Cases of a selector that are possible in a region, if fewer than all.
    pub fn known(&self, region: RegionId, selector: Selector) -> Option<Cases> {
        let mut region = region;
        while region != ROOT {
            let here = &self.regions[region as usize];
            let branch = &self.branches[here.branch as usize];
            if branch.selector == selector {
                return Some(here.cases);
            }
            region = branch.region;
        }
        None
    }
}
