//! A stream's queue of packets.

use super::packets::Packet;
use crate::ports::Beat;
use crate::seed::Stream;
use std::collections::VecDeque;

/// Packets that wait in a lane at most.
const WAITING: usize = 4;

/// Packets that wait, and the one whose beats are offered.
#[derive(Default)]
pub(super) struct Lane {
    /// Packets that wait.
    pub(super) waiting: VecDeque<Packet>,
    beats: VecDeque<Beat>,
    /// BARs that the offered packet hits.
    pub(super) bar: u8,
    /// A beat of the packet was taken, and there are more.
    pub(super) begun: bool,
    /// A beat is offered, and stays so until it was taken.
    pub(super) offered: bool,
}

impl Lane {
    /// Whether another packet may wait.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING
    }

    /// Nothing waits and nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.beats.is_empty() && self.waiting.is_empty()
    }

    /// The beat of this cycle, if there is one.
    pub(super) fn offer(&mut self, chance: u32, random: &mut Stream) -> Option<Beat> {
        if self.beats.is_empty() {
            let packet = self.waiting.pop_front()?;
            (self.beats, self.bar) = (packet.beats, packet.bar);
        }
        self.offered |= random.chance(chance);
        self.beats.front().copied().filter(|_| self.offered)
    }

    /// The offered beat was taken.
    pub(super) fn taken(&mut self) {
        self.beats.pop_front();
        self.begun = !self.beats.is_empty();
        self.offered = false;
    }
}
