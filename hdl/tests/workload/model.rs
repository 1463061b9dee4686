//! Memory, descriptors, and what a descriptor must do: word by word, without TLPs.

use slackwater_regs::accelerator as regs;

/// Memory: data, data across a 4 GiB boundary (long headers), and the rings, across boundaries too.
pub const PIECES: [(u64, usize); 4] = [
    (0x10_0000, 0x8000),
    (0x1_ffff_c000, 0x8000),
    (0x2_ffff_f000, 0x2000),
    (0x4_ffff_f000, 0x2000),
];
/// Reads of this part of the first piece are answered poisoned.
pub const POISONED: std::ops::Range<u64> = 0x10_7000..0x10_8000;
/// Page requests for this part of the second piece are answered with a failure.
pub const DENIED: std::ops::Range<u64> = 0x2_0000_2000..0x2_0000_3000;
/// Nothing is at this address.
const NOWHERE: u64 = 0x4000_0000;

#[derive(Clone)]
pub struct Seed(pub u64);

impl Seed {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

#[derive(Clone, PartialEq)]
pub struct Memory(pub Vec<Vec<u8>>);

impl Memory {
    pub fn random(seed: &mut Seed) -> Self {
        Self(
            PIECES
                .map(|(_, bytes)| (0..bytes).map(|_| seed.next() as u8).collect())
                .to_vec(),
        )
    }
    pub fn word(&mut self, address: u64) -> Option<&mut [u8; 4]> {
        let (piece, base) =
            PIECES
                .iter()
                .zip(&mut self.0)
                .find_map(|(&(base, bytes), piece)| {
                    (base..base + bytes as u64)
                        .contains(&address)
                        .then_some((piece, base))
                })?;
        let at = (address - base) as usize;
        piece.get_mut(at..at + 4)?.try_into().ok()
    }
    pub fn load(&mut self, address: u64) -> u32 {
        u32::from_le_bytes(*self.word(address).expect("address in memory"))
    }
    pub fn store(&mut self, address: u64, value: u32) {
        *self.word(address).expect("address in memory") = value.to_le_bytes();
    }
}

pub type Descriptor = [u32; 8];
pub type Entry = [u32; 4];

/// What the descriptors must do, word by word.
pub struct Model {
    pub memory: Memory,
    pub scratch: Vec<u32>,
    pub roll: usize,
    /// Page requests: page, and what is asked for (1 read, 2 write).
    pub pages: Vec<(u64, u32)>,
}

impl Model {
    /// Asks for the page of an address, and gives whether it is denied.
    fn is_denied(&mut self, address: u64, access: u32) -> bool {
        self.pages.push((address & !0xfff, access));
        DENIED.contains(&address)
    }

    pub fn run(&mut self, index: u32, d: &Descriptor) -> Entry {
        let (mut a, mut b) = (0u32, 0u32);
        let mut see = |word: u32| {
            a = a.wrapping_add(word);
            b = b.wrapping_add(a);
            word
        };
        let mut source = (u64::from(d[3]) << 32 | u64::from(d[2])) & !3;
        let mut destination = (u64::from(d[5]) << 32 | u64::from(d[4])) & !3;
        let opcode = d[0] & 0xff;
        let asks = d[0] & regs::descriptor::FLAG_PAGE_REQUEST != 0;
        let result = if !(1..=6).contains(&opcode) || d[1] & 3 != 0 {
            regs::result::BAD_DESCRIPTOR
        } else if opcode == regs::opcode::FETCH_ADD && asks && self.is_denied(destination, 3) {
            regs::result::PAGE_ERROR
        } else if opcode == regs::opcode::FETCH_ADD {
            let old = see(self.memory.load(destination));
            self.memory.store(destination, old.wrapping_add(d[6]));
            regs::result::OK
        } else {
            let reads = [
                regs::opcode::COPY,
                regs::opcode::CHECKSUM,
                regs::opcode::LOAD,
            ];
            let reads = reads.contains(&opcode);
            let mut pointer = if opcode == regs::opcode::COPY {
                self.roll
            } else {
                d[6] as usize
            };
            let mut operand = d[6];
            let mut left = d[1];
            let bad = left != 0
                && reads
                && (self.memory.word(source).is_none() || POISONED.contains(&source));
            let writes = opcode == regs::opcode::COPY || !reads;
            let (mut first, mut denied) = (true, false);
            while left != 0 && !denied {
                let enters = |address: u64| asks && (first || address.is_multiple_of(4096));
                denied = reads && enters(source) && self.is_denied(source, 1)
                    || writes && enters(destination) && self.is_denied(destination, 2);
                if denied || bad {
                    break;
                }
                first = false;
                let room = |address: u64| 128 - (address % 128) as u32;
                let mut chunk = left.min(128);
                if reads {
                    chunk = chunk.min(room(source));
                }
                if opcode == regs::opcode::COPY || !reads {
                    chunk = chunk.min(room(destination));
                }
                let words: Vec<u32> = (0..chunk / 4)
                    .map(|i| {
                        see(match opcode {
                            regs::opcode::FILL => operand.wrapping_add(i),
                            regs::opcode::STORE => self.scratch[(pointer + i as usize) % 4096],
                            _ => self.memory.load(source + 4 * u64::from(i)),
                        })
                    })
                    .collect();
                operand = operand.wrapping_add(chunk / 4);
                for (i, &word) in words.iter().enumerate() {
                    if opcode == regs::opcode::COPY || opcode == regs::opcode::LOAD {
                        self.scratch[(pointer + i) % 4096] = word;
                    }
                    if opcode == regs::opcode::COPY || !reads {
                        self.memory.store(destination + 4 * i as u64, word);
                    }
                }
                pointer += words.len();
                if opcode == regs::opcode::COPY {
                    self.roll = pointer;
                }
                source += u64::from(chunk);
                destination += u64::from(chunk);
                left -= chunk;
            }
            if denied {
                regs::result::PAGE_ERROR
            } else if bad {
                regs::result::READ_ERROR
            } else {
                regs::result::OK
            }
        };
        [d[7], result | index << 16, a, b]
    }
}

pub fn random_descriptor(seed: &mut Seed, index: u32) -> Descriptor {
    let opcode = if seed.percent(4) {
        seed.next() as u32 % 256
    } else {
        1 + seed.below(6) as u32
    };
    let bytes = match seed.below(10) {
        0 => 0,
        1 => seed.below(600) as u32,
        2..=6 => 4 * seed.below(70) as u32,
        _ => 4 * seed.below(300) as u32,
    };
    let place = |seed: &mut Seed| match seed.below(4) {
        0 => PIECES[0].0 + seed.below(0x7000 - 0x500),
        1 => PIECES[1].0 + 0x3c00 + seed.below(0x400),
        2 => PIECES[1].0 + seed.below(0x8000 - 0x500),
        _ => PIECES[0].0 + 128 * seed.below(64),
    };
    let mut source = place(seed);
    if seed.percent(4) {
        source = if seed.percent(50) {
            NOWHERE
        } else {
            POISONED.start + seed.below(0xa00)
        };
    }
    let destination = place(seed);
    [
        opcode | u32::from(seed.percent(50)) << 8 | u32::from(seed.percent(30)) << 9,
        bytes,
        source as u32,
        (source >> 32) as u32,
        destination as u32,
        (destination >> 32) as u32,
        seed.next() as u32,
        0xc000_0000 | index,
    ]
}
