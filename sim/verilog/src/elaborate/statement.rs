//! Statements: what variables hold after them.

use super::Symbol;
use super::process::{Kind, Process};
use crate::error::Error;
use crate::graph::{NetId, Value};
use crate::syntax::tree::{Expression, ExpressionKind, Name, Statement};
use num_bigint::BigUint;
use std::collections::{HashMap, HashSet};

/// Most turns of all loops of a block.
const TURNS_LIMIT: u64 = 1 << 20;
/// Widest subject of a case whose labels are counted for completeness.
const COUNTED_BITS: u32 = 16;

impl Process<'_, '_, '_> {
    /// Runs a statement.
    pub(super) fn run(&mut self, statement: &Statement) -> Result<(), Error> {
        match statement {
            Statement::Null => Ok(()),
            Statement::Block(statements) => statements.iter().try_for_each(|s| self.run(s)),
            Statement::If {
                condition,
                then,
                otherwise,
            } => {
                self.lint_condition(condition)?;
                let condition = self.truth(condition)?;
                match self.elaborator.design.graph.constant(condition) {
                    Some(constant) if *constant == BigUint::ZERO => self.run(otherwise),
                    Some(_) => self.run(then),
                    None => self.branches(&[(condition, then)], otherwise),
                }
            }
            Statement::Case {
                subject,
                arms,
                default,
                ..
            } => self.run_case(subject, arms, default.as_deref()),
            Statement::For {
                variable,
                first,
                condition,
                next,
                body,
            } => self.run_for(variable, first, condition, next, body),
            Statement::Assign { target, value, .. } => {
                self.assign(target, value, self.loops.is_empty())
            }
        }
    }

    /// Branches of which the first with a set condition is taken, else the last.
    fn branches(
        &mut self,
        branches: &[(Value, &Statement)],
        otherwise: &Statement,
    ) -> Result<(), Error> {
        let outside = self.reached;
        let start = self.journal.len();
        let mut before: Vec<(Value, HashMap<NetId, Value>)> = Vec::with_capacity(branches.len());
        let mut open = outside;
        for &(condition, statement) in branches {
            let graph = &mut self.elaborator.design.graph;
            self.reached = graph.and(open, condition);
            let closed = graph.not(condition);
            open = graph.and(open, closed);
            self.run(statement)?;
            before.push((condition, self.roll_back(start)));
        }
        self.reached = open;
        self.run(otherwise)?;
        self.reached = outside;
        let last = self.roll_back(start);

        let mut nets: Vec<NetId> = before
            .iter()
            .flat_map(|(_, changed)| changed.keys())
            .chain(last.keys())
            .copied()
            .collect();
        nets.sort_unstable();
        nets.dedup();
        for net in nets {
            let old = self.present(net);
            let mut value = last.get(&net).copied().unwrap_or(old);
            for (condition, changed) in before.iter().rev() {
                let then = changed.get(&net).copied().unwrap_or(old);
                value = self.elaborator.design.graph.select(*condition, then, value);
            }
            self.merge(net, value);
        }
        Ok(())
    }

    fn run_case(
        &mut self,
        subject: &Expression,
        arms: &[(Vec<Expression>, Statement)],
        default: Option<&Statement>,
    ) -> Result<(), Error> {
        let (mut width, mut signed) = self.size(subject)?;
        for label in arms.iter().flat_map(|(labels, _)| labels) {
            let (own, own_signed) = self.size(label)?;
            width = width.max(own);
            signed &= own_signed;
        }
        let own_width = self.size(subject)?.0;
        let subject = self.build(subject, width, signed)?;
        // In a wider context `-a` has more values than its own width has.
        let counted = own_width <= COUNTED_BITS && self.extends(subject, own_width, signed);
        let mut branches = Vec::with_capacity(arms.len());
        let mut labels_seen = HashSet::new();
        for (labels, statement) in arms {
            let mut condition = self.elaborator.design.graph.bit(false);
            for label in labels {
                let label = self.build(label, width, signed)?;
                let graph = &mut self.elaborator.design.graph;
                if counted && graph.constant(label).is_some() {
                    labels_seen.insert(label);
                }
                let equal = graph.equal(subject, label);
                condition = graph.or(condition, equal);
            }
            branches.push((condition, statement));
        }
        labels_seen.retain(|&label| self.extends(label, own_width, signed));
        let complete = default.is_none() && counted && labels_seen.len() == 1 << own_width;
        let null = Statement::Null;
        let otherwise = match default {
            Some(default) => default,
            // Every value has its label: what is left over is the last arm.
            None if complete => branches.pop().map_or(&null, |(_, statement)| statement),
            None => &null,
        };
        self.branches(&branches, otherwise)
    }

    /// Whether a value is its low bits, extended.
    fn extends(&mut self, value: Value, low: u32, signed: bool) -> bool {
        let graph = &mut self.elaborator.design.graph;
        let width = graph.width(value);
        let low = graph.slice(value, 0, low);
        graph.resize(low, width, signed) == value
    }

    fn run_for(
        &mut self,
        variable: &Name,
        first: &Expression,
        condition: &Expression,
        next: &Expression,
        body: &Statement,
    ) -> Result<(), Error> {
        let net = match self.scope.find(&variable.text) {
            Some(&Symbol::Net(net)) => net,
            _ => {
                return Err(Error::Unknown {
                    at: variable.at.clone(),
                    name: variable.text.to_string(),
                    what: "integer or reg",
                    scope: self.scope.path.clone(),
                });
            }
        };
        if self.loops.contains_key(&net) {
            return Err(Error::Invalid {
                at: variable.at.clone(),
                name: variable.text.to_string(),
                problem: "two loops in each other share the variable".into(),
            });
        }
        let width = self.elaborator.design.net(net).width;
        let mut value = self.assigned_value(first, width)?;
        loop {
            self.loops.insert(net, value);
            let more = self.truth(condition)?;
            let Some(more) = self.elaborator.design.graph.constant(more) else {
                return Err(Error::NotConstant {
                    at: condition.at.clone(),
                    what: "the condition of a loop".into(),
                });
            };
            if *more == BigUint::ZERO {
                break;
            }
            self.turns += 1;
            if self.turns > TURNS_LIMIT {
                return Err(Error::Limit {
                    at: variable.at.clone(),
                    what: format!("the number of turns of the loop over {}", variable.text),
                    limit: TURNS_LIMIT,
                });
            }
            if self.turns == 1 && self.clears_memory(body) {
                break;
            }
            self.run(body)?;
            value = self.assigned_value(next, width)?;
        }
        self.loops.remove(&net);
        Ok(())
    }

    /// A loop of an initial block that writes zeros into a memory that holds zeros:
    /// there is nothing to do, and such loops are the longest ones of a design.
    fn clears_memory(&self, body: &Statement) -> bool {
        use crate::syntax::tree::Target;
        let body = match body {
            Statement::Block(statements) if statements.len() == 1 => &statements[0],
            other => other,
        };
        let Statement::Assign {
            target: Target::Part { name, .. },
            value,
            ..
        } = body
        else {
            return false;
        };
        let zero = matches!(
            &value.kind,
            ExpressionKind::Literal { value, .. } if *value == BigUint::ZERO
        );
        let Some(&Symbol::Array(array)) = self.scope.find(&name.text) else {
            return false;
        };
        zero && self.kind == Kind::Initial
            && self.elaborator.design.array(array).initial.is_empty()
            && !self.contents.contains_key(&array)
    }
}
