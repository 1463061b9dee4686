//! What runs have reached, so that none can idle and pass.

use slackwater_hdl::core::Core;
use slackwater_regs::state;
use slackwater_sim::backend::LockStep;
use slackwater_sim::backend::port_words::{CORE_OUTPUTS, CoreOutputWords};
use slackwater_verilog::Signal;
use std::fmt;

/// States of the dirty log's walk.
const WALKS: [&str; 5] = ["idle", "clear", "take", "peek", "put"];
/// Index of `take`.
const TAKE: u64 = 2;
/// The counters as they are packed, lowest first.
const COUNTERS: [&str; 11] = [
    "marks",
    "outside",
    "frozen reads",
    "frozen writes",
    "not owner",
    "malformed",
    "unexpected",
    "timeouts",
    "DMA writes",
    "DMA reads",
    "interrupts",
];

/// See the module's page.
pub struct Coverage {
    walk: Signal,
    marked_pages: Signal,
    counters: Signal,
    page_groups: Signal,
    cycles: u64,
    /// Cycles in each device_state.
    device_states: [u64; 16],
    /// Cycles in each state of the walk.
    walks: [u64; WALKS.len()],
    /// Pages that snapshots have moved.
    moved_pages: u64,
    marked_before: u64,
    /// Page request groups that were opened, and those that were answered one by one.
    groups_opened: u64,
    groups_answered: u64,
    groups_before: u64,
    /// Bits of outputs that were 1, and those that were 0.
    ones: CoreOutputWords,
    zeroes: CoreOutputWords,
    totals: [u64; COUNTERS.len()],
}

impl Coverage {
    /// Nothing yet.
    pub fn new(steps: &LockStep<Core>) -> Self {
        let program = steps.compiled.model.program();
        let signal = |path| program.signal(path).expect("a signal of the core");
        Self {
            walk: signal("top.snapshot.walk.q"),
            marked_pages: signal("top.log.total.q"),
            counters: signal("top.registers.counters.q"),
            page_groups: signal("top.pages.number.q"),
            cycles: 0,
            device_states: [0; 16],
            walks: [0; WALKS.len()],
            moved_pages: 0,
            marked_before: 0,
            groups_opened: 0,
            groups_answered: 0,
            groups_before: 0,
            ones: [0; CORE_OUTPUTS.len()],
            zeroes: [0; CORE_OUTPUTS.len()],
            totals: [0; COUNTERS.len()],
        }
    }

    /// Takes note of a cycle.
    pub fn observe(&mut self, steps: &LockStep<Core>, outputs: &CoreOutputWords) {
        let model = &steps.compiled.model;
        self.cycles += 1;
        self.device_states[steps.rusthdl.block.device_state() as usize] += 1;
        let walk = model.peek_u64(self.walk);
        self.walks[walk as usize] += 1;
        let marked = model.peek_u64(self.marked_pages);
        if walk == TAKE {
            self.moved_pages += self.marked_before.saturating_sub(marked);
        }
        self.marked_before = marked;
        let groups = model.peek_u64(self.page_groups);
        self.groups_opened += groups.saturating_sub(self.groups_before);
        self.groups_answered += u64::from(groups > 0 && groups + 1 == self.groups_before);
        self.groups_before = groups;
        for (index, word) in outputs.iter().enumerate() {
            self.ones[index] |= word;
            self.zeroes[index] |= !word;
        }
    }

    /// Reads the counters at the end of a run.
    pub fn finish(&mut self, steps: &LockStep<Core>) {
        let mut packed = steps.compiled.model.peek(self.counters);
        for total in &mut self.totals {
            *total = packed.iter_u32_digits().next().unwrap_or(0).into();
            packed >>= u32::BITS;
        }
    }

    /// Adds what another run has reached.
    pub fn merge(&mut self, other: &Self) {
        fn add(sums: &mut [u64], others: &[u64]) {
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum += other;
            }
        }
        self.cycles += other.cycles;
        self.moved_pages += other.moved_pages;
        self.groups_opened += other.groups_opened;
        self.groups_answered += other.groups_answered;
        add(&mut self.device_states, &other.device_states);
        add(&mut self.walks, &other.walks);
        add(&mut self.totals, &other.totals);
        for index in 0..CORE_OUTPUTS.len() {
            self.ones[index] |= other.ones[index];
            self.zeroes[index] |= other.zeroes[index];
        }
    }

    /// Runs of some ten thousand cycles must have reached all this.
    pub fn check(&self) {
        for (bits, &cycles) in (0..=state::MASK).zip(&self.device_states) {
            let expected = state::is_valid(bits) || bits == state::ERROR;
            assert_eq!(cycles > 0, expected, "device_state {bits:#x}\n{self}");
        }
        for (cycles, name) in self.walks.iter().zip(WALKS) {
            assert!(*cycles > 0, "the dirty log was never in {name}\n{self}");
        }
        assert!(self.moved_pages > 0, "no snapshot moved a page\n{self}");
        assert!(self.groups_opened > 0, "no page request\n{self}");
        assert!(
            self.groups_answered > 0,
            "no page request was answered\n{self}"
        );
        for (total, name) in self.totals.iter().zip(COUNTERS) {
            assert!(*total > 0, "no {name}\n{self}");
        }
        for (index, name) in CORE_OUTPUTS.iter().enumerate() {
            let both = self.ones[index] & self.zeroes[index];
            assert!(both != 0, "{name} never changed\n{self}");
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} cycles, in device states", self.cycles)?;
        for (bits, cycles) in self.device_states.iter().enumerate() {
            write!(formatter, " {bits:x}:{cycles}")?;
        }
        for (cycles, name) in self.walks.iter().zip(WALKS) {
            write!(formatter, ", {cycles} in {name}")?;
        }
        for (total, name) in self.totals.iter().zip(COUNTERS) {
            write!(formatter, ", {total} {name}")?;
        }
        let (opened, answered) = (self.groups_opened, self.groups_answered);
        write!(
            formatter,
            ", {} pages moved, {opened} page request groups, {answered} answered",
            self.moved_pages
        )
    }
}
