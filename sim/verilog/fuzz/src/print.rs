//! Trees as text: IEEE 1364-2005, with no more parentheses than asked for.

use slackwater_verilog::syntax::tree::{
    Binary, Declaration, Direction, Edge, Expression, ExpressionKind, Instance, Item, Module, Name,
    NetKind, Parameter, Range, Select, Statement, Target, Trigger, Unary,
};
use std::fmt::Write as _;
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

    /// A statement that another one holds: on lines of its own if it is compound.
    fn body(&mut self, statement: &Statement) {
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

    fn statement(&mut self, statement: &Statement) {
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

    fn target(&mut self, target: &Target) {
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

    fn selects(&mut self, selects: &[Select]) {
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

    fn expression(&mut self, expression: &Expression) {
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
