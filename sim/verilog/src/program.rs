//! A design that was loaded: what all its models share.

use crate::code::{Code, CodeError, Kind, Layout};
use crate::design::{Design, Net};
use crate::elaborate::elaborate;
use crate::error::{Error, Warning};
use crate::graph::NetId;
use crate::resolve::{Resolved, View, resolve};
use crate::syntax::tree::Direction;
use crate::syntax::{parse, tree::NetKind};
use crate::words::{MemoryId, Word, Words};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use thiserror::Error as ThisError;

/// Stack of the thread that loads a design: deep expressions recurse.
const LOAD_STACK_BYTES: usize = 1 << 30;

/// A text and the name that errors call it by.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// For example its path.
    pub name: &'a str,
    /// Verilog.
    pub text: &'a str,
}

/// A name that the design has not.
#[derive(Clone, Debug, ThisError, PartialEq, Eq)]
#[error("the design {design} has no {what} {name}; it has {known}")]
pub struct UnknownName {
    /// The top module.
    pub design: String,
    /// Input, output, clock, signal or memory.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// Names that it has, the nearest first, or their number.
    pub known: String,
}

/// An input of the top module that is no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// First word of the model's buffer; each holds up to 64 bits.
    pub(crate) word: u32,
    width: u32,
}

/// An output of the top module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// First word of the model's buffer; each holds up to 64 bits.
    pub(crate) word: u32,
    width: u32,
}

impl Input {
    /// Bits.
    pub fn width(self) -> u32 {
        self.width
    }
}

impl Output {
    /// Bits.
    pub fn width(self) -> u32 {
        self.width
    }
}

/// A set of clocks: those that rise in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks(pub(crate) u64);

impl std::ops::BitOr for Clocks {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A net or register anywhere in the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(pub(crate) u32);

/// A memory anywhere in the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryHandle(pub(crate) u32);

/// What is known of a signal.
#[derive(Clone, Debug)]
pub struct SignalInfo {
    /// Hierarchical name: the top module, the instances, the net, joined by dots.
    pub path: String,
    /// Bits.
    pub width: u32,
    /// Holds its value from clock to clock.
    pub register: bool,
    /// The clock that it carries.
    pub clock: Option<Clocks>,
    pub(crate) direction: Option<Direction>,
    pub(crate) view: View,
}

/// What is known of a memory.
#[derive(Clone, Debug)]
pub struct MemoryInfo {
    /// Hierarchical name.
    pub path: String,
    /// Bits of a word.
    pub width: u32,
    /// Number of words.
    pub words: u32,
    pub(crate) lanes: Vec<MemoryId>,
}

/// How long loading took.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadTimes {
    /// Text to tree.
    pub parse: Duration,
    /// Tree to flattened graph.
    pub elaborate: Duration,
    /// Graph to words, with the checks.
    pub resolve: Duration,
    /// Words to machine code.
    pub code: Duration,
}

pub(crate) struct Inner {
    pub(crate) words: Words,
    pub(crate) layout: Layout,
    pub(crate) cycle: Code,
    nets_code: OnceLock<Result<Code, Error>>,
    pub(crate) signals: Vec<SignalInfo>,
    signal_names: HashMap<String, u32>,
    /// For each cell the value that a net shows, if it is a net's.
    pub(crate) shown: Vec<Option<Word>>,
    pub(crate) memories: Vec<MemoryInfo>,
    inputs: Vec<(String, Input)>,
    outputs: Vec<(String, Output)>,
    clocks: Vec<String>,
    warnings: Vec<Warning>,
    top: String,
    times: LoadTimes,
    pub(crate) fingerprint: u64,
}

/// A compiled design. Cloning it is cheap; models share the code.
#[derive(Clone)]
pub struct Program {
    pub(crate) inner: Arc<Inner>,
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Program")
            .field("top", &self.inner.top)
            .field("signals", &self.inner.signals.len())
            .field("memories", &self.inner.memories.len())
            .finish_non_exhaustive()
    }
}

impl Program {
    /// Loads one text; its top is the module that no other one uses.
    ///
    /// # Errors
    /// Text outside the subset, and every fault that [`Error`] names.
    pub fn compile(name: &str, text: &str) -> Result<Self, Error> {
        Self::compile_sources(&[Source { name, text }], None)
    }

    /// Loads several texts, with the module to simulate.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn compile_sources(sources: &[Source<'_>], top: Option<&str>) -> Result<Self, Error> {
        std::thread::scope(|scope| {
            std::thread::Builder::new()
                .name("load design".into())
                .stack_size(LOAD_STACK_BYTES)
                .spawn_scoped(scope, || load(sources, top))
                .map_err(|error| Error::Code(format!("no thread to load the design: {error}")))?
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Legal, and perhaps not meant.
    pub fn warnings(&self) -> &[Warning] {
        &self.inner.warnings
    }

    /// Name of the top module.
    pub fn top(&self) -> &str {
        &self.inner.top
    }

    /// How long loading took.
    pub fn load_times(&self) -> LoadTimes {
        self.inner.times
    }

    /// Names and handles of the inputs that are no clocks, in the order of declaration.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, Input)> {
        self.inner
            .inputs
            .iter()
            .map(|(name, input)| (&**name, *input))
    }

    /// Names and handles of the outputs, in the order of declaration.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, Output)> {
        self.inner
            .outputs
            .iter()
            .map(|(name, output)| (&**name, *output))
    }

    /// Names of the clocks.
    pub fn clocks(&self) -> impl Iterator<Item = &str> {
        self.inner.clocks.iter().map(String::as_str)
    }

    /// All nets and registers.
    pub fn signals(&self) -> &[SignalInfo] {
        &self.inner.signals
    }

    /// All memories.
    pub fn memories(&self) -> &[MemoryInfo] {
        &self.inner.memories
    }

    /// What is known of a memory.
    pub fn memory_info(&self, memory: MemoryHandle) -> &MemoryInfo {
        &self.inner.memories[memory.0 as usize]
    }

    /// An input by its name in the top module.
    ///
    /// # Errors
    /// There is no such input, or it is a clock.
    pub fn input(&self, name: &str) -> Result<Input, UnknownName> {
        let known = self.inner.inputs.iter();
        find(known.map(|(name, input)| (&**name, *input)), name)
            .ok_or_else(|| self.unknown("input", name, self.inputs().map(|(name, _)| name)))
    }

    /// An output by its name in the top module.
    ///
    /// # Errors
    /// There is no such output.
    pub fn output(&self, name: &str) -> Result<Output, UnknownName> {
        find(self.outputs(), name)
            .ok_or_else(|| self.unknown("output", name, self.outputs().map(|(name, _)| name)))
    }

    /// A clock by its name in the top module.
    ///
    /// # Errors
    /// No register is clocked by an input of that name.
    pub fn clock(&self, name: &str) -> Result<Clocks, UnknownName> {
        let index = self.inner.clocks.iter().position(|clock| clock == name);
        index
            .map(|index| Clocks(1 << index))
            .ok_or_else(|| self.unknown("clock", name, self.clocks()))
    }

    /// A net or register by its hierarchical name.
    ///
    /// # Errors
    /// There is none.
    pub fn signal(&self, path: &str) -> Result<Signal, UnknownName> {
        let known = || self.signals().iter().map(|signal| signal.path.as_str());
        self.inner
            .signal_names
            .get(path)
            .map(|&index| Signal(index))
            .ok_or_else(|| self.unknown("signal", path, known()))
    }

    /// A memory by its hierarchical name.
    ///
    /// # Errors
    /// There is none.
    pub fn memory(&self, path: &str) -> Result<MemoryHandle, UnknownName> {
        let known = || self.memories().iter().map(|memory| memory.path.as_str());
        let index = known().position(|known| known == path);
        index
            .map(|index| MemoryHandle(index as u32))
            .ok_or_else(|| self.unknown("memory", path, known()))
    }

    fn unknown<'n>(
        &self,
        what: &'static str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> UnknownName {
        /// More names than this are not listed.
        const LISTED: usize = 12;
        let mut names: Vec<&str> = known.collect();
        let count = names.len();
        // The names that share the longest beginning are what was meant, most likely.
        let shared = |other: &str| {
            let pairs = other.bytes().zip(name.bytes());
            pairs.take_while(|(a, b)| a == b).count()
        };
        names.sort_by_key(|&other| std::cmp::Reverse(shared(other)));
        names.truncate(LISTED);
        let more = count - names.len();
        UnknownName {
            design: self.inner.top.clone(),
            what,
            name: name.into(),
            known: match (names.is_empty(), more) {
                (true, _) => "none".into(),
                (_, 0) => names.join(", "),
                _ => format!("{} and {more} more", names.join(", ")),
            },
        }
    }

    /// Code that works out every named net; made when it is first wanted.
    pub(crate) fn nets_code(&self) -> Result<&Code, Error> {
        let inner = &*self.inner;
        inner.code(&inner.nets_code, Kind::Nets)
    }
}

impl Inner {
    fn code<'i>(
        &self,
        slot: &'i OnceLock<Result<Code, Error>>,
        kind: Kind,
    ) -> Result<&'i Code, Error> {
        slot.get_or_init(|| {
            Code::compile(&self.words, &self.layout, kind)
                .map_err(|error| Error::Code(error.to_string()))
        })
        .as_ref()
        .map_err(Clone::clone)
    }
}

fn find<'n, T>(mut known: impl Iterator<Item = (&'n str, T)>, name: &str) -> Option<T> {
    known
        .find(|(known, _)| *known == name)
        .map(|(_, port)| port)
}

fn load(sources: &[Source<'_>], top: Option<&str>) -> Result<Program, Error> {
    let mut times = LoadTimes::default();
    let mut start = Instant::now();
    let mut lap = |time: &mut Duration| {
        *time = start.elapsed();
        start = Instant::now();
    };
    let mut modules = Vec::new();
    for source in sources {
        modules.extend(parse(source.name, source.text)?);
    }
    lap(&mut times.parse);
    let mut design = elaborate(&modules, top)?;
    lap(&mut times.elaborate);
    let resolved = resolve(&mut design)?;
    lap(&mut times.resolve);
    let failed = |error: CodeError| Error::Code(error.to_string());
    let layout = Layout::new(&resolved.words).map_err(failed)?;
    let cycle = Code::compile(&resolved.words, &layout, Kind::Cycle).map_err(failed)?;
    lap(&mut times.code);
    let fingerprint = fingerprint(sources);
    Ok(assemble(
        design,
        resolved,
        layout,
        cycle,
        times,
        fingerprint,
    ))
}

/// FNV-1a over the texts: tells states of different designs apart.
fn fingerprint(sources: &[Source<'_>]) -> u64 {
    let bytes = sources.iter().flat_map(|source| source.text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn assemble(
    design: Design,
    resolved: Resolved,
    layout: Layout,
    cycle: Code,
    times: LoadTimes,
    fingerprint: u64,
) -> Program {
    let short = |net: &Net| {
        let prefix = design.top.len() + 1;
        net.path[prefix..].to_owned()
    };
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    for (index, net) in design.nets.iter().enumerate() {
        let id = NetId(index as u32);
        if !net.top || resolved.clocks.contains(&id) {
            continue;
        }
        let width = net.width;
        if net.direction == Some(Direction::Output) {
            let word = layout.word_of(resolved.outputs[&id][0]);
            outputs.push((short(net), Output { word, width }));
        } else if let Some(&(crate::resolve::Place::Cell(first), _)) =
            resolved.views[index].pieces.first()
        {
            let word = layout.word_of(first);
            inputs.push((short(net), Input { word, width }));
        }
    }
    let clocks = resolved
        .clocks
        .iter()
        .map(|&clock| short(design.net(clock)));
    let clocks = clocks.collect();
    // A clock's cell is never written; whatever shows it alone is that clock by another name.
    let clock_views: Vec<_> = resolved
        .clocks
        .iter()
        .map(|clock| resolved.views[clock.0 as usize].pieces.clone())
        .collect();
    let signals: Vec<SignalInfo> = design
        .nets
        .iter()
        .zip(resolved.views)
        .filter(|(net, view)| net.kind != NetKind::Integer || view.computed)
        .map(|(net, view)| SignalInfo {
            path: net.path.clone(),
            width: net.width,
            register: net
                .drivers
                .iter()
                .any(|driver| matches!(driver.source, crate::design::Source::Register { .. })),
            clock: clock_views
                .iter()
                .position(|clock| *clock == view.pieces)
                .map(|index| Clocks(1 << index)),
            direction: net.direction,
            view,
        })
        .collect();
    let memories = design
        .arrays
        .iter()
        .zip(&resolved.arrays)
        .map(|(array, lanes)| MemoryInfo {
            path: array.path.clone(),
            width: array.width,
            words: array.words,
            lanes: lanes.lanes.clone(),
        })
        .collect();
    let mut shown = vec![None; resolved.words.cells.len()];
    for update in &resolved.words.nets {
        shown[update.cell.0 as usize] = Some(update.value);
    }
    let signal_names = signals
        .iter()
        .enumerate()
        .map(|(index, signal)| (signal.path.clone(), index as u32))
        .collect();
    Program {
        inner: Arc::new(Inner {
            words: resolved.words,
            layout,
            cycle,
            nets_code: OnceLock::new(),
            signals,
            signal_names,
            shown,
            memories,
            inputs,
            outputs,
            clocks,
            warnings: design.warnings,
            top: design.top,
            times,
            fingerprint,
        }),
    }
}
