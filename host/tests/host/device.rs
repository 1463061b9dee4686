//! Opening, device_state, reset: every answer that a device may give, and some that it may not.

use crate::model::{Handle, STATE_WORDS};
use slackwater_host::device::{Device, FailureReason, OpenError, StateError};
use slackwater_host::{AccessError, Counter, DeviceState, RegisterError};
use slackwater_regs::state::{Outcome, Reason};

fn open(handle: &Handle) -> Device<Handle> {
    Device::open(handle.clone()).unwrap()
}

fn open_error(handle: &Handle) -> OpenError {
    Device::open(handle.clone())
        .err()
        .expect("the device must be refused")
}

#[test]
fn a_device_says_what_it_is() {
    let handle = Handle::new(1, 0);
    let device = open(&handle);
    let identity = device.identity();
    assert!(identity.ndma && identity.atomic_clear && identity.internal_log);
    assert_eq!((identity.range_count, identity.log_pages), (8, 65536));
    assert_eq!(identity.state_words as usize, STATE_WORDS);
}

#[test]
fn a_mismatch_is_refused_with_both_values() {
    let handle = Handle::new(1, 0);
    handle.lock().card.magic = 0xffff_ffff;
    let error = open_error(&handle);
    assert_eq!(
        error,
        OpenError::Magic {
            expected: 0x534c_4b57,
            found: 0xffff_ffff
        }
    );
    assert!(error.to_string().contains("0xffffffff"), "{error}");
    assert!(error.to_string().contains("0x534c4b57"), "{error}");

    let handle = Handle::new(1, 0);
    handle.lock().card.version = 0x0002_0007;
    let error = open_error(&handle);
    assert_eq!(
        error,
        OpenError::Version {
            expected: 0x0001_0002,
            found: 0x0002_0007
        }
    );
    assert!(
        error.to_string().contains("2.7") && error.to_string().contains("1.2"),
        "{error}"
    );

    for pages in [0, 4096, 32768, 65536 * 32, u32::MAX] {
        let handle = Handle::new(1, 0);
        handle.lock().card.log_pages = pages;
        let error = open_error(&handle);
        let OpenError::Description {
            register: "LOG_PAGES",
            found,
            ..
        } = error
        else {
            panic!("{pages} pages: {error}");
        };
        assert_eq!(found, pages);
    }
}

#[test]
fn a_later_minor_version_is_driven() {
    let handle = Handle::new(1, 0);
    handle.lock().card.version = 0x0001_0009;
    assert_eq!(open(&handle).identity().version, 0x0001_0009);
}

#[test]
fn states_are_walked_and_numbers_wrap() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    for _ in 0..150 {
        for state in [DeviceState::PRE_COPY, DeviceState::RUNNING] {
            device.set_state(state).unwrap();
            assert_eq!(device.state().unwrap(), state);
        }
    }
    assert_eq!(handle.lock().card.commands, 300, "each request acts once");
}

#[test]
fn a_refused_state_tells_why() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    let error = device.set_state(DeviceState::from_bits(5)).unwrap_err();
    let reason = FailureReason(Reason::InvalidState as u32);
    let (requested, present) = (DeviceState::from_bits(5), DeviceState::RUNNING);
    assert_eq!(
        error,
        StateError::Kept {
            requested,
            present,
            reason
        }
    );
    assert!(error.to_string().contains("RESUMING|RUNNING"), "{error}");

    let answer = (2, Outcome::Error, Reason::Watchdog as u32);
    handle.lock().faults.state_answer = Some(answer);
    let error = device.set_state(DeviceState::SAVING).unwrap_err();
    assert!(
        matches!(
            error,
            StateError::Error {
                reason: FailureReason(5),
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("firmware did not answer"),
        "{error}"
    );
    assert_eq!(device.state().unwrap(), DeviceState::ERROR);
    let error = device.set_state(DeviceState::RUNNING).unwrap_err();
    assert!(
        matches!(
            error,
            StateError::Error {
                reason: FailureReason(2),
                ..
            }
        ),
        "{error}"
    );

    device.reset().unwrap();
    assert_eq!(device.state().unwrap(), DeviceState::RUNNING);
    device.set_state(DeviceState::STOP).unwrap();
}

#[test]
fn an_unknown_reason_is_told_by_its_number() {
    let handle = Handle::new(1, 0);
    handle.lock().faults.state_answer = Some((2, Outcome::Kept, 4711));
    let error = open(&handle).set_state(DeviceState::SAVING).unwrap_err();
    assert!(error.to_string().contains("unknown reason 4711"), "{error}");
}

/// Rule G4 allows three answers; the driver believes no other.
#[test]
fn g4_any_other_answer_is_an_error() {
    for (raw, what) in [
        (0x12, "succeeded, in the wrong state"),
        (0x2b, "kept, in another state"),
        (0x31, "error, in RUNNING"),
        (0x03, "no outcome"),
    ] {
        let handle = Handle::new(1, 0);
        let mut device = open(&handle);
        handle.lock().faults.raw_state_answer = Some(raw);
        let error = device.set_state(DeviceState::PRE_COPY).unwrap_err();
        assert!(
            matches!(error, StateError::Answer { .. }),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_silent_device_times_out() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    handle.lock().faults.silent = true;
    let before_ns = handle.lock().now_ns;
    let error = device.set_state(DeviceState::SAVING).unwrap_err();
    let StateError::Register(RegisterError::DeviceTimeout {
        waited_ns, status, ..
    }) = error
    else {
        panic!("{error}");
    };
    assert!(waited_ns >= device.deadlines().state_ns);
    assert_eq!(status & 0x100, 0x100, "it was still pending");
    let took_ns = handle.lock().now_ns - before_ns;
    assert!(took_ns < 2 * device.deadlines().state_ns, "{took_ns}");
}

#[test]
fn i4_a_lost_command_is_repeated_and_acts_once() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    for lost in 1..4 {
        handle.lock().faults.lost_commands = lost;
        handle.lock().card.requests.clear();
        device.set_state(DeviceState::PRE_COPY).unwrap();
        device.set_state(DeviceState::RUNNING).unwrap();
        assert_eq!(handle.lock().card.requests, [3, 1], "{lost} lost");
    }
    handle.lock().faults.lost_commands = u32::MAX;
    let error = device.set_state(DeviceState::SAVING).unwrap_err();
    assert!(
        matches!(
            error,
            StateError::Register(RegisterError::DeviceTimeout { .. })
        ),
        "{error}"
    );
}

#[test]
fn i4_a_lost_answer_is_read_again() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    handle.lock().faults.lost_reads = 2;
    device.set_state(DeviceState::PRE_COPY).unwrap();
    handle.lock().faults.lost_reads = 3;
    let error = device.set_state(DeviceState::RUNNING).unwrap_err();
    let timeout = RegisterError::Access(AccessError::Timeout {
        bar: 2,
        offset: 0x24,
        waited_ns: 1,
    });
    assert_eq!(error, StateError::Register(timeout));
}

#[test]
fn all_ones_is_no_status() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    handle.lock().faults.all_ones = true;
    assert_eq!(device.state(), Err(RegisterError::AllOnes { offset: 0x24 }));
    let error = device.dirty_log().start().unwrap_err();
    assert!(error.to_string().contains("all-ones"), "{error}");
}

#[test]
fn counters_have_names() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    handle.lock().card.outside = 77;
    assert_eq!(device.counter(Counter::Outside).unwrap(), 77);
    let all = device.counters().unwrap();
    assert_eq!(all[1], (Counter::Outside, 77));
    assert_eq!(all[1].0.name(), "COUNT_OUTSIDE");
}
