//! Cells that lie together in the buffer of a model.

use crate::words::{CellId, Op, Words};

/// The cells by what becomes of them, each in one list.
pub(super) struct Groups {
    pub inputs: Vec<CellId>,
    pub outputs: Vec<CellId>,
    /// By clock; `None`: in every cycle.
    pub taken_over: Vec<(Option<u8>, Vec<CellId>)>,
    pub nets: Vec<CellId>,
}

impl Groups {
    pub fn new(words: &Words) -> Self {
        let mut read = vec![false; words.cells.len()];
        for node in &words.nodes {
            if let Op::Cell(cell) = node.op {
                read[cell.0 as usize] = true;
            }
        }
        let mut placed = vec![false; words.cells.len()];
        let mut groups = Self {
            inputs: Vec::new(),
            outputs: Vec::new(),
            taken_over: Vec::new(),
            nets: Vec::new(),
        };
        for clock in 0..words.clocks {
            let registers = words.registers.iter().filter(|r| r.clock == clock);
            let cells: Vec<_> = registers.map(|r| r.cell).collect();
            if !cells.is_empty() {
                cells.iter().for_each(|cell| placed[cell.0 as usize] = true);
                groups.taken_over.push((Some(clock), cells));
            }
        }
        // A cell that shows a value and is read as well shows the value of the
        // cycle before to its readers.
        let mut both = Vec::new();
        for (list, updates) in [
            (&mut groups.outputs, &words.outputs),
            (&mut groups.nets, &words.nets),
        ] {
            for update in updates {
                let index = update.cell.0 as usize;
                if !std::mem::replace(&mut placed[index], true) {
                    let list = if read[index] { &mut both } else { &mut *list };
                    list.push(update.cell);
                }
            }
        }
        if !both.is_empty() {
            groups.taken_over.push((None, both));
        }
        let cells = (0..).zip(&placed);
        groups.inputs = (cells.filter(|(_, placed)| !**placed))
            .map(|(index, _)| CellId(index))
            .collect();
        groups
    }
}
