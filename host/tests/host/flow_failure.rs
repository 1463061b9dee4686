//! Every way in which the flows may fail, and what is left then.

use crate::flow::{Outcomes, PAGES, assert_moved, migrate, migrate_with, options};
use crate::model::{Faults, Handle};
use slackwater_host::flow::pipeline::{Content, Message, Reply};
use slackwater_host::flow::{
    DmaMapping, Fault, LinkError, Phase, Rollback, SaveOptions, save, transport,
};
use slackwater_host::{Device, DeviceState, LogError, StateError};
use slackwater_regs::state::{self, Outcome, Reason};

/// The source runs on as if nothing had been tried.
fn assert_rolled_back(outcomes: &Outcomes, source: &Handle, destination: &Handle, what: &str) {
    let save = outcomes.save.as_ref().expect_err(what);
    assert_eq!(save.rollback, Rollback::Running, "{what}: {save}");
    assert!(outcomes.resume.is_err(), "{what}");
    let (source, destination) = (source.lock(), destination.lock());
    assert_eq!((source.card.state, source.vcpus), (1, true), "{what}");
    assert_eq!(source.card.log_status & 0x20, 0, "{what}: tracking is off");
    assert!(source.cpu_log.is_none(), "{what}");
    assert!(!destination.vcpus, "{what}: the destination does not run");
    assert_eq!(
        destination.card.state, 1,
        "{what}: the destination's device was reset"
    );
}

#[test]
fn any_refused_state_takes_the_source_back() {
    let refusals = [
        (3, Phase::PreCopy),
        (11, Phase::IommuGrace),
        (2, Phase::StopCopy),
        (0, Phase::Handover),
    ];
    for (bits, phase) in refusals {
        let (source, destination) = (Handle::busy(PAGES, 7), Handle::new(PAGES, 7));
        let answer = (bits, Outcome::Kept, Reason::NotQuiesced as u32);
        source.lock().faults.state_answer = Some(answer);
        let before = source.lock().card.words[0];
        let outcomes = migrate(&source, &destination, &options());
        assert_rolled_back(&outcomes, &source, &destination, phase.name());
        let error = outcomes.save.unwrap_err();
        assert_eq!(error.phase, phase);
        assert!(
            matches!(error.fault, Fault::State(StateError::Kept { .. })),
            "{error}"
        );
        assert!(error.to_string().contains("the source runs on"), "{error}");
        assert_eq!(source.lock().card.words[0], before, "the device works on");
        let told = outcomes.resume.unwrap_err();
        let told_reason = matches!(&told.fault, Fault::Link(LinkError::GaveUp { reason, .. })
            if reason.contains("DMA did not come to rest"));
        assert!(told_reason, "{told}");
        // And nothing is in the way of the next try.
        source.lock().faults = Faults::default();
        let fresh = Handle::new(PAGES, 8);
        let outcomes = migrate(&source, &fresh, &options());
        assert_moved(&outcomes, &source, &fresh, 7);
    }
}

#[test]
fn a_device_in_error_is_reported_as_such() {
    let (source, destination) = (Handle::busy(PAGES, 7), Handle::new(PAGES, 7));
    source.lock().faults.state_answer = Some((2, Outcome::Error, Reason::Watchdog as u32));
    let outcomes = migrate(&source, &destination, &options());
    let error = outcomes.save.unwrap_err();
    assert!(
        matches!(error.rollback, Rollback::DeviceFailed(_)),
        "{error}"
    );
    assert_eq!(error.phase, Phase::StopCopy);
    assert!(source.lock().vcpus && !destination.lock().vcpus);
}

#[test]
fn a_changed_page_is_named_and_nothing_is_given_up() {
    let (source, destination) = (Handle::busy(PAGES, 9), Handle::new(PAGES, 9));
    let mut changed = None;
    let tap = move |message: &mut Message| {
        let Message::Pages(batch) = message else {
            return;
        };
        for record in &mut batch.pages {
            if let (Content::Bytes(bytes), None, 100..) =
                (&mut record.content, changed, record.page)
            {
                bytes[4000] ^= 0x10;
                changed = Some(record.page);
            }
        }
    };
    let outcomes = migrate_with(&source, &destination, &options(), tap);
    assert_rolled_back(&outcomes, &source, &destination, "a changed page");
    let error = outcomes.resume.unwrap_err();
    let Fault::PageChecksum {
        page,
        expected,
        found,
    } = error.fault
    else {
        panic!("{error}")
    };
    assert!((100..300).contains(&page) && expected != found);
    let text = outcomes.save.unwrap_err().to_string();
    assert!(text.contains(&format!("page {page}:")), "{text}");
}

/// One flipped bit, a lost message, a message too much: each is found before the source gives up.
#[test]
fn conformance_g3_a_changed_stream_is_found_before_the_source_gives_up() {
    type Tap = fn(u32, &mut Message);
    let taps: [(&str, Tap); 4] = [
        ("one bit", |count, message| {
            if let (2, Message::State { bytes, .. }) = (count, message) {
                bytes[101] ^= 1;
            }
        }),
        ("the first bytes", |count, message| {
            if let (1, Message::State { bytes, .. }) = (count, message) {
                bytes[0] ^= 1;
            }
        }),
        ("a part is gone", |count, message| {
            if let (2, Message::State { bytes, .. }) = (count, message) {
                bytes.clear();
            }
        }),
        ("a part is too long", |count, message| {
            if let (2, Message::State { bytes, .. }) = (count, message) {
                bytes.resize(0x1_0004, 0);
            }
        }),
    ];
    for (what, tap) in taps {
        let (source, destination) = (Handle::busy(PAGES, 10), Handle::new(PAGES, 10));
        let mut count = 0;
        let outcomes = migrate_with(&source, &destination, &options(), move |message| {
            count += u32::from(matches!(message, Message::State { .. }));
            tap(count, message);
        });
        assert_rolled_back(&outcomes, &source, &destination, what);
    }
}

#[test]
fn a_stream_without_its_trailer_ends_in_error_on_the_destination() {
    let (source, destination) = (Handle::busy(PAGES, 11), Handle::new(PAGES, 11));
    source.lock().faults.no_trailer = true;
    let outcomes = migrate(&source, &destination, &options());
    assert_rolled_back(&outcomes, &source, &destination, "no trailer");
    let error = outcomes.resume.unwrap_err();
    assert!(
        matches!(error.fault, Fault::State(StateError::Error { .. })),
        "{error}"
    );
}

#[test]
fn a_destination_that_cannot_run_gives_the_machine_back() {
    for bits in [4, 0, 9, 1] {
        let (source, destination) = (Handle::busy(PAGES, 12), Handle::new(PAGES, 12));
        let answer = (bits, Outcome::Kept, Reason::NotFrozen as u32);
        destination.lock().faults.state_answer = Some(answer);
        let outcomes = migrate(&source, &destination, &options());
        assert_rolled_back(&outcomes, &source, &destination, &format!("state {bits}"));
    }
}

/// A destination that was told to run and is not heard of again may be running.
#[test]
fn a_destination_that_vanishes_after_the_commit_leaves_doubt() {
    for (last, rollback) in [("Done", Rollback::Running), ("Commit", Rollback::InDoubt)] {
        let source = Handle::busy(PAGES, 16);
        let (source_end, mut destination_end) = transport(4).unwrap();
        let vanishing = std::thread::spawn(move || {
            loop {
                let message = destination_end.receive().unwrap();
                if message.name() == last {
                    return;
                }
                let compared_pages = 0;
                let reply = match message {
                    Message::Hello(_) => Reply::Accepted,
                    Message::Done(_) => Reply::Loaded { compared_pages },
                    _ => continue,
                };
                destination_end.reply(reply).unwrap();
            }
        });
        let mut device = Device::open(source.clone()).unwrap();
        let error = save(
            std::slice::from_mut(&mut device),
            &mut source.clone(),
            source_end,
            &options(),
            &mut (),
        );
        vanishing.join().unwrap();
        let error = error.unwrap_err();
        assert_eq!(
            error.fault,
            Fault::Link(LinkError::Gone {
                peer: "destination"
            })
        );
        assert_eq!(error.rollback, rollback, "gone after {last}");
        let machine = source.lock();
        let runs = rollback == Rollback::Running;
        assert_eq!((machine.card.state, machine.vcpus), (u32::from(runs), runs));
    }
}

/// One that never agrees, and one that agrees and is not heard of again.
#[test]
fn a_destination_that_says_nothing_is_given_up() {
    for (accepts, rollback) in [(false, Rollback::Untouched), (true, Rollback::Running)] {
        let source = Handle::busy(PAGES, 17);
        let (mut source_end, mut destination_end) = transport(1).unwrap();
        source_end.set_patience(std::time::Duration::from_millis(100));
        let mute = std::thread::spawn(move || {
            if accepts {
                destination_end.hello().unwrap();
                destination_end.reply(Reply::Accepted).unwrap();
            }
            destination_end
        });
        let mut device = Device::open(source.clone()).unwrap();
        let error = save(
            std::slice::from_mut(&mut device),
            &mut source.clone(),
            source_end,
            &options(),
            &mut (),
        );
        drop(mute.join().unwrap());
        let error = error.unwrap_err();
        assert!(
            matches!(error.fault, Fault::Link(LinkError::Silent { .. })),
            "{error}"
        );
        assert_eq!(error.rollback, rollback);
    }
}

#[test]
fn unlike_machines_are_refused_with_both_values() {
    let (source, destination) = (Handle::busy(PAGES, 13), Handle::new(PAGES + 1, 13));
    let outcomes = migrate(&source, &destination, &options());
    let text = outcomes.save.unwrap_err().to_string();
    assert!(
        text.contains("0x12c000") && text.contains("0x12d000"),
        "{text}"
    );
    let (source, destination) = (Handle::busy(PAGES, 13), Handle::new(PAGES, 13));
    destination.lock().card.device_type = 0xe;
    let outcomes = migrate(&source, &destination, &options());
    let (what, expected, found) = ("device type", 0xe, 0xd);
    assert_eq!(
        outcomes.resume.unwrap_err().fault,
        Fault::Mismatch {
            what,
            expected,
            found
        }
    );
    assert_eq!(destination.lock().card.requests, [], "nothing was touched");
}

#[test]
fn a_device_that_is_not_running_is_not_migrated() {
    let (source, destination) = (Handle::busy(PAGES, 14), Handle::new(PAGES, 14));
    source.lock().card.state = state::SAVING;
    let outcomes = migrate(&source, &destination, &options());
    let error = outcomes.save.unwrap_err();
    assert!(matches!(error.fault, Fault::StartState { .. }), "{error}");
    assert_eq!(error.rollback, Rollback::Untouched);
    assert_eq!(source.lock().card.requests, []);
}

#[test]
fn impossible_options_are_refused_before_anything() {
    let mapping = DmaMapping {
        iova: 0,
        address: 0x1000,
        bytes: PAGES as u64 * 4096,
        page_shift: 12,
    };
    for options in [
        SaveOptions {
            network_bytes_per_s: 0,
            ..options()
        },
        SaveOptions {
            batch_pages: 0,
            ..options()
        },
        SaveOptions {
            batch_pages: 1025,
            ..options()
        },
        SaveOptions {
            mappings: vec![mapping],
            ..options()
        },
    ] {
        let (source, destination) = (Handle::busy(PAGES, 15), Handle::new(PAGES, 15));
        let error = migrate(&source, &destination, &options).save.unwrap_err();
        assert!(matches!(error.fault, Fault::Option { .. }), "{error}");
        assert_eq!(error.rollback, Rollback::Untouched);
    }
    // More memory than the log covers: said with both sizes, and the source runs on.
    let (source, destination) = (Handle::new(65537, 15), Handle::new(65537, 15));
    let error = migrate(&source, &destination, &options()).save.unwrap_err();
    assert!(
        error.to_string().contains("2049") && error.to_string().contains("2048"),
        "{error}"
    );
    assert_eq!(error.rollback, Rollback::Running);
}

/// A device that somebody else has reset is not taken for the one that was left (rule G4): neither
/// its state nor its log.
#[test]
fn a_device_that_was_reset_by_somebody_else_is_noticed_once() {
    let handle = Handle::busy(PAGES, 18);
    let mut device = Device::open(handle.clone()).unwrap();
    device.dirty_log().start().unwrap();
    device.set_state(DeviceState::PRE_COPY).unwrap();
    let _ = device.dirty_log().harvest(|_| {}).unwrap();
    {
        let mut machine = handle.lock();
        machine.card.state = state::RUNNING;
        machine.card.log_status &= !slackwater_regs::log::status::TRACKING;
    }
    let lost = device.dirty_log().harvest(|_| {});
    assert_eq!(lost.unwrap_err(), LogError::Lost);
    let changed = StateError::Changed {
        expected: DeviceState::PRE_COPY,
        found: DeviceState::RUNNING,
    };
    assert_eq!(device.set_state(DeviceState::SAVING), Err(changed));
    device.set_state(DeviceState::SAVING).unwrap();
    // A log that was stopped is off as it must be, and can still be read.
    device.dirty_log().stop().unwrap();
    let _ = device.dirty_log().harvest(|_| {}).unwrap();
}
