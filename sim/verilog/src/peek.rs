//! Values of single nodes: what a named net holds, without compiling anything.

use crate::code::Layout;
use crate::words::evaluate::apply;
use crate::words::{Op, Word, Words};
use std::collections::{HashMap, HashSet};

/// Works out nodes for one state, each once.
pub struct Peek<'m> {
    words: &'m Words,
    layout: &'m Layout,
    state: &'m [u64],
    known: HashMap<Word, u64>,
}

impl<'m> Peek<'m> {
    /// For the present contents of a state.
    pub fn new(words: &'m Words, layout: &'m Layout, state: &'m [u64]) -> Self {
        Self {
            words,
            layout,
            state,
            known: HashMap::new(),
        }
    }

    /// The value of a node. Operands come first in the list, so the cone is
    /// collected downwards and worked out upwards, without recursion.
    pub fn word(&mut self, word: Word) -> u64 {
        let mut seen = HashSet::from([word]);
        let mut open = vec![word];
        while let Some(word) = open.pop() {
            self.words.nodes[word.0 as usize].op.operands(|operand| {
                if !self.known.contains_key(&operand) && seen.insert(operand) {
                    open.push(operand);
                }
            });
        }
        let mut cone: Vec<Word> = seen.into_iter().collect();
        cone.sort_unstable();
        for word in cone {
            let node = &self.words.nodes[word.0 as usize];
            let value = match node.op {
                Op::Cell(cell) => self.layout.read(self.state, cell),
                Op::Read(memory, address) => {
                    let address = u32::try_from(self.known[&address]);
                    address.map_or(0, |address| {
                        self.layout.read_memory(self.state, memory, address)
                    })
                }
                _ => apply(node, |operand: Word| {
                    let width = self.words.nodes[operand.0 as usize].width;
                    (self.known[&operand], width)
                }),
            };
            self.known.insert(word, value);
        }
        self.known[&word]
    }
}
