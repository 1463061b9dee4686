//! Values of single nodes: what a named net holds, without compiling anything.

use crate::code::Layout;
use crate::words::evaluate::apply;
use crate::words::{Op, Word, Words};

/// Works out nodes for one state, each once.
pub struct Peek<'m> {
    words: &'m Words,
    layout: &'m Layout,
    state: &'m [u64],
    /// By node; of no meaning before the node is known.
    values: Vec<u64>,
    known: Nodes,
    wanted: Nodes,
}

impl<'m> Peek<'m> {
    /// For the present contents of a state.
    pub fn new(words: &'m Words, layout: &'m Layout, state: &'m [u64]) -> Self {
        let nodes = words.nodes.len();
        Self {
            words,
            layout,
            state,
            values: vec![0; nodes],
            known: Nodes::none_of(nodes),
            wanted: Nodes::none_of(nodes),
        }
    }

    /// The value of a node. Operands come first in the list: a scan downwards
    /// finds what it depends on, one upwards works that out, without recursion.
    pub fn word(&mut self, word: Word) -> u64 {
        if !self.known.contains(word.0) {
            self.wanted.insert(word.0);
            self.want_operands(word);
            self.work_out();
        }
        self.values[word.0 as usize]
    }

    fn want_operands(&mut self, from: Word) {
        let mut end = from.0 + 1;
        while let Some(node) = self.wanted.last_before(end) {
            self.words.nodes[node as usize].op.operands(|operand| {
                if !self.known.contains(operand.0) {
                    self.wanted.insert(operand.0);
                }
            });
            end = node;
        }
    }

    fn work_out(&mut self) {
        let mut start = 0;
        while let Some(index) = self.wanted.first_from(start) {
            let node = &self.words.nodes[index as usize];
            let value = |word: Word| self.values[word.0 as usize];
            self.values[index as usize] = match node.op {
                Op::Cell(cell) => self.layout.read(self.state, cell),
                Op::Read(memory, address) => {
                    let address = u32::try_from(value(address));
                    address.map_or(0, |address| {
                        self.layout.read_memory(self.state, memory, address)
                    })
                }
                _ => apply(node, |operand: Word| {
                    let width = self.words.nodes[operand.0 as usize].width;
                    (value(operand), width)
                }),
            };
            self.known.insert(index);
            self.wanted.remove(index);
            start = index + 1;
        }
    }
}

/// A set of nodes: a bit for each.
struct Nodes(Vec<u64>);

impl Nodes {
    fn none_of(nodes: usize) -> Self {
        Self(vec![0; nodes.div_ceil(u64::BITS as usize)])
    }

    fn bit(node: u32) -> (usize, u64) {
        ((node / u64::BITS) as usize, 1 << (node % u64::BITS))
    }

    fn contains(&self, node: u32) -> bool {
        let (block, bit) = Self::bit(node);
        self.0[block] & bit != 0
    }

    fn insert(&mut self, node: u32) {
        let (block, bit) = Self::bit(node);
        self.0[block] |= bit;
    }

    fn remove(&mut self, node: u32) {
        let (block, bit) = Self::bit(node);
        self.0[block] &= !bit;
    }

    /// The last one below `end`.
    fn last_before(&self, end: u32) -> Option<u32> {
        let last = end.checked_sub(1)?;
        let (mut block, bit) = Self::bit(last);
        let mut found = self.0[block] & (bit | (bit - 1));
        while found == 0 {
            block = block.checked_sub(1)?;
            found = self.0[block];
        }
        Some(block as u32 * u64::BITS + found.ilog2())
    }

    /// The first one from `start` on.
    fn first_from(&self, start: u32) -> Option<u32> {
        let (mut block, bit) = Self::bit(start);
        let mut found = self.0.get(block)? & !(bit - 1);
        while found == 0 {
            block += 1;
            found = *self.0.get(block)?;
        }
        Some(block as u32 * u64::BITS + found.trailing_zeros())
    }
}
