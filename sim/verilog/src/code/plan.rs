//! Where values are needed: everywhere, or only in some cases of selections.
//!
//! Walking from what is stored to what that depends on, each value gets the
//! smallest region that has all its uses in it; see `region`.
//!
//! A value may depend on the result of a branch and be needed in another branch
//! on the same selector. Then these are two branches, and *time* tells them
//! apart: it counts branches from the end of a region to its begin. Values have
//! times as well; one that a branch needs has a greater time than the branch.
//!
//! Nothing here decides what is computed, only where: a wrong plan gives slow
//! code, not wrong code.

use super::graph::{Graph, operands};
use super::region::{Branch, BranchId, DEPTH, Member, Plan, ROOT, Region, RegionId};
use super::schedule::Sink;
use super::select::{Cases, Selector, Selectors};
use crate::words::{Op, Word};

/// Things that are stored only if a condition holds.
#[derive(Clone, Debug)]
pub(super) struct Guarded {
    /// The condition; `None`: always.
    pub condition: Option<Word>,
    /// What is stored.
    pub sinks: Vec<Sink>,
}

/// What questions are answered without a branch.
#[derive(Clone, Debug)]
pub(super) struct Straight {
    /// By value.
    pub selects: Vec<bool>,
    /// By index of the write.
    pub writes: Vec<bool>,
}

/// A use of a value, or a store of it.
#[derive(Clone, Copy)]
struct Use {
    region: RegionId,
    time: u32,
    sink: Option<Sink>,
    next: u32,
}

const NONE: u32 = u32::MAX;

struct Planner<'a> {
    graph: &'a Graph,
    again: &'a [Option<u8>],
    selectors: &'a Selectors,
    straight: &'a Straight,
    /// Most cases that a value is computed in separately.
    copies: u32,
    plan: Plan,
    /// First use of each value in `uses`.
    first: Vec<u32>,
    uses: Vec<Use>,
}

/// Finds the places of all values that are needed for the stores.
pub(super) fn plan(
    graph: &Graph,
    again: &[Option<u8>],
    selectors: &Selectors,
    straight: &Straight,
    copies: u32,
    stores: &[Guarded],
) -> Plan {
    let root = Region {
        branch: NONE,
        cases: 0,
        depth: 0,
        branches: Vec::new(),
        sinks: Vec::new(),
        values: 0,
        decided: 0,
    };
    let mut planner = Planner {
        graph,
        again,
        selectors,
        straight,
        copies,
        plan: Plan {
            regions: vec![root],
            branches: Vec::new(),
        },
        first: vec![NONE; graph.len()],
        uses: Vec::with_capacity(graph.len() * 2),
    };
    for (index, guarded) in stores.iter().enumerate() {
        let region = planner.region_of_write(index, guarded.condition);
        for sink in &guarded.sinks {
            planner.store(*sink, region, 0);
        }
    }
    for index in (0..graph.len() as u32).rev() {
        planner.place(Word(index));
    }
    planner.plan
}

impl Planner<'_> {
    /// Where the operands of a write are needed.
    fn region_of_write(&mut self, index: usize, condition: Option<Word>) -> RegionId {
        let Some(condition) = condition else {
            return ROOT;
        };
        let Some((selector, case)) = self.selectors.condition(condition) else {
            return ROOT;
        };
        if self.straight.writes[index] {
            return ROOT;
        }
        let branch = self.branch(ROOT, selector, 0);
        self.plan.branches[branch as usize]
            .members
            .push(Member::Write(index));
        self.region(branch, case)
    }

    /// What a value is in a region: selections that are decided there vanish.
    /// `None`: a condition that is decided.
    fn resolve(&self, word: Word, region: RegionId) -> Option<Word> {
        let mut word = word;
        loop {
            if let Some((selector, case)) = self.selectors.condition(word)
                && let Some(possible) = self.plan.known(region, selector)
                && (possible & case == 0 || possible & !case == 0)
            {
                return None;
            }
            let Op::Select(condition, a, b) = self.graph.op(word) else {
                return Some(word);
            };
            let Some((selector, case)) = self.selectors.condition(condition) else {
                return Some(word);
            };
            let Some(possible) = self.plan.known(region, selector) else {
                return Some(word);
            };
            word = if possible & case == 0 {
                b
            } else if possible & !case == 0 {
                a
            } else {
                return Some(word);
            };
        }
    }

    fn add(&mut self, word: Word, region: RegionId, time: u32, sink: Option<Sink>) {
        let first = &mut self.first[word.0 as usize];
        let next = std::mem::replace(first, self.uses.len() as u32);
        self.uses.push(Use {
            region,
            time,
            sink,
            next,
        });
    }

    /// A value is used in a region.
    fn need(&mut self, word: Word, region: RegionId, time: u32) {
        if let Some(word) = self.resolve(word, region)
            && self.again[word.0 as usize].is_none()
        {
            self.add(word, region, time, None);
        }
    }

    /// A value is stored in a region.
    fn store(&mut self, sink: Sink, region: RegionId, time: u32) {
        let value = self.resolve(sink.value, region);
        let holds = sink.holds.and_then(|holds| self.resolve(holds, region));
        match value {
            Some(_) if value == holds => {}
            Some(value) if self.again[value.0 as usize].is_none() => {
                self.add(value, region, time, Some(sink));
            }
            _ => self.plan.regions[region as usize].sinks.push(sink),
        }
    }

    /// The region of a branch for these cases.
    fn region(&mut self, branch: BranchId, cases: Cases) -> RegionId {
        let of = &self.plan.branches[branch as usize];
        let regions = &self.plan.regions;
        if let Some(region) = of
            .regions
            .iter()
            .find(|r| regions[**r as usize].cases == cases)
        {
            return *region;
        }
        let depth = self.plan.regions[of.region as usize].depth + 1;
        let region = self.plan.regions.len() as RegionId;
        self.plan.regions.push(Region {
            branch,
            cases,
            depth,
            branches: Vec::new(),
            sinks: Vec::new(),
            values: 0,
            decided: 0,
        });
        self.plan.branches[branch as usize].regions.push(region);
        region
    }

    /// A branch in a region with at least that time.
    fn branch(&mut self, region: RegionId, selector: Selector, time: u32) -> BranchId {
        let branches = &self.plan.branches;
        let there = self.plan.regions[region as usize].branches.iter().copied();
        let fitting = there.filter(|branch| {
            let branch = &branches[*branch as usize];
            branch.selector == selector && branch.time >= time
        });
        if let Some(branch) = fitting.min_by_key(|branch| branches[*branch as usize].time) {
            return branch;
        }
        let cases = self.plan.known(region, selector);
        let branch = branches.len() as BranchId;
        self.plan.branches.push(Branch {
            region,
            selector,
            cases: cases.unwrap_or_else(|| self.selectors.all(selector)),
            time,
            regions: Vec::new(),
            results: Vec::new(),
            members: Vec::new(),
            needs: Vec::new(),
            stored: Vec::new(),
        });
        self.plan.regions[region as usize].branches.push(branch);
        self.need(self.selectors.word(selector), region, time + 1);
        branch
    }

    /// The smallest region that has both in it.
    fn common(&mut self, a: RegionId, b: RegionId) -> RegionId {
        let (mut a, mut b) = (a, b);
        while a != b {
            let (x, y) = (
                &self.plan.regions[a as usize],
                &self.plan.regions[b as usize],
            );
            if x.depth > y.depth {
                a = self.plan.parent(a);
            } else if y.depth > x.depth {
                b = self.plan.parent(b);
            } else if x.branch == y.branch {
                let (branch, cases) = (x.branch, x.cases | y.cases);
                if cases == x.cases || cases == y.cases {
                    return if cases == x.cases { a } else { b };
                }
                if cases == self.plan.branches[branch as usize].cases
                    || cases.count_ones() > self.copies
                {
                    return self.plan.parent(a);
                }
                return self.region(branch, cases);
            } else {
                (a, b) = (self.plan.parent(a), self.plan.parent(b));
            }
        }
        a
    }

    /// The branch directly in `outer` that `inner` is in; `None` if it is the same
    /// region, or one for some of its cases.
    fn between(&self, outer: RegionId, inner: RegionId) -> Option<BranchId> {
        let depth = self.plan.regions[outer as usize].depth;
        let mut region = inner;
        let mut last = None;
        while self.plan.regions[region as usize].depth > depth {
            last = Some(self.plan.regions[region as usize].branch);
            region = self.plan.parent(region);
        }
        last
    }

    /// Places a value whose uses are all known, and tells its operands.
    fn place(&mut self, word: Word) {
        let first = self.first[word.0 as usize];
        if first == NONE {
            return;
        }
        let mut region = self.uses[first as usize].region;
        let mut next = self.uses[first as usize].next;
        while next != NONE {
            let other = self.uses[next as usize];
            region = self.common(region, other.region);
            next = other.next;
        }
        let mut time = 0;
        let mut used = false;
        let mut sinks = Vec::new();
        let mut next = first;
        while next != NONE {
            let other = self.uses[next as usize];
            match self.between(region, other.region) {
                Some(branch) => {
                    used = true;
                    let branch = &mut self.plan.branches[branch as usize];
                    time = time.max(branch.time + 1);
                    if branch.needs.last() != Some(&word) {
                        branch.needs.push(word);
                    }
                    if let Some(sink) = other.sink {
                        self.plan.regions[other.region as usize].sinks.push(sink);
                    }
                }
                None => match other.sink {
                    // Stored in some of the cases of this region only.
                    Some(sink) if other.region != region => {
                        used = true;
                        self.plan.regions[other.region as usize].sinks.push(sink);
                    }
                    Some(sink) => {
                        time = time.max(other.time);
                        sinks.push(sink);
                    }
                    None => {
                        used = true;
                        time = time.max(other.time);
                    }
                },
            }
            next = other.next;
        }
        match self.graph.op(word) {
            Op::Select(condition, a, b) if self.may_branch(word, region) => {
                // What others are told of is stored in one place.
                let told = sinks.extract_if(.., |sink| sink.told.is_some());
                let before = self.plan.regions[region as usize].sinks.len();
                self.plan.regions[region as usize].sinks.extend(told);
                used |= self.plan.regions[region as usize].sinks.len() > before;
                self.place_select(word, (condition, a, b), region, time, used, sinks);
            }
            op => {
                self.plan.regions[region as usize].values += 1;
                self.plan.regions[region as usize].sinks.extend(sinks);
                for operand in operands(op) {
                    self.need(operand, region, time);
                }
            }
        }
    }

    fn may_branch(&self, word: Word, region: RegionId) -> bool {
        !self.straight.selects[word.0 as usize] && self.plan.regions[region as usize].depth < DEPTH
    }

    /// Makes a selection a branch.
    fn place_select(
        &mut self,
        word: Word,
        (condition, a, b): (Word, Word, Word),
        region: RegionId,
        time: u32,
        used: bool,
        sinks: Vec<Sink>,
    ) {
        let Some((selector, case)) = self.selectors.condition(condition) else {
            return;
        };
        // In a region for several cases of the same selector there are regions
        // for fewer cases beside it.
        let around = self.plan.regions[region as usize].branch;
        let refines = region != ROOT && self.plan.branches[around as usize].selector == selector;
        let (branch, possible) = if refines {
            self.plan.regions[region as usize].decided += 1;
            (around, self.plan.regions[region as usize].cases)
        } else {
            let branch = self.branch(region, selector, time);
            let of = &mut self.plan.branches[branch as usize];
            of.members.push(Member::Select(word));
            if used {
                of.results.push(word);
            }
            (branch, of.cases)
        };
        let sides = [(a, possible & case), (b, possible & !case)];
        for sink in &sinks {
            let holds = sink.holds.is_some_and(|old| old == a || old == b);
            // Who compares with what is there stores once.
            let default = match refines || holds || sink.told.is_some() {
                true => None,
                false => self.default_of(a, b),
            };
            if let Some((default, other, side)) = default {
                // What is stored in most cases is stored before the branch.
                let after = self.plan.branches[branch as usize].time + 1;
                self.store(
                    Sink {
                        value: default,
                        ..*sink
                    },
                    region,
                    after,
                );
                self.plan.branches[branch as usize].stored.push(default);
                let cases = sides[side].1;
                if cases != 0 {
                    let inside = self.region(branch, cases);
                    let sink = Sink {
                        value: other,
                        holds: Some(default),
                        ..*sink
                    };
                    self.store(sink, inside, 0);
                }
            } else if used && !holds {
                self.plan.regions[region as usize].sinks.push(*sink);
            } else {
                for (value, cases) in sides.into_iter().filter(|(_, cases)| *cases != 0) {
                    let inside = self.region(branch, cases);
                    let time = if refines { time } else { 0 };
                    self.store(Sink { value, ..*sink }, inside, time);
                }
            }
        }
        let sides = [(a, possible & case), (b, possible & !case)];
        for (value, cases) in sides.into_iter().filter(|(_, cases)| used && *cases != 0) {
            let inside = self.region(branch, cases);
            self.need(value, inside, if refines { time } else { 0 });
        }
    }

    /// The side of a selection that the other one falls back to, the other one,
    /// and which that is.
    fn default_of(&self, a: Word, b: Word) -> Option<(Word, Word, usize)> {
        if self.again[a.0 as usize].is_none() && self.contains(b, a) {
            return Some((a, b, 1));
        }
        if self.again[b.0 as usize].is_none() && self.contains(a, b) {
            return Some((b, a, 0));
        }
        None
    }

    /// A selection between values has that one among them; only near ones are seen.
    fn contains(&self, word: Word, value: Word) -> bool {
        const NEAR: usize = 48;
        let mut stack = vec![word];
        let mut seen = 0;
        while let Some(word) = stack.pop() {
            if word == value {
                return true;
            }
            // Operands come before the values that use them.
            if let Op::Select(_, a, b) = self.graph.op(word)
                && word > value
                && seen < NEAR
            {
                seen += 1;
                stack.extend([a, b]);
            }
        }
        false
    }
}
