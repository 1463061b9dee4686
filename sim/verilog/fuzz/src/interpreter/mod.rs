//! A slow interpreter of the tree, to hold the compiler to.
//!
//! It shares nothing with the compiler but the tree. Two-state: registers
//! without an initial value are zero, reads out of range give zero, writes out
//! of range do nothing. Everything combinational runs until nothing changes.

mod elaborate;
mod expression;
mod resolve;
mod scope;
mod state;
mod statement;
mod value;

use crate::error::Error;
use crate::simulator::{Failure, Simulator};
use expression::Expression;
use num_bigint::BigUint;
use slackwater_verilog::syntax::tree;
use state::{NetId, State, Write};
use statement::{Statement, Target};
use std::collections::HashMap;

/// A net of the elaborated design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Net {
    /// Its name from the top module on.
    pub name: String,
    /// Bits.
    pub width: u32,
    /// Direction, for a port of the top module.
    pub port: Option<tree::Direction>,
    /// Declared as `integer`: a loop's variable, as a rule.
    pub integer: bool,
    /// Elements of a memory; `None` for a net.
    pub memory: Option<u64>,
}

/// What runs when something changes.
#[derive(Clone, Debug)]
enum Process {
    /// A continuous assignment.
    Continuous(Target, Expression),
    /// A block that runs when something that it reads changes.
    Combinational(Statement),
    /// A block that runs when bit 0 of the net rises.
    Clocked(NetId, Statement),
}

/// A design and what it holds.
#[derive(Clone, Debug)]
pub struct Interpreter {
    nets: Vec<Net>,
    by_name: HashMap<String, NetId>,
    processes: Vec<Process>,
    /// For each net the processes that run when it changes.
    readers: Vec<Vec<usize>>,
    /// For each process whether it has to run.
    due: Vec<bool>,
    state: State,
}

impl Interpreter {
    /// Elaborates the module `top`, gives registers their initial values and settles.
    ///
    /// # Errors
    /// If the design is not legal, or not of the subset that is interpreted.
    pub fn new(modules: &[tree::Module], top: &str) -> Result<Self, Error> {
        Self::start(modules, top, false)
    }

    fn start(modules: &[tree::Module], top: &str, ones: bool) -> Result<Self, Error> {
        let mut design = elaborate::elaborate(modules, top)?;
        if ones {
            design.state.fill_with_ones();
        }
        let mut readers = vec![Vec::new(); design.nets.len()];
        for (index, process) in design.processes.iter().enumerate() {
            let mut reads = Vec::new();
            match process {
                Process::Continuous(target, value) => {
                    value.reads(&mut reads);
                    for place in &target.places {
                        place.reads_of_indices(&mut reads);
                    }
                }
                Process::Combinational(body) => body.reads(&mut reads),
                // Rising clocks are looked for, not waited for.
                Process::Clocked(..) => {}
            }
            reads.sort_unstable();
            reads.dedup();
            for net in reads {
                readers[net.0].push(index);
            }
        }
        let mut interpreter = Interpreter {
            by_name: design
                .nets
                .iter()
                .enumerate()
                .map(|(index, net)| (net.name.clone(), NetId(index)))
                .collect(),
            due: design
                .processes
                .iter()
                .map(|process| !matches!(process, Process::Clocked(..)))
                .collect(),
            nets: design.nets,
            processes: design.processes,
            readers,
            state: design.state,
        };
        for index in 0..interpreter.nets.len() {
            if interpreter.nets[index].port == Some(tree::Direction::Input) {
                interpreter.drive(NetId(index), BigUint::ZERO);
            }
        }
        interpreter.run_initial(&design.initial)?;
        interpreter.settle_all()?;
        Ok(interpreter)
    }

    /// The same, but what has no value to begin with is all ones instead of zero.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_ones(modules: &[tree::Module], top: &str) -> Result<Self, Error> {
        Self::start(modules, top, true)
    }

    /// A net that has another value in another interpreter of the same design, if
    /// something combinational reads it or if it is a port.
    pub fn first_difference(&self, other: &Self) -> Option<&Net> {
        let differs = |index: &usize| {
            let net = &self.nets[*index];
            let seen = net.port.is_some() || !self.readers[*index].is_empty();
            let id = NetId(*index);
            let words = net.memory.unwrap_or(1);
            let word = |word| usize::try_from(word).ok();
            let same = |at| self.state.word(id, word(at)) == other.state.word(id, word(at));
            seen && !net.integer && !(0..words).all(same)
        };
        (0..self.nets.len())
            .find(differs)
            .map(|index| &self.nets[index])
    }

    /// All nets and memories.
    pub fn nets(&self) -> &[Net] {
        &self.nets
    }

    /// A word of a memory, counted from the right bound of its range.
    pub fn memory_word(&self, name: &str, word: usize) -> Option<BigUint> {
        let net = *self.by_name.get(name)?;
        Some(self.state.word(net, Some(word)))
    }

    fn run_initial(&mut self, statements: &[Statement]) -> Result<(), Error> {
        let mut pending = Vec::new();
        for statement in statements {
            statement.run(&mut self.state, &mut pending)?;
        }
        self.commit(pending);
        Ok(())
    }

    fn commit(&mut self, pending: Vec<Write>) {
        for write in pending {
            self.state.write(write);
        }
    }

    /// Marks what has to run because of the changes since the last call.
    fn wake(&mut self) -> Option<NetId> {
        let changes = self.state.changes();
        for net in &changes {
            for &process in &self.readers[net.0] {
                self.due[process] = true;
            }
        }
        changes.last().copied()
    }

    fn settle_all(&mut self) -> Result<(), Error> {
        let mut last = self.wake();
        // Each pass brings at least one more net to its final value, unless
        // the design has a loop.
        let passes = self.nets.len() + self.processes.len() + 2;
        for _ in 0..passes {
            if !self.due.contains(&true) {
                return Ok(());
            }
            for index in 0..self.processes.len() {
                if std::mem::take(&mut self.due[index]) {
                    let mut pending = Vec::new();
                    match &self.processes[index] {
                        Process::Continuous(target, value) => {
                            pending = target.writes(value, &self.state)?;
                        }
                        Process::Combinational(body) => body.run(&mut self.state, &mut pending)?,
                        Process::Clocked(..) => {}
                    }
                    self.commit(pending);
                    last = self.wake().or(last);
                }
            }
        }
        let name = last.map_or_else(String::new, |net| self.nets[net.0].name.clone());
        Err(Error::Restless { name, passes })
    }

    /// For each process whether its clock is high.
    fn levels(&self) -> Vec<bool> {
        self.processes
            .iter()
            .map(|process| match process {
                Process::Clocked(clock, _) => self.state.whole(*clock).bit(0),
                _ => false,
            })
            .collect()
    }

    fn drive(&mut self, net: NetId, value: BigUint) {
        let width = self.nets[net.0].width;
        self.state.write(Write {
            net,
            word: Some(0),
            low: 0,
            width,
            value: value::cut(value, width),
        });
    }

    fn edge(&mut self, clocks: &[NetId]) -> Result<(), Error> {
        self.settle_all()?;
        let low = self.levels();
        for &clock in clocks {
            self.drive(clock, BigUint::from(1u8));
        }
        self.settle_all()?;
        let high = self.levels();
        let mut pending = Vec::new();
        for (index, process) in self.processes.iter().enumerate() {
            if let Process::Clocked(_, body) = process
                && high[index]
                && !low[index]
            {
                body.run(&mut self.state, &mut pending)?;
            }
        }
        self.commit(pending);
        self.settle_all()?;
        let after = self.levels();
        for (index, process) in self.processes.iter().enumerate() {
            if let Process::Clocked(clock, _) = process
                && after[index]
                && !high[index]
            {
                let name = self.nets[clock.0].name.clone();
                return Err(Error::DerivedClock { name });
            }
        }
        for &clock in clocks {
            self.drive(clock, BigUint::ZERO);
        }
        self.settle_all()
    }

    fn input(&self, port: &str) -> Result<NetId, Failure> {
        self.by_name
            .get(port)
            .copied()
            .filter(|net| self.nets[net.0].port == Some(tree::Direction::Input))
            .ok_or_else(|| Failure(format!("the top module has no input {port:?}")))
    }
}

impl Simulator for Interpreter {
    fn set(&mut self, port: &str, value: &BigUint) -> Result<(), Failure> {
        let net = self.input(port)?;
        self.drive(net, value.clone());
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Failure> {
        Ok(self.settle_all()?)
    }

    fn rise(&mut self, clocks: &[&str]) -> Result<(), Failure> {
        let clocks: Result<Vec<_>, _> = clocks.iter().map(|name| self.input(name)).collect();
        Ok(self.edge(&clocks?)?)
    }

    fn read(&mut self, name: &str) -> Result<Option<BigUint>, Failure> {
        Ok(self
            .by_name
            .get(name)
            .filter(|net| self.nets[net.0].memory.is_none())
            .map(|&net| self.state.whole(net).clone()))
    }
}
