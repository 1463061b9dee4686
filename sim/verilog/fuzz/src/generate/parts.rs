//! Small trees, for places that are nowhere.

use num_bigint::BigUint;
use slackwater_verilog::source::Location;
use slackwater_verilog::syntax::tree::{
    Binary, Expression, ExpressionKind, Name, Range, Select, Statement, Target, Unary,
};

/// Where generated things stand.
pub fn nowhere() -> Location {
    Location {
        file: "generated".into(),
        line: 0,
        column: 0,
    }
}

/// A name.
pub fn name(text: &str) -> Name {
    Name {
        text: text.into(),
        at: nowhere(),
    }
}

/// An expression.
pub fn expression(kind: ExpressionKind) -> Expression {
    Expression {
        kind,
        at: nowhere(),
    }
}

/// A number with a width.
pub fn literal(width: u32, signed: bool, value: BigUint) -> Expression {
    expression(ExpressionKind::Literal {
        width: Some(width),
        signed,
        value,
    })
}

/// A plain decimal number.
pub fn number(value: u64) -> Expression {
    expression(ExpressionKind::Literal {
        width: None,
        signed: true,
        value: value.into(),
    })
}

/// A name, or a part of it.
pub fn part(text: &str, selects: Vec<Select>) -> Expression {
    expression(ExpressionKind::Part {
        name: name(text),
        selects,
    })
}

/// An operator in front.
pub fn unary(operator: Unary, operand: Expression) -> Expression {
    expression(ExpressionKind::Unary(operator, Box::new(operand)))
}

/// An operator between.
pub fn binary(operator: Binary, a: Expression, b: Expression) -> Expression {
    expression(ExpressionKind::Binary(operator, Box::new(a), Box::new(b)))
}

/// A range of plain numbers.
pub fn range(bounds: (u64, u64)) -> Range {
    Range {
        msb: number(bounds.0),
        lsb: number(bounds.1),
    }
}

/// `text = value` or `text <= value`.
pub fn assign(text: &str, selects: Vec<Select>, value: Expression, blocking: bool) -> Statement {
    Statement::Assign {
        target: target(text, selects),
        value,
        blocking,
    }
}

/// The left side of an assignment.
pub fn target(text: &str, selects: Vec<Select>) -> Target {
    Target::Part {
        name: name(text),
        selects,
    }
}

/// `{a, b}` as the left side of an assignment.
pub fn concat_target(names: &[&str]) -> Target {
    Target::Concat(names.iter().map(|text| target(text, Vec::new())).collect())
}
