//! From values of any width to words: what the hierarchy means once it is gone.
//!
//! Wide values are never built. A register is stored in cells, cut where its
//! fields begin (`cells.rs`); everything else is asked for piece by piece, at most
//! 64 bits at a time (`piece.rs`), so that a struct that passes through ten
//! modules costs nothing. The same walk finds combinational loops: a piece that
//! is asked for while it is being worked out.

mod arithmetic;
mod cells;
mod clock;
mod piece;
mod shift;

use crate::design::{Design, Source};
use crate::error::{Error, Warning};
use crate::graph::{ArrayId, NetId, Value};
use crate::syntax::tree::{Direction, NetKind};
use crate::words::build::Builder;
use crate::words::{Cell, CellId, Memory, MemoryId, Update, Word, Words, Write};
use num_bigint::BigUint;
use std::collections::{HashMap, HashSet};

/// Bits of a word.
const WORD_BITS: u32 = u64::BITS;

/// Where bits of a net are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All bits of a cell.
    Cell(CellId),
    /// A constant.
    Constant(u64),
}

/// A net, from its lowest bits on.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Places and their widths.
    pub pieces: Vec<(Place, u32)>,
    /// It is worked out on request; otherwise its cells hold it at any time.
    pub computed: bool,
}

/// A memory: its words are cut into lanes of up to 64 bits, lowest first.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// One memory for each lane.
    pub lanes: Vec<MemoryId>,
}

/// A design in words, and where its nets are found in them.
#[derive(Debug)]
pub struct Resolved {
    /// The words.
    pub words: Words,
    /// One for each net of the design.
    pub views: Vec<View>,
    /// For each output of the top module: its cells, lowest first.
    pub outputs: HashMap<NetId, Vec<CellId>>,
    /// One for each memory of the design.
    pub arrays: Vec<Lanes>,
    /// The clocks: inputs of the top module, by index.
    pub clocks: Vec<NetId>,
}

/// A cell and the bits of its net that it holds.
#[derive(Clone, Copy, Debug)]
struct Stored {
    low: u32,
    width: u32,
    cell: CellId,
}

struct Resolver<'d> {
    design: &'d Design,
    builder: Builder,
    words: Words,
    /// Cells of inputs and registers, lowest first.
    stored: HashMap<NetId, Vec<Stored>>,
    arrays: Vec<Lanes>,
    clocks: Vec<NetId>,
    /// What has been worked out, by value, first bit and number of bits.
    known: HashMap<(Value, u32, u32), Word>,
    /// Sums of wide operands, by value and index of the word: sum and carry.
    sums: HashMap<(Value, u32), (Word, Word)>,
    /// Words of wide shifts.
    moved: HashMap<shift::Moved, Word>,
    /// Nets that are being worked out, the innermost last.
    open: Vec<(NetId, u32, u32)>,
    read: HashSet<NetId>,
}

/// Words of a design.
///
/// # Errors
/// Combinational loops, undriven nets, clocks that are no inputs.
pub fn resolve(design: &mut Design) -> Result<Resolved, Error> {
    let mut warnings = Vec::new();
    let resolved = {
        let mut resolver = Resolver::new(design)?;
        resolver.state()?;
        let outputs = resolver.outputs()?;
        let views = resolver.views(&outputs, &mut warnings)?;
        let mut words = resolver.words;
        words.nodes = resolver.builder.finish();
        words.clocks = resolver.clocks.len() as u8;
        Resolved {
            words,
            views,
            outputs,
            arrays: resolver.arrays,
            clocks: resolver.clocks,
        }
    };
    design.warnings.extend(warnings);
    Ok(resolved)
}

/// The first bit and the number of bits of each piece of up to 64 of `width` bits.
fn chunks(low: u32, width: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..width.div_ceil(WORD_BITS)).map(move |index| {
        let at = index * WORD_BITS;
        (low + at, WORD_BITS.min(width - at))
    })
}

/// 64 bits of a number from `low` on.
fn bits_of(value: &BigUint, low: u32, width: u32) -> u64 {
    let shifted = value >> low;
    let word = shifted.iter_u64_digits().next().unwrap_or(0);
    word & crate::words::build::mask(width as u8)
}

impl<'d> Resolver<'d> {
    fn new(design: &'d Design) -> Result<Self, Error> {
        let mut resolver = Self {
            design,
            builder: Builder::default(),
            words: Words::default(),
            stored: HashMap::new(),
            arrays: Vec::new(),
            clocks: Vec::new(),
            known: HashMap::new(),
            sums: HashMap::new(),
            moved: HashMap::new(),
            open: Vec::new(),
            read: HashSet::new(),
        };
        resolver.store_inputs();
        resolver.store_registers();
        for index in 0..design.arrays.len() {
            let lanes = resolver.store_array(ArrayId(index as u32));
            resolver.arrays.push(lanes);
        }
        Ok(resolver)
    }

    fn add_cell(&mut self, width: u32, initial: u64) -> CellId {
        let cell = CellId(self.words.cells.len() as u32);
        self.words.cells.push(Cell {
            width: width as u8,
            initial,
        });
        cell
    }

    fn store_array(&mut self, array: ArrayId) -> Lanes {
        let array = self.design.array(array);
        let mut lanes = Vec::new();
        for (low, width) in chunks(0, array.width) {
            lanes.push(MemoryId(self.words.memories.len() as u32));
            self.words.memories.push(Memory {
                width: width as u8,
                words: array.words,
                initial: array
                    .initial
                    .iter()
                    .map(|word| bits_of(word, low, width))
                    .collect(),
            });
        }
        Lanes { lanes }
    }

    /// Next values of registers, and writes into memories.
    fn state(&mut self) -> Result<(), Error> {
        let design = self.design;
        for index in 0..design.nets.len() {
            let net = NetId(index as u32);
            for driver in &design.nets[index].drivers {
                let Source::Register { clock, next } = driver.source else {
                    continue;
                };
                let clock = self.clock(clock, &driver.at)?;
                let cells: Vec<Stored> = self.stored[&net]
                    .iter()
                    .filter(|stored| (driver.low..driver.low + driver.width).contains(&stored.low))
                    .copied()
                    .collect();
                for stored in cells {
                    let value = self.piece(next, stored.low - driver.low, stored.width)?;
                    self.words.registers.push(Update {
                        cell: stored.cell,
                        value,
                        clock,
                    });
                }
            }
        }
        for index in 0..design.arrays.len() {
            let width = design.arrays[index].width;
            for write in &design.arrays[index].writes {
                let clock = self.clock(write.clock, &write.at)?;
                let enable = self.piece(write.enable, 0, 1)?;
                let address_width = design.graph.width(write.address);
                let address = self.piece(write.address, 0, address_width)?;
                for (lane, (low, width)) in chunks(0, width).enumerate() {
                    let mask = self.piece(write.mask, low, width)?;
                    let data = self.piece(write.data, low, width)?;
                    self.words.writes.push(Write {
                        memory: self.arrays[index].lanes[lane],
                        enable,
                        address,
                        mask,
                        data,
                        clock,
                    });
                }
            }
        }
        Ok(())
    }

    /// Cells for the outputs of the top module.
    fn outputs(&mut self) -> Result<HashMap<NetId, Vec<CellId>>, Error> {
        let design = self.design;
        let mut outputs = HashMap::new();
        for (index, net) in design.nets.iter().enumerate() {
            if !net.top || net.direction != Some(Direction::Output) {
                continue;
            }
            let id = NetId(index as u32);
            let mut cells = Vec::new();
            for (low, width) in chunks(0, net.width) {
                let value = self.net_piece(id, low, width)?;
                let cell = self.add_cell(width, 0);
                self.words.outputs.push(Update {
                    cell,
                    value,
                    clock: 0,
                });
                cells.push(cell);
            }
            outputs.insert(id, cells);
        }
        Ok(outputs)
    }

    /// Where every net is found; what is in no cell yet gets one.
    fn views(
        &mut self,
        outputs: &HashMap<NetId, Vec<CellId>>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<View>, Error> {
        let design = self.design;
        let mut computed: HashMap<Word, CellId> = HashMap::new();
        let mut views = Vec::with_capacity(design.nets.len());
        for index in 0..design.nets.len() {
            let id = NetId(index as u32);
            views.push(self.view(id, &mut computed)?);
        }
        for (index, net) in design.nets.iter().enumerate() {
            let id = NetId(index as u32);
            let loose = net.drivers.is_empty()
                && net.initial.is_none()
                && !net.top
                && !self.read.contains(&id)
                && !outputs.contains_key(&id);
            if loose && net.kind != NetKind::Integer {
                warnings.push(Warning::Unused {
                    at: net.at.clone(),
                    signal: net.path.clone(),
                });
            }
        }
        Ok(views)
    }

    fn view(&mut self, id: NetId, computed: &mut HashMap<Word, CellId>) -> Result<View, Error> {
        let design = self.design;
        let net = design.net(id);
        let mut view = View::default();
        let mut at = 0;
        let mut ranges = Vec::new();
        if self.stored.contains_key(&id) || !net.drivers.is_empty() {
            // Stored cells as they are; the rest in pieces of up to a word.
            let mut parts: Vec<(u32, u32)> = self
                .stored
                .get(&id)
                .into_iter()
                .flatten()
                .map(|stored| (stored.low, stored.width))
                .collect();
            for driver in &net.drivers {
                if matches!(driver.source, Source::Combinational(_)) {
                    parts.extend(chunks(driver.low, driver.width));
                }
            }
            parts.sort_unstable();
            ranges = parts;
        }
        for (low, width) in ranges {
            self.fill_gap(net.initial.as_ref(), at, low, &mut view);
            let word = self.net_piece(id, low, width)?;
            let place = match self.builder_cell(word) {
                Some(place) => place,
                None => {
                    view.computed = true;
                    let cell = match computed.get(&word) {
                        Some(&cell) => cell,
                        None => {
                            let cell = self.add_cell(width, 0);
                            self.words.nets.push(Update {
                                cell,
                                value: word,
                                clock: 0,
                            });
                            computed.insert(word, cell);
                            cell
                        }
                    };
                    Place::Cell(cell)
                }
            };
            view.pieces.push((place, width));
            at = low + width;
        }
        self.fill_gap(net.initial.as_ref(), at, net.width, &mut view);
        Ok(view)
    }

    /// Bits that nothing drives show what an initial block says, or zero.
    fn fill_gap(&self, initial: Option<&BigUint>, from: u32, to: u32, view: &mut View) {
        for (low, width) in chunks(from, to - from) {
            let value = initial.map_or(0, |initial| bits_of(initial, low, width));
            view.pieces.push((Place::Constant(value), width));
        }
    }

    /// The place of a word that needs no computing.
    fn builder_cell(&self, word: Word) -> Option<Place> {
        use crate::words::Op;
        match self.builder.node(word).op {
            Op::Cell(cell)
                if self.words.cells[cell.0 as usize].width == self.builder.width(word) =>
            {
                Some(Place::Cell(cell))
            }
            Op::Constant(constant) => Some(Place::Constant(constant)),
            _ => None,
        }
    }
}
