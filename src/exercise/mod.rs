//! Puts a card with the accelerator through its paces, real or simulated: jobs with interrupts, the
//! DMA log against what memory shows, and its state saved with jobs in the ring, to be restored
//! on another card that completes them.
//!
//! ```text
//!  rounds: jobs ─▶ interrupts, checksums ─▶ log == pages that changed
//!  save:   jobs ─▶ PRE_COPY ─▶ STOP_COPY ─▶ Saved (memory, stream, ring)
//!  restore: Saved ─▶ RESUMING ─▶ RUNNING ─▶ the jobs complete, with the right checksums
//! ```
//! What each job must leave is worked out before it is submitted, from memory alone.

mod rig;
mod saved;

pub use rig::{MEMORY_BYTES, Rig};
pub use saved::{Saved, SavedError};

use slackwater_host::function::{AccessError, Function};
use slackwater_host::platform::{GuestMemory, MemoryError};
use slackwater_host::v2::{LoggingError, Piece, V2Error};
use slackwater_host::workload::{JobResult, RingError};
use slackwater_host::{OpenError, RegisterError, V2State};
use thiserror::Error;

/// Rounds of jobs that are held against the log.
const ROUNDS: u32 = 4;
/// Jobs of a round, and jobs in the ring when the state is saved.
const JOBS: u32 = 12;

/// What went wrong.
#[derive(Debug, Error)]
pub enum ExerciseError {
    /// The device cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An access.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The ring.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// A state or the stream.
    #[error(transparent)]
    State(#[from] V2Error),
    /// The log.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// A job did not complete in time.
    #[error(
        "job {cookie} was not completed within {waited_ms} ms; {in_flight} jobs are in the ring"
    )]
    Unfinished {
        /// Its cookie.
        cookie: u32,
        /// How long was waited.
        waited_ms: u64,
        /// Jobs in the ring.
        in_flight: u16,
    },
    /// A job came back wrong.
    #[error("job {cookie}: {what}")]
    Job {
        /// Its cookie.
        cookie: u32,
        /// What is wrong.
        what: String,
    },
    /// A job ended with an error.
    #[error("job {cookie} ended with {result:?}")]
    Result {
        /// Its cookie.
        cookie: u32,
        /// How.
        result: JobResult,
    },
    /// Interrupts are missing.
    #[error("{came} interrupts came for {wanted} jobs that asked for one")]
    Interrupts {
        /// Interrupts.
        came: u64,
        /// Jobs.
        wanted: u64,
    },
    /// The log is not what memory shows.
    #[error(
        "round {round}: pages {lost:?} changed and were not logged; pages {extra:?} were logged and nothing wrote there"
    )]
    Log {
        /// The round; [`None`] when the state was saved.
        round: u32,
        /// Pages that the log lost.
        lost: Vec<u64>,
        /// Pages that are in the log for nothing.
        extra: Vec<u64>,
    },
    /// What was saved does not fit.
    #[error(transparent)]
    Saved(#[from] SavedError),
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Jobs that came back as they must.
    pub jobs: u64,
    /// Interrupts that came.
    pub interrupts: u64,
    /// Pages that the log had, all of them rightly.
    pub logged_pages: u64,
    /// Bytes of the device's stream.
    pub stream_bytes: u64,
}

/// Works and logs, then saves the device with jobs in its ring.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn run<F: Function, M: GuestMemory>(
    rig: &mut Rig<F, M>,
) -> Result<(Saved, Done), ExerciseError> {
    rig.start()?;
    let mut logging = rig.start_logging()?;
    let mut done = Done::default();
    for round in 0..ROUNDS {
        let before = rig.pages()?;
        for _ in 0..JOBS {
            rig.submit(true)?;
        }
        done.jobs += rig.complete_all()?;
        done.logged_pages += rig.compare_log(&mut logging, round, &before)?;
    }
    done.interrupts = rig.interrupts();
    // From here on nobody looks at completions: what is in the ring goes along.
    let before = rig.pages()?;
    for _ in 0..JOBS {
        rig.submit(false)?;
    }
    let mut stream = Vec::new();
    for state in [V2State::PreCopy, V2State::StopCopy] {
        rig.device().v2().set_state(state)?;
        read_stream(rig, &mut stream)?;
    }
    done.logged_pages += rig.compare_log(&mut logging, ROUNDS, &before)?;
    logging.stop(&mut rig.device().v2())?;
    rig.device().v2().set_state(V2State::Stop)?;
    done.stream_bytes = stream.len() as u64;
    Ok((rig.saved(stream)?, done))
}

fn read_stream<F: Function, M: GuestMemory>(
    rig: &mut Rig<F, M>,
    stream: &mut Vec<u8>,
) -> Result<(), ExerciseError> {
    let mut part = [0; 4096];
    loop {
        match rig.device().v2().read(&mut part)? {
            Piece::Bytes(bytes) => stream.extend_from_slice(&part[..bytes]),
            Piece::NoMessage | Piece::End => return Ok(()),
        }
    }
}

/// Restores a device, and has it complete what is in its ring and some more.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn restore<F: Function, M: GuestMemory>(
    rig: &mut Rig<F, M>,
    saved: &Saved,
) -> Result<Done, ExerciseError> {
    rig.load(saved)?;
    rig.device().v2().set_state(V2State::Resuming)?;
    rig.device().v2().write(&saved.stream)?;
    rig.device().v2().set_state(V2State::Running)?;
    let mut done = Done {
        stream_bytes: saved.stream.len() as u64,
        ..Done::default()
    };
    done.jobs = rig.complete_all()?;
    // It works on as if nothing had been.
    for _ in 0..JOBS {
        rig.submit(true)?;
    }
    done.jobs += rig.complete_all()?;
    done.interrupts = rig.interrupts();
    Ok(done)
}
