//! Where the other machine of a migration is, and the connection to it.

use slackwater_host::flow::wire::{ConnectError, accept, connect};
use slackwater_host::flow::{DestinationEnd, SourceEnd};
use std::fmt;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};
use thiserror::Error;

/// How long a machine may take to answer that a connection is made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a command that carried a migration may go on, as the other machine completes its ring.
const CARRIED: Duration = Duration::from_secs(120);
/// How long a command that carried nothing may take to end.
const FAILED: Duration = Duration::from_secs(2);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Where the other machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and a port.
    Tcp(String),
    /// A Unix socket.
    Unix(PathBuf),
    /// Standard input and output.
    Stdio,
    /// Standard input and output of a command, such as one of ssh.
    Exec(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Stdio => f.write_str("-"),
            Self::Exec(command) => write!(f, "exec:{command}"),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::Stdio);
        }
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => return Ok(Self::Unix(path.into())),
            Some(("exec", command)) if !command.trim().is_empty() => {
                return Ok(Self::Exec(command.to_owned()));
            }
            Some(("unix" | "exec", _)) => return Err(format!("nothing follows {text}")),
            _ => {}
        }
        let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        match port.map(|(_, port)| port.parse::<u16>()) {
            Some(Ok(_)) => Ok(Self::Tcp(text.to_owned())),
            _ => Err("expected HOST:PORT, unix:PATH, exec:COMMAND or -".to_owned()),
        }
    }
}

/// No connection to the other machine.
#[derive(Debug, Error)]
pub enum AddressError {
    /// The system refuses it.
    #[error("{what} {address}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        address: String,
        /// Why not.
        error: io::Error,
    },
    /// Nobody listens for a machine there.
    #[error("{address}: {error}{ended}")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        error: ConnectError,
        /// How the command ended that was to carry it.
        ended: String,
    },
    /// A command cannot be listened to.
    #[error("cannot listen on {0}: let a program with a socket start it, and listen on -")]
    Exec(String),
}

/// A command that carries a migration.
pub struct Carrier {
    command: String,
    child: Child,
}

impl Carrier {
    /// Waits for the command to end. A status that is no success is told.
    ///
    /// # Errors
    /// How it ended, or that it goes on.
    pub fn finish(mut self) -> Result<(), String> {
        match self.wait(CARRIED) {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("{} ended with {status}", self.command)),
            None => Err(format!(
                "{} still runs after {} s, and is left alone",
                self.command,
                CARRIED.as_secs()
            )),
        }
    }

    fn wait(&mut self, most: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if begun.elapsed() < most => thread::sleep(LOOK),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Ends a command that has carried nothing; says how it ended.
    fn give_up(mut self) -> String {
        match self.wait(FAILED) {
            Some(status) => format!("; {} ended with {status}", self.command),
            None => {
                // It may have ended just now.
                let _ = self.child.kill();
                let _ = self.child.wait();
                format!("; {} was ended", self.command)
            }
        }
    }
}

impl Address {
    fn io(&self, what: &'static str) -> impl FnOnce(io::Error) -> AddressError {
        let address = self.to_string();
        move |error| AddressError::Io {
            what,
            address,
            error,
        }
    }

    fn refused(&self, error: ConnectError, ended: String) -> AddressError {
        AddressError::Connect {
            address: self.to_string(),
            error,
            ended,
        }
    }

    /// Connects to a machine that listens there.
    ///
    /// # Errors
    /// No connection was made, or no destination answers.
    pub fn connect(&self) -> Result<(SourceEnd, Option<Carrier>), AddressError> {
        let none = String::new;
        let end = match self {
            Self::Tcp(address) => {
                let socket = tcp(address).map_err(self.io("cannot connect to"))?;
                let reader = socket.try_clone().map_err(self.io("cannot read from"))?;
                connect(reader, socket)
            }
            Self::Unix(path) => {
                let socket = UnixStream::connect(path).map_err(self.io("cannot connect to"))?;
                let reader = socket.try_clone().map_err(self.io("cannot read from"))?;
                connect(reader, socket)
            }
            Self::Stdio => connect(io::stdin(), io::stdout()),
            Self::Exec(command) => return self.carried(command),
        };
        let end = end.map_err(|error| self.refused(error, none()))?;
        Ok((end, None))
    }

    fn carried(&self, command: &str) -> Result<(SourceEnd, Option<Carrier>), AddressError> {
        let mut child = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(self.io("cannot start"))?;
        let pipes = child.stdout.take().zip(child.stdin.take());
        let carrier = Carrier {
            command: command.to_owned(),
            child,
        };
        let Some((stdout, stdin)) = pipes else {
            let error = io::ErrorKind::BrokenPipe.into();
            return Err(self.io("no pipes to")(error));
        };
        match connect(stdout, stdin) {
            Ok(end) => Ok((end, Some(carrier))),
            Err(error) => Err(self.refused(error, carrier.give_up())),
        }
    }

    /// Listens there until a source has connected. `told` gets what a person should know.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn listen(&self, told: &dyn Fn(&str)) -> Result<DestinationEnd, AddressError> {
        let next = |at: &str| {
            told(&format!(
                "listening on {at}; on the other machine: slackwater migrate --to {at}"
            ));
        };
        match self {
            Self::Tcp(address) => {
                let listener = TcpListener::bind(address).map_err(self.io("cannot listen on"))?;
                let at = listener.local_addr().map_err(self.io("cannot listen on"))?;
                next(&at.to_string());
                self.first(told, || {
                    let (socket, _) = listener.accept()?;
                    socket.set_nodelay(true)?;
                    Ok((socket.try_clone()?, socket))
                })
            }
            Self::Unix(path) => {
                let listener = UnixListener::bind(path).map_err(self.io("cannot listen on"))?;
                let _file = SocketFile(path.clone());
                next(&self.to_string());
                self.first(told, || {
                    let (socket, _) = listener.accept()?;
                    Ok((socket.try_clone()?, socket))
                })
            }
            Self::Stdio => accept(io::stdin(), io::stdout())
                .map_err(|error| self.refused(error, String::new())),
            Self::Exec(_) => Err(AddressError::Exec(self.to_string())),
        }
    }

    /// The first of those who connect that is a source. Others are told of, and let go.
    fn first<R, W>(
        &self,
        told: &dyn Fn(&str),
        mut next: impl FnMut() -> io::Result<(R, W)>,
    ) -> Result<DestinationEnd, AddressError>
    where
        R: slackwater_host::flow::wire::ReadEnd,
        W: slackwater_host::flow::wire::WriteEnd,
    {
        loop {
            let (reader, writer) = next().map_err(self.io("cannot accept on"))?;
            match accept(reader, writer) {
                Ok(end) => return Ok(end),
                Err(error) => told(&format!("{error}; still listening")),
            }
        }
    }
}

/// Removes the file of a socket.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody may have removed it already.
        let _ = fs::remove_file(&self.0);
    }
}

/// The first address of a host that answers.
fn tcp(address: &str) -> io::Result<TcpStream> {
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(socket) => {
                socket.set_nodelay(true)?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_were_written() {
        for text in [
            "127.0.0.1:4000",
            "[::1]:0",
            "host.example:65535",
            "unix:/run/x",
            "exec:ssh host cat",
            "-",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "host",
            ":4000",
            "host:",
            "host:65536",
            "unix:",
            "exec: ",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
