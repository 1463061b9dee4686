//! Migration between two processes: over sockets, pipes and commands, and over connections that break.

use slackwater_host::flow::pipeline::{DeviceHello, Hello, LinkError, Message};
use slackwater_host::flow::wire::connect;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

const PROGRAM: &str = env!("CARGO_BIN_EXE_slackwater");

/// Exit statuses that the program's help names.
const MIGRATED: Option<i32> = Some(0);
const IN_DOUBT: Option<i32> = Some(1);
const REFUSED: Option<i32> = Some(2);
const STAYED: Option<i32> = Some(3);

/// A new path of this test's own.
fn path(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("processes");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    let _ = fs::remove_file(&path);
    path.to_str().unwrap().to_owned()
}

fn json(path: &str) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A program that listens.
struct Receiver {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    /// Where it listens.
    at: String,
}

impl Receiver {
    fn start(listen: &str, report: &str) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["receive", "--listen", listen, "--json", report])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let at = line.split("--to ").nth(1).expect("it says what to do next");
        let at = at.trim().to_owned();
        Self { child, stderr, at }
    }

    /// Its exit status, and what it said.
    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

/// A test that fails leaves nobody listening.
impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn migrate(to: &str, more: &[&str]) -> Output {
    let small = ["migrate", "--memory-size", "1M", "--downtime-limit", "1ms"];
    let mut command = Command::new(PROGRAM);
    command.args(small).args(["--to", to]).args(more);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    )
}

/// Both sides tell of a machine that went over whole.
fn assert_moved(source: &str, destination: &str, cards: u64) {
    let (source, destination) = (json(source), json(destination));
    for report in [&source, &destination] {
        assert_eq!(report["memory_identical"], true, "{report:#}");
        assert_eq!(report["state_identical"], true, "{report:#}");
        assert_eq!(report["lost_pages"], 0, "{report:#}");
        assert_eq!(report["compared_pages"], 256, "{report:#}");
        assert_eq!(report["cards"], cards, "{report:#}");
        assert!(report["compared_state_words"].as_u64() > Some(1000));
        assert_eq!(report["failure"], serde_json::Value::Null);
    }
    assert_eq!(source["side"], "source");
    assert_eq!(source["ring_completed"], serde_json::Value::Null);
    assert_eq!(destination["side"], "destination");
    assert_eq!(destination["ring_completed"], true, "{destination:#}");
    assert_eq!(destination["lost_interrupts"], 0);
    assert!(destination["jobs_interrupted"].as_u64() > Some(0));
    assert!(destination["jobs_completed"].as_u64() > destination["jobs_interrupted"].as_u64());
    assert!(destination["received_pages"].as_u64() > Some(256));
}

#[test]
fn machines_move_over_tcp_and_unix_sockets() {
    for (listen, cards) in [
        ("127.0.0.1:0".to_owned(), "1"),
        (format!("unix:{}", path("move.socket")), "2"),
    ] {
        let [report, theirs] = [path("socket-source.json"), path("socket-destination.json")];
        let receiver = Receiver::start(&listen, &theirs);
        let output = migrate(&receiver.at, &["--cards", cards, "--json", &report]);
        let (status, told) = receiver.end();
        assert_eq!(output.status.code(), MIGRATED, "{}", said(&output));
        assert_eq!(status, MIGRATED, "{told}");
        assert!(told.contains("nothing was lost"), "{told}");
        assert_moved(&report, &theirs, cards.parse().unwrap());
    }
    assert!(
        !PathBuf::from(path("move.socket")).exists(),
        "the socket's file is gone"
    );
}

/// As over ssh: the destination is a command of the source's.
#[test]
fn a_machine_moves_through_a_command() {
    let [report, theirs] = [path("exec-source.json"), path("exec-destination.json")];
    let command = format!("exec:'{PROGRAM}' receive --listen - --json '{theirs}'");
    let output = migrate(&command, &["--json", &report]);
    assert_eq!(output.status.code(), MIGRATED, "{}", said(&output));
    assert_moved(&report, &theirs, 1);
}

/// Both on standard input and output, joined by somebody else.
#[test]
fn a_machine_moves_through_standard_input_and_output() {
    let [report, theirs] = [path("pipe-source.json"), path("pipe-destination.json")];
    let mut receiver = Command::new(PROGRAM)
        .args(["receive", "--listen", "-", "--json", &theirs])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let source = Command::new(PROGRAM)
        .args([
            "migrate",
            "--memory-size",
            "1M",
            "--to",
            "-",
            "--json",
            &report,
        ])
        .stdin(receiver.stdout.take().unwrap())
        .stdout(receiver.stdin.take().unwrap())
        .output()
        .unwrap();
    assert_eq!(source.status.code(), MIGRATED, "{}", said(&source));
    assert_eq!(receiver.wait().unwrap().code(), MIGRATED);
    assert_moved(&report, &theirs, 1);
    // Two things cannot be on standard output.
    let both = migrate("-", &["--json", "-"]);
    assert_eq!(both.status.code(), REFUSED);
    assert!(said(&both).contains("standard output is the connection"));
}

#[test]
fn what_is_no_destination_is_named() {
    for (to, text) in [
        ("127.0.0.1:1", "cannot connect to 127.0.0.1:1"),
        ("unix:/no/such/socket", "/no/such/socket"),
        ("exec:exit 7", "exit status: 7"),
        ("exec:yes", "no Slackwater destination answers"),
        ("nowhere", "expected HOST:PORT"),
    ] {
        let output = migrate(to, &[]);
        assert_eq!(output.status.code(), REFUSED, "{to}: {}", said(&output));
        assert!(said(&output).contains(text), "{to}: {}", said(&output));
    }
    // It says what it is told, which is no answer: nothing is touched.
    let output = migrate("exec:cat", &[]);
    assert_eq!(output.status.code(), STAYED, "{}", said(&output));
    assert!(
        said(&output).contains("unknown type 1"),
        "{}",
        said(&output)
    );
    let taken = path("taken.socket");
    fs::write(&taken, "").unwrap();
    let mut receive = Command::new(PROGRAM);
    let listen = format!("unix:{taken}");
    let output = receive
        .args(["receive", "--listen", &listen])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), REFUSED);
    assert!(said(&output).contains(&taken), "{}", said(&output));
    assert!(PathBuf::from(taken).exists(), "what was there stays there");
}

/// Somebody who is no source, then a source that asks for too much.
#[test]
fn a_receiver_outlives_strangers_and_refuses_with_the_value() {
    let receiver = Receiver::start("127.0.0.1:0", &path("strange.json"));
    let mut stranger = TcpStream::connect(&receiver.at).unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    drop(stranger);
    let socket = TcpStream::connect(&receiver.at).unwrap();
    let source = connect(socket.try_clone().unwrap(), socket).unwrap();
    let device = DeviceHello {
        device_type: 1,
        config_hash: 2,
        state_words: 3,
    };
    let hello = Hello {
        memory_bytes: 1 << 50,
        devices: vec![device],
    };
    source.send(Message::Hello(hello)).unwrap();
    let error = source.receive().unwrap_err();
    assert!(
        matches!(&error, LinkError::GaveUp { reason, .. } if reason.contains("1125899906842624")),
        "{error}"
    );
    drop(source);
    let (status, told) = receiver.end();
    assert_eq!(status, REFUSED, "{told}");
    assert!(told.contains("no Slackwater source answers"), "{told}");
    assert!(told.contains("1125899906842624"), "{told}");
}

/// What a connection does with the frames that pass.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Breaks after so many bytes to the destination.
    Bytes(usize),
    /// Breaks instead of handing this type on, from whichever side it comes.
    Frame(u8),
}

/// Types of frames.
const COMMIT: u8 = 6;
const RUNNING: u8 = 130;

/// Hands frames on up to the cut; then both ways end.
fn hand_on(mut from: TcpStream, mut to: TcpStream, cut: Cut) {
    let mut preamble = [0; 12];
    let mut passed = 0;
    let mut pass = |bytes: &[u8]| {
        let room = match cut {
            Cut::Bytes(most) => most.saturating_sub(passed),
            Cut::Frame(_) => usize::MAX,
        };
        passed += bytes.len();
        to.write_all(&bytes[..bytes.len().min(room)]).is_ok() && room >= bytes.len()
    };
    let mut goes_on = from.read_exact(&mut preamble).is_ok() && pass(&preamble);
    while goes_on {
        let mut header = [0; 5];
        if from.read_exact(&mut header).is_err()
            || matches!(cut, Cut::Frame(kind) if kind == header[0])
        {
            break;
        }
        let bytes = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
        let mut rest = vec![0; bytes as usize + 4];
        goes_on = from.read_exact(&mut rest).is_ok() && pass(&header) && pass(&rest);
    }
    for socket in [from, to] {
        let _ = socket.shutdown(std::net::Shutdown::Both);
    }
}

/// Where a connection breaks decides who runs: never both, and both only in doubt.
#[test]
fn a_connection_that_breaks_leaves_the_machine_on_one_side() {
    let cuts = [
        (Cut::Bytes(5), STAYED, "the source was not touched"),
        (Cut::Bytes(20), STAYED, "the source was not touched"),
        (Cut::Bytes(300_000), STAYED, "the source runs on"),
        (Cut::Frame(9), STAYED, "the source runs on"),
        (Cut::Frame(COMMIT), IN_DOUBT, "find out before resuming"),
        (Cut::Frame(RUNNING), IN_DOUBT, "find out before resuming"),
    ];
    for (cut, expected, text) in cuts {
        let receiver = Receiver::start("127.0.0.1:0", &path("cut.json"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let to = receiver.at.clone();
        let relay = thread::spawn(move || {
            let (source, _) = listener.accept().unwrap();
            let destination = TcpStream::connect(to).unwrap();
            let (a, b) = (
                source.try_clone().unwrap(),
                destination.try_clone().unwrap(),
            );
            let forth = thread::spawn(move || hand_on(a, b, cut));
            let back = match cut {
                Cut::Bytes(_) => Cut::Bytes(usize::MAX),
                frame => frame,
            };
            hand_on(destination, source, back);
            forth.join().unwrap();
        });
        let output = migrate(&at, &[]);
        let told = said(&output);
        // Whether the destination's greeting comes before the cut is a matter of threads.
        if !(matches!(cut, Cut::Bytes(5)) && output.status.code() == REFUSED) {
            assert_eq!(output.status.code(), expected, "{cut:?}: {told}");
            assert!(told.contains(text), "{cut:?}: {told}");
        }
        relay.join().unwrap();
        if matches!(cut, Cut::Bytes(5)) {
            // It still listens for a source.
            continue;
        }
        let (status, told) = receiver.end();
        match cut {
            // It was told to run, and does.
            Cut::Frame(RUNNING) => assert_eq!(status, MIGRATED, "{cut:?}: {told}"),
            // No source has begun.
            Cut::Bytes(20) => assert_eq!(status, REFUSED, "{cut:?}: {told}"),
            _ => {
                assert_eq!(status, STAYED, "{cut:?}: {told}");
                assert!(told.contains("The machine is not here"), "{cut:?}: {told}");
            }
        }
    }
}
