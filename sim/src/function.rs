//! A card of a machine as a [`Function`] of the host driver.
//!
//! Each access locks the machine and clocks it until the access is over. Every wait
//! ends: reads by the CPU's completion timeout, the rest by the same number of cycles.

use crate::machine::Machine;
use crate::root_complex::{LINE_BYTES, MmioError, ReadHandle};
use slackwater_host::function::{AccessError, Bar, BusReads, Function, Permissions};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// Reads of a block that are under way at a time.
const READS_IN_FLIGHT: usize = 8;
/// Words of a line.
const LINE_WORDS: usize = LINE_BYTES / 4;

/// A card of a machine, seen by the host driver.
#[derive(Clone)]
pub struct CardFunction {
    machine: Arc<Mutex<Machine>>,
    card: usize,
}

/// A BAR of a card, seen by the host driver.
#[derive(Clone)]
pub struct CardBar {
    function: CardFunction,
    bar: u8,
    size_bytes: u64,
    reads: BusReads,
}

impl CardFunction {
    /// The card with this index.
    pub fn new(machine: Arc<Mutex<Machine>>, card: usize) -> Self {
        Self { machine, card }
    }

    /// The machine it is in.
    pub fn machine(&self) -> &Arc<Mutex<Machine>> {
        &self.machine
    }

    /// Index of the card in its machine.
    pub fn card(&self) -> usize {
        self.card
    }

    /// Cycles since the machine's start.
    pub fn now_cycles(&self) -> Result<u64, AccessError> {
        Ok(self.lock()?.now_cycles())
    }

    fn lock(&self) -> Result<MutexGuard<'_, Machine>, AccessError> {
        self.machine.lock().map_err(|_| {
            AccessError::Backend("another thread panicked while it used the machine".into())
        })
    }
}

/// The duration of cycles in ns.
fn cycles_to_ns(machine: &Machine, cycles: u64) -> u64 {
    (u128::from(cycles) * 1_000_000_000 / u128::from(machine.clock_hz().max(1))) as u64
}

fn access_error(machine: &Machine, error: MmioError) -> AccessError {
    match error {
        MmioError::NoBar { bar, .. } => AccessError::NoBar { index: bar },
        MmioError::OutOfRange {
            bar,
            offset,
            bytes,
            size_bytes,
        } => AccessError::OutOfRange {
            bar,
            offset,
            bytes: bytes as u64,
            size_bytes,
        },
        MmioError::Timeout {
            bar,
            offset,
            waited_cycles,
        } => AccessError::Timeout {
            bar,
            offset,
            waited_ns: cycles_to_ns(machine, waited_cycles),
        },
        other => AccessError::Backend(other.to_string()),
    }
}

impl CardBar {
    fn check(&self, offset: u32, words: usize) -> Result<(), AccessError> {
        let bytes = 4 * words as u64;
        let offset = u64::from(offset);
        if offset % 4 == 0 && offset + bytes <= self.size_bytes {
            return Ok(());
        }
        Err(AccessError::OutOfRange {
            bar: self.bar,
            offset,
            bytes,
            size_bytes: self.size_bytes,
        })
    }

    /// Clocks the machine until `attempt` is no longer refused as busy.
    fn retry<T>(
        &self,
        machine: &mut Machine,
        offset: u64,
        mut attempt: impl FnMut(&mut Machine) -> Result<T, MmioError>,
    ) -> Result<T, AccessError> {
        let limit_cycles = machine.root_complex.config().cpu_timeout_cycles;
        for _ in 0..=limit_cycles {
            match attempt(machine) {
                Err(MmioError::Busy { .. }) => machine.step(),
                Err(error) => return Err(access_error(machine, error)),
                Ok(value) => return Ok(value),
            }
        }
        Err(AccessError::Timeout {
            bar: self.bar,
            offset,
            waited_ns: cycles_to_ns(machine, limit_cycles),
        })
    }
}

/// Clocks the machine until a read is over; the CPU's timeout bounds it.
fn finish(machine: &mut Machine, handle: ReadHandle) -> Result<Vec<u8>, AccessError> {
    loop {
        if let Some(outcome) = machine.root_complex.poll(handle) {
            return outcome.map_err(|error| access_error(machine, error));
        }
        machine.step();
    }
}

/// Lengths in words of a block's pieces: none crosses a line.
fn line_pieces(offset: u32, words: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    let into_line = (offset as usize / 4) % LINE_WORDS;
    std::iter::from_fn(move || {
        (start < words).then(|| {
            let count = (LINE_WORDS - (into_line + start) % LINE_WORDS).min(words - start);
            let place = start;
            start += count;
            (place, count)
        })
    })
}

impl Bar for CardBar {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn reads(&self) -> BusReads {
        self.reads
    }

    fn read_u32(&mut self, offset: u32) -> Result<u32, AccessError> {
        let mut words = [0];
        self.read_block(offset, &mut words)?;
        Ok(words[0])
    }

    fn write_u32(&mut self, offset: u32, value: u32) -> Result<(), AccessError> {
        self.write_block(offset, &[value])
    }

    fn read_block(&mut self, offset: u32, words: &mut [u32]) -> Result<(), AccessError> {
        self.check(offset, words.len())?;
        let mut machine = self.function.lock()?;
        let machine = &mut *machine;
        let mut in_flight: VecDeque<(usize, ReadHandle)> = VecDeque::new();
        let mut pieces = line_pieces(offset, words.len());
        let mut failure = None;
        loop {
            while in_flight.len() < READS_IN_FLIGHT && failure.is_none() {
                let Some((start, count)) = pieces.next() else {
                    break;
                };
                let place = u64::from(offset) + 4 * start as u64;
                let begun = self.retry(machine, place, |machine| {
                    let root_complex = &mut machine.root_complex;
                    root_complex.mmio_read(self.function.card, self.bar, place, 4 * count)
                });
                match begun {
                    Ok(handle) => {
                        self.reads.add(4 * count as u64);
                        in_flight.push_back((start, handle));
                    }
                    Err(error) => failure = Some(error),
                }
            }
            // Also after a failure all reads are seen to their end, so that none stays behind.
            let Some((start, handle)) = in_flight.pop_front() else {
                break;
            };
            match finish(machine, handle) {
                Ok(data) => {
                    for (word, bytes) in words[start..].iter_mut().zip(data.chunks_exact(4)) {
                        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                    }
                }
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    fn write_block(&mut self, offset: u32, words: &[u32]) -> Result<(), AccessError> {
        self.check(offset, words.len())?;
        let mut machine = self.function.lock()?;
        let machine = &mut *machine;
        for (start, count) in line_pieces(offset, words.len()) {
            let mut line = [0; LINE_BYTES];
            for (bytes, word) in line.chunks_exact_mut(4).zip(&words[start..start + count]) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
            let place = u64::from(offset) + 4 * start as u64;
            self.retry(machine, place, |machine| {
                let root_complex = &mut machine.root_complex;
                root_complex.mmio_write(self.function.card, self.bar, place, &line[..4 * count])
            })?;
        }
        Ok(())
    }
}

impl Function for CardFunction {
    type Bar = CardBar;

    fn bar(&self, index: u8) -> Result<CardBar, AccessError> {
        let machine = self.lock()?;
        let size_bytes = machine.root_complex.config().layout.bar_bytes(index);
        Ok(CardBar {
            function: self.clone(),
            bar: index,
            size_bytes: size_bytes.ok_or(AccessError::NoBar { index })?,
            reads: BusReads::default(),
        })
    }

    fn map_dma(
        &mut self,
        iova: u64,
        address: u64,
        bytes: u64,
        permissions: Permissions,
    ) -> Result<(), AccessError> {
        let refused = |reason: String| AccessError::Map {
            iova,
            bytes,
            reason,
        };
        let mut machine = self.lock()?;
        let memory_bytes = machine.memory.size_bytes();
        if address
            .checked_add(bytes)
            .is_none_or(|end| end > memory_bytes)
        {
            return Err(refused(format!(
                "guest-physical address {address:#x} is outside a memory of {memory_bytes:#x} bytes"
            )));
        }
        let iommu = machine.root_complex.iommu(self.card);
        iommu
            .ok_or_else(|| refused(format!("the machine has no card {}", self.card)))?
            .map(iova, address, bytes, permissions.read, permissions.write)
            .map_err(|error| refused(error.to_string()))
    }

    fn unmap_dma(&mut self, iova: u64, bytes: u64) -> Result<(), AccessError> {
        let refused = |reason: String| AccessError::Map {
            iova,
            bytes,
            reason,
        };
        let mut machine = self.lock()?;
        let iommu = machine.root_complex.iommu(self.card);
        iommu
            .ok_or_else(|| refused(format!("the machine has no card {}", self.card)))?
            .unmap(iova, bytes)
            .map_err(|error| refused(error.to_string()))
    }

    fn take_interrupts(&mut self, vector: u16) -> Result<u64, AccessError> {
        let card = self.card;
        Ok(self.lock()?.root_complex.take_interrupts(card, vector))
    }

    fn function_level_reset(&mut self) -> Result<(), AccessError> {
        let card = self.card;
        let mut machine = self.lock()?;
        let limit_cycles = machine.root_complex.config().cpu_timeout_cycles;
        let no_card = || AccessError::Backend(MmioError::NoCard { card }.to_string());
        machine.slots.get_mut(card).ok_or_else(no_card)?.flr = true;
        if machine.run_until(limit_cycles, |machine| !machine.slots[card].flr) {
            return Ok(());
        }
        machine.slots[card].flr = false;
        Err(AccessError::Backend(format!(
            "the function level reset of card {card} did not end within {limit_cycles} cycles"
        )))
    }

    fn wait(&mut self, ns: u64) {
        // A poisoned lock shows at the next access.
        if let Ok(mut machine) = self.lock() {
            let cycles = (u128::from(ns) * u128::from(machine.clock_hz())).div_ceil(1_000_000_000);
            machine.run((cycles as u64).max(1));
        }
    }
}
