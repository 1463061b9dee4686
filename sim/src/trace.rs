//! A window of cycles as a VCD file, one time step a clock.

use rust_hdl::core::vcd_probe::{VCDProbe, write_vcd_change, write_vcd_dump, write_vcd_header};
use rust_hdl::prelude::Block;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

/// Nanoseconds are as fine as a 125 MHz clock needs; RustHDL's header says picoseconds.
const PS_PER_CYCLE: u64 = 8_000;

/// A VCD file that is being written.
pub struct Trace {
    probe: Option<VCDProbe<BufWriter<File>>>,
    first: u64,
    end: u64,
}

impl Trace {
    /// Opens `path` for the `cycles` cycles from `first` on.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, block: &dyn Block, first: u64, cycles: u64) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        Ok(Self {
            probe: Some(write_vcd_header(file, block)),
            first,
            end: first.saturating_add(cycles),
        })
    }

    /// Writes what changed in this cycle, as long as the window is open; then closes the file.
    pub fn sample(&mut self, block: &dyn Block, cycle: u64) {
        if cycle >= self.end {
            self.probe = None;
        }
        let Some(mut probe) = self.probe.take() else {
            return;
        };
        if probe
            .timestamp((cycle - self.first) * PS_PER_CYCLE)
            .is_err()
        {
            return;
        }
        self.probe = Some(if cycle == self.first {
            write_vcd_dump(probe, block)
        } else {
            write_vcd_change(probe, block)
        });
    }
}
