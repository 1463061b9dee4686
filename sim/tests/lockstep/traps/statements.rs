//! Statements of which a part is lost, and names that Verilog does not know.

// What clippy would write otherwise is what is shown.
#![allow(clippy::collapsible_match, clippy::single_match)]

use super::{Given, agrees, design, differs, refusal};
use rust_hdl::prelude::*;
use slackwater_sim::backend::{LockStep, Ported};
use std::panic::{AssertUnwindSafe, catch_unwind};

design!(InclusiveRange -> Bits<4>, { ones: Signal<Local, Bits<4>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.ones.next = 0.into();
        for i in 0..=3 {
            if self.a.val().get_bit(i) {
                self.ones.next = self.ones.val() + 1;
            }
        }
        self.taken.d.next = self.ones.val();
    }
);
design!(ExclusiveRange -> Bits<4>, { ones: Signal<Local, Bits<4>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.ones.next = 0.into();
        for i in 0..4 {
            if self.a.val().get_bit(i) {
                self.ones.next = self.ones.val() + 1;
            }
        }
        self.taken.d.next = self.ones.val();
    }
);

#[test]
fn an_inclusive_range_loses_its_last_iteration() {
    let rusthdl = |given: Given| u128::from((given.a & 0xf).count_ones());
    differs(InclusiveRange::default(), rusthdl, |given| {
        (given.a & 0x7).count_ones().into()
    });
    agrees(ExclusiveRange::default(), rusthdl);
}

/// What a match is about.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
enum Mode {
    First,
    Second,
}

design!(Guard -> Bits<8>, { mode: DFF<Mode> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.mode.clock.next = self.clock.val();
        self.mode.d.next = Mode::First;
        match self.mode.q.val() {
            Mode::First if self.flag.val() => {
                self.taken.d.next = self.a.val();
                self.mode.d.next = Mode::Second;
            }
            _ => {
                self.taken.d.next = self.b.val();
            }
        }
    }
);
design!(NestedIf -> Bits<8>, { mode: DFF<Mode> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.mode.clock.next = self.clock.val();
        self.mode.d.next = Mode::First;
        self.taken.d.next = self.b.val();
        match self.mode.q.val() {
            Mode::First => {
                if self.flag.val() {
                    self.taken.d.next = self.a.val();
                }
            }
            _ => {}
        }
    }
);

#[test]
fn a_guard_is_dropped() {
    // Without the guard the modes alternate. Until the first flag that is 0 both agree.
    let block = Guard::default();
    let mut steps = LockStep::new(block).unwrap();
    let mut output = [0];
    for flag in [1, 0, 1, 0] {
        steps.exchange(&[0xaa, 0xbb, flag], &mut output);
    }
    assert_eq!(steps.mismatch(), None);
    steps.exchange(&[0xaa, 0xbb, 0], &mut output);
    assert_eq!(steps.mismatch(), None);
    steps.exchange(&[0xaa, 0xbb, 0], &mut output);
    let mismatch = steps.mismatch().expect("a difference");
    assert_eq!((mismatch.cycle, &*mismatch.signal), (5, "y"));
    assert_eq!((mismatch.rusthdl, mismatch.compiled), (0xbb, 0xaa));
    agrees(NestedIf::default(), |given| {
        if given.flag { given.a } else { given.b }.into()
    });
}

/// Not a part of any block.
const STEP: u64 = 3;

design!(NamedConstant -> Bits<8>, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = self.a.val() + STEP;
    }
);

#[derive(LogicBlock)]
struct ConstantField {
    clock: Signal<In, Clock>,
    a: Signal<In, Bits<8>>,
    b: Signal<In, Bits<8>>,
    flag: Signal<In, Bit>,
    y: Signal<Out, Bits<8>>,
    taken: DFF<Bits<8>>,
    step: Constant<Bits<8>>,
}

impl Logic for ConstantField {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.taken.d.next = self.a.val() + self.step.val();
        self.y.next = self.taken.q.val();
    }
}

slackwater_sim::port_words!(ConstantField, in: [a, b, flag], out: [y]);

#[test]
fn a_constant_of_rust_is_refused_by_its_name() {
    let text = refusal(NamedConstant::default());
    assert!(text.contains("STEP is not declared"), "{text}");
    let cured = ConstantField {
        clock: Signal::default(),
        a: Signal::default(),
        b: Signal::default(),
        flag: Signal::default(),
        y: Signal::default(),
        taken: DFF::default(),
        step: Constant::new(bits(STEP)),
    };
    agrees(cured, |given| u128::from((given.a + STEP) & 0xff));
}

design!(Asserting -> Bits<8>, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        assert!(self.a.val() < 128);
        self.taken.d.next = self.a.val();
    }
);

/// The Rust simulation stops at it; of the emitted Verilog nothing does.
#[test]
fn an_assertion_is_a_comment() {
    let mut steps = LockStep::new(Asserting::default()).unwrap();
    let mut output = [0];
    for a in 0..128 {
        steps.exchange(&[a, 0, 0], &mut output);
    }
    assert_eq!(steps.mismatch(), None);
    let violated = catch_unwind(AssertUnwindSafe(|| {
        steps.rusthdl.exchange(&[200, 0, 0], &mut [0]);
    }));
    assert!(violated.is_err());
    steps.compiled.exchange(&[200, 0, 0], &mut output);
    steps.compiled.exchange(&[0, 0, 0], &mut output);
    assert_eq!(output, [200]);
}

design!(StaleLocal -> Bits<8>, { sum: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.taken.d.next = self.sum.val();
        self.sum.next = self.a.val() + self.b.val();
    }
);
design!(FreshLocal -> Bits<8>, { sum: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.sum.next = self.a.val() + self.b.val();
        self.taken.d.next = self.sum.val();
    }
);

#[test]
fn a_local_read_before_its_assignment_is_refused_by_its_name() {
    let text = refusal(StaleLocal::default());
    assert!(
        text.contains("LogicLoops") && text.contains("sum"),
        "{text}"
    );
    agrees(FreshLocal::default(), |given| {
        u128::from((given.a + given.b) & 0xff)
    });
}

design!(LocalLatch -> Bits<8>, { held: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        if self.flag.val() {
            self.held.next = self.a.val();
        }
        self.taken.d.next = self.held.val();
    }
);
design!(OutputLatch -> Bits<8>, {},
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.taken.d.next = self.a.val();
        if self.flag.val() {
            self.y.next = self.taken.q.val();
        }
    }
);
design!(Defaulted -> Bits<8>, { held: Signal<Local, Bits<8>> },
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, taken);
        self.y.next = self.taken.q.val();
        self.held.next = self.b.val();
        if self.flag.val() {
            self.held.next = self.a.val();
        }
        self.taken.d.next = self.held.val();
    }
);

#[test]
fn a_latch_is_refused_by_its_name() {
    let text = refusal(LocalLatch::default());
    assert!(
        text.contains("held is read before the block assigns it"),
        "{text}"
    );
    let text = refusal(OutputLatch::default());
    assert!(text.contains("latch: top.y"), "{text}");
    agrees(Defaulted::default(), |given| {
        if given.flag { given.a } else { given.b }.into()
    });
}
