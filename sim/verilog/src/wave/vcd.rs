//! VCD files (IEEE 1364-2005, clause 18).
//!
//! Crate `vcd` writes the header. Value changes are written here: one line each,
//! made of digits and an identifier that is known beforehand.

use super::file::{Body, List, append_digits};
use super::signal::{Step, hierarchy};
use super::{Kind, Signal};
use std::io::{self, BufWriter, Write};
use vcd::{TimescaleUnit, VarType};

/// Bytes that are collected before they are written.
const BUFFER: usize = 1 << 18;

/// The value changes of a VCD file.
pub(super) struct Vcd<W: Write> {
    out: BufWriter<W>,
    variables: Vec<Variable>,
    time: Option<u64>,
    line: Vec<u8>,
}

struct Variable {
    width: u32,
    /// Identifier and end of line.
    code: Box<[u8]>,
}

impl<W: Write> Vcd<W> {
    /// Writes the header.
    pub(super) fn create(file: W, signals: &[Signal]) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        let mut variables: Vec<Variable> = signals
            .iter()
            .map(|signal| Variable {
                width: signal.width,
                code: Box::default(),
            })
            .collect();
        let mut header = vcd::Writer::new(&mut out);
        header.version(concat!("slackwater-verilog ", env!("CARGO_PKG_VERSION")))?;
        header.timescale(1, TimescaleUnit::PS)?;
        hierarchy(signals, |step| match step {
            Step::Enter(scope) => header.add_module(scope),
            Step::Leave => header.upscope(),
            Step::Declare(index, name) => {
                let kind = match signals[index].kind {
                    Kind::Register => VarType::Reg,
                    Kind::Wire | Kind::Input | Kind::Output | Kind::Clock => VarType::Wire,
                };
                let code = header.add_var(kind, signals[index].width, name, None)?;
                variables[index].code = format!("{code}\n").into_bytes().into();
                Ok(())
            }
        })?;
        header.enddefinitions()?;
        Ok(Self {
            out,
            variables,
            time: None,
            line: Vec::new(),
        })
    }
}

impl<W: Write> Body for Vcd<W> {
    fn time(&mut self, time: u64) -> io::Result<()> {
        if self.time.replace(time) == Some(time) {
            return Ok(());
        }
        writeln!(self.out, "#{time}")
    }

    fn change(&mut self, signal: usize, words: &[u64]) -> io::Result<()> {
        let variable = &self.variables[signal];
        self.line.clear();
        if variable.width == 1 {
            append_digits(words, 1, &mut self.line);
        } else {
            // A reader fills up with zeros (18.2.2), so leading ones are left out.
            let top = words.iter().rposition(|&word| word != 0).unwrap_or(0);
            let used = 64 * top as u32 + (64 - words[top].leading_zeros());
            self.line.push(b'b');
            append_digits(words, used.clamp(1, variable.width), &mut self.line);
            self.line.push(b' ');
        }
        self.line.extend_from_slice(&variable.code);
        self.out.write_all(&self.line)
    }

    fn unknown(&mut self, signal: usize) -> io::Result<()> {
        let variable = &self.variables[signal];
        let value: &[u8] = if variable.width == 1 { b"x" } else { b"bx " };
        self.out.write_all(value)?;
        self.out.write_all(&variable.code)
    }

    fn begin(&mut self, list: List) -> io::Result<()> {
        writeln!(
            self.out,
            "{}",
            match list {
                List::First => "$dumpvars",
                List::Off => "$dumpoff",
                List::On => "$dumpon",
            }
        )
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(self.out, "$end")
    }

    fn close(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
