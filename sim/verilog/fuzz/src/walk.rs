//! Visits every statement and expression of a tree.

use slackwater_verilog::syntax::tree::{
    Expression, ExpressionKind, Item, Module, Select, Statement, Target,
};

/// What is done with what is visited, inner parts first.
pub trait Visitor {
    /// An expression anywhere.
    fn expression(&mut self, _expression: &mut Expression) {}
    /// A statement anywhere.
    fn statement(&mut self, _statement: &mut Statement) {}
    /// Selects behind a name, left or right of an assignment.
    fn selects(&mut self, _name: &str, _selects: &mut [Select]) {}
}

/// Visits modules.
pub fn modules(modules: &mut [Module], visitor: &mut impl Visitor) {
    for item in modules.iter_mut().flat_map(|module| &mut module.items) {
        match item {
            Item::Declaration(declaration) => {
                if let Some(value) = &mut declaration.value {
                    expression(value, visitor);
                }
            }
            Item::Parameter(parameter) => expression(&mut parameter.value, visitor),
            Item::Assign(assign) => {
                target(&mut assign.target, visitor);
                expression(&mut assign.value, visitor);
            }
            Item::Always(always) => statement(&mut always.body, visitor),
            Item::Initial(body) => statement(body, visitor),
            // Outputs must stay what they are: they are assigned.
            Item::Instance(_) => {}
        }
    }
}

fn statement(tree: &mut Statement, visitor: &mut impl Visitor) {
    match tree {
        Statement::Null => {}
        Statement::Block(statements) => {
            for inner in statements {
                statement(inner, visitor);
            }
        }
        Statement::If {
            condition,
            then,
            otherwise,
        } => {
            expression(condition, visitor);
            statement(then, visitor);
            statement(otherwise, visitor);
        }
        Statement::Case {
            subject,
            arms,
            default,
            ..
        } => {
            expression(subject, visitor);
            for (labels, body) in arms {
                for label in labels {
                    expression(label, visitor);
                }
                statement(body, visitor);
            }
            if let Some(body) = default {
                statement(body, visitor);
            }
        }
        Statement::For {
            first,
            condition,
            next,
            body,
            ..
        } => {
            expression(first, visitor);
            expression(condition, visitor);
            expression(next, visitor);
            statement(body, visitor);
        }
        Statement::Assign {
            target: left,
            value,
            ..
        } => {
            target(left, visitor);
            expression(value, visitor);
        }
    }
    visitor.statement(tree);
}

fn target(tree: &mut Target, visitor: &mut impl Visitor) {
    match tree {
        Target::Part { name, selects } => self::selects(&name.text.clone(), selects, visitor),
        Target::Concat(parts) => {
            for part in parts {
                target(part, visitor);
            }
        }
    }
}

fn selects(name: &str, selects: &mut [Select], visitor: &mut impl Visitor) {
    for select in selects.iter_mut() {
        match select {
            Select::Index(index) => expression(index, visitor),
            Select::Up { first, .. } | Select::Down { first, .. } => expression(first, visitor),
            // Bounds are constant and stay so.
            Select::Range(_) => {}
        }
    }
    visitor.selects(name, selects);
}

fn expression(tree: &mut Expression, visitor: &mut impl Visitor) {
    match &mut tree.kind {
        ExpressionKind::Literal { .. } => {}
        ExpressionKind::Part { name, selects } => {
            self::selects(&name.text.clone(), selects, visitor);
        }
        ExpressionKind::Unary(_, a) | ExpressionKind::Signed(a) | ExpressionKind::Unsigned(a) => {
            expression(a, visitor);
        }
        ExpressionKind::Binary(_, a, b) => {
            expression(a, visitor);
            expression(b, visitor);
        }
        ExpressionKind::Conditional(a, b, c) => {
            expression(a, visitor);
            expression(b, visitor);
            expression(c, visitor);
        }
        ExpressionKind::Concat(parts) | ExpressionKind::Repeat(_, parts) => {
            for part in parts {
                expression(part, visitor);
            }
        }
    }
    visitor.expression(tree);
}
