//! From trees to a flattened design: instances, declarations, drivers.
//!
//! Every always block becomes one value per variable that it assigns; `if` and
//! `case` become selects, `for` is unrolled. Standard: IEEE 1364-2005, clauses 4
//! (types), 5 (expressions), 9 (behaviour), 12 (hierarchy).

mod expression;
mod initial;
mod instance;
mod lint;
mod part;
mod process;
mod size;
mod statement;
mod target;

use crate::design::{Bounds, Design, Driver, Net, Source};
use crate::error::Error;
use crate::graph::{ArrayId, NetId};
use crate::source::Location;
use crate::syntax::tree::{Expression, Module};
use num_bigint::BigUint;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Widest vector.
const WIDTH_LIMIT: u64 = 1 << 16;
/// Most words of a memory.
const WORDS_LIMIT: u64 = 1 << 26;
/// Deepest nesting of instances.
const DEPTH_LIMIT: usize = 64;
/// Most nets of a design.
const NETS_LIMIT: u64 = 1 << 22;

/// What a name stands for in a module.
#[derive(Clone, Debug)]
enum Symbol {
    Net(NetId),
    Array(ArrayId),
    Constant(Constant),
}

/// A parameter.
#[derive(Clone, Debug)]
struct Constant {
    value: BigUint,
    width: u32,
    signed: bool,
}

/// The names of one instance.
struct Scope {
    path: String,
    names: HashMap<Arc<str>, Symbol>,
}

impl Scope {
    fn find(&self, name: &str) -> Option<&Symbol> {
        self.names.get(name)
    }
}

/// Builds a design.
struct Elaborator<'a> {
    modules: HashMap<&'a str, &'a Module>,
    design: Design,
}

/// Flattens the hierarchy under `top`; without it, under the one module that no other uses.
pub fn elaborate(modules: &[Module], top: Option<&str>) -> Result<Design, Error> {
    let mut by_name = HashMap::new();
    for module in modules {
        if let Some(first) = by_name.insert(&*module.name.text, module) {
            return Err(Error::Invalid {
                at: module.name.at.clone(),
                name: module.name.text.to_string(),
                problem: format!("the module is defined at {} already", first.name.at),
            });
        }
    }
    let top = match top {
        Some(name) => *by_name.get(name).ok_or_else(|| Error::Top {
            problem: format!("there is no module {name}"),
        })?,
        None => only_root(modules)?,
    };
    let mut elaborator = Elaborator {
        modules: by_name,
        design: Design {
            top: top.name.text.to_string(),
            ..Design::default()
        },
    };
    let path = top.name.text.to_string();
    elaborator.instantiate(top, path, &HashMap::new(), 0)?;
    elaborator.check_drivers()?;
    Ok(elaborator.design)
}

/// The module that no other one instantiates.
fn only_root(modules: &[Module]) -> Result<&Module, Error> {
    use crate::syntax::tree::Item;
    let used: HashSet<&str> = modules
        .iter()
        .flat_map(|module| &module.items)
        .filter_map(|item| match item {
            Item::Instance(instance) => Some(&*instance.module.text),
            _ => None,
        })
        .collect();
    let mut roots = modules
        .iter()
        .filter(|module| !used.contains(&*module.name.text));
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(root),
        (None, _) => Err(Error::Top {
            problem: "the source has none, or every module is used by another one".into(),
        }),
        (Some(first), Some(second)) => Err(Error::Top {
            problem: format!(
                "both {} and {} are used by no other module; name the one to simulate",
                first.name.text, second.name.text
            ),
        }),
    }
}

impl Elaborator<'_> {
    /// The value of an expression that must be constant, as a signed number.
    fn integer(
        &mut self,
        scope: &Scope,
        expression: &Expression,
        what: &str,
    ) -> Result<i64, Error> {
        let constant = self.constant(scope, expression, what)?;
        expression::signed_number(&constant.value, constant.width, constant.signed).ok_or_else(
            || Error::Limit {
                at: expression.at.clone(),
                what: format!("{what} {}", constant.value),
                limit: i64::MAX as u64,
            },
        )
    }

    /// The value of an expression that must be constant.
    fn constant(
        &mut self,
        scope: &Scope,
        expression: &Expression,
        what: &str,
    ) -> Result<Constant, Error> {
        self.constant_of(scope, expression, None, what)
    }

    /// The same, in a context of at least so many bits.
    fn constant_of(
        &mut self,
        scope: &Scope,
        expression: &Expression,
        context: Option<u32>,
        what: &str,
    ) -> Result<Constant, Error> {
        let mut process = process::Process::constant(self, scope);
        let (own, signed) = process.size(expression)?;
        let width = own.max(context.unwrap_or(0));
        let value = process.build(expression, width, signed)?;
        match self.design.graph.constant(value) {
            Some(value) => Ok(Constant {
                value: value.clone(),
                width,
                signed,
            }),
            None => Err(Error::NotConstant {
                at: expression.at.clone(),
                what: what.into(),
            }),
        }
    }

    fn add_net(&mut self, net: Net) -> Result<NetId, Error> {
        let index = self.design.nets.len() as u64;
        if index >= NETS_LIMIT {
            return Err(Error::Limit {
                at: net.at,
                what: "the number of nets".into(),
                limit: NETS_LIMIT,
            });
        }
        self.design.nets.push(net);
        Ok(NetId(index as u32))
    }

    /// Adds a driver; bits that have one already are refused.
    fn drive(
        &mut self,
        net: NetId,
        low: u32,
        width: u32,
        source: Source,
        at: &Location,
    ) -> Result<(), Error> {
        let name = |design: &Design| design.bits_name(net, low, width);
        if self.design.net(net).top
            && self.design.net(net).direction == Some(crate::syntax::tree::Direction::Input)
        {
            return Err(Error::MultipleDrivers {
                signal: name(&self.design),
                first: self.design.net(net).at.clone(),
                second: at.clone(),
            });
        }
        let drivers = &self.design.net(net).drivers;
        if let Some(other) = drivers
            .iter()
            .find(|other| other.low < low + width && low < other.low + other.width)
        {
            return Err(Error::MultipleDrivers {
                signal: name(&self.design),
                first: other.at.clone(),
                second: at.clone(),
            });
        }
        self.design.nets[net.0 as usize].drivers.push(Driver {
            low,
            width,
            source,
            at: at.clone(),
        });
        Ok(())
    }

    /// Sorts the drivers of every net by their bits.
    fn check_drivers(&mut self) -> Result<(), Error> {
        for net in &mut self.design.nets {
            net.drivers.sort_by_key(|driver| driver.low);
        }
        Ok(())
    }

    /// `[msb:lsb]` as numbers, with the width within its limit.
    fn bounds(
        &mut self,
        scope: &Scope,
        range: Option<&crate::syntax::tree::Range>,
        name: &str,
    ) -> Result<Bounds, Error> {
        let Some(range) = range else {
            return Ok(Bounds::BIT);
        };
        let bounds = Bounds {
            msb: self.integer(scope, &range.msb, "the bound of a range")?,
            lsb: self.integer(scope, &range.lsb, "the bound of a range")?,
        };
        if bounds.msb.checked_sub(bounds.lsb).is_none() || bounds.width() > WIDTH_LIMIT {
            return Err(Error::Limit {
                at: range.msb.at.clone(),
                what: format!("the width of {name} [{}:{}]", bounds.msb, bounds.lsb),
                limit: WIDTH_LIMIT,
            });
        }
        Ok(bounds)
    }
}
