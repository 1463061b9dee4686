//! What went wrong or by at a port, and faults to make it go wrong.

use crate::seed::Stream;

/// Counters of one port since the machine was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// TLPs of the card that were malformed, too long, or carried another requester's ID; dropped.
    pub malformed: u64,
    /// What was wrong with the first of them.
    pub first_malformed: Option<String>,
    /// Requests of the card that no mapping allowed: writes dropped, others answered with UR.
    pub iommu_faults: u64,
    /// Requests that were mapped to an address where there is neither memory nor a BAR; treated likewise.
    pub bad_addresses: u64,
    /// Poisoned requests of the card; treated likewise.
    pub poisoned: u64,
    /// Completions of the card that match no read of the CPU.
    pub unexpected_completions: u64,
    /// Completions of the card whose fields do not suit the read they answer.
    pub wrong_completions: u64,
    /// Reads of the CPU that got no answer in time.
    pub cpu_timeouts: u64,
    /// Memory writes of the card that reached memory.
    pub memory_writes: u64,
    /// Memory reads of the card that were answered from memory.
    pub memory_reads: u64,
    /// AtomicOps of the card that were executed.
    pub atomics: u64,
    /// Requests of the card that went to another card.
    pub peer_requests: u64,
    /// Page requests of the card.
    pub page_requests: u64,
    /// Those that were answered at once with something else than Success.
    pub refused_page_requests: u64,
    /// Interrupts of the card.
    pub interrupts: u64,
    /// Completions that were dropped, delayed, duplicated or poisoned because [`Faults`] asked for it.
    pub injected_faults: u64,
    /// Cycle of the last of them.
    pub last_injected_cycle: Option<u64>,
}

impl Report {
    /// Counts a malformed TLP.
    pub(super) fn malformed(&mut self, reason: &dyn std::fmt::Display) {
        self.malformed += 1;
        if self.first_malformed.is_none() {
            self.first_malformed = Some(reason.to_string());
        }
    }

    /// Counts a completion that a fault has struck.
    pub(super) fn injected(&mut self, now: u64) {
        self.injected_faults += 1;
        self.last_injected_cycle = Some(now);
    }

    /// Whether the card has broken no rule.
    pub fn is_clean(&self) -> bool {
        self.malformed == 0
            && self.unexpected_completions == 0
            && self.wrong_completions == 0
            && self.cpu_timeouts == 0
    }
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chance {
    /// So many times in a million, at random.
    pub per_million: u32,
    /// And surely the next so many times.
    pub next: u32,
}

impl Chance {
    /// Never.
    pub const NEVER: Self = Self {
        per_million: 0,
        next: 0,
    };

    /// The next `count` times.
    pub const fn next(count: u32) -> Self {
        Self {
            per_million: 0,
            next: count,
        }
    }

    /// At random.
    pub const fn per_million(per_million: u32) -> Self {
        Self {
            per_million,
            next: 0,
        }
    }

    pub(super) fn strikes(&mut self, random: &mut Stream) -> bool {
        if self.next > 0 {
            self.next -= 1;
            return true;
        }
        random.chance(self.per_million)
    }
}

/// Faults of completions in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompletionFaults {
    /// The completion is lost.
    pub drop: Chance,
    /// The completion is held for [`Faults::late_cycles`].
    pub late: Chance,
    /// The completion arrives twice. Only the last one of a request does: a part from the middle
    /// would look like the part that follows, to a requester that does not check Byte Count.
    pub duplicate: Chance,
    /// The completion arrives with EP set.
    pub poison: Chance,
}

/// Faults on request of one port; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Completions that answer the card's requests.
    pub to_card: CompletionFaults,
    /// Completions of the card that answer the CPU's reads.
    pub to_cpu: CompletionFaults,
    /// How long a late completion is held, in cycles.
    pub late_cycles: u64,
    /// Both directions of the link stop; drawn each cycle.
    pub link_stall: Chance,
    /// How long they stop, in cycles.
    pub link_stall_cycles: u64,
    /// link_tx_ready is low; drawn each cycle.
    pub tx_back_pressure: Chance,
    /// No beat is offered on link_rx, also inside a TLP; drawn each cycle in which none is offered yet.
    pub rx_gap: Chance,
    /// msi_ready is low; drawn each cycle.
    pub msi_back_pressure: Chance,
}

/// What becomes of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Deliver,
    Drop,
    Late,
    Duplicate,
    Poison,
}

impl CompletionFaults {
    /// Draws; `ends` says that the completion is the last of its request.
    pub(super) fn fate(&mut self, random: &mut Stream, ends: bool) -> Fate {
        if self.drop.strikes(random) {
            Fate::Drop
        } else if self.late.strikes(random) {
            Fate::Late
        } else if ends && self.duplicate.strikes(random) {
            Fate::Duplicate
        } else if self.poison.strikes(random) {
            Fate::Poison
        } else {
            Fate::Deliver
        }
    }
}
