//! Faults on purpose. A comparison that does not find them is worth nothing.
//!
//! Most change the tree before it is interpreted, so that the result is what a
//! compiler with this fault would do.

use crate::compare::Make;
use crate::interpreter::Interpreter;
use crate::simulator::{Failure, Simulator};
use crate::walk::{self, Visitor};
use num_bigint::BigUint;
use slackwater_verilog::source::Location;
use slackwater_verilog::syntax::tree::{
    Binary, Expression, ExpressionKind, Item, Module, Select, Statement, Target, Unary,
};
use std::collections::HashSet;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A sum that is compared, reduced or shifted right still has its carry.
    CarryKept,
    /// `signed` and `$signed` mean nothing.
    SignIgnored,
    /// A read sees what the same edge writes to a memory.
    MemoryWriteFirst,
    /// Non-blocking assignments take effect at once.
    NonBlockingAtOnce,
    /// Only the lower six bits of a shift's amount count.
    ShiftAmountWraps,
    /// `>>>` is `>>`.
    ArithmeticShiftLogical,
    /// `-:` counts upwards.
    DownwardSelectUpward,
    /// Subjects of `case` are unsigned.
    CaseSignIgnored,
    /// Only the lower 64 bits are compared.
    CompareLowWord,
    /// `!` is `~`.
    LogicalNotBitwise,
    /// Addresses of memories wrap at 16.
    AddressWraps,
    /// Indices are unsigned.
    IndexSignIgnored,
    /// Expressions are not widened to what they are assigned to.
    AssignContextLost,
    /// Registers begin with zero.
    InitialIgnored,
    /// Clocks that rise at once rise one after the other.
    ClocksInTurn,
    /// Inversion inverts no more than 64 bits.
    NotLowWord,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 16] = [
        Fault::CarryKept,
        Fault::SignIgnored,
        Fault::MemoryWriteFirst,
        Fault::NonBlockingAtOnce,
        Fault::ShiftAmountWraps,
        Fault::ArithmeticShiftLogical,
        Fault::DownwardSelectUpward,
        Fault::CaseSignIgnored,
        Fault::CompareLowWord,
        Fault::LogicalNotBitwise,
        Fault::AddressWraps,
        Fault::IndexSignIgnored,
        Fault::AssignContextLost,
        Fault::InitialIgnored,
        Fault::ClocksInTurn,
        Fault::NotLowWord,
    ];

    /// A simulator with this fault.
    ///
    /// # Errors
    /// If the interpreter refuses the design.
    pub fn simulator(self, modules: &[Module]) -> Result<Box<dyn Simulator>, Failure> {
        let interpreter = Interpreter::new(&self.plant(modules), crate::generate::TOP)?;
        Ok(match self {
            Fault::ClocksInTurn => Box::new(InTurn(interpreter)),
            _ => Box::new(interpreter),
        })
    }

    /// Calls `with` with what makes simulators with this fault.
    pub fn make<T>(self, with: impl FnOnce(Make<'_>) -> T) -> T {
        with(&|design, _| self.simulator(&design.modules))
    }

    fn plant(self, modules: &[Module]) -> Vec<Module> {
        let mut modules = modules.to_vec();
        let memories = memories(&modules);
        let mut planter = Planter {
            fault: self,
            memories,
        };
        walk::modules(&mut modules, &mut planter);
        for module in &mut modules {
            match self {
                Fault::SignIgnored => module.items.iter_mut().for_each(unsign),
                Fault::InitialIgnored => {
                    module
                        .items
                        .retain(|item| !matches!(item, Item::Initial(_)));
                    for item in &mut module.items {
                        if let Item::Declaration(declaration) = item
                            && declaration.kind == slackwater_verilog::syntax::tree::NetKind::Reg
                        {
                            declaration.value = None;
                        }
                    }
                }
                _ => {}
            }
        }
        modules
    }
}

fn unsign(item: &mut Item) {
    match item {
        Item::Declaration(declaration) => declaration.signed = false,
        Item::Parameter(parameter) => parameter.signed = false,
        _ => {}
    }
}

/// Names of memories; names are unique enough for a fault.
fn memories(modules: &[Module]) -> HashSet<String> {
    let items = modules.iter().flat_map(|module| &module.items);
    items
        .filter_map(|item| match item {
            Item::Declaration(declaration) if declaration.memory.is_some() => {
                Some(declaration.name.text.to_string())
            }
            _ => None,
        })
        .collect()
}

struct Planter {
    fault: Fault,
    memories: HashSet<String>,
}

impl Visitor for Planter {
    fn expression(&mut self, expression: &mut Expression) {
        let at = expression.at.clone();
        match (self.fault, &mut expression.kind) {
            (
                Fault::CarryKept,
                ExpressionKind::Binary(
                    Binary::Equal
                    | Binary::NotEqual
                    | Binary::Less
                    | Binary::LessEqual
                    | Binary::Greater
                    | Binary::GreaterEqual
                    | Binary::ShiftRight,
                    a,
                    _,
                )
                | ExpressionKind::Unary(Unary::LogicalNot | Unary::ReduceOr | Unary::ReduceXor, a),
            ) => {
                if matches!(a.kind, ExpressionKind::Binary(Binary::Add, ..)) {
                    let zero = literal(300, BigUint::ZERO, &at);
                    join(a, Binary::Add, zero, &at);
                }
            }
            (Fault::SignIgnored, kind @ ExpressionKind::Signed(_)) => {
                if let ExpressionKind::Signed(operand) = kind {
                    *kind = ExpressionKind::Unsigned(operand.clone());
                }
            }
            (
                Fault::ShiftAmountWraps,
                ExpressionKind::Binary(
                    Binary::ShiftLeft | Binary::ShiftRight | Binary::ShiftRightArithmetic,
                    _,
                    amount,
                ),
            ) => join(amount, Binary::And, literal(6, 63u8.into(), &at), &at),
            (Fault::ArithmeticShiftLogical, ExpressionKind::Binary(operator, ..))
                if *operator == Binary::ShiftRightArithmetic =>
            {
                *operator = Binary::ShiftRight;
            }
            (
                Fault::CompareLowWord,
                ExpressionKind::Binary(Binary::Equal | Binary::NotEqual, a, b),
            ) => {
                join(a, Binary::And, literal(64, u64::MAX.into(), &at), &at);
                join(b, Binary::And, literal(64, u64::MAX.into(), &at), &at);
            }
            (Fault::LogicalNotBitwise, ExpressionKind::Unary(operator, _))
                if *operator == Unary::LogicalNot =>
            {
                *operator = Unary::Not;
            }
            (Fault::NotLowWord, ExpressionKind::Unary(operator, operand))
                if *operator == Unary::Not =>
            {
                let operand = (**operand).clone();
                let ones = Box::new(literal(64, u64::MAX.into(), &at));
                expression.kind = ExpressionKind::Binary(Binary::Xor, Box::new(operand), ones);
            }
            _ => {}
        }
    }

    fn statement(&mut self, statement: &mut Statement) {
        match (self.fault, statement) {
            (Fault::NonBlockingAtOnce, Statement::Assign { blocking, .. }) => *blocking = true,
            (
                Fault::MemoryWriteFirst,
                Statement::Assign {
                    target: Target::Part { name, .. },
                    blocking,
                    ..
                },
            ) if self.memories.contains(&*name.text) => *blocking = true,
            (Fault::CaseSignIgnored, Statement::Case { subject, .. }) => {
                let at = subject.at.clone();
                *subject = Expression {
                    kind: ExpressionKind::Unsigned(Box::new(subject.clone())),
                    at,
                };
            }
            (Fault::AssignContextLost, Statement::Assign { value, .. }) => {
                let at = value.at.clone();
                *value = Expression {
                    kind: ExpressionKind::Concat(vec![value.clone()]),
                    at,
                };
            }
            _ => {}
        }
    }

    fn selects(&mut self, name: &str, selects: &mut [Select]) {
        match self.fault {
            Fault::DownwardSelectUpward => {
                for select in selects {
                    if let Select::Down { first, width } = select {
                        *select = Select::Up {
                            first: first.clone(),
                            width: width.clone(),
                        };
                    }
                }
            }
            Fault::AddressWraps if self.memories.contains(name) => {
                if let Some(Select::Index(index)) = selects.first_mut() {
                    let at = index.at.clone();
                    join(index, Binary::And, literal(4, 15u8.into(), &at), &at);
                }
            }
            Fault::IndexSignIgnored => {
                for select in selects {
                    if let Select::Index(first)
                    | Select::Up { first, .. }
                    | Select::Down { first, .. } = select
                    {
                        let at = first.at.clone();
                        first.kind = ExpressionKind::Unsigned(Box::new(Expression {
                            kind: first.kind.clone(),
                            at,
                        }));
                    }
                }
            }
            _ => {}
        }
    }
}

fn literal(width: u32, value: BigUint, at: &Location) -> Expression {
    Expression {
        kind: ExpressionKind::Literal {
            width: Some(width),
            signed: false,
            value,
        },
        at: at.clone(),
    }
}

/// Makes `a` of the operator with `a` and `b`.
fn join(a: &mut Expression, operator: Binary, b: Expression, at: &Location) {
    let first = Box::new(a.clone());
    *a = Expression {
        kind: ExpressionKind::Binary(operator, first, Box::new(b)),
        at: at.clone(),
    };
}

/// Clocks one after the other.
struct InTurn(Interpreter);

impl Simulator for InTurn {
    fn set(&mut self, port: &str, value: &BigUint) -> Result<(), Failure> {
        self.0.set(port, value)
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.0.settle()
    }

    fn rise(&mut self, clocks: &[&str]) -> Result<(), Failure> {
        clocks
            .iter()
            .try_for_each(|clock| self.0.rise(std::slice::from_ref(clock)))
    }

    fn read(&mut self, name: &str) -> Result<Option<BigUint>, Failure> {
        self.0.read(name)
    }
}
