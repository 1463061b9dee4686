//! Page requests in the grace state of the vIOMMU (rules S4, F1 to F3).
//!
//! NDMA is asserted, so no new page request comes; VCPUs run, so the guest can answer
//! those that are out. Only when the platform has no fault left and the device counts
//! none may the VCPUs be paused: a fault that only a VCPU can complete would stay for ever.

use super::{Fault, group};
use crate::device::Device;
use crate::function::Function;
use crate::platform::Platform;

/// Time between two looks at the device.
const POLL_NS: u64 = 1_000;

/// Refuses a device that uses page requests though it has no NDMA (rules F3, O3).
pub(super) fn check<F: Function>(device: &mut Device<F>) -> Result<(), Fault> {
    if device.identity().ndma {
        return Ok(());
    }
    match device.page_requests()? {
        Some(0) => Ok(()),
        outstanding => Err(Fault::PageRequestsWithoutNdma { outstanding }),
    }
}

/// Waits, with VCPUs running, until no device has a page request outstanding. Returns how long, in ns.
pub(super) fn settle<F: Function, P: Platform>(
    devices: &mut [Device<F>],
    platform: &mut P,
    limit_ns: u64,
) -> Result<u64, Fault> {
    let begun_ns = platform.now_ns();
    platform.settle_io_page_faults();
    group::each(devices, |_, device| {
        if !device.identity().page_requests {
            return Ok(());
        }
        loop {
            let outstanding = device.page_requests()?;
            if outstanding == Some(0) {
                return Ok(());
            }
            let waited_ns = platform.now_ns() - begun_ns;
            // Nothing that is waited for brings a lost count back.
            if outstanding.is_none() || waited_ns >= limit_ns {
                return Err(Fault::PageRequests {
                    outstanding,
                    limit_ns,
                });
            }
            platform.elapse_ns(POLL_NS.min(limit_ns - waited_ns).max(1));
            platform.settle_io_page_faults();
        }
    })?;
    Ok(platform.now_ns() - begun_ns)
}
