//! Messages that no client should send: the next one is always understood.

use crate::bench::{Bench, Client, Memory, longs, message, words};
use std::io::{Read, Write};
use std::os::fd::AsFd;

const EINVAL: Option<u32> = Some(22);
const EOPNOTSUPP: Option<u32> = Some(95);
const EMSGSIZE: Option<u32> = Some(90);
const E2BIG: Option<u32> = Some(7);

/// The device still answers.
fn assert_alive(client: &mut Client) {
    assert_eq!(client.read_u32(2, 0), slackwater_regs::bar2::MAGIC_VALUE);
}

#[test]
fn unknown_short_and_long_messages_are_answered_in_their_order() {
    let mut bench = Bench::new(21);
    bench.with_client(|client| {
        for command in [0, 6, 14, 19, 0xffff] {
            assert_eq!(
                client.ask(command, &[1, 2, 3]).errno,
                EOPNOTSUPP,
                "{command}"
            );
        }
        for command in [11, 12] {
            assert_eq!(client.ask(command, &[0; 32]).errno, EOPNOTSUPP);
        }
        // Too short for each command, and too long for those of a fixed length.
        for command in [2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 18] {
            assert_eq!(client.ask(command, &[0]).errno, EINVAL, "{command}");
        }
        for command in [9, 13] {
            assert_eq!(client.ask(command, &[0; 17]).errno, EINVAL, "{command}");
        }
        // Several at once: the answers come in the same order.
        let mut many = Vec::new();
        for id in 0..20 {
            let (command, flags) = if id % 3 == 0 { (77, 0) } else { (4, 0) };
            many.extend(message(id, command, flags, &[0; 16]));
        }
        // One that wants no reply, refused or not.
        many.extend(message(98, 77, 0x10, &[]));
        many.extend(message(99, 4, 0x10, &[0; 16]));
        client.socket.write_all(&many).unwrap();
        for id in 0..20 {
            let reply = client.receive();
            assert_eq!((reply.id, reply.errno.is_some()), (id, id % 3 == 0));
        }
        // A reply that nobody waits for, and a type that there is none of.
        client
            .socket
            .write_all(&message(5, 9, 1, &[0; 64]))
            .unwrap();
        client.socket.write_all(&message(6, 9, 2, &[])).unwrap();
        assert_eq!(client.receive().errno, EINVAL);
        // Too long: read to its end, and refused.
        assert_eq!(client.ask(10, &vec![0; 2 << 20]).errno, EMSGSIZE);
        let huge = [longs(&[0]), words(&[0, u32::MAX])].concat();
        assert_eq!(client.ask(9, &huge).errno, EINVAL);
        assert_eq!(client.ask(17, &words(&[0, u32::MAX])).errno, E2BIG);
        assert_alive(client);
    });
    assert!(bench.has_told("unknown command 77"));
    assert!(bench.has_told("a reply that nobody waits for"));
}

#[test]
fn a_version_comes_first_and_once() {
    let mut bench = Bench::new(22);
    let (socket, thread) = bench.connect();
    let mut client = Client { socket, id: 0 };
    assert_eq!(client.ask(4, &[0; 16]).errno, EINVAL);
    for payload in [
        &[9, 0, 0, 0][..],
        &[0, 0, 1, 0, b'{'],
        &[0, 0, 1, 0, b'[', b']', b'x', 0],
        b"\0\0\x01\0{\"capabilities\":7}\0",
    ] {
        assert_eq!(client.ask(1, payload).errno, EINVAL, "{payload:?}");
    }
    client.agree();
    assert_eq!(client.ask(1, &[0, 0, 1, 0]).errno, EINVAL);
    assert_alive(&mut client);
    drop(client);
    bench.take_back(thread);
    assert!(bench.has_told("version 9.0, this server has 0.1"));
}

/// A length that lies: where the next message begins is not known, so there is none.
#[test]
fn a_length_that_no_message_has_ends_the_connection_with_its_value() {
    let mut bench = Bench::new(23);
    for bytes in [0, 15, (16 << 20) + 1, u32::MAX] {
        bench.with_client(|client| {
            let mut lie = message(1, 4, 0, &[]);
            lie[4..8].copy_from_slice(&bytes.to_le_bytes());
            client.socket.write_all(&lie).unwrap();
            let mut rest = Vec::new();
            client.socket.read_to_end(&mut rest).unwrap();
            assert!(rest.is_empty());
        });
        assert!(bench.has_told(&format!("a message says that it has {bytes} bytes")));
    }
    // And one that is cut off.
    let (mut socket, thread) = bench.connect();
    socket.write_all(&message(1, 4, 0, &[0; 16])[..20]).unwrap();
    drop(socket);
    bench.take_back(thread);
    assert!(bench.has_told("after 20 of 32 bytes"));
    bench.with_client(assert_alive);
}

#[test]
fn a_client_that_stalls_in_a_message_is_let_go() {
    let mut bench = Bench::new(24);
    let (mut socket, thread) = bench.connect();
    socket.write_all(&message(1, 1, 0, &[0; 16])[..17]).unwrap();
    bench.take_back(thread);
    assert!(bench.has_told("stalled for 5 s after 17 of 32 bytes"));
    bench.with_client(assert_alive);
    drop(socket);
}

#[test]
fn descriptors_that_nobody_asked_for_are_refused_and_closed() {
    let fds = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut bench = Bench::new(25);
    let memory = Memory::new(4096);
    let fd = memory.file.as_fd();
    bench.with_client(|client| {
        assert_eq!(client.ask_with(4, &[0; 16], &[fd]).errno, EINVAL);
        assert_eq!(
            client
                .ask_with(8, &words(&[20, 0x24, 2, 0, 1]), &[fd; 2])
                .errno,
            EINVAL
        );
        assert_eq!(
            client
                .ask_with(8, &words(&[20, 0x21, 2, 0, 1]), &[fd])
                .errno,
            EINVAL
        );
        assert_eq!(
            client
                .ask_with(8, &words(&[20, 0x24, 2, 1, 1]), &[fd])
                .errno,
            EINVAL
        );
        let before = fds();
        for _ in 0..50 {
            assert_eq!(
                client
                    .ask_with(8, &words(&[20, 0x24, 2, 0, 1]), &[fd; 40])
                    .errno,
                E2BIG
            );
        }
        // Other tests open and close some, but not fifty times forty.
        assert!(fds() < before + 200, "{before} became {}", fds());
        assert_alive(client);
    });
}
