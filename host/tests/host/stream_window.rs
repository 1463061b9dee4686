//! The data window: bytes in order, once, both ends of stream, and refusals.

use crate::model::Handle;
use slackwater_host::device::{Device, StateError};
use slackwater_host::stream_window::WindowError;
use slackwater_host::{DeviceState, RegisterError};
use slackwater_regs::window::EndOfStream;
use std::io::{ErrorKind, Read, Write};

fn open(handle: &Handle) -> Device<Handle> {
    Device::open(handle.clone()).unwrap()
}

/// The whole stream of a busy device, read in odd pieces, across pre-copy and stop-copy.
fn stream_of(handle: &Handle) -> Vec<u8> {
    let mut device = open(handle);
    device.set_state(DeviceState::PRE_COPY).unwrap();
    let mut stream = Vec::new();
    device.stream_window().read_to_end(&mut stream).unwrap();
    assert_eq!(
        device.stream_window().end_of_stream(),
        EndOfStream::Temporary
    );
    handle.lock().advance(50_000);
    stream.extend([0; 10]);
    let ten = stream.len() - 10;
    device
        .stream_window()
        .read_exact(&mut stream[ten..])
        .unwrap();
    assert_eq!(device.stream_window().end_of_stream(), EndOfStream::No);
    device.set_state(DeviceState::SAVING).unwrap();
    let mut piece = [0; 777];
    loop {
        match device.stream_window().read(&mut piece).unwrap() {
            0 => break,
            bytes => stream.extend_from_slice(&piece[..bytes]),
        }
    }
    assert_eq!(device.stream_window().end_of_stream(), EndOfStream::Final);
    assert_eq!(
        device.stream_window().read(&mut piece).unwrap(),
        0,
        "final is final"
    );
    stream
}

#[test]
fn i9_a_stream_goes_through_in_any_pieces() {
    let source = Handle::busy(4, 1);
    let stream = stream_of(&source);
    for piece_bytes in [1, 3, 4, 1000, 4096, 5000, 1 << 20] {
        let destination = Handle::new(4, 2);
        let mut device = open(&destination);
        device.set_state(DeviceState::RESUMING).unwrap();
        for piece in stream.chunks(piece_bytes) {
            device.stream_window().write_all(piece).unwrap();
        }
        if piece_bytes == 1000 {
            let error = device.set_state(DeviceState::STOP).unwrap_err();
            assert!(matches!(error, StateError::Unpushed { .. }), "{error}");
        }
        device.stream_window().finish().unwrap();
        assert_eq!(device.stream_window().pushed_bytes(), stream.len() as u64);
        device.set_state(DeviceState::STOP).unwrap();
        assert!(
            destination.lock().card.words == source.lock().card.words,
            "{piece_bytes}"
        );
    }
}

#[test]
fn a_truncated_stream_is_an_error() {
    let stream = stream_of(&Handle::busy(4, 3));
    for bytes in [0, 4, 4096, stream.len() - 4] {
        let mut device = open(&Handle::new(4, 4));
        device.set_state(DeviceState::RESUMING).unwrap();
        device.stream_window().write_all(&stream[..bytes]).unwrap();
        device.stream_window().finish().unwrap();
        let error = device.set_state(DeviceState::STOP).unwrap_err();
        assert!(
            matches!(error, StateError::Error { .. }),
            "{bytes} bytes: {error}"
        );
        assert_eq!(device.state().unwrap(), DeviceState::ERROR);
    }
    let mut device = open(&Handle::new(4, 4));
    device.set_state(DeviceState::RESUMING).unwrap();
    device
        .stream_window()
        .write_all(&stream[..4097 + 1])
        .unwrap();
    let error = device.stream_window().finish().unwrap_err();
    assert_eq!(error, WindowError::PartialWord { stream_bytes: 4098 });
}

#[test]
fn invalid_data_is_told_with_its_reason() {
    let mut device = open(&Handle::new(4, 4));
    device.set_state(DeviceState::RESUMING).unwrap();
    device.stream_window().write_all(&[7; 4096]).unwrap();
    let error = device.stream_window().flush().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(error.to_string().contains("no migration stream"), "{error}");
}

#[test]
fn a_command_in_the_wrong_state_is_refused() {
    let mut device = open(&Handle::new(4, 4));
    let error = device.stream_window().read(&mut [0; 4]).unwrap_err();
    assert!(error.to_string().contains("WrongState"), "{error}");
    device.stream_window().write_all(&[0; 4096]).unwrap();
    let error = device.stream_window().flush().unwrap_err();
    assert!(error.to_string().contains("WrongState"), "{error}");
}

#[test]
fn an_impossible_answer_is_an_error() {
    for raw in [4100 << 8, 0x1fff << 8, 3 << 8, 3 << 6] {
        let handle = Handle::busy(4, 5);
        let mut device = open(&handle);
        device.set_state(DeviceState::SAVING).unwrap();
        handle.lock().faults.raw_window_answer = Some(raw);
        let error = device.stream_window().read_bytes(&mut [0; 4]).unwrap_err();
        assert!(
            matches!(error, WindowError::Answer { .. }),
            "{raw:#x}: {error}"
        );
    }
}

#[test]
fn a_device_that_gives_nothing_is_given_up() {
    let handle = Handle::busy(4, 5);
    let mut device = open(&handle);
    device.set_state(DeviceState::SAVING).unwrap();
    handle.lock().faults.empty_answers = 3;
    assert_ne!(
        device.stream_window().read_bytes(&mut [0; 4096]),
        Ok(0),
        "patience"
    );
    handle.lock().faults.empty_answers = u32::MAX;
    let error = loop {
        if let Err(error) = device.stream_window().read_bytes(&mut [0; 4096]) {
            break error;
        }
    };
    assert_eq!(error, WindowError::NothingComes { answers: 16 });
}

#[test]
fn i4_a_lost_command_repeats_no_bytes() {
    let source = Handle::busy(4, 6);
    let mut device = open(&source);
    device.set_state(DeviceState::SAVING).unwrap();
    let mut stream = Vec::new();
    let mut piece = [0; 4096];
    loop {
        source.lock().faults.lost_commands = 1;
        match device.stream_window().read_bytes(&mut piece).unwrap() {
            0 => break,
            bytes => stream.extend_from_slice(&piece[..bytes]),
        }
    }
    source.lock().faults.lost_commands = 0;
    let destination = Handle::new(4, 7);
    let mut device = open(&destination);
    device.set_state(DeviceState::RESUMING).unwrap();
    for piece in stream.chunks(4096) {
        destination.lock().faults.lost_commands = 1;
        device.stream_window().write_bytes(piece).unwrap();
    }
    device.stream_window().finish().unwrap();
    device.set_state(DeviceState::STOP).unwrap();
    assert!(destination.lock().card.words == source.lock().card.words);
    destination.lock().faults.lost_commands = u32::MAX;
    let error = device.stream_window().read_bytes(&mut piece).unwrap_err();
    assert!(
        matches!(
            error,
            WindowError::Register(RegisterError::DeviceTimeout { .. })
        ),
        "{error}"
    );
}

/// Rule E1: SAVING with RUNNING after the end of a stream begins another one, whatever NDMA was in
/// between.
#[test]
fn e1_a_stream_begins_again_after_its_end() {
    for between in [DeviceState::SAVING, DeviceState::SAVING.with_ndma()] {
        for again in [DeviceState::PRE_COPY, DeviceState::PRE_COPY_NDMA] {
            let handle = Handle::busy(4, 6);
            let mut device = open(&handle);
            device.set_state(DeviceState::SAVING).unwrap();
            let mut stream = Vec::new();
            device.stream_window().read_to_end(&mut stream).unwrap();
            device.set_state(between).unwrap();
            let end = device.stream_window().end_of_stream();
            assert_eq!(end, EndOfStream::Final, "{between} carries it on");
            device.set_state(again).unwrap();
            let read = device.stream_window().read_to_end(&mut stream).unwrap();
            let end = device.stream_window().end_of_stream();
            assert!(
                read > 0 && end == EndOfStream::Temporary,
                "{between} to {again}: {read} bytes, {end:?}"
            );
        }
    }
}
