//! One instance of a module: its declarations, its blocks, the instances in it.

use super::process::Process;
use super::{Constant, DEPTH_LIMIT, Elaborator, Scope, Symbol, WORDS_LIMIT};
use crate::design::{Array, Bounds, Net, Source};
use crate::error::Error;
use crate::graph::{ArrayId, NetId};
use crate::syntax::tree::{
    Always, Assign, Declaration, Direction, Expression, ExpressionKind, Instance, Item, Module,
    Name, NetKind, Parameter, Statement, Target, Trigger,
};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

impl<'a> Elaborator<'a> {
    /// Adds an instance of `module` and all below it; gives its ports.
    pub(super) fn instantiate(
        &mut self,
        module: &'a Module,
        path: String,
        parameters: &HashMap<Arc<str>, Constant>,
        depth: usize,
    ) -> Result<HashMap<Arc<str>, NetId>, Error> {
        if depth > DEPTH_LIMIT {
            return Err(Error::Limit {
                at: module.name.at.clone(),
                what: format!("the depth of instances at {path} (does a module contain itself?)"),
                limit: DEPTH_LIMIT as u64,
            });
        }
        let mut scope = Scope {
            path,
            names: HashMap::new(),
        };
        for item in &module.items {
            match item {
                Item::Parameter(parameter) => {
                    self.declare_parameter(&mut scope, parameter, parameters)?;
                }
                Item::Declaration(declaration) => {
                    self.declare(&mut scope, declaration, depth == 0)?;
                }
                _ => {}
            }
        }
        let ports = self.ports(&scope, module)?;
        for item in &module.items {
            match item {
                Item::Declaration(declaration) => self.declared_value(&scope, declaration)?,
                Item::Parameter(_) => {}
                Item::Assign(assign) => self.continuous(&scope, assign)?,
                Item::Always(always) => self.always(&scope, always)?,
                Item::Initial(body) => self.initial(&scope, body)?,
                Item::Instance(instance) => self.instance(&scope, instance, depth)?,
            }
        }
        Ok(ports)
    }

    fn declare_parameter(
        &mut self,
        scope: &mut Scope,
        parameter: &Parameter,
        overrides: &HashMap<Arc<str>, Constant>,
    ) -> Result<(), Error> {
        let given = overrides
            .get(&parameter.name.text)
            .filter(|_| !parameter.local);
        let width = match &parameter.range {
            Some(range) => {
                let bounds = self.bounds(scope, Some(range), &parameter.name.text)?;
                Some(bounds.width() as u32)
            }
            None => None,
        };
        let mut constant = match given {
            Some(constant) => constant.clone(),
            None => self.constant_of(scope, &parameter.value, width, "the value of a parameter")?,
        };
        if parameter.range.is_some() || parameter.signed {
            let width = width.unwrap_or(constant.width);
            let graph = &mut self.design.graph;
            let value = graph.literal(constant.value, constant.width);
            let value = graph.resize(value, width, constant.signed);
            constant = Constant {
                value: graph
                    .constant(value)
                    .expect("resized constants are constant")
                    .clone(),
                width,
                signed: parameter.signed,
            };
        }
        insert(scope, &parameter.name, Symbol::Constant(constant))
    }

    fn declare(
        &mut self,
        scope: &mut Scope,
        declaration: &Declaration,
        top: bool,
    ) -> Result<(), Error> {
        let name = &declaration.name;
        if declaration.direction == Some(Direction::Inout) {
            return Err(Error::Unsupported {
                at: name.at.clone(),
                what: format!("the inout port {}", name.text),
                instead: "use an input and an output".into(),
            });
        }
        // `output q; reg q;`: the second declaration says what the first left open.
        if let Some(Symbol::Net(net)) = scope.find(&name.text).cloned() {
            return self.declare_again(scope, declaration, net);
        }
        let bounds = match declaration.kind {
            NetKind::Integer => Bounds { msb: 31, lsb: 0 },
            _ => self.bounds(scope, declaration.range.as_ref(), &name.text)?,
        };
        let width = bounds.width() as u32;
        let signed = declaration.signed || declaration.kind == NetKind::Integer;
        let path = format!("{}.{}", scope.path, name.text);
        let Some(range) = &declaration.memory else {
            let net = self.add_net(Net {
                path,
                width,
                signed,
                bounds,
                kind: declaration.kind,
                direction: declaration.direction,
                top: top && declaration.direction.is_some(),
                initial: None,
                drivers: Vec::new(),
                cuts: BTreeSet::new(),
                at: name.at.clone(),
            })?;
            return insert(scope, name, Symbol::Net(net));
        };
        let first = self.integer(scope, &range.msb, "the bound of a memory")?;
        let last = self.integer(scope, &range.lsb, "the bound of a memory")?;
        let words = first.abs_diff(last).saturating_add(1);
        if words.saturating_mul(u64::from(width.div_ceil(64))) > WORDS_LIMIT {
            return Err(Error::Limit {
                at: name.at.clone(),
                what: format!("the memory {path} of {words} words"),
                limit: WORDS_LIMIT,
            });
        }
        if declaration.direction.is_some() || declaration.kind != NetKind::Reg {
            return Err(Error::Invalid {
                at: name.at.clone(),
                name: path,
                problem: "a memory must be a reg, and no port".into(),
            });
        }
        let array = ArrayId(self.design.arrays.len() as u32);
        self.design.arrays.push(Array {
            path,
            width,
            signed,
            bounds,
            first: first.min(last),
            words: words as u32,
            initial: Vec::new(),
            writes: Vec::new(),
        });
        insert(scope, name, Symbol::Array(array))
    }

    /// The second declaration of a port: `reg` or `wire`, of the same width.
    fn declare_again(
        &mut self,
        scope: &Scope,
        declaration: &Declaration,
        net: NetId,
    ) -> Result<(), Error> {
        let bounds = self.bounds(scope, declaration.range.as_ref(), &declaration.name.text)?;
        let known = &mut self.design.nets[net.0 as usize];
        let refuse = |problem: String| Error::Invalid {
            at: declaration.name.at.clone(),
            name: known.path.clone(),
            problem,
        };
        let first_says_port = known.direction.is_some();
        if first_says_port == declaration.direction.is_some() || declaration.memory.is_some() {
            return Err(refuse(format!("it is declared at {} already", known.at)));
        }
        if bounds != known.bounds {
            return Err(refuse(format!(
                "declared [{}:{}] here and [{}:{}] at {}",
                bounds.msb, bounds.lsb, known.bounds.msb, known.bounds.lsb, known.at
            )));
        }
        known.signed |= declaration.signed;
        if declaration.kind == NetKind::Reg {
            known.kind = NetKind::Reg;
        }
        if let Some(direction) = declaration.direction {
            known.direction = Some(direction);
        }
        Ok(())
    }

    fn ports(&self, scope: &Scope, module: &Module) -> Result<HashMap<Arc<str>, NetId>, Error> {
        let mut ports = HashMap::new();
        for port in &module.ports {
            match scope.find(&port.text) {
                Some(&Symbol::Net(net)) if self.design.net(net).direction.is_some() => {
                    ports.insert(port.text.clone(), net);
                }
                _ => {
                    return Err(Error::Unknown {
                        at: port.at.clone(),
                        name: port.text.to_string(),
                        what: "input or output",
                        scope: scope.path.clone(),
                    });
                }
            }
        }
        for symbol in scope.names.values() {
            if let &Symbol::Net(net) = symbol
                && self.design.net(net).direction.is_some()
                && !ports.values().any(|&port| port == net)
            {
                let net = self.design.net(net);
                return Err(Error::Invalid {
                    at: net.at.clone(),
                    name: net.path.clone(),
                    problem: "a port that is not in the module's list of ports".into(),
                });
            }
        }
        Ok(ports)
    }

    /// `wire x = value;` and `reg x = value;`
    fn declared_value(&mut self, scope: &Scope, declaration: &Declaration) -> Result<(), Error> {
        let Some(value) = &declaration.value else {
            return Ok(());
        };
        let name = declaration.name.clone();
        let at = name.at.clone();
        let target = Target::Part {
            name,
            selects: Vec::new(),
        };
        if declaration.kind == NetKind::Wire {
            let value = value.clone();
            self.continuous(scope, &Assign { target, value, at })
        } else {
            let statement = Statement::Assign {
                target,
                value: value.clone(),
                blocking: true,
            };
            self.initial(scope, &statement)
        }
    }

    fn continuous(&mut self, scope: &Scope, assign: &Assign) -> Result<(), Error> {
        let mut process = Process::continuous(self, scope);
        process.assign(&assign.target, &assign.value, true)?;
        process.finish(&assign.at)
    }

    fn always(&mut self, scope: &Scope, always: &Always) -> Result<(), Error> {
        let mut process = match &always.trigger {
            Trigger::Any | Trigger::Levels(_) => Process::combinational(self, scope, &always.body)?,
            Trigger::Edges(edges) => {
                let clock = match &edges[..] {
                    [edge] if edge.rising => edge,
                    [edge] => {
                        return Err(Error::Unsupported {
                            at: edge.signal.at.clone(),
                            what: format!("negedge {}", edge.signal.text),
                            instead: "clock the block by a rising edge".into(),
                        });
                    }
                    _ => {
                        return Err(Error::Unsupported {
                            at: always.at.clone(),
                            what: "a block with several edges (an asynchronous reset)".into(),
                            instead: "reset synchronously, by a condition in the block".into(),
                        });
                    }
                };
                let clock = self.named_net(scope, &clock.signal)?;
                Process::clocked(self, scope, clock, &always.body)?
            }
        };
        process.run(&always.body)?;
        process.finish(&always.at)
    }

    fn named_net(&self, scope: &Scope, name: &Name) -> Result<NetId, Error> {
        match scope.find(&name.text) {
            Some(&Symbol::Net(net)) => Ok(net),
            _ => Err(Error::Unknown {
                at: name.at.clone(),
                name: name.text.to_string(),
                what: "net",
                scope: scope.path.clone(),
            }),
        }
    }

    fn instance(&mut self, scope: &Scope, instance: &Instance, depth: usize) -> Result<(), Error> {
        let name = &instance.module;
        let Some(&module) = self.modules.get(&*name.text) else {
            return Err(Error::Unknown {
                at: name.at.clone(),
                name: name.text.to_string(),
                what: "module",
                scope: "the sources (a black box must be written out or left out)".into(),
            });
        };
        let mut parameters = HashMap::new();
        for (parameter, value) in &instance.parameters {
            let known = module.items.iter().any(|item| {
                matches!(item, Item::Parameter(known) if !known.local && known.name.text == parameter.text)
            });
            if !known {
                return Err(Error::Unknown {
                    at: parameter.at.clone(),
                    name: parameter.text.to_string(),
                    what: "parameter",
                    scope: format!("module {}", name.text),
                });
            }
            let value = self.constant(scope, value, "the value of a parameter")?;
            parameters.insert(parameter.text.clone(), value);
        }
        let path = format!("{}.{}", scope.path, instance.name.text);
        let ports = self.instantiate(module, path, &parameters, depth + 1)?;
        let mut connected: Vec<&str> = Vec::new();
        for (port, expression) in &instance.ports {
            let Some(&net) = ports.get(&port.text) else {
                return Err(Error::Unknown {
                    at: port.at.clone(),
                    name: port.text.to_string(),
                    what: "port",
                    scope: format!("module {}", name.text),
                });
            };
            if connected.contains(&&*port.text) {
                return Err(Error::Invalid {
                    at: port.at.clone(),
                    name: port.text.to_string(),
                    problem: "the port is connected twice".into(),
                });
            }
            connected.push(&port.text);
            if let Some(expression) = expression {
                self.connect(scope, net, port, expression)?;
            }
        }
        Ok(())
    }

    /// Connects a port of an instance to an expression of the module around it.
    fn connect(
        &mut self,
        scope: &Scope,
        net: NetId,
        port: &Name,
        expression: &Expression,
    ) -> Result<(), Error> {
        let (width, signed) = (self.design.net(net).width, self.design.net(net).signed);
        if self.design.net(net).direction == Some(Direction::Input) {
            let mut process = Process::continuous(self, scope);
            let value = process.assigned_value(expression, width)?;
            return self.drive(net, 0, width, Source::Combinational(value), &port.at);
        }
        let ExpressionKind::Part { name, selects } = &expression.kind else {
            return Err(Error::Unsupported {
                at: expression.at.clone(),
                what: format!("an expression at the output port {}", port.text),
                instead: "connect a net".into(),
            });
        };
        let target = Target::Part {
            name: name.clone(),
            selects: selects.clone(),
        };
        let value = self.design.graph.net(net, width);
        let mut process = Process::continuous(self, scope);
        let target_width = process.target_width(&target)?;
        let value = process.resize(value, target_width, signed);
        process.assign_value(&target, value)?;
        process.finish(&port.at)
    }
}

fn insert(scope: &mut Scope, name: &Name, symbol: Symbol) -> Result<(), Error> {
    if scope.names.insert(name.text.clone(), symbol).is_some() {
        return Err(Error::Invalid {
            at: name.at.clone(),
            name: format!("{}.{}", scope.path, name.text),
            problem: "it is declared already".into(),
        });
    }
    Ok(())
}
