//! Arithmetic whose carry gets lost, or counts where one may not expect it.
//!
//! In a description language with sized types a sum wraps at the width of its
//! operands; in Verilog it wraps at the width of what stands around it. Both
//! warnings name a place where that makes a difference.

use super::process::Process;
use super::size::UNSIZED_BITS;
use crate::error::{Error, Warning};
use crate::syntax::tree::{Binary, Expression, ExpressionKind, Target, Unary};

impl Process<'_, '_, '_> {
    /// Looks at the right side of an assignment.
    pub(super) fn lint_assignment(
        &mut self,
        target: &Target,
        value: &Expression,
    ) -> Result<(), Error> {
        let width = self.target_width(target)?;
        let name = match target {
            Target::Part { name, .. } => format!("{}.{}", self.scope.path, name.text),
            Target::Concat(_) => "the concatenation".into(),
        };
        self.lint(value, width, Some(&name))
    }

    /// Looks at an expression that is used as a whole.
    pub(super) fn lint_condition(&mut self, condition: &Expression) -> Result<(), Error> {
        let width = self.size(condition)?.0;
        self.lint(condition, width, None)
    }

    /// Looks at an expression of which `used` bits count.
    fn lint(
        &mut self,
        expression: &Expression,
        used: u32,
        assigned: Option<&str>,
    ) -> Result<(), Error> {
        match &expression.kind {
            ExpressionKind::Binary(binary, a, b) => match binary {
                Binary::Add | Binary::Subtract | Binary::Multiply => {
                    let name = match binary {
                        Binary::Add => "a sum",
                        Binary::Subtract => "a difference",
                        _ => "a product",
                    };
                    self.lint_arithmetic(expression, name, &[a, b], used, assigned)?;
                    // A sum of sums is one sum: it is reported once.
                    for operand in [a, b] {
                        if !is_sum(operand) {
                            self.lint(operand, used, assigned)?;
                        }
                    }
                    Ok(())
                }
                Binary::And => {
                    // A mask says which bits count.
                    let below = |e: &Expression| match &e.kind {
                        ExpressionKind::Literal { value, .. } => used.min(value.bits() as u32),
                        _ => used,
                    };
                    let (for_a, for_b) = (below(b), below(a));
                    self.lint(a, for_a, None)?;
                    self.lint(b, for_b, None)
                }
                Binary::Or | Binary::Xor | Binary::Xnor => {
                    self.lint(a, used, assigned)?;
                    self.lint(b, used, assigned)
                }
                Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftRightArithmetic => {
                    let used = if *binary == Binary::ShiftLeft {
                        used
                    } else {
                        self.size(a)?.0.max(used)
                    };
                    self.lint(a, used, None)?;
                    self.lint_condition(b)
                }
                Binary::LogicalAnd | Binary::LogicalOr => {
                    self.lint_condition(a)?;
                    self.lint_condition(b)
                }
                Binary::Divide | Binary::Modulo => Ok(()),
                _ => {
                    let width = self.size(a)?.0.max(self.size(b)?.0);
                    self.lint(a, width, None)?;
                    self.lint(b, width, None)
                }
            },
            ExpressionKind::Unary(unary, a) => match unary {
                Unary::Minus => {
                    self.lint_arithmetic(expression, "a negation", &[a], used, assigned)?;
                    self.lint(a, used, assigned)
                }
                Unary::Plus | Unary::Not => self.lint(a, used, assigned),
                _ => self.lint_condition(a),
            },
            ExpressionKind::Conditional(condition, a, b) => {
                self.lint_condition(condition)?;
                self.lint(a, used, assigned)?;
                self.lint(b, used, assigned)
            }
            ExpressionKind::Concat(parts) | ExpressionKind::Repeat(_, parts) => {
                parts.iter().try_for_each(|part| self.lint_condition(part))
            }
            ExpressionKind::Signed(inner) | ExpressionKind::Unsigned(inner) => {
                self.lint_condition(inner)
            }
            ExpressionKind::Literal { .. } | ExpressionKind::Part { .. } => Ok(()),
        }
    }

    fn lint_arithmetic(
        &mut self,
        expression: &Expression,
        operation: &'static str,
        operands: &[&Expression],
        used: u32,
        assigned: Option<&str>,
    ) -> Result<(), Error> {
        let mut operand_width = 0;
        let mut constant = true;
        for operand in operands {
            if !matches!(operand.kind, ExpressionKind::Literal { .. }) {
                constant = false;
                operand_width = operand_width.max(self.significant(operand)?);
            }
        }
        // Bits are added to count them. Loop counters have the width of an unsized number.
        let counts = operand_width == 1 || operand_width == UNSIZED_BITS && used > UNSIZED_BITS;
        if constant || counts {
            return Ok(());
        }
        let at = expression.at.clone();
        let warning = if let Some(signal) = assigned.filter(|_| operand_width > used) {
            Warning::Truncated {
                at,
                signal: signal.into(),
                width: used,
                operand_width,
            }
        } else if operand_width < used {
            Warning::CarryKept {
                at,
                operation,
                operand_width,
                width: used,
            }
        } else {
            return Ok(());
        };
        self.elaborator.design.warn(warning);
        Ok(())
    }

    /// Bits of an expression that can be set.
    fn significant(&mut self, expression: &Expression) -> Result<u32, Error> {
        let own = self.size(expression)?.0;
        let shifted = |amount: &Expression| match &amount.kind {
            ExpressionKind::Literal { value, .. } => u32::try_from(value).ok(),
            _ => None,
        };
        Ok(match &expression.kind {
            ExpressionKind::Literal { value, .. } => value.bits() as u32,
            ExpressionKind::Binary(binary, a, b) => match binary {
                // A mask says what width is meant.
                Binary::And => match (&a.kind, &b.kind) {
                    (ExpressionKind::Literal { value, .. }, _)
                    | (_, ExpressionKind::Literal { value, .. }) => value.bits() as u32,
                    _ => self.significant(a)?.min(self.significant(b)?),
                },
                Binary::Or | Binary::Xor => self.significant(a)?.max(self.significant(b)?),
                // What carries out of a sum is told where the sum stands.
                Binary::Add | Binary::Subtract => self.significant(a)?.max(self.significant(b)?),
                Binary::ShiftLeft => match shifted(b) {
                    Some(amount) => self.significant(a)?.saturating_add(amount).min(own),
                    None => own,
                },
                Binary::ShiftRight => match shifted(b) {
                    Some(amount) => self.significant(a)?.saturating_sub(amount),
                    None => self.significant(a)?,
                },
                _ => own,
            },
            ExpressionKind::Conditional(_, a, b) => self.significant(a)?.max(self.significant(b)?),
            _ => own,
        })
    }
}

fn is_sum(expression: &Expression) -> bool {
    matches!(
        expression.kind,
        ExpressionKind::Binary(Binary::Add | Binary::Subtract, ..)
    )
}
