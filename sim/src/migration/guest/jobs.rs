//! Random jobs, with what each must report and leave in memory.

use super::{GuestProfile, scratch::Scratch};
use crate::memory::PAGE_BYTES;
use crate::seed::Stream;
use serde::{Deserialize, Serialize};
use slackwater_host::flow::DmaMapping;
use slackwater_host::platform::{GuestMemory, MemoryError};
use slackwater_host::workload::{Checksum, Job};
use slackwater_regs::accelerator::{self, SCRATCH_WORDS};
use std::collections::VecDeque;
use std::ops::Range;

/// Places that are tried for a job before the guest waits for others to end.
const TRIES: u32 = 8;

/// How often each kind of job comes, as weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// Fills.
    pub fill: u32,
    /// Copies.
    pub copy: u32,
    /// Checksums.
    pub checksum: u32,
    /// AtomicOps.
    pub fetch_add: u32,
    /// Loads into the scratch memory.
    pub load: u32,
    /// Stores from the scratch memory.
    pub store: u32,
    /// Reads of another card's registers by peer-to-peer DMA; without peers, of none.
    pub peer: u32,
}

impl Mix {
    /// All kinds.
    pub const ALL: Self = Self {
        fill: 3,
        copy: 3,
        checksum: 1,
        fetch_add: 3,
        load: 2,
        store: 3,
        peer: 0,
    };
    /// All kinds, and reads of peers.
    pub const PEERS: Self = Self {
        peer: 6,
        ..Self::ALL
    };
    /// Nothing but fills.
    pub const FILLS: Self = Self {
        fill: 1,
        copy: 0,
        checksum: 0,
        fetch_add: 0,
        load: 0,
        store: 0,
        peer: 0,
    };
    /// Nothing but AtomicOps.
    pub const ATOMICS: Self = Self {
        fetch_add: 1,
        fill: 0,
        ..Self::FILLS
    };

    fn weights(&self) -> [(Kind, u32); 7] {
        [
            (Kind::Fill, self.fill),
            (Kind::Copy, self.copy),
            (Kind::Checksum, self.checksum),
            (Kind::FetchAdd, self.fetch_add),
            (Kind::Load, self.load),
            (Kind::Store, self.store),
            (Kind::Peer, self.peer),
        ]
    }

    fn draw(&self, random: &mut Stream) -> Kind {
        let weights = self.weights();
        let mut rest = random.below(weights.iter().map(|(_, weight)| u64::from(*weight)).sum());
        for (kind, weight) in weights {
            match rest.checked_sub(u64::from(weight)) {
                Some(less) => rest = less,
                None => return kind,
            }
        }
        Kind::Fill
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Fill,
    Copy,
    Checksum,
    FetchAdd,
    Load,
    Store,
    Peer,
}

/// Bytes of guest-physical memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    address: u64,
    bytes: u64,
}

impl Span {
    const fn overlaps(&self, address: u64, bytes: u64) -> bool {
        self.address < address + bytes && address < self.address + self.bytes
    }
}

/// What the destination of a job must hold when the job is done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum After {
    Sum(Checksum),
    Word(u32),
}

/// A job, and all that the guest knows of it beforehand.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Planned {
    pub job: Job,
    pub cookie: u32,
    pub interrupt: bool,
    /// What the completion must report.
    pub checksum: Checksum,
    /// It was in the ring when the guest moved.
    pub interrupted: bool,
    source: Option<Span>,
    written: Option<(Span, After)>,
}

impl Planned {
    /// Refuses one that touches anything but a driver's own bytes.
    pub(super) fn check(&self, part: &Range<u64>) -> Result<(), String> {
        let written = self.written.as_ref().map(|written| written.0);
        for Span { address, bytes } in [self.source, written].into_iter().flatten() {
            let fits = address
                .checked_add(bytes)
                .is_some_and(|end| part.start <= address && end <= part.end);
            if !fits || bytes < 4 {
                return Err(format!(
                    "a job of {bytes} bytes at address {address} in the driver's {part:?}"
                ));
            }
        }
        Ok(())
    }

    fn touches(&self, address: u64, bytes: u64) -> bool {
        let written = self.written.as_ref().map(|written| written.0);
        [self.source, written]
            .iter()
            .flatten()
            .any(|span| span.overlaps(address, bytes))
    }

    /// What is wrong with the memory that the finished job wrote, if something is.
    pub(super) fn memory_mismatch(
        &self,
        memory: &mut impl GuestMemory,
    ) -> Result<Option<String>, MemoryError> {
        let Some((span, after)) = &self.written else {
            return Ok(None);
        };
        let bytes = read(memory, span)?;
        Ok(match after {
            After::Sum(expected) => {
                let found = Checksum::of_bytes(&bytes);
                (found != *expected)
                    .then(|| format!("memory has {found:x?}, expected {expected:x?}"))
            }
            After::Word(expected) => {
                let found = words(&bytes)[0];
                (found != *expected)
                    .then(|| format!("memory has {found:#x}, expected {expected:#x}"))
            }
        })
    }
}

/// True if no job in flight reads or writes these bytes.
pub(super) fn is_free(in_flight: &VecDeque<Planned>, address: u64, bytes: u64) -> bool {
    !in_flight
        .iter()
        .any(|planned| planned.touches(address, bytes))
}

fn read(memory: &mut impl GuestMemory, span: &Span) -> Result<Vec<u8>, MemoryError> {
    let mut bytes = vec![0; span.bytes as usize];
    memory.read(span.address, &mut bytes)?;
    Ok(bytes)
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let words = bytes.chunks_exact(4);
    words
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

/// What a source of jobs has come to, beside what follows from its machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JobMemory {
    random: Stream,
    scratch: Scratch,
    next_page: u64,
}

/// Makes jobs.
#[derive(Clone, Debug)]
pub(super) struct JobSource {
    profile: GuestProfile,
    mappings: Vec<DmaMapping>,
    /// Pages that jobs may use.
    pages: Range<u64>,
    /// IOVAs of other cards' BAR0.
    peers: Vec<u64>,
    memory: JobMemory,
}

impl JobSource {
    pub(super) fn new(
        profile: &GuestProfile,
        mappings: &[DmaMapping],
        pages: Range<u64>,
        peers: Vec<u64>,
        random: Stream,
    ) -> Self {
        Self {
            profile: profile.clone(),
            mappings: mappings.to_vec(),
            memory: JobMemory {
                random,
                scratch: Scratch::default(),
                next_page: pages.start,
            },
            pages,
            peers,
        }
    }

    /// What it has come to.
    pub(super) fn memory(&self) -> JobMemory {
        self.memory.clone()
    }

    /// The same, going on from there.
    ///
    /// # Errors
    /// What cannot be, with its value.
    pub(super) fn with_memory(self, memory: JobMemory) -> Result<Self, String> {
        memory.scratch.check()?;
        if !self.pages.contains(&memory.next_page) {
            let (page, pages) = (memory.next_page, &self.pages);
            return Err(format!("the next page is {page}, the driver has {pages:?}"));
        }
        Ok(Self { memory, ..self })
    }

    /// IOVA of a guest-physical address; the address itself if it is not mapped.
    pub(super) fn iova(&self, address: u64) -> u64 {
        self.mapping(address)
            .map_or(address, |mapping| address - mapping.address + mapping.iova)
    }

    fn mapping(&self, address: u64) -> Option<&DmaMapping> {
        let mut mappings = self.mappings.iter();
        mappings
            .find(|mapping| (mapping.address..mapping.address + mapping.bytes).contains(&address))
    }

    /// A random place for so many bytes that no job in flight touches, inside one mapping.
    fn place(&mut self, bytes: u64, in_flight: &VecDeque<Planned>, sweep: bool) -> Option<Span> {
        for _ in 0..TRIES {
            let page = if sweep {
                let page = self.memory.next_page;
                self.memory.next_page = if page + 1 < self.pages.end {
                    page + 1
                } else {
                    self.pages.start
                };
                page
            } else {
                self.memory
                    .random
                    .within(self.pages.start..=self.pages.end - 1)
            };
            // In a sweep one job stays on its page.
            let room = if sweep {
                PAGE_BYTES.saturating_sub(bytes)
            } else {
                PAGE_BYTES - 4
            };
            let address = page * PAGE_BYTES + 4 * self.memory.random.below(room / 4 + 1);
            let end = address + bytes;
            let fits = self
                .mapping(address)
                .is_some_and(|mapping| end <= mapping.address + mapping.bytes);
            if fits && end <= self.pages.end * PAGE_BYTES && is_free(in_flight, address, bytes) {
                return Some(Span { address, bytes });
            }
        }
        None
    }

    /// The next job; `None` if no place was found for it now.
    pub(super) fn next(
        &mut self,
        memory: &mut impl GuestMemory,
        in_flight: &VecDeque<Planned>,
    ) -> Result<Option<Planned>, MemoryError> {
        let kind = self.profile.mix.draw(&mut self.memory.random);
        let range = &self.profile.job_bytes;
        let drawn = self
            .memory
            .random
            .within(u64::from(*range.start())..=u64::from(*range.end()));
        let bytes = match kind {
            Kind::FetchAdd | Kind::Peer => 4,
            _ => drawn.max(4) & !3,
        };
        let reads = matches!(kind, Kind::Copy | Kind::Checksum | Kind::Load);
        let writes = !matches!(kind, Kind::Checksum | Kind::Load | Kind::Peer);
        let mut source = None;
        if reads {
            source = self.place(bytes, in_flight, false);
            if source.is_none() {
                return Ok(None);
            }
        }
        let mut destination = None;
        if writes {
            let sweep = self.profile.sweep;
            let span = self.place(bytes, in_flight, sweep);
            let clear = |span: &Span| {
                source.is_none_or(|source: Span| !source.overlaps(span.address, span.bytes))
            };
            destination = span.filter(clear);
            if destination.is_none() {
                return Ok(None);
            }
        }
        self.plan(kind, bytes as u32, source, destination, memory)
    }

    fn plan(
        &mut self,
        kind: Kind,
        bytes: u32,
        source: Option<Span>,
        destination: Option<Span>,
        memory: &mut impl GuestMemory,
    ) -> Result<Option<Planned>, MemoryError> {
        let operand = self.memory.random.bits() as u32;
        let scratch_word = operand % SCRATCH_WORDS;
        let from = source.map_or(0, |span| self.iova(span.address));
        let to = destination.map_or(0, |span| self.iova(span.address));
        let input = match &source {
            Some(span) => words(&read(memory, span)?),
            None => Vec::new(),
        };
        let mut word_after = None;
        let (job, checksum) = match kind {
            Kind::Fill => {
                let job = Job::Fill {
                    destination: to,
                    bytes,
                    first: operand,
                };
                (job, Checksum::of_fill(operand, bytes))
            }
            Kind::Copy => {
                self.memory.scratch.copy(&input);
                let job = Job::Copy {
                    source: from,
                    destination: to,
                    bytes,
                };
                (job, Checksum::of_words(input))
            }
            Kind::Checksum => {
                let source = from;
                (Job::Checksum { source, bytes }, Checksum::of_words(input))
            }
            Kind::FetchAdd => {
                let old = match &destination {
                    Some(span) => words(&read(memory, span)?)[0],
                    None => 0,
                };
                word_after = Some(old.wrapping_add(operand));
                let job = Job::FetchAdd {
                    destination: to,
                    addend: operand,
                };
                (job, Checksum::of_words([old]))
            }
            Kind::Peer => {
                // A card that does not run answers all-ones: such a read comes back wrong.
                let peer = match self.peers.len() {
                    0 => return Ok(None),
                    count => self.peers[self.memory.random.index(count)],
                };
                let source = peer + u64::from(accelerator::ID);
                let checksum = Checksum::of_words([accelerator::ID_VALUE]);
                (Job::Checksum { source, bytes }, checksum)
            }
            Kind::Load => {
                self.memory.scratch.load(scratch_word, &input);
                let job = Job::Load {
                    source: from,
                    bytes,
                    scratch_word,
                };
                (job, Checksum::of_words(input))
            }
            Kind::Store => {
                let job = Job::Store {
                    destination: to,
                    bytes,
                    scratch_word,
                };
                (job, self.memory.scratch.store(scratch_word, bytes / 4))
            }
        };
        let after = word_after.map_or(After::Sum(checksum), After::Word);
        Ok(Some(Planned {
            job,
            cookie: self.memory.random.bits() as u32,
            interrupt: self.memory.random.below(2) == 0,
            checksum,
            interrupted: false,
            source,
            written: destination.map(|span| (span, after)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    struct Memory(Vec<u8>);

    impl GuestMemory for Memory {
        fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
            into.copy_from_slice(&self.0[address as usize..address as usize + into.len()]);
            Ok(())
        }

        fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
            self.0[address as usize..address as usize + from.len()].copy_from_slice(from);
            Ok(())
        }
    }

    #[test]
    fn prop_jobs_in_flight_touch_no_common_bytes() {
        let seed = Seed(0x70b5);
        let pages = 24;
        let half = pages / 2 * PAGE_BYTES;
        let mapping = |iova, address| DmaMapping {
            iova,
            address,
            bytes: half,
            page_shift: 12,
        };
        let mappings = [mapping(0x100_0000, 0), mapping(1 << 33, half)];
        let profile = GuestProfile::default();
        let mut source = JobSource::new(&profile, &mappings, 3..pages, vec![], seed.stream());
        let mut memory = Memory(vec![0; (pages * PAGE_BYTES) as usize]);
        let mut in_flight = VecDeque::new();
        for round in 0..2000 {
            let Some(planned) = source.next(&mut memory, &in_flight).unwrap() else {
                in_flight.pop_front();
                continue;
            };
            let spans = [
                planned.source,
                planned.written.as_ref().map(|written| written.0),
            ];
            for span in spans.into_iter().flatten() {
                assert!(
                    is_free(&in_flight, span.address, span.bytes),
                    "seed {seed}, round {round}"
                );
                let (first, last) = (
                    source.iova(span.address),
                    source.iova(span.address + span.bytes - 1),
                );
                assert_eq!(last - first, span.bytes - 1, "seed {seed}, round {round}");
            }
            in_flight.push_back(planned);
            if in_flight.len() > 12 {
                in_flight.pop_front();
            }
        }
    }
}
