//! Random blocks: combinational ones that assign every target first, clocked
//! ones with registers, temporaries and memories.

use super::module::Builder;
use super::parts::{
    assign, binary, expression, literal, name, nowhere, number, part, target, unary,
};
use super::signal::{Signal, bits};
use num_bigint::BigUint;
use slackwater_verilog::syntax::tree::{
    Binary, Expression, ExpressionKind, Select, Statement, Target, Unary,
};

/// What the statements of a block may assign, and how.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Nets and memories.
    pub signals: Vec<Signal>,
    /// With `=`, at once; else with `<=`.
    pub blocking: bool,
    /// Assign fields as RustHDL does more often than anything else.
    pub fields: bool,
    /// Variable for loops of this block, and another one for loops in loops.
    pub loops: Vec<String>,
}

impl Builder<'_> {
    /// Some statements that assign some of the targets.
    pub fn statements(&mut self, targets: &Targets, depth: u32, count: u32) -> Vec<Statement> {
        (0..count).map(|_| self.statement(targets, depth)).collect()
    }

    fn nested(&mut self, targets: &Targets, depth: u32) -> Statement {
        let count = self.rng.u32(1..=3);
        let mut statements = self.statements(targets, depth - 1, count);
        match statements.pop() {
            Some(only) if statements.is_empty() && self.rng.bool() => only,
            Some(last) => {
                statements.push(last);
                Statement::Block(statements)
            }
            None => Statement::Null,
        }
    }

    fn statement(&mut self, targets: &Targets, depth: u32) -> Statement {
        if depth == 0 {
            return self.assignment(targets);
        }
        match self.rng.u8(0..20) {
            0..10 => self.assignment(targets),
            10..14 => {
                let otherwise = match self.rng.u8(0..3) {
                    0 => Statement::Null,
                    _ => self.nested(targets, depth),
                };
                Statement::If {
                    condition: self.expression(3).tree,
                    then: Box::new(self.nested(targets, depth)),
                    otherwise: Box::new(otherwise),
                }
            }
            14..17 => self.case(targets, depth),
            17 => Statement::Block(self.statements(targets, depth - 1, 2)),
            _ => self.for_loop(targets, depth),
        }
    }

    fn case(&mut self, targets: &Targets, depth: u32) -> Statement {
        let subject = self.expression(2);
        let count = self.rng.u32(1..=5);
        let mut arms = Vec::new();
        for _ in 0..count {
            let mut labels = Vec::new();
            for _ in 0..self.rng.u32(1..=2) {
                labels.push(self.label(subject.width));
            }
            arms.push((labels, self.nested(targets, depth)));
        }
        let default = match self.rng.u8(0..3) {
            0 => None,
            _ => Some(Box::new(self.nested(targets, depth))),
        };
        Statement::Case {
            subject: subject.tree,
            arms,
            default,
            at: nowhere(),
        }
    }

    /// A label: mostly a number of the subject's width, sometimes of another
    /// one or with a sign, so that sizes and signs matter.
    fn label(&mut self, width: u32) -> Expression {
        let small = BigUint::from(self.rng.u8(0..6));
        let cut = (BigUint::from(1u8) << width) - 1u8;
        // Icarus Verilog does not compare 1-bit subjects with wider labels as it
        // does all others.
        let plain = self.options.four_state && width == 1;
        let label = match self.rng.u8(0..10) {
            0..5 => return literal(width, false, small & cut),
            _ if plain => return literal(width, false, small & cut),
            5 => literal(width, true, bits(self.rng, width)),
            6 => return number(self.rng.u64(0..6)),
            7 => unary(Unary::Minus, number(self.rng.u64(1..4))),
            8 => self.expression(1).tree,
            _ => return literal(width + 2, false, small),
        };
        // Verilator extends a signed label with its sign although another label is
        // unsigned; IEEE 1800 12.5.1 then takes all of them as unsigned.
        if self.options.four_state {
            return expression(ExpressionKind::Unsigned(Box::new(label)));
        }
        label
    }

    /// A loop over bits or words; its variable is readable in it.
    pub fn for_loop(&mut self, targets: &Targets, depth: u32) -> Statement {
        let Some(variable) = targets.loops.first().cloned() else {
            return self.assignment(targets);
        };
        let index = self.rng.usize(0..targets.signals.len());
        let chosen = &targets.signals[index];
        let extent = match chosen.memory {
            Some((first, last)) => first.abs_diff(last) + 1,
            None => u64::from(chosen.width),
        };
        let turns = extent.min(self.rng.u64(1..=12));
        let mut inner = targets.clone();
        inner.loops.remove(0);
        self.signals.push(Signal {
            name: variable.clone(),
            width: 32,
            signed: true,
            bounds: Some((31, 0)),
            memory: None,
            without_width: false,
            below: Some(turns),
        });
        let body = self.nested(&inner, depth);
        self.signals.pop();
        count_up(&variable, turns, body)
    }

    /// An assignment to one or two of the targets.
    fn assignment(&mut self, targets: &Targets) -> Statement {
        let left = if self.rng.u8(0..12) == 0 {
            self.several(targets)
        } else {
            let index = self.rng.usize(0..targets.signals.len());
            self.left(&targets.signals[index], targets.fields)
        };
        let budget = self.rng.u32(0..=5);
        Statement::Assign {
            target: left,
            value: self.expression(budget).tree,
            blocking: targets.blocking,
        }
    }

    /// A concatenation of different targets. The standard does not say in which
    /// order they are assigned, so no index depends on it.
    fn several(&mut self, targets: &Targets) -> Target {
        let mut signals = targets.signals.clone();
        self.rng.shuffle(&mut signals);
        signals.truncate(self.rng.usize(1..=3));
        let mut parts = Vec::new();
        for signal in &signals {
            parts.push(if !targets.blocking {
                self.left(signal, targets.fields)
            } else if signal.bounds.is_some() && self.rng.bool() {
                target(&signal.name, vec![self.struct_field(signal).0])
            } else {
                target(&signal.name, Vec::new())
            });
        }
        Target::Concat(parts)
    }

    fn left(&mut self, signal: &Signal, fields: bool) -> Target {
        let vector = signal.bounds.is_some();
        let selects = if signal.memory.is_some() {
            self.selects(signal).0
        } else if fields && vector && self.rng.u8(0..4) > 0 {
            vec![self.struct_field(signal).0]
        } else if vector && self.rng.u8(0..10) < 4 {
            vec![self.select(signal).0]
        } else {
            Vec::new()
        };
        target(&signal.name, selects)
    }

    /// Gives each target a value, whole or in two parts.
    pub fn defaults(&mut self, signals: &[Signal]) -> Vec<Statement> {
        let mut statements = Vec::new();
        for signal in signals {
            let budget = self.rng.u32(0..=4);
            if signal.width > 1 && signal.bounds.is_some() && self.rng.u8(0..6) == 0 {
                let split = self.rng.u32(1..signal.width);
                for (low, width) in [(0, split), (split, signal.width - split)] {
                    let lowest = signal.lowest() + u64::from(low);
                    let select = Select::Up {
                        first: number(lowest),
                        width: number(width.into()),
                    };
                    let value = self.expression(budget).tree;
                    statements.push(assign(&signal.name, vec![select], value, true));
                }
            } else {
                let value = self.expression(budget).tree;
                statements.push(assign(&signal.name, Vec::new(), value, true));
            }
        }
        statements
    }

    /// Writes of a port of a memory: if enabled, and for each bit or each group
    /// of bits if its bit in a mask is set.
    pub fn memory_port(&mut self, memory: &Signal, variable: &str) -> Statement {
        let (first, last) = memory.memory.unwrap_or((0, 0));
        let address = self.index(first.min(last), first.abs_diff(last) + 1);
        let enable = self.expression(1).tree;
        let data = self.expression(2).tree;
        let whole = memory.bounds.is_none() || self.rng.bool();
        let write = if whole {
            assign(&memory.name, vec![Select::Index(address)], data, false)
        } else {
            let groups = self.pick(&[memory.width, memory.width, memory.width / 8, 2]);
            let groups = groups.clamp(1, memory.width);
            self.masked_write(memory, variable, &address, groups)
        };
        match self.rng.u8(0..8) {
            0 => write,
            _ => Statement::If {
                condition: enable,
                then: Box::new(write),
                otherwise: Box::new(Statement::Null),
            },
        }
    }

    fn masked_write(
        &mut self,
        memory: &Signal,
        variable: &str,
        address: &Expression,
        groups: u32,
    ) -> Statement {
        let width = memory.width / groups;
        let index = || part(variable, Vec::new());
        let scaled = |lowest: u64| {
            let position = binary(Binary::Multiply, index(), number(width.into()));
            match lowest {
                0 => position,
                _ => binary(Binary::Add, position, number(lowest)),
            }
        };
        let field = |lowest: u64| Select::Up {
            first: scaled(lowest),
            width: number(width.into()),
        };
        let wide_enough = |signal: &&Signal, bits: u32| {
            let vector = signal.bounds.is_some() && signal.memory.is_none();
            vector && signal.width >= bits && signal.below.is_none()
        };
        let find = |builder: &mut Self, bits: u32| {
            let fitting: Vec<Signal> = builder
                .signals
                .iter()
                .filter(|signal| wide_enough(signal, bits))
                .cloned()
                .collect();
            builder.rng.choice(fitting)
        };
        let data = match find(self, width * groups) {
            Some(signal) => part(&signal.name, vec![field(signal.lowest())]),
            None => self.expression(1).tree,
        };
        let mask = match find(self, groups) {
            Some(signal) => {
                let lowest = signal.lowest();
                let bit = match lowest {
                    0 => index(),
                    _ => binary(Binary::Add, index(), number(lowest)),
                };
                part(&signal.name, vec![Select::Index(bit)])
            }
            None => self.expression(1).tree,
        };
        let selects = vec![Select::Index(address.clone()), field(memory.lowest())];
        let body = Statement::If {
            condition: mask,
            then: Box::new(assign(&memory.name, selects, data, false)),
            otherwise: Box::new(Statement::Null),
        };
        count_up(variable, groups.into(), body)
    }
}

/// `for (variable = 0; variable < turns; variable = variable + 1) body`
pub fn count_up(variable: &str, turns: u64, body: Statement) -> Statement {
    let index = || part(variable, Vec::new());
    Statement::For {
        variable: name(variable),
        first: number(0),
        condition: binary(Binary::Less, index(), number(turns)),
        next: binary(Binary::Add, index(), number(1)),
        body: Box::new(body),
    }
}
