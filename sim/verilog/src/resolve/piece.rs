//! Up to 64 bits of a value.

use super::{Resolver, bits_of, chunks};
use crate::design::Source;
use crate::error::Error;
use crate::graph::{NetId, Op, Value};
use crate::words::Word;
use crate::words::build::Builder;

/// A constructor of a word from two of its own width.
type Bitwise = fn(&mut Builder, Word, Word) -> Word;

impl Resolver<'_> {
    /// `width` bits, 1 … 64, of a value from `low` on.
    pub(super) fn piece(&mut self, value: Value, low: u32, width: u32) -> Result<Word, Error> {
        let key = (value, low, width);
        if let Some(&word) = self.known.get(&key) {
            return Ok(word);
        }
        let word = self.make_piece(value, low, width)?;
        debug_assert_eq!(u32::from(self.builder.width(word)), width);
        self.known.insert(key, word);
        Ok(word)
    }

    /// Bits of a list of adjoining pieces: each is asked for what it has of them.
    fn gather(
        &mut self,
        low: u32,
        width: u32,
        parts: impl Iterator<Item = (u32, u32)>,
        mut part: impl FnMut(&mut Self, usize, u32, u32) -> Result<Word, Error>,
    ) -> Result<Word, Error> {
        let mut joined: Option<Word> = None;
        for (index, (at, part_width)) in parts.enumerate() {
            let from = low.max(at);
            let to = (low + width).min(at + part_width);
            if from >= to {
                continue;
            }
            let word = part(self, index, from - at, to - from)?;
            joined = Some(match joined {
                Some(below) => self.builder.join(below, word),
                None => word,
            });
        }
        Ok(joined.expect("the parts cover the bits that are asked for"))
    }

    fn make_piece(&mut self, value: Value, low: u32, width: u32) -> Result<Word, Error> {
        let design = self.design;
        let graph = &design.graph;
        let own = graph.width(value);
        match graph.op(value) {
            Op::Constant(constant) => {
                let bits = bits_of(constant, low, width);
                Ok(self.builder.constant(bits, width as u8))
            }
            Op::Net(net) => {
                self.read.insert(*net);
                self.net_piece(*net, low, width)
            }
            Op::Unassigned(net) => Err(Error::Latch {
                at: design.net(*net).at.clone(),
                signal: design.net(*net).path.clone(),
            }),
            Op::Read(array, address) => {
                let address_width = graph.width(*address);
                let address = self.piece(*address, 0, address_width)?;
                let lanes = self.arrays[array.0 as usize].lanes.clone();
                self.gather(low, width, chunks(0, own), |this, lane, from, bits| {
                    let memory = lanes[lane];
                    let lane_width = this.words.memories[memory.0 as usize].width;
                    let word = this.builder.read(memory, address, lane_width);
                    Ok(this.builder.slice(word, from as u8, bits as u8))
                })
            }
            Op::Not(a) => {
                let a = self.piece(*a, low, width)?;
                Ok(self.builder.not(a))
            }
            Op::And(a, b) => self.bitwise(Builder::and, (*a, *b), low, width),
            Op::Or(a, b) => self.bitwise(Builder::or, (*a, *b), low, width),
            Op::Xor(a, b) => self.bitwise(Builder::xor, (*a, *b), low, width),
            Op::Select(condition, then, otherwise) => {
                let condition = self.piece(*condition, 0, 1)?;
                let then = self.piece(*then, low, width)?;
                let otherwise = self.piece(*otherwise, low, width)?;
                Ok(self.builder.select(condition, then, otherwise))
            }
            Op::Slice(inner, below) => self.piece(*inner, below + low, width),
            Op::Concat(parts) => {
                let mut at = 0;
                let places = parts.iter().map(|&part| {
                    let width = graph.width(part);
                    at += width;
                    (at - width, width)
                });
                let places: Vec<_> = places.collect();
                self.gather(low, width, places.into_iter(), |this, index, from, bits| {
                    this.piece(parts[index], from, bits)
                })
            }
            Op::SignExtend(inner) => {
                let inner_width = graph.width(*inner);
                if low + width <= inner_width {
                    return self.piece(*inner, low, width);
                }
                let low = low.min(inner_width - 1);
                let kept = self.piece(*inner, low, inner_width - low)?;
                Ok(self.builder.sign_extend(kept, width as u8))
            }
            Op::Parity(a) => {
                let mut parity = self.builder.constant(0, 1);
                for (low, width) in chunks(0, graph.width(*a)) {
                    let word = self.piece(*a, low, width)?;
                    let odd = self.builder.parity(word);
                    parity = self.builder.xor(parity, odd);
                }
                Ok(parity)
            }
            _ => self.arithmetic(value, low, width),
        }
    }

    fn bitwise(
        &mut self,
        make: Bitwise,
        (a, b): (Value, Value),
        low: u32,
        width: u32,
    ) -> Result<Word, Error> {
        let a = self.piece(a, low, width)?;
        let b = self.piece(b, low, width)?;
        Ok(make(&mut self.builder, a, b))
    }

    /// Up to 64 bits of a net: from its cells, or of what drives it.
    pub(super) fn net_piece(&mut self, id: NetId, low: u32, width: u32) -> Result<Word, Error> {
        let design = self.design;
        let net = design.net(id);
        let mut joined: Option<Word> = None;
        let mut at = low;
        let end = low + width;
        while at < end {
            let stored = self.stored.get(&id).and_then(|cells| {
                cells
                    .iter()
                    .find(|stored| (stored.low..stored.low + stored.width).contains(&at))
                    .copied()
            });
            let driver = net
                .drivers
                .iter()
                .find(|driver| (driver.low..driver.low + driver.width).contains(&at));
            let (word, to) = if let Some(stored) = stored {
                let to = end.min(stored.low + stored.width);
                let whole = self.builder.cell(stored.cell, stored.width as u8);
                let from = (at - stored.low) as u8;
                (self.builder.slice(whole, from, (to - at) as u8), to)
            } else if let Some(driver) = driver {
                let Source::Combinational(value) = driver.source else {
                    unreachable!("every register has cells");
                };
                let to = end.min(driver.low + driver.width);
                let asked = (id, at, to - at);
                if self.open.contains(&asked) {
                    return Err(self.found_loop(asked));
                }
                self.open.push(asked);
                let word = self.piece(value, at - driver.low, to - at)?;
                self.open.pop();
                (word, to)
            } else if let Some(initial) = &net.initial {
                let next = net.drivers.iter().map(|driver| driver.low);
                let to = next.filter(|&next| next > at).min().unwrap_or(end).min(end);
                let bits = bits_of(initial, at, to - at);
                (self.builder.constant(bits, (to - at) as u8), to)
            } else {
                let next = net.drivers.iter().map(|driver| driver.low);
                let to = next.filter(|&next| next > at).min().unwrap_or(end).min(end);
                return Err(Error::Undriven {
                    at: net.at.clone(),
                    signal: design.bits_name(id, at, to - at),
                });
            };
            joined = Some(match joined {
                Some(below) => self.builder.join(below, word),
                None => word,
            });
            at = to;
        }
        Ok(joined.expect("at least one bit is asked for"))
    }

    fn found_loop(&self, asked: (NetId, u32, u32)) -> Error {
        let start = self.open.iter().position(|&open| open == asked);
        let open = &self.open[start.unwrap_or(0)..];
        let name = |&(net, low, width): &(NetId, u32, u32)| self.design.bits_name(net, low, width);
        let mut path: Vec<String> = open.iter().map(name).collect();
        path.push(name(&asked));
        path.dedup();
        let drivers = &self.design.net(asked.0).drivers;
        let driver = drivers
            .iter()
            .find(|driver| (driver.low..driver.low + driver.width).contains(&asked.1));
        Error::Loop {
            at: driver.map_or_else(
                || self.design.net(asked.0).at.clone(),
                |driver| driver.at.clone(),
            ),
            path,
        }
    }
}
