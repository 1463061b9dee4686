//! Modules, and what they consist of.
//!
//! Standard: IEEE 1364-2005, clauses 6, 9.9 and 12, A.1.2 to A.1.4, A.6.1, A.6.2.

use super::Parser;
use crate::error::Error;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Always, Assign, Edge, Item, Module, Name, Trigger};

impl Parser<'_> {
    /// `module name #(parameters) (ports); items endmodule`
    pub(super) fn module(&mut self) -> Result<Module, Error> {
        self.advance()?;
        let name = self.name("the name of the module")?;
        let mut items = Vec::new();
        if self.eat_symbol("#")? {
            self.expect_symbol("(")?;
            self.header_parameters(&mut items)?;
        }
        let ports = if self.eat_symbol("(")? {
            self.ports(&mut items)?
        } else {
            Vec::new()
        };
        self.expect_symbol(";")?;
        while !self.at_keyword("endmodule") {
            self.item(&mut items)?;
        }
        self.advance()?;
        Ok(Module { name, ports, items })
    }

    /// The ports behind `(`, declared there or only named.
    fn ports(&mut self, items: &mut Vec<Item>) -> Result<Vec<Name>, Error> {
        if self.eat_symbol(")")? {
            return Ok(Vec::new());
        }
        if let TokenKind::Keyword("input" | "output" | "inout") = self.token.kind {
            return self.header_declarations(items);
        }
        let mut ports = Vec::new();
        loop {
            if let TokenKind::Symbol("." | "{") = self.token.kind {
                let instead = "name the port, and connect the signal in the module";
                return Err(self.unsupported("a port that is an expression", instead));
            }
            ports.push(self.name("the name of a port")?);
            if !self.list_goes_on(")")? {
                return Ok(ports);
            }
        }
    }

    /// One item; several if it declares several names.
    fn item(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        match self.token.kind {
            TokenKind::Keyword("input" | "output" | "inout" | "wire" | "reg" | "integer") => {
                self.declarations(items)
            }
            TokenKind::Keyword("parameter" | "localparam") => self.parameters(items),
            TokenKind::Keyword("assign") => self.assigns(items),
            TokenKind::Keyword("always") => {
                let always = self.always()?;
                items.push(Item::Always(always));
                Ok(())
            }
            TokenKind::Keyword("initial") => {
                self.advance()?;
                let body = self.statement()?;
                items.push(Item::Initial(body));
                Ok(())
            }
            TokenKind::Name(_) => self.instances(items),
            TokenKind::Keyword(word @ ("if" | "for" | "case" | "begin")) => {
                let instead = "write it in an `always` block, or write the items out";
                Err(self.unsupported(format!("`{word}` outside of a block"), instead))
            }
            _ => Err(self.unexpected("a declaration, a block, an instance or `endmodule`")),
        }
    }

    /// `assign target = value, target = value;`
    fn assigns(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        let at = self.here();
        self.advance()?;
        if self.at_symbol("(") {
            return Err(self.unsupported("a drive strength", "remove it"));
        }
        loop {
            let target = self.target()?;
            self.expect_symbol("=")?;
            let value = self.expression()?;
            items.push(Item::Assign(Assign {
                target,
                value,
                at: at.clone(),
            }));
            if !self.list_goes_on(";")? {
                return Ok(());
            }
        }
    }

    /// `always @(...) body`
    fn always(&mut self) -> Result<Always, Error> {
        let at = self.here();
        self.advance()?;
        if !self.at_symbol("@") && !self.at_symbol("#") {
            let instead = "write `always @(*)` or `always @(posedge clock)`";
            return Err(self.unsupported("`always` without `@`", instead));
        }
        self.expect_symbol("@")?;
        let trigger = self.trigger()?;
        let body = self.statement()?;
        Ok(Always { trigger, body, at })
    }

    /// What stands behind `@`.
    fn trigger(&mut self) -> Result<Trigger, Error> {
        if self.eat_symbol("*")? {
            return Ok(Trigger::Any);
        }
        if !self.eat_symbol("(")? {
            let name = self.name("`*`, `(` or a name")?;
            return Ok(Trigger::Levels(vec![name]));
        }
        if self.eat_symbol("*")? {
            self.expect_symbol(")")?;
            return Ok(Trigger::Any);
        }
        let mut edges = Vec::new();
        let mut levels = Vec::new();
        loop {
            let event = self.here();
            let rising = self.eat_keyword("posedge")?;
            if rising || self.eat_keyword("negedge")? {
                let signal = self.name("the name of a clock or reset")?;
                edges.push(Edge { rising, signal });
            } else {
                levels.push(self.name("`posedge`, `negedge` or a name")?);
            }
            if !edges.is_empty() && !levels.is_empty() {
                return Err(Error::Unsupported {
                    at: event,
                    what: "a list of edges and levels".into(),
                    instead: "write `posedge` or `negedge` before each, or `@(*)`".into(),
                });
            }
            if let TokenKind::Symbol("[" | ".") = self.token.kind {
                let instead = "give the part a name by `wire`, or write `@(*)`";
                return Err(self.unsupported("a part of a signal in a list of events", instead));
            }
            if !self.eat_keyword("or")? && !self.list_goes_on(")")? {
                break;
            }
        }
        Ok(if edges.is_empty() {
            Trigger::Levels(levels)
        } else {
            Trigger::Edges(edges)
        })
    }
}
