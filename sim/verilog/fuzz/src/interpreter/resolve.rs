//! From the tree to expressions and statements of one instance: names become
//! nets, and every expression gets its own width and sign
//! (IEEE 1364-2005, table 5-22 and 5.5.1).

use super::expression::{Expression, Kind, Part, Place, Root};
use super::scope::{Entity, Scope, refuse};
use super::state::{Bounds, NetId};
use super::statement::{Statement, Target};
use crate::error::Error;
use num_bigint::BigUint;
use slackwater_verilog::source::Location;
use slackwater_verilog::syntax::tree::{self, Binary, ExpressionKind, NetKind, Select, Unary};

/// Width of a number without one, at least (3.5.1).
const UNSIZED: u32 = 32;
/// Widest concatenation.
const WIDEST: u64 = 1 << 24;

/// Who assigns: procedural code assigns variables, `assign` and ports assign wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A statement.
    Procedure,
    /// A continuous assignment.
    Continuous,
}

/// Resolves an expression.
pub fn expression(scope: &Scope, tree: &tree::Expression) -> Result<Expression, Error> {
    let recurse = |tree: &tree::Expression| expression(scope, tree);
    let boxed = |tree: &tree::Expression| expression(scope, tree).map(Box::new);
    let (width, signed, kind) = match &tree.kind {
        ExpressionKind::Literal {
            width,
            signed,
            value,
        } => {
            let needed = value.bits() + u64::from(*signed);
            let unsized_width = u32::try_from(needed).unwrap_or(u32::MAX).max(UNSIZED);
            let width = width.unwrap_or(unsized_width);
            (width, *signed, Kind::Constant(value.clone()))
        }
        ExpressionKind::Part { name, selects } => {
            let (place, signed) = place(scope, name, selects)?;
            (place.width, signed, Kind::Place(place))
        }
        ExpressionKind::Unary(operator, operand) => {
            let operand = boxed(operand)?;
            let (width, signed) = match operator {
                Unary::Plus | Unary::Minus | Unary::Not => (operand.width, operand.signed),
                _ => (1, false),
            };
            (width, signed, Kind::Unary(*operator, operand))
        }
        ExpressionKind::Binary(operator, a, b) => {
            let (a, b) = (boxed(a)?, boxed(b)?);
            let (width, signed) = match operator {
                Binary::Add
                | Binary::Subtract
                | Binary::Multiply
                | Binary::Divide
                | Binary::Modulo
                | Binary::And
                | Binary::Or
                | Binary::Xor
                | Binary::Xnor => (a.width.max(b.width), a.signed && b.signed),
                Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftRightArithmetic => {
                    (a.width, a.signed)
                }
                _ => (1, false),
            };
            let kind = Kind::Binary(*operator, a, b, tree.at.clone());
            (width, signed, kind)
        }
        ExpressionKind::Conditional(condition, then, otherwise) => {
            let (then, otherwise) = (boxed(then)?, boxed(otherwise)?);
            (
                then.width.max(otherwise.width),
                then.signed && otherwise.signed,
                Kind::Conditional(boxed(condition)?, then, otherwise),
            )
        }
        ExpressionKind::Concat(parts) => {
            let parts: Vec<_> = parts.iter().map(recurse).collect::<Result<_, _>>()?;
            (total(&parts, 1, &tree.at)?, false, Kind::Concat(parts))
        }
        ExpressionKind::Repeat(count, parts) => {
            let parts: Vec<_> = parts.iter().map(recurse).collect::<Result<_, _>>()?;
            let times = scope.number(count)?;
            let Some(times) = u32::try_from(times).ok().filter(|&times| times > 0) else {
                return refuse(&count.at, format!("a repetition of {times} times"));
            };
            let once = total(&parts, 1, &tree.at)?;
            let width = total(&parts, times, &tree.at)?;
            let inner = Expression {
                width: once,
                signed: false,
                kind: Kind::Concat(parts),
            };
            (width, false, Kind::Repeat(times, Box::new(inner)))
        }
        ExpressionKind::Signed(operand) => {
            let operand = boxed(operand)?;
            (operand.width, true, Kind::Cast(operand))
        }
        ExpressionKind::Unsigned(operand) => {
            let operand = boxed(operand)?;
            (operand.width, false, Kind::Cast(operand))
        }
    };
    Ok(Expression {
        width,
        signed,
        kind,
    })
}

fn total(parts: &[Expression], times: u32, at: &Location) -> Result<u32, Error> {
    let once: u64 = parts.iter().map(|part| u64::from(part.width)).sum();
    let width = once.saturating_mul(u64::from(times));
    match u32::try_from(width) {
        Ok(bits) if width <= WIDEST => Ok(bits),
        _ => refuse(at, format!("{width} bits are more than {WIDEST}")),
    }
}

/// Resolves a name with selects; also whether it is signed as an operand.
fn place(scope: &Scope, name: &tree::Name, selects: &[Select]) -> Result<(Place, bool), Error> {
    let (root, bounds, memory, width, signed) = match scope.find(name)? {
        Entity::Net {
            id,
            bounds,
            memory,
            width,
            signed,
            ..
        } => (Root::Net(*id), *bounds, *memory, *width, *signed),
        Entity::Constant {
            bits,
            bounds,
            width,
            signed,
        } => {
            let root = Root::Constant(bits.clone());
            (root, Some(*bounds), None, *width, *signed)
        }
    };
    let mut selects = selects.iter();
    let address = match memory {
        None => None,
        Some(words) => match selects.next() {
            Some(Select::Index(index)) => Some((Box::new(expression(scope, index)?), words)),
            _ => {
                let what = format!("{:?} is a memory and needs an address", name.text);
                return refuse(&name.at, what);
            }
        },
    };
    let select = selects.next();
    if selects.next().is_some() {
        return refuse(&name.at, format!("{:?} has too many selects", name.text));
    }
    let (part, width, signed) = match (select, bounds) {
        (None, _) => (None, width, signed),
        (Some(_), None) => {
            return refuse(&name.at, format!("{:?} has no bits to select", name.text));
        }
        (Some(select), Some(bounds)) => {
            let (part, width) = part(scope, name, bounds, select)?;
            // A part is unsigned, even if it is the whole (5.5.1).
            (Some(part), width, false)
        }
    };
    let place = Place {
        root,
        address,
        bounds: bounds.unwrap_or(Bounds { left: 0, right: 0 }),
        part,
        width,
    };
    Ok((place, signed))
}

/// Selects of a vector (5.2.1).
fn part(
    scope: &Scope,
    name: &tree::Name,
    bounds: Bounds,
    select: &Select,
) -> Result<(Part, u32), Error> {
    let dynamic = |first: &tree::Expression, shift: i64| -> Result<Part, Error> {
        Ok(Part {
            first: Box::new(expression(scope, first)?),
            shift,
        })
    };
    let count = |width: &tree::Expression| -> Result<u32, Error> {
        let count = scope.number(width)?;
        match u32::try_from(count) {
            Ok(bits) if bits > 0 && u64::from(bits) <= WIDEST => Ok(bits),
            _ => refuse(&width.at, format!("a select of {count} bits")),
        }
    };
    match select {
        Select::Index(index) => Ok((dynamic(index, 0)?, 1)),
        Select::Up { first, width } => {
            let width = count(width)?;
            Ok((dynamic(first, 0)?, width))
        }
        Select::Down { first, width } => {
            let width = count(width)?;
            Ok((dynamic(first, 1 - i64::from(width))?, width))
        }
        Select::Range(range) => {
            let selected = scope.bounds(range)?;
            let descending = bounds.left >= bounds.right;
            if selected.left != selected.right && (selected.left > selected.right) != descending {
                return refuse(
                    &range.msb.at,
                    format!(
                        "[{}:{}] of {:?}, which is declared [{}:{}]; turn it round",
                        selected.left, selected.right, name.text, bounds.left, bounds.right
                    ),
                );
            }
            let lowest = if descending { &range.lsb } else { &range.msb };
            Ok((dynamic(lowest, 0)?, super::scope::width(selected)))
        }
    }
}

/// Resolves what stands left of an assignment.
pub fn target(scope: &Scope, tree: &tree::Target, by: By) -> Result<Target, Error> {
    let mut places = Vec::new();
    add_places(scope, tree, by, &mut places)?;
    let width: u64 = places.iter().map(|place| u64::from(place.width)).sum();
    match u32::try_from(width) {
        Ok(width) if u64::from(width) <= WIDEST => Ok(Target { places, width }),
        _ => Err(Error::Refused {
            at: first_name(tree).map_or_else(nowhere, |name| name.at.clone()),
            what: format!("a target of {width} bits"),
        }),
    }
}

fn add_places(
    scope: &Scope,
    tree: &tree::Target,
    by: By,
    places: &mut Vec<Place>,
) -> Result<(), Error> {
    match tree {
        tree::Target::Concat(parts) => parts
            .iter()
            .try_for_each(|part| add_places(scope, part, by, places)),
        tree::Target::Part { name, selects } => {
            let (what, fine) = match scope.find(name)? {
                Entity::Constant { .. } => ("a parameter", false),
                Entity::Net {
                    direction: Some(tree::Direction::Input),
                    ..
                } => ("an input", false),
                Entity::Net { kind, .. } => match kind {
                    NetKind::Wire => ("a wire", by == By::Continuous),
                    NetKind::Reg | NetKind::Integer => ("a variable", by == By::Procedure),
                },
            };
            if !fine {
                let place = match by {
                    By::Procedure => "a statement",
                    By::Continuous => "a continuous assignment or an instance",
                };
                return refuse(
                    &name.at,
                    format!(
                        "{:?} is {what} and cannot be assigned by {place}",
                        name.text
                    ),
                );
            }
            places.push(place(scope, name, selects)?.0);
            Ok(())
        }
    }
}

fn first_name(tree: &tree::Target) -> Option<&tree::Name> {
    match tree {
        tree::Target::Part { name, .. } => Some(name),
        tree::Target::Concat(parts) => parts.first().and_then(first_name),
    }
}

fn nowhere() -> Location {
    Location {
        file: "".into(),
        line: 0,
        column: 0,
    }
}

/// Resolves a statement.
pub fn statement(scope: &Scope, tree: &tree::Statement) -> Result<Statement, Error> {
    Ok(match tree {
        tree::Statement::Null => Statement::Block(Vec::new()),
        tree::Statement::Block(statements) => Statement::Block(
            statements
                .iter()
                .map(|tree| statement(scope, tree))
                .collect::<Result<_, _>>()?,
        ),
        tree::Statement::If {
            condition,
            then,
            otherwise,
        } => Statement::If(
            expression(scope, condition)?,
            Box::new(statement(scope, then)?),
            Box::new(statement(scope, otherwise)?),
        ),
        tree::Statement::Case {
            subject,
            arms,
            default,
            ..
        } => case(scope, subject, arms, default.as_deref())?,
        tree::Statement::For {
            variable,
            first,
            condition,
            next,
            body,
        } => {
            let assign = |value: &tree::Expression| -> Result<_, Error> {
                let tree = tree::Target::Part {
                    name: variable.clone(),
                    selects: Vec::new(),
                };
                Ok(Box::new(Statement::Assign {
                    target: target(scope, &tree, By::Procedure)?,
                    value: expression(scope, value)?,
                    blocking: true,
                }))
            };
            Statement::For {
                first: assign(first)?,
                condition: expression(scope, condition)?,
                next: assign(next)?,
                body: Box::new(statement(scope, body)?),
                at: variable.at.clone(),
            }
        }
        tree::Statement::Assign {
            target: left,
            value,
            blocking,
        } => Statement::Assign {
            target: target(scope, left, By::Procedure)?,
            value: expression(scope, value)?,
            blocking: *blocking,
        },
    })
}

fn case(
    scope: &Scope,
    subject: &tree::Expression,
    arms: &[(Vec<tree::Expression>, tree::Statement)],
    default: Option<&tree::Statement>,
) -> Result<Statement, Error> {
    let subject = expression(scope, subject)?;
    let mut width = subject.width;
    let mut signed = subject.signed;
    let mut resolved = Vec::new();
    for (labels, body) in arms {
        let labels: Vec<_> = labels
            .iter()
            .map(|label| expression(scope, label))
            .collect::<Result<_, _>>()?;
        for label in &labels {
            width = width.max(label.width);
            signed &= label.signed;
        }
        resolved.push((labels, statement(scope, body)?));
    }
    let default = match default {
        Some(tree) => statement(scope, tree)?,
        None => Statement::Block(Vec::new()),
    };
    Ok(Statement::Case {
        width,
        signed,
        subject,
        arms: resolved,
        default: Box::new(default),
    })
}

/// The whole of a net as an expression.
pub fn whole(net: NetId, width: u32, signed: bool) -> Expression {
    let place = whole_place(net, width);
    Expression {
        width,
        signed,
        kind: Kind::Place(place),
    }
}

/// The whole of a net as a place.
pub fn whole_place(net: NetId, width: u32) -> Place {
    Place {
        root: Root::Net(net),
        address: None,
        bounds: Bounds {
            left: i64::from(width) - 1,
            right: 0,
        },
        part: None,
        width,
    }
}

/// An expression as the target of an output port.
pub fn expression_as_target(tree: &tree::Expression) -> Result<tree::Target, Error> {
    match &tree.kind {
        ExpressionKind::Part { name, selects } => Ok(tree::Target::Part {
            name: name.clone(),
            selects: selects.clone(),
        }),
        ExpressionKind::Concat(parts) => Ok(tree::Target::Concat(
            parts
                .iter()
                .map(expression_as_target)
                .collect::<Result<_, _>>()?,
        )),
        _ => refuse(
            &tree.at,
            "an output can be connected to a net or a concatenation of nets only".into(),
        ),
    }
}

/// The value zero, for inputs that are left open.
pub fn zero(width: u32) -> Expression {
    Expression {
        width,
        signed: false,
        kind: Kind::Constant(BigUint::ZERO),
    }
}
