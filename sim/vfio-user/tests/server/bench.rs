//! A server on a thread, a raw client, and memory to share.

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::IoSlice;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use slackwater_host::platform::{GuestMemory, MemoryError};
use slackwater_sim::backend::Backend as Simulation;
use slackwater_sim::machine::Machine;
use slackwater_sim::root_complex::RootComplexConfig;
use slackwater_sim::seed::Seed;
use slackwater_vfio_user::{Event, Server, SimulatedCard, StateFault};
use std::fs::File;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the log has told.
pub type Told = Arc<Mutex<Vec<String>>>;

/// A device of which clients come and go.
pub struct Bench {
    server: Option<Server<SimulatedCard>>,
    pub machine: Arc<Mutex<Machine>>,
    pub told: Told,
}

impl Bench {
    pub fn new(seed: u64) -> Self {
        Self::with_faults(seed, Vec::new())
    }

    pub fn with_faults(seed: u64, faults: Vec<StateFault>) -> Self {
        let told = Told::default();
        let log = Arc::clone(&told);
        let card = Simulation::default().card().unwrap();
        let card = SimulatedCard::new(card, RootComplexConfig::default(), Seed(seed)).unwrap();
        let card = card.with_faults(faults);
        let machine = Arc::clone(card.machine());
        let log = Box::new(move |event: &Event<'_>| log.lock().unwrap().push(event.to_string()));
        Self {
            server: Some(Server::new(card, (2, 1), log)),
            machine,
            told,
        }
    }

    /// Serves one client.
    pub fn serve(&mut self, socket: UnixStream) {
        if let Some(server) = &mut self.server {
            server.serve(socket);
        }
    }

    /// Has a client served; gives its socket, and the thread that gives the server back.
    pub fn connect(&mut self) -> (UnixStream, JoinHandle<Server<SimulatedCard>>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let mut server = self.server.take().unwrap();
        let thread = std::thread::spawn(move || {
            server.serve(theirs);
            server
        });
        (ours, thread)
    }

    pub fn take_back(&mut self, thread: JoinHandle<Server<SimulatedCard>>) {
        self.server = Some(thread.join().expect("the server panicked"));
    }

    /// Serves a client that does this, after it has agreed on a version.
    pub fn with_client<T>(&mut self, act: impl FnOnce(&mut Client) -> T) -> T {
        let (socket, thread) = self.connect();
        let mut client = Client { socket, id: 0 };
        client.agree();
        let result = act(&mut client);
        drop(client);
        self.take_back(thread);
        result
    }

    pub fn has_told(&self, text: &str) -> bool {
        let told = self.told.lock().unwrap();
        told.iter().any(|line| line.contains(text))
    }
}

/// A reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    pub id: u16,
    pub command: u16,
    pub errno: Option<u32>,
    pub payload: Vec<u8>,
}

/// A client that says whatever it is told to.
pub struct Client {
    pub socket: UnixStream,
    pub id: u16,
}

pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub fn longs(longs: &[u64]) -> Vec<u8> {
    longs.iter().flat_map(|long| long.to_le_bytes()).collect()
}

pub fn message(id: u16, command: u16, flags: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend(command.to_le_bytes());
    bytes.extend(words(&[16 + payload.len() as u32, flags, 0]));
    bytes.extend(payload);
    bytes
}

impl Client {
    pub fn agree(&mut self) {
        let text = br#"{"capabilities":{"max_msg_fds":8,"migration":{"pgsize":4096}}}"#;
        let payload = [&[0, 0, 1, 0], &text[..], &[0]].concat();
        let reply = self.ask(1, &payload);
        assert_eq!(reply.errno, None);
        let text = String::from_utf8_lossy(&reply.payload[4..]).into_owned();
        assert!(
            text.contains("max_msg_fds") && !text.contains("pgsizes"),
            "{text}"
        );
    }

    pub fn send(&mut self, command: u16, payload: &[u8], fds: &[BorrowedFd<'_>]) -> u16 {
        self.id = self.id.wrapping_add(1);
        let bytes = message(self.id, command, 0, payload);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(64))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() {
            assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)));
        }
        let sent = sendmsg(
            &self.socket,
            &[IoSlice::new(&bytes)],
            &mut ancillary,
            SendFlags::NOSIGNAL,
        );
        let sent = sent.unwrap();
        self.socket.write_all(&bytes[sent..]).unwrap();
        self.id
    }

    pub fn receive(&mut self) -> Reply {
        let mut header = [0; 16];
        self.socket.read_exact(&mut header).unwrap();
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        assert_eq!(word(8) & 0xf, 1, "a reply");
        let mut payload = vec![0; word(4) as usize - 16];
        self.socket.read_exact(&mut payload).unwrap();
        Reply {
            id: u16::from_le_bytes([header[0], header[1]]),
            command: u16::from_le_bytes([header[2], header[3]]),
            errno: (word(8) & 0x20 != 0).then(|| word(12)),
            payload,
        }
    }

    pub fn ask_with(&mut self, command: u16, payload: &[u8], fds: &[BorrowedFd<'_>]) -> Reply {
        let id = self.send(command, payload, fds);
        let reply = self.receive();
        assert_eq!((reply.id, reply.command), (id, command));
        if reply.errno.is_some() {
            assert!(reply.payload.is_empty());
        }
        reply
    }

    pub fn ask(&mut self, command: u16, payload: &[u8]) -> Reply {
        self.ask_with(command, payload, &[])
    }

    pub fn read(&mut self, region: u32, offset: u64, bytes: u32) -> Vec<u8> {
        let payload = [longs(&[offset]), words(&[region, bytes])].concat();
        let reply = self.ask(9, &payload);
        assert_eq!(reply.errno, None, "{region} {offset:#x}");
        assert_eq!(reply.payload[..16], payload);
        reply.payload[16..].to_vec()
    }

    pub fn read_u32(&mut self, region: u32, offset: u32) -> u32 {
        let bytes = self.read(region, offset.into(), 4);
        u32::from_le_bytes(bytes.try_into().unwrap())
    }

    pub fn write(&mut self, region: u32, offset: u64, data: &[u8]) {
        let place = [longs(&[offset]), words(&[region, data.len() as u32])].concat();
        let reply = self.ask(10, &[&place[..], data].concat());
        assert_eq!(reply.errno, None, "{region} {offset:#x}");
        assert_eq!(reply.payload, place);
    }

    pub fn map(&mut self, memory: &Memory, iova: u64) -> Reply {
        let size = memory.bytes;
        let payload = [words(&[32, 3]), longs(&[0, iova, size])].concat();
        self.ask_with(2, &payload, &[memory.file.as_fd()])
    }

    pub fn unmap(&mut self, iova: u64, bytes: u64) -> Reply {
        self.ask(3, &[words(&[24, 0]), longs(&[iova, bytes])].concat())
    }

    /// Has an interrupt raise this eventfd.
    pub fn set_eventfd(&mut self, fd: BorrowedFd<'_>) -> Reply {
        self.ask_with(8, &words(&[20, 0x24, 2, 0, 1]), &[fd])
    }
}

/// Memory of a client that it can share, from guest-physical address 0 on.
pub struct Memory {
    pub file: File,
    pub bytes: u64,
}

impl Memory {
    pub fn new(bytes: u64) -> Self {
        let file = File::from(memfd_create("guest", MemfdFlags::CLOEXEC).unwrap());
        file.set_len(bytes).unwrap();
        Self { file, bytes }
    }
}

impl GuestMemory for &Memory {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        self.file.read_exact_at(into, address).unwrap();
        Ok(())
    }

    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
        self.file.write_all_at(from, address).unwrap();
        Ok(())
    }
}
