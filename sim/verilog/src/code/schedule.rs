//! What code does, in order: steps and forks.
//!
//! The plan says in which region a value belongs; here it is computed when the
//! first step of the region asks for it. What a region does not have is computed
//! in it, so that the result does not depend on the plan.

use super::graph::{Graph, NodeHasher, operands, with_operands};
use super::region::{BranchId, Plan, ROOT, RegionId};
use super::select::{Cases, OTHER, Selectors};
use crate::words::{CellId, MemoryId, Op, Word};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// A value is stored in the buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sink {
    /// First byte.
    pub at: u32,
    /// Bytes: 1, 2, 4 or 8.
    pub bytes: u8,
    /// What is stored.
    pub value: Word,
    /// The value that is there already.
    pub holds: Option<Word>,
    /// Others read it: they are told if it changes.
    pub told: Option<Told>,
}

/// What changes with something that is stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told {
    /// A value that clusters compute for others, by number.
    Value(u32),
    /// A cell that takes over its next value.
    Cell(CellId),
}

/// What code does.
#[derive(Debug)]
pub(super) enum Step {
    /// Computes a value; the operands may be others than in the graph, as some
    /// selections are decided.
    Compute(Word, Op),
    /// Stores one.
    Store(Sink),
    /// Does one of several things.
    Fork(Fork),
}

/// One of several things is done.
#[derive(Debug)]
pub(super) struct Fork {
    /// What decides.
    pub on: Word,
    /// For these values this is done.
    pub arms: Vec<(Vec<u64>, Body)>,
    /// For all others.
    pub otherwise: Body,
    /// Values that there are afterwards.
    pub results: Vec<Word>,
}

/// Steps, and what they give to a fork around them.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub steps: Vec<Step>,
    pub results: Vec<Word>,
}

/// Cost of computing a value anew instead of keeping it, in instructions.
/// `None`: it is kept.
pub(super) fn cost_again(graph: &Graph) -> Vec<Option<u8>> {
    const LIMIT: u8 = 3;
    let mut costs = Vec::with_capacity(graph.len());
    for index in 0..graph.len() as u32 {
        let op = graph.op(Word(index));
        let operand = |word: Word| -> Option<u8> { costs[word.0 as usize] };
        let cost = match op {
            Op::Constant(_) => Some(0),
            Op::Cell(_) => Some(1),
            Op::Slice(a, _) | Op::Not(a) | Op::ZeroExtend(a) => operand(a).map(|cost| cost + 1),
            Op::Equal(a, b) => match (operand(a), operand(b)) {
                (Some(a), Some(b)) => Some(a + b + 1),
                _ => None,
            },
            _ => None,
        };
        costs.push(cost.filter(|cost| *cost <= LIMIT));
    }
    costs
}

type Waiting = HashMap<Word, Vec<Sink>, BuildHasherDefault<NodeHasher>>;

struct Scheduler<'a> {
    graph: &'a Graph,
    again: &'a [Option<u8>],
    selectors: &'a Selectors,
    plan: &'a Plan,
    /// Constants of one bit.
    bits: [Word; 2],
    /// Cases that are possible here, by selector.
    known: Vec<Cases>,
    /// Values that are computed already.
    done: Vec<bool>,
    /// Those of the bodies that are being made, in order.
    undo: Vec<Word>,
    steps: usize,
    limit: usize,
}

/// Orders the steps of a plan. `bits` are the constants 0 and 1. `None` if there
/// would be more than `limit` steps.
pub(super) fn order(
    graph: &Graph,
    again: &[Option<u8>],
    selectors: &Selectors,
    plan: &Plan,
    bits: [Word; 2],
    limit: usize,
) -> Option<Body> {
    let known = (0..selectors.len() as u32).map(|s| selectors.all(super::select::Selector(s)));
    let mut scheduler = Scheduler {
        graph,
        again,
        selectors,
        plan,
        bits,
        known: known.collect(),
        done: vec![false; graph.len()],
        undo: Vec::new(),
        steps: 0,
        limit,
    };
    let body = scheduler.body(&[ROOT], &[]);
    (scheduler.steps <= limit).then_some(body)
}

impl Scheduler<'_> {
    /// What a value is here.
    fn resolve(&self, word: Word) -> Word {
        let mut word = word;
        loop {
            if let Some((selector, case)) = self.selectors.condition(word) {
                let possible = self.known[selector.0 as usize];
                if possible & case == 0 || possible & !case == 0 {
                    return self.bits[usize::from(possible & !case == 0)];
                }
            }
            let Op::Select(condition, a, b) = self.graph.op(word) else {
                return word;
            };
            let Some((selector, case)) = self.selectors.condition(condition) else {
                return word;
            };
            let possible = self.known[selector.0 as usize];
            word = if possible & case == 0 {
                b
            } else if possible & !case == 0 {
                a
            } else {
                return word;
            };
        }
    }

    /// The steps of regions of one branch, and their results.
    fn body(&mut self, regions: &[RegionId], results: &[Word]) -> Body {
        let mut body = Body::default();
        if self.steps > self.limit {
            // It is given up; branches in branches would still double with each level.
            return body;
        }
        let mark = self.undo.len();
        let mut waiting = Waiting::default();
        let mut sinks = Vec::new();
        for region in regions {
            for sink in &self.plan.regions[*region as usize].sinks {
                let sink = Sink {
                    value: self.resolve(sink.value),
                    ..*sink
                };
                if sink.holds == Some(sink.value) {
                    continue;
                }
                if self.again[sink.value.0 as usize].is_some() || self.done[sink.value.0 as usize] {
                    body.steps.push(Step::Store(sink));
                } else {
                    sinks.push(sink.value);
                    waiting.entry(sink.value).or_default().push(sink);
                }
            }
        }
        let mut branches: Vec<BranchId> = (regions.iter())
            .flat_map(|region| self.plan.regions[*region as usize].branches.iter().copied())
            .collect();
        branches.sort_by_key(|branch| std::cmp::Reverse(self.plan.branches[*branch as usize].time));
        for branch in branches {
            self.fork(branch, &mut body, &mut waiting);
        }
        for value in sinks {
            self.demand(value, &mut body, &mut waiting);
        }
        for result in results {
            let value = self.resolve(*result);
            self.demand(value, &mut body, &mut waiting);
            body.results.push(value);
        }
        for word in self.undo.drain(mark..) {
            self.done[word.0 as usize] = false;
        }
        body
    }

    /// A value is there now.
    fn finish(&mut self, word: Word, body: &mut Body, waiting: &mut Waiting) {
        self.done[word.0 as usize] = true;
        self.undo.push(word);
        if let Some(sinks) = waiting.remove(&word) {
            body.steps.extend(sinks.into_iter().map(Step::Store));
        }
    }

    /// Computes a value and what it needs, unless it is there.
    fn demand(&mut self, word: Word, body: &mut Body, waiting: &mut Waiting) {
        let mut stack = vec![(self.resolve(word), false)];
        while let Some((word, ready)) = stack.pop() {
            let index = word.0 as usize;
            if self.done[index] || self.again[index].is_some() || self.steps > self.limit {
                continue;
            }
            let op = self.graph.op(word);
            if ready {
                let op = with_operands(op, |operand| self.resolve(operand));
                body.steps.push(Step::Compute(word, op));
                self.steps += 1;
                self.finish(word, body, waiting);
            } else {
                stack.push((word, true));
                stack.extend(operands(op).map(|operand| (self.resolve(operand), false)));
            }
        }
    }

    /// A branch of the plan.
    fn fork(&mut self, branch: BranchId, body: &mut Body, waiting: &mut Waiting) {
        let plan = self.plan;
        let branch = &plan.branches[branch as usize];
        let selector = branch.selector;
        for need in &branch.needs {
            self.demand(*need, body, waiting);
        }
        for stored in &branch.stored {
            let stored = self.resolve(*stored);
            if waiting.contains_key(&stored) {
                self.demand(stored, body, waiting);
            }
        }
        let on = self.resolve(self.selectors.word(selector));
        self.demand(on, body, waiting);
        let results: Vec<Word> = branch
            .results
            .iter()
            .copied()
            .filter(|r| !self.done[r.0 as usize])
            .collect();
        let before = self.known[selector.0 as usize];
        // Cases in which the same is done are one arm.
        let mut arms: Vec<(Cases, Vec<RegionId>, Vec<Word>)> = Vec::new();
        let mut index: HashMap<(Vec<RegionId>, Vec<Word>), usize> = HashMap::new();
        let decided = self.graph.value(on);
        let possible = match decided {
            None => branch.cases & before,
            Some(value) => self.selectors.case(selector, value),
        };
        for case in (0..64)
            .map(|bit| 1 << bit)
            .filter(|case| possible & case != 0)
        {
            let regions: Vec<RegionId> = (branch.regions.iter().copied())
                .filter(|region| plan.regions[*region as usize].cases & case != 0)
                .collect();
            self.known[selector.0 as usize] = case;
            let values: Vec<Word> = results.iter().map(|result| self.resolve(*result)).collect();
            let next = arms.len();
            let arm = *index
                .entry((regions.clone(), values.clone()))
                .or_insert(next);
            if arm == next {
                arms.push((0, regions, values));
            }
            arms[arm].0 |= case;
        }
        let otherwise = (arms.iter())
            .position(|(cases, ..)| cases & OTHER != 0)
            .or_else(|| (0..arms.len()).max_by_key(|arm| arms[*arm].0.count_ones()));
        let mut fork = Fork {
            on,
            arms: Vec::new(),
            otherwise: Body::default(),
            results: results.clone(),
        };
        for (number, (cases, regions, values)) in arms.iter().enumerate() {
            self.known[selector.0 as usize] = *cases;
            self.steps += 1;
            let arm = self.body(regions, values);
            if Some(number) == otherwise {
                fork.otherwise = arm;
            } else {
                let cases = (0..64).map(|bit| 1 << bit).filter(|case| cases & case != 0);
                let values = cases
                    .map(|case| self.selectors.value(selector, case))
                    .collect();
                fork.arms.push((values, arm));
            }
        }
        self.known[selector.0 as usize] = before;
        body.steps.push(Step::Fork(fork));
        for result in results {
            self.finish(result, body, waiting);
        }
    }
}

impl Step {
    /// Number of steps in it.
    pub fn size(&self) -> usize {
        match self {
            Self::Compute(..) | Self::Store(_) => 1,
            Self::Fork(fork) => {
                let bodies = fork.arms.iter().map(|(_, body)| body);
                1 + bodies
                    .chain([&fork.otherwise])
                    .map(Body::size)
                    .sum::<usize>()
            }
        }
    }

    /// Calls `visit` with every value that is used.
    pub fn each_use(&self, visit: &mut impl FnMut(Word)) {
        match self {
            Self::Compute(_, op) => operands(*op).for_each(visit),
            Self::Store(sink) => visit(sink.value),
            Self::Fork(fork) => {
                visit(fork.on);
                for body in fork
                    .arms
                    .iter()
                    .map(|(_, body)| body)
                    .chain([&fork.otherwise])
                {
                    body.results.iter().copied().for_each(&mut *visit);
                    body.steps.iter().for_each(|step| step.each_use(visit));
                }
            }
        }
    }

    /// Calls `visit` with every memory that is read.
    pub fn each_memory(&self, visit: &mut impl FnMut(MemoryId)) {
        match self {
            Self::Compute(_, Op::Read(memory, _)) => visit(*memory),
            Self::Compute(..) | Self::Store(_) => {}
            Self::Fork(fork) => {
                for body in fork
                    .arms
                    .iter()
                    .map(|(_, body)| body)
                    .chain([&fork.otherwise])
                {
                    body.steps.iter().for_each(|step| step.each_memory(visit));
                }
            }
        }
    }
}

impl Body {
    /// Number of steps in it.
    pub fn size(&self) -> usize {
        self.steps.iter().map(Step::size).sum()
    }
}
