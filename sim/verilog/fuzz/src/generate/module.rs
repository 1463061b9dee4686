//! A random module: declarations, what drives them, and which of them are ports.

use super::parts::{assign, binary, name, nowhere, number, part, range, target};
use super::signal::{Signal, bits, width};
use super::statement::count_up;
use super::{Options, Port, kernel};
use fastrand::Rng;
use slackwater_verilog::syntax::tree::{
    Assign, Binary, Declaration, Direction, Expression, Item, Module, NetKind, Parameter, Select,
    Statement,
};

/// What an instance of a module must know.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Name of the module.
    pub name: String,
    /// Inputs that are clocks.
    pub clocks: Vec<String>,
    /// Other inputs.
    pub inputs: Vec<Port>,
    /// Outputs.
    pub outputs: Vec<Port>,
    /// Parameters that an instance may set, and their widths.
    pub parameters: Vec<(String, u32)>,
}

/// A module with those that it needs and nobody else knows.
pub struct Made {
    /// The modules.
    pub modules: Vec<Module>,
    /// The interface of the module that was asked for.
    pub interface: Interface,
}

/// A module in the making.
pub struct Builder<'a> {
    /// Source of all choices.
    pub rng: &'a mut Rng,
    /// What is allowed.
    pub options: &'a Options,
    /// What can be read at this point.
    pub signals: Vec<Signal>,
    /// Clocks.
    pub clocks: Vec<String>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// Declarations so far.
    pub declarations: Vec<Declaration>,
    /// Everything else so far; its order means nothing.
    pub items: Vec<Item>,
    /// What can become an output.
    pub results: Vec<Port>,
    /// An input, for blocks that must depend on one.
    pub wake: Option<String>,
    /// Indices around what is being made.
    pub indices: u32,
    names: u32,
}

/// A random module of this name, which may contain those of the library.
pub fn module(rng: &mut Rng, options: &Options, text: &str, library: &[Interface]) -> Made {
    if rng.u8(0..5) == 0 {
        return kernel::kernel(rng, options, text, library);
    }
    let mut builder = Builder::new(rng, options);
    let clocks = [0, 1, 1, 1, 1, 1, 1, 2, 2, 2][builder.rng.usize(0..10)];
    builder.add_clocks(clocks);
    let overridable = builder.add_parameters();
    let inputs = builder.add_inputs();
    let registers = builder.add_registers();
    let memories = builder.add_memories();
    for _ in 0..builder.rng.u32(1..=6) {
        match builder.rng.u8(0..10) {
            0..4 => builder.add_wire(),
            4..8 => builder.add_combinational_block(),
            _ => builder.add_instance(library),
        }
    }
    builder.add_clocked_blocks(registers, memories);
    let outputs = builder.choose_outputs();
    builder.finish(text, inputs, outputs, overridable)
}

impl<'a> Builder<'a> {
    /// An empty module.
    pub fn new(rng: &'a mut Rng, options: &'a Options) -> Self {
        Builder {
            rng,
            options,
            signals: Vec::new(),
            clocks: Vec::new(),
            parameters: Vec::new(),
            declarations: Vec::new(),
            items: Vec::new(),
            results: Vec::new(),
            wake: None,
            indices: 0,
            names: 0,
        }
    }

    /// A name that was not used yet.
    pub fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        let number = self.names;
        match self.rng.u8(0..40) {
            0 => format!("{stem}{number}[{number}]+"),
            1..6 => format!("{stem}{number}$q"),
            6 => format!("_{stem}_{number}_"),
            _ => format!("{stem}{number}"),
        }
    }

    /// Declares a net.
    pub fn declare(&mut self, signal: &Signal, kind: NetKind, direction: Option<Direction>) {
        self.declarations.push(Declaration {
            direction,
            kind,
            signed: signal.signed,
            range: signal.bounds.map(range),
            name: name(&signal.name),
            memory: signal.memory.map(range),
            value: None,
        });
    }

    /// A net with random width and sign, not declared yet.
    pub fn net(&mut self, stem: &str) -> Signal {
        let width = width(self.rng, self.options.widest);
        self.net_of(stem, width)
    }

    /// A net of a width.
    pub fn net_of(&mut self, stem: &str, width: u32) -> Signal {
        let name = self.fresh(stem);
        let signed = self.rng.u8(0..10) < 4;
        Signal::net(self.rng, name, width, signed)
    }

    /// Makes a net readable, and a candidate for an output.
    pub fn publish(&mut self, signal: Signal) {
        self.results.push(Port {
            name: signal.name.clone(),
            width: signal.width,
            signed: signal.signed,
        });
        self.signals.push(signal);
    }

    fn add_clocks(&mut self, count: u32) {
        for _ in 0..count {
            let text = self.fresh("clk");
            let signal = Signal {
                name: text.clone(),
                width: 1,
                signed: false,
                bounds: None,
                memory: None,
                without_width: false,
                below: None,
            };
            self.declare(&signal, NetKind::Wire, Some(Direction::Input));
            self.clocks.push(text);
        }
    }

    /// Adds inputs.
    pub fn add_inputs(&mut self) -> Vec<Port> {
        let mut ports = Vec::new();
        for _ in 0..self.rng.u32(1..=5) {
            let signal = self.net("in");
            self.declare(&signal, NetKind::Wire, Some(Direction::Input));
            self.wake.get_or_insert(signal.name.clone());
            ports.push(Port {
                name: signal.name.clone(),
                width: signal.width,
                signed: signal.signed,
            });
            self.signals.push(signal);
        }
        ports
    }

    /// Adds parameters; those that an instance may set are returned.
    fn add_parameters(&mut self) -> Vec<(String, u32)> {
        let mut overridable = Vec::new();
        let settable = self.rng.u32(0..=2);
        for index in 0..settable + self.rng.u32(0..=3) {
            // In a header they cannot depend on what comes below it.
            let local = index >= settable;
            let mut signal = self.net(if local { "LOCAL" } else { "PARAM" });
            let ranged = signal.bounds.is_some() && self.rng.bool();
            if !self.options.beyond_subset {
                signal.bounds = Some((u64::from(signal.width) - 1, 0));
            }
            // Only parameters are readable yet, so this is constant.
            let budget = self.rng.u32(0..=2);
            let mut value = self.expression(budget);
            if self.rng.u8(0..4) == 0 {
                let operator = self.pick(&[Binary::Divide, Binary::Modulo]);
                let divisor = number(self.rng.u64(1..10));
                value.tree = binary(operator, value.tree, divisor);
                value.width = value.width.max(32);
                value.without_width = true;
            }
            if !ranged {
                signal.width = value.width;
                signal.bounds = Some((u64::from(value.width) - 1, 0));
                signal.without_width = value.without_width;
            }
            self.parameters.push(Parameter {
                local,
                signed: signal.signed,
                range: signal.bounds.filter(|_| ranged).map(range),
                name: name(&signal.name),
                value: value.tree,
            });
            // What an instance gives has the width of the parameter: others
            // would change widths where the generator does not know.
            if !local && ranged {
                overridable.push((signal.name.clone(), signal.width));
            }
            self.signals.push(signal);
        }
        overridable
    }

    fn add_registers(&mut self) -> Vec<Signal> {
        let mut registers = Vec::new();
        if self.clocks.is_empty() {
            return registers;
        }
        for _ in 0..self.rng.u32(1..=5) {
            let signal = self.net("r");
            self.declare(&signal, NetKind::Reg, None);
            self.initialise(&signal);
            self.publish(signal.clone());
            registers.push(signal);
        }
        registers
    }

    /// Gives a register an initial value, in one of several ways or not at all.
    fn initialise(&mut self, signal: &Signal) {
        let value = super::parts::literal(signal.width, false, bits(self.rng, signal.width));
        match self.rng.u8(0..4) {
            0 if !self.options.four_state => {}
            0 | 1 => {
                if let Some(declaration) = self.declarations.last_mut() {
                    declaration.value = Some(value);
                }
            }
            _ => {
                let statement = assign(&signal.name, Vec::new(), value, true);
                self.items.push(Item::Initial(statement));
            }
        }
    }

    fn add_memories(&mut self) -> Vec<Signal> {
        let mut memories = Vec::new();
        if self.clocks.is_empty() {
            return memories;
        }
        for _ in 0..[0, 0, 1, 1, 2][self.rng.usize(0..5)] {
            let mut signal = self.net("m");
            let last = self.rng.u64(1..=20);
            let first = self.rng.u64(1..=5);
            signal.memory = Some(match self.rng.u8(0..6) {
                0 => (last, 0),
                1 => (first, first + last),
                2 => (first + last, first),
                _ => (0, last),
            });
            self.declare(&signal, NetKind::Reg, None);
            if self.options.four_state || self.rng.bool() {
                self.initialise_memory(&signal);
            }
            self.signals.push(signal.clone());
            memories.push(signal);
        }
        memories
    }

    /// A loop over all words.
    fn initialise_memory(&mut self, signal: &Signal) {
        let (first, last) = signal.memory.unwrap_or((0, 0));
        let variable = self.loop_name();
        let index = || part(&variable, Vec::new());
        let address = binary(Binary::Add, index(), number(first.min(last)));
        let factor = number(self.rng.u64(0..1000));
        let value = binary(Binary::Multiply, index(), factor);
        let body = assign(&signal.name, vec![Select::Index(address)], value, true);
        let turns = first.abs_diff(last) + 1;
        let statement = count_up(&variable, turns, body);
        let item = Item::Initial(Statement::Block(vec![statement]));
        self.items.push(item);
    }

    /// Declares a variable for loops.
    pub fn loop_name(&mut self) -> String {
        let text = self.fresh("i");
        self.declarations.push(Declaration {
            direction: None,
            kind: NetKind::Integer,
            signed: true,
            range: None,
            name: name(&text),
            memory: None,
            value: None,
        });
        text
    }

    /// A wire, or two, and their continuous assignments.
    fn add_wire(&mut self) {
        let budget = self.rng.u32(1..=8);
        let signal = self.net("w");
        self.declare(&signal, NetKind::Wire, None);
        match self.rng.u8(0..10) {
            0..3 => {
                let value = self.expression(budget).tree;
                if let Some(declaration) = self.declarations.last_mut() {
                    declaration.value = Some(value);
                }
            }
            3 | 4 if signal.width > 1 && signal.bounds.is_some() => {
                // Each part has an assignment of its own.
                let split = u64::from(self.rng.u32(1..signal.width));
                let lowest = signal.lowest();
                let highest = lowest + u64::from(signal.width) - 1;
                for (low, high) in [(lowest, lowest + split - 1), (lowest + split, highest)] {
                    let bounds = if signal.descending() {
                        (high, low)
                    } else {
                        (low, high)
                    };
                    let selects = vec![Select::Range(range(bounds))];
                    let value = self.expression(budget).tree;
                    self.drive(target(&signal.name, selects), value);
                }
            }
            5 => {
                let second = self.net("w");
                self.declare(&second, NetKind::Wire, None);
                let both = super::parts::concat_target(&[&signal.name, &second.name]);
                let value = self.expression(budget).tree;
                self.drive(both, value);
                self.publish(second);
            }
            _ => {
                let value = self.expression(budget).tree;
                self.drive(target(&signal.name, Vec::new()), value);
            }
        }
        self.publish(signal);
    }

    /// Adds a continuous assignment.
    pub fn drive(&mut self, target: slackwater_verilog::syntax::tree::Target, value: Expression) {
        self.items.push(Item::Assign(Assign {
            target,
            value,
            at: nowhere(),
        }));
    }

    /// Makes some of the results outputs; at least one, if there is one.
    pub fn choose_outputs(&mut self) -> Vec<Port> {
        let mut results = std::mem::take(&mut self.results);
        self.rng.shuffle(&mut results);
        let most = results.len().max(1);
        results.truncate(self.rng.usize(most.div_ceil(2)..=most));
        let mut assigned = Vec::new();
        let mut second_steps = Vec::new();
        for declaration in &mut self.declarations {
            if !results
                .iter()
                .any(|port| port.name == *declaration.name.text)
            {
                continue;
            }
            declaration.direction = Some(Direction::Output);
            if declaration.kind == NetKind::Wire {
                // A port's declaration has no room for the assignment.
                if let Some(value) = declaration.value.take() {
                    assigned.push((target(&declaration.name.text, Vec::new()), value));
                }
            } else if self.rng.u8(0..6) == 0 {
                let mut second = declaration.clone();
                second.direction = None;
                second_steps.push(second);
                declaration.kind = NetKind::Wire;
                declaration.value = None;
            }
        }
        self.declarations.extend(second_steps);
        for (target, value) in assigned {
            self.drive(target, value);
        }
        results
    }

    /// Puts everything together.
    pub fn finish(
        mut self,
        text: &str,
        inputs: Vec<Port>,
        outputs: Vec<Port>,
        parameters: Vec<(String, u32)>,
    ) -> Made {
        self.rng.shuffle(&mut self.items);
        let mut items: Vec<Item> = self.parameters.into_iter().map(Item::Parameter).collect();
        items.extend(self.declarations.into_iter().map(Item::Declaration));
        items.extend(self.items);
        let ports = self
            .clocks
            .iter()
            .chain(inputs.iter().map(|port| &port.name))
            .chain(outputs.iter().map(|port| &port.name))
            .map(|text| name(text))
            .collect();
        Made {
            modules: vec![Module {
                name: name(text),
                ports,
                items,
            }],
            interface: Interface {
                name: text.to_owned(),
                clocks: self.clocks,
                inputs,
                outputs,
                parameters,
            },
        }
    }
}
