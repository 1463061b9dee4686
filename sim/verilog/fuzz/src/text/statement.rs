//! Statements and the left sides of assignments as text.

use super::Printer;
use slackwater_verilog::syntax::tree::{Statement, Target};

impl Printer {
    /// A statement that another one holds: on lines of its own if it is compound.
    pub(super) fn body(&mut self, statement: &Statement) {
        match statement {
            // Without `begin` an `else` that follows would go to the inner `if`.
            Statement::If { .. } => {
                self.put("begin");
                self.indent += 1;
                self.line();
                self.statement(statement);
                self.indent -= 1;
                self.line();
                self.put("end");
            }
            _ => self.statement(statement),
        }
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Null => self.put(";"),
            Statement::Block(statements) => {
                self.put("begin");
                self.indent += 1;
                for statement in statements {
                    self.line();
                    self.statement(statement);
                }
                self.indent -= 1;
                self.line();
                self.put("end");
            }
            Statement::If {
                condition,
                then,
                otherwise,
            } => {
                self.put("if (");
                self.expression(condition);
                self.put(") ");
                self.body(then);
                if !matches!(**otherwise, Statement::Null) {
                    self.line();
                    self.put("else ");
                    self.statement(otherwise);
                }
            }
            Statement::Case {
                subject,
                arms,
                default,
                ..
            } => {
                self.put("case (");
                self.expression(subject);
                self.put(")");
                self.indent += 1;
                for (labels, body) in arms {
                    self.line();
                    self.list(labels, Self::expression);
                    self.put(": ");
                    self.body(body);
                }
                if let Some(body) = default {
                    self.line();
                    self.put("default: ");
                    self.body(body);
                }
                self.indent -= 1;
                self.line();
                self.put("endcase");
            }
            Statement::For {
                variable,
                first,
                condition,
                next,
                body,
            } => {
                self.put("for (");
                self.name(variable);
                self.put(" = ");
                self.expression(first);
                self.put("; ");
                self.expression(condition);
                self.put("; ");
                self.name(variable);
                self.put(" = ");
                self.expression(next);
                self.put(") ");
                self.body(body);
            }
            Statement::Assign {
                target,
                value,
                blocking,
            } => {
                self.target(target);
                self.put(if *blocking { " = " } else { " <= " });
                self.expression(value);
                self.put(";");
            }
        }
    }

    pub(super) fn target(&mut self, target: &Target) {
        match target {
            Target::Part { name, selects } => {
                self.name(name);
                self.selects(selects);
            }
            Target::Concat(parts) => {
                self.put("{");
                self.list(parts, Self::target);
                self.put("}");
            }
        }
    }
}
