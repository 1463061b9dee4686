//! Waves of a card: what is asked for, and RustHDL's own way to write them.

use crate::backend::Backend;
use rust_hdl::core::vcd_probe::{VCDProbe, write_vcd_change, write_vcd_dump, write_vcd_header};
use rust_hdl::prelude::Block;
use slackwater_verilog::RecordingError;
pub use slackwater_verilog::wave::{Capture, Condition, Recorded};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use thiserror::Error;

/// Length of a cycle in waves, in picoseconds: 125 MHz.
pub const CYCLE_PICOSECONDS: u64 = 8_000;

/// Which cycles of a card go into which file.
#[derive(Clone, Debug)]
pub struct TraceRequest {
    /// The file: `.vcd` or `.fst`.
    pub path: PathBuf,
    /// The cycles, counted from the card's first one.
    pub capture: Capture,
}

/// Waves that cannot be written.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The file, the trigger, or the code for it.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Writing with RustHDL.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The card is no design with signals.
    #[error("this card has no signals to write")]
    NoSignals,
    /// The backend cannot do it.
    #[error("the backend {backend} writes no {what}; use --backend compiled")]
    Unsupported {
        /// The backend.
        backend: Backend,
        /// What was asked for.
        what: &'static str,
    },
}

/// A VCD file that RustHDL writes.
pub struct Trace {
    probe: Option<VCDProbe<BufWriter<File>>>,
    path: PathBuf,
    first: u64,
    end: u64,
    recorded: Recorded,
    error: Option<io::Error>,
}

impl Trace {
    /// Opens the file.
    ///
    /// # Errors
    /// It cannot be created, or is no VCD file with a window of cycles.
    pub fn create(request: &TraceRequest, block: &dyn Block) -> Result<Self, TraceError> {
        let unsupported = |what| TraceError::Unsupported {
            backend: Backend::RustHdl,
            what,
        };
        let Capture::Window { first, cycles } = request.capture else {
            return Err(unsupported("waves around a trigger"));
        };
        if request.path.extension().is_none_or(|name| name != "vcd") {
            return Err(unsupported("waves but .vcd files"));
        }
        let file = File::create(&request.path).map_err(|source| TraceError::Write {
            path: request.path.clone(),
            source,
        })?;
        Ok(Self {
            probe: Some(write_vcd_header(BufWriter::new(file), block)),
            path: request.path.clone(),
            first,
            end: first.saturating_add(cycles),
            recorded: Recorded::default(),
            error: None,
        })
    }

    /// Writes what changed in this cycle, if it is in the window; behind it, closes the file.
    pub fn sample(&mut self, block: &dyn Block, cycle: u64) {
        if cycle < self.first {
            return;
        }
        if cycle >= self.end {
            self.probe = None;
        }
        let Some(mut probe) = self.probe.take() else {
            return;
        };
        let time = cycle.saturating_mul(CYCLE_PICOSECONDS);
        if let Err(error) = probe.timestamp(time) {
            self.error = Some(error);
            return;
        }
        self.probe = Some(if cycle == self.first {
            write_vcd_dump(probe, block)
        } else {
            write_vcd_change(probe, block)
        });
        self.recorded.cycles += 1;
    }

    /// Closes the file.
    ///
    /// # Errors
    /// What went wrong while it was written.
    pub fn finish(self) -> Result<Recorded, TraceError> {
        match self.error {
            None => Ok(self.recorded),
            Some(source) => Err(TraceError::Write {
                path: self.path,
                source,
            }),
        }
    }
}
