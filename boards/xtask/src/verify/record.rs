//! How the ports of a cycle lie in the records that go to a program of Verilator's.
//!
//! Each port takes what Verilator keeps it in: 1, 2, 4 or 8 bytes, and whole words of
//! 32 bits from there on; the lowest byte comes first, and nothing lies between two ports.

/// A port's place in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the design.
    pub name: String,
    /// Its width.
    pub bits: u32,
}

impl Port {
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        match self.bits {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            33..=64 => 8,
            more => 4 * more.div_ceil(u32::BITS) as usize,
        }
    }

    fn mask(&self) -> u128 {
        u128::MAX >> u128::BITS.saturating_sub(self.bits)
    }
}

/// Room behind the last record for the store of a whole word.
const SLACK: usize = size_of::<u128>();

/// The ports of one direction, none wider than 128 bits.
#[derive(Clone, Debug)]
pub struct Layout {
    ports: Vec<Port>,
    places: Vec<(usize, u128)>,
    bytes: usize,
}

impl Layout {
    /// For these ports in their order.
    pub fn new(ports: Vec<Port>) -> Self {
        Self {
            places: ports
                .iter()
                .map(|port| (port.bytes(), port.mask()))
                .collect(),
            bytes: ports.iter().map(Port::bytes).sum(),
            ports,
        }
    }

    /// The ports.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Room for so many records.
    pub fn room(&self, records: usize) -> Vec<u8> {
        vec![0; self.bytes * records + SLACK]
    }

    /// Writes a record at its place. Bits above a port's width are dropped, since
    /// Verilator takes them for part of the value.
    pub fn pack(&self, words: &[u128], record: usize, buffer: &mut [u8]) {
        let mut at = self.bytes * record;
        for (&(bytes, mask), &word) in self.places.iter().zip(words) {
            // A store of known length is one instruction; the next port overwrites the rest.
            buffer[at..at + SLACK].copy_from_slice(&(word & mask).to_le_bytes());
            at += bytes;
        }
    }

    /// The bytes of the first so many records.
    pub fn records<'b>(&self, buffer: &'b [u8], records: usize) -> &'b [u8] {
        &buffer[..self.bytes * records]
    }

    /// The first port that differs between two lists of records: record, port, values.
    pub fn first_difference(&self, one: &[u8], other: &[u8]) -> Option<Difference> {
        // Nearly always they are the same, and that is found out much faster.
        if one == other {
            return None;
        }
        let byte = one
            .iter()
            .zip(other)
            .position(|(one, other)| one != other)?;
        let (record, mut left) = (byte / self.bytes, byte % self.bytes);
        let mut at = self.bytes * record;
        for port in &self.ports {
            if left < port.bytes() {
                let value = |records: &[u8]| {
                    let bytes = records[at..at + port.bytes()].iter().rev();
                    bytes.fold(0, |above, &byte| above << 8 | u128::from(byte))
                };
                return Some(Difference {
                    record,
                    port: port.name.clone(),
                    values: [value(one), value(other)],
                });
            }
            left -= port.bytes();
            at += port.bytes();
        }
        None
    }
}

/// A port that two lists of records show differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The record.
    pub record: usize,
    /// The port's name.
    pub port: String,
    /// Its two values.
    pub values: [u128; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        let ports = [("flag", 1), ("beat", 67), ("word", 20), ("wide", 64)];
        let port = |(name, bits): (&str, u32)| Port {
            name: name.into(),
            bits,
        };
        Layout::new(ports.map(port).to_vec())
    }

    #[test]
    fn ports_take_what_verilator_keeps_them_in() {
        let layout = layout();
        assert_eq!(layout.bytes, 1 + 12 + 4 + 8);
        let mut buffer = layout.room(2);
        layout.pack(&[u128::MAX; 4], 0, &mut buffer);
        layout.pack(&[2, 3, 4, 5], 1, &mut buffer);
        let records = layout.records(&buffer, 2);
        assert_eq!(records[..5], [1, 255, 255, 255, 255]);
        assert_eq!(records[1 + 8], 7, "67 bits");
        assert_eq!(records[25], 0, "bit 1 of one bit");
    }

    #[test]
    fn a_difference_is_found_with_its_port() {
        let layout = layout();
        let (mut one, mut other) = (layout.room(3), layout.room(3));
        let values = [1, 7 << 64, 9, 1 << 63];
        for buffer in [&mut one, &mut other] {
            layout.pack(&values, 2, buffer);
        }
        assert_eq!(layout.first_difference(&one, &other), None);
        layout.pack(&[1, 3 << 64, 8, 1 << 63], 2, &mut other);
        let expected = Difference {
            record: 2,
            port: "beat".into(),
            values: [7 << 64, 3 << 64],
        };
        assert_eq!(layout.first_difference(&one, &other), Some(expected));
    }
}
