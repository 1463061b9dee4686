//! The ordering rules of PCI Express, used against the design.
//!
//! A queue delivers a TLP before earlier ones only where the table of PCI
//! Express Base 3.0, section 2.4.1, allows it, and where it does, it happens at
//! random. What may pass:
//!
//! | later, below; earlier, right | posted | read | AtomicOp | completion |
//! |---|---|---|---|---|
//! | posted | RO, or IDO and another requester | yes | yes | yes |
//! | read | IDO and another requester | yes | yes | yes |
//! | AtomicOp | RO, or IDO and another requester | yes | yes | yes |
//! | completion | RO, or IDO and completer differs from requester | yes | yes | unless of one transaction |
//!
//! A read's RO does not let it pass a posted request (B2a): it is for its completion.
//! TLPs of different traffic classes have no order between them.
//!
//! Contract: no TLP waits longer than its drawn delay plus the delays of those it
//! must not pass, once `admit` lets it go: TLPs that are overdue go first, oldest first.

use crate::seed::Stream;
use crate::tlp::{Attributes, Body, Tlp};
use std::collections::VecDeque;

/// Class of a TLP in the ordering table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Memory writes and messages.
    Posted,
    /// Memory reads.
    Read,
    /// AtomicOps.
    NonPostedWithData,
    /// Cpl and CplD.
    Completion,
}

/// What the ordering rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderKey {
    /// Row and column of the table.
    pub class: Class,
    /// Attribute bits.
    pub attributes: Attributes,
    /// Traffic class.
    pub traffic_class: u8,
    /// Who sent it: requester of a request, completer of a completion.
    pub sender_id: u16,
    /// Requester and tag of a completion's transaction.
    pub transaction: (u16, u8),
}

impl OrderKey {
    /// The key of a TLP.
    pub fn of(tlp: &Tlp) -> Self {
        let (class, sender_id, transaction) = match &tlp.body {
            Body::MemoryWrite { request, .. } => (Class::Posted, request.requester_id, (0, 0)),
            Body::MemoryRead(request) => (Class::Read, request.requester_id, (0, 0)),
            Body::Atomic { request, .. } => {
                (Class::NonPostedWithData, request.requester_id, (0, 0))
            }
            Body::Message(message) => (Class::Posted, message.requester_id(), (0, 0)),
            Body::Completion { completion, .. } => (
                Class::Completion,
                completion.completer_id,
                (completion.requester_id, completion.tag),
            ),
        };
        Self {
            class,
            attributes: tlp.attributes,
            traffic_class: tlp.traffic_class,
            sender_id,
            transaction,
        }
    }

    /// A key that passes nothing: for packets that are no TLP.
    pub fn strict(sender_id: u16) -> Self {
        Self {
            class: Class::Posted,
            attributes: Attributes::default(),
            traffic_class: 0,
            sender_id,
            transaction: (0, 0),
        }
    }
}

/// Whether `later` may be delivered before `earlier`.
pub fn may_pass(later: &OrderKey, earlier: &OrderKey) -> bool {
    if later.traffic_class != earlier.traffic_class {
        return true;
    }
    let relaxed = later.attributes.relaxed_ordering && later.class != Class::Read;
    let other_id = later.attributes.id_based_ordering && later.sender_id != earlier.sender_id;
    match (later.class, earlier.class) {
        (_, Class::Posted) => relaxed || other_id,
        (Class::Completion, Class::Completion) => later.transaction != earlier.transaction,
        _ => true,
    }
}

/// How long TLPs are held, and whether they pass each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderingConfig {
    /// Let pass at random what may pass; otherwise only what must, so that nothing deadlocks.
    pub adversarial: bool,
    /// Most TLPs are held for up to this many cycles.
    pub usual_delay_cycles: u64,
    /// A few are held for up to this many cycles.
    pub long_delay_cycles: u64,
    /// How many of a million those few are.
    pub long_per_million: u32,
}

impl OrderingConfig {
    /// Passes and delays at random: for tests, and the default.
    pub const ADVERSARIAL: Self = Self {
        adversarial: true,
        usual_delay_cycles: 12,
        long_delay_cycles: 160,
        long_per_million: 40_000,
    };
    /// No delay, no needless passing: for measurements.
    pub const STRAIGHT: Self = Self {
        adversarial: false,
        usual_delay_cycles: 0,
        long_delay_cycles: 0,
        long_per_million: 0,
    };
}

/// TLPs behind this many are not looked at, which bounds the work of a cycle.
pub const WINDOW: usize = 16;

#[derive(Clone, Debug)]
struct Entry<T> {
    key: OrderKey,
    ready: u64,
    item: T,
}

/// A queue of TLPs in one direction of one port.
#[derive(Clone, Debug)]
pub struct OrderingQueue<T> {
    config: OrderingConfig,
    random: Stream,
    entries: VecDeque<Entry<T>>,
    /// No entry of the window can be delivered before this cycle.
    sleep_until: u64,
}

impl<T> OrderingQueue<T> {
    /// An empty queue.
    pub fn new(config: OrderingConfig, random: Stream) -> Self {
        Self {
            config,
            random,
            entries: VecDeque::new(),
            sleep_until: 0,
        }
    }

    /// Number of TLPs inside.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets all TLPs.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.sleep_until = 0;
    }

    /// Takes a TLP in; it is held for a random time and `extra_cycles` more.
    pub fn push(&mut self, now: u64, key: OrderKey, item: T, extra_cycles: u64) {
        let limit = if self.random.chance(self.config.long_per_million) {
            self.config.long_delay_cycles
        } else {
            self.config.usual_delay_cycles
        };
        let ready = now + extra_cycles + self.random.below(limit + 1);
        if self.entries.len() < WINDOW {
            self.sleep_until = self.sleep_until.min(ready);
        }
        self.entries.push_back(Entry { key, ready, item });
    }

    /// Whether [`Self::pop`] may find a TLP; if not, it finds none and changes nothing.
    #[inline]
    pub fn is_awake(&self, now: u64) -> bool {
        now >= self.sleep_until && !self.entries.is_empty()
    }

    /// Delivers a TLP that may go now and that `admit` lets go.
    pub fn pop(&mut self, now: u64, mut admit: impl FnMut(&T) -> bool) -> Option<T> {
        if !self.is_awake(now) {
            return None;
        }
        let mut candidates = [0; WINDOW];
        let mut count = 0;
        let mut earliest = u64::MAX;
        for i in 0..self.entries.len().min(WINDOW) {
            let entry = &self.entries[i];
            if entry.ready > now {
                earliest = earliest.min(entry.ready);
                continue;
            }
            let mut before = self.entries.range(..i);
            if !before.all(|earlier| may_pass(&entry.key, &earlier.key)) {
                // Held until an earlier one has gone, and that wakes the queue.
                continue;
            }
            if !admit(&entry.item) {
                earliest = now;
                continue;
            }
            candidates[count] = i;
            count += 1;
            // Without adversary, and for what is overdue, the oldest goes.
            let overdue = now > entry.ready + self.config.long_delay_cycles;
            if count == 1 && (!self.config.adversarial || overdue) {
                break;
            }
        }
        if count == 0 {
            self.sleep_until = earliest;
            return None;
        }
        let chosen = if count == 1 {
            0
        } else {
            self.random.index(count)
        };
        // An entry from behind may come into the window.
        self.sleep_until = 0;
        self.entries
            .remove(candidates[chosen])
            .map(|entry| entry.item)
    }
}

#[cfg(test)]
#[path = "ordering_tests.rs"]
mod tests;
