//! Statements and the targets of assignments.
//!
//! Standard: IEEE 1364-2005, clause 9, A.6, A.8.5.

use super::Parser;
use crate::error::Error;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Expression, Statement, Target};

impl Parser<'_> {
    /// A statement with its semicolon.
    pub(super) fn statement(&mut self) -> Result<Statement, Error> {
        self.nested(Self::statement_here)
    }

    fn statement_here(&mut self) -> Result<Statement, Error> {
        match self.token.kind {
            TokenKind::Symbol(";") => {
                self.advance()?;
                Ok(Statement::Null)
            }
            TokenKind::Name(_) | TokenKind::Symbol("{") => self.assignment(),
            TokenKind::Keyword("begin") => self.block(),
            TokenKind::Keyword("if") => self.condition(),
            TokenKind::Keyword("case") => self.case(),
            TokenKind::Keyword("for") => self.for_loop(),
            TokenKind::Keyword("assign") => {
                let instead = "remove the word `assign`, or write it outside of the block";
                Err(self.unsupported("`assign` in a block", instead))
            }
            TokenKind::Symbol("@") => {
                let instead = "write an `always @(...)` block of its own";
                Err(self.unsupported("an event in a block, `@`", instead))
            }
            _ => Err(self.unexpected("a statement")),
        }
    }

    /// `begin ... end`
    fn block(&mut self) -> Result<Statement, Error> {
        self.advance()?;
        if self.eat_symbol(":")? {
            self.name("the name of the block")?;
        }
        let mut statements = Vec::new();
        while !self.eat_keyword("end")? {
            if let TokenKind::Keyword("reg" | "integer" | "parameter" | "localparam") =
                self.token.kind
            {
                let what = format!("the declaration `{}` in a block", self.token.text);
                return Err(self.unsupported(what, "declare it in the module"));
            }
            if self.token.kind == TokenKind::End {
                return Err(self.syntax("a statement or `end`"));
            }
            statements.push(self.statement()?);
        }
        Ok(Statement::Block(statements))
    }

    /// `if (condition) then else otherwise`
    fn condition(&mut self) -> Result<Statement, Error> {
        self.advance()?;
        self.expect_symbol("(")?;
        let condition = self.expression()?;
        self.expect_symbol(")")?;
        let then = Box::new(self.statement()?);
        let otherwise = if self.eat_keyword("else")? {
            self.statement()?
        } else {
            Statement::Null
        };
        Ok(Statement::If {
            condition,
            then,
            otherwise: Box::new(otherwise),
        })
    }

    /// `case (subject) ... endcase`
    fn case(&mut self) -> Result<Statement, Error> {
        let at = self.here();
        self.advance()?;
        self.expect_symbol("(")?;
        let subject = self.expression()?;
        self.expect_symbol(")")?;
        let mut arms = Vec::new();
        let mut default = None;
        while !self.eat_keyword("endcase")? {
            if self.at_keyword("default") {
                if default.is_some() {
                    return Err(self.syntax("one `default` at most in a `case`"));
                }
                self.advance()?;
                self.eat_symbol(":")?;
                default = Some(Box::new(self.statement()?));
                continue;
            }
            if let TokenKind::End | TokenKind::Keyword("end") = self.token.kind {
                return Err(self.syntax("a label or `endcase`"));
            }
            let mut labels = vec![self.expression()?];
            while self.list_goes_on(":")? {
                labels.push(self.expression()?);
            }
            arms.push((labels, self.statement()?));
        }
        Ok(Statement::Case {
            subject,
            arms,
            default,
            at,
        })
    }

    /// `for (variable = first; condition; variable = next) body`
    fn for_loop(&mut self) -> Result<Statement, Error> {
        self.advance()?;
        self.expect_symbol("(")?;
        if self.at_keyword("integer") || self.at_keyword("reg") {
            let what = "a declaration in the head of a `for` loop";
            return Err(self.unsupported(what, "declare the variable in the module"));
        }
        let variable = self.name("the loop's variable")?;
        self.expect_symbol("=")?;
        let first = self.expression()?;
        self.expect_symbol(";")?;
        let condition = self.expression()?;
        self.expect_symbol(";")?;
        let stepped = self.name("the loop's variable")?;
        if stepped.text != variable.text {
            return Err(Error::Unsupported {
                at: stepped.at,
                what: format!(
                    "a step of `{}` in a loop over `{}`",
                    stepped.text, variable.text
                ),
                instead: format!("step `{}`, and assign the other in the body", variable.text),
            });
        }
        self.expect_symbol("=")?;
        let next = self.expression()?;
        self.expect_symbol(")")?;
        let body = Box::new(self.statement()?);
        Ok(Statement::For {
            variable,
            first,
            condition,
            next,
            body,
        })
    }

    /// `target = value;` or `target <= value;`
    fn assignment(&mut self) -> Result<Statement, Error> {
        let target = self.target()?;
        let blocking = match self.token.kind {
            TokenKind::Symbol("=") => true,
            TokenKind::Symbol("<=") => false,
            TokenKind::Symbol(";" | "(") => {
                if let Target::Part { name, .. } = &target {
                    let what = format!("the call of the task `{}`", name.text);
                    return Err(self.unsupported(what, "write the task's statements in its place"));
                }
                return Err(self.syntax("`=` or `<=`"));
            }
            _ => return Err(self.unexpected("`=` or `<=`")),
        };
        self.advance()?;
        let value = self.value()?;
        self.expect_symbol(";")?;
        Ok(Statement::Assign {
            target,
            value,
            blocking,
        })
    }

    /// The right side of an assignment.
    fn value(&mut self) -> Result<Expression, Error> {
        if self.at_symbol("@") {
            let instead = "write an `always @(...)` block of its own";
            return Err(self.unsupported("an event in an assignment, `@`", instead));
        }
        self.expression()
    }

    /// What stands left of an assignment.
    pub(super) fn target(&mut self) -> Result<Target, Error> {
        if !self.at_symbol("{") {
            let name = self.name("a signal to assign")?;
            let (selects, _) = self.selects(&name)?;
            return Ok(Target::Part { name, selects });
        }
        self.nested(|parser| {
            parser.advance()?;
            let mut targets = vec![parser.target()?];
            while parser.list_goes_on("}")? {
                targets.push(parser.target()?);
            }
            Ok(Target::Concat(targets))
        })
    }
}
