//! A device, its memory, its ring, and what each job must leave behind.

use super::{ExerciseError, Saved, SavedError};
use slackwater_host::Device;
use slackwater_host::function::{Function, Permissions};
use slackwater_host::platform::{GuestMemory, PAGE_BYTES};
use slackwater_host::v2::DmaLogging;
use slackwater_host::workload::{Checksum, Job, JobResult, Ring, RingLayout};
use slackwater_regs::accelerator;
use std::collections::{BTreeSet, VecDeque};

/// Memory that the device works in.
pub const MEMORY_BYTES: u64 = 64 * PAGE_BYTES as u64;
/// First IOVA of the lower half of memory: requests with 3-DW headers.
const LOW_IOVA: u64 = 0x4000_0000;
/// First IOVA of the upper half: requests with 4-DW headers.
const HIGH_IOVA: u64 = 0x18_0000_0000;
const HALF_BYTES: u64 = MEMORY_BYTES / 2;
/// Pages of the rings; the first two of the lower half.
const COMPLETIONS_PAGE: u64 = 1;
/// First page that jobs use.
const FIRST_PAGE: u64 = 2;
/// Entries of the rings.
const ENTRIES: u16 = 32;
/// The accelerator's interrupt.
const VECTOR: u16 = 0;
/// Longest time for a job, and how often it is looked for.
const JOB_LIMIT_NS: u64 = 5_000_000_000;
const LOOK_NS: u64 = 10_000;
/// How long is waited for the rest of a batch's interrupts, once one has come.
const MERGE_NS: u64 = 2_000_000;

/// A job in the ring.
#[derive(Clone, Debug)]
struct Planned {
    cookie: u32,
    interrupt: bool,
    checksum: Checksum,
    /// Where it writes, and the checksum of what is there then.
    written: Option<(u64, usize, Checksum)>,
}

/// A device with its memory.
pub struct Rig<F: Function, M> {
    device: Device<F>,
    memory: M,
    ring: Ring,
    planned: VecDeque<Planned>,
    next_cookie: u32,
    interrupts: u64,
    wanted_interrupts: u64,
}

fn iova(address: u64) -> u64 {
    if address < HALF_BYTES {
        LOW_IOVA + address
    } else {
        HIGH_IOVA + address - HALF_BYTES
    }
}

fn layout() -> RingLayout {
    let completions = COMPLETIONS_PAGE * PAGE_BYTES as u64;
    RingLayout {
        descriptors: 0,
        descriptors_iova: iova(0),
        completions,
        completions_iova: iova(completions),
        entries: ENTRIES,
    }
}

impl<F: Function, M: GuestMemory> Rig<F, M> {
    /// Opens the device, and maps the memory for it.
    ///
    /// # Errors
    /// It is no Slackwater core, or its memory cannot be mapped.
    pub fn new(function: F, memory: M) -> Result<Self, ExerciseError> {
        let mut device = Device::open(function)?;
        for address in [0, HALF_BYTES] {
            let (read, write) = (true, true);
            let permissions = Permissions { read, write };
            let function = device.function_mut();
            function.map_dma(iova(address), address, HALF_BYTES, permissions)?;
        }
        Ok(Self {
            device,
            memory,
            ring: Ring::new(layout())?,
            planned: VecDeque::new(),
            next_cookie: 1,
            interrupts: 0,
            wanted_interrupts: 0,
        })
    }

    /// The device.
    pub const fn device(&mut self) -> &mut Device<F> {
        &mut self.device
    }

    /// Fills memory with what shows a page that was not written, and starts the engine.
    pub(super) fn start(&mut self) -> Result<(), ExerciseError> {
        for page in FIRST_PAGE..MEMORY_BYTES / PAGE_BYTES as u64 {
            let address = page * PAGE_BYTES as u64;
            let words = (0..PAGE_BYTES as u32 / 4)
                .flat_map(|word| (0x9e37_79b9_u32.wrapping_mul(word ^ page as u32)).to_le_bytes());
            self.memory.write(address, &words.collect::<Vec<u8>>())?;
        }
        self.ring.clear_completions(&mut self.memory)?;
        let mut bar = self.device.function_mut().bar(accelerator::BAR)?;
        Ok(self.ring.init(&mut bar)?)
    }

    /// Logs all memory by pages of 4 KiB.
    pub(super) fn start_logging(&mut self) -> Result<DmaLogging, ExerciseError> {
        let spans = [0, HALF_BYTES].map(|address| iova(address)..iova(address) + HALF_BYTES);
        let logging = self.device.v2().start_logging(&spans, PAGE_BYTES as u64)?;
        Ok(logging)
    }

    /// Gives the device its next job: by turns of each kind, each time other pages.
    pub(super) fn submit(&mut self, may_interrupt: bool) -> Result<(), ExerciseError> {
        let cookie = self.next_cookie;
        self.next_cookie += 1;
        let pages = MEMORY_BYTES / PAGE_BYTES as u64 - FIRST_PAGE;
        // No two jobs in the ring share a page: there are more pages than jobs, and two to a job.
        let page = |step: u64| FIRST_PAGE + (2 * u64::from(cookie) + step) % pages;
        let bytes = 4 * (1 + cookie * 37 % 512);
        let source = page(0) * PAGE_BYTES as u64 + u64::from(cookie % 8) * 4;
        let target = page(1) * PAGE_BYTES as u64 + u64::from(cookie % 16) * 4;
        let mut input = vec![0; bytes as usize];
        self.memory.read(source, &mut input)?;
        let sum = Checksum::of_bytes(&input);
        let (job, checksum, written) = match cookie % 4 {
            0 => {
                let first = cookie.wrapping_mul(0x0101_0101);
                let sum = Checksum::of_fill(first, bytes);
                let destination = iova(target);
                let job = Job::Fill {
                    destination,
                    bytes,
                    first,
                };
                (job, sum, Some((target, bytes as usize, sum)))
            }
            1 => {
                let (source, destination) = (iova(source), iova(target));
                let job = Job::Copy {
                    source,
                    destination,
                    bytes,
                };
                (job, sum, Some((target, bytes as usize, sum)))
            }
            2 => {
                let source = iova(source);
                (Job::Checksum { source, bytes }, sum, None)
            }
            _ => {
                let mut old = [0; 4];
                self.memory.read(target, &mut old)?;
                let old = u32::from_le_bytes(old);
                let new = old.wrapping_add(cookie);
                let destination = iova(target);
                let job = Job::FetchAdd {
                    destination,
                    addend: cookie,
                };
                let after = Checksum::of_words([new]);
                (job, Checksum::of_words([old]), Some((target, 4, after)))
            }
        };
        let interrupt = may_interrupt && cookie.is_multiple_of(3);
        let doorbell = self
            .ring
            .submit(&mut self.memory, &job, cookie, interrupt)?;
        let mut bar = self.device.function_mut().bar(accelerator::BAR)?;
        use slackwater_host::function::Bar;
        bar.write_u32(accelerator::DOORBELL, doorbell.0)?;
        self.planned.push_back(Planned {
            cookie,
            interrupt,
            checksum,
            written,
        });
        Ok(())
    }

    /// Waits for all jobs in the ring; gives how many they were.
    pub(super) fn complete_all(&mut self) -> Result<u64, ExerciseError> {
        let mut count = 0;
        let (came, wanted) = (self.interrupts, self.wanted_interrupts);
        while let Some(planned) = self.planned.pop_front() {
            self.complete(&planned)?;
            count += 1;
        }
        // An interrupt comes behind the completion that it tells of. Several may become one on
        // their way, but not none: a driver that sleeps would never wake.
        let mut waited_ns = 0;
        let wanted = self.wanted_interrupts - wanted;
        while waited_ns < JOB_LIMIT_NS {
            let function = self.device.function_mut();
            self.interrupts += function.take_interrupts(VECTOR)?;
            let came = self.interrupts - came;
            if came >= wanted || came > 0 && waited_ns >= MERGE_NS {
                break;
            }
            function.wait(LOOK_NS);
            waited_ns += LOOK_NS;
        }
        let came = self.interrupts - came;
        if came > wanted || (came == 0) != (wanted == 0) {
            return Err(ExerciseError::Interrupts { came, wanted });
        }
        Ok(count)
    }

    fn complete(&mut self, planned: &Planned) -> Result<(), ExerciseError> {
        let cookie = planned.cookie;
        let mut waited_ns = 0;
        let found = loop {
            if let Some(found) = self.ring.poll(&mut self.memory)? {
                break found;
            }
            if waited_ns >= JOB_LIMIT_NS {
                return Err(ExerciseError::Unfinished {
                    cookie,
                    waited_ms: waited_ns / 1_000_000,
                    in_flight: self.ring.in_flight(),
                });
            }
            self.device.function_mut().wait(LOOK_NS);
            waited_ns += LOOK_NS;
        };
        let wrong = |what| Err(ExerciseError::Job { cookie, what });
        if found.result != JobResult::Ok {
            let result = found.result;
            return Err(ExerciseError::Result { cookie, result });
        }
        if found.cookie != cookie {
            return wrong(format!("the completion has cookie {}", found.cookie));
        }
        if found.checksum != planned.checksum {
            let (found, expected) = (found.checksum, planned.checksum);
            return wrong(format!("it reports {found:x?}, expected {expected:x?}"));
        }
        if let Some((address, bytes, expected)) = planned.written {
            let mut after = vec![0; bytes];
            self.memory.read(address, &mut after)?;
            let found = Checksum::of_bytes(&after);
            if found != expected {
                return wrong(format!("memory has {found:x?}, expected {expected:x?}"));
            }
        }
        self.wanted_interrupts += u64::from(planned.interrupt);
        Ok(())
    }

    /// Interrupts that came.
    pub(super) const fn interrupts(&self) -> u64 {
        self.interrupts
    }

    /// Checksums of all pages.
    pub(super) fn pages(&mut self) -> Result<Vec<Checksum>, ExerciseError> {
        let mut page = [0; PAGE_BYTES];
        let mut sums = Vec::new();
        for index in 0..MEMORY_BYTES / PAGE_BYTES as u64 {
            self.memory.read(index * PAGE_BYTES as u64, &mut page)?;
            sums.push(Checksum::of_bytes(&page));
        }
        Ok(sums)
    }

    /// Takes the log out. Every page that changed must be in it, and no page but those that the
    /// device wrote to; gives how many there were.
    pub(super) fn compare_log(
        &mut self,
        logging: &mut DmaLogging,
        round: u32,
        before: &[Checksum],
    ) -> Result<u64, ExerciseError> {
        let mut logged = BTreeSet::new();
        for address in [0, HALF_BYTES] {
            let span = iova(address)..iova(address) + HALF_BYTES;
            let mut bitmap = [0_u64; 1];
            let mut v2 = self.device.v2();
            logging.report(&mut v2, span, PAGE_BYTES as u64, &mut bitmap)?;
            let first = address / PAGE_BYTES as u64;
            logged.extend(
                (0..64)
                    .filter(|bit| bitmap[0] >> bit & 1 == 1)
                    .map(|bit| first + bit),
            );
        }
        let after = self.pages()?;
        let pairs = (0..).zip(before.iter().zip(&after));
        let changed: BTreeSet<u64> = pairs
            .filter_map(|(page, (before, after))| (before != after).then_some(page))
            // The driver writes the descriptors, and takes completions away.
            .filter(|page| *page > COMPLETIONS_PAGE)
            .collect();
        let lost: Vec<u64> = changed.difference(&logged).copied().collect();
        // A job may write what was there before.
        let extra = logged.difference(&changed).copied();
        let mut extra: Vec<u64> = extra.filter(|page| *page < COMPLETIONS_PAGE).collect();
        if !logged.contains(&COMPLETIONS_PAGE) {
            extra.push(COMPLETIONS_PAGE);
        }
        if lost.is_empty() && extra.is_empty() {
            return Ok(logged.len() as u64);
        }
        Err(ExerciseError::Log { round, lost, extra })
    }

    /// All of it, with the device's stream.
    pub(super) fn saved(&mut self, stream: Vec<u8>) -> Result<Saved, ExerciseError> {
        let mut memory = vec![0; MEMORY_BYTES as usize];
        self.memory.read(0, &mut memory)?;
        let jobs = self.planned.iter().map(|planned| super::saved::SavedJob {
            cookie: planned.cookie,
            checksum: planned.checksum,
            written: planned.written,
        });
        Ok(Saved {
            jobs: jobs.collect(),
            next_index: self.ring.next_index(),
            in_flight: self.ring.in_flight(),
            next_cookie: self.next_cookie,
            memory,
            stream,
        })
    }

    /// Goes on where another has stopped.
    pub(super) fn load(&mut self, saved: &Saved) -> Result<(), ExerciseError> {
        let bytes = saved.memory.len() as u64;
        if bytes != MEMORY_BYTES || saved.jobs.len() != usize::from(saved.in_flight) {
            return Err(SavedError::Contents {
                memory_bytes: bytes,
                jobs: saved.jobs.len(),
                in_flight: saved.in_flight,
            }
            .into());
        }
        self.memory.write(0, &saved.memory)?;
        self.ring = self.ring.at(saved.next_index, saved.in_flight)?;
        self.next_cookie = saved.next_cookie;
        let planned = saved.jobs.iter().map(|job| Planned {
            cookie: job.cookie,
            interrupt: false,
            checksum: job.checksum,
            written: job.written,
        });
        self.planned = planned.collect();
        Ok(())
    }
}
