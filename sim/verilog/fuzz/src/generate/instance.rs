//! Instances of modules that were generated before.

use super::module::{Builder, Interface};
use super::parts::{expression, literal, name, part};
use super::signal::{Signal, bits};
use slackwater_verilog::syntax::tree::{Expression, ExpressionKind, Instance, Item, Name, NetKind};

impl Builder<'_> {
    /// An instance of some module of the library, if one fits.
    pub fn add_instance(&mut self, library: &[Interface]) {
        let clocked = !self.clocks.is_empty();
        let fitting: Vec<&Interface> = library
            .iter()
            .filter(|interface| interface.clocks.is_empty() || clocked)
            .collect();
        let Some(interface) = self.rng.choice(fitting) else {
            return;
        };
        let mut ports = self.clock_ports(interface);
        for (index, input) in interface.inputs.iter().enumerate() {
            let wake = self
                .wake
                .clone()
                .filter(|_| index == 0 && self.options.four_state);
            let value = match wake {
                Some(wake) => Some(part(&wake, Vec::new())),
                None if self.may_be_open() => None,
                // Icarus Verilog does not give connections the width of the port.
                // And it forgets that words of a memory can be signed, and that parts
                // of a vector never are.
                None if self.options.four_state => {
                    let leaf = self.leaf().tree;
                    let selected = matches!(&leaf.kind,
                        ExpressionKind::Part { selects, .. } if !selects.is_empty());
                    Some(if selected {
                        expression(ExpressionKind::Concat(vec![leaf]))
                    } else {
                        leaf
                    })
                }
                None => {
                    let budget = self.rng.u32(0..=2);
                    Some(self.expression(budget).tree)
                }
            };
            // A port that is left open is given empty, or not at all.
            if value.is_some() || self.rng.bool() {
                ports.push((name(&input.name), value));
            }
        }
        let mut made = Vec::new();
        for output in &interface.outputs {
            if self.rng.u8(0..15) == 0 {
                ports.push((name(&output.name), None));
                continue;
            }
            let value = self.receiver(output.width, &mut made);
            ports.push((name(&output.name), Some(value)));
        }
        self.rng.shuffle(&mut ports);
        let mut parameters = Vec::new();
        for (text, width) in &interface.parameters {
            if self.rng.bool() {
                let value = literal(*width, self.rng.bool(), bits(self.rng, *width));
                parameters.push((name(text), value));
            }
        }
        let text = self.fresh("u");
        self.items.push(Item::Instance(Instance {
            module: name(&interface.name),
            parameters,
            name: name(&text),
            ports,
        }));
        made.into_iter().for_each(|signal| self.publish(signal));
    }

    fn may_be_open(&mut self) -> bool {
        let allowed = self.options.beyond_subset && !self.options.four_state;
        allowed && self.rng.u8(0..20) == 0
    }

    /// Connections of the clocks, each to any clock of this module.
    pub fn clock_ports(&mut self, interface: &Interface) -> Vec<(Name, Option<Expression>)> {
        let mut ports = Vec::new();
        for clock in &interface.clocks {
            let own = self.rng.usize(0..self.clocks.len());
            let value = part(&self.clocks[own], Vec::new());
            ports.push((name(clock), Some(value)));
        }
        ports
    }

    /// One or two new wires for an output.
    fn receiver(&mut self, width: u32, made: &mut Vec<Signal>) -> Expression {
        let mut wire = |builder: &mut Self, width: u32| {
            let signal = builder.net_of("s", width);
            builder.declare(&signal, NetKind::Wire, None);
            made.push(signal.clone());
            part(&signal.name, Vec::new())
        };
        match self.rng.u8(0..10) {
            0 if width > 1 && self.options.beyond_subset => {
                let low = self.rng.u32(1..width);
                let parts = vec![wire(self, width - low), wire(self, low)];
                expression(ExpressionKind::Concat(parts))
            }
            1 => {
                let other = super::signal::width(self.rng, self.options.widest);
                wire(self, other)
            }
            _ => wire(self, width),
        }
    }
}
