//! Trees as text: Verilog with brackets around each operation, one item for each name.
//!
//! The text is Verilog again, so that a tree can be compared with that of its text.

use slackwater_verilog::syntax::tree::{
    Binary, Declaration, Direction, Expression, ExpressionKind, Instance, Item, Module, Name,
    NetKind, Parameter, Range, Select, Statement, Target, Trigger, Unary,
};

/// Modules, one after the other.
pub fn modules(modules: &[Module]) -> String {
    modules.iter().map(module).collect::<Vec<_>>().join(" ")
}

fn module(module: &Module) -> String {
    let ports = joined(&module.ports, name);
    let items: String = module
        .items
        .iter()
        .map(|part| format!(" {}", item(part)))
        .collect();
    format!("module {}({ports});{items} endmodule", name(&module.name))
}

fn item(item: &Item) -> String {
    match item {
        Item::Declaration(part) => declaration(part),
        Item::Parameter(part) => parameter(part),
        Item::Assign(part) => format!(
            "assign {} = {};",
            target(&part.target),
            expression(&part.value)
        ),
        Item::Always(part) => format!(
            "always {} {}",
            trigger(&part.trigger),
            statement(&part.body)
        ),
        Item::Initial(body) => format!("initial {}", statement(body)),
        Item::Instance(part) => instance(part),
    }
}

fn declaration(part: &Declaration) -> String {
    let direction = match part.direction {
        None => "",
        Some(Direction::Input) => "input ",
        Some(Direction::Output) => "output ",
        Some(Direction::Inout) => "inout ",
    };
    let kind = match part.kind {
        NetKind::Wire => "wire",
        NetKind::Reg => "reg",
        NetKind::Integer => "integer",
    };
    let shared = shared(part.signed, part.range.as_ref());
    let memory = part
        .memory
        .as_ref()
        .map(|memory| format!(" {}", range(memory)));
    let value = part
        .value
        .as_ref()
        .map(|value| format!(" = {}", expression(value)));
    let (memory, value) = (memory.unwrap_or_default(), value.unwrap_or_default());
    format!(
        "{direction}{kind}{shared} {}{memory}{value};",
        name(&part.name)
    )
}

fn parameter(part: &Parameter) -> String {
    let word = if part.local {
        "localparam"
    } else {
        "parameter"
    };
    let shared = shared(part.signed, part.range.as_ref());
    format!(
        "{word}{shared} {} = {};",
        name(&part.name),
        expression(&part.value)
    )
}

/// ` signed [msb:lsb]`, as far as it was said.
fn shared(signed: bool, bounds: Option<&Range>) -> String {
    let signed = if signed { " signed" } else { "" };
    let bounds = bounds.map(|bounds| format!(" {}", range(bounds)));
    format!("{signed}{}", bounds.unwrap_or_default())
}

fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Any => "@(*)".into(),
        Trigger::Levels(names) => format!("@({})", joined(names, name)),
        Trigger::Edges(edges) => {
            let edges = joined(edges, |edge| {
                let word = if edge.rising { "posedge" } else { "negedge" };
                format!("{word} {}", name(&edge.signal))
            });
            format!("@({edges})")
        }
    }
}

fn instance(part: &Instance) -> String {
    let parameters = joined(&part.parameters, |(parameter, value)| {
        format!(".{}({})", name(parameter), expression(value))
    });
    let parameters = match parameters.as_str() {
        "" => String::new(),
        parameters => format!("#({parameters}) "),
    };
    let ports = joined(&part.ports, |(port, value)| {
        let value = value.as_ref().map(expression).unwrap_or_default();
        format!(".{}({value})", name(port))
    });
    format!(
        "{} {parameters}{}({ports});",
        name(&part.module),
        name(&part.name)
    )
}

fn statement(part: &Statement) -> String {
    match part {
        Statement::Null => ";".into(),
        Statement::Block(parts) => {
            let parts: String = parts
                .iter()
                .map(|part| format!("{} ", statement(part)))
                .collect();
            format!("begin {parts}end")
        }
        Statement::If {
            condition,
            then,
            otherwise,
        } => {
            // An `else` belongs to the last `if` without one: a block keeps them apart.
            let then = match **then {
                Statement::If { .. } | Statement::For { .. } => {
                    format!("begin {} end", statement(then))
                }
                _ => statement(then),
            };
            let otherwise = match **otherwise {
                Statement::Null => String::new(),
                _ => format!(" else {}", statement(otherwise)),
            };
            format!("if ({}) {then}{otherwise}", expression(condition))
        }
        Statement::Case {
            subject,
            arms,
            default,
            ..
        } => {
            let arms: String = arms
                .iter()
                .map(|(labels, body)| {
                    format!(" {}: {}", joined(labels, expression), statement(body))
                })
                .collect();
            let default = default
                .as_ref()
                .map(|body| format!(" default: {}", statement(body)));
            format!(
                "case ({}){arms}{} endcase",
                expression(subject),
                default.unwrap_or_default()
            )
        }
        Statement::For {
            variable,
            first,
            condition,
            next,
            body,
        } => {
            let variable = name(variable);
            let [first, condition, next] = [first, condition, next].map(expression);
            let body = statement(body);
            format!("for ({variable} = {first}; {condition}; {variable} = {next}) {body}")
        }
        Statement::Assign {
            target: to,
            value,
            blocking,
        } => {
            let symbol = if *blocking { "=" } else { "<=" };
            format!("{} {symbol} {};", target(to), expression(value))
        }
    }
}

fn target(part: &Target) -> String {
    match part {
        Target::Part { name, selects } => selected(name, selects),
        Target::Concat(parts) => format!("{{{}}}", joined(parts, target)),
    }
}

fn expression(part: &Expression) -> String {
    match &part.kind {
        ExpressionKind::Literal {
            width: None,
            signed: true,
            value,
        } => value.to_string(),
        ExpressionKind::Literal {
            width,
            signed,
            value,
        } => {
            let width = width.map(|width| width.to_string()).unwrap_or_default();
            let signed = if *signed { "s" } else { "" };
            format!("{width}'{signed}h{value:x}")
        }
        ExpressionKind::Part { name, selects } => selected(name, selects),
        ExpressionKind::Unary(operator, operand) => {
            format!("({}{})", unary(*operator), expression(operand))
        }
        ExpressionKind::Binary(operator, left, right) => {
            format!(
                "({} {} {})",
                expression(left),
                binary(*operator),
                expression(right)
            )
        }
        ExpressionKind::Conditional(condition, then, otherwise) => {
            let [condition, then, otherwise] =
                [condition, then, otherwise].map(|part| expression(part));
            format!("({condition} ? {then} : {otherwise})")
        }
        ExpressionKind::Concat(parts) => format!("{{{}}}", joined(parts, expression)),
        ExpressionKind::Repeat(count, parts) => {
            format!("{{{}{{{}}}}}", expression(count), joined(parts, expression))
        }
        ExpressionKind::Signed(inner) => format!("$signed({})", expression(inner)),
        ExpressionKind::Unsigned(inner) => format!("$unsigned({})", expression(inner)),
    }
}

fn selected(whole: &Name, selects: &[Select]) -> String {
    let selects = selects.iter().map(|select| match select {
        Select::Index(index) => format!("[{}]", expression(index)),
        Select::Range(bounds) => range(bounds),
        Select::Up { first, width } => format!("[{} +: {}]", expression(first), expression(width)),
        Select::Down { first, width } => {
            format!("[{} -: {}]", expression(first), expression(width))
        }
    });
    format!("{}{}", name(whole), selects.collect::<String>())
}

fn range(bounds: &Range) -> String {
    format!("[{}:{}]", expression(&bounds.msb), expression(&bounds.lsb))
}

/// A name; with backslash and blank if it needs them.
fn name(name: &Name) -> String {
    let simple = name
        .text
        .chars()
        .all(|next| next.is_ascii_alphanumeric() || "_$".contains(next));
    if simple {
        name.text.to_string()
    } else {
        format!("\\{} ", name.text)
    }
}

fn joined<T>(parts: &[T], text: impl Fn(&T) -> String) -> String {
    parts.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn unary(operator: Unary) -> &'static str {
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

fn binary(operator: Binary) -> &'static str {
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
