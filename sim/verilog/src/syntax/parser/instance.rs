//! Instances of modules.
//!
//! Standard: IEEE 1364-2005, 12.1.2 and 12.3, A.4.1. Ports and parameters go by
//! name: an order says nothing to a reader, and is easily wrong.

use super::{Parser, refusal};
use crate::error::Error;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Expression, Instance, Item, Name};

/// Names in an instance, and what each is connected with.
type Connections = Vec<(Name, Option<Expression>)>;

impl Parser<'_> {
    /// `module #(.P(value)) name(.port(expression), ...), name(...);`
    pub(super) fn instances(&mut self, items: &mut Vec<Item>) -> Result<(), Error> {
        let module = self.name("the name of a module")?;
        match (
            self.instances_of(&module, items),
            refusal::system_verilog(&module.text),
        ) {
            // Read as Verilog, SystemVerilog is an instance that goes wrong.
            (Err(Error::Syntax { .. }), Some(instead)) => Err(Error::Unsupported {
                at: module.at,
                what: format!("`{}` of SystemVerilog", module.text),
                instead: instead.into(),
            }),
            (result, _) => result,
        }
    }

    /// What stands behind the name of the module.
    fn instances_of(&mut self, module: &Name, items: &mut Vec<Item>) -> Result<(), Error> {
        let before = self.tokens;
        let parameters = if self.eat_symbol("#")? {
            self.parameter_values(module)?
        } else {
            Vec::new()
        };
        let size = self.tokens - before;
        loop {
            let name = self.name("the name of an instance")?;
            if self.at_symbol("[") {
                let what = format!("the array of instances `{}`", name.text);
                return Err(self.unsupported(what, "write each instance out"));
            }
            self.expect_symbol("(")?;
            let ports = self.connections(&format!("ports of `{}`", name.text))?;
            let parameters = parameters.clone();
            items.push(Item::Instance(Instance {
                module: module.clone(),
                parameters,
                name,
                ports,
            }));
            if !self.list_goes_on(";")? {
                return Ok(());
            }
            self.repeat(size)?;
        }
    }

    /// `(.NAME(value), ...)` behind `#`
    fn parameter_values(&mut self, module: &Name) -> Result<Vec<(Name, Expression)>, Error> {
        if !self.eat_symbol("(")? {
            let what = format!("a parameter of `{}` without a name", module.text);
            return Err(self.unsupported(what, "write `#(.NAME(value))`"));
        }
        let values = self.connections(&format!("parameters of `{}`", module.text))?;
        // `.NAME()` leaves the parameter as it is.
        Ok(values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect())
    }

    /// `.name(expression), ...)`
    fn connections(&mut self, what: &str) -> Result<Connections, Error> {
        let mut connections = Vec::new();
        if self.eat_symbol(")")? {
            return Ok(connections);
        }
        loop {
            if !self.eat_symbol(".")? {
                if let TokenKind::End = self.token.kind {
                    return Err(self.syntax("`.` and a name"));
                }
                let instead = "name each one: `.name(expression)`";
                return Err(self.unsupported(format!("{what} in order, without names"), instead));
            }
            let name = self.name("a name behind `.`")?;
            self.expect_symbol("(")?;
            let mut value = None;
            if !self.eat_symbol(")")? {
                value = Some(self.expression()?);
                self.expect_symbol(")")?;
            }
            connections.push((name, value));
            if !self.list_goes_on(")")? {
                return Ok(connections);
            }
        }
    }
}
