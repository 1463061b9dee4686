//! Makes a design that shows a difference small.
//!
//! One thing after the other is left out or replaced by a part of it; what still
//! shows a difference is kept.

use crate::compare::{Case, Make, Outcome};
use num_bigint::BigUint;
use slackwater_verilog::syntax::tree::{
    Direction, Expression, ExpressionKind, Item, Module, Select, Statement, Target,
};
use std::time::{Duration, Instant};

/// Makes a case smaller that shows a difference, for at most this time. The
/// outcome is that of the case that is returned.
pub fn shrink(case: &Case, make: Make<'_>, limit: Duration) -> (Case, Outcome) {
    let started = Instant::now();
    let mut best = case.clone();
    let mut outcome = best.compare(make);
    let mut number = 0;
    let mut progress = false;
    loop {
        if let Outcome::Different(difference) = &outcome {
            best.stimulus.truncate(difference.cycle + 1);
        }
        if !matches!(outcome, Outcome::Different(_)) || started.elapsed() > limit {
            return (best, outcome);
        }
        let Some(modules) = reduced(&best.design.modules, number) else {
            if !progress {
                return (best, outcome);
            }
            (number, progress) = (0, false);
            continue;
        };
        let mut candidate = best.clone();
        candidate.design.modules = modules;
        let smaller = candidate.compare(make);
        if matches!(smaller, Outcome::Different(_)) {
            best = candidate;
            outcome = smaller;
            progress = true;
        } else {
            number += 1;
        }
    }
}

/// The design with one reduction; `None` if there are not so many.
fn reduced(modules: &[Module], number: usize) -> Option<Vec<Module>> {
    let mut modules = modules.to_vec();
    let mut walk = Walk { left: number };
    walk.modules(&mut modules).then_some(modules)
}

/// Counts down to the reduction that is to be made. Every function returns
/// whether it was made.
struct Walk {
    left: usize,
}

impl Walk {
    /// Whether this is the one.
    fn now(&mut self) -> bool {
        let now = self.left == 0;
        self.left = self.left.wrapping_sub(1);
        now
    }

    fn modules(&mut self, modules: &mut Vec<Module>) -> bool {
        for index in 0..modules.len() {
            if self.now() {
                modules.remove(index);
                return true;
            }
        }
        for module in modules.iter_mut() {
            // From the end: what is used comes before what uses it.
            for index in (0..module.items.len()).rev() {
                if self.now() {
                    let item = module.items.remove(index);
                    if let Item::Declaration(gone) = item {
                        module.ports.retain(|port| port.text != gone.name.text);
                    }
                    return true;
                }
            }
        }
        modules.iter_mut().any(|module| {
            let made = module.items.iter_mut().any(|item| self.item(item));
            // An output that is none any more.
            let Module { ports, items, .. } = module;
            ports.retain(|port| {
                items.iter().any(|item| {
                    matches!(item, Item::Declaration(declared)
                        if declared.name.text == port.text && declared.direction.is_some())
                })
            });
            made
        })
    }

    fn item(&mut self, item: &mut Item) -> bool {
        match item {
            Item::Declaration(declaration) => {
                if declaration.direction == Some(Direction::Output) && self.now() {
                    declaration.direction = None;
                    return true;
                }
                if declaration.value.is_some() && self.now() {
                    declaration.value = None;
                    return true;
                }
                declaration
                    .value
                    .as_mut()
                    .is_some_and(|value| self.expression(value))
            }
            Item::Parameter(parameter) => self.expression(&mut parameter.value),
            Item::Assign(assign) => self.expression(&mut assign.value),
            Item::Always(always) => self.statement(&mut always.body),
            Item::Initial(body) => self.statement(body),
            Item::Instance(instance) => {
                for index in 0..instance.ports.len() {
                    if self.now() {
                        instance.ports.remove(index);
                        return true;
                    }
                }
                for index in 0..instance.parameters.len() {
                    if self.now() {
                        instance.parameters.remove(index);
                        return true;
                    }
                }
                instance
                    .ports
                    .iter_mut()
                    .filter_map(|(_, value)| value.as_mut())
                    .any(|value| self.expression(value))
            }
        }
    }

    fn statement(&mut self, statement: &mut Statement) -> bool {
        for part in parts_of(statement) {
            if self.now() {
                *statement = part;
                return true;
            }
        }
        match statement {
            Statement::Null => false,
            Statement::Block(statements) => {
                for index in 0..statements.len() {
                    if self.now() {
                        statements.remove(index);
                        return true;
                    }
                }
                statements.iter_mut().any(|inner| self.statement(inner))
            }
            Statement::If {
                condition,
                then,
                otherwise,
            } => self.expression(condition) || self.statement(then) || self.statement(otherwise),
            Statement::Case {
                subject,
                arms,
                default,
                ..
            } => {
                for index in 0..arms.len() {
                    if self.now() {
                        arms.remove(index);
                        return true;
                    }
                }
                self.expression(subject)
                    || arms.iter_mut().any(|(labels, body)| {
                        labels.iter_mut().any(|label| self.expression(label))
                            || self.statement(body)
                    })
                    || default.as_mut().is_some_and(|body| self.statement(body))
            }
            Statement::For { body, .. } => self.statement(body),
            Statement::Assign { target, value, .. } => {
                self.target(target) || self.expression(value)
            }
        }
    }

    fn target(&mut self, target: &mut Target) -> bool {
        match target {
            Target::Part { selects, .. } => self.selects(selects),
            Target::Concat(parts) => {
                for part in parts.clone() {
                    if self.now() {
                        *target = part;
                        return true;
                    }
                }
                false
            }
        }
    }

    fn selects(&mut self, selects: &mut Vec<Select>) -> bool {
        if !selects.is_empty() && self.now() {
            selects.pop();
            return true;
        }
        selects.iter_mut().any(|select| match select {
            Select::Index(index) => self.expression(index),
            Select::Up { first, .. } | Select::Down { first, .. } => self.expression(first),
            Select::Range(_) => false,
        })
    }

    fn expression(&mut self, expression: &mut Expression) -> bool {
        if matches!(expression.kind, ExpressionKind::Literal { .. }) {
            return false;
        }
        for value in [0u8, 1] {
            if self.now() {
                expression.kind = ExpressionKind::Literal {
                    width: Some(1),
                    signed: false,
                    value: BigUint::from(value),
                };
                return true;
            }
        }
        let mut operands = operands(&mut expression.kind);
        if let Some(chosen) = operands.iter().find(|_| self.now()) {
            let chosen = (**chosen).clone();
            *expression = chosen;
            return true;
        }
        if operands.iter_mut().any(|operand| self.expression(operand)) {
            return true;
        }
        match &mut expression.kind {
            ExpressionKind::Part { selects, .. } => self.selects(selects),
            ExpressionKind::Concat(parts) if parts.len() > 1 => {
                for index in 0..parts.len() {
                    if self.now() {
                        parts.remove(index);
                        return true;
                    }
                }
                false
            }
            _ => false,
        }
    }
}

/// What a statement can be replaced by.
fn parts_of(statement: &Statement) -> Vec<Statement> {
    match statement {
        Statement::Null | Statement::Assign { .. } => Vec::new(),
        Statement::Block(statements) => match &statements[..] {
            [only] => vec![only.clone()],
            _ => Vec::new(),
        },
        Statement::If {
            then, otherwise, ..
        } => vec![(**then).clone(), (**otherwise).clone()],
        Statement::Case { arms, default, .. } => {
            let bodies = arms.iter().map(|(_, body)| body.clone());
            bodies.chain(default.as_deref().cloned()).collect()
        }
        Statement::For { body, .. } => vec![(**body).clone()],
    }
}

fn operands(kind: &mut ExpressionKind) -> Vec<&mut Expression> {
    match kind {
        ExpressionKind::Literal { .. } | ExpressionKind::Part { .. } => Vec::new(),
        ExpressionKind::Unary(_, a) | ExpressionKind::Signed(a) | ExpressionKind::Unsigned(a) => {
            vec![a]
        }
        ExpressionKind::Binary(_, a, b) => vec![a, b],
        ExpressionKind::Conditional(a, b, c) => vec![a, b, c],
        ExpressionKind::Concat(parts) | ExpressionKind::Repeat(_, parts) => {
            parts.iter_mut().collect()
        }
    }
}
