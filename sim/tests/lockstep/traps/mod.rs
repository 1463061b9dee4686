//! Kernels that RustHDL simulates in one way and emits in another, and their cures.
//!
//! | module | traps |
//! |---|---|
//! | [`widths`] | precedence, carries, 32-bit literals, casts of inverted bits |
//! | [`statements`] | last iteration, guards, constants, assertions, order of assignments |
//! | [`structure`] | clocks through siblings, children's inputs, nested structs, refused text |
//!
//! Each design gets random inputs. What both simulations must give is computed beside
//! them, so a trap that works in another way than described fails as well.

mod statements;
mod structure;
mod widths;

use slackwater_sim::backend::{LockStep, Mismatch, PortWords, Ported};
use slackwater_sim::seed::Seed;

const SEED: u64 = 11;
const CYCLES: u64 = 2_000;

/// Inputs of a cycle.
#[derive(Clone, Copy, Default)]
struct Given {
    a: u64,
    b: u64,
    flag: bool,
    /// `a` of the cycle before, and of the one before that.
    before: [u64; 2],
}

/// A design with inputs `a`, `b` (8 bits each) and `flag`, and a register `taken`
/// for the output `y`. The kernel is written out: `self` in a macro's text is another one.
macro_rules! design {
    (
        $name:ident -> $out:ty,
        { $($field:ident: $kind:ty),* $(,)? },
        $($update:tt)*
    ) => {
        #[derive(rust_hdl::prelude::LogicBlock, Default)]
        struct $name {
            clock: Signal<In, Clock>,
            a: Signal<In, Bits<8>>,
            b: Signal<In, Bits<8>>,
            flag: Signal<In, Bit>,
            y: Signal<Out, $out>,
            taken: DFF<$out>,
            $($field: $kind),*
        }

        impl Logic for $name {
            $($update)*
        }

        slackwater_sim::port_words!($name, in: [a, b, flag], out: [y]);
    };
}
use design;

/// Runs a design and compares its simulations with what they must give, one cycle
/// after the inputs. The lock-step must report just the first cycle in which they differ.
fn check<B: PortWords>(
    block: B,
    rusthdl: impl Fn(Given) -> u128,
    compiled: impl Fn(Given) -> u128,
) -> Option<Mismatch> {
    let mut steps = LockStep::new(block).unwrap_or_else(|error| panic!("refused: {error}"));
    let mut random = Seed(SEED).stream();
    let mut expected = None;
    let mut before = [0; 2];
    // Registers power up as zero.
    let (mut rusthdl_gives, mut compiled_gives) = (0, 0);
    for cycle in 0..CYCLES {
        let given = Given {
            before,
            a: random.below(256),
            b: random.below(256),
            flag: random.below(2) == 1,
        };
        let mut output = [0];
        steps.exchange(
            &[given.a.into(), given.b.into(), given.flag.into()],
            &mut output,
        );
        assert_eq!(
            output[0], rusthdl_gives,
            "RustHDL, seed {SEED}, cycle {cycle}"
        );
        if expected.is_none() && rusthdl_gives != compiled_gives {
            expected = Some(Mismatch {
                cycle,
                signal: "y".into(),
                rusthdl: rusthdl_gives,
                compiled: compiled_gives,
            });
        }
        assert_eq!(
            steps.mismatch(),
            expected.as_ref(),
            "seed {SEED}, cycle {cycle}"
        );
        before = [given.a, before[0]];
        (rusthdl_gives, compiled_gives) = (rusthdl(given), compiled(given));
    }
    expected
}

/// The lock-step must find that both differ.
fn differs<B: PortWords>(
    block: B,
    rusthdl: impl Fn(Given) -> u128,
    compiled: impl Fn(Given) -> u128,
) {
    let mismatch = check(block, rusthdl, compiled).expect("a difference");
    assert!(mismatch.to_string().contains(": y is 0x"), "{mismatch}");
}

/// Both must give this.
fn agrees<B: PortWords>(block: B, both: impl Fn(Given) -> u128) {
    assert_eq!(check(block, &both, &both), None);
}

/// Why a design is refused.
fn refusal<B: PortWords>(block: B) -> String {
    match LockStep::new(block) {
        Ok(_) => panic!("the design was not refused"),
        Err(error) => error.to_string(),
    }
}
