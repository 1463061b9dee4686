//! Expressions and selects as text.

use super::Printer;
use slackwater_verilog::syntax::tree::{Binary, Expression, ExpressionKind, Select, Unary};
use std::fmt::Write as _;

/// Binding strength of an operator (table 5-4); larger binds more.
fn strength(operator: Binary) -> u8 {
    match operator {
        Binary::Multiply | Binary::Divide | Binary::Modulo => 10,
        Binary::Add | Binary::Subtract => 9,
        Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftRightArithmetic => 8,
        Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => 7,
        Binary::Equal | Binary::NotEqual => 6,
        Binary::And => 5,
        Binary::Xor | Binary::Xnor => 4,
        Binary::Or => 3,
        Binary::LogicalAnd => 2,
        Binary::LogicalOr => 1,
    }
}

fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Modulo => "%",
        Binary::And => "&",
        Binary::Or => "|",
        Binary::Xor => "^",
        Binary::Xnor => "~^",
        Binary::LogicalAnd => "&&",
        Binary::LogicalOr => "||",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::ShiftLeft => "<<",
        Binary::ShiftRight => ">>",
        Binary::ShiftRightArithmetic => ">>>",
    }
}

fn prefix(operator: Unary) -> &'static str {
    match operator {
        Unary::Plus => "+",
        Unary::Minus => "-",
        Unary::Not => "~",
        Unary::LogicalNot => "!",
        Unary::ReduceAnd => "&",
        Unary::ReduceNand => "~&",
        Unary::ReduceOr => "|",
        Unary::ReduceNor => "~|",
        Unary::ReduceXor => "^",
        Unary::ReduceXnor => "~^",
    }
}

impl Printer {
    pub(super) fn selects(&mut self, selects: &[Select]) {
        for select in selects {
            match select {
                Select::Index(index) => {
                    self.put("[");
                    self.expression(index);
                    self.put("]");
                }
                Select::Range(range) => self.range(range),
                Select::Up { first, width } => self.indexed(first, "+:", width),
                Select::Down { first, width } => self.indexed(first, "-:", width),
            }
        }
    }

    fn indexed(&mut self, first: &Expression, symbol: &str, width: &Expression) {
        self.put("[(");
        self.expression(first);
        self.put(")");
        self.put(symbol);
        self.put("(");
        self.expression(width);
        self.put(")]");
    }

    pub(super) fn expression(&mut self, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::Literal {
                width,
                signed,
                value,
            } => self.literal(*width, *signed, value),
            ExpressionKind::Part { name, selects } => {
                self.name(name);
                self.selects(selects);
            }
            ExpressionKind::Unary(operator, operand) => {
                self.put(prefix(*operator));
                self.operand(operand, is_primary(operand));
            }
            ExpressionKind::Binary(operator, a, b) => {
                let own = strength(*operator);
                let bare = |operand: &Expression, least: u8| match &operand.kind {
                    ExpressionKind::Binary(inner, ..) => strength(*inner) >= least,
                    ExpressionKind::Conditional(..) => false,
                    _ => true,
                };
                self.operand(a, bare(a, own));
                self.put(" ");
                self.put(symbol(*operator));
                self.put(" ");
                self.operand(b, bare(b, own + 1));
            }
            ExpressionKind::Conditional(condition, then, otherwise) => {
                let nested = matches!(condition.kind, ExpressionKind::Conditional(..));
                self.operand(condition, !nested);
                self.put(" ? ");
                self.operand(then, true);
                self.put(" : ");
                self.operand(otherwise, true);
            }
            ExpressionKind::Concat(parts) => {
                self.put("{");
                self.list(parts, Self::expression);
                self.put("}");
            }
            ExpressionKind::Repeat(count, parts) => {
                self.put("{");
                self.expression(count);
                self.put("{");
                self.list(parts, Self::expression);
                self.put("}}");
            }
            ExpressionKind::Signed(operand) => {
                self.put("$signed(");
                self.expression(operand);
                self.put(")");
            }
            ExpressionKind::Unsigned(operand) => {
                self.put("$unsigned(");
                self.expression(operand);
                self.put(")");
            }
        }
    }

    fn operand(&mut self, operand: &Expression, bare: bool) {
        if bare && (is_primary(operand) || !self.style.parentheses) {
            self.expression(operand);
        } else {
            self.put("(");
            self.expression(operand);
            self.put(")");
        }
    }

    /// The base is chosen by the number, so that all of them occur.
    fn literal(&mut self, width: Option<u32>, signed: bool, value: &num_bigint::BigUint) {
        if width.is_none() && signed {
            self.put(&value.to_string());
            return;
        }
        if let Some(width) = width {
            self.put(&width.to_string());
        }
        self.put(if signed { "'s" } else { "'" });
        let choice = value.bits() + u64::from(width.unwrap_or_default());
        // Writing to a string cannot fail.
        let _ = match choice % 5 {
            0 if choice < 100 => write!(self.text, "b{value:b}"),
            1 => write!(self.text, "d{value}"),
            2 if choice < 100 => write!(self.text, "o{value:o}"),
            3 => write!(self.text, "h{value:X}"),
            _ => write!(self.text, "h{value:x}"),
        };
    }
}

fn is_primary(expression: &Expression) -> bool {
    !matches!(
        expression.kind,
        ExpressionKind::Unary(..) | ExpressionKind::Binary(..) | ExpressionKind::Conditional(..)
    )
}
