//! The soft core's memory and what else it can reach; see `slackwater_regs::soft_core`.

use crate::ports::ControlRequest;
use rrs_lib::{MemAccessSize, Memory};
use slackwater_regs::soft_core::{
    CONTROL_BUS, CONTROL_BUS_BYTES, CRC_ADD, CRC_ALL, CRC_PART, CRC_START, CRC_START_ALL,
    CRC_START_PART, EXCHANGE, EXCHANGE_KEY, Fault, MAX_IMAGE_BYTES, MEMORY_BYTES, OTHER_BANK,
    STACK_BOTTOM, STACK_GUARD, WAIT,
};

/// What an instruction wants that takes longer than memory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// An access to the control bus.
    Bus(ControlRequest),
    /// A read of WAIT.
    Event,
    /// The banks are exchanged.
    Exchange,
    /// It is refused.
    Refused(Fault, u32),
}

/// Memory, and the bus as seen from the core. It outlives resets.
#[derive(Debug)]
pub(super) struct CoreMemory {
    bytes: Vec<u8>,
    /// The bank beside the one whose image runs.
    other: Vec<u8>,
    /// The checksum unit: CRC-32C of the part and of all.
    part: u32,
    all: u32,
    /// Set by an access that is not to memory.
    pub outside: Option<Outside>,
    /// What the outside has answered; the access that is made again takes it.
    pub answer: Option<u32>,
}

fn bytes_of(size: MemAccessSize) -> usize {
    match size {
        MemAccessSize::Byte => 1,
        MemAccessSize::HalfWord => 2,
        MemAccessSize::Word => 4,
    }
}

impl CoreMemory {
    /// Memory with an image at its beginning and zeros behind.
    pub fn new(image: &[u8]) -> Self {
        let mut bytes = vec![0; MEMORY_BYTES as usize];
        for (byte, image) in bytes.iter_mut().zip(image) {
            *byte = *image;
        }
        Self {
            bytes,
            other: vec![0; MAX_IMAGE_BYTES as usize],
            part: 0,
            all: 0,
            outside: None,
            answer: None,
        }
    }

    /// A reset of the core: what was under way is forgotten.
    pub fn reset(&mut self) {
        (self.part, self.all) = (0, 0);
        (self.outside, self.answer) = (None, None);
    }

    /// The banks of images change places.
    pub fn exchange(&mut self) {
        let (running, _) = self.bytes.split_at_mut(MAX_IMAGE_BYTES as usize);
        running.swap_with_slice(&mut self.other);
    }

    /// Where an address lies in the other bank.
    fn in_other(address: u32) -> Option<usize> {
        let at = address.checked_sub(OTHER_BANK)?;
        (at < MAX_IMAGE_BYTES).then_some(at as usize)
    }

    /// The instruction at `pc`.
    pub fn instruction(&self, pc: u32) -> Option<u32> {
        if pc >= STACK_GUARD || !pc.is_multiple_of(4) {
            return None;
        }
        let four = self.bytes.get(pc as usize..pc as usize + 4)?;
        four.try_into().ok().map(u32::from_le_bytes)
    }

    /// What an access beside memory is. Loads do not say their size to the bus: they take their part
    /// of the whole word.
    fn look_outside(address: u32, size: MemAccessSize, write: Option<u32>) -> Outside {
        let is_word = bytes_of(size) == 4 || write.is_none();
        let address = address & !3;
        if is_word && (CONTROL_BUS..CONTROL_BUS + CONTROL_BUS_BYTES).contains(&address) {
            let address = address - CONTROL_BUS;
            Outside::Bus(ControlRequest { address, write })
        } else if is_word && address == WAIT && write.is_none() {
            Outside::Event
        } else if is_word && address == EXCHANGE && write == Some(EXCHANGE_KEY) {
            Outside::Exchange
        } else {
            Outside::Refused(Fault::BusError, address)
        }
    }
}

impl Memory for CoreMemory {
    fn read_mem(&mut self, address: u32, size: MemAccessSize) -> Option<u32> {
        let place = match Self::in_other(address) {
            Some(at) => Some((&self.other, at)),
            None if address < MEMORY_BYTES => Some((&self.bytes, address as usize)),
            None => None,
        };
        if let Some((bytes, at)) = place {
            let mut word = [0; 4];
            let wanted = bytes.get(at..at + bytes_of(size))?;
            word[..wanted.len()].copy_from_slice(wanted);
            return Some(u32::from_le_bytes(word));
        }
        let answer = match address & !3 {
            CRC_PART => Some(self.part),
            CRC_ALL => Some(self.all),
            _ => self.answer.take(),
        };
        if answer.is_none() {
            self.outside = Some(Self::look_outside(address, size, None));
        }
        let part = answer? >> (8 * (address & 3));
        Some(part & u32::MAX >> (32 - 8 * bytes_of(size)))
    }

    fn write_mem(&mut self, address: u32, size: MemAccessSize, data: u32) -> bool {
        if address < MEMORY_BYTES {
            let refused = match address {
                STACK_BOTTOM.. => None,
                STACK_GUARD.. => Some(Fault::StackOverflow),
                _ => Some(Fault::WriteProtected),
            };
            let at = address as usize;
            let there = self.bytes.get_mut(at..at + bytes_of(size));
            if let (None, Some(there)) = (refused, there) {
                there.copy_from_slice(&data.to_le_bytes()[..bytes_of(size)]);
                return true;
            }
            self.outside = refused.map(|fault| Outside::Refused(fault, address & !3));
            return false;
        }
        if let (Some(at), MemAccessSize::Word) = (Self::in_other(address), size)
            && let Some(there) = self.other.get_mut(at..at + 4)
        {
            there.copy_from_slice(&data.to_le_bytes());
            return true;
        }
        match (address, size) {
            (CRC_START, MemAccessSize::Word) => {
                if data & CRC_START_PART != 0 {
                    self.part = 0;
                }
                if data & CRC_START_ALL != 0 {
                    self.all = 0;
                }
                return true;
            }
            (CRC_ADD, MemAccessSize::Word) => {
                self.part = crc32c::crc32c_append(self.part, &data.to_le_bytes());
                self.all = crc32c::crc32c_append(self.all, &data.to_le_bytes());
                return true;
            }
            _ => {}
        }
        if self.answer.take().is_some() {
            return true;
        }
        self.outside = Some(Self::look_outside(address, size, Some(data)));
        false
    }
}
