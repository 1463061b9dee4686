//! Page requests: what the IOMMU answers by itself, and what waits for the guest.
//!
//! ```text
//!  Page Request ─▶ present, allowed ─────────▶ Success
//!                ─▶ mapped, not present ─▶ queue ─▶ guest's program ─▶ Success or refusal
//!                ─▶ not mapped, not allowed ─▶ Invalid Request
//!                ─▶ not enabled, queue full ─▶ Response Failure
//! ```
//! The queue is the fault that only a VCPU can complete: while the VCPUs are paused
//! nobody takes from it. PCI Express Base Specification 10.4.

use super::{MmioError, ROOT_ID, RootComplex};
use crate::iommu::{Access, Presence};
use crate::tlp::{Body, Tlp};
use crate::tlp_message::{Message, PageRequest, PageResponse, PageResponseCode};
use std::collections::VecDeque;

/// Page requests that wait for the guest; more are answered with a failure.
pub const MAX_PAGE_REQUESTS: usize = 64;

/// The page requests of one card.
#[derive(Clone, Debug, Default)]
pub(super) struct PageQueue {
    enabled: bool,
    /// Not yet taken by the guest.
    waiting: VecDeque<PageRequest>,
    /// Taken, not answered.
    taken: Vec<PageRequest>,
}

impl RootComplex {
    /// Lets the host answer page requests of a card, or not; off at first.
    pub fn enable_page_requests(&mut self, card: usize, enabled: bool) {
        if let Some(port) = self.ports.get_mut(card) {
            port.pages.enabled = enabled;
        }
    }

    /// Page requests of a card that the guest has not answered.
    pub fn open_page_requests(&self, card: usize) -> usize {
        let pages = self.ports.get(card).map(|port| &port.pages);
        pages.map_or(0, |pages| pages.waiting.len() + pages.taken.len())
    }

    /// The next page request that waits for the guest, once.
    pub(crate) fn take_page_request(&mut self, card: usize) -> Option<PageRequest> {
        let pages = &mut self.ports.get_mut(card)?.pages;
        let request = pages.waiting.pop_front()?;
        pages.taken.push(request);
        Some(request)
    }

    /// Answers a page request that was taken; [`PageResponseCode::Success`] makes the page present.
    pub(crate) fn answer_page_request(
        &mut self,
        card: usize,
        request: &PageRequest,
        code: PageResponseCode,
    ) -> Result<(), MmioError> {
        let now = self.now;
        let port = self.ports.get_mut(card).ok_or(MmioError::NoCard { card })?;
        let taken = port.pages.taken.iter().position(|taken| taken == request);
        port.pages
            .taken
            .swap_remove(taken.ok_or(MmioError::UnknownHandle)?);
        if code == PageResponseCode::Success {
            port.iommu.make_present(request.iova);
        }
        if request.last {
            port.send(now, &response(request, code), 0, 0);
        }
        Ok(())
    }

    /// Handles a message of a card.
    pub(super) fn take_message(&mut self, now: u64, card: usize, message: &Message) {
        let port = &mut self.ports[card];
        let Message::PageRequest(request) = message else {
            return port.report.malformed(&"a PRG Response of a card");
        };
        port.report.page_requests += 1;
        let access = match (request.read, request.write) {
            (true, true) => Access::ReadWrite,
            (_, true) => Access::Write,
            _ => Access::Read,
        };
        let pages = &mut port.pages;
        let open = pages.waiting.len() + pages.taken.len();
        let code = match port.iommu.presence(request.iova, access) {
            _ if !pages.enabled => PageResponseCode::Failure,
            Presence::Present => PageResponseCode::Success,
            Presence::Absent if open < MAX_PAGE_REQUESTS => {
                return pages.waiting.push_back(*request);
            }
            Presence::Absent => PageResponseCode::Failure,
            Presence::Unmapped => PageResponseCode::InvalidRequest,
        };
        if code != PageResponseCode::Success {
            port.report.refused_page_requests += 1;
        }
        if request.last {
            port.send(now, &response(request, code), 0, 0);
        }
    }
}

fn response(request: &PageRequest, code: PageResponseCode) -> Tlp {
    Tlp::new(Body::Message(Message::PageResponse(PageResponse {
        requester_id: ROOT_ID,
        destination_id: request.requester_id,
        code,
        group: request.group,
    })))
}
