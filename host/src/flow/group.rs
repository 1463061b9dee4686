//! What the flows do to all devices of a machine at once.
//!
//! The devices share one map of DMA, as in a container of VFIO (rule V4), so every one has the
//! same ranges in its log. A step is asked of all of them before the first answer is
//! waited for, and no step begins before all have answered the one before: no device passes
//! a grace state before all have reached it (rule M1).

use super::Fault;
use crate::device::Device;
use crate::device_state::DeviceState;
use crate::function::Function;

/// Tells which device of a group failed; a single one needs no number.
pub(super) fn in_device(devices: usize, device: usize, fault: impl Into<Fault>) -> Fault {
    let fault = fault.into();
    if devices == 1 {
        return fault;
    }
    Fault::InDevice {
        device,
        fault: Box::new(fault),
    }
}

/// Does something with each device, up to the first that fails.
pub(super) fn each<F: Function, E: Into<Fault>>(
    devices: &mut [Device<F>],
    mut act: impl FnMut(usize, &mut Device<F>) -> Result<(), E>,
) -> Result<(), Fault> {
    let count = devices.len();
    for (index, device) in devices.iter_mut().enumerate() {
        act(index, device).map_err(|fault| in_device(count, index, fault))?;
    }
    Ok(())
}

/// Does something with each device, whatever fails; the first failure is told.
pub(super) fn every<F: Function, E: Into<Fault>>(
    devices: &mut [Device<F>],
    mut act: impl FnMut(usize, &mut Device<F>) -> Result<(), E>,
) -> Result<(), Fault> {
    let count = devices.len();
    let mut first = Ok(());
    for (index, device) in devices.iter_mut().enumerate() {
        if let Err(fault) = act(index, device)
            && first.is_ok()
        {
            first = Err(in_device(count, index, fault));
        }
    }
    first
}

/// Takes those devices to a state for which `wanted` is true. All set out before one is waited
/// for, and all have answered when this returns, also if one of them failed.
pub(super) fn set_states<F: Function>(
    devices: &mut [Device<F>],
    state: DeviceState,
    wanted: impl Fn(&Device<F>) -> bool,
) -> Result<(), Fault> {
    let request = |device: &mut Device<F>| wanted(device).then(|| device.request_state(state));
    let requests: Vec<_> = devices.iter_mut().map(request).collect();
    let mut requests = requests.into_iter();
    every(devices, |_, device| match requests.next().flatten() {
        Some(request) => device.await_state(request?),
        None => Ok(()),
    })
}

/// Takes all devices to a state.
pub(super) fn set_all<F: Function>(
    devices: &mut [Device<F>],
    state: DeviceState,
) -> Result<(), Fault> {
    set_states(devices, state, |_| true)
}

/// Takes the devices that have NDMA to a state with it. The others are pushed down to the
/// next step (rule O2).
pub(super) fn set_ndma<F: Function>(
    devices: &mut [Device<F>],
    state: DeviceState,
) -> Result<(), Fault> {
    set_states(devices, state, |device| device.identity().ndma)
}

/// Whether all have NDMA.
pub(super) fn all_have_ndma<F: Function>(devices: &[Device<F>]) -> bool {
    devices.iter().all(|device| device.identity().ndma)
}

/// All are in RUNNING (rules S1, R1), and there is one at least.
pub(super) fn check_running<F: Function>(devices: &mut [Device<F>]) -> Result<(), Fault> {
    if devices.is_empty() {
        return Err(Fault::Option {
            option: "number of devices",
            value: 0,
            expected: "1 or more".to_owned(),
        });
    }
    each(devices, |_, device| {
        let expected = DeviceState::RUNNING;
        match device.state()? {
            found if found == expected => Ok(()),
            found => Err(Fault::StartState { expected, found }),
        }
    })
}

/// Peer-to-peer DMA needs NDMA on every device (rules T1, T2, O3): without it a device
/// could reach a peer that no longer expects MMIO.
pub(super) fn check_peers<F: Function>(
    devices: &[Device<F>],
    peer_dma_is_mapped: bool,
) -> Result<(), Fault> {
    let without = devices.iter().position(|device| !device.identity().ndma);
    match without {
        Some(device) if peer_dma_is_mapped => Err(Fault::NeedsNdma {
            device,
            what: "peer-to-peer DMA, which is mapped",
        }),
        _ => Ok(()),
    }
}
