//! The guest's driver of the engine, against a few lines that answer like it.

use crate::model::Seed;
use slackwater_host::function::BusReads;
use slackwater_host::platform::{GuestMemory, MemoryError};
use slackwater_host::workload::{
    Checksum, Completion, Job, JobResult, Ring, RingError, RingLayout,
};
use slackwater_host::{AccessError, Bar};

struct Memory(Vec<u8>);

impl Memory {
    fn range(&self, address: u64, bytes: usize) -> Result<std::ops::Range<usize>, MemoryError> {
        let end = address
            .checked_add(bytes as u64)
            .filter(|end| *end <= self.0.len() as u64);
        let memory_bytes = self.0.len() as u64;
        end.map(|end| address as usize..end as usize)
            .ok_or(MemoryError {
                address,
                bytes: bytes as u64,
                memory_bytes,
            })
    }

    fn word(&self, address: u64) -> u32 {
        let bytes = &self.0[address as usize..address as usize + 4];
        u32::from_le_bytes(bytes.try_into().unwrap())
    }
}

impl GuestMemory for Memory {
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        into.copy_from_slice(&self.0[self.range(address, into.len())?]);
        Ok(())
    }
    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
        let range = self.range(address, from.len())?;
        self.0[range].copy_from_slice(from);
        Ok(())
    }
}

/// Answers descriptor `index` as the engine would, with a checksum of its own invention.
fn complete(memory: &mut Memory, layout: &RingLayout, index: u16, code: u32) {
    let slot = u64::from(index % layout.entries);
    let cookie = memory.word(layout.descriptors + slot * 32 + 28);
    let words = [
        cookie,
        code | u32::from(index) << 16,
        cookie ^ 1,
        cookie ^ 2,
    ];
    for (i, word) in words.into_iter().enumerate() {
        let address = layout.completions + slot * 16 + 4 * i as u64;
        memory.write(address, &word.to_le_bytes()).unwrap();
    }
}

struct Registers(Vec<(u32, u32)>, u32, BusReads);

impl Bar for Registers {
    fn size_bytes(&self) -> u64 {
        0x1000
    }
    fn reads(&self) -> BusReads {
        self.2
    }
    fn read_u32(&mut self, _: u32) -> Result<u32, AccessError> {
        self.2.add(4);
        Ok(self.1)
    }
    fn write_u32(&mut self, offset: u32, value: u32) -> Result<(), AccessError> {
        self.0.push((offset, value));
        Ok(())
    }
}

#[test]
fn impossible_rings_are_refused() {
    for entries in [0, 1, 3, 1000, 2048] {
        let error = Ring::new(RingLayout::identity(0, 0x1000, entries)).unwrap_err();
        assert_eq!(error, RingError::Entries { entries });
    }
    let error = Ring::new(RingLayout::identity(0x10, 0x1000, 8)).unwrap_err();
    assert_eq!(
        error,
        RingError::Alignment {
            iova: 0x10,
            align_bytes: 32
        }
    );
    let error = Ring::new(RingLayout::identity(0, 0x1008, 8)).unwrap_err();
    assert_eq!(
        error,
        RingError::Alignment {
            iova: 0x1008,
            align_bytes: 16
        }
    );
}

#[test]
fn init_starts_the_engine_last() {
    let mut ring = Ring::new(RingLayout::identity(0x1_0000_0040, 0x2000, 16)).unwrap();
    let mut registers = Registers(Vec::new(), 0x534c_4143, BusReads::default());
    ring.init(&mut registers).unwrap();
    let expected = [
        (0x08, 0x40),
        (0x0c, 1),
        (0x10, 16),
        (0x1c, 0x2000),
        (0x20, 0),
        (0x04, 1),
    ];
    assert_eq!(registers.0, expected);
    let error = ring
        .init(&mut Registers(Vec::new(), u32::MAX, BusReads::default()))
        .unwrap_err();
    assert_eq!(
        error,
        RingError::Id {
            expected: 0x534c_4143,
            found: u32::MAX
        }
    );
}

/// Over the wrap of the 16-bit index, with random bursts and late completions.
#[test]
fn prop_every_job_completes_once_and_in_order() {
    for seed in 0..4 {
        let mut random = Seed(seed);
        let entries = 2 << random.below(5);
        let layout = RingLayout::identity(0, 0x1000, entries);
        let mut memory = Memory(vec![0xff; 0x2000]);
        let mut ring = Ring::new(layout).unwrap();
        ring.clear_completions(&mut memory).unwrap();
        let (mut engine, mut submitted, mut polled) = (0u16, 0u32, 0u32);
        while polled < 70_000 {
            for _ in 0..random.below(8) {
                let job = Job::Fill {
                    destination: 0,
                    bytes: 4,
                    first: submitted,
                };
                match ring.submit(&mut memory, &job, submitted, false) {
                    Ok(doorbell) => {
                        submitted += 1;
                        assert_eq!(doorbell.0, submitted & 0xffff, "seed {seed}");
                    }
                    Err(error) => {
                        assert_eq!(error, RingError::Full { entries }, "seed {seed}");
                        assert_eq!(submitted - polled, u32::from(entries), "seed {seed}");
                    }
                }
            }
            for _ in 0..random.below(8) {
                if engine != submitted as u16 {
                    complete(&mut memory, &layout, engine, 1);
                    engine = engine.wrapping_add(1);
                }
            }
            while let Some(completion) = ring.poll(&mut memory).unwrap() {
                let checksum = Checksum {
                    sum_a: polled ^ 1,
                    sum_b: polled ^ 2,
                };
                let (index, cookie) = (polled as u16, polled);
                let expected = Completion {
                    index,
                    cookie,
                    result: JobResult::Ok,
                    checksum,
                };
                assert_eq!(completion, expected, "seed {seed}");
                polled += 1;
            }
            assert_eq!(engine, polled as u16, "seed {seed}: none is left behind");
        }
    }
}

#[test]
fn a_stale_or_strange_slot_is_no_completion() {
    let layout = RingLayout::identity(0, 0x1000, 4);
    let mut memory = Memory(vec![0; 0x2000]);
    let mut ring = Ring::new(layout).unwrap();
    complete(&mut memory, &layout, 0, 1);
    assert_eq!(
        ring.poll(&mut memory).unwrap(),
        None,
        "nothing was submitted"
    );
    let job = Job::Checksum {
        source: 0,
        bytes: 4,
    };
    let _ = ring.submit(&mut memory, &job, 5, true).unwrap();
    complete(&mut memory, &layout, 4, 1);
    assert_eq!(ring.poll(&mut memory).unwrap(), None, "another index");
    complete(&mut memory, &layout, 0, 3);
    assert_eq!(
        ring.poll(&mut memory).unwrap().unwrap().result,
        JobResult::ReadError
    );
    let mut outside = Ring::new(RingLayout::identity(0x1_0000, 0x1000, 4)).unwrap();
    let error = outside.submit(&mut memory, &job, 5, true).unwrap_err();
    let expected = MemoryError {
        address: 0x1_0000,
        bytes: 32,
        memory_bytes: 0x2000,
    };
    assert_eq!(error, RingError::Memory(expected));
    assert_eq!(outside.in_flight(), 0, "nothing was submitted");
}
