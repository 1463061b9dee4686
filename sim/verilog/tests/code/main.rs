//! Machine code does what plain evaluation does.

mod random;

use fastrand::Rng;
use random::{Builder, Design};
use slackwater_verilog::code::{Code, Kind, Layout, Options};
use slackwater_verilog::words::evaluate::{Contents, ones};
use slackwater_verilog::words::{CellId, MemoryId, Op, Update, Word, Words};

fn compile(words: &Words, layout: &Layout, kind: Kind, options: Options) -> Code {
    Code::compile_with(words, layout, kind, options).expect("code is made")
}

fn compare(words: &Words, layout: &Layout, state: &[u64], contents: &Contents, what: &str) {
    for (index, expected) in contents.cells.iter().enumerate() {
        let found = layout.read(state, CellId(index as u32));
        assert_eq!(
            found,
            *expected,
            "{what}: cell {index} in\n{}",
            listing(words)
        );
    }
    for (index, memory) in contents.memories.iter().enumerate() {
        for (address, expected) in memory.iter().enumerate() {
            let found = layout.read_memory(state, MemoryId(index as u32), address as u32);
            assert_eq!(
                found,
                *expected,
                "{what}: memory {index}[{address}] in\n{}",
                listing(words)
            );
        }
    }
}

/// The design, if it is short enough to be read.
fn listing(words: &Words) -> String {
    if words.nodes.len() > 200 {
        return format!("{} nodes", words.nodes.len());
    }
    let nodes = words.nodes.iter().enumerate();
    let nodes: Vec<_> = nodes
        .map(|(i, n)| format!("{i}: {:?} {}", n.op, n.width))
        .collect();
    format!(
        "{}\n{:?}\n{:?}\n{:?}",
        nodes.join("\n"),
        words.registers,
        words.outputs,
        words.nets
    )
}

/// Runs a design and holds it to the evaluation.
fn run(design: &Design, rng: &mut Rng, cycles: u32, options: Options, what: &str) {
    let words = &design.words;
    let layout = Layout::new(words).expect("a layout");
    let [cycle, outputs, nets] =
        [Kind::Cycle, Kind::Outputs, Kind::Nets].map(|kind| compile(words, &layout, kind, options));
    let mut state = layout.initial(words);
    let mut contents = Contents::initial(words);
    for number in 0..cycles {
        for cell in &design.inputs {
            let value = random::value(rng, words.cells[cell.0 as usize].width);
            layout.write(&mut state, *cell, value);
            contents.cells[cell.0 as usize] = value;
        }
        let what = format!("{what}, cycle {number}");
        if rng.u8(0..16) == 0 {
            change(words, &layout, &mut state, &mut contents, rng);
        }
        if rng.u8(0..16) == 0 {
            // Somewhere else, from cells and memories alone.
            let mut other = vec![rng.u64(..); layout.len()];
            other[layout.own()].copy_from_slice(&state[layout.own()]);
            layout.renew(&mut other);
            state.copy_from_slice(&other);
        }
        match rng.u8(0..8) {
            0 => {
                contents.settle(words);
                nets.run(&mut state, 0);
                compare(words, &layout, &state, &contents, &format!("{what}, nets"));
            }
            1 => {
                contents.cycle(words, 0);
                outputs.run(&mut state, 0);
                compare(
                    words,
                    &layout,
                    &state,
                    &contents,
                    &format!("{what}, outputs"),
                );
            }
            _ => {
                let clocks = match words.clocks {
                    1 => u64::from(rng.u8(0..8) != 0),
                    _ => rng.u64(0..1 << words.clocks),
                };
                contents.cycle(words, clocks);
                cycle.run(&mut state, clocks);
                compare(
                    words,
                    &layout,
                    &state,
                    &contents,
                    &format!("{what}, clocks {clocks:b}"),
                );
            }
        }
    }
}

/// Something is changed from outside.
fn change(
    words: &Words,
    layout: &Layout,
    state: &mut [u64],
    contents: &mut Contents,
    rng: &mut Rng,
) {
    let index = rng.usize(0..words.cells.len());
    let value = random::value(rng, words.cells[index].width);
    layout.write(state, CellId(index as u32), value);
    contents.cells[index] = value;
    if !words.memories.is_empty() {
        let index = rng.usize(0..words.memories.len());
        let memory = &words.memories[index];
        let (address, value) = (rng.u32(0..memory.words), random::value(rng, memory.width));
        layout.write_memory(state, MemoryId(index as u32), address, value);
        contents.memories[index][address as usize] = value;
    }
}

#[test]
fn random_designs() {
    let first = match std::env::var("SEED") {
        Ok(seed) => seed.parse().expect("SEED is a number"),
        Err(_) => fastrand::u64(..1 << 32),
    };
    for seed in first..first + 200 {
        let mut rng = Rng::with_seed(seed);
        let size = [5, 30, 120, 500, 500, 3000][rng.usize(0..6)];
        let design = random::design(&mut rng, size);
        let part = [1, 10, 100, 10_000][rng.usize(0..4)];
        let margin = [-1e9, 0.0, 6.0, 1e9][rng.usize(0..4)];
        let options = Options {
            part,
            verify: true,
            margin,
            copies: rng.u32(1..5),
        };
        run(&design, &mut rng, 40, options, &format!("seed {seed}"));
    }
}

/// Every operation alone, with registers as operands: all values of narrow ones.
#[test]
fn each_operation() {
    let seed = fastrand::u64(..1 << 32);
    let mut rng = Rng::with_seed(seed);
    let narrow = 1..=4;
    let wide = [5, 8, 16, 31, 32, 33, 47, 63, 64];
    for width in narrow.chain(wide) {
        let mut builder = Builder::new(1);
        let cells = [width, width, 1, 7].map(|width| builder.cell(width, 0));
        let [a, b, c, by] = cells.map(|cell| {
            let width = builder.words.cells[cell.0 as usize].width;
            builder.node(Op::Cell(cell), width)
        });
        let mut results: Vec<Word> = [
            Op::Not(a),
            Op::And(a, b),
            Op::Or(a, b),
            Op::Xor(a, b),
            Op::Add(a, b),
            Op::Sub(a, b),
            Op::Mul(a, b),
            Op::ShiftLeft(a, b),
            Op::ShiftRight(a, b),
            Op::ShiftRightSigned(a, b),
            Op::ShiftLeft(a, by),
            Op::ShiftRight(a, by),
            Op::ShiftRightSigned(a, by),
            Op::Select(c, a, b),
        ]
        .map(|op| builder.node(op, width))
        .into();
        for op in [
            Op::Equal(a, b),
            Op::Less(a, b),
            Op::SignedLess(a, b),
            Op::Parity(a),
        ] {
            results.push(builder.node(op, 1));
        }
        for own in [1, 2, 3, 7, 32, 64] {
            results.push(builder.node(Op::CountOnes(a), own));
        }
        for low in 0..width {
            for part in [1, 8.min(width - low), width - low] {
                results.push(builder.node(Op::Slice(a, low), part));
            }
        }
        for own in [width + 1, 8, 16, 32, 33, 64] {
            if own > width && own <= 64 {
                results.push(builder.node(Op::ZeroExtend(a), own));
                results.push(builder.node(Op::SignExtend(a), own));
            }
        }
        if width <= 32 {
            results.push(builder.node(Op::Join(a, b), 2 * width));
        }
        for constant in [0, 1, ones(width), 1 << (width - 1)] {
            let constant = builder.node(Op::Constant(constant), width);
            for (x, y) in [(a, constant), (constant, a)] {
                for op in [Op::Equal(x, y), Op::Less(x, y), Op::SignedLess(x, y)] {
                    results.push(builder.node(op, 1));
                }
                let same = [
                    Op::And(x, y),
                    Op::Or(x, y),
                    Op::Xor(x, y),
                    Op::Add(x, y),
                    Op::Sub(x, y),
                    Op::Mul(x, y),
                    Op::ShiftLeft(x, y),
                    Op::ShiftRight(x, y),
                    Op::ShiftRightSigned(x, y),
                    Op::Select(c, x, y),
                ];
                results.extend(same.map(|op| builder.node(op, width)));
            }
        }
        for value in results {
            let cell = builder.cell(builder.width(value), 0);
            builder.words.outputs.push(Update {
                cell,
                value,
                clock: 0,
            });
        }
        let words = &builder.words;
        let layout = Layout::new(words).expect("a layout");
        let options = Options {
            part: 60,
            verify: true,
            ..Options::default()
        };
        let code = compile(words, &layout, Kind::Outputs, options);
        let (mut state, mut contents) = (layout.initial(words), Contents::initial(words));
        let mut check = |values: [u64; 4]| {
            for (cell, value) in cells.into_iter().zip(values) {
                layout.write(&mut state, cell, value);
                contents.cells[cell.0 as usize] = value & ones(words.cells[cell.0 as usize].width);
            }
            code.run(&mut state, 0);
            contents.cycle(words, 0);
            let what = format!("seed {seed}, width {width}, operands {values:?}");
            compare(words, &layout, &state, &contents, &what);
        };
        if width <= 4 {
            for number in 0..1u64 << (2 * width + 1) {
                let (a, b) = (number >> 1 & ones(width), number >> (1 + width));
                for by in [
                    0,
                    1,
                    u64::from(width) - 1,
                    u64::from(width),
                    31,
                    32,
                    63,
                    64,
                    127,
                ] {
                    check([a, b, number & 1, by]);
                }
            }
        } else {
            for _ in 0..400 {
                let values = [width, width, 1, 7].map(|width| random::value(&mut rng, width));
                check(values);
            }
        }
    }
}

/// Whatever the buffer holds, code stays in it.
#[test]
fn garbage_stays_inside() {
    let first = fastrand::u64(..1 << 32);
    for seed in first..first + 50 {
        let mut rng = Rng::with_seed(seed);
        let design = random::design(&mut rng, 200);
        let words = &design.words;
        let layout = Layout::new(words).expect("a layout");
        let kinds = [Kind::Cycle, Kind::Outputs, Kind::Nets];
        let codes = kinds.map(|kind| compile(words, &layout, kind, Options::default()));
        const GUARD: usize = 4096;
        let len = layout.len();
        let mut buffer: Vec<u64> = (0..len + 2 * GUARD).map(|_| rng.u64(..)).collect();
        let guards = |buffer: &[u64]| (buffer[..GUARD].to_vec(), buffer[GUARD + len..].to_vec());
        let before = guards(&buffer);
        for code in &codes {
            let state = &mut buffer[GUARD..GUARD + len];
            code.run(state, u64::MAX);
            for _ in 0..20 {
                // The first word says that the rest is from this code.
                state[1..].fill_with(|| rng.u64(..));
                code.run(state, rng.u64(..));
            }
        }
        assert_eq!(before, guards(&buffer), "seed {seed}");
    }
}

/// Several threads run models of one design with the same code.
#[test]
fn code_is_shared() {
    let seed = fastrand::u64(..1 << 32);
    let mut rng = Rng::with_seed(seed);
    let design = random::design(&mut rng, 300);
    let words = &design.words;
    let layout = Layout::new(words).expect("a layout");
    let code = compile(words, &layout, Kind::Cycle, Options::default());
    let run = || {
        let mut state = layout.initial(words);
        (0..200).for_each(|_| code.run(&mut state, u64::MAX));
        state[layout.own()].to_vec()
    };
    std::thread::scope(|scope| {
        let results: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        for result in results {
            assert_eq!(result.join().expect("it runs"), run(), "seed {seed}");
        }
    });
}

#[test]
fn malformed_designs_are_refused() {
    let mut builder = Builder::new(1);
    let cell = builder.cell(8, 0);
    let value = builder.node(Op::Cell(cell), 8);
    let sum = builder.node(Op::Add(value, value), 8);
    builder.words.registers.push(Update {
        cell,
        value: sum,
        clock: 0,
    });
    let good = builder.words;
    assert!(Layout::new(&good).is_ok());
    let refused = |what: &str, change: &dyn Fn(&mut Words)| {
        let mut words = good.clone();
        change(&mut words);
        let error = Layout::new(&words).expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
    };
    refused("operand 7 does not come before it", &|words| {
        words.nodes[1].op = Op::Add(Word(0), Word(7));
    });
    refused("operand 0 has 8 bits, expected 9", &|words| {
        words.nodes[1].width = 9
    });
    refused("the width of the cell", &|words| words.nodes[0].width = 7);
    refused("no such cell", &|words| words.registers[0].cell = CellId(3));
    refused("another driver", &|words| {
        let again = words.registers[0];
        words.outputs.push(again);
    });
    refused("a constant that fits", &|words| {
        words.nodes[0].op = Op::Constant(256)
    });
    refused("65 clocks", &|words| words.clocks = 65);
    refused("clock 1", &|words| words.registers[0].clock = 1);
    let layout = Layout::new(&good).expect("a layout");
    let mut other = good.clone();
    other.cells.push(other.cells[0]);
    let error = Code::compile(&other, &layout, Kind::Cycle)
        .map(|_| ())
        .expect_err("it does not fit");
    assert!(error.to_string().contains("another design"), "{error}");
}

#[test]
#[should_panic(expected = "the buffer must have the length of the layout")]
fn wrong_length_is_refused() {
    let design = random::design(&mut Rng::with_seed(1), 20);
    let layout = Layout::new(&design.words).expect("a layout");
    let code = compile(&design.words, &layout, Kind::Cycle, Options::default());
    code.run(&mut vec![0; layout.len() - 1], 1);
}
