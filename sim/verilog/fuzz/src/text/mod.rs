//! Trees as text: IEEE 1364-2005, with no more parentheses than asked for.

mod expression;
mod statement;

use slackwater_verilog::syntax::tree::{
    Declaration, Direction, Edge, Expression, Instance, Item, Module, Name, NetKind, Parameter,
    Range, Trigger,
};
use std::sync::Arc;

/// How to write what can be written in several ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Parentheses around every operand; else only where precedence wants them.
    pub parentheses: bool,
    /// Directions in the header of the module; else below it, as RustHDL does.
    pub ansi: bool,
}

/// The text of a design.
pub fn design(modules: &[Module], style: Style) -> String {
    let mut printer = Printer::new(style);
    for module in modules {
        printer.module(module);
        printer.text.push('\n');
    }
    printer.text
}

/// The text of an expression.
pub fn expression(expression: &Expression, style: Style) -> String {
    let mut printer = Printer::new(style);
    printer.expression(expression);
    printer.text
}

struct Printer {
    text: String,
    style: Style,
    indent: usize,
    /// Ports of this module that are declared in two steps: `output q; reg q;`.
    /// The first step must not say `wire`.
    two_steps: Vec<Arc<str>>,
    bare: bool,
}

/// A name, escaped if it has to be.
pub fn identifier(name: &str) -> String {
    let mut characters = name.chars();
    let plain = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if plain {
        name.to_owned()
    } else {
        format!("\\{name} ")
    }
}

impl Printer {
    fn new(style: Style) -> Self {
        Printer {
            text: String::new(),
            style,
            indent: 0,
            two_steps: Vec::new(),
            bare: false,
        }
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn name(&mut self, name: &Name) {
        self.text.push_str(&identifier(&name.text));
    }

    fn line(&mut self) {
        self.text.push('\n');
        for _ in 0..self.indent {
            self.text.push_str("  ");
        }
    }

    fn list<T>(&mut self, items: &[T], mut put: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.put(", ");
            }
            put(self, item);
        }
    }

    fn module(&mut self, module: &Module) {
        let header = |item: &&Item| {
            self.style.ansi && matches!(item, Item::Parameter(parameter) if !parameter.local)
        };
        let parameters: Vec<&Item> = module.items.iter().filter(header).collect();
        self.two_steps = two_steps(module);
        let ansi = self.style.ansi && self.two_steps.is_empty();
        self.put("module ");
        self.name(&module.name);
        if !parameters.is_empty() {
            self.put(" #(");
            self.list(&parameters, |printer, item| {
                if let Item::Parameter(parameter) = item {
                    printer.parameter(parameter);
                }
            });
            self.put(")");
        }
        self.put("(");
        self.list(&module.ports, |printer, port| {
            let declared = module.items.iter().find_map(|item| match item {
                Item::Declaration(d) if d.name.text == port.text => Some(d),
                _ => None,
            });
            match declared.filter(|_| ansi) {
                Some(declaration) => {
                    printer.put("\n  ");
                    printer.declaration(declaration);
                }
                None => printer.name(port),
            }
        });
        self.put(");");
        self.indent = 1;
        for item in &module.items {
            let printed = match item {
                Item::Declaration(declaration) => ansi && declaration.direction.is_some(),
                Item::Parameter(parameter) => self.style.ansi && !parameter.local,
                _ => false,
            };
            if !printed {
                self.line();
                self.item(item);
            }
        }
        self.indent = 0;
        self.put("\nendmodule\n");
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Declaration(declaration) => {
                let name = &declaration.name.text;
                self.bare = self.two_steps.iter().any(|port| port == name);
                self.declaration(declaration);
                self.bare = false;
                self.put(";");
            }
            Item::Parameter(parameter) => {
                self.parameter(parameter);
                self.put(";");
            }
            Item::Assign(assign) => {
                self.put("assign ");
                self.target(&assign.target);
                self.put(" = ");
                self.expression(&assign.value);
                self.put(";");
            }
            Item::Always(always) => {
                self.put("always @(");
                match &always.trigger {
                    Trigger::Any => self.put("*"),
                    Trigger::Levels(names) => self.list(names, Self::name),
                    Trigger::Edges(edges) => self.list(edges, Self::edge),
                }
                self.put(") ");
                self.statement(&always.body);
            }
            Item::Initial(body) => {
                self.put("initial ");
                self.statement(body);
            }
            Item::Instance(instance) => self.instance(instance),
        }
    }

    fn edge(&mut self, edge: &Edge) {
        self.put(if edge.rising { "posedge " } else { "negedge " });
        self.name(&edge.signal);
    }

    fn instance(&mut self, instance: &Instance) {
        self.name(&instance.module);
        self.put(" ");
        if !instance.parameters.is_empty() {
            self.put("#(");
            self.list(&instance.parameters, |printer, (name, value)| {
                printer.put(".");
                printer.name(name);
                printer.put("(");
                printer.expression(value);
                printer.put(")");
            });
            self.put(") ");
        }
        self.name(&instance.name);
        self.put("(");
        self.list(&instance.ports, |printer, (name, value)| {
            printer.put(".");
            printer.name(name);
            printer.put("(");
            if let Some(value) = value {
                printer.expression(value);
            }
            printer.put(")");
        });
        self.put(");");
    }

    fn declaration(&mut self, declaration: &Declaration) {
        match declaration.direction {
            Some(Direction::Input) => self.put("input "),
            Some(Direction::Output) => self.put("output "),
            Some(Direction::Inout) => self.put("inout "),
            None => {}
        }
        self.put(match declaration.kind {
            NetKind::Wire if self.bare && declaration.direction.is_some() => "",
            NetKind::Wire => "wire ",
            NetKind::Reg => "reg ",
            NetKind::Integer => "integer ",
        });
        if declaration.signed && declaration.kind != NetKind::Integer {
            self.put("signed ");
        }
        if let Some(range) = &declaration.range {
            self.range(range);
            self.put(" ");
        }
        self.name(&declaration.name);
        if let Some(range) = &declaration.memory {
            self.put(" ");
            self.range(range);
        }
        if let Some(value) = &declaration.value {
            self.put(" = ");
            self.expression(value);
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        self.put(if parameter.local {
            "localparam "
        } else {
            "parameter "
        });
        if parameter.signed {
            self.put("signed ");
        }
        if let Some(range) = &parameter.range {
            self.range(range);
            self.put(" ");
        }
        self.name(&parameter.name);
        self.put(" = ");
        self.expression(&parameter.value);
    }

    fn range(&mut self, range: &Range) {
        self.put("[");
        self.expression(&range.msb);
        self.put(":");
        self.expression(&range.lsb);
        self.put("]");
    }
}

/// Ports that are declared twice: such a module cannot have its directions in the header.
fn two_steps(module: &Module) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut twice = Vec::new();
    for item in &module.items {
        if let Item::Declaration(declaration) = item {
            let name = &declaration.name.text;
            if names.contains(name) {
                twice.push(name.clone());
            }
            names.push(name.clone());
        }
    }
    twice
}
