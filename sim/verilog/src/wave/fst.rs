//! FST files, the compressed format of GTKWave, through crate `fst-writer`.

use super::file::{Body, List, append_digits};
use super::signal::{Step, hierarchy};
use super::{Kind, Signal};
use fst_writer::{
    FstBodyWriter, FstFileType, FstHeaderWriter, FstInfo, FstScopeType, FstSignalId, FstSignalType,
    FstVarDirection, FstVarType, FstWriteError,
};
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

/// Bytes of changes that are held before a section is compressed and written.
const BUFFER: usize = 4 << 20;
/// Picoseconds.
const TIMESCALE_EXPONENT: i8 = -12;

/// The value changes of an FST file.
pub(super) struct Fst<W: Write + Seek> {
    /// `None` once the file is complete.
    out: Option<FstBodyWriter<BufWriter<W>>>,
    variables: Vec<Variable>,
    time: u64,
    /// Size of the writer's lists above which a section is written.
    section: usize,
    digits: Vec<u8>,
}

struct Variable {
    width: u32,
    id: Option<FstSignalId>,
}

impl Fst<File> {
    /// Writes the header.
    pub(super) fn create(file: File, signals: &[Signal]) -> io::Result<Self> {
        // The format goes back to fill in lengths, and so does its writer, which
        // does not expect a device or a pipe.
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::NotSeekable,
                "FST needs a regular file; use .vcd",
            ));
        }
        Self::new(file, signals, BUFFER)
    }
}

impl<W: Write + Seek> Fst<W> {
    fn new(file: W, signals: &[Signal], buffer: usize) -> io::Result<Self> {
        let info = FstInfo {
            start_time: 0,
            timescale_exponent: TIMESCALE_EXPONENT,
            version: concat!("slackwater-verilog ", env!("CARGO_PKG_VERSION")).into(),
            // None, so that the same values give the same file.
            date: String::new(),
            file_type: FstFileType::Verilog,
        };
        let mut variables: Vec<Variable> = signals
            .iter()
            .map(|signal| Variable {
                width: signal.width,
                id: None,
            })
            .collect();
        let mut header = FstHeaderWriter::new(BufWriter::new(file), &info).map_err(into_io)?;
        hierarchy(signals, |step| match step {
            Step::Enter(scope) => header.scope(scope, "", FstScopeType::Module),
            Step::Leave => header.up_scope(),
            Step::Declare(index, name) => {
                let (kind, direction) = match signals[index].kind {
                    Kind::Register => (FstVarType::Reg, FstVarDirection::Implicit),
                    Kind::Input => (FstVarType::Wire, FstVarDirection::Input),
                    Kind::Output => (FstVarType::Wire, FstVarDirection::Output),
                    Kind::Wire | Kind::Clock => (FstVarType::Wire, FstVarDirection::Implicit),
                };
                let width = FstSignalType::bit_vec(signals[index].width);
                variables[index].id = Some(header.var(name, width, kind, direction, None)?);
                Ok(())
            }
        })
        .map_err(into_io)?;
        let mut out = header.finish().map_err(into_io)?;
        // Only changes are given.
        out.set_deduplicate(false);
        Ok(Self {
            section: out.size() + buffer,
            out: Some(out),
            variables,
            time: 0,
            digits: Vec::new(),
        })
    }

    fn write_digits(&mut self, signal: usize) -> io::Result<()> {
        match (&mut self.out, self.variables[signal].id) {
            (Some(out), Some(id)) => out.signal_change(id, &self.digits).map_err(into_io),
            _ => Ok(()),
        }
    }
}

impl<W: Write + Seek> Body for Fst<W> {
    fn time(&mut self, time: u64) -> io::Result<()> {
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        if time > self.time {
            // A section can end only where the time changes.
            if out.size() > self.section {
                out.flush().map_err(into_io)?;
            }
            out.time_change(time).map_err(into_io)?;
            self.time = time;
        }
        Ok(())
    }

    fn change(&mut self, signal: usize, words: &[u64]) -> io::Result<()> {
        self.digits.clear();
        append_digits(words, self.variables[signal].width, &mut self.digits);
        self.write_digits(signal)
    }

    fn unknown(&mut self, signal: usize) -> io::Result<()> {
        self.digits.clear();
        self.digits
            .resize(self.variables[signal].width as usize, b'x');
        self.write_digits(signal)
    }

    fn begin(&mut self, _: List) -> io::Result<()> {
        // The format has no such mark that this writer knows.
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        if self.time == 0 {
            // Nothing was recorded. Readers do not expect a file without times.
            self.time(1)?;
        }
        let Some(out) = self.out.take() else {
            return Ok(());
        };
        out.finish().map_err(into_io)?.flush()
    }
}

fn into_io(error: FstWriteError) -> io::Error {
    match error {
        FstWriteError::Io(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, SeekFrom};

    /// A disk that is full after some bytes.
    struct Disk {
        content: Cursor<Vec<u8>>,
        space: u64,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.content.position() + bytes.len() as u64 > self.space {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.content.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
            self.content.seek(position)
        }
    }

    /// Writes 400 values of a counter in small sections; returns the bytes.
    fn write(space: u64, buffer: usize) -> io::Result<Vec<u8>> {
        let signals = [Signal {
            path: vec!["top".into(), "count".into()],
            width: 40,
            kind: Kind::Register,
        }];
        let mut disk = Disk {
            content: Cursor::default(),
            space,
        };
        let mut fst = Fst::new(&mut disk, &signals, buffer)?;
        for count in 0..400 {
            fst.time(count * 10)?;
            fst.change(0, &[count << 8])?;
        }
        fst.time(4000)?;
        fst.close()?;
        drop(fst);
        Ok(disk.content.into_inner())
    }

    #[test]
    fn sections_follow_each_other() {
        let (one, many) = (write(u64::MAX, BUFFER), write(u64::MAX, 300));
        let [one, many] = [one, many].map(|bytes| bytes.expect("enough space"));
        assert!(many.len() > one.len(), "{} {}", many.len(), one.len());
        for bytes in [one, many] {
            let mut wave = wellen::simple::read_from_reader(Cursor::new(bytes)).expect("a wave");
            let id = wave.hierarchy().signals().next().expect("a signal");
            wave.load_signals(&[id]);
            let signal = wave.get_signal(id).expect("the signal");
            let found: Vec<_> = signal
                .iter_changes()
                .map(|(time, value)| (wave.time_table()[time as usize], value.to_string()))
                .collect();
            let expected: Vec<_> = (0..400)
                .map(|count: u64| (count * 10, format!("{:040b}", count << 8)))
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn every_place_where_the_disk_may_be_full_is_an_error() {
        let needed = write(u64::MAX, 300).expect("enough space").len() as u64;
        for space in 0..needed {
            let error = write(space, 300).expect_err("too little space");
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{space} bytes");
        }
        assert!(write(needed, 300).is_ok());
    }
}
