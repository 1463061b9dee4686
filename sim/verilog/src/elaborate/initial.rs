//! `initial` blocks: first values of registers and contents of memories.

use super::part::Offset;
use super::process::Process;
use super::{Elaborator, Scope};
use crate::error::Error;
use crate::graph::{ArrayId, Value};
use crate::source::Location;
use crate::syntax::tree::{Name, Statement, Target};
use num_bigint::BigUint;

impl Elaborator<'_> {
    pub(super) fn initial(&mut self, scope: &Scope, body: &Statement) -> Result<(), Error> {
        let mut process = Process::initial(self, scope);
        process.run(body)?;
        let at = first_place(body).unwrap_or_else(|| Location {
            file: "".into(),
            line: 0,
            column: 0,
        });
        process.finish_initial(&at)
    }
}

/// Where a statement begins, as far as it is known.
fn first_place(statement: &Statement) -> Option<Location> {
    match statement {
        Statement::Null => None,
        Statement::Block(statements) => statements.iter().find_map(first_place),
        Statement::If { condition, .. } => Some(condition.at.clone()),
        Statement::Case { at, .. } => Some(at.clone()),
        Statement::For { variable, .. } => Some(variable.at.clone()),
        Statement::Assign { target, .. } => target_place(target),
    }
}

fn target_place(target: &Target) -> Option<Location> {
    match target {
        Target::Part { name, .. } => Some(name.at.clone()),
        Target::Concat(parts) => parts.iter().find_map(target_place),
    }
}

impl Process<'_, '_, '_> {
    /// A write into a memory before the first clock.
    pub(super) fn fill_word(
        &mut self,
        array: ArrayId,
        name: &Name,
        address: Value,
        in_range: Value,
        offset: Offset,
        value: Value,
    ) -> Result<(), Error> {
        let graph = &mut self.elaborator.design.graph;
        let not_constant = |what: &str| Error::NotConstant {
            at: name.at.clone(),
            what: format!("{what} of {} in an initial block", name.text),
        };
        let index = graph.constant(address).cloned();
        let index = index.ok_or_else(|| not_constant("the address"))?;
        if graph.constant(in_range) == Some(&BigUint::ZERO) {
            return Ok(());
        }
        let index = usize::try_from(&index).map_err(|_| not_constant("the address"))?;
        let design = &mut self.elaborator.design;
        let (width, known) = {
            let array = design.array(array);
            (array.width, &array.initial)
        };
        let contents = self.contents.entry(array).or_insert_with(|| known.clone());
        let whole = matches!(offset, Offset::Constant(0)) && design.graph.width(value) == width;
        let old = contents.get(index).cloned().unwrap_or_default();
        let value = if whole {
            value
        } else {
            let Offset::Constant(offset) = offset else {
                return Err(not_constant("the bit index"));
            };
            let old = design.graph.literal(old, width);
            let place = Offset::Constant(offset);
            let (data, mask) = self.place(value, place, width);
            let graph = &mut self.elaborator.design.graph;
            let keep = graph.not(mask);
            let kept = graph.and(old, keep);
            graph.or(kept, data)
        };
        let value = self.elaborator.design.graph.constant(value).cloned();
        let value = value.ok_or_else(|| not_constant("the value"))?;
        let contents = self.contents.entry(array).or_default();
        if contents.len() <= index {
            // Zeros at the end are not kept.
            if value == BigUint::ZERO {
                return Ok(());
            }
            contents.resize(index + 1, BigUint::ZERO);
        }
        contents[index] = value;
        Ok(())
    }
}
