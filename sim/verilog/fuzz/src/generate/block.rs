//! Random `always` blocks.

use super::module::Builder;
use super::parts::{assign, name, nowhere, part};
use super::signal::Signal;
use super::statement::Targets;
use slackwater_verilog::syntax::tree::{Always, Edge, Item, NetKind, Statement, Trigger};

impl Builder<'_> {
    /// Variables and the `always @(*)` block that assigns them.
    pub fn add_combinational_block(&mut self) {
        let mut variables = Vec::new();
        for _ in 0..self.rng.u32(1..=3) {
            let signal = self.net("c");
            self.declare(&signal, NetKind::Reg, None);
            variables.push(signal);
        }
        let mut statements = self.woken();
        statements.extend(self.defaults(&variables));
        // From here on they have a value and can be read.
        self.signals.extend(variables.iter().cloned());
        let targets = Targets {
            signals: variables.clone(),
            blocking: true,
            fields: self.rng.u8(0..4) == 0,
            loops: vec![self.loop_name(), self.loop_name()],
        };
        let depth = self.pick(&[0, 1, 1, 2, 2, 3]);
        let count = self.rng.u32(0..=4);
        statements.extend(self.statements(&targets, depth, count));
        self.add_always(Trigger::Any, statements);
        let before = self.signals.len() - variables.len();
        self.signals.truncate(before);
        variables
            .into_iter()
            .for_each(|signal| self.publish(signal));
    }

    /// A statement that does nothing but depend on an input: four-state
    /// simulators never start a block that depends on constants only.
    pub fn woken(&mut self) -> Vec<Statement> {
        let wake = self.wake.clone().filter(|_| self.options.four_state);
        let statement = |text: String| Statement::If {
            condition: part(&text, Vec::new()),
            then: Box::new(Statement::Block(Vec::new())),
            otherwise: Box::new(Statement::Null),
        };
        wake.map(statement).into_iter().collect()
    }

    /// Adds a block.
    pub fn add_always(&mut self, trigger: Trigger, mut statements: Vec<Statement>) {
        let body = match statements.pop() {
            Some(only) if statements.is_empty() => only,
            last => {
                statements.extend(last);
                Statement::Block(statements)
            }
        };
        self.items.push(Item::Always(Always {
            trigger,
            body,
            at: nowhere(),
        }));
    }

    /// `posedge` of a clock.
    pub fn rising(&mut self, clock: &str) -> Trigger {
        Trigger::Edges(vec![Edge {
            rising: true,
            signal: name(clock),
        }])
    }

    /// The blocks that assign the registers and memories: each of these in one
    /// block, on one clock.
    pub fn add_clocked_blocks(&mut self, registers: Vec<Signal>, memories: Vec<Signal>) {
        if self.clocks.is_empty() {
            return;
        }
        let blocks = self.rng.usize(1..=3);
        let mut owned = vec![Vec::new(); blocks];
        for signal in registers.into_iter().chain(memories) {
            owned[self.rng.usize(0..blocks)].push(signal);
        }
        for signals in owned {
            if !signals.is_empty() {
                self.add_clocked_block(signals);
            }
        }
    }

    fn add_clocked_block(&mut self, signals: Vec<Signal>) {
        let clock = self.rng.usize(0..self.clocks.len());
        let clock = self.clocks[clock].clone();
        let loops = vec![self.loop_name(), self.loop_name()];
        let readable = self.signals.len();
        let mut statements = Vec::new();
        let mut temporaries = Vec::new();
        for _ in 0..[0, 0, 0, 1, 2][self.rng.usize(0..5)] {
            let signal = self.net("t");
            self.declare(&signal, NetKind::Reg, None);
            let value = self.expression(3).tree;
            statements.push(assign(&signal.name, Vec::new(), value, true));
            self.signals.push(signal.clone());
            temporaries.push(signal);
        }
        let depth = self.pick(&[0, 1, 1, 2, 2, 3]);
        if !temporaries.is_empty() {
            let targets = Targets {
                signals: temporaries,
                blocking: true,
                fields: false,
                loops: loops.clone(),
            };
            let count = self.rng.u32(0..=2);
            statements.extend(self.statements(&targets, depth, count));
        }
        let mut written = Vec::new();
        for memory in signals.iter().filter(|signal| signal.memory.is_some()) {
            for _ in 0..self.rng.u32(1..=2) {
                written.push(self.memory_port(memory, &loops[0]));
            }
        }
        // Memories are left to their ports, as a rule: a block that writes all
        // over a memory is not what one writes.
        let mut targets = signals.clone();
        if self.rng.u8(0..5) > 0 {
            targets.retain(|signal| signal.memory.is_none());
        }
        if !targets.is_empty() {
            let targets = Targets {
                signals: targets,
                blocking: false,
                fields: self.rng.u8(0..4) == 0,
                loops,
            };
            for _ in 0..self.rng.u32(1..=5) {
                written.extend(self.statements(&targets, depth, 1));
            }
            // Registers that nothing changes show nothing.
            for signal in &targets.signals {
                let always = !self.options.beyond_subset || self.rng.u8(0..3) > 0;
                if signal.memory.is_none() && always {
                    let value = self.expression(4).tree;
                    written.push(assign(&signal.name, Vec::new(), value, false));
                }
            }
        }
        self.rng.shuffle(&mut written);
        statements.extend(written);
        self.signals.truncate(readable);
        let trigger = self.rising(&clock);
        self.add_always(trigger, statements);
    }
}
