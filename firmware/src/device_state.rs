//! A device_state change: prepare, then commit.
//!
//! Hardware has closed the gate already when a request that demands it comes in.
//! Everything that can fail is tried while the present state still stands; then
//! one write to STATE_ANSWER ends the request in one of the three outcomes of
//! rule G4. The steps, in the order of rule P1:
//!
//! | step | prepare | after the answer |
//! |---|---|---|
//! | NDMA | HOLD.GATE, wait for QUIESCED, else kept | |
//! | !RUNNING | no page request outstanding, HOLD.FREEZE, wait for FROZEN, else kept | |
//! | SAVING, !RUNNING | what the internal log still holds is taken | |
//! | RESUMING | an empty reader is opened; cannot fail (E12) | |
//! | !RESUMING | the stream must be whole, else ERROR (E15) | |
//! | RUNNING | HOLD.FREEZE released: the present state keeps it until the answer | |
//! | SAVING, RUNNING | HOLD.INTERNAL_LOG: from here on changes are logged | |
//! | !NDMA | | HOLD.GATE released, after the freeze |
//!
//! The internal log starts before the answer and not after RUNNING: nobody can
//! see that it does, and no change can slip in between.
//!
//! The device may assume that the host has answered all its page requests before it
//! stops it (rule F1), but losing one would leave a job waiting for ever: a stop with
//! page requests outstanding is refused, and the state is kept. The gate is closed
//! by then, so no new one can come. RESUMING is entered all the same (rule E12): the
//! state that waits is given up.
//!
//! A stream begins when SAVING is entered, and again when SAVING,!RUNNING goes
//! back to SAVING,RUNNING: that stream may have had its end already, so what the
//! host has got of it is void (rule E1). SAVING,RUNNING to SAVING carries it on
//! (rule E5), as does any change of NDMA alone.

use crate::bus::ControlBus;
use crate::stream::{Reader, Writer};
use crate::{Firmware, Stream};
use slackwater_regs::bar2::{capabilities, status};
use slackwater_regs::control::{self, hold};
use slackwater_regs::state::{self, NDMA, Outcome, RESUMING, RUNNING, Reason, SAVING};

/// A request that failed.
enum Failure {
    /// The present state stands.
    Kept(Reason),
    /// The state is ERROR.
    Error(Reason),
}

/// The device must do no DMA.
const fn closes(bits: u32) -> bool {
    bits & NDMA != 0 || bits & RUNNING == 0
}

/// The device must stand still.
const fn stops(bits: u32) -> bool {
    bits & RUNNING == 0
}

/// Pre-copy.
const fn is_precopy(bits: u32) -> bool {
    bits & (SAVING | RUNNING) == SAVING | RUNNING
}

impl<B: ControlBus> Firmware<B> {
    /// Serves the device_state request that waits.
    pub(crate) async fn change_state(&mut self) {
        let word = self.bus.read(control::STATE_REQUEST).await;
        let requested = word & state::MASK;
        let present = word >> 4 & state::MASK;
        if present == requested && present != state::ERROR {
            self.answer(requested, Outcome::Succeeded, Reason::None)
                .await;
            return;
        }
        let mut held = self.standing_hold(present);
        match self.prepare(present, requested, &mut held).await {
            Ok(()) => {
                self.switch_stream(present, requested).await;
                if !stops(requested) {
                    self.thaw(&mut held).await;
                }
                let standing = self.standing_hold(requested);
                self.answer(requested, Outcome::Succeeded, Reason::None)
                    .await;
                // At once: until then a gate that the host has opened is closed.
                if held != standing {
                    self.bus.write(control::HOLD, standing).await;
                }
            }
            Err(Failure::Kept(reason)) => {
                let standing = self.standing_hold(present);
                self.release(held, standing).await;
                self.answer(present, Outcome::Kept, reason).await;
            }
            // Nothing is released: ERROR gates and freezes anyway, until the reset.
            Err(Failure::Error(reason)) => {
                self.stream = Stream::Closed;
                self.answer(state::ERROR, Outcome::Error, reason).await;
            }
        }
    }

    /// What HOLD has while nothing changes.
    fn standing_hold(&self, bits: u32) -> u32 {
        if is_precopy(bits) && self.identity.has(capabilities::INTERNAL_LOG) {
            hold::INTERNAL_LOG
        } else {
            0
        }
    }

    /// Tries everything that can fail; `held` is what HOLD has at the end.
    async fn prepare(
        &mut self,
        present: u32,
        requested: u32,
        held: &mut u32,
    ) -> Result<(), Failure> {
        if present == state::ERROR {
            return Err(Failure::Error(Reason::InError));
        }
        if !state::is_valid(requested) {
            return Err(Failure::Kept(Reason::InvalidState));
        }
        if requested & NDMA != 0 && !self.identity.has(capabilities::NDMA) {
            return Err(Failure::Kept(Reason::NoNdma));
        }
        // The holds cover the present state too: the answer alone opens nothing.
        if closes(present) || closes(requested) {
            self.hold(held, hold::GATE).await;
        }
        if closes(requested) {
            self.wait_for(status::QUIESCED, self.limits.quiesce_polls)
                .await
                .map_err(|()| Failure::Kept(Reason::NotQuiesced))?;
        }
        if !stops(present)
            && stops(requested)
            && requested & RESUMING == 0
            && self.bus.read(control::PAGE_REQUESTS).await != 0
        {
            return Err(Failure::Kept(Reason::PageRequests));
        }
        if stops(present) || stops(requested) {
            self.hold(held, hold::FREEZE).await;
        }
        if stops(requested) {
            self.wait_for(status::FROZEN, self.limits.freeze_polls)
                .await
                .map_err(|()| Failure::Kept(Reason::NotFrozen))?;
        }
        // Taken marks are in the writer from here on; if the request fails after all, none is lost.
        if is_precopy(present)
            && requested & SAVING != 0
            && stops(requested)
            && let Stream::Out(writer) = &mut self.stream
        {
            writer.conclude(&mut self.bus).await;
        }
        if present & RESUMING != 0 && requested & RESUMING == 0 {
            let verdict = match &self.stream {
                Stream::In(reader) => reader.finish(),
                _ => Err(Reason::StreamTruncated),
            };
            verdict.map_err(Failure::Error)?;
        }
        let log = self.standing_hold(requested);
        self.hold(held, log).await;
        Ok(())
    }

    /// Opens, carries on or closes the stream; cannot fail.
    async fn switch_stream(&mut self, present: u32, requested: u32) {
        if requested & SAVING != 0 {
            let carried_on = present & SAVING != 0 && !(stops(present) && is_precopy(requested));
            if !carried_on || !matches!(self.stream, Stream::Out(_)) {
                self.stream = Stream::Out(Writer::open(self.identity, &mut self.bus).await);
            }
        } else if requested & RESUMING != 0 {
            if present & RESUMING == 0 {
                self.stream = Stream::In(Reader::new(self.identity));
            }
        } else {
            self.stream = Stream::Closed;
        }
        self.publish_estimates(requested).await;
    }

    /// Sets bits of HOLD.
    async fn hold(&mut self, held: &mut u32, bits: u32) {
        if *held & bits != bits {
            *held |= bits;
            self.bus.write(control::HOLD, *held).await;
        }
    }

    /// Gives the freeze to device_state alone: a present one that stops keeps it, and the answer ends
    /// it. Were it held beyond the answer, the device would lose what the host writes to it meanwhile.
    async fn thaw(&mut self, held: &mut u32) {
        if *held & hold::FREEZE != 0 {
            *held &= !hold::FREEZE;
            self.bus.write(control::HOLD, *held).await;
        }
    }

    /// Clears the bits of HOLD that are not in `standing`, the freeze before the gate.
    async fn release(&mut self, held: u32, standing: u32) {
        let thawed = held & (standing | !hold::FREEZE);
        if thawed != held {
            self.bus.write(control::HOLD, thawed).await;
        }
        if thawed != standing {
            self.bus.write(control::HOLD, standing).await;
        }
    }

    /// Waits until a bit of STATUS is set, for a bounded number of reads.
    async fn wait_for(&mut self, bit: u32, polls: u32) -> Result<(), ()> {
        for _ in 0..polls {
            if self.bus.read(control::STATUS).await & bit != 0 {
                return Ok(());
            }
        }
        Err(())
    }

    /// Ends the request. The reason goes first, so that the host sees both at once.
    async fn answer(&mut self, bits: u32, outcome: Outcome, reason: Reason) {
        self.bus.write(control::REASON, reason as u32).await;
        let word = bits | (outcome as u32) << state::answer::OUTCOME_SHIFT;
        self.bus.write(control::STATE_ANSWER, word).await;
    }
}
