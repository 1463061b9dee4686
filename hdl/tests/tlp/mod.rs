//! TLPs as plain words, and a checker of completions, written from the PCI
//! Express Base Specification and without a look at the core.
#![allow(dead_code)]

use rust_hdl::prelude::*;
use slackwater_hdl::beat::Beat;

/// SplitMix64: the same seed gives the same run.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn word(&mut self) -> u32 {
        self.next() as u32
    }
    pub fn below(&mut self, n: u32) -> u32 {
        self.word() % n
    }
    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }
}

/// Prints the seed if the test that owns it fails.
pub struct Seed(pub u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {:#x}", self.0);
        }
    }
}

pub fn beat(lo: u32, hi: u32, keep: u64, last: bool) -> Beat {
    Beat {
        lo: bits(lo.into()),
        hi: bits(hi.into()),
        keep: bits(keep),
        last,
    }
}

/// Cuts the DWs of a TLP into beats.
pub fn beats(dws: &[u32]) -> Vec<Beat> {
    let count = dws.len().div_ceil(2);
    dws.chunks(2)
        .enumerate()
        .map(|(i, pair)| match *pair {
            [lo, hi] => beat(lo, hi, 3, i + 1 == count),
            [lo] => beat(lo, 0, 1, true),
            _ => unreachable!("chunks of two"),
        })
        .collect()
}

/// The valid DWs of some beats.
pub fn dws(beats: &[Beat]) -> Vec<u32> {
    let mut out = Vec::new();
    for b in beats {
        if b.keep.get_bit(0) {
            out.push(b.lo.to_u32());
        }
        if b.keep.get_bit(1) {
            out.push(b.hi.to_u32());
        }
    }
    out
}

/// What a request asks for; the value is fmt and type but for the 4DW bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    Read = 0x00,
    ReadLocked = 0x01,
    Write = 0x40,
    IoRead = 0x02,
    IoWrite = 0x42,
    FetchAdd = 0x4C,
    Swap = 0x4D,
    Cas = 0x4E,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub kind: Kind,
    pub address: u64,
    /// 1 to 1024.
    pub length_dw: u32,
    pub first_be: u32,
    pub last_be: u32,
    pub requester: u16,
    pub tag: u8,
    pub traffic_class: u32,
    /// Relaxed ordering and no-snoop, 0 to 3.
    pub attributes: u32,
    pub four_dw: bool,
    pub payload: Vec<u32>,
    pub digest: Option<u32>,
}

impl Request {
    pub fn new(kind: Kind, address: u64, length_dw: u32) -> Self {
        Self {
            kind,
            address,
            length_dw,
            first_be: 0xF,
            last_be: if length_dw == 1 { 0 } else { 0xF },
            requester: 0x0010,
            tag: 0,
            traffic_class: 0,
            attributes: 0,
            four_dw: false,
            payload: Vec::new(),
            digest: None,
        }
    }

    pub fn dws(&self) -> Vec<u32> {
        let mut out = vec![
            (self.kind as u32) << 24
                | u32::from(self.four_dw) << 29
                | self.traffic_class << 20
                | u32::from(self.digest.is_some()) << 15
                | self.attributes << 12
                | (self.length_dw & 0x3FF),
            u32::from(self.requester) << 16
                | u32::from(self.tag) << 8
                | self.last_be << 4
                | self.first_be,
        ];
        if self.four_dw {
            out.push((self.address >> 32) as u32);
        }
        out.push(self.address as u32 & !3);
        out.extend(&self.payload);
        out.extend(self.digest);
        out
    }
}

/// The answer to a request as the requester has to see it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub request: Request,
    /// Byte at each address from the first to the last enabled one; empty: Cpl without data.
    pub bytes: Vec<u8>,
}

/// Largest payload and read completion boundary that the checker insists on.
const MAX_PAYLOAD_DW: u32 = 32;
const BOUNDARY_BYTES: u64 = 64;

/// Checks the completions of one request, which come first in `tlps`; returns how many there were.
pub fn check_answer(answer: &Answer, completer: u16, tlps: &[Vec<u32>]) -> Result<usize, String> {
    let request = &answer.request;
    let memory = matches!(request.kind, Kind::Read | Kind::ReadLocked);
    // Where the next completion has to begin: the first enabled byte (of none: the DW).
    let first = request.first_be.trailing_zeros() % 32;
    let mut address = if memory {
        (request.address & !3) + u64::from(if first < 4 { first } else { 0 })
    } else {
        0
    };
    let mut left = answer.bytes.len();
    let mut used = 0;
    loop {
        let tlp = tlps
            .get(used)
            .ok_or(format!("completion {used} is missing, {left} bytes left"))?;
        used += 1;
        if tlp.len() < 3 {
            return Err(format!("header of {} DW", tlp.len()));
        }
        let same = |what: &str, found: u32, expected: u32| {
            if found == expected {
                Ok(())
            } else {
                Err(format!("{what}: found {found:#x}, expected {expected:#x}"))
            }
        };
        let bare = answer.bytes.is_empty();
        let code = if bare { 0x0A } else { 0x4A } | u32::from(request.kind == Kind::ReadLocked);
        same("fmt and type", tlp[0] >> 24, code)?;
        same("traffic class", tlp[0] >> 20 & 7, request.traffic_class)?;
        same("attributes, TD, EP, reserved", tlp[0] & 0x008F_FC00, 0)?;
        same("completer ID", tlp[1] >> 16, completer.into())?;
        same("status and BCM", tlp[1] >> 12 & 0xF, 0)?;
        same("requester ID", tlp[2] >> 16, request.requester.into())?;
        same("tag", tlp[2] >> 8 & 0xFF, request.tag.into())?;
        same("reserved", tlp[2] & 0x80, 0)?;
        if bare {
            same("length", tlp[0] & 0x3FF, 0)?;
            same("byte count", tlp[1] & 0xFFF, 4)?;
            same("lower address", tlp[2] & 0x7F, 0)?;
            same("DWs", tlp.len() as u32, 3)?;
            return Ok(used);
        }
        same("byte count", tlp[1] & 0xFFF, left as u32 & 0xFFF)?;
        same("lower address", tlp[2] & 0x7F, address as u32 & 0x7F)?;
        let length_dw = tlp[0] & 0x3FF;
        if length_dw == 0 || length_dw > MAX_PAYLOAD_DW {
            return Err(format!("payload of {length_dw} DW"));
        }
        same("DWs", tlp.len() as u32, 3 + length_dw)?;
        let end = (address & !3) + u64::from(length_dw) * 4;
        let last_byte = address + left as u64;
        let here = if end >= last_byte {
            if end - last_byte > 3 {
                return Err(format!(
                    "{length_dw} DW are more than the {left} bytes left"
                ));
            }
            left
        } else {
            if end % BOUNDARY_BYTES != 0 {
                return Err(format!("split at {end:#x}"));
            }
            (end - address) as usize
        };
        let data: Vec<u8> = tlp[3..].iter().flat_map(|w| w.to_be_bytes()).collect();
        let start = answer.bytes.len() - left;
        let skip = (address & 3) as usize;
        if data[skip..skip + here] != answer.bytes[start..start + here] {
            return Err(format!("data differ in the {here} bytes from {address:#x}"));
        }
        left -= here;
        address = end;
        if left == 0 {
            return Ok(used);
        }
    }
}
