//! The guest's driver for the descriptor-ring engine.
//!
//! ```text
//!  submit ─▶ descriptor ring (guest memory) ─▶ doorbell ─▶ engine ─▶ completion ring ─▶ poll
//! ```
//! Nothing here waits: `submit` and `poll` touch guest memory only, and the caller
//! writes the doorbell, so a simulated guest can use it in one clock. Indexes run
//! freely modulo 2^16; the slot is the index modulo the number of entries. A
//! completion slot is new when its RESULT word is not 0 and carries the index that
//! is due; the driver zeroes it when it has taken it.

mod job;

pub use job::{Checksum, Job, JobResult};

use crate::function::{AccessError, Bar};
use crate::platform::{GuestMemory, MemoryError};
use slackwater_regs::accelerator::{
    self, COMPLETION_BYTES, COMPLETION_WORDS, DESCRIPTOR_BYTES, completion, control, descriptor,
};
use thiserror::Error;

/// Where the two rings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLayout {
    /// Guest-physical address of the descriptor ring.
    pub descriptors: u64,
    /// Its IOVA, aligned to 32 bytes.
    pub descriptors_iova: u64,
    /// Guest-physical address of the completion ring.
    pub completions: u64,
    /// Its IOVA, aligned to 16 bytes.
    pub completions_iova: u64,
    /// Entries of both rings: a power of two, 2 to 1024.
    pub entries: u16,
}

impl RingLayout {
    /// Rings whose IOVAs are their guest-physical addresses.
    pub const fn identity(descriptors: u64, completions: u64, entries: u16) -> Self {
        Self {
            descriptors,
            descriptors_iova: descriptors,
            completions,
            completions_iova: completions,
            entries,
        }
    }

    /// Bytes of the descriptor ring.
    pub const fn descriptor_bytes(&self) -> u64 {
        self.entries as u64 * DESCRIPTOR_BYTES as u64
    }

    /// Bytes of the completion ring.
    pub const fn completion_bytes(&self) -> u64 {
        self.entries as u64 * COMPLETION_BYTES as u64
    }
}

/// A request to the ring that did not work.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum RingError {
    /// All entries are in flight.
    #[error("all {entries} entries of the ring are in flight")]
    Full {
        /// Entries of the ring.
        entries: u16,
    },
    /// More jobs are said to be in flight than there are entries.
    #[error("{in_flight} jobs in flight in a ring of {entries} entries")]
    InFlight {
        /// Jobs.
        in_flight: u16,
        /// Entries of the ring.
        entries: u16,
    },
    /// The number of entries is none that the engine has.
    #[error("{entries} entries: a ring has a power of two from 2 to 1024")]
    Entries {
        /// Entries asked for.
        entries: u16,
    },
    /// A ring's IOVA is not aligned.
    #[error("a ring at IOVA {iova:#x} is not aligned to {align_bytes} bytes")]
    Alignment {
        /// IOVA asked for.
        iova: u64,
        /// Alignment that the engine needs.
        align_bytes: u32,
    },
    /// There is another engine behind the BAR.
    #[error("no descriptor-ring engine: ID reads {found:#010x}, expected {expected:#010x}")]
    Id {
        /// The engine's value.
        expected: u32,
        /// The value found.
        found: u32,
    },
    /// Guest memory could not be accessed.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The engine's registers could not be accessed.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Value to write to the DOORBELL register.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doorbell(
    /// The value: the producer index.
    pub u32,
);

/// A job that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Index of its descriptor.
    pub index: u16,
    /// Cookie given with the job.
    pub cookie: u32,
    /// How it ended.
    pub result: JobResult,
    /// Checksum of the words that it saw; for a FetchAdd `sum_a` is the old value.
    pub checksum: Checksum,
}

/// The driver's side of the rings. Cloning it is what a snapshot of the guest would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    layout: RingLayout,
    producer: u16,
    consumer: u16,
    /// Jobs ask for their pages.
    page_requests: bool,
}

impl Ring {
    /// A ring that is not yet known to the engine.
    pub fn new(layout: RingLayout) -> Result<Self, RingError> {
        let RingLayout {
            entries,
            descriptors_iova,
            completions_iova,
            ..
        } = layout;
        if !(2..=1024).contains(&entries) || !entries.is_power_of_two() {
            return Err(RingError::Entries { entries });
        }
        for (iova, align_bytes) in [
            (descriptors_iova, DESCRIPTOR_BYTES),
            (completions_iova, COMPLETION_BYTES),
        ] {
            if iova % u64::from(align_bytes) != 0 {
                return Err(RingError::Alignment { iova, align_bytes });
            }
        }
        Ok(Self {
            layout,
            producer: 0,
            consumer: 0,
            page_requests: false,
        })
    }

    /// The same rings with nothing in them, as after a reset of the engine.
    #[must_use]
    pub const fn restarted(&self) -> Self {
        Self {
            layout: self.layout,
            producer: 0,
            consumer: 0,
            ..*self
        }
    }

    /// The same rings with so many jobs in flight, the next of them to get this index: as another
    /// process has left them.
    ///
    /// # Errors
    /// There are more jobs than entries.
    pub const fn at(&self, next_index: u16, in_flight: u16) -> Result<Self, RingError> {
        let entries = self.layout.entries;
        if in_flight > entries {
            return Err(RingError::InFlight { in_flight, entries });
        }
        Ok(Self {
            producer: next_index,
            consumer: next_index.wrapping_sub(in_flight),
            ..*self
        })
    }

    /// Jobs ask for their pages.
    pub const fn page_requests(&self) -> bool {
        self.page_requests
    }

    /// The same ring, whose jobs ask for the pages of source and destination before they touch
    /// them. An engine without page requests works on as if they did not.
    #[must_use]
    pub const fn with_page_requests(mut self) -> Self {
        self.page_requests = true;
        self
    }

    /// Where the rings are.
    pub const fn layout(&self) -> &RingLayout {
        &self.layout
    }

    /// Zeroes the completion ring, so that what was there before is taken for no completion.
    pub fn clear_completions(&self, memory: &mut impl GuestMemory) -> Result<(), RingError> {
        for slot in 0..self.layout.entries {
            memory.write(
                self.completion_address(slot),
                &[0; COMPLETION_BYTES as usize],
            )?;
        }
        Ok(())
    }

    /// The register writes (offset in BAR0, value) that tell the engine about the rings and start it, in order.
    pub const fn register_writes(&self) -> [(u32, u32); 6] {
        let RingLayout {
            descriptors_iova,
            completions_iova,
            entries,
            ..
        } = self.layout;
        let mut enable = control::ENABLE;
        if self.page_requests {
            enable |= control::PAGE_REQUESTS;
        }
        [
            (accelerator::RING_LO, descriptors_iova as u32),
            (accelerator::RING_HI, (descriptors_iova >> 32) as u32),
            (accelerator::RING_ENTRIES, entries as u32),
            (accelerator::COMPLETIONS_LO, completions_iova as u32),
            (accelerator::COMPLETIONS_HI, (completions_iova >> 32) as u32),
            (accelerator::CONTROL, enable),
        ]
    }

    /// Checks the engine's ID, and does the [`Ring::register_writes`]. The engine must be fresh from a reset.
    pub fn init<B: Bar>(&mut self, bar: &mut B) -> Result<(), RingError> {
        let found = bar.read_u32(accelerator::ID)?;
        if found != accelerator::ID_VALUE {
            return Err(RingError::Id {
                expected: accelerator::ID_VALUE,
                found,
            });
        }
        for (offset, value) in self.register_writes() {
            bar.write_u32(offset, value)?;
        }
        Ok(())
    }

    /// Jobs that were submitted and not yet polled.
    pub const fn in_flight(&self) -> u16 {
        self.producer.wrapping_sub(self.consumer)
    }

    /// True if no further job can be submitted now.
    pub const fn is_full(&self) -> bool {
        self.in_flight() >= self.layout.entries
    }

    /// Index that the next job gets.
    pub const fn next_index(&self) -> u16 {
        self.producer
    }

    /// Puts a job into the ring. The engine starts on it when the doorbell was written; several
    /// jobs may be put in before the last one's doorbell is written.
    pub fn submit(
        &mut self,
        memory: &mut impl GuestMemory,
        job: &Job,
        cookie: u32,
        interrupt: bool,
    ) -> Result<Doorbell, RingError> {
        let entries = self.layout.entries;
        if self.is_full() {
            return Err(RingError::Full { entries });
        }
        let slot = self.producer % entries;
        let mut words = job.descriptor(cookie, interrupt);
        if self.page_requests {
            words[descriptor::OPCODE] |= descriptor::FLAG_PAGE_REQUEST;
        }
        let mut bytes = [0; DESCRIPTOR_BYTES as usize];
        for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        let address = self
            .layout
            .descriptors
            .wrapping_add(u64::from(slot) * u64::from(DESCRIPTOR_BYTES));
        memory.write(address, &bytes)?;
        self.producer = self.producer.wrapping_add(1);
        Ok(Doorbell(u32::from(self.producer)))
    }

    /// Takes the next completion, if it is there.
    pub fn poll(&mut self, memory: &mut impl GuestMemory) -> Result<Option<Completion>, RingError> {
        if self.in_flight() == 0 {
            return Ok(None);
        }
        let address = self.completion_address(self.consumer % self.layout.entries);
        let mut bytes = [0; COMPLETION_BYTES as usize];
        memory.read(address, &mut bytes)?;
        let mut words = [0; COMPLETION_WORDS as usize];
        for (word, from) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes([from[0], from[1], from[2], from[3]]);
        }
        let code = words[completion::RESULT] & 0xff;
        let index = (words[completion::RESULT] >> 16) as u16;
        if code == 0 || index != self.consumer {
            return Ok(None);
        }
        let result_address = address.wrapping_add(4 * completion::RESULT as u64);
        memory.write(result_address, &[0; 4])?;
        self.consumer = self.consumer.wrapping_add(1);
        Ok(Some(Completion {
            index,
            cookie: words[completion::COOKIE],
            result: JobResult::from_code(code),
            checksum: Checksum {
                sum_a: words[completion::SUM_A],
                sum_b: words[completion::SUM_B],
            },
        }))
    }

    fn completion_address(&self, slot: u16) -> u64 {
        self.layout
            .completions
            .wrapping_add(u64::from(slot) * u64::from(COMPLETION_BYTES))
    }
}
