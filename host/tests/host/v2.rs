//! The device as Linux VFIO v2 shows it.

use crate::model::Handle;
use slackwater_host::device::Device;
use slackwater_host::device_state::V2State::*;
use slackwater_host::v2::{DmaLogging, LoggingError, Piece, V2Error};
use slackwater_regs::bar2::range_config::ENABLE;
use slackwater_regs::log::status::TRACKING;
use std::ops::Range;

fn open(handle: &Handle) -> Device<Handle> {
    Device::open(handle.clone()).unwrap()
}

/// Reads to an end of either kind.
fn read_all(device: &mut Device<Handle>) -> (Vec<u8>, Piece) {
    let (mut all, mut piece) = (Vec::new(), [0; 1000]);
    loop {
        match device.v2().read(&mut piece).unwrap() {
            Piece::Bytes(bytes) => all.extend_from_slice(&piece[..bytes]),
            end => return (all, end),
        }
    }
}

#[test]
fn a_save_and_a_resume() {
    let source = Handle::busy(4, 6);
    let mut device = open(&source);
    device.v2().set_state(PreCopy).unwrap();
    let estimate = device.v2().precopy_info().unwrap();
    assert!(estimate.dirty_bytes > 0, "{estimate:?}");
    let (mut stream, end) = read_all(&mut device);
    assert!(!stream.is_empty() && end == Piece::NoMessage);
    source.lock().advance(50_000);
    device.v2().set_state(StopCopy).unwrap();
    let (rest, end) = read_all(&mut device);
    assert_eq!(end, Piece::End);
    stream.extend(rest);
    let destination = Handle::new(4, 7);
    let mut device = open(&destination);
    device.v2().set_state(Resuming).unwrap();
    device.v2().write(&stream).unwrap();
    device.v2().set_state(Running).unwrap();
    assert!(destination.lock().card.words == source.lock().card.words);
    let taken: [u32; 3] = [0, 9, 1];
    assert!(
        destination.lock().card.requests.ends_with(&taken),
        "by STOP and RUNNING_P2P"
    );
}

#[test]
fn what_is_blocked_or_in_the_wrong_state_is_refused_by_name() {
    let handle = Handle::new(4, 7);
    let mut device = open(&handle);
    let wrong = |result: Result<Piece, V2Error>| {
        let error = result.unwrap_err();
        assert!(matches!(error, V2Error::WrongState { .. }), "{error}");
    };
    wrong(device.v2().read(&mut [0; 4]));
    wrong(device.v2().write(&[0; 4]).map(|()| Piece::End));
    wrong(device.v2().precopy_info().map(|_| Piece::End));
    device.v2().set_state(StopCopy).unwrap();
    for (to, name) in [
        (PreCopy, "PRE_COPY"),
        (PreCopyP2p, "PRE_COPY_P2P"),
        (Error, "ERROR"),
    ] {
        let error = device.v2().set_state(to).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("STOP_COPY -> {name} is blocked: no arcs lead there")
        );
    }
    device.v2().set_state(Resuming).unwrap();
    device.v2().write(&[1, 2, 3, 4]).unwrap();
    assert!(device.v2().set_state(Running).is_err());
    assert_eq!(device.v2().state().unwrap(), Error);
    assert!(device.v2().set_state(Running).is_err());
    device.v2().reset().unwrap();
    assert_eq!(device.v2().state().unwrap(), Running);
}

/// Numbers of the set bits.
fn report(
    device: &mut Device<Handle>,
    logging: &mut DmaLogging,
    span: Range<u64>,
    page_bytes: u64,
) -> Vec<u64> {
    let pages = (span.end - span.start).div_ceil(page_bytes);
    let mut bitmap = vec![0; pages.div_ceil(64) as usize];
    logging
        .report(&mut device.v2(), span, page_bytes, &mut bitmap)
        .unwrap();
    (0..pages)
        .filter(|page| bitmap[(page / 64) as usize] >> (page % 64) & 1 == 1)
        .collect()
}

const MIB: u64 = 1 << 20;

#[test]
fn a_report_clears_what_it_reports_and_nothing_else() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    let all = 4 * MIB..12 * MIB;
    let mut logging = device
        .v2()
        .start_logging(std::slice::from_ref(&all), 4096)
        .unwrap();
    assert_eq!(logging.page_bytes(), 4096);
    for iova in [4 * MIB, 5 * MIB + 5000, 11 * MIB] {
        handle.lock().mark(iova);
    }
    let (low, high) = (4 * MIB..6 * MIB, 6 * MIB..12 * MIB);
    assert_eq!(
        report(&mut device, &mut logging, low.clone(), 4096),
        [0, 257]
    );
    assert_eq!(report(&mut device, &mut logging, low, 4096), []);
    assert_eq!(
        report(&mut device, &mut logging, high.clone(), 2 * MIB),
        [2]
    );
    assert_eq!(report(&mut device, &mut logging, high, 4096), []);
    // Added and removed while it is logged.
    let more = 0x10_0000_0000..0x10_0000_0000 + MIB;
    logging.add(&mut device.v2(), more.clone()).unwrap();
    handle.lock().mark(more.start + 4096);
    handle.lock().mark(7 * MIB);
    assert_eq!(report(&mut device, &mut logging, more.clone(), 4096), [1]);
    logging.remove(&mut device.v2(), more.clone()).unwrap();
    let error = logging.remove(&mut device.v2(), more).unwrap_err();
    assert!(matches!(error, LoggingError::NoRange { .. }), "{error}");
    assert_eq!(report(&mut device, &mut logging, all, MIB), [3]);
    logging.stop(&mut device.v2()).unwrap();
}

#[test]
fn a_log_that_is_too_small_takes_larger_pages() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    let all = 0..1 << 40;
    let mut logging = device.v2().start_logging(&[all], 4096).unwrap();
    assert_eq!(logging.page_bytes(), 1 << 24, "of a log of 2^16 pages");
    handle.lock().mark(0x12_3456_7000); // in a page of 16 MiB at 0x12_3400_0000
    let span = 0x12_3000_0000..0x12_4000_0000;
    let found = report(&mut device, &mut logging, span.clone(), 4096);
    let first = (0x12_3400_0000 - span.start) / 4096;
    assert!(
        found == Vec::from_iter(first..first + 4096),
        "all of the larger page"
    );
    assert_eq!(report(&mut device, &mut logging, span, 4096), []);
}

#[test]
fn wrong_requests_are_refused_by_value() {
    let handle = Handle::new(1, 0);
    let mut device = open(&handle);
    let one = |span| vec![span];
    let refused = |device: &mut Device<Handle>, spans: &[Range<u64>], page_bytes| {
        let logging = device.v2().start_logging(spans, page_bytes);
        logging.unwrap_err().to_string()
    };
    for page_bytes in [0, 1, 2048, 4097, 12288, 1 << 31] {
        let error = refused(&mut device, &one(0..MIB), page_bytes);
        assert!(error.contains(&format!("{page_bytes:#x}")), "{error}");
    }
    let none = refused(&mut device, &[], 4096);
    assert_eq!(none, "0 ranges: the card has 1 to 8");
    let nine: Vec<_> = (0..9)
        .map(|index| index * MIB..index * MIB + 4096)
        .collect();
    assert_eq!(
        refused(&mut device, &nine, 4096),
        "9 ranges: the card has 1 to 8"
    );
    let backwards = Range { start: MIB, end: 0 };
    for span in [0..0, 0..100, 100..4096, backwards] {
        let error = refused(&mut device, &[span], 4096);
        assert!(error.contains("whole pages of 0x1000 bytes"), "{error}");
    }
    let error = refused(&mut device, &[0..MIB, 4096..8192], 4096);
    assert!(error.contains("overlap"), "{error}");
    let machine = handle.lock();
    let (status, ranges) = (machine.card.log_status, machine.card.ranges);
    drop(machine);
    assert_eq!(status & TRACKING, 0);
    let enabled = ranges.iter().filter(|range| range[3] & ENABLE != 0);
    assert_eq!(enabled.count(), 0, "{ranges:x?}");
    let error = refused(&mut device, &one(0..u64::MAX - 4095), 4096);
    assert!(!error.is_empty());
}
