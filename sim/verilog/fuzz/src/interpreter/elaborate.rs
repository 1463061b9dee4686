//! From modules to one flat design: nets, processes and initial values.
//!
//! IEEE 1364-2005, clause 12: instances, parameters and port connections.

use super::expression::Expression;
use super::resolve::{self, By};
use super::scope::{Entity, Scope, refuse, width};
use super::state::{Bounds, NetId, State};
use super::statement::{Statement, Target};
use super::{Net, Process};
use crate::error::Error;
use slackwater_verilog::syntax::tree::{self, Direction, Item, NetKind, Trigger};
use std::collections::HashMap;
use std::sync::Arc;

/// Deepest hierarchy; a module that contains itself gets there.
const DEEPEST: usize = 64;
/// Most words of all memories, and most nets.
const MOST: u64 = 1 << 24;

/// A flat design.
#[derive(Debug, Default)]
pub struct Design {
    /// Nets and memories, in the order of their [`NetId`].
    pub nets: Vec<Net>,
    /// What runs.
    pub processes: Vec<Process>,
    /// What runs once, in this order.
    pub initial: Vec<Statement>,
    /// Room for all values.
    pub state: State,
    words: u64,
}

/// What an instance says about a module.
struct Instance<'a> {
    path: String,
    depth: usize,
    parameters: HashMap<Arc<str>, Expression>,
    module: &'a tree::Module,
}

/// Makes one flat design of a module and all that is in it.
pub fn elaborate(modules: &[tree::Module], top: &str) -> Result<Design, Error> {
    let by_name: HashMap<&str, &tree::Module> = modules
        .iter()
        .map(|module| (&*module.name.text, module))
        .collect();
    let module = by_name.get(top).ok_or_else(|| Error::NoTop {
        name: top.to_owned(),
    })?;
    let mut design = Design::default();
    design.instantiate(
        &by_name,
        Instance {
            path: String::new(),
            depth: 0,
            parameters: HashMap::new(),
            module,
        },
    )?;
    Ok(design)
}

impl Design {
    fn instantiate(
        &mut self,
        modules: &HashMap<&str, &tree::Module>,
        instance: Instance<'_>,
    ) -> Result<Scope, Error> {
        let module = instance.module;
        if instance.depth == DEEPEST {
            return refuse(
                &module.name.at,
                format!(
                    "{:?} is {DEEPEST} levels deep: does it contain itself?",
                    module.name.text
                ),
            );
        }
        let mut scope = Scope::default();
        for item in &module.items {
            if let Item::Parameter(parameter) = item {
                let given = instance.parameters.get(&parameter.name.text);
                scope.parameter(parameter, given.filter(|_| !parameter.local).cloned())?;
            }
        }
        self.declare_all(&mut scope, &instance)?;
        for item in &module.items {
            match item {
                Item::Declaration(declaration) => self.initialise(&scope, declaration)?,
                Item::Parameter(_) => {}
                Item::Assign(assign) => {
                    let target = resolve::target(&scope, &assign.target, By::Continuous)?;
                    let value = resolve::expression(&scope, &assign.value)?;
                    self.processes.push(Process::Continuous(target, value));
                }
                Item::Always(always) => {
                    let body = resolve::statement(&scope, &always.body)?;
                    self.processes.push(match &always.trigger {
                        Trigger::Any | Trigger::Levels(_) => Process::Combinational(body),
                        Trigger::Edges(edges) => {
                            Process::Clocked(clock(&scope, edges, &always.at)?, body)
                        }
                    });
                }
                Item::Initial(body) => self.initial.push(resolve::statement(&scope, body)?),
                Item::Instance(child) => self.connect(modules, &scope, &instance, child)?,
            }
        }
        Ok(scope)
    }

    /// Declares nets and memories; `output q; reg q;` are one net.
    fn declare_all(&mut self, scope: &mut Scope, instance: &Instance<'_>) -> Result<(), Error> {
        let mut order: Vec<Arc<str>> = Vec::new();
        let mut merged: HashMap<Arc<str>, tree::Declaration> = HashMap::new();
        for item in &instance.module.items {
            let Item::Declaration(declaration) = item else {
                continue;
            };
            let text = &declaration.name.text;
            match merged.get_mut(text) {
                None => {
                    order.push(text.clone());
                    merged.insert(text.clone(), declaration.clone());
                }
                Some(known) if known.direction.is_some() != declaration.direction.is_some() => {
                    known.direction = known.direction.or(declaration.direction);
                    if known.kind == NetKind::Wire {
                        known.kind = declaration.kind;
                    }
                    known.signed |= declaration.signed;
                    if known.range.is_none() {
                        known.range = declaration.range.clone();
                    }
                    known.memory = known.memory.take().or(declaration.memory.clone());
                }
                Some(_) => {
                    let at = &declaration.name.at;
                    return refuse(at, format!("{text:?} is declared twice"));
                }
            }
        }
        for text in order {
            self.declare(scope, instance, &merged[&text])?;
        }
        for port in &instance.module.ports {
            let is_port = matches!(
                scope.find(port)?,
                Entity::Net {
                    direction: Some(_),
                    ..
                }
            );
            if !is_port {
                return refuse(&port.at, format!("port {:?} has no direction", port.text));
            }
        }
        Ok(())
    }

    fn declare(
        &mut self,
        scope: &mut Scope,
        instance: &Instance<'_>,
        declaration: &tree::Declaration,
    ) -> Result<(), Error> {
        let name = &declaration.name;
        if declaration.direction == Some(Direction::Inout) {
            return refuse(
                &name.at,
                format!("inout {:?} is not interpreted", name.text),
            );
        }
        let integer = declaration.kind == NetKind::Integer;
        let bounds = match &declaration.range {
            Some(range) => Some(scope.bounds(range)?),
            None if integer => Some(Bounds { left: 31, right: 0 }),
            None => None,
        };
        let memory = match &declaration.memory {
            Some(range) => Some(scope.bounds(range)?),
            None => None,
        };
        let width = bounds.map_or(1, width);
        let words = memory.map_or(1, Bounds::count);
        self.words = self.words.saturating_add(words);
        if self.words > MOST {
            return refuse(&name.at, format!("more than {MOST} words in all memories"));
        }
        let words = usize::try_from(words).unwrap_or(usize::MAX);
        let id = self.state.add(width, words);
        self.nets.push(Net {
            name: format!("{}{}", instance.path, name.text),
            width,
            port: declaration.direction.filter(|_| instance.depth == 0),
            integer,
            memory: memory.map(Bounds::count),
        });
        scope.declare(
            name,
            Entity::Net {
                id,
                bounds,
                memory,
                width,
                signed: declaration.signed || integer,
                kind: declaration.kind,
                direction: declaration.direction,
            },
        )
    }

    /// `= value` in a declaration: drives a wire for good, a variable once.
    fn initialise(&mut self, scope: &Scope, declaration: &tree::Declaration) -> Result<(), Error> {
        let Some(value) = &declaration.value else {
            return Ok(());
        };
        let tree = tree::Target::Part {
            name: declaration.name.clone(),
            selects: Vec::new(),
        };
        if declaration.kind == NetKind::Wire {
            let target = resolve::target(scope, &tree, By::Continuous)?;
            let value = resolve::expression(scope, value)?;
            self.processes.push(Process::Continuous(target, value));
        } else {
            scope.constant(value)?;
            self.initial.push(Statement::Assign {
                target: resolve::target(scope, &tree, By::Procedure)?,
                value: resolve::expression(scope, value)?,
                blocking: true,
            });
        }
        Ok(())
    }

    /// Elaborates an instance and joins its ports to the nets around it (12.3.9).
    fn connect(
        &mut self,
        modules: &HashMap<&str, &tree::Module>,
        scope: &Scope,
        parent: &Instance<'_>,
        child: &tree::Instance,
    ) -> Result<(), Error> {
        let module = modules
            .get(&*child.module.text)
            .ok_or_else(|| Error::Unknown {
                at: child.module.at.clone(),
                what: "module",
                name: child.module.text.to_string(),
            })?;
        let mut parameters = HashMap::new();
        for (name, value) in &child.parameters {
            let (value, _) = scope.constant(value)?;
            let known = module.items.iter().any(|item| {
                matches!(item, Item::Parameter(parameter)
                    if !parameter.local && parameter.name.text == name.text)
            });
            if !known {
                return Err(Error::Unknown {
                    at: name.at.clone(),
                    what: "parameter",
                    name: name.text.to_string(),
                });
            }
            parameters.insert(name.text.clone(), value);
        }
        let inner = self.instantiate(
            modules,
            Instance {
                path: format!("{}{}.", parent.path, child.name.text),
                depth: parent.depth + 1,
                parameters,
                module,
            },
        )?;
        let mut open: Vec<&tree::Name> = module.ports.iter().collect();
        for (port, value) in &child.ports {
            let before = open.len();
            open.retain(|name| name.text != port.text);
            if open.len() == before {
                return Err(Error::Unknown {
                    at: port.at.clone(),
                    what: "port, or no second one,",
                    name: port.text.to_string(),
                });
            }
            self.connect_port(scope, &inner, port, value.as_ref())?;
        }
        open.into_iter()
            .try_for_each(|port| self.connect_port(scope, &inner, port, None))
    }

    fn connect_port(
        &mut self,
        outer: &Scope,
        inner: &Scope,
        port: &tree::Name,
        value: Option<&tree::Expression>,
    ) -> Result<(), Error> {
        let Entity::Net {
            id,
            width,
            signed,
            direction,
            ..
        } = inner.find(port)?
        else {
            return refuse(&port.at, format!("{:?} is not a port", port.text));
        };
        if *direction == Some(Direction::Input) {
            let target = Target {
                places: vec![resolve::whole_place(*id, *width)],
                width: *width,
            };
            let value = match value {
                Some(tree) => resolve::expression(outer, tree)?,
                None => resolve::zero(*width),
            };
            self.processes.push(Process::Continuous(target, value));
        } else if let Some(tree) = value {
            let target = resolve::expression_as_target(tree)?;
            let target = resolve::target(outer, &target, By::Continuous)?;
            let value = resolve::whole(*id, *width, *signed);
            self.processes.push(Process::Continuous(target, value));
        }
        Ok(())
    }
}

/// The one clock of a block.
fn clock(
    scope: &Scope,
    edges: &[tree::Edge],
    at: &slackwater_verilog::source::Location,
) -> Result<NetId, Error> {
    let [edge] = edges else {
        return refuse(at, format!("{} edges; write one", edges.len()));
    };
    let name = &edge.signal;
    if !edge.rising {
        return refuse(&name.at, format!("negedge {:?}; use posedge", name.text));
    }
    match scope.find(name)? {
        Entity::Net {
            id, memory: None, ..
        } => Ok(*id),
        _ => refuse(&name.at, format!("{:?} is not a clock", name.text)),
    }
}
