//! Migration over byte streams: frames, what is wrong with them, and connections that break.

use crate::flow::options;
use crate::model::{Handle, Seed};
use slackwater_host::Device;
use slackwater_host::flow::pipeline::{
    DeviceHello, Digest, Hello, Message, PageBatch, PageRecord, Reply, Totals,
};
use slackwater_host::flow::wire::{CodecError, ConnectError, Frame, MAGIC, accept, connect};
use slackwater_host::flow::{
    Fault, LinkError, ResumeError, ResumeOptions, ResumeReport, Rollback, SaveError, SaveReport,
    resume, save,
};
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::slice::from_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

fn messages() -> Vec<Message> {
    let mut batch = PageBatch {
        pages: vec![
            PageRecord::new(7, &[0; 4096]),
            PageRecord::new(1 << 40, &[9; 4096]),
        ],
    };
    batch.seal();
    vec![
        Message::Hello(Hello {
            memory_bytes: 1 << 33,
            devices: vec![
                DeviceHello {
                    device_type: 1,
                    config_hash: 0xffff_ffff,
                    state_words: 3,
                };
                2
            ],
        }),
        Message::Pages(batch),
        Message::State {
            device: 1,
            bytes: vec![1, 2, 3],
        },
        Message::RoundEnd { round: 4 },
        Message::Vcpus(vec![5; 70_000]),
        Message::Digest(Digest {
            pages: vec![1, 2],
            devices: vec![3],
        }),
        Message::Done(Totals {
            pages: 1 << 50,
            stream_bytes: 7,
        }),
        Message::Commit,
        Message::Abort {
            reason: "ö and more".into(),
        },
    ]
}

fn replies() -> Vec<Reply> {
    let reason = "no room".into();
    let compared_pages = 1 << 40;
    vec![
        Reply::Accepted,
        Reply::Loaded { compared_pages },
        Reply::Running,
        Reply::Failed { reason },
    ]
}

fn read<T: Frame>(mut bytes: &[u8]) -> Result<Option<T>, CodecError> {
    T::read_frame(&mut bytes)
}

#[test]
fn frames_come_back_as_they_went() {
    for message in messages() {
        assert_eq!(read::<Message>(&message.to_frame()).unwrap(), Some(message));
    }
    for reply in replies() {
        assert_eq!(read::<Reply>(&reply.to_frame()).unwrap(), Some(reply));
    }
    assert_eq!(read::<Message>(&[]).unwrap(), None);
    // A reason that is too long is cut at a character.
    let reason = "ä".repeat(5000);
    let cut = read::<Message>(&Message::Abort { reason }.to_frame()).unwrap();
    assert!(matches!(cut, Some(Message::Abort { reason }) if reason.len() == 4096));
}

#[test]
fn every_changed_and_every_cut_frame_is_refused() {
    for message in messages() {
        let frame = message.to_frame();
        let step = 1 + frame.len() / 300;
        for place in (0..frame.len()).step_by(step) {
            let error = match place {
                0 => None,
                _ => Some(read::<Message>(&frame[..place]).unwrap_err()),
            };
            assert!(error.is_none_or(|error| !error.to_string().is_empty()));
            let mut changed = frame.clone();
            changed[place] ^= 0x11;
            read::<Message>(&changed).unwrap_err();
        }
    }
}

/// Frames that are whole, and hold what cannot be.
#[test]
fn impossible_contents_are_named() {
    let sealed = |frame_type: u8, payload: &[u8]| {
        let mut frame = vec![frame_type];
        frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        frame.extend_from_slice(payload);
        let crc = crc32c::crc32c(&frame);
        frame.extend_from_slice(&crc.to_le_bytes());
        frame
    };
    let most = u32::MAX.to_le_bytes();
    for (frame, text) in [
        (vec![2, 0xff, 0xff, 0xff, 0xff], "4294967295 bytes"),
        (sealed(77, &[]), "unknown type 77"),
        (sealed(2, &most), "number of pages is 4294967295"),
        (
            sealed(2, &[1, 0, 0, 0]),
            "the number of a page is not all there",
        ),
        (sealed(6, &[1]), "or more follows"),
        (sealed(9, &most), "number of checksums is 4294967295"),
        (sealed(3, &most), "number of a device is 4294967295"),
        (sealed(1, &[0; 8]), "number of devices is not all there"),
    ] {
        let error = read::<Message>(&frame).unwrap_err().to_string();
        assert!(error.contains(text), "{error}, not {text}");
    }
    let error = read::<Reply>(&sealed(6, &[])).unwrap_err().to_string();
    assert!(error.contains("unknown type 6"), "{error}");
    // Noise never panics.
    let mut random = Seed(0x3177);
    for _ in 0..2000 {
        let length = random.below(200) as usize;
        let noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        let kind = 1 + random.below(9) as u8;
        let _ = read::<Message>(&sealed(kind, &noise));
        let _ = read::<Message>(&noise);
    }
}

#[test]
fn another_program_or_version_is_refused_with_both_values() {
    for (preamble, text) in [
        (
            b"GET / HTTP/1.1\r\n".to_vec(),
            "no Slackwater destination answers",
        ),
        (
            [&MAGIC[..], &[9, 0, 0, 0]].concat(),
            "version 9 of the protocol, this program version 1",
        ),
        (MAGIC[..5].to_vec(), "broke before anything was agreed"),
    ] {
        let (theirs, mut ours) = pipe().unwrap();
        ours.write_all(&preamble).unwrap();
        drop(ours);
        let (_sink, writer) = pipe().unwrap();
        let error: ConnectError = connect(theirs, writer).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}

/// The two ends of a TCP connection.
fn sockets() -> [TcpStream; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    [ours, listener.accept().unwrap().0]
}

/// A socket that is closed with something unread in it takes back what was last written to it.
#[test]
fn a_destination_that_refuses_and_is_gone_is_heard_by_a_source_that_sends() {
    for _ in 0..10 {
        let [ours, theirs] = sockets();
        let refusing = thread::spawn(move || {
            let mut end = accept(theirs.try_clone().unwrap(), theirs).unwrap();
            end.hello().unwrap();
            end.refuse("no room".into());
        });
        let end = connect(ours.try_clone().unwrap(), ours).unwrap();
        let messages = messages();
        let mut messages = messages.iter().cycle();
        let error = loop {
            match end.send(messages.next().unwrap().clone()) {
                Ok(()) => {}
                Err(error) => break error,
            }
        };
        drop(end);
        refusing.join().unwrap();
        let (peer, reason) = ("destination", "no room".to_owned());
        assert_eq!(error, LinkError::GaveUp { peer, reason });
    }
}

/// A source that is gone as soon as it has said why.
#[test]
fn the_last_words_of_a_source_are_heard() {
    let [ours, theirs] = sockets();
    let leaving = thread::spawn(move || {
        let end = connect(ours.try_clone().unwrap(), ours).unwrap();
        for round in 0..5 {
            end.send(Message::RoundEnd { round }).unwrap();
        }
        let reason = "changed my mind".into();
        end.send(Message::Abort { reason }).unwrap();
    });
    let mut end = accept(theirs.try_clone().unwrap(), theirs).unwrap();
    leaving.join().unwrap();
    for round in 0..5 {
        assert_eq!(end.receive(), Ok(Message::RoundEnd { round }));
    }
    let (peer, reason) = ("source", "changed my mind".to_owned());
    assert_eq!(end.receive(), Err(LinkError::GaveUp { peer, reason }));
}

/// A destination that greets and agrees, and then keeps the connection and says nothing.
#[test]
fn a_silent_destination_is_given_up_and_the_source_runs_on() {
    let source = Handle::busy(PAGES, 3);
    let [ours, theirs] = sockets();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let mute = thread::spawn(move || {
        let mut end = accept(theirs.try_clone().unwrap(), theirs).unwrap();
        end.hello().unwrap();
        end.reply(Reply::Accepted).unwrap();
        while end.receive().is_ok_and(|message| message.name() != "Done") {}
        let _ = wait.recv();
    });
    let mut end = connect(ours.try_clone().unwrap(), ours).unwrap();
    end.set_patience(Duration::from_millis(200));
    let mut device = Device::open(source.clone()).unwrap();
    let devices = from_mut(&mut device);
    let error = save(devices, &mut source.clone(), end, &options(), &mut ()).unwrap_err();
    drop(done);
    mute.join().unwrap();
    let silent = Fault::Link(LinkError::Silent {
        peer: "destination",
        waited_ms: 200,
    });
    assert_eq!((error.fault, error.rollback), (silent, Rollback::Running));
    let machine = source.lock();
    assert_eq!((machine.card.state, machine.vcpus), (1, true));
}

struct Ends {
    save: Result<SaveReport, SaveError>,
    resume: Result<ResumeReport, ResumeError>,
}

/// Copies bytes until so many have passed, or the other way has been cut.
fn copy(
    mut from: PipeReader,
    mut to: PipeWriter,
    most: usize,
    cut: &AtomicBool,
) -> io::Result<usize> {
    let mut passed = 0;
    let mut part = [0; 512];
    while passed < most && !cut.load(Ordering::SeqCst) {
        let bytes = from.read(&mut part)?;
        let bytes = bytes.min(most - passed);
        if bytes == 0 || cut.load(Ordering::SeqCst) {
            break;
        }
        to.write_all(&part[..bytes])?;
        passed += bytes;
    }
    cut.store(true, Ordering::SeqCst);
    Ok(passed)
}

/// Migrates over a connection that breaks after so many bytes to the destination, or from it. Gives
/// how many went each way.
fn migrate(source: &Handle, destination: &Handle, most: [usize; 2]) -> (Option<Ends>, [usize; 2]) {
    let (a_out, a_in) = pipe().unwrap();
    let (b_out, b_in) = pipe().unwrap();
    let (c_out, c_in) = pipe().unwrap();
    let (d_out, d_in) = pipe().unwrap();
    let cut = &AtomicBool::new(false);
    thread::scope(|scope| {
        let forth = scope.spawn(move || copy(a_out, b_in, most[0], cut));
        let back = scope.spawn(move || copy(c_out, d_in, most[1], cut));
        let resuming = scope.spawn(move || {
            let end = accept(b_out, c_in).ok()?;
            let mut device = Device::open(destination.clone()).unwrap();
            let options = ResumeOptions::default();
            let mut platform = destination.clone();
            Some(resume(
                from_mut(&mut device),
                &mut platform,
                end,
                &options,
                &mut (),
            ))
        });
        let save = connect(d_out, a_in).ok().map(|end| {
            let mut device = Device::open(source.clone()).unwrap();
            save(
                from_mut(&mut device),
                &mut source.clone(),
                end,
                &options(),
                &mut (),
            )
        });
        let resume = resuming.join().unwrap();
        let passed = [forth, back].map(|way| way.join().unwrap().unwrap_or(0));
        let ends = save.zip(resume);
        (ends.map(|(save, resume)| Ends { save, resume }), passed)
    })
}

const PAGES: usize = 40;
const WHOLE: [usize; 2] = [usize::MAX; 2];

#[test]
fn a_machine_moves_over_a_pair_of_pipes() {
    let (source, destination) = (Handle::busy(PAGES, 1), Handle::new(PAGES, 1));
    let (ends, _) = migrate(&source, &destination, WHOLE);
    let Ends { save, resume } = ends.unwrap();
    save.unwrap();
    assert!(resume.unwrap().pages >= PAGES as u64);
    let (source, destination) = (source.lock(), destination.lock());
    assert_eq!((source.card.state, source.vcpus), (0, false));
    assert_eq!((destination.card.state, destination.vcpus), (1, true));
    assert!(source.card.words == destination.card.words);
}

/// What is left when the connection broke there.
fn assert_nothing_lost(source: &Handle, destination: &Handle, ends: Option<Ends>, what: &str) {
    let running = |handle: &Handle| {
        let machine = handle.lock();
        (machine.card.state, machine.vcpus) == (1, true)
    };
    let Some(Ends { save, resume }) = ends else {
        // Nothing was agreed, so nothing was touched.
        assert!(
            running(source) && destination.lock().card.requests.is_empty(),
            "{what}"
        );
        return;
    };
    match save {
        // Only the last reply was cut off, or not even that.
        Ok(_) => assert!(resume.is_ok() && running(destination), "{what}"),
        Err(error) if error.rollback == Rollback::InDoubt => {
            let machine = source.lock();
            assert_eq!(
                (machine.card.state, machine.vcpus),
                (0, false),
                "{what}: {error}"
            );
        }
        Err(error) => {
            let kept = matches!(error.rollback, Rollback::Running | Rollback::Untouched);
            assert!(kept && running(source), "{what}: {error}");
            assert!(resume.is_err() && !running(destination), "{what}: {error}");
        }
    }
}

#[test]
fn conformance_g3_a_connection_that_breaks_at_any_byte_loses_nothing() {
    let (source, destination) = (Handle::busy(PAGES, 2), Handle::new(PAGES, 2));
    let (_, whole) = migrate(&source, &destination, WHOLE);
    assert!(whole[0] > 100_000 && whole[1] > 20, "{whole:?}");
    let mut random = Seed(0xc07);
    let early = 0..60;
    let late = whole[0] - 40..whole[0] + 1;
    let between = (0..25).map(|_| random.below(whole[0] as u64) as usize);
    let mut in_doubt = 0;
    let forth = early
        .chain(between)
        .chain(late)
        .map(|most| [most, usize::MAX]);
    let back = (0..whole[1] + 1).map(|most| [usize::MAX, most]);
    for most in forth.chain(back) {
        let (source, destination) = (Handle::busy(PAGES, 2), Handle::new(PAGES, 2));
        let (ends, _) = migrate(&source, &destination, most);
        let doubt =
            |ends: &Ends| matches!(&ends.save, Err(error) if error.rollback == Rollback::InDoubt);
        in_doubt += usize::from(ends.as_ref().is_some_and(doubt));
        assert_nothing_lost(
            &source,
            &destination,
            ends,
            &format!("cut after {most:?} bytes"),
        );
    }
    // Once the destination was told to run nobody can know, and both say so.
    assert!(in_doubt > 0);
}
