//! Modules of the shape that RustHDL emits: all logic in one `always @(*)` block
//! that starts with a default for everything, registers and submodules beside it
//! joined by variables, a `case` over named states, and structs as wide vectors
//! that are written field by field.

use super::module::{Builder, Interface, Made};
use super::parts::{assign, literal, name, nowhere, part};
use super::signal::{Signal, bits};
use super::statement::Targets;
use super::{Options, Port};
use fastrand::Rng;
use num_bigint::BigUint;
use slackwater_verilog::syntax::tree::{
    Always, Declaration, Direction, Expression, Instance, Item, Module, NetKind, Parameter,
    Statement, Trigger,
};

/// A register: an instance of a flip-flop and the variables at its ports.
struct Register {
    d: Signal,
    q: Signal,
    clock: String,
}

/// A module that is one kernel.
pub fn kernel(rng: &mut Rng, options: &Options, text: &str, library: &[Interface]) -> Made {
    let mut builder = Builder::new(rng, options);
    let clock = plain("clock".into(), 1);
    builder.declare(&clock, NetKind::Wire, Some(Direction::Input));
    builder.clocks.push(clock.name);
    let inputs = builder.add_inputs();
    let mut flip_flops = Vec::new();
    let mut registers = Vec::new();
    let states = builder.add_states();
    let bits = u32::BITS - states.leading_zeros();
    registers.push(builder.add_register("state", bits, text, &mut flip_flops));
    for index in 0..builder.rng.u32(2..=6) {
        let width = super::signal::width(builder.rng, options.widest);
        // Structs are wide.
        let width = if builder.rng.u8(0..3) == 0 {
            builder.rng.u32(66..=200)
        } else {
            width
        };
        let stem = format!("reg{index}");
        let width = width.min(options.widest);
        registers.push(builder.add_register(&stem, width, text, &mut flip_flops));
    }
    builder.add_logic(&registers, states, library);
    let outputs = builder.choose_outputs();
    let mut made = builder.finish(text, inputs, outputs, Vec::new());
    made.modules.extend(flip_flops);
    made
}

/// An unsigned net with the usual bounds.
fn plain(name: String, width: u32) -> Signal {
    Signal {
        name,
        width,
        signed: false,
        bounds: (width > 1).then(|| (u64::from(width) - 1, 0)),
        memory: None,
        without_width: false,
        below: None,
    }
}

impl Builder<'_> {
    /// Names the states; returns how many there are.
    fn add_states(&mut self) -> u32 {
        let count = self.rng.u32(2..=7);
        let width = u32::BITS - count.leading_zeros();
        for state in 0..count {
            let text = format!("State$S{state}");
            self.parameters.push(Parameter {
                local: true,
                signed: false,
                range: None,
                name: name(&text),
                value: literal(width, false, state.into()),
            });
            self.signals.push(plain(text, width));
        }
        count
    }

    /// A register with its flip-flop in a module of its own.
    fn add_register(
        &mut self,
        stem: &str,
        width: u32,
        parent: &str,
        flip_flops: &mut Vec<Module>,
    ) -> Register {
        let module = format!("{parent}${stem}");
        let d = plain(format!("{stem}$d"), width);
        let q = plain(format!("{stem}$q"), width);
        let clock = plain(format!("{stem}$clock"), 1);
        self.declare(&d, NetKind::Reg, None);
        self.declare(&q, NetKind::Wire, None);
        self.declare(&clock, NetKind::Reg, None);
        let initial = bits(self.rng, width);
        flip_flops.push(flip_flop(&module, width, initial));
        let ports = [("clock", &clock.name), ("d", &d.name), ("q", &q.name)]
            .into_iter()
            .map(|(port, net)| (name(port), Some(part(net, Vec::new()))))
            .collect();
        self.items.push(Item::Instance(Instance {
            module: name(&module),
            parameters: Vec::new(),
            name: name(stem),
            ports,
        }));
        self.publish(q.clone());
        Register {
            d,
            q,
            clock: clock.name,
        }
    }

    /// The block.
    fn add_logic(&mut self, registers: &[Register], states: u32, library: &[Interface]) {
        let mut statements = self.woken();
        for register in registers {
            let clock = part(&self.clocks[0], Vec::new());
            statements.push(assign(&register.clock, Vec::new(), clock, true));
        }
        for register in registers {
            let q = part(&register.q.name, Vec::new());
            statements.push(assign(&register.d.name, Vec::new(), q, true));
        }
        let mut variables: Vec<Signal> = registers.iter().map(|r| r.d.clone()).collect();
        for _ in 0..self.rng.u32(1..=4) {
            let signal = self.net("out");
            self.declare(&signal, NetKind::Reg, None);
            let zero = literal(signal.width, false, BigUint::ZERO);
            statements.push(assign(&signal.name, Vec::new(), zero, true));
            variables.push(signal);
        }
        // RustHDL reads what it has assigned in the same block.
        let readable = self.signals.len();
        self.signals.extend(variables.iter().cloned());
        let targets = Targets {
            signals: variables.clone(),
            blocking: true,
            fields: true,
            loops: Vec::new(),
        };
        let count = self.rng.u32(1..=3);
        statements.extend(self.statements(&targets, 2, count));
        if self.rng.bool() {
            self.add_inner(library, &mut statements);
        }
        statements.push(self.states(&targets, states));
        let count = self.rng.u32(0..=3);
        statements.extend(self.statements(&targets, 2, count));
        self.signals.truncate(readable);
        for signal in variables {
            self.publish(signal);
        }
        self.add_always(Trigger::Any, statements);
    }

    fn states(&mut self, targets: &Targets, states: u32) -> Statement {
        let mut arms = Vec::new();
        for state in 0..states {
            let label = part(&format!("State$S{state}"), Vec::new());
            let count = self.rng.u32(1..=3);
            let mut body = self.statements(targets, 2, count);
            if self.rng.bool() {
                let next = self.rng.u32(0..states);
                let next = part(&format!("State$S{next}"), Vec::new());
                body.push(assign("state$d", Vec::new(), next, true));
            }
            arms.push((vec![label], Statement::Block(body)));
        }
        Statement::Case {
            subject: part("state$q", Vec::new()),
            arms,
            default: (self.rng.bool()).then(|| Box::new(Statement::Block(Vec::new()))),
            at: nowhere(),
        }
    }

    /// A submodule whose inputs this block assigns and whose outputs it reads:
    /// no loop, though the block depends on the submodule and the submodule on
    /// the block.
    fn add_inner(&mut self, library: &[Interface], statements: &mut Vec<Statement>) {
        let Some(interface) = self.rng.choice(library.iter()) else {
            return;
        };
        let instance = self.fresh("inner");
        let mut ports = self.clock_ports(interface);
        for port in &interface.inputs {
            let signal = self.beside(&instance, port);
            self.declare(&signal, NetKind::Reg, None);
            let value = self.expression(3).tree;
            statements.push(assign(&signal.name, Vec::new(), value, true));
            ports.push((name(&port.name), Some(part(&signal.name, Vec::new()))));
        }
        let mut made = Vec::new();
        for port in &interface.outputs {
            let signal = self.beside(&instance, port);
            self.declare(&signal, NetKind::Wire, None);
            ports.push((name(&port.name), Some(part(&signal.name, Vec::new()))));
            made.push(signal);
        }
        self.signals.extend(made);
        self.items.push(Item::Instance(Instance {
            module: name(&interface.name),
            parameters: Vec::new(),
            name: name(&instance),
            ports,
        }));
    }

    fn beside(&mut self, instance: &str, port: &Port) -> Signal {
        let mut signal = plain(format!("{instance}${}", port.name), port.width);
        signal.signed = port.signed;
        signal
    }
}

/// A flip-flop as RustHDL wraps it.
fn flip_flop(text: &str, width: u32, initial: BigUint) -> Module {
    let declaration = |signal: Signal, kind, direction| {
        Item::Declaration(Declaration {
            direction: Some(direction),
            kind,
            signed: false,
            range: signal.bounds.map(super::parts::range),
            name: name(&signal.name),
            memory: None,
            value: None,
        })
    };
    let d: Expression = part("d", Vec::new());
    let items = vec![
        declaration(plain("clock".into(), 1), NetKind::Wire, Direction::Input),
        declaration(plain("d".into(), width), NetKind::Wire, Direction::Input),
        declaration(plain("q".into(), width), NetKind::Reg, Direction::Output),
        Item::Initial(assign(
            "q",
            Vec::new(),
            literal(width, false, initial),
            true,
        )),
        Item::Always(Always {
            trigger: Trigger::Edges(vec![slackwater_verilog::syntax::tree::Edge {
                rising: true,
                signal: name("clock"),
            }]),
            body: assign("q", Vec::new(), d, false),
            at: nowhere(),
        }),
    ];
    Module {
        name: name(text),
        ports: ["clock", "d", "q"].into_iter().map(name).collect(),
        items,
    }
}
