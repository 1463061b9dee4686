//! Random expressions over what is readable.
//!
//! Any expression is legal Verilog at any width, so nothing here has a type.
//! The width is kept only to bound concatenations, and for indices that are
//! meant to be in range.

use super::module::Builder;
use super::parts::{binary, expression, literal, number, part, range, unary};
use super::signal::{Signal, bits, width};
use num_bigint::BigUint;
use slackwater_verilog::syntax::tree::{Binary, Expression, ExpressionKind, Select, Unary};

/// Widest concatenation.
const WIDEST_CONCAT: u32 = 260;

/// An expression and what its surroundings must know about it.
pub struct Typed {
    /// The expression.
    pub tree: Expression,
    /// Its own width.
    pub width: u32,
    /// Contains a number without a width, so it cannot stand in a concatenation (5.1.14).
    pub without_width: bool,
}

impl Typed {
    fn new(tree: Expression, width: u32) -> Self {
        Typed {
            tree,
            width,
            without_width: false,
        }
    }
}

impl Builder<'_> {
    /// A random expression of about `budget` operators.
    pub fn expression(&mut self, budget: u32) -> Typed {
        if budget == 0 {
            return self.leaf();
        }
        match self.rng.u8(0..100) {
            0..8 => self.leaf(),
            8..16 => {
                let operator = self.pick(&[Unary::Not, Unary::Not, Unary::Minus, Unary::Plus]);
                let operand = self.expression(budget - 1);
                Typed {
                    tree: unary(operator, operand.tree),
                    ..operand
                }
            }
            16..23 => {
                let operator = self.pick(&[
                    Unary::LogicalNot,
                    Unary::ReduceAnd,
                    Unary::ReduceNand,
                    Unary::ReduceOr,
                    Unary::ReduceNor,
                    Unary::ReduceXor,
                    Unary::ReduceXnor,
                ]);
                let operand = self.expression(budget - 1);
                Typed::new(unary(operator, operand.tree), 1)
            }
            23..36 => self.two(
                budget,
                &[
                    Binary::Add,
                    Binary::Add,
                    Binary::Subtract,
                    Binary::Subtract,
                    Binary::Multiply,
                ],
            ),
            36..49 => self.two(
                budget,
                &[Binary::And, Binary::Or, Binary::Xor, Binary::Xnor],
            ),
            49..60 => self.truth(
                budget,
                &[
                    Binary::Equal,
                    Binary::NotEqual,
                    Binary::Less,
                    Binary::LessEqual,
                    Binary::Greater,
                    Binary::GreaterEqual,
                ],
            ),
            60..64 => self.truth(budget, &[Binary::LogicalAnd, Binary::LogicalOr]),
            64..74 => self.shift(budget),
            74..82 => self.conditional(budget),
            82..88 => self.concat(budget),
            88..92 => self.repeat(budget),
            _ => {
                let operand = self.expression(budget - 1);
                let tree = Box::new(operand.tree);
                let kind = if self.rng.u8(0..4) > 0 {
                    ExpressionKind::Signed(tree)
                } else {
                    ExpressionKind::Unsigned(tree)
                };
                Typed {
                    tree: expression(kind),
                    ..operand
                }
            }
        }
    }

    /// One of several values.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.rng.usize(0..choices.len())]
    }

    fn halves(&mut self, budget: u32) -> (u32, u32) {
        let left = self.rng.u32(0..budget);
        (left, budget - 1 - left)
    }

    fn two(&mut self, budget: u32, operators: &[Binary]) -> Typed {
        let operator = self.pick(operators);
        let (left, right) = self.halves(budget);
        let (a, b) = (self.expression(left), self.expression(right));
        Typed {
            width: a.width.max(b.width),
            without_width: a.without_width || b.without_width,
            tree: binary(operator, a.tree, b.tree),
        }
    }

    fn truth(&mut self, budget: u32, operators: &[Binary]) -> Typed {
        let both = self.two(budget, operators);
        Typed::new(both.tree, 1)
    }

    fn shift(&mut self, budget: u32) -> Typed {
        let operator = self.pick(&[
            Binary::ShiftLeft,
            Binary::ShiftRight,
            Binary::ShiftRightArithmetic,
        ]);
        let (left, right) = self.halves(budget);
        let mut operand = self.expression(left);
        if self.options.four_state && self.is_memory_word(&operand.tree) {
            // Icarus Verilog does not read back what it compiles this into.
            operand = self.constant();
        }
        let amount = match self.rng.u8(0..4) {
            0 => number(self.rng.u64(0..=u64::from(operand.width) + 1)),
            // Icarus Verilog takes signed amounts as signed.
            1 if !self.options.four_state => self.expression(right).tree,
            // Amounts that are of the order of the width.
            _ => {
                let some = self.expression(right).tree;
                let bits = u32::BITS - operand.width.leading_zeros();
                let mask = (1u64 << bits) - 1;
                binary(Binary::And, some, literal(bits, false, mask.into()))
            }
        };
        Typed {
            tree: binary(operator, operand.tree, amount),
            ..operand
        }
    }

    /// Whether the tree is a memory's word or a part of one, and nothing around it.
    pub fn is_memory_word(&self, tree: &Expression) -> bool {
        let ExpressionKind::Part { name, .. } = &tree.kind else {
            return false;
        };
        let same = |signal: &&Signal| signal.name == *name.text;
        let signal = self.signals.iter().find(same);
        signal.is_some_and(|signal| signal.memory.is_some())
    }

    fn conditional(&mut self, budget: u32) -> Typed {
        let (first, rest) = self.halves(budget);
        let (second, third) = if rest > 0 { self.halves(rest) } else { (0, 0) };
        let condition = self.expression(first);
        let (then, otherwise) = (self.expression(second), self.expression(third));
        Typed {
            width: then.width.max(otherwise.width),
            without_width: then.without_width || otherwise.without_width,
            tree: expression(ExpressionKind::Conditional(
                Box::new(condition.tree),
                Box::new(then.tree),
                Box::new(otherwise.tree),
            )),
        }
    }

    /// An expression that can stand in a concatenation.
    fn operand_with_width(&mut self, budget: u32, widest: u32) -> Typed {
        let operand = self.expression(budget);
        if operand.without_width || operand.width > widest {
            let width = self.rng.u32(1..=widest.min(12));
            let signed = self.rng.bool();
            let bits = bits(self.rng, width);
            return Typed::new(literal(width, signed, bits), width);
        }
        operand
    }

    fn concat(&mut self, budget: u32) -> Typed {
        let count = self.rng.u32(1..=4);
        let mut total = 0;
        let mut parts = Vec::new();
        for _ in 0..count {
            if total + 8 > WIDEST_CONCAT {
                break;
            }
            let part = self.operand_with_width(budget / (count + 1), WIDEST_CONCAT - total);
            total += part.width;
            parts.push(part.tree);
        }
        Typed::new(expression(ExpressionKind::Concat(parts)), total)
    }

    fn repeat(&mut self, budget: u32) -> Typed {
        let widest = if self.rng.bool() { 8 } else { 80 };
        let operand = self.operand_with_width(budget - 1, widest);
        let count = self.rng.u32(1..=(WIDEST_CONCAT / operand.width).min(40));
        let kind = ExpressionKind::Repeat(Box::new(number(count.into())), vec![operand.tree]);
        Typed::new(expression(kind), operand.width * count)
    }

    /// A number, a name, or a part of one.
    pub fn leaf(&mut self) -> Typed {
        if self.signals.is_empty() || self.rng.u8(0..6) == 0 {
            return self.constant();
        }
        // Later signals depend on more of the module.
        let first = if self.rng.bool() {
            self.signals.len() / 2
        } else {
            0
        };
        let index = self.rng.usize(first..self.signals.len());
        let signal = self.signals[index].clone();
        let whole = signal.memory.is_none() && self.rng.u8(0..10) < 7;
        if whole || (signal.memory.is_none() && signal.bounds.is_none()) {
            return Typed {
                tree: part(&signal.name, Vec::new()),
                width: signal.width,
                without_width: signal.without_width,
            };
        }
        let (selects, width) = self.selects(&signal);
        Typed::new(part(&signal.name, selects), width)
    }

    fn constant(&mut self) -> Typed {
        if self.rng.u8(0..4) == 0 {
            let value = match self.rng.u8(0..3) {
                0 => self.rng.u64(0..4),
                1 => self.rng.u64(0..300),
                _ => u64::from(self.rng.u32(..) >> 1),
            };
            return Typed {
                tree: number(value),
                width: 32,
                without_width: true,
            };
        }
        let width = width(self.rng, self.options.widest);
        let signed = self.rng.u8(0..3) == 0;
        let bits = bits(self.rng, width);
        Typed::new(literal(width, signed, bits), width)
    }

    /// Random selects of a vector or memory, and how many bits they leave.
    pub fn selects(&mut self, signal: &Signal) -> (Vec<Select>, u32) {
        let mut selects = Vec::new();
        if let Some((first, last)) = signal.memory {
            let lowest = first.min(last);
            let count = first.abs_diff(last) + 1;
            selects.push(Select::Index(self.index(lowest, count)));
            if signal.bounds.is_none() || self.rng.u8(0..10) < 6 {
                return (selects, signal.width);
            }
        }
        let (select, width) = self.select(signal);
        selects.push(select);
        (selects, width)
    }

    /// A random select of a vector.
    pub fn select(&mut self, signal: &Signal) -> (Select, u32) {
        let all = signal.width;
        let lowest = signal.lowest();
        match self.rng.u8(0..10) {
            0..3 => {
                let index = self.index(lowest, all.into());
                (Select::Index(index), 1)
            }
            3..6 => {
                let width = self.rng.u32(1..=all);
                let low = lowest + u64::from(self.rng.u32(0..=all - width));
                let high = low + u64::from(width) - 1;
                let bounds = if signal.descending() {
                    (high, low)
                } else {
                    (low, high)
                };
                (Select::Range(range(bounds)), width)
            }
            6 => self.struct_field(signal),
            choice => {
                let width = match self.rng.u8(0..3) {
                    0 => all,
                    1 => self.rng.u32(1..=all.min(8)),
                    _ => self.rng.u32(1..=all),
                };
                let up = choice != 9;
                let lowest = if up {
                    lowest
                } else {
                    lowest + u64::from(width) - 1
                };
                let first = self.index(lowest, u64::from(all - width) + 1);
                let width_tree = number(width.into());
                let select = if up {
                    Select::Up {
                        first,
                        width: width_tree,
                    }
                } else {
                    Select::Down {
                        first,
                        width: width_tree,
                    }
                };
                (select, width)
            }
        }
    }

    /// A field of a struct as RustHDL writes it: `[(64'h5)+:(3)]`.
    pub fn struct_field(&mut self, signal: &Signal) -> (Select, u32) {
        let width = self.rng.u32(1..=signal.width);
        let low = signal.lowest() + u64::from(self.rng.u32(0..=signal.width - width));
        let select = Select::Up {
            first: literal(64, false, low.into()),
            width: number(width.into()),
        };
        (select, width)
    }

    /// An index: one of `count` from `lowest` on, or anything at all if nobody minds.
    pub fn index(&mut self, lowest: u64, count: u64) -> Expression {
        let choice = self.rng.u8(0..100);
        let anything = self.options.out_of_range && choice < 30;
        let near = self.options.out_of_range && choice < 45;
        if anything {
            return self.some_index();
        }
        if near {
            // Just past either end.
            let past = lowest.saturating_sub(2) + self.rng.u64(0..count + 5);
            return number(past);
        }
        if lowest == 0
            && self.rng.bool()
            && let Some(variable) = self.loop_variable(count)
        {
            return variable;
        }
        if choice < 60 {
            let index = lowest + self.rng.u64(0..count);
            return if self.rng.bool() {
                number(index)
            } else {
                literal(64, false, index.into())
            };
        }
        // The largest power of two that is not above the count.
        let bits = u64::BITS - 1 - count.leading_zeros();
        if bits == 0 {
            return number(lowest);
        }
        let mask = BigUint::from((1u64 << bits) - 1);
        let some = self.some_index();
        let masked = binary(Binary::And, some, literal(bits, false, mask));
        // The highest elements are reached too.
        let last = lowest + count - (1 << bits);
        let base = if self.rng.bool() { lowest } else { last };
        if base == 0 {
            masked
        } else {
            binary(Binary::Add, literal(32, false, base.into()), masked)
        }
    }

    /// Any value. In an index of an index of an index it is a number, so that
    /// expressions end.
    fn some_index(&mut self) -> Expression {
        if self.indices == 2 {
            return number(self.rng.u64(0..64));
        }
        self.indices += 1;
        let budget = self.rng.u32(0..=2);
        let index = self.expression(budget).tree;
        self.indices -= 1;
        index
    }

    fn loop_variable(&mut self, count: u64) -> Option<Expression> {
        let fitting: Vec<String> = self
            .signals
            .iter()
            .filter(|signal| signal.below.is_some_and(|below| below <= count))
            .map(|signal| signal.name.clone())
            .collect();
        let name = self.rng.choice(fitting)?;
        Some(part(&name, Vec::new()))
    }
}
